"""churnkit.model beside the defaults of four boosting libraries, on public and invented tables in repeated folds, as Markdown."""
import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from invented_tables import INVENTED, Table, public
from measure import say
from rivals.boosters import CONTENDERS

import churnkit.model  # noqa: F401  before LightGBM is loaded: sets how its threads wait

ROOT = Path(__file__).resolve().parent.parent
METRICS = {"AUC": 1, "PR-AUC": 1, "log loss": -1}  # 1: more is better


def main() -> None:
    """Fit everyone on every fold and print the tables of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--public", type=Path, default=ROOT.parent / "shared" / "data" / "tables", help="folder of the public tables as CSV")
    parser.add_argument("--tables", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=2, help="times the folds are drawn anew")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--without", nargs="*", default=[], choices=CONTENDERS, help="contenders left out")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    known = public(chosen.public) | INVENTED
    contenders = [name for name in CONTENDERS if name not in chosen.without]
    found = pd.concat([judged(name, known[name], contenders, chosen.folds, chosen.repeats, chosen.threads)
                       for name in chosen.tables or known], ignore_index=True)
    print(page(found, 1 / (chosen.folds - 1)))


def judged(name: str, table: Callable[[], Table], contenders: list[str], folds: int, repeats: int, threads: int) -> pd.DataFrame:
    """One row per fold and contender: what its probabilities are worth on the rows held out, and the seconds of fitting and scoring them."""
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
    from sklearn.model_selection import RepeatedStratifiedKFold

    rows, churned = table()
    lines = []
    for fold, (kept, held) in enumerate(RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=0).split(rows, churned)):
        for contender in contenders:
            started, worked = time.perf_counter(), time.process_time()
            said = CONTENDERS[contender](rows.iloc[kept], churned[kept], rows.iloc[held], threads)
            lines.append({"table": name, "fold": fold, "contender": contender, "seconds": time.perf_counter() - started,
                          "processor s": time.process_time() - worked, "AUC": roc_auc_score(churned[held], said),
                          "PR-AUC": average_precision_score(churned[held], said), "log loss": log_loss(churned[held], said)})
    found = pd.DataFrame(lines)
    say(f"{name}: {len(rows)} rows, {rows.shape[1]} columns, {churned.mean():.1%}\n"
        f"{found.groupby('contender', sort=False)[[*METRICS, 'seconds', 'processor s']].mean().round(4).to_string()}")
    return found


def difference(ours: np.ndarray, theirs: np.ndarray, share: float) -> tuple[float, float]:
    """The mean gain over a rival and the half of its 95 % interval; `share` is rows held out over rows learnt from.

    Folds share most of their rows, so the plain standard error is too small: Nadeau and Bengio 2003 widen it by that share.
    """
    from scipy.stats import t

    gain = ours - theirs
    return float(gain.mean()), float(t.ppf(0.975, len(gain) - 1) * np.sqrt(gain.var(ddof=1) * (1 / len(gain) + share)))


def page(found: pd.DataFrame, share: float) -> str:
    """Means by table and contender, then churnkit's gains over each with intervals, and how often it wins."""
    rivals = [name for name in found["contender"].unique() if name != "churnkit"]
    lines = ["| table | | AUC | PR-AUC | log loss | seconds | processor s |", "|---|---|---:|---:|---:|---:|---:|"]
    for (table, contender), rows in found.groupby(["table", "contender"], sort=False):
        means = rows[[*METRICS, "seconds", "processor s"]].mean()
        lines.append(f"| {table} | {contender} | " + " | ".join(f"{means[name]:.4f}" for name in METRICS)
                     + f" | {means['seconds']:.2f} | {means['processor s']:.2f} |")
    lines += ["", "| gain over | table | " + " | ".join(METRICS) + " | processor s, ratio |", "|---|---|---:|---:|---:|---:|"]
    wins = {rival: [0, 0, 0, 0] for rival in rivals}
    for rival in rivals:
        for table, rows in found.groupby("table", sort=False):
            sides = [rows[rows["contender"] == name].sort_values("fold") for name in ("churnkit", rival)]
            cells = []
            for metric, sign in METRICS.items():
                gain, half = difference(*(sign * side[metric].to_numpy() for side in sides), share)
                cells.append(f"{gain:+.4f} ± {half:.4f}")
                for place, met in enumerate((gain > 0, gain - half > 0, gain < 0, gain + half < 0)):
                    wins[rival][place] += met
            lines.append(f"| {rival} | {table} | {' | '.join(cells)} | {sides[0]['processor s'].mean() / sides[1]['processor s'].mean():.2f} |")
    lines += ["", "| against | better | beyond the interval | worse | beyond the interval |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {rival} | {' | '.join(map(str, counts))} |" for rival, counts in wins.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
