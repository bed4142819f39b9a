"""Decoding and splitting: an operator's text file as rows of text, with every physical line accounted for."""
import codecs
import csv
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from churnkit.errors import InputError
from churnkit.extracts.account import masked
from churnkit.extracts.declare import Extract

BLOCK = 8 << 20
FILE_NO, LINE = "file_no", "line"


Advance = Callable[[int, int], None]


def ignore(rows: int, size: int) -> None:
    """The listener of whoever does not want to hear of progress."""


@dataclass(frozen=True)
class BadLine:
    """A physical line that is no row: its number (the header is line 1), why, and what it says."""

    line: int
    message: str
    raw: str


@dataclass(frozen=True)
class Split:
    """What splitting one file gave: physical lines below the header = rows + bad lines."""

    path: Path
    rows: int
    bad: tuple[BadLine, ...]
    size: int


def header(path: Path, extract: Extract) -> list[str]:
    """The column names in the file's first line, all of them declared.

    Raises InputError if the file is empty, no text, or its columns are not those of the extract.
    """
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            start = stream.read(1 << 16)
    except OSError as problem:
        raise unreadable(path, problem) from None
    if not start:
        raise InputError(f"{path} is empty: not even a header. Ask for the file again.")
    first = start.removeprefix(codecs.BOM_UTF8).split(b"\n", 1)[0].rstrip(b"\r")
    try:
        names = next(csv.reader([first.decode("utf-8")]), [])
        garbage = b"\0" in first or len(first) == len(start) > 4096
    except (UnicodeDecodeError, csv.Error):
        garbage, names = True, []
    if garbage:
        raise InputError(f"{path} is no UTF-8 CSV file: its first line cannot be read as column names.")
    names = [name.strip() for name in names]
    declared = [c.name for c in extract.columns]
    missing = [c.name for c in extract.columns if c.required and c.name not in names]
    unknown = [name for name in names if name not in declared]
    twice = sorted({name for name in names if names.count(name) > 1})
    if missing or unknown or twice:
        complaints = [f"{label} {', '.join(map(repr, found))}" for label, found in
                      (("missing", missing), ("unknown", unknown), ("twice", twice)) if found]
        # Without a header the first line is a row, and holds full numbers.
        raise InputError(masked(f"{path}: columns of extract {extract.name!r} do not fit: {'; '.join(complaints)}. "
                                f"Found: {', '.join(names)}. Expected: {', '.join(declared)}.", length=2_000))
    return names


def split(path: Path, names: list[str], columns: list[str], file_no: int, target: Path, advance: Advance = ignore) -> Split:
    """Write the rows of the file as text `columns`, with file and line numbers, to the Parquet file `target`.

    `names` are the file's own columns; those of `columns` that it lacks are null. `advance` hears of rows and bytes as they go by.
    """
    size = path.stat().st_size
    try:
        lines, is_odd = survey(path)
    except OSError as problem:
        raise unreadable(path, problem) from None
    told = 0

    def tell(rows: int, size: int) -> None:
        nonlocal told
        told += rows
        advance(rows, size)

    def whole(rows: int, bad: list[BadLine]) -> Split:
        advance(rows + len(bad) - told, 0)
        return Split(path, rows, tuple(bad), size)

    if not is_odd:
        try:
            fast: list[BadLine] = []
            rows = write(fast_batches(path, names, fast), columns, file_no, target, tell)
            if rows + len(fast) == lines:
                return whole(rows, fast)
        except pa.ArrowInvalid:
            pass  # quotes that never close, or a line as long as a block: line by line will say which
    slow: list[BadLine] = []
    return whole(write(slow_batches(path, names, slow), columns, file_no, target, tell), slow)


def unreadable(path: Path, problem: OSError) -> InputError:
    """What to say of a file that cannot be opened, or whose compression is broken."""
    return InputError(f"{path} cannot be read: {problem}. Ask for the file again.")


def survey(path: Path) -> tuple[int, bool]:
    """Physical lines below the header, and whether something is in the file of which readers think differently.

    That is a NUL, a lone carriage return, or bytes that are no UTF-8.
    """
    lines, returns, has_nul, is_text, last = 0, 0, False, True, b"\n"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with pa.input_stream(str(path), compression="detect") as stream:
        while block := stream.read(BLOCK):
            lines += block.count(b"\n")
            has_nul = has_nul or b"\0" in block
            if b"\r" in block or last == b"\r":
                returns += block.count(b"\r") - block.count(b"\r\n") - (last == b"\r" and block[:1] == b"\n")
            is_text = is_text and is_utf8(decoder, block)
            last = block[-1:]
    return lines + (last != b"\n") - 1, has_nul or returns > 0 or not is_text or bool(decoder.getstate()[0])


