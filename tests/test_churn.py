"""Who could still leave at a date, who then did, how, and of whom it cannot be known."""
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnkit.churn import STANDARD, Window, eligible, handovers, labelled, named_definition
from churnkit.engine import F, Frame, open_session, read, settle
from churnkit.errors import InputError
from churnkit.history import History

AS_OF = date(2026, 6, 1)
FIRST = (AS_OF - date(1970, 1, 1)).days
WINDOW = Window(AS_OF, gap_days=10, horizon_days=30, run_days=30)  # days 10 to 39 count; the label is known on day 70
ALWAYS = tuple(range(-30, 70))  # days on which the line is used, counted from the as-of date
STAYS, UNKNOWN = (False, None, False, None), (None, None, False, None)


def churned(kind: str) -> tuple:
    return (True, kind, False, None)


def leaving(why: str) -> tuple:
    return (None, None, True, why)


def at(day: int, clock: str = "12:00:00") -> str:
    return f"{AS_OF + timedelta(day)} {clock}"


def events(rows: list[tuple], schema: str, clock: str, kind: str) -> Frame:
    """A table whose `clock` is written as text, received a day after its day where it does not say otherwise."""
    table = open_session().createDataFrame(rows, schema)
    return table.withColumn(clock, F.col(clock).cast(kind)).withColumn("received_at", F.col("received_at").cast("timestamp"))


