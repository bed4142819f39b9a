"""Features looked at alone on invented months: the table, what stops the run, and who is not looked at."""
import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from builders import shipped_params
from churnkit import tracking
from churnkit.errors import InputError, LeakError, ParameterError
from churnkit.stages import audit, train
from invented import COMMON, EVALUATION, PLAN, TRAINING, write_months

PARAMS = audit.Params()


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_months(tmp_path, rows=600)


def table() -> dict[str, dict[str, str]]:
    """The rows of the audit's table, by feature."""
    return {row["feature"]: row for row in csv.DictReader(Path("reports/audit/features.csv").open(encoding="utf-8"))}


def altered(name: str, as_of: object, change) -> None:
    """One table of one date, `change`d; the cohort is given beside it."""
    path = Path(f"data/{name}/{as_of}/part-0.parquet")
    rows, cohort = pd.read_parquet(path), pd.read_parquet(f"data/cohorts/{as_of}")
    change(rows, cohort).to_parquet(path, index=False)


def plant(share: float = 1.0, name: str = "closed_by") -> None:
    """A column that knows of a share of the churners that they churned, on all training dates."""
    rng = np.random.default_rng(7)

    def leak(rows, cohort):
        knows = cohort["churned"].fillna(False).to_numpy(dtype=bool) & (rng.random(len(rows)) < share)
        return rows.assign(**{name: np.where(knows, 1.0, 0.0)})

    for as_of in TRAINING:
        altered("features", as_of, leak)


def test_what_no_model_reads_is_not_looked_at():
    altered("features", TRAINING[0], lambda rows, cohort: rows.assign(best_slot="09:00-12:00", avoid_slots=None))
    audit.run(PARAMS, COMMON, PLAN)
    assert not {"best_slot", "avoid_slots"} & set(table())


def test_every_column_that_the_model_may_read_has_a_row_the_strongest_first():
    audit.run(PARAMS, COMMON, PLAN)
    found = table()
    assert set(found) == {*pd.read_parquet(f"data/features/{TRAINING[0]}").columns, "stratum"} - {"subscriber_id"}
    aucs = [float(row["auc"]) for row in found.values()]
    assert aucs == sorted(aucs, reverse=True)
    assert next(iter(found)) == "days_since_last_own_activity"
    assert [name for name in next(iter(found.values())) if name.startswith("psi_2")] == [f"psi_{day}" for day in TRAINING]
    told = {name: found[name]["next_to_label"] for name in ("days_since_last_own_activity", "bill_last")}
    assert told == {"days_since_last_own_activity": "⚠", "bill_last": ""}
    assert Path("reports/audit/audit.png").read_bytes().startswith(b"\x89PNG")


def test_auc_alone_is_that_of_the_rows_that_the_model_learns_from():
    audit.run(PARAMS, COMMON, PLAN)
    from churnkit import examples

    rows, _ = examples.learnable(examples.load_all(TRAINING))
    left, stayed = (rows.loc[rows["churned"] == which, "outgoing_minutes_30d"].to_numpy() for which in (True, False))
    pairs = (left[:, None] < stayed).mean() + (left[:, None] == stayed).mean() / 2
    row = table()["outgoing_minutes_30d"]
    assert (float(row["auc"]), row["riskier_side"], row["declared_side"]) == (pytest.approx(pairs, abs=1e-6), "low", "low")
    assert float(table()["bill_shock_ratio"]["missing_share"]) == pytest.approx(rows["bill_shock_ratio"].isna().mean(), abs=1e-6)


def test_a_planted_leak_stops_the_run_and_the_table_says_where():
    plant()
    with pytest.raises(LeakError, match=r"closed_by \(AUC 1\.000.*audit\.max_auc \(0\.9\).*features\.csv.*featurize\.exclude.*audit\.allowed"):
        audit.run(PARAMS, COMMON, PLAN)
    assert next(iter(table().values()))["feature"] == "closed_by"
    assert table()["closed_by"]["marks"] == "leak suspect"


def test_a_leak_on_some_churners_alone_stops_the_run_too():
    plant(share=0.75)
    with pytest.raises(LeakError, match="up to 100% of a corner left"):
        audit.run(PARAMS, COMMON, PLAN)
    assert float(table()["closed_by"]["auc"]) < 0.9


def test_a_leak_that_is_missing_for_those_who_stay_stops_the_run():
    for as_of in TRAINING:
        altered("features", as_of, lambda rows, cohort: rows.assign(reason=np.where(cohort["churned"].fillna(False), "moved away", None)))
    with pytest.raises(LeakError, match="reason"):
        audit.run(PARAMS, COMMON, PLAN)


