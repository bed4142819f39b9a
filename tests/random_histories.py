"""Random histories around an as-of date, some of it later than what may be seen, and the ways in which laws alter them."""
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from little_tables import AS_OF, CENTS, COUNTS, EPOCH, HOURS, WAIT_DAYS, Row, Tables

IDS = ("subscriber_id", "other_party", "target", "tac", "customer_key", "group_key", "msisdn_party", "alt_contact_party", "forwarded_to", "msisdn",
       "device_key")
REFERENCE = ("handsets", "plans", "number_plan")  # tables that say what things are, not what happened
CUT = (AS_OF - EPOCH).days
KNOWN = CUT + WAIT_DAYS
MONTH = AS_OF.year * 12 + AS_OF.month - 1
NETWORKS = ("own", "rival:b", "rival:c", "fixed", "short_code", "own_care", "unknown")


def month_end(ago: int) -> date:
    """Last day of the month so many months before the as-of date's."""
    months = MONTH - ago + 1
    return date(months // 12, months % 12 + 1, 1) - timedelta(1)


def noon(day: int) -> datetime:
    """Noon of a day counted from 1970-01-01."""
    return datetime.combine(EPOCH + timedelta(day), datetime.min.time()) + timedelta(hours=12)


def daily(rng: Random, who: str) -> Row:
    """A subscriber-day; now and then on the edge of a window, or later than the as-of date."""
    day = rng.choice((CUT - rng.choice((1, 7, 8, 30, 31, 90, 91, 180, 181)), CUT - rng.randint(-12, 190), CUT - rng.randint(1, 40)))
    row: Row = {"subscriber_id": who, "day": day, "received_day": max(day, rng.choice((day, day + 1, KNOWN - 1, KNOWN, KNOWN + 9)))}
    row |= {c: rng.choice((0, 0, 1, 2, 5)) for c in COUNTS}
    row["in_answered"] = min(row["in_answered"], row["in_calls"])
    row["own_events"] = row["out_calls"] + row["sms_out"] + row["in_answered"]
    row |= {c: row[c] * 37 for c in ("out_s", "in_s", "rival_s")}
    row |= hours(Random(day), who)
    return row | {c: day * 86_400 + rng.randint(0, 86_399) if rng.random() < 0.4 else None for c in ("last_cfu_s", "last_answered_in_s")}


def hours(rng: Random, who: str) -> Row:
    """Hours of a day, one bit each: none, one or many; of every other person before 14:00."""
    last = 24 if int(who[-1]) % 2 else 14
    return {c: rng.choice((0, 1 << rng.randrange(last), rng.getrandbits(last))) for c in HOURS}


def monthly(rng: Random, who: str, thing: str, name: str) -> Row:
    """A subscriber-month of a contact, a forwarding target or a handset."""
    month = MONTH - rng.choice((rng.randint(0, 13), rng.randint(1, 3), 1))
    day = CUT - 31 * (MONTH - month) + rng.randint(0, 27)
    row: Row = {"subscriber_id": who, name: thing, "month": month, "known_from": month + rng.choice((1, 1, 1, 2, 5))}
    if name == "other_party":
        return row | {"network": "own" if "n" in thing else rng.choice(NETWORKS[1:4]), "out_calls": rng.randint(0, 4), "out_s": rng.randint(0, 500),
                      "in_answered": rng.randint(0, 4), "in_s": rng.randint(0, 500), "sms_out": rng.randint(0, 1)}
    if name == "target":
        return row | {"network": NETWORKS[hash_of(thing) % len(NETWORKS)], "legs": rng.randint(1, 9), "first_day": day}
    if name == "access_code":
        return row | {"calls": rng.randint(2, 9), "out_s": rng.randint(0, 500), "far_calls": rng.randint(0, 2)}
    if name in ("device_key", "cell_id"):
        return row | {"legs": rng.randint(1, 9)}
    return row | {"first_day": day, "last_day": day + rng.randint(0, 3), "legs": rng.randint(1, 9)}


def hash_of(text: str) -> int:
    """A number that is the same in every run, from the last letter."""
    return ord(text[-1])


def bill(rng: Random, who: str) -> Row:
    """A bill, perhaps paid, perhaps after the as-of date."""
    ended = month_end(rng.randint(0, 8))
    row: Row = {"subscriber_id": who, "bill_month": ended, "issued_at": ended + timedelta(2), "due_at": ended + timedelta(15)}
    row |= {c: rng.choice((0, 500, 3000, rng.randint(0, 20_000))) for c in CENTS}
    paid = ended + timedelta(rng.choice((5, 14, 16, 40))) if rng.random() < 0.7 else None
    late = rng.choice((3, 3, 3, 34))
    return row | {"paid_at": paid, "paid_cents": row["total_cents"] if paid else None, "received_at": noon((ended - EPOCH).days + late)}


def line(rng: Random, who: str, prefix: str, ago: int) -> Row:
    """A snapshot of a line."""
    ended = month_end(ago)
    begun = ended - timedelta(rng.randint(0, 900))
    return {"subscriber_id": who, "snapshot_on": ended, "activated_on": date(2023, 1, 1) + timedelta(hash_of(who) * 131 % 1247),
            "payment_kind": ("prepaid", "quasi_prepaid", "postpaid")[hash_of(who) % 3], "line_kind": "voice", "plan": rng.choice("AB"),
            "branch": f"省/市/{who[-1]}", "is_key_account": rng.choice((True, False, None)), "activation_channel": rng.choice(("shop", None)),
            "contract_start_on": rng.choice((begun, None)), "contract_end_on": rng.choice((begun + timedelta(730), None)),
            "contract_kind": rng.choice(("handset", None)), "has_minimum_spend": rng.choice((True, False, None)),
            "bundle": rng.choice(("family", None)),
            "customer_key": f"{prefix}c{hash_of(who) % 2}", "group_key": rng.choice((f"{prefix}g", None)), "has_autopay": rng.choice((True, False)),
            "credit_limit_cents": rng.choice((0, 10_000, None)), "msisdn_party": f"{prefix}n{who[-1]}", "alt_contact_party": f"{prefix}t0",
            "received_at": noon((ended - EPOCH).days + rng.choice((1, 2, 3, 9)))}


def change(rng: Random, who: str) -> Row:
    """A change of state."""
    day = CUT - rng.choice((rng.randint(-12, 380), rng.randint(-12, 60)))
    status = rng.choice(("open", "open", "one_way_stop", "two_way_stop", "pre_cancelled", "cancelled", "ported_out"))
    return {"subscriber_id": who, "happened_at": noon(day) + timedelta(minutes=rng.randint(-700, 700)), "status": status,
            "reason": rng.choice(("arrears", "voluntary", None)), "received_at": noon(day + rng.choice((0, 1, 2, 9)))}


def topup(rng: Random, who: str) -> Row:
    """A top-up; now and then two in one second, or on the edge of a window."""
    day = CUT - rng.choice((1, 30, 31, 180, 181, rng.randint(-12, 190), rng.randint(-12, 60)))
    return {"subscriber_id": who, "happened_at": noon(day) + timedelta(minutes=rng.choice((-720, 0, 0, 719))), "channel": rng.choice(("shop", None)),
            "amount_cents": rng.choice((500, 1000, 3000, 10_000)), "balance_after_cents": rng.choice((None, -200, 500, rng.randint(0, 12_000))),
            "received_at": noon(day + rng.choice((0, 1, 2, 9)))}


def care(rng: Random, who: str) -> list[Row]:
    """A contact with care; sent again once it is resolved, if it is, which may be after the as-of date."""
    day = CUT - rng.choice((1, 7, 8, 90, 91, 365, 366, rng.randint(-12, 380), rng.randint(-12, 60)))
    row: Row = {"subscriber_id": who, "happened_at": noon(day), "topic": rng.choice(("bill", "cover")), "level": rng.choice((None, 0, 1, 3)),
                "resolved_at": None, "compensation_cents": None, "received_at": noon(day + rng.choice((0, 1, 9)))}
    took = rng.choice((None, 0, 5, 40))
    if took is None:
        return [row]
    resolved = row | {"resolved_at": noon(day + took), "compensation_cents": rng.choice((None, 0, 700)), "received_at": noon(day + took + 1)}
    return [rng.choice((row, row | {"resolved_at": noon(day + took)})), resolved]


def request(rng: Random, who: str) -> Row:
    """A query or a request for the code to port out."""
    day = CUT - rng.choice((1, 2, 30, 31, 90, 91, 180, 181, rng.randint(-12, 190)))
    return {"subscriber_id": who, "happened_at": noon(day), "kind": rng.choice(("query", "authorisation")), "channel": None,
            "is_allowed": rng.choice((True, False, None)), "refusal_reason": None, "received_at": noon(day + rng.choice((0, 2, 9)))}


def porting(rng: Random, prefix: str, people: int) -> list[Row]:
    """A porting of a subscriber's number or another; sent again, as all portings known are."""
    day = CUT - rng.randint(-12, 380)
    row: Row = {"msisdn": rng.choice((f"{prefix}n{rng.randrange(people)}", f"{prefix}x{rng.randrange(9)}")), "happened_at": noon(day),
                "to_operator": rng.choice(("own", "b", "b", "c")), "received_at": noon(day + rng.choice((0, 1, 9)))}
    return [row, row | {"received_at": row["received_at"] + timedelta(31)}]


def volume(rng: Random, who: str) -> Row:
    """The mobile data of a subscriber-day."""
    row = daily(rng, who)
    return {c: row[c] for c in ("subscriber_id", "day", "received_day")} | {
        "bytes": rng.choice((0, 1, 2_000_000, rng.randint(0, 10**10))), "sessions": rng.randint(0, 3)}


def roamed(rng: Random, who: str) -> Row:
    """A subscriber-day away."""
    row = daily(rng, who)
    return {c: row[c] for c in ("subscriber_id", "day", "received_day")} | {
        "legs": rng.randint(0, 5), "legs_abroad": rng.choice((0, 1, 2)), "talk_s": rng.randint(0, 900)}


def order(rng: Random, who: str) -> list[Row]:
    """An order, which may have an end; now and then sent again with another."""
    day = CUT - rng.choice((1, 90, 91, 365, 366, rng.randint(-12, 380)))
    ends = EPOCH + timedelta(CUT + rng.choice((-90, -91, -1, 0, rng.randint(-200, 0), rng.randint(-200, 200))))
    row: Row = {"subscriber_id": who, "happened_at": noon(day), "product": rng.choice("xyz"), "is_trial": rng.choice((True, False, None)),
                "kind": rng.choice(("plan", "value_added", "bundle", "contract", "promotion", "promotion")), "starts_on": None, "channel": None,
                "ends_on": rng.choice((None, ends, ends, ends)), "binds_tenure": rng.choice((True, False, None)),
                "received_at": noon(day + rng.choice((0, 1, 9)))}
    again = row | {"ends_on": EPOCH + timedelta(CUT - rng.randint(-20, 40)), "received_at": row["received_at"] + timedelta(31)}
    return [row, again] if rng.random() < 0.3 else [row]


def plan(code: str, fee: int, generation: str, valid_from: date | None, valid_to: date | None) -> Row:
    """A plan in one period."""
    return {"plan": code, "fee_cents": fee, "voice_minutes": 100, "data_mb": Decimal("5000.5"), "sms_count": None, "generation": generation,
            "valid_from": valid_from, "valid_to": valid_to}


def history(seed: int, people: int = 10, prefix: str = "a") -> Tables:
    """Random tables of so many subscribers, who call each other and strangers."""
    rng = Random(seed)
    tables: Tables = {name: [] for name in ("usage_daily", "contacts_monthly", "forward_targets_monthly", "devices_monthly", "bills", "subscribers",
                                            "status_changes", "topups", "care_contacts", "portability_requests", "data_daily", "orders",
                                            "device_keys_monthly", "cells_monthly", "access_codes_monthly", "roaming_daily")}
    for n in range(people):
        who = f"{prefix}s{n}"
        tables["usage_daily"] += unique([daily(rng, who) for _ in range(rng.choice((0, 1, 5, 40)))], "subscriber_id", "day", "received_day")
        others = [f"{prefix}n{rng.randrange(people)}" if rng.random() < 0.6 else f"{prefix}x{rng.randrange(9)}"
                  for _ in range(rng.choice((0, 2, 25)))]
        for name, things, column in (("contacts_monthly", others, "other_party"),
                                     ("forward_targets_monthly", [f"{prefix}{rng.choice('tn')}{rng.randrange(people)}"
                                                                  for _ in range(rng.choice((0, 1, 12)))], "target"),
                                     ("devices_monthly", [f"{prefix}d{rng.randrange(5)}" for _ in range(rng.choice((0, 1, 6)))], "tac")):
            tables[name] += unique([monthly(rng, who, thing, column) for thing in things], "subscriber_id", column, "month", "known_from")
        tables["bills"] += unique([bill(rng, who) for _ in range(rng.choice((0, 3, 14)))], "subscriber_id", "bill_month", "received_at")
        tables["subscribers"] += [line(rng, who, prefix, ago) for ago in range(9) if rng.random() < 0.8]
        tables["status_changes"] += [change(rng, who) for _ in range(rng.choice((0, 0, 1, 6)))]
        tables["topups"] += unique([topup(rng, who) for _ in range(rng.choice((0, 1, 9)))], "subscriber_id", "happened_at", "amount_cents", "channel")
        tables["care_contacts"] += [row for _ in range(rng.choice((0, 0, 1, 6))) for row in care(rng, who)]
        tables["data_daily"] += unique([volume(rng, who) for _ in range(rng.choice((0, 1, 30)))], "subscriber_id", "day", "received_day")
        tables["orders"] += [row for _ in range(rng.choice((0, 1, 6))) for row in order(rng, who)]
        tables["portability_requests"] += [request(rng, who) for _ in range(rng.choice((0, 0, 1, 5)))]
    tables["portings"] = [row for _ in range(2 * people) for row in porting(rng, prefix, people)]
    for n in range(people):
        who = f"{prefix}s{n}"
        tables["roaming_daily"] += unique([roamed(rng, who) for _ in range(rng.choice((0, 1, 9)))], "subscriber_id", "day", "received_day")
        for name, column, things in (("device_keys_monthly", "device_key", [f"{prefix}k{k}" for k in range(5)]), ("cells_monthly", "cell_id", "123"),
                                     ("access_codes_monthly", "access_code", ("17911", "17951"))):
            met = [rng.choice(things) for _ in range(rng.choice((0, 1, 8)))]
            tables[name] += unique([monthly(rng, who, thing, column) for thing in met], "subscriber_id", column, "month", "known_from")
    tables["plans"] = [plan("A", 60_000, "4G", None, date(2026, 5, 31)), plan("A", 70_000, "5G", date(2026, 5, 31), None),
                       plan("B", 65_000, "3G", None, None)]
    tables["number_plan"] = [{"prefix": code, "operator": whose, "kind": "access_code", "valid_from": None, "valid_to": None}
                             for code, whose in (("17911", "b"), ("17951", "own"))]
    tables["handsets"] = [{"tac": f"{prefix}d{n}", "brand": "Orbit", "model": f"M{n // 2}", "launched_on": date(2020 + n, 5, 5),
                           "generation": f"{n + 1}G", "price_band": "mid", "is_smartphone": n > 1, "is_dual_sim": (True, False, None)[n % 3]}
                          for n in range(4)]
    return tables


def unique(rows: list[Row], *keys: str) -> list[Row]:
    """The first row of each key, as a table holds them."""
    return list({tuple(r[k] for k in keys): r for r in reversed(rows)}.values())


def each(tables: Tables, alter: Callable[[str, Row], list[Row]]) -> Tables:
    """The tables with every row replaced by what `alter` makes of it."""
    return {name: [new for row in rows for new in alter(name, row)] for name, rows in tables.items()}


def renamed(tables: Tables, old: str, new: str) -> Tables:
    """The same history of people with another prefix."""
    return each(tables, lambda _, row: [{c: new + v[len(old):] if c in IDS and v else v for c, v in row.items()}])


def is_known(name: str, row: Row) -> bool:
    """Whether the row may be seen at the as-of date."""
    if name in REFERENCE:
        return True
    if "known_from" in row:
        return row["month"] < MONTH and row["known_from"] <= MONTH
    if "received_day" in row:
        return row["day"] < CUT and row["received_day"] < KNOWN
    happened = row.get("happened_at") or row.get("bill_month") or row["snapshot_on"]
    return (happened.date() if isinstance(happened, datetime) else happened) < AS_OF and row["received_at"] < noon(KNOWN) - timedelta(hours=12)


def in_parts(name: str, row: Row) -> list[Row]:
    """A known summary row as two deliveries would bring it, both in time; other rows as they are. `first_` is the first's, `last_` the second's."""
    counts = [c for c in row if c in COUNTS or c in ("legs", "legs_abroad", "talk_s", "calls", "bytes", "sessions")]  # COUNTS has the contacts' own
    if not is_known(name, row) or not {"received_day", "known_from"} & set(row):
        return [row]
    half = {c: row[c] // 2 for c in counts}
    late = {"received_day": KNOWN - 1} if "received_day" in row else {"known_from": MONTH}
    first = row | {c: row[c] - half[c] for c in counts}
    first = first if (row.get("received_day") != KNOWN - 1 and row.get("known_from") != MONTH) else None
    if first is None:
        return [row]
    untold = {c: row["first_day"] if c == "last_day" else None for c in row if c.startswith("last_")}
    return [first | untold, row | half | late | {c: v + 1 for c, v in row.items() if c == "first_day"}]
