"""How boosting is told to learn: the choices an analyst may make, with defaults that suit churn tables."""
import difflib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from churnkit.errors import ParameterError
from churnkit.learning_ranges import out_of_range

ROWS_PER_THREAD = 4_000  # threads that have less to do than this wait for each other
SMALL = 20_000  # tables below this are refitted as a bag of five boosters: it costs little there and steadies the ranking
ONE_SHAPE = 31  # leaves, where something else of the trees' shape is told and they are not


@dataclass(frozen=True)
class Shape:
    """What a booster's trees look like: `column_share` of the columns are open to a tree, `split_share` of those to each split."""

    leaves: int
    depth: int
    min_leaf_rows: int
    column_share: float
    split_share: float
    l2: float
    is_random: bool = False  # one random threshold per column is tried at a split, not all of them


# Shallow trees under a penalty learn what many columns say a little of, and hold on few churners; sharp ones learn rules and corners; random
# ones learn what only two columns together say, where no single split would gain anything.
SHAPES = (Shape(leaves=8, depth=3, min_leaf_rows=10, column_share=0.5, split_share=1.0, l2=3.0),
          Shape(leaves=31, depth=8, min_leaf_rows=5, column_share=1.0, split_share=0.5, l2=0.0),
          Shape(leaves=24, depth=0, min_leaf_rows=5, column_share=1.0, split_share=1.0, l2=1.0, is_random=True))
SHARP = 1  # the place of the sharp ones
RULED = 0.8  # the share of the sharp ones from which a table is one of rules, that a few rows tell: then they learn from all rows
RULED_BAGS = 3


@dataclass(frozen=True)
class Learning:
    """The choices. `trees` of 0 are found by held-out log loss; `depth` 0 has no limit.

    `leaves` 0 lets boosters of all SHAPES learn, weighed by held-out log loss; any other number makes one shape of `leaves`, `depth`,
    `min_leaf_rows`, `column_share` and `l2`. `bags` 0 keeps the boosters of a bare table that were each tested on a held-out part; any other
    number fits so many of each shape anew, on all rows. Each booster learns from all churners and `stayer_share` of the stayers, who
    count for the others; which ones, its seed says.
    """

    learning_rate: float = 0.08
    leaves: int = 0
    depth: int = 8
    min_leaf_rows: int = 20
    column_share: float = 0.5
    row_share: float = 0.8
    stayer_share: float = 1.0
    l2: float = 0.0
    trees: int = 0
    max_trees: int = 2000
    patience: int = 40
    bags: int = 0
    smooth: float = 20.0
    calibration: str = "auto"
    monotone: Mapping[str, int] = field(default_factory=dict)
    threads: int = 0

    def __post_init__(self) -> None:
        if wrong := out_of_range({f.name: getattr(self, f.name) for f in fields(self)}):
            raise ParameterError(f"the model cannot learn so: {wrong}.")

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of trees that learn beside each other."""
        if not self.leaves:
            return SHAPES
        return (Shape(self.leaves, self.depth, self.min_leaf_rows, self.column_share, 1.0, self.l2),)

    def boosting(self, shape: Shape, rows: int, seed: int, columns: list[str], threads: int) -> dict[str, Any]:
        """A booster of this shape in LightGBM's words, with everything that would make two runs differ pinned."""
        return {
            "objective": "binary", "learning_rate": self.learning_rate, "num_leaves": shape.leaves, "max_depth": shape.depth or -1,
            "min_data_in_leaf": min(shape.min_leaf_rows, max(1, rows // 10)), "feature_fraction": shape.column_share,
            "feature_fraction_bynode": shape.split_share, "feature_pre_filter": False, "extra_trees": shape.is_random,
            "bagging_fraction": max(self.row_share, min(1.0, 2 / rows)), "bagging_freq": 1, "lambda_l2": shape.l2,  # of no row it breaks off
            "data_sample_strategy": "bagging", "deterministic": True, "force_row_wise": True, "verbosity": -1,
            "num_threads": min(threads, 1 + rows // ROWS_PER_THREAD), "seed": seed,
            **({"monotone_constraints": [self.monotone.get(name, 0) for name in columns]} if self.monotone else {}),
        }

    @property
    def threads_used(self) -> int:
        """How many threads fit and predict; the results do not depend on it."""
        return self.threads or min(4, os.cpu_count() or 1)

    def bag(self, rows: int) -> int:
        """How many boosters of a shape are fitted on all rows of a table of this size."""
        return self.bags or (5 if rows < SMALL else 1)

    def written(self) -> dict[str, Any]:
        """The choices as the card keeps them; threads are left out, since the model does not depend on them."""
        return {name: value for name, value in asdict(self).items() if name != "threads"}


def read_learning(params: "Mapping[str, Any] | Learning | None") -> Learning:
    """The choices from a mapping; None is the defaults. Raises ParameterError naming what is not known or ill-typed."""
    if isinstance(params, Learning):
        return params
    if params is not None and not isinstance(params, Mapping):
        raise ParameterError(f"model parameters must be given by name, as in {{'learning_rate': 0.05}}, not as a {type(params).__name__}.")
    known = {f.name: getattr(Learning(), f.name) for f in fields(Learning)}
    values: dict[str, Any] = {}
    for name, value in (params or {}).items():
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            raise ParameterError(f"unknown model parameter {name!r}{f' (did you mean {near[0]!r}?)' if near else ''}.")
        if isinstance(known[name], float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        kind = Mapping if name == "monotone" else type(known[name])
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ParameterError(f"model parameter {name!r} must be like {known[name]!r}, got {value!r}.")
        values[name] = value
    if values.keys() & {f.name for f in fields(Shape)}:
        values.setdefault("leaves", ONE_SHAPE)
    return Learning(**values)
