"""Watch whether the month scored is like those learned from, and whether earlier predictions came true."""
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from churnkit import documents, examples, feature_columns
from churnkit.archive import COHORTS, FEATURES
from churnkit.errors import PolicyError
from churnkit.files import whole_folder
from churnkit.monitoring import changes, checks, matured, report, scores, volumes
from churnkit.monitoring.changes import Change, Counted, Limits
from churnkit.params import PARAMS, Common
from churnkit.progress import say
from churnkit.timeline import Plan

MODELS, SCORES, REPORT = Path("models"), Path("data/scores"), Path("reports/monitor")
EVALUATED = MODELS / "evaluated"
AT_ONCE = 64  # columns in memory
MOST = 200_000  # rows of a month that its columns are counted over, evenly from all: more would say nothing else


@dataclass(frozen=True)
class Params:
    """From where on a change is watched and from where on it is an alarm, and whether an alarm stops the run."""

    psi: Limits
    missing: Limits
    categories: Limits
    volume: Limits
    high_risk_share: Limits
    disagreement: Limits
    calibration: Limits
    lift: Limits
    weight: Limits
    high_risk: float = 0.3
    bootstrap: int = 200
    stop_on_alarm: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.high_risk < 1:
            raise ValueError("high_risk is a probability, between 0 and 1")
        if self.bootstrap < 20:
            raise ValueError("bootstrap must be at least 20 samples, or the intervals mean nothing")

    @property
    def of_columns(self) -> dict[str, Limits]:
        """The limits that hold for single columns."""
        return {"psi": self.psi, "missing": self.missing, "categories": self.categories}


@dataclass(frozen=True)
class Seen:
    """What the columns of the months show: the counts of each, and what is new in the last month."""

    dates: Sequence[date]
    rows: Mapping[date, int]
    counts: dict[str, Counted] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)


def run(params: Params, common: Common, plan: Plan) -> None:
    """Write reports/monitor/. Raises PolicyError, after that, on an alarm where `stop_on_alarm` says so."""
    from churnkit.model import Model

    scoring = Model.load(MODELS / which_model(), threads=common.threads)
    weights = {str(name): float(share) for name, share in scoring.importance().items()}
    seen = columns(learned_from(scoring.notes, plan), plan, weights, params, common.threads)
    judged = Model.load(EVALUATED, threads=common.threads)
    delivered, months = against_the_judged(params, common, plan, judged)
    came = volumes.volumes(seen.rows, plan.sees)
    found = [*checks.of_columns(seen.changes, params.weight), checks.of_volumes(came, params.volume),
             *checks.of_scores(delivered, params.psi, params.high_risk_share, params.disagreement),
             checks.of_outcomes(months, params.calibration, params.lift)]
    verdict = checks.verdict(found, plan.scoring)
    whole = report.Report(plan.scoring, seen.dates, seen.rows, verdict, found, seen.changes, seen.counts, came, delivered, months,
                          changes.unlike_others(seen.counts, seen.dates, params.psi.watch), examples.label_definition())
    with whole_folder(REPORT) as folder:
        report.write(whole, folder)
    say(verdict.en)
    for one in found:
        if one.state != "ok":  # what is well stands in the report
            say(f"  {one.state:5}  {one.en}")
    record(report.metrics(whole))
    if verdict.state == "alarm" and params.stop_on_alarm:
        raise PolicyError(f"{verdict.en} No list is made while monitor.stop_on_alarm is true; see {REPORT / report.PAGE}.")


def which_model() -> str:
    """The model that the scores come from, as `score.model` has it."""
    return str((documents.read(PARAMS).get("score") or {}).get("model", "latest")) if PARAMS.is_file() else "latest"


def learned_from(notes: Mapping[str, Any], plan: Plan) -> list[date]:
    """The as-of dates that the scoring model was fitted on, as far as the plan still has them; all mature ones where it has none of them."""
    named = {date.fromisoformat(day) for day in notes.get("fitted_on", ())}
    return [day for day in sorted(plan.mature) if day in named] or sorted(plan.mature)


def columns(learned: Sequence[date], plan: Plan, weights: Mapping[str, float], params: Params, threads: int) -> Seen:
    """Every column of the month scored beside the months learned from, a few columns at a time."""
    dates = [*(day for day in learned if day != plan.scoring), plan.scoring]
    everyone = [feature_columns.Month.everyone(FEATURES, COHORTS, day)[0] for day in dates]
    seen = Seen(dates, {one.as_of: len(one.places) for one in everyone})
    months = [one.evenly(MOST) for one in everyone]
    month = np.repeat(np.arange(len(months)), [len(one.places) for one in months])
    names = [name for name in feature_columns.names(months) if name not in examples.FOR_LISTS]
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(names), AT_ONCE):
            some = feature_columns.columns(months, names[start:start + AT_ONCE])
            seen.counts.update(zip(some, pool.map(changes.counted, some.values(), [month] * len(some)), strict=True))
    seen.changes.update({name: changes.change(one, weights.get(name, 0.0), params.of_columns) for name, one in seen.counts.items()})
    return seen


def against_the_judged(params: Params, common: Common, plan: Plan, judged: Any) -> tuple[scores.Scores, list[matured.Matured]]:
    """The delivered scores beside the judged model's on months it never saw, and earlier months against their feature_columns."""
    then = dict(matured.published(SCORES, plan.mature, plan.scoring))
    before, sources = {}, {day: (matured.PUBLISHED, rows) for day, rows in then.items()}
    for day, rows in matured.scored(judged, matured.unseen(judged.notes, plan.mature)):
        before[day] = rows["probability"].to_numpy()
        sources.setdefault(day, (matured.JUDGED, rows))
    ((_, now),) = matured.scored(judged, [plan.scoring])
    found = [matured.judged(day, by, rows, times=params.bootstrap, seed=common.seed) for day, (by, rows) in sorted(sources.items())]
    return scores.compared(examples.read(SCORES / str(plan.scoring)), now, before, params.high_risk), [one for one in found if one]


def record(metrics: Mapping[str, float]) -> None:
    """Adds what was seen to the MLflow run of the training, where there is one."""
    from churnkit import tracking

    run = tracking.last_run()
    if run is not None:
        run.metrics({"monitor": metrics})
        run.folder(REPORT, "monitor")
