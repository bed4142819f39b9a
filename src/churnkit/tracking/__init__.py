"""The record of runs: what was tried, on which tables, how it did; one MLflow run per training, judged in the same run."""
from churnkit.tracking.runs import RUN_FILE, Run, Table, flattened, last_run, new_run, training_run
from churnkit.tracking.store import opened

__all__ = ["RUN_FILE", "Run", "Table", "flattened", "last_run", "new_run", "opened", "training_run"]
