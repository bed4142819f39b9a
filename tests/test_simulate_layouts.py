"""The invented operator sends the same lives in other layouts, with every fault of real extracts; ingest finds each of them, number for number."""
import gzip
import json
import os
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from builders import KEY, frame, ingest_again
from churnkit import timeline
from churnkit.errors import InputError, ParameterError
from churnkit.identity import write_key
from churnkit.simulate import simulate
from churnkit.simulate.operators import EXTRACTS, OPERATORS

# What a layout has no field for, or says of every row.
NOT_CARRIED = {"unicom": ["is_answered", "roaming"], "shanxi": ["is_answered", "roaming", "distance"]}
WHOLE_TABLES = ("handsets", "number_plan")  # they come anew every month, so that a first drop of several has each row several times
FIRST, LAST = "2025-08..2025-09", "2025-10"


@dataclass(frozen=True)
class Sent:
    """An operator's project: extracts, truth, and what ingest made of them."""

    root: Path
    planted: dict[str, dict]
    accounts: dict[str, dict]
    rules: dict[str, Counter]

    def events(self, extract: str, delivery: str) -> pd.DataFrame:
        """The accepted rows of an extract."""
        folder = self.root / timeline.events(delivery, extract)
        return pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))], ignore_index=True).drop(columns="file_no")


def sent(root: Path, layout: str, **chosen: object) -> Sent:
    """Simulate an operator and ingest all that it sends."""
    simulate(root / "data/extracts", root / "data/truth", layout=layout, seed=1, **chosen)  # type: ignore[arg-type]  # the test's own words
    before = Path.cwd()
    os.chdir(root)
    try:
        write_key(Path("key"), KEY)
        accounts, rejects = [], []
        for delivery in timeline.find_deliveries():
            ingest_again(delivery.name, *EXTRACTS, layouts=OPERATORS[layout].layouts, max_reject_share=0.9)
            accounts += frame(timeline.events(delivery.name, "account") / "files.parquet")
            rejects += frame(timeline.events(delivery.name, "account") / "rejects.parquet")
    finally:
        os.chdir(before)
    rules: dict[str, Counter] = {account["file"]: Counter() for account in accounts}
    for reject in rejects:
        rules[reject["file"]][f"{reject['column']}|{reject['rule']}"] += 1
    planted = json.loads((root / "data/truth/planted.json").read_text("utf-8"))
    return Sent(root, planted, {account["file"]: account for account in accounts}, rules)


@pytest.fixture(scope="module")
def operator(tmp_path_factory):
    """By layout, 300 subscribers over three months, two of them in the first drop, with all faults."""
    return cache(lambda layout: sent(tmp_path_factory.mktemp(layout), layout, subscribers=300, months=3, first_drop_months=2, faults="all"))


def assert_account_is_truth(found: Sent) -> None:
    """Every file's account says what was planted; a file that came under another name, or corrected, is set aside whole."""
    assert found.accounts.keys() == found.planted.keys()
    aside = {name for name, truth in found.planted.items() if truth["same_as"]} | {truth["corrects"] for truth in found.planted.values()}
    for name, truth in found.planted.items():
        account = found.accounts[name]
        assert account["read"] == truth["rows"], name
        if name in aside:
            assert (account["duplicates"], account["rejected"]) == (truth["rows"], 0), name
            continue
        assert found.rules[name] == truth["rules"], name
        assert account["rejected"] == sum(truth["bad"].values()) == sum(truth["rules"].values()), name
        if not name.split("/")[1].startswith(WHOLE_TABLES):
            assert account["duplicates"] == truth["duplicates"], name
            assert account["accepted"] == truth["rows"] - truth["duplicates"] - sum(truth["bad"].values()), name


@pytest.mark.parametrize("layout", OPERATORS)
def test_the_account_is_the_truth_number_for_number_in_every_layout(operator, layout):
    assert_account_is_truth(operator(layout))


@pytest.mark.slow
@pytest.mark.parametrize("layout", OPERATORS)
def test_the_account_of_a_larger_operator_is_the_truth_too(tmp_path, layout):
    assert_account_is_truth(sent(tmp_path, layout, subscribers=9_000, months=2, first_drop_months=1, faults="many"))


