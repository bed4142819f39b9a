"""How the model did, on one page for those who pay for the calls: in plain words, with pictures, in Chinese and English."""
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from churnkit.html import card, document, note, picture, section, table

BASELINES = {"seed_rules": ("2005年经验规则", "the rules of 2005"), "silence_alone": ("仅看沉默天数", "days of silence alone"),
             "logistic": ("逻辑回归", "logistic regression")}
KINDS = {"left": ("主动离网（销户、携转）", "left"), "arrears_stop": ("欠费停机", "stopped for arrears"), "silent": ("沉默", "fell silent")}
DIMENSIONS = {"branch": ("分公司", "branch"), "tenure": ("网龄", "tenure"), "payment_kind": ("付费方式", "payment")}
BANDS = {"under 90 days": "不满90天", "90 days to a year": "90天至1年", "1 to 3 years": "1至3年", "over 3 years": "3年以上", "unknown": "不详",
         "postpaid": "后付费", "quasi_prepaid": "准预付费", "prepaid": "预付费"}
FEW = 20  # who left below which a group's rates are chance for the most part
PICTURES = (("gains", "打出的电话找到多少离网客户", "whom the calls find"), ("tenths", "各十分位的离网率", "who leaves, by tenth"),
            ("profit", "名单多长收益最高", "profit by length of the list"), ("calibration", "预测概率是否可信", "do the probabilities hold"))


def html(judged: Mapping[str, Any], verdict: Mapping[str, Any], by_capacity: pd.DataFrame, fairness: pd.DataFrame, figures: Path) -> str:
    """The page, of `metrics.json`, the verdict, the tables and the folder of figures; no customer, no outside asset."""
    model = judged["open"]
    body = [_head(judged, model), _verdict(model, verdict, by_capacity), _cards(model), _pictures(figures),
            section("外呼多少，找到多少", "by the number of calls", _capacities(by_capacity)),
            section("收益", "money", _money(model["money"])),
            section("概率是否可信", "do the probabilities hold", _calibration(model)),
            section("各类离网", "by kind of leaving", _kinds(model)),
            section("各群体是否一视同仁", "is each group treated alike", _fairness(fairness, model["recall_at_capacity"])),
            section("这份评估没有说明什么", "what this does not say", _limits())]
    return document(f"churnkit {judged['as_of']}", body)


