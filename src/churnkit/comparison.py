"""Runs side by side: what was chosen otherwise, and whether what came of it differs by more than chance."""
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from churnkit import champion, examples
from churnkit.errors import ChurnkitError
from churnkit.run_page import SHOWN
from churnkit.tracking.lookup import Kept, fetched
from churnkit.tracking.runs import folder_digest

LEFT_OUT = ("interval/", "monthly/", "champion/")  # the first stand beside what they bound, the next have a value a month, the last another subject
TOLD_TAGS = ("label.definition", "as_of.training", "as_of.mature", "as_of.evaluation", "as_of.scoring", "git.commit", "git.dirty", "dvc.lock.sha256",
             "evaluate.capacity", "evaluate.bootstrap", "model.latest", "verdict.beats_baselines", "promoted.reason", "promoted.forced")
JUDGED = "model.evaluated"  # the tag that tells the model which a run judged


@dataclass(frozen=True)
class Difference:
    """How much a run's metric exceeds the first run's, with the 95 % interval where there is one; `is_paired` where it is of the same subscribers."""

    value: float
    low: float | None = None
    high: float | None = None
    is_paired: bool = False

    @property
    def is_beyond(self) -> bool | None:
        """Whether the interval leaves out zero; None where there is no interval."""
        return None if self.low is None or self.high is None else not self.low <= 0 <= self.high


@dataclass(frozen=True)
class Comparison:
    """The runs, the first being what the others are held against; what differs by name, a value per run, None where a run has none."""

    runs: list[Kept]
    params: dict[str, list[str | None]]
    metrics: dict[str, list[float | None]]
    differences: dict[str, list[Difference | None]]
    tables: dict[str, list[tuple[str, int | None, str] | None]]
    tags: dict[str, list[str | None]]
    how: list[str]


def compare(runs: Sequence[Kept]) -> Comparison:
    """The comparison of two runs or more."""
    first, *others = runs
    names = sorted({name for run in runs for name in run.metrics if not name.startswith(LEFT_OUT)}, key=order)
    pairs, how = [], []
    for other in others:
        found, why = paired(first, other)
        pairs.append(found)
        how.append(why)
    differences = {name: [difference(name, first, other, pair) for other, pair in zip(others, pairs, strict=True)] for name in names}
    return Comparison(list(runs), unlike([run.params for run in runs]), {name: [run.metrics.get(name) for run in runs] for name in names},
                      differences, {name: [run.tables.get(name) for run in runs] for name in sorted({n for run in runs for n in run.tables})},
                      unlike([{name: run.tags[name] for name in TOLD_TAGS if name in run.tags} for run in runs]), how)


def order(name: str) -> tuple[int, str, int, str]:
    """Where a metric stands: the open stratum first, in the order of the run's page, then the others by heading and name."""
    group, metric = name.partition("/")[0], heading(name)[1]
    groups, shown = ("open", "one_way_stop", "champion", "gain", "kinds"), list(SHOWN)
    return (groups.index(group) if group in groups else len(groups), heading(name)[0], shown.index(metric) if metric in shown else len(shown), name)


def heading(name: str) -> tuple[str, str]:
    """A metric's heading and its name below that: `gain/auc.over_logistic` is the `auc` of `gain over logistic`."""
    group, _, metric = name.partition("/")
    metric, _, other = metric.partition(".over_")
    return f"{group} over {other}" if other else group, metric


def unlike(values: Sequence[Mapping[str, str]]) -> dict[str, list[str | None]]:
    """What is not the same in all of them, by name."""
    names = sorted({name for each in values for name in each})
    told = {name: [each.get(name) for each in values] for name in names}
    return {name: row for name, row in told.items() if len(set(row)) > 1}


