"""Why a customer is at risk, in words: the groups of features that raise the score, each said by its strongest one."""
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

LEAST = 0.05  # log odds that a group must add, about 5 % more at risk; below it a reason would be filler
ALIKE = ("silence", "usage_trend")  # groups that tell of one fact, that the line is hardly used: one of them is enough
INTERNAL_ZH, INTERNAL_EN = "【内】", " [internal]"
PLURALS = {"people": "person", "generations": "generation", **{f"{one}s": one for one in (
    "day", "week", "month", "minute", "call", "bill", "number", "handset", "model", "contact", "product", "complaint", "spell", "top-up", "visit")}}


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
    @property
    def told(self) -> tuple[float | None, float | None]: ...
    @property
    def where(self) -> Mapping[str, tuple[float | None, float | None]]: ...
    @property
    def above(self) -> float | None: ...
    @property
    def above_zh(self) -> str | None: ...
    @property
    def above_en(self) -> str | None: ...


@dataclass(frozen=True)
class Sentence:
    """A reason sentence, the columns it names, and the digits after the point of those that it shows as numbers."""

    text: str
    columns: tuple[str, ...]
    digits: Mapping[str, int]

    @staticmethod
    def of(text: str, name: str) -> "Sentence":
        """The sentence of the feature `name`; `{value}` is that feature, any other field a column of the same row."""
        columns, digits = [], {}
        for _, field, form, _ in string.Formatter().parse(text):
            if field:
                column = name if field == "value" else field
                columns.append(column)
                if form:
                    kept = "".join(c for c in form.partition(".")[2] if c.isdigit())
                    digits[column] = int(kept or 0) + (2 if form.endswith("%") else 0)
        return Sentence(text, tuple(dict.fromkeys(columns)), digits)


def reasons(contributions: pd.DataFrame, features: pd.DataFrame, registry: Mapping[str, Declared], *, top: int = 3) -> pd.DataFrame:
    """For each row up to `top` reasons: reason_1_zh, reason_1_en, reason_1_group, …, null where there are fewer.

    `contributions` is what each feature adds to the margin. A group is a reason if its features together raise the
    risk (by LEAST or more), and is said by the one that raises it most among those with a sentence whose value is known, on the risky
    side of the cohort's median, within what is worth telling, and not a zero that has no words. Of the groups ALIKE one is said. Rows and index
    are those of `features`.
    """
    known = [name for name in contributions.columns if name in registry and name in features.columns]
    groups = sorted({registry[name].group for name in known})
    said: dict[str, np.ndarray] = {}
    for place in range(1, top + 1):
        said |= {f"reason_{place}_{part}": np.full(len(features), None, dtype=object) for part in ("zh", "en", "group")}
    if not groups or not len(features):
        return pd.DataFrame(said, index=features.index)
    amounts, spoken = strongest(contributions, features, registry, known, groups)
    rows, alike = np.arange(len(features)), np.isin(groups, ALIKE)
    for place in range(min(top, len(groups))):
        group = amounts.argmax(axis=1)
        is_said = amounts[rows, group] >= LEAST
        amounts[rows, group] = -np.inf
        amounts[np.ix_(alike[group], alike)] = -np.inf
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
    """Whether the feature has a sentence that is true and worth saying, for each row: its own, or the one for high values."""
    can = says(feature, (feature.reason_zh, feature.reason_en, zero_form(feature, "zh")), features, registry)
    if not pd.api.types.is_numeric_dtype(features[feature.name]):
        return can & (feature.risky == "±")
    values = features[feature.name].to_numpy(dtype=float, na_value=np.nan)
    if feature.risky in ("+", "-") and can.any():
        middle = np.nanmedian(values)
        can = can & (values > middle if feature.risky == "+" else values < middle)
    can = can & within(values, feature.told)
    if feature.above is not None:
        can = np.where(values >= feature.above, says(feature, (feature.above_zh, feature.above_en, None), features, registry), can)
    for name, bounds in feature.where.items():
        can = can & (within(features[name].to_numpy(dtype=float, na_value=np.nan), bounds) if name in features.columns else False)
    return can


