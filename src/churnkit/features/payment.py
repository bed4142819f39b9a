"""Payment and suspension: what is owed, how late it is paid, and how often the line was stopped for it."""
from churnkit.engine import Column, F, matched, projected
from churnkit.expressions import count_if, days, total_if
from churnkit.features.account import STOPS, last_snapshots, monthly_bills, states
from churnkit.features.declare import feature, ratio, source
from churnkit.history import Events, History


@source("bills", "subscribers")
def due_bills(history: History) -> Events:
    """One row per bill of a postpaid or quasi-prepaid line: `due_day`, `paid_day`, and `owed_cents`, what is unpaid of it past its due date.

    A bill without a due date is due when it went out; where that is not said either, nothing is known of what is owed.
    """
    payers = projected(last_snapshots(history), ["subscriber_id", "credit_limit_cents"], {}, F.col("payment_kind") != "prepaid")
    rows = matched(history.once(monthly_bills), payers, ["subscriber_id"])
    rows = projected(rows, ["*"], {"due_day": days(F.coalesce(F.col("due_at"), F.col("issued_at"))), "paid_day": days(F.col("paid_at"))})
    left = F.greatest(F.col("total_cents") - F.coalesce(F.col("paid_cents"), F.lit(0)), F.lit(0))
    return Events(projected(rows, ["*"], {
        "owed_cents": F.when(F.col("due_day") < history.day, left).when(F.col("due_day").isNotNull(), F.lit(0))}), history.day)


@source("status_changes")
def line_states(history: History) -> Events:
    """One row per state that a line entered within a year: [from_day, to_day), the last one up to the as-of date."""
    rows = history.once(states)
    reopened = F.col("status_before").isin(*STOPS) & (F.col("status") == "open")
    return Events(projected(rows, ["*"], {"day": F.col("from_day"), "is_reopening": reopened}), history.day)


@feature("due_bills", unit="cents", risky="+", group="arrears", zh="已逾期欠费{value:.1f}元", en="{value:.1f} yuan overdue")
def arrears_amount(bills: Events) -> Column:
    """What is unpaid of bills past their due date; null for prepaid lines and where there is no bill that says when it was due."""
    return F.sum("owed_cents").cast("bigint")


@feature("due_bills", unit="months", risky="+", group="arrears", zh="有{value:.0f}个月的账单到期未缴",
         en="{value:.0f} bills unpaid past their due date")
def unpaid_months(bills: Events) -> Column:
    """Bills past their due date of which something is unpaid; null for prepaid lines and where there is no bill that says when it was due."""
    return F.when(F.count("owed_cents") > 0, count_if(F.col("owed_cents") > 0))


@feature("due_bills", unit="days", missing=0, risky="+", group="arrears", zh="最早一笔欠费已逾期{value:.0f}天",
         en="the oldest unpaid bill is {value:.0f} days overdue")
def days_overdue(bills: Events) -> Column:
    """Days since the due date of the oldest unpaid bill; 0 where none is unpaid."""
    return F.coalesce(bills.since(F.min(F.when(F.col("owed_cents") > 0, F.col("due_day")))), F.lit(0))


@feature("due_bills", unit="ratio", risky="+", group="arrears")
def credit_limit_used(bills: Events) -> Column:
    """Arrears over the credit limit; null where there is no limit."""
    return ratio(F.sum("owed_cents"), F.max("credit_limit_cents"))


@feature("due_bills", unit="days", risky="+", group="late_payment", zh="近6个月平均逾期{value:.0f}天缴费", en="pays {value:.0f} days late on average",
         told=(1, None))
def payment_delay_mean_6m(bills: Events) -> Column:
    """Mean days from due date to payment of the bills paid, negative when paid early; null if none was paid."""
    late = F.col("paid_day") - F.col("due_day")
    return ratio(F.sum(late), F.count(late))


@feature("due_bills", unit="days", risky="+", group="late_payment", zh="最近一次缴费逾期{value:.0f}天", en="paid the last bill {value:.0f} days late",
         told=(1, None))
def payment_delay_last(bills: Events) -> Column:
    """Days from due date to payment of the newest bill paid, negative when paid early; null if none was paid."""
    late = F.col("paid_day") - F.col("due_day")
    return F.coalesce(*(F.max(F.when(F.col("months_ago") == ago, late)) for ago in range(1, 7))).cast("bigint")


