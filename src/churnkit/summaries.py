"""Call records and data sessions rolled up once per delivery, so that a window over half a year reads days, not calls."""
from collections.abc import Callable

from churnkit.engine import Column, F, Frame, projected
from churnkit.expressions import count_if, days, told, total_if
from churnkit.timeline import FILE_NO

SERVICE = ("own_care", "short_code")
CAUSES = ("unconditional", "busy", "no_answer", "unreachable")
NIGHT = (19, 7)  # [19:00, 07:00), as bandicoot, cider and FlowKit have it


def month_of(day: Column) -> Column:
    """A date's month as one integer: 12 × year + month − 1."""
    return (F.year(day) * 12 + F.month(day) - 1).cast("int")


def known_from(happened: Column, received: Column, wait_days: int) -> Column:
    """The month of the first as-of date that may see a row: it begins after the row happened, and its known_at after it was received."""
    waited = F.date_sub(received, wait_days)
    return F.greatest(month_of(waited) + 1, month_of(happened) + 1).cast("int")


class Leg:
    """What a leg of a call or an SMS is, said once for every summary; made once the engine is open."""

    def __init__(self) -> None:
        kind, direction, clock = F.col("kind"), F.col("direction"), F.col("happened_at")
        self.voice, self.sms = kind == "voice", kind == "sms"
        self.out, self.incoming, self.forwarded = direction == "out", direction == "in", direction == "forwarded"
        self.network = F.coalesce(F.col("other_party_network"), F.lit("unknown"))
        self.of_service = self.network.isin(*SERVICE) | self.network.startswith("rival_care:")
        self.answered = F.coalesce(F.col("is_answered"), F.col("duration_s") > 0)
        self.seconds = F.coalesce(F.col("duration_s"), F.lit(0))
        self.person_in = self.incoming & self.voice & ~self.of_service
        self.own_activity = self.out | (self.person_in & self.answered)
        self.second = days(clock.cast("date")).cast("bigint") * 86_400 + F.hour(clock) * 3_600 + F.minute(clock) * 60 + F.second(clock)


def usage_daily(calls: Frame, wait_days: int) -> Frame:
    """One row per subscriber, day and received_day: counts and seconds by what the legs were.

    `own_events` are outgoing calls and SMS and answered incoming calls from people; nothing else is own activity. `own_hours` are the hours
    of the day in which there was any, one bit each: 2⁰ is midnight to one. Legs forwarded unconditionally to a notice platform (来电提醒, 秘书台)
    are `fwd_notice` and no `fwd_unconditional`, for they warn of nothing. `last_cfu_s` and `last_answered_in_s` are seconds since 1970 of
    the day's last leg forwarded unconditionally elsewhere, and of the last call taken, null if none.
    """
    leg = Leg()
    target = F.coalesce(F.col("forwarded_to_network"), F.lit("unknown"))
    on_what = {cause: leg.forwarded & (F.col("forward_cause") == cause) for cause in CAUSES}
    noticed, on_what["unconditional"] = (on_what["unconditional"] & it for it in (target.isin(*SERVICE), ~target.isin(*SERVICE)))
    calls = projected(calls, ["*"], {"hour_bit": F.pow(F.lit(2), F.hour(F.col("happened_at"))).cast("bigint")})  # once for three
    return calls.groupBy("subscriber_id", days(F.col("happened_at").cast("date")).alias("day"),
                         days(F.col("received_at").cast("date")).alias("received_day"), *files(calls)).agg(
        count_if(leg.own_activity).alias("own_events"),
        count_if(leg.voice & leg.out).alias("out_calls"),
        total_if(leg.voice & leg.out, leg.seconds).alias("out_s"),
        count_if(leg.person_in).alias("in_calls"),
        count_if(leg.person_in & leg.answered).alias("in_answered"),
        total_if(leg.person_in, leg.seconds).alias("in_s"),
        count_if(leg.sms & leg.out).alias("sms_out"),
        count_if(leg.sms & leg.incoming & ~leg.of_service).alias("sms_in"),
        *(count_if(condition).alias(f"fwd_{cause}") for cause, condition in on_what.items()),
        count_if(noticed).alias("fwd_notice"),
        count_if(leg.forwarded & target.startswith("rival:")).alias("fwd_rival"),
        count_if(leg.voice & leg.out & leg.network.startswith("rival:")).alias("rival_calls"),
        total_if(leg.voice & leg.out & leg.network.startswith("rival:"), leg.seconds).alias("rival_s"),
        count_if(leg.voice & leg.out & (F.col("distance") == "domestic")).alias("far_calls"),
        count_if(leg.out & (leg.network == "own_care")).alias("care_calls"),
        count_if(leg.out & leg.network.startswith("rival_care:")).alias("rival_care_calls"),
        count_if(F.col("forward_dial") == "on").alias("fwd_set_up"),
        hours_of(leg.own_activity).alias("own_hours"),
        hours_of(leg.person_in).alias("in_hours"),
        hours_of(leg.person_in & leg.answered).alias("answered_hours"),
        F.max(F.when(on_what["unconditional"], leg.second)).cast("bigint").alias("last_cfu_s"),
        F.max(F.when(leg.person_in & leg.answered, leg.second)).cast("bigint").alias("last_answered_in_s"),
    )


