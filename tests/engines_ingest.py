"""Ingest the delivery that lies in a folder, by the layouts named, with the engine that CHURNKIT_ENGINE names; one process per engine."""
import json
import os
import sys
from pathlib import Path

import pyarrow.parquet as pq


def rows(folder: Path) -> list[str]:
    """The rows of a table's part files, in an order of their own."""
    return sorted(json.dumps(row, default=str, sort_keys=True, ensure_ascii=False) for part in sorted(folder.glob("*.parquet"))
                  for row in pq.read_table(part).to_pylist())


def main(folder: Path, *names: str) -> None:
    """Write what became of the delivery's extracts `names` to <engine>.json."""
    os.chdir(folder)
    from builders import JUNE, ingest_again
    from churnkit.engine import ENGINE, close_session
    from churnkit.timeline import events

    ingest_again(JUNE, *names, layouts=("canonical", "unicom_gsm", "mobile_shanxi", "monthly_pipe", "north"))
    found = {name: rows(events(JUNE, name)) for name in (*names, "account")}
    Path(f"{ENGINE}.json").write_text(json.dumps(found))
    close_session()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
