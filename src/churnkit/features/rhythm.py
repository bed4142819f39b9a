"""Time pattern: at which hours and on which days the line is used, whether that moves, and when calls are answered."""
from itertools import pairwise

from churnkit.engine import Column, F, aggregated, projected
from churnkit.expressions import count_if, has_hour, hours_between
from churnkit.features.declare import added, entropy, feature, n_log_n, ratio, share, source
from churnkit.history import Events, History

HOURS = range(24)
NIGHT = ((19, 24), (0, 7))  # as bandicoot, cider and FlowKit have it
OFF_PEAK = ((23, 24), (0, 7))  # when Chinese operators charge less
WEEKEND = (2, 3)  # Saturday and Sunday: day 0, the first of 1970, was a Thursday
SLOTS = {f"{begins:02}:00-{ends:02}:00": (begins, ends) for begins, ends in pairwise((9, 12, 14, 17, 19, 21))}  # in which people may be called
FEWEST = 10  # hours with a call that a slot is judged by
WEIGHT = 4  # hours at the own usual rate that every slot is given, so that one call does not make a slot the best


@source("usage_daily")
def hours_of_day(history: History) -> Events:
    """One row per subscriber used in 60 days: the entropy of the hours of the day of the last 30 (`entropy_new`), the 30 before and both.

    An hour counts as often as there are days on which the line was used in it. By slot of the day (`rate_9`): the share of hours with an
    answered call among those with a call from a person, smoothed by the own share in all slots; `best_rate` is the largest.
    """
    usage = history.events("usage_daily")
    used = {f"{name}_{hour}": count_if(those & has_hour("own_hours", hour))
            for name, those in (("new", usage.last(30)), ("old", ~usage.last(30))) for hour in HOURS}
    calls = {f"{name}_{begins}": F.sum(hours_between(column, begins, ends)).cast("bigint")
             for name, column in (("called", "in_hours"), ("answered", "answered_hours")) for begins, ends in SLOTS.values()}
    counted = aggregated(usage.table, ["subscriber_id"], used | calls, usage.last(60))
    begins = [begin for begin, _ in SLOTS.values()]
    summed = {f"total_{name}": added(F.col(f"{name}_{hour}") for hour in HOURS) for name in ("new", "old")}
    logs = {f"logs_{name}": added(map(n_log_n, counts)) for name, counts in (
        ("new", [F.col(f"new_{hour}") for hour in HOURS]), ("old", [F.col(f"old_{hour}") for hour in HOURS]),
        ("both", [F.col(f"new_{hour}") + F.col(f"old_{hour}") for hour in HOURS]))}
    called = {name: added(F.col(f"{name}_{begin}") for begin in begins) for name in ("called", "answered")}
    known = projected(counted, ["subscriber_id", *calls], {**summed, **logs, **called})
    rates = {f"rate_{begin}": ratio(F.col(f"answered_{begin}") * F.col("called") + F.col("answered") * WEIGHT,
                                    (F.col(f"called_{begin}") + WEIGHT) * F.col("called")) for begin in begins}
    spread = {"entropy_new": entropy(F.col("total_new"), F.col("logs_new")), "entropy_old": entropy(F.col("total_old"), F.col("logs_old")),
              "entropy_both": entropy(F.col("total_new") + F.col("total_old"), F.col("logs_both"))}
    rated = projected(known, ["*"], spread | rates)
    return Events(projected(rated, ["*"], {"best_rate": F.greatest(*map(F.col, rates))}), history.day)


@source("usage_daily")
def hours_used(history: History) -> Events:
    """One row per subscriber and day of 90 with own activity: in how many hours there was any (`hours`), how many of them at night and off peak."""
    spans = {"hours": ((0, 24),), "night_hours": NIGHT, "off_peak_hours": OFF_PEAK}
    counted = {name: added(hours_between("own_hours", *span) for span in parts).cast("bigint") for name, parts in spans.items()}
    usage = history.events("usage_daily")
    return Events(projected(usage.table, ["subscriber_id", "day", "own_events"], counted, usage.last(90) & (F.col("own_events") > 0)), history.day)


