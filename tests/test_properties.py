"""What must hold of every feature, including ones not written yet: each law alters a random history, and looks for a difference."""
import string
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from little_tables import AS_OF, EPOCH, SCHEMA, Row, Tables, computed, computed_of, frame
from random_histories import CUT, KNOWN, MONTH, REFERENCE, each, history, in_parts, is_known, noon, renamed

seeds = st.integers(0, 2**32)
check = settings(max_examples=2, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
ORIGINAL, ALTERED = "a", "b"
# What other subscribers do may show in these, and in no others.
OF_OTHERS = {"customer_lines", "forwarded_to_own_second_share_1m", "forwarded_to_rival_share_1m", "forwarded_to_own_share_1m",
             "forwarded_to_notice_share_1m", "forwarded_to_fixed_share_1m", "is_forward_target_new", "lines_on_handset_3m"}


MOVED = ("out_calls", "total_cents", "legs", "amount_cents", "compensation_cents")  # columns in which a row that came too late differs


def names() -> list[str]:
    from churnkit.features import REGISTRY

    return list(REGISTRY)


def differences(original: Tables, altered: Tables, people: int = 10) -> set[str]:
    """Features that differ between the subscribers of a history and their doubles in an altered one, both built at once."""
    double = renamed(altered, ORIGINAL, ALTERED)
    both = {name: [*rows, *double.get(name, [])] for name, rows in original.items()}
    ids = [f"{prefix}s{n}" for prefix in (ORIGINAL, ALTERED) for n in range(people)]
    with TemporaryDirectory() as folder:
        got = computed(both, names(), ids, Path(folder))
    return {name for n in range(people) for name in names() if got[f"as{n}"][name] != got[f"bs{n}"][name]}


@check
@given(seeds)
def test_no_feature_sees_what_was_not_known(seed):
    known = each(history(seed), lambda name, row: [row] if is_known(name, row) else [])
    assert differences(history(seed), known) == set()


@check
@given(seeds)
def test_no_feature_changes_when_the_future_does(seed):
    """Rows that were not known are altered, and others come in: of a later day, or of an old day but received too late."""
    other = each(history(seed + 1), lambda name, row: [] if is_known(name, row) else [row])

    def later(name: str, row: Row) -> list[Row]:
        if name in REFERENCE or not is_known(name, row):
            return [row]
        moved = {c: v for c, v in (("received_day", KNOWN), ("known_from", MONTH + 1), ("received_at", noon(KNOWN))) if c in row}
        return [row, {c: (v * 3 if v and c in MOVED else v) for c, v in row.items()} | moved]

    altered = {name: [*rows, *other[name]] if name not in REFERENCE else rows for name, rows in each(history(seed), later).items()}
    assert differences(history(seed), altered) == set()


@check
@given(seeds)
def test_no_feature_depends_on_the_order_of_rows(seed):
    shuffled = {name: Random(seed).sample(rows, len(rows)) for name, rows in history(seed).items()}
    assert differences(history(seed), shuffled) == set()


@check
@given(seeds)
def test_no_feature_depends_on_how_a_day_is_split_over_deliveries(seed):
    assert differences(history(seed), each(history(seed), in_parts)) == set()


@check
@given(seeds)
def test_a_field_with_its_own_clock_is_not_known_before_its_time(seed):
    """A payment, or that a complaint was resolved and paid for, from the as-of date on."""
    from churnkit.history import TABLES

    def early(name: str, row: Row) -> list[Row]:
        for clock, fields in TABLES[name].own_clocks:
            row |= dict.fromkeys((clock, *fields)) if row[clock] and str(row[clock]) >= str(AS_OF) else {}
        return [row]

    assert differences(history(seed), each(history(seed), early)) == set()


def test_random_histories_hold_fields_before_and_after_their_own_time():
    from churnkit.history import TABLES

    for name, kind in TABLES.items():
        for clock, _ in kind.own_clocks:
            assert {str(row[clock]) >= str(AS_OF) for row in history(4, 20)[name] if row[clock] and is_known(name, row)} == {True, False}, name


@check
@given(seeds)
def test_a_subscriber_s_features_are_their_own(seed):
    """Leaving all others out changes only what is about others: friends, the lines of the same customer, and whose number calls go to."""
    from churnkit.features import REGISTRY

    alone = each(history(seed), lambda name, row: [row] if row.get("subscriber_id", "as0") == "as0" else [])
    about_others = OF_OTHERS | {n for n in names() if REGISTRY[n].source == "neighbours"}
    assert differences(history(seed), alone, people=1) <= about_others


def test_the_cohort_decides_who_is_in_it_and_nothing_else(tmp_path):
    everyone = [f"as{n}" for n in range(10)]
    of_all, of_one = (computed(history(5), names(), ids, tmp_path) for ids in (everyone, ["as3"]))
    assert set(of_all) == set(everyone)
    assert of_one == {"as3": of_all["as3"]}


def leg(rng: Random, who: str, **fixed: Any) -> Row:
    """A call or SMS of a subscriber in the half year before the as-of date."""
    at = noon(CUT - rng.randint(1, 150)) + timedelta(seconds=rng.randint(-40_000, 40_000))
    voice = rng.random() < 0.8
    row: Row = dict.fromkeys(SCHEMA["calls"])
    return row | {"subscriber_id": who, "other_party": f"{who[0]}x{rng.randrange(9)}", "other_party_network": rng.choice(("own", "rival:b", None)),
                  "kind": "voice" if voice else "sms", "direction": rng.choice(("out", "in")), "happened_at": at, "received_at": at,
                  "duration_s": rng.randint(1, 300) if voice else None, "is_answered": rng.random() < 0.7 if voice else None,
                  "tac": f"{who[0]}d1"} | fixed


def features_of(calls: list[Row], prefixes: str, folder: Path) -> dict:
    """The features of call records, by way of the summaries, of subscribers who are alike in all else."""
    from churnkit.history import TABLES
    from churnkit.summaries import SUMMARIES

    rolled_up = SUMMARIES["calls"]
    legs, alike = frame("calls", calls, folder), [renamed(history(1), ORIGINAL, prefix) for prefix in prefixes]
    frames = {name: rolled_up[name](legs, 4) if name in rolled_up else frame(name, [row for tables in alike for row in tables.get(name, ())], folder)
              for name in TABLES}
    return computed_of(frames, names(), [f"{prefix}s0" for prefix in prefixes], folder)


@check
@given(seeds)
def test_forwarded_legs_and_service_calls_change_only_their_own_families(seed):
    """Doubles get forwarded legs (b), calls and SMS from care lines and service numbers (c), and calls from a person, which do change much (d)."""
    from churnkit.features import REGISTRY

    def more(prefix: str) -> list[Row]:
        rng, who = Random(seed + 1), f"{prefix}s0"
        extra: dict[str, list[dict]] = {
            "a": [], "b": [{"kind": "voice", "direction": "forwarded", "forwarded_to": f"bt{n}", "forwarded_to_network": "rival:b", "duration_s": 60,
                            "forward_cause": ("unconditional", "busy", "no_answer", "unreachable")[n % 4], "tac": "bd2"} for n in range(9)],
            "c": [{"direction": "in", "other_party_network": ("own_care", "short_code")[n % 2], "kind": ("voice", "voice", "sms")[n % 3]}
                  for n in range(9)],
            "d": [{"direction": "in", "other_party_network": "own", "kind": "voice", "duration_s": 60, "is_answered": True} for _ in range(9)]}
        return [*(leg(rng, who) for _ in range(30)), *(leg(Random(n), who, **fixed) for n, fixed in enumerate(extra[prefix]))]

    with TemporaryDirectory() as folder:
        got = features_of([row for prefix in "abcd" for row in more(prefix)], "abcd", Path(folder))
    changed = {who: {REGISTRY[n].family for n in names() if got[who][n] != got["as0"][n]} for who in ("bs0", "cs0", "ds0")}
    assert changed["bs0"] == {"forwarding"}
    assert changed["cs0"] <= {"handset"}  # the handset that took the call is the handset in use
    assert {"silence", "usage", "social"} <= changed["ds0"]


def test_every_feature_explains_itself():
    from churnkit.features import REGISTRY

    row = dict.fromkeys(REGISTRY, 12.0)
    for f in REGISTRY.values():
        assert f.description.endswith("."), f.name
        assert f.unit, f.name
        assert f.group, f.name
        assert f.risky in ("+", "-", "±"), f.name
        assert bool(f.reason_zh) == bool(f.reason_en), f.name
        for text in (f.reason_zh, f.reason_en, f.zero_zh, f.zero_en):
            fields = {field for _, field, _, _ in string.Formatter().parse(text) if field}
            assert fields <= {"value", *REGISTRY}, f.name
            text.format(value=12.0, **{k: v for k, v in row.items() if k in fields})
        assert len(f.reason_zh.format(value=12.0, **row)) <= 40, f.name


def test_a_sentence_shows_its_value_where_it_can_be_zero_only_with_a_form_for_zero():
    from churnkit.features import REGISTRY

    unsaid = [f.name for f in REGISTRY.values() if f.risky == "-" and "{value" in f.reason_zh and f.unit in ("count", "minutes", "days")
              and f.missing == 0 and not f.zero_zh]
    assert unsaid == []


def test_features_of_an_absent_table_are_absent():
    from churnkit.features import REGISTRY, SOURCES, available
    from churnkit.history import TABLES, History

    known_at = AS_OF + timedelta(4)
    for absent in TABLES:
        there = available(History({name: None for name in TABLES if name != absent}, AS_OF, known_at), REGISTRY.values())
        assert there
        assert not [f.name for f in there if absent in (f.source, *(SOURCES[f.source].needs if f.source in SOURCES else ()))]
        assert all(set(f.of) <= {g.name for g in there} for f in there)
    assert available(History({}, AS_OF, known_at), REGISTRY.values()) == []


def test_features_come_as_whole_numbers_fractions_or_codes(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from churnkit.features import REGISTRY

    computed(history(3), names(), ["as0", "as1", "as2"], tmp_path)
    schema = pq.read_schema(next(tmp_path.glob("features_*/*.parquet")))
    wrong = {f.name: str(schema.field(f.name).type) for f in REGISTRY.values()
             if schema.field(f.name).type not in ((pa.string(),) if f.is_category else (pa.int64(), pa.float64()))}
    assert wrong == {}


def test_random_histories_reach_both_sides_of_what_was_known():
    tables = history(4, 20)
    assert all({is_known(name, row) for row in rows} == {True, False} for name, rows in tables.items() if name not in REFERENCE)
    assert date(2026, 6, 1) == AS_OF == EPOCH + timedelta(CUT)


@pytest.mark.slow
@settings(check, max_examples=60)
@given(seeds)
def test_no_feature_sees_what_was_not_known_in_many_histories(seed):
    known = each(history(seed, 20), lambda name, row: [row] if is_known(name, row) else [])
    assert differences(history(seed, 20), known, people=20) == set()
