"""Read one delivery of operator extracts into typed, pseudonymous, fully accounted events."""
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from churnkit.engine import F, Frame, count_rows, open_session, projected, read, settle, unsettle, write
from churnkit.errors import AccountError, InputError
from churnkit.extracts import EXTRACTS, contract, layout_file, networks, parties, quality, report
from churnkit.extracts.account import Account, FileAccount, Reject, save
from churnkit.extracts.holders import holders
from churnkit.extracts.layout import Layout
from churnkit.extracts.limits import Limit, check, check_names, worst
from churnkit.extracts.past import recent, seen_before
from churnkit.extracts.reader import Reader
from churnkit.extracts.sift import in_order, sift
from churnkit.extracts.sources import Source, sources
from churnkit.files import drop_scratch, new_scratch, parts, whole_file, whole_folder
from churnkit.identity import check_planned, key_id, read_key
from churnkit.params import Common
from churnkit.progress import say
from churnkit.timeline import EXTRACTS as SOURCE
from churnkit.timeline import FILE_NO, Delivery, account_of, events, handed_on, planned_key

FIRST = ("number_plan", "portings", "subscribers")  # by them numbers are read and resolved
TOLD = 10  # warnings said on stderr; the account has all


@dataclass(frozen=True)
class Params:
    """How files are written, and how much may be wrong with a delivery."""

    max_reject_share: float
    accept_rejects: bool
    delay_days: int
    layouts: tuple[str, ...] = ("canonical",)
    max_rejects: int | None = None
    limits: dict[str, Limit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.max_reject_share <= 1:
            raise ValueError("max_reject_share must be between 0 and 1")
        if self.max_rejects is not None and self.max_rejects < 0:
            raise ValueError("max_rejects must not be negative")
        if self.delay_days < 0:
            raise ValueError("delay_days must not be negative")
        if not self.layouts:
            raise ValueError("layouts must name one at least, such as canonical")


def run(params: Params, common: Common, delivery: Delivery) -> None:
    """Ingest every extract of the delivery; the account of it is written last."""
    key = read_key(common.key_file)
    check_planned(key, planned_key(), common.key_file)
    found = files_by_extract(delivery, [layout_file.load(name) for name in params.layouts])
    open_session(common.memory, common.threads, common.spill, common.master)
    check_names(params.limits, EXTRACTS)
    earlier_ones = recent(delivery)
    files, rejects = list[FileAccount](), list[Reject]()
    figures, oddities = list[quality.Figure](), list[quality.Oddity]()
    directory = settled = networks.Directory.handed_on(earlier_ones.deliveries)
    reader = Reader(delivery, params.delay_days, common.zone, common.threads, key=key)
    for name in sorted(EXTRACTS, key=lambda n: FIRST.index(n) if n in FIRST else len(FIRST)):
        extract, mine = EXTRACTS[name], found[name]
        past = seen_before(extract, delivery, mine, earlier_ones, key)
        with workplace(common.spill) as spill, whole_folder(events(delivery.name, name)) as folder:
            if not mine:
                write(parties.nothing(extract), folder)
                oddities += quality.unlike([], past.figures, delivery)
                standing = [earlier.rows(extract) for earlier in past.standing]
                directory, settled = directory.holding(name, standing), settled.holding(name, past.settling(extract))
                continue
            typed, came = reader.read(extract, mine, spill, past)
            rows = settle(parties.pseudonymised(typed, extract, key, directory, delivery))
            one_leg = next((source.entry.one_leg for source in mine if source.entry.one_leg), None)
            kept, counted, bad = sift(extract, rows, came, delivery, past.standing, one_leg)
            files += counted
            rejects += bad
            try:
                check(counted, bad, overall=Limit(params.max_reject_share, params.max_rejects), by_rule=params.limits, accept=params.accept_rejects,
                      delivery=delivery.name)
            except AccountError as refusal:
                raise shown(refusal, Account(delivery.name, key_id(key), False, tuple(files), tuple(rejects), (), tuple(oddities))) from None
            written = write(kept, folder, by=in_order(kept.columns, extract), shown=parties.as_written(kept, extract))
            days = quality.by_day(extract, kept)
            unsettle(rows)
            if written != sum(a.accepted for a in counted):
                raise AccountError(f"{delivery.name}, {name}: {written} rows written for {sum(a.accepted for a in counted)} accepted.")
            if extract.required and not written:
                raise InputError(f"Delivery {delivery.name}: the files of {name!r} hold no usable row. {worst(bad) if bad else ''}".strip())
            figures += days
            oddities += quality.unlike(days, past.figures, delivery)
        standing = [read([events(delivery.name, name)]), *(earlier.rows(extract) for earlier in past.standing)]
        directory, settled = directory.holding(name, standing), settled.holding(name, past.settling(extract))
        if name == "subscribers" and any(source.has_numbers for others in found.values() for source in others):
            reader = replace(reader, known=holders(key, standing))
    with whole_folder(handed_on(delivery.name)) as folder:
        for name, standing in still_standing(delivery, earlier_ones.deliveries, settled.portings).items():
            write(standing, folder / name)
    result = Account(delivery.name, key_id(key), params.accept_rejects, tuple(files), tuple(rejects), tuple(figures), tuple(oddities))
    with whole_folder(account_of(delivery.name)) as folder:
        save(result, folder)
        (folder / "account.md").write_text(report.markdown(result), "utf-8")
        (folder / "account.html").write_text(report.html(result), "utf-8")
    refused(delivery.name).unlink(missing_ok=True)
    tell(result)


def refused(delivery: str) -> Path:
    """Where the account of a delivery lies that limits stopped."""
    return Path("reports/refused") / f"{delivery}.html"


def shown(refusal: AccountError, account: Account) -> AccountError:
    """The refusal, and where all that was rejected so far can be looked at."""
    with whole_file(refused(account.delivery)) as part:
        part.write_text(report.html(account), "utf-8")
    return AccountError(f"{refusal} {refused(account.delivery)} shows why, file by file.")


def still_standing(delivery: Delivery, earlier: Sequence[Delivery], portings: Frame | None) -> dict[str, Frame]:
    """What the delivery hands on to the next: reference tables as they came last, and the portings that no later one can correct any more."""
    found = {} if portings is None else {"portings": portings}
    for name in (name for name, extract in EXTRACTS.items() if extract.clock is None):
        came = [folder for folder in (events(delivery.name, name), *(handed_on(d.name, name) for d in earlier[-1:])) if parts(folder)]
        if newest := next((folder for folder in came if count_rows([folder])), None):
            rows = read([newest])
            found[name] = projected(rows, [c for c in rows.columns if c != FILE_NO], {})
    return found


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
            raise InputError(f"Delivery {delivery.name} lacks the required extract {name!r}: {unfound(name, folder, layouts)}.")
    return found


def unfound(name: str, folder: Path, layouts: Sequence[Layout]) -> str:
    """Which file of an extract is not there, by what the layouts call it."""
    names = [entry.globs for layout in layouts for entry in layout.files if entry.extract == name]
    globs = dict.fromkeys(next((glob for glob in several if "*" in glob), several[0]) for several in names)
    called = ", ".join(layout.name for layout in layouts)
    return f"no file {' or '.join(f'{folder}/{glob}' for glob in globs)}" if globs else \
        f"no layout of ingest.layouts ({called}) reads it; write an entry for it, or name a layout that has one"


def typed_rows(name: str, params: Params, common: Common, delivery: Delivery, spill: Path) -> Frame:
    """The good rows of one extract of a delivery with ids and numbers as the operator wrote them; for the vault, which alone may keep these."""
    found = files_by_extract(delivery, [layout_file.load(layout) for layout in params.layouts])
    typed, _ = Reader(delivery, params.delay_days, common.zone, common.threads).read(EXTRACTS[name], found[name], spill)
    absent = {c.name: F.lit(None).cast(contract.column_type(c)) for c in EXTRACTS[name].columns if c.name not in typed.columns}
    return projected(typed, ["*"], absent, F.col(contract.BROKEN).isNull())


@contextmanager
def workplace(spill: str) -> Iterator[Path]:
    """A private folder for text that still holds full numbers; gone afterwards."""
    folder = new_scratch(Path(spill), "ingest")
    try:
        yield folder
    finally:
        drop_scratch(folder)
