"""Who is called within the month's calls, and who is held back beside them."""
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

LISTED, BELOW_CAPACITY, HELD_OUT, EXCLUDED = "listed", "below_capacity", "not_for_contact", "excluded"
DISPOSITIONS = (LISTED, BELOW_CAPACITY, HELD_OUT, EXCLUDED)


@dataclass(frozen=True)
class Capacity:
    """The calls that can be made in the month: customers called, not attempts; a held-out customer uses none."""

    by_stratum: Mapping[str, int]
    by_branch: Mapping[str, int] = field(default_factory=dict)


def allocate(ranked: pd.DataFrame, capacity: Capacity) -> pd.Series:
    """The disposition of each candidate: listed, below_capacity or not_for_contact (held out).

    `ranked` holds stratum, branch and is_held_out, best first. Going down, a candidate is taken while both the stratum
    and the branch have calls left; a branch not named in `by_branch` has no bound of its own. The held-out are those
    who would have been called: drawn beside the capacity, never below its end.
    """
    by_stratum, by_branch = dict(capacity.by_stratum), dict(capacity.by_branch)
    outcome = []
    for stratum, branch, is_held_out in zip(ranked["stratum"], ranked["branch"], ranked["is_held_out"], strict=True):
        if by_stratum[stratum] < 1 or by_branch.get(branch, 1) < 1:
            outcome.append(BELOW_CAPACITY)
        elif is_held_out:
            outcome.append(HELD_OUT)
        else:
            outcome.append(LISTED)
            by_stratum[stratum] -= 1
            if branch in by_branch:
                by_branch[branch] -= 1
    return pd.Series(outcome, index=ranked.index, dtype="str")
