"""Airflow's four components as child processes: started, watched, and stopped with all that they started.

Each component leads its own session. Airflow puts tasks into process groups of their own, so that ending a group
leaves them running; a session holds them all.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from zonehouse.orchestration.environment import database_file, logs_folder
from zonehouse.settings import Settings

# The triggerer last: nothing waits for it, and the others then have the cores to themselves.
COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
# Airflow keeps nothing in memory that its database does not hold.
_TERM_SECONDS = 4.0


class EmbeddedAirflowError(RuntimeError):
    """Airflow could not be started or died: says which component, and where its log is."""


class Components:
    """The components of one home. Use :func:`exclusive` first: two sets on one home would fight over its database."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._environment = dict(environment)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._migration: subprocess.Popen[bytes] | None = None
        self._record = settings.airflow_home / "components.json"

    def begin(self) -> None:
        """End what a killed run left behind, then create or migrate the metadata in the background."""
        logs_folder(self._settings).mkdir(parents=True, exist_ok=True)
        stop_sessions(self._recorded_sessions(), (self._settings.airflow_home, self._settings.project_root))
        with contextlib.closing(sqlite3.connect(database_file(self._settings))) as connection:
            # Write-ahead logging: readers do not block the writer.
            connection.execute("pragma journal_mode=wal")
        self._migration = self._spawn("migrate", ("db", "migrate"))

    def start(self) -> None:
        """Wait for the metadata, then start the components."""
        if self._migration is None:
            self.begin()
        if self._migration is not None and self._migration.wait() != 0:
            raise EmbeddedAirflowError(f"Airflow's metadata could not be prepared:\n{self.log_tail('migrate')}")
        for name, arguments in COMPONENTS.items():
            self._running[name] = self._spawn(name, arguments)
            self._write_record()

    def require_alive(self) -> None:
        """Raise EmbeddedAirflowError when a component has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise EmbeddedAirflowError(
                    f"Airflow's {name} ended with code {process.returncode}; the end of its log:\n{self.log_tail(name)}"
                )

    def stop(self) -> None:
        """End every component and all that they started: asked first, killed after a few seconds."""
        started = [*self._running.values(), *([self._migration] if self._migration else [])]
        stop_sessions([process.pid for process in started])
        for process in started:
            process.wait()
        self._running.clear()
        self._migration = None
        self._record.unlink(missing_ok=True)

    def log_file(self, name: str) -> Path:
        """The log of a component."""
        return logs_folder(self._settings) / f"{name}.log"

    def log_tail(self, name: str, lines: int = 15) -> str:
        """The end of a component's log and where the rest is."""
        path = self.log_file(name)
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        return "\n".join([*text.splitlines()[-lines:], f"(whole log: {path})"])

    def _spawn(self, name: str, arguments: Iterable[str]) -> subprocess.Popen[bytes]:
        with self.log_file(name).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "airflow", *arguments],
                env=self._environment,
                # By this folder a later start knows the processes of a killed run.
                cwd=self._settings.airflow_home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _write_record(self) -> None:
        self._record.write_text(json.dumps({name: process.pid for name, process in self._running.items()}))

    def _recorded_sessions(self) -> list[int]:
        try:
            return [int(pid) for pid in json.loads(self._record.read_text()).values()]
        except (OSError, ValueError):
            return []


def stop_sessions(sessions: Iterable[int], folders: Sequence[Path] = (), patience: float = _TERM_SECONDS) -> None:
    """TERM and, ``patience`` seconds later, KILL all processes of these sessions.

    With ``folders``, only those that work below one of them: after a restart of the machine a recorded number may be
    someone else's.
    """
    wanted = set(sessions)
    if not list(members(wanted, folders)):
        return
    _signal(members(wanted, folders), signal.SIGTERM)
    deadline = time.monotonic() + patience
    while list(members(wanted, folders)) and time.monotonic() < deadline:
        time.sleep(0.1)
    while left := list(members(wanted, folders)):
        # Again until none is left: what is being killed may just have forked.
        _signal(left, signal.SIGKILL)
        time.sleep(0.05)


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process.send_signal(number)


def members(sessions: Collection[int], folders: Sequence[Path] = ()) -> Iterator[psutil.Process]:
    """The living processes of these sessions; with ``folders``, only those that work below one of them."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) not in sessions or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if not folders or any(Path(process.cwd()).is_relative_to(folder.resolve()) for folder in folders):
                yield process


@contextlib.contextmanager
def exclusive(settings: Settings) -> Iterator[None]:
    """Hold this home's embedded Airflow; raises EmbeddedAirflowError when another run holds it."""
    settings.airflow_home.mkdir(parents=True, exist_ok=True)
    with (settings.airflow_home / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EmbeddedAirflowError(
                f"another `make run` or `make up` is using {settings.home}; stop it (Ctrl-C) "
                "or set ZONEHOUSE_HOME to another folder"
            ) from error
        yield


def unfinished_work(settings: Settings) -> bool:
    """Whether a killed run left Dag runs unfinished or announced partitions without a run."""
    path = database_file(settings)
    if not path.is_file():
        return False
    queries = (
        "select count(*) from dag_run where state in ('queued', 'running')",
        "select count(*) from asset_partition_dag_run where created_dag_run_id is null",
    )
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            return any(connection.execute(query).fetchone()[0] for query in queries)
    except sqlite3.OperationalError:
        # A database without these tables: its creation was cut short, no run ever began.
        return False
