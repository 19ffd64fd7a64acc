"""A folder of hostile files: each built here, byte by byte where a library would refuse to build it."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tests.unit.intake_workbooks import repack, right_report, workbook

_SHEET = "xl/worksheets/sheet2.xml"
_OUTPUT_SHEET = b'<c r="E2"'
_NS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REFUSED_ALL = frozenset(
    (
        "active_content",
        "cover_missing",
        "csv_malformed",
        "csv_not_text",
        "csv_without_form",
        "encrypted_workbook",
        "extension_not_accepted",
        "external_links",
        "macro_workbook",
        "not_a_workbook",
        "reader_died",
        "reader_timeout",
        "sheet_too_large",
        "unreadable_workbook",
        "unsafe_archive",
        "unsafe_xml",
    )
)


@dataclass(frozen=True)
class Hostile:
    """A file and the reasons it may be rejected for; none: it may be accepted, if its figures are the true ones."""

    name: str
    data: bytes
    reasons: frozenset[str] = frozenset()
    may_change: bool = False  # its figures may have been changed in a way that nobody can see


@cache
def good(number: int = 0) -> bytes:
    """A right report: each number another one."""
    report = right_report(month=f"2016-{number % 6 + 1:02d}")
    report["THONG_TIN"][4][1] = f"Công ty {number}"
    return workbook(report)


def hostile_files() -> list[Hostile]:
    """All of them; the same bytes at every call."""
    makers: Sequence[Callable[[], Iterator[Hostile]]] = (
        _bombs,
        _extents,
        _xml,
        _containers,
        _entries,
        _active,
        _disguised,
        _xls,
        _xlsb,
        _ods,
        _csv,
        _many,
        _fuzzed,
    )
    return [hostile for maker in makers for hostile in maker()]


def _bad(name: str, data: bytes, *reasons: str) -> Hostile:
    return Hostile(name, data, frozenset(reasons) or REFUSED_ALL)


def _with(*extra: tuple[str, bytes], base: bytes | None = None) -> bytes:
    return repack(base or good(), lambda _, body: body, extra)


def _changed(part: str, change: Callable[[bytes], bytes], base: bytes | None = None) -> bytes:
    return repack(base or good(), lambda name, body: change(body) if name == part else body)


def _sheet_of(cells: bytes, head: bytes = b"") -> bytes:
    return b"<worksheet " + _NS + b">" + head + b"<sheetData>" + cells + b"</sheetData></worksheet>"


# Archives that unpack too far


def _bombs() -> Iterator[Hostile]:
    size = 400 * 1024 * 1024
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = (packer.compress(bytes(1024 * 1024)) + packer.flush(zlib.Z_FULL_FLUSH)) * 400 + packer.flush()
    crc = zlib.crc32(bytes(size))
    base = good()
    flat = _zip([_Entry("xl/worksheets/sheet9.xml", packed, crc, size, 8)], base)
    yield _bad("bomb flat.xlsx", flat, "unsafe_archive")
    small = _Entry("xl/worksheets/sheet9.xml", packed, crc, 9000, 8)
    yield _bad("bomb that declares 9 kB.xlsx", _zip([small], base), "unsafe_archive", "unreadable_workbook")
    quoted = [_Entry(f"xl/worksheets/sheet{n}.xml", packed, crc, size, 8) for n in range(3)]
    yield _bad("bomb overlapping.xlsx", _zip(quoted, base, overlap=True), "unsafe_archive")
    inner = _with(("xl/inner.zip", packed))
    yield _bad("bomb nested.xlsx", _with(("xl/media/inner.xlsx", inner), ("xl/worksheets/x.xml", b" " * 60_000_000)))
    ratio = _sheet_of(b'<row r="1"><c r="A1"/></row>' * 1_500_000)
    yield _bad("bomb by ratio.xlsx", _changed(_SHEET, lambda _: ratio), "unsafe_archive")
    text = random.Random(1).randbytes(5_000_000).hex().encode()
    book = workbook({"Bom": [["@@@"] * 300]})
    shared = _changed("xl/sharedStrings.xml", lambda body: body.replace(b"@@@", text), book)
    # Which of its limits it meets first depends on how quick the machine is.
    codes = ("reader_died", "reader_timeout", "sheet_too_large", "unreadable_workbook")
    yield _bad("one text of 10 MB in 300 cells.xlsx", shared, *codes)


# Sheets that would not fit


def _extents() -> Iterator[Hostile]:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    near = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    yield _bad("last cell.xlsx", _changed(_SHEET, lambda _: _sheet_of(near + far)), "sheet_too_large")
    small = b'<dimension ref="A1:B2"/>'
    hidden = _changed(_SHEET, lambda _: _sheet_of(near + far, small))
    yield _bad("last cell behind a small dimension.xlsx", hidden, "sheet_too_large")
    spaced = far.replace(b"<c r=", b"<c  r=").replace(b'"XFD1048576"', b"'XFD1048576'")
    yield _bad("last cell in odd writing.xlsx", _changed(_SHEET, lambda _: _sheet_of(near + spaced)))
    prefixed = _sheet_of(near + far).replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"xmlns=", b"xmlns:x=")
    yield _bad("last cell with a prefix.xlsx", _changed(_SHEET, lambda _: prefixed))
    beyond = b'<row r="99999999999"><c r="ZZZZZZ99999999999"><v>1</v></c></row>'
    yield _bad("cell beyond the sheet.xlsx", _changed(_SHEET, lambda _: _sheet_of(near + beyond)))
    declared = _changed(_SHEET, lambda body: body.replace(b'ref="A1:G2"', b'ref="A1:XFD1048576"'))
    yield Hostile("only declares to be huge.xlsx", declared)
    row = b"".join(b'<c r="%c%%d"><v>1</v></c>' % letter for letter in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    rows = b"".join(b'<row r="%d">' % n + row.replace(b"%d", b"%d" % n) + b"</row>" for n in range(1, 60_000))
    yield _bad(
        "1.5 million cells.xlsx", _changed(_SHEET, lambda _: _sheet_of(rows)), "sheet_too_large", "unsafe_archive"
    )
    moved = repack(good(), lambda n, body: None if n == _SHEET else body.replace(b"worksheets/sheet2.xml", b"away.bin"))
    away = _with(("xl/away.bin", _sheet_of(near + far)), base=moved)
    yield _bad("last cell in a part with another name.xlsx", away)


# XML


def _xml() -> Iterator[Hostile]:
    laughs = b'<!DOCTYPE z [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(10)
    )
    for name, part in (("sheet", _SHEET), ("strings", "xl/sharedStrings.xml"), ("book", "xl/workbook.xml")):
        bomb = _changed(part, lambda body: _after_declaration(body, laughs + b"]>"))
        yield _bad(f"billion laughs in {name}.xlsx", bomb, "unsafe_xml")
    for name, target in (("file", b"file:///etc/passwd"), ("http", b"http://127.0.0.1:9/x")):
        xxe = b'<!DOCTYPE z [<!ENTITY x SYSTEM "' + target + b'">]>'
        yield _bad(
            f"xxe {name}.xlsx", _changed(_SHEET, lambda body, xxe=xxe: _after_declaration(body, xxe)), "unsafe_xml"
        )
    parameter = b'<!DOCTYPE z SYSTEM "http://127.0.0.1:9/z.dtd">'
    yield _bad("dtd.xlsx", _changed(_SHEET, lambda body: _after_declaration(body, parameter)), "unsafe_xml")
    wide = _changed(_SHEET, lambda body: _after_declaration(body, parameter).decode().encode("utf-16"))
    yield _bad("dtd in utf-16.xlsx", wide, "unsafe_xml")
    late = _changed(_SHEET, lambda body: _after_declaration(body, b"<!--" + b"x" * 9000 + b"-->" + parameter))
    yield _bad("dtd behind a long comment.xlsx", late, "unsafe_xml")
    deep = _sheet_of(b"<a>" * 2_000_000 + b"</a>" * 2_000_000)
    yield _bad("nested deeply.xlsx", _changed(_SHEET, lambda _: deep), *REFUSED_ALL, "header_missing")
    attributes = _sheet_of(b"<row " + b"".join(b'a%d="1" ' % n for n in range(1_000_000)) + b"/>")
    yield _bad("a million attributes.xlsx", _changed(_SHEET, lambda _: attributes), *REFUSED_ALL, "header_missing")
    bad_utf8 = _changed(_SHEET, lambda body: body.replace(b"</sheetData>", b"\xff\xfe\x80</sheetData>"))
    yield Hostile("not utf-8.xlsx", bad_utf8)
    bad_text = _changed("xl/sharedStrings.xml", lambda body: body.replace(b"<t>", b"<t>\xc3\x28\x00", 3))
    yield Hostile("not utf-8 in strings.xlsx", bad_text, REFUSED_ALL)
    unclosed = _changed(_SHEET, lambda body: body[: len(body) // 2])
    yield _bad("xml ends in the middle.xlsx", unclosed, "unreadable_workbook")
    styles = _changed("xl/styles.xml", lambda body: body.replace(b"<cellXfs", b'<cellXfs x="1"><xf xfId="0"/>' * 50))
    yield Hostile("styles in circles.xlsx", styles)
    comment = _changed(
        _SHEET, lambda body: body.replace(b"<sheetData>", b"<!--" + b"y" * 30_000_000 + b"--><sheetData>")
    )
    yield Hostile("comment of 30 MB.xlsx", comment)
    index = _changed(_SHEET, lambda body: body.replace(b't="s"><v>', b't="s"><v>99999999'))
    yield _bad("strings that are not there.xlsx", index, *REFUSED_ALL, "header_missing")


def _after_declaration(body: bytes, inserted: bytes) -> bytes:
    declaration, mark, rest = body.partition(b"?>")
    return declaration + mark + inserted + rest


# Containers


def _containers() -> Iterator[Hostile]:
    whole = good()
    for share in (1, 10, 50, 90, 99):
        yield _bad(f"truncated at {share} per cent.xlsx", whole[: len(whole) * share // 100])
    chance = random.Random(2)
    yield _bad("random.xlsx", chance.randbytes(200_000), "not_a_workbook")
    yield _bad("random behind a zip's mark.xlsx", b"PK\x03\x04" + chance.randbytes(200_000), "not_a_workbook")
    yield _bad("empty.xlsx", b"", "not_a_workbook")
    yield _bad("one byte.xlsx", b"P", "not_a_workbook")
    yield _bad("empty zip.xlsx", b"PK\x05\x06" + bytes(18), "not_a_workbook")
    end = whole.rfind(b"PK\x05\x06")
    far = whole[: end + 16] + struct.pack("<I", 0xFFFFFFF0) + whole[end + 20 :]
    yield _bad("directory beyond the end.xlsx", far)
    many = whole[: end + 8] + struct.pack("<HH", 0xFFFF, 0xFFFF) + whole[end + 12 :]
    yield _bad("65535 entries declared.xlsx", many)
    yield Hostile("bytes before the zip.xlsx", b"#!/bin/sh\nrm -rf /\n" + whole, REFUSED_ALL)
    yield Hostile("two workbooks in one.xlsx", whole + good(3))


def _entries() -> Iterator[Hostile]:
    for number, name in enumerate(("../../etc/passwd", "/etc/passwd", "C:\\Windows\\x.dll", "..\\x", "xl/../../x")):
        yield _bad(f"entry outside {number}.xlsx", _with((name, b"x")), "unsafe_archive")
    yield _bad("entry with nul.xlsx", _with(("xl/a@b.xml", b"<a/>")).replace(b"xl/a@b.xml", b"xl/a\0b.xml"))
    base = good()
    with zipfile.ZipFile(io.BytesIO(base)) as archive:
        sheet = archive.read(_SHEET)
    body = sheet.replace(b"<v>1000.5</v>", b"<v>9999999</v>")
    twice = _zip([_Entry.of(_SHEET, body)], base)
    yield _bad("one part twice.xlsx", twice, "unsafe_archive")
    other_case = _zip([_Entry.of(_SHEET.upper(), body)], base)
    yield _bad("one part twice in capitals.xlsx", other_case, "unsafe_archive")
    at = base.find(_SHEET.encode()) - 30
    size = base[: at + 22] + struct.pack("<I", 77) + base[at + 26 :]
    yield _bad("local header forges the size.xlsx", size, "unsafe_archive")
    renamed = base[: at + 30] + b"xl/worksheets/sheetX.xml" + base[at + 54 :]
    yield _bad("local header has another name.xlsx", renamed, "unsafe_archive")
    directory = base.rfind(_SHEET.encode()) - 46
    crc = base[: directory + 16] + b"\x12\x34\x56\x78" + base[directory + 20 :]
    yield _bad("forged checksum.xlsx", crc, "unsafe_archive", "unreadable_workbook")
    small = base[: directory + 24] + struct.pack("<I", 100) + base[directory + 28 :]
    yield _bad("directory forges the size.xlsx", small, "unsafe_archive", "unreadable_workbook")
    locked = bytearray(base)
    locked[directory + 8] |= 1
    yield _bad("encrypted entry.xlsx", bytes(locked), "encrypted_workbook")
    method = bytearray(base)
    method[directory + 10] = 14
    yield _bad("lzma entry.xlsx", bytes(method), "unsafe_archive")
    yield _bad("3000 parts.xlsx", _with(*((f"xl/p{n}.xml", b"<a/>") for n in range(3000))), "unsafe_archive")


# What could become active


def _active() -> Iterator[Hostile]:
    yield _bad("macro.xlsm", _with(("xl/vbaProject.bin", b"xy")), "macro_workbook")
    yield _bad("macro renamed.xlsx", _with(("xl/vbaProject.bin", b"x")), "macro_workbook")
    yield _bad("macro in capitals.xlsx", _with(("XL/VBAPROJECT.BIN", b"x")), "macro_workbook")
    kind = b'<Default Extension="odd" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    odd = _changed("[Content_Types].xml", lambda body: body.replace(b"</Types>", kind))
    yield _bad("macro under another name.xlsx", _with(("xl/printer.odd", b"x"), base=odd), "macro_workbook")
    yield _bad("macro sheet.xlsx", _with(("xl/macrosheets/sheet1.xml", b"<a/>")), "macro_workbook")
    for name, part, reason in (
        ("external link", "xl/externalLinks/externalLink1.xml", "external_links"),
        ("dde", "xl/externalLinks/externalLink7.xml", "external_links"),
        ("ole", "xl/embeddings/oleObject1.bin", "active_content"),
        ("activex", "xl/activeX/activeX1.bin", "active_content"),
        ("connection", "xl/connections.xml", "active_content"),
        ("query table", "xl/queryTables/queryTable1.xml", "active_content"),
        ("ribbon", "customUI/customUI.xml", "active_content"),
    ):
        yield _bad(f"{name}.xlsx", _with((part, b"<a/>")), reason)
    formulas = right_report()
    formulas["SAN_XUAT"][1][1] = '=cmd|" /C calc"!A0'
    yield _bad("formula as a name.xlsx", workbook(formulas), "formula_as_text")
    bomb = b'<row r="9"><c r="A9"><f>' + b"SUM(" * 8000 + b"1" + b")" * 8000 + b"</f></c></row></sheetData>"
    bombed = _changed(_SHEET, lambda body: body.replace(b"</sheetData>", bomb))
    yield _bad("formula bomb.xlsx", bombed, "formula_without_value")


def _disguised() -> Iterator[Hostile]:
    for name, head in (
        ("pdf", b"%PDF-1.7\n"),
        ("png", b"\x89PNG\r\n\x1a\n"),
        ("exe", b"MZ\x90\x00"),
        ("html", b"<html><table><tr><td>1</td></tr></table></html>"),
        ("xml", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'),
        ("gzip", b"\x1f\x8b\x08\x00"),
    ):
        yield _bad(f"a {name}.xlsx", head + bytes(500), "not_a_workbook")
    yield _bad("html.xls", b"<html><body><table><tr><td>1</td></tr></table></body></html>", "not_a_workbook")
    yield _bad(
        "xml 2003.xls", b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "not_a_workbook"
    )
    yield _bad("program.exe", b"MZ", "extension_not_accepted")
    yield _bad("no extension", good(5), "extension_not_accepted")
    yield _bad("a.xlsx.scr", good(6), "extension_not_accepted")
    yield _bad("a document.xlsx", _package({"word/document.xml": b"<a/>"}), "not_a_workbook")


# Old Excel


def _xls() -> Iterator[Hostile]:
    plain = _biff([_record(0x203, struct.pack("<HHHd", 0, 0, 0, 1.0))])
    yield _bad("nothing of ours.xls", compound(plain), "cover_missing")
    for name, change in (
        ("fat in circles", lambda fat: [*fat[:2], 2, *fat[3:]]),
        ("directory in circles", lambda fat: [fat[0], 1, *fat[2:]]),
        ("fat beyond the end", lambda fat: [*fat[:2], 2147483632, *fat[3:]]),
    ):
        yield _bad(f"{name}.xls", compound(plain, fat=change))
    yield _bad("stream of 4 GB.xls", compound(plain, size=0xFFFFFFF0))
    yield _bad("truncated.xls", compound(plain)[:1700])
    yield _bad(
        "last cell.xls", compound(_biff([_record(0x203, struct.pack("<HHHd", 65535, 255, 0, 1.0))] * 2, first=True))
    )
    yield _bad("record beyond the end.xls", compound(plain[:-40] + struct.pack("<HH", 0x203, 0xFFFF)))
    yield _bad("sheet beyond the end.xls", compound(_biff([], offset=0x7FFFFFFF)))
    strings = _record(0xFC, struct.pack("<II", 0x7FFFFFFF, 0x7FFFFFFF) + b"\x01\x00\x00a")
    yield _bad("two billion strings.xls", compound(_biff([], before=strings)))
    yield _bad("encrypted.xls", compound(_biff([], before=_record(0x2F, bytes(54)))), "encrypted_workbook")
    yield _bad("macro.xls", compound(plain, extra=("_VBA_PROJECT_CUR",)), "macro_workbook")
    yield _bad("embedded object.xls", compound(plain, extra=("\x01Ole10Native",)), "active_content")
    yield _bad("macro sheet.xls", compound(_biff([], kind=1)), "macro_workbook")
    link = _record(0x1AE, struct.pack("<HHB", 1, 20, 0) + b"\x01\x01\\\\server\\share\\x.xls")
    yield _bad("external link.xls", compound(_biff([], before=link)), "external_links")
    yield _bad("encrypted package.xlsx", compound(plain, extra=("EncryptedPackage",)), "encrypted_workbook")
    yield _bad("random behind its mark.xls", plain[:0] + compound(plain)[:8] + random.Random(4).randbytes(50_000))
    chance = random.Random(5)
    for number in range(8):
        yield Hostile(f"fuzzed {number}.xls", _flipped(compound(plain), chance, 30), REFUSED_ALL)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _biff(
    cells: list[bytes], *, before: bytes = b"", kind: int = 0, offset: int | None = None, first: bool = False
) -> bytes:
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + before
    title = b"\x05\x00Sheet"
    at = len(start) + 4 + 6 + len(title) + 4 if offset is None else offset
    start += _record(0x85, struct.pack("<IBB", at, 0, kind) + title) + _record(0x0A, b"")
    if first:
        cells = [_record(0x203, struct.pack("<HHHd", 0, 0, 0, 1.0)), *cells]
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + b"".join(cells) + _record(0x0A, b"")
    return start + sheet


def compound(
    stream: bytes,
    *,
    fat: Callable[[list[int]], list[int]] = lambda fat: fat,
    size: int | None = None,
    extra: tuple[str, ...] = (),
) -> bytes:
    """A compound file with the stream ``Workbook``: sector 0 the table, 1 the directory, then the stream."""
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % 512)
    count = len(stream) // 512
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, count + 2), 0xFFFFFFFE]
    table = fat(table) + [0xFFFFFFFF] * (128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    names = ("Root Entry", "Workbook", *extra)[:4]
    directory = b""
    for number, name in enumerate(names):
        encoded = name.encode("utf-16-le")
        entry = encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded) + 2, 5 if number == 0 else 2, 1)
        right = number + 1 if 0 < number < len(names) - 1 else 0xFFFFFFFF
        entry += struct.pack("<III", 0xFFFFFFFF, right, 1 if number == 0 else 0xFFFFFFFF) + bytes(36)
        begin, length = (2, size or len(stream)) if number == 1 else (0xFFFFFFFE, 0)
        directory += entry + struct.pack("<IQ", begin, length)
    return header + struct.pack("<128I", *table) + directory.ljust(512, b"\0") + stream


def _xlsb() -> Iterator[Hostile]:
    chance = random.Random(6)
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Target="worksheets/sheet1.bin"'
        b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>'
    )
    name, relation = "S".encode("utf-16-le"), "rId1".encode("utf-16-le")
    bundle = struct.pack("<III", 0, 1, 4) + relation + struct.pack("<I", 1) + name
    book = b"\x83\x01\x00\x8f\x01\x00\x9c\x01" + bytes([len(bundle)]) + bundle + b"\x90\x01\x00\x84\x01\x00"
    far = struct.pack("<IIHHBB", 1048575, 0, 0, 0, 0, 0)
    cell = struct.pack("<IId", 16383, 0, 1.0)
    for what, sheet in (
        ("garbage records", chance.randbytes(100_000)),
        ("endless record", b"\x91\x01\xff\xff\xff\x7f" + bytes(50)),
        (
            "huge dimension",
            b"\x94\x01\x10" + struct.pack("<IIII", 0, 0xFFFFFFF0, 0, 0xFFFFFFF0) + b"\x91\x01\x00\x92\x01\x00",
        ),
        (
            "last cell",
            b"\x94\x01\x10"
            + struct.pack("<IIII", 0, 1048575, 0, 16383)
            + b"\x91\x01\x00\x00\x0c"
            + struct.pack("<IIHH", 0, 0, 0, 0)
            + b"\x05\x10"
            + struct.pack("<IId", 0, 0, 1.0)
            + b"\x00\x0e"
            + far
            + b"\x05\x10"
            + cell
            + b"\x92\x01\x00",
        ),
    ):
        parts = {"xl/workbook.bin": book, "xl/_rels/workbook.bin.rels": relations, "xl/worksheets/sheet1.bin": sheet}
        yield _bad(f"{what}.xlsb", _package(parts))
    yield _bad("garbage workbook.xlsb", _package({"xl/workbook.bin": chance.randbytes(5000)}))
    yield _bad("macro.xlsb", _package({"xl/workbook.bin": book, "xl/vbaProject.bin": b"x"}), "macro_workbook")


def _ods() -> Iterator[Hostile]:
    yield _bad("columns repeated.ods", ods(_row(1, 2**31 - 1)), "sheet_too_large")
    yield _bad("rows repeated.ods", ods(_row(2**31 - 1, 1)), "sheet_too_large")
    yield _bad("both repeated.ods", ods(_row(1048576, 16384)), "sheet_too_large")
    yield _bad("many rows repeated.ods", ods(_row(1_000_000, 4) * 5), "sheet_too_large")
    blank = _row(1048576, 16384).replace(_VALUE, b"")
    yield _bad("only blank cells repeated.ods", ods(blank), "cover_missing", "sheet_too_large")
    laughs = b'<!DOCTYPE z [<!ENTITY a "ha">]>'
    yield _bad("dtd.ods", ods(b"", laughs), "unsafe_xml")
    yield _bad("macro.ods", _with(("Basic/Standard/Module1.xml", b"<a/>"), base=ods(b"")), "macro_workbook")
    yield _bad("script.ods", _with(("Scripts/python/x.py", b"import os"), base=ods(b"")), "macro_workbook")
    manifest = b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    yield _bad("encrypted.ods", _changed("META-INF/manifest.xml", lambda _: manifest, ods(b"")), "encrypted_workbook")
    dde = b"<table:dde-links><table:dde-link><office:dde-source/></table:dde-link></table:dde-links>"
    yield _bad("dde.ods", ods(b"", after=dde), "external_links")
    source = b'<table:table-source xlink:href="file:///etc/passwd"/>'
    yield _bad("linked sheet.ods", ods(source), "external_links")
    yield _bad("broken.ods", ods(b"<table:table-row>"))


_VALUE = b' office:value-type="float" office:value="1"'


def _row(rows: int, columns: int) -> bytes:
    cell = b'<table:table-cell table:number-columns-repeated="%d"' % columns + _VALUE + b"/>"
    return b'<table:table-row table:number-rows-repeated="%d">' % rows + cell + b"</table:table-row>"


def ods(rows: bytes, prolog: bytes = b"", after: bytes = b"") -> bytes:
    """A spreadsheet with one sheet of these rows."""
    spaces = b" ".join(
        b'xmlns:%s="urn:oasis:names:tc:opendocument:xmlns:%s:1.0"' % (name, name)
        for name in (b"office", b"table", b"text")
    )
    content = (
        b'<?xml version="1.0" encoding="UTF-8"?>'
        + prolog
        + b"<office:document-content "
        + spaces
        + b' xmlns:xlink="http://www.w3.org/1999/xlink"><office:body><office:spreadsheet><table:table table:name="S">'
        + rows
        + b"</table:table>"
        + after
        + b"</office:spreadsheet></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return _package({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": b"<a/>"})


def _csv() -> Iterator[Hostile]:
    yield _bad("one line of 19 MB.csv", b"x" * 19_000_000)
    yield _bad("one line of 50 MB.csv", b"x," * 25_000_000, "file_too_large")
    yield _bad("a million columns.csv", b"1," * 1_000_000)
    yield _bad("ten million lines.csv", b"1\n" * 9_500_000)
    yield _bad("open quote.csv", b'"' + b"1,2\n" * 2_000_000)
    yield _bad("quotes only.csv", b'"' * 5_000_000)
    yield _bad("nul.csv", b"a,b\n\0\0\n", "csv_not_text")
    yield _bad("half of utf-16.csv", b"\xff\xfea", *REFUSED_ALL, "csv_encoding")
    yield _bad("letters of no encoding.csv", bytes(range(128, 256)) * 50_000, *REFUSED_ALL, "csv_encoding")
    yield _bad("a program.csv", b"MZ\x90\x00" + bytes(300), "csv_not_text")


def _many() -> Iterator[Hostile]:
    relation, sheets = [], []
    for n in range(9_990):
        relation.append(
            b'<Relationship Id="r%d" Target="worksheets/sheet2.xml" Type="http://schemas.openxmlformats.org/'
            b'officeDocument/2006/relationships/worksheet"/>' % n
        )
        sheets.append(b'<sheet name="N%d" sheetId="%d" r:id="r%d"/>' % (n, n + 10, n))

    def more(name: str, body: bytes) -> bytes:
        body = (
            body.replace(b"</Relationships>", b"".join(relation) + b"</Relationships>")
            if name.endswith("book.xml.rels")
            else body
        )
        return body.replace(b"</sheets>", b"".join(sheets) + b"</sheets>") if name == "xl/workbook.xml" else body

    yield _bad("ten thousand sheets.xlsx", repack(good(), more), "unsafe_archive", "sheet_too_large", "sheet_repeated")
    long = _changed("xl/workbook.xml", lambda body: body.replace(b'name="DAU_TU"', b'name="%s"' % (b"n" * 5_000_000)))
    yield Hostile("sheet name of 5 MB.xlsx", long)


# Spoilt copies of good files


def _fuzzed() -> Iterator[Hostile]:
    chance = random.Random(7)
    for number in range(40):
        yield Hostile(f"flipped zip {number}.xlsx", _flipped(good(number), chance, 1 + number % 12))
    for number in range(40):
        count = 1 + number % 20
        part = chance.choice((_SHEET, "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"))
        data = _changed(part, lambda body, count=count: _flipped(body, chance, count), good(number))
        yield Hostile(f"flipped xml {number}.xlsx", data, may_change=True)


def _flipped(data: bytes, chance: random.Random, count: int) -> bytes:
    spoilt = bytearray(data)
    for _ in range(count):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


# Zip files by hand


@dataclass(frozen=True)
class _Entry:
    name: str
    packed: bytes
    crc: int
    size: int
    method: int

    @classmethod
    def of(cls, name: str, body: bytes) -> _Entry:
        return cls(name, body, zlib.crc32(body), len(body), 0)


def _package(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return stream.getvalue()


def _zip(added: list[_Entry], base: bytes, *, overlap: bool = False) -> bytes:
    """``base`` with entries added as they say of themselves; ``overlap``: all share the first one's bytes."""
    end = base.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", base[end + 10 : end + 20])
    bodies, directory = base[:start], base[start : start + size]
    shared = None
    for entry in added:
        at = len(bodies) if shared is None else shared
        name = entry.name.encode()
        about = struct.pack(
            "<HHHHHIIIHH", 20, 0, entry.method, 0, 33, entry.crc, len(entry.packed), entry.size, len(name), 0
        )
        if shared is None:
            bodies += b"PK\x03\x04" + about + name + entry.packed
        shared = at if overlap else None
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + about + bytes(10) + struct.pack("<I", at) + name
    total = count + len(added)
    return (
        bodies + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, total, total, len(directory), len(bodies), 0)
    )
