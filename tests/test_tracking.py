"""One MLflow run per training, in a store made once and quietly; runs that died are closed."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from churnkit import tracking
from churnkit.errors import ResourceError
from churnkit.tracking import Table, flattened, last_run, opened, training_run

DEAD = "import os; print(os.getpid())"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
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
    again.metrics({"open": {"auc": 0.9, "auc_low": None, "kinds": {"left": 1}}})
    again.register()
    kept = again.client.get_run(again.run_id)
    assert (kept.info.status, kept.data.params, kept.data.metrics) == ("FINISHED", {"leaves": "31"}, {"open.auc": 0.9, "open.kinds.left": 1.0})
    assert kept.data.tags["as_of.evaluation"] == "2026-08-01"
    assert [(i.dataset.name, json.loads(i.dataset.profile)) for i in kept.inputs.dataset_inputs] == [("features/2026-08-01", {"num_rows": 7})]
    assert {a.path for a in again.client.list_artifacts(again.run_id)} == {"model", "input_example.json"}
    assert again.client.get_model_version_by_alias("churnkit", "challenger").run_id == again.run_id
    assert (project / "mlflow.db").is_file()
    assert capfd.readouterr().err == ""


def test_a_training_that_fails_is_failed_and_a_killed_one_is_closed_by_the_next(project: Path) -> None:
    with pytest.raises(ZeroDivisionError), training_run({}) as failed:
        _ = 1 / 0
    assert failed.client.get_run(failed.run_id).info.status == "FAILED"
    assert not (project / "reports/mlflow_run.json").exists()
    assert last_run() is None
    gone = int(subprocess.run([sys.executable, "-c", DEAD], capture_output=True, text=True, check=True).stdout)
    client, experiment = failed.client, failed.client.get_experiment_by_name("churnkit").experiment_id
    host = failed.client.get_run(failed.run_id).data.tags["churnkit.host"]
    runs = [client.create_run(experiment, tags={"churnkit.host": where, "churnkit.pid": str(pid)}).info.run_id
            for where, pid in ((host, gone), (host, os.getpid()), ("elsewhere", gone))]
    tracking.close_dead(client, experiment)
    assert [client.get_run(run).info.status for run in runs] == ["KILLED", "RUNNING", "RUNNING"]


def test_a_store_that_cannot_be_used_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "broken.db").write_text("no database")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///broken.db")
    with pytest.raises(ResourceError, match=r"sqlite:///broken\.db"):
        opened()


def test_nested_values_are_told_by_their_path() -> None:
    assert flattened({"a": {"b": 1, "c": {"d": 2}}, "e": 3}) == {"a.b": 1, "a.c.d": 2, "e": 3}
