"""``make run`` and ``make up``: an Airflow of one's own on this machine, started, used and stopped.

State is read before Airflow is started: when there is nothing to do, it is not started at all.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import structlog

from zonehouse.orchestration import environment as env
from zonehouse.orchestration.api import AirflowApi
from zonehouse.orchestration.environment import LocalOptions, Secrets
from zonehouse.orchestration.follow import DAG_IDS, NIGHTLY, Follower, Outcome
from zonehouse.orchestration.processes import Components, EmbeddedAirflowError, exclusive, unfinished_work
from zonehouse.periods import HalfYear, Month
from zonehouse.settings import Settings

# Not imported from `wiring`: that would load Airflow (seconds) even when there is nothing to do.
_WRITER_POOL = "duckdb_writer"
_DAGS = (*DAG_IDS, "issue_templates", "maintenance", "chase_missing_submissions")
_MAY = {"admin": "all of Airflow", "user": "a data steward: reads and decides", "viewer": "reads only"}
_HEALTHY = ("metadatabase", "scheduler", "dag_processor")
SAMPLE_PROVINCE = Path(__file__).parents[1] / "sample" / "provinces" / "giao_long.yml"
_SAMPLE_FIRST, _SAMPLE_LAST = Month(2015, 1), Month(2016, 6)
_INTERRUPTED = 130

_log = structlog.get_logger(__name__)

Say = Callable[[str], None]


def run(settings: Settings, options: LocalOptions | None = None, progress: Say | None = None) -> int:
    """Load what is in the inbox through a real Airflow, publish it, and print the half-year page.

    A home that has never received anything is given the sample province first. Returns the exit code: 0, 1 when a
    Dag run failed or Airflow could not be started, 130 when interrupted.
    """
    options = options or LocalOptions()
    say = progress or _printer()
    with _stoppable():
        try:
            with exclusive(settings):
                return _run(settings, options, say)
        except KeyboardInterrupt:
            say("interrupted; start again to carry on where it stopped")
            return _INTERRUPTED
        except RuntimeError as error:
            _log.error("local_run_failed", reason=type(error).__name__)
            say(f"failed: {error}")
            return 1


def up(settings: Settings, options: LocalOptions | None = None, progress: Say | None = None) -> int:
    """Start Airflow, print where and for whom, and leave it running until Ctrl-C. Returns the exit code."""
    options = options or LocalOptions()
    say = progress or _printer()
    with _stoppable():
        try:
            with exclusive(settings), _airflow(settings, options, say, lambda: None) as airflow:
                say(f"Airflow: http://localhost:{options.port}")
                say(f"stewards' console: http://localhost:{options.port}/zonehouse/ (in Airflow's menu too)")
                for user, password in airflow.keys.passwords.items():
                    say(f"  user {user}  password {password}  ({_MAY[env.ROLES[user]]})")
                say(f"inbox: {settings.inbox_shown}")
                say(f"the load runs at 01:00 {settings.timezone}, or trigger {NIGHTLY} there")
                say("Ctrl-C stops it")
                while True:
                    airflow.components.require_alive()
                    time.sleep(1.0)
        except KeyboardInterrupt:
            say("stopped")
            return 0
        except RuntimeError as error:
            say(f"failed: {error}")
            return 1


def nothing_new(settings: Settings, now: datetime) -> bool:
    """Whether there is nothing to receive, to build or to refresh, and no run that a crash cut short."""
    # What waits elsewhere is not known from here: the load looks.
    if settings.inbox_url or list(_waiting_files(settings.inbox)) or unfinished_work(settings):
        return False
    if settings.spool.is_dir() and any(settings.spool.iterdir()):
        return False
    from zonehouse import warehouse

    return warehouse.pending(settings).is_empty and not warehouse.half_years_to_refresh(settings, now)


def ensure_sample(settings: Settings, options: LocalOptions, say: Say) -> bool:
    """Put the sample province into the inbox of a home that has never received anything; whether it did.

    It appears at once: a generation that was cut short leaves no half province behind.
    """
    if not is_untouched(settings):
        return False
    from zonehouse.forms import load_catalogue
    from zonehouse.sample import generate, load_province

    aside = settings.home / "sample.part"
    shutil.rmtree(aside, ignore_errors=True)
    report = generate(
        load_province(options.province or SAMPLE_PROVINCE),
        aside,
        _SAMPLE_FIRST,
        _SAMPLE_LAST,
        catalogue=load_catalogue(settings),
    )
    # An inbox that exists is empty here (of all but what is still being written).
    settings.inbox.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        settings.inbox.rmdir()
    if settings.inbox.exists():
        for entry in sorted(aside.iterdir()):
            entry.rename(settings.inbox / entry.name)
        aside.rmdir()
    else:
        aside.rename(settings.inbox)
    say(f"sample province: {report.file_count} synthetic workbooks in {settings.inbox}")
    return True


def is_untouched(settings: Settings) -> bool:
    """Whether this home has never received a file: nothing waits, nothing was archived, no inbox elsewhere is named."""
    archived = settings.archive.is_dir() and any(settings.archive.iterdir())
    return not archived and not settings.inbox_url and not list(_waiting_files(settings.inbox))


def _waiting_files(inbox: Path) -> Iterator[Path]:
    """What a load would take: the rule of ``zonehouse.intake.receive``."""
    from zonehouse.intake.inbox import is_passed_over
    from zonehouse.intake.litter import litter

    for path in inbox.rglob("*") if inbox.is_dir() else ():
        hidden = any(part.startswith(".") for part in path.relative_to(inbox).parts)
        if path.is_file() and not hidden and not is_passed_over(path.name) and litter(str(path), path.name) is None:
            yield path


def _run(settings: Settings, options: LocalOptions, say: Say) -> int:
    fresh = is_untouched(settings)
    if not fresh and nothing_new(settings, datetime.now(UTC)):
        say("nothing new: the inbox is empty and every half-year is up to date")
        _print_page(settings, say)
        _print_places(settings, say)
        return 0
    began = time.monotonic()
    # The sample is made while Airflow prepares its metadata: neither needs the other.
    with _airflow(settings, options, say, lambda: ensure_sample(settings, options, say)) as airflow:
        started = time.monotonic() - began
        outcome = airflow.load(say)
    if outcome.failures:
        say("\n\n".join(["", *outcome.failures]))
    else:
        _print_page(settings, say)
    _print_places(settings, say)
    _print_times(outcome, started, time.monotonic() - began, say)
    if outcome.failures:
        say(f"{len(outcome.failures)} Dag run(s) failed; what was published before stays published")
        return 1
    return 0


class _Airflow:
    """A running embedded Airflow."""

    def __init__(self, components: Components, keys: Secrets, options: LocalOptions) -> None:
        self.components, self.keys, self._options = components, keys, options
        self._url = f"http://127.0.0.1:{options.port}"

    def client(self, user: str) -> AirflowApi:
        """A client that speaks as this user."""
        return AirflowApi(self._url, user, self.keys.passwords[user])

    def wait_until_ready(self, say: Say) -> None:
        """Wait until the components are healthy and the Dags are known, then create the pool and unpause the Dags."""
        api = self.client(env.ADMIN)
        deadline, told_at = time.monotonic() + self._options.start_timeout_seconds, time.monotonic()
        while missing := self._missing(api):
            self.components.require_alive()
            if time.monotonic() > deadline:
                raise EmbeddedAirflowError(
                    f"Airflow was not ready after {self._options.start_timeout_seconds:.0f} s "
                    f"(missing: {', '.join(missing)}); logs: {self.components.log_file('scheduler').parent}"
                )
            if time.monotonic() - told_at > 10.0:
                told_at = time.monotonic()
                say(f"… starting Airflow, waiting for {', '.join(missing)}")
            time.sleep(0.5)
        api.ensure_pool(_WRITER_POOL, 1, "DuckDB takes one writer")
        for dag_id in _DAGS:
            api.unpause(dag_id)
        api.close()

    def _missing(self, api: AirflowApi) -> list[str]:
        health = api.health()
        missing = [name for name in _HEALTHY if health.get(name) != "healthy"]
        if missing:
            return missing
        if errors := api.import_errors():
            raise EmbeddedAirflowError("a Dag file cannot be imported:\n" + "\n".join(errors))
        return sorted(set(_DAGS) - api.dag_ids())

    def load(self, say: Say) -> Outcome:
        """Trigger the nightly load and follow it and all that it causes."""
        reader, steward = self.client(env.ADMIN), self.client(env.STEWARD)
        with contextlib.closing(reader), contextlib.closing(steward):
            follower = Follower(reader, steward, say, self.components.require_alive, self._options)
            return follower.follow(reader.trigger(NIGHTLY))


@contextlib.contextmanager
def _airflow(
    settings: Settings, options: LocalOptions, say: Say, meanwhile: Callable[[], object]
) -> Iterator[_Airflow]:
    keys = env.ensure_secrets(settings)
    components = Components(settings, env.airflow_environment(settings, options, keys))
    try:
        say(f"starting Airflow on http://localhost:{options.port}")
        # What a killed run left behind is ended here; only then does a port that is in use belong to somebody else.
        components.begin()
        _require_free_port(options.port)
        meanwhile()
        components.start()
        airflow = _Airflow(components, keys, options)
        airflow.wait_until_ready(say)
        say("Airflow is ready")
        yield airflow
    finally:
        with _undisturbed():
            say("stopping Airflow")
            components.stop()


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EmbeddedAirflowError(
                f"port {port} is in use; set ZONEHOUSE_PORT to a free one, such as ZONEHOUSE_PORT={port + 1}"
            ) from error


def _print_page(settings: Settings, say: Say) -> None:
    from zonehouse import brief

    half_year = latest_complete(settings)
    if half_year is None:
        say("nothing is published yet")
        return
    say("")
    say(brief.render_text(settings, half_year, settings.language))


def latest_complete(settings: Settings) -> HalfYear | None:
    """The latest published half-year all of whose months are in; the latest published when none is complete."""
    import duckdb

    path = settings.published / "marts.duckdb"
    if not path.is_file():
        return None
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select half_year, max(through_month) from half_year_headline group by half_year"
        ).fetchall()
    through = {HalfYear.parse(half_year): month for half_year, month in rows}
    complete = [half_year for half_year, month in through.items() if month == str(half_year.last_month)]
    return max(complete or through, default=None)


def _print_places(settings: Settings, say: Say) -> None:
    places = {
        "published releases": settings.published / "releases",
        "for BI tools (read-only)": settings.published / "marts.duckdb",
        "half-year pages": settings.published / "brief",
        "validation reports": settings.reports / "validation" / "index.html",
        "archive of all files": settings.archive,
        "Airflow's logs": env.logs_folder(settings),
        "passwords for `make up`": env.passwords_file(settings),
    }
    say("")
    for name, path in places.items():
        if path.exists():
            say(f"{name + ':':<26}{path}")


def _print_times(outcome: Outcome, started: float, total: float, say: Say) -> None:
    parts = {"starting Airflow": started, **outcome.seconds}
    told = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in parts.items() if seconds >= 0.5)
    say(f"\n{total:.0f} s in all (tasks may overlap): {told}")


def _printer() -> Say:
    began = time.monotonic()

    def say(line: str) -> None:
        stamp = f"[{time.monotonic() - began:4.0f} s] " if line and "\n" not in line else ""
        sys.stdout.write(f"{stamp}{line}\n")
        sys.stdout.flush()

    return say


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """TERM ends a run like Ctrl-C does: with everything stopped."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not keep us from stopping what was started."""
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
