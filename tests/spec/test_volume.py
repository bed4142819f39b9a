"""Mobile data. The as-of date is 2026-06-01; 7 days begin on 05-25, 30 on 05-02, 60 on 04-02, 90 on 03-03, eight weeks on 04-06."""


def test_mobile_data_are_summed_over_half_open_windows(spec):
    """1's day of 05-25 came in two pieces, one of them too late; 2 had a session without volume; 3 used data half a year ago, 4 a day before that."""
    spec({"data_daily": """
          | day        | received_day | bytes      | sessions
        --+------------+--------------+------------+---------
        1 | 2026-06-01 |              | 9000000    | 1
        1 | 2026-05-25 |              | 1000000    | 1
        1 | 2026-05-25 | 2026-06-04   | 500000     | 1
        1 | 2026-05-25 | 2026-06-05   | 9000000    | 1
        1 | 2026-05-24 |              | 2000000    | 1
        1 | 2026-05-02 |              | 500000     | 1
        1 | 2026-05-01 |              | 6000000    | 1
        1 | 2026-04-02 |              | 2000000    | 1
        1 | 2026-04-01 |              | 3000000    | 1
        1 | 2026-03-03 |              | 4000000    | 1
        1 | 2026-03-02 |              | 5000000    | 1
        2 | 2026-05-31 |              | 0          | 1
        3 | 2025-12-03 |              | 1          | 1
        4 | 2025-12-02 |              | 1          | 1
    """},
         internet_mb_7d={1: 1.5, 2: 0.0, 5: 0.0}, internet_mb_30d={1: 4.0, 3: 0.0}, internet_mb_90d={1: 19.0},
         internet_days_7d={1: 1, 2: 0, 5: 0}, internet_days_30d={1: 3, 2: 0}, internet_days_90d={1: 7, 3: 0},
         days_since_last_data={1: 7, 2: None, 3: 180, 4: None, 5: None}, internet_change_30d={1: 0.5, 2: None, 3: None, 5: None})


def test_the_slope_is_of_weeks_over_their_mean(spec):
    """1 used 1 MB more each week, from 1 to 8: a slope of 1 over a mean of 4.5. 2 used as much at both ends."""
    spec({"data_daily": """
          | day        | bytes
        --+------------+--------
        1 | 2026-04-06 | 1000000
        1 | 2026-04-13 | 2000000
        1 | 2026-04-20 | 3000000
        1 | 2026-04-27 | 4000000
        1 | 2026-05-04 | 5000000
        1 | 2026-05-11 | 6000000
        1 | 2026-05-18 | 7000000
        1 | 2026-05-31 | 8000000
        1 | 2026-04-05 | 9000000
        2 | 2026-04-06 | 1000000
        2 | 2026-05-31 | 1000000
        3 | 2026-04-05 | 9000000
    """}, internet_slope_8w={1: 1 / 4.5, 2: 0.0, 3: None, 4: None})


def test_a_line_for_data_alone_has_days_without_calls(spec):
    """1 calls on one day of the 30, uses data on it and on two others; 2 had its calls, 3 its data on the edge; 4 only forwarded legs.

    8 had an empty session.
    """
    spec({"usage_daily": """
          | day        | own_events | out_s | fwd_busy
        --+------------+------------+-------+---------
        1 | 2026-05-20 | 2          | 59    |
        1 | 2026-05-01 | 2          | 600   |
        2 | 2025-12-03 | 1          | 60    |
        4 | 2026-05-20 |            |       | 1
        5 | 2026-05-20 | 1          | 60    |
    """, "data_daily": """
          | day        | bytes
        --+------------+-----------
        1 | 2026-05-20 | 500000000
        1 | 2026-05-22 | 400000000
        1 | 2026-05-02 | 100000000
        3 | 2025-12-03 | 1
        5 | 2026-05-31 | 1000000000
        6 | 2026-05-31 | 999999999
        8 | 2026-05-31 | 0
    """},
         days_since_last_use={1: 10, 2: 180, 3: 180, 4: None, 5: 1, 7: None, 8: None},
         data_only_days_share_30d={1: 2 / 3, 2: None, 3: None, 4: None, 5: 0.5},
         is_data_without_calls_30d={1: 1, 4: 0, 5: 0, 6: 0, 7: 0})
