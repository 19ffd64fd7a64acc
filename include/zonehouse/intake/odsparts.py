"""``content.xml`` of an .ods, for what the parser does not tell: cells whose value is not there, and how cells look.

LibreOffice writes an error as an empty text, older ones as the number 0, with ``#DIV/0!`` or ``Err:502`` only in what
is shown; a formula that was never computed has no value at all.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple
from xml.etree import ElementTree as ET

from zonehouse.intake.looks import PERCENT, Format, Looks, currency_format, number_format, other_text
from zonehouse.intake.mending import ERROR_TEXTS
from zonehouse.intake.text import column_letters

MOST_NOTED = 500_000  # cells of a workbook; repeated ones count each
_MOST_ROWS = 1_048_576
_HALF = Decimal("0.51")  # of the last place that is shown, and a little more
_SAYS_UNIT = re.compile(r"[^\W\d_]{2}|[đ₫$€£¥%]")
_SHOWN_NUMBER = re.compile(r"\d[\d.,'’\s]*")
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_ROW, _COLUMN = f"{_TABLE}table-row", f"{_TABLE}table-column"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_VALUES = {"float": "value", "percentage": "value", "currency": "value", "date": "date-value", "time": "time-value",
           "boolean": "boolean-value"}  # fmt: skip
_ERROR_SHOWN = re.compile(r"^(?:Err:\d{3}|" + "|".join(map(re.escape, sorted(ERROR_TEXTS))) + r")$", re.IGNORECASE)


class OdsCell(NamedTuple):
    """Cells beside each other that are the same: the 0-based columns, attributes, the text that is shown if any is."""

    first: int
    last: int
    attributes: Mapping[str, str]
    shown: str | None


@dataclass
class OdsSheet:
    """What the parser does not tell of one sheet; ``lost``: address → the finding's code."""

    lost: dict[str, str] = field(default_factory=dict)
    formats: dict[str, Format] = field(default_factory=dict)
    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)

    @property
    def looks(self) -> Looks:
        return Looks(self.formats, self.rows, self.columns)

    def note(self, cell: OdsCell, rows: range) -> int:
        """Note what is to be said of a cell in each of the ``rows``; how many cells these were."""
        code = _lost(cell)
        look = None if code is not None else _look(cell)
        if code is None and look is None:
            return 0
        noted = len(rows) * (cell.last - cell.first + 1)
        if noted > MOST_NOTED:
            return noted
        for letters in map(column_letters, range(cell.first, cell.last + 1)):
            if code is not None:
                self.lost.update({f"{letters}{number}": code for number in rows})
            elif look is not None:
                self.formats.update({f"{letters}{number}": look for number in rows})
        return noted


def sheets_of(content: bytes) -> dict[str, OdsSheet]:
    """By the sheets' names.

    Raises:
        ValueError: it is no XML, or has more such cells than anybody can mend.
    """
    sheets: dict[str, OdsSheet] = {}
    noted = 0
    for name, first, last, element in _lines(content):
        sheet = sheets.setdefault(name, OdsSheet())
        is_hidden = element.get(f"{_TABLE}visibility") in ("collapse", "filter")
        if element.tag == f"{_TABLE}table-column":
            sheet.columns += [(first, last)] if is_hidden else []
            continue
        if is_hidden:
            sheet.rows.update(range(first, min(last, _MOST_ROWS) + 1))
        for cell in _cells(element):
            noted += sheet.note(cell, range(first, last + 1))
            if noted > MOST_NOTED:
                raise ValueError(f"{name}: {noted} cells")
    return sheets


def _lines(content: bytes) -> Iterator[tuple[str, int, int, ET.Element]]:
    """Sheet, first and last 1-based number, and the element of each row and of each column."""
    name, depth = "", 0
    numbers = {_ROW: 0, _COLUMN: 0}
    try:
        for event, element in ET.iterparse(io.BytesIO(content), events=("start", "end")):  # noqa: S314 - no DTD is let in
            if element.tag == f"{_TABLE}table":
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    name, numbers = element.get(f"{_TABLE}name", ""), {_ROW: 0, _COLUMN: 0}
            elif element.tag in numbers and event == "end" and depth == 1:
                kind = "rows" if element.tag == _ROW else "columns"
                times = int(element.get(f"{_TABLE}number-{kind}-repeated", "1"))
                number = numbers[element.tag]
                yield name, number + 1, number + times, element
                numbers[element.tag] += times
                element.clear()
    except ET.ParseError as error:
        raise ValueError(str(error)) from error


def _cells(row: ET.Element) -> Iterator[OdsCell]:
    column = 0
    for cell in row:
        if cell.tag in _CELLS:
            times = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            if len(cell) or cell.attrib:
                lines = ["".join(line.itertext()) for line in cell if line.tag == f"{_TEXT}p"]
                told = "\n".join(lines).strip() if lines else None
                yield OdsCell(column, column + times - 1, cell.attrib, told)
            column += times


def _lost(cell: OdsCell) -> str | None:
    get = cell.attributes.get
    kind = get(f"{_OFFICE}value-type")
    is_formula = f"{_TABLE}formula" in cell.attributes
    if get(f"{_CALC}value-type") == "error" or (
        _ERROR_SHOWN.match(cell.shown or "") and (is_formula or kind != "string")
    ):
        return "cell_error"
    has_value = kind == "string" or (kind in _VALUES and bool(get(f"{_OFFICE}{_VALUES[kind]}", "").strip()))
    if has_value or (kind is None and get(f"{_OFFICE}value")):
        return None
    if is_formula:
        # LibreOffice writes an empty text as one that is shown, and no value.
        return None if cell.shown == "" and kind is None else "formula_without_value"
    return "value_not_stored" if cell.shown else None


def _look(cell: OdsCell) -> Format | None:
    """How a number looks, if that is not as it is stored."""
    kind = cell.attributes.get(f"{_OFFICE}value-type")
    if kind not in ("float", "percentage", "currency"):
        return None
    value, is_percent = cell.attributes[f"{_OFFICE}value"], kind == "percentage"
    if cell.shown == "" or _shows_another(value, cell.shown or "", is_percent):
        return other_text(cell.shown or "")
    if is_percent:
        return PERCENT
    if currency := cell.attributes.get(f"{_OFFICE}currency"):
        return currency_format(currency)
    around = _SHOWN_NUMBER.sub(" ", cell.shown or "").replace('"', " ").strip()
    return number_format(f'0 "{around}"') if _SAYS_UNIT.search(around) else None


def _shows_another(value: str, shown: str, is_percent: bool) -> bool:
    """Whether the one number in a text is not ``value``, rounded; its last mark may be the decimal mark or not."""
    said = _SHOWN_NUMBER.findall(shown)
    if len(said) != 1 or re.search(r"\dE[+-]?\d", shown, re.IGNORECASE):
        return False
    parts = re.split(r"[.,'’\s]+", said[0].strip(".,'’ \u00a0\u202f"))
    places = (0, len(parts[-1])) if len(parts) > 1 else (0,)
    try:
        stored = abs(Decimal(value)).scaleb(2 if is_percent else 0)
        whole = Decimal("".join(parts))
        return all(abs(whole.scaleb(-n) - stored) > _HALF.scaleb(-n) for n in places)
    except ArithmeticError:
        return False
