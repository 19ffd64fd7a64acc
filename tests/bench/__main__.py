"""``make bench``: the intake beside its rivals, rounds interleaved, medians; then whole nights and their memory.

Every contestant gets the same number of processes and the same workbooks (the slow ones every tenth or twentieth).
The clock starts when modules are imported and the inbox is full, and stops when the last row is landed and the books
are balanced. CPU is user and system time of all processes: on a machine that does other things too, believe it first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from tests.bench.rivals import RIVALS, calamine_alone, in_processes
from tests.bench.workbooks import ROWS, write_workbooks
from zonehouse import intake
from zonehouse.intake import compacting, register  # noqa: F401 - imported before the clock starts
from zonehouse.settings import Settings

NOW = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
OURS = "zonehouse intake"
LOOP = "calamine alone, one process"
# The slow ones get a part of the files: their time a workbook does not depend on how many there are.
SHARE = {"openpyxl": 10, "pandas": 20}
PROCESSES = 2


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--workbooks", type=int, default=5_000, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--nights", type=int, nargs="*", default=[1_000, 10_000, 20_000], help="workbooks of each night"
    )
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument(
        "--history",
        nargs=argparse.REMAINDER,
        help="nights on a growing history and a rebuild, instead; what follows is its own: --history --help",
    )
    parser.add_argument("--one-night", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    if options.history is not None:
        from tests.bench import history

        history.main(options.history)
        return
    if options.one_night is not None:
        print(json.dumps(_night(options.one_night)))
        return
    with tempfile.TemporaryDirectory(prefix="zonehouse-bench-") as place:
        figures = {
            "machine": _machine(),
            "rounds": _rounds(Path(place), options.workbooks, options.rounds),
            "nights": [_measured_night(Path(place) / "night", count) for count in options.nights],
            "load_at_the_end": os.getloadavg()[0],
        }
    print(_page(figures))
    if options.out is not None:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _machine() -> dict[str, Any]:
    names = ("python-calamine", "openpyxl", "pandas", "pyarrow", "duckdb")
    return {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in names},
        "load_at_the_start": os.getloadavg()[0],
        "on": f"{datetime.now(UTC):%Y-%m-%d}",
    }


# Rounds


def _rounds(place: Path, count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Contestant → median milliseconds a workbook, wall and CPU, over the rounds."""
    paths = write_workbooks(place / "workbooks", count)
    # A home of its own for each round: where many files were deleted within the last minute, ext4 takes up to 1 ms to
    # create another, and no night begins so.
    homes = [place / f"home{number}" for number in range(rounds + 1)]
    contestants: dict[str, Callable[[], int]] = {}
    for name, rival in RIVALS.items():
        share = paths[:: SHARE.get(name, 1)]
        contestants[name] = lambda rival=rival, share=share: in_processes(rival, share, PROCESSES)  # type: ignore[misc]
    contestants[LOOP] = lambda: calamine_alone(paths)
    names = [OURS, *contestants]
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for number, home in enumerate(homes):
        contestants[OURS] = lambda home=home: _take_in(home, paths)  # type: ignore[misc]
        for name in _rotated(names, number):
            if name == OURS:
                _fill_inbox(home, paths)
            wall, cpu = time.perf_counter(), _cpu()
            contestants[name]()
            spent = (time.perf_counter() - wall, _cpu() - cpu)
            if number:  # the first round warms caches
                files = len(paths[:: SHARE.get(name, 1)])
                taken[name].append((spent[0] / files * 1000, spent[1] / files * 1000))
    return {
        name: {
            "wall_ms": statistics.median(wall for wall, _ in times),
            "cpu_ms": statistics.median(cpu for _, cpu in times),
        }
        for name, times in taken.items()
    }


def _rotated(names: list[str], by: int) -> Iterator[str]:
    yield from names[by % len(names) :]
    yield from names[: by % len(names)]


def _cpu() -> float:
    return sum(os.times()[:4])


def _settings(home: Path) -> Settings:
    return Settings(home=home, threads=PROCESSES, settle_seconds=0)


def _fill_inbox(home: Path, paths: list[Path]) -> None:
    shutil.rmtree(home, ignore_errors=True)
    inbox = _settings(home).inbox
    inbox.mkdir(parents=True)
    for path in paths:
        shutil.copyfile(path, inbox / path.name)
    os.sync()  # the files of the sender are on the disk; ours is what we write


def _take_in(home: Path, paths: list[Path]) -> int:
    report = intake.intake(_settings(home), NOW)
    states = report.reconciliation.states
    # No register lies in this inbox: the reports are held, which costs what taking them in costs.
    assert states["accepted"] + states["held"] == len(paths), states
    return report.receipt_count


# Nights


