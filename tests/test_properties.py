"""What must hold of every feature, including ones not written yet: each law alters random histories, and looks for a difference."""
import string
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alterations import ALTERATIONS, is_to_come
from churnkit.archive import folder, known_history
from churnkit.engine import open_session
from churnkit.features import REGISTRY, SOURCES, available, needs
from churnkit.history import TABLES, Events, History
from churnkit.timeline import LOOK_BACK, Plan, add_months
from little_tables import AS_OF, EPOCH, SCHEMA, WAIT_DAYS, Row, Tables, as_arrow, computed, computed_of, frame
from random_histories import CUT, KNOWN, MONTH, REFERENCE, each, history, is_known, renamed

SEEDS, PEOPLE = range(12), range(10)
NAMES = list(REGISTRY)
ORIGINAL, ALONE = "a", "z"
ALTERED = dict(zip(ALTERATIONS, "bcdefghij", strict=True))
# What other subscribers do may show in these, in those made of `neighbours`, and in no others.
OF_OTHERS = {"customer_lines", "forwarded_to_own_second_share_1m", "forwarded_to_rival_share_1m", "forwarded_to_own_share_1m",
             "forwarded_to_notice_share_1m", "forwarded_to_fixed_share_1m", "is_forward_target_new", "lines_on_handset_3m"}
# Dates that are known before they come: what was agreed on, or is true of a thing, and is dated by the row's own clock.
AGREED = {"bills": {"issued_at", "due_at"}, "subscribers": {"activated_on", "contract_start_on", "contract_end_on"}, "orders": {"starts_on"},
          "plans": {"valid_from", "valid_to"}, "number_plan": {"valid_from", "valid_to"}, "handsets": {"launched_on"}}


def about_others() -> set[str]:
    return OF_OTHERS | {n for n in NAMES if REGISTRY[n].source == "neighbours"}


def together(histories: Iterable[Tables]) -> Tables:
    """The rows of all histories."""
    rows: Tables = {}
    for tables in histories:
        for name, more in tables.items():
            rows.setdefault(name, []).extend(more)
    return rows


def original(seed: int) -> Tables:
    """A random history of people whose ids begin with the seed."""
    return history(seed, prefix=f"{seed}{ORIGINAL}")


def altered(tables: Tables, seed: int, law: str) -> Tables:
    """Their doubles, to whom something happens that must not matter."""
    return renamed(ALTERATIONS[law](tables, seed), f"{seed}{ORIGINAL}", f"{seed}{ALTERED[law]}")


def alone(tables: Tables, seed: int) -> list[Tables]:
    """The doubles of each of them, who know nobody."""
    here = f"{seed}{ORIGINAL}"
    return [renamed(each(tables, lambda name, row, n=n: [row] if row.get("subscriber_id", f"{here}s{n}") == f"{here}s{n}" else []),
                    here, f"{seed}{ALONE}{n}") for n in PEOPLE]


class Batch:
    """The features of random histories and of all their doubles, built at once: {subscriber: {feature: value}}."""

    def __init__(self, seeds: Sequence[int], folder: Path, names: Sequence[str] = NAMES) -> None:
        originals = {seed: original(seed) for seed in seeds}
        tables = together([*originals.values(), *(altered(t, seed, law) for seed, t in originals.items() for law in ALTERED),
                           *(it for seed, t in originals.items() for it in alone(t, seed))])
        people = [f"{seed}{letter}s{n}" for seed in seeds for letter in (ORIGINAL, *ALTERED.values()) for n in PEOPLE]
        people += [f"{seed}{ALONE}{n}s{n}" for seed in seeds for n in PEOPLE]
        self.seeds, self.folder, self.names = seeds, folder, names
        self.features = computed(tables, names, people, folder)

    def differences(self, double: str) -> dict[str, tuple]:
        """{feature: (who, value, the double's)} of features in which a double differs; `{n}` in the double's name is the person's number."""
        found = {}
        for seed in self.seeds:
            for n in PEOPLE:
                one, other = self.features[f"{seed}{ORIGINAL}s{n}"], self.features[f"{seed}{double.format(n=n)}s{n}"]
                found |= {name: (f"{seed}{ORIGINAL}s{n}", one[name], other[name]) for name in self.names if one[name] != other[name]}
        return found

    def apart(self, folder: Path, seed: int = 2, of: Sequence[int] = (3, 7)) -> set[str]:
        """Features that differ where two people of one history are the whole cohort, and its rows are all there are."""
        got = computed(original(seed), self.names, [f"{seed}{ORIGINAL}s{n}" for n in of], folder)
        return {name for who, row in got.items() for name, value in row.items() if value != self.features[who][name]}


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> Batch:
    return Batch(SEEDS, tmp_path_factory.mktemp("laws"))


