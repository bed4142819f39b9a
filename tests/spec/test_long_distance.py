"""Long distance through access codes. The as-of date is 2026-06-01."""

PLAN = """
   prefix | operator | kind
    ------+----------+------------
    17911 | b        | access_code
    17951 | own      | access_code
    139   | b        | mobile
"""
CODES = """
      | access_code | month   | known_from | calls | far_calls | out_s
    --+-------------+---------+------------+-------+-----------+------
    1 | 17911       | 2026-05 |            | 3     | 2         | 60
    1 | 17951       | 2026-05 |            | 1     |           | 600
    1 | 17911       | 2026-04 |            | 1     | 1         | 30
    1 | 17911       | 2026-03 |            | 1     | 1         | 30
    1 | 17911       | 2026-02 |            | 9     | 9         | 999
    1 | 17911       | 2026-05 | 2026-07    | 9     | 9         | 999
    1 | 17911       | 2026-06 |            | 9     | 9         | 999
    2 | 17951       | 2026-04 |            | 2     | 2         | 60
    4 | 139         | 2026-05 |            | 2     | 2         | 60
"""


def test_whose_an_access_code_is_the_number_plan_says(spec):
    spec({"access_codes_monthly": CODES, "number_plan": PLAN},
         rival_access_code_calls_1m={1: 3, 2: 0, 3: 0, 4: 0}, rival_access_code_calls_3m={1: 5, 2: 0, 3: 0},
         rival_access_code_minutes_1m={1: 1.0, 2: 0, 3: 0}, rival_access_code_minutes_3m={1: 2.0, 2: 0, 3: 0})


def test_calls_with_an_access_code_are_a_share_of_long_distance_calls(spec):
    """The calls with a code that are marked as far are among those of the day: 1 made 8 long-distance calls in May, two of the coded not marked.

    2 dialled no other in April, 3 made some without a code, 5's lie before three months.
    """
    spec({"access_codes_monthly": CODES, "usage_daily": """
          | day        | far_calls
        --+------------+----------
        1 | 2026-05-31 | 2
        1 | 2026-05-01 | 4
        1 | 2026-04-30 | 4
        1 | 2026-03-01 | 1
        1 | 2026-02-28 | 9
        2 | 2026-04-01 | 2
        3 | 2026-05-20 | 1
        5 | 2026-02-28 | 1
    """},
         access_code_share_1m={1: 4 / 8, 2: None, 3: 0.0, 5: None, 6: None}, access_code_share_3m={1: 6 / 13, 2: 1.0, 3: 0.0, 5: None, 6: None},
         access_code_share_rise_1m={1: 4 / 8 - 1 / 4, 2: None, 3: None, 6: None})
