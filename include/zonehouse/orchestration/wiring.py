"""What both Dags share: the asset between them, the writer's pool, retries, and how a failure is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from airflow.sdk import Asset

FACTS = Asset(name="facts", uri="zonehouse://warehouse/facts")

# DuckDB takes one writer: whatever opens the warehouse waits for the pool's one slot, and under Celery runs only on
# workers that take this queue, those that have the warehouse's disk.
WRITER: dict[str, Any] = {"pool": "duckdb_writer", "queue": "duckdb_writer"}

_log = structlog.get_logger(__name__)


def note_failure(context: Mapping[str, Any]) -> None:
    """Task callback: one event and an alert, when a task has failed for good."""
    instance = context["ti"]
    _log.error(
        "task_failed",
        dag_id=instance.dag_id,
        run_id=instance.run_id,
        task_id=instance.task_id,
        partition_key=context.get("partition_key"),
        try_number=instance.try_number,
        reason=str(context.get("exception")),
    )
    from zonehouse.orchestration.alerts import task_failed

    task_failed(context)


TASK_DEFAULTS: dict[str, Any] = {
    "owner": "zonehouse",
    # A killed machine costs a try: two retries let a load survive two of them.
    "retries": 2,
    "retry_delay": timedelta(seconds=10),
    "on_failure_callback": note_failure,
}
