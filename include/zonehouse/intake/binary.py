"""What the parser does not tell of ``.xls`` and ``.xlsb``: cells with an error or a formula that was never computed.

It returns them as blank, which is a different thing. Only the records that hold such cells are looked at; a file whose
records do not add up is refused, as what it hides cannot be known. Structures: [MS-CFB], [MS-XLS], [MS-XLSB]. Runs in
the reader process; imports nothing heavy.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from zonehouse.intake.text import column_letters

Lost = dict[str, dict[str, str]]

_FREE = 0xFFFFFFFA  # sector numbers from here on mean something else than a sector
_BOF, _BOUND_SHEET, _FORMULA, _BOOL_ERROR = 0x0809, 0x0085, 0x0006, 0x0205
_NEVER_COMPUTED = 0x0003  # to be computed on loading: no program has yet
_ROW_HEADER, _CELL_ERROR, _FORMULA_ERROR, _BUNDLE_SHEET, _END_SHEET_DATA = 0, 3, 11, 156, 146


def lost_in_xls(data: bytes) -> Lost:
    """Sheet → cell → the finding's code.

    Raises:
        ValueError: the file's structures do not add up.
    """
    try:
        stream = workbook_stream(data)
        sheets = [(_sheet_name(body), struct.unpack_from("<I", body)[0]) for body in _bound_sheets(stream)]
        return {name: found for name, start in sheets if (found := dict(_lost_cells(stream, start)))}
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
    for kind, body in _records(stream, 0):
        if kind == _BOUND_SHEET:
            yield body
        elif kind == 0x000A:  # the end of what all sheets share
            return


def _sheet_name(body: bytes) -> str:
    length, is_wide = body[6], body[7] & 1
    return body[8 : 8 + 2 * length].decode("utf-16-le") if is_wide else body[8 : 8 + length].decode("latin-1")


def _lost_cells(stream: bytes, start: int) -> Iterator[tuple[str, str]]:
    depth = 0
    for kind, body in _records(stream, start):
        depth += (kind == _BOF) - (kind == 0x000A)
        if depth == 0:
            return
        if kind == _BOOL_ERROR and body[7]:
            yield _cell(*struct.unpack_from("<HH", body)), "cell_error"
        elif kind == _FORMULA:
            cell, result = _cell(*struct.unpack_from("<HH", body)), body[6:14]
            if result[6:8] == b"\xff\xff" and result[0] == 2:
                yield cell, "cell_error"
            elif struct.unpack_from("<H", body, 14)[0] & _NEVER_COMPUTED and _is_nothing(result):
                yield cell, "formula_without_value"


def _is_nothing(result: bytes) -> bool:
    return result == bytes(8) or (result[6:8] == b"\xff\xff" and result[0] in (0, 3))


def _cell(row: int, column: int) -> str:
    return f"{column_letters(column)}{row + 1}"


def lost_in_xlsb(read: Callable[[str], bytes | None], relations: dict[str, str]) -> Lost:
    """Sheet → cell → the finding's code.

    Args:
        read: a part's bytes by its name, None when it is not there.
        relations: the targets of the workbook's relations by their id.

    Raises:
        ValueError: the file's structures do not add up.
    """
    lost: Lost = {}
    try:
        for name, relation in _bundle_sheets(read("xl/workbook.bin") or b""):
            target = relations.get(relation, "")
            part = read(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
            if part is not None and (found := dict(_lost_in_part(part))):
                lost[name] = found
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"xlsb: {error}") from error
    return lost


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


def _lost_in_part(part: bytes) -> Iterator[tuple[str, str]]:
    row = 0
    for kind, body in _long_records(part):
        if kind == _END_SHEET_DATA:
            return
        if kind == _ROW_HEADER:
            row = struct.unpack_from("<I", body)[0]
        elif kind in (_CELL_ERROR, _FORMULA_ERROR):
            yield _cell(row, struct.unpack_from("<I", body)[0]), "cell_error"
