"""Compute one row per subscriber, one column per warning feature, as known at one as-of date."""
from dataclasses import dataclass
from datetime import date

from churnkit import slices
from churnkit.archive import COHORTS, FEATURES, known_history
from churnkit.engine import count_rows, open_session, read, write
from churnkit.features import REGISTRY, available, build, needs
from churnkit.files import whole_folder
from churnkit.history import SENT_AS
from churnkit.params import Common
from churnkit.progress import say
from churnkit.timeline import Plan


@dataclass(frozen=True)
class Params:
    """Which features to leave out, by name or by family."""

    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {*REGISTRY, *(f.family for f in REGISTRY.values())}
        if unknown := sorted(set(self.exclude) - known):
            raise ValueError(f"exclude names no feature or family: {', '.join(unknown)} (docs/features.md lists them)")


def run(params: Params, common: Common, plan: Plan, as_of: date) -> None:
    """Write the features of everyone in the cohort of the as-of date."""
    open_session(common.memory, common.threads, common.spill, common.master)
    history = known_history(plan, as_of, common.wait_days)
    wanted = [f for f in REGISTRY.values() if not {f.name, f.family} & set(params.exclude)]
    there = available(history, wanted)
    if absent := sorted({SENT_AS.get(name, name) for f in wanted for name in needs(f) if name not in history.tables}):
        say(f"featurize {as_of}: no {', '.join(absent)}, so {len(wanted) - len(there)} features are left out")
    cohort = COHORTS / str(as_of)
    rows = 0
    with whole_folder(FEATURES / str(as_of)) as folder:
        for n, some in enumerate(slices.slices(count_rows([cohort]), slices.PEOPLE)):
            theirs = history.of(some)
            rows += write(build(some.of(read([cohort])), theirs, there), folder, by=["subscriber_id"], part=n)
            theirs.let_go()
    say(f"featurize {as_of}: {rows:,} subscribers, {len(there)} features")
