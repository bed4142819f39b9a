# ruff: noqa: E501 - a little table is as wide as its columns
"""Payment and suspension. The as-of date is 2026-06-01; 90 days begin on 03-03, 180 on 2025-12-03, 365 on 2025-06-01."""

LINES = """
      | snapshot_on | activated_on | payment_kind  | credit_limit_cents
    --+-------------+--------------+---------------+-------------------
    1 | 2026-05-31  | 2020-01-01   | postpaid      | 10000
    2 | 2026-05-31  | 2020-01-01   | prepaid       | 10000
    3 | 2026-05-31  | 2020-01-01   | quasi_prepaid | 0
    4 | 2026-05-31  | 2020-01-01   | postpaid      |
"""


def test_arrears_are_what_is_unpaid_past_its_due_date(spec):
    """1's May bill is not due yet, April's is paid in part, March's in full, February's never. 4's payment on the as-of day is not known yet."""
    spec({"subscribers": LINES, "bills": """
          | bill_month | due_at     | total_cents | paid_cents | paid_at    | received_at
        --+------------+------------+-------------+------------+------------+--------------------
        1 | 2026-05-31 | 2026-06-15 | 9000        |            |            | 2026-06-03 00:00:00
        1 | 2026-04-30 | 2026-05-15 | 5000        |            |            | 2026-05-03 00:00:00
        1 | 2026-04-30 | 2026-05-15 | 5000        | 2000       | 2026-05-20 | 2026-06-03 00:00:00
        1 | 2026-03-31 | 2026-04-15 | 4000        | 4000       | 2026-04-25 | 2026-05-03 00:00:00
        1 | 2026-02-28 | 2026-03-15 | 1000        |            |            |
        2 | 2026-02-28 | 2026-03-15 | 1000        |            |            |
        3 | 2026-04-30 | 2026-05-31 | 700         |            |            |
        3 | 2026-03-31 | 2026-04-15 | 700         | 900        | 2026-04-11 | 2026-05-03 00:00:00
        4 | 2026-04-30 | 2026-05-15 | 700         | 700        | 2026-06-01 | 2026-06-03 00:00:00
    """},
         arrears_amount={1: 4000, 2: None, 3: 700, 4: 700, 5: None}, unpaid_months={1: 2, 2: None, 3: 1, 4: 1, 5: None},
         days_overdue={1: 78, 2: 0, 3: 1, 4: 17, 5: 0},
         credit_limit_used={1: 0.4, 2: None, 3: None, 4: None},
         payment_delay_mean_6m={1: 7.5, 2: None, 3: -4.0, 4: None}, payment_delay_last={1: 5, 3: -4, 4: None}, payment_delay_change={1: -2.5, 3: 0.0, 4: None})


def test_a_bill_is_overdue_from_the_day_after_its_due_date_and_the_newest_payment_is_that_of_the_newest_bill(spec):
    """1's bill of April is due on the as-of day, 3's the day before; 3 paid May's at once, and the newer bill before the older.

    4's bill does not say when it was due.
    """
    spec({"subscribers": LINES, "bills": """
          | bill_month | due_at     | total_cents | paid_cents | paid_at    | received_at
        --+------------+------------+-------------+------------+------------+--------------------
        1 | 2026-04-30 | 2026-06-01 | 5000        |            |            | 2026-05-03 00:00:00
        4 | 2026-02-28 |            | 5000        |            |            | 2026-05-03 00:00:00
        3 | 2026-04-30 | 2026-05-31 | 700         |            |            | 2026-05-03 00:00:00
        3 | 2026-05-31 | 2026-05-29 | 500         | 500        | 2026-05-30 | 2026-06-03 00:00:00
        3 | 2026-03-31 | 2026-04-15 | 500         | 500        | 2026-05-31 | 2026-06-03 00:00:00
    """}, arrears_amount={1: 0, 3: 700, 4: None}, unpaid_months={1: 0, 3: 1, 4: None}, days_overdue={1: 0, 3: 1, 4: 0}, payment_delay_last={1: None, 3: 1})


