"""Whose a number was at a moment: its portings first, then the number plan as it stood."""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from churnkit.engine import Column, F, Frame, W, aggregated, beside, projected, read, settle, stacked
from churnkit.extracts.numbers import ACCESS_CODES
from churnkit.files import parts
from churnkit.timeline import Delivery, handed_on

OWN = "own"
HELD = {"number_plan": ("prefix", "operator", "kind", "valid_from", "valid_to"), "portings": ("msisdn", "happened_at", "to_operator")}
LONG_AGO = "0001-01-01"


@dataclass(frozen=True)
class Directory:
    """What is known of whose a number is: the rows of the number plan, and of portings, with pseudonyms; None where there are none."""

    number_plan: Frame | None = None
    portings: Frame | None = None

    @classmethod
    def handed_on(cls, deliveries: Sequence[Delivery]) -> "Directory":
        """What the last of the deliveries handed on: the number plan in force, and the portings that no later one can correct any more."""
        folders = {name: handed_on(d.name, name) for name in HELD for d in deliveries[-1:]}
        return cls(**{name: read([folder]) for name, folder in folders.items() if parts(folder)})

    def holding(self, name: str, tables: Sequence[Frame]) -> "Directory":
        """The directory with the rows of these tables besides its own, if they belong there and there is one; the same row twice is one."""
        filled = [rows for rows in (*tables, getattr(self, name)) if rows is not None and rows.limit(1).collect()] if name in HELD else []
        if name == "number_plan":
            filled = filled[:1]  # it comes whole
        return replace(self, **{name: settle(stacked([projected(rows, HELD[name], {}) for rows in filled]).distinct())}) if filled else self

    def access_codes(self) -> list[str]:
        """The codes dialled before a number to take a long-distance carrier: those known everywhere and those of the plan."""
        codes = set(ACCESS_CODES)
        if self.number_plan is not None:
            codes |= {row[0] for row in self.number_plan.filter(F.col("kind") == "access_code").select("prefix").distinct().collect()}
        return sorted(codes)


@dataclass(frozen=True)
class Moves:
    """How a number's network is read from its row of `located`: `network_0` from the first of `days` on, and so on; then the portings."""

    days: tuple[date, ...]
    portings: int

    @property
    def columns(self) -> list[str]:
        """The columns of `located` besides the number's own."""
        return [*(f"network_{n}" for n in range(len(self.days))),
                *(f"{what}_{n}" for n in range(1, self.portings + 1) for what in ("ported_at", "ported_to"))]

    def network(self, prefix: str, moment: str) -> Column:
        """The network at the time in the column `moment`, null for no number; the columns are called `prefix` + name."""
        found = F.col(f"{prefix}network_0")
        for n, day in enumerate(self.days[1:], 1):
            found = F.when(F.col(moment) >= F.lit(str(day)).cast("date"), F.col(f"{prefix}network_{n}")).otherwise(found)
        for n in range(1, self.portings + 1):
            found = F.when(F.col(moment) >= F.col(f"{prefix}ported_at_{n}"), F.col(f"{prefix}ported_to_{n}")).otherwise(found)
        return found


