"""What each feature is alone: how well it tells who leaves, how much of it is missing, how it drifts, and which other one says the same."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from churnkit import drift

FEWEST = 30  # churners that there must be, in all or in a corner, before it says anything
FOLDS, SMOOTH = 5, 20.0
SAMPLE = 20_000  # rows that twins are looked for in


@dataclass(frozen=True)
class Values:
    """One column over all rows: numbers with NaN where missing, or the codes of a category, which come in no order, with -1, and their names."""

    numbers: np.ndarray
    is_category: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """Whose outcome is known: the places of those who churned, of a sample in which twins are looked for, and each one's month, counted from 0."""

    churned: np.ndarray
    left: np.ndarray
    sample: np.ndarray
    month: np.ndarray

    @classmethod
    def of(cls, months: Sequence[np.ndarray]) -> "Rows":
        """The rows of these months, by whether each churned."""
        churned = np.concatenate(months)
        sample = np.unique(np.linspace(0, len(churned) - 1, min(len(churned), SAMPLE)).astype(int))
        return cls(churned, np.flatnonzero(churned), sample, np.repeat(np.arange(len(months)), [len(month) for month in months]))


@dataclass(frozen=True)
class Alone:
    """One column judged alone.

    `auc` is free of direction; `side` is the riskier one (`high`, `low`), empty for a category and for what is constant. `corner` is the highest
    churn rate at either end, where it is missing, or in one category, with 30 churners at least: a leak on a few rows only shows there. `psi` is the
    drift of each month against the other ones. `ranks` are those of the sample, None for a category.
    """

    auc: float
    side: str
    corner: float
    missing_share: float
    is_constant: bool
    psi: tuple[float, ...]
    ranks: np.ndarray | None


def judged(values: Values, rows: Rows) -> Alone:
    """One column beside the outcomes of its rows."""
    if values.is_category:
        bins = drift.commonest(values.numbers)
        scores = rates_elsewhere(values.numbers, rows.churned)
        found = auc(midranks(scores[rows.left], np.sort(scores)), len(scores), len(scores))
        return Alone(found, "", category_corner(values.numbers, rows), missing_share=float((values.numbers < 0).mean()),
                     is_constant=bins.min() == bins.max(), psi=drift.by_month(bins, rows.month), ranks=None)
    rising = np.sort(values.numbers)  # NaN last
    rising = rising[:len(rising) - int(np.isnan(rising).sum())]
    missing_share = 1 - len(rising) / len(values.numbers)
    is_constant = not len(rising) or (not missing_share and bool(rising[0] == rising[-1]))
    left = midranks(values.numbers[rows.left], rising)
    upwards = [auc(left, len(rising), len(values.numbers), missing_is_low=low) for low in (True, False)]
    found, side = max((max(upwards), "high"), (1 - min(upwards), "low"))
    return Alone(found, "" if is_constant else side, number_corner(values.numbers[rows.left], rising, len(values.numbers)), missing_share,
                 is_constant, drift.by_month(drift.placed(values.numbers, drift.edges(rising)), rows.month),
                 midranks(values.numbers[rows.sample], rising))


def midranks(numbers: np.ndarray, rising: np.ndarray) -> np.ndarray:
    """The rank from 1 of each number among those of a column, which are sorted; equal ones have the middle of theirs, NaN where missing."""
    ranks = (np.searchsorted(rising, numbers, side="left") + np.searchsorted(rising, numbers, side="right") + 1) / 2
    return np.where(np.isnan(numbers), np.nan, ranks)


def auc(left: np.ndarray, present: int, rows: int, missing_is_low: bool = True) -> float:
    """The chance that a churner ranks above a stayer (Mann-Whitney); NaN without both outcomes.

    From the ranks of the churners among the rows that have a value; those without one stand all at one end.
    """
    if not 0 < len(left) < rows:
        return float("nan")
    here = int((~np.isnan(left)).sum())
    gone, stayed, stayed_here = len(left) - here, rows - len(left), present - here
    above = np.nansum(left) - here * (here + 1) / 2
    above += here * (stayed - stayed_here) if missing_is_low else gone * stayed_here
    return float((above + gone * (stayed - stayed_here) / 2) / (len(left) * stayed))


