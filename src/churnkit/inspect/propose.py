"""A layout to begin with: which extract a file seems to be, and where each of its columns comes from, with how sure that is."""
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from churnkit.extracts import EXTRACTS
from churnkit.extracts.declare import Column, Extract
from churnkit.extracts.layout import ASKED, NUMBER, carries_number
from churnkit.inspect.kinds import Kind, kind_of
from churnkit.inspect.sniff import Sniffed
from churnkit.inspect.words import CODES, COLUMNS

SURE, TOLD, GUESSED, TIMELY = 0.99, 0.6, 0.3, ("time", "date", "month")
ASSUMED = {"calls": {"kind": "voice", "direction": "out"}}  # where nothing says otherwise
UNTOLD = 0.5  # how sure a column is whose name fits, but whose codes nobody has explained yet


@dataclass(frozen=True)
class Placed:
    """A column of the extract, where it comes from as the layout has it, and how sure that is, 0 to 1."""

    column: str
    source: dict[str, Any]
    confidence: float
    note: str = ""


@dataclass(frozen=True)
class Proposal:
    """An extract and the places of its columns; `kinds` are those of the file's fields, `over` the fields without a place."""

    extract: str
    placed: tuple[Placed, ...]
    kinds: dict[str, Kind]
    missing: tuple[str, ...]
    over: tuple[str, ...]
    confidence: float


def propose(file: Sniffed) -> Proposal:
    """The best reading of the file: sure of what an extract must have, and with a place for most of the file's fields."""
    kinds = {name: kind_of(file.column(n)) for n, name in enumerate(file.names) if name}
    return max((proposal(extract, kinds) for extract in EXTRACTS.values()), key=lambda p: p.confidence - len(p.over) / (2 * len(kinds) or 1))


def proposal(extract: Extract, kinds: dict[str, Kind]) -> Proposal:
    """The file read as this extract."""
    columns = list(extract.columns)
    if carries_number(extract) and all(c.name != NUMBER for c in columns):
        columns.append(Column(NUMBER, "own_number", ""))
    chances = sorted(((fit, c.name, name) for c in columns for name, kind in kinds.items() if (fit := likeness(c, name, kind)) > 0), reverse=True)
    either = (NUMBER, "subscriber_id") if carries_number(extract) else ()
    placed: dict[str, Placed] = {}
    used: set[str] = set()
    for fit, column, name in chances:
        if column not in placed and name not in used and not (column in either and set(either) & set(placed)):
            placed[column] = built(next(c for c in columns if c.name == column), name, kinds[name], fit)
            used.add(name)
    for extra in [*moments(extract, kinds, used), *asked(columns, kinds, placed, used), *assumed(extract, placed)]:
        placed.setdefault(extra.column, extra)
    used |= {name for it in placed.values() for name in fields_of(it.source)}
    needed = [c.name for c in extract.columns if c.required]
    there = {("subscriber_id" if name == NUMBER and carries_number(extract) else name): it.confidence for name, it in placed.items()}
    confidence = sum(there.get(name, 0) for name in needed) / len(needed)
    names = [NUMBER, *(c.name for c in columns)]
    in_order = sorted(placed.values(), key=lambda it: names.index(it.column))
    missing, over = (n for n in needed if n not in there), (n for n in kinds if n not in used)
    return Proposal(extract.name, tuple(in_order), kinds, tuple(missing), tuple(over), confidence)


def likeness(column: Column, name: str, kind: Kind) -> float:
    """How likely the field is that column, by its name and by what stands in it; 0 where it cannot be."""
    fits = fitness(column, kind)
    if not fits:
        return 0
    if name.lower() == column.name:
        return SURE * (0.5 + fits / 2)
    if called(column, name):
        return 0.5 + 0.4 * fits
    if column.kind == "choice" and fits == 1 and not any(code.isdigit() for code in kind.codes):
        return TOLD
    return GUESSED if column.kind == kind.name and kind.name in ("time", "month") and column.required else 0


def fitness(column: Column, kind: Kind) -> float:
    """How well what stands there fits the column's kind, 0 to 1."""
    if kind.name == "empty":
        return 0.1
    money = {"money": 1.0, "decimal": 0.9, "integer": 0.6}
    seconds = {"duration": 1.0, "clock": 0.9, "minutes": 0.9, "integer": 0.9, "decimal": 0.7, "money": 0.5}
    by_kind: dict[str, dict[str, float]] = {
        "time": {"time": 1}, "date": {"date": 1, "time": 0.5}, "month": {"month": 1}, "number": {"number": 1, "integer": 0.5, "text": 0.3},
        "own_number": {"number": 1}, "subscriber": {"text": 0.7, "integer": 0.9, "number": 0.6},
        "customer": {"text": 0.8, "integer": 0.8, "number": 0.6},
        "integer": {"cents": money, "seconds": seconds}.get(column.unit, {"integer": 1}), "text": {"text": 0.7, "integer": 0.6, "number": 0.3}}
    if column.kind in ("choice", "flag"):
        known = codes_of(column, kind.codes)
        return sum(value is not None for value in known.values()) / len(known) if known else 0
    return by_kind.get(column.kind, {"integer": 0.6, "decimal": 0.8, "text": 0.3, "volume": 1}).get(kind.name, 0)


