"""Each thing that is watched, its state and a sentence in Chinese and English, and the verdict over all of them."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from churnkit.monitoring.changes import Change, Limits, State, worst
from churnkit.monitoring.matured import Matured
from churnkit.monitoring.scores import Scores
from churnkit.monitoring.volumes import Volume

SAID = {"ok": ("正常", "OK"), "watch": ("关注", "WATCH"), "alarm": ("告警", "ALARM")}
NAMED = 3
NAMES = {"drift": ("字段分布", "the spread of columns"), "missing": ("缺失", "what is missing"), "categories": ("类别", "categories"),
         "volume": ("数量", "how much came"), "scores": ("评分分布", "the spread of scores"), "agreement": ("评分排序", "the ranking of scores"),
         "outcomes": ("预测与实际", "predictions against outcomes")}
CAUSES = ("volume", "missing", "categories", "outcomes", "drift", "agreement", "scores")  # what explains the others comes first
EXTRACTS_ZH = {"subscribers": "用户数", "calls": "话单", "data_sessions": "流量话单", "topups": "充值", "status_changes": "状态变更",
               "care_contacts": "客服接触", "consents": "营销授权", "portability_requests": "携转查询"}


@dataclass(frozen=True)
class Check:
    """One thing that is watched: its state, and what there is to say of it."""

    name: str
    state: State
    zh: str
    en: str


def weighed(changes: Mapping[str, Change], kind: str, weight: Limits) -> tuple[State, list[str], float]:
    """The state over all columns of one kind of change, the columns that changed, the weightiest first, and their weight together.

    It is an alarm where columns past the alarm carry that much of the scores, watched where columns past either limit do. What
    is missing, or a category that came or went, is watched even where no score rests on it: it is the sign of a file that did not come.
    """
    found = sorted((name for name, one in changes.items() if one.states[kind] != "ok"), key=lambda name: (-changes[name].weight, name))
    alarming = [name for name in found if changes[name].states[kind] == "alarm"]
    share, loud = (sum(changes[name].weight for name in names) for names in (found, alarming))
    state: State = "alarm" if loud >= weight.alarm else "watch" if share >= weight.watch or (alarming and kind != "drift") else "ok"
    return state, found, share


def of_columns(changes: Mapping[str, Change], weight: Limits) -> list[Check]:
    """The checks on the features: their spread, what is missing, categories that came or went."""
    told = {"drift": ("的分布与模型学过的任何月份都不同", "的分布均在模型学过的各月范围内",
                      "is spread", "are spread", "like in no month the model learned from"),
            "missing": ("的缺失率与近期各月都不同", "的缺失率均与近期各月相当",
                        "is missing", "are missing", "more or less often than in any recent month"),
            "categories": ("出现了新类别，或有大类别消失", "均未出现新类别，也没有大类别消失",
                           "has", "have", "categories never seen, or large ones gone")}
    found = []
    for kind, (zh, none, one, several, en) in told.items():
        state, names, share = weighed(changes, kind, weight)
        listed, more = "、".join(names[:NAMED]), len(names) - NAMED
        if not names:
            words = (f"{len(changes)} 个字段{none}。", f"None of the {len(changes)} columns {one} {en}.")
        else:
            words = (f"{len(changes)} 个字段中有 {len(names)} 个{zh}（{listed}{'等' if more > 0 else ''}），占评分依据的 {share:.1%}。",
                     f"{len(names)} of {len(changes)} columns {one if len(names) == 1 else several} {en}: {', '.join(names[:NAMED])}"
                     f"{f' and {more} more' if more > 0 else ''}; {share:.1%} of what the scores rest on.")
        found.append(Check(kind, state, *words))
    return found


def of_volumes(volumes: Sequence[Volume], limits: Limits) -> Check:
    """The check on how much came."""
    state = worst([limits.state(abs(one.change)) for one in volumes])
    off = [one for one in volumes if limits.state(abs(one.change)) != "ok"]
    if not off:
        zh = "、".join(EXTRACTS_ZH.get(one.name, one.name) for one in volumes)
        return Check("volume", state, f"{zh}的数量与学过的月份相当。",
                     f"As much came as in the months learned from ({', '.join(one.name for one in volumes)}).")
    zh = "；".join(f"{EXTRACTS_ZH.get(one.name, one.name)}{'增' if one.change > 0 else '减'} {abs(one.change):.0%}" for one in off)
    en = "; ".join(f"{one.name} {'up' if one.change > 0 else 'down'} {abs(one.change):.0%}" for one in off)
    return Check("volume", state, f"超出学过的各月范围：{zh}。是否缺文件？缺文件看起来就像离网。",
                 f"Beyond every month learned from: {en}. Is a file missing, or one there twice? What is missing looks just like churn.")


def of_scores(scores: Scores, psi: Limits, share: Limits, agreement: Limits) -> list[Check]:
    """The checks on the scores themselves: how they are spread, and whether the judged model says the same."""
    state = worst([psi.state(scores.drift), share.state(scores.high_change)])
    facts = f"{scores.mean:.2%}", f"{scores.mean_before:.2%}", f"{scores.high:.2%}", f"{scores.high_before:.2%}"
    spread = Check("scores", state, "平均风险 {} (此前 {})，高风险占比 {} (此前 {})。".format(*facts),
                   "Mean risk {}, {} in the months before; at high risk {}, {} before.".format(*facts))
    unlike = 1 - scores.agreement
    return [spread, Check("agreement", agreement.state(unlike),
                          f"名单所用评分与经检验模型的排序相关 {scores.agreement:.3f}。" if np.isfinite(unlike) else "评分全部相同，无法比较排序。",
                          f"The delivered scores rank as the judged model does: correlation {scores.agreement:.3f}." if np.isfinite(unlike)
                          else "All scores are equal, so their ranking cannot be compared.")]


def of_outcomes(months: Sequence[Matured], calibration: Limits, lift: Limits) -> Check:
    """The check on the latest month whose outcome is known: predicted against observed, and lift against the months before it.

    A limit is passed where the whole interval lies beyond it, so that a month with few churners alarms nobody by chance.
    """
    if not months:
        return Check("outcomes", "ok", "尚无已到期可核对的月份。", "No earlier month has an outcome yet that the scores could be compared with.")
    *before, last = months
    ratio, lifted = last.found["predicted_over_observed"], last.found["lift_top_decile"]
    off = max(ratio.low - 1, 1 / ratio.high - 1, 0.0) if ratio.high > 0 else 0.0
    earlier = [one.found["lift_top_decile"].value for one in before]
    fall = max(0.0, 1 - lifted.high / float(np.mean(earlier))) if earlier else 0.0
    state = worst([calibration.state(off), lift.state(fall)])
    zh, en = (f"；此前各月 {np.mean(earlier):.1f} 倍", f"; {np.mean(earlier):.1f} in the months before") if earlier else ("", "")
    return Check("outcomes", state,
                 f"{last.as_of}：预测离网数为实际的 {ratio.value:.2f} 倍 [{ratio.low:.2f}–{ratio.high:.2f}]；风险最高的一成中，离网率为平均的 "
                 f"{lifted.value:.1f} 倍{zh}。",
                 f"{last.as_of}: {ratio.value:.2f} churners predicted for each who left [{ratio.low:.2f}, {ratio.high:.2f}]; in the riskiest tenth "
                 f"{lifted.value:.1f} times as many left as in all{en}.")


def verdict(checks: Sequence[Check], as_of: date) -> Check:
    """The worst state, what is in it, and of that in a sentence what most likely explains the rest."""
    state = worst([one.state for one in checks])
    reasons = sorted((one for one in checks if one.state == state), key=lambda one: CAUSES.index(one.name))
    zh, en = SAID[state]
    if state == "ok":
        return Check("verdict", state, f"{zh}：{as_of} 与模型学过的月份相符，评分可以使用。",
                     f"{en}: {as_of} is like the months that the model learned from.")
    in_zh, in_en = ([NAMES[one.name][place] for one in reasons] for place in (0, 1))
    return Check("verdict", state, f"{zh}：{'、'.join(in_zh)}。{reasons[0].zh}", f"{en}: {', '.join(in_en)}. {reasons[0].en}")
