"""Call forwarding. The as-of date is 2026-06-01; 7 days begin on 05-25, 30 on 05-02, 60 on 04-02, 90 on 03-03."""


def test_forwarded_legs_are_counted_by_cause_in_half_open_windows(spec):
    spec({"usage_daily": """
          | day        | fwd_unconditional | fwd_busy | fwd_no_answer | fwd_unreachable | fwd_rival
        --+------------+-------------------+----------+---------------+-----------------+----------
        1 | 2026-06-01 | 9                 | 9        | 9             | 9               | 9
        1 | 2026-05-25 | 1                 | 2        | 3             | 4               | 5
        1 | 2026-05-24 | 1                 | 2        | 3             | 4               | 5
        1 | 2026-05-02 | 1                 | 2        | 3             | 4               | 5
        1 | 2026-05-01 | 1                 | 2        | 3             | 4               | 5
        1 | 2026-03-03 | 1                 | 2        | 3             | 4               | 5
        1 | 2026-03-02 | 1                 | 2        | 3             | 4               | 5
    """},
         forwarded_unconditional_7d={1: 1, 2: 0}, forwarded_unconditional_30d={1: 3, 2: 0}, forwarded_unconditional_90d={1: 5},
         forwarded_busy_7d={1: 2, 2: 0}, forwarded_busy_30d={1: 6}, forwarded_busy_90d={1: 10},
         forwarded_no_answer_7d={1: 3, 2: 0}, forwarded_no_answer_30d={1: 9}, forwarded_no_answer_90d={1: 15},
         forwarded_unreachable_7d={1: 4, 2: 0}, forwarded_unreachable_30d={1: 12}, forwarded_unreachable_90d={1: 20},
         forwarded_to_rival_30d={1: 15, 2: 0}, cfu_days_30d={1: 3, 2: 0}, cfu_days_90d={1: 5}, days_since_first_cfu_90d={1: 90, 2: None})


def test_dials_that_set_up_forwarding_are_counted_over_a_half_open_window(spec):
    spec({"usage_daily": """
          | day        | fwd_set_up
        --+------------+-----------
        1 | 2026-06-01 | 1
        1 | 2026-05-31 | 2
        1 | 2026-05-02 | 4
        1 | 2026-05-01 | 8
    """}, forwarding_set_ups_30d={1: 6, 2: 0})


def test_forwarding_is_active_when_its_last_leg_is_later_than_the_last_answered_call(spec):
    """4's last leg lies 91 days back, 5's exactly 90; 6 answered before the 90 days, and forwards since; 7 answered in the very second."""
    spec({"usage_daily": """
          | day        | last_cfu_s          | last_answered_in_s
        --+------------+---------------------+--------------------
        1 | 2026-05-30 | 2026-05-30 09:00:00 | 2026-05-30 08:59:59
        2 | 2026-05-30 | 2026-05-30 09:00:00 |
        2 | 2026-05-31 |                     | 2026-05-31 00:00:00
        3 | 2026-05-31 |                     | 2026-05-31 00:00:00
        4 | 2026-03-02 | 2026-03-02 09:00:00 |
        5 | 2026-03-03 | 2026-03-03 09:00:00 |
        6 | 2026-01-03 |                     | 2026-01-03 09:00:00
        6 | 2026-05-03 | 2026-05-03 09:00:00 |
        7 | 2026-05-30 | 2026-05-30 09:00:00 | 2026-05-30 09:00:00
    """}, is_forwarding_active={1: 1, 2: 0, 3: 0, 4: 0, 5: 1, 6: 1, 7: 0, 8: 0})


def test_what_goes_to_a_notice_platform_is_forwarded_and_no_warning(spec):
    spec({"usage_daily": """
          | day        | in_calls | fwd_unconditional | fwd_notice
        --+------------+----------+-------------------+-----------
        1 | 2026-05-30 | 1        |                   | 3
        2 | 2026-05-30 | 1        | 2                 | 1
    """}, forwarded_share_30d={1: 0.75, 2: 0.75}, cfu_share_30d={1: 0.0, 2: 0.5}, forwarded_unconditional_30d={1: 0, 2: 2}, cfu_days_30d={1: 0, 2: 1},
         cfu_over_habit_30d={1: 0.0, 2: 2.0}, days_since_first_cfu_90d={1: None, 2: 2})


