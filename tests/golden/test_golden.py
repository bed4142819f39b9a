"""Four subscribers worked out by hand: README.md tells what happened to them, every column of five families and some of each other."""
import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from churnkit.features import REGISTRY
from churnkit.history import MADE_OF, TABLES
from churnkit.summaries import SUMMARIES
from little_tables import SCHEMA, Row, cell, computed_of, frame, known
from random_calls import summarised

PAPER, CLOCKS = (Path(__file__).parent / "README.md").read_text("utf-8").split("\n# A change of clocks\n")
PEOPLE = ("none", "single", "back", "heavy")
AS_OF = date(2024, 3, 1)
FAMILIES = ("silence", "bills", "forwarding", "tenure", "handset")
NAMES = {"who": "subscriber_id", "cause": "forward_cause", "other": "other_party", "network": "other_party_network", "to": "forwarded_to",
         "to_network": "forwarded_to_network", "seconds": "duration_s", "answered": "is_answered", "received": "received_at",
         "dial": "forward_dial", "key": "device_key", "code": "access_code", "dist": "distance", "roam": "roaming"}
SIGNS: dict[type, Callable[..., float]] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
                                           ast.USub: operator.neg}


def happened(table: str) -> list[Row]:
    """The rows of a table that the README tells of; a table that it does not tell of is there, and empty."""
    block = re.search(rf"```{table}\n(.*?)```", PAPER, re.DOTALL)
    if not block:
        return []
    header, _, *lines = block[1].strip().splitlines()
    rows = []
    for line in lines:
        told = {NAMES.get(n.strip(), n.strip()): c.strip() for n, c in zip(header.split("|"), line.split("|"), strict=True)}
        for when in days(told.pop("days", "")):
            if when:
                told["happened_at"] = f"{when} {told['time']}"
            row = {c: cell(kind, told.get(c, "")) for c, kind in SCHEMA[table].items()}
            rows.append(known(table, row))
    return rows


def days(text: str) -> Iterator[str]:
    """The days that `a..b` stands for."""
    first, _, last = text.partition("..")
    if not last:
        yield first
        return
    for n in range((date.fromisoformat(last) - date.fromisoformat(first)).days + 1):
        yield str(date.fromisoformat(first) + timedelta(n))


def worked_out(text: str) -> Any:
    """The value of a cell: null, a `code`, or a sum that is written out."""
    if text == "null":
        return None
    return text.strip("`") if text.startswith("`") else value(ast.parse(text, mode="eval").body)


def value(node: ast.AST) -> float:
    """The value of a sum."""
    match node:
        case ast.Constant():
            return float(node.value)
        case ast.BinOp():
            return SIGNS[type(node.op)](value(node.left), value(node.right))
        case ast.UnaryOp():
            return SIGNS[type(node.op)](value(node.operand))
        case ast.Call(func=ast.Name(id="sqrt")):
            return sqrt(value(node.args[0]))
    raise ValueError(ast.dump(node))


def on_paper() -> dict[str, dict[str, Any]]:
    """{column: {subscriber: value}} as worked out by hand."""
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in PAPER.splitlines() if re.match(r"\| [a-z]\w+ \|", line)]
    return {name: dict(zip(PEOPLE, map(worked_out, cells[:4]), strict=True)) for name, *cells in rows if name != "column"}


def built(names: Iterable[str], folder: Path) -> dict:
    """{subscriber: {column: value}} as the program has it."""
    records = {extract: frame(extract, happened(extract), folder) for extract in SUMMARIES}
    frames = summarised(records) | {name: frame(name, happened(name), folder) for name in TABLES if name not in MADE_OF}
    return computed_of(frames, list(names), PEOPLE, folder, as_of=AS_OF)


def test_the_program_agrees_with_paper_on_every_column(tmp_path):
    paper = on_paper()
    program = built(paper, tmp_path)
    told = {column: {who: program[who][column] for who in PEOPLE} for column in paper}
    assert told == {column: {who: pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for who, v in values.items()}
                    for column, values in paper.items()}


def test_paper_has_every_column_of_the_five_first_families_and_some_of_each_other():
    told = set(on_paper())
    assert {f.name for f in REGISTRY.values() if f.family in FAMILIES} <= told <= set(REGISTRY)
    assert {REGISTRY[name].family for name in told} == {f.family for f in REGISTRY.values()}, "work a column of the new family out, in README.md"


def test_every_table_that_features_are_made_of_is_told_of():
    assert set(re.findall(r"```(\w+)\n", PAPER)) | {"number_plan"} == {*SUMMARIES, *TABLES} - {*MADE_OF}


def test_the_story_crosses_a_month_end_and_a_leap_day():
    called = {row["happened_at"].date() for row in happened("calls")}
    assert {date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 29)} <= called
    assert max(row["happened_at"] for row in happened("calls")) < datetime(2024, 3, 1)
