"""What ingest makes of a delivery: typed, pseudonymous rows, and an account of every row that was read."""
import re
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from builders import (
    BILLS,
    CALLS,
    CONSENTS,
    FILES,
    JUNE,
    NUMBER_PLAN,
    STATUS_CHANGES,
    SUBSCRIBERS,
    account,
    deliver,
    events,
    ingest_again,
    ingest_alone,
    party,
    put_down,
    rejects,
    run_ingest,
    subscriber,
)
from churnkit.errors import AccountError, InputError
from churnkit.extracts import EXTRACTS
from churnkit.files import sha256


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written() -> dict[str, str]:
    """Every file under data/deliveries with its checksum."""
    return {str(p): sha256(p) for p in sorted(Path("data/deliveries").rglob("*")) if p.is_file()}


def test_a_whole_delivery_is_accepted_row_by_row():
    deliver()
    run_ingest()
    assert {name: account(name) for name in FILES} == {name: (n := FILES[name].count("\n") - 1, n, 0, 0) for name in FILES}
    assert events("calls")[0] == {
        "subscriber_id": subscriber("1001"), "other_party": party("13800000001"), "other_party_network": "own", "kind": "voice", "direction": "out",
        "happened_at": datetime(2026, 6, 1, 8), "duration_s": 60, "is_answered": True, "tac": "86910000", "received_at": datetime(2026, 6, 3)}
    assert events("bills")[0]["bill_month"] == date(2026, 6, 30)  # the day from which the month counts as known


def test_ingesting_again_changes_no_byte_and_leaves_no_scratch():
    deliver(calls=CALLS + CALLS.splitlines(True)[1] + "1001,13800000001,voice,out,,,never,60,true,\n")
    run_ingest()
    before = written()
    run_ingest()
    assert written() == before
    assert not list(Path(".churnkit/spill").glob("churnkit-ingest-*"))


def test_no_output_holds_a_full_number_or_the_operators_id_of_a_subscriber():
    bad = "1001,138 0000_0001,voice,out,,,2026-06-01 08:00:00,60,true,\n1001,13800000001x,voice,out,,,2026-06-01 08:00:00,60,true,\n"
    deliver(calls=(CALLS + bad).replace("1001,", "710000001001,").replace("1002,", "710000001002,"),
            subscribers=SUBSCRIBERS.replace("\n1001,", "\n710000001001,"))
    run_ingest()
    texts = [str(row) for p in Path("data/deliveries").rglob("*.parquet") for row in pq.read_table(p).to_pylist()]
    texts += [p.read_text("utf-8") for p in Path("data/deliveries").rglob("*.md")]
    assert len(rejects()) == 2
    for text in texts:
        digits = re.sub(r"[ .()-]", "", re.sub(r"datetime\.\w+\([\d, ]+\)|\d{4}-\d\d-\d\d|[spc][0-9a-f]{20}|'sha256': '[0-9a-f]{64}'", "", text))
        assert not re.search(r"\d{11}", digits), text
    assert events("subscribers")[0]["msisdn_masked"] == "138****1002"


@pytest.mark.parametrize(("written", "kept"), [
    ("ring me on 13800001234!", "ring me on 138****1234!"), ("138 0000 1234", "138****1234"),
    ("138-0000-1234/139.1111.2222", "138****1234/139****2222"),
    ("13800001234、13900001234", "138****1234、139****1234"), ("0791-88881234", "0791****1234"), ("+8613800001234", "+861****1234"),
    ("1380000 1234", "138****1234"), ("360102199001011234", "360****1234"), ("since 2026-06-01 at 10:30", "since 2026-06-01 at 10:30"),
    ("team 20010020", "team 20010020")])
def test_in_what_people_write_numbers_are_hidden(written, kept):
    ingest_alone(care_contacts=f"subscriber_id,happened_at,topic\n1,2026-06-05 09:00:00,{written}\n")
    assert events("care_contacts")[0]["topic"] == kept


def test_a_code_with_a_number_in_it_is_rejected_and_of_an_imei_the_type_alone_is_kept():
    codes = {"P1380000123": None, "380013800001234": None, "13800001234": "not_text", "P-8613800001234-1": "not_text"}
    ingest_alone(orders="subscriber_id,happened_at,product,kind\n" + "".join(f"1,2026-06-05 09:00:00,{code},plan\n" for code in codes),
                 data_sessions="subscriber_id,happened_at,volume_mb,tac,cell_id\n1,2026-06-05 09:00:00,1,869100001234567,13812345678\n")
    found = {r["line"]: r["rule"] for r in rejects()}
    assert {code: found.get(line) for line, code in enumerate(codes, 2)} == codes
    assert rejects()[0]["message"] == "product is not a code or a name, but a telephone number"
    assert [(e["tac"], e["cell_id"]) for e in events("data_sessions")] == [("86910000", "13812345678")]


