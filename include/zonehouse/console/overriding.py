"""A person's word on one number: accepted as reported, replaced, or taken back; the functions that the CLI uses."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from urllib.parse import quote

from airflow.api_fastapi.logging.decorators import action_logging
from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Response, status
from fastapi.responses import RedirectResponse

from zonehouse import quality
from zonehouse.console.access import Decider
from zonehouse.console.pages import ReceiptId, receipt_of
from zonehouse.console.render import base_of, language_of
from zonehouse.console.view import View, ViewDep
from zonehouse.intake.numbers import NumberError, parse_number
from zonehouse.intake.register import Receipt
from zonehouse.quality import QualityError, ReportedValue, reported_value_at

routes = APIRouter()

OverrideId = Annotated[str, Path(pattern=r"^\d{8}T\d{6}-[0-9a-f]{8}$")]
_LEAST_REASON, _LONGEST_REASON = 5, 1000
_NO_REASON = "Hãy ghi lý do (5 đến 1000 ký tự). / Give a reason (5 to 1000 characters)."


@routes.get("/overrides")
def overrides(
    view: ViewDep, entered: Annotated[str | None, Query(pattern=r"^\d{8}T\d{6}-[0-9a-f]{8}$")] = None
) -> Response:  # fmt: skip
    """Every override ever, the newest first."""
    found = list(reversed(quality.overrides(view.settings)))
    return view.page("overrides.html", overrides=found, entered=entered)


@routes.get("/overrides/{override_id}")
def override(view: ViewDep, override_id: OverrideId) -> Response:
    """One override, and the form to take it back."""
    return _override_page(view, override_id, "", None)


@routes.post("/overrides/{override_id}", dependencies=[Depends(action_logging(event="console_override_revoked"))])
def revoke(
    view: ViewDep, user: Decider, override_id: OverrideId, reason: Annotated[str, Form(max_length=10_000)] = ""
) -> Response:  # fmt: skip
    """Take an override back: the reported number counts again."""
    if (told := _reason(reason)) is None:
        return _override_page(view, override_id, reason, _NO_REASON)
    try:
        quality.revoke_override(view.settings, override_id, by=user.get_name(), reason=told, now=view.now)
    except QualityError as error:
        return _override_page(view, override_id, reason, str(error))
    return _to_list(view, override_id)


@routes.get("/files/{receipt_id}/values")
def values(view: ViewDep, receipt_id: ReceiptId) -> Response:
    """The numbers of a report in force that may be overridden."""
    receipt, _ = receipt_of(view.settings, receipt_id)
    found = quality.reported_values(
        view.settings,
        receipt.form_code or "",
        receipt.authority_code or "",
        receipt.reporting_unit_code or "",
        receipt.period_month or "",
    )
    mine = [one for one in found if one.submission_id == receipt.submission_id]
    return view.page("values.html", receipt=receipt, values=mine)


@routes.get("/files/{receipt_id}/value")
def value(
    view: ViewDep,
    receipt_id: ReceiptId,
    sheet: Annotated[str, Query(max_length=200)],
    row: Annotated[int, Query(ge=1, le=1_048_576)],
    column: Annotated[str, Query(max_length=80)],
) -> Response:
    """One number, and the form to accept or replace it."""
    receipt, reported = _reported(view, receipt_id, sheet, row, column)
    return view.page("value.html", receipt=receipt, value=reported, given="", reason="", wrong=None)


@routes.post("/files/{receipt_id}/value", dependencies=[Depends(action_logging(event="console_override_entered"))])
def enter(  # noqa: PLR0913, PLR0917 - what a form brings
    view: ViewDep,
    user: Decider,
    receipt_id: ReceiptId,
    sheet: Annotated[str, Form(max_length=200)],
    row: Annotated[int, Form(ge=1, le=1_048_576)],
    column: Annotated[str, Form(max_length=80)],
    action: Annotated[str, Form(pattern="^(accept|replace)$")],
    given: Annotated[str, Form(max_length=60)] = "",
    reason: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """Accept the number as it was reported, or replace it."""
    receipt, reported = _reported(view, receipt_id, sheet, row, column)
    told = _reason(reason)
    try:
        if told is None:
            raise QualityError(_NO_REASON)
        done = quality.enter_override(
            view.settings,
            reported.target,
            "accept" if action == "accept" else "replace",
            by=user.get_name(),
            reason=told,
            now=view.now,
            edited_value=None if action == "accept" else _number(given, language_of(view.request, view.settings)),
            seen_submission_id=receipt.submission_id,
        )
    except QualityError as error:
        return view.page("value.html", receipt=receipt, value=reported, given=given, reason=reason, wrong=str(error))
    return _to_list(view, done.override_id)


def _reported(view: View, receipt_id: str, sheet: str, row: int, column: str) -> tuple[Receipt, ReportedValue]:
    receipt, _ = receipt_of(view.settings, receipt_id)
    try:
        return receipt, reported_value_at(view.settings, receipt.submission_id, sheet, row, column)
    except QualityError as error:
        raise HTTPException(
            status.HTTP_404_NOT_FOUND,
            f"Số này không điều chỉnh được (tệp không còn hiệu lực, hoặc không có số ở đó). / {error}",
        ) from error


def _override_page(view: View, override_id: str, reason: str, wrong: str | None) -> Response:
    try:
        found = quality.find_override(view.settings, override_id)
    except QualityError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from error
    return view.page("override.html", override=found, reason=reason, wrong=wrong)


def _reason(text: str) -> str | None:
    told = " ".join(text.split())
    return told if _LEAST_REASON <= len(told) <= _LONGEST_REASON else None


def _number(text: str, language: str) -> Decimal:
    try:
        return parse_number(text, "," if language == "vi" else ".")
    except NumberError as error:
        raise QualityError(f"“{text}” không phải là số. / “{text}” is no number.") from error


def _to_list(view: View, override_id: str) -> Response:
    where = f"{base_of(view.request)}/overrides?entered={quote(override_id)}"
    return RedirectResponse(where, status.HTTP_303_SEE_OTHER)
