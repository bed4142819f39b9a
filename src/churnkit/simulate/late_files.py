"""Rows that do not come with their month: those of roamers come three weeks late, those of one day never."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from churnkit.simulate.forms import Lines, seconds
from churnkit.simulate.numbers import as_unit, mixed

ROAMS: Final = 0.004  # share of the weeks of a line that are spent abroad
LATE_DAYS: Final = 21
LOST_DAY: Final = 17  # of the month


def abroad(table: pa.Table, lines: Lines) -> NDArray[np.bool_]:
    """Whether a row was made while roaming abroad."""
    week = (seconds(table) // 86_400 // 7).astype(np.int64)
    return as_unit(mixed(lines.people.seed + 40, lines.persons(table), week)) < ROAMS


@dataclass
class Withheld:
    """What does not come with its month: the rows of roamers, and how many were lost with a day."""

    late: list[pa.Table] = field(default_factory=list)
    lost: int = 0


def on_time(tables: Iterable[pa.Table], lines: Lines, withheld: Withheld, lost_day: np.datetime64 | None) -> Iterator[pa.Table]:
    """The tables without the rows of roamers and those of the lost day, which are `withheld`."""
    for table in tables:
        if lost_day is not None:
            stays = table.filter(pa.array(seconds(table) // 86_400 != lost_day.astype("datetime64[D]").astype(int)))
            withheld.lost += table.num_rows - stays.num_rows
            table = stays
        roaming = abroad(table, lines)
        withheld.late.append(table.filter(pa.array(roaming)))
        yield table.filter(pa.array(~roaming))


def roaming_rows(late: list[pa.Table]) -> pa.Table:
    """The calls of roamers as the clearing house sends them: where they were, and when the rows arrived."""
    rows = pa.concat_tables(late)
    received = rows["happened_at"].to_numpy().astype("datetime64[s]") + np.timedelta64(LATE_DAYS, "D")
    place = pa.repeat(pa.scalar("international"), rows.num_rows)
    return rows.append_column("roaming", place).append_column("received_at", pa.array(received))
