"""Portings: which number went to which operator, and when."""
from churnkit.extracts.declare import RECEIVED, Column, Extract

PORTINGS = Extract(
    name="portings",
    one_row="one number ported",
    clock="happened_at",
    natural_key=("msisdn", "happened_at"),
    note="Send all portings known, not only the new ones: a delivery's calls are read with the portings that came with it and with the two "
         "deliveries before it. From the moment of a porting on, it says whose the number is, whatever the number plan says of its prefix.",
    columns=(
        Column("msisdn", "party", "The number that was ported.", required=True),
        Column("happened_at", "time", "When it was switched over, local time.", required=True),
        Column("to_operator", "text", "Who has it from then on: `own`, else the rival's name as the number plan has it.", required=True),
        RECEIVED,
    ),
)
