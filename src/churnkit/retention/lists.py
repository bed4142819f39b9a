"""The list files that people open: safe in a spreadsheet, the same bytes every time."""
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from churnkit.errors import InputError, PolicyError
from churnkit.retention.columns import Column, columns_of

# OWASP's list, and the full-width signs that a Chinese input method types and some spreadsheets take for the same.
FORMULA = re.compile(
    r"[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b]|[\t\r\n\x00]"
)
CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
DIGITS = re.compile(r"\d{8}")
WINDOWS = {
    "con",
    "prn",
    "aux",
    "nul",
    "conin$",
    "conout$",
    *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"),
}
OURS = {"excluded", "manifest", "summary", "dialler", "sms", "holdout", "scored", "audit"}
NO_BRANCH = "unassigned"
LONGEST_BYTES = 120


def safe_text(text: str) -> str:
    """The text as a cell on one line that no spreadsheet takes for a formula: a quote goes before what might be one."""
    quoted = f"'{text}" if FORMULA.match(text) else text
    return CONTROL.sub(" ", quoted)


def grouped_phone(masked: str) -> str:
    """A masked number in groups, `138 **** 0001`, that no spreadsheet takes for a number.

    Raises PolicyError for a number in full.
    """
    text = masked.strip()
    if not text:
        return ""
    if DIGITS.search(re.sub(r"[\s\-()]", "", text)) or "*" not in text:
        raise PolicyError(
            "A number that is not masked has reached the lists; ingest the subscribers extract again: it masks them."
        )
    return safe_text(re.sub(r"(?<=[^*\s])(?=\*)|(?<=\*)(?=[^*\s])", " ", text))


def branch_files(branches: Iterable[str]) -> dict[str, str]:
    """The file name, without suffix, of each branch: its path joined by `-`, other signs replaced by `_`.

    Raises InputError for two branches with one name, a name that Windows or churnkit keeps for itself, a name too long.
    """
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for branch in sorted(set(branches)):
        name = re.sub(r"[^\w\-]", "_", branch.replace("/", "-")) or NO_BRANCH
        if name.casefold() in WINDOWS | OURS:
            raise InputError(
                f"Branch {branch!r}: no list may be called {name!r}; rename it in the subscribers extract."
            )
        if len(name.encode()) > LONGEST_BYTES:
            raise InputError(
                f"Branch {branch!r}: the name is too long for a file; shorten it or lower export.branch_level."
            )
        if name.casefold() in taken:
            raise InputError(
                f"Branches {taken[name.casefold()]!r} and {branch!r} would share the file {name!r}; rename one of them."
            )
        taken[name.casefold()] = branch
        names[branch] = name
    return names


def cells(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    """The rows as the text of each cell, in the columns of one kind of file; empty text where a value is missing."""
    return pd.DataFrame({column.name: _cells(rows, column) for column in columns_of(file)}, index=rows.index)


def write_csv(rows: pd.DataFrame, file: str, path: Path, encoding: str = "utf-8-sig") -> None:
    """One list file: CSV with CRLF, a header, and the columns of its kind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells(rows, file).to_csv(path, index=False, encoding=encoding, lineterminator="\r\n")


def _cells(rows: pd.DataFrame, column: Column) -> pd.Series:
    if column.kind == "blank":
        return pd.Series("", index=rows.index, dtype="str")
    values = rows[column.name]
    if column.kind == "date":
        return values.dt.strftime("%Y-%m-%d").fillna("")
    if column.kind in ("text", "phone"):
        written = safe_text if column.kind == "text" else grouped_phone
        texts = values.astype("str").fillna("")
        # Few texts are all different: plans, teams and reasons repeat by the thousand.
        return texts.map({text: written(text) for text in texts.unique()})
    form = {"number": "{:.0f}", "yuan": "{:.2f}", "share": "{:.4f}"}[column.kind]
    return values.astype("Float64").map(lambda number: "" if pd.isna(number) else form.format(number)).astype("str")
