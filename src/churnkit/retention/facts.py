"""What the operator's own tables say of each subscriber, as it was known when the list is made."""
from collections.abc import Sequence
from datetime import date, datetime, time

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from churnkit.errors import InputError
from churnkit.files import intact, parts
from churnkit.timeline import FILE_NO, Delivery, add_months, events
from churnkit.versions import accounts, superseded

BILL_MONTHS = 3
MOMENT = pa.timestamp("us")
SUBSCRIBER_COLUMNS = (
    "subscriber_id", "snapshot_on", "msisdn_masked", "alt_contact_masked", "activated_on", "payment_kind", "plan",
    "branch", "team", "account_manager", "contract_end_on", "customer_key", "tac", "received_at")
BILL_COLUMNS = ("subscriber_id", "bill_month", "total_cents", "issued_at", "received_at")
CONSENT_COLUMNS = ("subscriber_id", "happened_at", "channel", "is_granted", "received_at")


def subscribers(deliveries: Sequence[str], as_of: date, known_at: date) -> pd.DataFrame:
    """The latest snapshot before `as_of`, one row per subscriber in it; who is not in it has left by then.

    Raises InputError if there is no snapshot.
    """
    known = (pc.field("received_at") < _start(known_at)) & (pc.field("snapshot_on").cast(MOMENT) < _start(as_of))
    snapshots = _read("subscribers", deliveries, ("snapshot_on", "received_at"), known)
    if snapshots is None or not snapshots.num_rows:
        raise InputError(
            f"No snapshot of subscribers before {as_of} was known at {known_at}; "
            "ingest the subscribers extract of the month that has closed."
        )
    newest = known & (pc.field("snapshot_on") == pc.max(snapshots["snapshot_on"]))
    table = _read("subscribers", deliveries, SUBSCRIBER_COLUMNS, newest)
    return _pandas(_last(table, ["subscriber_id"], ["received_at"]).drop_columns(["snapshot_on", "received_at"]))


def bills(deliveries: Sequence[str], as_of: date, known_at: date) -> pd.DataFrame:
    """last_bill_cents and average_bill_cents over the three months before `as_of`, one row per subscriber billed.

    The average is over the bills there are. A bill that was delivered again counts once, as it stood last.
    """
    month = pc.field("bill_month").cast(MOMENT)
    recent = (month >= _start(add_months(as_of, -BILL_MONTHS))) & (month < _start(as_of))
    known = (pc.field("received_at") < _start(known_at)) & pc.field("total_cents").is_valid()
    table = _read("bills", deliveries, BILL_COLUMNS, recent & known)
    if table is None:
        raise InputError("There are no bills in the deliveries of this month; a call cannot be valued without them.")
    table = _last(table, ["subscriber_id", "bill_month"], ["received_at", "issued_at", "total_cents"])
    newest = _last(table, ["subscriber_id"], ["bill_month"])
    sums = _pandas(table.group_by("subscriber_id").aggregate([("total_cents", "sum"), ("total_cents", "count")]))
    last = _pandas(newest.select(["subscriber_id", "total_cents"])).rename(columns={"total_cents": "last_bill_cents"})
    billed = sums.merge(last, on="subscriber_id", validate="one_to_one")
    billed["average_bill_cents"] = (billed["total_cents_sum"] / billed["total_cents_count"]).round().astype("int64")
    return billed[["subscriber_id", "last_bill_cents", "average_bill_cents"]]


def call_consents(deliveries: Sequence[str], known_at: date) -> pd.DataFrame | None:
    """Each subscriber's last decision on calls (`is_granted`) received before `known_at`; None without an extract.

    A decision made after the as-of date but known in time counts: a refusal is honoured as soon as it is there. Of two
    decisions in the same moment the refusal wins, and a decision left blank is a refusal.
    """
    table = _read("consents", deliveries, CONSENT_COLUMNS)
    if table is None or not table.num_rows:
        return None
    table = table.filter((pc.field("received_at") < _start(known_at)) & (pc.field("channel") == "call"))
    refused = pc.invert(pc.fill_null(table["is_granted"].cast(pa.bool_()), False))
    table = _last(table.append_column("is_refused", refused), ["subscriber_id"], ["happened_at", "is_refused"])
    frame = _pandas(table.select(["subscriber_id", "is_refused"]))
    return pd.DataFrame({"subscriber_id": frame["subscriber_id"], "is_granted": ~frame["is_refused"].astype(bool)})


def handsets(deliveries: Sequence[str]) -> pd.DataFrame:
    """Brand and model of each TAC as `handset`, by the last delivery that has it; empty without a handset table."""
    tables = [_read("handsets", [delivery], ("tac", "brand", "model")) for delivery in deliveries]
    frames = [_pandas(_last(table, ["tac"], ["brand", "model"])) for table in tables if table is not None]
    if not frames:
        return pd.DataFrame({"tac": pd.Series(dtype="str"), "handset": pd.Series(dtype="str")})
    frame = pd.concat(frames, ignore_index=True).drop_duplicates("tac", keep="last")
    pairs = zip(frame["brand"].astype(object).fillna(""), frame["model"].astype(object).fillna(""), strict=True)
    named = [model if model.startswith(brand) else f"{brand} {model}" for brand, model in pairs]  # many models begin with their maker
    return pd.DataFrame({"tac": frame["tac"], "handset": pd.Series(named, index=frame.index, dtype="str").str.strip()})


def _read(
    extract: str, deliveries: Sequence[str], columns: Sequence[str], rows: pc.Expression | None = None
) -> pa.Table | None:
    """The `rows` of one extract in the deliveries that were seen; None if no delivery has a file of it.

    Filtered file by file, so that years of history do not fill the memory.
    """
    tables = []
    hidden = superseded(accounts(sorted(set(deliveries), key=lambda d: Delivery.named(d).starts)))
    for delivery in deliveries:
        gone = pc.field(FILE_NO).isin(sorted(hidden.get((delivery, extract), ())))
        for path in parts(events(delivery, extract)):
            with intact(path):
                absent = sorted(set(columns) - set(pq.read_schema(path).names))
            if absent:
                raise InputError(f"{path} lacks the columns {', '.join(absent)}; ingest that delivery again.")
            kept = rows if (delivery, extract) not in hidden else ~gone if rows is None else rows & ~gone
            with intact(path):
                tables.append(pq.read_table(path, columns=list(columns), filters=kept, partitioning=None))
    return pa.concat_tables(tables, promote_options="permissive") if tables else None


def _start(day: date) -> pa.Scalar:
    """The first moment of a day."""
    return pa.scalar(datetime.combine(day, time()), MOMENT)


def _last(table: pa.Table, keys: list[str], order: list[str]) -> pa.Table:
    """One row per `keys`: the last in `order`, nulls coming first."""
    # Nulls at the start, or a bill without a date of issue would count as the newest.
    table = table.take(pc.sort_indices(table, sort_keys=[(name, "ascending", "at_start") for name in [*keys, *order]]))
    if table.num_rows < 2:
        return table
    ends = pa.array([False] * (table.num_rows - 1))
    for name in keys:
        here = table[name].combine_chunks()
        ends = pc.or_(ends, pc.fill_null(pc.not_equal(here[:-1], here[1:]), True))
    return table.filter(pa.concat_arrays([ends, pa.array([True])]))


def _pandas(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas(date_as_object=False)
