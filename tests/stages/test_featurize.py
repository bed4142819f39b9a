"""Features of a delivery as it was ingested and summarised, with every optional extract and with none."""
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import BILLS, CALLS, COMMON, FILES, JUNE, deliver, frame, ingest_again, put_down, run_ingest, subscriber
from churnkit import slices
from churnkit.archive import known_history, sent
from churnkit.features import REGISTRY, needs
from churnkit.files import parts
from churnkit.stages import featurize, summarise
from churnkit.timeline import Delivery, Plan, add_months

AS_OF = date(2026, 7, 1)
PLAN = Plan((JUNE,), (), (), AS_OF, AS_OF, {AS_OF: (JUNE,)}, {AS_OF: ()})
ROAMED, SLEPT = "17911,international,86910000123456,", ",none,86910000123456,c1"  # access code, roaming, handset, cell
OPTIONAL = {
    "calls": "subscriber_id,other_party,kind,direction,forward_cause,forwarded_to,happened_at,duration_s,is_answered,tac,access_code,roaming,"
             f"device_key,cell_id\n1001,13800000001,voice,out,,,2026-06-01 08:00:00,60,true,86910000,{ROAMED}\n"
             f"1001,13900000002,sms,out,,,2026-06-05 22:00:00,,,86910000,{SLEPT}\n"
             "1002,13800000001,voice,forwarded,busy,13000000003,2026-06-30 23:59:59,12,true,,,,,\n",
    "subscribers": FILES["subscribers"].replace("branch,", "plan,branch,").replace("voice,江西", "voice,P,江西"),
    "topups": "subscriber_id,happened_at,amount_cents,balance_after_cents\n1002,2026-06-11 08:00:00,3000,3000\n1002,2026-06-21 08:00:00,2000,4000\n",
    "data_sessions": "subscriber_id,happened_at,volume_mb\n1001,2026-06-20 08:00:00,300.000001\n1001,2026-06-20 09:00:00,200\n",
    "portings": "msisdn,happened_at,to_operator\n13800000001,2026-06-15 00:00:00,north\n13800001002,2025-12-31 00:00:00,own\n",
    "portability_requests": "subscriber_id,happened_at,kind,is_allowed\n1001,2026-06-30 10:00:00,query,false\n",
    "plans": "plan,fee_cents,voice_minutes,data_mb,generation\nP,3900,2,1000.5,4G\nQ,900,1,500.000001,5G\n",
    "orders": "subscriber_id,happened_at,product,kind,is_trial,ends_on\n1001,2026-06-10 10:00:00,X,promotion,true,2026-06-25\n",
    "care_contacts": "subscriber_id,happened_at,topic,level,resolved_at,compensation_cents\n1001,2026-06-02 10:00:00,bill,2,2026-06-30 23:00:00,500\n"
                     "1001,2026-06-03 10:00:00,bill,3,2026-07-02 09:00:00,700\n"}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def features() -> dict[str, dict]:
    """The features of both subscribers, by their ids here."""
    run_ingest()
    summarise.run(summarise.Params(), COMMON, Delivery.named(JUNE))
    cohort = Path(f"data/cohorts/{AS_OF}")
    cohort.mkdir(parents=True)
    pq.write_table(pa.table({"subscriber_id": [subscriber("1001"), subscriber("1002")]}), cohort / "part-0.parquet")
    featurize.run(featurize.Params(), COMMON, PLAN, AS_OF)
    return {row.pop("subscriber_id"): row for row in frame(Path(f"data/features/{AS_OF}/part-0.parquet"))}


def test_every_feature_comes_where_every_extract_does(capsys):
    deliver(**OPTIONAL)
    got = features()
    one, two = got[subscriber("1001")], got[subscriber("1002")]
    assert set(one) == set(REGISTRY)
    told = {"internet_mb_30d": 500.000001, "ported_contacts_90d": 1, "ported_to": "north", "port_queries_30d": 1, "port_refusals_90d": 1,
            "plan_fee": 3900, "voice_utilisation_1m": 0.5, "data_utilisation_1m": 500_000_001 / 1_000_500_000, "overspend_vs_best_plan_3m": 5000.0,
            "trials_90d": 1, "days_since_discount_end": 6, "handset_ahead_of_plan": 1, "complaints_90d": 2,
            "has_open_complaint": 1, "compensation_365d": 500,
            "recharge_count_30d": None, "roaming_days_30d": 1, "has_been_abroad_30d": 1, "access_code_share_1m": 1.0, "handsets_used_12m": 1,
            "lines_on_handset_3m": 1, "former_home_share_1m": None, "night_share_30d": 0.5}
    assert {name: one[name] for name in told} == told
    told = {"recharge_sum_30d": 5000, "recharge_gap_mean_180d": 10.0, "balance_estimate": 3000.0, "days_to_empty": 30.0, "days_since_ported_in": 182}
    assert {name: two[name] for name in told} == told
    assert "left out" not in capsys.readouterr().err


def test_slices_of_subscribers_together_are_the_whole(monkeypatch):
    deliver(**OPTIONAL)
    whole = features()
    monkeypatch.setattr(slices, "PEOPLE", 1)
    featurize.run(featurize.Params(), COMMON, PLAN, AS_OF)
    written = parts(Path(f"data/features/{AS_OF}"))
    assert len(written) == 2
    found = [row for path in written for row in frame(path)]
    assert [row["subscriber_id"] for row in found] == sorted(whole)
    assert {row.pop("subscriber_id"): row for row in found} == whole


def test_features_of_extracts_that_did_not_come_are_left_out_with_a_notice(capsys):
    put_down(JUNE, {"calls": CALLS, "bills": BILLS, "subscribers": FILES["subscribers"]})
    got = features()
    there = {name for name, f in REGISTRY.items() if {"usage_daily", "contacts_monthly", "forward_targets_monthly", "devices_monthly", "bills",
                                                      "subscribers"} >= set(needs(f))}
    assert set(got[subscriber("1001")]) == there
    absent = ("calls.access_code, calls.cell_id, calls.device_key, calls.roaming, care_contacts, data_sessions, handsets, number_plan, orders, "
              "plans, portability_requests, portings, status_changes, topups")
    assert f"featurize {AS_OF}: no {absent}, so {len(REGISTRY) - len(there)} features are left out" in capsys.readouterr().err


def test_a_reference_table_that_was_not_sent_again_stands_as_it_came_last_however_long_ago():
    fees = {"2025-01": 1900, "2025-02": 2900, **{f"{add_months(date(2025, 3, 1), n):%Y-%m}": None for n in range(14)}, "2026-05": 3900}
    for delivery, fee in fees.items():
        put_down(delivery, {"plans": f"plan,fee_cents\nP,{fee}\n"} if fee else {})
        ingest_again(delivery, "plans")
    found = {delivery: [row.fee_cents for row in sent("plans", (delivery,)).collect()] for delivery in fees}
    assert found == {delivery: [1900 if delivery == "2025-01" else 3900 if delivery == "2026-05" else 2900] for delivery in fees}
    plan = Plan(tuple(fees), (), (), AS_OF, AS_OF, {date(2025, 2, 1): ("2025-01",)}, {})
    assert [row.fee_cents for row in known_history(plan, date(2025, 2, 1), 4, ["plans"]).tables["plans"].collect()] == [1900]


def test_a_reference_table_that_never_came_is_absent():
    put_down(JUNE, {})
    ingest_again(JUNE, "plans")
    assert sent("plans", (JUNE,)) is None
