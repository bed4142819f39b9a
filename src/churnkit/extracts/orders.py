"""Orders: plans, services, bundles and contracts that were taken."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract, Rule

ORDERS = Extract(
    name="orders",
    one_row="one product ordered",
    clock="happened_at",
    natural_key=("subscriber_id", "happened_at", "product", "kind"),
    columns=(
        SUBSCRIBER,
        Column("happened_at", "time", "When it was ordered, local time.", required=True),
        Column("product", "text", "Code of the product.", required=True),
        Column("kind", "choice", "What it is.", required=True, choices=("plan", "value_added", "bundle", "contract", "promotion")),
        Column("is_trial", "flag", "Whether it is free for a time."),
        Column("starts_on", "date", "First day of it."),
        Column("ends_on", "date", "Last day of it; unknown before that day where it ends early."),
        Column("binds_tenure", "flag", "Whether it binds the subscriber to stay."),
        Column("channel", "text", "Where it was ordered.", is_words=True),
        RECEIVED,
    ),
    rules=(Rule("ends_after_start", "ends_on", "an order ends no earlier than it starts",
                lambda row: row.starts_on.isNull() | row.ends_on.isNull() | (row.ends_on >= row.starts_on)),),
)
