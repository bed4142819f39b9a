"""A stage that is killed at any moment leaves nothing that spoils the next run, which ends as if nothing had happened."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from builders import CALLS, JUNE, deliver, shipped_params
from churnkit.files import sha256

pytestmark = pytest.mark.slow
MANY = CALLS + "".join(f"{n % 500},{13800000000 + n * 7919 % 10**6},voice,out,,,2026-06-{n % 30 + 1:02} 10:{n % 60:02}:{n // 60 % 60:02},{n},true,\n"
                       for n in range(60_000))
EVENTS, SUMMARIES = "data/deliveries/2026-06/events", "data/deliveries/2026-06/summaries"
MOMENTS = {"ingest": [".churnkit/spill/churnkit-engine-*", ".churnkit/spill/churnkit-ingest-*/text0", f"{EVENTS}/number_plan",
                      ".churnkit/spill/churnkit-ingest-*/text0/*", f"{EVENTS}/.calls.part", f"{EVENTS}/.calls.part/*",
                      f"{EVENTS}/.bills.part", f"{EVENTS}/handsets"],
           "summarise": [f"{SUMMARIES}/.usage_daily.part", f"{SUMMARIES}/.contacts_monthly.part/*", f"{SUMMARIES}/forward_targets_monthly"]}


@pytest.fixture(autouse=True)
def _in_a_project_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHURNKIT_KEY_FILE", raising=False)
    Path("params.yaml").write_text(shipped_params().replace("data/churnkit.key", "key"), "utf-8")
    deliver(calls=MANY)


def command(stage: str) -> list[str]:
    return [sys.executable, "-m", "churnkit", stage, JUNE]


def run(stage: str) -> None:
    subprocess.run(command(stage), check=True, stderr=subprocess.DEVNULL)


def wait_for(sign: str, process: subprocess.Popen) -> None:
    """Until a path that fits the pattern is there, or the process has ended."""
    while not list(Path().glob(sign)) and process.poll() is None:
        time.sleep(0.001)


def killed(stage: str, moment: str) -> bool:
    """Kill the stage as soon as the path is there; whether it was still at work."""
    process = subprocess.Popen(command(stage), stderr=subprocess.DEVNULL)
    wait_for(moment, process)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def written() -> dict[str, str]:
    return {str(p): sha256(p) for p in sorted(Path("data").rglob("*")) if p.is_file()}


def leftovers() -> list[str]:
    return [str(p) for p in Path().rglob("*") if p.name.endswith((".part", ".old")) or p.name.startswith("churnkit-")]


@pytest.mark.parametrize("stage", MOMENTS)
def test_a_killed_stage_run_again_gives_the_bytes_of_an_undisturbed_one(stage):
    run("ingest")
    run(stage)
    undisturbed, hits = written(), 0
    for moment in MOMENTS[stage]:
        subprocess.run(["rm", "-r", EVENTS if stage == "ingest" else SUMMARIES], check=True)
        hits += killed(stage, moment)
        run(stage)
        assert (written() == undisturbed, leftovers()) == (True, []), moment
    assert hits == len(MOMENTS[stage])


def test_what_a_killed_stage_would_have_replaced_is_still_whole():
    run("ingest")
    before = written()
    for moment in (".churnkit/spill/churnkit-ingest-*/text0/*", f"{EVENTS}/.calls.part/*"):
        assert killed("ingest", moment)
        assert {path: digest for path, digest in written().items() if ".part/" not in path} == before


def test_a_stage_ends_when_the_process_that_started_it_is_killed():
    script = f"import subprocess, sys; p = subprocess.Popen({command('ingest')!r}, stderr=subprocess.DEVNULL); print(p.pid, flush=True); p.wait()"
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    wait_for(f"{EVENTS}/.calls.part", parent)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    ends = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < ends:
        time.sleep(0.01)
    assert not is_alive(child)
    assert not Path(f"{EVENTS}/account").exists()
    run("ingest")
    assert leftovers() == []


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody asks for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_two_runs_of_one_stage_at_once_end_as_one():
    run("ingest")
    alone = written()
    both = [subprocess.Popen(command("ingest"), stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [p.wait() for p in both] == [0, 0]
    assert (written(), leftovers(), os.listdir(".churnkit/spill")) == (alone, [], [])
