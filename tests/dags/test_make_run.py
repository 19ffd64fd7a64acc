"""``make run`` for real: a scheduler, a Dag processor, an API server, a small province, and what two kills leave.

The home of these tests was killed twice; what it ends with is compared with what the commands alone publish.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import psutil
import pytest
from airflow.sdk.exceptions import AirflowSkipException
from typer.testing import CliRunner

from zonehouse import warehouse
from zonehouse.cli import app
from zonehouse.forms import load_catalogue
from zonehouse.orchestration import half_year
from zonehouse.orchestration.local import SAMPLE_PROVINCE
from zonehouse.periods import HalfYear, Month
from zonehouse.sample import generate, load_province
from zonehouse.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
# One reported half-year: another one costs a minute. `make run` itself has three.
SENT = Month(2016, 1), Month(2016, 6)
REPORTED = {"2016-H1"}
# Later half-years get a run, since the months are in their base or their years to date too, and are skipped.
ANNOUNCED = [*REPORTED, "2016-H2", "2017-H1", "2017-H2"]


@dataclass(frozen=True)
class Ran:
    """A finished ``zonehouse run``."""

    home: Path
    code: int
    output: str
    seconds: float


@dataclass(frozen=True)
class DagRun:
    """A row of Airflow's metadata."""

    dag_id: str
    partition_key: str | None
    run_type: str
    state: str


def _send(home: Path) -> Path:
    """A small province's workbooks in the inbox of a home; returns the home."""
    settings = Settings(home=home)
    province = load_province(SAMPLE_PROVINCE.with_name("small_demo.yml"))
    generate(province, settings.inbox, *SENT, catalogue=load_catalogue(settings))
    return home


@contextlib.contextmanager
def _running(home: Path) -> Iterator[subprocess.Popen[str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "ZONEHOUSE"))}
    environment |= {
        "ZONEHOUSE_HOME": str(home),
        "ZONEHOUSE_PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "zonehouse.cli", "run"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        _kill_all(home)


def _run(home: Path) -> Ran:
    began = time.monotonic()
    with _running(home) as process:
        output, _ = process.communicate(timeout=1500)
    return Ran(home, process.returncode, output, time.monotonic() - began)


def _run_until_killed(home: Path, reached: Callable[[str], bool]) -> str:
    """Kill Airflow, its tasks and the runner, all at once, when a line of output is reached."""
    told = []
    with _running(home) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told.append(line)
            if reached(line):
                process.send_signal(signal.SIGKILL)
                _kill_all(home)
                return "".join(told)
    pytest.fail("never reached:\n" + "".join(told))


def _kill_all(home: Path) -> None:
    while left := _processes(home):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.1)


def _processes(home: Path) -> list[psutil.Process]:
    """Everything that was started for this home: Airflow clears no variable that names it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and (
                Path(process.cwd()).is_relative_to(home) or process.environ().get("ZONEHOUSE_HOME") == str(home)
            ):
                found.append(process)
    return found


def _marts(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """What is published, without the columns that say when."""
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as connection:
        tables = [
            name for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
        ]
        return {
            name: connection.execute(f"select * from {name} order by all").fetchall()
            for name in tables
            if name.startswith("half_year_")
        }


def _dag_runs(home: Path) -> list[DagRun]:
    """All runs; read from a copy, so that whatever a kill left in the metadata is still Airflow's to mend."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (home / "airflow").glob("airflow.db*"):
            shutil.copy(path, folder)
        with contextlib.closing(sqlite3.connect(Path(folder) / "airflow.db")) as metadata:
            rows = metadata.execute("select dag_id, partition_key, run_type, state from dag_run").fetchall()
    return [DagRun(*row) for row in rows]


