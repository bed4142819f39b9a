"""A backtest in MLflow: one run, and in it one for each model, with its figures by month."""
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from churnkit import tracking
from churnkit.hindsight import EVERYONE

MONTHLY = ("auc", "pr_auc", "precision_at_capacity", "lift_at_capacity", "lift_top_decile", "predicted_over_observed", "calibration_slope")


def record(months: pd.DataFrame, ages: pd.DataFrame, folder: Path, tags: Mapping[str, Any]) -> str:
    """Puts the backtest into MLflow; the id of the run, under which those of the models are nested.

    A metric by month has for its step the month's number, from 1; one by age has the age for its step.
    """
    number = {day: n for n, day in enumerate(sorted(months["as_of"].unique()), 1)}
    everyone = months[months["part"] == EVERYONE]
    with tracking.new_run(tags, "backtest") as outer:
        outer.monthly(by_month(everyone[everyone["age_months"] == 0]))
        for age, mine in ages[ages["part"] == EVERYONE].groupby("age_months"):
            outer.metrics({f"age/{name}": value for name, value in by_stratum(mine, (*MONTHLY, "lift_at_capacity_change", "auc_change")).items()},
                          step=int(str(age)))
        outer.folder(folder, "backtest")
        for made_for, mine in everyone.groupby("made_for"):
            with outer.nested(f"model for {made_for}", {**tags, "as_of.made_for": made_for}, kind="backtest model") as inner:
                inner.monthly(by_month(mine), first=number[mine["as_of"].min()])
    return outer.run_id


def by_month(rows: pd.DataFrame) -> dict[date, dict[str, float]]:
    """The figures of each month."""
    return {date.fromisoformat(str(as_of)): by_stratum(mine, MONTHLY) for as_of, mine in rows.groupby("as_of")}


def by_stratum(rows: pd.DataFrame, names: Sequence[str]) -> dict[str, float]:
    """The metrics of each stratum that have a value, as `<stratum>.<metric>`."""
    return {f"{row['stratum']}.{name}": float(row[name]) for row in rows.to_dict("records")
            for name in names if row[name] is not None and not pd.isna(row[name])}
