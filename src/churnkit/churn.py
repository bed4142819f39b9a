"""What churn means: named definitions that say of everyone eligible at a date whether, how and when they left."""
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from churnkit.engine import Column, F, Frame, W, aggregated, beside, matched, projected, stacked
from churnkit.errors import InputError
from churnkit.exits import KINDS, NEEDS, Window, used_up
from churnkit.history import EPOCH, History, moment
from churnkit.timeline import add_months

__all__ = ["STANDARD", "Definition", "Window", "eligible", "labelled", "named_definition", "outcomes", "tellable"]

OUTSIDE_RISK = ("fraud", "lost", "real_name", "keep_number")  # reasons of a one-way stop that no call would end
MANY = 100  # lines handed over in one month, below which a tenth of a small operator's may be
STANDARD = ("any", "left", "ported_out", "arrears_stop_30d", "silent_30d", "silent_60d", "silent_90d", "not_recharged_15d")


@dataclass(frozen=True)
class Definition:
    """A churn definition: its name, and the exits of which the first counts, each a kind and the days that must pass to prove it."""

    name: str
    exits: tuple[tuple[str, int], ...]

    @property
    def run_days(self) -> int:
        """Days after the window until everybody's label is known."""
        return max(days for _, days in self.exits)


def named_definition(name: str) -> Definition:
    """The definition of that name; the days of silent_60d and its like may be any number. Raises ValueError if there is none."""
    if name == "any":
        return Definition(name, (("left", 0), ("arrears_stop", 30), ("silent", 30)))
    if name in ("left", "ported_out"):
        return Definition(name, ((name, 0),))
    if found := re.fullmatch(r"(arrears_stop|silent|not_recharged)_([1-9][0-9]{0,2})d", name):
        return Definition(name, ((found[1], int(found[2])),))
    near = difflib.get_close_matches(name, STANDARD, 1)
    raise ValueError(f"definition {name!r} is none of {', '.join(STANDARD)}, nor one of the last five with another number of days"
                     + (f" (did you mean {near[0]!r}?)" if near else ""))


def tellable(definition: Definition, history: History) -> list[tuple[str, int]]:
    """The exits of a definition that the tables at hand can tell. Raises InputError if that is none of them, naming definitions they can."""
    def told(one: Definition) -> list[tuple[str, int]]:
        return [(kind, days) for kind, days in one.exits if kind not in NEEDS or any(map(history.has, NEEDS[kind]))]

    if exits := told(definition):
        return exits
    needed = " or ".join(NEEDS[definition.exits[0][0]])
    others = ", ".join(name for name in STANDARD if told(named_definition(name)))
    raise InputError(f"label.definition {definition.name!r} cannot be told without the extract {needed}; send it, or choose one that can be: "
                     f"{others}.")


def eligible(before: History, active_days: int) -> Frame:
    """subscriber_id, stratum and is_leaving of everyone who could still be kept at the as-of date.

    Own activity in the last `active_days`, a full bill month of tenure under the present holder, a line that a person uses and pays for, open
    or one-way stopped (not for fraud, a lost handset, a missing real name, or to keep the number).
    Who has already given notice (pre-cancelled) is kept, marked as leaving. Without changes of state all lines count as open.
    """
    usage = before.pieces("usage_daily")
    active = projected(usage.table, ["subscriber_id"], {}, usage.last(active_days) & (F.col("own_events") > 0))
    snapshots = before.events("subscribers").table
    lines = projected(snapshots, ["subscriber_id", "day", "line_kind", "activated_on"], {"newest": F.max("day").over(W.partitionBy())})
    full_month = F.col("activated_on") <= moment(add_months(before.as_of, -1))
    people = aggregated(lines, ["subscriber_id"], {"snapshots": F.count(F.lit(1))},
                        (F.col("day") == F.col("newest")) & full_month & (F.col("line_kind") == "voice"))
    lately = projected(handovers(snapshots), ["subscriber_id"], {}, F.col("day") > (add_months(before.as_of, -1) - EPOCH).days)
    using = matched(matched(people, active, ["subscriber_id"], "semi"), lately, ["subscriber_id"], "anti")
    if not before.has("status_changes"):
        return projected(using, ["subscriber_id"], {"stratum": F.lit("open"), "is_leaving": F.lit(False)})
    latest = W.partitionBy("subscriber_id").orderBy(F.col("happened_at").desc(), F.col("status").desc())
    changes = projected(before.events("status_changes").table, ["subscriber_id", "status", "reason"], {"recency": F.row_number().over(latest)})
    states = projected(changes, ["subscriber_id"], {"state": F.col("status"), "why": F.col("reason")}, F.col("recency") == 1)
    found = beside(using, [states], ["subscriber_id"])
    state = F.coalesce(F.col("state"), F.lit("open"))
    apart = (state == "one_way_stop") & F.coalesce(F.col("why").isin(*OUTSIDE_RISK), F.lit(False))
    return projected(found, ["subscriber_id"], {
        "stratum": F.when(state == "one_way_stop", F.lit("one_way_stop")).otherwise(F.lit("open")),
        "is_leaving": state == "pre_cancelled"}, state.isin("open", "one_way_stop", "pre_cancelled") & ~apart)


