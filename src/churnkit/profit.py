"""What a ranking is worth in money: the expected maximum profit of the literature, and the profit of our own list by its length."""
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnkit.metrics import Interval, Ranked, at, interval, sampled
from churnkit.retention.choices import Economics
from churnkit.retention.value import values_cents

BILL = "bill_mean_3m"  # the feature that is what a list calls the average bill
CERTAINTY = 20.0  # alpha + beta of the acceptance rate: as sure of it as Verbraken et al. are


@dataclass(frozen=True)
class Terms:
    """What a campaign costs and earns per customer, in one currency; the share of would-be leavers who accept is Beta(alpha, beta)."""

    lifetime_value: float
    incentive: float
    contact: float
    alpha: float
    beta: float


# Verbraken, Verbeke, Baesens (2013), A novel profit maximizing metric for measuring classification performance of customer churn
# prediction models, IEEE Transactions on Knowledge and Data Engineering 25(5), in euros.
LITERATURE = Terms(lifetime_value=200.0, incentive=10.0, contact=1.0, alpha=6.0, beta=14.0)


def own_terms(economics: Economics, average_bill_cents: float) -> Terms:
    """The terms that `export.economics` comes to, in yuan.

    A customer who is kept pays the margin for so many months; a leaver is kept with the chance p_reach × p_saved, and every attempt that is
    allowed is made. The offer costs what it costs on average per customer called, for not all who are called are reached and take it.
    """
    saved = economics.p_reach * economics.p_saved
    return Terms(lifetime_value=economics.margin_share * average_bill_cents / 100 * economics.months,
                 incentive=economics.p_reach * economics.p_accept * economics.offer_cost_yuan,
                 contact=economics.max_attempts * economics.call_cost_yuan, alpha=CERTAINTY * saved, beta=CERTAINTY * (1 - saved))


def expected_maximum_profit(ranked: Ranked, weights: np.ndarray, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    """The EMPC, profit per customer when each acceptance rate gets its best list, and the mean share of customers on it, for each set of weights.

    Exact: the best lists end at corners of the convex hull of the gains curve, and which is best passes from one to the next as the
    acceptance rate grows. NaN where nobody churned.
    """
    from scipy.optimize import isotonic_regression

    rows, churners = ranked.totals(weights)
    profit, share = np.full(len(weights), np.nan), np.full(len(weights), np.nan)
    for line, (size, left) in enumerate(zip(rows, churners, strict=True)):
        size, left = size[size > 0], left[size > 0]
        if left.sum() > 0:
            ends = isotonic_regression(left / size, weights=size, increasing=False).blocks[1:]
            corners = (np.concatenate([[0.0], running.cumsum()[ends - 1]]) / size.sum() for running in (size, left))
            profit[line], share[line] = over_acceptance(next(corners), next(corners), terms)
    return profit, share


def over_acceptance(seen: np.ndarray, found: np.ndarray, terms: Terms) -> tuple[float, float]:
    """The profit and the share called, both per customer, of the best of these lists, averaged over the acceptance rate."""
    from scipy.special import betainc

    costs = terms.contact * found + (terms.incentive + terms.contact) * (seen - found)
    gain = (terms.lifetime_value - terms.incentive) * np.diff(found)
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = np.where(gain > 0, np.diff(costs) / gain, np.inf)
    bounds = np.concatenate([[0.0], np.clip(np.maximum.accumulate(bounds), 0, 1), [1.0]])
    chance = np.diff(betainc(terms.alpha, terms.beta, bounds))
    mean = np.diff(betainc(terms.alpha + 1, terms.beta, bounds)) * terms.alpha / (terms.alpha + terms.beta)
    return float(((terms.lifetime_value - terms.incentive) * found * mean - costs * chance).sum()), float((seen * chance).sum())


def judge(churned: np.ndarray, scores: Mapping[str, np.ndarray], terms: Terms, *, times: int, seed: int) -> dict[str, dict[str, Interval]]:
    """EMPC and best list share of every score, on the bootstrap samples of `metrics.judge`; beside them the first score's gain over each other."""
    found = {}
    for name, score in scores.items():
        ranked = Ranked.of(score, churned)

        def look(weights: np.ndarray, ranked: Ranked = ranked) -> np.ndarray:
            return np.stack(expected_maximum_profit(ranked, weights, terms), axis=1)

        found[name] = sampled(len(churned), times, seed, look).T
    told = {name: {"empc": interval(profit), "empc_share": interval(share)} for name, (profit, share) in found.items()}
    first, *others = scores
    return told | {f"{first} - {other}": {"empc": interval(found[first][0] - found[other][0])} for other in others}


@dataclass(frozen=True)
class ListWorth:
    """The list by expected profit, best first: what each call is expected to bring and what it brought, in cents, and how long it is best.

    What a call brought supposes, as what it is expected to bring, that p_reach × p_saved of those who would leave are kept: nobody was called.
    """

    order: np.ndarray
    expected: np.ndarray
    brought: np.ndarray
    best_length: int

    def curve(self, points: int = 100) -> pd.DataFrame:
        """Expected and brought profit in yuan by the number called, at most `points` of them besides the beginning."""
        called = np.unique(np.linspace(0, len(self.order), points + 1).round().astype(int))
        columns = {name: np.concatenate([[0.0], cents.cumsum() / 100])[called]
                   for name, cents in (("expected_yuan", self.expected), ("brought_yuan", self.brought))}
        return pd.DataFrame({"called": called, **columns})

    def judged(self, lengths: Mapping[str, int], *, times: int, seed: int) -> dict[str, Interval]:
        """What the lists of these lengths brought, in yuan, with intervals; by name."""
        def look(weights: np.ndarray) -> np.ndarray:
            ordered = weights[:, self.order]
            seen, total = ordered.cumsum(axis=1), (ordered * (self.brought / 100)).cumsum(axis=1)
            return np.stack([at(seen, total, np.full(len(weights), float(length))) for length in lengths.values()], axis=1)

        found = sampled(len(self.order), times, seed, look).T
        return {name: interval(values) for name, values in zip(lengths, found, strict=True)}


def list_worth(probability: np.ndarray, churned: np.ndarray, average_bill_cents: np.ndarray, economics: Economics) -> ListWorth:
    """The list that the month's scores would have made if all could be called, by the accounting of `export`; who has no bill brings no margin."""
    bills = pd.Series(average_bill_cents, dtype="float64")
    expected, brought = (values_cents(pd.Series(chance, dtype="float64"), bills, economics).to_numpy(dtype=float)
                         for chance in (probability, churned))
    order = np.lexsort((-probability, -expected))
    least = round(economics.min_value_yuan * 100)
    return ListWorth(order, expected[order], brought[order], int(((expected >= least) & (expected > 0)).sum()))
