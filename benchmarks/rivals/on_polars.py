"""The subset in Polars with its streaming engine: subscriber-days a delivery at a time, then one lazy aggregate per as-of date."""
import sys

import polars as pl
from subset import ACTIVE, COLUMNS, LOOK_BACK, RECEIVING, SINCE, TOTALS, job


def main() -> None:
    todo = job(sys.argv[1:])
    days = [daily(pl.scan_parquet(f"{folder}/*.parquet")).collect(engine="streaming") for folder in todo.calls]
    for as_of in todo.dates:
        features(pl.concat(days[:todo.seen(as_of)]).lazy(), *todo.days(as_of)).sink_parquet(todo.written(as_of))


def daily(calls: pl.LazyFrame) -> pl.LazyFrame:
    """One row per subscriber, day and day received."""
    voice, out, forwarded = pl.col("kind") == "voice", pl.col("direction") == "out", pl.col("direction") == "forwarded"
    network, target = pl.col("other_party_network").fill_null("unknown"), pl.col("forwarded_to_network").fill_null("unknown")
    seconds, answered = pl.col("duration_s").fill_null(0), pl.coalesce(pl.col("is_answered"), pl.col("duration_s") > 0).fill_null(False)
    person = (pl.col("direction") == "in") & voice & ~network.is_in(["own_care", "short_code"]) & ~network.str.starts_with("rival_care:")
    rival = voice & out & network.str.starts_with("rival:")
    when = {"out_calls": voice & out, "in_calls": person, "sms_out": ~voice & out, "own_events": out | (person & answered),
            "fwd_unconditional": forwarded & (pl.col("forward_cause") == "unconditional") & ~target.is_in(["own_care", "short_code"]),
            **{f"fwd_{c}": forwarded & (pl.col("forward_cause") == c) for c in ("busy", "no_answer", "unreachable")},
            "fwd_rival": forwarded & target.str.starts_with("rival:"), "care_calls": out & (network == "own_care"), "rival_calls": rival,
            "rival_care_calls": out & network.str.starts_with("rival_care:"), "far_calls": voice & out & (pl.col("distance") == "domestic")}
    total = {"out_s": voice & out, "in_s": person, "rival_s": rival}
    sums = {c: pl.when(total[c]).then(seconds).otherwise(0).sum() if c in total else when[c].fill_null(False).sum() for c in COLUMNS}
    keys = {name: pl.col(clock).dt.date().cast(pl.Int32) for name, clock in (("day", "happened_at"), ("received", "received_at"))}
    return calls.group_by("subscriber_id", **keys).agg(**{c: total.cast(pl.Int64) for c, total in sums.items()})


def features(days: pl.LazyFrame, day: int, known: int) -> pl.LazyFrame:
    """One row per subscriber as of a day."""
    seen = days.filter((pl.col("day") < day) & (pl.col("day") >= day - LOOK_BACK) & (pl.col("received") < known))
    one = seen.group_by("subscriber_id", "day").agg(pl.col(*COLUMNS).sum())
    quiet = (pl.col("in_calls") > 0) & (pl.col("out_calls") + pl.col("sms_out") == 0)
    found = [pl.when(pl.col("day") >= day - w).then(pl.col(c)).otherwise(0).sum().truediv(per).alias(f"{name}_{w}d")
             for name, (c, windows, per) in TOTALS.items() for w in windows]
    found += [((pl.col("day") >= day - w) & (pl.col("own_events") > 0)).sum().alias(f"active_days_{w}d") for w in ACTIVE]
    found += [((pl.col("day") >= day - w) & quiet).sum().alias(f"receive_only_days_{w}d") for w in RECEIVING]
    found += [(day - pl.when(pl.col(c) > 0).then(pl.col("day")).max()).alias(name) for name, c in SINCE.items()]
    return one.group_by("subscriber_id").agg(*found)


if __name__ == "__main__":
    main()
