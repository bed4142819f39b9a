"""The chances that drive people away, and how they rise and fall with what can be seen of them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from churnkit.simulate import constants as k
from churnkit.simulate.market import RIVAL_OFFERS

Reals = NDArray[np.floating]

TRACES: Final = ("contract", "shock", "misfit", "handset", "friends", "tempted", "moving", "drift", "farmed", "arrears")
CAUSES: Final = ("none", *TRACES)
MONTH_DAYS: Final = 30.0


def mix(cause: str, month: int) -> float:
    """Factor on a cause in a month: the mix of causes drifts through the year."""
    return 1.0 + k.MIX_SWING * float(np.sin(2 * np.pi * (month + k.MIX_PHASES[cause]) / 12))


def contract_pull(days_to_end: NDArray[np.integer]) -> Reals:
    """How much a contract's end pulls, 0 to 1: fully from 30 days before it to 20 days after, tapering off."""
    ahead = np.clip((50 - days_to_end) / 20.0, 0, 1)
    past = np.clip((60 + days_to_end) / 40.0, 0, 1)
    return (ahead * past).astype(np.float32)


def shock(total: NDArray[np.integer], earlier: list[NDArray[np.integer]]) -> Reals:
    """Size of the shock of a bill: by how much it exceeds the usual, 0 without two earlier bills."""
    count = sum((bill > 0).astype(np.int32) for bill in earlier) if earlier else np.zeros(len(total), np.int32)
    usual = sum((bill.astype(np.float64) for bill in earlier), np.zeros(len(total))) / np.maximum(count, 1)
    ratio = np.where(count >= 2, total / np.maximum(usual, 1.0), 0.0)
    return np.clip(ratio - k.BILL_SHOCK_FROM, 0, k.BILL_SHOCK_CAP).astype(np.float32)


def leaving_causes(
    month: int,
    days_to_end: NDArray[np.integer],
    shock_size: Reals,
    overage_share: Reals,
    handset_months: Reals,
    friends_left: Reals,
    is_person: NDArray[np.bool_],
) -> Reals:
    """Hazard of leaving a month for each of the first six causes, shape [6, subscribers]."""
    handset = np.clip((handset_months - k.OLD_HANDSET_FROM_MONTHS) / 24.0, 0, 1)
    shield = np.where((days_to_end > 90) & (days_to_end < 5000), k.CONTRACT_SHIELD, 1.0)
    extra = np.stack(
        [
            k.CONTRACT_END * mix("contract", month) * contract_pull(days_to_end),
            k.BILL_SHOCK * mix("shock", month) * shock_size * shield,
            k.PLAN_MISFIT * mix("shock", month) * overage_share**2 * shield,
            k.OLD_HANDSET * mix("handset", month) * handset * shield,
            k.FRIEND_LEFT * mix("friends", month) * friends_left**2,
        ]
    )
    base = np.full((1, len(shock_size)), k.BASE_LEFT)
    return np.concatenate([base, extra * is_person]).astype(np.float32)


def tempted_onset(branch: NDArray[np.integer], month: int) -> Reals:
    """Chance a month to begin asking a rival; higher where a rival has an offer in the branch."""
    offered = [b for b, first, last in RIVAL_OFFERS if first <= month <= last]
    return np.where(np.isin(branch, offered), k.TEMPTED_ONSET_OFFER, k.TEMPTED_ONSET).astype(np.float32)


def tempted_chance(days_left: NDArray[np.number]) -> Reals:
    """Hazard a month of leaving while tempted, by the days of temptation left."""
    leaves = (days_left > 0) & (days_left <= k.TEMPTED_DAYS - k.TEMPTED_LEAD_DAYS)
    return leaves * np.float32(k.TEMPTED_EXIT)


def moving_chance(days_left: NDArray[np.number]) -> Reals:
    """Hazard a month of leaving while moving away, by the days of it left."""
    leaves = (days_left > 0) & (days_left <= k.MOVING_DAYS - k.MOVING_LEAD_DAYS)
    return leaves * np.float32(k.MOVING_EXIT)


def depth(days_since_onset: Reals, full_days: Reals) -> Reals:
    """How far a drift to a second SIM has gone, 0 to 1; 0 before its onset."""
    return np.clip(days_since_onset / full_days, 0, 1)


def fall(how_deep: Reals) -> Reals:
    """Share of the whole fall in usage that shows at a depth of the drift: usage falls first, the end follows."""
    return np.minimum(how_deep / np.float32(k.DRIFT_SEEN), np.float32(1))


def own_activity_rate(out_rate: Reals, in_rate: Reals, how_deep: Reals) -> Reals:
    """Own activity a day: outgoing, and incoming that is answered."""
    fallen = fall(how_deep)
    return out_rate * (1 - k.DRIFT_OUT * fallen) + in_rate * (1 - k.DRIFT_IN * fallen)


def natural_silence(rate: Reals) -> Reals:
    """Chance a day that a silent run of 30 days begins by accident, at a rate of own activity a day."""
    return (-np.expm1(-rate)) * np.exp(-k.RUN_DAYS * rate)


def pay_chance(
    pays_late: NDArray[np.bool_],
    trouble_days: NDArray[np.integer],
    is_overdue: NDArray[np.bool_],
    stop: NDArray[np.integer],
) -> Reals:
    """Chance to pay on a day; `trouble_days` is negative for people without money trouble, `stop` 0, 1 or 2 ways."""
    late = (pays_late | (trouble_days >= 0)).astype(np.int8)
    before = np.array(k.PAY_BEFORE_DUE, np.float32)[late]
    after = np.array(k.PAY_OVERDUE, np.float32)[late]
    stopped = np.where(stop == 2, np.float32(k.PAY_TWO_WAY), np.float32(k.PAY_STOPPED))
    chance = np.where(stop > 0, stopped, np.where(is_overdue, after, before))
    stage = np.clip(trouble_days // 30, 0, len(k.TROUBLE_FACTORS) - 1)
    return np.where(trouble_days >= 0, chance * np.array(k.TROUBLE_FACTORS, np.float32)[stage], chance)
