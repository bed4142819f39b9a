"""A reason raises the risk, is true of the customer, and is said well; fewer than three rather than filler."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churnkit.reasons import reasons
from invented import REGISTRY, Said

ROWS = pd.DataFrame({"days_since_last_own_activity": [12.0, 0, 1], "outgoing_minutes_30d": [0.0, 38.4, 200],
                     "bill_last": pd.array([12_860, 5000, None], dtype="Int64"), "is_forwarding_active": [True, False, False]})


def said(added: dict[str, list[float]], rows: pd.DataFrame = ROWS, registry: dict[str, Said] = REGISTRY, **kept: int) -> pd.DataFrame:
    contributions = pd.DataFrame({"base": -3.0, "unregistered": 9.0, **{name: added.get(name, [0.0] * len(rows)) for name in rows.columns}})
    return reasons(contributions, rows, registry, **kept)


def test_reasons_come_by_how_much_their_group_raises_the_risk() -> None:
    first = said({"days_since_last_own_activity": [0.5, 0, 0], "bill_last": [0.9, 0, 0], "is_forwarding_active": [0.2, 0, 0]}).iloc[0]
    assert first[["reason_1_zh", "reason_2_zh", "reason_3_zh"]].tolist() == ["上月话费128.6元", "已12天没有使用", "来电已转移【内】"]
    assert first[["reason_1_en", "reason_3_en"]].tolist() == ["last bill 128.6 yuan", "calls are forwarded [internal]"]
    assert first[["reason_1_group", "reason_2_group", "reason_3_group"]].tolist() == ["bill", "silence", "forwarding"]


def test_what_lowers_the_risk_is_no_reason() -> None:
    assert said({"days_since_last_own_activity": [-0.5, 0, 0]}).isna().all(axis=None)


def test_what_hardly_raises_the_risk_is_no_reason() -> None:
    assert said({"days_since_last_own_activity": [0.04, 0, 0]}).isna().all(axis=None)
    assert said({"days_since_last_own_activity": [0.06, 0, 0]}).loc[0, "reason_1_zh"] == "已12天没有使用"


def test_a_value_on_the_safe_side_of_the_median_is_no_reason() -> None:
    second = said({name: [0, 1.0, 1.0] for name in ROWS.columns})
    assert second.loc[1, ["reason_1_zh", "reason_2_zh", "reason_3_zh"]].isna().all()  # silent 0 days, minutes at the median, low bill
    assert second.loc[2].isna().all()  # a missing bill cannot be said


def test_a_zero_is_said_in_its_own_words() -> None:
    assert said({"outgoing_minutes_30d": [1.0, 0, 0]}).loc[0, "reason_1_zh"] == "近30天没有主叫"
    plain = {**REGISTRY, "outgoing_minutes_30d": replace(REGISTRY["outgoing_minutes_30d"], zero_zh=None, zero_en=None)}
    assert said({"outgoing_minutes_30d": [1.0, 0, 0]}, registry=plain).isna().all(axis=None)


def test_a_group_is_said_once_by_its_strongest_sayable_feature() -> None:
    grouped = {**REGISTRY, "bill_last": replace(REGISTRY["bill_last"], group="silence"),
               "is_forwarding_active": replace(REGISTRY["is_forwarding_active"], group="silence", reason_zh=None)}
    row = said({"days_since_last_own_activity": [0.3, 0, 0], "bill_last": [0.4, 0, 0], "is_forwarding_active": [0.9, 0, 0]}, registry=grouped).iloc[0]
    assert row["reason_1_zh"] == "上月话费128.6元"
    assert row[["reason_2_zh", "reason_3_zh"]].isna().all()


def test_what_is_only_true_or_news_beside_another_column_is_not_said_elsewhere() -> None:
    bound = {**REGISTRY, "outgoing_minutes_30d": replace(REGISTRY["outgoing_minutes_30d"], where={"days_since_last_own_activity": (10, 12)})}
    rows = ROWS.assign(outgoing_minutes_30d=[5.0, 200, 200])
    beside = {days: said({"outgoing_minutes_30d": [1.0, 0, 0]}, rows.assign(days_since_last_own_activity=[days, 0, 0]), bound).loc[0, "reason_1_zh"]
              for days in (9.0, 10.0, 12.0, 13.0, None)}
    assert [days for days, sentence in beside.items() if sentence == "近30天主叫5分钟"] == [10.0, 12.0]
    assert said({"outgoing_minutes_30d": [1.0, 0, 0]}, rows.drop(columns="days_since_last_own_activity"), bound).isna().all(axis=None)


def test_of_two_groups_that_tell_of_one_fact_the_stronger_is_said_and_the_next_fact_after_it() -> None:
    alike = {**REGISTRY, "outgoing_minutes_30d": replace(REGISTRY["outgoing_minutes_30d"], group="usage_trend")}
    added = {"days_since_last_own_activity": [0.5, 0, 0], "outgoing_minutes_30d": [0.6, 0, 0], "is_forwarding_active": [0.2, 0, 0]}
    row = said(added, registry=alike).iloc[0]
    assert row[["reason_1_group", "reason_2_group", "reason_3_group"]].tolist() == ["usage_trend", "forwarding", None]


def test_a_group_whose_sum_lowers_the_risk_is_no_reason() -> None:
    grouped = {**REGISTRY, "bill_last": replace(REGISTRY["bill_last"], group="silence")}
    assert said({"days_since_last_own_activity": [0.3, 0, 0], "bill_last": [-0.4, 0, 0]}, registry=grouped).isna().all(axis=None)


def test_a_sentence_may_name_other_columns_and_needs_them_all() -> None:
    told = {**REGISTRY, "bill_last": replace(REGISTRY["bill_last"], reason_zh="话费{value:.1f}元，主叫{outgoing_minutes_30d:.0f}分钟", risky="±")}
    both = said({"bill_last": [1.0, 1.0, 1.0]}, ROWS.assign(outgoing_minutes_30d=[12.0, 38.4, 200]), told)["reason_1_zh"]
    assert both[:2].tolist() == ["话费128.6元，主叫12分钟", "话费50.0元，主叫38分钟"]
    assert both.isna().tolist() == [False, False, True]
    assert said({"bill_last": [1.0, 1, 1]}, ROWS.assign(outgoing_minutes_30d=np.nan), told)["reason_1_zh"].isna().all()


def test_a_sentence_in_which_another_number_would_read_zero_gives_way_to_the_words_for_zero_or_to_none() -> None:
    told = {**REGISTRY, "bill_last": replace(REGISTRY["bill_last"], reason_zh="话费{value:.1f}元，主叫{outgoing_minutes_30d:.0f}分钟", risky="±")}
    assert said({"bill_last": [1.0, 0, 0]}, registry=told)["reason_1_zh"].isna().all()
    worded = {**told, "bill_last": replace(told["bill_last"], zero_zh="没有主叫", zero_en="no call")}
    assert said({"bill_last": [1.0, 0, 0]}, registry=worded).loc[0, "reason_1_zh"] == "没有主叫"


def test_a_value_that_is_not_worth_telling_is_no_reason() -> None:
    told = {**REGISTRY, "days_since_last_own_activity": replace(REGISTRY["days_since_last_own_activity"], told=(13, None))}
    assert said({"days_since_last_own_activity": [0.5, 0, 0]}, registry=told).isna().all(axis=None)
    told = {**REGISTRY, "days_since_last_own_activity": replace(REGISTRY["days_since_last_own_activity"], told=(12, 12))}
    assert said({"days_since_last_own_activity": [0.5, 0, 0]}, registry=told).loc[0, "reason_1_zh"] == "已12天没有使用"


def test_a_value_that_raises_the_risk_at_both_ends_is_said_in_other_words_from_a_bound_on() -> None:
    ratio = Said("ratio", "bill", "ratio", "降至{value:.0%}", "down to {value:.0%}", "-", told=(None, 0.8), above=1.2, above_zh="升至{value:.1f}倍",
                 above_en="up to {value:.1f} times")
    rows = pd.DataFrame({"ratio": [0.5, 0.85, 1.0, 1.19, 1.2, 2.04]})
    found = said({"ratio": [1.0] * 6}, rows, {"ratio": ratio})
    assert found["reason_1_zh"].fillna("").tolist() == ["降至50%", "", "", "", "升至1.2倍", "升至2.0倍"]
    assert found["reason_1_en"].fillna("").tolist()[-1] == "up to 2.0 times"


def test_shares_are_said_as_whole_percents_and_text_as_it_is() -> None:
    rows = pd.DataFrame({"share": [0.734, 0.1, 0.2], "plan": ["甲", "乙", None]})
    registry = {"share": Said("share", "a", "share", "{value:.0%}被转移", "{value:.0%} forwarded"),
                "plan": Said("plan", "b", "code", "套餐{value}", "plan {value}", "±")}
    found = said({"share": [1.0, 1, 1], "plan": [0.5, 0.5, 0.5]}, rows, registry)
    assert found.loc[0, ["reason_1_zh", "reason_2_zh"]].tolist() == ["73%被转移", "套餐甲"]
    assert found["reason_1_zh"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("top", [0, 1, 5])
def test_as_many_columns_as_asked_for(top: int) -> None:
    assert list(said({"bill_last": [1.0, 1, 1]}, top=top).columns) == [f"reason_{n}_{p}" for n in range(1, top + 1) for p in ("zh", "en", "group")]


def test_nobody_gives_an_empty_table() -> None:
    assert said({}, ROWS.head(0)).shape == (0, 9)
