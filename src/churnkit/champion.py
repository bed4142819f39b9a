"""The champion, the model that was last promoted: how it does on the month that the newest model is judged on, which neither has seen."""
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnkit import examples, metrics
from churnkit.files import sha256, whole_file
from churnkit.timeline import Plan

CHAMPION, EVALUATED = Path("models/champion"), Path("models/evaluated")
PROMOTION = "promotion.json"
DECIDES, GUARDS = "precision_at_capacity", ("auc", "pr_auc", "log_loss_saved")
FEWEST = 10  # churners and stayers below which a stratum says nothing


@dataclass(frozen=True)
class Standing:
    """One of the champion's models: its folder, what it was promoted to do, and the last as-of date whose outcomes it knows."""

    folder: Path
    does: str
    knows: date


def identity(folder: Path) -> str | None:
    """The first 12 hex digits of a model folder's checksums, which tell the model; None where there is no model."""
    sums = folder / "SHA256SUMS"
    return sha256(sums)[:12] if sums.is_file() else None


def promotion() -> dict[str, Any]:
    """What `churnkit promote` wrote down; {"promoted": null} where nothing was ever promoted."""
    path = CHAMPION / PROMOTION
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {"promoted": None}


def make_room() -> None:
    """A folder that holds no champion, where there is none yet: DVC wants what a stage depends on to be there."""
    if not (CHAMPION / PROMOTION).is_file():
        with whole_file(CHAMPION / PROMOTION) as part:
            part.write_text(json.dumps({"promoted": None}) + "\n", "utf-8")


def standing(plan: Plan) -> Standing | None:
    """The newest of the champion's models that could have been used on the evaluation date; None if both know too much.

    The one that scores was fitted on every date mature when it was promoted. Until those outcomes lie before the evaluation date, the one that was
    judged then stands for it: the same recipe, fitted on earlier dates. What may have been seen is what the newest model itself may see: outcomes
    of the dates that train.
    """
    for folder, does in ((CHAMPION, "scores"), (CHAMPION / EVALUATED.name, "was judged")):
        notes = json.loads((folder / "card.json").read_text("utf-8"))["notes"]
        knows = max(map(date.fromisoformat, [*notes["fitted_on"], notes["calibrated_on"]]))
        if knows <= plan.training[-1]:
            return Standing(folder, does, knows)
    return None


def beside(rows: pd.DataFrame, predicted: np.ndarray, plan: Plan, capacities: Mapping[str, int], *, times: int, seed: int,
           threads: int) -> dict[str, Any]:
    """The champion on the rows of the evaluation month, and the paired differences of the model with these predictions.

    Gains are the model's minus the champion's; `log_loss_saved` is that of the log loss the other way round, so that more is better.
    Raises ChecksumError where a file of the champion was altered.
    """
    from churnkit.model import Model

    told: dict[str, Any] = {"challenger": identity(EVALUATED), "champion": identity(CHAMPION), "is_compared": False, "wins": None}
    if told["champion"] is None:
        return told | {"reason": "there is no champion yet"}
    known_as, label = (promotion()["promoted"] or {}).get("label"), examples.label_definition()
    if known_as != label:
        return told | {"reason": f"the champion foretells {known_as!r}, this month is labelled {label!r}"}
    found = standing(plan)
    if found is None:
        return told | {"reason": f"the champion has seen outcomes that were not known on {plan.evaluation}"}
    if identity(found.folder) == told["challenger"]:
        return told | {"reason": "the champion is this very model"}
    model = Model.load(found.folder, threads=threads)
    scores = {"model": predicted, "champion": model.predict_proba(examples.given(examples.features_of(rows), model.feature_names))}
    judged: dict[str, Any] = {}
    for stratum, capacity in capacities.items():
        kept = (rows["stratum"] == stratum).to_numpy()
        churned = rows["churned"].to_numpy(dtype=float)[kept]
        if min(churned.sum(), len(churned) - churned.sum()) >= FEWEST:
            judged[stratum] = paired(churned, {name: score[kept] for name, score in scores.items()}, capacity, times=times, seed=seed)
    if "open" not in judged:
        return told | {"reason": f"fewer than {FEWEST} open subscribers left, or stayed"}
    return told | {"is_compared": True, "model_that": found.does, "knows_until": str(found.knows), **judged, **ruling(judged["open"])}


def paired(churned: np.ndarray, scores: Mapping[str, np.ndarray], capacity: int, *, times: int, seed: int) -> dict[str, Any]:
    """The metrics of the second of two scores, and the gain of the first over it on the same rows and bootstrap samples, each with its interval."""
    first, second = scores
    judged = metrics.judge(churned, scores, capacity=min(capacity, len(churned)), times=times, seed=seed, probabilities=(first, second))
    losses = {name: log_losses(score, churned) for name, score in scores.items()}
    weights = metrics.draws(len(churned), times, seed).astype(float)
    saved = metrics.interval(weights @ (losses[second] - losses[first]) / weights.sum(axis=1))
    return {**written(judged[second]), "gain": written({**judged[f"{first} - {second}"], "log_loss_saved": saved})}


def log_losses(probability: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """The log loss of each row."""
    bounded = np.clip(probability, 1e-12, 1 - 1e-12)
    return -np.where(churned == 1, np.log(bounded), np.log(1 - bounded))


def ruling(judged: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the challenger wins by the rule of docs/runs.md, and why: more churners at capacity, beyond the interval, and nothing else lost."""
    gain = judged["gain"]
    more, low, high = (gain[DECIDES + end] for end in ("", "_low", "_high"))
    lost = [name for name in GUARDS if (top := gain[f"{name}_high"]) is not None and top < 0]
    is_ahead = low is not None and low > 0
    said = ("precision at capacity cannot be compared" if more is None or low is None or high is None else
            f"precision at capacity differs from the champion's by {100 * more:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]")
    why = f", but {' and '.join(lost)} got worse" if is_ahead and lost else "" if is_ahead else ": not beyond the interval"
    return {"wins": is_ahead and not lost, "reason": said + why}


def written(judged: Mapping[str, metrics.Interval]) -> dict[str, float | None]:
    """Metrics as flat keys: auc, auc_low, auc_high; null where the rows cannot say."""
    return {f"{name}{end}": round(value, 6) if math.isfinite(value) else None for name, found in judged.items()
            for end, value in (("", found.value), ("_low", found.low), ("_high", found.high))}