def located(numbers: Frame, directory: Directory, delivery: Delivery, late_days: int) -> tuple[Frame, Moves]:
    """Each row of `numbers` (pseudonym and number) with the networks it had during the delivery, and how to read them.

    A network is `unknown` where nothing tells.
    """
    plan, ported = directory.number_plan, directory.portings
    days = (delivery.starts,) if plan is None else spans(plan, delivery, late_days)
    found = projected(numbers, ["*"], {"network_0": otherwise("number")}) if plan is None else by_prefix(numbers, plan, days)
    moved = None if ported is None else portings_of(numbers, ported)
    if moved is None:
        return found, Moves(days, 0)
    return beside(found, [moved], ["pseudonym"]), Moves(days, len(moved.columns) // 2)


def spans(plan: Frame, delivery: Delivery, late_days: int) -> tuple[date, ...]:
    """The first days of the stretches of time in which the plan stays the same, as far as the rows of the delivery reach."""
    oldest = delivery.starts - timedelta(late_days)
    turns = {row[0] for name in ("valid_from", "valid_to") for row in plan.select(name).distinct().collect() if row[0] is not None}
    return (oldest, *sorted(day for day in turns if oldest < day < delivery.ends))


def by_prefix(numbers: Frame, plan: Frame, days: tuple[date, ...]) -> Frame:
    """The numbers with `network_n` for each stretch of time, by the longest prefix that held then."""
    names = [f"network_{n}" for n in range(len(days))]
    prefixes = plan.filter(F.col("kind") != "access_code").select("prefix").distinct()
    prefixes = beside(prefixes, [holding_on(plan, day, name) for name, day in zip(names, days, strict=True)], ["prefix"])
    prefixes = settle(projected(prefixes, ["*"], {"digits": F.length("prefix")}))
    lengths = sorted((row[0] for row in prefixes.select("digits").distinct().collect()), reverse=True)
    found = projected(numbers, ["*"], {f"prefix_{n}": F.substring("number", 1, n) for n in lengths})
    for n in lengths:
        columns = {f"prefix_{n}": F.col("prefix"), **{f"{name}_{n}": F.col(name) for name in names}}
        found = beside(found, [projected(prefixes.filter(F.col("digits") == n), [], columns)], [f"prefix_{n}"])
    return projected(found, numbers.columns, {name: F.coalesce(*(F.col(f"{name}_{n}") for n in lengths), otherwise("number")) for name in names})


def otherwise(number: str) -> Column:
    """The network of a number that no prefix fits: what holds a * or # is a code, no number."""
    return F.when(F.col(number).rlike(r"[*#]"), F.lit("short_code")).otherwise(F.lit("unknown"))


def holding_on(plan: Frame, day: date, name: str) -> Frame:
    """prefix, and as `name` its network, of the rows of the plan that hold on a day; of several for one prefix the one that began last."""
    then = F.lit(str(day)).cast("date")
    holding = plan.filter((F.col("kind") != "access_code") & (F.col("valid_from").isNull() | (F.col("valid_from") <= then))
                          & (F.col("valid_to").isNull() | (F.col("valid_to") > then)))
    began = F.coalesce(F.col("valid_from"), F.lit(LONG_AGO).cast("date"))
    newest = W.partitionBy("prefix").orderBy(began.desc(), F.col("operator"), F.col("kind"))
    network = (F.when(F.col("kind") == "mobile", operators_network())
               .when(F.col("kind") == "rival_care", F.concat(F.lit("rival_care:"), F.col("operator"))).otherwise(F.col("kind")))
    return projected(holding, ["prefix"], {name: network, "age": F.row_number().over(newest)}).filter(F.col("age") == 1).select("prefix", name)


def operators_network(column: str = "operator") -> Column:
    """The network of an operator's mobile numbers: `own`, or `rival:<name>`."""
    return F.when(F.col(column) == OWN, F.lit(OWN)).otherwise(F.concat(F.lit("rival:"), F.col(column)))


def portings_of(numbers: Frame, portings: Frame) -> Frame | None:
    """pseudonym, and `ported_at_n` and `ported_to_n` of each of these numbers that was ported, oldest first; None where none was."""
    mine = portings.select(F.col("msisdn").alias("pseudonym"), "happened_at", operators_network("to_operator").alias("network"))
    mine = mine.join(numbers.select("pseudonym").distinct(), on="pseudonym", how="inner")
    order = W.partitionBy("pseudonym").orderBy("happened_at", "network")
    ranked = settle(projected(mine, ["pseudonym", "happened_at", "network"], {"nth": F.row_number().over(order)}))
    most = ranked.agg(F.max("nth")).collect()[0][0]
    if not most:
        return None
    columns = {}
    for n in range(1, most + 1):
        columns[f"ported_at_{n}"] = F.max(F.when(F.col("nth") == n, F.col("happened_at")))
        columns[f"ported_to_{n}"] = F.max(F.when(F.col("nth") == n, F.col("network")))
    return aggregated(ranked, ["pseudonym"], columns)
