"""Fitting: which boosters, how much each counts, which calibration."""
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from churnkit.errors import InputError, ParameterError
from churnkit.model import blend, encode, folds
from churnkit.model.calibrate import EACH, calibrate, too_few
from churnkit.model.learning import RULED, RULED_BAGS, SHAPES, SHARP, Learning, Shape, read_learning
from churnkit.model.store import Model, portable

UNTOLD = 100  # trees when there are too few churners to find out


def fit(features: pd.DataFrame, churned: Sequence[Any] | pd.Series | np.ndarray, *,
        params: Mapping[str, Any] | Learning | None = None,
        valid: tuple[pd.DataFrame, Any] | None = None, seed: int = 0) -> Model:
    """A calibrated model of who churns, from any table of numbers, flags, text and categories.

    `valid`, a later table and its outcomes, tells the number of trees, weighs the shapes and calibrates. Without it a bare table is split by
    seed for that, copies of a row together, and the model is the average of the boosters that each saw a part. Rows and outcomes are paired by
    position. Raises InputError for a table that cannot be learnt from, ParameterError for `params` that are not known.
    """
    learning, seed = read_learning(params), checked_seed(seed)
    outcome = outcomes(churned, features)
    columns, matrix, group = encode.learn(features, outcome, smooth=learning.smooth, seed=seed)
    check_monotone(learning, columns)
    rows, churners = len(outcome), int(outcome.sum())
    if valid is not None:
        later, told = later_rows(valid, columns)
        texts, trees = by_valid(learning, columns, matrix, outcome, later, told, seed)
        margins = np.column_stack([said(learning, one, later) for one in texts])
    elif splits := folds.split(outcome, seed, group):
        held_out = folds.learn(learning, columns, matrix, outcome, splits, seed)
        trees, margins, told = held_out.trees, held_out.margins, held_out.outcome
        texts = [boosters(replace(learning, bags=bags), shape, columns, matrix, outcome, count, seed) if bags else kept for shape, count, bags, kept
                 in zip(learning.shapes, trees, anew(learning, blend.shares(margins, told)), held_out.texts, strict=True)]
    else:
        shape = learning.shapes[0]  # the most cautious one
        trees = [learning.trees or UNTOLD]
        texts, margins, told = [boosters(learning, shape, columns, matrix, outcome, trees[0], seed)], np.zeros((0, 1)), np.empty(0, dtype=int)
    shares = blend.shares(margins, told)
    calibrator = calibrate(margins @ shares, told, method=learning.calibration, seed=seed)
    if learning.calibration != "none" and too_few(told):
        where, left = "of valid" if valid is not None else "held out", int(told.sum())
        print(f"{left} churners and {len(told) - left} others among the rows {where} are too few to calibrate on ({EACH} of each are needed): "
              "probabilities are as the trees tell them.", file=sys.stderr)
    return Model(learning, tuple(columns), *flat(texts, shares), calibrator, tuple(trees), tuple(map(float, shares)), seed, rows, churners)


def later_rows(valid: Any, columns: Sequence[encode.Column]) -> tuple[np.ndarray, np.ndarray]:
    """The matrix and the outcomes of `valid`. Raises InputError unless it is a table like the fitted one, of a row or more, and its outcomes."""
    if not isinstance(valid, tuple | list) or len(valid) != 2:
        raise InputError(f"valid must be a pair, a later table and its outcomes, not a {type(valid).__name__}.")
    later = encode.encode(encode.matched(valid[0], columns), columns)
    if not len(later):
        raise InputError("valid holds no row, so nothing can be found out on it; leave it out, or give later rows.")
    return later, outcomes(valid[1], valid[0], needs_both=False)


def checked_seed(seed: Any) -> int:
    """The seed as a plain number. Raises ParameterError unless it is a whole one of 0 or more."""
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise ParameterError(f"seed must be a whole number of 0 or more, got {seed!r}.")
    return int(seed)


def anew(learning: Learning, shares: np.ndarray) -> list[int]:
    """How many boosters of each shape are fitted on all rows, in place of those that held some out; 0 keeps these."""
    if not learning.bags and len(shares) == len(SHAPES) and shares[SHARP] >= RULED:
        return [RULED_BAGS if place == SHARP else 0 for place in range(len(shares))]
    return [learning.bags] * len(shares)


