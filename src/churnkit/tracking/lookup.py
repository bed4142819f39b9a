"""Runs as they are read: found by id, name, alias or age."""
import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from churnkit.errors import ParameterError
from churnkit.tracking.registry import CHAMPION, MODEL_TAG, alias_run
from churnkit.tracking.runs import CHALLENGER, KIND
from churnkit.tracking.store import experiment_id, opened, searched

ALIASES = (CHAMPION, CHALLENGER)
AGE = re.compile(r"latest(?:~(\d+))?")
SHORTEST = 4  # hex digits that may stand for a run's id


@dataclass(frozen=True)
class Kept:
    """What the store keeps of a run: its last numbers, its choices, what it read as name to (digest, rows, context)."""

    run_id: str
    name: str
    status: str
    started: str
    aliases: tuple[str, ...]
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    tables: dict[str, tuple[str, int | None, str]]


def find(words: Sequence[str], newest: str | None = None) -> list[Kept]:
    """The runs that the words stand for, in their order: the start of an id, a name, champion, challenger, latest or latest~2.

    `latest` is the run that trained the model of identity `newest`, which is the one in models/latest; where no run did, the newest training.
    Raises ParameterError where a word stands for none, or for several.
    """
    client = opened()
    runs = searched(client, experiment_id(client))
    bearers = {alias: alias_run(client, alias) for alias in ALIASES}
    return [kept(chosen(word, runs, bearers, newest), bearers) for word in words]


def chosen(word: str, runs: Sequence[Any], bearers: dict[str, str | None], newest: str | None = None) -> Any:
    """The one run, of the newest first, that a word stands for."""
    if word in bearers:
        found = [run for run in runs if run.info.run_id == bearers[word]]
        if not found:
            raise ParameterError(f"no run is the {word} yet; " + ("`churnkit promote` makes one." if word == CHAMPION else
                                                                 "an evaluation that beats the baselines makes its run one."))
    elif age := AGE.fullmatch(word):
        done = [run for run in runs if is_training(run) and run.info.status == "FINISHED"]
        latest = next((place for place, run in enumerate(done) if newest and run.data.tags.get(MODEL_TAG) == newest), 0)
        found = done[latest + int(age[1] or 0):][:1]
        if not found:
            raise ParameterError(f"{word} goes further back than the {len(done)} finished trainings that MLflow knows.")
    else:
        found = [run for run in runs if run.info.run_name == word]
        if not found and re.fullmatch(f"[0-9a-f]{{{SHORTEST},}}", word):
            found = [run for run in runs if run.info.run_id.startswith(word)]
    if len(found) == 1:
        return found[0]
    names = {run.info.run_name: run for run in runs}
    if not found:
        near = difflib.get_close_matches(word, names, 3) or list(names)[:3]
        there = f"there are {', '.join(near)}" if near else "there is none at all"
        raise ParameterError(f"no run is called {word!r}, nor does an id begin so; {there}.")
    raise ParameterError(f"{word!r} stands for {len(found)} runs ({', '.join(run.info.run_id[:8] for run in found[:5])}); give more of the id.")


def is_training(run: Any) -> bool:
    """Whether the run trained a model, and is no search or part of one."""
    return str(run.data.tags.get(KIND, "train")) == "train" and "mlflow.parentRunId" not in run.data.tags


def kept(run: Any, bearers: dict[str, str | None]) -> Kept:
    """The run as the store has it."""
    tables = {}
    for read in run.inputs.dataset_inputs if run.inputs else []:
        rows = json.loads(read.dataset.profile or "{}").get("num_rows")
        context = next((tag.value for tag in read.tags if tag.key == "mlflow.data.context"), "")
        tables[read.dataset.name] = (read.dataset.digest, rows, context)
    started = datetime.fromtimestamp(run.info.start_time / 1000, UTC).astimezone()
    return Kept(run.info.run_id, run.info.run_name, run.info.status, started.isoformat(" ", "minutes")[:16],
                tuple(alias for alias, bearer in bearers.items() if bearer == run.info.run_id), dict(run.data.params), dict(run.data.metrics),
                dict(run.data.tags), tables)


def fetched(run_id: str, name: str, folder: Path) -> Path | None:
    """A copy of an artefact of the run in the folder; None where it has none, or its files are gone."""
    from mlflow.exceptions import MlflowException

    try:
        return Path(opened().download_artifacts(run_id, name, str(folder)))
    except (MlflowException, OSError):
        return None
