"""The files of one extract as typed rows with verdicts."""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from churnkit import versions
from churnkit.engine import Frame, read, stacked
from churnkit.errors import InputError
from churnkit.extracts import contract, lines, mapping, names
from churnkit.extracts.declare import Extract
from churnkit.extracts.holders import Holders, resolved
from churnkit.extracts.layout import NUMBER, FileLayout, carries_number
from churnkit.extracts.past import Past, inside, key_of
from churnkit.extracts.shapes import own_columns, shape_of
from churnkit.extracts.sources import Source
from churnkit.files import sha256
from churnkit.progress import reading
from churnkit.timeline import Delivery


@dataclass(frozen=True)
class File:
    """One file of an extract: `split` as it was read, or None where it was set aside for the reason `note`, with all its `rows`."""

    name: str
    digest: str
    size: int
    key: str
    split: lines.Split | None
    rows: int
    note: str = ""


@dataclass(frozen=True)
class Reader:
    """What reading a delivery's files needs to know: its months, when rows arrive that do not say it, the project's zone, who held which number.

    `key` makes pseudonyms of numbers in the names of files.
    """

    delivery: Delivery
    delay_days: int
    zone: str
    threads: int
    known: Holders | None = None
    key: bytes = b""

    def read(self, extract: Extract, found: list[Source], spill: Path, past: Past | None = None) -> tuple[Frame, list[File]]:
        """The rows with types and verdicts, without optional columns that no file has, and every file of the extract; the n-th has the number n.

        Rows are made when they are asked for, of text that lies in `spill` until then. Files that are read alike are read together.
        """
        past = past or Past()
        groups = alike(extract, found)
        files = told_apart(extract, [source for _, sources in groups for source in sources], self, past)
        done, texts = list[File](), []
        with reading(f"  {extract.name}", sum(file.size for file in files)) as advance:
            for n, (entry, sources) in enumerate(groups):
                (text := spill / f"text{n}").mkdir()
                mine = files[len(done):len(done) + len(sources)]
                done += split_files(entry, [source.path for source in sources], mine, len(done), text, self.threads, past, advance)
                rows = mapping.canonical(read([text]), entry, self.zone)
                if carries_number(extract) and NUMBER in rows.columns:
                    rows = resolved(rows, extract, self.known)
                texts.append((rows, self.delay_days if entry.delay_days is None else entry.delay_days))
        there = {name for rows, _ in texts for name in rows.columns}
        typed = [contract.typed(rows, extract, self.delivery, delay, there) for rows, delay in texts]
        return stacked(typed) if len(typed) > 1 else typed[0], done


def alike(extract: Extract, found: list[Source]) -> list[tuple[FileLayout, list[Source]]]:
    """The files by how they are read; an extract that did not come as no file in churnkit's own layout."""
    groups: dict[int, tuple[FileLayout, list[Source]]] = {}
    for source in found:
        groups.setdefault(id(source.entry), (source.entry, []))[1].append(source)
    return list(groups.values()) or [(FileLayout(extract.name, glob=("*",)), [])]


def told_apart(extract: Extract, sources: list[Source], reader: Reader, past: Past) -> list[File]:
    """The files before they are read; those that do not count say why in their note."""
    delivery = reader.delivery
    with ThreadPoolExecutor(reader.threads) as pool:
        digests = list(pool.map(sha256, [source.path for source in sources]))
    paths, keys = [inside(source, delivery).as_posix() for source in sources], [key_of(source, delivery, reader.key) for source in sources]
    contents = digests if extract.clock else paths  # a reference table may come back to what it was
    shown = list(map(names.shown, paths))
    aside = versions.set_aside(shown, keys, contents, past.contents)
    return [File(f"{delivery.name}/{name}", digest, source.path.stat().st_size, key, None, 0, aside.get(n, ""))
            for n, (source, name, digest, (key, _)) in enumerate(zip(sources, shown, digests, keys, strict=True))]


def split_files(entry: FileLayout, paths: list[Path], files: list[File], first_no: int, target: Path, threads: int, past: Past,
                advance: lines.Advance) -> list[File]:
    """The files that count split into text rows under `target`, the others counted. Raises InputError where one that counts cannot be read."""
    shapes = {n: shape_of(path, entry) for n, path in enumerate(paths) if not files[n].note}
    columns: lines.Columns = {f"t{n}": (name, None) for n, name in enumerate(mapping.fields(entry))}
    if not entry.map:
        columns = {name: (name, None) for name in own_columns(entry)
                   if (name != NUMBER and not shapes) or any(name in s.names for s in shapes.values())}
    with lines.team(threads) as team:
        def one(n: int) -> File:
            if files[n].note:
                aside = counted(files[n], paths[n], entry)
                advance(aside.rows, aside.size)
                return aside
            named = {f"file_{name}": (None, it) for name, it in mapping.said_by_name(entry, paths[n]).items()}
            return split(files[n], lines.split(paths[n], shapes[n], columns | named, first_no + n, target, team, advance), past)
        with ThreadPoolExecutor(threads) as producers:
            done = list(producers.map(one, range(len(paths))))
    if not any(target.iterdir()):  # only then: DuckDB takes the first file's size for that of all
        lines.write_nothing([*columns, *(f"file_{name}" for name in mapping.from_names(entry))], target)
    return done


def counted(file: File, path: Path, entry: FileLayout) -> File:
    """A file that does not count, with its rows; none where it cannot be read, which may be why another came."""
    try:
        return replace(file, rows=lines.count(path, shape_of(path, entry)))
    except InputError as problem:
        return replace(file, note=f"{file.note}; its rows are not counted: {names.shown(str(problem))}")


def split(file: File, rows: lines.Split, past: Past) -> File:
    """A file that counts, with what became of its lines."""
    count, old = rows.rows + len(rows.bad), past.replaced.get(file.key)
    smaller = "; it is less than half as long: is it whole?" if old and count < old["read"] / 2 else ""
    note = f"supersedes {old['file']} with its {old['read']:,} rows from now on{smaller}" if old else ""
    return replace(file, split=rows, rows=count, note=note)
