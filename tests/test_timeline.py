"""Deliveries, and the as-of dates that follow from them."""
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from churnkit import documents
from churnkit.errors import HistoryError, InputError, ParameterError
from churnkit.timeline import (
    LOOK_AHEAD,
    Delivery,
    Plan,
    add_months,
    find_deliveries,
    make_plan,
    month_start,
    read_plan,
    until_mature,
    write_plan,
)

DEMO = ("2025-08..2026-07", "2026-08", "2026-09", "2026-10")
FIRSTS = [add_months(date(2025, 8, 1), n) for n in range(16)]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def plan_of(*names: str, label_days: int = 70, min_history_days: int = 90, max_dates: int = 12) -> Plan:
    return make_plan([Delivery.named(n) for n in names], label_days=label_days, min_history_days=min_history_days, max_dates=max_dates)


def deliver(*names: str) -> None:
    for name in names:
        (Path("data/extracts") / name).mkdir(parents=True)
        (Path("data/extracts") / name / "calls.csv").touch()


@pytest.mark.parametrize(("name", "starts", "ends"), [
    ("2026-06", date(2026, 6, 1), date(2026, 7, 1)),
    ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
    ("2025-08..2026-07", date(2025, 8, 1), date(2026, 8, 1)),
])
def test_a_delivery_covers_the_months_of_its_name(name, starts, ends):
    assert Delivery.named(name) == Delivery(name, starts, ends)


@pytest.mark.parametrize("name", ["2026", "2026-13", "2026-6", "June", "", "2026-06-01", "2026-06..", "..", "2026-06..July", "9999-12"])
def test_another_name_is_no_delivery(name):
    if name == "2026-06..":
        assert Delivery.named(name).ends == date(2026, 7, 1)
    else:
        with pytest.raises(ParameterError, match="is no delivery; write a month such as 2026-06"):
            Delivery.named(name)


def test_a_delivery_does_not_end_before_it_starts():
    with pytest.raises(ParameterError, match="ends before it starts"):
        Delivery.named("2026-06..2026-05")


@pytest.mark.parametrize(("day", "months", "expected"), [
    (date(2026, 6, 15), 0, date(2026, 6, 1)), (date(2026, 12, 1), 1, date(2027, 1, 1)),
    (date(2026, 1, 31), -1, date(2025, 12, 1)), (date(2026, 6, 1), -12, date(2025, 6, 1))])
def test_months_are_added_over_the_turn_of_the_year(day, months, expected):
    assert add_months(day, months) == expected


def test_a_month_is_written_in_one_way():
    assert month_start("2026-06") == date(2026, 6, 1)
    for other in ("202606", "2026-6", "2026-06-01", "2026-00", "2026-W1"):
        with pytest.raises(ValueError):
            month_start(other)


def test_deliveries_are_found_oldest_first_without_hidden_folders_and_loose_files():
    deliver("2026-08", *DEMO[:1], ".2026-09.part")
    Path("data/extracts/README.md").touch()
    assert [d.name for d in find_deliveries()] == ["2025-08..2026-07", "2026-08"]


@pytest.mark.parametrize(("names", "said"), [
    ((), "There are no extracts: data/extracts/ holds no delivery folder"),
    (("2026-06", "2026-08"), "nothing covers 2026-07, between 2026-06 and 2026-08; a missing month would look just like churn"),
    (("2026-01..2026-06", "2026-06"), "deliveries 2026-01..2026-06 and 2026-06 cover the same month"),
    (("2026-06", "june"), "data/extracts/: 'june' is no delivery"),
])
def test_deliveries_that_leave_a_gap_or_overlap_are_refused(names, said):
    deliver(*names)
    with pytest.raises(InputError, match=said):
        find_deliveries()


def test_an_empty_folder_is_no_delivery_yet():
    deliver("2026-06")
    Path("data/extracts/2026-07/.cache").mkdir(parents=True)
    with pytest.raises(InputError, match="data/extracts/2026-07/ is empty; put the delivery's files there, or remove the folder"):
        find_deliveries()


