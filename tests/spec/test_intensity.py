"""What a call and a day hold. The as-of date is 2026-06-01; 30 days begin on 05-02, 90 on 03-03."""


def test_calls_and_days_of_use_are_weighed_over_half_open_windows(spec):
    """1 has a day of forwarded legs and unanswered calls alone, which is none of use; 2's last use lies 90 days back, 3's a day before that."""
    spec({"usage_daily": """
          | day        | own_events | out_calls | out_s | in_calls | in_answered | in_s | sms_out | sms_in
        --+------------+------------+-----------+-------+----------+-------------+------+---------+-------
        1 | 2026-06-01 | 9          | 9         | 999   | 9        | 9           | 999  | 9       | 9
        1 | 2026-05-31 | 4          | 1         | 60    | 3        | 2           | 120  | 1       | 2
        1 | 2026-05-20 |            |           |       | 1        |             |      |         | 1
        1 | 2026-05-02 | 1          | 1         | 240   |          |             |      |         | 1
        1 | 2026-05-01 | 2          |           |       | 1        | 1           | 360  | 1       | 5
        2 | 2026-03-03 | 1          | 1         | 600   | 1        |             |      |         |
        3 | 2026-03-02 | 1          | 1         | 600   | 1        | 1           | 60   |         |
    """},
         incoming_call_minutes_30d={1: 1.0, 2: None, 4: None}, incoming_call_minutes_90d={1: 8 / 3, 2: None, 3: None},
         sms_received_30d={1: 4, 2: 0, 4: 0}, sms_share_30d={1: 1 / 5, 2: None, 4: None},
         minutes_a_day_of_use_30d={1: 7 / 2, 2: None, 4: None}, minutes_a_day_of_use_90d={1: 13 / 3, 2: 10.0, 3: None})


def test_action_is_held_against_the_two_good_months(spec):
    spec({"usage_daily": """
          | day        | out_s
        --+------------+------
        1 | 2026-05-02 | 60
        1 | 2026-05-01 | 120
        1 | 2026-03-03 | 120
        1 | 2026-03-02 | 999
        2 | 2026-05-31 | 60
        3 | 2026-04-01 | 60
    """}, action_over_good_30d={1: 0.5, 2: None, 3: 0.0, 4: None})
