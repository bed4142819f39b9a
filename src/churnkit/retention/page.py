"""The month's lists on one printable page, in Chinese and English, in totals only."""
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from churnkit.html import card, document, note, section, table
from churnkit.retention.allocate import BELOW_CAPACITY, EXCLUDED, HELD_OUT, LISTED
from churnkit.retention.manifest import PRIOR
from churnkit.retention.policy import REASONS
from churnkit.retention.value import TIERS

ENDS = {
    LISTED: ("外呼", "listed"),
    HELD_OUT: ("对照组", "held out"),
    BELOW_CAPACITY: ("超出容量", "below capacity"),
    EXCLUDED: ("剔除", "excluded"),
}
STRATA = {"open": ("正常在用", "open"), "one_way_stop": ("单停", "one-way stop")}
BAR_PIXELS = 70


def html(decided: pd.DataFrame, summary: Mapping[str, Any]) -> str:
    """The page: how many ended where, why not, what is hoped for, what can be shown; no customer, no outside asset."""
    body = [
        _head(summary),
        _cards(summary),
        section("各分公司", "by branch", _by_branch(decided)),
        "<div class=pair><div>",
        section("剔除原因", "why excluded", _reasons(summary)),
        "</div><div>",
        section("外呼客户构成", "the listed, by value tier", _make_up(decided)),
        "</div></div>",
        section("预期与可检验性", "what is hoped for, what can be shown", _hopes(summary) + _power(summary)),
        "<div class=sign><div>编制 <small>prepared by</small></div>",
        "<div>审批（第二人） <small>approved by a second person</small></div><div>日期 <small>date</small></div></div>",
    ]
    return document(f"{summary['list_id']} {summary['as_of']}", body)


def _head(summary: Mapping[str, Any]) -> str:
    told = [("名单", "list", "list_id"), ("观察时点", "as of", "as_of"), ("有效期至", "expires", "expires_on"),
            ("活动", "campaign", "campaign"), ("离网定义", "churn is", "label"),
            ("程序版本", "churnkit", "code_version")]
    facts = " · ".join(f"{zh} <span class=en>{en}</span> <b>{escape(str(summary[key]))}</b>"
                       for zh, en, key in told if summary[key])
    head = f"<h1>离网预警外呼名单汇总 <small>Retention call list, summary</small></h1><p>{facts}</p>"
    watched = summary["monitoring"]
    if watched and watched["state"] != "ok":
        head += note(f"监测：{escape(watched['zh'])}", f"Monitoring: {escape(watched['en'])}", kind="alarm" if watched["state"] == "alarm" else "")
    if summary["model"]["beats_baselines"]:
        return head
    return head + note("本名单所用模型未优于经验规则，系人工确认后输出。",
                        "The model does not beat the baselines; the list was made because somebody accepted that.",
                        kind="alarm")


def _cards(summary: Mapping[str, Any]) -> str:
    cards = [card("评分用户", "scored", f"{summary['scored']:,}")]
    cards += [card(*ENDS[end], f"{count:,}", is_main=end == LISTED) for end, count in summary["counts"]["disposition"].items()]
    return f"<div class=cards>{''.join(cards)}</div>"


def _by_branch(decided: pd.DataFrame) -> str:
    rows = [(escape(str(branch)) or "未归属 <small>unassigned</small>", *_ended(rows))
            for branch, rows in decided.groupby("branch", sort=True)]
    head = [("分公司", "branch"), ("评分", "scored"), *ENDS.values(), ("外呼平均风险", "mean risk"),
            ("预期收益", "expected yuan")]
    return table(head, rows, ("合计 <small>all</small>", *_ended(decided)))


def _ended(rows: pd.DataFrame) -> tuple[Any, ...]:
    """Scored, how many ended where, and of the listed the mean risk and the expected profit in yuan."""
    listed = rows[rows["disposition"].eq(LISTED)]
    risk = f"{listed['churn_probability'].mean():.1%}" if len(listed) else "–"
    ends = (int(rows["disposition"].eq(end).sum()) for end in ENDS)
    return len(rows), *ends, risk, f"{listed['value_cents'].sum() / 100:,.0f}"


def _reasons(summary: Mapping[str, Any]) -> str:
    found = summary["counts"]["excluded"]
    most = max(found.values(), default=1)

    def bar(count: int) -> str:
        return f"<span class=bar style='width:{max(1, round(BAR_PIXELS * count / most))}px'></span>{count:,}"

    rows = [(f"{REASONS[name][0]}<br><small>{name}</small>", bar(found[name])) for name in REASONS if name in found]
    return table([("首要原因", "first reason"), ("用户", "subscribers")], rows)


def _make_up(decided: pd.DataFrame) -> str:
    listed = decided[decided["disposition"].eq(LISTED)]
    counted = listed.groupby(["value_tier", "stratum"]).size().to_dict()
    tally = {tier: tuple(counted.get((tier, stratum), 0) for stratum in STRATA) for tier in TIERS}
    total = tuple(sum(column) for column in zip(*tally.values(), strict=True))
    return table([("价值等级", "value tier"), *STRATA.values()], [(tier, *row) for tier, row in tally.items()],
                  ("合计 <small>all</small>", *total))


def _hopes(summary: Mapping[str, Any]) -> str:
    hopes = summary["expected"]
    saved, churners, profit = (f"{hopes[key]:,.0f}" for key in ("customers_saved", "churners_called", "profit_yuan"))
    return note(
        f"外呼客户中预计离网 {churners} 户，预期挽留 <b>{saved}</b> 户，预期收益 <b>{profit}</b> 元。{PRIOR['zh']}",
        f"Of {churners} expected churners called, {saved} are hoped to stay, a profit of {profit} yuan. {PRIOR['en']}")


def _power(summary: Mapping[str, Any]) -> str:
    arms, notes = summary["holdout"], ""
    if arms["smallest_detectable_effect"] is not None:
        smallest, hoped = (f"{100 * arms[key]:.1f}" for key in ("smallest_detectable_effect", "expected_effect"))
        rate = f"{arms['churn_rate']:.1%}"
        notes = note(
            f"对照组 {arms['held_out']:,} 户随机抽取，本期不外呼。最小可检出差异：离网率由 {rate} 下降 "
            f"<b>{smallest}</b> 个百分点（功效 80%，双侧 5%）；参数假设的预期下降为 {hoped} 个百分点。",
            f"{arms['held_out']:,} are held out at random. Smallest detectable effect: a drop of {smallest} points "
            f"from {rate} (80 % power, 5 % two-sided); the prior expects {hoped}.")
    if arms["advice"]:
        notes += note(escape(arms["advice"]["zh"]), escape(arms["advice"]["en"]), kind="alarm")
    return notes
