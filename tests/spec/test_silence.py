# ruff: noqa: E501 - a little table is as wide as its columns
"""No-call periods. The as-of date is 2026-06-01: 7 days begin on 05-25, 14 on 05-18, 30 on 05-02, 60 on 04-02, 90 on 03-03, 180 on 2025-12-03."""


def test_recency_ends_before_the_as_of_day_and_looks_180_days_back(spec):
    spec({"usage_daily": """
          | day        | received_day | own_events | out_calls | in_calls | sms_out
        --+------------+--------------+------------+-----------+----------+--------
        1 | 2026-05-31 |              | 1          | 1         |          |
        1 | 2026-05-29 |              | 1          |           |          | 1
        1 | 2026-05-28 |              |            |           | 2        |
        1 | 2026-06-01 |              | 9          | 9         | 9        | 9
        2 | 2025-12-03 |              | 1          | 1         | 1        | 1
        3 | 2025-12-02 |              | 1          | 1         | 1        | 1
        4 | 2026-05-20 |              | 1          | 1         |          |
        4 | 2026-05-30 | 2026-06-04   | 1          | 1         |          |
        5 | 2026-05-20 |              | 1          | 1         |          |
        5 | 2026-05-30 | 2026-06-05   | 1          | 1         |          |
        6 | 2026-05-31 |              |            |           | 1        |
    """},
         days_since_last_out_call={1: 1, 2: 180, 3: None, 4: 2, 5: 12, 6: None},
         days_since_last_in_call={1: 4, 2: 180, 3: None, 4: None, 6: 1},
         days_since_last_own_activity={1: 1, 2: 180, 3: None, 4: 2, 5: 12, 6: None},
         days_since_last_sms={1: 3, 2: 180, 3: None, 4: None},
         current_silent_run={1: 0, 2: 179, 3: 180, 4: 1, 5: 11, 6: 180, 7: 180})


def test_active_days_are_counted_once_in_half_open_windows(spec):
    spec({"usage_daily": """
          | day        | received_day | own_events | in_calls
        --+------------+--------------+------------+---------
        1 | 2026-05-31 | 2026-05-31   | 3          |
        1 | 2026-05-31 | 2026-06-02   | 1          |
        1 | 2026-05-25 |              | 1          |
        1 | 2026-05-24 |              | 1          |
        1 | 2026-05-18 |              | 1          |
        1 | 2026-05-17 |              | 1          |
        1 | 2026-05-02 |              | 1          |
        1 | 2026-05-01 |              | 1          |
        1 | 2026-04-02 |              | 1          |
        1 | 2026-04-01 |              | 1          |
        1 | 2026-03-03 |              | 1          |
        1 | 2026-03-02 |              | 1          |
        2 | 2026-05-31 |              |            | 5
        3 | 2026-05-29 |              | 1          |
        3 | 2026-05-30 |              | 1          |
        3 | 2026-05-31 |              | 1          |
    """},
         active_days_7d={1: 2, 2: 0, 3: 3, 4: 0}, active_days_14d={1: 4}, active_days_30d={1: 6}, active_days_60d={1: 8}, active_days_90d={1: 10},
         silent_days_share_30d={1: 0.8, 2: 1.0, 4: 1.0}, silent_days_share_60d={1: 52 / 60}, silent_days_share_90d={1: 80 / 90},
         is_active_3_of_last_7={1: 0, 3: 1, 4: 0})


def test_receive_only_days_have_calls_from_people_and_nothing_outgoing(spec):
    spec({"usage_daily": """
          | day        | in_calls | out_calls | sms_out
        --+------------+----------+-----------+--------
        1 | 2026-05-31 | 2        |           |
        1 | 2026-05-30 | 2        | 1         |
        1 | 2026-05-29 | 2        |           | 1
        1 | 2026-05-02 | 1        |           |
        1 | 2026-05-01 | 1        |           |
        1 | 2026-04-02 | 1        |           |
        1 | 2026-04-01 | 1        |           |
        2 | 2026-04-01 | 1        |           |
        3 | 2026-05-10 |          |           | 1
    """},
         receive_only_days_30d={1: 2, 2: 0, 3: 0, 4: 0}, receive_only_days_60d={1: 4, 2: 0},
         receive_only_days_share_30d={1: 0.5, 2: None, 3: 0.0, 4: None}, receive_only_days_share_60d={1: 4 / 6, 2: None})


