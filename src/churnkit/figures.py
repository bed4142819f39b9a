"""Pictures a manager reads: what the calls find, whether the probabilities hold, whom the scores part, what they rest on, what a feature tells."""
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, MODEL, GREY = "#222222", "#0072b2", "#8b949b"  # these and the next are told apart by the colour-blind, and by their lines in grey
OTHERS, DASHES = ("#d55e00", "#009e73", "#cc79a7", "#e69f00"), ("--", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))


def draw_gains(path: Path, shares: np.ndarray, curves: Mapping[str, np.ndarray], capacity_share: float, reached: float) -> None:
    """Share of churners found against share of customers called; the first curve is the model, which at capacity has `reached` that share."""
    figure, axes = sheet("Who we find by calling the riskiest first")
    for place, (name, found) in enumerate(curves.items()):
        other = (place - 1) % len(OTHERS)
        axes.plot(100 * shares, 100 * found, label=name, color=MODEL if place == 0 else OTHERS[other], linewidth=2.5 if place == 0 else 1.3,
                  linestyle="-" if place == 0 else DASHES[other])
    axes.plot([0, 100], [0, 100], color=GREY, linestyle=":", label="at random")
    axes.axvline(100 * capacity_share, color=INK, linewidth=0.8, linestyle="--")
    axes.annotate(f"calls we can make: {100 * capacity_share:.1f}% of customers\nreach {100 * reached:.0f}% of churners",
                  (100 * capacity_share, 5), xytext=(6, 0), textcoords="offset points", fontsize=9)
    axes.set(xlabel="customers called, %", ylabel="churners among them, % of all", xlim=(0, 100), ylim=(0, 101))
    axes.legend(loc="lower right", frameon=False)
    save(figure, path)


def draw_calibration(path: Path, predicted: np.ndarray, observed: np.ndarray) -> None:
    """Observed churn rate against the predicted one, in tenths of the customers."""
    figure, axes = sheet("Do the probabilities hold?")
    top = 105 * max(float(predicted.max()), float(observed.max()), 1e-3)
    axes.plot([0, top], [0, top], color=GREY, linestyle=":", label="as predicted")
    axes.plot(100 * predicted, 100 * observed, color=MODEL, marker="o", label="observed, by tenths of the customers")
    axes.set(xlabel="predicted churn rate, %", ylabel="observed churn rate, %", xlim=(0, top), ylim=(0, top))
    axes.legend(loc="upper left", frameon=False)
    save(figure, path)


def draw_tenths(path: Path, observed: np.ndarray, low: np.ndarray, high: np.ndarray, predicted: np.ndarray) -> None:
    """The churn rate of each tenth of the customers with its interval, and what was predicted; the most at risk first."""
    figure, axes = sheet("Who leaves, by tenth of the customers")
    places = np.arange(1, len(observed) + 1)
    reach = np.nan_to_num(np.clip(np.stack([observed - low, high - observed]), 0, None))
    axes.bar(places, 100 * observed, color=MODEL, yerr=100 * reach, ecolor=INK, capsize=3, label="left, with 95 % interval")
    axes.plot(places, 100 * predicted, color=OTHERS[0], marker="D", linestyle="", label="predicted")
    mean = 100 * float(observed.mean())
    axes.axhline(mean, color=GREY, linestyle=":", label=f"all customers: {mean:.1f} %")
    axes.set(xlabel="tenth of the customers, 1 the most at risk", ylabel="churn rate, %", xticks=places)
    axes.legend(loc="upper right", frameon=False)
    save(figure, path)


