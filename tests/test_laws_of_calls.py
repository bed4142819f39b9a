"""What call records may and may not change, by way of the summaries: doubles live the same life and get some records more, or get them otherwise."""
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from churnkit.features import REGISTRY, needs
from churnkit.history import MADE_OF, TABLES
from little_tables import Row, computed, computed_of, frame, parsed
from random_calls import forwarded, leg, lives, rolled_up
from random_histories import KNOWN, history, noon, renamed

SEEDS, FRIENDS = range(9), range(3)  # s0 is looked at, the others are friends
PERSON = {"other_party_network": "own", "kind": "voice", "duration_s": 60, "is_answered": True}
SERVICE = [{"other_party_network": network, "kind": kind, "duration_s": 9 if kind == "voice" else None, "is_answered": kind == "voice" or None}
           for network in ("own_care", "short_code", "rival_care:b") for kind in ("voice", "sms")]
RETENTION = {"direction": "in", "other_party_network": "own_care", "kind": "voice"}  # the number plan has the operator's campaign lines as care lines
# The network is another than the calls', as after a porting: it must not become the contact's.
RECEIVED = {"direction": "in", "kind": "sms", "duration_s": None, "is_answered": None, "other_party_network": "rival:z"}
MORE: dict[str, Callable[[Random, str], list[Row]]] = {
    "b": lambda rng, who: [forwarded(rng, who) for _ in range(9)],
    "c": lambda rng, who: [leg(rng, who, direction="in", **fixed) for fixed in SERVICE * 3],
    "d": lambda rng, who: [leg(rng, who, **RETENTION, duration_s=180, is_answered=True), leg(rng, who, **RETENTION, duration_s=0, is_answered=False)],
    "e": lambda rng, who: [leg(rng, who, **RECEIVED) for _ in range(9)],
    "f": lambda rng, who: [leg(rng, who, direction="out", **fixed) for fixed in SERVICE * 3],
    "g": lambda rng, who: [leg(rng, who, direction="in", **PERSON) for _ in range(9)]}
OF_THE_PHONE = {"devices_monthly", "device_keys_monthly", "cells_monthly", "roaming_daily"}
IN_DELIVERIES = "h"
EVERY = ("a", *MORE, IN_DELIVERIES)


def late(rng: Random, row: Row) -> Row:
    """The row as it came with a later delivery, at the last moment that still counts."""
    return row | {"received_at": rng.choice((row["received_at"] + timedelta(3), noon(KNOWN - 1) + timedelta(seconds=43_199)))}


@pytest.fixture(scope="module")
def features(tmp_path_factory) -> dict[str, dict]:
    """{subscriber: {feature: value}}: of each seed one (a), those who get more (b to g), and one whose records came piece by piece (h)."""
    folder = tmp_path_factory.mktemp("calls")
    first: dict[str, list[Row]] = {"calls": [], "data_sessions": []}
    second: dict[str, list[Row]] = {"calls": [], "data_sessions": []}
    for seed in SEEDS:
        for letter in EVERY:
            for n in FRIENDS:
                for name, rows in lives(101 * seed + n, f"{seed}{letter}s{n}").items():
                    rng = Random(seed)
                    comes_late = [letter == IN_DELIVERIES and rng.random() < 0.5 for _ in rows]
                    first[name] += [row for row, is_late in zip(rows, comes_late, strict=True) if not is_late]
                    second[name] += [late(rng, row) for row, is_late in zip(rows, comes_late, strict=True) if is_late]
            first["calls"] += MORE[letter](Random(seed), f"{seed}{letter}s0") if letter in MORE else []
    summaries = rolled_up([first, second], folder)
    alike = [renamed(history(seed, len(FRIENDS)), "a", f"{seed}{letter}") for seed in SEEDS for letter in EVERY]
    frames = {name: summaries[name] if name in summaries else frame(name, [row for tables in alike for row in tables.get(name, ())], folder)
              for name in TABLES}
    return computed_of(frames, list(REGISTRY), [f"{seed}{letter}s0" for seed in SEEDS for letter in EVERY], folder)


