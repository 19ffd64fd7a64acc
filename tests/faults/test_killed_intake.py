"""Intake killed at every named step and at random instants: each file still ends in exactly one state."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.unit.intake_workbooks import right_report, workbook
from zonehouse import intake
from zonehouse.settings import Settings

NOW = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
STEPS = (
    "archived",
    "journal_written",
    "archive_journal_written",
    "unlinked",
    "read_written",
    "old_read_removed",
    "read_swapped",
    "dataset_landed",
    "registered",
    "spool_folder_removed",
    "spool_removed",
)
KILLS = 100
VALID = ("0100233488", "0314409058", "0314409058-002")
STAGES = {step: stage for stage, steps in (
    ("receive", STEPS[:4]), ("read", STEPS[4:7]), ("land", STEPS[7:]),
) for step in steps}  # fmt: skip

# What both children below begin with: everything is imported and no thread is started, so that a load is a fork away.
FORK = """
import json, mmap, os, random, shutil, signal, sys, time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
import duckdb, pyarrow.dataset, pyarrow.parquet
from zonehouse.intake import batch, landing, nightly, receiving, register
from zonehouse.settings import Settings
from zonehouse.forms.catalogue import load_catalogue
catalogue = load_catalogue(Settings())
batch.load_catalogue = landing.load_catalogue = lambda *_: catalogue  # read once for all children

def load(home, batch_size, checkpoint):
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        settings = Settings(home=Path(home), batch_size=batch_size, settle_seconds=0)
        nightly.intake(settings, datetime(2016, 7, 13, 1, tzinfo=UTC), checkpoint=checkpoint)
        os._exit(0)
    return pid
"""

# Loads each home that a line names, with the step and the time of it at which the load kills itself; says how it ended.
LOADER = f"""{FORK}
for line in sys.stdin:
    home, fatal, left = line.rstrip().split("|")
    left = [int(left)]
    def checkpoint(step):
        if step == fatal:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    print(os.waitpid(load(home, 5, checkpoint), 0)[1], flush=True)
"""

# Kills a load at a random instant of the time that a whole one takes; goes on with the same home until a load comes to
# its end or has been killed some times, until all stages were met. Says which step was the last before each kill.
KILLER = f"""{FORK}
inbox, homes, wanted, stages = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
chance = random.Random(20160711)
at, last = mmap.mmap(-1, 64), Counter()

def mark(step):
    at[:] = step.encode().ljust(64)

def home(number):
    return Path(shutil.copytree(inbox, homes / str(number) / "inbox", copy_function=shutil.copy2)).parent

def ended(place, seconds):
    mark("begun")
    pid, end = load(place, 2, mark), time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.002))
        if (status := os.waitpid(pid, os.WNOHANG))[0]:
            return status[1]
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]

for number in (0, 1):
    began = time.monotonic()
    assert ended(home(number), 300) == 0
    whole = time.monotonic() - began
number, deaths = 2, 0
place = home(number)
while last.total() < wanted or not set(stages.values()) <= set(map(stages.get, last)):
    began = time.monotonic()
    status = ended(place, 300 if deaths == 15 else chance.uniform(0, whole))
    assert status in (0, signal.SIGKILL), status
    if status == signal.SIGKILL:
        last[at[:].decode().strip()] += 1
        deaths += 1
        continue
    # Other work comes and goes on the machine: what a whole load takes is what it takes now.
    whole = whole * 2 if deaths == 15 else min(whole, time.monotonic() - began) if deaths == 0 else whole
    number, deaths = number + 1, 0
    place = home(number)
assert ended(place, 300) == 0
print(json.dumps(last))
"""


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """13 small workbooks, with amendments, duplicates and files to be rejected among them."""
    folder = tmp_path_factory.mktemp("sent") / "inbox"
    for number in range(13):
        path = folder / f"2016-06-{10 + number % 5}" / f"{number:02d}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        month = f"2016-{number % 6 + 1:02d}"
        data = workbook(right_report(VALID[number % 3], month, output=number + 1))
        path.write_bytes(b"no workbook" if number == 5 else data)
    shutil.copyfile(folder / "2016-06-10" / "00.xlsx", folder / "2016-06-14" / "again.xlsx")
    for order, path in enumerate(sorted(folder.rglob("*.xlsx"))):
        os.utime(path, (1_465_000_000 + order, 1_465_000_000 + order))
    return folder


@pytest.fixture(scope="module")
def undisturbed(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    home = _home(inbox, tmp_path_factory.mktemp("undisturbed"))
    intake.intake(_settings(home), NOW)
    content = _content(home)
    assert content["monthly_report/output"] != []
    return content


def _home(inbox: Path, home: Path) -> Path:
    shutil.copytree(inbox, home / "inbox", copy_function=shutil.copy2)
    return home


def _settings(home: Path) -> Settings:
    return Settings(home=home, batch_size=5, settle_seconds=0)


def _content(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every dataset's rows in order, without what says when and in which batch; each is held to the register."""
    content = {}
    for path in sorted((home / "landing").rglob("_schema.parquet")):
        name = path.parent.relative_to(home / "landing").as_posix()
        files = f"read_parquet('{path.parent}/*.parquet')"
        columns = [line[0] for line in duckdb.sql(f"describe select * from {files}").fetchall()]
        kept = [column for column in columns if column not in ("batch_id", "receipt_no", "registered_at")]
        content[name] = duckdb.sql(f"select {', '.join(kept)} from {files} order by all").fetchall()
    return content


