"""Promotion: whether the newest model may take the champion's place, and the copy by which it does."""
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnkit.champion import CHAMPION, EVALUATED, PROMOTION, identity
from churnkit.errors import InputError, PolicyError
from churnkit.files import json_text, whole_folder

LATEST = Path("models/latest")
REPORTS = Path("reports")


@dataclass(frozen=True)
class Candidate:
    """The newest model as the reports judge it: its identity, where it was judged, whether it may be promoted and why."""

    identity: str
    champion: str | None
    judged_on: str
    label: str | None
    may_replace: bool
    reason: str
    headline: Mapping[str, Any]


def candidate() -> Candidate:
    """The model of models/latest. Raises InputError where the reports are missing or judge another model, or another champion."""
    metrics, verdict, trained, headline = (report(name) for name in ("metrics", "verdict", "train", "headline"))
    found, beside = identity(LATEST), metrics.get("champion") or {}
    said = {"models/latest": (found, trained.get("models", {}).get("latest")),
            "models/evaluated": (identity(EVALUATED), beside.get("challenger")),
            "models/champion": (identity(CHAMPION), beside.get("champion"))}
    if found is None:
        raise InputError(f"{LATEST} holds no model; run `make repro` first.")
    for folder, (there, judged) in said.items():
        if there != judged:
            raise InputError(f"{folder} holds {there or 'no model'}, but the reports are about {judged or 'none'}; run `make repro`, then promote.")
    beats, wins = bool(verdict["beats_baselines"]), beside["champion"] is None or bool(beside["wins"])
    reason = verdict["reason"] if not beats or beside["champion"] is None else beside["reason"]
    return Candidate(found, beside["champion"], metrics["as_of"], metrics["label"], beats and wins, reason, headline)


def report(name: str) -> dict[str, Any]:
    """A report as the stages wrote it. Raises InputError where it is missing."""
    path = REPORTS / f"{name}.json"
    if not path.is_file():
        raise InputError(f"{path} is missing; run `make repro` first.")
    return dict(json.loads(path.read_text("utf-8")))


def promote(chosen: Candidate, forced: str | None, run_id: str | None) -> None:
    """Copies models/latest, and the judged model beside it, to models/champion, whole or not at all.

    Raises PolicyError where the rule is against it and nobody forced it, ChecksumError where a file is not the one that was written.
    """
    from churnkit.model import Model

    if not chosen.may_replace and not forced:
        raise PolicyError(f"the model of {LATEST} is not promoted: {chosen.reason}. docs/runs.md has the rule; "
                          "`churnkit promote --force REASON` overrides it, and the reason is recorded.")
    with whole_folder(CHAMPION) as part:
        copied(LATEST, part)
        copied(EVALUATED, part / EVALUATED.name)
        record = {"model": chosen.identity, "judged_on": chosen.judged_on, "label": chosen.label, "replaces": chosen.champion,
                  "reason": chosen.reason, "forced": None if chosen.may_replace else forced, "run_id": run_id, "metrics": dict(chosen.headline)}
        (part / PROMOTION).write_text(json_text({"promoted": record}), "utf-8")
        for folder in (part, part / EVALUATED.name):
            Model.load(folder)  # checks every byte of the copy, before it takes the old champion's place
        if identity(part) != chosen.identity:
            raise InputError(f"{LATEST} was written anew while it was promoted; run `churnkit promote` again.")


def copied(source: Path, target: Path) -> None:
    """The files of a model folder, copied; not linked, for DVC's cache must not be written through the champion."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(p for p in source.iterdir() if p.is_file() and not p.name.startswith(".")):
        shutil.copyfile(path, target / path.name)
