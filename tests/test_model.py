"""The model learns from any table, says why, is the same on any number of threads, and is refused when altered."""
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnkit.errors import ChecksumError, ChurnkitError, InputError, ParameterError
from churnkit.log_odds import expit
from churnkit.model import Model, fit, read_learning, refit
from churnkit.model.fit import anew
from churnkit.model.taught import taught

ROWS = 1200


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """A table of every kind of column; silence and plan foretell who leaves."""
    rng = np.random.default_rng(5)
    return pd.DataFrame({
        "silence days": rng.exponential(5, ROWS), "is_forwarding": rng.random(ROWS) < 0.1,
        "bill": pd.array(rng.integers(0, 9000, ROWS), dtype="Int64"), "plan": rng.choice(["甲", "乙", "丙"], ROWS),
        "code": pd.Categorical(rng.integers(0, 300, ROWS).astype(str)), "constant": 1.0, "nothing": None,
        "gaps": np.where(rng.random(ROWS) < 0.5, np.nan, rng.normal(size=ROWS)),
        "object_flag": pd.Series(rng.choice([True, False, None], ROWS), dtype=object)})


@pytest.fixture(scope="module")
def churned(table: pd.DataFrame) -> np.ndarray:
    odds = -3 + 0.3 * table["silence days"] + 1.5 * (table["plan"] == "丙")
    return (np.random.default_rng(6).random(ROWS) < expit(odds.to_numpy())).astype(int)


@pytest.fixture(scope="module")
def model(table: pd.DataFrame, churned: np.ndarray) -> Model:
    return fit(table, churned, params={"leaves": 15, "max_trees": 200, "bags": 2, "threads": 1})


def test_the_model_ranks_those_who_leave_first(model: Model, table: pd.DataFrame, churned: np.ndarray) -> None:
    probability = model.predict_proba(table)
    assert probability.shape == (ROWS,)
    assert ((probability > 0) & (probability < 1)).all()
    assert probability[churned == 1].mean() > 1.5 * probability[churned == 0].mean()


def test_contributions_are_one_column_per_feature_and_sum_to_the_margin(model: Model, table: pd.DataFrame) -> None:
    added = model.contributions(table)
    assert list(added.columns) == [*table.columns, "base"]
    np.testing.assert_allclose(added.sum(axis=1), model.predict_margin(table), atol=1e-9)
    assert (added[["constant", "nothing"]] == 0).all(axis=None)


def test_ranking_by_probability_is_ranking_by_margin(model: Model, table: pd.DataFrame) -> None:
    margin, probability = model.predict_margin(table), model.predict_proba(table)
    order = np.argsort(margin, kind="stable")
    assert (np.diff(probability[order])[np.diff(margin[order]) > 1e-9] > 0).all()


def test_columns_are_matched_by_name_whatever_their_order(model: Model, table: pd.DataFrame) -> None:
    np.testing.assert_array_equal(model.predict_proba(table[sorted(table.columns)]), model.predict_proba(table))


def test_missing_and_extra_columns_are_named(model: Model, table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"missing: 'bill'; not known: 'invoice'"):
        model.predict_proba(table.rename(columns={"bill": "invoice"}))


def test_values_never_seen_are_scored(model: Model, table: pd.DataFrame) -> None:
    strange = table.head(3).astype({"code": object}).assign(plan=["丁", None, "甲"], code=["never", "seen", None], bill=[np.inf, -np.inf, None],
                                                           nothing=["now", "it is", "text"])
    assert np.isfinite(model.predict_proba(strange)).all()
    assert model.predict_proba(table.head(0)).shape == (0,)
    assert model.contributions(table.head(0)).shape == (0, len(table.columns) + 1)


def test_an_unseen_many_valued_code_counts_as_the_average_customer(model: Model) -> None:
    column = next(c for c in model.columns if c.name == "code")
    assert column.kind == "many"
    assert column.prior == pytest.approx(np.mean(model.churners / model.rows))
    assert min(column.rates) < column.prior < max(column.rates)


def test_a_code_reads_the_same_as_number_and_as_text() -> None:
    churned = np.tile([0, 1], 100)
    model = fit(pd.DataFrame({"cell": pd.Categorical(np.where(churned, 7, 8))}), churned, params={"threads": 1})
    numbers = model.predict_proba(pd.DataFrame({"cell": pd.Categorical([7.0, 8.0])}))
    np.testing.assert_array_equal(numbers, model.predict_proba(pd.DataFrame({"cell": ["7", "8"]})))
    assert numbers[0] > numbers[1]


def test_text_where_numbers_were_is_refused_by_name(model: Model, table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="'bill'"):
        model.predict_proba(table.assign(bill="much"))


@pytest.mark.parametrize("dates", [pd.to_datetime(["2026-01-01"] * 4), pd.to_timedelta([1] * 4, unit="D"),
                                   pd.Series([pd.Timestamp("2026-01-01").date()] * 4, dtype=object)])
