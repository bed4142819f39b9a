"""The vault, the only door to full numbers: a file apart from all that DVC and git keep."""
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from churnkit.engine import F, Frame, W, projected, write
from churnkit.errors import InputError, ParameterError
from churnkit.expressions import keyed_hash
from churnkit.extracts.numbers import in_normal_form, normal_number
from churnkit.files import parts, whole_file
from churnkit.identity import is_open_to_others, key_id, pseudonym

VAULT = Path("data/vault.db")
COLUMNS = ("subscriber_id", "party", "msisdn", "alt_contact", "seen_on")
TABLES = """
create table about (key_id text not null);
create table numbers (subscriber_id text primary key, party text not null, msisdn text not null, alt_contact text, seen_on text not null)
  without rowid;
create index numbers_by_party on numbers (party, seen_on);
create table erased (subscriber_id text primary key, party text not null, erased_on text not null) without rowid;
"""


@dataclass(frozen=True)
class Holder:
    """A subscriber with the full number, another one to be reached on, and the last snapshot that has the line with it."""

    subscriber_id: str
    msisdn: str
    alt_contact: str | None
    seen_on: date


def build(deliveries: Iterator[Frame], key: bytes, scratch: Path, path: Path = VAULT) -> int:
    """Make the vault anew of the typed rows of the subscribers extract, one frame a delivery; how many subscribers it holds.

    Who was erased stays so. The old vault stays until the new one is whole.
    """
    gone = erased(path, key) if path.exists() else []
    with whole_file(path) as part:
        part.touch(mode=0o600)
        with closing(connected(part)) as vault, vault:
            vault.executescript(TABLES)
            vault.execute("insert into about values (?)", (key_id(key),))
            vault.executemany("insert into erased values (?, ?, ?)", gone)
            for n, rows in enumerate(deliveries):
                write(newest(rows, key), scratch / f"numbers_{n}", by=())
                for file in parts(scratch / f"numbers_{n}"):
                    for batch in pq.ParquetFile(file).iter_batches(50_000, columns=list(COLUMNS)):
                        vault.executemany(
                            "insert into numbers select ?, ?, ?, ?, ? where ?1 not in (select subscriber_id from erased) "
                            "on conflict do update set (party, msisdn, alt_contact, seen_on) = "
                            "(excluded.party, excluded.msisdn, excluded.alt_contact, excluded.seen_on) where excluded.seen_on >= seen_on",
                            zip(*(column.to_pylist() for column in batch.columns), strict=True))
            ((held,),) = vault.execute("select count(*) from numbers").fetchall()
    return int(held)


def newest(rows: Frame, key: bytes) -> Frame:
    """COLUMNS of the last snapshot of each subscriber in the typed rows, numbers in normal form."""
    last = W.partitionBy("subscriber_id").orderBy(F.col("snapshot_on").desc(), F.col("msisdn"))
    ranked = projected(rows, ["subscriber_id", "msisdn", "alt_contact", "snapshot_on"], {"nth": F.row_number().over(last)})
    normal = in_normal_form(in_normal_form(ranked.filter(F.col("nth") == 1), "msisdn"), "alt_contact")
    return projected(normal, ["msisdn", "alt_contact"], {
        "subscriber_id": keyed_hash(F.col("subscriber_id"), key, "s"), "party": keyed_hash(F.col("msisdn"), key, "p"),
        "seen_on": F.col("snapshot_on").cast("string")})


def holder(subscriber_id: str, key: bytes, path: Path = VAULT) -> Holder | None:
    """The subscriber with that pseudonym; None where the vault has none."""
    with opened(path, key) as vault:
        found = vault.execute("select subscriber_id, msisdn, alt_contact, seen_on from numbers where subscriber_id = ?", (subscriber_id,)).fetchall()
    return next(map(as_holder, found), None)


def holders(number: str, key: bytes, path: Path = VAULT) -> list[Holder]:
    """Who has or had the number, however it is written, the latest first: a number that was given out again has several."""
    with opened(path, key) as vault:
        found = vault.execute("select subscriber_id, msisdn, alt_contact, seen_on from numbers where party = ? order by seen_on desc, subscriber_id",
                              (pseudonym(key, normal_number(number), "p"),)).fetchall()
    return [as_holder(row) for row in found]


def erase(subscriber_id: str, key: bytes, today: date, path: Path = VAULT) -> bool:
    """Take a subscriber out for ever: the row goes, and what stays is that the pseudonyms are never to be filled again. Whether there was one."""
    with opened(path, key) as vault, vault:
        row = vault.execute("select party from numbers where subscriber_id = ?", (subscriber_id,)).fetchone()
        if row:
            vault.execute("insert or ignore into erased values (?, ?, ?)", (subscriber_id, row[0], str(today)))
            vault.execute("delete from numbers where subscriber_id = ?", (subscriber_id,))
    return row is not None


def erased(path: Path, key: bytes) -> list[tuple[str, str, str]]:
    """subscriber_id, pseudonym of the number and day of everyone erased: the suppressions by hash that calling must honour."""
    with opened(path, key) as vault:
        return vault.execute("select subscriber_id, party, erased_on from erased order by subscriber_id").fetchall()


def as_holder(row: tuple[str, str, str | None, str]) -> Holder:
    """A row of the vault."""
    return Holder(row[0], row[1], row[2], date.fromisoformat(row[3]))


@contextmanager
def opened(path: Path, key: bytes) -> Iterator[sqlite3.Connection]:
    """The vault, if it is one, is closed to others, and was built with this key; raises InputError or ParameterError."""
    if not path.is_file():
        raise InputError(f"There is no vault {path}; `churnkit vault build` makes it from the subscribers extract.")
    if is_open_to_others(os.stat(path).st_mode):
        raise ParameterError(f"The vault {path} can be read by others; `chmod 600 {path}` closes it.")
    with closing(connected(path)) as vault:
        try:
            ((built_with,),) = vault.execute("select key_id from about").fetchall()
        except (sqlite3.DatabaseError, ValueError):
            raise InputError(f"{path} is no vault; remove it, and `churnkit vault build` makes it anew.") from None
        if built_with != key_id(key):
            raise ParameterError(f"The vault {path} was built with another key ({built_with}, not {key_id(key)}): its pseudonyms are not those of "
                                 "the lists. Give it that key, or remove it and run `churnkit vault build`.")
        yield vault


def connected(path: Path) -> sqlite3.Connection:
    """The file as a database in which what is deleted is overwritten."""
    vault = sqlite3.connect(path)
    vault.execute("pragma secure_delete = on")
    return vault
