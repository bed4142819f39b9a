"""Files and folders appear whole or not at all, and nothing of a killed run is left behind."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from churnkit import files
from churnkit.errors import InputError, ResourceError
from churnkit.files import drop_scratch, intact, locked, new_scratch, parts, sha256, whole_file, whole_folder, write_json

WRITERS = {
    "folder": "with files.whole_folder(Path('lists')) as part: (part / 'a.csv').write_text('new'); block()",
    "file": "with files.whole_file(Path('list.csv')) as part: part.write_text('new'); block()",
    "scratch": "files.new_scratch(Path('spill'), 'ingest'); block()",
    "lock": "with files.locked(Path('lists')): block()",
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def start(writer: str) -> subprocess.Popen:
    """Another process that has begun to write, and goes on until it is killed."""
    script = ("import time; from pathlib import Path; from churnkit import files\n"
              f"def block(): print('.', flush=True); time.sleep(60)\n{WRITERS[writer]}")
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout.read(1) == b"."
    return process


def kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def write_lists(text: str) -> None:
    with whole_folder(Path("lists")) as part:
        (part / "a.csv").write_text(text)


def write_half(path: Path) -> None:
    path.write_text("half")
    raise OSError("full")


def everything() -> list[str]:
    return sorted(str(p) for p in Path().rglob("*") if ".churnkit" not in p.parts)


def test_a_folder_takes_the_place_of_the_old_one_whole():
    with whole_folder(Path("lists")) as part:
        (part / "old.csv").write_text("old")
    write_lists("new")
    assert (everything(), Path("lists/a.csv").read_text()) == (["lists", "lists/a.csv"], "new")


def test_a_failure_in_the_middle_leaves_the_old_content():
    write_lists("old")
    Path("list.csv").write_text("old")
    for writer in (whole_folder(Path("lists")), whole_file(Path("list.csv"))):
        with pytest.raises(OSError, match="full"), writer as part:
            write_half(part / "a.csv" if part.is_dir() else part)
    assert everything() == ["list.csv", "lists", "lists/a.csv"]
    assert Path("list.csv").read_text() == Path("lists/a.csv").read_text() == "old"


@pytest.mark.parametrize("writer", ["folder", "file"])
def test_a_kill_in_the_middle_leaves_the_old_content_and_the_next_run_removes_what_is_left(writer):
    write_lists("old")
    Path("list.csv").write_text("old")
    kill(start(writer))
    assert Path("list.csv").read_text() == Path("lists/a.csv").read_text() == "old"
    write_lists("newer")
    with whole_file(Path("list.csv")) as part:
        part.write_text("newer")
    assert everything() == ["list.csv", "lists", "lists/a.csv"]


def test_a_folder_whose_writer_died_between_its_two_renames_comes_back_when_the_next_one_fails():
    write_lists("old")
    os.replace("lists", ".lists.old")
    with pytest.raises(OSError, match="full"), whole_folder(Path("lists")) as part:
        write_half(part / "a.csv")
    assert Path("lists/a.csv").read_text() == "old"


def test_who_will_not_wait_is_told_that_another_is_writing():
    other = start("folder")
    with pytest.raises(ResourceError, match="lists is being written by another churnkit"), locked(Path("lists"), wait=False):
        pass
    kill(other)
    with locked(Path("lists"), wait=False):
        pass


def test_two_writers_of_one_folder_follow_each_other():
    other = start("lock")
    waiting = subprocess.Popen([sys.executable, "-c", f"from pathlib import Path; from churnkit import files\n{WRITERS['folder'].split(';')[0]}"],
                               stderr=subprocess.PIPE)
    assert waiting.stderr.readline() == b"waiting for the churnkit that is writing lists ...\n"
    assert not Path(".lists.part").exists()
    kill(other)
    assert waiting.wait(10) == 0
    waiting.stderr.close()
    assert Path("lists/a.csv").read_text() == "new"


def test_the_scratch_of_a_killed_run_is_removed_by_the_next_and_that_of_a_living_one_is_not():
    Path("spill/mine").mkdir(parents=True)
    living, dead = start("scratch"), start("scratch")
    kill(dead)
    folder = new_scratch(Path("spill"), "engine")
    assert sorted(p.name.split("-")[2] for p in Path("spill").glob("churnkit-*")) == sorted(map(str, (living.pid, os.getpid())))
    drop_scratch(folder)
    kill(living)
    assert (folder.exists(), Path("spill/mine").exists()) == (False, True)


def test_scratch_is_closed_to_others_for_it_holds_full_numbers():
    folder = new_scratch(Path("spill"), "ingest")
    assert folder.stat().st_mode & 0o077 == 0
    drop_scratch(folder)


def test_sha256_is_that_of_the_content():
    Path("abc").write_bytes(b"abc")
    assert sha256(Path("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_parts_are_in_the_order_of_their_names_without_hidden_ones():
    for name in ("part-1.parquet", "part-0.parquet", ".part-2.parquet", "_SUCCESS"):
        Path(name).touch()
    assert [p.name for p in parts(Path())] == ["part-0.parquet", "part-1.parquet"]


def test_what_is_written_is_on_the_disk_before_it_takes_its_place(monkeypatch):
    synced: list[tuple[str, bool]] = []
    monkeypatch.setattr(files, "sync", lambda path: synced.append((path.name, Path("lists").exists())))
    write_lists("new")
    assert synced[:2] == [("a.csv", False), (".lists.part", False)]


def test_a_document_is_json_that_everybody_reads_or_none_at_all():
    write_json(Path("reports/one.json"), {"zh": "离网", "rate": 0.5})
    assert Path("reports/one.json").read_text("utf-8") == '{\n "zh": "离网",\n "rate": 0.5\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(Path("reports/one.json"), {"rate": float("nan")})
    assert "0.5" in Path("reports/one.json").read_text("utf-8")


def test_a_lock_lies_under_a_project_and_elsewhere_among_what_is_temporary(monkeypatch, tmp_path):
    monkeypatch.setattr(files.tempfile, "gettempdir", lambda: str(tmp_path / "temp"))
    write_lists("new")
    assert {path.split("/")[0] for path in everything()} == {"lists", "temp"}
    assert not Path(".churnkit").exists()
    assert files.lock_of(Path("lists")) == files.lock_of(tmp_path / "lists") != files.lock_of(Path("list"))
    Path("params.yaml").touch()
    write_lists("newer")
    assert [str(p) for p in Path(".churnkit").rglob("*") if p.is_file()] == [".churnkit/locks/lists"]


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:len(whole) // 2], lambda whole: b"," * len(whole),
                                    lambda whole: whole[:200] + b"\xff" * 100 + whole[300:]])
@pytest.mark.parametrize("read", [pd.read_parquet, pq.read_table, lambda path: pq.ParquetFile(path).read()])
def test_a_damaged_file_of_an_earlier_stage_is_named(damage, read):
    pd.DataFrame({"n": range(1000)}).to_parquet("part-0.parquet")
    whole = Path("part-0.parquet").read_bytes()
    with intact(Path("part-0.parquet")) as path:
        assert len(read(path)) == 1000
    path.write_bytes(damage(whole))
    with pytest.raises(InputError, match=r"part-0.parquet is damaged \(.+\); run `dvc repro`"), intact(path):
        read(path)


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), FileNotFoundError(2, "none"), ValueError("another"), KeyError("n")])
def test_what_is_no_damage_is_not_called_so(problem):
    with pytest.raises(type(problem)), intact(Path("part-0.parquet")):
        raise problem
