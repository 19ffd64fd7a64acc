"""Writing a submission as a workbook whose layout follows the form definition and the sender's habits."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from zonehouse.forms import Column, CoverField, Form, FormCatalogue, Section
from zonehouse.forms.model import Sheet
from zonehouse.periods import Month
from zonehouse.sample.draws import draw

SYNTHETIC = "DỮ LIỆU GIẢ LẬP – SYNTHETIC DATA"

Value = str | int | float | date | Month | None
Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Style:
    """How a sender fills in forms; the default is how the authority does."""

    sheet_codes: bool = False
    codes_row: bool = False
    numbering_row: bool = False
    totals_row: bool = False
    code_labels: bool = True
    numeric_codes: bool = False
    dates_as_text: bool = False
    shuffled: bool = False
    text_numbers: bool = False
    left_margin: int = 0
    title_rows: int = 2
    month_format: int = 0
    decimals: int = 3
    zero_mark: str | int = 0
    file_name: int = 0


def draw_style(seed: int, who: int, text_numbers: bool) -> Style:
    """The habits of an enterprise, the same every month."""
    generator = draw(seed, "style", who)

    def one_in(count: int) -> bool:
        return generator.randrange(count) == 0

    return Style(
        sheet_codes=one_in(3),
        codes_row=one_in(4),
        numbering_row=one_in(5),
        totals_row=one_in(3),
        code_labels=not one_in(3),
        numeric_codes=one_in(6),
        dates_as_text=one_in(4),
        shuffled=one_in(8),
        left_margin=1 if one_in(6) else 0,
        title_rows=generator.randint(1, 4),
        month_format=generator.randrange(4),
        # Text with two decimals can be read in one way only; see the reader's rule for a lone separator.
        decimals=2 if text_numbers else generator.choice((0, 1, 2, 3, 3)),
        zero_mark=generator.choice((0, 0, "-", "x")),
        file_name=generator.randrange(4),
        text_numbers=text_numbers,
    )


@dataclass(frozen=True)
class Submission:
    """What one workbook says: cover values by field code, rows by section code, values by column code.

    ``without`` is a section that is left out, ``replaced`` a (section, column, text) put into its first row.
    """

    form: Form
    month: Month
    cover: Mapping[str, Any]
    tables: Tables
    style: Style
    without: str | None = None
    replaced: tuple[str, str, str] | None = None


def write_workbook(submission: Submission, catalogue: FormCatalogue) -> bytes:
    """The workbook's bytes: the same submission gives the same bytes."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    written_on = submission.cover["prepared_on"]
    book.set_properties(
        {
            "title": f"{SYNTHETIC}: {submission.form.title.vi}",
            "subject": SYNTHETIC,
            "comments": f"{SYNTHETIC}. No real enterprise, project or figure.",
            "created": datetime(written_on.year, written_on.month, written_on.day),  # noqa: DTZ001 - local, as Excel's
        }
    )
    _Writer(book, submission, catalogue).write()
    book.close()
    return target.getvalue()


