"""Months, deliveries and as-of dates: what is known when, and which dates may train, be evaluated and be scored."""
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from churnkit import documents
from churnkit.errors import HistoryError, InputError, ParameterError

EXTRACTS = Path("data/extracts")
DELIVERIES = Path("data/deliveries")
MONTHS = Path("months.yaml")
FILE_NO = "file_no"  # the column of events and summaries that says in which of its extract's files a row came
NAME = r"\d{4}-\d{2}(\.\.\d{4}-\d{2})?"
LATE = 2  # deliveries before one that are looked at for rows it brings again; dvc.yaml names them b0, the newest, and b1
LOOK_BACK = 12  # deliveries an as-of date may see; dvc.yaml names them m0, the newest, to m11
LOOK_AHEAD = 6  # deliveries its label may need; dvc.yaml names them a0 to a5: at a month each they cover 181 days at least


def month_start(text: str) -> date:
    """The first day of a month written `2026-06`. Raises ValueError if it is no month."""
    if not re.fullmatch(r"\d{4}-\d{2}", text):
        raise ValueError(text)
    return date.fromisoformat(f"{text}-01")


def add_months(day: date, months: int) -> date:
    """The first of the month `months` after the month of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def months_between(first: date, last: date) -> int:
    """Months from the month of one day to that of another."""
    return (last.year - first.year) * 12 + last.month - first.month


@dataclass(frozen=True)
class Delivery:
    """What an operator sends at once: the month `2026-06`, or the months `2025-01..2025-12` of a first drop. [starts, ends)"""

    name: str
    starts: date
    ends: date

    @classmethod
    def named(cls, name: str) -> "Delivery":
        """The delivery of that name. Raises ParameterError if it is none."""
        first, _, last = name.partition("..")
        try:
            starts, ends = month_start(first), add_months(month_start(last or first), 1)
        except ValueError:
            raise ParameterError(f"{name!r} is no delivery; write a month such as 2026-06, or 2025-01..2025-12.") from None
        if ends <= starts:
            raise ParameterError(f"Delivery {name!r} ends before it starts.")
        return cls(name, starts, ends)


def events(delivery: str, extract: str) -> Path:
    """Where the accepted rows of one extract of a delivery lie."""
    return DELIVERIES / delivery / "events" / extract


def account_of(delivery: str) -> Path:
    """Where the account of a delivery lies, with its events."""
    return events(delivery, "account")


def handed_on(delivery: str, name: str = "") -> Path:
    """Where a delivery keeps a table that stands until it is sent again: as it came last, with this delivery or one before it."""
    return events(delivery, "handed_on") / name


def summary(delivery: str, name: str) -> Path:
    """Where one summary of a delivery's call records lies."""
    return DELIVERIES / delivery / "summaries" / name


def find_deliveries(folder: Path = EXTRACTS) -> list[Delivery]:
    """The deliveries in the folder, oldest first.

    Raises InputError where there is none, where two cover the same month, and where a month between them is missing.
    """
    names = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")) if folder.is_dir() else []
    if not names:
        raise InputError(f"There are no extracts: {folder}/ holds no delivery folder such as {folder}/2026-06/. "
                         "Put the operator's files there, or run `churnkit simulate` for a demo operator.")
    if empty := [name for name in names if not any(p.is_file() and not p.name.startswith(".") for p in (folder / name).rglob("*"))]:
        raise InputError(f"{folder}/{empty[0]}/ is empty; put the delivery's files there, or remove the folder until they have come.")
    try:
        found = sorted((Delivery.named(name) for name in names), key=lambda d: d.starts)
    except ParameterError as problem:
        raise InputError(f"{folder}/: {problem}") from None
    for before, after in itertools.pairwise(found):
        if after.starts < before.ends:
            raise InputError(f"{folder}/: deliveries {before.name} and {after.name} cover the same month.")
        if after.starts > before.ends:
            raise InputError(f"{folder}/: nothing covers {before.ends:%Y-%m}, between {before.name} and {after.name}; "
                             "a missing month would look just like churn.")
    return found


def before(delivery: Delivery, folder: Path = EXTRACTS) -> list[Delivery]:
    """The two deliveries before this one, oldest first: those in which its late rows may already have come."""
    present = [Delivery.named(p.name) for p in folder.iterdir() if p.is_dir() and re.fullmatch(NAME, p.name)] if folder.is_dir() else []
    return sorted((d for d in present if d.ends <= delivery.starts), key=lambda d: d.starts)[-LATE:]


@dataclass(frozen=True)
class Plan:
    """The as-of dates of a run, and the deliveries that each may see, newest first, or needs for its label, oldest first."""

    deliveries: tuple[str, ...]
    training: tuple[date, ...]
    mature: tuple[date, ...]
    evaluation: date
    scoring: date
    sees: dict[date, tuple[str, ...]]
    after: dict[date, tuple[str, ...]]

    def require(self, as_of: date) -> None:
        """Raises HistoryError unless the plan has this as-of date."""
        if as_of not in self.sees:
            raise HistoryError(f"{as_of} is no as-of date of the plan ({', '.join(map(str, sorted(self.sees)))}): "
                               "too little history lies before it, or its label has not matured. `churnkit plan` lays it out anew.")