def _head(judged: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    facts = [("观察时点", "as of", judged["as_of"]), ("离网定义", "churn is", judged["label"] or "–"),
             ("在用客户", "customers in use", f"{model['rows']:,}"), ("其后离网", "of whom left", f"{model['churned']:,}")]
    told = " · ".join(f"{zh} <span class=en>{en}</span> <b>{escape(str(value))}</b>" for zh, en, value in facts)
    return f"<h1>离网预警模型评估 <small>The churn warning model, judged</small></h1><p>{told}</p>"


def _verdict(model: Mapping[str, Any], verdict: Mapping[str, Any], by_capacity: pd.DataFrame) -> str:
    calls = model["capacity"]
    found, low, high = (round(model[f"precision_at_capacity{end}"] * calls) for end in ("", "_low", "_high"))
    chance = round(model["churned_share"] * calls)
    best = max(verdict["baselines"], key=lambda name: verdict["baselines"][name])
    other = round(verdict["baselines"][best] * calls)
    gain = verdict["gain_over"][best]
    fewest, most = (round(gain[end] * calls) for end in ("low", "high"))
    way, way_en = BASELINES[best]
    lead = (f"<p class=lead>按模型排序外呼 {calls:,} 位客户，其中约 <b>{found}</b> 位（{low}–{high}）原本会离网；"
            f"随机外呼约 {chance} 位，{way}约 {other} 位。<br><small>Of {calls:,} customers called in the model's order about {found} ({low}–{high}) "
            f"would have left; at random it would have been {chance}, by {way_en} {other}.</small></p>")
    if not verdict["beats_baselines"]:
        return lead + note("模型不优于现有的简单方法，不建议据此外呼。", "The model does not beat the simple ways; calling by it is not advised.",
                           kind="alarm")
    if gain["low"] > 0:
        return lead + note(f"优于所有简单方法：比最好的{way}多找到 {found - other} 位（95% 区间 {fewest}–{most}），不是偶然。",
                           f"Better than every simple way: {found - other} more than {way_en}, the best of them (95 % interval {fewest} to {most}), "
                           "which is not chance.", kind="good")
    return lead + note(f"多于所有简单方法，但与{way}的差距（{found - other} 位，95% 区间 {fewest}–{most}）可能是偶然。",
                       f"More than any simple way, but the lead over {way_en} ({found - other}, 95 % interval {fewest} to {most}) may be chance.")


def _cards(model: Mapping[str, Any]) -> str:
    cards = [card("命中率", "of the called, left", f"{model['precision_at_capacity']:.0%}", is_main=True),
             card("相当于随机的", "times as many as at random", f"{model['lift_at_capacity']:.1f}×"),
             card("占全部离网", "of all who left", f"{model['recall_at_capacity']:.0%}")]
    if "list" in model["money"]:
        cards.append(card("名单收益（元）", "profit of the list, yuan", f"{model['money']['list']['capacity']['brought_yuan']:,.0f}"))
    return f"<div class=cards>{''.join(cards)}</div>"


def _pictures(figures: Path) -> str:
    there = [f"<div>{picture(figures / f'{name}.png', en)}<small>{zh} · {en}</small></div>" for name, zh, en in PICTURES
             if (figures / f"{name}.png").is_file()]
    return "\n".join(f"<div class=pair>{''.join(there[n:n + 2])}</div>" for n in range(0, len(there), 2))


def _capacities(by_capacity: pd.DataFrame) -> str:
    rows: list[tuple[Any, ...]] = []
    for calls in sorted(set(by_capacity["calls"])):
        model, *others = by_capacity[by_capacity["calls"] == calls].to_dict("records")
        best = max(others, key=lambda other: other["found"])
        zh, en = BASELINES[best["score"]]
        rows.append((int(calls), f"{model['found']:.0f}", f"{model['precision_low'] * calls:.0f}–{model['precision_high'] * calls:.0f}",
                     f"{model['precision']:.1%}", f"{model['recall']:.0%}", f"{model['lift']:.1f}×", f"{best['found']:.0f} <small>{zh} {en}</small>",
                     f"{best['precision_gain_low'] * calls:+.0f}…{best['precision_gain_high'] * calls:+.0f}"))
    head = [("外呼", "calls"), ("找到离网", "left"), ("95% 区间", "interval"), ("命中率", "precision"), ("占全部离网", "of all who left"),
            ("相当于随机的", "lift"), ("最好的简单方法", "best simple way"), ("多找到", "gain over it")]
    return table(head, rows)


def _money(money: Mapping[str, Any]) -> str:
    paper = money["empc"]
    euros, low, high = (f"{paper[f'empc{end}']:.2f}" for end in ("", "_low", "_high"))
    share = f"{paper['empc_share']:.1%}"
    said = note(f"文献参数下的期望最大收益（EMPC）：每位客户 {euros} 欧元（{low}–{high}），外呼 {share} 的客户时最高；用于与其他研究比较。",
                "Expected maximum profit (EMPC) with the parameters of Verbraken et al. (2013), to be compared with other studies: "
                f"{euros} euros per customer ({low}–{high}), best with {share} of them called.")
    if "list" not in money:
        return note("没有账单，无法按本企业口径计算收益。", "There are no bills, so the list cannot be valued.") + said
    best, now = money["list"]["best_length"], money["list"]["capacity"]
    rows = [(name, made["called"], f"{made['expected_yuan']:,.0f}", f"{made['brought_yuan']:,.0f}",
             f"{made['brought_yuan_low']:,.0f}–{made['brought_yuan_high']:,.0f}") for name, made in
            (("可外呼数 <small>calls we can make</small>", now), ("收益最高的长度 <small>best length</small>", best))]
    head = [("名单", "list"), ("外呼", "called"), ("预期收益（元）", "expected, yuan"), ("按实际离网计（元）", "by who left, yuan"),
            ("95% 区间", "interval")]
    return table(head, rows) + note(
        "名单按预期收益排序，与导出名单的算法相同；每通电话能留住多少人、套餐优惠和电话的成本来自 export.economics，是假设，不是测量。",
        "Ranked by expected profit, counted as the lists are; how many a call keeps, and what calls and offers cost, are the assumptions in "
        "export.economics, not measurements.") + said


def _calibration(model: Mapping[str, Any]) -> str:
    overall, top, slope = (_number(model[name]) for name in (
        "predicted_over_observed", "predicted_over_observed_top_decile", "calibration_slope"))
    found = model["calibration"]
    zh = f"预测离网数是实际的 {overall} 倍（风险最高十分之一为 {top} 倍），斜率 {slope}；均在 0.9–1.1 之内为可信。"
    en = f"Predicted over observed is {overall} ({top} in the tenth most at risk), the slope {slope}; within 0.9 to 1.1 they hold."
    if found["holds"]:
        return note(zh, en, kind="good")
    if set(found["outside"]) == set(found["unsure"]):
        return note(zh + "超出者的区间仍及范围之内，可能是偶然。", en + " What is outside has an interval that reaches inside: it may be chance.")
    return note(zh, en, kind="alarm")


def _kinds(model: Mapping[str, Any]) -> str:
    rows = []
    for kind, found in model["exit_kinds"].items():
        (zh, en), (value, low, high) = KINDS.get(kind, (kind, kind)), (found[f"recall_at_capacity{end}"] for end in ("", "_low", "_high"))
        rows.append((f"{zh} <small>{en}</small>", found["churned"], f"{value:.0%}", f"{low:.0%}–{high:.0%}", f"{found['auc']:.2f}"))
    return table([("离网方式", "kind"), ("离网", "left"), ("被找到", "reached by the calls"), ("95% 区间", "interval"), ("AUC", "AUC")], rows)


def _fairness(fairness: pd.DataFrame, recall: float) -> str:
    if fairness.empty:
        return note("数据中没有分公司、网龄或付费方式。", "The features tell no branch, tenure or payment kind.")
    parts = [_unlike(fairness, recall)]
    for dimension, groups in fairness.groupby("dimension", sort=False):
        rows = []
        for one in groups.to_dict("records"):
            few = " *" if one["churned"] < FEW else ""
            rows.append((escape(BANDS.get(one["group"], one["group"])) + few, int(one["rows"]), _share(one["churned_share"]),
                         _share(one["selection_rate"]), _between(one, "precision"), _between(one, "recall"), _share(one["missed_share"]),
                         _number(one["predicted_over_observed"])))
        head = [DIMENSIONS[str(dimension)], ("客户", "customers"), ("离网率", "left"), ("被外呼", "called"), ("命中率", "precision"),
                ("离网者被外呼", "of those who left, called"), ("漏掉", "missed"), ("预测÷实际", "predicted ÷ observed")]
        parts.append(table(head, rows))
    return "\n".join(parts) + "<p><small>* 离网不足20人，比率多出于偶然 fewer than 20 left: mostly chance</small></p>"


def _unlike(fairness: pd.DataFrame, recall: float) -> str:
    """Which groups' leavers are reached more or less often than all are, by more than chance."""
    apart = [one for one in fairness.to_dict("records") if one["recall_high"] < recall or one["recall_low"] > recall]
    if not apart:
        return note("各群体的离网客户被外呼到的比例，与总体没有超出偶然的差别。",
                    "No group's leavers are reached more or less often than all are, beyond chance.")
    named = [(BANDS.get(one["group"], one["group"]), one["group"], f"{one['recall']:.0%}") for one in apart]
    zh, en = "、".join(f"{name} {part}" for name, _, part in named), ", ".join(f"{name} {part}" for _, name, part in named)
    return note(f"离网客户中有 {recall:.0%} 被外呼到；与此不同、且非偶然的群体：{escape(zh)}。",
                f"{recall:.0%} of those who left are reached; groups unlike that, beyond chance: {escape(en)}.")


def _between(one: Mapping[Any, Any], name: str) -> str:
    value, low, high = (one[f"{name}{end}"] for end in ("", "_low", "_high"))
    return "–" if pd.isna(value) else f"{value:.0%} <small>{low:.0%}–{high:.0%}</small>"


def _share(value: float | None) -> str:
    return "–" if pd.isna(value) else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "–" if pd.isna(value) else f"{value:.2f}"


def _limits() -> str:
    limits = [("只评估一个月；市场变化后结果会不同。", "It is one month; another market makes other figures."),
              ("区间只反映抽样的偶然，不反映数据或定义的错误。", "The intervals tell chance in the sample, not errors in the records."),
              ("会离网不等于能留住：外呼的效果只能由对照组测出。", "Who would leave is not who can be kept: only the hold-out tells what calls do."),
              ("此处未剔除免打扰、合约期内等不外呼的客户，实际名单会不同。",
               "Nobody is left out here for consent or contract, as the lists do; so the lists differ."),
              ("评估的是同一做法在较早月份上训练的模型；用于打分的模型另用最近月份重新训练。",
               "Judged is the recipe, fitted on earlier months; the model that scores is fitted on the latest, too.")]
    return "<ul>" + "".join(f"<li>{zh}<br><small>{en}</small></li>" for zh, en in limits) + "</ul>"
