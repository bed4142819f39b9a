"""Activity and its trend: how much the subscriber talks, with how many, and whether it is falling."""
from itertools import pairwise

from churnkit.engine import Column, F, Frame, W, aggregated, projected
from churnkit.expressions import count_if
from churnkit.features.declare import added, feature, ratio, share, slope, source, spread, squared
from churnkit.history import Events, History

WEEKS = 8
MONTHS = 4  # months that contacts are looked back at
REGULARS = 10  # the contacts of three months ago that count as regular ones


@source("contacts_monthly")
def contacts(history: History) -> Events:
    """One row per subscriber and other party spoken with or texted to in four months, and how often, month by month."""
    return Events(history.once(contact_months), history.day)


def contact_months(history: History) -> Frame:
    """One row per subscriber and other party: events and seconds by months ago (`events_1` is the last month's), and the `network` last known.

    An event is an outgoing call or SMS or an answered call. `regular_rank` ranks the contacts by the events of three months ago,
    `tie_rank` by those of the last three months, of which `closer_events` were with people of a lower rank, `all_events` with anybody.
    """
    rows = history.events("contacts_monthly").table
    events = F.col("out_calls") + F.col("in_answered") + F.col("sms_out")
    known = F.when(F.col("network") != "unknown", F.col("network"))
    newness = F.when(known.isNotNull(), -F.col("months_ago"))

    def month(column: Column, ago: int) -> Column:
        return F.coalesce(F.sum(F.when(F.col("months_ago") == ago, column)), F.lit(0)).cast("bigint")

    months = range(1, MONTHS + 1)
    people = aggregated(rows, ["subscriber_id", "other_party"], {
        "network": F.coalesce(F.max_by(known, newness), F.lit("unknown")), **{f"events_{n}": month(events, n) for n in months},
        **{f"out_{n}": month(F.col("out_calls") + F.col("sms_out"), n) for n in months[:3]},
        **{f"answered_{n}": month(F.col("in_answered"), n) for n in months[:3]},
        **{f"seconds_{n}": month(F.col("out_s") + F.col("in_s"), n) for n in months[:3]}}, events > 0)
    order = W.partitionBy("subscriber_id").orderBy(F.col("events_3").desc(), F.col("other_party"))
    met, line = over_months("events", 3), W.partitionBy("subscriber_id")
    quarter = line.orderBy(met.desc(), F.col("other_party"))
    upto = F.sum(met).over(quarter.rowsBetween(W.unboundedPreceding, W.currentRow)).cast("bigint")
    return projected(people, ["*"], {"regular_rank": F.row_number().over(order), "tie_rank": F.row_number().over(quarter),
                                     "closer_events": upto - met, "all_events": F.sum(met).over(line).cast("bigint")})


def over_months(name: str, months: int) -> Column:
    """A contact's `name` over the last so many months."""
    total = F.col(f"{name}_1")
    for ago in range(2, months + 1):
        total = total + F.col(f"{name}_{ago}")
    return total


@feature("usage_daily", unit="minutes", windows=(7, 30, 90), missing=0, risky="-", group="silence", zh="近{window}天主叫仅{value:.0f}分钟",
         en="only {value:.0f} outgoing minutes in {window} days", zero=("近{window}天几乎没有主叫", "hardly any outgoing call in {window} days"))
def outgoing_minutes(usage: Events, window: int) -> Column:
    """Minutes of outgoing calls in the window."""
    return usage.total("out_s", window) / F.lit(60.0)


@feature("usage_daily", unit="minutes", windows=(7, 30, 90), missing=0, risky="-", group="silence", zh="近{window}天被叫仅{value:.0f}分钟",
         en="only {value:.0f} incoming minutes in {window} days", zero=("近{window}天几乎没有接听来电", "hardly any call answered in {window} days"))
def incoming_minutes(usage: Events, window: int) -> Column:
    """Minutes of incoming calls from people in the window."""
    return usage.total("in_s", window) / F.lit(60.0)


@feature("usage_daily", unit="count", windows=(15, 30, 90), missing=0, risky="+", group="far_calls", zh="近{window}天打了{value:.0f}次国内长途",
         en="{value:.0f} domestic long-distance calls in {window} days")
