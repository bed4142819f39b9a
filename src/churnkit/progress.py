"""How far a long step has come: a bar with rates on a terminal, plain lines elsewhere."""
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """One line for the person who is waiting, on stderr."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def reading(what: str, size: int) -> Iterator[Callable[[int, int], None]]:
    """`advance(rows, bytes)` to be called as rows of `what` go by, `size` bytes in all."""
    started, counted = time.monotonic(), [0]
    if not sys.stderr.isatty():
        def count(rows: int, _: int) -> None:
            counted[0] += rows
        yield count
        say(rate(what, counted[0], size, time.monotonic() - started))
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=size)

        def advance(rows: int, seen: int) -> None:
            counted[0] += rows
            bar.advance(task, seen)
        yield advance
    say(rate(what, counted[0], size, time.monotonic() - started))


def rate(what: str, rows: int, size: int, seconds: float) -> str:
    """Rows, size and speed in one line."""
    return f"{what}: {rows:,} rows, {size / 1e6:,.1f} MB in {seconds:.1f} s ({rows / max(seconds, 1e-3):,.0f} rows/s)"


@contextmanager
def trying(what: str, total: int | None) -> Iterator[Callable[[str, int], None]]:
    """`tell(text, further)` to be called as tries of `what` are done, `total` in all where that is known: a bar with the text, or a line each."""
    done = [0]
    if not sys.stderr.isatty():
        def line(text: str, further: int) -> None:
            done[0] += further
            say(f"{what} {done[0]}{f' of {total}' if total else ''}: {text}")
        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.fields[what]}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, what=what)
        yield lambda text, further: bar.update(task, advance=further, description=text)
