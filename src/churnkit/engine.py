"""The one door to the engine: everything else in churnkit speaks the PySpark DataFrame API and never asks who runs it."""
import itertools
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from functools import reduce
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from churnkit.errors import InputError, ParameterError
from churnkit.files import drop_scratch, new_scratch, parts

ENGINE = os.environ.get("CHURNKIT_ENGINE", "duckdb")

match ENGINE:
    case "duckdb":
        from sqlframe.base import util
        from sqlframe.duckdb import Window as W
        from sqlframe.duckdb import functions as F
        from sqlframe.duckdb import types as T
        util.dialect_to_string = lambda _: "duckdb"  # its own goes through all dialects there are, at every call
    case "spark":
        if not find_spec("pyspark"):
            raise ParameterError("common.engine is 'spark', but pyspark is not installed; requirements-spark.lock names it.")
        from pyspark.sql import Window as W
        from pyspark.sql import functions as F  # type: ignore[no-redef]  # one of the two
        from pyspark.sql import types as T
    case _:
        raise ParameterError(f"Unknown engine {ENGINE!r}; choose 'duckdb' or 'spark'.")

__all__ = ["ENGINE", "Column", "F", "Frame", "T", "W", "aggregated", "beside", "close_session", "count_rows", "declare", "matched", "named",
           "open_session", "projected", "read", "settle", "stacked", "table", "unsettle", "write"]

Frame = Any  # a DataFrame of either engine
Column = Any  # a Column of either engine
_names = itertools.count()
_steps: dict[str, str] = {}  # SQL of what is named and not computed
_plain: WeakKeyDictionary[Frame, str] = WeakKeyDictionary()  # frames that are no more than a name
_open: list[Any] = []  # the session, once there is one
_spill: list[Path] = []


def open_session(memory: str = "2GB", threads: int = 4, spill: str | None = None, master: str = "local[2]") -> Any:
    """The session of the engine in use; the first call decides its memory, threads, spill folder and Spark master."""
    if not _open:
        _open.append(_new_session(memory, threads, spill, master))
    return _open[0]


def _new_session(memory: str, threads: int, spill: str | None, master: str) -> Any:
    _spill.append(folder := new_scratch(Path(spill or tempfile.gettempdir()), "engine"))
    if ENGINE == "duckdb":
        import duckdb
        from sqlframe.duckdb import DuckDBSession

        connection = duckdb.connect(config={"memory_limit": memory, "threads": threads, "temp_directory": str(folder),
                                            "autoinstall_known_extensions": False, "preserve_insertion_order": True})
        connection.execute("create temp macro try_date(x) as try_cast(x as date); create temp macro hash_row(x) as (hash(x) >> 1)::bigint; "
                           "create temp macro try_timestamp(x) as try_cast(x as timestamp)").fetchall()

        class Session(DuckDBSession):
            """One that knows the steps when frames are collected."""
            def _execute(self, sql: str) -> None:
                super()._execute(_whole(sql))

        return Session(conn=connection)
    from pyspark.sql import SparkSession

    settings = {"sql.session.timeZone": "UTC", "sql.timestampType": "TIMESTAMP_NTZ", "sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
                "driver.memory": memory.lower().removesuffix("b"), "ui.enabled": "false", "ui.showConsoleProgress": "false",
                "eventLog.enabled": os.environ.get("CHURNKIT_SPARK_EVENT_LOG", "false")}  # as plans hold the key; the page is off for that, too
    if (master := os.environ.get("CHURNKIT_SPARK_MASTER", master)).startswith("local"):  # what a cluster has its own spark-defaults.conf for
        settings |= {"sql.shuffle.partitions": str(threads), "local.dir": str(folder), "driver.bindAddress": "127.0.0.1", "driver.host": "127.0.0.1"}
    return SparkSession.builder.master(master).appName("churnkit").config(map={f"spark.{k}": v for k, v in settings.items()}).getOrCreate()


def close_session() -> None:
    """Let go of the engine and of what it spilled."""
    while _spill:
        drop_scratch(_spill.pop())


def _run(sql: str) -> list[tuple]:
    return open_session()._connection.execute(sql).fetchall()


def count_rows(folders: Sequence[Path]) -> int:
    """How many rows the part files in the folders have."""
    return int(read(folders).count()) if ENGINE == "spark" else sum(
        _run(f"select num_rows from parquet_file_metadata({_quoted(f)})")[0][0] for f in _parts_of(folders))


def declare(sql: str) -> str:
    """Declares a type or a function, `{name}` in the statement, under the name that is given back. On DuckDB alone."""
    name = f"declared_{next(_names)}"
    _run(sql.format(name=name))
    return name


def _parts_of(folders: Sequence[Path]) -> list[Path]:
    files = []
    for folder in dict.fromkeys(folders):
        if not (found := parts(folder)):
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


def table(name: str, columns: Sequence[str] = ()) -> Frame:
    """A DuckDB table or view of this session as a frame; without `columns` DuckDB is asked for them."""
    from sqlglot import exp

    names = columns or [row[0] for row in _run(f"describe {name}")]
    frame = open_session()._create_table(exp.Select(expressions=[exp.column(c) for c in names]).from_(name))
    _plain[frame] = name
    return frame


def _sql(frame: Frame) -> str:
    return f"from {name}" if (name := _plain.get(frame)) else frame.sql(dialect="duckdb", optimize=False, pretty=False)


