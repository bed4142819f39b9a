"""Files as operators really send them: whatever their shape, no line of them is lost."""
import gzip
import os
from datetime import datetime
from pathlib import Path

import pytest

from builders import JUNE, account, deliver, events, ingest_again, put_down, rejects, run_ingest, subscriber
from churnkit.errors import InputError
from churnkit.extracts import EXTRACTS, blocks, layout, layout_file, shapes
from churnkit.stages.ingest import files_by_extract
from churnkit.timeline import Delivery

CANONICAL = [layout_file.load("canonical")]
HEADER = b"subscriber_id,happened_at,channel,is_granted\n"
ROWS = [f"100{n},2026-06-05 09:00:00,call,true\n".encode() for n in range(6)]
FOUR = b"".join(ROWS[:4])


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def refused(extract: str, content: bytes) -> str:
    """What is said of a file that is refused whole."""
    path = put_down(JUNE, {extract: content}) / f"{extract}_{JUNE}.csv"
    with pytest.raises(InputError) as caught:
        shapes.shape_of(path, layout.FileLayout(extract, glob=("*",)))
    return str(caught.value)


@pytest.mark.parametrize(("content", "accepted", "rejected"), [
    (HEADER + FOUR, 4, {}),
    (b"\xef\xbb\xbf" + HEADER + FOUR, 4, {}),
    ((HEADER + FOUR).replace(b"\n", b"\r\n"), 4, {}),
    (HEADER.replace(b"\n", b"\r\n") + FOUR, 4, {}),
    (HEADER + FOUR.removesuffix(b"\n"), 4, {}),
    (HEADER + b"".join([*ROWS[:2], b"\n", *ROWS[2:4]]), 4, {4: "subscriber_id is empty"}),
    (HEADER + FOUR + b"\n", 4, {6: "subscriber_id is empty"}),
    (HEADER + FOUR.replace(b"1001", b"10\x0001") + b"\n", 3, {3: "the line holds a NUL byte", 6: "the line has 0 fields where 4 are expected"}),
    (HEADER + b"".join([ROWS[0], b'1009,"2026-06-05 09:00:00,call,true\n', *ROWS[1:4]]), 4, {3: "the line cannot be split: unexpected end of data"}),
    (HEADER + FOUR.replace(b"1001", b'"1001"'), 4, {}),
    (HEADER + FOUR.replace(b"1001", b'""1001').replace(b"1002", b'"10"02'), 2,
     {3: "the line cannot be split: ',' expected after '\"'", 4: "the line cannot be split: ',' expected after '\"'"}),
    (HEADER + FOUR.replace(b"1001", b'"10""01"').replace(b"true", b'"true"').replace(b"call", b'ca"ll', 1), 2,
     {2: "channel is not one of call, sms", 3: "subscriber_id is not an id of letters and digits"}),
    (HEADER + FOUR.replace(b"1001", b"10\x0001"), 3, {3: "the line holds a NUL byte"}),
    (HEADER + FOUR.replace(b"1001", b"10\r01"), 3, {3: "the line holds a carriage return"}),
    (HEADER + FOUR.replace(b"1001", b"10\r01").replace(b"1002", b'"10\n02"'), 2,
     {3: "the line holds a carriage return", 4: "the line cannot be split: unexpected end of data",
      5: "subscriber_id is not an id of letters and digits"}),
    (HEADER + FOUR.replace(b"1001", b"\xc0\xcf"), 3, {3: "the line is no UTF-8"}),
    (HEADER + FOUR.replace(b"1001", b"\xff,\xff"), 3, {3: "the line is no UTF-8"}),
    (HEADER + FOUR.replace(b"1001", "用户".encode()[:-1]), 3, {3: "the line is no UTF-8"}),
    (HEADER + FOUR.removesuffix(b"all,true\n"), 3, {5: "the line has 3 fields where 4 are expected"}),
    (HEADER + FOUR.replace(b"1001", b"1" * 200_000), 3, {3: "subscriber_id is not an id of letters and digits"}),
    (HEADER + b"".join([*ROWS[:2], HEADER, *ROWS[2:4]]), 4, {4: "happened_at is not a time YYYY-MM-DD HH:MM:SS without offset"}),
])
def test_every_line_below_the_header_is_a_row_or_a_reject_with_its_line_number(content, accepted, rejected):
    put_down(JUNE, {"consents": content})
    ingest_again(JUNE, "consents", max_reject_share=1.0)
    assert account("consents") == (accepted + len(rejected), accepted, len(rejected), 0)
    assert {r["line"]: r["message"] for r in rejects()} == rejected


