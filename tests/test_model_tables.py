"""Whatever a table holds is learnt from, or refused by the column's name."""
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from churnkit.errors import InputError, ParameterError
from churnkit.model import Model, fit
from churnkit.model.encode import copies, encode, learn_column

ROWS = 240
QUICK = {"trees": 8, "threads": 1}
CHURNED = np.tile([0, 0, 1], ROWS // 3)
SIGNAL = np.where(CHURNED == 1, 1.0, np.arange(ROWS) % 2)


def learnt(values: Any) -> tuple[np.ndarray, str]:
    """Probabilities of a table of this one column beside a signal, and the kind it was read as."""
    table = pd.DataFrame({"signal": SIGNAL, "told": values})
    model = fit(table, CHURNED, params=QUICK)
    return model.predict_proba(table), model.columns[1].kind


@pytest.mark.parametrize(("values", "kind"), [
    (pd.array([1, None, 3] * 80, dtype="Int64"), "number"), (pd.array([True, None, False] * 80, dtype="boolean"), "number"),
    (pd.array([0.5, None, 3.5] * 80, dtype="Float32"), "number"), (pd.array(["a", None, "c"] * 80, dtype="string"), "few"),
    (pd.array([1, None, 3] * 80, dtype="int64[pyarrow]"), "number"), (pd.array(["a", None, "c"] * 80, dtype="string[pyarrow]"), "few"),
    ([1, "1", None, "x", 2.0, True] * 40, "few"), ([Decimal("1.5"), None, Decimal("2")] * 80, "number"),
    ([2**70, 1, None] * 80, "number"), (np.array([2**64 - 1, 0, 5] * 80, dtype="uint64"), "number"),
    ([np.inf, -np.inf, np.nan] * 80, "number"), (["same"] * ROWS, "few"), ([7] * ROWS, "number"), ([None] * ROWS, "empty"),
    ([""] * 120 + [" "] * 120, "few"), (pd.Categorical(["a", "b", "a"] * 80, categories=["z", "b", "a", "never"]), "few"),
    (pd.Categorical([1, 2, 3] * 80), "few"), (pd.Categorical(["low", "high", None] * 80, categories=["low", "mid", "high"], ordered=True), "ordered"),
    ([f"c{place}" for place in range(ROWS)], "many"), ([f"{place:04d}" for place in range(ROWS)], "many"),
    ([" ", *(f"{place}.5" for place in range(1, ROWS))], "numeral"), ([b"a", b"b", None] * 80, "few"),
    (pd.arrays.SparseArray([0.0, 0.0, 1.0] * 80), "number"),
    (pd.array([Decimal("1.5"), None, Decimal("2")] * 80, dtype=pd.ArrowDtype(pa.decimal128(10, 2))), "number"),
    (pd.cut(np.arange(ROWS), 5), "ordered"), (pd.array([None] * ROWS, dtype=pd.ArrowDtype(pa.null())), "empty")])
def test_every_kind_of_column_is_learnt_from(values: Any, kind: str) -> None:
    probability, found = learnt(values)
    assert found == kind
    assert probability.dtype == float
    assert np.isfinite(probability).all()


@pytest.mark.parametrize(("values", "why"), [
    ([[1, 2]] * ROWS, "'told' holds a list"), ([{"a": 1}] * ROWS, "'told' holds a dict"), ([1 + 2j] * ROWS, "'told' holds"),
    ([10**400, 1, 2] * 80, "'told' holds a whole number beyond"), (pd.period_range("2026-01", periods=ROWS, freq="M"), "'told' holds dates"),
    (pd.to_datetime(["2026-01-01", None, "2026-02-01"] * 80, utc=True), "'told' holds dates"),
    (pd.Categorical(pd.to_datetime(["2026-01-01", None, "2026-02-01"] * 80)), "'told' holds dates"),
    (["new", "old", date(2026, 1, 1)] * 80, "'told' holds dates"), ([3, "x", pd.Timestamp("2026-01-01")] * 80, "'told' holds dates"),
    ([object(), "a", None] * 80, "'told' holds a object in a cell"), ([pd.Interval(0, 1)] * ROWS, "'told' holds values that are interval")])
def test_what_no_column_may_hold_is_refused_by_name(values: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        learnt(values)


def test_numbers_written_as_text_are_read_as_numbers() -> None:
    rng = np.random.default_rng(1)
    paid = rng.random(2000).round(4) * 100
    model = fit(pd.DataFrame({"paid": [f"{value:.2f}" for value in paid]}), paid > 50, params={"trees": 40, "threads": 1})
    assert model.predict_proba(pd.DataFrame({"paid": ["50.99", "49.01", 90, " ", "none"]}))[:3].round().tolist() == [1, 0, 1]


@pytest.mark.parametrize(("texts", "kind", "read"), [
    ([f"{place * 37:,}" for place in range(240)], "numeral", [0, 37, 8843]),
    ([f"¥ {place}.50" for place in range(240)], "numeral", [0.5, 1.5, 239.5]),
    ([f"{place} %" for place in range(240)], "numeral", [0, 1, 239]), ([f"-${place * 100:,}" for place in range(240)], "numeral", [0, -100, -23900]),
    ([f"10,{place}" for place in range(240)], "many", None), ([f"{place:04d}" for place in range(240)], "many", None)])
def test_amounts_and_shares_are_read_as_numbers_and_codes_are_not(texts: list[str], kind: str, read: list[float] | None) -> None:
    column = learn_column(pd.Series(texts, name="told"), CHURNED, 20.0)
    assert column.kind == kind
    if read:
        assert encode(pd.DataFrame({"told": texts}), [column])[[0, 1, 239], 0].tolist() == read


def test_text_that_is_no_unicode_is_learnt_kept_and_read_again(tmp_path: Path) -> None:
    table = pd.DataFrame({"signal": SIGNAL, "plan": pd.Series(["a\x00b", "\ud800", None] * 80, dtype=object)})
    model = fit(table, CHURNED, params=QUICK)
    model.save(tmp_path / "model")
    assert (Model.load(tmp_path / "model").predict_proba(table) == model.predict_proba(table)).all()


def test_the_base_of_contributions_is_never_named_like_a_feature() -> None:
    table = pd.DataFrame({"base": SIGNAL, "base_": np.arange(ROWS) % 7})
    model = fit(table, CHURNED, params=QUICK)
    added = model.contributions(table)
    assert list(added.columns) == ["base", "base_", "base__"]
    assert added["base"].nunique() > 1
    assert added.sum(axis=1).to_numpy() == pytest.approx(model.predict_margin(table), abs=1e-9)


@pytest.mark.parametrize("features", [np.ones((ROWS, 2)), pd.Series(SIGNAL), {"signal": SIGNAL}, None])
def test_what_is_no_table_is_refused(features: Any) -> None:
    with pytest.raises(InputError, match="must be a pandas table"):
        fit(features, CHURNED, params=QUICK)


@pytest.mark.parametrize("outcome", [CHURNED.reshape(-1, 1), pd.DataFrame({"churned": CHURNED}), {1, 0}])
def test_outcomes_that_are_no_column_are_refused(outcome: Any) -> None:
    with pytest.raises(InputError, match="one value for each row"):
        fit(pd.DataFrame({"signal": SIGNAL}), outcome, params=QUICK)


@pytest.mark.parametrize(("valid", "why"), [
    (pd.DataFrame({"signal": SIGNAL}), "must be a pair"), ((pd.DataFrame({"signal": SIGNAL}), CHURNED, 1), "must be a pair"),
    ((pd.DataFrame({"signal": SIGNAL[:0]}), CHURNED[:0]), "holds no row"), ((SIGNAL, CHURNED), "must be a pandas table"),
    ((pd.DataFrame({"signal": SIGNAL}), CHURNED[:5]), "have 5 outcomes")])
def test_a_later_table_that_tells_nothing_is_refused(valid: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        fit(pd.DataFrame({"signal": SIGNAL}), CHURNED, params=QUICK, valid=valid)


@pytest.mark.parametrize("seed", [-1, 0.5, None, "1", True])
def test_a_seed_that_is_no_whole_number_is_refused(seed: Any) -> None:
    with pytest.raises(ParameterError, match="seed must be a whole number"):
        fit(pd.DataFrame({"signal": SIGNAL}), CHURNED, params=QUICK, seed=seed)


def test_a_seed_may_be_a_number_of_numpy_and_of_any_size(tmp_path: Path) -> None:
    model = fit(pd.DataFrame({"signal": SIGNAL}), CHURNED, params=QUICK, seed=np.int64(2**40))  # type: ignore[arg-type]
    model.save(tmp_path / "model")
    assert Model.load(tmp_path / "model").seed == 2**40


def test_a_share_of_rows_that_comes_to_none_still_learns() -> None:
    table = pd.DataFrame({"signal": SIGNAL})
    assert np.isfinite(fit(table, CHURNED, params={**QUICK, "row_share": 1e-6}).predict_proba(table)).all()


@pytest.mark.parametrize("params", [["trees"], "trees=5", 3])
def test_parameters_without_names_are_refused(params: Any) -> None:
    with pytest.raises(ParameterError, match="by name"):
        fit(pd.DataFrame({"signal": SIGNAL}), CHURNED, params=params)


def test_churners_put_in_several_times_are_not_learnt_by_heart() -> None:
    rng = np.random.default_rng(3)
    rows = 4000
    table = pd.DataFrame(rng.normal(size=(rows, 5)), columns=list("abcde")).assign(code=rng.integers(0, 600, rows).astype(str))
    churned = (rng.random(rows) < 1 / (1 + np.exp(2 - table["a"]))).astype(int)
    early = np.arange(2000)
    again = np.concatenate([early, np.repeat(early[churned[:2000] == 1], 5)])
    once, often = (roc_auc_score(churned[2000:], fit(table.iloc[kept], churned[kept], params={"threads": 2}).predict_proba(table.iloc[2000:]))
                   for kept in (early, again))
    assert often > once - 0.02


def test_customers_who_look_alike_are_no_copies() -> None:
    rng = np.random.default_rng(3)
    few_values = rng.integers(0, 4, (4000, 3)).astype(float)
    sure = (few_values.sum(axis=1) > 4).astype(int)
    many_values = np.repeat(rng.normal(size=(2000, 3)), 2, axis=0)
    assert copies(few_values, sure) is None
    assert copies(rng.normal(size=(4000, 3)), sure) is None
    assert copies(many_values, rng.integers(0, 2, 4000)) is None
    group = copies(many_values, np.repeat(rng.integers(0, 2, 2000), 2))
    assert group is not None
    assert (group[::2] == group[1::2]).all()
    assert len(np.unique(group)) == 2000


def test_ordered_categories_keep_their_order_and_unseen_ones_are_missing() -> None:
    steps = pd.CategoricalDtype(["never", "low", "mid", "high"], ordered=True)
    table = pd.DataFrame({"use": pd.Series(["low", "mid", "high"] * 80, dtype=steps)})
    model = fit(table, CHURNED, params=QUICK)
    assert model.columns[0].values == ("low", "mid", "high")
    assert np.isfinite(model.predict_proba(pd.DataFrame({"use": ["never", "high", None]}))).all()


def test_columns_may_have_numbers_for_names() -> None:
    table = pd.DataFrame(np.column_stack([SIGNAL, np.arange(ROWS)]))
    model = fit(table, CHURNED, params=QUICK)
    assert list(model.contributions(table).columns) == ["0", "1", "base"]
    with pytest.raises(InputError, match="more than one column named '1'"):
        fit(table.assign(**{"1": 0}), CHURNED, params=QUICK)


def test_rows_and_outcomes_are_paired_by_position_whatever_the_index() -> None:
    table, shuffled = pd.DataFrame({"signal": SIGNAL}), np.random.default_rng(0).permutation(ROWS)
    one = fit(table, CHURNED, params=QUICK)
    other = fit(table.set_axis(shuffled, axis=0), pd.Series(CHURNED, index=shuffled + ROWS), params=QUICK)
    assert one.texts == other.texts
    added = other.contributions(table.set_axis([7] * ROWS, axis=0))
    assert added.index.tolist() == [7] * ROWS


@pytest.mark.parametrize("labels", [range(ROWS), [f"s{place}" for place in range(ROWS)], [place // 2 for place in range(ROWS)],
                                    pd.MultiIndex.from_product([["a", "b"], range(ROWS // 2)])])
def test_outcomes_that_bear_the_rows_labels_in_another_order_are_refused(labels: Any) -> None:
    table, churned = pd.DataFrame({"signal": SIGNAL}, index=labels), pd.Series(CHURNED, index=labels)
    fit(table, churned, params=QUICK)
    with pytest.raises(InputError, match="in another order, and rows are paired by position"):
        fit(table, churned[::-1], params=QUICK)
    with pytest.raises(InputError, match="in another order"):
        fit(table, churned, valid=(table, churned[::-1]), params=QUICK)


@pytest.mark.parametrize("outcome", [CHURNED.astype(bool), CHURNED.tolist(), pd.array(CHURNED, dtype="Int8"), pd.Categorical(CHURNED),
                                     pd.Series(CHURNED == 1, dtype="boolean"), CHURNED.astype(object), CHURNED.astype(float)])
def test_outcomes_may_come_as_flags_or_as_0_and_1(outcome: Any) -> None:
    table = pd.DataFrame({"signal": SIGNAL})
    assert fit(table, outcome, params=QUICK).texts == fit(table, CHURNED, params=QUICK).texts


@pytest.mark.parametrize("churners", [1, 2, 3, 5])
def test_very_few_churners_are_learnt_from_without_believing_too_much(churners: int) -> None:
    rng = np.random.default_rng(churners)
    table = pd.DataFrame(rng.normal(size=(600, 4)))
    probability = fit(table, np.arange(600) < churners, params={"threads": 1}).predict_proba(table)
    assert np.isfinite(probability).all()
    assert probability.mean() == pytest.approx(churners / 600, rel=0.6)


def test_a_table_that_tells_nothing_gives_everyone_the_base_rate() -> None:
    table = pd.DataFrame({"same": ["x"] * ROWS, "nothing": [None] * ROWS})
    assert fit(table, CHURNED, params={"threads": 1}).predict_proba(table) == pytest.approx(np.full(ROWS, 1 / 3), rel=0.02)


def test_an_empty_table_is_scored_as_no_rows_and_refused_to_learn_from() -> None:
    table = pd.DataFrame({"signal": SIGNAL, "plan": ["a", "b", "c"] * 80})
    model = fit(table, CHURNED, params=QUICK)
    empty = pd.DataFrame({"signal": [], "plan": []})
    assert model.predict_proba(empty).shape == (0,)
    assert model.contributions(empty).shape == (0, 3)
    with pytest.raises(InputError, match="both outcomes are needed"):
        fit(empty, [], params=QUICK)


def test_too_few_later_churners_to_calibrate_on_are_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.DataFrame({"signal": SIGNAL})
    for told, said in ((0, "0 churners and 240 others among the rows of valid are"), (1, "240 churners and 0 others among the rows of valid")):
        model = fit(table, CHURNED, params=QUICK, valid=(table, [told] * ROWS))
        assert np.isfinite(model.predict_proba(table)).all()
        assert said in capsys.readouterr().err
    fit(table[:12], CHURNED[:12], params=QUICK)
    assert "4 churners and 8 others among the rows held out are too few" in capsys.readouterr().err
    fit(table, CHURNED, params=QUICK, valid=(table, CHURNED))
    fit(table[:12], CHURNED[:12], params={**QUICK, "calibration": "none"})
    assert not capsys.readouterr().err