def write(frame: Frame, folder: Path, *, by: Sequence[str] | None = None, shown: Mapping[str, Column] | None = None, part: int = 0) -> int:
    """Write the frame into `folder`, beside the parts with a lower number; the number of rows written.

    Sorted by the columns `by` (None: by all in order), which must tell all rows apart or the bytes may differ. Of the sorted rows the columns
    `shown` (None: all) are written, so that what is sorted may be smaller than what is read.
    """
    columns = frame.columns if by is None else by
    if ENGINE == "spark":
        ordered = frame.repartitionByRange(F.col(columns[0])).sortWithinPartitions(*columns) if columns else frame
        before = count_rows([folder]) if part else 0
        kept = projected(ordered, [], shown) if shown else ordered
        kept.write.mode("append" if part else "overwrite").option("compression", "zstd").parquet(str(folder))
        return count_rows([folder]) - before
    folder.mkdir(parents=True, exist_ok=True)
    order = f" order by {', '.join(f'{chr(34)}{c}{chr(34)} nulls first' for c in columns)}" if columns else ""
    packing = "zstd, compression_level 1" if columns else "lz4"  # what is not sorted is scratch: speed counts, not size
    sql = f"select {', '.join(_listed(shown)) if shown else '*'} from (select * from ({_whole(_sql(frame))}){order})"
    ((rows,),) = _run(f"copy ({sql}) to {_quoted(folder / f'part-{part}.parquet')} (format parquet, compression {packing})")
    return rows


def settle(frame: Frame) -> Frame:
    """The same rows, computed once and kept in the spill folder, for a frame that several others are made of."""
    open_session()
    name = f"settled_{next(_names)}"
    if ENGINE == "spark":
        frame.write.parquet(str(_spill[-1] / name))
        return read([_spill[-1] / name])
    _run(f"create temp table {name} as {_whole(_sql(frame))}")
    return table(name, frame.columns)


def unsettle(frame: Frame) -> None:
    """Let go of a frame that was settled and is not needed any more: it holds memory."""
    if ENGINE == "duckdb":
        _run(f"drop table if exists {_plain[frame]}")


def named(frame: Frame) -> Frame:
    """The same rows under a short name, not computed: SQLFrame copies the whole expression at every step, so long ones are cut in pieces."""
    return frame if ENGINE == "spark" or frame in _plain else _step(_sql(frame), frame.columns)


# Whole tables go to DuckDB in one step each: SQLFrame's own select, agg and join copy every column many times over.
def projected(frame: Frame, kept: Sequence[str], columns: Mapping[str, Column], where: Column | None = None) -> Frame:
    """The columns `kept` (`*` for all), and these new ones by name, of the rows for which `where` holds."""
    if ENGINE == "spark":
        return (frame if where is None else frame.filter(where)).select(*kept, *(column.alias(name) for name, column in columns.items()))
    shown = [name if name == "*" else f'"{name}"' for name in kept] + _listed(columns)
    names = [c for name in kept for c in (frame.columns if name == "*" else [name])]
    return _step(f"select {', '.join(shown)} from ({_sql(frame)}){_where(where)}", [*names, *columns])


def aggregated(frame: Frame, keys: Sequence[str], columns: Mapping[str, Column], where: Column | None = None) -> Frame:
    """One row per key, with these aggregates by name, of the rows for which `where` holds."""
    if ENGINE == "spark":
        return (frame if where is None else frame.filter(where)).groupBy(*keys).agg(*(column.alias(name) for name, column in columns.items()))
    return _step(f"select {', '.join([*keys, *_listed(columns)])} from ({_sql(frame)}){_where(where)} group by {', '.join(keys)}", [*keys, *columns])


def beside(frame: Frame, others: Sequence[Frame], keys: Sequence[str]) -> Frame:
    """The frame with the columns of the others, which have at most one row per key, null where they have none."""
    if ENGINE == "spark":
        return reduce(lambda one, other: one.join(other, on=list(keys), how="left"), others, frame)
    joins = " ".join(f"left join ({_sql(other)}) using ({', '.join(keys)})" for other in others)
    columns = [*frame.columns, *(c for other in others for c in other.columns if c not in keys)]
    return _step(f"select * from ({_sql(frame)}) {joins}", columns)


def matched(frame: Frame, other: Frame, keys: Sequence[str], how: Literal["inner", "semi", "anti"] = "inner") -> Frame:
    """The rows of the frame that have the other's keys, once per row of it and with its columns (`semi`: as they are), or that have not (`anti`)."""
    if ENGINE == "spark":
        return frame.join(other, on=list(keys), how=how if how == "inner" else f"left_{how}")
    columns = [*frame.columns, *(c for c in other.columns if c not in keys and how == "inner")]
    return _step(f"select * from ({_sql(frame)}) {how} join ({_sql(other)}) using ({', '.join(keys)})", columns)


def stacked(frames: Sequence[Frame]) -> Frame:
    """The rows of all frames, which have the same columns; those of the first name them."""
    if ENGINE == "spark":
        return reduce(lambda one, other: one.unionByName(other), frames)
    columns = frames[0].columns
    return _step(" union all ".join(f"select {', '.join(columns)} from ({_sql(frame)})" for frame in frames), columns)


def _listed(columns: Mapping[str, Column]) -> list[str]:
    return [f'{column.column_expression.sql(dialect="duckdb")} as "{name}"' for name, column in columns.items()]


def _where(condition: Column | None) -> str:
    return "" if condition is None else f' where {condition.column_expression.sql(dialect="duckdb")}'


def _step(sql: str, columns: Sequence[str]) -> Frame:
    name = f"step_{next(_names)}"
    _steps[name] = sql
    return table(name, columns)


def _whole(sql: str) -> str:
    found: dict[str, str] = {}

    def visit(text: str) -> None:
        for name in dict.fromkeys(re.findall(r"\bstep_\d+\b", text)):
            if name not in found:
                visit(_steps[name])
                found[name] = f"{name} as not materialized ({_steps[name]})"
    visit(sql)
    return f"with {', '.join(found.values())} from ({sql})" if found else sql
