"""Call forwarding: where calls go when they no longer reach this line, and how unlike the subscriber's habit that is."""
from churnkit.engine import Column, F, W, aggregated, beside, matched, projected
from churnkit.expressions import count_if, told
from churnkit.features.account import holders, last_snapshots
from churnkit.features.declare import added, feature, flag, ratio, share, source
from churnkit.history import Events, History

CAUSES = ("unconditional", "busy", "no_answer", "unreachable")
NOTICE = ("short_code", "own_care")
LOOK_BACK = 90  # days in which forwarding may have been set


def legs() -> Column:
    """Forwarded legs of a day, whatever the cause."""
    return added(F.col(f"fwd_{cause}") for cause in (*CAUSES, "notice"))


def forwarded(usage: Events, window: int) -> Column:
    """Forwarded legs of the window."""
    return F.sum(F.when(usage.last(window), legs()).otherwise(F.lit(0)))


@source("forward_targets_monthly", "subscribers")
def forward_targets(history: History) -> Events:
    """One row per subscriber and number that calls were forwarded to in three months, its class and legs; `place` 1 had most in the last month.

    A number is `own_second` if it is the subscriber's other number on record or another line of the same customer, else `rival`, `own`,
    `notice` (来电提醒, 秘书台: never a warning), `fixed` or `other`.
    """
    key = ["subscriber_id", "target"]
    targets = aggregated(history.events("forward_targets_monthly").table, key, {
        "network": told(F.col("network")), "first_day": F.min("first_day"), "legs_3m": F.sum("legs"),
        "legs_1m": F.sum(F.when(F.col("months_ago") == 1, F.col("legs")).otherwise(F.lit(0)))})
    mine = projected(last_snapshots(history), ["subscriber_id", "customer_key"], {"other_number": F.col("alt_contact_party")})
    theirs = projected(history.everyone.once(holders), [], {"target": F.col("msisdn_party"), "target_customer": F.col("customer_key")},
                       F.col("customer_key").isNotNull())
    known = beside(targets, [mine], ["subscriber_id"])
    same = aggregated(matched(known, theirs, ["target"]), key, {"is_same_customer": F.lit(True)}, F.col("customer_key") == F.col("target_customer"))
    known = beside(known, [same], key)
    second = F.col("is_same_customer").isNotNull() | F.coalesce(F.col("target") == F.col("other_number"), F.lit(False))
    network = F.col("network")
    kind = (F.when(second, F.lit("own_second")).when(network.startswith("rival:"), F.lit("rival")).when(network == "own", F.lit("own"))
            .when(network.isin(*NOTICE), F.lit("notice")).when(network == "fixed", F.lit("fixed")).otherwise(F.lit("other")))
    most = W.partitionBy("subscriber_id").orderBy(F.col("legs_1m").desc(), F.col("legs_3m").desc(), F.col("target"))
    return Events(projected(known, [*key, "first_day", "legs_1m", "legs_3m"], {"kind": kind, "place": F.row_number().over(most)}), history.day)


@feature("usage_daily", unit="count", windows=(7, 30, 90), missing=0, risky="+", internal=True,
         zh="近{window}天有{value:.0f}次来电被无条件转移", en="{value:.0f} calls forwarded unconditionally in {window} days")
def forwarded_unconditional(usage: Events, window: int) -> Column:
    """Legs forwarded unconditionally in the window, but for those to a notice platform (来电提醒, 秘书台), which warn of nothing."""
    return usage.total("fwd_unconditional", window)


@feature("usage_daily", unit="count", windows=(7, 30, 90), missing=0, risky="±", internal=True)
def forwarded_busy(usage: Events, window: int) -> Column:
    """Legs forwarded on busy in the window."""
    return usage.total("fwd_busy", window)


@feature("usage_daily", unit="count", windows=(7, 30, 90), missing=0, risky="±", internal=True)
def forwarded_no_answer(usage: Events, window: int) -> Column:
    """Legs forwarded on no answer in the window."""
    return usage.total("fwd_no_answer", window)


@feature("usage_daily", unit="count", windows=(7, 30, 90), missing=0, risky="+", internal=True,
         zh="近{window}天有{value:.0f}次来电因关机等被转移", en="{value:.0f} calls forwarded as unreachable in {window} days")
def forwarded_unreachable(usage: Events, window: int) -> Column:
    """Legs forwarded because the line could not be reached in the window."""
    return usage.total("fwd_unreachable", window)


@feature("usage_daily", unit="flag", missing=0, risky="+", internal=True, zh="来电已全部转移到其他号码",
         en="all calls are forwarded to another number")
