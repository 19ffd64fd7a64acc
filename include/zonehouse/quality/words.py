"""Numbers, units and counted things as people here write them, in Vietnamese or English."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_SWAPPED = str.maketrans(",.", ".,")
# Below a thousand three digits tell a figure apart from its neighbour; above it whole ones do.
_DIGITS = 3
_UNITS = {
    "vnd_million": ("triệu đồng", "VND million"),
    "usd": ("USD", "USD"),
    "persons": ("người", "persons"),
}
# Made of digits, and no amounts.
_NOT_COUNTED = ("_code", "_no", "_id", "_year", "_month", "row_number", "_name")
_TRUTHS = {"True": ("có", "yes"), "False": ("không", "no")}
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def number(value: Decimal | float | None, language: str) -> str:
    """``1.327,4``-like in Vietnamese, ``1,327.4``-like in English: three digits, or whole from a thousand on."""
    if value is None:
        return "–"
    exact = Decimal(str(value))
    if not exact.is_finite():
        return str(value)
    decimals = max(0, min(12, _DIGITS - 1 - exact.adjusted())) if exact else 0
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.translate(_SWAPPED) if language == "vi" else text


def percent(value: Decimal | float | None, language: str) -> str:
    """``1,5 %`` in Vietnamese, ``1.5%`` in English."""
    return "–" if value is None else number(value, language) + (" %" if language == "vi" else "%")


def with_unit(value: Decimal | float | None, unit: str, language: str) -> str:
    """A figure and its unit: ``434 người``, ``434 persons``."""
    vi, en = _UNITS.get(unit, (unit, unit))
    return "–" if value is None else f"{number(value, language)} {vi if language == 'vi' else en}"


def cell(text: str, language: str) -> str:
    """A value as a query gave it, for people: a number is rounded, what only looks like one (``0100233488``) is not."""
    if not _NUMBER.fullmatch(text) or (len(text) > 1 and text.lstrip("-").startswith("0") and "." not in text):
        return text
    return number(Decimal(text), language)


def named_cell(column: str, text: str, language: str) -> str:
    """As :func:`cell`, of a column: codes, years and row numbers stay as they are, a truth is ``có``, ``yes``."""
    if column.endswith(_NOT_COUNTED):
        return text
    if text in _TRUTHS:
        return _TRUTHS[text][language == "en"]
    return cell(text, language)


def rows(count: int, language: str) -> str:
    """``1 dòng``, ``1 row``, ``1,204 rows``."""
    if language == "vi":
        return f"{number(count, language)} dòng"
    return f"{number(count, language)} row{'' if count == 1 else 's'}"


def checks(count: int, language: str) -> str:
    """``193 phép kiểm tra``, ``1 check``, ``193 checks``."""
    if language == "vi":
        return f"{number(count, language)} phép kiểm tra"
    return f"{number(count, language)} check{'' if count == 1 else 's'}"
