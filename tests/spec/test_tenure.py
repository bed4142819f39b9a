# ruff: noqa: E501 - a little table is as wide as its columns
"""Tenure and contract. The as-of date is 2026-06-01."""


def test_tenure_is_counted_from_activation_in_the_last_snapshot(spec):
    spec({"subscribers": """
          | snapshot_on | activated_on | payment_kind  | plan | branch  | activation_channel | credit_limit_cents | has_autopay | is_key_account | bundle | group_key | received_at
        --+-------------+--------------+---------------+------+---------+--------------------+--------------------+-------------+----------------+--------+-----------+--------------------
        1 | 2026-05-31  | 2026-03-04   | postpaid      | B    | 省/市/乙 | shop               | 5000               | yes         | no             | family | c1        |
        1 | 2026-04-30  | 2026-03-04   | postpaid      | A    | 省/市/甲 | dealer             | 100                | no          | yes            |        |           |
        1 | 2026-06-01  | 2026-03-04   | postpaid      | C    | 省/市/丙 | dealer             | 100                | no          | yes            |        |           |
        2 | 2026-05-31  | 2026-03-03   | prepaid       | A    | 省/市/甲 |                    |                    |             |                |        |           |
        3 | 2026-05-31  | 2025-12-04   | quasi_prepaid | A    | 省/市/甲 |                    |                    |             |                |        |           |
        4 | 2026-05-31  | 2025-12-03   | prepaid       | A    | 省/市/甲 |                    |                    |             |                |        |           |
        5 | 2026-05-31  | 2025-12-03   | prepaid       | A    | 省/市/甲 |                    |                    |             |                |        |           | 2026-06-05 00:00:00
    """},
         tenure_days={1: 89, 2: 90, 3: 179, 4: 180, 5: None}, is_first_90_days={1: 1, 2: 0, 5: None}, is_first_180_days={1: 1, 3: 1, 4: 0, 5: None},
         plan={1: "B", 5: None}, branch={1: "省/市/乙", 5: None}, payment_kind={1: "postpaid", 3: "quasi_prepaid", 5: None},
         activation_channel={1: "shop", 2: None}, credit_limit={1: 5000, 2: None}, has_autopay={1: 1, 2: None, 5: None},
         is_key_account={1: 0, 2: None}, has_bundle={1: 1, 2: 0, 5: 0}, is_in_group={1: 1, 2: 0, 5: 0})


def test_a_contract_ends_with_its_last_day(spec):
    """1 ends on the as-of day, 2 ended the day before, 3 has none, 4 runs to the end of August of 365 days from 2025-09-01, 5 ends with June."""
    spec({"subscribers": """
          | snapshot_on | activated_on | payment_kind | contract_start_on | contract_end_on | contract_kind | has_minimum_spend
        --+-------------+--------------+--------------+-------------------+-----------------+---------------+------------------
        1 | 2026-05-31  | 2020-01-01   | postpaid     | 2026-05-03        | 2026-06-01      | handset       | yes
        2 | 2026-05-31  | 2020-01-01   | postpaid     | 2024-06-01        | 2026-05-31      | rebate        | no
        3 | 2026-05-31  | 2020-01-01   | postpaid     |                   |                 |               |
        4 | 2026-05-31  | 2020-01-01   | postpaid     | 2025-09-01        | 2026-08-31      | rebate        |
        5 | 2026-05-31  | 2020-01-01   | postpaid     |                   | 2026-06-30      | rebate        |
    """},
         days_to_contract_end={1: 0, 2: None, 3: None, 4: 91, 6: None}, contract_expired_days={1: None, 2: 1, 3: None, 4: None, 6: None},
         contract_end_days={1: 0, 2: -1, 3: None, 4: 91, 6: None},
         has_contract={1: 1, 2: 0, 3: 0, 4: 1, 6: 0}, lockin_months_left={1: 0, 2: 0, 3: 0, 4: 3, 5: 1, 6: 0},
         contract_share_left={1: 1 / 30, 2: 0.0, 3: None, 4: 92 / 365, 5: None}, contract_kind={1: "handset", 2: "rebate", 3: None},
         has_minimum_spend={1: 1, 2: 0, 3: None})


