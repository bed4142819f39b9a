"""How an operator writes the rows of an extract: their columns, and the bytes they become."""

import codecs
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from churnkit.simulate.faults import BROKEN_BYTES, CUT, Faults, Wrong
from churnkit.simulate.population import Population

Ints = NDArray[np.integer]


@dataclass(frozen=True)
class Lines:
    """The subscribers' lines, found by id."""

    people: Population
    in_order: Ints

    @classmethod
    def of(cls, people: Population) -> "Lines":
        """The lines of all subscribers."""
        return cls(people, np.argsort(people.subscriber_id))

    def persons(self, table: pa.Table) -> Ints:
        """The index of the subscriber of each row."""
        ids = table["subscriber_id"].to_numpy()
        return self.in_order[np.searchsorted(self.people.subscriber_id, ids, sorter=self.in_order)]


def as_they_are(table: pa.Table, lines: Lines) -> pa.Table:
    """The rows in churnkit's own columns."""
    return table


@dataclass(frozen=True)
class Form:
    """How the files of one extract are written.

    `name` has {month} for YYYY-MM or {packed} for YYYYMM. `fields` makes the file's columns of churnkit's own, row by row;
    `second` the further records that some rows leave, which are duplicates. `widths` are for files without a delimiter,
    `trailer` is a last line with {rows}; `strange` counts, by name, what an honest row may look like all the same.
    """

    name: str
    fields: Callable[[pa.Table, Lines], pa.Table] = as_they_are
    second: Callable[[pa.Table, Lines], tuple[pa.Table, Ints]] | None = None
    faults: Faults = field(default_factory=dict)
    has_numbers: bool = False
    delimiter: str = ","
    header: bool = True
    encoding: str = "utf-8"
    widths: tuple[int, ...] = ()
    trailer: str = ""
    strange: Callable[[pa.Table], dict[str, int]] | None = None

    def write(self, file: IO[bytes], rows: pa.Table) -> None:
        """Write rows of `fields` as lines."""
        if self.widths or self.encoding != "utf-8":
            file.write(self.stored(self.text(rows)))
        else:
            self._delimited(file, rows)

    def text(self, rows: pa.Table) -> bytes:
        """Rows of `fields` as lines, in UTF-8."""
        if self.widths:
            return fixed(rows, self.widths)
        buffer = io.BytesIO()
        self._delimited(buffer, rows)
        return buffer.getvalue()

    def _delimited(self, file: IO[bytes], rows: pa.Table) -> None:
        options = pyarrow.csv.WriteOptions(
            include_header=False, quoting_style="none", batch_size=65_536, delimiter=self.delimiter
        )
        pyarrow.csv.write_csv(rows.combine_chunks(), file, options)  # it writes garbage where the first chunk is empty

    def stored(self, text: bytes) -> bytes:
        """UTF-8 text in the file's encoding."""
        if self.encoding == "utf-16":
            return text.decode().encode("utf-16-le")
        return text if self.encoding == "utf-8" or text.isascii() else text.decode().encode(self.encoding)

    def mark(self) -> bytes:
        """The byte order mark of the encoding; GBK has none."""
        marks = {"utf-8": codecs.BOM_UTF8, "gb18030": "\ufeff".encode("gb18030"), "utf-16": codecs.BOM_UTF16_LE}
        return marks.get(self.encoding, b"")

    def damaged(self, line: str, names: list[str], wrong: Wrong) -> bytes:
        """The line with what is wrong in its place, in the file's encoding and without its end."""
        return self.stored(self._damaged(line, names, wrong).encode()).replace(BROKEN_BYTES.encode(), b"\xff\xff")

    def _damaged(self, line: str, names: list[str], wrong: Wrong) -> str:
        if not wrong.field:
            if wrong.text != CUT:
                return line + (self.delimiter if not self.widths else " ")
            return line[: len(line) // 2] if self.widths else self.delimiter.join(line.split(self.delimiter)[:3])[:-1]
        place = names.index(wrong.field)
        if self.widths:
            start = sum(self.widths[:place])
            return line[:start] + wrong.text.ljust(self.widths[place]) + line[start + self.widths[place] :]
        fields = line.split(self.delimiter)
        fields[place] = wrong.text
        return self.delimiter.join(fields)


def fixed(rows: pa.Table, widths: tuple[int, ...]) -> bytes:
    """Lines of fixed width, all of ASCII."""
    cells = [
        pc.utf8_rpad(pc.fill_null(pc.cast(column, pa.string()), ""), width)
        for column, width in zip(rows.combine_chunks().columns, widths, strict=True)
    ]
    whole = pc.binary_join_element_wise(*cells, pa.scalar("\n"), pa.scalar(""))
    chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    return b"".join(memoryview(chunk.buffers()[2])[: len(chunk) * (sum(widths) + 1)] for chunk in chunks if len(chunk))


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file to write to, compressed as its name says; the same text gives the same bytes."""
    if path.suffix == ".gz":
        with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed:
            yield packed  # type: ignore[misc]  # a file to write bytes to
    elif path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as squeezed:
            yield squeezed
    else:
        with path.open("wb") as plain:
            yield plain


def words(values: Ints, names: tuple[str, ...] | list[str]) -> pa.Array:
    """Codes as their words."""
    return pa.array(names, pa.string()).take(pa.array(values.astype(np.int32)))


def coded(column: pa.ChunkedArray, codes: dict[str, str], nothing: str | None = None) -> pa.Array:
    """Words as an operator's codes; `nothing` for null."""
    place = pc.fill_null(pc.index_in(column, value_set=pa.array(list(codes))), len(codes))
    return pa.array([*codes.values(), nothing], pa.string()).take(place)


def seconds(table: pa.Table, column: str = "happened_at") -> NDArray[np.int64]:
    """A column of times as seconds since 1970, local."""
    return table[column].to_numpy().astype("datetime64[s]").astype(np.int64)


CLOCKS = pa.array([f"{s // 3600:02}{s // 60 % 60:02}{s % 60:02}" for s in range(86_400)])


def clock(second: NDArray[np.int64]) -> pa.Array:
    """The time of day as HHMMSS."""
    return CLOCKS.take(pa.array((second % 86_400).astype(np.int32)))


def packed_days(days: NDArray[np.int64]) -> pa.Array:
    """Days since 1970 as YYYYMMDD."""
    if not len(days):
        return pa.array([], pa.string())
    first = int(days.min())
    every = np.datetime_as_string(np.arange(first, int(days.max()) + 1).astype("datetime64[D]"))
    return words(days - first, [day.replace("-", "") for day in every.tolist()])
