"""The same features by churnkit and by what a user would pick instead, from typed Parquet, checked equal, at several sizes, as a Markdown table."""
import argparse
import math
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from matplotlib import pyplot
from measure import Cost, say, timed

from churnkit.timeline import Delivery

sys.path.insert(0, str(Path(__file__).parent / "rivals"))
from subset import NAMES

ROOT = Path(__file__).resolve().parent.parent
SIMULATED = 60  # million call records at most are simulated and ingested; more are copies of these under other pseudonyms
PSEUDONYMS = ("subscriber_id", "other_party", "forwarded_to", "msisdn", "msisdn_party", "alt_contact_party", "customer_key", "group_key",
              "device_key")
MONTHS, ROWS_A_MONTH, DATES = 6, 36, 3  # months of extracts; call records of a subscriber in one of the simulator's; as-of dates


@dataclass(frozen=True)
class Contender:
    """A script that computes the subset: up to which size, in millions of call records, it is worth waiting for or fits in memory."""

    script: str
    up_to: float = 1e9
    mode: tuple[str, ...] = ()
    is_checked: bool = True  # that its features are the same; else it computes others
    is_old: bool = False  # needs libraries that are too old for churnkit's environment


CONTENDERS = {"churnkit": Contender("ours.py"), "DuckDB by hand": Contender("by_hand.py"), "Polars, streaming": Contender("on_polars.py"),
              "pandas": Contender("on_pandas.py", 100), "featuretools": Contender("on_featuretools.py", 1, is_old=True),
              "bandicoot (its own features)": Contender("on_bandicoot.py", 1, is_checked=False, is_old=True),
              "churnkit (every feature)": Contender("ours.py", mode=("all",), is_checked=False)}


def main() -> None:
    """Time all contenders at each size, print the table, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 10, 54], metavar="N", help="call records (default 1, 10 and 54)")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="NAME", help="these contenders alone")
    parser.add_argument("--rounds", type=int, default=2, help="each is run so often, in turns; the quickest counts (default 2)")
    parser.add_argument("--scratch", type=Path, help="where the scratch folders go (default: the system's): 1.5 GB for 10 million records")
    parser.add_argument("--old-python", help="a Python with requirements-bench-old.lock in it, for featuretools and bandicoot")
    parser.add_argument("--plot", type=Path, help="where to draw the seconds by size")
    chosen = parser.parse_args()
    found: dict[int, dict[str, Cost]] = {}
    for size in sorted(chosen.millions):
        there = {name: c for name, c in CONTENDERS.items() if name in chosen.only and size <= c.up_to and (chosen.old_python or not c.is_old)}
        with tempfile.TemporaryDirectory(prefix="churnkit-bench-", dir=chosen.scratch) as name:
            found |= timed_in(Path(name), size, chosen.rounds, there, chosen.old_python)
    print(page(found))
    if chosen.plot:
        draw(found, chosen.plot)


def timed_in(folder: Path, millions: float, rounds: int, contenders: dict[str, Contender], old_python: str | None) -> dict[int, dict[str, Cost]]:
    """By call records: the quickest run of each contender. Ends the benchmark where two of them do not agree."""
    copies = math.ceil(millions / SIMULATED)
    deliveries, rows = prepared(folder, int(millions * 1e6 / copies / (MONTHS * ROWS_A_MONTH)), copies)
    dates = [Delivery.named(d).ends for d in deliveries[-DATES:]]
    runs: dict[str, list[Cost]] = {name: [] for name in contenders}
    first = next(iter(contenders))
    for turn in range(rounds):  # in turns, so that a busy hour hits all of them
        for name, it in contenders.items():
            target = f"made by {name}"
            words = [str(ROOT / "benchmarks/rivals" / it.script), *it.mode, target, ",".join(deliveries), ",".join(map(str, dates))]
            runs[name].append(timed(folder, *words, python=old_python if it.is_old else None))
            if not turn and it.is_checked:
                same(folder / target, folder / f"made by {first}", name, dates)
            say(f"{name}: {runs[name][-1].seconds:.1f} s")
    return {rows: {name: min(costs, key=lambda c: c.seconds) for name, costs in runs.items()}}


def prepared(folder: Path, subscribers: int, copies: int = 1) -> tuple[list[str], int]:
    """The events of a simulated operator in the folder, so many times: their deliveries, and how many call records they have."""
    shutil.copy(ROOT / "params.yaml", folder)
    timed(folder, "-m", "churnkit", "simulate", "--subscribers", str(subscribers), "--months", str(MONTHS), "--first-drop", "1")
    deliveries = sorted(path.name for path in (folder / "data/extracts").iterdir())
    for delivery in deliveries:
        timed(folder, "-m", "churnkit", "ingest", delivery)
    shutil.rmtree(folder / "data/extracts")
    multiply(folder, copies)
    ((rows,),) = duckdb.sql(f"select count(*) from '{folder}/data/deliveries/*/events/calls/*.parquet'").fetchall()
    say(f"{rows:,} call records of {copies * subscribers:,} subscribers in {len(deliveries)} deliveries")
    return deliveries, rows


def multiply(folder: Path, copies: int) -> None:
    """Puts copies of all events beside them, with other pseudonyms: as many operators in one, of which none knows another."""
    for path in folder.glob("data/deliveries/*/events/*/part-0.parquet"):
        mine = [name for name in duckdb.sql(f"from '{path}' limit 0").columns if name in PSEUDONYMS]
        for n in range(1, copies) if mine else ():
            other = ", ".join(f"substr({name}, 1, 1) || substr(md5({name} || '{n}'), 1, 20) as {name}" for name in mine)
            duckdb.sql(f"copy (select * replace ({other}) from '{path}' order by {mine[0]}) to '{path.with_name(f'part-{n}.parquet')}' "
                       "(format parquet, compression zstd, compression_level 1)")


def same(made: Path, ours: Path, name: str, dates: list[date]) -> None:
    """Ends the benchmark unless both hold the same values of every feature for the same subscribers; fractions to 1e-9."""
    for day in dates:
        differ = " or ".join(f"(a.{n} is null) <> (b.{n} is null) or abs(a.{n} - b.{n}) > 1e-9 * greatest(1, abs(b.{n}))" for n in NAMES)
        ((wrong, rows),) = duckdb.sql(f"""select count(*) filter (a.subscriber_id is null or b.subscriber_id is null or {differ}), count(*)
            from '{written(made, day)}' a full join '{written(ours, day)}' b using (subscriber_id)""").fetchall()
        if wrong or not rows:
            sys.exit(f"{name} differs for {wrong:,} of {rows:,} subscribers at {day}.")


def written(made: Path, day: date) -> str:
    """Where a contender's features of an as-of date lie, in one file or several."""
    return str(made / f"{day}.parquet") + ("/*.parquet" if (made / f"{day}.parquet").is_dir() else "")


