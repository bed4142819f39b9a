"""One MLflow run per training, in a store made once and quietly; runs that died are closed; a run is found by what people call it."""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from churnkit.errors import ParameterError, ResourceError
from churnkit.tracking import Table, flattened, last_run, new_run, opened, store, training_run
from churnkit.tracking.lookup import find
from churnkit.tracking.registry import alias_run, crown, run_of

AT_WORK = """
import time
from churnkit.tracking import training_run
with training_run({"as_of.evaluation": "2026-08-01"}) as run, run.nested("trial-1", {}) as trial:
    print(run.run_id, trial.run_id, flush=True)
    time.sleep(120)
"""
AT_ONCE = """
from churnkit.tracking import training_run
with training_run({"as_of.evaluation": "2026-08-01"}) as run:
    run.metrics({f"open/m{n}": n for n in range(20)})
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nothing has been written to; making one takes seconds."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        opened()
    return folder / "mlflow.db"


@pytest.fixture
def project(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(made, tmp_path / "mlflow.db")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "card.json").write_text("{}")
    return tmp_path


def test_a_training_leaves_one_finished_run_that_its_evaluation_adds_to(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with training_run({"as_of.evaluation": "2026-08-01", "label.definition": None}) as run:
        run.params({"leaves": 31})
        run.tables([Table("features/2026-08-01", project / "model", 7, "training")])
        run.folder(project / "model", "model")
        run.text("{}", "input_example.json")
    again = last_run()
    assert again is not None
    again.metrics({"open/auc": 0.9, "open/auc_low": None, "kinds": {"left": 1}})
    again.describe("**Churn**")
    again.register()
    kept = again.client.get_run(again.run_id)
    assert (kept.info.status, kept.data.params, kept.data.metrics) == ("FINISHED", {"leaves": "31"}, {"open/auc": 0.9, "kinds.left": 1.0})
    assert (kept.info.run_name, kept.data.tags["as_of.evaluation"]) == ("2026-08-01-1", "2026-08-01")
    assert [(i.dataset.name, json.loads(i.dataset.profile)) for i in kept.inputs.dataset_inputs] == [("features/2026-08-01", {"num_rows": 7})]
    assert {a.path for a in again.client.list_artifacts(again.run_id)} == {"model", "input_example.json"}
    version = again.client.get_model_version_by_alias("churnkit", "challenger")
    assert (version.run_id, version.description) == (again.run_id, "**Churn**")
    assert capfd.readouterr().err == ""


def test_a_run_and_what_is_nested_in_it_name_the_commit_and_the_lock(project: Path) -> None:
    quiet = {f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *words], cwd=project, env=os.environ | quiet, check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True).stdout.strip()
    (project / "dvc.lock").write_text("schema: '2.0'\n")
    with training_run({}) as run, run.nested("trial-1", {}) as trial:
        tags = [one.client.get_run(one.run_id).data.tags for one in (run, trial)]
    digest = hashlib.sha256(b"schema: '2.0'\n").hexdigest()
    assert [(one["git.commit"], one["git.dirty"], one["dvc.lock.sha256"]) for one in tags] == [(commit, "false", digest)] * 2
    assert tags[1]["mlflow.parentRunId"] == run.run_id


def test_a_training_that_fails_is_failed_and_one_that_is_stopped_is_killed_with_what_is_nested_in_it(project: Path) -> None:
    with pytest.raises(ZeroDivisionError), training_run({}) as failed, failed.nested("trial-1", {}) as trial:
        _ = 1 / 0
    assert [failed.client.get_run(run.run_id).info.status for run in (failed, trial)] == ["FAILED", "FAILED"]
    with pytest.raises(KeyboardInterrupt), training_run({}) as stopped, stopped.nested("trial-1", {}) as trial:
        raise KeyboardInterrupt
    assert [stopped.client.get_run(run.run_id).info.status for run in (stopped, trial)] == ["KILLED", "KILLED"]
    assert not (project / "reports/mlflow_run.json").exists()
    assert last_run() is None


def test_a_killed_training_and_its_trial_are_closed_by_the_next_and_one_at_work_is_not(project: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", AT_WORK], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    dead = process.stdout.readline().split()
    with training_run({}) as at_work:
        before = [at_work.client.get_run(run).info.status for run in dead]
        process.send_signal(signal.SIGKILL)
        process.wait()
        with training_run({}) as following:
            after = [following.client.get_run(run).info.status for run in (*dead, at_work.run_id)]
    assert (before, after) == (["RUNNING", "RUNNING"], ["KILLED", "KILLED", "RUNNING"])


def test_a_run_of_another_host_is_let_be_and_one_whose_number_came_again_is_closed(project: Path) -> None:
    with training_run({}) as run:
        tags = run.client.get_run(run.run_id).data.tags
        experiment = run.client.get_run(run.run_id).info.experiment_id
        mine = {name: tags[name] for name in ("churnkit.host", "churnkit.pid", "churnkit.started")}
        others = {case: run.client.create_run(experiment, tags=mine | other).info.run_id for case, other in (
            ("elsewhere", {"churnkit.host": "elsewhere", "churnkit.pid": "1", "churnkit.started": "long ago"}),
            ("number came again", {"churnkit.started": "long ago"}), ("same process", {}))}
        assert store.close_dead(run.client, experiment) == [others["number came again"]]
    assert tags["churnkit.pid"] == str(os.getpid())


@pytest.mark.slow
def test_six_trainings_that_make_the_store_at_once_all_leave_a_run_with_a_name_of_its_own(project: Path) -> None:
    (project / "mlflow.db").unlink()
    at_once = [subprocess.Popen([sys.executable, "-c", AT_ONCE], stderr=subprocess.PIPE, text=True) for _ in range(6)]
    assert [(process.wait(240), process.stderr.read() if process.returncode and process.stderr else "") for process in at_once] == [(0, "")] * 6
    client = opened()
    runs = store.searched(client, store.experiment_id(client))
    assert (project / "mlflow.db").is_file()
    assert sorted(run.info.run_name for run in runs) == [f"2026-08-01-{n}" for n in range(1, 7)]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert all(len(run.data.metrics) == 20 for run in runs)


def test_a_store_that_cannot_be_used_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "broken.db").write_text("no database")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///broken.db")
    with pytest.raises(ResourceError, match=r"sqlite:///broken\.db"):
        opened()


def test_nested_values_are_told_by_their_path() -> None:
    assert flattened({"a": {"b": 1, "c": {"d": 2}}, "e": 3}) == {"a.b": 1, "a.c.d": 2, "e": 3}


def test_monthly_numbers_have_the_dates_in_order_as_steps_and_their_midnight_as_time(project: Path) -> None:
    with training_run({}) as run:
        run.monthly({date(2026, 2, 1): {"churned_share": 0.03}, date(2026, 1, 1): {"churned_share": 0.02}})
        kept = run.client.get_metric_history(run.run_id, "monthly/churned_share")
    assert [(one.step, one.value, datetime.fromtimestamp(one.timestamp / 1000, UTC).date()) for one in kept] == [
        (1, 0.02, date(2026, 1, 1)), (2, 0.03, date(2026, 2, 1))]


def test_a_run_is_found_by_name_id_age_and_alias_and_else_the_near_ones_are_named(project: Path) -> None:
    runs = []
    for _ in range(3):
        with training_run({"label.definition": "any", "as_of.evaluation": "2026-08-01"}) as run, run.nested("trial-1", {}):
            run.tags({"model.latest": f"m{len(runs)}"})
            run.folder(project / "model", "model")
        runs.append(run)
        time.sleep(0.01)
    with new_run({"label.definition": "any"}, "tune"):
        pass
    words = ["latest", "latest~2", "any-2026-08-01-2", runs[1].run_id[:10]]
    assert [run.run_id for run in find(words)] == [runs[2].run_id, runs[0].run_id, runs[1].run_id, runs[1].run_id]
    with pytest.raises(ParameterError, match="no run is the champion yet; `churnkit promote`"):
        find(["champion"])
    for run in runs[1:]:
        run.register()
    found = run_of("m1")
    assert found is not None
    crown(found, {"promoted.reason": "it is better"})
    assert [(run.run_id, run.aliases) for run in find(["champion", "challenger"])] == [
        (runs[1].run_id, ("champion",)), (runs[2].run_id, ("challenger",))]
    crown(runs[2], {})
    assert (alias_run(runs[2].client, "champion"), alias_run(runs[2].client, "challenger")) == (runs[2].run_id, None)
    with pytest.raises(ParameterError, match="latest~3 goes further back than the 3 finished trainings"):
        find(["latest~3"])
    with pytest.raises(ParameterError, match=r"'trial-1' stands for 3 runs \(\w{8}, \w{8}, \w{8}\); give more of the id"):
        find(["trial-1"])
    with pytest.raises(ParameterError, match=r"no run is called 'any-2026-08-01-9', nor does an id begin so; there are any-2026-08-01-"):
        find(["any-2026-08-01-9"])
