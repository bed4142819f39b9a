"""Numbers and ids become pseudonyms, and numbers tell whose network they are on."""
from collections.abc import Iterable
from typing import Any

from churnkit.engine import Column, F, Frame, W, beside, named, open_session, projected, settle, stacked, unsettle
from churnkit.expressions import keyed_hash
from churnkit.extracts.compact import packed, parse_choice, unpacked
from churnkit.extracts.contract import KNOWN, column_type
from churnkit.extracts.declare import Extract
from churnkit.extracts.networks import Directory, Moves, located
from churnkit.extracts.numbers import dialled, in_normal_form
from churnkit.timeline import FILE_NO, Delivery

LETTERS = {"subscriber": "s", "customer": "c", "device": "d", "party": "p", "own_number": "p", "number": "p"}
PLACE = "_place"  # where an id stands among all in the order of their pseudonyms: a small number to sort by
# What is looked up for a column, and what it is then called; where a kind is not listed, its pseudonym alone, under its own name.
ALONE = {"pseudonym": "{}"}
STANDS = {"subscriber": {"pseudonym": "{}", "place": "{}" + PLACE}, "own_number": {"masked": "{}_masked", "pseudonym": "{}_party"}}
IMEI_DIGITS = 14  # the fifteenth is a check digit, the sixteenth a software version: neither tells handsets apart
SERVICE = "short_code"  # whom a forwarding code or another code with * or # reaches


def pseudonymised(rows: Frame, extract: Extract, key: bytes, directory: Directory, delivery: Delivery) -> Frame:
    """The rows with pseudonyms for identifiers, packed until `as_written` unpacks them.

    A `number` x becomes its pseudonym and `x_network` (`own`, `rival:<name>`, `fixed`, `own_care`, `rival_care:<name>`, `short_code`,
    `international`, `unknown`) at the time of the row; an `own_number` x becomes `x_masked` and `x_party`; a `subscriber` x stays x, with
    `x_place`. What was dialled before or
    instead of a number (the column that the extract names as `dialled`) goes to `access_code`, `forward_dial` and `forwarded_to`.
    """
    shown, came = {c: F.col(c) for c in rows.columns}, rows
    for kind in LETTERS:
        columns = [c.name for c in extract.columns if c.kind == kind and c.name in came.columns]
        if not columns:
            continue
        texts = distinct(came, columns)
        if kind == "number":
            rows, shown = with_networks(rows, came, shown, columns, settle(texts), extract, key, directory, delivery)
            continue
        known = settle(looked_up(kind, texts, key))
        for name in columns:
            stands = STANDS.get(kind, ALONE)
            rows = beside(rows, [projected(known, [], {name: F.col("raw")} | {f"{name}__{s}": F.col(s) for s in stands})], [name])
            shown = replaced(shown, name, {called.format(name): F.col(f"{name}__{s}") for s, called in stands.items()})
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
    return found | {FILE_NO: "int"}


def nothing(extract: Extract) -> Frame:
    """The events of an extract that did not come: its columns, and no row."""
    no_row = open_session().createDataFrame([(0,)], "n int").filter(F.lit(False))
    return projected(no_row, [], {name: F.lit(None).cast(kind) for name, kind in written(extract).items()})


def names_of(extract: Extract, columns: Iterable[str]) -> list[str]:
    """What the columns are called once their identifiers are pseudonyms."""
    kinds = {c.name: c.kind for c in extract.columns}
    return [STANDS.get(kinds[name], ALONE)["pseudonym"].format(name) for name in columns]


def as_written(rows: Frame, extract: Extract) -> dict[str, Column]:
    """The columns of pseudonymised rows as they are written: pseudonyms and choices as text, without places, null where no file had the column.

    DuckDB writes enumerations faster than text, but not always as the same bytes.
    """
    letters = {STANDS.get(c.kind, ALONE)["pseudonym"].format(c.name): LETTERS[c.kind] for c in extract.columns if c.kind in LETTERS}
    shown = {}
    for name, kind in written(extract).items():
        if name not in rows.columns:
            shown[name] = F.lit(None).cast(kind)
        elif name in letters:
            shown[name] = unpacked(F.col(name), letters[name])
        else:
            shown[name] = F.col(name).cast(kind) if kind == "string" else F.col(name)
    return shown


def replaced(shown: dict[str, Column], name: str, others: dict[str, Column]) -> dict[str, Column]:
    """The columns with one of them replaced by others, in its place."""
    found: dict[str, Column] = {}
    for column, value in shown.items():
        found |= others if column == name else {column: value}
    return found


def distinct(rows: Frame, columns: list[str]) -> Frame:
    """The different texts in the columns, each hashed once however often it occurs."""
    found = [projected(rows, [], {"raw": F.col(name)}, F.col(name).isNotNull()).distinct() for name in columns]
    return named(stacked(found).distinct() if len(found) > 1 else found[0])


