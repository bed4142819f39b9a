"""What was known about subscribers at one moment: the only way to events, cut before anyone can see the future."""
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from churnkit.engine import Column, F, Frame, aggregated, matched, named, projected, settle, stacked, unsettle
from churnkit.expressions import count_if, days, told, total_if
from churnkit.slices import Slice

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Kind:
    """How a table tells time, and how far back it is looked at: `look_back` days or months before the as-of date.

    `deliveries` is how many deliveries that takes, at a month each; a reference table stands as the newest of them hands it on.
    An operator may not send a table that `is_optional`.
    """

    clock: Literal["daily", "monthly", "event", "day", "reference"]
    look_back: int
    deliveries: int
    column: str = "happened_at"
    own_clocks: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (clock, the fields it governs)
    is_optional: bool = False


TABLES: dict[str, Kind] = {
    "usage_daily": Kind("daily", 180, 6),
    "contacts_monthly": Kind("monthly", 4, 4),
    "forward_targets_monthly": Kind("monthly", 3, 3),
    "devices_monthly": Kind("monthly", 12, 12),
    "device_keys_monthly": Kind("monthly", 12, 12),
    "cells_monthly": Kind("monthly", 3, 3),
    "access_codes_monthly": Kind("monthly", 3, 3),
    "roaming_daily": Kind("daily", 90, 4),
    "data_daily": Kind("daily", 180, 6, is_optional=True),
    "bills": Kind("day", 160, 6, "bill_month", own_clocks=(("paid_at", ("paid_cents",)),)),
    "subscribers": Kind("day", 190, 7, "snapshot_on"),
    "status_changes": Kind("event", 365, 12, is_optional=True),
    "portings": Kind("event", 365, 12, is_optional=True),
    "topups": Kind("event", 180, 6, is_optional=True),
    "care_contacts": Kind("day", 365, 12, own_clocks=(("resolved_at", ("compensation_cents",)),), is_optional=True),
    "portability_requests": Kind("event", 180, 6, is_optional=True),
    "orders": Kind("day", 365, 12, own_clocks=(("ends_on", ()),), is_optional=True),
    "plans": Kind("reference", 0, 1, is_optional=True),
    "handsets": Kind("reference", 0, 1, is_optional=True),
    "number_plan": Kind("reference", 0, 1, is_optional=True),
}
SUMMARIES = tuple(name for name, kind in TABLES.items() if kind.clock in ("daily", "monthly"))
MADE_OF = {name: "data_sessions" if name == "data_daily" else "calls" for name in SUMMARIES}  # the extract behind a summary
# What an operator has to send for a summary that may have no row, as operators know it.
SENT_AS = {"data_daily": "data_sessions", "device_keys_monthly": "calls.device_key", "cells_monthly": "calls.cell_id",
           "access_codes_monthly": "calls.access_code", "roaming_daily": "calls.roaming"}


@dataclass(frozen=True)
class Events:
    """One table as it was known at the as-of date; `as_of` and every `day` column count days since 1970-01-01."""

    table: Frame
    as_of: int

    def last(self, window: int, day: str = "day") -> Column:
        """Whether a row lies in the `window` days before the as-of date: [as_of - window, as_of)."""
        return F.col(day) >= self.as_of - window

    def between(self, far: int, near: int, day: str = "day") -> Column:
        """Whether a row lies in [as_of - far, as_of - near)."""
        return (F.col(day) >= self.as_of - far) & (F.col(day) < self.as_of - near)

    def total(self, column: str, window: int) -> Column:
        """Sum of an integer column over the window; 0 where there is no row."""
        return total_if(self.last(window), F.col(column))

    def total_between(self, column: str, far: int, near: int) -> Column:
        """Sum of an integer column over [as_of - far, as_of - near); 0 where there is no row."""
        return total_if(self.between(far, near), F.col(column))

    def weeks(self, column: str, count: int) -> list[Column]:
        """Sums of an integer column over each of so many weeks, the last one first."""
        return [self.total_between(column, 7 * (n + 1), 7 * n) for n in range(count)]

    def days(self, condition: Column, window: int) -> Column:
        """Days of the window on which `condition` holds."""
        return count_if(self.last(window) & condition)

    def days_since_last(self, condition: Column, day: str = "day") -> Column:
        """Whole days from the last day on which `condition` held to the as-of date; null if there was none."""
        return self.since(F.max(F.when(condition, F.col(day))))

    def since(self, day: Column) -> Column:
        """Whole days from a day to the as-of date; null where the day is."""
        return (F.lit(self.as_of) - day).cast("bigint")


