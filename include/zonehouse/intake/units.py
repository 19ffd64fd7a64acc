"""Units that a workbook states: in a header, in a note on the sheet, behind a number. None is ever passed over.

The form says in which unit a column is sent. A workbook that states another one is refused (the sender decides which of
the two is right), except behind a single number, which is converted exactly and recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from zonehouse.intake.plan import ColumnPlan, UnitPlan, UnitWords
from zonehouse.intake.text import fold
from zonehouse.intake.vietnamese import repaired, spellings

_NOTE = re.compile(r"(?<!\w)(?P<name>don vi tinh|dvt|don vi|units?|currency)\s*(?P<colon>[:(]?)\s*(?P<said>.{1,80})")
_NOTE_NAME = re.compile(r"(?<!\w)(?:don vi tinh|don vi|dvt|units?|currency)(?!\w)")
_SPLIT = re.compile(r"[;,()/&]| va | and ")
_SHORT = frozenset(("d", "ty", "ti", "tr", "ha", "$"))  # words or letters of other things too: cong ty
_AROUND = " \t()[]:;,.-–*"
_NUMBER_WITHIN = re.compile(r"^(?P<before>[^\d(+-]*)(?P<number>[(+-]?\s*\d[\d.,' ]*\)?)(?P<after>.*)$")
_IN_BRACKETS_AT_END = re.compile(r"\S\s*[(\[]([^()\[\]]{1,40})[)\]][\s.]*$")
_REMEMBERED = 200  # the longest text of which the answer is kept


@lru_cache(maxsize=4096)
def key_of(text: str) -> str:
    """The match key of a text, from whatever encoding it is in."""
    # Typed marks (VIQR) are ASCII: a word or two does not prove them, but a match with a word of the form does.
    mended = next(spellings(text), None) if text.isascii() else repaired(text)
    return fold(text if mended is None else mended.text)


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


def units_in(key: str, units: UnitWords) -> list[UnitPlan]:
    """The units that a folded text names by more than a short word, in order."""
    found = [units[word] for word in _pattern(tuple(units)).findall(key) if word not in _SHORT] if units else []
    return list(dict.fromkeys(found))


def lone_units(key: str, units: UnitWords) -> list[UnitPlan]:
    """The units of a text that says nothing else: ``(tỷ đồng)``, ``ĐVT: triệu đồng``."""
    bare = _NOTE_NAME.sub(" ", key).strip(_AROUND)
    if not units or not bare or len(bare) > 60 or key.strip() in _SHORT:
        return []
    parts = [part.strip(_AROUND) for part in _SPLIT.split(bare)]
    if bare in units:
        return [units[bare]]
    return [units[part] for part in parts] if all(part in units for part in parts) else []


def noted_units(text: str, units: UnitWords) -> tuple[list[UnitPlan], bool]:
    """The units of a note, and whether the text is a note on units at all, known or not."""
    return _known_notes(text, units) if len(text) <= _REMEMBERED else _noted_units(text, units)


@lru_cache(maxsize=4096)
def _known_notes(text: str, units: UnitWords) -> tuple[list[UnitPlan], bool]:
    return _noted_units(text, units)


def _noted_units(text: str, units: UnitWords) -> tuple[list[UnitPlan], bool]:
    key = key_of(text)
    if found := lone_units(key, units):
        return found, True
    for note in _NOTE.finditer(key):
        said = note["said"].strip(_AROUND)
        if said in units:
            return [units[said]], True
        if note["name"] in ("don vi tinh", "dvt") or lone_units(said, units):
            return lone_units(said, units) or units_in(said, units), bool(note["colon"])
    return [], False


def unit_of_title(text: str, units: UnitWords) -> list[UnitPlan]:
    """The unit in brackets at the end of a title: ``KIM NGẠCH XUẤT KHẨU (triệu USD)``."""
    inside = _IN_BRACKETS_AT_END.search(text) if len(text) <= _REMEMBERED else None
    return lone_units(key_of(inside[1]), units) if inside is not None else []


def without_unit(key: str, units: UnitWords) -> tuple[str, list[UnitPlan]]:
    """A folded header without the unit at its end, and that unit: ``doanh thu thuan (ty dong)``."""
    if not units:
        return key, []
    inside = re.match(r"^(.*?)\s*[(\[]([^()\[\]]*)[)\]]$", key)
    if inside:  # a short word is a unit there, as what is left must be a label
        said = inside[2].strip(_AROUND)
        if found := [units[said]] if said in units else lone_units(inside[2], units):
            return inside[1].strip(_AROUND), found
    tail = re.match(
        rf"^(.*?)[\s,;:–-]+(?:(?:don vi tinh|don vi|dvt)\s*:?\s*)?((?:{_pattern(tuple(units)).pattern}))$", key
    )
    if tail and tail[1].strip(_AROUND):
        return tail[1].strip(_AROUND), [units[tail[2]]]
    return key, []


def contradicts(column: ColumnPlan, stated: Iterable[UnitPlan], *, is_explicit: bool) -> UnitPlan | None:
    """The unit stated in place of the column's own; None when that one is among them, or none measures the same.

    Args:
        is_explicit: the column's header names its unit; then a note in another currency is about other columns.
    """
    own = own_unit(column)
    if own is None:
        return None
    said = [unit for unit in stated if (unit.dimension == own.dimension if is_explicit else unit.kind == own.kind)]
    return None if not said or any(unit.code == own.code for unit in said) else said[0]


def own_unit(column: ColumnPlan) -> UnitPlan | None:
    """The unit that a column is sent in; None when it is none that can be stated otherwise."""
    return next((unit for unit in column.units.values() if unit.code == column.sent_unit), None)


def number_and_unit(text: str, column: ColumnPlan) -> tuple[str, UnitPlan] | None:
    """A number written with a unit of the column's dimension, before or behind it; None for anything else."""
    own = own_unit(column)
    parts = _NUMBER_WITHIN.match(text)
    if own is None or parts is None:
        return None
    words = [fold(parts["before"]).strip(_AROUND), fold(parts["after"]).strip(_AROUND)]
    said = [column.units.get(word) for word in words if word]
    if len(said) != 1 or said[0] is None or said[0].dimension != own.dimension:
        return None
    return parts["number"].strip(), said[0]
