"""How many rows of a delivery may be rejected: in all and by rule, as a share and in number."""
import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from churnkit.errors import AccountError, ParameterError
from churnkit.extracts.account import FileAccount, Reject
from churnkit.extracts.contract import rules_of
from churnkit.extracts.declare import Extract


@dataclass(frozen=True)
class Limit:
    """The most rows of an extract that may be rejected: a share of those read, a number of them; None where it does not bind."""

    max_share: float | None = None
    max_rows: int | None = None

    def __post_init__(self) -> None:
        if self.max_share is not None and not 0 <= self.max_share <= 1:
            raise ValueError("max_share must be between 0 and 1")
        if self.max_rows is not None and self.max_rows < 0:
            raise ValueError("max_rows must not be negative")

    def broken_by(self, lost: int, read: int) -> str | None:
        """What of the limit so many lost rows exceed, in words; None where they keep it."""
        if self.max_share is not None and lost > self.max_share * read:
            return f"more than {self.max_share:.2%}"
        if self.max_rows is not None and lost > self.max_rows:
            return f"more than {self.max_rows:,}"
        return None


def rule_name(reject: Reject) -> str:
    """The name under which a rule has a limit of its own: `calls.other_party.not_number`, `calls.unreadable`."""
    return ".".join(part for part in (reject.extract, reject.column, reject.rule) if part)


def check_names(limits: Collection[str], extracts: Mapping[str, Extract]) -> None:
    """Raises ParameterError for a limit of a rule that no extract has."""
    known = [rule for extract in extracts.values() for rule in (*rules_of(extract), f"{extract.name}.unreadable")] if limits else []
    for name in limits:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise ParameterError(f"params.yaml, section 'ingest': limits has no rule {name!r}{f' (did you mean {near[0]!r}?)' if near else ''}; "
                                 "rules are named <extract>.<column>.<rule>, as the account lists them.")


def check(files: Iterable[FileAccount], rejects: Sequence[Reject], *, overall: Limit, by_rule: Mapping[str, Limit], accept: bool,
          delivery: str) -> None:
    """Raises AccountError if an account does not add up, or if an extract lost more rows than it may.

    A rule with a limit of its own is judged by that alone.
    """
    files = list(files)
    for f in files:
        if f.read != f.accepted + f.rejected + f.duplicates or min(f.accepted, f.rejected, f.duplicates) < 0:
            raise AccountError(f"{f.file}: {f.read} rows read, but {f.accepted} accepted + {f.rejected} rejected + "
                               f"{f.duplicates} duplicates. This is a fault of churnkit, not of the file.")
    for extract in () if accept else dict.fromkeys(f.extract for f in files):
        read = sum(f.read for f in files if f.extract == extract)
        mine = [r for r in rejects if r.extract == extract]
        judged = [(overall, [r for r in mine if rule_name(r) not in by_rule], "ingest.max_reject_share or ingest.max_rejects")]
        judged += [(limit, [r for r in mine if rule_name(r) == name], f"ingest.limits, {name!r}") for name, limit in by_rule.items()]
        for limit, lost, where in judged:
            if said := limit.broken_by(len(lost), read):
                raise AccountError(
                    f"Delivery {delivery}: {len(lost):,} of {read:,} rows of {extract!r} were rejected, {said} ({where}). {worst(lost)} "
                    "Mend the file or ask for it again, or mend the layout where it does not know what stands there; to go on without these rows, "
                    f"`churnkit ingest {delivery} --accept-rejects`, which the account records.")


def worst(rejects: Sequence[Reject]) -> str:
    """The three commonest reasons, each with a sample."""
    by_reason: dict[str, list[Reject]] = {}
    for r in rejects:
        by_reason.setdefault(r.message, []).append(r)
    top = sorted(by_reason.values(), key=len, reverse=True)[:3]
    return "Most: " + "; ".join(f"{len(rs):,} × {rs[0].message} (e.g. {rs[0].file}, line {rs[0].line}: {rs[0].raw[:80]!r})" for rs in top) + "."
