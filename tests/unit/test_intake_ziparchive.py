"""The quick look at an archive's directory says what ``zipfile`` says, or nothing; what is handed on is the same."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from tests.unit.intake_workbooks import right_report, workbook
from zonehouse.intake.guard import inspect
from zonehouse.intake.plan import Limits
from zonehouse.intake.refused import Refused
from zonehouse.intake.ziparchive import Archive, directory, plain_directory

LIMITS = Limits(max_bytes=10_000_000)


def _archive(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.comment = comment
        for name, body in parts.items():
            archive.writestr(name, body)
    return stream.getvalue()


def _told(data: bytes) -> list[tuple[object, ...]] | None:
    """What ``zipfile`` says of an archive; None when it is none to it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except Exception:
        return None
    return [
        (
            i.filename,
            i.orig_filename,
            i.flag_bits,
            i.compress_type,
            i.CRC,
            i.compress_size,
            i.file_size,
            i.header_offset,
        )
        for i in infos
    ]


def test_the_quick_look_never_says_what_zipfile_does_not() -> None:
    chance = random.Random(20161107)
    whole = [
        workbook(right_report()),
        _archive({"a.xml": b"<a/>" * 50, "b/c.xml": b""}),
        _archive({"a.xml": b"<a/>"}, zipfile.ZIP_STORED),
    ]
    quick = forged = 0
    for _ in range(3_000):
        data = bytearray(chance.choice(whole))
        index = data.rfind(b"PK\x05\x06")
        start = int.from_bytes(data[index + 16 : index + 20], "little")
        for _ in range(chance.randrange(0, 4)):
            data[chance.randrange(start, len(data))] = chance.choice([0, 1, 8, 255, chance.randrange(256)])
        told, found = _told(bytes(data)), plain_directory(bytes(data))
        if found is not None:
            quick += 1
            assert [tuple(entry)[:-1] for entry in found] == told
        elif told is None:
            forged += 1
            with pytest.raises(Refused, match="not_a_workbook"):
                directory(bytes(data))
    assert quick > 500 and forged > 500, "all ways are taken"


def _with_64_bits(size: int, offset: int) -> bytes:
    """An archive whose directory says in 64 bits how long it is and where."""
    data = _archive({"a.xml": b"<a/>"})
    end = data.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    return data[:end] + record + locator + data[end : end + 12] + b"\xff" * 8 + data[end + 20 :]


@pytest.mark.parametrize(
    ("data", "raised"),
    [
        (_archive({"ă.xml": b"<a/>"}).replace("ă".encode(), b"\xff\xfe"), UnicodeDecodeError),
        (_with_64_bits(10_000, 0), (ValueError, zipfile.BadZipFile)),
        (_with_64_bits(2**64 - 1, 2**64 - 1), (OverflowError, ValueError, zipfile.BadZipFile)),
    ],
    ids=["a name that is no UTF-8", "it begins before the file", "it is longer than can be said"],
)
def test_what_else_zipfile_raises_of_a_forged_directory_is_the_files_fault(
    data: bytes, raised: type[Exception] | tuple[type[Exception], ...]
) -> None:
    with pytest.raises(raised):
        zipfile.ZipFile(io.BytesIO(data)).infolist()
    with pytest.raises(Refused, match="not_a_workbook"):
        directory(data)


@pytest.mark.parametrize(
    "data",
    [
        _archive({"ă.xml": b"<a/>"}),
        _archive({"a.xml": b"<a/>"}, comment=b"written by"),
        b"#!/bin/sh\n" + _archive({"a": b""}),
    ],
    ids=["a name that is not ASCII", "a comment", "something before it"],
)
def test_what_is_out_of_the_ordinary_is_left_to_zipfile(data: bytes) -> None:
    assert plain_directory(data) is None
    assert [tuple(entry)[:-1] for entry in directory(data)] == _told(data)


def test_what_the_parser_is_handed_holds_the_same_parts() -> None:
    data = workbook(right_report())
    looked_at = inspect(data, "a.xlsx", LIMITS).looked_at
    assert looked_at is not None and looked_at != data
    with zipfile.ZipFile(io.BytesIO(data)) as sent, zipfile.ZipFile(io.BytesIO(looked_at)) as handed:
        assert handed.testzip() is None
        assert sent.namelist() == handed.namelist()
        assert [sent.read(name) for name in sent.namelist()] == [handed.read(name) for name in handed.namelist()]
        assert handed.getinfo("xl/sharedStrings.xml").compress_type == zipfile.ZIP_STORED
    one, other = (CalamineWorkbook.from_filelike(io.BytesIO(book)) for book in (data, looked_at))
    for name in one.sheet_names:
        assert one.get_sheet_by_name(name).to_python() == other.get_sheet_by_name(name).to_python()


def test_a_part_that_is_not_what_the_directory_says_is_refused() -> None:
    data = _archive({"a.xml": b"<a>" + bytes(range(65, 91)) * 9 + b"</a>"})
    entry = Archive(data, LIMITS).entries[0]
    for change in ({"file_size": entry.file_size - 1}, {"file_size": entry.file_size + 1}, {"CRC": 1}):
        with pytest.raises(Refused):
            Archive(data, LIMITS).read(entry._replace(**change))
