"""The store that runs are kept in: made once, opened quietly, and cleared of runs whose process died."""
import logging
import os
import socket
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from churnkit.errors import ResourceError
from churnkit.files import locked

STORE = "mlflow.db"
EXPERIMENT = "churnkit"
PAGE = 1000  # runs asked for at once


def opened() -> Any:
    """A client of the tracking store, silent; a new SQLite store is made under a lock, since two at once break it.

    Raises ResourceError if the store cannot be reached.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path(STORE).resolve()}"  # MLflow keeps one store per address
    noise = StringIO()
    try:
        with locked(Path(STORE)), redirect_stderr(noise):
            from mlflow.tracking import MlflowClient

            for name in ("mlflow", "alembic"):
                logging.getLogger(name).setLevel(logging.ERROR)
            client = MlflowClient(tracking_uri=uri, registry_uri=uri)
            client.search_experiments(max_results=1)
    except Exception as problem:  # whatever the store's driver raises, the user needs the one sentence
        raise ResourceError(f"the MLflow store {uri} cannot be used ({problem}); mend it, set MLFLOW_TRACKING_URI to another, "
                            "or set train.track to false.") from problem
    return client


def experiment_id(client: Any) -> str:
    """The experiment that all runs are in, made if it is not there."""
    from mlflow.exceptions import MlflowException

    with locked(Path(STORE)):
        found = client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        try:
            return str(client.create_experiment(EXPERIMENT))
        except MlflowException:  # another host made it in between
            return str(client.get_experiment_by_name(EXPERIMENT).experiment_id)


def searched(client: Any, experiment: str, wanted: str = "") -> list[Any]:
    """All runs of the experiment that the filter lets through, the newest first, however many."""
    found: list[Any] = []
    token = None
    while True:
        page = client.search_runs([experiment], wanted, max_results=PAGE, order_by=["attributes.start_time DESC"], page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def close_dead(client: Any, experiment: str) -> list[str]:
    """Marks as KILLED the runs of this host that say RUNNING though their process is gone, and gives their ids."""
    closed = []
    for run in searched(client, experiment, "attributes.status = 'RUNNING'"):
        tags = run.data.tags
        pid = tags.get("churnkit.pid", "")
        if tags.get("churnkit.host") == socket.gethostname() and pid.isdigit() and not is_alive(int(pid), tags.get("churnkit.started", "")):
            client.set_terminated(run.info.run_id, "KILLED")
            closed.append(run.info.run_id)
    return closed


def is_alive(pid: int, started: str = "") -> bool:
    """Whether a process of that number is there; where `started` is known, the one that began then, for numbers come again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not started or start_of(pid) in ("", started)


def start_of(pid: int) -> str:
    """When a process began, in the system's own ticks since it booted, with the boot's id; nothing where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}:{Path(f'/proc/{pid}/stat').read_text('utf-8', errors='replace').rpartition(')')[2].split()[19]}"
    except (OSError, IndexError):
        return ""
