# ruff: noqa: E501 - a little table is as wide as its columns
"""Care. The as-of date is 2026-06-01; 30 days begin on 05-02, 90 on 03-03, 365 on 2025-06-01; a complaint of 05-24 is eight days old."""


def test_complaints_are_counted_once_however_often_they_are_sent(spec):
    """1's complaint of April came again when it was resolved; its question is no complaint; that of the as-of day is not known. 2's are on the edges."""
    spec({"care_contacts": """
          | happened_at         | topic | level | resolved_at         | compensation_cents | received_at
        --+---------------------+-------+-------+---------------------+--------------------+--------------------
        1 | 2026-04-10 09:00:00 | bill  | 2     |                     |                    |
        1 | 2026-04-10 09:00:00 | bill  | 2     | 2026-05-10 09:00:00 | 3000               | 2026-05-10 10:00:00
        1 | 2026-05-20 09:00:00 | plan  | 0     |                     |                    |
        1 | 2026-06-01 00:00:00 | bill  | 3     |                     |                    |
        2 | 2026-03-03 00:00:00 | cover | 1     | 2026-03-03 01:00:00 | 500                |
        2 | 2026-03-02 23:59:59 | cover | 3     | 2026-03-03 01:00:00 | 100                |
        2 | 2025-06-01 00:00:00 | bill  | 1     | 2025-06-02 00:00:00 |                    |
        2 | 2025-05-31 23:59:59 | bill  | 9     | 2025-06-02 00:00:00 | 900                |
        3 | 2026-05-02 00:00:00 | other |       |                     |                    |
        3 | 2026-05-01 23:59:59 | other |       |                     |                    |
        4 | 2026-05-31 23:59:59 | other | 1     |                     |                    |
    """},
         care_contacts_30d={1: 1, 2: 0, 3: 1, 4: 1, 5: 0}, care_contacts_90d={1: 2, 2: 1, 3: 2, 5: 0}, complaints_90d={1: 1, 2: 1, 3: 0, 5: 0},
         complaints_365d={1: 1, 2: 3, 3: 0, 5: 0}, complaint_level_90d={1: 2, 2: 1, 3: 0, 5: 0}, complaint_level_365d={1: 2, 2: 3, 5: 0},
         days_since_complaint={1: 52, 2: 90, 3: None, 4: 1, 5: None}, compensation_365d={1: 3000, 2: 600, 3: 0, 5: 0})


def test_a_complaint_is_open_until_it_is_known_to_be_resolved(spec):
    """1's are open, 2's is a week old, 3's was resolved on the as-of day and paid for, 4's on the day before, 5 asked a question."""
    spec({"care_contacts": """
          | happened_at         | topic | level | resolved_at         | compensation_cents | received_at
        --+---------------------+-------+-------+---------------------+--------------------+--------------------
        1 | 2026-05-24 23:59:59 | bill  | 1     |                     |                    |
        1 | 2026-05-23 09:00:00 | bill  | 1     |                     |                    |
        2 | 2026-05-25 00:00:00 | bill  | 1     |                     |                    |
        3 | 2026-05-01 09:00:00 | bill  | 1     | 2026-06-01 00:00:00 | 500                | 2026-06-02 09:00:00
        4 | 2026-05-01 09:00:00 | bill  | 1     | 2026-05-31 23:59:59 | 500                | 2026-06-02 09:00:00
        5 | 2026-05-01 09:00:00 | bill  | 0     |                     |                    |
    """},
         has_open_complaint={1: 1, 2: 0, 3: 1, 4: 0, 5: 0, 6: 0}, open_complaint_days={1: 9, 2: None, 3: 31, 4: None, 5: None, 6: None},
         compensation_365d={1: 0, 3: 0, 4: 500})
