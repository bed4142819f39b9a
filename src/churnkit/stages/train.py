"""Learn from who left: the churn model and its card."""
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from churnkit import documents, examples
from churnkit.errors import ParameterError
from churnkit.files import json_text, sha256, write_json
from churnkit.learning_ranges import out_of_range
from churnkit.params import PARAMS, Common
from churnkit.timeline import Plan
from churnkit.tuning import Budget

if TYPE_CHECKING:
    from churnkit.tuning import Tuned

EVALUATED, LATEST = Path("models/evaluated"), Path("models/latest")
RECIPE = "reports/metrics.json judges this recipe, fitted on earlier dates (models/evaluated); the tree count and the calibration are from there"
AUDIT = Path("reports/audit")  # of the stage before this one
REPORT, RUN_FILE = Path("reports/train.json"), Path("reports/mlflow_run.json")


@dataclass(frozen=True)
class Params:
    """Section `train` of params.yaml."""

    learning_rate: float = 0.05
    leaves: int = 31
    depth: int = 6
    min_leaf_rows: int = 50
    column_share: float = 0.5
    row_share: float = 0.8
    stayer_share: float = 1.0
    l2: float = 1.0
    max_trees: int = 1000
    patience: int = 50
    bags: int = 1
    calibration: Literal["auto", "sigmoid", "isotonic", "none"] = "auto"
    max_dates: int = 12
    without: tuple[str, ...] = ()
    track: bool = True
    tune: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        if wrong := out_of_range(self.learning()):
            raise ValueError(wrong)
        if self.max_dates < 2:
            raise ValueError("max_dates must be at least 2: one as-of date to learn from and one to calibrate on")

    def learning(self) -> dict[str, Any]:
        """The choices that the model itself makes."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("max_dates", "without", "track", "tune")}


def run(params: Params, common: Common, plan: Plan) -> None:
    """Write models/evaluated/ (what is judged), models/latest/ (what scores) and reports/train.json."""
    from churnkit.model import fit, read_learning, refit

    *earlier, latest = plan.training
    with tracked(params, plan) as record:
        tuned = search(params, common, plan, record) if params.tune.is_on else None
        if tuned:
            print(f"tune: {tuned.said}.", file=sys.stderr)
        learning = read_learning({**params.learning(), **(tuned.choices if tuned and tuned.is_taken else {}), "threads": common.threads})
        learnt, account = examples.learnable(examples.load_all(earlier))
        later, later_account = examples.learnable(examples.load(latest))
        table = chosen(learnt, params.without)
        judged = fit(table, learnt["churned"], params=learning, seed=common.seed,
                     valid=(chosen(later, params.without).reindex(columns=table.columns), later["churned"]))
        del learnt, later, table  # the larger table takes their room
        mature, mature_account = examples.learnable(examples.load_all(plan.mature))
        examples.say_account(mature_account)
        scoring = refit(judged, chosen(mature, params.without), mature["churned"])
        notes = {"label": examples.label_definition(), "label_window": examples.label_window(), "calibrated_on": str(latest),
                 **({"tuning": tuned.written()} if tuned else {})}
        judged.with_notes({**notes, "fitted_on": list(map(str, earlier))}).save(EVALUATED)
        scoring.with_notes({**notes, "fitted_on": list(map(str, plan.mature)), "metrics": RECIPE}).save(LATEST)
        report = {"trees": judged.trees, "calibration": judged.calibrator.method, "features": len(judged.columns),
                  "label": examples.label_definition(), "fitted": account, "calibrated": later_account, "refitted": mature_account,
                  "models": {folder.name: sha256(folder / "SHA256SUMS")[:12] for folder in (EVALUATED, LATEST)},
                  **({"tuning": tuned.written()} if tuned else {})}
        write_json(REPORT, report)
        if record:
            logged(record, params, common, plan, report, scoring)


def search(params: Params, common: Common, plan: Plan, record: Any) -> "Tuned":
    """What a search over the dates that train finds; what it holds of them is let go before anything is fitted."""
    from churnkit import tuning
    from churnkit.model import read_learning

    rows, _ = examples.learnable(examples.load_all(plan.training))
    months = tuning.months_of(rows, chosen(rows, params.without))
    del rows
    learning = read_learning({**params.learning(), "threads": common.threads})
    found = tuning.search(months, learning, params.tune, seed=common.seed, record=record)
    if record:
        record.tags({"tuning.said": found.said, "tuning.is_taken": found.is_taken})
    return found


def chosen(rows: Any, without: tuple[str, ...]) -> Any:
    """The features that the model may read: all but those left out. Raises ParameterError naming one that is not there."""
    table = examples.features_of(rows)
    unknown = [name for name in without if name not in table.columns]
    if unknown:
        raise ParameterError(f"train.without names {', '.join(unknown)}, which is no feature; see docs/features.md.")
    return table.drop(columns=list(without))


@contextmanager
def tracked(params: Params, plan: Plan) -> Iterator[Any]:
    """The MLflow run of this training, or None where tracking is off."""
    if not params.track:
        print("train.track is false: this training leaves no MLflow run.", file=sys.stderr)
        write_json(RUN_FILE, {"run_id": None})
        yield None
        return
    from churnkit import tracking

    tags = {"label.definition": examples.label_definition(), "as_of.training": ",".join(map(str, plan.training)),
            "as_of.mature": ",".join(map(str, plan.mature)), "as_of.evaluation": plan.evaluation, "as_of.scoring": plan.scoring}
    with tracking.training_run(tags) as record:
        yield record


def neighbours() -> dict[str, Any]:
    """What params.yaml says in the sections that decide what there is to learn."""
    sections = documents.read(PARAMS) if PARAMS.is_file() else {}
    return {f"{name}.{key}": value for name in ("label", "featurize") for key, value in (sections.get(name) or {}).items()}


def logged(record: Any, params: Params, common: Common, plan: Plan, report: dict[str, Any], scoring: Any) -> None:
    """Puts parameters, tables, counts and both models into the run."""
    from churnkit.tracking import Table

    chosen_here = {name: value for name, value in scoring.learning.written().items() if name in params.learning()}
    record.params({**chosen_here, "without": ",".join(params.without), "seed": common.seed, "trees": report["trees"],
                   "rows": scoring.rows, "churners": scoring.churners, "calibration_chosen": report["calibration"],
                   "features": report["features"], "max_dates": params.max_dates,
                   "tune.trials": params.tune.trials, "tune.minutes": params.tune.minutes,
                   **neighbours()})
    rows = {line["as_of"]: line["used"] for part in ("refitted", "fitted", "calibrated") for line in report[part]}
    record.tables([Table(f"features/{day}", examples.FEATURES / str(day), rows[str(day)],
                         "calibration" if day == plan.training[-1] else "training") for day in sorted({*plan.training, *plan.mature})])
    record.tags({f"model.{name}": identity for name, identity in report["models"].items()})
    record.folder(LATEST, "model")
    record.folder(EVALUATED, "evaluated")
    if AUDIT.is_dir():
        record.folder(AUDIT, "audit")
    record.text(json_text(scoring.invented_example()), "input_example.json")
