"""What the columns next to the label (⚠) bring: the same recipe fitted without them, judged on the same customers."""
from typing import Any

import numpy as np

from churnkit import examples, judgement, metrics
from churnkit.errors import InputError
from churnkit.features import REGISTRY
from churnkit.hindsight import Recipe
from churnkit.model import Model
from churnkit.timeline import Plan

TOLD = ("auc", "pr_auc", "precision_at_capacity", "lift_top_decile")


def without(model: Model, plan: Plan) -> tuple[Model, list[str]]:
    """The judged model's recipe fitted and calibrated on the same dates without the ⚠ columns, and which those are.

    Raises InputError where the model reads none.
    """
    left_out = [name for name in model.feature_names if name in REGISTRY and REGISTRY[name].is_adjacent]
    if not left_out:
        raise InputError("the model reads no column next to the label, so there is nothing to leave out (docs/features.md marks them with ⚠).")
    unread = tuple(name for name in REGISTRY if name in left_out or name not in model.feature_names)
    months = [examples.learnable(examples.load(day))[0] for day in plan.training]
    return Recipe(model.learning, unread, len(months), model.seed).learnt(months), left_out


def compare(model: Model, plan: Plan, capacities: dict[str, int], *, times: int, seed: int) -> dict[str, Any]:
    """For each stratum the metrics of the model with and without the ⚠ columns and the gain, paired, each with its interval."""
    other, left_out = without(model, plan)
    rows, _ = examples.learnable(examples.load(plan.evaluation))
    table = examples.features_of(rows)
    scored = rows.assign(**{"with": model.predict_proba(examples.given(table, model.feature_names)),
                            "without": other.predict_proba(examples.given(table, other.feature_names))})
    found: dict[str, Any] = {"as_of": str(plan.evaluation), "label": examples.label_definition(), "left_out": left_out}
    for name in examples.STRATA:
        part, churned = judgement.stratum(scored, name)
        if 0 < churned.sum() < len(churned):
            capacity = min(capacities[name], len(part))
            scores = {score: part[score].to_numpy() for score in ("with", "without")}
            judged = metrics.judge(churned, scores, capacity=capacity, times=times, seed=seed)
            found[name] = {"rows": len(part), "churned": int(np.sum(churned)), "capacity": capacity, **{
                told: metrics.written({metric: judged[score][metric] for metric in TOLD})
                for told, score in (("with", "with"), ("without", "without"), ("gain", "with - without"))}}
    return found


def said(found: dict[str, Any]) -> str:
    """The comparison as a small table for each stratum."""
    lines = [f"With and without the {len(found['left_out'])} columns next to the label (⚠), at {found['as_of']} (95 % intervals, paired):"]
    for name in examples.STRATA:
        if name in found:
            one = found[name]
            lines += ["", f"{name}: {one['rows']:,} subscribers, {one['churned']} left, {one['capacity']} calls",
                      f"{'':24}{'with':<24}{'without':<24}{'gain':<24}".rstrip()]
            for metric in TOLD:
                cells = "".join(f"{metrics.said(one[told], metric):<24}" for told in ("with", "without", "gain"))
                lines.append(f"{metric:24}{cells}".rstrip())
    return "\n".join(lines)
