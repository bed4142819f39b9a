"""Amounts, times and letters as operators write them, and what they mean; run as a program, by the engine of CHURNKIT_ENGINE."""
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
AMOUNTS = [
    ("yuan", "59.90", "5990"),
    ("yuan", "59", "5900"),
    ("yuan", "0.005", "1"),
    ("yuan", "-3.50", "-350"),
    ("yuan", "￥12", "1200"),
    ("yuan", "12元", "1200"),
    ("yuan", "350分", "350"),
    ("yuan", "1,200", None),
    ("yuan", "free", None),
    ("yuan", "12KB", None),
    ("fen", "590", "590"),
    ("fen", "5.9元", "590"),
    ("fen", "0590", "590"),
    ("li", "5990", "599"),
    ("yuan", "-0", "0"),
    ("KB", "259.54", "0.253457"),
    ("KB", "0.45KB", "0.000439"),
    ("KB", "12MB", "12.000000"),
    ("MB", "0.5", "0.500000"),
    ("GB", "1.5", "1536.000000"),
    ("bytes", "1048576", "1.000000"),
    ("MB", "1 gb", "1024.000000"),
    ("KB", "much", None),
    ("seconds", "724", "724"),
    ("seconds", "00:12:04", "724"),
    ("seconds", "0小时12分4秒", "724"),
    ("seconds", "12:04", None),
    ("mm:ss", "12:04", "724"),
    ("mm:ss", "75:00", "4500"),
    ("mm:ss", "01:00:00", "3600"),
    ("mm:ss", "12:60", None),
    ("mm:ss", "724", None),
    ("seconds", "12分4秒", "724"),
    ("seconds", "1小时", "3600"),
    ("seconds", "4秒", "4"),
    ("seconds", "724.0", "724"),
    ("seconds", "-5", "-5"),
    ("minutes", "1.5", "90"),
    ("seconds", "00:61:00", None),
    ("seconds", "twelve", None),
    ("seconds", "", None),
]
TIMES = [
    ("%Y%m%d%H%M%S", "time", SHANGHAI, "20260605083000", "2026-06-05 08:30:00"),
    ("%Y%m%d%H%M%S", "time", SHANGHAI, "2026060508300", None),
    ("%Y/%m/%d %H:%M", "time", SHANGHAI, "2026/6/5 8:30", "2026-06-05 08:30:00"),
    ("%d.%m.%y", "date", SHANGHAI, "05.06.26", "2026-06-05"),
    ("%d/%m/%Y %H:%M:%S", "time", SHANGHAI, "3/11/2014 5:20:00", "2014-11-03 05:20:00"),
    ("%Y%m", "month", SHANGHAI, "202606", "2026-06"),
    ("%Y年%m月", "month", SHANGHAI, "2026年6月", "2026-06"),
    ("%Y-%m-%d %H:%M:%S.%f", "time", SHANGHAI, "2026-06-05 08:30:00.125", "2026-06-05 08:30:00"),
    ("%Y-%m-%dT%H:%M:%S%z", "time", SHANGHAI, "2026-06-05T00:30:00Z", "2026-06-05 08:30:00"),
    ("%Y-%m-%dT%H:%M:%S%z", "time", SHANGHAI, "2026-06-04T20:30:00-04:00", "2026-06-05 08:30:00"),
    ("%Y-%m-%d %H:%M:%S%z", "time", SHANGHAI, "2026-10-25 02:30:00 +0200", "2026-10-25 08:30:00"),
    ("%Y-%m-%d %H:%M:%S%z", "time", SHANGHAI, "2026-10-25 02:30:00 +0100", "2026-10-25 09:30:00"),
    ("unix", "time", SHANGHAI, "0", "1970-01-01 08:00:00"),
    ("unix_ms", "time", SHANGHAI, "1780619400999", "2026-06-05 08:30:00"),
    ("%Y%m%d%H%M%S", "time", BERLIN, "20260605023000", "2026-06-05 08:30:00"),
    ("%Y%m%d%H%M%S", "time", BERLIN, "20260105013000", "2026-01-05 08:30:00"),
    ("%Y%m%d%H%M%S", "time", BERLIN, "20260329015959", "2026-03-29 08:59:59"),
    ("%Y%m%d%H%M%S", "time", BERLIN, "20260329023000", None),
    ("%Y%m%d%H%M%S", "time", BERLIN, "20260329030000", "2026-03-29 09:00:00"),
    ("%Y%m%d%H%M%S", "time", BERLIN, "20261025023000", "2026-10-25 08:30:00"),
    ("%Y%m%d%H%M%S", "time", BERLIN, "20261025030000", "2026-10-25 10:00:00"),
    ("%Y%m%d", "date", SHANGHAI, "5 June", None),
]


def read_all(folder: Path) -> dict[str, list[str | None]]:
    """What the engine in use makes of every text, in order; `folder` is for scratch."""
    from churnkit.engine import F, open_session, projected, read
    from churnkit.extracts.measures import measured
    from churnkit.extracts.moments import in_zone, is_moved, read_as

    open_session(memory="1GB", threads=2)
    cases = {f"a{n}": text for n, (_, text, _) in enumerate(AMOUNTS)} | {f"t{n}": text for n, (_, _, _, text, _) in enumerate(TIMES)}
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({name: pa.array([text, None], pa.string()) for name, text in cases.items()}), folder / "part-0.parquet")
    rows = read([folder])
    amounts = {f"a{n}": measured(F.col(f"a{n}"), unit) for n, (unit, _, _) in enumerate(AMOUNTS)}
    times = {f"t{n}": read_as(F.col(f"t{n}"), form, kind) for n, (form, kind, *_) in enumerate(TIMES)}
    raws = {f"raw_t{n}": F.col(f"t{n}") for n in range(len(TIMES))}
    moved = {f"t{n}": (form, zone) for n, (form, kind, zone, *_) in enumerate(TIMES) if kind == "time" and is_moved(form, zone, SHANGHAI)}
    rows = [row.asDict() for row in in_zone(projected(rows, [], amounts | times | raws), moved, SHANGHAI).collect()]
    assert all(value is None for row in rows if row["a0"] is None for name, value in row.items() if not name.startswith('raw_'))
    row = next(row for row in rows if row["a0"] is not None)
    return {"amounts": [row[f"a{n}"] for n in range(len(AMOUNTS))], "times": [row[f"t{n}"] for n in range(len(TIMES))]}


def main(folder: Path) -> None:
    """Write readings.json."""
    from churnkit.engine import close_session

    found = read_all(folder / "texts")
    (folder / "readings.json").write_text(json.dumps(found))
    close_session()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
