# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Which run is better, and would the list be another?
#
# Two or more trainings from the MLflow store beside each other: what was chosen differently, how each did on the month of judgement, with
# intervals, how the months after its training went, what each finds by calls made, whether its probabilities hold, and how many of the customers to
# be called are the same. Figures go to `reports/notebooks/`.

# %%
import logging
import os
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from churnkit import examples, metrics
from churnkit.model import Model
from churnkit.tracking.store import EXPERIMENT, STORE

logging.getLogger("alembic").setLevel(logging.ERROR)
if "ipykernel" not in sys.modules:
    matplotlib.use("Agg")
from matplotlib import pyplot as plt

FIGURES = Path("reports/notebooks")
FIGURES.mkdir(parents=True, exist_ok=True)
# Colours of Okabe and Ito, which the colour-blind can tell apart; each run also has a line and a marker of its own.
LOOKS = [("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", "-.", "^"), ("#CC79A7", ":", "D")]
INK = "#222222"

# %% [markdown]
# ## Which runs
#
# Ids or the beginnings of ids; none takes the last two trainings that were judged and differ in some parameter. At most four.

# %%
RUNS: list[str] = [name for name in os.environ.get("CHURNKIT_RUNS", "").split(",") if name]
client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{STORE}")


def judged_runs() -> list:
    """The trainings that were judged, the latest first."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return []
    found = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'", order_by=["attributes.start_time DESC"], max_results=500)
    return [run for run in found if "open/auc" in run.data.metrics]


def chosen_runs() -> list:
    """The runs to compare, the oldest first. Ends the notebook where there are fewer than two."""
    there = judged_runs()
    if RUNS:
        named = [next((run for run in there if run.info.run_id.startswith(name)), None) for name in RUNS]
        if missing := [name for name, run in zip(RUNS, named, strict=True) if run is None]:
            sys.exit(f"no judged run begins with {missing[0]}; there are {', '.join(run.info.run_id[:8] for run in there[:10]) or 'none'}.")
        return [run for run in named if run is not None][:len(LOOKS)]
    other = next((run for run in there[1:] if run.data.params != there[0].data.params), there[1] if len(there) > 1 else None)
    if other is None:
        sys.exit(f"{len(there)} judged run in the store: train once more with another parameter (`dvc exp run -S train.leaves=31`), then compare.")
    return [other, there[0]]


runs = chosen_runs()
names = [f"{run.info.run_id[:6]}" for run in runs]
looks = dict(zip(names, LOOKS, strict=False))
labels = sorted({run.data.tags.get("label.definition", "?") for run in runs})
months = [run.data.tags.get("as_of.evaluation", "?") for run in runs]
print("\n".join(f"{name}: {run.data.tags.get('mlflow.runName', '')}, judged at {month}, commit {run.data.tags.get('git.commit', '–')[:8]}, "
                f"churn is {run.data.tags.get('label.definition', '?')}" for name, run, month in zip(names, runs, months, strict=True)))
if len(set(months)) > 1 or len(labels) > 1:
    print("! judged on other months, or by another definition of churn: the metrics of these runs say nothing about each other.")

# %% [markdown]
# ## What differs

# %%
chosen = pd.DataFrame({name: run.data.params for name, run in zip(names, runs, strict=True)}).fillna("–")
differs = chosen[chosen.nunique(axis=1) > 1].sort_index()
print(f"\n{len(differs)} of {len(chosen)} parameters differ\n{differs.to_string() if len(differs) else ''}")


# %%
def titled(axes: plt.Axes, text: str, **said: object) -> None:
    """An axes with its finding on top and its units beside it."""
    axes.set_title(text, loc="left", fontsize=10, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(**said)


def keep(figure: plt.Figure, name: str) -> None:
    """The figure as a file."""
    figure.savefig(FIGURES / f"{name}.png", dpi=120)
    print(f"[figure] {FIGURES / name}.png")


def artefact(run: object, path: str) -> Path | None:
    """A run's file or folder; None where it kept none."""
    try:
        found = Path(client.download_artifacts(run.info.run_id, path))
    except (MlflowException, OSError):
        return None
    return found if found.exists() else None


