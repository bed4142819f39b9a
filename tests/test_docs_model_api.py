"""The page on the model without the pipeline: its example runs, and what it names is there."""
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from churnkit.model import Model, fit

PAGE = (Path(__file__).parent.parent / "docs/model_api.md").read_text("utf-8")


def test_its_example_runs_and_leaves_nothing_but_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(example, "docs/model_api.md", "exec"), found)
    assert list(found["reasons"].columns) == ["days_since_last_call", "bill", "plan", "is_roaming", "base"]
    assert len(found["called"]) == 20
    assert {column.name: column.kind for column in found["model"].columns}["bill"] == "numeral"
    assert [path.name for path in tmp_path.iterdir()] == ["my_model"]
    assert "3,000 rows" in capsys.readouterr().out


def test_what_it_lists_is_there() -> None:
    named = re.findall(r"`(?:model|Model)\.(\w+)\(", PAGE)
    assert {"predict_proba", "contributions", "save", "load"} <= set(named)
    assert all(hasattr(Model, name) for name in named)
    (shown,) = re.findall(r"\| `fit\((.*?)\)` \|", PAGE)
    assert re.findall(r"\w+(?==|,|$)", shown.replace("None", "").replace("0", "")) == list(inspect.signature(fit).parameters)
