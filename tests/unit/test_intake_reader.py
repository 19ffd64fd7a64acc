"""The reader processes: what kills or stalls one costs one file."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.intake_workbooks import RECEIVED_ON, plan, right_report, workbook
from zonehouse.intake import reader
from zonehouse.intake.reader import ReadRequest, read_all


def _files(folder: Path, count: int) -> list[ReadRequest]:
    requests = []
    for number in range(count):
        path = folder / f"{number}.xlsx"
        path.write_bytes(workbook(right_report(output=number + 1)))
        requests.append(ReadRequest(str(path), path.name, RECEIVED_ON))
    return requests


def _first(column: list[Any] | bytes) -> object:
    """Of a column of numbers as a reader answers it: values, or the bytes of floats."""
    return column[0] if isinstance(column, list) else struct.unpack_from("=d", column)[0]


def test_answers_come_in_the_order_asked(tmp_path: Path) -> None:
    readings = read_all(_files(tmp_path, 12), plan(tmp_path), workers=2, timeout_seconds=30)
    assert [_first(reading["sections"]["output"][7]) for reading in readings] == [n + 1 for n in range(12)]


def test_a_file_that_outlasts_its_time_is_rejected_and_the_next_is_read(tmp_path: Path) -> None:
    requests = _files(tmp_path, 2)
    # A named pipe that nobody writes to: opening it takes for ever.
    os.mkfifo(tmp_path / "slow")
    slow = ReadRequest(str(tmp_path / "slow"), "slow.xlsx", RECEIVED_ON)
    readings = read_all([requests[0], slow, requests[1]], plan(tmp_path), workers=1, timeout_seconds=1.0)
    assert [list(reading["sections"]) != [] for reading in readings] == [True, False, True]
    assert readings[1]["findings"][0]["finding_code"] == "reader_timeout"


@pytest.mark.slow
def test_a_file_that_takes_too_much_of_the_processor_is_rejected_and_the_next_is_read(tmp_path: Path) -> None:
    requests = _files(tmp_path, 2)
    # With no CPU time allowed beyond the first second, the kernel ends the reader of an endless device.
    endless = ReadRequest("/dev/zero", "endless.xlsx", RECEIVED_ON)
    tight = replace(plan(tmp_path), memory_bytes=8 * 1024**3, cpu_seconds=1)
    readings = read_all([requests[0], endless, requests[1]], tight, workers=1, timeout_seconds=60)
    assert [list(reading["sections"]) != [] for reading in readings] == [True, False, True]
    assert readings[1]["findings"][0]["finding_code"] == "reader_timeout"


def test_a_vanished_file_is_rejected(tmp_path: Path) -> None:
    gone = ReadRequest(str(tmp_path / "gone.xlsx"), "gone.xlsx", RECEIVED_ON)
    (reading,) = read_all([gone], plan(tmp_path), workers=1, timeout_seconds=30)
    assert reading["counts"]["error"] == 1


def test_a_worn_reader_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "FILES_A_PROCESS", 2)
    started = []
    start = reader._start
    monkeypatch.setattr(reader, "_start", lambda: started.append(1) or start())
    readings = read_all(_files(tmp_path, 5), plan(tmp_path), workers=1, timeout_seconds=30)
    assert len(readings) == 5 and len(started) == 3


def test_the_reader_imports_nothing_heavy() -> None:
    script = (
        "import sys, zonehouse.intake.worker;"
        "print([m for m in ('pydantic', 'pyarrow', 'yaml', 'duckdb', 'stdnum.vn.mst') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reader_that_is_killed_with_files_waiting_for_it_loses_none(tmp_path: Path) -> None:
    requests = _files(tmp_path, 40)
    with reader.Readers(plan(tmp_path), 30) as readers:
        jobs = [readers.begin(requests[:20], 1), readers.begin(requests[20:], 1)]
        (child,) = (one._child for one in readers._readers)
        assert child is not None
        child.kill()
        readings = [*readers.finish(jobs[0]), *readers.finish(jobs[1])]
    assert [_first(reading["sections"]["output"][7]) for reading in readings] == [n + 1 for n in range(40)]


def test_a_reader_that_answers_nonsense_costs_its_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nonsense = "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\1\\xc1'); sys.stdout.flush(); sys.stdin.buffer.read()"
    start, started = reader._start, []

    def first_mad() -> subprocess.Popen[bytes]:
        started.append(1)
        if len(started) > 2:
            return start()
        return subprocess.Popen([sys.executable, "-c", nonsense], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(reader, "_start", first_mad)
    readings = read_all(_files(tmp_path, 3), plan(tmp_path), workers=1, timeout_seconds=30)
    assert [list(reading["sections"]) != [] for reading in readings] == [False, True, True]
    assert readings[0]["findings"][0]["finding_code"] == "reader_died"
