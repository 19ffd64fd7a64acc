"""What the records of an old Excel workbook say of its danger: password, macro sheets, links, connections, extent.

Structures: [MS-XLS]. Every record is looked at once. Runs in the reader process; imports nothing heavy.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_FILEPASS, _BOUNDSHEET, _SUPBOOK, _CONNECTION, _EOF = 0x2F, 0x85, 0x1AE, 0x876, 0x0A
# The records of single cells, which begin with row and column; rows of cells (0xBD, 0xBE) end with the last column.
_CELLS = frozenset((0x06, 0x201, 0x203, 0x204, 0x205, 0x27E, 0xFD))
_CELL_ROWS = frozenset((0xBD, 0xBE))
_MACRO_SHEETS = (1, 6)


def records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, start and length of every record.

    Raises:
        ValueError: a record reaches beyond the end.
    """
    at, end = 0, len(stream)
    unpack = struct.Struct("<HH").unpack_from
    while at + 4 <= end:
        kind, length = unpack(stream, at)
        at += 4
        if kind == 0 and length == 0:  # padding
            continue
        if at + length > end:
            raise ValueError("a record reaches beyond the end")
        yield kind, at, length
        at += length


def verdict(stream: bytes) -> tuple[str | None, int]:
    """The finding that a workbook's records call for (None: none), and the area of its largest sheet in cells.

    Raises:
        ValueError: see ``records``.
    """
    largest = rows = columns = 0
    for kind, at, length in records(stream):
        if kind in _CELLS and length >= 4:
            row, column = struct.unpack_from("<HH", stream, at)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        elif kind in _CELL_ROWS and length >= 6:
            rows = max(rows, struct.unpack_from("<H", stream, at)[0] + 1)
            columns = max(columns, struct.unpack_from("<H", stream, at + length - 2)[0] + 1)
        elif kind == _EOF:
            largest, rows, columns = max(largest, rows * columns), 0, 0
        elif (code := _verdict(kind, stream[at : at + min(length, 64)])) is not None:
            return code, largest
    return None, max(largest, rows * columns)


def _verdict(kind: int, body: bytes) -> str | None:
    if kind == _FILEPASS:
        return "encrypted_workbook"
    if kind == _BOUNDSHEET and len(body) > 5 and body[5] in _MACRO_SHEETS:
        return "macro_workbook"
    # A book that refers to itself or to add-in functions says so instead of a name.
    if kind == _SUPBOOK and len(body) >= 4 and body[2:4] not in (b"\x01\x04", b"\x01\x3a"):
        return "external_links"
    return "active_content" if kind == _CONNECTION else None
