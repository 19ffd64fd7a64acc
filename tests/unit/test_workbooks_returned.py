"""Returned workbooks: the sender's cells, what is wrong with them, and nothing of theirs that is live."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.unit.intake_workbooks import Rows, catalogue, codes, repack, right_report, workbook
from tests.unit.workbooks_support import active_parts, dump, read_back, register, same_as_golden, take_in
from zonehouse import intake
from zonehouse.intake.register import Receipt
from zonehouse.settings import Settings
from zonehouse.workbooks import WorkbookError, write_returned_workbook, write_returned_workbooks
from zonehouse.workbooks.returned import returned_workbook
from zonehouse.workbooks.sender import SenderCopy, SheetCopy, copy_of

pytestmark = pytest.mark.slow

ARRIVED = "2016-06-10"


def spoiled() -> dict[str, Rows]:
    """One error, one warning in the same row, a warning between columns, and a repair."""
    report = right_report()
    report["SAN_XUAT"][1][4] = "chưa có"
    report["SAN_XUAT"][1][5] = None
    report["LAO_DONG"][1][2] = 160
    report["XUAT_NHAP_KHAU"][1][2] = "50.000,00"
    return report


def home_with(tmp_path: Path, files: dict[str, bytes]) -> Settings:
    return take_in(tmp_path / "home", {"2016-02-01/register.xlsx": register()} | files)


def receipt_of(settings: Settings, name: str) -> Receipt:
    return next(receipt for receipt in intake.receipts(settings) if receipt.original_name == name)


def returned(settings: Settings, name: str, tmp_path: Path) -> bytes:
    out = tmp_path / "out" / "returned.xlsx"
    return write_returned_workbook(settings, receipt_of(settings, name).receipt_id, out).read_bytes()


def test_the_returned_workbook_is_the_golden_one(tmp_path: Path) -> None:
    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": workbook(spoiled())})
    text = dump(returned(settings, "a.xlsx", tmp_path))
    same_as_golden("returned", text.replace(receipt_of(settings, "a.xlsx").receipt_id, "<receipt>"))


def test_bad_cells_are_coloured_by_severity_and_told_in_both_languages(tmp_path: Path) -> None:
    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": workbook(spoiled())})
    book = load_workbook(io.BytesIO(returned(settings, "a.xlsx", tmp_path)))
    assert book.sheetnames == ["KET_QUA", *right_report()]
    error, warning, repair, right = (
        book["SAN_XUAT"]["E2"], book["SAN_XUAT"]["F2"], book["XUAT_NHAP_KHAU"]["C2"], book["SAN_XUAT"]["G2"],
    )  # fmt: skip
    assert [cell.fill.fgColor.rgb[-6:] for cell in (error, warning, repair)] == ["FFC7CE", "FFEB9C", "DDEBF7"]
    assert right.value == 1.3 and right.comment is None and right.fill.fill_type is None
    assert error.value == "chưa có"
    told = error.comment.text
    assert told.index("LỖI") < told.index("Thấy: chưa có") < told.index("Cách sửa:") < told.index("Found: chưa có")
    result = book["KET_QUA"]
    links = [cell.hyperlink.location for row in result.iter_rows() for cell in row if cell.hyperlink]
    assert links[0] == "'SAN_XUAT'!E2" and set(links) >= {"'SAN_XUAT'!F2", "'LAO_DONG'!C2", "'XUAT_NHAP_KHAU'!C2"}
    texts = [str(cell.value) for row in result.iter_rows() for cell in row if cell.value]
    assert any("BỊ TỪ CHỐI" in text for text in texts) and any("Công ty Thử" in text for text in texts)


def test_a_held_file_comes_back_with_its_reason_and_the_cell(tmp_path: Path) -> None:
    unknown_project = right_report()
    unknown_project["DAU_TU"].append(["DA-77", 5, None])
    unknown_unit = right_report("0100100079")
    unknown_unit["DAU_TU"].append(["DA-78", 5, None])
    files = {f"{ARRIVED}/p.xlsx": workbook(unknown_project), f"{ARRIVED}/t.xlsx": workbook(unknown_unit)}
    settings = home_with(tmp_path, files)
    batches = {receipt.batch_id for receipt in intake.receipts(settings)}
    written = write_returned_workbooks(settings, batches, tmp_path / "out")
    assert sorted(path.name.partition("_")[2] for path in written) == ["p.xlsx", "t.xlsx"]
    book = load_workbook(io.BytesIO(returned(settings, "p.xlsx", tmp_path)))
    cell = book["DAU_TU"]["A2"]
    assert cell.value == "DA-77" and "held_project_unknown" in cell.comment.text
    assert cell.fill.fgColor.rgb[-6:] == "FFEB9C"
    texts = [str(cell.value) for row in book["KET_QUA"].iter_rows() for cell in row if cell.value]
    assert any("TẠM GIỮ" in text for text in texts) and any("DA-77" in text for text in texts)
    book = load_workbook(io.BytesIO(returned(settings, "t.xlsx", tmp_path)))
    assert "held_unit_unknown" in book["THONG_TIN"]["B4"].comment.text


def test_mended_in_place_it_is_taken_in(tmp_path: Path) -> None:
    """The sheet on top, the colours and the comments are nothing that the reader remarks on."""
    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": workbook(spoiled())})
    book = load_workbook(io.BytesIO(returned(settings, "a.xlsx", tmp_path)))
    for sheet, cell, value in (
        ("SAN_XUAT", "E2", 1000), ("SAN_XUAT", "F2", 1200), ("LAO_DONG", "C2", 60), ("XUAT_NHAP_KHAU", "C2", 50000)
    ):  # fmt: skip
        book[sheet][cell].value = value
    stream = io.BytesIO()
    book.save(stream)
    reading = read_back(tmp_path, stream.getvalue())
    assert codes(reading) == []
    assert reading["sections"]["output"][0][2:4] == ["10", "Tôm đông lạnh"]


def test_values_widths_merged_cells_and_looks_come_back(tmp_path: Path) -> None:
    report = right_report()
    report["SAN_XUAT"][1][6] = None

    def adjust(book: xlsxwriter.Workbook) -> None:
        sheet = book.get_worksheet_by_name("THONG_TIN")
        sheet.set_column(0, 0, 33)
        sheet.merge_range("A9:B10", "Gộp", book.add_format({"bold": True, "bg_color": "#ABCDEF"}))
        sheet.write_datetime("A12", date(2016, 6, 9), book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write_boolean("A13", True)
        sheet.write_number("A14", 0.25, book.add_format({"num_format": "0.0%", "font_color": "#FFFFFF"}))

    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": workbook(report, adjust)})
    sheet = load_workbook(io.BytesIO(returned(settings, "a.xlsx", tmp_path)))["THONG_TIN"]
    assert sheet.column_dimensions["A"].width == pytest.approx(33, abs=1)
    assert [str(area) for area in sheet.merged_cells.ranges] == ["A9:B10"]
    assert (sheet["A9"].value, sheet["A9"].font.b, sheet["A9"].fill.fgColor.rgb) == ("Gộp", True, "FFABCDEF")
    assert (sheet["A12"].value, sheet["A12"].number_format) == (datetime(2016, 6, 9), "dd/mm/yyyy")  # noqa: DTZ001
    assert sheet["A13"].value is True
    # A value in white on white is not returned that way.
    assert (sheet["A14"].value, sheet["A14"].number_format) == (0.25, "0.0%")
    assert sheet["A14"].font.color is None or sheet["A14"].font.color.rgb != "FFFFFFFF"


def test_no_formula_link_or_name_of_the_sender_is_live(tmp_path: Path) -> None:
    report = right_report()
    report["SAN_XUAT"][1][1] = "=cmd|' /C calc'!A0"
    report["SAN_XUAT"][1][6] = None

    def adjust(book: xlsxwriter.Workbook) -> None:
        sheet = book.get_worksheet_by_name("SAN_XUAT")
        sheet.write_formula("D2", '=HYPERLINK("http://example.invalid/","12")', None, 12)
        sheet.write_url("J1", "https://example.invalid/", string="bấm vào đây")
        sheet.write_comment("E2", "=1+1")
        book.define_name("Secret", '=CALL("kernel32")')
        sheet.data_validation("K1", {"validate": "list", "source": "=Secret"})

    data = workbook(report, adjust)
    assert active_parts(data)  # the test would see it
    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": data})
    back = returned(settings, "a.xlsx", tmp_path)
    assert active_parts(back) == []
    sheet = load_workbook(io.BytesIO(back))["SAN_XUAT"]
    assert (sheet["D2"].value, sheet["J1"].value, sheet["J1"].hyperlink) == (12, "bấm vào đây", None)
    assert sheet["B2"].value == "=cmd|' /C calc'!A0" and sheet["B2"].data_type == "s" and sheet["B2"].quotePrefix


@pytest.mark.parametrize(
    "name, data",
    [
        ("broken.xlsx", b"no workbook"),
        ("macro.xlsx", repack(workbook(right_report()), lambda _, body: body, [("xl/vbaProject.bin", b"x")])),
        ("cut.xlsx", workbook(right_report())[:900]),
    ],
)
def test_a_file_that_is_refused_comes_back_as_the_sheet_on_top_alone(tmp_path: Path, name: str, data: bytes) -> None:
    settings = home_with(tmp_path, {f"{ARRIVED}/{name}": data})
    book = load_workbook(io.BytesIO(returned(settings, name, tmp_path)))
    assert book.sheetnames == ["KET_QUA"]
    texts = " ".join(str(cell.value) for row in book["KET_QUA"].iter_rows() for cell in row if cell.value)
    assert "biểu mẫu trống" in texts and "nền đỏ" not in texts


def test_a_reader_that_dies_costs_the_cells_and_not_the_answer(tmp_path: Path) -> None:
    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": workbook(spoiled())})
    receipt = receipt_of(settings, "a.xlsx")
    hasty = Settings(home=settings.home, read_timeout_seconds=0.01)
    assert copy_of(hasty, receipt.submission_id, receipt.original_name) == SenderCopy()
    assert len(copy_of(settings, receipt.submission_id, receipt.original_name).sheets) == 5


def test_a_very_large_sheet_is_returned_in_part(tmp_path: Path) -> None:
    report = spoiled()
    report["THEM"] = [[number] * 3 for number in range(25_000)]
    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": workbook(report)})
    book = load_workbook(io.BytesIO(returned(settings, "a.xlsx", tmp_path)), read_only=True)
    assert sum(1 for _ in book["THEM"].iter_rows()) == 20_000
    assert any("Tệp quá lớn" in str(cell.value) for row in book["KET_QUA"].iter_rows() for cell in row)


def test_a_duplicate_is_told_with_the_findings_of_the_file_it_repeats(tmp_path: Path) -> None:
    data = workbook(spoiled())
    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": data, f"{ARRIVED}/b.xlsx": data})
    book = load_workbook(io.BytesIO(returned(settings, "b.xlsx", tmp_path)))
    texts = " ".join(str(cell.value) for row in book["KET_QUA"].iter_rows() for cell in row if cell.value)
    assert "TRÙNG VỚI TỆP ĐÃ GỬI" in texts and "not_a_number" in texts


def test_a_night_returns_what_was_rejected_or_doubted(tmp_path: Path) -> None:
    doubted = right_report("0314409058-002")
    doubted["SAN_XUAT"][1][4] = None
    settings = home_with(
        tmp_path,
        {
            f"{ARRIVED}/bad.xlsx": workbook(spoiled()),
            f"{ARRIVED}/good.xlsx": workbook(right_report(month="2016-04")),
            f"{ARRIVED}/doubted.xlsx": workbook(doubted),
        },
    )
    batches = {receipt.batch_id for receipt in intake.receipts(settings)}
    written = write_returned_workbooks(settings, batches, tmp_path / "out")
    assert sorted(path.name.split("_")[1] for path in written) == ["bad.xlsx", "doubted.xlsx"]
    assert write_returned_workbooks(settings, ["19990101T000000-0001"], tmp_path / "none") == []


def test_a_receipt_is_named_by_what_only_it_begins_with(tmp_path: Path) -> None:
    settings = home_with(tmp_path, {f"{ARRIVED}/a.xlsx": workbook(spoiled())})
    receipt = receipt_of(settings, "a.xlsx")
    assert (
        write_returned_workbook(settings, receipt.receipt_id[:10], tmp_path).name == f"{receipt.receipt_id[:8]}_a.xlsx"
    )
    for unknown in ("zz", ""):
        with pytest.raises(WorkbookError, match="no receipt begins with"):
            write_returned_workbook(settings, unknown, tmp_path)


# Whatever a sender wrote

_NASTY = st.builds(
    lambda first, rest: first + rest,
    st.sampled_from(["", "=", "+", "-", "@", "\t=", " =", "\n=", "=cmd|' /C calc'!A0", "http://x/", "external:c:"]),
    st.text(max_size=20),
)
_CELLS = st.one_of(_NASTY, st.none(), st.booleans(), st.integers(), st.floats(), st.just(datetime(1899, 1, 1)))  # noqa: DTZ001


def _receipt(name: str) -> Receipt:
    when = datetime(2016, 6, 10, tzinfo=UTC).replace(tzinfo=None)
    return Receipt(
        "ab" * 16, "20160610T000000-0001", "cd" * 32, name, name, "inbox", when, when.date(), when, "monthly_report",
        "2015", "BQL", name, "2016-05", "rejected", None, "x", name, name, 1, 0, 0,
    )  # fmt: skip


def _finding(text: str, sheet: str, cell: str | None) -> dict[str, Any]:
    return {
        "finding_no": 1, "finding_code": text, "severity": "error", "sheet_name": sheet, "cell": cell, "row_number": 1,
        "column_code": text, "found": text, "taken": text, "expected_vi": text, "expected_en": text, "mend_vi": text,
        "mend_en": text,
    }  # fmt: skip


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    name=_NASTY,
    sheets=st.lists(st.tuples(_NASTY, st.lists(st.lists(_CELLS, max_size=4), max_size=3)), max_size=3),
    cell=st.sampled_from(["A1", "B2", "XFD1048576", "A0", "ZZZ9", "=A1", None]),
)
def test_nothing_becomes_active_whatever_a_sender_wrote(
    name: str, sheets: list[tuple[str, list[list[Any]]]], cell: str | None
) -> None:
    copy = SenderCopy([SheetCopy(title, False, rows) for title, rows in dict(sheets).items()])
    findings = [_finding(name, sheet, cell) for sheet in ["", *(sheet.name for sheet in copy.sheets)]]
    back = returned_workbook(_receipt(name), name, findings, copy, catalogue())
    assert active_parts(back) == []
    book = load_workbook(io.BytesIO(back))
    assert len(book.sheetnames) == len(copy.sheets) + 1
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for written in row:
                assert written.data_type != "f"
                risky = isinstance(written.value, str) and written.value.lstrip().startswith(("=", "+", "-", "@"))
                assert not risky or written.quotePrefix, written.coordinate
