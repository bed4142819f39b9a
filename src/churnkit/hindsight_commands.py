"""`churnkit definitions` and `churnkit backtest`: what other definitions, and other months, would have made of the same recipe."""
import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from churnkit import params, timeline
from churnkit.errors import HistoryError, InputError, ParameterError
from churnkit.files import drop_scratch, new_scratch

REPORTS = Path("reports")
BACKTEST = REPORTS / "backtest"


def recipe_of(common: params.Common, max_dates: int = 0) -> Any:
    """The recipe of section `train`, learnt from at most so many dates (0: as many as it says)."""
    from churnkit.hindsight import Recipe
    from churnkit.model import read_learning
    from churnkit.stages import train

    training = params.load("train", train.Params)
    return Recipe(read_learning({**training.learning(), "threads": common.threads}), training.without, max_dates or training.max_dates, common.seed)


def definitions(names: Annotated[list[str] | None, typer.Argument(help="Definitions by name; all usual ones where none is given.")] = None,
                at: Annotated[str, typer.Option(help="The as-of date to judge at; else the latest at which most of them can be.")] = "") -> None:
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
        raise InputError(" ".join(refused.values()))
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


EQUAL = "Learn each model from at most so many as-of dates, 2 or more, so that older ones had no fewer; 0: as many as train.max_dates says."


def backtest(max_dates: Annotated[int, typer.Option(min=0, help=EQUAL)] = 0) -> None:
    """Make each past month's model as it could be made then, and judge it on that month and all later ones: how it ages."""
    if max_dates == 1:
        raise ParameterError("--max-dates must be 2 at least: one as-of date to learn from and one to calibrate on.")
    common = params.load("common", params.Common)
    from churnkit import ageing, examples
    from churnkit import ageing_report as report
    from churnkit.stages import evaluate, label, train

    labels, judging = params.load("label", label.Params), params.load("evaluate", evaluate.Params)
    plan = timeline.read_plan()
    what = ageing.Backtest(tuple(sorted({*plan.training, *plan.mature})), labels.days, recipe_of(common, max_dates),
                           {"open": judging.capacity, "one_way_stop": judging.one_way_stop_capacity}, judging.bootstrap)
    made = dict(ageing.models(what))
    found, sizes = ageing.resampled(what, made, [examples.load(day)["subscriber_id"] for day in what.made_for])
    months, ages = ageing.by_month(found, sizes), ageing.by_age(found)
    months["dates_learnt"] = [len(what.training(date.fromisoformat(day))) for day in months["made_for"]]
    report.write_report(months, ages, BACKTEST)
    print(report.terminal(months, ages))
    if params.load("train", train.Params).track:
        from churnkit import ageing_runs

        tags = {"label.definition": labels.definition, "kind": "backtest", "as_of.made_for": ",".join(map(str, what.made_for)),
                "max_dates": what.recipe.max_dates}
        ageing_runs.record(months, ages, BACKTEST, tags)
