# ruff: noqa: E501 - a little table is as wide as its columns
"""Activity and its trend. The as-of date is 2026-06-01."""


def test_totals_are_summed_over_half_open_windows(spec):
    spec({"usage_daily": """
          | day        | out_calls | out_s | in_calls | in_s | sms_out
        --+------------+-----------+-------+----------+------+--------
        1 | 2026-06-01 | 1         | 900   | 1        | 900  | 1
        1 | 2026-05-25 | 1         | 60    | 2        | 30   | 1
        1 | 2026-05-24 | 1         | 60    | 2        | 30   | 1
        1 | 2026-05-02 | 1         | 120   | 2        | 60   | 1
        1 | 2026-05-01 | 1         | 120   | 2        | 60   | 1
        1 | 2026-03-03 | 1         | 600   | 2        | 300  | 1
        1 | 2026-03-02 | 1         | 600   | 2        | 300  | 1
    """},
         outgoing_minutes_7d={1: 1.0, 2: 0}, outgoing_minutes_30d={1: 4.0, 2: 0}, outgoing_minutes_90d={1: 16.0, 2: 0},
         incoming_minutes_7d={1: 0.5, 2: 0}, incoming_minutes_30d={1: 2.0}, incoming_minutes_90d={1: 8.0},
         outgoing_calls_7d={1: 1, 2: 0}, outgoing_calls_14d={1: 2}, outgoing_calls_30d={1: 3}, outgoing_calls_60d={1: 4}, outgoing_calls_90d={1: 5},
         incoming_calls_7d={1: 2, 2: 0}, incoming_calls_14d={1: 4}, incoming_calls_30d={1: 6}, incoming_calls_60d={1: 8}, incoming_calls_90d={1: 10},
         sms_sent_30d={1: 3, 2: 0}, initiated_share_30d={1: 3 / 9, 2: None}, outgoing_call_minutes_30d={1: 4 / 3, 2: None}, outgoing_call_minutes_90d={1: 16 / 5, 2: None})


def test_long_distance_calls_are_counted_over_half_open_windows(spec):
    spec({"usage_daily": """
          | day        | far_calls | out_calls
        --+------------+-----------+----------
        1 | 2026-06-01 | 9         | 9
        1 | 2026-05-31 | 1         | 2
        1 | 2026-05-02 | 2         | 2
        1 | 2026-05-01 | 4         | 4
        1 | 2026-03-03 | 8         | 8
        1 | 2026-03-02 | 16        | 16
        2 | 2026-05-31 |           | 1
        4 | 2026-02-01 | 1         | 1
        4 | 2026-01-31 | 1         | 1
        5 | 2026-01-31 | 1         | 1
    """}, far_calls_15d={1: 1, 2: 0, 3: 0}, far_calls_30d={1: 3, 2: 0, 3: 0}, far_calls_90d={1: 15, 2: 0, 3: 0},
         days_since_first_far_call_120d={1: 91, 2: None, 3: None, 4: 120, 5: None}, days_since_far_call={1: 1, 2: None, 3: None, 4: 120, 5: 121})


def test_changes_are_null_when_the_window_before_was_silent(spec):
    spec({"usage_daily": """
          | day        | out_calls | out_s | in_calls
        --+------------+-----------+-------+---------
        1 | 2026-05-02 | 1         | 30    | 1
        1 | 2026-05-01 | 2         | 60    | 4
        1 | 2026-04-01 | 9         | 999   | 9
        2 | 2026-05-31 | 1         | 30    | 1
        3 | 2026-04-02 | 1         | 30    | 1
    """},
         outgoing_minutes_change_30d={1: 0.5, 2: None, 3: 0.0, 4: None}, outgoing_calls_change_30d={1: 0.5, 2: None, 3: 0.0},
         incoming_calls_change_30d={1: 0.25, 2: None, 3: 0.0})


def test_weekly_trend_is_over_eight_whole_weeks(spec):
    """Subscriber 1 spoke 8, 7, ... 1 minutes a week, oldest first: slope -1, mean 4.5. Subscriber 2 spoke once, in the last week."""
    falling = "".join(f"    1 | {d} | {60 * (n + 1)}\n" for n, d in enumerate(
        ("2026-05-31", "2026-05-24", "2026-05-17", "2026-05-10", "2026-05-03", "2026-04-26", "2026-04-19", "2026-04-06")))
    spec({"usage_daily": "      | day | out_s\n    --+---\n" + falling + "    1 | 2026-04-05 | 6000\n    2 | 2026-05-25 | 60\n"},
         outgoing_slope_8w={1: -1 / 4.5, 2: (3.5 / 42) / (1 / 8), 3: None},
         outgoing_cv_8w={1: 6 ** 0.5 / 4.5, 2: 8 ** 0.5, 3: None},
         outgoing_worst_week_8w={1: 1 / 2, 2: None, 3: None})


CONTACTS = """
      | other_party | month   | known_from | network | out_calls | in_answered | sms_out
    --+-------------+---------+------------+---------+-----------+-------------+--------
    1 | pa          | 2026-05 |            | own     | 1         |             |
    1 | pa          | 2026-04 |            | own     | 1         |             |
    1 | pb          | 2026-05 |            | own     |           | 1           |
    1 | pc          | 2026-04 |            | own     |           |             | 1
    1 | pd          | 2026-03 |            | own     | 3         |             |
    1 | pe          | 2026-05 |            | own     | 1         |             |
    1 | pe          | 2026-02 |            | own     | 1         |             |
    1 | pf          | 2026-05 |            | own     |           |             |
    1 | pg          | 2026-05 | 2026-07    | own     | 1         |             |
    1 | ph          | 2026-06 |            | own     | 1         |             |
    2 | pa          | 2026-01 |            | own     | 1         |             |
    2 | pb          | 2026-05 |            | own     | 1         |             |
"""


def test_contacts_are_people_spoken_with_or_texted_in_whole_months(spec):
    spec({"contacts_monthly": CONTACTS},
         distinct_contacts_1m={1: 3, 2: 1, 3: 0}, distinct_contacts_3m={1: 5, 2: 1, 3: 0},
         contacts_change_1m={1: 3 / 2, 2: None, 3: None}, new_contacts_1m={1: 1, 2: 1, 3: 0}, lost_regulars_1m={1: 1, 2: 0, 3: 0})


def test_regulars_are_the_ten_most_in_touch_with_three_months_ago(spec):
    many = "".join(f"    1 | p{n:02} | 2026-03 | {20 - n}\n" for n in range(12))
    spec({"contacts_monthly": "      | other_party | month | out_calls\n    --+---\n" + many + "    1 | p00 | 2026-05 | 1\n"}, lost_regulars_1m={1: 9})
