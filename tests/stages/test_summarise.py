"""A delivery's summaries, as files."""
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from builders import CALLS, COMMON, JUNE, NUMBER_PLAN, frame, ingest_alone, party, subscriber
from churnkit import slices
from churnkit.errors import InputError
from churnkit.files import parts
from churnkit.stages import summarise
from churnkit.summaries import KEYS
from churnkit.timeline import Delivery, summary

SESSIONS = """subscriber_id,happened_at,volume_mb,tac,cell_id,received_at
1001,2026-06-01 08:00:00,0.000001,,,2026-06-03 00:00:00
1001,2026-06-01 23:59:59,12.5,,,2026-06-03 23:00:00
1001,2026-06-01 09:00:00,7,,,2026-06-09 00:00:00
1001,2026-06-02 00:00:00,0,,,2026-06-03 00:00:00
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def parts_of(name: str) -> Path:
    return summary(JUNE, name) / "part-0.parquet"


def test_a_delivery_is_summarised_by_subscriber_day_and_month_and_again_to_the_same_bytes():
    ingest_alone(number_plan=NUMBER_PLAN, calls=CALLS, data_sessions=SESSIONS)
    summarise.run(summarise.Params(), COMMON, Delivery.named(JUNE))
    first = {name: parts_of(name).read_bytes() for name in KEYS}
    one, two, day = subscriber("1001"), subscriber("1002"), (date(2026, 6, 1) - date(1970, 1, 1)).days
    assert [(r["subscriber_id"], r["day"] - day, r["received_day"] - day, r["own_events"]) for r in frame(parts_of("usage_daily"))] == sorted([
        (one, 0, 2, 1), (one, 1, 3, 0), (two, 2, 4, 0), (two, 29, 31, 0)])
    assert [(r["day"] - day, r["received_day"] - day, r["bytes"], r["sessions"]) for r in frame(parts_of("data_daily"))] == [
        (0, 2, 12_500_001, 2), (0, 8, 7_000_000, 1), (1, 2, 0, 0)]
    assert {(r["subscriber_id"], r["target"], r["legs"]) for r in frame(parts_of("forward_targets_monthly"))} == {(two, party("13000000003"), 1)}
    summarise.run(summarise.Params(), COMMON, Delivery.named(JUNE))
    assert {name: parts_of(name).read_bytes() for name in KEYS} == first


def test_slices_of_subscribers_together_are_the_whole(monkeypatch):
    many = "".join(f"{n},13800000001,voice,out,,,2026-06-04 08:00:00,5,true,86910000\n" for n in range(300))
    ingest_alone(number_plan=NUMBER_PLAN, calls=CALLS + many, data_sessions=SESSIONS)
    whole = {}
    for rows_of_a_slice, files in ((10**6, 1), (100, 4)):
        monkeypatch.setattr(slices, "ROWS", rows_of_a_slice)
        summarise.run(summarise.Params(), COMMON, Delivery.named(JUNE))
        for name in KEYS:
            found = parts(summary(JUNE, name))
            assert len(found) == (1 if name == "data_daily" else files)
            rows = [row for path in found for row in frame(path)]
            assert whole.setdefault(name, rows) == rows


def test_a_delivery_that_was_not_ingested_is_an_error_that_says_what_to_run():
    with pytest.raises(InputError, match=r"There is nothing in data/deliveries/2026-06/events/calls; run the stage that writes it, or `dvc repro`"):
        summarise.run(summarise.Params(), COMMON, Delivery.named(JUNE))


def test_every_summary_is_sorted_by_subscriber():
    many = "".join(f"{n},13800000001,voice,out,,,2026-06-04 08:00:00,5,true,86910000\n" for n in range(300))
    ingest_alone(number_plan=NUMBER_PLAN, calls=CALLS + many, data_sessions=SESSIONS)
    summarise.run(summarise.Params(), COMMON, Delivery.named(JUNE))
    for name in KEYS:
        people = pq.read_table(parts_of(name)).column("subscriber_id").to_pylist()
        assert people == sorted(people)
