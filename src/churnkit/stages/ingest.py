"""Read one delivery of operator extracts into typed, pseudonymous, fully accounted events."""
import difflib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from churnkit import versions
from churnkit.engine import open_session, read, settle, unsettle, write
from churnkit.errors import AccountError, InputError
from churnkit.extracts import EXTRACTS, Extract, account, contract, lines, parties
from churnkit.extracts.sift import Earlier, File, in_order, sift
from churnkit.files import drop_scratch, new_scratch, sha256, whole_folder
from churnkit.identity import check_planned, key_id, read_key
from churnkit.params import Common
from churnkit.progress import reading, say
from churnkit.timeline import EXTRACTS as SOURCE
from churnkit.timeline import Delivery, account_of, before, events, planned_key

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
    check_planned(key, planned_key(), common.key_file)
    found = files_by_extract(delivery)
    open_session(common.memory, common.threads, common.spill, common.master)
    accounts: list[account.FileAccount] = []
    rejects: list[account.Reject] = []
    plan = None
    for name in sorted(EXTRACTS, key=lambda n: n != "number_plan"):  # the number plan first: numbers are read by it
        extract = EXTRACTS[name]
        with workplace(common.spill) as spill, whole_folder(events(delivery.name, name)) as folder:
            keys = {versions.delivery_key(path.relative_to(SOURCE / delivery.name))[0] for path in found[name]} - {""}
            known, earlier = seen_before(extract, delivery, keys)
            files = split_files(extract, found[name], delivery, known, spill, common.threads)
            typed = contract.typed(read([spill / "text"]), extract, delivery, params.delay_days)
            rows = settle(parties.pseudonymised(typed, extract, key, plan))
            kept, counted, bad = sift(extract, rows, files, delivery, earlier)
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
    with whole_folder(account_of(delivery.name)) as folder:
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


def split_files(extract: Extract, paths: list[Path], delivery: Delivery, known: dict[str, str], spill: Path, threads: int) -> list[File]:
    """Every file of the extract that counts, split into text rows under `spill`/text; those that do not are counted.

    `known` names the files of earlier deliveries by their content.
    """
    target = spill / "text"
    target.mkdir()
    headers = [lines.header(path, extract) for path in paths]
    columns = [c.name for c in extract.columns if any(c.name in names for names in headers)] or [c.name for c in extract.columns]
    lines.write(iter(()), columns, 0, target / "none.parquet", lines.ignore)
    inside = [path.relative_to(SOURCE / delivery.name) for path in paths]
    with reading(f"  {extract.name}", sum(p.stat().st_size for p in paths)) as advance, ThreadPoolExecutor(threads) as pool:
        digests = list(pool.map(sha256, paths))
        aside = versions.set_aside(inside, digests, known)

        def one(n: int) -> File:
            name, size, key = str(paths[n].relative_to(SOURCE)), paths[n].stat().st_size, versions.delivery_key(inside[n])[0]
            if n in aside:
                rows = lines.survey(paths[n])[0]
                advance(rows, size)
                return File(name, digests[n], size, key, None, rows, aside[n])
            split = lines.split(paths[n], headers[n], columns, n, target / f"{n:06}.parquet", advance)
            return File(name, digests[n], size, key, split, split.rows + len(split.bad))
        return list(pool.map(one, range(len(paths)))) if paths else []


def seen_before(extract: Extract, delivery: Delivery, keys: set[str]) -> tuple[dict[str, str], list[Earlier]]:
    """What the two deliveries before this one brought of an extract: their files by content, and which of those still stand.

    A file whose key is among `keys` comes again now, and supersedes the one before it. Raises InputError if one was not ingested yet.
    """
    if extract.clock is None:  # a reference table comes whole every time
        return {}, []
    earlier = before(delivery)
    for there in earlier:
        if not account_of(there.name).exists():
            raise InputError(f"Delivery {delivery.name} is compared with {there.name}, which is not ingested yet: `churnkit ingest {there.name}`.")
    files = [f for f in versions.accounts([d.name for d in earlier]) if f["extract"] == extract.name]
    again = [{"extract": extract.name, "key": key, "delivery": delivery.name, "file_no": 0} for key in sorted(keys)]
    hidden = versions.superseded([*files, *again])
    known = {f["sha256"]: f["file"] for f in files if not f["note"] and f["read"]}
    return known, [Earlier(d.name, frozenset(hidden.get((d.name, extract.name), ()))) for d in earlier]
