"""From an operator's columns to an extract's own: codes, units and formats as expressions over text."""
import re
from pathlib import Path

from churnkit.engine import Column as Expression
from churnkit.engine import F, Frame, T, projected
from churnkit.errors import InputError
from churnkit.expressions import found, parse_time, rewritten, seconds_between
from churnkit.extracts.declare import Column
from churnkit.extracts.layout import NUMBER, FileLayout, Source
from churnkit.extracts.lines import LINE
from churnkit.extracts.measures import measured
from churnkit.extracts.moments import in_zone, is_moved, read_as
from churnkit.timeline import FILE_NO

LEG = "leg"  # the kind of record a row came from, where a layout says that calls leave two
HOLDER = "holder"  # the pseudonym of who held the number that a row has in place of an id
ODD = "odd_"  # before a column's name: whether its text was there but the layout could not read it


def fields(entry: FileLayout) -> list[str]:
    """The fields that a file of this entry is asked for, in the order in which they are kept as `t0`, `t1` and so on."""
    leg = [entry.one_leg.field] if entry.one_leg else []
    return list(dict.fromkeys([name for source in entry.map.values() for name in source.read] + leg))


def from_names(entry: FileLayout) -> dict[str, str]:
    """The columns that come from the file's name, each with its pattern."""
    return {name: source.from_file_name for name, source in entry.map.items() if source.from_file_name}


def said_by_name(entry: FileLayout, path: Path) -> dict[str, str | None]:
    """What the file's name says for those columns. Raises InputError where a pattern finds nothing in it."""
    told = {}
    for name, pattern in from_names(entry).items():
        found_ = re.search(pattern, path.name)
        if not found_:
            raise InputError(f"{path}: its name does not say {name} as the layout has it, {pattern}.")
        told[name] = found_[1] or None
    return told


def canonical(text: Frame, entry: FileLayout, zone: str) -> Frame:
    """The rows in the extract's own columns, still as text, and `odd_x` where column x had a text that could not be read."""
    if not entry.map:
        times = [c.name for c in entry.kind.columns if c.kind == "time" and c.name in text.columns]
        own_text: dict[str, tuple[str | None, str]] = dict.fromkeys(times, (None, entry.zone or zone))
        return in_zone(text, own_text, zone) if times and is_moved(None, entry.zone or zone, zone) else text
    place = {name: f"t{n}" for n, name in enumerate(fields(entry))}
    kinds = {c.name: c for c in entry.kind.columns} | ({NUMBER: Column(NUMBER, "own_number", "")} if NUMBER in entry.map else {})
    raws = {f"raw_{name}": raw(source, name, place) for name, source in entry.map.items()}
    there = projected(text, [FILE_NO, LINE, *(f"file_{name}" for name in from_names(entry)), *place.values()], raws)
    values = {name: value(source, kinds[name].kind, F.col(f"raw_{name}"), place) for name, source in entry.map.items()}
    legs = {LEG: F.col(place[entry.one_leg.field])} if entry.one_leg else {}
    made = projected(there, [FILE_NO, LINE, *raws], {**values, **legs})
    own = entry.zone or zone
    moved = {name: (source.format, own) for name, source in entry.map.items() if kinds[name].kind == "time" and is_moved(source.format, own, zone)}
    made = in_zone(made, moved, zone) if moved else made
    odd = {ODD + name: it for name, source in entry.map.items() if (it := is_odd(source, name)) is not None}
    return projected(made, [FILE_NO, LINE, *values, *legs], odd)


def raw(source: Source, name: str, place: dict[str, str]) -> Expression:
    """What the file holds for a column."""
    if source.constant is not None:
        text = F.lit(source.constant)
    elif source.from_file_name:
        text = F.col(f"file_{name}")
    elif source.between:
        text = joined(tuple(part for moment in source.between for part in moment), place)
    elif source.by:
        cases = iter(source.cases.items())
        code, field = next(cases)
        text = F.when(F.col(place[source.by]) == code, F.col(place[field]))
        for code, field in cases:
            text = text.when(F.col(place[source.by]) == code, F.col(place[field]))
    else:
        text = joined(source.fields or (source.field or "",), place)
    if source.unwrap:
        text = rewritten(text, f"^(?:{source.unwrap})$", r"\1")
    return found(text, source.part) if source.part else text


def joined(names: tuple[str, ...], place: dict[str, str]) -> Expression:
    """The fields with one blank between them; null where all are."""
    if len(names) == 1:
        return F.col(place[names[0]])
    every = [F.coalesce(F.col(place[name]), F.lit("")) for name in names]
    text = every[0]
    for more in every[1:]:
        text = F.concat(text, F.lit(" "), more)
    return F.when(F.trim(text) != "", text)


def value(source: Source, kind: str, text: Expression, place: dict[str, str]) -> Expression:
    """The canonical text of a column; of a time by the clock that wrote it."""
    if source.between:
        start, end = (parse_time(read_as(joined(moment, place), source.format or "", "time")) for moment in source.between)
        made = seconds_between(start, end).cast("string")
    elif source.codes or source.letters:
        made = decoded(source, text)
    elif source.unit:
        made = measured(text, source.unit)
    elif source.is_id:  # digits of an id would be taken for those of a number
        made = F.concat(F.lit("@"), F.translate(text, "0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    elif source.format:
        made = read_as(text, source.format, kind)
    else:
        made = text
    return made if source.otherwise is None else F.when(text.isNull(), F.lit(source.otherwise)).otherwise(made)


def decoded(source: Source, text: Expression) -> Expression:
    """What a code stands for; of a set of letters what the first one listed stands for."""
    made: Expression = None
    for code, meaning in (source.codes or source.letters).items():
        is_it = text == F.lit(code) if source.codes else F.contains(text, F.lit(code))
        meant = F.lit(meaning).cast("string") if meaning is not None else F.lit(None).cast(T.StringType())
        made = F.when(is_it, meant) if made is None else made.when(is_it, meant)
    return made


def is_odd(source: Source, name: str) -> Expression | None:
    """Whether there was a text that the layout has no reading for; None where any text has one."""
    text = F.col(f"raw_{name}")
    if source.codes:
        return text.isNotNull() & ~text.isin(*source.codes)
    if source.letters:
        known = "".join("\\" + letter if letter in "\\]^-[" else letter for letter in source.letters)
        return text.isNotNull() & (F.regexp_replace(text, f"[{known}]", "") != "")
    if source.unit or source.format:
        return text.isNotNull() & F.col(name).isNull()
    return None
