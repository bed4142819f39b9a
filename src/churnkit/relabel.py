"""The cohort of a past date under whichever churn definition, beside the one that the pipeline is told to use."""
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from churnkit.archive import COHORTS, what_followed
from churnkit.churn import Definition, Window, outcomes, tellable
from churnkit.engine import F, aggregated, beside, matched, projected, read, write
from churnkit.exits import check_snapshots
from churnkit.history import EPOCH
from churnkit.timeline import Delivery, Plan, until_mature


@dataclass(frozen=True)
class Timing:
    """The days of `label` and `common` in params.yaml, which all definitions share."""

    gap_days: int
    horizon_days: int
    active_days: int
    wait_days: int

    def days(self, definition: Definition) -> int:
        """Days from an as-of date until its label by this definition is known."""
        return self.gap_days + self.horizon_days + definition.run_days

    def window(self, as_of: date, definition: Definition) -> Window:
        """The days in which an exit counts."""
        return Window(as_of, self.gap_days, self.horizon_days, definition.run_days)


def planned_for(plan: Plan, definition: Definition, timing: Timing, dates: Sequence[date]) -> Plan:
    """The plan with the deliveries that labels by this definition need."""
    deliveries = [Delivery.named(name) for name in plan.deliveries]
    return replace(plan, after={day: until_mature(deliveries, day, timing.days(definition)) for day in dates})


def check_tellable(definition: Definition, plan: Plan, timing: Timing, as_of: date) -> None:
    """Raises InputError where the tables at hand cannot tell the definition."""
    window = timing.window(as_of, definition)
    after = what_followed(planned_for(plan, definition, timing, [as_of]), as_of, window.matures_on, timing.wait_days, timing.active_days)
    if ("left", 0) in tellable(definition, after) and not after.has("status_changes"):
        check_snapshots(after, window)


def relabelled(definition: Definition, plan: Plan, timing: Timing, as_of: date, scratch: Path) -> Any:
    """subscriber_id, churned, exit_kind, is_censored, and `last_own_days`: from the as-of date to the last own activity not after the exit.

    One row per subscriber of the cohort that `label` wrote, as pandas; null where not known. `last_own_days` is null for who did not churn.
    """
    import pandas as pd

    window = timing.window(as_of, definition)
    after = what_followed(planned_for(plan, definition, timing, [as_of]), as_of, window.matures_on, timing.wait_days, timing.active_days)
    cohort = projected(read([COHORTS / str(as_of)]), ["subscriber_id", "stratum"], {
        "is_leaving": F.coalesce(F.col("censored_by") == "pre_cancelled", F.lit(False))})
    told = outcomes(cohort, after, window, definition)
    left = projected(told, ["subscriber_id", "exit_day"], {}, F.col("is_known") & F.col("is_inside"))
    used = projected(after.pieces("usage_daily").table, ["subscriber_id", "day"], {}, F.col("own_events") > 0)
    last = aggregated(matched(left, used, ["subscriber_id"]), ["subscriber_id"], {"last_own_day": F.max("day")}, F.col("day") <= F.col("exit_day"))
    rows = projected(beside(told, [last], ["subscriber_id"]), ["subscriber_id", "is_censored"], {
        "churned": F.when(F.col("is_known"), F.col("is_inside")),
        "exit_kind": F.when(F.col("is_known") & F.col("is_inside"), F.col("kind")),
        "last_own_days": F.col("last_own_day") - (as_of - EPOCH).days})
    folder = scratch / f"{definition.name}_{as_of}"
    write(rows, folder, by=["subscriber_id"])
    found = pd.concat([pd.read_parquet(part) for part in sorted(folder.glob("*.parquet"))], ignore_index=True)
    return found.astype({"churned": "boolean"})
