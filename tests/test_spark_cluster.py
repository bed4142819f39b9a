"""A Spark standalone cluster of two workers does what one process with DuckDB does, from files to features."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders import shipped_params
from churnkit.simulate import simulate

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "benchmarks"))
from spark_cluster import Size, cluster, reaching, running  # noqa: E402  # it lies beside the package, not in it


def run(folder: Path, environment: dict[str, str]) -> None:
    """The four stages in a process of that engine."""
    done = subprocess.run([sys.executable, str(HERE / "engines_path.py"), str(folder)], capture_output=True, text=True,
                          env=os.environ | environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.spark
def test_files_to_features_on_two_workers_give_the_same_rows_and_types_as_duckdb(tmp_path):
    (tmp_path / "params.yaml").write_text(shipped_params(), "utf-8")
    simulate(tmp_path / "data/extracts", tmp_path / "data/truth", subscribers=100, months=10, key_file=tmp_path / "data/churnkit.key")
    work = tmp_path / "cluster"
    run(tmp_path, {"CHURNKIT_ENGINE": "duckdb"})
    with cluster(work, Size(workers=2, cores=1, memory="1g")) as master:
        assert len(running(work)) == 3
        (logs := tmp_path / "logs").mkdir()
        with (work / "conf" / "spark-defaults.conf").open("a") as defaults:
            defaults.write(f"spark.eventLog.enabled true\nspark.eventLog.dir {logs}\n")
        run(tmp_path, reaching(work, master))
        executors = [p.name for n in range(2) for p in (work / f"work-{n}").glob("app-*/*/stderr")]
    assert running(work) == []
    assert list(logs.iterdir()) == []  # Spark's event log would hold the key in the plans it records
    assert len(executors) >= 2  # both had a part in it
    on_duckdb, on_spark = (json.loads((tmp_path / f"{engine}.json").read_text("utf-8")) for engine in ("duckdb", "spark"))
    assert on_spark.keys() == on_duckdb.keys()
    assert [name for name in on_duckdb if on_spark[name] != on_duckdb[name]] == []
    made = {part for name in on_duckdb for part in Path(name).parts}
    assert {"calls", "bills", "usage_daily", "contacts_monthly", "cohorts", "features", "files.parquet"} <= made
