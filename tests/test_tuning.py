"""The search fits on earlier dates and validates on later ones, repeats itself, and is taken only where it wins."""
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnkit import params, run_commands, tracking, tuning
from churnkit.errors import HistoryError, ParameterError
from churnkit.model import Learning, Model, read_learning
from churnkit.stages import train
from churnkit.timeline import add_months
from churnkit.tuning import Budget, Month
from invented import COMMON, PLAN, month

ROOT = Path(__file__).parent.parent
TRAINING = tuple(add_months(date(2025, 10, 1), n) for n in range(6))
EVALUATION = date(2026, 6, 1)
LONG = replace(PLAN, training=TRAINING, mature=(*TRAINING, EVALUATION))
POOR = {"learning_rate": 0.2, "leaves": 2, "depth": 1, "min_leaf_rows": 400, "column_share": 0.15, "row_share": 0.5, "l2": 100.0, "max_trees": 30}


def some_months(rows: int = 400) -> list[Month]:
    """Months whose outcomes are known 70 days later."""
    found = []
    for day in TRAINING:
        features, cohort = month(day, rows, 1, True)
        found.append(Month(day, features.drop(columns="subscriber_id"), cohort["churned"].to_numpy(dtype=int), cohort["subscriber_id"].to_numpy(),
                           day + timedelta(70)))
    return found


def write_long(root: Path) -> None:
    """The months of LONG under `root`, as label and featurize write them."""
    for day in LONG.mature:
        features, cohort = month(day, 400, 1, True)
        for name, table in (("features", features), ("cohorts", cohort.assign(matures_on=pd.Timestamp(day) + pd.Timedelta(days=70)))):
            (root / "data" / name / str(day)).mkdir(parents=True)
            table.to_parquet(root / "data" / name / str(day) / "part-0.parquet", index=False)


def learning(**choices: object) -> Learning:
    return read_learning({"max_trees": 30, "patience": 5, "threads": 2, **choices})


def test_every_fold_is_fitted_on_dates_whose_outcomes_were_known_on_the_date_it_is_judged_on() -> None:
    folds = tuning.folds(some_months())
    assert [([m.as_of for m in f.earlier], f.stop.as_of, f.later.as_of) for f in folds] == [
        ([TRAINING[0]], TRAINING[1], TRAINING[4]), (list(TRAINING[:2]), TRAINING[2], TRAINING[5])]


def test_an_outcome_that_was_known_a_day_too_late_is_not_learnt_from() -> None:
    in_time = [replace(month, matures_on=TRAINING[4]) if month.as_of == TRAINING[1] else month for month in some_months(50)]
    late = [replace(month, matures_on=TRAINING[4] + timedelta(1)) if month.as_of == TRAINING[1] else month for month in in_time]
    assert [f.later.as_of for f in tuning.folds(in_time)] == [TRAINING[4], TRAINING[5]]
    assert [f.later.as_of for f in tuning.folds(late)] == [TRAINING[5]]


def test_a_history_too_short_to_validate_on_says_so() -> None:
    with pytest.raises(HistoryError, match=r"train\.tune needs a training date by which two earlier ones are mature"):
        tuning.folds(some_months(50)[:4])


def test_months_in_which_nobody_left_are_not_fitted_alone() -> None:
    first, *others = some_months(50)
    calm = [replace(first, churned=np.zeros(50, dtype=int)), *others]
    assert [fold.later.as_of for fold in tuning.folds(calm)] == [TRAINING[5]]
    with pytest.raises(HistoryError):
        tuning.folds([replace(month, churned=np.zeros(50, dtype=int)) for month in calm])


def test_the_same_seed_and_trials_find_the_same_and_another_seed_finds_others() -> None:
    months = some_months()
    first, again, other = (tuning.search(months, learning(**POOR), Budget(4), seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.choices != other.choices
    assert first.trials == 4


def test_poor_choices_are_beaten_and_what_beats_them_is_taken() -> None:
    months = some_months(1500)
    found = tuning.search(months, learning(**POOR), Budget(5), seed=1)
    assert found.is_taken
    assert found.gain[0] == pytest.approx(found.own_loss - found.loss, abs=1e-6)
    checked = [tuning.losses(learning(**POOR | found.choices), fold, 1) for fold in tuning.folds(months)]
    assert found.loss == pytest.approx(np.mean([one.mean() for one in checked]), abs=1e-8)


def test_a_gain_within_its_interval_is_not_taken_and_no_gain_is_none() -> None:
    folds = tuning.folds(some_months(100))
    own = [np.full(100, 0.2) for _ in folds]
    better = [one - np.where(np.arange(100) < 1, 1.0, 0.0) for one in own]  # all of it by one subscriber, in both months
    found = tuning.Tuned({}, 0.19, 0.2, tuning.gained(own, better, folds), 1, 0, [], Budget(1))
    assert found.gain[:2] == pytest.approx((0.01, 0.01 - 1.96 * 0.01 * np.sqrt(0.99)), abs=1e-8)
    assert not found.is_taken
    assert tuning.gained(own, own, folds) == (0.0, 0.0, 0.0)


def test_a_hopeless_trial_is_given_up_before_the_last_date_and_the_best_never(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, date]] = []

    def losses(chosen: Learning, fold: tuning.Fold, seed: int) -> np.ndarray:
        asked.append((chosen.learning_rate, fold.later.as_of))
        return np.full(len(fold.later.churned), chosen.learning_rate)  # the lower the better

    monkeypatch.setattr(tuning, "losses", losses)
    found = tuning.search(some_months(50), learning(learning_rate=0.5), Budget(20), seed=1)
    dates = pd.DataFrame(asked[2:], columns=["rate", "day"]).groupby("rate")["day"].nunique()
    assert found.pruned == (dates == 1).sum() > 0
    assert dates.iloc[0] == 2
    assert found.choices["learning_rate"] == dates.index[0]


def test_minutes_end_a_search_and_are_said_not_to_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "losses", lambda chosen, fold, seed: np.full(len(fold.later.churned), chosen.learning_rate))
    clock = iter(range(0, 10_000, 30))
    monkeypatch.setattr("churnkit.tuning.time.monotonic", lambda: next(clock))
    found = tuning.search(some_months(50), learning(), Budget(0, 2.0), seed=1)
    assert found.trials == 3  # looked at 30, 60 and 90 seconds, over at 120
    assert found.written()["is_repeatable"] is False
    assert "not to be repeated exactly" in found.said


