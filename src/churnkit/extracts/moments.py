"""Times and dates as operators write them, as the extracts' own text in the project's zone."""
import itertools
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from churnkit.engine import Column as Expression
from churnkit.engine import F, parse_int, parse_time
from churnkit.portable import found, plus_seconds, rewritten

PARTS = {"Y": "([0-9]{4})", "y": "([0-9]{2})", "m": "([0-9]{1,2})", "d": "([0-9]{1,2})", "H": "([0-9]{1,2})", "M": "([0-9]{1,2})",
         "S": "([0-9]{1,2})", "f": "[0-9]{1,9}", "z": " ?([+-][0-9]{2}:?[0-9]{2}|Z)"}
OFFSET = r"([+-])([0-9]{2}):?([0-9]{2})$"
FIRST_YEAR = 1985


def read_as(text: Expression, form: str, kind: str, own_zone: str, zone: str) -> Expression:
    """The text in the form of a strptime pattern (`unix` and `unix_ms` count from 1970) as canonical text of a `time`, `date` or `month`.

    Null where it is in another form. A time in `own_zone` or with an offset (%z) becomes one in `zone`.
    """
    if form in ("unix", "unix_ms"):
        counted = parse_int(text) if form == "unix" else F.floor(parse_int(text).cast("double") / F.lit(1000.0)).cast("bigint")
        return kept(shown(local_of(plus_seconds(parse_time(F.lit("1970-01-01 00:00:00")), counted), zone)), kind)
    pattern, places = compiled(form)
    century = "20" if "y" in places else ""
    year = f"{century}\\{places.get('Y') or places.get('y')}"
    template = f"{year}-0\\{places['m']}-" + (f"0\\{places['d']}" if "d" in places else "01")
    clock = ":".join(f"0\\{places[p]}" if p in places else "00" for p in "HMS")
    whole = rewritten(text, pattern, f"{template} {clock}")
    canonical = F.when(text.rlike(pattern), rewritten(whole, "([-: ])0([0-9]{2})", r"\1\2"))
    if "z" in places:
        canonical = shown(local_of(plus_seconds(parse_time(canonical), -offset(text)), zone))
    elif kind == "time":
        canonical = in_zone(canonical, own_zone, zone)
    return kept(canonical, kind)


def compiled(form: str) -> tuple[str, dict[str, int]]:
    """The form as a regular expression, and the number of each part's group."""
    pattern, rest = "", form
    places: dict[str, int] = {}
    while rest:
        if rest[0] == "%":
            letter, rest = rest[1], rest[2:]
            if letter != "f":
                places[letter] = len(places) + 1
            exact = form == form.replace(" ", "").replace("-", "").replace("/", "").replace(":", "").replace(".", "")
            pattern += PARTS[letter].replace("{1,2}", "{2}") if exact else PARTS[letter]  # 202611 could be January the 1st or November
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


def in_zone(text: Expression, own_zone: str, zone: str) -> Expression:
    """Canonical text of a time in one zone as that of another; null for an hour that a clock change leaves out, the first of one it repeats."""
    if own_zone == zone:
        return text
    ahead = chosen(text, [(since, seconds) for since, _, seconds in local_changes(own_zone)])
    utc = plus_seconds(parse_time(text), -ahead)
    missing = [(since, until) for since, until, _ in local_changes(own_zone) if since != until and until]
    result = shown(local_of(utc, zone))
    for since, until in missing:
        result = F.when((text >= F.lit(since)) & (text < F.lit(until)), F.lit(None).cast("string")).otherwise(result)
    return result


def local_of(utc: Expression, zone: str) -> Expression:
    """A UTC timestamp as local time."""
    return plus_seconds(utc, chosen(shown(utc), [(str(since), seconds) for since, seconds in changes(zone)]))


def chosen(text: Expression, steps: list[tuple[str, int]]) -> Expression:
    """The number of the last step that the time has reached."""
    first, *later = steps
    if not later:
        return F.lit(first[1])
    *rest, newest = later
    found_ = F.when(text >= F.lit(newest[0]), F.lit(newest[1]))
    for since, seconds in reversed(rest):
        found_ = found_.when(text >= F.lit(since), F.lit(seconds))
    return found_.otherwise(F.lit(first[1]))


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


@cache
def local_changes(zone: str) -> tuple[tuple[str, str, int], ...]:
    """Of each change: the local time up to which the old offset holds, the end of the hours it leaves out (the same if none), the new offset."""
    steps = changes(zone)
    found_ = [("", "", steps[0][1])]
    for (_, old), (at, new) in itertools.pairwise(steps):
        until, since = at + timedelta(seconds=old), at + timedelta(seconds=new)
        found_.append((str(until), str(max(until, since)), new))
    return tuple(found_)
