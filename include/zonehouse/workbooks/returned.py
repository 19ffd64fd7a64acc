"""A sender's own workbook, returned: bad cells coloured and commented, and on top a sheet that says what to do.

Built new from values (``zonehouse.workbooks.sender``), never saved from theirs. It can be mended and sent back as it
is: the reader passes over the sheet on top.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

import structlog
import xlsxwriter
from xlsxwriter.utility import xl_cell_to_rowcol
from xlsxwriter.worksheet import Worksheet

from zonehouse.forms import FormCatalogue, load_catalogue
from zonehouse.forms.model import Text
from zonehouse.intake.findings import in_language
from zonehouse.intake.register import Receipt
from zonehouse.intake.sent import LIST_SHEET, RESULT_SHEET, SHEET_KEYS
from zonehouse.intake.text import fold
from zonehouse.settings import Settings
from zonehouse.workbooks.copy_worker import MOST_COLUMNS, MOST_ROWS
from zonehouse.workbooks.landed import ACCEPTED, LandedRow, Landing, WorkbookError, wanted_table
from zonehouse.workbooks.safe import (
    BOOK_OPTIONS,
    Formats,
    internal_link,
    plain,
    room_of_both,
    row_height,
    save,
    write_both,
    write_text,
)
from zonehouse.workbooks.sender import Area, Cell, SenderCopy, SheetCopy, copy_of
from zonehouse.workbooks.words import (
    BRAND,
    GREY,
    PALE,
    SEVERITIES,
    SEVERITY,
    SEVERITY_FILL,
    STATE_FILL,
    state_text,
)

Progress = Callable[[str], None]

log = structlog.get_logger(__name__)

_FIRST = ("rejected", "held", "accepted_with_warnings")
RETURNED_STATES = frozenset(_FIRST)
_CELL = re.compile(r"^[A-Z]{1,3}[1-9][0-9]{0,6}$")
_ILLEGAL_IN_NAMES = re.compile(r"[\[\]:*?/\\\t\r\n\v\f\x85\u2028\u2029]")
_FIRST_EXCEL_DAY = datetime(1900, 3, 1)  # noqa: DTZ001 - spreadsheets know no zones

_DO: Mapping[str, tuple[Text, ...]] = {
    "rejected": (
        Text(
            vi="Tệp bị từ chối: chưa có số liệu nào của tệp này được ghi nhận.",
            en="The file was rejected: none of its figures has been taken in.",
        ),
    ),
    "accepted_with_warnings": (
        Text(
            vi="Số liệu đã được nhận. Xem các ô nền vàng (cảnh báo): đúng thì không phải làm gì.",
            en="The figures have been taken in. Look at the yellow cells: if they are right, there is nothing to do.",
        ),
        Text(
            vi="Nếu có ô sai: sửa rồi gửi lại; bản gửi sau thay thế toàn bộ bản trước.",
            en="If one is wrong: mend it and send again; the later workbook replaces this one.",
        ),
    ),
    "accepted": (
        Text(vi="Số liệu đã được nhận, không phải làm gì thêm.", en="The figures have been taken in: nothing to do."),
    ),
    "superseded": (
        Text(
            vi="Đã nhận một bản mới hơn của cùng kỳ; bản này không còn dùng.",
            en="A later workbook of the same month has been received; this one is no longer used.",
        ),
    ),
    "duplicate": (
        Text(
            vi="Nội dung tệp trùng hoàn toàn với một tệp đã gửi; không phải làm gì thêm.",
            en="The same file has been received before: nothing to do.",
        ),
    ),
    "held": (
        Text(
            vi="Tệp đang tạm giữ: sổ đăng ký của ban quản lý chưa có mã số thuế hoặc mã dự án ghi trong tệp. Mã gõ sai "
            "(kể cả mã ban quản lý): sửa và gửi lại. Mã đúng: báo cho ban quản lý, không phải gửi lại.",
            en="The file is held: the authority's register does not know its tax code or a project code. If a code is "
            "mistyped (the authority's too), mend it and send again. If they are right, tell the authority: no need to "
            "send again.",
        ),
    ),
}
_MEND = (
    Text(
        vi="Sửa hết các dòng “Lỗi” trong bảng dưới đây; bấm vào cột “Ô” để tới đúng ô (nền đỏ).",
        en="Mend every “Error” in the table below; click the cell's name to go there (red).",
    ),
    Text(
        vi="Xem các ô nền vàng (cảnh báo): sai thì sửa, đúng thì để nguyên.",
        en="Look at the yellow cells (warnings): mend what is wrong, leave what is right.",
    ),
)
_AGAIN = Text(
    vi="Gửi lại: sửa ngay trong tệp này (trang KET_QUA để nguyên), lưu dạng Excel (.xlsx), gửi như mọi tháng.",
    en="To send again: mend this very file (leave the sheet KET_QUA), save it as .xlsx, send it as every month.",
)
_NEW = Text(
    vi="Không chép được nội dung tệp của đơn vị vào đây. Điền vào biểu mẫu trống do ban quản lý gửi, rồi gửi lại.",
    en="The content of your file could not be copied here. Fill in the blank form that the authority sends, and send "
    "it.",
)
_CUT = Text(
    vi="Tệp quá lớn: chỉ chép phần đầu. Hãy sửa trong tệp gốc của đơn vị.",
    en="The file is too large: only its beginning is copied. Mend your own file.",
)


def write_returned_workbook(settings: Settings, receipt_id: str, out: Path) -> Path:
    """Write a receipt's returned workbook; the path of the file.

    Args:
        receipt_id: as in the register; a beginning that only one receipt has is enough.
        out: a file ending in ``.xlsx``, or a folder in which the file gets its own name.

    Raises:
        WorkbookError: no receipt, or more than one, has this id.
    """
    return _Returner(settings).write(receipt_id, out)


def write_returned_workbooks(
    settings: Settings,
    batch_ids: Iterable[str],
    out_folder: Path,
    progress: Progress | None = None,
    limit: int | None = None,
) -> list[Path]:
    """Write the returned workbooks of the receipts of these batches that were rejected, are held or have warnings.

    Args:
        limit: at most so many, in this order; the rest is told and written one by one.
    """
    returner = _Returner(settings)
    wanted = set(batch_ids)
    found = [r for r in returner.landing.receipts if r.batch_id in wanted and r.state in RETURNED_STATES]
    chosen = sorted(found, key=lambda receipt: _FIRST.index(receipt.state))[:limit]
    written = [returner.write(receipt.receipt_id, out_folder) for receipt in chosen]
    log.info("returned_workbooks_written", files=len(written), left=len(found) - len(written))
    if progress is not None:
        left = f"; {len(found) - len(written)} more: `zonehouse returned RECEIPT`" if len(found) > len(written) else ""
        progress(f"{len(written)} returned workbooks in {out_folder}{left}")
    return written


def returned_folder(settings: Settings, night: str) -> Path:
    """Where a night's returned workbooks are put for sending."""
    return settings.home / "outbox" / "returned" / night