def number_corner(left: np.ndarray, rising: np.ndarray, rows: int) -> float:
    """The highest churn rate at either end of a column, and where it is missing; NaN with too few churners. `left` are the churners' values."""
    there = np.sort(left[~np.isnan(left)])
    corners = [(len(left) - len(there), rows - len(rising))]
    if len(there) >= FEWEST:
        low, high = there[FEWEST - 1], there[-FEWEST]
        corners.append((np.searchsorted(there, low, side="right"), np.searchsorted(rising, low, side="right")))
        corners.append((len(there) - np.searchsorted(there, high), len(rising) - np.searchsorted(rising, high)))
    return max((float(churned / of) for churned, of in corners if churned >= FEWEST), default=float("nan"))


def category_corner(codes: np.ndarray, rows: Rows) -> float:
    """The highest churn rate of one category; NaN with too few churners."""
    of, churned = np.bincount(codes + 1), np.bincount(codes[rows.left] + 1, minlength=int(codes.max()) + 2)
    return float(np.max(churned[churned >= FEWEST] / of[churned >= FEWEST], initial=0)) or float("nan")


def rates_elsewhere(codes: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """The churn rate of each row's category among the other four fifths of the rows, drawn towards that of all.

    A row's own outcome is not in it: else a category of a single customer would tell everything.
    """
    places, fold = codes.astype(int) + 1, np.arange(len(codes)) % FOLDS  # a missing category is one, too
    scores = np.empty(len(codes))
    for held in range(FOLDS):
        rest = fold != held
        rows = np.bincount(places[rest], minlength=places.max() + 1)
        left = np.bincount(places[rest], churned[rest], minlength=places.max() + 1)
        scores[~rest] = ((left + SMOOTH * churned[rest].mean()) / (rows + SMOOTH))[places[~rest]]
    return scores


def twins(alone: Mapping[str, Alone], least: float) -> dict[str, tuple[str, float]]:
    """For each column that has one the other that it is nearest to, and their rank correlation (Spearman's), at least `least` either way.

    What is missing stands in the middle. Categories have no order, so they have no twin.
    """
    from threadpoolctl import threadpool_limits

    names = [name for name, one in alone.items() if one.ranks is not None and not one.is_constant]
    if len(names) < 2:
        return {}
    with threadpool_limits(1):  # sums in another order have other last digits
        matrix = np.column_stack([standardised(alone[name].ranks) for name in names])
        near = matrix.T @ matrix / len(matrix)
    np.fill_diagonal(near, 0)
    nearest = np.abs(near).round(9).argmax(axis=1)
    found = {name: (names[place], round(float(near[n, place]), 9)) for n, (name, place) in enumerate(zip(names, nearest, strict=True))}
    return {name: (other, how) for name, (other, how) in found.items() if abs(how) >= least}


def standardised(ranks: np.ndarray | None) -> np.ndarray:
    """Ranks with mean 0 and spread 1; 0 where missing, and all 0 where all are equal."""
    present = np.asarray(ranks, dtype=float)
    if np.isnan(present).all():
        return np.zeros(len(present))
    centred = np.nan_to_num(present - np.nanmean(present))
    spread = np.sqrt((centred**2).mean())
    return centred / spread if spread else centred


def suspects(alone: Mapping[str, Alone], max_auc: float, max_corner: float) -> list[str]:
    """The columns that tell the outcome too well alone, the best first."""
    return sorted((name for name, one in alone.items() if one.auc > max_auc or one.corner > max_corner), key=lambda name: (-alone[name].auc, name))