def far_calls(usage: Events, window: int) -> Column:
    """Outgoing domestic long-distance calls in the window: a new circle elsewhere often comes before moving there."""
    return usage.total("far_calls", window)


@feature("usage_daily", unit="days", windows=(120,), risky="±", group="far_calls")
def days_since_first_far_call(usage: Events, window: int) -> Column:
    """Days since the first outgoing domestic long-distance call of the window; null if there was none."""
    return usage.since(F.min(F.when(usage.last(window) & (F.col("far_calls") > 0), F.col("day"))))


@feature("usage_daily", unit="days", risky="-", group="far_calls")
def days_since_far_call(usage: Events) -> Column:
    """Days since the last outgoing domestic long-distance call; null if there was none in 180 days."""
    return usage.days_since_last(F.col("far_calls") > 0)


@feature("usage_daily", unit="count", windows=(7, 14, 30, 60, 90), missing=0, risky="-", group="silence", zh="近{window}天主叫仅{value:.0f}次",
         en="only {value:.0f} outgoing calls in {window} days", zero=("近{window}天没有主叫", "no outgoing call in {window} days"))
def outgoing_calls(usage: Events, window: int) -> Column:
    """Outgoing calls in the window."""
    return usage.total("out_calls", window)


@feature("usage_daily", unit="count", windows=(7, 14, 30, 60, 90), missing=0, risky="-", group="silence", zh="近{window}天仅接到{value:.0f}次来电",
         en="only {value:.0f} incoming calls in {window} days", zero=("近{window}天没有接到来电", "no incoming call in {window} days"))
def incoming_calls(usage: Events, window: int) -> Column:
    """Incoming calls from people in the window, answered or not."""
    return usage.total("in_calls", window)


@feature("usage_daily", unit="count", windows=(30,), missing=0, risky="-", group="silence")
def sms_sent(usage: Events, window: int) -> Column:
    """SMS sent in the window."""
    return usage.total("sms_out", window)


@feature("usage_daily", unit="ratio", windows=(30,), risky="-", group="usage_trend",
         zh="近{window}天主叫{outgoing_minutes_30d:.0f}分钟，仅为前{window}天的{value:.0%}",
         en="{outgoing_minutes_30d:.0f} outgoing minutes, {value:.0%} of the {window} days before",
         zero=("近{window}天几乎没有主叫，此前有", "hardly any outgoing call in {window} days, unlike before"), told=(None, 0.8))
def outgoing_minutes_change(usage: Events, window: int) -> Column:
    """Outgoing minutes of the window over those of the window before it; null if that one had none."""
    return ratio(usage.total("out_s", window), usage.total_between("out_s", 2 * window, window))


@feature("usage_daily", unit="ratio", windows=(30,), risky="-", group="usage_trend",
         zh="近{window}天主叫次数仅为前{window}天的{value:.0%}", en="outgoing calls {value:.0%} of the {window} days before",
         zero=("近{window}天没有主叫，此前有", "no outgoing call in {window} days, unlike before"), told=(None, 0.8))
def outgoing_calls_change(usage: Events, window: int) -> Column:
    """Outgoing calls of the window over those of the window before it; null if that one had none."""
    return ratio(usage.total("out_calls", window), usage.total_between("out_calls", 2 * window, window))


@feature("usage_daily", unit="ratio", windows=(30,), risky="-", group="usage_trend",
         zh="近{window}天来电次数仅为前{window}天的{value:.0%}", en="incoming calls {value:.0%} of the {window} days before",
         zero=("近{window}天没有接到来电，此前有", "no incoming call in {window} days, unlike before"), told=(None, 0.8))
def incoming_calls_change(usage: Events, window: int) -> Column:
    """Incoming calls from people of the window over those of the window before it; null if that one had none."""
    return ratio(usage.total("in_calls", window), usage.total_between("in_calls", 2 * window, window))


@feature("usage_daily", unit="ratio", risky="-", group="usage_trend", zh="近8周主叫分钟数总体下降",
         en="outgoing minutes lower on the whole over 8 weeks", told=(None, -0.05))
