"""The parts of a zip archive, looked at so that no two programs can see different ones; pure Python.

An archive as office programs write it is read by a few lines here, which give up at anything they do not expect;
``zipfile`` reads those, and both say the same (``tests/unit/test_intake_ziparchive.py``). Parts are unpacked once: the
parser is handed an archive in which the parts that were looked at stand as they are.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zipfile import ZipInfo

from zonehouse.intake.plan import Limits
from zonehouse.intake.refused import Refused

STORED, DEFLATED = 0, 8

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s2H2H4s3L5H2L")
_LOCAL = struct.Struct("<HHIIIIHH")
_LENGTHS = struct.Struct("<HH")
_HEAD = struct.Struct("<HHH4sLLLHH")  # what both headers of a part have in common
_BEHIND = struct.Struct("<HHHLL")  # what the directory has behind it
_CENTRAL_SIZE, _LOCAL_SIZE, _END_SIZE = 46, 30, 22
_PLAIN_FLAGS = 0x0800 | 0x0008 | 0x0006  # names in UTF-8, sizes behind the part, how well it is packed
_PLAIN_VERSION = 45
_UNKNOWN = 0xFFFFFFFF  # the size stands elsewhere
_NEW_YEAR = b"\0\0\x21\0"  # of 1980
_REMEMBERED = 4096  # bytes of a packed part
_FEW_NAMES = 64
_SMALL = 8 * 1024 * 1024  # an archive that unpacks to more is handed on as it is, and no part of it is kept


class Entry(NamedTuple):
    """A part as the directory has it; ``common``: the bytes that its own header repeats, when that is known."""

    filename: str
    orig_filename: str
    flag_bits: int
    compress_type: int
    CRC: int
    compress_size: int
    file_size: int
    header_offset: int
    common: bytes = b""


class Archive:
    """A zip archive of bearable size; what stands before its parts is checked by ``check_headers``.

    Raises:
        Refused: with the code of the finding.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.entries = directory(data)
        _check_sizes(self.entries, limits)
        self.names = tuple(entry.orig_filename for entry in self.entries)
        self.by_name = {entry.filename: entry for entry in self.entries}
        self.is_small = sum(entry.file_size for entry in self.entries) <= _SMALL
        self._unpacked: dict[str, bytes] = {}

    @property
    def is_ordinary(self) -> bool:
        """Whether its names are few enough to be remembered."""
        return len(self.names) <= _FEW_NAMES and sum(map(len, self.names)) <= _REMEMBERED

    def check_headers(self) -> None:
        """Refuse parts that share bytes, and headers that say something else than the directory."""
        _check_headers(self.data, self.entries)

    def read(self, entry: Entry) -> bytes:
        """The whole part; those of a small archive are unpacked once and kept."""
        if (part := self._unpacked.get(entry.filename)) is None:
            part = self._read(entry)
            if self.is_small:
                self._unpacked[entry.filename] = part
        return part

    def _read(self, entry: Entry) -> bytes:
        start = self.start_of(entry)
        packed = self.data[start : start + entry.compress_size]
        if entry.compress_size > _REMEMBERED or entry.file_size > 10 * _REMEMBERED:
            return _unpack(packed, entry.filename, entry.compress_type, entry.CRC, entry.file_size)
        return _unpack_known(packed, entry.filename, entry.compress_type, entry.CRC, entry.file_size)

    def head(self, entry: Entry, most: int) -> bytes:
        """The first bytes of a part."""
        if entry.filename in self._unpacked or entry.file_size <= most:
            return self.read(entry)[:most]
        start = self.start_of(entry)
        packed = self.data[start : start + entry.compress_size]
        if entry.compress_type == STORED:
            return packed[:most]
        try:
            return zlib.decompressobj(-15).decompress(packed, most)
        except zlib.error as error:
            raise Refused("unreadable_workbook", f"{entry.filename}: {error}") from error

    def start_of(self, entry: Entry) -> int:
        """Where the packed bytes of a part begin."""
        of_name, of_extra = _LENGTHS.unpack_from(self.data, entry.header_offset + 26)
        return entry.header_offset + _LOCAL_SIZE + int(of_name) + int(of_extra)

    def as_looked_at(self) -> bytes:
        """The same parts, those that were read not packed: unpacking them once is enough."""
        if not self.is_small or not all(entry.common for entry in self.entries):
            return self.data
        pieces: list[bytes] = []
        listed: list[bytes] = []
        at = 0
        for entry in self.entries:
            body, method = self._unpacked.get(entry.filename), STORED
            if body is None:
                start, method = self.start_of(entry), entry.compress_type
                body = self.data[start : start + entry.compress_size]
            name = entry.filename.encode("ascii")
            head = _HEAD.pack(20, 0, method, _NEW_YEAR, entry.CRC, len(body), entry.file_size, len(name), 0)
            pieces += (b"PK\3\4", head, name, body)
            listed += (b"PK\1\2\x14\0", head, _BEHIND.pack(0, 0, 0, 0, at), name)
            at += _LOCAL_SIZE + len(name) + len(body)
        index, count = b"".join(listed), len(self.entries)
        return b"".join((*pieces, index, _END.pack(b"PK\5\6", 0, 0, count, count, len(index), at, 0)))


@lru_cache(maxsize=128)
def _unpack_known(packed: bytes, name: str, method: int, crc: int, size: int) -> bytes:
    """Many parts are alike in all workbooks that are filled in from one template."""
    return _unpack(packed, name, method, crc, size)


