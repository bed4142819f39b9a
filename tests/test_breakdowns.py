"""Tables by tenth, by number of calls and by group add up to the whole, and say what they say of each part."""
import numpy as np
import pandas as pd
import pytest

from churnkit import judgement
from churnkit.breakdowns import by_capacity, fairness, sizes, tenths
from churnkit.metrics import Interval, at, ece

RNG = np.random.default_rng(4)
CHANCE = RNG.random(1000).round(4) / 2
CHURNED = (RNG.random(1000) < CHANCE).astype(float)
DRAWN = {"times": 100, "seed": 2}


def test_tenths_are_of_equal_size_most_at_risk_first_and_add_up():
    found = tenths(CHANCE, CHURNED, **DRAWN)
    assert found["rows"].tolist() == [100] * 10
    assert found["churned"].sum() == CHURNED.sum()
    assert found["predicted_share"].is_monotonic_decreasing
    assert found["found_share"].iloc[-1] == 1
    assert found["lift"].mean() == pytest.approx(1)
    first = found.iloc[0]
    assert first["churned_share_low"] < first["churned_share"] < first["churned_share_high"]
    assert first["churned_share"] == pytest.approx(CHURNED[np.argsort(-CHANCE)[:100]].mean())


def test_fewer_than_ten_customers_make_fewer_tenths():
    assert tenths(CHANCE[:4], CHURNED[:4], **DRAWN)["rows"].tolist() == [1, 1, 1, 1]


def test_the_numbers_of_calls_are_round_ones_and_the_capacity():
    assert sizes(300, 1500) == [100, 250, 300, 500, 1000]
    assert sizes(300, 50) == [50]


def test_every_number_of_calls_is_told_for_every_score_with_the_gain_over_it():
    found = by_capacity({"model": CHANCE, "blind": RNG.random(1000)}, CHURNED, 200, **DRAWN)
    assert found[["calls", "score"]].to_numpy().tolist() == [[n, s] for n in (100, 200, 250, 500) for s in ("model", "blind")]
    one = found.iloc[2]
    best = np.argsort(-CHANCE, kind="stable")[:200]
    assert one["found"] == CHURNED[best].sum()
    assert (one["precision"], one["recall"]) == pytest.approx((CHURNED[best].mean(), CHURNED[best].sum() / CHURNED.sum()))
    gain = found["precision"].to_numpy()[::2] - found["precision"].to_numpy()[1::2]
    assert found["precision_gain"].tolist()[1::2] == pytest.approx(gain.tolist())
    assert found["precision_gain"].isna().tolist() == [True, False] * 4


@pytest.mark.parametrize(("called", "caught"), [(0, 0), (1, 1), (2, 1.5), (3, 2), (4, 2), (5, 3)])
def test_of_a_group_that_is_called_in_part_its_share_is_caught(called, caught):
    seen, found = np.array([[1.0, 3, 4, 5]]), np.array([[1.0, 2, 2, 3]])
    assert at(seen, found, np.array([float(called)])).tolist() == pytest.approx([caught])


def test_a_group_is_told_whom_the_list_calls_there_and_whom_it_misses():
    groups = pd.Series(["a", "a", "a", "b", "b", None])
    chance, churned = np.array([0.9, 0.8, 0.1, 0.7, 0.2, 0.3]), np.array([1.0, 0, 1, 1, 0, 0])
    found = fairness({"branch": groups, "value_tier": groups}, chance, churned, 3, **DRAWN).set_index("group")
    assert found["dimension"].unique().tolist() == ["branch"]
    assert found.loc["a", ["rows", "churned", "called"]].tolist() == [3, 2, 2]
    assert found.loc["a", ["selection_rate", "precision", "recall", "missed_share"]].tolist() == pytest.approx([2 / 3, 1 / 2, 1 / 2, 1 / 2])
    assert found.loc["a", ["called_share_of_stayers", "predicted_over_observed"]].tolist() == pytest.approx([1.0, 0.9])
    assert found.loc["unknown", ["rows", "churned", "called"]].tolist() == [1, 0, 0]
    assert found.loc["unknown", ["precision", "recall", "missed_share"]].isna().all()


def test_the_calibration_error_is_that_of_the_bins_and_small_for_whoever_predicts_the_mean():
    score, churned = np.repeat([0.1, 0.5], 50), np.repeat([0.0, 1, 0, 1], [45, 5, 10, 40])
    assert ece(score, churned, np.ones((1, 100)), bins=2)[0] == pytest.approx((0 + 0.3) / 2)
    rare = (np.arange(1000) % 50 == 0).astype(float)
    assert ece(np.full(1000, 0.02), rare, np.ones((1, 1000)))[0] == pytest.approx(0)


@pytest.mark.parametrize(("overall", "slope", "found"), [
    ((1.0, 0.9, 1.1), (1.05, 0.9, 1.2), (True, [], [])),
    ((1.2, 1.05, 1.3), (1.0, 0.9, 1.1), (False, ["predicted_over_observed"], ["predicted_over_observed"])),
    ((1.0, 0.9, 1.1), (np.nan, 0.5, 2.0), (False, ["calibration_slope"], ["calibration_slope"])),
    ((1.2, 1.15, 1.3), (0.6, 0.5, 0.7), (False, ["predicted_over_observed", "calibration_slope"], []))])
def test_probabilities_hold_within_a_tenth_and_chance_is_told_from_error(overall, slope, found):
    judged = {"predicted_over_observed": Interval(*overall), "predicted_over_observed_top_decile": Interval(1, 0.8, 1.2),
              "calibration_slope": Interval(*slope)}
    said = judgement.calibration(judged)
    assert (said["holds"], said["outside"], said["unsure"]) == found
