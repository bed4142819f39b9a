"""The best anyone could know: forward replays of the hidden state, with the chances of each exit in the window."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from churnkit.simulate import constants as k
from churnkit.simulate.hazards import (
    MONTH_DAYS,
    Reals,
    depth,
    moving_chance,
    natural_silence,
    own_activity_rate,
    pay_chance,
    tempted_chance,
)
from churnkit.simulate.population import NEVER, Population
from churnkit.simulate.records import HiddenState

BLOCK = 512  # subscribers replayed at once, so that the arrays stay in the processor's cache
WINDOW_END = k.GAP_DAYS + k.HORIZON_DAYS


def best_scores(people: Population, state: HiddenState, days_in_month: int) -> pa.Table:
    """Chances that each subscriber leaves, is stopped for arrears or falls silent within the window.

    Replays draw the path (drift begins, deepens or ends; debts are paid or not) and add up the chances of an exit
    along it, given that none came before the window; an exit itself is never drawn, which makes 100 replays enough.
    """
    rng = np.random.Generator(np.random.SFC64([people.seed, 12, state.month]))
    count = len(state.who)
    left, silent = np.zeros(count), np.zeros(count)
    for first in range(0, count, BLOCK):
        part = slice(first, min(first + BLOCK, count))
        left[part], silent[part] = _left_and_silent(rng, state, part, days_in_month)
    arrears, hushed = _arrears(rng, people, state)
    left, silent = left * (1 - arrears), silent * (1 - arrears - hushed) + hushed
    order = np.argsort(people.subscriber_id[state.who])
    columns = {"p_left": left, "p_arrears_stop_30d": arrears, "p_silent_30d": silent, "p_any": left + arrears + silent}
    return pa.table(
        {
            "subscriber_id": pa.array(people.subscriber_id[state.who][order].astype(str)),
            **{name: pa.array(values[order]) for name, values in columns.items()},
        }
    )


def _left_and_silent(
    rng: np.random.Generator, state: HiddenState, part: slice, days_in_month: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chances of leaving and of falling silent in the window, for a block of subscribers."""
    full = state.drift_full_days[part][:, None]
    since = np.repeat(state.drift_days[part].astype(np.float32)[:, None], k.REPLAYS, axis=1)
    out_rate, in_rate = (rate[part][:, None] * np.float32(k.RATE_SLACK) for rate in (state.out_rate, state.in_rate))
    onset, ends, span = state.drift_onset[part][:, None] / np.float32(MONTH_DAYS), k.DRIFT_RECOVERY, k.STRIDE_DAYS
    alive, before = np.ones_like(since), np.ones_like(since)
    left, silent = np.zeros_like(since), np.zeros_like(since)
    for day in range(0, WINDOW_END + k.BEYOND_DAYS, span):
        middle = day + span / 2
        if day == k.GAP_DAYS:
            before = alive.copy()
        how_deep = np.where(since >= 0, depth(since + np.float32(span / 2), full), np.float32(0))
        to_leave = _leaving(state, part, middle, days_in_month)[:, None] + np.float32(k.DRIFT_PORT) * how_deep**2
        to_silence = _silence(state, part, middle)[:, None] + np.float32(k.DRIFT_SILENT) * how_deep**4
        ahead = np.where(since >= 0, depth(since + np.float32(k.RUN_DAYS / 2), full), np.float32(0))
        by_chance = natural_silence(own_activity_rate(out_rate, in_rate, ahead))
        rate = to_leave + to_silence + by_chance
        exits = -np.expm1(-rate * span)
        heard = run_begins_within(own_activity_rate(out_rate, in_rate, how_deep), middle)
        if k.GAP_DAYS <= day < WINDOW_END:
            left += alive * exits * heard * to_leave / rate
            silent += alive * exits * (heard * to_silence + by_chance) / rate
        elif day >= WINDOW_END:
            silent += alive * exits * heard * (to_leave + to_silence) / rate
        alive *= 1 - exits
        draw = rng.random(since.shape, dtype=np.float32)
        drifts = since >= 0
        since = np.where(drifts, np.where(draw < ends * span, np.float32(-1e6), since + span), since)
        since = np.where(~drifts & (draw < onset * span), np.float32(span / 2), since)
    weight = before.mean(axis=1)
    return left.mean(axis=1) / weight, silent.mean(axis=1) / weight


