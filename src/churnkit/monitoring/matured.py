"""What was predicted for earlier months against what then happened, by whoever predicted it without knowing."""
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from churnkit import examples, metrics
from churnkit.errors import HistoryError
from churnkit.files import parts

PUBLISHED, JUDGED = "published", "judged"
COLUMNS = ["subscriber_id", "as_of", "stratum", "churned", "is_censored"]
STRATUM = "open"  # the headline list; the one-way stopped are too few to say anything by month
LEAST_KNOWN = 0.9  # share of the scored whose outcome the cohort must have; else they are other people, or another key's
SHOWN = ("predicted_over_observed", "lift_top_decile", "auc")


@dataclass(frozen=True)
class Matured:
    """One earlier month whose outcome is known: by whom it was scored, how many of the open lines left, and how good the scores were."""

    as_of: date
    scored_by: str
    rows: int
    churned: int
    found: Mapping[str, metrics.Interval]


def unseen(notes: Mapping[str, Any], mature: Sequence[date]) -> list[date]:
    """The mature months after those that a model was fitted and calibrated on, as its card names them; the only ones on which it can be judged."""
    learned = [date.fromisoformat(day) for day in [*notes.get("fitted_on", ()), *([notes["calibrated_on"]] if notes.get("calibrated_on") else [])]]
    return [day for day in sorted(mature) if not learned or day > max(learned)]


def scored(model: Any, dates: Sequence[date]) -> Iterator[tuple[date, pd.DataFrame]]:
    """Each of the months, one at a time, with the model's `probability` beside the outcome."""
    for day in dates:
        rows = examples.load(day)
        table = examples.given(examples.features_of(rows), model.feature_names)
        yield day, rows[COLUMNS].assign(probability=model.predict_proba(table))


def published(scores: Path, mature: Sequence[date], scoring: date) -> Iterator[tuple[date, pd.DataFrame]]:
    """The mature months whose scores of then are still there, with their `probability` beside the outcome.

    They were made when nobody could know, by the model in force. A month is left out where the cohort does not know the people scored; that is said.
    """
    for day in sorted(set(mature) - {scoring}):
        if not parts(scores / str(day)):
            continue
        then = examples.read(scores / str(day))[["subscriber_id", "churn_probability"]].rename(columns={"churn_probability": "probability"})
        both = examples.read(examples.COHORTS / str(day)).assign(as_of=str(day)).merge(then, on="subscriber_id", validate="one_to_one")
        if len(both) < LEAST_KNOWN * len(then):
            print(f"{scores / str(day)}: the cohort knows {len(both):,} of the {len(then):,} scored, so these scores are not compared "
                  "(another key, or another operator?).", file=sys.stderr)
            continue
        yield day, both[[*COLUMNS, "probability"]]


def judged(day: date, scored_by: str, rows: pd.DataFrame, *, times: int, seed: int) -> Matured | None:
    """The month's scores against its outcome, with bootstrap intervals; None where nobody's outcome is known, or nobody left, or all did."""
    try:
        known, _ = examples.learnable(rows[rows["stratum"] == STRATUM])
    except HistoryError:
        return None
    churned = known["churned"].to_numpy(dtype=float)
    if not 0 < churned.sum() < len(churned):
        return None
    found = metrics.judge(churned, {"model": known["probability"].to_numpy()}, capacity=max(1, len(known) // 10), times=times, seed=seed,
                          probabilities=("model",))["model"]
    return Matured(day, scored_by, len(known), int(churned.sum()), {name: found[name] for name in SHOWN})
