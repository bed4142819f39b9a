"""The contract of an extract as expressions: text becomes typed columns, and a row that breaks a rule says which."""
from collections.abc import Collection
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from churnkit.engine import Column as Expression
from churnkit.engine import F, Frame, T, projected
from churnkit.expressions import parse_date, parse_decimal, parse_int, parse_time, rewritten
from churnkit.extracts.compact import parse_choice
from churnkit.extracts.declare import RECEIVED, Column, Extract
from churnkit.extracts.lines import LINE
from churnkit.extracts.mapping import HOLDER, LEG, ODD
from churnkit.timeline import FILE_NO, Delivery

BROKEN = "broken_rule"
KNOWN = "="  # before a pseudonym that stands where an id would: no id of an operator begins with it
UNREAD = "unread"  # the layout has no reading for what stands there: an unknown code, another unit or form
IDENTIFIER = r"^[A-Za-z0-9_.:-]{1,64}$"
NUMBER = r"^(\(?\+?[0-9*#](?:[ ().-]{0,2}[0-9*#]){1,23}|@[^0-9]{1,64})$"  # grouped as people do; after @ an id of who sends pseudonyms
MOBILE = r"(^|[^0-9])(86|0086)?1[3-9][0-9]{9}($|[^0-9])"
LONG_CODES = ("cell_id",)  # a cell of 5G has a number of up to eleven digits
LONG_NUMBERS = (r"([0-9]{3})[0-9]{4,}([0-9]{4})", r"(1[3-9][0-9])[ .-]{1,2}[0-9]{4}[ .-]{0,2}([0-9]{4})",
                r"(1[3-9][0-9])[0-9]{4}[ .-]{1,2}([0-9]{4})", r"(0[1-9][0-9]{1,2})[ )-]{1,2}[0-9]{3,4}[ -]?([0-9]{4})")
LATEST_DAYS = 366  # behind the delivery a row may have been received
DECIMALS = 6  # a byte is a millionth of a megabyte
TYPES = {"integer": "bigint", "decimal": f"decimal(18,{DECIMALS})", "date": "date", "month": "date", "flag": "boolean"}
PATTERNS = {"subscriber": IDENTIFIER, "customer": IDENTIFIER, "number": NUMBER, "own_number": NUMBER, "party": NUMBER,
            "device": r"^[0-9]{14,16}$", "pseudonym": r"^s[0-9a-f]{20}$", "path": r"^[^/\s]([^/]*[^/\s])?(/[^/\s]([^/]*[^/\s])?)*$",
            "prefix": r"^[0-9*#]{1,15}$",
            "network": r"^(own|fixed|own_care|short_code|international|unknown|(rival|rival_care):[^:\s]{1,40})$"}


def typed(text: Frame, extract: Extract, delivery: Delivery, delay_days: int, kept: Collection[str]) -> Frame:
    """The rows of `text` with typed columns, file and line, and `broken_rule` (`column|rule`, null if none).

    Identifiers are still as the operator wrote them; a subscriber who is known by a number is a pseudonym behind `KNOWN`. Of optional
    columns those `kept` are there, null where this file has no such column: what no file has would only take room.
    """
    present = set(text.columns)
    guards = {}
    for c in extract.columns:
        if c.name in present and (it := guard(c)) is not None:  # of a parsed column the text alone, so that it is parsed once
            guards[f"bad_{c.name}"] = F.col(c.name) if c.kind in TYPES or c.kind == "time" else it
    odd = [name for name in (HOLDER, *(ODD + c.name for c in extract.columns)) if name in present]
    parsed = projected(text, [FILE_NO, LINE, *odd], {c.name: value(c, present) for c in extract.columns} | guards
                       | ({LEG: F.col(LEG) if LEG in present else F.lit(None).cast("string")} if LEG in kept else {}))
    shown = {c.name: subscriber(c.name) if c.kind == "subscriber" and HOLDER in present else F.col(c.name)
             for c in extract.columns if c is not RECEIVED and (c.required or c.name in kept)}
    legs = {LEG: F.col(LEG)} if LEG in kept else {}
    received = {} if extract.clock is None else {RECEIVED.name: received_at(extract.clock, delay_days)}
    return projected(parsed, [FILE_NO, LINE], shown | legs | received | {BROKEN: first_broken(extract, present, delivery)})


def subscriber(name: str) -> Expression:
    """The operator's id of a subscriber, else the pseudonym of who held the row's number."""
    return F.coalesce(F.col(name), F.concat(F.lit(KNOWN), F.col(HOLDER)))


def value(column: Column, present: set[str]) -> Expression:
    """The typed value of a column; null where the text is none, and where the file has no such column."""
    if column.name not in present:
        return F.lit(None).cast(column_type(column))
    text = F.col(column.name)
    match column.kind:
        case "integer":
            return parse_int(text)
        case "decimal":
            return parse_decimal(text, DECIMALS)
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
        case _ if column.is_words:
            return without_numbers(text)
        case _:
            return text if column.keeps is None else F.substring(text, 1, column.keeps)


def without_numbers(words: Expression) -> Expression:
    """What people wrote, with the inner digits hidden of anything as long as a telephone number, also of one written in groups."""
    for pattern in LONG_NUMBERS:
        words = rewritten(words, pattern, r"\1****\2")
    return words


def column_type(column: Column) -> Any:
    """What a column is of once it is typed, as the engine calls it."""
    return T.TimestampNTZType() if column.kind == "time" else TYPES.get(column.kind, "string")


