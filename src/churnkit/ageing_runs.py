"""A backtest in MLflow: one run, and in it one for each model, with its figures by month."""
import calendar
from collections.abc import Mapping
from datetime import UTC, date, datetime
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
        monthly(client, outer, everyone[everyone["age_months"] == 0], number)
        for row in ages[ages["part"] == EVERYONE].to_dict("records"):
            for name in (*MONTHLY, "lift_at_capacity_change", "auc_change"):
                kept(client, outer, f"age.{row['stratum']}.{name}", row[name], row["age_months"])
        client.log_artifacts(outer, str(folder), "backtest")
        for made_for, mine in everyone.groupby("made_for"):
            inner = started(client, experiment, f"model for {made_for}", {**tags, "mlflow.parentRunId": outer, "as_of.made_for": made_for})
            monthly(client, inner, mine, number)
            client.set_terminated(inner, "FINISHED")
    except BaseException:
        client.set_terminated(outer, "FAILED")
        raise
    client.set_terminated(outer, "FINISHED")
    return outer


def started(client: Any, experiment: str, name: str, tags: Mapping[str, Any]) -> str:
    """The id of a new run."""
    said = {key: str(value) for key, value in {**tracking.surroundings(), **tags}.items() if value is not None}
    return str(client.create_run(experiment, run_name=name, tags=said).info.run_id)


def monthly(client: Any, run_id: str, rows: pd.DataFrame, number: Mapping[str, int]) -> None:
    """The figures of each month as `monthly.<stratum>.<metric>`."""
    for row in rows.to_dict("records"):
        for name in MONTHLY:
            kept(client, run_id, f"monthly.{row['stratum']}.{name}", row[name], number[row["as_of"]], month_end(date.fromisoformat(row["as_of"])))


def kept(client: Any, run_id: str, name: str, value: Any, step: int, at: int | None = None) -> None:
    """A metric that has a value."""
    if value is not None and not pd.isna(value):
        client.log_metric(run_id, name, float(value), timestamp=at, step=int(step))


def month_end(as_of: date) -> int:
    """The end of the month that begins at the as-of date, milliseconds since 1970-01-01."""
    ends = add_months(as_of, 1)
    return calendar.timegm(datetime(ends.year, ends.month, ends.day, tzinfo=UTC).timetuple()) * 1000 - 1
