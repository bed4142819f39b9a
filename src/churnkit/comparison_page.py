"""A comparison of runs as it is read on a terminal of 80 columns."""
import math
from collections.abc import Sequence
from io import StringIO

from churnkit.comparison import Comparison, Difference, heading

WIDTH = 80
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NOTHING = "–"
ALWAYS = "open/"  # metrics of this group are shown even where they are the same
LEGEND = "* beyond the 95 % interval; of many comparisons one in twenty is, by chance alone. `dvc metrics diff` and the runs' pages have the rest."


def page(found: Comparison, *, width: int = WIDTH, is_coloured: bool = False) -> str:
    """The runs, then what differs: parameters, metrics, tables, tags. Each further run is held against A, the first."""
    from rich.console import Console

    out = StringIO()
    console = Console(file=out, width=max(width, WIDTH), force_terminal=is_coloured, highlight=False)
    letters = LETTERS[:len(found.runs)]
    show(console, "Runs", ["", "name", "id", "started", "status", ""],
         [[letter, run.name, run.run_id[:8], run.started, run.status.lower(), ", ".join(run.aliases)]
          for letter, run in zip(letters, found.runs, strict=True)])
    show(console, "Parameters that differ", ["", *letters], [[name, *(value or NOTHING for value in row)] for name, row in found.params.items()])
    for place, (letter, how) in enumerate(zip(letters[1:], found.how, strict=True)):
        columns = ["", "A", letter, f"{letter} - A", "95 % interval", ""]
        show(console, f"Metrics of {letter} beside A ({how})", columns, metric_rows(found, place), True)
    differing = {name: row for name, row in found.tables.items() if len({one and one[0] for one in row}) > 1}
    show(console, f"Tables that differ, of {len(found.tables)}", ["", *letters],
         [[name, *(f"{one[0]}, {one[1]} rows" if one else NOTHING for one in row)] for name, row in differing.items()])
    show(console, "Tags that differ", ["", *letters], [[name, *(short(name, value) for value in row)] for name, row in found.tags.items()])
    console.print(LEGEND)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def show(console: object, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], is_numbers: bool = False) -> None:
    """Prints a table under its title, or that there is nothing in it."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    assert isinstance(console, Console)
    console.print(f"[bold]{title}[/bold]" + ("" if rows else ": none"))
    if rows:
        made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        for place, column in enumerate(columns):
            made.add_column(column, overflow="fold", justify="right" if is_numbers and place else "left", no_wrap=is_numbers or not place)
        for row in rows:
            made.add_row(*row)
        console.print(made)
    console.print()


def metric_rows(found: Comparison, place: int) -> list[list[str]]:
    """A line per metric under its group's name, of the further run at that place beside the first; equal ones only of the open stratum."""
    lines: list[list[str]] = []
    above = ""
    for name, values in found.metrics.items():
        first, other = values[0], values[place + 1]
        if first == other and not name.startswith(ALWAYS):
            continue
        title, metric = heading(name)
        if title != above:
            above = title
            lines.append([title, "", "", "", "", ""])
        lines.append([f"  {metric}", number(first), number(other), *difference(found.differences[name][place])])
    return lines


def number(value: float | None) -> str:
    """A metric as it is read: counts and what is above a hundred whole, the rest to four places."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.0f}" if is_whole(value) and abs(value) >= 2 else f"{value:.4f}"


def is_whole(value: float) -> bool:
    """Whether a value is read without decimals: a count, or an amount too great for them to matter."""
    return value == int(value) or abs(value) >= 100


def difference(one: Difference | None) -> tuple[str, str, str]:
    """A difference, its interval, and a star where it is beyond it."""
    if one is None or not math.isfinite(one.value):
        return NOTHING, "", ""
    said = "=" if not one.value else f"{one.value:+,.0f}" if is_whole(one.value) else f"{one.value:+.4f}"
    return said, f"[{one.low:+.4f}, {one.high:+.4f}]" if one.low is not None else "", "*" if one.is_beyond else ""


def short(name: str, value: str | None) -> str:
    """A tag's value; of a digest its first twelve digits."""
    return NOTHING if value is None else value[:12] if name.endswith(("commit", "sha256")) else value