def tables(path: str) -> dict[str, pd.DataFrame]:
    """A table that the runs kept, of those that kept it."""
    found = {name: artefact(run, path) for name, run in zip(names, runs, strict=True)}
    return {name: pd.read_csv(file) for name, file in found.items() if file is not None}


# %% [markdown]
# ## On the month of judgement
#
# The metrics of the open lines with their 95 % intervals. Runs judged on the same month are judged on the same people, so intervals that overlap do
# not mean that the runs are equal. Where the judged models are still there they score the month anew, so that the differences are paired: an interval
# that does not hold 0 is a sure difference.


# %%
def rescored(run: object, rows: pd.DataFrame) -> pd.Series | None:
    """The churn probability that a run's judged model gives the rows; None where its folder is gone."""
    folder = artefact(run, "evaluated")
    if folder is None:
        return None
    model = Model.load(folder)
    return pd.Series(model.predict_proba(examples.given(examples.features_of(rows), model.feature_names)), index=rows.index)


def sure(one: metrics.Interval) -> str:
    """What a paired difference says."""
    return "surely more" if one.low > 0 else "surely less" if one.high < 0 else "no sure difference"


month, scores, paired = months[-1], dict[str, pd.Series](), dict[str, dict[str, metrics.Interval]]()
if (examples.FEATURES / month).is_dir():
    rows, _ = examples.learnable(examples.load(pd.Timestamp(month).date()))
    rows = rows[rows["stratum"] == "open"].reset_index(drop=True)
    scores = {name: found for name, run in zip(names, runs, strict=True) if (found := rescored(run, rows)) is not None}
    capacity = int(min(runs[-1].data.metrics.get("open/capacity", 100), len(rows)))
newest, *others = reversed(scores or dict.fromkeys(names))
if len(scores) >= 2:
    ranked = {name: scores[name].to_numpy() for name in (newest, *others)}
    paired = metrics.judge(rows["churned"].to_numpy(dtype=float), ranked, capacity=capacity, times=200, seed=1)
    for name in others:
        print(f"\n{newest} less {name}, on the same {len(rows):,} subscribers of {month}:")
        for metric, one in paired[f"{newest} - {name}"].items():
            print(f"  {metric:22} {one.value:+.4f} [{one.low:+.4f}, {one.high:+.4f}]  {sure(one)}")

# %%
METRICS = {"precision_at_capacity": "churners among those called", "lift_top_decile": "lift of the riskiest tenth", "auc": "AUC", "pr_auc": "PR-AUC",
           "predicted_over_observed": "predicted / observed (1 is right)", "calibration_slope": "calibration slope (1 is right)"}
shown = {metric: said for metric, said in METRICS.items() if all(f"open/{metric}" in run.data.metrics for run in runs)}
values = pd.DataFrame({name: {metric: run.data.metrics[f"open/{metric}"] for metric in shown} for name, run in zip(names, runs, strict=True)})
print(f"\n{values.to_string(float_format='{:.4f}'.format)}")

figure, grid = plt.subplots(2, 3, figsize=(11, 4.4), layout="constrained")
for axes, (metric, said) in zip(grid.flat, shown.items(), strict=False):
    for place, (name, run) in enumerate(zip(names, runs, strict=True)):
        colour, _, marker = looks[name]
        value = run.data.metrics[f"open/{metric}"]
        low, high = (run.data.metrics.get(f"interval/{metric}_{end}", np.nan) for end in ("low", "high"))
        ends = [[max(0.0, value - low)], [max(0.0, high - value)]] if low == low else None
        axes.errorbar([value], [place], xerr=ends, fmt=marker, color=colour, capsize=4)
        axes.annotate(f"{value:.3f}", (value, place), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8)
    if "(1 is right)" in said:
        axes.axvline(1, color="#888888", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(names)), names)
    titled(axes, said, ylim=(-0.6, len(names) - 0.3))
