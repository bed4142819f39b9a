"""The account of a delivery: every row that was read is accepted, rejected with its reason, or a duplicate."""
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from churnkit.errors import InputError
from churnkit.extracts.quality import Figure, Oddity
from churnkit.files import intact

RAW_LENGTH = 200


@dataclass(frozen=True)
class FileAccount:
    """What became of one file's rows: read = accepted + rejected + duplicates.

    `file_no` is the file's number among its extract's in the events, `key` what it is a version of (empty where nothing can supersede it), `note`
    why it was set aside.
    """

    extract: str
    file: str
    file_no: int
    sha256: str
    size: int
    key: str
    read: int
    accepted: int
    rejected: int
    duplicates: int
    note: str = ""


@dataclass(frozen=True)
class Reject:
    """A row that was not accepted, and why; `raw` is its line with long numbers masked."""

    extract: str
    file: str
    line: int
    column: str
    rule: str
    message: str
    raw: str


def masked(line: str, length: int = RAW_LENGTH) -> str:
    """The line, cut to so many characters, with the inner digits of anything as long as a number hidden, also of one written in groups."""
    whole = re.sub(r"\d{7,}", lambda n: n[0][:3] + "****" + n[0][-4:] if len(n[0]) >= 11 else n[0][:2] + "****", line[:length])
    return re.sub(r"\d(?:[ .()-]{0,2}\d){10,}", lambda n: n[0][:3] + "****" + n[0][-4:], whole)  # a time has ten digits before its colon


@dataclass(frozen=True)
class Account:
    """All that is known of what became of a delivery."""

    delivery: str
    key_id: str
    accept_rejects: bool
    files: tuple[FileAccount, ...]
    rejects: tuple[Reject, ...]
    figures: tuple[Figure, ...]
    oddities: tuple[Oddity, ...]

    def total(self, what: str) -> int:
        """Rows over all files: `read`, `accepted`, `rejected` or `duplicates`."""
        return sum(getattr(f, what) for f in self.files)

    def reasons(self) -> list[tuple[str, str, int, Reject]]:
        """Extract, reason, how many rows and the first of them; the commonest reason first."""
        found: dict[tuple[str, str], list[Reject]] = {}
        for r in self.rejects:
            found.setdefault((r.extract, r.message), []).append(r)
        return [(*what, len(rs), rs[0]) for what, rs in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))]


TABLES: dict[str, tuple[str, type]] = {"files": ("files", FileAccount), "rejects": ("rejects", Reject), "figures": ("quality", Figure),
                                       "oddities": ("oddities", Oddity)}
KINDS = {int: pa.int64(), str: pa.string(), float: pa.float64(), date: pa.date32()}


def save(account: Account, folder: Path) -> None:
    """Write the account as tables; `load` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {b"churnkit.key_id": account.key_id.encode(), b"churnkit.accept_rejects": str(account.accept_rejects).encode()}
    for field, (name, row) in TABLES.items():
        schema = pa.schema([(f, KINDS[t]) for f, t in get_type_hints(row).items()], metadata=about)
        rows = pa.Table.from_pylist([asdict(r) for r in getattr(account, field)], schema=schema)
        pq.write_table(rows, folder / f"{name}.parquet", compression="zstd")


def figures(folder: Path) -> list[Figure]:
    """The figures by day of the account in the folder."""
    with intact(folder / f"{TABLES['figures'][0]}.parquet") as path:
        return [Figure(**values) for values in pq.read_table(path).to_pylist()]


def load(folder: Path, delivery: str) -> Account:
    """The account in the folder. Raises InputError if there is none."""
    if not (folder / "files.parquet").exists():
        raise InputError(f"There is no account of {delivery}: `churnkit ingest {delivery}` writes it.")
    tables = {}
    for field, (name, _) in TABLES.items():
        with intact(folder / f"{name}.parquet") as path:
            tables[field] = pq.read_table(path)
    about = tables["files"].schema.metadata
    rows = {field: tuple(row(**values) for values in tables[field].to_pylist()) for field, (_, row) in TABLES.items()}
    return Account(delivery, about[b"churnkit.key_id"].decode(), about[b"churnkit.accept_rejects"] == b"True", **rows)
