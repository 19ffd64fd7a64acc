"""A sheet's XML in an .xlsx, for what the parser does not tell: cells whose value is not there, and how cells look.

Each question is first put to the bytes, which answer for sheets as office programs write them; a sheet that does not
add up (cells without an address, attributes in another order, white space) is walked through by a real XML parser.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import NamedTuple
from xml.etree import ElementTree as ET

_ERROR_CELL = re.compile(rb'<c r="([A-Z]+\d+)"[^<>]* t="e"')
_ERRORS = re.compile(rb"\st\s*=\s*(?:\"e\"|'e')")
_IS_TEXT = re.compile(rb"\st\s*=\s*[\"']str[\"']")
_FORMULA_CELL = re.compile(rb'<c r="([A-Z]+\d+)"([^<>]*)><f[^<>]*?(?:/>|>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>')
_COMPUTED = re.compile(rb"<f[^<>]*?(?:/>|>[^<]*</f>)<v>[^<\s]")
_FORMULAS = re.compile(rb"<f[\s/>]")
_ANY_CELL = re.compile(rb"<c(\s[^<>]*[^/<>])>(.*?)</c>", re.DOTALL)
_CELL_NAME = re.compile(rb'\sr="([A-Z]{1,3}\d{1,7})"')
_ANY_VALUE = re.compile(rb"<v[^<>]*>([^<]*)<")
# Programs write rows and columns of no size that nobody sees either; Excel says hidden of these too.
_HIDDEN = re.compile(
    rb"<(row|col)(\s[^<>]*?(?<=\s)(?:hidden\s*=\s*[\"'](?:1|true)|(?:ht|width)\s*=\s*[\"']0(?:\.0)?)[\"'][^<>]*)>"
)
_NUMBERS = re.compile(rb"\s(r|min|max)\s*=\s*[\"'](\d{1,9})[\"']")
_MOST_ROWS = 1_048_576
_FEW_STYLES = 20  # so many are looked for by their numbers
_PLACE = re.compile(r"^([A-Za-z]{1,3})(\d{1,7})$")


class SheetCell(NamedTuple):
    """One cell as it is stored: its address, type, style, whether it has a formula, and its value's text."""

    place: str
    kind: str
    style: str
    has_formula: bool
    value: str


def walk(part: bytes) -> Iterator[SheetCell]:
    """Every cell of a sheet by a real XML parser; those without an address stand behind the one before.

    Raises:
        ValueError: the part is no XML.
    """
    row = column = 0
    try:
        for event, element in ET.iterparse(io.BytesIO(part), events=("start", "end")):  # noqa: S314 - no DTD is let in
            name = element.tag.rpartition("}")[2]
            if event == "start" and name == "row":
                row, column = int(element.get("r") or row + 1), 0
            elif event == "end" and name == "c":
                if (place := _PLACE.match(element.get("r", ""))) is not None:
                    column, row = column_number(place[1].upper().encode()), int(place[2])
                else:
                    column += 1
                parts = {child.tag.rpartition("}")[2]: child for child in element}
                value = parts["v"].text or "" if "v" in parts else ""
                at = f"{_letters(column)}{row}"
                yield SheetCell(at, element.get("t", "n"), element.get("s", "0"), "f" in parts, value)
            elif event == "end" and name == "row":
                element.clear()
    except ET.ParseError as error:
        raise ValueError(str(error)) from error


