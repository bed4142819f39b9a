"""Layouts by name, read from YAML and checked key by key."""
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnkit import documents
from churnkit.errors import ParameterError
from churnkit.extracts import EXTRACTS
from churnkit.extracts.layout import ASKED, NUMBER, FileLayout, Layout, carries_number
from churnkit.params import build, close

SHIPPED = Path(__file__).parent.parent / "layouts"
OWN = Path("layouts")
EVERY = "*"  # stands for each extract, under its own name and columns
ABOUT_ALL = ("about", "files", "ignore")  # what else stands at a layout's top holds for each of its files
MEASURES = {"cents": ("yuan", "jiao", "fen", "li"), "megabytes": ("bytes", "KB", "MB", "GB"), "MB": ("bytes", "KB", "MB", "GB"),
            "seconds": ("seconds", "minutes", "mm:ss")}


@dataclass(frozen=True)
class _Document:
    files: tuple[FileLayout, ...]
    about: str = ""
    ignore: tuple[str, ...] = ()


def load(name: str) -> Layout:
    """The layout of that name: the project's own in layouts/, else a shipped one; a path ending in .yaml names its file.

    Raises ParameterError naming every key and value that does not fit.
    """
    path = Path(name) if name.endswith(".yaml") else next((p for p in (OWN / f"{name}.yaml", SHIPPED / f"{name}.yaml") if p.exists()), None)
    if path is None:
        known = sorted({p.stem for folder in (OWN, SHIPPED) for p in folder.glob("*.yaml")})
        raise ParameterError(f"There is no layout {name!r}{close(name, known)}; there are {', '.join(known)}, and an own one is {OWN}/{name}.yaml.")
    problems: list[str] = []
    content = spread(documents.read(path), problems)
    built = build(_Document, content, "", problems)
    if not problems:
        for n, entry in enumerate(built.files):
            problems += [f"'files[{n}]': {problem}" for problem in misfits(entry)]
    if problems:
        raise ParameterError(f"{path}: {'; '.join(dict.fromkeys(problems))}.")
    return Layout(path.stem, path, built.files, built.ignore)


def spread(content: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    """The document with its defaults in each of its files, every extract in its own entry, and short forms written out."""
    shared = {key: value for key, value in content.items() if key not in ABOUT_ALL}
    known = set(FileLayout.__dataclass_fields__) - {"extract", "glob", "map", "table", "clock"}
    problems += [f"unknown key {str(key)!r}{close(str(key), {*known, *ABOUT_ALL})}" for key in shared if key not in known]
    entries = content.get("files")
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        problems.append("files must be a list of entries, each with its extract and glob")
        return {"files": []}
    whole = []
    for entry in ({**{k: v for k, v in shared.items() if k in known}, **entry} for entry in entries):
        for extract in EXTRACTS if entry.get("extract") == EVERY else (entry.get("extract"),):
            globs = entry.get("glob", [])
            globs = [globs] if isinstance(globs, str) else globs
            globs = [str(g).replace("{extract}", str(extract)) for g in globs] if isinstance(globs, list) else globs
            sources = entry.get("map", {})
            if isinstance(sources, Mapping):
                sources = {column: {"field": it} if isinstance(it, str) else in_words(it) for column, it in sources.items()}
                problems += [f"map.{column}: {problem}" for column, it in sources.items() if isinstance(it, Mapping) for problem in unquoted(it)]
            whole.append({**entry, "extract": extract, "glob": globs, "map": sources})
    return {**{key: content[key] for key in ABOUT_ALL if key in content}, "files": whole}


def in_words(source: Any) -> Any:
    """The source with true and false as the texts that flags are written with: what a code stands for needs no quotes in YAML."""
    if not isinstance(source, Mapping):
        return source
    return {key: {code: str(it).lower() if isinstance(it, bool) else it for code, it in value.items()}
            if key in ("codes", "letters") and isinstance(value, Mapping) else value for key, value in source.items()}


def unquoted(source: Mapping[str, Any]) -> list[str]:
    """Codes that YAML takes for numbers or truth: 01 is 1 to it, and no is false."""
    return [f"{key} {code!r} is not text; write it in quotes" for key in ("codes", "letters", "cases")
            if isinstance(it := source.get(key), Mapping) for code in it if not isinstance(code, str)]


def misfits(entry: FileLayout) -> list[str]:
    """What an entry says that its extract does not know."""
    if entry.extract not in EXTRACTS:
        return [f"there is no extract {entry.extract!r}{close(entry.extract, EXTRACTS)}"]
    extract, there = entry.kind, {c.name: c for c in entry.kind.columns}
    by_number = carries_number(extract) and NUMBER in entry.map
    problems = []
    for name, source in entry.map.items():
        if by_number and name == NUMBER:
            continue
        if name not in there:
            problems.append(f"extract {extract.name!r} has no column {name!r}{close(name, there)}")
            continue
        column = there[name]
        if source.unit and not source.between and source.unit not in MEASURES.get(column.unit, ()):
            problems.append(f"{name!r} is no amount that could come in {source.unit}")
        if source.format and not source.between and column.kind not in ("date", "time", "month"):
            problems.append(f"{name!r} is no date or time; it takes no format")
        if source.is_id and column.kind != "number":
            problems.append(f"{name!r} is no number that an id could stand for; is_id is for those")
        if column.kind == "choice":
            if unsaid := ", ".join(repr(code) for code, v in [*source.codes.items(), *source.letters.items()] if v == ASKED):
                problems.append(f"{name!r} does not say yet what {unsaid} stands for: one of {', '.join(column.choices)}, or null")
            wrong = [v for v in [*source.codes.values(), *source.letters.values(), source.constant, source.otherwise]
                     if v is not None and v != ASKED and v not in column.choices]
            problems += [f"{name!r} is never {v!r}{close(v, column.choices)}; it is one of {', '.join(column.choices)}" for v in dict.fromkeys(wrong)]
        if entry.names:
            problems += [f"{name!r} reads {f!r}, which is no column of the file{close(f, entry.names)}" for f in source.read if f not in entry.names]
    lacking = [c.name for c in extract.columns if entry.map and c.required and c.name not in entry.map and not (by_number and c.kind == "subscriber")]
    if entry.one_leg and extract.name != "calls":
        problems.append("one_leg is for calls")
    return problems + ([f"the map lacks {', '.join(map(repr, lacking))}, which {extract.name!r} requires"] if lacking else [])