def is_forwarding_active(usage: Events) -> Column:
    """1 if the last unconditionally forwarded leg, of the last 90 days, is later than the last answered incoming call, else 0: it is inferred."""
    forwarded_at = F.max(F.when(usage.last(LOOK_BACK), F.col("last_cfu_s")))
    answered_at = F.coalesce(F.max("last_answered_in_s"), F.lit(0))
    return F.coalesce(flag(forwarded_at > answered_at), F.lit(0))


@feature("usage_daily", unit="days", windows=(LOOK_BACK,), risky="±", internal=True, zh="{value:.0f}天前开始转移来电",
         en="calls forwarded since {value:.0f} days ago")
def days_since_first_cfu(usage: Events, window: int) -> Column:
    """Days since the first unconditionally forwarded leg of the window; null if there was none."""
    return usage.since(F.min(F.when(usage.last(window) & (F.col("fwd_unconditional") > 0), F.col("day"))))


@feature("usage_daily", unit="days", windows=(30, 90), missing=0, risky="+", internal=True, zh="近{window}天有{value:.0f}天在转移来电",
         en="calls forwarded on {value:.0f} of {window} days")
def cfu_days(usage: Events, window: int) -> Column:
    """Days of the window with an unconditionally forwarded leg."""
    return usage.days(F.col("fwd_unconditional") > 0, window)


@feature("usage_daily", unit="count", missing=0, risky="+", internal=True, zh="近30天来电转移比平时多{value:.0f}次",
         en="{value:.0f} more calls forwarded than usual in 30 days")
def cfu_over_habit_30d(usage: Events) -> Column:
    """Unconditionally forwarded legs of the last 30 days less the mean of the two 30 days before."""
    return usage.total("fwd_unconditional", 30) - usage.total_between("fwd_unconditional", 90, 30) / F.lit(2.0)


@feature("usage_daily", unit="share", windows=(30,), risky="+", internal=True, zh="近{window}天{value:.0%}的来电被转移",
         en="{value:.0%} of calls forwarded in {window} days")
def forwarded_share(usage: Events, window: int) -> Column:
    """Forwarded legs over these and incoming calls from people in the window; null without any."""
    away = forwarded(usage, window)
    return share(away, away + usage.total("in_calls", window))


@feature("usage_daily", unit="share", windows=(30,), risky="+", internal=True, zh="近{window}天{value:.0%}的来电被无条件转移",
         en="{value:.0%} of calls forwarded unconditionally in {window} days")
def cfu_share(usage: Events, window: int) -> Column:
    """Unconditionally forwarded legs over all forwarded legs and incoming calls from people in the window; null without any."""
    return share(usage.total("fwd_unconditional", window), forwarded(usage, window) + usage.total("in_calls", window))


@feature("usage_daily", unit="share", windows=(30,), risky="+", internal=True, zh="近{window}天{value:.0%}的来电打不通而被转移",
         en="{value:.0%} of calls forwarded as unreachable in {window} days")
def unreachable_share(usage: Events, window: int) -> Column:
    """Legs forwarded because the line could not be reached, over all forwarded legs and incoming calls in the window; null without any."""
    return share(usage.total("fwd_unreachable", window), forwarded(usage, window) + usage.total("in_calls", window))


@feature("usage_daily", unit="ratio", windows=(30,), risky="+", internal=True)
def unreachable_change(usage: Events, window: int) -> Column:
    """Legs forwarded as unreachable in the window over those of the window before it; null if that one had none."""
    return ratio(usage.total("fwd_unreachable", window), usage.total_between("fwd_unreachable", 2 * window, window))


@feature("usage_daily", unit="count", windows=(30,), missing=0, risky="+", internal=True, zh="近{window}天打不通的次数比前{window}天多{value:.0f}次",
         en="unreachable {value:.0f} times more than in the {window} days before")
def unreachable_rise(usage: Events, window: int) -> Column:
    """Legs forwarded as unreachable in the window less those of the window before it."""
    return usage.total("fwd_unreachable", window) - usage.total_between("fwd_unreachable", 2 * window, window)


@feature("usage_daily", unit="share", windows=(30,), risky="+", group="unanswered", zh="近{window}天{value:.0%}的来电没有接听",
         en="{value:.0%} of incoming calls not answered in {window} days")
def unanswered_share(usage: Events, window: int) -> Column:
    """Share of the window's incoming calls from people that were not answered; null without a call."""
    calls = usage.total("in_calls", window)
    return share(calls - usage.total("in_answered", window), calls)


@feature("usage_daily", unit="count", windows=(30,), missing=0, risky="+", internal=True, zh="近{window}天拨打转移设置代码{value:.0f}次",
         en="dialled a code that sets up forwarding {value:.0f} times in {window} days")
def forwarding_set_ups(usage: Events, window: int) -> Column:
    """Dials in the window that set up forwarding, as far as they leave a record: *72… and the like."""
    return usage.total("fwd_set_up", window)


