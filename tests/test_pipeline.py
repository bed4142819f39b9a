"""The whole pipeline on a small invented operator: extracts in, lists out, by `dvc repro` as its user types it."""
import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from churnkit.features import REGISTRY, needs
from churnkit.history import MADE_OF, SENT_AS

ROOT = Path(__file__).parent.parent
MADE = ("data/deliveries", "data/cohorts", "data/features", "data/scores", "data/lists", "models")
NEW_MONTH = "2026-06"

pytestmark = pytest.mark.slow


def run(folder: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess:
    """The command in the project's folder, with this interpreter's scripts on the PATH."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(folder / "src"),
                   "MLFLOW_DISABLE_TELEMETRY": "true", "DVC_NO_ANALYTICS": "1"}
    environment.pop("CHURNKIT_KEY_FILE", None)
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    assert not check or done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def project(folder: Path, threads: int) -> Path:
    """A copy of the project as a fresh clone has it, its parameters for a small operator and so many threads."""
    tracked = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True, capture_output=True, check=True)
    for name in tracked.stdout.splitlines():
        if name.startswith(("src/", ".dvc", "dvc.yaml", "layouts/", "params.yaml")) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    chosen = yaml.safe_load((folder / "params.yaml").read_text("utf-8"))
    chosen["common"]["threads"], chosen["ingest"]["layouts"] = threads, ["canonical"]
    chosen["export"]["capacity"], chosen["evaluate"]["capacity"], chosen["export"]["accept_worse"] = 100, 100, True
    (folder / "params.yaml").write_text(yaml.safe_dump(chosen, allow_unicode=True), "utf-8")
    shutil.copy(ROOT / ".gitignore", folder / ".gitignore")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def digests(folder: Path, *roots: str) -> dict[str, str]:
    """The SHA-256 of every file under the roots, by path."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for root in roots for p in sorted((folder / root).rglob("*")) if p.is_file() and p.name not in (".gitignore", "README.md")}


def stages_run(done: subprocess.CompletedProcess) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", done.stdout)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A project whose pipeline has run on all months but the last."""
    folder = project(tmp_path_factory.mktemp("finished"), threads=4)
    run(folder, "churnkit", "simulate", "--subscribers", "1500", "--months", "11", "--first-drop", "8")
    (folder / "later").mkdir()
    shutil.move(folder / "data/extracts" / NEW_MONTH, folder / "later" / NEW_MONTH)
    run(folder, "churnkit", "plan")
    run(folder, "dvc", "repro")
    return folder


def twin(folder: Path, at: Path, threads: int) -> Path:
    """A second clone, with the same extracts and key."""
    project(at, threads)
    shutil.copytree(folder / "data/extracts", at / "data/extracts")
    shutil.copy(folder / "data/churnkit.key", at / "data/churnkit.key")
    run(at, "churnkit", "plan")
    return at


def test_everyone_scored_is_in_the_lists_once_with_one_disposition(finished):
    (lists,) = (finished / "data/lists").iterdir()
    (scores,) = (finished / "data/scores").iterdir()
    rows = [row for path in sorted((lists / "scored").glob("*.csv")) for row in csv.DictReader(path.open(encoding="utf-8-sig"))]
    scored = pq.read_table(scores)["subscriber_id"].to_pylist()
    assert sorted(row["subscriber_id"] for row in rows) == sorted(scored)
    assert {row["disposition"] for row in rows} <= {"listed", "below_capacity", "not_for_contact", "excluded"}
    called = [row for path in lists.glob("*.csv") if path.name != "excluded.csv" for row in csv.DictReader(path.open(encoding="utf-8-sig"))]
    assert len(called) == sum(row["disposition"] == "listed" for row in rows) > 0


def test_a_reason_names_what_drove_a_subscriber_away_where_it_showed_in_time(finished):
    run(finished, "churnkit", "truth")
    causes = json.loads((finished / "reports/best_achievable.json").read_text("utf-8"))["reasons"]["causes"]
    drift = causes["drift"]  # the one cause that so small an operator's month can teach; tests/test_planted.py has the others
    assert drift["shows"] >= 15
    assert drift["named"] / drift["shows"] >= 0.8, causes


def test_the_manifest_has_the_checksum_of_every_file_beside_it(finished):
    (lists,) = (finished / "data/lists").iterdir()
    manifest = json.loads((lists / "manifest.json").read_text("utf-8"))
    found = {name.removeprefix(f"data/lists/{lists.name}/"): digest for name, digest in digests(finished, f"data/lists/{lists.name}").items()}
    found.pop("manifest.json")
    assert found
    listed = {name: entry if isinstance(entry, str) else entry["sha256"] for name, entry in manifest["files"].items()}
    assert listed == found


def test_the_account_of_ingest_says_what_was_planted(finished):
    planted = json.loads((finished / "data/truth/planted.json").read_text("utf-8"))
    tables = sorted((finished / "data/deliveries").glob("*/events/account/files.parquet"))
    accounts = [row for path in tables for row in pq.read_table(path).to_pylist()]
    assert {row["file"] for row in accounts} == {name for name in planted if not name.startswith(NEW_MONTH)}
    for row in accounts:
        truth = planted[row["file"]]
        assert row["read"] == row["accepted"] + row["rejected"] + row["duplicates"]
        assert row["rejected"] == sum(truth["bad"].values()), row["file"]
        if row["extract"] not in ("handsets", "number_plan"):  # the whole table comes anew every month
            assert row["duplicates"] == truth["duplicates"], row["file"]


def test_the_lists_say_what_monitoring_said_of_their_month(finished):
    (lists,) = (finished / "data/lists").iterdir()
    told = json.loads((finished / "reports/monitor/verdict.json").read_text("utf-8"))
    said = json.loads((lists / "manifest.json").read_text("utf-8"))["monitoring"]
    assert (told["as_of"], said) == (lists.name, {name: told[name] for name in ("state", "zh", "en")})
    assert {one["name"] for one in told["checks"]} == {"drift", "missing", "categories", "volume", "scores", "agreement", "outcomes"}


def test_the_walk_through_the_signals_runs_on_what_the_pipeline_left(finished):
    run(finished, sys.executable, str(ROOT / "notebooks" / "signals.py"))
    assert {path.name for path in (finished / "reports/notebooks").iterdir()} >= {"signals_weeks.png", "signals_story.png", "signals_families.png"}


def numbers_in(extracts: Path) -> set[str]:
    """Every number of eight digits or more in the operator's files, whoever's it is."""
    found: set[str] = set()
    for path in extracts.rglob("*.csv"):
        with path.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                found.update(row[c] for c in ("msisdn", "alt_contact", "other_party", "forwarded_to") if len(row.get(c) or "") >= 8)
    return found


def texts_of(path: Path) -> Iterator[str]:
    """All that a file says: of a Parquet file every different value of every column, and what is said of it."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield str(table.schema.metadata)
        yield from ("\n".join(map(str, column.unique().to_pylist())) for column in table.columns)
    else:
        yield path.read_bytes().decode("utf-8", "replace")


def test_no_output_of_any_stage_holds_a_full_number_of_anybody(finished):
    numbers = numbers_in(finished / "data/extracts")
    assert len(numbers) > 10_000
    stages = [stage.get("do", stage) for stage in yaml.safe_load((finished / "dvc.yaml").read_text("utf-8"))["stages"].values()]
    outputs = [out if isinstance(out, str) else next(iter(out)) for stage in stages for out in (*stage["outs"], *stage.get("metrics", ()))]
    roots = {finished / out.split("${")[0] for out in outputs}
    searched = [path for root in roots for path in (root.rglob("*") if root.is_dir() else [root]) if path.is_file()]
    assert {"deliveries", "cohorts", "features", "scores", "lists", "latest", "reports"} <= {part for path in searched for part in path.parts}
    for path in searched:
        for text in texts_of(path):
            runs = {re.sub(r"[ -]", "", run) for run in re.findall(r"(?<![\d.])\d(?:[ -]?\d){7,14}(?!\d)", text)}
            assert not (runs | {re.sub("^(00)?86", "", run) for run in runs}) & numbers, path


def test_the_vault_of_the_same_files_knows_everyone_on_the_lists(finished):
    assert "subscribers" in run(finished, "churnkit", "vault", "build").stdout
    (lists,) = (finished / "data/lists").iterdir()
    called = next(row for path in sorted((lists / "scored").glob("*.csv")) for row in csv.DictReader(path.open(encoding="utf-8-sig")))
    number = run(finished, "churnkit", "vault", "show", called["subscriber_id"]).stdout.split()[0]
    assert called["subscriber_id"] in run(finished, "churnkit", "vault", "find", number).stdout
    assert stages_run(run(finished, "dvc", "repro")) == []


def test_a_second_run_does_nothing(finished):
    done = run(finished, "dvc", "repro")
    assert stages_run(done) == []
    assert "up to date" in done.stdout


def test_definitions_and_backtest_read_what_the_pipeline_made_and_disturb_none_of_it(finished, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder, symlinks=True)
    before = digests(folder, *MADE)
    text = run(folder, "churnkit", "definitions", "left", "any", "not_recharged_15d").stdout
    assert re.search(r"^left +40 d", text, re.MULTILINE)
    assert "not_recharged_15d: label.definition 'not_recharged_15d' cannot be told without the extract topups" in text
    assert (folder / "reports/definitions.csv").is_file()
    assert "open, by age" in run(folder, "churnkit", "backtest", "--max-dates", "2").stdout
    assert digests(folder, *MADE) == before
    assert "up to date" in run(folder, "dvc", "repro").stdout


def test_another_clone_on_one_thread_killed_again_and_again_ends_with_the_same_bytes(finished, tmp_path):
    other = twin(finished, tmp_path / "other", threads=1)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(other / "src")}
    for seconds in (3, 6, 9, 12):
        repro = subprocess.Popen(["dvc", "repro"], cwd=other, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        repro.send_signal(signal.SIGKILL)
        repro.wait()
    run(other, "dvc", "repro")
    assert digests(other, *MADE) == digests(finished, *MADE)
    assert not list((other / "data").rglob(".*.part"))


def test_a_new_month_costs_one_month(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "grown", symlinks=True)
    shutil.move(folder / "later" / NEW_MONTH, folder / "data/extracts" / NEW_MONTH)
    unplanned = run(folder, "churnkit", "train", check=False)
    assert unplanned.returncode == 3
    assert "churnkit plan" in unplanned.stderr
    before = digests(folder, "data/deliveries")
    run(folder, "churnkit", "plan")
    ran = stages_run(run(folder, "dvc", "repro"))
    assert [s for s in ran if s.startswith(("ingest", "summarise"))] == [f"ingest@{NEW_MONTH}", f"summarise@{NEW_MONTH}"]
    dates = {s.split("@")[1] for s in ran if s.startswith(("label", "featurize"))}
    assert dates == {"2026-04-01", "2026-07-01"}  # one more date is mature, and one more is scored
    after = digests(folder, "data/deliveries")
    assert {name: after[name] for name in before} == before


def test_a_promotion_makes_evaluate_run_again_and_what_scores_run_only_where_the_champion_does(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "promoted", symlinks=True)
    before = digests(folder, "data/scores", "data/lists")
    run(folder, "churnkit", "promote", "--force", "to see what runs")
    assert stages_run(run(folder, "dvc", "repro")) == ["evaluate"]
    assert "up to date" in run(folder, "dvc", "status").stdout
    settings = folder / "params.yaml"
    settings.write_text(settings.read_text("utf-8").replace("model: latest", "model: champion"), "utf-8")
    assert stages_run(run(folder, "dvc", "repro")) == ["score", "monitor"]  # the same model, so the same scores, and lists that stand
    assert digests(folder, "data/scores", "data/lists") == before
    assert "up to date" in run(folder, "dvc", "status").stdout


def test_the_required_extracts_alone_make_a_list(finished, tmp_path):
    folder = project(tmp_path / "three", threads=4)
    chosen = yaml.safe_load((folder / "params.yaml").read_text("utf-8"))
    chosen["export"]["policy"]["consent"] = "assumed"
    (folder / "params.yaml").write_text(yaml.safe_dump(chosen, allow_unicode=True), "utf-8")
    shutil.copytree(finished / "data/extracts", folder / "data/extracts")
    shutil.copy(finished / "data/churnkit.key", folder / "data/churnkit.key")
    for path in (folder / "data/extracts").rglob("*.csv"):
        if not path.name.startswith(("calls_", "bills_", "subscribers_")):
            path.unlink()
    run(folder, "churnkit", "plan")
    said = run(folder, "dvc", "repro").stderr
    assert "no status_changes, so all lines count as open" in said
    absent = {name for f in REGISTRY.values() for name in needs(f)} - {"bills", "subscribers", *MADE_OF} | set(SENT_AS)
    assert {"care_contacts", "handsets", "number_plan", "status_changes", "topups"} <= absent
    told = ", ".join(sorted(SENT_AS.get(name, name) for name in absent))
    assert f"no {told}, so {sum(not absent.isdisjoint(needs(f)) for f in REGISTRY.values())} features are left out" in said
    (lists,) = (folder / "data/lists").iterdir()
    assert json.loads((lists / "manifest.json").read_text("utf-8"))["files"]
