"""Judge the model on a later month, beside what one would do without it."""
import json
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from churnkit import documents, examples
from churnkit.errors import ParameterError
from churnkit.files import whole_file, whole_folder, write_json
from churnkit.params import PARAMS, Common, build
from churnkit.timeline import Plan

EVALUATED = Path("models/evaluated")
REPORTS = Path("reports")
TRAINED = REPORTS / "train.json"
PLOTS, FIGURES = REPORTS / "plots", REPORTS / "figures"
PAGE = REPORTS / "evaluation.html"
TABLES = ("segments", "deciles", "capacities", "fairness")
FINE = 2000  # points of the drawn gains curves: a list is often two percent of the customers, and the curve is steepest there


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
    """Write reports/headline.json, metrics.json, verdict.json, the tables, plots/, figures/ and evaluation.html."""
    from churnkit import breakdowns, champion, evaluation_page, judgement
    from churnkit.model import Model

    model = Model.load(EVALUATED, threads=common.threads)
    past, _ = examples.learnable(examples.load_all(plan.training))
    rows, account = examples.learnable(examples.load(plan.evaluation))
    examples.say_account(account)
    scored = judgement.score(model, past, rows)
    capacities = {"open": params.capacity, "one_way_stop": params.one_way_stop_capacity}
    drawn = {"times": params.bootstrap, "seed": common.seed}
    judged = judgement.judge_strata(scored, capacities, **drawn)
    judged["open"]["money"], worth = judgement.money(scored, economics(), params.capacity, **drawn)
    metrics = {"as_of": str(plan.evaluation), "label": examples.label_definition(), **judged,
               "champion": champion.beside(rows, scored["model"].to_numpy(), plan, capacities, threads=common.threads, **drawn)}
    verdict = {"label": examples.label_definition(), "as_of": str(plan.evaluation), **judgement.verdict(judged["open"])}
    print(verdict["reason"], judgement.calibration_said(judged["open"]), sep="\n", file=sys.stderr)
    if metrics["champion"]["champion"] is not None:
        print(f"beside the champion: {metrics['champion']['reason']}", file=sys.stderr)
    segments = judgement.segments(scored, params.capacity, params.branch_level, **drawn)
    headline = {**{name: judged["open"][name] for name in judgement.HEADLINE}, "empc": judged["open"]["money"]["empc"]["empc"]}
    opened, churned = judgement.stratum(scored, "open")
    scores = {name: opened[name].to_numpy() for name in judgement.SCORES}
    tenths = breakdowns.tenths(scores["model"], churned, **drawn)
    by_capacity = breakdowns.by_capacity(scores, churned, params.capacity, **drawn)
    fairness = breakdowns.fairness(judgement.dimensions(opened, params.branch_level), scores["model"], churned, params.capacity, **drawn)
    for path, content in ((REPORTS / "metrics.json", metrics), (REPORTS / "verdict.json", verdict), (REPORTS / "headline.json", headline)):
        write_json(path, content)
    for name, table in zip(TABLES, (segments, tenths, by_capacity, fairness), strict=True):
        with whole_file(REPORTS / f"{name}.csv") as part:
            write(table, part)
    with whole_folder(PLOTS) as part:
        for name, table in {**judgement.plots(scored, model), "profit": judgement.profit_plot(worth)}.items():
            write(table, part / f"{name}.csv")
    with whole_folder(FIGURES) as part:
        draw(part, scored, model, params.capacity, judged["open"]["recall_at_capacity"], tenths, worth)
    with whole_file(PAGE) as part:
        part.write_text(evaluation_page.html(metrics, verdict, by_capacity, fairness, FIGURES), encoding="utf-8")
    record(params, metrics, verdict, plan.evaluation, len(rows))


def economics() -> Any:
    """What `export` believes of calls and offers, by which a list is valued here, too; what it takes for granted where nothing is said."""
    from churnkit.retention.choices import Economics

    section = (documents.read(PARAMS).get("export") or {}) if PARAMS.is_file() else {}
    problems: list[str] = []
    built = build(Economics, section.get("economics") or {}, "economics.", problems)
    if problems:
        raise ParameterError(f"{PARAMS}, section 'export': {'; '.join(problems)}.")
    return built


def write(table: Any, path: Path) -> None:
    """A table as CSV, its numbers to six digits."""
    table.round(6).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def draw(folder: Path, scored: Any, model: Any, capacity: int, recall: float | None, tenths: Any, worth: Any) -> None:
    """Draws the figures of the open stratum into a folder."""
    from churnkit import figures, judgement, metrics

    rows, churned = judgement.stratum(scored, "open")
    curves = {name: metrics.gains(rows[name].to_numpy(), churned, points=FINE) for name in judgement.SCORES}
    shares = next(iter(curves.values()))[0]
    figures.draw_gains(folder / "gains.png", shares, {judgement.SCORES[name]: found for name, (_, found) in curves.items()},
                       min(1.0, capacity / len(rows)), recall or 0.0)
    predicted, observed, _ = metrics.calibration_curve(rows["model"].to_numpy(), churned)
    figures.draw_calibration(folder / "calibration.png", predicted, observed)
    figures.draw_scores(folder / "scores.png", rows["model"].to_numpy(), churned)
    top = model.importance().sort_values(ascending=False, kind="stable").head(20)
    figures.draw_importance(folder / "importance.png", [str(name) for name in top.index], top.to_numpy())
    figures.draw_tenths(folder / "tenths.png", *(tenths[name].to_numpy() for name in (
        "churned_share", "churned_share_low", "churned_share_high", "predicted_share")))
    if worth is not None:
        curve = worth.curve()
        figures.draw_profit(folder / "profit.png", curve["called"].to_numpy(), curve["expected_yuan"].to_numpy(), curve["brought_yuan"].to_numpy(),
                            min(capacity, len(rows)), worth.best_length)


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
    for name in ("metrics.json", "verdict.json"):
        run.file(REPORTS / name)
    run.folder(FIGURES, "figures")
    run.folder(PLOTS, "plots")
    for path in (PAGE, *(REPORTS / f"{name}.csv" for name in TABLES)):
        run.text(path.read_text("utf-8"), f"evaluation/{path.name}")
    if verdict["beats_baselines"]:
        run.register()