def codes_of(column: Column, codes: Sequence[str]) -> dict[str, str | None]:
    """What each code seems to stand for; None where nothing is known of it."""
    own = {choice: choice for choice in column.choices}
    words = {value: it for value, it in CODES.get(column.name, {}).items() if column.kind == "flag" or value in own}
    known = own | {word: value for value, it in words.items() for word in it.split()}
    return {code: known.get(code.lower()) for code in codes}


def built(column: Column, name: str, kind: Kind, fit: float) -> Placed:
    """The field as that column: its codes, unit or form."""
    source: dict[str, Any] = {"field": name}
    note = ""
    if column.kind in ("choice", "flag"):
        codes = {code: value for code, value in codes_of(column, kind.codes).items() if value is not None}
        strange = [code for code in kind.codes if code not in codes]
        note = f"no reading for {', '.join(map(repr, strange))}" if strange else ""
        if strange or any(code != value for code, value in codes.items()):
            source["codes"] = codes
    elif column.unit == "cents":
        source["unit"] = "yuan" if kind.name in ("money", "decimal") else "fen"
        note = "" if kind.name == "money" and not kind.codes else "yuan or fen? Ask"
    elif column.unit == "seconds" and (kind.name == "minutes" or kind.form == "%H:%M"):
        source["unit"], note = "mm:ss", "minutes and seconds? Ask"
    elif column.unit == "seconds" and kind.name != "integer":
        source["unit"] = "seconds"
    elif column.kind in TIMELY and kind.form and kind.form not in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y-%m"):
        source["format"] = kind.form
        note = "day before month? Look" if kind.form.startswith(("%d/%m", "%m/%d")) else ""
    elif column.kind == "number" and kind.name == "text":
        source["is_id"] = True
    elif column.name == "tac" and kind.name != "text":
        source["part"] = "^([0-9]{8})"
    return Placed(column.name, source, round(fit, 2), note)


def moments(extract: Extract, kinds: dict[str, Kind], used: set[str]) -> list[Placed]:
    """A day and a clock that lie in two fields as one time, and the time between a start and an end as a duration."""
    free = [(name, kind) for name, kind in kinds.items() if name not in used]
    days, clocks = ([(n, k.form or "") for n, k in free if k.name == what] for what in ("date", "clock"))
    pairs = list(zip(days, clocks, strict=False))
    names = [c.name for c in extract.columns]
    found = []
    if extract.clock and extract.column(extract.clock).kind == "time" and pairs:
        (day, day_form), (clock, clock_form) = pairs[0]
        found.append(Placed(extract.clock, {"fields": [day, clock], "format": f"{day_form} {clock_form}"}, 0.7, "day before month? Look"
                            if day_form[:5] in ("%d/%m", "%m/%d") else ""))
        if "duration_s" in names and len(pairs) > 1 and pairs[0][0][1] == pairs[1][0][1]:
            (last, _), (until, _) = pairs[1]
            found.append(Placed("duration_s", {"between": [[day, clock], [last, until]], "format": f"{day_form} {clock_form}"}, 0.6))
    return found


def asked(columns: Sequence[Column], kinds: dict[str, Kind], placed: dict[str, Placed], used: set[str]) -> list[Placed]:
    """Columns that a field is by its name, though nothing is known of its codes: what each of them stands for is left to be said."""
    found: dict[str, Placed] = {}
    for column in columns:
        names = [name for name, kind in kinds.items() if name not in used and kind.codes and called(column, name)]
        if column.kind == "choice" and column.name not in placed and names:
            source: dict[str, Any] = {"field": names[0], "codes": dict.fromkeys(kinds[names[0]].codes, ASKED)}
            found[column.name] = Placed(column.name, source, UNTOLD, f"which is {', '.join(column.choices[:-1])} or {column.choices[-1]}?")
    if "direction" in found and "kind" not in placed:  # letters for who called often say whether it was an SMS as well
        source = found["direction"].source
        found.setdefault("kind", Placed("kind", {**source, "codes": dict(source["codes"])}, UNTOLD, "which is voice or sms?"))
    return list(found.values())


def called(column: Column, name: str) -> bool:
    """Whether operators call the column by such a name."""
    return name.lower() == column.name or re.search(COLUMNS.get(column.name, r"(?!)"), name, re.I) is not None


def assumed(extract: Extract, placed: dict[str, Placed]) -> list[Placed]:
    """Columns that no field has and every row may be taken to say the same of."""
    return [Placed(name, {"constant": value}, GUESSED, "assumed: nothing in the file says it")
            for name, value in ASSUMED.get(extract.name, {}).items() if name not in placed]


def fields_of(source: dict[str, Any]) -> list[str]:
    """The fields of the file that a source reads."""
    single = [source["field"]] if "field" in source else []
    return [*single, *source.get("fields", []), *(name for pair in source.get("between", []) for name in pair)]
