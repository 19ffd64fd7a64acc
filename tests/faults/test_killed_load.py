"""Killing the machine in the middle of a load, and starting again, gives the same tables."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from zonehouse.cli import DEFAULT_PROVINCE
from zonehouse.forms import load_catalogue
from zonehouse.periods import Month
from zonehouse.sample import generate, load_province
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
KILLS = 3
LOAD = """
from datetime import UTC, datetime
from zonehouse import intake, warehouse
from zonehouse.periods import HalfYear
from zonehouse.settings import Settings
settings, now = Settings(batch_size=20), datetime(2016, 7, 11, tzinfo=UTC)
intake.intake(settings, now)
pending = warehouse.pending(settings)
if pending.batch_ids:
    warehouse.build_facts(settings, pending)
candidate = warehouse.build_candidate(settings, HalfYear(2016, 1), now)
print(candidate.database)
"""


def _load(home: Path, kill_after: float | None = None) -> Path | None:
    """Run a load in another process; returns the candidate's file, or None when it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOAD],
        env={**os.environ, "ZONEHOUSE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed, errors = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    assert process.returncode == 0, errors
    return Path(printed.strip().splitlines()[-1])


def _content(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table of a candidate, its rows in order, without the columns that say when and in which batch."""
    volatile = ("batch_id", "registered_at", "receipt_id", "receipt_order")
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall()
        content = {}
        for schema, table in tables:
            columns = [
                f'"{name}"'
                for (name,) in connection.execute(
                    "select column_name from information_schema.columns"
                    " where table_schema = ? and table_name = ? order by column_name",
                    [schema, table],
                ).fetchall()
                if name not in volatile
            ]
            rows = connection.execute(f'select {", ".join(columns)} from "{schema}"."{table}" order by all').fetchall()
            content[f"{schema}.{table}"] = rows
    return content


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("undisturbed")


@pytest.fixture(scope="module")
def undisturbed(home: Path) -> tuple[dict[str, list[tuple[object, ...]]], float]:
    _send(home)
    began = datetime.now(UTC)
    database = _load(home)
    assert database is not None
    return _content(database), (datetime.now(UTC) - began).total_seconds()


def _send(home: Path) -> None:
    settings = Settings(home=home)
    generate(
        load_province(DEFAULT_PROVINCE.with_name("small_demo.yml")),
        settings.inbox,
        Month(2015, 1),
        Month(2016, 6),
        seed=7,
        catalogue=load_catalogue(settings),
    )


def test_a_killed_load_started_again_gives_the_same_tables(
    home: Path, tmp_path: Path, undisturbed: tuple[dict[str, list[tuple[object, ...]]], float]
) -> None:
    expected, seconds = undisturbed
    assert any(rows for name, rows in expected.items() if name.startswith("marts."))
    chance = random.Random(20160711)
    # The earliest first: a load that was not killed leaves the next ones nothing to be killed at.
    instants = sorted(chance.uniform(0.05, 0.5) * seconds for _ in range(KILLS))
    _send(tmp_path)
    # The kills shall meet the load, not dbt's parsing of the project.
    shutil.copytree(home / "dbt" / "parsed", tmp_path / "dbt" / "parsed")
    killed = sum(_load(tmp_path, kill_after=instant) is None for instant in instants)
    assert killed > 1
    database = _load(tmp_path)
    assert database is not None
    assert _content(database) == expected