def within(values: np.ndarray, bounds: tuple[float | None, float | None]) -> np.ndarray:
    """Whether each value lies within the bounds, of which None is none; an unknown one does not."""
    least, most = bounds
    return (values >= (-np.inf if least is None else least)) & (values <= (np.inf if most is None else most))


def says(feature: Declared, words: tuple[str | None, str | None, str | None], features: pd.DataFrame,
         registry: Mapping[str, Declared]) -> np.ndarray:
    """Whether a sentence (in zh, in en, and in zh for zero) can be filled in, for each row: all it names is known, none reads zero or less."""
    zh, en, zero = words
    if not zh or not en:
        return np.zeros(len(features), dtype=bool)
    sentence = Sentence.of(zh, feature.name)
    if any(name not in features.columns for name in sentence.columns):
        return np.zeros(len(features), dtype=bool)
    can = features[feature.name].notna().to_numpy()
    for name in sentence.columns:
        can = can & features[name].notna().to_numpy()
        if name in sentence.digits and pd.api.types.is_numeric_dtype(features[name]):
            numbers = shown(features, name, registry).astype(float)
            can = can & np.isfinite(numbers) & (np.round(numbers, sentence.digits[name]) >= 0)
    return can & ~is_zero(Sentence.of(zero or zh, feature.name), features, registry)  # what is said of zero may name a number itself


def shown(features: pd.DataFrame, name: str, registry: Mapping[str, Declared]) -> np.ndarray:
    """A column as a sentence shows it: cents as yuan, other numbers and text as they are."""
    column = features[name]
    if not pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=object)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return values / 100 if name in registry and registry[name].unit == "cents" else values


def is_zero(sentence: Sentence, rows: pd.DataFrame, registry: Mapping[str, Declared]) -> np.ndarray:
    """Whether the sentence would print a zero, for each row."""
    zero = np.zeros(len(rows), dtype=bool)
    for name, digits in sentence.digits.items():
        values = shown(rows, name, registry)
        if values.dtype != object:
            zero |= np.round(values, digits) == 0
    return zero


def zero_form(feature: Declared, language: str) -> str | None:
    """What is said in place of a zero; None if nothing is declared."""
    return getattr(feature, f"zero_{language}", None) or None


def spell(feature: Declared, features: pd.DataFrame, where: np.ndarray, registry: Mapping[str, Declared]) -> dict[str, np.ndarray]:
    """The feature's sentence in each language for the rows at `where`."""
    rows, spelt = features.iloc[where], {}
    high = np.zeros(len(rows), dtype=bool)
    if feature.above is not None:
        high = rows[feature.name].to_numpy(dtype=float, na_value=np.nan) >= feature.above
    for language, text, above in (("zh", feature.reason_zh, feature.above_zh), ("en", feature.reason_en, feature.above_en)):
        zero = zero_form(feature, language)
        zeros = is_zero(Sentence.of(text, feature.name), rows, registry) if text and zero else np.zeros(len(rows), dtype=bool)
        texts = np.where(high, above or "", np.where(zeros, zero or "", text or ""))
        named = dict.fromkeys([feature.name, *(name for one in np.unique(texts) for name in Sentence.of(one, feature.name).columns)])
        columns: dict[str, Any] = {name: shown(rows, name, registry) for name in named}
        said = (words.format(value=line[0], **dict(zip(columns, line, strict=True))) for words, *line in zip(texts, *columns.values(), strict=True))
        spelt[language] = np.array([finished(one, language, feature.is_internal) for one in said], dtype=object)
    return spelt


def finished(text: str, language: str, is_internal: bool) -> str:
    """The sentence as it is shown: one of a thing in the English singular, and marked where an agent must not say it."""
    if language == "en":
        text = singular(text)
    return text + ({"zh": INTERNAL_ZH, "en": INTERNAL_EN}[language] if is_internal else "")


def singular(text: str) -> str:
    """The English sentence with one of a thing in the singular: 1 day, once."""
    text = re.sub(r"(?<![\d.,])1 times(?= |$)(?! (?:the|as|more|those))", "once", text)
    return re.sub(rf"(?<![\d.,])1 ((?:(?!of |in |or )[a-z-]+ )*?)({'|'.join(PLURALS)})\b", lambda found: f"1 {found[1]}{PLURALS[found[2]]}", text)
