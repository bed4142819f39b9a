"""How many rows of a file become what, counted while it is written."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from churnkit.simulate.faults import NO_HOLDER

GOOD, TWICE = "", "twice"  # of rows without a fault: accepted, or a duplicate


@dataclass
class Account:
    """What lies in one file: `rows` counts its lines without header and trailer, planted ones included.

    `bad` are the rejects by what was planted, `rules` the same by `column|rule`; `odd` is what is strange and accepted all
    the same. `same_as` names the file whose content it repeats, `corrects` the one that it replaces.
    """

    rows: int = 0
    duplicates: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    odd: dict[str, int] = field(default_factory=dict)
    same_as: str | None = None
    corrects: str | None = None


@dataclass
class Tally:
    """Rows of one file by fault and by what becomes of them; where numbers stand for subscribers, whose they are as well."""

    faults: tuple[str, ...]  # named in the account even where none was planted
    people: int = 0  # of an operator whose file carries numbers; 0 = it carries ids
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    whose: dict[tuple[str, str], NDArray[np.int64]] = field(default_factory=dict)
    odd: Counter[str] = field(default_factory=Counter)

    def add(self, fault: str, becomes: str, person: NDArray[np.integer]) -> None:
        """So many rows as there are persons have the fault."""
        self.rows[fault, becomes] += len(person)
        if self.people and becomes in (GOOD, TWICE):  # that a number is nobody's is said of a row that is fine otherwise
            before = self.whose.get((fault, becomes), 0)
            self.whose[fault, becomes] = before + np.bincount(person, minlength=self.people)

    def settled(self, is_held: NDArray[np.bool_]) -> Account:
        """The account, given who is in a snapshot that a number is looked up in; rows of others are rejected for that."""
        rows, lost = Counter(self.rows), 0
        for what, persons in self.whose.items():
            gone = int(persons[~is_held].sum())
            rows[what] -= gone
            lost += gone
        rejected = Counter({what: n for what, n in rows.items() if what[1] not in (GOOD, TWICE)})
        bad = dict.fromkeys(self.faults, 0)
        rules: Counter[str] = Counter()
        for (fault, becomes), n in rejected.items():
            bad[fault] = bad.get(fault, 0) + n
            rules[becomes] += n
        if self.people:
            bad["number_of_nobody"] = lost
            rules[NO_HOLDER] += lost
        odd = {fault: n for (fault, becomes), n in rows.items() if becomes == GOOD and fault and n} | dict(self.odd)
        twice = sum(n for (_, becomes), n in rows.items() if becomes == TWICE)
        return Account(sum(self.rows.values()), twice, bad, {r: n for r, n in sorted(rules.items()) if n}, odd)
