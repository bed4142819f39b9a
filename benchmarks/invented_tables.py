"""Tables that no operator sent, each hard in a way of its own, and the public ones that lie in a folder."""
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

Table = tuple[pd.DataFrame, np.ndarray]
PUBLIC = {"mlc_churn": ("churn", ","), "iranian_churn": ("Churn", ","), "bank_full": ("y", ";")}


def public(folder: Path) -> dict[str, Callable[[], Table]]:
    """The public tables of a folder, by name; those that are not there are left out."""
    return {name: lambda name=name: read(folder, name) for name in PUBLIC if (folder / f"{name}.csv").is_file()}


def read(folder: Path, name: str) -> Table:
    """A public table without what is known only afterwards (`duration` of the bank's call), and its outcome."""
    outcome, separator = PUBLIC[name]
    table = pd.read_csv(folder / f"{name}.csv", sep=separator).drop(columns="duration", errors="ignore")
    churned = table.pop(outcome).isin(["yes", 1]).to_numpy(dtype=int)
    return table, churned


def drawn(rng: np.random.Generator, odds: np.ndarray, rate: float) -> np.ndarray:
    """Outcomes whose log odds are `odds` and a constant, so that the mean chance is `rate`."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if (1 / (1 + np.exp(-odds - middle))).mean() > rate else (middle, high)
    return (rng.random(len(odds)) < 1 / (1 + np.exp(-odds - low))).astype(int)


def services(rows: int = 7000) -> Table:
    """A household's services, nearly additive: tenure, contract, access and a dozen answers of yes and no."""
    rng = np.random.default_rng(1)
    tenure = np.where(rng.random(rows) < 0.3, rng.exponential(6, rows), rng.uniform(0, 72, rows)).clip(0, 72).round()
    contract = np.where(rng.random(rows) < 0.55 - 0.005 * tenure, "month", rng.choice(["year", "two years"], rows))
    access = rng.choice(["dsl", "fibre", "none"], rows, p=[0.34, 0.44, 0.22])
    odds = -0.045 * tenure - 0.6 * np.log1p(tenure) + 1.4 * (contract == "month") - 0.9 * (contract == "two years") + 1.0 * (access == "fibre")
    table, bill = {"tenure": tenure, "contract": contract, "access": access}, 20 + 25 * (access == "dsl") + 50 * (access == "fibre")
    for name, effect in {"security": -0.45, "backup": -0.2, "support": -0.45, "television": 0.25, "films": 0.25, "partner": 0.0}.items():
        has = rng.random(rows) < 0.4 + 0.003 * tenure
        table[name], bill, odds = np.where(access == "none", "no access", np.where(has, "yes", "no")), bill + 6 * has, odds + effect * has
    table["payment"] = rng.choice(["electronic", "mailed", "transfer", "card"], rows)
    odds, monthly = odds + 0.4 * (table["payment"] == "electronic"), (bill + rng.normal(0, 1.5, rows)).round(2)
    total = [f"{value:.2f}" if months else " " for value, months in zip(monthly * tenure, tenure, strict=True)]
    return pd.DataFrame(table | {"monthly": monthly, "total": total}), drawn(rng, odds, 0.265)


def codes(rows: int = 12_000) -> Table:
    """Five columns of codes, up to 4,000 values each, one of them idle, beside eight numbers."""
    rng = np.random.default_rng(5)
    table, odds = {}, np.zeros(rows)
    for place, (many, effect) in enumerate([(3000, 0.9), (1200, 0.7), (150, 0.5), (40, 0.5), (4000, 0.0)]):
        code = rng.integers(0, many, rows) if place % 2 else np.minimum(rng.pareto(0.7, rows) * many / 40, many - 1).astype(int)
        table[f"code_{place}"], odds = code.astype(str), odds + rng.normal(0, effect, many)[code]
    for place in range(8):
        table[f"number_{place}"] = rng.normal(size=rows)
        odds = odds + rng.normal() * 0.3 * table[f"number_{place}"]
    return pd.DataFrame(table), drawn(rng, odds, 0.12)


