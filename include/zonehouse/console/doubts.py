"""The doubtful values of a half-year's newest candidate (``zonehouse queue``), with the way to the cell behind each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zonehouse.intake.register import receipts
from zonehouse.periods import HalfYear
from zonehouse.quality.doubts import Doubt, place, read_doubts, reason, summary
from zonehouse.quality.reported import OVERRIDABLE
from zonehouse.quality.words import percent, with_unit
from zonehouse.settings import Settings
from zonehouse.trace.addresses import addresses
from zonehouse.warehouse import newest_candidate

_CANDIDATE = re.compile(r"^(\d{4}-H[12])-r\d{3,}$")
_COLUMNS = frozenset(column for columns in OVERRIDABLE.values() for column in columns)


@dataclass(frozen=True)
class Line:
    """One doubt in the reader's language.

    ``receipt_id``: of the file in the register; ``cell``: the row that weighs most in the value, where it is known.
    """

    doubt: Doubt
    reported: str
    expected: str
    reason: str
    effect: str
    settled: str
    where: str
    receipt_id: str | None
    cell: str | None

    @property
    def may_be_overridden(self) -> bool:
        """Whether a steward may say something about the row's number."""
        known = self.receipt_id and self.doubt.sheet_name and self.doubt.row_number
        return bool(known) and self.doubt.column_code in _COLUMNS


@dataclass(frozen=True)
class Doubts:
    """A piece of the queue; ``half_years`` are those with a candidate, the newest first; ``count`` is of the whole."""

    half_years: list[str]
    half_year: str | None
    candidate_id: str | None
    summary: str
    count: int
    lines: list[Line]


def doubt_page(settings: Settings, half_year: str | None, first: int, length: int, language: str) -> Doubts:
    """``length`` doubts from position ``first`` (0-based) on; of the newest half-year when none is named.

    Raises:
        WarehouseError: the candidate is being made.
    """
    names = (_CANDIDATE.match(path.name) for path in settings.candidates.glob("*-r*"))
    known = sorted({match.group(1) for match in names if match}, reverse=True)
    chosen = half_year if half_year in known else next(iter(known), None)
    if chosen is None:
        return Doubts([], None, None, "", 0, [])
    candidate = newest_candidate(settings, HalfYear.parse(chosen))
    every = read_doubts(candidate.database)
    shown = every[first : first + length]
    told = summary(every, language) if every else ""
    return Doubts(known, chosen, candidate.id, told, len(every), _lines(settings, shown, language))


def _lines(settings: Settings, doubts: Sequence[Doubt], language: str) -> list[Line]:
    asked = {doubt.submission_id for doubt in doubts}
    found = {
        one.submission_id: one.receipt_id
        for one in (receipts(settings) if doubts else ())
        if one.submission_id in asked and one.state != "duplicate"
    }
    return [
        Line(
            doubt=doubt,
            reported=with_unit(doubt.reported_value, doubt.unit, language),
            expected=with_unit(doubt.expected_value, doubt.unit, language),
            reason=reason(doubt, language),
            effect=percent(doubt.effect_pct, language),
            settled=percent(doubt.cumulative_doubt_share_pct, language),
            where=place(doubt, language),
            receipt_id=found.get(doubt.submission_id),
            cell=cell,
        )
        for doubt, cell in zip(doubts, addresses(settings, doubts), strict=True)
    ]
