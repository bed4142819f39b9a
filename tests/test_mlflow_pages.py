"""The pages of `make ui` tell the story of a run, side by side with another and in the registry, in a browser that has no way out."""
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from browser import LOCAL, browsed
from churnkit.tracking import Run, Table, training_run
from churnkit.tracking.registry import crown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AUC = {"any-2026-08-01-1": 0.8123, "any-2026-08-01-2": 0.8456}


@dataclass(frozen=True)
class Served:
    """The address of the pages, the experiment, and the runs by name."""

    address: str
    experiment: str
    runs: dict[str, Run]


def written(root: Path) -> tuple[str, dict[str, Run]]:
    """Two runs as `train` and `evaluate` leave them, the second registered as the champion."""
    (root / "figures").mkdir()
    (root / "figures" / "gains.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    runs = {}
    for name, auc in AUC.items():
        with training_run({"label.definition": "any", "as_of.evaluation": "2026-08-01"}) as run:
            run.params({"learning_rate": auc / 10})
            run.metrics({"open/auc": auc, "interval/auc_low": auc - 0.02, "gain/auc.over_logistic": 0.03})
            run.monthly({date(2026, n, 1): {"churned_share": n / 100} for n in (5, 6, 7)})
            run.describe(f"**Churn as `any`** judged on 2026-08-01\n\n| | model |\n|---|---|\n| AUC | {auc} [told in the card] |")
            run.tables([Table("features/2026-08-01", root / "figures", 18_331, "evaluation")])
            run.folder(root / "figures", "figures")
        runs[name] = run
    last = runs["any-2026-08-01-2"]
    last.folder(root / "figures", "model")
    crown(last, {"promoted.reason": "it finds more"})
    return str(last.client.get_run(last.run_id).info.experiment_id), runs


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """MLflow's server on a port of its own, gone with all its workers afterwards."""
    root = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        experiment, runs = written(root)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", "sqlite:///mlflow.db", "--host", "127.0.0.1",
                                   "--port", str(port), "--workers", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  start_new_session=True, env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"})
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server)
            yield Served(f"http://127.0.0.1:{port}", experiment, runs)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def wait_for(address: str, server: subprocess.Popen) -> None:
    """Returns once the server answers."""
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except OSError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.5)
    pytest.fail(f"{address} does not answer")


def drawn(served: Served, folder: Path, route: str) -> tuple[str, list[str]]:
    """A page and the addresses on other machines that it asked for."""
    return browsed(folder, f"{served.address}/#/{route}", local=(*LOCAL, f"{served.address}/"))


def test_the_page_of_a_run_shows_its_name_card_and_metrics(served: Served, tmp_path: Path) -> None:
    page, left = drawn(served, tmp_path, f"experiments/{served.experiment}/runs/{served.runs['any-2026-08-01-2'].run_id}")
    for said in ("any-2026-08-01-2", "0.8456 [told in the card]", "open/auc", "learning_rate", "features/2026-08-01", "monthly/churned_share"):
        assert said in page, said
    assert left == []


def test_two_runs_stand_side_by_side(served: Served, tmp_path: Path) -> None:
    ids = ",".join(f'"{run.run_id}"' for run in served.runs.values())
    page, left = drawn(served, tmp_path, f'compare-runs?runs=[{ids}]&experiments=["{served.experiment}"]')
    for said in (*AUC, "open/auc", "0.8123", "0.8456"):
        assert said in page, said
    assert left == []


def test_the_registry_shows_the_champion(served: Served, tmp_path: Path) -> None:
    page, left = drawn(served, tmp_path, "models/churnkit")
    assert "champion" in page
    assert "Version 1" in page
    assert left == []
