"""The subscribers of the invented operator: what stays true of each for life."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnkit.simulate import constants as k
from churnkit.simulate.calendars import Calendar
from churnkit.simulate.handsets import Handsets
from churnkit.simulate.market import BRANCH_SHARES, CONTRACT_MONTHS, MANAGERS_A_BRANCH, PLANS, TEAMS_A_BRANCH

Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
Reals = NDArray[np.floating]
Days = NDArray[np.int32]

NEVER = 2**30  # a day that does not come


@dataclass(frozen=True)
class Population:
    """Subscribers, those who join later included; one element of each array per subscriber, days from day 0."""

    seed: int
    size: int
    subscriber_id: NDArray[np.int64]
    msisdn: NDArray[np.int64]
    customer: NDArray[np.int64]  # the same for two lines of one customer
    join_day: Days
    branch: Codes
    team: Codes
    manager: Codes  # -1 = none
    line_kind: Codes
    payment: Codes
    channel: Codes
    plan: Codes
    bundle: Codes
    contract_months: Codes  # 0 = no contract
    contract_end: Days  # of the first contract; NEVER = none
    has_minimum_spend: Flags
    has_autopay: Flags
    pays_late: Flags
    due_day: Days
    stop_lag: Days
    two_way_lag: Days
    out_rate: Reals  # calls a day
    in_rate: Reals
    out_sms_rate: Reals
    degree: NDArray[np.int16]
    answer_share: Reals
    call_s: Reals  # mean length of a call
    forward_class: Codes  # what is not answered: 0 stays, 1 notice platform, 2 an own second number
    is_salesman: Flags
    is_farmed: Flags
    data_log: Reals  # log of data use over allowance
    value_added_cents: NDArray[np.int32]
    handset: NDArray[np.int16]  # model on day 0 or on joining
    alt_contact: NDArray[np.int64]  # 0 = none

    @property
    def is_billed(self) -> Flags:
        """Pays after use, so that it can owe money."""
        return self.payment < 2

    @property
    def is_person(self) -> Flags:
        """A line that a person uses and pays for."""
        return self.line_kind == 0


def _joined(rng: np.random.Generator, subscribers: int, of: Calendar) -> Days:
    """Day of joining: the first base has its tenure, then each month brings its gross adds. Order is random."""
    first_base = round(subscribers / (1 - k.BURN_IN_LOSS))
    tenure = np.minimum(rng.exponential(k.TENURE_MEAN_DAYS, first_base) + 1, k.TENURE_MAX_DAYS)
    monthly = round(subscribers * k.GROSS_ADDS_SHARE)
    later = [rng.integers(of.first_of(m), of.first_of(m + 1), monthly) for m in range(of.months)]
    return rng.permutation(np.concatenate([-tenure.astype(np.int32), *later]).astype(np.int32))


def _usage_level(rng: np.random.Generator, size: int, two_phone: Flags) -> Reals:
    """A person's usage as a share of the mean: lognormal, with a floor that only the light users fall below."""
    level = np.exp(rng.normal(-0.12, k.RATE_SIGMA, size))
    level = np.maximum(level, k.RATE_FLOOR)
    level = np.where(two_phone, rng.uniform(k.RATE_FLOOR, k.RATE_FLOOR * 1.5, size), level)
    light = rng.random(size) < k.LIGHT_SHARE
    return np.where(light, rng.uniform(*k.LIGHT_RATE, size), level).astype(np.float32)


def _customers(rng: np.random.Generator, size: int) -> NDArray[np.int64]:
    """Customer key of each line; some customers own two lines."""
    customer = np.arange(size, dtype=np.int64)
    second = np.flatnonzero(rng.random(size) < k.SECOND_LINE_SHARE / 2)
    customer[second] = customer[(second * 7 + 13) % size]
    return 400_000_000 + customer * 7 % 599_999_993


def _plans(rng: np.random.Generator, level: Reals, payment: Codes) -> Codes:
    """A plan that mostly suits the usage: what people think they use, with an error."""
    guess = level * np.exp(rng.normal(0, 0.35, len(level)))
    suits = np.array([p[3] for p in PLANS])
    plan = np.searchsorted(suits, guess, side="right") - 1
    return np.where((payment == 2) & (plan > 4), 4, np.maximum(plan, rng.integers(0, 3, len(level)))).astype(np.int8)


