"""What churn means: named definitions that say of everyone eligible at a date whether, how and when they left."""
from dataclasses import dataclass
from datetime import date, timedelta

from churnkit.engine import Column, F, Frame, W, aggregated, beside, matched, projected, stacked
from churnkit.errors import InputError
from churnkit.history import EPOCH, History, moment
from churnkit.timeline import add_months

OUTSIDE_RISK = ("fraud", "lost", "real_name", "keep_number")  # reasons of a one-way stop that no call would end


@dataclass(frozen=True)
class Window:
    """The days in which leaving counts, [starts, ends), and those of the runs that prove a silence or a stop."""

    as_of: date
    gap_days: int
    horizon_days: int
    run_days: int

    @property
    def starts(self) -> int:
        """First day that counts, days since 1970-01-01."""
        return (self.as_of - EPOCH).days + self.gap_days

    @property
    def ends(self) -> int:
        """First day that no longer counts."""
        return self.starts + self.horizon_days

    @property
    def matures_on(self) -> date:
        """The day on which everything the label needs has happened."""
        return EPOCH + timedelta(self.ends + self.run_days)


def left(after: History, window: Window) -> Frame:
    """subscriber_id, day of the first voluntary pre-cancel or cancel, or port-out, since the as-of date.

    Without changes of state, who is no longer in the snapshots has left. Portings of own numbers to a rival count wherever there are any.
    """
    if after.has("status_changes"):
        leaving = (F.col("status") == "ported_out") | (F.col("status").isin("pre_cancelled", "cancelled")
                                                       & (F.coalesce(F.col("reason"), F.lit("voluntary")) == "voluntary"))
        exits = projected(after.events("status_changes").table, ["subscriber_id", "day"], {}, leaving)
    else:
        exits = vanished(after)
    return first_day(stacked([exits, ported_out(after)]) if after.has("portings") else exits, window)


def vanished(after: History) -> Frame:
    """subscriber_id and day of those who are in an earlier snapshot than the last one only.

    The day is that after the snapshot, or after their last own activity where that came later: a line that is cancelled is used until then.
    """
    snapshots = projected(after.events("subscribers").table, ["subscriber_id", "day"], {"newest": F.max("day").over(W.partitionBy())})
    seen = aggregated(snapshots, ["subscriber_id"], {"seen": F.max("day"), "newest": F.max("newest")})
    used = aggregated(after.events("usage_daily").table, ["subscriber_id"], {"used": F.max("day")}, F.col("own_events") > 0)
    last = F.greatest(F.col("seen"), F.coalesce(F.col("used"), F.col("seen")))
    return projected(beside(seen, [used], ["subscriber_id"]), ["subscriber_id"], {"day": last + 1}, F.col("seen") < F.col("newest"))


def ported_out(after: History) -> Frame:
    """subscriber_id and day of own numbers that went to a rival; of several who had a number, whoever was last seen with it before that day."""
    holders = projected(after.events("subscribers").table, ["subscriber_id"], {"msisdn": F.col("msisdn_party"), "seen": F.col("day")},
                        F.col("msisdn_party").isNotNull())
    ported = aggregated(after.events("portings").table, ["msisdn", "day"], {"rows": F.count(F.lit(1))}, F.col("to_operator") != "own")
    last = W.partitionBy("msisdn", "day").orderBy(F.col("seen").desc(), F.col("subscriber_id"))
    held = projected(matched(ported, holders, ["msisdn"]), ["subscriber_id", "day"], {"nth": F.row_number().over(last)}, F.col("seen") < F.col("day"))
    return projected(held, ["subscriber_id", "day"], {}, F.col("nth") == 1)


def arrears_stop(after: History, window: Window) -> Frame:
    """subscriber_id, day of the first two-way stop for arrears since the as-of date that did not reopen within the run's days."""
    changes = after.events("status_changes").table
    stop = ["subscriber_id", "happened_at"]
    stops = projected(changes, [*stop, "day"], {}, (F.col("status") == "two_way_stop") & (F.col("reason") == "arrears"))
    opens = projected(changes, ["subscriber_id"], {"opened_at": F.col("happened_at"), "opened": F.col("day")}, F.col("status") == "open")
    in_time = (F.col("opened_at") > F.col("happened_at")) & (F.col("opened") < F.col("day") + window.run_days)
    reopened = projected(matched(stops, opens, ["subscriber_id"]), stop, {}, in_time)
    return first_day(matched(stops, reopened, stop, "anti"), window)


def silent(after: History, window: Window) -> Frame:
    """subscriber_id, first day of the first run of days without own activity that is long enough and lasts past the as-of date."""
    following = F.coalesce(F.lead("day").over(W.partitionBy("subscriber_id").orderBy("day")), F.lit((window.matures_on - EPOCH).days))
    runs = projected(after.events("usage_daily").table, ["subscriber_id"], {"begins": F.col("day") + 1, "ends": following}, F.col("own_events") > 0)
    long = (F.col("ends") - F.col("begins") >= window.run_days) & (F.col("ends") > (window.as_of - EPOCH).days)
    return aggregated(runs, ["subscriber_id"], {"day": F.min("begins")}, long)


