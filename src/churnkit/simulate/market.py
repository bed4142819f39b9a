"""The districts, plans and teams of the invented operator."""

from typing import Final

CITIES: Final = {
    "南昌市": (("东湖区", 0.16), ("西湖区", 0.14), ("青山湖区", 0.12), ("红谷滩区", 0.10)),
    "九江市": (("浔阳区", 0.09), ("濂溪区", 0.06), ("柴桑区", 0.05)),
    "赣州市": (("章贡区", 0.09), ("南康区", 0.06), ("赣县区", 0.04)),
    "上饶市": (("信州区", 0.06), ("广丰区", 0.03)),
}
PROVINCE: Final = "江西省"
BRANCHES: Final = tuple(f"{PROVINCE}/{city}/{name}" for city, names in CITIES.items() for name, _ in names)
BRANCH_SHARES: Final = tuple(share for names in CITIES.values() for _, share in names)
TEAMS_A_BRANCH: Final = 3
MANAGERS_A_BRANCH: Final = 2

# A rival's offer: branch, first and last month (0 = the first simulated), drawn to the demo's fifteen months.
RIVAL_OFFERS: Final = ((2, 2, 5), (4, 5, 8), (7, 7, 11), (1, 10, 14))

# plan, fee in cents, minutes included, share of usage it suits (rate relative to the mean) at least
PLANS: Final = (
    ("畅享8", 800, 0, 0.0),
    ("畅享19", 1900, 50, 0.0),
    ("畅享39", 3900, 150, 0.3),
    ("畅享59", 5900, 300, 0.6),
    ("冰激凌79", 7900, 500, 0.9),
    ("冰激凌99", 9900, 700, 1.2),
    ("冰激凌129", 12900, 1000, 1.6),
    ("冰激凌199", 19900, 2000, 2.4),
)
CONTRACT_MONTHS: Final = (12, 18, 24)
CONTRACT_KINDS: Final = ("handset_subsidy", "prepaid_rebate", "broadband_bundle")
BUNDLES: Final = ("", "broadband", "family")