def test_shares_are_of_all_calls_that_came_for_the_subscriber(spec):
    spec({"usage_daily": """
          | day        | in_calls | in_answered | fwd_unconditional | fwd_busy | fwd_no_answer | fwd_unreachable
        --+------------+----------+-------------+-------------------+----------+---------------+----------------
        1 | 2026-05-02 | 4        | 1           | 2                 | 1        | 1             | 2
        1 | 2026-05-01 | 90       | 90          | 90                | 90       | 90            | 4
        1 | 2026-04-02 | 90       | 90          | 4                 | 90       | 90            | 4
        1 | 2026-04-01 | 90       | 90          | 6                 | 90       | 90            | 5
        2 | 2026-05-01 | 4        |             | 1                 | 1        | 1             |
        3 | 2026-05-31 |          |             | 1                 |          |               | 1
        4 | 2026-05-31 | 1        | 1           |                   |          |               |
    """},
         forwarded_share_30d={1: 0.6, 2: None, 3: 1.0, 4: 0.0, 5: None}, cfu_share_30d={1: 0.2, 2: None, 3: 0.5, 4: 0.0},
         unreachable_share_30d={1: 0.2, 2: None, 3: 0.5, 4: 0.0, 5: None}, unanswered_share_30d={1: 0.75, 2: None, 3: None, 4: 0.0},
         unreachable_change_30d={1: 0.25, 2: None, 3: None, 5: None}, unreachable_rise_30d={1: -6, 3: 1, 5: 0},
         cfu_over_habit_30d={1: 2 - 100 / 2, 2: -0.5, 3: 1.0, 4: 0.0, 5: 0})


TARGETS = """
      | target | month   | known_from | network     | legs | first_day
    --+--------+---------+------------+-------------+------+-----------
    1 | pr     | 2026-05 |            | rival:other | 6    | 2026-05-02
    1 | po     | 2026-05 |            | own         | 2    | 2026-05-20
    1 | pn     | 2026-05 |            | short_code  | 1    | 2026-05-20
    1 | pf     | 2026-05 |            | fixed       | 1    | 2026-05-20
    1 | pr     | 2026-04 | 2026-07    | rival:other | 9    | 2026-04-01
    1 | po     | 2026-03 |            | own         | 10   | 2026-03-01
    1 | px     | 2026-02 |            | own         | 10   | 2026-02-01
    1 | py     | 2026-06 |            | own         | 10   | 2026-06-01
    2 | pa     | 2026-05 |            | own         | 3    | 2026-05-01
    2 | p3     | 2026-05 |            | rival:other | 1    | 2026-05-30
    3 | po     | 2026-03 |            | own         | 2    | 2026-03-10
    4 | pn     | 2026-05 |            | own_care    | 2    | 2026-05-10
"""


def test_targets_are_classed_by_whose_they_are(spec):
    """Subscriber 2 forwards to the number it left as a contact and to another line of the same customer, on whatever network they are."""
    spec({"forward_targets_monthly": TARGETS, "subscribers": """
          | snapshot_on | activated_on | payment_kind | customer_key | msisdn_party | alt_contact_party
        --+-------------+--------------+--------------+--------------+--------------+------------------
        1 | 2026-05-31  | 2020-01-01   | postpaid     | c1           | p1           | pz
        2 | 2026-05-31  | 2020-01-01   | postpaid     | c2           | p2           | pa
        3 | 2026-05-31  | 2020-01-01   | postpaid     | c2           | p3           |
        4 | 2026-05-31  | 2020-01-01   | postpaid     |              | po           |
    """},
         forwarded_to_rival_share_1m={1: 0.6, 2: 0.0, 3: None, 4: 0.0, 5: None}, forwarded_to_own_share_1m={1: 0.2, 2: 0.0, 3: None},
         forwarded_to_own_second_share_1m={1: 0.0, 2: 1.0, 3: None}, forwarded_to_notice_share_1m={1: 0.1, 3: None, 4: 1.0},
         forwarded_to_fixed_share_1m={1: 0.1, 3: None}, forward_target_count_1m={1: 4, 2: 2, 3: 0, 5: 0}, forward_target_count_3m={1: 4, 3: 1, 5: 0},
         top_target_share_1m={1: 0.6, 2: 0.75, 3: None, 5: None}, top_target_share_3m={1: 0.6, 3: 1.0, 5: None},
         is_forward_target_new={1: 1, 2: 0, 3: 0, 4: 0, 5: 0})


