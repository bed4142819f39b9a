"""What call records become when they are rolled up: own activity, service numbers, forwarded legs, and from when on a row may be seen."""
from datetime import date

import pytest

from churnkit.engine import F, open_session
from churnkit.expressions import parse_date
from churnkit.summaries import (
    access_codes_monthly,
    cells_monthly,
    contacts_monthly,
    device_keys_monthly,
    devices_monthly,
    forward_targets_monthly,
    known_from,
    month_of,
    roaming_daily,
    usage_daily,
)

CALL = {"subscriber_id": "s1", "other_party": "pA", "other_party_network": "own", "kind": "voice", "direction": "out", "forward_cause": None,
        "forwarded_to": None, "forwarded_to_network": None, "happened_at": "2026-06-10 08:00:00", "received_at": "2026-06-12 00:00:00",
        "duration_s": "60", "is_answered": "true", "tac": "86910000",
        "distance": "local", "access_code": None, "forward_dial": None, "roaming": None, "device_key": None, "cell_id": None}
TYPES = {"happened_at": "timestamp", "received_at": "timestamp", "duration_s": "bigint", "is_answered": "boolean"}
SMS = {"kind": "sms", "duration_s": None, "is_answered": None}
IN, CARE, SHORT = {"direction": "in"}, {"other_party_network": "own_care"}, {"other_party_network": "short_code"}
RIVAL_CARE = {"other_party_network": "rival_care:north"}
FORWARDED = {"direction": "forwarded", "forward_cause": "unconditional", "forwarded_to": "pF", "forwarded_to_network": "rival:north"}
LOST = {"is_answered": "false", "duration_s": "0"}
UNSAID = {"is_answered": None}  # whether it was answered
JUNE = 2026 * 12 + 5


def rolled(summary, *changes: dict) -> list[dict]:
    """The summary of calls that differ from CALL in so much, without its zeros and nulls."""
    texts = open_session().createDataFrame([tuple((CALL | change).values()) for change in changes], ", ".join(f"{c} string" for c in CALL))
    calls = texts.select(*(F.col(c).cast(TYPES.get(c, "string")).alias(c) for c in CALL))
    found = [{k: v for k, v in row.asDict().items() if v} for row in summary(calls, 4).collect()]
    return sorted(found, key=str)


def day(*changes: dict) -> dict:
    """The one row of usage_daily that these calls make, without its keys and hours."""
    (row,) = rolled(usage_daily, *changes)
    return {k: v for k, v in row.items() if k not in ("subscriber_id", "day", "received_day") and not k.endswith("_hours")}


ANSWERED = {"last_answered_in_s": (date(2026, 6, 10) - date(1970, 1, 1)).days * 86_400 + 8 * 3_600}
FORWARDING = {"last_cfu_s": ANSWERED["last_answered_in_s"]}


