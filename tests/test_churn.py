"""Who could still leave at a date, who then did, how, and of whom it cannot be known."""
from datetime import date, datetime, timedelta

import pytest

from churnkit.churn import Window, eligible, labelled
from churnkit.engine import F, Frame, open_session, settle
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


def labels(definition: str, cases: dict[str, tuple[tuple[int, ...], list[tuple]]], leaves: tuple[str, ...] = ()) -> dict[str, tuple]:
    """churned, exit_kind, is_censored and censored_by of people with these days of use and changes of state."""
    tables = {"usage_daily": usage({who: days for who, (days, _) in cases.items()}),
              "status_changes": status_changes({who: changes for who, (_, changes) in cases.items()})}
    after = History(tables, WINDOW.matures_on, WINDOW.matures_on + timedelta(4))
    people = [(who, "open", who in leaves) for who in cases]
    cohort = open_session().createDataFrame(people, "subscriber_id string, stratum string, is_leaving boolean")
    table = settle(labelled(cohort, after, WINDOW, definition))
    assert {r["matures_on"] for r in table.collect()} == {date(2026, 8, 10)}
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


def test_a_silence_of_thirty_days_counts_on_the_day_it_begins():
    def without(first: int, last: int) -> tuple[int, ...]:
        return tuple(d for d in ALWAYS if not first <= d <= last)

    expected = {
        "from day 9": (without(9, 69), leaving("silent")),
        "from day 10": (without(10, 69), churned("silent")),
        "from day 39": (without(39, 69), churned("silent")),
        "from day 40": (without(40, 69), STAYS),
        "for 30 days": (without(10, 39), churned("silent")),
        "for 29 days": (without(10, 38), STAYS),
        "for 30 days, begun before the date": (without(-29, 0), leaving("silent")),
        "for 30 days in the gap, then back": (without(5, 34), leaving("silent")),
        "twice, 29 days each": (tuple(d for d in ALWAYS if d < 10 or d in (39, 69)), STAYS),
        "but for calls to it": ((*without(20, 69), *(d + 0.5 for d in range(20, 69))), churned("silent")),
        "never": (ALWAYS, STAYS),
    }
    assert labels("silent_30d", {who: (days, []) for who, (days, _) in expected.items()}) == {who: label for who, (_, label) in expected.items()}


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
    snapshots = [(who, str(p.get("snapshot", "2026-05-31")), p.get("activated", "2020-01-01"), p.get("line", "voice"), at(1))
                 for who, p in people.items()]
    subscribers = events(snapshots, "subscriber_id string, snapshot_on string, activated_on string, line_kind string, received_at string",
                         "snapshot_on", "date").withColumn("activated_on", F.col("activated_on").cast("date"))
    tables = {"usage_daily": usage({who: p.get("days", (-1,)) for who, p in people.items()}), "subscribers": subscribers,
              "status_changes": status_changes({who: p.get("changes", []) for who, p in people.items()})}
    there = settle(eligible(History(tables, AS_OF, AS_OF + timedelta(4)), 30))
    return {r["subscriber_id"]: (r["stratum"], r["is_leaving"]) for r in there.collect()}


def test_only_lines_in_use_for_a_full_bill_month_by_a_person_are_eligible():
    kept = {
        "opened on the first of last month": {"activated": "2026-05-01"},
        "last used on day -30": {"days": (-30,)},
        "used yesterday": {"days": (-1,)},
    }
    out = {
        "opened on the second of last month": {"activated": "2026-05-02"},
        "last used on day -31": {"days": (-31,)},
        "used on the date itself": {"days": (0,)},
        "was only called": {"days": (-1.5, -0.5)},
        "a meter": {"line": "iot"}, "a test": {"line": "test"}, "paid by the company": {"line": "company"}, "a second line": {"line": "sub_line"},
        "in last month's snapshot alone": {"snapshot": "2026-04-30"},
    }
    assert cohort(kept | out) == dict.fromkeys(kept, ("open", False))


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
    snapshots = [(who, day, f"number of {who}", at(0)) for who, (_, seen) in people.items() for day in (*seen, "2026-05-31")]
    seen = events(snapshots, "subscriber_id string, snapshot_on string, msisdn_party string, received_at string", "snapshot_on", "date")
    tables = {"usage_daily": usage({who: days for who, (days, _) in people.items()}), "subscribers": seen}
    if portings:
        tables["portings"] = events([(*row, at(0)) for row in portings], "msisdn string, happened_at string, to_operator string, received_at string",
                                    "happened_at", "timestamp")
    cohort = open_session().createDataFrame([(who, "open", False) for who in people], "subscriber_id string, stratum string, is_leaving boolean")
    table = labelled(cohort, History(tables, WINDOW.matures_on, WINDOW.matures_on + timedelta(4)), WINDOW, definition)
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
    with pytest.raises(InputError, match=r"'arrears_stop_30d' cannot be told without the extract status_changes"):
        without_states("arrears_stop_30d", people)


def test_a_number_that_went_to_a_rival_is_a_line_that_left():
    people = dict.fromkeys(("went", "came", "went early", "went before"), ((5,), (JUNE, JULY)))
    portings = (("number of went", at(12), "east"), ("number of came", at(12), "own"), ("number of went early", at(3), "east"),
                ("number of went before", at(-300), "east"), ("number of nobody", at(12), "east"))
    assert without_states("left", people, portings) == {
        "went": (True, "left", False, None), "came": (False, None, False, None), "went early": (None, None, True, "left"),
        "went before": (False, None, False, None)}


def test_without_changes_of_state_every_line_in_use_counts_as_open():
    snapshots = events([("a", "2026-05-31", "2020-01-01", "voice", at(1))],
                       "subscriber_id string, snapshot_on string, activated_on string, line_kind string, received_at string",
                       "snapshot_on", "date").withColumn("activated_on", F.col("activated_on").cast("date"))
    history = History({"usage_daily": usage({"a": (-1,)}), "subscribers": snapshots}, AS_OF, AS_OF + timedelta(4))
    assert [tuple(r) for r in eligible(history, 30).collect()] == [("a", "open", False)]