def guard(column: Column) -> Expression | None:
    """Whether the text is there but no value of its kind; None where any text is one."""
    text = F.col(column.name)
    match column.kind:
        case "integer" | "decimal" | "date" | "month" | "time" | "flag" | "choice":
            return text.isNotNull() & value(column, {column.name}).isNull()
        case "text" if not column.is_words and column.keeps is None and column.name not in LONG_CODES:
            return text.rlike(MOBILE)
        case kind if kind in PATTERNS:
            return text.isNotNull() & ~text.rlike(PATTERNS[kind])
    return None


DIGITS = "2 to 24 digits (1.38E+10 means the file went through a spreadsheet)"
EXPECTED = {"integer": "a whole number", "decimal": "a number such as 12.5, without exponent or thousands mark", "date": "a date YYYY-MM-DD",
            "month": "a month YYYY-MM", "time": "a time YYYY-MM-DD HH:MM:SS without offset", "flag": "true or false",
            "number": DIGITS, "own_number": DIGITS, "party": DIGITS, "device": "an IMEI of 14 to 16 digits",
            "pseudonym": "a subscriber_id as the lists have it", "path": "a path such as 江西/南昌/东湖", "prefix": "1 to 15 digits",
            "network": "one of own, fixed, own_care, short_code, international, unknown, rival:<name>, rival_care:<name>",
            "text": "a code or a name, but a telephone number",
            "subscriber": "an id of letters and digits", "customer": "an id of letters and digits"}


def first_broken(extract: Extract, present: set[str], delivery: Delivery) -> Expression:
    """`column|rule` of the first rule that the row breaks, in the order of the columns; null for a good row.

    That nobody had the row's number comes last: it is true of any row whose day is wrong.
    """
    broken: list[tuple[Expression, str]] = []
    last: list[tuple[Expression, str]] = []
    for column in extract.columns:
        it = F.col(column.name)
        by_number = column.kind == "subscriber" and HOLDER in present
        if ODD + column.name in present:
            (last if by_number else broken).append((F.col(ODD + column.name), f"{column.name}|{UNREAD}"))
        if column.name in present and guard(column) is not None:
            text = F.col(f"bad_{column.name}")
            is_bad = text.isNotNull() & it.isNull() if column.kind in TYPES or column.kind == "time" else text
            broken.append((is_bad, f"{column.name}|not_{column.kind}"))
        if column.required:
            nobody = F.col(HOLDER).isNull() & ~F.col(ODD + column.name) if by_number else F.lit(True)
            broken.append((it.isNull() & nobody, f"{column.name}|missing"))
        if column.low is not None and column.name in present:
            broken.append((~it.between(F.lit(column.low), F.lit(column.high)), f"{column.name}|out_of_range"))
    if extract.clock:
        happened = F.col(extract.clock).cast("date")
        broken.append((happened >= F.lit(str(delivery.ends)).cast("date"), f"{extract.clock}|after_delivery"))
        if extract.late_days is not None:
            oldest = delivery.starts - timedelta(extract.late_days)
            broken.append((happened < F.lit(str(oldest)).cast("date"), f"{extract.clock}|long_before_delivery"))
    if extract.clock and RECEIVED.name in present:
        latest = delivery.ends + timedelta(LATEST_DAYS)
        broken.append((F.col(RECEIVED.name) >= F.lit(str(latest)).cast("date"), f"{RECEIVED.name}|long_after_delivery"))
    row = SimpleNamespace(**{c.name: F.col(c.name) for c in extract.columns})
    broken += [(~rule.holds(row), f"{rule.column}|{rule.name}") for rule in extract.rules]
    (condition, name), *rest = [*broken, *last]
    verdict = F.when(condition, F.lit(name))
    for condition, name in rest:
        verdict = verdict.when(condition, F.lit(name))
    return verdict


def rules_of(extract: Extract) -> list[str]:
    """The names of all rules a row of the extract can break, `<extract>.<column>.<rule>`."""
    found = []
    for c in extract.columns:
        can = {UNREAD: True, f"not_{c.kind}": guard(c) is not None, "missing": c.required, "out_of_range": c.low is not None}
        found += [f"{c.name}.{rule}" for rule, possible in can.items() if possible]
    if extract.clock:
        found += [f"{extract.clock}.after_delivery", f"{extract.clock}.long_before_delivery", f"{RECEIVED.name}.long_after_delivery"]
    return [f"{extract.name}.{name}" for name in [*found, *(f"{r.column}.{r.name}" for r in extract.rules)]]


def received_at(clock: str, delay_days: int) -> Expression:
    """When the row was received; where the operator does not say it, the end of its day plus the layout's delay."""
    end = F.date_add(F.col(clock).cast("date"), 1 + delay_days).cast(T.TimestampNTZType())
    return F.coalesce(F.col(RECEIVED.name), end)


def said(broken: str, extract: Extract) -> str:
    """A broken rule in words: what was wrong, and what is expected."""
    name, rule = broken.split("|")
    column = extract.column(name)
    expected = EXPECTED | {"choice": f"one of {', '.join(column.choices)}"}
    if rule.startswith("not_"):
        return f"{name} is not {expected[column.kind]}"
    own = {r.name: r.message for r in extract.rules}
    unread = f"{name} has a code, amount or form that the layout does not know"
    if column.kind == "subscriber":
        unread = "no subscriber had this number on that day"
    return own.get(rule) or {UNREAD: unread, "missing": f"{name} is empty", "out_of_range": f"{name} is outside {column.low} to {column.high}",
                             "after_delivery": f"{name} lies after the delivery's end",
                             "long_after_delivery": f"{name} lies more than {LATEST_DAYS} days after the delivery, so that no date would see the row",
                             "long_before_delivery": f"{name} lies more than {extract.late_days} days before the delivery"}[rule]