def test_payments_are_counted_over_half_open_windows(spec):
    """1 paid on every edge, and once as the as-of day began; 3's payment is known too late; 4 has a bill and paid none."""
    spec({"subscribers": LINES, "bills": """
          | bill_month | due_at     | total_cents | paid_cents | paid_at    | received_at
        --+------------+------------+-------------+------------+------------+--------------------
        1 | 2026-04-30 | 2026-05-15 | 64          | 64         | 2026-06-01 | 2026-06-03 00:00:00
        1 | 2026-03-31 | 2026-05-15 | 1           | 1          | 2026-05-31 | 2026-06-03 00:00:00
        1 | 2026-02-28 | 2026-03-15 | 2           | 2          | 2026-05-02 | 2026-06-03 00:00:00
        1 | 2026-01-31 | 2026-02-15 | 4           | 4          | 2026-05-01 | 2026-06-03 00:00:00
        1 | 2025-12-31 | 2026-01-15 | 32          | 8          | 2026-03-03 | 2026-06-03 00:00:00
        3 | 2026-04-30 | 2026-05-15 | 1           | 1          | 2026-05-31 | 2026-06-05 00:00:00
        3 | 2026-01-31 | 2026-02-15 | 2           | 2          | 2026-03-02 | 2026-06-03 00:00:00
        2 | 2026-04-30 | 2026-05-15 | 1           | 1          | 2026-05-31 | 2026-06-03 00:00:00
        4 | 2026-04-30 | 2026-05-15 | 1           |            |            |
    """},
         bills_paid_30d={1: 2, 2: None, 3: 0, 4: 0, 5: None}, bills_paid_90d={1: 4, 2: None, 3: 0, 4: 0, 5: None},
         amount_paid_30d={1: 3, 2: None, 3: 0, 4: 0, 5: None}, amount_paid_90d={1: 15, 2: None, 3: 0, 4: 0, 5: None})


def test_stops_are_counted_in_days_and_entries(spec):
    """1 was one-way stopped 03-01 to 03-13 (10 days of it in the 90) and 05-21 to now; 2 entered two-way stops; 3 reopened; 4's stop was lifted on the as-of day."""
    spec({"status_changes": """
          | happened_at         | status       | reason
        --+---------------------+--------------+-----------
        1 | 2026-03-01 10:00:00 | one_way_stop | arrears
        1 | 2026-03-13 10:00:00 | open         |
        1 | 2026-05-21 10:00:00 | one_way_stop | high_spend
        2 | 2025-06-01 00:00:00 | two_way_stop | lost
        2 | 2025-06-03 00:00:00 | open         |
        2 | 2025-12-02 00:00:00 | two_way_stop | arrears
        2 | 2025-12-03 00:00:00 | two_way_stop |
        3 | 2025-12-01 00:00:00 | one_way_stop | arrears
        3 | 2025-12-03 00:00:00 | open         |
        3 | 2026-05-30 00:00:00 | open         |
        4 | 2026-05-22 23:59:59 | two_way_stop | arrears
        4 | 2026-06-01 00:00:00 | open         |
        5 | 2025-05-31 23:00:00 | two_way_stop | arrears
        6 | 2025-12-01 00:00:00 | one_way_stop | arrears
        6 | 2025-12-02 00:00:00 | open         |
    """},
         one_way_stop_days_90d={1: 21, 2: 0, 3: 0, 7: 0}, one_way_stop_days_180d={1: 23, 3: 0, 7: 0}, one_way_stops_180d={1: 2, 2: 0, 3: 0, 7: 0},
         two_way_stops_180d={1: 0, 2: 1, 4: 1, 5: 0}, two_way_stops_365d={1: 0, 2: 3, 5: 0},
         current_stop_days={1: 11, 2: 180, 3: None, 4: 10, 5: None, 7: None}, days_since_reopen_180d={1: 80, 2: None, 3: 180, 4: None, 6: None, 7: None},
         state_now={1: "one_way_stop", 2: "two_way_stop", 3: "open", 4: "two_way_stop", 5: "open", 7: "open"},
         last_stop_reason={1: "high_spend", 2: "other", 3: "arrears", 5: "none", 7: "none"})
