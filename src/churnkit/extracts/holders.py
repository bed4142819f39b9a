"""Whose a number was on a day: rows that carry a number instead of a subscriber's id, resolved by the snapshots of the subscribers."""
from collections.abc import Sequence
from dataclasses import dataclass

from churnkit.engine import Column as Expression
from churnkit.engine import F, Frame, W, aggregated, beside, matched, named, projected, settle, stacked
from churnkit.expressions import keyed_hash, parse_date
from churnkit.extracts.declare import Extract
from churnkit.extracts.layout import NUMBER
from churnkit.extracts.mapping import HOLDER, ODD
from churnkit.extracts.numbers import in_normal_form

PARTY = f"{NUMBER}_party"
HELD_BY = (PARTY, "subscriber_id", "activated_on", "snapshot_on")
TURN = (PARTY, "subscriber_id", "turn", "activated", "last_seen")


@dataclass(frozen=True)
class Holders:
    """The subscribers of each number in turn, all by pseudonyms made with the key.

    Of the n-th there is one frame of `msisdn_party`, `holder_n` and `since_n`, the first day.
    """

    key: bytes
    turns: tuple[Frame, ...]


def holders(key: bytes, snapshots: Sequence[Frame]) -> Holders:
    """Who held each number from when, by events of subscribers, which have the columns HELD_BY.

    A subscriber holds a number from activation, but not before the last day on which another one was seen with it: so a number given
    out again, or taken over by somebody who is a customer already, is a new subscriber's from then on, and may come back to an old one.
    """
    seen = settle(stacked([projected(snapshot, HELD_BY, {}) for snapshot in snapshots]))
    held = (seen.groupBy(PARTY, "subscriber_id").agg(F.min("activated_on").alias("activated"), F.max("snapshot_on").alias("last_seen")))
    held = settle(projected(held, ["*"], {"turn": F.lit(1)}))
    moved = settle(held.groupBy(PARTY).agg(F.count(F.lit(1)).alias("holders")).filter(F.col("holders") > 1).select(PARTY))
    each = stacked([projected(matched(held, moved, [PARTY], "anti"), TURN, {}), projected(turns(matched(seen, moved, [PARTY], "semi")), TURN, {})])
    placed = projected(each, TURN, {"left": F.lag("last_seen").over(W.partitionBy(PARTY).orderBy("turn"))})
    since = F.when(F.col("left") >= F.col("activated"), F.date_add(F.col("left"), 1)).otherwise(F.col("activated"))
    every = settle(projected(placed, [PARTY, "subscriber_id", "turn"], {"since": since}))
    most = every.agg(F.max("turn").alias("most")).collect()[0][0] or 0
    return Holders(key, tuple(settle(every.filter(F.col("turn") == n).select(
        PARTY, F.col("subscriber_id").alias(f"holder_{n}"), F.col("since").alias(f"since_{n}"))) for n in range(1, most + 1)))


def turns(seen: Frame) -> Frame:
    """TURN of the subscribers seen with numbers that several had, one row for each time that a number changed hands.

    Of two who are seen with a number on one day the one who has been a customer for longer counts.
    """
    of_day = W.partitionBy(PARTY, "snapshot_on").orderBy("activated_on", "subscriber_id")
    first = named(projected(seen, HELD_BY, {"nth": F.row_number().over(of_day)}).filter(F.col("nth") == 1))
    in_order = W.partitionBy(PARTY).orderBy("snapshot_on")
    changed = projected(first, HELD_BY, {"before": F.lag("subscriber_id").over(in_order)})
    is_new = F.when(F.col("before") == F.col("subscriber_id"), F.lit(0)).otherwise(F.lit(1))
    counted = projected(changed, HELD_BY, {"turn": F.sum(is_new).over(in_order.rowsBetween(W.unboundedPreceding, W.currentRow)).cast("int")})
    return aggregated(counted, [PARTY, "subscriber_id", "turn"], {"activated": F.min("activated_on"), "last_seen": F.max("snapshot_on")})


def resolved(rows: Frame, extract: Extract, known: Holders | None) -> Frame:
    """The rows of text with `holder`, the pseudonym of who had their number on their day, in place of the number.

    `odd_subscriber_id` says that a row has neither an id nor a number that somebody had then.
    """
    others = [name for name in rows.columns if name not in (NUMBER, "subscriber_id", ODD + "subscriber_id")]
    own = F.col("subscriber_id") if "subscriber_id" in rows.columns else F.lit(None).cast("string")
    text = projected(rows, [*others, NUMBER], {"subscriber_id": own, "on_day": day(extract, rows.columns)})
    holder: Expression = F.lit(None).cast("string")
    if known:
        text = beside(text, [whose(rows, known)], [NUMBER])
        for n in range(1, len(known.turns) + 1):
            holder = F.when(F.col("on_day") >= F.col(f"since_{n}"), F.col(f"holder_{n}")).otherwise(holder)
    found = projected(text, [*others, NUMBER, "subscriber_id"], {HOLDER: holder})
    return projected(found, [*others, "subscriber_id", HOLDER], {
        ODD + "subscriber_id": F.col("subscriber_id").isNull() & F.col(HOLDER).isNull() & F.col(NUMBER).isNotNull()})


def whose(rows: Frame, known: Holders) -> Frame:
    """The different numbers in the rows, each hashed once, with their holders in turn."""
    texts = named(rows.select(NUMBER).filter(F.col(NUMBER).isNotNull()).distinct())
    normal = in_normal_form(projected(texts, [NUMBER], {"number": F.col(NUMBER)}), "number")
    hashed = settle(projected(normal, [NUMBER], {PARTY: keyed_hash(F.col("number"), known.key, "p")}))
    found = beside(hashed, known.turns, [PARTY])
    return settle(projected(found, [name for name in found.columns if name != PARTY], {}))


def day(extract: Extract, there: Sequence[str]) -> Expression:
    """The day of a row, by the extract's clock, of a month the last; null where the file has no clock, as one only looked at may not."""
    if extract.clock not in there:
        return F.lit(None).cast("date")
    text = F.substring(F.col(extract.clock), 1, 10)
    kind = extract.column(extract.clock).kind if extract.clock else ""
    return F.last_day(parse_date(F.concat(text, F.lit("-01")))) if kind == "month" else parse_date(text)
