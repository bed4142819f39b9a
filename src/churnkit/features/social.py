"""Friends: who is on this network, who of them has left, and how much hangs on one of them."""
from churnkit.engine import Column, F, Frame, W, aggregated, beside, matched, projected
from churnkit.expressions import count_if, total_if
from churnkit.features.account import holders, states
from churnkit.features.declare import feature, flag, share, source, squared
from churnkit.features.usage import MONTHS, contact_months, over_months
from churnkit.history import Events, History

GONE = ("pre_cancelled", "cancelled", "ported_out")
QUIET_DAYS = 30  # without own activity, after some: as good as gone
STILL_DAYS = 14  # without own activity on a line that is open: on the way out, seldom on holiday
RECENT_DAYS = 90
PORTED_DAYS = 180  # that portings of contacts are looked back at
SPOKEN_DAYS = 120  # that the months of contact_months span
MILLION = 1_000_000


@source("contacts_monthly", "subscribers", "usage_daily", also=("status_changes",))
def neighbours(history: History) -> Events:
    """One row per subscriber and contact of three months who is or was a subscriber here, with the day `left_day` on which they left.

    Left is pre-cancelled, cancelled, ported out, or silent for the last 30 days (dated at the first of them), as it was known at the as-of
    date; null for those who stay. `chosen_day` is the day of those who left of their own accord, not for arrears; `still_day` the first day of
    a silence of 14 days on a line neither left nor stopped. `pull` is the contact's share of all calls and SMS while they were still there,
    in whole millionths: such sums are exact in any order. Of several subscribers with one number the last to hold it counts.
    """
    whole = F.sum(over_months("events", MONTHS)).over(W.partitionBy("subscriber_id"))
    people = projected(history.once(contact_months), ["subscriber_id", "other_party", "tie_rank"], {
        "events": over_months("events", 3), "spoken": over_months("events", MONTHS), "whole": whole})
    met = matched(projected(people, ["*"], {}, F.col("events") > 0), history.everyone.once(fates), ["other_party"])
    there = F.greatest(F.least(F.coalesce(F.col("chosen_day"), F.col("still_day")) - (history.day - SPOKEN_DAYS), F.lit(SPOKEN_DAYS)), F.lit(1))
    pull = F.floor(share(F.col("spoken") * (SPOKEN_DAYS * MILLION), F.col("whole") * there)).cast("bigint")
    return Events(projected(met, ["*"], {"pull": pull}), history.day)


def fates(history: History) -> Frame:
    """One row per number that is or was a subscriber's here, `other_party`: `left_day`, `chosen_day` and `still_day` of its last holder."""
    holder = W.partitionBy("msisdn_party").orderBy(F.col("months_ago"), F.col("activated_on").desc(), F.col("subscriber_id"))
    held = projected(history.once(holders), ["subscriber_id"], {"other_party": F.col("msisdn_party"), "newness": F.row_number().over(holder)},
                     F.col("msisdn_party").isNotNull())
    last = beside(projected(held, ["*"], {}, F.col("newness") == 1), [departures(history), silences(history)], ["subscriber_id"])
    is_quiet = F.col("quiet_day") <= history.day - QUIET_DAYS
    is_still = F.coalesce(F.col("is_open"), F.lit(True)) & (F.col("quiet_day") <= history.day - STILL_DAYS)
    return projected(last, ["other_party", "chosen_day"], {
        "left_day": F.coalesce(F.col("gone_day"), F.when(is_quiet, F.col("quiet_day"))), "still_day": F.when(is_still, F.col("quiet_day"))})


