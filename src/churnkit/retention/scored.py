"""Everyone scored this month, with what a call would be worth and what the operator knows of them."""
from collections.abc import Sequence
from datetime import date

import pandas as pd

from churnkit.errors import InputError
from churnkit.examples import STRATA
from churnkit.retention.choices import Economics
from churnkit.retention.value import effects, tiers, values_cents

LAST_ACTIVITY = "days_since_last_own_activity"
SLOTS = ("best_slot", "avoid_slots")
SCORE_COLUMNS = ("subscriber_id", "stratum", "is_censored", "churn_probability")
REASON_COLUMNS = tuple(f"reason_{n}_{language}" for n in (1, 2, 3) for language in ("zh", "en"))


def checked(scores: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    """The scores, if they are the cohort's: the same subscribers once each, a known stratum, a probability for each.

    Raises InputError where they are not.
    """
    absent = [name for name in SCORE_COLUMNS if name not in scores.columns]
    if absent:
        raise InputError(f"The scores lack the columns {', '.join(absent)}; run `churnkit score` again.")
    if scores.empty:
        raise InputError("Nobody was scored this month; the cohort is empty, so look at the subscribers extract.")
    if scores["subscriber_id"].duplicated().any() or set(scores["subscriber_id"]) != set(cohort["subscriber_id"]):
        raise InputError("The scores are not those of this month's cohort; run `churnkit score` again.")
    if not scores["churn_probability"].between(0, 1).all():
        raise InputError("Some scores are missing or no probability; run `churnkit score` again.")
    strange = sorted(set(scores["stratum"].astype("str")) - set(STRATA))
    if strange:
        raise InputError(f"The scores have a stratum {strange[0]!r}; known are {' and '.join(STRATA)}.")
    return scores


def everyone(
    scores: pd.DataFrame,
    features: pd.DataFrame,
    subscribers: pd.DataFrame,
    bills: pd.DataFrame,
    handsets: pd.DataFrame,
    *,
    as_of: date,
    economics: Economics,
    tier_shares: Sequence[float],
    branch_level: int,
) -> pd.DataFrame:
    """One row per scored subscriber, sorted by subscriber_id: the score, the money, the person, the branch, the line.

    Who is not in the latest snapshot keeps the score and has no facts (`is_in_snapshot` false).
    """
    paying = subscribers.merge(bills, on="subscriber_id", how="left", validate="one_to_one")
    paying["person"] = paying["customer_key"].astype("str").replace("", None).fillna(paying["subscriber_id"])
    person_cents = paying.groupby("person")["average_bill_cents"].sum()
    tier_of = tiers(person_cents, tier_shares)
    habits = _habits(features)
    frame = (
        scores.reindex(columns=[*SCORE_COLUMNS, *REASON_COLUMNS])
        .merge(paying, on="subscriber_id", how="left", validate="one_to_one", indicator="found")
        .merge(habits, on="subscriber_id", how="left", validate="one_to_one")
        .merge(handsets, on="tac", how="left", validate="many_to_one")
        .sort_values("subscriber_id", ignore_index=True)
    )
    frame["is_in_snapshot"] = frame.pop("found").eq("both")
    frame["person"] = frame["person"].fillna(frame["subscriber_id"])
    frame["value_tier"] = frame["person"].map(tier_of).astype("str")
    frame["effect"] = effects(frame["churn_probability"], economics)
    frame["value_cents"] = values_cents(frame["churn_probability"], frame["average_bill_cents"], economics)
    for column in ("activated_on", "contract_end_on"):
        frame[column] = pd.to_datetime(frame[column])
    frame["tenure_months"] = whole_months(frame["activated_on"], as_of)
    frame["branch"], frame["sub_branch"] = split_branches(frame["branch"], branch_level)
    return frame


def split_branches(paths: pd.Series, level: int) -> tuple[pd.Series, pd.Series]:
    """The first `level` parts of each branch path, and those below, each joined by `/`; empty where there are none."""
    split = {path: [part.strip() for part in path.split("/") if part.strip()] for path in paths.dropna().unique()}
    upper = paths.map({path: "/".join(names[:level]) for path, names in split.items()}).fillna("").astype("str")
    lower = paths.map({path: "/".join(names[level:]) for path, names in split.items()}).fillna("").astype("str")
    return upper, lower


def whole_months(since: pd.Series, as_of: date) -> pd.Series:
    """Whole months from each date to `as_of`; null where there is no date."""
    months = (as_of.year - since.dt.year) * 12 + as_of.month - since.dt.month
    return (months - (since.dt.day > as_of.day)).astype("Int64")


def _habits(features: pd.DataFrame) -> pd.DataFrame:
    """By subscriber the days since the last own activity, and the slots of the day, empty where featurize left them out."""
    if LAST_ACTIVITY not in features.columns:
        raise InputError(
            f"The features lack {LAST_ACTIVITY}, by which a silent customer is known; take it out of featurize.exclude."
        )
    return features.reindex(columns=["subscriber_id", LAST_ACTIVITY, *SLOTS]).rename(columns={LAST_ACTIVITY: "days_since_last_activity"})
