"""The files of one extract as typed rows with verdicts."""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from churnkit.engine import Frame, read, write
from churnkit.extracts import contract, lines, mapping
from churnkit.extracts.declare import Extract
from churnkit.extracts.holders import Holders, resolved
from churnkit.extracts.layout import NUMBER, FileLayout, carries_number
from churnkit.extracts.shapes import own_columns, shape_of
from churnkit.extracts.sources import Source
from churnkit.files import remove, sha256
from churnkit.progress import reading
from churnkit.timeline import Delivery


@dataclass(frozen=True)
class Reader:
    """What reading a delivery's files needs to know: its months, when rows arrive that do not say it, the project's zone, who held which number."""

    delivery: Delivery
    delay_days: int
    zone: str
    threads: int
    known: Holders | None = None

    def read(self, extract: Extract, found: list[Source], spill: Path) -> tuple[Frame, list[tuple[lines.Split, str]]]:
        """The rows with types and verdicts, and every file of the extract with its checksum.

        They are written out once, so that what follows reads columns, not text; files that are read alike are read together.
        """
        splits: list[tuple[lines.Split, str]] = []
        with reading(f"  {extract.name}", sum(source.path.stat().st_size for source in found)) as advance:
            for n, (entry, paths) in enumerate(alike(extract, found)):
                text, typed = spill / f"text{n}", spill / "typed" / str(n)
                splits += split_files(entry, paths, len(splits), text, self.threads, advance)
                rows = mapping.canonical(read([text]), entry, self.zone)
                if carries_number(extract) and NUMBER in rows.columns:
                    rows = resolved(rows, extract, self.known or Holders(()))
                delay = self.delay_days if entry.delay_days is None else entry.delay_days
                write(contract.typed(rows, extract, self.delivery, delay), typed, by=())
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
        columns = {name: (name, None) for name in own_columns(entry)
                   if (name != NUMBER and not paths) or any(name in s.names for s in shapes)}
    lines.write_nothing([*columns, *(f"file_{name}" for name in mapping.from_names(entry))], target)
    with lines.team(threads) as team, ThreadPoolExecutor(threads) as pool:
        def one(n: int) -> tuple[lines.Split, str]:
            digest = pool.submit(sha256, paths[n])
            named = {f"file_{name}": (None, it) for name, it in mapping.said_by_name(entry, paths[n]).items()}
            return lines.split(paths[n], shapes[n], columns | named, first_no + n, target, team, advance), digest.result()
        with ThreadPoolExecutor(threads) as producers:
            return list(producers.map(one, range(len(paths))))
