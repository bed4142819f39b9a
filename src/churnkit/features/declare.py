"""How a warning feature is declared; see any sibling module for examples."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from churnkit.engine import Column, F
from churnkit.history import TABLES, Events, History

Risky = Literal["+", "-", "±"]
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Feature:
    """One column: its name, where it comes from, how it is said, and what it is.

    `risky` says which side of it raises the risk. A feature that is `adjacent` lies next to a churn definition (⚠); one that is
    `internal` an agent may know but not say; one that is `for_lists` is for those who call, and no model reads it.
    `missing` stands where the source has no row for the subscriber; None leaves a null. `told` are the lowest and highest value worth a
    sentence (None: no bound), in its unit, and `where` the same of other columns without which the sentence would not be true or not be news;
    from `above` on the sentence is another one, and the value is on the risky side.
    """

    name: str
    family: str
    group: str
    source: str
    of: tuple[str, ...]
    unit: str
    reason_zh: str
    reason_en: str
    zero_zh: str
    zero_en: str
    risky: Risky
    missing: float | str | None
    description: str
    expression: Callable[..., Column]
    window: str = ""
    is_category: bool = False
    is_adjacent: bool = False
    is_internal: bool = False
    is_for_lists: bool = False
    needs: tuple[str, ...] = ()
    told: Bounds = (None, None)
    where: Mapping[str, Bounds] = field(default_factory=dict)
    above: float | None = None
    above_zh: str = ""
    above_en: str = ""


@dataclass(frozen=True)
class Source:
    """A table derived from others, made once and read by several features; it needs some and is better for `also`, where they are there."""

    name: str
    needs: tuple[str, ...]
    also: tuple[str, ...]
    description: str
    table: Callable[[History], Events]


REGISTRY: dict[str, Feature] = {}
SOURCES: dict[str, Source] = {}


def known_tables(*names: str) -> None:
    """Raises ValueError unless History has such tables."""
    if unknown := set(names) - set(TABLES):
        raise ValueError(f"no such table: {', '.join(sorted(unknown))}")


def source(*needs: str, also: tuple[str, ...] = ()) -> Callable:
    """Register a function of History as a source of features; it is left out where one of the tables it needs is absent."""
    known_tables(*needs, *also)

    def register(function: Callable[[History], Events]) -> Callable:
        SOURCES[function.__name__] = Source(function.__name__, needs, also, first_line(function), function)
        return function

    return register


def feature(source: str = "", *, of: tuple[str, ...] = (), unit: str, zh: str = "", en: str = "", zero: tuple[str, str] = ("", ""),
            windows: tuple[int, ...] = (), months: tuple[int, ...] = (), missing: float | str | None = None, risky: Risky = "±",
            group: str = "", adjacent: bool = False, internal: bool = False, lists: bool = False, needs: tuple[str, ...] = (),
            told: Bounds = (None, None), where: Mapping[str, Bounds] | None = None, above: tuple[float, str, str] | None = None) -> Callable:
    """Register a function as one column, or one per window of days (`_30d`) or months (`_3m`).

    With `source` the function gets that source's Events, with `of` the named columns (`{window}` in a name stands for the suffix), then the
    window, if any. It is left out where its source, or a table that it `needs` besides, is absent. In sentences `{window}` stands for the
    number; `{value:…}` and `{other_column:…}` are filled in per subscriber. `above` is a value and the sentences, zh and en, from there on.
    """
    if bool(source) == bool(of):
        raise TypeError("a feature is of one source or of other features")
    known_tables(*needs)

    def register(function: Callable[..., Column]) -> Callable[..., Column]:
        family = function.__module__.rsplit(".", 1)[-1]
        lengths: list[tuple[int | None, str]] = [*((n, "d") for n in windows), *((n, "m") for n in months)]
        for length, letter in lengths or [(None, "")]:
            suffix = f"{length}{letter}" if length else ""
            name = f"{function.__name__}_{suffix}" if suffix else function.__name__
            if name in REGISTRY:
                raise ValueError(f"feature {name!r} is already declared in {REGISTRY[name].family}.py")

            def say(text: str, length: Any = length) -> str:
                return text.replace("{window}", str(length))

            REGISTRY[name] = Feature(
                name=name, family=family, group=group or family, source=source, of=tuple(c.replace("{window}", suffix) for c in of),
                unit=unit, reason_zh=say(zh), reason_en=say(en), zero_zh=say(zero[0]), zero_en=say(zero[1]), risky=risky, missing=missing,
                description=first_line(function), window=suffix, is_category=unit == "code", is_adjacent=adjacent, is_internal=internal,
                is_for_lists=lists, needs=needs, told=told, where=where or {},
                above=above[0] if above else None, above_zh=say(above[1]) if above else "",
                above_en=say(above[2]) if above else "", expression=function if length is None else lambda *args, n=length: function(*args, n))
        return function

    return register


def first_line(function: Callable) -> str:
    """The sentence that a function's docstring begins with. Raises TypeError if it has none: it is its dictionary entry."""
    if not function.__doc__:
        raise TypeError(f"{function.__name__} needs a docstring: it is its dictionary entry")
    return function.__doc__.strip().splitlines()[0]


def ratio(above: Column, below: Column) -> Column:
    """above / below as a double; null where `below` is zero or null."""
    return F.when(below != 0, above.cast("double") / below.cast("double"))


def share(part: Column, whole: Column) -> Column:
    """part / whole as a double; null where `whole` is not positive or null: a share of nothing, or of a credit note, is none."""
    return F.when(whole > 0, part.cast("double") / whole.cast("double"))


def flag(condition: Column) -> Column:
    """1 where the condition holds, 0 where it does not, null where it is not known."""
    return F.when(condition, F.lit(1)).when(~condition, F.lit(0)).cast("bigint")


def squared(column: Column) -> Column:
    """The square of a whole number as a double: such sums are exact in any order, and do not overflow."""
    return column.cast("double") * column.cast("double")


def spread(count: Column, total: Column, squares: Column) -> Column:
    """The sample standard deviation of whole numbers from their count, sum and sum of squares; null for fewer than two."""
    size, summed = count.cast("double"), total.cast("double")
    return F.when(count > 1, F.sqrt(F.greatest(size * squares - summed * summed, F.lit(0.0)) / (size * (size - 1))))


def added(terms: Iterable[Column]) -> Column:
    """The sum of the columns, two by two: SQLFrame copies all that is on either side of a plus."""
    columns = list(terms)
    while len(columns) > 1:
        columns = [sum(pair[1:], pair[0]) for pair in (columns[n:n + 2] for n in range(0, len(columns), 2))]
    return columns[0]


def slope(totals: Sequence[Column]) -> Column:
    """Least-squares slope of totals of whole numbers, the last one first, a step, over their mean; null if that is 0."""
    twice = [len(totals) - 1 - 2 * n for n in range(len(totals))]  # twice the distance to the middle, so whole
    leant = added(total * distance for total, distance in zip(totals, twice, strict=True))
    return ratio(leant * (2 * len(totals)), added(totals) * sum(distance**2 for distance in twice))


def n_log_n(count: Column) -> Column:
    """n · ln n of a whole number in whole millionths: sums of these are exact in any order, and the engines' logarithms agree so far."""
    return F.when(count > 1, F.floor(F.log(count) * count * 1e6 + 0.5)).otherwise(F.lit(0)).cast("bigint")


def entropy(total: Column, logs: Column) -> Column:
    """Shannon's entropy, in nats, of whole numbers taken for shares of their total; `logs` is the sum of their n_log_n. Null for a total of zero."""
    return share(n_log_n(total) - logs, total) / F.lit(1e6)
