"""Balance: what is left of the top-ups, and how long it will last at the usual pace."""
from churnkit.engine import Column, F, W, projected
from churnkit.features.declare import feature, ratio, source
from churnkit.history import Events, History

FIVE_YUAN, TEN_YUAN = 500, 1_000


@source("topups")
def balances(history: History) -> Events:
    """One row per top-up of 180 days whose balance is known: [from_day, to_day) until the next such, of the last one (`is_last`) to the as-of date.

    Between top-ups `balance_cents` falls evenly, by `spent_cents` in `spent_days`; after the last one as fast as in all the days between them,
    which is null where it is the only one.
    """
    line = W.partitionBy("subscriber_id")
    order = line.orderBy("happened_at", F.coalesce(F.col("balance_after_cents"), F.lit(0)).asc(), F.col("amount_cents"))
    upto = order.rowsBetween(W.unboundedPreceding, W.currentRow)  # a top-up of unknown balance counts for what was paid in
    rows = projected(history.events("topups").table, ["subscriber_id", "happened_at", "balance_after_cents", "amount_cents", "day"],
                     {"paid_in": F.sum("amount_cents").over(upto).cast("bigint")})
    order = line.orderBy("happened_at", "balance_after_cents", "amount_cents")
    rows = projected(rows, ["subscriber_id"], {
        "balance_cents": F.col("balance_after_cents"), "from_day": F.col("day"), "next_day": F.lead("day").over(order),
        "used": F.col("balance_after_cents") - F.col("paid_in") - F.lead(F.col("balance_after_cents") - F.col("paid_in")).over(order)},
        F.col("balance_after_cents").isNotNull())
    used = F.when(F.col("next_day").isNotNull(), F.greatest(F.col("used"), F.lit(0)))
    rows = projected(rows, ["subscriber_id", "balance_cents", "from_day", "next_day"], {"used": used, "days": F.col("next_day") - F.col("from_day")})
    return Events(projected(rows, ["subscriber_id", "balance_cents", "from_day"], {
        "to_day": F.coalesce(F.col("next_day"), F.lit(history.day)), "is_last": F.col("next_day").isNull(),
        "spent_cents": F.coalesce(F.col("used"), F.sum("used").over(line)).cast("bigint"),
        "spent_days": F.coalesce(F.col("days"), F.sum("days").over(line)).cast("bigint")}), history.day)


def low_days(topups: Events, window: int, cents: int) -> Column:
    """Days of the window on which the balance was below so much when the day began."""
    above = F.col("balance_cents") - cents
    first = F.when(above < 0, F.lit(0)).when(F.col("spent_cents") > 0, F.floor(ratio(above * F.col("spent_days"), F.col("spent_cents"))) + 1)
    inside = F.col("to_day") - F.greatest(F.col("from_day") + first, F.lit(topups.as_of - window))
    return F.sum(F.when(first.isNotNull(), F.greatest(inside, F.lit(0))).otherwise(F.lit(0))).cast("bigint")


@feature("balances", unit="cents", risky="-")
def balance_after_recharge(topups: Events) -> Column:
    """Balance with the last top-up; null if none is known in 180 days."""
    return F.max(F.when(F.col("is_last"), F.col("balance_cents"))).cast("bigint")


@feature("balances", unit="cents", risky="-", zh="余额估计只剩{value:.1f}元", en="about {value:.1f} yuan left on the balance")
def balance_estimate(topups: Events) -> Column:
    """What is left of that balance if it was spent at the pace of 180 days; below zero if it is owed; null if that pace is not known."""
    spent = ratio(F.col("spent_cents") * (F.col("to_day") - F.col("from_day")), F.col("spent_days"))
    return F.max(F.when(F.col("is_last"), F.col("balance_cents").cast("double") - spent))


@feature("balances", unit="days", risky="-", zh="余额估计只够用{value:.0f}天", en="the balance will last some {value:.0f} days",
         zero=("余额估计已用完", "the balance is about used up"))
def days_to_empty(topups: Events) -> Column:
    """Days that the balance will last at the pace of 180 days, 0 if it is used up; null if that pace is not known, or nothing was spent."""
    left = ratio(F.col("balance_cents") * F.col("spent_days"), F.col("spent_cents")) - (F.col("to_day") - F.col("from_day"))
    return F.max(F.when(F.col("is_last") & left.isNotNull(), F.greatest(left, F.lit(0.0))))


@feature("balances", unit="cents", windows=(90,), risky="-")
def average_balance(topups: Events, window: int) -> Column:
    """Mean balance of the days up to each top-up of the window from the one before it, as if spent evenly; null if there are no such days."""
    those = ~F.col("is_last") & topups.last(window, "to_day")
    twice = (F.col("balance_cents") * 2 - F.col("spent_cents")) * F.col("spent_days")
    return ratio(F.sum(F.when(those, twice)), F.sum(F.when(those, F.col("spent_days"))) * 2)


@feature("balances", unit="days", windows=(30,), risky="+", group="low_balance", zh="近{window}天约有{value:.0f}天余额不足5元",
         en="less than 5 yuan left on about {value:.0f} of {window} days")
def days_under_5_yuan(topups: Events, window: int) -> Column:
    """Days of the window on which less than 5 yuan was left, as if spent evenly; null if no balance is known in 180 days."""
    return low_days(topups, window, FIVE_YUAN)


@feature("balances", unit="days", windows=(30,), risky="+", group="low_balance", zh="近{window}天约有{value:.0f}天余额不足10元",
         en="less than 10 yuan left on about {value:.0f} of {window} days")
def days_under_10_yuan(topups: Events, window: int) -> Column:
    """Days of the window on which less than 10 yuan was left, as if spent evenly; null if no balance is known in 180 days."""
    return low_days(topups, window, TEN_YUAN)
