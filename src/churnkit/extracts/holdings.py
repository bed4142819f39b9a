"""Holdings: what else a customer has with the operator."""
from churnkit.extracts.declare import Column, Extract

HOLDINGS = Extract(
    name="holdings",
    one_row="one product that a customer holds",
    clock=None,
    keep="last",
    natural_key=("customer_key", "product"),
    columns=(
        Column("customer_key", "customer", "Same for all products of one person.", required=True),
        Column("product", "text", "Code of the product.", required=True),
        Column("status", "text", "State of it, such as active or stopped."),
        Column("ends_on", "date", "Last day of it."),
    ),
)
