"""The call lists of one month, written from small invented inputs."""
import csv
import hashlib
import io
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from churnkit import identity
from churnkit.errors import InputError, ParameterError, PolicyError
from churnkit.params import load
from churnkit.retention.choices import Policy
from churnkit.retention.columns import columns_of
from churnkit.stages import export

AS_OF = date(2026, 11, 1)
COMMON = SimpleNamespace(seed=1, zone="Asia/Shanghai", wait_days=4, key_file="key")
PLAN = SimpleNamespace(scoring=AS_OF, deliveries=("2026-09", "2026-10"))
GOOD = {"beats_baselines": True, "reason": "lift 5.1 against 3.0", "label": "any"}
LIST = Path("data/lists/2026-11-01")
NEAR, FAR = "江西/南昌/东湖", "江西/九江/浔阳"


def parquet(rows: list[dict], *path: str) -> None:
    folder = Path("data").joinpath(*path)
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(folder / "part-0.parquet", index=False)


class World:
    """An invented month: `customer` adds one, `write` makes the files of all of them."""

    def __init__(self) -> None:
        self.scores: list[dict] = []
        self.subscribers: list[dict] = []
        self.bills: list[dict] = []
        self.consents: list[dict] | None = []
        self.activity: list[dict] = []

    def customer(self, name: str, probability: float = 0.5, *, bill: int = 10_000, granted: bool | None = True, stratum: str = "open",
                 censored: bool = False, silent_days: float = 2.0, in_snapshot: bool = True, **facts: object) -> None:
        self.scores.append({"subscriber_id": name, "stratum": stratum, "is_censored": censored, "churn_probability": probability}
                           | {f"reason_{n}_{lang}": f"{lang}{n}" if n < 3 else None for n in (1, 2, 3) for lang in ("zh", "en")})
        self.activity.append({"subscriber_id": name, "days_since_last_own_activity": silent_days})
        row = {"subscriber_id": name, "snapshot_on": date(2026, 10, 31), "msisdn_masked": "138****0001", "alt_contact_masked": None,
               "activated_on": date(2024, 10, 15), "payment_kind": "postpaid", "plan": "畅享59", "branch": NEAR, "team": "一班",
               "account_manager": None, "contract_end_on": None, "customer_key": None, "tac": "35000001", "received_at": datetime(2026, 11, 1, 2)}
        if in_snapshot:
            self.subscribers.append(row | facts)
        self.bills += [{"subscriber_id": name, "bill_month": date(2026, month + 1, 1) - timedelta(1), "total_cents": bill,
                        "issued_at": date(2026, month + 1, 1), "received_at": datetime(2026, month + 1, 3)} for month in (8, 9, 10)]
        if granted is not None and self.consents is not None:
            self.consents.append({"subscriber_id": name, "happened_at": datetime(2026, 1, 1), "received_at": datetime(2026, 1, 2),
                                  "channel": "call", "is_granted": granted})

    def write(self, verdict: dict = GOOD) -> None:
        parquet(self.scores, "scores", "2026-11-01")
        parquet([{"subscriber_id": row["subscriber_id"], "stratum": row["stratum"]} for row in self.scores], "cohorts", "2026-11-01")
        parquet(self.activity, "features", "2026-11-01")
        frame = pd.DataFrame(self.subscribers)
        for column in ("contract_end_on", "activated_on", "snapshot_on"):
            frame[column] = pd.to_datetime(frame[column])
        for column in ("alt_contact_masked", "account_manager", "customer_key", "branch", "msisdn_masked"):
            frame[column] = frame[column].astype("str")
        Path("data/deliveries/2026-10/events/subscribers").mkdir(parents=True, exist_ok=True)
        frame.to_parquet("data/deliveries/2026-10/events/subscribers/part-0.parquet", index=False)
        parquet(self.bills, "deliveries", "2026-10", "events", "bills")
        parquet([{"tac": "35000001", "brand": "华为", "model": "Mate 60"}], "deliveries", "2026-10", "events", "handsets")
        if self.consents is not None:
            parquet(self.consents, "deliveries", "2026-09", "events", "consents")
        Path("reports").mkdir(exist_ok=True)
        Path("reports/verdict.json").write_text(json.dumps(verdict))
        identity.write_key(Path("key"), b"k" * 32)


@pytest.fixture
def world(tmp_path, monkeypatch) -> World:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHURNKIT_KEY_FILE", raising=False)
    return World()


def params(**changed: object) -> export.Params:
    return export.Params(**{"capacity": 100, "one_way_stop_capacity": 10, "policy": Policy(consent="recorded"), "holdout_share": 0.0} | changed)


