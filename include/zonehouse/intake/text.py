"""Text as people write it: cleaning, and the key by which labels, codes and sheet names are matched."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
# Without width; those that turn the direction of what follows are no such: the eye sees other digits than are stored.
_UNSEEN = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ACCENTS = re.compile(
    "[\u0300-\u034e\u0350-\u036f]+"
)  # those of Latin letters; the other scripts' are looked for one by one
_MARKS_AT_END = " :*"


def clean(value: str) -> str:
    """NFC, no control characters, runs of white space as one space, none at the ends."""
    if value.isascii() and value.isalnum():
        return value
    # What prints has no control character and no space but the plain one.
    if value.isprintable() and "  " not in value and value == value.strip() and unicodedata.is_normalized("NFC", value):
        return value
    return _SPACES.sub(" ", _UNSEEN.sub("", _CONTROL.sub("", unicodedata.normalize("NFC", value)))).strip()


@lru_cache(maxsize=8192)
def fold(value: str) -> str:
    """The match key: no case, no accents (so tone placement does not matter), one space, no colon or star at the end.

    ``Mã biểu :`` and ``MA BIEU`` are one key, so are ``hòa`` and ``hoà``.
    """
    seen = value if value.isascii() else _UNSEEN.sub("", value).replace("\u00ad", "")
    spaced = _SPACES.sub(" ", seen).casefold().replace("đ", "d")
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", spaced))
    if not plain.isascii():
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain.strip(_MARKS_AT_END)


@lru_cache(maxsize=1024)
def column_letters(index: int) -> str:
    """The spreadsheet's name of a 0-based column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def shown(value: object, limit: int = 200) -> str:
    """A cell's value as a person would read it, shortened to ``limit`` characters."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = _CONTROL.sub("", str(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"
