"""What office programs and operating systems leave beside people's files: no reports, and not to be received.

Only exact, known names; Excel's and Word's owner files only when they are also as small as one and begin like one:
a person may have named a report ``~$…``. All are left in the inbox, where a false guess loses nothing.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

_OWNER_NAME = re.compile(r"^~\$.+\.(xls|xlsx|xlsm|xlsb|ods|doc|docx)$", re.IGNORECASE)
_OPEN_ELSEWHERE = re.compile(r"^\.~lock\..+#$")
_OF_THE_SYSTEM = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"))

# An owner file is 162 or 165 bytes: the length of the user's name, the name, blanks; no workbook is so small.
_OWNER_BYTES, _OWNER_NAME_LENGTH = 200, 54

LOCK_FILE = "lock file: somebody has the workbook open"
SYSTEM_FILE = "file of the operating system"


def litter(path: Path) -> str | None:
    """Why this regular file is no report, or None; opens only small files that are named like an owner file."""
    if path.name.lower() in _OF_THE_SYSTEM:
        return SYSTEM_FILE
    if _OPEN_ELSEWHERE.match(path.name) or (_OWNER_NAME.match(path.name) and _is_owner_file(path)):
        return LOCK_FILE
    return None


def _is_owner_file(path: Path) -> bool:
    with suppress(OSError):
        if path.stat().st_size <= _OWNER_BYTES:
            begin = path.read_bytes()[: _OWNER_NAME_LENGTH + 1]
            return len(begin) > _OWNER_NAME_LENGTH and 1 <= begin[0] <= _OWNER_NAME_LENGTH
    return False
