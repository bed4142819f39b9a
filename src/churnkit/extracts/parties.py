"""Numbers and ids become pseudonyms, and numbers tell whose network they are on."""
from typing import Any

from churnkit.engine import Column, F, Frame, beside, named, open_session, projected, settle
from churnkit.expressions import keyed_hash
from churnkit.extracts.contract import column_type
from churnkit.extracts.declare import Extract
from churnkit.extracts.networks import Directory, located
from churnkit.extracts.numbers import dialled, in_normal_form
from churnkit.timeline import Delivery

LETTERS = {"subscriber": "s", "customer": "c", "device": "d", "party": "p", "own_number": "p", "number": "p"}
STANDS = {"own_number": {"masked": "{}_masked", "pseudonym": "{}_party"}}  # what is looked up for a column, and what it is then called
IMEI_DIGITS = 14  # the fifteenth is a check digit, the sixteenth a software version: neither tells handsets apart
SERVICE = "short_code"  # whom a forwarding code or another code with * or # reaches


def pseudonymised(rows: Frame, extract: Extract, key: bytes, directory: Directory, delivery: Delivery) -> Frame:
    """The rows with pseudonyms for identifiers.

    A `number` x becomes its pseudonym and `x_network` (`own`, `rival:<name>`, `fixed`, `own_care`, `rival_care:<name>`, `short_code`,
    `international`, `unknown`) at the time of the row; an `own_number` x becomes `x_masked` and `x_party`. What was dialled before or
    instead of a number (the column that the extract names as `dialled`) goes to `access_code`, `forward_dial` and `forwarded_to`.
    """
    shown = {c: F.col(c) for c in rows.columns}
    for kind in LETTERS:
        columns = [c.name for c in extract.columns if c.kind == kind]
        if not columns:
            continue
        texts = distinct(rows, columns)
        if kind == "number":
            rows, shown = with_networks(rows, shown, columns, texts, extract, key, directory, delivery)
            continue
        known = settle(looked_up(kind, texts, key))
        is_there = bool(known.limit(1).collect())
        for name in columns:
            stands = STANDS.get(kind, {"pseudonym": "{}"})
            if is_there:
                rows = beside(rows, [known.select(F.col("raw").alias(name), *(F.col(s).alias(f"{name}__{s}") for s in stands))], [name])
            shown = replaced(shown, name, {called.format(name): F.col(f"{name}__{s}") if is_there else F.lit(None).cast("string")
                                           for s, called in stands.items()})
    return projected(rows, [], shown)


def written(extract: Extract) -> dict[str, Any]:
    """The columns that ingest writes of an extract, in order, and of what type each is."""
    found: dict[str, Any] = {}
    for column in extract.columns:
        name, kind = column.name, column.kind
        if kind == "network":
            continue
        if kind == "number":
            found |= {name: "string", f"{name}_network": "string"}
        elif kind == "own_number":
            found |= {called.format(name): "string" for called in STANDS[kind].values()}
        else:
            found[name] = column_type(column)
        if name == "access_code" and extract.dialled:
            found["forward_dial"] = "string"
    return found


def nothing(extract: Extract) -> Frame:
    """The events of an extract that did not come: its columns, and no row."""
    no_row = open_session().createDataFrame([(0,)], "n int").filter(F.lit(False))
    return projected(no_row, [], {name: F.lit(None).cast(kind) for name, kind in written(extract).items()})


def replaced(shown: dict[str, Column], name: str, others: dict[str, Column]) -> dict[str, Column]:
    """The columns with one of them replaced by others, in its place."""
    found: dict[str, Column] = {}
    for column, value in shown.items():
        found |= others if column == name else {column: value}
    return found


def distinct(rows: Frame, columns: list[str]) -> Frame:
    """The different texts in the columns, each hashed once however often it occurs."""
    found = [rows.select(F.col(name).alias("raw")).filter(F.col("raw").isNotNull()).distinct() for name in columns]
    every = found[0]
    for more in found[1:]:
        every = every.union(more)
    return named(every.distinct() if len(found) > 1 else every)


