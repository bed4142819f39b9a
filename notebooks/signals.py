# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # What a subscriber who is about to leave looks like
#
# A walk through the signals, from the raw days of use to what the model rests on. Everything is seen from one as-of date, the one on which the
# model is judged: what was known then, and who left in the window after it. Figures go to `reports/notebooks/`.
#
# Two ways of leaving hide in the word churn. Some *decide*: they port out or cancel, and often the new SIM is in use weeks before. Others *fade*:
# they stop paying, or they stop using the line. The signals differ, so the figures keep the three kinds apart.

# %%
import itertools
import os
import sys
from datetime import date, timedelta
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from churnkit import documents, examples, params
from churnkit.archive import known_history
from churnkit.engine import F, Frame, aggregated, close_session, matched, open_session, projected, read
from churnkit.features import REGISTRY
from churnkit.identity import pseudonym, read_key
from churnkit.model import Model
from churnkit.reasons import reasons
from churnkit.timeline import DELIVERIES, read_plan

if "ipykernel" not in sys.modules:
    matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.dates import ConciseDateFormatter

FIGURES = Path("reports/notebooks")
FIGURES.mkdir(parents=True, exist_ok=True)
EPOCH = date(1970, 1, 1)
# Colours of Okabe and Ito, which the colour-blind can tell apart; each kind also has a line and a marker of its own.
KINDS = {"left": ("#0072B2", "-", "o", "left"), "arrears_stop": ("#D55E00", "--", "s", "stopped for arrears"),
         "silent": ("#009E73", "-.", "^", "fell silent"), "stayed": ("#888888", ":", "", "stayed")}
INK, BASE = "#222222", "#0072B2"


