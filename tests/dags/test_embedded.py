"""The embedded Airflow without Airflow: secrets, environment, processes, and what makes a run worth starting."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from zonehouse.orchestration import environment, local
from zonehouse.orchestration.environment import LocalOptions
from zonehouse.orchestration.processes import EmbeddedAirflowError, exclusive, stop_sessions, unfinished_work
from zonehouse.settings import Settings

# A leader whose child has a process group of its own and ignores TERM, as a busy task would.
FAMILY = """
import os, signal, subprocess, sys, time
child = '''
import os, signal, time
os.setpgid(0, 0); signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(60)
'''
subprocess.Popen([sys.executable, "-c", child])
time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_secrets_are_generated_once_and_readable_by_their_owner_only(settings: Settings) -> None:
    first = environment.ensure_secrets(settings)
    assert environment.ensure_secrets(settings) == first
    assert set(first.passwords) == {"admin", "nguyen.thi.lan", "tran.van.minh"}
    assert len({first.jwt, first.session, *first.passwords.values()}) == 5
    for path in (environment.passwords_file(settings), settings.airflow_home / "secrets.json"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_environment_is_this_homes_and_no_other_airflows(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", "x")
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    monkeypatch.setenv("AIRFLOW__OPENLINEAGE__TRANSPORT", '{"type": "console"}')
    monkeypatch.setenv("ZONEHOUSE_HOME", "elsewhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    keys = environment.ensure_secrets(settings)
    variables = environment.airflow_environment(settings, LocalOptions(port=18099), keys)
    assert variables["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert variables["ZONEHOUSE_HOME"] == str(settings.home)
    assert variables["ZONEHOUSE_BATCH_SIZE"] == str(settings.batch_size)
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert variables["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18099/execution/"
    assert variables["AIRFLOW__METRICS__STATSD_ON"] == "True"
    assert variables["AIRFLOW__OPENLINEAGE__TRANSPORT"] == '{"type": "console"}'
    assert not {"AIRFLOW_CONN_OTHER", "PYTHONDONTWRITEBYTECODE"} & set(variables)
    roles = dict(one.split(":") for one in variables["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"].split(","))
    assert roles == {"admin": "admin", "nguyen.thi.lan": "user", "tran.van.minh": "viewer"}
    remote = settings.model_copy(update={"inbox_url": "s3://other@bucket/sent"})
    assert environment.airflow_environment(remote, LocalOptions(), keys)["AIRFLOW_CONN_OTHER"] == "x"


def test_every_variable_of_airflow_is_an_option_of_it(settings: Settings) -> None:
    from airflow.configuration import conf

    options = {
        f"AIRFLOW__{section.upper()}__{option.upper()}"
        for section, about in conf.configuration_description.items()
        for option in about["options"]
    }
    variables = environment._airflow(settings, LocalOptions(), environment.ensure_secrets(settings))
    assert {name for name in variables if name.startswith("AIRFLOW__")} <= options


def test_the_settings_survive_the_way_through_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = SecretStr("postgresql://bi:secret@host/db")
    changed = settings.model_copy(update={"batch_size": 7, "language": "en", "serving_url": serving})
    assert changed.forms is None, "what is not set stays unset"
    variables = environment.airflow_environment(changed, LocalOptions(), environment.ensure_secrets(changed))
    for name in list(os.environ):
        if name.startswith("ZONEHOUSE_"):
            monkeypatch.delenv(name)
    for name, value in variables.items():
        if name.startswith("ZONEHOUSE_"):
            monkeypatch.setenv(name, value)
    assert Settings() == changed


def test_stopping_reaches_children_in_groups_of_their_own_that_ignore_term() -> None:
    leader = subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, start_new_session=True, text=True)
    assert leader.stdout is not None
    child = psutil.Process(int(leader.stdout.readline()))
    stop_sessions([leader.pid], patience=0.3)
    assert leader.wait(5) != 0
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    leader.stdout.close()


def test_a_recorded_session_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd="/", start_new_session=True)
    try:
        stop_sessions([stranger.pid], (tmp_path,))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_second_run_on_the_same_home_is_refused(settings: Settings) -> None:
    with exclusive(settings), pytest.raises(EmbeddedAirflowError, match="ZONEHOUSE_HOME"), exclusive(settings):
        pass
    with exclusive(settings):
        pass


def test_a_busy_port_is_an_error_that_names_the_variable(settings: Settings) -> None:
    told: list[str] = []
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert local.run(settings, LocalOptions(port=port), told.append) == 1
    assert any(f"port {port} is in use; set ZONEHOUSE_PORT" in line for line in told)
    assert not settings.inbox.exists(), "nothing may begin"


# Stands for Airflow where only its processes matter: the server takes the port, all live until they are ended.
STAND_IN = """
import os, socket, sys, time
if sys.argv[1] != "db":
    if sys.argv[1] == "api-server":
        server = socket.create_server(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])))
    time.sleep(120)
"""
RUNNER = """
import socket, sys, time
from pathlib import Path
from zonehouse.orchestration import environment
from zonehouse.orchestration.processes import Components
from zonehouse.settings import Settings
settings, options = Settings(home=Path(sys.argv[1])), environment.LocalOptions(port=int(sys.argv[2]))
keys = environment.ensure_secrets(settings)
components = Components(settings, environment.airflow_environment(settings, options, keys))
components.begin()
components.start()
while True:
    try:
        socket.create_connection(("127.0.0.1", options.port)).close()
        break
    except OSError:
        time.sleep(0.05)
print("up", flush=True)
time.sleep(120)
"""


class ReachedError(Exception):
    """The start has come past the check of the port."""


def _living(pids: Iterable[int]) -> list[int]:
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def test_what_a_group_kill_leaves_on_the_port_is_cleared_by_the_next_start(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "stand_in" / "airflow"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(settings.home), str(port)],
        stdout=subprocess.PIPE,
        process_group=0,
        text=True,
    )
    assert runner.stdout is not None and runner.stdout.readline() == "up\n"
    left = list(json.loads((settings.airflow_home / "components.json").read_text()).values())
    os.killpg(runner.pid, signal.SIGKILL)
    runner.wait()
    runner.stdout.close()
    try:
        assert _living(left) == left, "a session of its own survives the group: the case this test is about"

        def past_the_port() -> None:
            assert _living(left) == []
            raise ReachedError

        airflow = local._airflow(settings, LocalOptions(port=port), lambda _line: None, past_the_port)
        with pytest.raises(ReachedError), airflow:
            pass
    finally:
        stop_sessions(left)


def test_a_home_is_untouched_until_a_file_waits_or_was_archived(settings: Settings) -> None:
    assert local.is_untouched(settings)
    settings.inbox.mkdir()
    (settings.inbox / ".gitkeep").touch()
    (settings.inbox / "arriving.xlsx.part").touch()
    assert local.is_untouched(settings)
    day = settings.inbox / "2016-05-12"
    day.mkdir()
    (day / "report.xlsx").touch()
    assert not local.is_untouched(settings)
    assert not local.nothing_new(settings, datetime.now(UTC))


def test_the_sample_appears_whole_and_only_in_an_untouched_home(settings: Settings) -> None:
    province = LocalOptions(province=local.SAMPLE_PROVINCE.with_name("small_demo.yml"))
    settings.inbox.mkdir()
    (settings.inbox / "arriving.xlsx.part").touch()
    # What a generation that was cut short leaves behind is not kept.
    (settings.home / "sample.part" / "2015-02-10").mkdir(parents=True)
    (settings.home / "sample.part" / "2015-02-10" / "half.xlsx").touch()
    assert local.ensure_sample(settings, province, print)
    files = [path for path in settings.inbox.rglob("*") if path.is_file()]
    assert len(files) > 50
    assert not any(path.name == "half.xlsx" for path in files)
    assert not (settings.home / "sample.part").exists()
    assert not local.ensure_sample(settings, province, print)


@pytest.mark.parametrize(
    ("run_state", "has_run", "unfinished"),
    [("success", True, False), ("running", True, True), ("queued", True, True), ("failed", False, True)],
)
def test_runs_that_a_crash_cut_short_are_work(
    settings: Settings, run_state: str, has_run: bool, unfinished: bool
) -> None:
    assert not unfinished_work(settings), "no metadata, no run"
    settings.airflow_home.mkdir()
    connection = sqlite3.connect(environment.database_file(settings))
    connection.execute("create table dag_run (state text)")
    assert not unfinished_work(settings), "a database whose creation was cut short"
    connection.execute("create table asset_partition_dag_run (created_dag_run_id integer)")
    connection.execute("insert into dag_run values (?)", [run_state])
    connection.execute("insert into asset_partition_dag_run values (?)", [1 if has_run else None])
    connection.commit()
    connection.close()
    assert unfinished_work(settings) is unfinished


def test_waiting_for_a_stop_is_short_when_nothing_is_left() -> None:
    began = time.monotonic()
    stop_sessions([])
    assert time.monotonic() - began < 1.0