def flat(texts: Sequence[Sequence[str]], shares: np.ndarray) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The boosters of all shapes and the weight of each in the margin; a shape without a share is left out."""
    weighed = [(text, float(share) / len(one)) for one, share in zip(texts, shares, strict=True) for text in one if share > 0]
    return tuple(text for text, _ in weighed), tuple(weight for _, weight in weighed)


def refit(model: Model, features: pd.DataFrame, churned: Sequence[Any] | pd.Series | np.ndarray) -> Model:
    """The same recipe (choices, tree counts, shares, calibrator, seed) fitted on other rows."""
    outcome, learning = outcomes(churned, features), model.learning
    columns, matrix, _ = encode.learn(features, outcome, smooth=learning.smooth, seed=model.seed)
    texts = [boosters(learning, shape, columns, matrix, outcome, count, model.seed) if share else []
             for shape, count, share in zip(learning.shapes, model.tree_counts, model.shares, strict=False)]
    return Model(learning, tuple(columns), *flat(texts, np.array(model.shares)), model.calibrator, model.tree_counts, model.shares, model.seed,
                 len(outcome), int(outcome.sum()))


def outcomes(churned: Sequence[Any] | pd.Series | np.ndarray, features: pd.DataFrame, *, needs_both: bool = True) -> np.ndarray:
    """Outcomes as 0 and 1, one per row. Raises InputError where they are missing, not two-valued or too few."""
    encode.check_table(features)
    try:
        values = pd.Series(churned)
    except (ValueError, TypeError):
        shape = f" of shape {churned.shape}" if isinstance(churned, np.ndarray | pd.DataFrame) else ""
        raise InputError(f"outcomes must be one value for each row, as a list or a column, not a {type(churned).__name__}{shape}.") from None
    if isinstance(churned, pd.Series) and is_reordered(churned.index, features.index):
        raise InputError("the outcomes bear the labels of the table's rows in another order, and rows are paired by position; "
                         "give them as churned.loc[table.index], or .to_numpy() if they are in the table's order.")
    if len(values) != len(features):
        raise InputError(f"{len(features)} rows of features have {len(values)} outcomes; give one for each row.")
    if values.isna().any():
        raise InputError(f"{int(values.isna().sum())} outcomes are missing; leave out rows whose outcome is not known.")
    try:
        numbers = values.to_numpy(dtype=float)
    except (ValueError, TypeError):
        raise InputError(f"outcomes must be true/false or 1/0, not such as {values.iloc[0]!r}; compare first, as in churned == 'yes'.") from None
    if not np.isin(numbers, (0, 1)).all():
        raise InputError("outcomes must be true/false or 1/0.")
    if len(features.columns) == 0:
        raise InputError("the feature table has no column to learn from.")
    if needs_both and (len(numbers) < 2 or numbers.min() == numbers.max()):
        raise InputError(f"{len(numbers)} rows with {int(numbers.sum())} churners teach nothing: both outcomes are needed.")
    return numbers.astype(int)


def is_reordered(one: pd.Index, other: pd.Index) -> bool:
    """Whether two indexes have the same labels, but not in the same places."""
    return len(one) == len(other) and not one.equals(other) and bool(one.isin(other).all() and other.isin(one).all())


def check_monotone(learning: Learning, columns: Sequence[encode.Column]) -> None:
    """Raises ParameterError where a direction is asked of a column that is not there or has no order."""
    ordered = {column.name for column in columns if column.kind in ("number", "empty")}
    wrong = sorted(set(learning.monotone) - ordered)
    if wrong:
        raise ParameterError(f"monotone names {', '.join(map(repr, wrong))}, which is no column of numbers in this table.")


def said(learning: Learning, texts: Sequence[str], matrix: np.ndarray) -> np.ndarray:
    """The mean margin of some boosters, one per row."""
    told = [np.asarray(lgb.Booster(model_str=text).predict(matrix, raw_score=True, num_threads=learning.threads_used)) for text in texts]
    return np.asarray(np.mean(told, axis=0))


def binned(learning: Learning, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray, seed: int) -> lgb.Dataset:
    """The rows that a booster of this seed learns from, binned."""
    rows, weight = folds.thinned(learning, np.arange(len(outcome)), outcome, seed)
    if weight is not None:
        matrix, outcome = matrix[rows], outcome[rows]
    return folds.dataset(learning, columns, matrix, outcome, weight)


def boosters(learning: Learning, shape: Shape, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray,
             trees: int, seed: int, first: str | None = None) -> list[str]:
    """Boosters of one shape fitted on all rows as LightGBM text, one per bag; `first` is the first of them where it is fitted already."""
    bags, texts = learning.bag(len(outcome)), [first] if first else []
    if len(texts) == bags:
        return texts
    names = [column.name for column in columns]
    rows = binned(learning, columns, matrix, outcome, seed * 1000) if learning.stayer_share == 1 else None
    for bag in range(len(texts), bags):
        told = learning.boosting(shape, len(outcome), seed * 1000 + bag, names, learning.threads_used)
        mine = rows if rows is not None else binned(learning, columns, matrix, outcome, seed * 1000 + bag)
        texts.append(portable(lgb.train(told, mine, trees).model_to_string()))
    return texts


def by_valid(learning: Learning, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray,
             later: np.ndarray, later_outcome: np.ndarray, seed: int) -> tuple[list[list[str]], list[int]]:
    """By shape: the boosters as text, and the tree count at which the log loss of the later rows is lowest."""
    texts, trees = [], []
    for shape in learning.shapes:
        count, first = learning.trees, None
        if not count:
            rows = binned(learning, columns, matrix, outcome, seed * 1000)
            told = learning.boosting(shape, len(outcome), seed * 1000, [column.name for column in columns], learning.threads_used)
            stop = lgb.early_stopping(learning.patience, verbose=False)
            later_rows = lgb.Dataset(later, later_outcome, reference=rows, params=told)
            booster = lgb.train(told, rows, learning.max_trees, valid_sets=[later_rows], callbacks=[stop])
            count = max(1, booster.best_iteration)
            first = portable(booster.model_to_string(num_iteration=count))
            del rows, later_rows, booster
        texts.append(boosters(learning, shape, columns, matrix, outcome, count, seed, first))
        trees.append(count)
    return texts, trees
