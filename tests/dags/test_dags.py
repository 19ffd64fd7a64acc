"""The Dags load, keep the house's policies, and are wired as the contracts say."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from zonehouse.orchestration.follow import DAG_IDS, PARTS
from zonehouse.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

DAG_FILES = sorted((PROJECT_ROOT / "dags").rglob("*.py"))
# A Dag file is a table of contents: what it may import beside Airflow is this library's wiring.
ALLOWED_IMPORTS = ("airflow.", "zonehouse.orchestration", "zonehouse.settings", "datetime", "__future__")
WRITERS = {
    "nightly_load": {"build_facts", "emit_facts"},
    "half_year_marts": {"half_year", "build_candidate"},
    "issue_templates": set(),
    "maintenance": {"compact_landing", "write_docs"},
    "chase_missing_submissions": set(),
}
# `make run` follows DAG_IDS; the others have a calendar of their own.
ALL_DAGS = (*DAG_IDS, "issue_templates", "maintenance", "chase_missing_submissions")


def test_exactly_the_expected_dags_load(dagbag: DagBag) -> None:
    assert dagbag.import_errors == {}
    assert set(dagbag.dags) == set(WRITERS) == set(ALL_DAGS)


@pytest.mark.parametrize("dag_id", ALL_DAGS)
def test_every_dag_keeps_the_policies(dagbag: DagBag, dag_id: str) -> None:
    dag = dagbag.dags[dag_id]
    assert "zonehouse" in dag.tags
    assert dag.doc_md is not None and len(dag.doc_md) > 100
    assert dag.catchup is False
    # Two nights would race for the inbox; a half-year that waits for its steward must not hold up the others.
    assert dag.max_active_runs == (4 if dag_id == "half_year_marts" else 1)
    for task in dag.tasks:
        assert task.owner == "zonehouse", task.task_id
        assert task.on_failure_callback, task.task_id
        assert task.retry_delay <= timedelta(minutes=1), task.task_id
        # Each try of the approval may wait for days.
        assert task.retries == (1 if task.task_id == "approve" else 2), task.task_id


@pytest.mark.parametrize("dag_id", ALL_DAGS)
def test_only_tasks_that_open_the_warehouse_queue_for_the_writer(dagbag: DagBag, dag_id: str) -> None:
    pooled = {task.task_id for task in dagbag.dags[dag_id].tasks if task.pool == "duckdb_writer"}
    assert pooled == WRITERS[dag_id]


def test_a_night_goes_from_the_inbox_to_the_announcement(dagbag: DagBag) -> None:
    upstream = {task.task_id: task.upstream_task_ids for task in dagbag.dags["nightly_load"].tasks}
    assert upstream == {
        "receive": set(),
        "read_batch": {"receive"},
        "land": {"receive", "read_batch"},
        "reconcile": {"land"},
        "build_facts": {"reconcile"},
        "check_facts": {"build_facts"},
        "emit_facts": {"build_facts", "check_facts"},
        # Nothing waits for the workbooks: their failure stops no facts.
        "write_night_workbooks": {"receive", "reconcile"},
    }
    emit: Any = dagbag.dags["nightly_load"].get_task("emit_facts")
    assert [asset.name for asset in emit.outlets] == ["facts"]


def test_publication_follows_the_gate_and_the_answer(dagbag: DagBag) -> None:
    upstream = {task.task_id: task.upstream_task_ids for task in dagbag.dags["half_year_marts"].tasks}
    assert upstream["gate"] == {"check_candidate"}
    assert upstream["approve"] == {"check_candidate", "gate"}
    # A rejection makes Airflow skip what directly follows: it must be the publication.
    assert upstream["publish"] == {"check_candidate", "gate", "approve"}
    assert upstream["write_brief"] == {"half_year", "publish"}
    assert upstream["serve"] == {"publish"}


def test_the_parts_of_the_timing_name_real_tasks(dagbag: DagBag) -> None:
    known = {task.task_id for dag in dagbag.dags.values() for task in dag.tasks}
    assert {task_id for task_ids in PARTS.values() for task_id in task_ids} <= known


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_dag_file_is_wiring_only(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert len(source.splitlines()) <= 90
    imported = [
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    ]
    assert [name for name in imported if not name.startswith(ALLOWED_IMPORTS)] == []
    logic = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.Try, ast.Lambda)
    assert [type(node).__name__ for node in ast.walk(tree) if isinstance(node, logic)] == []
