"""A past month's model is made of what was known then, judged on its own month and later ones, and compared on the same rows."""
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnkit import ageing, ageing_report, documents, examples, hindsight_commands, metrics, timeline
from churnkit.errors import HistoryError, ParameterError
from churnkit.hindsight import Recipe, probabilities
from churnkit.model import Model, read_learning
from invented import COMMON, PLAN, write_months

RECIPE = Recipe(read_learning({"max_trees": 40, "patience": 10, "leaves": 7, "bags": 1, "threads": 2}), (), 12, 1)
WHAT = ageing.Backtest(tuple(sorted({*PLAN.training, *PLAN.mature})), 40, RECIPE, {"open": 100, "one_way_stop": 20}, 40)
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("backtest")
    write_months(root)
    return root


@pytest.fixture
def inside(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


@pytest.fixture(scope="module")
def run(project: Path) -> tuple[dict[date, Model], dict[ageing.Key, ageing.Samples], pd.DataFrame, pd.DataFrame]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        made = dict(ageing.models(WHAT))
        found, sizes = ageing.resampled(WHAT, made, [examples.load(day)["subscriber_id"] for day in WHAT.made_for])
    months = ageing.by_month(found, sizes)
    months["dates_learnt"] = [len(WHAT.training(date.fromisoformat(day))) for day in months["made_for"]]
    return made, found, months, ageing.by_age(found)


@pytest.mark.parametrize(("label_days", "made_for", "training"), [
    (40, (APRIL, MAY, JUNE), ((1, 2), (1, 2, 3), (1, 2, 3, 4))), (70, (MAY, JUNE), ((1, 2), (1, 2, 3))),
    (31, (APRIL, MAY, JUNE), ((1, 2, 3), (1, 2, 3), (1, 2, 3, 4, 5)))])  # March's label is known on April 1, April's on May 2
def test_a_model_learns_from_dates_whose_label_was_known_when_it_was_made(label_days, made_for, training):
    what = replace(WHAT, label_days=label_days)
    assert what.made_for == made_for
    assert tuple(tuple(day.month for day in what.training(made)) for made in made_for) == training


def test_at_most_so_many_of_the_latest_dates_are_learnt_from():
    assert [day.month for day in replace(WHAT, recipe=replace(RECIPE, max_dates=2)).training(JUNE)] == [3, 4]


def test_too_short_a_history_is_refused():
    with pytest.raises(HistoryError, match="none has two earlier ones whose label was known by then"):
        _ = replace(WHAT, label_days=150).made_for


def test_a_model_does_not_know_what_came_after_it_was_made(run, project, tmp_path, monkeypatch):
    """Outcomes and features of months that were not known then are another world's, and the model is the same to the byte."""
    made, *_ = run
    shutil.copytree(project / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for day in set(WHAT.dates) - set(WHAT.training(MAY)):
        features, cohort = (tmp_path / "data" / name / str(day) / "part-0.parquet" for name in ("features", "cohorts"))
        table, outcome = pd.read_parquet(features), pd.read_parquet(cohort)
        table.assign(bill_last=-table["bill_last"], days_since_last_own_activity=99.0).to_parquet(features, index=False)
        outcome.assign(churned=~outcome["churned"]).to_parquet(cohort, index=False)
    again = dict(ageing.models(replace(WHAT, dates=tuple(day for day in WHAT.dates if day <= MAY))))
    assert again[MAY].texts == made[MAY].texts
    assert again[MAY].calibrator == made[MAY].calibrator
    assert again[APRIL].texts == made[APRIL].texts


def test_each_model_is_judged_on_its_own_month_and_every_later_one(run):
    pairs = {(made, day) for made, day, *_ in run[1]}
    assert pairs == {(APRIL, APRIL), (APRIL, MAY), (APRIL, JUNE), (MAY, MAY), (MAY, JUNE), (JUNE, JUNE)}


def test_the_figures_of_a_month_are_those_of_its_rows_with_strata_and_exits_apart(run, inside):
    made, _, months, _ = run
    rows, _ = examples.learnable(examples.load(JUNE))
    score = probabilities(made[APRIL], rows)
    assert set(months["part"]) == {"all", "exit: left", "exit: silent"}
    for stratum, part, capacity in (("open", "all", 100), ("one_way_stop", "all", 20), ("open", "exit: left", 100)):
        kept = (rows["stratum"] == stratum) & ((part == "all") | ~rows["churned"] | (rows["exit_kind"] == part.removeprefix("exit: ")))
        said = metrics.judge(rows.loc[kept, "churned"].to_numpy(), {"m": score[kept]}, capacity=capacity, times=1, probabilities=("m",))["m"]
        found = months[(months["made_for"] == str(APRIL)) & (months["as_of"] == str(JUNE))].set_index(["stratum", "part"])
        line = found.loc[stratum, part]
        assert (line["rows"], line["age_months"]) == (kept.sum(), 2)
        assert line["auc"] == pytest.approx(said["auc"].value, abs=1e-6)
        assert line["auc_low"] <= line["auc"] <= line["auc_high"]
        if part == "all":
            for metric in ("precision_at_capacity", "lift_at_capacity", "lift_top_decile", "predicted_over_observed", "calibration_slope"):
                assert line[metric] == pytest.approx(said[metric].value, abs=1e-6), metric
        else:
            assert np.isnan(line["lift_at_capacity"]), "an exit has no list of its own"


def test_a_fresh_model_has_not_changed_and_an_older_one_is_compared_with_the_fresh_one_of_each_month(run):
    _, found, _, ages = run
    mine = ages[(ages["stratum"] == "open") & (ages["part"] == "all")].set_index("age_months")
    assert list(mine["months"]) == [3, 2, 1]
    assert (mine.loc[0, ["auc_change", "auc_change_low", "auc_change_high", "lift_at_capacity_change"]] == 0).all()
    auc = {(made, day): samples["auc"][0] for (made, day, stratum, part), samples in found.items() if (stratum, part) == ("open", "all")}
    assert mine.loc[1, "auc"] == pytest.approx((auc[APRIL, MAY] + auc[MAY, JUNE]) / 2, abs=1e-6)
    expected = (auc[APRIL, MAY] - auc[MAY, MAY] + auc[MAY, JUNE] - auc[JUNE, JUNE]) / 2
    assert mine.loc[1, "auc_change"] == pytest.approx(expected, abs=1e-6)


def test_a_subscriber_is_drawn_alike_in_every_month():
    first, second = (np.concatenate(list(ageing.drawn(6, 30, 1, np.array(place)))) for place in ([0, 2, 4], [4, 0]))
    assert first.shape == (31, 3)
    assert (first[0] == 1).all()
    assert (first[:, [2, 0]] == second).all()
    assert first[1:].mean() == pytest.approx(1, abs=0.35)


def test_the_report_is_the_same_bytes_twice(run, tmp_path):
    _, _, months, ages = run
    for name in ("one", "two"):
        ageing_report.write_report(months, ages, tmp_path / name)
    files = {p.name: p.read_bytes() for p in (tmp_path / "one").iterdir()}
    assert set(files) == {"months.csv", "ages.csv", "ageing.md", "ageing_open.png", "ageing_one_way_stop.png"}
    assert files == {p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()}


def test_the_command_leaves_a_run_with_one_for_each_model_in_mlflow(inside, monkeypatch, capsys):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(timeline, "read_plan", lambda: PLAN)
    common = {name: getattr(COMMON, name) for name in COMMON.__dataclass_fields__}
    documents.write(Path("params.yaml"), {
        "common": common, "train": {"max_trees": 20, "patience": 5, "leaves": 7},
        "evaluate": {"capacity": 100, "one_way_stop_capacity": 20, "bootstrap": 20},
        "label": {"definition": "left", "gap_days": 10, "horizon_days": 30, "active_days": 30, "min_history_days": 90}}, "For the test.")
    hindsight_commands.backtest()
    assert "open, by age" in capsys.readouterr().out
    from churnkit import tracking

    client = tracking.opened()
    runs = client.search_runs([client.get_experiment_by_name("churnkit").experiment_id])
    outer = next(run for run in runs if "mlflow.parentRunId" not in run.data.tags)
    inner = {run.data.tags["as_of.made_for"]: run for run in runs if run.data.tags.get("mlflow.parentRunId") == outer.info.run_id}
    assert set(inner) == {str(APRIL), str(MAY), str(JUNE)}
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert outer.data.tags["label.definition"] == "left"
    history = client.get_metric_history(inner[str(MAY)].info.run_id, "monthly/open.auc")
    assert [(m.step, pd.Timestamp(m.timestamp, unit="ms").ceil("s").isoformat()) for m in history] == [(2, "2026-05-01T00:00:00"),
                                                                                                       (3, "2026-06-01T00:00:00")]
    assert [m.step for m in client.get_metric_history(outer.info.run_id, "age/open.lift_at_capacity")] == [0, 1, 2]
    assert not Path("reports/mlflow_run.json").exists(), "the run of the training is another"


def test_one_date_to_learn_from_is_refused():
    with pytest.raises(ParameterError, match="--max-dates must be 2 at least"):
        hindsight_commands.backtest(max_dates=1)
