"""The invented operator keeps its promises: its files, its faults, its numbers and its people."""

import csv
import hashlib
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnkit.errors import ParameterError
from churnkit.simulate import simulate
from churnkit.simulate.faults import CANONICAL, FEW

BAD_ROWS = {extract: {n: (wrong.field, wrong.text) for n, wrong in faults.items() if n in FEW} for extract, faults in CANONICAL.items()}
HEADERS = {
    "calls": "subscriber_id,other_party,kind,direction,forward_cause,forwarded_to,happened_at,duration_s,is_answered,"
    "tac,distance",
    "bills": "subscriber_id,bill_month,issued_at,due_at,total_cents,plan_cents,overage_voice_cents,overage_data_cents,"
    "overage_sms_cents,value_added_cents,third_party_cents,discount_cents,paid_cents,paid_at",
    "subscribers": "subscriber_id,snapshot_on,msisdn,activated_on,payment_kind,line_kind,plan,branch,team,"
    "account_manager,is_key_account,activation_channel,contract_start_on,contract_end_on,contract_kind,has_minimum_spend,bundle,"
    "customer_key,has_autopay,credit_limit_cents,alt_contact,tac",
    "status_changes": "subscriber_id,happened_at,status,reason",
    "handsets": "tac,brand,model,launched_on,generation,price_band,is_smartphone,is_dual_sim",
    "number_plan": "prefix,operator,kind,valid_from,valid_to",
    "consents": "subscriber_id,happened_at,channel,is_granted",
}
SERVICE = r"106\d{7}|95\d{3}|96\d{3}|10010|10018|10086|10000|10099"
INVENTED = r"12[0468]\d{8}|07910\d{6}|07911\d{6}|07551\d{6}|05711\d{6}|02010\d{6}|00999\d{8}"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 subscribers over six months, four of them in the first drop."""
    root = tmp_path_factory.mktemp("operator")
    simulate(root / "extracts", root / "truth", subscribers=2_000, months=6, seed=3, first_drop_months=4)
    return root


@cache
def table(root: Path, extract: str) -> pd.DataFrame:
    """All files of an extract as text, the planted broken rows left out."""
    files = sorted((root / "extracts").glob(f"*/{extract}_*.csv"))
    rows = pd.concat([pd.read_csv(f, dtype=str, keep_default_na=False) for f in files], ignore_index=True)
    for column, wrong in BAD_ROWS.get(extract, {}).values():
        rows = rows[rows[column] != wrong]
    return rows.drop_duplicates()


def digest(folder: Path) -> str:
    """One hash over the names and bytes of all files."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return hashlib.sha256(b"".join(str(p.relative_to(folder)).encode() + p.read_bytes() for p in files)).hexdigest()


def fates(root: Path) -> pd.DataFrame:
    """The truth, one row per subscriber."""
    return pd.read_parquet(root / "truth" / "subscribers.parquet").set_index("subscriber_id")


def test_the_same_seed_gives_the_same_bytes_on_one_thread_and_on_four_and_another_gives_others(tmp_path: Path) -> None:
    for name, seed, threads in (("a", 1, 1), ("b", 1, 4), ("c", 2, 4)):
        simulate(tmp_path / name / "x", tmp_path / name / "t", subscribers=400, months=4, seed=seed, threads=threads)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a" / "x") != digest(tmp_path / "c" / "x")
    assert (tmp_path / "a/t/demo.key").read_text() != (tmp_path / "c/t/demo.key").read_text()


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("keep me")
    with pytest.raises(ParameterError, match="not empty"):
        simulate(tmp_path / "x", tmp_path / "t", subscribers=400, months=2)
    with pytest.raises(ParameterError, match="something else"):
        simulate(tmp_path / "y", tmp_path / "x", subscribers=400, months=2)
    assert [p.name for p in tmp_path.rglob("*")] == ["x", "mine.txt"]


