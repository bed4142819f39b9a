"""What every feature's sentence says of ordinary and of extreme values, in both languages."""
import re

import numpy as np
import pandas as pd
import pytest

from churnkit.features import REGISTRY
from churnkit.reasons import INTERNAL_EN, INTERNAL_ZH, PLURALS, Sentence, reasons, singular

SAID = [name for name, feature in REGISTRY.items() if feature.reason_zh]
LONGEST = 35  # characters that fit an agent's screen, the mark apart
MIDDLE = (0.0, 0.001, 0.004, 0.04, 0.3, 0.5, 0.9, 0.996, 1.0, 1.04, 1.25, 2.0, 2.96, 7.0, 12.0, 34.0, 89.6, 150.0, 399.0, 2350.0, 12_860.0)
EXTREME = (*MIDDLE, -1e9, -450.0, -3.0, -0.3, -0.001, 99_999.4, 1_234_567.0, np.inf, -np.inf, np.nan)
OTHERS = (0.0, 0.3, 12.0, 1e5, -5.0, np.inf)


def spoken(name: str, values: tuple[float, ...], others: tuple[float, ...], middle: float) -> list[tuple[float, str, str]]:
    """What the feature says of each pair of a value and of the columns beside it, zh and en, where most customers have the value `middle`."""
    feature = REGISTRY[name]
    columns = {field for text in (feature.reason_zh, feature.zero_zh, feature.above_zh) for field in Sentence.of(text, name).columns} | {name}
    pairs = [(value, other) for value in values for other in others]
    most = [(middle, 1.0)] * (len(pairs) + 1)
    rows = pd.DataFrame({column: [pair[column != name] for pair in pairs + most] for column in columns}, dtype=float)
    rows = rows.assign(**{column: next(end for end in ends if end is not None) for column, ends in feature.where.items() if column not in columns})
    added = pd.DataFrame({column: [float(column == name)] * len(pairs) + [0.0] * len(most) for column in columns})
    found = reasons(added, rows, REGISTRY, top=1)[["reason_1_zh", "reason_1_en"]][:len(pairs)]
    return [(value, zh, en) for (value, _), zh, en in zip(pairs, found["reason_1_zh"], found["reason_1_en"], strict=True) if isinstance(zh, str)]


@pytest.fixture(scope="module")
def everything() -> dict[str, list[tuple[float, str, str]]]:
    return {name: [said for middle in (-1e10, 1e10) for said in spoken(name, EXTREME, OTHERS, middle)] for name in SAID}


def test_every_sentence_can_be_said(everything):
    assert [name for name, said in everything.items() if not said] == []


def test_no_sentence_is_longer_than_a_screen_has_room_for(everything):
    long = {zh for said in everything.values() for value, zh, _ in said if abs(value) < 1e5 and len(zh.removesuffix(INTERNAL_ZH)) > LONGEST}
    assert long == set()


def test_no_sentence_shows_a_zero_a_negative_or_an_impossible_number(everything):
    shown = re.compile(r"(?<![\d.])-?(?:0+(?:\.0+)?(?![\d.])|nan|inf)|-\d")
    assert {zh for said in everything.values() for _, zh, _ in said if shown.search(zh)} == set()
    assert {en for said in everything.values() for _, _, en in said if shown.search(en.replace("7-", ""))} == set()


def test_days_counts_and_percents_are_whole_and_yuan_have_one_decimal(everything):
    broken = {zh for said in everything.values() for _, zh, _ in said if re.search(r"\.\d+(?:%|天(?!才)|次|个|人|位|项|款|部|代|周|月)|\.\d\d", zh)}
    assert broken == set()
    for feature in REGISTRY.values():
        for text in (feature.reason_zh, feature.above_zh):
            for field, form in re.findall(r"\{(\w+):([^}]*)\}元", text):
                assert (form, REGISTRY[feature.name if field == "value" else field].unit) in ((".1f", "cents"), (".0f", "cents")), feature.name


def test_both_languages_show_the_same_numbers():
    def fields(text: str) -> list[tuple[str, str]]:
        return sorted(re.findall(r"\{(\w+)(:[^}]*)?\}", text))

    for f in REGISTRY.values():
        for zh, en in ((f.reason_zh, f.reason_en), (f.zero_zh, f.zero_en), (f.above_zh, f.above_en)):
            assert (bool(zh), fields(zh)) == (bool(en), fields(en)), f.name


