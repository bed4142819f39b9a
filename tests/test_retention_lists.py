"""The files people open: no cell is a formula, no number is in full, no name is a trap."""
import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnkit.errors import InputError, PolicyError
from churnkit.retention.columns import COLUMNS, CONTRACT_VERSION, columns_of, documented
from churnkit.retention.lists import branch_files, cells, grouped_phone, safe_text, write_csv

DOCS = Path(__file__).parent.parent / "docs" / "lists.md"
check = settings(max_examples=200, deadline=None, derandomize=True, database=None)
SIGNS = "=+-@＝＋－＠−﹢﹣﹦﹫"
few = settings(max_examples=40, deadline=None, derandomize=True, database=None)
nasty = st.text(st.sampled_from("=+-@＝＋－＠ \t\r\n\0\ufeff\u200b'\",a1中cmd|"), max_size=12) | st.text(max_size=12)


def row(**values: object) -> pd.DataFrame:
    """One entry with every column; text is `x` unless given."""
    blank = {"number": 1, "yuan": 1.0, "share": 0.5, "date": pd.Timestamp("2026-11-01"), "phone": "138****0001"}
    return pd.DataFrame([{column.name: blank.get(column.kind, "x") for column in COLUMNS} | values])


@check
@given(nasty)
def test_no_text_starts_a_formula_or_a_second_line(text):
    cell = safe_text(text)
    assert not cell.lstrip(" \ufeff\u200b").startswith(tuple(SIGNS + "\t\r\n\0"))
    assert not re.search(r"[\0\r\n\t]", cell)


@pytest.mark.parametrize(("text", "cell"), [
    ("=1+1", "'=1+1"), ("+86 138", "'+86 138"), ("-5", "'-5"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "' =1"), ("\rx", "' x"), ("\0=1", "' =1"),
    ("＝1+1", "'＝1+1"), ("  =1", "'  =1"), ("畅享59元", "畅享59元"), ("a=b", "a=b"), ("", "")])
def test_a_quote_goes_before_what_a_spreadsheet_might_calculate(text, cell):
    assert safe_text(text) == cell


def test_a_negative_amount_is_a_number_and_stays():
    assert cells(row(expected_value=-5.4), "marketing")["expected_value"].tolist() == ["-5.40"]


@few
@given(nasty)
def test_a_list_reads_back_as_one_row_of_safe_cells(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("lists") / "x.csv"
    write_csv(row(plan=text, team=text), "agents", path)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r\n") == 2
    header, line = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert header == [column.name for column in columns_of("agents")]
    assert dict(zip(header, line, strict=True))["plan"] == safe_text(text)


@pytest.mark.parametrize(("masked", "written"), [
    ("138****0001", "138 **** 0001"), ("0791****888", "0791 **** 888"), ("12****", "12 ****"), ("138 **** 0001", "138 **** 0001"), ("", ""),
    (" ", "")])
def test_a_masked_number_is_grouped(masked, written):
    assert grouped_phone(masked) == written


@pytest.mark.parametrize("number", ["13800000001", "138 0000 0001", "0791-8888888", "86630001", "1*13800000001", "+8613800000001"])
def test_a_number_in_full_never_gets_into_a_list(number):
    with pytest.raises(PolicyError, match="not masked"):
        grouped_phone(number)


def test_a_list_file_has_the_name_of_the_branch_path():
    assert branch_files(["江西/南昌", "a b/c:d", "../etc", ""]) == {
        "江西/南昌": "江西-南昌", "a b/c:d": "a_b-c_d", "../etc": "__-etc", "": "unassigned"}


@pytest.mark.parametrize("branches", [["a/b", "a-b"], ["A", "a"], ["x.y", "x y"], ["", "unassigned"]])
def test_two_branches_of_one_name_are_refused(branches):
    with pytest.raises(InputError, match="would share the file"):
        branch_files(branches)


@pytest.mark.parametrize("branch", ["CON", "nul", "Com1", "LPT9", "COM¹", "excluded", "Manifest", "audit", "scored"])
def test_reserved_names_are_refused(branch):
    with pytest.raises(InputError, match="no list may be called"):
        branch_files([branch])


def test_a_name_too_long_for_a_file_is_refused():
    with pytest.raises(InputError, match="too long"):
        branch_files(["省" * 60])


@check
@given(st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=5))
def test_no_branch_name_leads_out_of_the_folder(branches):
    try:
        names = branch_files(branches)
    except InputError:
        return
    assert not any(re.search(r'[./\\:*?"<>|\0\s]', name) for name in names.values())


def test_agents_see_no_probability_and_no_expected_value():
    assert not {"churn_probability", "expected_value"} & {column.name for column in columns_of("agents")}


def test_only_the_agents_list_has_numbers_to_call():
    assert [{c.name for c in columns_of(file) if c.kind == "phone"} for file in ("marketing", "excluded", "holdout")] == [set()] * 3


def test_the_documented_columns_are_those_of_the_code():
    text = DOCS.read_text("utf-8")
    assert documented() in text, "docs/lists.md: put the text of churnkit.retention.columns.documented() into it"
    assert f"version {CONTRACT_VERSION}" in text
