"""A backtest in MLflow: one run, and in it one for each model, with its figures by month."""
import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from churnkit import tracking
from churnkit.ageing import EVERYONE
from churnkit.timeline import add_months

MONTHLY = ("auc", "pr_auc", "precision_at_capacity", "lift_at_capacity", "lift_top_decile", "predicted_over_observed", "calibration_slope")


def record(months: pd.DataFrame, ages: pd.DataFrame, folder: Path, tags: Mapping[str, Any]) -> str:
    """Puts the backtest into MLflow; the id of the run, under which those of the models are nested.

    A metric by month has for its step the month's number, from 1, and for its time the month's end; one by age has the age for its step.
    """
    client = tracking.opened()
    experiment = tracking.experiment_id(client)
    tracking.close_dead(client, experiment)
    number = {day: n for n, day in enumerate(sorted(months["as_of"].unique()), 1)}
    everyone = months[months["part"] == EVERYONE]
    outer = started(client, experiment, f"backtest to {max(number)}", tags)
    try:
        monthly(outer, everyone[everyone["age_months"] == 0], number)
        for age, mine in ages[ages["part"] == EVERYONE].groupby("age_months"):
            outer.metrics({"age": by_stratum(mine, (*MONTHLY, "lift_at_capacity_change", "auc_change"))}, step=int(str(age)))
        outer.folder(folder, "backtest")
        for made_for, mine in everyone.groupby("made_for"):
            inner = started(client, experiment, f"model for {made_for}", {**tags, "mlflow.parentRunId": outer.run_id, "as_of.made_for": made_for})
            monthly(inner, mine, number)
            client.set_terminated(inner.run_id, "FINISHED")
    except BaseException:
        client.set_terminated(outer.run_id, "FAILED")
        raise
    client.set_terminated(outer.run_id, "FINISHED")
    return outer.run_id


def started(client: Any, experiment: str, name: str, tags: Mapping[str, Any]) -> tracking.Run:
    """A new run."""
    said = {key: str(value) for key, value in {**tracking.surroundings(), **tags}.items() if value is not None}
    return tracking.Run(client, str(client.create_run(experiment, run_name=name, tags=said).info.run_id))


def monthly(run: tracking.Run, rows: pd.DataFrame, number: Mapping[str, int]) -> None:
    """The figures of each month as `monthly.<stratum>.<metric>`."""
    for as_of, mine in rows.groupby("as_of"):
        run.metrics({"monthly": by_stratum(mine, MONTHLY)}, step=number[str(as_of)], at=month_end(date.fromisoformat(str(as_of))))


def by_stratum(rows: pd.DataFrame, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """The metrics of each stratum that have a value."""
    return {str(row["stratum"]): {name: float(row[name]) for name in names if row[name] is not None and not pd.isna(row[name])}
            for row in rows.to_dict("records")}


def month_end(as_of: date) -> int:
    """The end of the month that begins at the as-of date, milliseconds since 1970-01-01."""
    ends = add_months(as_of, 1)
    return calendar.timegm(ends.timetuple()) * 1000 - 1
