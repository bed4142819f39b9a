"""The same files through Spark give the same events and the same account, row for row."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders import SUBSCRIBERS, put_down

HERE = Path(__file__).parent


@pytest.mark.spark
def test_files_of_every_layout_give_the_same_events_on_spark(tmp_path, monkeypatch):
    from stages.test_layouts_read import STATES
    from stages.test_layouts_shipped import PIPE, SHANXI, gsm

    monkeypatch.chdir(tmp_path)
    folder = put_down("2026-06", {"subscribers": SUBSCRIBERS})
    records = gsm("01 1 13900000002 _ 080000 0小时1分4秒 0",
                  "03 1 13900000004 6013000000003 080300 12 2", "20 1 6013000000003 13900000004 080304 12 2",
                  "07 1 13900000002 _ 080100 60 0", "01 1 13900000002 _ 081000 00:00:09 0", "02 1 13900000002 _ 081000 never 0")
    (folder / "gsm_1.csv").write_text(records, "utf-8")
    (folder / "sx_1.dat").write_text("".join([*SHANXI, "too short\n"]), "gb18030")
    (folder / "bill_1.txt").write_text("\n".join([*PIPE, "TOTAL|2"]), "gbk")
    states = [f"{n};2026-06-05 09:00:0{n}+0{n}:00;{state}" for n, state in enumerate(["0", "XY", "Q", "A"])]
    (folder / "os_1").write_text("\n".join(states), "utf-8")
    Path("layouts").mkdir()
    Path("layouts/north.yaml").write_text(STATES, "utf-8")
    for engine in ("duckdb", "spark"):
        words = [sys.executable, str(HERE / "engines_ingest.py"), str(tmp_path), "subscribers", "calls", "bills", "status_changes"]
        done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"CHURNKIT_ENGINE": engine}, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    on_duckdb, on_spark = (json.loads(Path(f"{engine}.json").read_text()) for engine in ("duckdb", "spark"))
    assert on_spark == on_duckdb
    assert [len(on_duckdb[name]) for name in ("calls", "bills", "status_changes")] == [7, 2, 3]  # the forwarded call of both operators is one
