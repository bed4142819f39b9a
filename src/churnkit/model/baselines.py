"""What a model must beat: the seed rules of 2005, silence alone, and a regularised logistic regression."""
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

SILENCE, BILL, FORWARDING = "days_since_last_own_activity", "bill_shock_ratio", "is_forwarding_active"


def seed_rules(features: pd.DataFrame, *, silence: str = SILENCE, bill: str = BILL, forwarding: str = FORWARDING,
               silent_days: float = 7, swing: float = 1.5) -> np.ndarray:
    """How many of the 2005 rules each row meets: no calls for n days, a bill that swung, calls forwarded.

    A bill swung when its ratio to the customer's habit is at least `swing`, or at most one over it. A rule whose
    column the table lacks, or whose value is missing, is not met. Longer silence ranks first among equals.
    """
    quiet, ratio, forwarded = (numbers(features, name) for name in (silence, bill, forwarding))
    met = (quiet >= silent_days).astype(float) + ((ratio >= swing) | (ratio <= 1 / swing)) + (forwarded > 0)
    longest = np.nan_to_num(quiet, nan=0.0).clip(0, 999)
    return met + longest / 1000


def silence_alone(features: pd.DataFrame, *, silence: str = SILENCE) -> np.ndarray:
    """Days since the last own activity as the whole score; where it is missing there was none to be seen, so it ranks first."""
    return np.nan_to_num(numbers(features, silence), nan=9999.0)


def numbers(features: pd.DataFrame, name: str) -> np.ndarray:
    """A column's numbers; all NaN if the table has no such column."""
    if name not in features.columns:
        return np.full(len(features), np.nan)
    return pd.to_numeric(features[name]).to_numpy(dtype=float, na_value=np.nan)


@dataclass(frozen=True)
class Design:
    """How a table becomes the numbers of a regression: medians for gaps, standardised, and one column per common category."""

    medians: dict[str, float]
    scales: dict[str, tuple[float, float]]
    common: dict[str, list[str]]

    @classmethod
    def of(cls, features: pd.DataFrame, categories: int = 20) -> "Design":
        """The design fitted on these rows; columns without a single value are left out."""
        said = [n for n in features.columns if not pd.api.types.is_numeric_dtype(features[n])]
        medians, scales = {}, {}
        for name in features.columns.difference(said, sort=False):
            column = finite(features, name)
            if not np.isnan(column).all():
                medians[name] = float(np.nanmedian(column))
                filled = np.where(np.isnan(column), medians[name], column)
                scales[name] = (float(filled.mean()), float(filled.std()) or 1.0)
        return cls(medians, scales, {n: sorted(features[n].dropna().astype(str).value_counts().index[:categories]) for n in said})

    def matrix(self, rows: pd.DataFrame) -> np.ndarray:
        """The rows as float32, one column per number and per common category."""
        columns = []
        for name, (mean, spread) in self.scales.items():
            column = finite(rows, name)
            columns.append((np.where(np.isnan(column), self.medians[name], column) - mean) / spread)
        for name, common in self.common.items():
            codes = pd.Index(common, dtype=object).get_indexer(pd.Index(rows[name].astype("str"), dtype=object))
            columns += [codes == code for code in range(len(common))]
        return np.column_stack(columns).astype(np.float32)


def finite(features: pd.DataFrame, name: str) -> np.ndarray:
    """A column's numbers, NaN where they are missing or infinite."""
    column = numbers(features, name)
    return np.where(np.isfinite(column), column, np.nan)


def logistic(features: pd.DataFrame, churned: np.ndarray, *, strength: float = 0.1) -> Callable[[pd.DataFrame], np.ndarray]:
    """A scorer: ridge logistic regression on standardised numbers and one-hot categories, fitted on these rows."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    design = Design.of(features)
    with threadpool_limits(1):  # sums in another order have other last digits, and the fit walks on from them
        fitted = LogisticRegression(C=strength, max_iter=100, tol=1e-3).fit(design.matrix(features), churned)

    def scorer(rows: pd.DataFrame) -> np.ndarray:
        with threadpool_limits(1):
            return np.round(fitted.predict_proba(design.matrix(rows))[:, 1], 9)
    return scorer
