"""``docker-compose.yml`` as docker would read it: parsed, merged, its variables put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from zonehouse.settings import PROJECT_ROOT

COMPOSE_FILE = PROJECT_ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})")


class MissingVariableError(LookupError):
    """A variable that the file insists on is not set."""


def read_env_file(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def load_compose(variables: Mapping[str, str]) -> dict[str, Any]:
    return dict(_filled(yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8")), variables))


def variables_of_compose() -> set[str]:
    return {name for name, _, _ in _VARIABLE.findall(COMPOSE_FILE.read_text(encoding="utf-8")) if name}


def _filled(node: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, variables) for value in node]
    return _VARIABLE.sub(lambda match: _value(match, variables), node) if isinstance(node, str) else node


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name, how, otherwise = match.groups()
    if name is None:
        return "$"
    if variables.get(name):
        return variables[name]
    if how == "?":
        raise MissingVariableError(f"{name}: {otherwise}")
    return otherwise or ""
