"""One workbook: each rule of reading and checking, tried on a real xlsx that breaks it in one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.unit.intake_workbooks import (
    OUTPUT_HEADER,
    RECEIVED_ON,
    Rows,
    catalogue,
    codes,
    finding,
    plan,
    read,
    repack,
    right_report,
    workbook,
)
from zonehouse.intake.workbook import Reading, odd_days, read_workbook

Sheets = dict[str, Rows]
MIDNIGHT = datetime(2016, 5, 3)  # noqa: DTZ001 - a spreadsheet's time has no zone


def _output(reading: Reading) -> list[list[Any]]:
    return reading["sections"]["output"]


def test_a_right_report_is_read_without_a_finding(tmp_path: Path) -> None:
    reading = read(tmp_path, right_report())
    assert reading["findings"] == []
    assert (reading["form_code"], reading["form_version"], reading["authority_code"]) == (
        "monthly_report",
        "2016",
        "BQL",
    )
    assert (reading["reporting_unit_code"], reading["period_month"]) == ("0100233488", "2016-05")
    assert (reading["period_start"], reading["period_end"]) == ("2016-05-01", "2016-05-31")
    assert _output(reading) == [
        [
            "SAN_XUAT",
            2,
            "10",
            "Tôm đông lạnh",
            "tấn",
            12.0,
            None,
            1000.5,
            None,
            1200.0,
            None,
            "1300",
            None,
            None,
            "blank",
        ]
    ]
    assert reading["sections"]["labour"][0][:6] == ["LAO_DONG", 2, "production", 100, None, 60]
    assert reading["sections"]["investment"] == []


def test_blank_zero_dash_and_x_are_four_things(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"] += [
        ["10", name, "tấn", value, 1, 1, 1] for name, value in [("a", None), ("b", 0), ("c", "–"), ("d", "x")]
    ]
    reading = read(tmp_path, sheets)
    assert [tuple(row[5:7]) for row in _output(reading)[1:]] == [
        (None, "blank"),
        (0.0, None),
        (None, "dash"),
        (None, "not_applicable"),
    ]
    assert codes(reading) == []


def test_a_required_blank_is_a_warning_and_the_row_is_kept(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][4] = None
    reading = read(tmp_path, sheets)
    found = finding(reading, "value_blank")
    assert (found["severity"], found["sheet_name"], found["cell"], found["row_number"]) == (
        "warning",
        "SAN_XUAT",
        "E2",
        2,
    )
    assert _output(reading)[0][7:9] == [None, "blank"]


# The table


def test_title_rows_offset_reordered_columns_codes_and_numbering_are_read_at_absolute_addresses(tmp_path: Path) -> None:
    sheets = right_report()
    order = [6, 4, 0, 1, 5]
    form = catalogue().find("monthly_report", "2016")
    assert form is not None
    column_codes = [column.sent_code for column in form.section("output").columns]
    pad: list[Any] = [None, None]
    sheets["SAN_XUAT"] = [
        ["BÁO CÁO SẢN XUẤT"],
        [],
        [None, "Tháng 5"],
        pad + ["  GIÁ   TRỊ " + OUTPUT_HEADER[i][8:] if i in (4, 5) else OUTPUT_HEADER[i].upper() for i in order],
        pad + [column_codes[i] for i in order],
        [*pad, "(1)", "(2)", "(3)", "(4)", "(5)"],
        [],
        [*pad, 7, 8, "14", "Áo sơ mi", 9],
    ]
    reading = read(tmp_path, sheets)
    assert codes(reading, "error") == []
    row = _output(reading)[0]
    assert row[:4] == ["SAN_XUAT", 8, "14", "Áo sơ mi"]
    assert (row[7], row[9], row[11]) == (8.0, 9.0, "7000")
    assert json.loads(reading["column_places"])["output"] == {
        "product_code": "E",
        "product_name": "F",
        "gross_output_constant_vnd_million": "D",
        "gross_output_current_vnd_million": "G",
        "net_revenue_vnd_million": "C",
    }


def test_english_labels_and_sheet_names_serve_too(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["Investment"] = [["Project code", "Capital implemented in the month (VND million)"], ["DA-01", 5]]
    del sheets["DAU_TU"]
    sheets["Lao dong"] = sheets.pop("LAO_DONG")
    reading = read(tmp_path, sheets)
    assert codes(reading) == []
    assert reading["sections"]["investment"] == [["Investment", 2, "DA-01", 5.0, None, None]]


def test_a_total_is_checked_and_not_loaded(tmp_path: Path) -> None:
    sheets = right_report(output=1000)
    sheets["SAN_XUAT"] += [["13", "Vải", "m", 1, 500, 100, 0.1], [None, "Tổng cộng", None, None, 1500, 1300, 1.4]]
    reading = read(tmp_path, sheets)
    assert codes(reading) == [] and len(_output(reading)) == 2
    sheets["SAN_XUAT"][-1][4] = 1600
    reading = read(tmp_path, sheets)
    found = finding(reading, "total_differs")
    assert (found["cell"], found["found"], found["expected_en"]) == ("E4", "1600", "The sum of the rows: 1,500")
    assert found["severity"] == "warning" and len(_output(reading)) == 2


def test_signatures_below_the_table_are_noted_and_empty_rows_skipped(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"] += [[], ["13", "Vải", "m", 1, 500, 100, 100], [], [], ["Người lập biểu"]]
    reading = read(tmp_path, sheets)
    assert [row[1] for row in _output(reading)] == [2, 4]
    assert finding(reading, "note_below_table")["row_number"] == 7


def test_rows_with_one_key_reject_the_file_and_name_the_first(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"].append(["10", "Tôm  đông lạnh", "tấn", 1, 1, 1, 1])
    reading = read(tmp_path, sheets)
    found = finding(reading, "row_repeated")
    assert (found["severity"], found["row_number"], reading["sections"]) == ("error", 3, {})
    assert "row 2" in found["expected_en"]


def test_rules_between_columns_are_found_under_the_forms_code(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["LAO_DONG"][1] = ["Quản lý", 10, 11, 8, 4, 0, 0]
    reading = read(tmp_path, sheets)
    assert codes(reading, "warning") == ["women_within_headcount", "local_and_foreign_within_headcount"]
    assert finding(reading, "women_within_headcount")["found"] == "11 > 10"


def test_missing_sheet_column_and_header_reject(tmp_path: Path) -> None:
    sheets = right_report()
    del sheets["LAO_DONG"]
    reading = read(tmp_path, sheets)
    assert codes(reading, "error") == ["sheet_missing"] and reading["sections"] == {}
    sheets = right_report()
    for row in sheets["SAN_XUAT"]:
        del row[6]
    assert finding(read(tmp_path, sheets), "column_missing")["column_code"] == "net_revenue_vnd_million"
    sheets = right_report()
    sheets["SAN_XUAT"] = [["nothing", "of ours"]]
    assert codes(read(tmp_path, sheets), "error") == ["header_missing"]


def test_what_is_not_of_the_form_is_said_and_not_read(tmp_path: Path) -> None:
    sheets = right_report() | {"Nháp": [["x"]], "An": [["y"]]}
    sheets["SAN_XUAT"][0] += ["Cột lạ", OUTPUT_HEADER[6]]
    reading = read(tmp_path, sheets, adjust=lambda book: book.get_worksheet_by_name("An").very_hidden())
    assert finding(reading, "extra_sheet")["found"] == "Nháp"
    assert finding(reading, "hidden_sheet")["found"] == "An"
    assert finding(reading, "extra_column")["cell"] == "H1"
    assert finding(reading, "column_repeated")["cell"] == "I1"


# Cells


@pytest.mark.parametrize(
    ("cell", "value", "taken"),
    [
        ("1.327,37", "1327.37", "1327.37"),
        ("34.422.973", "34422973", "34422973"),
        ("12 triệu", None, None),
    ],
)
def test_text_numbers_are_repaired_and_recorded(
    tmp_path: Path, cell: str, value: str | None, taken: str | None
) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][3] = cell
    reading = read(tmp_path, sheets)
    if value is None:
        assert finding(reading, "not_a_number")["cell"] == "D2"
        return
    found = finding(reading, "number_from_text")
    assert (found["severity"], found["found"], found["taken"]) == ("info", cell, taken)
    assert _output(reading)[0][5] == value


def test_brackets_mean_a_negative_number(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][3] = "(5)"
    reading = read(tmp_path, sheets)
    assert finding(reading, "number_from_text")["taken"] == "-5"
    assert codes(reading, "error") == ["below_minimum"]


def test_an_ambiguous_text_number_is_settled_by_the_sheet_or_rejected(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][3] = "1.327"
    assert codes(read(tmp_path, sheets), "error") == ["ambiguous_number"]
    sheets["SAN_XUAT"][1][5] = "12,5"
    assert _output(read(tmp_path, sheets))[0][5] == "1327"
    sheets["SAN_XUAT"][1][5] = "12.5"
    assert _output(read(tmp_path, sheets))[0][5] == "1.327"
    sheets["SAN_XUAT"][1][6] = "12,5"
    assert "ambiguous_number" in codes(read(tmp_path, sheets), "error")


def test_the_unit_of_the_column_may_follow_a_text_number_and_no_other(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["XUAT_NHAP_KHAU"][1][2] = "34.422.973 USD"
    assert read(tmp_path, sheets)["sections"]["export"][0][4] == "34422973"
    sheets["XUAT_NHAP_KHAU"][1][2] = "34.422.973 EUR"
    assert codes(read(tmp_path, sheets), "error") == ["not_a_number"]


@pytest.mark.parametrize(
    ("value", "code"),
    [("chưa có số liệu", "not_a_number"), (True, "not_a_number"), (MIDNIGHT, "number_as_date")],
)
def test_what_is_no_number_rejects(tmp_path: Path, value: object, code: str) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][3] = value
    reading = read(tmp_path, sheets)
    assert codes(reading, "error") == [code]
    assert reading["sections"] == {}


def test_integers_bounds_and_size(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["LAO_DONG"][1][5] = 1.5
    assert finding(read(tmp_path, sheets), "not_an_integer")["cell"] == "F2"
    sheets = right_report(output=-1)
    assert codes(read(tmp_path, sheets), "error") == ["below_minimum"]
    assert codes(read(tmp_path, right_report(output=1e18)), "error") == ["number_too_large"]


def test_errors_and_formulas_without_value_are_not_blanks(tmp_path: Path) -> None:
    data = workbook(right_report())
    cell = b'<c r="D2"><v>12</v></c>'

    def with_cell(new: bytes) -> Reading:
        def change(name: str, body: bytes) -> bytes:
            assert name != "xl/worksheets/sheet2.xml" or cell in body
            return body.replace(cell, new) if name == "xl/worksheets/sheet2.xml" else body

        return read_workbook(repack(data, change), "a.xlsx", RECEIVED_ON, plan(tmp_path))

    assert codes(with_cell(b'<c r="D2" t="e"><v>#N/A</v></c>'), "error") == ["cell_error"]
    assert codes(with_cell(b'<c r="D2"><f>6*2</f></c>'), "error") == ["formula_without_value"]
    assert codes(with_cell(b'<c r="D2"><f>6*2</f><v></v></c>'), "error") == ["formula_without_value"]
    assert codes(with_cell(b'<c r="D2"><f>6*2</f><v>12</v></c>')) == []
    assert codes(with_cell(b'<c r="D2" t="str"><f>""</f><v></v></c>')) == []


@pytest.mark.parametrize(
    ("value", "unit", "code"),
    [
        ("0100233488", "0100233488", None),
        (100233488, "0100233488", "leading_zero_restored"),
        ("100233488", "0100233488", "leading_zero_restored"),
        ("0314409058-002", "0314409058-002", None),
        ("0314409058002", "0314409058-002", "tax_code_repaired"),
        ("0100233489", None, "tax_code_check_digit"),
        (100233489, None, "tax_code_check_digit"),
        ("12345", None, "not_a_tax_code"),
        ("0314409058-000", None, "not_a_tax_code"),
        ("MST 0100233488", "0100233488", "tax_code_repaired"),
    ],
)
def test_tax_codes(tmp_path: Path, value: object, unit: str | None, code: str | None) -> None:
    sheets = right_report()
    sheets["THONG_TIN"][3][1] = value
    reading = read(tmp_path, sheets)
    assert reading["reporting_unit_code"] == unit
    assert codes(reading) == ([code] if code else [])
    if code:
        found = finding(reading, code)
        assert (found["sheet_name"], found["cell"]) == ("THONG_TIN", "B4")
        assert found["severity"] == ("info" if unit else "error")
    if code == "tax_code_check_digit":
        assert "010023348[8]" in found["expected_vi"]


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "expected", "code"),
    [
        ("XUAT_NHAP_KHAU", 1, 0, 3.0, "03", "leading_zero_restored"),
        ("XUAT_NHAP_KHAU", 1, 1, "us", "US", None),
        ("XUAT_NHAP_KHAU", 1, 1, "ZZZ", "ZZZ", "code_not_listed"),
        ("LAO_DONG", 1, 0, "QUẢN LÝ ", "management", None),
        ("LAO_DONG", 1, 0, "Technical and clerical", "technical", None),
        ("LAO_DONG", 1, 0, "giám đốc", None, "code_unknown"),
    ],
)
def test_codes_by_code_or_label(
    tmp_path: Path, sheet: str, row: int, column: int, value: object, expected: str | None, code: str | None
) -> None:
    sheets = right_report()
    sheets[sheet][row][column] = value
    reading = read(tmp_path, sheets)
    assert codes(reading) == ([code] if code else [])
    section = {"XUAT_NHAP_KHAU": "export", "LAO_DONG": "labour"}[sheet]
    if expected is None:
        assert reading["counts"]["error"] == 1
    else:
        assert reading["sections"][section][0][2 + column] == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (date(2016, 6, 5), None),
        ("05/06/2016", "date_from_text"),
        ("2016-06-05", "date_from_text"),
        (42526, "date_from_serial"),
        ("06/31/2016", "not_a_date"),
        (20160605, "not_a_date"),
    ],
)
def test_dates(tmp_path: Path, value: object, code: str | None) -> None:
    sheets = right_report()
    sheets["THONG_TIN"].append(["Đến ngày:", value])
    reading = read(tmp_path, sheets)
    about_days = [] if code == "not_a_date" else ["period_days_unusual"]
    assert codes(reading) == ([code] if code else []) + about_days
    if code != "not_a_date":
        assert reading["period_end"] == "2016-06-05"


@pytest.mark.parametrize("value", ["05/2016", "Tháng 05 năm 2016", date(2016, 5, 1), MIDNIGHT])
def test_months_on_the_cover(tmp_path: Path, value: object) -> None:
    sheets = right_report()
    sheets["THONG_TIN"][5][1] = value
    assert read(tmp_path, sheets)["period_month"] == "2016-05"


@pytest.mark.parametrize(
    ("day", "more", "severity"),
    [
        (date(2016, 1, 5), [], "error"),  # received in June: May is due
        (date(2016, 2, 4), [], "warning"),
        (date(2016, 5, 1), [], None),
        (date(2016, 4, 30), [], None),
        (date(2016, 5, 10), [], None),  # October is not over
        (date(2016, 5, 4), [], None),
        (date(2016, 1, 5), [["Từ ngày", date(2016, 1, 1)]], None),
    ],
)
def test_a_day_for_the_month_may_be_a_month_that_excel_swapped(
    tmp_path: Path, day: date, more: Rows, severity: str | None
) -> None:
    sheets = right_report()
    sheets["THONG_TIN"][5][1] = day
    sheets["THONG_TIN"] += more
    told = [(f["finding_code"], f["severity"], f["cell"]) for f in read(tmp_path, sheets)["findings"]]
    assert told == ([] if severity is None else [("month_from_day", severity, "B6")])


@pytest.mark.parametrize(
    ("name", "place", "value", "code"),
    [
        ("SAN_XUAT", 6, 1300, "revenue_times_output"),
        ("SAN_XUAT", 4, 1000.5e6, "above_maximum"),
        ("XUAT_NHAP_KHAU", 3, 22300 * 1e6, "above_maximum"),
        ("LAO_DONG", 1, 10**9, "above_maximum"),
        ("LAO_DONG", 7, 7500, "above_maximum"),
        ("LAO_DONG", 7, 120.5, None),
    ],
)
def test_a_figure_in_another_unit_is_told_without_any_earlier_month(
    tmp_path: Path, name: str, place: int, value: float, code: str | None
) -> None:
    sheets = right_report()
    sheets["LAO_DONG"][0].append("Thu nhập bình quân (triệu đồng/người/tháng)")
    sheets["LAO_DONG"][1].append(7.5)
    sheets[name][1][place] = value
    told = [(f["finding_code"], f["severity"], f["sheet_name"]) for f in read(tmp_path, sheets)["findings"]]
    assert told == ([] if code is None else [(code, "warning", name)])


def _register(behind: object) -> Sheets:
    return {
        "THONG_TIN": [
            ["Mã biểu", "project_register"],
            ["Phiên bản biểu", 2015],
            ["Mã ban quản lý", "BQL"],
            ["Kỳ báo cáo", "2016-05"],
        ],
        "BAN_QUAN_LY": [["Mã ban quản lý", "Tên ban quản lý", "Mã tỉnh", "Tên tỉnh", "Hiệu lực từ"]],
        "KHU": [["Mã khu", "Tên khu", "Diện tích (ha)", "Hiệu lực từ"]],
        "DOANH_NGHIEP": [
            ["Mã số thuế", "Tên doanh nghiệp", "Mã khu", "Hình thức sở hữu", "Ngành chính (VSIC)", "Hiệu lực từ"]
        ],
        "DU_AN": [
            [
                "project_code",
                "tax_code",
                "project_name",
                "zone_code",
                "sector_code",
                "ownership",
                "status",
                "behind_schedule",
                "valid_from",
            ],
            ["DA-01", "0100233488", "Nhà máy", "K1", 10, "Trong nước", "Đang xây dựng", behind, date(2015, 1, 1)],
        ],
        "GIAY_CHUNG_NHAN": [
            [
                "certificate_no",
                "project_code",
                "certified_on",
                "certificate_kind",
                "currency",
                "registered_capital_original_million",
                "certificate_rate_vnd",
            ]
        ],
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [("có", True), ("Không", False), ("x", True), (True, True), (0, False), ("YES", True), (None, None)],
)
def test_booleans(tmp_path: Path, value: object, expected: bool | None) -> None:
    reading = read(tmp_path, _register(value))
    assert codes(reading, "error") == []
    assert reading["sections"]["project"][0][10] is expected


def test_a_word_that_is_no_boolean_rejects(tmp_path: Path) -> None:
    assert codes(read(tmp_path, _register("có lẽ")), "error") == ["not_a_boolean"]


# The cover and the period


@pytest.mark.parametrize(
    ("row", "value", "code"),
    [
        (0, "yearly_report", "form_unknown"),
        (1, "1999", "form_version_unknown"),
        (2, None, "cover_value_missing"),
        (5, "2014-12", "period_outside_form"),
        (5, "2016-07", "period_in_future"),
        (5, "quý 2", "not_a_month"),
    ],
)
def test_the_cover_rejects(tmp_path: Path, row: int, value: object, code: str) -> None:
    sheets = right_report()
    sheets["THONG_TIN"][row][1] = value
    reading = read(tmp_path, sheets)
    assert codes(reading, "error") == [code]
    assert finding(reading, code)["cell"] == f"B{row + 1}"


def test_the_form_is_found_by_its_cover_wherever_it_stands(tmp_path: Path) -> None:
    sheets = right_report()
    cover = sheets.pop("THONG_TIN")
    sheets = {"Hướng dẫn": [["Đọc kỹ"]]} | sheets
    sheets["Bìa"] = [[], [], *([None, None, f"{label} *:", None, value] for label, value in cover)]
    reading = read(tmp_path, sheets)
    assert codes(reading) == ["extra_sheet"]
    assert reading["reporting_unit_code"] == "0100233488"


def test_days_of_the_period(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["THONG_TIN"] += [["Từ ngày", date(2016, 4, 16)], ["Đến ngày", date(2016, 5, 15)]]
    reading = read(tmp_path, sheets)
    assert (reading["period_start"], reading["period_end"]) == ("2016-04-16", "2016-05-15")
    sheets["THONG_TIN"][-1][1] = date(2016, 4, 1)
    assert codes(read(tmp_path, sheets), "error") == ["period_dates_reversed"]


@pytest.mark.parametrize(
    ("month", "start", "end", "code"),
    [
        ("2016-05", "2016-05-01", "2016-05-31", None),
        ("2016-02", "2016-02-01", "2016-02-29", None),
        ("2016-02", "2016-02-01", "2016-02-28", "period_days_shifted"),
        ("2016-02", "2016-01-15", "2016-02-14", "period_days_shifted"),
        ("2016-01", "2015-12-15", "2016-01-14", "period_days_shifted"),
        ("2016-03", "2016-02-16", "2016-03-15", "period_days_shifted"),
        ("2016-05", "2016-05-03", "2016-06-02", "period_days_shifted"),
        ("2016-05", "2016-05-20", "2016-05-31", "period_days_unusual"),
        ("2016-05", "2016-04-14", "2016-06-05", "period_days_unusual"),
        ("2016-05", "2016-04-13", "2016-05-31", "period_days_elsewhere"),
        ("2016-05", "2016-05-01", "2016-06-06", "period_days_elsewhere"),
        ("2016-05", "2016-05-01", "2016-05-13", "period_days_elsewhere"),
        ("2016-02", "2016-02-01", "2016-02-11", "period_days_elsewhere"),
        ("2016-02", "2016-02-01", "2016-02-12", "period_days_unusual"),
        ("2016-05", "2015-05-01", "2016-05-31", "period_days_elsewhere"),
        ("2016-05", "2016-06-01", "2016-06-05", "period_days_elsewhere"),
    ],
)
def test_the_days_must_be_those_of_the_month(
    tmp_path: Path, month: str, start: str, end: str, code: str | None
) -> None:
    sheets = right_report(month=month)
    sheets["THONG_TIN"] += [["Từ ngày", date.fromisoformat(start)], ["Đến ngày", date.fromisoformat(end)]]
    reading = read(tmp_path, sheets)
    assert codes(reading) == ([code] if code else [])
    assert (reading["sections"] == {}) == (code == "period_days_elsewhere")


def test_a_february_without_a_leap_day_ends_a_day_earlier() -> None:
    start = date(2015, 2, 1)
    assert odd_days("2015-02", start, date(2015, 2, 28)) == []
    assert [kind for _, kind, _, _ in odd_days("2015-02", start, date(2015, 2, 11))] == ["period_days_unusual"]
    assert [kind for _, kind, _, _ in odd_days("2015-02", start, date(2015, 2, 10))] == ["period_days_elsewhere"]


def test_days_of_another_year_are_told_for_both_ends(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["THONG_TIN"] += [["Từ ngày", date(2015, 5, 1)], ["Đến ngày", date(2015, 5, 31)]]
    reading = read(tmp_path, sheets)
    assert codes(reading, "error") == ["period_days_elsewhere"] * 2
    assert [found["cell"] for found in reading["findings"]] == ["B7", "B8"]


def test_a_workbook_without_cover_is_refused(tmp_path: Path) -> None:
    assert codes(read(tmp_path, {"Sheet1": [["a", 1]]}), "error") == ["cover_missing"]


# The guard


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.xlsx", b"", "not_a_workbook"),
        ("a.xlsx", b"<html>", "not_a_workbook"),
        ("a.xls", b"PK\x03\x04 broken", "not_a_workbook"),
        ("a.csv", b"a;b", "csv_without_form"),
        ("a.csv", b"a;\0b", "csv_not_text"),
        ("noname", b"a;b", "extension_not_accepted"),
        ("a.xlsm", b"PK\x03\x04", "macro_workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted_workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook_VBA_PROJECT".encode("utf-16-le"), "macro_workbook"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "extension_not_accepted"),
    ],
)
def test_files_that_are_no_workbook(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    assert codes(read_workbook(data, name, RECEIVED_ON, plan(tmp_path))) == [code]


@pytest.mark.parametrize(
    ("part", "body", "code"),
    [
        ("xl/vbaProject.bin", b"x", "macro_workbook"),
        ("xl/externalLinks/externalLink1.xml", b"<a/>", "external_links"),
        ("xl/embeddings/oleObject1.bin", b"x", "active_content"),
        ("xl/connections.xml", b"<a/>", "active_content"),
        ("../../etc/passwd", b"x", "unsafe_archive"),
        ("xl/media/bomb.bin", b"\0" * 5_000_000, "unsafe_archive"),
        ("xl/extra.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "unsafe_xml"),
        ("xl/extra.xml", b"<!--" + b"-" * 9000 + b"--><!DOCTYPE a><a/>", "unsafe_xml"),
    ],
)
def test_containers_that_are_refused(tmp_path: Path, part: str, body: bytes, code: str) -> None:
    data = repack(workbook(right_report()), lambda _, old: old, [(part, body)])
    assert codes(read_workbook(data, "a.xlsx", RECEIVED_ON, plan(tmp_path))) == [code]


def test_the_form_controls_of_a_sheet_are_no_active_content(tmp_path: Path) -> None:
    control = ("xl/ctrlProps/ctrlProp1.xml", b'<formControlPr objectType="Drop"/>')
    data = repack(workbook(right_report()), lambda _, old: old, [control])
    assert codes(read_workbook(data, "a.xlsx", RECEIVED_ON, plan(tmp_path))) == []


def test_a_far_cell_is_refused_and_a_far_declaration_is_not(tmp_path: Path) -> None:
    data = workbook(right_report())

    def far(change: Callable[[bytes], bytes]) -> list[str]:
        def sheet2(name: str, body: bytes) -> bytes:
            if name != "xl/worksheets/sheet2.xml":
                return body
            assert change(body) != body
            return change(body)

        return codes(read_workbook(repack(data, sheet2), "a.xlsx", RECEIVED_ON, plan(tmp_path)))

    def declared(body: bytes) -> bytes:
        return body.replace(b'<dimension ref="A1:G2"/>', b'<dimension ref="A1:XFD1048576"/>')

    last_row = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    assert far(declared) == []
    assert far(lambda body: declared(body).replace(b"</sheetData>", last_row)) == ["sheet_too_large"]
    assert far(lambda body: body.replace(b'<dimension ref="A1:G2"/>', b"").replace(b"</sheetData>", last_row)) == [
        "sheet_too_large"
    ]


def test_a_workbook_under_another_extension_is_read_and_said(tmp_path: Path) -> None:
    assert codes(read(tmp_path, right_report(), name="report.xls")) == ["extension_differs"]


def test_findings_are_capped_and_the_rejecting_one_is_kept(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"] += [["10", f"p{n}", "tấn", "1,5", 1, 1, 0.1] for n in range(600)] + [
        ["10", "q", "t", "?", 1, 1, 0.1]
    ]
    reading = read(tmp_path, sheets)
    assert reading["counts"] == {"error": 1, "warning": 0, "info": 601}
    assert codes(reading, "error") == ["not_a_number"] and codes(reading)[-1] == "more_findings"
    assert len(reading["findings"]) == 502


def test_a_reader_of_1904_workbooks_counts_days_from_there(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["THONG_TIN"].append(["Đến ngày", 42526 - 1462])

    def change(name: str, body: bytes) -> bytes:
        return body.replace(b"<workbookPr ", b'<workbookPr date1904="1" ') if name == "xl/workbook.xml" else body

    reading = read_workbook(repack(workbook(sheets), change), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert reading["period_end"] == "2016-06-05"


def test_a_hidden_sheet_of_the_form_is_read_and_said(tmp_path: Path) -> None:
    def hide(book: xlsxwriter.Workbook) -> None:
        book.get_worksheet_by_name("LAO_DONG").hide()

    reading = read(tmp_path, right_report(), adjust=hide)
    assert codes(reading) == ["hidden_sheet"] and len(reading["sections"]["labour"]) == 1


@pytest.mark.parametrize("hidden_by", [b"<!-- <a> -->", b"<?pi <a> ?>", b"<!--" + b" <a> " * 4_000 + b"-->"])
def test_a_dtd_behind_what_looks_like_an_element_is_refused(hidden_by: bytes, tmp_path: Path) -> None:
    dtd = hidden_by + b"<!DOCTYPE x><"

    def with_dtd(name: str, body: bytes) -> bytes:
        head, _, rest = body.partition(b"?>")
        return head + b"?>" + dtd + rest.lstrip()[1:] if name == "xl/styles.xml" else body

    reading = read_workbook(repack(workbook(right_report()), with_dtd), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert codes(reading) == ["unsafe_xml"]
