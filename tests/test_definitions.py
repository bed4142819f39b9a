"""Definitions side by side: each labelled as `label` would, learnt from what was known, judged on the same rows, and said."""
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from builders import COMMON, frame
from churnkit import definitions, definitions_report, documents, hindsight_commands, timeline
from churnkit.churn import STANDARD, named_definition
from churnkit.definitions import Question, best_date, compared, judged_parts, median, tellable_ones, without_chance
from churnkit.engine import open_session
from churnkit.errors import HistoryError, ParameterError
from churnkit.hindsight import Recipe
from churnkit.model import read_learning
from churnkit.relabel import Timing, relabelled
from churnkit.stages import label
from churnkit.timeline import Plan, make_plan
from invented import PLAN as INVENTED
from invented import write_months

AS_OF, EPOCH = date(2026, 6, 1), date(1970, 1, 1)
MONTHS = ("2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
PLAN = Plan(MONTHS, (AS_OF,), (AS_OF,), AS_OF, date(2026, 11, 1), {AS_OF: MONTHS[:1]}, {AS_OF: MONTHS[1:4]})
TIMING = Timing(gap_days=10, horizon_days=30, active_days=30, wait_days=4)
RECIPE = Recipe(read_learning({"max_trees": 30, "patience": 10, "leaves": 7, "bags": 1, "threads": 2}), (), 12, 1)
QUESTION = Question(INVENTED, TIMING, RECIPE, {"open": 100, "one_way_stop": 20}, 40)
USED_UNTIL = {"stays": 200, "falls silent on day 30": 30, "cancels on day 24, last used on day 19": 20, "silent since day 5": 5,
              "silent for 70 days from day 15 on": 15, "ported out on day 12": 12}


@pytest.fixture
def archive(tmp_path, monkeypatch) -> Path:
    """A little operator, whose lives are in the names of its subscribers."""
    monkeypatch.chdir(tmp_path)
    open_session(memory="1GB", threads=2)
    for month in MONTHS:
        first = date.fromisoformat(f"{month}-01")
        last = (first + timedelta(31)).replace(day=1) - timedelta(1)
        inside = range((first - AS_OF).days, (last - AS_OF).days + 1)
        used = [(who, day) for who, until in USED_UNTIL.items() for day in inside if day < until or (day >= 85 and "70 days" in who)]
        put("summaries/usage_daily", month, [{"subscriber_id": who, "day": (AS_OF - EPOCH).days + day, "received_day": (AS_OF - EPOCH).days + day + 1,
                                              "own_events": 1} for who, day in used])
        line = {"snapshot_on": last, "activated_on": date(2020, 1, 1), "line_kind": "voice", "payment_kind": "postpaid",
                "received_at": datetime(2026, 1, 1)}
        put("events/subscribers", month, [line | {"subscriber_id": who, "customer_key": who} for who in USED_UNTIL])
        changes = [("cancels on day 24, last used on day 19", 24, "cancelled", "voluntary"), ("ported out on day 12", 12, "ported_out", "voluntary")]
        put("events/status_changes", month, [{"subscriber_id": who, "happened_at": datetime(2026, 6, 1) + timedelta(day), "status": status,
                                              "reason": reason, "received_at": datetime(2026, 1, 1)} for who, day, status, reason in changes])
    return tmp_path


def put(table: str, month: str, rows: list[dict]) -> None:
    folder = Path("data/deliveries") / month / table
    folder.mkdir(parents=True)
    pd.DataFrame(rows).to_parquet(folder / "part-0.parquet", index=False)


def told(name: str, scratch: Path) -> dict[str, tuple]:
    """churned, exit_kind and days to the last own use of everybody, under a definition."""
    table = relabelled(named_definition(name), PLAN, TIMING, AS_OF, scratch)
    return {row.subscriber_id: (None if pd.isna(row.churned) else bool(row.churned), None if pd.isna(row.exit_kind) else row.exit_kind,
                                None if pd.isna(row.last_own_days) else int(row.last_own_days)) for row in table.itertuples()}


def test_under_each_definition_the_same_lives_end_otherwise(archive):
    label.run(label.Params("any", 10, 30, 30, 90), COMMON, PLAN, AS_OF)
    stays, gone = (False, None, None), (None, None, None)
    a, b, c, d, e, f = USED_UNTIL
    assert told("any", archive) == {a: stays, b: (True, "silent", 29), c: (True, "left", 19), d: gone, e: (True, "silent", 14), f: (True, "left", 11)}
    assert told("left", archive) == {a: stays, b: stays, c: (True, "left", 19), d: stays, e: stays, f: (True, "left", 11)}
    assert told("ported_out", archive) == {a: stays, b: stays, c: stays, d: stays, e: stays, f: (True, "ported_out", 11)}
    silent = {who: (True, "silent", until - 1) for who, until in USED_UNTIL.items()} | {a: stays, d: gone}
    assert told("silent_60d", archive) == silent
    assert told("silent_90d", archive) == silent | {e: stays}


def test_by_the_pipeline_s_own_definition_the_labels_are_those_that_label_writes(archive):
    params = label.Params("any", 10, 30, 30, 90)
    label.run(params, COMMON, PLAN, AS_OF)
    for name in ("any", "silent_60d", "left"):
        again = relabelled(named_definition(name), PLAN, TIMING, AS_OF, archive / name)
        label.run(replace(params, definition=name), COMMON, replace(PLAN, after={AS_OF: MONTHS[1:]}), AS_OF)
        rows = {r["subscriber_id"]: (r["churned"], r["exit_kind"], r["is_censored"]) for r in frame(Path(f"data/cohorts/{AS_OF}/part-0.parquet"))}
        found = {r.subscriber_id: (None if pd.isna(r.churned) else r.churned, None if pd.isna(r.exit_kind) else r.exit_kind, r.is_censored)
                 for r in again.itertuples()}
        assert found == rows


def test_what_no_extract_tells_is_refused_with_the_reason_and_the_others_go_on(archive):
    label.run(label.Params("any", 10, 30, 30, 90), COMMON, PLAN, AS_OF)
    there, refused = tellable_ones(replace(QUESTION, plan=PLAN), [named_definition(name) for name in STANDARD])
    assert [d.name for d in there] == ["any", "left", "ported_out", "arrears_stop_30d", "silent_30d", "silent_60d", "silent_90d"]
    assert list(refused) == ["not_recharged_15d"]
    assert "cannot be told without the extract topups" in refused["not_recharged_15d"]


DELIVERIES = [timeline.Delivery.named(name) for name in ("2025-08..2026-07", "2026-08", "2026-09", "2026-10")]
DEMO = replace(QUESTION, plan=make_plan(DELIVERIES, label_days=70, min_history_days=90, max_dates=12))


@pytest.mark.parametrize(("name", "last"), [("left", date(2026, 4, 1)), ("any", date(2026, 3, 1)), ("silent_60d", date(2026, 2, 1)),
                                            ("silent_90d", date(2026, 1, 1))])
def test_a_definition_is_learnt_from_dates_whose_own_label_was_known(name, last):
    definition = named_definition(name)
    training = DEMO.training(definition, AS_OF)
    assert training[-1] == last
    assert all(day + timedelta(TIMING.days(definition)) <= AS_OF for day in training)


def test_the_date_is_the_latest_at_which_most_can_be_judged_and_the_others_say_why_not():
    usual = [named_definition(name) for name in ("any", "left", "silent_90d")]
    assert best_date(DEMO, usual) == AS_OF
    assert best_date(DEMO, usual[:2]) == date(2026, 8, 1)
    assert DEMO.why_not(usual[2], date(2026, 7, 1)) == "its label of 2026-07-01 is not known before 130 days have passed"
    few = "1 as-of dates were known by 2026-02-01, and 2 are needed to learn and calibrate (70 days each)"
    assert DEMO.why_not(usual[0], date(2026, 2, 1)) == few
    with pytest.raises(HistoryError, match="No as-of date has two earlier ones"):
        best_date(replace(DEMO, plan=replace(DEMO.plan, training=(AS_OF,), mature=(AS_OF,))), usual)


def test_nothing_but_the_label_differs_and_no_label_is_asked_for_that_was_not_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_months(tmp_path, rows=800)
    asked: dict[str, set[date]] = {}

    def invented(definition, plan, timing, as_of, scratch):
        asked.setdefault(definition.name, set()).add(as_of)
        cohort = pd.read_parquet(f"data/cohorts/{as_of}/part-0.parquet")
        out = cohort["churned"] & ((definition.name == "any") | (cohort["exit_kind"] == "left"))
        return cohort[["subscriber_id", "is_censored"]].assign(churned=out, exit_kind=cohort["exit_kind"].where(out),
                                                               last_own_days=np.where(out, 12.0, np.nan))

    monkeypatch.setattr(definitions, "relabelled", invented)
    one, other = named_definition("any"), named_definition("left")
    table = compared(QUESTION, [one, other], INVENTED.evaluation, tmp_path)
    assert {name: sorted(day.month for day in days) for name, days in asked.items()} == {"any": [1, 2, 3, 6], "left": [1, 2, 3, 4, 6]}
    first = table.drop_duplicates(["definition", "stratum", "part"]).set_index(["definition", "stratum", "part"])
    assert len(first) == len(table)
    assert set(table["part"]) == {"all", "exit: left", "exit: silent", "payment: prepaid", "payment: postpaid"}
    for stratum, calls in (("open", 100), ("one_way_stop", 20)):
        assert first.loc["any", stratum, "all"]["capacity"] == calls
        assert first.loc["any", stratum, "all"]["rows"] == first.loc["left", stratum, "all"]["rows"]
        assert first.loc["any", stratum, "exit: left"]["churned"] == first.loc["left", stratum, "all"]["churned"]
    assert first.loc["any", "open", "all"]["lead_days"] == 8, "12 days from the as-of date, 8 from the list"
    assert table.equals(compared(QUESTION, [one, other], INVENTED.evaluation, tmp_path))


def test_the_figures_are_those_worked_out_by_hand():
    """Ten lines, of which three can be called: two of them churn, one is silent already; the other churner is not on the list."""
    rows = pd.DataFrame({"stratum": "open", "model": np.linspace(0.9, 0.0, 10), "churned": [True, False, True, *[False] * 6, True],
                         "exit_kind": ["left", None, "silent", *[None] * 6, "silent"], "last_own_days": [3.0, np.nan, 21.0, *[np.nan] * 6, 9.0],
                         "payment_kind": ["prepaid"] * 5 + ["postpaid"] * 5, "days_since_last_own_activity": [14, 13, *[1] * 8]})
    parts = {line["part"]: line for line in judged_parts(rows, replace(QUESTION, capacities={"open": 3, "one_way_stop": 9}))}
    everyone = parts["all"]
    assert (everyone["rows"], everyone["churned"], everyone["churned_share"], everyone["capacity"], everyone["found"]) == (10, 3, 0.3, 3, 2)
    assert everyone["auc"] == pytest.approx((7 + 6 + 0) / 21, abs=1e-6)
    assert everyone["precision_at_capacity"] == pytest.approx(2 / 3, abs=1e-6)
    assert everyone["already_gone_share"] == pytest.approx(1 / 3, abs=1e-6)
    assert everyone["lead_days"] == (3 + 21) / 2 - 4
    assert (parts["exit: silent"]["rows"], parts["exit: silent"]["churned"], parts["exit: silent"]["found"]) == (9, 2, 1)
    assert parts["exit: silent"]["auc"] == pytest.approx((6 + 0) / 14, abs=1e-6)
    assert "precision_at_capacity" not in parts["exit: silent"]
    assert (parts["payment: postpaid"]["capacity"], parts["payment: prepaid"]["found"]) == (2, 2)


@pytest.mark.parametrize(("churned", "is_told"), [(9, False), (10, True), (90, True), (91, False)])
def test_an_auc_from_fewer_than_ten_who_left_or_stayed_is_a_dash(churned, is_told):
    line = {"definition": "any", "part": "exit: left", "rows": 100, "churned": churned, "found": 1, "auc": 1.0, "auc_low": 1.0, "auc_high": 1.0}
    said = definitions_report.part_line(without_chance(line))[5]
    assert said == ("1.000 [1.000, 1.000]" if is_told else definitions_report.part_line({**line, "auc": None})[5])


def test_the_middle_of_no_days_is_not_known():
    assert np.isnan(median(np.array([]), 20, 1).value)
    assert median(np.array([2.0, -4.0, 3.0]), 20, 1).value == 2


def test_the_report_says_each_stratum_apart_and_what_could_not_be_told(tmp_path):
    rows = pd.DataFrame({"stratum": ["open"] * 6 + ["one_way_stop"] * 6, "model": [0.6, 0.5, 0.4, 0.3, 0.2, 0.1] * 2,
                         "churned": [True, False, True, False, False, False] * 2, "exit_kind": ["left", None, "silent", None, None, None] * 2,
                         "last_own_days": [1.0, np.nan, 1.0, np.nan, np.nan, np.nan] * 2, "days_since_last_own_activity": [20] * 12})
    facts = {"definition": "any", "as_of": "2026-06-01", "label_days": 70, "dates_learnt": 5}
    table = pd.DataFrame([facts | line for line in judged_parts(rows, replace(QUESTION, capacities={"open": 2, "one_way_stop": 1}))])
    text = definitions_report.terminal(table, {"not_recharged_15d": "it needs topups"}, 4)
    assert text.index("open, 2 calls") < text.index("one_way_stop, 1 calls") < text.index("not_recharged_15d: it needs topups")
    assert "2 (33.33%)" in text
    assert "100.0% [100.0%, 100.0%]" in text
    assert "-3 [-3, -3]" in text
    for folder in ("one", "two"):
        definitions_report.write_report(table, {}, 4, tmp_path / folder)
    assert (tmp_path / "one/definitions.csv").read_bytes() == (tmp_path / "two/definitions.csv").read_bytes()
    assert "## open, 2 calls\n\n| definition | known |" in (tmp_path / "one/definitions.md").read_text("utf-8")


def test_a_definition_or_date_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    common = {name: getattr(COMMON, name) for name in COMMON.__dataclass_fields__}
    documents.write(Path("params.yaml"), {"common": common, "train": {}, "evaluate": {}, "label": {
        "definition": "any", "gap_days": 10, "horizon_days": 30, "active_days": 30, "min_history_days": 90}}, "For the test.")
    with pytest.raises(ParameterError, match=r"definition 'silent_30' is none of .*did you mean 'silent_30d'"):
        hindsight_commands.definitions(["silent_30"])
    with pytest.raises(ParameterError, match="--at '2026-06-02' is none of the mature as-of dates 2026-06-01"):
        hindsight_commands.chosen_date("2026-06-02", (AS_OF,))