def test_the_demo_trains_on_six_months_evaluates_at_a_later_one_and_scores_the_last():
    plan = plan_of(*DEMO)
    assert plan.training == tuple(FIRSTS[3:10])  # 2025-11-01 to 2026-05-01
    assert plan.mature == tuple(FIRSTS[3:13])  # to 2026-08-01
    assert (plan.evaluation, plan.scoring) == (date(2026, 8, 1), date(2026, 11, 1))


def test_a_date_sees_the_deliveries_that_began_before_it_newest_first():
    plan = plan_of(*DEMO)
    assert plan.sees[date(2026, 11, 1)] == ("2026-10", "2026-09", "2026-08", "2025-08..2026-07")
    assert plan.sees[date(2026, 8, 1)] == plan.sees[date(2025, 11, 1)] == ("2025-08..2026-07",)


def test_a_label_needs_the_deliveries_from_its_date_until_it_is_mature():
    plan = plan_of(*DEMO)
    assert plan.after[date(2026, 8, 1)] == ("2026-08", "2026-09", "2026-10")  # mature on 2026-10-10
    assert plan.after[date(2026, 6, 1)] == ("2025-08..2026-07", "2026-08")  # on 2026-08-10
    assert plan.after[date(2026, 11, 1)] == ()


@pytest.mark.parametrize(("label_days", "evaluation"),
                         [(92, date(2026, 8, 1)), (93, date(2026, 7, 1)), (61, date(2026, 9, 1)), (62, date(2026, 8, 1))])
def test_a_date_is_mature_when_its_label_is_known_on_the_day_the_deliveries_end_and_not_a_day_later(label_days, evaluation):
    assert plan_of(*DEMO, label_days=label_days).evaluation == evaluation  # 92 days from 2026-08-01 to 2026-11-01


@pytest.mark.parametrize(("label_days", "last"), [(92, date(2026, 5, 1)), (91, date(2026, 5, 1)), (62, date(2026, 5, 1)), (61, date(2026, 7, 1))])
def test_a_date_trains_only_if_its_label_was_known_at_the_evaluation(label_days, last):
    assert plan_of(*DEMO, label_days=label_days).training[-1] == last


@pytest.mark.parametrize(("days", "first"), [(92, date(2025, 11, 1)), (93, date(2025, 12, 1)), (61, date(2025, 10, 1)), (62, date(2025, 11, 1))])
def test_the_first_date_has_the_history_it_needs_before_it(days, first):
    assert plan_of(*DEMO, min_history_days=days).training[0] == first  # 92 days from 2025-08-01 to 2025-11-01


def test_at_most_so_many_of_the_latest_dates_are_used():
    plan = plan_of(*DEMO, max_dates=3)
    assert (plan.training, plan.mature) == (tuple(FIRSTS[7:10]), tuple(FIRSTS[10:13]))


def test_no_date_trains_on_a_label_that_was_unknown_when_it_is_evaluated():
    plan = plan_of(*DEMO)
    assert max(plan.training) < plan.evaluation < plan.scoring


def test_too_short_a_history_says_how_many_dates_it_leaves():
    assert plan_of("2026-01..2026-10").training == (date(2026, 4, 1), date(2026, 5, 1))
    with pytest.raises(HistoryError, match=r"2026-01-01 to 2026-10-01 leaves 1 as-of dates to learn from, at least 2 are needed"):
        plan_of("2026-01..2026-09")


MONTHLY = [f"{add_months(date(2025, 1, 1), n):%Y-%m}" for n in range(22)]


@pytest.mark.parametrize("first", range(12))
def test_six_months_are_enough_for_the_label_of_any_date_that_the_look_back_allows(first):
    deliveries = [Delivery.named(n) for n in MONTHLY]
    assert len(until_mature(deliveries, add_months(date(2025, 1, 1), first), 179)) <= LOOK_AHEAD


