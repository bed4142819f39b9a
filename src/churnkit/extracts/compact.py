"""Small forms of what ingest compares and sorts: choices as their places, pseudonyms as bytes."""
from collections.abc import Sequence
from functools import cache

from churnkit.engine import ENGINE, Column, F, declare
from churnkit.identity import DIGITS


def parse_choice(text: Column, choices: Sequence[str]) -> Column:
    """The text where it is one of the choices, else null; DuckDB keeps its place among them, sorts by that, and writes it out as text."""
    return F.when(text.isin(*choices), text) if ENGINE == "spark" else F.call_function(chosen(tuple(choices)), text)


@cache
def chosen(choices: tuple[str, ...]) -> str:
    """DuckDB's function that makes one of the choices of a text."""
    listed = ", ".join("'" + choice.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'" for choice in choices)
    kind = declare(f"create temp type {{name}} as enum ({listed})")
    return declare(f"create temp macro {{name}}(x) as try_cast(x as {kind})")


def packed(pseudonym: Column) -> Column:
    """The bytes that a pseudonym's hexadecimal digits stand for; they sort as it does."""
    return F.unhex(F.substring(pseudonym, 2, DIGITS))


def unpacked(pseudonym: Column, letter: str) -> Column:
    """The pseudonym of packed bytes."""
    return F.concat(F.lit(letter), F.lower(F.hex(pseudonym)))
