"""The one door to the engine: everything else in churnkit speaks the PySpark DataFrame API and never asks who runs it."""
import itertools
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from churnkit.errors import InputError, ParameterError
from churnkit.files import drop_scratch, new_scratch, parts

ENGINE = os.environ.get("CHURNKIT_ENGINE", "duckdb")

match ENGINE:
    case "duckdb":
        from sqlframe.duckdb import Window as W
        from sqlframe.duckdb import functions as F
        from sqlframe.duckdb import types as T
    case "spark":
        if not find_spec("pyspark"):
            raise ParameterError("common.engine is 'spark', but pyspark is not installed; requirements-spark.lock names it.")
        from pyspark.sql import Window as W
        from pyspark.sql import functions as F  # type: ignore[no-redef]  # one of the two
        from pyspark.sql import types as T
    case _:
        raise ParameterError(f"Unknown engine {ENGINE!r}; choose 'duckdb' or 'spark'.")

__all__ = ["ENGINE", "Column", "F", "Frame", "T", "W", "aggregated", "beside", "close_session", "count_if", "days", "declare", "has_rows", "named",
           "open_session", "parse_date", "parse_int", "parse_time", "projected", "read", "settle", "table", "total_if",
           "try_cast", "unsettle", "write"]

Frame = Any  # a DataFrame of either engine
Column = Any  # a Column of either engine
_names = itertools.count()
_open: list[Any] = []  # the session, once there is one
_spill: list[Path] = []


def open_session(memory: str = "2GB", threads: int = 4, spill: str | None = None, master: str = "local[2]") -> Any:
    """The session of the engine in use; the first call decides its memory, threads, spill folder and Spark master."""
    if not _open:
        _open.append(_new_session(memory, threads, spill, master))
    return _open[0]


