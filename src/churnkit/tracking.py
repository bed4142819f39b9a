"""The record of runs: what was tried, on which tables, how it did; one MLflow run per training, judged in the same run."""
import hashlib
import json
import logging
import os
import platform
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from churnkit.errors import ResourceError
from churnkit.files import locked, sha256, whole_file

STORE = "mlflow.db"
EXPERIMENT = REGISTERED = "churnkit"
RUN_FILE = Path("reports/mlflow_run.json")
CHALLENGER = "challenger"
LONGEST = 500  # characters of a parameter that MLflow takes everywhere


@dataclass(frozen=True)
class Table:
    """A table that a run read: its name, where it lies, its rows, and what it was for (training, calibration, evaluation)."""

    name: str
    folder: Path
    rows: int
    context: str


@dataclass(frozen=True)
class Run:
    """An open MLflow run."""

    client: Any
    run_id: str

    def params(self, values: Mapping[str, Any]) -> None:
        """Keeps the choices of the run."""
        from mlflow.entities import Param

        self.client.log_batch(self.run_id, params=[Param(name, str(value)[:LONGEST]) for name, value in values.items()])

    def metrics(self, values: Mapping[str, Any], *, step: int = 0, at: int | None = None) -> None:
        """Keeps the numbers of the run; nested ones by their path, what is no number or missing is left out. `at` is in ms since 1970, None now."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000) if at is None else at
        flat = {name: float(value) for name, value in flattened(values).items()
                if isinstance(value, int | float) and not isinstance(value, bool)}
        self.client.log_batch(self.run_id, metrics=[Metric(name, value, now, step) for name, value in flat.items()])

    def tags(self, values: Mapping[str, Any]) -> None:
        """Keeps what tells the run from others."""
        from mlflow.entities import RunTag

        self.client.log_batch(self.run_id, tags=[RunTag(name, str(value)) for name, value in values.items()])

    def tables(self, tables: Sequence[Table]) -> None:
        """Keeps name, digest and rows of the tables read."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = []
        for table in tables:
            profile = json.dumps({"num_rows": table.rows})
            kept = Dataset(name=table.name, digest=folder_digest(table.folder)[:12], source_type="local",
                           source=json.dumps({"uri": str(table.folder)}), profile=profile)
            inputs.append(DatasetInput(kept, tags=[InputTag("mlflow.data.context", table.context)]))
        self.client.log_inputs(self.run_id, datasets=inputs)

    def folder(self, folder: Path, name: str) -> None:
        """Keeps a folder's files as the artefact folder `name`."""
        self.client.log_artifacts(self.run_id, str(folder), name)

    def text(self, content: str, name: str) -> None:
        """Keeps a text as an artefact."""
        self.client.log_text(self.run_id, content, name)

    def register(self, name: str = "model") -> str:
        """Registers the artefact folder as the challenger's version, which it returns; once, however often it is judged."""
        from mlflow.exceptions import MlflowException

        known = self.client.search_model_versions(f"run_id = '{self.run_id}'")
        if known:
            return str(known[0].version)

        with suppress(MlflowException):  # it is there already
            self.client.create_registered_model(REGISTERED)
        source = f"{self.client.get_run(self.run_id).info.artifact_uri}/{name}"
        version = self.client.create_model_version(REGISTERED, source, self.run_id)
        self.client.set_registered_model_alias(REGISTERED, CHALLENGER, version.version)
        return str(version.version)


@contextmanager
def training_run(tags: Mapping[str, Any]) -> Iterator[Run]:
    """A new run, FINISHED when the block ends well and FAILED otherwise; its id is left in reports/mlflow_run.json."""
    client = opened()
    experiment = experiment_id(client)
    close_dead(client, experiment)
    made = client.create_run(experiment, run_name=str(tags.get("as_of.evaluation", "train")),
                             tags={name: str(value) for name, value in {**tags, **surroundings()}.items() if value is not None})
    run = Run(client, made.info.run_id)
    try:
        yield run
    except BaseException:
        client.set_terminated(run.run_id, "FAILED")
        raise
    client.set_terminated(run.run_id, "FINISHED")
    with whole_file(RUN_FILE) as part:
        part.write_text(json.dumps({"experiment_id": experiment, "run_id": run.run_id}) + "\n", encoding="utf-8")


def last_run() -> Run | None:
    """The run of the last training, to add its evaluation to; None if there is none or the store no longer knows it."""
    if not RUN_FILE.is_file():
        return None
    from_file = json.loads(RUN_FILE.read_text(encoding="utf-8")).get("run_id")
    if not from_file:
        return None
    client = opened()
    from mlflow.exceptions import MlflowException

    try:
        client.get_run(from_file)
    except MlflowException:
        return None
    return Run(client, from_file)


def opened() -> Any:
    """A client of the tracking store, silent; a new SQLite store is made under a lock, since two at once break it.

    Raises ResourceError if the store cannot be reached.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{STORE}"
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


def close_dead(client: Any, experiment: str) -> None:
    """Marks as KILLED the runs of this host that say RUNNING though their process is gone."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'", max_results=100):
        pid = run.data.tags.get("churnkit.pid", "")
        if run.data.tags.get("churnkit.host") == socket.gethostname() and pid.isdigit() and not is_alive(int(pid)):
            client.set_terminated(run.info.run_id, "KILLED")


def is_alive(pid: int) -> bool:
    """Whether a process of that number is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def surroundings() -> dict[str, str]:
    """Where the run happens: commit, whether it was clean, the digest of dvc.lock, host and process."""
    lock = Path("dvc.lock")
    commit = git("rev-parse", "HEAD")
    return {"mlflow.source.name": "churnkit", "mlflow.source.type": "LOCAL", "churnkit.host": socket.gethostname(),
            "churnkit.pid": str(os.getpid()), "python": platform.python_version(),
            **({"git.commit": commit, "mlflow.source.git.commit": commit,
                "git.dirty": str(bool(git("status", "--porcelain", "--untracked-files=no"))).lower()} if commit else {}),
            **({"dvc.lock.sha256": sha256(lock)} if lock.is_file() else {})}


def git(*words: str) -> str:
    """What git says, or nothing where it is not there, or this is no repository."""
    try:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def folder_digest(folder: Path) -> str:
    """The SHA-256 over the names and contents of a folder's files."""
    told = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        told.update(f"{path.relative_to(folder)} {sha256(path)}\n".encode())
    return told.hexdigest()


def flattened(values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Nested values by their path, joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= flattened(value, f"{path}{name}.") if isinstance(value, Mapping) else {path + str(name): value}
    return flat
