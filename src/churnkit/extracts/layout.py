"""What a layout says: how an operator's files become the columns of the extracts."""
import re
from dataclasses import dataclass
from dataclasses import field as slot
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from churnkit.extracts import EXTRACTS
from churnkit.extracts.declare import Extract

NUMBER = "msisdn"  # where the operator's rows carry a number instead of the subscriber's id

Encoding = Literal["utf-8", "gb18030", "gbk", "gb2312", "big5", "latin-1", "cp1251", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
Unit = Literal["yuan", "jiao", "fen", "li", "bytes", "KB", "MB", "GB", "seconds", "minutes", "mm:ss"]
ASKED = "?"  # for what a code stands in a proposal, until somebody says it
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
    is_id: bool = False
    may_be_missing: bool = False

    def __post_init__(self) -> None:
        given = [name for name in ("field", "fields", "by", "between", "constant", "from_file_name") if getattr(self, name) not in (None, ())]
        if len(given) != 1:
            raise ValueError("needs one of field, fields, by, between, constant and from_file_name"
                             + (f", not {' and '.join(given)}" if given else ""))
        if bool(self.by) != bool(self.cases):
            raise ValueError("by and cases belong together")
        if self.between and (len(self.between) != 2 or not self.format):
            raise ValueError("between needs the fields of start and end, [[day, time], [day, time]], and their format")
        if self.between and "%z" in (self.format or ""):
            raise ValueError("between knows no offsets; leave %z out")
        if sum(bool(way) for way in (self.codes, self.letters, self.unit, self.format, self.is_id)) > 1:
            raise ValueError("takes one of codes, letters, unit, format and is_id")
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
    """A forwarded call leaves two records: one whose `field` says `drop` is a duplicate where there is one that says `keep`.

    Both are between the same parties, and began within so many seconds of each other.
    """

    field: str
    keep: str
    drop: str
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
    clock: str | None = None
    map: dict[str, Source] = slot(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.glob) == bool(self.table):
            raise ValueError("needs a glob, the pattern of its files' names, or a table of a database")
        if (self.url or self.clock) and not self.table:
            raise ValueError("url and clock belong to a table of a database")
        if self.table and not self.url:
            raise ValueError("a table needs url: the name of the environment variable that holds the database's URL")
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or len(self.quote) > 1 or not self.quote.isascii():
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
    def file_of_table(self) -> str:
        """What the file is called into which the table of a database is fetched."""
        return f"table-{self.table}.parquet"

    @property
    def globs(self) -> tuple[str, ...]:
        """The patterns of the names of its files."""
        return (self.file_of_table,) if self.table else self.glob

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
    """All that one operator sends; `ignore` are the names of files that are not to be read."""

    name: str
    path: Path
    files: tuple[FileLayout, ...]
    ignore: tuple[str, ...] = ()


def carries_number(extract: Extract) -> bool:
    """Whether a number may stand in its rows for the subscriber's id: it is no list of numbers itself, and its rows have a day."""
    return extract.clock is not None and any(c.kind == "subscriber" for c in extract.columns) and all(c.kind != "own_number" for c in extract.columns)


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
