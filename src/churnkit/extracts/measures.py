"""Amounts as operators write them, in the units of the extracts: cents, megabytes and seconds."""
from collections.abc import Mapping

from churnkit.engine import Column as Expression
from churnkit.engine import F
from churnkit.expressions import found, parse_int

MICRO = 1_000_000
# Of one unit, in millionths of what the extract counts in: cents, megabytes, seconds.
MONEY = {"yuan": 100 * MICRO, "jiao": 10 * MICRO, "fen": MICRO, "li": MICRO // 10}
VOLUME = {"bytes": MICRO / 1024 ** 2, "KB": MICRO / 1024, "MB": MICRO, "GB": 1024 * MICRO}
TIME = {"seconds": MICRO, "minutes": 60 * MICRO}
# What may stand behind a number, and then overrules the unit that the layout names.
SUFFIXES = {"元": "yuan", "角": "jiao", "分": "fen", "厘": "li", "B": "bytes", "K": "KB", "KB": "KB", "M": "MB", "MB": "MB", "G": "GB", "GB": "GB",
            "s": "seconds", "秒": "seconds", "min": "minutes", "分钟": "minutes"}
AMOUNT = r"^ *[¥￥]?(-?)([0-9]{1,9})(?:[.]([0-9]{1,6})[0-9]*)? *([A-Za-z元角分厘秒钟]*) *$"
CLOCK = r"^(-?)([0-9]{1,3}):([0-5]?[0-9]):([0-5]?[0-9])$"
MINUTES = r"^([0-9]{1,4}):([0-5][0-9])$"
SPOKEN = r"^(?:([0-9]{1,3})(?:小时|时))?(?:([0-9]{1,4})(?:分钟|分))?(?:([0-9]{1,5})秒)?$"


def measured(text: Expression, unit: str) -> Expression:
    """The amount as text of a whole number of cents or seconds, or of megabytes with six decimals; null where it cannot be read."""
    if unit == "mm:ss":  # 12:04 alone could be hours and minutes, so it is read where the layout says what it is
        return F.coalesce(minutes(text), clock(text), spoken(text))
    if unit in TIME:
        return F.coalesce(clock(text), spoken(text), scaled(text, unit, TIME, 0))
    return scaled(text, unit, MONEY, 0) if unit in MONEY else scaled(text, unit, VOLUME, 6)


def scaled(text: Expression, unit: str, rates: Mapping[str, float], decimals: int) -> Expression:
    """A number with or without a suffix, rounded half up to so many decimals."""
    whole, fraction, suffix = found(text, AMOUNT, 2), F.coalesce(found(text, AMOUNT, 3), F.lit("")), F.coalesce(found(text, AMOUNT, 4), F.lit(""))
    micro = whole.cast("bigint") * MICRO + F.rpad(fraction, 6, "0").cast("bigint")
    rate = F.when(suffix == "", F.lit(float(rates[unit])))
    for name, meant in SUFFIXES.items():
        if meant in rates:
            rate = rate.when(F.upper(suffix) == name.upper(), F.lit(float(rates[meant])))
    steps = F.floor(micro.cast("double") * rate / F.lit(float(MICRO) * MICRO / 10 ** decimals) + F.lit(0.5)).cast("bigint")
    sign = F.when((found(text, AMOUNT, 1) == "-") & (steps != 0), F.lit("-")).otherwise(F.lit(""))
    if not decimals:
        return F.concat(sign, steps.cast("string"))
    units = F.floor(steps.cast("double") / F.lit(float(10 ** decimals))).cast("bigint")
    return F.concat(sign, units.cast("string"), F.lit("."), F.lpad((steps - units * 10 ** decimals).cast("string"), decimals, "0"))


def clock(text: Expression) -> Expression:
    """Seconds of `00:12:04`."""
    seconds = number(text, CLOCK, 2) * 3600 + number(text, CLOCK, 3) * 60 + number(text, CLOCK, 4)
    return F.when(text.rlike(CLOCK), F.concat(F.coalesce(found(text, CLOCK, 1), F.lit("")), seconds.cast("string")))


def minutes(text: Expression) -> Expression:
    """Seconds of `12:04`, minutes and seconds; an hour and more is `75:04`."""
    seconds = number(text, MINUTES, 1) * 60 + number(text, MINUTES, 2)
    return F.when(text.rlike(MINUTES), seconds.cast("string"))


def spoken(text: Expression) -> Expression:
    """Seconds of `0小时12分4秒`, of which any part may be missing."""
    seconds = number(text, SPOKEN, 1) * 3600 + number(text, SPOKEN, 2) * 60 + number(text, SPOKEN, 3)
    return F.when((text != "") & text.rlike(SPOKEN), seconds.cast("string"))


def number(text: Expression, pattern: str, group: int) -> Expression:
    """The whole number in a group of the pattern; 0 where there is none."""
    return F.coalesce(parse_int(found(text, pattern, group)), F.lit(0))
