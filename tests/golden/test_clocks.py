"""A subscriber whose clock changes, worked out by hand in README.md, from the operator's UTC to the features."""
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from test_golden import CLOCKS, worked_out

from builders import COMMON, PARAMS, events, put_down, subscriber
from churnkit import timeline
from churnkit.engine import read
from churnkit.history import MADE_OF, TABLES
from churnkit.stages import ingest
from churnkit.timeline import Delivery
from little_tables import computed_of, frame
from random_calls import summarised

FIRST_DROP = "2025-10..2026-04"
AS_OF = date(2026, 4, 1)
LAYOUT = 'zone: UTC\nfiles: [{extract: calls, glob: "calls*"}]\n'


def told() -> list[list[str]]:
    """The calls as the README tells of them: UTC, seconds, local time."""
    lines = re.search(r"```clocks\n(.*?)```", CLOCKS, re.DOTALL)[1].strip().splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines[2:]]


def on_paper() -> dict[str, float]:
    """{column: value} as worked out by hand."""
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in CLOCKS.splitlines() if re.match(r"\| [a-z]\w+ \|", line)]
    return {name: worked_out(value) for name, value, _ in rows if name != "column"}


def test_local_times_and_windows_follow_the_clock_through_its_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    calls = "".join(f"1001,13800000001,voice,out,{utc},{seconds},true,86910000\n" for utc, seconds, _ in told())
    put_down(FIRST_DROP, {"calls": "subscriber_id,other_party,kind,direction,happened_at,duration_s,is_answered,tac\n" + calls})
    Path("layouts").mkdir()
    Path("layouts/switch.yaml").write_text(LAYOUT)
    monkeypatch.setattr(ingest, "EXTRACTS", {"calls": ingest.EXTRACTS["calls"]})
    ingest.run(replace(PARAMS, layouts=("switch",)), replace(COMMON, zone="Europe/Berlin"), Delivery.named(FIRST_DROP))
    assert sorted(row["happened_at"] for row in events("calls", FIRST_DROP)) == [datetime.fromisoformat(local) for _, _, local in told()]
    frames = summarised({"calls": read([timeline.events(FIRST_DROP, "calls")]), "data_sessions": frame("data_sessions", (), tmp_path)})
    frames |= {name: frame(name, (), tmp_path) for name in TABLES if name not in MADE_OF}
    paper = on_paper()
    assert computed_of(frames, list(paper), [subscriber("1001")], tmp_path, as_of=AS_OF) == {subscriber("1001"): paper}