def _measured_night(home: Path, count: int) -> dict[str, Any]:
    """One load of ``count`` workbooks in a process of its own, so that its memory is its own."""
    _fill_inbox(home, [])
    write_workbooks(_settings(home).inbox, count)
    os.sync()
    command = [sys.executable, "-m", "tests.bench", "--one-night", str(home)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: dict[str, Any] = json.loads(done.stdout)
    shutil.rmtree(home)
    return figures


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _watch_children(peaks: dict[int, float]) -> None:
    """Note the most memory of each child since it became another program; what the kernel tells of the dead counts the
    parent's, which a child is for an instant."""
    while True:
        for child in _children():
            with suppress(OSError, StopIteration):
                lines = Path(f"/proc/{child}/status").read_text().splitlines()
                peak = next(line for line in lines if line.startswith("VmHWM"))
                peaks[child] = int(peak.split()[1]) / 1024
        time.sleep(0.5)


def _children() -> Iterator[int]:
    """The processes that any thread of this one has started and that are still there."""
    for started in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended
            yield from map(int, started.read_text().split())


def _night(home: Path) -> dict[str, Any]:
    settings = _settings(home)
    peaks: dict[int, float] = {}
    threading.Thread(target=_watch_children, args=(peaks,), daemon=True).start()
    wall, cpu = time.perf_counter(), _cpu()
    report = intake.intake(settings, NOW)
    spent = {"seconds": time.perf_counter() - wall, "cpu_seconds": _cpu() - cpu, "parent_peak_mb": _peak_mb()}
    again = time.perf_counter()
    assert intake.intake(settings, NOW).receipt_count == 0
    spent["empty_night_seconds"] = time.perf_counter() - again
    files = [path for path in settings.landing.rglob("*.parquet") if path.name[0] != "_"]
    again = time.perf_counter()
    compacted = intake.compact(settings, NOW + timedelta(days=1))
    return {
        "workbooks": report.receipt_count,
        **spent,
        "batches": len(report.landed.batch_ids),
        "most_files_of_a_dataset_and_batch": max(Counter((path.parent, path.stem) for path in files).values()),
        "files": len(files),
        "files_compacted": compacted.files_after,
        "compact_seconds": time.perf_counter() - again,
        "compacted_peak_mb": _peak_mb(),
        "reader_peak_mb": max(peaks.values(), default=0.0),
    }


# The page


def _page(figures: dict[str, Any]) -> str:
    rounds, machine = figures["rounds"], figures["machine"]
    ours = rounds[OURS]
    rows = sum(ROWS.values())
    lines = [
        f"{machine['on']}, {machine['cores']} cores ({machine['processor']}), Python {machine['python']}, load "
        f"{machine['load_at_the_start']:.1f} to {figures['load_at_the_end']:.1f}; {PROCESSES} processes each; "
        f"a workbook is a cover and {len(ROWS)} tables with {rows} rows",
        "",
        "| | wall, ms a workbook | CPU, ms a workbook | wall: ours is | CPU: ours is |",
        "|---|---|---|---|---|",
    ]
    for name, taken in rounds.items():
        shares = [_share(ours[kind], taken[kind]) if name != OURS else "" for kind in ("wall_ms", "cpu_ms")]
        lines.append(f"| {name} | {taken['wall_ms']:.2f} | {taken['cpu_ms']:.2f} | {shares[0]} | {shares[1]} |")
    quiet = ours["cpu_ms"] / PROCESSES / rounds[LOOP]["cpu_ms"]
    lines += [
        "",
        f"Its CPU time shared by {PROCESSES} cores, the least it can take on the clock: {quiet:.2f} × the CPU time of "
        "one calamine loop.",
    ]
    if figures["nights"]:
        lines += [
            "",
            "| a night of | seconds | CPU seconds | peak MB: parent, a reader, with compaction | "
            "files a dataset and batch | files, compacted | seconds to compact | an empty night after it |",
            "|---|---|---|---|---|---|---|---|",
        ]
    lines += [_night_line(night) for night in figures["nights"]]
    return "\n".join(lines)


def _night_line(night: dict[str, Any]) -> str:
    cells = (
        f"{night['workbooks']:,}",
        f"{night['seconds']:.1f}",
        f"{night['cpu_seconds']:.1f}",
        f"{night['parent_peak_mb']:.0f}, {night['reader_peak_mb']:.0f}, {night['compacted_peak_mb']:.0f}",
        str(night["most_files_of_a_dataset_and_batch"]),
        f"{night['files']}, {night['files_compacted']}",
        f"{night['compact_seconds']:.1f}",
        f"{night['empty_night_seconds']:.2f} s",
    )
    return f"| {' | '.join(cells)} |"


def _share(ours: float, rival: float) -> str:
    return f"{ours / rival:.2f} × its time" if ours > rival / 2 else f"{rival / ours:.1f} × faster"


if __name__ == "__main__":
    main()
