"""One block of lines as columns of text: at Arrow's speed where that loses nothing, else line by line."""
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from churnkit.extracts.blocks import Block, Shape


@dataclass(frozen=True)
class BadLine:
    """A physical line that is no row: its number (the file's first line is 1), why, and what it says."""

    line: int
    message: str
    raw: str


@dataclass(frozen=True)
class Rows:
    """What became of a block: the wanted columns as text, the number of each row's line, and the lines that are no rows."""

    columns: pa.RecordBatch
    numbers: np.ndarray
    bad: tuple[BadLine, ...]


def split(block: Block, shape: Shape) -> Rows:
    """The rows of a block; rows and bad lines together are its lines.

    A block of which readers think differently (a NUL, a lone carriage return, bytes that are no text, a quote that does not close or closes
    before its field ends) is read line by line.
    """
    text = as_utf8(block.text, shape.stored)
    if text is not None and not is_odd(text, shape):
        try:
            rows = fast_widths(block, text, shape) if shape.widths else fast(block, text, shape)
            if rows and rows.columns.num_rows + len(rows.bad) == block.lines:
                return rows
        except pa.ArrowInvalid:
            pass
    return slow(block, shape)


def as_utf8(text: bytes, encoding: str) -> bytes | None:
    """The text in UTF-8; None where it is not what it should be. Plain ASCII is the same in all of them."""
    if text.isascii():
        return text
    try:
        decoded = text.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if encoding == "utf-8" else decoded.encode("utf-8")


def is_odd(text: bytes, shape: Shape) -> bool:
    """Whether there is a byte in it of which readers think differently."""
    if b"\0" in text or (b"\r" in text and text.count(b"\r") != text.count(b"\r\n")):
        return True
    if not shape.quote or shape.widths or shape.quote.encode() not in text:
        return False
    all_bytes, opens, ends = np.frombuffer(b"\n" + text + b"\n", np.uint8), np.zeros(256, bool), np.zeros(256, bool)
    opens[[ord(shape.delimiter), ord("\n")]] = ends[[ord(shape.delimiter), ord("\n"), ord("\r"), ord(shape.quote)]] = True
    quotes = np.flatnonzero(all_bytes == ord(shape.quote))
    is_inner = ~opens[all_bytes[quotes - 1]] & ~ends[all_bytes[quotes + 1]]
    return bool(is_inner.any()) and closed_early(shape.quote, shape.delimiter).search(text) is not None  # which costs ten times as much


@cache
def closed_early(quote: str, delimiter: str) -> re.Pattern[bytes]:
    """A quoted field that goes on behind its closing quote: `"a"b`."""
    q, d = re.escape(quote), re.escape(delimiter)
    return re.compile(f"(?:^|{d}){q}(?:[^{q}\n]|{q}{q})*+{q}(?!{d}|{q}|\r?$)".encode(), re.MULTILINE)


def fast(block: Block, text: bytes, shape: Shape) -> Rows:
    """The rows by Arrow's reader; lines of another width are set aside."""
    bad: list[BadLine] = []

    def set_aside(row: pacsv.InvalidRow) -> str:
        bad.append(BadLine(block.first + row.number - 1, width(row.actual_columns, row.expected_columns), row.text))
        return "skip"

    wanted = list(shape.wanted)
    table = pacsv.read_csv(
        pa.BufferReader(text),
        read_options=pacsv.ReadOptions(column_names=list(shape.names), block_size=len(text) + 1, use_threads=False),
        parse_options=pacsv.ParseOptions(delimiter=shape.delimiter, quote_char=shape.quote or False, invalid_row_handler=set_aside,
                                         ignore_empty_lines=False),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(shape.names, pa.string()), include_columns=wanted, strings_can_be_null=True,
                                             null_values=["", *shape.nulls], quoted_strings_can_be_null=True))
    table = table.combine_chunks()
    columns = [table.column(n).chunk(0) if table.num_rows else pa.array([], pa.string()) for n in range(len(wanted))]
    if shape.trim:
        columns = [trimmed(column, shape.nulls) for column in columns]
    numbers = np.arange(block.first, block.first + table.num_rows + len(bad), dtype=np.int64)
    if bad:
        numbers = np.delete(numbers, [b.line - block.first for b in bad])
    return Rows(pa.RecordBatch.from_arrays(columns, names=wanted), numbers, tuple(bad))


