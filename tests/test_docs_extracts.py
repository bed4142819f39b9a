"""The dictionary of extracts is what the declarations say, and they say all that an extract needs."""
from pathlib import Path

from churnkit.extract_dictionary import extracts_page
from churnkit.extracts import EXTRACTS
from churnkit.extracts.contract import EXPECTED, PATTERNS
from churnkit.extracts.declare import RECEIVED

ROOT = Path(__file__).parent.parent
# The canonical extracts, the required ones first; a name that is missing here or there is a mistake.
CANONICAL = ("calls", "bills", "subscribers", "status_changes", "topups", "data_sessions", "handsets", "number_plan", "portings",
             "portability_requests", "plans", "orders", "holdings", "suppressions", "care_contacts", "consents", "outcomes")


def test_the_dictionary_of_extracts_is_current():
    assert (ROOT / "docs/extracts.md").read_text("utf-8") == extracts_page(), "docs/extracts.md is out of date; run `churnkit docs`"


def test_all_canonical_extracts_are_declared_each_in_a_file_of_its_name_and_three_are_required():
    assert tuple(EXTRACTS) == CANONICAL
    assert [name for name, extract in EXTRACTS.items() if extract.required] == ["calls", "bills", "subscribers"]
    assert all((ROOT / f"src/churnkit/extracts/{name}.py").is_file() for name in CANONICAL)


def test_every_extract_has_its_key_and_clock_among_its_columns_and_every_event_says_when_it_was_received():
    for extract in EXTRACTS.values():
        names = [c.name for c in extract.columns]
        assert len(names) == len(set(names)), extract.name
        assert {*extract.natural_key, *filter(None, (extract.clock, extract.dialled)), *(r.column for r in extract.rules)} <= set(names), extract.name
        assert (RECEIVED in extract.columns) == (extract.clock is not None), extract.name
        assert extract.clock is None or extract.column(extract.clock).required, extract.name


def test_every_column_says_what_it_is_and_every_amount_its_unit_and_its_bounds():
    for extract in EXTRACTS.values():
        for column in extract.columns:
            assert column.meaning.endswith("."), (extract.name, column.name)
            assert bool(column.choices) == (column.kind == "choice"), (extract.name, column.name)
            if column.kind in ("integer", "decimal"):
                assert column.low is not None, (extract.name, column.name)
                assert column.high is not None, (extract.name, column.name)
            for ending, unit in (("_cents", "cents"), ("_mb", "MB"), ("_s", "seconds"), ("_minutes", "minutes")):
                assert not column.name.endswith(ending) or column.unit == unit, (extract.name, column.name)


def test_every_kind_of_column_has_words_for_a_value_that_is_none():
    kinds = {c.kind for e in EXTRACTS.values() for c in e.columns}
    assert kinds - set(EXPECTED) == {"choice"}
    assert set(PATTERNS) <= kinds
