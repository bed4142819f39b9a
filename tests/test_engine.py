"""What engines disagree on, once and for all."""
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnkit.engine import F, count_rows, open_session, read, settle, write
from churnkit.errors import InputError, ResourceError, earlier_file_is_damaged, resources_ran_out
from churnkit.expressions import count_if, days, parse_date, parse_decimal, parse_int, parse_time, row_hash, total_if


def one(text: str | None, expression) -> object:
    """What an expression over the text column `t` gives."""
    return open_session().createDataFrame([(text,)], "t string").select(expression(F.col("t")).alias("v")).collect()[0][0]


@pytest.mark.parametrize(("text", "number"), [
    ("0", 0), ("-12", -12), ("007", 7), ("999999999999999999", 10**18 - 1), (None, None), ("", None), ("2.5", None), ("1e3", None), (" 1", None),
    ("1 ", None), ("+1", None), ("--1", None), ("1,000", None), ("9999999999999999999", None), ("１２", None), ("0x10", None), ("nan", None)])
def test_parse_int_takes_plain_whole_numbers_and_nothing_else(text, number):
    assert one(text, parse_int) == number


@pytest.mark.parametrize(("text", "number"), [
    ("1", "1.000000"), ("-0.25", "-0.250000"), ("12.3456785", "12.345679"), ("12.3456784", "12.345678"), ("-0.0000005", "-0.000001"),
    ("99999999999.999999", "99999999999.999999"), ("0.25345703125", "0.253457"), ("1e3", None), ("1,000", None), (".5", None), ("5.", None),
    ("", None), ("nan", None), ("123456789012", None), (None, None)])
def test_parse_decimal_takes_plain_numbers_exactly_and_nothing_else(text, number):
    assert one(text, lambda t: parse_decimal(t, 6).cast("string")) == number


@pytest.mark.parametrize(("text", "day"), [
    ("2026-06-01", date(2026, 6, 1)), ("2024-02-29", date(2024, 2, 29)), ("2000-02-29", date(2000, 2, 29)), ("9999-12-31", date(9999, 12, 31)),
    ("2026-02-29", None), ("1900-02-29", None), ("2026-04-31", None), ("2026-13-01", None), ("2026-00-01", None), ("2026-6-1", None),
    ("20260601", None), ("2026/06/01", None), ("2026-06-01 10:00:00", None), (" 2026-06-01", None), ("", None), (None, None), ("infinity", None)])
def test_parse_date_takes_days_that_exist(text, day):
    assert one(text, parse_date) == day


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-06-01 00:00:00", datetime(2026, 6, 1)), ("2026-06-01T23:59:59", datetime(2026, 6, 1, 23, 59, 59)),
    ("2024-02-29 12:00:00", datetime(2024, 2, 29, 12)), ("2026-02-29 12:00:00", None), ("2026-06-01 24:00:00", None), ("2026-06-01 23:60:00", None),
    ("2026-06-01 23:59:60", None), ("2026-06-01 10:00", None), ("2026-06-01 10:00:00+08", None), ("2026-06-01 10:00:00Z", None),
    ("2026-06-01 10:00:00.5", None), ("2026-06-01", None), ("1:00", None), ("", None), (None, None)])
def test_parse_time_drops_no_offset_in_silence(text, moment):
    assert one(text, parse_time) == moment


def test_counts_and_totals_over_no_row_are_0_and_not_null():
    empty = open_session().createDataFrame([(1,)], "n int").filter(F.col("n") > 1)
    assert tuple(empty.agg(count_if(F.col("n") > 0).alias("a"), total_if(F.col("n") > 0, F.col("n")).alias("b")).collect()[0]) == (0, 0)


def test_counts_and_totals_leave_out_rows_whose_condition_is_null():
    rows = open_session().createDataFrame([(1,), (2,), (None,)], "n int")
    assert tuple(rows.agg(count_if(F.col("n") > 1).alias("a"), total_if(F.col("n") >= 1, F.col("n")).alias("b")).collect()[0]) == (1, 3)


def test_a_total_of_many_integers_is_exact():
    rows = open_session().createDataFrame([(2**53,), (1,)], "n bigint")
    assert rows.agg(total_if(F.lit(True), F.col("n")).alias("t")).collect()[0][0] == 2**53 + 1


@pytest.mark.parametrize(("text", "day"), [("1970-01-01", 0), ("1969-12-31", -1), ("2024-02-29", 19782), ("2024-03-01", 19783), (None, None)])
def test_days_count_from_1970(text, day):
    assert one(text, lambda t: days(parse_date(t))) == day


def test_rows_are_the_same_to_row_hash_if_and_only_if_they_are():
    rows = open_session().createDataFrame([("a", None), ("a", None), (None, "a"), ("a", "")], "x string, y string")
    first, same, *others = [r[0] for r in rows.select(row_hash("x", "y").alias("h")).collect()]
    assert first == same
    assert first not in others


