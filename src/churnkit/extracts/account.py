"""The account of a delivery: every row that was read is accepted, rejected with its reason, or a duplicate."""
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from churnkit.errors import AccountError

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


def check(files: Iterable[FileAccount], rejects: list[Reject], *, max_share: float, accept: bool, delivery: str) -> None:
    """Raises AccountError if an account does not add up, or if an extract lost more than `max_share` of its rows."""
    files = list(files)
    for f in files:
        if f.read != f.accepted + f.rejected + f.duplicates or min(f.accepted, f.rejected, f.duplicates) < 0:
            raise AccountError(f"{f.file}: {f.read} rows read, but {f.accepted} accepted + {f.rejected} rejected + "
                               f"{f.duplicates} duplicates. This is a fault of churnkit, not of the file.")
    for extract in dict.fromkeys(f.extract for f in files):
        read = sum(f.read for f in files if f.extract == extract)
        lost = sum(f.rejected for f in files if f.extract == extract)
        if lost > max_share * read and not accept:
            raise AccountError(
                f"Delivery {delivery}: {lost:,} of {read:,} rows of {extract!r} were rejected, more than {max_share:.2%}. "
                f"{worst([r for r in rejects if r.extract == extract])} Mend the file, or set ingest.accept_rejects: true to go on without them.")


def worst(rejects: list[Reject]) -> str:
    """The three commonest reasons, each with a sample."""
    by_reason: dict[str, list[Reject]] = {}
    for r in rejects:
        by_reason.setdefault(r.message, []).append(r)
    top = sorted(by_reason.values(), key=len, reverse=True)[:3]
    return "Most: " + "; ".join(f"{len(rs):,} × {rs[0].message} (e.g. {rs[0].file}, line {rs[0].line}: {rs[0].raw[:80]!r})" for rs in top) + "."


def save(folder: Path, files: list[FileAccount], rejects: list[Reject], *, key_id: str, accept_rejects: bool) -> None:
    """Write the account as tables and as a page to read."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {b"churnkit.key_id": key_id.encode(), b"churnkit.accept_rejects": str(accept_rejects).encode()}
    kinds = {int: pa.int64(), str: pa.string()}
    for name, rows, row in (("files", files, FileAccount), ("rejects", rejects, Reject)):
        schema = pa.schema([(f, kinds[t]) for f, t in row.__annotations__.items()], metadata=about)
        pq.write_table(pa.Table.from_pylist([asdict(r) for r in rows], schema=schema), folder / f"{name}.parquet", compression="zstd")
    (folder / "account.md").write_text(page(files, rejects), "utf-8")


def page(files: list[FileAccount], rejects: list[Reject]) -> str:
    """The account as Markdown."""
    lines = ["| extract | file | read | accepted | rejected | duplicates |", "|---|---|---:|---:|---:|---:|"]
    lines += [f"| {f.extract} | {f.file} | {f.read:,} | {f.accepted:,} | {f.rejected:,} | {f.duplicates:,} |" for f in files]
    counts: dict[tuple[str, str], int] = {}
    for r in rejects:
        counts[r.extract, r.message] = counts.get((r.extract, r.message), 0) + 1
    if counts:
        lines += ["", "| extract | why rejected | rows |", "|---|---|---:|"]
        lines += [f"| {extract} | {why} | {n:,} |" for (extract, why), n in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
    return "\n".join(lines) + "\n"
