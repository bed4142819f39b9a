"""How a table's columns become the numbers a booster reads: own codes for categories, learnt once and kept."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from churnkit.errors import InputError

FEW = 16  # categories with up to so many values are split by LightGBM itself; more are read as smoothed churn rates
LIMIT = 1e300  # LightGBM reads anything beyond as this
DATES = {"datetime64", "datetime", "date", "timedelta64", "timedelta", "time", "period"}
OF_TIME = (date, time, timedelta, pd.Period, np.datetime64, np.timedelta64)
PLAIN = (str, bytes, Number, np.generic, type(None), type(pd.NA))
NUMERIC = {"integer", "floating", "mixed-integer-float", "decimal", "boolean"}
COPIED = 0.2  # share of the rows that must be copies of others before copies matter
ALIKE = 0.05  # share of the rows that are no copies, below which columns of few values make people alike
UNLIKE = 0.01  # share of the repeated rows that may have ended one way and the other; where more did, they are people who look alike
NUMERAL = 0.99  # text of which so many distinct values are numbers, some written as codes are not, is read as numbers
NO_CODE = r"[.,%$€£¥￥]"
SIGNS = r"^([+-]?)\s*[$€£¥￥]\s*|\s*%$"  # what stands before and behind a number
THOUSANDS = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"


@dataclass(frozen=True)
class Column:
    """One feature as fitted: its kind, and for a category its known values and the smoothed churn rate of each.

    kind is `number` (flags too), `numeral` (numbers written as text), `ordered` (categories that have an order, read as their
    place in it), `few` or `many` (categories), or `empty` (no value seen: always read as missing).
    """

    name: str
    kind: str
    values: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()
    prior: float = 0.0


def checked(features: pd.DataFrame) -> pd.DataFrame:
    """The table with its column names as text, in its own order.

    Raises InputError on what is no table, on duplicate names, on dates and on anything that is neither number, flag nor text.
    """
    check_table(features)
    named = features.set_axis([str(name) for name in features.columns], axis=1)
    twice = sorted(set(named.columns[named.columns.duplicated()]))
    if twice:
        raise InputError(f"the feature table has more than one column named {', '.join(map(repr, twice))}; rename them.")
    for name in named.columns:
        check_column(name, named[name])
    return named


def check_table(features: Any) -> None:
    """Raises InputError on anything but a pandas table."""
    if not isinstance(features, pd.DataFrame):
        raise InputError(f"features must be a pandas table, not a {type(features).__name__}.")


def check_column(name: str, values: pd.Series) -> None:
    """Raises InputError, naming the column, on dates and times and on cells that hold neither number, flag nor text."""
    is_category = isinstance(values.dtype, pd.CategoricalDtype)
    held = pd.Series(values.cat.categories) if is_category else values
    found = str(types.infer_dtype(held, skipna=True))
    if found in DATES or types.is_datetime64_any_dtype(held):
        raise InputError(f"column {name!r} holds dates or times ({found}); give days before the as-of date instead.")
    if found in ("complex", "interval") and not is_category:  # categories that are intervals come of pd.cut
        raise InputError(f"column {name!r} holds values that are {found}; give numbers, flags or text.")
    if found.startswith("mixed") or found == "unknown-array":
        strange = next((value for value in held if isinstance(value, OF_TIME) or not isinstance(value, PLAIN)), None)
        if isinstance(strange, OF_TIME) and strange is not pd.NaT:
            raise InputError(f"column {name!r} holds dates or times ({type(strange).__name__}) among others; "
                             "give days before the as-of date instead.")
        if strange is not None and strange is not pd.NaT and not is_category:
            raise InputError(f"column {name!r} holds a {type(strange).__name__} in a cell; give numbers, flags or text.")


def matched(features: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """The table's columns in the fitted order, matched by name. Raises InputError naming the missing and the extra."""
    named, known = checked(features), [column.name for column in columns]
    missing = [name for name in known if name not in named.columns]
    extra = [name for name in named.columns if name not in set(known)]
    if missing or extra:
        said = [f"{word}: {', '.join(map(repr, names))}" for word, names in (("missing", missing), ("not known", extra)) if names]
        raise InputError(f"the table does not have the columns that the model was fitted on; {'; '.join(said)}.")
    return named[known]


