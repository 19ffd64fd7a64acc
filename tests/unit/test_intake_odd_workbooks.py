"""Odd but plausible workbooks: each is accepted with exactly the values it means, or rejected at the right cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.unit.intake_workbooks import OUTPUT_HEADER as HEADER_IN_FORCE
from tests.unit.intake_workbooks import RECEIVED_ON, Rows, codes, plan, read, repack, right_report, workbook
from zonehouse.intake.vietnamese import _TCVN3, _VNI
from zonehouse.intake.workbook import read_workbook

Sheets = dict[str, Rows]
OUTPUT_HEADER = [*HEADER_IN_FORCE[:6], "Doanh thu thuần (triệu đồng)"]
CONSTANT, CURRENT, REVENUE = 7, 9, 11  # places in a landed row of the output section
_TO_TCVN3 = {made: code for code, made in _TCVN3.items() if code != "\u03bc"}
_TO_VNI: dict[str, str] = {}
for _code, _made in _VNI.items():
    _TO_VNI.setdefault(_made, _code)


def report() -> Sheets:
    """A right report in the form version whose money is all in millions, so that any other unit is a mistake."""
    sheets = right_report(month="2015-12")
    sheets["THONG_TIN"][1][1] = "2015b"
    sheets["SAN_XUAT"] = [list(OUTPUT_HEADER), list(ROW)]
    return sheets


def tcvn3(text: str) -> str:
    return "".join(_TO_TCVN3.get(c, _TO_TCVN3.get(c.lower(), c)) for c in text)


def vni(text: str) -> str:
    return "".join(_TO_VNI.get(c, c) for c in text)


def in_font(sheets: Sheets, encode: Callable[[str], str]) -> Sheets:
    return {
        name: [[encode(value) if isinstance(value, str) else value for value in row] for row in rows]
        for name, rows in sheets.items()
    }


@dataclass
class Odd:
    """``values``: place in the first output row → value; ``rejected``: code and cell; ``said``: other findings."""

    change: Callable[[Sheets], Any]
    values: dict[int, Any] = field(default_factory=dict)
    rejected: tuple[str, str | None] | None = None
    said: list[str] = field(default_factory=list)
    section: str = "output"
    adjust: Callable[[xlsxwriter.Workbook], None] | None = None


def plain(value: Any) -> Any:
    """Numbers land as numbers or as text: the same in either way."""
    return f"{Decimal(str(value)).normalize():f}" if isinstance(value, (int, float)) else value


def sheet(name: str, rows: Rows) -> Callable[[Sheets], None]:
    return lambda sheets: sheets.__setitem__(name, rows)


def header(place: int, text: str) -> Callable[[Sheets], None]:
    return lambda sheets: sheets["SAN_XUAT"][0].__setitem__(place, text)


def cell(place: int, value: object, row: int = 1, name: str = "SAN_XUAT") -> Callable[[Sheets], None]:
    return lambda sheets: sheets[name][row].__setitem__(place, value)


def cover(row: int, *cells: object) -> Callable[[Sheets], None]:
    return lambda sheets: sheets["THONG_TIN"].__setitem__(row, list(cells))


def above(*rows: list[Any]) -> Callable[[Sheets], None]:
    return lambda sheets: sheets.__setitem__("SAN_XUAT", [*rows, *sheets["SAN_XUAT"]])


def below(*rows: list[Any]) -> Callable[[Sheets], None]:
    return lambda sheets: sheets["SAN_XUAT"].extend(list(rows))


def replace_all(encode: Callable[[str], str]) -> Callable[[Sheets], None]:
    return lambda sheets: sheets.update(in_font(sheets, encode))


def formatted(code: str, value: float, place: int = 6, name: str = "SAN_XUAT") -> Callable[[xlsxwriter.Workbook], None]:
    """A number in a cell with this number format."""
    return lambda book: book.get_worksheet_by_name(name).write_number(
        1, place, value, book.add_format({"num_format": code})
    )


def same(_: Sheets) -> None:
    """The right report; it is spoilt as it is written."""


ROW = ["10", "Tôm đông lạnh", "tấn", 12, 1000.5, 1200, 1300]
RIGHT = {CONSTANT: "1000.5", CURRENT: "1200", REVENUE: "1300"}
TWO_LEVEL = [
    ["Mã ngành sản phẩm (VSIC)", "Tên sản phẩm", "Sản lượng", None, "Giá trị sản xuất", None, "Doanh thu thuần"],
    [None, None, "Đơn vị tính sản lượng", "trong tháng", "theo giá so sánh 2010 (triệu đồng)",
     "theo giá hiện hành (triệu đồng)", "(triệu đồng)"],
]  # fmt: skip
UNITS_BELOW = [
    ["Mã ngành sản phẩm (VSIC)", "Tên sản phẩm", None, None, "Giá trị sản xuất theo giá so sánh 2010",
     "Giá trị sản xuất theo giá hiện hành", "Doanh thu thuần"],
    [None, None, None, None, "(triệu đồng)", "(triệu đồng)", "(triệu đồng)"],
]  # fmt: skip
BILINGUAL = [
    "Mã ngành sản phẩm (VSIC) / Product sector code (VSIC)",
    "Tên sản phẩm\nProduct name",
    "Đơn vị tính sản lượng",
    "Sản lượng trong tháng",
    "Giá trị sản xuất theo giá so sánh 2010 (triệu đồng)\nGross output at constant 2010 prices (VND million)",
    "5. Giá trị sản xuất theo giá hiện hành (triệu đồng)",
    "(6) Doanh thu thuần (triệu đồng)",
]


def month_and_ytd(*titles: str) -> Rows:
    head = [*OUTPUT_HEADER[:6], OUTPUT_HEADER[6], *([None] * (len(titles) - 1))]
    under = [None] * 6 + list(titles)
    return [head, under, ["10", "Tôm", "tấn", 12, 1000.5, 1200, *(1300 + n for n in range(len(titles)))]]


ODD: dict[str, Odd] = {
    # where the table stands
    "forty empty rows above": Odd(above(*([[]] * 40)), RIGHT),
    "shifted by columns": Odd(
        lambda s: s.__setitem__("SAN_XUAT", [[None] * 5 + row for row in s["SAN_XUAT"]]), RIGHT
    ),
    "titles and a motto above": Odd(
        above(["CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"], ["Độc lập - Tự do - Hạnh phúc"], [], ["BÁO CÁO THÁNG 5"]), RIGHT
    ),
    "header in capitals": Odd(lambda s: s["SAN_XUAT"].__setitem__(0, [h.upper() for h in OUTPUT_HEADER]), RIGHT),
    "header over two rows": Odd(sheet("SAN_XUAT", [*TWO_LEVEL, ROW]), RIGHT),
    "header over two rows and numbers": Odd(
        sheet("SAN_XUAT", [["BIỂU 1"], *TWO_LEVEL, ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"], ROW]), RIGHT
    ),
    "a header numbered with how a column is computed": Odd(
        lambda s: s["SAN_XUAT"].insert(1, ["A", "B", "C", "1", "2", "(3)=(1)+(2)", "4 = 2 x 3"]), RIGHT
    ),
    "units in a row below the header": Odd(sheet("SAN_XUAT", [*UNITS_BELOW, ROW]), RIGHT),
    "labels in two languages and with numbers": Odd(sheet("SAN_XUAT", [BILINGUAL, ROW]), RIGHT),
    "month and year to date below one title": Odd(
        sheet("SAN_XUAT", month_and_ytd("Trong tháng", "Luỹ kế từ đầu năm")), {REVENUE: "1300"}
    ),
    "year to date before the month": Odd(
        sheet("SAN_XUAT", month_and_ytd("Luỹ kế", "Tháng 12/2015")), {REVENUE: "1301"}
    ),
    "the month of last year and of this": Odd(
        sheet("SAN_XUAT", month_and_ytd("Cùng kỳ năm trước", "Thực hiện")), {REVENUE: "1301"}
    ),
    "last month and this": Odd(sheet("SAN_XUAT", month_and_ytd("Tháng 11", "Tháng 12")), {REVENUE: "1301"}),
    "only other months": Odd(
        sheet("SAN_XUAT", month_and_ytd("Tháng 11", "Quý 4", "6 tháng")), rejected=("column_ambiguous", "G2")
    ),
    "two columns that might both be it": Odd(
        sheet("SAN_XUAT", month_and_ytd("Trong nước", "Xuất khẩu")), rejected=("column_ambiguous", "G2")
    ),
    "only the year to date": Odd(
        sheet("SAN_XUAT", month_and_ytd("Luỹ kế từ đầu năm")), rejected=("column_ambiguous", "G2")
    ),
    "one column twice with other figures": Odd(
        lambda s: (s["SAN_XUAT"][0].append(OUTPUT_HEADER[6]), s["SAN_XUAT"][1].append(1400)),
        rejected=("column_repeated", "H1"),
    ),
    "one column twice with the same figures": Odd(
        lambda s: (s["SAN_XUAT"][0].append(OUTPUT_HEADER[6]), s["SAN_XUAT"][1].append(1300)),
        RIGHT,
        said=["column_repeated"],
    ),
    "a sheet twice": Odd(
        lambda s: s.__setitem__("Sản xuất", [list(OUTPUT_HEADER), ["10", "Cá", "tấn", 1, 1, 1, 1]]),
        rejected=("sheet_repeated", None),
    ),
    "a copy of a sheet": Odd(
        lambda s: s.__setitem__("SAN_XUAT (2)", [list(OUTPUT_HEADER), ["10", "Cá", "tấn", 1, 1, 1, 1]]),
        rejected=("sheet_repeated", None),
    ),
    "a sheet twice, one empty": Odd(
        lambda s: s.__setitem__("Sản xuất", [list(OUTPUT_HEADER)]), RIGHT, said=["extra_sheet"]
    ),
    "a second cover of another month": Odd(
        lambda s: s.__setitem__("THONG_TIN (2)", [*s["THONG_TIN"][:5], ["Kỳ báo cáo", "2015-11"]]),
        rejected=("cover_repeated", "B6"),
    ),
    "a second tax code on the cover": Odd(
        lambda s: s["THONG_TIN"].append(["Mã số thuế:", "0301442379"]), rejected=("cover_repeated", "B7")
    ),
    "the tax code twice on the cover": Odd(lambda s: s["THONG_TIN"].append(["Mã số thuế:", "0100233488"]), RIGHT),
    # months that titles name
    "a title of the month": Odd(above(["BÁO CÁO THÁNG 12 NĂM 2015"]), RIGHT),
    "a title of another month": Odd(above(["BÁO CÁO THÁNG 11 NĂM 2015"]), RIGHT, said=["month_stated_differs"]),
    "a cover's title of another month": Odd(
        lambda s: s["THONG_TIN"].insert(0, ["Báo cáo tháng của doanh nghiệp - T11/2015"]),
        RIGHT, said=["month_stated_differs"],
    ),
    "months that are not the report's": Odd(
        lambda s: (
            s["THONG_TIN"].append(["Cần Thơ, tháng 1 năm 2016"]),
            s["THONG_TIN"].append(["Mẫu áp dụng từ tháng 10/2015"]),
            above(["So với tháng 11/2015"], ["Nộp trước ngày 12 tháng 1 năm 2016"], ["Tháng 1 - tháng 12/2014"])(s),
        ),
        RIGHT,
    ),
    # totals
    "a total under another name": Odd(
        below(["13", "Vải", "m", 1, 2002.25, 3203, 4304], ["10", "Toàn công ty", None, None, 3002.75, 4403, 5604]),
        RIGHT, said=["row_is_sum"],
    ),
    "small numbers that add up by chance": Odd(
        sheet("SAN_XUAT", [OUTPUT_HEADER, *(["10", f"sp {n}", "m", n, n, n, n] for n in (3, 1, 2))]), {REVENUE: "3"}
    ),
    "total above the rows": Odd(
        lambda s: s["SAN_XUAT"].insert(1, [None, "Tổng số", None, None, 1000.5, 1200, 1300]), RIGHT
    ),
    "subtotals of groups and a total": Odd(
        below(
            ["Cộng nhóm 10", None, None, None, 1000.5, 1200, 1300],
            ["13", "Vải", "m", 1, 2, 3, 4],
            ["Cộng nhóm 13", None, None, None, 2, 3, 4],
            ["Tổng cộng (A+B)", None, None, None, 1002.5, 1203, 1304],
        ),
        RIGHT,
    ),
    "a wrong subtotal": Odd(
        below(["Cộng nhóm 10", None, None, None, 999, 1200, 1300]), RIGHT, said=["total_differs"]
    ),
    "a total of zero over rows": Odd(
        below([None, "Tổng cộng", None, None, 0, 1200, 1300]), RIGHT, said=["total_differs"]
    ),
    "a product whose name begins like a total": Odd(cell(1, "Tổng đài điện thoại"), RIGHT | {3: "Tổng đài điện thoại"}),
    # units
    "header in another unit": Odd(header(6, "Doanh thu thuần (tỷ đồng)"), rejected=("unit_differs", "G1")),
    "header in dong": Odd(header(6, "Doanh thu thuần (đồng)"), rejected=("unit_differs", "G1")),
    "header in another currency": Odd(header(6, "Doanh thu thuần (nghìn USD)"), rejected=("unit_differs", "G1")),
    "header without a unit": Odd(header(6, "Doanh thu thuần"), RIGHT, said=["unit_not_stated"]),
    "header without a unit below the right note": Odd(
        lambda s: (header(6, "Doanh thu thuần")(s), above([None] * 5 + ["Đơn vị tính: Triệu đồng"])(s)), RIGHT
    ),
    "note of another unit above": Odd(
        above([None] * 5 + ["Đơn vị tính: tỷ đồng"]), rejected=("unit_differs", "F1")
    ),
    "note in short": Odd(above(["ĐVT: 1.000 đồng"]), rejected=("unit_differs", "A1")),
    "note in brackets": Odd(above(["BÁO CÁO SẢN XUẤT (ĐVT: tỷ đồng)"]), rejected=("unit_differs", "A1")),
    "title with another unit at its end": Odd(
        above(["GIÁ TRỊ SẢN XUẤT (tỷ đồng)"]), rejected=("unit_differs", "A1")
    ),
    "title with the right unit at its end": Odd(above(["GIÁ TRỊ SẢN XUẤT (tr.đ)"]), RIGHT),
    "a million in short": Odd(header(6, "Doanh thu thuần (tr)"), RIGHT),
    "a million in short behind a number": Odd(cell(6, "1300 tr"), RIGHT, said=["unit_converted"]),
    "a billion in short": Odd(header(6, "Doanh thu thuần (tỷ)"), rejected=("unit_differs", "G1")),
    "a unit that the number's size contradicts": Odd(
        lambda s: (cell(6, "1300 đồng")(s), below(*(["13", f"v {n}", "m", n, n, n, 900 + n] for n in range(3)))(s)),
        rejected=("unit_differs", "G2"),
    ),
    "note that is only a unit": Odd(above([], [None] * 6 + ["(Tỷ đồng)"]), rejected=("unit_differs", "G2")),
    "note of the right units": Odd(above(["Đơn vị tính: triệu đồng, USD, người"]), RIGHT),
    "note of an unknown unit": Odd(above(["Đơn vị tính: vạn quan"]), RIGHT, said=["unit_unknown"]),
    "note of who reports": Odd(above(["Đơn vị: Công ty TNHH Tỷ Phú"]), RIGHT),
    "note below the table": Odd(below([], ["Ghi chú: ĐVT: tỷ đồng"]), rejected=("unit_differs", "A4"),),
    "note on the cover": Odd(
        lambda s: s["THONG_TIN"].append(["Đơn vị tính: tỷ đồng"]), rejected=("unit_differs", "A7")
    ),
    "unit row in another unit": Odd(
        lambda s: s["SAN_XUAT"].insert(1, [None] * 6 + ["(tỷ đồng)"]), rejected=("unit_differs", "G2")
    ),
    "unit row below a bare header": Odd(
        sheet("SAN_XUAT", [UNITS_BELOW[0], [None] * 4 + ["triệu đồng", "triệu đồng", "tỷ đồng"], ROW]),
        rejected=("unit_differs", "G2"),
    ),
    "unit behind a number": Odd(cell(6, "1.300 triệu đồng"), rejected=("ambiguous_number", "G2")),
    "greater unit behind a number": Odd(cell(6, "1,3 tỷ đồng"), {REVENUE: "1300"}, said=["unit_converted"]),
    "lesser unit behind a number": Odd(cell(6, "1.300.000.000 đồng"), {REVENUE: "1300"}, said=["unit_converted"]),
    "currency before a number": Odd(
        cell(2, "US$ 34.422.973", name="XUAT_NHAP_KHAU"), {4: "34422973"}, section="export", said=["unit_converted"]
    ),
    "another currency behind a number": Odd(
        cell(2, "34.422.973 EUR", name="XUAT_NHAP_KHAU"), rejected=("not_a_number", "C2")
    ),
    # cells
    "trailing minus": Odd(cell(6, "1300-"), rejected=("not_a_number", "G2")),
    "scientific text": Odd(cell(6, "1.3E+03"), rejected=("not_a_number", "G2")),
    "fraction": Odd(cell(6, "1/2"), rejected=("not_a_number", "G2")),
    "percent text": Odd(cell(6, "13%"), rejected=("not_a_number", "G2")),
    "a date in a number column": Odd(cell(6, datetime(1903, 7, 23)), rejected=("number_as_date", "G2")),  # noqa: DTZ001
    "an error typed as text": Odd(cell(6, "#DIV/0!"), rejected=("cell_error", "G2")),
    "an error as a product": Odd(cell(1, "#N/A"), rejected=("cell_error", "B2")),
    "a formula typed as text": Odd(cell(6, "=SUM(E2:F2)"), rejected=("not_a_number", "G2")),
    "a formula typed as the name of a product": Odd(cell(1, "=A1"), rejected=("formula_as_text", "B2")),
    "spaces in groups": Odd(cell(6, "1 300 000,5"), {REVENUE: "1300000.5"}, said=["number_from_text"]),
    "no-break space behind": Odd(cell(6, "1300\u00a0"), {REVENUE: "1300"}, said=["number_from_text"]),
    "a word for nothing": Odd(
        cell(6, "Không có"), {REVENUE: None, REVENUE + 1: "dash"}, said=["exports_without_revenue", "mark_from_text"]
    ),
    "two dashes": Odd(
        cell(6, "--"), {REVENUE: None, REVENUE + 1: "dash"}, said=["exports_without_revenue", "mark_from_text"]
    ),
    "not applicable in words": Odd(
        cell(6, "Không áp dụng"), {REVENUE: None, REVENUE + 1: "not_applicable"}, said=["mark_from_text"]
    ),
    "not known yet": Odd(cell(6, "n/a"), rejected=("not_a_number", "G2")),
    "a product turned into a date": Odd(
        cell(1, datetime(2016, 5, 3)), {3: "2016-05-03"}, said=["date_in_text"]  # noqa: DTZ001
    ),
    "a formula that was never computed": Odd(
        lambda s: None,
        rejected=("formula_without_value", "D2"),
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").write_formula("D2", "=6*2"),
    ),
    "a formula with its value": Odd(
        lambda s: None,
        RIGHT,
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").write_formula("D2", "=6*2", None, 12),
    ),
    "a product twice in other letters": Odd(
        below(["10", "TÔM ĐÔNG LẠNH", "tấn", 1, 2, 3, 4]), rejected=("row_repeated", "A3")
    ),
    "rows below a note of another month": Odd(
        below([], ["Tháng 11:"], ["10", "Cá", "tấn", 1, 2, 3, 4]), rejected=("rows_below_note", None)
    ),
    "rows below a title of another month": Odd(
        below(["Tháng 11"], list(OUTPUT_HEADER), ["10", "Cá", "tấn", 1, 2, 3, 4]), rejected=("rows_below_note", None)
    ),
    "rows below a title of the month": Odd(
        below(["Tháng 12/2015"], ["10", "Cá", "tấn", 1, 2, 3, 4]), RIGHT, said=["title_row"]
    ),
    "rows below a note of the month": Odd(
        below([], ["Tháng 12"], ["10", "Cá", "tấn", 1, 2, 3, 4]), RIGHT, said=["note_below_table", "rows_below_note"]
    ),
    "a project's code in look-alike signs": Odd(
        lambda s: s["DAU_TU"].append(["DА–0\uff11\u00ad", 5, None]), {2: "DA-01"}, section="investment",
        said=["code_tidied"],
    ),
    "a project's name in look-alike signs": Odd(cell(1, "Bánh–kẹo"), RIGHT | {3: "Bánh–kẹo"}),
    "rows below who signs": Odd(
        below([], ["Người lập biểu"], ["10", "Cá", "tấn", 1, 2, 3, 4]), rejected=("rows_below_note", None)
    ),
    # rows and columns that nobody saw
    "a hidden row": Odd(
        below(["13", "Vải", "m", 1, 2, 3, 4]), RIGHT, said=["hidden_rows"],
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").set_row(1, None, None, {"hidden": True}),
    ),
    "a hidden row above the table": Odd(
        above(["BÁO CÁO"]), RIGHT,
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").set_row(0, None, None, {"hidden": True}),
    ),
    "hidden columns": Odd(
        same, RIGHT, said=["hidden_columns"],
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").set_column("D:E", None, None, {"hidden": True}),
    ),
    "a column without width": Odd(
        same, RIGHT, said=["hidden_columns"],
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").set_column("E:E", 0),
    ),
    "a hidden column without data": Odd(
        cell(3, None), RIGHT,
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").set_column("D:D", None, None, {"hidden": True}),
    ),
    "hidden columns beside the table": Odd(
        same, RIGHT,
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").set_column("H:XFD", None, None, {"hidden": True}),
    ),
    # number formats
    "plain formats": Odd(same, RIGHT, adjust=formatted('_(* #,##0_);_(* \\(#,##0\\);_(* "-"??_);_(@_)', 1300)),
    "percent": Odd(same, rejected=("number_as_percent", "G2"), adjust=formatted("0%", 0.75)),
    "percent with decimals": Odd(same, rejected=("number_as_percent", "G2"), adjust=formatted("0.00%", 0.75)),
    "percent of nothing": Odd(same, {REVENUE: "0"}, said=["exports_without_revenue"], adjust=formatted("0%", 0)),
    "a percent sign behind": Odd(same, rejected=("number_as_percent", "G2"), adjust=formatted('0.0"%"', 75)),
    "thousands left out": Odd(same, rejected=("number_shown_differs", "G2"), adjust=formatted("#,##0,", 1300000)),
    "millions left out": Odd(same, rejected=("number_shown_differs", "G2"), adjust=formatted("0.0,,", 1300000000)),
    "thousands left out of large ones": Odd(
        same, rejected=("number_shown_differs", "G2"), adjust=formatted('[>=1000]0.0,"K";0', 1300)
    ),
    "thousands left out of larger ones": Odd(same, RIGHT, adjust=formatted('[>=1000000]0.0,"K";0', 1300)),
    "zeros behind": Odd(same, rejected=("number_shown_differs", "G2"), adjust=formatted('0"000"', 1300)),
    "nothing is shown": Odd(same, rejected=("number_shown_differs", "G2"), adjust=formatted(";;;", 1300)),
    "a minus before what is not below zero": Odd(
        same, rejected=("number_shown_differs", "G2"), adjust=formatted('"-"#,##0', 1300)
    ),
    "an escaped minus before it": Odd(
        same, rejected=("number_shown_differs", "G2"), adjust=formatted("\\-0;\\-0", 1300)
    ),
    "a minus before negative ones": Odd(same, RIGHT, adjust=formatted('[<0]"-"0;0', 1300)),
    "a word and a dash before": Odd(same, RIGHT, adjust=formatted('_-"tr"\\-#,##0_-;-#,##0', 1300)),
    "negative ones are not shown": Odd(same, RIGHT, adjust=formatted("0;", 1300)),
    "euros": Odd(same, rejected=("unit_differs", "G2"), adjust=formatted("[$€-2]\\ #,##0.00", 1300)),
    "euros by name": Odd(same, rejected=("unit_differs", "G2"), adjust=formatted("[$EUR]\\ #,##0.00", 1300)),
    "dollars": Odd(
        same, rejected=("unit_differs", "G2"), adjust=formatted('_("$"* #,##0_);_("$"* \\(#,##0\\)', 1300)
    ),
    "pounds": Odd(same, rejected=("unit_differs", "G2"), adjust=formatted("£#,##0", 1300)),
    "dollars in dollars": Odd(
        same, {4: "50000"}, section="export", adjust=formatted("[$$-409]#,##0", 50000, 2, "XUAT_NHAP_KHAU")
    ),
    "dong in dollars": Odd(
        same, rejected=("unit_differs", "C2"), adjust=formatted('#,##0\\ "₫"', 50000, 2, "XUAT_NHAP_KHAU")
    ),
    "dong in millions": Odd(same, RIGHT, said=["unit_differs"], adjust=formatted("#,##0\\ [$₫-42A]", 1300)),
    "billions by name": Odd(same, rejected=("unit_differs", "G2"), adjust=formatted('#,##0 "tỷ đồng"', 1300)),
    "millions by name": Odd(same, RIGHT, adjust=formatted('#,##0 "triệu đồng"', 1300)),
    # the cover
    "label and value in one cell": Odd(
        lambda s: s.__setitem__("THONG_TIN", [[f"{label}: {value}"] for label, value in s["THONG_TIN"]]), RIGHT
    ),
    "values below their labels": Odd(
        lambda s: s.__setitem__("THONG_TIN", [list(cells) for cells in zip(*s["THONG_TIN"], strict=True)]), RIGHT
    ),
    "numbered labels": Odd(
        lambda s: s.__setitem__("THONG_TIN", [[f"{n}. {at}", v] for n, (at, v) in enumerate(s["THONG_TIN"], 1)]), RIGHT
    ),
    "labels in two languages": Odd(cover(3, "Mã số thuế (Tax code)", "0100233488"), RIGHT),
    "MST": Odd(cover(3, "MST: 0100233488"), RIGHT),
    "a tax code in groups": Odd(cover(3, "Mã số thuế", "01 0023 3488"), RIGHT, said=["tax_code_repaired"]),
    "a tax code behind an apostrophe": Odd(cover(3, "Mã số thuế", "'0100233488"), RIGHT, said=["tax_code_repaired"]),
    "a place and a day in words": Odd(
        lambda s: s["THONG_TIN"].append(["Ngày lập", "Cần Thơ, ngày 10 tháng 1 năm 2016"]),
        RIGHT, said=["date_from_text"],
    ),
    "a month in words": Odd(cover(5, "Kỳ báo cáo:", None, "Tháng 12 năm 2015"), RIGHT),
    "a month without its year": Odd(cover(5, "Kỳ báo cáo", "Tháng 12"), rejected=("not_a_month", "B6")),
    "a blank value and a strange label below": Odd(
        lambda s: (cover(4, "Tên doanh nghiệp", None)(s), s["THONG_TIN"].insert(5, ["Địa chỉ", "Khu A"])),
        RIGHT,
        said=["cover_value_missing"],
    ),
    # encodings
    "TCVN3 throughout": Odd(replace_all(tcvn3), RIGHT | {3: "Tôm đông lạnh", 4: "tấn"}, said=["text_converted"]),
    "VNI throughout": Odd(replace_all(vni), RIGHT | {3: "Tôm đông lạnh", 4: "tấn"}, said=["text_converted"]),
    "a TCVN3 value among Unicode": Odd(
        cell(1, tcvn3("Tôm đông lạnh")), RIGHT | {3: "Tôm đông lạnh"}, said=["text_converted"]
    ),
    "VIQR": Odd(cell(1, "To^m ddo^ng la.nh"), RIGHT | {3: "Tôm đông lạnh"}, said=["text_converted"]),
    "a category in TCVN3": Odd(
        cell(0, tcvn3("Lao động trực tiếp"), name="LAO_DONG"), {2: "production"}, section="labour",
        said=["text_converted"],
    ),
    "look-alikes of a PDF": Odd(cell(1, "Sƣờn ðông lạnh"), RIGHT | {3: "Sườn đông lạnh"}, said=["text_converted"]),
    "look-alikes in a header": Odd(header(4, OUTPUT_HEADER[4].replace("đ", "ð")), RIGHT, said=["text_converted"]),
    "NFD": Odd(cell(1, "To\u0302m ho\u0301a"), RIGHT | {3: "Tôm hóa"}, said=["text_converted"]),
    "mojibake": Odd(cell(1, "TÃ´m Ä‘Ã´ng láº¡nh"), RIGHT | {3: "Tôm đông lạnh"}, said=["text_converted"]),
    "lost letters": Odd(cell(1, "T?m đông l?nh"), RIGHT, said=["text_lost"]),
    "replacement characters": Odd(cell(1, "T\ufffdm"), RIGHT, said=["text_lost"]),
    "spaces without width": Odd(cell(1, "\ufeffTôm \u200bđông\u2060 lạnh"), RIGHT | {3: "Tôm đông lạnh"}),
    "a soft hyphen in a header": Odd(header(6, "Doanh thu thu\u00adần (triệu đồng)"), RIGHT),
    "a French product": Odd(cell(1, "Crème brûlée Société Générale"), RIGHT | {3: "Crème brûlée Société Générale"}),
    "a German product": Odd(cell(1, "Müller Säge Größe"), RIGHT | {3: "Müller Säge Größe"}),
    "a Swedish word": Odd(cell(1, "Gång"), RIGHT | {3: "Gång"}, said=["text_doubtful"]),
    "fullwidth digits": Odd(cell(6, "１３００"), rejected=("not_a_number", "G2")),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_workbook(tmp_path: Path, name: str) -> None:
    odd = ODD[name]
    sheets = report()
    odd.change(sheets)
    reading = read(tmp_path, sheets, adjust=odd.adjust)
    told = [(f["finding_code"], f["severity"], f["sheet_name"], f["cell"], f["found"]) for f in reading["findings"]]
    if odd.rejected is not None:
        errors = [(f["finding_code"], f["cell"]) for f in reading["findings"] if f["severity"] == "error"]
        assert odd.rejected in errors and {code for code, _ in errors} == {odd.rejected[0]}, told
        assert reading["sections"] == {}
        return
    assert sorted(set(codes(reading))) == sorted(odd.said), told
    row = reading["sections"][odd.section][0]
    assert {place: plain(row[place]) for place in odd.values} == odd.values, told
    assert (reading["reporting_unit_code"], reading["period_month"]) == ("0100233488", "2015-12")


def test_there_are_enough_of_them() -> None:
    assert len(ODD) >= 60


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (2, b'<c r="A2"><f>A1</f></c><c r="D2"><f>6*2</f></c>'),
        (3, b'<c r="A3"><f>A1</f></c>'),
        (9, b'<c r="A9"><f>A1</f></c><c r="F9"><f>1+1</f></c>'),
        (70, b'<c r="G70" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
    ],
)
def test_a_row_of_nothing_but_values_that_are_not_there_is_no_blank_row(tmp_path: Path, row: int, cells: bytes) -> None:
    body = b'<row r="%d">' % row + cells + b"</row>"
    change = (rb'<row r="2".*?</row>', body) if row == 2 else (b"</sheetData>", body + b"</sheetData>")
    reading = read_workbook(changed(change), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    errors = [(f["finding_code"], f["cell"]) for f in reading["findings"] if f["severity"] == "error"]
    code = "cell_error" if b't="e"' in cells else "formula_without_value"
    assert errors == [(code, place) for place in re.findall(r'r="([A-Z]+\d+)"', cells.decode())]
    assert reading["sections"] == {}


@pytest.mark.parametrize(
    ("others", "text", "taken", "code"),
    [
        ((1250, 900), "1.327", "1327", "number_from_text"),
        ((1.25, 0.9), "1.327", None, "ambiguous_number"),
        ((), "1.327", "1327", "number_by_sheet"),
        ((1e6,), "1.327", None, "number_by_sheet"),  # neither reading is of their size
    ],
)
def test_a_lone_mark_is_confirmed_by_its_neighbours(
    tmp_path: Path, others: tuple[float, ...], text: str, taken: str | None, code: str
) -> None:
    sheets = report()
    sheets["SAN_XUAT"][1][5:] = [text, "1.500,25"]  # the comma is the sheet's decimal mark
    sheets["SAN_XUAT"] += [["13", f"Vải {n}", "m", 1, 2, value, 3] for n, value in enumerate(others)]
    reading = read(tmp_path, sheets)
    told = [f["finding_code"] for f in reading["findings"] if f["cell"] == "F2"]
    assert told == [code]
    if taken is not None:
        assert plain(reading["sections"]["output"][0][CURRENT]) == taken
        assert reading["sections"]["output"][0][CURRENT] == taken
    assert bool(reading["sections"]) == (code != "ambiguous_number")


def test_a_total_that_was_never_computed_is_told_and_the_rows_are_read(tmp_path: Path) -> None:
    sheets = report()
    sheets["SAN_XUAT"].append(["Tổng cộng", None, None, None, 1000.5, 1200, 1300])
    change = (rb'<c r="G3">.*?</c>', b'<c r="G3"><f>SUM(G2)</f></c>')
    reading = read_workbook(changed(change, sheets=sheets), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    told = [(f["finding_code"], f["severity"], f["cell"]) for f in reading["findings"]]
    assert told == [("total_not_read", "warning", "G3")]
    assert len(reading["sections"]["output"]) == 1


def test_an_error_in_a_sheet_whose_elements_have_a_prefix_is_no_blank(tmp_path: Path) -> None:
    def change(name: str, body: bytes) -> bytes:
        if name != "xl/worksheets/sheet2.xml":
            return body
        body = body.replace(b'<c r="D2"><v>12</v></c>', b'<c r="D2" t="e"><v>#N/A</v></c>')
        body = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1x:", body)
        return body.replace(b" xmlns=", b" xmlns:x=")

    reading = read_workbook(repack(workbook(report()), change), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert [(f["finding_code"], f["cell"]) for f in reading["findings"]] == [("cell_error", "D2")]


_D2 = b'<c r="D2"><v>12</v></c>'
_WITHOUT_PLACES = [(rb'(<(?:c|row)) r="[A-Z]*\d+"', rb"\1")]


def changed(*changes: tuple[bytes, bytes], sheets: Sheets | None = None, computed: bool = False) -> bytes:
    """A right report whose sheet SAN_XUAT has these patterns replaced, in turn, in its XML."""

    def change(name: str, body: bytes) -> bytes:
        if computed and name == "xl/workbook.xml":
            return body.replace(b' fullCalcOnLoad="1"', b"")
        if name != "xl/worksheets/sheet2.xml":
            return body
        for old, new in changes:
            body, times = re.subn(old, new, body)
            assert times, old
        return body

    return repack(workbook(sheets or report()), change)


@pytest.mark.parametrize(
    ("instead", "then", "code"),
    [
        (b'<c t="e" r="D2"><v>#N/A</v></c>', [], "cell_error"),
        (b"<c r='D2' t='e'><v>#N/A</v></c>", [], "cell_error"),
        (b'<c  t = "e"\n r="D2" ><v>#N/A</v></c>', [], "cell_error"),
        (b'<c r="D2" t="e"><v>#N/A</v></c>', _WITHOUT_PLACES, "cell_error"),
        (b'<c r="D2" t="e"><f>6/0</f><v>#DIV/0!</v></c>', _WITHOUT_PLACES, "cell_error"),
        (b'<c s="0" r="D2"><f>6*2</f></c>', [], "formula_without_value"),
        (b'<c r="D2">\n<f>6*2</f>\n</c>', [], "formula_without_value"),
        (b'<c r="D2"><f>6*2</f><v> </v></c>', [], "formula_without_value"),
        (b'<c r="D2"><f><![CDATA[6*2]]></f></c>', [], "formula_without_value"),
        (b'<c r="D2"><f>6*2</f></c>', _WITHOUT_PLACES, "formula_without_value"),
        (b'<c r="D2"><f>6*2</f><v>0</v></c>', _WITHOUT_PLACES, "formula_without_value"),
        (b'<c r="D2"><f>6*2</f><v>12</v></c>', [], None),
        (b'<c r="D2"><f>6*2</f><v>12</v></c>', _WITHOUT_PLACES, None),
        (b'<c r="D2"><v>12</v></c>', _WITHOUT_PLACES, None),
    ],
)
def test_what_a_cell_lost_is_found_however_it_is_written(
    tmp_path: Path, instead: bytes, then: list[tuple[bytes, bytes]], code: str | None
) -> None:
    for computed in (False, True):
        is_lost = code is not None and not (computed and b"<v>0<" in instead)
        data = changed((re.escape(_D2), instead.replace(b"\\", b"\\\\")), *then, computed=computed)
        reading = read_workbook(data, "a.xlsx", RECEIVED_ON, plan(tmp_path))
        assert [(f["finding_code"], f["cell"]) for f in reading["findings"]] == ([(code, "D2")] if is_lost else [])


def test_an_error_of_a_later_excel_is_told_at_its_cell(tmp_path: Path) -> None:
    error = b'<c r="D2" t="e"><v>#SPILL!</v></c>'
    reading = read_workbook(changed((re.escape(_D2), error)), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    told = [(f["finding_code"], f["sheet_name"], f["cell"], f["found"]) for f in reading["findings"]]
    assert told == [("cell_error", "SAN_XUAT", "D2", "#SPILL! (D2)")]
    assert reading["reporting_unit_code"] == "0100233488"


def test_a_sign_by_its_number_is_read_in_a_text(tmp_path: Path) -> None:
    name = b'<c r="B2" t="str"><f>"a"</f><v>1&#10;&#273;&amp;b</v></c>'
    reading = read_workbook(changed((rb'<c r="B2".*?</c>', name)), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert codes(reading) == [] and reading["sections"]["output"][0][3] == "1 đ&b"


@pytest.mark.parametrize(
    "instead",
    [
        _D2 + b'<c r="D2"><v>13</v></c>',
        b'<c r="D2"><v>12</v><v>13</v></c>',
        b'<c r="D2"><v>1<![CDATA[2]]></v></c>',
        b'<c r="D2"><v>1&#50;</v></c>',
        b'<c r="D2"><v>1<?x y?>2</v></c>',
        b'<c r="D2"><v>12</v><f>6*2</f></c>',
        _D2 + b"</row></sheetData><sheetData><row>",
    ],
)
def test_a_cell_that_programs_read_in_two_ways_is_refused(tmp_path: Path, instead: bytes) -> None:
    reading = read_workbook(changed((re.escape(_D2), instead)), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert codes(reading) == ["unreadable_workbook"] and "sheet2.xml" in reading["findings"][0]["found"]


@pytest.mark.parametrize(
    "style", [b"<c s='1' r='G2'>", b'<c  s = "1"\n r="G2" >', b'<c s="1">', b'<c r="G2" s="1" t="n">']
)
def test_a_number_format_is_found_however_its_cell_is_written(tmp_path: Path, style: bytes) -> None:
    data = workbook(report(), formatted("0%", 0.75))

    def change(name: str, body: bytes) -> bytes:
        return body.replace(b'<c r="G2" s="1">', style) if name == "xl/worksheets/sheet2.xml" else body

    reading = read_workbook(repack(data, change), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert [(f["finding_code"], f["cell"], f["found"]) for f in reading["findings"]] == [
        ("number_as_percent", "G2", "0.75 → 75 % (0%)")
    ]


def test_a_percentage_is_taken_as_it_is_shown(tmp_path: Path) -> None:
    forms = plan(tmp_path)
    share = {"unit": "pct", "sent_unit": "pct", "units": {}, "factor": None, "label_vi": "Tỷ lệ"}
    form = next(form for form in forms.forms if form.version == "2015b")
    sections = tuple(
        replace(
            section,
            columns=tuple(replace(c, **share) if c.label_vi == OUTPUT_HEADER[6] else c for c in section.columns),
        )
        for section in form.sections
    )
    forms = replace(forms, forms=(replace(form, sections=sections),))
    sheets = report()
    sheets["SAN_XUAT"][1][6] = "75,5 %"
    reading = read_workbook(workbook(sheets), "a.xlsx", RECEIVED_ON, forms)
    assert (plain(reading["sections"]["output"][0][REVENUE]), codes(reading)) == ("75.5", ["number_from_text"])
    for stored in (1e17, 1e25, 1e300):
        reading = read_workbook(workbook(report(), formatted("0%", stored)), "a.xlsx", RECEIVED_ON, forms)
        assert codes(reading, "error") == ["number_too_large"]
    for code, stored, taken, said in (
        ("0%", 0.75, "75", ["percent_as_shown"]),
        ("0.0%", 0.075, "7.5", ["percent_as_shown"]),
        ('0.0"%"', 75, "75", []),
        ("0.00", 0.75, "0.75", []),
    ):
        reading = read_workbook(workbook(report(), formatted(code, stored)), "a.xlsx", RECEIVED_ON, forms)
        assert (plain(reading["sections"]["output"][0][REVENUE]), codes(reading)) == (taken, said)


@pytest.mark.parametrize(
    "rows",
    [
        [(rb'<row r="(3|4|6)"', rb'<row r="\1" hidden="1"')],
        [(rb'<row r="(3|4|6)"', rb"<row  hidden = 'true' r='\1'")],
        [(rb'<row r="(3|4|6)"', rb'<row r="\1" ht="0" customHeight="1"')],
        [(rb'<row r="(3|4|6)"', rb'<row hidden="1"'), (rb'<row r="\d"', b"<row"), (rb'<c r="[A-G]\d"', b"<c")],
        [(rb'<row r="(3|4|6)" spans="[^"]*"', rb'<row hidden="1" r="\1"'), (rb'<row r="7"', b'<row r="7" hidden="0"')],
    ],
)
def test_hidden_rows_are_named_once(tmp_path: Path, rows: list[tuple[bytes, bytes]]) -> None:
    sheets = report()
    sheets["SAN_XUAT"] += [["10", f"sp {n}", "m", n, n, n, n] for n in range(5)]
    reading = read_workbook(changed(*rows, sheets=sheets), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    said = [(f["finding_code"], f["severity"], f["row_number"], f["found"]) for f in reading["findings"]]
    assert said == [("hidden_rows", "warning", 3, "3–4, 6")]
    assert len(reading["sections"]["output"]) == 6


def test_hidden_columns_are_named(tmp_path: Path) -> None:
    def hide(book: xlsxwriter.Workbook) -> None:
        book.get_worksheet_by_name("SAN_XUAT").set_column("D:E", None, None, {"hidden": True})
        book.get_worksheet_by_name("SAN_XUAT").set_column("G:G", None, None, {"hidden": True})

    reading = read(tmp_path, report(), adjust=hide)
    assert [(f["finding_code"], f["severity"], f["found"]) for f in reading["findings"]] == [
        ("hidden_columns", "warning", "D, E, G")
    ]


def test_a_workbook_of_many_styles_is_looked_through(tmp_path: Path) -> None:
    def style(book: xlsxwriter.Workbook) -> None:
        sheet = book.get_worksheet_by_name("SAN_XUAT")
        for n in range(60):
            sheet.write_number(10, 20 + n, 1, book.add_format({"num_format": f'#,##0," k{n}"'}))
        sheet.write_number(1, 5, 1200, book.add_format({"bold": True}))
        sheet.write_number(1, 6, 1300000, book.add_format({"num_format": '#,##0," nghìn"'}))

    reading = read(tmp_path, report(), adjust=style)
    errors = [(f["finding_code"], f["cell"]) for f in reading["findings"] if f["severity"] == "error"]
    assert errors == [("number_shown_differs", "G2")]


def test_the_own_sign_of_a_currency_is_said_once_for_a_column(tmp_path: Path) -> None:
    def style(book: xlsxwriter.Workbook) -> None:
        for row in range(1, 6):
            book.get_worksheet_by_name("SAN_XUAT").write_number(row, 6, row, book.add_format({"num_format": "0 [$₫]"}))

    sheets = report()
    sheets["SAN_XUAT"] += [["10", f"sp {n}", "m", n, n, n, n] for n in range(4)]
    reading = read(tmp_path, sheets, adjust=style)
    assert [(f["finding_code"], f["severity"], f["cell"]) for f in reading["findings"]] == [
        ("unit_differs", "warning", "G2")
    ]
    assert len(reading["sections"]["output"]) == 5


def test_an_empty_number_format_is_none(tmp_path: Path) -> None:
    data = workbook(report(), formatted("0.0;;", 1300))

    def change(name: str, body: bytes) -> bytes:
        return body.replace(b'formatCode="0.0;;"', b'formatCode=""') if name == "xl/styles.xml" else body

    assert codes(read_workbook(repack(data, change), "a.xlsx", RECEIVED_ON, plan(tmp_path))) == []
