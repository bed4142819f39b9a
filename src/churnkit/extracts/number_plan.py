"""The number plan: whose numbers begin with which digits, and when."""
from churnkit.extracts.declare import Column, Extract

NUMBER_PLAN = Extract(
    name="number_plan",
    one_row="one prefix in one period",
    clock=None,
    keep="last",
    natural_key=("prefix", "valid_from"),
    note="The longest prefix that holds when a call is made decides, unless the number was ported. Without a number plan no feature of networks is "
         "built. A row of kind access_code is a code dialled before a number, such as 17951; the usual ones are known without it.",
    columns=(
        Column("prefix", "prefix", "First digits of the numbers meant; the longest that fits decides.", required=True),
        Column("operator", "text", "`own` for this operator, else the rival's name.", required=True),
        Column("kind", "choice", "What answers there.", required=True,
               choices=("mobile", "fixed", "own_care", "rival_care", "short_code", "international", "access_code")),
        Column("valid_from", "date", "First day on which it holds."),
        Column("valid_to", "date", "First day on which it no longer holds."),
    ),
)
