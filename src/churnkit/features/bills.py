"""Bill level and volatility: what the line costs, how far a bill strays from habit, and what made it so."""
from churnkit.engine import Column, F, W, beside, projected
from churnkit.expressions import count_if
from churnkit.features.account import monthly_bills, odd_months
from churnkit.features.declare import feature, flag, ratio, share, source, spread, squared
from churnkit.history import Events, History

SHOCK = 1.5  # a bill this many times the usual one is a shock (the seed rules of 2005)
FEWEST = 3  # bills that a spread is taken over
WHOLE_DAYS = 180  # of those with us for so long the first month, which may not be whole, is not among the last five bills
TOTAL = "total_cents"
OVERAGE = ("overage_voice_cents", "overage_data_cents", "overage_sms_cents")


@source("bills", "subscribers", also=("status_changes",))
def settled_bills(history: History) -> Events:
    """One row per bill of the last six months: its amounts, how many months ago, and whether it is `regular`.

    Not regular are the first month if it was not a whole one, months with a stop and the month of a change of plan: they are no habit.
    `step` is the distance to the bill of the month before, where both are regular; `is_middle` marks the middle one or two of the
    regular bills before the last month.
    """
    rows = beside(history.once(monthly_bills), [odd_months(history)], ["subscriber_id", "months_ago"])
    regular = F.col("is_odd").isNull()
    rows = projected(rows, ["*"], {"regular": regular, "is_earlier": regular & (F.col("months_ago") > 1)})
    alike = W.partitionBy("subscriber_id", "is_earlier")
    line = W.partitionBy("subscriber_id").orderBy(F.col("months_ago").desc())
    rows = projected(rows, ["*"], {
        "place": F.row_number().over(alike.orderBy("total_cents")), "places": F.count(F.lit(1)).over(alike),
        "total_before": F.lag("total_cents").over(line), "regular_before": F.lag("regular").over(line),
        "ago_before": F.lag("months_ago").over(line)})
    twice = F.col("place") * 2
    both = F.col("regular") & F.col("regular_before") & (F.col("ago_before") == F.col("months_ago") + 1)
    middle = F.col("is_earlier") & (twice >= F.col("places")) & (twice <= F.col("places") + 2)
    return Events(projected(rows, ["*"], {"step": F.when(both, F.abs(amount(TOTAL) - F.col("total_before"))), "is_middle": middle}), history.day)


def within(months: int) -> Column:
    """Whether a bill is of the last so many months."""
    return F.col("months_ago") <= months


def amount(*names: str) -> Column:
    """A bill's amounts, added up."""
    total = F.col(names[0])
    for name in names[1:]:
        total = total + F.col(name)
    return total


def summed(condition: Column, *names: str) -> Column:
    """Sum of amounts over the bills that meet the condition; null if none does."""
    return F.sum(F.when(condition, amount(*names))).cast("bigint")


def regular(months: int) -> tuple[Column, Column, Column]:
    """Count, sum and sum of squares of the regular bills of the last so many months."""
    those = F.col("regular") & within(months)
    return count_if(those), summed(those, TOTAL), F.sum(F.when(those, squared(amount(TOTAL))))


def usual() -> Column:
    """Median of the regular bills before the last month, in cents; null without one."""
    return ratio(summed(F.col("is_middle"), TOTAL), count_if(F.col("is_middle")))


@feature("settled_bills", unit="cents", risky="±")
def bill_last(bills: Events) -> Column:
    """Total of the last month's bill; null if there is none yet."""
    return summed(within(1), TOTAL)


@feature("settled_bills", unit="cents", months=(3, 6), risky="-")
def bill_mean(bills: Events, months: int) -> Column:
    """Mean total of the bills of the last so many months, all of them; null without one."""
    return ratio(summed(within(months), TOTAL), count_if(within(months)))


@feature("settled_bills", unit="cents", months=(6,), risky="+", group="bill_shock", zh="近半年话费上下浮动约{value:.0f}元",
         en="bills vary by about {value:.0f} yuan up and down over half a year", told=(1000, None), where={"bill_cv_6m": (0.2, None)})
def bill_std(bills: Events, months: int) -> Column:
    """Standard deviation of the regular bills; null for fewer than three."""
    count, total, squares = regular(months)
    return F.when(count >= FEWEST, spread(count, total, squares))


@feature("settled_bills", unit="ratio", months=(6,), risky="+", group="bill_shock", zh="近半年话费上下浮动达均值的{value:.0%}",
         en="bills vary by {value:.0%} of their mean up and down over half a year", told=(0.2, None))
def bill_cv(bills: Events, months: int) -> Column:
    """Standard deviation of the regular bills over their mean; null for fewer than three, or a mean of zero."""
    count, total, squares = regular(months)
    return F.when((count >= FEWEST) & (total > 0), spread(count, total, squares) * count / total)


