# ruff: noqa: E501 - a little table is as wide as its columns
"""Friends. The as-of date is 2026-06-01; 30 days begin on 05-02, 90 on 03-03."""

LINES = """
      | snapshot_on | activated_on | payment_kind | msisdn_party
    --+-------------+--------------+--------------+-------------
    1 | 2026-05-31  | 2020-01-01   | prepaid      | p1
    2 | 2026-04-30  | 2020-01-01   | prepaid      | p2
    3 | 2026-02-28  | 2020-01-01   | prepaid      | p3
    4 | 2026-05-31  | 2020-01-01   | prepaid      | p4
    5 | 2026-05-31  | 2020-01-01   | prepaid      | p5
    6 | 2026-01-31  | 2020-01-01   | prepaid      | p6
    7 | 2026-05-31  | 2026-04-01   | prepaid      | p6
"""
CHANGES = """
      | happened_at         | status     | received_at
    --+---------------------+------------+--------------------
    2 | 2026-05-02 08:00:00 | ported_out |
    3 | 2026-03-03 08:00:00 | cancelled  |
    4 | 2026-05-30 08:00:00 | cancelled  | 2026-06-05 00:00:00
    6 | 2026-02-10 08:00:00 | cancelled  |
"""
USAGE = """
      | day        | own_events
    --+------------+-----------
    4 | 2026-05-31 | 1
    5 | 2026-05-01 | 1
    5 | 2026-03-20 | 1
    5 | 2026-05-20 | 0
    7 | 2026-05-31 | 1
"""


def test_contacts_who_left_count_only_once_that_was_known(spec):
    """Of the contacts of subscriber 1: 2 ported out, 3 was cancelled, 5 is silent since 05-02, 4's leaving came too late, 6's number is 7's now, one is elsewhere."""
    spec({"subscribers": LINES, "status_changes": CHANGES, "usage_daily": USAGE, "contacts_monthly": """
          | other_party | month   | network | out_calls
        --+-------------+---------+---------+----------
        1 | p2          | 2026-04 | own     | 6
        1 | p3          | 2026-03 | own     | 1
        1 | p4          | 2026-05 | own     | 2
        1 | p5          | 2026-05 | own     | 1
        1 | p6          | 2026-05 | own     | 2
        1 | p8          | 2026-05 | own     | 5
        4 | p1          | 2026-05 | own     | 1
        5 | p2          | 2026-02 | own     | 1
    """},
         left_contacts_30d={1: 2, 4: 0, 5: 0, 7: 0}, left_contacts_60d={1: 2, 4: 0, 5: 0}, left_contacts_90d={1: 3, 4: 0, 5: 0},
         left_contacts_share_60d={1: 2 / 5, 4: 0.0, 5: None}, left_contacts_share_90d={1: 3 / 5, 4: 0.0, 5: None}, churn_influence_90d={1: 8 / 12, 4: 0.0, 5: None},
         is_strongest_tie_gone={1: 1, 4: 0, 5: 0}, days_since_strongest_tie_left={1: 30, 4: None, 5: None}, days_since_contact_left_90d={1: 30, 4: None, 5: None})


def test_a_tie_that_is_not_the_strongest_is_no_strongest_tie(spec):
    spec({"subscribers": LINES, "status_changes": CHANGES, "usage_daily": USAGE, "contacts_monthly": """
          | other_party | month   | network | out_calls
        --+-------------+---------+---------+----------
        1 | p2          | 2026-05 | own     | 2
        1 | p7          | 2026-05 | own     | 5
    """}, left_contacts_30d={1: 1}, is_strongest_tie_gone={1: 0}, days_since_strongest_tie_left={1: None})


def test_ties_vanish_with_fourteen_days_of_silence_and_for_sixty_days(spec):
    """2 is silent for 14 days, 3 for 13; 4 gave notice 60 days ago, 5 so many and one. 1 to 4 and 6 have no other ties: a share is no more than all."""
    spec({"subscribers": LINES, "status_changes": """
          | happened_at         | status        | reason
        --+---------------------+---------------+------------
        4 | 2026-04-02 08:00:00 | pre_cancelled | voluntary
        5 | 2026-04-01 08:00:00 | pre_cancelled | voluntary
    """, "usage_daily": """
          | day        | own_events
        --+------------+-----------
        2 | 2026-05-17 | 1
        2 | 2026-04-17 | 1
        3 | 2026-05-18 | 1
    """, "contacts_monthly": """
          | other_party | month   | network | out_calls
        --+-------------+---------+---------+----------
        1 | p2          | 2026-05 | own     | 1
        1 | p9          | 2026-05 | own     | 3
        2 | p3          | 2026-05 | own     | 1
        3 | p4          | 2026-03 | own     | 1
        4 | p5          | 2026-03 | own     | 1
        6 | p2          | 2026-05 | own     | 1
        6 | p4          | 2026-03 | own     | 1
    """},
         vanished_ties_share_60d={1: 0.283018, 2: 0, 3: 1.0, 4: 0, 6: 1.0}, lost_ties_share_60d={1: 0, 2: 0, 3: 1.0, 4: 0, 6: 1.0}, lost_ties_share_30d={3: 0})


