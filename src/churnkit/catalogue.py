"""The catalogue of warning signs by row: the features that each one became, and why the others were left out."""

FAMILIES = {"A": (1, 17), "B": (18, 33), "C": (34, 50), "D": (51, 60), "E": (61, 71), "F": (72, 83), "G": (84, 93), "H": (94, 98), "I": (103, 112),
            "J": (113, 124), "K": (125, 130), "L": (131, 138), "M": (139, 147), "N": (148, 152)}
UNUSED = (111, 133)  # numbers that the catalogue skips within a family
ROWS = tuple(n for first, last in FAMILIES.values() for n in range(first, last + 1) if n not in UNUSED)

# The features of each row, without their windows. What is not here goes beyond the catalogue.
BUILT: dict[int, str] = {
    1: "days_since_last_out_call", 2: "days_since_last_in_call", 3: "days_since_last_own_activity days_since_last_use",
    4: "days_since_last_sms days_since_last_data", 5: "days_since_last_recharge", 6: "active_days", 7: "silent_days_share", 8: "longest_silent_run",
    9: "current_silent_run", 10: "silent_runs_ge3", 11: "silence_vs_own_p95 silent_run_p95_180d", 12: "churn_factor gap_median_180d",
    13: "receive_only_days receive_only_days_share", 14: "weeks_without_outgoing_8w", 15: "gap_mean gap_std", 16: "is_active_3_of_last_7",
    17: "unreachable_share",
    18: "outgoing_calls incoming_calls", 19: "outgoing_minutes incoming_minutes", 20: "outgoing_call_minutes incoming_call_minutes",
    21: "distinct_contacts", 22: "new_contacts_1m", 23: "sms_sent sms_received", 24: "outgoing_minutes_change",
    25: "outgoing_calls_change incoming_calls_change contacts_change_1m", 26: "outgoing_slope_8w", 27: "outgoing_cv_8w", 28: "outgoing_worst_week_8w",
    29: "days_since_outgoing_fall outgoing_fall_evidence", 30: "initiated_share", 31: "action_over_good", 32: "sms_share data_only_days_share",
    33: "minutes_a_day_of_use active_days days_since_last_own_activity",
    34: "bill_last", 35: "bill_mean", 36: "bill_std", 37: "bill_cv", 38: "bill_step_mean", 39: "bill_z_last", 40: "bill_drop_ratio",
    41: "is_bill_shock bill_shock_ratio", 42: "bill_range_ratio", 43: "overage_share", 44: "over_plan_months",
    45: "voice_utilisation data_utilisation", 46: "overspend_vs_best_plan", 47: "value_added_share", 48: "third_party_share",
    49: "discount_share days_since_discount_end",
    51: "recharge_count", 52: "recharge_sum recharge_mean recharge_max", 53: "recharge_gap_mean recharge_gap_std", 54: "recharge_overdue",
    55: "recharge_pareto", 56: "balance_after_recharge balance_estimate", 57: "average_balance", 58: "days_under_5_yuan days_under_10_yuan",
    59: "days_to_empty",
    61: "forwarded_unconditional forwarded_busy forwarded_no_answer forwarded_unreachable", 62: "is_forwarding_active", 63: "days_since_first_cfu",
    64: "forwarded_share", 65: "forwarded_to_rival_share forwarded_to_own_share forwarded_to_own_second_share forwarded_to_notice_share "
                               "forwarded_to_fixed_share",
    66: "forward_target_count", 67: "top_target_share", 68: "is_forward_target_new", 69: "unreachable_change unreachable_rise",
    70: "forwarding_set_ups", 71: "unanswered_share",
    72: "tenure_days", 73: "is_first_90_days is_first_180_days", 74: "days_to_contract_end contract_end_days", 75: "contract_expired_days",
    76: "lockin_months_left contract_share_left", 77: "has_minimum_spend", 78: "renewals_6m", 79: "has_bundle", 80: "customer_lines",
    81: "is_in_group", 82: "has_autopay", 83: "is_port_eligible",
    84: "handset_age_days", 85: "handset_brand handset_model", 86: "handset_price_band", 87: "handsets_used handset_models_used",
    88: "is_handset_changed", 89: "radio_gap handset_ahead_of_plan", 90: "is_dual_sim", 91: "lines_on_handset", 93: "is_smartphone",
    94: "own_care_calls", 95: "complaints complaint_level", 96: "days_since_complaint", 97: "has_open_complaint open_complaint_days",
    98: "compensation",
    103: "rival_care_calls", 104: "port_queries", 105: "port_authorisations", 106: "rival_minutes top_rival top_rival_minutes",
    107: "rival_share_rise", 108: "rival_access_code_calls rival_access_code_minutes", 109: "access_code_share access_code_share_rise",
    110: "rival_contacts_share",
    113: "onnet_share", 114: "people_called people_answered reciprocal_contacts_share", 115: "left_contacts left_contacts_share",
    116: "churn_influence", 117: "is_strongest_tie_gone days_since_strongest_tie_left",
    118: "ported_contacts ported_contacts_share ported_to ported_to_one_share", 119: "left_contacts_share",
    122: "contact_entropy contact_concentration", 123: "top_tie_share top_three_ties_share contacts_of_four_fifths", 124: "lost_regulars_1m",
    125: "night_share night_share_rise", 126: "weekend_share", 127: "off_peak_share off_peak_share_rise", 128: "hour_entropy hour_entropy_change",
    129: "best_slot", 130: "avoid_slots",
    131: "roaming_days roaming_minutes has_been_abroad", 132: "is_home_cell_changed former_home_share", 134: "internet_mb internet_days",
    135: "internet_change", 136: "is_data_without_calls_30d", 138: "overage_data_last",
    139: "arrears_amount unpaid_months", 140: "payment_delay_mean_6m payment_delay_change", 141: "bills_paid amount_paid", 142: "one_way_stop_days",
    143: "two_way_stops", 144: "state_now", 145: "days_since_reopen", 146: "last_stop_reason", 147: "credit_limit_used"}

