"""What the parser does not tell of ``.xls`` and ``.xlsb``: cells whose value is not there, and how cells look.

Those with an error or a formula that was never computed it returns as blank, which is a different thing. Only the
records that tell such things are looked at; a file whose records do not add up is refused, as what it hides cannot be
known. Structures: [MS-CFB], [MS-XLS], [MS-XLSB]. Runs in the reader process; imports nothing heavy.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from zonehouse.intake.looks import BUILT_IN, Format, Looks, number_format
from zonehouse.intake.text import column_letters


@dataclass
class BinarySheet:
    """What the parser does not tell of one sheet; ``lost``: address → the finding's code."""

    lost: dict[str, str] = field(default_factory=dict)
    formats: dict[str, Format] = field(default_factory=dict)
    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)

    @property
    def looks(self) -> Looks:
        return Looks(self.formats, self.rows, self.columns)


Sheets = dict[str, BinarySheet]

_FREE = 0xFFFFFFFA  # sector numbers from here on mean something else than a sector
_BOF, _BOUND_SHEET, _FORMULA, _BOOL_ERROR = 0x0809, 0x0085, 0x0006, 0x0205
_NUMBER, _RK, _MANY_RK, _ROW, _COLUMNS, _FORMAT, _STYLE = 0x0203, 0x027E, 0x00BD, 0x0208, 0x007D, 0x041E, 0x00E0
_NEVER_COMPUTED = 0x0003  # to be computed on loading: no program has yet
_BIFF5 = 0x0500
_HIDDEN_ROW = 0x20
_LONG_NUMBERS = frozenset((2, 5, 9))  # BrtCellRk, BrtCellReal, BrtFmlaNum
_ROW_HEADER, _CELL_ERROR, _FORMULA_NUMBER, _FORMULA_ERROR, _END_SHEET_DATA = 0, 3, 9, 11, 146
_BUNDLE_SHEET, _LONG_COLUMNS, _CALCULATION = 156, 60, 157
_LONG_FORMAT, _LONG_STYLE, _STYLES_BEGIN, _STYLES_END = 44, 47, 617, 618
_HIDDEN_LONG_ROW = 0x10


def sheets_of_xls(data: bytes) -> Sheets:
    """By the sheets' names.

    Raises:
        ValueError: the file's structures do not add up.
    """
    try:
        stream = workbook_stream(data)
        is_old = struct.unpack_from("<H", stream, 4)[0] == _BIFF5
        styles = _styles(stream, is_old)
        sheets = [(_sheet_name(body, is_old), struct.unpack_from("<I", body)[0]) for body in _bound_sheets(stream)]
        return {name: _sheet(stream, start, styles) for name, start in sheets}
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"xls: {error}") from error


def workbook_stream(data: bytes) -> bytes:
    """The workbook's records.

    Raises:
        ValueError, struct.error, IndexError: the file's structures do not add up.
    """
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if size not in (512, 4096):
        raise ValueError("xls: sector size")
    first_directory = struct.unpack_from("<I", data, 48)[0]
    fat_sectors = list(struct.unpack_from("<109I", data, 76))
    more = struct.unpack_from("<I", data, 68)[0]
    while more < _FREE and len(fat_sectors) < len(data) // size + 128:
        entries = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        fat_sectors += entries[:-1]
        more = entries[-1]
    fat = [
        entry
        for sector in fat_sectors
        if sector < _FREE
        for entry in struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size)
    ]

    _check_chains(fat, struct.unpack_from("<I", data, 60)[0])

    def chain(sector: int, most: int) -> bytes:
        parts: list[bytes] = []
        while sector < _FREE and len(parts) * size < most:
            parts.append(data[(sector + 1) * size : (sector + 2) * size])
            sector = fat[sector]
            if len(parts) > len(fat):
                raise ValueError("xls: a chain of sectors without end")
        return b"".join(parts)

    directory = chain(first_directory, len(data))
    chain(struct.unpack_from("<I", directory, 116)[0], len(data) + size)  # the small streams, which the parser reads
    for at in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(length - 2, 0)].decode("utf-16-le")
        if name in ("Workbook", "Book"):
            start, length = struct.unpack_from("<II", directory, at + 116)
            if length < 4096:
                raise ValueError("xls: short stream")
            return chain(start, length)[:length]
    raise ValueError("xls: no workbook")


