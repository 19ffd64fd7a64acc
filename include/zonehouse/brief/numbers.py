"""How numbers are written for people: rounding half away from zero, separators of the language, units of speech."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

NOTHING = "–"
WITHHELD = "(c)"  # confidential: the sign of Eurostat and of most statistical offices
_SPOKEN_UNITS: dict[str, tuple[Decimal, str, str]] = {
    # mart unit: what one of the spoken unit is worth in it, spoken unit in Vietnamese and in English
    "vnd_million": (Decimal(1_000), "tỷ đồng", "VND billion"),
    "usd": (Decimal(1_000_000), "triệu USD", "USD million"),
    "persons": (Decimal(1), "người", "persons"),
    "projects": (Decimal(1), "dự án", "projects"),
    "visits": (Decimal(1), "lượt", "visits"),
    "cells": (Decimal(1), "chi bộ", "cells"),
    "pct": (Decimal(1), "%", "%"),
    "tasks": (Decimal(1), "đầu việc", "tasks"),
    "collectives": (Decimal(1), "tập thể", "collectives"),
}
_ONE_DECIMAL_BELOW = 10  # in running text 1,4 tỷ says something that 1 tỷ does not; 1.327,4 tỷ does not
_MOST_DECIMALS = 6
_ALIKE_BELOW = Decimal("0.05")  # per cent: it would be written 0,0


def spoken_unit(unit: str, language: str) -> str:
    """The unit a figure is spoken in: VND million become tỷ đồng, USD become triệu USD; an unknown unit stays."""
    _, vietnamese, english = _SPOKEN_UNITS.get(unit, (Decimal(1), unit, unit))
    return vietnamese if language == "vi" else english


def in_spoken_unit(value: Decimal, unit: str) -> Decimal:
    """The value in the unit of :func:`spoken_unit`, unrounded."""
    return value / _SPOKEN_UNITS.get(unit, (Decimal(1), unit, unit))[0]


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Rounded half away from zero, as people here round (2,5 becomes 3)."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def written(value: Decimal | None, decimals: int, language: str) -> str:
    """``1.234,5`` in Vietnamese and ``1,234.5`` in English; zeros after the comma are dropped; None is a dash."""
    if value is None:
        return NOTHING
    number = rounded(value, decimals)
    text = f"{abs(number):,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if language == "vi":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"-{text}" if number < 0 else text


def amount(value: Decimal | None, decimals: int, language: str) -> str:
    """As :func:`written`, with as many more decimals as it takes to show that a small amount is not zero."""
    while value and decimals < _MOST_DECIMALS and not rounded(value, decimals):
        decimals += 1
    return written(value, decimals, language)


def signed(value: Decimal | None, unit: str, language: str) -> str:
    """A difference in the unit of speech with its sign: ``+1,5``, ``-3``; None is a dash."""
    if value is None:
        return NOTHING
    text = amount(in_spoken_unit(value, unit), 1, language)
    return f"+{text}" if value > 0 else text


def apart(before: Decimal | None, after: Decimal | None, unit: str, language: str) -> tuple[str, str]:
    """Two amounts in the unit of speech with as many decimals as it takes to tell them apart, one at least."""
    values = [None if value is None else in_spoken_unit(value, unit) for value in (before, after)]
    decimals = 1
    while decimals < _MOST_DECIMALS and before != after and _shown(values[0], decimals) == _shown(values[1], decimals):
        decimals += 1
    told = [amount(value, decimals, language) for value in values]
    return told[0], told[1]


def _shown(value: Decimal | None, decimals: int) -> Decimal | None:
    return None if value is None else rounded(value, decimals)


def in_text(value: Decimal, language: str) -> str:
    """A number in a sentence: whole, with one decimal when it is smaller than 10."""
    return amount(value, 1 if abs(value) < _ONE_DECIMAL_BELOW else 0, language)


def percent_in_text(value: Decimal, language: str) -> str:
    """A percentage in a sentence, whole as the page has always had it; one decimal where whole would say 0."""
    return written(value, 0 if rounded(value, 0) else 1, language) + "%"


def direction(growth_pct: Decimal) -> int:
    """1 for a rise, -1 for a fall, 0 for a change that would be written as 0,0 per cent."""
    if abs(growth_pct) < _ALIKE_BELOW:
        return 0
    return 1 if growth_pct > 0 else -1


@dataclass(frozen=True)
class RoundThousands:
    """People in whole thousands: ``side`` is -1 (a little fewer), 0 (exactly) or 1 (a little more)."""

    thousands: int
    side: int


def round_thousands(value: Decimal) -> RoundThousands | None:
    """How a headcount may be told in thousands, or None when it must be told exactly.

    The rule: the nearest whole thousand N (from N.500 upwards the next one), if it is within 5 % of the value told.
    A value below N is "gần N ngàn" (nearly), above it "hơn N ngàn" (more than), equal to it "N ngàn". Where N is
    further away than 5 % (small numbers, such as 1.480), the number itself is told.
    """
    thousands = int(rounded(value / 1000, 0))
    distance = value - thousands * 1000
    if thousands == 0 or abs(distance) > Decimal("0.05") * thousands * 1000:
        return None
    return RoundThousands(thousands, (distance > 0) - (distance < 0))
