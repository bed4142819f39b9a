"""Every module here but declare is a family of warning features; importing them registers them."""
from collections.abc import Iterable, Sequence
from importlib import import_module
from pkgutil import iter_modules

from churnkit.engine import F, Frame, named
from churnkit.features.declare import REGISTRY, SOURCES, Feature
from churnkit.history import Events, History

for _family in iter_modules(__path__):
    import_module(f"{__name__}.{_family.name}")

__all__ = ["REGISTRY", "SOURCES", "Feature", "available", "build"]


def available(history: History, features: Iterable[Feature]) -> list[Feature]:
    """The features that the tables at hand can feed, in the order given."""
    there: list[Feature] = []
    for f in features:
        needs = SOURCES[f.source].needs if f.source in SOURCES else (f.source,) if f.source else ()
        if all(map(history.has, needs)) and set(f.of) <= {g.name for g in there}:
            there.append(f)
    return there


def build(cohort: Frame, history: History, features: Sequence[Feature] | None = None) -> Frame:
    """One row per subscriber in `cohort`, one column per available feature, as of `history.as_of`."""
    features = available(history, REGISTRY.values() if features is None else with_parts(features))
    table = cohort.select("subscriber_id")
    for name in dict.fromkeys(f.source for f in features if f.source):
        mine = [f for f in features if f.source == name]
        events = source_events(history, name)
        columns = events.table.groupBy("subscriber_id").agg(*(f.expression(events).alias(f.name) for f in mine))
        table = table.join(columns, on="subscriber_id", how="left")
        table = named(table.select(*(filled(c, REGISTRY.get(c)) for c in table.columns)))
    while of := [f for f in features if f.of and f.name not in table.columns and set(f.of) <= set(table.columns)]:
        table = table.select("*", *(f.expression(*map(F.col, f.of)).alias(f.name) for f in of))
        table = table.select(*(filled(c, REGISTRY.get(c)) for c in table.columns))
    return table.select("subscriber_id", *(f.name for f in features))


def with_parts(features: Sequence[Feature]) -> list[Feature]:
    """The features and those they are made of, parts first."""
    found: dict[str, Feature] = {}
    for f in features:
        found |= {g.name: g for g in with_parts([REGISTRY[name] for name in f.of])}
        found[f.name] = f
    return list(found.values())


def source_events(history: History, name: str) -> Events:
    """The events of a table or of a derived source."""
    return SOURCES[name].table(history) if name in SOURCES else history.events(name)


def filled(column: str, f: Feature | None):  # type: ignore[no-untyped-def]  # a column of either engine, or its name
    """The column with its feature's value for a missing one."""
    return column if f is None or f.missing is None else F.coalesce(F.col(column), F.lit(f.missing)).alias(column)
