"""The state folder of an earlier release under today's code: nothing lost, the same figures, its releases untouched.

``tests/fixtures/state-0.1.0.tar.xz``: 117 workbooks of the small invented province, loaded, built and published by the
code of revision 72d8386.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from zonehouse import warehouse
from zonehouse.intake import intake, receipts, reconcile
from zonehouse.periods import HalfYear
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
STATE = Path(__file__).parents[1] / "fixtures" / "state-0.1.0.tar.xz"
STATES = {"accepted": 109, "accepted_with_warnings": 1, "superseded": 2, "duplicate": 1, "rejected": 4}


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("old")
    with tarfile.open(STATE) as archive:
        archive.extractall(home, filter="data")
    return Settings(home=home)


def _figures(path: Path) -> dict[tuple[str, str], str]:
    """(Zone, indicator) → value; the indicators that both releases know are compared."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        assert "half_year_headline" in tables
        schema = connection.execute(
            "select schema_name from duckdb_tables() where table_name = 'half_year_headline'"
        ).fetchone()
        assert schema is not None
        rows = connection.execute(
            f"select zone_code, indicator_code, value from {schema[0]}.half_year_headline where half_year = '2016-H1'"
        ).fetchall()
    return {(zone, indicator): str(value) for zone, indicator, value in rows}


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_register_reads_and_balances(old: Settings) -> None:
    assert dict(Counter(receipt.state for receipt in receipts(old))) == STATES
    report = intake(old, NOW)
    assert report.receipt_count == 0
    assert reconcile(old).received == sum(STATES.values())


def test_the_next_load_builds_everything_anew_to_the_same_figures(old: Settings) -> None:
    before = _digests(old.published / "releases")
    published = _figures(old.published / "marts.duckdb")
    pending = warehouse.pending(old)
    assert len(pending.batch_ids) == 2, "a batch that other models built is not built"
    warehouse.build_facts(old, pending)
    candidate = warehouse.build_candidate(old, HalfYear.parse("2016-H1"), NOW)
    rebuilt = _figures(candidate.database)
    common = set(published) & set(rebuilt)
    assert len(common) > 20
    assert {key: rebuilt[key] for key in common} == {key: published[key] for key in common}
    assert _digests(old.published / "releases") == before