def _new_session(memory: str, threads: int, spill: str | None, master: str) -> Any:
    folder = str(new_scratch(Path(spill or tempfile.gettempdir()), "engine"))
    _spill.append(Path(folder))
    if ENGINE == "duckdb":
        import duckdb
        from sqlframe.duckdb import DuckDBSession

        options: dict[str, Any] = {"memory_limit": memory, "threads": threads, "temp_directory": folder,
                                   "autoinstall_known_extensions": False, "preserve_insertion_order": True}
        connection = duckdb.connect(config=options)
        for kind in ("date", "timestamp"):
            connection.execute(f"create temp macro try_{kind}(x) as try_cast(x as {kind})").fetchall()
        connection.execute("create temp macro hash_row(x) as (hash(x) >> 1)::bigint").fetchall()
        return DuckDBSession(conn=connection)
    from pyspark.sql import SparkSession

    return (SparkSession.builder.master(master).appName("churnkit")
            .config("spark.sql.session.timeZone", "UTC").config("spark.sql.timestampType", "TIMESTAMP_NTZ")
            .config("spark.sql.shuffle.partitions", threads).config("spark.driver.memory", memory.lower().removesuffix("b"))
            .config("spark.local.dir", folder).config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
            .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
            .config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false").getOrCreate())


def close_session() -> None:
    """Let go of the engine and of what it spilled."""
    for folder in _spill:
        drop_scratch(folder)
    _spill.clear()


def _run(sql: str) -> list[tuple]:
    return open_session()._connection.execute(sql).fetchall()


def declare(sql: str) -> str:
    """Declares a type or a function, `{name}` in the statement, under the name that is given back. On DuckDB alone."""
    name = f"declared_{next(_names)}"
    _run(sql.format(name=name))
    return name


def has_rows(folders: Sequence[Path]) -> bool:
    """Whether any part file in the folders has a row."""
    if ENGINE == "spark":
        return bool(read(folders).limit(1).collect())
    return any(_run(f"select num_rows from parquet_file_metadata({_quoted(f)}) where num_rows > 0") for f in _parts_of(folders))


def _parts_of(folders: Sequence[Path]) -> list[Path]:
    files = []
    for folder in dict.fromkeys(folders):
        found = parts(folder)
        if not found:
            raise InputError(f"There is nothing in {folder}; run the stage that writes it, or `dvc repro`.")
        files += found
    return files


def _quoted(path: object) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def read(folders: Sequence[Path]) -> Frame:
    """The rows of all part files in the folders, which share one schema; read lazily."""
    files = [str(part) for part in _parts_of(folders)]
    if ENGINE == "spark":
        return open_session().read.parquet(*files)
    view = f"read_{next(_names)}"  # a view keeps the generated SQL short; SQLFrame's own reader repeats it per file
    _run(f"create view {view} as select * from read_parquet([{', '.join(map(_quoted, files))}])")
    return table(view)


def table(name: str) -> Frame:
    """A DuckDB table or view of this session as a frame."""
    session = open_session()
    session.catalog.add_table(name, {row[0]: re.sub(r"^enum.*", "varchar", row[1].lower()) for row in _run(f"describe {name}")})
    return session.table(name)


def _sql(frame: Frame) -> str:
    return frame.sql(dialect="duckdb", optimize=False, pretty=False)


def write(frame: Frame, folder: Path, *, by: Sequence[str] | None = None, shown: Mapping[str, Column] | None = None) -> int:
    """Write the frame as part files into `folder`; the number of rows written.

    Sorted by the columns `by`, which must tell all rows apart or the bytes may differ; by all columns in order where it is None. What is written
    are the columns `shown` of the sorted rows, so that what is sorted may be smaller than what is read; all columns where it is None.
    """
    columns = frame.columns if by is None else by
    if ENGINE == "spark":
        ordered = frame.repartitionByRange(F.col(columns[0])).sortWithinPartitions(*columns)
        ordered = ordered.select(*(column.alias(name) for name, column in shown.items())) if shown else ordered
        ordered.write.mode("overwrite").option("compression", "zstd").parquet(str(folder))
        return open_session().read.parquet(str(folder)).count()
    folder.mkdir(parents=True, exist_ok=True)
    order = ", ".join(f'"{c}" nulls first' for c in columns)
    ((rows,),) = _run(f"copy (select {_listed(shown) if shown else '*'} from (select * from ({_sql(frame)}) order by {order})) "
                      f"to {_quoted(folder / 'part-0.parquet')} (format parquet, compression zstd, compression_level 1)")
    return rows


def settle(frame: Frame) -> Frame:
    """The same rows, computed once and kept in the spill folder, for a frame that several others are made of."""
    open_session()
    folder = _spill[-1] / f"settled_{next(_names)}"
    if ENGINE == "spark":
        frame.write.parquet(str(folder))
        return read([folder])
    name = f"settled_{next(_names)}"
    _run(f"create temp table {name} as {_sql(frame)}")
    return table(name)


def unsettle(frame: Frame) -> None:
    """Let go of a frame that was settled and is not needed any more: it holds memory."""
    if ENGINE == "duckdb":
        for name in re.findall(r"settled_\d+", _sql(frame)):
            _run(f"drop table if exists {name}")


def named(frame: Frame) -> Frame:
    """The same rows under a short name, not computed: SQLFrame copies the whole expression at every step, so long ones are cut in pieces."""
    if ENGINE == "spark":
        return frame
    return _view(_sql(frame))


def beside(frame: Frame, others: Sequence[Frame], key: str) -> Frame:
    """The frame with the columns of the others, which have at most one row per key, null where they have none."""
    if ENGINE == "spark":
        for other in others:
            frame = frame.join(other, on=key, how="left")
        return frame
    joins = " ".join(f"left join ({_sql(other)}) using ({key})" for other in others)
    return _view(f"select * from ({_sql(frame)}) {joins}")


# Wide tables go to DuckDB in one step: SQLFrame's own select, agg and join copy every column many times over.
def aggregated(frame: Frame, key: str, columns: Mapping[str, Column]) -> Frame:
    """One row per key, with these aggregates by name."""
    if ENGINE == "spark":
        return frame.groupBy(key).agg(*(column.alias(name) for name, column in columns.items()))
    return _view(f'select "{key}", {_listed(columns)} from ({_sql(frame)}) group by "{key}"')


def projected(frame: Frame, kept: Sequence[str], columns: Mapping[str, Column]) -> Frame:
    """The columns `kept` (`*` for all), and these new ones by name."""
    if ENGINE == "spark":
        return frame.select(*kept, *(column.alias(name) for name, column in columns.items()))
    names = [name if name == "*" else f'"{name}"' for name in kept]
    return _view(f"select {', '.join(names + ([_listed(columns)] if columns else []))} from ({_sql(frame)})")


def _listed(columns: Mapping[str, Column]) -> str:
    return ", ".join(f'{column.column_expression.sql(dialect="duckdb")} as "{name}"' for name, column in columns.items())


def _view(sql: str) -> Frame:
    name = f"named_{next(_names)}"
    _run(f"create temp view {name} as {sql}")
    return table(name)


# What the engines disagree on, once and for all.
def count_if(condition: Column) -> Column:
    """Rows for which `condition` holds; 0 over no row (F.count_if is null there on DuckDB)."""
    return F.count(F.when(condition, F.lit(1)))


def total_if(condition: Column, column: Column) -> Column:
    """Sum of an integer column over the rows for which `condition` holds, as a bigint; 0 over no row."""
    return F.coalesce(F.sum(F.when(condition, column)), F.lit(0)).cast("bigint")


def days(column: Column) -> Column:
    """A date as whole days since 1970-01-01, the same integer on every engine."""
    return F.unix_date(column).cast("int")


def parse_int(text: Column) -> Column:
    """The text as a bigint; null where it is not a plain whole number of at most 18 digits (casts differ: '2.5' is 3 or null)."""
    return F.when(text.rlike(r"^-?[0-9]{1,18}$"), text).cast("bigint")


def parse_date(text: Column) -> Column:
    """The text `YYYY-MM-DD` as a date; null where it is none."""
    return try_cast(F.when(text.rlike(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), text), "date")


def parse_time(text: Column) -> Column:
    """The text `YYYY-MM-DD HH:MM:SS` as a zone-less timestamp; null where it is none (an offset is not dropped in silence)."""
    good = text.rlike(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$")
    return try_cast(F.when(good, text), "timestamp")


def try_cast(text: Column, kind: str) -> Column:
    """A cast that gives null for what is no such value; SQLFrame's columns have none."""
    if ENGINE == "spark":
        return text.try_cast("timestamp_ntz" if kind == "timestamp" else kind)
    return F.call_function(f"try_{kind}", text)
