"""Mobile data: how much of it, on how many days, and whether it is all that the line is used for."""
from churnkit.engine import Column, F, aggregated, projected, stacked
from churnkit.expressions import count_if
from churnkit.features.declare import feature, flag, ratio, share, slope, source
from churnkit.features.usage import WEEKS
from churnkit.history import Events, History

MB = 1_000_000
MUCH_MB, HARDLY_MINUTES = 1_000, 1  # of a month: a line for data alone


@source("usage_daily", "data_daily")
def days_of_use(history: History) -> Events:
    """One row per subscriber and day of 180 with own activity, data, or both: how much of either."""
    days, none = ["subscriber_id", "day"], F.lit(0).cast("bigint")
    own, volume = F.col("own_events"), F.col("bytes")
    calls = projected(history.events("usage_daily").table, days, {"own": own, "volume": none}, own > 0)
    volume = projected(history.events("data_daily").table, days, {"own": none, "volume": volume}, volume > 0)
    return Events(aggregated(stacked([calls, volume]), days, {"own": F.sum("own"), "volume": F.sum("volume")}), history.day)


@feature("data_daily", unit="MB", windows=(7, 30, 90), missing=0, risky="-", zh="近{window}天仅用流量{value:.0f}MB",
         en="only {value:.0f} MB of mobile data in {window} days", zero=("近{window}天几乎没有使用流量", "hardly any mobile data in {window} days"))
def internet_mb(sessions: Events, window: int) -> Column:
    """Mobile data of the window, up and down."""
    return sessions.total("bytes", window) / F.lit(float(MB))


@feature("data_daily", unit="days", windows=(7, 30, 90), missing=0, risky="-", zh="近{window}天仅{value:.0f}天使用流量",
         en="mobile data on only {value:.0f} of {window} days", zero=("近{window}天没有使用流量", "no mobile data in {window} days"))
def internet_days(sessions: Events, window: int) -> Column:
    """Days of the window with mobile data."""
    return sessions.days(F.col("bytes") > 0, window)


@feature("data_daily", unit="days", risky="+", zh="已连续{value:.0f}天没有使用流量", en="no mobile data for {value:.0f} days")
def days_since_last_data(sessions: Events) -> Column:
    """Days since mobile data was last used; null if it was not in 180 days."""
    return sessions.days_since_last(F.col("bytes") > 0)


@feature("data_daily", unit="ratio", windows=(30,), risky="-", group="internet_trend",
         zh="近{window}天流量仅为前{window}天的{value:.0%}", en="mobile data {value:.0%} of the {window} days before",
         zero=("近{window}天几乎没有使用流量，此前有", "hardly any mobile data, unlike before"), told=(None, 0.8))
def internet_change(sessions: Events, window: int) -> Column:
    """Mobile data of the window over that of the window before it; null if that one had none."""
    return ratio(sessions.total("bytes", window), sessions.total_between("bytes", 2 * window, window))


@feature("data_daily", unit="ratio", risky="-", group="internet_trend", zh="近8周流量总体下降",
         en="mobile data lower on the whole over 8 weeks", told=(None, -0.02))
def internet_slope_8w(sessions: Events) -> Column:
    """Least-squares slope of the weekly mobile data over eight weeks, a week, over their mean; null if there was none."""
    return slope(sessions.weeks("bytes", WEEKS))


@feature("days_of_use", unit="days", risky="+", adjacent=True, zh="已{value:.0f}天没有通话、短信或流量",
         en="no call, SMS or mobile data for {value:.0f} days")
def days_since_last_use(uses: Events) -> Column:
    """Days since the last own activity or mobile data; null if there was none in 180 days."""
    return uses.since(F.max("day"))


@feature("days_of_use", unit="share", windows=(30,), risky="±", group="data_only")
def data_only_days_share(uses: Events, window: int) -> Column:
    """Share of the days of the window with own activity or mobile data that had the latter alone; null without such a day."""
    return share(count_if(uses.last(window) & (F.col("own") == 0)), count_if(uses.last(window)))


@feature(of=("internet_mb_30d", "outgoing_minutes_30d"), unit="flag", risky="+", group="data_only",
         zh="近30天用流量{internet_mb_30d:.0f}MB，却几乎没有主叫", en="{internet_mb_30d:.0f} MB of mobile data in 30 days, and hardly a call")
def is_data_without_calls_30d(volume: Column, minutes: Column) -> Column:
    """1 if a gigabyte or more was used in 30 days and less than a minute of outgoing calls, else 0."""
    return flag((volume >= MUCH_MB) & (minutes < HARDLY_MINUTES))
