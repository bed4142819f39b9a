"""The champion gives way only to a model that wins on a month that neither has seen; runs are compared on the same subscribers."""
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnkit import champion, comparison, comparison_page, examples, metrics, promotion, run_commands
from churnkit.errors import ChecksumError, InputError, PolicyError
from churnkit.model import Model
from churnkit.run_page import SHOWN
from churnkit.stages import evaluate, score, train
from churnkit.timeline import Plan
from churnkit.tracking import lookup
from invented import COMMON, EVALUATION, PLAN, REGISTRY, SCORING, TRAINING, write_months

WEAK = train.Params(learning_rate=0.1, leaves=4, max_trees=3,
                    without=("days_since_last_own_activity", "outgoing_minutes_30d", "is_forwarding_active"))
STRONG = train.Params(learning_rate=0.1, leaves=15, max_trees=60)
EVALUATE = evaluate.Params(capacity=150, bootstrap=60)
CHAMPION = Path("models/champion")


def trained(params: train.Params) -> None:
    train.run(params, COMMON, PLAN)
    evaluate.run(EVALUATE, COMMON, PLAN)


def read(path: str) -> dict:
    return json.loads(Path(path).read_text("utf-8"))


def amended(path: str, **values: object) -> None:
    """A report with other values."""
    Path(path).write_text(json.dumps(read(path) | values), "utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a weak champion, promoted by force, and a strong model beside it."""
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        write_months(root)
        trained(WEAK)
        run_commands.promote("somebody must begin")
        trained(STRONG)
    return root


@pytest.fixture
def inside(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of models, reports and store to alter, beside the months of the project."""
    for name in ("models", "reports"):
        shutil.copytree(project / name, tmp_path / name)
    shutil.copy(project / "mlflow.db", tmp_path / "mlflow.db")
    (tmp_path / "data").symlink_to(project / "data")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_forced_promotion_is_recorded_with_its_reason(inside: Path) -> None:
    promoted = champion.promotion()["promoted"]
    assert (promoted["forced"], promoted["replaces"]) == ("somebody must begin", None)
    (run,) = lookup.find(["champion"])
    assert (run.tags["promoted.forced"], run.run_id) == ("somebody must begin", promoted["run_id"])


def test_the_champion_is_judged_on_the_same_rows_and_the_difference_is_paired(inside: Path) -> None:
    metrics = read("reports/metrics.json")
    beside = metrics["champion"]
    assert (beside["is_compared"], beside["model_that"], beside["knows_until"]) == (True, "was judged", str(TRAINING[-1]))
    gain = beside["open"]["gain"]
    for name in ("auc", "pr_auc", "precision_at_capacity"):
        assert gain[name] == pytest.approx(metrics["open"][name] - beside["open"][name], abs=2e-6)
    assert gain["log_loss_saved"] == pytest.approx(beside["open"]["log_loss"] - metrics["open"]["log_loss"], abs=2e-6)
    assert {"brier", "predicted_over_observed", "calibration_slope", "log_loss_high"} < set(gain)
    unpaired = np.hypot(*(found["auc_high"] - found["auc_low"] for found in (metrics["open"], beside["open"])))
    assert gain["auc_high"] - gain["auc_low"] < unpaired


def test_who_wins_beyond_the_interval_takes_the_place_and_the_alias_and_is_then_not_compared_with_itself(inside: Path) -> None:
    assert read("reports/metrics.json")["champion"]["wins"] is True
    run_commands.promote(None)
    copied = files(CHAMPION)
    assert copied == files(promotion.LATEST) | {f"evaluated/{name}": content for name, content in files(Path("models/evaluated")).items()} | {
        "promotion.json": copied["promotion.json"]}
    assert champion.promotion()["promoted"]["forced"] is None
    newest, before = lookup.find(["champion", "latest~1"])
    assert newest.run_id == lookup.find(["latest"])[0].run_id
    assert "champion" not in before.aliases
    with pytest.raises(InputError, match=r"models/champion holds \w{12}, but the reports are about \w{12}; run `make repro`"):
        promotion.candidate()
    evaluate.run(EVALUATE, COMMON, PLAN)
    beside = read("reports/metrics.json")["champion"]
    assert (beside["is_compared"], beside["reason"]) == (False, "the champion is this very model")


def test_promoting_the_champion_again_changes_no_byte(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_commands.promote(None)
    before = files(CHAMPION)
    run_commands.promote(None)
    assert "is the champion already" in capsys.readouterr().out
    assert files(CHAMPION) == before


@pytest.mark.parametrize(("gain", "wins"), [
    ((0.02, 0.001, 0.04, 0.01, 0.0001), True), ((0.02, 0.0, 0.04, 0.01, 0.0001), False), ((0.02, -0.01, 0.04, 0.01, 0.0001), False),
    ((0.02, 0.001, 0.04, -0.001, 0.0001), False), ((0.02, 0.001, 0.04, 0.01, -0.0001), False)])
def test_a_challenger_wins_when_precision_gains_beyond_its_interval_and_nothing_else_loses_beyond_its_own(gain: tuple, wins: bool) -> None:
    more, low, high, auc_high, saved_high = gain
    told = champion.ruling({"gain": {"precision_at_capacity": more, "precision_at_capacity_low": low, "precision_at_capacity_high": high,
                                     "auc_high": auc_high, "pr_auc_high": None, "log_loss_saved_high": saved_high}})
    assert told["wins"] is wins


def test_who_does_not_win_is_refused_unless_forced(inside: Path) -> None:
    amended("reports/metrics.json", champion=read("reports/metrics.json")["champion"] | {"wins": False, "reason": "not beyond the interval"})
    before = files(CHAMPION)
    with pytest.raises(PolicyError, match=r"is not promoted: not beyond the interval\..*--force REASON"):
        run_commands.promote(None)
    assert files(CHAMPION) == before
    run_commands.promote("the old one reads a table that is gone")
    assert champion.promotion()["promoted"]["forced"] == "the old one reads a table that is gone"
    assert champion.identity(CHAMPION) == champion.identity(promotion.LATEST)


def test_a_model_that_loses_to_a_baseline_is_not_promoted_though_it_beats_the_champion(inside: Path) -> None:
    amended("reports/verdict.json", beats_baselines=False, reason="days of silence alone find more")
    with pytest.raises(PolicyError, match="not promoted: days of silence alone find more"):
        run_commands.promote(None)


def test_reports_of_another_model_are_no_reason_to_promote_this_one(inside: Path) -> None:
    amended("reports/train.json", models={"latest": "0" * 12})
    with pytest.raises(InputError, match=r"models/latest holds \w{12}, but the reports are about 0{12}; run `make repro`"):
        run_commands.promote(None)


def test_an_altered_model_is_not_promoted_and_the_champion_stays_whole(inside: Path) -> None:
    before = files(CHAMPION)
    path = promotion.LATEST / "booster-0.txt"
    path.write_text(path.read_text("utf-8").replace("leaf_value=", "leaf_value=9", 1), "utf-8")
    with pytest.raises(ChecksumError, match=r"booster-0\.txt"):
        run_commands.promote(None)
    assert files(CHAMPION) == before
    assert sorted(p.name for p in Path("models").iterdir()) == ["champion", "evaluated", "latest"]


def moved(training: tuple[date, ...]) -> Plan:
    """The plan with other dates to learn from."""
    return replace(PLAN, training=training)


def test_of_the_champions_models_the_one_stands_that_knows_no_more_than_the_newest_may(inside: Path) -> None:
    judged, scoring = champion.standing(moved(TRAINING)), champion.standing(moved((*TRAINING, EVALUATION)))
    assert judged == champion.Standing(CHAMPION / "evaluated", "was judged", TRAINING[-1])
    assert scoring == champion.Standing(CHAMPION, "scores", EVALUATION)
    assert champion.standing(moved(TRAINING[:2])) is None


def test_a_champion_that_foretells_something_else_or_has_seen_too_much_is_not_compared(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.DataFrame({"stratum": ["open"], "churned": [True]})
    told = champion.beside(rows, np.zeros(1), moved(TRAINING[:2]), {"open": 1}, times=20, seed=1, threads=1)
    assert (told["is_compared"], told["reason"]) == (False, f"the champion has seen outcomes that were not known on {EVALUATION}")
    monkeypatch.setattr("churnkit.examples.label_definition", lambda: "left")
    told = champion.beside(rows, np.zeros(1), PLAN, {"open": 1}, times=20, seed=1, threads=1)
    assert told["reason"] == "the champion foretells None, this month is labelled 'left'"


def test_a_champion_of_another_window_is_not_compared(inside: Path) -> None:
    card = Path("models/champion/card.json")
    content = json.loads(card.read_text("utf-8"))
    assert content["notes"]["label_window"] is None  # there was no params.yaml
    card.write_text(json.dumps(content | {"notes": content["notes"] | {"label_window": [10, 40]}}), "utf-8")
    Path("params.yaml").write_text("label: {gap_days: 10, horizon_days: 60}\n", "utf-8")
    rows = pd.DataFrame({"stratum": ["open"], "churned": [True]})
    told = champion.beside(rows, np.zeros(1), PLAN, {"open": 1}, times=20, seed=1, threads=1)
    assert (told["wins"], told["reason"]) == (None, "the champion foretells leaving from day 10 to 40, this month is labelled from day 10 to 70")


def test_score_takes_the_champion_where_asked_and_says_when_there_is_none(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("churnkit.features.REGISTRY", REGISTRY, raising=False)
    Path("data").unlink()
    write_months(inside)
    by = {}
    for name in ("champion", "latest"):
        score.run(score.Params(model=name), COMMON, PLAN)
        by[name] = pd.read_parquet(f"data/scores/{SCORING}").set_index("subscriber_id")["margin"]
    table = pd.read_parquet(f"data/features/{SCORING}").merge(pd.read_parquet(f"data/cohorts/{SCORING}")[["subscriber_id", "stratum"]])
    for name, scored in by.items():
        model, given = Model.load(Path("models") / name), table.set_index("subscriber_id").loc[scored.index]
        assert scored.to_numpy() == pytest.approx(model.predict_margin(given[model.feature_names]), abs=1e-6)
    assert not np.allclose(by["champion"], by["latest"])
    (CHAMPION / "card.json").unlink()
    with pytest.raises(InputError, match=r"score\.model is champion, but there is none yet: `churnkit promote`"):
        score.run(score.Params(model="champion"), COMMON, PLAN)


def test_two_runs_are_compared_on_the_same_subscribers_and_say_what_was_chosen_otherwise(inside: Path) -> None:
    metrics = read("reports/metrics.json")
    found = comparison.compare(lookup.find(["latest~1", "latest"]))
    assert found.how == [f"paired: both models on the same {metrics['open']['rows']:,} open subscribers of {EVALUATION}"]
    assert found.params["leaves"] == ["4", "15"]
    assert "learning_rate" not in found.params
    gain, (told,) = metrics["champion"]["open"]["gain"], found.differences["open/auc"]
    assert told is not None
    assert (told.is_paired, told.is_beyond) == (True, True)
    assert (told.value, told.low, told.high) == pytest.approx((gain["auc"], gain["auc_low"], gain["auc_high"]), abs=2e-6)
    page = comparison_page.page(found)
    assert max(len(line) for line in page.splitlines()) <= 80
    row = next(line for line in page.splitlines() if line.startswith("  auc "))
    assert row.split() == ["auc", *(f"{run.metrics['open/auc']:.4f}" for run in found.runs), f"{told.value:+.4f}",
                           f"[{told.low:+.4f},", f"{told.high:+.4f}]", "*"]
    assert json.loads(json.dumps(comparison.as_json(found)))["metrics"]["open/auc"]["differences"][0]["is_beyond"] is True


def test_a_run_held_against_itself_differs_in_nothing(inside: Path) -> None:
    found = comparison.compare(lookup.find(["latest", "latest"]))
    assert found.how == ["they are the same run"]
    assert (found.params, found.tags) == ({}, {})
    assert {(one.value, one.low, one.high) for row in found.differences.values() for one in row if one} == {(0.0, None, None)}


def test_every_interval_beside_paired_ones_is_paired_and_of_a_model_trained_twice_it_is_nothing(inside: Path) -> None:
    trained(STRONG)
    before, latest = lookup.find(["latest~1", "latest"])
    found = comparison.compare([before, latest])
    assert found.how[0].startswith("paired: both models on the same")
    assert found.how[0].endswith("; they are the same model")
    bounded = {name: (one.low, one.high, one.is_paired) for name, (one,) in found.differences.items() if one and one.low is not None}
    assert {f"open/{name}" for name in SHOWN} == set(bounded)
    assert set(bounded.values()) == {(0.0, 0.0, True)}


def test_the_paired_interval_of_a_probabilitys_metric_is_that_of_the_difference_on_the_same_samples(inside: Path) -> None:
    weak, strong = lookup.find(["latest~1", "latest"])
    found = comparison.compare([weak, strong])
    rows, _ = examples.learnable(examples.load(EVALUATION))
    rows = rows[rows["stratum"] == "open"].reset_index(drop=True)
    churned = rows["churned"].to_numpy(dtype=float)
    drawn = metrics.draws(len(rows), EVALUATE.bootstrap, COMMON.seed).astype(float)
    scores = []
    for folder in (CHAMPION / "evaluated", Path("models/evaluated")):
        model = Model.load(folder)
        scores.append(model.predict_proba(examples.given(examples.features_of(rows), model.feature_names)))
    apart = (drawn @ scores[1] - drawn @ scores[0]) / (drawn @ churned)
    (told,) = found.differences["open/predicted_over_observed"]
    assert told is not None
    assert told.is_paired
    assert (told.low, told.high) == pytest.approx(np.percentile(apart[1:], [2.5, 97.5]), abs=2e-6)


def test_where_the_month_has_changed_the_intervals_of_the_runs_serve_and_that_is_said(inside: Path) -> None:
    Path("data").unlink()
    write_months(inside, rows=300)
    found = comparison.compare(lookup.find(["latest~1", "latest"]))
    assert found.how == [f"not paired: data/features/{EVALUATION} is not the table that both were judged on"]
    (told,), (a, b) = found.differences["open/auc"], (run.metrics["open/auc"] for run in found.runs)
    half = np.hypot(*((run.metrics["interval/auc_high"] - run.metrics["interval/auc_low"]) / 2 for run in found.runs))
    assert told is not None
    assert told.is_paired is False
    assert (told.value, told.low, told.high) == pytest.approx((b - a, b - a - half, b - a + half))


def test_three_runs_are_held_against_the_first_each_in_80_columns_and_no_name_or_interval_is_broken(inside: Path) -> None:
    found = comparison.compare(lookup.find(["champion", "latest", "latest~1"]))
    found.metrics["money/list_yuan"] = [-12345.678, 54321.9, None]
    found.differences["money/list_yuan"] = [comparison.Difference(66667.578), None]
    page = comparison_page.page(found)
    assert "Metrics of B beside A" in page
    assert "Metrics of C beside A" in page
    assert max(len(line) for line in page.splitlines()) <= 80
    words = {word for line in page.splitlines() for word in line.split()}
    assert {comparison.heading(name)[1] for name, values in found.metrics.items() if len(set(values)) > 1 and None not in values} <= words
    assert all(line.count("[") == line.count("]") for line in page.splitlines())
    assert "gain over logistic" in page
    assert next(line for line in page.splitlines() if line.startswith("  list_yuan")).split() == ["list_yuan", "-12,346", "54,322", "+66,668"]


def test_latest_is_the_run_of_the_model_that_is_there_and_else_the_newest(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weak, strong = lookup.find(["latest~1", "latest"])
    assert lookup.find(["latest"], champion.identity(promotion.LATEST))[0].run_id == strong.run_id
    shutil.rmtree(promotion.LATEST)
    shutil.copytree(CHAMPION, promotion.LATEST, ignore=shutil.ignore_patterns("evaluated", champion.PROMOTION))  # as after going back
    run_commands.compare(["champion", "latest"], json=True)
    told = capsys.readouterr()
    assert [run["run_id"] for run in json.loads(told.out)["runs"]] == [weak.run_id, weak.run_id]
    assert f"latest is {weak.name}, which trained the model of models/latest." in told.err
    shutil.rmtree(promotion.LATEST)
    run_commands.compare(["champion", "latest"], json=True)
    told = capsys.readouterr()
    assert [run["run_id"] for run in json.loads(told.out)["runs"]] == [weak.run_id, strong.run_id]
    assert f"latest is {strong.name}, the newest training; no run that MLflow knows trained what models/latest holds." in told.err


def test_the_page_of_a_run_has_the_card_as_its_description_and_few_metrics_by_group(inside: Path) -> None:
    (run,) = lookup.find(["latest"])
    card, metrics = run.tags["mlflow.note.content"], read("reports/metrics.json")
    assert f"judged on {EVALUATION}" in card
    assert f"| AUC | {metrics['open']['auc']:.3f} [{metrics['open']['auc_low']:.3f}, {metrics['open']['auc_high']:.3f}] |" in card
    assert "Beside the champion: precision at capacity differs" in card
    assert {name.partition("/")[0] for name in run.metrics} == {"open", "one_way_stop", "interval", "gain", "kinds", "money", "champion", "monthly"}
    assert len(run.metrics) < 60
