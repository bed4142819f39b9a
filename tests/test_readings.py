"""Amounts and times are read the same on every engine, and as people read them."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from readings import AMOUNTS, TIMES, read_all


def test_amounts_and_times_are_read_as_people_read_them(tmp_path):
    found = read_all(tmp_path)
    assert [(unit, text, got) for (unit, text, _), got in zip(AMOUNTS, found["amounts"], strict=True)] == AMOUNTS
    assert [(*case[:4], got) for case, got in zip(TIMES, found["times"], strict=True)] == TIMES


@pytest.mark.spark
def test_spark_reads_them_so_too(tmp_path):
    program = Path(__file__).parent / "readings.py"
    subprocess.run([sys.executable, str(program), str(tmp_path)], check=True, env=os.environ | {"CHURNKIT_ENGINE": "spark"})
    assert json.loads((tmp_path / "readings.json").read_text()) == read_all(tmp_path / "again")
