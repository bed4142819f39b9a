"""How unlike two groups of subscribers one column is: bins that both are counted in, and the population stability index between them."""
import numpy as np

BINS = 10  # of a number; a category has its commonest values
COMMONEST = 20
LEAST = 1e-4  # share that an empty bin counts as, or its PSI would be infinite
SAMPLE = 20_000  # values that edges are drawn from


def edges(rising: np.ndarray) -> np.ndarray:
    """Where the bins of a number begin, from its sorted values without the missing ones: bin n holds [edge n-1, edge n).

    Tenths; a value that a tenth or more have gets a bin of its own (a flag that one in twenty has would else vanish in
    one bin with all others), and the others share what is left. Of ten values or fewer each is a bin.
    """
    if not len(rising):
        return rising
    sample = rising[np.unique(np.linspace(0, len(rising) - 1, min(len(rising), SAMPLE)).astype(int))]
    values, counts = np.unique(sample, return_counts=True)
    if len(values) <= BINS:
        return values[1:]
    common = values[counts * BINS >= len(sample)]
    others = sample[~np.isin(sample, common)]
    share = max(2, BINS - len(common))
    cuts = others[[len(others) * n // share for n in range(0 if len(common) else 1, share)]] if len(others) else others
    return np.unique(np.concatenate([cuts, common, np.nextafter(common, np.inf)]))


def placed(numbers: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The bin of each number; one that is missing is in the last one, of its own."""
    bins = np.zeros(len(numbers), dtype=np.int16)
    for start in starts:  # a pass for each of a dozen edges is faster than a search for each number
        bins += numbers >= start
    bins[np.isnan(numbers)] = len(starts) + 1
    return bins


def commonest(codes: np.ndarray) -> np.ndarray:
    """The place of each category among the commonest ones; all others are one, and so are the missing."""
    counts = np.bincount(codes.astype(int) + 1)
    places = np.full(len(counts), COMMONEST)
    top = np.argsort(-counts[1:], kind="stable")[:COMMONEST] + 1
    places[top] = np.arange(len(top))
    places[0] = COMMONEST + 1
    return places[codes.astype(int) + 1]


def tally(bins: np.ndarray, month: np.ndarray, months: int, width: int) -> np.ndarray:
    """Rows by month and bin."""
    return np.bincount(month * width + bins, minlength=months * width).reshape(months, width).astype(float)


def psi(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The population stability index between counts by bin, along the last axis; 0.1 is some, 0.25 is much. NaN where a side is empty.

    An empty bin counts as half a row, at least: a row more or less in a small group is no news.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (np.maximum(np.maximum(c, 0.5) / c.sum(axis=-1, keepdims=True), LEAST) for c in (here, there))
        return np.asarray(((a - b) * np.log(a / b)).sum(axis=-1))


def noise(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The PSI that chance alone does not reach in thousands of columns, between samples of one population counted in these bins.

    Without drift PSI / (1/n + 1/m) is chi-squared with one degree less than there are filled bins (Yurdakul 2018): its mean and four deviations.
    """
    free = np.maximum(((here + there) > 0).sum(axis=-1) - 1, 0)
    with np.errstate(divide="ignore"):
        return np.asarray((free + 4 * np.sqrt(2 * free)) * (1 / here.sum(axis=-1) + 1 / there.sum(axis=-1)))


def apart(here: np.ndarray, months: np.ndarray) -> tuple[float, int]:
    """How far a month is from others all together and from the nearest of them, whichever is less, in PSI beyond chance; and which that is.

    A season, a price that steps every third month, a column that goes on growing: a month like it is among the others, or is
    the last one. Only what is like none of them is news.
    """
    against = np.vstack([months, months.sum(axis=0)])
    beyond = psi(here, against) - noise(here, against)
    return max(0.0, float(np.nanmin(beyond))), int(np.argmin(beyond[:-1]))


def each_apart(counts: np.ndarray) -> np.ndarray:
    """For each month what `apart` says of it beside the others, of which the last is none: nobody learned from it; 0 where there are no others."""
    learned = counts[:-1]
    alone, others = np.arange(len(learned)), learned.sum(axis=0) - np.vstack([learned, np.zeros_like(counts[-1])])
    beyond = psi(counts[:, None], learned[None]) - noise(counts[:, None], learned[None])
    beyond[alone, alone] = np.inf
    with np.errstate(invalid="ignore"):  # of the only month there are no others
        found = np.fmin(beyond.min(axis=1), psi(counts, others) - noise(counts, others))
    return np.maximum(np.where(np.isfinite(found), found, 0.0), 0.0)


def by_month(bins: np.ndarray, month: np.ndarray) -> tuple[float, ...]:
    """The population stability index of each month's bins against those of all other months together; NaN where there is only one."""
    counts = tally(bins, month, int(month.max()) + 1, int(bins.max()) + 1)
    if len(counts) < 2:
        return (float("nan"),) * len(counts)
    return tuple(float(one) for one in psi(counts, counts.sum(axis=0) - counts))


def furthest_apart(here: np.ndarray, there: np.ndarray) -> float:
    """The greatest distance between two cumulative distributions (Kolmogorov-Smirnov), 0 to 1, of numbers none of which is missing."""
    points = np.sort(np.concatenate([here, there]))
    shares = (np.searchsorted(np.sort(one), points, side="right") / len(one) for one in (here, there))
    return float(np.abs(next(shares) - next(shares)).max())
