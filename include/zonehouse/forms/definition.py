"""One definition file: from YAML to a checked form, with errors that say where in the file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from zonehouse.forms.model import Form

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times faster, and not everywhere
_SHOWN = 60


class FormDefinitionError(ValueError):
    """Form definitions that cannot be used: names the file, the place, what was found and what was expected."""


@dataclass(frozen=True)
class Definition:
    """A form, and the file that it is described in."""

    form: Form
    path: Path


def load_definition(path: Path) -> Definition:
    """Read one file.

    Raises:
        FormDefinitionError: the file is no YAML, says a thing twice, or breaks the schema of ``zonehouse.forms.model``.
    """
    try:
        return Definition(_parsed(path.read_text(encoding="utf-8"), path), path)
    except UnicodeDecodeError as error:
        raise FormDefinitionError(f"{path}: not valid YAML in UTF-8: {error}") from error


@lru_cache(maxsize=64)
def _parsed(text: str, path: Path) -> Form:
    """The same text is the same form: each step of a night asks for all of them."""
    root = None
    try:
        root = yaml.compose(text, Loader=_Loader)
        _refuse_repeated_keys(root, path)
        return Form.model_validate(yaml.load(text, Loader=_Loader))  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise FormDefinitionError(f"{path}: not valid YAML in UTF-8: {error}") from error
    except ValidationError as error:
        told = "\n  ".join(_told(each, root) for each in error.errors(include_url=False))
        raise FormDefinitionError(f"{path}:\n  {told}") from error


def _refuse_repeated_keys(node: yaml.Node | None, path: Path) -> None:
    """YAML would silently keep the last of two keys."""
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if (name := str(key.value)) in lines:
                raise FormDefinitionError(f"{path}: line {line}: {name}: stands in line {lines[name]} already")
            lines[name] = line
            _refuse_repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(value, path)


def _told(error: ErrorDetails, root: yaml.Node | None) -> str:
    place, line = _place(error["loc"], root)
    context = error.get("ctx", {})
    expected = str(context["error"]) if error["type"] == "value_error" else error["msg"]
    found = error["input"]
    shown = (
        "" if isinstance(found, (dict, list)) or error["type"] == "missing" else f"found {_short(found)}, expected: "
    )
    if error["type"] == "string_type" and not isinstance(found, (dict, list)):
        expected += " (put it in quotes)"
    return f"line {line}: {place}: {shown}{expected}"


def _place(loc: tuple[int | str, ...], root: yaml.Node | None) -> tuple[str, int]:
    """The path with the codes of list members in place of their numbers, and the line of its last known step."""
    node, names, line = root, [], 1
    for step in loc:
        name = str(step)
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            name = _code_of(node) or f"{step + 1}."
        else:
            node = None
        names.append(name)
        line = node.start_mark.line + 1 if node is not None else line
    return " > ".join(names) or "form", line


def _code_of(node: yaml.Node) -> str | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((str(value.value) for key, value in pairs if key.value == "code"), None)


def _short(value: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
