"""The YAML documents a person or a plan writes, read as plain values."""
from pathlib import Path
from typing import Any

import yaml

from churnkit.errors import ParameterError
from churnkit.files import whole_file


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # whichever is there
    """YAML's own rule, which its loader does not hold: a key stands once, so no value is overruled in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping. Raises YAMLError where a key stands twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(path: Path) -> dict[str, Any]:
    """The document as a dictionary; empty if the file is. Raises ParameterError where it is missing or no YAML mapping."""
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=Loader)
    except FileNotFoundError:
        raise ParameterError(f"{path} is missing; run churnkit in the project's folder.") from None
    except OSError as problem:
        raise ParameterError(f"{path} cannot be read: {problem.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        where = getattr(problem, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise ParameterError(f"{path}{line}: this is no YAML ({getattr(problem, 'problem', problem)}).") from None
    if not isinstance(content or {}, dict):
        raise ParameterError(f"{path} must hold sections of `key: value`, not a {type(content).__name__}.")
    return content or {}


def dumped(content: dict[str, Any]) -> str:
    """The document as YAML, in the order of its keys."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=200, default_flow_style=None)


def write(path: Path, content: dict[str, Any], heading: str) -> None:
    """Write the document under a comment; a document that would not change is left alone."""
    text = f"# {heading}\n" + dumped(content)
    if not path.exists() or path.read_text("utf-8") != text:
        with whole_file(path) as part:
            part.write_text(text, "utf-8")
