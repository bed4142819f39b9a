"""Read one delivery of operator extracts into typed, pseudonymous, fully accounted events."""
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from churnkit.engine import F, Frame, W, named, open_session, read, settle, write
from churnkit.errors import AccountError, InputError
from churnkit.extracts import EXTRACTS, Extract, account, contract, layout, lines, mapping, parties
from churnkit.extracts.layout import FileLayout, Layout
from churnkit.extracts.shapes import shape_of
from churnkit.extracts.sources import Source, sources
from churnkit.files import drop_scratch, new_scratch, remove, sha256, whole_folder
from churnkit.identity import key_id, read_key
from churnkit.params import Common
from churnkit.progress import reading, say
from churnkit.timeline import EXTRACTS as SOURCE
from churnkit.timeline import Delivery, events


@dataclass(frozen=True)
class Params:
    """How much may be wrong with a delivery."""

    max_reject_share: float
    accept_rejects: bool
    delay_days: int
    layouts: tuple[str, ...] = ("canonical",)

    def __post_init__(self) -> None:
        if not 0 <= self.max_reject_share <= 1:
            raise ValueError("max_reject_share must be between 0 and 1")
        if self.delay_days < 0:
            raise ValueError("delay_days must not be negative")
        if not self.layouts:
            raise ValueError("layouts must name one at least, such as canonical")


def run(params: Params, common: Common, delivery: Delivery) -> None:
    """Ingest every extract of the delivery; the account of it is written last."""
    key = read_key(common.key_file)
    found = files_by_extract(delivery, [layout.load(name) for name in params.layouts])
    open_session(common.memory, common.threads, common.spill, common.master)
    accounts: list[account.FileAccount] = []
    rejects: list[account.Reject] = []
    plan = None
    for name in sorted(EXTRACTS, key=lambda n: n != "number_plan"):  # the number plan first: numbers are read by it
        extract = EXTRACTS[name]
        with workplace(common.spill) as spill, whole_folder(events(delivery.name, name)) as folder:
            typed, splits = read_in(extract, found[name], delivery, params, common.zone, common.threads, spill)
            kept, counted, bad = sift(extract, typed, splits)
            accounts += counted
            rejects += bad
            account.check(counted, bad, max_share=params.max_reject_share, accept=params.accept_rejects, delivery=delivery.name)
            if name == "number_plan":
                plan = settle(parties.valid_during(kept, delivery))
            written = write(parties.pseudonymised(kept, extract, key, plan), folder)
            if written != sum(a.accepted for a in counted):
                raise AccountError(f"{delivery.name}, {name}: {written} rows written for {sum(a.accepted for a in counted)} accepted.")
            if extract.required and not written and not extract.may_be_empty:
                raise InputError(f"Delivery {delivery.name}: the files of {name!r} hold no usable row.")
    with whole_folder(events(delivery.name, "account")) as folder:
        account.save(folder, accounts, rejects, key_id=key_id(key), accept_rejects=params.accept_rejects)
    say(f"ingest {delivery.name}: {sum(a.read for a in accounts):,} rows read = {sum(a.accepted for a in accounts):,} accepted + "
        f"{sum(a.rejected for a in accounts):,} rejected + {sum(a.duplicates for a in accounts):,} duplicates")


def files_by_extract(delivery: Delivery, layouts: Sequence[Layout]) -> dict[str, list[Source]]:
    """The files of each extract in the delivery's folder, by name, and how each is read.

    Raises InputError where the folder or a required extract is missing, and for a file that belongs to no extract.
    """
    folder = SOURCE / delivery.name
    if not folder.is_dir():
        raise InputError(f"{folder}/ does not exist; put the delivery's files there.")
    found = sources(folder, layouts, EXTRACTS)
    for name, files in found.items():
        if EXTRACTS[name].required and not files:
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


