"""Deciding: which half-years wait, what stands against them, and a person's answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.logging.decorators import action_logging
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from zonehouse import quality
from zonehouse.console import questions
from zonehouse.console.access import Decider
from zonehouse.console.questions import Question
from zonehouse.console.render import base_of, language_of
from zonehouse.console.view import ViewDep
from zonehouse.publish.reading import candidate_estimates, failed_checks, refresh_status

routes = APIRouter()

_SHOWN_DECISIONS = 30
_CHOICES = {"approve": questions.APPROVE, "reject": questions.REJECT}
_LEAST_REASON, _LONGEST_REASON = 5, 1000


@routes.get("/decide")
def decide(
    view: ViewDep, session: SessionDep, answered: Annotated[str | None, Query(pattern=r"^\d{4}-H[12]-r\d{3,6}$")] = None
) -> Response:  # fmt: skip
    """Where each half-year stands, what waits for a person, and what was decided."""
    recent = list(reversed(quality.decisions(view.settings)))[:_SHOWN_DECISIONS]
    reasons = quality.reasons_in(view.settings, recent, language_of(view.request, view.settings))
    return view.page(
        "decide.html",
        questions=questions.open_questions(session, view.now),
        in_progress=questions.answers_in_progress(session),
        answered=answered,
        statuses=refresh_status(view.settings),
        failed=failed_checks(view.settings),
        decisions=list(zip(recent, reasons, strict=True)),
    )


@routes.get("/decide/{question_id}")
def question(view: ViewDep, session: SessionDep, question_id: UUID) -> Response:
    """One question: everything that was found, and the form to answer."""
    return _asked(view, _open(session, question_id, view.now))


@routes.post("/decide/{question_id}", dependencies=[Depends(action_logging(event="console_answer"))])
def answer(  # noqa: PLR0913, PLR0917 - what a form brings
    view: ViewDep,
    user: Decider,
    session: SessionDep,
    question_id: UUID,
    choice: Annotated[str, Form(pattern="^(approve|reject)$")],
    reason: Annotated[str, Form(max_length=10 * _LONGEST_REASON)] = "",
) -> Response:
    """Approve or reject a refresh, with the reason; Airflow then carries it out."""
    asked = _open(session, question_id, view.now)
    told = " ".join(reason.split())
    if not _LEAST_REASON <= len(told) <= _LONGEST_REASON:
        return _asked(view, asked, reason, "reason")
    if not asked.is_ready:
        return _asked(view, asked, reason, "early")
    questions.answer(session, user, asked, _CHOICES[choice], told)
    where = f"{base_of(view.request)}/decide?answered={asked.candidate_id}"
    return RedirectResponse(where, status.HTTP_303_SEE_OTHER)


def _asked(view: ViewDep, question: Question, reason: str = "", wrong: str | None = None) -> Response:
    known = question.candidate_id != questions.NO_CANDIDATE
    estimates = candidate_estimates(view.settings, question.candidate_id) if known else []
    return view.page("question.html", question=question, reason=reason, wrong=wrong, estimates=estimates)


def _open(session: Session, question_id: UUID, now: datetime) -> Question:
    for one in questions.open_questions(session, now):
        if one.id == str(question_id):
            return one
    raise HTTPException(
        status.HTTP_404_NOT_FOUND,
        "Câu hỏi này không còn chờ trả lời: đã có người trả lời, hoặc đã hết hạn. / "
        "This question no longer waits: somebody has answered it, or it has lapsed.",
    )
