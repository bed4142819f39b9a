"""Times and dates as operators write them, as the extracts' own text in the project's zone."""
import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from churnkit.engine import Column as Expression
from churnkit.engine import F, Frame, projected
from churnkit.expressions import found, parse_int, parse_time, plus_seconds, rewritten

PARTS = {"Y": "([0-9]{4})", "y": "([0-9]{2})", "m": "([0-9]{1,2})", "d": "([0-9]{1,2})", "H": "([0-9]{1,2})", "M": "([0-9]{1,2})",
         "S": "([0-9]{1,2})", "f": "[0-9]{1,9}", "z": " ?([+-][0-9]{2}:?[0-9]{2}|Z)"}
OFFSET = r"([+-])([0-9]{2}):?([0-9]{2})$"
FIRST_YEAR = 1985


def read_as(text: Expression, form: str, kind: str) -> Expression:
    """The text in the form of a strptime pattern as canonical text of a `time`, `date` or `month`, by the clock that wrote it.

    Null where it is in another form; `unix` and `unix_ms` count from 1970 and give UTC.
    """
    if form in ("unix", "unix_ms"):
        counted = parse_int(text) if form == "unix" else F.floor(parse_int(text).cast("double") / F.lit(1000.0)).cast("bigint")
        return kept(shown(plus_seconds(parse_time(F.lit("1970-01-01 00:00:00")), counted)), kind)
    pattern, places = compiled(form)
    year = f"20\\{places['y']}" if "y" in places else f"\\{places['Y']}"
    template = f"{year}-0\\{places['m']}-" + (f"0\\{places['d']}" if "d" in places else "01")
    clock = ":".join(f"0\\{places[p]}" if p in places else "00" for p in "HMS")
    whole = rewritten(text, pattern, f"{template} {clock}")
    return kept(F.when(text.rlike(pattern), rewritten(whole, "([-: ])0([0-9]{2})", r"\1\2")), kind)


def is_moved(form: str | None, own_zone: str, zone: str) -> bool:
    """Whether times in this form, of this zone, have to be moved to be those of another."""
    return own_zone != zone or (form is not None and (form.startswith("unix") or "%z" in form))


def in_zone(rows: Frame, moved: Mapping[str, tuple[str | None, str]], zone: str) -> Frame:
    """The rows with these columns, canonical text by the clock that wrote it, as times of the zone; each has its form and its own zone.

    Null for an hour that a clock change leaves out; of one that it repeats, the first. An offset is looked for in column `raw_x` of x.
    Step by step, for the expressions hold many changes of clock.
    """
    others = [name for name in rows.columns if name not in moved]
    step = projected(rows, [*others, *moved], {f"ahead_{name}": ahead(name, form, own) for name, (form, own) in moved.items()})
    utc = {name: shown(plus_seconds(parse_time(F.col(name)), -F.col(f"ahead_{name}"))) for name in moved}
    step = projected(step, others, utc)
    step = projected(step, [*others, *moved], {f"ahead_{name}": chosen(F.col(name), utc_changes(zone)) for name in moved})
    return projected(step, others, {name: shown(plus_seconds(parse_time(F.col(name)), F.col(f"ahead_{name}"))) for name in moved})


def ahead(name: str, form: str | None, own_zone: str) -> Expression:
    """Seconds by which the clock that wrote a time was ahead of UTC; null in an hour that it left out."""
    if form and form.startswith("unix"):
        return F.lit(0)
    return offset(F.col(f"raw_{name}")) if form and "%z" in form else chosen(F.col(name), local_changes(own_zone))


def compiled(form: str) -> tuple[str, dict[str, int]]:
    """The form as a regular expression, and the number of each part's group."""
    pattern, rest = "", form
    places: dict[str, int] = {}
    is_packed = re.fullmatch("(%[A-Za-z] ?)+", form) is not None  # nothing between the parts: 202611 must not be January the 1st
    while rest:
        if rest[0] == "%":
            letter, rest = rest[1], rest[2:]
            if letter != "f":
                places[letter] = len(places) + 1
            pattern += PARTS[letter].replace("{1,2}", "{2}") if is_packed else PARTS[letter]
        else:
            pattern += f"[{rest[0]}]" if not rest[0].isalnum() and rest[0] not in "^\\]" else rest[0]
            rest = rest[1:]
    return f"^{pattern}$", places


def kept(time: Expression, kind: str) -> Expression:
    """Of a whole time what the kind of column holds."""
    return F.substring(time, 1, {"time": 19, "date": 10, "month": 7}[kind])


def offset(text: Expression) -> Expression:
    """Seconds by which a text's own offset is ahead of UTC."""
    size = F.coalesce(parse_int(found(text, OFFSET, 2)), F.lit(0)) * 3600 + F.coalesce(parse_int(found(text, OFFSET, 3)), F.lit(0)) * 60
    return F.when(found(text, OFFSET, 1) == "-", -size).otherwise(size)


def shown(time: Expression) -> Expression:
    """A timestamp as canonical text."""
    return F.substring(time.cast("string"), 1, 19)


def chosen(text: Expression, steps: Sequence[tuple[str, int | None]]) -> Expression:
    """The number of the last step that the time has reached; null before the first and where the step has none."""
    found_: Expression = None
    for since, seconds in reversed(steps):
        number = F.lit(seconds) if seconds is not None else F.lit(None).cast("int")
        found_ = F.when(text >= F.lit(since), number) if found_ is None else found_.when(text >= F.lit(since), number)
    return found_


@cache
def changes(zone: str) -> tuple[tuple[datetime, int], ...]:
    """When, in UTC without zone, the zone's offset became how many seconds; the first holds from the beginning."""
    place, day, last = ZoneInfo(zone), datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)

    def ahead(at: datetime) -> int:
        return int((at.astimezone(place).utcoffset() or timedelta()).total_seconds())

    steps = [(day.replace(tzinfo=None), ahead(day))]
    while day < last:
        after = day + timedelta(days=1)
        if ahead(after) != steps[-1][1]:
            low, high = day, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if ahead(middle) == steps[-1][1] else (low, middle)
            steps.append((high.replace(tzinfo=None, microsecond=0), ahead(high)))
        day = after
    return tuple(steps)


def utc_changes(zone: str) -> list[tuple[str, int | None]]:
    """From which time in UTC on the zone's clock is how many seconds ahead of it."""
    first, *later = changes(zone)
    return [("", first[1]), *((str(at), seconds) for at, seconds in later)]


@cache
def local_changes(zone: str) -> tuple[tuple[str, int | None], ...]:
    """From which local time on the zone's clock is how many seconds ahead of UTC; None for the hours that a change leaves out."""
    steps = changes(zone)
    found_: list[tuple[str, int | None]] = [("", steps[0][1])]
    for (_, old), (at, new) in itertools.pairwise(steps):
        until, since = at + timedelta(seconds=old), at + timedelta(seconds=new)
        found_ += [(str(until), None), (str(since), new)] if since > until else [(str(until), new)]
    return tuple(found_)
