"""Write the ranked call lists, the hold-out, and who is not called and why."""
import json
import sys
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from churnkit.errors import InputError, ParameterError, PolicyError
from churnkit.files import parts, whole_folder
from churnkit.identity import key_id, read_key
from churnkit.params import Common, close
from churnkit.retention.choices import Economics, Policy
from churnkit.timeline import Plan

if TYPE_CHECKING:
    import pandas as pd

SCORES, COHORTS, FEATURES, LISTS = (Path("data") / name for name in ("scores", "cohorts", "features", "lists"))
VERDICT, MONITORING = Path("reports/verdict.json"), Path("reports/monitor/verdict.json")


@dataclass(frozen=True)
class Params:
    """Section `export` of params.yaml."""

    capacity: int
    one_way_stop_capacity: int
    policy: Policy
    branch_capacity: dict[str, int] = field(default_factory=dict)
    economics: Economics = field(default_factory=Economics)
    offer: str = "续约优惠"
    campaign: str = "monthly"
    holdout_share: float = 0.1
    rank_by: Literal["value", "risk"] = "value"
    tier_shares: tuple[float, ...] = (0.1, 0.4)
    grade_floors: tuple[float, ...] = (0.3, 0.1)
    branch_level: int = 2
    language: Literal["zh", "en"] = "zh"
    encoding: Literal["utf-8-sig", "gb18030"] = "utf-8-sig"
    expires_days: int = 40
    accept_worse: bool = False

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise ValueError(f"capacity is {self.capacity}, so nobody could be called; "
                             "write how many customers the call centre can call in the month, at least 1")
        if self.one_way_stop_capacity < 0 or any(calls < 0 for calls in self.branch_capacity.values()):
            raise ValueError("one_way_stop_capacity and branch_capacity are numbers of customers to call, 0 or more")
        if not 0 <= self.holdout_share < 1:
            raise ValueError("holdout_share is the share held out, from 0 up to but not 1")
        if len(self.tier_shares) != 2 or not 0 < self.tier_shares[0] <= self.tier_shares[1] <= 1:
            raise ValueError("tier_shares are two shares, of tier A and of A and B together, such as [0.1, 0.4]")
        if len(self.grade_floors) != 2 or not 1 >= self.grade_floors[0] >= self.grade_floors[1] >= 0:
            raise ValueError("grade_floors are two probabilities, where high and medium risk begin, such as [0.3, 0.1]")
        if self.branch_level < 1 or self.expires_days < 1:
            raise ValueError("branch_level and expires_days must be at least 1")


def run(params: Params, common: Common, plan: Plan) -> None:
    """Write data/lists/<scoring date>/, as known once the month's files are in; stdout says what the list can show."""
    from churnkit.retention import entries, manifest, page

    verdict, key = judged(params.accept_worse), read_key(common.key_file)
    as_of, expires_on = plan.scoring, plan.scoring + timedelta(days=params.expires_days)
    decided = decide_month(params, common, plan, key)
    chosen = {**asdict(params), "wait_days": common.wait_days}
    release = manifest.release_id([path for folder in (SCORES, COHORTS) for path in parts(folder / str(as_of))], chosen)
    summary = manifest.contents(decided, chosen, release=release, as_of=as_of, expires_on=expires_on,
                                verdict=verdict, monitoring=monitored(as_of), key_id=key_id(key))
    report(summary)
    rows = entries.entries(
        decided, list_id=summary["list_id"], expires_on=expires_on, language=params.language, offer=params.offer,
        max_attempts=params.economics.max_attempts, grade_floors=params.grade_floors)
    with whole_folder(LISTS / str(as_of)) as part:
        entries.write(rows, part, params.encoding)
        (part / "summary.html").write_text(page.html(decided, summary), "utf-8")
        manifest.write(summary, part)


def decide_month(params: Params, common: Common, plan: Plan, key: bytes) -> "pd.DataFrame":
    """Everyone scored, one row each, with what becomes of them and why (`release.decide`)."""
    from churnkit.examples import read
    from churnkit.retention import facts
    from churnkit.retention.allocate import Capacity
    from churnkit.retention.release import Draw, decide
    from churnkit.retention.scored import checked, everyone

    as_of, known_at = plan.scoring, plan.scoring + timedelta(days=common.wait_days)
    scores, cohort, features = (read(folder / str(as_of)) for folder in (SCORES, COHORTS, FEATURES))
    scored = everyone(
        checked(scores, cohort), features, facts.subscribers(plan.deliveries, as_of, known_at),
        facts.bills(plan.deliveries, as_of, known_at), facts.handsets(plan.deliveries),
        as_of=as_of, economics=params.economics, tier_shares=params.tier_shares, branch_level=params.branch_level)
    check_branches(params.branch_capacity, set(scored["branch"]))
    return decide(
        scored, facts.call_consents(plan.deliveries, known_at), params.policy,
        Capacity({"open": params.capacity, "one_way_stop": params.one_way_stop_capacity}, params.branch_capacity),
        Draw(params.holdout_share, params.campaign, as_of, key),
        min_value_cents=round(params.economics.min_value_yuan * 100), rank_by=params.rank_by)


def judged(accept_worse: bool) -> dict[str, Any]:
    """The verdict of `evaluate`. Raises PolicyError when the model loses to a baseline and that was not accepted."""
    try:
        verdict: dict[str, Any] = json.loads(VERDICT.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(f"{VERDICT} is missing, so nobody has judged the model; run `churnkit evaluate`.") from None
    except ValueError:
        raise InputError(f"{VERDICT} is no JSON; run `churnkit evaluate` again.") from None
    if verdict.get("beats_baselines") is not True and not accept_worse:
        why = verdict.get("reason", "no reason given")
        raise PolicyError(f"No list is made: the model does not beat the baselines ({why}); "
                          "improve it, or set export.accept_worse to true and answer for it.")
    return verdict


def monitored(as_of: date) -> dict[str, str] | None:
    """What `monitor` said of the month, as state, zh and en; None where nobody looked at it."""
    try:
        told: dict[str, str] = json.loads(MONITORING.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise InputError(f"{MONITORING} is no JSON; run `churnkit monitor` again.") from None
    return {name: told[name] for name in ("state", "zh", "en")} if told.get("as_of") == str(as_of) else None


def check_branches(named: dict[str, int], known: set[str]) -> None:
    """Raises ParameterError for a capacity of a branch where nobody was scored."""
    for branch in named:
        if branch not in known:
            raise ParameterError("params.yaml, section 'export': branch_capacity names "
                                 f"{branch!r}, where nobody was scored{close(branch, sorted(known))}.")


def report(summary: dict[str, Any]) -> None:
    """What the list is and what its hold-out can show, said before it is released."""
    from churnkit.retention.manifest import sentences

    print("\n".join(sentences(summary)))
    if (watched := summary["monitoring"]) and watched["state"] != "ok":
        print(f"warning: monitoring says {watched['en']}", file=sys.stderr)
    if summary["holdout"]["advice"]:
        print(f"warning: {summary['holdout']['advice']['en']}", file=sys.stderr)
