"""Who owes the operator money, who pays, and whose line is stopped for it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from churnkit.simulate import constants as k
from churnkit.simulate.billing import Bills
from churnkit.simulate.hazards import mix, pay_chance
from churnkit.simulate.population import NEVER, Population
from churnkit.simulate.statuses import StatusLog

Days = NDArray[np.int32]


@dataclass
class Debts:
    """What each subscriber owes: due day of the oldest unpaid bill (NEVER = none) and the stop it has led to."""

    due: Days
    stop: NDArray[np.int8]  # 0 open, 1 one-way, 2 two-way
    stop_day: Days
    trouble: Days  # day money trouble began; NEVER = none
    arrears_day: Days  # day of a two-way stop that was not paid off within RUN_DAYS; NEVER = none
    recent: list[Bills] = field(default_factory=list)  # oldest first

    def trouble_days(self, who: NDArray[np.integer], day: int) -> NDArray[np.int32]:
        """Days of money trouble so far, -1 without."""
        return np.where(self.trouble[who] <= day, day - self.trouble[who], -1).astype(np.int32)


def no_debts(size: int) -> Debts:
    """Nobody owes anything."""
    never = np.full(size, NEVER, np.int32)
    return Debts(never, np.zeros(size, np.int8), np.zeros(size, np.int32), never.copy(), never.copy())


def issue(debts: Debts, people: Population, bills: Bills, first_of_month: int, is_served: NDArray[np.bool_]) -> None:
    """Bills reach the billed: the oldest unpaid one sets the due day."""
    owes = (bills.total > 0) & people.is_billed & (debts.due == NEVER) & is_served
    debts.due[owes] = first_of_month + people.due_day[owes] - 1


def begin_trouble(
    rng: np.random.Generator, debts: Debts, people: Population, month: int, first: int, days: int, at: NDArray[np.bool_]
) -> None:
    """Money trouble begins for some during the month, and ends for some of those who had it and owe nothing."""
    onset = k.TROUBLE_ONSET * mix("trouble", month) * np.where(people.pays_late, k.TROUBLE_LATE_FACTOR, 1.0)
    onset = onset * np.where(first - people.join_day < 365, k.TROUBLE_YOUNG_FACTOR, 1.0)
    onset = onset * people.is_person * people.is_billed
    draw = rng.random(people.size)
    begins = at & (debts.trouble == NEVER) & (draw < onset)
    ends = (debts.trouble <= first) & (debts.stop == 0) & (draw < k.TROUBLE_RECOVERY)
    debts.trouble[begins] = first + rng.integers(0, days, int(begins.sum()))
    debts.trouble[ends] = NEVER


def pay_and_stop(
    rng: np.random.Generator,
    debts: Debts,
    people: Population,
    day: int,
    day_of_month: int,
    gone: NDArray[np.bool_],
    log: StatusLog,
) -> NDArray[np.int64]:
    """One day of payments, stops and reopenings; returns who was reopened on the day."""
    who = np.flatnonzero(debts.due < NEVER)
    trouble = debts.trouble_days(who, day)
    chance = pay_chance(people.pays_late[who], trouble, debts.due[who] < day, debts.stop[who])
    if day_of_month == 1:
        chance = np.where(people.has_autopay[who] & (trouble < 0) & (debts.stop[who] == 0), k.PAY_AUTO, chance)
    chance = np.where(gone[who], chance * 0.05, chance)
    pays = who[rng.random(len(who)) < chance]
    for bills in debts.recent:
        open_bills = pays[(bills.paid_day[pays] == NEVER) & (bills.total[pays] > 0)]
        bills.paid_day[open_bills] = day
    reopened = pays[debts.stop[pays] > 0]
    log.add(reopened, day, "open", "arrears")
    debts.due[pays] = NEVER
    debts.stop[pays] = 0
    debts.arrears_day[pays] = NEVER
    owing = who[debts.due[who] < NEVER]
    first = owing[(debts.stop[owing] == 0) & (day >= debts.due[owing] + people.stop_lag[owing])]
    second = owing[(debts.stop[owing] == 1) & (day >= debts.stop_day[owing] + people.two_way_lag[owing])]
    for stopped, status, code in ((first, "one_way_stop", 1), (second, "two_way_stop", 2)):
        log.add(stopped, day, status, "arrears")
        debts.stop[stopped] = code
        debts.stop_day[stopped] = day
    final = owing[(debts.stop[owing] == 2) & (day == debts.stop_day[owing] + k.RUN_DAYS)]
    debts.arrears_day[final] = debts.stop_day[final]
    return reopened
