"""What was checked and decided, in the landing: ``validation_result`` and ``gate_decision`` (append-only)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from zonehouse.intake.schema import GATE_DECISION, VALIDATION_RESULT
from zonehouse.intake.state import landing_readers
from zonehouse.quality.report import CheckReport
from zonehouse.settings import Settings

# A verdict and the answer to it may carry the same injected time: the answer comes after.
_SAME_TIME_ORDER = {"pass": 0, "needs_approval": 0, "blocked": 0, "approved": 1, "rejected": 1, "published": 2}


@dataclass(frozen=True)
class Decision:
    """One row of ``gate_decision``; ``decided_at`` is UTC without zone, as all times in the landing."""

    decided_at: datetime
    candidate_id: str
    half_year: str
    inputs_digest: str
    outcome: str
    decided_by: str
    reason: str
    run_id: str | None = None
    """The run of checks behind a verdict, or behind the verdict that was answered: rows of ``validation_result``."""


def append_results(settings: Settings, report: CheckReport) -> Path | None:
    """Write the results of one run as one file; the same run written twice is one file. None when there are none."""
    if not report.results:
        return None
    common = {
        "run_id": report.run_id,
        "checked_at": naive_utc(report.checked_at),
        "scope": report.scope,
        "scope_key": report.scope_key,
    }
    columns = [name for name in VALIDATION_RESULT.names if name not in common]
    rows = [common | {name: getattr(result, name) for name in columns} for result in report.results]
    return append(settings, "validation_result", report.run_id, rows, VALIDATION_RESULT)


def append_decision(settings: Settings, decision: Decision) -> Path:
    """Write one decision as one file, named by its time and content: written twice it is one decision."""
    row = asdict(decision)
    digest = hashlib.sha256("\x1f".join(map(str, row.values())).encode()).hexdigest()[:12]
    name = f"{decision.decided_at:%Y%m%dT%H%M%S%fZ}-{decision.candidate_id}-{decision.outcome}-{digest}"
    return append(settings, "gate_decision", name, [row], GATE_DECISION)


def read_decisions(settings: Settings) -> list[Decision]:
    """Every decision, oldest first; at the same time the verdict comes before the answer to it."""
    folder = settings.landing / "gate_decision"
    with landing_readers(settings):
        files = sorted(str(path) for path in folder.glob("*.parquet") if not path.name.startswith((".", "_")))
        if not files:
            return []
        table = ds.dataset(files, schema=GATE_DECISION, format="parquet").to_table()
    found = [Decision(**row) for row in table.to_pylist()]
    return sorted(found, key=lambda one: (one.decided_at, _SAME_TIME_ORDER.get(one.outcome, 0), one.candidate_id))


def naive_utc(moment: datetime) -> datetime:
    """An aware time as the landing keeps it: UTC without zone.

    Raises:
        ValueError: the time has no zone, so that nobody knows which moment it is.
    """
    if moment.tzinfo is None:
        raise ValueError(f"the time {moment.isoformat()} has no zone; pass an aware one, such as datetime.now(UTC)")
    return moment.astimezone(UTC).replace(tzinfo=None)


def append(settings: Settings, dataset: str, name: str, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> Path:
    """Write a Parquet file that readers see whole or not at all, and that survives a power cut."""
    folder = settings.landing / dataset
    with landing_readers(settings):
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{name}.parquet"
        temporary = folder / f".{name}.{os.getpid()}.tmp"
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), temporary)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
    return target
