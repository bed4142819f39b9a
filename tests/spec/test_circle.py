"""The circle. The as-of date is 2026-06-01; the last month is May, three months begin with March."""
from math import log

import pytest

CONTACTS = """
      | other_party | month   | known_from | network | out_calls | in_answered | sms_out
    --+-------------+---------+------------+---------+-----------+-------------+--------
    1 | pa          | 2026-05 |            | own     | 1         | 1           |
    1 | pb          | 2026-05 |            | own     |           | 1           | 1
    1 | pc          | 2026-03 |            | own     |           | 4           |
    1 | pd          | 2026-02 |            | own     | 9         | 9           | 9
    1 | pe          | 2026-05 | 2026-07    | own     | 9         | 9           | 9
    1 | pf          | 2026-06 |            | own     | 9         | 9           | 9
    2 | pa          | 2026-03 |            | own     | 3         |             |
    3 | pa          | 2026-02 |            | own     | 3         |             |
    5 | pa          | 2026-05 |            | own     | 8         |             |
    5 | pb          | 2026-04 |            | own     | 1         |             |
    5 | pc          | 2026-03 |            | own     |           | 1           |
"""


def test_people_called_and_people_answered_are_counted_in_whole_months(spec):
    spec({"contacts_monthly": CONTACTS},
         people_called_1m={1: 2, 2: 0, 3: 0, 4: 0}, people_called_3m={1: 2, 2: 1, 3: 0, 4: 0, 5: 2},
         people_answered_1m={1: 2, 2: 0, 4: 0}, people_answered_3m={1: 3, 2: 0, 4: 0, 5: 1})


def test_contact_is_spread_over_people(spec):
    """Of 1's eight events of three months four were with pc, two each with pa and pb; 5's pa alone makes four fifths of ten."""
    close = {"abs": 1e-6}  # sums of logarithms are kept in whole millionths
    spec({"contacts_monthly": CONTACTS},
         contact_entropy_1m={1: pytest.approx(log(2), **close), 2: None, 4: None, 5: 0.0},
         contact_entropy_3m={1: pytest.approx(1.5 * log(2), **close), 2: 0.0, 3: None, 4: None},
         contacts_of_four_fifths_3m={1: 3, 2: 1, 3: 0, 4: 0, 5: 1})
