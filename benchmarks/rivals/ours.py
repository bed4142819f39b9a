"""The subset, or with `all` before the other words every feature there is, as churnkit computes it: summaries, then features."""
import sys
from datetime import date, timedelta
from pathlib import Path

from subset import NAMES, WAIT_DAYS, Job, job

from churnkit.archive import sent
from churnkit.engine import count_rows, open_session, projected, read, settle, write
from churnkit.features import REGISTRY, build
from churnkit.history import MADE_OF, TABLES, History
from churnkit.slices import PEOPLE, ROWS, slices
from churnkit.summaries import KEYS, SUMMARIES
from churnkit.timeline import events, summary

MEMORY = "2GB"


def main() -> None:
    words = sys.argv[1:]
    everything = words[0] == "all"
    todo = job(words[everything:])
    open_session(MEMORY, 4)
    tables = list(TABLES) if everything else ["usage_daily", "number_plan"]
    for name in tables:
        if name in MADE_OF:
            roll_up(todo, name)
    features = list(REGISTRY.values()) if everything else [REGISTRY[name] for name in NAMES]
    for as_of in todo.dates:
        there = {name: table for name in tables if (table := sent(name, seen(todo, as_of, name))) is not None}
        history = History(there, as_of, as_of + timedelta(WAIT_DAYS))
        cohort = settle(projected(history.pieces("usage_daily").table, ["subscriber_id"], {}).distinct())
        for n, some in enumerate(slices(cohort.count(), PEOPLE)):
            theirs = history.of(some)
            write(build(some.of(cohort), theirs, features), todo.written(as_of), by=["subscriber_id"], part=n)
            theirs.let_go()
        history.let_go()


def roll_up(todo: Job, name: str) -> None:
    """Write a summary of every delivery, a slice of subscribers at a time."""
    for delivery in todo.deliveries:
        source = events(delivery, MADE_OF[name])
        for n, some in enumerate(slices(count_rows([source]), ROWS)):
            write(SUMMARIES[MADE_OF[name]][name](some.of(read([source])), WAIT_DAYS), Path(summary(delivery, name)), by=KEYS[name], part=n)


def seen(todo: Job, as_of: date, name: str) -> list[str]:
    """The deliveries that an as-of date sees, newest first."""
    return list(reversed(todo.deliveries[:todo.seen(as_of)]))[:TABLES[name].deliveries]


if __name__ == "__main__":
    main()