class _Returner:
    """Returns workbooks of one landing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.catalogue = load_catalogue(settings)
        self.landing = Landing(settings, self.catalogue)
        self._names = self.landing.enterprise_names()

    def write(self, receipt_id: str, out: Path) -> Path:
        receipt = self._receipt(receipt_id)
        # The findings of a duplicate are those of the file that it repeats.
        told = self._receipt(receipt.duplicate_of) if receipt.duplicate_of else receipt
        sql = "select landed.* from landed semi join wanted using (batch_id, submission_id) order by finding_no"
        rows = self.landing.query(sql, "finding", wanted_table([told]))
        rows = [row for row in rows if row["receipt_id"] == told.receipt_id]
        if told.state == "held":
            rows.append(self._held[told.receipt_id])
        findings = _by_severity(rows)
        copy = copy_of(self._settings, told.submission_id, told.original_name)
        who = self._names.get(receipt.reporting_unit_code or "", "")
        content = returned_workbook(receipt, who, findings, copy, self.catalogue)
        stem = Path(plain(receipt.original_name)).stem[:60].replace("/", "_") or "tep"
        target = out if out.suffix == ".xlsx" else out / f"{receipt.receipt_id[:8]}_{stem}.xlsx"
        return save(content, target)

    @cached_property
    def _held(self) -> dict[str, LandedRow]:
        return self.landing.held_findings()

    def _receipt(self, receipt_id: str) -> Receipt:
        found = [r for r in self.landing.receipts if receipt_id and r.receipt_id.startswith(receipt_id)]
        if len(found) != 1:
            many = "more than one receipt begins" if found else "no receipt begins"
            raise WorkbookError(f"{many} with {receipt_id!r}; `zonehouse status --period` lists them")
        return found[0]


def returned_workbook(
    receipt: Receipt, who: str, findings: Sequence[LandedRow], copy: SenderCopy, catalogue: FormCatalogue
) -> bytes:
    """The workbook's bytes; the same arguments give the same bytes.

    Args:
        who: the enterprise's name, empty when it is not known.
        findings: in the order in which they are listed.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, dict(BOOK_OPTIONS))
    book.set_properties({"title": RESULT_SHEET, "created": receipt.registered_at})
    formats = Formats(book, font_name="Arial", font_size=10, valign="top")
    result = book.add_worksheet(RESULT_SHEET)
    kept = [sheet for sheet in copy.sheets if fold(sheet.name) not in SHEET_KEYS]
    names = _sheet_names([sheet.name for sheet in kept])
    _Result(formats, result, names).write(receipt, who, findings, copy, catalogue)
    by_sheet: dict[str, list[LandedRow]] = defaultdict(list)
    for finding in findings:
        by_sheet[finding["sheet_name"] or ""].append(finding)
    for sheet in kept:
        _copy_sheet(book.add_worksheet(names[sheet.name]), formats, sheet, by_sheet.get(sheet.name, []))
    book.close()
    return target.getvalue()


