"""The ways in which a line ends, each as the day on which it did: leaving, a port-out, a stop for arrears, silence, a balance not topped up."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from churnkit.engine import F, Frame, T, W, aggregated, beside, matched, projected, stacked
from churnkit.errors import InputError
from churnkit.history import EPOCH, History


@dataclass(frozen=True)
class Window:
    """The days in which leaving counts, [starts, ends), and those of the longest run that proves a silence or a stop."""

    as_of: date
    gap_days: int
    horizon_days: int
    run_days: int

    @property
    def starts(self) -> int:
        """First day that counts, days since 1970-01-01."""
        return (self.as_of - EPOCH).days + self.gap_days

    @property
    def ends(self) -> int:
        """First day that no longer counts."""
        return self.starts + self.horizon_days

    @property
    def matures_on(self) -> date:
        """The day on which everything the label needs has happened."""
        return EPOCH + timedelta(self.ends + self.run_days)


def left(after: History, window: Window, days: int = 0) -> Frame:
    """subscriber_id, day of the first voluntary pre-cancel or cancel, or port-out, since the as-of date.

    Without changes of state, who is no longer in the snapshots has left. Portings of own numbers to a rival count wherever there are any.
    Raises InputError where it is for the snapshots to say and they end before the window does.
    """
    if after.has("status_changes"):
        leaving = (F.col("status") == "ported_out") | (F.col("status").isin("pre_cancelled", "cancelled")
                                                       & (F.coalesce(F.col("reason"), F.lit("voluntary")) == "voluntary"))
        exits = projected(after.events("status_changes").table, ["subscriber_id", "day"], {}, leaving)
    else:
        check_snapshots(after, window)
        exits = vanished(after)
    return first_day(stacked([exits, ported(after)]) if after.has("portings") else exits, window)


def vanished(after: History) -> Frame:
    """subscriber_id and day of those who are in an earlier snapshot than the last one only.

    The day is that after the snapshot, or after their last own activity where that came later: a line that is cancelled is used until then.
    """
    snapshots = projected(after.events("subscribers").table, ["subscriber_id", "day"], {"newest": F.max("day").over(W.partitionBy())})
    seen = aggregated(snapshots, ["subscriber_id"], {"seen": F.max("day"), "newest": F.max("newest")})
    used = aggregated(after.pieces("usage_daily").table, ["subscriber_id"], {"used": F.max("day")}, F.col("own_events") > 0)
    last = F.greatest(F.col("seen"), F.coalesce(F.col("used"), F.col("seen")))
    return projected(beside(seen, [used], ["subscriber_id"]), ["subscriber_id"], {"day": last + 1}, F.col("seen") < F.col("newest"))


def check_snapshots(after: History, window: Window) -> None:
    """Raises InputError unless a snapshot of the window's last day or later can say who is gone."""
    newest = after.events("subscribers").table.agg(F.max("day")).collect()[0][0]
    if newest is None or newest < window.ends - 1:
        raise InputError(f"Without status_changes the snapshots say who has left, and none from {EPOCH + timedelta(window.ends - 1)} on, "
                         f"the last day of the label of {window.as_of}, is known on {window.matures_on}. Send status_changes, or choose a "
                         "definition that matures later, such as any.")


def ported_out(after: History, window: Window, days: int = 0) -> Frame:
    """subscriber_id, day of the first port-out since the as-of date, as changes of state or portings tell it."""
    told = []
    if after.has("status_changes"):
        told.append(projected(after.events("status_changes").table, ["subscriber_id", "day"], {}, F.col("status") == "ported_out"))
    if after.has("portings"):
        told.append(ported(after))
    return first_day(stacked(told), window)


def ported(after: History) -> Frame:
    """subscriber_id and day of own numbers that went to a rival; of several who had a number, whoever was last seen with it before that day."""
    holders = projected(after.events("subscribers").table, ["subscriber_id"], {"msisdn": F.col("msisdn_party"), "seen": F.col("day")},
                        F.col("msisdn_party").isNotNull())
    ported = aggregated(after.events("portings").table, ["msisdn", "day"], {"rows": F.count(F.lit(1))}, F.col("to_operator") != "own")
    last = W.partitionBy("msisdn", "day").orderBy(F.col("seen").desc(), F.col("subscriber_id"))
    held = projected(matched(ported, holders, ["msisdn"]), ["subscriber_id", "day"], {"nth": F.row_number().over(last)}, F.col("seen") < F.col("day"))
    return projected(held, ["subscriber_id", "day"], {}, F.col("nth") == 1)


def arrears_stop(after: History, window: Window, days: int) -> Frame:
    """subscriber_id, day of the first two-way stop for arrears since the as-of date that did not reopen within so many days."""
    changes = after.events("status_changes").table
    stop = ["subscriber_id", "happened_at"]
    stops = projected(changes, [*stop, "day"], {}, (F.col("status") == "two_way_stop") & (F.col("reason") == "arrears"))
    opens = projected(changes, ["subscriber_id"], {"opened_at": F.col("happened_at"), "opened": F.col("day")}, F.col("status") == "open")
    in_time = (F.col("opened_at") > F.col("happened_at")) & (F.col("opened") < F.col("day") + days)
    reopened = projected(matched(stops, opens, ["subscriber_id"]), stop, {}, in_time)
    return first_day(matched(stops, reopened, stop, "anti"), window)


