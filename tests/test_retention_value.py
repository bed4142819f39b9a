"""What a call is worth, worked out by hand."""
import pandas as pd
import pytest

from churnkit.retention.choices import Economics, Policy
from churnkit.retention.value import risk_grades, tiers, values_cents

PRIOR = Economics(p_reach=0.5, p_saved=0.2, p_accept=0.4, offer_cost_yuan=10, call_cost_yuan=1, max_attempts=2, margin_share=0.25, months=12)


@pytest.mark.parametrize(("probability", "bill_cents", "cents"), [
    (0.5, 10_000, 1_100),   # 0.5 × 0.5 × 0.2 × 25 yuan × 12 = 15 yuan kept, less 0.5 × 0.4 × 10 = 2 of offers, less 2 × 1 of calls
    (0.0, 10_000, -400),    # who stays anyway only costs
    (0.5, None, -400),      # who has no bill has no margin to keep
    (0.5, -10_000, -1_900),  # who is owed money is not worth keeping
])
def test_value_is_the_margin_kept_less_offers_and_attempts(probability, bill_cents, cents):
    assert values_cents(pd.Series([probability]), pd.Series([bill_cents], dtype="Int64"), PRIOR).tolist() == [cents]


def test_tiers_go_by_rank_and_equal_payers_share_the_better_tier():
    paid = pd.Series([50, 40, 40, 30, 20, 10, 5, 4, 3, None])
    assert tiers(paid, (0.2, 0.5)).tolist() == ["A", "A", "A", "B", "B", "C", "C", "C", "C", "C"]


def test_a_risk_grade_begins_at_its_floor():
    risk = pd.Series([0.3, 0.2999, 0.1, 0.0999])
    assert risk_grades(risk, (0.3, 0.1), "zh").tolist() == ["高", "中", "中", "低"]
    assert risk_grades(risk, (0.3, 0.1), "en").tolist() == ["high", "medium", "medium", "low"]


@pytest.mark.parametrize("wrong", [{"p_reach": 1.1}, {"p_accept": -0.1}, {"call_cost_yuan": -1.0}, {"offer_cost_yuan": float("nan")},
                                   {"max_attempts": 0}, {"months": 0}])
def test_economics_refuses_what_cannot_be(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Economics(**wrong)


def test_policy_has_no_default_for_consent():
    with pytest.raises(ValueError, match="consent is missing and has no default; write 'recorded'"):
        Policy()