def people(rng: np.random.Generator, subscribers: int, of: Calendar, market: Handsets, seed: int) -> Population:
    """The first base of `subscribers` and all who join later."""
    join = _joined(rng, subscribers, of)
    n = len(join)
    line = rng.choice(len(k.LINE_KINDS), n, p=k.LINE_KIND_SHARES).astype(np.int8)
    pay = rng.choice(3, n, p=k.PAYMENT_SHARES).astype(np.int8)
    channel = rng.choice(len(k.CHANNELS), n, p=k.CHANNEL_SHARES).astype(np.int8)
    branch = np.sort(rng.choice(len(BRANCH_SHARES), n, p=np.array(BRANCH_SHARES) / sum(BRANCH_SHARES))).astype(np.int8)
    farmed = (channel == 1) & (rng.random(n) < k.FARMED_SHARE) & (join > -60)
    two_phone = rng.random(n) < k.TWO_PHONE_SHARE
    level = _usage_level(rng, n, two_phone)
    level = np.where(farmed, rng.uniform(k.RATE_FLOOR * 0.8, k.RATE_FLOOR * 1.3, n), level).astype(np.float32)
    level = np.where((line == 1) | (line == 4), 0.05, level).astype(np.float32)
    balance = np.exp(rng.normal(0, 0.25, n)) * np.where(two_phone, 0.6, 1.0)
    months = np.where((pay < 2) & (rng.random(n) < k.CONTRACT_SHARE), rng.choice(CONTRACT_MONTHS, n), 0)
    since = np.maximum(join, -rng.integers(0, 900, n) - 100)  # the current contract, or a lapsed one, began then
    key = rng.random(n) < k.KEY_ACCOUNT_SHARE
    misfit = rng.random(n) < k.MISFIT_SHARE
    bought = np.maximum(join, -rng.exponential(550, n))
    launched = np.searchsorted(market.launched_day, bought - rng.exponential(200, n))
    return Population(
        seed=seed,
        size=n,
        subscriber_id=7_110_000_000 + (np.arange(n, dtype=np.int64) * 48_271 + 17) % 899_999_981,
        msisdn=12_000_000_000 + (np.arange(n, dtype=np.int64) * 7_919 + 104_729) % 39_999_983,
        customer=_customers(rng, n),
        join_day=join,
        branch=branch,
        team=rng.integers(0, TEAMS_A_BRANCH, n).astype(np.int8),
        manager=np.where(key, rng.integers(0, MANAGERS_A_BRANCH, n), -1).astype(np.int8),
        line_kind=line,
        payment=pay,
        channel=channel,
        plan=_plans(rng, level, pay),
        bundle=rng.choice(3, n, p=[0.62, 0.25, 0.13]).astype(np.int8),
        contract_months=months.astype(np.int8),
        contract_end=np.where(months > 0, since + months * 30.4375, NEVER).astype(np.int32),
        has_minimum_spend=(months > 0) & (rng.random(n) < k.MINIMUM_SPEND_SHARE),
        has_autopay=rng.random(n) < k.AUTOPAY_SHARE,
        pays_late=rng.random(n) < k.LATE_SHARE,
        due_day=rng.choice(k.DUE_DAYS, n).astype(np.int32),
        stop_lag=rng.integers(*k.STOP_LAG_DAYS, n).astype(np.int32),
        two_way_lag=rng.integers(*k.TWO_WAY_LAG_DAYS, n).astype(np.int32),
        out_rate=(level * balance * k.OUT_CALLS).astype(np.float32),
        in_rate=(level / balance * k.IN_CALLS).astype(np.float32),
        out_sms_rate=(np.exp(rng.normal(-0.6, 1.1, n)) * level * k.OUT_SMS).astype(np.float32),
        degree=np.clip(np.exp(rng.normal(np.log(k.DEGREE_MEDIAN), k.DEGREE_SIGMA, n)), 3, 120).astype(np.int16),
        answer_share=rng.uniform(*k.ANSWER_SHARE, n).astype(np.float32),
        call_s=(k.MEAN_CALL_S * np.exp(rng.normal(-0.06, 0.35, n))).astype(np.float32),
        forward_class=rng.choice(3, n, p=k.FORWARD_SHARES).astype(np.int8),
        is_salesman=(rng.random(n) < k.SALESMAN_SHARE) & (level > 0.8),
        is_farmed=farmed,
        data_log=np.where(
            misfit, rng.normal(k.MISFIT_LOG_MEAN, 0.15, n), rng.normal(k.DATA_LOG_MEAN, k.DATA_LOG_SIGMA, n)
        ).astype(np.float32),
        value_added_cents=(rng.integers(2, 16, n) * 100 * (rng.random(n) < k.VALUE_ADDED_SHARE)).astype(np.int32),
        handset=np.clip(launched - 1, 0, len(market.tac) - 1).astype(np.int16),
        alt_contact=np.where(rng.random(n) < 0.55, 12_400_000_000 + rng.integers(0, 80_000_000, n), 0),
    )