def test_renewals_and_changes_of_plan_show_between_snapshots_of_six_months(spec):
    """1 renewed by March and again by April, 2 signed a first contract, 3's shorter end is no renewal, 4's change of plan showed in November already."""
    spec({"subscribers": """
          | snapshot_on | activated_on | payment_kind | plan | contract_end_on
        --+-------------+--------------+--------------+------+----------------
        1 | 2026-05-31  | 2020-01-01   | postpaid     | C    | 2028-01-31
        1 | 2026-04-30  | 2020-01-01   | postpaid     | B    | 2028-01-31
        1 | 2026-03-31  | 2020-01-01   | postpaid     | B    | 2027-01-31
        1 | 2026-01-31  | 2020-01-01   | postpaid     | A    | 2026-01-31
        2 | 2026-05-31  | 2020-01-01   | postpaid     | A    | 2027-01-31
        2 | 2026-04-30  | 2020-01-01   | postpaid     | A    |
        3 | 2026-05-31  | 2020-01-01   | postpaid     | A    | 2026-07-31
        3 | 2026-04-30  | 2020-01-01   | postpaid     | A    | 2026-12-31
        4 | 2025-12-31  | 2020-01-01   | postpaid     | B    | 2027-01-31
        4 | 2025-11-30  | 2020-01-01   | postpaid     | B    | 2027-01-31
        5 | 2025-12-31  | 2020-01-01   | postpaid     | B    |
        5 | 2025-11-30  | 2020-01-01   | postpaid     | A    |
    """},
         renewals_6m={1: 2, 2: 1, 3: 0, 4: 0, 6: 0}, plan_changes_6m={1: 2, 2: 0, 4: 0, 5: 1, 6: 0},
         months_since_plan_change={1: 1, 2: None, 4: None, 5: 6, 6: None})


def test_lines_of_a_customer_are_those_of_the_same_snapshot(spec):
    spec({"subscribers": """
          | snapshot_on | activated_on | payment_kind | customer_key
        --+-------------+--------------+--------------+-------------
        1 | 2026-05-31  | 2020-01-01   | postpaid     | ca
        2 | 2026-05-31  | 2020-01-01   | postpaid     | ca
        3 | 2026-03-31  | 2020-01-01   | postpaid     | ca
        4 | 2026-05-31  | 2020-01-01   | postpaid     |
        5 | 2026-05-31  | 2020-01-01   | postpaid     |
    """}, customer_lines={1: 2, 2: 2, 3: 1, 4: 1, 6: 1})


def test_a_number_may_be_ported_when_nothing_holds_it(spec):
    """1 is free. Each other lacks one thing: 2 is stopped, 3 owes, 4 is bound, 5 is in its 120th day. 6, prepaid, cannot owe."""
    spec({"subscribers": """
          | snapshot_on | activated_on | payment_kind | contract_end_on
        --+-------------+--------------+--------------+----------------
        1 | 2026-05-31  | 2026-01-31   | postpaid     |
        2 | 2026-05-31  | 2020-01-01   | postpaid     |
        3 | 2026-05-31  | 2020-01-01   | postpaid     |
        4 | 2026-05-31  | 2020-01-01   | postpaid     | 2026-06-01
        5 | 2026-05-31  | 2026-02-01   | postpaid     |
        6 | 2026-05-31  | 2020-01-01   | prepaid      | 2026-05-31
    """, "status_changes": """
          | happened_at         | status       | reason
        --+---------------------+--------------+--------
        2 | 2026-05-30 10:00:00 | one_way_stop | arrears
    """, "bills": """
          | bill_month | due_at     | total_cents
        --+------------+------------+------------
        3 | 2026-04-30 | 2026-05-15 | 1
    """}, is_port_eligible={1: 1, 2: 0, 3: 0, 4: 0, 5: 0, 6: 1, 7: None})


def test_a_number_is_ported_in_since_the_line_was_opened(spec):
    """1's came the day before the line was opened, and a month ago once more; 2's a month before, for another holder; 3's went away; 4's is a year old, 5's a day more."""
    spec({"subscribers": """
          | snapshot_on | activated_on | payment_kind | msisdn_party
        --+-------------+--------------+--------------+-------------
        1 | 2026-05-31  | 2026-03-02   | postpaid     | p1
        2 | 2026-05-31  | 2026-03-02   | postpaid     | p2
        3 | 2026-05-31  | 2020-01-01   | postpaid     | p3
        4 | 2026-05-31  | 2020-01-01   | postpaid     | p4
        5 | 2026-05-31  | 2020-01-01   | postpaid     | p5
        6 | 2026-05-31  | 2026-03-02   | postpaid     | p6
    """, "portings": """
     msisdn | happened_at         | to_operator
        ----+---------------------+------------
         p1 | 2026-03-01 12:00:00 | own
         p2 | 2026-02-01 12:00:00 | own
         p3 | 2026-05-01 12:00:00 | b
         p4 | 2025-06-01 00:00:00 | own
         p5 | 2025-05-31 23:59:59 | own
         p6 | 2026-02-23 00:00:00 | own
         p4 | 2025-06-01 00:00:01 | own
         p1 | 2026-05-01 12:00:00 | own
         p6 | 2026-06-01 00:00:00 | own
    """}, days_since_ported_in={1: 31, 2: None, 3: None, 4: 365, 5: None, 6: 98})
