"""What ingest makes of the numbers in call records: one pseudonym for one number, and whose it was when the call was made."""
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from builders import CALLS, JUNE, KEY, SUBSCRIBERS, events, ingest_again, ingest_alone, party, put_down, rejects
from churnkit.engine import open_session
from churnkit.extracts.numbers import ACCESS_CODES, dialled, in_normal_form, normal_number
from churnkit.identity import pseudonym

HEADER = "subscriber_id,other_party,kind,direction,happened_at,duration_s\n"
PLAN = """\
prefix,operator,kind,valid_from,valid_to
138,own,mobile,,
1380,east,mobile,2026-06-16,
1381,west,mobile,,2026-06-16
1382,west,mobile,2026-07-01,
139,north,mobile,2020-01-01,
139,own,mobile,2026-01-01,
10086,own,own_care,,
10010,north,rival_care,,
106,own,short_code,,
0791,own,fixed,,
00,any,international,,
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def called(numbers: list[str], *, day: int = 1, **others: str) -> list[dict]:
    """The events of outgoing calls to these numbers on one day of June, in their order."""
    ingest_alone(**others, calls=HEADER + "".join(f"1001,{n},voice,out,2026-06-{day:02} 08:00:{k:02},60\n" for k, n in enumerate(numbers)))
    return sorted(events("calls"), key=lambda e: e["happened_at"])


@pytest.mark.parametrize(("written", "normal"), [
    ("13800000001", "13800000001"), ("+86 138 0000 0001", "13800000001"), ("+8613800000001", "13800000001"), ("008613800000001", "13800000001"),
    ("8613800000001", "13800000001"), ("138-0000-0001", "13800000001"), ("013800000001", "13800000001"),
    ("079188888888", "079188888888"), ("0791-8888 8888", "079188888888"), ("(0791)88888888", "079188888888"), ("+8679188888888", "079188888888"),
    ("+86 0791 88888888", "079188888888"), ("+86 10 8888 8888", "01088888888"), ("01088888888", "01088888888"),
    ("88888888", "88888888"), ("86888888", "86888888"), ("8679188888888", "8679188888888"),
    ("10086", "10086"), ("+8610086", "10086"), ("95588", "95588"), ("1065512345678", "1065512345678"), ("4008888888", "4008888888"),
    ("+864008888888", "4008888888"), ("+44 20 7946 0000", "00442079460000"), ("00442079460000", "00442079460000"),
    ("+13830000001", "0013830000001"), ("*#06#", "*#06#"),
    ("@a-b (c)", "@a-b (c)")])
def test_a_number_has_one_form_however_it_is_written(written, normal):
    assert normal_number(written) == normal
    frame = open_session().createDataFrame([(written,)], "number string")
    assert in_normal_form(frame, "number").collect()[0][0] == normal


def test_the_engine_writes_numbers_as_python_does():
    rng = Random(1)
    texts = ["".join([rng.choice(("", "+", "+86", "0086", "86", "0", "00", "01", "17951", "*", "@", "+86 ", "(")),
                      *rng.choices("0123456789 -.)", weights=[9] * 10 + [1] * 4, k=rng.randint(2, 14))]) for _ in range(3_000)]
    frame = open_session().createDataFrame([(n, text, text) for n, text in enumerate(texts)], "n int, text string, number string")
    for row in in_normal_form(frame, "number").collect():
        assert row["number"] == normal_number(row["text"])


def test_a_number_written_in_five_ways_is_one_contact_with_one_pseudonym_and_one_own_number():
    ways = ["13800000001", "+86 138 0000 0001", "008613800000001", "8613800000001", "138-0000-0001"]
    assert {e["other_party"] for e in called(ways)} == {party("13800000001")}
    ingest_alone(subscribers=SUBSCRIBERS.replace("13800001001", "+86 138 0000 1001"))
    assert {(e["msisdn_party"], e["msisdn_masked"]) for e in events("subscribers")} == {
        (party("13800001001"), "138****1001"), (party("13800001002"), "138****1002")}


@pytest.mark.parametrize("text", ["1.38E+10", "1", "+", "()", "138  0000   0001", "13800000001x", "1" * 25, "-13800000001", "138 0000_0001"])
def test_what_is_no_number_is_rejected(text):
    put_down(JUNE, {"calls": HEADER + f"1001,{text},voice,out,2026-06-01 08:00:00,60\n1001,13800000001,voice,out,2026-06-01 08:00:00,60\n"})
    ingest_again(JUNE, "calls")
    assert [r["rule"] for r in rejects()] == ["not_number"]


def test_the_longest_prefix_that_holds_when_the_call_is_made_says_whose_a_number_is():
    numbers = {"13800000001": ("own", "rival:east"), "13810000001": ("rival:west", "own"), "13820000001": ("own", "own"),
               "13900000001": ("own", "own"), "10086": ("own_care", "own_care"), "10010": ("rival_care:north", "rival_care:north"),
               "1065512": ("short_code", "short_code"), "07918888888": ("fixed", "fixed"), "0044123456": ("international", "international"),
               "150": ("unknown", "unknown"), "+8613830000001": ("own", "own"), "*#06#": ("short_code", "short_code")}
    for n, day in enumerate((15, 16)):
        assert [e["other_party_network"] for e in called([*numbers], day=day, number_plan=PLAN)] == [networks[n] for networks in numbers.values()]
    assert "other_party_network" not in called([""], number_plan=PLAN)[0]


def test_a_call_of_an_earlier_month_is_read_by_the_plan_of_its_own_time():
    ingest_alone(number_plan=PLAN.replace("2026-06-16", "2026-05-20"), calls=HEADER + "1001,13800000001,voice,out,2026-05-19 23:59:59,60\n"
                 "1001,13800000001,voice,out,2026-05-20 00:00:00,60\n")
    assert [e["other_party_network"] for e in sorted(events("calls"), key=lambda e: e["happened_at"])] == ["own", "rival:east"]


def test_from_its_porting_on_a_number_is_its_new_operator_s_whatever_its_prefix():
    portings = ("msisdn,happened_at,to_operator\n+86 139 0000 0001,2026-06-10 12:00:00,east\n13900000001,2026-06-20 00:00:00,own\n"
                "13900000002,2019-01-01 00:00:00,west\n")
    times = {"2026-06-10 11:59:59": "rival:north", "2026-06-10 12:00:00": "rival:east", "2026-06-19 23:59:59": "rival:east",
             "2026-06-20 00:00:00": "own"}
    rows = "".join(f"1001,13900000001,voice,out,{t},60\n" for t in times) + "1001,13900000002,voice,in,2026-06-01 00:00:00,60\n" \
        "1001,13900000003,voice,in,2026-06-01 00:00:01,60\n"
    ingest_alone(number_plan="prefix,operator,kind,valid_from,valid_to\n139,north,mobile,,\n", portings=portings, calls=HEADER + rows)
    found = [e["other_party_network"] for e in sorted(events("calls"), key=lambda e: e["happened_at"])]
    assert found == ["rival:west", "rival:north", *times.values()]
    assert {e["msisdn"] for e in events("portings")} == {party("13900000001"), party("13900000002")}


def test_the_operator_s_word_for_a_network_counts_where_the_plan_knows_no_prefix():
    text = HEADER.replace("duration_s", "duration_s,other_network") + (
        "1001,13800000001,voice,out,2026-06-01 08:00:00,60,rival:east\n1001,15000000001,voice,out,2026-06-01 08:00:01,60,rival:east\n"
        "1001,15000000002,voice,out,2026-06-01 08:00:02,60,\n")
    for plan, first in (({"number_plan": PLAN}, "own"), ({}, "rival:east")):
        ingest_alone(**plan, calls=text)
        assert [e["other_party_network"] for e in sorted(events("calls"), key=lambda e: e["happened_at"])] == [first, "rival:east", "unknown"]


def test_a_long_distance_code_dialled_before_a_number_is_taken_off_and_kept():
    dialled_as = {"1795113900000001": ("17951", "13900000001"), "17911079188888888": ("17911", "079188888888"),
                  "19313900000001": ("193", "13900000001"), "1259313900000001": ("12593", "13900000001"),
                  "179510044207946000": ("17951", "0044207946000"), "1018013900000001": ("10180", "13900000001"),
                  "19300000001": (None, "19300000001"), "17951138": (None, "17951138")}
    plan = PLAN + "10180,south,access_code,,\n"
    assert [(e.get("access_code"), e["other_party"]) for e in called([*dialled_as], number_plan=plan)] == [
        (code, party(number)) for code, number in dialled_as.values()]
    assert called(["1795113900000001"], number_plan=plan)[0]["other_party_network"] == "own"


def test_the_code_in_a_column_of_its_own_is_kept_as_the_operator_has_it():
    text = HEADER.replace("duration_s", "duration_s,access_code") + "1001,1795113900000001,voice,out,2026-06-01 08:00:00,60,010\n"
    ingest_alone(calls=text)
    assert [(e["access_code"], e["other_party"]) for e in events("calls")] == [("010", party("13900000001"))]


def test_dials_that_set_up_forwarding_or_take_it_off_are_no_contacts():
    dials = {"*7213900000001": ("on", "13900000001"), "*7913900000001": ("on", "13900000001"), "*57*13900000001#": ("on", "13900000001"),
             "**21*13900000001#": ("on", "13900000001"), "*72": ("on", None), "*720": ("off", None), "#57#": ("off", None), "##002#": ("off", None)}
    for event, (dial, target) in zip(called([*dials], number_plan=PLAN), dials.values(), strict=True):
        assert (event["forward_dial"], event["other_party_network"], "other_party" in event) == (dial, "short_code", False)
        assert event.get("forwarded_to") == (party(target) if target else None)
        assert event.get("forwarded_to_network") == ("own" if target else None)


def test_a_forwarded_leg_beside_a_forwarding_dial_keeps_its_own_target():
    ingest_alone(number_plan=PLAN, calls=CALLS + "1002,*7213900000009,voice,out,,,2026-06-02 08:00:00,1,true,\n")
    assert {e["happened_at"]: e.get("forwarded_to") for e in events("calls")} == {
        datetime(2026, 6, 1, 8): None, datetime(2026, 6, 2, 8): party("13900000009"), datetime(2026, 6, 2, 9, 30): None,
        datetime(2026, 6, 3, 10): None, datetime(2026, 6, 30, 23, 59, 59): party("13000000003")}


def test_a_handset_is_known_by_a_hash_of_the_first_fourteen_digits_of_its_imei():
    imeis = ("35123456789012", "351234567890127", "3512345678901201", "")
    ingest_alone(calls=HEADER.replace("duration_s", "duration_s,device_key") + "".join(
        f"1001,10086,voice,out,2026-06-01 08:00:0{n},60,{imei}\n" for n, imei in enumerate(imeis)))
    found = [e.get("device_key") for e in sorted(events("calls"), key=lambda e: e["happened_at"])]
    assert found == [*[pseudonym(KEY, "35123456789012", "d")] * 3, None]


def test_taking_numbers_apart_gives_one_row_for_each():
    texts = ["13800000001", "*7213900000001", "1795113900000001", "+8610086", "*720"]
    frame = open_session().createDataFrame([(text,) for text in texts], "raw string")
    assert sorted(row[0] for row in dialled(frame, ACCESS_CODES).collect()) == sorted(texts)


@pytest.mark.parametrize("are_sent", ["all known", "the new ones alone"])
def test_a_number_stays_ported_in_the_deliveries_after_the_one_that_said_so(are_sent):
    header, old = "msisdn,happened_at,to_operator\n", "13900000001,2026-04-10 00:00:00,east\n"
    whose = {}
    for month in ("2026-04", "2026-05", "2026-06"):
        new = f"1390000000{month[-1]},{month}-11 00:00:00,west\n"
        ingest_alone(month, number_plan=PLAN, portings=header + new + (old if are_sent == "all known" or month == "2026-04" else ""),
                     calls=HEADER + f"1001,13900000001,voice,out,{month}-20 08:00:00,60\n")
        whose[month] = [e["other_party_network"] for e in events("calls", month)]
    assert set(map(tuple, whose.values())) == {("rival:east",)}
    for month in ("2026-07", "2026-08", "2026-09"):  # long after, and nothing is sent but calls
        put_down(month, {"calls": HEADER + "".join(f"1001,1390000000{n},voice,out,{month}-01 08:00:0{n},60\n" for n in (1, 6, 9))})
        ingest_again(month, "number_plan", "portings", "calls")
        assert [e["other_party_network"] for e in events("calls", month)] == ["rival:east", "rival:west", "own"]


def test_a_porting_that_was_taken_back_in_time_is_not_handed_on():
    header = "msisdn,happened_at,to_operator\n"
    wrong, right = header + "13900000001,2026-04-10 00:00:00,east\n", header + "13900000002,2026-04-10 00:00:00,east\n"
    ingest_alone("2026-04", number_plan=PLAN, portings=wrong)
    put_down("2026-05", {})
    (Path("data/extracts/2026-05") / "portings_2026-04.csv").write_text(right)
    ingest_again("2026-05", "number_plan", "portings")
    for month in ("2026-06", "2026-07", "2026-08"):
        put_down(month, {"calls": HEADER + "".join(f"1001,1390000000{n},voice,out,{month}-01 08:00:0{n},60\n" for n in (1, 2))})
        ingest_again(month, "number_plan", "portings", "calls")
        assert [e["other_party_network"] for e in events("calls", month)] == ["own", "rival:east"]
