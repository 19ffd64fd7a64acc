"""The steward's workbook of a night: what came in, in which state, and every finding, the weightiest first."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from zonehouse.forms import FormCatalogue, load_catalogue
from zonehouse.intake.findings import in_language
from zonehouse.intake.register import STATES, Receipt
from zonehouse.settings import Settings
from zonehouse.workbooks.effect import Effects
from zonehouse.workbooks.landed import LandedRow, Landing, WorkbookError, wanted_table
from zonehouse.workbooks.safe import BOOK_OPTIONS, Formats, room_of_both, row_height, save, write_both, write_text
from zonehouse.workbooks.words import (
    BRAND,
    GREY,
    INK,
    SEVERITIES,
    SEVERITY,
    SEVERITY_FILL,
    STATE_FILL,
    state_text,
)

log = structlog.get_logger(__name__)

SUMMARY, FINDINGS, FILES = "TONG_HOP", "PHAT_HIEN", "TEP"
MOST_FINDINGS = 100_000
_MAIN = ("rejected", "held", "accepted_with_warnings")
_LINE: dict[str, object] = {"border": 1, "border_color": "#E5E7EB"}
_HEAD: dict[str, object] = {
    "bold": 1, "font_color": "#FFFFFF", "bg_color": BRAND, "border": 1, "border_color": "#FFFFFF", "text_wrap": 1,
    "valign": "vcenter",
}  # fmt: skip

# Columns that go on paper, of the findings and of the files: up to the last Vietnamese one.
_PRINTED, _PRINTED_OF_FILES = 15, 12
# Header and width of each column of the findings, and of the files.
_FINDING_COLUMNS = (
    ("STT\nNo", 6), ("Mức độ\nSeverity", 10), ("Ảnh hưởng\nEffect", 10), ("Doanh nghiệp\nEnterprise", 28),
    ("Mã số thuế\nTax code", 15), ("Kỳ\nMonth", 9), ("Tệp\nFile", 28), ("Trạng thái tệp\nState of the file", 15),
    ("Trang\nSheet", 16), ("Ô\nCell", 7), ("Cột\nColumn", 24), ("Thấy gì\nFound", 22), ("Đã hiểu là\nTaken as", 14),
    ("Cần gì", 34), ("Cách sửa", 34), ("Expected", 32), ("How to mend", 32), ("Mã\nCode", 22),
    ("Mã tiếp nhận\nReceipt", 34),
)  # fmt: skip
_FILE_COLUMNS = (
    ("STT\nNo", 6), ("Trạng thái\nState", 26), ("Doanh nghiệp\nEnterprise", 36), ("Mã số thuế\nTax code", 16),
    ("Biểu\nForm", 18), ("Kỳ\nMonth", 9), ("Tệp\nFile", 44), ("Ngày nhận\nReceived on", 12), ("Lỗi\nErrors", 8),
    ("Cảnh báo\nWarnings", 9), ("Lưu ý\nNotes", 8), ("Lý do", 44), ("Reason", 44), ("Mã tiếp nhận\nReceipt", 34),
)  # fmt: skip


@dataclass(frozen=True)
class NightFinding:
    """A finding, the receipt that it is of, and its effect (None: unknown)."""

    finding: LandedRow
    receipt: Receipt
    effect: float | None


def write_steward_workbook(settings: Settings, batch_ids: Iterable[str], out: Path | None = None) -> Path:
    """Write the workbook of the batches of one night.

    Args:
        batch_ids: as ``land`` takes them; all landed.
        out: a file; by default ``reports/steward/<night>.xlsx`` by the last batch's night.

    Raises:
        WorkbookError: no receipt of these batches is in the landing.
    """
    wanted = set(batch_ids)
    catalogue = load_catalogue(settings)
    landing = Landing(settings, catalogue)
    found = [receipt for receipt in landing.receipts if receipt.batch_id in wanted]
    if not found:
        named = ", ".join(sorted(wanted)) or "none"
        raise WorkbookError(f"no receipt of these batches is in the landing: {named}; land them first")
    night = night_of(max(receipt.batch_id for receipt in found))
    findings = weighed_findings(landing, catalogue, found)
    content = steward_workbook(night, found, findings, landing.enterprise_names(), catalogue)
    log.info("steward_workbook_written", night=night, files=len(found), findings=len(findings))
    return save(content, out or settings.reports / "steward" / f"{night}.xlsx")


def night_of(batch_id: str) -> str:
    """The civil day of a batch, ``YYYY-MM-DD``: its id begins with the local time."""
    day = batch_id[:8]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def newest_night(settings: Settings) -> str | None:
    """The day of the newest landed batch; None when nothing has been landed."""
    landing = Landing(settings, load_catalogue(settings))
    return max((night_of(receipt.batch_id) for receipt in landing.receipts), default=None)


def batches_of_night(settings: Settings, night: str) -> list[str]:
    """The landed batches of a day (``YYYY-MM-DD``), in order."""
    landing = Landing(settings, load_catalogue(settings))
    return sorted({receipt.batch_id for receipt in landing.receipts if night_of(receipt.batch_id) == night})


def weighed_findings(landing: Landing, catalogue: FormCatalogue, of: Sequence[Receipt]) -> list[NightFinding]:
    """Every finding of these receipts, the gravest and weightiest first: the order in which a steward looks at them."""
    receipts = {receipt.receipt_id: receipt for receipt in of}
    effects = Effects(landing, catalogue, of)
    sql = "select landed.* from landed semi join wanted using (batch_id, submission_id) order by batch_id, finding_no"
    rows = [row for row in landing.query(sql, "finding", wanted_table(of)) if row["receipt_id"] in receipts]
    rows += [row for found, row in landing.held_findings().items() if found in receipts and _is_held(receipts[found])]
    found = [NightFinding(row, receipts[row["receipt_id"]], effects.of(row)) for row in rows]
    arrival = {receipt.receipt_id: number for number, receipt in enumerate(of)}
    return sorted(found, key=lambda one: _weight(one, arrival))


def _is_held(receipt: Receipt) -> bool:
    return receipt.state == "held"


def _weight(found: NightFinding, arrival: Mapping[str, int]) -> tuple[int, float, int, int]:
    """Severity, then effect from large to small, unknown last; then file by file as they arrived."""
    severity = SEVERITIES.index(found.finding["severity"])
    effect = 1.0 if found.effect is None else -found.effect
    return severity, effect, arrival[found.receipt.receipt_id], found.finding["finding_no"]


def steward_workbook(
    night: str,
    receipts: Sequence[Receipt],
    findings: Sequence[NightFinding],
    names: dict[str, str],
    catalogue: FormCatalogue,
) -> bytes:
    """The workbook's bytes; the same arguments give the same bytes.

    Args:
        findings: in the order in which they are listed.
        names: tax code → enterprise name.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, dict(BOOK_OPTIONS))
    book.set_properties({"title": f"Kiểm tra {night}", "created": max(r.registered_at for r in receipts)})
    formats = Formats(book, font_name="Arial", font_size=10, font_color=INK, valign="top")
    writer = _Steward(formats, names, _labels(catalogue))
    sheets = [book.add_worksheet(name) for name in (SUMMARY, FINDINGS, FILES)]
    writer.summary(sheets[0], night, receipts, findings)
    writer.findings(sheets[1], findings[:MOST_FINDINGS])
    writer.files(sheets[2], receipts)
    book.close()
    return target.getvalue()


