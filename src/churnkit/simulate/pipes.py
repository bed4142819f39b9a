"""Bills as a business-support system dumps them: GBK, pipes, no header, yuan and fen side by side, a row count at the end."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnkit.simulate.faults import BROKEN_BYTES, LINES, NEXT_YEAR, UNREADABLE, Faults, Wrong
from churnkit.simulate.forms import Form, Lines, packed_days, words
from churnkit.simulate.numbers import mixed

SURNAMES: Final = ("王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周")

FAULTS: Final[Faults] = {
    "missing_subscriber": Wrong("user_id", "", "subscriber_id|missing"),
    "unreadable_amount": Wrong("账单总额", "12x50", "total_cents|unread"),
    "scientific_amount": Wrong("账单总额", "5.9E+01", "total_cents|unread"),
    "from_next_year": Wrong("bill_month", f"{NEXT_YEAR}01", "bill_month|after_delivery"),
    "broken_bytes": Wrong("customer_name", BROKEN_BYTES, UNREADABLE),
    **LINES,
}


def yuan(cents: np.ndarray, turn: np.ndarray) -> pa.Array:
    """Amounts as people write yuan: 59.00, 59, 59元, ¥59.00; they differ within one file."""
    amount, place = np.unique(cents, return_inverse=True)
    full = [f"{c // 100}.{c % 100:02}" for c in amount.tolist()]
    short = [text.removesuffix(".00") for text in full]
    every = [*full, *short, *(f"{text}元" for text in short), *(f"￥{text}" for text in full)]
    return words(place + turn % 4 * len(amount), every)


def days(column: pa.ChunkedArray) -> pa.Array:
    """Dates as YYYYMMDD, and NULL for none."""
    known = pc.fill_null(pc.cast(column.combine_chunks(), pa.int32()), 0).to_numpy().astype(np.int64)
    return pc.if_else(column.combine_chunks().is_null(), "NULL", packed_days(known))


def rows(table: pa.Table, lines: Lines) -> pa.Table:
    """One wide row a bill."""
    turn = (mixed(43, table["subscriber_id"].to_numpy()) >> np.uint64(30)).astype(np.int64)
    names = [f"{a}{b}" for a in SURNAMES for b in ("先生", "女士", "")]

    def cents(name: str) -> np.ndarray:
        return table[f"{name}_cents"].to_numpy().astype(np.int64)

    return pa.table(
        {
            "user_id": table["subscriber_id"],
            "customer_name": words(turn % len(names), names),
            "bill_month": pc.replace_substring(table["bill_month"], "-", ""),
            "issued_on": days(table["issued_at"]),
            "due_on": days(table["due_at"]),
            "账单总额": yuan(cents("total"), turn),
            "套餐及固定费": yuan(cents("plan"), turn // 4),
            "套餐外语音通信费": table["overage_voice_cents"],
            "套餐外上网费": table["overage_data_cents"],
            "套餐外短信费": table["overage_sms_cents"],
            "增值业务费": yuan(cents("value_added"), turn // 16),
            "代收业务费": yuan(cents("third_party"), turn // 64),
            "优惠": yuan(cents("discount"), turn),
            "已缴": table["paid_cents"],
            "缴费日期": days(table["paid_at"]),
            "通话时长": words(turn % 3, ["0小时12分4秒", "00:12:04", "724"]),
            "上网流量": words(turn // 3 % 2, ["259.54", "0.45KB"]),
        }
    )


BILLS: Final = Form("bill_{packed}.txt", rows, None, FAULTS, delimiter="|", header=False, encoding="gbk", trailer="TOTAL|{rows}")
