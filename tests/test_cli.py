"""Every mistake of a user ends in one sentence on stderr, its own exit code, and no traceback."""
import hashlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

from builders import BILLS, CALLS, JUNE, deliver, shipped_params
from churnkit.timeline import Plan, write_plan

AS_OF, SCORING = date(2026, 5, 1), date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _in_a_project_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHURNKIT_KEY_FILE", raising=False)
    settings()


def settings(section: str = "common", old: str = "", new: str = "") -> None:
    """params.yaml as it is shipped, but for one change in a section and a key file that `deliver` writes."""
    before, after = shipped_params().replace("data/churnkit.key", "key").split(f"{section}:\n", 1)
    assert old in after
    Path("params.yaml").write_text(f"{before}{section}:\n{after.replace(old, new, 1)}", "utf-8")


def churnkit(*words: str, **how: object) -> subprocess.CompletedProcess:
    """What the command did."""
    return subprocess.run([sys.executable, "-m", "churnkit", *words], capture_output=True, text=True, timeout=120, check=False, **how)


def failed(*words: str, **how: object) -> tuple[int, str]:
    """Exit code and the one sentence that a failing command ends with."""
    done = churnkit(*words, **how)
    said = [line for line in done.stderr.splitlines() if not line.startswith(("  ", "nanobind", " - "))]
    assert "Traceback" not in done.stderr, done.stderr
    assert (done.stdout, len(said)) == ("", 1), done.stderr
    start = f"churnkit {' '.join(words)}: "
    assert said[0].startswith(start)
    assert said[0].endswith((".", "?)", "nothing is lost."))
    return done.returncode, said[0].removeprefix(start)


def planned() -> None:
    """A plan of one delivery that dates back far enough, as `churnkit plan` writes it."""
    deliver()
    write_plan(Plan((JUNE,), (AS_OF,), (AS_OF,), AS_OF, SCORING, {AS_OF: (JUNE,), SCORING: (JUNE,)}, {AS_OF: (JUNE,), SCORING: ()}), "0" * 8)


def test_the_commands_are_listed_with_what_they_do():
    done = churnkit("--help")
    assert done.returncode == 0
    for command in ("simulate", "plan", "ingest", "summarise", "label", "featurize", "audit", "train", "evaluate", "score", "monitor", "export"):
        assert f" {command} " in done.stdout


