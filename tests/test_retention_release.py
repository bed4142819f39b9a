"""Laws of the month's decision, for any customers, any policy and any capacity."""
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnkit.errors import PolicyError
from churnkit.retention.allocate import DISPOSITIONS, Capacity, allocate
from churnkit.retention.choices import Policy
from churnkit.retention.policy import REASONS, all_reasons, explained, first_reasons
from churnkit.retention.release import Draw, counts, decide, expected, power

AS_OF = date(2026, 11, 1)
check = settings(max_examples=15, deadline=None, derandomize=True, database=None)
customer = st.fixed_dictionaries({
    "person": st.sampled_from(["c1", "c2", "c3", None, None, None]), "is_censored": st.sampled_from([False, False, False, True]),
    "is_in_snapshot": st.sampled_from([True, True, True, False]), "msisdn_masked": st.sampled_from(["138****0001", " ", None]),
    "alt_contact_masked": st.sampled_from(["139****0002", "", None]), "days_since_last_activity": st.sampled_from([0.0, 13.0, 14.0, None]),
    "contract_end_on": st.sampled_from([None, "2026-11-02", "2027-02-01", "2027-02-02"]), "value_cents": st.integers(-3, 12),
    "churn_probability": st.sampled_from([0.1, 0.2, 0.3]), "average_bill_cents": st.sampled_from([100, 200, None]),
    "stratum": st.sampled_from(["open", "open", "one_way_stop"]), "branch": st.sampled_from(["x", "y", ""]),
    "value_tier": st.sampled_from(["A", "C"])})
customers = st.lists(customer, min_size=1, max_size=40)
decisions = st.lists(st.sampled_from([True, True, False, None]), min_size=40, max_size=40)
capacities = st.builds(Capacity, st.fixed_dictionaries({"open": st.integers(1, 12), "one_way_stop": st.integers(0, 4)}),
                       st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 5)))
shares = st.sampled_from([0.0, 0.3, 0.5])
RECORDED = Policy(consent="recorded")


