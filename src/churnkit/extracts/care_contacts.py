"""Care contacts: complaints and calls to the care line, with what they were about."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract, Rule

CARE_CONTACTS = Extract(
    name="care_contacts",
    one_row="one complaint or care call",
    clock="happened_at",
    late_days=366,  # a complaint comes again when it is resolved
    natural_key=("subscriber_id", "happened_at", "topic", "resolved_at"),
    columns=(
        SUBSCRIBER,
        Column("happened_at", "time", "When it came in, local time.", required=True),
        Column("topic", "text", "What it was about.", required=True, is_words=True),
        Column("level", "integer", "How grave it is, 1 the least; 0 for a mere question.", low=0, high=9),
        Column("resolved_at", "time", "When it was resolved; unknown before that."),
        Column("compensation_cents", "integer", "What was paid for it; unknown before `resolved_at`.", unit="cents", low=0, high=100_000_000),
        RECEIVED,
    ),
    rules=(Rule("resolved_later", "resolved_at", "a contact is resolved no earlier than it came in",
                lambda row: row.resolved_at.isNull() | (row.resolved_at >= row.happened_at)),),
)