@pytest.mark.parametrize("layout", OPERATORS)
def test_every_fault_of_a_layout_is_planted_in_some_file(operator, layout):
    found = operator(layout)
    counted = Counter()
    for truth in found.planted.values():
        counted.update(truth["bad"] | truth["odd"])
    declared = {fault for form in OPERATORS[layout].forms.values() for fault in form.faults}
    assert {fault for fault in declared if not counted[fault]} == set()
    assert min(counted[what] for what in ("byte_order_mark", "mixed_newlines", "three_weeks_late", "lost_with_their_day")) > 0


@pytest.mark.parametrize("layout", NOT_CARRIED)
@pytest.mark.parametrize("extract", ["bills", "subscribers", "status_changes", "consents"])
def test_bills_snapshots_states_and_consents_are_the_same_in_every_layout(operator, layout, extract):
    for delivery in (FIRST, LAST):
        events = operator("canonical").events(extract, delivery)
        assert len(events) > 10
        pd.testing.assert_frame_equal(operator(layout).events(extract, delivery), events)


@pytest.mark.parametrize("layout", NOT_CARRIED)
def test_calls_are_the_same_legs_in_every_layout_but_of_lines_that_are_in_no_snapshot(operator, layout):
    held: set[str] = set()
    for delivery in (FIRST, LAST):
        calls, others = operator("canonical").events("calls", delivery), operator(layout).events("calls", delivery)
        held |= set(operator("canonical").events("subscribers", delivery).subscriber_id)
        calls = calls[calls.subscriber_id.isin(held) | (calls.roaming == "international")]  # these come with ids in every layout
        columns = [c for c in calls.columns if c not in NOT_CARRIED[layout]]
        assert len(calls) > 5_000
        pd.testing.assert_frame_equal(in_order(others[columns]), in_order(calls[columns]))


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows sorted by all their columns."""
    return rows.astype(str).sort_values(list(rows.columns), ignore_index=True)


def test_a_forwarded_call_leaves_two_records_in_unicoms_files_of_which_one_counts(operator):
    found = operator("unicom")
    name = f"{LAST}/gsm_202510.csv"
    records = pd.read_csv(found.root / "data/extracts" / name, dtype=str, usecols=["call_type", "third_no", "other_no"], on_bad_lines="skip")
    types = records.call_type.value_counts()
    legs = found.events("calls", LAST).direction.eq("forwarded").sum()
    assert legs > 100
    assert types["03"] + types["20"] > 1.7 * legs
    assert max(types["03"], types["20"]) < legs  # neither kind alone has all
    prefixes = records[records.call_type == "03"].third_no.str.extract("^(0?60)1")[0].value_counts()
    assert set(prefixes.index) == {"60", "060"}


@pytest.mark.parametrize("layout", OPERATORS)
def test_the_files_of_roamers_come_three_weeks_late_and_say_so(operator, layout):
    found = operator(layout)
    late = found.planted[f"{LAST}/calls_roaming_2025-09.csv"]["odd"]["three_weeks_late"]
    calls = found.events("calls", LAST)
    abroad = calls[calls.roaming == "international"]
    assert len(abroad) == late > 0
    assert set(abroad.happened_at.dt.month) == {9}
    assert set(abroad.received_at - abroad.happened_at) == {pd.Timedelta(days=21)}
    assert (calls.received_at - calls.happened_at)[calls.roaming != "international"].max() <= pd.Timedelta(days=2)


@pytest.mark.parametrize("layout", OPERATORS)
def test_one_day_is_lost_and_its_neighbours_are_not(operator, layout):
    found = operator(layout)
    days = found.events("calls", FIRST).query("roaming != 'international'").happened_at.dt.strftime("%m-%d").value_counts()
    assert "09-17" not in days
    assert min(days["09-16"], days["09-18"]) > 100
    assert sum(truth["odd"].get("lost_with_their_day", 0) for truth in found.planted.values()) > 100


@pytest.mark.parametrize("layout", NOT_CARRIED)
def test_consents_are_noted_with_two_offsets_in_the_month_that_changes_the_clock(operator, layout):
    found = operator(layout)
    (name,) = (name for name, truth in found.planted.items() if name.startswith(f"{LAST}/optin_2025") and not truth["same_as"])
    odd = found.planted[name]["odd"]
    raw = pa.input_stream(str(found.root / "data/extracts" / name), compression="detect").read().decode("utf-16")
    assert odd["offset_+0200"] > 0
    assert odd["offset_+0100"] > 0
    planted = sum(found.planted[name]["bad"].values())
    assert odd["offset_+0200"] + odd["offset_+0100"] == raw.count("\n") - 1 - planted


def test_line_ends_and_byte_order_marks_are_as_many_as_the_truth_says(operator):
    for name, truth in operator("canonical").planted.items():
        raw = (operator("canonical").root / "data/extracts" / name).read_bytes()
        assert raw.count(b"\r\n") == truth["odd"].get("mixed_newlines", 0), name
        assert raw.startswith(b"\xef\xbb\xbf") == bool(truth["odd"].get("byte_order_mark")), name
        assert raw.count(b"\n") - 1 == truth["rows"], name


@pytest.mark.parametrize("layout", OPERATORS)
def test_a_file_sent_again_under_another_name_counts_once(operator, layout):
    found = operator(layout)
    ((again, truth),) = ((name, truth) for name, truth in found.planted.items() if truth["same_as"])
    first = truth["same_as"]
    assert (found.root / "data/extracts" / again).read_bytes() == (found.root / "data/extracts" / first).read_bytes()
    accepted = truth["rows"] - truth["duplicates"] - sum(truth["bad"].values())
    assert found.accounts[first]["accepted"] + found.accounts[again]["accepted"] == accepted > 0


@pytest.mark.parametrize("layout", OPERATORS)
def test_of_a_corrected_file_only_the_corrected_rows_count(operator, layout):
    bills = operator(layout).events("bills", FIRST)
    parts = [c for c in bills.columns if c.endswith("_cents") and c not in ("total_cents", "paid_cents", "discount_cents")]
    adds_up = bills.total_cents == (bills[parts].sum(axis=1) - bills.discount_cents).clip(lower=1)
    assert adds_up.all()


@pytest.mark.parametrize("layout", NOT_CARRIED)
def test_a_file_that_names_another_count_of_rows_is_refused(tmp_path, layout):
    with pytest.raises(InputError, match=r"bill_202508\.\w+(\.gz)? says on its last line that it has 1\d\d rows, but 1\d\d came"):
        sent(tmp_path, layout, subscribers=150, months=1, is_miscounted=True)


def test_the_same_seed_gives_the_same_bytes_in_compressed_files_too(tmp_path):
    for name, threads in (("a", 1), ("b", 4)):
        simulate(tmp_path / name / "x", tmp_path / name / "t", subscribers=150, months=2, layout="shanxi", faults="all", threads=threads)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert {p.suffix for p in files} >= {".gz", ".zst", ".csv"}
    assert all((tmp_path / "a" / p).read_bytes() == (tmp_path / "b" / p).read_bytes() for p in files)


def test_every_line_of_shanxis_calls_has_its_124_bytes(tmp_path):
    simulate(tmp_path / "x", tmp_path / "t", subscribers=150, months=1, layout="shanxi")
    lines = gzip.decompress((tmp_path / "x/2025-08/sx_202508.dat.gz").read_bytes()).split(b"\n")
    assert {len(line) for line in lines[:-1]} == {124}


@pytest.mark.parametrize(("wrong", "known"), [({"layout": "north"}, "canonical, unicom, shanxi"), ({"faults": "none"}, "few, many, all")])
def test_an_operator_or_a_word_for_faults_that_is_not_known_is_named_with_those_that_are(tmp_path, wrong, known):
    with pytest.raises(ParameterError, match=f"{next(iter(wrong.values()))}.* is none of {known}"):
        simulate(tmp_path / "x", tmp_path / "t", subscribers=150, months=1, **wrong)
