"""What a release of lists is: its id, what it holds and expects, and the checksum of every file."""
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from churnkit.files import sha256
from churnkit.retention.columns import CONTRACT_VERSION
from churnkit.retention.release import TIE_BREAK, counts, expected, power

MANIFEST = "manifest.json"
PRIOR = {
    "en": "A prior from params.yaml, not a measurement: only the hold-out will show what the calls did.",
    "zh": "以上为参数假设下的预期，并非实测效果；实际效果须待表现期结束后与对照组比较得出。",
}


def code_version() -> str:
    """The version of churnkit that is installed, or `source` where it runs from its folder."""
    try:
        return version("churnkit")
    except PackageNotFoundError:
        return "source"


def release_id(inputs: Sequence[Path], parameters: Mapping[str, Any]) -> str:
    """12 hex digits of the SHA-256 over scores, cohort, parameters and code version: the same for the same decision."""
    told = {"inputs": [sha256(path) for path in inputs], "parameters": parameters, "code": code_version()}
    return hashlib.sha256(_json(told).encode()).hexdigest()[:12]


def contents(
    decided: pd.DataFrame,
    parameters: Mapping[str, Any],
    *,
    release: str,
    as_of: date,
    expires_on: date,
    verdict: Mapping[str, Any],
    monitoring: Mapping[str, str] | None,
    key_id: str,
) -> dict[str, Any]:
    """The manifest, but for the files; nothing in it tells one run from another (no clock, run id or lock)."""
    return {
        "release_id": release,
        "list_id": f"L{release}",
        "campaign": parameters["campaign"],
        "as_of": as_of.isoformat(),
        "expires_on": expires_on.isoformat(),
        "label": verdict.get("label"),
        "code_version": code_version(),
        "contract_version": CONTRACT_VERSION,
        "key_id": key_id,
        "model": {"beats_baselines": verdict.get("beats_baselines") is True, "reason": verdict.get("reason")},
        "monitoring": monitoring,
        "parameters": dict(parameters),
        "ranked_by": parameters["rank_by"],
        "ties": TIE_BREAK,
        "scored": len(decided),
        "counts": counts(decided),
        "expected": {**expected(decided), "is_prior": True, "note": PRIOR},
        "holdout": {"share": parameters["holdout_share"], **power(decided)},
    }


def sentences(summary: Mapping[str, Any]) -> list[str]:
    """The release in a few lines, for whoever is about to approve it."""
    ends, hopes, arms = summary["counts"]["disposition"], summary["expected"], summary["holdout"]
    smallest = arms["smallest_detectable_effect"]
    shows = "no effect at all"
    if smallest is not None:
        shows = f"a drop of {100 * smallest:.1f} points or more from {arms['churn_rate']:.1%} (80 % power, 5 % two-sided)"
    return [
        f"List {summary['list_id']} as of {summary['as_of']}: {summary['scored']:,} scored = {ends['listed']:,} listed "
        f"+ {ends['not_for_contact']:,} held out + {ends['below_capacity']:,} below capacity "
        f"+ {ends['excluded']:,} excluded.",
        f"Expected: {hopes['customers_saved']:,} of {hopes['churners_called']:,} churners called stay, "
        f"profit {hopes['profit_yuan']:,.2f} yuan. This is the prior of params.yaml, not a measurement.",
        f"Smallest detectable effect: this list can show {shows}; "
        f"the prior expects {100 * arms['expected_effect']:.1f}.",
    ]


def write(summary: Mapping[str, Any], folder: Path) -> None:
    """manifest.json in the folder, with rows and SHA-256 of every other file in it."""
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    (folder / MANIFEST).write_text(_json({**summary, "files": files}) + "\n", "utf-8")


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=False, allow_nan=False)