class _Writer:
    """One workbook being written."""

    def __init__(self, book: xlsxwriter.Workbook, submission: Submission, catalogue: FormCatalogue) -> None:
        self._book, self._submission, self._catalogue = book, submission, catalogue
        self._style = submission.style
        self._bold = book.add_format({"bold": True})
        self._header = book.add_format({"bold": True, "text_wrap": True, "border": 1, "valign": "top"})
        self._date = book.add_format({"num_format": "dd/mm/yyyy"})

    def write(self) -> None:
        self._write_cover()
        for section in self._submission.form.sections:
            if section.code != self._submission.without:
                self._write_section(section)

    def _sheet(self, names: Sheet) -> Worksheet:
        return self._book.add_worksheet(names.code if self._style.sheet_codes else names.vi)

    def _write_cover(self) -> None:
        form, left = self._submission.form, self._style.left_margin
        sheet = self._sheet(form.cover.sheet)
        sheet.set_column(left, left + 1, 42)
        sheet.write_string(0, left, SYNTHETIC, self._bold)
        sheet.write_string(1, left, form.title.vi.upper(), self._bold)
        for offset, field in enumerate(form.cover.fields):
            sheet.write_string(3 + offset, left, field.vi)
            self._write(sheet, 3 + offset, left + 1, self._cover_value(field))

    def _cover_value(self, field: CoverField) -> Value:
        value = self._submission.cover.get(field.code)
        return self._month(value) if isinstance(value, Month) else value

    def _month(self, month: Month) -> str:
        year, number = month.year, month.number
        texts = (str(month), f"{number:02d}/{year}", f"Tháng {number}/{year}", f"Tháng {number:02d} năm {year}")
        return texts[self._style.month_format]

    def _write_section(self, section: Section) -> None:
        sheet, left = self._sheet(section.sheet), self._style.left_margin
        columns = self._columns(section)
        sheet.set_column(left, left + len(columns) - 1, 20)
        month = self._submission.month
        titles = (section.title.vi.upper(), f"Tháng {month.number} năm {month.year}", SYNTHETIC)
        for row, title in enumerate(titles[: self._style.title_rows]):
            sheet.write_string(row, left, title, self._bold)
        row = self._style.title_rows
        for across, column in enumerate(columns):
            sheet.write_string(row, left + across, column.vi, self._header)
        row = self._write_guides(sheet, row, columns)
        for line in self._lines(section):
            row += 1
            for across, column in enumerate(columns):
                self._write(sheet, row, left + across, line.get(column.code))

    def _columns(self, section: Section) -> list[Column]:
        columns = list(section.columns)
        if self._style.shuffled:
            draw(0, "columns", section.code).shuffle(columns)
        return columns

    def _write_guides(self, sheet: Worksheet, row: int, columns: Sequence[Column]) -> int:
        for wanted, texts in (
            (self._style.codes_row, [column.sent_code for column in columns]),
            (self._style.numbering_row, [f"({position})" for position, _ in enumerate(columns, 1)]),
        ):
            if wanted:
                row += 1
                for across, text in enumerate(texts):
                    sheet.write_string(row, self._style.left_margin + across, text)
        return row

    def _lines(self, section: Section) -> list[dict[str, Any]]:
        rows = self._submission.tables.get(section.code, ())
        lines = [{c.code: self._shown(c, row.get(c.code)) for c in section.columns} for row in rows]
        if self._submission.replaced is not None and self._submission.replaced[0] == section.code and lines:
            _, column, text = self._submission.replaced
            lines[0][column] = text
        if self._style.totals_row and (total := self._totals(section, rows)):
            lines.append(total)
        return lines

    def _totals(self, section: Section, rows: Sequence[Row]) -> dict[str, Any] | None:
        """A row of sums of the money columns, labelled in a text column of the key; None where that has no sense."""
        label = next((c.code for c in section.columns if c.kind == "key" and c.type == "text"), None)
        summed = [c for c in section.columns if c.unit is not None and c.kind in ("flow", "year_to_date")]
        if label is None or not summed or not rows:
            return None
        sums = {c.code: round(sum(row.get(c.code) or 0 for row in rows), 3) for c in summed}
        return {label: "Tổng cộng", **{c.code: self._shown(c, sums[c.code]) for c in summed}}

    def _shown(self, column: Column, value: Value) -> Value:
        if column.type == "code" and value is not None:
            return self._shown_code(column, str(value))
        if column.is_number and value == 0 and not column.required:
            return self._style.zero_mark
        if column.type == "number" and value is not None:
            return self._shown_number(column, Decimal(str(value)))
        return value

    def _shown_number(self, column: Column, kept: Decimal) -> str | int | float:
        """In the unit that the form asks for, with as many more decimals as that unit is larger."""
        factor = column.factor or Decimal(1)
        sent = kept / factor
        if self._style.text_numbers:
            return f"{sent:,.{max(0, 2 + factor.adjusted())}f}".translate(str.maketrans(",.", ".,"))
        return int(sent) if sent == sent.to_integral_value() else float(sent)

    def _shown_code(self, column: Column, code: str) -> str | int:
        if self._style.numeric_codes and code.isdigit():
            return int(code)  # a spreadsheet that takes "03" for a number
        entry = self._catalogue.codes_of(column).get(code)
        return entry.label_vi if column.codes and self._style.code_labels and entry else code

    def _write(self, sheet: Worksheet, row: int, column: int, value: Value) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_string(row, column, "Có" if value else "Không")
        elif isinstance(value, date):
            self._write_date(sheet, row, column, value)
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value)
        else:
            sheet.write_string(row, column, str(value))

    def _write_date(self, sheet: Worksheet, row: int, column: int, value: date) -> None:
        if self._style.dates_as_text:
            sheet.write_string(row, column, f"{value:%d/%m/%Y}")
        else:
            sheet.write_datetime(row, column, value, self._date)
