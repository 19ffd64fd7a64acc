"""Workbooks for the intake's tests: a right monthly report, to be spoiled in one place by each test."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter

from zonehouse.forms import FormCatalogue, load_catalogue
from zonehouse.intake.compile import reader_plan
from zonehouse.intake.plan import ReaderPlan
from zonehouse.intake.workbook import Reading, read_workbook
from zonehouse.settings import Settings

TAX_CODE = "0100233488"
RECEIVED_ON = "2016-06-10"
Rows = list[list[Any]]

OUTPUT_HEADER = [
    "Mã ngành sản phẩm (VSIC)",
    "Tên sản phẩm",
    "Đơn vị tính sản lượng",
    "Sản lượng trong tháng",
    "Giá trị sản xuất theo giá so sánh 2010 (triệu đồng)",
    "Giá trị sản xuất theo giá hiện hành (triệu đồng)",
    "Doanh thu thuần (tỷ đồng)",
]
LABOUR_HEADER = [
    "Loại lao động",
    "Số lao động cuối tháng (người)",
    "Trong đó nữ (người)",
    "Lao động trong tỉnh (người)",
    "Lao động nước ngoài (người)",
    "Tăng trong tháng (người)",
    "Giảm trong tháng (người)",
]


@lru_cache(maxsize=1)
def catalogue() -> FormCatalogue:
    return load_catalogue(Settings())


def plan(home: Path) -> ReaderPlan:
    return reader_plan(Settings(home=home), catalogue())


def right_report(tax_code: str = TAX_CODE, month: str = "2016-05", output: float = 1000.5) -> dict[str, Rows]:
    """Sheets of a monthly report without a finding, as rows of cells from A1 on."""
    return {
        "THONG_TIN": [
            ["Mã biểu", "monthly_report"],
            ["Phiên bản biểu", "2016"],
            ["Mã ban quản lý", "BQL"],
            ["Mã số thuế", tax_code],
            ["Tên doanh nghiệp", "Công ty Thử"],
            ["Kỳ báo cáo", month],
        ],
        "SAN_XUAT": [list(OUTPUT_HEADER), ["10", "Tôm đông lạnh", "tấn", 12, output, 1200, 1.3]],
        "XUAT_NHAP_KHAU": [
            [
                "Nhóm hàng (chương HS, 2 số)",
                "Thị trường (mã ISO)",
                "Xuất khẩu trong tháng (USD)",
                "Nhập khẩu trong tháng (USD)",
            ],
            ["03", "US", 50000, 0],
        ],
        "LAO_DONG": [list(LABOUR_HEADER), ["Lao động trực tiếp", 100, 60, 90, 1, 5, 2]],
        "DAU_TU": [["Mã dự án", "Vốn thực hiện trong tháng (triệu đồng)", "Ghi chú"]],
    }


def workbook(sheets: dict[str, Rows], adjust: Callable[[xlsxwriter.Workbook], None] | None = None) -> bytes:
    """An xlsx with these sheets; ``adjust`` may change the open workbook (hide sheets, add formulas)."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "default_date_format": "dd/mm/yyyy"}
    )
    # Without it the second of writing is in the file: the same sheets would not always be the same bytes.
    book.set_properties({"created": datetime(2016, 7, 1)})  # noqa: DTZ001 - a workbook's times have no zone
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, value in enumerate(cells):
                if value is not None:
                    sheet.write(row, column, value)
    if adjust is not None:
        adjust(book)
    book.close()
    return stream.getvalue()


def read(home: Path, sheets: dict[str, Rows], name: str = "report.xlsx", **more: Any) -> Reading:
    return read_workbook(workbook(sheets, **more), name, RECEIVED_ON, plan(home))


def codes(reading: Reading, severity: str | None = None) -> list[str]:
    return [f["finding_code"] for f in reading["findings"] if severity in (None, f["severity"])]


def finding(reading: Reading, code: str) -> dict[str, Any]:
    found = [f for f in reading["findings"] if f["finding_code"] == code]
    assert len(found) == 1, codes(reading)
    return found[0]


def repack(data: bytes, change: Callable[[str, bytes], bytes | None], extra: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """The same zip with parts changed (None drops one) and others added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if (body := change(entry.filename, old.read(entry))) is not None:
                new.writestr(entry.filename, body)
        for name, body in extra:
            new.writestr(name, body)
    return stream.getvalue()
