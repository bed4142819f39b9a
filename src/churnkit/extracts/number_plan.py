"""The number plan: whose numbers begin with which digits, and when."""
from churnkit.extracts.declare import Column, Extract

NUMBER_PLAN = Extract(
    name="number_plan",
    one_row="one prefix in one period",
    required=True,
    clock=None,
    keep="last",
    natural_key=("prefix", "valid_from"),
    columns=(
        Column("prefix", "text", "First digits of the numbers meant; the longest that fits decides.", required=True),
        Column("operator", "text", "`own` for this operator, else the rival's name.", required=True),
        Column("kind", "choice", "What answers there.", required=True,
               choices=("mobile", "fixed", "own_care", "rival_care", "short_code", "international")),
        Column("valid_from", "date", "First day on which it holds."),
        Column("valid_to", "date", "First day on which it no longer holds."),
    ),
)
