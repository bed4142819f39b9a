"""What is known of a subscriber when the list is made, and nothing later."""
from datetime import date, datetime

import pandas as pd
import pytest

from churnkit.errors import InputError
from churnkit.retention import facts
from churnkit.retention.scored import checked, split_branches, whole_months
from churnkit.timeline import events

AS_OF, KNOWN_AT = date(2026, 11, 1), date(2026, 11, 5)
IN_TIME = datetime(2026, 11, 4, 23, 59)
TOO_LATE = datetime(2026, 11, 5)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(extract: str, delivery: str, rows: list[dict]) -> None:
    path = events(delivery, extract)
    path.mkdir(parents=True)
    pd.DataFrame(rows).to_parquet(path / "part-0.parquet", index=False)


def consent(name: str, day: int, granted: bool | None, received: datetime = IN_TIME, channel: str = "call") -> dict:
    return {"subscriber_id": name, "happened_at": datetime(2026, 10, day, 12), "received_at": received, "channel": channel, "is_granted": granted}


def test_the_last_decision_on_calls_known_in_time_decides():
    write("consents", "2026-09", [consent("s1", 1, True), consent("s2", 1, False), consent("s3", 1, True), consent("s4", 1, True),
                                            consent("s5", 3, True, channel="sms"), consent("s6", 1, True), consent("s7", 2, True),
                                            consent("s8", 1, False)])
    write("consents", "2026-10", [consent("s1", 2, False), consent("s2", 2, True), consent("s3", 2, False, TOO_LATE),
                                            consent("s4", 1, False), consent("s6", 2, None), consent("s7", 1, False),
                                            consent("s8", 1, True)])
    known = facts.call_consents(("2026-09", "2026-10"), KNOWN_AT)
    assert dict(zip(known["subscriber_id"], known["is_granted"], strict=True)) == {
        "s1": False, "s2": True, "s3": True, "s4": False, "s6": False, "s7": True, "s8": False}


def test_a_refusal_after_the_as_of_date_counts_when_it_is_known_in_time():
    refusal = consent("s1", 1, False) | {"happened_at": datetime(2026, 11, 3)}
    write("consents", "2026-10", [consent("s1", 1, True), refusal])
    assert facts.call_consents(("2026-10",), KNOWN_AT)["is_granted"].tolist() == [False]


def test_no_consents_extract_is_not_an_empty_one():
    assert facts.call_consents(("2026-10",), KNOWN_AT) is None
    write("consents", "2026-10", [consent("s1", 1, True, channel="sms")])
    assert len(facts.call_consents(("2026-10",), KNOWN_AT)) == 0


def bill(name: str, month_end: date, cents: int, received: datetime = IN_TIME) -> dict:
    return {"subscriber_id": name, "bill_month": month_end, "total_cents": cents, "issued_at": None, "received_at": received}


def test_bills_are_the_last_three_months_each_counted_once_as_last_known():
    write("bills", "2026-10", [
        bill("s1", date(2026, 7, 31), 90_000), bill("s1", date(2026, 8, 31), 1_000), bill("s1", date(2026, 9, 30), 2_000),
        bill("s1", date(2026, 9, 30), 4_000, datetime(2026, 10, 3)), bill("s1", date(2026, 10, 31), 6_000),
        bill("s1", date(2026, 10, 31), 90_000, TOO_LATE), bill("s1", date(2026, 11, 30), 90_000), bill("s2", date(2026, 9, 30), 500)])
    known = facts.bills(("2026-10",), AS_OF, KNOWN_AT).set_index("subscriber_id")
    assert known.loc["s1"].tolist() == [6_000, 3_000]
    assert known.loc["s2"].tolist() == [500, 500]
    assert len(known) == 2


def snapshot(name: str, day: date, plan: str, received: datetime = IN_TIME) -> dict:
    absent = dict.fromkeys(facts.SUBSCRIBER_COLUMNS)
    return absent | {"subscriber_id": name, "snapshot_on": day, "plan": plan, "received_at": received}


def test_the_snapshot_is_the_latest_before_the_as_of_date_that_was_known():
    write("subscribers", "2026-09", [snapshot("s1", date(2026, 9, 30), "old"), snapshot("s_gone", date(2026, 9, 30), "old")])
    write("subscribers", "2026-10", [
        snapshot("s1", date(2026, 10, 31), "wrong", datetime(2026, 11, 1)), snapshot("s1", date(2026, 10, 31), "corrected"),
        snapshot("s1", date(2026, 10, 31), "late", TOO_LATE), snapshot("s1", date(2026, 11, 1), "future")])
    known = facts.subscribers(("2026-09", "2026-10"), AS_OF, KNOWN_AT)
    assert known[["subscriber_id", "plan"]].to_numpy().tolist() == [["s1", "corrected"]]


def test_without_a_snapshot_there_is_no_list():
    write("subscribers", "2026-10", [snapshot("s1", date(2026, 11, 1), "future")])
    with pytest.raises(InputError, match="No snapshot of subscribers before 2026-11-01"):
        facts.subscribers(("2026-10",), AS_OF, KNOWN_AT)


def test_a_handset_is_called_as_the_last_delivery_calls_it():
    write("handsets", "2026-09", [{"tac": "1", "brand": "Old", "model": "One"}, {"tac": "2", "brand": None, "model": "Two"}])
    write("handsets", "2026-10", [{"tac": "1", "brand": "New", "model": "One"}])
    known = facts.handsets(("2026-09", "2026-10"))
    assert dict(zip(known["tac"], known["handset"], strict=True)) == {"1": "New One", "2": "Two"}
    assert len(facts.handsets(())) == 0


SCORES = pd.DataFrame({"subscriber_id": ["s1", "s2"], "stratum": "open", "is_censored": False, "churn_probability": [0.1, 0.2]})


@pytest.mark.parametrize(("scores", "said"), [
    (SCORES.iloc[:0], "Nobody was scored"), (SCORES.iloc[:1], "not those of this month"), (SCORES.iloc[[0, 0, 1]], "not those of this month"),
    (SCORES.assign(churn_probability=[0.1, None]), "no probability"), (SCORES.assign(churn_probability=[0.1, 1.2]), "no probability"),
    (SCORES.assign(stratum="closed"), "'closed'"), (SCORES.drop(columns="is_censored"), "lack the columns is_censored")])
def test_scores_that_are_not_the_cohorts_are_refused(scores, said):
    with pytest.raises(InputError, match=said):
        checked(scores, SCORES)


def test_a_branch_path_is_split_at_the_level():
    upper, lower = split_branches(pd.Series(["省/市/区/所", " 省 /市", "省", None]), 2)
    assert upper.tolist() == ["省/市", "省/市", "省", ""]
    assert lower.tolist() == ["区/所", "", "", ""]


def test_tenure_counts_whole_months():
    since = pd.Series(pd.to_datetime(["2026-10-01", "2026-10-02", "2025-11-01", None]))
    assert whole_months(since, AS_OF).tolist() == [1, 0, 12, pd.NA]
