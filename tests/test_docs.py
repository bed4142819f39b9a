"""What the README says, held against the project."""
import re
from pathlib import Path

import pytest
import yaml

from churnkit import cli
from churnkit.features import REGISTRY
from churnkit.retention.columns import COLUMNS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_every_churnkit_command_it_names_exists():
    there = {c.name or c.callback.__name__ for c in cli.app.registered_commands}
    named = set(re.findall(r"`churnkit ([a-z]+)", README)) | set(re.findall(r"^> churnkit ([a-z]+)", README, re.M))
    assert {"key", "evaluate", "score", "export"} <= named <= there


def test_every_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"make ([a-z]+)`", README)) | set(re.findall(r"^make ([a-z]+)$", README, re.M))
    assert {"repro", "test", "help"} <= named <= targets


def test_every_page_and_source_it_points_to_exists():
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    named = re.findall(r"`((?:src|docs|tests)/[\w./-]+|[\w.-]+\.(?:yaml|lock|md))`", README)
    made_or_not = {"docs/", "tests/", "account.md", "months.yaml"}
    missing = [p for p in {*linked, *named} - made_or_not if not (ROOT / p).exists()]
    assert linked
    assert not missing


def test_the_list_it_shows_has_the_columns_of_a_list():
    header = next(line for line in README.splitlines() if line.startswith("| rank |"))
    assert {name.strip() for name in header.strip("| ").split("|")} <= {c.name for c in COLUMNS}


def test_the_feature_it_shows_is_the_one_in_the_code():
    shown = re.search(r"```python\n(.*?)```", README, re.S).group(1).strip()
    assert shown in (ROOT / "src/churnkit/features/usage.py").read_text("utf-8")
    assert "far_calls_30d" in REGISTRY


@pytest.mark.parametrize("option", re.findall(r"`((?:export|train)\.[a-z_.]+)", README))
def test_every_parameter_it_names_is_in_params(option):
    values = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    for key in option.rstrip(".").split("."):
        values = values[key]
