"""The commands people type: one per stage, and the few that are not stages."""
import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from churnkit import demo_commands, documents, evaluation_commands, hindsight_commands, params, run_commands, timeline, vault_commands
from churnkit.errors import ChurnkitError, InputError, ParameterError, earlier_file_is_damaged, resources_ran_out
from churnkit.files import whole_file
from churnkit.stages import STAGES

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Finds the mobile subscribers who are about to leave, says why, and ranks whom to call first.")
app.add_typer(vault_commands.app, name="vault")


def say_version(is_asked: bool) -> None:
    """Print the version and end, where that is asked for."""
    if is_asked:
        print(f"churnkit {version('churnkit')}")
        raise typer.Exit


@app.callback()
def options(version: Annotated[bool, typer.Option("--version", callback=say_version, is_eager=True, help="Print the version.")] = False) -> None:
    """What can be said before a command."""


def stage(name: str, *subject: object, **chosen: object) -> None:
    """Run one stage with its section of params.yaml, but for what was `chosen` on the command line."""
    common = params.load("common", params.Common)
    os.environ.setdefault("CHURNKIT_ENGINE", common.engine)
    module = import_module(f"churnkit.stages.{name}")
    module.run(replace(params.load(name, module.Params), **chosen), common, *subject)


def as_of_date(text: str) -> date:
    """An as-of date from the command line. Raises ParameterError if it is no first of a month."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min.replace(day=2)
    if day.day != 1:
        raise ParameterError(f"{text!r} is no as-of date; write the first of a month, such as 2026-06-01.")
    return day


def planned(name: str, as_of: str) -> None:
    """Run a stage for one as-of date of the plan."""
    day, plan = as_of_date(as_of), timeline.read_plan()
    plan.require(day)
    stage(name, plan, day)


app.command()(demo_commands.simulate)


@app.command()
def key() -> None:
    """Make the key that turns ids and numbers into pseudonyms."""
    from churnkit.identity import new_key

    print(new_key(params.load("common", params.Common).key_file))


def check_every_section() -> None:
    """Raises ParameterError for a section of params.yaml that belongs to no stage, and for whatever is wrong in one that does."""
    known = ("common", *STAGES)
    if strays := [name for name in documents.read(params.PARAMS) if name not in known]:
        raise ParameterError(f"{params.PARAMS}: section {strays[0]!r} belongs to no stage{params.close(str(strays[0]), known)}.")
    for name in STAGES:
        params.load(name, import_module(f"churnkit.stages.{name}").Params)


@app.command()
def plan() -> None:
    """Lay out the deliveries and as-of dates that `dvc repro` runs over."""
    from churnkit.champion import make_room
    from churnkit.identity import key_id, read_key
    from churnkit.stages import label, train

    check_every_section()
    labels, training = params.load("label", label.Params), params.load("train", train.Params)
    laid = timeline.make_plan(timeline.find_deliveries(), label_days=labels.days, min_history_days=labels.min_history_days,
                              max_dates=training.max_dates)
    timeline.write_plan(laid, key_id(read_key(params.load("common", params.Common).key_file)))
    make_room()
    print(f"deliveries {', '.join(laid.deliveries)}; trains on {laid.training[0]} to {laid.training[-1]}, "
          f"evaluates at {laid.evaluation}, scores {laid.scoring}")


app.command()(demo_commands.truth)
for more in (run_commands.compare, run_commands.promote, run_commands.tune, evaluation_commands.adjacent, hindsight_commands.definitions,
             hindsight_commands.backtest):
    app.command()(more)


@app.command()
def docs() -> None:
    """Write the generated pages of docs/ anew."""
    from churnkit.dictionary import features_page
    from churnkit.extract_dictionary import extracts_page

    for name, page in (("features", features_page()), ("extracts", extracts_page())):
        with whole_file(Path(f"docs/{name}.md")) as part:
            part.write_text(page, "utf-8")


@app.command()
def inspect(files: Annotated[list[Path], typer.Argument(help="Files of an operator, in whatever shape.")],
            out: Annotated[Path | None, typer.Option(help="Write the proposed layout here, such as layouts/north.yaml.")] = None) -> None:
    """Look at unknown files, and propose a layout for them."""
    from churnkit.inspect.page import inspected

    common = params.load("common", params.Common)
    if folders := [path for path in files if path.is_dir()]:
        raise InputError(f"{folders[0]} is a folder; name its files, such as {folders[0]}/*.")
    if missing := [path for path in files if not path.is_file()]:
        raise InputError(f"There is no file {missing[0]}.")
    if out and out.exists():
        raise ParameterError(f"{out} exists; what somebody wrote is not overwritten.")
    said, document = inspected(files, common.spill, common.zone)
    print(said, end="")
    if out and document:
        documents.write(out, document, "docs/layouts.md says what each key means.")


@app.command()
def fetch(delivery: str) -> None:
    """Write a delivery's rows of the database tables that the layouts name into its folder, as files to ingest."""
    from churnkit.extracts import layout_file
    from churnkit.extracts.database import fetch as fetch_tables
    from churnkit.stages.ingest import Params

    which = timeline.Delivery.named(delivery)
    layouts = [layout_file.load(name) for name in params.load("ingest", Params).layouts]
    for path, rows in fetch_tables(layouts, which, timeline.EXTRACTS / which.name).items():
        print(f"{path}: {rows:,} rows")


