"""What params.yaml says, and every way in which it can be wrong."""
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Literal

import pytest

from churnkit import documents, params
from churnkit.errors import ParameterError
from churnkit.stages import STAGES

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Inner:
    """A section within a section."""

    price_yuan: float


@dataclass(frozen=True)
class Calls:
    """One key of every kind."""

    capacity: int
    share: float
    name: str
    is_on: bool
    model: Literal["latest", "champion"]
    since: date
    shares: tuple[float, ...]
    by_branch: dict[str, int]
    economics: Inner
    limit: int | None = None
    without: tuple[str, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise ValueError("capacity must be at least 1")


GOOD = """
calls:
  capacity: 100
  share: 1
  name: monthly
  is_on: true
  model: latest
  since: "2026-06-01"
  shares: [0.1, 1]
  by_branch: {江西: 5}
  economics: {price_yuan: 2}
"""


def load(tmp_path: Path, text: str) -> Calls:
    path = tmp_path / "params.yaml"
    path.write_text(text, "utf-8")
    return params.load("calls", Calls, path)


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(ParameterError) as caught:
        load(tmp_path, text)
    return str(caught.value).replace(str(tmp_path) + "/", "")


def test_a_section_is_read_with_the_types_it_declares(tmp_path):
    assert load(tmp_path, GOOD) == Calls(100, 1.0, "monthly", True, "latest", date(2026, 6, 1), (0.1, 1.0), {"江西": 5}, Inner(2.0))


def test_a_date_may_stand_without_quotes(tmp_path):
    assert load(tmp_path, GOOD.replace('"2026-06-01"', "2026-06-01")).since == date(2026, 6, 1)


def test_null_is_a_value_only_where_it_is_declared(tmp_path):
    assert load(tmp_path, GOOD + "  limit: null\n").limit is None
    assert "'capacity' must be a whole number, got None" in complaint(tmp_path, GOOD.replace("capacity: 100", "capacity: null"))


def test_every_wrong_key_is_named_at_once_with_what_was_meant(tmp_path):
    said = complaint(tmp_path, GOOD.replace("capacity", "capasity").replace("price_yuan", "price_juan").replace("share: 1", "share: much"))
    assert said == ("params.yaml, section 'calls': unknown key 'capasity' (did you mean 'capacity'?); missing key 'capacity'; "
                    "'share' must be a number, got 'much'; unknown key 'economics.price_juan' (did you mean 'price_yuan'?); "
                    "missing key 'economics.price_yuan'.")


@pytest.mark.parametrize(("key", "wrong", "said"), [
    ("capacity: 100", "capacity: '100'", "'capacity' must be a whole number, got '100'"),
    ("capacity: 100", "capacity: 1.5", "'capacity' must be a whole number, got 1.5"),
    ("capacity: 100", "capacity: true", "'capacity' must be a whole number, got True"),
    ("share: 1", "share: true", "'share' must be a number, got True"),
    ("name: monthly", "name: 5", "'name' must be text, got 5"),
    ("is_on: true", "is_on: 1", "'is_on' must be true or false, got 1"),
    ("model: latest", "model: lates", "'model' must be one of 'latest', 'champion', got 'lates' (did you mean 'latest'?)"),
    ('since: "2026-06-01"', "since: June", "'since' must be a quoted date such as \"2026-06-01\", got 'June'"),
    ("shares: [0.1, 1]", "shares: 0.1", "'shares' must be a list, got 0.1"),
    ("shares: [0.1, 1]", "shares: [0.1, all]", "'shares[1]' must be a number, got 'all'"),
    ("by_branch: {江西: 5}", "by_branch: {江西: five}", "'by_branch.江西' must be a whole number, got 'five'"),
    ("by_branch: {江西: 5}", "by_branch: [5]", "'by_branch' must be `key: value` lines, got [5]"),
    ("economics: {price_yuan: 2}", "economics: 2", "'economics' must hold `key: value` lines, got 2"),
    ("capacity: 100", "capacity: 0", "capacity must be at least 1"),
])
def test_a_value_of_another_kind_is_refused(tmp_path, key, wrong, said):
    assert complaint(tmp_path, GOOD.replace(key, wrong)) == f"params.yaml, section 'calls': {said}."


def test_a_section_that_is_missing_is_named_with_the_one_that_is_near(tmp_path):
    assert complaint(tmp_path, GOOD.replace("calls:", "cals:")) == "params.yaml: section 'cals' belongs to no stage (did you mean 'calls'?)."
    assert complaint(tmp_path, "others: {}\n") == "params.yaml: section 'calls' is missing."


def test_a_section_that_is_no_mapping_is_refused(tmp_path):
    assert complaint(tmp_path, "calls: 5\n") == "params.yaml, section 'calls': it must hold `key: value` lines, got 5."


def test_an_empty_section_misses_all_its_keys(tmp_path):
    assert complaint(tmp_path, "calls:\n").count("missing key") == 9


@pytest.mark.parametrize(("text", "said"), [
    ("calls: [", "params.yaml, line 2: this is no YAML"),
    ("- a\n- b\n", "params.yaml must hold sections of `key: value`, not a list."),
    (GOOD + "  capacity: 5\n", "params.yaml, line 12: this is no YAML ('capacity' stands twice)."),
])
def test_what_is_no_yaml_mapping_is_refused(tmp_path, text, said):
    assert complaint(tmp_path, text).startswith(said)


def test_a_missing_file_and_bytes_that_are_no_text_are_one_sentence(tmp_path):
    with pytest.raises(ParameterError, match="is missing; run churnkit in the project's folder"):
        documents.read(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe\x00calls")
    with pytest.raises(ParameterError, match="this is no YAML"):
        documents.read(tmp_path / "params.yaml")


def test_a_document_that_would_not_change_is_not_written_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("months.yaml")
    documents.write(path, {"months": ["2026-06"]}, "Not for editing.")
    before = path.stat().st_mtime_ns
    documents.write(path, {"months": ["2026-06"]}, "Not for editing.")
    assert (path.stat().st_mtime_ns, documents.read(path)) == (before, {"months": ["2026-06"]})


def test_common_knows_no_zone_on_mars(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text("utf-8").replace("Asia/Shanghai", "Mars/Olympus"), "utf-8")
    with pytest.raises(ParameterError, match=r"zone 'Mars/Olympus' is no time zone \(try 'Asia/Shanghai'\)"):
        params.load("common", params.Common, path)


@pytest.mark.parametrize("stage", STAGES)
def test_params_yaml_loads_for_every_stage(stage):
    section = import_module(f"churnkit.stages.{stage}").Params
    assert isinstance(params.load(stage, section, ROOT / "params.yaml"), section)
