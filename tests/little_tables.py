"""Little tables as tests write them, the tables of a History they stand for, and the features of their subscribers."""
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

EPOCH = date(1970, 1, 1)
AS_OF = date(2026, 6, 1)
WAIT_DAYS = 4
Row = dict[str, Any]
Tables = dict[str, list[Row]]

COUNTS = ["own_events", "out_calls", "out_s", "in_calls", "in_answered", "in_s", "sms_out", "sms_in", "fwd_unconditional", "fwd_busy",
          "fwd_no_answer", "fwd_unreachable", "fwd_notice", "fwd_rival", "fwd_set_up", "rival_calls", "rival_s", "far_calls", "care_calls",
          "rival_care_calls"]
CENTS = ["total_cents", "plan_cents", "overage_voice_cents", "overage_data_cents", "overage_sms_cents", "value_added_cents", "third_party_cents",
         "discount_cents"]
HOURS = ["own_hours", "in_hours", "answered_hours"]
# Columns by what they hold. A blank cell is 0 in a count and no hour in hours, which are written `8 9 21`; it is null in the others.
SCHEMA: dict[str, dict[str, str]] = {
    "usage_daily": {"subscriber_id": "text", "day": "day", "received_day": "day", **dict.fromkeys(COUNTS, "count"),
                    **dict.fromkeys(HOURS, "hours"), "last_cfu_s": "second", "last_answered_in_s": "second"},
    "contacts_monthly": {"subscriber_id": "text", "other_party": "text", "month": "month", "known_from": "month", "network": "text",
                         **dict.fromkeys(["out_calls", "out_s", "in_answered", "in_s", "sms_out"], "count")},
    "forward_targets_monthly": {"subscriber_id": "text", "target": "text", "month": "month", "known_from": "month", "network": "text",
                                "legs": "count", "first_day": "day"},
    "devices_monthly": {"subscriber_id": "text", "tac": "text", "month": "month", "known_from": "month", "first_day": "day", "last_day": "day",
                        "legs": "count"},
    "device_keys_monthly": {"subscriber_id": "text", "device_key": "text", "month": "month", "known_from": "month", "legs": "count"},
    "cells_monthly": {"subscriber_id": "text", "cell_id": "text", "month": "month", "known_from": "month", "legs": "count"},
    "access_codes_monthly": {"subscriber_id": "text", "access_code": "text", "month": "month", "known_from": "month", "calls": "count",
                             "out_s": "count", "far_calls": "count"},
    "roaming_daily": {"subscriber_id": "text", "day": "day", "received_day": "day", **dict.fromkeys(["legs", "legs_abroad", "talk_s"], "count")},
    "bills": {"subscriber_id": "text", "bill_month": "date", "issued_at": "date", "due_at": "date", **dict.fromkeys(CENTS, "count"),
              "paid_cents": "number", "paid_at": "date", "received_at": "time"},
    "subscribers": {"subscriber_id": "text", "snapshot_on": "date", "activated_on": "date", "payment_kind": "text", "line_kind": "text",
                    "plan": "text",
                    "branch": "text", "is_key_account": "flag", "activation_channel": "text", "contract_start_on": "date", "contract_end_on": "date",
                    "contract_kind": "text", "has_minimum_spend": "flag", "bundle": "text", "customer_key": "text", "group_key": "text",
                    "has_autopay": "flag", "credit_limit_cents": "number", "msisdn_party": "text", "alt_contact_party": "text",
                    "received_at": "time"},
    "status_changes": {"subscriber_id": "text", "happened_at": "time", "status": "text", "reason": "text", "received_at": "time"},
    "handsets": {"tac": "text", "brand": "text", "model": "text", "launched_on": "date", "generation": "text", "price_band": "text",
                 "is_smartphone": "flag", "is_dual_sim": "flag"},
    "portings": {"msisdn": "text", "happened_at": "time", "to_operator": "text", "received_at": "time"},
    "topups": {"subscriber_id": "text", "happened_at": "time", "amount_cents": "number", "balance_after_cents": "number", "channel": "text",
               "received_at": "time"},
    "care_contacts": {"subscriber_id": "text", "happened_at": "time", "topic": "text", "level": "number", "resolved_at": "time",
                      "compensation_cents": "number", "received_at": "time"},
    "portability_requests": {"subscriber_id": "text", "happened_at": "time", "kind": "text", "channel": "text", "is_allowed": "flag",
                             "refusal_reason": "text", "received_at": "time"},
    "data_daily": {"subscriber_id": "text", "day": "day", "received_day": "day", "bytes": "count", "sessions": "count"},
    "orders": {"subscriber_id": "text", "happened_at": "time", "product": "text", "kind": "text", "is_trial": "flag", "starts_on": "date",
               "ends_on": "date", "binds_tenure": "flag", "channel": "text", "received_at": "time"},
    "plans": {"plan": "text", "fee_cents": "number", "voice_minutes": "number", "data_mb": "decimal", "sms_count": "number", "generation": "text",
              "valid_from": "date", "valid_to": "date"},
    "number_plan": {"prefix": "text", "operator": "text", "kind": "text", "valid_from": "date", "valid_to": "date"},
    "calls": {"subscriber_id": "text", "other_party": "text", "other_party_network": "text", "kind": "text", "direction": "text",
              "forward_cause": "text", "forwarded_to": "text", "forwarded_to_network": "text", "happened_at": "time", "duration_s": "number",
              "is_answered": "flag", "tac": "text", "distance": "text", "access_code": "text", "forward_dial": "text", "roaming": "text",
              "device_key": "text", "cell_id": "text", "received_at": "time"},
    "data_sessions": {"subscriber_id": "text", "happened_at": "time", "volume_mb": "decimal", "tac": "text", "received_at": "time"},
}
WHEN = {"bills": "bill_month", "subscribers": "snapshot_on"}  # others say it in `happened_at`
ARROW = {"text": pa.string(), "day": pa.int32(), "month": pa.int32(), "count": pa.int64(), "number": pa.int64(), "second": pa.int64(),
         "hours": pa.int64(),
         "date": pa.date32(), "time": pa.timestamp("us"), "flag": pa.bool_(), "decimal": pa.decimal128(18, 6)}


