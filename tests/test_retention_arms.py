"""The hold-out: who is drawn does not depend on company, and what it can show is known beforehand."""
import re
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnkit.retention.arms import advice, arm_hash, drawn_shares, held_out, smallest_effect

KEY, AS_OF = b"k" * 32, date(2026, 11, 1)
check = settings(max_examples=50, deadline=None, derandomize=True, database=None)
persons = st.lists(st.text(min_size=1, max_size=8), unique=True, min_size=1, max_size=30)


def drawn(people, share=0.4, key=KEY, campaign="monthly", as_of=AS_OF) -> dict:
    return dict(zip(people, held_out(pd.Series(people, dtype="str"), share, key, campaign, as_of), strict=True))


@check
@given(persons, st.randoms())
def test_an_arm_does_not_depend_on_who_else_is_there_nor_on_the_order(people, random):
    some = random.sample(people, random.randint(1, len(people)))
    whole = drawn(people)
    assert drawn(some) == {person: whole[person] for person in some}


@check
@given(persons, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_only_adds_to_the_held_out(people, one, other):
    fewer, more = drawn(people, min(one, other)), drawn(people, max(one, other))
    assert all(more[person] for person in people if fewer[person])


@check
@given(st.binary(min_size=1, max_size=40), st.lists(st.text(max_size=5), max_size=4))
def test_an_arm_hash_lies_in_0_1(key, parts):
    assert 0 <= arm_hash(key, *parts) < 1


def test_an_arm_hash_tells_apart_parts_that_are_split_elsewhere():
    assert arm_hash(KEY, "ab", "c") != arm_hash(KEY, "a", "bc")


def test_other_months_campaigns_and_keys_draw_others():
    people = [f"p{n}" for n in range(200)]
    first = drawn(people)
    assert all(first != other for other in (drawn(people, as_of=date(2026, 12, 1)), drawn(people, campaign="other"), drawn(people, key=b"x" * 32)))


def test_the_share_is_met_within_chance():
    held = sum(drawn([f"p{n}" for n in range(20_000)], 0.1).values())
    assert 1_830 < held < 2_170  # four standard deviations


def test_the_smallest_effect_of_34400_customers_at_10_to_90_is_1_9_points_of_17_2_percent():
    assert smallest_effect(0.172, 30_960, 3_440) == pytest.approx(0.019, abs=0.00001)


@pytest.mark.parametrize(("called", "held"), [(0, 100), (100, 0), (0, 0)])
def test_one_arm_alone_shows_nothing(called, held):
    assert smallest_effect(0.2, called, held) is None


@pytest.mark.parametrize(("called", "held", "expected", "said"), [
    (30_960, 3_440, 0.0191, None),
    (30_960, 3_440, 0.018, "hold out 12 % of it, or pool 2 months"),
    (900, 100, 0.019, "pool 35 months, or 13 months with half of each list held out"),
    (500, 500, 0.019, "pool 13 months."),
    (30, 30, 0.019, "too small to show what its calls are worth: 36 months of it, half held out, would not show the 1.9 points"),
    (900, 0, 0.019, "Nobody is held out"),
    (0, 100, 0.019, "Nobody is called"),
    (900, 100, 0.0, "prior expects no effect"),
])
def test_advice_says_what_would_be_enough(called, held, expected, said):
    given = advice(0.172, expected, called, held)
    assert given is None if said is None else given is not None and said in given[1]


@pytest.mark.parametrize(("called", "held", "expected"), [
    (30_960, 3_440, 0.018), (900, 100, 0.019), (500, 500, 0.019), (30, 30, 0.019), (900, 0, 0.019)])
def test_the_advice_says_the_same_numbers_in_both_languages(called, held, expected):
    zh, en = advice(0.172, expected, called, held)
    assert re.findall(r"[0-9.]*[0-9]", zh) == re.findall(r"[0-9.]*[0-9]", en)
    assert re.findall(r"[一-鿿]", en) == []


def test_the_advised_share_is_enough_and_one_percent_less_is_not():
    assert smallest_effect(0.172, 34_400 * 0.88, 34_400 * 0.12) <= 0.018 < smallest_effect(0.172, 34_400 * 0.89, 34_400 * 0.11)


def test_the_drawn_share_is_told_by_group():
    arms = pd.DataFrame({"branch": ["x", "x", "x", "y"], "is_held_out": [True, False, False, False]})
    assert drawn_shares(arms, ["branch"]).to_dict("records") == [
        {"branch": "x", "called": 2, "held_out": 1, "share": 0.3333}, {"branch": "y", "called": 1, "held_out": 0, "share": 0.0}]
