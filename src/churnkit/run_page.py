"""What stands on the page of a run: a few numbers by group, and the model's card in words."""
from collections.abc import Mapping
from typing import Any

from churnkit.metrics import said

SHOWN = {"auc": "AUC", "pr_auc": "PR-AUC", "precision_at_capacity": "precision at capacity", "recall_at_capacity": "recall at capacity",
         "lift_top_decile": "lift of the top tenth", "brier": "Brier score", "log_loss": "log loss",
         "predicted_over_observed": "predicted over observed", "calibration_slope": "calibration slope"}
BOUNDED = ("auc", "pr_auc", "precision_at_capacity", "lift_top_decile", "predicted_over_observed", "calibration_slope")
COMPARED = ("precision_at_capacity", "auc")
COUNTS = ("rows", "churned", "capacity")
OVER_CHAMPION = ("precision_at_capacity_gained", "auc_gained", "pr_auc_gained", "log_loss_saved")


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of an evaluation under group/name: open, one_way_stop, interval (of the open stratum), gain (over each baseline),
    kinds (AUC by kind of leaving), money (EMPC, what the list brings, how long it best is) and champion (the gain over it).

    What is missing is left out.
    """
    judged, apart = metrics["open"], metrics.get("one_way_stop", {})
    told: dict[str, Any] = {f"open/{name}": judged.get(name) for name in (*SHOWN, *COUNTS)}
    told |= {f"one_way_stop/{name}": apart.get(name) for name in (*COMPARED, *COUNTS)}
    told |= {f"interval/{name}_{end}": judged.get(f"{name}_{end}") for name in BOUNDED for end in ("low", "high")}
    told |= {f"gain/{name}.over_{other}": gain.get(name) for other, gain in judged.get("gain_over", {}).items() for name in COMPARED}
    told |= {f"kinds/{kind}.auc": found.get("auc") for kind, found in judged.get("exit_kinds", {}).items()}
    money = judged.get("money", {})
    told |= {"money/empc": money.get("empc", {}).get("empc"), "money/list_yuan": money.get("list", {}).get("capacity", {}).get("brought_yuan"),
             "money/best_length": money.get("list", {}).get("best_length", {}).get("called")}
    gain = metrics.get("champion", {}).get("open", {}).get("gain", {})
    told |= {f"champion/{name}": gain.get(name.removesuffix("_gained")) for name in OVER_CHAMPION}
    return {name: float(value) for name, value in told.items() if isinstance(value, int | float)}


def card(metrics: Mapping[str, Any], verdict: Mapping[str, Any], trained: Mapping[str, Any]) -> str:
    """The model's card in Markdown: what was foretold, how well, beside what, and what it was fitted on."""
    judged, beside = metrics["open"], metrics.get("champion") or {}
    columns = {"model": judged, **judged.get("baselines", {}), **({"champion": beside["open"]} if beside.get("is_compared") else {})}
    lines = [f"**Churn as `{metrics['label']}`, judged on {metrics['as_of']}**: {judged['rows']:,} open subscribers, {judged['churned']:,} of whom "
             f"({judged['churned_share']:.1%}) left; {judged['capacity']:,} can be called.",
             "", f"The model {'beats' if verdict['beats_baselines'] else 'does **not** beat'} the baselines: {verdict['reason']}.",
             "", "| | " + " | ".join(name.replace("_", " ") for name in columns) + " |", "|---|" + "---|" * len(columns)]
    for name, words in SHOWN.items():
        cells = [cell(found, name, name in BOUNDED and other == "model") for other, found in columns.items()]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    if beside:
        lines += ["", f"Beside the champion: {beside['reason']}."]
    return "\n".join([*lines, "", fitted(trained)])


def cell(found: Mapping[str, Any], name: str, is_bounded: bool) -> str:
    """A metric as it is read, with its interval where asked for; a dash where there is none."""
    return said(found if is_bounded else {name: found.get(name)}, name)


def fitted(trained: Mapping[str, Any]) -> str:
    """What the model was fitted on, in a sentence or two."""
    first, last = trained["fitted"][0]["as_of"], trained["fitted"][-1]["as_of"]
    rows = sum(line["used"] for line in trained["fitted"])
    said = (f"The judged model (`evaluated/`) learnt from {first} to {last}: {rows:,} rows, {trained['features']} features, "
            f"{trained['trees']} trees; {trained['calibration']} calibration on {trained['calibrated'][-1]['as_of']}. "
            f"The one that scores (`model/`) is the same recipe, fitted on {trained['refitted'][0]['as_of']} to {trained['refitted'][-1]['as_of']}.")
    return said + (f" Tuned: {trained['tuning']['said']}." if trained.get("tuning") else "")
