"""The same features on Spark: all specs and 50 random histories in one job."""
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from little_tables import AS_OF, Tables, parsed
from on_spark import lay_out
from random_calls import lives
from random_histories import IDS, each, history

HERE = Path(__file__).parent
FAMILIES = sorted(p.stem for p in (HERE / "spec").glob("test_*.py"))
Case = tuple[str, Tables, dict[str, dict[str, Any]]]


def of_features(module: Any) -> bool:
    """Whether a spec module is about features."""
    from churnkit.features import REGISTRY

    return module.__name__.removeprefix("test_") in {f.family for f in REGISTRY.values()}


def specs() -> list[Case]:
    """Name, tables and expected values of every spec of features: the tests themselves, run with a `spec` that only writes down."""
    cases: list[Case] = []
    sys.path.insert(0, str(HERE / "spec"))
    for module in filter(of_features, map(import_module, FAMILIES)):
        for test in (v for n, v in vars(module).items() if n.startswith("test_")):

            def write_down(tables: dict[str, str], as_of: date = AS_OF, test: Callable = test, **expected: dict) -> None:
                assert as_of == AS_OF
                cases.append((test.__name__, {name: parsed(name, text) for name, text in tables.items()}, expected))

            test(write_down)
    return cases


def run(engine: str, folder: Path) -> tuple[dict, dict]:
    """{subscriber: {feature: value}} and {definition: {subscriber: label}}, from a process of that engine."""
    done = subprocess.run([sys.executable, str(HERE / "on_spark.py"), str(folder)], capture_output=True, text=True,
                          env=os.environ | {"CHURNKIT_ENGINE": engine}, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "features.json").read_text()), json.loads((folder / "labels.json").read_text())


def specs_apart(cases: list[Case]) -> tuple[Tables, list[str]]:
    """The tables of all specs, and their people; each spec's people, numbers and handsets have its own prefix, so that none meets another's."""
    together: Tables = {}
    people: list[str] = []
    for n, (_, tables, expected) in enumerate(cases):
        for name, rows in each(tables, lambda _, row, n=n: [{c: f"{n:03}.{v}" if c in IDS and v else v for c, v in row.items()}]).items():
            together.setdefault(name, []).extend(rows)
        people += sorted({f"{n:03}.{s}" for values in expected.values() for s in values})
    return together, people


@pytest.mark.spark
def test_specs_hold_on_spark_and_engines_agree_on_random_histories(tmp_path):
    """One process an engine, on the tables of all specs, 50 random histories and 50 lives of calls; they must agree to the last digit."""
    cases = specs()
    tables, people = specs_apart(cases)
    for seed in range(50):
        for name, rows in history(seed, 3, f"h{seed:02}").items():
            tables.setdefault(name, []).extend(rows)
        for name, rows in lives(seed, f"c{seed:02}s0").items():
            tables.setdefault(name, []).extend(rows)
    people += [f"h{seed:02}s{n}" for seed in range(50) for n in range(3)] + [f"c{seed:02}s0" for seed in range(50)]
    got, labels = {}, {}
    for engine in ("duckdb", "spark"):
        lay_out(tables, people, tmp_path / engine)
        got[engine], labels[engine] = run(engine, tmp_path / engine)
    wrong = [f"{test}: {feature} of {who} is {got['spark'][f'{n:03}.{who}'][feature]}, not {value}"
             for n, (test, _, expected) in enumerate(cases) for feature, values in expected.items() for who, value in values.items()
             if got["spark"][f"{n:03}.{who}"][feature] != (pytest.approx(value, rel=1e-12) if isinstance(value, float | int) else value)]
    assert wrong == []
    assert {(who, name): (value, got["spark"][who][name]) for who, row in got["duckdb"].items() for name, value in row.items()
            if value != got["spark"][who][name]} == {}
    assert labels["duckdb"] == labels["spark"]
    assert {name for name, of in labels["spark"].items() if len({json.dumps(label) for label in of.values()}) < 3} == set()


def test_every_feature_has_a_spec():
    from churnkit.features import REGISTRY

    said = {feature for _, _, expected in specs() for feature in expected}
    assert said == set(REGISTRY)