def day(text: str) -> int:
    """Days since 1970-01-01."""
    return (date.fromisoformat(text) - EPOCH).days


def month(text: str) -> int:
    """12 × year + month − 1."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def cell(kind: str, text: str) -> Any:
    """What a cell of a little table means."""
    if not text:
        return 0 if kind in ("count", "hours") else None
    if kind == "hours":
        return sum(1 << int(hour) for hour in text.split())
    if kind == "second":
        return int((datetime.fromisoformat(text) - datetime(1970, 1, 1)).total_seconds())
    readers: dict[str, Any] = {"day": day, "month": month, "count": int, "number": int, "date": date.fromisoformat, "time": datetime.fromisoformat,
                               "flag": {"yes": True, "no": False}.get, "text": str, "decimal": Decimal}
    return readers[kind](text)


def parsed(name: str, text: str) -> list[Row]:
    """The rows of a little table. Its first column is the subscriber, except of handsets; what says when a row was known may be left out."""
    kinds = SCHEMA[name]
    header, _, *lines = text.strip("\n").splitlines()
    first, *others = (c.strip() for c in header.split("|"))
    names = [first or "subscriber_id", *others]
    rows = []
    for line in lines:
        if not line.strip():
            continue
        row = {c: cell(kind, "") for c, kind in kinds.items()}
        row |= {c: cell(kinds[c], text.strip()) for c, text in zip(names, line.split("|"), strict=True)}
        rows.append(known(name, row))
    return rows


def known(name: str, row: Row) -> Row:
    """The row with when it was known, where it does not say so: the day it happened, or the next as-of date."""
    if "received_day" in row and row["received_day"] is None:
        row["received_day"] = row["day"]
    if "known_from" in row and row["known_from"] is None:
        row["known_from"] = row["month"] + 1
    if "received_at" in row and row["received_at"] is None:
        happened = row[WHEN.get(name, "happened_at")]
        row["received_at"] = happened if isinstance(happened, datetime) else datetime(happened.year, happened.month, happened.day, 23)
    return row


def as_arrow(name: str, rows: Iterable[Row]) -> pa.Table:
    """The rows as a typed table."""
    kinds, rows = SCHEMA[name], list(rows)
    return pa.table({c: pa.array([r[c] for r in rows], ARROW[kind]) for c, kind in kinds.items()})


def frame(name: str, rows: Iterable[Row], folder: Path) -> Any:
    """The rows as a frame of the engine in use, by way of a Parquet file under the folder."""
    from churnkit.engine import read

    here = folder / f"{name}_{sum(1 for _ in folder.iterdir())}"
    here.mkdir()
    pq.write_table(as_arrow(name, rows), here / "part-0.parquet")
    return read([here])


def computed(tables: Tables, names: Sequence[str], people: Sequence[str], folder: Path, *, as_of: date = AS_OF, known_at: date | None = None) -> dict:
    """{subscriber: {feature: value}} of the named features, from the tables; tables that are not given are there and empty."""
    from churnkit.history import TABLES

    return computed_of({name: frame(name, tables.get(name, ()), folder) for name in TABLES}, names, people, folder, as_of=as_of, known_at=known_at)


def computed_of(frames: dict[str, Any], names: Sequence[str], people: Sequence[str], folder: Path, *, as_of: date = AS_OF,
                known_at: date | None = None, cuts: Sequence[str] = ()) -> dict:
    """{subscriber: {feature: value}} of the named features, from frames; in slices of subscribers that the cuts part, if any."""
    from churnkit.engine import named, open_session, read, write
    from churnkit.features import REGISTRY, build
    from churnkit.history import History
    from churnkit.slices import Slice

    open_session(memory="1GB", threads=2)
    cohort = folder / f"cohort_{sum(1 for _ in folder.iterdir())}"
    cohort.mkdir()
    pq.write_table(pa.table({"subscriber_id": pa.array(people, pa.string())}), cohort / "part-0.parquet")
    history = History(frames, as_of, known_at or as_of + timedelta(WAIT_DAYS))
    result = folder / f"features_{sum(1 for _ in folder.iterdir())}"
    for part, some in enumerate([Slice(*ends) for ends in pairwise(["", *cuts, "~"])] if cuts else [Slice()]):
        write(named(build(some.of(read([cohort])), history.of(some), [REGISTRY[n] for n in names])), result, part=part)
    rows = pa.concat_tables([pq.read_table(p) for p in sorted(result.glob("*.parquet"))]).to_pylist()
    return {r.pop("subscriber_id"): {n: r.get(n) for n in names} for r in rows}
