"""A fitted model, and its folder: boosters as LightGBM text, a card in JSON and their checksums. Nothing is unpickled."""
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from churnkit.errors import ChecksumError, InputError
from churnkit.files import json_text, sha256, whole_folder
from churnkit.model import encode
from churnkit.model.calibrate import Calibrator
from churnkit.model.learning import Learning

CARD, SUMS = "card.json", "SHA256SUMS"
FORM = 2
OWN = re.compile(rf"{re.escape(CARD)}|{SUMS}|booster-\d+\.txt")


@dataclass(frozen=True)
class Model:
    """Boosters averaged in the margin, the columns they read, and the calibrator that turns the margin into a probability.

    `weights` are those of the boosters and sum to 1; `tree_counts` and `shares` are those of the shapes of trees.
    """

    learning: Learning
    columns: tuple[encode.Column, ...]
    texts: tuple[str, ...]
    weights: tuple[float, ...]
    calibrator: Calibrator
    tree_counts: tuple[int, ...]
    shares: tuple[float, ...]
    seed: int
    rows: int
    churners: int
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """What it learned from and what it is made of, in two lines; the boosters themselves are megabytes."""
        trees = " + ".join(f"{share:.0%} of up to {count} trees" for count, share in zip(self.tree_counts, self.shares, strict=True) if share)
        return (f"<churnkit Model: {self.rows:,} rows, {self.churners:,} churners, {len(self.columns)} columns;\n"
                f" {len(self.texts)} boosters ({trees}), calibration {self.calibrator.method}>")

    @cached_property
    def boosters(self) -> list[lgb.Booster]:
        """The boosters, parsed."""
        return [lgb.Booster(model_str=text) for text in self.texts]

    @property
    def trees(self) -> int:
        """The tree count of a booster, the largest of the shapes that count."""
        return max(count for count, share in zip(self.tree_counts, self.shares, strict=True) if share)

    @property
    def feature_names(self) -> list[str]:
        """The columns the model was fitted on, in their order."""
        return [column.name for column in self.columns]

    def with_calibrator(self, calibrator: Calibrator) -> "Model":
        """The same boosters under another calibrator."""
        return replace(self, calibrator=calibrator)

    def with_notes(self, notes: Mapping[str, Any]) -> "Model":
        """The same model, with what its card shall say of it."""
        return replace(self, notes=dict(notes))

    def matrix(self, features: pd.DataFrame) -> np.ndarray:
        """What the boosters read for these rows. Raises InputError unless the columns are those of the fit."""
        return encode.encode(encode.matched(features, self.columns), self.columns)

    def margin_of(self, matrix: np.ndarray) -> np.ndarray:
        """The log odds before calibration, one per row of an encoded matrix."""
        if not len(matrix):
            return np.empty(0)
        margin = np.zeros(len(matrix))
        for weight, booster in zip(self.weights, self.boosters, strict=True):
            margin += weight * np.asarray(booster.predict(matrix, raw_score=True, num_threads=self.learning.threads_used))
        return margin

    def predict_margin(self, features: pd.DataFrame) -> np.ndarray:
        """The log odds before calibration, one per row."""
        return self.margin_of(self.matrix(features))

    def predict_proba(self, features: pd.DataFrame) -> np.ndarray:
        """The calibrated churn probability, 0 to 1, one per row; it ranks exactly as the margin does."""
        return self.calibrator.probability(self.predict_margin(features))

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the margin (exact TreeSHAP), a column each, and `base`; a row sums to its margin.

        The base stands last; its name has as many underscores behind it as it takes to be no feature's. Each row goes through every tree of
        every booster, which takes some sixty times as long as `predict_proba`: ask for the rows that are looked at.
        """
        base = "base"
        while base in self.feature_names:
            base += "_"
        matrix, names = self.matrix(features), [*self.feature_names, base]
        added = np.zeros((len(matrix), len(names)))
        for weight, booster in zip(self.weights, self.boosters, strict=True) if len(matrix) else []:
            added += weight * np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=self.learning.threads_used))
        return pd.DataFrame(added, columns=names, index=features.index)

    def importance(self) -> pd.Series:
        """Each feature's share of the loss that all splits saved, in the order of the fit; sums to 1, or is all 0 if nothing was split."""
        gain = np.sum([weight * booster.feature_importance("gain") for weight, booster in zip(self.weights, self.boosters, strict=True)], axis=0)
        return pd.Series(gain / gain.sum() if gain.sum() else gain, index=self.feature_names)

    def invented_example(self) -> dict[str, Any]:
        """A row that could be scored and is nobody's: ones for numbers, the first known value of each category."""
        return {column.name: column.values[0] if column.values else None if column.kind == "empty" else 1.0 for column in self.columns}

    def card(self) -> dict[str, Any]:
        """All but the boosters, as the card keeps it."""
        return {"form": FORM, "lightgbm": lgb.__version__, "boosters": booster_names(len(self.texts)), "weights": self.weights,
                "trees": self.tree_counts, "shares": self.shares, "seed": self.seed, "rows": self.rows, "churners": self.churners,
                "notes": dict(self.notes), "learning": self.learning.written(), "calibrator": asdict(self.calibrator),
                "columns": [asdict(column) for column in self.columns]}

    def save(self, folder: Path | str) -> None:
        """Writes the model as a folder, whole or not at all; the same model gives the same bytes.

        Raises InputError where something else lies there: only an empty folder and an older model are replaced.
        """
        with whole_folder(free(Path(folder))) as part:
            for name, text in zip(booster_names(len(self.texts)), self.texts, strict=True):
                (part / name).write_text(text, encoding="utf-8", newline="\n")
            (part / CARD).write_text(json_text(self.card()), encoding="utf-8", newline="\n")
            sums = [f"{sha256(part / name)}  {name}\n" for name in [*booster_names(len(self.texts)), CARD]]
            (part / SUMS).write_text("".join(sums), encoding="utf-8", newline="\n")

    @staticmethod
    def load(folder: Path | str, *, threads: int = 0) -> "Model":
        """The model of a folder, to predict on so many threads (0: up to four).

        Raises InputError if there is none, ChecksumError naming the file that was altered.
        """
        folder = Path(folder)
        if not (folder / CARD).is_file():
            raise InputError(f"{folder} holds no model ({CARD} is missing); name a folder that Model.save or `churnkit train` wrote.")
        contents = verified(folder)
        card = json.loads(contents[CARD])
        if card.get("form") != FORM:
            raise InputError(f"{folder / CARD} is of form {card.get('form')!r}, this churnkit reads {FORM}; train again.")
        unlisted = [name for name in card["boosters"] if name not in contents]
        if unlisted:
            raise ChecksumError(f"{folder / SUMS} has no checksum of {unlisted[0]}; take the model folder from its source again.")
        columns = [encode.Column(c["name"], c["kind"], tuple(c["values"]), tuple(c["rates"]), c["prior"]) for c in card["columns"]]
        kept = card["calibrator"]
        calibrator = Calibrator(kept["method"], tuple(kept["margins"]), tuple(kept["calibrated"]))
        texts = tuple(contents[name].decode("utf-8") for name in card["boosters"])
        return Model(Learning(**card["learning"], threads=threads), tuple(columns), texts, tuple(card["weights"]), calibrator,
                     tuple(card["trees"]), tuple(card["shares"]), card["seed"], card["rows"], card["churners"], card["notes"])


