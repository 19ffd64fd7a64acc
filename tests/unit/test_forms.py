"""Form definitions: what is refused, and what must hold so that a header names one column."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonehouse.forms import load_catalogue
from zonehouse.forms.catalogue import DEFINITIONS, FormDefinitionError, read_catalogue
from zonehouse.intake.schema import MARK_SUFFIX, dataset_schemas
from zonehouse.intake.text import fold
from zonehouse.periods import Month
from zonehouse.settings import Settings

SEEDS = Settings().seeds
CATALOGUE = load_catalogue(Settings())
# Units that depend on another column of the row are named by what they are counted in.
NAMED = {"currency_million": "original_million", "vnd_per_unit": "rate_vnd"}
HEADCOUNT = "rule: factor_of_thousand, section: labour, column: headcount_persons"
SECTIONS = [(form, section) for form in CATALOGUE.forms for section in form.sections]


@pytest.mark.parametrize(("form", "section"), SECTIONS, ids=lambda x: x.code)
def test_no_two_columns_share_a_name_in_any_language(form: object, section: object) -> None:
    owners: dict[str, str] = {}
    for column in section.columns:  # type: ignore[attr-defined]
        for text in (column.vi, column.en, column.code):
            assert owners.setdefault(fold(text), column.code) == column.code


@pytest.mark.parametrize("form", CATALOGUE.forms, ids=lambda f: f.code)
def test_no_two_sheets_share_a_name(form: object) -> None:
    owners: dict[str, str] = {}
    for sheet in [form.cover.sheet, *(s.sheet for s in form.sections)]:  # type: ignore[attr-defined]
        for text in (sheet.code, sheet.vi, sheet.en):
            assert len(text) <= 31
            assert owners.setdefault(fold(text), sheet.code) == sheet.code


def test_number_columns_carry_a_mark_and_their_unit() -> None:
    schemas = dataset_schemas(CATALOGUE)
    for form, section in SECTIONS:
        names = schemas[f"{form.code}/{section.code}"].names
        for column in section.columns:
            assert (column.code + MARK_SUFFIX in names) == column.is_number
            if column.is_number:
                assert names[names.index(column.code) + 1] == column.code + MARK_SUFFIX
            if column.unit is not None:
                assert NAMED.get(column.unit, column.unit) in column.code


def test_validity_and_due_dates() -> None:
    form = CATALOGUE.find("monthly_report", "2016")
    assert form is not None and form.due is not None
    assert not form.covers(Month(2015, 12)) and form.covers(Month(2016, 1)) and form.covers(Month(2030, 1))
    assert str(form.due.due_on(Month(2016, 12))) == "2017-01-12"
    assert CATALOGUE.find("monthly_report", "1999") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("row_key: [project_code]", "row_key: [project_kode]", "no such column: project_kode"),
        ("code_list: vsic", "code_list: no_such_list", "no_such_list.csv"),
        ("type: code, code_list: vsic, ", "type: code, ", "needs code_list or codes"),
        ("frequency: month", "frequency: fortnight", "frequency"),
        ("due: {months_after: 1, day: 12}", "", "needs a due rule"),
        ("reporting_unit_field: tax_code", "reporting_unit_field: owner", "field missing: owner"),
        ("code: monthly_report", "code: [", "not valid YAML"),
        ("valid_from:", "valid_form:", "valid_form"),
        (HEADCOUNT, "rule: factor_of_thousand, section: work, column: headcount_persons", "no section 'work'"),
        (HEADCOUNT, "rule: factor_of_thousand, section: labour, column: category_code", "no column 'category_code'"),
        (HEADCOUNT, "rule: factor_of_thousand, section: labour", "compares a|one column"),
    ],
)
def test_a_broken_definition_names_file_and_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (DEFINITIONS / "monthly_report.2015.yml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "broken.yml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FormDefinitionError, match=message):
        read_catalogue([tmp_path], [SEEDS])


def test_a_new_version_is_a_new_file_and_its_columns_join_the_dataset(tmp_path: Path) -> None:
    text = (DEFINITIONS / "monthly_report.2015.yml").read_text(encoding="utf-8")
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    newer = text.replace('version: "2015"', 'version: "2021"').replace('valid_from: "2015-01"', 'valid_from: "2021-01"')
    newer = newer.replace('valid_to: "2015-06"\naccepted_until: "2015-09"\n', "")
    newer = newer.replace(
        "{code: note,",
        "{code: jobs_persons, vi: Việc làm, en: Jobs, type: integer, unit: persons, kind: stock, required: false}\n"
        "      - {code: note,",
    )
    (tmp_path / "b.yml").write_text(newer, encoding="utf-8")
    schema = dataset_schemas(read_catalogue([tmp_path], [SEEDS]))["monthly_report/investment"]
    assert schema.names[-2:] == ["jobs_persons", "jobs_persons__mark"]
