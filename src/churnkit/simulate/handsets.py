"""The handset models on the invented market, one TAC or two each."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from churnkit.simulate.constants import DUAL_SIM_SHARE

BRANDS = ("Xingye", "Lanhai", "Qingfeng", "Yunque", "Hongtu", "Beichen", "Maple", "Orbit")
LINES = ("A", "S", "Note", "Pro", "Lite", "Max")
MODELS_A_BRAND = 12
FIRST_TAC = 86_910_000  # eight digits; the models are invented
HISTORY_MONTHS = 110  # the oldest model was launched so long before the first month


@dataclass(frozen=True)
class Handsets:
    """Handset models, oldest first; `launched_day` counts from the first day of the simulation (negative = before)."""

    brand: list[str]
    model: list[str]
    launched_day: NDArray[np.int32]
    generation: list[str]
    price_band: list[str]
    is_smartphone: NDArray[np.bool_]
    is_dual_sim: NDArray[np.bool_]
    tac: NDArray[np.int64]
    second_tac: NDArray[np.int64]  # of the second IMEI; equal to `tac` where the model has one


def handset_market(rng: np.random.Generator, months: int) -> Handsets:
    """The models launched from nine years before the first month to the end of the simulation."""
    count = len(BRANDS) * MODELS_A_BRAND
    launched = np.sort(rng.integers(-HISTORY_MONTHS * 30, months * 30, count)).astype(np.int32)
    launched[: count // 4] = np.linspace(-HISTORY_MONTHS * 30, -1500, count // 4).astype(np.int32)
    launched = np.sort(launched)
    smart = rng.random(count) > np.where(launched < -1800, 0.25, 0.03)
    generation = [
        "2G" if not s else "4G" if day < -2000 else "5G" if day > -900 or odd else "4G"
        for s, day, odd in zip(smart, launched, rng.random(count) < 0.45, strict=True)
    ]
    generation = ["3G" if g == "4G" and day < -3100 else g for g, day in zip(generation, launched, strict=True)]
    brand = [BRANDS[k] for k in rng.permutation(np.arange(count) % len(BRANDS))]
    order = rng.permutation(count)
    tac = FIRST_TAC + np.arange(count, dtype=np.int64) * 37
    return Handsets(
        brand=brand,
        model=[f"{b} {LINES[k % len(LINES)]}{k // len(LINES) + 1}" for b, k in zip(brand, order.tolist(), strict=True)],
        launched_day=launched,
        generation=generation,
        price_band=[("low", "mid", "high")[k] for k in rng.choice(3, count, p=[0.4, 0.4, 0.2])],
        is_smartphone=smart,
        is_dual_sim=smart & (rng.random(count) < DUAL_SIM_SHARE),
        tac=tac,
        second_tac=np.where(rng.random(count) < 0.5, tac + 1, tac),
    )


def handset_rows(market: Handsets, first_day: np.datetime64) -> pa.Table:
    """The handsets extract: one row per TAC."""
    two = np.flatnonzero(market.second_tac != market.tac)
    row = np.concatenate([np.arange(len(market.tac)), two])
    tac = np.concatenate([market.tac, market.second_tac[two]])
    row = row[np.argsort(tac)]
    return pa.table(
        {
            "tac": pa.array(np.sort(tac)),
            "brand": [market.brand[k] for k in row],
            "model": [market.model[k] for k in row],
            "launched_on": pa.array(first_day + market.launched_day[row].astype("timedelta64[D]")),
            "generation": [market.generation[k] for k in row],
            "price_band": [market.price_band[k] for k in row],
            "is_smartphone": pa.array(market.is_smartphone[row]),
            "is_dual_sim": pa.array(market.is_dual_sim[row]),
        }
    )
