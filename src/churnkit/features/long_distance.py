"""Long distance through access codes: a rival's cheaper line, dialled before the number."""
from churnkit.engine import Column, F, aggregated, matched, projected, stacked
from churnkit.expressions import total_if
from churnkit.features.account import months_ago
from churnkit.features.declare import feature, share, source
from churnkit.history import Events, History

KEPT = ("subscriber_id", "months_ago", "coded", "far")


@source("access_codes_monthly", "usage_daily")
def far_months(history: History) -> Events:
    """One row per subscriber, month and what is counted in it: calls dialled with an access code (`coded`), long-distance calls in all (`far`)."""
    none = F.lit(0).cast("bigint")
    marked = F.col("calls") - F.col("far_calls")  # those within the country are among the daily ones already
    coded = projected(history.events("access_codes_monthly").table, ["subscriber_id", "months_ago"], {"coded": F.col("calls"), "far": marked})
    dated = projected(history.events("usage_daily").table, ["subscriber_id"], {
        "date": F.date_add(F.lit("1970-01-01").cast("date"), F.col("day")), "calls": F.col("far_calls")}, F.col("far_calls") > 0)
    others = projected(dated, ["subscriber_id"], {"months_ago": months_ago(history, "date"), "coded": none, "far": F.col("calls")})
    return Events(stacked([coded, others]), history.day)


@source("access_codes_monthly", "number_plan")
def rival_codes(history: History) -> Events:
    """One row per subscriber, rival's access code and month: calls, and their seconds. Whose a code is, the number plan says."""
    plan = projected(history.events("number_plan").table, ["operator"], {"access_code": F.col("prefix")}, F.col("kind") == "access_code")
    of_rivals = aggregated(plan, ["access_code"], {"of": F.max(F.when(F.col("operator") != "own", F.lit(1)).otherwise(F.lit(0)))})
    of_rivals = projected(of_rivals, ["access_code"], {}, F.col("of") == 1)
    rows = projected(history.events("access_codes_monthly").table, ["subscriber_id", "access_code", "months_ago", "calls", "out_s"], {})
    return Events(matched(rows, of_rivals, ["access_code"], "semi"), history.day)


def coded_share(far: int, near: int = 0) -> Column:
    """Calls with an access code over long-distance calls, of the months up to `far` ago without the last `near`; null without any."""
    those = (F.col("months_ago") <= far) & (F.col("months_ago") > near)
    return share(total_if(those, F.col("coded")), total_if(those, F.col("far")))


@feature("far_months", unit="share", months=(1, 3), risky="+", internal=True, zh="近{window}个月{value:.0%}的长途经接入码拨打",
         en="{value:.0%} of long-distance calls through access codes in {window} months")
def access_code_share(calls: Events, months: int) -> Column:
    """Share of the domestic long-distance calls of the last so many months that was dialled with an access code; null without such a call."""
    return coded_share(months)


@feature("far_months", unit="share", months=(1,), risky="+", internal=True, zh="长途经接入码拨打的占比较前一个月上升{value:.0%}",
         en="share of long-distance calls through access codes up {value:.0%} on the month before", told=(0.05, None))
def access_code_share_rise(calls: Events, months: int) -> Column:
    """That share of the last month less that of the month before it; null where either had no such call."""
    return coded_share(months) - coded_share(2 * months, months)


@feature("rival_codes", unit="count", months=(1, 3), missing=0, risky="+", internal=True, zh="近{window}个月经异网接入码打了{value:.0f}次长途",
         en="{value:.0f} long-distance calls through a rival's access code in {window} months")
def rival_access_code_calls(calls: Events, months: int) -> Column:
    """Calls of the last so many months that were dialled with a rival's access code."""
    return total_if(F.col("months_ago") <= months, F.col("calls"))


@feature("rival_codes", unit="minutes", months=(1, 3), missing=0, risky="+", internal=True)
def rival_access_code_minutes(calls: Events, months: int) -> Column:
    """Minutes of those calls."""
    return total_if(F.col("months_ago") <= months, F.col("out_s")) / F.lit(60.0)
