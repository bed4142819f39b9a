"""What the account side of a history holds, month by month: bills, snapshots and states; not a family, but what several families are made of."""
from churnkit.engine import Column, F, Frame, W, aggregated, matched, projected, stacked
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
    rows = projected(history.events("bills").table, ["*"], {"months_ago": months_ago(history, "bill_month")})
    one = W.partitionBy("subscriber_id", "months_ago")
    newest = one.orderBy(F.col("received_at").desc(), *(F.coalesce(F.col(name), F.lit(0)).desc() for name in AMOUNTS))
    shown = {"from_day": F.col("day") + 1 - F.dayofmonth("bill_month"), "to_day": F.col("day") + 1,
             "paid_at": F.max("paid_at").over(one), "paid_cents": F.max("paid_cents").over(one),
             **{name: F.coalesce(F.col(name), F.lit(0)) for name in AMOUNTS}}
    kept = ["subscriber_id", "months_ago", "issued_at", "due_at"]
    rows = projected(rows, kept, {**shown, "newness": F.row_number().over(newest)})
    return projected(rows, [*kept, *shown], {}, F.col("newness") == 1)


def snapshots(history: History) -> Frame:
    """One row per subscriber and month, the last snapshot of it; `recency` is 1 for the last of all."""
    rows = projected(history.events("subscribers").table, LINE, {"months_ago": months_ago(history, "snapshot_on")})
    newest = W.partitionBy("subscriber_id", "months_ago").orderBy(
        F.col("day").desc(), F.col("received_at").desc(), F.coalesce(F.col("plan"), F.lit("")).asc())
    rows = projected(rows, ["*"], {"newness": F.row_number().over(newest)})
    recency = F.row_number().over(W.partitionBy("subscriber_id").orderBy("months_ago"))
    return projected(rows, [*LINE, "months_ago"], {"recency": recency}, F.col("newness") == 1)


def last_snapshots(history: History) -> Frame:
    """One row per subscriber: what the last snapshot of the line says."""
    return projected(history.once(snapshots), ["*"], {}, F.col("recency") == 1)


def holders(history: History) -> Frame:
    """One row per subscriber: whose line which number is, by their last snapshot, and since when. Little enough to keep of everyone."""
    return projected(snapshots(history), ["subscriber_id", "msisdn_party", "customer_key", "activated_on", "months_ago"], {}, F.col("recency") == 1)


def states(history: History) -> Frame:
    """One row per state that a line entered within a year, however often it was sent: [from_day, to_day), the last one up to the as-of date.

    `status_before` is null for the first of them; `is_last` marks the state at the as-of date, `stop_recency` is 1 for the last stop.
    """
    entered = aggregated(history.events("status_changes").table, ["subscriber_id", "happened_at", "status"], {
        "reason": F.min("reason"), "day": F.max("day")})
    order = W.partitionBy("subscriber_id").orderBy("happened_at", "status")
    stopped = F.col("status").isin(*STOPS)
    latest = W.partitionBy("subscriber_id", stopped).orderBy(F.col("happened_at").desc(), F.col("status").desc())
    following = F.lead("day").over(order)
    return projected(entered, ["subscriber_id", "status", "reason"], {
        "from_day": F.col("day"), "to_day": F.coalesce(following, F.lit(history.day)), "is_last": following.isNull(),
        "status_before": F.lag("status").over(order), "stop_recency": F.when(stopped, F.row_number().over(latest))})


def odd_months(history: History) -> Frame:
    """subscriber_id, months_ago and `is_odd` (true) of months that are no habit: the line was opened, stopped or changed its plan in it.

    Without changes of state, stops are not known.
    """
    known = history.once(snapshots)
    month = ["subscriber_id", "months_ago"]
    opened = projected(known, ["subscriber_id"], {"months_ago": months_ago(history, "activated_on")},
                       (F.col("recency") == 1) & (F.dayofmonth("activated_on") > 1))
    before = F.lag("plan").over(W.partitionBy("subscriber_id").orderBy(F.col("months_ago").desc()))
    plans = projected(known, [*month, "plan"], {"plan_before": before})
    changed = projected(plans, month, {}, F.col("plan") != F.col("plan_before"))
    odd = [opened, changed]
    if history.has("status_changes"):
        halts = projected(history.once(states), ["subscriber_id"], {"halted": F.col("from_day"), "resumed": F.col("to_day")},
                          (F.col("status") != "open") & (F.col("to_day") > F.col("from_day")))
        odd.append(projected(matched(history.once(monthly_bills), halts, ["subscriber_id"]), month, {},
                             (F.col("halted") < F.col("to_day")) & (F.col("resumed") > F.col("from_day"))))
    return aggregated(stacked(odd), month, {"is_odd": F.lit(True)})
