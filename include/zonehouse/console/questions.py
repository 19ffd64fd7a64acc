"""The gate's questions as Airflow keeps them: which are open, and answering one.

An answer goes through the function behind Airflow's own endpoint (PATCH …/hitlDetails): its checks, its record of who
answered, its resuming of the task that waits. The task then writes the gate's ledger, whichever page was used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import select
from sqlalchemy.orm import Session

from zonehouse.console.access import MARTS_DAG

APPROVE, REJECT = "Approve", "Reject"
_TASK, _REASON = "approve", "reason"
NO_CANDIDATE = "?"
_CANDIDATE = re.compile(r"\b(\d{4}-H[12]-r\d{3,})\b")
_WAITING = (TaskInstanceState.AWAITING_INPUT, TaskInstanceState.DEFERRED)
# The process that asked lives on a little after its task is shown as waiting (``orchestration.follow``): an answer
# within these seconds may make the scheduler take the resumed task for a lost one.
_SETTLING = timedelta(seconds=8)


@dataclass(frozen=True)
class Question:
    """A refresh that waits for a person. ``body`` is Markdown and quotes what senders wrote."""

    id: str
    candidate_id: str
    run_id: str
    map_index: int
    subject: str
    body: str
    asked_at: datetime
    is_ready: bool


@dataclass(frozen=True)
class Answer:
    """An answer that Airflow is acting on: the run has not ended yet."""

    candidate_id: str
    choice: str
    by: str
    answered_at: datetime


@dataclass(frozen=True)
class LastRun:
    """The newest run of a Dag; times are aware, None while it has not begun or ended."""

    dag_id: str
    state: str
    began_at: datetime | None
    ended_at: datetime | None


def open_questions(session: Session, now: datetime) -> list[Question]:
    """The refreshes that wait for an answer, the longest waiting first."""
    wanted = (
        select(HITLDetail, TaskInstance)
        .join(TaskInstance, HITLDetail.ti_id == TaskInstance.id)
        .where(TaskInstance.dag_id == MARTS_DAG, TaskInstance.task_id == _TASK)
        .where(HITLDetail.responded_at.is_(None), TaskInstance.state.in_(_WAITING))
        .order_by(HITLDetail.created_at)
    )
    return [_question(detail, task, now) for detail, task in session.execute(wanted)]


def answers_in_progress(session: Session) -> list[Answer]:
    """What was answered and is being carried out."""
    wanted = (
        select(HITLDetail, TaskInstance)
        .join(TaskInstance, HITLDetail.ti_id == TaskInstance.id)
        .join(DagRun, (DagRun.dag_id == TaskInstance.dag_id) & (DagRun.run_id == TaskInstance.run_id))
        .where(TaskInstance.dag_id == MARTS_DAG, TaskInstance.task_id == _TASK)
        .where(HITLDetail.responded_at.is_not(None), DagRun.state == DagRunState.RUNNING)
        .order_by(HITLDetail.responded_at)
    )
    found = []
    for detail, _task in session.execute(wanted):
        choice = (detail.chosen_options or ["?"])[0]
        by = (detail.responded_by or {}).get("name", "?")
        found.append(Answer(_candidate_of(detail.subject), choice, by, detail.responded_at))
    return found


def answer(session: Session, user: BaseUser, question: Question, choice: str, reason: str) -> None:
    """Answer a question as this person.

    Raises:
        HTTPException: 409 when it has been answered meanwhile, 403 when Airflow lets only others answer it.
    """
    update_hitl_detail(
        dag_id=MARTS_DAG,
        dag_run_id=question.run_id,
        task_id=_TASK,
        update_hitl_detail_payload=UpdateHITLDetailPayload(chosen_options=[choice], params_input={_REASON: reason}),
        user=user,
        session=session,
        map_index=question.map_index,
    )


def last_run(session: Session, dag_id: str) -> LastRun | None:
    """The newest run of a Dag; None before the first."""
    run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()).limit(1))
    return LastRun(dag_id, str(run.state), run.start_date, run.end_date) if run is not None else None


def _question(detail: HITLDetail, task: TaskInstance, now: datetime) -> Question:
    return Question(
        id=str(UUID(str(detail.ti_id))),
        candidate_id=_candidate_of(detail.subject),
        run_id=task.run_id,
        map_index=task.map_index,
        subject=detail.subject,
        body=_findings_part(detail.body),
        asked_at=detail.created_at,
        is_ready=now - detail.created_at > _SETTLING,
    )


def _candidate_of(subject: str) -> str:
    found = _CANDIDATE.search(subject)
    return found.group(1) if found else NO_CANDIDATE


def _findings_part(body: Any) -> str:  # noqa: ANN401 - a nullable column
    """Without what ``StewardApproval`` adds about answering in Airflow's own page: ours has its own form."""
    text = str(body or "")
    findings, rule, _ = text.rpartition("\n\n---\n")
    return findings if rule else text
