"""Writing text that strangers wrote: as text, whatever it begins with.

Every text goes through ``write_string``, so that no spreadsheet program takes it for a formula or a link. Text that
would become a formula when a person edits the cell gets Excel's quote prefix as well.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

LONGEST = 32_000  # a cell holds 32,767 characters
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

BOOK_OPTIONS: Mapping[str, Any] = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def is_risky(text: str) -> bool:
    """Whether a program might take the text for a formula: it begins with = + - @ or white space before them."""
    return text.startswith(_RISKY) or text.lstrip().startswith(_RISKY)


def plain(text: str, limit: int = LONGEST) -> str:
    """The text without characters that XML cannot hold, shortened to ``limit``."""
    cleaned = _NOT_XML.sub("", text)
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


class Formats:
    """Cell formats of one workbook by their properties, each made once; with quote prefix when asked for."""

    def __init__(self, book: xlsxwriter.Workbook, **common: object) -> None:
        self._book = book
        self._common = common
        self._made: dict[tuple[tuple[str, object], ...], Format] = {}

    def __call__(self, **properties: object) -> Format:
        key = tuple(sorted((self._common | properties).items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(dict(key))
        return self._made[key]

    def text(self, text: str, **properties: object) -> Format:
        """The format for a cell that holds ``text``."""
        return self(quote_prefix=1, **properties) if is_risky(text) else self(**properties)


def write_text(sheet: Worksheet, formats: Formats, row: int, column: int, text: str, **properties: object) -> None:
    """Write ``text`` as text, with a format of these properties."""
    text = plain(text)
    if text:
        sheet.write_string(row, column, text, formats.text(text, **properties))
    else:
        sheet.write_blank(row, column, None, formats(**properties))


def write_both(  # noqa: PLR0913, PLR0917 - a cell is sheet, row and column everywhere here
    sheet: Worksheet, formats: Formats, row: int, column: int, vi: str, en: str, **properties: object
) -> None:
    """Write the Vietnamese text with the English one small and grey below it."""
    vi, en = plain(vi), plain(en)
    if not vi or not en:
        write_text(sheet, formats, row, column, vi or en, **properties)
        return
    grey = formats(font_size=8, italic=1, font_color="#6B7280")
    cell = formats.text(vi, **(properties | {"text_wrap": 1}))
    sheet.write_rich_string(row, column, formats(), f"{vi}\n", grey, en, cell)


def room_of_both(vi: str, en: str) -> str:
    """A text as large as what ``write_both`` writes, for ``row_height``: the English letters are smaller."""
    return f"{vi}\n{en[: len(en) * 3 // 4]}"


def row_height(texts: Iterable[tuple[str, int]], line: float = 13.5) -> float:
    """Points for a row of wrapped texts, each with its column's width: not every program fits rows by itself."""
    lines = max((sum(_lines(part, width) for part in text.split("\n")) for text, width in texts), default=1)
    return min(line * lines + 4, 400.0)


def _lines(text: str, width: int) -> int:
    """Lines that a text takes in a column; a width counts digits, and letters of running text are narrower."""
    return max(1, -(-len(text) // max(int(width * 1.08), 4)))


def internal_link(sheet_name: str, cell: str) -> str:
    """A link to a cell of the same workbook."""
    quoted = sheet_name.replace("'", "''")
    return f"internal:'{quoted}'!{cell}"


def save(content: bytes, out: Path) -> Path:
    """Write beside, then rename: a reader of ``out`` never meets half a workbook."""
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            os.fchmod(stream.fileno(), 0o644)
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return out
