"""Ingest beside hand-written DuckDB with the same duties, and beside a bare read_csv to Parquet, as a Markdown table."""
import argparse
import gzip
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measure import Cost, timed

from churnkit.timeline import EXTRACTS

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("subscriber_id", "other_party", "kind", "direction", "forward_cause", "forwarded_to", "happened_at", "duration_s", "is_answered", "tac",
           "distance")
NUMBER = r"^\+?[0-9*#]{2,24}$"
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
INNER, OUTER = ("36" * 64, "5c" * 64)  # the pads of a key of zeros: as much work as any


def main() -> None:
    """Time all three on plain and compressed files, or be one of them, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=20_000, metavar="N", help="size of the operator (default 20,000: 8.7 million calls)")
    parser.add_argument("--rounds", type=int, default=3, help="each is run so often, in turns; the quickest counts (default 3)")
    parser.add_argument("--scratch", type=Path, help="where the scratch folder goes (default: the system's)")
    parser.add_argument("--only", choices=["by_hand", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        {"by_hand": by_hand, "bare": bare}[chosen.only](chosen.files)
        return
    with tempfile.TemporaryDirectory(prefix="churnkit-bench-", dir=chosen.scratch) as name:
        print(page(timed_in(Path(name), chosen.subscribers, chosen.rounds)))


def timed_in(folder: Path, subscribers: int, rounds: int) -> dict[str, tuple[int, dict[str, Cost]]]:
    """By form of the files: call rows, and the quickest run of each contender."""
    shutil.copy(ROOT / "params.yaml", folder)
    timed(folder, "-m", "churnkit", "simulate", "--subscribers", str(subscribers), "--months", "12", "--first-drop", "12")
    (delivery,) = (folder / EXTRACTS).iterdir()
    calls = sorted(delivery.glob("calls_*.csv"))
    rows = sum(path.read_bytes().count(b"\n") - 1 for path in calls)
    found = {}
    for form in ("plain", "gz"):
        if form == "gz":
            with ThreadPoolExecutor() as pool:
                calls = list(pool.map(zipped, calls))
        contenders = {"churnkit ingest": ["-m", "churnkit", "ingest", delivery.name],
                      "DuckDB by hand, same duties": [__file__, "--only", "by_hand", *map(str, calls)],
                      "read_csv to Parquet, nothing else": [__file__, "--only", "bare", *map(str, calls)]}
        runs: dict[str, list[Cost]] = {name: [] for name in contenders}
        for _ in range(rounds):  # in turns, so that a busy hour hits all of them
            for name, words in contenders.items():
                runs[name].append(timed(folder, *words))
        found[form] = rows, {name: min(costs, key=lambda c: c.seconds) for name, costs in runs.items()}
    return found


def zipped(path: Path) -> Path:
    """The file compressed, in its place."""
    target = path.with_name(f"{path.name}.gz")
    with path.open("rb") as plain, gzip.open(target, "wb", compresslevel=6) as packed:
        shutil.copyfileobj(plain, packed)
    path.unlink()
    return target


def page(found: dict[str, tuple[int, dict[str, Cost]]]) -> str:
    """The table: per form and contender rows a second, the share of what is written by hand, seconds, and memory."""
    lines = [f"{os.cpu_count()} processors, {next(iter(found.values()))[0]:,} call rows; the ratio is of churnkit's speed to the contender's, "
             "by wall clock and by processor seconds.", "",
             "| files | | rows/s | ratio | by processor | seconds | processor s | peak MB |", "|---|---|" + "---:|" * 6]
    for form, (rows, costs) in found.items():
        ours = costs["churnkit ingest"]
        lines += [f"| {form} | {name} | {rows / c.seconds:,.0f} | {c.seconds / ours.seconds:.2f} | {c.cpu / ours.cpu:.2f} | {c.seconds:.1f} "
                  f"| {c.cpu:.1f} | {c.peak_mb:,.0f} |" for name, c in costs.items()]
    return "\n".join(lines)


def connected(files: list[str]) -> tuple[Callable[[str], list[tuple]], str]:
    """DuckDB with the memory and threads of params.yaml as shipped, and the expression that reads the files as text."""
    import duckdb

    connection = duckdb.connect(config={"memory_limit": "1GB", "threads": 4, "temp_directory": "spilled"})
    columns = ", ".join(f"'{c}': 'varchar'" for c in COLUMNS)
    source = (f"read_csv([{', '.join(repr(f) for f in files)}], header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
              f"columns = {{{columns}}}, null_padding = false, ignore_errors = true)")
    return lambda sql: connection.execute(sql).fetchall(), source


def bare(files: list[str]) -> None:
    """The text as it is in one Parquet file."""
    run, source = connected(files)
    run(f"copy (select * from {source}) to 'bare.parquet' (format parquet, compression zstd)")


def by_hand(files: list[str]) -> None:
    """Typed, checked, without duplicates, pseudonymous and wholly sorted, as one would write it for this table alone."""
    run, source = connected(files)
    run(f"create temp table text as select * from {source}")
    mac = f"left(sha256(unhex('{OUTER}') || unhex(sha256(unhex('{INNER}') || encode(raw)))), 20)"
    run(f"create temp table people as select raw, 's' || {mac} as id from (select distinct subscriber_id as raw from text)")
    run(f"""create temp table numbers as select raw, 'p' || {mac} as id,
        case when raw[1:2] in ('13', '15') then 'own' when raw[1:3] = '100' then 'own_care' else 'rival:north' end as network
        from (select other_party as raw from text union select forwarded_to from text) where raw is not null""")
    run(f"""create temp table typed as select *, case
        when subscriber_id is null then 'subscriber_id|missing'
        when not regexp_matches(subscriber_id, '^[A-Za-z0-9_.:-]{{1,64}}$') then 'subscriber_id|not_subscriber'
        when not regexp_matches(other_party, '{NUMBER}') then 'other_party|not_number'
        when coalesce(kind not in ('voice', 'sms'), true) then 'kind|not_choice'
        when coalesce(direction not in ('out', 'in', 'forwarded'), true) then 'direction|not_choice'
        when forward_cause not in ('unconditional', 'busy', 'no_answer', 'unreachable') then 'forward_cause|not_choice'
        when not regexp_matches(forwarded_to, '{NUMBER}') then 'forwarded_to|not_number'
        when happened is null then 'happened_at|not_time'
        when duration_s is not null and seconds is null then 'duration_s|not_integer'
        when not seconds between 0 and 172800 then 'duration_s|out_of_range'
        when is_answered not in ('true', '1', 'false', '0') then 'is_answered|not_flag'
        when distance not in ('local', 'domestic', 'international') then 'distance|not_choice'
        when happened::date >= date '2100-01-01' then 'happened_at|after_delivery'
        when happened::date < date '2020-01-01' then 'happened_at|long_before_delivery'
        when direction = 'forwarded' and (forward_cause is null or forwarded_to is null) then 'forward_cause|forward_needs_cause'
        when kind = 'voice' and seconds is null then 'duration_s|voice_needs_duration' end as broken,
        hash(subscriber_id, happened, direction, kind, other_party, forwarded_to, seconds) as natural_key
        from (select *, try_cast(case when regexp_matches(happened_at, '{TIME}') then happened_at end as timestamp) as happened,
              cast(case when regexp_matches(duration_s, '^-?[0-9]{{1,18}}$') then duration_s end as bigint) as seconds from text)""")
    run("drop table text")
    run("create temp table repeated as select natural_key from typed where broken is null group by all having count(*) > 1")
    columns = """p.id as subscriber_id, o.id as other_party, o.network as other_party_network, kind, direction, forward_cause, f.id as forwarded_to,
        f.network as forwarded_to_network, happened as happened_at, seconds as duration_s, is_answered in ('true', '1') as is_answered, distance, tac,
        (happened::date + 2)::timestamp as received_at"""
    run(f"""copy (select {columns} from (
            select * from typed where broken is null and natural_key not in (from repeated) union all
            select distinct on (natural_key) * from typed where broken is null and natural_key in (from repeated)) t
        left join people p on p.raw = t.subscriber_id left join numbers o on o.raw = t.other_party left join numbers f on f.raw = t.forwarded_to
        order by all) to 'by_hand.parquet' (format parquet, compression zstd)""")


if __name__ == "__main__":
    main()
