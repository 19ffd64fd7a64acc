"""What ``make run`` asks of Airflow's REST API (v2), in the words of this project."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

FINISHED = ("success", "failed")


class AirflowApiError(RuntimeError):
    """Airflow refused a request: says which, and its answer."""


@dataclass(frozen=True)
class Run:
    """A Dag run."""

    dag_id: str
    run_id: str
    state: str
    partition_key: str | None

    @property
    def name(self) -> str:
        """What people call it: the Dag and its half-year."""
        return f"{self.dag_id} {self.partition_key}" if self.partition_key else self.dag_id

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED


@dataclass(frozen=True)
class Task:
    """A task instance of a run (``map_index`` is −1 for one that is not mapped; ``pid`` of its latest process)."""

    run: Run
    task_id: str
    map_index: int
    state: str | None
    duration: float
    try_number: int
    pid: int | None = None

    @property
    def name(self) -> str:
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


class AirflowApi:
    """A client of one user. ``url`` is the server's, such as ``http://127.0.0.1:8080``."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.user, self._password = user, password
        # trust_env off: a proxy of the environment has no business with localhost.
        self._http = httpx.Client(base_url=url, timeout=60.0, trust_env=False)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def health(self) -> dict[str, str | None]:
        """State of each component (``healthy``, ``unhealthy``, None); empty while the server does not answer."""
        try:
            answer = self._http.get("/api/v2/monitor/health", timeout=5.0)
        except httpx.HTTPError:
            return {}
        if answer.status_code != httpx.codes.OK:
            return {}
        return {name: (about or {}).get("status") for name, about in answer.json().items()}

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Create a pool; one that exists is left as its operator set it."""
        body = {"name": name, "slots": slots, "description": description, "include_deferred": False}
        self._call("POST", "/api/v2/pools", json=body, accepted=(httpx.codes.CONFLICT,))

    def import_errors(self) -> list[str]:
        """Dag files that could not be imported, with the end of each traceback."""
        answer = self._call("GET", "/api/v2/importErrors")
        return [f"{error['filename']}: {error['stack_trace'][-600:]}" for error in answer["import_errors"]]

    def dag_ids(self) -> set[str]:
        """The Dags that Airflow knows."""
        return {dag["dag_id"] for dag in self._call("GET", "/api/v2/dags")["dags"]}

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run a Dag: a new one starts paused and its runs would queue silently."""
        self._call("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Keep the scheduler from running a Dag."""
        self._call("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": True})

    def trigger(self, dag_id: str) -> Run:
        """Start a run by hand, without a date."""
        return _run(self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None}))

    def runs(self, dag_id: str) -> list[Run]:
        """The newest hundred runs of a Dag, oldest first."""
        answer = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns", params={"limit": 100, "order_by": "-id"})
        return [_run(run) for run in reversed(answer["dag_runs"])]

    def tasks(self, run: Run) -> list[Task]:
        """The task instances of a run."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        return [
            Task(
                run=run,
                task_id=task["task_id"],
                map_index=task["map_index"],
                state=task["state"],
                duration=task["duration"] or 0.0,
                try_number=task["try_number"],
                pid=task["pid"],
            )
            for page in self._pages(path, "task_instances")
            for task in page
        ]

    def announced_without_run(self, dag_id: str) -> list[str]:
        """Partition keys that were announced and have no run yet."""
        params = {"dag_id": dag_id, "has_created_dag_run_id": False}
        answer = self._call("GET", "/ui/partitioned_dag_runs", params=params)
        return [row["partition_key"] for row in answer["partitioned_dag_runs"]]

    def question(self, task: Task) -> Mapping[str, Any]:
        """What a task that waits for a person asks: ``subject``, ``body``, ``options``."""
        return self._call("GET", _question_path(task))

    def answer(self, task: Task, option: str, reason: str) -> None:
        """Answer it as this client's user."""
        body = {"chosen_options": [option], "params_input": {"reason": reason}}
        self._call("PATCH", _question_path(task), json=body)

    def log_lines(self, task: Task) -> list[str]:
        """The log of a task's last try, one event a line."""
        path = f"/api/v2/dags/{task.run.dag_id}/dagRuns/{task.run.run_id}/taskInstances/{task.task_id}/logs"
        answer = self._call("GET", f"{path}/{task.try_number}", params={"map_index": task.map_index})
        return [line for event in answer["content"] for line in _log_text(event)]

    def _pages(self, path: str, key: str) -> Iterator[list[dict[str, Any]]]:
        offset = 0
        while True:
            answer = self._call("GET", path, params={"limit": 100, "offset": offset})
            yield answer[key]
            offset += 100
            if offset >= answer["total_entries"]:
                return

    def _call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        accepted: tuple[int, ...] = (),
    ) -> dict[str, Any]:
        response = self._send(method, path, json, params)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._http.headers.pop("Authorization", None)
            response = self._send(method, path, json, params)
        if response.is_error and response.status_code not in accepted:
            raise AirflowApiError(
                f"Airflow answered {method} {path} with {response.status_code}: {response.text[:500]}"
            )
        return dict(response.json())

    def _send(
        self, method: str, path: str, json: Mapping[str, Any] | None, params: Mapping[str, Any] | None
    ) -> httpx.Response:
        if "Authorization" not in self._http.headers:
            self._login()
        try:
            return self._http.request(method, path, json=json, params=params)
        except httpx.TransportError:
            # The one server process may be restarting its worker or be starved for a moment: once more.
            time.sleep(1.0)
            return self._http.request(method, path, json=json, params=params)

    def _login(self) -> None:
        response = self._http.post("/auth/token", json={"username": self.user, "password": self._password})
        if response.is_error:
            raise AirflowApiError(f"Airflow refused the log-in of {self.user}: {response.text[:300]}")
        self._http.headers["Authorization"] = f"Bearer {response.json()['access_token']}"


def _run(body: Mapping[str, Any]) -> Run:
    return Run(body["dag_id"], body["dag_run_id"], body["state"], body.get("partition_key"))


def _question_path(task: Task) -> str:
    return (
        f"/api/v2/dags/{task.run.dag_id}/dagRuns/{task.run.run_id}"
        f"/taskInstances/{task.task_id}/{task.map_index}/hitlDetails"
    )


def _log_text(event: Mapping[str, Any] | str) -> list[str]:
    text = event if isinstance(event, str) else str(event.get("event", ""))
    if text.startswith("::"):
        return []
    errors = [] if isinstance(event, str) else event.get("error_detail") or []
    return [*text.splitlines(), *(f"{error['exc_type']}: {error['exc_value']}" for error in errors)]
