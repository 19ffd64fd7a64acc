"""A steward accepts a flagged number, or replaces it with a corrected one: with name and reason, versioned, reversible.

An override is about the number that was reported when it was entered. It is in force as long as the report in force
says that number: once a new version of the report says another, the override lapses, and the steward is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

import structlog

from zonehouse.forms import load_catalogue
from zonehouse.quality.ledger import naive_utc
from zonehouse.quality.override_log import Action, Entry, OverrideEvent, OverrideTarget, append_event, read_entries
from zonehouse.quality.report import QualityError
from zonehouse.quality.reported import ReportedValue, values_of_targets
from zonehouse.settings import Settings

OverrideState = Literal["active", "lapsed", "superseded", "revoked"]
_STEP = Decimal("0.000001")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Override:
    """An acceptance or a replacement as it stands now; times are UTC without zone.

    Attributes:
        version: counts the entries about the same target, from 1.
        state: ``active``; ``revoked`` by a steward; ``superseded`` by a later entry about the same number; ``lapsed``,
            since the report in force says another number than the one it was entered against, or has no such row.
        reported_value: what the report said when it was entered (None: no number, ``reported_mark`` says what).
        edited_value: the corrected number; None of an acceptance.
        current: what the report in force says now; None when the report or the row is gone.
    """

    override_id: str
    version: int
    action: Action
    state: OverrideState
    target: OverrideTarget
    reported_value: Decimal | None
    reported_mark: str | None
    edited_value: Decimal | None
    entered_at: datetime
    entered_by: str
    reason: str
    submission_id: str
    current: ReportedValue | None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoke_reason: str | None = None


def overrides(settings: Settings) -> list[Override]:
    """Every override ever entered with the state it is in now, oldest first; read from the landing alone."""
    entries = read_entries(settings)
    current = values_of_targets(settings, {entry.event.target for entry in entries})
    return [_override(entry, current.get(entry.event.target)) for entry in entries]


def enter_override(  # noqa: PLR0913 (a number, what becomes of it, who, why, when)
    settings: Settings,
    target: OverrideTarget,
    action: Action,
    *,
    by: str,
    reason: str,
    now: datetime,
    edited_value: Decimal | None = None,
    seen_submission_id: str | None = None,
) -> Override:
    """Accept the number that the report in force gives for ``target``, or replace it with ``edited_value``.

    Facts take it with the next build, which finds its month touched. An earlier override of the same number is
    superseded.

    Args:
        edited_value: in the unit that the warehouse keeps (``ReportedValue.unit``), at most six decimals.
        seen_submission_id: the report that the steward looked at; refused when another is in force by now.

    Raises:
        QualityError: no name or reason, no such number in a counted report, a corrected number that the column cannot
            hold or that is the reported one, or another report has come since the steward looked.
    """
    by, reason = _signed(by, reason)
    current = values_of_targets(settings, [target]).get(target)
    if current is None:
        raise QualityError(
            f"no counted report has the number {_told(target)}; zonehouse override show lists those it has"
        )
    if seen_submission_id is not None and seen_submission_id != current.submission_id:
        raise QualityError(
            f"another version of the report, {current.original_name}, has come since; it says {_number(current)}: look "
            "at it, then enter the override anew"
        )
    event = OverrideEvent(
        entered_at=naive_utc(now),
        entered_by=by,
        action=action,
        reason=reason,
        target=target,
        submission_id=current.submission_id,
        reported_value=current.value,
        reported_mark=current.mark,
        edited_value=_edited(settings, current, action, edited_value),
    )
    override_id = append_event(settings, event)
    _log.info("override_entered", override=override_id, action=action, month=target.period_month)
    return find_override(settings, override_id)


def revoke_override(settings: Settings, override_id: str, *, by: str, reason: str, now: datetime) -> Override:
    """Take an override back: the reported number counts again. Nothing is removed from the log.

    Raises:
        QualityError: no name or reason, no such override, or it is not in force any more.
    """
    by, reason = _signed(by, reason)
    one = find_override(settings, override_id)
    if one.state in {"revoked", "superseded"}:
        raise QualityError(f"override {override_id} is {one.state} already; nothing was changed")
    event = OverrideEvent(
        entered_at=naive_utc(now),
        entered_by=by,
        action="revoke",
        reason=reason,
        target=one.target,
        submission_id=one.submission_id,
        reported_value=one.reported_value,
        reported_mark=one.reported_mark,
        edited_value=one.edited_value,
        override_id=one.override_id,
    )
    append_event(settings, event)
    _log.info("override_revoked", override=override_id, month=one.target.period_month)
    return find_override(settings, override_id)


def find_override(settings: Settings, override_id: str) -> Override:
    """The override with this id; QualityError when there is none."""
    for one in overrides(settings):
        if one.override_id == override_id:
            return one
    raise QualityError(f"there is no override {override_id!r}; zonehouse override list shows them")


def _override(entry: Entry, current: ReportedValue | None) -> Override:
    event, revocation = entry.event, entry.revocation
    return Override(
        override_id=entry.override_id,
        version=entry.version,
        action="accept" if event.action == "accept" else "replace",
        state=_state(entry, current),
        target=event.target,
        reported_value=event.reported_value,
        reported_mark=event.reported_mark,
        edited_value=event.edited_value,
        entered_at=event.entered_at,
        entered_by=event.entered_by,
        reason=event.reason,
        submission_id=event.submission_id,
        current=current,
        revoked_at=revocation.entered_at if revocation else None,
        revoked_by=revocation.entered_by if revocation else None,
        revoke_reason=revocation.reason if revocation else None,
    )


def _state(entry: Entry, current: ReportedValue | None) -> OverrideState:
    if entry.revocation is not None:
        return "revoked"
    if not entry.is_latest:
        return "superseded"
    reported = (entry.event.reported_value, entry.event.reported_mark)
    return "active" if current is not None and (current.value, current.mark) == reported else "lapsed"


def _signed(by: str, reason: str) -> tuple[str, str]:
    if not by.strip() or not reason.strip():
        raise QualityError("an override needs a name and a reason; give both")
    return by.strip(), reason.strip()


def _edited(settings: Settings, current: ReportedValue, action: Action, value: Decimal | None) -> Decimal | None:
    """The corrected number, if the column can hold it."""
    target = current.target
    if action == "accept":
        if value is not None:
            raise QualityError("an acceptance takes the number as it was reported; to give another one, replace it")
        return None
    if value is None:
        raise QualityError(f"a replacement of {_told(target)} needs the corrected number")
    column = next(
        section.column(target.column_code)
        for form in load_catalogue(settings).versions(target.form_code)[::-1]
        for section in form.sections
        if section.code == target.section_code and target.column_code in {one.code for one in section.columns}
    )
    if not value.is_finite() or value != value.quantize(_STEP) or abs(value) >= 10**18:
        raise QualityError(f"{value} for {_told(target)} is no number of at most 18 digits and six decimals")
    if column.type == "integer" and value != value.to_integral_value():
        raise QualityError(f"{value} for {_told(target)} must be a whole number ({column.unit or column.en})")
    # The definition's bound speaks in the unit that is sent.
    minimum = None if column.minimum is None else Decimal(str(column.minimum)) * (column.factor or 1)
    if minimum is not None and value < minimum:
        raise QualityError(f"{value} for {_told(target)} is below {minimum:f}, the least it can be")
    if value == current.value:
        raise QualityError(f"{_told(target)} was reported as {value} already; accept it instead")
    return value


def _told(target: OverrideTarget) -> str:
    row = target.row_key + (f" (row {target.row_occurrence} of this key)" if target.row_occurrence > 1 else "")
    return (
        f"{target.column_code} of {target.section_code} row {row!r}, {target.form_code} of "
        f"{target.reporting_unit_code} for {target.period_month}"
    )


def _number(current: ReportedValue) -> str:
    return str(current.value) if current.value is not None else f"no number ({current.mark})"
