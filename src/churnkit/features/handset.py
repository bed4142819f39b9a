"""The handset: which model, how long in use, how far behind, and whether it was just changed."""
from churnkit.engine import Column, F, Frame, W, aggregated, beside, projected
from churnkit.expressions import days
from churnkit.features.declare import feature, flag, share, source
from churnkit.history import Events, History

YEAR = 12  # months that handsets are looked back at
QUARTER = 3  # months that lines on one handset are looked for in
NEWEST_GENERATION = 5
MOST_LINES = 50  # on one handset; an IMEI of more is a placeholder, such as 000000000000000


@source("devices_monthly", "handsets")
def handset_models(history: History) -> Events:
    """One row per subscriber and handset model used in twelve months; the two TACs of one model are one.

    `recency` 1 is the current model, the one used last (of two used on one day the one used more in the last month, then by name).
    A TAC that the handset table lacks is a model of its own whose name, make and age are null.
    """
    known = projected(history.events("handsets").table, [
        "tac", "brand", "model", "launched_on", "generation", "price_band", "is_smartphone", "is_dual_sim"], {})
    used = beside(history.events("devices_monthly").table, [known], ["tac"])
    lately = F.when(F.col("months_ago") == 1, F.col("legs")).otherwise(F.lit(0))
    thing = F.coalesce(F.col("model"), F.concat(F.lit("tac "), F.col("tac")))
    one = aggregated(projected(used, ["*"], {"legs_lately": lately, "thing": thing}), ["subscriber_id", "thing"], {
        "brand": F.max("brand"), "model": F.max("model"), "launched": F.max(days(F.col("launched_on"))),
        "generation": F.max(F.substring("generation", 1, 1).cast("int")), "price_band": F.max("price_band"),
        "is_smartphone": F.max(flag(F.col("is_smartphone"))), "is_dual_sim": F.max(flag(F.col("is_dual_sim"))),
        "first_day": F.min("first_day"), "last_day": F.max("last_day"), "legs_lately": F.sum("legs_lately")})
    last = W.partitionBy("subscriber_id").orderBy(F.col("last_day").desc(), F.col("legs_lately").desc(), F.col("thing"))
    first = F.min("first_day").over(W.partitionBy("subscriber_id"))
    return Events(projected(one, ["*"], {"recency": F.row_number().over(last), "first_of_all": first}), history.day)


@source("device_keys_monthly")
def handset_units(history: History) -> Events:
    """One row per subscriber and single handset used in twelve months; `lines` is how many subscribers used it in three, null if this one did not.

    What more than 50 lines used is no one handset, but what is written where the IMEI is not known, or a cloned one: its `lines` are null, too.
    """
    lately = F.sum(F.when(F.col("months_ago") <= QUARTER, F.col("legs")).otherwise(F.lit(0)))
    used = aggregated(history.events("device_keys_monthly").table, ["subscriber_id", "device_key"], {"is_recent": lately > 0})
    used = beside(used, [history.everyone.once(shared_units)], ["device_key"])
    alike = F.coalesce(F.col("sharers"), F.lit(1)).cast("bigint")
    return Events(projected(used, ["*"], {"lines": F.when(F.col("is_recent") & (alike <= MOST_LINES), alike)}), history.day)


def shared_units(history: History) -> Frame:
    """One row per single handset that several subscribers used in three months, and how many they were, `sharers`."""
    legs = aggregated(history.pieces("device_keys_monthly").table, ["device_key", "subscriber_id"], {"legs": F.sum("legs")},
                      F.col("month") >= history.month - QUARTER)
    counted = aggregated(legs, ["device_key"], {"sharers": F.count(F.lit(1))}, F.col("legs") > 0)
    return projected(counted, ["*"], {}, F.col("sharers") > 1)


def current(column: str | Column) -> Column:
    """What the row of the current model says."""
    return F.max(F.when(F.col("recency") == 1, F.col(column) if isinstance(column, str) else column))


def changed_on() -> Column:
    """The first day on the current model if another one was in use before it, else null."""
    return current(F.when(F.col("first_day") > F.col("first_of_all"), F.col("first_day")))


@feature("handset_models", unit="days", risky="+")
def handset_age_days(models: Events) -> Column:
    """Days since the current model was first seen, within twelve months; null if no handset was seen."""
    return models.since(current("first_day"))


@feature("handset_models", unit="months", risky="+", zh="现用机型上市已{value:.0f}个月，可介绍存费换机",
         en="handset model {value:.0f} months old, due for a swap", told=(24, None))
