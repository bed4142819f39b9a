"""Subscribers in slices of their pseudonyms, so that memory does not grow with the operator."""
from itertools import pairwise

from churnkit.engine import ENGINE, F, Frame, projected

ROWS = 2_500_000  # of a slice: more of them are slower for the passes, fewer for what spills
SPACE = 16**4


def in_slices(table: Frame, rows: int) -> list[Frame]:
    """The table, which has so many rows, as tables of about `ROWS` each, one after another by `subscriber_id`; on Spark one, for it has its own.

    Pseudonyms are spread evenly, and a file sorted by them is read only where the slice lies.
    """
    count = 1 if ENGINE == "spark" else -(-rows // ROWS) or 1
    edges = ["s", *(f"s{SPACE * n // count:04x}" for n in range(1, count)), "t"]
    within = [(F.col("subscriber_id") >= low) & (F.col("subscriber_id") < high) for low, high in pairwise(edges)]
    return [table] if count == 1 else [projected(table, ["*"], {}, it) for it in within]