def silent(after: History, window: Window, days: int) -> Frame:
    """subscriber_id, first day of the first run of so many days without own activity that lasts past the as-of date."""
    following = F.coalesce(F.lead("day").over(W.partitionBy("subscriber_id").orderBy("day")), F.lit((window.matures_on - EPOCH).days))
    runs = projected(after.pieces("usage_daily").table, ["subscriber_id"], {"begins": F.col("day") + 1, "ends": following}, F.col("own_events") > 0)
    long = (F.col("ends") - F.col("begins") >= days) & (F.col("ends") > (window.as_of - EPOCH).days)
    return aggregated(runs, ["subscriber_id"], {"day": F.min("begins")}, long)



def not_recharged(after: History, window: Window, days: int) -> Frame:
    """subscriber_id, first day on which the money of a line ran out that was not topped up within so many days, nor before the as-of date.

    A stop for arrears says that it ran out, by balance or by date; without changes of state it is when the balance would be used up. A line
    that was opened again had money come in some other way.
    """
    when = ["subscriber_id", "happened_at"]
    topups = projected(after.events("topups").table, ["subscriber_id"], {"money_at": F.col("happened_at"), "money_day": F.col("day")})
    if after.has("status_changes"):
        changes = after.events("status_changes").table
        dry = projected(changes, [*when, "day"], {}, F.col("status").isin("one_way_stop", "two_way_stop") & (F.col("reason") == "arrears"))
        opened = projected(changes, ["subscriber_id"], {"money_at": F.col("happened_at"), "money_day": F.col("day")}, F.col("status") == "open")
        topups = stacked([topups, opened])
    else:
        dry = projected(used_up(after), [*when, "day"], {}, F.coalesce(F.col("next_at") >= F.col("happened_at"), F.lit(True)))
    later = aggregated(matched(dry, topups, ["subscriber_id"]), when, {"next_day": F.min("money_day")}, F.col("money_at") >= F.col("happened_at"))
    as_of = (window.as_of - EPOCH).days
    stays_dry = (F.col("next_day") >= F.col("day") + days) & (F.col("next_day") > as_of)
    return aggregated(beside(dry, [later], when), ["subscriber_id"], {"day": F.min("day")}, F.coalesce(stays_dry, F.lit(True)))


def used_up(after: History) -> Frame:
    """Per top-up of known balance the `day` on which that would be used up at the pace since the first such, at its first moment `happened_at`.

    `next_at` is when the next top-up came. Without an earlier top-up of known balance, or if nothing was spent since, there is no row.
    """
    line = W.partitionBy("subscriber_id")
    order = line.orderBy("happened_at", F.coalesce(F.col("balance_after_cents"), F.lit(0)).asc(), F.col("amount_cents"))
    upto = order.rowsBetween(W.unboundedPreceding, W.currentRow)  # a top-up of unknown balance counts for what was paid in
    rows = projected(after.events("topups").table, ["subscriber_id", "happened_at", "balance_after_cents", "amount_cents", "day"], {
        "paid_in": F.sum("amount_cents").over(upto).cast("bigint"), "next_at": F.lead("happened_at").over(order)})
    order = line.orderBy("happened_at", "balance_after_cents", "amount_cents")
    spent = F.lag(F.col("balance_after_cents") - F.col("paid_in")).over(order) - (F.col("balance_after_cents") - F.col("paid_in"))
    rows = projected(rows, ["subscriber_id", "happened_at", "balance_after_cents", "amount_cents", "day", "next_at"], {
        "spent": F.greatest(spent, F.lit(0)), "first_day": F.min("day").over(line)}, F.col("balance_after_cents").isNotNull())
    upto = order.rowsBetween(W.unboundedPreceding, W.currentRow)
    rows = projected(rows, ["subscriber_id", "balance_after_cents", "day", "next_at"], {
        "spent": F.sum("spent").over(upto).cast("bigint"), "days": F.col("day") - F.col("first_day")})
    left = F.ceil(F.greatest(F.col("balance_after_cents"), F.lit(0)) * F.col("days") / F.col("spent").cast("double")).cast("int")
    rows = projected(rows, ["subscriber_id", "next_at"], {"day": F.col("day") + left}, (F.col("spent") > 0) & (F.col("days") > 0))
    return projected(rows, ["subscriber_id", "day", "next_at"], {
        "happened_at": F.date_add(F.lit(str(EPOCH)).cast("date"), F.col("day")).cast(T.TimestampNTZType())})


def first_day(rows: Frame, window: Window) -> Frame:
    """The first `day` of each subscriber on or after the as-of date."""
    later = projected(rows, ["subscriber_id"], {"later_day": F.col("day")}, F.col("day") >= (window.as_of - EPOCH).days)
    return aggregated(later, ["subscriber_id"], {"day": F.min("later_day")})


KINDS: dict[str, Callable[[History, Window, int], Frame]] = {
    "left": left, "ported_out": ported_out, "arrears_stop": arrears_stop, "silent": silent, "not_recharged": not_recharged}
# Extracts, one of which must be there: nothing else shows it.
NEEDS = {"ported_out": ("portings", "status_changes"), "arrears_stop": ("status_changes",), "not_recharged": ("topups",)}
