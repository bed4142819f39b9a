"""`churnkit definitions` and `churnkit backtest`: what other definitions, and other months, would have made of the same recipe."""
import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from churnkit import params, timeline
from churnkit.errors import HistoryError, ParameterError
from churnkit.files import drop_scratch, new_scratch

REPORTS = Path("reports")


def recipe_of(common: params.Common) -> Any:
    """The recipe of section `train`."""
    from churnkit.hindsight import Recipe
    from churnkit.model import read_learning
    from churnkit.stages import train

    training = params.load("train", train.Params)
    return Recipe(read_learning({**training.learning(), "threads": common.threads}), training.without, training.max_dates, common.seed)


def definitions(names: Annotated[list[str] | None, typer.Argument(help="Definitions by name; all usual ones where none is given.")] = None,
                at: Annotated[str, typer.Option(help="The as-of date to judge at; the latest that most of them can be judged at where it is left out.")] = "") \
        -> None:
    """Compare churn definitions on the same data: how common, how well foretold, how late. Takes about a training for each."""
    common = params.load("common", params.Common)
    os.environ.setdefault("CHURNKIT_ENGINE", common.engine)
    from churnkit import definitions as study
    from churnkit import definitions_report as report
    from churnkit.churn import STANDARD, named_definition
    from churnkit.engine import open_session
    from churnkit.relabel import Timing
    from churnkit.stages import evaluate, label

    labels, judging = params.load("label", label.Params), params.load("evaluate", evaluate.Params)
    try:
        asked = [named_definition(name) for name in names or STANDARD]
    except ValueError as problem:
        raise ParameterError(f"{problem}.") from None
    open_session(common.memory, common.threads, common.spill, common.master)
    timing = Timing(labels.gap_days, labels.horizon_days, labels.active_days, common.wait_days)
    question = study.Question(timeline.read_plan(), timing, recipe_of(common),
                              {"open": judging.capacity, "one_way_stop": judging.one_way_stop_capacity}, judging.bootstrap)
    there, refused = study.tellable_ones(question, asked)
    if not there:
        raise ParameterError("; ".join(refused.values()))
    day = chosen_date(at, question.dates) if at else study.best_date(question, there)
    refused |= {one.name: why for one in there if (why := question.why_not(one, day))}
    scratch = new_scratch(Path(common.spill), "definitions")
    try:
        table = study.compared(question, [one for one in there if one.name not in refused], day, scratch)
    finally:
        drop_scratch(scratch)
    if table.empty:
        raise HistoryError(f"Nothing can be judged at {day}: " + "; ".join(f"{name}: {why}" for name, why in refused.items()))
    report.write_report(table, refused, common.wait_days, REPORTS)
    print(report.terminal(table, refused, common.wait_days))


def chosen_date(text: str, dates: tuple[date, ...]) -> date:
    """The as-of date a person asked for. Raises ParameterError unless it is one whose features and label are there."""
    if text not in map(str, dates):
        raise ParameterError(f"--at {text!r} is none of the mature as-of dates {', '.join(map(str, dates))}.")
    return date.fromisoformat(text)