@pytest.mark.parametrize(("call", "expected"), [
    ({}, {"own_events": 1, "out_calls": 1, "out_s": 60}),
    (LOST, {"own_events": 1, "out_calls": 1}),
    ({"distance": "domestic"}, {"own_events": 1, "out_calls": 1, "out_s": 60, "far_calls": 1}),
    (IN | LOST | {"distance": "domestic"}, {"in_calls": 1}),
    (SMS, {"own_events": 1, "sms_out": 1}),
    (IN, {"own_events": 1, "in_calls": 1, "in_answered": 1, "in_s": 60} | ANSWERED),
    (IN | LOST, {"in_calls": 1}),
    (IN | UNSAID, {"own_events": 1, "in_calls": 1, "in_answered": 1, "in_s": 60} | ANSWERED),
    (IN | UNSAID | {"duration_s": "0"}, {"in_calls": 1}),
    (IN | SMS, {"sms_in": 1}),
    (IN | CARE, {}),
    (IN | SHORT, {}),
    (IN | SMS | SHORT, {}),
    (IN | {"other_party_network": "fixed"}, {"own_events": 1, "in_calls": 1, "in_answered": 1, "in_s": 60} | ANSWERED),
    (IN | {"other_party_network": None, "other_party": None}, {"own_events": 1, "in_calls": 1, "in_answered": 1, "in_s": 60} | ANSWERED),
    (CARE, {"own_events": 1, "out_calls": 1, "out_s": 60, "care_calls": 1}),
    (CARE | SMS, {"own_events": 1, "sms_out": 1, "care_calls": 1}),
    (IN | RIVAL_CARE, {}),
    (IN | SMS | RIVAL_CARE, {}),
    ({"other_party_network": "rival_care:north"} | SMS, {"own_events": 1, "sms_out": 1, "rival_care_calls": 1}),
    ({"other_party_network": "rival:north"}, {"own_events": 1, "out_calls": 1, "out_s": 60, "rival_calls": 1, "rival_s": 60}),
    ({"forward_dial": "on"} | SHORT, {"own_events": 1, "out_calls": 1, "out_s": 60, "fwd_set_up": 1}),
    ({"forward_dial": "off"} | SHORT, {"own_events": 1, "out_calls": 1, "out_s": 60}),
    (FORWARDED, {"fwd_unconditional": 1, "fwd_rival": 1} | FORWARDING),
    (FORWARDED | {"forwarded_to_network": "short_code"}, {"fwd_notice": 1}),
    (FORWARDED | {"forwarded_to_network": "own_care"}, {"fwd_notice": 1}),
    (FORWARDED | {"forwarded_to_network": None}, {"fwd_unconditional": 1} | FORWARDING),
    (FORWARDED | {"forward_cause": "busy", "forwarded_to_network": "own"}, {"fwd_busy": 1}),
    (FORWARDED | {"forward_cause": "no_answer", "forwarded_to_network": "short_code"}, {"fwd_no_answer": 1}),
    (FORWARDED | {"forward_cause": "unreachable", "forwarded_to_network": None}, {"fwd_unreachable": 1}),
])
def test_own_activity_is_what_goes_out_and_a_persons_call_that_is_answered_and_nothing_else(call, expected):
    assert day(call) == expected


def test_a_day_is_counted_from_midnight_to_midnight():
    rows = rolled(usage_daily, {"happened_at": "2026-06-10 00:00:00"}, {"happened_at": "2026-06-10 23:59:59"}, {"happened_at": "2026-06-11 00:00:00"})
    assert [(r["day"], r["out_calls"]) for r in rows] == [(20614, 2), (20615, 1)]


def test_a_day_that_came_in_two_pieces_keeps_a_row_for_each_day_of_receipt():
    rows = rolled(usage_daily, {}, {"received_at": "2026-06-12 23:00:00"}, {"received_at": "2026-06-30 00:00:00"})
    assert [(r["received_day"], r["out_calls"]) for r in rows] == [(20616, 2), (20634, 1)]


def test_the_last_answered_call_of_a_day_is_the_latest():
    times = [{"happened_at": f"2026-06-10 {t}"} for t in ("08:00:01", "23:59:59", "00:00:00")]
    assert day(*(IN | t for t in times), IN | LOST | times[1])["last_answered_in_s"] % 86_400 == 86_399


def test_hours_are_one_bit_each_and_tell_own_activity_calls_and_answers_apart():
    """An outgoing call just before nine, two answered at nine, one missed at eight; care calls and forwarded legs leave no hour."""
    def at(time: str) -> dict:
        return {"happened_at": f"2026-06-10 {time}"}

    (row,) = rolled(usage_daily, at("08:59:59"), IN | at("09:00:00"), IN | at("09:30:00"), IN | LOST | at("08:00:00"), SMS | at("23:59:59"),
                    IN | CARE | at("12:00:00"), FORWARDED | at("13:00:00"), IN | SMS | at("14:00:00"))
    assert {c: [n for n in range(24) if row[c] >> n & 1] for c in ("own_hours", "in_hours", "answered_hours")} == {
        "own_hours": [8, 9, 23], "in_hours": [8, 9], "answered_hours": [9]}


def test_contacts_are_people_and_not_services_forwarded_legs_received_sms_or_unknown_numbers():
    rows = rolled(contacts_monthly, {}, SMS, IN, IN | LOST, IN | SMS | {"other_party_network": "rival:north"}, CARE, SHORT, RIVAL_CARE, FORWARDED,
                  {"other_party": None}, IN | SMS | {"other_party": "pC"},
                  {"other_party": "pB", "duration_s": None})
    assert rows == [
        {"subscriber_id": "s1", "other_party": "pA", "month": JUNE, "known_from": JUNE + 1, "network": "own", "out_calls": 1, "out_s": 60,
         "in_answered": 1, "in_s": 60, "sms_out": 1},
        {"subscriber_id": "s1", "other_party": "pB", "month": JUNE, "known_from": JUNE + 1, "network": "own", "out_calls": 1}]


