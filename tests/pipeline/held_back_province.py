"""A small province written by hand with openpyxl, in layouts the sample generator never makes.

Nothing here uses the generator or the form definitions, so that the pipeline is tried on workbooks it has not met.
The expected figures in ``test_held_back_province`` were worked out by hand from the tables below.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

AUTHORITY = "TN"
FOOD, GARMENTS, PLASTICS, NOT_STARTED = "3477127827", "1619730691", "0518471569", "4239384994"

OUTPUT = {
    FOOD: {"2016": (100.5, 80.25, 120.75), "2017": (110.125, 70.5, 130.375)},
    GARMENTS: {"2016": (200, 150, 210), "2017": (230, 160, 250)},
    PLASTICS: {"2016": (50, 40, 60), "2017": (45, None, 55)},
}
EXPORTS = {
    FOOD: {"2016": None, "2017": None},
    GARMENTS: {"2016": 1_000_000.50, "2017": 1_200_000.25},
    PLASTICS: {"2016": 500_000, "2017": 400_000},
}
HEADCOUNT = {
    FOOD: {"2016": {"production": 90, "management": 5}, "2017": {"production": 100, "management": 5}},
    GARMENTS: {"2016": {"production": 280, "technical": 20}, "2017": {"production": 300, "technical": 20}},
    PLASTICS: {"2016": {"production": 70}, "2017": {"production": 60}},
}
SECTOR = {FOOD: "10", GARMENTS: "14", PLASTICS: "22"}
NAME = {
    FOOD: "Công ty Thực phẩm Thử",
    GARMENTS: "Công ty May Thử",
    PLASTICS: "Công ty Nhựa Thử",
    NOT_STARTED: "Công ty Chưa Khởi Công",
}


def write_inbox(inbox: Path) -> int:
    """Write every workbook of the province below ``inbox``; returns how many files there are."""
    _register(inbox / "2016-01-05" / "so dang ky.xlsx", "2016-01", second_certificate=False)
    _register(inbox / "2017-04-01" / "so dang ky moi.xlsx", "2017-03", second_certificate=True)
    files = 2
    for year in ("2016", "2017"):
        for number in (1, 2, 3):
            arrived = date(int(year), number + 1, 9)
            for tax_code, outputs in OUTPUT.items():
                amount = outputs[year][number - 1]
                if amount is not None:
                    path = inbox / arrived.isoformat() / f"{tax_code} thang {number}.xlsx"
                    wrong_first = tax_code == GARMENTS and (year, number) == ("2017", 3)
                    _report(path, tax_code, year, number, 999 if wrong_first else amount)
                    files += 1
            _authority_return(inbox / arrived.isoformat() / "bao cao ban.xlsx", year, number)
            files += 1
    _report(inbox / "2017-04-11" / "dinh chinh.xlsx", GARMENTS, "2017", 3, 250)
    return files + 1


def _save(book: Workbook, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _cover(sheet: Worksheet, pairs: Sequence[tuple[str, object]], at_row: int = 1, at_column: int = 1) -> None:
    for offset, (label, value) in enumerate(pairs):
        sheet.cell(at_row + offset, at_column, label)
        sheet.cell(at_row + offset, at_column + 1, value)


def _table(sheet: Worksheet, rows: Sequence[Sequence[object]], at_row: int = 1, at_column: int = 1) -> None:
    for down, row in enumerate(rows):
        for across, value in enumerate(row):
            sheet.cell(at_row + down, at_column + across, value)


def _report(path: Path, tax_code: str, year: str, number: int, output: float) -> None:
    book = Workbook()
    vietnamese = tax_code != GARMENTS
    cover = book.active
    cover.title = "THONG_TIN" if vietnamese else "Cover"
    shown_tax_code: object = int(tax_code) if tax_code == PLASTICS else tax_code  # Excel drops the leading zero
    values = ("monthly_report", "2016", AUTHORITY, shown_tax_code, NAME[tax_code], f"{number:02d}/{year}")
    labels = (
        ("Mã biểu", "Phiên bản biểu", "Mã ban quản lý", "Mã số thuế", "Tên doanh nghiệp", "Kỳ báo cáo")
        if vietnamese
        else ("Form code", "Form version", "Authority code", "Tax code", "Enterprise name", "Reporting month")
    )
    _cover(cover, list(zip(labels, values, strict=True)), at_row=3, at_column=2)
    _output_sheet(book, tax_code, output, vietnamese)
    _export_sheet(book, tax_code, EXPORTS[tax_code][year])
    labour = book.create_sheet("Lao động" if vietnamese else "Labour")
    header = ("category_code", "headcount_persons", "women_persons", "hires_persons", "leavers_persons")
    rows = [(code, count, count // 2, 3, 2) for code, count in HEADCOUNT[tax_code][year].items()]
    _table(labour, [header, *rows], at_row=2)
    investment = book.create_sheet("DAU_TU")
    spent = {("2017", 1): 1_000, ("2017", 3): 2_000.5}.get((year, number)) if tax_code == PLASTICS else None
    _table(investment, [("Mã dự án", "Vốn thực hiện trong tháng (triệu đồng)")])
    if spent is not None:
        _table(investment, [("P4", spent)], at_row=2)
    _save(book, path)


def _output_sheet(book: Workbook, tax_code: str, output: float, vietnamese: bool) -> None:
    sheet = book.create_sheet("SAN_XUAT" if vietnamese else "Output")
    if vietnamese:
        header: tuple[str, ...] = (
            "Tên sản phẩm",
            "Doanh thu thuần (tỷ đồng)",
            "Mã ngành sản phẩm (VSIC)",
            "Giá trị sản xuất theo giá so sánh 2010 (triệu đồng)",
            "Giá trị sản xuất theo giá hiện hành (triệu đồng)",
        )
        rows: list[tuple[object, ...]] = [
            ("Sản phẩm chính", output / 500, SECTOR[tax_code], output, 1.5 * output),
            ("Tổng cộng", output / 500, None, output, 1.5 * output),
        ]
        _table(sheet, [("BÁO CÁO SẢN XUẤT",), (), header, *rows], at_row=2, at_column=3)
        return
    header = (
        "Product sector code (VSIC)",
        "Product name",
        "Gross output at constant 2010 prices (VND million)",
        "Gross output at current prices (VND million)",
        "Net revenue (VND billion)",
    )
    half = output / 2
    rows = [
        (SECTOR[tax_code], "Shirts", half, 1.5 * half, half / 500),
        (SECTOR[tax_code], "Trousers", half, 1.5 * half, half / 500),
    ]
    _table(sheet, [header, *rows], at_row=6)


def _export_sheet(book: Workbook, tax_code: str, exports: float | None) -> None:
    sheet = book.create_sheet("Xuất nhập khẩu")
    header = ("Nhóm hàng (chương HS, 2 số)", "Thị trường (mã ISO)", "export_usd", "import_usd")
    _table(sheet, [header])
    if exports is not None:
        shown: object = "1.200.000,25" if exports == 1_200_000.25 else exports
        _table(sheet, [("62" if tax_code == GARMENTS else "39", "JP", shown, 0)], at_row=2)


def _authority_return(path: Path, year: str, number: int) -> None:
    book = Workbook()
    cover = book.active
    cover.title = "Thông tin chung"
    _cover(
        cover,
        [
            ("Mã biểu", "authority_return"),
            ("Phiên bản biểu", "2015"),
            ("Mã ban quản lý", AUTHORITY),
            ("Kỳ báo cáo", f"Tháng {number}/{year}"),
        ],
    )
    contacts = [(1, date(2017, number, 20), "KR", "14", visits)] if (visits := _visits(year, number)) else []
    _table(
        book.create_sheet("TIEP_XUC"),
        [("contact_no", "contact_on", "country_code", "sector_code", "visits_count"), *contacts],
    )
    disbursed = {1: 100, 2: 150.5, 3: 0}[number] if year == "2017" else 10
    _table(
        book.create_sheet("HA_TANG"),
        [
            ("work_code", "work_name", "zone_code", "allocated_year_vnd_million", "disbursed_vnd_million"),
            ("W1", "Đường gom khu B", "Z2", 1_000, disbursed),
        ],
    )
    _table(
        book.create_sheet("TO_CHUC"),
        [("indicator_code", "indicator_value"), ("members", 40 + number - 2), ("cells", 3)],
    )
    plan = [(2017, "gross_output", 4_204)] if (year, number) == ("2017", 1) else []
    _table(book.create_sheet("KE_HOACH"), [("plan_year", "indicator_code", "plan_value"), *plan])
    _save(book, path)


def _visits(year: str, number: int) -> int:
    return {("2017", 1): 3, ("2017", 3): 2}.get((year, number), 0)


def _register(path: Path, month: str, *, second_certificate: bool) -> None:
    book = Workbook()
    cover = book.active
    cover.title = "THONG_TIN"
    _cover(
        cover,
        [
            ("Mã biểu", "project_register"),
            ("Phiên bản biểu", "2015"),
            ("Mã ban quản lý", AUTHORITY),
            ("Kỳ báo cáo", month),
        ],
    )
    start = date(2016, 1, 1)
    _table(
        book.create_sheet("BAN_QUAN_LY"),
        [
            ("authority_code", "name_vi", "province_code", "province_name", "valid_from"),
            (AUTHORITY, "Ban Quản lý khu công nghiệp Thử Nghiệm", "99", "Thử Nghiệm", start),
        ],
    )
    _table(
        book.create_sheet("KHU"),
        [
            ("zone_code", "name_vi", "area_ha", "valid_from"),
            ("Z1", "Khu A", 50, start),
            ("Z2", "Khu B", 75.5, start),
        ],
    )
    _table(
        book.create_sheet("DOANH_NGHIEP"),
        [
            ("tax_code", "enterprise_name", "zone_code", "ownership", "sector_code", "reporting_from", "valid_from"),
            (FOOD, NAME[FOOD], "Z1", "Trong nước", "10", start, start),
            (GARMENTS, NAME[GARMENTS], "Z1", "FDI", "14", start, start),
            (PLASTICS, NAME[PLASTICS], "Z2", "fdi", "22", start, start),
            (NOT_STARTED, NAME[NOT_STARTED], "Z2", "domestic", "20", None, start),
        ],
    )
    _table(
        book.create_sheet("DU_AN"),
        [
            (
                "project_code",
                "tax_code",
                "project_name",
                "zone_code",
                "sector_code",
                "ownership",
                "status",
                "valid_from",
            ),
            ("P1", FOOD, "Nhà máy thực phẩm", "Z1", "10", "domestic", "operating", start),
            ("P2", GARMENTS, "Nhà máy may", "Z1", "14", "fdi", "operating", start),
            ("P3", PLASTICS, "Nhà máy nhựa", "Z2", "22", "fdi", "operating", start),
            ("P4", PLASTICS, "Nhà máy nhựa 2", "Z2", "22", "fdi", "in_procedure", start),
            ("P4", PLASTICS, "Nhà máy nhựa 2", "Z2", "22", "fdi", "Đang xây dựng", date(2016, 11, 1)),
            ("P5", NOT_STARTED, "Nhà máy hóa chất", "Z2", "20", "domestic", "in_procedure", date(2016, 6, 1)),
            ("P6", GARMENTS, "Kho vải", "Z1", "14", "fdi", "operating", start),
            ("P6", GARMENTS, "Kho vải", "Z1", "14", "fdi", "terminated", date(2016, 12, 1)),
        ],
    )
    certificates: list[tuple[object, ...]] = [
        ("C1", "P1", start, "new", "VND", 500_000, 1),
        ("C2", "P2", start, "new", "USD", 12.5, 22_000),
        ("C3", "P3", start, "new", "USD", 8, 21_500),
        ("C4", "P4", start, "new", "VND", 90_000, 1),
        ("C5", "P5", date(2016, 6, 1), "new", "VND", 60_000, 1),
        ("C6", "P6", start, "new", "VND", 40_000, 1),
    ]
    if second_certificate:
        certificates.append(("C2-1", "P2", date(2017, 2, 10), "adjusted", "USD", 15, 22_500))
    _table(
        book.create_sheet("GIAY_CHUNG_NHAN"),
        [
            (
                "certificate_no",
                "project_code",
                "certified_on",
                "certificate_kind",
                "currency",
                "registered_capital_original_million",
                "certificate_rate_vnd",
            ),
            *certificates,
        ],
    )
    _save(book, path)
