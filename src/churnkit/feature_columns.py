"""Whose outcome is known at some as-of dates, and their features, a few columns at a time, so that memory does not grow with the catalogue."""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from churnkit.audit import Values
from churnkit.errors import HistoryError, InputError
from churnkit.files import intact, parts

STRATUM = "stratum"  # of the cohort, and read by the model like a feature


@dataclass(frozen=True)
class Month:
    """Those of one as-of date whose outcome is known and lay in the future: their places in the feature table, whether each churned, their strata."""

    as_of: date
    features: Path
    places: np.ndarray
    churned: np.ndarray
    strata: pa.Array

    @classmethod
    def of(cls, features: Path, cohorts: Path, as_of: date) -> "Month":
        """The month of an as-of date. Raises InputError where a table is missing or the two are not of the same subscribers."""
        whole, cohort = cls.everyone(features, cohorts, as_of)
        known = pc.and_(pc.invert(cohort["is_censored"]), cohort["churned"].is_valid()).to_numpy()
        kept = cohort.filter(known)
        return cls(as_of, whole.features, whole.places[known], kept["churned"].to_numpy().astype(bool), kept[STRATUM].combine_chunks())

    @classmethod
    def everyone(cls, features: Path, cohorts: Path, as_of: date) -> "tuple[Month, pa.Table]":
        """All of an as-of date, outcome known or not (nobody counts as churned), and their cohort. Raises InputError as `of` does."""
        folder = features / str(as_of)
        cohort = table(cohorts / str(as_of), ["subscriber_id", "is_censored", "churned", STRATUM])
        there = table(folder, ["subscriber_id"])["subscriber_id"].combine_chunks()
        ids = cohort["subscriber_id"].combine_chunks()
        places = np.arange(len(ids)) if ids.equals(there) else pc.index_in(ids, value_set=there).fill_null(-1).to_numpy(zero_copy_only=False)
        if len(ids) != len(there) or (places < 0).any() or len(np.unique(places)) < len(places):
            raise InputError(f"features and cohort of {as_of} are not of the same subscribers, once each ({len(there)} and {len(ids)}); "
                             "run `churnkit label` and `churnkit featurize` again.")
        return cls(as_of, folder, places, np.zeros(len(places), dtype=bool), cohort[STRATUM].combine_chunks()), cohort

    def evenly(self, most: int) -> "Month":
        """At most so many of its subscribers, evenly from all; pseudonyms come in no order, so they are like all."""
        kept = np.unique(np.linspace(0, len(self.places) - 1, min(len(self.places), most)).astype(int))
        return replace(self, places=self.places[kept], churned=self.churned[kept], strata=self.strata.take(pa.array(kept)))


def months(features: Path, cohorts: Path, dates: Sequence[date]) -> list[Month]:
    """The months of these as-of dates, oldest first. Raises HistoryError if nobody's outcome is known."""
    found = [Month.of(features, cohorts, as_of) for as_of in sorted(dates)]
    if not any(len(month.churned) for month in found):
        raise HistoryError("no example has a known outcome: every subscriber is already leaving or not yet mature.")
    return found


def names(found: Sequence[Month]) -> list[str]:
    """The columns beside the key, in the order of the first month's table."""
    listed = [name for month in found for name in named(month)]
    return [*dict.fromkeys(name for name in listed if name != "subscriber_id"), STRATUM]


def named(month: Month) -> list[str]:
    """The columns of a month's feature table. Raises InputError where it is damaged."""
    with intact(parts(month.features)[0]) as part:
        return list(pq.read_schema(part).names)


def columns(found: Sequence[Month], wanted: Sequence[str]) -> dict[str, Values]:
    """These columns over the rows of all months, one after another; a month that lacks one has it missing.

    Raises InputError on dates and times: a feature counts days before the as-of date instead.
    """
    tables = [month_columns(month, wanted) for month in found]
    return {name: values(name, [table[name].combine_chunks() for table in tables]) for name in wanted}


def month_columns(month: Month, wanted: Sequence[str]) -> pa.Table:
    """These columns of one month, of those whose outcome is known."""
    there = set(named(month))
    read = table(month.features, [name for name in wanted if name in there]).take(pa.array(month.places))
    made = {name: month.strata if name == STRATUM else read[name] if name in there else pa.nulls(len(month.places)) for name in wanted}
    return pa.table(made)


def values(name: str, found: Sequence[pa.Array]) -> Values:
    """One column of all months, which may have read it as whole numbers here and as fractions there."""
    kinds = {array.type for array in found if not pa.types.is_null(array.type)}
    if any(map(pa.types.is_temporal, kinds)):
        raise InputError(f"column {name!r} holds dates or times; give days before the as-of date instead.")
    if any(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in kinds):
        coded = pa.chunked_array([array.cast(pa.string()) for array in found]).combine_chunks().dictionary_encode()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return Values(codes, is_category=True, names=tuple(coded.dictionary.to_pylist()))
    return Values(np.concatenate([numbers(array) for array in found]))


def numbers(array: pa.Array) -> np.ndarray:
    """Numbers, or flags as 0 and 1; NaN where missing."""
    plain = array.cast(pa.uint8()) if pa.types.is_boolean(array.type) else array
    return plain.cast(pa.float64()).to_numpy(zero_copy_only=False)


def table(folder: Path, wanted: Sequence[str]) -> pa.Table:
    """Some columns of the table in a folder of part files. Raises InputError if there is none, or it is empty or damaged."""
    found = []
    for part in parts(folder):
        with intact(part):
            found.append(pq.ParquetFile(part).read(columns=list(wanted)))
    read = pa.concat_tables(found) if found else pa.table({})
    if not found or not read.num_rows:
        raise InputError(f"{folder}/ holds no rows; run the stages before this one (`dvc repro`).")
    return read
