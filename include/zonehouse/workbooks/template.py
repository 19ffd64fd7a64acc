"""The blank workbook of a form, written from its definition alone: one for each reporting unit and month.

What an accountant meets: a locked cover with the identity filled in, one sheet for each section with the rows of last
month, drop-downs, checks while typing, and last month's values in grey beside the cells to fill. What the reader meets:
its own labels, and nothing that it would remark on.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from zonehouse.forms import Column, CoverField, Form, FormCatalogue, Section
from zonehouse.forms.model import RowCheck, Sheet, Text
from zonehouse.intake.findings import CATALOGUE
from zonehouse.intake.sent import HINT_HEADER, LIST_SHEET, REFERENCE_HEADER
from zonehouse.intake.text import fold
from zonehouse.periods import Month
from zonehouse.workbooks.prefill import Prefill, PrefilledRow
from zonehouse.workbooks.safe import BOOK_OPTIONS, Formats, plain, save, write_text
from zonehouse.workbooks.words import BRAND, GREY, INK, INPUT, PALE

SPARE_ROWS = 15
EVENT_ROWS = 40
FIRST_DAY = date(1950, 1, 1)  # the reader takes no earlier day
_ILLEGAL_IN_NAMES = frozenset("[]:*?/\\'")
_PROTECTION = {"format_columns": True, "format_rows": True}
_A4 = 9
# Rows of a section's sheet, 0-based.
_TITLE, _WHO, _GUIDE, _GUIDE_EN, _GROUP, _HEADER, _HEADER_EN, _CODES, _FIRST = range(9)

_GUIDE_TEXT = Text(
    vi="Chỉ điền các ô nền vàng nhạt. Cột có dấu * là bắt buộc. Bằng không: ghi 0. Không phát sinh: ghi “-”. "
    "Không áp dụng: ghi “x”. Ô mã: chọn trong danh sách thả xuống.",
    en="Fill in the pale yellow cells only. Columns with * are required. Zero: 0. Nothing to report: “-”. "
    "Does not apply: “x”. Codes: choose from the drop-down list.",
)
_MORE_ROWS = Text(vi=" Dòng mới: điền tiếp xuống dưới.", en=" New rows: go on below.")
_STEPS = (
    Text(
        vi="Thông tin ở trên đã được điền sẵn; ô bị khoá không cần sửa. Nếu sai, báo cho ban quản lý.",
        en="The identity above is filled in and locked. If it is wrong, tell the authority.",
    ),
    Text(
        vi="Lần lượt mở từng trang ở hàng thẻ bên dưới: {sheets}. Điền các ô nền vàng nhạt.",
        en="Go through the sheets at the bottom and fill in the pale yellow cells.",
    ),
    Text(
        vi="Các dòng của tháng trước đã có sẵn mã. Số liệu tháng trước ở các cột màu xám bên phải chỉ để tham khảo.",
        en="Last month's rows stand there with their codes; its values in the grey columns are for reference only.",
    ),
    Text(
        vi="Dòng đã có mã mà tháng này không phát sinh: ghi 0 hoặc “-” ở các cột bắt buộc, hoặc xoá các ô của dòng đó.",
        en="A row that has nothing this month: write 0 or “-” in its required columns, or clear the row.",
    ),
    Text(
        vi="Lưu dạng Excel (.xlsx), không đặt mật khẩu, rồi gửi như mọi tháng{due}. Tên tệp tuỳ ý.",
        en="Save as .xlsx without a password and send it as every month{due}. Any file name will do.",
    ),
    Text(
        vi="Gửi lại để sửa: bản gửi sau thay thế toàn bộ bản trước của cùng kỳ.",
        en="To correct, send again: the later workbook replaces the earlier one of the same month.",
    ),
)


def write_form_template(  # noqa: PLR0913, PLR0917 - the core takes everything, and reads nothing else
    form: Form,
    identity: Mapping[str, str],
    month: Month,
    previous: Prefill,
    catalogue: FormCatalogue,
    out: Path,
) -> Path:
    """Write the blank workbook of a form; the same arguments give the same bytes.

    Args:
        identity: cover field code → what stands there (form, version and period are known).
        previous: the rows to start from and last month's values.
        out: the file to write.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, dict(BOOK_OPTIONS))
    made = month.last_day
    book.set_properties(
        {
            "title": f"{form.title.vi} {month}",
            "comments": f"{form.code} {form.version}",
            # No clock: a template written twice is the same file.
            "created": datetime(made.year, made.month, made.day),  # noqa: DTZ001 - as spreadsheets write it
        }
    )
    _Template(book, form, month, previous, catalogue).write(identity)
    book.close()
    return save(target.getvalue(), out)


