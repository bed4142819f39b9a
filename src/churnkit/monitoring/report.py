"""What monitoring found, as tables, as the verdict for those who hand out lists, and as one page."""
import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from churnkit import metrics as judging
from churnkit.features import REGISTRY
from churnkit.files import json_text
from churnkit.monitoring.changes import STATES, Change, Counted
from churnkit.monitoring.checks import Check
from churnkit.monitoring.matured import SHOWN, Matured
from churnkit.monitoring.scores import Scores
from churnkit.monitoring.volumes import Volume

PAGE, VERDICT, FEATURES, MONTHS = "index.html", "verdict.json", "features.csv", "months.csv"
OF_FEATURES = ("feature", "family", "state", "weight", "psi", "drift", "nearest_month", "missing_share", "missing_share_usual", "missing_change",
               "new_categories_share", "new_categories", "gone_categories_share", "gone_categories")


@dataclass(frozen=True)
class Report:
    """What was found. The last of `dates` is the month scored, the others are those that the model learned from; `rows` are subscribers by date.

    `unlike` is how many columns of each date are unlike every other one.
    """

    as_of: date
    dates: Sequence[date]
    rows: Mapping[date, int]
    verdict: Check
    checks: Sequence[Check]
    changes: Mapping[str, Change]
    counts: Mapping[str, Counted]
    volumes: Sequence[Volume]
    scores: Scores
    months: Sequence[Matured]
    unlike: Mapping[date, int]
    label: str | None

    @property
    def worst_first(self) -> list[str]:
        """All columns: alarms before what is watched, in each the one on which most of the scores rests first, then the furthest off."""
        return sorted(self.changes, key=lambda name: ranked(self.changes[name], name))


def ranked(change: Change, name: str) -> tuple[Any, ...]:
    """What puts a column before others."""
    state = STATES.index(change.state)
    return -state, -change.weight if state else 0.0, -round(max(change.drift, change.missing_change), 9), name


def write(report: Report, folder: Path) -> None:
    """Writes the page, the verdict and both tables."""
    from churnkit.monitoring import page

    (folder / PAGE).write_text(page.html(report), encoding="utf-8")
    content = {"as_of": str(report.as_of), "state": report.verdict.state, "zh": report.verdict.zh, "en": report.verdict.en, "label": report.label,
               "checks": [asdict(one) for one in report.checks], "metrics": metrics(report)}
    (folder / VERDICT).write_text(json_text(content), encoding="utf-8")
    sheet(folder / FEATURES, OF_FEATURES, (of_feature(report, name) for name in report.worst_first))
    extracts = [one for one in report.volumes if one.name != "subscribers"]
    heads = ("as_of", "role", "subscribers", *(f"{one.name}_a_day" for one in extracts), "columns_unlike_others", "scored_by", "judged", "churned",
             *(f"{name}{end}" for name in SHOWN for end in ("", "_low", "_high")))
    judged = {one.as_of: one for one in report.months}
    sheet(folder / MONTHS, heads, (of_month(report, day, judged.get(day)) for day in sorted({*report.dates, *judged})))


def sheet(path: Path, heads: Sequence[str], lines: Any) -> None:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(lines)


def of_feature(report: Report, name: str) -> list[str]:
    """One column's row."""
    one = report.changes[name]
    return [name, REGISTRY[name].family if name in REGISTRY else "", one.state, told(one.weight), told(one.psi), told(one.drift),
            str(report.dates[one.nearest]), told(one.missing), told(one.missing_usual), told(one.missing_change), told(one.new_share),
            " ".join(one.new), told(one.gone_share), " ".join(one.gone)]


def of_month(report: Report, day: date, judged: Matured | None) -> list[str]:
    """One month's row; what is not known of it is empty."""
    role = "scored" if day == report.as_of else "learned" if day in report.rows else "later"
    place = list(report.dates).index(day) if day in report.rows else None
    extracts = [one for one in report.volumes if one.name != "subscribers"]
    amounts = ["" if place is None else told([*one.before, one.now][place]) for one in extracts]
    row = [str(day), role, str(report.rows.get(day, "")), *amounts, str(report.unlike.get(day, ""))]
    if judged is None:
        return row + [""] * (3 + 3 * len(SHOWN))
    found: list[judging.Interval] = [judged.found[name] for name in SHOWN]
    return [*row, judged.scored_by, str(judged.rows), str(judged.churned), *(told(end) for one in found for end in (one.value, one.low, one.high))]


def metrics(report: Report) -> dict[str, float]:
    """The figures that runs are compared by; what is not known is left out. `state` is 0 for ok, 1 for watch, 2 for alarm."""
    changes = report.changes.values()
    last = report.months[-1].found if report.months else {}
    found = {"state": STATES.index(report.verdict.state), "psi_max": max(one.psi for one in changes),
             "drift_max": max(one.drift for one in changes), "columns_changed": sum(one.state != "ok" for one in changes),
             "weight_changed": sum(one.weight for one in changes if one.state != "ok"),
             "missing_change_max": max(one.missing_change for one in changes),
             "score_drift": report.scores.drift, "score_ks": report.scores.ks, "score_mean": report.scores.mean,
             "high_risk_share": report.scores.high, "agreement": report.scores.agreement, **{name: one.value for name, one in last.items()}}
    return {name: round(float(value), 6) for name, value in found.items() if math.isfinite(value)}


def told(number: float) -> str:
    """A number in a table; empty where it is not known."""
    return "" if math.isnan(number) else f"{number:.6f}".rstrip("0").rstrip(".")