def learn(features: pd.DataFrame, churned: np.ndarray, *, smooth: float, seed: int) -> tuple[list[Column], np.ndarray, np.ndarray | None]:
    """The fitted columns, the matrix to train on, in which no row's own outcome enters its category's rate, and what `copies` says of its rows."""
    features = checked(features)
    columns = [learn_column(features[name], churned, smooth) for name in features.columns]
    matrix = encode(features, columns)
    group = copies(matrix, churned)
    one = np.arange(len(churned)) if group is None else group
    fold = (np.random.default_rng(seed).permutation(int(one.max()) + 1) % 5)[one]
    for place, column in enumerate(columns):
        if column.kind == "many":
            codes = codes_of(features[column.name], column)
            for held in range(5):
                rest = fold != held
                rates = smoothed(codes[rest], churned[rest], len(column.values), column.prior, smooth)
                matrix[~rest, place] = looked_up(codes[~rest], rates, column.prior)
    return columns, matrix, group


def copies(matrix: np.ndarray, churned: np.ndarray) -> np.ndarray | None:
    """Which row each is a copy of, as a number; None where few rows are copies, or rows are alike because there is little to tell of them.

    In a table whose churners were put in several times, a row would else be tested on its own copy, and learning by heart would look best.
    """
    mixed, most = np.zeros(len(matrix), dtype=np.uint64), (1 - COPIED) * len(matrix)
    for place in range(matrix.shape[1]):
        column = np.ascontiguousarray(matrix[:, place]).view(np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) + column  # wraps around
        if place % 8 == 7 and len(np.unique(mixed)) > most:
            return None
    _, group, size = np.unique(mixed, return_inverse=True, return_counts=True)
    if not ALIKE * len(matrix) < len(size) <= most:
        return None
    left = np.bincount(group, churned)
    is_unlike = (left > 0) & (left < size)
    return group if is_unlike[size > 1].mean() < UNLIKE else None


def learn_column(values: pd.Series, churned: np.ndarray, smooth: float) -> Column:
    """One column as fitted on these values and outcomes."""
    name = str(values.name)
    if values.isna().all():
        return Column(name, "empty")
    if is_number(values):
        return Column(name, "number")
    if isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered:
        return Column(name, "ordered", tuple(written(pd.Series(values.cat.remove_unused_categories().cat.categories))))
    known = tuple(sorted(written(values).dropna().unique()))
    if len(known) > FEW and are_numerals(known):
        return Column(name, "numeral")
    if len(known) <= FEW:
        return Column(name, "few", known)
    prior = float(churned.mean())
    codes = codes_of(values, Column(name, "many", known))
    rates = smoothed(codes, churned, len(known), prior, smooth)
    return Column(name, "many", known, tuple(float(rate) for rate in rates), prior)


