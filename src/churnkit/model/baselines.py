"""What a model must beat: the seed rules of 2005, silence alone, and a regularised logistic regression."""
from collections.abc import Callable
from typing import Any

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


def logistic(features: pd.DataFrame, churned: np.ndarray, *, strength: float = 0.1) -> Callable[[pd.DataFrame], np.ndarray]:
    """A scorer: ridge logistic regression on imputed, standardised numbers and one-hot categories, fitted on these rows."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    said = [name for name in features.columns if not pd.api.types.is_numeric_dtype(features[name])]
    counted = [name for name in features.columns if name not in said and features[name].notna().any()]
    columns: Any = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), counted),
        (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=50, max_categories=20, sparse_output=False), said))
    recipe = make_pipeline(columns, LogisticRegression(C=strength, solver="newton-cholesky", max_iter=50))

    def plain(rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with numbers as floats and categories as text, missing ones as the word 'missing'."""
        kept = {name: pd.to_numeric(rows[name]).to_numpy(dtype=float, na_value=np.nan) for name in counted}
        texts = {name: rows[name].astype(object).where(rows[name].notna(), "missing").astype(str) for name in said}
        return pd.DataFrame(kept | texts, index=rows.index).replace([np.inf, -np.inf], np.nan)

    recipe.fit(plain(features), churned)
    return lambda rows: np.round(recipe.predict_proba(plain(rows))[:, 1], 9)  # the last digits vary with the BLAS's threads
