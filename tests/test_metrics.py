"""Metrics are what their definitions say, ties are averaged, and intervals hold."""
import numpy as np
import pytest
from sklearn import metrics as sk

from churnkit.metrics import Interval, calibration_curve, called, draws, gains, interval, judge, said, slope, stretches, written

CHURNED = np.array([1, 0, 1, 0, 0])
SCORE = np.array([0.9, 0.8, 0.7, 0.2, 0.1])


def values(churned: np.ndarray, score: np.ndarray, capacity: float) -> dict[str, float]:
    judged = judge(churned, {"model": score}, capacity=capacity, times=20, probabilities=("model",))["model"]
    return {name: found.value for name, found in judged.items()}


@pytest.mark.parametrize(("capacity", "precision", "recall", "lift"), [(1, 1, 0.5, 2.5), (2, 0.5, 0.5, 1.25), (3, 2 / 3, 1, 5 / 3), (5, 0.4, 1, 1)])
def test_precision_recall_and_lift_at_capacity_by_hand(capacity: int, precision: float, recall: float, lift: float) -> None:
    found = values(CHURNED, SCORE, capacity)
    assert [found[f"{name}_at_capacity"] for name in ("precision", "recall", "lift")] == pytest.approx([precision, recall, lift])


def test_a_capacity_beyond_everyone_calls_everyone() -> None:
    assert values(CHURNED, SCORE, 99)["precision_at_capacity"] == pytest.approx(0.4)


def test_equal_scores_share_what_they_find() -> None:
    found = values(CHURNED, np.zeros(5), 2)
    assert found["precision_at_capacity"] == pytest.approx(0.4)
    assert found["auc"] == pytest.approx(0.5)
    np.testing.assert_array_equal(values(CHURNED[::-1], np.zeros(5), 2)["precision_at_capacity"], found["precision_at_capacity"])


def test_metrics_agree_with_scikit_learn_on_tied_scores() -> None:
    rng = np.random.default_rng(0)
    score = rng.random(3000).round(2).clip(0.01, 0.99)
    churned = (rng.random(3000) < score / 3).astype(int)
    found = values(churned, score, 100)
    assert found["auc"] == pytest.approx(sk.roc_auc_score(churned, score))
    assert found["pr_auc"] == pytest.approx(sk.average_precision_score(churned, score))
    assert found["brier"] == pytest.approx(sk.brier_score_loss(churned, score))
    assert found["log_loss"] == pytest.approx(sk.log_loss(churned, score))
    assert found["predicted_over_observed"] == pytest.approx(score.sum() / churned.sum())


@pytest.mark.parametrize("stretch", [0.5, 1.0, 2.0])
def test_the_slope_is_how_much_the_log_odds_were_overstated(stretch: float) -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(-2, 1.5, 60_000)
    churned = (rng.random(60_000) < 1 / (1 + np.exp(-truth))).astype(float)
    assert slope(truth * stretch, churned, np.ones((1, 60_000)))[0] == pytest.approx(1 / stretch, rel=0.05)


def test_the_interval_holds_the_truth_and_narrows_with_more_rows() -> None:
    rng = np.random.default_rng(2)
    widths = []
    for rows in (500, 8000):
        churned = (rng.random(rows) < 0.3).astype(int)
        score = churned + rng.normal(0, 2, rows)
        auc = judge(churned, {"model": score}, capacity=50, times=200)["model"]["auc"]
        assert auc.low < 0.638 < auc.high  # two normals one apart, each of deviation 2: Φ(1 / (2√2))
        widths.append(auc.high - auc.low)
    assert widths[1] < widths[0] / 2.5


def test_differences_are_paired() -> None:
    rng = np.random.default_rng(3)
    churned = (rng.random(2000) < 0.2).astype(int)
    score = churned + rng.normal(0, 1, 2000)
    judged = judge(churned, {"model": score, "same": 3 * score, "blind": rng.random(2000)}, capacity=100, times=100)
    assert judged["model - same"]["precision_at_capacity"] == interval(np.zeros(3))
    assert judged["model - blind"]["precision_at_capacity"].low > 0


def test_the_same_seed_draws_the_same_samples() -> None:
    np.testing.assert_array_equal(draws(50, 10, 4), draws(50, 10, 4))
    assert (draws(50, 10, 4).sum(axis=1) == 50).all()
    assert (draws(50, 10, 4)[1:] != draws(50, 10, 5)[1:]).any()


def test_nobody_churning_leaves_the_metrics_empty() -> None:
    found = values(np.zeros(30), np.linspace(0.1, 0.2, 30), 5)
    assert np.isnan([found["auc"], found["lift_at_capacity"], found["calibration_slope"]]).all()
    assert found["precision_at_capacity"] == 0


def test_a_slope_that_has_no_end_is_not_known() -> None:
    parted, mixed = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    assert np.isnan(slope(np.array([-2.0, -1.0, 1.0, 2.0]), parted, np.ones((1, 4)))).all()
    assert slope(np.array([-2.0, -1.0, 1.0, 2.0]), mixed, np.ones((1, 4)))[0] == pytest.approx(0.4196, abs=1e-4)  # scikit-learn says so


def test_a_figure_is_said_with_its_interval_as_far_as_there_is_one() -> None:
    row = written({"auc": Interval(0.84649, 0.8, 0.9), "lift": Interval(2.0, float("nan"), float("nan")), "slope": Interval(float("inf"), 1.0, 2.0)})
    assert row == {"auc": 0.84649, "auc_low": 0.8, "auc_high": 0.9, "lift": 2.0, "lift_low": None, "lift_high": None,
                   "slope": None, "slope_low": 1.0, "slope_high": 2.0}
    assert [said(row, "auc"), said(row, "lift", "{:.1f}"), said(row, "slope"), said({}, "brier")] == ["0.846 [0.800, 0.900]", "2.0", "–", "–"]


def test_who_is_called_are_the_riskiest_of_equal_ones_the_first() -> None:
    assert called(np.array([0.2, 0.9, 0.5, 0.5]), 2).tolist() == [False, True, True, False]
    assert called(np.array([0.2, 0.9]), 5).all()


def test_stretches_are_of_equal_size_and_no_more_than_there_are_rows() -> None:
    assert stretches(20).tolist() == list(range(0, 20, 2))
    assert stretches(3).tolist() == [0, 1, 2]


def test_a_missing_score_is_refused() -> None:
    with pytest.raises(ValueError, match="a score is missing"):
        judge(CHURNED, {"model": np.array([0.1, np.nan, 0, 0, 0])}, capacity=1)


def test_the_gains_curve_begins_at_nobody_and_ends_at_everybody() -> None:
    shares, found = gains(SCORE, CHURNED, points=5)
    assert shares.tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert found.tolist() == pytest.approx([0, 0.5, 0.5, 1, 1, 1])


def test_calibration_bins_go_from_least_to_most_at_risk() -> None:
    predicted, observed, rows = calibration_curve(np.array([0.4, 0.1, 0.3, 0.2]), np.array([1, 0, 1, 0]), bins=2)
    assert (predicted.tolist(), observed.tolist(), rows.tolist()) == ([pytest.approx(0.15), pytest.approx(0.35)], [0, 1], [2, 2])