def _by_severity(rows: Iterable[LandedRow]) -> list[LandedRow]:
    return sorted(rows, key=lambda row: (SEVERITIES.index(row["severity"]), row["finding_no"]))


def _sheet_names(names: Sequence[str]) -> dict[str, str]:
    """The sender's sheet name → the one that we write: the same where a spreadsheet program allows it."""
    taken = {RESULT_SHEET.lower(), LIST_SHEET.lower(), "history"}
    given: dict[str, str] = {}
    for number, name in enumerate(names, start=1):
        tidy = _tidy_name(name, 31) or f"Trang {number}"
        if tidy.lower() in taken:
            tidy = f"{_tidy_name(name, 24)} ({number})"
        taken.add(tidy.lower())
        given[name] = tidy
    return given


def _tidy_name(name: str, longest: int) -> str:
    """A sheet name without what programs refuse in one, of at most so many UTF-16 units, as they count."""
    tidy = _ILLEGAL_IN_NAMES.sub("_", plain(name))
    cut = tidy.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")
    return cut.strip("' ")


# The sheet on top


_COLUMNS = (
    ("STT\nNo", 6), ("Mức độ\nSeverity", 13), ("Trang\nSheet", 18), ("Ô\nCell", 9), ("Thấy gì\nFound", 28),
    ("Cần gì\nExpected", 48), ("Cách sửa\nHow to mend", 48), ("Mã\nCode", 22),
)  # fmt: skip


