"""How near the model comes to the best that anyone could do, on an invented operator whose truth is known."""
from datetime import date
from pathlib import Path
from typing import Any

from churnkit import examples, metrics
from churnkit.errors import InputError
from churnkit.identity import pseudonym
from churnkit.model import Learning, Model
from churnkit.timeline import Plan

EVALUATED = Path("models/evaluated")
KINDS = {"left": "p_left", "arrears_stop": "p_arrears_stop_30d", "silent": "p_silent_30d"}
TIMES = 200


def compare(plan: Plan, truth: Path, key: bytes, seed: int) -> dict[str, Any]:
    """AUC of the judged model beside that of the best achievable probabilities, on the same rows, paired, with 95 % intervals.

    Under `kinds`, for each kind of leaving against staying, the best achievable AUC and the model's. Raises InputError where the
    truth of the evaluation date is not known.
    """
    both = known(plan.evaluation, truth, key)
    model = Model.load(EVALUATED)
    both = both.assign(model=model.predict_proba(examples.features_of(both)[model.feature_names]))
    churned = both["churned"].to_numpy(dtype=float)
    found = {"as_of": str(plan.evaluation), "label": examples.label_definition(), "rows": len(both), "churned": int(churned.sum()),
             **paired(churned, both["model"].to_numpy(), both["p_any"].to_numpy(), seed)}
    kinds = {}
    for kind, column in KINDS.items():
        kept = ((churned == 0) | (both["exit_kind"] == kind)).to_numpy()
        if churned[kept].sum():
            kinds[kind] = {"churned": int(churned[kept].sum()),
                           **paired(churned[kept], both["model"].to_numpy()[kept], both[column].to_numpy()[kept], seed)}
    return {**found, "kinds": kinds}


def known(as_of: date, truth: Path, key: bytes) -> Any:
    """The rows of a date whose outcome is known, and beside each the best achievable probabilities, p_any and by kind.

    Raises InputError where the truth of the date is not known, or is another operator's.
    """
    import pandas as pd

    path = truth / "best" / f"{as_of}.parquet"
    if not path.exists():
        raise InputError(f"{path} is missing: only `churnkit simulate` knows the truth of an operator.")
    best = pd.read_parquet(path)
    best["subscriber_id"] = [pseudonym(key, raw, "s") for raw in best["subscriber_id"].astype(str)]
    rows, _ = examples.learnable(examples.load(as_of))
    both = rows.merge(best, on="subscriber_id", how="inner", validate="one_to_one")
    if len(both) < 0.99 * len(rows):
        raise InputError(f"{path} knows only {len(both)} of the {len(rows)} subscribers of {as_of}; it is another operator's truth.")
    return both


def teachable(plan: Plan, truth: Path, key: bytes, learning: Learning, seed: int) -> dict[str, Any]:
    """AUC of the judged model beside that of one that was taught the true probabilities of the same features on the same dates.

    What that one lacks of the best achievable no record of the time tells; what ours lacks of it is for more or luckier churners to teach.
    """
    import pandas as pd

    from churnkit.model.taught import taught

    *earlier, latest = (known(day, truth, key) for day in plan.training)
    learnt, judged, model = pd.concat(earlier, ignore_index=True), known(plan.evaluation, truth, key), Model.load(EVALUATED)

    def read(rows: Any) -> Any:
        return examples.given(examples.features_of(rows), model.feature_names)

    def told(rows: Any) -> Any:
        return rows["p_any"].to_numpy().clip(0, 1)  # a sum of three chances, which may pass 1

    margin = taught(read(learnt), told(learnt), read(judged), valid=(read(latest), told(latest)), params=learning, seed=seed)
    return paired(judged["churned"].to_numpy(dtype=float), model.predict_proba(read(judged)), margin, seed)


def paired(churned: Any, model: Any, best: Any, seed: int) -> dict[str, list[float]]:
    """AUC of both scores and their difference, each with its interval [value, low, high]."""
    judged = metrics.judge(churned, {"model": model, "best": best}, capacity=1, times=TIMES, seed=seed)
    return {name: [round(v, 4) for v in (i.value, i.low, i.high)]
            for name, i in (("model", judged["model"]["auc"]), ("best", judged["best"]["auc"]), ("difference", judged["model - best"]["auc"]))}


def said(found: dict[str, Any]) -> str:
    """The comparison as a small table."""
    lines = [f"AUC at {found['as_of']}, {found['rows']:,} subscribers (95 % intervals, paired):",
             f"{'':14}{'churned':>8}  {'model':<22}{'best achievable':<22}{'model - best':<24}"]
    for name, row in ((found["label"], found), *found["kinds"].items()):
        cells = "".join(f"{f'{v:.3f} [{low:.3f}, {high:.3f}]':<{width}}" for (v, low, high), width in
                        zip((row["model"], row["best"], row["difference"]), (22, 22, 24), strict=True))
        lines.append(f"{name:14}{row['churned']:>8}  {cells}".rstrip())
    if taught := found.get("taught"):
        (best, *_), (value, low, high) = taught["best"], taught["difference"]
        lines.append(f"Taught the true probabilities, the same features reach {best:.3f}: the rest no record of the time tells. "
                     f"The model differs from that by {value:+.3f} [{low:.3f}, {high:.3f}].")
    return "\n".join(lines)
