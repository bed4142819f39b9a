"""Extract files as the operator sends them, with the faults planted and counted."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from churnkit.simulate.constants import BAD_SHARE, DUPLICATE_SHARE

OPTIONS = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none", batch_size=65_536)

# For each extract the rules that some rows break: the column, and what stands in it.
BAD_ROWS: dict[str, dict[str, tuple[str, str]]] = {
    "calls": {
        "missing_subscriber": ("subscriber_id", ""),
        "unreadable_time": ("happened_at", "2025-13-45 25:61:00"),
        "clock_of_1980": ("happened_at", "1980-01-06 00:00:00"),
        "negative_duration": ("duration_s", "-1"),
        "unknown_kind": ("kind", "fax"),
    },
    "bills": {
        "missing_subscriber": ("subscriber_id", ""),
        "unreadable_amount": ("total_cents", "12x50"),
    },
}
DUPLICATED = ("calls", "bills", "status_changes")


@dataclass
class Account:
    """What lies in one file: `rows` counts its lines without the header, planted ones included."""

    rows: int = 0
    duplicates: int = 0
    bad: dict[str, int] = field(default_factory=dict)


def _lines(table: pa.Table) -> list[bytes]:
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(table, buffer, OPTIONS)
    return buffer.getvalue().splitlines(keepends=True)


def _count(rng: np.random.Generator, share: float, rows: int) -> int:
    return int(min(rng.poisson(share * rows), rows))


def write_extract(path: Path, extract: str, tables: Iterable[pa.Table], rng: np.random.Generator) -> Account:
    """The file of an extract; after each table's rows come some of them again, and some broken ones."""
    account = Account(bad=dict.fromkeys(BAD_ROWS.get(extract, {}), 0))
    with path.open("wb") as file:
        for number, table in enumerate(tables):
            if number == 0:
                file.write((",".join(table.column_names) + "\n").encode())
            pyarrow.csv.write_csv(
                table.combine_chunks(), file, OPTIONS
            )  # it writes garbage where the first chunk is empty
            account.rows += table.num_rows
            if extract in DUPLICATED:
                again = rng.choice(table.num_rows, _count(rng, DUPLICATE_SHARE, table.num_rows), replace=False)
                file.writelines(_lines(table.take(pa.array(np.sort(again)))))
                account.duplicates += len(again)
                account.rows += len(again)
            for rule, (column, wrong) in BAD_ROWS.get(extract, {}).items():
                broken = rng.choice(table.num_rows, _count(rng, BAD_SHARE, table.num_rows), replace=False)
                place = table.column_names.index(column)
                for line in _lines(table.take(pa.array(np.sort(broken)))):
                    fields = line.rstrip(b"\n").split(b",")
                    fields[place] = wrong.encode()
                    file.write(b",".join(fields) + b"\n")
                account.bad[rule] += len(broken)
                account.rows += len(broken)
    return account