def first_day(rows: Frame, window: Window) -> Frame:
    """The first `day` of each subscriber on or after the as-of date."""
    later = projected(rows, ["subscriber_id"], {"later_day": F.col("day")}, F.col("day") >= (window.as_of - EPOCH).days)
    return aggregated(later, ["subscriber_id"], {"day": F.min("later_day")})


NEEDS = {"arrears_stop": "status_changes"}  # a stop for arrears shows nowhere else
KINDS = {"left": left, "arrears_stop": arrears_stop, "silent": silent}
DEFINITIONS = {"left": ("left",), "arrears_stop_30d": ("arrears_stop",), "silent_30d": ("silent",), "any": ("left", "arrears_stop", "silent")}


def eligible(before: History, active_days: int) -> Frame:
    """subscriber_id, stratum and is_leaving of everyone who could still be kept at the as-of date.

    Own activity in the last `active_days`, a full bill month of tenure, a line that a person uses and pays for, open or one-way stopped
    (not for fraud, a lost handset, a missing real name, or to keep the number).
    Who has already given notice (pre-cancelled) is kept, marked as leaving. Without changes of state all lines count as open.
    """
    usage = before.events("usage_daily")
    active = projected(usage.table, ["subscriber_id"], {}, usage.last(active_days) & (F.col("own_events") > 0))
    snapshots = before.events("subscribers").table
    lines = projected(snapshots, ["subscriber_id", "day", "line_kind", "activated_on"], {"newest": F.max("day").over(W.partitionBy())})
    full_month = F.col("activated_on") <= moment(add_months(before.as_of, -1))
    people = aggregated(lines, ["subscriber_id"], {"snapshots": F.count(F.lit(1))},
                        (F.col("day") == F.col("newest")) & full_month & (F.col("line_kind") == "voice"))
    using = matched(people, active, ["subscriber_id"], "semi")
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


def unknowable(after: History, window: Window) -> Frame:
    """subscriber_id and `is_apart` of those who stopped on request or moved inside the operator by maturity: they neither stayed nor churned."""
    if not after.has("status_changes"):
        return projected(after.events("subscribers").table, ["subscriber_id"], {"is_apart": F.lit(True)}, F.lit(False))
    changes = after.events("status_changes").table
    apart = (F.col("status") == "migrated") | F.col("reason").isin("keep_number", "migration")
    return aggregated(changes, ["subscriber_id"], {"is_apart": F.lit(True)}, apart & (F.col("day") >= (window.as_of - EPOCH).days))


def tellable(definition: str, history: History) -> list[str]:
    """The exit kinds of a definition that the tables at hand can tell. Raises InputError if that is none of them."""
    kinds = [kind for kind in DEFINITIONS[definition] if kind not in NEEDS or history.has(NEEDS[kind])]
    if not kinds:
        needed = ", ".join(NEEDS[kind] for kind in DEFINITIONS[definition])
        raise InputError(f"label.definition {definition!r} cannot be told without the extract {needed}; send it, or choose another definition.")
    return kinds


def labelled(cohort: Frame, after: History, window: Window, definition: str) -> Frame:
    """The cohort with churned, exit_kind, matures_on, is_censored and censored_by.

    Whoever meets the definition before the window begins is censored; `churned` is null for them and for the unknowable.
    """
    kinds = tellable(definition, after)
    exits = stacked([projected(KINDS[kind](after, window), ["subscriber_id", "day"], {"kind_no": F.lit(n)}) for n, kind in enumerate(kinds)])
    # Whoever leaves falls silent too, mostly a little before: the first of them dates the exit, the most telling one names it.
    day, kind_no = F.col("day"), F.col("kind_no")
    first = aggregated(exits, ["subscriber_id"], {
        "exit_day": F.min(day), "exit_no": F.coalesce(F.min(F.when(day < window.starts, kind_no)), F.min(F.when(day < window.ends, kind_no)))})
    table = projected(beside(cohort, [first, unknowable(after, window)], ["subscriber_id"]), ["*"], {
        "is_censored": F.col("is_leaving") | F.coalesce(F.col("exit_day") < window.starts, F.lit(False)),
        "is_inside": F.coalesce(F.col("exit_day").between(window.starts, window.ends - 1), F.lit(False))})
    kind_of: Column = F.lit(None).cast("string")
    for n, kind in enumerate(kinds):
        kind_of = F.when(F.col("exit_no") == n, F.lit(kind)).otherwise(kind_of)
    table = projected(table, ["*"], {"kind": kind_of, "is_known": ~F.col("is_censored") & F.col("is_apart").isNull()})
    return projected(table, ["subscriber_id", "stratum"], {
        "churned": F.when(F.col("is_known"), F.col("is_inside")),
        "exit_kind": F.when(F.col("is_known") & F.col("is_inside"), F.col("kind")),
        "matures_on": moment(window.matures_on), "is_censored": F.col("is_censored"),
        "censored_by": F.when(F.col("is_leaving"), F.lit("pre_cancelled")).when(F.col("is_censored"), F.col("kind"))})
