"""Read one delivery of operator extracts into typed, pseudonymous, fully accounted events."""
import difflib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from churnkit import versions
from churnkit.engine import open_session, read, settle, unsettle, write
from churnkit.errors import AccountError, InputError
from churnkit.extracts import EXTRACTS, Extract, contract, lines, parties, quality, report
from churnkit.extracts.account import Account, FileAccount, Reject, load, save
from churnkit.extracts.limits import Limit, check, check_names
from churnkit.extracts.sift import Earlier, File, in_order, sift
from churnkit.files import drop_scratch, new_scratch, sha256, whole_folder
from churnkit.identity import check_planned, key_id, read_key
from churnkit.params import Common
from churnkit.progress import reading, say
from churnkit.timeline import EXTRACTS as SOURCE
from churnkit.timeline import Delivery, account_of, before, events, planned_key

SUFFIXES = (".csv", ".csv.gz")
TOLD = 10  # warnings said on stderr; the account has all


@dataclass(frozen=True)
class Params:
    """How much may be wrong with a delivery."""

    max_reject_share: float
    accept_rejects: bool
    delay_days: int
    max_rejects: int | None = None
    limits: dict[str, Limit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.max_reject_share <= 1:
            raise ValueError("max_reject_share must be between 0 and 1")
        if self.max_rejects is not None and self.max_rejects < 0:
            raise ValueError("max_rejects must not be negative")
        if self.delay_days < 0:
            raise ValueError("delay_days must not be negative")


def run(params: Params, common: Common, delivery: Delivery) -> None:
    """Ingest every extract of the delivery; the account of it is written last."""
    key = read_key(common.key_file)
    check_planned(key, planned_key(), common.key_file)
    check_names(params.limits, EXTRACTS)
    found = files_by_extract(delivery)
    open_session(common.memory, common.threads, common.spill, common.master)
    accounts: list[FileAccount] = []
    rejects: list[Reject] = []
    figures: list[quality.Figure] = []
    oddities: list[quality.Oddity] = []
    plan = None
    for name in sorted(EXTRACTS, key=lambda n: n != "number_plan"):  # the number plan first: numbers are read by it
        extract = EXTRACTS[name]
        with workplace(common.spill) as spill, whole_folder(events(delivery.name, name)) as folder:
            past = seen_before(extract, delivery, found[name])
            files = split_files(extract, found[name], delivery, past, spill, common.threads)
            typed = contract.typed(read([spill / "text"]), extract, delivery, params.delay_days)
            rows = settle(parties.pseudonymised(typed, extract, key, plan))
            kept, counted, bad = sift(extract, rows, files, delivery, past.standing)
            accounts += counted
            rejects += bad
            check(counted, bad, overall=Limit(params.max_reject_share, params.max_rejects), by_rule=params.limits, accept=params.accept_rejects,
                  delivery=delivery.name)
            if name == "number_plan":
                plan = settle(parties.valid_during(kept, delivery))
            written = write(kept, folder, by=in_order(kept.columns, extract), shown=parties.as_written(kept, extract))
            mine = quality.by_day(extract, kept)
            unsettle(rows)
            if written != sum(a.accepted for a in counted):
                raise AccountError(f"{delivery.name}, {name}: {written} rows written for {sum(a.accepted for a in counted)} accepted.")
            if extract.required and not written and not extract.may_be_empty:
                raise InputError(f"Delivery {delivery.name}: the files of {name!r} hold no usable row.")
            figures += mine
            oddities += quality.unlike(mine, past.figures, delivery)
    result = Account(delivery.name, key_id(key), params.accept_rejects, tuple(accounts), tuple(rejects), tuple(figures), tuple(oddities))
    with whole_folder(account_of(delivery.name)) as folder:
        save(result, folder)
        (folder / "account.md").write_text(report.markdown(result), "utf-8")
        (folder / "account.html").write_text(report.html(result), "utf-8")
    tell(result)


def tell(account: Account) -> None:
    """Say on stderr what is odd about the delivery, and what became of its rows."""
    for odd in account.oddities[:TOLD]:
        say(f"warning: {odd.said()}")
    if len(account.oddities) > TOLD:
        say(f"warning: and {len(account.oddities) - TOLD} more; `churnkit account {account.delivery}` has them all.")
    for file in account.files:
        if file.note:
            say(f"{file.file}: {file.note}")
    say(f"ingest {account.delivery}: {report.summary(account)}")


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


@dataclass(frozen=True)
class Past:
    """What the two deliveries before one brought of an extract: its days, its files by content and by key, and what of it still stands."""

    figures: tuple[quality.Figure, ...] = ()
    contents: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, dict] = field(default_factory=dict)
    standing: tuple[Earlier, ...] = ()


