"""The life of every subscriber, day by day: what it does, what it owes, and when and why it leaves."""

import numpy as np
from numpy.typing import NDArray

from churnkit.simulate import constants as k
from churnkit.simulate.billing import Bills, bills_of
from churnkit.simulate.calendars import Calendar
from churnkit.simulate.handsets import Handsets
from churnkit.simulate.hazards import (
    CAUSES,
    MONTH_DAYS,
    Reals,
    depth,
    fall,
    leaving_causes,
    mix,
    moving_chance,
    shock,
    tempted_chance,
    tempted_onset,
)
from churnkit.simulate.market import CONTRACT_MONTHS
from churnkit.simulate.numbers import close_friends
from churnkit.simulate.payments import Debts, begin_trouble, issue, no_debts, pay_and_stop
from churnkit.simulate.population import NEVER, Flags, Population
from churnkit.simulate.records import FORWARDS, IN_OK, MOVING, OUT_OK, SHOCKED, SILENT, TEMPTED, MonthRecord
from churnkit.simulate.statuses import StatusLog

Bytes = NDArray[np.uint8]

KEPT_BILLS = 6  # months of bills that can still be paid


class Lives:
    """The state of all subscribers at the start of a day; `month(m)` lives through a month."""

    def __init__(self, rng: np.random.Generator, people: Population, of: Calendar, market: Handsets) -> None:
        n = people.size
        self.rng, self.people, self.of, self.market = rng, people, of, market
        self.debts: Debts = no_debts(n)
        never = np.full(n, NEVER, np.int32)
        self.left_day, self.silent_day, self.cancel_on = never, never.copy(), never.copy()
        self.left_ported = np.zeros(n, np.bool_)
        self.cause = np.full(n, -1, np.int8)
        self.drift_on = never.copy()
        self.drift_began = never.copy()
        self.drift_full = rng.uniform(*k.DRIFT_DAYS, n).astype(np.float32)
        self.drift_forwards = rng.random(n) < k.DRIFT_FORWARD_SHARE
        self.tempted_until, self.moving_until = np.full(n, -NEVER, np.int32), np.full(n, -NEVER, np.int32)
        self.hold_on, self.hold_until, self.hold_kind = never.copy(), never.copy(), np.zeros(n, np.int8)
        self.contract_end = people.contract_end.copy()
        self.contract_start = np.where(
            people.contract_end < NEVER, people.contract_end - people.contract_months * 30.4375, NEVER
        ).astype(np.int32)
        self.handset = people.handset.copy()
        self.friends, self.friend_share = close_friends(people)
        self.shock_before, self.shock_last = np.zeros(n, np.float32), np.zeros(n, np.float32)
        self._leaving = np.zeros((6, n), np.float32)

    # --- what holds for a month -------------------------------------------------------------------------------------

    def month_causes(self, month: int, shock_size: Reals) -> Reals:
        """Hazard a month of the first six causes, shape [6, subscribers], for a size of bill shock."""
        middle = self.of.first_of(month) + 15
        recent = self.debts.recent[-3:]
        share = np.mean([b.overage_share for b in recent], axis=0) if recent else np.zeros(self.people.size)
        age = (middle - self.market.launched_day[self.handset]) / 30.4
        gone = np.minimum(self.left_day, self.silent_day)[np.maximum(self.friends, 0)]
        first = self.of.first_of(month)
        lost = (self.friends >= 0) & (gone < first) & (gone >= first - k.FRIEND_LEFT_DAYS)
        friends_left = (lost * self.friend_share).sum(axis=1)
        to_end = np.where(self.contract_end < NEVER, self.contract_end - middle, 9999)
        return leaving_causes(month, to_end, shock_size, share, age, friends_left, self.people.is_person)

    def drift_onset_of(self, month: int) -> Reals:
        """Chance a month that a drift to a second SIM begins."""
        dual = self.market.is_dual_sim[self.handset]
        onset = k.DRIFT_ONSET * mix("drift", month) * np.where(dual, k.DRIFT_DUAL_SIM_FACTOR, 1.0)
        return (onset * self.people.is_person).astype(np.float32)

    # --- a month ----------------------------------------------------------------------------------------------------

    def month(self, month: int, log: StatusLog) -> MonthRecord:
        """Live through the month and bill it."""
        first, days = self.of.first_of(month), self.of.days_in(month)
        people, rng = self.people, self.rng
        self._leaving = self.month_causes(month, np.maximum(self.shock_last, 0.5 * self.shock_before))
        onset, tempted = self.drift_onset_of(month) / MONTH_DAYS, tempted_onset(people.branch, month)
        present = self._present(first)
        begin_trouble(rng, self.debts, people, month, first, days, present)
        self._plan_events(month, first, days, tempted * people.is_person, present, log)
        before = self.handset.copy()
        change = (rng.random(people.size) < k.HANDSET_CHANGE) & present
        change_day = np.where(change, first + rng.integers(0, days, people.size), NEVER).astype(np.int32)
        newest = np.searchsorted(self.market.launched_day, first)
        bought = newest - 1 - np.minimum(rng.exponential(9, people.size), newest - 1).astype(np.int64)
        self.handset = np.where(change, bought, self.handset).astype(np.int16)
        codes = np.zeros((days, people.size), np.uint8)
        fallen = np.zeros((days, people.size), np.uint8)
        for offset in range(days):
            self._day(first + offset, offset, onset, codes[offset], fallen[offset], log)
        noise = np.exp(rng.normal(0, k.MONTH_NOISE, people.size)).astype(np.float32)
        self._bill(month, noise, fallen.mean(axis=0) / 255, codes)
        end = first + days
        on_books = (people.join_day < end) & (self.cancel_on >= end) & ~(self.left_ported & (self.left_day < end))
        return MonthRecord(
            month, codes, fallen, noise, self.handset.copy(), before, change_day, self.left_day.copy(),
            self.contract_start.copy(), self.contract_end.copy(), on_books, log,
        )  # fmt: skip

    def _present(self, day: int) -> Flags:
        return (self.people.join_day < day) & (self.left_day > day) & (self.cancel_on > day)

    def _plan_events(self, month: int, first: int, days: int, tempted: Reals, present: Flags, log: StatusLog) -> None:
        """Things that begin in the month: temptation, moving away, renewals, stops on request, migrations."""
        rng, people = self.rng, self.people
        draw, day = rng.random(people.size), first + rng.integers(0, days, people.size)
        asks = present & (draw < tempted) & (self.tempted_until < first)
        self.tempted_until[asks] = day[asks] + k.TEMPTED_DAYS
        moves = present & people.is_person & (draw > 1 - k.MOVING_ONSET)
        self.moving_until[moves] = day[moves] + k.MOVING_DAYS
        near = present & (np.abs(self.contract_end - first) < 60) & (rng.random(people.size) < k.RENEWAL_A_DAY * days)
        self.contract_start[near] = day[near]
        self.contract_end[near] = day[near] + (rng.choice(CONTRACT_MONTHS, int(near.sum())) * 30.4375).astype(np.int32)
        calm = present & (self.debts.stop == 0) & (self.debts.due == NEVER) & (self.silent_day > first)
        migrates = np.flatnonzero(calm & (rng.random(people.size) < k.MIGRATION))
        log.add(migrates, day[migrates], "migrated", "migration")
        log.add(migrates, day[migrates], "open", "migration")
        stops = ((1, k.HIGH_SPEND_STOP, k.HIGH_SPEND_DAYS), (2, k.KEEP_NUMBER, k.KEEP_NUMBER_DAYS))
        for kind, chance, length in stops:
            held = np.flatnonzero(calm & (self.hold_on == NEVER) & (rng.random(people.size) < chance))
            self.hold_on[held], self.hold_kind[held] = day[held], kind
            self.hold_until[held] = day[held] + rng.integers(*length, len(held))
        joined = np.flatnonzero((people.join_day >= first) & (people.join_day < first + days))
        log.add(joined, people.join_day[joined], "open", "other")

    # --- a day ------------------------------------------------------------------------------------------------------

    def _day(self, day: int, offset: int, drift_onset: Reals, codes: Bytes, fallen: Bytes, log: StatusLog) -> None:
        """Live through one day; `codes` and `fallen` receive what each line may do, and how far its usage fell."""
        people, rng = self.people, self.rng
        if offset == 0 and self.debts.recent:
            issue(self.debts, people, self.debts.recent[-1], day, self._present(day))
        gone = self.silent_day <= day
        reopened = pay_and_stop(rng, self.debts, people, day, offset, gone, log)
        self._cancel(day, log)
        held = self._hold(day, log)
        present = self._present(day)
        active = present & ~gone & (self.debts.stop == 0) & ~held
        how_deep = depth((day - self.drift_on).astype(np.float32), self.drift_full)
        self._leave(day, active, how_deep, log)
        self._fall_silent(day, active & (self.left_day > day), how_deep, drift_onset)
        present = self._present(day)
        out_ok = present & (self.debts.stop == 0) & ~held
        out_ok[reopened] = False
        in_ok = present & (self.debts.stop < 2) & ~(held & (self.hold_kind == 2))
        forwards = self.drift_forwards & (how_deep > k.DRIFT_FORWARD_FROM)
        codes |= np.uint8(OUT_OK) * out_ok | np.uint8(IN_OK) * in_ok | np.uint8(SILENT) * (self.silent_day <= day)
        codes |= np.uint8(FORWARDS) * forwards | np.uint8(SHOCKED) * (self.shock_last > 0)
        tempted, moving = self.tempted_until - day, self.moving_until - day
        codes |= np.uint8(TEMPTED) * ((tempted > 0) & (tempted <= k.TEMPTED_DAYS))
        codes |= np.uint8(MOVING) * ((moving > 0) & (moving <= k.MOVING_DAYS))
        fallen[:] = np.maximum(fall(how_deep), self.retreat(day)) * 255

    def retreat(self, day: int) -> Reals:
        """How much usage falls on a day for reasons other than a drift, as a share of a drift's whole fall."""
        left = self.tempted_until - day
        tempted = ((left > 0) & (left <= k.TEMPTED_DAYS)) * np.float32(k.RETREAT_TEMPTED)
        return np.maximum(tempted, (self.debts.trouble <= day) * np.float32(k.RETREAT_TROUBLE))

    def _leave(self, day: int, active: Flags, how_deep: Reals, log: StatusLog) -> None:
        """Some cancel, some port out; the cause is drawn in proportion to the hazards."""
        rng = self.rng
        tempted, moving = tempted_chance(self.tempted_until - day), moving_chance(self.moving_until - day)
        daily = np.concatenate([self._leaving, np.stack([tempted, moving])]) / np.float32(MONTH_DAYS)
        daily = np.concatenate([daily, (k.DRIFT_PORT * how_deep**2)[None]])
        leaves = np.flatnonzero(active & (rng.random(len(active)) < daily.sum(axis=0)))
        ladder = np.cumsum(daily[:, leaves], axis=0)
        draw, kind = rng.random(len(leaves)), rng.random((2, len(leaves)))
        cause = (ladder < draw * ladder[-1]).sum(axis=0)
        self.cause[leaves], self.left_day[leaves] = cause, day
        ported = (kind[0] < k.LEFT_PORTED_SHARE) | np.isin(cause, [CAUSES.index("drift"), CAUSES.index("tempted")])
        pre = ~ported & (kind[1] < k.LEFT_PRE_CANCEL_SHARE)
        self.left_ported[leaves] = ported
        self.cancel_on[leaves] = np.where(pre, day + k.PRE_CANCEL_DAYS, day)
        log.add(leaves[ported], day, "ported_out", "voluntary")
        log.add(leaves[pre], day, "pre_cancelled", "voluntary")
        log.add(leaves[~ported & ~pre], day, "cancelled", "voluntary")
        self.debts.due[leaves] = NEVER

    def _fall_silent(self, day: int, active: Flags, how_deep: Reals, onset: Reals) -> None:
        """Drifts begin and end; some lines fall silent for good, without a word."""
        rng, people = self.rng, self.people
        draw = rng.random(people.size)
        drifts = self.drift_on <= day
        age = day - people.join_day
        farmed = people.is_farmed & (age >= 30) & (age < 150)
        chance = k.BASE_SILENT / MONTH_DAYS * people.is_person + k.FARMED_EXIT / MONTH_DAYS * farmed
        chance = chance + k.DRIFT_SILENT * how_deep**4
        silent = active & (draw < chance)
        self.silent_day[silent] = day
        self.cause[silent] = np.where(
            drifts[silent], CAUSES.index("drift"), np.where(farmed[silent], CAUSES.index("farmed"), 0)
        )
        draw = 1 - draw
        begins = active & ~drifts & (draw < onset)
        self.drift_on[begins] = day
        self.drift_began[begins] = day
        self.drift_on[active & drifts & (draw < k.DRIFT_RECOVERY) & ~silent] = NEVER

    def _hold(self, day: int, log: StatusLog) -> Flags:
        """Who is stopped for something else than arrears: one-way for high spend, or on request."""
        free = self._present(day) & (self.debts.stop == 0)
        self.hold_on[(self.hold_on == day) & ~free] = NEVER
        held = self.hold_on <= day
        for kind, status, reason in ((1, "one_way_stop", "high_spend"), (2, "two_way_stop", "keep_number")):
            log.add(np.flatnonzero((self.hold_on == day) & (self.hold_kind == kind)), day, status, reason)
            ends = held & (self.hold_until == day) & (self.hold_kind == kind)
            log.add(np.flatnonzero(ends & free), day, "open", reason)
            self.hold_on[ends] = NEVER
        return held

    def _cancel(self, day: int, log: StatusLog) -> None:
        """Pre-cancelled lines are cancelled in the end, and so are lines long stopped for arrears."""
        log.add(np.flatnonzero((self.cancel_on == day) & (self.left_day < day)), day, "cancelled", "voluntary")
        long_stopped = (self.debts.stop == 2) & (day == self.debts.stop_day + k.CANCEL_LAG_DAYS)
        arrears = np.flatnonzero(long_stopped & (self.cancel_on > day))
        log.add(arrears, day, "cancelled", "arrears")
        idle = (self.people.payment == 2) & (self.silent_day == day - k.IDLE_CANCEL_DAYS) & self._present(day)
        log.add(np.flatnonzero(idle), day, "cancelled", "other")
        self.cancel_on[arrears] = day
        self.cancel_on[idle] = day
        self.debts.due[arrears] = NEVER

    # --- its bill ---------------------------------------------------------------------------------------------------

    def _bill(self, month: int, noise: Reals, fallen: Reals, codes: Bytes) -> None:
        end = self.of.first_of(month + 1)
        served = (codes & IN_OK > 0).mean(axis=0).astype(np.float32) * self._present(end - 1)
        silent = (codes & SILENT > 0).mean(axis=0)
        usage = (noise * (1 - k.DRIFT_OUT * fallen) * (1 - silent)).astype(np.float32)
        bills: Bills = bills_of(self.rng, self.people, month, served, usage, self.contract_end < NEVER)
        full = served > 0.98
        sizes = shock(bills.total, [b.total for b in self.debts.recent[-3:]]) * full
        self.shock_before, self.shock_last = self.shock_last, sizes.astype(np.float32)
        self.debts.recent = [*self.debts.recent[-(KEPT_BILLS - 1) :], bills]
