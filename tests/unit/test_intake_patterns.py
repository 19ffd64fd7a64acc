"""Regular expressions that every Python from 3.11.0 on matches alike."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]

from zonehouse import intake


def _patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    for module in pkgutil.iter_modules(intake.__path__):
        if module.name != "worker":
            names = vars(importlib.import_module(f"zonehouse.intake.{module.name}"))
            yield from ((f"{module.name}.{name}", it) for name, it in names.items() if isinstance(it, re.Pattern))


def _is_possessive(parsed: object) -> bool:
    if isinstance(parsed, (_parser.SubPattern, list, tuple)):
        return any(map(_is_possessive, parsed))
    return parsed in (_constants.POSSESSIVE_REPEAT, _constants.ATOMIC_GROUP)


def test_no_pattern_has_what_python_matched_wrongly_before_3_11_5() -> None:
    """Possessive quantifiers and atomic groups (cpython issue 106052): with them 3.11.2 refused every workbook."""
    assert _is_possessive(_parser.parse("(?:a|b)*+")) and _is_possessive(_parser.parse("(?:x(?>a|b))?"))
    patterns = dict(_patterns())
    assert len(patterns) > 50
    assert [name for name, it in patterns.items() if _is_possessive(_parser.parse(it.pattern, it.flags))] == []
