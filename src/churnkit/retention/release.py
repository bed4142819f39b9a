"""The month's decision on everyone scored: listed, below capacity, held out or excluded, and why."""
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from churnkit.examples import STRATA
from churnkit.retention.allocate import BELOW_CAPACITY, EXCLUDED, HELD_OUT, LISTED, Capacity, allocate
from churnkit.retention.arms import advice, drawn_shares, held_out, smallest_effect
from churnkit.retention.choices import Policy
from churnkit.retention.policy import all_reasons, exclusions, first_reasons, worth_order

TIE_BREAK = "churn_probability, then average bill, then subscriber_id (a keyed hash)"
DRAWN_BY = ("branch", "value_tier", "stratum")


@dataclass(frozen=True)
class Draw:
    """How the hold-out is drawn: which share, for which campaign and month, with which secret key."""

    share: float
    campaign: str
    as_of: date
    key: bytes


def decide(
    scored: pd.DataFrame,
    consents: pd.DataFrame | None,
    policy: Policy,
    capacity: Capacity,
    draw: Draw,
    *,
    min_value_cents: int = 0,
    rank_by: Literal["value", "risk"] = "value",
) -> pd.DataFrame:
    """`scored` with disposition, exclusion_reason, all_reasons, is_held_out and, if listed, rank within the branch.

    Policy first, then the calls that can be made, the hold-out last; each row ends with exactly one disposition.
    """
    decided = scored.copy()
    held = exclusions(decided, consents, policy, draw.as_of, min_value_cents)
    decided["all_reasons"] = all_reasons(held)
    is_excluded = held.any(axis=1)
    ranked = worth_order(decided[~is_excluded], rank_by)
    ranked["is_held_out"] = held_out(ranked["person"], draw.share, draw.key, draw.campaign, draw.as_of)
    outcome = allocate(ranked, capacity)
    decided["disposition"] = outcome.reindex(decided.index).fillna(EXCLUDED).astype("str")
    decided["is_held_out"] = decided["disposition"].eq(HELD_OUT)
    why_not = decided["disposition"].where(decided["disposition"].ne(LISTED))
    decided["exclusion_reason"] = first_reasons(held).where(is_excluded, why_not)
    listed = outcome[outcome.eq(LISTED)].index
    ranks = ranked.loc[listed].groupby("branch", sort=False).cumcount() + 1
    decided["rank"] = ranks.reindex(decided.index).astype("Int64")
    return decided


def counts(decided: pd.DataFrame) -> dict[str, dict[str, int]]:
    """How many ended where: by disposition, by reason, by stratum and disposition; each adds up to the whole."""
    return {
        "disposition": {
            name: int(decided["disposition"].eq(name).sum()) for name in (LISTED, HELD_OUT, BELOW_CAPACITY, EXCLUDED)
        },
        "excluded": _tally(decided.loc[decided["disposition"].eq(EXCLUDED), "exclusion_reason"]),
        **{stratum: _tally(decided.loc[decided["stratum"].eq(stratum), "disposition"]) for stratum in STRATA},
    }


def expected(decided: pd.DataFrame) -> dict[str, float | int]:
    """What the calls should bring if the prior holds: churn rate, customers saved, profit in yuan, of the listed."""
    listed = decided[decided["disposition"].eq(LISTED)]
    return {
        "churners_called": round(float(listed["churn_probability"].sum()), 1),
        "customers_saved": round(float(listed["effect"].sum()), 1),
        "profit_yuan": round(int(listed["value_cents"].sum()) / 100, 2),
    }


def power(decided: pd.DataFrame) -> dict[str, Any]:
    """What the hold-out of this list can show: overall, of each stratum, and advice where that is too little."""
    arms = decided[decided["disposition"].isin([LISTED, HELD_OUT])]
    whole = _arms(arms)
    said = advice(whole["churn_rate"], whole["expected_effect"], whole["called"], whole["held_out"])
    return {
        **whole,
        "advice": {"zh": said[0], "en": said[1]} if said else None,
        "by_stratum": {stratum: _arms(arms[arms["stratum"].eq(stratum)]) for stratum in STRATA},
        "drawn": drawn_shares(arms, DRAWN_BY).to_dict(orient="records"),
    }


def _arms(arms: pd.DataFrame) -> dict[str, Any]:
    called, held = int((~arms["is_held_out"]).sum()), int(arms["is_held_out"].sum())
    rate = float(arms["churn_probability"].mean()) if len(arms) else 0.0
    smallest = smallest_effect(rate, called, held)
    return {
        "called": called,
        "held_out": held,
        "churn_rate": round(rate, 6),
        "expected_effect": round(float(arms["effect"].mean()), 6) if len(arms) else 0.0,
        "smallest_detectable_effect": None if smallest is None else round(smallest, 6),
    }


def _tally(values: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.value_counts().sort_index().items()}
