"""Days that look unlike those before them are named, and no others."""
from datetime import date, timedelta

import pytest

from churnkit.extracts.quality import Figure, unlike
from churnkit.timeline import Delivery

JUNE = Delivery.named("2026-06")
DAYS = [date(2026, 6, 1) + timedelta(n) for n in range(30)]
PAST = [date(2026, 5, 1) + timedelta(n) for n in range(31)]


def usual(day: date) -> dict[str, float]:
    """An ordinary day: fewer calls on Sundays."""
    return {"rows": 500.0 if day.isoweekday() == 7 else 1000.0 + day.day, "subscribers": 300.0, "subscribers_per_handset": 1.1,
            "direction:out": 0.5, "null_share:tac": 0.1}


def figures(days: list[date], **changed: dict[str, float] | None) -> list[Figure]:
    """Ordinary days, some `changed`, written d12 for the twelfth; None for a day without a row."""
    per_day = {day: changed.get(f"d{day.day}", {}) for day in days}
    return [Figure("calls", day, m, v) for day, c in per_day.items() if c is not None for m, v in (usual(day) | c).items()]


def test_ordinary_days_with_their_weekends_are_not_named():
    assert unlike(figures(DAYS), figures(PAST), JUNE) == []
    assert unlike(figures(DAYS), [], JUNE) == []


@pytest.mark.parametrize("past", [PAST, []])
@pytest.mark.parametrize(("change", "said"), [
    (None, "calls, 2026-06-11: no row at all, 1,0"),
    ({"rows": 480.0}, "calls, 2026-06-11: rows collapses to 480, 1,0"),
    ({"rows": 2100.0}, "calls, 2026-06-11: rows jumps to 2,100, 1,0"),
    ({"subscribers": 140.0}, "calls, 2026-06-11: subscribers collapses to 140, 300 on days like it."),
    ({"subscribers_per_handset": 4.0}, "calls, 2026-06-11: subscribers per handset jumps to 4, 1.1 on days like it."),
    ({"direction:out": 0.9}, "calls, 2026-06-11: 90% of the rows have direction out, 50% on days like it."),
    ({"null_share:tac": 1.0}, "calls, 2026-06-11: 100% of the rows have empty tac, 10% on days like it."),
    ({"direction:forwarded": 0.4}, "calls, 2026-06-11: 40% of the rows have direction forwarded, 0% on days like it."),
])
def test_a_day_that_is_unlike_is_named_once(past, change, said):
    (found,) = unlike(figures(DAYS, d11=change), figures(past), JUNE)
    assert found.said().startswith(said)


@pytest.mark.parametrize("change", [{"rows": 600.0}, {"rows": 1900.0}, {"direction:out": 0.75}, {"null_share:tac": 0.35}])
def test_a_day_that_is_a_little_unlike_is_not_named(change):
    assert unlike(figures(DAYS, d11=change), figures(PAST), JUNE) == []


def test_days_that_stay_away_at_the_end_are_named_one_by_one():
    gone = {f"d{n}": None for n in range(25, 31)}
    assert [w.day.day for w in unlike(figures(DAYS, **gone), figures(PAST), JUNE)] == [25, 26, 27, 28, 29, 30]


def test_an_extract_of_a_few_rows_a_day_is_left_alone():
    few = [Figure("consents", day, "rows", float(day.day % 7)) for day in DAYS]
    assert unlike(few, [], JUNE) == []