def hours_of(condition: Column) -> Column:
    """The hours of the day in which a leg met the condition, one bit each."""
    return F.coalesce(F.bit_or(F.when(condition, F.col("hour_bit"))), F.lit(0)).cast("bigint")


def contacts_monthly(calls: Frame, wait_days: int) -> Frame:
    """One row per subscriber, other party, month and known_from: how often and how long they spoke; no services, forwarded legs, SMS received."""
    leg = Leg()
    people = calls.filter(~leg.forwarded & ~leg.of_service & ~(leg.sms & leg.incoming) & F.col("other_party").isNotNull())
    return people.groupBy("subscriber_id", "other_party", *monthly(wait_days), *files(calls)).agg(
        told(leg.network).alias("network"),
        count_if(leg.voice & leg.out).alias("out_calls"),
        total_if(leg.voice & leg.out, leg.seconds).alias("out_s"),
        count_if(leg.person_in & leg.answered).alias("in_answered"),
        total_if(leg.person_in, leg.seconds).alias("in_s"),
        count_if(leg.sms & leg.out).alias("sms_out"),
    )


def forward_targets_monthly(calls: Frame, wait_days: int) -> Frame:
    """One row per subscriber, forwarding target, month and known_from: how many legs went there, and from which day on."""
    return calls.filter(Leg().forwarded).groupBy("subscriber_id", F.col("forwarded_to").alias("target"), *monthly(wait_days), *files(calls)).agg(
        told(F.coalesce(F.col("forwarded_to_network"), F.lit("unknown"))).alias("network"),
        F.count(F.lit(1)).alias("legs"),
        F.min(days(F.col("happened_at").cast("date"))).alias("first_day"),
    )


def devices_monthly(calls: Frame, wait_days: int) -> Frame:
    """One row per subscriber, TAC, month and known_from: first and last day, and how many legs. Forwarded legs say nothing of the handset."""
    used = calls.filter(~Leg().forwarded & F.col("tac").isNotNull())
    day = days(F.col("happened_at").cast("date"))
    return used.groupBy("subscriber_id", "tac", *monthly(wait_days), *files(calls)).agg(
        F.min(day).alias("first_day"), F.max(day).alias("last_day"), F.count(F.lit(1)).alias("legs"))


def device_keys_monthly(calls: Frame, wait_days: int) -> Frame:
    """One row per subscriber, handset (its keyed IMEI), month and known_from: how many legs, forwarded ones aside."""
    used = calls.filter(~Leg().forwarded & F.col("device_key").isNotNull())
    return used.groupBy("subscriber_id", "device_key", *monthly(wait_days), *files(calls)).agg(F.count(F.lit(1)).alias("legs"))


