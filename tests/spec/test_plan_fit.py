# ruff: noqa: E501 - a little table is as wide as its columns
"""Plans against use. The as-of date is 2026-06-01; the last month begins on 05-01, three months on 03-01."""

PLANS = """
   plan  | fee_cents | voice_minutes | data_mb | generation | valid_from | valid_to
    -----+-----------+---------------+---------+------------+------------+-----------
   small | 1900      | 100           | 1000    | 3G         |            |
   large | 9900      | 1000          | 30000   | 4G         | 2026-05-31 |
   large | 3900      | 500           | 10000   | 5G         |            | 2026-05-31
   next  | 100       | 1000          | 30000   | 5G         | 2026-06-01 |
   gone  | 100       | 1000          | 30000   | 5G         | 2020-01-01 | 2026-05-31
   dumb  | 500       |               | 0       |            | 2020-01-01 |
   dumb  | 400       | 700           | 900     | 3G         | 2019-01-01 |
"""
LINES = """
      | snapshot_on | activated_on | payment_kind | plan
    --+-------------+--------------+--------------+------
    1 | 2026-05-31  | 2020-01-01   | postpaid     | small
    2 | 2026-05-31  | 2020-01-01   | postpaid     | large
    3 | 2026-05-31  | 2020-01-01   | postpaid     | gone
    4 | 2026-05-31  | 2020-01-01   | postpaid     | dumb
    5 | 2026-05-31  | 2020-01-01   | postpaid     |
"""


def test_use_is_compared_with_the_plan_as_it_was_on_the_last_day(spec):
    """1 used half of the minutes in May and 9/10 of the data; 2's plan changed on 05-31; 3's ended on that day; 4's holds nothing; 5 has none."""
    spec({"plans": PLANS, "subscribers": LINES, "usage_daily": """
          | day        | out_s
        --+------------+------
        1 | 2026-06-01 | 9000
        1 | 2026-05-31 | 1800
        1 | 2026-05-01 | 1200
        1 | 2026-04-30 | 600
        1 | 2026-03-01 | 1800
        1 | 2026-02-28 | 9000
        4 | 2026-05-31 | 60
    """, "data_daily": """
          | day        | bytes
        --+------------+-----------
        1 | 2026-05-01 | 900000000
        1 | 2026-04-30 | 600000000
        1 | 2026-03-01 | 150000000
        1 | 2026-02-28 | 900000000
        4 | 2026-05-31 | 1
    """},
         plan_fee={1: 1900, 2: 9900, 3: None, 4: 500, 5: None, 6: None}, plan_generation={1: 3, 2: 4, 3: None, 4: None, 5: None},
         voice_utilisation_1m={1: 0.5, 2: 0.0, 3: None, 4: None, 5: None, 6: None}, voice_utilisation_3m={1: 0.3, 2: 0.0, 4: None},
         data_utilisation_1m={1: 0.9, 2: 0.0, 3: None, 4: None, 5: None, 6: None}, data_utilisation_3m={1: 0.55, 2: 0.0, 4: None})


def test_the_cheapest_plan_is_one_that_holds_the_use_of_three_months(spec):
    """1 needs 100 minutes a month, just what the small plan holds; 2 a byte more than it holds; 3 needs nothing, 4 more than any plan; 5 has an old bill only.

    6 came in May and called for 101 minutes.
    """
    spec({"plans": PLANS, "subscribers": LINES, "bills": """
          | bill_month | total_cents
        --+------------+------------
        1 | 2026-05-31 | 5000
        1 | 2026-04-30 | 4500
        1 | 2026-03-31 | 4000
        1 | 2026-02-28 | 99900
        2 | 2026-05-31 | 9900
        3 | 2026-04-30 | 300
        4 | 2026-05-31 | 9900
        5 | 2026-02-28 | 9900
        6 | 2026-05-31 | 9900
    """, "usage_daily": """
          | day        | out_s
        --+------------+---------
        6 | 2026-05-31 | 6060
        1 | 2026-05-31 | 18000
        1 | 2026-02-28 | 18000
        4 | 2026-05-31 | 99000000
    """, "data_daily": """
          | day        | bytes
        --+------------+-----------
        2 | 2026-03-01 | 1000000001
    """},
         overspend_vs_best_plan_3m={1: 2600.0, 2: 0.0, 3: -200.0, 4: None, 5: None, 6: 0.0, 7: None})


def test_a_handset_is_ahead_of_a_plan_by_generations(spec):
    spec({"plans": PLANS, "subscribers": LINES, "handsets": """
       tac | brand | model | generation
        ---+-------+-------+-----------
        u5 | Orbit | Max5  | 5G
        u2 | Maple | A1    | 2G
    """, "devices_monthly": """
          | tac | month   | first_day  | last_day   | legs
        --+-----+---------+------------+------------+-----
        1 | u5  | 2026-05 | 2026-05-10 | 2026-05-31 | 5
        2 | u2  | 2026-05 | 2026-05-10 | 2026-05-31 | 5
        4 | u5  | 2026-05 | 2026-05-10 | 2026-05-31 | 5
    """}, handset_ahead_of_plan={1: 2, 2: -2, 3: None, 4: None})
