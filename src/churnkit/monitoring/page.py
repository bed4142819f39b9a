"""What monitoring found on one printable page, in Chinese and English, the verdict on top."""
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise

from churnkit.features import REGISTRY
from churnkit.html import document, section
from churnkit.monitoring import charts
from churnkit.monitoring.changes import Change, Counted
from churnkit.monitoring.checks import NAMES, SAID
from churnkit.monitoring.matured import PUBLISHED
from churnkit.monitoring.report import Report
from churnkit.monitoring.scores import BANDS

OF_COLUMNS = {"ok": ("如常", "as ever"), "watch": ("变化", "some"), "alarm": ("大变", "much")}  # one alone is no alarm
SHOWN, CLOSEST = 15, 4  # columns with something to say, and, where there are fewer, the ones nearest to it
MORE = """
body { max-width: 200mm }
.verdict { border-radius: 8px; padding: 12px 16px; margin: 12px 0; border: 2px solid; font-size: 15px; break-inside: avoid }
.verdict b { font-size: 20px }
.ok { background: #eef7f0; border-color: #2f7d4f }
.watch { background: #fff7e0; border-color: #c98a00 }
.alarm { background: #fdf1ef; border-color: #c0392b }
.pill { display: inline-block; border: 1px solid; border-radius: 9px; padding: 0 8px; white-space: nowrap; font-weight: 600 }
.wide { overflow-x: auto }
td, th { text-align: left } td.n { text-align: right; white-space: nowrap } th.n { text-align: right }
td:first-child { white-space: nowrap } td:first-child, th:first-child { padding-left: 0 }
td small { display: block } td svg { min-width: 130px; max-width: 270px; height: auto } svg { display: block }
code { font-size: 12px; overflow-wrap: anywhere }
.key i { display: inline-block; width: 11px; height: 11px; margin: 0 4px 0 12px; vertical-align: -1px; print-color-adjust: exact }
* { print-color-adjust: exact; -webkit-print-color-adjust: exact }
@media (max-width: 620px) { .pair { display: block } .card { flex: 1 1 40% } .cards { flex-wrap: wrap }
  .list thead { display: none }
  .list tr { display: block; border-bottom: 1px solid #cfd6df; padding: 6px 0 }
  .list td { display: block; border: 0; padding: 1px 0; text-align: left }
  .list td.n::before { content: "评分占比 of the scores " } }
"""


def html(report: Report) -> str:
    """The page."""
    body = [head(report), all_checks(report), section("变化最大的字段", "the columns that changed most", columns(report)),
            section("评分分布", "how the scores are spread", scores(report)),
            section("预测与实际", "what was predicted and what happened", outcomes(report)),
            section("各月", "month by month", months(report)), foot()]
    title = f"监测 {report.as_of} · {SAID[report.verdict.state][1]}"
    return document(title, body, MORE)


def head(report: Report) -> str:
    """What the page is about, and the verdict."""
    zh, en = report.verdict.zh.partition("：")[2], report.verdict.en.partition(": ")[2]
    learned = report.dates[:-1]
    facts = (f"观察时点 <span class=en>as of</span> <b>{report.as_of}</b> · "
             f"用户 <span class=en>subscribers</span> <b>{report.rows[report.as_of]:,}</b> · "
             f"离网定义 <span class=en>churn is</span> <b>{escape(report.label or '–')}</b> · "
             f"模型学自 <span class=en>learned from</span> "
             f"<b>{learned[0]} – {learned[-1]}</b>" if learned else "")
    word_zh, word_en = SAID[report.verdict.state]
    return (f"<h1>模型与数据监测 <small>Monitoring of model and input</small></h1><p>{facts}</p>"
            f"<div class='verdict {report.verdict.state}'><b>{word_zh} {word_en}</b><br>{escape(zh)}<br><small>{escape(en)}</small></div>")


