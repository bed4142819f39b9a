"""How the model ages: each past month's model, learnt as it could be then, judged on that month and on all later ones."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from churnkit import examples, metrics
from churnkit.errors import HistoryError
from churnkit.examples import STRATA
from churnkit.hindsight import EVERYONE, Recipe, probabilities
from churnkit.model import Model
from churnkit.progress import say
from churnkit.timeline import known_by, months_between

HELD = ("predicted_over_observed", "calibration_slope")
Samples = dict[str, np.ndarray]  # by metric: the value on all rows, then one per resample
Key = tuple[date, date, str, str]  # made for, judged at, stratum, part


@dataclass(frozen=True)
class Backtest:
    """Which dates there are, when their labels are known, what to learn and how many calls can be made."""

    dates: tuple[date, ...]
    label_days: int
    recipe: Recipe
    capacities: Mapping[str, int]
    times: int

    def training(self, made_for: date) -> tuple[date, ...]:
        """The dates from which the model of a date could be learnt: their labels were known on it."""
        return known_by(self.dates, made_for, self.label_days)[-self.recipe.max_dates:]

    @property
    def made_for(self) -> tuple[date, ...]:
        """The dates for which a model could be made: a month to fit and one to calibrate were known. Raises HistoryError if there is none."""
        if found := tuple(day for day in self.dates if len(self.training(day)) >= 2):
            return found
        raise HistoryError(f"Of the as-of dates {', '.join(map(str, self.dates))} none has two earlier ones whose label was known by then "
                           f"({self.label_days} days): the history is too short for a backtest.")


def age_months(made_for: date, judged_at: date) -> int:
    """Months from the as-of date of a model's first list to that of the list it is judged on; 0 is fresh."""
    return months_between(made_for, judged_at)


def models(backtest: Backtest) -> Iterator[tuple[date, Model]]:
    """Each date with the model that would have scored it, oldest first."""
    for day in backtest.made_for:
        known = backtest.training(day)
        say(f"backtest: the model for {day}, learnt from {len(known)} dates, {known[0]} to {known[-1]}")
        months = [examples.learnable(examples.load(past))[0] for past in known]
        judged = backtest.recipe.learnt(months)
        yield day, backtest.recipe.scoring(judged, months)


def resampled(backtest: Backtest, made: Mapping[date, Model], counted: Sequence[Any]) -> tuple[dict[Key, Samples], list[dict[str, Any]]]:
    """The metrics of every model on every month not before its own, by resample, and how many rows and churners each part has.

    A resample draws subscribers, the same ones in every month and for every model, so that months and models can be subtracted.
    """
    everyone = pd.Index(sorted(set().union(*(set(ids) for ids in counted))))
    found: dict[Key, Samples] = {}
    sizes = []
    for day in backtest.made_for:
        rows, _ = examples.learnable(examples.load(day))
        scores = {made_for: probabilities(model, rows) for made_for, model in made.items() if made_for <= day}
        place = everyone.get_indexer(rows["subscriber_id"])
        for stratum, part, kept in parts(rows):
            churned = rows["churned"].to_numpy(dtype=float)[kept]
            if not churned.sum() or churned.all():
                continue
            sizes.append({"as_of": str(day), "stratum": stratum, "part": part, "rows": len(churned), "churned": int(churned.sum()),
                          "churned_share": round(float(churned.mean()), 6)})
            mine = {made_for: score[kept] for made_for, score in scores.items()}
            capacity = min(backtest.capacities[stratum], len(churned))
            weights = drawn(len(everyone), backtest.times, backtest.recipe.seed, place[kept])
            for made_for, samples in sampled(mine, churned, weights, capacity, part == EVERYONE).items():
                found[made_for, day, stratum, part] = samples
    return found, sizes


