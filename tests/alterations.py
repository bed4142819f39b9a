"""How laws alter a random history: each function here gives tables in which nobody's features may differ, and says why."""
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from churnkit.extracts import EXTRACTS
from churnkit.history import TABLES
from little_tables import AS_OF, EPOCH, SCHEMA, Row, Tables
from random_histories import CUT, KNOWN, MONTH, REFERENCE, each, history, in_parts, is_known

# Columns that say when, or of what; all other whole numbers are amounts.
KEYS = ("day", "month", "received_day", "known_from")


def midnight(day: int) -> datetime:
    """The first moment of a day counted from 1970-01-01."""
    return datetime.combine(EPOCH + timedelta(day), datetime.min.time())


def unknown_left_out(tables: Tables, seed: int) -> Tables:
    """Without the rows of the as-of date and later, and those received when it was too late."""
    return each(tables, lambda name, row: [row] if is_known(name, row) else [])


def unknown_replaced(tables: Tables, seed: int) -> Tables:
    """With other rows of the as-of date and later, and other rows received when it was too late."""
    prefix = next(iter(tables["subscribers"]))["subscriber_id"].partition("s")[0]
    other = each(history(seed + 1000, prefix=prefix), lambda name, row: [] if is_known(name, row) else [row])
    return {name: [*rows, *other[name]] if name not in REFERENCE else rows for name, rows in unknown_left_out(tables, seed).items()}


def moved(name: str, row: Row, happened: int, received: int) -> Row:
    """The row with larger amounts, as if it had happened on one day and come on another (of monthly rows: in and from their months on)."""
    row = {c: v * 3 + 1 if isinstance(v, int) and not isinstance(v, bool) and c not in KEYS else v for c, v in row.items()}
    if "month" in row:
        return row | {"month": happened, "known_from": received}
    if "received_day" in row:
        return row | {"day": happened, "received_day": received}
    column = TABLES[name].column
    then = midnight(happened)
    return row | {column: then if isinstance(row[column], datetime) else then.date(), "received_at": midnight(received)}


def added_too_late(tables: Tables, seed: int) -> Tables:
    """With a copy of every known row on the first moment of the as-of date, and one that came on the first moment when it was too late."""
    def copies(name: str, row: Row) -> list[Row]:
        if name in REFERENCE or not is_known(name, row):
            return [row]
        if "month" in row:
            return [row, moved(name, row, MONTH, MONTH), moved(name, row, row["month"], MONTH + 1)]
        return [row, moved(name, row, CUT, CUT), moved(name, row, CUT - 1, KNOWN)]

    return each(tables, copies)


def added_too_old(tables: Tables, seed: int) -> Tables:
    """With a copy of every known row on the last day that is not looked back at any more."""
    def copies(name: str, row: Row) -> list[Row]:
        if name in REFERENCE or not is_known(name, row):
            return [row]
        now = MONTH if "month" in row else CUT
        return [row, moved(name, row, now - TABLES[name].look_back - 1, now - 1)]

    return each(tables, copies)


def shuffled(tables: Tables, seed: int) -> Tables:
    """With the rows of each table in another order."""
    return {name: Random(seed).sample(rows, len(rows)) for name, rows in tables.items()}


def split(tables: Tables, seed: int) -> Tables:
    """With each known day or month of use as two deliveries would bring it."""
    return each(tables, in_parts)


def sent_again(tables: Tables, seed: int) -> Tables:
    """With each row once more, of extracts whose rows may be of any age: ingest looks for them in two earlier deliveries alone."""
    again = {name for name, extract in EXTRACTS.items() if extract.clock and (extract.late_days is None or extract.late_days > 62)} & set(SCHEMA)
    assert {"bills", "status_changes", "portings", "orders"} <= again
    return {name: [*rows, *(rows if name in again else [])] for name, rows in tables.items()}


def own_clocks_early(tables: Tables, seed: int) -> Tables:
    """Without what a field with its own clock says from the as-of date on: a payment, or that a complaint was resolved."""
    def early(name: str, row: Row) -> list[Row]:
        for clock, fields in TABLES[name].own_clocks:
            row = row | (dict.fromkeys((clock, *fields)) if is_to_come(row[clock]) else {})
        return [row]

    return each(tables, early)


def own_clocks_set(tables: Tables, seed: int) -> Tables:
    """With fields that were still empty or to come filled in on the first moment of the as-of date."""
    def later(name: str, row: Row) -> list[Row]:
        for clock, fields in TABLES[name].own_clocks:
            if row[clock] is None or is_to_come(row[clock]):
                row = row | {clock: AS_OF if clock_is_date(clock) else midnight(CUT)} | dict.fromkeys(fields, 777)
        return [row]

    return each(tables, later)


def is_to_come(when: date | datetime | None) -> bool:
    """Whether a moment is the as-of date or later."""
    return when is not None and str(when) >= str(AS_OF)


def clock_is_date(clock: str) -> bool:
    """Whether a clock of its own is a date, not a time, in the tables that have it."""
    return {kinds[clock] for kinds in SCHEMA.values() if clock in kinds} == {"date"}


ALTERATIONS: dict[str, Callable[[Tables, int], Tables]] = {f.__name__: f for f in (
    unknown_left_out, unknown_replaced, added_too_late, added_too_old, shuffled, split, sent_again, own_clocks_early,
    own_clocks_set)}