@pytest.mark.parametrize("words", [["ingets"], ["ingest"], ["ingest", "--fast", JUNE]])
def test_a_command_line_that_is_none_gives_2_and_the_usage(words):
    done = churnkit(*words)
    assert (done.returncode, "Usage: " in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_no_extracts():
    Path("key").write_text("00" * 32)
    Path("key").chmod(0o600)
    assert failed("plan") == (3, "There are no extracts: data/extracts/ holds no delivery folder such as data/extracts/2026-06/. "
                                 "Put the operator's files there, or run `churnkit simulate` for a demo operator.")


def test_too_short_a_history():
    deliver()
    code, said = failed("plan")
    assert (code, said.startswith("The history is too short: 2026-06-01 to 2026-07-01 leaves 0 as-of dates")) == (5, True)


def test_a_required_extract_is_missing():
    deliver(bills=None)
    assert failed("ingest", JUNE) == (3, "Delivery 2026-06 lacks the required extract 'bills': no file data/extracts/2026-06/bills_*.csv.")


def test_a_column_was_renamed():
    deliver(bills=BILLS.replace("total_cents", "total_fen"))
    code, said = failed("ingest", JUNE)
    assert code == 3
    assert said.startswith("data/extracts/2026-06/bills_2026-06.csv: columns of extract 'bills' do not fit: "
                           "missing 'total_cents'; unknown 'total_fen'.")


def test_an_empty_file():
    deliver(calls="")
    assert failed("ingest", JUNE) == (3, "data/extracts/2026-06/calls_2026-06.csv is empty: not even a header. Ask for the file again.")


def test_garbage_instead_of_a_file():
    deliver(number_plan=bytes(range(256)) * 9)
    assert failed("ingest", JUNE) == (
        3, "data/extracts/2026-06/number_plan_2026-06.csv is no UTF-8 CSV file: its first line cannot be read as column names. "
           "`churnkit inspect data/extracts/2026-06/number_plan_2026-06.csv` says how it is written.")


def test_too_many_rejects():
    deliver(calls=CALLS.replace("voice", "fax"))
    code, said = failed("ingest", JUNE)
    assert code == 4
    assert "3 of 4 rows of 'calls' were rejected, more than 1.00% (ingest.max_reject_share or ingest.max_rejects). Most: 3 × kind is not" in said


def test_rejects_can_be_accepted_and_the_account_is_printed_again():
    deliver(calls=CALLS.replace("voice", "fax"))
    assert churnkit("ingest", JUNE, "--accept-rejects").returncode == 0
    told = churnkit("account", JUNE).stdout
    assert "Run with rejects accepted" in told
    assert "| calls | kind is not one of voice, sms | 3 |" in told


@pytest.mark.parametrize(("section", "old", "new", "said"), [
    ("ingest", "max_reject_share:", "max_reject_chare:",
     "params.yaml, section 'ingest': unknown key 'max_reject_chare' (did you mean 'max_reject_share'?); missing key 'max_reject_share'."),
    ("common", "threads: 4", "threads: four", "params.yaml, section 'common': 'threads' must be a whole number, got 'four'."),
    ("common", "engine: duckdb", "engine: duckbd",
     "params.yaml, section 'common': 'engine' must be one of 'duckdb', 'spark', got 'duckbd' (did you mean 'duckdb'?)."),
    ("common", "memory: 1GB", "memory: lots", "params.yaml, section 'common': memory must be an amount such as '1GB', got 'lots'."),
])
def test_an_unknown_or_ill_typed_parameter(section, old, new, said):
    settings(section, old, new)
    assert failed("ingest", JUNE) == (2, said)


def test_the_version_is_told():
    done = churnkit("--version")
    assert (done.returncode, done.stdout) == (0, f"churnkit {version('churnkit')}\n")


@pytest.mark.parametrize(("section", "old", "new", "said"), [
    ("export", "export:", "exprot:", "params.yaml: section 'exprot' belongs to no stage (did you mean 'export'?)."),
    ("train", "train:", "training:", "params.yaml: section 'training' belongs to no stage (did you mean 'train'?)."),
    ("export", "  capacity: 500", "  capacity: 0", "params.yaml, section 'export': capacity is 0, so nobody could be called"),
])
def test_plan_checks_every_section_before_anything_runs(section, old, new, said):
    shipped = shipped_params()
    assert f"\n{old}\n" in shipped
    head, tail = shipped.split("\nexport:\n")
    changed = shipped.replace(f"\n{old}\n", f"\n{new}\n") if section in old else f"{head}\nexport:\n" + tail.replace(old, new, 1)
    Path("params.yaml").write_text(changed, "utf-8")
    code, complaint = failed("plan")
    assert code == 2
    assert complaint.startswith(said)


def test_a_delivery_that_is_none():
    assert failed("ingest", "june") == (2, "'june' is no delivery; write a month such as 2026-06, or 2025-01..2025-12.")


@pytest.mark.parametrize("as_of", ["2026-06-02", "June", "2026-13-01", "2026-06"])
def test_a_text_that_is_no_as_of_date(as_of):
    assert failed("label", as_of) == (2, f"{as_of!r} is no as-of date; write the first of a month, such as 2026-06-01.")


def test_an_as_of_date_without_history():
    planned()
    code, said = failed("featurize", "2020-01-01")
    assert (code, said.startswith("2020-01-01 is no as-of date of the plan (2026-05-01, 2026-07-01): too little history lies before it")) == (5, True)


def test_a_delivery_that_came_since_the_plan():
    planned()
    Path("data/extracts/2026-07").mkdir()
    Path("data/extracts/2026-07/calls.csv").touch()
    assert failed("label", "2026-05-01") == (3, "months.yaml plans 2026-06, but data/extracts/ holds 2026-06, 2026-07; run `churnkit plan`.")


def test_a_stage_before_the_ones_it_needs():
    planned()
    assert failed("label", "2026-05-01") == (
        3, "There is nothing in data/deliveries/2026-06/summaries/usage_daily; run the stage that writes it, or `dvc repro`.")


def test_a_capacity_of_zero():
    planned()
    settings("export", "  capacity: ", "  capacity: 0  # ")
    code, said = failed("export")
    assert (code, said.startswith("params.yaml, section 'export': capacity is 0, so nobody could be called")) == (2, True)


def test_a_model_file_changed_by_a_byte():
    planned()
    model = Path("models/latest")
    model.mkdir(parents=True)
    (model / "card.json").write_text("{}")
    (model / "SHA256SUMS").write_text(f"{hashlib.sha256(b'{}').hexdigest()}  card.json\n")
    (model / "card.json").write_text("{]")
    code, said = failed("score")
    assert (code, said.startswith("models/latest/card.json is not the file that was written (its checksum differs)")) == (7, True)


def test_a_table_of_an_earlier_stage_that_was_cut_short(tmp_path):
    planned()
    folder = Path("data/deliveries") / sorted(path.name for path in Path("data/extracts").iterdir())[-1] / "events" / "calls"
    folder.mkdir(parents=True)
    (folder / "part-0.parquet").write_bytes(b"PAR1")
    code, said = failed("summarise", folder.parts[2])
    assert (code, said.endswith("run `dvc repro`, which writes it anew.")) == (3, True), said


def test_a_key_file_that_is_missing_or_open_to_others():
    deliver()
    Path("key").chmod(0o644)
    assert failed("ingest", JUNE) == (2, "The key file key can be read by others; `chmod 600 key` closes it.")
    Path("key").unlink()
    assert failed("ingest", JUNE) == (2, "The key file key is missing; `churnkit key` makes one, once and for all months.")


def test_outside_the_project():
    Path("params.yaml").unlink()
    assert failed("ingest", JUNE) == (2, "params.yaml is missing; run churnkit in the project's folder.")


@contextmanager
def small_disk(folder: Path) -> Iterator[dict]:
    """What makes `folder` a disk of 64 kB: a small one mounted there, or where that is not allowed a limit on the size of files."""
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False).returncode:
        yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))}
        return
    try:
        yield {}
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("full", [".churnkit/spill", "data/deliveries"])
def test_a_full_disk(full):
    deliver(calls=CALLS + "".join(f"1001,{13800000000 + n * 7919 % 10**9},voice,out,,,2026-06-{n % 30 + 1:02} 10:00:00,{n},true,\n"
                                  for n in range(12_000)))
    with small_disk(Path(full)) as limits:
        code, said = failed("ingest", JUNE, **limits)
        assert (code, said.startswith("The disk is full: ")) == (6, True)
        assert not [p for p in Path(full).rglob("*") if ".part" in p.name or p.name.startswith("churnkit-")]
    assert os.path.ismount(full) is False