def outgoing_slope_8w(usage: Events) -> Column:
    """Least-squares slope of the weekly outgoing minutes over eight weeks, a week, over their mean; null if there were none."""
    return slope(usage.weeks("out_s", WEEKS))


@feature("usage_daily", unit="ratio", risky="+", group="usage_trend")
def outgoing_cv_8w(usage: Events) -> Column:
    """Standard deviation of the weekly outgoing minutes over eight weeks, over their mean; null if there were none."""
    totals = usage.weeks("out_s", WEEKS)
    total = added(totals)
    return ratio(spread(F.lit(WEEKS), total, added(squared(week) for week in totals)) * F.lit(float(WEEKS)), total)


@feature("usage_daily", unit="ratio", risky="-", group="usage_trend", zh="近8周主叫曾骤减，单周仅为前一周的{value:.0%}",
         en="outgoing minutes fell to {value:.0%} from one week to the next",
         zero=("近8周有一周主叫突然中断", "outgoing calls broke off for a week in 8"), told=(None, 0.5))
def outgoing_worst_week_8w(usage: Events) -> Column:
    """Least of a week's outgoing minutes over those of the week before, over eight weeks; null if no week but the last had any."""
    totals = usage.weeks("out_s", WEEKS)
    never = F.lit(1e9)
    worst = never
    for newer, older in pairwise(totals):
        worst = F.least(worst, F.coalesce(ratio(newer, older), never))
    return F.when(worst < never, worst)


@feature("usage_daily", unit="share", windows=(30,), risky="-", group="second_sim", internal=True,
         zh="近{window}天通话仅{value:.0%}是主叫，疑似当副号用", en="only {value:.0%} of calls outgoing in {window} days, like a second SIM",
         zero=("近{window}天只有被叫，没有主叫", "incoming calls only in {window} days"), told=(None, 0.4))
def initiated_share(usage: Events, window: int) -> Column:
    """Outgoing calls over all calls of the window; null without a call."""
    return share(usage.total("out_calls", window), usage.total("out_calls", window) + usage.total("in_calls", window))


@feature("usage_daily", unit="minutes", windows=(30, 90), risky="-", group="silence")
def outgoing_call_minutes(usage: Events, window: int) -> Column:
    """Mean minutes of an outgoing call in the window; null without one."""
    return ratio(usage.total("out_s", window) / F.lit(60.0), usage.total("out_calls", window))


@feature("contacts", unit="count", months=(1, 3), missing=0, risky="-", group="contacts", zh="近{window}个月仅与{value:.0f}人有来往",
         en="in touch with only {value:.0f} people in {window} months",
         zero=("近{window}个月与任何人都没有来往", "in touch with nobody in {window} months"))
def distinct_contacts(people: Events, months: int) -> Column:
    """People in touch with in the last so many months, service numbers left out."""
    return count_if(over_months("events", months) > 0)


@feature("contacts", unit="ratio", risky="-", group="contacts", zh="近一个月来往的人数仅为前一个月的{value:.0%}",
         en="in touch with {value:.0%} as many people as the month before", zero=("近一个月与任何人都没有来往", "in touch with nobody for a month"),
         told=(None, 0.8))
def contacts_change_1m(people: Events) -> Column:
    """People in touch with in the last month over those of the month before; null if there were none then."""
    return ratio(count_if(F.col("events_1") > 0), count_if(F.col("events_2") > 0))


@feature("contacts", unit="count", missing=0, risky="±", group="contacts")
def new_contacts_1m(people: Events) -> Column:
    """People in touch with in the last month and not in the three months before."""
    return count_if((F.col("events_1") > 0) & (F.col("events_2") + F.col("events_3") + F.col("events_4") == 0))


@feature("contacts", unit="count", missing=0, risky="+", group="contacts", zh="两个月前的常联系人中{value:.0f}人近一个月没有来往",
         en="no contact for a month with {value:.0f} of the regulars of two months before", internal=True)
def lost_regulars_1m(people: Events) -> Column:
    """Of the ten people most in touch with three months ago, those not in touch with in the last month."""
    return count_if((F.col("events_3") > 0) & (F.col("regular_rank") <= REGULARS) & (F.col("events_1") == 0))
