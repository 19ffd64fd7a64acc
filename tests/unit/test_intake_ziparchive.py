"""The quick look at an archive's directory says what ``zipfile`` says, or nothing; what is handed on is the same."""

from __future__ import annotations

import io
import random
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
    quick = 0
    for _ in range(3_000):
        data = bytearray(chance.choice(whole))
        index = data.rfind(b"PK\x05\x06")
        start = int.from_bytes(data[index + 16 : index + 20], "little")
        for _ in range(chance.randrange(0, 4)):
            data[chance.randrange(start, len(data))] = chance.choice([0, 1, 8, 255, chance.randrange(256)])
        found = plain_directory(bytes(data))
        if found is not None:
            quick += 1
            assert [tuple(entry)[:-1] for entry in found] == _told(bytes(data))
    assert quick > 500, "both ways are taken"


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
