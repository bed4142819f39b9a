"""Suppressions: people who must not be called."""
from churnkit.extracts.declare import Column, Extract, Rule

SUPPRESSIONS = Extract(
    name="suppressions",
    one_row="a person never to be called",
    clock=None,
    keep="last",
    natural_key=("msisdn", "customer_key", "scope", "source", "effective_from"),
    columns=(
        Column("msisdn", "party", "The number not to be called."),
        Column("customer_key", "customer", "The person not to be called, on whatever number."),
        Column("scope", "choice", "Every contact, one campaign, or one channel.", required=True, choices=("all", "campaign", "channel")),
        Column("source", "text", "Where it comes from: the person, the regulator, the red list.", is_words=True),
        Column("reason", "text", "Why.", is_words=True),
        Column("effective_from", "date", "First day on which it holds; from ever where empty."),
        Column("effective_to", "date", "First day on which it no longer holds; for ever where empty."),
    ),
    rules=(Rule("names_somebody", "msisdn", "a suppression needs a number or a customer_key",
                lambda row: row.msisdn.isNotNull() | row.customer_key.isNotNull()),),
)