for axes in grid.flat[len(shown):]:
    axes.set_visible(False)
heading = f"The metrics of the open lines at {', '.join(sorted(set(months)))}, with 95 % intervals"
if paired:
    gain = paired[f"{newest} - {others[0]}"]["precision_at_capacity"]
    heading = (f"Churners among those called, {newest} less {others[0]}: {100 * gain.value:+.1f} points "
               f"[{100 * gain.low:+.1f}, {100 * gain.high:+.1f}], {sure(gain)}")
figure.suptitle(heading, x=0.01, ha="left", fontsize=13)
keep(figure, "compare_metrics")

# %% [markdown]
# ## Month by month
#
# The months after those that each model learned from, as the stage `monitor` judged them: whether the probabilities held, and how many times as many
# left among the riskiest tenth. Bars are 95 % intervals. A model that ages lifts less from month to month.

# %%
by_month = {name: table.dropna(subset=["judged"]) for name, table in tables("monitor/months.csv").items()}
by_month = {name: table for name, table in by_month.items() if len(table)}
if by_month:
    figure, grid = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
    dates = sorted({day for table in by_month.values() for day in table["as_of"]})
    for axes, (metric, said) in zip(grid, (("predicted_over_observed", "churners predicted for each who left"),
                                           ("lift_top_decile", "lift of the riskiest tenth")), strict=True):
        for place, (name, table) in enumerate(by_month.items()):
            colour, line, marker = looks[name]
            at = np.array([dates.index(day) for day in table["as_of"]]) + 0.12 * (place - (len(by_month) - 1) / 2)
            ends = np.abs(np.vstack([table[metric] - table[f"{metric}_low"], table[f"{metric}_high"] - table[metric]]))
            axes.errorbar(at, table[metric], ends, color=colour, linestyle=line, marker=marker, capsize=3, label=name)
        if metric == "predicted_over_observed":
            axes.axhline(1, color="#888888", linestyle=":", linewidth=1)
        axes.set_xticks(range(len(dates)), [day[:7] for day in dates])
        axes.legend(frameon=False)
        last = {name: table[metric].iloc[-1] for name, table in by_month.items()}
        titled(axes, f"At {dates[-1][:7]}: " + ", ".join(f"{name} {value:.2f}" for name, value in last.items()), ylabel=said, xlabel="as-of date")
    keep(figure, "compare_months")
else:
    print("no run kept monitor/months.csv, so there is no look at single months")

# %% [markdown]
# ## What calls find
#
# The share of those who left that is reached by calling the riskiest first, and how much more than at random. The dashed line is the capacity.

# %%
gains = {name: table[table["score"] == "model"] for name, table in tables("plots/gains.csv").items()}
if gains:
    figure, (whole, start) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
    shares = [run.data.metrics["open/capacity"] / run.data.metrics["open/rows"] for run in runs]
    near = 4 * max([share for share in shares if share == share], default=0.05)
    for axes, most in ((whole, 1.0), (start, min(1.0, near))):
        for name, table in gains.items():
            colour, line, _ = looks[name]
            axes.plot(100 * table["called_share"], 100 * table["found_share"], color=colour, linestyle=line, label=name)
        axes.plot([0, 100], [0, 100], color="#888888", linestyle=":", label="at random")
        axes.axvline(100 * shares[-1], color=INK, linestyle="--", linewidth=0.8)
        axes.legend(frameon=False, loc="lower right")
        axes.set_xlim(0, 100 * most)
    start.set_ylim(0, 1.08 * max(100 * np.interp(near, table["called_share"], table["found_share"]) for table in gains.values()))
    reached = {name: np.interp(shares[-1], table["called_share"], table["found_share"]) for name, table in gains.items()}
    titled(whole, "Who is found by calling the riskiest first", xlabel="customers called, %", ylabel="of all who left, %", ylim=(0, 101))
    titled(start, "At the capacity: " + ", ".join(f"{name} {share:.0%}" for name, share in reached.items()), xlabel="customers called, %",
           ylabel="of all who left, %")
    keep(figure, "compare_gains")

