"""The units that a form may send a number in, and what makes one of another: exact decimal factors.

The landing keeps each column in one unit for ever (``unit``, which its code ends with). A form version may ask for it
in another (``sent_unit``) of the same dimension; the reader converts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from zonehouse.intake.text import fold


@dataclass(frozen=True)
class Unit:
    """``factor`` is how many of the dimension's base one of it makes; ``words`` may stand behind a number, folded."""

    code: str
    dimension: str
    factor: Decimal
    vi: str
    en: str
    words: tuple[str, ...]


def _units(dimension: str, *units: tuple[str, str, str, str, str]) -> dict[str, Unit]:
    return {
        code: Unit(code, dimension, Decimal(factor), vi, en, tuple(words.split("|")))
        for code, factor, vi, en, words in units
    }


UNITS: dict[str, Unit] = {
    **_units(
        "vnd",
        ("vnd", "1", "đồng", "VND", "dong|vnd|vnđ"),
        ("vnd_thousand", "1e3", "nghìn đồng", "VND thousand", "nghin dong|ngan dong|vnd thousand|thousand vnd"),
        ("vnd_million", "1e6", "triệu đồng", "VND million", "trieu dong|trieu|vnd million|million vnd"),
        ("vnd_billion", "1e9", "tỷ đồng", "VND billion", "ty dong|ti dong|ty|ti|vnd billion|billion vnd"),
    ),
    **_units(
        "usd",
        ("usd", "1", "USD", "USD", "usd|us$|$"),
        ("usd_thousand", "1e3", "nghìn USD", "USD thousand", "nghin usd|ngan usd|usd thousand|thousand usd"),
        ("usd_million", "1e6", "triệu USD", "USD million", "trieu usd|usd million|million usd"),
    ),
    **_units("area", ("ha", "1e4", "ha", "ha", "ha"), ("m2", "1", "m²", "m²", "m2|m²")),
    **_units("persons", ("persons", "1", "người", "persons", "nguoi|persons")),
    **_units("visits", ("visits", "1", "lượt", "visits", "luot|visits")),
}


def factor_between(sent: str, kept: str) -> Decimal:
    """What a number in ``sent`` is multiplied by to be one in ``kept``.

    Raises:
        ValueError: one of them is not known, or they measure different things; says which would do.
    """
    if kept not in UNITS:
        raise ValueError(f"unit {kept!r} is not one that can be converted; found sent_unit {sent!r}, expected none")
    fitting = [unit.code for unit in UNITS.values() if unit.dimension == UNITS[kept].dimension]
    if sent not in fitting:
        raise ValueError(f"sent_unit: found {sent!r}, expected one of {', '.join(fitting)}")
    return UNITS[sent].factor / UNITS[kept].factor


def other_unit_in(label: str, unit: str) -> Unit | None:
    """A unit of the same dimension that a label names in place of ``unit``; None when it names that one, or none."""
    if unit not in UNITS:
        return None
    words = {
        word: known
        for known in UNITS.values()
        if known.dimension == UNITS[unit].dimension
        for word in known.words
        if len(word) > 2 or known.code == "m2"
    }
    longest_first = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    named = [words[found] for found in re.findall(rf"(?<!\w)(?:{longest_first})(?!\w)", fold(label))]
    return None if not named or any(found.code == unit for found in named) else named[0]
