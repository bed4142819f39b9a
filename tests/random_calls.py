"""Random call records and data sessions in the half year before the as-of date, and the summaries that deliveries of them become."""
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from churnkit.engine import Frame, stacked
from churnkit.summaries import SUMMARIES
from little_tables import SCHEMA, WAIT_DAYS, Row, frame
from random_histories import CUT, noon

NETWORKS = ("own", "own", "own", "rival:b", "fixed", "own_care", "short_code", "rival_care:b", None)
CAUSES = ("unconditional", "busy", "no_answer", "unreachable")


def moment(rng: Random, newest: int = 1) -> Any:
    """A time at least so many days before the as-of date, often on the edge of a day."""
    ago = newest + rng.choice((rng.randint(0, 6), rng.randint(0, 40), rng.randint(0, 140)))
    return noon(CUT - ago) + timedelta(seconds=rng.choice((-43_200, 43_199, rng.randint(-40_000, 40_000))))


def leg(rng: Random, who: str, newest: int = 1, **fixed: Any) -> Row:
    """A call or SMS of a subscriber with a friend, a stranger or a service; `fixed` says what is not left to chance."""
    at, voice, prefix = moment(rng, newest), rng.random() < 0.8, who.partition("s")[0]
    row: Row = dict.fromkeys(SCHEMA["calls"])
    return row | {"subscriber_id": who, "other_party": f"{prefix}{rng.choice('nx')}{rng.randrange(1, 4)}",
                  "other_party_network": rng.choice(NETWORKS), "kind": "voice" if voice else "sms",
                  "direction": rng.choice(("out", "in")), "happened_at": at, "received_at": at,
                  "duration_s": rng.randint(1, 300) if voice else None, "is_answered": rng.random() < 0.7 if voice else None,
                  "tac": f"{prefix}d{rng.randrange(3)}", "distance": rng.choice((None, "domestic"))} | fixed


def forwarded(rng: Random, who: str, **fixed: Any) -> Row:
    """A forwarded leg."""
    prefix = who.partition("s")[0]
    return leg(rng, who, kind="voice", direction="forwarded", forward_cause=rng.choice(CAUSES), forwarded_to=f"{prefix}{rng.choice('tn')}0",
               forwarded_to_network=rng.choice(("rival:b", "own", "short_code")), duration_s=60, tac=f"{prefix}d3", **fixed)


def session(rng: Random, who: str) -> Row:
    """A data session."""
    at = moment(rng)
    return {"subscriber_id": who, "happened_at": at, "volume_mb": rng.choice((0, 1, 600)), "tac": None, "received_at": at}


def lives(seed: int, who: str) -> dict[str, list[Row]]:
    """A subscriber's records, the same whatever their name; some call more than others, and some not of late."""
    rng, newest = Random(seed), 1 if seed % 3 else 40
    prefix = who.partition("s")[0]
    seldom = {"access_code": (None, None, "17911", "17951"), "forward_dial": (None, None, "on", "off"), "cell_id": (None, "1", "2"),
              "roaming": (None, "none", *("domestic", "international")[:seed % 3]), "device_key": (None, *(f"{prefix}k{n}" for n in range(seed % 4)))}
    legs = [leg(rng, who, newest, **{c: rng.choice(values) for c, values in seldom.items()}) for _ in range((15, 60, 160)[seed % 3])]
    if seed % 3 == 2:  # used before 14:00 alone
        legs = [row | dict.fromkeys(("happened_at", "received_at"), row["happened_at"].replace(hour=row["happened_at"].hour % 14)) for row in legs]
    legs += [forwarded(rng, who) for _ in range(6)]
    return {"calls": legs, "data_sessions": [session(rng, who) for _ in range(12)]}


def summarised(delivery: dict[str, Frame]) -> dict[str, Frame]:
    """The summaries of one delivery's records."""
    return {name: summary(delivery[extract], WAIT_DAYS) for extract, summaries in SUMMARIES.items() for name, summary in summaries.items()}


def rolled_up(deliveries: Sequence[dict[str, list[Row]]], folder: Path) -> dict[str, Frame]:
    """The summaries of records that came in so many deliveries, each summarised by itself."""
    made = [summarised({extract: frame(extract, delivery[extract], folder) for extract in SUMMARIES}) for delivery in deliveries]
    return {name: stacked([it[name] for it in made]) for name in made[0]}
