"""An invented operator: its extracts, as an operator sends them, and the truth behind them."""

import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from churnkit.errors import ParameterError
from churnkit.identity import write_key
from churnkit.simulate.calendars import calendar
from churnkit.simulate.deliveries import TRUTH_MARK, Deliveries
from churnkit.simulate.dispatch import Sending
from churnkit.simulate.faults import LEVELS
from churnkit.simulate.handsets import handset_market
from churnkit.simulate.lives import Lives
from churnkit.simulate.operators import OPERATORS
from churnkit.simulate.population import people


def simulate(
    out: Path,
    truth: Path,
    *,
    subscribers: int = 20_000,
    months: int = 15,
    seed: int = 1,
    start: str = "2025-08",
    first_drop_months: int = 12,
    key_file: Path | None = None,
    threads: int | None = None,
    layout: str = "canonical",
    faults: str = "few",
    is_miscounted: bool = False,
) -> None:
    """The extracts of an invented operator in `out`, and what is true of it, exit times included, in `truth`.

    `out` holds one folder per delivery, the first with `first_drop_months` months; `key_file` gets the operator's key if
    there is none. `layout` is one of OPERATORS, ways in which the same lives are written. Of `faults` few are planted; many: all
    that a file may have, late files and a lost day; or all: a file sent twice and a corrected one, too. Where `is_miscounted`, the
    row counts at the ends of files are wrong. The same arguments give the same bytes, whatever `threads` (None = all processors).
    Raises ParameterError where `out` is not empty, or an argument makes no sense.
    """
    of = calendar(start, months)
    _refuse(out, truth, subscribers, seed, first_drop_months)
    if layout not in OPERATORS:
        raise ParameterError(f"simulate: layout {layout!r} is none of {', '.join(OPERATORS)}.")
    if faults not in LEVELS:
        raise ParameterError(f"simulate: faults {faults!r} is none of {', '.join(LEVELS)}.")
    sending = Sending(OPERATORS[layout], first_drop_months, faults, is_miscounted)
    out_part, truth_part = _part(out), _part(truth)
    for folder in (out_part, truth_part):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    rng = np.random.Generator(np.random.SFC64([seed, 10]))
    market = handset_market(rng, months)
    base = people(rng, subscribers, of, market, seed)
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        files = Deliveries(base, market, of, out_part, truth_part, sending, pool)
        files.follow(Lives(rng, base, of, market))
    key = hashlib.sha256(f"churnkit demo key {seed}".encode()).digest()
    write_key(truth_part / "demo.key", key)
    if key_file and not key_file.exists():
        write_key(key_file, key)
    for part, folder in ((truth_part, truth), (out_part, out)):
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)


def _refuse(out: Path, truth: Path, subscribers: int, seed: int, first_drop_months: int) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ParameterError(f"{out} is not empty; name a folder that does not exist yet, or empty this one.")
    if truth.exists() and (not truth.is_dir() or (any(truth.iterdir()) and not (truth / TRUTH_MARK).exists())):
        raise ParameterError(f"{truth} holds something else than a simulator's truth; name another folder.")
    one, other = out.resolve(), truth.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise ParameterError(f"{truth} and {out} must be two folders, neither inside the other.")
    if subscribers < 100:
        raise ParameterError(f"subscribers is {subscribers}; at least 100 are needed for a contact graph.")
    if seed < 0:
        raise ParameterError(f"seed is {seed}; it must not be negative.")
    if first_drop_months < 1:
        raise ParameterError(f"first_drop_months is {first_drop_months}; at least 1 is needed.")


def _part(folder: Path) -> Path:
    return folder.with_name(folder.name + ".part")
