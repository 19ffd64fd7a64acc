"""``content.xml`` of an .ods, for what the parser does not tell: cells whose value is not there, and how cells look.

LibreOffice writes an error as an empty text, older ones as the number 0, with ``#DIV/0!`` or ``Err:502`` only in what
is shown; a formula that was never computed has no value at all.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree import ElementTree as ET

from zonehouse.intake.mending import ERROR_TEXTS
from zonehouse.intake.text import column_letters

MOST_NOTED = 200_000  # cells of a workbook; repeated ones count each
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_VALUES = {"float": "value", "percentage": "value", "currency": "value", "date": "date-value", "time": "time-value",
           "boolean": "boolean-value"}  # fmt: skip
_ERROR_SHOWN = re.compile(r"^(?:Err:\d{3}|" + "|".join(map(re.escape, sorted(ERROR_TEXTS))) + r")$", re.IGNORECASE)


class OdsCell(NamedTuple):
    """Cells beside each other that are the same: the 0-based columns, attributes, and the text that is shown."""

    first: int
    last: int
    attributes: Mapping[str, str]
    shown: str


@dataclass
class OdsSheet:
    """What the parser does not tell of one sheet; ``lost``: address → the finding's code."""

    lost: dict[str, str] = field(default_factory=dict)


def sheets_of(content: bytes) -> dict[str, OdsSheet]:
    """By the sheets' names.

    Raises:
        ValueError: it is no XML, or has more such cells than anybody can mend.
    """
    sheets: dict[str, OdsSheet] = {}
    noted = 0
    for name, first, last, row in _rows(content):
        sheet = sheets.setdefault(name, OdsSheet())
        for cell in _cells(row):
            code = _lost(cell)
            if code is None:
                continue
            noted += (last - first + 1) * (cell.last - cell.first + 1)
            if noted > MOST_NOTED:
                raise ValueError(f"{name}: {noted} errors")
            for column in range(cell.first, cell.last + 1):
                letters = column_letters(column)
                sheet.lost.update({f"{letters}{number}": code for number in range(first, last + 1)})
    return sheets


def _rows(content: bytes) -> Iterator[tuple[str, int, int, ET.Element]]:
    """Sheet, first and last 1-based number, and the element of each row."""
    name, number, depth = "", 0, 0
    try:
        for event, element in ET.iterparse(io.BytesIO(content), events=("start", "end")):  # noqa: S314 - no DTD is let in
            if element.tag == f"{_TABLE}table":
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    name, number = element.get(f"{_TABLE}name", ""), 0
            elif element.tag == f"{_TABLE}table-row" and event == "end" and depth == 1:
                times = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
                yield name, number + 1, number + times, element
                number += times
                element.clear()
    except ET.ParseError as error:
        raise ValueError(str(error)) from error


def _cells(row: ET.Element) -> Iterator[OdsCell]:
    column = 0
    for cell in row:
        if cell.tag in _CELLS:
            times = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            if len(cell) or cell.attrib:
                told = "\n".join("".join(line.itertext()) for line in cell if line.tag == f"{_TEXT}p")
                yield OdsCell(column, column + times - 1, cell.attrib, told.strip())
            column += times


def _lost(cell: OdsCell) -> str | None:
    get = cell.attributes.get
    kind = get(f"{_OFFICE}value-type")
    is_formula = f"{_TABLE}formula" in cell.attributes
    if get(f"{_CALC}value-type") == "error" or (_ERROR_SHOWN.match(cell.shown) and (is_formula or kind != "string")):
        return "cell_error"
    has_value = kind == "string" or (kind in _VALUES and bool(get(f"{_OFFICE}{_VALUES[kind]}", "").strip()))
    if has_value or (kind is None and get(f"{_OFFICE}value")):
        return None
    if is_formula:
        return "formula_without_value"
    return "value_not_stored" if cell.shown else None
