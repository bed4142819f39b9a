"""The notebooks run on what the pipeline leaves."""
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from churnkit.timeline import write_plan
from invented import PLAN, write_months

ROOT = Path(__file__).parent.parent


def test_signals_ranks_the_planted_signals_first(tmp_path):
    write_months(tmp_path, rows=3000)
    (folder := tmp_path / "data" / "extracts" / "2025-08..2026-08").mkdir(parents=True)
    (folder / "calls_2026-08.csv").touch()
    write_plan(replace(PLAN, deliveries=("2025-08..2026-08",)), "0" * 8, tmp_path / "months.yaml")
    shutil.copy(ROOT / "params.yaml", tmp_path)
    done = subprocess.run([sys.executable, str(ROOT / "notebooks" / "signals.py")], cwd=tmp_path, env=os.environ | {"MPLCONFIGDIR": str(tmp_path)},
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    ranked = [line.split()[0] for line in done.stdout.split("family")[1].splitlines()[1:] if line.strip()]
    assert ranked[0] == "days_since_last_own_activity"
    assert sorted(p.name for p in (tmp_path / "reports" / "signals").iterdir()) == ["bill_shock_ratio.png", "days_since_last_own_activity.png"]