def page(found: dict[int, dict[str, Cost]]) -> str:
    """The table: a row per contender; per size its seconds, processor seconds and peak memory; and how its seconds grow."""
    first, last = min(found), max(found)
    head = ["", *(f"{size / 1e6:.1f} M: {what}" for size in found for what in ("s", "processor s", "MB"))]
    head += [f"growth at × {last / first:.1f}"] if len(found) > 1 else []
    lines = [f"{len(NAMES)} features at {DATES} as-of dates from {MONTHS} months of call events in Parquet; {os.cpu_count()} processors.", "",
             f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    for name in found[first]:
        cells = [name]
        for costs in found.values():
            cells += [f"{costs[name].seconds:.1f}", f"{costs[name].cpu:.1f}", f"{costs[name].peak_mb:,.0f}"] if name in costs else ["", "", ""]
        growth = [f"× {found[last][name].seconds / found[first][name].seconds:.1f}" if name in found[last] else ""] if len(found) > 1 else []
        lines.append(f"| {' | '.join([*cells, *growth])} |")
    return "\n".join(lines)


def draw(found: dict[int, dict[str, Cost]], target: Path) -> None:
    """Seconds and peak memory by size, a line per contender."""
    figure, panels = pyplot.subplots(1, 2, figsize=(12, 4.2), layout="constrained")
    for panel, (what, value) in zip(panels, {"seconds": lambda c: c.seconds, "peak memory, GB": lambda c: c.peak_mb / 1e3}.items(), strict=True):
        for name in CONTENDERS:
            points = [(size / 1e6, value(costs[name])) for size, costs in found.items() if name in costs]
            if points:
                panel.plot(*zip(*points, strict=True), marker="o", label=name, linewidth=2.5 if name.startswith("churnkit") else 1.2)
        panel.set(xscale="log", yscale="log", xlabel="million call records", ylabel=what)
        panel.grid(alpha=0.3, which="both")
    figure.legend(*panels[0].get_legend_handles_labels(), fontsize=8, loc="outside right upper")
    figure.savefig(target, dpi=110)


if __name__ == "__main__":
    main()
