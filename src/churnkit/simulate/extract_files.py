"""Extract files as the operator sends them, with the faults planted and counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from churnkit.simulate.constants import BAD_SHARE, DUPLICATE_SHARE
from churnkit.simulate.faults import FEW, MANY, NEXT_YEAR
from churnkit.simulate.forms import Form, Lines, opened
from churnkit.simulate.tallies import GOOD, TWICE, Tally

DUPLICATED = ("calls", "bills", "status_changes")


@dataclass(frozen=True)
class Planting:
    """Which faults go into a file, and the seeds that place them; `year` is the one after the last month simulated."""

    extract: str
    seeds: tuple[int, ...]
    level: str = "few"  # of LEVELS
    year: str = ""
    has_mark: bool = False
    is_miscounted: bool = False  # the trailer

    @property
    def is_many(self) -> bool:
        """Whether every fault is planted, at least once in a file that has a row for it."""
        return self.level != "few"


def _count(rng: np.random.Generator, share: float, rows: int) -> int:
    return int(min(rng.poisson(share * rows), rows))


def write_extract(path: Path, form: Form, tables: Iterable[pa.Table], lines: Lines, planting: Planting) -> Tally:
    """The file of an extract; after each table's rows come some of them again, and some that something is wrong with."""
    rng = np.random.Generator(np.random.SFC64([planting.seeds[0], 13, *planting.seeds[1:]]))
    names = [n for n in (*FEW, *(MANY if planting.is_many else ())) if n in form.faults]
    rejected = tuple(n for n in names if form.faults[n].becomes)
    tally = Tally(rejected, lines.people.size if form.has_numbers else 0)
    with opened(path) as file:
        if planting.has_mark or form.encoding == "utf-16":
            file.write(form.mark())
            tally.odd["byte_order_mark"] = 1
        for number, table in enumerate(tables):
            rows = form.fields(table, lines)
            if number == 0 and form.header:
                file.write(form.stored((form.delimiter.join(rows.column_names) + "\n").encode()))
            form.write(file, rows)
            if form.strange:
                tally.odd.update(form.strange(rows))
            tally.add("", GOOD, _persons(table, lines, form))
            _plant(file, form, table, rows, lines, planting, (rng, number), names, tally)
        if form.trailer:
            count = sum(tally.rows.values()) + planting.is_miscounted
            file.write(form.stored((form.trailer.format(rows=count) + "\n").encode()))
    return tally


def _persons(table: pa.Table, lines: Lines, form: Form) -> np.ndarray:
    return lines.persons(table) if form.has_numbers else np.zeros(table.num_rows, np.int64)


def _plant(
    file: IO[bytes],
    form: Form,
    table: pa.Table,
    rows: pa.Table,
    lines: Lines,
    planting: Planting,
    chance: tuple[np.random.Generator, int],
    names: list[str],
    tally: Tally,
) -> None:
    """Write the second records of some rows, then some rows again, then the faults."""
    persons = _persons(table, lines, form)
    end = form.stored(b"\r\n" if planting.is_many else b"\n")  # what was mended by hand came from another system
    if form.second:
        second, of = form.second(table, lines)
        form.write(file, second)
        tally.add("second_record", TWICE, persons[of])
    if planting.extract in DUPLICATED:
        again = _again(chance[0], table.num_rows, planting, chance[1])
        form.write(file, rows.take(pa.array(again)))
        tally.add("again", TWICE, persons[again])
    for name, where in _places(chance, table, planting, names):
        wrong = form.faults[name]
        wrong = wrong._replace(text=wrong.text.replace(NEXT_YEAR, planting.year))
        for line in _lines(form, rows.take(pa.array(where))):
            file.write(form.damaged(line, rows.column_names, wrong) + end)
        tally.add(name, wrong.becomes, persons[where])
        if planting.is_many:
            tally.odd["mixed_newlines"] += len(where)


def _lines(form: Form, rows: pa.Table) -> list[str]:
    return form.text(rows).decode().split("\n")[:-1]


def _again(rng: np.random.Generator, rows: int, planting: Planting, number: int) -> np.ndarray:
    """The rows that come again."""
    count = _count(rng, DUPLICATE_SHARE, rows)
    again = np.sort(rng.choice(rows, count, replace=False))
    return again if len(again) or not planting.is_many else np.arange(min(1, rows))


def _places(
    chance: tuple[np.random.Generator, int], table: pa.Table, planting: Planting, names: list[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """For each fault the rows that have it.

    The further faults are placed by seeds of their own, so that they are in the same rows in whatever form these are written;
    a forwarded leg has none of them, for it may leave two records.
    """
    rng, number = chance
    every = np.arange(table.num_rows)
    whole = every if "direction" not in table.column_names else every[table["direction"].to_numpy() != "forwarded"]
    for name in names:
        where = every if name in FEW else whole
        if name not in FEW:
            seeds = [planting.seeds[0], 14, *planting.seeds[1:], MANY.index(name), number]
            rng = np.random.Generator(np.random.SFC64(seeds))
        chosen = np.sort(rng.choice(len(where), _count(rng, BAD_SHARE, len(where)), replace=False))
        if planting.is_many and not len(chosen):
            chosen = np.arange(min(1, len(where)))
        yield name, where[chosen]
