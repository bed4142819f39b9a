"""What may be wrong with a row that an operator sends, and what becomes of it."""

from typing import Final, NamedTuple

LEVELS: Final = ("few", "many", "all")

CUT, WIDER = "cut", "wider"  # what is done to a line as a whole
BROKEN_BYTES = "\x1a\x1a"  # becomes two bytes that are a letter in no encoding
NEXT_YEAR = "YYYY"  # stands for the year after the last month simulated
UNREADABLE = "|unreadable"
NO_HOLDER = "subscriber_id|unread"  # where rows carry a number: no subscriber had it on that day


class Wrong(NamedTuple):
    """What stands in a field of a planted row; the field "" is the line as a whole.

    `becomes` is `column|rule` of the reject; "" where the row is accepted as it stands, for it may be true.
    """

    field: str
    text: str
    becomes: str


Faults = dict[str, Wrong]

FEW: Final = (
    "missing_subscriber",
    "unreadable_time",
    "clock_of_1980",
    "negative_duration",
    "unknown_kind",
    "unreadable_amount",
)
MANY: Final = (
    "from_next_year",
    "blank_party",
    "party_of_3_digits",
    "party_of_14_digits",
    "spreadsheet_number",
    "unknown_number",
    "scientific_amount",
    "unknown_code",
    "unknown_flag",
    "broken_bytes",
    "line_cut_short",
    "line_too_wide",
)
PARTIES: Final = {"blank_party": "", "party_of_3_digits": "123", "party_of_14_digits": "12345678901234"}
SPREADSHEET: Final = "1.38E+10"
LINES: Final[Faults] = {"line_cut_short": Wrong("", CUT, UNREADABLE), "line_too_wide": Wrong("", WIDER, UNREADABLE)}


def parties(field: str) -> Faults:
    """Other parties that are odd, but may be true, and one that went through a spreadsheet."""
    odd = {name: Wrong(field, text, "") for name, text in PARTIES.items()}
    return odd | {"spreadsheet_number": Wrong(field, SPREADSHEET, "other_party|not_number")}


CANONICAL: Final[dict[str, Faults]] = {
    "calls": {
        "missing_subscriber": Wrong("subscriber_id", "", "subscriber_id|missing"),
        "unreadable_time": Wrong("happened_at", "2025-13-45 25:61:00", "happened_at|not_time"),
        "clock_of_1980": Wrong("happened_at", "1980-01-06 00:00:00", "happened_at|long_before_delivery"),
        "negative_duration": Wrong("duration_s", "-1", "duration_s|out_of_range"),
        "unknown_kind": Wrong("kind", "fax", "kind|not_choice"),
        "from_next_year": Wrong("happened_at", f"{NEXT_YEAR}-01-15 12:00:00", "happened_at|after_delivery"),
        "unknown_code": Wrong("direction", "sideways", "direction|not_choice"),
        **parties("other_party"),
        **LINES,
    },
    "bills": {
        "missing_subscriber": Wrong("subscriber_id", "", "subscriber_id|missing"),
        "unreadable_amount": Wrong("total_cents", "12x50", "total_cents|not_integer"),
        "scientific_amount": Wrong("total_cents", "5.9E+03", "total_cents|not_integer"),
        "from_next_year": Wrong("bill_month", f"{NEXT_YEAR}-01", "bill_month|after_delivery"),
        **LINES,
    },
    "subscribers": {
        "spreadsheet_number": Wrong("msisdn", SPREADSHEET, "msisdn|not_own_number"),
        "unknown_flag": Wrong("is_key_account", "maybe", "is_key_account|not_flag"),
        "broken_bytes": Wrong("branch", BROKEN_BYTES, UNREADABLE),
        **LINES,
    },
    "status_changes": {
        "unknown_code": Wrong("status", "vanished", "status|not_choice"),
        "from_next_year": Wrong("happened_at", f"{NEXT_YEAR}-01-15 12:00:00", "happened_at|after_delivery"),
        **LINES,
    },
    "consents": {
        "unknown_flag": Wrong("is_granted", "?", "is_granted|not_flag"),
        "from_next_year": Wrong("happened_at", f"{NEXT_YEAR}-01-15 12:00:00", "happened_at|after_delivery"),
        **LINES,
    },
}
