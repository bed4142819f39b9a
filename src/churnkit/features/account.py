"""What the account side of a history holds, month by month: bills, snapshots and states; not a family, but what several families are made of."""
from churnkit.engine import Column, F, Frame, W, projected
from churnkit.history import History

AMOUNTS = ("total_cents", "plan_cents", "overage_voice_cents", "overage_data_cents", "overage_sms_cents", "value_added_cents",
           "third_party_cents", "discount_cents")
LINE = ("subscriber_id", "day", "received_at", "activated_on", "payment_kind", "plan", "branch", "is_key_account", "activation_channel",
        "contract_start_on", "contract_end_on", "contract_kind", "has_minimum_spend", "bundle", "customer_key", "group_key", "has_autopay",
        "credit_limit_cents", "msisdn_party", "alt_contact_party")
STOPS = ("one_way_stop", "two_way_stop")


def months_ago(history: History, day: str) -> Column:
    """How many months before the as-of date's month a date lies; 1 is the last month."""
    return (F.lit(history.month) - (F.year(day) * 12 + F.month(day) - 1)).cast("int")


def monthly_bills(history: History) -> Frame:
    """One row per subscriber and bill month: the amounts of the row received last, and the payments known of any of its rows.

    [from_day, to_day) are the days of the month. `paid_cents` and `paid_at` are null where no payment before the as-of date is known.
    """
    rows = history.events("bills").table
    rows = rows.select(*rows.columns, months_ago(history, "bill_month").alias("months_ago"))
    one = W.partitionBy("subscriber_id", "months_ago")
    newest = one.orderBy(F.col("received_at").desc(), *(F.coalesce(F.col(name), F.lit(0)).desc() for name in AMOUNTS))
    rows = rows.select(
        "subscriber_id", "months_ago", (F.col("day") + 1 - F.dayofmonth("bill_month")).alias("from_day"), (F.col("day") + 1).alias("to_day"),
        "issued_at", "due_at", F.max("paid_at").over(one).alias("paid_at"), F.max("paid_cents").over(one).alias("paid_cents"),
        *(F.coalesce(F.col(name), F.lit(0)).alias(name) for name in AMOUNTS), F.row_number().over(newest).alias("newness"))
    return rows.filter(F.col("newness") == 1).drop("newness")


def snapshots(history: History) -> Frame:
    """One row per subscriber and month, the last snapshot of it; `recency` is 1 for the last of all."""
    rows = history.events("subscribers").table
    rows = rows.select(*LINE, months_ago(history, "snapshot_on").alias("months_ago"))
    newest = W.partitionBy("subscriber_id", "months_ago").orderBy(
        F.col("day").desc(), F.col("received_at").desc(), F.coalesce(F.col("plan"), F.lit("")).asc())
    rows = projected(rows, ["*"], {"newness": F.row_number().over(newest)}).filter(F.col("newness") == 1).drop("newness")
    return projected(rows, ["*"], {"recency": F.row_number().over(W.partitionBy("subscriber_id").orderBy("months_ago"))})


def last_snapshots(history: History) -> Frame:
    """One row per subscriber: what the last snapshot of the line says."""
    return history.once(snapshots).filter(F.col("recency") == 1)


def states(history: History) -> Frame:
    """One row per state that a line entered within a year: [from_day, to_day), the last one up to the as-of date.

    `status_before` is null for the first of them; `is_last` marks the state at the as-of date, `stop_recency` is 1 for the last stop.
    """
    rows = history.events("status_changes").table
    order = W.partitionBy("subscriber_id").orderBy("happened_at", "status")
    stopped = F.col("status").isin(*STOPS)
    latest = W.partitionBy("subscriber_id", stopped).orderBy(F.col("happened_at").desc(), F.col("status").desc())
    following = F.lead("day").over(order)
    return rows.select(
        "subscriber_id", "status", "reason", F.col("day").alias("from_day"), F.coalesce(following, F.lit(history.day)).alias("to_day"),
        following.isNull().alias("is_last"), F.lag("status").over(order).alias("status_before"),
        F.when(stopped, F.row_number().over(latest)).alias("stop_recency"))


def odd_months(history: History) -> Frame:
    """subscriber_id and months_ago of bill months that say little of habit: the line was opened in it, stopped in it, or changed its plan.

    Without changes of state, stops are not known.
    """
    known = history.once(snapshots)
    opened = known.filter((F.col("recency") == 1) & (F.dayofmonth("activated_on") > 1)).select(
        "subscriber_id", months_ago(history, "activated_on").alias("months_ago"))
    before = F.lag("plan").over(W.partitionBy("subscriber_id").orderBy(F.col("months_ago").desc()))
    plans = known.select("subscriber_id", "months_ago", "plan", before.alias("plan_before"))
    changed = plans.filter(F.col("plan") != F.col("plan_before")).select("subscriber_id", "months_ago")
    if not history.has("status_changes"):
        return opened.union(changed).distinct()
    halts = history.once(states).filter((F.col("status") != "open") & (F.col("to_day") > F.col("from_day"))).select(
        "subscriber_id", F.col("from_day").alias("halted"), F.col("to_day").alias("resumed"))
    bills = history.once(monthly_bills)
    halted = bills.join(halts, on="subscriber_id", how="inner").filter(
        (F.col("halted") < F.col("to_day")) & (F.col("resumed") > F.col("from_day"))).select("subscriber_id", "months_ago")
    return opened.union(changed).union(halted).distinct()
