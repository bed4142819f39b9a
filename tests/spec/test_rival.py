"""Contact with rivals, and with this operator's own care line. The as-of date is 2026-06-01."""


def test_rival_usage_is_summed_over_half_open_windows(spec):
    spec({"usage_daily": """
          | day        | out_s | rival_s | rival_calls | rival_care_calls | care_calls
        --+------------+-------+---------+-------------+------------------+-----------
        1 | 2026-06-01 | 600   | 600     | 1           | 1                | 1
        1 | 2026-05-31 | 60    | 60      | 1           |                  |
        1 | 2026-05-02 | 60    | 30      | 1           | 1                | 1
        1 | 2026-05-01 | 120   | 30      | 1           | 1                | 1
        1 | 2026-04-01 | 120   | 0       |             | 1                | 1
        1 | 2026-03-03 | 240   | 240     | 1           |                  | 1
        1 | 2026-03-02 | 240   | 240     | 1           |                  | 1
        2 | 2026-05-02 | 60    |         |             |                  |
        3 | 2025-12-03 |       |         |             | 1                |
        4 | 2025-12-02 |       |         |             | 1                |
    """},
         rival_minutes_30d={1: 1.5, 2: 0, 5: 0}, rival_minutes_90d={1: 6.0}, rival_calls_30d={1: 2, 2: 0}, rival_calls_90d={1: 4},
         rival_minutes_share_30d={1: 0.75, 2: 0.0, 5: None}, rival_minutes_share_90d={1: 360 / 600}, rival_share_rise_30d={1: 0.5, 2: None, 5: None},
         rival_care_calls_30d={1: 1, 2: 0}, rival_care_calls_60d={1: 2}, rival_care_calls_15d={1: 0}, rival_care_calls_90d={1: 3},
         days_since_first_rival_care_90d={1: 61, 2: None, 3: None},
         days_since_rival_care={1: 30, 2: None, 3: 180, 4: None},
         own_care_calls_30d={1: 1, 2: 0}, own_care_calls_90d={1: 4})


def test_the_share_of_rival_contacts_leaves_fixed_lines_out(spec):
    spec({"contacts_monthly": """
          | other_party | month   | network     | out_calls
        --+-------------+---------+-------------+----------
        1 | pa          | 2026-05 | rival:other | 1
        1 | pb          | 2026-05 | own         | 1
        1 | pc          | 2026-05 | fixed       | 1
        1 | pd          | 2026-03 | rival:third | 1
        1 | pe          | 2026-02 | rival:third | 1
        2 | pc          | 2026-05 | fixed       | 1
    """}, rival_contacts_share_1m={1: 0.5, 2: None, 3: None}, rival_contacts_share_3m={1: 2 / 3, 2: None})


def test_a_contact_is_on_the_network_that_was_last_known(spec):
    """pa came to us, pb's network is not told any more; pc's month came in two deliveries, of which one tells it."""
    spec({"contacts_monthly": """
          | other_party | month   | known_from | network | out_calls | out_s
        --+-------------+---------+------------+---------+-----------+------
        1 | pa          | 2026-05 |            | own     | 1         | 60
        1 | pa          | 2026-04 |            | rival:b | 1         | 60
        2 | pb          | 2026-05 |            | unknown | 1         | 60
        2 | pb          | 2026-04 |            | rival:b | 1         | 60
        3 | pc          | 2026-04 | 2026-05    | rival:b | 1         | 60
        3 | pc          | 2026-04 | 2026-06    | unknown | 1         | 60
        4 | pd          | 2026-05 |            | unknown | 1         | 60
    """}, onnet_share_3m={1: 1.0, 2: 0.0}, rival_contacts_share_1m={1: 0.0, 2: 1.0, 4: None},
         top_rival={1: None, 2: "rival:b", 3: "rival:b", 4: None})


def test_requests_to_port_out_are_counted_over_half_open_windows(spec):
    """1 asked on every edge, and too late to be known; 2 half a year ago, 3 a day before that."""
    spec({"portability_requests": """
          | happened_at         | kind          | is_allowed | received_at
        --+---------------------+---------------+------------+--------------------
        1 | 2026-06-01 00:00:00 | authorisation | no         |
        1 | 2026-05-31 23:59:59 | authorisation | yes        |
        1 | 2026-05-31 00:00:00 | authorisation | no         |
        1 | 2026-05-30 23:59:59 | query         |            |
        1 | 2026-05-29 12:00:00 | query         | no         | 2026-06-05 00:00:00
        1 | 2026-05-02 00:00:00 | authorisation | yes        |
        1 | 2026-05-01 23:59:59 | authorisation | yes        |
        1 | 2026-05-01 23:59:59 | query         | yes        |
        1 | 2026-03-03 00:00:00 | query         | no         |
        1 | 2026-03-02 23:59:59 | query         | no         |
        2 | 2025-12-03 00:00:00 | query         | yes        |
        3 | 2025-12-02 23:59:59 | query         | yes        |
    """},
         port_queries_30d={1: 1, 2: 0, 4: 0}, port_queries_90d={1: 3, 2: 0}, port_authorisations_1d={1: 2, 2: 0},
         port_authorisations_30d={1: 3, 4: 0}, port_refusals_90d={1: 2, 2: 0, 4: 0}, days_since_port_request={1: 1, 2: 180, 3: None, 4: None})


def test_the_top_rival_is_the_one_talked_with_most_in_three_months(spec):
    """1 talked more with third in the last month, with other in three; 2's two are alike; 3 talked with a rival before that, 4 texted one."""
    spec({"contacts_monthly": """
          | other_party | month   | known_from | network     | out_calls | out_s | in_answered | in_s | sms_out
        --+-------------+---------+------------+-------------+-----------+-------+-------------+------+--------
        1 | pa          | 2026-05 |            | rival:other | 1         | 60    |             |      |
        1 | pb          | 2026-03 |            | rival:other | 1         | 60    | 1           | 120  |
        1 | pc          | 2026-05 |            | rival:third | 1         | 90    | 1           | 90   |
        1 | pd          | 2026-05 | 2026-07    | rival:third | 9         | 999   |             |      |
        1 | pe          | 2026-05 |            | own         | 9         | 999   |             |      |
        2 | pa          | 2026-04 |            | rival:third | 1         | 60    |             |      |
        2 | pb          | 2026-04 |            | rival:other | 1         | 60    |             |      |
        3 | pa          | 2026-02 |            | rival:other | 1         | 60    |             |      |
        4 | pa          | 2026-05 |            | rival:other |           |       |             |      | 1
    """},
         top_rival={1: "rival:other", 2: "rival:other", 3: None, 4: None, 5: None}, top_rival_minutes_1m={1: 1.0, 2: 0.0, 3: 0, 5: 0},
         top_rival_minutes_3m={1: 4.0, 2: 1.0, 3: 0, 4: 0, 5: 0})
