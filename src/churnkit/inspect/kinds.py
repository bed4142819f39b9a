"""What the texts of a column seem to be: times in some form, amounts, numbers, codes."""
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%z",
         "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S",
         "%d.%m.%y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日%H:%M:%S")
DATES = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d.%m.%y", "%Y年%m月%d日")
MONTHS = ("%Y-%m", "%Y%m", "%Y/%m", "%m/%Y", "%Y年%m月", "%Y.%m", "%m.%Y")
CLOCKS = ("%H:%M:%S", "%H%M%S", "%H:%M")
SHAPES = {"duration": r"[0-9]{1,3}:[0-9]{2}:[0-9]{2}|(?=.*[0-9])([0-9]+小时)?([0-9]+分)?([0-9]+秒)?",
          "minutes": r"[0-9]{1,3}:[0-5][0-9]",
          "money": r"-?[0-9]+([.][0-9]+)?(元|分)|-?[0-9]+[.][0-9]{1,2}",
          "volume": r"[0-9.]+ ?[KMG]B?", "number": r"\+?[0-9*#]{7,20}", "integer": r"-?[0-9]{1,12}", "decimal": r"-?[0-9]+[.][0-9]+"}
MOST = 0.98
FEW = 12


@dataclass(frozen=True)
class Kind:
    """What a column seems to be, in which form, and the codes that it holds where there are few."""

    name: str
    form: str | None = None
    codes: tuple[str, ...] = field(default=())

    @property
    def said(self) -> str:
        """It in words."""
        if self.codes and self.name in ("text", "integer"):
            return f"{len(self.codes)} codes"
        return f"{self.name} {self.form}" if self.form else self.name


def kind_of(texts: Sequence[str]) -> Kind:
    """What nearly all of the texts are; `empty` where there is none."""
    if not texts:
        return Kind("empty")
    codes = tuple(sorted(set(texts))) if len(set(texts)) <= FEW else ()
    for name, forms in (("time", TIMES), ("date", DATES), ("month", MONTHS), ("clock", CLOCKS)):
        for form in forms:
            if share(texts, partial(is_in, form=form)) >= MOST:
                return Kind(name, form, codes)
    for name, shape in SHAPES.items():
        if share(texts, partial(is_like, shape=shape)) >= MOST:
            return Kind(name, None, codes)
    return Kind("text", None, codes)


def share(texts: Sequence[str], fits: Callable[[str], bool]) -> float:
    """The share of the texts that fit."""
    return sum(map(fits, texts)) / len(texts)


def is_like(text: str, shape: str) -> bool:
    """Whether the whole text has that shape."""
    return re.fullmatch(shape, text) is not None


def is_in(text: str, form: str) -> bool:
    """Whether the text is a time of 1980 to 2100 in that form."""
    if form in ("%Y%m%d", "%Y%m", "%Y%m%d%H%M%S", "%H%M%S", "%Y%m%d %H%M%S") and len(text) != len(datetime(2000, 1, 1).strftime(form)):
        return False
    try:
        year = datetime.strptime(text, form).year
    except ValueError:
        return False
    return "%Y" not in form or 1980 <= year <= 2100