def column_number(letters: bytes) -> int:
    """``A`` is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def lost_cells(part: bytes, *, never_computed: bool) -> dict[str, str]:
    """Addresses of cells whose value the sheet does not hold → the finding's code.

    Args:
        never_computed: the workbook says that its formulas are still to be computed: their zeros are no values.

    Raises:
        ValueError: the part is no XML.
    """
    has_errors = b'"e"' in part or (b"'" in part and b"'e'" in part)  # one sign is found ten times as fast
    if not has_errors and b"<f" not in part:
        return {}
    formulas = len(_FORMULAS.findall(part))
    errors = len(_ERRORS.findall(part)) if has_errors else 0
    if not formulas and not errors:
        return {}
    quick = _quickly_not_computed(part, errors, formulas) if never_computed else _quickly(part, errors, formulas)
    return _slowly(part, never_computed) if quick is None else quick


def _quickly(part: bytes, errors: int, formulas: int) -> dict[str, str] | None:
    """None when not every error and every formula was met."""
    found = {place.decode(): "cell_error" for place in _ERROR_CELL.findall(part)} if errors else {}
    if len(found) != errors:
        return None
    if formulas:
        bare = _FORMULA_CELL.findall(part)
        if len(bare) + len(_COMPUTED.findall(part)) != formulas:
            return None
        # A formula whose result is the empty text has a type; it is blank, and nothing is lost.
        found = {place.decode(): "formula_without_value" for place, kind in bare if not _IS_TEXT.search(kind)} | found
    return found


def _quickly_not_computed(part: bytes, errors: int, formulas: int) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for attributes, body in _ANY_CELL.findall(part):
        place, value = _CELL_NAME.search(attributes), _ANY_VALUE.search(body)
        is_error, has_formula = b't="e"' in attributes, _FORMULAS.search(body) is not None
        if not is_error and not has_formula:
            continue
        if place is None:
            return None
        errors, formulas = errors - is_error, formulas - has_formula
        if is_error:
            found[place[1].decode()] = "cell_error"
        elif not _IS_TEXT.search(attributes) and (not value or value[1].strip() in (b"", b"0")):
            found[place[1].decode()] = "formula_without_value"
    return found if errors == formulas == 0 else None


def styled_cells(part: bytes, styles: Collection[str]) -> dict[str, str]:
    """Addresses of the cells that hold something and have one of these styles → the style.

    Raises:
        ValueError: the part is no XML.
    """
    plain, any_way = _styles_pattern(tuple(styles) if len(styles) <= _FEW_STYLES else ())
    if plain.search(part) is None and any_way.search(part) is None:
        return {}
    found = {place.decode(): style.decode() for place, style in plain.findall(part)}
    if len(found) != len(any_way.findall(part)):
        found = {cell.place: cell.style for cell in walk(part) if cell.value}
    return {place: style for place, style in found.items() if style in styles}


@lru_cache(maxsize=64)
def _styles_pattern(styles: tuple[str, ...]) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """As office programs write a cell with one of these styles (none: any), and as it may be written."""
    numbers = "|".join(styles).encode() or rb"\d{1,6}"
    plain = rb'<c r="([A-Z]+\d+)"(?=[^<>]*? s="(%b)")[^<>]*(?<!/)>' % numbers
    any_way = rb"<c(?=\s[^<>]*?(?<=\s)s\s*=\s*[\"'](?:%b)[\"'])[^<>]*(?<!/)>" % numbers
    return re.compile(plain), re.compile(any_way)


def hidden_parts(part: bytes) -> tuple[frozenset[int], tuple[tuple[int, int], ...]]:
    """The numbers of hidden rows, those of filters too, and the first and last of hidden columns, from 1 on.

    Raises:
        ValueError: the part is no XML.
    """
    above = part[: part.find(b"<sheetData")]  # where columns are told of
    may_be_small = b' ht="0' in part or b'width="0' in above or (b"'" in part and b"='0" in part)
    if not may_be_small and b"hidden" not in part:
        return frozenset(), ()
    rows: set[int] = set()
    columns: list[tuple[int, int]] = []
    for name, attributes in _HIDDEN.findall(part):
        told = {key: int(number) for key, number in _NUMBERS.findall(attributes)}
        if name == b"col":
            columns.append((told.get(b"min", 1), told.get(b"max", 1)))
        elif b"r" not in told:
            return _hidden_rows_walked(part), tuple(columns)
        elif told[b"r"] <= _MOST_ROWS:
            rows.add(told[b"r"])
    return frozenset(rows), tuple(columns)


def _hidden_rows_walked(part: bytes) -> frozenset[int]:
    rows: set[int] = set()
    number = 0
    try:
        for event, element in ET.iterparse(io.BytesIO(part), events=("start", "end")):  # noqa: S314 - no DTD is let in
            if element.tag.rpartition("}")[2] == "row":
                if event == "end":
                    element.clear()
                    continue
                number = int(element.get("r") or number + 1)
                is_hidden = element.get("hidden") in ("1", "true") or element.get("ht") in ("0", "0.0")
                if is_hidden and number <= _MOST_ROWS:
                    rows.add(number)
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    return frozenset(rows)


def _slowly(part: bytes, never_computed: bool) -> dict[str, str]:
    nothing = ("", "0") if never_computed else ("",)
    found: dict[str, str] = {}
    for cell in walk(part):
        if cell.kind == "e":
            found[cell.place] = "cell_error"
        elif cell.has_formula and cell.kind != "str" and cell.value.strip() in nothing:
            found[cell.place] = "formula_without_value"
    return found