_Labels = dict[tuple[str | None, str | None, str | None], str]


def _labels(catalogue: FormCatalogue) -> _Labels:
    """Form, version and code of a column or cover field → the Vietnamese label that the sender saw."""
    return {
        (form.code, form.version, named.code): named.vi
        for form in catalogue.forms
        for named in (*form.cover.fields, *(column for section in form.sections for column in section.columns))
    }


class _Steward:
    """The three sheets."""

    def __init__(self, formats: Formats, names: dict[str, str], labels: _Labels) -> None:
        self._formats, self._names, self._labels = formats, names, labels

    def _text(self, sheet: Worksheet, row: int, column: int, text: str | None, **look: object) -> None:
        write_text(sheet, self._formats, row, column, text or "", **look)

    def _page(self, sheet: Worksheet) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&RTrang &P/&N")
        sheet.hide_gridlines(2)

    def _table(self, sheet: Worksheet, columns: Sequence[tuple[str, int]], count: int, frozen: int) -> None:
        self._page(sheet)
        for at, (head, width) in enumerate(columns):
            sheet.set_column(at, at, width)
            self._text(sheet, 0, at, head, **_HEAD)
        sheet.set_row(0, 32)
        sheet.freeze_panes(1, frozen)
        sheet.repeat_rows(0)
        sheet.autofilter(0, 0, max(count, 1), len(columns) - 1)

    # The summary

    def summary(
        self, sheet: Worksheet, night: str, receipts: Sequence[Receipt], findings: Sequence[NightFinding]
    ) -> None:  # fmt: skip
        self._page(sheet)
        for at, width in enumerate((34, 34, 12, 12, 12, 40)):
            sheet.set_column(at, at, width)
        year, month, day = night.split("-")
        title = f"KIỂM TRA TIẾP NHẬN {day}/{month}/{year} / INTAKE OF {night}"
        self._text(sheet, 0, 0, title, bold=1, font_size=15, font_color=BRAND)
        guide = (
            "Trang PHAT_HIEN: các phát hiện, theo mức độ rồi theo ảnh hưởng tới tổng của tháng. Trang TEP: các tệp.",
            "Sheet PHAT_HIEN: every finding, by severity, then by effect on the month's total. Sheet TEP: every file.",
            "Ảnh hưởng = |giá trị của dòng| / tổng của tháng; tệp bị từ chối: tỷ trọng của đơn vị ở kỳ gần nhất.",
            "Effect = |value of the row| / the month's total; a rejected file: its sender's share of the latest month.",
        )
        for at, text in enumerate(guide, start=1):
            english = at % 2 == 0
            self._text(sheet, at, 0, text, **({"font_size": 8, "italic": 1, "font_color": GREY} if english else {}))
        row = self._states(sheet, 6, receipts)
        row = self._severities(sheet, row + 1, findings)
        row = self._attention(sheet, row + 1, receipts)
        self._codes(sheet, row + 1, findings)

    def _heads(self, sheet: Worksheet, row: int, *heads: str) -> int:
        for at, head in enumerate(heads):
            self._text(sheet, row, at, head, **_HEAD)
        sheet.set_row(row, 30)
        return row + 1

    def _count(self, sheet: Worksheet, row: int, column: int, count: int, **look: object) -> None:
        sheet.write_number(row, column, count, self._formats(num_format="#,##0", align="center", **_LINE, **look))

    def _states(self, sheet: Worksheet, row: int, receipts: Sequence[Receipt]) -> int:
        counts = Counter(receipt.state for receipt in receipts)
        row = self._heads(sheet, row, "Trạng thái tệp", "State of the file", "Số tệp\nFiles")
        for state in sorted(counts.keys() | set(STATES), key=lambda s: (s not in STATES, s)):
            told = state_text(state)
            fill = {"bg_color": STATE_FILL[state]} if state in STATE_FILL and counts[state] else {}
            self._text(sheet, row, 0, told.vi, **_LINE, **fill)
            self._text(sheet, row, 1, told.en, **_LINE, **fill)
            self._count(sheet, row, 2, counts[state], **fill)
            row += 1
        self._text(sheet, row, 0, "Tổng số đã nhận", bold=1, **_LINE)
        self._text(sheet, row, 1, "Received", bold=1, **_LINE)
        self._count(sheet, row, 2, len(receipts), bold=1)
        return row + 1

    def _severities(self, sheet: Worksheet, row: int, findings: Sequence[NightFinding]) -> int:
        counts = Counter(found.finding["severity"] for found in findings)
        row = self._heads(sheet, row, "Mức độ phát hiện", "Severity", "Số\nCount")
        for severity in SEVERITIES:
            fill = {"bg_color": SEVERITY_FILL[severity]}
            self._text(sheet, row, 0, SEVERITY[severity].vi, **_LINE, **fill)
            self._text(sheet, row, 1, SEVERITY[severity].en, **_LINE, **fill)
            self._count(sheet, row, 2, counts[severity], **fill)
            row += 1
        return row

    def _codes(self, sheet: Worksheet, row: int, findings: Sequence[NightFinding]) -> None:
        counts = Counter((found.finding["severity"], found.finding["finding_code"]) for found in findings)
        row = self._heads(
            sheet,
            row,
            "Loại phát hiện / Kind of finding",
            "Mức độ / Severity",
            "Số\nCount",
        )
        sheet.merge_range(row - 1, 3, row - 1, 5, "", self._formats(**_HEAD))
        self._text(sheet, row - 1, 3, "Cần gì (ví dụ) / Expected (example)", **_HEAD)
        examples = {f.finding["finding_code"]: f.finding for f in reversed(findings)}
        for (severity, code), count in sorted(
            counts.items(), key=lambda item: (SEVERITIES.index(item[0][0]), -item[1], item[0][1])
        ):
            told = SEVERITY[severity]
            self._text(sheet, row, 0, code, **_LINE)
            self._text(sheet, row, 1, f"{told.vi} / {told.en}", **_LINE, bg_color=SEVERITY_FILL[severity])
            self._count(sheet, row, 2, count)
            sheet.merge_range(row, 3, row, 5, "", self._formats(**_LINE))
            vi, en = examples[code]["expected_vi"] or "", examples[code]["expected_en"] or ""
            write_both(sheet, self._formats, row, 3, vi, en, **_LINE)
            sheet.set_row(row, row_height([(room_of_both(vi, en), 64)]))
            row += 1

    def _attention(self, sheet: Worksheet, row: int, receipts: Sequence[Receipt]) -> int:
        """The files that someone must do something about."""
        concerned = sorted(
            (r for r in receipts if r.state in _MAIN),
            key=lambda r: (_MAIN.index(r.state), r.received_at, r.inbox_path),
        )
        self._text(sheet, row, 0, "TỆP CẦN XỬ LÝ / FILES TO ATTEND TO", bold=1, font_color=BRAND)
        row = self._heads(sheet, row + 1, "Doanh nghiệp / Enterprise", "Trạng thái / State", "Kỳ\nMonth", "Lỗi\nErrors",
                          "Cảnh báo\nWarnings", "Tệp / File")  # fmt: skip
        for receipt in concerned:
            told = state_text(receipt.state)
            self._text(sheet, row, 0, self._who(receipt), **_LINE)
            self._text(
                sheet, row, 1, f"{told.vi} / {told.en}", **_LINE, text_wrap=1, bg_color=STATE_FILL[receipt.state]
            )
            self._text(sheet, row, 2, receipt.period_month or "?", **_LINE)
            self._count(sheet, row, 3, receipt.error_count)
            self._count(sheet, row, 4, receipt.warning_count)
            self._text(sheet, row, 5, receipt.original_name, **_LINE, text_wrap=1)
            sheet.set_row(
                row, row_height(((self._who(receipt), 28), (told.vi + told.en, 31), (receipt.original_name, 27)))
            )
            row += 1
        if not concerned:
            self._text(sheet, row, 0, "Không có. / None.")
            row += 1
        return row

    def _who(self, receipt: Receipt) -> str:
        code = receipt.reporting_unit_code or ""
        return self._names.get(code, code) or "Không rõ / unknown"

    # The tables

    def findings(self, sheet: Worksheet, findings: Sequence[NightFinding]) -> None:
        self._table(sheet, _FINDING_COLUMNS, len(findings), 4)
        sheet.print_area(0, 0, max(len(findings), 1), _PRINTED - 1)
        for number, found in enumerate(findings, start=1):
            self._finding(sheet, number, found)
        if not findings:
            self._text(sheet, 1, 0, "Không có phát hiện nào. / Nothing was found.")

    def _finding(self, sheet: Worksheet, row: int, found: NightFinding) -> None:
        finding, receipt = found.finding, found.receipt
        severity = SEVERITY[finding["severity"]]
        self._count(sheet, row, 0, row)
        fill = SEVERITY_FILL[finding["severity"]]
        self._text(sheet, row, 1, severity.vi, **_LINE, bg_color=fill)
        if found.effect is None:
            self._text(sheet, row, 2, "?", **_LINE, align="right")
        else:
            sheet.write_number(row, 2, found.effect, self._formats(num_format="0.00%", **_LINE))
        texts = (
            self._who(receipt),
            receipt.reporting_unit_code,
            receipt.period_month,
            receipt.original_name,
            state_text(receipt.state).vi,
            finding["sheet_name"],
            finding["cell"],
            self._labels.get((receipt.form_code, receipt.form_version, finding["column_code"]), finding["column_code"]),
            in_language(finding, "found", "vi"),
            in_language(finding, "taken", "vi"),
            finding["expected_vi"],
            finding["mend_vi"],
            finding["expected_en"],
            finding["mend_en"],
            finding["finding_code"],
            receipt.receipt_id,
        )
        for at, text in enumerate(texts, start=3):
            self._text(sheet, row, at, text, **_LINE, text_wrap=1)
        wrapped = [(text or "", _FINDING_COLUMNS[at][1]) for at, text in enumerate(texts, start=3)]
        sheet.set_row(row, row_height(wrapped))

    def files(self, sheet: Worksheet, receipts: Sequence[Receipt]) -> None:
        self._table(sheet, _FILE_COLUMNS, len(receipts), 3)
        sheet.print_area(0, 0, max(len(receipts), 1), _PRINTED_OF_FILES - 1)
        for row, receipt in enumerate(receipts, start=1):
            state = state_text(receipt.state)
            self._count(sheet, row, 0, row)
            fill = {"bg_color": STATE_FILL[receipt.state]} if receipt.state in _MAIN else {}
            self._text(sheet, row, 1, f"{state.vi} / {state.en}", **_LINE, text_wrap=1, **fill)
            texts = (
                self._who(receipt),
                receipt.reporting_unit_code,
                f"{receipt.form_code or '?'} {receipt.form_version or ''}",
                receipt.period_month,
                receipt.original_name,
                f"{receipt.received_on:%d/%m/%Y}",
            )
            for at, text in enumerate(texts, start=2):
                self._text(sheet, row, at, text, **_LINE)
            for at, count in enumerate((receipt.error_count, receipt.warning_count, receipt.info_count), start=8):
                self._count(sheet, row, at, count)
            reasons = (receipt.reason_vi, receipt.reason_en, receipt.receipt_id)
            for at, text in enumerate(reasons, start=11):
                self._text(sheet, row, at, text, **_LINE, text_wrap=1)
            sheet.set_row(row, row_height([(text or "", 44) for text in (receipt.original_name, *reasons)]))
