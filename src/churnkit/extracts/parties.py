"""Numbers and ids become pseudonyms, and numbers tell whose network they are on."""
from collections.abc import Iterable

from churnkit.engine import Column, F, Frame, W, beside, named, projected, settle, unsettle
from churnkit.extracts.compact import keyed_hash, packed, parse_choice, unpacked
from churnkit.extracts.declare import Extract
from churnkit.timeline import Delivery

LETTERS = {"subscriber": "s", "number": "p", "own_number": "p", "customer": "c"}
PLACE = "_place"  # where an id stands among all in the order of their pseudonyms: a small number to sort by
STANDS = {"subscriber": {"pseudonym": "{}", "place": "{}" + PLACE},
          "customer": {"pseudonym": "{}"}, "number": {"pseudonym": "{}", "network": "{}_network"},
          "own_number": {"masked": "{}_masked", "pseudonym": "{}_party"}}  # what is looked up for a column, and what it is then called
PLAIN = r"[^0-9]"


def pseudonymised(rows: Frame, extract: Extract, key: bytes, number_plan: Frame | None) -> Frame:
    """The rows with pseudonyms for identifiers, packed until `as_written` unpacks them.

    A `number` x becomes its pseudonym and `x_network` (`own`, `rival:<name>`, `fixed`, `own_care`, `rival_care:<name>`, `short_code`,
    `international`, `unknown`); an `own_number` x becomes `x_masked` and `x_party`; a `subscriber` x stays x, with `x_place`.
    """
    shown = {name: F.col(name) for name in rows.columns}
    for kind in LETTERS:
        columns = [c.name for c in extract.columns if c.kind == kind]
        if not columns:
            continue
        known = settle(distinct(rows, columns).select(F.col("raw"), *looked_up(kind, key)))
        if kind == "number" and number_plan is not None:
            known = settle(networks(known, number_plan))
        known = small(known, kind)
        for name in columns:
            stands = {source: target for source, target in STANDS[kind].items() if source in known.columns}
            rows = beside(rows, [known.select(F.col("raw").alias(name), *(F.col(s).alias(f"{name}__{s}") for s in stands))], name)
            shown = replaced(shown, name, {target.format(name): F.col(f"{name}__{s}") for s, target in stands.items()})
    return projected(rows, [], shown)


def small(known: Frame, kind: str) -> Frame:
    """What stands for each text in the form in which millions of rows are sorted fastest."""
    forms = {name: F.col(name) for name in known.columns} | {"pseudonym": packed(F.col("pseudonym"))}
    if kind == "subscriber":
        forms["place"] = F.row_number().over(W.orderBy("pseudonym"))
    if "network" in known.columns:
        forms["network"] = parse_choice(F.col("network"), sorted({"unknown", *(row[0] for row in known.select("network").distinct().collect())}))
    found = settle(projected(known, [], forms))
    unsettle(known)
    return found


def names_of(extract: Extract, columns: Iterable[str]) -> list[str]:
    """What the columns are called once their identifiers are pseudonyms."""
    kinds = {c.name: c.kind for c in extract.columns}
    return [STANDS.get(kinds[name], {}).get("pseudonym", "{}").format(name) for name in columns]


def as_written(rows: Frame, extract: Extract) -> dict[str, Column]:
    """The columns of pseudonymised rows as they are written: pseudonyms and choices as text, without places.

    DuckDB writes enumerations faster than text, but not always as the same bytes.
    """
    letters = {STANDS[c.kind]["pseudonym"].format(c.name): LETTERS[c.kind] for c in extract.columns if c.kind in LETTERS}
    texts = {c.name for c in extract.columns if c.kind == "choice"} | {f"{c.name}_network" for c in extract.columns}
    places = {c.name + PLACE for c in extract.columns}
    return {name: unpacked(F.col(name), letters[name]) if name in letters else F.col(name).cast("string") if name in texts else F.col(name)
            for name in rows.columns if name not in places}


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


def looked_up(kind: str, key: bytes) -> list[Column]:
    """What stands for one text: its pseudonym, and for numbers their digits, masked."""
    raw = F.col("raw")
    if kind in ("subscriber", "customer"):
        return [keyed_hash(raw, key, LETTERS[kind]).alias("pseudonym")]
    digits = F.regexp_replace(raw, PLAIN, "")
    hidden = F.concat(F.substring(digits, 1, 3), F.lit("****"), F.substring(digits, -4, 4))
    masked = F.when(F.length(digits) >= 11, hidden).otherwise(F.concat(F.substring(digits, 1, 2), F.lit("****")))
    return [keyed_hash(F.when(digits != "", digits).otherwise(raw), key, "p").alias("pseudonym"),
            digits.alias("digits"), masked.alias("masked")]


def networks(numbers: Frame, plan: Frame) -> Frame:
    """Each number with its network, by the longest prefix of the plan that it begins with."""
    name = (F.when(F.col("kind") == "mobile", F.when(F.col("operator") == "own", F.lit("own"))
                   .otherwise(F.concat(F.lit("rival:"), F.col("operator"))))
            .when(F.col("kind") == "rival_care", F.concat(F.lit("rival_care:"), F.col("operator")))
            .otherwise(F.col("kind")))
    prefixes = settle(plan.select("prefix", F.length("prefix").alias("digits_matched"), name.alias("network")))
    lengths = sorted({row[0] for row in prefixes.select("digits_matched").distinct().collect()}, reverse=True)
    found = projected(numbers, ["*"], {f"prefix_{n}": F.substring(F.col("digits"), 1, n) for n in lengths})
    for n in lengths:
        these = prefixes.filter(F.col("digits_matched") == n).select(F.col("prefix").alias(f"prefix_{n}"), F.col("network").alias(f"network_{n}"))
        found = beside(found, [these], f"prefix_{n}")
    tried = [F.col(f"network_{n}") for n in lengths]
    return found.select("raw", "pseudonym", "masked", F.coalesce(*tried, F.lit("unknown")).alias("network"))


def valid_during(plan: Frame, delivery: Delivery) -> Frame:
    """The rows of the number plan that hold on the delivery's last day; of several for one prefix the one that began last."""
    last = F.date_add(F.lit(str(delivery.ends)).cast("date"), -1)
    holding = plan.filter((F.col("valid_from").isNull() | (F.col("valid_from") <= last))
                          & (F.col("valid_to").isNull() | (F.col("valid_to") > last)))
    began = F.coalesce(F.col("valid_from"), F.lit("0001-01-01").cast("date"))
    newest = W.partitionBy("prefix").orderBy(began.desc(), F.col("operator"), F.col("kind"))
    return holding.withColumn("age", F.row_number().over(newest)).filter(F.col("age") == 1).drop("age")
