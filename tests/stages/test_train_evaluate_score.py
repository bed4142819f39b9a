"""Train, evaluate and score on invented months, end to end."""
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnkit import examples, feature_columns, judgement, tracking
from churnkit.errors import ChecksumError, HistoryError, InputError, ParameterError
from churnkit.model import Model
from churnkit.stages import evaluate, score, train
from invented import COMMON, EVALUATION, PLAN, REGISTRY, SCORING, TRAINING, write_months

TRAIN = train.Params(learning_rate=0.1, leaves=15, max_trees=60, track=False)
EVALUATE = evaluate.Params(capacity=100, bootstrap=50)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the three stages have run."""
    root = tmp_path_factory.mktemp("project")
    write_months(root)
    run_all(root)
    return root


def run_all(root: Path, threads: int = 2) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr("churnkit.features.REGISTRY", REGISTRY, raising=False)
        common = replace(COMMON, threads=threads)
        train.run(TRAIN, common, PLAN)
        evaluate.run(EVALUATE, common, PLAN)
        score.run(score.Params(), common, PLAN)


@pytest.fixture
def inside(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    monkeypatch.setattr("churnkit.features.REGISTRY", REGISTRY, raising=False)
    return project


def read_json(path: str) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def test_the_judged_model_saw_only_dates_before_evaluation_and_the_scoring_model_all_mature_ones(inside: Path) -> None:
    report = read_json("reports/train.json")
    assert [line["as_of"] for line in report["fitted"] + report["calibrated"]] == [str(day) for day in TRAINING]
    assert [line["as_of"] for line in report["refitted"]] == [str(day) for day in PLAN.mature]
    judged, scoring = Model.load("models/evaluated"), Model.load("models/latest")
    assert judged.rows == sum(line["used"] for line in report["fitted"])
    assert scoring.rows == sum(line["used"] for line in report["refitted"])
    assert judged.notes["fitted_on"] == [str(day) for day in TRAINING[:-1]]
    assert "models/evaluated" in scoring.notes["metrics"]
    assert (judged.trees, judged.calibrator) == (scoring.trees, scoring.calibrator)


def test_the_censored_are_counted_and_neither_fitted_nor_judged(inside: Path) -> None:
    cohorts = [pd.read_parquet(f"data/cohorts/{day}") for day in TRAINING]
    report = read_json("reports/train.json")
    assert [line["censored"] for line in report["fitted"] + report["calibrated"]] == [int(c["is_censored"].sum()) for c in cohorts]
    judged = pd.read_parquet(f"data/cohorts/{EVALUATION}").query("~is_censored")
    metrics = read_json("reports/metrics.json")
    assert metrics["open"]["rows"] == (judged["stratum"] == "open").sum()
    assert metrics["open"]["churned"] == (judged["churned"] & (judged["stratum"] == "open")).sum()


def test_no_column_of_the_outcome_is_a_feature(inside: Path) -> None:
    assert not {"churned", "exit_kind", "matures_on", "is_censored", "subscriber_id", "as_of"} & set(Model.load("models/latest").feature_names)
    assert "stratum" in Model.load("models/latest").feature_names


def test_metrics_have_intervals_baselines_and_exit_kinds(inside: Path) -> None:
    found = read_json("reports/metrics.json")["open"]
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    assert found["auc"] > 0.75
    assert set(found["baselines"]) == set(found["gain_over"]) == {"seed_rules", "silence_alone", "logistic"}
    assert set(found["exit_kinds"]) == {"left", "silent"}
    gain = found["gain_over"]["silence_alone"]
    assert gain["auc"] == pytest.approx(found["auc"] - found["baselines"]["silence_alone"]["auc"], abs=2e-6)


def test_the_verdict_is_whether_any_baseline_finds_more(inside: Path) -> None:
    verdict = read_json("reports/verdict.json")
    assert verdict["beats_baselines"] == (verdict["model"] >= max(verdict["baselines"].values()))
    assert "of 100 open subscribers called first" in verdict["reason"]


def test_segments_add_up_to_the_open_stratum(inside: Path) -> None:
    segments, metrics = pd.read_csv("reports/segments.csv"), read_json("reports/metrics.json")
    assert set(segments["dimension"]) == {"branch", "payment_kind", "tenure"}
    assert (segments.groupby("dimension")["rows"].sum() == metrics["open"]["rows"]).all()
    assert set(segments.loc[segments["dimension"] == "branch", "segment"]) == {"江西/南昌", "江西/九江"}


def test_plots_and_figures_are_there(inside: Path) -> None:
    assert {p.stem for p in Path("reports/plots").iterdir()} == {"gains", "lift", "precision_recall", "roc", "calibration", "importance", "profit"}
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in Path("reports/figures").iterdir())
    assert {p.stem for p in Path("reports/figures").iterdir()} == {"gains", "calibration", "scores", "importance", "tenths", "profit"}


def test_the_gains_chart_and_the_page_say_the_same_share_found(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {}
    monkeypatch.setattr("churnkit.figures.save", lambda figure, path: drawn.update({path.name: figure}))
    metrics = read_json("reports/metrics.json")["open"]
    rows, _ = examples.learnable(examples.load(EVALUATION))
    model = Model.load(evaluate.EVALUATED)
    scored = judgement.score(model, examples.learnable(examples.load_all(TRAINING))[0], rows)
    evaluate.draw(Path("figures"), scored, model, metrics["capacity"], metrics["recall_at_capacity"],
                  pd.read_csv("reports/deciles.csv"), None)
    (axes,) = drawn["gains.png"].axes
    shares, found = axes.lines[0].get_data()
    share = 100 * metrics["capacity"] / metrics["rows"]
    assert axes.texts[0].get_text().endswith(f"reach {100 * metrics['recall_at_capacity']:.0f}% of churners")
    assert np.interp(share, shares, found) == pytest.approx(100 * metrics["recall_at_capacity"], abs=0.2)


def test_everyone_is_scored_once_in_order_the_censored_too(inside: Path) -> None:
    scores = pd.read_parquet(f"data/scores/{SCORING}")
    cohort = pd.read_parquet(f"data/cohorts/{SCORING}")
    assert scores["subscriber_id"].tolist() == sorted(cohort["subscriber_id"])
    assert scores["churn_probability"].between(0, 1).all()
    assert scores["is_censored"].sum() == cohort["is_censored"].sum()
    assert (scores.sort_values("margin")["churn_probability"].diff().dropna() >= 0).all()


def test_reasons_are_true_of_the_customer(inside: Path) -> None:
    scores = pd.read_parquet(f"data/scores/{SCORING}").merge(pd.read_parquet(f"data/features/{SCORING}"), on="subscriber_id")
    silent = scores[scores["reason_1_group"] == "silence"]
    assert len(silent)
    assert (silent["reason_1_zh"] == [f"已{days:.0f}天没有使用" for days in silent["days_since_last_own_activity"]]).all()
    assert (silent["days_since_last_own_activity"] > scores["days_since_last_own_activity"].median()).all()
    assert scores["reason_1_zh"].isna().any()
    assert not scores.loc[~score.riskiest(scores, score.Params().explained_share), "reason_1_zh"].notna().any()


def written(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for top in ("models", "reports", "data/scores") for p in (root / top).rglob("*") if p.is_file()}


def test_one_thread_writes_the_same_bytes_as_two(project: Path, tmp_path: Path) -> None:
    write_months(tmp_path)
    run_all(tmp_path, threads=1)
    again, before = written(tmp_path), written(project)
    assert again.keys() == before.keys()
    assert [name for name in again if again[name] != before[name]] == []


def test_training_and_its_evaluation_are_one_mlflow_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    write_months(tmp_path, rows=600)
    train.run(replace(TRAIN, track=True), COMMON, PLAN)
    evaluate.run(EVALUATE, COMMON, PLAN)
    run = tracking.last_run()
    assert run is not None
    kept = run.client.get_run(run.run_id)
    assert kept.data.metrics["open/auc"] == pytest.approx(read_json("reports/metrics.json")["open"]["auc"])
    assert kept.data.tags["as_of.training"] == ",".join(map(str, TRAINING))
    assert {i.dataset.name for i in kept.inputs.dataset_inputs} == {f"features/{day}" for day in PLAN.mature} | {f"cohorts/{EVALUATION}"}
    assert {a.path for a in run.client.list_artifacts(run.run_id)} == {
        "model", "evaluated", "figures", "plots", "input_example.json", "evaluation", "metrics.json", "verdict.json"}
    example = json.loads(Path(run.client.download_artifacts(run.run_id, "input_example.json")).read_text(encoding="utf-8"))
    assert np.isfinite(Model.load("models/latest").predict_proba(pd.DataFrame([example]))).all()


def test_an_altered_model_scores_nobody(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("churnkit.features.REGISTRY", REGISTRY, raising=False)
    Model.load(project / "models/latest").save(tmp_path / "models/latest")
    path = tmp_path / "models/latest/booster-0.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("leaf_value=", "leaf_value=9", 1), encoding="utf-8")
    with pytest.raises(ChecksumError, match=r"booster-0\.txt"):
        score.run(score.Params(), COMMON, PLAN)


def test_a_feature_to_leave_out_must_exist(inside: Path) -> None:
    with pytest.raises(ParameterError, match=r"train\.without names nothing_such"):
        train.run(replace(TRAIN, without=("nothing_such",)), COMMON, PLAN)


def test_features_and_cohort_of_other_subscribers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_months(tmp_path, rows=60)
    path = tmp_path / f"data/cohorts/{EVALUATION}/part-0.parquet"
    pd.read_parquet(path).head(50).to_parquet(path)
    with pytest.raises(InputError, match="60 and 50"):
        examples.load(EVALUATION)
    with pytest.raises(InputError, match="holds no rows"):
        examples.read(tmp_path / "data/features/2020-01-01")


@pytest.mark.parametrize("table", ["features", "cohorts"])
def test_a_table_that_was_cut_short_is_named(table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_months(tmp_path, rows=60)
    path = Path(f"data/{table}/{EVALUATION}/part-0.parquet")
    path.write_bytes(path.read_bytes()[:300])
    for read in (lambda: examples.load(EVALUATION), lambda: feature_columns.months(Path("data/features"), Path("data/cohorts"), [EVALUATION])):
        with pytest.raises(InputError, match=f"{path} is damaged .*; run `dvc repro`"):
            read()


def test_a_date_without_a_feature_reads_it_as_missing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    write_months(tmp_path, rows=60)
    path = tmp_path / f"data/features/{TRAINING[0]}/part-0.parquet"
    pd.read_parquet(path).drop(columns="bill_last").to_parquet(path)
    rows = examples.load_all(TRAINING)
    assert rows.groupby("as_of")["bill_last"].count().to_numpy()[0] == 0
    assert np.all(rows.groupby("as_of")["bill_last"].count().to_numpy()[1:] == 60)
    assert f"{TRAINING[0]} lacks bill_last" in capsys.readouterr().err


def test_a_month_that_lacks_what_the_model_reads_is_scored_as_if_it_were_missing_and_that_is_said(
        tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("churnkit.features.REGISTRY", REGISTRY, raising=False)
    Model.load(project / "models/latest").save(tmp_path / "models/latest")
    write_months(tmp_path, rows=60)
    path = tmp_path / f"data/features/{SCORING}/part-0.parquet"
    pd.read_parquet(path).drop(columns=["plan", "bill_last"]).to_parquet(path)
    score.run(score.Params(), COMMON, PLAN)
    assert len(pd.read_parquet(tmp_path / f"data/scores/{SCORING}")) == 60
    assert "the model reads bill_last, plan, which this month lacks: missing for everyone." in capsys.readouterr().err


def test_a_month_nobody_of_whom_has_an_outcome_teaches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_months(tmp_path, rows=60)
    with pytest.raises(HistoryError, match="no example has a known outcome"):
        examples.learnable(examples.load(SCORING))


def test_who_is_riskier_than_most_of_all_is_given_reasons_even_where_most_of_a_stratum_are():
    scores = pd.DataFrame({"stratum": ["open"] * 6 + ["one_way_stop"] * 3, "margin": [-4.0, -3, -2, -1, -0.5, 0.5, 0.0, 1, 2]})
    scores["risk_percentile"] = 100 * scores.groupby("stratum")["margin"].rank(pct=True)
    assert score.riskiest(scores, 0.5).tolist() == [False] * 3 + [True] * 6
    assert score.riskiest(scores, 0.2).tolist() == [False] * 4 + [True, True, False, True, True]
