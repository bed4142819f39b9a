"""An operator's own layout: encodings, shapes, codes and clocks, each seen through ingest."""
import gzip
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from builders import JUNE, STATUS_CHANGES, account, events, ingest_again, put_down, rejects, subscriber
from churnkit.errors import InputError
from churnkit.extracts import layout_file
from churnkit.stages.ingest import unfound

CONSENT = """\
files:
  - extract: consents
    glob: "optin*"
    {how}
    map:
      subscriber_id: 用户
      happened_at: {{field: when, format: "%Y%m%d%H%M%S"}}
      channel: {{field: what, codes: {{C: call, S: sms}}}}
      is_granted: {{field: yes_no, codes: {{是: "true", 否: "false"}}, otherwise: "false"}}
"""
ROWS = [["1001", "20260605090000", "C", "是"], ["1002", "20260606090000", "S", "否"], ["1003", "20260607090000", "C", ""]]
NAMES = ["用户", "when", "what", "yes_no"]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def ingest_with(text: str, files: dict[str, bytes], extract: str = "consents", **params: object) -> None:
    """Ingest these files by this layout."""
    Path("layouts").mkdir(exist_ok=True)
    Path("layouts/north.yaml").write_text(text, "utf-8")
    folder = put_down(JUNE, {})
    for name, content in files.items():
        (folder / name).write_bytes(content)
    ingest_again(JUNE, extract, layouts=("canonical", "north"), **params)


def delimited(delimiter: str, rows: list[list[str]]) -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


def compressed(kind: str, content: bytes) -> bytes:
    stream = pa.BufferOutputStream()
    with pa.CompressedOutputStream(stream, kind) as out:
        out.write(content)
    return stream.getvalue().to_pybytes()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "big5"])
@pytest.mark.parametrize(("delimiter", "said"), [(",", ","), ("|", "|"), (";", ";"), ("\t", r"\t"), ("\x01", r"\x01")])
def test_every_encoding_and_delimiter_gives_the_same_rows(encoding, delimiter, said):
    rows = [[cell.replace("否", "N").replace("是", "Y") if encoding == "big5" else cell for cell in row] for row in [NAMES, *ROWS]]
    rows = [[cell.replace("用户", "用戶") for cell in row] for row in rows] if encoding == "big5" else rows
    text = CONSENT.format(how=f'encoding: {encoding}\n    delimiter: "{said}"')
    text = text.replace("是:", '"Y":').replace("否:", '"N":').replace("用户", "用戶") if encoding == "big5" else text
    ingest_with(text, {"optin.txt": delimited(delimiter, rows).encode(encoding)})
    assert {(e["subscriber_id"], e["happened_at"].day, e["channel"], e["is_granted"]) for e in events("consents")} == {
        (subscriber("1001"), 5, "call", True), (subscriber("1002"), 6, "sms", False), (subscriber("1003"), 7, "call", False)}
    assert account("consents") == (3, 3, 0, 0)


@pytest.mark.parametrize(("name", "how"), [("optin.gz", gzip.compress), ("optin.csv.zst", lambda c: compressed("zstd", c)), ("optin", bytes)])
def test_a_byte_order_mark_windows_line_ends_and_compression_change_nothing(name, how):
    content = b"\xef\xbb\xbf" + delimited(",", [NAMES, *ROWS]).replace("\n", "\r\n").encode()
    ingest_with(CONSENT.format(how="preamble: 0"), {name: how(content)})
    assert account("consents") == (3, 3, 0, 0)


def test_lines_before_the_header_and_blanks_around_fields_are_passed_over_where_the_layout_says_so():
    rows = [[f" {cell} " for cell in row] for row in [NAMES, *ROWS]]
    ingest_with(CONSENT.format(how="preamble: 2\n    trim: true"), {"optin": ("report of June\n\n" + delimited(",", rows)).encode()})
    assert account("consents") == (3, 3, 0, 0)