def test_a_file_named_after_a_number_is_shown_without_it_and_still_superseded_as_itself():
    whole = {f"consents_138000{n}1234_2026-06.csv": CONSENTS.replace("1001", f"100{n}") for n in (1, 2)}
    for delivery, texts in ((JUNE, whole), ("2026-07", {name: text.replace("call", "sms") for name, text in list(whole.items())[:1]})):
        folder = put_down(delivery, {})
        for name, text in texts.items():
            (folder / name).write_text(text)
    ingest_again(JUNE, "consents")
    ingest_again("2026-07", "consents")
    files = [pq.read_table(f"data/deliveries/{d}/events/account/files.parquet").to_pylist() for d in (JUNE, "2026-07")]
    assert [f["file"] for f in files[0]] == ["2026-06/consents_138****1234_2026-06.csv"] * 2
    assert files[1][0]["note"].startswith("supersedes 2026-06/consents_138****1234_2026-06.csv")
    assert files[1][0]["key"] == files[0][0]["key"] != files[0][1]["key"]
    assert not re.search("138000", str(files))


def test_rows_read_are_accepted_rejected_or_duplicates_and_each_reject_says_where_and_why():
    put_down(JUNE, {"calls": """\
subscriber_id,other_party,kind,direction,forward_cause,forwarded_to,happened_at,duration_s,is_answered
1001,13800000001,voice,out,,,2026-06-01 08:00:00,60,true
1001,13800000001,voice,out,,,2026-06-01 08:00:00,60,false
,13800000001,voice,out,,,2026-06-01 08:00:01,60,true
1001,1.38E+10,voice,out,,,2026-06-01 08:00:02,60,true
1001,13800000001,fax,out,,,2026-06-01 08:00:03,60,true
1001,13800000001,voice,out,,,2026-06-01 08:00:04+08,60,true
1001,13800000001,voice,out,,,2026-06-01 08:00:05,-1,true
1001,13800000001,voice,out,,,2026-06-01 08:00:06,1m,true
1001,13800000001,voice,out,,,2026-06-01 08:00:07,60,yes
1001,13800000001,voice,out,,,2026-06-01 08:00:08,,true
1001,13800000001,voice,forwarded,,13900000002,2026-06-01 08:00:09,60,true
1001,13800000001,voice,out
1001,13800000001,voice,out,,,2026-06-01 08:00:10,60,true,,
张三 李四,13800000001,sms,out,,,2026-06-01 08:00:11,,
"""})
    ingest_again(JUNE, "calls", max_reject_share=1.0)
    assert account("calls") == (14, 1, 12, 1)
    expected = {4: ("subscriber_id", "missing", "subscriber_id is empty"),
                5: ("other_party", "not_number", "other_party is not 2 to 24 digits (1.38E+10 means the file went through a spreadsheet)"),
                6: ("kind", "not_choice", "kind is not one of voice, sms"),
                7: ("happened_at", "not_time", "happened_at is not a time YYYY-MM-DD HH:MM:SS without offset"),
                8: ("duration_s", "out_of_range", "duration_s is outside 0 to 172800"),
                9: ("duration_s", "not_integer", "duration_s is not a whole number"),
                10: ("is_answered", "not_flag", "is_answered is not true or false"),
                11: ("duration_s", "voice_needs_duration", "a voice leg needs its duration"),
                12: ("forward_cause", "forward_needs_cause", "a forwarded leg needs its cause and its target"),
                13: ("", "unreadable", "the line has 4 fields where 9 are expected"),
                14: ("", "unreadable", "the line has 11 fields where 9 are expected"),
                15: ("subscriber_id", "not_subscriber", "subscriber_id is not an id of letters and digits")}
    assert {r["line"]: (r["column"], r["rule"], r["message"]) for r in rejects()} == expected
    assert {(r["extract"], r["file"]) for r in rejects()} == {("calls", "2026-06/calls_2026-06.csv")}
    raw = {r["line"]: r["raw"] for r in rejects()}
    assert raw[4] == ",138****0001,voice,out,,,2026-06-01 08:00:01,60,true"
    assert raw[13] == "1001,138****0001,voice,out"


