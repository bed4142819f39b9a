"""Say who could still leave at one as-of date, and who then did."""
from dataclasses import dataclass
from datetime import date, timedelta

from churnkit.archive import COHORTS, known_for_label, what_followed
from churnkit.churn import Window, eligible, labelled, named_definition
from churnkit.engine import F, Frame, open_session, settle, write
from churnkit.errors import HistoryError, ParameterError
from churnkit.files import whole_folder
from churnkit.history import EPOCH, TABLES, History, moment
from churnkit.params import Common
from churnkit.progress import say
from churnkit.timeline import Plan

SEEN = TABLES["usage_daily"].look_back


@dataclass(frozen=True)
class Params:
    """What churn means and when a label is ripe."""

    definition: str
    gap_days: int
    horizon_days: int
    active_days: int
    min_history_days: int

    def __post_init__(self) -> None:
        for name in ("gap_days", "horizon_days", "active_days", "min_history_days"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if self.days + self.active_days > SEEN:  # else the last use of those who fell silent would be out of sight
            raise ValueError(f"gap_days, horizon_days, active_days and the {self.run_days} days of {self.definition} come to "
                             f"{self.days + self.active_days} days, of which {SEEN} can be seen; shorten one of them")

    @property
    def days(self) -> int:
        """Days from the as-of date until its label is known."""
        return self.gap_days + self.horizon_days + self.run_days

    @property
    def run_days(self) -> int:
        """Days after the window that the definition needs. Raises ValueError if there is no such definition."""
        return named_definition(self.definition).run_days

    def window(self, as_of: date) -> Window:
        """The days in which leaving counts for an as-of date."""
        return Window(as_of, self.gap_days, self.horizon_days, self.run_days)


def run(params: Params, common: Common, plan: Plan, as_of: date) -> None:
    """Write the cohort of the as-of date: everyone eligible, with the label once it is mature."""
    if params.gap_days <= common.wait_days:
        raise ParameterError(f"params.yaml: label.gap_days ({params.gap_days}) must exceed common.wait_days ({common.wait_days}): "
                             "the list is made when the wait is over, and the label must begin after that.")
    open_session(common.memory, common.threads, common.spill, common.master)
    window = params.window(as_of)
    known = known_for_label(plan, as_of, common.wait_days)
    if as_of == plan.scoring:
        check_reaches(known, as_of)
    if not known.has("status_changes"):
        say(f"label {as_of}: no status_changes, so all lines count as open, who is gone from the snapshots has left, nobody is stopped for arrears")
    cohort = settle(eligible(known, params.active_days))
    if as_of in plan.mature:
        after = what_followed(plan, as_of, window.matures_on, common.wait_days, params.active_days)
        table = settle(labelled(cohort, after, window, named_definition(params.definition)))
    else:
        table = settle(immature(cohort, window))
    with whole_folder(COHORTS / str(as_of)) as folder:
        write(table, folder, by=["subscriber_id"])
    tell(as_of, table)


def check_reaches(known: History, as_of: date) -> None:
    """Raises HistoryError unless someone used a line on the last day before the as-of date: a file cut short looks just like churn."""
    newest = known.pieces("usage_daily").table.agg(F.max("day")).collect()[0][0]
    if newest is None or newest < known.day - 1:
        until = "never" if newest is None else f"until {EPOCH + timedelta(newest)}"
        raise HistoryError(f"Call records reach {until}, not to the day before {as_of}: everyone would look silent. "
                           "Ask for the missing files, ingest them, and run again.")


def immature(cohort: Frame, window: Window) -> Frame:
    """The cohort of a date whose label nobody can know yet; who has given notice is already leaving."""
    return cohort.select("subscriber_id", "stratum", F.lit(None).cast("boolean").alias("churned"), F.lit(None).cast("string").alias("exit_kind"),
                         moment(window.matures_on).alias("matures_on"), F.col("is_leaving").alias("is_censored"),
                         F.when(F.col("is_leaving"), F.lit("pre_cancelled")).alias("censored_by"))


def tell(as_of: date, table: Frame) -> None:
    """Say how many were eligible, churned and were censored, and why."""
    counts = {tuple(r): n for *r, n in table.groupBy("is_censored", "censored_by", "churned", "exit_kind").agg(F.count(F.lit(1))).collect()}
    everyone = sum(counts.values())
    churned = {kind: sum(n for (_, _, c, k), n in counts.items() if c and k == kind) for kind in sorted({k for *_, k in counts if k})}
    censored = {why: sum(n for (is_c, w, _, _), n in counts.items() if is_c and w == why) for why in sorted({w for _, w, _, _ in counts if w})}
    unknown = sum(n for (is_c, _, c, _), n in counts.items() if not is_c and c is None)
    say(f"label {as_of}: {everyone:,} eligible; churned {listed(churned)}; already leaving {listed(censored)}; label not known {unknown:,}")


def listed(counts: dict[str, int]) -> str:
    """A total and what it is made of: `530 (left 210, silent 320)`."""
    parts = ", ".join(f"{name} {n:,}" for name, n in counts.items())
    return f"{sum(counts.values()):,}" + (f" ({parts})" if parts else "")
