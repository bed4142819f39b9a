"""Roaming and home. The as-of date is 2026-06-01; 30 days begin on 05-02, 90 on 03-03; the former home is that of March."""


def test_days_away_are_counted_over_half_open_windows(spec):
    """1's day of 05-20 came in two pieces, one of them too late; 2 was abroad 90 days ago, 3 a day before that."""
    spec({"roaming_daily": """
          | day        | received_day | legs | legs_abroad | talk_s
        --+------------+--------------+------+-------------+-------
        1 | 2026-06-01 |              | 1    | 1           | 6000
        1 | 2026-05-20 |              | 1    |             | 30
        1 | 2026-05-20 | 2026-06-04   | 1    |             | 60
        1 | 2026-05-20 | 2026-06-05   | 1    | 1           | 600
        1 | 2026-05-02 |              | 1    |             | 30
        1 | 2026-05-01 |              | 1    | 1           | 60
        2 | 2026-03-03 |              | 1    | 1           |
        3 | 2026-03-02 |              | 1    | 1           | 60
    """},
         roaming_days_30d={1: 2, 2: 0, 3: 0, 4: 0}, roaming_days_90d={1: 3, 2: 1, 3: 0, 4: 0},
         roaming_minutes_30d={1: 2.0, 2: 0, 4: 0}, roaming_minutes_90d={1: 3.0, 2: 0.0, 3: 0},
         has_been_abroad_30d={1: 0, 2: 0, 4: 0}, has_been_abroad_90d={1: 1, 2: 1, 3: 0, 4: 0})


def test_home_is_the_cell_used_most_at_night(spec):
    """1 moved from ca to cb, but for a fifth; 2 stayed at ca, 3 has no nights in March, 4 none in May, 5 had two homes alike and stayed in the first.

    6's move is known too late; what was in between, or before March, does not count.
    """
    spec({"cells_monthly": """
          | cell_id | month   | known_from | legs
        --+---------+---------+------------+-----
        1 | ca      | 2026-03 |            | 9
        1 | cb      | 2026-03 |            | 1
        1 | ca      | 2026-05 |            | 1
        1 | cb      | 2026-05 |            | 4
        2 | ca      | 2026-03 |            | 2
        2 | cb      | 2026-04 |            | 9
        2 | ca      | 2026-05 |            | 2
        2 | cb      | 2026-05 |            | 1
        3 | ca      | 2026-02 |            | 9
        3 | ca      | 2026-05 |            | 9
        4 | ca      | 2026-03 |            | 9
        4 | ca      | 2026-06 |            | 9
        5 | cb      | 2026-03 |            | 2
        5 | ca      | 2026-03 |            | 2
        5 | ca      | 2026-05 |            | 1
        5 | cb      | 2026-05 |            | 1
        6 | ca      | 2026-03 |            | 2
        6 | ca      | 2026-05 |            | 2
        6 | cb      | 2026-05 | 2026-07    | 9
    """},
         is_home_cell_changed={1: 1, 2: 0, 3: None, 4: None, 5: 0, 6: 0, 7: None},
         former_home_share_1m={1: 1 / 5, 2: 2 / 3, 3: None, 4: None, 5: 1 / 2, 6: 1.0, 7: None})
