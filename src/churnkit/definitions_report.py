"""The comparison of churn definitions in the terminal, as a page and as a table for a spreadsheet."""
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from churnkit.definitions import SILENT_DAYS
from churnkit.examples import STRATA
from churnkit.files import whole_file
from churnkit.hindsight import EVERYONE
from churnkit.metrics import said

HEAD = ("definition", "known", "dates", "rows", "churned", "AUC", "precision", "gone", "lead days")
PARTS = ("definition", "part", "rows", "churned", "found", "AUC", "precision", "lead days")
MEANING = """known: days from the as-of date until the label is; dates: as-of dates it was learnt from, all known by then; churned: churners and
base rate; precision: of the calls that can be made, the share that churned; gone: of those calls, the share silent for {silent} days or more at
the as-of date; lead days: from the list, {wait} days after the as-of date, to the last own use of the churners on it, the middle one; negative: gone
before. In brackets 95 % intervals. Exits are judged against those who stayed; found: churners on the stratum's list; the precision of a kind of
payment is at its share of the calls.
"""


def main_line(row: Mapping[str, Any]) -> list[str]:
    """A definition in one stratum."""
    return [row["definition"], f"{row['label_days']} d", str(row["dates_learnt"]), f"{row['rows']:,}",
            f"{row['churned']:,} ({row['churned_share']:.2%})", said(row, "auc", "{:.3f}"), said(row, "precision_at_capacity", "{:.3f}"),
            said(row, "already_gone_share", "{:.1%}"), said(row, "lead_days", "{:.0f}")]


def part_line(row: Mapping[str, Any]) -> list[str]:
    """An exit kind or a kind of payment of a definition in one stratum."""
    return [row["definition"], row["part"], f"{row['rows']:,}", f"{row['churned']:,}", f"{row['found']:,}", said(row, "auc", "{:.3f}"),
            said(row, "precision_at_capacity", "{:.3f}"), said(row, "lead_days", "{:.0f}")]


def sections(table: pd.DataFrame) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Title, head and lines of each table of the report: per stratum the definitions, then their parts."""
    found: list[tuple[str, tuple[str, ...], list[list[str]]]] = []
    for stratum in STRATA:
        mine = [{str(name): value for name, value in row.items()} for row in table[table["stratum"] == stratum].to_dict("records")]
        if not mine:
            continue
        calls = max(row["capacity"] for row in mine if row["part"] == EVERYONE)
        found.append((f"{stratum}, {calls:.0f} calls", HEAD, [main_line(row) for row in mine if row["part"] == EVERYONE]))
        found.append((f"{stratum}, by exit and kind of payment", PARTS, [part_line(row) for row in mine if row["part"] != EVERYONE]))
    return found


def terminal(table: pd.DataFrame, refused: Mapping[str, str], wait_days: int) -> str:
    """The report as text in columns."""
    text = [f"Churn definitions on the same data, judged at {table['as_of'].iloc[0]}"]
    for title, head, lines in sections(table):
        text += ["", title, *in_columns(head, lines)]
    text += ["", MEANING.format(silent=SILENT_DAYS, wait=wait_days).rstrip()]
    return "\n".join([*text, *([""] if refused else []), *(f"{name}: {why}" for name, why in refused.items())])


def in_columns(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells set under their heads."""
    widths = [max(len(line[n]) for line in [head, *lines]) for n in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in [head, *lines]]


def markdown(table: pd.DataFrame, refused: Mapping[str, str], wait_days: int) -> str:
    """The report as a page."""
    text = [f"# Churn definitions on the same data, judged at {table['as_of'].iloc[0]}", "",
            MEANING.format(silent=SILENT_DAYS, wait=wait_days).rstrip()]
    for title, head, lines in sections(table):
        text += ["", f"## {title}", "", f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(line)} |" for line in lines)]
    return "\n".join([*text, "", *(f"- {name}: {why}" for name, why in refused.items())]).rstrip() + "\n"


def write_report(table: pd.DataFrame, refused: Mapping[str, str], wait_days: int, folder: Path) -> None:
    """Writes definitions.csv and definitions.md into a folder."""
    with whole_file(folder / "definitions.csv") as part:
        table.to_csv(part, index=False, lineterminator="\n", encoding="utf-8")
    with whole_file(folder / "definitions.md") as part:
        part.write_text(markdown(table, refused, wait_days), "utf-8")
