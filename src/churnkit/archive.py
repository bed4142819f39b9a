"""Where the tables of the pipeline lie, and which of them an as-of date may see."""
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

from churnkit.engine import F, Frame, count_rows, named, projected, read, stacked
from churnkit.files import parts
from churnkit.history import MADE_OF, SUMMARIES, TABLES, History
from churnkit.timeline import FILE_NO, Delivery, Plan, events, handed_on, summary
from churnkit.versions import accounts, superseded

COHORTS, FEATURES = Path("data/cohorts"), Path("data/features")


def folder(name: str, delivery: str) -> Path:
    """Where the rows of a table that came with one delivery lie; of a reference table those that stood when it had come."""
    if TABLES[name].clock == "reference":
        return handed_on(delivery, name)
    return (summary if name in SUMMARIES else events)(delivery, name)


def known_history(plan: Plan, as_of: date, wait_days: int, names: Iterable[str] = TABLES) -> History:
    """The tables that the as-of date may see, cut to what was known; an extract that the operator does not send is absent."""
    tables = {name: table for name in names if (table := sent(name, plan.sees[as_of][:TABLES[name].deliveries])) is not None}
    return History(tables, as_of, as_of + timedelta(wait_days))


def sent(name: str, deliveries: Iterable[str]) -> Frame | None:
    """The rows of a table that came with these deliveries; None where there is none.

    Raises InputError where a table that every operator sends is not there: its delivery was not ingested.
    """
    there = [d for d in deliveries if not TABLES[name].is_optional or parts(folder(name, d))]
    return standing(name, there) if there and count_rows([folder(name, d) for d in there]) else None


def standing(name: str, deliveries: Sequence[str]) -> Frame:
    """The rows of a table that came with these deliveries, without those of files that one of them supersedes."""
    oldest_first = sorted(set(deliveries), key=lambda d: Delivery.named(d).starts)
    hidden = superseded(accounts(oldest_first))
    extract = MADE_OF.get(name, name)
    if not any((d, extract) in hidden for d in oldest_first):
        return without_files(read([folder(name, d) for d in deliveries]))
    left = []
    for d in oldest_first:
        rows, gone = read([folder(name, d)]), hidden.get((d, extract))
        left.append(rows.filter(~F.col(FILE_NO).isin(*sorted(gone))) if gone else rows)
    return without_files(stacked(left))


def without_files(rows: Frame) -> Frame:
    """The rows without the column that says which file they came in."""
    return projected(rows, [c for c in rows.columns if c != FILE_NO], {}) if FILE_NO in rows.columns else rows


def known_for_label(plan: Plan, as_of: date, wait_days: int) -> History:
    """What the as-of date may see of who uses which line, and in which state it is."""
    history = known_history(plan, as_of, wait_days, ("usage_daily", "subscribers", "status_changes"))
    return History({name: needed(name, table) for name, table in history.tables.items()}, history.as_of, history.known_at)


def what_followed(plan: Plan, as_of: date, matures_on: date, wait_days: int, active_days: int) -> History:
    """What an as-of date's label is read from, as it was known once the label had matured: also the last use of who was active before it."""
    tables = {}
    for name in ("usage_daily", "subscribers", "status_changes", "portings", "topups"):
        months = TABLES[name].deliveries if name == "topups" else max(2, -(-active_days // 28))  # a balance has a longer past
        if (table := sent(name, [*plan.sees[as_of][:months], *plan.after[as_of]])) is not None:
            tables[name] = needed(name, table)
    return History(tables, matures_on, matures_on + timedelta(wait_days))


def needed(name: str, table: Frame) -> Frame:
    """The columns of a table that a label is read from: of the days of use, whether the line was used."""
    return named(table.select("subscriber_id", "day", "received_day", "own_events")) if name == "usage_daily" else table
