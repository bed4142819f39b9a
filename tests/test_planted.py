"""Which subscribers a planted cause shows for, and how the reasons are counted against it."""
import numpy as np
import pandas as pd
import pytest

from churnkit.features import REGISTRY
from churnkit.planted import CAUSES, number, share_of, told
from churnkit.simulate.hazards import TRACES


def shows(cause: str, **columns: list[float | None]) -> list[bool]:
    return [bool(one) for one in CAUSES[cause].shows(pd.DataFrame(columns, dtype=float))]


def test_every_planted_cause_that_leaves_a_trace_is_measured_by_groups_that_features_have():
    assert set(CAUSES) == set(TRACES)
    groups = {feature.group for feature in REGISTRY.values() if feature.reason_zh}
    assert set().union(*(cause.groups for cause in CAUSES.values())) - groups == set()


def test_no_group_explains_two_causes_but_those_that_show_alike():
    alike = [{"drift", "farmed"}, {"shock", "misfit"}]
    for one in CAUSES:
        for other in CAUSES:
            if one != other and {one, other} not in alike:
                assert not CAUSES[one].groups & CAUSES[other].groups, (one, other)


@pytest.mark.parametrize(("cause", "column", "values", "shown"), [
    ("contract", "contract_end_days", [-100, -40, 0, 30, 45, 50, 300, None], [0, 1, 1, 1, 1, 0, 0, 0]),
    ("handset", "handset_launch_age_months", [40, 58, 62, 63, 90, None], [0, 0, 0, 1, 1, 0]),
    ("friends", "lost_ties_share_60d", [0, 0.05, 0.1, 1, None], [0, 0, 1, 1, 0]),
    ("misfit", "overage_share_3m", [0, 0.1, 0.2, None], [0, 0, 1, 0]),
    ("tempted", "rival_care_calls_90d", [0, 1, None], [0, 1, 0]),
    ("drift", "drift_days", [-5, 13, 14, None], [0, 0, 1, 0])])
def test_a_cause_shows_from_where_it_pulls_as_hard_as_chance(cause, column, values, shown):
    assert shows(cause, **{column: values}) == [bool(one) for one in shown]


def test_a_shock_of_two_months_ago_counts_half():
    found = shows("shock", bill_shock_ratio=[1.3, 1.39, 1.0, 1.0, None], earlier_bill_ratio=[1.3, 1.0, 1.39, 1.43, None])
    assert found == [False, True, False, True, False]


def test_a_column_that_the_operator_does_not_give_shows_nothing():
    assert np.isnan(number(pd.DataFrame({"other": [1.0]}), "days_overdue")).all()
    assert shows("arrears", other=[1.0]) == [False]


def test_the_share_has_an_interval_that_stays_between_nothing_and_all():
    assert share_of(0, 0) is None
    assert share_of(10, 10) == [1.0, pytest.approx(0.7225, abs=1e-3), pytest.approx(1.0)]
    value, low, high = share_of(8, 10)
    assert (value, low < 0.8 < high) == (0.8, True)


def test_the_table_says_which_causes_fall_short():
    row = {"left": 9, "shows": 4, "named": 1, "share": share_of(1, 4)}
    text = told({"dates": ["2026-06-01"], "causes": {"misfit": row, "handset": {**row, "shows": 0, "named": 0, "share": None}}})
    assert "misfit         9       4      1   25% [5%, 70%]  below 80%" in text
    assert text.splitlines()[-1].endswith("–")
