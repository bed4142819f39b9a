"""Build the features of the tables under a folder with the engine that CHURNKIT_ENGINE names; run as a program, one process per engine."""
import json
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from little_tables import AS_OF, SCHEMA, Tables, as_arrow, computed_of


def lay_out(tables: Tables, people: list[str], folder: Path, as_of: date = AS_OF) -> None:
    """Write the tables where `main` finds them."""
    for name in SCHEMA:
        (folder / name).mkdir(parents=True)
        pq.write_table(as_arrow(name, tables.get(name, ())), folder / name / "part-0.parquet")
    (folder / "job.json").write_text(json.dumps({"people": people, "as_of": str(as_of)}))


def main(folder: Path) -> None:
    """Write features.json, {subscriber: {feature: value}} of all features; calls and data sessions are summarised before."""
    from churnkit.engine import close_session, open_session, read, settle, stacked

    open_session(memory="2GB", threads=2)
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
    close_session()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
