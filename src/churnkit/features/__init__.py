"""Every module here but declare and account is a family of warning features; importing them registers them."""
from collections.abc import Iterable, Sequence
from importlib import import_module
from pkgutil import iter_modules

from churnkit.engine import Column, F, Frame, aggregated, beside, projected
from churnkit.features.declare import REGISTRY, SOURCES, Feature
from churnkit.history import History

for _family in iter_modules(__path__):
    import_module(f"{__name__}.{_family.name}")

__all__ = ["REGISTRY", "SOURCES", "Feature", "available", "build", "needs"]


def available(history: History, features: Iterable[Feature]) -> list[Feature]:
    """The features that the tables at hand can feed, in the order given."""
    there: list[Feature] = []
    for f in features:
        if all(map(history.has, needs(f))) and set(f.of) <= {g.name for g in there}:
            there.append(f)
    return there


def needs(f: Feature) -> tuple[str, ...]:
    """The tables without which there is no such feature, those of its parts included."""
    source = SOURCES[f.source].needs if f.source in SOURCES else (f.source,) if f.source else ()
    return tuple(dict.fromkeys([*source, *f.needs, *(name for part in f.of for name in needs(REGISTRY[part]))]))


def build(cohort: Frame, history: History, features: Sequence[Feature] | None = None) -> Frame:
    """One row per subscriber in `cohort`, one column per available feature, as of `history.as_of`."""
    features = available(history, REGISTRY.values() if features is None else with_parts(features))
    sources = dict.fromkeys(f.source for f in features if f.source)
    columns = [of_source(history, name, [f for f in features if f.source == name]) for name in sources]
    table = beside(projected(cohort, ["subscriber_id"], {}), columns, ["subscriber_id"])
    table = projected(table, ["subscriber_id"], {f.name: filled(f, F.col(f.name)) for f in features if f.source})
    made = {f.name for f in features if f.source}
    while of := [f for f in features if f.of and f.name not in made and set(f.of) <= made]:
        table = projected(table, ["*"], {f.name: filled(f, f.expression(*map(F.col, f.of))) for f in of})
        made |= {f.name for f in of}
    return projected(table, ["subscriber_id", *(f.name for f in features)], {})


def of_source(history: History, name: str, features: Sequence[Feature]) -> Frame:
    """One row per subscriber in a source, one column per feature of it."""
    events = SOURCES[name].table(history) if name in SOURCES else history.events(name)
    return aggregated(events.table, ["subscriber_id"], {f.name: f.expression(events) for f in features})


def with_parts(features: Sequence[Feature]) -> list[Feature]:
    """The features and those they are made of, parts first."""
    found: dict[str, Feature] = {}
    for f in features:
        found |= {g.name: g for g in with_parts([REGISTRY[name] for name in f.of])}
        found[f.name] = f
    return list(found.values())


def filled(f: Feature, column: Column) -> Column:
    """A feature's column, with its value for a missing one."""
    return column if f.missing is None else F.coalesce(column, F.lit(f.missing))
