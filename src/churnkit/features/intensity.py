"""How much a call, a day and a message hold, and whether the last month fell short of the good ones."""
from churnkit.engine import Column, F
from churnkit.expressions import count_if
from churnkit.features.declare import feature, ratio, share
from churnkit.history import Events


@feature("usage_daily", unit="minutes", windows=(30, 90), risky="-", group="silence")
def incoming_call_minutes(usage: Events, window: int) -> Column:
    """Mean minutes of an answered call from a person in the window; null without one."""
    return ratio(usage.total("in_s", window) / F.lit(60.0), usage.total("in_answered", window))


@feature("usage_daily", unit="count", windows=(30,), missing=0, risky="-", group="silence")
def sms_received(usage: Events, window: int) -> Column:
    """SMS from people in the window."""
    return usage.total("sms_in", window)


@feature("usage_daily", unit="share", windows=(30,), risky="±", group="silence")
def sms_share(usage: Events, window: int) -> Column:
    """SMS sent over all own activity of the window; null without any."""
    return share(usage.total("sms_out", window), usage.total("own_events", window))


@feature("usage_daily", unit="ratio", windows=(30,), risky="-", group="usage_trend", zh="近{window}天主叫时长仅为此前两个月均值的{value:.0%}",
         en="outgoing minutes {value:.0%} of the mean of the two months before",
         zero=("近{window}天几乎没有主叫，此前有", "hardly any outgoing call in {window} days, unlike before"), told=(None, 0.8))
def action_over_good(usage: Events, window: int) -> Column:
    """Outgoing minutes of the window over the mean of the two windows before it; null if those had none."""
    return ratio(usage.total("out_s", window) * 2, usage.total_between("out_s", 3 * window, window))


@feature("usage_daily", unit="minutes", windows=(30, 90), risky="-", group="silence", zh="近{window}天每个使用日平均通话仅{value:.1f}分钟",
         en="only {value:.1f} minutes of calls a day of use in {window} days")
def minutes_a_day_of_use(usage: Events, window: int) -> Column:
    """Mean minutes of calls, both ways, on a day of the window with own activity; null without such a day."""
    used = usage.last(window) & (F.col("own_events") > 0)
    talk = F.sum(F.when(used, F.col("out_s") + F.col("in_s")).otherwise(F.lit(0)))
    return ratio(talk, count_if(used) * 60)
