"""Top-ups: how often and how much is paid in, and whether the next one is overdue."""
from churnkit.engine import Column, F, W, projected, stacked
from churnkit.expressions import count_if
from churnkit.features.account import last_snapshots
from churnkit.features.declare import feature, ratio, source, spread, squared
from churnkit.history import Events, History

LONGEST = 180  # days that top-ups are looked back at


@source("topups", "subscribers")
def recharges(history: History) -> Events:
    """One row per top-up of 180 days, and one without an amount per prepaid line, so that no top-up at all is a zero.

    `gap_days` are those since the top-up before it; `above_cents` is what larger top-ups came to, `all_cents` what all did.
    """
    line = W.partitionBy("subscriber_id")
    larger = line.orderBy(F.col("amount_cents").desc()).rowsBetween(W.unboundedPreceding, W.currentRow)
    columns = {"gap_days": F.col("day") - F.lag("day").over(line.orderBy("happened_at")),
               "above_cents": F.sum("amount_cents").over(larger).cast("bigint") - F.col("amount_cents"),
               "all_cents": F.sum("amount_cents").over(line).cast("bigint")}
    paid = projected(history.events("topups").table, ["subscriber_id", "day", "amount_cents"], columns)
    none = {"day": F.lit(None).cast("int"), "amount_cents": F.lit(None).cast("bigint"), "gap_days": F.lit(None).cast("int"),
            "above_cents": F.lit(None).cast("bigint"), "all_cents": F.lit(None).cast("bigint")}
    prepaid = projected(last_snapshots(history), ["subscriber_id"], none, F.col("payment_kind") == "prepaid")
    return Events(stacked([paid, prepaid]), history.day)


@feature("recharges", unit="count", windows=(30, 60, 90), risky="-", zh="近{window}天仅充值{value:.0f}次",
         en="only {value:.0f} top-ups in {window} days", zero=("近{window}天没有充值", "no top-up in {window} days"))
def recharge_count(topups: Events, window: int) -> Column:
    """Top-ups in the window; null for a line that is not prepaid and was not topped up in 180 days."""
    return count_if(topups.last(window))


@feature("recharges", unit="cents", windows=(30, 60, 90), risky="-", zh="近{window}天仅充值{value:.1f}元",
         en="only {value:.1f} yuan topped up in {window} days", zero=("近{window}天没有充值", "no top-up in {window} days"))
def recharge_sum(topups: Events, window: int) -> Column:
    """What was topped up in the window; null for a line that is not prepaid and was not topped up in 180 days."""
    return topups.total("amount_cents", window)


@feature("recharges", unit="cents", windows=(30, 60, 90), risky="-")
def recharge_mean(topups: Events, window: int) -> Column:
    """Mean top-up of the window; null without one."""
    return ratio(topups.total("amount_cents", window), count_if(topups.last(window)))


@feature("recharges", unit="cents", windows=(30, 60, 90), risky="-")
def recharge_max(topups: Events, window: int) -> Column:
    """Largest top-up of the window; null without one."""
    return F.max(F.when(topups.last(window), F.col("amount_cents"))).cast("bigint")


@feature("recharges", unit="days", risky="+", group="recharge_gap", zh="已{value:.0f}天没有充值", en="no top-up for {value:.0f} days")
def days_since_last_recharge(topups: Events) -> Column:
    """Days since the last top-up; null if there was none in 180 days."""
    return topups.since(F.max("day"))


@feature("recharges", unit="days", windows=(LONGEST,), risky="+", group="recharge_gap")
def recharge_gap_mean(topups: Events, window: int) -> Column:
    """Mean days from one top-up of the window to the next; null for fewer than two."""
    return ratio(F.sum("gap_days"), F.count("gap_days"))


@feature("recharges", unit="days", windows=(LONGEST,), risky="+", group="recharge_gap")
def recharge_gap_std(topups: Events, window: int) -> Column:
    """Standard deviation of the days from one top-up of the window to the next; null for fewer than three."""
    return spread(F.count("gap_days"), F.sum("gap_days"), F.sum(squared(F.col("gap_days"))))


@feature(of=("days_since_last_recharge", "recharge_gap_mean_180d"), unit="ratio", risky="+", group="recharge_gap",
         zh="距上次充值已达平时间隔的{value:.1f}倍", en="no top-up for {value:.1f} times as long as usual", told=(1.2, None))
def recharge_overdue(last: Column, usual: Column) -> Column:
    """Days since the last top-up over the mean days from one to the next; null for fewer than two, or if all came on one day."""
    return ratio(last, usual)


@feature("recharges", unit="share", windows=(LONGEST,), risky="±")
def recharge_pareto(topups: Events, window: int) -> Column:
    """Share of the top-ups of the window, the largest first, that make up four fifths of what was paid in; null without one."""
    return ratio(count_if(F.col("above_cents") * 5 < F.col("all_cents") * 4), F.count("amount_cents"))
