"""How the delivered scores are spread, beside those of the judged model on months that it had not learned from."""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from churnkit import drift
from churnkit.audit import Values
from churnkit.errors import InputError
from churnkit.monitoring.changes import counted

BANDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)  # where bands of churn probability begin, after the first


@dataclass(frozen=True)
class Scores:
    """The delivered scores beside those of the months before.

    PSI beyond chance as `drift.apart` has it, Kolmogorov-Smirnov distance, mean probability, share at high risk and how much more or less that is
    (1 is double or half, beyond chance), shares by band, and rank
    correlation (Spearman's) with what the judged model says of the same month; NaN where one of the two says the same of all.
    """

    drift: float
    ks: float
    mean: float
    mean_before: float
    high: float
    high_before: float
    high_change: float
    bands: tuple[float, ...]
    bands_before: tuple[float, ...]
    agreement: float


def compared(delivered: pd.DataFrame, judged: pd.DataFrame, before: Mapping[date, np.ndarray], high_risk: float) -> Scores:
    """The delivered scores of a month; `judged` are the judged model's of the same month, `before` its probabilities of months it never saw.

    Raises InputError if there are no such months, or the scores are of other subscribers.
    """
    if not before:
        raise InputError("the judged model has learned from every mature month, so nothing can be said of its scores; run `churnkit train` again.")
    now, earlier = delivered["churn_probability"].to_numpy(), np.concatenate(list(before.values()))
    every = [*before.values(), now]
    tallied = counted(Values(np.concatenate(every)), np.repeat(np.arange(len(every)), [len(one) for one in every]))
    return Scores(drift.apart(tallied.here, tallied.counts[:-1])[0], drift.furthest_apart(now, earlier), float(now.mean()), float(earlier.mean()),
                  float((now >= high_risk).mean()), float((earlier >= high_risk).mean()),
                  beyond_chance(now >= high_risk, earlier >= high_risk), banded(now), banded(earlier), agreement(delivered, judged))


def beyond_chance(now: np.ndarray, before: np.ndarray) -> float:
    """How much more or less a share is, 1 being double or half, after what chance gives: three deviations of the ratio's logarithm."""
    counts = now.sum() + 0.5, before.sum() + 0.5  # of none there is no ratio
    ratio = np.log(counts[0] / len(now)) - np.log(counts[1] / len(before))
    return float(np.expm1(max(0.0, abs(ratio) - 3 * np.sqrt(1 / counts[0] + 1 / counts[1]))))


def banded(probability: np.ndarray) -> tuple[float, ...]:
    """The share of the subscribers in each band of churn probability."""
    counts = np.bincount(np.searchsorted(BANDS, probability, side="right"), minlength=len(BANDS) + 1)
    return tuple(float(share) for share in counts / max(1, len(probability)))


def agreement(delivered: pd.DataFrame, judged: pd.DataFrame) -> float:
    """The rank correlation of two scores of the same subscribers. Raises InputError if they are others."""
    both = delivered[["subscriber_id", "churn_probability"]].merge(judged[["subscriber_id", "probability"]], on="subscriber_id")
    if len(both) != len(judged) or len(both) != len(delivered):
        raise InputError(f"the scores are of {len(delivered):,} subscribers and the month has {len(judged):,}, {len(both):,} of them the same; "
                         "run `churnkit score` again.")
    ranks = both[["churn_probability", "probability"]].rank().to_numpy()
    return float(np.corrcoef(ranks.T)[0, 1]) if (ranks.std(axis=0) > 0).all() else float("nan")
