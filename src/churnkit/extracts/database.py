"""Tables of a database, fetched into a delivery as Parquet files of text; from there on they are files like any other."""
import os
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from churnkit.errors import InputError, ParameterError
from churnkit.extracts.layout import FileLayout, Layout
from churnkit.extracts.mapping import fields
from churnkit.files import whole_file
from churnkit.timeline import Delivery

ROWS = 50_000


def fetch(layouts: Sequence[Layout], delivery: Delivery, folder: Path) -> dict[Path, int]:
    """Write the delivery's rows of every table that the layouts name into `folder`; the rows of each file.

    The same rows give the same bytes. Raises ParameterError where the environment lacks the URL, InputError where the database, the table or a
    column is not to be had.
    """
    entries = {entry.file_of_table: entry for layout in layouts for entry in layout.files if entry.table}
    return {folder / name: fetched(entry, delivery, folder / name) for name, entry in entries.items()}


def fetched(entry: FileLayout, delivery: Delivery, target: Path) -> int:
    """The rows of one table, written as text."""
    url = os.environ.get(entry.url or "")
    if not url:
        raise ParameterError(f"The environment variable {entry.url} is not set; it holds the URL of the database with the table {entry.table}.")
    try:
        engine = sa.create_engine(url)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as problem:
        raise ParameterError(f"{entry.url} is no URL of a database that can be read here: {problem}") from None  # SQLAlchemy hides the password
    try:
        with engine.connect().execution_options(stream_results=True, yield_per=ROWS) as connection:
            return written(connection.execute(chosen(engine, entry, delivery)), target)
    except sa.exc.SQLAlchemyError as problem:
        raise InputError(f"The table {entry.table} cannot be read: {str(problem).splitlines()[0]}") from None
    finally:
        engine.dispose()


def chosen(engine: sa.Engine, entry: FileLayout, delivery: Delivery) -> sa.Select:
    """The columns that the layout reads, of the rows whose `clock` lies in the delivery; in order, so that they always come the same."""
    *schema, name = (entry.table or "").split(".")
    table = sa.Table(name, sa.MetaData(), schema=".".join(schema) or None, autoload_with=engine)
    wanted = fields(entry) if entry.map else [c.name for c in entry.kind.columns if c.name in table.columns]
    lacking = [column for column in [*wanted, *([entry.clock] if entry.clock else [])] if column not in table.columns]
    if lacking:
        raise InputError(f"The table {entry.table} has no column {', '.join(map(repr, lacking))}. Found: {', '.join(c.name for c in table.columns)}.")
    query = sa.select(*(table.c[column] for column in wanted)).order_by(*(table.c[column] for column in wanted))
    if entry.clock:
        clock = table.c[entry.clock]
        starts, ends = (bound(clock.type, day) for day in (delivery.starts, delivery.ends))
        query = query.where(clock >= starts, clock < ends)
    return query


def bound(kind: sa.types.TypeEngine[Any], day: date) -> Any:
    """A day as something that a column of this type compares with."""
    if isinstance(kind, sa.DateTime):
        return datetime.combine(day, datetime.min.time())
    return day if isinstance(kind, sa.Date) else str(day)


def written(rows: sa.CursorResult[Any], target: Path) -> int:
    """Write the rows as text columns; their number."""
    schema = pa.schema([(name, pa.string()) for name in rows.keys()])  # noqa: SIM118  # a result is no dictionary
    count = 0
    with whole_file(target) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in batches(rows):
            columns = [pa.array(map(text, column), pa.string()) for column in zip(*batch, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
            count += len(batch)
    return count


def batches(rows: sa.CursorResult[Any]) -> Iterator[list[Any]]:
    """The rows, so many at a time."""
    for batch in rows.partitions(ROWS):
        yield list(batch)


def text(value: Any) -> str | None:
    """A value as a CSV file would have it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else str(value)
