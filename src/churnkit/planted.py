"""Whether the reasons name what drives people away, on an invented operator that knows why each one left."""
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnkit import examples
from churnkit.errors import InputError
from churnkit.features import REGISTRY
from churnkit.identity import pseudonym
from churnkit.model import Model
from churnkit.reasons import reasons
from churnkit.simulate import constants as k
from churnkit.simulate.hazards import contract_pull
from churnkit.timeline import Plan

TOP = 3
ASKED = 0.8  # of those whose cause shows before the as-of date, the share that a reason should name it for
DRIFT_SHOWS_DAYS = 14  # usage has fallen by half its way by then
YOUNG_DAYS = 150  # up to this age farmed lines fall silent

Rows = pd.DataFrame


@dataclass(frozen=True)
class Cause:
    """A planted cause: the reason groups that explain it, and whether it shows in what was known at the as-of date, for each row."""

    groups: frozenset[str]
    shows: Callable[[Rows], np.ndarray]


def number(rows: Rows, name: str) -> np.ndarray:
    """A column's numbers; NaN where they are missing, or the operator's extracts do not give the column."""
    if name not in rows.columns:
        return np.full(len(rows), np.nan)
    return pd.to_numeric(rows[name]).to_numpy(dtype=float, na_value=np.nan)


def pulls(hazard: np.ndarray) -> np.ndarray:
    """Whether a cause pulls at least as hard as chance, which leaves no trace; a weaker one nobody could name."""
    return np.nan_to_num(hazard) >= k.BASE_LEFT


def shocked(rows: Rows) -> np.ndarray:
    """Whether the last bill, or at half its weight the one before, was a shock."""
    def size(name: str) -> np.ndarray:
        return np.clip(np.nan_to_num(number(rows, name)) - k.BILL_SHOCK_FROM, 0, k.BILL_SHOCK_CAP)

    return pulls(k.BILL_SHOCK * np.maximum(size("bill_shock_ratio"), 0.5 * size("earlier_bill_ratio")))


def near_contract_end(rows: Rows) -> np.ndarray:
    """Whether a contract ends or ended so near that it pulls."""
    return pulls(k.CONTRACT_END * contract_pull(np.nan_to_num(number(rows, "contract_end_days"), nan=9999).astype(int)))


def owing(rows: Rows) -> np.ndarray:
    """Whether a bill is past its due date, or the line stopped."""
    return (number(rows, "days_overdue") > 0) | (number(rows, "current_stop_days") > 0)


CAUSES = {
    "contract": Cause(frozenset({"contract"}), near_contract_end),
    "shock": Cause(frozenset({"bill_shock", "overage", "extras"}), shocked),
    "misfit": Cause(frozenset({"overage", "plan_use", "plan_fit"}), lambda rows: pulls(k.PLAN_MISFIT * number(rows, "overage_share_3m") ** 2)),
    "handset": Cause(frozenset({"handset"}),
                     lambda rows: pulls(k.OLD_HANDSET * (number(rows, "handset_launch_age_months") - k.OLD_HANDSET_FROM_MONTHS) / 24)),
    "friends": Cause(frozenset({"social", "ported_contacts"}), lambda rows: pulls(k.FRIEND_LEFT * number(rows, "lost_ties_share_60d") ** 2)),
    "tempted": Cause(frozenset({"rival_care", "port_out"}), lambda rows: number(rows, "rival_care_calls_90d") > 0),
    "moving": Cause(frozenset({"far_calls", "home", "roaming"}), lambda rows: number(rows, "far_calls_30d") > 0),
    "drift": Cause(frozenset({"silence", "usage_trend", "contacts", "second_sim", "forwarding", "data_only"}),
                   lambda rows: number(rows, "drift_days") >= DRIFT_SHOWS_DAYS),
    "farmed": Cause(frozenset({"silence", "tenure", "contacts"}), lambda rows: number(rows, "tenure_days") <= YOUNG_DAYS),
    "arrears": Cause(frozenset({"arrears", "late_payment", "stops"}), owing),
}


def named(plan: Plan, truth: Path, key: bytes, model: Model) -> dict[str, Any]:
    """For each planted cause: how many left from it on the dates that the judged model never saw, for how many of them it showed at
    the as-of date, and for how many of these one of the first three reasons is of its groups, with the share and its 95 % interval.

    Raises InputError where the truth is not known.
    """
    path = truth / "subscribers.parquet"
    if not path.exists():
        raise InputError(f"{path} is missing: only `churnkit simulate` knows why the subscribers of an operator left.")
    lives = pd.read_parquet(path, columns=["subscriber_id", "cause", "drift_began_on"])
    lives["subscriber_id"] = [pseudonym(key, raw, "s") for raw in lives["subscriber_id"].astype(str)]
    dates = [day for day in plan.mature if day > plan.training[-1]]
    left = pd.concat([churners(day, model).merge(lives, on="subscriber_id", validate="one_to_one") for day in dates], ignore_index=True)
    left["drift_days"] = (pd.to_datetime(left["as_of"]) - pd.to_datetime(left["drift_began_on"])).dt.days
    said = left[[f"reason_{place}_group" for place in range(1, TOP + 1)]]
    found = {}
    for name, cause in CAUSES.items():
        from_it = (left["cause"] == name).to_numpy()
        shows = from_it & cause.shows(left)
        hits = int((said.isin(cause.groups).any(axis=1).to_numpy() & shows).sum())
        found[name] = {"left": int(from_it.sum()), "shows": int(shows.sum()), "named": hits, "share": share_of(hits, int(shows.sum()))}
    return {"dates": [str(day) for day in dates], "causes": found}


def churners(day: Any, model: Model) -> Rows:
    """Who left after an as-of date, with features and reasons; the risky side is the whole cohort's."""
    rows, _ = examples.learnable(examples.load(day))
    table = examples.given(examples.features_of(rows), model.feature_names)
    gone = rows["churned"].to_numpy()
    contributions = model.contributions(table[gone]).reindex(table.index, fill_value=0.0)
    return rows.join(reasons(contributions, table, REGISTRY, top=TOP))[gone]


def share_of(hits: int, of: int) -> list[float] | None:
    """The share and Wilson's 95 % interval; None of nobody."""
    if not of:
        return None
    z, share = 1.96, hits / of
    middle, scale = share + z * z / (2 * of), 1 + z * z / of
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return [round(share, 4), round(max(0.0, (middle - reach) / scale), 4), round(min(1.0, (middle + reach) / scale), 4)]


def told(found: dict[str, Any]) -> str:
    """The causes as a small table."""
    lines = [f"Reasons that name the planted cause, of those who left after {', '.join(found['dates'])}:",
             f"{'cause':10}{'left':>6}{'showed':>8}{'named':>7}   share named, of those it showed for"]
    for name, row in found["causes"].items():
        share, low, high = row["share"] or (math.nan,) * 3
        note = "" if not row["share"] or share >= ASKED else f"  below {ASKED:.0%}" + (", not surely" if high >= ASKED else "")
        part = f"{share:.0%} [{low:.0%}, {high:.0%}]{note}" if row["share"] else "–"
        lines.append(f"{name:10}{row['left']:>6}{row['shows']:>8}{row['named']:>7}   {part}")
    return "\n".join(lines)
