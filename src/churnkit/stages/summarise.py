"""Roll one delivery's call records and data sessions up to subscriber-days and subscriber-months."""
from dataclasses import dataclass

from churnkit import slices
from churnkit.engine import count_rows, open_session, read, write
from churnkit.files import parts, whole_folder
from churnkit.params import Common
from churnkit.progress import say
from churnkit.summaries import KEYS, SUMMARIES
from churnkit.timeline import Delivery, events, summary


@dataclass(frozen=True)
class Params:
    """Nothing to choose: what a summary holds is what the features need."""


def run(params: Params, common: Common, delivery: Delivery) -> None:
    """Write every summary of the delivery's calls and data sessions, sorted by subscriber, a slice of subscribers at a time."""
    open_session(common.memory, common.threads, common.spill, common.master)
    for extract, summaries in SUMMARIES.items():
        source = events(delivery.name, extract)
        if extract != "calls" and not parts(source):
            continue  # ingested when this extract was not known yet
        parts_of_it = slices.slices(count_rows([source]), slices.ROWS)
        for name, rolled_up in summaries.items():
            with whole_folder(summary(delivery.name, name)) as folder:
                rows = sum(write(rolled_up(some.of(read([source])), common.wait_days), folder, by=KEYS[name], part=n)
                           for n, some in enumerate(parts_of_it))
            say(f"summarise {delivery.name}: {rows:,} rows of {name}")
