"""Consents to be called or messaged, given, refused or withdrawn."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract

CONSENTS = Extract(
    name="consents",
    one_row="a consent given or refused; the latest known one holds",
    clock="happened_at",
    natural_key=("subscriber_id", "happened_at", "channel"),
    columns=(
        SUBSCRIBER,
        Column("happened_at", "time", "When it was given or refused.", required=True),
        Column("channel", "choice", "What it is about.", required=True, choices=("call", "sms")),
        Column("is_granted", "flag", "Whether it was given.", required=True),
        RECEIVED,
    ),
)
