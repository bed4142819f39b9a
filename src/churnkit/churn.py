"""What churn means: named definitions that say of everyone eligible at a date whether, how and when they left."""
from dataclasses import dataclass
from datetime import date, timedelta

from churnkit.engine import Column, F, Frame, W, count_if, named, projected
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
        changes = after.events("status_changes").table
        leaving = (F.col("status") == "ported_out") | (F.col("status").isin("pre_cancelled", "cancelled")
                                                       & (F.coalesce(F.col("reason"), F.lit("voluntary")) == "voluntary"))
        exits = changes.filter(leaving).select("subscriber_id", "day")
    else:
        exits = vanished(after)
    return first_day(exits.union(ported_out(after)) if after.has("portings") else exits, window)


def vanished(after: History) -> Frame:
    """subscriber_id and day of those who are in an earlier snapshot than the last one only.

    The day is that after the snapshot, or after their last own activity where that came later: a line that is cancelled is used until then.
    """
    snapshots = after.events("subscribers").table
    newest = snapshots.agg(F.max("day").alias("newest"))
    seen = snapshots.groupBy("subscriber_id").agg(F.max("day").alias("seen")).join(newest, on=F.col("seen") < F.col("newest"), how="inner")
    used = after.events("usage_daily").table.filter(F.col("own_events") > 0).groupBy("subscriber_id").agg(F.max("day").alias("used"))
    both = named(named(seen.select("subscriber_id", "seen")).join(used, on="subscriber_id", how="left"))
    return both.select("subscriber_id", (F.greatest(F.col("seen"), F.coalesce(F.col("used"), F.col("seen"))) + 1).alias("day"))


def ported_out(after: History) -> Frame:
    """subscriber_id and day of own numbers that went to a rival; of several who had a number, whoever was last seen with it before that day."""
    holders = after.events("subscribers").table.filter(F.col("msisdn_party").isNotNull()).select(
        "subscriber_id", F.col("msisdn_party").alias("msisdn"), F.col("day").alias("seen"))
    ported = after.events("portings").table.filter(F.col("to_operator") != "own").select("msisdn", "day").distinct()
    held = named(ported.join(holders, on="msisdn", how="inner")).filter(F.col("seen") < F.col("day"))
    last = W.partitionBy("msisdn", "day").orderBy(F.col("seen").desc(), F.col("subscriber_id"))
    return projected(held, ["subscriber_id", "day"], {"nth": F.row_number().over(last)}).filter(F.col("nth") == 1).select("subscriber_id", "day")


def arrears_stop(after: History, window: Window) -> Frame:
    """subscriber_id, day of the first two-way stop for arrears since the as-of date that did not reopen within the run's days."""
    changes = after.events("status_changes").table
    stops = changes.filter((F.col("status") == "two_way_stop") & (F.col("reason") == "arrears")).select("subscriber_id", "happened_at", "day")
    opens = changes.filter(F.col("status") == "open").select("subscriber_id", F.col("happened_at").alias("opened_at"), F.col("day").alias("opened"))
    in_time = (F.col("opened_at") > F.col("happened_at")) & (F.col("opened") < F.col("day") + window.run_days)
    reopened = stops.join(opens, on="subscriber_id", how="inner").filter(in_time).select("subscriber_id", "happened_at").distinct()
    return first_day(stops.join(reopened, on=["subscriber_id", "happened_at"], how="left_anti"), window)


def silent(after: History, window: Window) -> Frame:
    """subscriber_id, first day of the first run of days without own activity that is long enough and lasts past the as-of date."""
    active = after.events("usage_daily").table.filter(F.col("own_events") > 0).select("subscriber_id", "day")
    following = F.coalesce(F.lead("day").over(W.partitionBy("subscriber_id").orderBy("day")), F.lit((window.matures_on - EPOCH).days))
    runs = active.select("subscriber_id", (F.col("day") + 1).alias("day"), following.alias("ends"))
    long = runs.filter((F.col("ends") - F.col("day") >= window.run_days) & (F.col("ends") > (window.as_of - EPOCH).days))
    return long.groupBy("subscriber_id").agg(F.min("day").alias("day"))


