# ruff: noqa: E501 - a little table is as wide as its columns
"""Falls in use. The as-of date is 2026-06-01."""


def test_a_fall_is_where_the_days_before_and_after_differ_most(spec):
    """Subscriber 1 sent or called 20 times in the 20 days to 05-11, twice in the 20 days since, and was called 4 times before and twice after.

    At 05-12 the chi-square of a steady 22 in 40 days is (20*20 - 2*20)² / (22*20*20); forwarded legs alone make no day of use.
    Subscriber 2 uses the line more and more, 3 fell silent six days ago, 4 was seen for the first time 13 days before the silence, 6 14 days.
    """
    spec({"usage_daily": """
          | day        | out_calls | sms_out | in_calls | fwd_busy
        --+------------+-----------+---------+----------+---------
        1 | 2026-04-01 |           |         |          | 1
        1 | 2026-04-22 | 4         |         | 1        |
        1 | 2026-04-30 | 5         | 5       |          |
        1 | 2026-05-11 | 6         |         | 3        |
        1 | 2026-05-20 |           |         | 2        |
        1 | 2026-05-31 | 2         |         |          |
        2 | 2026-04-22 | 1         |         |          |
        2 | 2026-05-31 | 9         |         |          |
        3 | 2026-04-22 | 2         |         |          |
        3 | 2026-05-26 | 40        |         |          |
        4 | 2026-05-12 | 5         |         |          |
        4 | 2026-05-24 | 5         |         |          |
        6 | 2026-05-11 | 5         |         |          |
        6 | 2026-05-24 | 5         |         |          |
    """},
         outgoing_fall_evidence={1: 360 ** 2 / (22 * 20 * 20), 2: 0, 3: 0, 4: 0, 5: 0, 6: 70 ** 2 / (10 * 14 * 7)}, days_since_outgoing_fall={1: 20, 2: None, 3: None, 4: None, 5: None, 6: 7},
         outgoing_fall_ratio={1: 2 / 20, 2: None, 4: None}, incoming_fall_ratio={1: 2 / 4, 2: None, 4: None})


def test_a_line_gone_silent_fell_on_the_day_after_its_last_use(spec):
    spec({"usage_daily": """
          | day        | out_calls | in_calls
        --+------------+-----------+---------
        1 | 2026-04-25 | 10        |
        1 | 2026-05-24 | 20        |
        2 | 2025-12-02 | 99        | 9
        2 | 2025-12-03 | 3         | 1
        2 | 2025-12-20 | 3         |
        2 | 2026-05-31 | 1         | 1
    """},
         days_since_outgoing_fall={1: 7, 2: 162}, outgoing_fall_ratio={1: 0.0, 2: (1 / 162) / (6 / 18)}, incoming_fall_ratio={1: None, 2: (1 / 162) / (1 / 18)},
         outgoing_fall_evidence={1: 210 ** 2 / (30 * 30 * 7)})
