"""Workbooks as accountants make them: titles among the rows, signatures below, two tables, copies, odd numbers …

As in ``test_intake_odd_workbooks``: each is accepted with exactly what it means, or rejected at the right cell.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from tests.unit.intake_workbooks import RECEIVED_ON, codes, finding, plan, read, repack, right_report, workbook
from tests.unit.test_intake_odd_workbooks import (
    OUTPUT_HEADER,
    REVENUE,
    RIGHT,
    ROW,
    Odd,
    Sheets,
    below,
    cell,
    cover,
    plain,
    report,
    same,
    sheet,
)
from zonehouse.intake.workbook import read_workbook

NAME, QUANTITY = 3, 5
OTHER = ["13", "Vải", "m", 1, 2, 3, 4]
SIGNED = (
    ["Người lập biểu", None, None, "Kế toán trưởng", None, "Giám đốc"],
    ["(Ký, họ tên)", None, None, "(Ký, họ tên)", None, "(Ký, đóng dấu)"],
    [],
    ["Nguyễn Văn A", None, None, "Trần Thị B", None, "Lê Văn C"],
)


def rows(*lines: list[object]) -> Callable[[Sheets], None]:
    return sheet("SAN_XUAT", [list(OUTPUT_HEADER), *map(list, lines)])


def called(old: str, new: str) -> Callable[[Sheets], None]:
    def rename(sheets: Sheets) -> None:
        items = [(new if name == old else name, lines) for name, lines in sheets.items()]
        sheets.clear()
        sheets.update(items)

    return rename


def spaced(sheets: Sheets) -> None:
    sheets["SAN_XUAT"] = [[part for value in row for part in (value, None)] for row in sheets["SAN_XUAT"]]


def numbered(sheets: Sheets) -> None:
    sheets["SAN_XUAT"] = [
        [],
        [None, "STT", *OUTPUT_HEADER],
        [None, 1, *ROW],
        [None, 2, *OTHER],
        [None, "Cộng:", None, None, None, None, 1002.5, 1203, 1304],
    ]


def _guard(book: xlsxwriter.Workbook) -> None:
    guarded = book.get_worksheet_by_name("SAN_XUAT")
    guarded.freeze_panes(1, 2)
    guarded.autofilter(0, 0, 1, 6)
    guarded.protect("password")


def _chart(book: xlsxwriter.Workbook) -> xlsxwriter.workbook.Chart:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=SAN_XUAT!$E$2:$G$2"})
    return chart


ACCOUNTANTS: dict[str, Odd] = {
    # what stands among the rows
    "titles of groups": Odd(
        rows(["I", "HÀNG THỦY SẢN"], ROW, ["II. Dệt may"], OTHER), RIGHT, said=["title_row"]
    ),
    "a title in the column of names": Odd(rows([None, "A. HÀNG XUẤT KHẨU"], ROW), RIGHT, said=["title_row"]),
    "a remark above the rows": Odd(rows(["Ghi chú: số tạm tính"], ROW), RIGHT, said=["title_row"]),
    "of which, without a code": Odd(
        rows(ROW, [None, "Trong đó: xuất khẩu", "tấn", 5, 500, 600, 700]), RIGHT, said=["row_part_of"]
    ),
    "of which, with a code": Odd(
        rows(ROW, ["10", "- Trong đó: tôm sú", "tấn", 5, 500, 600, 700]), RIGHT, said=["row_part_of"]
    ),
    "of which, in a category": Odd(
        lambda s: s["LAO_DONG"].append(["Trong đó lao động nữ", 60, 60, 50, 0, 1, 1]),
        {2: "production"}, section="labour", said=["row_part_of"],
    ),
    "the header again on the second page": Odd(rows(ROW, [], OUTPUT_HEADER, OTHER), RIGHT),
    "a total in the middle": Odd(
        rows(ROW, ["TỔNG CỘNG:", None, None, None, 1000.5, 1200, 1300], OTHER), RIGHT
    ),
    "a total on top in capitals": Odd(rows([None, "CỘNG", None, None, 1000.5, 1200, 1300], ROW), RIGHT),
    "empty rows between": Odd(rows(ROW, [], [], OTHER), RIGHT),
    "a merged code leaves the next row without one": Odd(
        rows(ROW, [None, "Cá", "tấn", 1, 2, 3, 4]), rejected=("key_blank", "A3")
    ),
    # what stands below and beside
    "who signs, in three columns": Odd(below([], *SIGNED), RIGHT, said=["note_below_table"]),
    "who signs, right below the rows": Odd(below(*SIGNED), RIGHT, said=["note_below_table"]),
    "place and day": Odd(
        below([], [None] * 4 + ["Bến Tre, ngày 10 tháng 01 năm 2016"]), RIGHT, said=["note_below_table"]
    ),
    "a dot far below": Odd(below(*([[]] * 20), [None, "."]), RIGHT, said=["note_below_table"]),
    "a number far below": Odd(below([], [], [None] * 6 + [77]), rejected=("key_blank", "A5")),
    "rows that go on below a remark": Odd(
        rows(ROW, [], ["(tiếp theo)"], OTHER), RIGHT, said=["note_below_table", "rows_below_note"]
    ),
    "a second table of as many columns": Odd(
        rows(ROW, [], ["Bảng 2. Tồn kho"], ["Mã", "Tên", "ĐVT", "Đầu kỳ", "Nhập", "Xuất", "Cuối kỳ"], OTHER),
        rejected=("not_a_number", "D5"),
    ),
    "a second table of two columns": Odd(
        rows(ROW, [], ["Chỉ tiêu", "Số tiền"], ["Vốn điều lệ", 500], ["Vốn vay", 900]),
        rejected=("rows_below_note", None),
    ),
    "a second table to the right": Odd(
        lambda s: (s["SAN_XUAT"][0].extend([None, "Chỉ tiêu", "Số"]), s["SAN_XUAT"][1].extend([None, "Vốn", 5])),
        RIGHT, said=["extra_column"],
    ),
    # columns and sheets
    "a blank first column, numbers of rows and a total": Odd(numbered, RIGHT),
    "an empty column behind each": Odd(spaced, RIGHT),
    "columns from right to left": Odd(
        lambda s: s.__setitem__("SAN_XUAT", [list(reversed(row)) for row in s["SAN_XUAT"]]), RIGHT
    ),
    "line breaks in the header": Odd(
        lambda s: s["SAN_XUAT"].__setitem__(0, [text.replace(" ", "\n") for text in OUTPUT_HEADER]), RIGHT
    ),
    "columns numbered below the header": Odd(rows([1, 2, 3, 4, 5, 6, 7], ROW), RIGHT),
    "a sheet with a number": Odd(called("SAN_XUAT", "1. Sản xuất"), RIGHT),
    "a sheet called a form": Odd(called("SAN_XUAT", "Biểu 2 - Sản xuất"), RIGHT),
    "a sheet with odd spaces": Odd(called("SAN_XUAT", " sản  xuất "), RIGHT),
    # numbers as text
    "no-break space and decimal comma": Odd(cell(6, "1\u00a0300,5"), {REVENUE: "1300.5"}, said=["number_from_text"]),
    "thin space": Odd(cell(6, "1\u2009300"), {REVENUE: "1300"}, said=["number_from_text"]),
    "narrow no-break space": Odd(cell(6, "1\u202f300,25"), {REVENUE: "1300.25"}, said=["number_from_text"]),
    "apostrophe": Odd(cell(6, "1'300"), {REVENUE: "1300"}, said=["number_from_text"]),
    "curly apostrophe and comma": Odd(cell(6, "1’300,5"), {REVENUE: "1300.5"}, said=["number_from_text"]),
    "zero-width space": Odd(cell(6, "\u200b1300"), {REVENUE: "1300"}, said=["number_from_text"]),
    "a unit in short": Odd(cell(6, "1300 tr.đ"), {REVENUE: "1300"}, said=["unit_converted"]),
    "zeros with decimals": Odd(cell(6, "0,00"), {REVENUE: "0"}, said=["exports_without_revenue", "number_from_text"]),
    "two styles in one row, each clear": Odd(
        rows([*ROW[:4], "1.000,5", "1,200.0", "1.300,0"]), RIGHT, said=["number_from_text"]
    ),
    "two styles, and one that might be either": Odd(
        rows([*ROW[:4], "1.000,5", "1,200.5", "1.300"]), rejected=("ambiguous_number", "G2")
    ),
    "negative in parentheses": Odd(cell(6, "(1.300,0)"), rejected=("below_minimum", "G2")),
    "dots for nothing": Odd(cell(6, "..."), rejected=("not_a_number", "G2")),
    "not available": Odd(cell(6, "N/A"), rejected=("not_a_number", "G2")),
    "ditto": Odd(cell(6, '"'), rejected=("not_a_number", "G2")),
    "a sum": Odd(cell(6, "1000+300"), rejected=("not_a_number", "G2")),
    "about": Odd(cell(6, "~1300"), rejected=("not_a_number", "G2")),
    "the letter O": Odd(cell(6, "13OO"), rejected=("not_a_number", "G2")),
    "a tick": Odd(cell(6, True), rejected=("not_a_number", "G2")),
    # texts
    "a very long text": Odd(cell(1, "Tôm " * 8000), RIGHT, said=["text_shortened"]),
    "emoji": Odd(cell(1, "Tôm 🦐 đông lạnh"), RIGHT | {NAME: "Tôm 🦐 đông lạnh"}),
    "a line break in a name": Odd(cell(1, "Tôm\nđông lạnh"), RIGHT | {NAME: "Tôm đông lạnh"}),
    "nothing but a no-break space": Odd(cell(3, "\u00a0"), RIGHT | {QUANTITY: None}),
    "a header in VIQR": Odd(
        lambda s: s["SAN_XUAT"][0].__setitem__(6, "Doanh thu thua^`n (trie^.u ddo^`ng)"), RIGHT,
        said=["text_converted"],
    ),
    "a header in VIQR with another unit": Odd(
        lambda s: s["SAN_XUAT"][0].__setitem__(6, "Doanh thu thua^`n (ty? ddo^`ng)"), rejected=("unit_differs", "G1")
    ),
    "a note in VIQR on another unit": Odd(
        lambda s: s["SAN_XUAT"].insert(0, ["DDo+n vi. ti'nh: nghi`n ddo^`ng", "", "", "", "", "", ""]),
        rejected=("unit_differs", "A1"),
    ),
    "a label of the cover in VIQR": Odd(cover(5, "Ky` ba'o ca'o", "2015-12"), RIGHT, said=["text_converted"]),
    # the month
    "a month as a day in text": Odd(cover(5, "Kỳ báo cáo", "31/12/2015"), RIGHT),
    "a month as an American day": Odd(cover(5, "Kỳ báo cáo", "12/31/2015"), rejected=("not_a_month", "B6")),
    "a month as a day number": Odd(cover(5, "Kỳ báo cáo", 42369), RIGHT, said=["date_from_serial"]),
    "a month without its mark": Odd(cover(5, "Kỳ báo cáo", 201512), rejected=("not_a_month", "B6")),
    "a year in two digits": Odd(cover(5, "Kỳ báo cáo", "12/15"), rejected=("not_a_month", "B6")),
    # the workbook
    "frozen, filtered and protected": Odd(same, RIGHT, adjust=_guard),
    "a chart beside the table": Odd(
        same, RIGHT,
        adjust=lambda book: book.get_worksheet_by_name("SAN_XUAT").insert_chart(
            "J2", _chart(book)
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCOUNTANTS)
def test_a_workbook_as_an_accountant_makes_it(tmp_path: Path, name: str) -> None:
    odd = ACCOUNTANTS[name]
    sheets = report()
    odd.change(sheets)
    reading = read(tmp_path, sheets, adjust=odd.adjust)
    told = [(f["finding_code"], f["severity"], f["sheet_name"], f["cell"], f["found"]) for f in reading["findings"]]
    if odd.rejected is not None:
        assert odd.rejected in [(f["finding_code"], f["cell"]) for f in reading["findings"] if f["severity"] == "error"]
        assert reading["sections"] == {}, told
        return
    assert sorted(set(codes(reading))) == sorted(odd.said), told
    landed = reading["sections"][odd.section]
    row = next(row for row in landed if row[2] in ("10", "production"))
    assert {place: plain(row[place]) for place in odd.values} == odd.values, told
    assert len([row for row in landed if row[2] == "10"]) <= 1, "nothing is loaded twice"


def test_there_are_fifty_of_them() -> None:
    assert len(ACCOUNTANTS) >= 50


def test_days_of_the_1904_system(tmp_path: Path) -> None:
    sheets = right_report(month="2015-12")
    sheets["THONG_TIN"][1][1] = "2015b"
    sheets["SAN_XUAT"] = [list(OUTPUT_HEADER), list(ROW)]
    sheets["THONG_TIN"] += [["Từ ngày", 40877], ["Đến ngày", 40907]]  # 1 and 31 December 2015 from 1904 on

    def change(name: str, body: bytes) -> bytes:
        return body.replace(b"<workbookPr ", b'<workbookPr date1904="1" ') if name == "xl/workbook.xml" else body

    reading = read_workbook(repack(workbook(sheets), change), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert (reading["period_start"], reading["period_end"]) == ("2015-12-01", "2015-12-31")
    reading = read_workbook(workbook(sheets), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert "period_days_elsewhere" in codes(reading, "error"), "the same numbers of the 1900 system are four years off"


def test_the_file_of_libreoffice_in_the_format_of_old_excel(tmp_path: Path) -> None:
    """``libreoffice.xls``: the right report, with E2 as a formula, by LibreOffice 7.4 (`soffice --convert-to xls`)."""
    data = (Path(__file__).parent / "fixtures" / "libreoffice.xls").read_bytes()
    reading = read_workbook(data, "a.xls", RECEIVED_ON, plan(tmp_path))
    assert codes(reading) == []
    assert reading["sections"] == read(tmp_path, right_report())["sections"]


def test_a_title_that_hides_figures_in_other_columns_is_no_title(tmp_path: Path) -> None:
    sheets = report()
    sheets["SAN_XUAT"].append(["II. Dệt may", None, None, None, None, None, 5])
    reading = read(tmp_path, sheets)
    assert finding(reading, "key_blank")["cell"] == "B3" and reading["sections"] == {}


def test_a_remark_that_begins_like_a_part_is_no_part(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["DAU_TU"].append(["DA-1", 5, "trong đó 2 tỷ mua máy"])
    assert [row[2:4] for row in read(tmp_path, sheets)["sections"]["investment"]] == [["DA-1", 5.0]]


def test_a_workbook_of_one_sheet_is_told_what_is_missing(tmp_path: Path) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    one = book.add_worksheet("Sheet1")
    for at, line in enumerate([*report()["THONG_TIN"], [], *report()["SAN_XUAT"]]):
        one.write_row(at, 0, ["" if value is None else value for value in line])
    book.close()
    reading = read_workbook(stream.getvalue(), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert set(codes(reading, "error")) == {"sheet_missing"} and reading["sections"] == {}
