"""The notebooks run on what the pipeline leaves, say what was planted, and leave pictures that show something."""
import runpy
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from churnkit import engine
from churnkit.stages import evaluate, train
from churnkit.timeline import summary, write_plan
from invented import COMMON, EVALUATION, PLAN, SCORING, write_months

ROOT = Path(__file__).parent.parent
DELIVERY = "2025-08..2026-08"
FIGURES = Path("reports/notebooks")
TRAINED = train.Params(max_trees=10, leaves=7, track=False)


@pytest.fixture(autouse=True)
def _in_a_project_of_its_own(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")  # MLflow keeps one open that it knows by the same name
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    monkeypatch.delenv("CHURNKIT_RUNS", raising=False)
    write_months(tmp_path, rows=1000)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / "data" / "extracts" / DELIVERY).mkdir(parents=True)
    (tmp_path / "data" / "extracts" / DELIVERY / "calls.csv").touch()
    sees = dict.fromkeys((*PLAN.mature, SCORING), (DELIVERY,))
    write_plan(replace(PLAN, deliveries=(DELIVERY,), sees=sees, after=sees), "0" * 8, tmp_path / "months.yaml")
    yield
    engine.close_session()


def opened(name: str) -> dict[str, Any]:
    """What a notebook's names stand for when it has run."""
    return runpy.run_path(str(ROOT / "notebooks" / f"{name}.py"))


def pictures() -> set[str]:
    """The names of the figures, each of which has a thing to show: many colours, and ink on more than a corner."""
    from matplotlib import image

    for path in FIGURES.iterdir():
        ink = image.imread(path)[..., :3].min(axis=2) < 0.95
        assert ink.mean() > 0.01, path
        assert ink.any(axis=0).mean() > 0.6, path
    return {path.stem for path in FIGURES.iterdir()}


def write_days() -> None:
    """Half a year of days of use, one call on every second day; who churns makes none in the three weeks before the evaluation."""
    cohort = pd.read_parquet(f"data/cohorts/{EVALUATION}").head(200)
    days = np.arange(np.datetime64("2026-02-01"), np.datetime64("2026-08-31")).astype(int)
    told = pd.MultiIndex.from_product([cohort["subscriber_id"], days], names=["subscriber_id", "day"]).to_frame(index=False)
    gone = told["subscriber_id"].isin(cohort.loc[cohort["churned"].fillna(False), "subscriber_id"])
    evaluation = int(np.datetime64(EVALUATION).astype(int))
    calls = (told["day"] % 2 == 0) & ~(gone & (told["day"] >= evaluation - 21))
    told = told.assign(received_day=told["day"] + 1, own_events=calls.astype(int), out_calls=calls.astype(int), out_s=60 * calls.astype(int))
    told = told.assign(**dict.fromkeys(("in_answered", "sms_out", "fwd_unconditional", "rival_care_calls"), np.int64(0)))
    folder = summary(DELIVERY, "usage_daily")
    folder.mkdir(parents=True)
    told.sort_values(["subscriber_id", "day"]).to_parquet(folder / "part-0.parquet", index=False)


def test_signals_shows_what_was_planted_from_days_of_use_to_the_model():
    write_days()
    train.run(TRAINED, COMMON, PLAN)
    found = opened("signals")
    assert pictures() == {"signals_weeks", "signals_silence", "signals_bands", "signals_story", "signals_families"}
    weeks = found["weeks"].set_index(["kind", "week"])["out_s"]
    assert weeks.loc["left"].reindex([1, 2, 3], fill_value=0).sum() == 0
    assert weeks.loc["left", 4] > 0
    assert weeks.loc["stayed", 1] > 0
    assert found["alone"].index[0] == "days_since_last_own_activity"
    bands = found["bands"]
    assert bands["churned_share"].iloc[-1] > 3 * bands["churned_share"].iloc[0]
    assert (bands["low"] <= bands["churned_share"]).all()
    assert (bands["churned_share"] <= bands["high"]).all()
    assert "silence" in found["weight"].index[:3]


def test_signals_does_without_days_of_use_and_without_a_model(capsys):
    found = opened("signals")
    assert (found["weeks"], found["model"]) == (None, None)
    assert pictures() == {"signals_silence", "signals_bands"}
    assert "no look at single weeks and days" in capsys.readouterr().out
    low, high = found["wilson"](np.array([10]), np.array([50]))
    assert (round(float(low[0]), 4), round(float(high[0]), 4)) == (0.1124, 0.3304)
    ends = [found["wilson"](np.array([left]), np.array([of])) for of in range(5, 200) for left in (0, of)]
    assert all(low[0] <= left / of <= high[0] for (low, high), (left, of) in
               zip(ends, ((left, of) for of in range(5, 200) for left in (0, of)), strict=True))


def test_compare_runs_tells_what_differs_and_whether_it_matters(capsys):
    for leaves in (3, 31):
        train.run(replace(TRAINED, leaves=leaves, track=True), COMMON, PLAN)
        evaluate.run(evaluate.Params(capacity=100, bootstrap=20), COMMON, PLAN)
    found = opened("compare_runs")
    assert pictures() == {"compare_metrics", "compare_gains", "compare_calibration", "compare_ranking"}
    assert list(found["differs"].loc["leaves"]) == ["3", "31"]
    assert "learning_rate" not in found["differs"].index
    one, two = found["scores"].values()
    assert len(one) == len(two) == len(found["rows"])
    gain = found["paired"][f"{found['newest']} - {found['others'][0]}"]["auc"]
    kept = found["values"].loc["auc"]
    assert gain.value == pytest.approx(kept[found["newest"]] - kept[found["others"][0]], abs=1e-5)
    assert found["common"](one, one, 50) == 1
    assert found["common"](one, -one, 50) == 0
    said = capsys.readouterr().out
    assert "no run kept monitor/months.csv" in said
    assert said.count("surely") + said.count("no sure difference") >= 6


def test_compare_runs_says_what_to_do_where_there_is_nothing_to_compare():
    with pytest.raises(SystemExit, match="train once more with another parameter"):
        opened("compare_runs")
