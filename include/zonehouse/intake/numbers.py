"""Numbers that were typed as text, read strictly.

Vietnamese writes ``1.327,37``, English ``1,327.37``; a workbook may hold either. What reads in one way only is read,
what reads in two ways is not guessed: the caller gives the decimal mark that the other texts of the sheet imply, or
gets ``ambiguous_number``.
"""

from __future__ import annotations

import re
from decimal import Decimal

_ODD_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f\u2008\u200a", " ") | {"’": "'", "−": "-", "–": "-"})
_BODY = re.compile(r"^[0-9](?:[0-9.,' ]*[0-9])?$")
_GROUPED = {mark: re.compile(rf"^[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+$") for mark in ".,' "}
_OTHER = {".": ",", ",": "."}


class NumberError(ValueError):
    """A text that is no number; ``code`` is the finding's code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text!r}")
        self.code = code


def parse_number(text: str, decimal_mark: str | None = None) -> Decimal:
    """The number that ``text`` writes.

    Args:
        text: digits with ``.``, ``,``, spaces or apostrophes in groups of three; a sign, or parentheses for negative.
        decimal_mark: ``.`` or ``,`` settles a lone mark before exactly three digits (``1.327``).

    Raises:
        NumberError: ``not_a_number`` or ``ambiguous_number``.
    """
    negative, body = _sign(text)
    plain, settled = _plain(body, text)
    if not settled:
        if decimal_mark is None:
            raise NumberError("ambiguous_number", text)
        mark = "." if "." in body else ","
        plain = body.replace(mark, ".") if mark == decimal_mark else body.replace(mark, "")
    value = Decimal(plain)
    return -value if negative else value


def decimal_mark_of(text: str) -> str | None:
    """The decimal mark that ``text`` proves to be in use; None when it proves nothing."""
    try:
        _, body = _sign(text)
        _, settled = _plain(body, text)
    except NumberError:
        return None
    marks = [c for c in body if c in ".,"]
    if not settled or not marks:
        return None
    if len(marks) > 1 and len(set(marks)) == 1:
        return _OTHER[marks[0]]
    return marks[-1]


def _sign(text: str) -> tuple[bool, str]:
    body = text.translate(_ODD_SPACES).strip()
    negative = False
    if body.startswith("(") and body.endswith(")"):
        negative, body = True, body[1:-1].strip()
    elif body[:1] in ("-", "+"):
        negative, body = body[0] == "-", body[1:].strip()
    if not body.isascii() or _BODY.match(body) is None:
        raise NumberError("not_a_number", text)
    return negative, body


def _plain(body: str, text: str) -> tuple[str, bool]:
    """Digits with at most one ``.``, and whether that reading is the only one."""
    marks = [c for c in body if not c.isdigit()]
    if not marks:
        return body, True
    last, kinds = marks[-1], set(marks)
    if len(kinds) == 1 and (len(marks) > 1 or last in "' "):
        return _ungrouped(body, last, text), True
    if len(kinds) == 1:
        head, tail = body.split(last)
        if len(head) > 1 and head.startswith("0"):
            raise NumberError("not_a_number", text)
        return f"{head}.{tail}", len(tail) != 3 or len(head) > 3 or head == "0"
    if len(kinds) == 2 and marks.count(last) == 1 and last in ".,":
        head, tail = body.split(last)
        return f"{_ungrouped(head, marks[0], text)}.{tail}", True
    raise NumberError("not_a_number", text)


def _ungrouped(body: str, mark: str, text: str) -> str:
    if _GROUPED[mark].match(body) is None:
        raise NumberError("not_a_number", text)
    return body.replace(mark, "")
