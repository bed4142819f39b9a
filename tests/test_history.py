"""Tables that a history makes once, for several sources."""
from datetime import timedelta

from churnkit.engine import F, Frame, open_session, projected
from churnkit.history import History
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
