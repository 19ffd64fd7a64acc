"""Which half-years the gate has not decided on as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow.dataset as ds

from zonehouse.intake.schema import GATE_DECISION
from zonehouse.periods import HalfYear
from zonehouse.settings import Settings
from zonehouse.warehouse.connection import connect
from zonehouse.warehouse.questions import digest_of, inputs_of, reported


@dataclass(frozen=True, order=True)
class Decided:
    """That something was decided about a candidate, and on which inputs."""

    decided_at: datetime
    candidate_id: str
    half_year: str
    inputs_digest: str


def decisions(settings: Settings) -> list[Decided]:
    """Every row of the gate's ledger, oldest first."""
    folder = settings.landing / "gate_decision"
    files = sorted(str(path) for path in folder.glob("*.parquet") if path.name[0] not in "._")
    if not files:
        return []
    columns = ["decided_at", "candidate_id", "half_year", "inputs_digest"]
    rows = ds.dataset(files, schema=GATE_DECISION, format="parquet").to_table(columns=columns).to_pylist()
    return sorted(Decided(**row) for row in rows)


def stale_half_years(settings: Settings) -> list[HalfYear]:
    """Reported half-years whose submissions in force are not those of the gate's last decision on them, in order."""
    if not settings.warehouse.is_file():
        return []
    last = {HalfYear.parse(one.half_year): one.inputs_digest for one in decisions(settings)}
    with connect(settings) as warehouse:
        return [
            half_year
            for half_year in sorted(reported(warehouse))
            if digest_of(inputs_of(warehouse, half_year)) != last.get(half_year)
        ]
