"""Contact with rivals: calls to their networks and care lines, and asking whether the number may go to one."""
from churnkit.engine import Column, F, W, aggregated, projected
from churnkit.expressions import count_if
from churnkit.features.declare import feature, share, source
from churnkit.features.usage import contact_months, over_months
from churnkit.history import Events, History

QUARTER = 90


@source("contacts_monthly", "number_plan")
def rivals(history: History) -> Events:
    """One row per subscriber and rival network talked with in three months: seconds of calls both ways; `place` 1 is the one talked with most."""
    rows = projected(history.once(contact_months), ["subscriber_id", "network"], {
        "seconds_1": F.col("seconds_1"), "seconds_3": over_months("seconds", 3)}, F.col("network").startswith("rival:"))
    networks = aggregated(rows, ["subscriber_id", "network"], {name: F.sum(name).cast("bigint") for name in ("seconds_1", "seconds_3")},
                          F.col("seconds_3") > 0)
    most = W.partitionBy("subscriber_id").orderBy(F.col("seconds_3").desc(), F.col("network"))
    return Events(projected(networks, ["*"], {"place": F.row_number().over(most)}), history.day)


@feature("usage_daily", unit="minutes", windows=(30, 90), missing=0, risky="±", internal=True, needs=("number_plan",))
def rival_minutes(usage: Events, window: int) -> Column:
    """Minutes of outgoing calls to rival networks in the window."""
    return usage.total("rival_s", window) / F.lit(60.0)


@feature("usage_daily", unit="count", windows=(30, 90), missing=0, risky="±", internal=True, needs=("number_plan",))
def rival_calls(usage: Events, window: int) -> Column:
    """Outgoing calls to rival networks in the window."""
    return usage.total("rival_calls", window)


@feature("usage_daily", unit="share", windows=(30, 90), risky="+", internal=True, zh="近{window}天{value:.0%}的主叫打往异网",
         en="{value:.0%} of outgoing minutes to rival networks in {window} days", needs=("number_plan",))
def rival_minutes_share(usage: Events, window: int) -> Column:
    """Outgoing minutes to rival networks over all outgoing minutes of the window; null without any."""
    return share(usage.total("rival_s", window), usage.total("out_s", window))


@feature("usage_daily", unit="share", windows=(30,), risky="+", internal=True, zh="异网主叫占比较前{window}天上升{value:.0%}",
         en="rival share of outgoing minutes up {value:.0%} on the {window} days before", needs=("number_plan",), told=(0.05, None))
def rival_share_rise(usage: Events, window: int) -> Column:
    """Rival networks' share of the window's outgoing minutes less that of the window before it; null where either had none."""
    before = share(usage.total_between("rival_s", 2 * window, window), usage.total_between("out_s", 2 * window, window))
    return share(usage.total("rival_s", window), usage.total("out_s", window)) - before


@feature("usage_daily", unit="count", windows=(15, 30, 60, 90), missing=0, risky="+", group="rival_care", internal=True,
         zh="近{window}天联系过异网客服{value:.0f}次", en="{value:.0f} calls or SMS to a rival's care line in {window} days", needs=("number_plan",))
def rival_care_calls(usage: Events, window: int) -> Column:
    """Outgoing calls and SMS to rivals' care lines in the window."""
    return usage.total("rival_care_calls", window)


@feature("usage_daily", unit="days", risky="-", group="rival_care", internal=True, zh="{value:.0f}天前联系过异网客服",
         en="in touch with a rival's care line {value:.0f} days ago", needs=("number_plan",))
def days_since_rival_care(usage: Events) -> Column:
    """Days since the last call or SMS to a rival's care line; null if there was none in 180 days."""
    return usage.days_since_last(F.col("rival_care_calls") > 0)


@feature("usage_daily", unit="days", windows=(QUARTER,), risky="±", group="rival_care", internal=True, needs=("number_plan",))
def days_since_first_rival_care(usage: Events, window: int) -> Column:
    """Days since the first call or SMS of the window to a rival's care line: how long they have been asking; null if there was none."""
    return usage.since(F.min(F.when(usage.last(window) & (F.col("rival_care_calls") > 0), F.col("day"))))


@feature("contacts", unit="share", months=(1, 3), risky="+", internal=True, zh="近{window}个月{value:.0%}的联系人在异网",
         en="{value:.0%} of contacts on rival networks in {window} months", needs=("number_plan",))
def rival_contacts_share(people: Events, months: int) -> Column:
    """Contacts on rival networks over those on mobile networks in the last so many months; null without any."""
    met = over_months("events", months) > 0
    rival = F.col("network").startswith("rival:")
    return share(count_if(met & rival), count_if(met & (rival | (F.col("network") == "own"))))


@feature("rivals", unit="code", internal=True)
def top_rival(networks: Events) -> Column:
    """Rival network talked with most in three months; null without any."""
    return F.max(F.when(F.col("place") == 1, F.col("network")))


@feature("rivals", unit="minutes", months=(1, 3), missing=0, risky="+", internal=True)
def top_rival_minutes(networks: Events, months: int) -> Column:
    """Minutes of calls, both ways, in the last so many months with that network."""
    return F.sum(F.when(F.col("place") == 1, F.col(f"seconds_{months}")).otherwise(F.lit(0))).cast("bigint") / F.lit(60.0)


@feature("portability_requests", unit="count", windows=(30, 90), missing=0, risky="+", group="port_out", internal=True, adjacent=True,
         zh="近{window}天查询携转资格{value:.0f}次", en="asked {value:.0f} times in {window} days whether the number may be ported out")
def port_queries(requests: Events, window: int) -> Column:
    """Queries in the window whether the number may be ported out."""
    return count_if(requests.last(window) & (F.col("kind") == "query"))


@feature("portability_requests", unit="count", windows=(1, 30), missing=0, risky="+", group="port_out", internal=True, adjacent=True,
         zh="近{window}天申请携转授权码{value:.0f}次", en="asked {value:.0f} times in {window} days for the code to port out")
def port_authorisations(requests: Events, window: int) -> Column:
    """Requests in the window for the code to port the number out."""
    return count_if(requests.last(window) & (F.col("kind") == "authorisation"))


@feature("portability_requests", unit="count", windows=(90,), missing=0, risky="±", group="port_out", internal=True, adjacent=True)
def port_refusals(requests: Events, window: int) -> Column:
    """Requests of the window, of either kind, to which the answer was no."""
    return count_if(requests.last(window) & ~F.col("is_allowed"))


@feature("portability_requests", unit="days", risky="-", group="port_out", internal=True, adjacent=True, zh="{value:.0f}天前查询过携转",
         en="asked about porting out {value:.0f} days ago")
def days_since_port_request(requests: Events) -> Column:
    """Days since the last query or request for the code; null if there was none in 180 days."""
    return requests.since(F.max("day"))
