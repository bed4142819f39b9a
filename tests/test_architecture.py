"""Rules a reader may rely on, checked so that they stay true."""
import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import churnkit
from churnkit import params
from churnkit.history import TABLES
from churnkit.stages import STAGES
from churnkit.timeline import LOOK_AHEAD, LOOK_BACK

HOME = Path(churnkit.__file__).parent
ROOT = HOME.parent.parent
DVC = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
SOURCES = sorted(HOME.rglob("*.py"))

# Each outside tool comes in by one door: a file or a package.
DOORS = {"duckdb": ("engine.py",), "sqlframe": ("engine.py",), "pyspark": ("engine.py",), "yaml": ("params.py", "documents.py"),
         "sqlite3": ("vault.py",), "lightgbm": ("model/",), "sklearn": ("model/",), "mlflow": ("tracking/",), "matplotlib": ("figures.py",),
         "optuna": ("tuning.py",),
         "sqlalchemy": ("extracts/database.py",)}


def imports(path: Path):
    """Dotted names imported anywhere in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached(path: Path, seen: set | None = None) -> set[Path]:
    """Every churnkit file that `path` imports, directly or not, and itself."""
    seen = {path} if seen is None else seen
    for name in imports(path):
        if name.split(".")[0] == "churnkit":
            base = HOME.joinpath(*name.split(".")[1:])
            for found in (base.with_suffix(".py"), base / "__init__.py", *(base.glob("*.py") if base == HOME / "features" else ())):
                if found.exists() and found not in seen:
                    seen.add(found)
                    reached(found, seen)
    return seen


def body(stage: str) -> dict:
    """The stage as dvc.yaml has it, of a foreach its `do`."""
    return DVC[stage].get("do", DVC[stage])


@pytest.mark.parametrize(("tool", "doors"), DOORS.items())
def test_each_tool_comes_in_by_one_door(tool, doors):
    users = {p.relative_to(HOME).as_posix() for p in SOURCES if any(n.split(".")[0] == tool for n in imports(p))}
    assert users, f"nothing uses {tool} any more: drop its door"
    assert {u for u in users if not u.startswith(doors)} == set()


def test_stages_are_the_same_in_code_dvc_and_params():
    sections = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    assert ["common", *STAGES] == list(sections)
    assert list(STAGES) == list(DVC)


@pytest.mark.parametrize("stage", STAGES)
def test_dvc_description_is_the_first_line_of_the_module(stage):
    assert body(stage)["desc"] == import_module(f"churnkit.stages.{stage}").__doc__.strip().splitlines()[0]


@pytest.mark.parametrize("stage", STAGES)
def test_dvc_depends_on_all_the_code_a_stage_runs_and_no_other(stage):
    files = reached(HOME / "stages" / f"{stage}.py") - {HOME / "__init__.py", HOME / "stages" / "__init__.py"}
    listed = [ROOT / dep for dep in body(stage)["deps"] if dep.startswith("src/")]
    missing = {p.relative_to(ROOT).as_posix() for p in files if not any(p == dep or dep in p.parents for dep in listed)}
    needless = {d.relative_to(ROOT).as_posix() for d in listed
                if (d.suffix or any(d.rglob("*.py"))) and not any(p == d or d in p.parents for p in files)}
    assert (missing, needless) == (set(), set()), f"dvc.yaml, stage {stage}"


@pytest.mark.parametrize("stage", STAGES)
def test_dvc_watches_every_parameter_a_stage_reads(stage):
    watched = [p for p in body(stage).get("params", []) if isinstance(p, str)]
    section = params.load(stage, import_module(f"churnkit.stages.{stage}").Params, ROOT / "params.yaml")
    assert stage in watched or not section.__dataclass_fields__
    source = (HOME / "stages" / f"{stage}.py").read_text("utf-8")
    for name in ("seed", "zone", "wait_days"):  # threads, memory and spill change no byte
        assert (f"common.{name}" in watched) == (f"common.{name}" in source), name


def test_dvc_reads_again_what_a_layout_says_otherwise():
    assert {"layouts", "src/churnkit/layouts"} <= set(body("ingest")["deps"])


def test_dvc_gives_an_as_of_date_as_many_deliveries_as_its_look_back_needs():
    assert max(kind.deliveries for kind in TABLES.values()) == LOOK_BACK
    for stage in ("label", "featurize"):
        assert [d for d in body(stage)["deps"] if "item.m" in d] == [f"data/deliveries/${{item.m{n}}}" for n in range(LOOK_BACK)]


def test_dvc_gives_label_every_delivery_until_its_label_is_known():
    assert [d for d in body("label")["deps"] if "item.a" in d] == [f"data/deliveries/${{item.a{n}}}" for n in range(LOOK_AHEAD)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(HOME).as_posix())
def test_source_files_are_short_and_say_in_one_sentence_what_they_are(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 250
    doc = ast.get_docstring(ast.parse(text)) or ""
    assert (path.name == "__init__.py" and not text) or doc.splitlines()[0].endswith(".")


def test_nouns_know_nothing_of_stages():
    users = {p.relative_to(HOME).as_posix() for p in SOURCES if any(n.startswith("churnkit.stages.") for n in imports(p))}
    assert {u for u in users if not u.startswith("stages/") and not u.endswith("_commands.py")} == {"cli.py"}


RANDOM_SPLITS = re.compile(r"train_test_split|KFold|ShuffleSplit|cross_val|\.sample\(|random_split|permutation\(|\.shuffle\(|Leave\w+Out")


def test_nothing_is_split_at_random_but_a_bare_table_without_dates():
    """Whoever learns from one as-of date and judges on another needs no luck; `fit` alone may split a table that has no dates by its seed."""
    users = {p.relative_to(HOME).as_posix() for p in SOURCES if RANDOM_SPLITS.search(p.read_text("utf-8"))}
    assert {u for u in users if not u.startswith(("model/", "simulate/"))} == set()


def test_every_fit_outside_the_model_says_which_later_month_validates():
    for path in SOURCES:
        if not path.relative_to(HOME).as_posix().startswith("model/"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fit":
                    assert "valid" in {word.arg for word in node.keywords}, f"{path.name}, line {node.lineno}"


def test_no_stage_and_no_output_of_one_has_to_do_with_the_vault():
    for stage in STAGES:
        assert HOME / "vault.py" not in reached(HOME / "stages" / f"{stage}.py")
    assert "vault" not in (ROOT / "dvc.yaml").read_text("utf-8")
    assert "/data/*" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_no_file_names_a_registry_or_another_machine():
    lock = [p.read_text("utf-8") for p in ROOT.glob("requirements*.lock")]
    assert lock
    assert not any("://" in text for text in lock)