def make_plan(deliveries: Sequence[Delivery], *, label_days: int, min_history_days: int, max_dates: int) -> Plan:
    """The plan for these deliveries; a label is known `label_days` after its as-of date.

    Evaluation is at the latest date that is mature when the newest delivery ends; the dates mature by then train, at most
    `max_dates` of them; the scoring model is refitted on as many of the latest mature dates. Raises HistoryError if fewer than two dates can train.
    """
    scoring, first = deliveries[-1].ends, deliveries[0].starts + timedelta(min_history_days)
    dates = [d for n in range(len_months(deliveries)) if (d := add_months(deliveries[0].starts, n)) >= first]
    mature = known_by(dates, scoring, label_days)
    training = known_by(mature, mature[-1], label_days)[-max_dates:] if mature else ()
    if len(training) < 2:
        raise HistoryError(f"The history is too short: {deliveries[0].starts} to {scoring} leaves {len(training)} as-of dates to learn from, "
                           f"at least 2 are needed ({min_history_days} days of history before each, {label_days} after it for its label). "
                           "Add older deliveries.")
    used = sorted({*training, *mature[-max_dates:], scoring})
    return Plan(tuple(d.name for d in deliveries), tuple(training), tuple(mature[-max_dates:]), mature[-1], scoring,
                {a: tuple(d.name for d in reversed(deliveries) if d.starts < a)[:LOOK_BACK] for a in used},
                {a: until_mature(deliveries, a, label_days) for a in used})


def known_by(dates: Sequence[date], day: date, label_days: int) -> tuple[date, ...]:
    """The as-of dates whose label was known on a day, in the order given: the embargo between what is learnt and what is judged."""
    return tuple(d for d in dates if d + timedelta(label_days) <= day)


def until_mature(deliveries: Sequence[Delivery], as_of: date, label_days: int) -> tuple[str, ...]:
    """The deliveries that a label needs, oldest first. Raises HistoryError for more than dvc.yaml can name: it would be read from half of them."""
    names = tuple(d.name for d in deliveries if d.ends > as_of and d.starts < as_of + timedelta(label_days))
    if len(names) > LOOK_AHEAD:
        raise HistoryError(f"The label of {as_of} is known after {label_days} days, which takes {len(names)} deliveries; {LOOK_AHEAD} is the most. "
                           "Shorten label.gap_days or horizon_days, or choose a definition that needs fewer days.")
    return names


def len_months(deliveries: Sequence[Delivery]) -> int:
    """Months from the first delivery's start to the last one's end."""
    return months_between(deliveries[0].starts, deliveries[-1].ends)


def write_plan(plan: Plan, key_id: str, path: Path = MONTHS) -> None:
    """Write the plan as the variables of dvc.yaml. A date that sees too few deliveries repeats the last it has."""
    def padded(names: tuple[str, ...], letter: str, count: int, otherwise: str) -> dict[str, str]:
        filled = [*names, *[(names or (otherwise,))[-1]] * count][:count]
        return {f"{letter}{n}": name for n, name in enumerate(filled)}

    documents.write(path, {
        "key_id": key_id, "deliveries": list(plan.deliveries),
        "before": {name: compared_with(plan.deliveries, n) for n, name in enumerate(plan.deliveries)},
        "training": [str(d) for d in plan.training], "mature": [str(d) for d in plan.mature],
        "evaluation": str(plan.evaluation), "scoring": str(plan.scoring),
        "as_of": {str(a): {**padded(plan.sees[a], "m", LOOK_BACK, ""), **padded(plan.after[a], "a", LOOK_AHEAD, plan.sees[a][0])}
                  for a in sorted(plan.sees)}},
        "Written by `churnkit plan`: the deliveries and as-of dates that dvc.yaml runs over. Not for editing.")


def compared_with(deliveries: Sequence[str], n: int) -> dict[str, str]:
    """What ingest of the n-th delivery looks at besides its own files: the events of those before it, or its own files once more."""
    earlier = [str(DELIVERIES / name / "events") for name in deliveries[max(n - LATE, 0):n]] or [str(EXTRACTS / deliveries[n])]
    return {f"b{m}": ([*reversed(earlier)] + earlier[:1] * LATE)[m] for m in range(LATE)}


def planned_key(path: Path = MONTHS) -> str | None:
    """The id of the key for which the plan was made; None where there is no plan."""
    return documents.read(path).get("key_id") if path.exists() else None


def read_plan(path: Path = MONTHS) -> Plan:
    """The plan as written. Raises ParameterError if there is none or it was altered, InputError if a delivery has come that it does not know."""
    if not path.exists():
        raise ParameterError(f"{path} is missing; `churnkit plan` writes it.")
    content = documents.read(path)
    planned = content.get("deliveries")
    if not isinstance(planned, list):
        raise ParameterError(f"{path} is not as `churnkit plan` writes it (deliveries is {planned!r}); run `churnkit plan`.")
    present = [d.name for d in find_deliveries()]
    if planned != present:
        raise InputError(f"{path} plans {', '.join(map(str, planned))}, but {EXTRACTS}/ holds {', '.join(present)}; run `churnkit plan`.")

    def dates(name: str) -> tuple[date, ...]:
        return tuple(date.fromisoformat(d) for d in content[name])

    try:
        rows = {date.fromisoformat(a): row for a, row in content["as_of"].items()}
        scoring = date.fromisoformat(content["scoring"])
        return Plan(tuple(planned), dates("training"), dates("mature"), date.fromisoformat(content["evaluation"]), scoring,
                    {a: tuple(dict.fromkeys(row[f"m{n}"] for n in range(LOOK_BACK))) for a, row in rows.items()},
                    {a: tuple(dict.fromkeys(row[f"a{n}"] for n in range(LOOK_AHEAD))) if a < scoring else () for a, row in rows.items()})
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise ParameterError(f"{path} is not as `churnkit plan` writes it ({problem!r}); run `churnkit plan`.") from None
