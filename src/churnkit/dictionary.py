"""The feature dictionary: every column with its meaning, unit, null rule and sentence, and what is left out of the catalogue, and why."""
from collections.abc import Iterable
from importlib import import_module

from churnkit.features import REGISTRY, SOURCES, Feature

FAMILIES = {"silence": "A", "bills": "C", "forwarding": "E", "tenure": "F", "handset": "G", "usage": "B", "falls": "B", "care": "H", "rival": "I",
            "social": "J", "payment": "M", "recharge": "D", "balance": "D", "plan_fit": "C",
            "orders": "F", "volume": "L"}
SIDES = {"+": "high", "-": "low", "±": "either"}
COLUMNS = ("column", "what it is", "unit", "window", "source", "where absent", "risky side", "marks", "中文", "English")

# Rows of the catalogue that no extract here can feed, or that say what another column says: (number, what, why).
LEFT_OUT: dict[str, tuple[tuple[str, str, str], ...]] = {
    "A": (("15", "interevent_max", "`longest_silent_run` is the longest gap between two active days, within the window"),
          ("15", "gap statistics between single events", "summaries keep days, so gaps are between active days (`gap_mean`, `gap_std`)"),
          ("17", "failed incoming calls", "records hold no failed attempts; legs diverted as unreachable are `unreachable_share_30d`, in family E")),
    "C": (("46", "SMS in the comparison of plans", "few pay for them: `overspend_vs_best_plan_3m` compares minutes and data"),
          ("49", "days_to_discount_end", "who leaves ends what was ordered, so an order's last day is not known until it has passed "
           "(decision 0014): `days_since_discount_end`"),
          ("50", "credit_adjustment_flag", "bills carry no line for refunds or adjustments")),
    "E": (("65", "voicemail as a class of its own", "the number plan knows short codes only: they are notice platforms"),
          ("65", "invalid targets", "the number plan does not say that a number is not in use; what it does not know counts in no class"),
          ("70", "fwd_feature_dials", "GSM sets it up by signalling, which leaves no record; `forward_dial` of the calls is not summarised yet")),
    "F": (("78", "renewal_count over life", "snapshots go six months back: `renewals_6m`"),
          ("81", "family_vpmn_flags one by one", "snapshots name one group only: `is_in_group`"),
          ("82", "autopay_bank_bound as a count over 12 months", "snapshots say whether there is a standing order, not its use: `has_autopay`"),
          ("83", "port_eligible counted from the porting in", "a porting in opens a line, so `is_port_eligible` counts from activation")),
    "G": (("85", "smoothed encoding of brand and model", "encoding belongs to the model: `handset_model` and `handset_brand` stay codes"),
          ("89", "radio_gap to the SIM", "no extract says what a SIM can do; `handset_ahead_of_plan` is the gap to the plan"),
          ("91", "shared_imei", "`device_key` of the calls is not summarised yet"),
          ("92", "bundle_handset_removed", "no extract says which handset a contract subsidised"),
          ("", "handset_fault", "topics of `care_contacts` are in each operator's own words")),
    "B": (("20", "median and longest call", "summaries keep sums: `outgoing_call_minutes_30d` is the mean"),
          ("29", "changepoint_flag", "`outgoing_fall_evidence` says how sharp the change is, not only whether there is one"),
          ("31, 33", "action_over_good, rfm_daily", "recency, frequency and change are columns of their own"),
          ("32", "event_type_mix", "data come as sessions or as daily totals, so days are compared: `data_only_days_share_30d`; SMS are few")),
    "D": (("56", "balance_now as it is", "top-ups tell the balance with them: `balance_estimate` goes on at the usual pace"),
          ("60", "small_pack_share", "top-ups do not say which packs were bought, nor do orders say what is in one")),
    "H": (("98", "compensation over life", "contacts with care are looked back at for a year: `compensation_365d`"),),
    "I": (("106", "minutes per rival", "rivals differ by operator and province: they are taken together"),
          ("108, 109", "access-code long distance", "charges for domestic long distance ended in 2017; `access_code` of the calls is not summarised"),
          ("112", "rival_telesales_in", "the number plan does not name rivals' sales ranges")),
    "J": (("119", "label_prop_risk", "one hop, unweighted, is `left_contacts_share_90d`"),
          ("120, 121", "pagerank, clustering_coef", "they need many passes over the whole graph each month"),
          ("122", "contact_entropy", "sums of logarithms differ by the order of rows: `contact_concentration_3m` says the same in whole numbers")),
    "K": (("125-130", "time pattern", "summaries keep days, not hours"),),
    "L": (("131", "roaming", "`roaming` of the calls is not summarised"),
          ("132", "home_cell_change", "there is no summary of cells"),
          ("137", "leftover_traffic_share", "bills do not say what was carried over: `data_utilisation_1m` tells what was left"),
          ("138", "out_of_pack_data", "it is `overage_data_last`")),
    "M": (("141", "pay_times, pay_num", "a bill holds its last payment only"),),
    "N": (("148-152", "retention history", "it stays out of the churn model: it would learn what was done about the score"),),
}


