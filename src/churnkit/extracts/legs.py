"""A forwarded call that leaves two records counts once."""
from churnkit.engine import F, Frame, W, named, settle
from churnkit.expressions import seconds_between
from churnkit.extracts.layout import OneLeg
from churnkit.extracts.lines import LINE
from churnkit.extracts.mapping import LEG
from churnkit.timeline import FILE_NO

PARTIES = ("subscriber_id", "other_party", "forwarded_to")


def second_legs(good: Frame, one_leg: OneLeg) -> Frame | None:
    """File and line of every record to drop: its call, between the same parties and begun within the tolerance, has one to keep; None if none is."""
    parties = [name for name in PARTIES if name in good.columns]
    forwarded = named(good.filter((F.col("direction") == "forwarded") & F.col(LEG).isin(one_leg.keep, one_leg.drop))
                      .select(FILE_NO, LINE, LEG, "happened_at", *parties))
    kept_at = F.when(F.col(LEG) == one_leg.keep, F.col("happened_at"))
    in_order = W.partitionBy(*parties).orderBy(F.col("happened_at"), F.col(FILE_NO), F.col(LINE))
    before = F.max(kept_at).over(in_order.rowsBetween(W.unboundedPreceding, W.currentRow))
    after = F.min(kept_at).over(in_order.rowsBetween(W.currentRow, W.unboundedFollowing))
    beside_them = named(forwarded.select(FILE_NO, LINE, LEG, "happened_at", before.alias("before"), after.alias("after")))
    near = (seconds_between(F.col("before"), F.col("happened_at")) <= one_leg.within_s) \
        | (seconds_between(F.col("happened_at"), F.col("after")) <= one_leg.within_s)
    found = settle(beside_them.filter((F.col(LEG) == one_leg.drop) & F.coalesce(near, F.lit(False))).select(FILE_NO, LINE))
    return found if found.limit(1).collect() else None
