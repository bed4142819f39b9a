"""What ingest, summarise, label and featurize cost per row, in seconds of one core, on DuckDB and on a Spark cluster of this machine."""
import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from measure import say, timed
from spark_cluster import Size, cluster, reaching

from churnkit import documents

ROOT = Path(__file__).resolve().parent.parent
SUBJECTS = {"ingest": "call and other records", "summarise": "call records", "label": "subscribers", "featurize": "subscribers"}


@dataclass(frozen=True)
class Spent:
    """What one run of a stage took: wall seconds, processor seconds of its own process, and on Spark of the executors."""

    wall: float
    own: float
    executors: float = 0.0


def main() -> None:
    """Measure at each size and print the table; the last columns are the slope between the two sizes, free of start-up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, nargs=2, default=[2_000, 8_000], metavar="N", help="two sizes of the operator")
    parser.add_argument("--scratch", type=Path, help="where the scratch folders go (default: the system's)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="churnkit-bench-", dir=chosen.scratch) as name:
        found = [measured(Path(name) / str(size), size) for size in sorted(chosen.subscribers)]
    print(page(found))


def measured(folder: Path, subscribers: int) -> tuple[dict[str, int], dict[str, dict[str, Spent]]]:
    """Rows by stage, and costs by engine and stage, for an operator of this size."""
    folder.mkdir()
    for name in ("duckdb", "spark"):
        (folder / name).mkdir()
        shutil.copy(ROOT / "params.yaml", folder / name)
    churnkit(folder / "duckdb", {}, "simulate", "--subscribers", str(subscribers), "--months", "12")
    churnkit(folder / "duckdb", {}, "plan")
    shutil.copytree(folder / "duckdb", folder / "spark", dirs_exist_ok=True)
    plan = documents.read(folder / "duckdb" / "months.yaml")
    subject = {stage: plan["deliveries"][0] if stage in ("ingest", "summarise") else plan["evaluation"] for stage in SUBJECTS}
    costs = {"duckdb": {stage: churnkit(folder / "duckdb", {}, stage, about) for stage, about in subject.items()}}
    with cluster(folder / "cluster", Size()) as master:
        logs = folder / "logs"
        logs.mkdir()
        with (folder / "cluster/conf/spark-defaults.conf").open("a") as defaults:
            said = {"dir": logs, "compress": "false", "rolling.enabled": "false"}
            defaults.write("".join(f"spark.eventLog.{name} {value}\n" for name, value in said.items()))
        seen = reaching(folder / "cluster", master) | {"CHURNKIT_SPARK_EVENT_LOG": "true"}
        costs["spark"] = {stage: on_cluster(folder, logs, seen, stage, about) for stage, about in subject.items()}
    return counted(folder / "duckdb", str(plan["deliveries"][0]), str(plan["evaluation"])), costs


def on_cluster(folder: Path, logs: Path, environment: Mapping[str, str], stage: str, about: str) -> Spent:
    """What a stage took on the cluster; its executors' processor time is from Spark's event log."""
    before = {path.name.removesuffix(".inprogress") for path in logs.iterdir()}
    cost = churnkit(folder / "spark", environment, stage, about)
    events = [json.loads(line) for path in logs.iterdir() if path.name.removesuffix(".inprogress") not in before
              for line in path.open(encoding="utf-8")]
    spent = sum(event["Task Metrics"]["Executor CPU Time"] for event in events if event["Event"] == "SparkListenerTaskEnd") / 1e9
    return replace(cost, executors=spent)


def churnkit(folder: Path, settings: Mapping[str, str], *words: str) -> Spent:
    """What `churnkit <words>` took in the folder. Ends the benchmark if it fails."""
    cost = timed(folder, "-m", "churnkit", *words, settings=settings)
    say(f"{folder.parent.name} {folder.name} {' '.join(words)}: {cost.seconds:.1f} s, {cost.cpu:.1f} s of processor")
    return Spent(cost.seconds, cost.cpu)


def counted(folder: Path, delivery: str, as_of: str) -> dict[str, int]:
    """How many rows each stage read: records of all extracts, calls, subscribers of the cohort."""
    import pyarrow.parquet as pq

    def rows(where: str) -> int:
        return sum(pq.read_metadata(part).num_rows for part in folder.glob(where))

    files = next(folder.glob(f"data/deliveries/{delivery}/events/account/files.parquet"))
    people = rows(f"data/cohorts/{as_of}/*.parquet")
    return {"ingest": sum(pq.read_table(files)["read"].to_pylist()), "summarise": rows(f"data/deliveries/{delivery}/events/calls/*.parquet"),
            "label": people, "featurize": people}


def page(found: list[tuple[dict[str, int], dict[str, dict[str, Spent]]]]) -> str:
    """The table in Markdown."""
    (few, small), (many, large) = found
    lines = ["| stage | rows | DuckDB: s, core-s | Spark: s, core-s of driver, of executors | rows a core-second: DuckDB | Spark, executors |",
             "|---|---:|---:|---:|---:|---:|"]
    for stage, what in SUBJECTS.items():
        more = many[stage] - few[stage]
        extra = large["duckdb"][stage].own - small["duckdb"][stage].own, large["spark"][stage].executors - small["spark"][stage].executors
        lines += [f"| {stage} | {rows[stage]:,} {what} | {c['duckdb'][stage].wall:.0f}, {c['duckdb'][stage].own:.1f} | {c['spark'][stage].wall:.0f}, "
                  f"{c['spark'][stage].own:.1f}, {c['spark'][stage].executors:.1f} | | |" for rows, c in ((few, small), (many, large))]
        lines[-1] = lines[-1].removesuffix("| | |") + "| " + " | ".join(f"{more / s:,.0f}" if s > 0.5 else "too little to say" for s in extra) + " |"
    return "\n".join(lines)


if __name__ == "__main__":
    main()