@app.command()
def ingest(delivery: str, accept_rejects: Annotated[bool, typer.Option("--accept-rejects", help="Go on without rows that are rejected, however many; "
                                                                       "the account records it.")] = False) -> None:
    """Read one delivery of operator extracts into typed, pseudonymous, fully accounted events."""
    stage("ingest", timeline.Delivery.named(delivery), **({"accept_rejects": True} if accept_rejects else {}))


@app.command()
def account(delivery: str, json: Annotated[bool, typer.Option("--json", help="For a script to read.")] = False) -> None:
    """Print what became of every row of a delivery that was ingested."""
    from churnkit.extracts import report
    from churnkit.extracts.account import load

    found = load(timeline.account_of(timeline.Delivery.named(delivery).name), delivery)
    print(report.as_json(found) if json else report.markdown(found), end="\n" if json else "")


@app.command()
def summarise(delivery: str) -> None:
    """Roll one delivery's call records up to subscriber-days and subscriber-months."""
    stage("summarise", timeline.Delivery.named(delivery))


@app.command()
def label(as_of: str) -> None:
    """Say who could still leave at one as-of date, and who then did."""
    planned("label", as_of)


@app.command()
def featurize(as_of: str) -> None:
    """Compute one row per subscriber, one column per warning feature, as known at one as-of date."""
    planned("featurize", as_of)


def on_plan(name: str) -> Callable[[], None]:
    """The command of a stage that needs nothing but the plan."""
    def command() -> None:
        stage(name, timeline.read_plan())
    return command


for planned_stage, what in (("audit", "Look at each feature alone before anything learns from it, and stop where one seems to know the outcome."),
                            ("train", "Learn from who left: the churn model and its card."),
                            ("evaluate", "Judge the model on a later month, beside what one would do without it."),
                            ("score", "Give everyone a churn probability, and the reasons for it in words."),
                            ("monitor", "Watch whether the month scored is like those learned from, and whether earlier predictions came true."),
                            ("export", "Write the ranked call lists, the hold-out, and who is not called and why.")):
    app.command(planned_stage, help=what)(on_plan(planned_stage))


def die_with_parent() -> None:
    """Be told to stop when the process that started this stage dies, so that no orphan goes on writing."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            sys.exit(1)


def entry() -> None:
    """The `churnkit` script: main, then straight out, for DuckDB's bindings report their own leaks when Python winds down."""
    code = main()
    engine = sys.modules.get("churnkit.engine")
    if engine:
        engine.close_session()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> int:
    """Run the command line; the exit code says what kind of failure it was (docs/operations.md)."""
    die_with_parent()
    try:
        app(standalone_mode=True)
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except ChurnkitError as problem:
        return fail(problem)
    except KeyboardInterrupt:
        return 130
    except BaseException as problem:
        if known := resources_ran_out(problem) or earlier_file_is_damaged(problem):
            return fail(known)
        traceback.print_exc()
        return 1


def fail(problem: ChurnkitError) -> int:
    """Say what is wrong in one sentence and give the exit code of its kind."""
    print(f"churnkit {' '.join(sys.argv[1:])}: {problem}", file=sys.stderr)
    return problem.exit_code


