"""Top-ups. The as-of date is 2026-06-01; 30 days begin on 05-02, 60 on 04-02, 90 on 03-03, 180 on 2025-12-03."""

LINES = """
      | snapshot_on | activated_on | payment_kind
    --+-------------+--------------+-------------
    1 | 2026-05-31  | 2020-01-01   | prepaid
    2 | 2026-05-31  | 2020-01-01   | prepaid
    3 | 2026-05-31  | 2020-01-01   | postpaid
    4 | 2026-05-31  | 2020-01-01   | postpaid
"""


def test_topups_are_counted_and_summed_over_half_open_windows(spec):
    """1 topped up on each edge; 2 is prepaid and never did; 3 is postpaid and did once; 4 never; 5 is in no snapshot."""
    spec({"subscribers": LINES, "topups": """
          | happened_at         | amount_cents | received_at
        --+---------------------+--------------+--------------------
        1 | 2026-06-01 00:00:00 | 90000        |
        1 | 2026-05-31 23:59:59 | 1000         | 2026-06-05 00:00:00
        1 | 2026-05-02 00:00:00 | 3000         |
        1 | 2026-05-01 23:59:59 | 5000         |
        1 | 2026-04-02 00:00:00 | 2000         |
        1 | 2026-04-01 23:59:59 | 1000         |
        1 | 2026-03-03 00:00:00 | 1000         |
        1 | 2026-03-02 23:59:59 | 20000        |
        3 | 2025-12-03 00:00:00 | 3000         |
        5 | 2025-12-02 23:59:59 | 3000         |
    """},
         recharge_count_30d={1: 1, 2: 0, 3: 0, 4: None, 5: None}, recharge_count_60d={1: 3}, recharge_count_90d={1: 5, 2: 0, 3: 0},
         recharge_sum_30d={1: 3000, 2: 0, 3: 0, 4: None}, recharge_sum_60d={1: 10000}, recharge_sum_90d={1: 12000},
         recharge_mean_30d={1: 3000.0, 2: None, 3: None}, recharge_mean_60d={1: 10000 / 3}, recharge_mean_90d={1: 2400.0},
         recharge_max_30d={1: 3000, 2: None}, recharge_max_60d={1: 5000}, recharge_max_90d={1: 5000},
         days_since_last_recharge={1: 30, 2: None, 3: 180, 4: None, 5: None})


def test_a_top_up_is_overdue_by_the_usual_time_between_two(spec):
    """1's gaps are 10, 20 and 30 days, the last top-up 40 days ago; 2 topped up once, 3 twice on one day, 4 and 6 on two.

    The larger one of 6 is just four fifths.
    """
    spec({"subscribers": LINES, "topups": """
          | happened_at         | amount_cents
        --+---------------------+-------------
        1 | 2026-04-22 12:00:00 | 1000
        1 | 2026-03-23 12:00:00 | 1000
        1 | 2026-03-03 12:00:00 | 5000
        1 | 2026-02-21 12:00:00 | 1000
        2 | 2026-05-31 12:00:00 | 5000
        3 | 2026-05-31 12:00:00 | 5000
        3 | 2026-05-31 13:00:00 | 5000
        4 | 2026-05-31 12:00:00 | 5000
        4 | 2026-05-30 12:00:00 | 1000
        6 | 2026-05-31 12:00:00 | 8000
        6 | 2026-05-30 12:00:00 | 2000
    """},
         recharge_gap_mean_180d={1: 20.0, 2: None, 3: 0.0, 4: 1.0, 5: None}, recharge_gap_std_180d={1: 10.0, 2: None, 3: None, 4: None},
         recharge_overdue={1: 2.0, 2: None, 3: None, 4: 1.0},
         recharge_pareto_180d={1: 0.75, 2: 1.0, 3: 1.0, 4: 0.5, 5: None, 6: 0.5})
