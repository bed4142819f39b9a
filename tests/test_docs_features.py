"""The feature dictionary is what the declarations say."""
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "features.md"


def test_the_feature_dictionary_is_current():
    from churnkit.dictionary import features_page

    assert PAGE.read_text() == features_page(), "docs/features.md is out of date; run `churnkit docs`"


def test_every_row_of_the_five_first_families_is_either_built_or_left_out_with_a_reason():
    from churnkit.dictionary import FAMILIES, LEFT_OUT
    from churnkit.features import REGISTRY

    assert set(FAMILIES) == {f.family for f in REGISTRY.values()}
    assert set("ACEFG") <= set(LEFT_OUT)
    assert all(what and why for entries in LEFT_OUT.values() for _, what, why in entries)
