"""Telephone numbers that cannot be real, and who calls whom."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from churnkit.simulate.constants import CLOSE_FRIENDS, COMMUNITY_SIZE, ON_NET_SHARE, SLOT_SKEW
from churnkit.simulate.population import Population

Numbers = NDArray[np.int64]
Indices = NDArray[np.int64]

# Mobile numbers begin with 120 to 128: no Chinese operator was ever given 12x. A fixed subscriber number never begins
# with 0 or 1, nor does a country have the code 999.
RIVAL_MOBILE = (12_400_000_000, 12_600_000_000, 12_800_000_000)
RIVALS = ("mobile", "telecom", "broadnet")
RIVAL_SHARES = (0.62, 0.30, 0.08)
OWN_FIXED = 7_910_000_000  # written with a leading zero, eleven digits: 0791 0…
RIVAL_FIXED = 7_911_000_000
AWAY_FIXED = (7_551_000_000, 5_711_000_000, 2_010_000_000)
INTERNATIONAL = 99_900_000_000  # written with two leading zeros
SERVICE_SMS = 1_060_000_000  # 106…, ten digits
OWN_CARE = (10010, 10018)
RIVAL_CARE = (10086, 10000, 10099)
SHORT_CODES = (95001, 95002, 95003, 95007, 96001, 96005, 96009)
NOTICE_PLATFORM = 96688  # 来电提醒
PLAN_FROM = "2009-01-01"

NUMBER_PLAN = (
    [(f"120{k}", "own", "mobile") for k in range(4)]
    + [(f"124{k}", "mobile", "mobile") for k in range(8)]
    + [(f"126{k}", "telecom", "mobile") for k in range(8)]
    + [(f"128{k}", "broadnet", "mobile") for k in range(4)]
    + [("07910", "own", "fixed"), ("07911", "telecom", "fixed")]
    + [("07551", "telecom", "fixed"), ("05711", "telecom", "fixed"), ("02010", "telecom", "fixed")]
    + [(str(k), "own", "own_care") for k in OWN_CARE]
    + [(str(k), rival, "rival_care") for k, rival in zip(RIVAL_CARE, RIVALS, strict=True)]
    + [("106", "service", "short_code"), ("95", "service", "short_code"), ("96", "service", "short_code")]
    + [("00", "international", "international")]
)


def number_plan_rows() -> pa.Table:
    """The number_plan extract: one row per prefix, valid from the same day on and without end."""
    prefix, operator, kind = zip(*NUMBER_PLAN, strict=True)
    return pa.table(
        {
            "prefix": list(prefix),
            "operator": list(operator),
            "kind": list(kind),
            "valid_from": [PLAN_FROM] * len(prefix),
            "valid_to": pa.nulls(len(prefix), pa.string()),
        }
    )


def mixed(*keys: NDArray[np.integer] | int) -> NDArray[np.uint64]:
    """A well-mixed 64-bit hash of the keys (splitmix64), so that fixed facts need not be stored."""
    state = np.array([0x9E3779B97F4A7C15], np.uint64)  # an array: a scalar warns when it overflows, as it must here
    for key in keys:
        state = np.asarray(key).astype(np.uint64) + state * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return state


def as_unit(mix: NDArray[np.uint64]) -> NDArray[np.float64]:
    """A hash as a number in [0, 1)."""
    return (mix >> np.uint64(11)).astype(np.float64) * 2.0**-53


def rival_mobile(mix: NDArray[np.uint64]) -> Numbers:
    """A rival's mobile number for each hash."""
    rival = np.searchsorted(np.cumsum(RIVAL_SHARES)[:-1], as_unit(mix))
    span = np.array([800_000_000 // 10, 80_000_000, 40_000_000])[rival]
    return np.array(RIVAL_MOBILE)[rival] + (mix & np.uint64(0x7FFFFFFF)).astype(np.int64) % span


def friend(people: Population, who: Indices, slot: NDArray[np.integer]) -> Indices:
    """The subscriber in a contact slot, or -1 where the contact is off-net."""
    mix = mixed(people.seed, who, slot)
    start = (who // COMMUNITY_SIZE) * COMMUNITY_SIZE
    size = np.minimum(COMMUNITY_SIZE, people.size - start)
    local = start + ((mix >> np.uint64(20)) % np.uint64(COMMUNITY_SIZE)).astype(np.int64) % size
    far = ((mix >> np.uint64(8)) % np.uint64(people.size)).astype(np.int64)
    chosen = np.where((mix & np.uint64(7)) == 0, far, local)
    on_net = (as_unit(mixed(people.seed + 1, who, slot)) < ON_NET_SHARE) & (chosen != who)
    return np.where(on_net, chosen, -1)


def slot_share(degree: NDArray[np.integer], slot: int) -> NDArray[np.float64]:
    """Share of a subscriber's calls that the contact slot takes."""
    upper = np.minimum((slot + 1) / degree, 1.0) ** (1 / SLOT_SKEW)
    return upper - np.minimum(slot / degree, 1.0) ** (1 / SLOT_SKEW)


def close_friends(people: Population) -> tuple[Indices, NDArray[np.float32]]:
    """Close on-net contacts (-1 = off-net) and the share of calls each takes, both of shape [subscribers, close]."""
    who = np.arange(people.size)
    slots = range(CLOSE_FRIENDS)
    friends = np.stack([friend(people, who, np.full(people.size, k)) for k in slots], axis=1)
    shares = np.stack([slot_share(people.degree, k) for k in slots], axis=1)
    return friends.astype(np.int32), shares.astype(np.float32)


def contact_numbers(
    people: Population, who: Indices, slot: Indices, left_day: NDArray[np.int32], day: Indices
) -> Numbers:
    """The number in a contact slot on a day; an on-net contact who has left answers under a rival's number."""
    mate = friend(people, who, slot)
    mix = mixed(people.seed + 2, who, slot)
    off_net = rival_mobile(mix)
    fixed = (mix >> np.uint64(40)) % np.uint64(100)
    local = (mix >> np.uint64(9)).astype(np.int64)
    off_net = np.where(fixed < 8, RIVAL_FIXED + local % 1_000_000, off_net)
    off_net = np.where(fixed == 8, OWN_FIXED + local % 1_000_000, off_net)
    off_net = np.where(fixed == 9, INTERNATIONAL + local % 100_000_000, off_net)
    same = people.msisdn[np.maximum(mate, 0)]
    same = np.where(left_day[np.maximum(mate, 0)] <= day, rival_mobile(mixed(people.seed + 3, mate)), same)
    return np.where(mate >= 0, same, off_net)


def as_text(numbers: Numbers) -> pa.Array:
    """Numbers as they are dialled: fixed lines with one leading zero, international ones with two. 0 is null."""
    text = pc.cast(pa.array(numbers, mask=numbers == 0), pa.string())
    zeros = np.select(
        [numbers >= INTERNATIONAL, (numbers >= SERVICE_SMS * 1.5) & (numbers < 10_000_000_000)], [2, 1], default=0
    )
    where = np.flatnonzero(zeros)
    if not len(where):
        return text
    padded = pa.array(["0" * int(zeros[k]) + str(numbers[k]) for k in where], pa.string())
    return pc.replace_with_mask(text, pa.array(zeros > 0), padded)