def is_utf8(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    """Whether the text goes on well with this block; plain ASCII is not decoded."""
    try:
        return (block.isascii() and not decoder.getstate()[0]) or decoder.decode(block) is not None
    except UnicodeDecodeError:
        return False


def fast_batches(path: Path, names: list[str], bad: list[BadLine]) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """The file through Arrow's streaming reader; lines of another width go to `bad`."""
    def set_aside(row: pacsv.InvalidRow) -> str:
        bad.append(BadLine(row.number, width(row.actual_columns, row.expected_columns), row.text))
        return "skip"

    reader = pacsv.open_csv(
        pa.input_stream(str(path), compression="detect"),
        read_options=pacsv.ReadOptions(column_names=names, skip_rows=1, block_size=BLOCK, use_threads=False),
        parse_options=pacsv.ParseOptions(invalid_row_handler=set_aside, ignore_empty_lines=False),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True,
                                             null_values=[""], quoted_strings_can_be_null=True))
    line = 2
    for batch in reader:
        skipped = np.array([b.line for b in bad], dtype=np.int64)
        numbers = np.arange(line, line + batch.num_rows + len(skipped))
        numbers = numbers[~np.isin(numbers, skipped)][:batch.num_rows]
        line = int(numbers[-1]) + 1 if batch.num_rows else line
        yield batch, pa.array(numbers)


def slow_batches(path: Path, names: list[str], bad: list[BadLine]) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """The file line by line; lines that cannot be read go to `bad`."""
    with pa.input_stream(str(path), compression="detect") as stream:
        numbered = enumerate(itertools.islice(physical_lines(stream), 1, None), 2)
        while chunk := list(itertools.islice(numbered, 100_000)):
            good, numbers = [], []
            for line, raw in chunk:
                fields = read_line(raw, len(names))
                if isinstance(fields, str):
                    bad.append(BadLine(line, fields, raw.decode("utf-8", "replace")))
                else:
                    good.append(fields)
                    numbers.append(line)
            columns = [pa.array([f or None for f in column], pa.string()) for column in zip(*good, strict=True)] or \
                [pa.array([], pa.string()) for _ in names]
            yield pa.RecordBatch.from_arrays(columns, names=names), pa.array(numbers, pa.int64())


def physical_lines(stream: pa.NativeFile) -> Iterator[bytes]:
    """The lines of a stream without their ends; an end is LF or CRLF."""
    rest = b""
    while block := stream.read(BLOCK):
        *whole, rest = (rest + block).split(b"\n")
        yield from (line.removesuffix(b"\r") for line in whole)
    if rest:
        yield rest.removesuffix(b"\r")


def raw_lines(path: Path, wanted: set[int]) -> dict[int, str]:
    """The lines with these numbers as they stand in the file; its header is line 1. Only blocks that hold one of them are taken apart."""
    found: dict[int, str] = {}
    first, rest, missing = 1, b"", sorted(wanted, reverse=True)
    with pa.input_stream(str(path), compression="detect", buffer_size=BLOCK) as stream:
        while missing and (block := stream.read(min(BLOCK, 1 << 16)) or (rest and b"\n")):
            ends = block.count(b"\n")
            if missing[-1] < first + ends:
                *whole, rest = (rest + block).split(b"\n")
                while missing and missing[-1] < first + ends:
                    line = missing.pop()
                    found[line] = whole[line - first].removesuffix(b"\r").decode("utf-8", "replace")
            else:
                rest = block[block.rfind(b"\n") + 1:] if ends else rest + block
            first += ends
    return found


def read_line(raw: bytes, expected: int) -> list[str] | str:
    """The fields of a line, or what is wrong with it."""
    if b"\0" in raw:
        return "holds a NUL byte"
    if b"\r" in raw:
        return "holds a carriage return"
    try:
        fields = next(csv.reader([raw.decode("utf-8")], strict=True), [])
    except UnicodeDecodeError:
        return "is no UTF-8"
    except csv.Error as problem:
        return f"cannot be split: {problem}"
    return fields if len(fields) == expected else width(len(fields), expected)


def width(found: int, expected: int) -> str:
    """What is wrong with a line of another width."""
    return f"has {found} fields where {expected} are expected"


def write(batches: Iterator[tuple[pa.RecordBatch, pa.Array]], columns: list[str], file_no: int, target: Path, advance: Advance) -> int:
    """Write the batches with their numbers; the number of rows."""
    schema = pa.schema([*((name, pa.string()) for name in columns), (FILE_NO, pa.int32()), (LINE, pa.int64())])
    rows = 0
    with pq.ParquetWriter(target, schema, compression="lz4", use_dictionary=False, write_statistics=False) as writer:
        for batch, numbers in batches:
            there, size = set(batch.schema.names), batch.num_rows
            texts = [batch.column(c) if c in there else pa.nulls(size, pa.string()) for c in columns]
            whose = pa.repeat(pa.scalar(file_no, pa.int32()), size)
            writer.write_batch(pa.RecordBatch.from_arrays([*texts, whose, numbers], schema=schema))
            rows += size
            advance(size, batch.nbytes)
    return rows
