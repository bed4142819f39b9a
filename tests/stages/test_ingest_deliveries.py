"""Deliveries that follow one another: what comes twice counts once, and a correction holds from the delivery that brings it."""
from datetime import date, datetime
from pathlib import Path
from unittest import mock

import pytest

from builders import CALLS, COMMON, CONSENTS, JUNE, NUMBER_PLAN, account, events, frame, ingest_again, ingest_alone, put_down, subscriber
from churnkit import timeline
from churnkit.archive import known_history, without_files
from churnkit.engine import read
from churnkit.errors import InputError, ParameterError
from churnkit.files import sha256
from churnkit.history import TABLES, Kind
from churnkit.stages import summarise
from churnkit.versions import delivery_key, set_aside, superseded

JULY, AUGUST = "2026-07", "2026-08"
HEADER, ROW = CONSENTS.splitlines(True)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def consent(who: int, day: str, channel: str = "call") -> str:
    return f"{who},{day} 09:00:00,{channel},true\n"


def notes(delivery: str = JUNE) -> dict[str, str]:
    """Why files were set aside, by name."""
    return {f["file"]: f["note"] for f in frame(timeline.account_of(delivery) / "files.parquet") if f["note"]}


def plan_that_sees(**sees: tuple[str, ...]) -> timeline.Plan:
    """A plan of as-of dates, written d2026_07_01, with the deliveries that each sees, newest first."""
    days = {date.fromisoformat(name[1:].replace("_", "-")): seen for name, seen in sees.items()}
    return timeline.Plan((), (), (), max(days), max(days), days, dict.fromkeys(days, ()))


@pytest.mark.parametrize(("file", "key", "version"), [
    ("calls_2026-06.csv", "calls_2026-06", 1), ("calls_2026-06.v2.csv", "calls_2026-06", 2), ("calls_2026-06_V12.csv.gz", "calls_2026-06", 12),
    ("calls_202606.csv", "calls_202606", 1), ("calls_20260630.csv", "calls_20260630", 1), ("calls_2026-06.north.csv", "calls_2026-06.north", 1),
    ("north/calls_2026-06-30.csv", "north/calls_2026-06-30", 1),
    ("handsets.csv", "", 1), ("calls_all.v2.csv", "", 1), ("calls_2026-13.csv", "", 1), ("calls_1234202606.csv", "", 1)])
def test_what_a_file_is_a_version_of_stands_in_its_name_if_that_names_a_month_or_day(file, key, version):
    assert delivery_key(Path(file)) == (key, version)


@pytest.mark.parametrize(("file", "key", "version"), [
    ("CDR_north_06.dat", "06", 1), ("CDR_south_06.v3.dat", "06", 3), ("CDR_north.dat", "", 1)])
def test_a_layout_may_say_what_a_file_is_a_version_of(file, key, version):
    assert delivery_key(Path(file), r"_(\d\d)\b") == (key, version)


def test_of_files_with_one_content_the_first_counts_and_of_versions_the_newest():
    files = [Path(f) for f in ("a_2026-06.csv", "a_2026-06.v10.csv", "a_2026-06.v9.csv", "b_2026-06.csv", "c_2026-06.csv", "d_2026-06.csv")]
    assert set_aside([f.name for f in files], [delivery_key(f) for f in files], ["1", "2", "3", "4", "4", "5"], {"5": "2026-05/d_2026-06.csv"}) == {
        0: "superseded by a_2026-06.v10.csv", 2: "superseded by a_2026-06.v10.csv", 4: "same content as b_2026-06.csv",
        5: "same content as 2026-05/d_2026-06.csv"}


def test_a_file_is_hidden_where_a_later_delivery_brings_one_of_its_extract_and_key():
    june = [{"delivery": JUNE, "extract": "calls", "key": k, "file_no": n} for n, k in enumerate(["calls_2026-06", "calls_2026-05", ""])]
    july = [{"delivery": JULY, "extract": e, "key": k, "file_no": 0}
            for e, k in (("calls", "calls_2026-06"), ("bills", "calls_2026-05"), ("calls", ""))]
    assert superseded([*june, *july]) == {(JUNE, "calls"): {0}}
    assert superseded(june) == {}


def test_a_content_that_comes_under_two_names_counts_once_rejects_too():
    folder = put_down(JUNE, {"consents": CONSENTS + "1001,never,call,true\n"})
    (folder / "consents_again.csv").write_bytes((folder / "consents_2026-06.csv").read_bytes())
    ingest_again(JUNE, "consents")
    assert account("consents") == (4, 1, 1, 2)
    assert notes() == {"2026-06/consents_again.csv": "same content as consents_2026-06.csv"}