def test_a_training_with_a_search_records_it_and_learns_by_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                         capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    write_long(tmp_path)
    chosen = train.Params(**POOR, tune=Budget(3))
    train.run(chosen, COMMON, LONG)
    report, model = json.loads(Path("reports/train.json").read_text("utf-8"))["tuning"], Model.load("models/latest")
    assert model.notes["tuning"] == report
    learnt_by = {name: getattr(model.learning, name) for name in tuning.SPACE}
    assert learnt_by == (report["choices"] if report["is_taken"] else {name: POOR[name] for name in tuning.SPACE})
    run = tracking.last_run()
    assert run is not None
    trials = tracking.store.searched(run.client, run.client.get_run(run.run_id).info.experiment_id, f"tags.`mlflow.parentRunId` = '{run.run_id}'")
    assert sorted(trial.info.run_name for trial in trials) == ["trial-1", "trial-2", "trial-3"]
    assert {trial.info.status for trial in trials} == {"FINISHED"}
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("tune")]
    assert [line.partition(":")[0] for line in lines] == ["tune 0 of 3", "tune 1 of 3", "tune 2 of 3", "tune 3 of 3", "tune"]
    before = {p.name: p.read_bytes() for p in Path("models/latest").iterdir()}
    train.run(replace(chosen, track=False), replace(COMMON, threads=1), LONG)
    assert {p.name: p.read_bytes() for p in Path("models/latest").iterdir()} == before


def tuned_by(monkeypatch: pytest.MonkeyPatch, loss: float, low: float) -> None:
    """`churnkit tune` where the search finds this."""
    found = tuning.Tuned({"leaves": 7}, loss, 0.2, (0.2 - loss, low, 0.3), 30, 2, ["2026-03-01"], Budget(30))
    monkeypatch.setattr("churnkit.stages.train.search", lambda *_: found)
    monkeypatch.setattr("churnkit.params.load", lambda name, section: train.Params(track=False) if name == "train" else COMMON)
    monkeypatch.setattr("churnkit.timeline.read_plan", lambda: PLAN)
    run_commands.tune()


def test_the_lines_to_paste_are_printed_only_where_they_win_and_the_search_is_told_once(monkeypatch: pytest.MonkeyPatch,
                                                                                     capsys: pytest.CaptureFixture[str]) -> None:
    tuned_by(monkeypatch, 0.1, 0.05)
    told = capsys.readouterr()
    assert (told.out.splitlines()[1:], told.err) == (["train:", "  leaves: 7"], "")
    tuned_by(monkeypatch, 0.1, -0.05)
    assert capsys.readouterr().out == ("# 30 trials (2 pruned) lower the log loss by 0.10000 [-0.05000, 0.30000] on 2026-03-01; "
                                       "not beyond the interval, so params.yaml's own choices are as good.\n")
    tuned_by(monkeypatch, 0.2, 0.0)
    assert capsys.readouterr().out == "# 30 trials (2 pruned) found nothing better than params.yaml's own choices on 2026-03-01.\n"


def test_what_is_shipped_does_not_search_and_a_budget_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    assert not params.load("train", train.Params, ROOT / "params.yaml").tune.is_on
    path = tmp_path / "params.yaml"
    for said, why in (("{trials: -1}", "'tune' trials must be 0"), ("{trials: 1}, learning_rate: -1",
                       "section 'train': learning_rate must be above 0 and at most 1, got -1.0"),
                      ("{minutes: 0}", "'tune' minutes must be more than 0"),
                      ("{tries: 1}", "unknown key 'tune.tries'")):
        path.write_text(f"train: {{tune: {said}}}", "utf-8")
        with pytest.raises(ParameterError, match=why):
            params.load("train", train.Params, path)