def test_weeks_without_outgoing_are_the_eight_before_the_as_of_date(spec):
    spec({"usage_daily": """
          | day        | out_calls | in_calls
        --+------------+-----------+---------
        1 | 2026-05-25 | 1         |
        1 | 2026-05-24 | 1         |
        1 | 2026-04-06 | 1         |
        1 | 2026-05-05 |           | 4
        2 | 2026-04-05 | 1         |
    """}, weeks_without_outgoing_8w={1: 5, 2: 8, 3: 8})


def test_silent_runs_lie_between_active_days_and_end_at_the_as_of_date(spec):
    """Subscriber 1 is active on 02-21, 03-05, 04-25, 05-28: runs of 11, 50, 32 and 3 days. The first began before the 90 days and reaches 2 into them."""
    spec({"usage_daily": """
          | day        | own_events
        --+------------+-----------
        1 | 2026-02-21 | 1
        1 | 2026-03-05 | 1
        1 | 2026-04-25 | 1
        1 | 2026-05-28 | 1
        2 | 2026-05-31 | 1
        3 | 2026-02-28 | 1
        4 | 2026-05-29 |
    """},
         longest_silent_run_30d={1: 26, 2: 0, 3: 30, 4: None}, longest_silent_run_60d={1: 32, 2: 0, 3: 60}, longest_silent_run_90d={1: 50, 2: 0, 3: 90},
         silent_runs_ge3_60d={1: 3, 2: 0, 3: 1, 4: 0}, silent_runs_ge3_90d={1: 4, 2: 0, 3: 1, 4: 0},
         gap_mean_30d={1: 3.0, 2: 0.0, 3: None, 4: None}, gap_mean_90d={1: (50 + 32 + 3) / 3, 2: 0.0, 3: None},
         gap_std_30d={1: None, 2: None}, gap_std_90d={1: (562.3333333333334) ** 0.5, 3: None})


def test_habit_is_the_middle_gap_and_the_run_seldom_exceeded(spec):
    """Subscriber 1 is active on 05-01, 02, 03, 06, 10: gaps of 1, 1, 3, 4 days, past runs of 2 and 3, now silent for 21 days."""
    spec({"usage_daily": """
          | day        | own_events
        --+------------+-----------
        1 | 2026-05-01 | 1
        1 | 2026-05-02 | 1
        1 | 2026-05-03 | 1
        1 | 2026-05-06 | 1
        1 | 2026-05-10 | 1
        2 | 2026-05-31 | 1
        3 | 2026-05-30 | 1
        3 | 2026-05-31 | 1
    """},
         gap_median_180d={1: 1, 2: None, 3: 1, 4: None}, silent_run_p95_180d={1: 3, 2: None, 3: None},
         silence_vs_own_p95={1: 7.0, 2: None, 3: None}, churn_factor={1: 22.0, 2: None, 3: 1.0})


def test_the_95th_percentile_is_by_nearest_rank(spec):
    """Twenty past runs, 19 of one day and one of nine: rank 19 of 20 is one day. With 18 of one day, rank 19 is the nine."""
    rare = "".join(f"    1 | 2026-04-{d:02} | 1\n" for d in range(1, 30, 2)) + "".join(f"    1 | 2026-05-{d:02} | 1\n" for d in (1, 3, 5, 7, 9, 19))
    less = "".join(f"    2 | 2026-04-{d:02} | 1\n" for d in range(3, 30, 2)) + "".join(f"    2 | 2026-05-{d:02} | 1\n" for d in (1, 3, 5, 7, 9, 19))
    spec({"usage_daily": "      | day        | own_events\n    --+---\n" + rare + less}, silent_run_p95_180d={1: 1, 2: 9})
