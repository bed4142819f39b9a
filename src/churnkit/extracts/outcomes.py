"""Outcomes: what became of each attempt of a retention call."""
from churnkit.extracts.declare import RECEIVED, Column, Extract, Rule

CONNECTED = ("accepted", "considering_callback", "refused_offer", "refused_contact", "not_the_person", "already_moved", "complaint")
NOT_CONNECTED = ("no_answer", "busy", "power_off", "stopped", "unallocated", "rejected", "forwarded")

OUTCOMES = Extract(
    name="outcomes",
    one_row="one attempt of a retention call",
    clock="happened_at",
    late_days=366,
    natural_key=("list_id", "subscriber_id", "attempt", "happened_at"),
    note="`subscriber_id` is churnkit's own, as the call list has it, so it is not hashed again.",
    columns=(
        Column("list_id", "text", "The list that was worked through.", required=True),
        Column("subscriber_id", "pseudonym", "The subscriber, as the list names them.", required=True),
        Column("happened_at", "time", "When the call was made, local time.", required=True),
        Column("attempt", "integer", "Which attempt it was, from 1.", unit="count", required=True, low=1, high=99),
        Column("channel", "text", "How it was made.", is_words=True),
        Column("result", "choice", "What became of it.", required=True, choices=CONNECTED + NOT_CONNECTED),
        Column("offer", "text", "What was offered.", is_words=True),
        Column("is_offer_accepted", "flag", "Whether the offer was taken."),
        Column("stated_reason", "text", "Why the customer would leave, in their words.", is_words=True),
        Column("callback_at", "time", "When they asked to be called again."),
        Column("has_data_collected", "flag", "Whether missing particulars were asked for and given."),
        Column("agent", "text", "Who called.", is_words=True),
        Column("talk_s", "integer", "Length of the conversation.", unit="seconds", low=0, high=86_400),
        RECEIVED,
    ),
    rules=(Rule("accepted_means_so", "is_offer_accepted", "an accepted offer is one that was taken",
                lambda row: (row.result != "accepted") | row.is_offer_accepted.isNull() | row.is_offer_accepted),),
)
