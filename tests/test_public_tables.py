"""On public churn tables the defaults rank better than LightGBM's own."""
import os
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from churnkit.model import fit

TABLES = Path(os.environ.get("CHURNKIT_PUBLIC_DATA") or Path(__file__).parents[2] / "shared" / "data") / "tables"


def read(name: str) -> tuple[pd.DataFrame, np.ndarray]:
    if not (TABLES / f"{name}.csv").is_file():
        pytest.skip(f"the public table {name}.csv is not here")
    table = pd.read_csv(TABLES / f"{name}.csv", sep=None, engine="python")
    outcome = table.pop({"mlc_churn": "churn", "iranian_churn": "Churn", "bank_full": "y"}[name])
    return table.drop(columns="duration", errors="ignore"), outcome.isin(["yes", 1]).to_numpy(dtype=int)


@pytest.mark.parametrize(("name", "least"), [("mlc_churn", 0.918), ("iranian_churn", 0.98)])
def test_the_defaults_beat_lightgbm_on_folds(name: str, least: float) -> None:
    table, churned = read(name)
    coded = table.apply(lambda c: c if pd.api.types.is_numeric_dtype(c) else c.astype("category")).set_axis(range(table.shape[1]), axis=1)
    ours, theirs = [], []
    for kept, held in StratifiedKFold(3, shuffle=True, random_state=0).split(table, churned):
        ours.append(roc_auc_score(churned[held], fit(table.iloc[kept], churned[kept]).predict_proba(table.iloc[held])))
        plain = lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 2}, lgb.Dataset(coded.iloc[kept], churned[kept]))
        theirs.append(roc_auc_score(churned[held], np.asarray(plain.predict(coded.iloc[held]))))
    assert np.mean(ours) >= least
    assert np.mean(ours) > np.mean(theirs)
