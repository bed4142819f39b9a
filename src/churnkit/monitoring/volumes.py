"""How much came for a month: its subscribers, and rows per subscriber and day of each extract that comes every day."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow.parquet as pq

from churnkit.files import intact
from churnkit.timeline import account_of

DAYS = 30
FEWEST = 1000  # rows of an extract in the days before; of fewer chance explains much


@dataclass(frozen=True)
class Volume:
    """One thing that comes in some amount: now, in the months learned from, and its relative change beyond all of those, + more, - less."""

    name: str
    now: float
    before: tuple[float, ...]

    @property
    def change(self) -> float:
        """By how much the month lies above the largest of the months before, or below the smallest; 0 between them."""
        low, high = min(self.before, default=self.now), max(self.before, default=self.now)
        if self.now > high:
            return self.now / high - 1 if high else float("inf")
        return self.now / low - 1 if self.now < low else 0.0


def rows_a_day(as_of: date, deliveries: Sequence[str], subscribers: int) -> dict[str, float]:
    """By extract the accepted rows per subscriber and day in the 30 days before an as-of date, from the accounts of the deliveries it sees."""
    first, found = as_of - timedelta(DAYS), dict[str, float]()
    for delivery in deliveries:
        path = account_of(delivery) / "quality.parquet"
        if not path.is_file():
            continue
        wanted = [("measure", "=", "rows"), ("day", ">=", first), ("day", "<", as_of)]
        with intact(path):
            told = pq.read_table(path, columns=["extract", "day", "value"], filters=wanted)
        for row in told.to_pylist():
            found[row["extract"]] = found.get(row["extract"], 0.0) + row["value"]
    return {name: rows / subscribers / DAYS for name, rows in sorted(found.items())}


def volumes(rows: Mapping[date, int], sees: Mapping[date, Sequence[str]]) -> list[Volume]:
    """The volumes of the last month beside those of the others; an extract that some month lacks or that is small is left out."""
    *before, now = sorted(rows)
    found = [Volume("subscribers", rows[now], tuple(rows[day] for day in before))]
    by_day = {day: rows_a_day(day, sees.get(day, ()), rows[day]) for day in rows}
    for name in sorted({name for told in by_day.values() for name in told}):
        earlier = tuple(by_day[day].get(name, 0.0) for day in before)
        if earlier and min(share * rows[day] * DAYS for share, day in zip(earlier, before, strict=True)) >= FEWEST:
            found.append(Volume(name, by_day[now].get(name, 0.0), earlier))
    return found
