"""The contract of an extract as expressions: text becomes typed columns, and a row that breaks a rule says which."""
from datetime import timedelta
from types import SimpleNamespace

from churnkit.engine import Column as Expression
from churnkit.engine import F, Frame, T, parse_date, parse_int, parse_time, projected
from churnkit.extracts.compact import parse_choice
from churnkit.extracts.declare import RECEIVED, Column, Extract
from churnkit.extracts.lines import FILE_NO, LINE
from churnkit.timeline import Delivery

BROKEN = "broken_rule"
IDENTIFIER = r"^[A-Za-z0-9_.:-]{1,64}$"
NUMBER = r"^\+?[0-9*#]{2,24}$"
TYPES = {"integer": "bigint", "date": "date", "month": "date", "flag": "boolean"}


def typed(text: Frame, extract: Extract, delivery: Delivery, delay_days: int) -> Frame:
    """The rows of `text` with typed columns, file and line, and `broken_rule` (`column|rule`, null if none).

    Identifiers are still as the operator wrote them. Columns the file does not have are null.
    """
    present = set(text.columns)
    guards = {f"bad_{c.name}": it for c in extract.columns if c.name in present and (it := guard(c)) is not None}
    parsed = projected(text, [FILE_NO, LINE], {c.name: value(c, present) for c in extract.columns} | guards)
    names = [c.name for c in extract.columns if c is not RECEIVED]
    received = {} if extract.clock is None else {RECEIVED.name: received_at(extract.clock, delay_days)}
    return projected(parsed, [FILE_NO, LINE, *names], {
        **received, BROKEN: first_broken(extract, present, delivery)})


def value(column: Column, present: set[str]) -> Expression:
    """The typed value of a column; null where the text is none, and where the file has no such column."""
    if column.name not in present:
        return F.lit(None).cast(T.TimestampNTZType() if column.kind == "time" else TYPES.get(column.kind, "string"))
    text = F.col(column.name)
    match column.kind:
        case "integer":
            return parse_int(text)
        case "date":
            return parse_date(text)
        case "month":  # kept as its last day: the day from which a month's bill counts as known
            return F.last_day(parse_date(F.concat(text, F.lit("-01"))))
        case "time":
            return parse_time(text)
        case "flag":
            return F.when(text.isin("true", "1"), F.lit(True)).when(text.isin("false", "0"), F.lit(False))
        case "choice":
            return parse_choice(text, sorted(column.choices))
        case _:
            return text


def guard(column: Column) -> Expression | None:
    """Whether the text is there but no value of its kind; None where any text is one."""
    text = F.col(column.name)
    match column.kind:
        case "integer" | "date" | "month" | "time" | "flag" | "choice":
            return text.isNotNull() & value(column, {column.name}).isNull()
        case "subscriber" | "customer":
            return text.isNotNull() & ~text.rlike(IDENTIFIER)
        case "number" | "own_number":
            return text.isNotNull() & ~text.rlike(NUMBER)
    return None


def first_broken(extract: Extract, present: set[str], delivery: Delivery) -> Expression:
    """`column|rule` of the first rule that the row breaks, in the order of the columns; null for a good row."""
    broken: list[tuple[Expression, str]] = []
    for column in extract.columns:
        it = F.col(column.name)
        if column.name in present and guard(column) is not None:
            broken.append((F.col(f"bad_{column.name}"), f"{column.name}|not_{column.kind}"))
        if column.required:
            broken.append((it.isNull(), f"{column.name}|missing"))
        if column.low is not None and column.name in present:
            broken.append((~it.between(F.lit(column.low), F.lit(column.high)), f"{column.name}|out_of_range"))
    if extract.clock:
        happened = F.col(extract.clock).cast("date")
        broken.append((happened >= F.lit(str(delivery.ends)).cast("date"), f"{extract.clock}|after_delivery"))
        if extract.late_days is not None:
            oldest = delivery.starts - timedelta(extract.late_days)
            broken.append((happened < F.lit(str(oldest)).cast("date"), f"{extract.clock}|long_before_delivery"))
    row = SimpleNamespace(**{c.name: F.col(c.name) for c in extract.columns})
    broken += [(~rule.holds(row), f"{rule.column}|{rule.name}") for rule in extract.rules]
    (condition, name), *rest = broken
    verdict = F.when(condition, F.lit(name))
    for condition, name in rest:
        verdict = verdict.when(condition, F.lit(name))
    return verdict


def rules_of(extract: Extract) -> list[str]:
    """The names of all rules a row of the extract can break, `<extract>.<column>.<rule>`."""
    found = []
    for c in extract.columns:
        can = {f"not_{c.kind}": guard(c) is not None, "missing": c.required, "out_of_range": c.low is not None}
        found += [f"{c.name}.{rule}" for rule, possible in can.items() if possible]
    if extract.clock:
        found += [f"{extract.clock}.after_delivery", f"{extract.clock}.long_before_delivery"]
    return [f"{extract.name}.{name}" for name in [*found, *(f"{r.column}.{r.name}" for r in extract.rules)]]


def received_at(clock: str, delay_days: int) -> Expression:
    """When the row was received; where the operator does not say it, the end of its day plus the layout's delay."""
    end = F.date_add(F.col(clock).cast("date"), 1 + delay_days).cast(T.TimestampNTZType())
    return F.coalesce(F.col(RECEIVED.name), end)


def said(broken: str, extract: Extract) -> str:
    """A broken rule in words: what was wrong, and what is expected."""
    name, rule = broken.split("|")
    column = extract.column(name)
    expected = {"choice": f"one of {', '.join(column.choices)}", "integer": "a whole number", "date": "a date YYYY-MM-DD",
                "month": "a month YYYY-MM", "time": "a time YYYY-MM-DD HH:MM:SS without offset", "flag": "true or false",
                "number": "2 to 24 digits (1.38E+10 means the file went through a spreadsheet)",
                "own_number": "2 to 24 digits (1.38E+10 means the file went through a spreadsheet)"}
    if rule.startswith("not_"):
        return f"{name} is not {expected.get(column.kind, 'an id of letters and digits')}"
    own = {r.name: r.message for r in extract.rules}
    return own.get(rule) or {"missing": f"{name} is empty", "out_of_range": f"{name} is outside {column.low} to {column.high}",
                             "after_delivery": f"{name} lies after the delivery's end",
                             "long_before_delivery": f"{name} lies more than {extract.late_days} days before the delivery"}[rule]