class Loader:
    """A process that loads homes on demand; several work beside each other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", LOADER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self, home: Path, killed_at: str, time_of_it: int = 1) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{home}|{killed_at}|{time_of_it}\n")
        self._process.stdin.flush()

    def status(self) -> int:
        """As ``waitpid`` tells it, of the load that was begun."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture(scope="module")
def loaders() -> Iterator[list[Loader]]:
    both = [Loader(), Loader()]
    yield both
    for loader in both:
        loader.stop()


def _check(home: Path, undisturbed: dict[str, list[tuple[object, ...]]]) -> None:
    intake.intake(_settings(home), NOW)
    assert _content(home) == undisturbed
    assert [path for path in (home / "inbox").rglob("*") if path.is_file()] == []
    assert list((home / "spool").iterdir()) == []
    assert sum(intake.reconcile(_settings(home)).states.values()) == 14
    assert list((home / "archive" / "incoming").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("time_of_it", [1, 2])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(
    step: str,
    time_of_it: int,
    inbox: Path,
    tmp_path: Path,
    loaders: list[Loader],
    undisturbed: dict[str, list[tuple[object, ...]]],
) -> None:
    home = _home(inbox, tmp_path / "home")
    loaders[0].begin(home, step, time_of_it)
    assert loaders[0].status() == signal.SIGKILL
    _check(home, undisturbed)


@pytest.mark.slow
def test_killed_at_a_hundred_random_instants(tmp_path: Path) -> None:
    inbox = tmp_path / "sent"
    for number in range(4):
        path = inbox / f"2016-06-{10 + number % 2}" / f"{number}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no workbook" if number == 3 else workbook(right_report(output=number // 2)))
        os.utime(path, (1_465_000_000 + number, 1_465_000_000 + number))
    intake.intake(_small(_home(inbox, tmp_path / "undisturbed")), NOW)
    expected = _lines(tmp_path / "undisturbed")
    assert len(expected["monthly_report/output"]) == 2
    told = subprocess.run(
        [sys.executable, "-c", KILLER, str(inbox), str(tmp_path / "homes"), str(KILLS), json.dumps(STAGES)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    last: dict[str, int] = json.loads(told.splitlines()[-1])
    assert sum(last.values()) >= KILLS
    assert {STAGES.get(step, step) for step in last} == {"begun", *STAGES.values()}, last
    homes = sorted((tmp_path / "homes").iterdir())
    assert len(homes) > 5
    for home in homes:
        assert _lines(home) == expected
        assert [path for path in (home / "inbox").rglob("*") if path.is_file()] == []
        assert list((home / "spool").iterdir()) == []


def _lines(home: Path) -> dict[str, list[str]]:
    """Every dataset's rows, as ``_content`` has them, in a fraction of its time."""
    lines: dict[str, list[str]] = {}
    for path in sorted((home / "landing").rglob("2*.parquet")):
        table = pq.read_table(path, partitioning=None).drop_columns(["batch_id"])
        kept = [column for column in table.column_names if column not in ("receipt_no", "registered_at")]
        name = path.parent.relative_to(home / "landing").as_posix()
        lines.setdefault(name, []).extend(map(str, table.select(kept).to_pylist()))
    return {name: sorted(rows) for name, rows in lines.items()}


def _small(home: Path) -> Settings:
    return Settings(home=home, batch_size=2, settle_seconds=0)


@pytest.mark.slow
def test_two_loads_at_once_are_as_good_as_one(
    inbox: Path, tmp_path: Path, loaders: list[Loader], undisturbed: dict[str, list[tuple[object, ...]]]
) -> None:
    home = _home(inbox, tmp_path / "home")
    for loader in loaders:
        loader.begin(home, "never")
    for loader in loaders:
        loader.status()
    _check(home, undisturbed)
