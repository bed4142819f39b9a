# ruff: noqa: E501 - a little table is as wide as its columns
"""Bills. The as-of date is 2026-06-01, so that the last bill is May's and the six are December's to May's."""

LINE = """
      | snapshot_on | activated_on | payment_kind | plan
    --+-------------+--------------+--------------+-----
    1 | 2026-05-31  | 2020-01-01   | postpaid     | A
    2 | 2026-05-31  | 2020-01-01   | postpaid     | A
    3 | 2026-05-31  | 2020-01-01   | postpaid     | A
    4 | 2026-05-31  | 2020-01-01   | postpaid     | A
    5 | 2026-05-31  | 2020-01-01   | postpaid     | A
"""


def test_levels_are_over_calendar_months_and_the_seventh_is_out(spec):
    spec({"subscribers": LINE, "bills": """
          | bill_month | total_cents
        --+------------+------------
        1 | 2026-06-30 | 99999
        1 | 2026-05-31 | 6000
        1 | 2026-04-30 | 5000
        1 | 2026-03-31 | 4000
        1 | 2026-02-28 | 3000
        1 | 2025-12-31 | 1000
        1 | 2025-11-30 | 99999
        2 | 2026-04-30 | 700
        3 | 2026-02-28 | 800
    """},
         bill_last={1: 6000, 2: None, 6: None}, bill_mean_3m={1: 5000.0, 2: 700.0, 3: None, 6: None}, bill_mean_6m={1: 3800.0, 3: 800.0, 6: None},
         regular_bills_6m={1: 5, 2: 1, 6: 0})


def test_of_a_bill_delivered_twice_the_last_known_counts_once(spec):
    spec({"subscribers": LINE, "bills": """
          | bill_month | total_cents | received_at
        --+------------+-------------+--------------------
        1 | 2026-04-30 | 5000        | 2026-05-03 10:00:00
        1 | 2026-04-30 | 3000        | 2026-06-03 10:00:00
        1 | 2026-05-31 | 4000        | 2026-06-03 10:00:00
        1 | 2026-05-31 | 9000        | 2026-06-05 00:00:00
        2 | 2026-05-31 | 9000        | 2026-06-05 00:00:00
    """}, bill_last={1: 4000, 2: None}, bill_mean_3m={1: 3500.0, 2: None}, regular_bills_6m={1: 2, 2: 0})


def test_volatility_is_that_of_at_least_three_regular_bills(spec):
    """Bills of 10, 20, 30 and 60 yuan: mean 30, squared distances 400, 100, 0, 900, so a standard deviation of the root of 1400/3 yuan."""
    std = (1400 / 3) ** 0.5 * 100
    spec({"subscribers": LINE, "bills": """
          | bill_month | total_cents
        --+------------+------------
        1 | 2026-02-28 | 1000
        1 | 2026-03-31 | 2000
        1 | 2026-04-30 | 3000
        1 | 2026-05-31 | 6000
        2 | 2026-04-30 | 2000
        2 | 2026-05-31 | 2000
        3 | 2026-03-31 | 2000
        3 | 2026-04-30 | 2000
        3 | 2026-05-31 | 2000
        4 | 2026-02-28 |
        4 | 2026-03-31 |
        4 | 2026-05-31 |
    """},
         bill_std_6m={1: std, 2: None, 3: 0.0, 5: None}, bill_cv_6m={1: std / 3000, 2: None, 3: 0.0, 4: None},
         bill_step_mean_6m={1: 5000 / 3, 2: 0.0, 4: 0.0, 5: None}, bill_z_last_6m={1: 3000 / std, 2: None, 3: None},
         bill_range_ratio_6m={1: 6.0, 2: None, 3: 1.0, 4: None}, bill_slope_6m={1: 1600 / 3000, 2: None, 3: 0.0, 4: None})


def test_the_slope_takes_account_of_months_without_a_bill(spec):
    """Bills of 10, 20 and 60 yuan six, five and one months ago: mean time 4 months ago, slope (2*20 + 1*10 + 3*30) / 14 = 10 yuan a month, mean 30."""
    spec({"subscribers": LINE, "bills": """
          | bill_month | total_cents
        --+------------+------------
        1 | 2025-12-31 | 1000
        1 | 2026-01-31 | 2000
        1 | 2026-05-31 | 6000
    """}, bill_slope_6m={1: 1000 / 3000}, bill_step_mean_6m={1: 1000.0})


