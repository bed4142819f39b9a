"""How an operator's files become an extract's columns: what a layout says, checked key by key when it is read."""
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as slot
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from churnkit import documents
from churnkit.errors import ParameterError
from churnkit.extracts import EXTRACTS
from churnkit.extracts.declare import Extract
from churnkit.params import build, close

SHIPPED = Path(__file__).parent.parent / "layouts"
OWN = Path("layouts")
EVERY = "*"  # stands for each extract, under its own name and columns
NUMBER = "msisdn"  # where the operator's rows carry a number instead of the subscriber's id

Encoding = Literal["utf-8", "gb18030", "gbk", "gb2312", "big5", "latin-1", "cp1251", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
Unit = Literal["yuan", "jiao", "fen", "li", "bytes", "KB", "MB", "GB", "seconds", "minutes"]
MEASURES = {"cents": ("yuan", "jiao", "fen", "li"), "megabytes": ("bytes", "KB", "MB", "GB"), "MB": ("bytes", "KB", "MB", "GB"),
            "seconds": ("seconds", "minutes")}
DIRECTIVES = "YymdHMSfz"


@dataclass(frozen=True)
class Source:
    """Where one column of an extract comes from, and how what stands there is to be read."""

    field: str | None = None
    fields: tuple[str, ...] = ()
    by: str | None = None
    cases: dict[str, str] = slot(default_factory=dict)
    between: tuple[tuple[str, ...], ...] = ()
    constant: str | None = None
    from_file_name: str | None = None
    codes: dict[str, str | None] = slot(default_factory=dict)
    letters: dict[str, str | None] = slot(default_factory=dict)
    unit: Unit | None = None
    format: str | None = None
    unwrap: str | None = None
    part: str | None = None
    otherwise: str | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("field", "fields", "by", "between", "constant", "from_file_name") if getattr(self, name) not in (None, ())]
        if len(given) != 1:
            raise ValueError("needs one of field, fields, by, between, constant and from_file_name"
                             + (f", not {' and '.join(given)}" if given else ""))
        if bool(self.by) != bool(self.cases):
            raise ValueError("by and cases belong together")
        if self.between and (len(self.between) != 2 or not self.format):
            raise ValueError("between needs the fields of start and end, [[day, time], [day, time]], and their format")
        if sum(bool(way) for way in (self.codes, self.letters, self.unit, self.format)) > 1:
            raise ValueError("takes one of codes, letters, unit and format")
        if any(len(letter) != 1 for letter in self.letters):
            raise ValueError("letters are single characters; codes are for longer ones")
        for name in ("unwrap", "part", "from_file_name"):
            pattern(getattr(self, name), name)
        if strange := [d for d in re.findall(r"%(.)", self.format or "") if d not in DIRECTIVES]:
            raise ValueError(f"format knows %{', %'.join(DIRECTIVES)} and the words unix and unix_ms, not %{strange[0]}")

    @property
    def read(self) -> tuple[str, ...]:
        """The fields of the file that it needs."""
        return tuple(dict.fromkeys(([self.field] if self.field else []) + [*self.fields, *(name for moment in self.between for name in moment)]
                                   + ([self.by] if self.by else []) + list(self.cases.values())))


@dataclass(frozen=True)
class OneLeg:
    """A forwarded call that leaves two records: of forwarded legs between the same parties that began within so many seconds, one is kept."""

    within_s: int