@pytest.mark.parametrize("law", ALTERATIONS)
def test_no_feature_changes_when_a_history_is(batch, law):
    """What was not known, or is too old, is not seen; the order of rows does not matter, nor which delivery they came with."""
    assert batch.differences(ALTERED[law]) == {}


def test_a_subscriber_s_features_are_their_own(batch):
    """Leaving all others out changes what is about others, friends and lines of one customer and whose number calls go to, and nothing else."""
    assert set(batch.differences(f"{ALONE}{{n}}")) <= about_others()


def test_what_is_said_to_be_about_others_is(batch):
    unmoved = about_others() - set(batch.differences(f"{ALONE}{{n}}"))
    assert unmoved == set(), "these do not depend on others: take them from OF_OTHERS, or let random histories have what they are about"


def test_who_else_is_in_the_cohort_and_in_the_tables_does_not_matter(batch, tmp_path):
    """Alone with their own history two people have the features that they have among all others: nothing is ranked or averaged over the cohort."""
    assert batch.apart(tmp_path) == set()


def in_deliveries(tables: Tables, deliveries: Sequence[str]) -> None:
    """Write the rows under the working folder, in two part files of every delivery that the as-of date may see of a table, at random."""
    for name, kind in TABLES.items():
        rows = Random(name).sample(tables[name], len(tables[name]))
        heaps = [(delivery, part) for delivery in deliveries[:kind.deliveries] for part in range(2)]
        for n, (delivery, part) in enumerate(heaps):
            heap = as_arrow(name, rows[n::len(heaps)])
            folder(name, delivery).mkdir(parents=True, exist_ok=True)
            pq.write_table(heap.append_column("file_no", pa.array([part] * len(heap), pa.int32())), folder(name, delivery) / f"part-{part}.parquet")