def handset_launch_age_months(models: Events) -> Column:
    """Whole months (of 30.4375 days) since the current model came to market; null where that is not known, or later than the as-of date."""
    old = F.lit(models.as_of) - current("launched")
    return F.when(old >= 0, F.floor(old * F.lit(16) / F.lit(487.0)).cast("bigint"))


@feature("handset_models", unit="code")
def handset_model(models: Events) -> Column:
    """Current model; null where its TAC is not in the handset table."""
    return current("model")


@feature("handset_models", unit="code")
def handset_brand(models: Events) -> Column:
    """Maker of the current model; null where it is not known."""
    return current("brand")


@feature("handset_models", unit="code")
def handset_price_band(models: Events) -> Column:
    """Price of the current model when new: low, mid or high; null where it is not known."""
    return current("price_band")


@feature("handset_models", unit="count", risky="+", zh="现用手机比最新网络落后{value:.0f}代", en="handset {value:.0f} generations behind the network")
def radio_gap(models: Events) -> Column:
    """Network generations that the current model is behind 5G; null where its own is not known."""
    return (F.lit(NEWEST_GENERATION) - current("generation")).cast("bigint")


@feature("handset_models", unit="flag", risky="-", zh="现用手机不是智能机", en="no smartphone")
def is_smartphone(models: Events) -> Column:
    """1 if the current model is a smartphone, else 0; null where that is not known."""
    return current("is_smartphone")


@feature("handset_models", unit="flag", risky="+", group="second_sim", internal=True, zh="现用手机可插双卡", en="the handset takes two SIMs")
def is_dual_sim(models: Events) -> Column:
    """1 if the current model takes two SIMs, else 0; null where that is not known."""
    return current("is_dual_sim")


@feature("handset_models", unit="count", months=(YEAR,), risky="±", zh="近{window}个月用过{value:.0f}款手机",
         en="{value:.0f} handset models in {window} months")
def handset_models_used(models: Events, months: int) -> Column:
    """Handset models seen in the last so many months; null if none."""
    return F.count(F.lit(1))


@feature("handset_models", unit="flag", windows=(30, 90), risky="+", group="handset_change", zh="近{window}天换了手机",
         en="changed handset within {window} days")
def is_handset_changed(models: Events, window: int) -> Column:
    """1 if the current model was first seen in the window and another one before it, else 0; null if no handset was seen."""
    return flag(F.coalesce(changed_on() >= models.as_of - window, F.lit(False)))


@feature("handset_models", unit="days", risky="-", group="handset_change", zh="{value:.0f}天前换了手机", en="changed handset {value:.0f} days ago",
         told=(None, 90))
def days_since_handset_change(models: Events) -> Column:
    """Days since the current model was first seen, if another one was in use before it within twelve months; else null."""
    return models.since(changed_on())


@feature("handset_models", unit="share", months=(1,), risky="+", group="second_sim", internal=True,
         zh="近{window}个月{value:.0%}的使用不在现用手机上", en="{value:.0%} of the month's use on another handset")
def other_handset_share(models: Events, months: int) -> Column:
    """Share of the last month's legs that were not on the current model; null without a leg."""
    others = F.sum(F.when(F.col("recency") > 1, F.col("legs_lately")).otherwise(F.lit(0)))
    return share(others, F.sum("legs_lately"))


@feature("handset_models", unit="flag", risky="+", group="second_sim", internal=True, zh="换过新手机后又用回旧手机",
         en="went back to an older handset")
def is_handset_put_back(models: Events) -> Column:
    """1 if a model that was first seen later than the current one was put aside, else 0; null if no handset was seen."""
    mine = F.max(F.when(F.col("recency") == 1, F.col("first_day")))
    latest = F.max(F.when(F.col("recency") > 1, F.col("first_day")))
    return flag(F.coalesce(latest > mine, F.lit(False)))


@feature("handset_units", unit="count", months=(YEAR,), risky="±", zh="近{window}个月用过{value:.0f}部手机",
         en="{value:.0f} handsets in {window} months")
def handsets_used(handsets: Events, months: int) -> Column:
    """Single handsets, by their IMEI, seen in the last so many months; null if none."""
    return F.count(F.lit(1))


@feature("handset_units", unit="count", months=(QUARTER,), risky="+", group="second_sim", internal=True,
         zh="近{window}个月同一部手机上用过{value:.0f}个号码", en="{value:.0f} numbers used in one handset in {window} months")
def lines_on_handset(handsets: Events, months: int) -> Column:
    """Subscribers seen on one handset, the most of those used in the last so many months, this one included; null if none was used."""
    return F.max("lines").cast("bigint")