def share_in(hours: Events, name: str, far: int, near: int = 0) -> Column:
    """Hours of that name over all hours with own activity, on the days [as_of - far, as_of - near); null without any."""
    return share(hours.total_between(name, far, near), hours.total_between("hours", far, near))


@feature("hours_used", unit="share", windows=(30, 90), risky="±")
def night_share(hours: Events, window: int) -> Column:
    """Share of the hours with own activity that lie between 19:00 and 07:00; null without any."""
    return share_in(hours, "night_hours", window)


@feature("hours_used", unit="share", windows=(30,), risky="+", zh="近{window}天夜间使用占比较前{window}天上升{value:.0%}",
         en="night share of use up {value:.0%} on the {window} days before", told=(0.05, None))
def night_share_rise(hours: Events, window: int) -> Column:
    """Night's share of the window's hours with own activity less that of the window before it; null where either had none."""
    return share_in(hours, "night_hours", window) - share_in(hours, "night_hours", 2 * window, window)


@feature("hours_used", unit="share", windows=(90,), risky="±")
def weekend_share(hours: Events, window: int) -> Column:
    """Share of the window's own activity that was on Saturdays and Sundays; null without any."""
    weekend = hours.last(window) & (F.col("day") % 7).isin(*WEEKEND)
    return share(F.sum(F.when(weekend, F.col("own_events")).otherwise(F.lit(0))), hours.total("own_events", window))


@feature("hours_used", unit="share", windows=(30, 90), risky="±")
def off_peak_share(hours: Events, window: int) -> Column:
    """Share of the hours with own activity that lie between 23:00 and 07:00, when use is cheap; null without any."""
    return share_in(hours, "off_peak_hours", window)


@feature("hours_used", unit="share", windows=(30,), risky="+", zh="近{window}天闲时使用占比较前{window}天上升{value:.0%}",
         en="off-peak share of use up {value:.0%} on the {window} days before", told=(0.05, None))
def off_peak_share_rise(hours: Events, window: int) -> Column:
    """Off-peak hours' share of the window's hours with own activity less that of the window before it; null where either had none."""
    return share_in(hours, "off_peak_hours", window) - share_in(hours, "off_peak_hours", 2 * window, window)


@feature("hours_of_day", unit="nats", windows=(30, 60), risky="-", group="silence")
def hour_entropy(hours: Events, window: int) -> Column:
    """Entropy of the hours of the day at which the line was used in the window, 0 if always at the same one; null without use."""
    return F.max("entropy_new" if window == 30 else "entropy_both")


@feature("hours_of_day", unit="nats", windows=(30,), risky="-", group="usage_trend", zh="近{window}天使用时段较前{window}天明显变窄",
         en="used at fewer hours of the day than in the {window} days before", told=(None, -0.3))
def hour_entropy_change(hours: Events, window: int) -> Column:
    """Entropy of the window's hours of the day less that of the window before it; null where either had no use."""
    return F.max(F.col("entropy_new") - F.col("entropy_old"))


@feature("hours_of_day", unit="code", lists=True)
def best_slot(hours: Events) -> Column:
    """Slot of the day with the largest smoothed share of hours with an answered call among those with a call, in 60 days; the first of several.

    Null for fewer than ten hours with a call, and where all or none of them had one answered: then no slot is better.
    """
    first = F.lit(None).cast("string")
    for slot, (begins, _) in reversed(SLOTS.items()):
        first = F.when(F.col(f"rate_{begins}") >= F.col("best_rate"), F.lit(slot)).otherwise(first)
    told = (F.col("called") >= FEWEST) & (F.col("answered") > 0) & (F.col("answered") < F.col("called"))
    return F.max(F.when(told, first))


@feature("hours_of_day", unit="code", lists=True)
def avoid_slots(hours: Events) -> Column:
    """Slots of the day in which no call was answered in 60 days, joined by commas; null without such, or for fewer than ten hours with an answer."""
    quiet = F.concat_ws(",", *(F.when(F.col(f"answered_{begins}") == 0, F.lit(slot)) for slot, (begins, _) in SLOTS.items()))
    return F.max(F.when((F.col("answered") >= FEWEST) & (quiet != ""), quiet))
