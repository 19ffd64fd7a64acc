"""What surrounds the intake fails: a full disk, files that grow, vanish or cannot be read, two loads at once."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.intake_workbooks import right_report, workbook
from zonehouse import intake
from zonehouse.intake import receiving
from zonehouse.settings import Settings

NOW = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
FILES = 12
# Mounts a small file system over the home where the system lets it, and says which way it went; the limit on a file's
# size stands in where it does not, so that a write fails there too.
FULL = """
import errno, os, resource, shutil, sys
from datetime import UTC, datetime
from pathlib import Path
from zonehouse.intake import nightly
from zonehouse.settings import Settings
home, way = Path(sys.argv[1]), sys.argv[2]
settings = Settings(home=home, batch_size=4, settle_seconds=0)
now = datetime(2016, 7, 13, 1, tzinfo=UTC)
failed = 0
if way == "limit":
    for most in range(0, 60_000, 1500):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        try:
            nightly.intake(settings, now)
        except (OSError, RuntimeError) as error:
            failed += 1
            continue
        break
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
else:
    ballast = home / "ballast"
    sizes = list(range(0, 600, 12))
    for free in sizes:
        with ballast.open("wb", buffering=0) as stream:
            try:
                while True:
                    stream.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
            left = max(0, stream.tell() - free * 1024)
            stream.truncate(left)
        try:
            nightly.intake(settings, now)
        except (OSError, RuntimeError) as error:
            failed += 1
            continue
        break
    ballast.unlink()
