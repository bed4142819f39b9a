"""Monthly bills by the tariff, and the bills file of a month."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from churnkit.simulate import constants as k
from churnkit.simulate.calendars import Calendar
from churnkit.simulate.market import PLANS
from churnkit.simulate.population import NEVER, Population

Cents = NDArray[np.int32]
PLAN_CENTS = np.array([p[1] for p in PLANS], np.int32)
PLAN_MINUTES = np.array([p[2] for p in PLANS], np.int32)
AMOUNTS = ("plan", "overage_voice", "overage_data", "overage_sms", "value_added", "third_party", "discount")


@dataclass
class Bills:
    """The bills of one month, one element per subscriber: total 0 = no bill, paid_day NEVER = not paid yet."""

    month: int
    total: Cents
    parts: dict[str, Cents]
    paid_day: NDArray[np.int32]

    @property
    def overage_share(self) -> NDArray[np.float32]:
        """Share of the bill that lies outside the plan."""
        over = self.parts["overage_voice"] + self.parts["overage_data"] + self.parts["overage_sms"]
        return (over / np.maximum(self.total, 1)).astype(np.float32)


def bills_of(
    rng: np.random.Generator,
    people: Population,
    month: int,
    served_share: NDArray[np.float32],
    usage: NDArray[np.float32],
    in_contract: NDArray[np.bool_],
) -> Bills:
    """Bills of a month; `served_share` of the month was billable, `usage` is a factor on the usual outgoing use."""
    n = people.size
    plan = (PLAN_CENTS[people.plan] * served_share).astype(np.int32)
    minutes = people.out_rate * 30 * usage * people.call_s / 60 * served_share
    voice = np.maximum(minutes - PLAN_MINUTES[people.plan], 0) * k.VOICE_CENTS_A_MINUTE
    spike = np.where(rng.random(n) < k.DATA_SPIKE_SHARE, rng.uniform(*k.DATA_SPIKE, n), 1.0)
    ratio = np.exp(people.data_log + rng.normal(0, k.DATA_MONTH_SIGMA, n)) * spike * np.minimum(usage, 1.5)
    over = np.clip(ratio * served_share - 1, 0, 2.5) * (1200 + 0.45 * PLAN_CENTS[people.plan])
    sms = people.out_sms_rate * 30 * usage * k.SMS_CENTS * served_share
    third = np.where(rng.random(n) < k.THIRD_PARTY_SHARE, rng.integers(3, 31, n) * 100, 0)
    billed = served_share > 0
    parts = {
        "plan": plan,
        "overage_voice": voice.astype(np.int32),
        "overage_data": (over * people.is_person).astype(np.int32) // 100 * 100,
        "overage_sms": sms.astype(np.int32) // 10 * 10,
        "value_added": np.where(billed, people.value_added_cents, 0).astype(np.int32),
        "third_party": np.where(billed & (usage > 0.3), third, 0).astype(np.int32),
        "discount": np.where(in_contract, plan * 0.2, 0).astype(np.int32) // 10 * 10,
    }
    total = np.sum([parts[a] for a in AMOUNTS[:-1]], axis=0, dtype=np.int32) - parts["discount"]
    total = np.where(billed, np.maximum(total, 1), 0).astype(np.int32)
    parts["discount"] = np.where(billed, parts["discount"], 0).astype(np.int32)
    return Bills(month, total, parts, np.full(n, NEVER, np.int32))


def bill_rows(recent: list[Bills], people: Population, of: Calendar, month: int) -> pa.Table:
    """The bills file of a month, cut on the third of the next: its bills, and earlier ones paid since the last cut."""
    cut, last_cut = of.first_of(month + 1) + 3, of.first_of(month) + 3
    tables = []
    for bills in recent:
        if bills.month == month:
            who = np.flatnonzero(bills.total > 0)
        else:
            who = np.flatnonzero((bills.paid_day >= last_cut) & (bills.paid_day < cut) & (bills.total > 0))
        tables.append(_rows(bills, people, of, who, cut))
    return pa.concat_tables(tables)


def _rows(bills: Bills, people: Population, of: Calendar, who: NDArray[np.integer], cut: int) -> pa.Table:
    issued = of.first_of(bills.month + 1)
    prepaid = people.payment[who] == 2
    paid = np.where(prepaid, issued, bills.paid_day[who])
    is_paid = paid < cut
    due = np.where(prepaid, issued, issued + people.due_day[who] - 1)
    return pa.table(
        {
            "subscriber_id": people.subscriber_id[who],
            "bill_month": pa.array(np.full(len(who), of.name(bills.month), dtype=object), pa.string()),
            "issued_at": of.dates(np.full(len(who), issued)),
            "due_at": of.dates(due),
            "total_cents": bills.total[who],
            **{f"{a}_cents": bills.parts[a][who] for a in AMOUNTS},
            "paid_cents": np.where(is_paid, bills.total[who], 0),
            "paid_at": pa.array(of.dates(np.where(is_paid, paid, 0)), mask=~is_paid),
        }
    )
