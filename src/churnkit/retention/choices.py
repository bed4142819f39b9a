"""What marketing and the legal desk chose: the price of a call, and whom not to call."""
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Economics:
    """What marketing believes about calls and offers before any outcome is in: a prior, not a measurement."""

    # 0.6 × 0.18 is 1.9 of 17.2 points, found in a field test for customers assigned to a call (Godinho de Matos et al.).
    p_reach: float = 0.6
    p_saved: float = 0.18
    p_accept: float = 0.2
    offer_cost_yuan: float = 20.0
    call_cost_yuan: float = 1.0
    max_attempts: int = 3
    margin_share: float = 0.5
    months: int = 12
    min_value_yuan: float = 0.0

    def __post_init__(self) -> None:
        for name in ("p_reach", "p_saved", "p_accept", "margin_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share, 0 to 1")
        for name in ("offer_cost_yuan", "call_cost_yuan", "min_value_yuan"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be an amount of 0 or more")
        if self.max_attempts < 1 or self.months < 1:
            raise ValueError("max_attempts and months must be at least 1")


@dataclass(frozen=True)
class Policy:
    """The operator's rules on whom to call, confirmed by its legal desk."""

    consent: Literal["recorded", "assumed"] | None = None
    lock_in_months: int = 3
    silent_days: int = 14

    def __post_init__(self) -> None:
        if self.consent is None:
            raise ValueError(
                "consent is missing and has no default; write 'recorded' to call only those known to have agreed "
                "to calls (needs the consents extract), or 'assumed' to call all who have not refused, "
                "if your legal desk says so")
        if self.lock_in_months < 0 or self.silent_days < 1:
            raise ValueError("lock_in_months must be 0 or more, silent_days at least 1")
