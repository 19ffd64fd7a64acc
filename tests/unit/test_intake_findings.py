"""The catalogue of findings: complete, bilingual, and its page up to date."""

from __future__ import annotations

import re
import string
from datetime import date
from decimal import Decimal

import pytest

from zonehouse.forms import load_catalogue
from zonehouse.intake import findings
from zonehouse.intake.finding_titles import TITLES, finding_titles
from zonehouse.intake.findings import CATALOGUE, GROUPS, SEVERITIES, Findings, catalogue_page, grouped, in_language
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


def test_every_finding_has_a_title_and_what_a_form_names_too() -> None:
    assert set(TITLES) == set(CATALOGUE)
    catalogue = load_catalogue(Settings())
    titles = finding_titles(catalogue)
    rules = {rule.code for form in catalogue.forms for rule in (*form.section_checks, *form.history_checks)}
    rules |= {rule.code for form in catalogue.forms for section in form.sections for rule in section.checks}
    assert rules and set(titles) == set(CATALOGUE) | rules
    assert (titles["output_constant_is_ytd"].vi, titles["women_within_headcount"].en) == (
        "Có vẻ là số luỹ kế (Sản xuất)",
        "Rule: Women are not more than the total",
    )
    assert all(len(side) <= 45 for pair in TITLES.values() for side in pair)


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


def test_numbers_and_days_are_written_as_each_language_does() -> None:
    assert [grouped(1234567.5, language) for language in ("vi", "en")] == ["1.234.567,5", "1,234,567.5"]
    assert [grouped(number, "vi") for number in (0, -1500, 12, Decimal("0.000001"), Decimal(10) ** 18)] == [
        "0", "-1.500", "12", "0,000001", "1.000.000.000.000.000.000",
    ]  # fmt: skip
    made = Findings(10)
    made.add("total_differs", words={"total": Decimal("1002.50")})
    made.add("period_days_shifted", words={"first": date(2016, 5, 1), "last": date(2016, 5, 31)})
    assert "1.002,5" in made.items[0]["expected_vi"] and "1,002.5" in made.items[0]["expected_en"]
    assert "01/05/2016 – 31/05/2016" in made.items[1]["expected_vi"]
    assert "2016-05-01 – 2016-05-31" in made.items[1]["expected_en"]


@pytest.mark.parametrize(
    ("code", "found", "vi"),
    [
        ("below_minimum", "-1300.5", "-1.300,5"),
        ("number_shown_differs", "1200 → 1.2 (#,##0,)", "1.200 → 1,2 (#,##0,)"),
        ("output_constant_is_ytd", "5305.5 ≈ 4000.5 + 1305", "5.305,5 ≈ 4.000,5 + 1.305"),
        ("output_copied", "2016-05 = 2016-04", "2016-05 = 2016-04"),
        (
            "exports_without_output",
            "XUAT!C2:C1500, Xuất theo giá so sánh 2010 (USD): 50000.25; Sản xuất: 0 dòng / rows",
            "XUAT!C2:C1500, Xuất theo giá so sánh 2010 (USD): 50.000,25; Sản xuất: 0 dòng / rows",
        ),
        ("ambiguous_number", "1.327", "1.327"),  # what the sender wrote stays
        ("code_not_listed", "1000", "1000"),
    ],
)
def test_what_was_found_is_written_in_the_language_unless_it_is_the_senders_own(code: str, found: str, vi: str) -> None:
    assert in_language({"finding_code": code, "found": found}, "found", "vi") == vi
