# ruff: noqa: E501 - a little table is as wide as its columns
"""Time pattern. The as-of date is 2026-06-01, a Monday; 30 days begin on 05-02, 60 on 04-02, 90 on 03-03. Hours are those of the day, 19 from 19:00 to 20:00."""
from math import log

import pytest


def test_night_is_from_seven_to_seven_and_off_peak_from_eleven_to_seven(spec):
    """1 was used in six hours of the last 30 days, four of them at night (6, 19, 22, 23), two off peak; in two of the 30 days before, one of them at night and off peak.

    2 only in the 30 days before; 3 only forwarded legs; 4 has its days on the edge of 90 and a day before.
    """
    spec({"usage_daily": """
          | day        | own_events | own_hours | fwd_busy
        --+------------+------------+-----------+---------
        1 | 2026-06-01 | 9          | 1 2 3     |
        1 | 2026-05-31 | 4          | 7 18 19   |
        1 | 2026-05-02 | 5          | 6 22 23   |
        1 | 2026-05-01 | 1          | 23        |
        1 | 2026-04-02 | 1          | 8         |
        1 | 2026-04-01 | 1          | 0 1       |
        2 | 2026-05-01 | 1          | 19        |
        3 | 2026-05-20 |            |           | 2
        4 | 2026-03-03 | 1          | 23        |
        4 | 2026-03-02 | 1          | 12        |
    """},
         night_share_30d={1: 4 / 6, 2: None, 3: None, 4: None, 5: None}, night_share_90d={1: 7 / 10, 2: 1.0, 3: None, 4: 1.0, 5: None},
         night_share_rise_30d={1: 4 / 6 - 1 / 2, 2: None, 3: None, 5: None},
         off_peak_share_30d={1: 2 / 6, 2: None, 3: None, 5: None}, off_peak_share_90d={1: 5 / 10, 2: 0.0, 4: 1.0, 5: None},
         off_peak_share_rise_30d={1: 2 / 6 - 1 / 2, 2: None, 5: None})


def test_a_weekend_is_saturday_and_sunday(spec):
    """2026-05-30 was a Saturday, 03-03 a Tuesday; 3's weekend lies before the window."""
    spec({"usage_daily": """
          | day        | own_events | own_hours
        --+------------+------------+----------
        1 | 2026-05-29 | 1          | 9
        1 | 2026-05-30 | 2          | 9
        1 | 2026-05-31 | 4          | 9
        1 | 2026-06-01 | 8          | 9
        1 | 2026-05-25 | 1          | 9
        2 | 2026-03-03 | 3          | 9
        3 | 2026-03-01 | 3          | 9
    """}, weekend_share_90d={1: 6 / 8, 2: 0.0, 3: None, 4: None})


def test_the_entropy_of_hours_is_that_of_days_at_each_hour(spec):
    """1 was used at 9 on two days and at 20 on two of the last 30, before at 9 alone; 2 always at 9; 3 at 9 and 10 in the 30 days before.

    4's days lie before the 60. 5 was used at 9 and 10 before, at 9 alone since.
    """
    two, seven = log(2), log(8) - 6 / 8 * log(6) - 1 / 4 * log(2)  # at 9 on six days of eight, at 20 on two
    close = {"abs": 1e-6}  # sums of logarithms are kept in whole millionths
    spec({"usage_daily": """
          | day        | own_events | own_hours
        --+------------+------------+----------
        1 | 2026-05-31 | 1          | 9 20
        1 | 2026-05-02 | 1          | 9 20
        1 | 2026-05-01 | 1          | 9
        1 | 2026-04-30 | 1          | 9
        1 | 2026-04-29 | 1          | 9
        1 | 2026-04-02 | 1          | 9
        1 | 2026-04-01 | 1          | 1
        2 | 2026-05-20 | 1          | 9
        2 | 2026-05-10 | 3          | 9
        2 | 2026-04-10 | 3          | 9
        3 | 2026-05-01 | 1          | 9 10
        4 | 2026-04-01 | 1          | 9
        5 | 2026-05-20 | 1          | 9
        5 | 2026-05-01 | 1          | 9 10
    """},
         hour_entropy_30d={1: pytest.approx(two, **close), 2: 0.0, 3: None, 4: None, 5: 0.0, 6: None},
         hour_entropy_60d={1: pytest.approx(seven, **close), 2: 0.0, 3: pytest.approx(two, **close), 4: None, 6: None},
         hour_entropy_change_30d={1: pytest.approx(two, **close), 2: 0.0, 3: None, 4: None, 5: pytest.approx(-two, **close)})


def test_the_best_slot_is_where_calls_are_answered_and_slots_without_an_answer_are_avoided(spec):
    """1 answered in five of six hours with a call in the morning, in all four early in the evening, in none of four after lunch.

    Of 14 hours with a call 9 had an answer: morning (5 × 14 + 4 × 9) / (10 × 14), evening (4 × 14 + 4 × 9) / (8 × 14), which is more.
    2 answered all calls, 3 none; 4 had too few; 5's calls lie before the window, 6 answered ten calls, all but one in the morning; 7 by halves anywhere.
    """
    spec({"usage_daily": """
          | day        | in_hours       | answered_hours
        --+------------+----------------+---------------
        1 | 2026-05-31 | 9 10 11 14 15  | 9 10 11
        1 | 2026-05-20 | 9 10 11 14 16  | 9 10
        1 | 2026-05-10 | 17 18          | 17 18
        1 | 2026-04-02 | 17 18          | 17 18
        1 | 2026-04-01 | 12 13 19 20    | 12 13 19 20
        2 | 2026-05-31 | 9 10 11 14 15 16 17 18 19 20 | 9 10 11 14 15 16 17 18 19 20
        3 | 2026-05-31 | 9 10 11 14 15 16 17 18 19 20 |
        4 | 2026-05-31 | 9 10 11 12 13 14 15 16 17 | 9
        5 | 2026-04-01 | 9 10 11 14 15 16 17 18 19 20 | 9
        6 | 2026-05-31 | 9 10 11        | 9 10 11
        6 | 2026-05-30 | 9 10 11        | 9 10 11
        6 | 2026-05-29 | 9 10 11 20     | 9 10 11 20
        6 | 2026-05-28 | 7 8 21 22      | 7 8 21 22
        7 | 2026-05-31 | 9 10 14 15 17 18 19 20 12 13 | 9 12 14 17 19
    """},
         best_slot={1: "17:00-19:00", 2: None, 3: None, 4: None, 5: None, 6: None, 7: "09:00-12:00", 8: None},
         avoid_slots={1: None, 2: "12:00-14:00", 3: None, 4: None, 5: None, 6: "12:00-14:00,14:00-17:00,17:00-19:00", 7: None, 8: None})