def choices(catalogue: FormCatalogue, column: Column) -> dict[str, str]:
    """Code → what the drop-down of a code column offers; a code alone where two labels are alike."""
    entries = catalogue.codes_of(column)
    keys = [fold(entry.choice) for entry in entries.values()]
    return {code: entry.choice if keys.count(fold(entry.choice)) == 1 else code for code, entry in entries.items()}


def month_text(month: Month) -> str:
    """``07/2016``, as Vietnamese forms write it."""
    return f"{month.number:02d}/{month.year}"


class _Template:
    """One workbook being written."""

    def __init__(
        self, book: xlsxwriter.Workbook, form: Form, month: Month, previous: Prefill, catalogue: FormCatalogue
    ) -> None:
        self._book, self._form, self._month = book, form, month
        self._prefill, self._catalogue = previous, catalogue
        self._formats = Formats(book, font_name="Arial", font_size=10, font_color=INK, valign="vcenter")
        self._choices: dict[str, dict[str, str]] = {}
        self._sources: dict[str, str] = {}

    def write(self, identity: Mapping[str, str]) -> None:
        who = self._cover(identity)
        sheets = [(section, self._add_sheet(section.sheet)) for section in self._form.sections]
        self._lists()
        for section, sheet in sheets:
            _SectionSheet(self._formats, sheet, section, self._prefill, self._column_choices(section)).write(
                f"{who} – kỳ {month_text(self._month)}", self._month
            )

    def _add_sheet(self, names: Sheet) -> Worksheet:
        label = names.vi if not _ILLEGAL_IN_NAMES.intersection(names.vi) and len(names.vi) <= 31 else names.code
        sheet = self._book.add_worksheet(label)
        sheet.set_paper(_A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&RTrang &P/&N")
        sheet.hide_gridlines(2)
        sheet.protect("", dict(_PROTECTION))
        return sheet

    # The cover

    def _cover(self, identity: Mapping[str, str]) -> str:
        """Write the cover; returns who reports, for the other sheets."""
        sheet = self._add_sheet(self._form.cover.sheet)
        formats = self._formats
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 62)
        sheet.set_column(2, 2, 30)
        write_text(sheet, formats, 0, 0, self._form.title.vi, bold=True, font_size=15, font_color=BRAND)
        write_text(sheet, formats, 1, 0, self._form.title.en, italic=True, font_color=GREY)
        known = dict(identity) | {
            "form_code": self._form.code,
            "form_version": self._form.version,
            "period_month": str(self._month),
        }
        days = {"period_start": self._month.first_day, "period_end": self._month.last_day}
        for offset, field in enumerate(self._form.cover.fields):
            self._cover_field(sheet, 3 + offset, field, known.get(field.code) or days.get(field.code))
        row = 3 + len(self._form.cover.fields)
        sheet.ignore_errors({"number_stored_as_text": f"B4:B{row}"})
        self._steps(sheet, row + 1)
        return " – ".join(known[code] for code in ("enterprise_name", self._form.reporting_unit_field) if code in known)

    def _cover_field(self, sheet: Worksheet, row: int, field: CoverField, value: str | date | None) -> None:
        formats = self._formats
        sheet.set_row(row, 19)
        star = " *" if field.required else ""
        write_text(sheet, formats, row, 0, field.vi + star, bold=True, border=1, border_color="#D1D5DB", bg_color=PALE)
        write_text(sheet, formats, row, 2, field.en, italic=True, font_size=8, font_color=GREY, indent=1)
        locked = isinstance(value, str)
        look: dict[str, object] = {"border": 1, "border_color": "#D1D5DB", "align": "left", "indent": 1}
        look |= {"locked": 1, "bg_color": "#FFFFFF"} if locked else {"locked": 0, "bg_color": INPUT}
        if field.type == "date":
            look["num_format"] = "dd/mm/yyyy"
            sheet.data_validation(row, 1, row, 1, _date_rule(field.label))
        if isinstance(value, date):
            sheet.write_datetime(row, 1, value, formats(**look))
        else:
            write_text(sheet, formats, row, 1, value or "", **look)

    def _steps(self, sheet: Worksheet, row: int) -> None:
        formats = self._formats
        write_text(sheet, formats, row, 0, "CÁCH ĐIỀN VÀ GỬI / HOW TO FILL IN AND SEND", bold=True, font_color=BRAND)
        due = self._form.due.due_on(self._month) if self._form.due else None
        words = {
            "vi": {
                "sheets": ", ".join(f"“{section.sheet.vi}”" for section in self._form.sections),
                "due": f", hạn {due:%d/%m/%Y}" if due else "",
            },
            "en": {"sheets": "", "due": f", due on {due:%d/%m/%Y}" if due else ""},
        }
        for number, step in enumerate(_STEPS, start=1):
            at = row + number
            sheet.set_row(at, 30)
            steps = [
                formats(text_wrap=1),
                f"{number}. {step.vi.format_map(words['vi'])}\n",
                formats(font_size=8, italic=True, font_color=GREY),
                step.en.format_map(words["en"]),
                formats(text_wrap=1, valign="top"),
            ]
            sheet.merge_range(at, 0, at, 2, "", formats(text_wrap=1, valign="top"))
            sheet.write_rich_string(at, 0, *steps)

    # The code lists

    def _lists(self) -> None:
        """The hidden sheet behind the drop-downs: four columns a list (choice, code, labels), a gap between."""
        columns = {
            _list_name(section, column): column
            for section in self._form.sections
            for column in section.columns
            if column.type == "code"
        }
        if not columns:
            return
        sheet = self._book.add_worksheet(LIST_SHEET)
        sheet.hide()
        sheet.protect("")
        for number, (name, column) in enumerate(columns.items()):
            self._list(sheet, number * 5, name, column)

    def _list(self, sheet: Worksheet, left: int, name: str, column: Column) -> None:
        offered = choices(self._catalogue, column)
        self._choices[name] = offered
        entries = self._catalogue.codes_of(column)
        for across, head in enumerate((name, "code", "label_vi", "label_en")):
            write_text(sheet, self._formats, 0, left + across, head, bold=True)
        for row, (code, choice) in enumerate(offered.items(), start=1):
            entry = entries[code]
            for across, text in enumerate((choice, code, entry.label_vi, entry.label_en)):
                write_text(sheet, self._formats, row, left + across, text)
        first = xl_rowcol_to_cell(1, left, row_abs=True, col_abs=True)
        last = xl_rowcol_to_cell(len(offered), left, row_abs=True, col_abs=True)
        self._sources[name] = f"={LIST_SHEET}!{first}:{last}"

    def _column_choices(self, section: Section) -> dict[str, tuple[dict[str, str], str]]:
        names = {column.code: _list_name(section, column) for column in section.columns if column.type == "code"}
        return {code: (self._choices[name], self._sources[name]) for code, name in names.items()}


