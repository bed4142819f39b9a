"""Runs as they are written: parameters, numbers, tables, files and words, and where all this happened."""
import hashlib
import json
import os
import platform
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from churnkit.files import locked, sha256, write_json
from churnkit.tracking.store import STORE, close_dead, experiment_id, opened, searched, start_of

REGISTERED = "churnkit"
RUN_FILE = Path("reports/mlflow_run.json")
CHALLENGER = "challenger"
PROCESS = ("churnkit.pid", "churnkit.started")
LONGEST = 500  # characters of a parameter that MLflow takes everywhere
KIND = "churnkit.kind"  # the tag that tells a training from a search and its trials


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

    def metrics(self, values: Mapping[str, Any], step: int = 0) -> None:
        """Keeps the numbers of the run under group/name; nested ones by their path, what is no number or missing is left out."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self.client.log_batch(self.run_id, metrics=[Metric(name, value, now, step) for name, value in numbers(values).items()])

    def monthly(self, values: Mapping[date, Mapping[str, Any]], first: int = 1) -> None:
        """Keeps numbers by as-of date as monthly/name: steps count the dates from `first` on, the time is the end of the month that closed."""
        from mlflow.entities import Metric

        kept = [Metric(f"monthly/{name}", value, int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000), step)
                for step, day in enumerate(sorted(values), first) for name, value in numbers(values[day]).items()]
        self.client.log_batch(self.run_id, metrics=kept)

    def tags(self, values: Mapping[str, Any]) -> None:
        """Keeps what tells the run from others."""
        from mlflow.entities import RunTag

        self.client.log_batch(self.run_id, tags=[RunTag(name, str(value)) for name, value in values.items()])

    def describe(self, text: str) -> None:
        """Keeps Markdown as the description that stands on top of the run's page."""
        self.tags({"mlflow.note.content": text})

    def tables(self, tables: Sequence[Table]) -> None:
        """Keeps name, digest and rows of the tables read."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = []
        for table in tables:
            profile = json.dumps({"num_rows": table.rows})
            kept = Dataset(name=table.name, digest=folder_digest(table.folder), source_type="local",
                           source=json.dumps({"uri": str(table.folder)}), profile=profile)
            inputs.append(DatasetInput(kept, tags=[InputTag("mlflow.data.context", table.context)]))
        self.client.log_inputs(self.run_id, datasets=inputs)

    def folder(self, folder: Path, name: str) -> None:
        """Keeps a folder's files as the artefact folder `name`."""
        self.client.log_artifacts(self.run_id, str(folder), name)

    def file(self, path: Path) -> None:
        """Keeps a file as an artefact of its name."""
        self.client.log_artifact(self.run_id, str(path))

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
            self.client.create_registered_model(REGISTERED, description="Who is about to leave. `churnkit promote` moves the alias champion.")
        source = f"{self.client.get_run(self.run_id).info.artifact_uri}/{name}"
        note = self.client.get_run(self.run_id).data.tags.get("mlflow.note.content", "")
        version = self.client.create_model_version(REGISTERED, source, self.run_id, description=note)
        self.client.set_registered_model_alias(REGISTERED, CHALLENGER, version.version)
        return str(version.version)

    @contextmanager
    def nested(self, name: str, tags: Mapping[str, Any], kind: str = "trial") -> Iterator["Run"]:
        """A run below this one."""
        experiment = self.client.get_run(self.run_id).info.experiment_id
        with closing(self.client, experiment, name, {**tags, KIND: kind, "mlflow.parentRunId": self.run_id}) as run:
            yield run


@contextmanager
def training_run(tags: Mapping[str, Any]) -> Iterator[Run]:
    """A new run, FINISHED when the block ends well, KILLED when told to stop, else FAILED; its id is left in reports/mlflow_run.json."""
    with new_run(tags, "train") as run:
        yield run
    experiment = run.client.get_run(run.run_id).info.experiment_id
    write_json(RUN_FILE, {"experiment_id": experiment, "run_id": run.run_id})


@contextmanager
def new_run(tags: Mapping[str, Any], kind: str) -> Iterator[Run]:
    """A new run of a kind, named by label, evaluation date and a running number; runs that died are marked first."""
    client = opened()
    experiment = experiment_id(client)
    close_dead(client, experiment)
    with locked(Path(STORE)):  # else two at once would bear one number
        number = len(searched(client, experiment, f"tags.`{KIND}` = '{kind}'")) + 1
        told = [str(tags[name]) for name in ("label.definition", "as_of.evaluation") if tags.get(name)] or [kind]
        name = "-".join([*told, *([kind] if kind != "train" else []), str(number)])
        made = created(client, experiment, name, {**tags, KIND: kind})
    with closing(client, experiment, name, {}, made) as run:
        yield run


@contextmanager
def closing(client: Any, experiment: str, name: str, tags: Mapping[str, Any], made: Any = None) -> Iterator[Run]:
    """The run, made if it is not, FINISHED when the block ends well, KILLED when it is told to stop, and FAILED otherwise."""
    run = Run(client, (made or created(client, experiment, name, tags)).info.run_id)
    try:
        yield run
    except BaseException as end:
        client.set_terminated(run.run_id, "KILLED" if isinstance(end, KeyboardInterrupt) else "FAILED")
        raise
    client.set_terminated(run.run_id, "FINISHED")
    for tag in PROCESS:  # of use only while it is at work
        client.delete_tag(run.run_id, tag)


def created(client: Any, experiment: str, name: str, tags: Mapping[str, Any]) -> Any:
    """A run that the store has just made, tagged with where it happens."""
    return client.create_run(experiment, run_name=name,
                             tags={tag: str(value) for tag, value in {**tags, **surroundings()}.items() if value is not None})


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


def surroundings() -> dict[str, str]:
    """Where the run happens: commit, whether it was clean, the digest of dvc.lock, host and process."""
    lock = Path("dvc.lock")
    commit = git("rev-parse", "HEAD")
    return {"mlflow.source.name": "churnkit", "mlflow.source.type": "LOCAL", "churnkit.host": socket.gethostname(),
            "churnkit.pid": str(os.getpid()), "churnkit.started": start_of(os.getpid()), "python": platform.python_version(),
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
    """The first 12 hex digits of the SHA-256 over the names and contents of a folder's files: what tells a table from its other versions."""
    told = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        told.update(f"{path.relative_to(folder)} {sha256(path)}\n".encode())
    return told.hexdigest()[:12]


def flattened(values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Nested values by their path, joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= flattened(value, f"{path}{name}.") if isinstance(value, Mapping) else {path + str(name): value}
    return flat


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """What of the values is a number, by its path."""
    return {name: float(value) for name, value in flattened(values).items() if isinstance(value, int | float) and not isinstance(value, bool)}