def test_the_page_of_the_account_says_what_the_tables_say():
    ingest_alone(consents=CONSENTS + "1001,2026-06-05 09:00:00,fax,true\n" * 2 + "1001,2026-06-05 09:00:00,call,true\n")
    assert Path("data/deliveries/2026-06/events/account/account.md").read_text("utf-8") == (
        "# Delivery 2026-06\n\n4 rows read = 1 accepted + 2 rejected + 1 duplicates.\n\n## Files\n\n"
        "| extract | file | read | accepted | rejected | duplicates | note |\n|---|---|---:|---:|---:|---:|---|\n"
        "| consents | 2026-06/consents_2026-06.csv | 4 | 1 | 2 | 1 |  |\n\n## Why rows were rejected\n\n"
        "| extract | why | rows | for example | line, numbers masked |\n|---|---|---:|---|---|\n"
        "| consents | channel is not one of call, sms | 2 | 2026-06/consents_2026-06.csv, line 3 | 1001,2026-06-05 09:00:00,fax,true |\n")


def test_a_call_lies_in_the_delivery_or_at_most_62_days_before_it():
    fates = {"2026-06-30 23:59:59": None, "2026-07-01 00:00:00": "after_delivery", "2027-06-01 00:00:00": "after_delivery",
             "2026-03-31 00:00:00": None, "2026-03-30 23:59:59": "long_before_delivery", "1980-01-06 00:00:00": "long_before_delivery"}
    put_down(JUNE, {"calls": "subscriber_id,kind,direction,happened_at\n" + "".join(f"1001,sms,out,{happened}\n" for happened in fates)})
    ingest_again(JUNE, "calls", max_reject_share=1.0)
    rules = {r["line"]: r["rule"] for r in rejects()}
    assert {happened: rules.get(line) for line, happened in enumerate(fates, 2)} == fates


def test_a_bill_may_come_again_for_a_year_until_it_is_paid_and_none_comes_before_its_month():
    months = {"2026-06": None, "2026-07": "after_delivery", "2025-04": "long_before_delivery", "2025-05": None, "2026-03": None}
    rows = "".join(f"1001,{month},,,5900,5900,5900,2026-06-20\n" for month in months)
    ingest_alone(bills=BILLS.splitlines(True)[0] + rows)
    rules = {r["line"]: r["rule"] for r in rejects()}
    assert {month: rules.get(line) for line, month in enumerate(months, 2)} == months


def test_a_change_of_state_may_be_old():
    ingest_alone(status_changes=STATUS_CHANGES.replace("2026-06-30", "2020-06-30"))
    assert account("status_changes") == (1, 1, 0, 0)


def test_a_row_was_received_when_the_operator_says_else_a_day_after_the_end_of_its_own():
    ingest_alone(consents="""\
subscriber_id,happened_at,channel,is_granted,received_at
1001,2026-06-05 00:00:00,call,true,
1001,2026-06-05 23:59:59,call,true,
1001,2026-06-06 09:00:00,call,true,2026-06-26 03:00:00
1001,2026-06-07 09:00:00,call,true,soon
1001,2026-06-08 09:00:00,call,true,2099-06-08 09:00:00
""")
    assert {e["happened_at"]: e["received_at"] for e in events("consents")} == {
        datetime(2026, 6, 5): datetime(2026, 6, 7), datetime(2026, 6, 5, 23, 59, 59): datetime(2026, 6, 7),
        datetime(2026, 6, 6, 9): datetime(2026, 6, 26, 3)}
    assert [r["rule"] for r in rejects()] == ["not_time", "long_after_delivery"]
    ingest_again(JUNE, "consents", delay_days=3)
    assert events("consents")[0]["received_at"] == datetime(2026, 6, 9)


def test_a_delivery_sent_twice_under_two_names_counts_once():
    folder = put_down(JUNE, {"consents": CONSENTS})
    (folder / "consents_again.csv").write_text(CONSENTS)
    ingest_again(JUNE, "consents")
    assert account("consents") == (2, 1, 0, 1)


def test_of_two_rows_with_one_key_the_first_file_counts_and_of_a_reference_the_last():
    folder = put_down(JUNE, {"number_plan": NUMBER_PLAN.replace("138,own", "138,east"), "status_changes": STATUS_CHANGES})
    (folder / "number_plan_z.csv").write_text(NUMBER_PLAN)
    (folder / "status_changes_z.csv").write_text(STATUS_CHANGES.replace("arrears", "fraud"))
    ingest_again(JUNE, "number_plan", "status_changes")
    assert {e["prefix"]: e["operator"] for e in events("number_plan")}["138"] == "own"
    assert [e["reason"] for e in events("status_changes")] == ["arrears"]


