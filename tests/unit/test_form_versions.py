"""Versions of a form side by side: one reads as the other, in the unit, the labels and the months of its own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.unit.intake_workbooks import TAX_CODE, Rows, catalogue, codes, finding, plan, right_report, workbook
from tests.unit.workbooks_support import AUTHORITY, form_sheets, register, take_in
from zonehouse import intake
from zonehouse.forms import Form
from zonehouse.forms.catalogue import read_catalogue
from zonehouse.intake.cells import kept_number
from zonehouse.intake.compile import reader_plan
from zonehouse.intake.plan import ReaderPlan
from zonehouse.intake.workbook import Reading, read_workbook
from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.warehouse import dbt
from zonehouse.workbooks import write_template

VERSIONS = catalogue().versions("monthly_report")
COVER = {
    "form_code": "monthly_report",
    "authority_code": AUTHORITY,
    "tax_code": TAX_CODE,
    "enterprise_name": "Công ty Thử",
}
# Amounts as they are kept: in millions.
OUTPUT = {
    "product_code": "10", "product_name": "Tôm", "quantity": 12, "gross_output_constant_vnd_million": 1000.5,
    "gross_output_current_vnd_million": 1200, "net_revenue_vnd_million": Decimal("1234.567891"),
}  # fmt: skip
LABOUR = {
    "category_code": "production", "headcount_persons": 100, "women_persons": 60, "hires_persons": 5,
    "leavers_persons": 2, "average_income_vnd_million": 7.5,
}  # fmt: skip


def report(form: Form, month: str, **more: Any) -> dict[str, Rows]:
    """The same content on any version: numbers in the unit that it asks for."""
    tables = {"output": [OUTPUT], "labour": [LABOUR], **more}
    sent = {
        section.code: [
            {
                column.code: float(Decimal(str(value)) / column.factor) if column.factor else value
                for column in section.columns
                if (value := row.get(column.code)) is not None
            }
            for row in tables.get(section.code, [])
        ]
        for section in form.sections
    }
    return form_sheets(form, COVER | {"form_version": form.version, "period_month": month}, _floats(sent))


def _floats(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        code: [{name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in rows]
        for code, rows in tables.items()
    }


def read(sheets: dict[str, Rows], known: ReaderPlan, received_on: str = "2016-12-10") -> Reading:
    return read_workbook(workbook(sheets), "r.xlsx", received_on, known)


def kept(form: Form, reading: Reading, section: str) -> dict[str, Any]:
    """The first row of a section by column code."""
    names = [name for column in form.section(section).columns for name in _names(column)]
    row = dict(zip(names, reading["sections"][section][0][2:], strict=True))
    numbers = {column.code for column in form.section(section).columns if column.is_number}
    return {name: kept_number(v) if name in numbers and v is not None else v for name, v in row.items()}


def _names(column: Any) -> list[str]:
    return [column.code, f"{column.code}__mark"] if column.is_number else [column.code]


def test_the_sample_history_has_three_versions_one_after_the_other() -> None:
    assert [form.version for form in VERSIONS] == ["2015", "2015b", "2016"]
    for month in (Month(2015, 1), Month(2015, 6), Month(2015, 7), Month(2015, 12), Month(2016, 1), Month(2020, 1)):
        assert sum(form.covers(month) for form in VERSIONS) == 1
    first, second, third = VERSIONS
    renamed = [form.section("output").column("net_revenue_vnd_million") for form in VERSIONS]
    assert renamed[0].vi != renamed[1].vi and renamed[0].code == renamed[1].code == renamed[2].code
    added = {c.code for c in second.section("labour").columns} - {c.code for c in first.section("labour").columns}
    assert added == {"average_income_vnd_million"}
    assert (renamed[1].factor, renamed[2].factor, renamed[2].sent_unit) == (None, 1000, "vnd_billion")
    assert third.covers(Month(2016, 6))


def test_every_version_gives_the_same_facts_from_the_same_content(tmp_path: Path) -> None:
    rows = {}
    for form, month in zip(VERSIONS, ("2015-05", "2015-10", "2016-05"), strict=True):
        reading = read(report(form, month), plan(tmp_path))
        assert codes(reading) == [], form.version
        rows[form.version] = {code: kept(form, reading, code) for code in ("output", "labour")}
    for section in ("output", "labour"):
        newest = rows["2016"][section]
        for version in ("2015", "2015b"):
            found = rows[version][section]
            assert found == {name: newest[name] for name in found}
    assert rows["2016"]["output"]["net_revenue_vnd_million"] == Decimal("1234.567891")
    assert "average_income_vnd_million" not in rows["2015"]["labour"]


def test_a_landing_of_three_versions_holds_one_unit_and_null_where_a_version_lacks_the_column(tmp_path: Path) -> None:
    files = {"2015-02-01/register.xlsx": register("2015-01")}
    for form, month in zip(VERSIONS, ("2015-05", "2015-10", "2016-05"), strict=True):
        files[f"2016-06-10/{form.version}.xlsx"] = workbook(report(form, month))
    settings = take_in(tmp_path, files)
    assert intake.reconcile(settings).states["accepted"] == 4
    import pyarrow.dataset as ds

    output = ds.dataset(settings.landing / "monthly_report" / "output", format="parquet").to_table().to_pylist()
    labour = ds.dataset(settings.landing / "monthly_report" / "labour", format="parquet").to_table().to_pylist()
    assert {row["net_revenue_vnd_million"] for row in output} == {Decimal("1234.567891")}
    incomes = {row["form_version"]: row["average_income_vnd_million"] for row in labour}
    assert incomes == {"2015": None, "2015b": Decimal("7.5"), "2016": Decimal("7.5")}
    marks = {row["form_version"]: row["average_income_vnd_million__mark"] for row in labour}
    assert marks == {"2015": None, "2015b": None, "2016": None}


# A number in another unit


def in_billions(tmp_path: Path, revenue: object, *more: list[Any]) -> Reading:
    sheets = right_report()
    sheets["SAN_XUAT"][1][6] = revenue
    sheets["SAN_XUAT"] += more
    return read(sheets, plan(tmp_path))


@pytest.mark.parametrize(
    ("cell", "taken"),
    [
        (1.3, "1300"),
        (1, "1000"),
        (0.000000001, "0.000001"),
        (0.1 + 0.2, "300"),
        ("1,25", "1250"),
        ("1.234,56789 tỷ đồng", "1234567.89"),
        ("2,5 tỷ", "2500"),
        ("0,001234567", "1.234567"),
    ],
)
def test_a_number_is_kept_in_the_unit_of_the_column(tmp_path: Path, cell: object, taken: str) -> None:
    reading = in_billions(tmp_path, cell)
    assert codes(reading, "error") == []
    assert kept(VERSIONS[-1], reading, "output")["net_revenue_vnd_million"] == Decimal(taken)


def test_a_finding_tells_what_stands_in_the_cell_and_what_was_taken(tmp_path: Path) -> None:
    found = finding(in_billions(tmp_path, "2,5 tỷ"), "number_from_text")
    assert (found["found"], found["taken"]) == ("2,5 tỷ", "2.5 vnd_billion = 2500 vnd_million")


def test_a_number_that_names_the_unit_of_another_version_is_converted_and_told(tmp_path: Path) -> None:
    reading = in_billions(tmp_path, "1.300,5 triệu đồng")
    assert finding(reading, "unit_converted")["taken"] == "1300.5 vnd_million = 1300.5 vnd_million"
    assert kept(VERSIONS[-1], reading, "output")["net_revenue_vnd_million"] == Decimal("1300.5")


def test_bounds_and_size_are_of_the_number_as_sent(tmp_path: Path) -> None:
    assert finding(in_billions(tmp_path, -0.5), "below_minimum")["found"] == "-0.5"
    assert codes(in_billions(tmp_path, 1e16), "error") == ["number_too_large"]


def test_a_total_is_compared_in_the_unit_of_the_sheet(tmp_path: Path) -> None:
    second = ["13", "Vải", "m", 1, 500, 100, 0.2]
    right = in_billions(tmp_path, 1.3, second, [None, "Tổng cộng", None, None, 1500.5, 1300, 1.5])
    assert codes(right) == []
    wrong = in_billions(tmp_path, 1.3, second, [None, "Tổng cộng", None, None, 1500.5, 1300, 1500])
    assert finding(wrong, "total_differs")["expected_en"] == "The sum of the rows: 1.5"


def test_a_header_of_another_version_is_never_taken_for_this_ones(tmp_path: Path) -> None:
    for header, told in (("Doanh thu thuần (triệu đồng)", "unit_differs"), ("net_revenue_vnd_million", None)):
        sheets = right_report()
        sheets["SAN_XUAT"][0][6] = header
        assert codes(read(sheets, plan(tmp_path)), "error") == [told or "column_missing"]
    sheets["SAN_XUAT"][0][6] = "net_revenue_vnd_billion"
    assert codes(read(sheets, plan(tmp_path))) == []


# A blank of another version


@pytest.mark.parametrize(
    ("version", "month", "expected"),
    [
        ("2015b", "2015-12", []),
        ("2015b", "2016-03", ["form_not_in_force"]),
        ("2015b", "2016-04", ["period_outside_form"]),
        ("2015b", "2015-04", ["form_not_in_force"]),
        ("2015b", "2015-03", ["period_outside_form"]),
        ("2016", "2015-10", ["form_not_in_force"]),
        ("2016", "2015-09", ["period_outside_form"]),
    ],
)
def test_the_blank_of_another_version_is_taken_in_for_a_while(
    tmp_path: Path, version: str, month: str, expected: list[str]
) -> None:
    form = catalogue().find("monthly_report", version)
    assert form is not None
    reading = read(report(form, month), plan(tmp_path))
    assert codes(reading) == expected
    if "form_not_in_force" in expected:
        assert finding(reading, "form_not_in_force")["severity"] == "warning"
        # In the unit of the form that was used, not of the one in force.
        assert kept(form, reading, "output")["net_revenue_vnd_million"] == Decimal("1234.567891")


# The template, and the models


def test_a_template_shows_last_month_in_the_unit_that_it_asks_for(tmp_path: Path) -> None:
    before = catalogue().find("monthly_report", "2015b")
    assert before is not None
    files = {
        "2015-12-01/register.xlsx": register("2015-11"),
        "2016-01-10/december.xlsx": workbook(report(before, "2015-12")),
    }
    settings = take_in(tmp_path, files)
    sheet = load_workbook(write_template(settings, TAX_CODE, Month(2016, 1), tmp_path / "t.xlsx"))["Sản xuất"]
    heads = {str(cell.value): cell.column for cell in sheet[6] if cell.value}
    assert "Doanh thu thuần (tỷ đồng) *" in heads
    last = sheet.cell(9, heads["Tháng trước (tham khảo): Doanh thu thuần (tỷ đồng)"])
    assert last.value == pytest.approx(1.234567891)
    assert sheet.cell(8, heads["Doanh thu thuần (tỷ đồng) *"]).value == "net_revenue_vnd_billion"
    older = load_workbook(write_template(settings, TAX_CODE, Month(2015, 3), tmp_path / "o.xlsx"))["Sản xuất"]
    assert "Doanh thu tiêu thụ (triệu đồng) *" in [cell.value for cell in older[6]]


def test_the_models_know_the_unit_of_each_version() -> None:
    units = {
        (column["form_version"], column["column_code"]): (column["sent_unit"], column["sent_per_kept"])
        for column in dbt.form_columns(Settings())
        if column["form_code"] == "monthly_report"
    }
    assert units["2016", "net_revenue_vnd_million"] == ("vnd_billion", "0.001")
    assert units["2015b", "net_revenue_vnd_million"] == ("vnd_million", "1")


# Between the sheets


def test_rules_between_sheets_name_both_totals(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"] = sheets["SAN_XUAT"][:1]
    found = {f["finding_code"]: f for f in read(sheets, plan(tmp_path))["findings"]}
    assert set(found) == {"exports_without_output", "exports_without_revenue"}
    first = found["exports_without_output"]
    assert (first["severity"], first["sheet_name"], first["row_number"]) == ("warning", "XUAT_NHAP_KHAU", 2)
    assert first["cell"] == "C2"
    assert first["found"] == "XUAT_NHAP_KHAU!C2, Xuất khẩu trong tháng (USD): 50000; Sản xuất: 0 dòng / rows"
    sheets = right_report()
    sheets["XUAT_NHAP_KHAU"] = [["ghi chú", *row] for row in sheets["XUAT_NHAP_KHAU"]]
    sheets["XUAT_NHAP_KHAU"].append([None, "16", "JP", 1, 0])
    sheets["SAN_XUAT"][1][6] = "-"
    told = finding(read(sheets, plan(tmp_path)), "exports_without_revenue")
    assert told["cell"] == "D2" and told["found"].startswith("XUAT_NHAP_KHAU!D2:D3, ")
    assert "SAN_XUAT!G2, " in told["found"]
    sheets = right_report()
    sheets["LAO_DONG"][1][1:5] = [0, 0, 0, 0]
    assert codes(read(sheets, plan(tmp_path))) == ["output_without_labour"]


def test_a_blank_is_not_known_and_not_compared_and_a_dash_is_nothing(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][6] = None
    assert codes(read(sheets, plan(tmp_path))) == ["value_blank"]
    sheets["SAN_XUAT"][1][6] = "-"
    assert codes(read(sheets, plan(tmp_path))) == ["exports_without_revenue"]


def test_totals_may_be_compared_within_a_tolerance(tmp_path: Path) -> None:
    definitions = Settings().project_root / "include" / "zonehouse" / "forms" / "definitions"
    text = (definitions / "monthly_report.2016.yml").read_text(encoding="utf-8")
    rule = """
  - code: revenue_near_output
    rule: equal
    left: {section: output, column: net_revenue_vnd_million}
    right: {section: output, column: gross_output_current_vnd_million}
    tolerance_pct: 10
    severity: error
    vi: Doanh thu gần giá trị sản xuất
    en: Revenue near output
"""
    (tmp_path / "f.yml").write_text(text + rule.lstrip("\n"), encoding="utf-8")
    known = read_catalogue([tmp_path], [Settings().seeds])
    changed = reader_plan(Settings(home=tmp_path), known)
    for revenue, expected in ((1.3, []), (1.32, []), (1.33, ["revenue_near_output"]), (1.07, ["revenue_near_output"])):
        sheets = right_report()
        sheets["SAN_XUAT"][1][6] = revenue
        reading = read(sheets, changed)
        assert codes(reading) == expected, revenue
    assert "SAN_XUAT!G2, Doanh thu thuần (tỷ đồng): 1.07;" in finding(reading, "revenue_near_output")["found"]
    assert finding(reading, "revenue_near_output")["cell"] == "G2"
    assert finding(reading, "revenue_near_output")["severity"] == "error"
