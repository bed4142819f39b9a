"""The hidden state of the subscribers on the first day of a month: what is true, but known to nobody."""

import numpy as np

from churnkit.simulate import constants as k
from churnkit.simulate.hazards import tempted_onset
from churnkit.simulate.lives import Lives
from churnkit.simulate.population import NEVER
from churnkit.simulate.records import HiddenState


def hidden_state(lives: Lives, month: int) -> HiddenState:
    """The hidden state on the first day of the month, before anything happens on it."""
    first = lives.of.first_of(month)
    leaving = lives.month_causes(month, np.maximum(lives.shock_last, 0.5 * lives.shock_before)).sum(axis=0)
    usual_shock = 0.5 * lives.shock_last + 0.5 * float(lives.shock_last.mean())
    following = lives.month_causes(month + 1, usual_shock).sum(axis=0)
    p = lives.people
    here = p.is_person & (p.join_day < first) & (lives.left_day > first) & (lives.cancel_on > first)
    retreat = lives.retreat(first)
    who = np.flatnonzero(here & (lives.silent_day > first) & (lives.hold_on >= first))
    return HiddenState(
        month=month,
        who=who,
        leaving=leaving[who].astype(np.float32),
        leaving_next=following[who].astype(np.float32),
        tempted_until=np.where(lives.tempted_until[who] > first, lives.tempted_until[who] - first, -1).astype(np.int32),
        moving_until=np.where(lives.moving_until[who] > first, lives.moving_until[who] - first, -1).astype(np.int32),
        tempted_onset=tempted_onset(p.branch[who], month),
        drift_onset=lives.drift_onset_of(month)[who],
        drift_days=np.where(lives.drift_on[who] <= first, first - lives.drift_on[who], -1).astype(np.int32),
        drift_full_days=lives.drift_full[who],
        farmed_from=np.where(p.is_farmed[who], p.join_day[who] + 30 - first, NEVER).astype(np.int32),
        farmed_until=np.where(p.is_farmed[who], p.join_day[who] + 150 - first, -NEVER).astype(np.int32),
        out_rate=((p.out_rate + p.out_sms_rate) * (1 - k.DRIFT_OUT * retreat))[who].astype(np.float32),
        in_rate=(p.in_rate * p.answer_share * (1 - k.DRIFT_IN * retreat))[who].astype(np.float32),
        due=np.where(lives.debts.due[who] < NEVER, lives.debts.due[who] - first, NEVER).astype(np.int32),
        stop=lives.debts.stop[who],
        stop_days=(first - lives.debts.stop_day[who]).astype(np.int32),
        trouble_days=lives.debts.trouble_days(who, first),
    )