@pytest.mark.parametrize(
    "wrong", [{"months": 0}, {"start": "2025-13"}, {"subscribers": 5}, {"first_drop_months": 0}, {"seed": -1}]
)
def test_an_argument_that_makes_no_sense_is_named(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        simulate(tmp_path / "x", tmp_path / "t", **wrong)  # type: ignore[arg-type]  # the point of the test


def test_what_a_killed_run_left_behind_is_removed(tmp_path: Path) -> None:
    (tmp_path / "x.part" / "2025-08").mkdir(parents=True)
    (tmp_path / "x.part" / "2025-08" / "calls_2025-08.csv").write_text("half a file")
    simulate(tmp_path / "x", tmp_path / "t", subscribers=200, months=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t", "x"]
    assert (tmp_path / "x/2025-08/calls_2025-08.csv").stat().st_size > 10_000


def test_the_first_drop_holds_its_months_and_the_others_come_one_by_one(operator: Path) -> None:
    extracts = operator / "extracts"
    assert sorted(p.name for p in extracts.iterdir()) == ["2025-08..2025-11", "2025-12", "2026-01"]
    assert len(list((extracts / "2025-08..2025-11").iterdir())) == 4 * len(HEADERS)
    assert {p.name for p in (extracts / "2026-01").iterdir()} == {f"{e}_2026-01.csv" for e in HEADERS}


def test_every_file_has_the_header_of_its_extract_and_as_many_fields_in_every_line(operator: Path) -> None:
    for path in (operator / "extracts").rglob("*.csv"):
        header = HEADERS[path.name[:-12]]
        with path.open(encoding="utf-8", newline="") as file:
            assert file.readline() == header + "\n"
            assert {line.count(",") for line in file} == {header.count(",")}
            assert '"' not in path.read_text(encoding="utf-8")


def test_the_planted_rows_are_as_many_as_the_truth_says(operator: Path) -> None:
    planted = json.loads((operator / "truth" / "planted.json").read_text())
    files = {str(p.relative_to(operator / "extracts")): p for p in (operator / "extracts").rglob("*.csv")}
    assert files.keys() == planted.keys()
    total = Counter()
    for name, path in files.items():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        columns = HEADERS[path.name[:-12]].split(",")
        rules = BAD_ROWS.get(path.name[:-12], {})
        broken = {r: sum(row[columns.index(c)] == wrong for row in rows) for r, (c, wrong) in rules.items()}
        good = [tuple(row) for row in rows if all(row[columns.index(c)] != wrong for c, wrong in rules.values())]
        found = {"rows": len(rows), "duplicates": len(good) - len(set(good)), "bad": broken}
        told = planted[name]
        assert found == {what: told[what] for what in found}, name
        assert (sum(told["rules"].values()), told["odd"]) == (sum(broken.values()), {}), name
        total.update({"duplicates": found["duplicates"], **broken})
    assert all(total[rule] > 0 for rules in BAD_ROWS.values() for rule in rules if rule != "unreadable_amount")


def test_no_number_could_be_a_real_persons(operator: Path) -> None:
    calls, lines = table(operator, "calls"), table(operator, "subscribers")
    assert all(re.fullmatch(f"{SERVICE}|{INVENTED}", n) for n in calls.other_party.unique())
    assert all(re.fullmatch(rf"12\d{{9}}|96688|{INVENTED}", n) for n in calls.forwarded_to.unique() if n)
    assert all(re.fullmatch(r"120[0-3]\d{7}", n) for n in lines.msisdn.unique())
    assert all(re.fullmatch(r"124\d{8}", n) for n in lines.alt_contact.unique() if n)


def test_every_number_dialled_has_a_prefix_in_the_number_plan(operator: Path) -> None:
    prefixes = tuple(table(operator, "number_plan").prefix.unique())
    calls = table(operator, "calls")
    assert all(n.startswith(prefixes) for n in calls.other_party.unique())


def test_forwarded_legs_have_a_cause_and_a_target_and_no_other_row_has(operator: Path) -> None:
    calls = table(operator, "calls")
    forwarded = calls.direction == "forwarded"
    assert ((calls.forward_cause != "") == forwarded).all()
    assert ((calls.forwarded_to != "") == forwarded).all()
    assert set(calls.forward_cause[forwarded]) == {"unconditional", "busy", "no_answer", "unreachable"}
    assert (calls.is_answered[calls.kind == "sms"] == "").all()
    assert (calls.duration_s[calls.is_answered == "false"] == "0").all()


def test_who_left_by_the_truth_has_a_status_row_that_day_and_no_row_of_calls_after(operator: Path) -> None:
    calls, status, truth = table(operator, "calls"), table(operator, "status_changes"), fates(operator)
    left = truth.left_on.dropna().astype(str)
    left, earlier = left[(left >= "2025-08-01") & (left < "2026-02-01")], left[left < "2025-08-01"]
    status = status[~status.subscriber_id.isin(earlier.index)]
    ends = status[status.status.isin(["ported_out", "pre_cancelled", "cancelled"]) & (status.reason == "voluntary")]
    assert len(left) > 50
    assert ends.groupby("subscriber_id").happened_at.min().str[:10].to_dict() == left.to_dict()
    assert set(ends[ends.status == "ported_out"].subscriber_id) == set(truth.index[truth.is_ported]) & set(left.index)
    last = calls.groupby("subscriber_id").happened_at.max().str[:10].reindex(left.index).fillna("")
    assert (last < left).all()


def test_who_fell_silent_calls_nobody_and_answers_nobody_from_that_day_on(operator: Path) -> None:
    calls, truth = table(operator, "calls"), fates(operator)
    silent = truth.silent_from.dropna().astype(str)
    since = calls.subscriber_id.map(silent)
    after = calls[since.notna() & (calls.happened_at.str[:10] >= since.fillna("9999"))]
    person = ~after.other_party.str.fullmatch(SERVICE)
    assert len(after) > 100
    assert (after.direction != "out").all()
    assert not ((after.direction == "in") & (after.is_answered == "true") & person).any()


def test_a_stopped_line_makes_no_calls_until_it_is_opened_again(operator: Path) -> None:
    calls, status = table(operator, "calls"), table(operator, "status_changes")
    spells = status.sort_values("happened_at").groupby("subscriber_id")
    status = status.assign(until=spells.happened_at.shift(-1)).dropna(subset=["until"])
    stops = status[status.status.isin(["one_way_stop", "two_way_stop"])].sample(60, random_state=1)
    out = calls[calls.direction == "out"]
    for stop in stops.itertuples():
        own = out[out.subscriber_id == stop.subscriber_id].happened_at
        assert not ((own > stop.happened_at) & (own < stop.until)).any(), stop


def test_a_bill_is_the_sum_of_its_parts_and_is_redelivered_only_once_paid(operator: Path) -> None:
    bills = table(operator, "bills")
    cents = bills.filter(like="_cents").astype(int)
    parts = cents.drop(columns=["total_cents", "paid_cents", "discount_cents"]).sum(axis=1) - cents.discount_cents
    assert (cents.total_cents == np.maximum(parts, 1)).all()
    assert (cents.paid_cents == np.where(bills.paid_at != "", cents.total_cents, 0)).all()
    twice = bills[bills.duplicated(["subscriber_id", "bill_month"], keep="first")]
    assert len(twice) > 100
    assert (twice.paid_at != "").all()
    assert not bills.duplicated(["subscriber_id", "bill_month", "paid_at"]).any()


def test_two_to_four_percent_churn_a_month_and_each_kind_has_its_share(operator: Path) -> None:
    truth = fates(operator)
    exits = pd.to_datetime(truth.exit_on)
    window = truth[(exits >= "2025-08-01") & (exits < "2026-02-01")]
    monthly = len(window) / 6 / 2_000
    assert 0.018 < monthly < 0.042
    share = window.kind.value_counts(normalize=True)
    assert share["left"] > 0.25
    assert share["arrears_stop"] > 0.12
    assert share["silent"] > 0.18


def test_the_best_scores_are_chances_that_fit_what_then_happens(operator: Path) -> None:
    truth = fates(operator)
    exits = pd.to_datetime(truth.exit_on)
    expected, seen, lifts = 0.0, 0, []
    for path in sorted((operator / "truth" / "best").glob("*.parquet")):
        scores = pd.read_parquet(path).set_index("subscriber_id")
        as_of = pd.Timestamp(path.stem)
        gone = exits.reindex(scores.index)
        happens = (gone >= as_of + pd.Timedelta(days=10)) & (gone < as_of + pd.Timedelta(days=40))
        assert np.allclose(scores.p_any, scores.p_left + scores.p_arrears_stop_30d + scores.p_silent_30d)
        assert scores.p_any.between(0, 1).all()
        expected, seen = expected + scores.p_any.sum(), seen + int(happens.sum())
        top = scores.p_any.nlargest(len(scores) // 20).index
        lifts.append(happens[top].mean() / happens.mean())
    assert [p.stem for p in sorted((operator / "truth" / "best").iterdir())][-1] == "2026-02-01"
    assert 0.75 < expected / seen < 1.35
    assert 6 < np.mean(lifts) < 18


def test_the_key_of_the_demo_is_32_bytes_that_only_the_owner_may_read(operator: Path) -> None:
    key = operator / "truth" / "demo.key"
    assert len(bytes.fromhex(key.read_text())) == 32
    assert key.stat().st_mode & 0o777 == 0o600
