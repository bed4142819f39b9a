"""Parquet files and tables of a database become the rows that CSV would have given."""
import os
import shutil
import subprocess
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from builders import JUNE, account, events, ingest_again, put_down, rejects, subscriber
from churnkit.errors import InputError, ParameterError
from churnkit.extracts import layout_file
from churnkit.extracts.database import fetch
from churnkit.files import sha256
from churnkit.timeline import Delivery

TABLE = """\
files:
  - extract: consents
    table: {table}
    url: OPERATOR_DB
    clock: at
    map: {{subscriber_id: who, happened_at: at, channel: {{field: what, codes: {{"1": call, "2": sms}}}}, is_granted: ok}}
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("layouts").mkdir()


def test_a_parquet_file_is_read_by_the_types_it_has():
    folder = put_down(JUNE, {})
    pq.write_table(pa.table({"subscriber_id": pa.array([1001, 1002, 1003, None], pa.int64()),
                             "channel": pa.array(["call", "sms", "fax", "call"]).dictionary_encode(),
                             "happened_at": pa.array([datetime(2026, 6, 5, 9, n) for n in range(4)], pa.timestamp("us")),
                             "is_granted": [True, False, True, None]}), folder / "consents_a.parquet")
    ingest_again(JUNE, "consents")
    assert {(e["subscriber_id"], e["happened_at"].minute, e["channel"], e["is_granted"]) for e in events("consents")} == {
        (subscriber("1001"), 0, "call", True), (subscriber("1002"), 1, "sms", False)}
    assert [(r["line"], r["message"], r["raw"].split("|")[1]) for r in rejects()] == [
        (3, "channel is not one of call, sms", "fax"), (4, "subscriber_id is empty", "call")]


def test_a_parquet_file_that_is_none_or_lacks_a_column_is_refused_whole():
    folder = put_down(JUNE, {})
    (folder / "consents_a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"consents_a\.parquet cannot be read as Parquet"):
        ingest_again(JUNE, "consents")
    pq.write_table(pa.table({"subscriber_id": ["1"]}), folder / "consents_a.parquet")
    with pytest.raises(InputError, match="columns of extract 'consents' do not fit: missing 'happened_at', 'channel', 'is_granted'"):
        ingest_again(JUNE, "consents")


CONSENT = {"subscriber_id": ["1", "2"], "happened_at": ["2026-06-01 00:00:00"] * 2, "channel": ["call", "sms"], "is_granted": [True, False]}


def test_a_column_of_lists_is_refused_by_name():
    folder = put_down(JUNE, {})
    pq.write_table(pa.table(CONSENT | {"channel": [["call"], ["sms"]]}), folder / "consents_a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet: a column that is read must have one value a row; channel \(list<element: string>\) has lists"):
        ingest_again(JUNE, "consents")


def test_a_value_that_no_calendar_has_is_a_reject_with_its_row():
    folder = put_down(JUNE, {})
    far = pa.array([300_000_000_000, 1_780_272_000], pa.timestamp("s"))
    pq.write_table(pa.table(CONSENT | {"happened_at": far}), folder / "consents_a.parquet")
    ingest_again(JUNE, "consents")
    assert account("consents") == (2, 1, 1, 0)
    assert [(r["line"], r["rule"]) for r in rejects()] == [(1, "not_time")]


def test_a_parquet_file_with_a_changed_byte_gives_all_its_rows_or_one_sentence():
    folder, rng = put_down(JUNE, {}), Random(1)
    path = folder / "consents_a.parquet"
    pq.write_table(pa.table({name: values * 20 for name, values in CONSENT.items()}), path)
    whole, refused = path.read_bytes(), list[str]()
    for at in (443, 448, *(rng.randrange(len(whole)) for _ in range(20))):  # in the first two a name of the schema is no UTF-8 any more
        path.write_bytes(whole[:at] + bytes([whole[at] ^ rng.randrange(1, 256)]) + whole[at + 1:])
        try:
            ingest_again(JUNE, "consents", max_reject_share=1.0)
            assert account("consents")[0] == 40
        except InputError as problem:
            refused.append(str(problem))
    assert refused
    assert all(str(path) in said for said in refused)


def fill(url: str, schema: str | None = None) -> None:
    """A table of consents of May, June and July."""
    engine = sa.create_engine(url)
    table = sa.Table("optin", sa.MetaData(), sa.Column("who", sa.BigInteger), sa.Column("at", sa.DateTime), sa.Column("what", sa.String(2)),
                     sa.Column("ok", sa.Boolean), sa.Column("noted", sa.Date), schema=schema)
    rows = [{"who": 1001 + n % 2, "at": datetime(2026, 5 + n, 1), "what": str(n or 1), "ok": n == 1, "noted": date(2026, 6, 1)} for n in range(3)]
    with engine.begin() as connection:
        if schema:
            connection.execute(sa.schema.CreateSchema(schema))
        table.create(connection)
        connection.execute(table.insert(), [*rows, {"who": 1003, "at": datetime(2026, 6, 30, 23, 59, 59), "what": "9", "ok": None, "noted": None}])
    engine.dispose()


def ingest_fetched(table: str) -> None:
    """Fetch June from the table, twice, and ingest it."""
    Path("layouts/north.yaml").write_text(TABLE.format(table=table), "utf-8")
    folder, layouts = put_down(JUNE, {}), [layout_file.load("north")]
    path = folder / f"table-{table}.parquet"
    assert fetch(layouts, Delivery.named(JUNE), folder) == {path: 2}
    before = sha256(path)
    fetch(layouts, Delivery.named(JUNE), folder)
    assert sha256(path) == before
    ingest_again(JUNE, "consents", layouts=("canonical", "north"))
    assert [(e["subscriber_id"], e["happened_at"], e["channel"], e["is_granted"]) for e in events("consents")] == [
        (subscriber("1002"), datetime(2026, 6, 1), "call", True)]
    assert (account("consents"), [r["rule"] for r in rejects()]) == ((2, 1, 1, 0), ["unread"])


def test_the_months_rows_of_a_table_are_fetched_and_ingested(monkeypatch):
    monkeypatch.setenv("OPERATOR_DB", f"sqlite:///{Path('operator.db').resolve()}")
    fill(os.environ["OPERATOR_DB"])
    ingest_fetched("optin")


@pytest.mark.parametrize(("url", "table", "kind", "said"), [
    (None, "optin", ParameterError, "environment variable OPERATOR_DB is not set"),
    ("nonsense", "optin", ParameterError, "OPERATOR_DB is no URL of a database"),
    ("sqlite:///operator.db", "optout", InputError, "The table optout cannot be read"),
    ("sqlite:///no/such/folder.db", "optin", InputError, "The table optin cannot be read")])
def test_a_database_that_is_not_to_be_had_is_named_without_its_url(monkeypatch, url, table, kind, said):
    fill("sqlite:///operator.db")
    monkeypatch.delenv("OPERATOR_DB", raising=False)
    if url:
        monkeypatch.setenv("OPERATOR_DB", url)
    Path("layouts/north.yaml").write_text(TABLE.format(table=table), "utf-8")
    with pytest.raises(kind, match=said):
        fetch([layout_file.load("north")], Delivery.named(JUNE), put_down(JUNE, {}))


@pytest.fixture
def postgres(tmp_path):
    """The URL of a PostgreSQL server of this test's own, reached through a socket in its folder."""
    found = next((p for p in [shutil.which("initdb"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")))] if p), None)
    lacking = [what for what, there in (("a PostgreSQL server", found), ("psycopg (the postgres extra)", find_spec("psycopg"))) if not there]
    if lacking or found is None:
        (pytest.fail if os.environ.get("CHURNKIT_NO_SKIP") else pytest.skip)(f"needs {' and '.join(lacking)}")
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # the server refuses to run as root
    home = tmp_path / "pg"
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    for parent in home.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    tool = Path(found).parent

    def run(*words: str) -> None:
        subprocess.run([*as_user, str(tool / words[0]), "-D", str(home / "base"), *words[1:]], check=True, stdout=subprocess.DEVNULL, cwd="/")

    run("initdb", "-A", "trust", "-U", "churnkit")
    run("pg_ctl", "-l", str(home / "log"), "-o", f"-k {home} -c listen_addresses=''", "-w", "start")
    try:
        yield f"postgresql+psycopg://churnkit@/postgres?host={home}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")


@pytest.mark.slow
def test_a_table_of_postgresql_is_fetched_like_any_other(postgres, monkeypatch):
    monkeypatch.setenv("OPERATOR_DB", postgres)
    fill(postgres, schema="bss")
    ingest_fetched("bss.optin")
