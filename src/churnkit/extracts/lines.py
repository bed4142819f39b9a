"""Decoding and splitting: an operator's text file as rows of text, with every physical line accounted for."""
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from churnkit.extracts import blocks, fields, tables
from churnkit.extracts.blocks import Shape, unreadable
from churnkit.extracts.fields import BadLine
from churnkit.timeline import FILE_NO

LINE = "line"

Advance = Callable[[int, int], None]
Columns = dict[str, tuple[str | None, str | None]]  # by name: the field of the file it is, or what it says in all rows


def ignore(rows: int, size: int) -> None:
    """The listener of whoever does not want to hear of progress."""


@dataclass(frozen=True)
class Split:
    """What splitting one file gave: physical lines below the header = rows + bad lines."""

    path: Path
    rows: int
    bad: tuple[BadLine, ...]
    size: int
    encoding: str = "utf-8"

    def raw(self, lines: set[int]) -> dict[int, str]:
        """The lines with these numbers as they stand in the file; of a table the rows, the first being 1."""
        if tables.is_table(self.path):
            return tables.raw_rows(self.path, lines)
        return blocks.raw_lines(self.path, lines, self.encoding)


@dataclass(frozen=True)
class Team:
    """The threads that split blocks, and the room for those under way, so that memory does not grow with the files."""

    pool: ThreadPoolExecutor
    room: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(8))


@contextmanager
def team(threads: int) -> Iterator[Team]:
    """So many threads; a single large file keeps them all busy."""
    with ThreadPoolExecutor(threads) as pool:
        yield Team(pool, threading.Semaphore(2 * threads))


def split(path: Path, shape: Shape, columns: Columns, file_no: int, target: Path, team: Team, advance: Advance = ignore) -> Split:
    """Write the rows of the file as text `columns`, with file and line numbers, to Parquet files in the folder `target`.

    `columns` has for each the field of the file, null where the file lacks it, or a text that all its rows have. `advance` hears
    of rows and bytes as they go by. Raises InputError where the file cannot be read or its trailer counts other rows.
    """
    size = path.stat().st_size
    rows, bad = 0, list[BadLine]()
    under_way: deque[Future[tuple[int, tuple[BadLine, ...]]]] = deque()

    def one(block: blocks.Block | fields.Rows, n: int) -> tuple[int, tuple[BadLine, ...]]:
        try:
            found = fields.split(block, shape) if isinstance(block, blocks.Block) else block
            if len(found.numbers):
                write(found, columns, file_no, target / f"{file_no:06}-{n:06}.parquet")
            advance(len(found.numbers) + len(found.bad), len(block.text) if isinstance(block, blocks.Block) else found.columns.nbytes)
            return len(found.numbers), found.bad
        finally:
            team.room.release()

    try:
        pieces: Iterable[blocks.Block | fields.Rows] = tables.rows_of(path, shape) if tables.is_table(path) else blocks.rows_of(path, shape)
        for n, block in enumerate(pieces):
            team.room.acquire()
            under_way.append(team.pool.submit(one, block, n))
    except OSError as problem:
        raise unreadable(path, problem) from None
    finally:
        for done in [f.result() for f in under_way]:
            rows += done[0]
            bad += done[1]
    return Split(path, rows, tuple(bad), size, shape.encoding)


def count(path: Path, shape: Shape) -> int:
    """How many rows the file has, good and bad, when nothing of them is wanted. Raises InputError where it cannot be read."""
    try:
        return tables.opened(path).metadata.num_rows if tables.is_table(path) else sum(block.lines for block in blocks.rows_of(path, shape))
    except OSError as problem:
        raise unreadable(path, problem) from None


def schema(columns: Iterable[str]) -> pa.Schema:
    """The columns as text, and the numbers of file and line."""
    return pa.schema([*((name, pa.string()) for name in columns), (FILE_NO, pa.int32()), (LINE, pa.int64())])


def write(rows: fields.Rows, columns: Columns, file_no: int, target: Path) -> None:
    """Write the rows of one block with their numbers."""
    there, size = set(rows.columns.schema.names), rows.columns.num_rows
    texts = [rows.columns.column(name) if name in there else pa.repeat(pa.scalar(said, pa.string()), size) for name, said in columns.values()]
    whose = pa.repeat(pa.scalar(file_no, pa.int32()), size)
    table = pa.Table.from_arrays([*texts, whose, pa.array(rows.numbers)], schema=schema(columns))
    pq.write_table(table, target, compression="lz4", use_dictionary=False, write_statistics=False)


def write_nothing(columns: Iterable[str], target: Path) -> None:
    """A part without rows, so that there is a table to read where no file has any."""
    pq.write_table(schema(columns).empty_table(), target / "nothing.parquet")
