"""Days, months and seasons of the invented operator."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnkit.errors import ParameterError

# First day of the year in the lunar calendar; outside these years there is no Spring Festival season.
SPRING_FESTIVALS = (
    "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
)  # fmt: skip
WEEKDAY_VOICE = np.array([1.05, 1.04, 1.04, 1.05, 1.08, 0.92, 0.82])  # Monday first


@dataclass(frozen=True)
class Calendar:
    """The months simulated; day 0 is the first day of the first of them."""

    first_month: np.datetime64
    months: int

    @property
    def first_day(self) -> np.datetime64:
        """Day 0."""
        return self.first_month.astype("datetime64[D]")

    def first_of(self, month: int) -> int:
        """Day number on which the month (0 = the first) begins; months outside the simulation too."""
        start = (self.first_month + np.timedelta64(month, "M")).astype("datetime64[D]")
        return int((start - self.first_day).astype(int))

    def days_in(self, month: int) -> int:
        """Length of the month in days."""
        return self.first_of(month + 1) - self.first_of(month)

    def name(self, month: int) -> str:
        """The month as YYYY-MM."""
        return str(self.first_month + np.timedelta64(month, "M"))

    def month_number(self, month: int) -> int:
        """Month of the year, 1 to 12."""
        return int(self.name(month)[5:])

    def dates(self, days: NDArray[np.integer]) -> NDArray[np.datetime64]:
        """Day numbers as dates."""
        return self.first_day + days.astype("timedelta64[D]")


def calendar(start: str, months: int) -> Calendar:
    """The calendar of `months` months from `start` (YYYY-MM). Raises ParameterError where either makes no sense."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", start):
        raise ParameterError(f"simulate: start {start!r} is not a month; write it as YYYY-MM.")
    if months < 1:
        raise ParameterError(f"simulate: months is {months}; at least 1 is needed.")
    return Calendar(np.datetime64(start, "M"), months)


def seasons(of: Calendar, month: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factors on voice and on SMS for each day of the month, shape [days]: weekday, Spring Festival, National Day."""
    days = of.dates(np.arange(of.first_of(month), of.first_of(month + 1)))
    weekday = (days.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    voice = WEEKDAY_VOICE[weekday].copy()
    sms = np.ones(len(days))
    for festival in SPRING_FESTIVALS:
        offset = (days - np.datetime64(festival)).astype(int)
        voice[(offset >= -1) & (offset <= 0)] *= 1.35
        sms[(offset >= -1) & (offset <= 0)] *= 3.0
        voice[(offset >= 1) & (offset <= 6)] *= 0.72
    if of.month_number(month) == 10:
        voice[:7] *= 0.85
    return voice.astype(np.float32), sms.astype(np.float32)


def delivery_name(of: Calendar, month: int, first_drop_months: int) -> str:
    """Folder in which the files of the month are delivered: the first drop holds several months."""
    last = min(first_drop_months, of.months) - 1
    if month > last or last <= 0:
        return of.name(month)
    return f"{of.name(0)}..{of.name(last)}"
