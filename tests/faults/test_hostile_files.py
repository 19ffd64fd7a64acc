"""A night with two hundred hostile files among good ones: each file in one state, in time, and only true figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.faults.hostile_files import Hostile, hostile_files
from tests.unit.intake_workbooks import right_report, workbook
from tests.unit.workbooks_support import active_parts
from zonehouse import intake
from zonehouse.settings import Settings
from zonehouse.workbooks import write_returned_workbook, write_steward_workbook

SECONDS, MEGABYTES = 5.0, 1500
ON_A_BUSY_MACHINE = 60.0  # seconds on the clock, whatever else the machine does
# No register is sent in that night: what is right is landed and held.
ACCEPTED = ("held",)
GOOD = 12
# The intake as it is, with clocks around each file: processor time of the reader, and time on the clock, also without
# what the reader waited for a processor that others had (so that a busy machine does not count).
NIGHT = """
import json, os, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from zonehouse.intake import intake, reader
from zonehouse.settings import Settings

def spent(child):
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split() if child else [0] * 20
    return ended.ru_utime + ended.ru_stime + (int(alive[11]) + int(alive[12])) / os.sysconf("SC_CLK_TCK")

def waited(pid):
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0

settle, told, last, its = reader._Reader._settle, {}, [0.0, time.monotonic(), 0.0, 0.0], [None]
def timed(self, reading):
    pid = self._child.pid if self._child else None
    now = [spent(self._child), time.monotonic(), waited("self"), waited(pid) if pid else 0.0]
    cpu, clock, here, there = (new - old for new, old in zip(now, last))
    # A new child has waited for itself alone; what one that died has waited is not known.
    there = there if pid == its[0] else now[3]
    own = clock - here - there if pid else 0.0
    told[self.tasks[0].request.name] = [cpu, own, clock]
    last[:], its[0] = now, pid
    settle(self, reading)
reader._Reader._settle = timed
intake(Settings(home=Path(sys.argv[1]), threads=1), datetime(2016, 7, 13, 1, tzinfo=UTC))
print(json.dumps({"seconds": told, "megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}))
"""


@pytest.fixture(scope="module")
def files() -> dict[str, Hostile]:
    return {hostile.name: hostile for hostile in hostile_files()}


@pytest.fixture(scope="module")
def night(files: dict[str, Hostile], tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[str, Any]]:
    """The home after the night, and what the night told of its seconds and megabytes."""
    settings = Settings(home=tmp_path_factory.mktemp("hostile"))
    settings.inbox.mkdir()
    for hostile in files.values():
        (settings.inbox / hostile.name).write_bytes(hostile.data)
    for number in range(GOOD):
        month = f"2016-{number % 6 + 1:02d}"
        report = workbook(right_report("0314409058", month, output=number + 0.5))
        (settings.inbox / f"{'bcx'[number % 3]} good {number}.xlsx").write_bytes(report)
    done = subprocess.run(
        [sys.executable, "-c", NIGHT, str(settings.home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return settings, json.loads(done.stdout.splitlines()[-1])


def _figures(settings: Settings) -> dict[str, list[tuple[float, ...]]]:
    """Quantity and the three values of each landed row of output, by submission."""
    columns = "quantity, gross_output_constant_vnd_million, gross_output_current_vnd_million, net_revenue_vnd_million"
    lines = duckdb.sql(
        f"select submission_id, {columns} from read_parquet('{settings.landing}/monthly_report/output/*.parquet')"
    ).fetchall()
    found: dict[str, list[tuple[float, ...]]] = {}
    for submission_id, *values in lines:
        found.setdefault(submission_id, []).append(tuple(float(value or 0) for value in values))
    return found


@pytest.mark.slow
def test_every_file_is_in_one_state_and_none_is_lost(
    files: dict[str, Hostile], night: tuple[Settings, dict[str, Any]]
) -> None:
    settings, _ = night
    receipts = intake.receipts(settings)
    assert len(files) >= 40
    assert sorted(receipt.original_name for receipt in receipts if " good " not in receipt.original_name) == sorted(
        files
    )
    assert sum(intake.reconcile(settings).states.values()) == len(files) + GOOD
    assert list(settings.inbox.iterdir()) == []


@pytest.mark.slow
def test_what_is_dangerous_is_refused_with_its_reason(
    files: dict[str, Hostile], night: tuple[Settings, dict[str, Any]]
) -> None:
    wrong = {}
    for receipt in intake.receipts(night[0]):
        hostile = files.get(receipt.original_name)
        if hostile is not None and hostile.reasons and receipt.reason_code not in hostile.reasons:
            wrong[receipt.original_name] = (receipt.state, receipt.reason_code, receipt.reason_en)
    assert wrong == {}


@pytest.mark.slow
def test_the_good_files_load_and_no_false_figure_does(
    files: dict[str, Hostile], night: tuple[Settings, dict[str, Any]]
) -> None:
    settings, _ = night
    figures = _figures(settings)
    loaded = 0
    for receipt in intake.receipts(settings):
        hostile = files.get(receipt.original_name)
        if hostile is None:
            number = int(receipt.original_name.split()[-1].removesuffix(".xlsx"))
            assert receipt.state in ACCEPTED, receipt
            assert figures[receipt.submission_id] == [(12, number + 0.5, 1200, 1300)]
            loaded += 1
        elif receipt.state not in ACCEPTED:
            assert receipt.submission_id not in figures
        elif not hostile.may_change:
            assert figures[receipt.submission_id] == [(12, 1000.5, 1200, 1300)], receipt.original_name
    assert loaded == GOOD


@pytest.mark.slow
def test_each_file_costs_little_time_and_memory(night: tuple[Settings, dict[str, Any]]) -> None:
    _, told = night
    seconds = told["seconds"]
    slow = {name: spent for name, spent in seconds.items() if max(spent[:2]) > SECONDS or spent[2] > ON_A_BUSY_MACHINE}
    assert slow == {}
    assert sum(own != 0 for _, own, _ in seconds.values()) > len(seconds) * 0.9, "the clock was read"
    assert told["megabytes"] <= MEGABYTES


@pytest.mark.slow
def test_what_we_write_of_them_holds_nothing_of_theirs_that_is_live(
    files: dict[str, Hostile], night: tuple[Settings, dict[str, Any]], tmp_path: Path
) -> None:
    settings, _ = night
    batches = {receipt.batch_id for receipt in intake.receipts(settings)}
    steward = write_steward_workbook(settings, batches, tmp_path / "steward.xlsx")
    assert active_parts(steward.read_bytes()) == []
    chosen = (
        "one text of 10 MB in 300 cells.xlsx",
        "nested deeply.xlsx",
        "a million attributes.xlsx",
        "comment of 30 MB.xlsx",
        "styles in circles.xlsx",
        "formula bomb.xlsx",
        "formula as a name.xlsx",
        "xxe file.xlsx",
        "ten thousand sheets.xlsx",
        "sheet name of 5 MB.xlsx",
        "only blank cells repeated.ods",
        "a million columns.csv",
        "nothing of ours.xls",
    )
    for receipt in intake.receipts(settings):
        if receipt.original_name in chosen:
            out = write_returned_workbook(settings, receipt.receipt_id, tmp_path / f"{receipt.receipt_id}.xlsx")
            body = out.read_bytes()
            assert active_parts(body) == [], receipt.original_name
            assert len(body) < 5_000_000 and b"root:x" not in body
