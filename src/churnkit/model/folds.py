"""Boosters that each learn from a part of a bare table and are tested on the rest of it: how many trees, and what they say unseen."""
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb
import numpy as np

from churnkit.model import encode
from churnkit.model.learning import Learning
from churnkit.model.store import portable

FOLDS = 5
FEWER = ((30_000, 3), (100_000, 2), (300_000, 1))  # from so many rows on so many of the fifths are held out: the others would say the same
ROUND = 10  # trees between two looks at the held-out loss
WORTH = 2e-4  # a gain of less than this part of the loss over `patience` trees is none
HOPE = 3  # a shape stops when so many more of its last round's gains would not bring it to the best one
Split = tuple[np.ndarray, np.ndarray]


@dataclass
class Race:
    """The boosters of one shape, one per split, while they learn; `losses` is their mean held-out log loss after each round."""

    boosters: list[lgb.Booster]
    losses: list[float] = field(default_factory=list)
    is_over: bool = False

    @property
    def best(self) -> float:
        """The lowest loss so far."""
        return min(self.losses, default=np.inf)

    @property
    def trees(self) -> int:
        """The tree count at the lowest loss."""
        return ROUND * (1 + int(np.argmin(self.losses)))

    def judge(self, rival: float, patience: int, most: int) -> None:
        """Ends the race after `patience` trees without a gain worth its time, at `most` trees, or where the rival's loss is out of reach."""
        rounds = len(self.losses)
        gain = self.losses[-1 - patience // ROUND] - self.losses[-1] if rounds > patience // ROUND else np.inf
        waited = ROUND * rounds - self.trees >= patience
        self.is_over = waited or gain < WORTH * self.losses[-1] or ROUND * rounds >= most or self.losses[-1] - HOPE * gain > rival


@dataclass(frozen=True)
class HeldOut:
    """Boosters as text, by shape and split, their tree count by shape, and the margins of held-out rows: rows by shapes."""

    texts: list[list[str]]
    trees: list[int]
    margins: np.ndarray
    outcome: np.ndarray


def split(outcome: np.ndarray, seed: int, group: np.ndarray | None = None) -> list[Split]:
    """Stratified splits of a bare table (rows to fit, rows held out): fifths, fewer where it is large, none where it is tiny.

    Rows of one group, which are copies of each other, are held out together.
    """
    one = outcome if group is None else (np.bincount(group, outcome) > 0).astype(int)
    folds = min(FOLDS, int(one.sum()), int(len(one) - one.sum()))
    if folds < 2:
        return []
    shuffled = np.random.default_rng(seed).permutation(len(one))
    fold = np.empty(len(one), dtype=int)
    fold[shuffled[np.argsort(one[shuffled], kind="stable")]] = np.arange(len(one)) % folds
    fold = fold if group is None else fold[group]
    used = min([folds, *(count for rows, count in FEWER if len(outcome) >= rows)])
    return [(np.flatnonzero(fold != held), np.flatnonzero(fold == held)) for held in range(used)]


def dataset(learning: Learning, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray,
            weight: np.ndarray | None = None) -> lgb.Dataset:
    """The rows, binned. Columns are named c0, c1, … there: LightGBM's text bears no other names safely."""
    names = [f"c{place}" for place in range(len(columns))]
    few = [name for name, column in zip(names, columns, strict=True) if column.kind == "few"]
    told = learning.boosting(learning.shapes[0], len(outcome), 0, [column.name for column in columns], learning.threads_used)
    return lgb.Dataset(matrix, outcome, weight=weight, feature_name=names, categorical_feature=few, params=told).construct()


def thinned(learning: Learning, rows: np.ndarray, outcome: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The rows a booster of this seed learns from, and what each counts for: all churners, and a part of the stayers for all of them."""
    if learning.stayer_share == 1:
        return rows, None
    drawn = np.random.default_rng(seed).random(len(rows)) < learning.stayer_share
    rows = rows[(outcome[rows] == 1) | drawn]
    return rows, np.where(outcome[rows] == 1, 1.0, 1 / learning.stayer_share)


def part(whole: lgb.Dataset, rows: np.ndarray, weight: np.ndarray | None = None) -> lgb.Dataset:
    """Some rows of a binned table, ascending, in its bins."""
    chosen = whole.subset(rows).construct()
    if weight is not None:
        chosen.set_weight(weight)
    return chosen


def learn(learning: Learning, columns: Sequence[encode.Column], matrix: np.ndarray, outcome: np.ndarray, splits: list[Split],
          seed: int) -> HeldOut:
    """Boosters of every shape, one per split, grown together until the mean held-out log loss of their shape no longer falls.

    Each has one thread of its own while there are enough of them, so that the same trees grow on any number of threads.
    """
    whole, names = dataset(learning, columns, matrix, outcome), [column.name for column in columns]
    lanes = min(learning.threads_used, len(splits) * len(learning.shapes))
    races: list[Race] = [Race([]) for _ in learning.shapes]
    for fold, (kept, held) in enumerate(splits):
        rows, weight = thinned(learning, kept, outcome, seed * 1000 + fold)
        fitted, tested = part(whole, rows, weight), part(whole, held)
        for race, shape in zip(races, learning.shapes, strict=True):
            told = learning.boosting(shape, len(rows), seed * 1000 + fold, names, learning.threads_used // lanes)
            booster = lgb.Booster({**told, "metric": "binary_logloss"}, fitted)
            race.boosters.append(booster.add_valid(tested, "held out"))
    with ThreadPoolExecutor(lanes, initializer=hushed) as pool:
        trees = [learning.trees] * len(races) if learning.trees else raced(learning, races, pool)
        if learning.trees:
            list(pool.map(lambda booster: grow(booster, learning.trees), [b for race in races for b in race.boosters]))
        jobs = [(booster, count, held) for race, count in zip(races, trees, strict=True)
                for booster, (_, held) in zip(race.boosters, splits, strict=True)]
        said = list(pool.map(lambda job: (portable(job[0].model_to_string(num_iteration=job[1])),
                                          unseen(job[0], matrix[job[2]], job[1])), jobs))
    count = len(splits)
    by_shape = [said[place:place + count] for place in range(0, len(said), count)]
    margins = np.column_stack([np.concatenate([margin for _, margin in one]) for one in by_shape])
    return HeldOut([[text for text, _ in one] for one in by_shape], trees, margins, outcome[np.concatenate([held for _, held in splits])])


def hushed() -> None:
    """Makes LightGBM silent in this thread: its log level is the thread's own, and is set where a table is binned."""
    lgb.Dataset(np.zeros((2, 1)), np.array([0, 1]), params={"verbosity": -1, "num_threads": 1}).construct()


def raced(learning: Learning, races: list[Race], pool: ThreadPoolExecutor) -> list[int]:
    """The tree count of each shape, its boosters grown at least so far."""
    while active := [race for race in races if not race.is_over]:
        losses = iter(list(pool.map(lambda booster: grow(booster, ROUND), [b for race in active for b in race.boosters])))
        for race in active:
            race.losses.append(float(np.mean([next(losses) for _ in race.boosters])))
        leader = min(race.best for race in races)
        for race in active:
            race.judge(leader, learning.patience, learning.max_trees)
    return [min(race.trees, learning.max_trees) for race in races]


def grow(booster: lgb.Booster, trees: int) -> float:
    """The booster's held-out log loss after so many more trees."""
    for _ in range(trees):
        booster.update()
    return float(booster.eval_valid()[0][2])


def unseen(booster: lgb.Booster, rows: np.ndarray, trees: int) -> np.ndarray:
    """The margins of rows that a booster did not learn from."""
    told: Any = booster.predict(rows, raw_score=True, num_iteration=trees, num_threads=1)
    return np.asarray(told)
