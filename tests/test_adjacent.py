"""The same recipe without the columns next to the label, judged on the same customers."""
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from churnkit import adjacent
from churnkit.errors import InputError
from churnkit.model import Model
from churnkit.stages import train
from invented import COMMON, PLAN, write_months

CAPACITIES = {"open": 60, "one_way_stop": 10}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    write_months(root, rows=900)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        train.run(train.Params(learning_rate=0.1, leaves=7, max_trees=40, track=False), COMMON, PLAN)
    return root


def compared(project: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> dict:
    monkeypatch.chdir(project)
    monkeypatch.setattr(adjacent, "REGISTRY", {name: SimpleNamespace(is_adjacent=True) for name in names})
    return adjacent.compare(Model.load("models/evaluated"), PLAN, CAPACITIES, times=40, seed=1)


def test_a_column_that_tells_much_is_missed_and_one_that_tells_nothing_is_not(project, monkeypatch):
    telling = compared(project, monkeypatch, "days_since_last_own_activity")
    noise = compared(project, monkeypatch, "noise_0")
    assert (telling["left_out"], noise["left_out"]) == (["days_since_last_own_activity"], ["noise_0"])
    assert telling["open"]["gain"]["auc_low"] > 0
    assert telling["open"]["gain"]["auc"] > 5 * abs(noise["open"]["gain"]["auc"])


def test_the_gain_is_the_difference_on_the_same_rows(project, monkeypatch):
    one = compared(project, monkeypatch, "days_since_last_own_activity")["open"]
    assert one["gain"]["auc"] == pytest.approx(one["with"]["auc"] - one["without"]["auc"], abs=2e-6)
    assert one["capacity"] == 60


def test_the_recipe_without_them_reads_none_of_them_and_learns_from_the_same_dates(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setattr(adjacent, "REGISTRY", {"days_since_last_own_activity": SimpleNamespace(is_adjacent=True)})
    model = Model.load("models/evaluated")
    other, _ = adjacent.without(model, PLAN)
    assert set(model.feature_names) - set(other.feature_names) == {"days_since_last_own_activity"}
    assert (other.rows, other.churners, replace(other.learning, threads=model.learning.threads)) == (model.rows, model.churners, model.learning)


def test_a_model_without_such_columns_has_nothing_to_compare(project, monkeypatch):
    with pytest.raises(InputError, match="reads no column next to the label"):
        compared(project, monkeypatch)


def test_the_table_names_the_strata_and_the_gain(project, monkeypatch):
    text = adjacent.said(compared(project, monkeypatch, "days_since_last_own_activity"))
    assert "1 columns next to the label (⚠), at 2026-06-01" in text
    assert "auc" in text.splitlines()[4]
