"""The cohort of one as-of date, as a file."""
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from builders import COMMON, frame
from churnkit.errors import HistoryError, ParameterError
from churnkit.stages import label
from churnkit.timeline import Plan

PARAMS = label.Params(definition="any", gap_days=10, horizon_days=30, active_days=30, min_history_days=90)
MATURE, SCORING = date(2026, 6, 1), date(2026, 9, 1)
MONTHS = ("2026-05", "2026-06", "2026-07", "2026-08")
PLAN = Plan(MONTHS, (), (MATURE,), MATURE, SCORING, {MATURE: MONTHS[:1], SCORING: MONTHS[::-1]}, {MATURE: MONTHS[1:], SCORING: ()})
EPOCH = date(1970, 1, 1)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for month in MONTHS:
        write_month(month)


def write_month(month: str) -> None:
    """s1 uses the line every day; s2 until 2026-06-30 and gives notice on 2026-08-31; s3 lives on another line."""
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(31)).replace(day=1) - timedelta(1)
    days = [(first + timedelta(n) - EPOCH).days for n in range((last - first).days + 1)]
    used = [("s1", d) for d in days] + [("s2", d) for d in days if d <= (date(2026, 6, 30) - EPOCH).days] + [("s3", d) for d in days]
    put("summaries/usage_daily", month, [{"subscriber_id": s, "day": d, "received_day": d + 2, "own_events": 1} for s, d in used])
    put("events/subscribers", month, [{"subscriber_id": s, "snapshot_on": last, "activated_on": date(2020, 1, 1), "received_at": datetime(2026, 1, 1),
                                       "line_kind": "iot" if s == "s3" else "voice", "customer_key": f"K{s}",
                                       "payment_kind": "postpaid"} for s in ("s1", "s2", "s3")])
    who, when = "s1" if month == "2026-08" else "s9", datetime(last.year, last.month, last.day)
    put("events/status_changes", month, [{"subscriber_id": who, "happened_at": when, "status": "pre_cancelled", "reason": None,
                                          "received_at": datetime(2026, 1, 1)}])


def put(table: str, month: str, rows: list[dict]) -> None:
    folder = Path("data/deliveries") / month / table
    folder.mkdir(parents=True)
    pd.DataFrame(rows).astype({"reason": "string"} if "reason" in rows[0] else {}).to_parquet(folder / "part-0.parquet", index=False)


def cohort_of(as_of: date) -> list[dict]:
    label.run(PARAMS, COMMON, PLAN, as_of)
    return frame(Path(f"data/cohorts/{as_of}/part-0.parquet"))


def test_a_mature_date_has_labels():
    known = {"stratum": "open", "matures_on": date(2026, 8, 10), "is_censored": False, "censored_by": None}
    assert cohort_of(MATURE) == [{"subscriber_id": "s1", "churned": False, "exit_kind": None} | known,
                                 {"subscriber_id": "s2", "churned": True, "exit_kind": "silent"} | known]


def test_the_scoring_date_has_none_yet_and_marks_who_has_given_notice(capsys):
    assert cohort_of(SCORING) == [{"subscriber_id": "s1", "stratum": "open", "churned": None, "exit_kind": None, "matures_on": date(2026, 11, 10),
                                   "is_censored": True, "censored_by": "pre_cancelled"}]
    assert "label 2026-09-01: 1 eligible; churned 0; already leaving 1 (pre_cancelled 1); label not known 0" in capsys.readouterr().err


def test_the_cohort_has_the_same_columns_and_types_before_and_after_it_is_mature():
    for as_of in (MATURE, SCORING):
        label.run(PARAMS, COMMON, PLAN, as_of)
    mature, scoring = (pq.read_schema(f"data/cohorts/{d}/part-0.parquet") for d in (MATURE, SCORING))
    assert [(f.name, f.type) for f in mature] == [(f.name, f.type) for f in scoring]


def test_a_gap_that_does_not_outlast_the_wait_is_refused():
    with pytest.raises(ParameterError, match=r"label\.gap_days \(4\) must exceed common\.wait_days \(4\)"):
        label.run(label.Params("any", 4, 30, 30, 90), COMMON, PLAN, MATURE)


@pytest.mark.parametrize("name", ["gap_days", "horizon_days", "active_days", "min_history_days"])
def test_no_days_are_no_choice(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1"):
        label.Params(**{"definition": "any", "gap_days": 10, "horizon_days": 30, "active_days": 30, "min_history_days": 90, name: 0})


@pytest.mark.parametrize(("definition", "days"), [("left", 40), ("any", 70), ("silent_60d", 100), ("silent_90d", 130), ("not_recharged_15d", 55)])
def test_a_label_is_known_when_the_days_of_its_definition_have_passed(definition, days):
    params = label.Params(definition, gap_days=10, horizon_days=30, active_days=30, min_history_days=90)
    assert params.days == days
    assert params.window(MATURE).matures_on == MATURE + timedelta(days)


def test_a_label_of_left_is_known_thirty_days_before_that_of_any():
    label.run(replace(PARAMS, definition="left"), COMMON, PLAN, MATURE)
    assert {row["matures_on"] for row in frame(Path(f"data/cohorts/{MATURE}/part-0.parquet"))} == {date(2026, 7, 11)}


def test_an_unknown_definition_is_no_choice():
    with pytest.raises(ValueError, match=r"definition 'silent_30' is none of .* \(did you mean 'silent_30d'\?\)"):
        replace(PARAMS, definition="silent_30")


def test_days_that_no_look_back_covers_are_no_choice():
    assert replace(PARAMS, definition="silent_110d").days == 150
    with pytest.raises(ValueError, match="the 111 days of silent_111d come to 181 days, of which 180 can be seen; shorten one of them"):
        replace(PARAMS, definition="silent_111d")


def test_scoring_is_refused_when_call_records_end_before_the_as_of_date():
    part = Path("data/deliveries/2026-08/summaries/usage_daily/part-0.parquet")
    cut_short = pd.read_parquet(part)
    cut_short[cut_short["day"] < (date(2026, 8, 31) - EPOCH).days].to_parquet(part, index=False)
    with pytest.raises(HistoryError, match="Call records reach until 2026-08-30, not to the day before 2026-09-01"):
        cohort_of(SCORING)
