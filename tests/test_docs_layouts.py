"""docs/layouts.md shows what works."""
import re
from pathlib import Path

import pytest

from builders import account, events, ingest_again, put_down, rejects
from churnkit.errors import ParameterError
from churnkit.extracts import layout, layout_file

PAGE = (Path(__file__).parent.parent / "docs/layouts.md").read_text("utf-8")
LAYOUTS = dict(re.findall(r"```yaml\n# (layouts/\w+\.yaml)\n(.*?)```", PAGE, re.S))
FILES = dict(zip(re.findall(r"`(\w+_2026-06\.txt)`:", PAGE), re.findall(r"2026-06\.txt`:\n\n```text\n(.*?)```", PAGE, re.S), strict=True))


@pytest.fixture(autouse=True)
def _with_its_layouts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("layouts").mkdir()
    for name, text in LAYOUTS.items():
        Path(name).write_text(text, "utf-8")


def test_its_example_reads_its_files_as_it_says():
    folder = put_down("2026-06", {})
    for name, text in FILES.items():
        (folder / name).write_text(text, "gb18030")
    (folder / "readme.txt").write_text("not to be read")
    ingest_again("2026-06", "bills", "status_changes", layouts=("north",))
    assert (account("bills"), account("status_changes")) == ((2, 2, 0, 0), (3, 2, 1, 0))
    assert sorted((e["total_cents"], e.get("paid_cents")) for e in events("bills")) == [(5990, 5990), (12000, None)]
    assert {(e["status"], e["reason"]) for e in events("status_changes")} == {("one_way_stop", "arrears"), ("ported_out", "other")}
    assert [(r["line"], r["column"]) for r in rejects()] == [(3, "status")]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_it_shows_is_valid(name):
    assert layout_file.load(name).files


def test_its_complaint_is_what_is_said():
    path = Path("layouts/north.yaml")
    path.write_text(path.read_text("utf-8").replace('    glob: "fee_*.txt"\n', '    glob: "fee_*.txt"\n    encodng: gb18030\n'), "utf-8")
    with pytest.raises(ParameterError) as caught:
        layout_file.load("north")
    assert str(caught.value) in PAGE


def test_it_names_every_key_and_every_shipped_layout():
    keys = set(layout.FileLayout.__dataclass_fields__) - {"map"} | set(layout.Source.__dataclass_fields__) | set(layout.OneLeg.__dataclass_fields__)
    assert {key for key in keys if not re.search(rf"\b{key}\b", PAGE)} == set()
    shipped = PAGE.split("| shipped |")[1].split("\n\n")[0]
    assert {p.stem for p in layout_file.SHIPPED.glob("*.yaml")} == set(re.findall(r"^\| `(\w+)`", shipped, re.M))