nightly.intake(settings, now)
print(failed, flush=True)
shutil.copytree(home, sys.argv[3], dirs_exist_ok=True)
"""


def _fill(inbox: Path) -> None:
    for number in range(FILES):
        path = inbox / f"{number:02d}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = workbook(right_report(month=f"2016-{number % 6 + 1:02d}", output=number))
        path.write_bytes(b"no workbook" if number == 5 else data)
        os.utime(path, (1_465_000_000 + number, 1_465_000_000 + number))


def _check(settings: Settings, files: int = FILES) -> None:
    """Every file in one state, none twice, none missing, and nothing half done is left behind."""
    assert sum(intake.reconcile(settings).states.values()) == files
    names = Counter(receipt.original_name for receipt in intake.receipts(settings))
    assert len(names) == files and set(names.values()) == {1}
    assert not [path for path in settings.inbox.rglob("*") if path.is_file()]
    assert list(settings.spool.iterdir()) == []
    assert list((settings.archive / "incoming").iterdir()) == []


def _small_filesystem() -> list[str] | None:
    """How this system mounts one without lasting traces; None: not at all."""
    for command in (["unshare", "-m"], ["unshare", "-rm"]):
        probe = [*command, "sh", "-c", "mount -t tmpfs -o size=1m none /mnt"]
        if shutil.which("unshare") and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return command
    return None


@pytest.mark.slow
@pytest.mark.parametrize("way", ["filesystem", "limit"])
def test_a_full_disk_stops_a_load_and_loses_nothing(tmp_path: Path, way: str) -> None:
    home, result = tmp_path / "home", tmp_path / "result"
    _fill(tmp_path / "sent")
    home.mkdir()
    script = tmp_path / "load.py"
    script.write_text(FULL, encoding="utf-8")
    command = _small_filesystem() if way == "filesystem" else None
    load = f'cp -a "{tmp_path}/sent" "{home}/inbox" && exec "{sys.executable}" "{script}" "{home}"'
    if command is None:
        shell = ["sh", "-c", f'{load} limit "{result}"']
    else:
        shell = [*command, "sh", "-c", f'mount -t tmpfs -o size=4m none "{home}" && {load} filesystem "{result}"']
    done = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.splitlines()[-1]) >= 5, done.stdout
    settings = Settings(home=result)
    _check(settings)


def test_a_file_that_grows_while_it_is_copied_stays_until_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, settle_seconds=0)
    _fill(settings.inbox)
    whole = workbook(right_report("0314409058"))
    growing = settings.inbox / "growing.xlsx"
    growing.write_bytes(whole[:1000])
    _after_listing(monkeypatch, lambda: growing.write_bytes(whole[:2000]))
    first = intake.receive(settings, NOW)
    assert [(left.inbox_path, left.reason) for left in first.left] == [("growing.xlsx", "settling")]
    assert first.receipt_count == FILES
    monkeypatch.undo()
    growing.write_bytes(whole)
    intake.intake(settings, NOW)
    _check(settings, FILES + 1)
    assert [receipt.state for receipt in intake.receipts(settings) if receipt.original_name == "growing.xlsx"] == [
        "held"  # right, and no register names its sender
    ]


@pytest.mark.slow
def test_a_writer_that_never_rests_loses_nothing(tmp_path: Path) -> None:
    """Somebody appends to files while load follows load."""
    settings = Settings(home=tmp_path, settle_seconds=0)
    settings.inbox.mkdir()
    stop = threading.Event()
    written = []

    def write() -> None:
        number = 0
        while not stop.is_set():
            body = os.urandom(30_000)
            with (settings.inbox / f"{number}.xlsx").open("wb", buffering=0) as stream:
                for at in range(0, len(body), 1000):
                    stream.write(body[at : at + 1000])
                    time.sleep(0.0005)
            written.append(body)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 6:
            intake.receive(settings, NOW)
    finally:
        stop.set()
        writer.join()
    intake.intake(settings, NOW)
    archived = b"\0".join(path.read_bytes() for path in settings.archive.glob("??/*"))
    # A file may have been taken while its writer rested between two pieces: each piece is in the archive all the same.
    assert all(body[at : at + 1000] in archived for body in written[-3:] for at in range(0, len(body), 1000))


def test_a_file_that_vanishes_or_changes_its_kind_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, settle_seconds=0)
    _fill(settings.inbox)
    for name in ("gone.xlsx", "folder.xlsx", "link.xlsx", "pipe.xlsx"):
        (settings.inbox / name).write_bytes(name.encode())

    def change() -> None:
        for name in ("gone.xlsx", "folder.xlsx", "link.xlsx", "pipe.xlsx"):
            (settings.inbox / name).unlink()
        (settings.inbox / "folder.xlsx").mkdir()
        (settings.inbox / "link.xlsx").symlink_to("/etc/passwd")
        os.mkfifo(settings.inbox / "pipe.xlsx")

    _after_listing(monkeypatch, change)
    report = intake.intake(settings, NOW)
    assert report.receipt_count == FILES
    left = {item.inbox_path for item in report.received.left}
    assert {"link.xlsx", "folder.xlsx", "pipe.xlsx"} <= left
    assert not any(b"root:" in path.read_bytes() for path in settings.archive.glob("??/*"))
    assert sum(intake.reconcile(settings).states.values()) == FILES


def test_an_inbox_that_cannot_be_read_is_told_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, settle_seconds=0)
    _fill(settings.inbox)
    bad = settings.inbox / "bad.xlsx"
    bad.write_bytes(b"x")
    # A broken disk: the file is there, its bytes are not. (For root no permission is missing.)
    real = os.read

    def read(handle: int, count: int) -> bytes:
        if Path(f"/proc/self/fd/{handle}").readlink() == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(bad))
        return real(handle, count)

    monkeypatch.setattr(os, "read", read)
    report = intake.intake(settings, NOW)
    assert report.receipt_count == FILES
    assert [left.inbox_path for left in report.received.left] == ["bad.xlsx"]
    monkeypatch.undo()
    assert intake.intake(settings, NOW).receipt_count == 1


def test_an_inbox_that_is_no_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, settle_seconds=0)
    settings.inbox.write_bytes(b"")
    with pytest.raises(OSError, match="inbox"):
        intake.receive(settings, NOW)


def test_a_load_that_begins_in_the_middle_of_another_takes_what_came_since(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, settle_seconds=0, batch_size=1)
    settings.inbox.mkdir()
    for number in range(FILES, 3 * FILES):
        (settings.inbox / f"{number}.xlsx").write_bytes(b"no workbook %d" % number)
    reports: list[intake.IntakeReport] = []
    second = threading.Thread(target=lambda: reports.append(intake.intake(settings, NOW)))
    left: list[int] = []

    def checkpoint(step: str) -> None:
        if step == "read_swapped" and not left:
            left.append(sum(path.is_file() for path in settings.inbox.rglob("*")))
            (settings.inbox / "late.xlsx").write_bytes(b"late")
            second.start()

    first = intake.intake(settings, NOW, checkpoint=checkpoint)
    second.join(60)
    assert left[0] > FILES / 2  # the second began before the first had received all
    assert [report.received.receipt_count for report in (first, *reports)] == [2 * FILES, 1]
    assert first.receipt_count + reports[0].receipt_count == 2 * FILES + 1
    _check(settings, 2 * FILES + 1)


def _after_listing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something between the listing of the inbox and the copying of its files."""
    real = receiving._groups

    def groups(*arguments: object) -> object:
        act()
        return real(*arguments)

    monkeypatch.setattr(receiving, "_groups", groups)
