"""Plan: whether what it holds and costs fits the use."""
from churnkit.engine import Column, F, Frame, W, aggregated, beside, matched, projected
from churnkit.expressions import days, total_if
from churnkit.features.account import last_snapshots, monthly_bills
from churnkit.features.declare import feature, share, source
from churnkit.history import EPOCH, Events, History
from churnkit.timeline import add_months

QUARTER = 3  # months that use and bills are looked at
LONG_AGO = -100_000


@source("plans", "subscribers", "usage_daily")
def held_plans(history: History) -> Events:
    """One row per subscriber: what the plan of the last snapshot costs and holds, null where it is not known, and how much of it was used.

    `seconds_1m` and `seconds_3m` are outgoing calls of the last one and three months.
    """
    used = months_of(history, "usage_daily", "out_s", "seconds")
    return Events(beside(lines_with_terms(history), [used], ["subscriber_id"]), history.day)


@source("plans", "subscribers", "data_daily")
def held_data_plans(history: History) -> Events:
    """The same with the mobile data of the last one and three months, `bytes_1m` and `bytes_3m`."""
    return Events(beside(lines_with_terms(history), [months_of(history, "data_daily", "bytes", "bytes")], ["subscriber_id"]), history.day)


@source("plans", "bills", "usage_daily", "data_daily")
def best_plans(history: History) -> Events:
    """One row per subscriber with a bill of the last three months: how many and their sum, and the fee of the cheapest plan that holds their use.

    A plan that does not say how many minutes, or how much data, it holds has none. SMS are not compared.
    """
    billed = aggregated(history.once(monthly_bills), ["subscriber_id"], {
        "bills": F.count(F.lit(1)), "billed_cents": F.sum("total_cents").cast("bigint")}, F.col("months_ago") <= QUARTER)
    uses = [months_of(history, "usage_daily", "out_s", "seconds"), months_of(history, "data_daily", "bytes", "bytes")]
    used = beside(billed, uses, ["subscriber_id"])
    used = projected(used, ["subscriber_id", "bills"], {"whoever": F.lit(1), "seconds": F.coalesce(F.col("seconds_3m"), F.lit(0)),
                                               "bytes": F.coalesce(F.col("bytes_3m"), F.lit(0))})
    offers = projected(terms(history), ["fee_cents"], {"whoever": F.lit(1), **{
        f"{name}_held": F.coalesce(F.col(f"{name}_a_month"), F.lit(0)) for name in ("seconds", "bytes")}})
    held = [F.col(name) <= F.col(f"{name}_held") * F.col("bills") for name in ("seconds", "bytes")]  # a new line has fewer months than three
    holds = held[0] & held[1]
    cheapest = aggregated(matched(used, offers, ["whoever"]), ["subscriber_id"], {"cheapest_cents": F.min("fee_cents")}, holds)
    return Events(beside(billed, [cheapest], ["subscriber_id"]), history.day)


def lines_with_terms(history: History) -> Frame:
    """One row per subscriber: the plan of the last snapshot, and its terms."""
    return beside(projected(last_snapshots(history), ["subscriber_id", "plan"], {}), [terms(history)], ["plan"])


def terms(history: History) -> Frame:
    """One row per plan that is valid on the day before the as-of date: its fee, generation, and seconds and bytes a month."""
    since, until = F.coalesce(days(F.col("valid_from")), F.lit(LONG_AGO)), F.coalesce(days(F.col("valid_to")), F.lit(history.day))
    newest = W.partitionBy("plan").orderBy(since.desc(), F.col("fee_cents"))
    rows = projected(history.events("plans").table, ["plan", "fee_cents"], {
        "generation_held": F.substring("generation", 1, 1).cast("int"), "seconds_a_month": F.col("voice_minutes") * 60,
        "bytes_a_month": (F.col("data_mb") * 1_000_000).cast("bigint"), "newness": F.row_number().over(newest)},
        (since < history.day) & (until >= history.day))
    return projected(rows, ["plan", "fee_cents", "generation_held", "seconds_a_month", "bytes_a_month"], {}, F.col("newness") == 1)


def months_of(history: History, table: str, column: str, name: str) -> Frame:
    """One row per subscriber: a column of a daily table added up over the last one and three months."""
    def since(months: int) -> Column:
        return F.col("day") >= (add_months(history.as_of, -months) - EPOCH).days

    return aggregated(history.events(table).table, ["subscriber_id"], {
        f"{name}_{months}m": total_if(since(months), F.col(column)) for months in (1, QUARTER)}, since(QUARTER))


def utilisation(used: str, held: str, months: int) -> Column:
    """What was used in the last so many months over what the plan held for them; null where it held none."""
    return share(F.max(F.coalesce(F.col(f"{used}_{months}m"), F.lit(0))), F.max(F.col(held)) * months)


@feature("held_plans", unit="cents", risky="±")
def plan_fee(lines: Events) -> Column:
    """Monthly fee of the plan; null where the plan is not known."""
    return F.max("fee_cents").cast("bigint")


@feature("held_plans", unit="ratio", months=(1, QUARTER), risky="±", group="plan_use", zh="近{window}个月通话用了套餐内时长的{value:.0%}",
         en="calls took {value:.0%} of the plan's minutes in {window} months")
def voice_utilisation(lines: Events, months: int) -> Column:
    """Outgoing minutes of the last so many months over those in the plan; null where the plan has none or is not known."""
    return utilisation("seconds", "seconds_a_month", months)


@feature("held_data_plans", unit="ratio", months=(1, QUARTER), risky="±", group="plan_use", zh="近{window}个月流量用了套餐内的{value:.0%}",
         en="mobile data took {value:.0%} of the plan's in {window} months")
def data_utilisation(lines: Events, months: int) -> Column:
    """Mobile data of the last so many months over that in the plan; null where the plan has none or is not known."""
    return utilisation("bytes", "bytes_a_month", months)


@feature("best_plans", unit="cents", months=(QUARTER,), risky="+", group="plan_use", internal=True,
         zh="近{window}个月平均话费比够用的最便宜套餐高{value:.1f}元",
         en="bills {value:.1f} yuan above the cheapest plan that would do, over {window} months")
def overspend_vs_best_plan(lines: Events, months: int) -> Column:
    """Mean bill of the last so many months less the fee of the cheapest plan that holds their mean use; null without a bill or such a plan."""
    return share(F.max("billed_cents"), F.max("bills")) - F.max("cheapest_cents")


@feature("held_plans", unit="generation", risky="±")
def plan_generation(lines: Events) -> Column:
    """Fastest network generation that the plan opens; null where it is not known."""
    return F.max("generation_held").cast("bigint")


@feature(of=("radio_gap", "plan_generation"), unit="count", risky="+", zh="手机比套餐支持的网络高{value:.0f}代，可介绍升级套餐",
         en="handset {value:.0f} generations ahead of the plan: offer a better one")
def handset_ahead_of_plan(gap: Column, held: Column) -> Column:
    """Network generations that the handset is ahead of the plan, negative if it is behind; null where either is not known."""
    return F.lit(5) - gap - held
