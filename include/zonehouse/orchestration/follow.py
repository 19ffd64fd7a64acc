"""Following what a night causes: its run, the half-years it announces, and the steward's answers of the demonstration.

Nothing is missed between two looks: the nights' runs are read first, then the announced keys that have no run yet,
then the half-years' runs. A night that has ended has announced; what is no longer announced has a run.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from zonehouse.orchestration.api import AirflowApi, AirflowApiError, Run, Task
from zonehouse.orchestration.environment import LocalOptions

NIGHTLY, MARTS = "nightly_load", "half_year_marts"
DAG_IDS = (NIGHTLY, MARTS)

_SIGNS = {"success": "✓", "failed": "✗"}
# The process that asked lives on a little after its task is shown as waiting; an answer that comes before the executor
# has told of its end makes the scheduler take the resumed task for a lost one.
_THINKING_SECONDS = 8.0
_BUSY_EVERY_SECONDS = 20.0
_LOG_LINES = 25

# Which part of the product a task's time belongs to; what is not named is Airflow's own and small tasks.
PARTS = {
    "intake": ("receive", "read_batch", "land", "reconcile"),
    "workbooks": ("write_night_workbooks",),
    "dbt": ("build_facts", "build_candidate"),
    "Great Expectations": ("check_facts", "check_candidate"),
    "publishing": ("publish", "write_brief"),
}
_PART_OF = {task_id: part for part, task_ids in PARTS.items() for task_id in task_ids}

DEMO_REASON = (
    "Trình diễn: hệ thống tự trả lời thay chuyên viên trong `make run`. / "
    "Demonstration: answered by `make run` in the steward's place."
)


@dataclass
class Outcome:
    """What became of the runs that were followed."""

    runs: list[Run] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class Follower:
    """Follows all runs that were unfinished at the beginning or come later, until none is left.

    Args:
        reader: client that reads.
        steward: client that answers approvals, as a demonstration of the person who would.
        say: takes a line for people.
        require_alive: raises when Airflow has died.
        options: what the steward answers, and after which time without movement to give up (AirflowApiError).
    """

    def __init__(
        self,
        reader: AirflowApi,
        steward: AirflowApi,
        say: Callable[[str], None],
        require_alive: Callable[[], None],
        options: LocalOptions,
    ) -> None:
        self._reader, self._steward = reader, steward
        self._say, self._require_alive, self._options = say, require_alive, options
        self._over = {run.run_id for dag_id in DAG_IDS for run in reader.runs(dag_id) if run.is_finished}
        self._told: set[tuple[str, str, int, str | None]] = set()
        self._asked_at: dict[tuple[str, str, int], float] = {}
        self._answered: set[tuple[str, str, int]] = set()
        self._outcome = Outcome()
        self._moved_at = self._busy_at = time.monotonic()

    def follow(self, first: Run) -> Outcome:
        """Follow until ``first`` and all that it causes have ended."""
        self._say(f"{first.name}: started ({first.run_id})")
        while True:
            self._require_alive()
            nights = self._open_runs(NIGHTLY)
            announced = self._reader.announced_without_run(MARTS)
            half_years = self._open_runs(MARTS)
            tasks = [task for run in (*nights, *half_years) for task in self._look_at(run)]
            night_over = first.run_id in self._over
            if night_over and not announced and not any(run.run_id not in self._over for run in (*nights, *half_years)):
                return self._outcome
            self._tell_busy(tasks, announced)
            self._require_movement(announced)
            time.sleep(1.0)

    def _open_runs(self, dag_id: str) -> list[Run]:
        return [run for run in self._reader.runs(dag_id) if run.run_id not in self._over]

    def _look_at(self, run: Run) -> list[Task]:
        if run.state == "queued":
            return []
        tasks = self._reader.tasks(run)
        for task in tasks:
            self._tell(task)
            if task.state == "awaiting_input":
                self._answer(task)
        if run.is_finished:
            self._conclude(run, tasks)
        return tasks

    def _tell(self, task: Task) -> None:
        mark = (task.run.run_id, task.task_id, task.map_index, task.state)
        if mark in self._told:
            return
        self._told.add(mark)
        self._moved_at = time.monotonic()
        if task.state in _SIGNS:
            self._busy_at = self._moved_at
            self._say(f"{task.run.name}: {task.name} {_SIGNS[task.state]} {task.duration:.1f} s")
        elif task.state == "up_for_retry":
            self._say(f"{task.run.name}: {task.name} will be tried again")

    def _answer(self, task: Task) -> None:
        mark = (task.run.run_id, task.task_id, task.try_number)
        asked_at = self._asked_at.setdefault(mark, time.monotonic())
        if mark in self._answered or time.monotonic() - asked_at < _THINKING_SECONDS:
            return
        self._answered.add(mark)
        question = self._reader.question(task)
        self._say(f"{task.run.name}: the gate asks a steward: {question['subject']}")
        choice = self._options.demo_answer
        self._steward.answer(task, choice, DEMO_REASON)
        self._say(
            f"{task.run.name}: demonstration: answered {choice!r} as {self._steward.user} through Airflow's REST API; "
            "in real use a steward answers under Required actions"
        )

    def _conclude(self, run: Run, tasks: list[Task]) -> None:
        self._over.add(run.run_id)
        self._moved_at = time.monotonic()
        self._outcome.runs.append(run)
        for task in tasks:
            self._outcome.seconds[_PART_OF.get(task.task_id, "other tasks")] += task.duration
        skipped = [task.name for task in tasks if task.state == "skipped"]
        told = f" (skipped: {', '.join(skipped)})" if skipped else ""
        self._say(f"{run.name}: {run.state}{told}")
        if run.state == "failed":
            self._outcome.failures.append(self._why(run, tasks))

    def _why(self, run: Run, tasks: list[Task]) -> str:
        failed = [task for task in tasks if task.state == "failed"]
        parts = [f"{run.name} failed ({run.run_id})"]
        for task in failed:
            try:
                lines = self._reader.log_lines(task)
            except AirflowApiError as error:
                lines = [str(error)]
            parts.append(f"  {task.name}, try {task.try_number}:")
            parts.extend(f"    {line}" for line in lines[-_LOG_LINES:])
        return "\n".join(parts)

    def _tell_busy(self, tasks: list[Task], announced: list[str]) -> None:
        now = time.monotonic()
        if now - self._busy_at < _BUSY_EVERY_SECONDS:
            return
        self._busy_at = now
        running = [f"{task.run.name}: {task.name}" for task in tasks if task.state == "running"]
        waiting = [f"waiting for a run: {', '.join(announced)}"] if announced else []
        self._say("… " + "; ".join([*running, *waiting] or ["waiting for the scheduler"]))

    def _require_movement(self, announced: list[str]) -> None:
        patience = self._options.stall_timeout_seconds
        if time.monotonic() - self._moved_at > patience:
            raise AirflowApiError(
                f"nothing has moved for {patience:.0f} s (announced without a run: {announced or 'none'}); "
                "look at the logs, and start again: what is done is kept"
            )
