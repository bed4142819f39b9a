"""The monthly snapshot of the subscribers, and their consents."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from churnkit.simulate import constants as k
from churnkit.simulate.calendars import Calendar
from churnkit.simulate.handsets import Handsets
from churnkit.simulate.market import BRANCHES, BUNDLES, CONTRACT_KINDS, PLANS
from churnkit.simulate.numbers import as_text, as_unit, mixed
from churnkit.simulate.population import NEVER, Population
from churnkit.simulate.records import MonthRecord

Ints = NDArray[np.integer]

CONSENT_CHANNELS = ("call", "sms")


def _codes(values: NDArray[np.integer], names: tuple[str, ...]) -> pa.Array:
    """Codes as their names; an empty name is null."""
    words = pa.array([name or None for name in names], pa.string())
    return words.take(pa.array(values.astype(np.int32)))


def _dates(of: Calendar, days: NDArray[np.integer]) -> pa.Array:
    never = days >= NEVER
    return pa.array(of.dates(np.where(never, 0, days)), mask=never)


def snapshot_rows(people: Population, market: Handsets, of: Calendar, record: MonthRecord) -> pa.Table:
    """The subscribers file: one row per line on the operator's books on the last day of the month."""
    who = np.flatnonzero(record.is_listed)
    end = of.first_of(record.month + 1) - 1
    branch = people.branch[who].astype(np.int64)
    team = np.char.add("T", (branch * 10 + people.team[who] + 101).astype(str))
    manager = np.char.add("M", (branch * 10 + people.manager[who] + 501).astype(str))
    key = people.manager[who] >= 0
    has_contract = record.contract_end[who] < NEVER
    kind = mixed(people.seed + 9, who) % np.uint64(len(CONTRACT_KINDS))
    limit = np.where(people.payment[who] == 0, (people.plan[who].astype(np.int64) + 1) * 5000, 0)
    customer = np.char.add("K", people.customer[who].astype(str))
    return pa.table(
        {
            "subscriber_id": people.subscriber_id[who],
            "snapshot_on": of.dates(np.full(len(who), end)),
            "msisdn": people.msisdn[who],
            "activated_on": of.dates(people.join_day[who]),
            "payment_kind": _codes(people.payment[who], k.PAYMENT_KINDS),
            "line_kind": _codes(people.line_kind[who], k.LINE_KINDS),
            "plan": _codes(people.plan[who], tuple(p[0] for p in PLANS)),
            "branch": _codes(branch, BRANCHES),
            "team": pa.array(team),
            "account_manager": pa.array(manager, mask=~key),
            "is_key_account": key,
            "activation_channel": _codes(people.channel[who], k.CHANNELS),
            "contract_start_on": _dates(of, record.contract_start[who]),
            "contract_end_on": _dates(of, record.contract_end[who]),
            "contract_kind": pa.array(np.array(CONTRACT_KINDS)[kind.astype(int)], mask=~has_contract),
            "has_minimum_spend": people.has_minimum_spend[who],
            "bundle": _codes(people.bundle[who], BUNDLES),
            "customer_key": pa.array(customer),
            "has_autopay": people.has_autopay[who],
            "credit_limit_cents": limit,
            "alt_contact": as_text(people.alt_contact[who]),
            "tac": market.tac[record.handset[who]],
        }
    )


def consent_rows(people: Population, of: Calendar, record: MonthRecord) -> pa.Table:
    """The consents file: those given or refused on activation (all of the past in the first month), and withdrawals."""
    first, end = of.first_of(record.month), of.first_of(record.month + 1)
    known = record.left_day >= of.first_of(0)  # lines that left before the first file are in none
    who: list[Ints] = []
    day: list[Ints] = []
    channel: list[Ints] = []
    granted: list[NDArray[np.bool_]] = []
    for code in range(len(CONSENT_CHANNELS)):
        everyone = np.arange(people.size)
        chance = as_unit(mixed(people.seed + 20 + code, everyone))
        joined = (people.join_day < end) & ((people.join_day >= first) | (record.month == 0))
        new = np.flatnonzero(joined & known & (chance >= k.CONSENT_NONE))
        turn = as_unit(mixed(people.seed + 30 + code, everyone, record.month))
        agreed = (chance >= k.CONSENT_NONE + k.CONSENT_REFUSED) & record.is_listed
        gone = np.flatnonzero(agreed & (people.join_day < first) & (turn < k.CONSENT_WITHDRAWN))
        who += [new, gone]
        day += [people.join_day[new], first + (turn[gone] * 1e9).astype(np.int64) % (end - first)]
        granted += [chance[new] >= k.CONSENT_NONE + k.CONSENT_REFUSED, np.zeros(len(gone), bool)]
        channel += [np.full(len(new) + len(gone), code)]
    person, days, codes = np.concatenate(who), np.concatenate(day).astype(np.int64), np.concatenate(channel)
    second = days * 86_400 + 9 * 3600 + (mixed(people.seed + 10, person, codes) % np.uint64(36_000)).astype(np.int64)
    order = np.lexsort((codes, person, second))
    return pa.table(
        {
            "subscriber_id": people.subscriber_id[person[order]],
            "happened_at": of.first_day.astype("datetime64[s]") + second[order].astype("timedelta64[s]"),
            "channel": _codes(codes[order], CONSENT_CHANNELS),
            "is_granted": np.concatenate(granted)[order],
        }
    )
