"""How unlike two months one column is, on columns small enough to count by hand, and what chance alone does."""
import math

import numpy as np
import pytest

from churnkit import drift
from churnkit.audit import Values
from churnkit.monitoring.changes import Change, Limits, change, counted

NAN = math.nan
LIMITS = {"psi": Limits(0.1, 0.25), "missing": Limits(0.1, 0.3), "categories": Limits(0.05, 0.2)}


def numbers(*months: list[float] | np.ndarray) -> Change:
    """What is new in the last month of a column of numbers."""
    return change(counted(Values(np.concatenate([np.asarray(one, dtype=float) for one in months])), places(months)), 0.1, LIMITS)


def categories(*months: str | list[str | None]) -> Change:
    """What is new in the last month of a column of categories, one letter each."""
    names = tuple(dict.fromkeys(one for month in months for one in month if one))
    codes = np.array([names.index(one) if one else -1 for month in months for one in month])
    return change(counted(Values(codes, is_category=True, names=names), places(months)), 0.1, LIMITS)


def places(months) -> np.ndarray:
    return np.repeat(np.arange(len(months)), [len(one) for one in months])


def test_psi_is_the_sum_over_bins_of_difference_times_log_ratio():
    by_hand = (0.8 - 0.4) * math.log(0.8 / 0.4) + (0.2 - 0.6) * math.log(0.2 / 0.6)
    assert float(drift.psi(np.array([8.0, 2.0]), np.array([40.0, 60.0]))) == pytest.approx(by_hand)


def test_of_ten_values_or_fewer_each_has_a_bin():
    assert list(drift.edges(np.array([1.0, 1.0, 2.0, 5.0]))) == [2.0, 5.0]
    assert list(drift.placed(np.array([0.0, 1.0, 2.0, 4.9, 5.0, NAN]), np.array([2.0, 5.0]))) == [0, 0, 1, 1, 2, 3]
    assert len(drift.edges(np.empty(0))) == 0


def test_a_common_value_has_a_bin_of_its_own_and_the_others_share_what_is_left():
    rising = np.sort(np.concatenate([np.zeros(900), np.arange(1, 101)]))
    bins = drift.placed(rising, drift.edges(rising))
    counts = np.bincount(bins)[np.bincount(bins) > 0]
    assert counts[0] == 900
    assert len(counts) >= 8
    assert counts[1:].max() <= 2 * counts[1:].min()


def test_a_flag_that_one_in_twenty_had_and_one_in_five_has_now_drifts():
    before, now = np.arange(2000) % 20 == 0, np.arange(2000) % 5 == 0
    found = numbers(before, before, now)
    assert found.psi == pytest.approx((0.2 - 0.05) * math.log(4) + (0.8 - 0.95) * math.log(0.8 / 0.95), abs=1e-3)  # nobody is missing: half a row
    assert found.states["drift"] == "watch"


def test_a_month_like_one_learned_from_is_no_news_even_if_it_is_unlike_all_together():
    low, high = np.arange(1000) % 10, np.arange(1000) % 10 + 5
    seasonal = numbers(low, high, low, low, high)
    assert seasonal.psi > 0.25
    assert (seasonal.drift, seasonal.nearest, seasonal.state) == (0, 1, "ok")
    assert numbers(low, low, low, low, high).state == "alarm"


def test_a_column_that_grows_by_a_little_each_month_does_not_drift_and_one_that_jumps_does():
    month = np.arange(2000) % 100
    assert numbers(*(month + 2 * n for n in range(8))).states["drift"] == "ok"
    assert numbers(*(month + 2 * n for n in range(7)), month + 60).states["drift"] == "alarm"