def features_page() -> str:
    """docs/features.md, as Markdown."""
    families = dict.fromkeys([*(f for f in FAMILIES if any(g.family == f for g in REGISTRY.values())), *(g.family for g in REGISTRY.values())])
    parts = [PREFACE.format(columns=len(REGISTRY), families=len(families)), *map(family_table, families), left_out_table(), source_table()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def family_table(family: str) -> str:
    """One family: its sentence and its columns."""
    about = (import_module(f"churnkit.features.{family}").__doc__ or "").strip().splitlines()[0]
    letter = f" ({FAMILIES[family]})" if family in FAMILIES else ""
    return f"## {family}{letter}\n\n{about}\n\n" + markdown(COLUMNS, (row(f) for f in REGISTRY.values() if f.family == family))


def row(f: Feature) -> tuple[str, ...]:
    """One column's row."""
    source = ", ".join(f"`{name}`" for name in ((f.source,) if f.source else f.of) + f.needs)
    marks = ("⚠" if f.is_adjacent else "") + ("【内】" if f.is_internal else "")
    return (f"`{f.name}`", f.description, f.unit, f.window, source, "null" if f.missing is None else str(f.missing), SIDES[f.risky], marks,
            sentence(f.reason_zh, f.zero_zh), sentence(f.reason_en, f.zero_en))


def sentence(text: str, zero: str) -> str:
    """A reason sentence with its form for zero."""
    return f"{text} / 0: {zero}" if zero else text


def left_out_table() -> str:
    """The rows of the catalogue that are not built."""
    rows = ((family, number, what, why) for family, entries in LEFT_OUT.items() for number, what, why in entries)
    return "## Left out\n\n" + markdown(("family", "row", "what", "why"), rows)


def source_table() -> str:
    """The derived tables that features are taken from."""
    rows = ((f"`{s.name}`", ", ".join([*(f"`{n}`" for n in s.needs), *(f"`{n}` where it is there" for n in s.also)]), s.description)
            for s in SOURCES.values())
    return "## Sources\n\nBesides the summaries and extracts themselves:\n\n" + markdown(("source", "made of", "one row is"), rows)


def markdown(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


PREFACE = """# Warning features

{columns} columns in {families} families, one row per subscriber and as-of date. This page is written by `churnkit docs` from the declarations in
`src/churnkit/features/`; do not edit it.

- A window `7d` is the days [as-of date − 7, as-of date), `3m` the three calendar months before the as-of date, whole ones.
- *Where absent*: what stands where the source has no row for the subscriber. Where a description says when a value is null, null means that, too.
- *Risky side*: the side on which the column may be given as a reason, compared with the median of the list.
- ⚠ lies next to a definition of churn; `train.without` leaves such a column out of a run. 【内】 an agent may know but must not say.
- Money is in cents; sentences show yuan. Sentences without a text are never given as a reason."""