def test_what_is_set_aside_is_numbered_as_in_the_file_over_many_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    bad = {37: "a,b\n", 38: "\n", 200: "x,never,call,true\n", 401: "a,b,c,d,e\n"}
    content = [bad.get(n, f"{n},2026-06-05 09:00:00,call,true\n") for n in range(2, 402)]
    put_down(JUNE, {"consents": HEADER + "".join(content).encode()})
    ingest_again(JUNE, "consents")
    assert [r["line"] for r in rejects()] == [37, 38, 200, 401]
    assert account("consents") == (400, 396, 4, 0)


def test_a_compressed_file_is_read_like_a_plain_one():
    folder = put_down(JUNE, {})
    (folder / "consents_2026-06.csv.gz").write_bytes(gzip.compress(HEADER + FOUR))
    ingest_again(JUNE, "consents")
    assert (account("consents"), [e["subscriber_id"] for e in events("consents")]) == ((4, 4, 0, 0), sorted(subscriber(f"100{n}") for n in range(4)))


def test_columns_go_by_their_names_and_may_differ_between_the_files_of_one_extract():
    folder = put_down(JUNE, {"status_changes": b"subscriber_id,happened_at,status,reason\n1001,2026-06-05 09:00:00,open,arrears\n"})
    (folder / "status_changes_b.csv").write_bytes(b"status,subscriber_id, happened_at \nopen,1002,2026-06-06 09:00:00\n")
    ingest_again(JUNE, "status_changes")
    assert sorted((e["subscriber_id"], e["happened_at"], e["status"], e.get("reason")) for e in events("status_changes")) == sorted([
        (subscriber("1001"), datetime(2026, 6, 5, 9), "open", "arrears"), (subscriber("1002"), datetime(2026, 6, 6, 9), "open", None)])


def test_the_lines_of_a_file_are_found_by_their_numbers_wherever_the_blocks_end(monkeypatch):
    content = HEADER + FOUR + b"the last"
    path = put_down(JUNE, {"consents": content}) / "consents_2026-06.csv"
    expected = dict(enumerate(content.decode().split("\n"), 1))
    for block in (1, 7, 45, len(content), 1 << 20):
        monkeypatch.setattr(blocks, "BLOCK", block)
        assert [blocks.raw_lines(path, {n}) for n in expected] == [{n: text} for n, text in expected.items()]
    assert (blocks.raw_lines(path, set(expected)), blocks.raw_lines(path, set())) == (expected, {})


@pytest.mark.parametrize(("header", "said"), [
    (b"subscriber_id,happened_at,chanel,is_granted\n", "missing 'channel'; unknown 'chanel'"),
    (b"subscriber_id,happened_at,channel\n", "missing 'is_granted'"),
    (b"subscriber_id,happened_at,channel,is_granted,channel\n", "twice 'channel'"),
    (b"subscriber_id;happened_at;channel;is_granted\n", "missing 'subscriber_id', 'happened_at', 'channel', 'is_granted'; unknown"),
    (b"1001,2026-06-05 09:00:00,call,true\n", "missing 'subscriber_id'"),
    (b"\n", "missing 'subscriber_id'"),
])
def test_a_header_that_does_not_fit_names_what_is_found_and_what_is_expected(header, said):
    complaint = refused("consents", header + FOUR)
    assert f"columns of extract 'consents' do not fit: {said}" in complaint
    assert complaint.endswith("Expected: subscriber_id or msisdn, happened_at, channel, is_granted, received_at.")


def test_the_complaint_about_a_missing_header_hides_the_numbers_of_the_row_in_its_place():
    complaint = refused("subscribers", b"1001,2026-06-30,12012345678,2020-01-01\n")
    assert "12012345678" not in complaint
    assert "'120****5678'" in complaint


def test_the_complaint_about_columns_names_the_file_where_it_lies():
    folder = put_down("2025-07..2026-06", {})
    (folder / "calls_20260630.csv").write_text("subscriber_id,kind\n")
    with pytest.raises(InputError, match=r"^data/extracts/2025-07\.\.2026-06/calls_20260630\.csv: columns of extract 'calls' do not fit: missing"):
        ingest_again("2025-07..2026-06", "calls")


