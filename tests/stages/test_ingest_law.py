"""Whatever happens to a file on its way, each of its lines is accepted or rejected as the contract has it, or the file is refused whole."""
import csv
import gzip
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from builders import JUNE, frame, ingest_again, put_down
from churnkit.errors import InputError
from churnkit.extracts.blocks import BOMS
from churnkit.timeline import account_of, events

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")  # a traceback on stderr, too
NAMES = ("subscriber_id", "happened_at", "topic", "level", "resolved_at", "compensation_cents", "received_at")
COLUMNS = 6
TOPICS = ("信号差", "资费", '"a, b"', "net")
ROWS = 30
ENDS, OLDEST = datetime(2026, 7, 1), datetime(2026, 6, 1) - timedelta(366)
Damage = tuple[str, int, int]


def whole(file: int) -> bytes:
    """A good file; no two have a row in common."""
    rows = [",".join(NAMES[:COLUMNS])]
    for n in range(ROWS):
        solved = f"2026-06-{n % 29 + 2:02} 10:00:00" if n % 3 else ""
        rows.append(f"{file}_{n},2026-06-{n % 29 + 1:02} 09:00:{n:02},{TOPICS[n % 4]},{n % 10},{solved},{n * 100 if solved else ''}")
    return ("\n".join(rows) + "\n").encode()


def on_lines(change: Callable[[list[bytes], int, int], list[bytes]]) -> Callable[[bytes, int, int], bytes]:
    """The same change for a file: of its lines, the two places being two of them."""
    def changed(content: bytes, at: int, what: int) -> bytes:
        lines = content.split(b"\n")
        return b"\n".join(change(lines, at % len(lines), what % len(lines)))
    return changed


def on_columns(change: Callable[[list[bytes], int, int], list[bytes]], header: bool = True) -> Callable[[bytes, int, int], bytes]:
    """The same change for a file: of the columns of all its rows, with or without the header."""
    def changed(content: bytes, at: int, what: int) -> bytes:
        lines = content.split(b"\n")
        return b"\n".join(line if n == 0 and not header else b",".join(change(line.split(b","), at % COLUMNS, what % COLUMNS))
                          for n, line in enumerate(lines))
    return changed


def swapped(items: list[bytes], at: int, what: int) -> list[bytes]:
    """The items with two of them in each other's place."""
    items = list(items)
    if max(at, what) < len(items):
        items[at], items[what] = items[what], items[at]
    return items


def recoded(content: bytes, what: int) -> bytes:
    """The bytes in another encoding, as far as they are text."""
    encoding = ("gb18030", "utf-16", "utf-16-le", "latin-1", "utf-8-sig", "big5", "cp1251", "utf-8", "utf-32", "cp037")[what % 10]
    return content.decode("utf-8", "replace").encode(encoding, "replace")


ODD = b'\x00\xff\r\n",|;\xe6 a0'
TEXTS = (b'"', b"\n", b"\r", b"\r\n", b"\n\n", b",", b"\0", b"\xef\xbb\xbf", "江西".encode(), b'""', b"\x1a", b"\xc2\x85", b"\xe2\x80\xa8", b"NULL",
         b"-", b"9" * 30, "１".encode(), b"'", b"\\")
DAMAGES: dict[str, Callable[[bytes, int, int], bytes]] = {
    "byte": lambda c, at, w: c[:at] + bytes([w % 256]) + c[at + 1:],
    "odd byte": lambda c, at, w: c[:at] + ODD[w % len(ODD):][:1] + c[at + 1:],
    "insert": lambda c, at, w: c[:at] + TEXTS[w % len(TEXTS)] + c[at:],
    "cut": lambda c, at, w: c[:at] + c[at + w % 60:],
    "truncate": lambda c, at, w: c[:at],
    "line lost": on_lines(lambda lines, at, w: lines[:at] + lines[at + 1:]),
    "line twice": on_lines(lambda lines, at, w: [*lines[:at], lines[w], *lines[at:]]),
    "lines swapped": on_lines(swapped),
    "lines joined": on_lines(lambda lines, at, w: [*lines[:at], b"".join(lines[at:at + 2]), *lines[at + 2:]]),
    "line broken": on_lines(lambda lines, at, w: [*lines[:at], lines[at][:w], lines[at][w:], *lines[at + 1:]]),
    "other line ends": on_lines(lambda lines, at, w: [line + b"\r" if n % (w % 3 + 1) == 0 else line for n, line in enumerate(lines)]),
    "column lost": on_columns(lambda fields, at, w: fields[:at] + fields[at + 1:]),
    "column twice": on_columns(lambda fields, at, w: [*fields[:at], *fields[w:w + 1], *fields[at:]]),
    "columns swapped": on_columns(swapped),
    "values swapped": on_columns(swapped, header=False),
    "value lost": on_columns(lambda fields, at, w: [*fields[:at], b"", *fields[at + 1:]], header=False),
    "other delimiter": lambda c, at, w: c.replace(b",", (b";", b"|", b"\t", b",,", b", ")[w % 5]),
    "encoding": lambda c, at, w: recoded(c, w),
    "encoding of a line": on_lines(lambda lines, at, w: [*lines[:at], recoded(lines[at], w), *lines[at + 1:]]),
    "twice": lambda c, at, w: c + c,
}
places = st.integers(0, len(whole(0)) - 1), st.integers(0, 10_000)
accidents = st.lists(st.tuples(st.sampled_from(sorted(DAMAGES)), *places), min_size=1, max_size=3)
compression = st.sampled_from(["", "", "", "gz", "gz broken"])
batch = given(st.lists(st.tuples(accidents, compression, st.integers(0, 10_000)), min_size=30, max_size=30))