def _leaving(state: HiddenState, part: slice, day: float, days_in_month: int) -> Reals:
    """Chance a day of leaving, drifters' port-outs apart."""
    monthly = (state.leaving if day < days_in_month else state.leaving_next)[part]
    begun = state.tempted_onset[part] / MONTH_DAYS * max(day - k.TEMPTED_LEAD_DAYS, 0) * k.TEMPTED_EXIT
    tempted, moving = state.tempted_until[part] - day, state.moving_until[part] - day
    monthly = monthly + begun + tempted_chance(tempted) + moving_chance(moving)
    return monthly.astype(np.float32) / np.float32(MONTH_DAYS)


def _silence(state: HiddenState, part: slice, day: float) -> Reals:
    """Chance a day of silence for good, drifters' apart."""
    farmed = (state.farmed_from[part] <= day) & (state.farmed_until[part] > day)
    return ((k.BASE_SILENT + k.FARMED_EXIT * farmed) / MONTH_DAYS).astype(np.float32)


def run_begins_within(rate: Reals, day: float) -> Reals:
    """Chance that the last own activity before an exit on a day is such that the silence begins in the window."""
    if day < WINDOW_END:
        return -np.expm1(-rate * np.float32(max(day - k.GAP_DAYS, 0)))
    return np.exp(-rate * np.float32(day - WINDOW_END))


def _arrears(
    rng: np.random.Generator, people: Population, state: HiddenState
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chances of a two-way stop in the window that is not paid off in time, and of one after it with silence before.

    Only a debt that is owed already can lead to either.
    """
    owing = np.flatnonzero((state.due < NEVER) & (state.stop < 2))
    who, shape = state.who[owing], (len(owing), k.REPLAYS)
    late = np.broadcast_to(people.pays_late[who][:, None], shape)
    stop = np.repeat(state.stop[owing][:, None], k.REPLAYS, axis=1)
    stop_day = np.repeat(-state.stop_days[owing][:, None], k.REPLAYS, axis=1)
    owes, due = np.ones(shape, bool), state.due[owing][:, None]
    first_lag, second_lag = people.stop_lag[who][:, None], people.two_way_lag[who][:, None]
    heard_rate = np.broadcast_to(state.in_rate[owing][:, None] * np.float32(k.RATE_SLACK), shape)
    exits, early, silent = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for day in range(WINDOW_END + k.BEYOND_DAYS):
        trouble = np.where(state.trouble_days[owing] >= 0, state.trouble_days[owing] + day, -1)
        trouble = np.broadcast_to(trouble[:, None], shape)
        chance = pay_chance(late, trouble, np.broadcast_to(due < day, shape), stop)
        owes &= rng.random(shape, dtype=np.float32) >= chance
        second = owes & (stop == 1) & (day >= stop_day + second_lag)
        first = owes & (stop == 0) & (day >= due + first_lag)
        if second.any():
            unpaid = pay_chance(late[second], trouble[second], second[second], np.full(int(second.sum()), 2))
            stays = (1 - unpaid) ** k.RUN_DAYS
            heard = run_begins_within(heard_rate[second], float(day))
            target = early if day < k.GAP_DAYS else exits if day < WINDOW_END else silent
            target[second] = stays * (heard if day >= k.GAP_DAYS else 1)
        stop_day = np.where(first | second, day, stop_day)
        stop = np.where(second, 2, np.where(first, 1, stop)).astype(np.int8)
    chances = np.zeros((2, len(state.who)))
    chances[:, owing] = np.stack([exits.mean(axis=1), silent.mean(axis=1)]) / np.maximum(1 - early.mean(axis=1), 1e-9)
    return chances[0], chances[1]