@pytest.mark.parametrize(("content", "said"), [
    (b"", "is empty: not even a header"),
    (bytes(range(256)) * 40, "is no UTF-8 CSV file"),
    ("subscriber_id,happened_at".encode("utf-16"), "is no UTF-8 CSV file"),
    (b"PK\x03\x04" + b"\x00\x01" * 100, "is no UTF-8 CSV file"),
    ((HEADER + FOUR).replace(b"\n", b"\r"), "is no UTF-8 CSV file"),
    (b"x" * 100_000, "is no UTF-8 CSV file"),
])
def test_an_empty_file_and_garbage_are_refused_whole(content, said):
    assert said in refused("consents", content)


def test_a_compressed_file_that_breaks_off_or_is_none_is_refused_whole():
    whole = gzip.compress(HEADER + b"".join(f"{n * n},2026-06-05 09:00:00,call,true\n".encode() for n in range(20_000)))
    for content in (whole[:len(whole) // 2], whole[:-6] + bytes(6), HEADER + FOUR):
        (put_down(JUNE, {}) / "consents_2026-06.csv.gz").write_bytes(content)
        with pytest.raises(InputError, match=r"consents_2026-06\.csv\.gz cannot be read: .*Ask for the file again"):
            ingest_again(JUNE, "consents")


@pytest.mark.parametrize(("name", "said"), [
    ("cals_2026-06.csv", r"belongs to no extract \(did you mean 'calls'\?\); names are <extract>_<anything>\.csv or \.csv\.gz"),
    ("calls_2026-06.xlsx", r"calls_2026-06\.xlsx belongs to no extract"),
    ("notes.txt", r"notes\.txt belongs to no extract; names"),
])
def test_a_file_that_belongs_to_no_extract_is_not_passed_over_in_silence(name, said):
    (deliver() / name).touch()
    with pytest.raises(InputError, match=said):
        run_ingest()


@pytest.mark.parametrize("extract", [name for name, e in EXTRACTS.items() if e.required])
def test_a_required_extract_that_did_not_come_is_named(extract):
    deliver(**{extract: None})
    with pytest.raises(InputError, match=f"Delivery 2026-06 lacks the required extract '{extract}': no file data/extracts/2026-06/{extract}_"):
        run_ingest()


def test_files_are_found_in_folders_below_and_hidden_ones_are_left_alone():
    folder = deliver()
    (folder / "calls_2026-06.csv").rename(folder / ".calls_2026-06.csv")
    (folder / "north").mkdir()
    (folder / "north/calls.csv").touch()
    assert [s.path.name for s in files_by_extract(Delivery.named(JUNE), CANONICAL)["calls"]] == ["calls.csv"]


@pytest.mark.parametrize(("put", "said"), [
    (lambda at: at.symlink_to("/nowhere/calls.csv"), r"calls_b\.csv is a link that leads to no file"),
    (lambda at: at.symlink_to(Path().resolve(), target_is_directory=True), r"calls_b\.csv is a link to a folder, whose files would be overlooked"),
    (os.mkfifo, r"calls_b\.csv is no file"),
    (lambda at: (at.parent / os.fsdecode(b"calls_\xff.csv")).touch(), r"a file whose name is no UTF-8, b'calls_\\xff\.csv'")])
def test_what_is_there_but_is_no_file_is_not_passed_over_in_silence(put, said):
    put(deliver() / "calls_b.csv")
    with pytest.raises(InputError, match=said):
        run_ingest()


@pytest.mark.parametrize("name", ["o'brien", "a b", "南昌", "[x]", "*", '"q"', "{x}", "a%20", "a|b", "back\\slash", "a;b", "$HOME", "-"])
def test_a_file_may_be_called_anything(name):
    (put_down(JUNE, {}) / f"consents_{name}.csv").write_bytes(HEADER + FOUR)
    ingest_again(JUNE, "consents")
    assert account("consents") == (4, 4, 0, 0)


def test_a_delivery_that_is_not_there_is_named():
    with pytest.raises(InputError, match="data/extracts/2026-07/ does not exist"):
        files_by_extract(Delivery.named("2026-07"), CANONICAL)


def test_a_last_line_without_a_number_where_the_trailer_has_one_is_none():
    path = put_down(JUNE, {"consents": HEADER + FOUR + b"END of file\n"}) / "consents_2026-06.csv"
    with pytest.raises(InputError, match="does not end in the line with the row count"):
        list(blocks.rows_of(path, blocks.Shape(("a",), ("a",), trailer="END (.*)")))