def all_checks(report: Report) -> str:
    """Each thing that is watched, with its state."""
    rows = []
    for one in report.checks:
        zh, en = NAMES[one.name]
        rows.append(f"<tr><td>{pill(one.state)}</td><td>{zh}<small>{en}</small></td><td>{escape(one.zh)}<small>{escape(one.en)}</small></td></tr>")
    return f"<table class=list><tbody>{''.join(rows)}</tbody></table>"


def pill(state: str, words: Mapping[str, tuple[str, str]] = SAID) -> str:
    """A state as a word in its colour."""
    zh, en = words[state]
    return f"<span class='pill {state}'>{zh} {en}</span>"


def columns(report: Report) -> str:
    """The columns that changed, with what changed and how they are spread; where few did, those nearest to it."""
    changed = [name for name in report.worst_first if report.changes[name].state != "ok"]
    named = changed[:SHOWN] if len(changed) >= CLOSEST else report.worst_first[:max(CLOSEST, len(changed))]
    rows = [(pill(report.changes[name].state, OF_COLUMNS), described(name), f"{report.changes[name].weight:.1%}", what_changed(report.changes[name]),
             spread(report.counts[name])) for name in named]
    more = len(changed) - SHOWN
    note = f"<p><small>另有 {more} 个，见 features.csv · {more} more in features.csv</small></p>" if more > 0 else ""
    if not changed:
        note = "<p><small>没有字段超出范围；以下为最接近的 · none is out of range; these come nearest</small></p>"
    colours = key("本月 this month", "学过的月份 months learned from", "最右为缺失 the last bar is what is missing")
    return note + colours + table(
        (("状态", "state"), ("字段", "column"), ("评分占比", "of the scores"), ("变化", "what changed"), ("分布", "spread")),
        rows, numeric=(2,), kind=" class=list")


def described(name: str) -> str:
    """A column's name and what it is."""
    what = REGISTRY[name].description if name in REGISTRY else ""
    return f"<code>{escape(name).replace('_', '_<wbr>')}</code><small>{escape(what)}</small>"


def what_changed(change: Change) -> str:
    """What changed in a column, in figures."""
    said = [f"PSI {change.psi:.2f}<small>超出偶然与各月 beyond chance and any month <b>{change.drift:.2f}</b></small>"]
    if change.states["missing"] != "ok":
        now, before = f"{change.missing:.0%}", f"{change.missing_usual:.0%}"
        said.append(f"缺失 {now}，以往 {before}<small>missing {now}, {before} before</small>")
    for share, names, zh, en in ((change.new_share, change.new, "新类别", "new"), (change.gone_share, change.gone, "消失类别", "gone")):
        if names and change.states["categories"] != "ok":
            said.append(f"{zh} {share:.0%}<small>{en}: {escape(', '.join(names))}</small>")
    return "".join(f"<div>{one}</div>" for one in said)


def spread(column: Counted) -> str:
    """A column's bins, before and now."""
    shown = column.shown()
    before, now = (part / max(part.sum(), 1) for part in (shown.learned, shown.here))
    ends = "" if column.names or not len(shown.starts) else f"<small>{shown.starts[0]:.4g} … {shown.starts[-1]:.4g}</small>"
    return charts.pairs(list(before), list(now), "share of the subscribers by bin, before and now; the last is what is missing") + ends


def scores(report: Report) -> str:
    """The delivered scores by band beside those of the months before."""
    ends = [f"{100 * end:g}" for end in BANDS]
    names = [f"< {ends[0]} %", *(f"{low}–{high} %" for low, high in pairwise(ends)), f"≥ {ends[-1]} %"]
    note = (f"<p>每档离网概率的用户占比 <small>share of the subscribers by band of churn probability; Kolmogorov-Smirnov {report.scores.ks:.3f}, "
            f"PSI beyond chance {report.scores.drift:.3f}</small></p>")
    return note + key("本月 this month", "检验月份 months judged", "条长为平方根 lengths are square roots") + charts.bands(
        names, report.scores.bands_before, report.scores.bands, "share of the subscribers by band of churn probability")


