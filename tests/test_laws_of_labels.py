"""What must hold of every churn definition: its window and that of the features never touch, whatever happens in either."""
from datetime import date, datetime, timedelta
from random import Random

import pytest

from alterations import moved
from churnkit.churn import STANDARD, Window, labelled, named_definition
from churnkit.engine import open_session
from churnkit.features import REGISTRY
from churnkit.history import TABLES, History
from little_tables import AS_OF, EPOCH, SCHEMA, Row, Tables, computed, frame
from random_histories import REFERENCE, change, daily, each, history, renamed

SEEDS, PEOPLE, GAP, HORIZON, WAIT = range(7), 10, 10, 30, 4
OF_LABELS = ("usage_daily", "status_changes", "topups", "subscribers", "portings")
KNOWN = (AS_OF - EPOCH).days  # the day on which all labels here are known: histories go on for a few days more
MADE_FOR = date(2026, 4, 1)  # all of its window lies in the histories
Label = tuple[bool | None, str | None, bool]


def day_of(name: str, row: Row) -> int:
    """The day on which a row happened, days since 1970-01-01; of a month, its first."""
    if "month" in row:
        return (date(row["month"] // 12, row["month"] % 12 + 1, 1) - EPOCH).days
    when = row["day"] if "day" in row else row[TABLES[name].column]
    return when if isinstance(when, int) else ((when.date() if isinstance(when, datetime) else when) - EPOCH).days


def lived(seed: int, prefix: str, as_of: int) -> Tables:
    """A random history of what labels are read from, in which most people use the line daily until some day around the window, and some come back."""
    rng, tables = Random(seed), history(seed, PEOPLE, prefix)
    for n in range(PEOPLE):
        blank = daily(rng, f"{prefix}s{n}") | {"own_events": 1}
        falls_silent, back = as_of + rng.choice((0, 9, 10, 39, 40, 200, 200)), rng.choice((20, 29, 30, 31, 89, 200))
        tables["usage_daily"] += [blank | {"day": day, "received_day": day + 1} for day in range(as_of - 20, KNOWN + 8)
                                  if day < falls_silent or day > falls_silent + back]
        if n % 2:
            tables["status_changes"] = [row for row in tables["status_changes"] if row["subscriber_id"] != f"{prefix}s{n}"]
            tables["status_changes"].append(change(rng, f"{prefix}s{n}") | {
                "happened_at": datetime.combine(EPOCH + timedelta(as_of + rng.choice((5, 9, 10, 39, 40))), datetime.min.time()),
                "status": rng.choice(("ported_out", "two_way_stop", "open")), "reason": "arrears", "received_at": datetime(2026, 1, 1)})
    return {name: tables[name] for name in OF_LABELS}


def before_the_window(tables: Tables, seed: int, as_of: int) -> Tables:
    """With half of what happened before the window left out, and others' lives in its place; who holds which number, and what comes later, stays."""
    rng, prefix = Random(seed), tables["subscribers"][0]["subscriber_id"].partition("s")[0]

    def outside(name: str, row: Row) -> list[Row]:
        return [row] if name == "subscribers" or day_of(name, row) >= as_of + GAP or rng.random() < 0.5 else []

    def inside(name: str, row: Row) -> list[Row]:
        return [row] if day_of(name, row) < as_of + GAP and name != "subscribers" and rng.random() < 0.6 else []

    kept, added = each(tables, outside), each(lived(seed + 1000, prefix, as_of), inside)
    return {name: [*rows, *added[name]] for name, rows in kept.items()}


def once_it_is_known(tables: Tables, seed: int, as_of: int) -> Tables:
    """With a copy of every row on the day when the label is known, and one of an earlier day that came after the wait for it."""
    return each(tables, lambda name, row: [row] if name == "subscribers" else [
        row, moved(name, row, KNOWN, KNOWN), moved(name, row, KNOWN - 20, KNOWN + WAIT)])


@pytest.fixture(params=STANDARD)
def labels(request, tmp_path) -> dict[str, dict[str, Label]]:
    """churned, exit_kind and is_censored by one definition: of random lives, and of the same people once one or the other is changed."""
    open_session(memory="1GB", threads=2)
    definition = named_definition(request.param)
    days = GAP + HORIZON + definition.run_days
    as_of, rows = KNOWN - days, {name: list[Row]() for name in OF_LABELS}
    for seed in SEEDS:
        original = lived(seed, f"{seed}a", as_of)
        for letter, tables in (("a", original), ("b", before_the_window(original, seed, as_of)), ("c", once_it_is_known(original, seed, as_of))):
            for name, mine in renamed(tables, f"{seed}a", f"{seed}{letter}").items():
                rows[name] += mine
    used = {r["subscriber_id"] for r in rows["usage_daily"] if r["own_events"] and as_of - 40 < r["day"] < as_of}
    cohort = open_session().createDataFrame([(who, "open", False) for who in sorted(used)],
                                            "subscriber_id string, stratum string, is_leaving boolean")
    window = Window(AS_OF - timedelta(days), GAP, HORIZON, definition.run_days)
    after = History({name: frame(name, mine, tmp_path) for name, mine in rows.items()}, AS_OF, AS_OF + timedelta(WAIT))
    found: dict[str, dict[str, Label]] = {"a": {}, "b": {}, "c": {}}
    for row in labelled(cohort, after, window, definition).collect():
        seed, letter, person = row["subscriber_id"].partition("s")[0][:-1], row["subscriber_id"].partition("s")[0][-1], row["subscriber_id"][-1]
        found[letter][f"{seed}s{person}"] = (row["churned"], row["exit_kind"], row["is_censored"])
    return found


def test_of_every_definition_nothing_outside_its_window_makes_a_churner_or_a_stayer(labels):
    """What comes before may make somebody one who is already leaving, or not known: who is known all the same keeps the label."""
    one, other = labels["a"], labels["b"]
    both = {who for who in one.keys() & other.keys() if one[who][0] is not None and other[who][0] is not None}
    assert {who: (one[who], other[who]) for who in both if one[who][0] != other[who][0]} == {}
    assert {one[who][0] for who in both} == {True, False}
    assert {who for who in one.keys() & other.keys() if one[who] != other[who]}, "what was changed changed nobody"
    assert labels["c"] == one, "what happened or came once the label was known changed it"


def in_the_window(tables: Tables, seed: int) -> Tables:
    """With half of the rows of the window [as-of + 10, as-of + 40), or of a month that it meets, left out, the others twice and larger."""
    rng, first = Random(seed), (MADE_FOR - EPOCH).days + GAP

    def changed(name: str, row: Row) -> list[Row]:
        if name in REFERENCE or not first <= (day := day_of(name, row)) + ("month" in row) * GAP < first + HORIZON:
            return [row]
        happened = row.get("month", day)
        return [] if rng.random() < 0.5 else [row, moved(name, row, happened, happened + 1)]

    return each(tables, changed)


def test_nothing_that_happens_in_the_window_of_a_label_changes_a_feature(tmp_path):
    seeds, rows = range(6), Tables()
    for seed in seeds:
        for tables in (history(seed, PEOPLE, f"{seed}a"), in_the_window(history(seed, PEOPLE, f"{seed}b"), seed)):
            for name, more in tables.items():
                rows.setdefault(name, []).extend(more)
    people = [f"{seed}{letter}s{n}" for seed in seeds for letter in "ab" for n in range(PEOPLE)]
    got = computed(rows, list(REGISTRY), people, tmp_path, as_of=MADE_FOR)
    assert {name for seed in seeds for n in range(PEOPLE) for name in REGISTRY
            if got[f"{seed}as{n}"][name] != got[f"{seed}bs{n}"][name]} == set()
    moving = {name for name in REGISTRY if len({row[name] for row in got.values()}) > 1}
    assert len(moving) > 0.9 * len(REGISTRY), "too many features are the same for everybody: no law would see them move"
    touched = {name for name in set(rows) - set(REFERENCE) for seed in seeds
               if in_the_window(history(seed, PEOPLE, "a"), seed)[name] != history(seed, PEOPLE, "a")[name]}
    assert touched == set(rows) - set(REFERENCE) <= set(SCHEMA)