def is_number(values: pd.Series) -> bool:
    """Whether the column counts or measures: numbers and flags, also inside an object column."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return False
    return types.is_numeric_dtype(values) or types.infer_dtype(values, skipna=True) in NUMERIC


def are_numerals(known: Sequence[str]) -> bool:
    """Whether a text column's values are numbers that were measured: nearly all can be read as one, and some are written as no code is.

    That is with a decimal point, commas between thousands, a per cent sign or a currency's. Blanks are gaps. A column of bare whole numbers stays
    a category: area codes and plans are written so.
    """
    said = pd.Series([text for text in known if text.strip()], dtype=object)
    read = ~np.isnan(numerals(said))
    return bool(read.mean() >= NUMERAL and said[read].str.contains(NO_CODE).mean() > 1 - NUMERAL)


def numerals(said: pd.Series) -> np.ndarray:
    """The numbers that are written in a text column, NaN where none is; 1,234.5 and ¥12 and 7 % are read as 1234.5, 12 and 7."""
    codes, distinct = pd.factorize(said)
    bare = pd.Series(distinct, dtype=object).str.strip().str.replace(SIGNS, r"\1", regex=True)
    bare = bare.where(~bare.str.fullmatch(THOUSANDS).astype(bool), bare.str.replace(",", "", regex=False))
    read = pd.to_numeric(bare, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.append(read, np.nan)[codes]  # -1, missing, is the last


def encode(features: pd.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    """The matrix the boosters read, rows by columns; missing and, for few-valued and ordered categories, unseen values are NaN."""
    matrix = np.full((len(features), len(columns)), np.nan)
    for place, column in enumerate(columns):
        values = features[column.name]
        if column.kind == "number":
            matrix[:, place] = measured(values)
        elif column.kind == "numeral":
            matrix[:, place] = clipped(numerals(written(values)))
        elif column.kind in ("few", "ordered"):
            codes = codes_of(values, column)
            matrix[:, place] = np.where(codes < 0, np.nan, codes)
        elif column.kind == "many":
            matrix[:, place] = looked_up(codes_of(values, column), np.array(column.rates), column.prior)
    return matrix


def measured(values: pd.Series) -> np.ndarray:
    """A column's numbers, flags as 0 and 1, infinities as the largest number read. Raises InputError on text."""
    try:
        plain = values.astype(object) if isinstance(values.dtype, pd.CategoricalDtype) else values
        if not types.is_numeric_dtype(plain):  # on Arrow's decimals pandas' own to_numeric loses the missing ones
            plain = pd.to_numeric(plain)
        numbers = plain.to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError):
        raise InputError(f"column {values.name!r} held numbers when the model was fitted and holds text now.") from None
    except OverflowError:
        raise InputError(f"column {values.name!r} holds a whole number beyond all measure; give it as text if it is a code.") from None
    return clipped(numbers)


def clipped(numbers: np.ndarray) -> np.ndarray:
    """The numbers, infinities as the largest that is read."""
    return np.clip(numbers, -LIMIT, LIMIT)


def written(values: pd.Series) -> pd.Series:
    """A category's values as text; a whole number reads the same whether it came as 3, 3.0 or '3'."""
    codes, distinct = pd.factorize(values)
    text = [str(int(value)) if isinstance(value, float | np.floating) and value.is_integer() else str(value) for value in distinct]
    kept = [one.encode("utf-8", "backslashreplace").decode("utf-8") for one in text]  # what was read badly may be no Unicode
    return pd.Series(np.array([*kept, None], dtype=object)[codes], index=values.index, name=values.name, dtype=object)  # -1, missing, is the last


def codes_of(values: pd.Series, column: Column) -> np.ndarray:
    """The place of each value among the column's known ones; -1 unseen, -2 missing."""
    text = written(values)
    codes = pd.Index(column.values, dtype=object).get_indexer(pd.Index(text, dtype=object))
    return np.where(text.isna(), -2, codes)


def smoothed(codes: np.ndarray, churned: np.ndarray, size: int, prior: float, smooth: float) -> np.ndarray:
    """The churn rate of each code, drawn towards the prior as if `smooth` more rows had churned at it."""
    known = codes >= 0
    churners = np.bincount(codes[known], churned[known], size)
    return (churners + smooth * prior) / (np.bincount(codes[known], minlength=size) + smooth)


def looked_up(codes: np.ndarray, rates: np.ndarray, prior: float) -> np.ndarray:
    """The rate of each code; the prior where unseen, NaN where missing."""
    return np.where(codes == -2, np.nan, np.where(codes == -1, prior, rates[np.maximum(codes, 0)]))