def looked_up(kind: str, texts: Frame, key: bytes) -> Frame:
    """raw, its pseudonym, and for the subscriber's own numbers `masked`, what of their digits may be seen."""
    letter, raw = LETTERS[kind], F.col("raw")
    if kind in ("subscriber", "customer"):
        return projected(texts, ["raw"], {"pseudonym": keyed_hash(raw, key, letter)})
    if kind == "device":
        return projected(texts, ["raw"], {"pseudonym": keyed_hash(F.substring("raw", 1, IMEI_DIGITS), key, letter)})
    numbers = in_normal_form(projected(texts, ["raw"], {"number": raw}), "number")
    return projected(numbers, ["raw"], {"pseudonym": keyed_hash(F.col("number"), key, letter), "masked": masked("number")})


def masked(number: str) -> Column:
    """The number with its inner digits hidden; of a short one only the first two are shown."""
    hidden = F.concat(F.substring(number, 1, 3), F.lit("****"), F.substring(number, -4, 4))
    return F.when(F.length(number) >= 11, hidden).otherwise(F.concat(F.substring(number, 1, 2), F.lit("****")))


def with_networks(rows: Frame, shown: dict[str, Column], columns: list[str], texts: Frame, extract: Extract, key: bytes,
                  directory: Directory, delivery: Delivery) -> tuple[Frame, dict[str, Column]]:
    """The rows beside what is known of the numbers in the columns, and the columns to show of them."""
    apart = dialled(texts, directory.access_codes())
    hashed = named(projected(apart, ["raw", "number", "access_code", "forward_dial"], {"pseudonym": keyed_hash(F.col("number"), key, "p")}))
    found, moves = located(hashed, directory, delivery, extract.late_days or 0)
    known = settle(found.drop("number"))
    codes = [name for name in ("access_code", "forward_dial") if known.filter(F.col(name).isNotNull()).limit(1).collect()]
    clock = extract.clock or columns[0]
    has_word = extract.dialled and bool(rows.filter(F.col("other_network").isNotNull()).limit(1).collect())
    for name in columns:
        kept = ["pseudonym", *moves.columns, *(codes if name == extract.dialled else [])]
        rows = beside(rows, [known.select(F.col("raw").alias(name), *(F.col(c).alias(f"{name}__{c}") for c in kept))], [name])
        shown = replaced(shown, name, {name: F.col(f"{name}__pseudonym"), f"{name}_network": moves.network(f"{name}__", clock)})
    if not extract.dialled:
        return rows, shown
    given, network = shown.pop("other_network"), f"{extract.dialled}_network"
    if has_word:  # what the operator says counts where nothing else knows
        shown[network] = F.when(shown[network] == "unknown", F.coalesce(given, shown[network])).otherwise(shown[network])
    return rows, taken_apart(shown, extract.dialled, codes)


def taken_apart(shown: dict[str, Column], dialled_column: str, codes: list[str]) -> dict[str, Column]:
    """The columns to show where a column holds what was dialled: the number alone, and the codes in columns of their own."""
    nothing, network_of = F.lit(None).cast("string"), f"{dialled_column}_network"
    if "access_code" in codes:
        shown["access_code"] = F.coalesce(shown["access_code"], F.col(f"{dialled_column}__access_code"))
    if "forward_dial" not in codes:
        return replaced(shown, "access_code", {"access_code": shown["access_code"], "forward_dial": nothing})
    dial, target = F.col(f"{dialled_column}__forward_dial"), shown[dialled_column]
    shown["forwarded_to_network"] = F.when(dial.isNotNull() & target.isNotNull(), shown[network_of]).otherwise(shown["forwarded_to_network"])
    shown["forwarded_to"] = F.coalesce(F.when(dial.isNotNull(), target), shown["forwarded_to"])
    shown[dialled_column] = F.when(dial.isNull(), target)
    shown[network_of] = F.when(dial.isNotNull(), F.lit(SERVICE)).otherwise(shown[network_of])
    return replaced(shown, "access_code", {"access_code": shown["access_code"], "forward_dial": dial})