def free(folder: Path) -> Path:
    """The folder, where a model may be written. Raises InputError where that would take away anything but an older model."""
    where = folder.resolve()  # a link stays one
    if Path.cwd().is_relative_to(where):
        raise InputError(f"a model cannot be saved as {folder}, for that is where you work, or above it; name a folder of its own, "
                         f"such as {folder / 'model'}.")
    if above := next((path for path in where.parents if path.exists() and not path.is_dir()), None):
        raise InputError(f"a model cannot be saved as {folder}: {above} is a file, not a folder.")
    if where.exists() and not where.is_dir():
        raise InputError(f"a model cannot be saved as {folder}: a file of that name would be lost; name another folder, or move it away.")
    names = {path.name for path in where.iterdir()} if where.exists() else set()
    others = sorted(name for name in names if not OWN.fullmatch(name) or not (where / name).is_file())
    if others or (names and not names >= {CARD, SUMS}):
        why = f"holds {others[0]}{' and more' if len(others) > 1 else ''}, which is no model's" if others else "holds a part of a model"
        raise InputError(f"a model cannot be saved as {folder}: the folder {why} and would be lost; name another folder, or empty this one.")
    return where if folder.is_symlink() or folder.name in ("", "..") else folder


def verified(folder: Path) -> dict[str, bytes]:
    """The listed files' contents by name, read once and checked before anything is parsed: altered LightGBM text crashes."""
    if not (folder / SUMS).is_file():
        raise ChecksumError(f"{folder / SUMS} is missing, so the model cannot be trusted; take its folder from the source again.")
    lines = (folder / SUMS).read_bytes().decode("utf-8", errors="replace").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if not all(OWN.fullmatch(name) and len(digest) == 64 for name, digest in listed.items()):
        raise ChecksumError(f"{folder / SUMS} is damaged (not every line is a checksum and a name); take the model folder from its source again.")
    contents = {}
    for name, expected in listed.items():
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != expected:
            why = "not the file that was written (its checksum differs)" if path.is_file() else "missing"
            raise ChecksumError(f"{path} is {why}; take the model folder from its source again, or train.")
        contents[name] = content
    if CARD not in contents:
        raise ChecksumError(f"{folder / SUMS} has no checksum of {CARD}; take the model folder from its source again.")
    return contents


def booster_names(count: int) -> list[str]:
    """The file names of so many boosters."""
    return [f"booster-{place}.txt" for place in range(count)]


def portable(text: str) -> str:
    """LightGBM's text without the number of threads it was fitted with, the only thing that depends on them."""
    return re.sub(r"(?m)^\[num_threads: \d+\]$", "[num_threads: 0]", text)
