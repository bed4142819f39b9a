"""The churn model: fitted boosters with their encodings and calibration, and what it must beat."""
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # LightGBM's threads else spin, and on a busy machine take minutes for seconds

from churnkit.model.fit import fit, refit  # OpenMP reads its policy when LightGBM is loaded
from churnkit.model.learning import Learning, read_learning
from churnkit.model.store import Model

__all__ = ["Learning", "Model", "fit", "read_learning", "refit"]
