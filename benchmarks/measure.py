"""What a command takes, measured as a whole process."""
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Cost:
    """What one run of a command took: wall and processor seconds, and the most memory it held, in MB."""

    seconds: float
    cpu: float
    peak_mb: float


def timed(folder: Path, *words: str, python: str | None = None, settings: Mapping[str, str] = MappingProxyType({})) -> Cost:
    """What `python <words>` took in the folder, this Python or another one, with more environment variables. Ends the benchmark if it fails."""
    with (folder / "log").open("w+") as log:
        started = time.monotonic()
        child = subprocess.Popen([python or sys.executable, *words], cwd=folder, env=os.environ | QUIET | dict(settings), stdout=log, stderr=log)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            log.seek(0)
            sys.exit(f"{' '.join(words[:4])} failed with {child.returncode}:\n{log.read()}")
    unit = 1e6 if sys.platform == "darwin" else 1e3  # ru_maxrss is in bytes there, in kB elsewhere
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def say(text: str) -> None:
    """One line for the person who is waiting."""
    print(text, file=sys.stderr, flush=True)
