"""The invented operator: `churnkit simulate` writes its extracts, `churnkit truth` compares the model with the best achievable."""
from pathlib import Path
from typing import Annotated

import typer

from churnkit import params, timeline
from churnkit.files import write_json
from churnkit.progress import say


def simulate(subscribers: Annotated[int, typer.Option(min=100, help="How many subscribers.")] = 20_000,
             months: Annotated[int, typer.Option(min=1, help="How many months.")] = 15,
             first_drop: Annotated[int, typer.Option(min=1, help="Months in the first delivery; each later one is a delivery.")] = 12,
             seed: Annotated[int, typer.Option(help="Same seed, same files.")] = 1,
             layout: Annotated[str, typer.Option(help="How the operator sends: canonical, unicom or shanxi (docs/layouts.md).")] = "canonical",
             faults: Annotated[str, typer.Option(help="What is wrong with the files: few, many or all (docs/layouts.md).")] = "few",
             out: Annotated[Path, typer.Option(help="Where the extracts go; must be empty.")] = timeline.EXTRACTS,
             truth: Annotated[Path, typer.Option(help="Where the planted truth goes.")] = Path("data/truth")) -> None:
    """Write the extracts of an invented operator, and its key where there is none yet."""
    from churnkit.identity import key_path
    from churnkit.simulate import simulate as write_operator
    from churnkit.simulate.operators import OPERATORS

    write_operator(out, truth, subscribers=subscribers, months=months, seed=seed, first_drop_months=first_drop, layout=layout, faults=faults,
                   key_file=key_path(params.load("common", params.Common).key_file))
    size = sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
    say(f"simulate: {subscribers:,} subscribers over {months} months, {size / 1e6:,.0f} MB in {out}/")
    if OPERATORS[layout].layouts != ("canonical",):
        say(f"simulate: params.yaml reads these with ingest.layouts: [{', '.join(OPERATORS[layout].layouts)}]")


def truth(folder: Annotated[Path, typer.Option("--truth", help="Where `churnkit simulate` put it.")] = Path("data/truth"),
          records: Annotated[bool, typer.Option("--records", help="Also what the records could tell at most: another fit.")] = False) -> None:
    """Compare the model with the best achievable, and its reasons with the planted causes, on a simulated operator."""
    from churnkit import planted
    from churnkit import truth as best
    from churnkit.identity import read_key
    from churnkit.model import Model, read_learning
    from churnkit.stages import train

    common, plan = params.load("common", params.Common), timeline.read_plan()
    key = read_key(common.key_file)
    found = best.compare(plan, folder, key, common.seed)
    if records:
        learning = read_learning({**params.load("train", train.Params).learning(), "threads": common.threads})
        found["taught"] = best.teachable(plan, folder, key, learning, common.seed)
    causes = planted.named(plan, folder, key, Model.load(best.EVALUATED, threads=common.threads))
    write_json(Path("reports/best_achievable.json"), {**found, "reasons": causes})
    print(best.said(found), planted.told(causes), sep="\n\n")
