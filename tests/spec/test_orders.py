# ruff: noqa: E501 - a little table is as wide as its columns
"""Orders. The as-of date is 2026-06-01; 90 days begin on 03-03, 365 on 2025-06-01."""


def test_orders_are_counted_once_however_often_they_are_sent(spec):
    """1's contract came twice, what it took on the as-of day is not known, nor what came too late; 2's are on the edges."""
    spec({"orders": """
          | happened_at         | product | kind        | is_trial | binds_tenure | received_at
        --+---------------------+---------+-------------+----------+--------------+--------------------
        1 | 2026-05-01 09:00:00 | x       | contract    | no       |              |
        1 | 2026-05-01 09:00:00 | x       | contract    | no       |              | 2026-05-03 09:00:00
        1 | 2026-04-01 09:00:00 | y       | value_added | yes      | no           |
        1 | 2026-06-01 00:00:00 | x       | contract    | yes      | yes          |
        1 | 2026-05-20 09:00:00 | x       | contract    | yes      | yes          | 2026-06-05 00:00:00
        2 | 2026-03-03 00:00:00 | z       | promotion   | yes      | yes          |
        2 | 2026-03-02 23:59:59 | z       | plan        | yes      |              |
        2 | 2025-06-01 00:00:00 | x       | contract    |          |              |
        2 | 2025-05-31 23:59:59 | x       | contract    |          |              |
        3 | 2026-05-01 09:00:00 | z       | plan        |          |              |
    """},
         orders_taken_90d={1: 2, 2: 1, 3: 1, 4: 0}, orders_taken_365d={1: 2, 2: 3, 4: 0}, binding_orders_365d={1: 1, 2: 2, 3: 0, 4: 0},
         days_since_binding_order={1: 31, 2: 90, 3: None, 4: None}, trials_90d={1: 1, 2: 1, 3: 0, 4: 0})


def test_an_order_has_ended_when_its_last_day_has_passed(spec):
    """1's discount ended on 05-31, 2's ends on the as-of day, 3's ended and another runs, 4's was ended early, 5's ended 91 days ago.

    6 had none; 8's was to end on 05-20, and ended a month before.
    """
    spec({"orders": """
          | happened_at         | product | kind        | ends_on    | received_at
        --+---------------------+---------+-------------+------------+--------------------
        1 | 2026-01-01 09:00:00 | x       | promotion   | 2026-05-31 |
        1 | 2025-07-01 09:00:00 | x       | promotion   | 2026-03-03 |
        2 | 2026-01-01 09:00:00 | x       | promotion   | 2026-06-01 |
        3 | 2026-01-01 09:00:00 | x       | promotion   | 2026-05-31 |
        3 | 2026-05-31 09:00:00 | x       | promotion   |            |
        4 | 2026-01-01 09:00:00 | x       | promotion   | 2027-12-31 |
        4 | 2026-01-01 09:00:00 | x       | promotion   | 2026-05-20 | 2026-05-21 09:00:00
        5 | 2026-01-01 09:00:00 | x       | promotion   | 2026-03-02 |
        8 | 2026-01-01 09:00:00 | x       | promotion   | 2026-05-20 |
        8 | 2026-01-01 09:00:00 | x       | promotion   | 2026-04-20 | 2026-04-21 09:00:00
        6 | 2026-01-01 09:00:00 | x       | value_added | 2026-04-01 |
    """},
         ended_orders_90d={1: 2, 2: 0, 3: 1, 4: 1, 5: 0, 6: 1, 7: 0},
         days_since_discount_end={1: 1, 2: None, 3: None, 4: 12, 5: 91, 6: None, 7: None, 8: 42})


def test_a_handset_is_bought_on_ones_own_if_no_contract_came_with_it(spec):
    """All changed on 05-10: 1 with nothing, 2 with a contract 60 days before, 3 with one 61 days before, 4 with a bundle 7 days after, 5 with one 8 days after.

    6 took a mere plan; 7 did not change.
    """
    rows = [f"{who} | {tac} | {month} | {month}-10 | {month}-10 | 3\n" for who in range(1, 8)
            for tac, month in (("v1", "2026-01"), ("v2" if who < 7 else "v1", "2026-05"))]
    spec({"handsets": """
       tac | brand | model
        ---+-------+------
        v1 | Orbit | Max4
        v2 | Orbit | Max5
    """, "devices_monthly": " | tac | month | first_day | last_day | legs\n--+\n" + "".join(rows), "orders": """
          | happened_at         | product | kind     | binds_tenure
        --+---------------------+---------+----------+-------------
        2 | 2026-03-11 00:00:00 | x       | contract |
        3 | 2026-03-10 23:59:59 | x       | contract |
        4 | 2026-05-17 23:59:59 | x       | bundle   |
        5 | 2026-05-18 00:00:00 | x       | bundle   |
        6 | 2026-05-10 09:00:00 | x       | plan     | no
        7 | 2026-05-10 09:00:00 | x       | plan     | yes
    """}, is_handset_own_purchased={1: 1, 2: 0, 3: 1, 4: 0, 5: 1, 6: 1, 7: None, 8: None})