@feature("forward_targets", unit="share", months=(1,), risky="+", internal=True, zh="被转移的来电{value:.0%}转往异网号码",
         en="{value:.0%} of forwarded calls go to a rival number", needs=("number_plan",))
def forwarded_to_rival_share(targets: Events, months: int) -> Column:
    """Share of the month's forwarded legs that went to a rival's mobile number; null without a leg."""
    return share_to("rival")


@feature("forward_targets", unit="share", months=(1,), risky="±", internal=True, needs=("number_plan",))
def forwarded_to_own_share(targets: Events, months: int) -> Column:
    """Share of the month's forwarded legs that went to a mobile number of this operator; null without a leg."""
    return share_to("own")


@feature("forward_targets", unit="share", months=(1,), risky="-", internal=True)
def forwarded_to_own_second_share(targets: Events, months: int) -> Column:
    """Share of the month's forwarded legs that went to another number of the same person; null without a leg."""
    return share_to("own_second")


@feature("forward_targets", unit="share", months=(1,), risky="-", internal=True, needs=("number_plan",))
def forwarded_to_notice_share(targets: Events, months: int) -> Column:
    """Share of the month's forwarded legs that went to a notice platform; null without a leg."""
    return share_to("notice")


@feature("forward_targets", unit="share", months=(1,), risky="±", internal=True, needs=("number_plan",))
def forwarded_to_fixed_share(targets: Events, months: int) -> Column:
    """Share of the month's forwarded legs that went to a fixed line; null without a leg."""
    return share_to("fixed")


def share_to(kind: str) -> Column:
    """Share of the last month's forwarded legs that went to targets of a kind."""
    return share(F.sum(F.when(F.col("kind") == kind, F.col("legs_1m")).otherwise(F.lit(0))), F.sum("legs_1m"))


@feature("forward_targets", unit="count", months=(1, 3), missing=0, risky="±", internal=True)
def forward_target_count(targets: Events, months: int) -> Column:
    """Different numbers that calls were forwarded to in the last so many months."""
    return count_if(F.col(f"legs_{months}m") > 0)


@feature("forward_targets", unit="share", months=(1, 3), risky="+", internal=True, zh="近{window}个月{value:.0%}的转移来电去往同一号码",
         en="{value:.0%} of forwarded calls to one number in {window} months")
def top_target_share(targets: Events, months: int) -> Column:
    """Share of the forwarded legs of the last so many months that the most frequent target took; null without a leg."""
    return share(F.max(f"legs_{months}m"), F.sum(f"legs_{months}m"))


@feature("forward_targets", unit="flag", missing=0, risky="+", internal=True, zh="来电近期开始转移到一个新号码",
         en="calls go to a number new in the last 30 days")
def is_forward_target_new(targets: Events) -> Column:
    """1 if the month's most frequent target, no notice platform, was first forwarded to in the last 30 days of three months, else 0."""
    top = (F.col("place") == 1) & (F.col("legs_1m") > 0) & (F.col("kind") != "notice")
    return F.coalesce(F.max(flag(F.when(top, F.col("first_day") >= targets.as_of - 30))), F.lit(0))


@feature("usage_daily", unit="count", windows=(30,), missing=0, risky="+", internal=True, zh="近{window}天有{value:.0f}次来电转往异网",
         en="{value:.0f} calls forwarded to a rival network in {window} days", needs=("number_plan",))
def forwarded_to_rival(usage: Events, window: int) -> Column:
    """Forwarded legs of the window that went to a rival's mobile number."""
    return usage.total("fwd_rival", window)


def cfu_to_rival() -> Column:
    """Whether a day had legs forwarded unconditionally, and legs forwarded to a rival's mobile number."""
    return (F.col("fwd_unconditional") > 0) & (F.col("fwd_rival") > 0)


@feature("usage_daily", unit="days", windows=(30, 60), missing=0, risky="+", internal=True, zh="近{window}天有{value:.0f}天把来电转往异网",
         en="calls forwarded to a rival network on {value:.0f} of {window} days", needs=("number_plan",))
def cfu_to_rival_days(usage: Events, window: int) -> Column:
    """Days of the window on which calls were forwarded unconditionally, and to a rival's mobile number."""
    return usage.days(cfu_to_rival(), window)


@feature("usage_daily", unit="days", risky="-", internal=True, needs=("number_plan",))
def days_since_cfu_to_rival(usage: Events) -> Column:
    """Days since the last such day; null if there was none in 180 days."""
    return usage.days_since_last(cfu_to_rival())


@feature("usage_daily", unit="days", risky="±", internal=True, needs=("number_plan",))
def days_since_first_cfu_to_rival(usage: Events) -> Column:
    """Days since the first such day of 180; null if there was none."""
    return usage.since(F.min(F.when(cfu_to_rival(), F.col("day"))))
