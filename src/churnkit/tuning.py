"""The search for how the trees learn best: fitted on earlier dates, validated on later ones, never on the month of judgement."""
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from churnkit import examples
from churnkit.errors import HistoryError
from churnkit.log_odds import log_losses
from churnkit.progress import trying

if TYPE_CHECKING:
    from churnkit.model import Learning

# What is searched, from least to most; True: by ratio, as 0.02 is to 0.04. All else stays as params.yaml has it, but for one booster a trial.
SPACE: dict[str, tuple[float, float, bool]] = {
    "learning_rate": (0.02, 0.2, True), "leaves": (7, 63, True), "depth": (3, 10, False), "min_leaf_rows": (10, 400, True),
    "column_share": (0.15, 1.0, False), "row_share": (0.5, 1.0, False), "l2": (0.1, 100.0, True)}
FREE = 4  # trials that are never pruned, for a median of fewer means nothing


@dataclass(frozen=True)
class Budget:
    """How long to search: so many trials, so many minutes, or whichever is over first; 0 trials and no minutes is no search."""

    trials: int = 0
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.trials < 0:
            raise ValueError("trials must be 0, for no search, or more")
        if self.minutes is not None and self.minutes <= 0:
            raise ValueError("minutes must be more than 0, or null")

    @property
    def is_on(self) -> bool:
        """Whether to search at all."""
        return bool(self.trials or self.minutes)

    def is_spent(self, trials: int, seconds: float) -> bool:
        """Whether so many trials in so many seconds are all there is."""
        return bool(self.trials and trials >= self.trials) or (self.minutes is not None and seconds >= 60 * self.minutes)


@dataclass(frozen=True)
class Month:
    """The examples of an as-of date: features, outcomes, whose they are, and when the last outcome was known."""

    as_of: date
    features: pd.DataFrame
    churned: np.ndarray
    subscriber_id: np.ndarray
    matures_on: date


@dataclass(frozen=True)
class Fold:
    """One validation: fitted on `earlier`, the tree count and the calibration found on `stop`, judged on `later`; each mature by the next."""

    earlier: list[Month]
    stop: Month
    later: Month


@dataclass(frozen=True)
class Tuned:
    """What a search found: the best choices, the mean log loss with them and with those of params.yaml, the gain with its 95 % interval."""

    choices: dict[str, Any]
    loss: float
    own_loss: float
    gain: tuple[float, float, float]
    trials: int
    pruned: int
    validated_on: list[str]
    budget: Budget

    @property
    def is_taken(self) -> bool:
        """Whether the choices beat those of params.yaml beyond the interval."""
        return self.gain[1] > 0

    @property
    def said(self) -> str:
        """The search in half a sentence."""
        if self.gain[0] <= 0:
            return (f"{self.trials} trials ({self.pruned} pruned) found nothing better than params.yaml's own choices "
                    f"on {', '.join(self.validated_on)}{self.may_differ}")
        what = "better beyond the interval" if self.is_taken else "not beyond the interval, so params.yaml's own choices are as good"
        return (f"{self.trials} trials ({self.pruned} pruned) lower the log loss by {self.gain[0]:.5f} [{self.gain[1]:.5f}, {self.gain[2]:.5f}] "
                f"on {', '.join(self.validated_on)}; {what}" + self.may_differ)

    @property
    def may_differ(self) -> str:
        """The warning that another search may find something else; nothing where it finds the same."""
        return "" if self.budget.minutes is None else "; a budget in minutes, not to be repeated exactly"

    def written(self) -> dict[str, Any]:
        """The search as the card and reports/train.json keep it."""
        return {"is_taken": self.is_taken, "choices": self.choices, "log_loss": self.loss, "own_log_loss": self.own_loss,
                "gain": dict(zip(("value", "low", "high"), self.gain, strict=True)), "trials": self.trials, "pruned": self.pruned,
                "validated_on": self.validated_on, "is_repeatable": self.budget.minutes is None, "said": self.said}


def months_of(rows: pd.DataFrame, features: pd.DataFrame) -> list[Month]:
    """The examples by as-of date, oldest first; `features` are what the model may read of the rows."""
    found = []
    for day, place in rows.groupby("as_of").groups.items():
        part = rows.loc[place]
        found.append(Month(date.fromisoformat(str(day)), features.loc[place].reset_index(drop=True), part["churned"].to_numpy(dtype=int),
                           part["subscriber_id"].to_numpy(), pd.to_datetime(part["matures_on"]).max().date()))
    return sorted(found, key=lambda month: month.as_of)


def folds(months: Sequence[Month]) -> list[Fold]:
    """The validations that these dates allow, oldest first. Raises HistoryError where there is none."""
    found = []
    for later in months:
        known = [month for month in months if month.matures_on <= later.as_of]
        if len(known) >= 2 and has_both(known[:-1]) and has_both([later]):
            found.append(Fold(known[:-1], known[-1], later))
    if not found:
        raise HistoryError("train.tune needs a training date by which two earlier ones are mature, and there is none: add older deliveries, "
                           "raise train.max_dates, or set train.tune.trials to 0.")
    return found