def changed(features: dict, letter: str) -> set[str]:
    """Features that differ between a subscriber and the double of that letter, of any seed."""
    return {name for seed in SEEDS for name, value in features[f"{seed}as0"].items() if value != features[f"{seed}{letter}s0"][name]}


def families(names: set[str]) -> set[str]:
    return {REGISTRY[name].family for name in names}


def test_forwarded_legs_change_forwarding_and_nothing_else(features):
    assert families(changed(features, "b")) == {"forwarding"}


@pytest.mark.parametrize(("letter", "of"), [("c", "service numbers and care lines"), ("d", "retention calls"), ("e", "SMS from people")])
def test_what_comes_in_and_is_no_call_from_a_person_changes_nothing_but_the_handset_in_use(features, letter, of):
    """A phone that rings is in use, so what is known of the handset, and of where it is, may change; SMS are counted."""
    moved = {name for name in changed(features, letter) if not OF_THE_PHONE & set(needs(REGISTRY[name]))}
    assert moved == ({"sms_received_30d"} if letter == "e" else set()), of


def test_calls_to_service_numbers_are_use_but_no_contact_with_anybody(features):
    moved = changed(features, "f")
    assert {"own_care_calls_30d", "active_days_90d"} <= moved
    assert {name for name in moved if "contacts_monthly" in needs(REGISTRY[name]) or REGISTRY[name].family == "forwarding"} == set()


def test_calls_from_people_do_change_much(features):
    """Else the laws above would hold of features that look at nothing."""
    assert {"silence", "usage", "social"} <= families(changed(features, "g"))


def test_how_a_day_of_calls_and_sessions_is_split_over_deliveries_changes_nothing(features):
    assert changed(features, IN_DELIVERIES) == set()


def test_every_feature_of_calls_or_sessions_alone_moves_in_these_lives(features):
    """Or the laws above would say nothing of it."""
    of_calls = {name for name, f in REGISTRY.items() if set(needs(f)) <= {*MADE_OF, "number_plan"}}
    assert {name for name in of_calls if len({row[name] for row in features.values()}) < 2} == set()


def test_what_only_the_number_plan_can_tell_is_no_feature_without_one(tmp_path):
    """1 and 2 live alike, but for what stands in columns that are of networks; whatever feature tells them apart needs the plan."""
    days = """
          | day        | own_events | out_calls | out_s | fwd_unconditional | fwd_rival | rival_calls | rival_s | rival_care_calls | care_calls
        --+------------+------------+-----------+-------+-------------------+-----------+-------------+---------+------------------+-----------
        1 | 2026-05-20 | 9          | 9         | 90    | 9                 |           |             |         |                  |
        2 | 2026-05-20 | 9          | 9         | 90    | 9                 | 9         | 5           | 50      | 2                | 2
        1 | 2026-04-20 | 9          | 9         | 90    | 9                 |           |             |         |                  |
        2 | 2026-04-20 | 9          | 9         | 90    | 9                 | 9         | 1           | 10      | 1                | 1
    """
    contacts = """
          | other_party | month   | network | out_calls | out_s
        --+-------------+---------+---------+-----------+------
        1 | a           | 2026-05 | unknown | 5         | 50
        2 | a           | 2026-05 | rival:x | 5         | 50
        1 | b           | 2026-05 | unknown | 5         | 50
        2 | b           | 2026-05 | own     | 5         | 50
    """
    got = computed({"usage_daily": parsed("usage_daily", days), "contacts_monthly": parsed("contacts_monthly", contacts)},
                   list(REGISTRY), ["1", "2"], tmp_path)
    told = {name for name in REGISTRY if got["1"][name] != got["2"][name]}
    assert {"cfu_to_rival_days_30d", "onnet_share_1m", "rival_care_calls_30d", "own_care_calls_30d"} <= told
    assert {name for name in told if "number_plan" not in needs(REGISTRY[name])} == set()
