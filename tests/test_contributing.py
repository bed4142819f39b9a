"""What CONTRIBUTING.md tells a newcomer to type works as it stands there."""
import re
from pathlib import Path

from churnkit.engine import Column, F
from churnkit.features.declare import REGISTRY, feature
from churnkit.history import Events

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_the_example_of_a_feature_passes_its_own_example_of_a_test(spec):
    declared, tested = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {"feature": feature, "Events": Events, "Column": Column, "F": F, "__name__": "churnkit.features.example"}
    before = set(REGISTRY)
    try:
        exec(declared, names)
        exec(tested, names)
        assert set(REGISTRY) - before == {"sms_only_days_30d", "sms_only_days_90d"}
        names["test_days_of_sms_alone_are_counted_over_half_open_windows"](spec)
    finally:
        for name in set(REGISTRY) - before:
            del REGISTRY[name]


def test_the_lock_is_made_by_the_command_that_the_page_gives():
    command = re.search(r"uv pip compile .*", (ROOT / "requirements.lock").read_text("utf-8"))
    assert command
    assert command[0] in PAGE


def test_every_page_that_is_linked_is_there():
    for page in (ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for target in re.findall(r"\]\(([^)#:]+)[^)]*\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links {target}"


def test_decision_records_are_numbered_without_gaps_and_short():
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text("utf-8")
        assert len(text.splitlines()) <= 25, record.name
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequence"], record.name


def test_the_operations_page_explains_every_exit_code():
    from churnkit.errors import ChurnkitError

    codes = {1, *(kind.exit_code for kind in ChurnkitError.__subclasses__())}
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
