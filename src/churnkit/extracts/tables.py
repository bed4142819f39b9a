"""Parquet files as an operator's warehouse writes them, read as text like any other file."""
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from churnkit.errors import InputError
from churnkit.extracts.blocks import Shape
from churnkit.extracts.fields import Rows, trimmed

ROWS = 131_072
DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError, ValueError)


def is_table(path: Path) -> bool:
    """Whether the file is Parquet, by its name."""
    return path.suffix == ".parquet"


def opened(path: Path) -> pq.ParquetFile:
    """The file. Raises InputError if it is none."""
    try:
        return pq.ParquetFile(path)
    except DAMAGE as problem:
        raise unreadable(path, problem) from None


def unreadable(path: Path, problem: Exception) -> InputError:
    """What to say of a file that is no Parquet, or no longer."""
    return InputError(f"{path} cannot be read as Parquet: {problem}. Ask for the file again.")


def columns_of(path: Path) -> tuple[str, ...]:
    """The names of its columns. Raises InputError if it is no Parquet."""
    try:
        return tuple(opened(path).schema_arrow.names)
    except DAMAGE as problem:
        raise unreadable(path, problem) from None


def rows_of(path: Path, shape: Shape) -> Iterator[Rows]:
    """The wanted columns as text, so many rows at a time, each with its number; the first is 1. Raises InputError where the file is damaged."""
    first, wanted = 1, list(shape.wanted)
    try:
        if nested := [f"{f.name} ({f.type})" for f in opened(path).schema_arrow if f.name in wanted and pa.types.is_nested(f.type)]:
            raise InputError(f"{path}: a column that is read must have one value a row; {', '.join(nested)} has lists or records of them.")
        for batch in opened(path).iter_batches(ROWS, columns=wanted):
            texts = [as_text(batch.column(name), shape.nulls, shape.trim) for name in wanted]
            yield Rows(pa.RecordBatch.from_arrays(texts, names=wanted), np.arange(first, first + batch.num_rows, dtype=np.int64), ())
            first += batch.num_rows
    except DAMAGE as problem:
        raise unreadable(path, problem) from None


def as_text(column: pa.Array, nulls: Sequence[str] = (), trim: bool = False) -> pa.Array:
    """The column as the text that a CSV file would have for it; a time with a zone bears its offset from UTC. Raises pa.ArrowException."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.cast(kind.value_type), nulls, trim)
    if pa.types.is_timestamp(kind):
        text = pc.strftime(column.cast(pa.timestamp("s", kind.tz), safe=False), "%Y-%m-%d %H:%M:%S" + ("%z" if kind.tz else ""))
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = column.cast(pa.string())
        nothing = pa.array(["", *nulls])
        text = trimmed(text, nulls) if trim else pc.if_else(pc.is_in(text, value_set=nothing), pa.scalar(None, pa.string()), text)
    else:
        text = column.cast(pa.string())
    return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text


def raw_rows(path: Path, wanted: set[int]) -> dict[int, str]:
    """The rows with these numbers, their fields parted by |; the first is 1."""
    found: dict[int, str] = {}
    first = 1
    for batch in opened(path).iter_batches(ROWS) if wanted else ():
        for n in sorted(n for n in wanted if first <= n < first + batch.num_rows):
            found[n] = "|".join(map(cell, batch.slice(n - first, 1).columns))
        first += batch.num_rows
    return found


def cell(value: pa.Array) -> str:
    """An array of one value as it is shown; empty for none."""
    try:
        return as_text(value)[0].as_py() or ""
    except (pa.ArrowException, UnicodeDecodeError):  # a list, bytes
        return f"({value.type})"
