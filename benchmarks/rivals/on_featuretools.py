"""The subset in featuretools: its own deep feature synthesis over subscriber-days, once per as-of date and training window."""
import sys
import warnings

import featuretools as ft
import pandas as pd
from on_pandas import EPOCH, daily
from subset import ACTIVE, COLUMNS, LOOK_BACK, RECEIVING, SINCE, TOTALS, job

WINDOWS = sorted({w for _, windows, _ in TOTALS.values() for w in windows} | {*ACTIVE, *RECEIVING})


def main() -> None:
    warnings.simplefilter("ignore")
    todo = job(sys.argv[1:])
    days = [daily(folder) for folder in todo.calls]
    for as_of in todo.dates:
        found = features(pd.concat(days[:todo.seen(as_of)]), pd.Timestamp(as_of), *todo.days(as_of))
        found.to_parquet(todo.written(as_of))


def features(days: pd.DataFrame, as_of: pd.Timestamp, day: int, known: int) -> pd.DataFrame:
    """One row per subscriber as of a day."""
    seen = days[(days.day < day) & (days.day >= day - LOOK_BACK) & (days.received < known)]
    one = seen.drop(columns="received").groupby(["subscriber_id", "day"], as_index=False).sum()
    one["is_active"] = (one.own_events > 0).astype("int64")
    one["is_receiving"] = ((one.in_calls > 0) & (one.out_calls + one.sms_out == 0)).astype("int64")
    for name, c in SINCE.items():
        one[name] = one.day.where(one[c] > 0)
    one["at"] = EPOCH + pd.to_timedelta(one.day, unit="D")
    people = ft.EntitySet("operator")
    people.add_dataframe(dataframe_name="subscribers", dataframe=one[["subscriber_id"]].drop_duplicates(), index="subscriber_id")
    people.add_dataframe(dataframe_name="days", dataframe=one.drop(columns="day"), index="row", make_index=True, time_index="at",
                         logical_types=dict.fromkeys((*COLUMNS, "is_active", "is_receiving", *SINCE), "Double"))
    people.add_relationship("subscribers", "subscriber_id", "days", "subscriber_id")

    def over(window: int, primitive: str) -> pd.DataFrame:
        found, _ = ft.dfs(entityset=people, target_dataframe_name="subscribers", cutoff_time=as_of, training_window=f"{window} days",
                          agg_primitives=[primitive], trans_primitives=[], include_cutoff_time=False, max_depth=1)
        return found

    sums = {w: over(w, "sum") for w in WINDOWS}
    columns = {f"{name}_{w}d": sums[w][f"SUM(days.{c})"] / per for name, (c, windows, per) in TOTALS.items() for w in windows}
    columns |= {f"active_days_{w}d": sums[w]["SUM(days.is_active)"] for w in ACTIVE}
    columns |= {f"receive_only_days_{w}d": sums[w]["SUM(days.is_receiving)"] for w in RECEIVING}
    last = over(LOOK_BACK, "max")
    return pd.DataFrame(columns | {name: day - last[f"MAX(days.{name})"] for name in SINCE}).reset_index()


if __name__ == "__main__":
    main()