@source("contacts_monthly", "portings")
def ported_contacts_of(history: History) -> Events:
    """One row per subscriber and contact of four months: `to_operator` and `ported_day` of its last porting within 180 days, null without one.

    Only portings to other operators than this one count. `together` is how many contacts went to the same; `place` 1 is one of the most
    frequent destination (by name, of two).
    """
    newest = W.partitionBy("msisdn").orderBy(F.col("happened_at").desc(), F.col("to_operator"))
    ported = projected(history.events("portings").table, ["to_operator"], {
        "other_party": F.col("msisdn"), "ported_day": F.col("day"), "age": F.row_number().over(newest)})
    away = projected(ported, ["other_party", "to_operator", "ported_day"], {}, (F.col("age") == 1) & (F.col("to_operator") != "own")
                     & (F.col("ported_day") >= history.day - PORTED_DAYS))
    met = beside(projected(history.once(contact_months), ["subscriber_id", "other_party"], {}), [away], ["other_party"])
    alike = W.partitionBy("subscriber_id", "to_operator")
    met = projected(met, ["subscriber_id", "to_operator", "ported_day"], {"together": F.count("ported_day").over(alike)})
    most = W.partitionBy("subscriber_id").orderBy(F.col("together").desc(), F.coalesce(F.col("to_operator"), F.lit("")).asc())
    return Events(projected(met, ["*"], {"place": F.row_number().over(most)}), history.day)


def departures(history: History) -> Frame:
    """One row per subscriber with a change of state: `gone_day` since when they are off the network, `chosen_day` the same if of their own accord.

    `is_open` tells whether the line is open; both days are null for those who are still here. No row without changes of state.
    """
    if not history.has("status_changes"):
        nobody = projected(history.once(holders), ["subscriber_id"], {}, F.lit(False))
        return projected(nobody, ["*"], {"gone_day": F.lit(None).cast("int"), "chosen_day": F.lit(None).cast("int"), "is_open": F.lit(True)})
    is_gone, last = F.col("status").isin(*GONE), F.col("is_last")
    left = F.max(F.when(last & is_gone, F.lit(1))) == 1
    since = F.coalesce(F.max(F.when(~is_gone, F.col("to_day"))), F.min("from_day"))
    chosen = F.max(F.when(last & (F.coalesce(F.col("reason"), F.lit("other")) != "arrears"), F.lit(1))) == 1
    return aggregated(history.once(states), ["subscriber_id"], {
        "gone_day": F.when(left, since), "chosen_day": F.when(left & chosen, since), "is_open": F.max(F.when(last, F.col("status"))) == "open"})


def silences(history: History) -> Frame:
    """One row per subscriber with own activity: the day after the last of it."""
    return aggregated(history.pieces("usage_daily").table, ["subscriber_id"], {"quiet_day": F.max("day") + 1}, F.col("own_events") > 0)


def left(people: Events, window: int) -> Column:
    """Whether a neighbour left in the window."""
    return F.coalesce(F.col("left_day") >= people.as_of - window, F.lit(False))


@feature("neighbours", unit="count", windows=(30, 60, 90), missing=0, risky="+", internal=True, zh="近{window}天有{value:.0f}位常联系的人已离网",
         en="{value:.0f} contacts left the network in {window} days")
def left_contacts(people: Events, window: int) -> Column:
    """Contacts of the last three months on this network who left it in the window, as it was known at the as-of date."""
    return count_if(left(people, window))


@feature("neighbours", unit="share", windows=(60, RECENT_DAYS), risky="+", internal=True, zh="近{window}天{value:.0%}的网内联系人已离网",
         en="{value:.0%} of contacts on this network left it in {window} days", told=(0.05, None))
def left_contacts_share(people: Events, window: int) -> Column:
    """Share of the contacts of three months on this network who left it in the window; null without such a contact."""
    return share(count_if(left(people, window)), F.count(F.lit(1)))


@feature("neighbours", unit="share", windows=(RECENT_DAYS,), risky="+", internal=True,
         zh="近{window}天有联系人离网，原占其网内来往的{value:.0%}",
         en="contacts who left in {window} days made up {value:.0%} of contact on this network", told=(0.05, None))
def churn_influence(people: Events, window: int) -> Column:
    """Share of the calls and SMS of three months with people on this network that were with those who left it in the window."""
    return share(F.sum(F.when(left(people, window), F.col("events")).otherwise(F.lit(0))), F.sum("events"))


