"""Commands that look closer at the model that `evaluate` judged: `churnkit adjacent`."""
from importlib import import_module
from pathlib import Path

from churnkit import params, timeline
from churnkit.files import write_json

ADJACENT = Path("reports/adjacent.json")


def adjacent() -> None:
    """Say what the columns next to the label bring: fit without them, and judge on the same customers."""
    from churnkit import adjacent as beside
    from churnkit.model import Model

    stage = import_module("churnkit.stages.evaluate")
    common, chosen = params.load("common", params.Common), params.load("evaluate", stage.Params)
    found = beside.compare(Model.load(stage.EVALUATED, threads=common.threads), timeline.read_plan(),
                           {"open": chosen.capacity, "one_way_stop": chosen.one_way_stop_capacity}, times=chosen.bootstrap, seed=common.seed)
    write_json(ADJACENT, found)
    print(beside.said(found))
