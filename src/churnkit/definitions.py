"""Churn definitions side by side on the same data: how common, how well foretold, how late, for each stratum, exit and kind of payment."""
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnkit import examples, metrics
from churnkit.champion import FEWEST
from churnkit.churn import Definition
from churnkit.errors import HistoryError, InputError
from churnkit.examples import STRATA
from churnkit.hindsight import EVERYONE, Recipe, probabilities
from churnkit.model.baselines import SILENCE
from churnkit.progress import say
from churnkit.relabel import Timing, check_tellable, relabelled
from churnkit.timeline import Plan, known_by

SILENT_DAYS = 14  # since the last own activity: nobody answers there any more
LABEL = ["churned", "exit_kind", "is_censored"]


@dataclass(frozen=True)
class Question:
    """What the definitions are compared by: the plan, the days, the recipe, the calls by stratum, the resamples."""

    plan: Plan
    timing: Timing
    recipe: Recipe
    capacities: Mapping[str, int]
    times: int

    @property
    def dates(self) -> tuple[date, ...]:
        """As-of dates whose features are there and whose label by the pipeline's own definition is."""
        return tuple(sorted({*self.plan.training, *self.plan.mature}))

    def training(self, definition: Definition, at: date) -> tuple[date, ...]:
        """The dates from which it could be learnt at a date: their label was known by then."""
        return known_by(self.dates, at, self.timing.days(definition))[-self.recipe.max_dates:]

    def why_not(self, definition: Definition, at: date) -> str | None:
        """Why a definition cannot be judged at a date; None if it can."""
        days = self.timing.days(definition)
        if at not in known_by(self.dates, self.plan.scoring, days):
            return f"its label of {at} is not known before {days} days have passed"
        if len(found := self.training(definition, at)) < 2:
            return f"{len(found)} as-of dates were known by {at}, and 2 are needed to learn and calibrate ({days} days each)"
        return None


def tellable_ones(question: Question, definitions: Sequence[Definition]) -> tuple[list[Definition], dict[str, str]]:
    """The definitions that the tables at hand can tell, and by name why the others cannot be told."""
    there, refused = [], {}
    for definition in definitions:
        try:
            check_tellable(definition, question.plan, question.timing, question.dates[0])
            there.append(definition)
        except InputError as problem:
            refused[definition.name] = str(problem)
    return there, refused


def best_date(question: Question, definitions: Sequence[Definition]) -> date:
    """The latest date at which most of the definitions can be judged. Raises HistoryError if there is none."""
    counts = {day: sum(question.why_not(d, day) is None for d in definitions) for day in question.dates}
    most = max(counts.values(), default=0)
    if not most:
        raise HistoryError("No as-of date has two earlier ones whose label was known by then, by any of the definitions: the history is too short.")
    return max(day for day, count in counts.items() if count == most)


def compared(question: Question, definitions: Sequence[Definition], at: date, scratch: Path) -> pd.DataFrame:
    """One row per definition, stratum and part of it (all, an exit kind, a kind of payment), judged at the same date.

    Each is learnt by the same recipe on the same features from the dates known by then; nothing but the label differs.
    """
    tables = {day: examples.load(day) for day in sorted({at, *(d for one in definitions for d in question.training(one, at))})}
    rows = []
    for definition in definitions:
        dates = question.training(definition, at)
        say(f"definitions: {definition.name}, learnt from {len(dates)} dates, {dates[0]} to {dates[-1]}, judged at {at}")

        def with_label(day: date, definition: Definition = definition) -> Any:
            label = relabelled(definition, question.plan, question.timing, day, scratch)
            table = tables[day].drop(columns=[*LABEL, "matures_on", "censored_by"], errors="ignore")
            return table.merge(label, on="subscriber_id", validate="one_to_one")

        months = [examples.learnable(with_label(day).drop(columns="last_own_days"))[0] for day in dates]
        if not all(0 < month["churned"].sum() < len(month) for month in months):
            say(f"definitions: {definition.name} has a month without churners, from which nothing can be learnt")
            continue
        model = question.recipe.learnt(months)
        del months
        judged, account = examples.learnable(with_label(at))
        judged = judged.assign(model=probabilities(model, judged.drop(columns="last_own_days")))
        facts = {"definition": definition.name, "as_of": str(at), "label_days": question.timing.days(definition), "dates_learnt": len(dates),
                 "already_leaving": account[0]["censored"], "not_known": account[0]["immature"]}
        rows += [facts | without_chance(line) for line in judged_parts(judged, question)]
    return pd.DataFrame(rows)


