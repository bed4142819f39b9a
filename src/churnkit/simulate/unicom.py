"""Calls as China Unicom's GSM records have them: a forwarded call leaves a record 03, a record 20, or both."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from churnkit.simulate.faults import LINES, NEXT_YEAR, NO_HOLDER, Faults, Wrong, parties
from churnkit.simulate.forms import Form, Ints, Lines, clock, coded, packed_days, seconds, words
from churnkit.simulate.numbers import mixed

TYPES: Final = ("01", "02", "03", "20")
CAUSES: Final = {"unconditional": "1", "busy": "2", "no_answer": "3", "unreachable": "4"}
TOLLS: Final = {"local": "0", "domestic": "1", "international": "2"}
BOTH_OF_100: Final = 80  # forwarded calls that leave both records; of the others half leave 03, half leave 20
ONLY_03_OF_100: Final = 90
LAG_S: Final = 4  # the second record begins so much later, at most
NOBODY: Final = "12099999999"  # of the operator's range, but never given out

FAULTS: Final[Faults] = {
    "missing_subscriber": Wrong("serv_no", "", "subscriber_id|missing"),
    "unreadable_time": Wrong("call_date", "20251345", "happened_at|not_time"),
    "clock_of_1980": Wrong("call_date", "19800106", "happened_at|long_before_delivery"),
    "negative_duration": Wrong("duration", "-1", "duration_s|out_of_range"),
    "unknown_kind": Wrong("service", "9", "kind|unread"),
    "from_next_year": Wrong("call_date", f"{NEXT_YEAR}0115", "happened_at|after_delivery"),
    "unknown_number": Wrong("serv_no", NOBODY, NO_HOLDER),
    "unknown_code": Wrong("call_type", "07", "direction|unread"),
    **parties("other_no"),
    **LINES,
}


def draw(table: pa.Table) -> NDArray[np.int64]:
    """A number for each row that stays the same however the row is written."""
    return (mixed(41, table["subscriber_id"].to_numpy(), seconds(table)) >> np.uint64(20)).astype(np.int64)


def written_durations(table: pa.Table) -> pa.Array:
    """Durations in the three notations that operators have: 724, 00:12:04, 0小时12分4秒."""
    length, place = np.unique(table["duration_s"].to_numpy(), return_inverse=True)
    as_clock = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in length.tolist()]
    spoken = [f"{s // 3600}小时{s // 60 % 60}分{s % 60}秒" for s in length.tolist()]
    notation = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 2])[draw(table) // 1000 % 10]
    return words(place + notation * len(length), [*map(str, length.tolist()), *as_clock, *spoken])


def wrapped(table: pa.Table) -> pa.Array:
    """Where a call went, behind 60 or 060; a platform of five digits stands bare."""
    target = table["forwarded_to"].combine_chunks()
    prefix = words(draw(table) // 100 % 2, ["60", "060"])
    whole = pc.binary_join_element_wise(prefix, target, "")
    return pc.if_else(pc.greater_equal(pc.utf8_length(target), 7), whole, target)


def imei(table: pa.Table) -> pa.Array:
    """Fifteen digits, the first eight of them the TAC."""
    serial = (mixed(42, table["subscriber_id"].to_numpy()) % np.uint64(10_000_000)).astype(np.int64)
    return pc.add(pc.multiply(table["tac"].combine_chunks(), 10_000_000), pa.array(serial))


def record_types(table: pa.Table) -> NDArray[np.int64]:
    """The place in TYPES of the one record, or the first, that a row leaves."""
    direction = pc.index_in(table["direction"], value_set=pa.array(["out", "in", "forwarded"])).to_numpy()
    return np.where((direction == 2) & (draw(table) % 100 >= ONLY_03_OF_100), 3, direction).astype(np.int64)


def records(table: pa.Table, lines: Lines) -> pa.Table:
    """One record for each row."""
    return _records(table, lines, record_types(table), np.zeros(table.num_rows, np.int64))


def second_records(table: pa.Table, lines: Lines) -> tuple[pa.Table, Ints]:
    """The records 20 of forwarded calls that left a 03, seconds later, and the rows they belong to."""
    of = np.flatnonzero((record_types(table) == 2) & (draw(table) % 100 < BOTH_OF_100))
    forwarded = table.take(pa.array(of))
    lag = draw(forwarded) % (LAG_S + 1)
    stays = seconds(forwarded) % 60 + lag < 60  # within the minute, so that it does not slip into the next month
    return _records(forwarded, lines, np.full(len(of), 3), np.where(stays, lag, 0)), of


def _records(table: pa.Table, lines: Lines, kind: Ints, lag: NDArray[np.int64]) -> pa.Table:
    number = lines.people.msisdn[lines.persons(table)]
    code = draw(table)
    second = seconds(table) + lag
    is_20 = pa.array(kind == 3)
    caller, target = table["other_party"].combine_chunks(), wrapped(table)
    nothing = pa.repeat(pa.scalar("-"), table.num_rows)
    return pa.table(
        {
            "serv_no": np.where(code // 10_000 % 10 == 0, number + 8_600_000_000_000, number),
            "call_type": words(kind, TYPES),
            "service": coded(table["kind"], {"voice": "1", "sms": "2"}),
            "other_no": pc.if_else(is_20, target, caller),
            "third_no": pc.if_else(is_20, caller, target),
            "call_date": packed_days(second // 86_400),
            "call_time": clock(second),
            "duration": written_durations(table),
            "forward_cause": coded(table["forward_cause"], CAUSES, "0"),
            "toll_type": coded(table["distance"], TOLLS),
            "dial_no": nothing,
            "imei": imei(table),
            "roam_type": pa.repeat(pa.scalar("0"), table.num_rows),
            "cell": nothing,
            "fee": nothing,
        }
    )


CALLS: Final = Form("gsm_{packed}.csv", records, second_records, FAULTS, has_numbers=True)
