"""Subscribers in slices of their pseudonyms, so that memory does not grow with the operator."""
from dataclasses import dataclass
from itertools import pairwise

from churnkit.engine import ENGINE, F, Frame, projected

ROWS = 2_500_000  # events of a slice: more of them are slower for the passes, fewer for what spills
PEOPLE = 75_000  # subscribers of a slice, with a column for each feature: more of them spill, and each slice costs some seconds of SQL
SPACE = 16**4


@dataclass(frozen=True)
class Slice:
    """The subscribers from one pseudonym to before another."""

    first: str = "s"
    last: str = "t"

    @property
    def is_whole(self) -> bool:
        """Whether everyone is in it."""
        return self == Slice()

    def of(self, table: Frame) -> Frame:
        """Their rows of a table; a file sorted by subscriber is read only where the slice lies."""
        who = F.col("subscriber_id")
        return table if self.is_whole else projected(table, ["*"], {}, (who >= self.first) & (who < self.last))


def slices(rows: int, at_once: int) -> list[Slice]:
    """Slices, one after another, of about so many of a table's rows each, for pseudonyms are spread evenly; on Spark one, for it has its own."""
    count = 1 if ENGINE == "spark" else -(-rows // at_once) or 1
    return [Slice(*ends) for ends in pairwise(["s", *(f"s{SPACE * n // count:04x}" for n in range(1, count)), "t"])]