def test_write_sorts_by_all_columns_in_order_with_nulls_first(tmp_path):
    rows = [("b", 1), ("a", 2), (None, 3), ("a", None), ("a", 1)]
    assert write(open_session().createDataFrame(rows, "s string, n int"), tmp_path / "t") == 5
    written = pq.read_table(tmp_path / "t/part-0.parquet").to_pylist()
    assert [(r["s"], r["n"]) for r in written] == [(None, 3), ("a", None), ("a", 1), ("a", 2), ("b", 1)]


def test_a_column_may_have_any_name_and_a_folder_too(tmp_path):
    folder = tmp_path / "it's 江西"
    write(open_session().createDataFrame([(1,)], "n int").select(F.col("n").alias("order")), folder)
    assert read([folder]).collect()[0]["order"] == 1


def test_reading_where_nothing_was_written_names_the_folder_and_the_way_out(tmp_path):
    with pytest.raises(InputError, match=r"There is nothing in .*calls/2026-06; run the stage that writes it, or `dvc repro`"):
        read([tmp_path / "calls/2026-06"])


def test_the_rows_of_a_folder_are_those_of_its_part_files(tmp_path):
    for name, rows in (("none", []), ("some", [1, 2])):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"n": pa.array(rows, pa.int64())}), tmp_path / name / "part-0.parquet")
    assert [count_rows([tmp_path / name]) for name in ("none", "some")] == [0, 2]


def test_a_folder_that_is_named_twice_is_read_once(tmp_path):
    write(open_session().createDataFrame([(1,)], "n int"), tmp_path / "t")
    assert read([tmp_path / "t", tmp_path / "t"]).count() == 1


def test_a_settled_frame_keeps_its_rows_when_its_source_is_gone(tmp_path):
    write(open_session().createDataFrame([(1,)], "n int"), tmp_path / "t")
    kept = settle(read([tmp_path / "t"]))
    (tmp_path / "t/part-0.parquet").unlink()
    assert kept.collect()[0][0] == 1


@pytest.mark.parametrize(("problem", "kind"), [
    (RuntimeError("IO Error: could not write: No space left on device"), ResourceError),
    (type("OutOfMemoryException", (Exception,), {})("x"), ResourceError),
    (RuntimeError("Binder Error: no such column"), type(None)), (RuntimeError(), type(None))])
def test_a_full_disk_and_too_little_memory_are_no_bugs(problem, kind):
    assert type(resources_ran_out(problem)) is kind


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:len(whole) // 2], lambda whole: b"," * len(whole),
                                    lambda whole: whole[:-60] + b"\x13" * 40 + whole[-20:]])
def test_a_damaged_file_of_an_earlier_stage_is_no_bug(tmp_path, damage):
    write(open_session().createDataFrame([(n,) for n in range(100)], "n int"), tmp_path / "t")
    path = tmp_path / "t/part-0.parquet"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Exception) as broken:
        read([tmp_path / "t"]).collect()
    assert "a Parquet file of an earlier stage is damaged (" in str(earlier_file_is_damaged(broken.value))
    assert not any(earlier_file_is_damaged(other) for other in (RuntimeError(), RuntimeError("no such column"), KeyError("n")))


WRITE = """
import sys
from pathlib import Path
from churnkit.engine import F, close_session, open_session, read, write
from churnkit.expressions import count_if, total_if
open_session("500MB", int(sys.argv[1]), "spill")
rows = read([Path("rows")])
write(rows, Path(sys.argv[2]) / "sorted")
over_5 = F.col("n") > 5
write(rows.groupBy("s").agg(count_if(over_5).alias("many"), total_if(over_5, F.col("n")).alias("total")), Path(sys.argv[2]) / "grouped")
close_session()
"""


def test_the_bytes_are_the_same_on_one_thread_and_on_four(tmp_path):
    count = 200_000
    table = pa.table({"s": [f"s{n * 7919 % 5000:05}" for n in range(count)], "n": [n * 31 % 1000 for n in range(count)]})
    (tmp_path / "rows").mkdir()
    pq.write_table(table, tmp_path / "rows/part-0.parquet", row_group_size=20_000)
    runs = [subprocess.Popen([sys.executable, "-c", WRITE, threads, f"on_{threads}"], cwd=tmp_path, stderr=subprocess.DEVNULL) for threads in "14"]
    assert [run.wait() for run in runs] == [0, 0]
    for name in ("sorted", "grouped"):
        assert (tmp_path / f"on_1/{name}/part-0.parquet").read_bytes() == (tmp_path / f"on_4/{name}/part-0.parquet").read_bytes()
    assert list(Path(tmp_path / "spill").iterdir()) == []
