"""A million rows of 150 features: churnkit.model beside plain LightGBM of as many trees, fitted, and scored with reasons for the riskiest."""
import argparse
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from measure import say

import churnkit.model

CATEGORIES = 10


@dataclass(frozen=True)
class Told:
    """What a feature's declaration says of its reason."""

    name: str
    group: str
    unit: str = "count"
    risky: str = "±"
    is_internal: bool = False
    reason_zh: str | None = "数值为{value:.1f}"
    reason_en: str | None = "the value is {value:.1f}"


def main() -> None:
    """Measure one contender, in this process alone, so that its peak of memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=["churnkit", "pipeline", "plain"], help="pipeline: churnkit as params.yaml tells it to learn")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=150)
    parser.add_argument("--explained", type=int, default=50_000, help="the riskiest rows that are given reasons")
    parser.add_argument("--trees", type=int, default=150, help="of plain LightGBM")
    parser.add_argument("--threads", type=int, default=4)
    chosen = parser.parse_args()
    table, churned = invented(chosen.rows, chosen.features)
    say(f"table of {chosen.rows} × {chosen.features}: {table.memory_usage().sum() / 1e6:.0f} MB, {churned.mean():.1%} churned")
    measured = plain if chosen.contender == "plain" else ours
    measured(table, churned, chosen)
    print(f"peak {peak_mb():.0f} MB")


def invented(rows: int, features: int) -> tuple[pd.DataFrame, np.ndarray]:
    """float32 numbers, a tenth of them missing, and some codes; a fifth of the columns tell something of who churns, 3 % do."""
    rng = np.random.default_rng(1)
    odds, columns = np.zeros(rows, dtype=np.float32), {}
    for place in range(features - CATEGORIES):
        value = rng.standard_normal(rows, dtype=np.float32)
        if place % 5 == 0:
            odds += np.float32(rng.normal() * 0.3) * value
        value[rng.random(rows, dtype=np.float32) < 0.1] = np.nan
        columns[f"number_{place}"] = value
    for place in range(CATEGORIES):
        code = rng.integers(0, [4, 12, 300, 3000][place % 4], rows)
        odds += rng.normal(0, 0.2, 3000).astype(np.float32)[code]
        columns[f"code_{place}"] = pd.Categorical.from_codes(code, [f"c{value}" for value in range(code.max() + 1)])
    chance = 1 / (1 + np.exp(4.2 - odds))
    return pd.DataFrame(columns), (rng.random(rows) < chance).astype(int)


def ours(table: pd.DataFrame, churned: np.ndarray, chosen: argparse.Namespace) -> None:
    """churnkit.model: fit, probabilities of all, reasons of the riskiest."""
    from churnkit.reasons import reasons

    told = {"threads": chosen.threads}
    if chosen.contender == "pipeline":
        told |= {"learning_rate": 0.05, "leaves": 15, "depth": 6, "min_leaf_rows": 50, "stayer_share": 0.5, "l2": 5.0, "patience": 30, "bags": 2}
    began = clock()
    if chosen.contender == "pipeline":
        rows = len(table) * 4 // 5
        model = churnkit.model.fit(table[:rows], churned[:rows], params=told, valid=(table[rows:], churned[rows:]))
    else:
        model = churnkit.model.fit(table, churned, params=told)
    say_cost("fit", began, len(table), f"{len(model.texts)} boosters, {model.tree_counts} trees by shape, calibrated by {model.calibrator.method}")
    began = clock()
    probability = model.predict_proba(table)
    say_cost("score", began, len(table), f"AUC of the rows learnt from {ranked(churned, probability):.3f}")
    began = clock()
    riskiest = table.iloc[np.argsort(-probability, kind="stable")[:chosen.explained]]
    registry = {name: Told(name, f"group {place % 12}") for place, name in enumerate(table.columns) if name.startswith("number")}
    said = reasons(model.contributions(riskiest), riskiest, registry)
    say_cost("reasons", began, len(riskiest), f"{said['reason_1_zh'].notna().mean():.0%} have one")


def plain(table: pd.DataFrame, churned: np.ndarray, chosen: argparse.Namespace) -> None:
    """LightGBM as its page begins: one booster, its defaults, codes as pandas categories, TreeSHAP without words."""
    import lightgbm as lgb

    began = clock()
    booster = lgb.train({"objective": "binary", "verbosity": -1, "num_threads": chosen.threads}, lgb.Dataset(table, churned), chosen.trees)
    say_cost("fit", began, len(table), f"{chosen.trees} trees")
    began = clock()
    probability = np.asarray(booster.predict(table, num_threads=chosen.threads))
    say_cost("score", began, len(table), f"AUC of the rows learnt from {ranked(churned, probability):.3f}")
    began = clock()
    riskiest = table.iloc[np.argsort(-probability, kind="stable")[:chosen.explained]]
    booster.predict(riskiest, pred_contrib=True, num_threads=chosen.threads)
    say_cost("contributions", began, len(riskiest), "no words")


def ranked(churned: np.ndarray, probability: np.ndarray) -> float:
    """The area under the ROC curve."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(churned, probability))


def clock() -> tuple[float, float]:
    """Wall and processor seconds so far."""
    return time.perf_counter(), time.process_time()


def say_cost(what: str, began: tuple[float, float], rows: int, more: str) -> None:
    """One line on stdout: seconds, processor seconds, rows a second."""
    seconds, worked = (now - then for now, then in zip(clock(), began, strict=True))
    print(f"{what}: {seconds:.1f} s, {worked:.1f} processor s, {rows / seconds:,.0f} rows/s; {more}", flush=True)


def peak_mb() -> float:
    """The most memory this process held."""
    import resource
    import sys

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
