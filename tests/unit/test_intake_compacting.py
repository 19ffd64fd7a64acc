"""Compaction: fewer files, the same rows, nothing new to anybody, and no instant at which a reader sees others."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.unit.intake_workbooks import catalogue, right_report, workbook
from zonehouse import intake, warehouse
from zonehouse.intake.compacting import generations_folder
from zonehouse.intake.history import History
from zonehouse.intake.register import held_receipts, is_landed, landed_batches
from zonehouse.intake.schema import REGISTER
from zonehouse.intake.state import landing_alone, landing_readers
from zonehouse.quality.ledger import read_decisions
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
FIRST = datetime(2016, 5, 30, 1, 0, tzinfo=UTC)
NOW = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
NIGHTS = (0, 1, 2, 3, 33, 34, 44)  # May, June, July; the last is today's
STEPS = ("month_merged", "generation_built", "rest_linked", "exchanged", "exchange_durable", "old_generation_removed")
COMPACT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from zonehouse.intake import compact
from zonehouse.settings import Settings
home, fatal, left = Path(sys.argv[1]), sys.argv[2], [int(sys.argv[3])]
def checkpoint(step):
    if step == fatal:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
compact(Settings(home=home), datetime(2016, 7, 13, 1, tzinfo=UTC), checkpoint=checkpoint)
"""
Content = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven nights of two batches each, decisions of the gate, and a batch that was killed while it was landed."""
    home = tmp_path_factory.mktemp("compacting") / "home"
    settings = Settings(home=home, batch_size=2)
    for night in NIGHTS:
        for number in range(3):
            data = workbook(right_report(month=f"2016-{number + 1:02d}", output=night * 10 + number + 1))
            settings.inbox.mkdir(parents=True, exist_ok=True)
            (settings.inbox / f"{night}-{number}.xlsx").write_bytes(data)
        intake.intake(settings, FIRST + timedelta(days=night))
    schema = pq.read_schema(settings.landing / "gate_decision" / "_schema.parquet")
    for day in (1, 2, 20):
        row = {"candidate_id": f"2016-H1-r{day:03d}", "outcome": "pass", "decided_at": datetime(2016, 6, day)}  # noqa: DTZ001
        name = f"201606{day:02d}T010000000000Z-2016-H1-r{day:03d}-pass-0123456789ab.parquet"
        table = pq.read_table(settings.landing / "gate_decision" / "_schema.parquet").from_pylist([row], schema=schema)
        pq.write_table(table, settings.landing / "gate_decision" / name)
    landed = sorted((settings.landing / "monthly_report" / "output").glob("2016*.parquet"))
    shutil.copy(landed[0], landed[0].with_name("20160529T010000-0001.parquet"))
    return home


def _content(home: Path) -> Content:
    content = {}
    for path in sorted((home / "landing").rglob("_schema.parquet")):
        name = path.parent.relative_to(home / "landing").as_posix()
        content[name] = duckdb.sql(f"select * from read_parquet('{path.parent}/*.parquet') order by all").fetchall()
    return content


def _files(home: Path, dataset: str) -> list[str]:
    return sorted(path.stem for path in (home / "landing" / dataset).glob("[!._]*.parquet"))


@pytest.fixture
def home(full: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(full, tmp_path / "home"))


def test_one_file_a_month_with_the_same_rows(home: Path) -> None:
    before, settings = _content(home), Settings(home=home)
    pending, batches = warehouse.pending(settings), landed_batches(settings)
    decisions, states = read_decisions(settings), intake.reconcile(settings)
    done = intake.compact(settings, NOW)
    assert _content(home) == before
    today = [stem for stem in _files(home, "register") if "T" in stem]
    assert _files(home, "register") == ["2016-05", "2016-06", "2016-07", *today]
    assert [stem[:9] for stem in today] == ["20160713T"] * 2
    assert _files(home, "gate_decision") == ["2016-06"]
    # What was being landed when it was killed is not there yet: a copy of it in the merged file would never go.
    assert "20160529T010000-0001" in _files(home, "monthly_report/output")
    assert done.files_after == sum(len(_files(home, name)) for name in before) < done.files_before
    assert warehouse.pending(settings) == pending
    assert landed_batches(settings) == batches and all(is_landed(settings, batch_id) for batch_id in batches)
    assert not is_landed(settings, "20160529T010000-0001")
    assert read_decisions(settings) == decisions and intake.reconcile(settings) == states
    assert not generations_folder(settings).exists() or list(generations_folder(settings).rglob("*.parquet")) == []


def test_again_it_has_nothing_to_do_and_later_it_adds_to_the_month(home: Path) -> None:
    settings = Settings(home=home, batch_size=2)
    intake.compact(settings, NOW)
    before = _content(home)
    assert intake.compact(settings, NOW).datasets == []
    (settings.inbox / "late.xlsx").write_bytes(workbook(right_report(month="2016-04")))
    intake.intake(settings, NOW + timedelta(hours=1))
    intake.compact(settings, NOW + timedelta(days=1))
    after = _content(home)
    assert "2016-07" in _files(home, "register") and not [s for s in _files(home, "register") if "T" in s]
    assert all(set(before[name]) <= set(rows) for name, rows in after.items())
    assert len(after["register"]) == len(before["register"]) + 1
    # What comes again is still known, though its receipt lies in a merged file.
    (settings.inbox / "late.xlsx").write_bytes(workbook(right_report(month="2016-04")))
    assert intake.intake(settings, NOW + timedelta(days=2)).reconciliation.states["duplicate"] == 1


def test_a_year_of_nights_is_twelve_files_a_dataset(home: Path) -> None:
    settings = Settings(home=home)
    datasets = ("monthly_report/export", "register")
    rows = {name: pq.read_table(next((settings.landing / name).glob("2016*.parquet"))).slice(0, 1) for name in datasets}
    for day in range(365):
        batch_id = f"{datetime(2015, 1, 1) + timedelta(days=day):%Y%m%d}T010000-0001"  # noqa: DTZ001
        for name, table in rows.items():
            at = table.schema.get_field_index("batch_id")
            pq.write_table(
                table.set_column(at, "batch_id", [[batch_id]]), settings.landing / name / f"{batch_id}.parquet"
            )
    intake.compact(settings, NOW)
    for dataset in datasets:
        assert [stem for stem in _files(home, dataset) if stem.startswith("2015")] == [
            f"2015-{month:02d}" for month in range(1, 13)
        ]
        rows = duckdb.sql(
            f"select count(*) from read_parquet('{settings.landing}/{dataset}/2015-*.parquet')"
        ).fetchone()
        assert rows == (365,)


@pytest.mark.parametrize("time_of_it", [1, 2])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(step: str, time_of_it: int, home: Path, full: Path) -> None:
    before = _content(full)
    killed = subprocess.run([sys.executable, "-c", COMPACT, str(home), step, str(time_of_it)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert _content(home) == before, "as the kill left it"
    assert sorted(path.name for path in home.glob("landing/*")) == sorted(path.name for path in full.glob("landing/*"))
    intake.compact(Settings(home=home), NOW)
    assert _content(home) == before
    assert len([stem for stem in _files(home, "register") if "T" not in stem]) == 3
    assert list(generations_folder(Settings(home=home)).rglob("*.parquet")) == []


@pytest.mark.parametrize("reader", ["history", "is_landed", "register", "held"])
def test_who_reads_the_landing_waits_while_folders_change_places(full: Path, reader: str) -> None:
    settings = Settings(home=full)
    register = pq.read_table(next((full / "landing" / "register").glob("2016*.parquet")), schema=REGISTER)
    batch_id = register["batch_id"][0].as_py()
    calls = {
        "history": lambda: History(settings, catalogue(), [batch_id]).compare(batch_id, register, {}),
        "is_landed": lambda: is_landed(settings, batch_id),
        "register": lambda: landed_batches(settings),
        "held": lambda: held_receipts(settings),
    }
    thread = threading.Thread(target=calls[reader])
    with landing_alone(settings):
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(30)
    assert not thread.is_alive()


def test_readers_see_every_row_once_at_every_instant(home: Path) -> None:
    settings = Settings(home=home)
    seen: set[object] = set()
    stop = threading.Event()
    sql = f"select count(*), count(distinct receipt_id) from read_parquet('{home}/landing/register/*.parquet')"

    def look() -> None:
        connection = duckdb.connect()
        while not stop.is_set():
            with landing_readers(settings):
                seen.add(connection.execute(sql).fetchone())

    before = _content(home)
    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for hour in range(3):
        intake.compact(settings, NOW + timedelta(days=hour))
    stop.set()
    for reader in readers:
        reader.join()
    assert seen == {(21, 21)}
    assert _content(home) == before
