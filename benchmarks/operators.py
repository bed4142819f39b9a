"""How good the model is on invented operators of several seeds, as Markdown tables: beside the best achievable, and beside the baselines."""
import argparse
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from measure import say, timed
from repro import ROOT, subjects

from churnkit import documents

STAGES = ("ingest", "summarise", "label", "featurize", "audit", "train", "evaluate")
CONTENDERS = ("model", "logistic", "seed_rules", "silence_alone")


def main() -> None:
    """Run the pipeline on each operator and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5], metavar="N")
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--records", action="store_true", help="also what the records could tell at most: another fit for each")
    parser.add_argument("--folder", type=Path, help="where the operators lie and stay, seed1 and so on: one that is judged is kept, one that "
                                                    "is not is made anew (default: none stays; 10 GB for 100,000 subscribers)")
    chosen = parser.parse_args()
    found = {}
    for seed in chosen.seeds:
        with tempfile.TemporaryDirectory(prefix="churnkit-bench-") as scratch:
            folder = chosen.folder / f"seed{seed}" if chosen.folder else Path(scratch)
            if not (folder / "reports/best_achievable.json").exists():
                judge(folder, seed, chosen.subscribers, ["--records"] if chosen.records else [])
            found[seed] = {name: documents.read(folder / f"reports/{name}.json") for name in ("best_achievable", "metrics")}
    print(truth_page(found), precision_page(found), sep="\n\n")


def judge(folder: Path, seed: int, subscribers: int, words: list[str]) -> None:
    """Simulate an operator in the folder, and run all that its model is judged by."""
    shutil.rmtree(folder, ignore_errors=True)  # what a killed run left
    folder.mkdir(parents=True)
    params = (ROOT / "params.yaml").read_text("utf-8")
    for key, value in (("seed", seed), ("track", "false")):
        params, count = re.subn(rf"^  {key}: .*$", f"  {key}: {value}", params, flags=re.MULTILINE)
        assert count == 1, key
    (folder / "params.yaml").write_text(params, "utf-8")
    timed(folder, "-m", "churnkit", "simulate", "--subscribers", str(subscribers), "--seed", str(seed))
    timed(folder, "-m", "churnkit", "plan")
    for stage in STAGES:
        seconds = sum(timed(folder, "-m", "churnkit", stage, *subject).seconds for subject in subjects(folder, stage))
        say(f"seed {seed}, {stage}: {seconds:.0f} s")
    timed(folder, "-m", "churnkit", "truth", *words)


def truth_page(found: dict[int, dict[str, Any]]) -> str:
    """A row per operator: AUC beside the best achievable, and how well the probabilities hold."""
    lines = ["| seed | judged | churned | AUC `any` | best achievable | difference | records tell at most | predicted / observed | of the top tenth "
             "| slope |", "|---|---:|---:|---|---|---|---|---|---|---|"]
    for seed, of in found.items():
        best, metrics = of["best_achievable"], of["metrics"]["open"]
        told = best.get("taught", {}).get("best")
        cells = [seed, f"{best['rows']:,}", f"{best['churned']:,}", *(interval(*best[name]) for name in ("model", "best", "difference")),
                 interval(*told) if told else "", *(within(metrics, name) for name in (
                     "predicted_over_observed", "predicted_over_observed_top_decile", "calibration_slope"))]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def precision_page(found: dict[int, dict[str, Any]]) -> str:
    """A row per operator: how many of those called first churned, by who chose them."""
    lines = [f"| seed | calls | {' | '.join(CONTENDERS)} |", f"|---|---:|{'---|' * len(CONTENDERS)}"]
    for seed, of in found.items():
        metrics = of["metrics"]["open"]
        by = {"model": metrics, **metrics["baselines"]}
        lines.append(f"| {seed} | {metrics['capacity']} | {' | '.join(within(by[name], 'precision_at_capacity') for name in CONTENDERS)} |")
    return "\n".join(lines)


def within(metrics: dict[str, float], name: str) -> str:
    """A metric and its interval."""
    return interval(metrics[name], metrics[f"{name}_low"], metrics[f"{name}_high"])


def interval(value: float, low: float, high: float) -> str:
    """A value and its 95 % interval."""
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
