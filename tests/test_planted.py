"""Which subscribers a planted cause shows for, and how the reasons are counted against it."""
import numpy as np
import pandas as pd
import pytest

from churnkit.features import REGISTRY
from churnkit.model import fit
from churnkit.planted import CAUSES, number, share_of, told
from churnkit.reasons import reasons
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


def invented(seed: int, rows: int = 8000) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Customers of whom a third have one cause each that shows, the cause, and who of them left: half of these, and one in fifty of the others."""
    rng = np.random.default_rng(seed)
    cause = np.where(rng.random(rows) < 1 / 3, rng.choice(list(PLANTED), rows), "none")
    plain = {"contract_end_days": rng.integers(100, 700, rows), "bill_last": rng.integers(3000, 12000, rows),
             **{name: rng.normal(1, 0.05, rows) for name in ("bill_shock_ratio", "bill_drop_ratio", "earlier_bill_ratio", "outgoing_fall_ratio")},
             **{name: np.zeros(rows) for name in ("lost_ties_share_60d", "rival_care_calls_90d", "days_overdue", "far_calls_30d")},
             "overage_share_3m": rng.random(rows) / 20, "handset_launch_age_months": rng.integers(1, 50, rows),
             "active_days_30d": rng.integers(15, 30, rows), "days_since_outgoing_fall": rng.integers(10, 90, rows),
             "tenure_days": rng.integers(200, 3000, rows)}
    table = pd.DataFrame(plain, dtype=float)
    for name, marks in PLANTED.items():
        for column, (low, high) in marks.items():
            table.loc[cause == name, column] = rng.uniform(low, high, (cause == name).sum())
    table["days_to_contract_end"] = table["contract_end_days"].where(table["contract_end_days"] >= 0)
    left = rng.random(rows) < np.where(cause == "none", 0.02, 0.5)
    return table, cause, left


PLANTED = {"contract": {"contract_end_days": (1, 40)}, "shock": {"bill_drop_ratio": (1.5, 3), "bill_shock_ratio": (1.5, 3)},
           "misfit": {"overage_share_3m": (0.2, 0.5)}, "handset": {"handset_launch_age_months": (66, 110)},
           "friends": {"lost_ties_share_60d": (0.15, 0.6)}, "tempted": {"rival_care_calls_90d": (1, 9)}, "moving": {"far_calls_30d": (3, 15)},
           "drift": {"outgoing_fall_ratio": (0.1, 0.4), "active_days_30d": (2, 10)}, "farmed": {"tenure_days": (30, 140), "active_days_30d": (8, 14)},
           "arrears": {"days_overdue": (5, 60)}}


def test_of_those_who_leave_from_a_cause_that_shows_four_in_five_are_given_a_reason_of_it():
    table, _, left = invented(1)
    model = fit(table, left, params={"trees": 80, "bags": 1, "threads": 2}, seed=0)
    later, cause, gone = invented(2, 4000)
    said = reasons(model.contributions(later), later, REGISTRY)[["reason_1_group", "reason_2_group", "reason_3_group"]]
    share = {}
    for name, planted in CAUSES.items():
        those = (cause == name) & gone
        assert planted.shows(later.assign(drift_days=30.0))[those].mean() == 1, name
        share[name] = float(said[those].isin(planted.groups).any(axis=1).mean())
    assert {name: part for name, part in share.items() if part < 0.8} == {}
    assert said[(cause == "none")]["reason_3_group"].notna().mean() < 0.1  # and fewer rather than filler for the others