# %% [markdown]
# ## Do the probabilities hold?
#
# Predicted and observed rates by tenths of the customers, on logarithmic scales: most customers are at low risk, and what a call is worth is decided
# among the few who are not.

# %%
calibration = tables("plots/calibration.csv")
if calibration:
    figure, axes = plt.subplots(figsize=(6.4, 5), layout="constrained")
    seen = pd.concat(calibration.values())
    floor = max(1e-4, seen.loc[seen["observed"] > 0, ["predicted", "observed"]].min().min() / 1.5)
    top = seen[["predicted", "observed"]].max().max() * 1.5
    axes.plot([100 * floor, 100 * top], [100 * floor, 100 * top], color="#888888", linestyle=":", label="as predicted")
    for name, table in calibration.items():
        colour, line, marker = looks[name]
        axes.plot(100 * table["predicted"], 100 * table["observed"].clip(lower=floor), color=colour, linestyle=line, marker=marker, label=name)
    axes.legend(frameon=False)
    off = {name: values.loc["predicted_over_observed", name] for name in calibration if "predicted_over_observed" in values.index}
    titled(axes, "Predicted for each who left: " + ", ".join(f"{name} {value:.2f}" for name, value in off.items()), xlabel="predicted churn rate, %",
           ylabel="observed churn rate, %", xscale="log", yscale="log")
    keep(figure, "compare_calibration")


# %% [markdown]
# ## Would the list be another?
#
# Two models may do equally well and call other people: of the first *n* of one list the share that is also among the first *n* of the other. Low
# agreement with equal metrics means that many customers are about equally at risk, and that a change of model changes whom agents know.


# %%
def common(first: pd.Series, second: pd.Series, calls: int) -> float:
    """The share of the first so many of one ranking that is among the first so many of the other."""
    one, two = (set(scores.sort_values(ascending=False, kind="stable").index[:calls]) for scores in (first, second))
    return len(one & two) / calls


if len(scores) >= 2:
    figure, (share, scatter) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    calls = np.unique(np.geomspace(20, len(rows) / 2, 40).astype(int))
    for name in others:
        colour, line, _ = looks[name]
        share.plot(calls, [100 * common(scores[newest], scores[name], n) for n in calls], color=colour, linestyle=line, label=f"{newest} and {name}")
    share.plot(calls, 100 * calls / len(rows), color="#888888", linestyle=":", label="two lists at random")
    share.axvline(capacity, color=INK, linestyle="--", linewidth=0.8)
    share.legend(frameon=False, loc="lower right")
    same = common(scores[newest], scores[others[0]], capacity)
    titled(share, f"Of the {capacity:,} to be called {same:.0%} are the same", xlabel="customers called", ylabel="called by both, %",
           xscale="log", ylim=(0, 101))
    one, two = (scores[name].rank(pct=True) * 100 for name in (others[0], newest))
    left = rows["churned"].to_numpy(dtype=bool)
    scatter.plot(one[~left], two[~left], ",", color="#999999", alpha=0.5)
    scatter.plot(one[left], two[left], "o", color="#D55E00", markersize=2.5, alpha=0.7, label="left")
    scatter.legend(frameon=False, loc="upper left")
    titled(scatter, f"Rank correlation {scores[newest].corr(scores[others[0]], method='spearman'):.3f}", xlabel=f"risk percentile by {others[0]}",
           ylabel=f"risk percentile by {newest}", xlim=(0, 100.5), ylim=(0, 100.5))
    keep(figure, "compare_ranking")
else:
    print("the features of the month or the judged models are no longer there, so the rankings cannot be compared")