def usage(people: dict[str, tuple[int, ...]]) -> Frame:
    """One own event on each of these days; on a day and a half, so to say, the line was called and nobody answered."""
    rows = [(who, FIRST + int(day // 1), FIRST + int(day // 1) + 2, int(day == int(day))) for who, days in people.items() for day in days]
    return open_session().createDataFrame(rows or [("nobody", 0, 0, 0)], "subscriber_id string, day int, received_day int, own_events bigint")


def status_changes(people: dict[str, list[tuple]]) -> Frame:
    """Changes of state, each (when, status, reason)."""
    rows = [(who, when, status, reason, str(datetime.fromisoformat(when) + timedelta(1))) for who, changes in people.items()
            for when, status, reason in changes]
    return events(rows or [("nobody", at(-1), "open", None, at(0))],
                  "subscriber_id string, happened_at string, status string, reason string, received_at string", "happened_at", "timestamp")


def snapshots(people: dict[str, list[dict]]) -> Frame:
    """Snapshots of lines, each with what it says otherwise than the usual; on the last day before the as-of date unless told."""
    rows = [(who, str(s.get("on", "2026-05-31")), s.get("activated", "2020-01-01"), s.get("line", "voice"), s.get("payment", "postpaid"),
             s.get("owner"), f"number of {who}", at(0)) for who, seen in people.items() for s in seen]
    return events(rows, "subscriber_id string, snapshot_on string, activated_on string, line_kind string, payment_kind string, customer_key string, "
                  "msisdn_party string, received_at string", "snapshot_on", "date").withColumn("activated_on", F.col("activated_on").cast("date"))


def labels(definition: str, cases: dict[str, tuple[tuple[int, ...], list[tuple]]], leaves: tuple[str, ...] = (), **more: Frame) -> dict[str, tuple]:
    """churned, exit_kind, is_censored and censored_by of people with these days of use and changes of state, and `more` tables."""
    tables = {"usage_daily": usage({who: days for who, (days, _) in cases.items()}), "subscribers": snapshots({who: [{}] for who in cases}),
              "status_changes": status_changes({who: changes for who, (_, changes) in cases.items()})} | more
    found = named_definition(definition)
    window = Window(AS_OF, 10, 30, found.run_days)
    after = History(tables, window.matures_on, window.matures_on + timedelta(4))
    people = [(who, "open", who in leaves) for who in cases]
    cohort = open_session().createDataFrame(people, "subscriber_id string, stratum string, is_leaving boolean")
    table = settle(labelled(cohort, after, window, found))
    assert {r["matures_on"] for r in table.collect()} == {AS_OF + timedelta(40 + found.run_days)}
    return {r["subscriber_id"]: (r["churned"], r["exit_kind"], r["is_censored"], r["censored_by"]) for r in table.collect()}


def test_left_is_the_first_voluntary_end_inside_the_window():
    expected = {
        "on day 9, late": ([(at(9, "23:59:59"), "cancelled", "voluntary")], leaving("left")),
        "on day 10, early": ([(at(10, "00:00:00"), "cancelled", "voluntary")], churned("left")),
        "on day 39, late": ([(at(39, "23:59:59"), "cancelled", "voluntary")], churned("left")),
        "on day 40, early": ([(at(40, "00:00:00"), "cancelled", "voluntary")], STAYS),
        "on day 0": ([(at(0, "00:00:00"), "ported_out", None)], leaving("left")),
        "gives notice": ([(at(20), "pre_cancelled", None)], churned("left")),
        "gives notice, then ends after the window": ([(at(20), "pre_cancelled", "voluntary"), (at(50), "cancelled", "voluntary")], churned("left")),
        "gave notice in the gap, ends in the window": ([(at(5), "pre_cancelled", "voluntary"), (at(20), "cancelled", "voluntary")], leaving("left")),
        "takes the number along, in arrears": ([(at(20), "ported_out", "arrears")], churned("left")),
        "is cancelled for arrears": ([(at(20), "cancelled", "arrears")], STAYS),
        "is cancelled for fraud": ([(at(20), "cancelled", "fraud")], STAYS),
        "is stopped for arrears": ([(at(20), "two_way_stop", "arrears")], STAYS),
        "does nothing": ([], STAYS),
    }
    assert labels("left", {who: (ALWAYS, changes) for who, (changes, _) in expected.items()}) == {who: label for who, (_, label) in expected.items()}


def test_an_arrears_stop_counts_unless_the_line_opens_again_within_thirty_days():
    def stop(day: int, clock: str = "12:00:00", reason: str = "arrears") -> tuple:
        return (at(day, clock), "two_way_stop", reason)

    expected = {
        "on day 9, late": ([stop(9, "23:59:59")], leaving("arrears_stop")),
        "on day 10, early": ([stop(10, "00:00:00")], churned("arrears_stop")),
        "on day 39, late": ([stop(39, "23:59:59")], churned("arrears_stop")),
        "on day 40, early": ([stop(40, "00:00:00")], STAYS),
        "opens after 29 days": ([stop(20), (at(49, "23:59:59"), "open", None)], STAYS),
        "opens after 30 days": ([stop(20), (at(50, "00:00:00"), "open", None)], churned("arrears_stop")),
        "opens within the hour": ([stop(20, "12:00:00"), (at(20, "12:59:59"), "open", None)], STAYS),
        "was opened in the morning, stops in the evening": ([(at(20, "08:00:00"), "open", None), stop(20, "18:00:00")], churned("arrears_stop")),
        "stops in the gap, opens, stops for good": ([stop(5), (at(8), "open", None), stop(20)], churned("arrears_stop")),
        "stops in the window, opens, stops for good after it": ([stop(20), (at(25), "open", None), stop(45)], STAYS),
        "is cancelled without opening": ([stop(20), (at(60), "cancelled", "arrears")], churned("arrears_stop")),
        "for fraud": ([stop(20, reason="fraud")], STAYS),
        "one way only": ([(at(20), "one_way_stop", "arrears")], STAYS),
    }
    found = labels("arrears_stop_30d", {who: (ALWAYS, changes) for who, (changes, _) in expected.items()})
    assert found == {who: label for who, (_, label) in expected.items()}


@pytest.mark.parametrize("n", [30, 60, 90])
def test_a_silence_of_so_many_days_counts_on_the_day_it_begins(n):
    ends = 40 + n  # the label is known on this day
    always = tuple(range(-30, ends))

    def without(first: int, last: int) -> tuple[int, ...]:
        return tuple(d for d in always if not first <= d <= last)

    expected = {
        "from day 9": (without(9, ends), leaving("silent")),
        "from day 10": (without(10, ends), churned("silent")),
        "from day 39": (without(39, ends), churned("silent")),
        "from day 40": (without(40, ends), STAYS),
        "for n days": (without(10, 9 + n), churned("silent")),
        "for n - 1 days": (without(10, 8 + n), STAYS),
        "for n days from the last day on": (without(39, 38 + n), churned("silent")),
        "for n - 1 days from the last day on": (without(39, 37 + n), STAYS),
        "for n days, begun before the date": (without(1 - n, 0), leaving("silent")),
        "for n days in the gap, then back": (without(5, 4 + n), leaving("silent")),
        "twice, n - 1 days each": (tuple(d for d in always if d < 10 or d in (9 + n, 9 + 2 * n)), STAYS),
        "but for calls to it": ((*without(20, ends), *(d + 0.5 for d in range(20, ends))), churned("silent")),
        "never": (always, STAYS),
    }
    if n > 30:  # else they were not active in 30 days, so nobody asks
        del expected["for n days, begun before the date"]
    assert labels(f"silent_{n}d", {who: (days, []) for who, (days, _) in expected.items()}) == {who: label for who, (_, label) in expected.items()}


def test_an_arrears_stop_of_other_days_counts_unless_it_opens_within_those():
    cases = {"opens after 9 days": (ALWAYS, [(at(20), "two_way_stop", "arrears"), (at(29, "23:59:59"), "open", None)]),
             "opens after 10 days": (ALWAYS, [(at(20), "two_way_stop", "arrears"), (at(30, "00:00:00"), "open", None)])}
    assert labels("arrears_stop_10d", cases) == {"opens after 9 days": STAYS, "opens after 10 days": churned("arrears_stop")}


def test_a_port_out_counts_by_changes_of_state_and_by_portings_and_nothing_else_does():
    expected = {
        "on day 9, late": ([(at(9, "23:59:59"), "ported_out", None)], leaving("ported_out")),
        "on day 10, early": ([(at(10, "00:00:00"), "ported_out", "arrears")], churned("ported_out")),
        "on day 39, late": ([(at(39, "23:59:59"), "ported_out", None)], churned("ported_out")),
        "on day 40, early": ([(at(40, "00:00:00"), "ported_out", None)], STAYS),
        "twice": ([(at(20), "ported_out", None), (at(30), "ported_out", None)], churned("ported_out")),
        "first in the gap": ([(at(5), "ported_out", None), (at(30), "ported_out", None)], leaving("ported_out")),
        "cancelled": ([(at(20), "cancelled", "voluntary")], STAYS),
        "in the portings on day 12": ([], churned("ported_out")),
        "in the portings on day 3": ([], leaving("ported_out")),
        "comes in the portings": ([], STAYS),
    }
    portings = events([("number of in the portings on day 12", at(12), "east", at(13)), ("number of in the portings on day 3", at(3), "east", at(4)),
                       ("number of comes in the portings", at(12), "own", at(13))],
                      "msisdn string, happened_at string, to_operator string, received_at string", "happened_at", "timestamp")
    found = labels("ported_out", {who: (ALWAYS, changes) for who, (changes, _) in expected.items()}, portings=portings)
    assert found == {who: label for who, (_, label) in expected.items()}


def topups(people: dict[str, list[tuple]]) -> Frame:
    """Top-ups, each (when, cents) or (when, cents, balance with it)."""
    rows = [(who, when, cents, *(balance or [None]), str(datetime.fromisoformat(when) + timedelta(1)))
            for who, several in people.items() for when, cents, *balance in several]
    schema = "subscriber_id string, happened_at string, amount_cents bigint, balance_after_cents bigint, received_at string"
    return events(rows or [("nobody", at(-1), 1, None, at(0))], schema, "happened_at", "timestamp")


def test_a_prepaid_line_that_is_stopped_and_not_topped_up_in_fifteen_days_was_not_recharged():
    def stop(day: int, clock: str = "01:00:00") -> tuple:
        return (at(day, clock), "one_way_stop", "arrears")

    expected = {
        "on day 9, late": ([stop(9, "23:59:59")], [], leaving("not_recharged")),
        "on day 10, early": ([stop(10, "00:00:00")], [], churned("not_recharged")),
        "on day 39, late": ([stop(39, "23:59:59")], [], churned("not_recharged")),
        "on day 40, early": ([stop(40, "00:00:00")], [], STAYS),
        "topped up after 14 days": ([stop(20)], [(at(34, "23:59:59"), 1000)], STAYS),
        "topped up after 15 days": ([stop(20)], [(at(35, "00:00:00"), 1000)], churned("not_recharged")),
        "topped up on the last day to tell": ([stop(39)], [(at(53, "23:59:59"), 1000)], STAYS),
        "topped up the day before": ([stop(20)], [(at(19), 1000)], churned("not_recharged")),
        "topped up and stopped in the same second": ([stop(20)], [(at(20, "01:00:00"), 1000)], STAYS),
        "opened without a top-up that is known": ([stop(20), (at(25), "open", "arrears")], [], STAYS),
        "stopped in the gap, topped up, stopped for good": ([stop(5), stop(20)], [(at(8), 1000)], churned("not_recharged")),
        "stopped before the date, two ways after it": ([stop(-3), (at(12), "two_way_stop", "arrears")], [], leaving("not_recharged")),
        "stopped before the date, topped up too late but before it": ([stop(-20)], [(at(-2), 1000)], STAYS),
        "stopped for spending much": ([(at(20), "one_way_stop", "high_spend")], [], STAYS),
        "keeps the number": ([stop(20), (at(30), "two_way_stop", "keep_number")], [], UNKNOWN),
        "is postpaid": ([stop(20)], [], UNKNOWN),
        "was prepaid until the date": ([stop(20)], [], UNKNOWN),
        "does nothing": ([], [], STAYS),
    }
    kinds = {who: [{"payment": "prepaid"}] for who in expected}
    kinds |= {"is postpaid": [{}], "was prepaid until the date": [{"payment": "prepaid", "on": "2026-04-30"}, {}]}
    found = labels("not_recharged_15d", {who: (ALWAYS, changes) for who, (changes, _, _) in expected.items()},
                   topups=topups({who: paid for who, (_, paid, _) in expected.items()}), subscribers=snapshots(kinds))
    assert found == {who: label for who, (*_, label) in expected.items()}


def test_without_changes_of_state_a_balance_runs_out_at_the_pace_of_the_top_ups_before():
    def pace(day: int, balance: int) -> list[tuple]:
        """6000 cents on day -40, 100 cents a day, and a top-up to the balance that lasts until this day."""
        then = day - balance // 100
        return [(at(-40), 5000, 6000), (at(then), balance - (6000 - 100 * (then + 40)), balance)]

    expected = {
        "on day 9": (pace(9, 2000), leaving("not_recharged")),
        "on day 10": (pace(10, 2000), churned("not_recharged")),
        "on day 39": (pace(39, 2000), churned("not_recharged")),
        "on day 40": (pace(40, 2000), STAYS),
        "topped up the day before it ran out": ([*pace(20, 2000), (at(19), 9000, 9100)], STAYS),
        "topped up 14 days after it ran out": ([*pace(20, 2000), (at(34), 1000, 1000)], STAYS),
        "topped up 15 days after it ran out": ([*pace(20, 2000), (at(35), 1000, 1000)], churned("not_recharged")),
        "a top-up of unknown balance, in time": ([*pace(20, 2000), (at(19), 9000, None)], STAYS),
        "a single top-up tells no pace": ([(at(-40), 5000, 6000)], UNKNOWN),
        "nothing spent tells none": ([(at(-40), 5000, 6000), (at(-20), 1000, 7000)], UNKNOWN),
        "no top-up at all": ([], UNKNOWN),
    }
    tables = {"usage_daily": usage(dict.fromkeys(expected, ALWAYS)), "subscribers": snapshots({who: [{"payment": "prepaid"}] for who in expected}),
              "topups": topups({who: paid for who, (paid, _) in expected.items()})}
    window = Window(AS_OF, 10, 30, 15)
    cohort = open_session().createDataFrame([(who, "open", False) for who in expected], "subscriber_id string, stratum string, is_leaving boolean")
    after = History(tables, window.matures_on, window.matures_on + timedelta(4))
    table = labelled(cohort, after, window, named_definition("not_recharged_15d"))
    found = {r["subscriber_id"]: (r["churned"], r["exit_kind"], r["is_censored"], r["censored_by"]) for r in table.collect()}
    assert found == {who: label for who, (_, label) in expected.items()}


def test_a_line_that_is_handed_to_somebody_else_has_neither_stayed_nor_left():
    silent_from_20 = tuple(d for d in ALWAYS if d < 20)
    before, after = {"owner": "K1", "on": "2026-05-31"}, {"owner": "K2", "on": "2026-06-30"}
    expected = {
        "another owner": ([before, after], UNKNOWN),
        "another owner after a snapshot that names none": ([before, {"on": "2026-06-30"}, after | {"on": "2026-07-31"}], UNKNOWN),
        "another owner before the date": ([before | {"on": "2026-04-30"}, after | {"on": "2026-05-31"}], churned("silent")),
        "the owner was not named before": ([{}, after], churned("silent")),
        "the same owner": ([before, before | {"on": "2026-06-30"}], churned("silent")),
        "a number given out again": ([before, before | {"on": "2026-07-31", "activated": "2026-07-05"}], UNKNOWN),
    }
    found = labels("any", dict.fromkeys(expected, (silent_from_20, [])), subscribers=snapshots({who: seen for who, (seen, _) in expected.items()}))
    assert found == {who: label for who, (_, label) in expected.items()}


@pytest.mark.parametrize(("name", "exits"), [
    ("left", (("left", 0),)), ("ported_out", (("ported_out", 0),)), ("arrears_stop_30d", (("arrears_stop", 30),)), ("silent_7d", (("silent", 7),)),
    ("silent_90d", (("silent", 90),)), ("not_recharged_15d", (("not_recharged", 15),)), ("any", (("left", 0), ("arrears_stop", 30), ("silent", 30)))])
def test_a_name_says_the_exits_and_their_days(name, exits):
    found = named_definition(name)
    assert (found.exits, found.run_days) == (exits, max(days for _, days in exits))


@pytest.mark.parametrize("name", ["silent", "silent_d", "silent_0d", "silent_030d", "silent_30", "left_30d", "any_30d", "", "Left", "silent_1000d"])
def test_another_name_is_no_definition(name):
    with pytest.raises(ValueError, match=f"definition '{name}' is none of any, left, ported_out"):
        named_definition(name)


def test_every_standard_name_is_a_definition():
    assert [named_definition(name).name for name in STANDARD] == list(STANDARD)


def test_any_is_dated_by_the_first_of_the_three_and_named_by_the_most_telling():
    silent_from_15 = tuple(d for d in ALWAYS if d < 15)
    expected = {
        "silent, then leaves": (silent_from_15, [(at(20), "cancelled", "voluntary")], churned("left")),
        "leaves, then is silent": (silent_from_15, [(at(14), "cancelled", "voluntary")], churned("left")),
        "leaves and falls silent on one day": (silent_from_15, [(at(15), "cancelled", "voluntary")], churned("left")),
        "is stopped and falls silent on one day": (silent_from_15, [(at(15), "two_way_stop", "arrears")], churned("arrears_stop")),
        "is stopped in the gap, leaves in the window": (ALWAYS, [(at(5), "two_way_stop", "arrears"), (at(20), "cancelled", "voluntary")],
                                                        leaving("arrears_stop")),
        "stays": (ALWAYS, [], STAYS),
    }
    assert labels("any", {who: case[:2] for who, case in expected.items()}) == {who: case[2] for who, case in expected.items()}


def test_who_stops_to_keep_the_number_or_moves_inside_the_operator_has_neither_stayed_nor_left():
    silent_from_20 = tuple(d for d in ALWAYS if d < 20)
    expected = {
        "keeps the number": (silent_from_20, [(at(20), "two_way_stop", "keep_number")], UNKNOWN),
        "migrates": (silent_from_20, [(at(20), "migrated", None)], UNKNOWN),
        "is cancelled by a migration": (silent_from_20, [(at(20), "cancelled", "migration")], UNKNOWN),
        "keeps the number before the label is known": (ALWAYS, [(at(69, "23:59:59"), "two_way_stop", "keep_number")], UNKNOWN),
        "keeps the number once it is": (ALWAYS, [(at(70, "00:00:00"), "two_way_stop", "keep_number")], STAYS),
        "kept the number long ago": (ALWAYS, [(at(-60), "two_way_stop", "keep_number"), (at(-40), "open", None)], STAYS),
    }
    assert labels("any", {who: case[:2] for who, case in expected.items()}) == {who: case[2] for who, case in expected.items()}


def test_who_has_given_notice_before_the_date_is_already_leaving():
    cases = {"gave notice": (ALWAYS, [(at(20), "cancelled", "voluntary")]), "did not": (ALWAYS, [(at(20), "cancelled", "voluntary")])}
    assert labels("left", cases, leaves=("gave notice",)) == {"gave notice": leaving("pre_cancelled"), "did not": churned("left")}


def cohort(people: dict[str, dict]) -> dict[str, tuple]:
    """stratum and is_leaving of the eligible among these people."""
    seen = {who: p.get("snapshots", [{"on": p.get("snapshot", "2026-05-31"), **p}]) for who, p in people.items()}
    tables = {"usage_daily": usage({who: p.get("days", (-1,)) for who, p in people.items()}), "subscribers": snapshots(seen),
              "status_changes": status_changes({who: p.get("changes", []) for who, p in people.items()})}
    there = settle(eligible(History(tables, AS_OF, AS_OF + timedelta(4)), 30))
    return {r["subscriber_id"]: (r["stratum"], r["is_leaving"]) for r in there.collect()}


def owners(*keys: str | None) -> dict:
    """Who held a line at the ends of March, April and May."""
    return {"snapshots": [{"on": on, "owner": key} for on, key in zip(("2026-03-31", "2026-04-30", "2026-05-31"), keys, strict=True)]}


def test_only_lines_in_use_for_a_full_bill_month_by_a_person_are_eligible():
    kept = {
        "opened on the first of last month": {"activated": "2026-05-01"},
        "last used on day -30": {"days": (-30,)},
        "used yesterday": {"days": (-1,)},
        "the same owner all along": owners("K1", "K1", "K1"), "another one since April": owners("K1", "K2", "K2"),
        "an owner who is named since May": owners(None, None, "K1"),
    }
    out = {
        "another owner since May": owners("K1", "K1", "K2"), "back with the first owner in May": owners("K1", "K2", "K1"),
        "opened on the second of last month": {"activated": "2026-05-02"},
        "last used on day -31": {"days": (-31,)},
        "used on the date itself": {"days": (0,)},
        "was only called": {"days": (-1.5, -0.5)},
        "a meter": {"line": "iot"}, "a test": {"line": "test"}, "paid by the company": {"line": "company"}, "a second line": {"line": "sub_line"},
        "in last month's snapshot alone": {"snapshot": "2026-04-30"},
    }
    assert cohort(kept | out) == dict.fromkeys(kept, ("open", False))


@pytest.mark.parametrize(("lines", "changed", "handed_over"), [(1000, 100, 100), (1000, 101, 0), (200, 99, 99), (200, 100, 0)])
def test_customers_who_get_other_keys_all_at_once_have_not_handed_their_lines_over(lines, changed, handed_over, tmp_path):
    open_session()
    seen = [(f"s{n}", FIRST + 30 * month, "L" if month and n < changed else "K", date(2020, 1, 1)) for n in range(lines) for month in range(2)]
    pq.write_table(pa.table({name: [row[n] for row in seen] for n, name in enumerate(("subscriber_id", "day", "customer_key", "activated_on"))}),
                   tmp_path / "part-0.parquet")
    assert handovers(read([tmp_path])).count() == handed_over


def test_the_state_at_the_date_says_the_stratum_or_that_there_is_none():
    opened = (at(-2), "open", None)
    expected = {
        "open": ([], ("open", False)),
        "stopped one way": ([(at(-1, "23:59:59"), "one_way_stop", "arrears")], ("one_way_stop", False)),
        "stopped one way for spending much": ([(at(-1), "one_way_stop", "high_spend")], ("one_way_stop", False)),
        "stopped and opened": ([(at(-9), "two_way_stop", "arrears"), opened], ("open", False)),
        "stopped on the date itself": ([(at(0, "00:00:00"), "two_way_stop", "arrears")], ("open", False)),
        "has given notice": ([(at(-9), "pre_cancelled", "voluntary")], ("open", True)),
        "took the notice back": ([(at(-9), "pre_cancelled", "voluntary"), opened], ("open", False)),
        "stopped two ways": ([(at(-9), "two_way_stop", "arrears")], None),
        "cancelled": ([(at(-9), "cancelled", "voluntary")], None),
        "ported out": ([(at(-9), "ported_out", None)], None),
        "migrated": ([(at(-9), "migrated", None)], None),
        "stopped one way for fraud": ([(at(-9), "one_way_stop", "fraud")], None),
        "lost the handset": ([(at(-9), "one_way_stop", "lost")], None),
        "keeps the number": ([(at(-9), "one_way_stop", "keep_number")], None),
    }
    found = cohort({who: {"changes": changes} for who, (changes, _) in expected.items()})
    assert found == {who: state for who, (_, state) in expected.items() if state}


def without_states(definition: str, people: dict[str, tuple[tuple[int, ...], tuple[str, ...]]], portings: tuple[tuple[str, str, str], ...] = ()) \
        -> dict[str, tuple]:
    """churned, exit_kind, is_censored and censored_by of people with these days of use and snapshots, where no changes of state were sent."""
    seen = snapshots({who: [{"on": day} for day in (*seen, "2026-05-31")] for who, (_, seen) in people.items()})
    tables = {"usage_daily": usage({who: days for who, (days, _) in people.items()}), "subscribers": seen}
    if portings:
        tables["portings"] = events([(*row, at(0)) for row in portings], "msisdn string, happened_at string, to_operator string, received_at string",
                                    "happened_at", "timestamp")
    cohort = open_session().createDataFrame([(who, "open", False) for who in people], "subscriber_id string, stratum string, is_leaving boolean")
    table = labelled(cohort, History(tables, WINDOW.matures_on, WINDOW.matures_on + timedelta(4)), WINDOW, named_definition(definition))
    return {r["subscriber_id"]: (r["churned"], r["exit_kind"], r["is_censored"], r["censored_by"]) for r in table.collect()}


JUNE, JULY = "2026-06-30", "2026-07-31"


def test_without_changes_of_state_who_is_gone_from_the_snapshots_left_after_the_last_use():
    people = {"still there": ((5,), (JUNE, JULY)),
              "gone in June, used to day 9, the last of the gap": ((9,), ()), "gone in June, used to day 8": ((8,), ()),
              "gone in June, not used": ((-1,), ()), "gone in July, used to day 38": ((38,), (JUNE,)),
              "gone in July, used to day 39": ((39,), (JUNE,)),
              "gone in July, not used": ((-1,), (JUNE,))}
    gone, early = (True, "left", False, None), (None, None, True, "left")
    assert without_states("left", people) == {
        "still there": (False, None, False, None), "gone in June, used to day 9, the last of the gap": gone, "gone in June, used to day 8": early,
        "gone in June, not used": early, "gone in July, used to day 38": gone, "gone in July, used to day 39": (False, None, False, None),
        "gone in July, not used": gone}


def test_without_changes_of_state_any_is_left_or_silent_and_a_stop_for_arrears_cannot_be_told():
    always = tuple(range(-1, 70))
    people = {"stays": (always, (JUNE, JULY)), "falls silent": (always[:20], (JUNE, JULY)), "goes": (always[:20], (JUNE,))}
    assert {who: label[:2] for who, label in without_states("any", people).items()} == {
        "stays": (False, None), "falls silent": (True, "silent"), "goes": (True, "left")}


@pytest.mark.parametrize(("definition", "lacking"), [("arrears_stop_30d", "status_changes"), ("ported_out", "portings or status_changes"),
                                                     ("not_recharged_15d", "topups")])
def test_a_definition_whose_extract_is_absent_is_refused_with_those_that_can_be_told(definition, lacking):
    others = "any, left, silent_30d, silent_60d, silent_90d"
    said = rf"'{definition}' cannot be told without the extract {lacking}; send it, or choose one that can be: {others}\."
    with pytest.raises(InputError, match=said):
        without_states(definition, {"stays": (ALWAYS, (JUNE, JULY))})


def test_without_changes_of_state_left_is_refused_where_the_last_snapshot_comes_before_the_window_ends():
    with pytest.raises(InputError, match=r"none from 2026-07-10 on, the last day of the label of 2026-06-01, is known on 2026-08-10"):
        without_states("left", {"stays": (ALWAYS, (JUNE,))})


def test_a_number_that_went_to_a_rival_is_a_line_that_left():
    people = dict.fromkeys(("went", "came", "went early", "went before"), ((5,), (JUNE, JULY)))
    portings = (("number of went", at(12), "east"), ("number of came", at(12), "own"), ("number of went early", at(3), "east"),
                ("number of went before", at(-300), "east"), ("number of nobody", at(12), "east"))
    assert without_states("left", people, portings) == {
        "went": (True, "left", False, None), "came": (False, None, False, None), "went early": (None, None, True, "left"),
        "went before": (False, None, False, None)}


def test_without_changes_of_state_every_line_in_use_counts_as_open():
    history = History({"usage_daily": usage({"a": (-1,)}), "subscribers": snapshots({"a": [{}]})}, AS_OF, AS_OF + timedelta(4))
    assert [tuple(r) for r in eligible(history, 30).collect()] == [("a", "open", False)]