def _list_name(section: Section, column: Column) -> str:
    return column.code_list or f"{section.code}.{column.code}"


class _SectionSheet:
    """The sheet of one section."""

    def __init__(
        self,
        formats: Formats,
        sheet: Worksheet,
        section: Section,
        prefill: Prefill,
        code_lists: Mapping[str, tuple[dict[str, str], str]],
    ) -> None:
        self._formats, self._sheet, self._section = formats, sheet, section
        self._lists = code_lists
        self._rows: Sequence[PrefilledRow] = prefill.rows.get(section.code, ())
        self._previous_month = prefill.month
        self._at = {column.code: index for index, column in enumerate(section.columns)}
        self._last = _FIRST + len(self._rows) + self._spare() - 1

    def write(self, who: str, month: Month) -> None:
        self._top(who, month)
        for column in self._section.columns:
            self._column(column)
        for offset, row in enumerate(self._rows):
            self._line(_FIRST + offset, row)
        for offset in range(len(self._rows), self._last - _FIRST + 1):
            self._line(_FIRST + offset, PrefilledRow({}))
        self._reference()
        for check in self._section.checks:
            self._mark(check)
        keys = [self._at[code] for code in self._section.row_key]
        self._sheet.freeze_panes(_FIRST, max(keys) + 1 if sorted(keys) == list(range(len(keys))) else 0)
        self._sheet.repeat_rows(_GROUP, _HEADER)
        # What is printed and signed is what was filled in.
        self._sheet.print_area(0, 0, self._last, max(len(self._section.columns) - 1, 1))
        texts = [column for column in self._section.columns if column.type in ("text", "code", "tax_code")]
        if texts:
            self._sheet.ignore_errors({"number_stored_as_text": f"A{_FIRST + 1}:AZ{self._last + 1}"})

    def _spare(self) -> int:
        keys = self._section.row_key
        offered, _ = self._lists.get(keys[0], ({}, ""))
        if len(keys) == 1 and offered and len(self._rows) >= len(offered):
            return 0  # every code has its row already
        return EVENT_ROWS if not self._rows else SPARE_ROWS

    # The head

    def _top(self, who: str, month: Month) -> None:
        sheet, formats, section = self._sheet, self._formats, self._section
        width = max(len(section.columns) - 1, 1)
        self._title(f"{section.title.vi} / {section.title.en}", width)
        write_text(sheet, formats, _WHO, 0, who, bold=True)
        checks = "".join(f" Kiểm tra: {check.vi} (ô sai tô đỏ)." for check in section.checks)
        checks_en = "".join(f" Check: {check.en} (red when not)." for check in section.checks)
        more = _MORE_ROWS if self._spare() else Text(vi="", en="")
        for row, text, look in (
            (_GUIDE, _GUIDE_TEXT.vi + more.vi + checks, {}),
            (_GUIDE_EN, _GUIDE_TEXT.en + more.en + checks_en, {"font_size": 8, "italic": True, "font_color": GREY}),
        ):
            sheet.set_row(row, self._height(text, 13 if row == _GUIDE else 11))
            sheet.merge_range(row, 0, row, width, "", formats(text_wrap=1, valign="top"))
            write_text(sheet, formats, row, 0, text, text_wrap=1, valign="top", **look)
        self._group(0, len(section.columns) - 1, f"ĐIỀN KỲ {month_text(month)} / FILL IN {month}", BRAND)
        sheet.set_row(_HEADER, 66)
        sheet.set_row(_HEADER_EN, 34)
        sheet.set_row(_CODES, None, None, {"hidden": True})

    def _title(self, title: str, width: int) -> None:
        """Over several lines where the columns are few: what stands beyond them is not printed."""
        look: dict[str, object] = {"bold": True, "font_size": 14, "font_color": BRAND}
        lines = -(-len(title) // max(int(self._across / 1.5), 14))  # a letter of this size takes 1.5 of the others
        if lines > 1:
            self._sheet.set_row(_TITLE, 19 * lines)
            self._sheet.merge_range(_TITLE, 0, _TITLE, width, "", self._formats(text_wrap=1, valign="top"))
            look |= {"text_wrap": 1, "valign": "top"}
        write_text(self._sheet, self._formats, _TITLE, 0, title, **look)

    def _height(self, text: str, line: int) -> float:
        """Points that a wrapped text needs over the width of the input columns."""
        return float(line * max(1, -(-len(text) // max(int(self._across * 1.05), 20))))

    @property
    def _across(self) -> float:
        """Width of the input columns."""
        return sum(_width(column) for column in self._section.columns)

    def _group(self, first: int, last: int, text: str, colour: str) -> None:
        look = {"bold": 1, "font_color": "#FFFFFF", "bg_color": colour, "align": "left", "indent": 1, "font_size": 9}
        for at in range(first, last + 1):
            self._sheet.write_blank(_GROUP, at, None, self._formats(**look))
        write_text(self._sheet, self._formats, _GROUP, first, text, **look)

    def _column(self, column: Column) -> None:
        at = self._at[column.code]
        sheet, formats = self._sheet, self._formats
        sheet.set_column(at, at, _width(column))
        star = " *" if column.required else ""
        head: dict[str, object] = {"text_wrap": 1, "border": 1, "border_color": "#9CA3AF", "align": "center"}
        write_text(sheet, formats, _HEADER, at, column.vi + star, bold=True, bg_color="#DCE6F1", **head)
        write_text(
            sheet, formats, _HEADER_EN, at, column.en,
            italic=True, font_size=8, font_color=GREY, bg_color="#DCE6F1", **head,
        )  # fmt: skip
        write_text(sheet, formats, _CODES, at, column.sent_code, font_size=7, font_color=GREY)
        rule = self._rule(column, xl_rowcol_to_cell(_FIRST, at))
        if rule is not None:
            sheet.data_validation(_FIRST, at, self._last, at, rule)

    # The rows

    def _line(self, row: int, line: PrefilledRow) -> None:
        self._sheet.set_row(row, 18)
        for column in self._section.columns:
            look: dict[str, object] = {"locked": 0, "bg_color": INPUT, "border": 1, "border_color": "#D1D5DB"}
            self._put(row, self._at[column.code], column, line.values.get(column.code), look)

    def _put(self, row: int, at: int, column: Column, value: Any, look: dict[str, object]) -> None:  # noqa: ANN401
        look = look | _number_format(column)
        if isinstance(value, date):
            self._sheet.write_datetime(row, at, value, self._formats(**look))
        elif isinstance(value, bool):
            write_text(self._sheet, self._formats, row, at, "Có" if value else "Không", **look)
        elif value is not None and not isinstance(value, str):
            self._sheet.write_number(row, at, float(value), self._formats(**look))
        else:
            write_text(self._sheet, self._formats, row, at, self._shown(column, value), **look)

    def _shown(self, column: Column, value: str | None) -> str:
        if value is None:
            return ""
        offered, _ = self._lists.get(column.code, ({}, ""))
        return offered.get(value, value)

    # Last month's values

    def _reference(self) -> None:
        hinted = any(row.hint for row in self._rows)
        columns = [c for c in self._section.columns if any(r.previous.get(c.code) is not None for r in self._rows)]
        left = len(self._section.columns) + 1
        if not hinted and not columns:
            return
        self._sheet.set_column(left - 1, left - 1, 2)
        if hinted:
            self._reference_head(left, f"{HINT_HEADER}: tên / name", 34)
            for offset, row in enumerate(self._rows):
                write_text(self._sheet, self._formats, _FIRST + offset, left, row.hint or "", **_REFERENCE_LOOK)
        first = left + 1 if hinted else left
        for across, column in enumerate(columns, start=first):
            self._reference_head(across, f"{REFERENCE_HEADER}: {column.vi}", 15, column.en)
            for offset, row in enumerate(self._rows):
                self._put(_FIRST + offset, across, column, row.previous.get(column.code), dict(_REFERENCE_LOOK))
        if columns and self._previous_month is not None:
            month = month_text(self._previous_month)
            title = f"KỲ TRƯỚC {month} – CHỈ ĐỂ THAM KHẢO / LAST REPORT, REFERENCE ONLY"
        else:
            title = "THAM KHẢO / REFERENCE"
        self._group(left, first + len(columns) - 1, title, GREY)

    def _reference_head(self, at: int, text: str, width: int, english: str = "") -> None:
        self._sheet.set_column(at, at, width)
        head: dict[str, object] = {
            "text_wrap": 1, "border": 1, "border_color": "#D1D5DB", "align": "center", "font_size": 8,
            "font_color": GREY, "bg_color": PALE,
        }  # fmt: skip
        write_text(self._sheet, self._formats, _HEADER, at, text, **head)
        write_text(self._sheet, self._formats, _HEADER_EN, at, f"Last: {english}" if english else "", italic=1, **head)

    # Checks while typing

    def _mark(self, check: RowCheck) -> None:
        """Colour the cells of a row that breaks a rule of the form."""
        left = [self._kept(code) for code in check.left_columns]
        right = xl_rowcol_to_cell(_FIRST, self._at[check.right], col_abs=True)
        broken = f"=AND(ISNUMBER({right}),SUM({','.join(left)})>{self._kept(check.right)})"
        red = self._formats(bg_color="#FFC7CE", font_color="#9C0006")
        for code in (*check.left_columns, check.right):
            at = self._at[code]
            self._sheet.conditional_format(
                _FIRST, at, self._last, at, {"type": "formula", "criteria": broken, "format": red}
            )

    def _kept(self, code: str) -> str:
        """A cell of the first row in the unit that its column is kept in, so that a rule compares like with like."""
        cell = xl_rowcol_to_cell(_FIRST, self._at[code], col_abs=True)
        factor = self._section.column(code).factor
        return cell if factor is None else f"N({cell})*{factor:f}"

    def _rule(self, column: Column, cell: str) -> dict[str, Any] | None:
        if column.is_number:
            return _number_rule(column, cell)
        if column.type == "code":
            return _list_rule(column, self._lists[column.code][1])
        if column.type == "boolean":
            return _list_rule(column, ["Có", "Không"])
        if column.type == "date":
            return _date_rule(column.label)
        return None


_REFERENCE_LOOK: dict[str, object] = {"font_color": GREY, "bg_color": PALE, "border": 1, "border_color": "#E5E7EB"}


def _width(column: Column) -> int:
    if column.type == "code":
        return 22 if column.codes else 30
    if column.type in ("text", "tax_code"):
        return 16 if column.kind == "attribute" else 22
    return 12 if column.type in ("date", "boolean") else 15


def _number_format(column: Column) -> dict[str, object]:
    if column.is_number:
        whole = "0" if column.kind == "key" else "#,##0"
        # A larger unit has more decimals that count.
        decimals = "#,##0.00###" if column.factor is not None and column.factor > 1 else "#,##0.00"
        return {"num_format": whole if column.type == "integer" else decimals, "align": "right"}
    return {"num_format": "dd/mm/yyyy" if column.type == "date" else "@", "align": "left", "text_wrap": 1}


def _told(label: Text, vi: str, en: str) -> dict[str, Any]:
    """The message of a refused entry; Excel takes 32 characters of title and 255 of text."""
    return {
        "error_title": "Giá trị không hợp lệ / Not valid",
        "error_message": plain(f"{label.vi}: {vi}\n{en}", 255),
        "error_type": "stop",
        "ignore_blank": True,
    }


def _is_error(code: str, severity: str | None) -> bool:
    return (severity or CATALOGUE[code].severity) == "error"


def _number_rule(column: Column, cell: str) -> dict[str, Any]:
    parts = [f"ISNUMBER({cell})"]
    vi = "số nguyên" if column.type == "integer" else "một số"
    en = "a whole number" if column.type == "integer" else "a number"
    if column.type == "integer":
        parts.append(f"{cell}=INT({cell})")
    # A bound that only warns when the workbook is read does not keep anybody from entering what is right.
    if column.minimum is not None and _is_error("below_minimum", column.minimum_severity):
        parts.append(f"{cell}>={column.minimum:g}")
        vi, en = f"{vi} không nhỏ hơn {column.minimum:g}", f"{en} of at least {column.minimum:g}"
    if column.maximum is not None and _is_error("above_maximum", column.maximum_severity):
        parts.append(f"{cell}<={column.maximum:g}")
        vi, en = f"{vi} không lớn hơn {column.maximum:g}", f"{en} of at most {column.maximum:g}"
    number = f"AND({','.join(parts)})"
    if column.kind == "key":
        rule, also_vi, also_en = number, "", ""
    else:
        rule = f'OR({number},{cell}="-",{cell}="x")'
        also_vi, also_en = (
            "; “-” nếu không phát sinh; “x” nếu không áp dụng",
            "; “-” for nothing; “x” if not applicable",
        )
    return {"validate": "custom", "value": f"={rule}"} | _told(column.label, f"nhập {vi}{also_vi}.", f"{en}{also_en}.")


def _list_rule(column: Column, source: str | list[str]) -> dict[str, Any]:
    return {"validate": "list", "source": source} | _told(
        column.label, "chọn một dòng trong danh sách thả xuống.", "choose from the drop-down list."
    )


def _date_rule(label: Text) -> dict[str, Any]:
    return {
        "validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": date(2100, 12, 31)
    } | _told(label, "nhập ngày dạng ngày/tháng/năm.", "enter a date, day first.")  # fmt: skip
