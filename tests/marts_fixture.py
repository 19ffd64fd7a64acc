"""Small candidates with invented figures, frozen and decided upon as the warehouse and the gate leave them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from zonehouse.intake.schema import GATE_DECISION
from zonehouse.quality.ledger import Decision
from zonehouse.settings import Settings

NOW = datetime(2018, 7, 20, 9, 30, tzinfo=UTC)


def make_candidate(
    settings: Settings,
    candidate_id: str,
    digest: str = "d1",
    fill: Callable[[duckdb.DuckDBPyConnection, str], None] | None = None,
) -> Path:
    """Freeze a candidate of two small marts (or of those that ``fill`` makes); returns its folder."""
    folder = settings.candidates / candidate_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "candidate.duckdb").unlink(missing_ok=True)
    with duckdb.connect(str(folder / "candidate.duckdb")) as connection:
        connection.begin()
        connection.execute("create schema marts")
        (fill or two_marts)(connection, candidate_id)
        connection.commit()
    manifest = {
        "release_id": candidate_id,
        "half_year": candidate_id[:7],
        "inputs": {"a" * 64: {"original_name": "báo cáo.xlsx"}, "b" * 64: {"original_name": "sổ.xlsx"}},
        "inputs_digest": digest,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def two_marts(connection: duckdb.DuckDBPyConnection, candidate_id: str) -> None:
    """``half_year_headline`` and ``half_year_output``, 50 rows each in no order, and a table that is no mart."""
    half_year, number = candidate_id[:7], int(candidate_id[-3:])
    for mart in ("half_year_headline", "half_year_output"):
        connection.execute(
            f"create table marts.{mart} as select '{candidate_id}' as release_id, '{half_year}' as half_year,"
            f" 'indicator ' || i as indicator_code, cast(i + {number} as decimal(24, 6)) as value"
            " from range(50) as numbers (i) order by hash(i)"
        )
        connection.execute(f"comment on column marts.{mart}.value is 'Trị giá, unit''s column'")
    connection.execute("create table marts.scratch as select 1 as one")


def add_decision(
    settings: Settings, candidate_id: str, outcome: str, minutes: int = 0, digest: str = "d1", **fields: str
) -> None:
    """Append one row to the decision ledger, ``minutes`` after ``NOW``."""
    decision = Decision(
        decided_at=NOW.replace(tzinfo=None) + timedelta(minutes=minutes),
        candidate_id=candidate_id,
        half_year=candidate_id[:7],
        inputs_digest=digest,
        outcome=outcome,
        decided_by=fields.get("decided_by", "gate"),
        reason=fields.get("reason", ""),
    )
    folder = settings.landing / "gate_decision"
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([asdict(decision)], schema=GATE_DECISION)
    pq.write_table(table, folder / f"{candidate_id}-{outcome}-{minutes}-{digest}.parquet")
