"""Functions that the engines spell differently, as one expression for both."""
from churnkit.engine import ENGINE, Column, F


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
