"""Plans: what a plan costs and holds, and when."""
from churnkit.extracts.declare import Column, Extract

PLANS = Extract(
    name="plans",
    one_row="one plan in one period",
    clock=None,
    keep="last",
    natural_key=("plan", "valid_from"),
    columns=(
        Column("plan", "text", "Code of the plan, as the subscribers have it.", required=True),
        Column("fee_cents", "integer", "Monthly fee.", unit="cents", required=True, low=0, high=10_000_000),
        Column("voice_minutes", "integer", "Minutes in it.", unit="minutes", low=0, high=1_000_000),
        Column("data_mb", "decimal", "Data volume in it.", unit="MB", low=0, high=100_000_000),
        Column("sms_count", "integer", "SMS in it.", unit="count", low=0, high=1_000_000),
        Column("generation", "choice", "Fastest network it opens.", choices=("2G", "3G", "4G", "5G")),
        Column("valid_from", "date", "First day on which it is as the row says."),
        Column("valid_to", "date", "First day on which it no longer is."),
    ),
)
