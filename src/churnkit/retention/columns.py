"""The columns of the list files: one table, from which every header, every cell's form and the documentation come."""
from dataclasses import dataclass
from typing import Literal

CONTRACT_VERSION = 1
FILES = {
    "agents": "`<branch>.csv`",
    "marketing": "`scored/<branch>.csv`",
    "excluded": "`excluded.csv`",
    "holdout": "`audit/holdout.csv`",
}
Kind = Literal["text", "number", "yuan", "share", "date", "phone", "blank"]
KINDS = {
    "text": "text; a leading `'` keeps a spreadsheet from reading it as a formula",
    "number": "whole number",
    "yuan": "yuan, two decimals",
    "share": "0 to 1, four decimals",
    "date": "YYYY-MM-DD",
    "phone": "masked number in groups: `138 **** 0001`",
    "blank": "empty, to be filled in by the agent",
}


@dataclass(frozen=True)
class Column:
    """One column: its header in CSV, its Chinese name, its form, the files that have it, and what it means."""

    name: str
    zh: str
    kind: Kind
    files: tuple[str, ...]
    meaning: str


_ALL = ("agents", "marketing", "excluded", "holdout")
_BOTH = ("agents", "marketing")
_JUDGED = ("agents", "marketing", "holdout")
_INNER = ("marketing", "holdout")
_AGENTS = ("agents",)

COLUMNS = (
    Column("rank", "序号", "number", _BOTH,
           "1 is called first: the order of expected value within the branch; only for the listed"),
    Column("list_id", "名单编号", "text", _ALL, "`L` and the release; comes back with the results"),
    Column("segment", "客群", "text", _ALL, "`open`, or `one_way_stop`: outgoing barred, with calls of its own"),
    Column("subscriber_id", "用户标识", "text", _ALL,
           "`s` and 20 hex digits: the pseudonym of one number; comes back with the results"),
    Column("person", "客户标识", "text", ("holdout",),
           "the customer behind the number, else the subscriber: the held-out stay out on every line"),
    Column("msisdn", "手机号码", "phone", _AGENTS, "the number, masked; full numbers are joined at publish, by right"),
    Column("alt_contact", "备用联系号码", "phone", _AGENTS,
           "another number of the customer, masked; the only way to reach a silent one"),
    Column("branch", "分公司", "text", _ALL, "the upper levels of the branch path, `export.branch_level` of them"),
    Column("sub_branch", "营业区", "text", _JUDGED, "the levels below"),
    Column("team", "班组", "text", _BOTH, "as in the subscribers extract"),
    Column("account_manager", "客户经理", "text", _BOTH, "as in the subscribers extract"),
    Column("value_tier", "价值等级", "text", _JUDGED, "A, B or C by the person's three-month mean bill over all lines"),
    Column("risk_grade", "风险等级", "text", _JUDGED, "高, 中 or 低 (high, medium, low): the risk as agents see it"),
    Column("churn_probability", "离网概率", "share", _INNER, "calibrated, within the horizon; not for agents"),
    Column("expected_value", "预期挽留收益", "yuan", _INNER,
           "expected profit of the call under the prior; may be negative; not for agents"),
    Column("disposition", "处理结果", "text", ("marketing", "excluded"),
           "`listed`, `below_capacity`, `not_for_contact` or `excluded`"),
    Column("exclusion_reason", "剔除原因", "text", ("marketing", "excluded"),
           "why the customer is not called: the first reason that holds"),
    Column("explanation", "原因说明", "text", ("excluded",), "that reason in words, in `export.language`"),
    Column("all_reasons", "全部剔除原因", "text", ("excluded",), "every reason that holds, joined by `;`"),
    Column("reason_1", "预警原因1", "text", _BOTH,
           "the strongest reason for the risk; 【内】 marks what an agent may know but must not say"),
    Column("reason_2", "预警原因2", "text", _BOTH, "the second; empty rather than filler"),
    Column("reason_3", "预警原因3", "text", _BOTH, "the third; empty rather than filler"),
    Column("offer", "挽留方案", "text", _BOTH, "what to offer"),
    Column("best_slot", "最佳外呼时段", "text", _AGENTS,
           "slot of the day in which the customer answers most of the calls that come; empty where too little is known"),
    Column("avoid_slots", "避开时段", "text", _AGENTS, "slots in which no call was answered in 60 days, joined by commas"),
    Column("max_attempts", "最多外呼次数", "number", _AGENTS, "attempts allowed"),
    Column("days_since_last_activity", "距最近使用天数", "number", _BOTH,
           "days from the last own activity to the as-of date; empty if none is known"),
    Column("tenure_months", "在网月数", "number", _BOTH, "whole months since activation"),
    Column("plan", "套餐", "text", _BOTH, "as in the subscribers extract"),
    Column("payment_kind", "付费方式", "text", _BOTH, "`prepaid`, `quasi_prepaid` or `postpaid`"),
    Column("last_bill_yuan", "最近账单", "yuan", _BOTH, "the latest bill of the last three months; empty if none"),
    Column("average_bill_yuan", "近三月均账单", "yuan", _BOTH, "mean of the bills of the last three months"),
    Column("contract_end_on", "合约到期日", "date", _BOTH, "last day of the contract; empty without one"),
    Column("handset", "终端", "text", _BOTH, "brand and model"),
    Column("expires_on", "有效期至", "date", _BOTH, "no call on or after this day"),
    Column("外呼结果", "外呼结果", "blank", _AGENTS, "result of the call"),
    Column("约定回拨时间", "约定回拨时间", "blank", _AGENTS, "when to call back"),
    Column("客户自述原因", "客户自述原因", "blank", _AGENTS, "the reason the customer states"),
    Column("是否办理", "是否办理", "blank", _AGENTS, "whether the offer was taken"),
    Column("资料补充", "资料补充", "blank", _AGENTS, "customer details collected"),
    Column("备注", "备注", "blank", _AGENTS, "remarks"),
)


def columns_of(file: str) -> tuple[Column, ...]:
    """The columns of one kind of file (a key of `FILES`), in order."""
    return tuple(column for column in COLUMNS if file in column.files)


def documented() -> str:
    """The column contract as the Markdown table that `docs/lists.md` shows."""
    lines = [f"Column contract, version {CONTRACT_VERSION}.", "",
             "| column | 中文 | form | " + " | ".join(FILES.values()) + " | meaning |",
             "|---|---|---|" + ":-:|" * len(FILES) + "---|"]
    for column in COLUMNS:
        marks = " | ".join("●" if file in column.files else "" for file in FILES)
        lines.append(f"| `{column.name}` | {column.zh} | {column.kind} | {marks} | {column.meaning} |")
    return "\n".join([*lines, "", *(f"- *{kind}*: {meaning}" for kind, meaning in KINDS.items()), ""])