@pytest.mark.parametrize("rows", [60, 300, 3000])
def test_chance_alone_lets_no_column_drift(rows):
    rng = np.random.default_rng(rows)
    makers = (lambda: rng.normal(size=rows), lambda: rng.poisson(0.3, rows), lambda: rng.exponential(size=rows) * (rng.random(rows) < 0.3),
              lambda: rng.random(rows) < 0.02, lambda: np.where(rng.random(rows) < 0.5, NAN, rng.normal(size=rows)))
    found = [numbers(*(make() for _ in range(4))) for make in makers for _ in range(40)]
    assert {one.states["drift"] for one in found} == {"ok"}
    letters = [f"c{n}" for n in range(40)]
    weights = 1 / np.arange(1, 41) / (1 / np.arange(1, 41)).sum()
    drawn = [categories(*(list(rng.choice(letters, rows, p=weights)) for _ in range(4))) for _ in range(40)]
    assert {one.states["drift"] for one in drawn} == {"ok"}


@pytest.mark.parametrize("rows", [300, 3000])
def test_a_shift_by_half_a_deviation_is_found_in_small_months_too(rows):
    rng = np.random.default_rng(rows)
    found = [numbers(*(rng.normal(size=rows) for _ in range(4)), rng.normal(0.75, 1, rows)) for _ in range(20)]
    assert {one.states["drift"] for one in found} <= {"watch", "alarm"}


def test_each_month_beside_the_others_is_what_the_last_one_is_beside_them():
    rng = np.random.default_rng(3)
    counts = rng.multinomial(500, [0.1, 0.2, 0.3, 0.4], size=5).astype(float)
    counts[2] = [400, 50, 25, 25]
    found = drift.each_apart(counts)
    by_hand = [drift.apart(counts[n], np.delete(counts[:-1], n, axis=0))[0] for n in range(4)] + [drift.apart(counts[-1], counts[:-1])[0]]
    assert list(found) == pytest.approx(by_hand)
    assert list(found > 0.5) == [False, False, True, False, False]
    assert list(drift.each_apart(counts[2:4])) == [0, pytest.approx(drift.apart(counts[3], counts[2:3])[0])]


def test_what_goes_missing_is_told_against_the_recent_months():
    full, half = np.arange(100.0), np.where(np.arange(100) % 2, NAN, np.arange(100.0))
    found = numbers(full, full, half)
    assert (found.missing, found.missing_usual, found.missing_change, found.states["missing"]) == (0.5, 0, 0.5, "alarm")
    assert numbers(half, half, full).states["missing"] == "alarm"  # it comes again, all at once
    assert numbers(full, half, half).states["missing"] == "ok"
    short = [np.full(100, NAN)] * 2  # too little history for a column that looks far back
    assert numbers(*short, *[full] * 6, np.full(100, NAN)).states["missing"] == "alarm"


def test_a_column_that_is_not_there_at_all_is_missing():
    assert numbers(np.arange(100.0), np.arange(100.0), np.full(100, NAN)).states["missing"] == "alarm"
    assert numbers(np.full(100, NAN), np.full(100, NAN)).state == "ok"


def test_categories_that_were_never_seen_and_large_ones_that_are_gone_are_named():
    month = "aaaabbbbcc" * 20
    new = categories(month, month, "aaaabbbbxx" * 20)
    assert (new.new_share, new.new, new.gone_share, new.gone, new.states["categories"]) == (0.2, ("x",), 0.2, ("c",), "alarm")
    rare = categories(month, month + "z", month)
    assert (rare.gone_share, rare.states["categories"]) == (0, "ok")
    assert categories(month, month[:-2] + "ab", month).state == "ok"


def test_a_category_that_went_long_ago_is_no_news():
    assert categories("aaaacc" * 50, "aaaaaa" * 50, "aaaaaa" * 50).gone == ()


def test_a_missing_category_is_missing_and_not_new():
    found = categories("ab" * 50, "ab" * 50, [*("ab" * 25), *[None] * 50])
    assert (found.new_share, found.missing, found.states["missing"]) == (0, 0.5, "alarm")


def test_limits_that_cross_are_refused():
    with pytest.raises(ValueError, match="alarm no less"):
        Limits(0.3, 0.1)


def test_the_furthest_distance_between_two_distributions():
    assert drift.furthest_apart(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 1
    assert drift.furthest_apart(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0, 9.0])) == 0.25
