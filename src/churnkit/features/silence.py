"""No-call periods: the line goes quiet before it goes dark."""
from churnkit.engine import Column, F, Frame, W, aggregated, projected
from churnkit.expressions import count_if
from churnkit.features.declare import feature, flag, ratio, share, source, spread, squared
from churnkit.history import Events, History

OWN = "own_events"
LONGEST = 180  # days that daily usage is looked back at


@source("usage_daily")
def silent_runs(history: History) -> Events:
    """One row per run of days without own activity between two active days, or from the last one to the as-of date: [from_day, to_day).

    `days`, its length, may be 0.
    """
    return Events(projected(history.once(runs), ["*"], {"day": F.col("from_day")}), history.day)


@source("usage_daily")
def silent_lengths(history: History) -> Events:
    """One row per subscriber and length of the silent runs that are over: how many there were, and how many no longer than that.

    `upto` and `total` count runs of any length, `past_upto` and `past_total` those of a day or more.
    """
    counted = aggregated(history.once(runs), ["subscriber_id", "days"], {"runs": F.count(F.lit(1))}, F.col("is_over"))
    past = F.when(F.col("days") > 0, F.col("runs")).otherwise(F.lit(0))
    line = W.partitionBy("subscriber_id")
    longer = line.orderBy("days").rowsBetween(W.unboundedPreceding, W.currentRow)
    return Events(projected(counted, ["subscriber_id", "days"], {
        "upto": F.sum("runs").over(longer), "total": F.sum("runs").over(line),
        "past_upto": F.sum(past).over(longer), "past_total": F.sum(past).over(line)}), history.day)


def runs(history: History) -> Frame:
    """One row per silent run, `is_over` if own activity followed it."""
    following = F.lead("day").over(W.partitionBy("subscriber_id").orderBy("day"))
    gaps = projected(history.events("usage_daily").table, ["subscriber_id"], {"from_day": F.col("day") + 1, "next_day": following}, F.col(OWN) > 0)
    to_day = F.coalesce(F.col("next_day"), F.lit(history.day))
    return projected(gaps, ["subscriber_id", "from_day"], {
        "to_day": to_day, "is_over": F.col("next_day").isNotNull(), "days": to_day - F.col("from_day")})


def inside(runs: Events, window: int) -> Column:
    """Days of a run that lie in the window."""
    return F.greatest(F.col("to_day") - F.greatest(F.col("from_day"), F.lit(runs.as_of - window)), F.lit(0))


@feature("usage_daily", unit="days", risky="+", zh="已连续{value:.0f}天没有主叫", en="no outgoing call for {value:.0f} days")
def days_since_last_out_call(usage: Events) -> Column:
    """Days since the last outgoing call; null if there was none in 180 days."""
    return usage.days_since_last(F.col("out_calls") > 0)


@feature("usage_daily", unit="days", risky="+", zh="已连续{value:.0f}天没有接到来电", en="no incoming call for {value:.0f} days")
def days_since_last_in_call(usage: Events) -> Column:
    """Days since the last incoming call from a person; null if there was none in 180 days."""
    return usage.days_since_last(F.col("in_calls") > 0)


@feature("usage_daily", unit="days", risky="+", adjacent=True, zh="已{value:.0f}天没有任何使用", en="no use at all for {value:.0f} days")
def days_since_last_own_activity(usage: Events) -> Column:
    """Days since the last own activity; null if there was none in 180 days."""
    return usage.days_since_last(F.col(OWN) > 0)


@feature("usage_daily", unit="days", risky="+")
def days_since_last_sms(usage: Events) -> Column:
    """Days since the last outgoing SMS; null if there was none in 180 days."""
    return usage.days_since_last(F.col("sms_out") > 0)


@feature("usage_daily", unit="days", missing=LONGEST, risky="+", adjacent=True, zh="截至月末已连续{value:.0f}天没有使用",
         en="silent for the last {value:.0f} days")
def current_silent_run(usage: Events) -> Column:
    """Whole days without own activity that end at the as-of date; 180 if there was none in 180 days."""
    return F.coalesce(usage.days_since_last(F.col(OWN) > 0) - 1, F.lit(LONGEST))


@feature("usage_daily", unit="days", windows=(7, 14, 30, 60, 90), missing=0, risky="-", zh="近{window}天仅{value:.0f}天有使用",
         en="active on only {value:.0f} of {window} days", zero=("近{window}天没有使用", "not active in {window} days"))
def active_days(usage: Events, window: int) -> Column:
    """Days of the window with own activity."""
    return usage.days(F.col(OWN) > 0, window)


@feature(of=("active_days_{window}",), unit="share", windows=(30, 60, 90), risky="+", zh="近{window}天有{value:.0%}的日子没有使用",
         en="silent on {value:.0%} of the last {window} days")
def silent_days_share(active: Column, window: int) -> Column:
    """Share of the window's days without own activity."""
    return 1 - active / F.lit(float(window))


@feature(of=("active_days_7d",), unit="flag", risky="-", zh="近7天有使用的不到3天", en="active on fewer than 3 of the last 7 days")
def is_active_3_of_last_7(active: Column) -> Column:
    """1 if there was own activity on at least three of the last seven days, else 0."""
    return flag(active >= 3)


