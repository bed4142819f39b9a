"""How the files of the invented operator go out: in which form, to which delivery, and how often."""

import shutil
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnkit.simulate.calendars import Calendar, delivery_name
from churnkit.simulate.extract_files import Planting, write_extract
from churnkit.simulate.forms import Form, Lines
from churnkit.simulate.late_files import LOST_DAY, Withheld, on_time, roaming_rows
from churnkit.simulate.operators import EXTRACTS, OWN, Operator
from churnkit.simulate.population import Flags
from churnkit.simulate.tallies import Account, Tally

MONTHS_AHEAD = 4  # months whose files may wait while the lives go on
SNAPSHOTS_BACK = 2  # deliveries before one whose snapshots still tell whose a number was
CORRECTED, RESENT = "bills", "consents"  # of the first month, and of the last
SPOILT_EVERY, SPOILT_BY = 50, 10  # of the bills to be corrected so many are so many times too high

Tables = Callable[[], Iterable[pa.Table]]


@dataclass(frozen=True)
class Sending:
    """How the files go out: the operator's way, the months of the first delivery, and which faults are planted."""

    operator: Operator
    first_drop_months: int
    level: str = "few"  # of LEVELS
    is_miscounted: bool = False  # whether the files with a row count name one row too many


@dataclass
class Dispatch:
    """The files sent so far, and what was planted in them; several are written at once, each by one thread."""

    lines: Lines
    of: Calendar
    out: Path
    sending: Sending
    pool: ThreadPoolExecutor
    under_way: list[Future[dict[str, Tally]]] = field(default_factory=list)
    calls_under_way: deque[Future[dict[str, Tally]]] = field(default_factory=deque)
    listed: dict[str, Flags] = field(default_factory=dict)
    same_as: dict[str, str] = field(default_factory=dict)
    corrects: dict[str, str] = field(default_factory=dict)

    def list_lines(self, month: int, is_listed: Flags) -> None:
        """Note who is in the month's snapshot."""
        folder = self.folder(month)
        self.listed[folder] = self.listed.get(folder, np.zeros(len(is_listed), bool)) | is_listed

    def send(self, extract: str, month: int, rows: Tables) -> None:
        """Write the month's file of an extract, later; waits where too many are under way."""
        writer = {"calls": self._calls, CORRECTED: self._corrected, RESENT: self._resent}.get(extract, self._once)
        done = self.pool.submit(writer, extract, month, rows)
        self.under_way.append(done)
        if extract == "calls":
            self.calls_under_way.append(done)
            while len(self.calls_under_way) > MONTHS_AHEAD:
                self.calls_under_way.popleft().result()

    def accounts(self) -> dict[str, Account]:
        """What lies in each file, once all are written."""
        tallies = {name: tally for done in self.under_way for name, tally in done.result().items()}
        settled = {name: tally.settled(self._held(name.split("/")[0])) for name, tally in tallies.items()}
        return {
            name: replace(account, same_as=self.same_as.get(name), corrects=self.corrects.get(name))
            for name, account in sorted(settled.items())
        }

    def folder(self, month: int) -> str:
        """The delivery that brings the month's files."""
        return delivery_name(self.of, month, self.sending.first_drop_months)

    def _held(self, delivery: str) -> Flags:
        """Whose number can be found: who is in a snapshot of the delivery or of those just before it."""
        names = sorted(self.listed)
        place = names.index(delivery)
        return np.logical_or.reduce([self.listed[name] for name in names[max(0, place - SNAPSHOTS_BACK) : place + 1]])

    def _path(self, name: str, month: int, sent: int | None = None) -> Path:
        """Where the file of a month goes, with those of the month `sent`."""
        said = self.of.name(month)
        folder = self.out / self.folder(month if sent is None else sent)
        folder.mkdir(exist_ok=True)
        return folder / name.format(month=said, packed=said.replace("-", ""))

    def _planting(self, extract: str, month: int) -> Planting:
        """The faults of a file; every other month begins with a byte order mark where many are planted."""
        level = self.sending.level
        year = str(int(self.of.name(self.of.months - 1)[:4]) + 1)
        seeds = (self.lines.people.seed, month, EXTRACTS.index(extract))
        return Planting(extract, seeds, level, year, level != "few" and month % 2 == 1, self.sending.is_miscounted)

    def _written(self, path: Path, form: Form, rows: Iterable[pa.Table], planting: Planting) -> dict[str, Tally]:
        return {said(path): write_extract(path, form, rows, self.lines, planting)}

    def _once(self, extract: str, month: int, rows: Tables) -> dict[str, Tally]:
        form = self.sending.operator.forms[extract]
        return self._written(self._path(form.name, month), form, rows(), self._planting(extract, month))

    def _calls(self, extract: str, month: int, rows: Tables) -> dict[str, Tally]:
        """The month's calls; with many faults those of a day are lost, and roamers' come with the next month's files."""
        if self.sending.level == "few":
            return self._once(extract, month, rows)
        withheld = Withheld()
        day = self.of.first_of(month) + LOST_DAY - 1 if month == self.of.months // 2 else None
        lost = None if day is None else self.of.first_day + np.timedelta64(day, "D")
        written = self._once(extract, month, lambda: on_time(rows(), self.lines, withheld, lost))
        for tally in written.values():
            tally.odd.update({"lost_with_their_day": withheld.lost} if lost is not None else {})
        if month + 1 < self.of.months:
            late = roaming_rows(withheld.late)
            path = self._path("calls_roaming_{month}.csv", month, month + 1)
            plain = Planting("", self._planting(extract, month).seeds)
            written |= self._written(path, replace(OWN["calls"], faults={}), [late], plain)
            written[said(path)].odd["three_weeks_late"] = late.num_rows
        return written

    def _corrected(self, extract: str, month: int, rows: Tables) -> dict[str, Tally]:
        """The month's bills; where files are sent again, those of the first month come wrong, and right with the next."""
        if self.sending.level != "all" or month or self.of.months < 2:
            return self._once(extract, month, rows)
        form = self.sending.operator.forms[extract]
        wrong = self._once(extract, month, lambda: map(spoilt, rows()))
        path = self._path(form.name.replace("}.", "}.v2.", 1), month, month + 1)
        self.corrects[said(path)] = next(iter(wrong))
        return wrong | self._written(path, form, rows(), self._planting(extract, month))

    def _resent(self, extract: str, month: int, rows: Tables) -> dict[str, Tally]:
        """The month's consents; where files are sent again, those of the last month under a second name, too."""
        written = self._once(extract, month, rows)
        if self.sending.level == "all" and month == self.of.months - 1:
            name = self.sending.operator.forms[extract].name
            path = self._path(name.replace("_", "_again_", 1), month)
            ((first, tally),) = written.items()
            shutil.copyfile(self.out / first, path)
            self.same_as[said(path)] = first
            written = written | {said(path): tally}
        return written


def said(path: Path) -> str:
    """The file as the account names it: delivery and name."""
    return f"{path.parent.name}/{path.name}"


def spoilt(bills: pa.Table) -> pa.Table:
    """The bills with some totals too high."""
    factor = np.where(np.arange(bills.num_rows) % SPOILT_EVERY == 0, SPOILT_BY, 1)
    place = bills.column_names.index("total_cents")
    return bills.set_column(place, "total_cents", pc.multiply(bills["total_cents"], pa.array(factor.astype(np.int32))))