def test_forwarding_to_a_rival_is_unconditional_and_to_a_rival_on_one_day(spec):
    """30 days begin on 05-02, 60 on 04-02, 180 on 12-03."""
    spec({"usage_daily": """
          | day        | fwd_unconditional | fwd_rival | fwd_busy
        --+------------+-------------------+-----------+---------
        1 | 2026-06-01 | 1                 | 1         |
        1 | 2026-05-30 | 2                 |           |
        1 | 2026-05-02 | 1                 | 1         |
        1 | 2026-04-20 |                   | 1         | 1
        1 | 2026-04-02 | 2                 | 2         |
        1 | 2025-12-03 | 1                 | 1         |
        1 | 2025-12-02 | 1                 | 1         |
        2 | 2026-05-30 |                   | 1         | 1
    """},
         cfu_to_rival_days_30d={1: 1, 2: 0, 3: 0}, cfu_to_rival_days_60d={1: 2, 2: 0},
         days_since_cfu_to_rival={1: 30, 2: None, 3: None}, days_since_first_cfu_to_rival={1: 180, 2: None, 3: None})


def test_the_first_day_of_forwarding_is_a_day_with_such_a_leg_and_habit_goes_back_ninety_days(spec):
    """90 days begin on 03-03."""
    spec({"usage_daily": """
          | day        | fwd_unconditional | fwd_busy
        --+------------+-------------------+---------
        1 | 2026-05-20 | 3                 |
        1 | 2026-03-20 |                   | 1
        1 | 2026-03-03 | 2                 |
        1 | 2026-03-02 | 8                 |
        2 | 2026-05-20 | 3                 |
        2 | 2026-03-20 |                   | 1
    """}, cfu_over_habit_30d={1: 2.0, 2: 3.0}, days_since_first_cfu_90d={1: 90, 2: 12}, cfu_days_90d={1: 2, 2: 1})


def test_a_target_is_as_old_as_its_first_month_and_of_two_the_one_used_longer_is_the_first(spec):
    """1's target of May was one of March; 2 has two of one leg in May, of which the one known from March comes first; 3's was new in April."""
    spec({"forward_targets_monthly": """
          | target | month   | network | legs | first_day
        --+--------+---------+---------+------+-----------
        1 | pa     | 2026-05 | own     | 3    | 2026-05-10
        1 | pa     | 2026-03 | own     | 1    | 2026-03-10
        2 | pb     | 2026-05 | own     | 1    | 2026-05-10
        2 | pc     | 2026-05 | own     | 1    | 2026-05-20
        2 | pc     | 2026-03 | own     | 1    | 2026-03-10
        3 | pd     | 2026-04 | own     | 1    | 2026-04-20
        4 | pe     | 2026-05 | own     | 1    | 2026-05-02
        5 | pe     | 2026-05 | own     | 1    | 2026-05-01
    """, "subscribers": """
          | snapshot_on | activated_on | payment_kind
        --+-------------+--------------+-------------
        1 | 2026-05-31  | 2020-01-01   | postpaid
    """}, is_forward_target_new={1: 0, 2: 0, 3: 0, 4: 1, 5: 0})