def trimmed(column: pa.Array, nulls: Sequence[str]) -> pa.Array:
    """The column without the blanks around its texts; null where nothing is left."""
    bare = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(bare, value_set=pa.array(["", *nulls])), pa.scalar(None, pa.string()), bare)


def fast_widths(block: Block, text: bytes, shape: Shape) -> Rows | None:
    """The rows of fixed width as one rectangle of bytes; None where the lines differ in length or a byte is not a letter."""
    end = b"\r\n" if b"\r\n" in text[:sum(shape.widths) + 2] else b"\n"
    length, lines = sum(shape.widths) + len(end), block.lines
    whole = text if text.endswith(b"\n") else text + end
    if not text.isascii() or len(whole) != length * lines:
        return None
    grid = np.frombuffer(whole, np.uint8).reshape(lines, length)
    if (grid[:, -1] != ord("\n")).any() or (grid == ord("\n")).sum() != lines:
        return None
    starts = dict(zip(shape.names, np.cumsum([0, *shape.widths[:-1]]).tolist(), strict=True))
    sizes = dict(zip(shape.names, shape.widths, strict=True))
    columns = []
    for name in shape.wanted:
        cells = np.ascontiguousarray(grid[:, starts[name]:starts[name] + sizes[name]])
        plain = pa.Array.from_buffers(pa.binary(sizes[name]), lines, [None, pa.py_buffer(cells)])
        columns.append(trimmed(plain.cast(pa.binary()).cast(pa.string()), shape.nulls))
    return Rows(pa.RecordBatch.from_arrays(columns, names=list(shape.wanted)), np.arange(block.first, block.first + lines, dtype=np.int64), ())


def slow(block: Block, shape: Shape) -> Rows:
    """The rows line by line; each line that cannot be read is set aside with its reason."""
    good: list[list[str | None]] = []
    numbers: list[int] = []
    bad: list[BadLine] = []
    places = [shape.names.index(name) for name in shape.wanted]
    nothing = {"", *shape.nulls}
    for line, raw in enumerate(physical(block), block.first):
        found = read_line(raw, shape)
        if isinstance(found, str):
            bad.append(BadLine(line, found, raw.decode(shape.stored, "replace")))
            continue
        texts = [found[n].strip() if shape.trim or shape.widths else found[n] for n in places]
        good.append([None if text in nothing else text for text in texts])
        numbers.append(line)
    columns = [pa.array(column, pa.string()) for column in zip(*good, strict=True)] or [pa.array([], pa.string()) for _ in places]
    return Rows(pa.RecordBatch.from_arrays(columns, names=list(shape.wanted)), np.array(numbers, dtype=np.int64), tuple(bad))


def physical(block: Block) -> Iterator[bytes]:
    """The lines of a block without their ends; an end is LF or CRLF."""
    for line in block.text.removesuffix(b"\n").split(b"\n"):
        yield line.removesuffix(b"\r")


def read_line(raw: bytes, shape: Shape) -> list[str] | str:
    """The fields of a line, or what is wrong with it."""
    if b"\0" in raw:
        return "holds a NUL byte"
    if b"\r" in raw:
        return "holds a carriage return"
    try:
        if shape.widths:
            return cut(raw, shape)
        text = raw.decode(shape.stored)
        fields = next(csv.reader([text], strict=True, delimiter=shape.delimiter, quotechar=shape.quote or None,
                                 quoting=csv.QUOTE_MINIMAL if shape.quote else csv.QUOTE_NONE), [])
    except UnicodeDecodeError:
        return f"is no {shape.stored.upper()}"
    except csv.Error as problem:
        return f"cannot be split: {problem}"
    return fields if len(fields) == len(shape.names) else width(len(fields), len(shape.names))


def cut(raw: bytes, shape: Shape) -> list[str] | str:
    """The fields of a line of fixed width. Raises UnicodeDecodeError."""
    if len(raw) != sum(shape.widths):
        return f"is {len(raw)} bytes long where {sum(shape.widths)} are expected"
    ends = np.cumsum(shape.widths).tolist()
    return [raw[end - size:end].decode(shape.stored) for end, size in zip(ends, shape.widths, strict=True)]


def width(found: int, expected: int) -> str:
    """What is wrong with a line of another width."""
    return f"has {found} fields where {expected} are expected"
