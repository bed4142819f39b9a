"""How good a ranking and its probabilities are, with bootstrap intervals; equal scores count as the average of their orders."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

RANKING = ("auc", "pr_auc", "precision_at_capacity", "recall_at_capacity", "lift_at_capacity", "lift_top_decile")
CHUNK = 400_000  # weights in work at once: they stay in the processor's cache


@dataclass(frozen=True)
class Interval:
    """A metric with the percentile interval of its bootstrap; NaN where the rows cannot say."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Ranked:
    """Rows in falling order of score, and where each group of equal scores begins."""

    order: np.ndarray
    starts: np.ndarray
    outcome: np.ndarray

    @staticmethod
    def of(score: np.ndarray, churned: np.ndarray) -> "Ranked":
        """The rows ranked by a score. Raises ValueError if a score is missing."""
        score = np.asarray(score, dtype=float)
        if np.isnan(score).any():
            raise ValueError("a score is missing; every row must have one")
        order = np.argsort(-score, kind="stable")
        falling = score[order]
        starts = np.flatnonzero(np.concatenate([[True], falling[1:] != falling[:-1]])) if len(score) else np.empty(0, dtype=int)
        return Ranked(order, starts, np.asarray(churned, dtype=float)[order])

    def totals(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows and churners in each group of equal scores, one line per set of weights."""
        ordered = weights[:, self.order]
        return np.add.reduceat(ordered, self.starts, axis=1), np.add.reduceat(ordered * self.outcome, self.starts, axis=1)


def ranking(ranked: Ranked, weights: np.ndarray, capacity: float) -> dict[str, np.ndarray]:
    """The ranking metrics for each set of weights; `capacity` is how many rows can be called."""
    rows, churners = ranked.totals(weights)
    seen, found = rows.cumsum(axis=1), churners.cumsum(axis=1)
    everyone, positives = seen[:, -1], found[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        before = found - churners
        others = rows - churners
        auc = (others * (before + churners / 2)).sum(axis=1) / (positives * (everyone - positives))
        precision = found / seen
        pr_auc = np.nansum(precision * churners, axis=1) / positives
        called = np.minimum(capacity, everyone)
        caught, decile = at(seen, found, called), at(seen, found, everyone / 10)
        rate = positives / everyone
        return {"auc": auc, "pr_auc": np.where(positives > 0, pr_auc, np.nan), "precision_at_capacity": caught / called,
                "recall_at_capacity": caught / positives, "lift_at_capacity": caught / called / rate,
                "lift_top_decile": decile / (everyone / 10) / rate}


def at(seen: np.ndarray, total: np.ndarray, called: np.ndarray) -> np.ndarray:
    """A running total when `called` rows have been taken, for each line; of a group that is taken in part, its share.

    `seen` counts the rows up to the end of each group, `total` what they add up to; as many lines as `called` has numbers.
    """
    place = np.minimum((seen < called[:, None]).sum(axis=1), seen.shape[1] - 1)
    lines = np.arange(len(seen))
    rows, amount = (np.where(place > 0, running[lines, place - 1], 0.0) for running in (seen, total))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.nan_to_num((called - rows) / (seen[lines, place] - rows))
    return amount + share * (total[lines, place] - amount)


def probability(score: np.ndarray, churned: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The metrics of a probability for each set of weights: 1 is right for the ratios and for the slope."""
    score, churned = np.asarray(score, dtype=float), np.asarray(churned, dtype=float)
    bounded = np.clip(score, 1e-12, 1 - 1e-12)
    top = np.argsort(-score, kind="stable")[:max(1, len(score) // 10)]
    everyone = weights.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"brier": weights @ (score - churned) ** 2 / everyone, "ece": ece(score, churned, weights),
                "log_loss": -(weights @ np.where(churned == 1, np.log(bounded), np.log(1 - bounded))) / everyone,
                "predicted_over_observed": (weights @ score) / (weights @ churned),
                "predicted_over_observed_top_decile": (weights[:, top] @ score[top]) / (weights[:, top] @ churned[top]),
                "calibration_slope": slope(np.log(bounded / (1 - bounded)), churned, weights)}


def ece(score: np.ndarray, churned: np.ndarray, weights: np.ndarray, bins: int = 10) -> np.ndarray:
    """The expected calibration error: mean distance of predicted and observed rate in bins of equal size, for each set of weights.

    Where few churn it is small whatever the model says (predicting the mean for all gives 0), so it never stands alone.
    """
    order = np.argsort(score, kind="stable")
    starts = np.unique(np.arange(bins) * len(order) // bins)
    off = np.add.reduceat(weights[:, order] * (score - churned)[order], starts, axis=1) if len(order) else np.zeros((len(weights), 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.abs(off).sum(axis=1) / weights.sum(axis=1)


def slope(log_odds: np.ndarray, churned: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How much the true log odds rise per unit predicted (Cox 1958), for each set of weights; NaN without both outcomes."""
    center = log_odds.mean() if len(log_odds) else 0.0
    x = log_odds - center
    a, b = np.full(len(weights), center), np.ones(len(weights))
    for _ in range(12):
        fitted = 1 / (1 + np.exp(-np.clip(a[:, None] + b[:, None] * x, -50, 50)))
        rest, bend = weights * (churned - fitted), weights * fitted * (1 - fitted)
        g0, g1, h0, h1, h2 = rest.sum(axis=1), rest @ x, bend.sum(axis=1), bend @ x, bend @ (x * x)
        with np.errstate(divide="ignore", invalid="ignore"):
            determinant = h0 * h2 - h1 * h1
            rise = np.clip((h0 * g1 - h1 * g0) / determinant, -3, 3)
            a, b = a + np.clip((h2 * g0 - h1 * g1) / determinant, -3, 3), b + rise
        if not (np.abs(rise) > 1e-6).any():
            break
    positives = weights @ churned
    return np.where((positives > 0) & (positives < weights.sum(axis=1)), b, np.nan)


@lru_cache(maxsize=1)  # one table is looked at from many sides
def draws(rows: int, times: int, seed: int) -> np.ndarray:
    """How often each row is drawn: first once each, then `times` bootstrap samples with replacement; a line per sample. Not for changing."""
    rng = np.random.default_rng(seed)
    drawn = np.ones((times + 1, rows), dtype=np.uint8)  # nobody is drawn 256 times
    for line in range(1, times + 1):
        drawn[line] = np.bincount(rng.integers(0, rows, rows), minlength=rows)
    drawn.flags.writeable = False
    return drawn


def sampled(rows: int, times: int, seed: int, look: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What `look` finds for each of the `draws`, a line each; it gets a few of them at a time, for a large operator's would not fit the memory."""
    weights, lines = draws(rows, times, seed), max(1, CHUNK // max(1, rows))
    return np.concatenate([look(weights[start:start + lines].astype(float)) for start in range(0, len(weights), lines)])


def judge(churned: np.ndarray, scores: Mapping[str, np.ndarray], *, capacity: float, times: int = 200, seed: int = 0,
          probabilities: tuple[str, ...] = ()) -> dict[str, dict[str, Interval]]:
    """Every metric of every score on the same rows and the same bootstrap samples, by score and metric.

    Beside them, under `<first> - <other>`, the paired differences between the first score and each other one, in all that both have.
    """
    churned = np.asarray(churned, dtype=float)
    samples: dict[str, dict[str, list[np.ndarray]]] = {}
    ranked = {name: Ranked.of(score, churned) for name, score in scores.items()}
    weights = draws(len(churned), times, seed)
    lines = max(1, CHUNK // max(1, len(churned)))
    for start in range(0, len(weights) if len(churned) else 0, lines):
        part = weights[start:start + lines].astype(float)
        for name, score in scores.items():
            found = ranking(ranked[name], part, capacity)
            if name in probabilities:
                found |= probability(score, churned, part)
            for metric, values in found.items():
                samples.setdefault(name, {}).setdefault(metric, []).append(values)
    whole = {name: {metric: np.concatenate(values) for metric, values in found.items()} for name, found in samples.items()}
    first, *others = scores
    for other in others if whole else ():
        whole[f"{first} - {other}"] = {metric: values - whole[other][metric] for metric, values in whole[first].items() if metric in whole[other]}
    return {name: {metric: interval(values) for metric, values in found.items()} for name, found in whole.items()}


def interval(values: np.ndarray) -> Interval:
    """The first value as the metric, and the 2.5 and 97.5 percentiles of the rest; samples that cannot say are left out."""
    rest = values[1:][np.isfinite(values[1:])]
    low, high = np.percentile(rest, [2.5, 97.5]) if len(rest) else (np.nan, np.nan)
    return Interval(float(values[0]), float(low), float(high))


def gains(score: np.ndarray, churned: np.ndarray, points: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """The gains curve: shares of customers called, from 0 to 1, and the share of all churners among them."""
    rows, churners = (total[0] for total in Ranked.of(score, churned).totals(np.ones((1, len(score)))))
    called = np.concatenate([[0.0], rows.cumsum() / rows.sum()])
    found = np.concatenate([[0.0], churners.cumsum() / max(churners.sum(), 1)])
    shares = np.linspace(0, 1, points + 1)
    return shares, np.interp(shares, called, found)


def calibration_curve(probability: np.ndarray, churned: np.ndarray, bins: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean predicted and observed rate, and rows, in bins of equal size from the least to the most at risk."""
    order = np.argsort(probability, kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    return (np.array([probability[g].mean() for g in groups]), np.array([churned[g].mean() for g in groups]),
            np.array([len(g) for g in groups]))
