"""How the model did by tenth of the customers, by how many can be called, and by group: the tables behind the page for managers."""
from collections.abc import Mapping

import numpy as np
import pandas as pd

from churnkit import metrics
from churnkit.metrics import Interval, Ranked

CAPACITIES = (100, 250, 500, 1000, 2000, 5000)
FAIRNESS = ("branch", "tenure", "payment_kind")


def columns(name: str, found: Interval) -> dict[str, float]:
    """A number and its interval as three columns."""
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def ratio(above: np.ndarray, below: np.ndarray) -> Interval:
    """The ratio of two totals, each one per bootstrap sample, the first of all rows; NaN over nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return metrics.interval(np.where(below > 0, above / below, np.nan))


def tenths(probability: np.ndarray, churned: np.ndarray, *, times: int, seed: int) -> pd.DataFrame:
    """One row per tenth of the customers, the most at risk first: rows, churned, observed and predicted share, lift, share of all churners found."""
    order = np.argsort(-probability, kind="stable")
    starts = metrics.stretches(len(order))

    def look(weights: np.ndarray) -> np.ndarray:
        ordered = weights[:, order]
        return np.stack([np.add.reduceat(ordered * part[order], starts, axis=1) for part in (np.ones(len(order)), churned, probability)], axis=1)

    size, left, predicted = metrics.sampled(len(order), times, seed, look).transpose(1, 0, 2)
    everyone, found = size.sum(axis=1), left.cumsum(axis=1)
    lines = []
    for tenth in range(len(starts)):
        lines.append({"tenth": tenth + 1, "rows": int(size[0, tenth]), "churned": int(left[0, tenth]),
                      **columns("churned_share", ratio(left[:, tenth], size[:, tenth])),
                      "predicted_share": predicted[0, tenth] / size[0, tenth],
                      **columns("predicted_over_observed", ratio(predicted[:, tenth], left[:, tenth])),
                      **columns("lift", ratio(left[:, tenth] * everyone, size[:, tenth] * found[:, -1])),
                      **columns("found_share", ratio(found[:, tenth], found[:, -1]))})
    return pd.DataFrame(lines)


def sizes(capacity: int, rows: int) -> list[int]:
    """The numbers of calls to look at: round ones and the capacity, below the number of rows."""
    return sorted({n for n in (*CAPACITIES, capacity) if n < rows} or {rows})


def by_capacity(scores: Mapping[str, np.ndarray], churned: np.ndarray, capacity: int, *, times: int, seed: int) -> pd.DataFrame:
    """One row per number of calls and score: churners found, precision, recall and lift, and for scores after the first the first one's gain."""
    everyone, depths = float(len(churned)), sizes(capacity, len(churned))
    lines: list[dict[str, object]] = []
    first: dict[int, np.ndarray] = {}
    for name, score in scores.items():
        ranked = Ranked.of(score, churned)

        def look(weights: np.ndarray, ranked: Ranked = ranked) -> np.ndarray:
            rows, churners = ranked.totals(weights)
            seen, found = rows.cumsum(axis=1), churners.cumsum(axis=1)
            return np.stack([*(metrics.at(seen, found, np.full(len(weights), float(calls))) for calls in depths), found[:, -1]], axis=1)

        *all_caught, positives = metrics.sampled(len(churned), times, seed, look).T
        for calls, caught in zip(depths, all_caught, strict=True):
            first.setdefault(calls, caught)
            line = {"calls": calls, "calls_share": calls / len(churned), "score": name, "found": caught[0],
                    **columns("precision", ratio(caught, np.full(len(caught), float(calls)))), **columns("recall", ratio(caught, positives)),
                    **columns("lift", ratio(caught / calls, positives / everyone))}
            if first[calls] is not caught:
                line |= columns("precision_gain", metrics.interval((first[calls] - caught) / calls))
            lines.append(line)
    return pd.DataFrame(lines).sort_values(["calls", "score"], key=lambda c: c if c.name == "calls" else c.map(list(scores).index), ignore_index=True)


def fairness(dimensions: Mapping[str, pd.Series], probability: np.ndarray, churned: np.ndarray, capacity: int, *,
             times: int, seed: int) -> pd.DataFrame:
    """One row per group: whom a list of the riskiest calls, how often rightly, whom it misses, and whether the probabilities hold there.

    `selection_rate` is the share called, `precision` the share of these who left, `recall` the share of those who left who were called,
    `missed_share` the rest of them, `called_share_of_stayers` the calls spent on those who stayed.
    """
    called = metrics.called(probability, capacity).astype(float)
    parts = np.column_stack([np.ones(len(churned)), churned, called, called * churned, called * (1 - churned), probability])
    lines = []
    for dimension in (name for name in FAIRNESS if name in dimensions):
        groups = pd.Categorical(dimensions[dimension].fillna("unknown").astype("str"))
        inside = groups.codes[:, None] == np.arange(len(groups.categories))
        by_group = (inside[:, :, None] * parts[:, None, :]).reshape(len(churned), -1)
        sums = metrics.sampled(len(churned), times, seed, by_group.__rmatmul__)  # one product of matrices, not one for each number
        for number, group in enumerate(groups.categories):
            size, left, chosen, right, wasted, predicted = sums[:, number * parts.shape[1]:(number + 1) * parts.shape[1]].T
            recall = ratio(right, left)
            lines.append({"dimension": dimension, "group": str(group), "rows": int(size[0]), "churned": int(left[0]), "called": int(chosen[0]),
                          **columns("churned_share", ratio(left, size)), **columns("selection_rate", ratio(chosen, size)),
                          **columns("precision", ratio(right, chosen)), **columns("recall", recall), "missed_share": 1 - recall.value,
                          "called_share_of_stayers": ratio(wasted, size - left).value,
                          **columns("predicted_over_observed", ratio(predicted, left))})
    return pd.DataFrame(lines)
