"""An inbox on real servers: S3 (moto) and SFTP (asyncssh), each with Airflow's connection from the environment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.unit.intake_workbooks import right_report, workbook
from zonehouse import intake
from zonehouse.intake import IntakeError
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
NOW = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
# Loads in a child for each line: the step at which it kills itself, and its environment. What Airflow imports (seconds)
# is imported once, before; no thread is started here.
LOADER = """
import json, os, signal, sys
from datetime import UTC, datetime
import airflow.providers.amazon.aws.fs.s3, airflow.providers.sftp.fs.sftp, duckdb, pyarrow.parquet, s3fs, sshfs
from airflow.sdk import ObjectStoragePath
from airflow.sdk.bases.hook import BaseHook
from airflow.sdk.io import attach, get_fs
from zonehouse.intake import intake
from zonehouse.settings import Settings
for line in sys.stdin:
    fatal, environment = json.loads(line)
    def checkpoint(step):
        if step == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
    pid = os.fork()
    if pid == 0:
        os.dup2(2, 1)
        os.environ.update(environment)
        intake(Settings(), datetime(2016, 7, 13, 1, tzinfo=UTC), checkpoint=checkpoint)
        os._exit(0)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


@dataclass(frozen=True)
class Remote:
    """A server's inbox: its URL and how to look into it."""

    url: str
    put: Callable[[str, bytes], object]
    names: Callable[[], list[str]]


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Remote:
    bucket = f"b{abs(hash(str(tmp_path))) % 10**9}"
    keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=s3_server, **keys)
    client.create_bucket(Bucket=bucket)
    extra = {"endpoint_url": s3_server, "region_name": "us-east-1"}
    connection = {"conn_type": "aws", "login": "somebody", "password": "secret", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_PROVINCE", json.dumps(connection))

    def names() -> list[str]:
        found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [item["Key"].removeprefix("sent/") for item in found]

    def put(name: str, data: bytes) -> object:
        return client.put_object(Bucket=bucket, Key=f"sent/{name}", Body=data)

    return Remote(f"s3://province@{bucket}/sent", put, names)


class _Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("province", "secret")


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    folder = tmp_path / "server"
    (folder / "sent").mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            _Server,
            "127.0.0.1",
            0,
            server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(folder)),
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    port = server.get_port()
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}", encoding="utf-8")
    connection = {"conn_type": "sftp", "host": "127.0.0.1", "port": port, "login": "province", "password": "secret"}
    identity = f"server{port}"
    monkeypatch.setenv(
        f"AIRFLOW_CONN_{identity.upper()}", json.dumps(connection | {"extra": {"known_hosts": str(known)}})
    )
    monkeypatch.setenv("AIRFLOW_CONN_STRANGER", json.dumps(connection | {"extra": {"known_hosts": os.devnull}}))

    def put(name: str, data: bytes) -> None:
        (folder / "sent" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "sent" / name).write_bytes(data)

    def names() -> list[str]:
        return sorted(
            path.relative_to(folder / "sent").as_posix() for path in (folder / "sent").rglob("*") if path.is_file()
        )

    yield Remote(f"sftp://{identity}@127.0.0.1/sent", put, names)
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture(params=["s3", "sftp"])
def remote(request: pytest.FixtureRequest) -> Remote:
    found: Remote = request.getfixturevalue(request.param)
    return found


def _settings(remote: Remote, home: Path, **more: object) -> Settings:
    return Settings(home=home, inbox_url=remote.url, **more)


def _states(settings: Settings) -> dict[str, str]:
    """Without a register what is right is held."""
    return {receipt.inbox_path: receipt.state for receipt in intake.receipts(settings)}


def _send(remote: Remote) -> None:
    remote.put("2016-06-10/a.xlsx", workbook(right_report(output=1)))
    remote.put("2016-06-11/mail/a (sửa).xlsx", workbook(right_report(output=2)))
    remote.put("b.xlsx", workbook(right_report("0314409058")))
    remote.put("2016-06-12/b again.xlsx", workbook(right_report("0314409058")))
    remote.put("no workbook.xlsx", b"nothing")
    remote.put("empty.xlsx", b"")
    remote.put("half.xlsx.part", b"half")
    remote.put("~$a.xlsx", bytes([3]) + b"Lan".ljust(164))


