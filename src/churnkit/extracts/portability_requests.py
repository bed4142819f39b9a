"""Portability requests: who asked whether a number may be ported out, and who asked for the code to do so."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract

PORTABILITY_REQUESTS = Extract(
    name="portability_requests",
    one_row="one query, or one authorisation to port out",
    clock="happened_at",
    late_days=62,
    natural_key=("subscriber_id", "happened_at", "kind"),
    note="Call records show the SMS to a care line but not its text; what was asked comes from here alone.",
    columns=(
        SUBSCRIBER,
        Column("happened_at", "time", "When it was asked, local time.", required=True),
        Column("kind", "choice", "Whether it may be ported, or the code to do so.", required=True, choices=("query", "authorisation")),
        Column("channel", "text", "How it was asked.", is_words=True),
        Column("is_allowed", "flag", "Whether the answer was yes."),
        Column("refusal_reason", "text", "Why not, where it was no.", is_words=True),
        RECEIVED,
    ),
)
