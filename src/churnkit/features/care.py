"""Care: how often the subscriber turns to this operator's care line, what they complain of, and whether it was settled."""
from churnkit.engine import Column, F, aggregated
from churnkit.expressions import count_if, days
from churnkit.features.declare import feature, flag, source
from churnkit.history import Events, History

PATIENCE_DAYS = 7  # a complaint that is open for longer is not being settled


@source("care_contacts")
def care_cases(history: History) -> Events:
    """One row per complaint or care call of a year, however often it was sent: `level`, and what is known of how it was settled.

    A complaint has a level of 1 or more. `resolved_day` and `compensation_cents` are null until it was resolved.
    """
    rows = aggregated(history.events("care_contacts").table, ["subscriber_id", "happened_at", "topic"], {
        "day": F.max("day"), "level": F.max("level"), "resolved_day": F.max(days(F.col("resolved_at").cast("date"))),
        "compensation_cents": F.max("compensation_cents")})
    return Events(rows, history.day)


def complained() -> Column:
    """Whether a contact with care is a complaint; one of unknown level is none."""
    return F.coalesce(F.col("level") > 0, F.lit(False))


def open_since(cases: Events) -> Column:
    """The day of a complaint that nothing was heard of for longer than a week, else null."""
    return F.when(complained() & F.col("resolved_day").isNull() & (F.col("day") < cases.as_of - PATIENCE_DAYS), F.col("day"))


@feature("usage_daily", unit="count", windows=(30, 90), missing=0, risky="±", zh="近{window}天联系客服{value:.0f}次",
         en="{value:.0f} calls or SMS to our care line in {window} days", needs=("number_plan",))
def own_care_calls(usage: Events, window: int) -> Column:
    """Outgoing calls and SMS to this operator's care line in the window."""
    return usage.total("care_calls", window)


@feature("care_cases", unit="count", windows=(30, 90), missing=0, risky="+", group="complaints")
def care_contacts(cases: Events, window: int) -> Column:
    """Complaints and care calls on record in the window, mere questions among them."""
    return count_if(cases.last(window))


@feature("care_cases", unit="count", windows=(90, 365), missing=0, risky="+", group="complaints", zh="近{window}天投诉{value:.0f}次",
         en="{value:.0f} complaints in {window} days")
def complaints(cases: Events, window: int) -> Column:
    """Complaints in the window: contacts of level 1 or more."""
    return count_if(cases.last(window) & complained())


@feature("care_cases", unit="level", windows=(90, 365), missing=0, risky="+", group="complaints", zh="近{window}天有{value:.0f}级投诉",
         en="a complaint of level {value:.0f} in {window} days")
def complaint_level(cases: Events, window: int) -> Column:
    """Gravest level among the contacts of the window; 0 if none is known."""
    return F.coalesce(F.max(F.when(cases.last(window), F.col("level"))), F.lit(0)).cast("bigint")


@feature("care_cases", unit="days", risky="-", group="complaints", zh="{value:.0f}天前投诉过", en="complained {value:.0f} days ago", told=(None, 180))
def days_since_complaint(cases: Events) -> Column:
    """Days since the last complaint; null if there was none within a year."""
    return cases.days_since_last(complained())


@feature("care_cases", unit="flag", missing=0, risky="+", group="complaints", zh="有投诉超过7天未解决，请先跟进",
         en="a complaint open for more than 7 days: settle it first")
def has_open_complaint(cases: Events) -> Column:
    """1 if a complaint of more than seven days ago is not known to be resolved, else 0."""
    return F.max(flag(open_since(cases).isNotNull()))


@feature("care_cases", unit="days", risky="+", group="complaints", zh="最早一件投诉已{value:.0f}天未解决，请先跟进",
         en="the oldest complaint is {value:.0f} days open: settle it first")
def open_complaint_days(cases: Events) -> Column:
    """Days since the oldest complaint that is not known to be resolved, if more than seven; else null."""
    return cases.since(F.min(open_since(cases)))


@feature("care_cases", unit="cents", windows=(365,), missing=0, risky="+", group="complaints", zh="近{window}天因投诉获补偿{value:.1f}元",
         en="{value:.1f} yuan of compensation in {window} days")
def compensation(cases: Events, window: int) -> Column:
    """What is known to have been paid for contacts of the window."""
    return cases.total("compensation_cents", window)
