"""The laws themselves: features that break one on purpose, and the law that must find each."""
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import churnkit.history
from alterations import ALTERATIONS
from churnkit.engine import Column, F, W, projected
from churnkit.features import REGISTRY, SOURCES
from churnkit.features.declare import feature, source
from churnkit.history import Events, History
from mutants import MUTANTS
from test_properties import ALONE, ALTERED, Batch

SAID = {"unit": "count", "missing": 0}


def declare_offenders() -> None:
    """Register them: each reads what it must not, or reads it as it must not."""
    @source("usage_daily")
    def uncut_days(history: History) -> Events:
        """Days of use, whenever they were and whenever they came."""
        return Events(history.tables["usage_daily"], history.day)

    @source("status_changes")
    def uncut_changes(history: History) -> Events:
        """Changes of state, whenever they were and whenever they came."""
        return Events(history.tables["status_changes"], history.day)

    @source("bills")
    def uncut_payments(history: History) -> Events:
        """Bills that are known, with payments that are not."""
        known = projected(history.events("bills").table, ["subscriber_id", "day", "received_at"], {})
        paid = projected(history.tables["bills"], ["subscriber_id", "received_at", "paid_cents"], {"day": F.unix_date("bill_month").cast("int")})
        return Events(known.join(paid, on=["subscriber_id", "day", "received_at"]), history.day)

    @source("usage_daily")
    def ranked_days(history: History) -> Events:
        """Days of use, with their place among everybody's."""
        order = W.orderBy(F.col("out_s").desc(), "subscriber_id", "day")
        return Events(projected(history.events("usage_daily").table, ["*"], {"place": F.row_number().over(order)}), history.day)

    @source("subscribers")
    def crowds(history: History) -> Events:
        """Snapshots, with how many are of the same group on the same day."""
        alike = W.partitionBy("group_key", "day")
        return Events(projected(history.events("subscribers").table, ["*"], {"alike": F.count(F.lit(1)).over(alike)}), history.day)

    @feature("uncut_days", **SAID)
    def late_days(days: Events) -> Column:
        """Rows of use."""
        return F.count(F.lit(1))

    @feature("uncut_changes", **SAID)
    def late_changes(changes: Events) -> Column:
        """Rows of states."""
        return F.count(F.lit(1))

    @feature("uncut_payments", **SAID)
    def payments_to_come(bills: Events) -> Column:
        """All that was ever paid."""
        return F.sum("paid_cents").cast("bigint")

    @feature("topups", **SAID)
    def some_topup(topups: Events) -> Column:
        """Whichever top-up comes first."""
        return F.first("amount_cents")

    @feature("ranked_days", **SAID)
    def best_place(days: Events) -> Column:
        """Place of the best day among everybody's."""
        return F.min("place")

    @feature("crowds", **SAID)
    def in_a_crowd(lines: Events) -> Column:
        """How many were in the same group."""
        return F.max("alike")


@pytest.fixture
def offenders() -> Iterator[list[str]]:
    features, sources = dict(REGISTRY), dict(SOURCES)
    declare_offenders()
    yield [name for name in REGISTRY if name not in features]
    for registry, before in ((REGISTRY, features), (SOURCES, sources)):
        registry.clear()
        registry.update(before)  # type: ignore[arg-type]  # the same registry


def test_each_law_finds_the_feature_that_breaks_it(offenders, tmp_path_factory):
    batch = Batch(range(3), tmp_path_factory.mktemp("offenders"), offenders)
    found = {law: set(batch.differences(ALTERED[law])) for law in ALTERATIONS} | {"alone": set(batch.differences(f"{ALONE}{{n}}"))}
    always = {"best_place"}  # in each double's history other days are better
    assert {law: names - always for law, names in found.items()} == {
        "unknown_left_out": {"late_days", "late_changes"}, "unknown_replaced": {"late_days", "late_changes"},
        "added_too_late": {"late_days", "late_changes"}, "added_too_old": {"late_days", "late_changes"}, "shuffled": {"some_topup"},
        "split": {"late_days"},
        "sent_again": {"in_a_crowd", "late_changes", "payments_to_come"}, "own_clocks_early": {"payments_to_come"},
        "own_clocks_set": {"payments_to_come"}, "alone": {"in_a_crowd"}}
    assert batch.apart(tmp_path_factory.mktemp("apart")) == {"best_place", "in_a_crowd"}  # all who are in no group are one


# One feature of a table for each way of telling time, and for each field with a clock of its own.
WATCHED = ["active_days_30d", "gap_median_180d", "internet_mb_30d", "distinct_contacts_3m", "forward_target_count_3m", "credit_limit",
           "handset_models_used_12m", "bill_mean_6m", "arrears_amount", "plan_changes_6m", "state_now", "two_way_stops_365d", "recharge_sum_90d",
           "days_since_last_recharge", "complaints_365d", "compensation_365d", "ported_contacts_180d", "port_queries_90d", "orders_taken_365d"]
LEAKS = [m for m in MUTANTS if m.file == "history.py" and ("gone" in m.what or "<=" in m.new) and "self.as_of" not in m.old]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda m: m.new or m.old.strip())
def test_the_laws_find_a_cut_that_lets_through_too_much(leak, monkeypatch, tmp_path):
    broken = ModuleType("churnkit.broken_history")
    monkeypatch.setitem(sys.modules, broken.__name__, broken)
    exec(compile(leak.broken(), leak.file, "exec"), vars(broken))
    for how in ("CUTS", "PUT_TOGETHER"):
        monkeypatch.setattr(churnkit.history, how, getattr(broken, how))
    batch = Batch(range(3), tmp_path, WATCHED)
    assert any(batch.differences(letter) for letter in ALTERED.values())