class _Result:
    """The sheet ``KET_QUA``: what became of the file, what to do, and the table of findings."""

    def __init__(self, formats: Formats, sheet: Worksheet, names: Mapping[str, str]) -> None:
        self._formats, self._sheet, self._names = formats, sheet, names
        self._row = 0

    def write(
        self,
        receipt: Receipt,
        who: str,
        findings: Sequence[LandedRow],
        copy: SenderCopy,
        catalogue: FormCatalogue,
    ) -> None:
        sheet = self._sheet
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_footer("&RTrang &P/&N")
        sheet.set_tab_color(BRAND)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        for column, (_, width) in enumerate(_COLUMNS):
            sheet.set_column(column, column, width)
        self._line("KẾT QUẢ TIẾP NHẬN BÁO CÁO / RESULT OF YOUR REPORT", bold=True, font_size=15, font_color=BRAND)
        self._row += 1
        self._facts(receipt, who, catalogue)
        self._row += 1
        self._what_to_do(receipt, copy)
        self._row += 1
        self._table(findings)

    def _line(self, text: str, column: int = 0, **look: object) -> None:
        write_text(self._sheet, self._formats, self._row, column, text, **look)
        self._row += 1

    def _facts(self, receipt: Receipt, who: str, catalogue: FormCatalogue) -> None:
        form = catalogue.find(receipt.form_code or "", receipt.form_version or "")
        state = state_text(receipt.state)
        for label, value in (
            ("Tệp / File", receipt.original_name),
            ("Ngày nhận / Received on", f"{receipt.received_on:%d/%m/%Y}"),
            ("Đơn vị / Sender", " – ".join(part for part in (who, receipt.reporting_unit_code) if part) or "?"),
            ("Biểu / Form", f"{form.title.vi} ({form.code} {form.version})" if form else "?"),
            ("Kỳ báo cáo / Month", receipt.period_month or "?"),
            ("Mã tiếp nhận / Receipt", receipt.receipt_id),
        ):
            self._fact(label, value)
        fill = STATE_FILL.get(receipt.state, PALE)
        self._fact("Kết quả / Result", f"{state.vi.upper()} / {state.en}", bold=1, bg_color=fill)
        if receipt.reason_vi and receipt.state not in ACCEPTED:
            reason = f"{receipt.reason_vi}\n{receipt.reason_en or ''}"
            self._fact("Lý do / Reason", reason, text_wrap=1)
            merged = sum(width for _, width in _COLUMNS[3:7])
            self._sheet.set_row(self._row - 1, max(28, row_height([(reason, merged)])))

    def _fact(self, label: str, value: str, **look: object) -> None:
        merged = {"border": 1, "border_color": "#D1D5DB"} | look
        write_text(self._sheet, self._formats, self._row, 0, label, bold=1)
        self._sheet.merge_range(self._row, 3, self._row, 6, "", self._formats(**merged))
        write_text(self._sheet, self._formats, self._row, 3, value, **merged)
        self._row += 1

    def _what_to_do(self, receipt: Receipt, copy: SenderCopy) -> None:
        self._line("VIỆC CẦN LÀM / WHAT TO DO", bold=True, font_color=BRAND)
        steps = list(_DO.get(receipt.state, ()))
        if receipt.state == "rejected" and copy.sheets:
            steps += _MEND
        if receipt.state in RETURNED_STATES:
            steps.append(_NEW if not copy.sheets else _CUT if copy.cut else _AGAIN)
        for number, step in enumerate(steps, start=1):
            self._line(f"{number}. {step.vi}")
            self._line(f"    {step.en}", font_size=8, italic=True, font_color=GREY)
        for column, severity in zip((1, 2, 4), SEVERITIES, strict=True):
            told = SEVERITY[severity]
            write_text(
                self._sheet,
                self._formats,
                self._row,
                column,
                f"{told.vi} / {told.en}",
                bg_color=SEVERITY_FILL[severity],
                border=1,
                border_color="#D1D5DB",
                align="center",
            )
        write_text(self._sheet, self._formats, self._row, 0, "Màu:", bold=1)
        self._row += 1

    def _table(self, findings: Sequence[LandedRow]) -> None:
        if not findings:
            self._line("Không có phát hiện nào. / Nothing was found.")
            return
        head: dict[str, object] = {"bold": 1, "font_color": "#FFFFFF", "bg_color": BRAND, "border": 1, "text_wrap": 1}
        for column, (text, _) in enumerate(_COLUMNS):
            write_text(self._sheet, self._formats, self._row, column, text, **head)
        self._sheet.set_row(self._row, 30)
        first = self._row
        self._sheet.repeat_rows(first)
        for number, finding in enumerate(findings, start=1):
            self._row += 1
            self._finding(number, finding)
        self._sheet.autofilter(first, 0, self._row, len(_COLUMNS) - 1)

    def _finding(self, number: int, finding: LandedRow) -> None:
        severity = finding["severity"]
        border: dict[str, object] = {"border": 1, "border_color": "#D1D5DB", "text_wrap": 1}
        self._sheet.write_number(self._row, 0, number, self._formats(**border))
        told = SEVERITY[severity]
        both = {
            5: (finding["expected_vi"] or "", finding["expected_en"] or ""),
            6: (finding["mend_vi"] or "", finding["mend_en"] or ""),
        }
        texts = {
            1: f"{told.vi} / {told.en}",
            2: finding["sheet_name"] or "",
            4: _found(finding),
            7: finding["finding_code"],
        }
        for column, text in texts.items():
            look = border | ({"bg_color": SEVERITY_FILL[severity]} if column == 1 else {})
            write_text(self._sheet, self._formats, self._row, column, text, **look)
        for column, (vi, en) in both.items():
            write_both(self._sheet, self._formats, self._row, column, vi, en, **border)
        wrapped = texts | {column: room_of_both(*pair) for column, pair in both.items()}
        self._sheet.set_row(self._row, row_height((text, _COLUMNS[at][1]) for at, text in wrapped.items()))
        self._place(finding, border)

    def _place(self, finding: LandedRow, border: dict[str, object]) -> None:
        name = self._names.get(finding["sheet_name"] or "")
        cell = _cell_of(finding)
        if name is None or cell is None:
            write_text(self._sheet, self._formats, self._row, 3, finding["cell"] or "", **border)
            return
        shown = finding["cell"] or (f"dòng {finding['row_number']}" if finding["row_number"] else "A1")
        look = self._formats(font_color="#1D4ED8", underline=1, **border)
        self._sheet.write_url(self._row, 3, internal_link(name, cell), look, shown)


