"""Friends: who is on this network, who of them has left, and how much hangs on one of them."""
from churnkit.engine import Column, F, Frame, W, count_if, projected
from churnkit.features.account import last_snapshots, states
from churnkit.features.declare import feature, flag, share, source, squared
from churnkit.features.usage import contact_months, over_months
from churnkit.history import Events, History

GONE = ("cancelled", "ported_out")
QUIET_DAYS = 30  # without own activity, after some: as good as gone
RECENT_DAYS = 90


@source("contacts_monthly", "subscribers", "usage_daily", also=("status_changes",))
def neighbours(history: History) -> Events:
    """One row per subscriber and contact of three months who is or was a subscriber here, with the day `left_day` on which they left.

    Left is cancelled, ported out, or silent for the last 30 days (dated at the first of them), as it was known at the as-of date;
    null for those who stay. Of several subscribers with one number the last to hold it counts.
    """
    holder = W.partitionBy("msisdn_party").orderBy(F.col("months_ago"), F.col("activated_on").desc(), F.col("subscriber_id"))
    numbered = last_snapshots(history).filter(F.col("msisdn_party").isNotNull())
    holders = numbered.select(F.col("msisdn_party").alias("other_party"), F.col("subscriber_id").alias("neighbour"),
                              F.row_number().over(holder).alias("held")).filter(F.col("held") == 1)
    usage = history.events("usage_daily").table.filter(F.col("own_events") > 0)
    quiet = usage.groupBy(F.col("subscriber_id").alias("neighbour")).agg((F.max("day") + 1).alias("quiet_day"))
    quiet = quiet.filter(F.col("quiet_day") <= history.day - QUIET_DAYS)
    known = with_gone_day(history, holders).join(quiet, on="neighbour", how="left").select(
        "other_party", F.coalesce(F.col("gone_day"), F.col("quiet_day")).alias("left_day"))
    people = history.once(contact_months).filter(over_months("events", 3) > 0)
    return Events(people.join(known, on="other_party", how="inner").select(
        "subscriber_id", "other_party", "left_day", "tie_rank", over_months("events", 3).alias("events")), history.day)


def with_gone_day(history: History, holders: Frame) -> Frame:
    """The holders with `gone_day`, on which they cancelled or ported out; null for the others, and for all without changes of state."""
    if not history.has("status_changes"):
        return projected(holders, ["*"], {"gone_day": F.lit(None).cast("int")})
    gone = history.once(states).filter(F.col("is_last") & F.col("status").isin(*GONE)).select(
        F.col("subscriber_id").alias("neighbour"), F.col("from_day").alias("gone_day"))
    return holders.join(gone, on="neighbour", how="left")


def left(people: Events, window: int) -> Column:
    """Whether a neighbour left in the window."""
    return F.coalesce(F.col("left_day") >= people.as_of - window, F.lit(False))


@feature("neighbours", unit="count", windows=(30, 90), missing=0, risky="+", internal=True, zh="近{window}天有{value:.0f}位常联系的人已离网",
         en="{value:.0f} contacts left the network in {window} days")
def left_contacts(people: Events, window: int) -> Column:
    """Contacts of the last three months on this network who left it in the window, as it was known at the as-of date."""
    return count_if(left(people, window))


@feature("neighbours", unit="share", windows=(RECENT_DAYS,), risky="+", internal=True, zh="近{window}天{value:.0%}的网内联系人已离网",
         en="{value:.0%} of contacts on this network left it in {window} days")
def left_contacts_share(people: Events, window: int) -> Column:
    """Share of the contacts of three months on this network who left it in the window; null without such a contact."""
    return share(count_if(left(people, window)), F.count(F.lit(1)))


@feature("neighbours", unit="share", windows=(RECENT_DAYS,), risky="+", internal=True, zh="近{window}天离网的人占网内来往的{value:.0%}",
         en="{value:.0%} of contact on this network was with people who left within {window} days")
def churn_influence(people: Events, window: int) -> Column:
    """Share of the calls and SMS of three months with people on this network that were with those who left it in the window."""
    return share(F.sum(F.when(left(people, window), F.col("events")).otherwise(F.lit(0))), F.sum("events"))


@feature("neighbours", unit="flag", missing=0, risky="+", internal=True, zh="联系最多的人已离网", en="the person most in touch with has left")
def is_strongest_tie_gone(people: Events) -> Column:
    """1 if the person most in touch with in three months left the network within 90 days, else 0."""
    return F.max(flag((F.col("tie_rank") == 1) & left(people, RECENT_DAYS)))


@feature("neighbours", unit="days", windows=(RECENT_DAYS,), risky="-", internal=True)
def days_since_contact_left(people: Events, window: int) -> Column:
    """Days since a contact of three months on this network last left it; null if none did in the window."""
    return people.since(F.max(F.when(left(people, window), F.col("left_day"))))


@feature("contacts", unit="share", months=(1, 3), risky="-", group="on_net", internal=True, zh="近{window}个月仅{value:.0%}的通话在网内",
         en="only {value:.0%} of calls on this network in {window} months",
         zero=("近{window}个月没有网内通话", "no calls on this network in {window} months"), needs=("number_plan",))
def onnet_share(people: Events, months: int) -> Column:
    """Seconds of calls with people on this network over those with all in the last so many months; null without any."""
    seconds = over_months("seconds", months)
    return share(F.sum(F.when(F.col("network") == "own", seconds).otherwise(F.lit(0))), F.sum(seconds))


@feature("contacts", unit="share", months=(3,), risky="-", group="ties")
def reciprocal_contacts_share(people: Events, months: int) -> Column:
    """Share of the contacts of the last so many months with whom it went both ways; null without a contact."""
    both = (over_months("out", months) > 0) & (over_months("answered", months) > 0)
    return share(count_if(both), count_if(over_months("events", months) > 0))


@feature("contacts", unit="share", months=(3,), risky="+", group="ties", internal=True, zh="近{window}个月{value:.0%}的来往只与一个人",
         en="{value:.0%} of contact in {window} months with one person")
def top_tie_share(people: Events, months: int) -> Column:
    """Share of the calls and SMS of the last so many months that was with the person most in touch with; null without any."""
    return ties(1, months)


@feature("contacts", unit="share", months=(3,), risky="+", group="ties", internal=True)
def top_three_ties_share(people: Events, months: int) -> Column:
    """Share of the calls and SMS of the last so many months that was with the three people most in touch with; null without any."""
    return ties(3, months)


def ties(closest: int, months: int) -> Column:
    """Share of all contact that the closest people have."""
    events = over_months("events", months)
    return share(F.sum(F.when(F.col("tie_rank") <= closest, events).otherwise(F.lit(0))), F.sum(events))


@feature("contacts", unit="ratio", months=(3,), risky="+", group="ties")
def contact_concentration(people: Events, months: int) -> Column:
    """Sum of the squared shares of contact of each person over the last so many months (Herfindahl), 1 for one person; null without any."""
    events = over_months("events", months)
    return share(F.sum(squared(events)), squared(F.sum(events)))