def titled(axes: plt.Axes, text: str, **labels: object) -> None:
    """An axes with its finding on top and its units beside it."""
    axes.set_title(text, loc="left", fontsize=10, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(**labels)


def keep(figure: plt.Figure, name: str) -> None:
    """The figure as a file."""
    figure.savefig(FIGURES / f"{name}.png", dpi=120)
    print(f"[figure] {FIGURES / name}.png")


# %% [markdown]
# ## Who is looked at
#
# The open lines whose outcome is known. Who met the churn definition before the window began is left out, as in training.

# %%
plan, common = read_plan(), params.load("common", params.Common)
as_of = plan.evaluation
label = documents.read(params.PARAMS)["label"]
opens = as_of + timedelta(label["gap_days"])  # the window in which leaving counts
closes = opens + timedelta(label["horizon_days"])
rows, _ = examples.learnable(examples.load(as_of))
rows = rows[rows["stratum"] == "open"].reset_index(drop=True)
churned = rows["churned"].astype(float)
base = churned.mean()
kind = rows["exit_kind"].where(rows["churned"], "stayed").astype(str)
there = [name for name in KINDS if (kind == name).sum() >= 5]
print(f"{as_of}: {len(rows):,} open subscribers, {int(churned.sum()):,} churned ({base:.2%}): "
      + ", ".join(f"{(kind == name).sum():,} {KINDS[name][3]}" for name in there if name != "stayed"))


# %% [markdown]
# ## Sixteen weeks before the date
#
# Use by week, each kind as a multiple of its own level in the first four of these weeks: 100 is as usual. Weeks are counted from the as-of date;
# leaving counts from some days after it, the gap. What is forwarded or spoken with rivals is a share instead, for it begins at nothing.

# %%
WEEKS, USUAL = 16, 4
SIGNALS = {"own_days": ("Days with own use", "of the usual number, %"), "out_s": ("Outgoing minutes", "of the usual number, %"),
           "forwarding": ("All calls forwarded", "subscribers who do so that week, %"),
           "rival_care": ("Calls to a rival's care line", "subscribers who do so that week, %")}


def fetched(frame: Frame) -> pd.DataFrame:
    """The rows of the engine, which are few, as a table."""
    return pd.DataFrame([row.asDict() for row in frame.collect()], columns=frame.columns)


def by_week() -> pd.DataFrame | None:
    """Use by kind of leaving and week before the as-of date, a row each; None where the summaries of calls are not there."""
    if not any(DELIVERIES.glob("*/summaries/usage_daily/*.parquet")):
        return None
    open_session(common.memory, common.threads, common.spill, common.master)
    history = known_history(plan, as_of, common.wait_days, ("usage_daily",))
    usage = history.events("usage_daily")
    cohort = read([examples.COHORTS / str(as_of)])
    known = (F.col("stratum") == "open") & ~F.col("is_censored") & F.col("churned").isNotNull()
    people = projected(cohort, ["subscriber_id"], {"kind": F.when(F.col("churned"), F.col("exit_kind")).otherwise(F.lit("stayed"))}, known)
    week = F.floor((F.lit(history.day - 1) - F.col("day")) / 7).cast("bigint") + 1
    weekly = aggregated(
        projected(usage.table, ["*"], {"week": week}, usage.last(7 * WEEKS)), ["subscriber_id", "week"],
        {"own_days": F.sum((F.col("own_events") > 0).cast("bigint")), "out_s": F.sum("out_s").cast("bigint"),
         "forwarding": F.max((F.col("fwd_unconditional") > 0).cast("bigint")),
         "rival_care": F.max((F.col("rival_care_calls") > 0).cast("bigint"))})
    sums = {name: F.sum(name).cast("bigint") for name in SIGNALS}
    found = fetched(aggregated(matched(weekly, people, ["subscriber_id"]), ["kind", "week"], sums))
    return found.astype({"week": int, **dict.fromkeys(SIGNALS, float)}).sort_values(["kind", "week"])


def draw_weeks(weeks: pd.DataFrame) -> None:
    """The four signals by week, a line for each kind of leaving."""
    sizes = kind.value_counts()
    figure, grid = plt.subplots(2, 2, figsize=(11, 6.6), layout="constrained", sharex=True)
    for axes, (signal, (name, unit)) in zip(grid.flat, SIGNALS.items(), strict=True):
        last = {}
        for who in there:
            colour, line, marker, said = KINDS[who]
            one = weeks[weeks["kind"] == who].set_index("week")[signal].reindex(range(1, WEEKS + 1), fill_value=0)
            one = 100 * (one / one.loc[WEEKS - USUAL + 1:].mean() if unit.startswith("of") else one / sizes[who])
            axes.plot(-one.index, one, color=colour, linestyle=line, marker=marker, markersize=3.5, label=said)
            last[who] = one.loc[1]
        worst = max((who for who in there if who != "stayed"), key=lambda who: abs(last[who] - last["stayed"]))
        titled(axes, f"{name}: {KINDS[worst][3]} {last[worst]:.0f} %, stayed {last['stayed']:.0f} %",
               xlabel="weeks before the as-of date", ylabel=unit)
        axes.set_ylim(bottom=0)
    grid[0][0].legend(frameon=False, fontsize=9)
    figure.suptitle(f"The use of those who leave falls weeks before they do (as of {as_of})", x=0.01, ha="left", fontsize=13)
    keep(figure, "signals_weeks")


weeks = by_week()
if weeks is None:
    print("no summaries of calls here, so there is no look at single weeks and days")
else:
    draw_weeks(weeks)

# %% [markdown]
# ## Silence
#
# The oldest rule of all: no call for *n* days. On the left how many have been silent for at least so long at the as-of date; on the right how many of
# those, at each length, then left. The bars are 95 % intervals (Wilson): long silences are rare, so the right end is wide.


# %%
def wilson(left: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a share (Wilson 1927)."""
    z, share = 1.96, left / np.maximum(of, 1)
    middle, width = share + z**2 / (2 * of), z * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    low, high = (middle - width) / (1 + z**2 / of), (middle + width) / (1 + z**2 / of)
    return np.minimum(low, share), np.maximum(high, share)  # of nobody, or of all, the share is the end but for the last digit


def churn_by(values: pd.Series, edges: list[float]) -> pd.DataFrame:
    """Subscribers and their share of churners with its interval, by bands [a, b) of a column; those without a value are a band of their own."""
    ends = [-np.inf, *edges, np.inf]
    names = [f"under {edges[0]:g}", *(f"{low:g}" if high - low == 1 else f"{low:g}–{high:g}" for low, high in itertools.pairwise(edges)),
             f"{edges[-1]:g} and more"]
    bands = pd.cut(values.astype(float), ends, right=False, labels=names).cat.add_categories("none").fillna("none")
    found = churned.groupby(bands, observed=True).agg(subscribers="size", churned="sum")
    low, high = wilson(found["churned"].to_numpy(), found["subscribers"].to_numpy())
    return found.assign(churned_share=found["churned"] / found["subscribers"], low=low, high=high)


def draw_bands(axes: plt.Axes, table: pd.DataFrame, title: str, label: str) -> None:
    """The churn rate of each band with its interval, beside that of all."""
    place = np.arange(len(table))
    ends = np.vstack([table["churned_share"] - table["low"], table["high"] - table["churned_share"]])
    axes.errorbar(place, 100 * table["churned_share"], 100 * ends, fmt="o", color=BASE, capsize=3)
    axes.axhline(100 * base, color=INK, linestyle=":", linewidth=1)
    axes.annotate(f"all: {100 * base:.1f} %", (len(table) - 0.15, 100 * base), xytext=(0, 3), textcoords="offset points", ha="right", fontsize=8)
    axes.set_xticks(place, [f"{name}\n{count:,}" for name, count in zip(table.index, table["subscribers"], strict=True)], fontsize=8)
    titled(axes, title, xlabel=label, ylabel="then churned, %", ylim=(0, None), xlim=(-0.5, len(table) - 0.1))


SILENCE = "days_since_last_own_activity"
if SILENCE in rows:
    days = rows[SILENCE].astype(float)
    bands = churn_by(days, [1, 2, 3, 5, 8, 15])
    figure, (curve, rate) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for who in there:
        colour, line, _, said = KINDS[who]
        of = np.sort(days[kind == who].dropna().to_numpy())
        curve.step(np.arange(31), [100 * (of >= n).mean() for n in range(31)], where="post", color=colour, linestyle=line, label=said)
    curve.legend(frameon=False, fontsize=9)
    long = {who: 100 * (days[kind == who] >= 7).mean() for who in there}
    loudest = max((who for who in there if who != "stayed"), key=lambda who: long[who])
    titled(curve, f"Silent for a week: {KINDS[loudest][3]} {long[loudest]:.0f} %, stayed {long['stayed']:.1f} %",
           xlabel="days without own use, at least", ylabel="subscribers, %", yscale="log", ylim=(0.05, 130), xlim=(0, 30))
    worst = bands["churned_share"].idxmax()
    draw_bands(rate, bands, f"The longer the silence, the more leave: {bands.loc[worst, 'churned_share']:.0%} at {worst}",
               "days since the last own use; below, how many subscribers")
    keep(figure, "signals_silence")
    print(f"\ndays since the last own activity\n{bands.to_string(formatters=dict.fromkeys(('churned_share', 'low', 'high'), '{:.2%}'.format))}")

# %% [markdown]
# ## Forwarding, rivals and bills
#
# A line whose calls are forwarded to another operator's number is often the old SIM of somebody who has already moved. A bill that swings is a reason
# to look around. Each figure shows the churn rate by band, beside that of all.

# %%
BANDS = (("cfu_to_rival_days_30d", [1, 3, 8], "Forwarded to a rival", "days of 30 with calls forwarded to a rival's number"),
         ("rival_care_calls_90d", [1, 2, 3], "Asking a rival", "calls to a rival's care line in 90 days"),
         ("bill_shock_ratio", [0.8, 1.2, 1.5, 2], "A bill unlike the usual", "last bill as a multiple of the usual one"),
         ("unpaid_months", [1, 2, 3], "Bills not paid", "months not paid"),
         ("days_to_contract_end", [0, 31, 91, 181, 366], "The contract's end", "days until the contract ends; none: no contract"),
         ("handset_age_days", [90, 180, 365, 730], "The handset", "days on this handset"))
shown = [band for band in BANDS if band[0] in rows]
if shown:
    figure, grid = plt.subplots(-(-len(shown) // 2), 2, figsize=(11, 3.5 * -(-len(shown) // 2)), layout="constrained", squeeze=False)
    for axes in grid.flat[len(shown):]:
        axes.set_visible(False)
    for axes, (name, edges, about, label) in zip(grid.flat, shown, strict=False):
        table = churn_by(rows[name], edges)
        worst = table["low"].idxmax()  # the band that is surely the worst, not the one with the fewest people
        times = table.loc[worst, "churned_share"] / base
        draw_bands(axes, table, f"{about}: {times:.1f} × the churn of all at {worst}" if table.loc[worst, "low"] > base else
                   f"{about}: no band stands out", label)
        print(f"\n{label}\n{table.to_string(formatters=dict.fromkeys(('churned_share', 'low', 'high'), '{:.2%}'.format))}")
    figure.suptitle("Churn by band, with 95 % intervals; below each band how many subscribers are in it", x=0.01, ha="left", fontsize=13)
    keep(figure, "signals_bands")

# %% [markdown]
# ## One subscriber's story
#
# One line in the half year before the scoring date, day by day: of those who left, and whom the model without knowing put in the upper half, the one
# who had called most. Where the operator is the invented one, the day on which its use was made to fall is known and drawn.

# %%
model = Model.load("models/evaluated") if Path("models/evaluated/card.json").is_file() else None
scored = table = None
if model is not None:
    table = examples.given(examples.features_of(rows), model.feature_names)
    scored = pd.Series(model.predict_proba(table), index=rows.index)


def planted() -> pd.DataFrame | None:
    """What is true of the invented operator's subscribers, by pseudonym; None of a real operator."""
    truth = Path("data/truth/subscribers.parquet")
    if not truth.is_file():
        return None
    found = pd.read_parquet(truth)
    key = read_key(common.key_file)
    return found.assign(subscriber_id=[pseudonym(key, raw, "s") for raw in found["subscriber_id"].astype(str)]).set_index("subscriber_id")


def days_of(subscriber: str) -> pd.DataFrame:
    """The days of use of one subscriber, as known at the scoring date."""
    usage = known_history(plan, plan.scoring, common.wait_days, ("usage_daily",)).events("usage_daily").table
    columns = ["day", "out_calls", "in_answered", "sms_out", "fwd_unconditional", "rival_care_calls"]
    return fetched(projected(usage, columns, {}, F.col("subscriber_id") == subscriber)).astype(int).set_index("day").sort_index()


def draw_story(subscriber: str, risk: float, said: list[str], marks: dict[str, date]) -> None:
    """The days of one subscriber as bars, forwarded calls and calls to rivals apart, and what happened when."""
    told = days_of(subscriber)
    told.index = pd.to_datetime(told.index, unit="D")
    figure, (top, low) = plt.subplots(2, 1, figsize=(11, 5.2), layout="constrained", sharex=True, height_ratios=(3, 1.3))
    bottom = np.zeros(len(told))
    for column, colour, label in (("out_calls", "#0072B2", "calls made"), ("in_answered", "#56B4E9", "calls answered"),
                                  ("sms_out", "#999999", "SMS sent")):
        top.bar(told.index, told[column], bottom=bottom, color=colour, width=1, label=label)
        bottom += told[column].to_numpy()
    low.bar(told.index, told["fwd_unconditional"], color="#D55E00", width=1, label="calls forwarded away")
    low.bar(told.index, told["rival_care_calls"], color="#CC79A7", width=1, label="calls to a rival's care line")
    for axes in (top, low):
        axes.axvspan(opens, closes, color="#f0e442", alpha=0.3, linewidth=0, zorder=0)
        for day in marks.values():
            axes.axvline(day, color=INK, linewidth=1, linestyle="--")
        axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
        axes.yaxis.get_major_locator().set_params(integer=True)
    low.xaxis.set_major_formatter(ConciseDateFormatter(low.xaxis.get_major_locator()))
    high = top.get_ylim()[1] * 1.12
    top.set_ylim(0, high)
    for n, (what, day) in enumerate(marks.items()):
        top.annotate(what, (day, high * (0.97 - 0.09 * (n % 3))), xytext=(3, 0), textcoords="offset points", fontsize=8, va="top")
    figure.suptitle(f"At the as-of date the model gave this line a churn probability of {risk:.0%}", x=0.01, ha="left", fontsize=13)
    titled(top, "\n".join(said).replace(" [internal]", ""), ylabel="per day")
    titled(low, "", ylabel="per day", xlabel="the shaded days are the window in which leaving counts")
    keep(figure, "signals_story")


if weeks is not None and model is not None and scored is not None and table is not None:
    truth = planted()
    candidates = rows["exit_kind"].eq("left") & rows["churned"]
    candidates = candidates if candidates.any() else rows["churned"]
    if truth is not None:
        fell = pd.to_datetime(rows["subscriber_id"].map(truth["drift_began_on"]))
        lately = candidates & fell.between(pd.Timestamp(as_of) - pd.Timedelta(days=75), pd.Timestamp(as_of) - pd.Timedelta(days=21))
        candidates = lately if lately.any() else candidates
    pool = scored[candidates]
    if len(pool):
        likely = pool[pool >= pool.median()].index
        used = rows.loc[likely, "outgoing_calls_90d"] if "outgoing_calls_90d" in rows else pool[likely]
        chosen = used.astype(float).sort_values(kind="stable").index[-1]
        one = rows.loc[chosen, "subscriber_id"]
        others = table.loc[sorted({chosen, *table.sample(min(len(table), 3000), random_state=1).index})]  # a reason is one beside the others' median
        words = reasons(model.contributions(others), others, REGISTRY).loc[chosen]
        said = [words[f"reason_{n}_en"] for n in (1, 2, 3) if isinstance(words[f"reason_{n}_en"], str)]
        marks = {"as of": as_of}
        if truth is not None:
            known = {"use begins to fall": truth.loc[one, "drift_began_on"], "leaves": truth.loc[one, "exit_on"]}
            marks |= {what: pd.Timestamp(day).date() for what, day in known.items() if pd.notna(day)}
            print(f"planted cause: {truth.loc[one, 'cause']}")
        draw_story(one, float(scored[chosen]), said, marks)

# %% [markdown]
# ## All columns, one at a time
#
# AUC of the column alone: the chance that a churner ranks above a stayer, 0.5 for a column that says nothing. Those without a value stand in
# the middle; a column that falls with the risk counts by 1 − AUC. ⚠ lies next to a churn definition.


# %%
def auc_alone(values: pd.Series) -> float:
    """AUC of a column as a score; ties count half, and so does a missing value."""
    ranks = values.astype(float).rank().fillna((values.notna().sum() + 1) / 2)
    ranks, left = ranks.rank(), churned.to_numpy() == 1
    return float((ranks[left].sum() - left.sum() * (left.sum() + 1) / 2) / max(1, left.sum() * (~left).sum()))


# %%
numeric = [f for f in REGISTRY.values() if f.name in rows and not f.is_category and not f.is_for_lists]
alone = pd.DataFrame({"family": [f.family for f in numeric], "auc": [auc_alone(rows[f.name]) for f in numeric],
                      "missing": [rows[f.name].isna().mean() for f in numeric], "next_to_label": ["⚠" if f.is_adjacent else "" for f in numeric]},
                     index=[f.name for f in numeric])
alone["strength"] = (alone["auc"] - 0.5).abs() + 0.5
alone = alone.sort_values(["strength", "family"], ascending=[False, True], kind="stable")
print(f"\n{alone.head(20).to_string(float_format='{:.3f}'.format)}")

# %% [markdown]
# ## What each family is worth: alone, and in the model's company
#
# On the left, what the model's scores rest on: each family's exact contributions (TreeSHAP) to the log odds, their size averaged over the
# subscribers. On the right, the family's best column alone. A family that tells much alone and little in company says what others say better; one
# that tells little alone and much in company tells of few people, or of some kind of leaving that no other family sees.

# %%
best = alone.groupby("family").head(1).set_index("family")["strength"]
print(f"\n{alone.groupby('family').head(1).to_string(float_format='{:.3f}'.format)}")
if model is not None and table is not None:
    sample = table.sample(min(len(table), 5000), random_state=1).sort_index()
    added = model.contributions(sample).drop(columns="base")
    family = {f.name: f.family for f in REGISTRY.values()}
    grouped = added.T.groupby([family.get(str(name), "others") for name in added.columns]).sum().T.abs()
    weight = grouped.mean().sort_values(ascending=False)
    weight = weight[weight > 0]
    figure, (company, lone) = plt.subplots(1, 2, figsize=(11, 0.9 + 0.3 * len(weight)), layout="constrained", sharey=True)
    place = np.arange(len(weight))
    company.barh(place, weight, color=BASE)
    company.set_yticks(place, list(weight.index))
    company.invert_yaxis()
    titled(company, f"In company: {weight.index[0]} moves a score most ({weight.iloc[0]:.2f} on average)",
           xlabel="mean size of the contribution, log odds")
    strength = best.reindex(weight.index)
    lone.hlines(place, 0.5, strength, color="#bbbbbb")
    lone.plot(strength, place, "o", color="#D55E00")
    loudest = strength.idxmax()
    titled(lone, f"Alone: {loudest} has the best single column (AUC {strength.max():.2f})",
           xlabel="AUC of the family's best column", xlim=(0.5, None))
    keep(figure, "signals_families")
    print(f"\n{pd.DataFrame({'contribution': weight, 'best_alone': strength}).to_string(float_format='{:.3f}'.format)}")

# %%
if __name__ == "__main__" and "ipykernel" not in sys.modules:  # DuckDB's bindings report their own leaks when Python winds down
    close_session()
    sys.stdout.flush()
    os._exit(0)
