"""CSV files: one file holds the form; encoding and delimiter are found, and what reads in two ways is refused."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.unit.intake_workbooks import RECEIVED_ON, Rows, codes, finding, plan, right_report
from tests.unit.workbooks_support import take_in
from zonehouse import intake
from zonehouse.intake.workbook import Reading, read_workbook
from zonehouse.workbooks import write_returned_workbook


def csv_text(sheets: dict[str, Rows], mark: str = ";", decimal: str = ".") -> str:
    """The sheets one below the other: cover lines, then each sheet's name, its header and its rows."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=mark, lineterminator="\r\n")
    for name, rows in sheets.items():
        if name != "THONG_TIN":
            writer.writerow([])
            writer.writerow([name])
        for row in rows:
            writer.writerow([_field(value, decimal) for value in row])
    return stream.getvalue()


def _field(value: object, decimal: str) -> str:
    return "" if value is None else str(value).replace(".", decimal) if isinstance(value, float) else str(value)


def cp1258(text: str) -> bytes:
    """As Windows writes Vietnamese: the tones that cp1258 lacks as one letter stand behind their letters."""
    out = []
    for letter in text:
        try:
            out.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            base, tone = unicodedata.normalize("NFD", letter)[:-1], unicodedata.normalize("NFD", letter)[-1]
            if unicodedata.normalize("NFC", base) == letter:
                raise
            if tone not in "\u0300\u0301\u0303\u0309\u0323":  # the dot below stands before the circumflex in NFD
                base, tone = base.replace("\u0323", "") + tone, "\u0323"
            out.append(unicodedata.normalize("NFC", base).encode("cp1258") + tone.encode("cp1258"))
    return b"".join(out)


def read_csv(home: Path, data: bytes, name: str = "bao cao.csv") -> Reading:
    return read_workbook(data, name, RECEIVED_ON, plan(home))


ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 (BOM)": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 BE": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "Windows-1258": cp1258,
}


@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_and_delimiter_gives_the_same_rows_at_the_lines_of_the_file(
    tmp_path: Path, encoding: str, mark: str
) -> None:
    text = csv_text(right_report(), mark)
    reading = read_csv(tmp_path, ENCODINGS[encoding](text))
    assert codes(reading) == ["csv_read"], reading["findings"]
    delimiter = {"\t": "tab"}.get(mark, mark)
    assert finding(reading, "csv_read")["found"] == f"{encoding.removesuffix(' BE')}; {delimiter}"
    row = reading["sections"]["output"][0]
    lines = text.splitlines()
    assert row[0] == "SAN_XUAT" and lines[row[1] - 1].startswith("10")
    assert row[2:] == [
        *("10", "Tôm đông lạnh", "tấn", "12", None, "1000.5", None, "1200", None, "1300", None, None, "blank")
    ]
    assert reading["sections"]["labour"][0][2:4] == ["production", 100]
    assert (reading["reporting_unit_code"], reading["period_month"]) == ("0100233488", "2016-05")


def test_decimal_commas_are_read_between_semicolons_and_in_quotes(tmp_path: Path) -> None:
    for mark in ";,":
        reading = read_csv(tmp_path, csv_text(right_report(), mark, decimal=",").encode())
        assert codes(reading) == ["csv_read"]
        assert reading["sections"]["output"][0][7] == "1000.5"


def test_a_decimal_comma_without_quotes_in_a_file_of_commas_is_refused(tmp_path: Path) -> None:
    text = csv_text(right_report(), ",").replace("1000.5", "1000,5")
    reading = read_csv(tmp_path, text.encode())
    assert codes(reading) == ["csv_row_width"] and "1000,5" in finding(reading, "csv_row_width")["found"]
    short = csv_text(right_report(), ",").replace("1000.5,1200,1.3", "1000,1200")
    assert codes(read_csv(tmp_path, short.encode())) == ["csv_row_width"]