def test_too_many_rejects_stop_the_run_with_the_three_worst_reasons_and_the_old_rows_stay():
    ingest_alone(consents=CONSENTS)
    bad = ("1001,2026-06-05 09:00:00,fax,true\n" * 5 + "1001,never,call,true\n" * 4 + "1001,2026-06-05 09:00:00,call,maybe\n" * 3
           + ",2026-06-05 09:00:00,call,true\n" * 2)
    with pytest.raises(AccountError) as caught:
        ingest_alone(consents=CONSENTS + bad)
    assert str(caught.value) == (
        "Delivery 2026-06: 14 of 15 rows of 'consents' were rejected, more than 50.00% (ingest.max_reject_share or ingest.max_rejects). Most: "
        "5 × channel is not one of call, sms (e.g. 2026-06/consents_2026-06.csv, line 3: '1001,2026-06-05 09:00:00,fax,true'); "
        "4 × happened_at is not a time YYYY-MM-DD HH:MM:SS without offset (e.g. 2026-06/consents_2026-06.csv, line 8: '1001,never,call,true'); "
        "3 × is_granted is not true or false (e.g. 2026-06/consents_2026-06.csv, line 12: '1001,2026-06-05 09:00:00,call,maybe'). "
        "Mend the file or ask for it again, or mend the layout where it does not know what stands there; to go on without these rows, "
        "`churnkit ingest 2026-06 --accept-rejects`, which the account records. reports/refused/2026-06.html shows why, file by file.")
    page = Path("reports/refused/2026-06.html")
    assert "<td>is_granted is not true or false</td>" in page.read_text("utf-8")
    assert len(events("consents")) == 1
    ingest_again(JUNE, "consents", accept_rejects=True)
    assert not page.exists()
    assert account("consents") == (15, 1, 14, 0)
    assert pq.read_schema("data/deliveries/2026-06/events/account/files.parquet").metadata[b"churnkit.accept_rejects"] == b"True"


@pytest.mark.parametrize(("share", "stops"), [(0.5, False), (0.49, True)])
def test_a_share_of_rejects_that_is_just_allowed_is_allowed(share, stops):
    put_down(JUNE, {"consents": CONSENTS + "1001,never,call,true\n"})
    if stops:
        with pytest.raises(AccountError, match="1 of 2 rows of 'consents'"):
            ingest_again(JUNE, "consents", max_reject_share=share)
    else:
        ingest_again(JUNE, "consents", max_reject_share=share)


def test_a_required_extract_without_a_usable_row_is_an_error_but_a_month_without_a_status_change_or_a_consent_is_not():
    ingest_alone(consents=CONSENTS.splitlines(True)[0], status_changes=STATUS_CHANGES.splitlines(True)[0])
    assert account("consents") == (0, 0, 0, 0)
    assert account("status_changes") == (0, 0, 0, 0)
    with pytest.raises(InputError, match="the files of 'bills' hold no usable row"):
        ingest_alone(bills=BILLS.splitlines(True)[0])
    put_down(JUNE, {"bills": BILLS.splitlines(True)[0] + "1001,2026-06,2026-07-01,2026-07-20,much,5900,,\n"})
    with pytest.raises(InputError, match=r"the files of 'bills' hold no usable row\. Most: 1 × total_cents is not a whole number \(e\.g\. "):
        ingest_again(JUNE, "bills", max_reject_share=1.0)


def test_an_extract_that_did_not_come_has_no_rows_but_the_columns_and_types_it_would_have():
    deliver(consents=None)
    run_ingest()
    assert pq.read_schema("data/deliveries/2026-06/events/consents/part-0.parquet").names == [
        "subscriber_id", "happened_at", "channel", "is_granted", "received_at", "file_no"]
    absent = {p.parent.name: pq.read_schema(p) for p in Path("data/deliveries/2026-06/events").glob("*/part-0.parquet")}
    for name, extract in EXTRACTS.items():
        ingest_alone(**{name: ",".join(c.name for c in extract.columns) + "\n"} if not extract.required else {name: FILES[name]})
        came = pq.read_schema(f"data/deliveries/2026-06/events/{name}/part-0.parquet")
        assert [(f.name, f.type) for f in came] == [(f.name, f.type) for f in absent[name]], name
