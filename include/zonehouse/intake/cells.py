"""One cell at a time: from what a spreadsheet holds to a typed value, with a finding for every doubt and repair.

Values leave as JSON-ready data: dates as text, numbers as typed (``kept_number`` says what lands of them; whole columns
are converted at once later), or as text where they were read from text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from zonehouse.intake.findings import CATALOGUE, Address, FindingKind, Findings
from zonehouse.intake.looks import Format, is_share, stored_and_shown
from zonehouse.intake.mending import ERROR_TEXTS, Mender
from zonehouse.intake.numbers import NumberError, decimal_mark_of, parse_number
from zonehouse.intake.plan import ColumnPlan, UnitPlan
from zonehouse.intake.taxcode import read_tax_code
from zonehouse.intake.text import clean, column_letters, fold, shown
from zonehouse.intake.units import number_and_unit, own_unit
from zonehouse.intake.vietnamese import repaired, spellings

Value = str | int | float | bool | None
CellFunction = Callable[[object, ColumnPlan, int, int], Value]

DASHES = frozenset("-–—−")
# What people write for the marks, folded; what may mean "not known yet" (n/a) is none of them.
MARK_WORDS = {
    **dict.fromkeys(("khong", "khong co", "khong phat sinh", "kps", "nil", "none", "--", "---"), "dash"),
    "khong ap dung": "not_applicable",
}
_MARK_SIGNS = {"dash": "-", "not_applicable": "x"}
_NUMBERS = frozenset((float, int))
_KNOWN_CODES, _KNOWN_LENGTH = 4_096, 100  # of a column's memory; a workbook may hold anything
TOO_LARGE = 10**18  # decimal(24,6) holds 18 digits before the point
FIRST_YEAR, LAST_YEAR = 1900, 2999
SAME_SIZE = 1.5  # powers of ten: half of what a mark that is read wrongly makes of a number
_SIX_PLACES = Decimal("0.000001")
# Dashes, Cyrillic letters, fullwidth signs; a soft hyphen is nothing.
_LOOK_ALIKES = str.maketrans("‐‑‒–—−АВЕІЈКМНОРСТХУ", "------ABEIJKMHOPCTXY", "\u00ad") | {
    0xFEE0 + code: code for code in range(0x21, 0x7F)
}
_TRUE = frozenset(("co", "x", "yes", "y", "true", "1", "dung"))
_FALSE = frozenset(("khong", "no", "n", "false", "0", "sai"))
_ISO_DAY = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?$")
_DAY_FIRST = re.compile(r"^(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})$")
_DAY_WORDS = re.compile(r"^(?:(?:[^\W\d][^\d,]{0,60}, ?)?ngay )?(\d{1,2}) thang (\d{1,2}) nam (\d{4})$")
_YEAR_MONTH = re.compile(r"^(\d{4})\s*[-/.]\s*(\d{1,2})$")
_MONTH_YEAR = re.compile(r"^(?:thang|thg|t|month)?\s*\.?\s*(\d{1,2})\s*(?:[-/.]|nam)\s*(\d{4})$")
_PLAIN_NUMBER = re.compile(r"^-?\d+(?:[.,]\d+)?$")
# TCVN3 and VNI show as Latin-1 letters, VIQR puts its marks behind vowels: a text of other signs is in Unicode, and so
# is one with a letter that Latin-1 has not. What may begin a formula or an error is in neither.
_ASCII = ' "%&\\-,/0-9:;A-Z_a-z|'
_BEYOND_LATIN_1 = "ĂăĐđĨĩŨũƠơƯư\u1ea0-\u1ef9"
_LATIN_1 = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý"
_PLAIN_TEXT = re.compile(f"[{_ASCII}{_BEYOND_LATIN_1}]*")
_UNICODE_TEXT = re.compile(f"[{_ASCII}{_LATIN_1}]*[{_BEYOND_LATIN_1}][{_ASCII}{_BEYOND_LATIN_1}{_LATIN_1}]*")


def parse_date(text: str) -> date | None:
    """ISO, ``31/05/2016`` (day first, never guessed), ``ngày 31 tháng 5 năm 2016``; None for anything else."""
    folded = fold(text)
    if match := _ISO_DAY.match(folded.upper()):
        year, month, day = map(int, match.groups())
    elif match := _DAY_FIRST.match(folded) or _DAY_WORDS.match(folded):
        day, month, year = map(int, match.groups())
    else:
        return None
    return _day(year, month, day)


def parse_month(text: str) -> str | None:
    """``2016-05``, ``05/2016``, ``tháng 5/2016``, ``Tháng 05 năm 2016`` or a date as ``YYYY-MM``; None otherwise."""
    folded = fold(text)
    if match := _YEAR_MONTH.match(folded):
        year, month = map(int, match.groups())
    elif match := _MONTH_YEAR.match(folded):
        month, year = map(int, match.groups())
    else:
        found = parse_date(text)
        return None if found is None else f"{found:%Y-%m}"
    return f"{year:04d}-{month:02d}" if 1 <= month <= 12 and FIRST_YEAR <= year <= LAST_YEAR else None


def from_serial(serial: float, epoch_1904: bool) -> date | None:
    """The day of an Excel serial number; None outside 1950 to 2100, where no report has a date."""
    if not 1 <= serial < 80_000:
        return None
    # Serials of the 1900 system count a 29 February 1900 that never was; from March 1900 on day 0 is 30/12/1899.
    start = date(1904, 1, 1) if epoch_1904 else date(1899, 12, 30)
    found = start + timedelta(days=int(serial))
    return found if 1950 <= found.year <= 2100 else None


def _day(year: int, month: int, day: int) -> date | None:
    with suppress(ValueError):
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    return None


def kept_number(value: float | str) -> Decimal:
    """What the landing keeps of a number: six decimals, a typed one rounded from its exact binary value."""
    if not isinstance(value, float):
        return Decimal(value)
    return Decimal(int(value)) if value.is_integer() else Decimal(f"{value:.6f}")


def is_blank(value: object) -> bool:
    """Whether a cell holds nothing, or nothing but white space."""
    return value is None or (isinstance(value, str) and not value.strip(" \t\r\n\u00a0\u200b\ufeff"))


def is_plain(text: str) -> bool:
    """Whether a text is surely written in composed Unicode; white space and length apart, it is taken as it is."""
    return bool(_PLAIN_TEXT.fullmatch(text) or _UNICODE_TEXT.fullmatch(text)) and "dd" not in text.lower()


def are_plain(texts: Sequence[str], most: int) -> bool:
    """Whether every text is taken as it is, whatever a reader of cells would mend, and none is longer than ``most``."""
    joined = "|".join(texts)
    return bool(
        (_PLAIN_TEXT.fullmatch(joined) or all(map(is_plain, texts)))
        and not any(doubt in joined for doubt in ("  ", "| ", " |", "dd", "DD", "Dd"))
        and joined == joined.strip(" ")
        and max(map(len, texts)) <= most
    )


class CellReader:
    """Reads the cells of one sheet; every doubt goes to ``findings`` with the cell's address.

    Args:
        is_text: the file holds nothing but texts (CSV), so that a number or a date written plainly is no repair.
        lost: addresses (``D7``) whose value the file does not hold → the finding's code (errors, uncached formulas).
        formats: addresses → number formats that may show something else than is stored.
    """

    def __init__(  # noqa: PLR0913 - what a sheet's cells have in common
        self,
        findings: Findings,
        sheet: str,
        *,
        epoch_1904: bool = False,
        lost: dict[str, str] | None = None,
        formats: Mapping[str, Format] | None = None,
        text_length: int = 2_000,
        is_text: bool = False,
        mender: Mender | None = None,
    ) -> None:
        self._findings = findings
        self._sheet = sheet
        self._epoch_1904 = epoch_1904
        self.lost: Mapping[str, str] = lost or {}
        self._formats = formats or {}
        self.told: set[tuple[str, str]] = set()  # unit and column that were said for the whole column
        # All texts in the number columns of the sheet; asked for once, when a text reads in two ways.
        self.number_texts: Callable[[], Iterable[str]] = tuple
        # The sizes of the numbers in a column, by its place, that read in one way only.
        self.sizes: Callable[[int], Sequence[float]] = lambda _: ()
        self._text_length = text_length
        self._is_text = is_text
        self.mender = mender or Mender()
        self._mark: str | None = None
        self._mark_known = False
        self._readers: dict[str, CellFunction] = {
            "text": self._text,
            "code": self._code,
            "tax_code": self._tax_code,
            "date": self._date,
            "month": self._month,
            "boolean": self._boolean,
        }

    def value(self, value: object, column: ColumnPlan, row: int, index: int) -> Value:
        """A cell of a column that is no number; ``row`` and ``index`` are 0-based."""
        if is_blank(value) or (self.lost and f"{column_letters(index)}{row + 1}" in self.lost):
            self._blank(column, row, index)
            return None
        return self._readers[column.type](value, column, row, index)

    def number(  # noqa: PLR0911 - what a cell may hold, one after the other
        self, value: object, column: ColumnPlan, row: int, index: int
    ) -> tuple[Value, str | None]:
        """A cell of a number column, and its mark: None (a number was given), blank, dash or not_applicable."""
        if isinstance(value, (float, int)) and not isinstance(value, bool):
            if self.lost and f"{column_letters(index)}{row + 1}" in self.lost:  # the 0 of a formula never computed
                self._blank(column, row, index)
                return None, "blank"
            if self._formats and (look := self._formats.get(f"{column_letters(index)}{row + 1}")) is not None:
                return self._as_shown(value, look, column, row, index), None
            return self._bounded(value, column, row, index), None
        if is_blank(value):
            self._blank(column, row, index)
            return None, "blank"
        if isinstance(value, str):
            text = value.strip()
            if text in DASHES:
                return None, "dash"
            if text in ("x", "X"):
                return None, "not_applicable"
            if not text[-1:].isdigit() and (mark := MARK_WORDS.get(fold(text))) is not None:
                self._note("mark_from_text", value, column, row, index, taken=_MARK_SIGNS[mark])
                return None, mark
            return self._number_text(clean(value), column, row, index), None
        self._note("number_as_date" if isinstance(value, date) else "not_a_number", value, column, row, index)
        return None, None

    def values(self, cells: Sequence[object], column: ColumnPlan, row: int, index: int) -> list[Value]:
        """``value`` for the cells below each other from ``row`` on; findings come in the order of the rows."""
        if self.lost:
            return [self.value(cell, column, at, index) for at, cell in enumerate(cells, row)]
        if column.type == "code":
            return self._known_codes(cells, column, row, index)
        if column.type == "text" and column.pattern is None and set(map(type, cells)) == {str}:
            texts: list[str] = cells  # type: ignore[assignment]
            if are_plain(texts, self._text_length) and (self._may_be_blank(column) or "" not in texts):
                return [text or None for text in texts]
        return [self.value(cell, column, at, index) for at, cell in enumerate(cells, row)]

    def numbers(
        self, cells: Sequence[object], column: ColumnPlan, row: int, index: int
    ) -> tuple[list[Value], list[Value]]:
        """``number`` for the cells below each other from ``row`` on: the values, and their marks."""
        kinds = set(map(type, cells))
        if kinds and kinds <= _NUMBERS and not self.lost and not self._formats:
            numbers: list[float] = cells  # type: ignore[assignment]
            if (values := self._ordinary(numbers, column)) is not None:
                return values, [None] * len(values)
        elif kinds == {str} and self._may_be_blank(column) and not any(cells):
            return [None] * len(cells), ["blank"] * len(cells)
        pairs = [self.number(cell, column, at, index) for at, cell in enumerate(cells, row)]
        return [value for value, _ in pairs], [mark for _, mark in pairs]

    def _may_be_blank(self, column: ColumnPlan) -> bool:
        return not (self.lost or column.required or column.is_key)

    def _ordinary(self, numbers: list[float], column: ColumnPlan) -> list[Value] | None:
        """The values of a whole column of numbers; None when one of them has to be looked at."""
        low, high = min(numbers), max(numbers)
        # The sum is compared with itself: it is no number as soon as one of them is none.
        if not -TOO_LARGE < low <= high < TOO_LARGE or (total := sum(numbers)) != total:
            return None
        if column.minimum is not None and low < column.minimum:
            return None
        if column.maximum is not None and high > column.maximum:
            return None
        if column.factor is not None:
            return self._all_converted(numbers, column.factor)
        if column.type != "integer":
            return list(numbers)
        whole: list[Value] = [int(number) for number in numbers]
        return whole if whole == list(numbers) else None

    @staticmethod
    def _all_converted(numbers: Sequence[float], factor: Decimal) -> list[Value] | None:
        """As ``_converted``; None when one of them may be too large."""
        if max(map(abs, numbers)) * float(factor) > TOO_LARGE / 2:
            return None
        return [plain_number((Decimal(repr(number)) * factor).quantize(_SIX_PLACES)) for number in numbers]

    def _known_codes(self, cells: Sequence[object], column: ColumnPlan, row: int, index: int) -> list[Value]:
        """Codes by what the cells hold; what was read without a finding once is remembered."""
        known = column.known
        values: list[Value] = [known.get(cell) if type(cell) is str else None for cell in cells]
        if None not in values:
            return values
        for at, value in enumerate(values):
            if value is None:
                cell, before = cells[at], self._findings.total
                found = values[at] = self.value(cell, column, row + at, index)
                is_sure = isinstance(found, str) and self._findings.total == before
                if is_sure and isinstance(cell, str) and len(cell) <= _KNOWN_LENGTH and len(known) < _KNOWN_CODES:
                    known[cell] = str(found)
        return values

    def _note(  # noqa: PLR0913 - a cell is value, column, row and index everywhere here
        self,
        code: str | FindingKind,
        value: object,
        column: ColumnPlan,
        row: int,
        index: int,
        *,
        taken: str | None = None,
        **words: object,
    ) -> None:
        self._findings.add(
            code,
            Address(self._sheet, f"{column_letters(index)}{row + 1}", row + 1, column.code),
            found=None if is_blank(value) else shown(value),
            taken=taken,
            words=words | {"label": (column.label_vi, column.label_en)},
        )

    def _blank(self, column: ColumnPlan, row: int, index: int) -> None:
        if self.lost and (code := self.lost.get(f"{column_letters(index)}{row + 1}")):
            self._note(code, None, column, row, index)
        elif column.is_key:
            self._note("key_blank", None, column, row, index)
        elif column.required:
            self._note("value_blank", None, column, row, index)

    def _as_shown(self, value: float, look: Format, column: ColumnPlan, row: int, index: int) -> str | float | None:
        """A number in a format that may show something else: it is never taken for what nobody saw."""
        section = look.of(value)
        if value == 0 or not section.is_odd or not -TOO_LARGE < value < TOO_LARGE:
            return self._bounded(value, column, row, index)
        found = stored_and_shown(value, look, section)
        shares = is_share(column)
        if shares and section.power == 2 and not section.is_hidden:
            taken = section.number(value).quantize(_SIX_PLACES)
            bounded = self._bounded(float(taken), column, row, index)
            if bounded is not None:
                self._note("percent_as_shown", value, column, row, index, taken=plain_number(taken))
            return bounded
        if section.power > 0 or ("%" in section.words and not shares):
            self._note("number_as_percent", found, column, row, index)
            return None
        if section.power or section.is_hidden:
            self._note("number_shown_differs", found, column, row, index)
            return None
        own, unit = own_unit(column), section.unit_in(column)
        if own is not None and unit is not None:
            # The sign of the currency itself says nothing of thousands or millions; a button puts it there.
            is_sign = unit.dimension == own.dimension and unit.factor == 1
            kind = CATALOGUE["unit_differs"]
            if not is_sign:
                self._note(kind, found, column, row, index, other=unit.code)
                return None
            if (unit.code, column.code) not in self.told:
                self.told.add((unit.code, column.code))
                self._note(replace(kind, severity="warning"), found, column, row, index, other=unit.code)
        return self._bounded(value, column, row, index)

    def _bounded(self, value: float, column: ColumnPlan, row: int, index: int) -> str | float | None:
        if not -TOO_LARGE < value < TOO_LARGE:
            self._note("number_too_large", value, column, row, index)
            return None
        if column.minimum is not None and value < column.minimum:
            kind = _weighed("below_minimum", column.minimum_severity)
            self._note(kind, value, column, row, index, bound=column.minimum)
        if column.maximum is not None and value > column.maximum:
            kind = _weighed("above_maximum", column.maximum_severity)
            self._note(kind, value, column, row, index, bound=column.maximum)
        if column.factor is not None:
            return self._converted(Decimal(repr(value)) * column.factor, column, row, index)
        if column.type != "integer":
            return value
        if (whole := int(value)) == value:
            return whole
        self._note("not_an_integer", value, column, row, index)
        return None

    def _converted(self, value: Decimal, column: ColumnPlan, row: int, index: int) -> str | None:
        """A number in the unit it is kept in, from one in the unit it was sent in."""
        if not -TOO_LARGE < value < TOO_LARGE:
            self._note("number_too_large", value, column, row, index)
            return None
        return plain_number(value.quantize(_SIX_PLACES))

    def _number_text(self, text: str, column: ColumnPlan, row: int, index: int) -> str | float | None:
        bare = text[:-1].strip() if text[-1:] == "%" and is_share(column) else _without_unit(text, column.unit_words)
        try:
            number = self._settle(bare, column, index)
        except NumberError as error:
            if error.code == "not_a_number" and (found := number_and_unit(text, column)) is not None:
                return self._number_in(found[1], found[0], text, column, row, index)
            self._note(self._reason(error, text), text, column, row, index)
            return None
        bounded = self._bounded(float(number), column, row, index)
        if bounded is None:
            return None
        taken = plain_number((number * (column.factor or 1)).quantize(_SIX_PLACES))
        if not (self._is_text and _PLAIN_NUMBER.match(text)) or _is_ambiguous(text):
            converted = f"{plain_number(number)} {column.sent_unit} = {taken} {column.unit}"
            told = taken if column.factor is None else converted
            is_sure = column.type == "integer" or not _is_ambiguous(bare) or self._is_of_a_size(number, index)
            self._note("number_from_text" if is_sure else "number_by_sheet", text, column, row, index, taken=told)
        return int(taken) if column.type == "integer" else taken

    def _number_in(  # noqa: PLR0913, PLR0917 - a cell is value, column, row and index everywhere here
        self, unit: UnitPlan, bare: str, text: str, column: ColumnPlan, row: int, index: int
    ) -> str | int | None:
        """A number behind or before a unit of its own: converted exactly, and said."""
        own = own_unit(column)
        try:
            number = self._settle(bare, column, index)
        except NumberError as error:
            self._note(error.code, text, column, row, index)
            return None
        sent = number * unit.factor / (own.factor if own is not None else 1)
        if sent != number and self._is_of_a_size(number, index) and not self._is_of_a_size(sent, index):
            self._note("unit_differs", text, column, row, index, other=unit.code)
            return None
        bounded = self._bounded(float(sent), column, row, index)
        if bounded is None:
            return None
        taken = plain_number((sent * (column.factor or 1)).quantize(_SIX_PLACES))
        told = f"{plain_number(number)} {unit.code} = {taken} {column.unit}"
        self._note("unit_converted", text, column, row, index, taken=told)
        if column.type != "integer" and _is_ambiguous(bare) and not self._is_of_a_size(sent, index):
            self._note("number_by_sheet", text, column, row, index, taken=told)
        return int(taken) if column.type == "integer" else taken

    @staticmethod
    def _reason(error: NumberError, text: str) -> str:
        return "cell_error" if text[:1] == "#" and text.upper() in ERROR_TEXTS else error.code

    def _settle(self, text: str, column: ColumnPlan, index: int) -> Decimal:
        """The number; the sheet settles what reads in two ways, unless the column's other numbers speak against it.

        Raises:
            NumberError: see ``parse_number``.
        """
        try:
            return parse_number(text)
        except NumberError as error:
            if error.code != "ambiguous_number":
                raise
        if column.type == "integer" and not text.rstrip(") ").endswith("000"):
            # A count has no decimals, so the mark can only group thousands.
            return parse_number(text, "," if "." in text else ".")
        number = parse_number(text, mark := self._sheet_mark())
        other = parse_number(text, "," if mark == "." else ".")
        if self._is_of_a_size(other, index) and not self._is_of_a_size(number, index):
            raise NumberError("ambiguous_number", text)
        return number

    def _is_of_a_size(self, number: Decimal, index: int) -> bool:
        """Whether the column's other numbers are of about the size of this one: a slip of the mark is a thousand."""
        sizes = sorted(self.sizes(index))
        return bool(sizes and number) and abs(math.log10(abs(number) / Decimal(sizes[len(sizes) // 2]))) <= SAME_SIZE

    def _sheet_mark(self) -> str | None:
        """The decimal mark that the other texts of the sheet prove; None when they prove none, or both."""
        if not self._mark_known:
            marks = {mark for text in self.number_texts() if (mark := decimal_mark_of(clean(text)))}
            self._mark = marks.pop() if len(marks) == 1 else None
            self._mark_known = True
        return self._mark

    def _text(self, value: object, column: ColumnPlan, row: int, index: int) -> str | None:
        if isinstance(value, str):
            if column.is_key and (tidy := tidied_code(value)) is not None:
                self._note("code_tidied", value, column, row, index, taken=tidy)
                value = tidy
            mended = self._mended(value, column, row, index)
            if mended is None:
                return None
            text = mended
        else:
            text = shown(value, self._text_length)
            if isinstance(value, date):
                self._note("date_in_text", value, column, row, index, taken=text)
        if len(text) > self._text_length:
            self._note("text_shortened", text, column, row, index, limit=self._text_length)
            text = text[: self._text_length]
        if column.pattern is not None and re.fullmatch(column.pattern.regex, text) is None:
            shape = column.pattern
            rule = (shape.vi, shape.en)
            self._note(_weighed("text_shape", shape.severity), text, column, row, index, rule=rule)
        return text

    def _mended(self, value: str, column: ColumnPlan, row: int, index: int) -> str | None:
        """The text in NFC, and what is to be said of it; None for an error that was pasted as a text."""
        mended = self.mender.text(value)
        if mended.finding is None:
            return mended.text
        taken = mended.text if mended.finding == "text_converted" else None
        self._note(mended.finding, value, column, row, index, taken=taken, encoding=mended.encoding)
        return None if mended.finding in ("cell_error", "formula_as_text") else mended.text

    def _code(self, value: object, column: ColumnPlan, row: int, index: int) -> str | None:
        text = clean(value) if isinstance(value, str) else shown(value)
        key = fold(text)
        if (code := column.members.get(key)) is not None:
            return code
        for width in range(len(key) + 1, 9) if key.isdigit() else ():
            if (code := column.members.get(key.zfill(width))) is not None:
                self._note("leading_zero_restored", value, column, row, index, taken=code)
                return code
        return self._unknown_code(text, column, row, index)

    def _unknown_code(self, text: str, column: ColumnPlan, row: int, index: int) -> str | None:
        """A code or label in another encoding of Vietnamese, else a finding."""
        found = {code: m for m in spellings(text) if (code := column.members.get(fold(m.text))) is not None}
        if len(found) == 1:
            ((code, mended),) = found.items()
            self._note("text_converted", text, column, row, index, taken=code, encoding=mended.encoding)
            return code
        mended_text = self._mended(text, column, row, index)
        if mended_text is None:
            return None
        if column.closed:
            codes = ", ".join(dict.fromkeys(column.members.values()))
            self._note("code_unknown", text, column, row, index, codes=codes)
            return None
        self._note("code_not_listed", text, column, row, index, taken=mended_text)
        return mended_text

    def _tax_code(self, value: object, column: ColumnPlan, row: int, index: int) -> str | None:
        is_number = isinstance(value, (int, float))
        found = read_tax_code(shown(value), has_number=is_number)
        if found.finding is not None:
            self._note(found.finding, value, column, row, index, taken=found.code, check=found.check)
        return found.code

    def _date(self, value: object, column: ColumnPlan, row: int, index: int) -> str | None:
        found, repair = self._day_of(value)
        if found is None:
            self._note("not_a_date", value, column, row, index)
            return None
        if repair and not (self._is_text and repair == "date_from_text"):
            self._note(repair, value, column, row, index, taken=found.isoformat())
        return found.isoformat()

    def _day_of(self, value: object) -> tuple[date | None, str | None]:
        if isinstance(value, datetime):
            return value.date(), None
        if isinstance(value, date):
            return value, None
        if isinstance(value, str):
            return parse_date(_spelled(value)), "date_from_text"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return from_serial(value, self._epoch_1904), "date_from_serial"
        return None, None

    def _month(self, value: object, column: ColumnPlan, row: int, index: int) -> str | None:
        if isinstance(value, str):
            month = parse_month(_spelled(value))
        else:
            found, repair = self._day_of(value)
            month = None if found is None else f"{found:%Y-%m}"
            if repair and month:
                self._note(repair, value, column, row, index, taken=month)
        if month is None:
            self._note("not_a_month", value, column, row, index)
        return month

    def _boolean(self, value: object, column: ColumnPlan, row: int, index: int) -> bool | None:
        key = fold(_spelled(value) if isinstance(value, str) else shown(value))
        if key in _TRUE:
            return True
        if key in _FALSE:
            return False
        self._note("not_a_boolean", value, column, row, index)
        return None


def tidied_code(text: str) -> str | None:
    """A code (one word with a digit) with the signs that only look like those of ASCII replaced by these, else None."""
    if text.isascii():
        return None
    bare = clean(text)
    tidy = bare.translate(_LOOK_ALIKES)
    is_code = tidy.isascii() and " " not in tidy and any(map(str.isdigit, tidy))
    return tidy if is_code and tidy != bare else None


def _spelled(value: str) -> str:
    """The text in NFC, from whatever encoding; for words of dates and the like, which are either right or refused."""
    text = clean(value)
    return found.text if (found := repaired(text)) is not None else text


def _is_ambiguous(text: str) -> bool:
    try:
        parse_number(text)
    except NumberError as error:
        return error.code == "ambiguous_number"
    return False


def plain_number(value: Decimal) -> str:
    """The digits of a number, without an exponent and without zeros behind the point."""
    return f"{value.normalize():f}"


def _weighed(code: str, severity: str | None) -> FindingKind:
    """The finding of the catalogue with the severity that the form gives it, if any."""
    kind = CATALOGUE[code]
    return kind if severity is None else replace(kind, severity=severity)


def _without_unit(text: str, words: Iterable[str]) -> str:
    """``34.422.973 USD`` in a column of US dollars without the unit; any other word stays and is refused."""
    folded = fold(text)
    for word in words:
        if folded.endswith(word) and len(folded) == len(text):
            return text[: -len(word)].strip()
    return text