@feature(of=("payment_delay_last", "payment_delay_mean_6m"), unit="days", risky="+", group="late_payment",
         zh="最近一次缴费比平时晚{value:.0f}天", en="paid the last bill {value:.0f} days later than usual", told=(1, None))
def payment_delay_change(last: Column, mean: Column) -> Column:
    """Delay of the newest bill paid less the mean delay; null if none was paid."""
    return last - mean


@feature("due_bills", unit="count", windows=(30, 90), risky="-", group="payments", zh="近{window}天仅缴费{value:.0f}次",
         en="only {value:.0f} bills paid in {window} days", zero=("近{window}天没有缴费", "no bill paid in {window} days"))
def bills_paid(bills: Events, window: int) -> Column:
    """Bills paid in the window; null for prepaid lines and where there is no bill."""
    return count_if(bills.last(window, "paid_day"))


@feature("due_bills", unit="cents", windows=(30, 90), risky="-", group="payments")
def amount_paid(bills: Events, window: int) -> Column:
    """What was paid for bills in the window; null for prepaid lines and where there is no bill."""
    return total_if(bills.last(window, "paid_day"), F.col("paid_cents"))


@feature("line_states", unit="days", windows=(90, 180), missing=0, risky="+", group="stops", adjacent=True,
         zh="近{window}天单停共{value:.0f}天", en="one-way stopped for {value:.0f} of {window} days")
def one_way_stop_days(lines: Events, window: int) -> Column:
    """Days of the window that ended in the one-way stop."""
    inside = F.greatest(F.col("to_day") - F.greatest(F.col("from_day"), F.lit(lines.as_of - window)), F.lit(0))
    return F.sum(F.when(F.col("status") == "one_way_stop", inside).otherwise(F.lit(0))).cast("bigint")


@feature("line_states", unit="count", windows=(180, 365), missing=0, risky="+", group="stops", adjacent=True,
         zh="近{window}天双停{value:.0f}次", en="two-way stopped {value:.0f} times in {window} days")
def two_way_stops(lines: Events, window: int) -> Column:
    """Entries into the two-way stop in the window."""
    return count_if((F.col("status") == "two_way_stop") & lines.last(window))


@feature("line_states", unit="count", windows=(180,), missing=0, risky="+", group="stops", adjacent=True,
         zh="近{window}天单停{value:.0f}次", en="one-way stopped {value:.0f} times in {window} days")
def one_way_stops(lines: Events, window: int) -> Column:
    """Entries into the one-way stop in the window."""
    return count_if((F.col("status") == "one_way_stop") & lines.last(window))


@feature("line_states", unit="days", risky="+", group="stops", adjacent=True, zh="本次停机已{value:.0f}天", en="stopped for {value:.0f} days now")
def current_stop_days(lines: Events) -> Column:
    """Days since the present stop, one-way or two-way, was entered; null if the line is not stopped."""
    return lines.since(F.max(F.when(F.col("is_last") & F.col("status").isin(*STOPS), F.col("from_day"))))


@feature("line_states", unit="days", windows=(180,), risky="-", group="stops", adjacent=True, zh="{value:.0f}天前停机后复机",
         en="reopened after a stop {value:.0f} days ago", told=(None, 90))
def days_since_reopen(lines: Events, window: int) -> Column:
    """Days since a stop was last followed by reopening; null if there was none in the window."""
    return lines.since(F.max(F.when(F.col("is_reopening") & lines.last(window), F.col("from_day"))))


@feature("line_states", unit="code", missing="open", adjacent=True, group="stops")
def state_now(lines: Events) -> Column:
    """State entered last within a year; `open` if there was no change."""
    return F.max(F.when(F.col("is_last"), F.col("status")))


@feature("line_states", unit="code", missing="none", group="stops", adjacent=True)
def last_stop_reason(lines: Events) -> Column:
    """Reason of the stop entered last within a year; `none` if there was no stop, `other` if no reason was given."""
    stopped = F.when(F.col("stop_recency") == 1, F.coalesce(F.col("reason"), F.lit("other")))
    return F.max(stopped)
