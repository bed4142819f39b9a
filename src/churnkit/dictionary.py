"""The feature dictionary: every column with its meaning, unit, null rule and sentence, and what is left out of the catalogue, and why."""
from collections.abc import Iterable
from importlib import import_module

from churnkit import catalogue
from churnkit.features import REGISTRY, SOURCES, Feature

FAMILIES = {"silence": "A", "bills": "C", "forwarding": "E", "tenure": "F", "handset": "G", "usage": "B", "falls": "B", "care": "H", "rival": "I",
            "social": "J", "payment": "M", "recharge": "D", "balance": "D", "plan_fit": "C",
            "orders": "F", "volume": "L", "intensity": "B", "circle": "J", "long_distance": "I", "rhythm": "K", "place": "L"}
SIDES = {"+": "high", "-": "low", "±": "either"}
COLUMNS = ("column", "row", "what it is", "unit", "window", "source", "where absent", "risky side", "marks", "中文", "English")


def features_page() -> str:
    """docs/features.md, as Markdown."""
    families = dict.fromkeys([*(f for f in FAMILIES if any(g.family == f for g in REGISTRY.values())), *(g.family for g in REGISTRY.values())])
    parts = [PREFACE.format(columns=len(REGISTRY), families=len(families)), *map(family_table, families), left_out_table(), source_table()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def family_table(family: str) -> str:
    """One family: its sentence and its columns."""
    about = (import_module(f"churnkit.features.{family}").__doc__ or "").strip().splitlines()[0]
    letter = f" ({FAMILIES[family]})" if family in FAMILIES else ""
    return f"## {family}{letter}\n\n{about}\n\n" + markdown(COLUMNS, (row(f) for f in REGISTRY.values() if f.family == family))


def row(f: Feature) -> tuple[str, ...]:
    """One column's row."""
    source = ", ".join(f"`{name}`" for name in ((f.source,) if f.source else f.of) + f.needs)
    marks = ("⚠" if f.is_adjacent else "") + ("【内】" if f.is_internal else "") + ("☎" if f.is_for_lists else "")
    absent = "null" if f.missing is None else str(f.missing)
    return (f"`{f.name}`", catalogue.rows_of(f.name, f.window), f.description, f.unit, f.window, source, absent, side(f), marks,
            sentence(f.reason_zh, f.zero_zh, f.above, f.above_zh), sentence(f.reason_en, f.zero_en, f.above, f.above_en))


def side(f: Feature) -> str:
    """The risky side, and between which values of it and of other columns a column is said."""
    bounds = [f"{name}{word} {value:g}" for name, ends in (("", f.told), *((f"`{name}` ", ends) for name, ends in f.where.items()))
              for word, value in zip(("from", "to"), ends, strict=True) if value is not None]
    return ", ".join([SIDES[f.risky], *bounds])


def sentence(text: str, zero: str, above: float | None, above_text: str) -> str:
    """A reason sentence with its forms for zero, and for high values."""
    forms = [text, *([f"0: {zero}"] if zero else []), *([f"from {above:g}: {above_text}"] if above is not None else [])]
    return " / ".join(forms)


def left_out_table() -> str:
    """The rows of the catalogue that are not built, or not in full."""
    rows = ((catalogue.family_of(numbers[0]) if numbers else "", ", ".join(map(str, numbers)), what, why)
            for numbers, what, why in catalogue.LEFT_OUT)
    return "## Left out\n\n" + markdown(("family", "row", "what", "why"), rows)


def source_table() -> str:
    """The derived tables that features are taken from."""
    rows = ((f"`{s.name}`", ", ".join([*(f"`{n}`" for n in s.needs), *(f"`{n}` where it is there" for n in s.also)]), s.description)
            for s in SOURCES.values())
    return "## Sources\n\nBesides the summaries and extracts themselves:\n\n" + markdown(("source", "made of", "one row is"), rows)


def markdown(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


PREFACE = """# Warning features

{columns} columns in {families} families, one row per subscriber and as-of date. This page is written by `churnkit docs` from the declarations in
`src/churnkit/features/`; do not edit it.

- A window `7d` is the days [as-of date − 7, as-of date), `3m` the three calendar months before the as-of date, whole ones.
- *Where absent*: what stands where the source has no row for the subscriber. Where a description says when a value is null, null means that, too.
- *Risky side*: the side on which the column may be given as a reason, compared with the median of the list; *from* and *to* are the values
  worth a sentence.
- ⚠ lies next to a definition of churn; `train.without` leaves such a column out of a run. 【内】 an agent may know but must not say.
  ☎ is for those who call; no model reads it.
- *Row*: the number in the catalogue of warning signs that the project began with; nothing where a column goes beyond it.
- Money is in cents; sentences show yuan. Sentences without a text are never given as a reason."""
