"""Fitting: how many trees, which boosters, which calibration."""
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from churnkit.errors import InputError, ParameterError
from churnkit.model import encode
from churnkit.model.calibrate import Calibrator, calibrate
from churnkit.model.learning import Learning, read_learning
from churnkit.model.store import Model, portable

FOLDS = 5
LARGE = 30_000  # from here on one held-out fifth tells the number of trees as well as five of them
UNTOLD = 100  # trees when there are too few churners to find out
Split = tuple[np.ndarray, np.ndarray]


def fit(features: pd.DataFrame, churned: Sequence[Any] | pd.Series | np.ndarray, *,
        params: Mapping[str, Any] | Learning | None = None,
        valid: tuple[pd.DataFrame, Any] | None = None, seed: int = 0) -> Model:
    """A calibrated model of who churns, from any table of numbers, flags, text and categories.

    `valid`, a later table and its outcomes, tells the number of trees and calibrates. Without it a bare table is split
    by seed for that, and the model is then fitted on all of it. Raises InputError for a table that cannot be learnt
    from, ParameterError for `params` that are not known.
    """
    learning = read_learning(params)
    outcome = outcomes(churned, features)
    columns, matrix = encode.learn(features, outcome, smooth=learning.smooth, seed=seed)
    check_monotone(learning, columns)
    if valid is not None:
        later = encode.encode(encode.matched(valid[0], columns), columns)
        later_outcome = outcomes(valid[1], valid[0], needs_both=False)
        trees, first = (learning.trees, None) if learning.trees else trees_by_valid(learning, columns, matrix, outcome, later, later_outcome, seed)
        texts = boosters(learning, columns, matrix, outcome, trees, seed, first)
        model = Model(learning, tuple(columns), texts, Calibrator("none"), trees, seed, len(outcome), int(outcome.sum()))
        margin, told = model.margin_of(later), later_outcome
    else:
        trees, margin, told = trees_by_splits(learning, columns, matrix, outcome, seed)
        texts = boosters(learning, columns, matrix, outcome, trees, seed)
        model = Model(learning, tuple(columns), texts, Calibrator("none"), trees, seed, len(outcome), int(outcome.sum()))
    return model.with_calibrator(calibrate(margin, told, method=learning.calibration, seed=seed))


def refit(model: Model, features: pd.DataFrame, churned: Sequence[Any] | pd.Series | np.ndarray) -> Model:
    """The same recipe (choices, tree count, calibrator, seed) fitted on other rows."""
    outcome = outcomes(churned, features)
    columns, matrix = encode.learn(features, outcome, smooth=model.learning.smooth, seed=model.seed)
    texts = boosters(model.learning, columns, matrix, outcome, model.trees, model.seed)
    return Model(model.learning, tuple(columns), texts, model.calibrator, model.trees, model.seed, len(outcome),
                 int(outcome.sum()))


def outcomes(churned: Sequence[Any] | pd.Series | np.ndarray, features: pd.DataFrame, *, needs_both: bool = True) -> np.ndarray:
    """Outcomes as 0 and 1, one per row. Raises InputError where they are missing, not two-valued or too few."""
    values = pd.Series(churned)
    if len(values) != len(features):
        raise InputError(f"{len(features)} rows of features have {len(values)} outcomes; give one for each row.")
    if values.isna().any():
        raise InputError(f"{int(values.isna().sum())} outcomes are missing; leave out rows whose outcome is not known.")
    try:
        numbers = values.to_numpy(dtype=float)
    except (ValueError, TypeError):
        raise InputError(f"outcomes must be true/false or 1/0, not such as {values.iloc[0]!r}.") from None
    if not np.isin(numbers, (0, 1)).all():
        raise InputError("outcomes must be true/false or 1/0.")
    if len(features.columns) == 0:
        raise InputError("the feature table has no column to learn from.")
    if needs_both and (len(numbers) < 2 or numbers.min() == numbers.max()):
        raise InputError(f"{len(numbers)} rows with {int(numbers.sum())} churners teach nothing: both outcomes are needed.")
    return numbers.astype(int)


def check_monotone(learning: Learning, columns: Sequence[encode.Column]) -> None:
    """Raises ParameterError where a direction is asked of a column that is not there or has no order."""
    ordered = {column.name for column in columns if column.kind in ("number", "empty")}
    wrong = sorted(set(learning.monotone) - ordered)
    if wrong:
        raise ParameterError(f"monotone names {', '.join(map(repr, wrong))}, which is no column of numbers in this table.")


