"""The month's lists on one printable page, in Chinese and English, in totals only."""
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import pandas as pd

from churnkit.retention.allocate import BELOW_CAPACITY, EXCLUDED, HELD_OUT, LISTED
from churnkit.retention.manifest import PRIOR
from churnkit.retention.page_style import STYLE
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
        _section("各分公司", "by branch", _by_branch(decided)),
        "<div class=pair><div>",
        _section("剔除原因", "why excluded", _reasons(summary)),
        "</div><div>",
        _section("外呼客户构成", "the listed, by value tier", _make_up(decided)),
        "</div></div>",
        _section("预期与可检验性", "what is hoped for, what can be shown", _hopes(summary) + _power(summary)),
        "<div class=sign><div>编制 <small>prepared by</small></div>",
        "<div>审批（第二人） <small>approved by a second person</small></div><div>日期 <small>date</small></div></div>",
    ]
    title = f"{escape(summary['list_id'])} {escape(summary['as_of'])}"
    head = f"<meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
    return f"<!doctype html>\n<html lang=zh-CN><head>{head}</head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"


def _head(summary: Mapping[str, Any]) -> str:
    told = [("名单", "list", "list_id"), ("观察时点", "as of", "as_of"), ("有效期至", "expires", "expires_on"),
            ("活动", "campaign", "campaign"), ("离网定义", "churn is", "label"),
            ("程序版本", "churnkit", "code_version")]
    facts = " · ".join(f"{zh} <span class=en>{en}</span> <b>{escape(str(summary[key]))}</b>"
                       for zh, en, key in told if summary[key])
    head = f"<h1>离网预警外呼名单汇总 <small>Retention call list, summary</small></h1><p>{facts}</p>"
    watched = summary["monitoring"]
    if watched and watched["state"] != "ok":
        head += _note(f"监测：{escape(watched['zh'])}", f"Monitoring: {escape(watched['en'])}", alarm=watched["state"] == "alarm")
    if summary["model"]["beats_baselines"]:
        return head
    return head + _note("本名单所用模型未优于经验规则，系人工确认后输出。",
                        "The model does not beat the baselines; the list was made because somebody accepted that.",
                        alarm=True)


def _cards(summary: Mapping[str, Any]) -> str:
    cards = [_card("评分用户", "scored", summary["scored"])]
    cards += [_card(*ENDS[end], count, end == LISTED) for end, count in summary["counts"]["disposition"].items()]
    return f"<div class=cards>{''.join(cards)}</div>"


def _card(zh: str, en: str, count: int, is_main: bool = False) -> str:
    return f"<div class='card{' main' if is_main else ''}'>{zh} <small>{en}</small><b>{count:,}</b></div>"


def _by_branch(decided: pd.DataFrame) -> str:
    rows = [(escape(str(branch)) or "未归属 <small>unassigned</small>", *_ended(rows))
            for branch, rows in decided.groupby("branch", sort=True)]
    head = [("分公司", "branch"), ("评分", "scored"), *ENDS.values(), ("外呼平均风险", "mean risk"),
            ("预期收益", "expected yuan")]
    return _table(head, rows, ("合计 <small>all</small>", *_ended(decided)))


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
    return _table([("首要原因", "first reason"), ("用户", "subscribers")], rows)


def _make_up(decided: pd.DataFrame) -> str:
    listed = decided[decided["disposition"].eq(LISTED)]
    counted = listed.groupby(["value_tier", "stratum"]).size().to_dict()
    tally = {tier: tuple(counted.get((tier, stratum), 0) for stratum in STRATA) for tier in TIERS}
    total = tuple(sum(column) for column in zip(*tally.values(), strict=True))
    return _table([("价值等级", "value tier"), *STRATA.values()], [(tier, *row) for tier, row in tally.items()],
                  ("合计 <small>all</small>", *total))


def _hopes(summary: Mapping[str, Any]) -> str:
    hopes = summary["expected"]
    saved, churners, profit = (f"{hopes[key]:,.0f}" for key in ("customers_saved", "churners_called", "profit_yuan"))
    return _note(
        f"外呼客户中预计离网 {churners} 户，预期挽留 <b>{saved}</b> 户，预期收益 <b>{profit}</b> 元。{PRIOR['zh']}",
        f"Of {churners} expected churners called, {saved} are hoped to stay, a profit of {profit} yuan. {PRIOR['en']}")


def _power(summary: Mapping[str, Any]) -> str:
    arms, notes = summary["holdout"], ""
    if arms["smallest_detectable_effect"] is not None:
        smallest, hoped = (f"{100 * arms[key]:.1f}" for key in ("smallest_detectable_effect", "expected_effect"))
        rate = f"{arms['churn_rate']:.1%}"
        notes = _note(
            f"对照组 {arms['held_out']:,} 户随机抽取，本期不外呼。最小可检出差异：离网率由 {rate} 下降 "
            f"<b>{smallest}</b> 个百分点（功效 80%，双侧 5%）；参数假设的预期下降为 {hoped} 个百分点。",
            f"{arms['held_out']:,} are held out at random. Smallest detectable effect: a drop of {smallest} points "
            f"from {rate} (80 % power, 5 % two-sided); the prior expects {hoped}.")
    if arms["advice"]:
        notes += _note("本期名单难以检出预期效果，请调整对照组比例或合并多期评估。", escape(arms["advice"]), alarm=True)
    return notes


def _section(zh: str, en: str, content: str) -> str:
    return f"<h2>{zh} <small>{en}</small></h2>\n{content}"


def _note(zh: str, en: str, *, alarm: bool = False) -> str:
    return f"<div class='note{' alarm' if alarm else ''}'>{zh}<br><small>{en}</small></div>"


def _table(head: Iterable[tuple[str, str]], rows: Iterable[tuple[Any, ...]], foot: tuple[Any, ...] = ()) -> str:
    def line(row: tuple[Any, ...]) -> str:
        cells = (f"{cell:,}" if isinstance(cell, int) else cell for cell in row)
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

    titles = "".join(f"<th>{zh}<br><small>{en}</small></th>" for zh, en in head)
    feet = f"<tfoot>{line(foot)}</tfoot>" if foot else ""
    return f"<table><thead><tr>{titles}</tr></thead>\n<tbody>{chr(10).join(map(line, rows))}</tbody>{feet}</table>"
