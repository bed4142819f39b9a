"""Changes of a line's state: stops, reopenings, cancellations and port-outs."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract

STATUSES = ("open", "one_way_stop", "two_way_stop", "pre_cancelled", "cancelled", "ported_out", "migrated")
REASONS = ("arrears", "voluntary", "keep_number", "lost", "high_spend", "real_name", "fraud", "migration", "other")

STATUS_CHANGES = Extract(
    name="status_changes",
    one_row="a change of one line's state",
    clock="happened_at",
    natural_key=("subscriber_id", "happened_at", "status"),
    note="Without it, who is no longer among the subscribers has left, nobody is stopped for arrears, and there are no features of stops.",
    columns=(
        SUBSCRIBER,
        Column("happened_at", "time", "When the state changed, local time.", required=True),
        Column("status", "choice", "The state entered.", required=True, choices=STATUSES),
        Column("reason", "choice", "Why.", choices=REASONS),
        RECEIVED,
    ),
)
