"""What a feature is alone: AUC, corners, drift and twins on columns small enough to count by hand."""
import math

import numpy as np
import pytest

from churnkit import audit, drift
from churnkit.audit import Rows, Values, judged

NAN = math.nan


def rows(outcomes: str, months: int = 1) -> Rows:
    """Rows by their outcomes, 1 for who churned, over months of equal length."""
    churned = np.array([letter == "1" for letter in outcomes])
    return Rows.of(np.split(churned, months))


def alone(numbers: list[float], outcomes: str, months: int = 1) -> audit.Alone:
    return judged(Values(np.array(numbers, dtype=float)), rows(outcomes, months))


def test_auc_is_the_share_of_pairs_in_which_the_churner_has_more():
    found = alone([1, 2, 3, 4, 5], "00101")  # of six pairs 3 is above 1, 2 and not above 4, 5 is above all
    assert (found.auc, found.side) == (pytest.approx(5 / 6), "high")


def test_equal_values_count_half():
    assert alone([1, 1, 2], "010").auc == pytest.approx(0.75)  # below: half a pair and none won of two, so less tells more
    assert alone([1, 1, 2], "010").side == "low"


def test_a_column_that_falls_with_the_risk_tells_as_much_as_one_that_rises():
    rising, falling = alone([1, 2, 3, 4, 5], "00101"), alone([5, 4, 3, 2, 1], "00101")
    assert (rising.auc, rising.side, falling.side) == (falling.auc, "high", "low")


def test_what_is_missing_stands_at_the_end_where_it_tells_more():
    assert alone([1, 1, 1, NAN, NAN], "00011").auc == 1.0
    assert alone([NAN, NAN, 1, 2, 2], "00111").auc == 1.0
    half = alone([2, 1, NAN, NAN], "1010")  # with the missing below: 2 above 1 and above one missing, the two missing are equal
    assert half.auc == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert half.missing_share == 0.5


def test_a_column_of_one_value_or_none_tells_nothing_and_is_constant():
    for numbers in ([3, 3, 3], [NAN, NAN, NAN]):
        found = alone(numbers, "010")
        assert (found.auc, found.side, found.is_constant) == (0.5, "", True)
    assert not alone([3, 3, NAN], "010").is_constant


def test_without_churners_nothing_can_be_said():
    assert math.isnan(alone([1, 2, 3], "000").auc)
    assert audit.suspects({"a": alone([1, 2, 3], "000")}, 0.5, 0.1) == []


def test_a_category_is_judged_by_how_many_others_of_it_churned():
    churned = "1" * 40 + "0" * 160
    telling = judged(Values(np.array([7] * 40 + [3] * 160), is_category=True), rows(churned))
    assert (telling.auc, telling.side, telling.corner) == (1.0, "", 1.0)
    own = judged(Values(np.arange(200), is_category=True), rows(churned))  # one of a kind each: nobody's own outcome may tell
    assert own.auc < 0.6
    missing = judged(Values(np.array([-1] * 40 + [0] * 160), is_category=True), rows(churned))
    assert (missing.auc, missing.missing_share, missing.is_constant) == (1.0, 0.2, False)


def test_a_leak_on_a_few_rows_shows_in_a_corner_and_not_in_the_auc():
    churned = "1" * 300 + "0" * 9700
    for few in (99_999.0, -1.0, NAN):
        numbers = np.concatenate([np.full(30, few), np.arange(270) * 9700 / 270, np.arange(9700)])
        found = alone(list(numbers), churned)
        assert found.auc < 0.6
        assert found.corner == 1.0
        assert audit.suspects({"few": found}, 0.9, 0.9) == ["few"]


def test_a_corner_of_fewer_than_30_churners_is_not_told():
    assert math.isnan(alone([9.0] * 29 + [1.0] * 71, "1" * 29 + "0" * 71).corner)
    assert alone([9.0] * 30 + [1.0] * 70, "1" * 30 + "0" * 70).corner == 1.0


def test_drift_is_the_stability_index_of_a_month_against_the_others():
    months = np.repeat([0, 1], 10)
    bins = np.array([0] * 8 + [1] * 2 + [0] * 4 + [1] * 6)
    by_hand = (0.8 - 0.4) * math.log(0.8 / 0.4) + (0.2 - 0.6) * math.log(0.2 / 0.6)
    assert drift.by_month(bins, months) == pytest.approx((by_hand, by_hand))


def test_a_month_like_the_others_does_not_drift_and_one_that_lacks_the_column_does():
    steady = alone([1, 2, 3, 4] * 25 + [1, 2, 3, 4] * 25, "01" * 100, months=2)
    assert steady.psi == (0, 0)
    lacking = alone([1, 2, 3, 4] * 25 + [NAN] * 100, "01" * 100, months=2)
    assert min(lacking.psi) > 5
    assert math.isnan(alone([1, 2], "01").psi[0])


def test_twins_are_nearest_in_rank_whatever_the_scale_and_the_direction():
    rng = np.random.default_rng(1)
    base = rng.normal(size=500)
    columns = {"a": base, "exp_of_a": np.exp(base), "minus_a": -base, "other": rng.normal(size=500), "flat": np.ones(500)}
    found = audit.twins({name: alone(list(numbers), "01" * 250) for name, numbers in columns.items()}, 0.95)
    assert found == {"a": ("exp_of_a", 1.0), "exp_of_a": ("a", 1.0), "minus_a": ("a", -1.0)}


def test_suspects_are_above_a_limit_the_best_first():
    columns = {"good": [1, 1, 2, 1], "leak": [0, 0, 1, 1], "worse": [0, 3, 2, 4]}
    found = {name: alone(numbers, "0011") for name, numbers in columns.items()}
    assert [found[name].auc for name in columns] == [0.75, 1.0, 0.75]
    assert audit.suspects(found, 0.7, 1) == ["leak", "good", "worse"]
    assert audit.suspects(found, 0.75, 1) == ["leak"]
    assert audit.suspects(found, 1, 1) == []
