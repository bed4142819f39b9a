"""What the two deliveries before one brought of an extract: its days, its files, and the rows of it that still stand."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePath

from churnkit import versions
from churnkit.engine import F, Frame, read
from churnkit.errors import InputError
from churnkit.extracts import names
from churnkit.extracts.account import figures
from churnkit.extracts.declare import Extract
from churnkit.extracts.quality import Figure
from churnkit.extracts.sources import Source
from churnkit.files import parts
from churnkit.timeline import EXTRACTS as SOURCE
from churnkit.timeline import FILE_NO, LATE, Delivery, account_of, before, events


@dataclass(frozen=True)
class Earlier:
    """What an earlier delivery holds of an extract, but for the files that are superseded, which are `hidden`."""

    delivery: str
    hidden: frozenset[int]

    def rows(self, extract: Extract) -> Frame:
        """The events that still stand."""
        rows = read([events(self.delivery, extract.name)])
        return rows.filter(~F.col(FILE_NO).isin(*sorted(self.hidden))) if self.hidden else rows


@dataclass(frozen=True)
class Past:
    """What came before of an extract: figures by day, files that still stand by content, those superseded now by key, the rows
    that stand, and the delivery that the next one no longer looks at."""

    figures: tuple[Figure, ...] = ()
    contents: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, dict] = field(default_factory=dict)
    standing: tuple[Earlier, ...] = ()
    oldest: str | None = None

    def settling(self, extract: Extract) -> list[Frame]:
        """The rows that the next delivery no longer looks at, so that nothing corrects them any more: those of the older of the two."""
        return [earlier.rows(extract) for earlier in self.standing if earlier.delivery == self.oldest]


def key_of(source: Source, delivery: Delivery, secret: bytes) -> tuple[str, int]:
    """What a file is a version of, and which version, as its layout tells them apart; a number in it is a pseudonym."""
    key, version = versions.delivery_key(inside(source, delivery), source.entry.delivery_key)
    return names.told_apart(key, secret), version


def inside(source: Source, delivery: Delivery) -> PurePath:
    """Where a file lies in the delivery's folder; its bare name where it lies elsewhere."""
    folder = SOURCE / delivery.name
    return source.path.relative_to(folder) if source.path.is_relative_to(folder) else PurePath(source.path.name)


@dataclass(frozen=True)
class Recent:
    """The two deliveries before one, oldest first: what their accounts say of files, and of days by extract."""

    deliveries: tuple[Delivery, ...]
    files: tuple[dict, ...]
    figures: dict[str, tuple[Figure, ...]]


def recent(delivery: Delivery) -> Recent:
    """What the accounts of the two deliveries before one say. Raises InputError if one of them was not ingested yet."""
    earlier = before(delivery)
    by_extract: dict[str, tuple[Figure, ...]] = {}
    for there in earlier:
        if not account_of(there.name).exists():
            raise InputError(f"Delivery {delivery.name} is compared with {there.name}, which is not ingested yet: `churnkit ingest {there.name}`.")
        for name, told in groupby(figures(account_of(there.name)), lambda f: f.extract):
            by_extract[name] = (*by_extract.get(name, ()), *told)
    return Recent(tuple(earlier), tuple(versions.accounts([d.name for d in earlier])), by_extract)


def seen_before(extract: Extract, delivery: Delivery, found: Sequence[Source], recent: Recent, secret: bytes) -> Past:
    """What came before; a file whose key is that of one of the files found comes again now, and is superseded.

    Nothing of a reference table, which comes whole every time.
    """
    if extract.clock is None:
        return Past()
    keys = {key_of(source, delivery, secret)[0] for source in found} - {""}
    files = [f for f in recent.files if f["extract"] == extract.name]
    again = [{"extract": extract.name, "key": key, "delivery": delivery.name, "file_no": 0} for key in sorted(keys)]
    hidden, gone = versions.superseded([*files, *again]), versions.superseded(files)
    standing = [f for f in files if f["duplicates"] < f["read"] and f["file_no"] not in gone.get((f["delivery"], extract.name), ())]
    return Past(recent.figures.get(extract.name, ()),
                {f["sha256"]: f["file"] for f in standing}, {f["key"]: f for f in files if f["key"] in keys},
                tuple(Earlier(d.name, frozenset(hidden.get((d.name, extract.name), ()))) for d in recent.deliveries
                      if parts(events(d.name, extract.name))),
                recent.deliveries[0].name if len(recent.deliveries) == LATE else None)