def outcomes(report: Report) -> str:
    """Calibration and lift of the earlier months whose outcome is known."""
    if not report.months:
        return "<p>尚无已到期的月份 <small>no earlier month has an outcome yet</small></p>"
    names = [f"{one.as_of:%Y-%m}" for one in report.months]
    found = {name: [(one.found[name].value, one.found[name].low, one.found[name].high) for one in report.months]
             for name in ("predicted_over_observed", "lift_top_decile")}
    own = [one.scored_by != PUBLISHED for one in report.months]
    left = charts.intervals(names, found["predicted_over_observed"], "predicted over observed churners by month", line=1.0, hollow=own)
    right = charts.intervals(names, found["lift_top_decile"], "lift of the riskiest tenth by month", hollow=own)
    told = ("实心：当时发布的评分；空心：检验模型对未学月份的评分。竖线为 95% 区间。<small>Filled: scores as published then; hollow: the judged "
            "model on months it had not learned from. Lines are 95 % intervals. Calls made since lower what is observed where they worked: the "
            "hold-out says by how much.</small>")
    return (f"<div class=pair><div><p>预测离网数 ÷ 实际 <small>churners predicted for each who left</small></p>{left}</div>"
            f"<div><p>风险最高一成的提升倍数 <small>lift of the riskiest tenth</small></p>{right}</div></div><p>{told}</p>")


def months(report: Report) -> str:
    """How much came and how unlike each month is."""
    extracts = [one for one in report.volumes if one.name != "subscribers"]
    heads = [("时点", "as of"), ("用户", "subscribers"), *((escape(one.name), "a subscriber and day") for one in extracts),
             ("与各月均不同的字段", "columns unlike every other month")]
    amounts_of = [in_figures([*one.before, one.now]) for one in extracts]
    rows = []
    for place, day in enumerate(report.dates):
        amounts = (one[place] for one in amounts_of)
        name = f"<b>{day}</b>" if day == report.as_of else str(day)
        rows.append((name, f"{report.rows[day]:,}", *amounts, str(report.unlike[day])))
    return table(heads, rows, numeric=range(1, len(heads)))


def in_figures(numbers: Sequence[float]) -> list[str]:
    """The numbers of a column, all with as many digits after the point as give the largest three figures."""
    largest = max((abs(one) for one in numbers if math.isfinite(one)), default=0.0)
    digits = max(0, 2 - math.floor(math.log10(largest))) if largest else 0
    return [f"{one:,.{digits}f}" if math.isfinite(one) else "–" for one in numbers]


def foot() -> str:
    """Where the limits are."""
    return ("<p><small>阈值见 params.yaml 的 monitor 节，含义见 docs/operations.md · limits: section monitor of params.yaml; "
            "what they mean: docs/operations.md</small></p>")


def key(now: str, before: str, more: str) -> str:
    """What the two colours are."""
    return f"<p class=key><small><i style='background:{charts.NOW}'></i>{now}<i style='background:{charts.BEFORE}'></i>{before} · {more}</small></p>"


def table(heads: Iterable[tuple[str, str]], rows: Iterable[Sequence[str]], numeric: Iterable[int], kind: str = "") -> str:
    """A table that can be pushed sideways on a phone; of the kind `list` its rows become blocks there."""
    marks = dict.fromkeys(numeric, " class=n")
    titles = "".join(f"<th{marks.get(n, '')}>{zh}<br><small>{en}</small></th>" for n, (zh, en) in enumerate(heads))
    body = "\n".join("<tr>" + "".join(f"<td{marks.get(n, '')}>{cell}</td>" for n, cell in enumerate(row)) + "</tr>" for row in rows)
    return f"<div class=wide><table{kind}><thead><tr>{titles}</tr></thead>\n<tbody>{body}</tbody></table></div>"
