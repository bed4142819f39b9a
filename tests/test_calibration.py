"""Calibrated probabilities can be believed, and the baselines are what their rules say."""
import numpy as np
import pandas as pd
import pytest

from churnkit.log_odds import expit
from churnkit.model.baselines import logistic, seed_rules, silence_alone
from churnkit.model.calibrate import Calibrator, calibrate


def margins(truth: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    margin = rng.normal(0, 2, 20_000)
    rate = expit(2 * margin - 1) if truth == "line" else np.select([margin < -1, margin < 1.5], [0.02, 0.3], 0.6)
    return margin, (rng.random(20_000) < rate).astype(int)


@pytest.mark.parametrize(("truth", "method"), [("line", "sigmoid"), ("steps", "isotonic")])
def test_the_calibration_that_fits_is_chosen(truth: str, method: str) -> None:
    margin, churned = margins(truth)
    chosen = calibrate(margin, churned)
    assert chosen.method == method
    top = margin > np.quantile(margin, 0.9)
    assert chosen.probability(margin)[top].mean() == pytest.approx(churned[top].mean(), rel=0.05)


def test_a_margin_that_holds_is_not_bent_by_few_rows() -> None:
    rng = np.random.default_rng(8)
    margin = rng.normal(-1, 1.5, 400)
    assert calibrate(margin, (rng.random(400) < expit(margin)).astype(int)).method != "isotonic"


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_never_reorders(method: str) -> None:
    margin, churned = margins("steps")
    probability = calibrate(margin, churned, method=method).probability(np.linspace(-20, 20, 4001))
    assert (np.diff(probability) > 0).all()


def test_calibration_of_equal_margins_is_their_base_rate() -> None:
    churned = np.repeat([0, 1], [900, 100])
    assert calibrate(np.zeros(1000), churned, method="isotonic").probability(np.zeros(1))[0] == pytest.approx(0.1, rel=0.01)


def test_too_few_churners_leave_the_margin_as_it_is() -> None:
    assert calibrate(np.zeros(100), np.repeat([0, 1], [95, 5])) == Calibrator("none")


def test_the_seed_rules_count_silence_bill_and_forwarding() -> None:
    rows = pd.DataFrame({"days_since_last_own_activity": [0, 7, 8, None], "bill_shock_ratio": [1.0, 1.5, 0.5, None],
                         "is_forwarding_active": [False, False, True, None]})
    assert seed_rules(rows).tolist() == [0, 2.007, 3.008, 0]
    assert seed_rules(rows.drop(columns="bill_shock_ratio")).tolist() == [0, 1.007, 2.008, 0]
    assert silence_alone(rows).tolist() == [0, 7, 8, 9999]


def test_the_logistic_baseline_reads_gaps_text_and_unseen_values() -> None:
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"a": rng.normal(size=500), "plan": rng.choice(["x", "y"], 500), "nothing": None, "gap": np.nan})
    scorer = logistic(rows, (rows["a"] > 0).to_numpy(dtype=int))
    scores = scorer(pd.DataFrame({"a": [-2.0, 2.0, np.nan], "plan": ["x", "z", None], "nothing": [None] * 3, "gap": [1.0, np.nan, 2]}))
    assert scores[0] < 0.2 < 0.8 < scores[1]
    assert np.isfinite(scores).all()
