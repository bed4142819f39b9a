"""What was accepted, day by day, and the days that look unlike those before them: a missing file looks just like churn."""
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from churnkit.engine import Column, F, Frame, projected
from churnkit.expressions import count_if
from churnkit.extracts.declare import Extract
from churnkit.extracts.parties import PLACE, written
from churnkit.timeline import Delivery

FEW_ROWS = 200  # of a day with fewer rows chance alone explains much
PAST_DAYS, ENOUGH_DAYS = 35, 3
FACTOR, SHIFT = 2.0, 0.3  # a count that halves or doubles, a share that moves by so much
COUNTS = ("rows", "subscribers", "subscribers_per_handset")


@dataclass(frozen=True)
class Figure:
    """One measure of a day: `rows`, `subscribers`, `subscribers_per_handset`, or the share `null_share:<column>` or `<column>:<value>`."""

    extract: str
    day: date
    measure: str
    value: float


@dataclass(frozen=True)
class Oddity:
    """A day that looks unlike the days before it, and in what; `expected` is their median."""

    extract: str
    day: date
    measure: str
    value: float
    expected: float

    def said(self) -> str:
        """The oddity as a sentence."""
        if self.measure == "rows" and not self.value:
            return f"{self.extract}, {self.day}: no row at all, {self.expected:,.0f} on days like it. Is a file missing? That looks just like churn."
        if self.measure in COUNTS:
            what = {"rows": "rows", "subscribers": "subscribers", "subscribers_per_handset": "subscribers per handset"}[self.measure]
            kind = "collapses" if self.value < self.expected else "jumps"
            return f"{self.extract}, {self.day}: {what} {kind} to {self.value:,.6g}, {self.expected:,.6g} on days like it."
        name, _, value = self.measure.partition(":")
        what = f"empty {value}" if name == "null_share" else f"{name} {value}"
        return f"{self.extract}, {self.day}: {self.value:.0%} of the rows have {what}, {self.expected:.0%} on days like it."


def by_day(extract: Extract, kept: Frame) -> list[Figure]:
    """The figures of every day; none of an extract that tells no time of day, for it does not come every day."""
    if extract.clock is None or extract.column(extract.clock).kind != "time":
        return []
    day = F.col(extract.clock).cast("date")
    columns = [c.name for c in extract.columns if c.name in kept.columns and not c.required and c.name != "received_at"]
    shares = [c for c in kept.columns if c == "direction" or c.endswith("_network")]
    counted: dict[str, Column] = {"rows": F.count(F.lit(1))} | {f"null_share:{c}": count_if(F.col(c).isNull()) for c in columns}
    people = next((c for c in kept.columns if c.endswith(PLACE)), None)
    if people:
        counted["subscribers"] = F.countDistinct(F.col(people))
    if "tac" in kept.columns:
        counted["handsets"] = F.countDistinct(F.col("tac"))
    dated = projected(kept, sorted({*columns, *shares, *([people] if people else [])}), {"day": day})
    found: list[Figure] = []
    names = list(counted)
    for first, *values in dated.groupBy("day").agg(*(counted[n].alias(f"n{i}") for i, n in enumerate(names))).collect():
        figures = dict(zip(names, values, strict=True))
        rows = figures["rows"]
        handsets = figures.pop("handsets", 0)
        if handsets:
            figures["subscribers_per_handset"] = figures.get("subscribers", 0) / handsets
        found += [Figure(extract.name, first, n, float(v) / rows if n.startswith("null_share") else float(v)) for n, v in figures.items()]
    declared = [c.name for c in extract.columns if not c.required and c.name in written(extract) and c.name not in kept.columns]
    found += [Figure(extract.name, f.day, f"null_share:{name}", 1.0) for f in found if f.measure == "rows" for name in declared]
    for column in shares:
        total = {f.day: f.value for f in found if f.measure == "rows"}
        for first, value, n in dated.filter(F.col(column).isNotNull()).groupBy("day", column).agg(F.count(F.lit(1)).alias("n")).collect():
            found.append(Figure(extract.name, first, f"{column}:{value}", n / total[first]))
    return sorted(found, key=lambda f: (f.day, f.measure))


def unlike(figures: Sequence[Figure], past: Sequence[Figure], delivery: Delivery) -> list[Oddity]:
    """The days of the delivery that are unlike the same weekdays of the five weeks before, or of the delivery where there is no past.

    Where rows are missing nothing else is said of the day. `past` are the figures of earlier deliveries.
    """
    series: dict[str, dict[date, float]] = {}
    for f in [*past, *figures]:  # of a day that came in two deliveries the later one has stragglers alone
        series.setdefault(f.measure, {}).setdefault(f.day, f.value)
    rows = series.get("rows", {})
    measures = [(name, values if name in COUNTS else dict.fromkeys(rows, 0.0) | values) for name, values in sorted(series.items())]
    extract = next((f.extract for f in [*figures, *past]), "")
    days = [delivery.starts + timedelta(n) for n in range((delivery.ends - delivery.starts).days)]
    found: list[Oddity] = []
    for day in days:
        usual = like(rows, day, days)
        if usual is None or usual < FEW_ROWS:
            continue
        if off(rows.get(day, 0.0), usual, "rows"):
            found.append(Oddity(extract, day, "rows", rows.get(day, 0.0), usual))
            continue
        for measure, values in measures:
            expected, value = like(values, day, days), values.get(day, 0.0)
            if measure != "rows" and expected is not None and off(value, expected, measure):
                found.append(Oddity(extract, day, measure, value, expected))
    return found


def like(values: dict[date, float], day: date, days: Iterable[date]) -> float | None:
    """The median of a measure on days like this one; None where there are too few."""
    same_weekday = [values[d] for n in range(7, PAST_DAYS + 1, 7) if (d := day - timedelta(n)) in values]
    recent = same_weekday if len(same_weekday) >= ENOUGH_DAYS else \
        [values[d] for d in days if d in values and d != day and d.weekday() == day.weekday()]
    return statistics.median(recent) if len(recent) >= ENOUGH_DAYS else None


def off(value: float, expected: float, measure: str) -> bool:
    """Whether a value is unlike what is expected: a count halves or doubles, a share moves by 30 points."""
    return not expected / FACTOR <= value <= expected * FACTOR if measure in COUNTS else abs(value - expected) > SHIFT
