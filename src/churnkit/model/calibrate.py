"""A booster's margin turned into a probability that can be believed, without changing who ranks before whom."""
from dataclasses import dataclass

import numpy as np

from churnkit.log_odds import expit, log_losses

ENDS = 60.0  # margins beyond this are never met
BLOCK = 25  # fewer calibration rows than this make no step of their own
FOLDS = 5
EACH = 10  # churners, and as many others, below which there is nothing to calibrate on
STEP = 1e-3  # how much the calibrated margin rises, at least, for each unit of margin


@dataclass(frozen=True)
class Calibrator:
    """Knots from margin to calibrated margin, both strictly rising, so that no two customers change places."""

    method: str
    margins: tuple[float, ...] = (-ENDS, ENDS)
    calibrated: tuple[float, ...] = (-ENDS, ENDS)

    def probability(self, margin: np.ndarray) -> np.ndarray:
        """The churn probability, 0 to 1, of each margin."""
        return expit(np.interp(margin, self.margins, self.calibrated))


def calibrate(margin: np.ndarray, churned: np.ndarray, *, method: str = "auto", seed: int = 0) -> Calibrator:
    """The calibrator fitted on these rows; `auto` takes the method with the lower cross-validated log loss.

    Isotonic steps must win by more than the standard error of the difference: they can bend far on few rows. Where they are too few there
    is nothing to learn from: the margin is believed as it is.
    """
    if method == "none" or too_few(churned):
        return Calibrator("none")
    if method != "auto":
        return METHODS[method](margin, churned)
    losses = {name: held_out_loss(name, margin, churned, seed) for name in METHODS}
    chosen = "sigmoid" if losses["sigmoid"].mean() < losses["none"].mean() else "none"
    gained = losses[chosen] - losses["isotonic"]
    if gained.mean() > gained.std() / np.sqrt(len(gained)):
        chosen = "isotonic"
    return METHODS[chosen](margin, churned)


def too_few(churned: np.ndarray) -> bool:
    """Whether there are fewer churners, or fewer others, than a calibrator is fitted on."""
    return bool(min(churned.sum(), len(churned) - churned.sum()) < EACH)


def held_out_loss(method: str, margin: np.ndarray, churned: np.ndarray, seed: int) -> np.ndarray:
    """The log loss of each calibration row under a method that was fitted on others."""
    fold = np.empty(len(margin), dtype=int)
    shuffled = np.random.default_rng(seed).permutation(len(margin))
    fold[shuffled[np.argsort(churned[shuffled], kind="stable")]] = np.arange(len(margin)) % FOLDS  # stratified
    losses = np.empty(len(margin))
    for held in range(FOLDS):
        kept = fold != held
        probability = METHODS[method](margin[kept], churned[kept]).probability(margin[~kept])
        losses[~kept] = log_losses(churned[~kept], probability)
    return losses


def sigmoid(margin: np.ndarray, churned: np.ndarray) -> Calibrator:
    """A straight line in the margin (Platt 1999, with his smoothed targets), by Newton's method; it never falls."""
    positives = churned.sum()
    target = np.where(churned == 1, (positives + 1) / (positives + 2), 1 / (len(churned) - positives + 2))
    design = np.column_stack([margin, np.ones(len(margin))])
    line = np.array([1.0, 0.0])
    for _ in range(50):
        fitted = expit(design @ line)
        weight = np.maximum(fitted * (1 - fitted), 1e-9)
        step = np.linalg.solve(design.T @ (design * weight[:, None]) + 1e-6 * np.eye(2), design.T @ (target - fitted))
        line = line + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    slope, shift = max(float(line[0]), STEP), float(line[1])
    return Calibrator("sigmoid", (-ENDS, ENDS), (shift - slope * ENDS, shift + slope * ENDS))


def isotonic(margin: np.ndarray, churned: np.ndarray) -> Calibrator:
    """The rising steps that fit best (pool adjacent violators), joined by straight lines between their middles."""
    rows = max(BLOCK, len(margin) // 200)
    edges = np.unique(np.sort(margin)[::rows])
    place = np.searchsorted(edges, margin, side="right") - 1  # equal margins always fall together
    stretches = zip(*(np.bincount(place, weights) for weights in (None, churned, margin)), strict=True)
    blocks: list[tuple[float, float, float]] = []  # rows, churners, sum of margins
    for stretch in stretches:
        blocks.append(stretch)
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] >= blocks[-1][1] * blocks[-2][0]:
            last, before = blocks.pop(), blocks.pop()
            blocks.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    counts, churners, sums = np.array(blocks).T
    base = churned.mean()
    rate = (churners + base) / (counts + 1)  # one row at the base rate keeps 0 and 1 out
    middles, levels = sums / counts, np.maximum.accumulate(np.log(rate / (1 - rate)))
    middles = np.concatenate([[-ENDS], middles, [ENDS]])
    levels = np.concatenate([[levels[0]], levels, [levels[-1]]]) + STEP * (middles - middles.mean())  # no ties
    return Calibrator("isotonic", tuple(map(float, middles)), tuple(map(float, levels)))


def untouched(margin: np.ndarray, churned: np.ndarray) -> Calibrator:
    """The margin believed as it is."""
    return Calibrator("none")


METHODS = {"none": untouched, "sigmoid": sigmoid, "isotonic": isotonic}