def judged_parts(rows: pd.DataFrame, question: Question) -> list[dict[str, Any]]:
    """The figures of each stratum, and within it of each exit kind (against those who stayed) and each kind of payment."""
    lines = []
    for stratum in STRATA:
        mine = rows[rows["stratum"] == stratum].reset_index(drop=True)
        capacity = min(question.capacities[stratum], len(mine))
        if not len(mine):
            continue
        mine = mine.assign(listed=metrics.called(mine["model"].to_numpy(), capacity))
        parts: list[tuple[str, pd.DataFrame, int | None]] = [(EVERYONE, mine, capacity)]
        kinds = sorted(mine["exit_kind"].dropna().unique())
        if len(kinds) > 1:
            parts += [(f"exit: {kind}", mine[~mine["churned"] | (mine["exit_kind"] == kind)], None) for kind in kinds]
        if "payment_kind" in mine:
            paid = mine["payment_kind"].astype("str").where(mine["payment_kind"].notna())
            parts += [(f"payment: {kind}", mine[paid == kind], max(1, round(capacity * int((paid == kind).sum()) / len(mine))))
                      for kind in sorted(paid.dropna().unique())]
        lines += [{"stratum": stratum, "part": name, **figures(part, calls, question)} for name, part, calls in parts]
    return lines


def figures(rows: pd.DataFrame, calls: int | None, question: Question) -> dict[str, Any]:
    """Base rate, AUC, precision, already-gone share and lead time of some rows, with intervals; `calls` None asks for no precision.

    Churners found are those on the stratum's one list.
    """
    churned = rows["churned"].to_numpy(dtype=float)
    score = rows["model"].to_numpy()
    line: dict[str, Any] = {"rows": len(rows), "churned": int(churned.sum()), "churned_share": round(float(churned.mean()), 6) if len(rows) else None,
                            "capacity": calls, "found": int(churned[rows["listed"].to_numpy()].sum())}
    if 0 < churned.sum() < len(rows):
        said = metrics.judge(churned, {"model": score}, capacity=calls or 1, times=question.times, seed=question.recipe.seed)["model"]
        line |= metrics.written({"auc": said["auc"]}) | (metrics.written({"precision_at_capacity": said["precision_at_capacity"]}) if calls else {})
    if calls and SILENCE in rows:
        gone = rows[SILENCE].isna() | (rows[SILENCE] >= SILENT_DAYS)
        said = metrics.judge(gone.to_numpy(dtype=float), {"model": score}, capacity=calls, times=question.times, seed=question.recipe.seed)["model"]
        line |= metrics.written({"already_gone_share": said["precision_at_capacity"]})
    days = rows.loc[rows["listed"] & rows["churned"], "last_own_days"].dropna().to_numpy(dtype=float) - question.timing.wait_days
    return line | metrics.written({"lead_days": median(days, question.times, question.recipe.seed)})


def without_chance(line: dict[str, Any]) -> dict[str, Any]:
    """The figures of some rows without the AUC where fewer than FEWEST of them churned, or stayed: its interval would be certainty by chance."""
    is_enough = FEWEST <= line["churned"] <= line["rows"] - FEWEST
    return line if is_enough else {name: None if name.startswith("auc") else value for name, value in line.items()}


def median(days: np.ndarray, times: int, seed: int) -> metrics.Interval:
    """The middle of some days with its bootstrap interval; NaN of none."""
    if not len(days):
        return metrics.Interval(math.nan, math.nan, math.nan)
    drawn = np.random.default_rng(seed).integers(0, len(days), (times, len(days)))
    return metrics.interval(np.concatenate([[np.median(days)], np.median(days[drawn], axis=1)]))
