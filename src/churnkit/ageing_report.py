"""What a backtest says: tables by month and by age, the curve as a picture, and a summary in the terminal."""
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnkit.definitions_report import in_columns
from churnkit.examples import STRATA
from churnkit.figures import GREY, MODEL, save, sheet
from churnkit.files import whole_folder
from churnkit.hindsight import EVERYONE
from churnkit.metrics import said

HEAD = ("age", "months", "lift", "change", "AUC", "change", "precision", "change", "predicted/observed")
FRESH = ("for", "learnt from", "rows", "churned", "AUC", "lift", "precision", "predicted/observed", "slope")
SAID = """Age is in months: 0 is a model on the month it was made for, learnt from what was known then. Other ages meet other months, so a change is
told against that month's fresh model on the same rows; an older model may also have learnt from fewer dates, unless --max-dates keeps them equal.
In brackets 95 % intervals over resampled subscribers, the same in all months.
"""


def write_report(months: pd.DataFrame, ages: pd.DataFrame, folder: Path) -> None:
    """Writes months.csv, ages.csv, ageing.md and a picture for each stratum into a folder, whole or not at all."""
    with whole_folder(folder) as part:
        months.to_csv(part / "months.csv", index=False, lineterminator="\n", encoding="utf-8")
        ages.to_csv(part / "ages.csv", index=False, lineterminator="\n", encoding="utf-8")
        (part / "ageing.md").write_text(f"# How the model ages\n\n```\n{terminal(months, ages)}\n```\n", "utf-8")
        for stratum in STRATA:
            mine = ages[(ages["stratum"] == stratum) & (ages["part"] == EVERYONE)]
            if len(mine):
                draw(part / f"ageing_{stratum}.png", mine, stratum)


def draw(path: Path, ages: pd.DataFrame, stratum: str) -> None:
    """Lift at capacity by age of the model, beside that of fresh models in the same months."""
    figure, axes = sheet(f"How the model ages ({stratum.replace('_', ' ')})")
    x, lift = ages["age_months"].to_numpy(), ages["lift_at_capacity"].to_numpy(dtype=float)
    low, high = (ages[f"lift_at_capacity_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    fresh = lift - ages["lift_at_capacity_change"].to_numpy(dtype=float)
    axes.plot(x, fresh, color=GREY, marker="o", linestyle="--", label="a fresh model in the same months")
    axes.errorbar(x, lift, yerr=[(lift - low).clip(0), (high - lift).clip(0)], color=MODEL, marker="o", linewidth=2.5, capsize=3,
                  label="a model of this age, with 95 % interval")
    axes.set(xlabel="age of the model, months", ylabel="lift among the calls that can be made", ylim=(0, 1.1 * float(np.nanmax([high, fresh]))))
    axes.set_xticks(x)
    axes.legend(loc="lower left", frameon=False)
    save(figure, path)


def terminal(months: pd.DataFrame, ages: pd.DataFrame) -> str:
    """The summary as text in columns."""
    text = []
    for stratum in STRATA:
        fresh = records(months[(months["stratum"] == stratum) & (months["part"] == EVERYONE) & (months["age_months"] == 0)])
        if not fresh:
            continue
        old = records(ages[(ages["stratum"] == stratum) & (ages["part"] == EVERYONE)])
        kinds = records(ages[(ages["stratum"] == stratum) & (ages["part"] != EVERYONE)])
        text += [f"{stratum}, by age", *in_columns(HEAD, [age_line(row) for row in old]), "",
                 f"{stratum}, fresh models by month", *in_columns(FRESH, [month_line(row) for row in fresh]), "",
                 f"{stratum}, by exit", *in_columns(("exit", "age", "AUC", "change"), [kind_line(row) for row in kinds]), ""]
    return "\n".join([*text, SAID.rstrip()])


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def age_line(row: dict[str, Any]) -> list[str]:
    """Models of one age."""
    return [str(row["age_months"]), str(row["months"]), *(cell for name, form in (("lift_at_capacity", "{:.2f}"), ("auc", "{:.3f}"),
            ("precision_at_capacity", "{:.3f}")) for cell in (said(row, name, form), said(row, f"{name}_change", form.replace(":", ":+")))),
            said(row, "predicted_over_observed", "{:.2f}")]


def month_line(row: dict[str, Any]) -> list[str]:
    """The fresh model of a month."""
    return [row["made_for"], f"{row['dates_learnt']} dates", f"{row['rows']:,}", f"{row['churned']:,} ({row['churned_share']:.2%})",
            said(row, "auc"), said(row, "lift_at_capacity", "{:.2f}"), said(row, "precision_at_capacity"),
            said(row, "predicted_over_observed", "{:.2f}"), said(row, "calibration_slope", "{:.2f}")]


def kind_line(row: dict[str, Any]) -> list[str]:
    """How well models of one age tell a kind of exit from staying."""
    return [row["part"].removeprefix("exit: "), str(row["age_months"]), said(row, "auc"), said(row, "auc_change", "{:+.3f}")]
