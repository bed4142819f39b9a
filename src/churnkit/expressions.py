"""What the engines disagree on, once and for all: expressions that give the same on both."""
from churnkit.engine import ENGINE, Column, F, declare
from churnkit.identity import DIGITS, hash_pads


def count_if(condition: Column) -> Column:
    """Rows for which `condition` holds; 0 over no row (F.count_if is null there on DuckDB)."""
    return F.count(F.when(condition, F.lit(1)))


def total_if(condition: Column, column: Column) -> Column:
    """Sum of an integer column over the rows for which `condition` holds, as a bigint; 0 over no row."""
    return F.coalesce(F.sum(F.when(condition, column)), F.lit(0)).cast("bigint")


def told(column: Column) -> Column:
    """Of several texts the last by name that says something; `unknown` where none does."""
    return F.coalesce(F.max(F.when(column != "unknown", column)), F.lit("unknown"))


def days(column: Column) -> Column:
    """A date as whole days since 1970-01-01, the same integer on every engine."""
    return F.unix_date(column).cast("int")


def has_hour(column: str, hour: int) -> Column:
    """Whether a column of hours, one bit each, holds the hour; the operators on bits have other names on every engine."""
    return F.col(column) % 2 ** (hour + 1) >= 2**hour


def hours_between(column: str, begins: int, ends: int) -> Column:
    """How many of the hours [begins, ends) a column of hours, one bit each, holds."""
    hours = F.col(column)
    return F.bit_count(hours % 2**ends - hours % 2**begins)


def parse_int(text: Column) -> Column:
    """The text as a bigint; null where it is not a plain whole number of at most 18 digits (casts differ: '2.5' is 3 or null)."""
    return F.when(text.rlike(r"^-?[0-9]{1,18}$"), text).cast("bigint")


def parse_decimal(text: Column, places: int) -> Column:
    """The text as a decimal with so many digits behind the point, rounded half up; null where it is no plain number (a bare cast takes 1e3)."""
    return F.when(text.rlike(r"^-?[0-9]{1,11}([.][0-9]{1,18})?$"), text).cast(f"decimal(18,{places})")


def parse_date(text: Column) -> Column:
    """The text `YYYY-MM-DD` as a date; null where it is none."""
    return _try_cast(F.when(text.rlike(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), text), "date")


def parse_time(text: Column) -> Column:
    """The text `YYYY-MM-DD HH:MM:SS` as a zone-less timestamp; null where it is none (an offset is not dropped in silence)."""
    good = text.rlike(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$")
    return _try_cast(F.when(good, text), "timestamp")


def rewritten(text: Column, pattern: str, template: str) -> Column:
    r"""The text with what matches the pattern written as the template, where \1 is the first group; unchanged where nothing matches."""
    return F.regexp_replace(text, pattern, template.replace("\\", "$") if ENGINE == "spark" else template)


def found(text: Column, pattern: str, group: int = 1) -> Column:
    """What the group of the pattern holds in the text; null where nothing matches or it holds nothing."""
    part = F.regexp_extract(text, pattern, group)
    return F.when(part != "", part)


def plus_seconds(time: Column, seconds: Column) -> Column:
    """The zone-less timestamp so many seconds later."""
    if ENGINE == "spark":
        return F.timestamp_add("SECOND", seconds, time)
    return time + F.call_function("to_seconds", seconds)


def seconds_between(start: Column, end: Column) -> Column:
    """Whole seconds from one zone-less timestamp to another, as a bigint."""
    if ENGINE == "spark":
        return F.timestamp_diff("SECOND", start, end)  # type: ignore[attr-defined]  # Spark's alone
    return F.call_function("date_diff", F.lit("second"), start, end)


def row_hash(*columns: str) -> Column:
    """64 bits that are the same for equal rows and seldom for others; they differ between engines, so never keep them."""
    return F.call_function("xxhash64", *map(F.col, columns)) if ENGINE == "spark" else F.call_function("hash_row", F.struct(*columns))


def _try_cast(text: Column, kind: str) -> Column:
    """A cast that gives null for what is no such value; SQLFrame's columns have none."""
    if ENGINE == "spark":
        return text.try_cast("timestamp_ntz" if kind == "timestamp" else kind)
    return F.call_function(f"try_{kind}", text)


def keyed_hash(text: Column, key: bytes, letter: str) -> Column:
    """The pseudonym of a text column, equal to `identity.pseudonym`; null stays null."""
    inner, outer = hash_pads(key)
    if ENGINE == "spark":
        mac = F.sha2(F.concat(F.lit(bytearray(outer)), F.unhex(F.sha2(F.concat(F.lit(bytearray(inner)), F.encode(text, "UTF-8")), 256))), 256)
        return F.concat(F.lit(letter), F.substring(mac, 1, DIGITS))
    name = declare(f"create temp macro {{name}}(x) as '{letter}' || "
                   f"left(sha256(unhex('{outer.hex()}') || unhex(sha256(unhex('{inner.hex()}') || encode(x)))), {DIGITS})")
    return F.call_function(name, text)
