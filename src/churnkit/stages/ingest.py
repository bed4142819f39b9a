"""Read one delivery of operator extracts into typed, pseudonymous, fully accounted events."""
import difflib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from churnkit.engine import F, Frame, W, named, open_session, read, settle, unsettle, write
from churnkit.errors import AccountError, InputError
from churnkit.extracts import EXTRACTS, Extract, account, compact, contract, lines, parties
from churnkit.files import drop_scratch, new_scratch, sha256, whole_folder
from churnkit.identity import key_id, read_key
from churnkit.params import Common
from churnkit.progress import reading, say
from churnkit.timeline import EXTRACTS as SOURCE
from churnkit.timeline import Delivery, events

SUFFIXES = (".csv", ".csv.gz")


@dataclass(frozen=True)
class Params:
    """How much may be wrong with a delivery."""

    max_reject_share: float
    accept_rejects: bool
    delay_days: int

    def __post_init__(self) -> None:
        if not 0 <= self.max_reject_share <= 1:
            raise ValueError("max_reject_share must be between 0 and 1")
        if self.delay_days < 0:
            raise ValueError("delay_days must not be negative")


def run(params: Params, common: Common, delivery: Delivery) -> None:
    """Ingest every extract of the delivery; the account of it is written last."""
    key = read_key(common.key_file)
    found = files_by_extract(delivery)
    open_session(common.memory, common.threads, common.spill, common.master)
    accounts: list[account.FileAccount] = []
    rejects: list[account.Reject] = []
    plan = None
    for name in sorted(EXTRACTS, key=lambda n: n != "number_plan"):  # the number plan first: numbers are read by it
        extract = EXTRACTS[name]
        with workplace(common.spill) as spill, whole_folder(events(delivery.name, name)) as folder:
            splits = split_files(extract, found[name], spill, common.threads)
            typed = contract.typed(read([spill / "text"]), extract, delivery, params.delay_days)
            rows = settle(parties.pseudonymised(typed, extract, key, plan))
            kept, counted, bad = sift(extract, rows, splits)
            accounts += counted
            rejects += bad
            account.check(counted, bad, max_share=params.max_reject_share, accept=params.accept_rejects, delivery=delivery.name)
            if name == "number_plan":
                plan = settle(parties.valid_during(kept, delivery))
            written = write(kept, folder, by=in_order(kept.columns, extract), shown=parties.as_written(kept, extract))
            unsettle(rows)
            if written != sum(a.accepted for a in counted):
                raise AccountError(f"{delivery.name}, {name}: {written} rows written for {sum(a.accepted for a in counted)} accepted.")
            if extract.required and not written and not extract.may_be_empty:
                raise InputError(f"Delivery {delivery.name}: the files of {name!r} hold no usable row.")
    with whole_folder(events(delivery.name, "account")) as folder:
        account.save(folder, accounts, rejects, key_id=key_id(key), accept_rejects=params.accept_rejects)
    say(f"ingest {delivery.name}: {sum(a.read for a in accounts):,} rows read = {sum(a.accepted for a in accounts):,} accepted + "
        f"{sum(a.rejected for a in accounts):,} rejected + {sum(a.duplicates for a in accounts):,} duplicates")


def files_by_extract(delivery: Delivery) -> dict[str, list[Path]]:
    """The files of each extract in the delivery's folder, by name.

    Raises InputError where the folder or a required extract is missing, and for a file that belongs to no extract.
    """
    folder = SOURCE / delivery.name
    if not folder.is_dir():
        raise InputError(f"{folder}/ does not exist; put the delivery's files there.")
    found: dict[str, list[Path]] = {name: [] for name in EXTRACTS}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        name = next((n for n in EXTRACTS if path.name.startswith((f"{n}_", f"{n}.")) and path.name.endswith(SUFFIXES)), None)
        if name is None:
            near = difflib.get_close_matches(path.name.split(".")[0].rsplit("_", 1)[0], EXTRACTS, 1)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise InputError(f"{path} belongs to no extract{meant}; names are <extract>_<anything>.csv or .csv.gz, with extract one of "
                             f"{', '.join(EXTRACTS)}. Move what churnkit is not to read out of {SOURCE}/.")
        found[name].append(path)
    for name, paths in found.items():
        if EXTRACTS[name].required and not paths:
            raise InputError(f"Delivery {delivery.name} lacks the required extract {name!r}: no file {folder}/{name}_*.csv.")
    return found