def gaps(rows: int = 12_000) -> Table:
    """110 skewed columns, most of them full of gaps, and 18 of categories; a gap may tell something. One column is empty, one says one thing."""
    rng = np.random.default_rng(4)
    table, odds, hidden = {}, np.zeros(rows), rng.normal(size=(rows, 5))
    for place in range(110):
        value = hidden[:, place % 5] * rng.random() + rng.normal(size=rows)
        gone = rng.random(rows) < ([0, 0.1, 0.5, 0.97, 0.985][place % 5] if place % 7 else 0.11)
        odds = odds + (rng.normal() * 0.35 * np.tanh(np.where(gone, 0, value)) if place % 13 == 0 else 0) + (0.8 * gone if place % 17 == 0 else 0)
        table[f"number_{place}"] = np.where(gone | (place == 50), np.nan, 7.0 if place == 51 else np.exp(1.5 * value).round(1))
    for place in range(18):
        many = [3, 8, 25, 80, 400, 2000, 5000][place % 7]
        code = rng.zipf(1.3, rows) % many
        gone = rng.random(rows) < (0.5 if place % 5 == 4 else 0.02)
        table[f"code_{place}"] = pd.Series([f"v{value:x}" for value in code], dtype=object).mask(gone)
        odds = odds + (rng.normal(0, 0.35, many)[code] if place % 2 == 0 else 0)
    return pd.DataFrame(table), drawn(rng, odds, 0.074)


def few(rows: int = 12_000) -> Table:
    """One row in a hundred churns; twenty numbers, half of them skewed, and a plan of 60 kinds."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(rows, 20))
    plan, effect = rng.integers(0, 60, rows), rng.normal(0, 0.6, 60)
    odds = x[:, 0] + 0.7 * np.abs(x[:, 1]) - 0.6 * x[:, 2] * (x[:, 3] > 0) + 0.5 * x[:, 10] + effect[plan]
    return pd.DataFrame(np.hstack([x[:, :10], np.exp(x[:, 10:])])).add_prefix("x").assign(plan=[f"p{code}" for code in plan]), drawn(rng, odds, 0.01)


def tiny(rows: int = 500) -> Table:
    """Five hundred rows, eight numbers and two categories."""
    rng = np.random.default_rng(7)
    x, plan, region = rng.normal(size=(rows, 8)), rng.choice(list("abcde"), rows), rng.choice(list("xyz"), rows)
    odds = x[:, 0] - 0.7 * x[:, 1] + 0.8 * (x[:, 2] > 0.5) + 0.9 * (plan == "a") - 0.6 * (region == "y") * (x[:, 0] > 0)
    return pd.DataFrame(x.round(2)).add_prefix("x").assign(plan=plan, region=region), drawn(rng, odds, 0.25)


def linear(rows: int = 3000) -> Table:
    """Fifteen correlated numbers and a straight line through them."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(rows, 15)) @ (rng.normal(size=(15, 15)) * 0.4 + np.eye(15))
    return pd.DataFrame(x).add_prefix("x"), drawn(rng, x @ (rng.normal(size=15) * 0.22), 0.15)


def products(rows: int = 8000) -> Table:
    """What counts are products of two columns, where each alone says nothing."""
    rng = np.random.default_rng(9)
    x, plan = rng.normal(size=(rows, 14)), rng.integers(0, 8, rows)
    sign = np.array([1, -1, 1, -1, 0.5, -0.5, 0, 0])[plan]
    odds = 1.2 * x[:, 0] * x[:, 1] + 1.2 * sign * x[:, 2] + 0.8 * (x[:, 3] > 0) * (x[:, 4] > 0) * (x[:, 5] < 0.5) + 0.4 * x[:, 6]
    return pd.DataFrame(x).add_prefix("x").assign(plan=list(np.array(list("abcdefgh"))[plan])), drawn(rng, odds, 0.2)


def wide(rows: int = 2000) -> Table:
    """Two hundred columns, five of which say anything."""
    rng = np.random.default_rng(10)
    x = rng.normal(size=(rows, 200))
    odds = x[:, 0] + 0.8 * np.maximum(x[:, 1], 0) - 0.7 * x[:, 2] + 0.6 * x[:, 3] * (x[:, 4] > 0)
    return pd.DataFrame(x).add_prefix("x"), drawn(rng, odds, 0.2)


INVENTED: dict[str, Callable[[], Table]] = {"services": services, "codes": codes, "gaps": gaps, "few": few, "tiny": tiny, "linear": linear,
                                            "products": products, "wide": wide}
