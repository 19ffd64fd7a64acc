"""Back-up and restore: what comes back is what was there; a damaged or unfinished one is refused."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.marts_fixture import NOW, add_decision, make_candidate
from tests.unit.intake_workbooks import right_report, workbook
from zonehouse.backup import BackupError, back_up, newest, restore
from zonehouse.intake import intake, receipts, reconcile
from zonehouse.intake.state import intake_lock
from zonehouse.publish import publish
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A home with a loaded file, a waiting one, and a published release."""
    settings = Settings(home=tmp_path / "home")
    settings.inbox.mkdir(parents=True)
    (settings.inbox / "báo cáo.xlsx").write_bytes(workbook(right_report()))
    intake(settings, NOW)
    (settings.inbox / "waiting.xlsx").write_bytes(workbook(right_report(month="2016-06")))
    make_candidate(settings, "2018-H1-r001", digest="one")
    add_decision(settings, "2018-H1-r001", "pass", digest="one")
    publish(settings, "2018-H1-r001", NOW)
    settings.warehouse.write_bytes(b"made anew by the next load")
    (settings.airflow_home / "logs").mkdir(parents=True)
    (settings.airflow_home / "passwords.json").write_text("{}")
    (settings.airflow_home / "airflow.db").write_text("history")
    return settings


def _content(settings: Settings) -> dict[str, bytes]:
    return {
        path.relative_to(settings.home).as_posix(): path.read_bytes()
        for path in settings.home.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def test_an_empty_folder_gets_the_same_archive_register_releases_and_waiting_files(
    home: Settings, tmp_path: Path
) -> None:
    made = back_up(home, tmp_path / "backups", NOW)
    new = Settings(home=tmp_path / "new")
    assert restore(new, made.folder) == made.file_count
    before = _content(home)
    assert before.pop("warehouse.duckdb")
    assert before.pop("airflow/airflow.db")
    assert _content(new) == before
    assert receipts(new) == receipts(home)
    assert reconcile(new) == reconcile(home)
    # And it works on: what was waiting is taken in.
    assert intake(new, NOW + timedelta(days=1)).receipt_count == 1


def test_a_second_back_up_holds_everything_and_costs_what_is_new(home: Settings, tmp_path: Path) -> None:
    first = back_up(home, tmp_path / "backups", NOW)
    intake(home, NOW + timedelta(days=1))
    second = back_up(home, tmp_path / "backups", NOW + timedelta(days=1))
    assert first.new_count == first.file_count
    assert 0 < second.new_count < second.file_count
    assert newest(tmp_path / "backups") == second.folder
    shutil.rmtree(first.folder)
    new = Settings(home=tmp_path / "new")
    restore(new, second.folder)
    assert receipts(new) == receipts(home)


def test_a_damaged_file_is_named_and_the_home_is_not_taken_for_whole(home: Settings, tmp_path: Path) -> None:
    made = back_up(home, tmp_path / "backups", NOW)
    victim = next(path for path in sorted((made.folder / "archive").rglob("*")) if path.is_file())
    data = victim.read_bytes()
    victim.chmod(0o644)
    victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    new = Settings(home=tmp_path / "new")
    with pytest.raises(BackupError, match=victim.name):
        restore(new, made.folder)
    with pytest.raises(BackupError, match="not empty"):
        restore(new, made.folder)


def test_a_missing_file_is_named(home: Settings, tmp_path: Path) -> None:
    made = back_up(home, tmp_path / "backups", NOW)
    (made.folder / "published" / "current.json").unlink()
    with pytest.raises(BackupError, match=r"current\.json is missing"):
        restore(Settings(home=tmp_path / "new"), made.folder)


def test_an_unfinished_back_up_is_neither_restored_nor_built_on(home: Settings, tmp_path: Path) -> None:
    made = back_up(home, tmp_path / "backups", NOW)
    cut = made.folder.with_name(made.folder.name + ".part")
    made.folder.rename(cut)
    assert newest(tmp_path / "backups") is None
    with pytest.raises(BackupError, match="no finished back-up"):
        restore(Settings(home=tmp_path / "new"), cut)
    (cut / "manifest.jsonl").unlink()
    again = back_up(home, tmp_path / "backups", NOW + timedelta(seconds=1))
    assert again.new_count == again.file_count


def test_a_manifest_that_leads_outside_is_refused(home: Settings, tmp_path: Path) -> None:
    made = back_up(home, tmp_path / "backups", NOW)
    (tmp_path / "backups" / "secret").write_text("x")
    manifest = made.folder / "manifest.jsonl"
    manifest.write_text('{"path": "../secret", "size": 1, "mtime_ns": 1, "sha256": "0"}\n')
    with pytest.raises(BackupError, match="outside"):
        restore(Settings(home=tmp_path / "new"), made.folder)


def test_a_back_up_waits_for_a_load(home: Settings, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with intake_lock(home):
            waiting = pool.submit(back_up, home, tmp_path / "backups", NOW)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
            assert newest(tmp_path / "backups") is None
        assert waiting.result(60).folder == newest(tmp_path / "backups")


def test_what_cannot_be_is_told(home: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="another disk"):
        back_up(home, home.home / "backups", NOW)
    with pytest.raises(BackupError, match="ZONEHOUSE_HOME"):
        back_up(Settings(home=tmp_path / "nothing"), tmp_path / "backups", NOW)
