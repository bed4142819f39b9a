"""Tenure and contract: how long they have been here, what binds them, and when it ends."""
from churnkit.engine import Column, F, Frame, W, aggregated, beside, matched, projected
from churnkit.expressions import count_if, days
from churnkit.features.account import holders, last_snapshots, snapshots
from churnkit.features.declare import feature, flag, ratio, source
from churnkit.history import Events, History

OPENED_DAYS = 7  # that a line is opened, at most, after its number was ported in
PORT_TENURE_DAYS = 120  # a number may be ported that long after it was opened or ported in (MIIT, 2019)


@source("subscribers")
def lines(history: History) -> Events:
    """One row per subscriber: the last snapshot, its dates as days, and how many lines the customer had in that month."""
    rows = beside(last_snapshots(history), [history.everyone.once(customers)], ["customer_key", "months_ago"])
    end, start = days(F.col("contract_end_on")), days(F.col("contract_start_on"))
    return Events(projected(rows, [c for c in rows.columns if c != "lines"], {
        "activated": days(F.col("activated_on")), "contract_start": start, "contract_end": end,
        "customer_lines": F.coalesce(F.col("lines"), F.lit(1)).cast("bigint")}), history.day)


def customers(history: History) -> Frame:
    """One row per customer and month in which several lines were seen last: how many `lines`."""
    lines = {"lines": F.count(F.lit(1))}
    counted = aggregated(history.once(holders), ["customer_key", "months_ago"], lines, F.col("customer_key").isNotNull())
    return projected(counted, ["*"], {}, F.col("lines") > 1)


@source("subscribers")
def line_months(history: History) -> Events:
    """One row per subscriber and snapshot of the last six months that has one before it: plan and contract end of both."""
    before = W.partitionBy("subscriber_id").orderBy(F.col("months_ago").desc())
    rows = projected(history.once(snapshots), ["subscriber_id", "months_ago", "plan"], {
        "plan_before": F.lag("plan").over(before), "ends_on": F.col("contract_end_on"), "ended_on": F.lag("contract_end_on").over(before),
        "has_before": F.lag("months_ago").over(before).isNotNull()})
    return Events(projected(rows, ["*"], {}, F.col("has_before") & (F.col("months_ago") <= 6)), history.day)


@source("subscribers", "portings")
def port_ins(history: History) -> Events:
    """One row per porting, within a year, of a line's number to this operator since the week before the line was opened: earlier it was another's."""
    mine = projected(last_snapshots(history), ["subscriber_id", "msisdn_party"], {"activated": days(F.col("activated_on"))})
    here = projected(history.events("portings").table, ["day"], {"msisdn_party": F.col("msisdn")}, F.col("to_operator") == "own")
    rows = matched(mine, here, ["msisdn_party"])
    return Events(projected(rows, ["subscriber_id", "day"], {}, F.col("day") >= F.col("activated") - OPENED_DAYS), history.day)


def only(column: str) -> Column:
    """The value of a source that has one row per subscriber."""
    return F.max(column)


def stated(column: str) -> Column:
    """A flag of a source that has one row per subscriber: 1 or 0, null where the operator does not say."""
    return F.max(flag(F.col(column)))


@feature("lines", unit="days", risky="-", zh="入网仅{value:.0f}天", en="only {value:.0f} days with us", told=(None, 365))
def tenure_days(lines: Events) -> Column:
    """Days since the line was opened; null where no snapshot is known."""
    return lines.since(only("activated"))


@feature("port_ins", unit="days", risky="±", group="port_in")
def days_since_ported_in(portings: Events) -> Column:
    """Days since the number was last ported in from another operator; null if it was not within a year."""
    return portings.since(F.max("day"))


@feature(of=("tenure_days",), unit="flag", risky="+", zh="入网不满90天，请先确认是否清楚资费",
         en="with us for less than 90 days: make sure the plan is understood")
def is_first_90_days(tenure: Column) -> Column:
    """1 if the line was opened less than 90 days ago, else 0."""
    return flag(tenure < 90)


@feature(of=("tenure_days",), unit="flag", risky="+", zh="入网不满半年", en="with us for less than half a year")
def is_first_180_days(tenure: Column) -> Column:
    """1 if the line was opened less than 180 days ago, else 0."""
    return flag(tenure < 180)


@feature("lines", unit="days", risky="-", group="contract", zh="合约还有{value:.0f}天到期，尚未续约",
         en="contract ends in {value:.0f} days, not renewed",
         zero=("合约今天到期，尚未续约", "contract ends today, not renewed"), told=(0, 90))
def days_to_contract_end(lines: Events) -> Column:
    """Days to the last day of the contract, 0 on it; null without a contract, or once it has ended."""
    left = F.col("contract_end") - lines.as_of
    return F.max(F.when(left >= 0, left)).cast("bigint")


@feature("lines", unit="days", risky="±", group="contract", zh="合约已到期{value:.0f}天，尚未续约",
         en="contract ended {value:.0f} days ago, not renewed", told=(None, 180))
def contract_expired_days(lines: Events) -> Column:
    """Days since the last day of a contract that was not renewed; null without a contract, or while it runs."""
    past = lines.since(F.col("contract_end"))
    return F.max(F.when(past > 0, past))


@feature("lines", unit="days", risky="±", group="contract")
def contract_end_days(lines: Events) -> Column:
    """Days to the last day of the contract, negative once it has passed; null without a contract."""
    return F.max(F.col("contract_end") - lines.as_of).cast("bigint")


