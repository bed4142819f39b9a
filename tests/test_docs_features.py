"""The feature dictionary is what the declarations say."""
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "features.md"


def test_the_feature_dictionary_is_current():
    from churnkit.dictionary import features_page

    assert PAGE.read_text() == features_page(), "docs/features.md is out of date; run `churnkit docs`"


def test_every_family_has_its_letter():
    from churnkit.dictionary import FAMILIES
    from churnkit.features import REGISTRY

    assert set(FAMILIES) == {f.family for f in REGISTRY.values()}


def test_every_row_of_the_catalogue_is_built_or_left_out_with_a_reason():
    from churnkit.catalogue import BUILT, LEFT_OUT, ROWS

    assert len(ROWS) == 146
    assert {*BUILT, *(row for rows, _, _ in LEFT_OUT for row in rows)} == set(ROWS)
    assert all(what and why for _, what, why in LEFT_OUT)


def test_what_the_catalogue_names_as_built_is_a_feature():
    from churnkit.catalogue import BUILT
    from churnkit.features import REGISTRY

    stems = {f.name.removesuffix(f"_{f.window}") if f.window else f.name for f in REGISTRY.values()}
    assert {stem for names in BUILT.values() for stem in names.split()} <= stems


def test_features_for_lists_are_those_that_no_model_reads():
    from churnkit.examples import FOR_LISTS
    from churnkit.features import REGISTRY

    assert {f.name for f in REGISTRY.values() if f.is_for_lists} == set(FOR_LISTS)
