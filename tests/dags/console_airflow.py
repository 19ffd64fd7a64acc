"""What tests of the console need of Airflow: a Dag that it knows, and a question of it that waits for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.dags.console_home import CANDIDATE, SCRIPT
from zonehouse.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

ORIGIN = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
ASKED = f"## {CANDIDATE}\n\n- **Cảnh báo** {SCRIPT} [bấm](javascript:alert(1)) ![x](http://x/y.png)\n  - Ví dụ"


def know_the_dag() -> None:
    """As the Dag processor makes Airflow know it."""
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        session.merge(DagBundleModel(name="dags-folder"))
        session.flush()
        bag = DagBag(PROJECT_ROOT / "dags" / "half_year_marts.py")
        sync_bag_to_db(bag, "dags-folder", None, session=session)


@contextmanager
def waiting_question() -> Iterator[str]:
    """A question that waits for an answer, as the Dag leaves it; its id."""
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        task = _waiting_task(session)
        detail = HITLDetail(
            ti_id=task.id,
            options=["Approve", "Reject"],
            subject=f"Duyệt công bố {CANDIDATE}? / Publish {CANDIDATE}?",
            body=f"{ASKED}\n\n---\n**Approve** công bố",
            params={},
            created_at=datetime.now(UTC) - timedelta(minutes=1),
        )
        session.add(detail)
        session.commit()
        yield str(task.id)
        for model in (HITLDetail, TaskInstance, DagRun):
            session.query(model).delete()


def _waiting_task(session: Any) -> Any:
    """The task ``approve`` of a run of the shipped Dag, paused for a person."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.state import DagRunState, TaskInstanceState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    dag = SerializedDagModel.get("half_year_marts", session=session).dag
    run = dag.create_dagrun(
        run_id="asked",
        run_after=datetime.now(UTC),
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.TEST,
        state=DagRunState.RUNNING,
        session=session,
    )
    task = run.get_task_instance("approve", session=session)
    task.state = TaskInstanceState.AWAITING_INPUT
    return task


def answer_of(question: str) -> Any:
    """What was answered, with which parameters, by whom."""
    from airflow.models.hitl import HITLDetail
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        found = session.query(HITLDetail).filter(HITLDetail.ti_id == UUID(question)).one()
        return found.chosen_options, found.params_input, found.responded_by


def form_of(client: TestClient, question: str, choice: str = "approve", reason: str = "đã gọi doanh nghiệp") -> Any:
    """The fields of the form that a page of this person's shows."""
    page = client.get(f"/zonehouse/decide/{question}").text
    found = re.search(r'name="token" value="([^"]*)"', page)
    return {"token": found.group(1) if found else "", "choice": choice, "reason": reason}