def draw_profit(path: Path, called: np.ndarray, expected: np.ndarray, brought: np.ndarray, capacity: int, best: int) -> None:
    """Profit of the list in thousand yuan by how many are called: as expected, and as it came."""
    figure, axes = sheet("What a list of this length is worth")
    axes.plot(called, expected / 1000, color=OTHERS[0], linestyle="--", label="as the probabilities said")
    axes.plot(called, brought / 1000, color=MODEL, linewidth=2.5, label="by who really left")
    for place, words, height in ((capacity, f"calls we can make: {capacity:,}", 0.06), (best, f"best length: {best:,}", 0.13)):
        axes.axvline(place, color=INK, linewidth=0.8, linestyle="--")
        axes.annotate(words, (place, height), xycoords=("data", "axes fraction"), xytext=(6, 0), textcoords="offset points", fontsize=9)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set(xlabel="customers called, best first", ylabel="profit, thousand yuan", xlim=(0, max(int(called.max()), 1)))
    axes.legend(loc="lower left", bbox_to_anchor=(0.35, 0.2), frameon=False)
    save(figure, path)


def draw_scores(path: Path, probability: np.ndarray, churned: np.ndarray) -> None:
    """How the scores of churners and of stayers are spread, each as a share of its own group."""
    figure, axes = sheet("Scores of those who left and those who stayed")
    edges = np.geomspace(1e-3, 1, 40)
    for is_churner, name, colour in ((False, "stayed", GREY), (True, "left", MODEL)):
        part = np.clip(probability[churned.astype(bool) == is_churner], edges[0], 1)
        if len(part):
            axes.hist(100 * part, list(100 * edges), weights=np.full(len(part), 100 / len(part)), color=colour, alpha=0.7, label=name)
    axes.set(xscale="log", xlabel="predicted churn probability, %", ylabel="share of the group, %")
    axes.legend(loc="upper right", frameon=False)
    save(figure, path)


def draw_importance(path: Path, names: Sequence[str], shares: np.ndarray) -> None:
    """The features that the model leans on most, the greatest on top."""
    figure, axes = sheet("What the scores rest on")
    axes.barh(range(len(names)), 100 * np.asarray(shares), color=MODEL)
    axes.set_yticks(range(len(names)), list(names), fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel="share of the loss saved, %")
    save(figure, path)


def draw_audit(path: Path, strongest: Sequence[tuple[str, float, bool]], limit: float, months: Sequence[str],
               drift: Mapping[str, Sequence[float]]) -> None:
    """The strongest features alone, suspects in another colour and the limit beside them, and the drift of the most unsteady ones by month."""
    figure = Figure(figsize=(13, 6.4), dpi=110)  # a layout of its own making would draw it all twice
    FigureCanvasAgg(figure)
    alone, by_month = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.16, right=0.95, bottom=0.11, top=0.94, wspace=0.6)
    alone.barh(range(len(strongest)), [auc - 0.5 for _, auc, _ in strongest], left=0.5, color=[OTHERS[0] if bad else MODEL for *_, bad in strongest])
    alone.axvline(limit, color=INK, linewidth=0.8, linestyle="--")
    alone.set_yticks(range(len(strongest)), [name for name, *_ in strongest], fontsize=8)
    alone.set(xlabel="AUC alone; the line is where a feature becomes a suspect", xlim=(0.5, 1))
    alone.set_title("What each feature tells alone", loc="left", color=INK)
    colours = by_month.imshow(np.array(list(drift.values())), vmin=0, vmax=0.5, cmap="YlOrBr", aspect="auto")
    by_month.set_yticks(range(len(drift)), list(drift), fontsize=8)
    by_month.set_xticks(range(len(months)), months, fontsize=8, rotation=30)
    by_month.set_title("What drifts, by month", loc="left", color=INK)
    figure.colorbar(colours, ax=by_month, label="PSI against the other months; 0.25 is much", extend="max")
    alone.invert_yaxis()
    alone.spines[["top", "right"]].set_visible(False)
    save(figure, path)


def sheet(title: str) -> tuple[Figure, Axes]:
    """An empty figure and its axes."""
    figure = Figure(figsize=(7.2, 4.8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def save(figure: Figure, path: Path) -> None:
    """Writes the figure as PNG, the same bytes each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", metadata={"Software": None})