def difference(name: str, first: Kept, other: Kept, pair: Mapping[str, Any]) -> Difference | None:
    """The other run's metric minus the first one's: paired where the runs are, else with the interval that both runs' own give if independent.

    No interval is made up beside paired ones, and none between a run and itself.
    """
    a, b = first.metrics.get(name), other.metrics.get(name)
    if a is None or b is None:
        return None
    metric = name.removeprefix("open/")
    if name.startswith("open/") and pair.get(f"{metric}_low") is not None:
        return Difference(b - a, pair[f"{metric}_low"], pair[f"{metric}_high"], True)
    if pair or first.run_id == other.run_id:
        return Difference(b - a)
    ends = [run.metrics.get(f"interval/{metric}_{end}") for run in (first, other) for end in ("low", "high")]
    if not name.startswith("open/") or any(end is None for end in ends):
        return Difference(b - a)
    half = math.hypot(*((high - low) / 2 for low, high in (ends[:2], ends[2:])))  # type: ignore[operator]  # none is None
    return Difference(b - a, b - a - half, b - a + half)


def paired(first: Kept, other: Kept) -> tuple[dict[str, Any], str]:
    """The other's gain over the first on the same subscribers and bootstrap samples, and how it was had; empty where it cannot be had.

    Both models are fetched from their runs and score the month they were judged on, which is still on this disk; no score is ever kept in MLflow.
    """
    if first.run_id == other.run_id:
        return {}, "they are the same run"
    month = other.tags.get("as_of.evaluation", "")
    if not month or first.tags.get("as_of.evaluation") != month:
        return {}, "not paired: they were judged on different months"
    capacities = {run.metrics.get("open/capacity") for run in (first, other)}
    if len(capacities) > 1 or None in capacities:
        return {}, "not paired: they were judged at different capacities"
    for kind, folder in (("features", examples.FEATURES), ("cohorts", examples.COHORTS)):
        name = f"{kind}/{month}"
        digests = {run.tables.get(name, ("",))[0] for run in (first, other)}
        if digests != {folder_digest(folder / month)}:
            return {}, f"not paired: {folder / month} is not the table that both were judged on"
    try:
        gain, how = rescored(first, other, month)
    except ChurnkitError as problem:
        return {}, f"not paired: {problem}"
    is_same = JUDGED in first.tags and first.tags[JUDGED] == other.tags.get(JUDGED)
    return gain, how + ("; they are the same model" if is_same else "")


def rescored(first: Kept, other: Kept, month: str) -> tuple[dict[str, Any], str]:
    """What `paired` gives, once both were judged on the month's tables as they are."""
    from churnkit.model import Model

    rows, _ = examples.learnable(examples.load(date.fromisoformat(month)))
    rows = rows[rows["stratum"] == "open"].reset_index(drop=True)
    scores = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, run in (("other", other), ("first", first)):
            (Path(scratch) / name).mkdir()
            folder = fetched(run.run_id, "evaluated", Path(scratch) / name)
            if folder is None:
                return {}, f"not paired: the model of {run.name} is gone from MLflow's files"
            model = Model.load(folder)
            scores[name] = model.predict_proba(examples.given(examples.features_of(rows), model.feature_names))
    gain = champion.paired(rows["churned"].to_numpy(dtype=float), scores, int(other.metrics["open/capacity"]),
                           times=int(other.tags.get("evaluate.bootstrap", 200)), seed=int(other.params.get("seed", 1)))["gain"]
    return gain, f"paired: both models on the same {len(rows):,} open subscribers of {month}"


def as_json(found: Comparison) -> dict[str, Any]:
    """The comparison for a script to read."""
    def told(one: Difference | None) -> dict[str, Any] | None:
        return None if one is None else {"value": one.value, "low": one.low, "high": one.high, "is_paired": one.is_paired, "is_beyond": one.is_beyond}

    runs = [{name: getattr(run, name) for name in ("run_id", "name", "status", "started", "aliases")} for run in found.runs]
    return {"runs": runs, "params": found.params,
            "metrics": {name: {"values": values, "differences": [told(one) for one in found.differences[name]]}
                        for name, values in found.metrics.items()},
            "tables": {name: [table and {"digest": table[0], "rows": table[1], "context": table[2]} for table in row]
                       for name, row in found.tables.items()},
            "tags": found.tags, "how": found.how}