def damaged(file: int, changes: list[Damage]) -> bytes:
    """A good file after these accidents."""
    content = whole(file)
    for name, at, what in changes:
        content = DAMAGES[name](content, min(at, max(len(content) - 1, 0)), what)
    return content


def header_of(content: bytes) -> list[str] | None:
    """The columns of a file, None where it has to be refused."""
    first = content.split(b"\n")[0].removesuffix(b"\r")
    try:
        names = [name.strip() for name in next(csv.reader([first.decode()]), [])]
    except (UnicodeDecodeError, csv.Error):
        return None
    known = set(names) <= {*NAMES, "msisdn"} and len(set(names)) == len(names) and b"\0" not in first
    return names if known and {*NAMES[1:3]} <= set(names) and {"subscriber_id", "msisdn"} & set(names) else None


def whole_number(text: str, low: int, high: int) -> bool:
    return text == "" or (re.fullmatch("-?[0-9]{1,18}", text, re.ASCII) is not None and low <= int(text) <= high)


def moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def key_of(line: bytes, names: list[str]) -> tuple | None:
    """The natural key of a row that keeps its contract, of any other None; by another reader and other rules than ingest's."""
    line = line.removesuffix(b"\r")
    try:
        fields = next(csv.reader([line.decode()], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    if b"\0" in line or b"\r" in line or len(fields) != len(names):
        return None
    row = dict.fromkeys(NAMES, "") | dict(zip(names, fields, strict=True))
    happened, resolved, received = (moment(row[name]) for name in ("happened_at", "resolved_at", "received_at"))
    good = (re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", row["subscriber_id"]) and happened and OLDEST <= happened < ENDS and row["topic"]
            and (resolved or not row["resolved_at"]) and (received or not row["received_at"]) and whole_number(row["level"], 0, 9)
            and whole_number(row["compensation_cents"], 0, 100_000_000) and (resolved is None or resolved >= happened))
    return (row["subscriber_id"], happened, re.sub("([0-9]{3})[0-9]{4,}([0-9]{4})", r"\1****\2", row["topic"]), resolved) if good else None


def check(contents: dict[str, bytes]) -> None:
    """Ingest these files of one delivery at once; those that have to be refused, each alone, in one sentence that names it."""
    folder = put_down(JUNE, {})
    readable, columns = {}, {}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        plain = content
        try:
            plain = gzip.decompress(content) if name.endswith(".gz") else content
            names = header_of(next((plain.removeprefix(bom) for bom in BOMS if plain.startswith(bom)), plain))
        except (OSError, EOFError, zlib.error):
            names = None
        if names is None:
            with pytest.raises(InputError, match=re.escape(name)):
                ingest_again(JUNE, "care_contacts", max_reject_share=1.0)
            (folder / name).unlink()
        else:
            readable[name], columns[name] = plain, names
    ingest_again(JUNE, "care_contacts", max_reject_share=1.0)
    compare(readable, columns)


def compare(contents: dict[str, bytes], columns: dict[str, list[str]]) -> None:
    """Every line of every file, as ingest has it and as it should be; events hold what was accepted."""
    accounts = {f["file"].split("/")[1]: f for f in frame(account_of(JUNE) / "files.parquet")}
    rejects = {(r["file"].split("/")[1], r["line"]) for r in frame(account_of(JUNE) / "rejects.parquet")}
    assert set(accounts) == set(contents)
    assert len(rejects) == sum(f["rejected"] for f in accounts.values())
    of_file = Counter(row["file_no"] for row in frame(events(JUNE, "care_contacts") / "part-0.parquet"))
    seen: set[tuple] = set()
    for name in sorted(contents):
        found, lines = accounts[name], contents[name].removesuffix(b"\n").split(b"\n")[1:] if b"\n" in contents[name] else []
        assert (found["read"], found["accepted"]) == (len(lines), of_file[found["file_no"]]), name
        if found["note"].startswith("same content"):
            continue
        keys = [key_of(line, columns[name]) for line in lines]
        assert {n for n, key in enumerate(keys, 2) if key is None} == {line for file, line in rejects if file == name}, (name, contents[name])
        fresh = {key for key in keys if key} - seen
        assert found["accepted"] == len(fresh), name
        seen |= fresh


def in_a_folder_of_its_own(cases: list[tuple[list[Damage], str, int]]) -> None:
    home = Path.cwd()
    contents = {}
    for n, (changes, packed, at) in enumerate(cases):
        content = damaged(n, changes)
        if packed:
            content = gzip.compress(content)
        if packed == "gz broken":
            content = content[:at % len(content)] if at % 2 else content[:at % len(content)] + bytes([at % 256]) + content[at % len(content) + 1:]
        contents[f"care_contacts_{n:03}.csv{'.gz' if packed else ''}"] = content
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            check(contents)
        finally:
            os.chdir(home)


few = settings(max_examples=3, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate],
               suppress_health_check=list(HealthCheck), database=None)


@few
@batch
@example([([("insert", whole(0).index(b"2026-06-22 09"), TEXTS.index(b'""'))], "", 0)])  # of two quotes before a value readers think differently
def test_of_a_damaged_file_each_line_is_accepted_or_rejected_as_it_should_be_or_the_file_is_refused(cases):
    in_a_folder_of_its_own(cases)


@pytest.mark.slow
@settings(few, max_examples=100)
@batch
def test_of_thousands_of_damaged_files_too(cases):
    in_a_folder_of_its_own(cases)
