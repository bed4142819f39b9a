"""Balance. The as-of date is 2026-06-01; 30 days begin on 05-02, 90 on 03-03."""


def test_a_balance_goes_on_falling_at_the_pace_it_fell_between_top_ups(spec):
    """1 spent 20 yuan in 20 days, then 10 in 10, and topped up to 30 yuan ten days ago; 2 topped up once; 3's balance rose by itself; 4 owes."""
    spec({"topups": """
          | happened_at         | amount_cents | balance_after_cents | received_at
        --+---------------------+--------------+---------------------+--------------------
        1 | 2026-04-22 12:00:00 | 2000         | 2000                |
        1 | 2026-05-12 12:00:00 | 1000         | 1000                |
        1 | 2026-05-22 12:00:00 | 3000         | 3000                |
        1 | 2026-05-31 12:00:00 | 9000         | 9000                | 2026-06-05 00:00:00
        2 | 2026-05-22 12:00:00 | 1000         | 1200                |
        3 | 2026-05-12 12:00:00 | 1000         | 1000                |
        3 | 2026-05-22 12:00:00 | 1000         | 2500                |
        4 | 2026-05-12 12:00:00 | 1000         | 400                 |
        4 | 2026-05-22 12:00:00 | 1000         | -100                |
        5 | 2026-05-22 12:00:00 | 1000         |                     |
        6 | 2026-05-31 12:00:00 | 1000         | 1000                |
        6 | 2026-05-31 13:00:00 | 1000         | 2000                |
    """},
         balance_after_recharge={1: 3000, 2: 1200, 3: 2500, 4: -100, 5: None, 7: None},
         balance_estimate={1: 2000.0, 2: None, 3: 2500.0, 4: -1600.0, 5: None, 6: None},
         days_to_empty={1: 20.0, 2: None, 3: None, 4: 0.0, 5: None, 6: None},
         average_balance_90d={1: 2500 / 3, 2: None, 3: 1000.0, 4: -350.0, 5: None, 6: None})


def test_a_top_up_of_unknown_balance_counts_for_what_was_paid_in(spec):
    """From 20 yuan to 15, with 10 paid in between: 15 were spent in 15 days, and 15 yuan are left for 15 more, 7 of them gone."""
    spec({"topups": """
          | happened_at         | amount_cents | balance_after_cents
        --+---------------------+--------------+--------------------
        1 | 2026-05-10 12:00:00 | 2000         | 2000
        1 | 2026-05-15 12:00:00 | 500          |
        1 | 2026-05-25 12:00:00 | 500          | 1500
    """}, days_to_empty={1: 8.0}, balance_estimate={1: 800.0})


def test_days_of_a_low_balance_are_those_that_begin_below_it(spec):
    """1 falls from 15 yuan by one a day from 05-12 on: 05-17 begins with 10, 05-18 with 9, and 05-23 with 4.

    2 was low before the window and topped up in it; 3 has known no fall; 4 was topped up 91 days ago, and again yesterday.
    """
    spec({"topups": """
          | happened_at         | amount_cents | balance_after_cents
        --+---------------------+--------------+--------------------
        1 | 2026-05-02 12:00:00 | 2000         | 2500
        1 | 2026-05-12 12:00:00 | 0            | 1500
        2 | 2026-04-12 12:00:00 | 500          | 400
        2 | 2026-05-07 12:00:00 | 5000         | 5400
        3 | 2026-05-22 12:00:00 | 5000         | 1000
        4 | 2026-03-02 12:00:00 | 1000         | 900
        4 | 2026-05-31 12:00:00 | 1000         | 1000
    """},
         days_under_10_yuan_30d={1: 14, 2: 5, 3: 0, 4: 29, 5: None}, days_under_5_yuan_30d={1: 9, 2: 5, 3: 0, 4: 29, 5: None},
         average_balance_90d={1: 2000.0, 2: 400.0, 3: None, 4: 450.0})
