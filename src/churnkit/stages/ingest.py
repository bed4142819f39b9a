"""Read one delivery of operator extracts into typed, pseudonymous, fully accounted events."""
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from churnkit.engine import F, Frame, W, named, open_session, settle, write
from churnkit.errors import AccountError, InputError
from churnkit.extracts import EXTRACTS, Extract, account, contract, layout_file, lines, mapping, networks, parties
from churnkit.extracts.holders import HELD_BY, holders
from churnkit.extracts.layout import Layout, OneLeg
from churnkit.extracts.legs import second_legs
from churnkit.extracts.reader import Reader
from churnkit.extracts.sources import Source, sources
from churnkit.files import drop_scratch, new_scratch, whole_folder
from churnkit.identity import key_id, read_key
from churnkit.params import Common
from churnkit.progress import say
from churnkit.timeline import EXTRACTS as SOURCE
from churnkit.timeline import Delivery, events, find_deliveries

SNAPSHOTS_BACK = 2  # deliveries before this one whose subscribers are asked whose a number was


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
    layouts = [layout_file.load(name) for name in params.layouts]
    found = files_by_extract(delivery, layouts)
    open_session(common.memory, common.threads, common.spill, common.master)
    accounts: list[account.FileAccount] = []
    rejects: list[account.Reject] = []
    directory = networks.Directory()
    reader = Reader(delivery, params.delay_days, common.zone, common.threads)
    first = ("number_plan", "portings", "subscribers")  # by them numbers are read and resolved
    for name in sorted(EXTRACTS, key=lambda n: first.index(n) if n in first else len(first)):
        extract = EXTRACTS[name]
        with workplace(common.spill) as spill, whole_folder(events(delivery.name, name)) as folder:
            if not found[name]:
                write(parties.nothing(extract), folder)
                continue
            typed, splits = reader.read(extract, found[name], spill)
            one_leg = next((source.entry.one_leg for source in found[name] if source.entry.one_leg), None)
            kept, counted, bad = sift(extract, typed, splits, one_leg)
            accounts += counted
            rejects += bad
            account.check(counted, bad, max_share=params.max_reject_share, accept=params.accept_rejects, delivery=delivery.name)
            if name == "subscribers" and any(source.has_numbers for files in found.values() for source in files):
                snapshots = [settle(kept.select(*HELD_BY)), *earlier_snapshots(delivery, layouts, reader, common.spill)]
                reader = replace(reader, known=holders(snapshots))
            accepted = parties.pseudonymised(kept, extract, key, directory, delivery)
            directory = directory.holding(name, accepted)
            written = write(accepted, folder)
            if written != sum(a.accepted for a in counted):
                raise AccountError(f"{delivery.name}, {name}: {written} rows written for {sum(a.accepted for a in counted)} accepted.")
            if extract.required and not written:
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


def typed_rows(name: str, params: Params, common: Common, delivery: Delivery, spill: Path) -> Frame:
    """The good rows of one extract of a delivery with ids and numbers as the operator wrote them; for the vault, which alone may keep these."""
    found = files_by_extract(delivery, [layout_file.load(layout) for layout in params.layouts])
    typed, _ = Reader(delivery, params.delay_days, common.zone, common.threads).read(EXTRACTS[name], found[name], spill)
    return named(typed.filter(F.col(contract.BROKEN).isNull()))


@contextmanager
def workplace(spill: str) -> Iterator[Path]:
    """A private folder for text that still holds full numbers; gone afterwards."""
    folder = new_scratch(Path(spill), "ingest")
    try:
        yield folder
    finally:
        drop_scratch(folder)


def earlier_snapshots(delivery: Delivery, layouts: Sequence[Layout], reader: Reader, spill: str) -> list[Frame]:
    """The subscribers of the deliveries just before this one: who left since is in no later snapshot."""
    before = [d for d in find_deliveries() if d.ends <= delivery.starts][-SNAPSHOTS_BACK:]
    frames = []
    for one in before:
        with workplace(spill) as folder:
            files = sources(SOURCE / one.name, layouts, ["subscribers"])["subscribers"]
            typed, _ = replace(reader, delivery=one).read(EXTRACTS["subscribers"], files, folder)
            frames.append(settle(typed.filter(F.col(contract.BROKEN).isNull()).select(*HELD_BY)))
    return frames


def sift(extract: Extract, typed: Frame, splits: list[tuple[lines.Split, str]], one_leg: OneLeg | None = None) \
        -> tuple[Frame, list[account.FileAccount], list[account.Reject]]:
    """The rows to keep, the account of each file, and the rejects."""
    good = named(typed.filter(F.col(contract.BROKEN).isNull()))
    broken = [tuple(r) for r in typed.filter(F.col(contract.BROKEN).isNotNull())
              .select(lines.FILE_NO, lines.LINE, contract.BROKEN).orderBy(lines.FILE_NO, lines.LINE).collect()]
    losers = duplicates(extract, good)
    if one_leg and (seconds := second_legs(good, one_leg)) is not None:
        losers = settle((seconds if losers is None else losers.union(seconds)).distinct())
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
    return named(good.drop(lines.FILE_NO, lines.LINE, contract.BROKEN, contract.KEY_HASH, mapping.LEG)), counted, rejects


def duplicates(extract: Extract, good: Frame) -> Frame | None:
    """File and line of every row whose natural key was seen in a row to be kept; None where no key repeats."""
    repeated = settle(good.groupBy(contract.KEY_HASH).agg(F.count(F.lit(1)).alias("times")).filter(F.col("times") > 1).select(contract.KEY_HASH))
    if not repeated.limit(1).collect():
        return None
    order = [F.col(lines.FILE_NO), F.col(lines.LINE)]
    window = W.partitionBy(*extract.natural_key).orderBy(*(c.desc() if extract.keep == "last" else c.asc() for c in order))
    suspects = good.join(repeated, on=contract.KEY_HASH, how="inner").withColumn("copy", F.row_number().over(window))
    return settle(suspects.filter(F.col("copy") > 1).select(lines.FILE_NO, lines.LINE))