def test_lost_ties_are_shares_of_all_contact_while_they_lasted(spec):
    """Subscriber 1 had 40 events: 10 with 2, who gave notice 20 days ago and was there for 100 of 120 days; 4 with 3, cut off for arrears;
    6 with 4, silent for 16 days; 5 with 5, silent as long, but stopped on request; 3 with 7, gone 61 days ago; 2 with 6, who came back; 10 elsewhere."""
    spec({"subscribers": LINES.replace("7 | 2026-05-31  | 2026-04-01   | prepaid      | p6", "7 | 2026-03-31  | 2020-01-01   | prepaid      | p7"),
          "status_changes": """
          | happened_at         | status        | reason
        --+---------------------+---------------+------------
        2 | 2026-05-12 08:00:00 | pre_cancelled | voluntary
        2 | 2026-05-31 08:00:00 | cancelled     | voluntary
        3 | 2026-05-20 08:00:00 | cancelled     | arrears
        5 | 2026-05-16 08:00:00 | two_way_stop  | keep_number
        6 | 2026-05-20 08:00:00 | pre_cancelled | voluntary
        6 | 2026-05-25 08:00:00 | open          | voluntary
        7 | 2026-04-01 08:00:00 | ported_out    | voluntary
    """, "usage_daily": """
          | day        | own_events
        --+------------+-----------
        2 | 2026-05-31 | 1
        4 | 2026-05-15 | 1
        5 | 2026-05-15 | 1
        6 | 2026-05-31 | 1
    """, "contacts_monthly": """
          | other_party | month   | network | out_calls
        --+-------------+---------+---------+----------
        1 | p2          | 2026-05 | own     | 4
        1 | p2          | 2026-02 | own     | 6
        1 | p3          | 2026-04 | own     | 4
        1 | p4          | 2026-04 | own     | 6
        1 | p5          | 2026-04 | own     | 5
        1 | p6          | 2026-05 | own     | 2
        1 | p7          | 2026-03 | own     | 3
        1 | p9          | 2026-05 | rival:b | 10
        4 | p2          | 2026-02 | own     | 9
        4 | p9          | 2026-05 | own     | 9
    """},
         lost_ties_share_30d={1: 10 / 40 * 120 / 100, 4: 0, 5: 0}, lost_ties_share_60d={1: 10 / 40 * 120 / 100},
         vanished_ties_share_60d={1: 10 / 40 * 120 / 100 + 0.173076, 4: 0, 5: 0})


def test_ties_are_shares_of_all_contact(spec):
    spec({"contacts_monthly": """
          | other_party | month   | network | out_calls | out_s | in_answered | in_s | sms_out
        --+-------------+---------+---------+-----------+-------+-------------+------+--------
        1 | pa          | 2026-05 | own     | 3         | 60    | 1           | 30   |
        1 | pb          | 2026-04 | rival:b | 2         | 90    |             |      |
        1 | pc          | 2026-03 | own     |           |       | 1           | 20   |
        1 | pd          | 2026-03 | fixed   |           |       |             |      | 1
        1 | pe          | 2026-02 | own     | 9         | 900   |             |      |
        2 | pa          | 2026-05 | own     |           |       |             |      | 1
    """},
         onnet_share_1m={1: 1.0, 2: None, 3: None}, onnet_share_3m={1: 110 / 200, 2: None}, reciprocal_contacts_share_3m={1: 1 / 4, 2: 0.0, 3: None},
         top_tie_share_3m={1: 4 / 8, 2: 1.0, 3: None}, top_three_ties_share_3m={1: 7 / 8, 2: 1.0, 3: None},
         contact_concentration_3m={1: (16 + 4 + 1 + 1) / 64, 2: 1.0, 3: None})


def test_contacts_are_ported_away_by_their_last_porting(spec):
    """pa went to b in the window, pb to c, pc to b half a year ago, pd a day before that; pe came to us after b; pf's is not known yet."""
    spec({"contacts_monthly": """
          | other_party | month   | out_calls
        --+-------------+---------+----------
        1 | pa          | 2026-05 | 1
        1 | pb          | 2026-05 | 1
        1 | pc          | 2026-02 | 1
        1 | pd          | 2026-05 | 1
        1 | pe          | 2026-05 | 1
        1 | pf          | 2026-05 | 1
        1 | pg          | 2026-05 |
        2 | pb          | 2026-05 | 1
        2 | pc          | 2026-05 | 1
        3 | pe          | 2026-05 | 1
    """, "portings": """
     msisdn | happened_at         | to_operator | received_at
        ----+---------------------+-------------+--------------------
         pa | 2026-03-03 00:00:00 | b           |
         pa | 2026-03-03 00:00:00 | b           | 2026-05-02 00:00:00
         pb | 2026-05-31 12:00:00 | c           |
         pc | 2025-12-03 00:00:00 | b           |
         pd | 2025-12-02 23:59:59 | b           |
         pe | 2026-04-01 12:00:00 | b           |
         pe | 2026-05-01 12:00:00 | own         |
         pf | 2026-06-01 00:00:00 | b           |
         pg | 2026-05-01 00:00:00 | b           |
    """},
         ported_contacts_90d={1: 2, 2: 1, 3: 0, 4: 0}, ported_contacts_180d={1: 3, 2: 2, 3: 0, 4: 0}, ported_contacts_share_180d={1: 0.5, 2: 1.0, 3: 0.0, 4: None},
         ported_to_one_share_180d={1: 2 / 3, 2: 0.5, 3: None, 4: None}, ported_to={1: "b", 2: "b", 3: None, 4: None})
