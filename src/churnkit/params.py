"""What the analyst chose in params.yaml, checked key by key before anything runs."""
import difflib
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from churnkit import documents
from churnkit.errors import ParameterError

PARAMS = Path("params.yaml")
Section = TypeVar("Section")


@dataclass(frozen=True)
class Common:
    """The section every stage shares."""

    engine: Literal["duckdb", "spark"]
    memory: str
    threads: int
    seed: int
    zone: str
    wait_days: int
    spill: str
    key_file: str
    master: str = "local[2]"

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ValueError("threads must be at least 1")
        if not 0 <= self.wait_days <= 27:
            raise ValueError("wait_days must be 0 to 27")
        if not re.fullmatch(r"[1-9][0-9]*[KMGT]B", self.memory):
            raise ValueError(f"memory must be an amount such as '1GB', got {self.memory!r}")
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"zone {self.zone!r} is no time zone (try 'Asia/Shanghai')") from None


def load(name: str, section: type[Section], path: Path = PARAMS) -> Section:
    """The section `name` of params.yaml as an instance of the dataclass `section`.

    Raises ParameterError naming every key that is missing, unknown or ill-typed.
    """
    content = documents.read(path)
    if name not in content:
        if near := difflib.get_close_matches(name, map(str, content), 1):  # no two sections have names so near
            raise ParameterError(f"{path}: section {near[0]!r} belongs to no stage (did you mean {name!r}?).")
        raise ParameterError(f"{path}: section {name!r} is missing.")
    problems: list[str] = []
    built = build(section, content[name] or {}, "", problems)
    if problems:
        raise ParameterError(f"{path}, section {name!r}: {'; '.join(problems)}.")
    return built


def build(section: type[Section], content: Any, prefix: str, problems: list[str]) -> Section:
    """An instance of `section`; what is wrong with `content` is added to `problems`."""
    if not isinstance(content, Mapping):
        problems.append(f"{repr(prefix[:-1]) if prefix else 'it'} must hold `key: value` lines, got {content!r}")
        return None  # type: ignore[return-value]  # never used: problems is not empty
    hints, known = get_type_hints(section), {f.name: f for f in fields(section)}  # type: ignore[arg-type]  # a dataclass
    problems += [f"unknown key {prefix + str(key)!r}{close(key, known)}" for key in content if key not in known]
    values = {}
    for name, field in known.items():
        if name in content:
            values[name] = convert(content[name], hints[name], prefix + name, problems)
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(f"missing key {prefix + name!r}")
    if problems:
        return None  # type: ignore[return-value]  # never used: problems is not empty
    try:
        return section(**values)
    except ValueError as problem:
        problems.append(f"{prefix[:-1]!r} {problem}" if prefix else str(problem))
        return None  # type: ignore[return-value]  # never used: problems is not empty


def convert(value: Any, kind: Any, name: str, problems: list[str]) -> Any:
    """`value` as the type the key declares; a complaint in `problems` where it is another."""
    origin, choices = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else convert(value, next(c for c in choices if c is not type(None)), name, problems)
    if is_dataclass(kind):
        return build(kind, value, f"{name}.", problems)  # type: ignore[arg-type]  # a dataclass type
    if origin is Literal and value in choices:
        return value
    if origin is tuple and isinstance(value, list):
        return tuple(convert(item, choices[0], f"{name}[{n}]", problems) for n, item in enumerate(value))
    if origin is dict and isinstance(value, Mapping):
        return {str(key): convert(item, choices[1], f"{name}.{key}", problems) for key, item in value.items()}
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if isinstance(kind, type) and kind is not float and type(value) is kind:
        return value
    near = close(value, choices) if origin is Literal else ""
    problems.append(f"{name!r} must be {said(kind)}, got {value!r}{near}")
    return None


def said(kind: Any) -> str:
    """A type in words an analyst reads."""
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(c) for c in get_args(kind))
    words = {int: "a whole number", float: "a number", str: "text", bool: "true or false", date: 'a quoted date such as "2026-06-01"',
             tuple: "a list", dict: "`key: value` lines"}
    return words[get_origin(kind) or kind]


def close(word: Any, known: Any) -> str:
    """The hint at what was probably meant, with a leading blank; nothing if no name is near."""
    near = difflib.get_close_matches(str(word), [str(k) for k in known], 1)
    return f" (did you mean {near[0]!r}?)" if near else ""
