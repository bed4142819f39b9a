"""Months watched, as invented: each kind of damage is found, a month like the others raises nothing, and nothing else changes a byte."""
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnkit.errors import InputError, PolicyError
from churnkit.monitoring.page import in_figures
from churnkit.params import load
from churnkit.stages import monitor, score, train
from churnkit.timeline import Plan, account_of
from invented import COMMON, EVALUATION, PLAN, SCORING, write_months

ROOT = Path(__file__).parent.parent.parent
PARAMS = replace(load("monitor", monitor.Params, ROOT / "params.yaml"), bootstrap=40)
REPORT = Path("reports/monitor")
UNSEEN = ["2026-04-01", "2026-05-01", "2026-06-01"]  # mature months after those that the judged model learned from


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A project that has trained and scored."""
    folder = tmp_path_factory.mktemp("finished")
    here = Path.cwd()
    os.chdir(folder)
    write_months(folder, rows=2500)
    train.run(train.Params(max_trees=40, track=False), COMMON, PLAN)
    score.run(score.Params(), COMMON, PLAN)
    os.chdir(here)
    return folder


@pytest.fixture(autouse=True)
def _in_a_copy(finished, tmp_path, monkeypatch):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def watched(plan: Plan = PLAN, **chosen: object) -> dict[str, str]:
    """The state of each check, and of them all as `verdict`."""
    monitor.run(replace(PARAMS, **chosen), COMMON, plan)
    told = json.loads((REPORT / "verdict.json").read_text("utf-8"))
    return {one["name"]: one["state"] for one in told["checks"]} | {"verdict": told["state"]}


def altered(change, folder: str = f"data/features/{SCORING}") -> None:
    """The table of a folder, changed."""
    path = Path(folder) / "part-0.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((REPORT / name).open(encoding="utf-8")))


def not_ok(states: dict[str, str]) -> set[str]:
    return {name for name, state in states.items() if state != "ok"} - {"verdict"}


def test_a_month_like_the_others_raises_nothing(capsys):
    states = watched()
    assert set(states.values()) == {"ok"}
    assert len(states) == 8
    assert {row["state"] for row in rows("features.csv")} == {"ok"}
    told = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(("label", "featurize"))]
    assert told == [f"OK: {SCORING} is like the months that the model learned from."]


def test_a_column_that_the_scores_rest_on_and_that_shifts_is_an_alarm():
    altered(lambda table: table.assign(days_since_last_own_activity=table["days_since_last_own_activity"] * 3 + 5))
    states = watched()
    assert (states["drift"], states["verdict"]) == ("alarm", "alarm")
    assert rows("features.csv")[0]["feature"] == "days_since_last_own_activity"
    told = json.loads((REPORT / "verdict.json").read_text("utf-8"))
    assert "days_since_last_own_activity" in told["en"]
    assert told["en"].startswith("ALARM: the spread of columns. 1 of ")


def test_a_column_on_which_nothing_rests_may_shift():
    noise = {f"noise_{n}": 1.0 for n in range(3)}
    altered(lambda table: table.assign(**{name: table[name] * 0.1 + 9 for name in noise}))
    states = watched(weight=replace(PARAMS.weight, watch=0.5, alarm=0.9))
    assert states["drift"] == "ok"
    assert {row["feature"]: row["state"] for row in rows("features.csv")[:3]} == dict.fromkeys(noise, "alarm")


def test_half_of_a_column_missing_is_an_alarm():
    altered(lambda table: table.assign(outgoing_minutes_30d=table["outgoing_minutes_30d"].where(np.arange(len(table)) % 2 == 0)))
    assert watched()["missing"] == "alarm"
    row = next(row for row in rows("features.csv") if row["feature"] == "outgoing_minutes_30d")
    assert (float(row["missing_share"]), float(row["missing_share_usual"])) == (0.5, 0)


def test_a_column_that_did_not_come_at_all_is_watched_even_if_no_score_rests_on_it():
    altered(lambda table: table.drop(columns="noise_0"))
    assert watched(weight=replace(PARAMS.weight, watch=0.9, alarm=0.9))["missing"] == "watch"


def test_a_new_category_and_one_that_is_gone_are_named():
    altered(lambda table: table.assign(branch=table["branch"].replace("江西/九江/庐山", "江西/九江/濂溪")))
    assert watched()["categories"] in ("watch", "alarm")
    row = next(row for row in rows("features.csv") if row["feature"] == "branch")
    assert (row["new_categories"], row["gone_categories"]) == ("江西/九江/濂溪", "江西/九江/庐山")
    assert float(row["new_categories_share"]) == pytest.approx(1 / 3, abs=0.03)


def test_scores_that_are_twice_as_high_as_in_the_months_judged_are_an_alarm():
    altered(lambda table: table.assign(churn_probability=(3 * table["churn_probability"]).clip(upper=0.99)), f"data/scores/{SCORING}")
    states = watched()
    assert not_ok(states) == {"scores"}
    assert states["scores"] == "alarm"


def test_scores_in_another_order_than_the_judged_models_are_an_alarm():
    altered(lambda table: table.assign(churn_probability=table["churn_probability"].to_numpy()[::-1]), f"data/scores/{SCORING}")
    assert not_ok(watched()) == {"agreement"}


def test_scores_of_other_people_are_refused():
    altered(lambda table: table.head(2000), f"data/scores/{SCORING}")
    with pytest.raises(InputError, match="churnkit score"):
        watched()


def test_half_of_the_subscribers_missing_is_an_alarm():
    for name in ("features", "cohorts", "scores"):
        altered(lambda table: table.head(1250), f"data/{name}/{SCORING}")
    states = watched()
    assert not_ok(states) == {"volume"}
    assert states["volume"] == "alarm"


def test_half_of_the_calls_missing_is_an_alarm():
    days = [date(2025, 12, 1) + timedelta(n) for n in range((SCORING - date(2025, 12, 1)).days)]
    account_of("2026").mkdir(parents=True)

    def came(last_month: float) -> str:
        told = [{"extract": "calls", "day": day, "measure": "rows", "value": 5000.0 * (last_month if day.month == 8 else 1)} for day in days]
        pd.DataFrame(told).to_parquet(account_of("2026") / "quality.parquet", index=False)
        return watched(plan=replace(PLAN, sees=dict.fromkeys((*PLAN.mature, SCORING), ("2026",))))["volume"]

    assert [came(1), came(0.9), came(0.5), came(2)] == ["ok", "ok", "alarm", "alarm"]


def test_earlier_months_are_judged_by_a_model_that_had_not_learned_from_them():
    watched()
    judged = [row for row in rows("months.csv") if row["judged"]]
    assert [(row["as_of"], row["scored_by"]) for row in judged] == [(day, "judged") for day in UNSEEN]
    cohort = pd.read_parquet(f"data/cohorts/{EVALUATION}")
    known = cohort[~cohort["is_censored"] & (cohort["stratum"] == "open")]
    assert (int(judged[-1]["judged"]), int(judged[-1]["churned"])) == (len(known), int(known["churned"].sum()))
    assert all(0.8 < float(row["predicted_over_observed"]) < 1.25 and float(row["lift_top_decile"]) > 2 for row in judged)


def test_more_leaving_than_was_predicted_is_an_alarm_and_older_months_are_left_alone():
    def doubled(cohort):
        more = cohort["churned"].fillna(False).to_numpy(dtype=bool) | (np.random.default_rng(5).random(len(cohort)) < 0.15)
        return cohort.assign(churned=pd.array(more, dtype="boolean"))

    altered(doubled, "data/cohorts/2026-05-01")
    assert not_ok(watched()) == set()
    altered(doubled, f"data/cohorts/{EVALUATION}")
    assert watched()["outcomes"] == "alarm"


def test_scores_published_then_are_what_a_month_is_judged_by():
    then = pd.read_parquet(f"data/scores/{SCORING}")
    for day, probability in (("2026-05-01", 0.5), (str(EVALUATION), 0.25)):
        Path(f"data/scores/{day}").mkdir()
        then.assign(churn_probability=probability).to_parquet(f"data/scores/{day}/part-0.parquet", index=False)
    assert watched()["outcomes"] == "alarm"
    judged = {row["as_of"]: row for row in rows("months.csv") if row["judged"]}
    assert [judged[day]["scored_by"] for day in UNSEEN] == ["judged", "published", "published"]
    last = judged[str(EVALUATION)]
    assert float(last["predicted_over_observed"]) == pytest.approx(0.25 * int(last["judged"]) / int(last["churned"]), abs=1e-6)
    assert (float(last["auc"]), float(last["lift_top_decile"])) == (0.5, 1.0)


def test_scores_under_another_key_are_not_compared_and_that_is_said(capsys):
    then = pd.read_parquet(f"data/scores/{SCORING}")
    Path(f"data/scores/{EVALUATION}").mkdir()
    strangers = then["subscriber_id"].str.replace("s", "t")
    then.assign(subscriber_id=strangers).to_parquet(f"data/scores/{EVALUATION}/part-0.parquet", index=False)
    assert not_ok(watched()) == set()
    assert "the cohort knows 0 of the 2,500 scored" in capsys.readouterr().err


def test_an_alarm_stops_the_run_only_where_that_was_chosen_and_the_page_is_there_all_the_same():
    altered(lambda table: table.assign(outgoing_minutes_30d=np.nan))
    assert watched()["verdict"] == "alarm"
    shutil.rmtree(REPORT)
    with pytest.raises(PolicyError, match=r"stop_on_alarm.*index\.html") as stopped:
        watched(stop_on_alarm=True)
    assert stopped.value.exit_code == 8
    assert (REPORT / "index.html").is_file()


def test_neither_the_order_of_rows_nor_threads_change_a_byte():
    watched()
    before = {path.name: path.read_bytes() for path in REPORT.iterdir()}
    assert set(before) == {"index.html", "verdict.json", "features.csv", "months.csv"}
    for name in ("features", "scores"):
        altered(lambda table: table.sample(frac=1, random_state=3), f"data/{name}/{SCORING}")
    monitor.run(PARAMS, replace(COMMON, threads=1), PLAN)
    assert {path.name: path.read_bytes() for path in REPORT.iterdir()} == before


def test_the_page_needs_no_other_file_and_names_nobody():
    altered(lambda table: table.assign(branch=["<b>&" if n % 2 else "x" for n in range(len(table))]))
    watched()
    page = (REPORT / "index.html").read_text("utf-8")
    assert not any(text in page for text in ("http", "src=", "url(", "@import", "<script", "<link", "s0000"))
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page
    assert page.count("<svg") == page.count("</svg>") >= 7
    assert not re.search(r"\bnan\b", page)


def test_the_run_of_the_training_keeps_what_was_seen(monkeypatch):
    from churnkit import tracking

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    train.run(train.Params(max_trees=5, track=True), COMMON, PLAN)
    score.run(score.Params(), COMMON, PLAN)
    watched()
    run = tracking.last_run()
    assert run is not None
    assert {path.path for path in run.client.list_artifacts(run.run_id, "monitor")} == {f"monitor/{path.name}" for path in REPORT.iterdir()}
    assert run.client.get_run(run.run_id).data.metrics["monitor.psi_max"] > 0


def test_a_model_that_scores_by_another_name_is_the_one_whose_months_count():
    Path("params.yaml").write_text("score: {model: champion}\n", "utf-8")
    shutil.copytree("models/evaluated", "models/champion")
    watched()
    learned = [row["as_of"] for row in rows("months.csv") if row["role"] == "learned"]
    assert learned == ["2026-01-01", "2026-02-01"]  # the third calibrated it


def test_the_command_watches_and_ends_well():
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    script = "import sys; sys.argv = ['churnkit', 'monitor']\nfrom churnkit import cli, timeline\nimport invented\n" \
             "timeline.read_plan = lambda: invented.PLAN\nsys.exit(cli.main())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"})
    assert done.returncode == 0, done.stderr
    assert "OK: 2026-09-01 is like" in done.stderr


def test_each_check_says_in_chinese_what_it_says_in_english_and_of_its_own_matter():
    watched()
    said = {one["name"]: one["zh"] for one in json.loads((REPORT / "verdict.json").read_text("utf-8"))["checks"]}
    assert len(set(said.values())) == len(said)
    assert said["missing"].endswith(" 个字段的缺失率均与近期各月相当。")
    assert said["categories"].endswith(" 个字段均未出现新类别，也没有大类别消失。")


def test_the_numbers_of_a_column_have_one_number_of_digits():
    assert in_figures([1.276984, 1.300091]) == ["1.28", "1.30"]
    assert in_figures([0.003365, 0.0035]) == ["0.00336", "0.00350"]
    assert in_figures([12_860.4, 345.6, float("nan")]) == ["12,860", "346", "–"]
    assert in_figures([0.0, 0.0]) == ["0", "0"]
