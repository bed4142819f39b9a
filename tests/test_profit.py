"""The expected maximum profit is that of the literature, and a list is worth what its calls bring."""
import numpy as np
import pandas as pd
import pytest

from churnkit.metrics import Ranked, draws
from churnkit.profit import LITERATURE, Terms, expected_maximum_profit, judge, list_worth, own_terms
from churnkit.retention.choices import Economics
from churnkit.retention.value import values_cents

OTHER = Terms(lifetime_value=540, incentive=10, contact=1.5, alpha=2.16, beta=17.84)
# Seed, rows, churn rate, distance of the scores of leavers and stayers, digits of the score; then EMPC and best share as empulse 0.13.1
# gives them (empc_score and its optimal_rate), with its own parameters and with OTHER.
EMPULSE = [
    (0, 400, 0.03, 1.5, None, (0.48394544965338604, 0.020326447164835518), (0.513487022378289, 0.024963077204665025)),
    (1, 2000, 0.1, 1.0, 2, (1.5112348270489457, 0.12259698227155756), (1.6548870514580145, 0.13355613261526333)),
    (2, 3000, 0.02, 2.0, None, (0.41957670041625084, 0.025457724767081934), (0.43729239713392387, 0.022542484921007598)),
    (3, 500, 0.3, 0.3, 1, (9.330514189357375, 0.8841685002313595), (9.643782730762751, 0.7238650082343673)),
    (4, 5000, 0.14, 1.2, 3, (3.754645724850721, 0.29116638982421694), (3.939695617404013, 0.2698774870119508))]


def empc(score: np.ndarray, churned: np.ndarray, terms: Terms, weights: np.ndarray | None = None) -> tuple[float, float]:
    weights = np.ones((1, len(score))) if weights is None else weights
    profit, share = expected_maximum_profit(Ranked.of(score, churned), weights, terms)
    return float(profit[0]), float(share[0])


@pytest.mark.parametrize(("seed", "rows", "rate", "apart", "digits", "plain", "other"), EMPULSE)
def test_the_expected_maximum_profit_is_that_of_empulse(seed, rows, rate, apart, digits, plain, other):
    rng = np.random.default_rng(seed)
    churned = (rng.random(rows) < rate).astype(int)
    score = 1 / (1 + np.exp(-(apart * churned + rng.normal(0, 1, rows) - 2)))
    score = score if digits is None else score.round(digits)
    assert empc(score, churned, LITERATURE) == pytest.approx(plain, rel=1e-12)
    assert empc(score, churned, OTHER) == pytest.approx(other, rel=1e-12)


def test_it_is_the_mean_over_acceptance_rates_of_the_best_list():
    rng = np.random.default_rng(7)
    churned, score = (rng.random(300) < 0.2).astype(int), rng.random(300).round(2)
    cuts = [score >= cut for cut in [*np.unique(score), 2.0]]
    rates = rng.beta(6, 14, 4000)
    best = [max((churned[cut] * (rate * 190 - 1) - (1 - churned[cut]) * 11).sum() / 300 for cut in cuts) for rate in rates]
    assert empc(score, churned, LITERATURE)[0] == pytest.approx(np.mean(best), rel=0.05)


def test_a_bootstrap_sample_is_as_if_its_rows_were_there_so_often():
    rng = np.random.default_rng(8)
    churned, score = (rng.random(400) < 0.2).astype(int), rng.random(400).round(2)
    drawn = draws(400, 1, 3)[1].astype(int)
    as_rows = empc(np.repeat(score, drawn), np.repeat(churned, drawn), LITERATURE)
    assert empc(score, churned, LITERATURE, drawn[None].astype(float)) == pytest.approx(as_rows)


def test_the_best_ranking_earns_more_than_any_and_a_blind_one_hardly_anything():
    churned = np.array([1] * 20 + [0] * 980)
    blind = np.zeros(1000)
    perfect, blindly = (empc(score, churned, LITERATURE)[0] for score in (churned.astype(float), blind))
    assert perfect == pytest.approx(0.02 * (0.3 * 190 - 1), rel=1e-3)  # everyone who leaves is called, and nobody else
    assert 0 <= blindly < 0.01 * perfect
    assert np.isnan(empc(blind, np.zeros(1000), LITERATURE)[0])


def test_gains_are_paired_with_the_samples_of_the_first_score():
    rng = np.random.default_rng(9)
    churned = (rng.random(1000) < 0.1).astype(int)
    score = churned + rng.normal(0, 1, 1000)
    found = judge(churned, {"model": score, "same": 2 * score, "blind": rng.random(1000)}, LITERATURE, times=50, seed=0)
    assert found["model - same"]["empc"].high == 0
    assert found["model - blind"]["empc"].low > 0


def test_own_terms_are_those_of_the_lists_economics():
    terms = own_terms(Economics(p_reach=0.5, p_saved=0.2, p_accept=0.4, offer_cost_yuan=10, call_cost_yuan=0.5, max_attempts=3, margin_share=0.5,
                                months=12), 8000)
    assert (terms.lifetime_value, terms.incentive, terms.contact) == pytest.approx((480, 2.0, 1.5))
    assert terms.alpha / (terms.alpha + terms.beta) == pytest.approx(0.1)


PLAIN = Economics(p_reach=0.5, p_saved=0.2, p_accept=0.4, offer_cost_yuan=10, call_cost_yuan=0.5, max_attempts=3, margin_share=0.5, months=12)
CHANCE, LEFT, BILLS = np.array([0.5, 0.01, 0.2, 0.9]), np.array([1.0, 0, 0, 1]), np.array([8000.0, 9000, 5000, np.nan])


def test_a_list_ranks_and_counts_as_the_exported_one_does():
    worth = list_worth(CHANCE, LEFT, BILLS, PLAIN)
    counted = values_cents(pd.Series(CHANCE), pd.Series(BILLS), PLAIN)
    assert worth.expected.tolist() == sorted(counted, reverse=True)
    assert worth.order.tolist() == [0, 2, 1, 3]  # 20.50, 2.50, 1.90 yuan more than it costs, and nothing for who has no bill
    assert worth.expected.tolist() == [2050, 250, -296, -350]
    assert worth.brought.tolist() == [4450, -350, -350, -350]


def test_the_best_list_ends_with_the_last_call_that_is_expected_to_pay():
    assert list_worth(CHANCE, LEFT, BILLS, PLAIN).best_length == 2
    assert list_worth(CHANCE, LEFT, BILLS, Economics(min_value_yuan=1e6)).best_length == 0


def test_the_curve_begins_at_nothing_and_ends_with_everyone():
    curve = list_worth(CHANCE, LEFT, BILLS, PLAIN).curve(points=4)
    assert curve["called"].tolist() == [0, 1, 2, 3, 4]
    assert curve["expected_yuan"].tolist() == pytest.approx([0, 20.5, 23, 20.04, 16.54])
    assert curve["brought_yuan"].tolist() == pytest.approx([0, 44.5, 41, 37.5, 34])


def test_what_a_list_brought_has_an_interval_and_a_list_of_nobody_brings_nothing():
    rng = np.random.default_rng(1)
    chance = rng.random(500) / 4
    worth = list_worth(chance, (rng.random(500) < chance).astype(float), np.full(500, 8000.0), PLAIN)
    found = worth.judged({"short": 50, "none": 0}, times=100, seed=0)
    assert found["short"].value == pytest.approx(worth.brought[:50].sum() / 100)
    assert found["short"].low < found["short"].value < found["short"].high
    assert (found["none"].value, found["none"].low, found["none"].high) == (0, 0, 0)
