"""Orders: what was taken, what of it has ended, and whether the handset came with a contract."""
from churnkit.engine import Column, F, Frame, aggregated, beside, matched, projected
from churnkit.expressions import count_if, days
from churnkit.features.declare import feature, flag, source
from churnkit.features.handset import changed_on, handset_models
from churnkit.history import Events, History

BEFORE_DAYS, AFTER_DAYS = 60, 7  # within which an order and the first use of a handset belong together


@source("orders")
def taken_orders(history: History) -> Events:
    """One row per order of a year, however often it was sent; `ended_day` is null until its last day has passed."""
    return Events(history.once(order_rows), history.day)


def order_rows(history: History) -> Frame:
    """The orders; of one that was sent again the earliest end that is known counts. `is_binding` marks contracts and what else binds."""
    rows = aggregated(history.events("orders").table, ["subscriber_id", "happened_at", "product", "kind"], {
        "day": F.max("day"), "ended_day": F.min(days(F.col("ends_on"))), "trial": F.max(flag(F.col("is_trial"))),
        "binds": F.max(flag(F.col("binds_tenure")))})
    binding = (F.col("kind") == "contract") | (F.coalesce(F.col("binds"), F.lit(0)) == 1)
    return projected(rows, ["*"], {"is_binding": binding})


@source("devices_monthly", "handsets", "orders")
def new_handsets(history: History) -> Events:
    """One row per subscriber who changed the handset within twelve months: on which `day`, and how many contracts or bundles were taken with it."""
    changed = aggregated(handset_models(history).table, ["subscriber_id"], {"day": changed_on()})
    changed = projected(changed, ["*"], {}, F.col("day").isNotNull())
    bound = projected(history.once(order_rows), ["subscriber_id"], {"ordered": F.col("day")}, F.col("is_binding") | (F.col("kind") == "bundle"))
    together = (F.col("ordered") >= F.col("day") - BEFORE_DAYS) & (F.col("ordered") <= F.col("day") + AFTER_DAYS)
    with_it = aggregated(matched(changed, bound, ["subscriber_id"]), ["subscriber_id"], {"orders": F.count(F.lit(1))}, together)
    return Events(beside(changed, [with_it], ["subscriber_id"]), history.day)


@feature("taken_orders", unit="count", windows=(90, 365), missing=0, risky="±")
def orders_taken(orders: Events, window: int) -> Column:
    """Orders of the window, of any kind."""
    return count_if(orders.last(window))


@feature("taken_orders", unit="count", windows=(365,), missing=0, risky="-", group="contract")
def binding_orders(orders: Events, window: int) -> Column:
    """Contracts, and other orders that bind the subscriber to stay, of the window."""
    return count_if(orders.last(window) & F.col("is_binding"))


@feature("taken_orders", unit="days", risky="±", group="contract")
def days_since_binding_order(orders: Events) -> Column:
    """Days since the last order that binds the subscriber to stay; null if there was none within a year."""
    return orders.days_since_last(F.col("is_binding"))


@feature("taken_orders", unit="count", windows=(90,), missing=0, risky="±")
def trials(orders: Events, window: int) -> Column:
    """Orders of the window that are free for a time."""
    return count_if(orders.last(window) & (F.col("trial") == 1))


@feature("taken_orders", unit="count", windows=(90,), missing=0, risky="+", zh="近{window}天有{value:.0f}项业务到期或退订",
         en="{value:.0f} products ended in {window} days")
def ended_orders(orders: Events, window: int) -> Column:
    """Orders of a year whose last day lies in the window."""
    return count_if(orders.last(window, "ended_day"))


@feature("taken_orders", unit="days", risky="-", group="discount", zh="优惠{value:.0f}天前到期，没有新的优惠",
         en="the discount ended {value:.0f} days ago, and no other came", told=(None, 90))
def days_since_discount_end(orders: Events) -> Column:
    """Days since the last day of the promotion that ended last; null if one still runs, or none of a year has ended."""
    promoted = F.col("kind") == "promotion"
    running = count_if(promoted & F.col("ended_day").isNull())
    return F.when(running == 0, orders.since(F.max(F.when(promoted, F.col("ended_day")))))


@feature("new_handsets", unit="flag", risky="-", group="handset_change", zh="新手机是随合约或融合套餐办理的",
         en="the new handset came with a contract or a bundle")
def is_handset_own_purchased(handsets: Events) -> Column:
    """1 if the current handset came without a contract or bundle (60 days before its first use to 7 after), else 0; null if it was not changed."""
    return F.max(flag(F.col("orders").isNull()))
