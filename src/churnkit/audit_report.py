"""The audit of the features as a table, a picture and sentences."""
import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from churnkit.audit import Alone, Rows
from churnkit.features import REGISTRY

TABLE, PICTURE = "features.csv", "audit.png"
COLUMNS = ("feature", "family", "next_to_label", "auc", "riskier_side", "declared_side", "corner_rate", "missing_share", "psi_max", "twin",
           "twin_correlation", "marks")
SIDES = {"+": "high", "-": "low", "±": "either"}
TOLD = 3  # suspects that a message names
DRAWN = 25


@dataclass(frozen=True)
class Report:
    """What was found: by as-of date, by column, twins, suspects and why some of them do not stop the run, and from which PSI on a column drifts."""

    dates: Sequence[date]
    alone: Mapping[str, Alone]
    twins: Mapping[str, tuple[str, float]]
    suspects: Sequence[str]
    passed: Mapping[str, str]
    drift: float

    @property
    def strongest_first(self) -> list[str]:
        """All columns, those that tell most about the outcome first."""
        return sorted(self.alone, key=lambda name: (-round(known(self.alone[name].auc), 6), name))

    def psi_max(self, name: str) -> float:
        """The drift of the month that is most unlike the others."""
        return max(map(known, self.alone[name].psi))

    @property
    def drifting(self) -> list[str]:
        """The columns of which a month is unlike the others, the most unlike first."""
        return sorted((name for name in self.alone if self.psi_max(name) > self.drift), key=lambda name: (-self.psi_max(name), name))

    def marks(self, name: str) -> str:
        """What an analyst should look at, in words."""
        suspect = f"leak suspect, {self.passed[name]}" if name in self.passed else "leak suspect"
        marks = {suspect: name in self.suspects, "constant": self.alone[name].is_constant, "drift": self.psi_max(name) > self.drift}
        return "; ".join(word for word, holds in marks.items() if holds)


def write(report: Report, folder: Path, max_auc: float) -> None:
    """Writes the table and the picture."""
    from churnkit import figures

    names = report.strongest_first
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as out:
        sheet = csv.writer(out, lineterminator="\n")
        sheet.writerow([*COLUMNS, *(f"psi_{as_of}" for as_of in report.dates)])
        sheet.writerows(line(report, name) for name in names)
    strongest = [(marked(name), known(report.alone[name].auc), name in report.suspects) for name in names[:DRAWN]]
    moved = sorted(names, key=lambda name: (-report.psi_max(name), name))[:DRAWN]
    figures.draw_audit(folder / PICTURE, strongest, max_auc, [str(as_of) for as_of in report.dates],
                       {marked(name): list(map(known, report.alone[name].psi)) for name in moved})


def line(report: Report, name: str) -> list[str]:
    """One column's row of the table."""
    one, declared = report.alone[name], REGISTRY.get(name)
    twin, correlation = report.twins.get(name, ("", math.nan))
    return [name, declared.family if declared else "", "⚠" if declared and declared.is_adjacent else "", told(one.auc), one.side,
            SIDES[declared.risky] if declared else "", told(one.corner), told(one.missing_share), told(report.psi_max(name)), twin, told(correlation),
            report.marks(name), *map(told, one.psi)]


def summary(report: Report, rows: Rows) -> str:
    """One line for the person who is waiting."""
    best = report.strongest_first[0]
    adjacent = sum(name in REGISTRY and REGISTRY[name].is_adjacent for name in report.alone)
    return (f"{len(report.alone)} columns of {len(rows.churned):,} rows, {len(rows.left):,} of them churned; the strongest alone is {best} "
            f"(AUC {report.alone[best].auc:.3f}); {len(report.drifting)} drift, {len(report.twins)} have a twin, {adjacent} lie next to the label, "
            f"{sum(one.is_constant for one in report.alone.values())} are constant")


def refusal(alone: Mapping[str, Alone], leaks: Sequence[str], max_auc: float, max_corner: float, table: Path) -> str:
    """Why the run stops, and what to do."""
    said = [f"{name} (AUC {alone[name].auc:.3f}, up to {known(alone[name].corner):.0%} of a corner left)" for name in leaks[:TOLD]]
    more = f" and {len(leaks) - TOLD} more" if len(leaks) > TOLD else ""
    return (f"{', '.join(said)}{more}: above audit.max_auc ({max_auc:g}) or audit.max_corner ({max_corner:g}), so each probably knows the outcome. "
            f"See {table} and find out when its values come into being; leave it out (featurize.exclude, train.without), "
            "or name it in audit.allowed if it is sound.")


def marked(name: str) -> str:
    """A column's name, with its ⚠."""
    return f"{name} ⚠" if name in REGISTRY and REGISTRY[name].is_adjacent else name


def known(number: float) -> float:
    """The number; 0 where the rows could not say."""
    return 0.0 if math.isnan(number) else number


def told(number: float) -> str:
    """A number in the table; empty where the rows could not say."""
    return "" if math.isnan(number) else f"{number:.6f}".rstrip("0").rstrip(".")
