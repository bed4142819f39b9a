"""Judge the model on a later month, beside what one would do without it."""
import json
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from churnkit import examples
from churnkit.files import whole_file, whole_folder
from churnkit.params import Common
from churnkit.timeline import Plan

EVALUATED = Path("models/evaluated")
REPORTS = Path("reports")
TRAINED = REPORTS / "train.json"
PLOTS, FIGURES = REPORTS / "plots", REPORTS / "figures"


@dataclass(frozen=True)
class Params:
    """Section `evaluate` of params.yaml."""

    capacity: int = 1000
    one_way_stop_capacity: int = 100
    bootstrap: int = 200
    branch_level: int = 2

    def __post_init__(self) -> None:
        if min(self.capacity, self.one_way_stop_capacity) < 1:
            raise ValueError("capacity and one_way_stop_capacity are numbers of calls, at least 1")
        if self.bootstrap < 20:
            raise ValueError("bootstrap must be at least 20 samples, or the intervals mean nothing")


def run(params: Params, common: Common, plan: Plan) -> None:
    """Write reports/headline.json, metrics.json, segments.csv, verdict.json, plots/ and figures/."""
    from churnkit import champion, judgement
    from churnkit.model import Model

    model = Model.load(EVALUATED, threads=common.threads)
    past, _ = examples.learnable(examples.load_all(plan.training))
    rows, account = examples.learnable(examples.load(plan.evaluation))
    examples.say_account(account)
    scored = judgement.score(model, past, rows)
    capacities = {"open": params.capacity, "one_way_stop": params.one_way_stop_capacity}
    judged = judgement.judge_strata(scored, capacities, times=params.bootstrap, seed=common.seed)
    metrics = {"as_of": str(plan.evaluation), "label": examples.label_definition(), **judged,
               "champion": champion.beside(rows, scored["model"].to_numpy(), plan, capacities, times=params.bootstrap, seed=common.seed,
                                           threads=common.threads)}
    verdict = {"label": examples.label_definition(), "as_of": str(plan.evaluation), **judgement.verdict(judged["open"])}
    print(verdict["reason"], file=sys.stderr)
    print(f"beside the champion: {metrics['champion']['reason']}", file=sys.stderr)
    segments = judgement.segments(scored, params.capacity, params.branch_level, times=params.bootstrap, seed=common.seed)
    headline = {name: judged["open"][name] for name in judgement.HEADLINE}
    for path, content in ((REPORTS / "metrics.json", metrics), (REPORTS / "verdict.json", verdict), (REPORTS / "headline.json", headline)):
        with whole_file(path) as part:
            part.write_text(judgement.as_json(content), encoding="utf-8")
    with whole_file(REPORTS / "segments.csv") as part:
        segments.to_csv(part, index=False, lineterminator="\n", encoding="utf-8")
    with whole_folder(PLOTS) as part:
        for name, table in judgement.plots(scored, model).items():
            table.round(6).to_csv(part / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
    with whole_folder(FIGURES) as part:
        draw(part, scored, model, params.capacity)
    record(params, metrics, verdict, plan.evaluation, len(rows))


def draw(folder: Path, scored: Any, model: Any, capacity: int) -> None:
    """Draws the figures of the open stratum into a folder."""
    from churnkit import figures, judgement, metrics

    rows, churned = judgement.stratum(scored, "open")
    curves = {name: metrics.gains(rows[name].to_numpy(), churned) for name in judgement.SCORES}
    shares = next(iter(curves.values()))[0]
    figures.draw_gains(folder / "gains.png", shares, {judgement.SCORES[name]: found for name, (_, found) in curves.items()},
                       min(1.0, capacity / len(rows)))
    predicted, observed, _ = metrics.calibration_curve(rows["model"].to_numpy(), churned)
    figures.draw_calibration(folder / "calibration.png", predicted, observed)
    figures.draw_scores(folder / "scores.png", rows["model"].to_numpy(), churned)
    top = model.importance().sort_values(ascending=False, kind="stable").head(20)
    figures.draw_importance(folder / "importance.png", [str(name) for name in top.index], top.to_numpy())


def record(params: Params, metrics: dict[str, Any], verdict: dict[str, Any], evaluation: date, rows: int) -> None:
    """Adds the evaluation to the MLflow run of the training, and registers a model that beats the baselines as challenger."""
    from churnkit import run_page, tracking

    run = tracking.last_run()
    if run is None:
        print("no MLflow run of this training is known, so the evaluation is in reports/ only.", file=sys.stderr)
        return
    trained = json.loads(TRAINED.read_text("utf-8"))
    run.metrics(run_page.numbers(metrics))  # before the months: pages show first what came first
    run.monthly({date.fromisoformat(line["as_of"]): {name: line[name] for name in ("rows", "churned_share")} for line in trained["refitted"]})
    run.describe(run_page.card(metrics, verdict, trained))
    run.tags({f"evaluate.{name}": value for name, value in asdict(params).items()})  # tags, for they may be judged anew; parameters stay as they are
    run.tags({"verdict.beats_baselines": verdict["beats_baselines"], "verdict.reason": verdict["reason"]})
    run.tables([tracking.Table(f"{kind}/{evaluation}", folder / str(evaluation), rows, "evaluation")
                for kind, folder in (("features", examples.FEATURES), ("cohorts", examples.COHORTS))])
    for name in ("metrics.json", "verdict.json", "segments.csv"):
        run.file(REPORTS / name)
    run.folder(FIGURES, "figures")
    run.folder(PLOTS, "plots")
    if verdict["beats_baselines"]:
        run.register()
