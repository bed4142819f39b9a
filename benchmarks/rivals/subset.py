"""The features that everyone computes here: 50 columns of churnkit's, from call records alone, said without any library."""
from dataclasses import dataclass
from datetime import date
from pathlib import Path

EPOCH = date(1970, 1, 1)
LOOK_BACK = 180
WAIT_DAYS = 4
# Sums of a column of the subscriber-days, by name: the column, the windows in days, and what the sum is divided by.
TOTALS = {
    "outgoing_calls": ("out_calls", (7, 30, 90), 1), "outgoing_minutes": ("out_s", (7, 30, 90), 60),
    "incoming_calls": ("in_calls", (7, 30, 90), 1), "incoming_minutes": ("in_s", (7, 30, 90), 60), "sms_sent": ("sms_out", (30,), 1),
    **{f"forwarded_{cause}": (f"fwd_{cause}", (7, 30, 90), 1) for cause in ("unconditional", "busy", "no_answer", "unreachable")},
    "forwarded_to_rival": ("fwd_rival", (30,), 1), "own_care_calls": ("care_calls", (30, 90), 1), "rival_calls": ("rival_calls", (30, 90), 1),
    "rival_minutes": ("rival_s", (30, 90), 60), "rival_care_calls": ("rival_care_calls", (15, 30, 60, 90), 1),
    "far_calls": ("far_calls", (15, 30, 90), 1)}
COLUMNS = tuple(dict.fromkeys(column for column, _, _ in TOTALS.values())) + ("own_events",)
ACTIVE = (7, 14, 30, 60, 90)  # days with own activity
RECEIVING = (30, 60)  # days with calls that came in and nothing that went out
SINCE = {"days_since_last_out_call": "out_calls", "days_since_last_in_call": "in_calls", "days_since_last_own_activity": "own_events",
         "days_since_last_sms": "sms_out"}
NAMES = (*(f"{name}_{window}d" for name, (_, windows, _) in TOTALS.items() for window in windows), *(f"active_days_{window}d" for window in ACTIVE),
         *(f"receive_only_days_{window}d" for window in RECEIVING), *SINCE)


@dataclass(frozen=True)
class Job:
    """What there is to do: the call events and snapshots of subscribers by delivery, oldest first, and the as-of dates."""

    deliveries: tuple[str, ...]
    dates: tuple[date, ...]
    target: Path

    @property
    def calls(self) -> list[str]:
        """The folders of call events, oldest delivery first, which hold Parquet files."""
        return [f"data/deliveries/{name}/events/calls" for name in self.deliveries]

    def seen(self, as_of: date) -> int:
        """How many of the deliveries an as-of date may see: those of the months before it."""
        return sum(name < f"{as_of:%Y-%m}" for name in self.deliveries)

    def days(self, as_of: date) -> tuple[int, int]:
        """The as-of date, and the day before which a row must have been received to count at it, in days since 1970-01-01."""
        return (as_of - EPOCH).days, (as_of - EPOCH).days + WAIT_DAYS

    def written(self, as_of: date) -> Path:
        """Where the features of an as-of date go."""
        return self.target / f"{as_of}.parquet"


def job(words: list[str]) -> Job:
    """The job as the command line says it: target, deliveries, as-of dates."""
    target, deliveries, dates = words
    Path(target).mkdir(exist_ok=True)
    return Job(tuple(deliveries.split(",")), tuple(map(date.fromisoformat, dates.split(","))), Path(target))
