"""A model's folder takes nobody else's place, and a model shows itself in two lines."""
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnkit.errors import ChecksumError, InputError
from churnkit.model import Model, fit

TABLE = pd.DataFrame({"silence": np.arange(240) % 17, "plan": list("abc") * 80})


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(TABLE, np.tile([0, 0, 1], 80), params={"trees": 4, "threads": 1})


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def everything(folder: Path = Path("..")) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(model: Model, folder: str) -> str:
    """What saving there says; nothing on the disk may have changed by it."""
    before = everything()
    with pytest.raises(InputError) as problem:
        model.save(folder)
    assert everything() == before
    return str(problem.value)


def test_a_folder_with_other_files_is_never_replaced(model: Model) -> None:
    Path("mine/deep").mkdir(parents=True)
    Path("mine/thesis.txt").write_text("years")
    assert "mine: the folder holds deep and more, which is no model's and would be lost; name another folder" in refused(model, "mine")
    assert "mine/deep/..: the folder holds deep and more" in refused(model, f"{os.getcwd()}/mine/deep/..")


def test_a_file_is_never_replaced(model: Model) -> None:
    Path("thesis.txt").write_text("years")
    assert "thesis.txt: a file of that name would be lost" in refused(model, "thesis.txt")
    assert "thesis.txt is a file, not a folder" in refused(model, "thesis.txt/model")
    Path("link").symlink_to("thesis.txt")
    assert "a file of that name" in refused(model, "link")


@pytest.mark.parametrize("folder", [".", "..", "", "/", "../work", "nowhere/.."])
def test_the_folder_one_works_in_and_those_above_are_no_place_for_a_model(folder: str, model: Model) -> None:
    assert "for that is where you work, or above it; name a folder of its own" in refused(model, folder)


def test_a_model_folder_with_more_in_it_is_kept(model: Model) -> None:
    model.save("model")
    Path("model/promotion.json").write_text("{}")
    assert "holds promotion.json, which is no model's" in refused(model, "model")
    Path("model/promotion.json").unlink()
    Path("model/evaluated").mkdir()
    assert "holds evaluated, which is no model's" in refused(model, "model")


def test_a_folder_of_which_only_the_names_are_a_models_is_kept(model: Model) -> None:
    Path("half").mkdir()
    Path("half/card.json").write_text("{}")
    assert "the folder holds a part of a model" in refused(model, "half")
    Path("half/SHA256SUMS").mkdir()
    assert "holds SHA256SUMS, which is no model's" in refused(model, "half")


def test_an_older_model_and_an_empty_folder_are_replaced_and_nothing_else_is_left(model: Model) -> None:
    Path("empty").mkdir()
    Path("link").symlink_to("linked")
    for folder in ("model", "model", "empty", "deep/er", "link", "empty/../new"):
        model.save(folder)
        assert Model.load(folder).texts == model.texts
    smaller = fit(TABLE, np.tile([0, 0, 1], 80), params={"trees": 4, "threads": 1, "leaves": 4, "bags": 1})
    smaller.save("model")
    assert sorted(path.name for path in Path("model").iterdir()) == ["SHA256SUMS", "booster-0.txt", "card.json"]
    assert sorted(path.name for path in Path().iterdir()) == ["deep", "empty", "link", "linked", "model", "new"]
    assert Path("link").is_symlink()


def test_a_list_of_checksums_that_was_cut_short_is_named(model: Model) -> None:
    model.save("model")
    sums = Path("model/SHA256SUMS")
    whole = sums.read_bytes()
    for kept in (whole[:30], whole[:len(whole) // 2], whole[:-4], b"", whole.replace(b"card.json", b"../secret")):
        sums.write_bytes(kept)
        with pytest.raises(ChecksumError, match="model/SHA256SUMS"):
            Model.load("model")


def test_what_is_no_model_is_refused_without_a_word_of_a_pipeline_only() -> None:
    with pytest.raises(InputError, match=r"nope holds no model \(card.json is missing\); name a folder that Model.save"):
        Model.load("nope")


def test_a_model_shows_itself_in_two_lines(model: Model) -> None:
    first, second = repr(model).splitlines()
    assert first == "<churnkit Model: 240 rows, 80 churners, 2 columns;"
    assert f" {len(model.texts)} boosters (" in second
    assert f"calibration {model.calibrator.method}>" in second
    assert len(repr(model)) < 200
    assert json.loads(json.dumps(model.card()))["rows"] == 240
