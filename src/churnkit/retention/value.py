"""What a retention call is worth: the revenue it may keep, less what the offer and the attempts cost."""
from collections.abc import Sequence

import numpy as np
import pandas as pd

from churnkit.retention.choices import Economics

TIERS = ("A", "B", "C")
GRADES = {"zh": ("高", "中", "低"), "en": ("high", "medium", "low")}


def effects(churn_probability: pd.Series, economics: Economics) -> pd.Series:
    """The drop in churn probability from being assigned to a call, by the prior p_reach × p_churn × p_saved."""
    return economics.p_reach * economics.p_saved * churn_probability


def values_cents(churn_probability: pd.Series, average_bill_cents: pd.Series, economics: Economics) -> pd.Series:
    """The expected profit of assigning each customer to a call, whole cents; who has no bill brings no margin.

    value = effect × margin × months − p_reach × p_accept × offer_cost − attempts × call_cost. Who accepts is a share of
    *all* reached, for stayers take most of the bonus; every attempt allowed is counted, which errs towards not calling.
    """
    margin_cents = economics.margin_share * average_bill_cents.fillna(0).astype("float64")
    kept = effects(churn_probability, economics) * margin_cents * economics.months
    offers = economics.p_reach * economics.p_accept * economics.offer_cost_yuan * 100
    calls = economics.max_attempts * economics.call_cost_yuan * 100
    return np.rint(kept - offers - calls).astype("int64")


def tiers(revenue_cents: pd.Series, top_shares: Sequence[float]) -> pd.Series:
    """The value tier A, B or C of each person by the rank of what they pay; equal payers share the better tier.

    `top_shares`: the share of persons in A, and in A or B together.
    """
    paid = np.sort(revenue_cents.fillna(0).to_numpy(dtype="float64"))[::-1]
    tier = pd.Series(TIERS[-1], index=revenue_cents.index, dtype="str")
    for name, share in reversed(list(zip(TIERS, top_shares, strict=False))):
        count = int(np.ceil(share * len(paid)))
        if count:
            tier[revenue_cents.fillna(0) >= paid[count - 1]] = name
    return tier


def risk_grades(churn_probability: pd.Series, floors: Sequence[float], language: str) -> pd.Series:
    """高, 中 or 低 (high, medium, low): what an agent sees in place of a probability.

    `floors`: the probabilities at which high and medium begin.
    """
    high, medium, low = GRADES[language]
    grades = np.select([churn_probability >= floors[0], churn_probability >= floors[1]], [high, medium], low)
    return pd.Series(grades, index=churn_probability.index, dtype="str")