def test_a_content_that_an_earlier_delivery_brought_counts_there_alone():
    ingest_alone(JUNE, consents=CONSENTS)
    put_down(JULY, {})
    (Path("data/extracts") / JULY / "consents_x.csv").write_text(CONSENTS)
    ingest_again(JULY, "consents")
    assert account("consents", JULY) == (1, 0, 0, 1)
    assert notes(JULY) == {"2026-07/consents_x.csv": "same content as 2026-06/consents_2026-06.csv"}


def test_the_newest_version_in_a_folder_counts():
    folder = put_down(JUNE, {"consents": CONSENTS})
    (folder / "consents_2026-06.v2.csv").write_text(HEADER + consent(1002, "2026-06-07"))
    ingest_again(JUNE, "consents")
    assert account("consents") == (2, 1, 0, 1)
    assert [e["subscriber_id"] for e in events("consents")] == [subscriber("1002")]
    assert notes() == {"2026-06/consents_2026-06.csv": "superseded by consents_2026-06.v2.csv"}


@pytest.mark.parametrize("broken", [b"", b"who,when\n1,2\n", b"subscriber_id,happened_at\n", bytes(range(256))])
def test_a_file_that_cannot_be_read_stops_nothing_once_its_next_version_came(broken):
    folder = put_down(JUNE, {"consents": broken})
    with pytest.raises(InputError, match=r"consents_2026-06\.csv"):
        ingest_again(JUNE, "consents")
    (folder / "consents_2026-06.v2.csv").write_text(CONSENTS)
    ingest_again(JUNE, "consents")
    assert account("consents") == (1, 1, 0, 0)
    assert notes()["2026-06/consents_2026-06.csv"].startswith("superseded by consents_2026-06.v2.csv; its rows are not counted: data/extracts/")


def test_a_late_row_counts_once_over_this_delivery_and_the_two_before_it():
    ingest_alone("2026-05", consents=HEADER + consent(1, "2026-05-30"))
    ingest_alone(JUNE, consents=HEADER + consent(2, "2026-06-30"))
    ingest_alone(JULY, consents=HEADER + consent(3, "2026-07-01"))
    ingest_alone(AUGUST, consents=HEADER + consent(1, "2026-05-30") + consent(2, "2026-06-30") + consent(2, "2026-06-30", "sms")
                 + consent(3, "2026-07-01") + consent(4, "2026-08-01"))
    assert account("consents", AUGUST) == (5, 3, 0, 2)
    assert sorted(e["happened_at"] for e in events("consents", AUGUST)) == [
        datetime(2026, 5, 30, 9), datetime(2026, 6, 30, 9), datetime(2026, 8, 1, 9)]  # of May nobody asks any more


def test_a_row_without_a_value_in_its_key_is_known_again_too():
    calls = "subscriber_id,other_party,kind,direction,happened_at,duration_s\n"
    rows = "1001,+8613800000001,sms,out,2026-06-30 08:00:00,\n1001,,voice,in,2026-06-30 08:00:00,5\n"
    ingest_alone(JUNE, calls=calls + rows)
    ingest_alone(JULY, calls=calls + rows.replace("+86", "") + "1001,,voice,in,2026-06-30 08:00:00,6\n")
    assert account("calls", JULY) == (3, 1, 0, 2)


def test_a_delivery_is_not_compared_with_one_that_was_not_ingested():
    put_down(JUNE, {"consents": CONSENTS})
    with pytest.raises(InputError, match="Delivery 2026-07 is compared with 2026-06, which is not ingested yet: `churnkit ingest 2026-06`"):
        ingest_alone(JULY, consents=HEADER)


def seen(as_of: str, *deliveries: str) -> list[tuple[str, int]]:
    """Channel and day of the consents that an as-of date sees."""
    name = "d" + as_of.replace("-", "_")
    with mock.patch.dict(TABLES, {"consents": Kind("event", 365, 12)}):
        history = known_history(plan_that_sees(**{name: deliveries}), date.fromisoformat(as_of), 4, ("consents",))
        rows = history.events("consents").table
        assert "file_no" not in rows.columns
        return sorted((r[0], r[1].day) for r in rows.select("channel", "happened_at").collect())


