"""Look at each feature alone before anything learns from it, and stop where one seems to know the outcome."""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from churnkit import audit, audit_report, documents, feature_columns
from churnkit.archive import COHORTS, FEATURES
from churnkit.errors import LeakError, ParameterError
from churnkit.features import REGISTRY
from churnkit.files import whole_folder
from churnkit.params import PARAMS, Common
from churnkit.progress import say
from churnkit.timeline import Plan

REPORT = Path("reports/audit")
AT_ONCE = 64  # columns in memory


@dataclass(frozen=True)
class Params:
    """From where on a feature is a leak suspect, a twin or adrift, and which suspects are known to be sound."""

    max_auc: float = 0.9
    max_corner: float = 0.9
    allowed: tuple[str, ...] = ()
    twin: float = 0.95
    drift: float = 0.25

    def __post_init__(self) -> None:
        if not 0.5 < self.max_auc <= 1:
            raise ValueError("max_auc must be above 0.5, which is what a coin reaches, and at most 1, which lets everything pass")
        for name in ("max_corner", "twin"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1")
        if self.drift <= 0:
            raise ValueError("drift must be above 0")


def run(params: Params, common: Common, plan: Plan) -> None:
    """Write reports/audit/. Raises LeakError, after that, where a feature that the model may read seems to know the outcome.

    Only the as-of dates that train the judged model are looked at: the month it is judged on has no say in which features there are.
    """
    months = feature_columns.months(FEATURES, COHORTS, plan.training)
    names = [name for name in feature_columns.names(months) if name not in REGISTRY or not REGISTRY[name].is_for_lists]
    if unknown := sorted(set(params.allowed) - set(names) - set(REGISTRY)):
        raise ParameterError(f"audit.allowed names {', '.join(unknown)}, which is no feature; see docs/features.md.")
    rows = audit.Rows.of([month.churned for month in months])
    alone: dict[str, audit.Alone] = {}
    with ThreadPoolExecutor(common.threads) as threads:
        for start in range(0, len(names), AT_ONCE):
            columns = feature_columns.columns(months, names[start:start + AT_ONCE])
            alone |= zip(columns, threads.map(audit.judged, columns.values(), [rows] * len(columns)), strict=True)
    suspects = audit.suspects(alone, params.max_auc, params.max_corner) if len(rows.left) >= audit.FEWEST else []  # fewer: chance alone reaches far
    passed = dict.fromkeys(params.allowed, "allowed") | dict.fromkeys(without(), "not read")
    report = audit_report.Report([month.as_of for month in months], alone, audit.twins(alone, params.twin), suspects, passed, params.drift)
    with whole_folder(REPORT) as folder:
        audit_report.write(report, folder, params.max_auc)
    say(f"audit: {audit_report.summary(report, rows)}")
    if leaks := [name for name in suspects if name not in passed]:
        raise LeakError(audit_report.refusal(alone, leaks, params.max_auc, params.max_corner, REPORT / audit_report.TABLE))


def without() -> list[str]:
    """The features that the model may not read, whatever they know."""
    return list((documents.read(PARAMS).get("train") or {}).get("without") or ()) if PARAMS.is_file() else []
