"""Telephone numbers as operators write them, and the one form in which they are hashed and looked up."""
import re
from collections.abc import Sequence

from churnkit.engine import F, Frame, projected

MARKS = r"[ ().-]"  # what people group digits with
LONGEST = 40
PLAIN = r"^([1-9][0-9]{1,11}|0[2-9][0-9]{1,10}|@.*)$"  # nothing below changes these, which nearly all are: one test spares them twenty
# The first form that fits says how many characters to drop, and what to put in front. `+` has become 00 before that.
FORMS: tuple[tuple[str, int, str], ...] = (
    (r"^00861[0-9]{10}$", 4, ""),  # a mobile number: 0086 138 0000 0001
    (r"^0086[48]00[0-9]{7}$", 4, ""),  # 400 and 800 numbers have no area code
    (r"^0086(10[0-9]{8}|[2-9][0-9]{8,10})$", 4, "0"),  # a fixed line, whose area code loses its 0 behind 86
    (r"^0086[0-9]{2,}$", 4, ""),  # what else stands behind 86: care lines, short codes, an area code that kept its 0
    (r"^861[0-9]{10}$", 2, ""),  # a mobile number behind a bare 86
    (r"^01[2-9][0-9]{9}$", 1, ""),  # a mobile number of another city, dialled with the 0 of long distance
)
# Dialled before a number. Those of one operator are a rival's to the customers of the others; 12593, 10193 and 11808 only serve their own.
ACCESS_CODES = ("17951", "17911", "17909", "17931", "17991", "193", "12593", "10193", "11808")
WHOLE = r"(1[0-9]{10}|0[1-9][0-9]{8,10}|00[1-9][0-9]{5,})$"  # a number that may follow one: 193 begins mobile numbers, too
SETS_UP = r"^(?:\*7[2-9]|\*57\*|\*{1,2}(?:21|61|62|67|002|004)\*?)([0-9]{3,})?(?:[#*].*)?$"
TAKES_OFF = r"^(?:\*7[2-9]0#?|#57#|#{1,2}(?:21|61|62|67|002|004)#)$"


def normal_number(text: str) -> str:
    """The one form of a number, however it is written: digits only, as a customer at home dials it.

    Blanks, dots, hyphens and brackets go. `+86 138 0000 0001`, `008613800000001` and `8613800000001` become `13800000001`,
    `+86 791 8888 8888` becomes `079188888888`; other countries begin with 00 (`+44 …` is `0044…`). Short codes, care lines,
    local numbers and fixed lines with their area code stay as they are, and so does what holds a `*` or `#`. A bare 86 is taken
    off before 11 digits that begin with 1 only: 86 may begin a local number. What begins with @ is no number but some other id, and stays.
    """
    if re.search(PLAIN, text):
        return text
    bare = re.sub(MARKS, "", text)
    digits = "00" + bare[1:] if bare.startswith("+") else bare
    return next((put + digits[dropped:] for pattern, dropped, put in FORMS if re.search(pattern, digits)), digits)


def in_normal_form(numbers: Frame, column: str) -> Frame:
    """The frame with that column of text in the form of `normal_number`."""
    others = [name for name in numbers.columns if name != column]
    plain = F.col(column).rlike(PLAIN)
    bare = projected(numbers, others, {column: F.when(plain, F.col(column)).otherwise(F.regexp_replace(F.col(column), MARKS, ""))})
    digits = F.when(F.col(column).startswith("+"), F.concat(F.lit("00"), F.substring(column, 2, LONGEST))).otherwise(F.col(column))
    form = F.when(F.col(column).rlike(PLAIN), F.col(column))
    for pattern, dropped, put in FORMS:
        rest = F.substring(column, dropped + 1, LONGEST)
        form = form.when(F.col(column).rlike(pattern), F.concat(F.lit(put), rest) if put else rest)
    return projected(projected(bare, others, {column: digits}), others, {column: form.otherwise(F.col(column))})


def dialled(texts: Frame, access_codes: Sequence[str]) -> Frame:
    """`raw` taken apart: the `number` in normal form, the `access_code` dialled before it, and `forward_dial`.

    `forward_dial` is `on` where the digits set up call forwarding to the number (`*72…` to `*79…`, `*57*`, GSM's `**21*…#` if that
    leaves a record), `off` where they take it off (`#57#`, `*720`, `##002#`); of these the number is null where none was dialled.
    """
    nothing = F.lit(None).cast("string")
    plain = texts.filter(F.col("raw").rlike(PLAIN)).select("raw", F.col("raw").alias("number"), nothing.alias("access_code"),
                                                           nothing.alias("forward_dial"))
    odd = texts.filter(~F.col("raw").rlike(PLAIN))
    bare = projected(odd, ["raw"], {"bare": F.regexp_replace(F.col("raw"), MARKS, "")})
    dial = F.when(F.col("bare").rlike(TAKES_OFF), F.lit("off")).when(F.col("bare").rlike(SETS_UP), F.lit("on"))
    apart = projected(bare, ["raw", "bare"], {"forward_dial": dial, "target": F.regexp_extract(F.col("bare"), SETS_UP, 1)})
    number = (F.when(F.col("forward_dial").isNull(), F.col("bare"))
              .when((F.col("forward_dial") == "on") & (F.col("target") != ""), F.col("target")))
    whole = projected(apart, ["raw", "forward_dial"], {"number": number})
    code = F.lit(None).cast("string")
    for prefix in sorted(access_codes, key=len):
        code = F.when(F.col("number").rlike(f"^{prefix}{WHOLE}"), F.lit(prefix)).otherwise(code)
    coded = projected(whole, ["raw", "forward_dial", "number"], {"access_code": code})
    rest = F.coalesce(F.expr(f"substring(number, length(access_code) + 1, {LONGEST})"), F.col("number"))
    final = in_normal_form(projected(coded, ["raw", "access_code", "forward_dial"], {"number": rest}), "number")
    return plain.union(final.select("raw", "number", "access_code", "forward_dial"))
