"""Who is not called, and why: the reasons in the order in which they decide."""
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from churnkit.errors import PolicyError
from churnkit.retention.choices import Policy

# Order matters: the first that holds is the reason on record. The words are for the people who read the lists.
REASONS = {
    "already_leaving": ("已在离网过程中", "already leaving: meets the churn definition before a call could help"),
    "already_gone": ("最新用户快照中已无此用户", "not in the latest snapshot of subscribers: already gone"),
    "consent_refused": ("已拒绝营销外呼", "the last decision on marketing calls is a refusal"),
    "no_consent": ("无营销外呼授权", "no consent to marketing calls is on record"),
    "no_reachable_number": ("无可接通的号码", "no number on which the customer could be reached"),
    "inside_lock_in": ("仍在协议期内", "the contract still binds for longer than the policy's limit"),
    "not_worth_a_call": ("预期挽留收益不足", "the expected profit of a call does not exceed the minimum"),
    "duplicate_person": ("同一客户另有价值更高的号码", "another line of the same person is worth more"),
}
NOT_CALLED = {
    "below_capacity": ("超出外呼容量", "worth a call, but the month's calls are used up"),
    "not_for_contact": ("本期不外呼", "not to be contacted in this campaign"),
}


def exclusions(
    scored: pd.DataFrame, consents: pd.DataFrame | None, policy: Policy, as_of: date, min_value_cents: int
) -> pd.DataFrame:
    """One boolean column per reason of `REASONS`, in that order, for each row of `scored`.

    `scored` has subscriber_id, person, is_censored, is_in_snapshot, msisdn_masked, alt_contact_masked,
    days_since_last_activity, contract_end_on and the columns of `worth_order`. Raises PolicyError if consent must be on
    record and there are no records.
    """
    if policy.consent == "recorded" and consents is None:
        raise PolicyError(
            "params.yaml, export.policy.consent is 'recorded' but there is no consents extract; "
            "deliver it, or write 'assumed' if your legal desk says that calls need no recorded consent."
        )
    granted = pd.Series(dtype=bool) if consents is None else consents.set_index("subscriber_id")["is_granted"]
    decided = scored["subscriber_id"].map(granted)
    is_silent = scored["days_since_last_activity"].fillna(policy.silent_days) >= policy.silent_days
    has_other = _is_number(scored["alt_contact_masked"])
    bound_until = pd.Timestamp(as_of) + pd.DateOffset(months=policy.lock_in_months)
    held = pd.DataFrame(
        {
            "already_leaving": scored["is_censored"].astype(bool),
            "already_gone": ~scored["is_in_snapshot"].astype(bool),
            "consent_refused": decided.eq(False).fillna(False).astype(bool),
            "no_consent": decided.isna() & (policy.consent == "recorded"),
            # A phone that has been still for weeks is off or in a drawer: only another number reaches its owner.
            "no_reachable_number": ~has_other & (is_silent | ~_is_number(scored["msisdn_masked"])),
            "inside_lock_in": scored["contract_end_on"].gt(bound_until),
            "not_worth_a_call": scored["value_cents"] <= min_value_cents,
        },
        index=scored.index,
    )
    callable_rows = worth_order(scored[~held.any(axis=1)])
    held["duplicate_person"] = False
    held.loc[callable_rows.index[callable_rows["person"].duplicated()], "duplicate_person"] = True
    return held[list(REASONS)]


def worth_order(scored: pd.DataFrame, by: Literal["value", "risk"] = "value") -> pd.DataFrame:
    """The rows, most worth a call first.

    Ties: probability, then average bill, then subscriber_id, which is a keyed hash and favours nobody.
    """
    columns = ["value_cents", "churn_probability", "average_bill_cents"]
    if by == "risk":
        columns = ["churn_probability", "value_cents", "average_bill_cents"]
    return scored.sort_values(
        [*columns, "subscriber_id"], ascending=[False, False, False, True], kind="stable", na_position="last"
    )


def explained(reasons: pd.Series, language: Literal["zh", "en"]) -> pd.Series:
    """Each reason, of `REASONS` or `NOT_CALLED`, in words; null where there is none."""
    at = ("zh", "en").index(language)
    return reasons.map({name: words[at] for name, words in (REASONS | NOT_CALLED).items()})


def first_reasons(held: pd.DataFrame) -> pd.Series:
    """The reason on record of each row, null where none holds."""
    return held.idxmax(axis=1).where(held.any(axis=1)).astype("str")


def all_reasons(held: pd.DataFrame) -> pd.Series:
    """Every reason that holds, joined by a semicolon; empty where none does."""
    patterns = pd.Series(held.to_numpy() @ (1 << np.arange(held.shape[1])), index=held.index)
    names = {code: ";".join(name for n, name in enumerate(held.columns) if code >> n & 1) for code in patterns.unique()}
    return patterns.map(names).astype("str")


def _is_number(masked: pd.Series) -> pd.Series:
    return masked.astype("str").fillna("").str.strip().ne("")
