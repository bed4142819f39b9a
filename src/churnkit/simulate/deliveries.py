"""The delivery folders of the invented operator, filled month by month while its subscribers live."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from churnkit.simulate import constants as k
from churnkit.simulate.billing import bill_rows
from churnkit.simulate.calendars import Calendar
from churnkit.simulate.dispatch import Dispatch, Sending, Tables
from churnkit.simulate.forms import Lines
from churnkit.simulate.handsets import Handsets, handset_rows
from churnkit.simulate.hazards import CAUSES
from churnkit.simulate.hidden import hidden_state
from churnkit.simulate.lives import Lives
from churnkit.simulate.numbers import number_plan_rows
from churnkit.simulate.population import NEVER, Days, Population
from churnkit.simulate.records import HiddenState, MonthRecord
from churnkit.simulate.replays import best_scores
from churnkit.simulate.statuses import StatusLog
from churnkit.simulate.subscriber_files import consent_rows, snapshot_rows
from churnkit.simulate.traffic import traffic

BEST_FROM_MONTH = 3  # the first as-of date with the history that labels ask for
TRUTH_MARK = "planted.json"


class Deliveries:
    """The files of all months, and the truth; several months are written at once, each file by one thread."""

    def __init__(
        self,
        base: Population,
        market: Handsets,
        of: Calendar,
        out: Path,
        truth: Path,
        sending: Sending,
        pool: ThreadPoolExecutor,
    ) -> None:
        self.base, self.market, self.of, self.truth = base, market, of, truth
        self.pool, self.dispatch = pool, Dispatch(Lines.of(base), of, out, sending, pool)

    def follow(self, lives: Lives) -> None:
        """Live all months and write their files; then live on for a while, so that every outcome is known."""
        months = self.of.months
        best = []
        (self.truth / "best").mkdir()
        for month in range(-k.BURN_IN_MONTHS, months + -(-k.AFTER_DAYS // 30)):
            if BEST_FROM_MONTH <= month <= months:
                best.append(self.pool.submit(self._best, hidden_state(lives, month)))
            record = lives.month(month, StatusLog())
            if 0 <= month < months:
                self._month_files(record)
            if 0 < month <= months:  # a month's bills are cut on the third of the next, when some are paid
                closed = [b for b in lives.debts.recent if 0 <= b.month < month]
                rows = bill_rows(closed, self.base, self.of, month - 1)
                self.dispatch.send("bills", month - 1, partial(list, [rows]))
        for done in best:
            done.result()
        planted = {name: asdict(account) for name, account in self.dispatch.accounts().items()}
        (self.truth / TRUTH_MARK).write_text(json.dumps(planted, indent=1) + "\n")
        pyarrow.parquet.write_table(self._fates(lives), self.truth / "subscribers.parquet")

    def _month_files(self, record: MonthRecord) -> None:
        base, market, of = self.base, self.market, self.of
        tables: dict[str, Tables] = {
            "calls": lambda: traffic(base, market, of, record),
            "subscribers": lambda: [snapshot_rows(base, market, of, record)],
            "status_changes": lambda: [record.log.rows(base, of)],
            "handsets": lambda: [handset_rows(market, of.first_day)],
            "number_plan": lambda: [number_plan_rows()],
            "consents": lambda: [consent_rows(base, of, record)],
        }
        self.dispatch.list_lines(record.month, record.is_listed)
        for extract, rows in tables.items():
            self.dispatch.send(extract, record.month, rows)

    def _best(self, state: HiddenState) -> None:
        as_of = self.of.dates(np.array(self.of.first_of(state.month)))
        scores = best_scores(self.base, state, self.of.days_in(state.month))
        pyarrow.parquet.write_table(scores, self.truth / "best" / f"{as_of}.parquet")

    def _fates(self, lives: Lives) -> pa.Table:
        """One row per subscriber: when and how it left (null = it stayed), why, and what it had begun to do."""
        days = np.stack([lives.left_day, lives.debts.arrears_day, lives.silent_day])
        kind = days.argmin(axis=0)
        exit_day = days.min(axis=0)
        stayed = exit_day == NEVER
        cause = np.where(kind == 1, CAUSES.index("arrears"), lives.cause)
        words = {"kind": ("left", "arrears_stop", "silent"), "cause": CAUSES}
        return pa.table(
            {
                "subscriber_id": pa.array(self.base.subscriber_id.astype(str)),
                "joined_on": self.of.dates(self.base.join_day),
                "exit_on": self._dates(exit_day),
                "kind": pa.array(np.array(words["kind"])[kind], mask=stayed),
                "cause": pa.array(np.array(words["cause"])[cause], mask=stayed),
                "is_ported": lives.left_ported,
                "left_on": self._dates(lives.left_day),
                "arrears_stop_on": self._dates(lives.debts.arrears_day),
                "silent_from": self._dates(lives.silent_day),
                "drift_began_on": self._dates(lives.drift_began),
                "is_farmed": self.base.is_farmed,
                "is_salesman": self.base.is_salesman,
                "pays_late": self.base.pays_late,
            }
        )

    def _dates(self, days: Days) -> pa.Array:
        return pa.array(self.of.dates(np.where(days == NEVER, 0, days)), mask=days == NEVER)
