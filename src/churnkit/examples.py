"""The rows a model learns from and is judged on: one per subscriber and as-of date, features beside the outcome."""
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from churnkit import documents
from churnkit.errors import HistoryError, InputError
from churnkit.files import intact, parts
from churnkit.params import PARAMS

STRATA = ("open", "one_way_stop")  # modelled together, judged and listed apart
FEATURES, COHORTS = Path("data/features"), Path("data/cohorts")
FOR_LISTS = ("best_slot", "avoid_slots")  # in the table of features, for those who call: no model reads them
NOT_FEATURES = ("subscriber_id", "as_of", "churned", "exit_kind", "matures_on", "is_censored", "censored_by", *FOR_LISTS)


def load(as_of: date) -> pd.DataFrame:
    """Everyone in the cohort of an as-of date, sorted by subscriber_id: features, `stratum` as one more, and the outcome.

    Raises InputError where a table is missing or the two are not of the same subscribers.
    """
    features, cohort = read(FEATURES / str(as_of)), read(COHORTS / str(as_of))
    if features["subscriber_id"].duplicated().any() or cohort["subscriber_id"].duplicated().any():
        raise InputError(f"features or cohort of {as_of} have a subscriber twice; run `churnkit label` and `churnkit featurize` again.")
    if set(features["subscriber_id"]) != set(cohort["subscriber_id"]):
        raise InputError(f"features and cohort of {as_of} are not of the same subscribers ({len(features)} and {len(cohort)}); "
                         "run `churnkit featurize` again.")
    both = features.merge(cohort, on="subscriber_id", validate="one_to_one").sort_values("subscriber_id", ignore_index=True)
    return both.assign(as_of=str(as_of))


def load_all(dates: Sequence[date]) -> pd.DataFrame:
    """The examples of several as-of dates, oldest first; a feature that a date lacks is missing there, and that is said."""
    months = [load(day) for day in sorted(dates)]
    columns = list(dict.fromkeys(name for month in months for name in month.columns))
    for month in months:
        lacking = [name for name in columns if name not in month.columns]
        if lacking:
            print(f"{month['as_of'].iloc[0]} lacks {', '.join(lacking)}: read as missing there.", file=sys.stderr)
    return pd.concat(months, ignore_index=True)[columns]


def read(folder: Path) -> pd.DataFrame:
    """The table in a folder of part files. Raises InputError if there is none, or it is empty or damaged."""
    tables = []
    for part in parts(folder):
        with intact(part):
            tables.append(pd.read_parquet(part))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    if table.empty:
        raise InputError(f"{folder}/ holds no rows; run the stages before this one (`dvc repro`).")
    return table


def learnable(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """The rows whose outcome is known and lay in the future, and an account of the others by as-of date.

    Censored are who met the definition before W began; immature are who have no outcome yet. Raises HistoryError if
    no row is left.
    """
    censored, immature = rows["is_censored"].astype(bool), rows["churned"].isna()
    kept = rows[~censored & ~immature].reset_index(drop=True)
    if kept.empty:
        raise HistoryError("no example has a known outcome: every subscriber is already leaving or not yet mature.")
    account = []
    for day, place in rows.groupby("as_of").groups.items():
        one, gone = rows.loc[place], censored.loc[place]
        usable = one[~gone & one["churned"].notna()]
        account.append({"as_of": str(day), "rows": len(one), "censored": int(gone.sum()),
                        "immature": int((~gone & one["churned"].isna()).sum()), "used": len(usable),
                        "churned": int(usable["churned"].astype(bool).sum()),
                        "churned_share": round(float(usable["churned"].astype(float).mean()), 6) if len(usable) else None})
    return kept.assign(churned=kept["churned"].astype(bool)), account


def features_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns a model may read."""
    return rows[[name for name in rows.columns if name not in NOT_FEATURES]]


def given(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The columns that a model reads; one that the month lacks, because its extract did not come, is missing for everyone, and that is said."""
    lacking = [name for name in names if name not in table.columns]
    if lacking:
        print(f"the model reads {', '.join(lacking)}, which this month lacks: missing for everyone.", file=sys.stderr)
    return table.reindex(columns=list(names))


def say_account(account: Sequence[dict[str, object]]) -> None:
    """Says on stderr how many rows of each as-of date are used and why the others are not."""
    for line in account:
        print(f"{line['as_of']}: {line['rows']} rows, {line['used']} used, {line['churned']} of them churned; left out: "
              f"{line['censored']} already leaving before the window, {line['immature']} without an outcome yet.", file=sys.stderr)


def label_definition() -> str | None:
    """The churn definition the cohorts were labelled by, as params.yaml names it; None where there is no params.yaml."""
    definition: str | None = label_section().get("definition")
    return definition


def label_window() -> list[int] | None:
    """The days from the as-of date between which leaving counts, [first, end), as params.yaml has them; None where it has none."""
    section = label_section()
    if "gap_days" not in section or "horizon_days" not in section:
        return None
    return [section["gap_days"], section["gap_days"] + section["horizon_days"]]


def label_section() -> dict[str, Any]:
    """Section `label` of params.yaml; empty where there is none."""
    return dict(documents.read(PARAMS).get("label") or {}) if PARAMS.is_file() else {}