@feature("settled_bills", unit="cents", months=(6,), risky="+", group="bill_shock", zh="话费月月不同，平均相差{value:.1f}元",
         en="bills differ by {value:.1f} yuan on average from month to month", told=(1000, None), where={"bill_cv_6m": (0.2, None)})
def bill_step_mean(bills: Events, months: int) -> Column:
    """Mean distance between the regular bills of neighbouring months; null without two such bills."""
    return ratio(F.sum("step"), F.count("step"))


@feature("settled_bills", unit="ratio", months=(6,), risky="±", group="bill_shock")
def bill_z_last(bills: Events, months: int) -> Column:
    """Last bill less the mean of the regular ones, in their standard deviations; null for fewer than three, or none of spread."""
    count, total, squares = regular(months)
    return F.when(count >= FEWEST, ratio(summed(within(1), TOTAL) - ratio(total, count), spread(count, total, squares)))


@feature("settled_bills", unit="ratio", months=(6,), risky="+", group="bill_shock", zh="近半年最高月话费是最低的{value:.1f}倍",
         en="highest bill {value:.1f} times the lowest in half a year", told=(1.5, None))
def bill_range_ratio(bills: Events, months: int) -> Column:
    """Highest regular bill over the lowest; null for fewer than three, or a lowest of zero."""
    those = F.col("regular") & within(months)
    lowest, highest = F.min(F.when(those, amount(TOTAL))), F.max(F.when(those, amount(TOTAL)))
    return F.when(count_if(those) >= FEWEST, share(highest, lowest))


@feature("settled_bills", unit="ratio", risky="-", group="bill_shock", zh="上月话费{bill_last:.1f}元，仅为此前月均的{value:.0%}",
         en="last bill {bill_last:.1f} yuan, {value:.0%} of the mean of those before", zero=("上月没有话费", "nothing billed last month"),
         told=(None, 0.8),
         above=(1.2, "上月话费{bill_last:.1f}元，是此前月均的{value:.1f}倍",
                "last bill {bill_last:.1f} yuan, {value:.1f} times the mean of those before"))
def bill_drop_ratio(bills: Events) -> Column:
    """Last bill over the mean of the three months before; null without either, or if those came to nothing."""
    before = within(4) & ~within(1)
    return share(summed(within(1), TOTAL) * count_if(before), summed(before, TOTAL))


@feature("settled_bills", unit="ratio", risky="+", group="bill_shock", told=(1.4, None), where={"tenure_days": (WHOLE_DAYS, None)},
         zh="上上月话费是此前三个月均值的{value:.1f}倍", en="the bill of two months ago was {value:.1f} times the mean of the three before")
def earlier_bill_ratio(bills: Events) -> Column:
    """Bill of two months ago over the mean of the three months before it: a shock is remembered; null without either, or if those came to nothing."""
    second, before = F.col("months_ago") == 2, within(5) & ~within(2)
    return share(summed(second, TOTAL) * count_if(before), summed(before, TOTAL))


@feature("settled_bills", unit="ratio", months=(6,), risky="-", group="bill_trend", zh="近半年话费总体走低",
         en="bills lower on the whole over half a year", told=(None, -0.03))
def bill_slope(bills: Events, months: int) -> Column:
    """Least-squares slope of the regular bills, a month, over their mean; null for fewer than three, or a mean of zero."""
    those = F.col("regular") & within(months)
    count, total, _ = regular(months)
    ago, agos = summed(those, "months_ago"), F.sum(F.when(those, squared(F.col("months_ago"))))
    leant = F.sum(F.when(those, F.col("months_ago").cast("double") * amount(TOTAL).cast("double")))
    rise = (ago.cast("double") * total - count * leant) / (count * agos - squared(ago))  # months ago run against time
    return F.when((count >= FEWEST) & (total > 0), rise * count / total)


@feature("settled_bills", unit="cents", risky="±", group="bill_shock")
def bill_usual(bills: Events) -> Column:
    """Median of the regular bills of half a year before the last month; null without one."""
    return usual()


@feature("settled_bills", unit="ratio", risky="+", group="bill_shock", zh="上月话费{bill_last:.1f}元，是平时的{value:.1f}倍",
         en="last bill {bill_last:.1f} yuan, {value:.1f} times the usual", told=(1.2, None))
def bill_shock_ratio(bills: Events) -> Column:
    """Last bill over the usual one; null without either, or if the usual one is zero."""
    return share(summed(within(1), TOTAL), usual())


@feature(of=("bill_shock_ratio",), unit="flag", risky="+", group="bill_shock", zh="上月话费{bill_last:.1f}元，达平时的1.5倍以上",
         en="last bill {bill_last:.1f} yuan, at least 1.5 times the usual")