def run(**changed: object) -> dict:
    """The manifest of the month's lists."""
    export.run(params(**changed), COMMON, PLAN)
    return json.loads((LIST / "manifest.json").read_text("utf-8"))


def rows(name: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO((LIST / name).read_bytes().decode("utf-8-sig"), newline="")))


def reasons() -> dict[str, str]:
    return {row["subscriber_id"]: row["exclusion_reason"] for row in rows("excluded.csv")}


def test_agents_are_told_when_to_call_where_it_is_known(world):
    world.customer("s_known", 0.9)
    world.customer("s_unknown", 0.8)
    world.activity[0] |= {"best_slot": "17:00-19:00", "avoid_slots": "09:00-12:00,12:00-14:00"}
    world.write()
    run()
    told = {row["subscriber_id"]: (row["best_slot"], row["avoid_slots"]) for row in rows("江西-南昌.csv")}
    assert told == {"s_known": ("17:00-19:00", "09:00-12:00,12:00-14:00"), "s_unknown": ("", "")}


def test_each_customer_who_is_not_called_is_in_excluded_with_the_first_reason_that_holds(world):
    world.customer("s_called", 0.9)
    world.customer("s_leaving", 0.9, censored=True, granted=False)
    world.customer("s_gone", 0.9, in_snapshot=False)
    world.customer("s_refused", 0.9, granted=False)
    world.customer("s_never_asked", 0.9, granted=None)
    world.customer("s_no_number", 0.9, msisdn_masked=None)
    world.customer("s_silent", 0.9, silent_days=14.0)
    world.customer("s_silent_with_other_number", 0.9, silent_days=14.0, alt_contact_masked="139****0002")
    world.customer("s_bound", 0.9, contract_end_on=date(2027, 2, 2))
    world.customer("s_free_in_three_months", 0.9, contract_end_on=date(2027, 2, 1))
    world.customer("s_not_worth_it", 0.01)
    world.customer("s_second_line", 0.7, customer_key="c1")
    world.customer("s_first_line", 0.8, customer_key="c1")
    world.write()
    manifest = run()
    assert reasons() == {
        "s_leaving": "already_leaving", "s_gone": "already_gone", "s_refused": "consent_refused", "s_never_asked": "no_consent",
        "s_no_number": "no_reachable_number", "s_silent": "no_reachable_number", "s_bound": "inside_lock_in",
        "s_not_worth_it": "not_worth_a_call", "s_second_line": "duplicate_person"}
    listed = {row["subscriber_id"] for row in rows("江西-南昌.csv")}
    assert listed == {"s_called", "s_silent_with_other_number", "s_free_in_three_months", "s_first_line"}
    assert manifest["counts"]["disposition"] == {"listed": 4, "not_for_contact": 0, "below_capacity": 0, "excluded": 9}
    assert manifest["counts"]["excluded"]["no_reachable_number"] == 2


def test_the_best_by_value_are_called_until_the_calls_are_used_up(world):
    for n, probability in enumerate([0.5, 0.9, 0.7, 0.8, 0.6]):
        world.customer(f"s{n}", probability, branch=NEAR if n % 2 else FAR)
    world.write()
    run(capacity=3)
    assert [(row["subscriber_id"], row["rank"]) for row in rows("江西-南昌.csv")] == [("s1", "1"), ("s3", "2")]
    assert [(row["subscriber_id"], row["rank"]) for row in rows("江西-九江.csv")] == [("s2", "1")]
    assert reasons() == {"s0": "below_capacity", "s4": "below_capacity"}


def test_an_entry_says_what_is_known_of_the_customer(world):
    world.customer("s1", 0.5, alt_contact_masked="139****0002", contract_end_on=date(2026, 12, 31), plan="=59")
    world.write()
    run()
    assert rows("江西-南昌.csv")[0] | {"list_id": ""} == dict.fromkeys((column.name for column in columns_of("agents")), "") | {
        "rank": "1", "segment": "open", "subscriber_id": "s1", "msisdn": "138 **** 0001", "alt_contact": "139 **** 0002",
        "branch": "江西/南昌", "sub_branch": "东湖", "team": "一班", "value_tier": "A", "risk_grade": "高", "reason_1": "zh1", "reason_2": "zh2",
        "offer": "续约优惠", "max_attempts": "3", "days_since_last_activity": "2", "tenure_months": "24", "plan": "'=59", "payment_kind": "postpaid",
        "last_bill_yuan": "100.00", "average_bill_yuan": "100.00", "contract_end_on": "2026-12-31", "handset": "华为 Mate 60",
        "expires_on": "2026-12-11"}
    # 0.6 × 0.5 × 0.18 × 50 yuan × 12 months = 32.40, less 0.6 × 0.2 × 20 = 2.40 of offers, less 3 of calls
    scored = rows("scored/江西-南昌.csv")[0]
    assert (scored["churn_probability"], scored["expected_value"], scored["disposition"]) == ("0.5000", "27.00", "listed")