@dataclass(frozen=True)
class FileLayout:
    """What the files of one extract are called, how their text is written, and where each column comes from."""

    extract: str
    glob: tuple[str, ...] = ()
    encoding: Encoding = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    columns: tuple[str, ...] = ()
    widths: dict[str, int] = slot(default_factory=dict)
    preamble: int = 0
    trailer: str | None = None
    nulls: tuple[str, ...] = ()
    trim: bool = False
    zone: str | None = None
    delay_days: int | None = None
    delivery_key: str | None = None
    one_leg: OneLeg | None = None
    table: str | None = None
    url: str | None = None
    map: dict[str, Source] = slot(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.glob) == bool(self.table):
            raise ValueError("needs a glob, the pattern of its files' names, or a table of a database")
        if self.table and not self.url:
            raise ValueError("a table needs url: the name of the environment variable that holds the database's URL")
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or len(self.quote) > 1:
            raise ValueError("delimiter is one ASCII character, quote one or none")
        if self.columns and self.widths:
            raise ValueError("columns are for delimited files, widths for fixed ones")
        if (self.columns or self.widths) and self.header and not self.map:
            raise ValueError("columns and widths need a map")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("columns must differ from each other")
        if any(size < 1 for size in self.widths.values()) or self.preamble < 0 or (self.delay_days or 0) < 0:
            raise ValueError("widths must be positive, preamble and delay_days not negative")
        for name in ("trailer", "delivery_key"):
            pattern(getattr(self, name), name)
        if self.zone:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError):
                raise ValueError(f"zone {self.zone!r} is no time zone (try 'Asia/Shanghai')") from None

    @property
    def kind(self) -> Extract:
        """The extract whose rows these are."""
        return EXTRACTS[self.extract]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a file without a header, in order; none where the header names them."""
        return self.columns or tuple(self.widths)


@dataclass(frozen=True)
class Layout:
    """All that one operator sends."""

    name: str
    path: Path
    files: tuple[FileLayout, ...]


@dataclass(frozen=True)
class _Document:
    files: tuple[FileLayout, ...]
    about: str = ""


def load(name: str) -> Layout:
    """The layout of that name: the project's own in layouts/, else a shipped one; a path ending in .yaml names its file.

    Raises ParameterError naming every key and value that does not fit.
    """
    path = Path(name) if name.endswith(".yaml") else next((p for p in (OWN / f"{name}.yaml", SHIPPED / f"{name}.yaml") if p.exists()), None)
    if path is None:
        known = sorted({p.stem for folder in (OWN, SHIPPED) for p in folder.glob("*.yaml")})
        raise ParameterError(f"There is no layout {name!r}{close(name, known)}; there are {', '.join(known)}, and an own one is {OWN}/{name}.yaml.")
    problems: list[str] = []
    content = spread(documents.read(path), problems)
    built = build(_Document, content, "", problems)
    if not problems:
        for n, entry in enumerate(built.files):
            problems += [f"'files[{n}]': {problem}" for problem in misfits(entry)]
    if problems:
        raise ParameterError(f"{path}: {'; '.join(dict.fromkeys(problems))}.")
    return Layout(path.stem, path, built.files)


def spread(content: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    """The document with its defaults in each of its files, every extract in its own entry, and short forms written out."""
    shared = {key: value for key, value in content.items() if key not in ("about", "files")}
    known = set(FileLayout.__dataclass_fields__) - {"extract", "glob", "map", "table"}
    problems += [f"unknown key {str(key)!r}{close(str(key), {*known, 'about', 'files'})}" for key in shared if key not in known]
    entries = content.get("files")
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        problems.append("files must be a list of entries, each with its extract and glob")
        return {"files": []}
    whole = []
    for entry in ({**{k: v for k, v in shared.items() if k in known}, **entry} for entry in entries):
        for extract in EXTRACTS if entry.get("extract") == EVERY else (entry.get("extract"),):
            globs = entry.get("glob", [])
            globs = [globs] if isinstance(globs, str) else globs
            globs = [str(g).replace("{extract}", str(extract)) for g in globs] if isinstance(globs, list) else globs
            sources = entry.get("map", {})
            if isinstance(sources, Mapping):
                sources = {column: {"field": it} if isinstance(it, str) else it for column, it in sources.items()}
                problems += [f"map.{column}: {problem}" for column, it in sources.items() if isinstance(it, Mapping) for problem in unquoted(it)]
            whole.append({**entry, "extract": extract, "glob": globs, "map": sources})
    return {"files": whole, **({"about": content["about"]} if "about" in content else {})}


def unquoted(source: Mapping[str, Any]) -> list[str]:
    """Codes that YAML takes for numbers or truth: 01 is 1 to it, and no is false."""
    return [f"{key} {code!r} is not text; write it in quotes" for key in ("codes", "letters", "cases")
            if isinstance(it := source.get(key), Mapping) for code in it if not isinstance(code, str)]


def misfits(entry: FileLayout) -> list[str]:
    """What an entry says that its extract does not know."""
    if entry.extract not in EXTRACTS:
        return [f"there is no extract {entry.extract!r}{close(entry.extract, EXTRACTS)}"]
    extract, there = entry.kind, {c.name: c for c in entry.kind.columns}
    has_subscriber = any(c.kind == "subscriber" for c in extract.columns)
    by_number = has_subscriber and NUMBER not in there and NUMBER in entry.map
    problems = []
    for name, source in entry.map.items():
        if name not in there:
            if not (by_number and name == NUMBER):
                problems.append(f"extract {extract.name!r} has no column {name!r}{close(name, there)}")
            continue
        column = there[name]
        if source.unit and not source.between and source.unit not in MEASURES.get(column.unit, ()):
            problems.append(f"{name!r} is no amount that could come in {source.unit}")
        if source.format and not source.between and column.kind not in ("date", "time", "month"):
            problems.append(f"{name!r} is no date or time; it takes no format")
        if column.kind == "choice":
            wrong = [v for v in [*source.codes.values(), *source.letters.values(), source.constant, source.otherwise]
                     if v is not None and v not in column.choices]
            problems += [f"{name!r} is never {v!r}{close(v, column.choices)}; it is one of {', '.join(column.choices)}" for v in dict.fromkeys(wrong)]
        if entry.names:
            problems += [f"{name!r} reads {f!r}, which is no column of the file{close(f, entry.names)}" for f in source.read if f not in entry.names]
    lacking = [c.name for c in extract.columns if entry.map and c.required and c.name not in entry.map and not (by_number and c.kind == "subscriber")]
    if entry.one_leg and extract.name != "calls":
        problems.append("one_leg is for calls")
    return problems + ([f"the map lacks {', '.join(map(repr, lacking))}, which {extract.name!r} requires"] if lacking else [])


def pattern(text: str | None, name: str) -> None:
    """Raises ValueError unless the text is a regular expression with one group, or none is given."""
    if text is None:
        return
    try:
        groups = re.compile(text).groups
    except re.error as problem:
        raise ValueError(f"{name} {text!r} is no regular expression: {problem}") from None
    if groups != 1:
        raise ValueError(f"{name} {text!r} must have one group in parentheses, it has {groups}")
