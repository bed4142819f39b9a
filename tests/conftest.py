"""Fixtures: an engine, and `spec` - features tested on little tables."""
import os
import shutil
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", default="duckdb", choices=("duckdb", "spark"), help="what runs the queries")


def pytest_configure(config: pytest.Config) -> None:
    os.environ["CHURNKIT_ENGINE"] = config.getoption("--engine")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Spark tests are skipped where Spark cannot run, and say why; where nothing may be skipped, as in CI, they fail."""
    lacking = [what for what, there in (("pyspark (the spark extra)", find_spec("pyspark")), ("Java 17", shutil.which("java"))) if not there]
    if lacking and item.get_closest_marker("spark"):
        (pytest.fail if os.environ.get("CHURNKIT_NO_SKIP") else pytest.skip)(f"needs {' and '.join(lacking)}")


@pytest.fixture
def spec(tmp_path: Any) -> Callable[..., None]:
    """spec({table: little table}, feature={subscriber: expected value}, ...), as of 2026-06-01 unless told."""
    from little_tables import AS_OF, computed, parsed

    def run(tables: dict[str, str], as_of: date = AS_OF, **expected: dict[Any, Any]) -> None:
        rows = {name: parsed(name, text) for name, text in tables.items()}
        people = sorted({str(s) for values in expected.values() for s in values})
        got = computed(rows, list(expected), people, tmp_path, as_of=as_of)
        told = {name: {str(s): got[str(s)][name] for s in values} for name, values in expected.items()}
        assert told == {name: {str(s): pytest.approx(v, rel=1e-12) if isinstance(v, float | int) else v for s, v in values.items()}
                        for name, values in expected.items()}

    return run