def seen_before(extract: Extract, delivery: Delivery, paths: list[Path]) -> Past:
    """What came before; a file whose key is that of one of `paths` comes again now, and is superseded.

    Nothing of a reference table, which comes whole every time. Raises InputError if an earlier delivery was not ingested yet.
    """
    if extract.clock is None:
        return Past()
    earlier = before(delivery)
    for there in earlier:
        if not account_of(there.name).exists():
            raise InputError(f"Delivery {delivery.name} is compared with {there.name}, which is not ingested yet: `churnkit ingest {there.name}`.")
    keys = {versions.delivery_key(path.relative_to(SOURCE / delivery.name))[0] for path in paths} - {""}
    files = [f for f in versions.accounts([d.name for d in earlier]) if f["extract"] == extract.name]
    again = [{"extract": extract.name, "key": key, "delivery": delivery.name, "file_no": 0} for key in sorted(keys)]
    hidden = versions.superseded([*files, *again])
    return Past(tuple(f for d in earlier for f in load(account_of(d.name), d.name).figures if f.extract == extract.name),
                {f["sha256"]: f["file"] for f in files if f["duplicates"] < f["read"]}, {f["key"]: f for f in files if f["key"] in keys},
                tuple(Earlier(d.name, frozenset(hidden.get((d.name, extract.name), ()))) for d in earlier))


def split_files(extract: Extract, paths: list[Path], delivery: Delivery, past: Past, spill: Path, threads: int) -> list[File]:
    """Every file of the extract that counts, split into text rows under `spill`/text; those that do not are counted."""
    target = spill / "text"
    target.mkdir()
    headers = [lines.header(path, extract) for path in paths]
    columns = [c.name for c in extract.columns if any(c.name in names for names in headers)] or [c.name for c in extract.columns]
    lines.write(iter(()), columns, 0, target / "none.parquet", lines.ignore)
    if not paths:
        return []
    inside = [path.relative_to(SOURCE / delivery.name) for path in paths]
    with reading(f"  {extract.name}", sum(p.stat().st_size for p in paths)) as advance, ThreadPoolExecutor(threads) as pool:
        digests = list(pool.map(sha256, paths))
        contents = digests if extract.clock else list(map(str, inside))  # a reference table may come back to what it was
        aside = versions.set_aside(inside, contents, past.contents)

        def one(n: int) -> File:
            name, size, key = str(paths[n].relative_to(SOURCE)), paths[n].stat().st_size, versions.delivery_key(inside[n])[0]
            if n in aside:
                rows = lines.survey(paths[n])[0]
                advance(rows, size)
                return File(name, digests[n], size, key, None, rows, aside[n])
            split = lines.split(paths[n], headers[n], columns, n, target / f"{n:06}.parquet", advance)
            rows, old = split.rows + len(split.bad), past.replaced.get(key)
            smaller = "; it is less than half as long: is it whole?" if old and rows < old["read"] / 2 else ""
            note = f"supersedes {old['file']} with its {old['read']:,} rows from now on{smaller}" if old else ""
            return File(name, digests[n], size, key, split, rows, note)
        return list(pool.map(one, range(len(paths))))
