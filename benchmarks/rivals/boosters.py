"""What one would pick off the shelf instead of churnkit.model, each on its defaults and with its own treatment of categories."""
from collections.abc import Callable

import numpy as np
import pandas as pd

Contender = Callable[[pd.DataFrame, np.ndarray, pd.DataFrame, int], np.ndarray]


def texts(table: pd.DataFrame) -> list[str]:
    """The columns of text and categories."""
    return [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]


def as_categories(kept: pd.DataFrame, held: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables with text as pandas categories of the rows learnt from, numbers as float; columns without a value are left out."""
    kept = kept.loc[:, kept.notna().any()]
    held, said = held[kept.columns], texts(kept)
    known = {name: kept[name].dropna().astype(str).unique() for name in said}
    return tuple(pd.DataFrame({name: pd.Categorical(rows[name].astype(object).where(rows[name].isna(), rows[name].astype(str)).where(
        rows[name].isin(known[name])), categories=known[name]) if name in known else rows[name].to_numpy(dtype=float, na_value=np.nan)
        for name in rows.columns}) for rows in (kept, held))  # type: ignore[return-value]


def churnkit(kept: pd.DataFrame, churned: np.ndarray, held: pd.DataFrame, threads: int) -> np.ndarray:
    """churnkit.model.fit."""
    from churnkit.model import fit

    return fit(kept, churned, params={"threads": threads}).predict_proba(held)


def lightgbm(kept: pd.DataFrame, churned: np.ndarray, held: pd.DataFrame, threads: int) -> np.ndarray:
    """LGBMClassifier with pandas categories."""
    from lightgbm import LGBMClassifier

    kept, held = as_categories(kept, held)
    numbered = kept.set_axis([f"c{place}" for place in range(kept.shape[1])], axis=1)
    return np.asarray(LGBMClassifier(n_jobs=threads, verbose=-1).fit(numbered, churned).predict_proba(held.set_axis(numbered.columns, axis=1)))[:, 1]


def xgboost(kept: pd.DataFrame, churned: np.ndarray, held: pd.DataFrame, threads: int) -> np.ndarray:
    """XGBClassifier with enable_categorical."""
    from xgboost import XGBClassifier

    kept, held = as_categories(kept, held)
    return XGBClassifier(n_jobs=threads, enable_categorical=True).fit(kept, churned).predict_proba(held)[:, 1]


def catboost(kept: pd.DataFrame, churned: np.ndarray, held: pd.DataFrame, threads: int) -> np.ndarray:
    """CatBoostClassifier with cat_features; a missing category is a category."""
    from catboost import CatBoostClassifier

    said = texts(kept)
    kept, held = (rows.assign(**{name: rows[name].astype(object).where(rows[name].notna(), "missing").astype(str) for name in said}).astype(
        {name: float for name in rows.columns if name not in said}) for rows in (kept, held))
    model = CatBoostClassifier(thread_count=threads, verbose=0, allow_writing_files=False)
    return model.fit(kept, churned, cat_features=said).predict_proba(held)[:, 1]


def histogram(kept: pd.DataFrame, churned: np.ndarray, held: pd.DataFrame, threads: int) -> np.ndarray:
    """HistGradientBoostingClassifier with categories from the types; columns of more than its 255 are coded as numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    kept, held = as_categories(kept, held)
    many = [name for name in texts(kept) if len(kept[name].cat.categories) > 254]
    kept, held = (rows.assign(**{name: rows[name].cat.codes.astype(float) for name in many}) for rows in (kept, held))
    with threadpool_limits(threads):
        return HistGradientBoostingClassifier(categorical_features="from_dtype").fit(kept, churned).predict_proba(held)[:, 1]


CONTENDERS: dict[str, Contender] = {"churnkit": churnkit, "LightGBM": lightgbm, "XGBoost": xgboost, "CatBoost": catboost,
                                    "HistGradientBoosting": histogram}