def test_a_line_in_the_middle_of_many_that_is_no_gb18030_is_the_only_one_lost(monkeypatch):
    monkeypatch.setattr("churnkit.extracts.blocks.BLOCK", 300)
    rows = [[str(n), "20260605090000", "C", "是"] for n in range(200)]
    lines = delimited("|", [NAMES, *rows]).encode("gb18030").split(b"\n")
    lines[100] = lines[100].replace("是".encode("gb18030"), b"\xca")
    ingest_with(CONSENT.format(how='encoding: gb18030\n    delimiter: "|"'), {"optin": b"\n".join(lines)})
    assert account("consents") == (200, 199, 1, 0)
    assert [(r["line"], r["message"]) for r in rejects()] == [(101, "the line is no GB18030")]


def test_a_utf_16_file_that_breaks_off_within_a_character_loses_its_last_line_alone():
    content = delimited(",", [NAMES, *ROWS]).encode("utf-16")
    ingest_with(CONSENT.format(how="encoding: utf-16"), {"optin": content[:-3]})
    assert (account("consents"), [r["line"] for r in rejects()]) == ((3, 2, 1, 0), [4])


def test_a_file_that_is_no_utf_16_is_refused_with_what_else_its_layout_may_say():
    with pytest.raises(InputError, match="optin is no UTF-16 with a byte order mark; its layout may have to say utf-16-le"):
        ingest_with(CONSENT.format(how="encoding: utf-16"), {"optin": delimited(",", [NAMES, *ROWS]).encode("gb18030")})


STATES = """\
files:
  - extract: status_changes
    glob: "os_*"
    header: false
    delimiter: ";"
    columns: [user, at, state]
    map:
      subscriber_id: user
      happened_at: {field: at, format: "%Y-%m-%d %H:%M:%S%z"}
      status: {field: state, letters: {X: ported_out, "6": cancelled, A: one_way_stop, Y: two_way_stop, "0": open}}
"""


def test_a_set_of_letters_is_its_first_in_the_layouts_order_and_a_stranger_among_them_a_reject():
    states = ["0", "XY", "YX", "A", "AQ", ""]
    ingest_with(STATES, {"os_1": "".join(f"{n};2026-06-05 09:00:0{n}+08:00;{state}\n" for n, state in enumerate(states)).encode()}, "status_changes")
    assert {e["happened_at"].second: e["status"] for e in events("status_changes")} == {
        0: "open", 1: "ported_out", 2: "ported_out", 3: "one_way_stop"}
    assert {r["line"]: (r["column"], r["rule"]) for r in rejects()} == {5: ("status", "unread"), 6: ("status", "missing")}


def test_two_offsets_in_one_file_around_a_change_of_clock_are_told_apart():
    rows = ["1;2026-06-05 02:30:00+02:00;0", "2;2026-06-05 02:30:00+01:00;0", "3;2026-06-05 00:30:00Z;0", "4;2026-06-05 02:30:00;0"]
    ingest_with(STATES, {"os_1": "\n".join(rows).encode()}, "status_changes")
    assert {e["subscriber_id"]: e["happened_at"] for e in events("status_changes")} == {
        subscriber("1"): datetime(2026, 6, 5, 8, 30), subscriber("2"): datetime(2026, 6, 5, 9, 30), subscriber("3"): datetime(2026, 6, 5, 8, 30)}
    assert [r["line"] for r in rejects()] == [4]


def test_churnkits_own_columns_may_come_from_another_zone():
    ingest_with('zone: UTC\nfiles: [{extract: status_changes, glob: "os_*"}]\n', {"os_1": STATUS_CHANGES.encode()}, "status_changes")
    assert [e["happened_at"] for e in events("status_changes")] == [datetime(2026, 6, 30, 20)]


@pytest.mark.parametrize(("globs", "said"), [
    ('"consents*"', r"fits canonical \(consents\) and north \(consents\): a row would count twice"),
    ('"consents*"\n    delimiter: ";"', None)])
