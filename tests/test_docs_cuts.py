"""The page that says which tests hold the cuts of time is about the source as it is, and about tests that there are."""
import re
from pathlib import Path

from mutants import MUTANTS, PAGE, line

ROWS = [row for row in PAGE.read_text("utf-8").splitlines() if re.search(r"\| \*\*\d+\*\*: ", row)]


def test_the_page_has_a_line_for_every_condition_that_is_still_in_the_source():
    assert [row.partition("**")[0] for row in ROWS] == [line(mutant, []).partition("**")[0] for mutant in MUTANTS]
    assert all(mutant.broken() for mutant in MUTANTS)


def test_several_tests_fail_on_each_and_they_exist():
    """One is enough for a delivery too many: what is in it is cut all the same."""
    few = [row for row in ROWS if int(re.findall(r"\*\*(\d+)\*\*", row)[0]) < 2 and not row.startswith("| timeline.py")]
    assert few == []
    written = {name for path in Path(__file__).parent.rglob("test_*.py") for name in re.findall(r"^def test_(\w+)", path.read_text("utf-8"), re.M)}
    named = {name for row in ROWS for name in re.findall(r"`([a-z]\w+)(?:\[[^`]*)?`", row.partition("**")[2])}
    assert named
    assert named <= written
