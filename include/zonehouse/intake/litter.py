"""What office programs and operating systems leave beside people's files: no reports, and not to be received.

Only exact, known names; Excel's and Word's owner files only when they are also as small as one and begin like one:
a person may have named a report ``~$…``. All are left in the inbox, where a false guess loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_OWNER_NAME = re.compile(r"^~\$.+\.(xls|xlsx|xlsm|xlsb|ods|doc|docx)$", re.IGNORECASE)
_OPEN_ELSEWHERE = re.compile(r"^\.~lock\..+#$")
_OF_THE_SYSTEM = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"))

# An owner file is 162 or 165 bytes: the length of the user's name, the name, blanks; no workbook is so small.
_OWNER_BYTES, _OWNER_NAME_LENGTH = 200, 54

LOCK_FILE = "lock file: somebody has the workbook open"
SYSTEM_FILE = "file of the operating system"


def litter(place: str, name: str) -> str | None:
    """Why the regular file ``name`` at ``place`` is no report, or None; opens only small files that are named like an
    owner file."""

    def begin() -> bytes:
        path = Path(place)
        with suppress(OSError):
            return path.read_bytes() if path.stat().st_size <= _OWNER_BYTES else b""
        return b""

    return litter_of(name, 0, begin)


def litter_of(name: str, size_bytes: int, begin: Callable[[], bytes]) -> str | None:
    """The same for a file of another place; ``begin`` gives its first bytes, and is asked only when they matter."""
    if name.lower() in _OF_THE_SYSTEM:
        return SYSTEM_FILE
    if _OPEN_ELSEWHERE.match(name):
        return LOCK_FILE
    return LOCK_FILE if size_bytes <= _OWNER_BYTES and _OWNER_NAME.match(name) and _is_owner(begin()) else None


def _is_owner(begin: bytes) -> bool:
    return _OWNER_BYTES >= len(begin) > _OWNER_NAME_LENGTH and 1 <= begin[0] <= _OWNER_NAME_LENGTH