def test_a_file_that_fits_two_layouts_is_an_error_and_its_shape_may_tell_them_apart(globs, said):
    text = f"files:\n  - extract: consents\n    glob: {globs}\n"
    content = {"consents_1.csv": b"subscriber_id,happened_at,channel,is_granted\n1001,2026-06-05 09:00:00,call,true\n"}
    if said:
        with pytest.raises(InputError, match=said):
            ingest_with(text, content)
    else:
        ingest_with(text, content)
        assert account("consents") == (1, 1, 0, 0)


def test_a_file_without_a_header_that_is_written_otherwise_is_refused_whole():
    with pytest.raises(InputError, match="is not written as its layout says: its first line has 1 fields where 3 are expected"):
        ingest_with(STATES, {"os_1": b"1|2026-06-05 09:00:00+08:00|0\n" * 3}, "status_changes")


@pytest.mark.parametrize(("delimiter", "names", "said"), [
    (";", NAMES, r"The delimiter ',' parts nothing here: `churnkit inspect data/extracts/2026-06/optin_20260605\.txt` says which one does\.$"),
    (",", [*NAMES[:3], "other"], r"^data/extracts/2026-06/optin_20260605\.txt: .* missing 'yes_no'\. Found: .*[a-z]\.$")])
def test_a_file_whose_columns_do_not_fit_is_refused_under_its_whole_name_with_what_the_layout_may_have_to_say(delimiter, names, said):
    with pytest.raises(InputError, match=said):
        ingest_with(CONSENT.format(how="preamble: 0"), {"optin_20260605.txt": delimited(delimiter, [names, *ROWS]).encode()})


def test_a_missing_column_that_the_extract_can_do_without_says_how_files_may_lack_it():
    text = CONSENT.format(how="preamble: 0") + "      received_at: {field: got, format: '%Y%m%d%H%M%S'}\n"
    with pytest.raises(InputError, match=r"missing 'got'.*Where files come without it, its column in the layout may say may_be_missing: true\.$"):
        ingest_with(text, {"optin.txt": delimited(",", [NAMES, *ROWS]).encode()})


def test_what_a_code_stands_for_may_be_true_and_false_without_quotes():
    text = CONSENT.format(how="preamble: 0").replace('是: "true", 否: "false"', "是: true, 否: false")
    ingest_with(text, {"optin.txt": delimited(",", [NAMES, *ROWS]).encode()})
    assert [e["is_granted"] for e in sorted(events("consents"), key=lambda e: e["happened_at"])] == [True, False, False]


def test_a_file_that_no_own_layout_has_a_name_for_says_how_to_pass_it_over():
    Path("layouts").mkdir()
    Path("layouts/north.yaml").write_text(CONSENT.format(how="preamble: 0"), "utf-8")
    (put_down(JUNE, {}) / "readme.txt").touch()
    with pytest.raises(InputError, match=r"readme\.txt belongs to no extract; no layout of north has a glob .* or named under ignore in a layout\.$"):
        ingest_again(JUNE, "consents", layouts=("north",))


def test_a_required_extract_that_an_own_layout_reads_is_missed_under_the_name_it_has_there():
    Path("layouts").mkdir()
    bills = "{subscriber_id: user, bill_month: {field: month, format: '%Y%m'}, total_cents: {field: sum, unit: yuan}}"
    Path("layouts/north.yaml").write_text(f"files:\n  - {{extract: bills, glob: 'fee_*.txt', map: {bills}}}\n", "utf-8")
    layouts = [layout_file.load(name) for name in ("north", "bandicoot")]
    assert unfound("bills", Path("here"), layouts) == "no file here/fee_*.txt"
    assert unfound("subscribers", Path("here"), layouts) == \
        "no layout of ingest.layouts (north, bandicoot) reads it; write an entry for it, or name a layout that has one"
