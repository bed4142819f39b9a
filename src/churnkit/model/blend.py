"""How much each shape of trees counts in the margin: the shares under which held-out rows are told best."""
import numpy as np

from churnkit.log_odds import log_losses
from churnkit.model.calibrate import sigmoid

STEPS = 20  # shares are multiples of a twentieth
ENOUGH = 100_000  # rows from which the shares are found; more would say the same


def shares(margins: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """The share of each column of margins (rows by shapes), summing to 1: the lowest log loss once a straight line is laid through them.

    The line is the calibration to come; without it the shapes would be weighed by how timid they are. From the best shape on, each
    other one gets the share that helps. With a single shape, or without both outcomes, all count alike.
    """
    count = margins.shape[1]
    if count == 1 or len(np.unique(churned)) < 2:
        return np.full(count, 1 / count)
    every = 1 + len(churned) // ENOUGH
    margins, churned = margins[::every], churned[::every]
    alone = [loss(margins[:, place], churned) for place in range(count)]
    found = np.eye(count)[int(np.argmin(alone))]
    for place in np.argsort(alone, kind="stable")[1:]:
        tried = [(1 - step / STEPS) * found + step / STEPS * np.eye(count)[place] for step in range(STEPS)]
        found = tried[int(np.argmin([loss(margins @ share, churned) for share in tried]))]
    return found


def loss(margin: np.ndarray, churned: np.ndarray) -> float:
    """The mean log loss of margins under the straight line that suits them best."""
    return float(log_losses(churned, sigmoid(margin, churned).probability(margin)).mean())
