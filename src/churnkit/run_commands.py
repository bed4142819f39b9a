"""Commands about runs: compare them, let the newest model replace the champion, and look for a better way to learn."""
from dataclasses import replace
from typing import Annotated

import typer

from churnkit.errors import ParameterError
from churnkit.progress import say


def promote(force: Annotated[str | None, typer.Option("--force", metavar="REASON", help="Promote whatever the rule says; the reason is "
                                                      "recorded in models/champion and in MLflow.")] = None) -> None:
    """Make the newest model the champion, if it wins by the rule of docs/runs.md."""
    from churnkit import promotion
    from churnkit.champion import CHAMPION, identity
    from churnkit.tracking import registry

    if force is not None and not force.strip():
        raise ParameterError("--force needs a reason, for it is recorded.")
    newest = identity(promotion.LATEST)
    run = registry.run_of(newest) if newest else None
    if newest and newest == identity(CHAMPION):
        version = registry.crown(run, {}) if run else None
        print(f"the model of {promotion.LATEST} ({newest}) is the champion already{f', version {version}' if version else ''}.")
        return
    chosen = promotion.candidate()
    promotion.promote(chosen, force, run.run_id if run else None)
    if run is None:
        say("no MLflow run knows this model (train.track was false, or the store is another), so no alias was moved.")
    else:
        registry.crown(run, {"promoted.reason": chosen.reason, "promoted.replaces": chosen.champion or "none",
                             "promoted.forced": force or "no"})
    print(f"{CHAMPION} is now the model {newest}, judged on {chosen.judged_on}: {chosen.reason}."
          f"{f' Forced: {force}.' if force and not chosen.may_replace else ''} score.model: champion scores with it.")


def compare(runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="The start of an id, a name, champion, challenger, latest "
                                                      "(whose model is in models/latest) or latest~1, the one before it.")],
            json: Annotated[bool, typer.Option("--json", help="For a script to read.")] = False) -> None:
    """Hold runs against the first one named: what was chosen otherwise, and whether the metrics differ by more than chance."""
    import shutil
    import sys
    from json import dumps

    if len(runs) < 2:
        raise ParameterError("compare needs two runs at least, such as `churnkit compare champion latest`.")
    from churnkit import comparison, comparison_page, promotion
    from churnkit.champion import identity
    from churnkit.tracking import lookup, registry

    if len(runs) > len(comparison_page.LETTERS):
        raise ParameterError(f"compare holds {len(comparison_page.LETTERS)} runs at most beside each other, not {len(runs)}.")
    newest = identity(promotion.LATEST)
    named = lookup.find(runs, newest)
    if "latest" in runs:
        latest = named[runs.index("latest")]
        is_there = newest is not None and latest.tags.get(registry.MODEL_TAG) == newest
        say(f"latest is {latest.name}, " + (f"which trained the model of {promotion.LATEST}." if is_there else
                                           f"the newest training; no run that MLflow knows trained what {promotion.LATEST} holds."))
    found = comparison.compare(named)
    if json:
        print(dumps(comparison.as_json(found), indent=1, ensure_ascii=False))
    else:
        print(comparison_page.page(found, width=shutil.get_terminal_size().columns, is_coloured=sys.stdout.isatty()), end="")


def tune(trials: Annotated[int | None, typer.Option(min=1, help="Trials at most; 30 without --minutes, else as many as they allow.")] = None,
         minutes: Annotated[float | None, typer.Option(help="Minutes at most.")] = None) -> None:
    """Look for a better way to learn, without touching the pipeline, and print the lines for params.yaml where there is one."""
    from contextlib import ExitStack

    from churnkit import examples, params, timeline, tracking
    from churnkit.stages import train
    from churnkit.tuning import Budget

    try:
        budget = Budget(trials or (0 if minutes else 30), minutes)
    except ValueError as problem:
        raise ParameterError(f"tune: {problem}.") from None
    chosen, common, plan = params.load("train", train.Params), params.load("common", params.Common), timeline.read_plan()
    with ExitStack() as held:
        tags = {"label.definition": examples.label_definition(), "as_of.training": ",".join(map(str, plan.training))}
        record = held.enter_context(tracking.new_run(tags, "tune")) if chosen.track else None
        found = train.search(replace(chosen, tune=budget), common, plan, record)
        if record:
            record.metrics({"tuning/log_loss": found.loss, "tuning/own_log_loss": found.own_loss, "tuning/gain": found.gain[0],
                            "tuning/gain_low": found.gain[1], "tuning/gain_high": found.gain[2]})
            record.describe(f"{found.said}.")
    print(f"# {found.said}.")
    if found.is_taken:
        print("train:\n" + "\n".join(f"  {name}: {value}" for name, value in found.choices.items()))
