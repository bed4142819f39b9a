"""How the model did on a month it never saw, beside what one would do without it."""
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from churnkit import examples, metrics, profit
from churnkit.errors import HistoryError
from churnkit.examples import STRATA, features_of
from churnkit.model import Model, baselines
from churnkit.retention.choices import Economics

SCORES = {"model": "churnkit", "seed_rules": "the 2005 rules", "silence_alone": "days of silence alone",
          "logistic": "logistic regression"}
TENURE = ((90, "under 90 days"), (365, "90 days to a year"), (1095, "1 to 3 years"), (math.inf, "over 3 years"))
HEADLINE = ("churned_share", "auc", "pr_auc", "precision_at_capacity", "recall_at_capacity", "lift_at_capacity", "lift_top_decile", "brier",
            "predicted_over_observed", "predicted_over_observed_top_decile", "calibration_slope", "ece")
CALIBRATION = ("predicted_over_observed", "predicted_over_observed_top_decile", "calibration_slope")
HOLDS = (0.9, 1.1)  # within these a probability is as good as its word
SEGMENT = ("predicted_over_observed", "auc", "precision_at_capacity", "lift_top_decile", "calibration_slope", "ece")
FEWEST = 20  # churners below which a segment's metrics are noise and stay empty
GAINS = ("precision_at_capacity", "recall_at_capacity", "lift_at_capacity", "auc", "pr_auc", "lift_top_decile")


