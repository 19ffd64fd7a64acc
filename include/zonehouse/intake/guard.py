"""What a file is refused for before a parser sees it; pure Python, bounded in time and memory.

Looks at the container only: kind, size, ratio, active content, DTDs, far cells. Also notes what the parser would lose:
cells that hold an error or a formula without its value come out of it as blank, which is a different thing.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeVar
from xml.etree import ElementTree as ET

from zonehouse.intake.looks import Format, Looks, odd_styles
from zonehouse.intake.plan import Limits
from zonehouse.intake.refused import Refused
from zonehouse.intake.sheetparts import column_number, hidden_parts, lost_cells, styled_cells
from zonehouse.intake.ziparchive import STORED, Archive, Entry

if TYPE_CHECKING:
    from zonehouse.intake.binary import Sheets  # what reads the older kinds of file is imported when one comes

__all__ = ["ALLOWED", "Inspection", "Refused", "inspect", "is_refused_for_its_name"]

T = TypeVar("T")

ALLOWED = (".xlsx", ".xls", ".xlsb", ".ods", ".csv")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HEAD = 8192
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DIMENSION = re.compile(rb'<dimension ref="[A-Z]+\d+:([A-Z]+)(\d+)"')
_CELL_PLACE = re.compile(rb'<c r="([A-Z]+\d+)"')
_TWO_VALUES = re.compile(rb"</(?:v|is)>\s*<(?:v|is|f)[\s/>]")  # a formula behind its value hides it from the parser
# Of these the parser takes but a piece; signs by their number it reads in texts, not in numbers.
_BROKEN_VALUE = re.compile(
    rb"<v[^<>]*>[^<]*<[!?]"
    rb"|<c(?![^<>]*\st\s*=\s*[\"']str)[^<>]*>\s*(?:<f[^<>]*(?:/>|>[^<]*</f>)\s*)?<v[^<>]*>[^<&]*&#"
)
_REFERENCE = re.compile(rb'<c r="([A-Z]+)(\d+)"')
_DIGITS = re.compile(rb"\d+")
_GLANCE = 1024  # bytes of a part that nearly always hold its root element
# Only an XML declaration, instructions, comments and white space may stand before the root element.
# No possessive quantifiers: before 3.11.5 Python matches them wrongly, and every workbook was refused. None is needed:
# what may stand there begins in different ways, and only the first bytes are looked at.
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?(?:(?!\?>).)*\?>|<!--(?:(?!-->).)*-->)*<[A-Za-z_]", re.DOTALL)
_BOOK, _TEXTS, _RELATIONS = "xl/workbook.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"
_EPOCH_1904 = re.compile(rb'date1904="(?:1|true)"')
_NEVER_COMPUTED = re.compile(rb'fullCalcOnLoad="(?:1|true)"')
_SHEET_PART = re.compile(r"^xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
# A form's own drop-downs and check boxes (xl/ctrlProps) do nothing without macros.
_ACTIVE = ("xl/embeddings/", "xl/activex/", "xl/connections.", "xl/querytables/", "customui/")
_MACRO_KINDS = (b"vbaproject", b"macroenabled", b"macrosheet")
_PLAIN_SHEET = re.compile(
    rb"<Relationship [^<>]*?(?:Type=\"[^\"<>]*/worksheet\" Target=\"(?:/xl/)?worksheets/[^/\"<>]+\.xml\""
    rb"|Target=\"(?:/xl/)?worksheets/[^/\"<>]+\.xml\" Type=\"[^\"<>]*/worksheet\")"
)
_ODD = re.compile(rb"['&%]|\.\./")
_PREFIXED_ROOT = re.compile(rb"<([A-Za-z_][\w.-]{0,30}):worksheet[\s>]")
_ODS_LINKS = re.compile(
    rb"<(?:office:dde-source|table:dde-link|table:table-source|table:cell-range-source|table:database-source)[\s/>]"
    rb"|table:formula=\"[^\"]{0,2000}'(?:file|https?|ftp|smb):"
)
_ODS_ROW = re.compile(rb"<table:table-row[\s>]")
_ODS_TABLE = re.compile(rb"<table:table[\s>]")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell([^>]*)>")
_ODS_ROWS_REPEATED = re.compile(rb'^[^>]*table:number-rows-repeated="(\d{1,12})')
_ODS_COLUMNS_REPEATED = re.compile(rb'table:number-columns-repeated="(\d{1,12})')
_EMBEDDED = re.compile(rb"M\0B\0D\0(?:[0-9A-F]\0){8}\0\0")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass
class Inspection:
    """What the guard learned: the content's kind, its date system, and what the parser does not tell of a sheet.

    That is cells whose value the file does not hold (``lost``), and how the sender saw it if that matters (``looks``).
    ``looked_at``: what the parser is to read in place of the file's own bytes, when that is quicker.
    """

    content: str
    epoch_1904: bool = False
    lost: dict[str, dict[str, str]] = field(default_factory=dict)
    looks: dict[str, Looks] = field(default_factory=dict)
    looked_at: bytes | None = None


def inspect(data: bytes, name: str, limits: Limits) -> Inspection:
    """Look at the bytes of a file called ``name``.

    Raises:
        Refused: with the code of the finding.
    """
    if len(data) > limits.max_bytes:
        raise Refused("file_too_large", f"{len(data)} B", limit_mb=limits.max_bytes // (1024 * 1024))
    extension = _extension(name)
    if extension == ".xlsm":
        raise Refused("macro_workbook", name)
    if extension not in ALLOWED:
        raise Refused("extension_not_accepted", extension or name, allowed=", ".join(ALLOWED))
    if data.startswith(_OLE):
        return _inspect_ole(data, limits)
    if data.startswith(b"PK\x03\x04"):
        return _inspect_zip(data, limits)
    if extension == ".csv":
        return _inspect_text(data, name)
    raise Refused("not_a_workbook", name)


def is_refused_for_its_name(name: str, head: bytes) -> bool:
    """Whether ``inspect`` refuses a file that begins with ``head`` only because it is not called otherwise."""
    extension = _extension(name)
    return extension not in ALLOWED or not (extension == ".csv" or head.startswith((_OLE, b"PK\x03\x04")))


def _extension(name: str) -> str:
    _, dot, extension = name.rpartition(".")
    return (dot + extension).lower() if dot else ""


def _inspect_text(data: bytes, name: str) -> Inspection:
    """A CSV file holds text: no control characters but those of lines and tabs, except as halves of UTF-16."""
    if not data.strip():
        raise Refused("not_a_workbook", name)
    if not data.startswith(_UTF_16) and _NOT_TEXT.search(data) is not None:
        raise Refused("csv_not_text", name)
    return Inspection(".csv")


def _inspect_ole(data: bytes, limits: Limits) -> Inspection:
    # Wherever they stand, so that a broken directory hides neither.
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Refused("encrypted_workbook")
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise Refused("macro_workbook")
    if not any(stream.encode("utf-16-le") in data for stream in ("Workbook", "Book")):
        raise Refused("not_a_workbook")
    if "Ole10Native".encode("utf-16-le") in data or _EMBEDDED.search(data) is not None:
        raise Refused("active_content")
    code, cells = _read_records(data)
    if code is not None:
        raise Refused(code)
    if cells > limits.cells:
        raise Refused("sheet_too_large", f"{cells:,}", limit=limits.cells)
    from zonehouse.intake.binary import sheets_of_xls

    return _of_sheets(".xls", _well_formed(lambda: sheets_of_xls(data)))


def _read_records(data: bytes) -> tuple[str | None, int]:
    from zonehouse.intake.binary import workbook_stream
    from zonehouse.intake.oldexcel import verdict

    try:
        return verdict(workbook_stream(data))
    except (ValueError, struct.error, IndexError) as error:
        raise Refused("unreadable_workbook", str(error)[:100]) from error


def _of_sheets(content: str, sheets: Sheets) -> Inspection:
    lost = {name: sheet.lost for name, sheet in sheets.items() if sheet.lost}
    return Inspection(content, lost=lost, looks={name: sheet.looks for name, sheet in sheets.items()})


def _inspect_xlsb(archive: Archive) -> Inspection:
    def read(name: str) -> bytes | None:
        return archive.read(archive.by_name[name]) if name in archive.by_name else None

    from zonehouse.intake.binary import sheets_of_xlsb

    def look() -> Sheets:
        relations = read("xl/_rels/workbook.bin.rels")
        if relations is None:
            raise ValueError("xlsb: no relations")
        _check_prolog("xl/_rels/workbook.bin.rels", relations)
        try:
            tree = ET.fromstring(relations)  # noqa: S314 - a DTD was refused above
        except ET.ParseError as error:
            raise ValueError(f"xlsb: {error}") from error
        return sheets_of_xlsb(read, {e.get("Id", ""): e.get("Target", "") for e in tree})

    return _of_sheets(".xlsb", _well_formed(look))


def _inspect_zip(data: bytes, limits: Limits) -> Inspection:
    archive = Archive(data, limits)
    lowered = _lowered_names(archive.names) if archive.is_ordinary else _checked_names(archive.names)
    archive.check_headers()
    if len(lowered) < len(archive.names):
        raise Refused("unsafe_archive", "a part that is there twice")
    if "xl/workbook.bin" in lowered:
        return _inspect_xlsb(archive)
    if "content.xml" in lowered:
        return _inspect_ods(archive, limits)
    if "xl/workbook.xml" not in lowered:
        raise Refused("not_a_workbook", "zip")
    return _inspect_xlsx(archive, limits)


@lru_cache(maxsize=128)
def _lowered_names(names: tuple[str, ...]) -> frozenset[str]:
    """Workbooks of one template have parts of the same names."""
    return _checked_names(names)


def _checked_names(names: Sequence[str]) -> frozenset[str]:
    """The names in small letters.

    Raises:
        Refused: one leads out of the archive, or to what is no figure.
    """
    for name in names:
        low = name.lower().replace("\\", "/")
        if low.startswith("/") or ":" in low or "\0" in low or ".." in low.split("/"):
            raise Refused("unsafe_archive", name)
        if low.endswith("vbaproject.bin") or low.startswith(("basic/", "scripts/", "xl/macrosheets/")):
            raise Refused("macro_workbook", name)
        if low.startswith("xl/externallinks/"):
            raise Refused("external_links", name)
        if low.startswith(_ACTIVE):
            raise Refused("active_content", name)
    return frozenset(name.lower() for name in names)


def _inspect_ods(archive: Archive, limits: Limits) -> Inspection:
    inspection = Inspection(".ods")
    for entry in archive.entries:
        if entry.filename.endswith(".xml"):
            _check_prolog(entry.filename, archive.head(entry, _HEAD))
        if entry.filename == "META-INF/manifest.xml" and b"encryption-data" in archive.read(entry):
            raise Refused("encrypted_workbook")
        if entry.filename == "content.xml":
            content = archive.read(entry)
            if (link := _ODS_LINKS.search(content)) is not None:
                raise Refused("external_links", link.group()[:60].decode("utf-8", "replace"))
            _check_ods_extent(content, limits)
            from zonehouse.intake.odsparts import sheets_of

            sheets = _well_formed(partial(sheets_of, content))
            inspection.lost = {name: sheet.lost for name, sheet in sheets.items() if sheet.lost}
            inspection.looks = {name: sheet.looks for name, sheet in sheets.items()}
    return inspection


def _check_ods_extent(content: bytes, limits: Limits) -> None:
    """Refuse what would not fit once its repeated rows and columns are written out; blank ones behind are not."""
    for table in _ODS_TABLE.split(content)[1:]:
        rows = width = waiting = 0
        for row in _ODS_ROW.split(table)[1:]:
            times = _ODS_ROWS_REPEATED.match(row)
            waiting += int(times.group(1)) if times is not None else 1
            at = filled = 0
            for cell in _ODS_CELL.finditer(row):
                repeated = _ODS_COLUMNS_REPEATED.search(cell.group(1))
                at += int(repeated.group(1)) if repeated is not None else 1
                if b"value-type=" in cell.group(1):
                    filled = at
            if filled:
                rows, waiting, width = rows + waiting, 0, max(width, filled)
            if rows * width > limits.cells:
                raise Refused("sheet_too_large", f"content.xml: {rows} x {width}", limit=limits.cells)


def _inspect_xlsx(archive: Archive, limits: Limits) -> Inspection:
    inspection = Inspection(".xlsx")
    lost: dict[str, dict[str, str]] = {}
    looks: dict[str, Looks] = {}
    _check_kinds(archive)
    styles = _odd_styles(archive)
    never_computed = _is_never_computed(archive)
    for entry in archive.entries:
        name = entry.filename
        if _SHEET_PART.match(name):
            part = archive.read(entry)
            _check_prolog(name, part)
            part = _without_prefix(part)
            _check_cells(name, part)
            _check_extent(name, part, limits)
            if found := _well_formed(partial(lost_cells, part, never_computed=never_computed)):
                lost[name] = found
            if (look := _looks(part, styles)) is not None:
                looks[name] = look
        elif name == _BOOK or (name == _TEXTS and archive.is_small):
            head = archive.read(entry)[:_HEAD]
            _check_prolog(name, head)
            if name == _BOOK:
                inspection.epoch_1904 = b"date1904" in head and _EPOCH_1904.search(head) is not None
        elif name.lower().endswith((".xml", ".rels", ".vml")) and not _shows_root(archive, entry):
            _check_prolog(name, archive.head(entry, _HEAD))
    if lost or looks:
        parts = list(_sheet_parts(archive))
        inspection.lost = {sheet: lost[place] for sheet, place in parts if place in lost}
        inspection.looks = {sheet: looks[place] for sheet, place in parts if place in looks}
    inspection.looked_at = archive.as_looked_at()
    return inspection


def _is_never_computed(archive: Archive) -> bool:
    """Programs that write formulas without computing them write 0 for each, and ask that it be done on opening."""
    entry = archive.by_name.get(_BOOK)
    return (
        entry is not None and b"fullCalcOnLoad" in (book := archive.read(entry)) and bool(_NEVER_COMPUTED.search(book))
    )


def _odd_styles(archive: Archive) -> dict[str, Format]:
    """Cell style → its number format, of those that show something else than is stored."""
    styles = next((entry for entry in archive.entries if entry.filename.lower() == "xl/styles.xml"), None)
    if styles is None:
        return {}
    part = archive.read(styles)
    _check_prolog(styles.filename, part)
    return _well_formed(lambda: odd_styles(part))


def _looks(part: bytes, styles: dict[str, Format]) -> Looks | None:
    cells = _well_formed(lambda: styled_cells(part, styles)) if styles else {}
    rows, columns = _well_formed(partial(hidden_parts, part))
    if not (cells or rows or columns):
        return None
    return Looks({place: styles[style] for place, style in cells.items()}, rows, columns)


def _check_kinds(archive: Archive) -> None:
    """No macros under another name, and every sheet where sheets belong, so that it is looked at."""
    if (kinds := archive.by_name.get("[Content_Types].xml")) is not None and _declares_macros(archive.read(kinds)):
        raise Refused("macro_workbook", kinds.filename)
    relations = archive.by_name.get(_RELATIONS)
    if relations is None or _plain_relations(archive.read(relations)):
        return
    for element in _relations(archive):
        if element.get("Type", "").endswith("/worksheet"):
            part = _part_of(element.get("Target", ""))
            if not _SHEET_PART.match(part):
                raise Refused("unsafe_archive", part)


@lru_cache(maxsize=64)
def _declares_macros(kinds: bytes) -> bool:
    declared = kinds.lower()
    return any(kind in declared for kind in _MACRO_KINDS)


@lru_cache(maxsize=64)
def _plain_relations(part: bytes) -> bool:
    """Whether each sheet is plainly where it belongs: so they write it all."""
    return part.count(b'/worksheet"') == len(_PLAIN_SHEET.findall(part)) > 0 and not _ODD.search(part)


def _without_prefix(part: bytes) -> bytes:
    """Some programs write ``<x:c>`` for ``<c>``."""
    prefixed = _PREFIXED_ROOT.search(part, 0, _HEAD) if part.find(b":worksheet", 0, _HEAD) >= 0 else None
    if prefixed is None:
        return part
    prefix = prefixed.group(1) + b":"
    return part.replace(b"<" + prefix, b"<").replace(b"</" + prefix, b"</")


def _shows_root(archive: Archive, entry: Entry) -> bool:
    start = archive.start_of(entry)
    head = archive.data[start : start + min(entry.compress_size, _GLANCE)]
    return _is_plain_head(head, entry.compress_type == STORED)


@lru_cache(maxsize=512)
def _is_plain_head(head: bytes, is_stored: bool) -> bool:
    """Whether the first kilobyte of a packed part shows its root element; many parts are alike in all workbooks."""
    with suppress(zlib.error):
        glance = head[:_GLANCE] if is_stored else zlib.decompressobj(-15).decompress(head, _GLANCE)
        return _PROLOG.match(glance) is not None
    return False


def _check_prolog(name: str, part: bytes) -> None:
    """No DTD and no entities may stand before the root element, and the root must come soon."""
    if not _PROLOG.match(part, 0, _HEAD) and part[:_HEAD].strip():
        raise Refused("unsafe_xml", name)


def _check_cells(name: str, part: bytes) -> None:
    """Refuse a sheet of which the parser would take one value and Excel another, or none: nobody saw what it says."""
    places = _CELL_PLACE.findall(part)
    if len(set(places)) < len(places):
        twice = next(place for place, count in Counter(places).items() if count > 1)
        raise Refused("unreadable_workbook", f"{name}: {twice.decode()} x 2")
    if _TWO_VALUES.search(part) is not None:
        raise Refused("unreadable_workbook", f"{name}: <v> x 2")
    if b"<sheetData" in part[part.find(b"<sheetData") + 1 :]:
        raise Refused("unreadable_workbook", f"{name}: <sheetData> x 2")
    # One sign is found ten times as fast as two.
    has_signs = (b"!" in part and b"<!" in part) or (b"&" in part and b"&#" in part)
    has_signs = has_signs or (part.count(b"?") > 2 and part.count(b"<?") > 1)
    if has_signs and (odd := _BROKEN_VALUE.search(part)) is not None:
        raise Refused("unreadable_workbook", f"{name}: {odd.group()[:40].decode('utf-8', 'replace')}")


def _check_extent(name: str, part: bytes, limits: Limits) -> None:
    """Refuse a sheet whose used range would not fit; the parser allocates the whole rectangle, and aborts.

    Programs declare far dimensions for empty sheets too, so only the real cells count once the declaration is far.
    """
    # A cell takes ten bytes at least.
    if len(part) > 10 * limits.filled_cells and (count := part.count(b"<c ")) > limits.filled_cells:
        raise Refused("sheet_too_large", f"{name}: {count:,}", limit=limits.filled_cells)
    declared = _DIMENSION.search(part, 0, _HEAD)
    last = part.rfind(b'<row r="')
    row = _DIGITS.match(part, last + 8, last + 18) if last >= 0 else None
    last_row = 0 if row is None else int(row.group())
    if declared is not None and last_row <= int(declared.group(2)):
        if _area(*declared.groups()) <= limits.cells:
            return
    elif declared is None and len(part) < limits.cells and (row is None or last_row * 256 <= limits.cells):
        return
    column = row_number = 1
    for letters, digits in _REFERENCE.findall(part):
        column, row_number = max(column, column_number(letters)), max(row_number, int(digits))
    if column * row_number > limits.cells:
        raise Refused("sheet_too_large", f"{name}: {row_number} x {column}", limit=limits.cells)


def _area(letters: bytes, digits: bytes) -> int:
    return column_number(letters) * int(digits)


def _well_formed(look: Callable[[], T]) -> T:
    """What is seen in a part that must be XML for it."""
    try:
        return look()
    except ValueError as error:
        raise Refused("unreadable_workbook", str(error)[:100]) from error


def _sheet_parts(archive: Archive) -> Iterator[tuple[str, str]]:
    """Sheet name and the part that holds it; nothing when the workbook does not say."""
    targets = {element.get("Id"): element.get("Target", "") for element in _relations(archive)}
    if not targets:
        return
    try:
        book = ET.fromstring(archive.read(archive.by_name[_BOOK]))  # noqa: S314 - DTDs were refused above
    except (ET.ParseError, KeyError) as error:
        raise Refused("unreadable_workbook", str(error)) from error
    for element in book.iter():
        target = targets.get(element.get(_RELATION)) if element.tag.endswith("}sheet") else None
        if target:
            yield element.get("name", ""), _part_of(target)


def _relations(archive: Archive) -> list[ET.Element]:
    """The workbook's relations; none when it does not say."""
    relations = archive.by_name.get(_RELATIONS)
    if relations is None:
        return []
    part = archive.read(relations)
    _check_prolog(relations.filename, part)
    try:
        return list(ET.fromstring(part))  # noqa: S314 - without a DTD nothing in it can grow
    except (ET.ParseError, ValueError) as error:
        raise Refused("unreadable_workbook", str(error)) from error


def _part_of(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
