# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Which signals tell who leaves?
#
# One column at a time, on the evaluation date: the features as they were known then, and who left afterwards. A look at the columns before any
# model: a signal that says nothing here may still help in company, and one that says too much may be a leak.

# %%
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from churnkit import examples
from churnkit.features import REGISTRY
from churnkit.timeline import read_plan

if "ipykernel" not in sys.modules:
    matplotlib.use("Agg")
from matplotlib import pyplot as plt

PICTURES = Path("reports/signals")
PICTURES.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## Who is looked at
#
# The open lines whose outcome is known. Who met the churn definition before the window began is left out, as in training.

# %%
as_of = read_plan().evaluation
rows, _ = examples.learnable(examples.load(as_of))
rows = rows[rows["stratum"] == "open"]
churned = rows["churned"].astype(float)
base = churned.mean()
print(f"{as_of}: {len(rows):,} open subscribers, {int(churned.sum()):,} churned ({base:.2%})")


# %%
def churn_by(values: pd.Series, edges: list[float]) -> pd.DataFrame:
    """Subscribers and their share of churners, by bands [a, b) of a column; those without a value are a band of their own."""
    cut = pd.cut(values.astype(float), [-np.inf, *edges, np.inf], right=False)
    bands = cut.cat.rename_categories(cut.cat.categories.astype("str")).cat.add_categories("none").fillna("none")
    return churned.groupby(bands, observed=True).agg(subscribers="size", churned_share="mean")


def draw(table: pd.DataFrame, name: str, label: str) -> None:
    """The bands as bars, beside the share of all."""
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    axes.bar(table.index, 100 * table["churned_share"], color="#0b6e99")
    axes.axhline(100 * base, color="#222222", linestyle=":", label="all")
    axes.set(xlabel=label, ylabel="churned, %")
    axes.legend(frameon=False)
    figure.savefig(PICTURES / f"{name}.png", dpi=110)


# %% [markdown]
# ## Four of them, in bands

# %%
for name, label, edges in (("days_since_last_own_activity", "days since the last own activity", [1, 2, 3, 5, 8, 15, 30]),
                           ("bill_shock_ratio", "last bill as a multiple of the usual one", [0, 0.8, 1.2, 1.5, 2]),
                           ("days_to_contract_end", "days to the contract's end", [0, 31, 61, 91, 181, 366]),
                           ("handset_age_days", "days on this handset", [0, 90, 180, 365, 730])):
    if name in rows:
        table = churn_by(rows[name], edges)
        print(f"\n{label}\n{table.to_string(formatters={'churned_share': '{:.2%}'.format})}")
        draw(table, name, label)

# %% [markdown]
# ## All of them, one at a time
#
# AUC of the column alone: the chance that a churner ranks above a stayer, 0.5 for a column that says nothing. Those without a value stand in
# the middle; a column that falls with the risk counts by 1 − AUC. ⚠ lies next to a churn definition.


# %%
def auc_alone(values: pd.Series) -> float:
    """AUC of a column as a score; ties count half, and so does a missing value."""
    ranks = values.astype(float).rank().fillna((values.notna().sum() + 1) / 2)
    ranks, left = ranks.rank(), churned.to_numpy() == 1
    return float((ranks[left].sum() - left.sum() * (left.sum() + 1) / 2) / max(1, left.sum() * (~left).sum()))


# %%
numeric = [f for f in REGISTRY.values() if f.name in rows and not f.is_category]
alone = pd.DataFrame({"family": [f.family for f in numeric], "auc": [auc_alone(rows[f.name]) for f in numeric],
                      "missing": [rows[f.name].isna().mean() for f in numeric], "next_to_label": ["⚠" if f.is_adjacent else "" for f in numeric]},
                     index=[f.name for f in numeric])
alone["strength"] = (alone["auc"] - 0.5).abs() + 0.5
alone = alone.sort_values(["strength", "family"], ascending=[False, True], kind="stable")
print(f"\n{alone.head(20).to_string(float_format='{:.3f}'.format)}")

# %% [markdown]
# ## The best of each family

# %%
print(f"\n{alone.groupby('family').head(1).to_string(float_format='{:.3f}'.format)}")
