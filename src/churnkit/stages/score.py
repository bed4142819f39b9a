"""Give everyone a churn probability, and the reasons for it in words."""
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from churnkit import examples
from churnkit.errors import InputError
from churnkit.files import whole_folder
from churnkit.params import Common
from churnkit.timeline import Plan

MODELS, SCORES = Path("models"), Path("data/scores")


@dataclass(frozen=True)
class Params:
    """Section `score` of params.yaml."""

    model: Literal["latest", "champion"] = "latest"
    reasons: int = 3
    explained_share: float = 0.5

    def __post_init__(self) -> None:
        if not 1 <= self.reasons <= 9:
            raise ValueError("reasons is how many are given at most, 1 to 9")
        if not 0 < self.explained_share <= 1:
            raise ValueError("explained_share is the share of each stratum and of all, the riskiest, who are given reasons: above 0, up to 1")


def run(params: Params, common: Common, plan: Plan) -> None:
    """Write data/scores/<scoring date>/, sorted by subscriber_id."""
    from churnkit.features import REGISTRY
    from churnkit.model import Model
    from churnkit.reasons import reasons

    if params.model == "champion" and not (MODELS / "champion" / "card.json").is_file():
        raise InputError("score.model is champion, but there is none yet: `churnkit promote` makes the newest model the champion, "
                         "and score.model: latest scores with it as it is.")
    model = Model.load(MODELS / params.model, threads=common.threads)
    rows = examples.load(plan.scoring)
    table = examples.features_of(rows)
    unread = [name for name in table.columns if name not in model.feature_names]
    if unread:
        print(f"the model was not given, and does not read: {', '.join(unread)}.", file=sys.stderr)
    table = examples.given(table, model.feature_names)
    margin = model.predict_margin(table)
    scores = rows[["subscriber_id", "stratum", "is_censored"]].assign(
        churn_probability=model.calibrator.probability(margin).round(6), margin=margin.round(6))
    scores["risk_percentile"] = (100 * scores.groupby("stratum")["margin"].rank(pct=True)).round(2)
    explained = table[riskiest(scores, params.explained_share)]
    contributions = model.contributions(explained).reindex(table.index, fill_value=0.0)
    said = reasons(contributions, table, REGISTRY, top=params.reasons)
    with whole_folder(SCORES / str(plan.scoring)) as part:
        scores.join(said.astype("str").where(said.notna())).to_parquet(part / "part-0.parquet", index=False)
    print(f"{plan.scoring}: {len(scores)} scored, {int(scores['is_censored'].sum())} of them already leaving; "
          f"{said['reason_1_zh'].notna().mean():.0%} have a reason.", file=sys.stderr)


def riskiest(scores: Any, share: float) -> Any:
    """Whether each row is of the riskiest of its stratum or of all: who is stopped for arrears is nearly always of the latter."""
    return (scores["risk_percentile"] > 100 * (1 - share)) | (scores["margin"].rank(pct=True) > 1 - share)
