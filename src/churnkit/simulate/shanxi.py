"""Calls as China Mobile Shanxi's records have them: fixed width, a pair of letters and a type."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnkit.simulate.faults import LINES, NEXT_YEAR, NO_HOLDER, Faults, Wrong, parties
from churnkit.simulate.forms import Form, Lines, clock, coded, packed_days, seconds
from churnkit.simulate.unicom import NOBODY, imei, wrapped

WIDTHS: Final = (2, 2, 15, 24, 24, 14, 6, 3, 15, 10, 1, 8)
CAUSES: Final = {"unconditional": "21", "busy": "29", "no_answer": "2A", "unreachable": "2B"}

FAULTS: Final[Faults] = {
    "missing_subscriber": Wrong("serv_no", "", "subscriber_id|missing"),
    "unreadable_time": Wrong("start_time", "20251345256100", "happened_at|not_time"),
    "clock_of_1980": Wrong("start_time", "19800106000000", "happened_at|long_before_delivery"),
    "negative_duration": Wrong("duration", "-00001", "duration_s|out_of_range"),
    "unknown_kind": Wrong("system_type", "vx", "kind|unread"),
    "from_next_year": Wrong("start_time", f"{NEXT_YEAR}0115120000", "happened_at|after_delivery"),
    "unknown_number": Wrong("serv_no", NOBODY, NO_HOLDER),
    "unknown_code": Wrong("call_type", "07", "direction|unread"),
    **parties("other_no"),
    **LINES,
}


def records(table: pa.Table, lines: Lines) -> pa.Table:
    """One record for each row, every field as wide as it is to be."""
    second = seconds(table)
    is_forwarded = pc.equal(table["direction"], "forwarded")
    system = pc.if_else(is_forwarded, "vf", coded(table["kind"], {"voice": "vc", "sms": "ss"}))
    kind = pc.if_else(is_forwarded, coded(table["forward_cause"], CAUSES), coded(table["direction"], {"out": "01", "in": "02"}))
    length, place = np.unique(table["duration_s"].to_numpy(), return_inverse=True)
    nothing = pa.nulls(table.num_rows, pa.string())
    return pa.table(
        {
            "system_type": system,
            "call_type": kind,
            "serv_no": lines.people.msisdn[lines.persons(table)],
            "other_no": table["other_party"],
            "third_no": wrapped(table),
            "start_time": pc.binary_join_element_wise(packed_days(second // 86_400), clock(second), ""),
            "duration": pa.array([f"{s:06}" for s in length.tolist()], pa.string()).take(pa.array(place)),
            "dial_type": pa.repeat(pa.scalar("000"), table.num_rows),
            "imei": imei(table),
            "cell": nothing,
            "roam_type": pa.repeat(pa.scalar("0"), table.num_rows),
            "fee": nothing,
        }
    )


CALLS: Final = Form("sx_{packed}.dat.gz", records, None, FAULTS, True, header=False, encoding="gb18030", widths=WIDTHS)
