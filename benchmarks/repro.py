"""The stages of the demo timed one by one, at several sizes of the operator, as a Markdown table."""
import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measure import Cost, say, timed

from churnkit import documents
from churnkit.stages import STAGES

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Time the stages at each size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[5_000, 10_000, 20_000], metavar="N", help="sizes of the operator")
    parser.add_argument("--months", type=int, default=15, help="months of extracts (default 15)")
    parser.add_argument("--scratch", type=Path, help="where the scratch folders go (default: the system's)")
    chosen = parser.parse_args()
    sizes = sorted(set(chosen.subscribers))
    print(page({size: timed_at(size, chosen.months, chosen.scratch) for size in sizes}))


def timed_at(subscribers: int, months: int, scratch: Path | None) -> dict[str, list[Cost]]:
    """What each run of each stage took for an operator of this size, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="churnkit-bench-", dir=scratch) as name:
        folder = Path(name)
        shutil.copy(ROOT / "params.yaml", folder)
        costs: dict[str, list[Cost]] = {}
        for stage, words in (("simulate", ["--subscribers", str(subscribers), "--months", str(months)]), ("plan", [])):
            costs[stage] = [timed(folder, "-m", "churnkit", stage, *words)]
        for stage in STAGES:
            costs[stage] = [timed(folder, "-m", "churnkit", stage, *words) for words in subjects(folder, stage)]
            say(f"{subscribers:,} subscribers, {stage}: {sum(c.seconds for c in costs[stage]):.1f} s")
        return costs


def subjects(folder: Path, stage: str) -> Iterator[list[str]]:
    """What a stage is run for: each delivery, each as-of date, or once."""
    plan = documents.read(folder / "months.yaml")
    over = {"ingest": plan["deliveries"], "summarise": plan["deliveries"], "label": plan["as_of"], "featurize": plan["as_of"]}
    yield from ([[str(subject)] for subject in over[stage]] if stage in over else [[]])


def page(by_size: dict[int, dict[str, list[Cost]]]) -> str:
    """The table: a row per stage, per size its seconds and peak memory; the last column says how its seconds grow from the first size to the last."""
    sizes = list(by_size)
    first, last = sizes[0], sizes[-1]
    grows = len(sizes) > 1
    head = ["stage", "runs", *(f"{size:,}: {what}" for size in sizes for what in ("s", "MB")), *([f"growth at × {last / first:g}"] if grows else [])]
    lines = [f"Seconds in all runs of a stage and the most memory one of them held, by subscribers; {os.cpu_count()} processors.", "",
             f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    stages = list(by_size[first])
    for stage in [*stages, "all stages"]:
        each = {size: [c for s in ([stage] if stage in stages else STAGES) for c in by_size[size][s]] for size in sizes}
        total = {size: sum(c.seconds for c in costs) for size, costs in each.items()}
        cells = [stage, str(len(each[first]))]
        for size in sizes:
            cells += [f"{total[size]:.1f}", f"{max(c.peak_mb for c in each[size]):,.0f}"]
        lines.append(f"| {' | '.join([*cells, *([f'× {total[last] / total[first]:.1f}'] if grows else [])])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
