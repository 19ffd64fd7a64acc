"""Writing text that strangers wrote: as text, whatever it begins with.

Every text goes through ``write_string``, so that no spreadsheet program takes it for a formula or a link. Text that
would become a formula when a person edits the cell gets Excel's quote prefix as well.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
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