def _check_chains(fat: list[int], small: int) -> None:
    """No sector follows two others, and none of those that hold small streams' sectors comes round again."""
    following = [sector for sector in fat if sector < _FREE]
    if len(set(following)) != len(following):
        raise ValueError("xls: two chains of sectors in one")
    count = 0
    while small < _FREE:
        small, count = fat[small], count + 1
        if count > len(fat):
            raise ValueError("xls: a chain of sectors without end")


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _bound_sheets(stream: bytes) -> Iterator[bytes]:
    return (body for kind, body in _shared(stream) if kind == _BOUND_SHEET)


def _shared(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of what all sheets share."""
    for kind, body in _records(stream, 0):
        if kind == 0x000A:
            return
        yield kind, body


def _sheet_name(body: bytes, is_old: bool) -> str:
    return body[7 : 7 + body[6]].decode("cp1252", "replace") if is_old else _short_text(body, 6, 1)


def _short_text(body: bytes, at: int, size: int) -> str:
    """A text behind its length (of ``size`` bytes) and a byte that tells whether it is wide."""
    length = int.from_bytes(body[at : at + size], "little")
    is_wide, start = body[at + size] & 1, at + size + 1
    return (
        body[start : start + 2 * length].decode("utf-16-le")
        if is_wide
        else body[start : start + length].decode("latin-1")
    )


def _styles(stream: bytes, is_old: bool) -> dict[int, Format]:
    """Number of a cell's style → its format, of those that may show something else than is stored."""
    codes, styles = dict(BUILT_IN), list[int]()
    for kind, body in _shared(stream):
        if kind == _FORMAT:
            code = body[3 : 3 + body[2]].decode("latin-1") if is_old else _short_text(body, 2, 2)
            codes[struct.unpack_from("<H", body)[0]] = code
        elif kind == _STYLE:
            styles.append(struct.unpack_from("<H", body, 2)[0])
    return _odd(codes, styles)


def _odd(codes: Mapping[int, str], styles: list[int]) -> dict[int, Format]:
    looks = {number: number_format(codes[number]) for number in set(styles) if number in codes}
    return {style: look for style, number in enumerate(styles) if (look := looks.get(number)) is not None}


def _sheet(stream: bytes, start: int, styles: Mapping[int, Format]) -> BinarySheet:
    sheet, depth = BinarySheet(), 0
    for kind, body in _records(stream, start):
        depth += (kind == _BOF) - (kind == 0x000A)
        if depth == 0:
            break
        if depth > 1:  # a chart on the sheet
            continue
        if kind == _BOOL_ERROR and body[7]:
            sheet.lost[_cell(*struct.unpack_from("<HH", body))] = "cell_error"
        elif kind == _FORMULA and (code := _lost_formula(body)) is not None:
            sheet.lost[_cell(*struct.unpack_from("<HH", body))] = code
        elif kind == _ROW and struct.unpack_from("<H", body, 12)[0] & _HIDDEN_ROW:
            sheet.rows.add(struct.unpack_from("<H", body)[0] + 1)
        elif kind == _COLUMNS and body[8] & 1:
            first, last = struct.unpack_from("<HH", body)
            sheet.columns.append((first + 1, last + 1))
        elif styles:
            sheet.formats.update(_odd_cells(kind, body, styles))
    return sheet


def _lost_formula(body: bytes) -> str | None:
    result = body[6:14]
    if result[6:8] == b"\xff\xff" and result[0] == 2:
        return "cell_error"
    is_waiting = struct.unpack_from("<H", body, 14)[0] & _NEVER_COMPUTED
    return "formula_without_value" if is_waiting and _is_nothing(result) else None


def _odd_cells(kind: int, body: bytes, styles: Mapping[int, Format]) -> Iterator[tuple[str, Format]]:
    """The number cells of a record whose style is an odd one."""
    if kind in (_NUMBER, _RK, _FORMULA):
        row, column, style = struct.unpack_from("<HHH", body)
        if style in styles:
            yield _cell(row, column), styles[style]
    elif kind == _MANY_RK:
        row, first = struct.unpack_from("<HH", body)
        for number, at in enumerate(range(4, len(body) - 2, 6)):
            style = struct.unpack_from("<H", body, at)[0]
            if style in styles:
                yield _cell(row, first + number), styles[style]


def _is_nothing(result: bytes) -> bool:
    return result == bytes(8) or (result[6:8] == b"\xff\xff" and result[0] in (0, 3))


def _cell(row: int, column: int) -> str:
    return f"{column_letters(column)}{row + 1}"


def sheets_of_xlsb(read: Callable[[str], bytes | None], relations: dict[str, str]) -> Sheets:
    """By the sheets' names.

    Args:
        read: a part's bytes by its name, None when it is not there.
        relations: the targets of the workbook's relations by their id.

    Raises:
        ValueError: the file's structures do not add up.
    """
    sheets: Sheets = {}
    try:
        book = read("xl/workbook.bin") or b""
        never_computed = _is_to_be_computed(book)
        styles = _long_styles(read("xl/styles.bin") or b"")
        for name, relation in _bundle_sheets(book):
            target = relations.get(relation, "")
            part = read(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
            if part is not None:
                sheets[name] = _long_sheet(part, styles, never_computed=never_computed)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"xlsb: {error}") from error
    return sheets


def _is_to_be_computed(book: bytes) -> bool:
    """Whether the workbook says that all its formulas are still to be computed: their zeros are no values."""
    return any(kind == _CALCULATION and len(body) > 24 and body[24] & 1 for kind, body in _long_records(book))


def _long_styles(part: bytes) -> dict[int, Format]:
    codes, styles = dict(BUILT_IN), list[int]()
    of_cells = False
    for kind, body in _long_records(part):
        if kind == _LONG_FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide(body, 2)[0]
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            of_cells = kind == _STYLES_BEGIN
        elif kind == _LONG_STYLE and of_cells:
            styles.append(struct.unpack_from("<H", body, 2)[0])
    return _odd(codes, styles)


def _long_records(part: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(part):
        kind, at = _varint(part, at, 2)
        length, at = _varint(part, at, 4)
        yield kind, part[at : at + length]
        at += length


def _varint(part: bytes, at: int, most: int) -> tuple[int, int]:
    value = 0
    for place in range(most):
        byte = part[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    return value, at + most


def _bundle_sheets(part: bytes) -> Iterator[tuple[str, str]]:
    for kind, body in _long_records(part):
        if kind == _BUNDLE_SHEET:
            relation, at = _wide(body, 8)
            yield _wide(body, at)[0], relation


def _wide(body: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", body, at)[0]
    end = at + 4 + 2 * length
    return body[at + 4 : end].decode("utf-16-le"), end


def _long_sheet(part: bytes, styles: Mapping[int, Format], *, never_computed: bool) -> BinarySheet:
    sheet, row = BinarySheet(), 0
    for kind, body in _long_records(part):
        if kind == _END_SHEET_DATA:
            break
        if kind == _ROW_HEADER:
            row = struct.unpack_from("<I", body)[0]
            sheet.rows.update((row + 1,) if body[11] & _HIDDEN_LONG_ROW else ())
        elif kind == _LONG_COLUMNS and body[16] & 1:
            first, last = struct.unpack_from("<II", body)
            sheet.columns.append((first + 1, last + 1))
        elif kind in (_CELL_ERROR, _FORMULA_ERROR):
            sheet.lost[_cell(row, struct.unpack_from("<I", body)[0])] = "cell_error"
        elif kind in _LONG_NUMBERS:
            column, style = struct.unpack_from("<II", body)
            look = styles.get(style & 0xFFFFFF)
            if kind == _FORMULA_NUMBER and never_computed and body[8:16] == bytes(8):
                sheet.lost[_cell(row, column)] = "formula_without_value"
            elif look is not None:
                sheet.formats[_cell(row, column)] = look
    return sheet
