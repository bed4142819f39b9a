"""What the choices of how to learn may be, known before a booster is loaded."""
from collections.abc import Callable, Mapping
from typing import Any

RANGES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "learning_rate": ("above 0 and at most 1", lambda value: 0 < value <= 1),
    "leaves": ("0, or 2 to 4096", lambda value: value == 0 or 2 <= value <= 4096),
    "depth": ("0, for no limit, or more", lambda value: value >= 0),
    "min_leaf_rows": ("at least 1", lambda value: value >= 1),
    "column_share": ("above 0 and at most 1", lambda value: 0 < value <= 1),
    "row_share": ("above 0 and at most 1", lambda value: 0 < value <= 1),
    "stayer_share": ("above 0 and at most 1", lambda value: 0 < value <= 1),
    "l2": ("0 or more", lambda value: value >= 0),
    "trees": ("0, to be found, or more", lambda value: value >= 0),
    "max_trees": ("at least 1", lambda value: value >= 1),
    "patience": ("at least 1", lambda value: value >= 1),
    "bags": ("0 to 100", lambda value: 0 <= value <= 100),
    "smooth": ("above 0", lambda value: value > 0),
    "calibration": ("auto, sigmoid, isotonic or none", lambda value: value in ("auto", "sigmoid", "isotonic", "none")),
    "monotone": ("-1, 0 or 1 for each column", lambda value: all(sign in (-1, 0, 1) for sign in value.values())),
    "threads": ("0 or more", lambda value: value >= 0),
}


def out_of_range(choices: Mapping[str, Any]) -> str:
    """What is wrong with the choices, `learning_rate must be above 0 and at most 1, got -1.0`; nothing where all are right."""
    return "; ".join(f"{name} must be {words}, got {choices[name]!r}" for name, (words, is_right) in RANGES.items()
                     if name in choices and not is_right(choices[name]))
