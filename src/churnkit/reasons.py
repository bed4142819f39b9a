"""Why a customer is at risk, in words: the groups of features that raise the score, each said by its strongest one."""
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

LEAST = 0.05  # log odds that a group must add, about 5 % more at risk; below it a reason would be filler
INTERNAL_ZH, INTERNAL_EN = "【内】", " [internal]"


class Declared(Protocol):
    """What a feature's declaration says of its reason."""

    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def risky(self) -> str: ...
    @property
    def is_internal(self) -> bool: ...
    @property
    def reason_zh(self) -> str | None: ...
    @property
    def reason_en(self) -> str | None: ...


@dataclass(frozen=True)
class Sentence:
    """A reason sentence, the columns it names and the digits after the point of its value (None: it shows no value)."""

    text: str
    columns: tuple[str, ...]
    digits: int | None

    @staticmethod
    def of(text: str, name: str) -> "Sentence":
        """The sentence of the feature `name`; `{value}` is that feature, any other field a column of the same row."""
        columns, digits = [], None
        for _, field, form, _ in string.Formatter().parse(text):
            if field == "value":
                kept = "".join(c for c in (form or "").partition(".")[2] if c.isdigit())
                digits = int(kept or 0) + (2 if (form or "").endswith("%") else 0)
            if field:
                columns.append(name if field == "value" else field)
        return Sentence(text, tuple(dict.fromkeys(columns)), digits)


def reasons(contributions: pd.DataFrame, features: pd.DataFrame, registry: Mapping[str, Declared], *, top: int = 3) -> pd.DataFrame:
    """For each row up to `top` reasons: reason_1_zh, reason_1_en, reason_1_group, …, null where there are fewer.

    `contributions` is what each feature adds to the margin. A group is a reason if its features together raise the
    risk (by LEAST or more), and is said by the one that raises it most among those with a sentence whose value is known, on the risky
    side of the cohort's median and not a zero that has no words. Rows and index are those of `features`.
    """
    known = [name for name in contributions.columns if name in registry and name in features.columns]
    groups = sorted({registry[name].group for name in known})
    said: dict[str, np.ndarray] = {}
    for place in range(1, top + 1):
        said |= {f"reason_{place}_{part}": np.full(len(features), None, dtype=object) for part in ("zh", "en", "group")}
    if not groups or not len(features):
        return pd.DataFrame(said, index=features.index)
    amounts, spoken = strongest(contributions, features, registry, known, groups)
    ranked = np.argsort(-amounts, axis=1, kind="stable")[:, :top]
    for place in range(ranked.shape[1]):
        group = ranked[:, place]
        rows = np.arange(len(features))
        is_said = amounts[rows, group] >= LEAST
        chosen = spoken[rows, group]
        said[f"reason_{place + 1}_group"][is_said] = np.array(groups, dtype=object)[group[is_said]]
        for number in np.unique(chosen[is_said]):
            where = np.flatnonzero(is_said & (chosen == number))
            for language, sentences in spell(registry[known[number]], features, where, registry).items():
                said[f"reason_{place + 1}_{language}"][where] = sentences
    return pd.DataFrame(said, index=features.index)


def strongest(contributions: pd.DataFrame, features: pd.DataFrame, registry: Mapping[str, Declared], known: list[str],
              groups: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Per row and group: what the group adds (minus infinity if it cannot be said) and the number of the feature to say it by."""
    added = contributions[known].to_numpy(dtype=float)
    sayable = np.where(np.column_stack([can_say(registry[name], features, registry) for name in known]) & (added > 0), added, -np.inf)
    amounts, spoken = np.empty((len(features), len(groups))), np.empty((len(features), len(groups)), dtype=int)
    group_of = np.array([registry[name].group for name in known])
    for place, group in enumerate(groups):
        members = np.flatnonzero(group_of == group)
        best = sayable[:, members].argmax(axis=1)
        spoken[:, place] = members[best]
        can = np.isfinite(sayable[np.arange(len(features)), members[best]])
        amounts[:, place] = np.where(can, added[:, members].sum(axis=1), -np.inf)
    return amounts, spoken


def can_say(feature: Declared, features: pd.DataFrame, registry: Mapping[str, Declared]) -> np.ndarray:
    """Whether the feature's sentence is true and worth saying, for each row."""
    if not feature.reason_zh or not feature.reason_en:
        return np.zeros(len(features), dtype=bool)
    sentence = Sentence.of(feature.reason_zh, feature.name)
    if any(name not in features.columns for name in sentence.columns):
        return np.zeros(len(features), dtype=bool)
    can = features[feature.name].notna().to_numpy()
    for name in sentence.columns:
        can = can & features[name].notna().to_numpy()
    if not pd.api.types.is_numeric_dtype(features[feature.name]):
        return can & (feature.risky == "±")
    values = shown(features, feature.name, registry)
    if feature.risky in ("+", "-") and can.any():
        middle = np.nanmedian(values)
        can = can & (values > middle if feature.risky == "+" else values < middle)
    if sentence.digits is not None and not zero_form(feature, "zh"):
        can = can & ~is_zero(values, sentence)
    return can


def shown(features: pd.DataFrame, name: str, registry: Mapping[str, Declared]) -> np.ndarray:
    """A column as a sentence shows it: cents as yuan, other numbers and text as they are."""
    column = features[name]
    if not pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=object)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return values / 100 if name in registry and registry[name].unit == "cents" else values


def is_zero(values: np.ndarray, sentence: Sentence) -> np.ndarray:
    """Whether the sentence would print the value as zero."""
    return np.abs(np.round(values, sentence.digits or 0)) == 0


def zero_form(feature: Declared, language: str) -> str | None:
    """What is said in place of a zero; None if nothing is declared."""
    return getattr(feature, f"zero_{language}", None) or None


def spell(feature: Declared, features: pd.DataFrame, where: np.ndarray, registry: Mapping[str, Declared]) -> dict[str, np.ndarray]:
    """The feature's sentence in each language for the rows at `where`."""
    spelt: dict[str, np.ndarray] = {}
    texts = {"zh": (feature.reason_zh or "", INTERNAL_ZH), "en": (feature.reason_en or "", INTERNAL_EN)}
    rows = features.iloc[where]
    for language, (text, suffix) in texts.items():
        sentence = Sentence.of(text, feature.name)
        columns: dict[str, Any] = {name: shown(rows, name, registry) for name in dict.fromkeys([feature.name, *sentence.columns])}
        zero, zeros = zero_form(feature, language), np.zeros(len(where), dtype=bool)
        if zero and sentence.digits is not None and columns[feature.name].dtype != object:
            zeros = is_zero(columns[feature.name], sentence)
        names = list(columns)
        spelt[language] = np.array([
            ((zero or "") if none else text).format(value=line[0], **dict(zip(names, line, strict=True))) + (suffix if feature.is_internal else "")
            for none, line in zip(zeros, zip(*columns.values(), strict=True), strict=True)], dtype=object)
    return spelt