def _cell_of(finding: LandedRow) -> str | None:
    """The cell that a finding is about: its own, or the first of its row or sheet; None when that is not copied."""
    if not finding["sheet_name"]:
        return None
    cell = finding["cell"] or f"A{finding['row_number'] or 1}"
    if not _CELL.match(cell):
        return None
    row, column = xl_cell_to_rowcol(cell)
    # What is not copied is not marked: a far cell would make the workbook one that the guard refuses.
    return cell if row < MOST_ROWS and column < MOST_COLUMNS else None


def _found(finding: LandedRow) -> str:
    found, taken = in_language(finding, "found", "vi") or "", in_language(finding, "taken", "vi")
    return f"{found}\n→ {taken}" if taken else found


# The sender's sheets


def _copy_sheet(target: Worksheet, formats: Formats, sheet: SheetCopy, findings: Sequence[LandedRow]) -> None:
    marked = _by_cell(findings)
    target.set_landscape()
    target.set_paper(9)
    target.fit_to_pages(1, 0)
    if sheet.hidden and not marked:
        target.hide()
    if marked:
        target.set_tab_color(SEVERITY_FILL[_worst([f for found in marked.values() for f in found])])
    for column in range(max((len(row) for row in sheet.rows), default=1)):
        target.set_column(column, column, sheet.widths.get(column, 18))
    for area in _apart(sheet.merged, marked):
        target.merge_range(*area, "", formats(**sheet.looks.get(area[:2], {})))
    for row, cells in enumerate(sheet.rows):
        _copy_row(target, formats, sheet, row, cells)
    for at, found in marked.items():
        _mark(target, formats, sheet, at, found)


def _copy_row(target: Worksheet, formats: Formats, sheet: SheetCopy, row: int, cells: Sequence[Cell]) -> None:
    wrapped = []
    for column, value in enumerate(cells):
        look = sheet.looks.get((row, column), {})
        if value is not None or look:
            _write_cell(target, formats, (row, column), value, dict(look))
        if isinstance(value, str) and look.get("text_wrap"):
            wrapped.append((value, int(sheet.widths.get(column, 18))))
    if wrapped:
        target.set_row(row, max(row_height(wrapped), 15))