def parts(rows: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """Stratum, name and places of the rows of each stratum, and within it of each exit kind against those who stayed."""
    for stratum in STRATA:
        inside = (rows["stratum"] == stratum).to_numpy()
        yield stratum, EVERYONE, np.flatnonzero(inside)
        kinds = rows["exit_kind"].to_numpy(dtype=object)
        for kind in sorted({str(k) for k in rows.loc[inside, "exit_kind"].dropna()}):
            yield stratum, f"exit: {kind}", np.flatnonzero(inside & (~rows["churned"].to_numpy(dtype=bool) | (kinds == kind)))


def drawn(people: int, times: int, seed: int, place: np.ndarray, lines: int = 20) -> Iterator[np.ndarray]:
    """How often each row is drawn, some resamples at once, the first with each row once; the same subscriber is drawn alike in every month."""
    rng = np.random.default_rng(seed)
    block = [np.ones(len(place))]
    for _ in range(times):
        block.append(np.bincount(rng.integers(0, people, people), minlength=people)[place].astype(float))
        if len(block) == lines:
            yield np.array(block)
            block = []
    if block:
        yield np.array(block)


def sampled(scores: Mapping[date, np.ndarray], churned: np.ndarray, weights: Iterator[np.ndarray], capacity: int, has_list: bool) \
        -> dict[date, Samples]:
    """The metrics of each model's scores by resample; of a part that has no list of its own, how well it is ranked and no more."""
    ranked = {made_for: metrics.Ranked.of(score, churned) for made_for, score in scores.items()}
    pieces: dict[date, dict[str, list[np.ndarray]]] = {made_for: {} for made_for in scores}
    for block in weights:
        for made_for, score in scores.items():
            with np.errstate(divide="ignore", invalid="ignore"):  # a resample without churners cannot say; `metrics.interval` leaves it out
                said = metrics.ranking(ranked[made_for], block, capacity)
                said = {name: said[name] for name in (metrics.RANKING if has_list else ("auc",))}
                if has_list:
                    held = metrics.probability(score, churned, block)
                    said |= {name: held[name] for name in HELD}
            for name, values in said.items():
                pieces[made_for].setdefault(name, []).append(values)
    return {made_for: {name: np.concatenate(values) for name, values in of.items()} for made_for, of in pieces.items()}


def by_month(found: Mapping[Key, Samples], sizes: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per model, month and part, with intervals."""
    rows = pd.DataFrame([{"made_for": str(made_for), "as_of": str(day), "age_months": age_months(made_for, day), "stratum": stratum, "part": part,
                          **metrics.written({metric: metrics.interval(values) for metric, values in samples.items()})}
                         for (made_for, day, stratum, part), samples in found.items()])
    return rows.merge(pd.DataFrame(sizes), on=["as_of", "stratum", "part"], validate="many_to_one").sort_values(
        ["stratum", "part", "made_for", "as_of"], key=lambda c: c.map({s: n for n, s in enumerate(STRATA)}) if c.name == "stratum" else c,
        ignore_index=True)


def by_age(found: Mapping[Key, Samples]) -> pd.DataFrame:
    """One row per part and age: the mean over months of each metric, and under `…_change` of its difference to that month's fresh model.

    Other ages meet other months, so the changes, which compare two models on the same rows, are what tells of ageing.
    """
    rows = []
    for stratum, part in dict.fromkeys((stratum, part) for _, _, stratum, part in found):
        mine = {(made_for, day): samples for (made_for, day, s, p), samples in found.items() if (s, p) == (stratum, part)}
        for age in sorted({age_months(*pair) for pair in mine}):
            pairs = [pair for pair in mine if age_months(*pair) == age]
            line: dict[str, Any] = {"stratum": stratum, "part": part, "age_months": age, "months": len(pairs)}
            for metric in mine[pairs[0]]:
                with np.errstate(invalid="ignore"):  # of a resample without churners neither can say
                    changes = np.mean([mine[pair][metric] - mine[pair[1], pair[1]][metric] for pair in pairs], axis=0)
                values = np.mean([mine[pair][metric] for pair in pairs], axis=0)
                line |= metrics.written({metric: metrics.interval(values), f"{metric}_change": metrics.interval(changes)})
            rows.append(line)
    return pd.DataFrame(rows)
