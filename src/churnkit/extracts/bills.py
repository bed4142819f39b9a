"""Bills: what each subscriber was charged for a month, and what was paid."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract, Rule


def cents(name: str, meaning: str, required: bool = False, low: int = 0) -> Column:
    """An amount of money on a bill."""
    return Column(name, "integer", meaning, unit="cents", required=required, low=low, high=1_000_000_000)


BILLS = Extract(
    name="bills",
    one_row="one subscriber's bill of one month; sent again, with the payment, once that is known",
    required=True,
    clock="bill_month",
    late_days=366,  # who pays late pays months late, and the bill comes again with the payment
    natural_key=("subscriber_id", "bill_month", "paid_at"),
    columns=(
        SUBSCRIBER,
        Column("bill_month", "month", "The month that was billed, YYYY-MM; it counts as known from the month's last day.", required=True),
        Column("issued_at", "date", "When the bill went out."),
        Column("due_at", "date", "When it was to be paid."),
        cents("total_cents", "What the bill came to.", required=True, low=-1_000_000_000),
        cents("plan_cents", "Plan fee and other fixed charges."),
        cents("overage_voice_cents", "Voice beyond the plan."),
        cents("overage_data_cents", "Data beyond the plan."),
        cents("overage_sms_cents", "SMS beyond the plan."),
        cents("value_added_cents", "Value-added services."),
        cents("third_party_cents", "Collected for third parties."),
        cents("discount_cents", "Discounts, already taken off the total."),
        cents("paid_cents", "What was paid by `paid_at`."),
        Column("paid_at", "date", "When it was paid; unknown before that day."),
        RECEIVED,
    ),
    rules=(Rule("paid_needs_date", "paid_at", "an amount paid needs its date",
                lambda row: row.paid_cents.isNull() | (row.paid_cents == 0) | row.paid_at.isNotNull()),),
)
