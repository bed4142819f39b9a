"""The calls and SMS of a month, as a point process over subscribers and days."""

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from churnkit.simulate import constants as k
from churnkit.simulate import records
from churnkit.simulate.calendars import Calendar, seasons
from churnkit.simulate.handsets import Handsets
from churnkit.simulate.numbers import (
    AWAY_FIXED,
    NOTICE_PLATFORM,
    OWN_CARE,
    RIVAL_CARE,
    SERVICE_SMS,
    SHORT_CODES,
    as_text,
    as_unit,
    contact_numbers,
    mixed,
    rival_mobile,
)  # fmt: skip
from churnkit.simulate.population import Population
from churnkit.simulate.records import MonthRecord

Ints = NDArray[np.int64]
Reals = NDArray[np.floating]

CHUNK = 8192  # subscribers whose month is in memory at once
OUT_CALL, IN_CALL, OUT_SMS, IN_SMS, SERVICE, CARE, SHORT, ASK_CARE, ASK_RIVAL = range(9)
IS_OUT = np.array([1, 0, 1, 0, 0, 0, 0, 1, 1], bool)
HOURS = np.array([6, 3, 2, 1, 1, 2, 8, 22, 50, 68, 74, 72, 66, 52, 56, 62, 66, 72, 76, 74, 68, 54, 34, 16], float)
HOUR_OF = np.searchsorted(np.cumsum(HOURS) / HOURS.sum(), (np.arange(4096) + 0.5) / 4096).astype(np.int64)
LENGTHS = np.exp([NormalDist(-0.42, 0.92).inv_cdf((q + 0.5) / 4096) for q in range(4096)])  # of calls, mean about 1
KINDS = pa.array(["voice", "sms"])
DIRECTIONS = pa.array(["out", "in", "forwarded"])
CAUSES = pa.array(["unconditional", "busy", "no_answer", "unreachable"])
DISTANCES = pa.array(["local", "domestic"])
FAR_CODES = [number // 1_000_000 for number in AWAY_FIXED]


def traffic(people: Population, market: Handsets, of: Calendar, record: MonthRecord) -> Iterator[pa.Table]:
    """Calls rows of the month, one table per chunk of subscribers, each in time order."""
    for number, first in enumerate(range(0, people.size, CHUNK)):
        rng = np.random.Generator(np.random.SFC64([people.seed, 11, record.month, number]))
        who = np.arange(first, min(first + CHUNK, people.size))
        yield _chunk(rng, people, market, of, record, who)


def _intensities(
    rng: np.random.Generator, people: Population, of: Calendar, record: MonthRecord, who: Ints
) -> list[Reals]:
    """Expected rows for each type, each of shape [days, subscribers]."""
    codes = record.codes[:, who]
    fallen = record.fallen[:, who].astype(np.float32) / 255
    voice, sms = seasons(of, record.month)
    trend = np.float32(k.VOICE_TREND**record.month)
    out_ok, in_ok = codes & records.OUT_OK > 0, codes & records.IN_OK > 0
    silent = codes & records.SILENT > 0
    home = ~_holidays(rng, of, record, len(who))
    own = out_ok & ~silent & home
    use = record.noise[who] * trend
    out = own * (1 - np.float32(k.DRIFT_OUT) * fallen) * use
    arriving = in_ok * home * np.where(silent, np.float32(0.35), 1 - np.float32(0.35) * fallen) * use
    personal = np.float32(1.0) * people.is_person[who] + np.float32(0.3) * ~people.is_person[who]
    asks = (codes & records.SHOCKED > 0) * np.float32(0.02) + np.float32(0.004)
    rival = (codes & records.TEMPTED > 0) * np.float32(k.ASKS_RIVAL) + np.float32(k.RIVAL_CARE_NOISE)
    return [
        out * people.out_rate[who] * voice[:, None],
        arriving * people.in_rate[who] * voice[:, None],
        out * people.out_sms_rate[who] * sms[:, None],
        arriving * np.float32(k.IN_SMS) * sms[:, None],
        in_ok * np.float32(k.SERVICE_SMS) * personal,
        in_ok * np.float32(k.CARE_CONTACTS) * personal,
        in_ok * np.float32(k.SHORT_CODE_CALLS) * personal,
        own * asks * personal,
        own * rival * personal,
    ]


def _holidays(rng: np.random.Generator, of: Calendar, record: MonthRecord, count: int) -> NDArray[np.bool_]:
    """Days of innocent silence, shape [days, subscribers]: one or two weeks for a few."""
    days = len(record.codes)
    peak = k.HOLIDAY_PEAK if of.month_number(record.month) in (2, 8) else 1.0
    away = rng.random(count) < k.HOLIDAY_SHARE * peak
    start, length = rng.integers(0, days - 7, count), rng.integers(7, 16, count)
    day = np.arange(days)[:, None]
    return away & (day >= start) & (day < start + length)


def _points(rng: np.random.Generator, expected: list[Reals], days: int, count: int) -> tuple[Ints, Ints, Ints]:
    """Seconds since the month began, subscriber within the chunk, and type of each row, in time order."""
    packed = []
    for kind, rates in enumerate(expected):
        cells = np.repeat(np.arange(days * count), rng.poisson(rates).ravel())
        draw = rng.integers(0, 2**32, len(cells), dtype=np.uint32).astype(np.int64)
        second = HOUR_OF[draw & 4095] * 3600 + ((draw >> 12) * 3600 >> 20)
        packed.append((((cells // count) * 86_400 + second) << 20 | (cells % count)) << 4 | kind)
    keys = np.sort(np.concatenate(packed))
    one_per_second = np.ones(len(keys), bool)  # so that no two rows of a subscriber are equal by accident
    one_per_second[1:] = keys[1:] >> 4 != keys[:-1] >> 4
    keys = keys[one_per_second]
    return keys >> 24, keys >> 4 & 0xFFFFF, keys & 15


def _chunk(
    rng: np.random.Generator, people: Population, market: Handsets, of: Calendar, record: MonthRecord, who: Ints
) -> pa.Table:
    days = len(record.codes)
    second, local, kind = _points(rng, _intensities(rng, people, of, record, who), days, len(who))
    person, day = who[local], second // 86_400
    party = _parties(rng, people, of, record, person, day, kind)
    cause, target = _forwarding(rng, people, of, record, person, day, kind)
    is_sms = (kind == OUT_SMS) | (kind == IN_SMS) | (kind == SERVICE)
    is_sms |= (kind == CARE) & (rng.random(len(kind), dtype=np.float32) < 0.8)
    direction = np.where(cause >= 0, 2, np.where(IS_OUT[kind], 0, 1)).astype(np.int8)
    answered = _answered(rng, people, record, person, day, kind, cause)
    draw = rng.integers(0, 4096, len(kind))
    length = (LENGTHS[draw] * people.call_s[person]).astype(np.int32) + 1
    changed = day >= record.handset_day[person] - of.first_of(record.month)
    model = np.where(changed, record.handset[person], record.handset_before[person])
    tac = np.where(draw % 4 == 0, market.second_tac[model], market.tac[model])
    start = of.first_of(record.month) * 86_400
    stamp = of.first_day.astype("datetime64[s]") + (second + start).astype("timedelta64[s]")
    return pa.table(
        {
            "subscriber_id": people.subscriber_id[person],
            "other_party": as_text(party),
            "kind": KINDS.take(pa.array(is_sms.astype(np.int8))),
            "direction": DIRECTIONS.take(pa.array(direction)),
            "forward_cause": CAUSES.take(pa.array(cause, mask=cause < 0)),
            "forwarded_to": as_text(target),
            "happened_at": stamp,
            "duration_s": np.where(answered & ~is_sms, length, 0),
            "is_answered": pa.array(answered, mask=is_sms),
            "tac": pa.array(tac, mask=cause >= 0),
            "distance": DISTANCES.take(pa.array(np.isin(party // 1_000_000, FAR_CODES).astype(np.int8), mask=is_sms)),
        }
    )


def _parties(
    rng: np.random.Generator, people: Population, of: Calendar, record: MonthRecord, person: Ints, day: Ints, kind: Ints
) -> Ints:
    """The other party of each row."""
    draw = rng.random(len(kind))
    slot = (people.degree[person] * draw**k.SLOT_SKEW).astype(np.int64)
    party = contact_numbers(people, person, slot, record.left_day, day + of.first_of(record.month))
    pick = (draw * 1_000_000).astype(np.int64)
    away = (kind == OUT_CALL) & (record.codes[day, person] & records.MOVING > 0) & (pick % 10 < 4)
    party = np.where(away, np.array(AWAY_FIXED)[person % 3] + pick % 40, party)
    strange = (kind <= IN_CALL) & ~away & (pick % 50 < 4)
    party = np.where(strange, rival_mobile(mixed(people.seed + 6, person, pick, day)), party)
    party = np.where(kind == SERVICE, SERVICE_SMS + pick % 60, party)
    party = np.where((kind == CARE) | (kind == ASK_CARE), np.array(OWN_CARE)[pick % 2], party)
    party = np.where(kind == SHORT, np.array(SHORT_CODES)[pick % len(SHORT_CODES)], party)
    return np.where(kind == ASK_RIVAL, np.array(RIVAL_CARE)[person % 3], party)


def _forwarding(
    rng: np.random.Generator, people: Population, of: Calendar, record: MonthRecord, person: Ints, day: Ints, kind: Ints
) -> tuple[NDArray[np.int8], Ints]:
    """Cause of forwarding of each row (-1 = not forwarded) and the number forwarded to (0 = none)."""
    draw = rng.random(len(kind))
    calls = kind == IN_CALL
    code = record.codes[day, person]
    week = (day + of.first_of(record.month)) // 7
    sold = people.is_salesman[person] & (as_unit(mixed(people.seed + 7, person, week, (day % 7) // 2)) < 0.25)
    drifts = calls & (code & records.FORWARDS > 0) & (draw < k.DRIFT_FORWARDED)
    sells = calls & ~drifts & sold & (draw < 0.9)
    silent = code & records.SILENT > 0
    missed = np.where(silent, 1.0, 1 - people.answer_share[person])
    late = calls & ~drifts & ~sells & (people.forward_class[person] > 0) & (draw < missed * 0.9)
    why = np.where(silent, 3, np.where(draw * 10 % 1 < 0.6, 2, np.where(draw * 10 % 1 < 0.85, 1, 3)))
    cause = np.where(drifts | sells, 0, np.where(late, why, -1)).astype(np.int8)
    own = mixed(people.seed + 8, person)
    second_sim = rival_mobile(own)
    colleague = people.msisdn[(own % np.uint64(people.size)).astype(np.int64)]
    target = np.where(drifts, second_sim, np.where(sells, colleague, 0))
    platform = people.forward_class[person] == 1
    return cause, np.where(late, np.where(platform, NOTICE_PLATFORM, second_sim), target)


def _answered(
    rng: np.random.Generator,
    people: Population,
    record: MonthRecord,
    person: Ints,
    day: Ints,
    kind: Ints,
    cause: NDArray[np.int8],
) -> NDArray[np.bool_]:
    """Whether a call was answered: by its own phone, or for a forwarded leg at its target."""
    draw = rng.random(len(kind), dtype=np.float32)
    fallen = record.fallen[day, person].astype(np.float32) / 255
    share = people.answer_share[person] * (1 - np.float32((k.DRIFT_IN - 0.35) / 0.65) * fallen)
    plain = (people.forward_class[person] > 0) & (kind == IN_CALL)  # its missed calls went to the target already
    share = np.where(plain, np.minimum(share * 1.3, 0.97), share)
    share = np.where(IS_OUT[kind], 0.84, np.where(kind == SHORT, 0.4, np.where(kind == CARE, 0.5, share)))
    share = np.where(cause >= 0, 0.7, share)
    share = np.where(record.codes[day, person] & records.SILENT > 0, np.where(cause >= 0, share, 0.0), share)
    return draw < share