def dataset(learning: Learning, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray, seed: int) -> lgb.Dataset:
    """The rows that a booster of this seed learns from, binned. Columns are named c0, c1, … there: LightGBM's text bears no other names safely."""
    names = [f"c{place}" for place in range(len(columns))]
    few = [name for name, column in zip(names, columns, strict=True) if column.kind == "few"]
    told = learning.boosting(len(outcome), seed, [column.name for column in columns])
    weight = None
    if learning.stayer_share < 1:
        kept = (outcome == 1) | (np.random.default_rng(seed).random(len(outcome)) < learning.stayer_share)
        matrix, outcome = matrix[kept], outcome[kept]
        weight = np.where(outcome == 1, 1.0, 1 / learning.stayer_share)
    return lgb.Dataset(matrix, outcome, weight=weight, feature_name=names, categorical_feature=few, params=told, free_raw_data=False)


def boosters(learning: Learning, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray,
             trees: int, seed: int, first: str | None = None) -> tuple[str, ...]:
    """The fitted boosters as LightGBM text, one per bag; `first` is the first of them where it is fitted already."""
    bags, texts = learning.bag(len(outcome)), [first] if first else []
    if len(texts) == bags:
        return tuple(texts)
    rows = dataset(learning, columns, matrix, outcome, seed * 1000) if learning.stayer_share == 1 else None
    for bag in range(len(texts), bags):
        told = learning.boosting(len(outcome), seed * 1000 + bag, [column.name for column in columns])
        mine = rows if rows is not None else dataset(learning, columns, matrix, outcome, seed * 1000 + bag)
        texts.append(portable(lgb.train(told, mine, trees).model_to_string()))
    return tuple(texts)


def trees_by_valid(learning: Learning, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray,
                   later: np.ndarray, later_outcome: np.ndarray, seed: int) -> tuple[int, str]:
    """The tree count at which the log loss of the later rows is lowest, and the first booster with so many trees as text."""
    rows = dataset(learning, columns, matrix, outcome, seed * 1000)
    told = learning.boosting(len(outcome), seed * 1000, [column.name for column in columns])
    stop = lgb.early_stopping(learning.patience, verbose=False)
    later_rows = lgb.Dataset(later, later_outcome, reference=rows, params=told)
    booster = lgb.train(told, rows, learning.max_trees, valid_sets=[later_rows], callbacks=[stop])
    trees = max(1, booster.best_iteration)
    return trees, portable(booster.model_to_string(num_iteration=trees))


def trees_by_splits(learning: Learning, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray,
                    seed: int) -> tuple[int, np.ndarray, np.ndarray]:
    """The tree count with the lowest held-out log loss, and the held-out margins with their outcomes to calibrate on."""
    splits = split(outcome, seed)
    if not splits:
        return learning.trees or UNTOLD, np.empty(0), np.empty(0, dtype=int)
    rows = dataset(replace(learning, stayer_share=1.0), columns, matrix, outcome, seed)
    told = learning.boosting(len(outcome), seed * 1000, [column.name for column in columns])
    stop = [] if learning.trees else [lgb.early_stopping(learning.patience, verbose=False)]
    found = lgb.cv(told, rows, learning.trees or learning.max_trees, folds=splits, callbacks=stop, return_cvbooster=True)
    folds: Any = found["cvbooster"]
    trees = learning.trees or max(1, folds.best_iteration)
    margins = [booster.predict(matrix[held], raw_score=True, num_iteration=trees)
               for booster, (_, held) in zip(folds.boosters, splits, strict=True)]
    return trees, np.concatenate(margins), np.concatenate([outcome[held] for _, held in splits])


def split(outcome: np.ndarray, seed: int) -> list[Split]:
    """Stratified folds of a bare table (rows to fit, rows held out): five, or one when it is large, or none if it is tiny."""
    folds = min(FOLDS, int(outcome.sum()), int(len(outcome) - outcome.sum()))
    if folds < 2:
        return []
    shuffled = np.random.default_rng(seed).permutation(len(outcome))
    fold = np.empty(len(outcome), dtype=int)
    fold[shuffled[np.argsort(outcome[shuffled], kind="stable")]] = np.arange(len(outcome)) % folds
    return [(np.flatnonzero(fold != held), np.flatnonzero(fold == held)) for held in range(1 if len(outcome) >= LARGE else folds)]