def _by_cell(findings: Sequence[LandedRow]) -> dict[tuple[int, int], list[LandedRow]]:
    """The findings of a sheet by their place, 0-based row and column."""
    marked: dict[tuple[int, int], list[LandedRow]] = defaultdict(list)
    for finding in findings:
        if (cell := _cell_of(finding)) is not None:
            marked[xl_cell_to_rowcol(cell)].append(finding)
    return marked


def _mark(
    target: Worksheet, formats: Formats, sheet: SheetCopy, at: tuple[int, int], findings: Sequence[LandedRow]
) -> None:
    """Colour the cell by the worst of its findings, and tell them all in a comment."""
    row, column = at
    value = sheet.rows[row][column] if row < len(sheet.rows) and column < len(sheet.rows[row]) else None
    worst = _worst(findings)
    edge = "#9C0006" if worst == "error" else "#BFBFBF"
    fill: dict[str, object] = {"bg_color": SEVERITY_FILL[worst], "border": 1, "border_color": edge}
    _write_cell(target, formats, at, value, dict(sheet.looks.get(at, {})) | fill)
    _comment(target, at, findings)


def _worst(findings: Sequence[LandedRow]) -> str:
    return SEVERITIES[min(SEVERITIES.index(finding["severity"]) for finding in findings)]


def _apart(merged: Sequence[Area], marked: Mapping[tuple[int, int], object]) -> list[Area]:
    """The merged areas that neither overlap one before nor hide a marked cell."""
    kept: list[Area] = []
    for area in merged:
        top, left, bottom, right = area
        hides = any(top <= r <= bottom and left <= c <= right and (r, c) != (top, left) for r, c in marked)
        overlaps = any(top <= b and t <= bottom and left <= r and o <= right for t, o, b, r in kept)
        if not hides and not overlaps:
            kept.append(area)
    return kept


def _write_cell(
    target: Worksheet, formats: Formats, at: tuple[int, int], value: Cell, look: dict[str, object]
) -> None:  # fmt: skip
    row, column = at
    if isinstance(value, bool):
        target.write_boolean(row, column, value, formats(**look))
    elif isinstance(value, int | float) and abs(value) < 1e300:
        target.write_number(row, column, value, formats(**look))
    elif isinstance(value, datetime) and value >= _FIRST_EXCEL_DAY:
        if not re.search("[dmyh]", str(look.get("num_format", "")), re.IGNORECASE):
            look["num_format"] = "dd/mm/yyyy"
        target.write_datetime(row, column, value, formats(**look))
    else:
        write_text(target, formats, row, column, "" if value is None else str(value), **look)


def _comment(target: Worksheet, at: tuple[int, int], findings: Sequence[LandedRow]) -> None:
    text = "\n\n".join(_told(finding) for finding in findings[:5])
    lines = sum(1 + len(line) // 52 for line in text.split("\n"))
    options = {"width": 340, "height": min(30 + 15 * lines, 480), "font_size": 9, "font_name": "Arial"}
    target.write_comment(*at, plain(text, 4_000), options | {"author": "Ban quản lý", "color": "#FFFFE1"})


def _told(finding: LandedRow) -> str:
    severity = SEVERITY[finding["severity"]]
    vietnamese = [f"{severity.vi.upper()} ({finding['finding_code']})"]
    english = [severity.en]
    if finding["found"]:
        vietnamese.append(f"Thấy: {in_language(finding, 'found', 'vi')}")
        english.append(f"Found: {in_language(finding, 'found', 'en')}")
    if finding["taken"]:
        vietnamese.append(f"Đã hiểu là: {in_language(finding, 'taken', 'vi')}")
        english.append(f"Taken as: {in_language(finding, 'taken', 'en')}")
    vietnamese += [f"Cần: {finding['expected_vi']}", f"Cách sửa: {finding['mend_vi']}"]
    english += [f"Expected: {finding['expected_en']}", f"To mend: {finding['mend_en']}"]
    return "\n".join([*vietnamese, "– – –", *english])