def test_months_that_are_no_habit_are_left_out_of_volatility(spec):
    """1 opened its line on 03-15; 2 was stopped from 03-31 to 04-02; 3 changed its plan in April; 4 opened on the 1st, and was stopped and reopened in a day."""
    bills = "\n".join(f"        {s} | {m} | {c}" for s in (1, 2, 3, 4) for m, c in
                      (("2026-02-28", 1000), ("2026-03-31", 5000), ("2026-04-30", 3000), ("2026-05-31", 4000)) if s != 1 or m > "2026-03")
    spec({"subscribers": """
          | snapshot_on | activated_on | payment_kind | plan
        --+-------------+--------------+--------------+-----
        1 | 2026-05-31  | 2026-03-15   | postpaid     | A
        2 | 2026-05-31  | 2020-01-01   | postpaid     | A
        3 | 2026-05-31  | 2020-01-01   | postpaid     | B
        3 | 2026-04-30  | 2020-01-01   | postpaid     | B
        3 | 2026-03-31  | 2020-01-01   | postpaid     | A
        4 | 2026-05-31  | 2026-03-01   | postpaid     | A
    """, "status_changes": """
          | happened_at         | status       | reason
        --+---------------------+--------------+--------
        2 | 2026-03-31 10:00:00 | one_way_stop | arrears
        2 | 2026-04-02 10:00:00 | open         |
        4 | 2026-05-10 10:00:00 | one_way_stop | arrears
        4 | 2026-05-10 12:00:00 | open         |
    """, "bills": "      | bill_month | total_cents\n    --+---\n" + bills},
         regular_bills_6m={1: 2, 2: 2, 3: 3, 4: 4}, bill_range_ratio_6m={1: None, 2: None, 3: 5.0, 4: 5.0},
         bill_usual={1: 3000.0, 2: 1000.0, 3: 3000.0, 4: 3000.0}, bill_step_mean_6m={1: 1000.0, 2: None, 3: 4000.0, 4: 7000 / 3})


def test_shock_is_the_last_bill_over_the_median_of_the_regular_ones_before(spec):
    """Subscriber 1's four bills before: 10, 20, 40, 50 yuan, median 30. Subscriber 2's three: 20. Subscriber 3 had only free months."""
    spec({"subscribers": LINE, "bills": """
          | bill_month | total_cents
        --+------------+------------
        1 | 2026-05-31 | 4500
        1 | 2026-04-30 | 5000
        1 | 2026-03-31 | 1000
        1 | 2026-02-28 | 4000
        1 | 2026-01-31 | 2000
        6 | 2026-05-31 | 4000
        6 | 2026-04-30 | 5000
        6 | 2026-03-31 | 1000
        6 | 2025-12-31 | 90000
        2 | 2026-05-31 | 2999
        2 | 2026-04-30 | 2000
        2 | 2026-03-31 | 9000
        2 | 2026-02-28 | 1000
        3 | 2026-05-31 | 1000
        3 | 2026-04-30 |
        4 | 2026-05-31 | 1000
        5 | 2026-04-30 | 1000
    """},
         bill_usual={1: 3000.0, 2: 2000.0, 3: 0.0, 4: None, 5: 1000.0}, bill_shock_ratio={1: 1.5, 2: 1.4995, 3: None, 4: None, 5: None},
         is_bill_shock={1: 1, 2: 0, 3: None, 4: None}, bill_over_usual={1: 1500.0, 2: 999.0, 3: 1000.0, 4: None, 5: None},
         bill_drop_ratio={1: 4500 * 3 / 10000, 2: 2999 / 4000, 3: None, 4: None, 5: None},
         earlier_bill_ratio={1: 5000 * 3 / 7000, 6: 5.0, 2: 2000 * 2 / 10000, 3: None, 4: None, 5: None})


def test_parts_are_shares_of_the_total_and_null_when_nothing_was_billed(spec):
    spec({"subscribers": LINE, "bills": """
          | bill_month | total_cents | plan_cents | overage_voice_cents | overage_data_cents | overage_sms_cents | value_added_cents | third_party_cents | discount_cents
        --+------------+-------------+------------+---------------------+--------------------+-------------------+-------------------+-------------------+---------------
        1 | 2026-05-31 | 10000       | 5000       | 1000                | 2000               | 500               | 1000              | 2500              | 2500
        1 | 2026-04-30 | 5000        | 4000       |                     | 500                |                   |                   |                   | 3000
        1 | 2026-03-31 | 5000        | 4000       |                     |                    |                   |                   | 500               | 3000
        1 | 2026-02-28 | 5000        | 4000       |                     | 900                |                   |                   |                   | 4500
        1 | 2026-01-31 | 5000        | 4000       |                     |                    |                   |                   |                   | 9000
        2 | 2026-05-31 | 0           | 3000       | 1                   |                    |                   |                   |                   | 3000
        3 | 2026-04-30 | 100         |            |                     | 100                |                   |                   |                   |
        4 | 2026-05-31 | -500        |            | 10                  |                    |                   |                   |                   |
        4 | 2026-04-30 | 500         |            | 10                  |                    |                   |                   |                   |
        4 | 2026-02-28 | 500         |            | 10                  |                    |                   |                   |                   |
    """},
         overage_share_1m={1: 0.35, 2: None, 3: None, 4: None}, overage_share_3m={1: 0.2, 2: None, 3: 1.0},
         overage_last={1: 3500, 2: 1, 3: None}, overage_data_last={1: 2000, 2: 0, 3: None}, over_plan_months={1: 2, 2: 1, 3: 0, 4: 2, 5: 0},
         value_added_share_1m={1: 0.1, 2: None}, value_added_share_3m={1: 0.05}, third_party_share_1m={1: 0.25, 2: None}, third_party_share_3m={1: 0.15},
         discount_share_1m={1: 0.2, 2: 1.0, 3: None, 5: None}, discount_share_3m={1: 8500 / 28500, 2: 1.0},
         discount_drop={1: 1000.0, 2: None, 3: None}, plan_fee_rise={1: 1000, 2: None, 3: None, 4: 0})
