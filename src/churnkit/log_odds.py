"""Probabilities and their log odds, one as the other, and what a probability loses once the outcome is known."""
import numpy as np

LEAST = 1e-12  # nobody is surer than this, or one surprise would cost without end


def expit(log_odds: np.ndarray) -> np.ndarray:
    """The probabilities whose log odds these are."""
    return 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))


def logit(probability: np.ndarray) -> np.ndarray:
    """The log odds of probabilities, 0 and 1 being read as a little more and a little less."""
    bounded = np.clip(probability, LEAST, 1 - LEAST)
    return np.log(bounded / (1 - bounded))


def log_losses(churned: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """The log loss of each row."""
    bounded = np.clip(probability, LEAST, 1 - LEAST)
    return -np.where(churned == 1, np.log(bounded), np.log(1 - bounded))
