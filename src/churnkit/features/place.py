"""Place: away from the own network's area, and whether home has moved."""
from churnkit.engine import Column, F, W, aggregated, projected
from churnkit.features.declare import feature, flag, share, source
from churnkit.history import Events, History

BEFORE = 3  # months ago that the former home is looked for


@source("cells_monthly")
def homes(history: History) -> Events:
    """One row per subscriber and cell used at night in the last month or two months before it: legs then, and its `place` in each month.

    Place 1 is home: most legs at night (of two the first by name).
    """
    rows = history.events("cells_monthly").table
    cells = aggregated(rows, ["subscriber_id", "cell_id"], {
        f"legs_{name}": F.sum(F.when(F.col("months_ago") == ago, F.col("legs")).otherwise(F.lit(0))).cast("bigint")
        for name, ago in (("now", 1), ("before", BEFORE))})

    def place(name: str) -> Column:
        return F.row_number().over(W.partitionBy("subscriber_id").orderBy(F.col(f"legs_{name}").desc(), F.col("cell_id")))

    return Events(projected(cells, ["*"], {"place_now": place("now"), "place_before": place("before")}), history.day)


@feature("roaming_daily", unit="days", windows=(30, 90), missing=0, risky="±", group="roaming", zh="近{window}天有{value:.0f}天在漫游",
         en="roaming on {value:.0f} of {window} days")
def roaming_days(away: Events, window: int) -> Column:
    """Days of the window with a call or SMS in another network's area, at home or abroad."""
    return away.days(F.col("legs") > 0, window)


@feature("roaming_daily", unit="minutes", windows=(30, 90), missing=0, risky="±", group="roaming")
def roaming_minutes(away: Events, window: int) -> Column:
    """Minutes of calls made and taken while roaming in the window."""
    return away.total("talk_s", window) / F.lit(60.0)


@feature("roaming_daily", unit="flag", windows=(30, 90), missing=0, risky="±", group="roaming", zh="近{window}天出过境",
         en="was abroad within {window} days")
def has_been_abroad(away: Events, window: int) -> Column:
    """1 if the line was used abroad in the window, else 0."""
    return flag(away.days(F.col("legs_abroad") > 0, window) > 0)


@feature("homes", unit="flag", risky="+", group="home", zh="近期夜间常驻地点已变", en="home has moved of late")
def is_home_cell_changed(cells: Events) -> Column:
    """1 if the cell used most at night in the last month is another than two months before it, else 0; null without one in either."""
    same = F.max(F.when((F.col("place_now") == 1) & (F.col("place_before") == 1), F.lit(1)))
    known = (F.sum("legs_now") > 0) & (F.sum("legs_before") > 0)
    return F.when(known, flag(same.isNull()))


@feature("homes", unit="share", months=(1,), risky="-", group="home", zh="近{window}个月夜间仅{value:.0%}在原常驻地点",
         en="only {value:.0%} of use at night at the former home in {window} months")
def former_home_share(cells: Events, months: int) -> Column:
    """Share of the last month's use at night that was in the cell used most two months before it; null without either."""
    there = F.sum(F.when((F.col("place_before") == 1) & (F.col("legs_before") > 0), F.col("legs_now")))
    return share(there, F.sum("legs_now"))
