"""What is new in a month: how far each column is from every month that the model learned from, what is missing, which categories came and went."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from churnkit import drift
from churnkit.audit import Values

State = Literal["ok", "watch", "alarm"]
STATES: tuple[State, ...] = ("ok", "watch", "alarm")
RECENT = 6  # months whose missing shares are usual: the earliest ones lack what looks far back
LARGE = 0.01  # share of the rows from which a category that vanishes is missed
FEW = 20  # rows of it that should have come, at least
NAMED = 3  # categories that a sentence names


@dataclass(frozen=True)
class Limits:
    """From where on a change is watched, and from where on it is an alarm."""

    watch: float
    alarm: float

    def __post_init__(self) -> None:
        if not 0 < self.watch <= self.alarm:
            raise ValueError("watch must be above 0, and alarm no less")

    def state(self, value: float) -> State:
        """The state of a value that is worse the greater it is; `ok` where nothing is known (NaN)."""
        return "alarm" if value >= self.alarm else "watch" if value >= self.watch else "ok"


def worst(states: Sequence[State]) -> State:
    """The worst of some states, `ok` of none."""
    return max(states, key=STATES.index, default="ok")


@dataclass(frozen=True)
class Counted:
    """One column counted by month and bin, the month looked at last and the missing in the last bin.

    `starts` are the edges of a number's bins, empty for a category; `names` those of a category's bins.
    """

    counts: np.ndarray
    starts: np.ndarray
    names: tuple[str, ...] = ()

    @property
    def here(self) -> np.ndarray:
        """The month looked at, by bin."""
        return np.asarray(self.counts[-1])

    @property
    def learned(self) -> np.ndarray:
        """All months that the model learned from together, by bin."""
        return np.asarray(self.counts[:-1].sum(axis=0))

    def shown(self) -> "Counted":
        """The same with no more bins than people look at: of a category the commonest of all months together, the others as one."""
        if len(self.names) <= drift.COMMONEST:
            return self
        order = np.argsort(-self.learned[:-1], kind="stable")
        top, others = order[:drift.COMMONEST], order[drift.COMMONEST:]
        folded = np.column_stack([self.counts[:, top], self.counts[:, others].sum(axis=1), self.counts[:, -1]])
        return Counted(folded, self.starts, (*(self.names[n] for n in top), "…"))


def counted(values: Values, month: np.ndarray) -> Counted:
    """A column over the rows of all months, which are numbered from 0; the edges are those of the months before the last."""
    months = int(month.max()) + 1
    if values.is_category:
        width = len(values.names) + 1
        return Counted(drift.tally(np.where(values.numbers < 0, width - 1, values.numbers), month, months, width), np.empty(0), values.names)
    learned = values.numbers[:np.searchsorted(month, months - 1)]
    starts = drift.edges(np.sort(evenly(learned[~np.isnan(learned)])))
    return Counted(drift.tally(drift.placed(values.numbers, starts), month, months, len(starts) + 2), starts)


def evenly(numbers: np.ndarray) -> np.ndarray:
    """At most so many of the numbers as edges need, evenly from all: sorting all of them would cost most of the stage."""
    return numbers[np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), drift.SAMPLE)).astype(int))] if len(numbers) else numbers


@dataclass(frozen=True)
class Change:
    """How one column of the month differs from the months that the model learned from.

    `psi` is against all of them together; `drift` against all and against the nearest, whichever is less, beyond what chance gives. Shares are of
    the month's rows, but for `gone_share`, of the earlier ones'. `weight` is the column's share of what the model's scores rest on.
    """

    psi: float
    drift: float
    nearest: int
    missing: float
    missing_usual: float
    missing_change: float
    new_share: float
    new: tuple[str, ...]
    gone_share: float
    gone: tuple[str, ...]
    weight: float
    states: Mapping[str, State]

    @property
    def state(self) -> State:
        """The worst of its states."""
        return worst(list(self.states.values()))


def change(column: Counted, weight: float, limits: Mapping[str, Limits]) -> Change:
    """What is new in the last month of a column; `limits` are those of `psi`, `missing` and `categories`."""
    shown = column.shown()
    beyond, nearest = drift.apart(shown.here, shown.counts[:-1])
    missing = column.counts[:, -1] / np.maximum(column.counts.sum(axis=1), 1)
    usual = missing[:-1][-RECENT:]
    off = max(0.0, float(missing[-1] - usual.max()), float(usual.min() - missing[-1]))
    new_share, new, gone_share, gone = came_and_went(column) if column.names else (0.0, (), 0.0, ())
    states: dict[str, State] = {"drift": limits["psi"].state(beyond), "missing": limits["missing"].state(off),
                                "categories": limits["categories"].state(max(new_share, gone_share))}
    return Change(float(drift.psi(shown.here, shown.learned)), beyond, nearest, float(missing[-1]), float(np.median(usual)), off, new_share, new,
                  gone_share, gone, weight, states)


def came_and_went(column: Counted) -> tuple[float, tuple[str, ...], float, tuple[str, ...]]:
    """The share of the month's rows in categories never seen before, and of the earlier rows in large ones now gone, each with the largest names."""
    here, learned = column.here[:-1], column.learned[:-1]
    of_here, of_learned = max(column.here.sum(), 1), max(column.learned.sum(), 1)
    new = (learned == 0) & (here > 0)
    latest = column.counts[-2][:-1]  # what went earlier is not news
    gone = (here == 0) & (latest > 0) & (learned >= LARGE * of_learned) & (learned / of_learned * of_here >= FEW)
    return (float(here[new].sum() / of_here), largest(column.names, here * new),
            float(learned[gone].sum() / of_learned), largest(column.names, learned * gone))


def largest(names: Sequence[str], counts: np.ndarray) -> tuple[str, ...]:
    """The names with most rows, those without any left out."""
    return tuple(names[n] for n in np.argsort(-counts, kind="stable")[:NAMED] if counts[n])


def unlike_others(columns: Mapping[str, Counted], dates: Sequence[date], limit: float) -> dict[date, int]:
    """For each month how many columns are unlike every other month: of those learned from, the others learned from."""
    found = np.zeros(len(dates), dtype=int)
    for column in columns.values():
        found += drift.each_apart(column.shown().counts) >= limit
    return dict(zip(dates, map(int, found), strict=True))
