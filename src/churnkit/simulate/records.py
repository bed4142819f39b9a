"""What one month of lives leaves behind: for its files, and for who asks what could have been known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnkit.simulate.hazards import Reals
from churnkit.simulate.population import Days, Flags
from churnkit.simulate.statuses import StatusLog

# What a line may do, or does, on a day.
OUT_OK, IN_OK, SILENT, FORWARDS, TEMPTED, MOVING, SHOCKED = (1 << bit for bit in range(7))


@dataclass(frozen=True)
class MonthRecord:
    """All that the files of one month need; arrays are [days, subscribers] or [subscribers]."""

    month: int
    codes: NDArray[np.uint8]  # what the line may do on the day: OUT_OK, IN_OK, …
    fallen: NDArray[np.uint8]  # how much usage fell in a drift to a second SIM, 0 to 255
    noise: Reals  # the month's factor on usage
    handset: NDArray[np.int16]  # at the month's end
    handset_before: NDArray[np.int16]
    handset_day: Days  # day of the month on which the handset changed; NEVER = not
    left_day: Days
    contract_start: Days
    contract_end: Days
    is_listed: Flags  # on the operator's books at the month's end
    log: StatusLog


@dataclass(frozen=True)
class HiddenState:
    """What is true, but known to nobody, on the first day of a month: hazards and intentions, no exit dates."""

    month: int
    who: NDArray[np.int64]  # on the network, not silent, not leaving
    leaving: Reals  # hazard a month of leaving, this month
    leaving_next: Reals  # and expected for the next
    tempted_until: Days  # relative to the first day; negative = not tempted
    moving_until: Days
    tempted_onset: Reals
    drift_onset: Reals
    drift_days: Days  # since its onset; negative = none
    drift_full_days: Reals
    farmed_until: Days  # days of farmed hazard left; 0 = none
    farmed_from: Days
    out_rate: Reals  # own activity a day when nothing is wrong
    in_rate: Reals
    due: Days  # relative to the first day; NEVER = owes nothing
    stop: NDArray[np.int8]
    stop_days: Days  # since the stop began
    trouble_days: Days  # negative = no money trouble