def _announced(runs: list[DagRun]) -> list[str]:
    return sorted(str(run.partition_key) for run in runs if run.run_type == "asset_triggered")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the same inbox, of which the commands have published, one after the other, without Airflow."""
    home = _send(tmp_path_factory.mktemp("undisturbed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONEHOUSE_HOME", str(home))
        for command in ("intake", "build --half 2016-H1", "validate --half 2016-H1", "publish --half 2016-H1"):
            told = CliRunner().invoke(app, command.split())
            assert told.exit_code == 0, told.output
    return home


@pytest.fixture(scope="module")
def killed(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh home whose machine was killed when the files were received, and again when the facts were built."""
    home = _send(tmp_path_factory.mktemp("killed"))
    # A task that parses the dbt project is seen in `test_celery_topology`.
    shutil.copytree(undisturbed / "dbt" / "parsed", home / "dbt" / "parsed")
    _run_until_killed(home, lambda line: "receive ✓" in line)
    _run_until_killed(home, lambda line: "half_year ✓" in line)
    return home


@pytest.fixture(scope="module")
def runs_at_the_kill(killed: Path) -> list[DagRun]:
    return _dag_runs(killed)


@pytest.fixture(scope="module")
def ran(killed: Path, runs_at_the_kill: list[DagRun]) -> Ran:
    assert runs_at_the_kill
    return _run(killed)


def test_a_province_goes_through_the_scheduler_to_the_page(ran: Ran, runs_at_the_kill: list[DagRun]) -> None:
    assert ran.code == 0, ran.output
    assert set(json.loads((ran.home / "published" / "current.json").read_text())) == REPORTED
    assert "TÌNH HÌNH 6 THÁNG ĐẦU NĂM 2016" in ran.output
    assert "s in all" in ran.output
    assert _announced(runs_at_the_kill) == ANNOUNCED, "one run for each half-year, not one for each month"
    runs = _dag_runs(ran.home)
    assert DagRun("nightly_load", None, "manual", "success") in runs
    assert sorted({*_announced([run for run in runs if run.state == "success"])}) == ANNOUNCED
    assert {run.state for run in runs} <= {"success", "failed"}, "what the kills cut short has ended too"
    assert [run.run_type for run in runs if run.dag_id == "nightly_load"] == ["manual"] * 3, "one for each start"
    assert set(_announced(runs)) == set(ANNOUNCED)


def test_a_machine_killed_twice_ends_with_the_marts_of_the_commands(ran: Ran, undisturbed: Path) -> None:
    assert ran.code == 0
    marts = _marts(ran.home)
    assert marts["half_year_headline"] != []
    assert marts == _marts(undisturbed)


def test_nothing_it_started_is_left(ran: Ran) -> None:
    assert ran.code == 0
    assert _processes(ran.home) == []


def test_a_second_run_finds_nothing_new_without_airflow(ran: Ran) -> None:
    before = (ran.home / "airflow" / "logs" / "scheduler.log").stat().st_mtime_ns
    again = _run(ran.home)
    assert again.code == 0, again.output
    assert "nothing new" in again.output
    assert "TÌNH HÌNH 6 THÁNG ĐẦU NĂM 2016" in again.output
    assert again.seconds < 15
    assert (ran.home / "airflow" / "logs" / "scheduler.log").stat().st_mtime_ns == before


def test_a_run_that_comes_too_late_builds_no_second_release(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash may leave a run of a half-year that the next night announces again."""
    monkeypatch.setenv("ZONEHOUSE_HOME", str(ran.home))
    late: Any = SimpleNamespace(run_type="asset_triggered", partition_key="2016-H1")
    assert half_year.half_year(late) is None
    with pytest.raises(AirflowSkipException, match="settled 2016-H1"):
        half_year.build_candidate("2016-H1", late)
    # Published between this run's first look and its second.
    looks = iter([{HalfYear(2016, 1)}])
    asked = warehouse.half_years_to_refresh
    monkeypatch.setattr(warehouse, "half_years_to_refresh", lambda *given: next(looks, None) or asked(*given))
    with pytest.raises(AirflowSkipException, match="settled 2016-H1"):
        half_year.build_candidate("2016-H1", late)
    assert sorted(path.name for path in (ran.home / "candidates").iterdir() if path.name.startswith("2016-H1")) == [
        "2016-H1-r001"
    ]