@feature("neighbours", unit="flag", missing=0, risky="+", internal=True, zh="联系最多的人已离网", en="the person most in touch with has left")
def is_strongest_tie_gone(people: Events) -> Column:
    """1 if the person most in touch with in three months left the network within 90 days, else 0."""
    return F.max(flag((F.col("tie_rank") == 1) & left(people, RECENT_DAYS)))


@feature("neighbours", unit="days", risky="-", internal=True)
def days_since_strongest_tie_left(people: Events) -> Column:
    """Days since that person left; null if they did not within 90 days."""
    return people.since(F.max(F.when((F.col("tie_rank") == 1) & left(people, RECENT_DAYS), F.col("left_day"))))


@feature("neighbours", unit="days", windows=(RECENT_DAYS,), risky="-", internal=True)
def days_since_contact_left(people: Events, window: int) -> Column:
    """Days since a contact of three months on this network last left it; null if none did in the window."""
    return people.since(F.max(F.when(left(people, window), F.col("left_day"))))


@feature("neighbours", unit="share", windows=(30, 60), missing=0, risky="+", internal=True,
         zh="近{window}天有联系人离网，原占其全部来往的{value:.0%}",
         en="contacts who left in {window} days made up {value:.0%} of contact", told=(0.05, None))
def lost_ties_share(people: Events, window: int) -> Column:
    """Share of all calls and SMS, while they were still there, of the contacts who left of their own accord in the window; 0 if none did."""
    return pulled(people.last(window, "chosen_day"))


@feature("neighbours", unit="share", windows=(60,), missing=0, risky="+", internal=True,
         zh="近{window}天有联系人离网或停用，原占其全部来往的{value:.0%}",
         en="contacts who left or fell silent in {window} days made up {value:.0%} of contact", told=(0.05, None))
def vanished_ties_share(people: Events, window: int) -> Column:
    """The same, with those in it who have been silent since a day of the window, for 14 days or more, on a line that is open."""
    day = F.coalesce(F.col("chosen_day"), F.col("still_day"))
    return pulled(day >= people.as_of - window)


def pulled(gone: Column) -> Column:
    """The share of all contact that those gone had; as they were not there all the time it is an estimate, of all at most."""
    return F.least(total_if(gone, F.col("pull")), F.lit(MILLION)) / F.lit(float(MILLION))


@feature("ported_contacts_of", unit="count", windows=(90, PORTED_DAYS), missing=0, risky="+", group="ported_contacts", internal=True,
         zh="近{window}天有{value:.0f}位联系人携号转到异网", en="{value:.0f} contacts ported to another operator in {window} days")
def ported_contacts(people: Events, window: int) -> Column:
    """Contacts of four months whose number was ported to another operator in the window."""
    return count_if(people.last(window, "ported_day"))


@feature("ported_contacts_of", unit="share", windows=(PORTED_DAYS,), risky="+", group="ported_contacts", internal=True,
         zh="{value:.0%}的联系人近{window}天携号转到异网", en="{value:.0%} of contacts ported to another operator in {window} days")
def ported_contacts_share(people: Events, window: int) -> Column:
    """Share of the contacts of four months whose number was ported to another operator in the window; null without a contact."""
    return share(count_if(people.last(window, "ported_day")), F.count(F.lit(1)))


@feature("ported_contacts_of", unit="share", windows=(PORTED_DAYS,), risky="+", group="ported_contacts", internal=True)
def ported_to_one_share(people: Events, window: int) -> Column:
    """Share of those contacts that went to the operator most of them went to; null if none was ported."""
    return share(F.max("together"), F.count("ported_day"))


@feature("ported_contacts_of", unit="code", group="ported_contacts", internal=True)
def ported_to(people: Events) -> Column:
    """The operator that most of the contacts ported within 180 days went to; null if none was."""
    return F.max(F.when(F.col("place") == 1, F.col("to_operator")))


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
         en="{value:.0%} of contact in {window} months with one person", told=(0.5, None))
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
