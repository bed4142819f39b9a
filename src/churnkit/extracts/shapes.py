"""The shape of one file: its columns by its header or its layout, held against what the extract needs before a row is read."""
import csv
from collections.abc import Sequence
from pathlib import Path

from churnkit.errors import InputError
from churnkit.extracts.account import masked
from churnkit.extracts.blocks import WIDE, Shape, chunks, unreadable
from churnkit.extracts.fields import read_line
from churnkit.extracts.layout import NUMBER, FileLayout, carries_number
from churnkit.extracts.mapping import fields
from churnkit.extracts.tables import columns_of, is_table

START = 1 << 16
LOOKED_AT = 100


def shape_of(path: Path, entry: FileLayout) -> Shape:
    """How this file's text becomes fields.

    Raises InputError if the file is empty, no text, or its columns are not those of its layout.
    """
    if is_table(path):
        names = checked(path, entry, columns_of(path))
        return Shape(names, tuple(name for name in fields(entry) if name in names) if entry.map else names, nulls=entry.nulls, trim=entry.trim)
    first = first_lines(path, entry)
    names = tuple(entry.names) or (header(path, entry, first) if entry.header else tuple(own_columns(entry)))
    wanted = tuple(name for name in fields(entry) if name in names) if entry.map else names
    shape = Shape(names, wanted, entry.encoding, entry.delimiter, entry.quote, tuple(entry.widths.values()), entry.nulls, entry.trim,
                  entry.preamble + entry.header, entry.trailer or "")
    if not entry.header:
        check_width(path, shape, first)
    return shape


def first_lines(path: Path, entry: FileLayout) -> list[bytes]:
    """The lines with which the file begins, below its preamble."""
    try:
        start = next(chunks(path, entry.encoding), b"")[:START]
    except OSError as problem:
        raise unreadable(path, problem) from None
    if not start:
        raise InputError(f"{path} is empty: not even a header. Ask for the file again.")
    lines = start.split(b"\n")
    whole = lines[:-1] if len(start) == START and len(lines) > 1 else lines
    return [line.removesuffix(b"\r") for line in whole[entry.preamble:]] or [b""]


def header(path: Path, entry: FileLayout, first: list[bytes]) -> tuple[str, ...]:
    """The column names in the file's first line, all of them known; raises InputError otherwise."""
    stored = "utf-8" if entry.encoding in WIDE else entry.encoding
    try:
        names = [name.strip() for name in next(csv.reader([first[0].decode(stored)], delimiter=entry.delimiter), [])]
        garbage = b"\0" in first[0] or len(first[0]) == START
    except (UnicodeDecodeError, csv.Error):
        garbage, names = True, []
    if garbage:
        raise InputError(f"{path} is no {stored.upper()} CSV file: its first line cannot be read as column names. "
                         f"`churnkit inspect {path}` says how it is written.")
    return checked(path, entry, tuple(names))


def checked(path: Path, entry: FileLayout, names: Sequence[str]) -> tuple[str, ...]:
    """The names of a file's columns, none of them twice; raises InputError where they do not fit."""
    declared = fields(entry) if entry.map else own_columns(entry)
    needed = [name for source in entry.map.values() if not source.may_be_missing for name in source.read] if entry.map else \
        [c.name for c in entry.kind.columns if c.required and not (c.kind == "subscriber" and NUMBER in names and NUMBER in declared)]
    missing = list(dict.fromkeys(name for name in needed if name not in names))
    unknown = [] if entry.map else [name for name in names if name not in declared]
    twice = sorted({name for name in names if names.count(name) > 1 and name in declared})
    if missing or unknown or twice:
        complaints = [f"{label} {', '.join(map(repr, found))}" for label, found in
                      (("missing", missing), ("unknown", unknown), ("twice", twice)) if found]
        # Without a header the first line is a row, and holds full numbers; the path is said as it is.
        said = masked(f"{'; '.join(complaints)}. Found: {', '.join(names)}. Expected: {expected(entry, declared)}.", length=2_000)
        raise InputError(f"{path}: columns of extract {entry.extract!r} do not fit: {said}{remedy(path, entry, names, missing)}")
    return tuple(f"{name} ({n})" if name in names[:n] else name for n, name in enumerate(names))


def remedy(path: Path, entry: FileLayout, names: Sequence[str], missing: Sequence[str]) -> str:
    """What the layout may have to say; nothing where only the file can be wrong."""
    if not is_table(path) and len(names) == 1 < len(fields(entry)):
        return f" The delimiter {entry.delimiter!r} parts nothing here: `churnkit inspect {path}` says which one does."
    needed = {c.name for c in entry.kind.columns if c.required} | {NUMBER}
    waits = missing and all(column not in needed for column, source in entry.map.items() if set(source.read) & set(missing))
    return " Where files come without it, its column in the layout may say may_be_missing: true." if entry.map and waits else ""


def expected(entry: FileLayout, declared: list[str]) -> str:
    """The columns that a file may have, in words."""
    if entry.map:
        return ", ".join(declared)
    return ", ".join(f"{c.name} or {NUMBER}" if c.kind == "subscriber" and NUMBER in declared else c.name for c in entry.kind.columns)


def own_columns(entry: FileLayout) -> list[str]:
    """The columns of the extract, and the number that may stand for the subscriber's id."""
    names = [c.name for c in entry.kind.columns]
    return [*names, NUMBER] if carries_number(entry.kind) and NUMBER not in names else names


def check_width(path: Path, shape: Shape, first: list[bytes]) -> None:
    """Raises InputError where none of the first lines of a file without a header is a row."""
    said = [read_line(line, shape) for line in first[:LOOKED_AT] if line]
    if said and all(isinstance(it, str) for it in said) and not (shape.trailer and len(said) == 1):
        raise InputError(f"{path} is not written as its layout says: its first line {said[0]}. Expected: {', '.join(shape.names)}.")