def first_day(rows: Frame, window: Window) -> Frame:
    """The first `day` of each subscriber on or after the as-of date."""
    return rows.filter(F.col("day") >= (window.as_of - EPOCH).days).groupBy("subscriber_id").agg(F.min("day").alias("day"))


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
    active = usage.table.filter(usage.last(active_days)).groupBy("subscriber_id").agg(count_if(F.col("own_events") > 0).alias("days_used"))
    snapshots = before.events("subscribers").table
    newest = snapshots.agg(F.max("day").alias("newest"))
    full_month = F.col("activated_on") <= moment(add_months(before.as_of, -1))
    people = snapshots.join(newest, on=F.col("day") == F.col("newest"), how="inner").filter(
        full_month & (F.col("line_kind") == "voice")).select("subscriber_id").distinct()
    if not before.has("status_changes"):
        return named(people.join(active.filter(F.col("days_used") > 0), on="subscriber_id", how="inner")).select(
            "subscriber_id", F.lit("open").alias("stratum"), F.lit(False).alias("is_leaving"))
    latest = W.partitionBy("subscriber_id").orderBy(F.col("happened_at").desc(), F.col("status").desc())
    states = (before.events("status_changes").table.withColumn("recency", F.row_number().over(latest)).filter(F.col("recency") == 1)
              .select("subscriber_id", F.col("status").alias("state"), F.col("reason").alias("why")))
    state = F.coalesce(F.col("state"), F.lit("open"))
    found = named(people.join(active.filter(F.col("days_used") > 0), on="subscriber_id", how="inner")
                  .join(states, on="subscriber_id", how="left"))
    apart = (state == "one_way_stop") & F.coalesce(F.col("why").isin(*OUTSIDE_RISK), F.lit(False))
    return found.filter(state.isin("open", "one_way_stop", "pre_cancelled") & ~apart).select(
        "subscriber_id", F.when(state == "one_way_stop", F.lit("one_way_stop")).otherwise(F.lit("open")).alias("stratum"),
        (state == "pre_cancelled").alias("is_leaving"))


def unknowable(after: History, window: Window) -> Frame:
    """subscriber_id of those who stopped on request or moved inside the operator before the label matured: neither stayed nor churned."""
    if not after.has("status_changes"):
        return after.events("subscribers").table.filter(F.lit(False)).select("subscriber_id")
    changes = after.events("status_changes").table
    apart = (F.col("status") == "migrated") | F.col("reason").isin("keep_number", "migration")
    return changes.filter(apart & (F.col("day") >= (window.as_of - EPOCH).days)).select("subscriber_id").distinct()


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
    exits = [KINDS[kind](after, window).select("subscriber_id", F.col("day"), F.lit(n).alias("kind_no")) for n, kind in enumerate(kinds)]
    every = exits[0]
    for more in exits[1:]:
        every = every.union(more)
    # Whoever leaves falls silent too, mostly a little before: the first of them dates the exit, the most telling one names it.
    day, kind_no = F.col("day"), F.col("kind_no")
    first = every.groupBy("subscriber_id").agg(F.min(day).alias("exit_day"), F.min(F.when(day < window.starts, kind_no)).alias("early_no"),
                                               F.min(F.when(day < window.ends, kind_no)).alias("kind_no"))
    apart = unknowable(after, window).withColumn("is_apart", F.lit(True))
    table = cohort.join(first, on="subscriber_id", how="left").join(apart, on="subscriber_id", how="left").select(
        "subscriber_id", "stratum", "is_leaving", F.col("is_apart").isNotNull().alias("is_apart"),
        "exit_day", F.coalesce(F.col("early_no"), F.col("kind_no")).alias("kind_no"))
    table = projected(table, ["*"], {
        "is_censored": F.col("is_leaving") | F.coalesce(F.col("exit_day") < window.starts, F.lit(False)),
        "is_inside": F.coalesce(F.col("exit_day").between(window.starts, window.ends - 1), F.lit(False))})
    kind_of: Column = F.lit(None).cast("string")
    for n, kind in enumerate(kinds):
        kind_of = F.when(F.col("kind_no") == n, F.lit(kind)).otherwise(kind_of)
    table = projected(table, ["*"], {"kind": kind_of, "is_known": ~F.col("is_censored") & ~F.col("is_apart")})
    return table.select(
        "subscriber_id", "stratum", F.when(F.col("is_known"), F.col("is_inside")).alias("churned"),
        F.when(F.col("is_known") & F.col("is_inside"), F.col("kind")).alias("exit_kind"),
        moment(window.matures_on).alias("matures_on"), F.col("is_censored"),
        F.when(F.col("is_leaving"), F.lit("pre_cancelled")).when(F.col("is_censored"), F.col("kind")).alias("censored_by"))