def test_a_line_that_is_cut_off_in_a_number_is_refused(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"] += [["13", "Vải", "m", 4, 5000, 6, 7], ["Tổng cộng", None, None, None, 6000.5]]
    whole = csv_text(sheets)
    assert codes(read_csv(tmp_path, whole.encode())) == ["csv_read"]
    cut = finding(read_csv(tmp_path, whole.replace("5000;6;7", "50").encode()), "csv_row_width")
    assert cut["found"] == "SAN_XUAT, 11: 13;Vải;m;4;50"


def test_a_lone_point_before_three_digits_is_no_less_ambiguous_than_in_a_workbook(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][3] = "1.327"
    sheets["SAN_XUAT"][1][4] = "1000"
    sheets["SAN_XUAT"][1][6] = "1"
    assert codes(read_csv(tmp_path, csv_text(sheets).encode()), "error") == ["ambiguous_number"]
    sheets["SAN_XUAT"][1][4] = "1000,5"
    reading = read_csv(tmp_path, csv_text(sheets).encode())
    assert reading["sections"]["output"][0][5] == "1327"
    assert finding(reading, "number_by_sheet")["found"] == "1.327"


def test_labels_of_sheets_in_either_language_and_a_delimiter_line_of_excel(tmp_path: Path) -> None:
    text = csv_text(right_report()).replace("SAN_XUAT", "Sản xuất;;;").replace("LAO_DONG", "[Labour]")
    reading = read_csv(tmp_path, ("sep=;\r\n" + text).encode())
    assert codes(reading) == ["csv_read"]
    assert reading["sections"]["output"][0][:2] == ["Sản xuất", 11]
    assert reading["sections"]["labour"][0][0] == "Labour"


def test_a_field_that_runs_over_lines_leaves_the_line_numbers_right(tmp_path: Path) -> None:
    text = csv_text(right_report()).replace("Công ty Thử", '"Công ty\r\nThử"')
    reading = read_csv(tmp_path, text.encode())
    assert codes(reading) == ["csv_read"]
    assert text.split("\r\n")[reading["sections"]["output"][0][1] - 1].startswith("10;")


def test_totals_errors_and_marks_are_what_they_are_in_a_workbook(tmp_path: Path) -> None:
    sheets = right_report(output=1000)
    sheets["SAN_XUAT"] += [["13", "Vải", "m", "-", 500, 0, "x"], ["", "Tổng cộng", "", "", 1600, "", ""]]
    reading = read_csv(tmp_path, csv_text(sheets).encode())
    assert finding(reading, "total_differs")["found"] == "1600"
    row = reading["sections"]["output"][1]
    assert (row[6], row[9], row[12]) == ("dash", "0", "not_applicable")
    sheets["SAN_XUAT"][1][4] = "#REF!"
    reading = read_csv(tmp_path, csv_text(sheets).encode())
    assert finding(reading, "cell_error")["cell"] == "E10"


def test_two_tables_of_one_sheet_are_refused(tmp_path: Path) -> None:
    text = csv_text(right_report())
    again = text + text[text.index("SAN_XUAT") : text.index("XUAT_NHAP_KHAU")]
    assert codes(read_csv(tmp_path, again.encode()), "error") == ["sheet_repeated"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_a_workbook"),
        (b" \r\n", "not_a_workbook"),
        (b"a;b\x00", "csv_not_text"),
        (b"%PDF-1.4\x01\x02", "csv_not_text"),
        (b"\xff\xfea", "csv_encoding"),
        (b"\xef\xbb\xbfM\xe3 bi\xff;x", "csv_encoding"),
        ("Mã biểu;monthly_report".encode("utf-16-le"), "csv_not_text"),
        (b"M\xe3 bi\x8fu;monthly_report", "csv_encoding"),
        ("何か;что-то;λόγος".encode(), "csv_without_form"),
        (b'"a;b', "csv_malformed"),
        (b"1;2\n" * 10, "csv_without_form"),
        ("Mã biểu;Kỳ báo cáo\nMã biểu,Kỳ báo cáo\n".encode(), "csv_ambiguous"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not_a_workbook"),
        (b"PK\x03\x04", "not_a_workbook"),
        (b'Form code;"' + b"x" * 40_000 + b'"', "csv_malformed"),
        (b"Form code;x\n" + b";" * 6_000_000, "sheet_too_large"),
    ],
)
def test_what_is_no_csv_of_a_form_is_refused_with_its_reason(tmp_path: Path, data: bytes, code: str) -> None:
    assert codes(read_csv(tmp_path, data)) == [code]


def test_a_text_in_another_folder_of_letters_is_not_taken_for_vietnamese(tmp_path: Path) -> None:
    text = csv_text(right_report())
    spoiled = text.replace("Công ty Thử", "Завод Łódź").replace("Tôm đông lạnh", "Ĳsselmeer")
    data = spoiled.encode("cp1258", "replace")
    assert "text_lost" in codes(read_csv(tmp_path, data)) or codes(read_csv(tmp_path, data), "error")


def test_a_csv_file_is_returned_as_a_workbook_with_its_bad_cell_coloured(tmp_path: Path) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][4] = "chưa có"
    settings = take_in(tmp_path / "home", {"2016-06-10/a.csv": csv_text(sheets).encode()})
    (receipt,) = intake.receipts(settings)
    out = write_returned_workbook(settings, receipt.receipt_id, tmp_path / "returned.xlsx")
    book = load_workbook(out)
    assert book.sheetnames == ["KET_QUA", "CSV", *list(sheets)[1:]]
    assert book["SAN_XUAT"]["E10"].value == "chưa có" and book["SAN_XUAT"]["E10"].comment is not None
    mended = io.BytesIO()
    book["SAN_XUAT"]["E10"].value = 5
    book.save(mended)
    reading = read_workbook(mended.getvalue(), "a.xlsx", RECEIVED_ON, plan(tmp_path))
    assert codes(reading, "error") == [] and reading["sections"]["output"][0][7] == 5.0