@feature("usage_daily", unit="days", windows=(30, 60), missing=0, risky="+", group="second_sim", internal=True,
         zh="近{window}天有{value:.0f}天只接不打，疑似当副号用", en="{value:.0f} of {window} days with incoming calls only, like a second SIM")
def receive_only_days(usage: Events, window: int) -> Column:
    """Days of the window with incoming calls from people and nothing outgoing."""
    return usage.days(receive_only(), window)


@feature("usage_daily", unit="share", windows=(30, 60), risky="+", group="second_sim", internal=True,
         zh="近{window}天有{value:.0%}的使用日只接不打", en="only incoming calls on {value:.0%} of the days with use in {window} days")
def receive_only_days_share(usage: Events, window: int) -> Column:
    """Receive-only days over the window's days with a call from a person or anything outgoing; null if there was no such day."""
    touched = F.col("in_calls") + F.col("out_calls") + F.col("sms_out") > 0
    return share(usage.days(receive_only(), window), usage.days(touched, window))


def receive_only() -> Column:
    """Whether a day brought calls from people, and nothing went out."""
    return (F.col("in_calls") > 0) & (F.col("out_calls") + F.col("sms_out") == 0)


@feature("usage_daily", unit="weeks", missing=8, risky="+", zh="近8周有{value:.0f}周没有主叫", en="{value:.0f} of 8 weeks without an outgoing call")
def weeks_without_outgoing_8w(usage: Events) -> Column:
    """Weeks without an outgoing call among the eight before the as-of date."""
    quiet = [F.when(usage.total_between("out_calls", 7 * (week + 1), 7 * week) > 0, F.lit(0)).otherwise(F.lit(1)) for week in range(8)]
    return sum(quiet[1:], quiet[0]).cast("bigint")


@feature("silent_runs", unit="days", windows=(30, 60, 90), risky="+", zh="近{window}天最长连续{value:.0f}天没有使用",
         en="{value:.0f} days in a row without use within {window} days")
def longest_silent_run(runs: Events, window: int) -> Column:
    """Longest run of days without own activity, counted inside the window; null if there was no own activity in 180 days."""
    return F.max(inside(runs, window)).cast("bigint")


@feature("silent_runs", unit="count", windows=(60, 90), missing=0, risky="+", zh="近{window}天有{value:.0f}次连续3天以上没有使用",
         en="{value:.0f} spells of 3 or more days without use in {window} days")
def silent_runs_ge3(runs: Events, window: int) -> Column:
    """Runs of at least three days without own activity that reach into the window."""
    return count_if((F.col("days") >= 3) & (inside(runs, window) > 0))


@feature("silent_runs", unit="days", windows=(30, 90), risky="+", zh="近{window}天平均隔{value:.1f}天才使用一次",
         en="{value:.1f} days between uses on average in {window} days", told=(2, None))
def gap_mean(runs: Events, window: int) -> Column:
    """Mean length of the silent runs that began in the window, those of no day included; null if none began."""
    began = runs.last(window)
    return ratio(F.sum(F.when(began, F.col("days"))), count_if(began))


@feature("silent_runs", unit="days", windows=(30, 90), risky="+")
def gap_std(runs: Events, window: int) -> Column:
    """Standard deviation of the silent runs that began in the window, those of no day included; null for fewer than two."""
    began = runs.last(window)
    return spread(count_if(began), F.sum(F.when(began, F.col("days"))), F.sum(F.when(began, squared(F.col("days")))))


@feature("silent_lengths", unit="days", risky="±")
def gap_median_180d(lengths: Events) -> Column:
    """Middle number of days from one active day to the next in 180 days, of two the lesser; null for fewer than two active days."""
    return F.min(F.when(2 * F.col("upto") >= F.col("total"), F.col("days") + 1)).cast("bigint")


@feature("silent_lengths", unit="days", risky="±")
def silent_run_p95_180d(lengths: Events) -> Column:
    """Length that 95 in 100 of the past silent runs of a day or more do not exceed (nearest rank); null if there was no such run."""
    long_enough = (F.col("days") > 0) & (100 * F.col("past_upto") >= 95 * F.col("past_total"))
    return F.min(F.when(long_enough, F.col("days"))).cast("bigint")


@feature(of=("current_silent_run", "silent_run_p95_180d"), unit="ratio", risky="+", adjacent=True,
         zh="已连续{current_silent_run:.0f}天没有使用，以往很少超过{silent_run_p95_180d:.0f}天",
         en="{current_silent_run:.0f} days without use, seldom over {silent_run_p95_180d:.0f} before", told=(1.2, None))
def silence_vs_own_p95(current: Column, usual: Column) -> Column:
    """The present silence over the 95th percentile of the own past silent runs; null without a past run."""
    return ratio(current, usual)


@feature(of=("days_since_last_own_activity", "gap_median_180d"), unit="ratio", risky="+", adjacent=True,
         zh="已{days_since_last_own_activity:.0f}天没有使用，平时隔{gap_median_180d:.0f}天一次",
         en="{days_since_last_own_activity:.0f} days without use, usually every {gap_median_180d:.0f} days", told=(1.5, None))
def churn_factor(current: Column, usual: Column) -> Column:
    """Days since the last own activity over the usual days from one active day to the next; null for fewer than two active days."""
    return ratio(current, usual)