def is_bill_shock(times: Column) -> Column:
    """1 if the last bill is at least one and a half times the usual one, else 0; null where that ratio is."""
    return flag(times >= SHOCK)


@feature(of=("bill_last", "bill_usual"), unit="cents", risky="+", group="bill_shock", zh="上月话费{bill_last:.1f}元，比平时高{value:.1f}元",
         en="last bill {bill_last:.1f} yuan, {value:.1f} more than usual", told=(500, None))
def bill_over_usual(last: Column, before: Column) -> Column:
    """Last bill less the usual one; null without either."""
    return last - before


@feature("settled_bills", unit="share", months=(1, 3), risky="+", group="overage", zh="近{window}个月话费中{value:.0%}是套餐外费用",
         en="{value:.0%} of the bill beyond the plan in {window} months", told=(0.05, None))
def overage_share(bills: Events, months: int) -> Column:
    """Voice, data and SMS beyond the plan, as a share of the total; null if nothing was billed."""
    return share(summed(within(months), *OVERAGE), summed(within(months), TOTAL))


@feature("settled_bills", unit="cents", risky="+", group="overage", zh="上月套餐外费用{value:.1f}元",
         en="{value:.1f} yuan beyond the plan last month", told=(100, None))
def overage_last(bills: Events) -> Column:
    """Charges beyond the plan on the last bill; null if there is none yet."""
    return summed(within(1), *OVERAGE)


@feature("settled_bills", unit="cents", risky="+", group="overage", zh="上月套餐外流量费{value:.1f}元",
         en="{value:.1f} yuan of data beyond the plan last month", told=(100, None))
def overage_data_last(bills: Events) -> Column:
    """Data beyond the plan on the last bill; null if there is none yet."""
    return summed(within(1), "overage_data_cents")


@feature("settled_bills", unit="months", missing=0, risky="+", group="overage", zh="已连续{value:.0f}个月超出套餐",
         en="beyond the plan for {value:.0f} months in a row")
def over_plan_months(bills: Events) -> Column:
    """Months in a row, up to the last one, with charges beyond the plan; at most six."""
    held = F.lit(0).cast("bigint")
    for ago in range(6, 0, -1):
        is_over = count_if((F.col("months_ago") == ago) & (amount(*OVERAGE) > 0)) > 0
        held = F.when(is_over, held + 1).otherwise(F.lit(0).cast("bigint"))
    return held


@feature("settled_bills", unit="share", months=(1, 3), risky="±", group="extras", zh="近{window}个月话费中{value:.0%}是增值业务费",
         en="{value:.0%} of the bill for value-added services in {window} months", told=(0.05, None))
def value_added_share(bills: Events, months: int) -> Column:
    """Value-added services as a share of the total; null if nothing was billed."""
    return share(summed(within(months), "value_added_cents"), summed(within(months), TOTAL))


@feature("settled_bills", unit="share", months=(1, 3), risky="+", group="extras", zh="近{window}个月话费中{value:.0%}是代收费",
         en="{value:.0%} of the bill collected for others in {window} months", told=(0.05, None))
def third_party_share(bills: Events, months: int) -> Column:
    """What is collected for third parties as a share of the total; null if nothing was billed."""
    return share(summed(within(months), "third_party_cents"), summed(within(months), TOTAL))


@feature("settled_bills", unit="share", months=(1, 3), risky="±", group="discount")
def discount_share(bills: Events, months: int) -> Column:
    """Discounts as a share of the total before them; null if nothing was charged."""
    return share(summed(within(months), "discount_cents"), summed(within(months), TOTAL, "discount_cents"))


@feature("settled_bills", unit="cents", risky="+", group="discount", zh="上月优惠比前三个月少{value:.1f}元",
         en="discount down by {value:.1f} yuan last month", told=(100, None))
def discount_drop(bills: Events) -> Column:
    """Mean discount of the three months before the last one, less the last one; null without both."""
    before = within(4) & ~within(1)
    return ratio(summed(before, "discount_cents"), count_if(before)) - summed(within(1), "discount_cents")


@feature("settled_bills", unit="cents", risky="+", group="bill_shock", zh="套餐费比前一个月高{value:.1f}元", en="plan fee up by {value:.1f} yuan",
         told=(100, None))
def plan_fee_rise(bills: Events) -> Column:
    """Plan fee of the last bill less that of the month before; null without both."""
    return summed(within(1), "plan_cents") - summed(F.col("months_ago") == 2, "plan_cents")


@feature("settled_bills", unit="count", months=(6,), missing=0, risky="±", group="bill_shock")
def regular_bills(bills: Events, months: int) -> Column:
    """Bills of the last so many months that are taken for habit."""
    return count_if(F.col("regular") & within(months))