def test_a_suspect_that_is_named_in_the_parameters_stops_nothing():
    plant()
    audit.run(replace(PARAMS, allowed=("closed_by",)), COMMON, PLAN)
    assert table()["closed_by"]["marks"] == "leak suspect, allowed"
    Path("params.yaml").write_text("train: {without: [closed_by]}\n", "utf-8")
    audit.run(PARAMS, COMMON, PLAN)
    assert table()["closed_by"]["marks"] == "leak suspect, not read"
    with pytest.raises(ParameterError, match=r"audit\.allowed names nothing_such"):
        audit.run(replace(PARAMS, allowed=("nothing_such",)), COMMON, PLAN)


def test_of_a_handful_of_churners_nothing_is_suspected():
    plant()
    for as_of in TRAINING:
        altered("cohorts", as_of, lambda rows, cohort: rows.assign(churned=rows["churned"] & (rows["churned"].cumsum() <= 9)))
        altered("features", as_of, lambda rows, cohort: rows.assign(closed_by=cohort["churned"].astype(float)))
    audit.run(PARAMS, COMMON, PLAN)
    assert (float(table()["closed_by"]["auc"]), table()["closed_by"]["marks"]) == (1.0, "")


def test_neither_the_month_of_judgement_nor_those_already_leaving_are_looked_at():
    audit.run(PARAMS, COMMON, PLAN)
    before = Path("reports/audit/features.csv").read_bytes()
    for as_of in set(PLAN.mature) - set(TRAINING) | {EVALUATION}:
        altered("features", as_of, lambda rows, cohort: rows.assign(bill_last=np.where(cohort["churned"].fillna(False), 1, 0)))
    for as_of in TRAINING:
        altered("features", as_of, lambda rows, cohort: rows.assign(bill_last=rows["bill_last"].where(~cohort["is_censored"], 10**9)))
        altered("cohorts", as_of, lambda rows, cohort: rows.assign(churned=rows["churned"].where(~rows["is_censored"])))
    audit.run(PARAMS, COMMON, PLAN)
    assert Path("reports/audit/features.csv").read_bytes() == before


def test_neither_the_order_of_rows_nor_threads_change_a_byte():
    audit.run(PARAMS, COMMON, PLAN)
    before = {path.name: path.read_bytes() for path in Path("reports/audit").iterdir()}
    altered("features", TRAINING[1], lambda rows, cohort: rows.sample(frac=1, random_state=3))
    audit.run(PARAMS, replace(COMMON, threads=1), PLAN)
    assert {path.name: path.read_bytes() for path in Path("reports/audit").iterdir()} == before


def test_a_column_that_a_month_lacks_is_missing_there_and_drifts():
    altered("features", TRAINING[0], lambda rows, cohort: rows.drop(columns="bill_last"))
    audit.run(PARAMS, COMMON, PLAN)
    row = table()["bill_last"]
    assert float(row["missing_share"]) == pytest.approx(1 / 3, abs=0.01)
    assert row["marks"] == "drift"


def test_tables_that_do_not_belong_together_are_refused():
    altered("cohorts", TRAINING[0], lambda rows, cohort: rows.head(550))
    with pytest.raises(InputError, match="600 and 550"):
        audit.run(PARAMS, COMMON, PLAN)
    altered("features", TRAINING[0], lambda rows, cohort: pd.concat([rows.head(549), rows.head(1)]))
    with pytest.raises(InputError, match="once each"):
        audit.run(PARAMS, COMMON, PLAN)


def test_dates_are_no_feature():
    altered("features", TRAINING[0], lambda rows, cohort: rows.assign(bill_last=pd.Timestamp("2026-01-01")))
    with pytest.raises(InputError, match="'bill_last' holds dates"):
        audit.run(PARAMS, COMMON, PLAN)


def test_the_training_run_keeps_the_audit_as_an_artefact(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    audit.run(PARAMS, COMMON, PLAN)
    train.run(train.Params(max_trees=5, track=True), COMMON, PLAN)
    run = tracking.last_run()
    assert run is not None
    assert {a.path for a in run.client.list_artifacts(run.run_id, "audit")} == {"audit/features.csv", "audit/audit.png"}


def test_the_command_ends_with_its_own_exit_code(tmp_path):
    plant()
    root = Path(__file__).parent.parent.parent
    (tmp_path / "params.yaml").write_text(shipped_params(), "utf-8")
    script = "import sys; sys.argv = ['churnkit', 'audit']\nfrom churnkit import cli, timeline\nimport invented\n" \
             "timeline.read_plan = lambda: invented.PLAN\nsys.exit(cli.main())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": f"{root / 'src'}:{root / 'tests'}"})
    assert done.returncode == 9
    assert "closed_by (AUC 1.000" in done.stderr
    assert "Traceback" not in done.stderr