def test_no_feature_depends_on_the_delivery_file_or_place_of_a_row(batch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deliveries = [f"{add_months(AS_OF, -n - 1):%Y-%m}" for n in range(LOOK_BACK)]
    in_deliveries(together([*map(original, SEEDS), {"number_plan": [dict.fromkeys(SCHEMA["number_plan"])]}]), deliveries)
    plan = Plan(tuple(reversed(deliveries)), (), (), AS_OF, AS_OF, {AS_OF: tuple(deliveries)}, {AS_OF: ()})
    people = [f"{seed}as{n}" for seed in SEEDS for n in PEOPLE]
    (tmp_path / "work").mkdir()
    seen = known_history(plan, AS_OF, WAIT_DAYS)
    got = computed_of(seen.tables, NAMES, people, tmp_path / "work", as_of=seen.as_of, known_at=seen.known_at)
    found = {(who, name): (batch.features[who][name], value) for who, row in got.items() for name, value in row.items()
             if value != batch.features[who][name]}
    assert found == {}


def test_features_made_slice_by_slice_are_those_made_at_once(batch, tmp_path):
    """Also those that are about others, who are in other slices."""
    tables, people = together(map(original, range(3))), [f"{seed}{ORIGINAL}s{n}" for seed in range(3) for n in PEOPLE]
    frames = {name: frame(name, tables.get(name, ()), tmp_path) for name in TABLES}
    got = computed_of(frames, NAMES, people, tmp_path, cuts=["0as4", "1as2", "1as3", "2as"])
    assert {(who, name) for who, row in got.items() for name, value in row.items() if value != batch.features[who][name]} == set()
    assert set(got) == set(people)


def test_features_come_as_whole_numbers_fractions_or_codes(batch):
    schema = pq.read_schema(next(batch.folder.glob("features_*/*.parquet")))
    wrong = {f.name: str(schema.field(f.name).type) for f in REGISTRY.values()
             if schema.field(f.name).type not in ((pa.string(),) if f.is_category else (pa.int64(), pa.float64()))}
    assert wrong == {}


def test_every_feature_takes_several_values_and_laws_could_see_it_move(batch):
    """A feature that is the same for everybody would obey every law."""
    originals = [batch.features[f"{seed}as{n}"] for seed in SEEDS for n in PEOPLE]
    assert {name for name in NAMES if len({row[name] for row in originals}) < 2} == set()


def test_random_histories_hold_every_table_and_reach_both_sides_of_what_was_known():
    """Of every table that happens there are rows that count, rows from later that came in time, and rows from before that came too late."""
    tables = together(map(original, SEEDS))
    edges = ALTERATIONS["added_too_late"](tables, 0)
    assert set(TABLES) - set(tables) <= {"number_plan"}  # that one may be only asked whether it is there
    for name in set(tables) - set(REFERENCE):
        assert {sides(name, row) for row in edges[name]} >= {(True, True), (False, True), (True, False)}, name
        assert {is_known(name, row) for row in tables[name]} == {True, False}, name
        assert all(is_known(name, row) == (sides(name, row) == (True, True)) for row in edges[name]), name
    assert date(2026, 6, 1) == AS_OF == EPOCH + timedelta(CUT)


def sides(name: str, row: Row) -> tuple[bool, bool]:
    """Whether the row happened before the as-of date, and whether it came in time."""
    if "month" in row:
        return row["month"] < MONTH, row["known_from"] <= MONTH
    if "received_day" in row:
        return row["day"] < CUT, row["received_day"] < KNOWN
    happened = row[TABLES[name].column]
    return str(happened) < str(AS_OF), row["received_at"] < datetime.combine(AS_OF + timedelta(WAIT_DAYS), datetime.min.time())


def test_every_date_in_a_row_is_its_clock_has_a_clock_of_its_own_or_was_agreed_on():
    for name, kind in TABLES.items():
        dated = {c for c, of in SCHEMA[name].items() if of in ("date", "time")} - {kind.column, "received_at"}
        assert dated == {clock for clock, _ in kind.own_clocks} | AGREED.get(name, set()), name


def test_random_histories_hold_fields_before_and_after_their_own_time():
    tables = together(map(original, SEEDS))
    for name, kind in TABLES.items():
        for clock, _ in kind.own_clocks:
            assert {is_to_come(row[clock]) for row in tables[name] if row[clock] and is_known(name, row)} == {True, False}, name


def test_every_feature_explains_itself():
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
    unsaid = [f.name for f in REGISTRY.values() if f.risky == "-" and "{value" in f.reason_zh and f.unit in ("count", "minutes", "days")
              and f.missing == 0 and not f.zero_zh]
    assert unsaid == []


def test_features_of_an_absent_table_are_absent():
    known_at = AS_OF + timedelta(4)
    for absent in TABLES:
        there = available(History({name: None for name in TABLES if name != absent}, AS_OF, known_at), REGISTRY.values())
        assert {f.name for f in there} == {f.name for f in REGISTRY.values() if absent not in needs(f)}
        assert there
    assert available(History({}, AS_OF, known_at), REGISTRY.values()) == []


def test_a_source_reads_no_table_but_those_it_needs_and_can_do_without_those_it_would_like(tmp_path):
    """Otherwise its features would fail, or change their meaning, where an operator does not send the table."""
    asked: set[str] = set()

    class Watched(History):
        """One that notes which tables it was asked for."""
        def has(self, name: str) -> bool:
            asked.add(name)
            return super().has(name)

        def events(self, name: str) -> Events:
            asked.add(name)
            return super().events(name)

    open_session(memory="1GB", threads=2)
    frames = {name: frame(name, (), tmp_path) for name in TABLES}
    for source in SOURCES.values():
        for there in (source.needs, (*source.needs, *source.also)):
            asked.clear()
            source.table(Watched({name: frames[name] for name in there}, AS_OF, AS_OF + timedelta(WAIT_DAYS)))
            assert asked <= {*source.needs, *source.also}, source.name


@pytest.mark.slow
def test_no_feature_changes_in_many_histories(tmp_path):
    many = Batch(range(100, 150), tmp_path)
    assert {law: found for law, letter in ALTERED.items() if (found := many.differences(letter))} == {}
    assert set(many.differences(f"{ALONE}{{n}}")) <= about_others()
