# ruff: noqa: E501 - a little table is as wide as its columns
"""Handsets. The as-of date is 2026-06-01; 12 months begin with June 2025, 30 days on 05-02, 90 on 03-03."""

HANDSETS = """
   tac | brand | model | launched_on | generation | price_band | is_smartphone | is_dual_sim
    --+
    t1 | Orbit | Max5  | 2024-06-01  | 5G         | high       | yes           | yes
    t2 | Orbit | Max5  | 2024-06-01  | 5G         | high       | yes           | yes
    t3 | Maple | A1    | 2019-01-01  | 2G         | low        | no            | no
    t4 | Maple | A2    | 2026-06-02  | 4G         | mid        |               |
"""


def test_two_tacs_of_a_model_are_one_handset(spec):
    """Subscriber 1 uses both TACs of a Max5 by turns; 2 went from the A1 to the Max5 on 05-02; 3's two TACs are unknown; 4's model is not out yet."""
    spec({"handsets": HANDSETS, "devices_monthly": """
          | tac | month   | first_day  | last_day   | legs
        --+-----+---------+------------+------------+-----
        1 | t1  | 2025-06 | 2025-06-15 | 2025-06-20 | 3
        1 | t2  | 2026-03 | 2026-03-20 | 2026-03-20 | 1
        1 | t1  | 2026-05 | 2026-05-10 | 2026-05-31 | 5
        1 | t3  | 2025-05 | 2025-05-01 | 2025-05-31 | 9
        2 | t3  | 2026-02 | 2026-02-01 | 2026-02-28 | 9
        2 | t3  | 2026-05 | 2026-05-01 | 2026-05-01 | 1
        2 | t2  | 2026-05 | 2026-05-02 | 2026-05-30 | 3
        2 | t2  | 2026-06 | 2026-06-01 | 2026-06-30 | 3
        3 | t9  | 2026-04 | 2026-04-30 | 2026-04-30 | 2
        3 | t8  | 2025-12 | 2025-12-30 | 2025-12-30 | 2
        4 | t4  | 2026-05 | 2026-05-30 | 2026-05-30 | 2
    """},
         handset_age_days={1: 351, 2: 30, 3: 32, 5: None}, handset_model={1: "Max5", 2: "Max5", 3: None, 5: None}, handset_brand={1: "Orbit", 3: None, 5: None},
         handset_price_band={1: "high", 3: None, 4: "mid"}, handset_launch_age_months={1: 23, 3: None, 4: None, 5: None},
         radio_gap={1: 0, 3: None, 4: 1, 5: None}, is_smartphone={1: 1, 3: None, 4: None, 5: None}, is_dual_sim={1: 1, 3: None, 4: None},
         handset_models_used_12m={1: 1, 2: 2, 3: 2, 5: None}, is_handset_changed_30d={1: 0, 2: 1, 3: 0, 5: None},
         is_handset_changed_90d={1: 0, 2: 1, 5: None}, days_since_handset_change={1: None, 2: 30, 3: 32, 5: None},
         other_handset_share_1m={1: 0.0, 2: 0.25, 3: None, 5: None}, is_handset_put_back={1: 0, 2: 0, 5: None})


def test_the_current_model_is_the_one_used_last(spec):
    """1 came back to the A1 after trying a Max5; 2 used both on the last day, the A1 more; 3 changed 31 days ago, 4 changed 90 days ago, 5 changed 91 days ago."""
    spec({"handsets": HANDSETS, "devices_monthly": """
          | tac | month   | first_day  | last_day   | legs
        --+-----+---------+------------+------------+-----
        1 | t3  | 2026-01 | 2026-01-01 | 2026-01-31 | 9
        1 | t1  | 2026-03 | 2026-03-05 | 2026-04-20 | 9
        1 | t3  | 2026-05 | 2026-05-05 | 2026-05-20 | 9
        2 | t1  | 2026-05 | 2026-05-01 | 2026-05-31 | 2
        2 | t3  | 2026-05 | 2026-05-10 | 2026-05-31 | 3
        3 | t3  | 2026-04 | 2026-04-01 | 2026-04-30 | 3
        3 | t1  | 2026-05 | 2026-05-01 | 2026-05-31 | 3
        4 | t3  | 2026-03 | 2026-03-02 | 2026-03-02 | 3
        4 | t1  | 2026-03 | 2026-03-03 | 2026-05-31 | 3
        5 | t3  | 2026-03 | 2026-03-01 | 2026-03-01 | 3
        5 | t1  | 2026-03 | 2026-03-02 | 2026-05-31 | 3
    """},
         handset_model={1: "A1", 2: "A1", 3: "Max5"}, is_smartphone={1: 0}, is_dual_sim={1: 0}, radio_gap={1: 3}, handset_launch_age_months={1: 88},
         is_handset_put_back={1: 1, 2: 0, 3: 0}, is_handset_changed_30d={1: 0, 2: 1, 3: 0}, is_handset_changed_90d={1: 0, 3: 1, 4: 1, 5: 0},
         days_since_handset_change={1: None, 2: 22, 3: 31, 4: 90, 5: 91}, other_handset_share_1m={1: 0.0, 2: 0.4})


def test_lines_on_one_handset_are_those_that_used_it_in_three_months(spec):
    """ka was 1's, 2's and 3's, 3's before the three months; 1 also used kb alone; 4's use of kc became known too late, 5's lies beyond a year."""
    spec({"device_keys_monthly": """
          | device_key | month   | known_from | legs
        --+------------+---------+------------+-----
        1 | ka         | 2026-03 |            | 1
        1 | kb         | 2026-05 |            | 9
        2 | ka         | 2026-05 |            | 1
        2 | kc         | 2025-06 |            | 1
        3 | ka         | 2026-02 |            | 1
        3 | kd         | 2025-05 |            | 1
        4 | kc         | 2026-05 | 2026-07    | 1
        5 | kc         | 2025-05 |            | 1
        6 | kc         | 2026-05 |            | 1
    """},
         handsets_used_12m={1: 2, 2: 2, 3: 1, 4: None, 5: None, 6: 1, 7: None},
         lines_on_handset_3m={1: 2, 2: 2, 3: None, 4: None, 5: None, 6: 1, 7: None})


def test_what_more_than_fifty_lines_use_is_no_one_handset(spec):
    """ka is 50 lines', kz 51 lines'; 1 used both."""
    used = "".join(f"{n} | ka | 2026-05 | 1\n" for n in range(1, 51)) + "".join(f"{n} | kz | 2026-05 | 1\n" for n in (1, *range(51, 101)))
    spec({"device_keys_monthly": " | device_key | month | legs\n--+\n" + used}, lines_on_handset_3m={1: 50, 2: 50, 51: None},
         handsets_used_12m={1: 2, 2: 1, 51: 1})
