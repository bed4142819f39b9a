"""Falls in use: since when the subscriber calls less than before, and how much less."""
from churnkit.engine import Column, F, W, projected
from churnkit.features.declare import feature, ratio, source, squared
from churnkit.history import Events, History

BEFORE_DAYS, AFTER_DAYS = 14, 7  # at least, on either side of a fall
NEWS_DAYS = 90  # an older fall is no news, and too little of the 180 days lies before it to call it a habit


@source("usage_daily")
def outgoing_falls(history: History) -> Events:
    """One row per subscriber: the fall in outgoing calls and SMS within 180 days that stands out most, the days before it against those after.

    It is the `fall_day`, right after a day with use, at which the chi-square (`evidence`) of one steady rate is largest (a change-point, as
    in CUSUM charts); subscribers whose rate never fell have no row. `days_before` begin with the first use of the 180 days.
    """
    outgoing, incoming = F.col("out_calls") + F.col("sms_out"), F.col("in_calls")
    used = projected(history.events("usage_daily").table, ["subscriber_id", "day"], {"outgoing": outgoing, "incoming": incoming},
                     outgoing + incoming > 0)  # a day of forwarded legs alone is none with use
    line = W.partitionBy("subscriber_id")
    upto = line.orderBy("day").rowsBetween(W.unboundedPreceding, W.currentRow)
    falls = projected(used, ["subscriber_id"], {
        "fall_day": F.col("day") + 1, "days_before": F.col("day") + 1 - F.min("day").over(line), "days_after": history.day - (F.col("day") + 1),
        **{f"{name}_{word}": F.sum(name).over(span).cast("bigint")
           for name in ("outgoing", "incoming") for word, span in (("before", upto), ("all", line))}})
    short = F.col("outgoing_before") * F.col("days_after") - (F.col("outgoing_all") - F.col("outgoing_before")) * F.col("days_before")
    falls = projected(falls, ["*"], {"short": short}, (F.col("days_before") >= BEFORE_DAYS) & (F.col("days_after") >= AFTER_DAYS) & (short > 0))
    evidence = ratio(squared(F.col("short")), F.col("outgoing_all") * F.col("days_before") * F.col("days_after"))
    best = W.partitionBy("subscriber_id").orderBy(evidence.desc(), F.col("fall_day"))
    falls = projected(falls, ["*"], {"evidence": evidence, "place": F.row_number().over(best)})
    return Events(projected(falls, ["*"], {}, F.col("place") == 1), history.day)


@feature("outgoing_falls", unit="score", missing=0, risky="+", group="usage_trend")
def outgoing_fall_evidence(falls: Events) -> Column:
    """Chi-square of the fall in outgoing calls and SMS that stands out most in 180 days; 0 if they never fell."""
    return F.max("evidence")


@feature("outgoing_falls", unit="days", risky="±", group="usage_trend")
def days_since_outgoing_fall(falls: Events) -> Column:
    """Days since that fall; null if they never fell."""
    return F.max("days_after").cast("bigint")


@feature("outgoing_falls", unit="ratio", risky="-", group="usage_trend", zh="约{days_since_outgoing_fall:.0f}天前起主叫和短信降至此前的{value:.0%}",
         en="outgoing calls and SMS fell to {value:.0%} of before some {days_since_outgoing_fall:.0f} days ago",
         zero=("约{days_since_outgoing_fall:.0f}天前起没有主叫和短信，此前有",
               "no outgoing call or SMS for {days_since_outgoing_fall:.0f} days, unlike before"),
         told=(None, 0.8), where={"days_since_outgoing_fall": (None, NEWS_DAYS)})
def outgoing_fall_ratio(falls: Events) -> Column:
    """Outgoing calls and SMS a day since that fall over those before it; null if they never fell."""
    return since_fall("outgoing")


@feature("outgoing_falls", unit="ratio", risky="±", group="usage_trend")
def incoming_fall_ratio(falls: Events) -> Column:
    """Incoming calls from people a day since that fall over those before it; null if outgoing use never fell, or none came in before."""
    return since_fall("incoming")


def since_fall(name: str) -> Column:
    """Events a day after a fall over those before it; null if there were none before."""
    before = F.col(f"{name}_before")
    return F.max(ratio((F.col(f"{name}_all") - before) * F.col("days_before"), before * F.col("days_after")))