def test_a_correction_holds_for_dates_that_see_its_delivery_and_for_no_others():
    put_down(JUNE, {"consents": HEADER + consent(1, "2026-06-01") + consent(2, "2026-06-02")})
    (Path("data/extracts") / JUNE / "consents_other.csv").write_text(HEADER + consent(3, "2026-06-03"))
    ingest_again(JUNE, "consents")
    before = {p: sha256(p) for p in Path("data/deliveries").rglob("*.parquet")}
    put_down(JULY, {})
    (Path("data/extracts") / JULY / "consents_2026-06.csv").write_text(HEADER + consent(1, "2026-06-01", "sms") + consent(2, "2026-06-02"))
    ingest_again(JULY, "consents")
    assert account("consents", JULY) == (2, 2, 0, 0)  # a row as it was is no duplicate of one that is hidden
    assert {p: sha256(p) for p in before} == before
    assert notes(JULY) == {"2026-07/consents_2026-06.csv": "supersedes 2026-06/consents_2026-06.csv with its 2 rows from now on"}
    assert seen("2026-07-01", JUNE) == [("call", 1), ("call", 2), ("call", 3)]
    assert seen("2026-08-01", JULY, JUNE) == [("call", 2), ("call", 3), ("sms", 1)]


def test_a_correction_may_be_corrected_and_taken_back():
    first, second = HEADER + consent(1, "2026-06-01") + consent(2, "2026-06-02"), HEADER + consent(1, "2026-06-01", "sms")
    for delivery, content in ((JUNE, first), (JULY, second), (AUGUST, first), ("2026-09", second)):
        put_down(delivery, {})
        (Path("data/extracts") / delivery / "consents_2026-06.csv").write_text(content)
        ingest_again(delivery, "consents")
        assert account("consents", delivery)[1:] == (content.count("\n") - 1, 0, 0)
    assert seen("2026-08-01", JULY, JUNE) == [("sms", 1)]
    assert seen("2026-09-01", AUGUST, JULY, JUNE) == [("call", 1), ("call", 2)]
    assert seen("2026-10-01", "2026-09", AUGUST, JULY, JUNE) == [("sms", 1)]


def test_a_correction_of_calls_corrects_their_summaries():
    ingest_alone(JUNE, number_plan=NUMBER_PLAN, calls=CALLS)
    put_down(JULY, {"number_plan": NUMBER_PLAN})
    header, first = CALLS.splitlines(True)[:2]
    (Path("data/extracts") / JULY / "calls_2026-06.csv").write_text(header + first)
    ingest_again(JULY, "number_plan", "calls")
    for delivery in (JUNE, JULY):
        summarise.run(summarise.Params(), COMMON, timeline.Delivery.named(delivery))

    def days(as_of: str, *deliveries: str) -> list[int]:
        history = known_history(plan_that_sees(**{"d" + as_of.replace("-", "_"): deliveries}), date.fromisoformat(as_of), 4, ("usage_daily",))
        return sorted(r[0] for r in history.events("usage_daily").table.select("own_events").collect())
    assert days("2026-07-01", JUNE) == [0, 0, 0, 1]
    assert days("2026-08-01", JULY, JUNE) == [1]


def test_splitting_the_rows_of_a_month_over_files_and_deliveries_changes_no_day_of_use():
    def daily() -> list[tuple]:
        for delivery in (JUNE, JULY):
            summarise.run(summarise.Params(), COMMON, timeline.Delivery.named(delivery))
        history = known_history(plan_that_sees(d2026_08_01=(JULY, JUNE)), date(2026, 8, 1), 4, ("usage_daily",))
        return sorted(map(tuple, history.events("usage_daily").table.collect()), key=str)

    header, *rows = CALLS.splitlines(True)
    more = [r.replace(":00:00", ":30:00").replace(":30:00", ":45:00").replace(":59:59", ":59:58") for r in rows]
    july = rows[0].replace("2026-06", "2026-07")
    ingest_alone(JUNE, number_plan=NUMBER_PLAN, calls=header + "".join(rows + more))
    ingest_alone(JULY, number_plan=NUMBER_PLAN, calls=header + july)
    whole = daily()
    folder = put_down(JUNE, {"number_plan": NUMBER_PLAN, "calls": header + "".join(rows[:2])})
    (folder / "calls_b.csv").write_text(header + "".join(more[:3]))
    ingest_again(JUNE, "number_plan", "calls")
    ingest_alone(JULY, number_plan=NUMBER_PLAN, calls=header + "".join([*rows[2:], july, *more[3:]]))
    assert account("calls", JULY) == (4, 4, 0, 0)
    assert daily() == whole


def test_another_key_than_the_planned_one_is_refused():
    put_down(JUNE, {"consents": CONSENTS})
    Path("months.yaml").write_text("key_id: '00000000'\n")
    with pytest.raises(ParameterError, match=r"The key in key is \w{8}, but months\.yaml was planned for 00000000: everybody would"):
        ingest_again(JUNE, "consents")


def test_events_without_file_numbers_are_read_as_they_are(tmp_path):
    ingest_alone(JUNE, consents=CONSENTS)
    rows = without_files(read([timeline.events(JUNE, "consents")]))
    assert without_files(rows).columns == ["subscriber_id", "happened_at", "channel", "is_granted", "received_at"]