def test_a_label_that_needs_more_deliveries_than_dvc_names_is_refused():
    deliveries = [Delivery.named(n) for n in MONTHLY]
    assert until_mature(deliveries, date(2025, 2, 1), 181) == tuple(MONTHLY[1:7])
    with pytest.raises(HistoryError, match="The label of 2025-02-01 is known after 182 days, which takes 7 deliveries; 6 is the most"):
        until_mature(deliveries, date(2025, 2, 1), 182)


@pytest.mark.parametrize(("label_days", "training", "evaluation"), [(40, 9, date(2026, 9, 1)), (70, 7, date(2026, 8, 1)), (130, 3, date(2026, 6, 1))])
def test_a_longer_definition_leaves_fewer_dates(label_days, training, evaluation):
    plan = plan_of(*DEMO, label_days=label_days)
    assert (len(plan.training), plan.evaluation) == (training, evaluation)


@pytest.mark.parametrize("label_days", [40, 55, 70, 100, 130])
def test_whatever_the_definition_no_label_that_trains_was_unknown_at_the_evaluation(label_days):
    plan = plan_of(*DEMO, label_days=label_days)
    assert all(d + timedelta(label_days) <= plan.evaluation for d in plan.training)
    assert all(d + timedelta(label_days) <= plan.scoring for d in plan.mature)


def test_another_month_moves_evaluation_and_scoring_and_what_past_dates_see_stands():
    before, after = plan_of(*DEMO), plan_of(*DEMO, "2026-11")
    assert (after.evaluation, after.scoring) == (date(2026, 9, 1), date(2026, 12, 1))
    assert after.training[-1] == date(2026, 6, 1)
    both = set(before.sees) & set(after.sees)
    assert {a: before.sees[a] for a in both} == {a: after.sees[a] for a in both}
    assert after.sees[date(2026, 12, 1)] == ("2026-11", *before.sees[date(2026, 11, 1)])


def test_a_date_of_the_middle_of_a_month_is_no_as_of_date_of_the_plan():
    with pytest.raises(HistoryError, match="2026-06-02 is no as-of date of the plan"):
        plan_of(*DEMO).require(date(2026, 6, 2))


def test_a_plan_is_read_back_as_it_was_written():
    deliver(*DEMO)
    plan = plan_of(*DEMO)
    write_plan(plan, "0123abcd")
    assert read_plan() == plan


def test_a_date_that_sees_few_deliveries_repeats_the_oldest_for_dvc():
    write_plan(plan_of(*DEMO), "0123abcd")
    row = documents.read(Path("months.yaml"))["as_of"]["2026-11-01"]
    assert [row[f"m{n}"] for n in range(12)] == ["2026-10", "2026-09", "2026-08", *["2025-08..2026-07"] * 9]
    assert [row[f"a{n}"] for n in range(5)] == ["2026-10"] * 5


@pytest.mark.parametrize(("change", "said"), [
    (lambda: deliver("2026-11"), "plans .*2026-10, but data/extracts/ holds .*2026-11; run `churnkit plan`"),
    (lambda: shutil.rmtree("data/extracts/2026-10"), "but data/extracts/ holds .*2026-09; run `churnkit plan`"),
])
def test_a_delivery_that_came_or_went_since_the_plan_is_an_error_that_says_so(change, said):
    deliver(*DEMO)
    write_plan(plan_of(*DEMO), "0123abcd")
    change()
    with pytest.raises(InputError, match=said):
        read_plan()


def test_a_plan_that_is_missing_or_was_altered_says_which_command_writes_it():
    with pytest.raises(ParameterError, match=r"months\.yaml is missing; `churnkit plan` writes it"):
        read_plan()
    deliver("2026-10")
    Path("months.yaml").write_text("deliveries: [2026-10]\n")
    with pytest.raises(ParameterError, match="not as `churnkit plan` writes it"):
        read_plan()