def test_dates_are_refused_by_name(dates: object) -> None:
    with pytest.raises(InputError, match="'since' holds dates"):
        fit(pd.DataFrame({"a": [1, 2, 3, 4], "since": dates}), [0, 1, 0, 1])


def test_duplicate_column_names_are_refused() -> None:
    with pytest.raises(InputError, match="'a'"):
        fit(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), [0, 1])


@pytest.mark.parametrize(("churned", "why"), [
    ([1, 1, 1], "both outcomes are needed"), ([0, 1], "3 rows of features have 2 outcomes"),
    ([0, 1, None], "1 outcomes are missing"), ([0, 1, 2], "true/false or 1/0"), (["yes", "no", "no"], "true/false or 1/0")])
def test_outcomes_that_teach_nothing_are_refused(churned: list[object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        fit(pd.DataFrame({"a": [1, 2, 3]}), churned)


def test_one_row_and_no_columns_are_refused() -> None:
    with pytest.raises(ChurnkitError):
        fit(pd.DataFrame({"a": [1]}), [1])
    with pytest.raises(InputError, match="no column"):
        fit(pd.DataFrame(index=range(4)), [0, 1, 0, 1])


def test_a_table_too_small_to_split_still_gives_probabilities() -> None:
    model = fit(pd.DataFrame({"a": [1, 2, 3, 4], "b": list("xyxy")}), [0, 1, 0, 0])
    assert np.isfinite(model.predict_proba(pd.DataFrame({"a": [1], "b": ["x"]}))).all()


@pytest.mark.parametrize(("params", "why"), [({"learning_rat": 0.1}, "did you mean 'learning_rate'"), ({"leaves": 2.5}, "'leaves'"),
                                             ({"learning_rate": 3}, "learning_rate must be above 0 and at most 1, got 3"),
                                             ({"monotone": {"plan": 1}}, "'plan'")])
def test_parameters_that_are_not_known_are_named(params: dict[str, object], why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        fit(pd.DataFrame({"plan": ["x", "y"] * 4}), [0, 1] * 4, params=params)


def test_a_monotone_feature_never_lowers_the_risk_as_it_rises() -> None:
    rng = np.random.default_rng(0)
    silence = rng.random(800)
    churned = (rng.random(800) < 0.2 + 0.3 * silence).astype(int)
    model = fit(pd.DataFrame({"silence": silence}), churned, params={"monotone": {"silence": 1}, "threads": 1})
    assert (np.diff(model.predict_margin(pd.DataFrame({"silence": np.linspace(0, 1, 50)}))) >= 0).all()


def test_a_part_of_the_stayers_stands_for_all_of_them() -> None:
    rng = np.random.default_rng(2)
    table, later = (pd.DataFrame(rng.normal(size=(20_000, 4))) for _ in range(2))
    churned, then = (rng.random(20_000) < expit(rows[0].to_numpy() - 2) for rows in (table, later))
    chosen = {"stayer_share": 0.25, "calibration": "none", "trees": 40, "bags": 2, "leaves": 7, "threads": 1}
    part = fit(table, churned, params=chosen, seed=3)
    assert part.predict_proba(later).mean() == pytest.approx(then.mean(), rel=0.05)
    assert part.texts == fit(table, churned, params=chosen, seed=3).texts
    assert part.texts[0] != part.texts[1]


def saved(model: Model, folder: Path) -> dict[str, bytes]:
    model.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_one_thread_and_four_write_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(13_000, 6))).assign(plan=rng.choice(list("abcdef"), 13_000), code=rng.integers(0, 90, 13_000).astype(str))
    churned = rng.random(13_000) < expit(table[0].to_numpy() - 2)
    written = [saved(fit(table, churned, params={"threads": threads, "bags": 1, "trees": 30}), tmp_path / str(threads)) for threads in (1, 4)]
    assert written[0] == written[1]


def test_the_defaults_write_the_same_bytes_on_one_thread_and_four_and_twice(table: pd.DataFrame, churned: np.ndarray, tmp_path: Path,
                                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = [saved(fit(table, churned, params={"threads": threads, "max_trees": 60}), tmp_path / str(run)) for run, threads in enumerate((1, 4, 4))]
    assert written[0] == written[1] == written[2]
    assert written[0].keys() > {"booster-0.txt", "booster-4.txt"}


def test_contributions_of_shapes_that_count_differently_sum_to_the_margin(table: pd.DataFrame, churned: np.ndarray) -> None:
    model = fit(table, churned, params={"threads": 1, "max_trees": 60})
    assert sum(model.weights) == pytest.approx(1)
    assert len(model.weights) == 5 * sum(share > 0 for share in model.shares)
    np.testing.assert_allclose(model.contributions(table).sum(axis=1), model.predict_margin(table), atol=1e-9)
    again = refit(model, table[:600], churned[:600])
    assert (again.tree_counts, again.shares, again.calibrator) == (model.tree_counts, model.shares, model.calibrator)


def test_a_product_of_two_columns_is_learnt_by_random_trees() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.normal(size=(3000, 6)))
    model = fit(table, rng.random(3000) < expit(3 * table[0].to_numpy() * table[1].to_numpy()), params={"threads": 2})
    assert model.shares[2] > 0.3
    assert model.predict_proba(pd.DataFrame([[1.5, 1.5, 0, 0, 0, 0], [1.5, -1.5, 0, 0, 0, 0]])).round() == pytest.approx([1, 0])


def test_where_sharp_trees_prevail_they_learn_from_all_rows_and_told_bags_always_do() -> None:
    assert anew(read_learning(None), np.array([0.1, 0.85, 0.05])) == [0, 3, 0]
    assert anew(read_learning(None), np.array([0.5, 0.5, 0.0])) == [0, 0, 0]
    assert anew(read_learning({"bags": 2}), np.array([0.1, 0.85, 0.05])) == [2, 2, 2]
    assert anew(read_learning({"leaves": 31}), np.array([1.0])) == [0]


def test_something_told_of_the_shape_makes_one_shape_of_it(table: pd.DataFrame, churned: np.ndarray) -> None:
    model = fit(table, churned, params={"depth": 2, "trees": 5, "threads": 1})
    assert (model.learning.leaves, model.shares, model.tree_counts) == (31, (1.0,), (5,))
    assert max(tree["num_leaves"] for tree in model.boosters[0].dump_model()["tree_info"]) <= 4


def test_a_saved_model_predicts_and_saves_as_before(model: Model, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = saved(model, tmp_path / "a")
    assert set(first) == {"booster-0.txt", "booster-1.txt", "card.json", "SHA256SUMS"}
    loaded = Model.load(tmp_path / "a")
    np.testing.assert_array_equal(loaded.predict_proba(table), model.predict_proba(table))
    assert saved(loaded, tmp_path / "b") == first


@pytest.mark.parametrize("name", ["booster-0.txt", "card.json", "SHA256SUMS"])
def test_one_flipped_bit_is_refused_by_file_name(name: str, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model.save(tmp_path / "model")
    content = bytearray((tmp_path / "model" / name).read_bytes())
    content[len(content) // 3] ^= 1
    (tmp_path / "model" / name).write_bytes(content)
    with pytest.raises(ChecksumError, match=r"card.json|booster-|SHA256SUMS") as refused:
        Model.load(tmp_path / "model")
    assert refused.value.exit_code == 7
    if name != "SHA256SUMS":
        assert name in str(refused.value)


def test_a_model_without_its_parts_is_refused(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="holds no model"):
        Model.load(tmp_path / "nowhere")
    for name in ("SHA256SUMS", "booster-1.txt"):
        model.save(tmp_path / f"without {name}")
        (tmp_path / f"without {name}" / name).unlink()
        with pytest.raises(ChecksumError, match=f"{name} is missing"):
            Model.load(tmp_path / f"without {name}")


def test_a_booster_without_a_checksum_is_refused(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model.save(tmp_path / "model")
    sums = (tmp_path / "model" / "SHA256SUMS").read_text().splitlines(keepends=True)
    (tmp_path / "model" / "SHA256SUMS").write_text("".join(line for line in sums if "booster-0" not in line))
    with pytest.raises(ChecksumError, match=r"booster-0\.txt"):
        Model.load(tmp_path / "model")


def test_a_later_table_tells_the_trees_and_calibrates(table: pd.DataFrame, churned: np.ndarray) -> None:
    model = fit(table[:700], churned[:700], valid=(table[700:], churned[700:]), params={"threads": 1, "max_trees": 80})
    assert 1 <= model.trees <= 80
    assert model.rows == 700
    assert model.predict_proba(table[700:]).mean() == pytest.approx(churned[700:].mean(), rel=0.1)


def test_a_refit_keeps_trees_and_calibrator(model: Model, table: pd.DataFrame, churned: np.ndarray) -> None:
    again = refit(model, table[:600], churned[:600])
    assert (again.trees, again.calibrator, again.rows) == (model.trees, model.calibrator, 600)
    assert again.texts != model.texts


def test_who_is_taught_the_true_probabilities_ranks_better_than_who_learns_from_outcomes() -> None:
    rng = np.random.default_rng(8)
    tables = [pd.DataFrame(rng.normal(size=(2500, 6)), columns=list("abcdef")) for _ in range(3)]
    truths = [expit(1.2 * t["a"].to_numpy() * (t["b"] > 0) - 3) for t in tables]
    learnt, later, asked = tables
    params = {"leaves": 7, "max_trees": 300, "threads": 1}
    margin = taught(learnt, truths[0], asked, valid=(later, truths[1]), params=params, seed=1)
    fitted = fit(learnt, rng.random(2500) < truths[0], valid=(later, rng.random(2500) < truths[1]), params=params, seed=1)
    told, learned = (np.corrcoef(one, np.log(truths[2]))[0, 1] for one in (margin, fitted.predict_margin(asked)))
    assert told > 0.95 > learned > 0.3
