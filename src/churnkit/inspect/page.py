"""What is said of unknown files: how they are written, a layout to begin with, rows as they would be read, and what has no place."""
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from churnkit import documents
from churnkit.engine import F, open_session
from churnkit.errors import ChurnkitError, InputError
from churnkit.extracts import EXTRACTS, contract, layout_file
from churnkit.extracts.account import masked
from churnkit.extracts.blocks import COMPRESSED, whole_lines
from churnkit.extracts.layout import ASKED, FileLayout, Layout
from churnkit.extracts.reader import Reader
from churnkit.extracts.shapes import shape_of
from churnkit.extracts.sources import Source, is_called
from churnkit.extracts.tables import is_table
from churnkit.files import drop_scratch, new_scratch
from churnkit.inspect.propose import Proposal, propose
from churnkit.inspect.sniff import SAMPLE, Sniffed, sniff
from churnkit.params import build
from churnkit.timeline import Delivery

ANY_TIME = Delivery("sample", date(1980, 1, 1), date(2100, 1, 1))
SHOWN = 5
LEAST = 0.35  # less sure than that, a file is no extract at all
HIDDEN = ("subscriber", "number", "own_number", "customer")


@dataclass(frozen=True)
class Tried:
    """How the first rows of a file come out: accepted of read, why not, and a few of them; `lost` counts the reasons."""

    read: int
    lost: dict[str, int]
    rows: list[dict[str, str]]

    @property
    def share(self) -> float:
        """The share of rows that are accepted."""
        return 1 - sum(self.lost.values()) / self.read if self.read else 0.0


def inspected(paths: Sequence[Path], spill: str, zone: str) -> tuple[str, dict[str, Any] | None]:
    """What is to be said of the files, and the layout to begin with, None where a known one fits all. Raises InputError."""
    open_session(spill=spill)
    layouts = [layout_file.load(p.stem) for p in sorted({*layout_file.OWN.glob("*.yaml"), *layout_file.SHIPPED.glob("*.yaml")}, key=lambda p: p.stem)]
    said, entries = list[str](), dict[str, dict[str, Any]]()
    for path in paths:
        file = sniff(path)
        known = known_for(file, layouts, spill, zone)
        if known:
            said.append(f"{path}: {file.said}\n{known}")
            continue
        named = misfit(file, layouts, spill, zone)
        guess = propose(file)
        if guess.confidence < LEAST:
            said.append(f"{path}: {file.said}\n{named}  like no extract that churnkit reads (columns {', '.join(file.names)}); "
                        "where it is none, name it under ignore in the layout")
            continue
        entry = entry_of(file, guess)
        joined(entries, entry)
        heading = f"{path}: {file.said}; {len(file.rows):,} rows looked at" + f"\n{named}".rstrip()
        said.append("\n".join([heading, *table(file, guess), "", *tried_lines(file, entry, spill, zone)]))
    if not entries:
        return "\n\n".join(said) + "\n", None
    document = {"about": "Proposed by churnkit inspect; look through every line.",
                "files": [{**entry, "glob": list(dict.fromkeys(entry["glob"]))} for entry in entries.values()]}
    return "\n\n".join(said) + "\n\nA layout to begin with:\n\n" + documents.dumped(document), document


def joined(entries: dict[str, dict[str, Any]], entry: dict[str, Any]) -> None:
    """Adds the entry, or its name and codes to those of files that are otherwise written alike: no sample holds all codes."""
    alike = {name: {**it, "codes": 0} if isinstance(it, dict) and "codes" in it else it for name, it in entry["map"].items()}
    one = entries.setdefault(str({**entry, "glob": 0, "map": alike}), {**entry, "glob": []})
    one["glob"].append(entry["glob"])
    for name, it in entry["map"].items():
        if isinstance(it, dict) and "codes" in it:
            one["map"][name]["codes"] = it["codes"] | one["map"][name]["codes"]


def known_for(file: Sniffed, layouts: Sequence[Layout], spill: str, zone: str) -> str:
    """What is to be said of a file that a layout already fits; nothing where none does."""
    for layout in layouts:
        for entry in layout.files:
            try:
                shape_of(file.path, entry)
                result = tried(file, entry, spill, zone)
            except InputError:
                continue
            if result.share >= 0.5:
                name = "" if is_called(Path(file.path.name), entry.globs) else \
                    f" Its name does not fit {', '.join(entry.globs)}: rename it, or copy the layout to layouts/ under a name of yours."
                return f"  fits the layout {layout.name} as {entry.extract}.{name}\n" + "\n".join(rows_of(result))
    return ""


def misfit(file: Sniffed, layouts: Sequence[Layout], spill: str, zone: str) -> str:
    """Why the project's layout by whose names the file is called does not fit it; nothing where it is called by none."""
    said = list[str]()
    for layout in (layout for layout in layouts if layout.path.parent == layout_file.OWN):
        for entry in (entry for entry in layout.files if is_called(Path(file.path.name), entry.globs)):
            try:
                lost = tried(file, entry, spill, zone).lost
                why = ", ".join(f"{count:,} × {reason}" for reason, count in sorted(lost.items(), key=lambda it: -it[1]))
            except InputError as problem:
                why = str(problem)
            said.append(f"  is called like {entry.extract} of the layout {layout.name}, which does not fit: {why}\n")
    return "".join(said)


