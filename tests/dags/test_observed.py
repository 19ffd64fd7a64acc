"""Metrics and lineage events by lines of ``.env`` alone: the packages are in the lock, the variables are right."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compose import load_compose, read_env_file
from zonehouse.deployment.env_file import write_env_file

pytestmark = [pytest.mark.slow]

# What a scheduler does at its start and at the end of a Dag run: through the configured client, transport and listener.
_SCHEDULER = """
from airflow import settings
settings.initialize()
from airflow.listeners.listener import get_listener_manager
listeners = {type(plugin).__name__ for plugin in get_listener_manager().pm.get_plugins()}
assert "OpenLineageListener" in listeners, listeners
from airflow.sdk.observability.stats import Stats
Stats.incr("scheduler.heartbeat")
from datetime import datetime, timezone
from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter
from airflow.providers.openlineage.conf import namespace
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.uuid import generate_new_uuid
job, run = Job(namespace=namespace(), name="nightly_load"), Run(runId=str(generate_new_uuid()))
now = datetime.now(timezone.utc).isoformat()
OpenLineageAdapter().emit(RunEvent(eventTime=now, producer="", eventType=RunState.COMPLETE, run=run, job=job))
"""


def test_lines_of_the_env_file_send_metrics_and_lineage(tmp_path: Path) -> None:
    lineage = tmp_path / "lineage.jsonl"
    write_env_file(tmp_path / ".env")
    variables = read_env_file(tmp_path / ".env") | {
        "OPENLINEAGE_TRANSPORT": json.dumps({"type": "file", "log_file_path": str(lineage), "append": True}),
        "STATSD_ON": "True",
        "STATSD_HOST": "127.0.0.1",
    }
    scheduler = load_compose(variables)["services"]["scheduler"]["environment"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as metrics:
        metrics.bind(("127.0.0.1", 0))
        metrics.settimeout(10)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")} | {
            name: value
            for name, value in scheduler.items()
            if name.startswith(("AIRFLOW__OPENLINEAGE__", "AIRFLOW__METRICS__"))
        }
        environment |= {
            "AIRFLOW_HOME": str(tmp_path / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__METRICS__STATSD_PORT": str(metrics.getsockname()[1]),
        }
        subprocess.run([sys.executable, "-c", _SCHEDULER], env=environment, check=True)
        names = {metrics.recv(65536).split(b":")[0] for _ in range(2)}
    assert b"airflow.scheduler.heartbeat" in names
    event = json.loads(lineage.read_text(encoding="utf-8").splitlines()[-1])
    assert (event["eventType"], event["job"]["namespace"], event["job"]["name"]) == (
        "COMPLETE",
        "zonehouse",
        "nightly_load",
    )
