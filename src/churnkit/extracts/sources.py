"""Which file of a delivery is read how: each fits one layout, or it is an error that says so."""
import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from churnkit.errors import InputError
from churnkit.extracts.blocks import COMPRESSED
from churnkit.extracts.layout import NUMBER, FileLayout, Layout, carries_number
from churnkit.extracts.shapes import shape_of


@dataclass(frozen=True)
class Source:
    """A file, and how it is read."""

    path: Path
    entry: FileLayout
    layout: str

    @property
    def has_numbers(self) -> bool:
        """Whether its rows carry a number in place of the subscriber's id; those of a file that cannot be read do not."""
        if self.entry.map or not carries_number(self.entry.kind):
            return carries_number(self.entry.kind) and NUMBER in self.entry.map
        try:
            return NUMBER in shape_of(self.path, self.entry).names
        except InputError:
            return False


def sources(folder: Path, layouts: Sequence[Layout], extracts: Iterable[str]) -> dict[str, list[Source]]:
    """The files of each extract in the folder, by name.

    Raises InputError where a file fits no layout or two, and for what is there but cannot be read as a file.
    """
    found: dict[str, list[Source]] = {name: [] for name in extracts}
    for path in files_in(folder):
        if any(is_called(path.relative_to(folder), layout.ignore) for layout in layouts):
            continue
        for source in readings(path, folder, layouts):
            if source.entry.extract in found:
                found[source.entry.extract].append(source)
    return found


def files_in(folder: Path) -> list[Path]:
    """The files in the folder and in those below it, but for hidden ones, in order; raises InputError for what would be overlooked as none."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if not p.name.startswith(".")):
        is_link = path.is_symlink()
        if path.is_dir() and not is_link:
            continue
        try:
            path.name.encode()
        except UnicodeEncodeError:
            raise InputError(f"{folder}/ holds a file whose name is no UTF-8, {os.fsencode(path.name)!r}; give it another.") from None
        if path.is_dir():
            raise InputError(f"{path} is a link to a folder, whose files would be overlooked; put the files or the folder itself there.")
        if not path.is_file():
            raise InputError(f"{path} is {'a link that leads to no file' if is_link else 'no file'}; put the file there, or remove it.")
        found.append(path)
    return found


def readings(path: Path, folder: Path, layouts: Sequence[Layout]) -> list[Source]:
    """How a file is read: by the entries of one layout, of which each is for another extract."""
    named = [Source(path, entry, layout.name) for layout in layouts for entry in layout.files if is_called(path.relative_to(folder), entry.globs)]
    if not named:
        raise InputError(stray(path, folder, layouts))
    if len({(s.layout, s.entry.extract) for s in named}) == 1 == len(named):
        return named
    fitting, complaint = [], ""
    for source in named:
        try:
            shape_of(path, source.entry)
            fitting.append(source)
        except InputError as problem:
            complaint = complaint or str(problem)
    if not fitting:
        raise InputError(complaint)
    kinds = [s.entry.extract for s in fitting]
    if len({s.layout for s in fitting}) > 1 or len(set(kinds)) < len(kinds):
        raise InputError(f"{path} fits {' and '.join(f'{s.layout} ({s.entry.extract})' for s in fitting)}: a row would count twice. "
                         "Make the globs of the layouts differ, or leave one out of ingest.layouts.")
    return fitting


def is_called(path: Path, globs: tuple[str, ...]) -> bool:
    """Whether the file's name, or its path in the delivery where the pattern has a slash, fits one of the patterns; compression aside."""
    bare = path.with_suffix("") if path.suffix in COMPRESSED else path
    return any(fnmatchcase(bare.as_posix() if "/" in glob else bare.name, glob) for glob in globs)


def stray(path: Path, folder: Path, layouts: Sequence[Layout]) -> str:
    """What to say of a file that no layout knows."""
    extracts = list(dict.fromkeys(entry.extract for layout in layouts for entry in layout.files))
    near = difflib.get_close_matches(path.name.split(".")[0].rsplit("_", 1)[0], extracts, 1, 0.7)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    called = [x.name for x in layouts]
    own = f"names are <extract>_<anything>.csv or .csv.gz, with extract one of {', '.join(extracts)}" if "canonical" in called else ""
    tried = "" if called == ["canonical"] else f"no layout of {', '.join(called)} has a glob for it"
    return (f"{path} belongs to no extract{meant}; {'; '.join(filter(None, (own, tried)))}. `churnkit inspect {path}` proposes a layout; what "
            f"churnkit is not to read is to be moved out of {folder.parent}/ or named under ignore in a layout.")