def handovers(snapshots: Frame) -> Frame:
    """subscriber_id and day of snapshots that show another holder than the one before: another customer, or a line that was opened anew.

    Where that is true of a tenth of all lines at once the operator gave its customers other keys or dates: nobody was handed over.
    """
    line = W.partitionBy("subscriber_id").orderBy("day")
    owners = projected(snapshots, ["subscriber_id", "day", "customer_key"], {"earlier": F.lag("customer_key").over(line)},
                       F.col("customer_key").isNotNull())
    opened = projected(snapshots, ["subscriber_id", "day", "activated_on"], {"earlier": F.lag("activated_on").over(line)})
    given = stacked([projected(owners, ["subscriber_id", "day"], {}, F.col("customer_key") != F.col("earlier")),
                     projected(opened, ["subscriber_id", "day"], {}, F.col("activated_on") > F.col("earlier"))])
    lines = aggregated(snapshots, ["day"], {"lines": F.count(F.lit(1))})
    counted = beside(aggregated(given, ["day"], {"given": F.count(F.lit(1))}), [lines], ["day"])
    written_anew = projected(counted, ["day"], {}, (F.col("given") >= MANY) & (F.col("given") * 10 > F.col("lines")))
    return matched(given, written_anew, ["day"], "anti")


def unknowable(after: History, window: Window) -> Frame:
    """subscriber_id and `is_apart` of those who stopped on request, moved inside the operator or gave the line to somebody else by maturity.

    They neither stayed nor churned.
    """
    day = (window.as_of - EPOCH).days
    apart = [projected(handovers(after.events("subscribers").table), ["subscriber_id", "day"], {})]
    if after.has("status_changes"):
        apart.append(projected(after.events("status_changes").table, ["subscriber_id", "day"], {},
                               (F.col("status") == "migrated") | F.col("reason").isin("keep_number", "migration")))
    return aggregated(stacked(apart), ["subscriber_id"], {"is_apart": F.lit(True)}, F.col("day") >= day)


def spoken_of(after: History, window: Window, exits: Sequence[tuple[str, int]]) -> Frame | None:
    """subscriber_id of the only lines of which the exits say anything; None where they speak of all.

    Of a balance that runs out only prepaid lines can tell, without changes of state those alone whose balance can be estimated.
    """
    if {kind for kind, _ in exits} != {"not_recharged"}:
        return None
    day = (window.as_of - EPOCH).days
    snapshots = projected(after.events("subscribers").table, ["subscriber_id", "day", "payment_kind"], {
        "latest": F.max("day").over(W.partitionBy("subscriber_id"))}, F.col("day") < day)
    prepaid = projected(snapshots, ["subscriber_id"], {}, (F.col("day") == F.col("latest")) & (F.col("payment_kind") == "prepaid"))
    return prepaid if after.has("status_changes") else matched(prepaid, used_up(after), ["subscriber_id"], "semi")


def outcomes(cohort: Frame, after: History, window: Window, definition: Definition) -> Frame:
    """The cohort with `exit_day` (days since 1970-01-01) and `kind` of the exit that counts, `is_inside` the window, `is_censored` and `is_known`.

    Raises InputError where the tables cannot tell the definition.
    """
    exits = tellable(definition, after)
    dated = stacked([projected(KINDS[kind](after, window, days), ["subscriber_id", "day"], {"kind_no": F.lit(n)})
                     for n, (kind, days) in enumerate(exits)])
    # Whoever leaves falls silent too, mostly a little before: the first of them dates the exit, the most telling one names it.
    day, kind_no = F.col("day"), F.col("kind_no")
    first = aggregated(dated, ["subscriber_id"], {
        "exit_day": F.min(day), "exit_no": F.coalesce(F.min(F.when(day < window.starts, kind_no)), F.min(F.when(day < window.ends, kind_no)))})
    facts = [first, unknowable(after, window)]
    bound = spoken_of(after, window, exits)
    if bound is not None:
        facts.append(aggregated(bound, ["subscriber_id"], {"is_spoken_of": F.lit(True)}))
    table = projected(beside(cohort, facts, ["subscriber_id"]), ["*"], {
        "is_censored": F.col("is_leaving") | F.coalesce(F.col("exit_day") < window.starts, F.lit(False)),
        "is_inside": F.coalesce(F.col("exit_day").between(window.starts, window.ends - 1), F.lit(False))})
    kind_of: Column = F.lit(None).cast("string")
    for n, (kind, _) in enumerate(exits):
        kind_of = F.when(F.col("exit_no") == n, F.lit(kind)).otherwise(kind_of)
    is_known = ~F.col("is_censored") & F.col("is_apart").isNull()
    return projected(table, ["*"], {"kind": kind_of, "is_known": is_known if bound is None else is_known & F.col("is_spoken_of").isNotNull()})


def labelled(cohort: Frame, after: History, window: Window, definition: Definition) -> Frame:
    """The cohort with churned, exit_kind, matures_on, is_censored and censored_by.

    Whoever meets the definition before the window begins is censored; `churned` is null for them and for the unknowable.
    """
    return projected(outcomes(cohort, after, window, definition), ["subscriber_id", "stratum"], {
        "churned": F.when(F.col("is_known"), F.col("is_inside")),
        "exit_kind": F.when(F.col("is_known") & F.col("is_inside"), F.col("kind")),
        "matures_on": moment(window.matures_on), "is_censored": F.col("is_censored"),
        "censored_by": F.when(F.col("is_leaving"), F.lit("pre_cancelled")).when(F.col("is_censored"), F.col("kind"))})