def test_reasons_and_grades_are_given_in_the_language_chosen(world):
    world.customer("s1")
    world.write()
    run(language="en")
    assert {key: rows("江西-南昌.csv")[0][key] for key in ("reason_1", "risk_grade")} == {"reason_1": "en1", "risk_grade": "high"}


def crowd(world: World, count: int = 60) -> None:
    for n in range(count):
        world.customer(f"s{n:02}", 0.3 + n / 100, branch=NEAR if n % 3 else FAR, stratum="one_way_stop" if n % 5 == 0 else "open")
    world.write()


def test_every_customer_scored_is_either_on_a_list_or_in_excluded(world):
    crowd(world)
    run(capacity=15, one_way_stop_capacity=4, holdout_share=0.3)
    listed = [row["subscriber_id"] for row in rows("江西-南昌.csv") + rows("江西-九江.csv")]
    scored = [row["subscriber_id"] for row in rows("scored/江西-南昌.csv") + rows("scored/江西-九江.csv")]
    assert len(listed) == 19
    assert sorted(listed + list(reasons())) == sorted(scored) == [f"s{n:02}" for n in range(60)]


def test_the_held_out_are_in_the_audit_and_on_no_list(world):
    crowd(world)
    manifest = run(capacity=15, holdout_share=0.3)
    held = {row["subscriber_id"] for row in rows("audit/holdout.csv")}
    assert held == {name for name, reason in reasons().items() if reason == "not_for_contact"}
    assert len(held) == manifest["counts"]["disposition"]["not_for_contact"] > 0
    assert not {"msisdn", "alt_contact"} & set(rows("audit/holdout.csv")[0])


def test_a_corrected_rerun_is_another_release_and_moves_nobody_between_the_arms(world):
    crowd(world)
    first = run(capacity=15, holdout_share=0.3)
    held = {row["subscriber_id"] for row in rows("audit/holdout.csv")}
    world.scores[59]["churn_probability"] = 0.31
    world.scores[30]["churn_probability"] = 0.99
    world.write()
    second = run(capacity=15, holdout_share=0.3)
    listed = {row["subscriber_id"] for row in rows("江西-南昌.csv") + rows("江西-九江.csv")}
    assert first["release_id"] != second["release_id"]
    assert not held & listed


def test_the_same_inputs_give_the_same_bytes(world):
    crowd(world)
    run(holdout_share=0.3)
    first = {path: path.read_bytes() for path in LIST.rglob("*") if path.is_file()}
    run(holdout_share=0.3)
    assert {path: path.read_bytes() for path in LIST.rglob("*") if path.is_file()} == first


def test_the_manifest_has_the_checksum_of_every_other_file(world):
    crowd(world)
    manifest = run()
    found = {path.relative_to(LIST).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in LIST.rglob("*") if path.is_file()}
    assert manifest["files"].keys() == found.keys() - {"manifest.json"}
    assert all(found[name] == told["sha256"] for name, told in manifest["files"].items())


def test_the_manifest_says_that_the_expected_effect_is_a_prior_and_what_the_hold_out_can_show(world, capsys):
    crowd(world)
    manifest = run(capacity=15, holdout_share=0.3)
    said = capsys.readouterr()
    assert manifest["expected"]["is_prior"] is True
    assert manifest["label"] == "any"
    assert manifest["holdout"]["smallest_detectable_effect"] > manifest["holdout"]["expected_effect"]
    assert "not a measurement" in said.out
    assert "Smallest detectable effect" in said.out
    assert said.err.startswith("warning: This list is too small to show what its calls are worth")


def test_what_monitoring_says_of_the_month_is_in_the_manifest_and_on_the_summary_page(world, capsys):
    crowd(world)
    assert run()["monitoring"] is None
    Path("reports/monitor").mkdir()

    def says(as_of: date, state: str) -> dict:
        told = {"as_of": str(as_of), "state": state, "zh": "告警：缺失 <90%>", "en": "ALARM: half is missing", "checks": []}
        Path("reports/monitor/verdict.json").write_text(json.dumps(told))
        return run()

    assert says(date(2026, 10, 1), "alarm")["monitoring"] is None  # of another month
    capsys.readouterr()
    assert says(AS_OF, "alarm")["monitoring"] == {"state": "alarm", "zh": "告警：缺失 <90%>", "en": "ALARM: half is missing"}
    assert "warning: monitoring says ALARM: half is missing" in capsys.readouterr().err
    page = (LIST / "summary.html").read_text("utf-8")
    assert "告警：缺失 &lt;90%&gt;" in page
    says(AS_OF, "ok")
    assert "half is missing" not in capsys.readouterr().err + (LIST / "summary.html").read_text("utf-8")
    Path("reports/monitor/verdict.json").write_text("{")
    with pytest.raises(InputError, match="churnkit monitor"):
        run()


