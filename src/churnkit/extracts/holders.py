"""Whose a number was on a day: rows that carry a number instead of a subscriber's id, resolved by the snapshots of the subscribers."""
from collections.abc import Sequence
from dataclasses import dataclass

from churnkit.engine import Column as Expression
from churnkit.engine import F, Frame, W, beside, named, projected, settle
from churnkit.expressions import parse_date
from churnkit.extracts.declare import Extract
from churnkit.extracts.layout import NUMBER
from churnkit.extracts.mapping import ODD

HELD_BY = (NUMBER, "subscriber_id", "activated_on", "snapshot_on")
DIGITS = "number_digits"
NOT_A_DIGIT = r"[^0-9]"


@dataclass(frozen=True)
class Holders:
    """The subscribers of each number in turn: of the n-th, one frame of `number_digits`, `holder_n` and `since_n`, the first day."""

    turns: tuple[Frame, ...]


def holders(snapshots: Sequence[Frame]) -> Holders:
    """Who held each number from when, by typed snapshots of subscribers with the columns HELD_BY.

    A subscriber holds a number from activation, but not before the last day on which another one was seen with it: so a number given
    out again, or taken over by somebody who is a customer already, is a new subscriber's from then on.
    """
    every_one = snapshots[0]
    for more in snapshots[1:]:
        every_one = every_one.union(more)
    seen = (named(every_one).select(F.regexp_replace(F.col(NUMBER), NOT_A_DIGIT, "").alias(DIGITS), "subscriber_id", "activated_on", "snapshot_on")
            .groupBy(DIGITS, "subscriber_id").agg(F.min("activated_on").alias("activated"), F.max("snapshot_on").alias("last_seen")))
    in_turn = W.partitionBy(DIGITS).orderBy(F.col("last_seen"), F.col("activated"), F.col("subscriber_id"))
    placed = named(settle(seen).withColumn("turn", F.row_number().over(in_turn)).withColumn("left", F.lag("last_seen").over(in_turn)))
    since = F.when(F.col("left") >= F.col("activated"), F.date_add(F.col("left"), 1)).otherwise(F.col("activated"))
    every = settle(placed.select(DIGITS, "subscriber_id", "turn", since.alias("since")))
    most = every.agg(F.max("turn").alias("most")).collect()[0][0] or 0
    return Holders(tuple(settle(every.filter(F.col("turn") == n).select(
        DIGITS, F.col("subscriber_id").alias(f"holder_{n}"), F.col("since").alias(f"since_{n}"))) for n in range(1, most + 1)))


def resolved(rows: Frame, extract: Extract, known: Holders) -> Frame:
    """The rows of text with the subscriber of their number on their day in place of the number.

    `odd_subscriber_id` says that nobody had it then.
    """
    others = [name for name in rows.columns if name not in (NUMBER, "subscriber_id", ODD + "subscriber_id")]
    own = F.col("subscriber_id") if "subscriber_id" in rows.columns else F.lit(None).cast("string")
    text = projected(rows, others, {"own_id": own, DIGITS: F.regexp_replace(F.col(NUMBER), NOT_A_DIGIT, ""), "on_day": day(extract)})
    joined = beside(text, known.turns, [DIGITS]) if known.turns else text
    holder: Expression = F.lit(None).cast("string")
    for n in range(1, len(known.turns) + 1):
        holder = F.when(F.col("on_day") >= F.col(f"since_{n}"), F.col(f"holder_{n}")).otherwise(holder)
    found = projected(joined, [*others, DIGITS], {"subscriber_id": F.coalesce(F.col("own_id"), holder)})
    return projected(found, [*others, "subscriber_id"], {ODD + "subscriber_id": F.col("subscriber_id").isNull() & F.col(DIGITS).isNotNull()})


def day(extract: Extract) -> Expression:
    """The day of a row, by the extract's clock; of a month the last."""
    text = F.substring(F.col(extract.clock), 1, 10)
    kind = extract.column(extract.clock).kind if extract.clock else ""
    return F.last_day(parse_date(F.concat(text, F.lit("-01")))) if kind == "month" else parse_date(text)
