"""The entries of a release, one per customer scored, laid out as files for those who read them."""
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

from churnkit.retention.allocate import HELD_OUT, LISTED
from churnkit.retention.lists import branch_files, write_csv
from churnkit.retention.policy import explained
from churnkit.retention.value import risk_grades

CENTS = {
    "expected_value": "value_cents",
    "last_bill_yuan": "last_bill_cents",
    "average_bill_yuan": "average_bill_cents",
}


def entries(
    decided: pd.DataFrame,
    *,
    list_id: str,
    expires_on: date,
    language: Literal["zh", "en"],
    offer: str,
    max_attempts: int,
    grade_floors: Sequence[float],
) -> pd.DataFrame:
    """The decided rows with every column of `columns.COLUMNS`; reasons and risk grade in `language` (zh or en)."""
    return decided.assign(
        list_id=list_id,
        segment=decided["stratum"],
        expires_on=pd.Timestamp(expires_on),
        offer=offer,
        max_attempts=max_attempts,
        msisdn=decided["msisdn_masked"],
        alt_contact=decided["alt_contact_masked"],
        explanation=explained(decided["exclusion_reason"], language),
        risk_grade=risk_grades(decided["churn_probability"], grade_floors, language),
        **{f"reason_{n}": decided[f"reason_{n}_{language}"] for n in (1, 2, 3)},
        **{yuan: decided[cents] / 100 for yuan, cents in CENTS.items()},
    )


def write(rows: pd.DataFrame, folder: Path, encoding: str) -> None:
    """Every CSV of the release: a list and the scored of each branch, who is not called and why, and the hold-out.

    A branch where nobody is called has an empty list, so that nobody waits for one.
    """
    for branch, name in branch_files(rows["branch"]).items():
        here = rows[rows["branch"].eq(branch)]
        write_csv(here[here["disposition"].eq(LISTED)].sort_values("rank"), "agents", folder / f"{name}.csv", encoding)
        by_value = here.sort_values(["value_cents", "subscriber_id"], ascending=[False, True])
        write_csv(by_value, "marketing", folder / "scored" / f"{name}.csv", encoding)
    write_csv(rows[rows["disposition"].ne(LISTED)], "excluded", folder / "excluded.csv", encoding)
    write_csv(rows[rows["disposition"].eq(HELD_OUT)], "holdout", folder / "audit" / "holdout.csv", encoding)