def test_the_release_depends_on_scores_cohort_and_parameters(world):
    crowd(world)
    releases = [run()["release_id"], run(offer="存费送机")["release_id"], run()["release_id"]]
    assert len(releases[0]) == 12
    assert releases[0] == releases[2] != releases[1]


def test_the_summary_page_names_no_customer_and_needs_no_other_file(world):
    crowd(world)
    run(holdout_share=0.3)
    page = (LIST / "summary.html").read_text("utf-8")
    assert "江西/南昌" in page
    assert not any(text in page for text in ("s01", "138", "http", "src=", "url(", "@import", "<script", "<link"))


def test_a_list_opens_in_pandas_with_its_columns(world):
    crowd(world)
    run(encoding="gb18030")
    table = pd.read_csv(LIST / "江西-南昌.csv", encoding="gb18030", dtype=str)
    assert list(table.columns) == [column.name for column in columns_of("agents")]
    assert set(table["msisdn"]) == {"138 **** 0001"}


def test_a_branch_where_nobody_is_called_has_an_empty_list(world):
    world.customer("s1", 0.9)
    world.customer("s2", 0.9, granted=False, branch=FAR)
    world.write()
    run()
    assert rows("江西-九江.csv") == []


def test_no_list_is_made_when_the_model_loses_to_a_baseline(world):
    world.customer("s1")
    world.write({"beats_baselines": False, "reason": "lift 2.0 against 3.0"})
    with pytest.raises(PolicyError, match=r"does not beat the baselines \(lift 2.0 against 3.0\)"):
        run()
    assert not LIST.exists()
    assert run(accept_worse=True)["model"] == {"beats_baselines": False, "reason": "lift 2.0 against 3.0"}
    assert "The model does not beat the baselines" in (LIST / "summary.html").read_text("utf-8")


def test_no_list_is_made_when_nobody_judged_the_model(world):
    world.customer("s1")
    world.write()
    Path("reports/verdict.json").unlink()
    with pytest.raises(InputError, match="run `churnkit evaluate`"):
        run()


def test_recorded_consent_without_a_consents_extract_stops(world):
    world.consents = None
    world.customer("s1")
    world.write()
    with pytest.raises(PolicyError, match="there is no consents extract"):
        run()
    assert run(policy=Policy(consent="assumed"))["counts"]["disposition"]["listed"] == 1


def test_a_number_in_full_stops_the_export_and_leaves_no_list(world):
    world.customer("s1", msisdn_masked="13800000001")
    world.write()
    with pytest.raises(PolicyError, match="not masked"):
        run()
    assert not LIST.exists()


def test_a_capacity_for_a_branch_that_nobody_has_is_refused(world):
    world.customer("s1")
    world.write()
    with pytest.raises(ParameterError, match=r"'江西/南晶'.*did you mean '江西/南昌'"):
        run(branch_capacity={"江西/南晶": 5})


@pytest.mark.parametrize(("section", "said"), [
    ("capacity: 0", "capacity is 0, so nobody could be called; write how many"),
    ("capacity: 5", "'policy' consent is missing and has no default; write 'recorded'"),
    ("capacity: 5\n  holdout_share: 1.0", "holdout_share"),
    ("capacity: 5\n  tier_shares: [0.5]", "tier_shares"),
    ("capacity: 5\n  grade_floors: [0.1, 0.3]", "grade_floors"),
    ("capacity: 5\n  expires_days: 0", "expires_days"),
    ("capacity: 5\n  branch_capacity: {a: -1}", "branch_capacity")])
def test_parameters_that_cannot_be_are_refused_in_one_sentence(tmp_path, section, said):
    path = tmp_path / "params.yaml"
    consent = "{}" if "consent" in said else "{consent: recorded}"
    path.write_text(f"export:\n  {section}\n  one_way_stop_capacity: 1\n  policy: {consent}\n")
    with pytest.raises(ParameterError, match="section 'export'") as problem:
        load("export", export.Params, path)
    assert said in str(problem.value)
    assert problem.value.exit_code == 2