def read_in(extract: Extract, found: list[Source], delivery: Delivery, params: Params, zone: str, threads: int, spill: Path) \
        -> tuple[Frame, list[tuple[lines.Split, str]]]:
    """The rows with types and verdicts, and every file of the extract with its checksum.

    They are written out once, so that what follows reads columns, not text; files that are read alike are read together.
    """
    splits: list[tuple[lines.Split, str]] = []
    with reading(f"  {extract.name}", sum(source.path.stat().st_size for source in found)) as advance:
        for n, (entry, paths) in enumerate(alike(extract, found)):
            text, typed = spill / f"text{n}", spill / "typed" / str(n)
            splits += split_files(entry, paths, len(splits), text, threads, advance)
            rows = mapping.canonical(read([text]), entry, zone)
            delay = params.delay_days if entry.delay_days is None else entry.delay_days
            write(contract.typed(rows, extract, delivery, delay), typed, by=())
            remove(text)
    return read(sorted((spill / "typed").iterdir())), splits


def alike(extract: Extract, found: list[Source]) -> list[tuple[FileLayout, list[Path]]]:
    """The files by how they are read; an extract that did not come as no file in churnkit's own layout."""
    groups: dict[int, tuple[FileLayout, list[Path]]] = {}
    for source in found:
        groups.setdefault(id(source.entry), (source.entry, []))[1].append(source.path)
    return list(groups.values()) or [(FileLayout(extract.name, glob=("*",)), [])]


def split_files(entry: FileLayout, paths: list[Path], first_no: int, target: Path, threads: int, advance: lines.Advance) \
        -> list[tuple[lines.Split, str]]:
    """The files split into text rows under `target`, each with its checksum."""
    target.mkdir()
    shapes = [shape_of(path, entry) for path in paths]
    columns: lines.Columns = {f"t{n}": (name, None) for n, name in enumerate(mapping.fields(entry))}
    if not entry.map:
        columns = {c.name: (c.name, None) for c in entry.kind.columns if not paths or any(c.name in shape.names for shape in shapes)}
    lines.write_nothing([*columns, *(f"file_{name}" for name in mapping.from_names(entry))], target)
    with lines.team(threads) as team, ThreadPoolExecutor(threads) as pool:
        def one(n: int) -> tuple[lines.Split, str]:
            digest = pool.submit(sha256, paths[n])
            named = {f"file_{name}": (None, it) for name, it in mapping.said_by_name(entry, paths[n]).items()}
            return lines.split(paths[n], shapes[n], columns | named, first_no + n, target, team, advance), digest.result()
        with ThreadPoolExecutor(threads) as producers:
            return list(producers.map(one, range(len(paths))))


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
        raw = file.raw({line for line, _ in mine})
        bad = [account.Reject(extract.name, name, line, rule.split("|")[0], rule.split("|")[1], contract.said(rule, extract),
                              account.masked(raw[line])) for line, rule in mine]
        bad += [account.Reject(extract.name, name, b.line, "", "unreadable", f"the line {b.message}", account.masked(b.raw)) for b in file.bad]
        rejects += sorted(bad, key=lambda r: r.line)
        read_rows, twice = file.rows + len(file.bad), lost.count(n)
        counted.append(account.FileAccount(extract.name, name, digest, file.size, read_rows, read_rows - len(bad) - twice, len(bad), twice))
    if losers is not None and lost:
        good = good.join(losers, on=[lines.FILE_NO, lines.LINE], how="left_anti")
    return named(good.drop(lines.FILE_NO, lines.LINE, contract.BROKEN, contract.KEY_HASH)), counted, rejects


def duplicates(extract: Extract, good: Frame) -> Frame | None:
    """File and line of every row whose natural key was seen in a row to be kept; None where no key repeats."""
    repeated = settle(good.groupBy(contract.KEY_HASH).agg(F.count(F.lit(1)).alias("times")).filter(F.col("times") > 1).select(contract.KEY_HASH))
    if not repeated.limit(1).collect():
        return None
    order = [F.col(lines.FILE_NO), F.col(lines.LINE)]
    window = W.partitionBy(*extract.natural_key).orderBy(*(c.desc() if extract.keep == "last" else c.asc() for c in order))
    suspects = good.join(repeated, on=contract.KEY_HASH, how="inner").withColumn("copy", F.row_number().over(window))
    return settle(suspects.filter(F.col("copy") > 1).select(lines.FILE_NO, lines.LINE))