def frame(rows: list[dict]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    table.insert(0, "subscriber_id", [f"s{n:02}" for n in range(len(rows))])
    table["person"] = table["person"].astype("str").fillna(table["subscriber_id"])
    table["contract_end_on"] = pd.to_datetime(table["contract_end_on"])
    table["effect"] = table["churn_probability"] * 0.1
    for column in ("days_since_last_activity", "average_bill_cents"):
        table[column] = table[column].astype("Float64")
    return table


def consents(granted: list) -> pd.DataFrame:
    known = [(f"s{n:02}", is_granted) for n, is_granted in enumerate(granted) if is_granted is not None]
    return pd.DataFrame(known, columns=["subscriber_id", "is_granted"])


def decided(rows, granted, capacity, share=0.3, policy=RECORDED, **more) -> pd.DataFrame:
    return decide(rows if isinstance(rows, pd.DataFrame) else frame(rows), consents(granted), policy, capacity,
                  Draw(share, "monthly", AS_OF, b"k" * 32), **more)


@check
@given(customers, decisions, capacities, shares)
def test_everyone_ends_with_one_disposition_and_the_counts_add_up(rows, granted, capacity, share):
    table = decided(rows, granted, capacity, share)
    told = counts(table)
    assert len(table) == len(rows)
    assert set(table["disposition"]) <= set(DISPOSITIONS)
    assert sum(told["disposition"].values()) == len(rows)
    assert sum(told["excluded"].values()) == told["disposition"]["excluded"]
    assert sum(told["open"].values()) + sum(told["one_way_stop"].values()) == len(rows)


@check
@given(customers, decisions, capacities, shares)
def test_who_is_not_listed_has_a_reason_and_who_is_listed_has_none(rows, granted, capacity, share):
    table = decided(rows, granted, capacity, share)
    is_listed = table["disposition"].eq("listed")
    assert table["exclusion_reason"].isna().eq(is_listed).all()
    assert set(table.loc[table["disposition"].eq("excluded"), "exclusion_reason"]) <= set(REASONS)
    assert explained(table["exclusion_reason"], "zh").isna().eq(is_listed).all()


@check
@given(customers, decisions, capacities, shares)
def test_nobody_who_must_not_be_called_is_listed_or_held_out(rows, granted, capacity, share):
    table = decided(rows, granted, capacity, share)
    chosen = table[table["disposition"].isin(["listed", "not_for_contact", "below_capacity"])]
    agreed = set(consents(granted).query("is_granted")["subscriber_id"])
    assert not chosen["is_censored"].any()
    assert chosen["is_in_snapshot"].all()
    assert set(chosen["subscriber_id"]) <= agreed
    assert (chosen["value_cents"] > 0).all()
    assert not chosen["person"].duplicated().any()
    assert not (chosen["contract_end_on"] > "2027-02-01").any()


@check
@given(customers, decisions, capacities, shares)
def test_no_more_are_called_than_there_are_calls(rows, granted, capacity, share):
    listed = decided(rows, granted, capacity, share).query("disposition == 'listed'")
    assert all(listed["stratum"].eq(stratum).sum() <= calls for stratum, calls in capacity.by_stratum.items())
    assert all(listed["branch"].eq(branch).sum() <= calls for branch, calls in capacity.by_branch.items())


@check
@given(customers, decisions, capacities, shares)
def test_calls_are_left_over_only_when_nobody_is_left_who_could_use_them(rows, granted, capacity, share):
    table = decided(rows, granted, capacity, share)
    listed = table[table["disposition"].eq("listed")]
    for row in table[table["disposition"].eq("below_capacity")].itertuples():
        is_stratum_full = listed["stratum"].eq(row.stratum).sum() == capacity.by_stratum[row.stratum]
        is_branch_full = row.branch in capacity.by_branch and listed["branch"].eq(row.branch).sum() == capacity.by_branch[row.branch]
        assert is_stratum_full or is_branch_full


@check
@given(customers, decisions, capacities, shares)
def test_ranks_of_a_branch_are_1_to_n_and_follow_the_value(rows, granted, capacity, share):
    listed = decided(rows, granted, capacity, share).query("disposition == 'listed'")
    for _, branch in listed.sort_values("rank").groupby("branch"):
        assert branch["rank"].tolist() == list(range(1, len(branch) + 1))
        assert branch["value_cents"].is_monotonic_decreasing


@check
@given(customers, decisions, capacities, shares, st.randoms())
def test_the_order_of_the_rows_decides_nothing(rows, granted, capacity, share, random):
    table = frame(rows)
    shuffled = table.iloc[random.sample(range(len(table)), len(table))]
    ends = [decided(t, granted, capacity, share).set_index("subscriber_id")[["disposition", "rank"]].sort_index() for t in (table, shuffled)]
    pd.testing.assert_frame_equal(*ends)


@check
@given(customers, decisions, capacities, st.integers(0, 39))
def test_without_one_customer_nobody_changes_between_called_and_held_out(rows, granted, capacity, gone):
    table = frame(rows)
    before = decided(table, granted, capacity).set_index("subscriber_id")["disposition"]
    after = decided(table.drop(index=gone % len(table)), granted, capacity).set_index("subscriber_id")["disposition"]
    both = pd.DataFrame({"before": before, "after": after}).dropna()
    assert not (both["before"].eq("listed") & both["after"].eq("not_for_contact")).any()
    assert not (both["before"].eq("not_for_contact") & both["after"].eq("listed")).any()


@check
@given(customers, decisions, capacities)
def test_a_hold_out_takes_no_calls_away(rows, granted, capacity):
    unlimited = Capacity({"open": 99, "one_way_stop": 99})
    willing = decided(rows, granted, unlimited, 0.5).query("disposition == 'listed'")
    listed = decided(rows, granted, Capacity(capacity.by_stratum), 0.5).query("disposition == 'listed'")
    for stratum, calls in capacity.by_stratum.items():
        assert listed["stratum"].eq(stratum).sum() == min(calls, willing["stratum"].eq(stratum).sum())


GOOD = {"person": None, "is_censored": False, "is_in_snapshot": True, "msisdn_masked": "138****0001", "alt_contact_masked": None,
        "days_since_last_activity": 1.0, "contract_end_on": None, "value_cents": 10, "churn_probability": 0.2, "average_bill_cents": 100,
        "stratum": "open", "branch": "x", "value_tier": "A"}


def ends(rows: list[dict], capacity: Capacity, granted=(True,) * 40, **more) -> list[str]:
    return decided([GOOD | row for row in rows], list(granted), capacity, 0.0, **more)["disposition"].tolist()


def test_equal_values_go_by_probability_then_bill_then_subscriber():
    rows = [{"average_bill_cents": None}, {"average_bill_cents": 300}, {"churn_probability": 0.3}, {}, {}]
    ranks = decided([GOOD | row for row in rows], [True] * 40, Capacity({"open": 9, "one_way_stop": 0}), 0.0)["rank"]
    assert ranks.tolist() == [5, 2, 1, 3, 4]


def test_ranked_by_risk_the_probability_comes_before_the_value():
    rows = [{"value_cents": 90, "churn_probability": 0.2}, {"value_cents": 5, "churn_probability": 0.3}]
    one = Capacity({"open": 1, "one_way_stop": 0})
    assert ends(rows, one) == ["listed", "below_capacity"]
    assert ends(rows, one, rank_by="risk") == ["below_capacity", "listed"]


def test_a_full_branch_leaves_its_calls_to_the_others():
    rows = [{"value_cents": 9}, {"value_cents": 8}, {"value_cents": 7, "branch": "y"}]
    assert ends(rows, Capacity({"open": 2, "one_way_stop": 0}, {"x": 1})) == ["listed", "below_capacity", "listed"]


def test_each_stratum_has_its_own_calls():
    rows = [{"value_cents": 9, "stratum": "one_way_stop"}, {"value_cents": 8, "stratum": "one_way_stop"}, {"value_cents": 1}]
    assert ends(rows, Capacity({"open": 1, "one_way_stop": 1})) == ["listed", "below_capacity", "listed"]


def test_the_held_out_stand_beside_the_calls_and_never_below_the_last_one():
    ranked = pd.DataFrame({"stratum": "open", "branch": "x", "is_held_out": [True, False, True, False, True, False]})
    assert allocate(ranked, Capacity({"open": 2, "one_way_stop": 0})).tolist() == [
        "not_for_contact", "listed", "not_for_contact", "listed", "below_capacity", "below_capacity"]


def test_the_minimum_itself_is_not_worth_a_call():
    assert ends([{"value_cents": 5}, {"value_cents": 6}], Capacity({"open": 9, "one_way_stop": 0}), min_value_cents=5) == ["excluded", "listed"]


def test_assumed_consent_still_honours_a_refusal():
    got = ends([{}, {}, {}], Capacity({"open": 9, "one_way_stop": 0}), granted=[True, False, None], policy=Policy(consent="assumed"))
    assert got == ["listed", "excluded", "listed"]


def test_recorded_consent_without_any_record_stops():
    with pytest.raises(PolicyError, match="there is no consents extract"):
        decide(frame([GOOD]), None, RECORDED, Capacity({"open": 1, "one_way_stop": 0}), Draw(0.1, "monthly", AS_OF, b"k"))


def test_the_first_reason_is_on_record_and_all_are_told():
    held = pd.DataFrame({name: [name in ("no_consent", "not_worth_a_call"), False] for name in REASONS})
    assert first_reasons(held).fillna("").tolist() == ["no_consent", ""]
    assert all_reasons(held).tolist() == ["no_consent;not_worth_a_call", ""]


def test_what_is_expected_counts_the_listed_alone():
    rows = [GOOD | {"value_cents": 150, "churn_probability": 0.2}, GOOD | {"value_cents": 50, "churn_probability": 0.3}]
    table = decided(rows, [True] * 40, Capacity({"open": 1, "one_way_stop": 0}), 0.0)
    assert expected(table) == {"churners_called": 0.2, "customers_saved": 0.0, "profit_yuan": 1.5}
    assert power(table)["smallest_detectable_effect"] is None
