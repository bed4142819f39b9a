"""The random hold-out: who is drawn, and the smallest effect that it can show."""
import hmac
import math
from collections.abc import Sequence
from datetime import date
from statistics import NormalDist

import pandas as pd

SIGNIFICANCE, POWER = 0.05, 0.80
MOST_MONTHS = 36  # nobody waits longer for a figure


def arm_hash(key: bytes, *parts: str) -> float:
    """A number in [0, 1), uniform over keys and parts; parts that differ only in where they are split differ."""
    text = "".join(f"{len(part)}:{part}" for part in ("churnkit arm", *parts))
    digest = hmac.digest(key, text.encode(), "sha256")
    # 53 bits, the most that a float holds exactly: 64 could round up to 1.
    return (int.from_bytes(digest[:7], "big") >> 3) / 2**53


def held_out(persons: pd.Series, share: float, key: bytes, campaign: str, as_of: date) -> pd.Series:
    """Whether each person is held out, by hash alone.

    A threshold on the hash gives every list, tier and stratum the same expected share, and no person's arm depends on
    who else is there: an exact quota in each would move people whenever a corrected rerun adds or drops a neighbour.
    """
    drawn = [arm_hash(key, campaign, as_of.isoformat(), person) < share for person in persons]
    return pd.Series(drawn, index=persons.index, dtype=bool)


def smallest_effect(churn_rate: float, called: int, held: int) -> float | None:
    """The smallest drop in the churn rate that two arms of this size can show; None without two arms.

    80 % power, 5 % two-sided, two-proportion normal approximation with the hold-out's variance in both arms: 34,400
    customers at 10/90 show 1.9 points of 17.2 %.
    """
    if called < 1 or held < 1:
        return None
    z = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2) + NormalDist().inv_cdf(POWER)
    return z * math.sqrt(churn_rate * (1 - churn_rate) * (1 / called + 1 / held))


def advice(churn_rate: float, expected: float, called: int, held: int) -> tuple[str, str] | None:
    """What to do when the list cannot show the drop that the prior expects, a sentence in Chinese and in English; None when it can."""
    if held < 1:
        return ("本期名单没有对照组，外呼效果将无从衡量；请把 export.holdout_share 设为大于 0。",
                "Nobody is held out of this list, so its effect can never be measured; set export.holdout_share above 0.")
    if called < 1:
        return "本期没有外呼客户，无效果可衡量。", "Nobody is called, so there is no effect to measure."
    if expected <= 0:
        return ("参数假设的预期效果为零，对照组再大也检不出；请检查 export.economics。",
                "The prior expects no effect, so no hold-out can be large enough; review export.economics.")
    smallest, half = smallest_effect(churn_rate, called, held) or 0.0, smallest_effect(churn_rate, 1, 1) or 0.0
    half *= math.sqrt(2 / (called + held))
    return None if smallest <= expected else how_to_show(smallest, half, expected)


def how_to_show(smallest: float, half: float, expected: float) -> tuple[str, str]:
    """How a list that shows drops from `smallest` on, and from `half` on with half of it held out, could show the expected one, zh and en."""
    points = f"{100 * expected:.1f}"
    if half > MOST_MONTHS**0.5 * expected:
        return (f"本期名单太小，检不出外呼效果：即使一半留作对照、合并 {MOST_MONTHS} 个月评估，仍检不出预期的 {points} 个百分点。",
                f"This list is too small to show what its calls are worth: {MOST_MONTHS} months of it, half held out, "
                f"would not show the {points} points that the prior expects.")
    zh = f"本期名单最小可检出 {100 * smallest:.1f} 个百分点的下降，预期为 {points} 个百分点："
    en = f"This list can show a drop of {100 * smallest:.1f} points or more, the prior expects {points}: "
    as_is, halved = (math.ceil((one / expected) ** 2) for one in (smallest, half))
    if half <= expected:
        share = math.ceil(50 * (1 - math.sqrt(1 - (half / expected) ** 2)))
        return f"{zh}请把对照组比例提高到 {share}%，或合并 {as_is} 个月评估。", f"{en}hold out {share} % of it, or pool {as_is} months."
    if halved == as_is:
        return f"{zh}请合并 {as_is} 个月评估。", f"{en}pool {as_is} months."
    return (f"{zh}请合并 {as_is} 个月评估，或每期一半留作对照、合并 {halved} 个月。",
            f"{en}pool {as_is} months, or {halved} months with half of each list held out.")


def drawn_shares(candidates: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """called, held_out and the share drawn in each group of those who were called or held out."""
    groups = candidates.groupby(list(by), observed=True)["is_held_out"]
    drawn = (
        pd.DataFrame({"called": groups.size() - groups.sum(), "held_out": groups.sum()}).astype("int64").reset_index()
    )
    drawn["share"] = (drawn["held_out"] / (drawn["called"] + drawn["held_out"])).round(4)
    return drawn
