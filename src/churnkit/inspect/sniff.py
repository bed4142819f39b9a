"""How an unknown file is written: its encoding, its delimiter or widths, whether it has a header, and its first rows."""
import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from churnkit.errors import InputError
from churnkit.extracts.blocks import WIDE, chunks, opened, unreadable
from churnkit.extracts.tables import columns_of, is_table
from churnkit.extracts.tables import opened as opened_table

START = 1 << 20
SAMPLE = 500
DELIMITERS = (",", "|", ";", "\t", "\x01")
CJK = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
NOTHING = ("NULL", "null", "\\N", "N/A", "-", "--", "无")  # what operators write for an empty field
VALUE = re.compile(r"[-+]?[0-9][0-9.,:/ -]*|true|false|null")


@dataclass(frozen=True)
class Sniffed:
    """What was found; `rows` are the first ones as lists of text, without header and trailer."""

    path: Path
    encoding: str
    delimiter: str
    widths: dict[str, int]
    has_header: bool
    names: tuple[str, ...]
    rows: list[list[str]]
    trailer: str | None = None
    is_padded: bool = False

    @property
    def said(self) -> str:
        """It in words."""
        if is_table(self.path):
            return "Parquet"
        how = "fixed width" if self.widths else f"delimiter {self.delimiter!r}"
        return f"{self.encoding}, {how}, {'a header' if self.has_header else 'no header'}{', a last line with the row count' if self.trailer else ''}"

    @property
    def nulls(self) -> tuple[str, ...]:
        """What stands in fields and means nothing."""
        there = {cell.strip() for row in self.rows for cell in row}
        return tuple(word for word in NOTHING if word in there)

    def column(self, n: int) -> list[str]:
        """The texts of a column that are not empty."""
        return [text for row in self.rows if (text := row[n].strip()) and text not in NOTHING]


def sniff(path: Path) -> Sniffed:
    """What the file seems to be. Raises InputError where it cannot be read or is no text."""
    if is_table(path):
        names = columns_of(path)
        first = [batch.to_pylist() for batch in islice(opened_table(path).iter_batches(SAMPLE), 1)]
        rows = [["" if v is None else str(v) for v in row.values()] for batch in first for row in batch]
        return Sniffed(path, "utf-8", ",", {}, True, names, rows)
    encoding = encoding_of(path)
    try:
        start = next(chunks(path, encoding), b"")[:START]
    except OSError as problem:
        raise unreadable(path, problem) from None
    stored = "utf-8" if encoding in WIDE else encoding
    lines = [line.decode(stored, "replace").removesuffix("\r") for line in start.split(b"\n")]
    lines = (lines[:-1] if len(start) == START else lines)[:SAMPLE + 1]
    lines = lines[:-1] if lines and not lines[-1] else lines
    if not lines:
        raise InputError(f"{path} is empty.")
    delimiter, count = delimiter_of(lines)
    if not delimiter:
        return fixed(path, encoding, lines)
    cells = [next(csv.reader([line], delimiter=delimiter), []) for line in lines]
    trailer = trailer_of(cells[-1], lines[-1]) if len(cells[-1]) != count and len(lines) < SAMPLE else None
    cells = [row for row in cells if len(row) == count]
    has_header = looks_like_names(cells)
    names = tuple(name.strip() for name in cells[0]) if has_header else tuple(f"c{n}" for n in range(1, count + 1))
    rows = cells[1:] if has_header else cells
    return Sniffed(path, encoding, delimiter, {}, has_header, names, rows, trailer, any(cell != cell.strip() for row in rows for cell in row))


def encoding_of(path: Path) -> str:
    """The encoding that the file's first part can be read in, the strictest first."""
    try:
        with opened(path) as stream:
            start = stream.read(START)
    except OSError as problem:
        raise unreadable(path, problem) from None
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(b"PK\x03\x04"):
        raise InputError(f"{path} is a zip archive or a spreadsheet: unpack it, or have it saved as CSV.")
    if b"\0" in start[:1000]:
        halves = start[0:1000:2].count(0), start[1:1000:2].count(0)
        if min(halves) > max(halves) / 10:
            raise InputError(f"{path} is no text: it is full of NUL bytes. If it is a spreadsheet, have it saved as CSV.")
        return "utf-16-be" if halves[0] > halves[1] else "utf-16-le"
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        strange = [c for c in text if ord(c) > 127]
        if encoding == "utf-8" or (sum(bool(CJK.match(c)) for c in strange) > 0.9 * len(strange) and is_usual(strange, encoding)):
            return encoding
    return "latin-1"


def is_usual(characters: list[str], encoding: str) -> bool:
    """Whether most of the characters are everyday ones: an umlaut and the letter behind it read as a rare one of gb18030 or big5."""
    stored = [c.encode(encoding, "replace") for c in characters]
    usual = [code[1:2] > b"\xa0" if encoding == "gb18030" else code[:1] <= b"\xc6" for code in stored]
    return sum(usual) > 0.5 * len(usual)


def delimiter_of(lines: list[str]) -> tuple[str, int]:
    """The delimiter that parts most lines into the same number of fields, and that number; empty if none does."""
    best = ("", 1, 0.0)
    for delimiter in DELIMITERS:
        counts = Counter(len(next(csv.reader([line], delimiter=delimiter), [])) for line in lines)
        count, times = counts.most_common(1)[0]
        if count > 1 and times >= 0.8 * len(lines) and (times / len(lines), count) > (best[2], best[1]):
            best = (delimiter, count, times / len(lines))
    return best[:2]


def fixed(path: Path, encoding: str, lines: list[str]) -> Sniffed:
    """A file of fixed width: fields end where all lines have a blank before something."""
    sizes = Counter(len(line.encode(encoding)) for line in lines)
    size, times = sizes.most_common(1)[0]
    if times < 0.8 * len(lines) or size < 2:
        raise InputError(f"{path}: neither a delimiter nor a fixed width is to be seen in its first lines, such as {len(lines[0])} characters long.")
    rows = [line.encode(encoding) for line in lines if len(line.encode(encoding)) == size]
    starts = [0, *(n for n in range(1, size) if all(row[n - 1:n] == b" " for row in rows) and any(row[n:n + 1] != b" " for row in rows)), size]
    widths = {f"c{n}": end - start for n, (start, end) in enumerate(pairwise(starts), 1)}
    cells = [[row[a:b].decode(encoding, "replace") for a, b in pairwise(starts)] for row in rows]
    return Sniffed(path, encoding, ",", widths, False, tuple(widths), cells, None, True)


def looks_like_names(cells: list[list[str]]) -> bool:
    """Whether the first row names the columns: no value in it, no two cells the same, and values below."""
    first = [cell.strip() for cell in cells[0]]
    if not any(row[-1].strip() for row in cells):  # every line ends in a delimiter
        first = first[:-1]
    if not all(first) or len(set(first)) < len(first) or any(VALUE.fullmatch(cell.lower()) for cell in first):
        return False
    below = cells[1:] or [[]]
    return not cells[1:] or any(VALUE.fullmatch(cell.strip().lower()) for row in below for cell in row)


def trailer_of(cells: list[str], line: str) -> str | None:
    """A pattern for the last line, if it holds one number and little else."""
    numbers = re.findall(r"[0-9]+", line)
    return re.escape(line.strip()).replace(numbers[0], "([0-9]+)") if len(numbers) == 1 and len(cells) <= 4 else None
