"""A small operator's delivery, valid to the last row, for tests that change one thing and look at what becomes of it."""
import re
import shutil
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pandas as pd
import pyarrow.parquet as pq

from churnkit import timeline
from churnkit.extracts import EXTRACTS
from churnkit.identity import pseudonym, write_key
from churnkit.params import Common
from churnkit.stages import ingest

ROOT = Path(__file__).parent.parent
KEY = bytes(range(32))
COMMON = Common(engine="duckdb", memory="500MB", threads=2, seed=1, zone="Asia/Shanghai", wait_days=4, spill=".churnkit/spill", key_file="key")
PARAMS = ingest.Params(max_reject_share=0.5, accept_rejects=False, delay_days=1)
JUNE = "2026-06"

CALLS = """\
subscriber_id,other_party,kind,direction,forward_cause,forwarded_to,happened_at,duration_s,is_answered,tac
1001,13800000001,voice,out,,,2026-06-01 08:00:00,60,true,86910000
1001,13900000002,voice,in,,,2026-06-02 09:30:00,0,false,86910000
1002,10086,sms,in,,,2026-06-03 10:00:00,,,
1002,13800000001,voice,forwarded,busy,13000000003,2026-06-30 23:59:59,12,true,
"""
BILLS = """\
subscriber_id,bill_month,issued_at,due_at,total_cents,plan_cents,paid_cents,paid_at
1001,2026-06,2026-07-01,2026-07-20,5900,5900,,
1002,2026-06,2026-07-01,2026-07-20,3900,3900,3900,2026-07-02
"""
SUBSCRIBERS = """\
subscriber_id,snapshot_on,msisdn,activated_on,payment_kind,line_kind,branch,customer_key,alt_contact
1001,2026-06-30,13800001001,2024-02-29,postpaid,voice,江西/南昌/东湖,K1,13800009999
1002,2026-06-30,13800001002,2025-01-01,prepaid,voice,江西/九江/庐山,,
"""
STATUS_CHANGES = """\
subscriber_id,happened_at,status,reason
1002,2026-06-30 12:00:00,one_way_stop,arrears
"""
HANDSETS = """\
tac,brand,model,launched_on,generation,price_band,is_smartphone,is_dual_sim
86910000,Beichen,Pro 11,2020-07-19,5G,mid,true,true
"""
NUMBER_PLAN = """\
prefix,operator,kind,valid_from,valid_to
138,own,mobile,2000-01-01,
139,north,mobile,2000-01-01,
10086,own,own_care,,
"""
CONSENTS = """\
subscriber_id,happened_at,channel,is_granted
1001,2026-06-05 09:00:00,call,true
"""
FILES = {"calls": CALLS, "bills": BILLS, "subscribers": SUBSCRIBERS, "status_changes": STATUS_CHANGES, "handsets": HANDSETS,
         "number_plan": NUMBER_PLAN, "consents": CONSENTS}


def shipped_params() -> str:
    """The project's params.yaml, which an operator may have changed to read other layouts, with churnkit's own layout alone."""
    return re.sub(r"^  layouts: .*(\n +- .*)*", "  layouts: [canonical]", (ROOT / "params.yaml").read_text("utf-8"), flags=re.MULTILINE)


def deliver(delivery: str = JUNE, **changed: str | bytes | None) -> Path:
    """Write the key and the delivery's files under the working folder, some of them `changed`; None leaves an extract out."""
    return put_down(delivery, FILES | changed)


def put_down(delivery: str, texts: dict[str, str | bytes | None]) -> Path:
    """The folder of a delivery with just these files, and the key."""
    folder = Path("data/extracts") / delivery
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_key(Path("key"), KEY)
    for extract, text in texts.items():
        if text is not None:
            (folder / f"{extract}_{delivery[-7:]}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def run_ingest(delivery: str = JUNE, **params: object) -> None:
    """Ingest what was delivered."""
    ingest.run(replace(PARAMS, **params), COMMON, timeline.Delivery.named(delivery))


def ingest_alone(delivery: str = JUNE, **texts: str | bytes) -> None:
    """Ingest a delivery of these extracts, as if there were no others: that is quicker."""
    put_down(delivery, dict(texts))
    ingest_again(delivery, *texts)


def ingest_again(delivery: str, *names: str, **params: object) -> None:
    """Ingest these extracts of what lies there, as if there were no others."""
    with mock.patch.object(ingest, "EXTRACTS", {name: EXTRACTS[name] for name in names}):
        run_ingest(delivery, **params)


def events(extract: str, delivery: str = JUNE) -> list[dict]:
    """The accepted rows of an extract, as dictionaries without their nulls and without the number of their file."""
    rows = frame(timeline.events(delivery, extract) / "part-0.parquet")
    return [{k: v for k, v in row.items() if not pd.isna(v) and k != "file_no"} for row in rows]


def account(extract: str, delivery: str = JUNE) -> tuple[int, int, int, int]:
    """Rows of an extract that were read, accepted, rejected and duplicates."""
    files = [f for f in frame(timeline.events(delivery, "account") / "files.parquet") if f["extract"] == extract]
    return tuple(sum(f[name] for f in files) for name in ("read", "accepted", "rejected", "duplicates"))


def rejects(delivery: str = JUNE) -> list[dict]:
    """The rows that were not accepted."""
    return frame(timeline.events(delivery, "account") / "rejects.parquet")


def frame(path: Path) -> list[dict]:
    """The rows of a Parquet file."""
    return pq.read_table(path).to_pylist()


def subscriber(operators_id: str) -> str:
    """The pseudonym of an operator's id."""
    return pseudonym(KEY, operators_id, "s")


def party(number: str) -> str:
    """The pseudonym of a number."""
    return pseudonym(KEY, number, "p")
