"""A Spark standalone cluster on this machine's loopback: a master and workers, started, stopped, or there for the length of one command."""
import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HERE = Path(".churnkit/spark")
LOOPBACK = "127.0.0.1"
PATIENCE = 60  # seconds until master and workers must have found each other
MASTER, WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"


@dataclass(frozen=True)
class Size:
    """How many workers, and what each may use."""

    workers: int = 2
    cores: int = 2
    memory: str = "2g"


def main() -> int:
    """The command line: start, stop, or run a command in an environment in which churnkit's engine is the cluster."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("start", "stop", "run"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=2, help="of each worker (default 2)")
    parser.add_argument("--memory", default="2g", help="of each worker (default 2g)")
    parser.add_argument("--folder", type=Path, default=HERE, help=f"for logs and process numbers (default {HERE})")
    parser.epilog = "what to run comes last, after two dashes: run -- churnkit featurize 2026-06-01"
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    chosen, words = parser.parse_args(sys.argv[1:end]), sys.argv[end + 1:]
    size = Size(chosen.workers, chosen.cores, chosen.memory)
    if chosen.what == "start":
        address = start(chosen.folder, size)
        print("\n".join(f"export {name}={value}" for name, value in reaching(chosen.folder, address).items()))
    elif chosen.what == "stop":
        stop(chosen.folder)
    else:
        with cluster(chosen.folder, size) as master:
            return subprocess.run(words, env=os.environ | reaching(chosen.folder, master), check=False).returncode
    return 0


@contextmanager
def cluster(folder: Path, size: Size | None = None) -> Iterator[str]:
    """The address of a cluster that is gone when the block ends."""
    try:
        yield start(folder, size or Size())
    finally:
        stop(folder)


def start(folder: Path, size: Size) -> str:
    """Starts master and workers and waits until they know each other; the master's address, such as spark://127.0.0.1:41231.

    Raises SystemExit where pyspark or Java is lacking, where a cluster of this folder runs, and where one of them does not come up.
    """
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations or not shutil.which("java"):
        sys.exit("Spark needs Java 17 and `pip install --require-hashes -r requirements-spark.lock`.")
    if running(folder):
        sys.exit(f"a cluster of {folder}/ is running; `python benchmarks/spark_cluster.py stop --folder {folder}` ends it.")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.pid"):
        left.unlink()
    (folder / "conf").mkdir(exist_ok=True)
    defaults = {"executor.memory": size.memory, "executor.cores": size.cores, "sql.shuffle.partitions": size.workers * size.cores}
    (folder / "conf" / "spark-defaults.conf").write_text("".join(f"spark.{name} {value}\n" for name, value in defaults.items()))
    port = free_port()
    address = f"spark://{LOOPBACK}:{port}"
    command = [str(Path(spec.submodule_search_locations[0]) / "bin" / "spark-class")]
    try:
        launch(folder, "master", [*command, MASTER, "--host", LOOPBACK, "--port", str(port), "--webui-port", "0"])
        wait_for(folder / "master.log", "New state: ALIVE", 1)
        for n in range(size.workers):
            launch(folder, f"worker-{n}", [*command, WORKER, "--host", LOOPBACK, "--webui-port", "0", "--cores", str(size.cores),
                                           "--memory", size.memory, "--work-dir", str((folder / f"work-{n}").resolve()), address])
        wait_for(folder / "master.log", "Registering worker", size.workers)
    except BaseException:
        stop(folder)
        raise
    return address


def reaching(folder: Path, master: str) -> dict[str, str]:
    """The environment in which churnkit runs on the cluster of this folder."""
    return {"CHURNKIT_ENGINE": "spark", "CHURNKIT_SPARK_MASTER": master, "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_CONF_DIR": str((folder / "conf").resolve())}


def launch(folder: Path, name: str, command: Sequence[str]) -> None:
    """Starts one of them in a process group of its own, its words in <name>.log and its number in <name>.pid; it listens on the loopback alone."""
    quiet = {"SPARK_LOCAL_IP": LOOPBACK, "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false", "SPARK_DAEMON_MEMORY": "256m"}
    with (folder / f"{name}.log").open("w") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | quiet, start_new_session=True)
    (folder / f"{name}.pid").write_text(str(child.pid))


def wait_for(log: Path, words: str, times: int) -> None:
    """Waits until a log says something so often. Raises SystemExit with its end if it does not in time."""
    for _ in range(10 * PATIENCE):
        if log.read_text().count(words) >= times:
            return
        time.sleep(0.1)
    sys.exit(f"the cluster did not come up within {PATIENCE} s; {log} ends:\n{log.read_text()[-2000:]}")


def running(folder: Path) -> list[int]:
    """The process numbers of the cluster of this folder that are alive, and are what they were."""
    found = []
    for path in sorted(folder.glob("*.pid")):
        pid = int(path.read_text())
        try:
            if any(name in Path(f"/proc/{pid}/cmdline").read_text() for name in (MASTER, WORKER)):  # a zombie has none
                found.append(pid)
        except OSError:
            continue
    return found


def stop(folder: Path) -> None:
    """Ends the cluster of this folder, and the executors with it; nothing if there is none."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for pid in running(folder):
            os.killpg(pid, sign)
        for _ in range(100):
            if not running(folder):
                break
            time.sleep(0.1)
    for left in folder.glob("*.pid"):
        left.unlink()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
