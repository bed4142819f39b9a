"""How an extract is declared: its columns, their units and meaning, and what makes a row a good one."""
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["subscriber", "customer", "device", "number", "own_number", "party", "pseudonym", "text", "integer", "decimal", "date", "month",
               "time", "flag", "choice", "path", "prefix", "network"]


@dataclass(frozen=True)
class Column:
    """One column as the operator sends it.

    `subscriber`, `customer`, `device` and the three kinds of numbers hold identifiers and become pseudonyms at ingest: a `number` with the
    network it is on, an `own_number` beside its masked form, a `party` alone. A `pseudonym` is churnkit's own and comes back as it left.
    A `path` has its parts between slashes, a `prefix` is how numbers begin. `low` and `high` bound a number, both included. A text is a code,
    of which the first so many characters are kept (`keeps`, None: all), or `is_words`, what people write: telephone numbers in it are hidden.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    keeps: int | None = None
    is_words: bool = False


@dataclass(frozen=True)
class Rule:
    """A condition over several typed columns that every good row meets."""

    name: str
    column: str
    message: str
    holds: Callable[[Any], Any]


@dataclass(frozen=True)
class Extract:
    """One table of what the operator sends.

    `clock` is the column that says when a row happened, none for a reference table; a row may be `late_days` older than
    the delivery that brings it (none: any age). Of rows with the same natural key the first or the last one is kept.
    `dialled` is the column that holds what a subscriber dialled, codes and all; `note` says what one should know before sending it.
    """

    name: str
    one_row: str
    columns: tuple[Column, ...]
    natural_key: tuple[str, ...]
    clock: str | None
    required: bool = False
    rules: tuple[Rule, ...] = ()
    keep: Literal["first", "last"] = "first"
    late_days: int | None = None
    dialled: str | None = None
    note: str = ""

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return {c.name: c for c in self.columns}[name]


SUBSCRIBER = Column("subscriber_id", "subscriber", "The operator's own id of the subscriber.", required=True)
RECEIVED = Column("received_at", "time", "When the row reached the operator's mediation; the end of its day plus ingest.delay_days where absent.")
