"""Break the cuts of time one at a time, and see which tests fail: run as a program it writes docs/cuts.md, in half an hour."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "cuts.md"
ASKED = ("tests/test_properties.py", "tests/test_laws_of_calls.py", "tests/test_history.py", "tests/spec", "tests/golden", "tests/test_summaries.py",
         "tests/test_timeline.py", "tests/stages/test_featurize.py", "tests/stages/test_ingest_deliveries.py")
HEAD = """# What holds the cuts of time

Nothing of the as-of date or later, nothing received too late and nothing too old may reach a feature. Each line breaks one condition of the
source, and says how many tests then fail and which; specs are counted, laws and the others are named. `python tests/mutants.py` writes this page
anew, in half an hour.

| file | condition | broken | tests that fail |
|---|---|---|---|
"""


class Mutant(NamedTuple):
    """A condition in a source file, and what is put in its place; `nth` of the places where it stands, from 0."""

    file: str
    what: str
    old: str
    new: str
    nth: int = 0

    def broken(self) -> str:
        """The source with the condition broken. Raises ValueError if it is not there any more."""
        pieces = (ROOT / "src/churnkit" / self.file).read_text("utf-8").split(self.old)
        if len(pieces) < self.nth + 2:
            raise ValueError(f"{self.file} has no {self.old!r}: say in tests/mutants.py what it has become")
        return self.old.join(pieces[:self.nth + 1]) + self.new + self.old.join(pieces[self.nth + 1:])


MUTANTS = (
    Mutant("history.py", "a day's use is before the as-of date: gone", '(F.col("day") < history.day) & ', ""),
    Mutant("history.py", "… `<=`", 'F.col("day") < history.day', 'F.col("day") <= history.day'),
    Mutant("history.py", "it was received in time: gone", '\n                     & (F.col("received_day") < (history.known_at - EPOCH).days)', ""),
    Mutant("history.py", "… `<=`", 'F.col("received_day") < ', 'F.col("received_day") <= '),
    Mutant("history.py", "it is young enough: gone", ' & (F.col("day") >= history.day - kind.look_back)', ""),
    Mutant("history.py", "… `>`", 'F.col("day") >= history.day - kind', 'F.col("day") > history.day - kind'),
    Mutant("history.py", "a month is before the as-of date's: gone", '(F.col("month") < history.month) & ', ""),
    Mutant("history.py", "… `<=`", 'F.col("month") < history.month', 'F.col("month") <= history.month'),
    Mutant("history.py", "its row is known by then: gone", '\n                     & (F.col("known_from") <= history.month)', ""),
    Mutant("history.py", "… `<`", 'F.col("known_from") <= history.month', 'F.col("known_from") < history.month'),
    Mutant("history.py", "it is young enough: gone", ' & (F.col("month") >= history.month - kind.look_back)', ""),
    Mutant("history.py", "… `>`", 'F.col("month") >= history.month', 'F.col("month") > history.month'),
    Mutant("history.py", "an event is before the as-of date: gone", "(happened < moment(history.as_of)) & ", ""),
    Mutant("history.py", "… `<=`", "happened < moment(history.as_of)", "happened <= moment(history.as_of)"),
    Mutant("history.py", "it was received in time: gone",
           '\n                     & (F.col("received_at").cast("date") < moment(history.known_at))', ""),
    Mutant("history.py", "… `<=`", 'F.col("received_at").cast("date") < ', 'F.col("received_at").cast("date") <= '),
    Mutant("history.py", "it is young enough: gone", " & (happened >= moment(oldest))", ""),
    Mutant("history.py", "… `>`", "happened >= moment(oldest)", "happened > moment(oldest)"),
    Mutant("history.py", "a field's own clock is before the as-of date: gone",
           "F.when(F.col(clock) < moment(history.as_of), F.col(name))", "F.col(name)"),
    Mutant("history.py", "… `<=`", "F.col(clock) < moment", "F.col(clock) <= moment"),
    Mutant("history.py", "a day that came in two pieces is one day: gone", 'F.col("pieces") > 1', 'F.col("pieces") > 2'),
    Mutant("history.py", "a window has its first day: `>`", "F.col(day) >= self.as_of - window", "F.col(day) > self.as_of - window"),
    Mutant("history.py", "of two windows the earlier has its first day: `>`", "F.col(day) >= self.as_of - far", "F.col(day) > self.as_of - far"),
    Mutant("history.py", "and not the later one's: `<=`", "F.col(day) < self.as_of - near", "F.col(day) <= self.as_of - near"),
    Mutant("archive.py", "an as-of date waits so many days: one more", "as_of + timedelta(wait_days))", "as_of + timedelta(wait_days + 1))"),
    Mutant("archive.py", "as many deliveries as a table's look-back needs: one less", "[:TABLES[name].deliveries]", "[:TABLES[name].deliveries - 1]"),
    Mutant("archive.py", "a file that was superseded is hidden: gone", "rows.filter(~F.col(FILE_NO).isin(*sorted(gone))) if gone else rows", "rows"),
    Mutant("timeline.py", "a delivery begins before the as-of date that sees it: `<=`", "if d.starts < a)", "if d.starts <= a)"),
    Mutant("summaries.py", "a month's row is known from the month after it: gone", "month_of(happened) + 1)", "month_of(happened))"),
    Mutant("summaries.py", "or after its wait: one day longer", "F.date_sub(received, wait_days)", "F.date_sub(received, wait_days + 1)"),
    Mutant("summaries.py", "… one day shorter", "F.date_sub(received, wait_days)", "F.date_sub(received, wait_days - 1)"),
)


def failing(mutant: Mutant) -> list[str]:
    """The tests that fail on it."""
    with tempfile.TemporaryDirectory() as home:
        for name in ("src", "tests"):
            shutil.copytree(ROOT / name, Path(home) / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", home)
        (Path(home) / "src/churnkit" / mutant.file).write_text(mutant.broken(), "utf-8")
        words = [sys.executable, "-m", "pytest", "-q", "-m", "not slow and not spark", "--no-header", "-p", "no:cacheprovider", *ASKED]
        done = subprocess.run(words, cwd=home, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": f"{home}/src"})
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{mutant}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return re.findall(r"^(?:FAILED|ERROR) tests/(\S+?)(?: - .*)?$", done.stdout, re.MULTILINE)


def line(mutant: Mutant, names: list[str]) -> str:
    """The mutant's line of the page: specs are counted, other tests named."""
    specs = sum(name.startswith("spec/") for name in names)
    laws = [re.sub(r"\[\d.*]$", "", name.partition("::")[2]) for name in names if not name.startswith("spec/")]
    others = sorted({f"`{name.replace('test_', '', 1)}`" for name in laws})
    said = "; ".join(([f"{specs} specs"] if specs else []) + others)
    shown = mutant.old.strip().replace("|", "\\|").removeprefix("& ").removesuffix(" &")
    return f"| {mutant.file} | `{shown}` | {mutant.what} | **{len(names)}**: {said} |\n"


def main() -> None:
    """Write the page."""
    with ThreadPoolExecutor(int(sys.argv[1]) if sys.argv[1:] else 2) as pool:
        found = list(pool.map(failing, MUTANTS))
    PAGE.write_text(HEAD + "".join(map(line, MUTANTS, found)), "utf-8")


if __name__ == "__main__":
    main()