# What no extract can feed, and what another column says: (rows, what of them, why). A row may be built in part; one idea has no row.
LEFT_OUT: tuple[tuple[tuple[int, ...], str, str], ...] = (
    ((15,), "interevent_max", "`longest_silent_run` is the longest gap between two active days, within the window"),
    ((15,), "gap statistics between single events", "summaries keep days, so gaps are between active days (`gap_mean`, `gap_std`)"),
    ((17,), "failed incoming calls", "records hold no failed attempts; legs diverted as unreachable are `unreachable_share_30d`, in family E"),
    ((20,), "median and longest call", "summaries keep sums: `outgoing_call_minutes` and `incoming_call_minutes` are means"),
    ((29,), "changepoint_flag", "`outgoing_fall_evidence` says how sharp the change is, not only whether there is one"),
    ((32,), "share of data among events", "data come as sessions or as daily totals, so days are compared: `data_only_days_share_30d`"),
    ((45, 46), "SMS in the use of plans and in their comparison", "few pay for them: minutes and data are compared"),
    ((49,), "days_to_discount_end", "who leaves ends what was ordered, so an order's last day is not known until it has passed "
     "(decision 0014): `days_since_discount_end`"),
    ((50,), "credit_adjustment_flag", "bills carry no line for refunds or adjustments"),
    ((56,), "balance_now as it is", "top-ups tell the balance with them: `balance_estimate` goes on at the usual pace"),
    ((60,), "small_pack_share", "top-ups do not say which packs were bought, nor do orders say what is in one"),
    ((65,), "voicemail as a class of its own", "the number plan knows short codes only: they are notice platforms"),
    ((65,), "invalid targets", "the number plan does not say that a number is not in use; what it does not know counts in no class"),
    ((70,), "forwarding set up by signalling", "GSM's codes mostly leave no record; `forwarding_set_ups_30d` counts those dials that do"),
    ((78,), "renewal_count over life", "snapshots go six months back: `renewals_6m`"),
    ((81,), "family_vpmn_flags one by one", "snapshots name one group only: `is_in_group`"),
    ((82,), "autopay_bank_bound as a count over 12 months", "snapshots say whether there is a standing order, not its use: `has_autopay`"),
    ((83,), "port_eligible counted from the porting in", "a porting in opens a line, so `is_port_eligible` counts from activation"),
    ((85,), "smoothed encoding of brand and model", "encoding belongs to the model: `handset_model` and `handset_brand` stay codes"),
    ((89,), "radio_gap to the SIM", "no extract says what a SIM can do; `handset_ahead_of_plan` is the gap to the plan"),
    ((92,), "bundle_handset_removed", "no extract says which handset a contract subsidised"),
    ((), "handset_fault", "topics of `care_contacts` are in each operator's own words"),
    ((98,), "compensation over life", "contacts with care are looked back at for a year: `compensation_365d`"),
    ((106,), "a column per rival", "rivals differ by operator and province: all together, and the one talked with most"),
    ((112,), "rival_telesales_in", "the number plan does not name rivals' sales ranges"),
    ((120, 121), "pagerank, sender_rank, clustering_coef", "they need many passes, or all pairs of contacts, over the whole graph each month"),
    ((125,), "night long-distance minutes in a night plan's hours", "plans do not state their hours"),
    ((127,), "peak over off-peak", "most lines have no off-peak use in a month, and a ratio would be null: `off_peak_share` orders lines alike"),
    ((132,), "home by data sessions", "cells are those of calls and SMS, which every operator sends"),
    ((137,), "leftover_traffic_share", "bills do not say what was carried over: `data_utilisation_1m` tells what was left"),
    ((141,), "payments in parts", "a bill holds its last payment only"),
    ((148, 149, 150, 151, 152), "retention history", "it stays out of the churn model: it would learn what was done about the score"))


def rows_of(name: str, window: str) -> str:
    """The rows of the catalogue that a column belongs to, as text; empty beyond the catalogue."""
    stem = name.removesuffix(f"_{window}") if window else name
    return ", ".join(str(row) for row, stems in BUILT.items() if stem in stems.split())


def family_of(row: int) -> str:
    """The letter of a row's family."""
    return next(letter for letter, (first, last) in FAMILIES.items() if first <= row <= last)
