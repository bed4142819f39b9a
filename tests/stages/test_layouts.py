"""What a layout may say, and what is said of one that is wrong."""
from pathlib import Path

import pytest

from churnkit.errors import ParameterError
from churnkit.extracts import EXTRACTS, layout_file

BILLS = """\
files:
  - extract: bills
    glob: "bill_*.txt"
    encoding: gb18030
    delimiter: "|"
    header: false
    columns: [serial, month, total]
    map:
      subscriber_id: serial
      bill_month: {field: month, format: "%Y%m"}
      total_cents: {field: total, unit: yuan}
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def complaint(text: str) -> str:
    """What is said of a layout in layouts/north.yaml."""
    Path("layouts").mkdir(exist_ok=True)
    Path("layouts/north.yaml").write_text(text, "utf-8")
    with pytest.raises(ParameterError) as caught:
        layout_file.load("north")
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(p.stem for p in layout_file.SHIPPED.glob("*.yaml")))
def test_every_shipped_layout_is_valid(name):
    assert layout_file.load(name).files


def test_the_canonical_layout_knows_every_extract_by_its_name():
    assert {entry.extract: entry.glob[0] for entry in layout_file.load("canonical").files} == {name: f"{name}.csv" for name in EXTRACTS}


def test_an_own_layout_goes_before_a_shipped_one_of_its_name_and_a_path_names_any_file():
    Path("layouts").mkdir()
    Path("layouts/canonical.yaml").write_text(BILLS, "utf-8")
    assert [entry.extract for entry in layout_file.load("canonical").files] == ["bills"]
    Path("elsewhere.yaml").write_text(BILLS, "utf-8")
    assert layout_file.load("elsewhere.yaml").files == layout_file.load("canonical").files


def test_a_layout_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(ParameterError, match=r"There is no layout 'canonicl' \(did you mean 'canonical'\?\)"):
        layout_file.load("canonicl")


@pytest.mark.parametrize(("right", "wrong", "said"), [
    ("encoding: gb18030", "encodng: gb18030", "unknown key 'files[0].encodng' (did you mean 'encoding'?)"),
    ("encoding: gb18030", "encoding: gb18300", "(did you mean 'gb18030'?)"),
    ("extract: bills", "extract: bils", "'files[0]': there is no extract 'bils' (did you mean 'bills'?)"),
    ("total_cents:", "totl_cents:", "'files[0]': extract 'bills' has no column 'totl_cents' (did you mean 'total_cents'?)"),
    ("subscriber_id: serial", "subscriber_id: seral", "'subscriber_id' reads 'seral', which is no column of the file (did you mean 'serial'?)"),
    ("      subscriber_id: serial\n", "", "the map lacks 'subscriber_id', which 'bills' requires"),
    ("unit: yuan", "unit: KB", "'total_cents' is no amount that could come in KB"),
    ("unit: yuan", "unit: yaun", "(did you mean 'yuan'?)"),
    ("unit: yuan", "codes: {01: '5'}", "map.total_cents: codes 1 is not text; write it in quotes"),
    ("field: total, unit: yuan", "unit: yuan", "'files[0].map.total_cents' needs one of field, fields, by, between, constant and from_file_name"),
    ("%Y%m", "%Y%q", "format knows %Y"),
    ("field: month", "field: month, part: '([0-9]+'", "part '([0-9]+' is no regular expression"),
    ("field: month", "field: month, part: '[0-9]+'", "part '[0-9]+' must have one group in parentheses, it has 0"),
    ('delimiter: "|"', 'delimiter: "||"', "delimiter is one ASCII character"),
    ("header: false", "zone: Mars/Base", "zone 'Mars/Base' is no time zone"),
    ("files:", "fils:", "unknown key 'fils' (did you mean 'files'?); files must be a list of entries"),
    ("[serial, month, total]", "[serial, month, serial]", "columns must differ from each other"),
    ("[serial, month, total]", "[no, month, total]", "'files[0].columns[0]' must be text, got False"),
])
def test_what_is_wrong_in_a_layout_is_named_with_what_was_meant(right, wrong, said):
    assert right in BILLS
    assert said in complaint(BILLS.replace(right, wrong))
