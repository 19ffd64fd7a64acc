"""The catalogue of findings: complete, bilingual, and its page up to date."""

from __future__ import annotations

import re
import string

from zonehouse.intake import findings
from zonehouse.intake.findings import CATALOGUE, GROUPS, SEVERITIES, catalogue_page
from zonehouse.settings import Settings

SOURCES = Settings().project_root / "include" / "zonehouse" / "intake"


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_finding_speaks_both_languages_with_the_same_parameters() -> None:
    assert len(CATALOGUE) == sum(len(kinds) for _, kinds in GROUPS)
    for kind in CATALOGUE.values():
        assert kind.severity in SEVERITIES
        assert all((kind.expected_vi, kind.expected_en, kind.mend_vi, kind.mend_en)), kind.code
        assert _fields(kind.expected_vi) == _fields(kind.expected_en), kind.code
        assert _fields(kind.mend_vi) == _fields(kind.mend_en), kind.code


def test_every_code_of_the_catalogue_is_used_and_every_used_one_is_in_it() -> None:
    sources = "".join(p.read_text(encoding="utf-8") for p in SOURCES.glob("*.py") if p.name != "findings.py")
    own = (SOURCES / "findings.py").read_text(encoding="utf-8")
    for code in CATALOGUE:
        assert f'"{code}"' in sources or own.count(f'"{code}"') > 1, f"{code} is never found"
    for code in re.findall(r'(?:_note|findings\.add|Refused|NumberError)\(\s*"(\w+)"', sources):
        assert code in CATALOGUE, f"{code} is not in the catalogue"


def test_the_page_is_that_of_the_catalogue() -> None:
    written = (Settings().project_root / "docs" / "findings.md").read_text(encoding="utf-8")
    assert written == catalogue_page(), f"run python -m {findings.__name__}"
