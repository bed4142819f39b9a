"""The dictionary of extracts: every column an operator may send, with its kind, unit, meaning and rules, and what becomes of it."""
from churnkit.dictionary import markdown
from churnkit.extracts import EXTRACTS
from churnkit.extracts.contract import EXPECTED
from churnkit.extracts.declare import Column, Extract
from churnkit.extracts.parties import written
from churnkit.features import REGISTRY, needs
from churnkit.summaries import SUMMARIES

PSEUDONYMS = ("subscriber", "customer", "device", "number", "own_number", "party")
OVERVIEW = ("extract", "required", "one row is", "days that a row may be older than its delivery", "rows with the same … are one",
            "features that need it")
COLUMNS = ("column", "required", "written as", "unit", "what it is")


def extracts_page() -> str:
    """docs/extracts.md, as Markdown."""
    overview = markdown(OVERVIEW, (in_short(e) for e in EXTRACTS.values()))
    return "\n\n".join([PREFACE.strip(), overview, *map(section, EXTRACTS.values()), KINDS.strip()]) + "\n"


def in_short(extract: Extract) -> tuple[str, ...]:
    """One extract's row of the overview."""
    age = "any; the newest file counts" if extract.clock is None else "any" if extract.late_days is None else str(extract.late_days)
    made = {extract.name, *SUMMARIES.get(extract.name, ())}
    needed = sum(not made.isdisjoint(needs(f)) for f in REGISTRY.values())
    return (f"[`{extract.name}`](#{extract.name})", "yes" if extract.required else "", extract.one_row, age,
            ", ".join(f"`{name}`" for name in extract.natural_key), str(needed) if needed else "")


def section(extract: Extract) -> str:
    """One extract: its sentence, its columns, its rules, and the columns of the events made of it."""
    from importlib import import_module

    about = (import_module(f"churnkit.extracts.{extract.name}").__doc__ or "").strip()
    parts = [f"## {extract.name}", about, extract.note, markdown(COLUMNS, map(row, extract.columns))]
    if extract.rules:
        parts.append("Rules: " + "; ".join(rule.message for rule in extract.rules) + ".")
    others = [name for name in written(extract) if name not in {c.name for c in extract.columns}]
    if others:
        parts.append("Its events have besides: " + ", ".join(f"`{name}`" for name in others) + ".")
    return "\n\n".join(filter(None, parts))


def row(column: Column) -> tuple[str, ...]:
    """One column's row."""
    form = " or ".join(f"`{choice}`" for choice in column.choices) if column.choices else "text" if column.kind == "text" else EXPECTED[column.kind]
    if column.is_words:
        form = "words"
    if column.keeps is not None:
        form = f"text, of which the first {column.keeps} characters are kept"
    if column.low is not None:
        form += f", {column.low:,} to {column.high:,}"
    kept = " *Kept as a pseudonym.*" if column.kind in PSEUDONYMS else ""
    return f"`{column.name}`", "yes" if column.required else "", form, column.unit, column.meaning + kept


PREFACE = """# Extracts

What an operator sends: one file, or several, per extract and month, in the delivery's folder, named `<extract>_<anything>.csv` or `.csv.gz`.
This page is written by `churnkit docs` from the declarations in `src/churnkit/extracts/`; do not edit it.

- A file needs the required columns of its extract and may leave out the others; a column that is not declared is an error.
- Of an extract that did not come, the features that need it are left out, and `featurize` says so. They come by themselves once it does.
- A row that breaks a rule is rejected, with its line, its column and the rule, in the account of the delivery.
- An empty field is *not known*. Money is in cents, volume in megabytes, time in seconds; times are local."""
KINDS = """## Numbers

A number may be written with blanks, dots, hyphens and brackets. `+86 138 0000 0001`, `008613800000001`, `8613800000001` and `13800000001` are
one number, `+86 791 8888 8888` is `079188888888`, and `+44 …` is `0044…`; short codes, local numbers and fixed lines with their area code
stay as they are. What a subscriber dialled may have more in it: `17951` and the like before the number go to `access_code`; `*72…` to `*79…`,
`*57*` and GSM's `**21*…#`, which set up call forwarding, and `*720`, `#57#` and `##21#`, which take it off, go to `forward_dial` (`on`,
`off`) with the number in `forwarded_to`.

Whose a number is, `x_network` says, as it was when the row happened: the last porting decides, else the longest prefix of the number plan that
held, else what the operator wrote in `other_network`. It is `own`, `rival:<name>`, `fixed`, `own_care`, `rival_care:<name>`, `short_code`,
`international` or `unknown`.

Ids and numbers are kept as keyed hashes only, one's own number beside its masked form (`138****0001`). In words, and in the names of files,
telephone numbers are masked like that, and a text that is one is rejected. Full numbers are in the vault alone
(`docs/operations.md`)."""
