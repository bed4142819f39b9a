"""Files as the shipped layouts have them become events, row for row."""
from datetime import date, datetime
from pathlib import Path

import pytest

from builders import BILLS, JUNE, SUBSCRIBERS, account, events, ingest_again, ingest_alone, party, put_down, rejects, subscriber
from churnkit.errors import InputError

ONE, TWO = "13800001001", "13800001002"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def put(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A file of the delivery, beside its subscribers in churnkit's own layout."""
    folder = put_down(JUNE, {"subscribers": SUBSCRIBERS})
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return folder


def told(rows: list[dict], *columns: str) -> list[tuple]:
    """These columns of the rows, in the order in which they happened."""
    return [tuple(row.get(c) for c in columns) for row in sorted(rows, key=lambda row: row["happened_at"])]


GSM = "serv_no,call_type,service,other_no,third_no,call_date,call_time,duration,forward_cause,toll_type,dial_no,imei,roam_type,cell,fee\n"


def gsm(*rows: str) -> str:
    """Records of the subscriber 1001 of China Unicom, each `type service other third time duration cause`."""
    return GSM + "".join("{},{},{},{},{},20260605,{},{},{},0,,869100001234567,0,C7,0.15\n".format(
        ONE, *(("" if field == "_" else field) for field in row.split())) for row in rows)


def test_unicoms_record_types_are_calls_made_received_and_forwarded():
    put("gsm_2026-06.csv", gsm("01 1 13900000002 _ 080000 0小时1分4秒 0", "02 1 13900000003 _ 080100 00:00:09 0", "01 2 10086 _ 080200 _ 0",
                               "03 1 13900000004 6013000000003 080300 12 2"))
    ingest_again(JUNE, "subscribers", "calls", layouts=("canonical", "unicom_gsm"))
    assert account("calls") == (4, 4, 0, 0)
    assert told(events("calls"), "direction", "kind", "duration_s", "other_party", "forward_cause", "forwarded_to") == [
        ("out", "voice", 64, party("13900000002"), None, None), ("in", "voice", 9, party("13900000003"), None, None),
        ("out", "sms", None, party("10086"), None, None), ("forwarded", "voice", 12, party("13900000004"), "busy", party("13000000003"))]
    assert {(e["subscriber_id"], e["tac"], e["cell_id"], e["charge_cents"], e["roaming"]) for e in events("calls")} == \
        {(subscriber("1001"), "86910000", "C7", 15, "none")}


def test_of_the_two_records_of_a_forwarded_call_one_counts_and_the_other_is_a_duplicate():
    put("gsm_a.csv", gsm("03 1 13900000004 6013000000003 080300 12 2", "20 1 06013000000003 13900000004 080305 12 2"))
    ingest_again(JUNE, "subscribers", "calls", layouts=("canonical", "unicom_gsm"))
    assert account("calls") == (2, 1, 0, 1)
    assert told(events("calls"), "happened_at", "forwarded_to") == [(datetime(2026, 6, 5, 8, 3), party("13000000003"))]


@pytest.mark.parametrize(("why", "second"), [
    ("it began later than the tolerance", "20 1 6013000000003 13900000004 080306 12 2"),
    ("somebody else had called", "20 1 6013000000003 13900000005 080301 12 2"),
    ("it went elsewhere", "20 1 6013000000009 13900000004 080301 12 2"),
    ("it is a record of the same kind: called again at once", "03 1 13900000004 6013000000003 080301 15 2")])
def test_two_forwarded_calls_stay_two(why, second):
    put("gsm_a.csv", gsm("03 1 13900000004 6013000000003 080300 12 2", second))
    ingest_again(JUNE, "subscribers", "calls", layouts=("canonical", "unicom_gsm"))
    assert account("calls") == (2, 2, 0, 0), why


def test_where_only_the_forwarded_leg_is_recorded_it_counts():
    put("gsm_a.csv", gsm("20 1 6013000000003 13900000004 080301 12 3"))
    ingest_again(JUNE, "subscribers", "calls", layouts=("canonical", "unicom_gsm"))
    assert told(events("calls"), "other_party", "forwarded_to", "forward_cause") == [(party("13900000004"), party("13000000003"), "no_answer")]


def test_a_record_type_that_the_layout_does_not_know_is_a_reject_that_says_so():
    put("gsm_a.csv", gsm("01 1 13900000002 _ 080000 60 0", "07 1 13900000002 _ 080100 60 0", "01 1 13900000002 _ 080200 1h 0"))
    ingest_again(JUNE, "subscribers", "calls", layouts=("canonical", "unicom_gsm"), max_reject_share=1.0)
    assert [(r["line"], r["column"], r["message"]) for r in rejects()] == [
        (3, "direction", "direction has a code, amount or form that the layout does not know"),
        (4, "duration_s", "duration_s has a code, amount or form that the layout does not know")]


def shanxi(system: str, kind: str, other: str, third: str, at: str, seconds: int, dial: str = "000", serv: str = ONE) -> str:
    """One line of fixed width."""
    return f"{system}{kind}{serv:<15}{other:<24}{third:<24}202606{at}{seconds:06}{dial}{'869100001234567':<15}{'C7':<10}0{15:>8}\n"


SHANXI = [shanxi("vc", "01", "13900000002", "", "05080000", 60, "010"), shanxi("vc", "02", "13900000003", "", "05080100", 9),
          shanxi("vf", "29", "13900000004", "6013000000003", "05080200", 12), shanxi("vf", "2A", "13900000004", "06013000000003", "05080300", 12),
          shanxi("ss", "01", "10086", "", "05080400", 0)]


def test_shanxis_fixed_width_is_read_by_its_pairs_of_codes():
    put("sx_202606.dat", "".join(SHANXI))
    ingest_again(JUNE, "subscribers", "calls", layouts=("canonical", "mobile_shanxi"))
    assert told(events("calls"), "kind", "direction", "forward_cause", "forwarded_to", "duration_s", "access_code", "charge_cents") == [
        ("voice", "out", None, None, 60, "17951", 15), ("voice", "in", None, None, 9, None, 15),
        ("voice", "forwarded", "busy", party("13000000003"), 12, None, 15),
        ("voice", "forwarded", "no_answer", party("13000000003"), 12, None, 15), ("sms", "out", None, None, 0, None, 15)]


@pytest.mark.parametrize(("damage", "said"), [
    (lambda line: line[:40] + "\n", "the line is 40 bytes long where 124 are expected"),
    (lambda line: line[:30] + "\r" + line[31:], "the line holds a carriage return"),
    (lambda line: "vx" + line[2:], "kind has a code, amount or form that the layout does not know")])
def test_a_line_of_another_width_or_code_is_a_reject_and_its_neighbours_are_not(damage, said):
    put("sx_a.dat", "".join([*SHANXI[:2], damage(SHANXI[2]), *SHANXI[3:]]))
    ingest_again(JUNE, "subscribers", "calls", layouts=("canonical", "mobile_shanxi"))
    assert account("calls") == (5, 4, 1, 0)
    assert [(r["line"], r["message"]) for r in rejects()] == [(3, said)]


PIPE = ["1001|南昌|202606|20260701|20260720|59.00|39|1050|0|50|2.5元|0|1.00|5900|20260702|0小时12分4秒|259.54",
        "1002|王|202606|20260701|20260720|39|39.00|0|NULL|0|0|0|0|0||00:12:04|0.45KB"]


def test_a_wide_bill_row_comes_in_yuan_and_fen_and_ends_in_a_count():
    put("bill_202606.txt", "\n".join([*PIPE, "TOTAL|2"]) + "\n", "gbk")
    ingest_again(JUNE, "bills", layouts=("canonical", "monthly_pipe"))
    first, second = sorted(events("bills"), key=lambda bill: bill["total_cents"], reverse=True)
    assert first == {"subscriber_id": subscriber("1001"), "bill_month": date(2026, 6, 30), "issued_at": date(2026, 7, 1), "due_at": date(2026, 7, 20),
                     "total_cents": 5900, "plan_cents": 3900, "overage_voice_cents": 1050, "overage_data_cents": 0, "overage_sms_cents": 50,
                     "value_added_cents": 250, "third_party_cents": 0, "discount_cents": 100, "paid_cents": 5900, "paid_at": date(2026, 7, 2),
                     "received_at": datetime(2026, 7, 2)}
    assert (second["total_cents"], second.get("overage_data_cents")) == (3900, None)
    assert account("bills") == (2, 2, 0, 0)


@pytest.mark.parametrize(("lines", "said"), [
    ([*PIPE, "TOTAL|3"], "says on its last line that it has 3 rows, but 2 came"),
    (PIPE, "does not end in the line with the row count that its layout promises"),
    ([PIPE[0], "TOTAL|2"], "has 2 rows, but 1 came")])
def test_a_file_that_broke_off_is_refused_whole(lines, said):
    put("bill_202606.txt", "\n".join(lines) + "\n", "gbk")
    with pytest.raises(InputError, match=said):
        ingest_again(JUNE, "bills", layouts=("canonical", "monthly_pipe"))


def test_a_character_whose_second_byte_is_a_pipe_does_not_split_its_row():
    name = next(c for c in (bytes([lead, 0x7C]).decode("gbk") for lead in range(0x81, 0xFE)))
    put("bill_a.txt", "\n".join([PIPE[0].replace("南昌", name), "TOTAL|1"]), "gbk")
    ingest_again(JUNE, "bills", layouts=("canonical", "monthly_pipe"))
    assert account("bills") == (1, 1, 0, 0)


def test_bytes_that_are_no_gbk_cost_one_line():
    put("bill_a.txt", "\n".join([*PIPE, "TOTAL|2"]).encode("gbk").replace("王".encode("gbk"), b"\xff\xff"))
    ingest_again(JUNE, "bills", layouts=("canonical", "monthly_pipe"))
    assert [(r["line"], r["message"]) for r in rejects()] == [(2, "the line is no GBK")]


BANDICOOT = "interaction,direction,correspondent_id,datetime,call_duration,antenna_id\n"


def test_a_bandicoot_file_belongs_to_the_user_it_is_named_after():
    put("ego.csv", BANDICOOT + "text,in,A,2026-06-02 07:13:30,,1\ncall,out,770000008,2026-06-03 07:13:30,61,2\n")
    put_in = Path("data/extracts") / JUNE
    (put_in / "old.csv").write_text("1;21;770000000;770000005;2026-06-04 07:30:30;0;42.3987;-71.5750\n")
    (put_in / "antennas.csv").write_text("antenna_id,latitude,longitude\n")
    ingest_again(JUNE, "calls", layouts=("canonical", "bandicoot"))
    assert told(events("calls"), "subscriber_id", "kind", "direction", "duration_s", "cell_id", "other_party_network") == [
        (subscriber("ego"), "sms", "in", None, "1", "unknown"), (subscriber("ego"), "voice", "out", 61, "2", "unknown"),
        (subscriber("770000000"), "sms", "out", 0, None, "unknown")]
    assert len({e["other_party"] for e in events("calls")}) == 3


def test_a_number_given_out_again_is_a_new_subscribers_from_the_day_it_was():
    old, new = "1001,2026-05-31,13800001001,2026-05-10", "2001,2026-06-30,13800001001,2026-06-20"
    rest = ",postpaid,voice,江西/南昌/东湖,,\n"
    ingest_alone("2026-05", subscribers=SUBSCRIBERS.splitlines(True)[0] + old + rest)
    put_down(JUNE, {"subscribers": SUBSCRIBERS.splitlines(True)[0] + new + rest, "calls":
             "msisdn,other_party,kind,direction,happened_at,duration_s\n" + "".join(
                 f"13800001001,10086,voice,out,{day} 08:00:00,60\n" for day in
                 ("2026-05-09", "2026-06-02", "2026-06-19", "2026-06-20", "2026-06-30"))})
    ingest_again(JUNE, "subscribers", "calls")
    assert told(events("calls"), "subscriber_id") == [(subscriber("1001"),), (subscriber("1001"),), (subscriber("2001"),), (subscriber("2001"),)]
    assert [(r["column"], r["message"]) for r in rejects()] == [("subscriber_id", "no subscriber had this number on that day")]


def test_a_number_that_a_customer_took_over_is_theirs_only_after_the_one_before():
    header, rest = SUBSCRIBERS.splitlines(True)[0], ",postpaid,voice,江西/南昌/东湖,,\n"
    ingest_alone("2026-05", subscribers=f"{header}1001,2026-05-31,13800001001,2020-01-01{rest}2001,2026-05-31,13800002001,2018-01-01{rest}")
    put_down(JUNE, {"subscribers": f"{header}2001,2026-06-30,13800001001,2018-01-01{rest}", "bills": BILLS.replace("subscriber_id", "msisdn", 1)
                    .replace("1001,2026-06", "13800001001,2026-06").replace("1002,2026-06", "13800001001,2026-05")})
    ingest_again(JUNE, "subscribers", "bills")
    assert {e["bill_month"].month: e["subscriber_id"] for e in events("bills")} == {5: subscriber("1001"), 6: subscriber("2001")}


def test_a_number_that_comes_back_to_an_old_holder_is_theirs_before_and_after_the_other_ones():
    header, rest, year = SUBSCRIBERS.splitlines(True)[0], ",postpaid,voice,江西/南昌/东湖,,\n", "2025-07..2026-06"
    put_down(year, {"calls": "msisdn,other_party,kind,direction,happened_at,duration_s\n" + "".join(
        f"13800001001,10086,voice,out,{month}-15 08:00:00,60\n" for month in ("2025-07", "2025-09", "2025-12", "2026-01", "2026-06")),
        "subscribers": header + "".join(f"{who},{seen},13800001001,{activated}{rest}" for who, seen, activated in (
            (1001, "2025-07-31", "2020-01-01"), (1001, "2025-08-31", "2020-01-01"), (2001, "2025-12-31", "2025-12-01"),
            (2002, "2025-12-31", "2025-12-02"), (1001, "2026-05-31", "2026-05-02"), (1001, "2026-06-30", "2026-05-02")))})
    ingest_again(year, "subscribers", "calls")
    assert {(e["happened_at"].year, e["happened_at"].month): e["subscriber_id"] for e in events("calls", year)} == {
        (2025, 7): subscriber("1001"), (2025, 9): subscriber("1001"), (2025, 12): subscriber("2001"), (2026, 1): subscriber("2001"),
        (2026, 6): subscriber("1001")}


def test_a_set_of_letters_is_the_state_that_weighs_most_and_a_consent_is_noted_by_the_customers_clock():
    folder = put("state_202606.txt", "1001\x0120260605\x0108:30:00\x01XY\x0102\n1001\x0120260606\x0108:30:00\x010\x0199\n"
                                     "1002\x0120260607\x0108:30:00\x015Y\x0101\n1002\x0120260608\x0108:30:00\x01Q\x0101\n", "gb18030")
    (folder / "optin_202606.csv").write_bytes("user;noted_at;channel;granted\n1001;2026-06-05T03:00:00+0200;电话;Y\n"
                                              "1001;2026-06-05T03:00:00+0100;短信;N\n".encode("utf-16"))
    ingest_again(JUNE, "status_changes", "consents", layouts=("canonical", "crm_letters"), max_reject_share=0.5)
    assert told(events("status_changes"), "subscriber_id", "status", "reason") == [
        (subscriber("1001"), "ported_out", "voluntary"), (subscriber("1001"), "open", "other"), (subscriber("1002"), "two_way_stop", "arrears")]
    assert [(r["line"], r["column"], r["rule"]) for r in rejects()] == [(4, "status", "unread")]
    assert told(events("consents"), "happened_at", "channel", "is_granted") == [
        (datetime(2026, 6, 5, 9), "call", True), (datetime(2026, 6, 5, 10), "sms", False)]


def test_that_nobody_had_a_number_is_said_only_of_rows_that_are_fine_otherwise():
    put_down(JUNE, {"subscribers": SUBSCRIBERS, "calls": "msisdn,other_party,kind,direction,happened_at,duration_s\n" + "".join(
        f"{number},10086,voice,out,{at},{length}\n" for number, at, length in (
            ("13800001001", "2026-06-02 08:00:00", 60), ("13800001001", "1980-01-06 00:00:00", 60), ("13800001001", "2026-06-31 00:00:00", 60),
            ("13800001009", "2026-06-02 08:00:00", -1), ("13800001009", "2026-06-02 08:00:00", 60), ("", "2026-06-02 08:00:00", 60)))})
    ingest_again(JUNE, "subscribers", "calls", max_reject_share=1.0)
    assert [(r["column"], r["rule"]) for r in rejects()] == [
        ("happened_at", "long_before_delivery"), ("happened_at", "not_time"), ("duration_s", "out_of_range"), ("subscriber_id", "unread"),
        ("subscriber_id", "missing")]
