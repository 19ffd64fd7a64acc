"""Figures on the terminal: exact, grouped as the language writes them."""

from __future__ import annotations

from decimal import Decimal

_SWAPPED = str.maketrans(",.", ".,")


def figure(value: Decimal | float | None, language: str) -> str:
    """``1.234.567,5`` in Vietnamese, ``1,234,567.5`` in English; ``–`` for what is not known."""
    if value is None:
        return "–"
    text = f"{Decimal(str(value)):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.translate(_SWAPPED) if language == "vi" else text
