"""Changes of a line's state, and the status_changes file of a month."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from churnkit.simulate.calendars import Calendar
from churnkit.simulate.numbers import mixed
from churnkit.simulate.population import Population

NIGHT_HOURS = (1, 4)  # first hour and number of hours: the billing run stops lines then
SHOP_HOURS = (9, 12)


@dataclass
class StatusLog:
    """Changes of state so far, oldest day first."""

    who: list[NDArray[np.int64]] = field(default_factory=list)
    day: list[NDArray[np.int64]] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)

    def add(self, who: NDArray[np.integer], day: int | NDArray[np.integer], status: str, reason: str) -> None:
        """These subscribers enter the state on the day, or each on its own."""
        if len(who):
            self.who.append(who.astype(np.int64))
            self.day.append(np.broadcast_to(np.asarray(day, np.int64), who.shape))
            self.status += [status] * len(who)
            self.reason += [reason] * len(who)

    def rows(self, people: Population, of: Calendar) -> pa.Table:
        """The status_changes file: in time order."""
        who = np.concatenate([np.zeros(0, np.int64), *self.who])
        day = np.concatenate([np.zeros(0, np.int64), *self.day])
        status = np.array(self.status, dtype=object)
        reason = np.array(self.reason, dtype=object)
        by_night = np.isin(status, ["one_way_stop", "two_way_stop"]) & (reason == "arrears")
        start = np.where(by_night, NIGHT_HOURS[0], SHOP_HOURS[0])
        hours = np.where(by_night, NIGHT_HOURS[1], SHOP_HOURS[1])
        spread = (mixed(people.seed + 4, who, day) >> np.uint64(33)).astype(np.int64)
        second = day * 86_400 + start * 3600 + spread % (hours * 3600) + (status == "migrated") * -60
        order = np.lexsort((who, second))
        stamp = of.first_day.astype("datetime64[s]") + second[order].astype("timedelta64[s]")
        return pa.table(
            {
                "subscriber_id": people.subscriber_id[who[order]],
                "happened_at": stamp,
                "status": pa.array(status[order], pa.string()),
                "reason": pa.array(reason[order], pa.string()),
            }
        )
