"""Invented months of features and cohorts, with a churn that the features foretell, for the stages that learn from them."""
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from churnkit.params import Common
from churnkit.timeline import Plan

TRAINING = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
EVALUATION, SCORING = date(2026, 6, 1), date(2026, 9, 1)
PLAN = Plan((), TRAINING, (*TRAINING, date(2026, 4, 1), date(2026, 5, 1), EVALUATION), EVALUATION, SCORING, {}, {})
COMMON = Common(engine="duckdb", memory="1GB", threads=2, seed=1, zone="Asia/Shanghai", wait_days=4, spill=".spill", key_file="key")


@dataclass(frozen=True)
class Said:
    """A feature as the registry declares it, as far as reasons read it."""

    name: str
    group: str = "silence"
    unit: str = "days"
    reason_zh: str | None = None
    reason_en: str | None = None
    risky: str = "+"
    is_internal: bool = False
    zero_zh: str | None = None
    zero_en: str | None = None
    told: tuple[float | None, float | None] = (None, None)
    where: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    above: float | None = None
    above_zh: str | None = None
    above_en: str | None = None


REGISTRY = {feature.name: feature for feature in (
    Said("days_since_last_own_activity", "silence", "days", "已{value:.0f}天没有使用", "no use for {value:.0f} days"),
    Said("outgoing_minutes_30d", "use", "minutes", "近30天主叫{value:.0f}分钟", "{value:.0f} outgoing minutes in 30 days", "-",
         zero_zh="近30天没有主叫", zero_en="no outgoing call in 30 days"),
    Said("bill_last", "bill", "cents", "上月话费{value:.1f}元", "last bill {value:.1f} yuan"),
    Said("is_forwarding_active", "forwarding", "flag", "来电已转移", "calls are forwarded", is_internal=True))}


def month(as_of: date, rows: int, noise: int, is_mature: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features and cohort of one date."""
    rng = np.random.default_rng([as_of.toordinal(), rows])
    silence, minutes = rng.exponential(4, rows).round(), rng.gamma(2, 60, rows).round(1) * (rng.random(rows) > 0.05)
    bill, shock = rng.gamma(4, 1500, rows).round(), np.exp(rng.normal(0, 0.4, rows)).round(3)
    forwarded, plan = rng.random(rows) < 0.05, rng.integers(0, 40, rows)
    odds = -5 + 0.18 * silence - 0.004 * minutes + 2 * forwarded + 1.5 * (shock > 1.5) + 0.8 * (plan % 7 == 0) + np.where(minutes < 20, 1.2, 0)
    churned = rng.random(rows) < 1 / (1 + np.exp(-odds))
    ids = [f"s{n:020x}" for n in range(rows)]
    features = pd.DataFrame({
        "subscriber_id": ids, "days_since_last_own_activity": silence, "outgoing_minutes_30d": minutes,
        "bill_last": pd.array(bill, dtype="Int64"), "bill_mean_3m": bill, "bill_shock_ratio": np.where(rng.random(rows) < 0.1, np.nan, shock),
        "is_forwarding_active": forwarded, "tenure_days": rng.integers(30, 3000, rows), "plan": [f"套餐{p}" for p in plan],
        "branch": np.array(["江西/南昌/东湖", "江西/南昌/西湖", "江西/九江/庐山"])[rng.integers(0, 3, rows)],
        "payment_kind": np.array(["prepaid", "postpaid"])[rng.integers(0, 2, rows)],
        **{f"noise_{n}": rng.normal(size=rows).round(4) for n in range(noise)}})
    kind = np.array(["left", "silent"], dtype=object)[rng.integers(0, 2, rows)]
    cohort = pd.DataFrame({
        "subscriber_id": ids, "stratum": np.where(rng.random(rows) < 0.1, "one_way_stop", "open"),
        "churned": pd.array(churned if is_mature else [pd.NA] * rows, dtype="boolean"),
        "exit_kind": np.where(churned & is_mature, kind, None), "matures_on": as_of, "is_censored": rng.random(rows) < 0.02})
    return features, cohort


def write_months(root: Path, rows: int = 1500, noise: int = 3) -> None:
    """The months of PLAN under `root`, as label and featurize write them."""
    for as_of in (*PLAN.mature, SCORING):
        for name, table in zip(("features", "cohorts"), month(as_of, rows, noise, as_of != SCORING), strict=True):
            folder = root / "data" / name / str(as_of)
            folder.mkdir(parents=True)
            table.to_parquet(folder / "part-0.parquet", index=False)
