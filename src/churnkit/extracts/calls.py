"""Call detail records: one leg of a call, or one SMS."""
from churnkit.extracts.declare import RECEIVED, SUBSCRIBER, Column, Extract, Rule

CAUSES = ("unconditional", "busy", "no_answer", "unreachable")

CALLS = Extract(
    name="calls",
    one_row="one leg of a call, or one SMS",
    required=True,
    clock="happened_at",
    late_days=62,
    natural_key=("subscriber_id", "happened_at", "direction", "kind", "other_party", "forwarded_to", "duration_s"),
    dialled="other_party",
    columns=(
        SUBSCRIBER,
        Column("other_party", "number", "The number at the other end, or what was dialled; of a forwarded leg, the caller."),
        Column("other_network", "network", "Whose that number is, as the operator has it; counts where number plan and portings do not know."),
        Column("kind", "choice", "Voice or SMS.", required=True, choices=("voice", "sms")),
        Column("direction", "choice", "Seen from the subscriber.", required=True, choices=("out", "in", "forwarded")),
        Column("forward_cause", "choice", "Why a forwarded leg was forwarded.", choices=CAUSES),
        Column("forwarded_to", "number", "Where a forwarded leg went."),
        Column("happened_at", "time", "Start of the leg, local time.", required=True),
        Column("duration_s", "integer", "Length of the conversation; empty for an SMS.", unit="seconds", low=0, high=172_800),
        Column("is_answered", "flag", "Whether it was answered; where empty, whether it lasted."),
        Column("distance", "choice", "How far the call went.", choices=("local", "domestic", "international")),
        Column("access_code", "text", "Long-distance access code, such as 17951; taken from other_party where it was dialled before the number."),
        Column("roaming", "choice", "Where the subscriber was.", choices=("none", "domestic", "international")),
        Column("device_key", "device", "IMEI of the handset; kept only as a keyed hash of its first 14 digits."),
        Column("tac", "text", "First 8 digits of the handset's IMEI.", keeps=8),
        Column("cell_id", "text", "Cell in which the leg began."),
        Column("charge_cents", "integer", "What the leg cost.", unit="cents", low=0, high=10_000_000),
        RECEIVED,
    ),
    rules=(
        Rule("forward_needs_cause", "forward_cause", "a forwarded leg needs its cause and its target",
             lambda row: (row.direction != "forwarded") | (row.forward_cause.isNotNull() & row.forwarded_to.isNotNull())),
        Rule("voice_needs_duration", "duration_s", "a voice leg needs its duration",
             lambda row: (row.kind != "voice") | row.duration_s.isNotNull()),
    ),
)