def test_the_network_of_a_contact_or_a_target_is_what_any_of_the_legs_tells_of_it():
    rival, untold = {"other_party_network": "rival:north"}, {"other_party_network": None}
    assert [r["network"] for r in rolled(contacts_monthly, untold, rival, untold)] == ["rival:north"]
    assert [r["network"] for r in rolled(contacts_monthly, untold)] == ["unknown"]
    assert [r["network"] for r in rolled(forward_targets_monthly, FORWARDED | {"forwarded_to_network": None}, FORWARDED)] == ["rival:north"]


def test_forward_targets_count_forwarded_legs_from_their_first_day_on():
    rows = rolled(forward_targets_monthly, {}, FORWARDED, FORWARDED | {"happened_at": "2026-06-03 08:00:00", "forward_cause": "busy"},
                  FORWARDED | {"forwarded_to": "pG", "forwarded_to_network": None})
    assert [(r["target"], r["network"], r["legs"], r["first_day"]) for r in rows] == [("pF", "rival:north", 2, 20607), ("pG", "unknown", 1, 20614)]


def test_a_forwarded_leg_says_nothing_of_the_handset():
    rows = rolled(devices_monthly, {}, {"happened_at": "2026-06-20 08:00:00"}, FORWARDED | {"tac": "86919999"}, {"tac": None})
    assert [(r["tac"], r["first_day"], r["last_day"], r["legs"]) for r in rows] == [("86910000", 20614, 20624, 2)]


def test_single_handsets_are_counted_by_their_imei():
    rows = rolled(device_keys_monthly, {"device_key": "k1"}, IN | {"device_key": "k1"}, {"device_key": "k2"}, FORWARDED | {"device_key": "k3"}, {})
    assert [(r["device_key"], r["month"], r["known_from"], r["legs"]) for r in rows] == [("k1", JUNE, JUNE + 1, 2), ("k2", JUNE, JUNE + 1, 1)]


def test_cells_are_those_of_the_night():
    times = [{"cell_id": cell, "happened_at": f"2026-06-10 {time}"} for cell, time in (
        ("c1", "18:59:59"), ("c2", "19:00:00"), ("c2", "06:59:59"), ("c3", "07:00:00"))]
    rows = rolled(cells_monthly, *times, FORWARDED | times[1] | {"cell_id": "c4"}, times[1] | {"cell_id": None})
    assert [(r["cell_id"], r["legs"]) for r in rows] == [("c2", 2)]


def test_access_codes_are_those_of_outgoing_calls():
    code = {"access_code": "17911"}
    rows = rolled(access_codes_monthly, code, code | {"distance": "domestic"}, code | {"distance": None}, IN | code, SMS | code, {})
    assert rows == [{"subscriber_id": "s1", "access_code": "17911", "month": JUNE, "known_from": JUNE + 1, "calls": 3, "out_s": 180, "far_calls": 1}]


def test_roaming_is_elsewhere_in_the_country_or_abroad():
    rows = rolled(roaming_daily, {"roaming": "none"}, {"roaming": "domestic"}, IN | {"roaming": "international"}, SMS | {"roaming": "international"},
                  FORWARDED | {"roaming": "international"}, {})
    assert [(r["day"], r["legs"], r["legs_abroad"], r["talk_s"]) for r in rows] == [(20614, 3, 2, 120)]


@pytest.mark.parametrize(("happened", "received", "seen_from"), [
    ("2026-06-30", "2026-07-01", "2026-07"),
    ("2026-06-30", "2026-07-04", "2026-07"),  # the wait is over on the 5th, 00:00
    ("2026-06-30", "2026-07-05", "2026-08"),
    ("2026-06-01", "2026-06-03", "2026-07"),
    ("2026-07-01", "2026-07-02", "2026-08"),
    ("2026-06-30", "2026-08-05", "2026-09"),
    ("2026-12-31", "2027-01-04", "2027-01"),
    ("2026-12-31", "2027-01-05", "2027-02"),
])
def test_a_row_is_known_from_the_first_as_of_date_after_it_whose_wait_was_not_over_when_it_came(happened, received, seen_from):
    row = open_session().createDataFrame([(happened, received, f"{seen_from}-01")], "h string, r string, s string")
    h, r, s = (parse_date(F.col(c)) for c in "hrs")
    assert row.select((known_from(h, r, 4) - month_of(s)).alias("off")).collect()[0][0] == 0