def entry_of(file: Sniffed, guess: Proposal) -> dict[str, Any]:
    """The entry of the layout, as YAML has it."""
    bare = file.path.name.removesuffix(next((s for s in COMPRESSED if file.path.name.endswith(s)), ""))
    glob = re.sub(r"\*([_.-]?\*)+", "*", re.sub(r"[0-9]+", "*", bare))
    shape: dict[str, Any] = {} if is_table(file.path) else {
        **({"encoding": file.encoding} if file.encoding != "utf-8" else {}), **({"delimiter": file.delimiter} if file.delimiter != "," else {}),
        **({} if file.has_header else {"header": False}), **({"trailer": file.trailer} if file.trailer else {}),
        **({"trim": True} if file.is_padded else {}),
        **({"nulls": list(file.nulls)} if file.nulls else {}),
        **({"widths": file.widths} if file.widths else {"columns": list(file.names)} if not file.has_header else {})}
    return {"extract": guess.extract, "glob": glob, **shape, "map": {it.column: it.source["field"] if list(it.source) == ["field"] else it.source
                                                                       for it in guess.placed}}


def table(file: Sniffed, guess: Proposal) -> list[str]:
    """What each field seems to be and becomes, and what has no place."""
    lines = [f"  most like {guess.extract} ({guess.confidence:.0%} sure)", f"  {'column':22} {'sure':>5}  from"]
    for it in guess.placed:
        how = ", ".join(f"{key} {value!r}" for key, value in it.source.items())
        lines.append(f"  {it.column:22} {it.confidence:5.0%}  {how}{f'   ({it.note})' if it.note else ''}")
    lines += [f"  {name:22}    no  nothing in the file looks like it, and {guess.extract} needs it" for name in guess.missing]
    for name in guess.over:
        texts = file.column(file.names.index(name))
        kind = guess.kinds[name]
        lines.append(f"  not placed: {name!r}, {kind.said}, such as {', '.join(masked(text, 30) for text in dict.fromkeys(islice(texts, 20)))[:80]}")
    return lines


def tried_lines(file: Sniffed, entry: dict[str, Any], spill: str, zone: str) -> list[str]:
    """The first rows as this entry would read them, without optional columns whose codes nobody has explained."""
    problems: list[str] = []
    needed = {c.name for c in EXTRACTS[entry["extract"]].columns if c.required}
    known = {name: it for name, it in entry["map"].items() if name in needed or isinstance(it, str) or ASKED not in it.get("codes", {}).values()}
    spread = layout_file.spread({"files": [{**entry, "map": known}]}, problems)["files"][0]
    built = build(FileLayout, spread, "", problems)
    try:
        return [f"  not readable yet: {'; '.join(problems)}"] if problems else rows_of(tried(file, built, spill, zone))
    except ChurnkitError as problem:
        return [f"  not readable yet: {problem}"]


def rows_of(result: Tried) -> list[str]:
    """A few rows, and why others would be rejected."""
    lines = [f"  {result.read:,} rows read, {result.read - sum(result.lost.values()):,} would be accepted"]
    lines += [f"    {count:,} × {why}" for why, count in sorted(result.lost.items(), key=lambda it: -it[1])]
    return lines + ["    " + ", ".join(f"{name}={value}" for name, value in row.items()) for row in result.rows]


def tried(file: Sniffed, entry: FileLayout, spill: str, zone: str) -> Tried:
    """The first rows read as the entry has it. Raises InputError where they cannot be."""
    folder = new_scratch(Path(spill), "inspect")
    try:
        entry, path = sampled(file, entry, folder)
        typed, files = Reader(ANY_TIME, 1, zone, 1).read(entry.kind, [Source(path, entry, "sample")], folder)
        waits = f"subscriber_id|{contract.UNREAD}"  # whose a number is, the subscribers will tell
        counts = typed.groupBy(contract.BROKEN).agg(F.count(F.lit(1)).alias("rows")).collect()
        lost = {row[0]: row[1] for row in counts if row[0] not in (None, waits)}
        reasons = {contract.said(rule, entry.kind): count for rule, count in lost.items()}
        for one in files:
            for bad in one.split.bad if one.split else ():
                reasons[f"the line {bad.message}"] = reasons.get(f"the line {bad.message}", 0) + 1
        fine = F.col(contract.BROKEN).isNull() | (F.col(contract.BROKEN) == waits)
        rows = [row.asDict() for row in typed.filter(fine).orderBy("line").limit(SHOWN).collect()]
        shown = [{c.name: hidden(str(row[c.name])) if c.kind in HIDDEN else str(row[c.name]) for c in entry.kind.columns
                  if row.get(c.name) is not None and c.name != "received_at"} for row in rows]
        return Tried(sum(f.rows for f in files), reasons, shown)
    finally:
        drop_scratch(folder)


def hidden(text: str) -> str:
    """An id or a number as it may be shown."""
    return "@****" if text.startswith("@") else masked(text)


def sampled(file: Sniffed, entry: FileLayout, folder: Path) -> tuple[FileLayout, Path]:
    """The first lines in a file of their own, without the trailer."""
    if is_table(file.path):
        return entry, file.path
    path = folder / file.path.name.removesuffix(next((s for s in COMPRESSED if file.path.name.endswith(s)), ""))
    shape = shape_of(file.path, entry)
    block = next(whole_lines(file.path, entry.encoding))
    lines = block.text.removesuffix(b"\n").split(b"\n")
    lines = lines[:-1] if entry.trailer and len(lines) <= SAMPLE else lines[:SAMPLE]
    path.write_bytes(b"\n".join(lines) + b"\n")
    encoding: Any = shape.stored
    return replace(entry, trailer=None, encoding=encoding, glob=("*",)), path