@contextmanager
def workplace(spill: str) -> Iterator[Path]:
    """A private folder for text that still holds full numbers; gone afterwards."""
    folder = new_scratch(Path(spill), "ingest")
    try:
        yield folder
    finally:
        drop_scratch(folder)


def split_files(extract: Extract, paths: list[Path], spill: Path, threads: int) -> list[tuple[lines.Split, str]]:
    """Every file of the extract split into text rows under `spill`/text, with its checksum."""
    target = spill / "text"
    target.mkdir()
    headers = [lines.header(path, extract) for path in paths]
    columns = [c.name for c in extract.columns if any(c.name in names for names in headers)]
    if not paths:
        columns = [c.name for c in extract.columns]
        lines.write(iter(()), columns, 0, target / "0.parquet", lines.ignore)
        return []
    with reading(f"  {extract.name}", sum(p.stat().st_size for p in paths)) as advance, ThreadPoolExecutor(threads) as pool:
        def one(n: int) -> tuple[lines.Split, str]:
            return lines.split(paths[n], headers[n], columns, n, target / f"{n:06}.parquet", advance), sha256(paths[n])
        return list(pool.map(one, range(len(paths))))


def sift(extract: Extract, typed: Frame, splits: list[tuple[lines.Split, str]]) \
        -> tuple[Frame, list[account.FileAccount], list[account.Reject]]:
    """The rows to keep, the account of each file, and the rejects."""
    good = named(typed.filter(F.col(contract.BROKEN).isNull()))
    broken = [tuple(r) for r in typed.filter(F.col(contract.BROKEN).isNotNull())
              .select(lines.FILE_NO, lines.LINE, contract.BROKEN).orderBy(lines.FILE_NO, lines.LINE).collect()]
    losers = duplicates(extract, good)
    lost = [r[0] for r in losers.select(lines.FILE_NO).collect()] if losers is not None else []
    counted, rejects = [], []
    for n, (file, digest) in enumerate(splits):
        name = str(file.path.relative_to(SOURCE))
        mine = [(line, rule) for file_no, line, rule in broken if file_no == n]
        raw = lines.raw_lines(file.path, {line for line, _ in mine})
        bad = [account.Reject(extract.name, name, line, rule.split("|")[0], rule.split("|")[1], contract.said(rule, extract),
                              account.masked(raw[line])) for line, rule in mine]
        bad += [account.Reject(extract.name, name, b.line, "", "unreadable", f"the line {b.message}", account.masked(b.raw)) for b in file.bad]
        rejects += sorted(bad, key=lambda r: r.line)
        read_rows, twice = file.rows + len(file.bad), lost.count(n)
        counted.append(account.FileAccount(extract.name, name, digest, file.size, read_rows, read_rows - len(bad) - twice, len(bad), twice))
    if losers is not None and lost:
        good = good.join(losers, on=[lines.FILE_NO, lines.LINE], how="left_anti")
    return named(good.drop(lines.FILE_NO, lines.LINE, contract.BROKEN)), counted, rejects


def duplicates(extract: Extract, good: Frame) -> Frame | None:
    """File and line of every row whose natural key was seen in a row to be kept; None where no key repeats."""
    key = parties.names_of(extract, extract.natural_key)
    hashed = named(good.withColumn("key_hash", compact.row_hash(*key)))
    repeated = settle(hashed.groupBy("key_hash").agg(F.count(F.lit(1)).alias("times")).filter(F.col("times") > 1).select("key_hash"))
    if not repeated.limit(1).collect():
        return None
    order = [F.col(lines.FILE_NO), F.col(lines.LINE)]
    window = W.partitionBy(*key).orderBy(*(c.desc() if extract.keep == "last" else c.asc() for c in order))
    suspects = hashed.join(repeated, on="key_hash", how="inner").withColumn("copy", F.row_number().over(window))
    return settle(suspects.filter(F.col("copy") > 1).select(lines.FILE_NO, lines.LINE))


def in_order(columns: list[str], extract: Extract) -> list[str]:
    """The columns to sort by: the subscriber, by its place, then the clock, then all others."""
    places = {name for name in columns if name.endswith(parties.PLACE)}
    first = [name for name in columns if name in places or name == extract.clock]
    return [*sorted(first, key=lambda name: name not in places), *(c for c in columns if c not in first and c + parties.PLACE not in places)]