def looked_up(kind: str, texts: Frame, key: bytes) -> Frame:
    """raw, its pseudonym in bytes, for subscribers its `place`, and for their own numbers `masked`, what of their digits may be seen."""
    letter, raw = LETTERS[kind], F.col("raw")
    if kind == "subscriber":
        known = F.when(raw.rlike(f"^{KNOWN}s[0-9a-f]{{20}}$"), F.substring(raw, len(KNOWN) + 1, 21)).otherwise(keyed_hash(raw, key, letter))
        place = F.dense_rank().over(W.orderBy("pseudonym")).cast("int")
        return projected(projected(texts, ["raw"], {"pseudonym": packed(known)}), ["*"], {"place": place})
    if kind == "customer":
        return projected(texts, ["raw"], {"pseudonym": packed(keyed_hash(raw, key, letter))})
    if kind == "device":
        return projected(texts, ["raw"], {"pseudonym": packed(keyed_hash(F.substring("raw", 1, IMEI_DIGITS), key, letter))})
    numbers = in_normal_form(projected(texts, ["raw"], {"number": raw}), "number")
    return projected(numbers, ["raw"], {"pseudonym": packed(keyed_hash(F.col("number"), key, letter)), "masked": masked("number")})


def masked(number: str) -> Column:
    """The number with its inner digits hidden; of a short one only the first two are shown."""
    hidden = F.concat(F.substring(number, 1, 3), F.lit("****"), F.substring(number, -4, 4))
    return F.when(F.length(number) >= 11, hidden).otherwise(F.concat(F.substring(number, 1, 2), F.lit("****")))


def with_networks(rows: Frame, came: Frame, shown: dict[str, Column], columns: list[str], texts: Frame, extract: Extract, key: bytes,
                  directory: Directory, delivery: Delivery) -> tuple[Frame, dict[str, Column]]:
    """The rows beside what is known of the numbers in the columns, and the columns to show of them; `came` are the rows beside nothing yet."""
    apart = dialled(texts, directory.access_codes())
    hashed = named(projected(apart, ["raw", "number", "access_code", "forward_dial"], {"pseudonym": keyed_hash(F.col("number"), key, "p")}))
    found, moves = located(hashed, directory, delivery, extract.late_days or 0)
    known = small(settle(projected(found, [c for c in found.columns if c != "number"], {})), moves)
    codes = [name for name in ("access_code", "forward_dial") if known.filter(F.col(name).isNotNull()).limit(1).collect()]
    clock = extract.clock or columns[0]
    for name in columns:
        kept = ["pseudonym", *moves.columns, *(codes if name == extract.dialled else [])]
        rows = beside(rows, [projected(known, [], {name: F.col("raw")} | {f"{name}__{c}": F.col(c) for c in kept})], [name])
        shown = replaced(shown, name, {name: F.col(f"{name}__pseudonym"), f"{name}_network": moves.network(f"{name}__", clock)})
    if not extract.dialled:
        return rows, shown
    given, network = shown.pop("other_network", None), f"{extract.dialled}_network"
    if given is not None and network in shown:  # what the operator says counts where nothing else knows
        shown[network] = F.when(shown[network] == "unknown", F.coalesce(given, shown[network])).otherwise(shown[network])
    return rows, taken_apart(shown, extract.dialled, codes)


def small(known: Frame, moves: Moves) -> Frame:
    """What is known of numbers in the form in which millions of rows are sorted fastest: pseudonyms as bytes, networks as places among them."""
    networks = [name for name in moves.columns if not name.startswith("ported_at")]
    values = {row[0] for name in networks for row in known.select(name).distinct().collect()} - {None} | {SERVICE, "unknown"}
    forms = {name: F.col(name) for name in known.columns} | {"pseudonym": packed(F.col("pseudonym"))}
    found = settle(projected(known, [], forms | {name: parse_choice(F.col(name), sorted(values)) for name in networks}))
    unsettle(known)
    return found


def taken_apart(shown: dict[str, Column], dialled_column: str, codes: list[str]) -> dict[str, Column]:
    """The columns to show where a column holds what was dialled: the number alone, and the codes in columns of their own."""
    network_of = f"{dialled_column}_network"
    if "access_code" in codes:
        code = F.col(f"{dialled_column}__access_code")
        shown["access_code"] = F.coalesce(shown["access_code"], code) if "access_code" in shown else code
    if "forward_dial" in codes:
        dial, target = F.col(f"{dialled_column}__forward_dial"), shown[dialled_column]
        shown["forward_dial"] = dial
        for name, reached in (("forwarded_to", target), ("forwarded_to_network", shown[network_of])):
            set_up = F.when(dial.isNotNull() & target.isNotNull(), reached)
            shown[name] = F.coalesce(set_up, shown[name]) if name in shown else set_up
        shown[dialled_column] = F.when(dial.isNull(), target)
        shown[network_of] = F.when(dial.isNotNull(), F.lit(SERVICE)).otherwise(shown[network_of])
    return shown