@dataclass(frozen=True)
class History:
    """Tables as they were known at `known_at` about what happened before `as_of`.

    `tables` holds the rows of all deliveries that the as-of date may see; those that are absent have no entry. A history may be that `of`
    a slice of the subscribers; only what is about others looks at `everyone`.
    """

    tables: dict[str, Frame]
    as_of: date
    known_at: date
    made: dict[str, Frame] = field(default_factory=dict, compare=False, repr=False)
    settled: list[Frame] = field(default_factory=list, compare=False, repr=False)
    sliced_from: "History | None" = field(default=None, compare=False, repr=False)

    def of(self, some: Slice) -> "History":
        """The same of a slice's subscribers alone; what is about no subscriber stays whole."""
        if some.is_whole:
            return self
        tables = {name: some.of(table) if "subscriber_id" in table.columns else table for name, table in self.tables.items()}
        return replace(self, tables=tables, made={}, settled=[], sliced_from=self)

    @property
    def everyone(self) -> "History":
        """The history of all subscribers, for what others did."""
        return self.sliced_from or self

    @property
    def day(self) -> int:
        """The as-of date in days since 1970-01-01."""
        return (self.as_of - EPOCH).days

    @property
    def month(self) -> int:
        """The month that begins at the as-of date: 12 × year + month − 1."""
        return self.as_of.year * 12 + self.as_of.month - 1

    def has(self, name: str) -> bool:
        """Whether the operator sends this table."""
        return name in self.tables

    def once(self, make: Callable[["History"], Frame]) -> Frame:
        """What `make` makes of this history, made once and kept, for a table that several sources are made of."""
        key = f"{make.__module__}.{make.__qualname__}"  # another family may have one of the same name
        if key not in self.made:
            self.made[key] = self.keep(make(self))
        return self.made[key]

    def keep(self, frame: Frame) -> Frame:
        """The same rows, computed once and kept until they are let go."""
        self.settled.append(settle(frame))
        return self.settled[-1]

    def let_go(self) -> None:
        """Drop what was made of this history: it holds memory."""
        self.made.clear()
        while self.settled:
            unsettle(self.settled.pop())

    def events(self, name: str) -> Events:
        """The rows of a table that happened before `as_of`, were received before `known_at`, and are young enough for its look-back."""
        if name not in self.made:
            clock = TABLES[name].clock
            pieces = self.pieces(name).table
            self.made[name] = named(PUT_TOGETHER[clock](self, pieces) if clock in PUT_TOGETHER else pieces)
        return Events(self.made[name], self.day)

    def pieces(self, name: str) -> Events:
        """The same rows as they came, sooner had: a day or month of a summary may lie in several pieces, of as many deliveries or files."""
        kind = TABLES[name]
        return Events(CUTS[kind.clock](self, kind, self.tables[name]), self.day)


def cut_daily(history: History, kind: Kind, table: Frame) -> Frame:
    """The rows themselves."""
    return projected(table, ["*"], {}, (F.col("day") < history.day) & (F.col("day") >= history.day - kind.look_back)
                     & (F.col("received_day") < (history.known_at - EPOCH).days))


def cut_monthly(history: History, kind: Kind, table: Frame) -> Frame:
    """The rows themselves."""
    return projected(table, ["*"], {}, (F.col("month") < history.month) & (F.col("month") >= history.month - kind.look_back)
                     & (F.col("known_from") <= history.month))


def cut_event(history: History, kind: Kind, table: Frame) -> Frame:
    """The rows themselves, with `day`, days since 1970-01-01."""
    happened = F.col(kind.column).cast("date")
    oldest = history.as_of - timedelta(kind.look_back)
    return projected(table, ["*"], {"day": days(happened)}, (happened < moment(history.as_of)) & (happened >= moment(oldest))
                     & (F.col("received_at").cast("date") < moment(history.known_at)))


def cut_day(history: History, kind: Kind, table: Frame) -> Frame:
    """The rows themselves, with `day`; what a field with its own clock says from the as-of date on is null, so is the clock."""
    rows = cut_event(history, kind, table)
    shown = {name: F.when(F.col(clock) < moment(history.as_of), F.col(name)) for clock, fields in kind.own_clocks for name in (clock, *fields)}
    return projected(rows, [c for c in rows.columns if c not in shown], shown)


def cut_reference(history: History, kind: Kind, table: Frame) -> Frame:
    """The table as it is: it says what things are, not what happened."""
    return table


CUTS: dict[str, Callable[[History, Kind, Frame], Frame]] = {
    "daily": cut_daily, "monthly": cut_monthly, "event": cut_event, "day": cut_day, "reference": cut_reference}


def days_put_together(history: History, pieces: Frame) -> Frame:
    """One row per subscriber and day, whatever number of deliveries the day came in."""
    return added_up(history, pieces, ["subscriber_id", "day"], ["received_day"])


def months_put_together(history: History, pieces: Frame) -> Frame:
    """One row per subscriber, thing and month; `months_ago` is 1 for the last month."""
    rows = added_up(history, pieces, ["subscriber_id", pieces.columns[1], "month"], ["known_from"])
    return projected(rows, ["*"], {"months_ago": F.lit(history.month) - F.col("month")})


PUT_TOGETHER: dict[str, Callable[[History, Frame], Frame]] = {"daily": days_put_together, "monthly": months_put_together}


def moment(day: date) -> Column:
    """A date as a literal column."""
    return F.lit(str(day)).cast("date")


def added_up(history: History, rows: Frame, keys: list[str], dropped: list[str]) -> Frame:
    """One row per key; `first_` by minimum, `last_` by maximum, `_hours` bit by bit, a network by what is known of it, others by sum.

    Nearly every key comes once: only those that do not are added up, which is several times as fast as adding up all.
    """
    def put_together(name: str) -> Column:
        if name.startswith("first_"):
            return F.min(name)
        if name.endswith("_hours"):
            return F.bit_or(name)
        if name == "network":
            return told(F.col(name))
        if name.startswith("last_"):
            return F.max(name)
        return F.sum(name).cast("bigint")

    columns = [*keys, *(c for c in rows.columns if c not in keys and c not in dropped)]
    counted = aggregated(rows, keys, {"pieces": F.count(F.lit(1))})
    several = history.keep(projected(counted, keys, {}, F.col("pieces") > 1))
    once = projected(matched(rows, several, keys, "anti"), columns, {})
    return stacked([once, aggregated(matched(rows, several, keys, "semi"), keys, {c: put_together(c) for c in columns if c not in keys})])