def _unpack(packed: bytes, name: str, method: int, crc: int, size: int) -> bytes:
    """The part's bytes, whatever the archive claims."""
    part = packed
    if method == DEFLATED:
        try:
            unpacker = zlib.decompressobj(-15)
            part = unpacker.decompress(packed, size or 1)
            if len(part) > size or (not unpacker.eof and unpacker.decompress(unpacker.unconsumed_tail, 1)):
                raise Refused("unsafe_archive", f"{name}: larger than declared")
        except zlib.error as error:
            raise Refused("unreadable_workbook", f"{name}: {error}") from error
    if len(part) != size or zlib.crc32(part) != crc:
        raise Refused("unreadable_workbook", f"{name}: checksum")
    return part


# The directory


def directory(data: bytes) -> list[Entry]:
    """The parts of an archive.

    Raises:
        Refused: it is no archive.
    """
    if (entries := plain_directory(data)) is not None:
        return entries
    import zipfile  # few archives need it, and it takes a while

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [_entry(info) for info in archive.infolist()]
    # What a forged directory makes zipfile raise beside its own error: names that are no UTF-8, places before the first
    # byte of the file, versions that it does not know. Anything else is a fault, and not told as the sender's.
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise Refused("not_a_workbook", str(error)[:100]) from error


def _entry(info: ZipInfo) -> Entry:
    return Entry(
        info.filename,
        info.orig_filename,
        info.flag_bits,
        info.compress_type,
        info.CRC,
        info.compress_size,
        info.file_size,
        info.header_offset,
    )


def plain_directory(data: bytes) -> list[Entry] | None:
    """The parts of an archive that has nothing but them, named in ASCII; None for any other."""
    end = len(data) - _END_SIZE
    if end < 0:
        return None
    mark, disk, first_disk, here, count, size, at, comment = _END.unpack_from(data, end)
    if mark != b"PK\5\6" or disk or first_disk or comment or here != count or at + size != end:
        return None
    entries = []
    for _ in range(count):
        entry = _plain_entry(data, at, end)
        if entry is None:
            return None
        entries.append(entry)
        at += _CENTRAL_SIZE + len(entry.filename)
    return entries if at == end else None


def _plain_entry(data: bytes, at: int, end: int) -> Entry | None:
    if at + _CENTRAL_SIZE > end:
        return None
    mark, _, version, flags, method, _, crc, packed, size, of_name, of_extra, of_comment, disk, _, _, offset = (
        _CENTRAL.unpack_from(data, at)
    )
    is_plain = mark == b"PK\1\2" and version <= _PLAIN_VERSION and not (flags & ~_PLAIN_FLAGS) and method in (0, 8)
    if not is_plain or of_extra or of_comment or disk or _UNKNOWN in (packed, size, offset):
        return None
    name = data[at + _CENTRAL_SIZE : at + _CENTRAL_SIZE + of_name]
    if len(name) != of_name or not name.isascii() or not name.decode("ascii").isprintable():
        return None
    text = name.decode("ascii")
    return Entry(text, text, flags, method, crc, packed, size, offset, data[at + 6 : at + 30])


# What is refused


def _check_sizes(entries: Iterable[Entry], limits: Limits) -> None:
    entries = list(entries)
    if len(entries) > limits.zip_entries:
        raise Refused("unsafe_archive", f"{len(entries)} parts")
    if (total := sum(entry.file_size for entry in entries)) > limits.unpacked_bytes:
        raise Refused("unsafe_archive", f"{total} B")
    for entry in entries:
        if entry.file_size > 1_000_000 and entry.file_size > limits.pack_ratio * max(entry.compress_size, 1):
            raise Refused("unsafe_archive", f"{entry.filename}: {entry.compress_size} -> {entry.file_size} B")
        if entry.flag_bits & 1:
            raise Refused("encrypted_workbook", entry.filename)
        if entry.compress_type not in (STORED, DEFLATED):
            raise Refused("unsafe_archive", f"{entry.filename}: compression {entry.compress_type}")


def _check_headers(data: bytes, entries: Iterable[Entry]) -> None:
    """What stands before each part must say what the directory says, and no two parts may share bytes.

    Programs differ in whom they believe, so that a file could show one thing to us and another to its sender.
    """
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        start = entry.header_offset
        if data[start : start + 4] != b"PK\x03\x04" or start < end or start + _LOCAL_SIZE > len(data):
            raise Refused("unsafe_archive", entry.filename)
        is_same = entry.common and data.startswith(entry.common, start + 4)
        if not (is_same and data.startswith(entry.filename.encode("ascii"), start + _LOCAL_SIZE)):
            _check_header(data, entry)
        of_name, of_extra = _LENGTHS.unpack_from(data, start + 26)
        end = start + _LOCAL_SIZE + of_name + of_extra + entry.compress_size
    if end > len(data):
        raise Refused("unreadable_workbook", "truncated")


def _check_header(data: bytes, entry: Entry) -> None:
    start = entry.header_offset
    flags, method, _, crc, packed, size, of_name, _ = _LOCAL.unpack_from(data, start + 6)
    name = entry.orig_filename.encode("utf-8" if flags & 0x800 else "cp437", "replace")
    if of_name != len(name) or not data.startswith(name, start + _LOCAL_SIZE) or method != entry.compress_type:
        raise Refused("unsafe_archive", entry.filename)
    # Sizes that stand behind the part (flag 8) or in an extra field are not repeated here.
    for here, there in ((crc, entry.CRC), (packed, entry.compress_size), (size, entry.file_size)):
        if here not in (there, _UNKNOWN) and not (flags & 8 and here == 0):
            raise Refused("unsafe_archive", f"{entry.filename}: {here} / {there}")
