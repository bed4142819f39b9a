"""What a history shows of a month and until when it waits, and tables that it makes once for several sources."""
from datetime import date, timedelta

from churnkit.archive import known_history
from churnkit.engine import F, Frame, open_session, projected
from churnkit.history import TABLES, History
from churnkit.timeline import Plan, add_months
from little_tables import AS_OF, frame, parsed


class Few:
    """A family."""

    @staticmethod
    def rows(history: History) -> Frame:
        """Top-ups of more than 10 yuan."""
        return projected(history.events("topups").table, ["amount_cents"], {}, F.col("amount_cents") > 1_000)


class All:
    """Another family, with a function of the same name."""

    @staticmethod
    def rows(history: History) -> Frame:
        """Top-ups."""
        return projected(history.events("topups").table, ["amount_cents"], {})


def test_two_families_may_have_functions_of_one_name_and_each_table_is_made_once(tmp_path):
    open_session(memory="1GB", threads=2)
    topups = frame("topups", parsed("topups", """
          | happened_at         | amount_cents
        --+---------------------+-------------
        1 | 2026-05-01 00:00:00 | 1000
        1 | 2026-05-02 00:00:00 | 3000
    """), tmp_path)
    history = History({"topups": topups}, AS_OF, AS_OF + timedelta(4))
    few, everything = history.once(Few.rows), history.once(All.rows)
    assert (few.count(), everything.count()) == (1, 2)
    assert history.once(Few.rows) is few


def test_the_month_of_the_as_of_date_is_not_seen_even_if_a_row_says_that_it_is_known(tmp_path):
    open_session(memory="1GB", threads=2)
    contacts = frame("contacts_monthly", parsed("contacts_monthly", """
          | other_party | month   | known_from | out_calls
        --+-------------+---------+------------+----------
        1 | p1          | 2026-05 | 2026-06    | 1
        1 | p1          | 2026-06 | 2026-06    | 2
    """), tmp_path)
    seen = History({"contacts_monthly": contacts}, AS_OF, AS_OF + timedelta(4)).events("contacts_monthly").table
    assert [(row["months_ago"], row["out_calls"]) for row in seen.collect()] == [(1, 1)]


def test_an_as_of_date_waits_so_many_days_and_no_longer():
    plan = Plan(("2026-05",), (), (), AS_OF, AS_OF, {AS_OF: ("2026-05",)}, {AS_OF: ()})
    history = known_history(plan, AS_OF, 4, names=())
    assert (history.as_of, history.known_at) == (AS_OF, date(2026, 6, 5))


def test_the_deliveries_that_a_table_is_read_from_reach_as_far_back_as_it_is_looked_at_whatever_the_month():
    """Three months that end with April are 89 days where February has 28."""
    dates = [date(year, month, 1) for year in (2027, 2028) for month in range(1, 13)]
    short = {(name, as_of) for name, kind in TABLES.items() if kind.clock in ("daily", "event", "day") for as_of in dates
             if add_months(as_of, -kind.deliveries) > as_of - timedelta(kind.look_back)}
    assert short == set()
