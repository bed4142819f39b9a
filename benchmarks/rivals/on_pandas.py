"""The subset in pandas: subscriber-days a delivery at a time, then one group-by per as-of date; of a part of the subscribers where all do not fit."""
import sys
from itertools import pairwise
from math import ceil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from subset import ACTIVE, COLUMNS, LOOK_BACK, RECEIVING, SINCE, TOTALS, job

READ = ["subscriber_id", "kind", "direction", "other_party_network", "forward_cause", "forwarded_to_network", "happened_at", "duration_s",
        "is_answered", "distance", "received_at"]
TEXTS = ["subscriber_id", "kind", "direction", "other_party_network", "forward_cause", "forwarded_to_network", "distance"]
EPOCH = pd.Timestamp("1970-01-01")
AT_ONCE = 12_000_000  # call records whose days, and copies of them, take some 8 GB


def main() -> None:
    todo = job(sys.argv[1:])
    found: dict[object, list[pd.DataFrame]] = {as_of: [] for as_of in todo.dates}
    for part in pairwise(bounds(todo.calls)):
        days = [daily(folder, *part) for folder in todo.calls]
        for as_of in todo.dates:
            found[as_of].append(features(pd.concat(days[:todo.seen(as_of)]), *todo.days(as_of)))
    for as_of, parts in found.items():
        pd.concat(parts).to_parquet(todo.written(as_of))


def bounds(folders: list[str]) -> list[str]:
    """Ids between which the subscribers of one part lie."""
    rows = sum(pq.read_metadata(path).num_rows for folder in folders for path in Path(folder).glob("*.parquet"))
    parts = ceil(rows / AT_ONCE)
    return ["s", *(f"s{n * 4096 // parts:03x}" for n in range(1, parts)), "t"]


def daily(folder: str, first: str, last: str) -> pd.DataFrame:
    """One row per subscriber from `first` to before `last`, day and day received."""
    those = [("subscriber_id", ">=", first), ("subscriber_id", "<", last)]
    calls = pd.read_parquet(folder, columns=READ, filters=those).astype(dict.fromkeys(TEXTS, "category"))
    voice, out, forwarded = calls.kind == "voice", calls.direction == "out", calls.direction == "forwarded"
    network, target = calls.other_party_network, calls.forwarded_to_network

    def among(column: pd.Series, start: str) -> pd.Series:
        return column.isin([c for c in column.cat.categories if c.startswith(start)])

    seconds = calls.duration_s.fillna(0).astype("int64")
    answered = calls.is_answered.astype("boolean").fillna(calls.duration_s > 0).fillna(False).astype(bool)
    person = (calls.direction == "in") & voice & ~network.isin(["own_care", "short_code"]) & ~among(network, "rival_care:")
    rival = voice & out & among(network, "rival:")
    when = {"out_calls": voice & out, "in_calls": person, "sms_out": ~voice & out, "own_events": out | (person & answered),
            "fwd_unconditional": forwarded & (calls.forward_cause == "unconditional") & ~target.isin(["own_care", "short_code"]),
            **{f"fwd_{c}": forwarded & (calls.forward_cause == c) for c in ("busy", "no_answer", "unreachable")},
            "fwd_rival": forwarded & among(target, "rival:"), "care_calls": out & (network == "own_care"), "rival_calls": rival,
            "rival_care_calls": out & among(network, "rival_care:"), "far_calls": voice & out & (calls.distance == "domestic")}
    total = {"out_s": voice & out, "in_s": person, "rival_s": rival}
    numbers = pd.DataFrame({c: seconds.where(total[c], 0) if c in total else when[c].astype("int32") for c in COLUMNS})
    keys = [calls.subscriber_id, (calls.happened_at - EPOCH).dt.days.rename("day"), (calls.received_at - EPOCH).dt.days.rename("received")]
    return numbers.groupby(keys, observed=True).sum().reset_index().astype({"subscriber_id": str})


def features(days: pd.DataFrame, day: int, known: int) -> pd.DataFrame:
    """One row per subscriber as of a day."""
    seen = days[(days.day < day) & (days.day >= day - LOOK_BACK) & (days.received < known)]
    one = seen.drop(columns="received").groupby(["subscriber_id", "day"], as_index=False).sum()
    columns = {}
    for name, (c, windows, per) in TOTALS.items():
        columns |= {f"{name}_{w}d": one[c].where(one.day >= day - w, 0) / per for w in windows}
    quiet = (one.in_calls > 0) & (one.out_calls + one.sms_out == 0)
    columns |= {f"active_days_{w}d": ((one.day >= day - w) & (one.own_events > 0)).astype("int64") for w in ACTIVE}
    columns |= {f"receive_only_days_{w}d": ((one.day >= day - w) & quiet).astype("int64") for w in RECEIVING}
    found = pd.DataFrame(columns).groupby(one.subscriber_id).sum()
    for name, c in SINCE.items():
        found[name] = day - one.day.where(one[c] > 0).groupby(one.subscriber_id).max()
    return found.reset_index()


if __name__ == "__main__":
    main()
