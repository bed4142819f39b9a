"""Data sessions, one by one or added up by day."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract

DATA_SESSIONS = Extract(
    name="data_sessions",
    one_row="one data session, or one day's total",
    clock="happened_at",
    late_days=62,
    natural_key=("subscriber_id", "happened_at", "volume_mb", "tac", "cell_id"),
    columns=(
        SUBSCRIBER,
        Column("happened_at", "time", "Start of the session, or 00:00 of the day that is added up, local time.", required=True),
        Column("volume_mb", "decimal", "Volume up and down; kept to the byte.", unit="MB", required=True, low=0, high=100_000_000),
        Column("tac", "text", "First 8 digits of the handset's IMEI.", keeps=8),
        Column("cell_id", "text", "Cell in which the session began."),
        RECEIVED,
    ),
)