def cells_monthly(calls: Frame, wait_days: int) -> Frame:
    """One row per subscriber, cell, month and known_from in which legs began at night: how many, forwarded ones aside. Where one sleeps is home."""
    hour = F.hour(F.col("happened_at"))
    slept = calls.filter(~Leg().forwarded & F.col("cell_id").isNotNull() & ((hour >= NIGHT[0]) | (hour < NIGHT[1])))
    return slept.groupBy("subscriber_id", "cell_id", *monthly(wait_days), *files(calls)).agg(F.count(F.lit(1)).alias("legs"))


def access_codes_monthly(calls: Frame, wait_days: int) -> Frame:
    """One row per subscriber, long-distance access code, month and known_from: the calls dialled with it, and those of them within the country."""
    coded = calls.filter((F.col("kind") == "voice") & (F.col("direction") == "out") & F.col("access_code").isNotNull())
    return coded.groupBy("subscriber_id", "access_code", *monthly(wait_days), *files(calls)).agg(
        F.count(F.lit(1)).alias("calls"), F.coalesce(F.sum("duration_s"), F.lit(0)).cast("bigint").alias("out_s"),
        count_if(F.col("distance") == "domestic").alias("far_calls"))


def roaming_daily(calls: Frame, wait_days: int) -> Frame:
    """One row per subscriber, day and received_day away from the own network's area: legs by where, and seconds of calls, forwarded legs aside."""
    leg = Leg()
    away = calls.filter(~leg.forwarded & F.col("roaming").isin("domestic", "international"))
    return away.groupBy("subscriber_id", days(F.col("happened_at").cast("date")).alias("day"),
                        days(F.col("received_at").cast("date")).alias("received_day"), *files(calls)).agg(
        F.count(F.lit(1)).alias("legs"), count_if(F.col("roaming") == "international").alias("legs_abroad"),
        total_if(leg.voice, leg.seconds).alias("talk_s"))


def files(calls: Frame) -> list[str]:
    """The column that says which file a row came in, so that a summary can do without a file that a later delivery supersedes."""
    return [FILE_NO] if FILE_NO in calls.columns else []


def monthly(wait_days: int) -> tuple[Column, Column]:
    """The month in which a leg happened, and from which as-of date on it may be seen."""
    happened, received = F.col("happened_at").cast("date"), F.col("received_at").cast("date")
    return month_of(happened).alias("month"), known_from(happened, received, wait_days).alias("known_from")


def data_daily(sessions: Frame, wait_days: int) -> Frame:
    """One row per subscriber, day and received_day of data sessions: their volume in bytes, and how many with any."""
    volume = (F.col("volume_mb") * 1_000_000).cast("bigint")
    return sessions.groupBy("subscriber_id", days(F.col("happened_at").cast("date")).alias("day"),
                            days(F.col("received_at").cast("date")).alias("received_day"), *files(sessions)).agg(
        F.sum(volume).cast("bigint").alias("bytes"), count_if(F.col("volume_mb") > 0).alias("sessions"))


# By the extract that they are made of.
SUMMARIES: dict[str, dict[str, Callable[[Frame, int], Frame]]] = {
    "calls": {f.__name__: f for f in (usage_daily, contacts_monthly, forward_targets_monthly, devices_monthly, device_keys_monthly, cells_monthly,
                                      access_codes_monthly, roaming_daily)},
    "data_sessions": {"data_daily": data_daily}}
_DAILY, _MONTHLY = ("day", "received_day", FILE_NO), ("month", "known_from", FILE_NO)
KEYS = {"usage_daily": ("subscriber_id", *_DAILY), "roaming_daily": ("subscriber_id", *_DAILY), "data_daily": ("subscriber_id", *_DAILY),
        **{name: ("subscriber_id", thing, *_MONTHLY) for name, thing in (
            ("contacts_monthly", "other_party"), ("forward_targets_monthly", "target"), ("devices_monthly", "tac"),
            ("device_keys_monthly", "device_key"), ("cells_monthly", "cell_id"), ("access_codes_monthly", "access_code"))}}