@feature("lines", unit="months", missing=0, risky="-", group="contract")
def lockin_months_left(lines: Events) -> Column:
    """Whole calendar months that the contract still binds; 0 without a contract, or once it has ended."""
    after = F.date_add(F.col("contract_end_on"), 1)
    moment = F.date_add(F.lit("1970-01-01").cast("date"), lines.as_of)
    months = (F.year(after) * 12 + F.month(after)) - (F.year(moment) * 12 + F.month(moment))
    return F.max(F.when(months > 0, months).otherwise(F.lit(0))).cast("bigint")


@feature("lines", unit="share", risky="-", group="contract")
def contract_share_left(lines: Events) -> Column:
    """Days left of the contract over its days; 0 once it has ended, null without a contract or its first day."""
    length = F.col("contract_end") - F.col("contract_start") + 1
    left = F.least(F.greatest(F.col("contract_end") + 1 - lines.as_of, F.lit(0)), length)
    return F.max(F.when(length > 0, ratio(left, length)))


@feature("lines", unit="flag", missing=0, risky="-", group="contract")
def has_contract(lines: Events) -> Column:
    """1 if a contract runs at the as-of date, else 0."""
    return F.max(F.coalesce(flag(F.col("contract_end") >= lines.as_of), F.lit(0)))


@feature("lines", unit="code", risky="±", group="contract")
def contract_kind(lines: Events) -> Column:
    """Kind of the contract in the last snapshot, ended or not; null without one."""
    return only("contract_kind")


@feature("lines", unit="flag", risky="-", group="contract")
def has_minimum_spend(lines: Events) -> Column:
    """1 if a minimum spend was promised, else 0; null where the operator does not say."""
    return stated("has_minimum_spend")


@feature("line_months", unit="count", missing=0, risky="-", group="contract")
def renewals_6m(months: Events) -> Column:
    """Times that the end of the contract moved out, or a first contract was signed, from one snapshot to the next within six months."""
    return count_if(F.col("ends_on").isNotNull() & (F.col("ended_on").isNull() | (F.col("ends_on") > F.col("ended_on"))))


@feature("line_months", unit="count", missing=0, risky="±", group="plan")
def plan_changes_6m(months: Events) -> Column:
    """Changes of plan from one snapshot to the next within six months."""
    return count_if(F.col("plan") != F.col("plan_before"))


@feature("line_months", unit="months", risky="±", group="plan")
def months_since_plan_change(months: Events) -> Column:
    """Months since a change of plan showed in a snapshot, 1 for the last one; null if none within six months."""
    return F.min(F.when(F.col("plan") != F.col("plan_before"), F.col("months_ago"))).cast("bigint")


@feature("lines", unit="flag", missing=0, risky="-", group="bundle")
def has_bundle(lines: Events) -> Column:
    """1 if the line is bundled with other products, else 0."""
    return F.max(flag(F.coalesce(F.col("bundle"), F.lit("")) != ""))


@feature("lines", unit="count", missing=1, risky="-", group="bundle", internal=True)
def customer_lines(lines: Events) -> Column:
    """Lines of the same customer in the last snapshots, this one included."""
    return only("customer_lines")


@feature("lines", unit="flag", missing=0, risky="-", group="bundle")
def is_in_group(lines: Events) -> Column:
    """1 if the line belongs to a company's or a family's group, else 0."""
    return F.max(flag(F.col("group_key").isNotNull()))


@feature("lines", unit="flag", risky="-", group="autopay")
def has_autopay(lines: Events) -> Column:
    """1 if bills are paid by standing order, else 0; null where the operator does not say."""
    return stated("has_autopay")


@feature("lines", unit="flag", risky="±", group="account")
def is_key_account(lines: Events) -> Column:
    """1 for a key account's line, else 0; null where the operator does not say."""
    return stated("is_key_account")


@feature("lines", unit="cents", risky="±", group="account")
def credit_limit(lines: Events) -> Column:
    """How much may be owed; null where there is no limit on record."""
    return only("credit_limit_cents").cast("bigint")


@feature("lines", unit="code", group="plan")
def plan(lines: Events) -> Column:
    """Code of the plan in the last snapshot."""
    return only("plan")


@feature("lines", unit="code", group="account")
def payment_kind(lines: Events) -> Column:
    """How the line is paid: prepaid, quasi_prepaid or postpaid."""
    return only("payment_kind")


@feature("lines", unit="code", group="account")
def branch(lines: Events) -> Column:
    """Branch as a path, 省/地市/区县."""
    return only("branch")


@feature("lines", unit="code", group="tenure")
def activation_channel(lines: Events) -> Column:
    """Where the line was sold; null where the operator does not say."""
    return only("activation_channel")


@feature(of=("tenure_days", "has_contract", "arrears_amount", "state_now"), unit="flag", risky="+", group="contract", internal=True, adjacent=True,
         zh="无合约、无欠费，具备携转条件", en="free to port out: no contract, nothing owed")
def is_port_eligible(tenure: Column, bound: Column, owed: Column, state: Column) -> Column:
    """1 if the number may be ported out: open, nothing owed, no contract, opened more than 120 days ago; else 0."""
    return flag((tenure > PORT_TENURE_DAYS) & (bound == 0) & (F.coalesce(owed, F.lit(0)) == 0) & (state == "open"))