def test_files_of_a_server_are_taken_as_those_of_a_folder(remote: Remote, tmp_path: Path) -> None:
    settings = _settings(remote, tmp_path / "home")
    _send(remote)
    report = intake.intake(settings, NOW)
    assert _states(settings) == {
        "2016-06-10/a.xlsx": "held",
        "2016-06-11/mail/a (sửa).xlsx": "held",
        "2016-06-12/b again.xlsx": "held",
        "b.xlsx": "duplicate",
        "no workbook.xlsx": "rejected",
        "empty.xlsx": "rejected",
    }
    assert sorted(remote.names()) == ["half.xlsx.part", "~$a.xlsx"]
    assert [left.inbox_path for left in report.received.left] == ["half.xlsx.part", "~$a.xlsx"]
    by_path = {receipt.inbox_path: receipt for receipt in intake.receipts(settings)}
    assert str(by_path["2016-06-10/a.xlsx"].received_on) == "2016-06-10"
    assert intake.intake(settings, NOW).receipt_count == 0


@pytest.fixture(scope="module")
def loader() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", LOADER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("s3", "archived"),
        ("s3", "journal_written"),
        ("s3", "unlinked"),
        ("sftp", "journal_written"),
        ("sftp", "unlinked"),
    ],
)
def test_a_kill_leaves_each_file_in_one_state(
    kind: str, step: str, tmp_path: Path, request: pytest.FixtureRequest, loader: subprocess.Popen[str]
) -> None:
    remote: Remote = request.getfixturevalue(kind)
    settings = _settings(remote, tmp_path / "home")
    _send(remote)
    environment = {**os.environ, "ZONEHOUSE_HOME": str(settings.home), "ZONEHOUSE_INBOX_URL": remote.url}
    assert loader.stdin is not None and loader.stdout is not None
    loader.stdin.write(json.dumps([step, environment]) + "\n")
    loader.stdin.flush()
    assert int(loader.stdout.readline()) == signal.SIGKILL
    intake.intake(settings, NOW)
    assert sorted(_states(settings)) == [
        "2016-06-10/a.xlsx",
        "2016-06-11/mail/a (sửa).xlsx",
        "2016-06-12/b again.xlsx",
        "b.xlsx",
        "empty.xlsx",
        "no workbook.xlsx",
    ]
    assert sum(intake.reconcile(settings).states.values()) == 6
    assert sorted(remote.names()) == ["half.xlsx.part", "~$a.xlsx"]


def test_a_file_that_changes_while_it_is_fetched_stays(
    remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zonehouse.intake import receiving

    settings = _settings(remote, tmp_path / "home")
    remote.put("a.xlsx", b"half")
    remote.put("gone.xlsx", b"gone")
    real = receiving._groups

    def groups(*arguments: object) -> object:
        remote.put("a.xlsx", workbook(right_report()))
        return real(*arguments)

    monkeypatch.setattr(receiving, "_groups", groups)
    first = intake.receive(settings, NOW)
    assert [(left.inbox_path, left.reason) for left in first.left] == [("a.xlsx", "settling")]
    monkeypatch.setattr(receiving, "_groups", real)
    intake.intake(settings, NOW)
    assert _states(settings) == {"a.xlsx": "held", "gone.xlsx": "rejected"}


def test_fresh_files_wait(remote: Remote, tmp_path: Path) -> None:
    settings = _settings(remote, tmp_path / "home", settle_seconds=3600.0)
    remote.put("a.xlsx", b"x")
    received = intake.receive(settings, datetime.now(UTC))
    assert received.receipt_count == 0 and [left.reason for left in received.left] == ["settling"]


def test_emptied_folders_of_past_days_go(sftp: Remote, tmp_path: Path) -> None:
    sftp.put("2016-06-10/deep/a.xlsx", b"a")
    sftp.put("2016-07-13/b.xlsx", b"b")
    intake.receive(_settings(sftp, tmp_path / "home"), NOW)
    assert [path.name for path in (tmp_path / "server" / "sent").iterdir()] == ["2016-07-13"]


def test_a_server_that_is_not_the_known_one_is_not_trusted(sftp: Remote, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", inbox_url="sftp://stranger@127.0.0.1/sent")
    with pytest.raises(IntakeError, match=r"cannot be reached.*[Hh]ost key"):
        intake.receive(settings, NOW)


def test_an_inbox_out_of_reach_is_an_error_that_says_what_to_check(s3_server: str, s3: Remote, tmp_path: Path) -> None:
    missing = Settings(home=tmp_path / "home", inbox_url="s3://province@no-such-bucket/sent")
    with pytest.raises(IntakeError, match="ZONEHOUSE_INBOX_URL"):
        intake.receive(missing, NOW)
    unknown = Settings(home=tmp_path / "home", inbox_url="s3://nobody_knows@bucket/sent")
    with pytest.raises(IntakeError, match="AIRFLOW_CONN"):
        intake.receive(unknown, NOW)


@pytest.mark.parametrize("url", ["ftp://a@b/c", "s3://key:secret@bucket/x", "s3://", "/srv/inbox"])
def test_urls_that_are_no_inbox_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="inbox_url"):
        Settings(inbox_url=url)
