"""Top-ups: money that came in on a prepaid line."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract

TOPUPS = Extract(
    name="topups",
    one_row="one top-up",
    clock="happened_at",
    late_days=62,
    natural_key=("subscriber_id", "happened_at", "amount_cents", "channel"),
    columns=(
        SUBSCRIBER,
        Column("happened_at", "time", "When it was credited, local time.", required=True),
        Column("amount_cents", "integer", "What was paid in.", unit="cents", required=True, low=1, high=100_000_000),
        Column("balance_after_cents", "integer", "The balance with it; may be owed still.", unit="cents", low=-100_000_000, high=1_000_000_000),
        Column("channel", "text", "Where it was paid in.", is_words=True),
        RECEIVED,
    ),
)