def has_both(months: Sequence[Month]) -> bool:
    """Whether somebody left and somebody stayed in these months together."""
    return len(np.unique(np.concatenate([month.churned for month in months]))) == 2


def losses(learning: "Learning", fold: Fold, seed: int) -> np.ndarray:
    """The log loss of each row that the fold is judged on."""
    from churnkit.model import fit

    earlier = pd.concat([month.features for month in fold.earlier], ignore_index=True)
    churned = np.concatenate([month.churned for month in fold.earlier])
    model = fit(earlier, churned, params=replace(learning, bags=1), seed=seed, valid=(fold.stop.features, fold.stop.churned))
    return log_losses(fold.later.churned, model.predict_proba(fold.later.features))


def gained(own: Sequence[np.ndarray], best: Sequence[np.ndarray], checks: Sequence[Fold]) -> tuple[float, float, float]:
    """The mean log loss saved over the folds, and its 95 % interval; a subscriber's rows in several months count as one draw."""
    saved = np.concatenate([(a - b) / len(a) / len(checks) for a, b in zip(own, best, strict=True)])
    whose = np.concatenate([fold.later.subscriber_id for fold in checks])
    sums = pd.Series(saved).groupby(whose).sum().to_numpy()
    half = 1.96 * float(sums.std() * np.sqrt(len(sums)))
    return (round(float(sums.sum()), 9), round(float(sums.sum()) - half, 9), round(float(sums.sum()) + half, 9))


def search(months: Sequence[Month], learning: "Learning", budget: Budget, *, seed: int, record: Any = None) -> Tuned:
    """The best of the trials that the budget allows; the same seed and trials give the same answer, minutes do not.

    A trial that after a validation date is worse than the median of those before it at that date is given up. `record` is the MLflow run
    that the trials are nested in.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    checks = folds(months)
    own = [losses(learning, fold, seed) for fold in checks]
    own_loss = round(float(np.mean([found.mean() for found in own])), 9)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=8),
                                pruner=optuna.pruners.MedianPruner(n_startup_trials=FREE))
    distributions = optuna.distributions
    whole = {name: isinstance(getattr(learning, name), int) for name in SPACE}
    space: dict[str, distributions.BaseDistribution] = {
        name: distributions.IntDistribution(int(low), int(high), log=log) if whole[name] else distributions.FloatDistribution(low, high, log=log)
        for name, (low, high, log) in SPACE.items()}
    best, best_loss, choices, done, pruned, started = own, own_loss, {name: getattr(learning, name) for name in SPACE}, 0, 0, time.monotonic()
    with trying("tune", budget.trials or None) as tell:
        tell(f"log loss {own_loss:.5f} by params.yaml's own choices", 0)
        while not budget.is_spent(done, time.monotonic() - started):
            trial = study.ask(space)
            tried = {name: value if whole[name] else round(value, 4) for name, value in trial.params.items()}
            found = validated(trial, replace(learning, **tried), checks, seed, record, tried)
            done += 1
            if found is None:
                pruned += 1
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else:
                loss = round(float(np.mean([one.mean() for one in found])), 9)
                study.tell(trial, loss)
                if loss < best_loss:
                    best, best_loss, choices = found, loss, tried
            tell(f"best {best_loss:.5f}, own {own_loss:.5f}" + (", given up early" if found is None else f", this one {loss:.5f}"), 1)
    return Tuned(choices, best_loss, own_loss, gained(own, best, checks), done, pruned, [str(fold.later.as_of) for fold in checks], budget)


def validated(trial: Any, learning: "Learning", checks: Sequence[Fold], seed: int, record: Any, tried: Mapping[str, Any]) -> list[np.ndarray] | None:
    """The losses of a trial by fold; None where it was given up."""
    found: list[np.ndarray] = []
    with nested(record, trial.number, tried) as kept:
        for step, fold in enumerate(checks):
            found.append(losses(learning, fold, seed))
            trial.report(round(float(np.mean([one.mean() for one in found])), 9), step)
            is_pruned = step + 1 < len(checks) and trial.should_prune()
            if is_pruned:
                break
        if kept is not None:
            kept.monthly({fold.later.as_of: {"log_loss": float(one.mean())} for fold, one in zip(checks, found, strict=False)})
            kept.metrics({} if is_pruned else {"validation/log_loss": float(np.mean([one.mean() for one in found]))})
            kept.tags({"trial.state": "pruned" if is_pruned else "complete"})
    return None if is_pruned else found


@contextmanager
def nested(record: Any, number: int, tried: Mapping[str, Any]) -> Iterator[Any]:
    """The MLflow run of a trial below the record's; None where there is no record."""
    if record is None:
        yield None
        return
    with record.nested(f"trial-{number + 1}", {"label.definition": examples.label_definition()}) as kept:
        kept.params(tried)
        yield kept