def test_what_an_agent_must_not_say_is_marked_and_nothing_else(everything):
    for name, said in everything.items():
        for _, zh, en in said:
            assert (zh.endswith(INTERNAL_ZH), en.endswith(INTERNAL_EN)) == (REGISTRY[name].is_internal,) * 2
    about_others = re.compile("转移|异网|副号|离网|携转|双卡|联系人")
    assert {f.name for f in REGISTRY.values() if about_others.search(f.reason_zh) and not f.is_internal} == set()


def test_english_says_one_of_a_thing_in_the_singular(everything):
    several = re.compile(rf"(?<![\d.,])1 (?:(?!of |in |or )[a-z-]+ )*?(?:{'|'.join(PLURALS)})\b|(?<![\d.,])1 times(?! (?:the|as|more|those))")
    assert {en for said in everything.values() for _, _, en in said if several.search(en)} == set()


@pytest.mark.parametrize(("text", "said"), [
    ("1 calls in 30 days", "1 call in 30 days"), ("called only 1 people in 1 months", "called only 1 person in 1 month"),
    ("two-way stopped 1 times in 180 days", "two-way stopped once in 180 days"), ("1 of 30 days", "1 of 30 days"),
    ("1.1 times the usual", "1.1 times the usual"), ("11 calls", "11 calls"), ("only 1 outgoing calls in 7 days", "only 1 outgoing call in 7 days")])
def test_the_singular_is_of_the_word_that_the_one_counts(text, said):
    assert singular(text) == said


@pytest.mark.parametrize("name", [name for name in SAID if REGISTRY[name].risky != "±"])
def test_a_sentence_is_only_said_on_its_risky_side(name):
    feature = REGISTRY[name]
    safe = {"+": 1e10, "-": -1e10}[feature.risky]
    assert [value for value, _, _ in spoken(name, MIDDLE, (12.0,), safe) if feature.above is None or value < feature.above] == []


def first(name: str, value: float, **others: float) -> str | None:
    """What the feature says of one customer in Chinese, where most customers are far on the safe side of it."""
    safe = {"+": -1e10, "-": 1e10, "±": 0.0}[REGISTRY[name].risky]
    rows = pd.DataFrame([{name: value, **others}, *({name: safe, **others} for _ in range(2))], dtype=float)
    found = reasons(pd.DataFrame({name: [1.0, 0.0, 0.0]}), rows, REGISTRY, top=1).loc[0, "reason_1_zh"]
    return found if isinstance(found, str) else None


@pytest.mark.parametrize(("name", "value", "others", "sentence"), [
    ("bill_slope_6m", -0.04, {}, "近半年话费总体走低"), ("bill_slope_6m", -0.02, {}, None),
    ("bill_cv_6m", 0.13, {}, None), ("bill_cv_6m", 0.32, {}, "近半年话费上下浮动达均值的32%"),
    ("bill_std_6m", 6000, {"bill_cv_6m": 0.5}, "近半年话费上下浮动约60元"), ("bill_std_6m", 1500, {"bill_cv_6m": 0.07}, None),
    ("earlier_bill_ratio", 1.2, {"tenure_days": 900}, None), ("earlier_bill_ratio", 1.5, {"tenure_days": 900}, "上上月话费是此前三个月均值的1.5倍"),
    ("earlier_bill_ratio", 31.1, {"tenure_days": 63}, None),  # against the first month, of which there were a few days
    ("outgoing_fall_ratio", 0.41, {"days_since_outgoing_fall": 90}, "约90天前起主叫和短信降至此前的41%"),
    ("outgoing_fall_ratio", 0.41, {"days_since_outgoing_fall": 164}, None),
    ("arrears_amount", 19920, {}, "已逾期欠费199.2元"), ("days_since_reopen_180d", 93, {}, None),
    ("days_to_contract_end", 90, {}, "合约还有90天到期，尚未续约"), ("days_to_contract_end", 91, {}, None), ("days_to_contract_end", -1, {}, None)])
def test_a_sentence_is_only_said_of_what_is_worth_a_call(name, value, others, sentence):
    assert first(name, value, **others) == sentence
