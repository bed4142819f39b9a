"""Run ingest, summarise, label and featurize of the operator in a folder with the engine that CHURNKIT_ENGINE names; one process per engine."""
import json
import os
import sys
from pathlib import Path

import pyarrow.parquet as pq


def rows(folder: Path) -> list[str]:
    """The rows of a table's part files, with their types, in an order of their own."""
    found = [pq.read_table(part) for part in sorted(folder.glob("*.parquet"))]
    return [str({field.name: str(field.type) for field in found[0].schema}),
            *sorted(json.dumps(row, default=str, sort_keys=True, ensure_ascii=False) for table in found for row in table.to_pylist())]


def main(folder: Path) -> None:
    """Write every table that the four stages made to <engine>.json, in a working folder of the engine's own."""
    from churnkit import params, timeline
    from churnkit.engine import ENGINE, close_session
    from churnkit.stages import featurize, ingest, label, summarise

    own = folder / ENGINE
    (own / "data").mkdir(parents=True)
    (own / "data" / "extracts").symlink_to(folder / "data" / "extracts")
    for name in ("params.yaml", "data/churnkit.key"):
        (own / name).symlink_to(folder / name)
    os.chdir(own)
    common, labels = params.load("common", params.Common), params.load("label", label.Params)
    plan = timeline.make_plan(timeline.find_deliveries(), label_days=labels.days, min_history_days=labels.min_history_days, max_dates=2)
    for delivery in map(timeline.Delivery.named, plan.deliveries):
        ingest.run(params.load("ingest", ingest.Params), common, delivery)
        summarise.run(summarise.Params(), common, delivery)
    label.run(labels, common, plan, plan.evaluation)
    featurize.run(params.load("featurize", featurize.Params), common, plan, plan.evaluation)
    tables = sorted({part.parent for part in Path("data").rglob("*.parquet") if "account" not in part.parts})
    found = {str(table): rows(table) for table in tables}
    found |= {str(part): rows(part.parent) for part in sorted(Path("data").rglob("account/files.parquet"))}
    (folder / f"{ENGINE}.json").write_text(json.dumps(found), "utf-8")
    close_session()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