def score(model: Model, past: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the score of the model and of each baseline; the logistic regression is fitted on the past ones."""
    table = features_of(rows)
    table = examples.given(table, model.feature_names)
    plain = baselines.logistic(features_of(past).reindex(columns=table.columns), past["churned"].to_numpy(dtype=int))
    return rows.assign(model=model.predict_proba(table), seed_rules=baselines.seed_rules(rows),
                       silence_alone=baselines.silence_alone(rows), logistic=plain(table))


def stratum(scored: pd.DataFrame, name: str) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows of one stratum, and whether each churned."""
    rows = scored[scored["stratum"] == name]
    return rows, rows["churned"].to_numpy(dtype=float)


def judge_strata(scored: pd.DataFrame, capacities: Mapping[str, int], *, times: int, seed: int) -> dict[str, Any]:
    """For each stratum the model's metrics with intervals, the baselines' beside them, the differences, and AUC by exit kind."""
    found: dict[str, Any] = {}
    for name in STRATA:
        rows, churned = stratum(scored, name)
        if not churned.sum() or churned.all():
            if name == "open":
                raise HistoryError(f"of {len(rows)} open subscribers on the evaluation date {int(churned.sum())} churned: "
                                   "there is nothing to judge by.")
            continue
        capacity = min(capacities[name], len(rows))
        judged = metrics.judge(churned, {score: rows[score].to_numpy() for score in SCORES}, capacity=capacity, times=times,
                               seed=seed, probabilities=("model",))
        found[name] = {
            "rows": len(rows), "churned": int(churned.sum()), "churned_share": round(float(churned.mean()), 6),
            "capacity": capacity, "capacity_share": round(capacity / len(rows), 6), **metrics.written(judged["model"]),
            "baselines": {other: metrics.written(judged[other]) for other in SCORES if other != "model"},
            "gain_over": {other: metrics.written({metric: judged[f"model - {other}"][metric] for metric in GAINS})
                          for other in SCORES if other != "model"},
            "calibration": calibration(judged["model"]),
            "exit_kinds": exit_kinds(rows, churned, capacity, times=times, seed=seed)}
    return found


def calibration(judged: Mapping[str, metrics.Interval]) -> dict[str, Any]:
    """Whether predicted over observed, overall and in the top decile, and the slope are within 0.9 and 1.1: which are not, and which may not be.

    What is outside but has an interval that reaches inside is `unsure`: so few churned that chance could have done it. So is what is not known.
    """
    low, high = HOLDS
    outside = [name for name in CALIBRATION if not low <= judged[name].value <= high]
    unsure = [name for name in outside if math.isnan(judged[name].value) or (judged[name].low <= high and judged[name].high >= low)]
    return {"holds": not outside, "outside": outside, "unsure": unsure}


def calibration_said(judged: Mapping[str, Any]) -> str:
    """Whether the probabilities hold, in a sentence."""
    overall, top, slope = ("–" if judged[name] is None else f"{judged[name]:.2f}" for name in CALIBRATION)
    found = judged["calibration"]
    end = "they hold" if found["holds"] else "outside 0.9 to 1.1" + (", which may be chance" if found["outside"] == found["unsure"] else "")
    return f"{overall} churners predicted for each observed, {top} in the riskiest tenth, slope {slope}: {end}"


def exit_kinds(rows: pd.DataFrame, churned: np.ndarray, capacity: int, *, times: int, seed: int) -> dict[str, Any]:
    """How well the model tells each kind of leaving from staying, and what share of it the calls at capacity reach."""
    kinds = {}
    called = metrics.called(rows["model"].to_numpy(), capacity).astype(float)
    for kind in sorted(rows.loc[churned == 1, "exit_kind"].dropna().unique()):
        kept = (churned == 0) | (rows["exit_kind"] == kind).to_numpy()
        judged = metrics.judge(churned[kept], {"model": rows["model"].to_numpy()[kept]}, capacity=1, times=times, seed=seed)["model"]
        gone = churned * (rows["exit_kind"] == kind).to_numpy(dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            reached = metrics.interval(np.divide(*metrics.sampled(len(rows), times, seed, np.column_stack([gone * called, gone]).__rmatmul__).T))
        kinds[str(kind)] = {"churned": int(churned[kept].sum()), **metrics.written({"auc": judged["auc"], "recall_at_capacity": reached})}
    return kinds


def money(scored: pd.DataFrame, economics: Economics, capacity: int, *, times: int, seed: int) -> tuple[dict[str, Any], profit.ListWorth | None]:
    """What the ranking of the open stratum is worth: the EMPC of the literature, and by our own economics the EMPC and the list's profit.

    The second is None where the month has no bills. Amounts are euros per customer of the literature's, else yuan.
    """
    rows, churned = stratum(scored, "open")
    scores = {name: rows[name].to_numpy() for name in SCORES}
    judged = profit.judge(churned, scores, profit.LITERATURE, times=times, seed=seed)
    found: dict[str, Any] = {"empc": {"terms": asdict(profit.LITERATURE), **metrics.written(judged["model"]),
                                      "gain_over": {name: metrics.written(judged[f"model - {name}"]) for name in SCORES if name != "model"}}}
    if profit.BILL not in rows or rows[profit.BILL].isna().all():
        return found, None
    bills = rows[profit.BILL].to_numpy(dtype=float, na_value=np.nan)
    terms = profit.own_terms(economics, float(np.nanmean(bills)))
    own = profit.judge(churned, {"model": scores["model"]}, terms, times=times, seed=seed)["model"]
    worth = profit.list_worth(scores["model"], churned, bills, economics)
    capacity = min(capacity, len(rows))
    lengths = {"capacity": capacity, "best_length": worth.best_length}
    brought = worth.judged(lengths, times=times, seed=seed)
    found["own"] = {"terms": asdict(terms), **metrics.written(own)}
    found["list"] = {name: {"called": length, "expected_yuan": round(float(worth.expected[:length].sum()) / 100, 2),
                            **metrics.written({"brought_yuan": brought[name]})} for name, length in lengths.items()}
    return found, worth


def verdict(judged: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the model finds more churners at capacity than every baseline, in the open stratum, and a sentence."""
    precision = judged["precision_at_capacity"]
    others = {name: found["precision_at_capacity"] for name, found in judged["baselines"].items()}
    best = max(others, key=lambda name: others[name])
    beats = precision > others[best]
    reason = (f"of {judged['capacity']} open subscribers called first by the model {precision:.1%} churned, "
              f"{others[best]:.1%} by {SCORES[best]}, {judged['churned_share']:.1%} of all")
    gains = {name: {end: found[f"precision_at_capacity{end and '_' + end}"] for end in ("", "low", "high")}
             for name, found in judged["gain_over"].items()}
    apart = {name: gain["low"] > 0 for name, gain in gains.items()}
    return {"beats_baselines": bool(beats), "apart": apart, "reason": reason, "metric": "precision_at_capacity", "capacity": judged["capacity"],
            "model": precision, "baselines": others,
            "gain_over": {name: {"value": gain[""], "low": gain["low"], "high": gain["high"]} for name, gain in gains.items()}}


def segments(scored: pd.DataFrame, capacity: int, branch_level: int, *, times: int, seed: int) -> pd.DataFrame:
    """One row per segment of the open stratum, with metrics and intervals where it has at least 20 churners.

    Precision is at the segment's share of the capacity.
    """
    rows, churned = stratum(scored, "open")
    lines = []
    for dimension, values in dimensions(rows, branch_level).items():
        for value in sorted(values.dropna().unique()):
            kept = (values == value).to_numpy()
            part = churned[kept]
            line = {"dimension": dimension, "segment": str(value), "rows": int(kept.sum()), "churned": int(part.sum()),
                    "churned_share": round(float(part.mean()), 6)}
            if FEWEST <= part.sum() < len(part):
                calls = max(1, round(capacity * kept.sum() / len(rows)))
                predicted = rows["model"].to_numpy()[kept]
                judged = metrics.judge(part, {"model": predicted}, capacity=calls, times=times, seed=seed, probabilities=("model",))["model"]
                line |= {"capacity": calls, **metrics.written({name: judged[name] for name in SEGMENT})}
            lines.append(line)
    return pd.DataFrame(lines) if lines else pd.DataFrame(columns=["dimension", "segment", "rows", "churned", "churned_share"])


def dimensions(rows: pd.DataFrame, branch_level: int) -> dict[str, pd.Series]:
    """What segments are cut by, as far as the features have it: branch, kind of payment, tenure, value tier."""
    found = {}
    if "branch" in rows:
        found["branch"] = rows["branch"].astype("str").str.split("/").str[:branch_level].str.join("/").where(rows["branch"].notna())
    for name in ("payment_kind", "value_tier"):
        if name in rows:
            found[name] = rows[name].astype("str").where(rows[name].notna())
    if "tenure_days" in rows:
        days = rows["tenure_days"].to_numpy(dtype=float, na_value=np.nan)
        bands = np.select([days < end for end, _ in TENURE], [name for _, name in TENURE], default="unknown")
        found["tenure"] = pd.Series(bands, index=rows.index).where(~np.isnan(days))
    return found


def plots(scored: pd.DataFrame, model: Model) -> dict[str, pd.DataFrame]:
    """The tables behind `dvc plots`, of the open stratum: gains, lift, precision_recall, roc, calibration, importance."""
    rows, churned = stratum(scored, "open")
    curves = {name: metrics.gains(rows[name].to_numpy(), churned) for name in SCORES}
    shares = curves["model"][0]
    gains = pd.concat([pd.DataFrame({"score": name, "called_share": shares, "found_share": found}) for name, (_, found) in curves.items()])
    lift = gains[gains["called_share"] > 0]
    lift = lift.assign(lift=lift["found_share"] / lift["called_share"])[["score", "called_share", "lift"]]
    of_model = curves["model"][1]
    others = (shares * len(churned) - of_model * churned.sum()) / max(1, (churned == 0).sum())
    called = np.maximum(shares * len(churned), 1)
    predicted, observed, count = metrics.calibration_curve(rows["model"].to_numpy(), churned)
    importance = model.importance().sort_values(ascending=False, kind="stable")
    return {"gains": gains, "lift": lift,
            "precision_recall": pd.DataFrame({"recall": of_model, "precision": of_model * churned.sum() / called})[1:],
            "roc": pd.DataFrame({"false_positive_rate": others, "true_positive_rate": of_model}),
            "calibration": pd.DataFrame({"predicted": predicted, "observed": observed, "rows": count}),
            "importance": pd.DataFrame({"feature": importance.index, "share": importance.to_numpy()})}


def profit_plot(worth: profit.ListWorth | None) -> pd.DataFrame:
    """The table behind the profit plot: yuan by the number called, as expected and as it came; empty where the month has no bills."""
    if worth is None:
        return pd.DataFrame({"score": pd.Series(dtype="str"), "called": pd.Series(dtype="int64"), "yuan": pd.Series(dtype="float64")})
    curve = worth.curve()
    return pd.concat([pd.DataFrame({"score": said, "called": curve["called"], "yuan": curve[column]})
                      for column, said in (("expected_yuan", "expected"), ("brought_yuan", "as it came"))], ignore_index=True)
