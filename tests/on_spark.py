"""Build the features and labels of the tables under a folder with the engine that CHURNKIT_ENGINE names; run as a program, one process per engine."""
import json
import sys
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from little_tables import AS_OF, SCHEMA, Tables, as_arrow, computed_of


def lay_out(tables: Tables, people: list[str], folder: Path, as_of: date = AS_OF) -> None:
    """Write the tables where `main` finds them."""
    for name in SCHEMA:
        (folder / name).mkdir(parents=True)
        pq.write_table(as_arrow(name, tables.get(name, ())), folder / name / "part-0.parquet")
    (folder / "job.json").write_text(json.dumps({"people": people, "as_of": str(as_of)}))


def labels(frames: dict, people: list[str], name: str) -> dict[str, list]:
    """{subscriber: [churned, exit_kind, is_censored, censored_by]} by a definition that is mature when the histories end."""
    from churnkit.churn import Window, eligible, labelled, named_definition
    from churnkit.engine import F, projected, stacked
    from churnkit.history import History

    definition = named_definition(name)
    starts = AS_OF - timedelta(40 + definition.run_days)
    known = eligible(History(frames, starts, starts + timedelta(4)), 60)
    everyone = projected(frames["subscribers"], ["subscriber_id"], {"stratum": F.lit("open"), "is_leaving": F.lit(False)})
    cohort = stacked([known, everyone]).groupBy("subscriber_id").agg(F.max("stratum").alias("stratum"), F.max("is_leaving").alias("is_leaving"))
    rows = labelled(cohort, History(frames, AS_OF, AS_OF + timedelta(4)), Window(starts, 10, 30, definition.run_days), definition).collect()
    found = {r["subscriber_id"]: [r["churned"], r["exit_kind"], r["is_censored"], r["censored_by"]] for r in rows}
    return {who: found[who] for who in people if who in found}


def main(folder: Path) -> None:
    """Write features.json, {subscriber: {feature: value}} of all features, and labels.json; calls and data sessions are summarised before."""
    from churnkit.engine import close_session, open_session, read, settle, stacked

    open_session(memory="2GB", threads=2)
    from churnkit.churn import STANDARD
    from churnkit.features import REGISTRY
    from churnkit.history import TABLES
    from random_calls import summarised

    job = json.loads((folder / "job.json").read_text())
    (folder / "work").mkdir()
    frames = {name: read([folder / name]) for name in TABLES}
    made = summarised({extract: read([folder / extract]) for extract in ("calls", "data_sessions")})
    frames |= {name: settle(stacked([frames[name], rows])) for name, rows in made.items()}
    got = computed_of(frames, list(REGISTRY), job["people"], folder / "work", as_of=date.fromisoformat(job["as_of"]))
    (folder / "features.json").write_text(json.dumps(got))
    (folder / "labels.json").write_text(json.dumps({name: labels(frames, job["people"], name) for name in STANDARD}))
    close_session()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
