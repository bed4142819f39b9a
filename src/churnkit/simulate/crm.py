"""Subscribers, changes of state and consents as a customer system dumps them, in Chinese and in letters."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnkit.simulate.faults import BROKEN_BYTES, LINES, NEXT_YEAR, SPREADSHEET, UNREADABLE, Wrong
from churnkit.simulate.forms import Form, Lines, coded, packed_days, seconds
from churnkit.simulate.pipes import days
from churnkit.simulate.unicom import draw

HOME: Final = 8 * 3600  # the operator's clock is ahead of UTC by so much, all year
OPT_IN_ZONE: Final = ZoneInfo("Europe/Berlin")  # where the system for consents stands: its clock changes twice a year
PAYMENTS: Final = {"prepaid": "预付费", "quasi_prepaid": "准预付费", "postpaid": "后付费"}
LINE_KINDS: Final = {"voice": "1", "data_only": "2", "iot": "3", "sub_line": "4", "company": "5", "test": "8", "staff": "9"}
FLAGS: Final = {"true": "是", "false": "否"}
REASONS: Final = {
    "arrears": "01", "voluntary": "02", "keep_number": "03", "lost": "04", "high_spend": "05", "real_name": "06", "fraud": "07",
    "migration": "08", "other": "99",
}  # fmt: skip
# By state and reason; of a stop for arrears and of a port-out some owe another operator, too (Y).
LETTERS: Final = {
    "open": ("0", "0"), "one_way_stop/arrears": ("A", "A"), "one_way_stop/high_spend": ("B", "B"), "two_way_stop/arrears": ("5", "5Y"),
    "two_way_stop/keep_number": ("1", "1"), "pre_cancelled/voluntary": ("F", "F"), "pre_cancelled/arrears": ("8", "8"),
    "cancelled/arrears": ("9", "9"), "cancelled/voluntary": ("6", "6"), "cancelled/other": ("6", "6"), "ported_out": ("X", "XY"),
    "migrated": ("N", "N"),
}  # fmt: skip

SUBSCRIBER_FAULTS: Final = {
    "spreadsheet_number": Wrong("用户号码", SPREADSHEET, "msisdn|not_own_number"),
    "unknown_flag": Wrong("重点客户", "未知", "is_key_account|unread"),
    "broken_bytes": Wrong("归属网格", BROKEN_BYTES, UNREADABLE),
    **LINES,
}
STATE_FAULTS: Final = {
    "unknown_code": Wrong("state", "Q", "status|unread"),
    "from_next_year": Wrong("day", f"{NEXT_YEAR}0115", "happened_at|after_delivery"),
    **LINES,
}
OPT_IN_FAULTS: Final = {
    "unknown_flag": Wrong("granted", "?", "is_granted|unread"),
    "from_next_year": Wrong("noted_at", f"{NEXT_YEAR}-01-15T12:00:00+0100", "happened_at|after_delivery"),
    **LINES,
}


def flags(column: pa.ChunkedArray) -> pa.Array:
    """Yes and no."""
    return coded(pc.cast(column, pa.string()), FLAGS)


def grouped(number: str) -> str:
    """A number as people write it."""
    return f"{number[:3]} {number[3:7]} {number[7:]}"


def subscribers(table: pa.Table, lines: Lines) -> pa.Table:
    """The snapshot under Chinese names."""
    credit = table["credit_limit_cents"].to_numpy()
    same = ("plan", "branch", "team", "account_manager", "activation_channel", "contract_kind", "bundle", "customer_key")
    names = ("套餐", "归属网格", "班组", "客户经理", "发展渠道", "合约类型", "融合业务", "客户编码")
    return pa.table(
        {
            "用户编码": table["subscriber_id"],
            "快照日期": days(table["snapshot_on"]),
            "用户号码": pa.array([grouped(str(n)) for n in table["msisdn"].to_pylist()], pa.string()),
            "入网日期": days(table["activated_on"]),
            "付费方式": coded(table["payment_kind"], PAYMENTS),
            "用户类型": coded(table["line_kind"], LINE_KINDS),
            **{shown: table[name] for name, shown in zip(same, names, strict=True)},
            "重点客户": flags(table["is_key_account"]),
            "合约起始": days(table["contract_start_on"]),
            "合约终止": days(table["contract_end_on"]),
            "保底消费": flags(table["has_minimum_spend"]),
            "自动扣费": flags(table["has_autopay"]),
            "信用额度": [f"{c // 100}元" for c in credit.tolist()],
            "联系电话": table["alt_contact"],
            "终端TAC": table["tac"],
        }
    )


def states(table: pa.Table, lines: Lines) -> pa.Table:
    """Changes of state: the letters of the new one, and the number of the reason."""
    second = seconds(table)
    status, reason = table["status"].to_pylist(), table["reason"].to_pylist()
    pairs = [LETTERS.get(s) or LETTERS[f"{s}/{r}"] for s, r in zip(status, reason, strict=True)]
    turns = (draw(table) % 4 == 0).tolist()
    return pa.table(
        {
            "user": table["subscriber_id"],
            "day": packed_days(second // 86_400),
            "time": pc.utf8_slice_codeunits(pa.array(np.datetime_as_string(second.astype("datetime64[s]")), pa.string()), 11),
            "state": pa.array([pair[turn] for pair, turn in zip(pairs, turns, strict=True)], pa.string()),
            "why": coded(table["reason"], REASONS),
        }
    )


def opt_ins(table: pa.Table, lines: Lines) -> pa.Table:
    """Consents with the offset of the clock that noted them."""
    utc = (seconds(table) - HOME).tolist()
    noted = [datetime.fromtimestamp(at, UTC).astimezone(OPT_IN_ZONE).strftime("%Y-%m-%dT%H:%M:%S%z") for at in utc]
    return pa.table(
        {
            "user": table["subscriber_id"],
            "noted_at": pa.array(noted, pa.string()),
            "channel": coded(table["channel"], {"call": "电话", "sms": "短信"}),
            "granted": coded(pc.cast(table["is_granted"], pa.string()), {"true": "Y", "false": "N"}),
        }
    )


def offsets(rows: pa.Table) -> dict[str, int]:
    """How many times have which offset."""
    found = pc.value_counts(pc.utf8_slice_codeunits(rows["noted_at"], 19)).to_pylist()
    return {f"offset_{each['values']}": each["counts"] for each in found}


SUBSCRIBERS: Final = Form("user_{packed}.txt", subscribers, None, SUBSCRIBER_FAULTS, delimiter="\t", encoding="gb18030")
STATES: Final = Form("state_{packed}.txt", states, None, STATE_FAULTS, delimiter="\x01", header=False, encoding="gb18030")
CONSENTS: Final = Form("optin_{packed}.csv", opt_ins, None, OPT_IN_FAULTS, delimiter=";", encoding="utf-16", strange=offsets)
