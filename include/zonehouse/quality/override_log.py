"""The log of stewards' overrides in the landing (dataset ``override``, append-only), folded to what was meant.

An entry accepts or replaces one reported number; a later entry about the same number supersedes it; a revocation names
the entry that it takes back. The model ``fct_override`` folds the same log in SQL.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal

import pyarrow.dataset as ds

from zonehouse.intake.schema import OVERRIDE
from zonehouse.intake.state import landing_readers
from zonehouse.quality.ledger import append
from zonehouse.settings import Settings

Action = Literal["accept", "replace"]


@dataclass(frozen=True, order=True)
class OverrideTarget:
    """One number of a report, however often the report is sent again.

    Attributes:
        row_key: the row's natural key: the values of the section's ``row_key`` columns, joined by `` | ``.
        row_occurrence: which of several rows of the sheet with the same key, from 1.
    """

    form_code: str
    authority_code: str
    reporting_unit_code: str
    period_month: str
    section_code: str
    row_key: str
    row_occurrence: int
    column_code: str


@dataclass(frozen=True)
class OverrideEvent:
    """A line of the log; ``action`` is ``accept``, ``replace`` or ``revoke``, times are UTC without zone."""

    entered_at: datetime
    entered_by: str
    action: str
    reason: str
    target: OverrideTarget
    submission_id: str
    reported_value: Decimal | None
    reported_mark: str | None
    edited_value: Decimal | None
    override_id: str | None = None
    """The entry that a revocation takes back; of an entry, its own id (None: it gets its ``event_id``)."""

    @property
    def event_id(self) -> str:
        """Of time and content: the same line written twice is one."""
        said = [*asdict(self).items()]
        digest = hashlib.sha256(repr([(name, str(value)) for name, value in said if value is not None]).encode())
        return f"{self.entered_at:%Y%m%dT%H%M%S}-{digest.hexdigest()[:8]}"


@dataclass(frozen=True)
class Entry:
    """An acceptance or a replacement with what became of it; ``version`` counts the entries about its target."""

    override_id: str
    event: OverrideEvent
    version: int
    is_latest: bool
    revocation: OverrideEvent | None


def append_event(settings: Settings, event: OverrideEvent) -> str:
    """Write one line of the log as one file; its ``event_id``."""
    event_id = event.event_id
    row = {name: value for name, value in asdict(event).items() if name != "target"} | asdict(event.target)
    row |= {"event_id": event_id, "override_id": event.override_id or event_id}
    append(settings, "override", event_id, [row], OVERRIDE)
    return event_id


def event_months(settings: Settings) -> dict[str, str]:
    """``event_id`` → the month that it touches, of every line of the log."""
    return {row["event_id"]: row["period_month"] for row in _rows(settings)}


def read_entries(settings: Settings) -> list[Entry]:
    """Every acceptance and replacement, oldest first."""
    rows = _rows(settings)
    revocations = {row["override_id"]: _event(row) for row in rows if row["action"] == "revoke"}
    entries = [(row["override_id"], _event(row)) for row in rows if row["action"] != "revoke"]
    by_target = sorted(entries, key=lambda one: (one[1].target, one[1].entered_at, one[0]))
    found: list[Entry] = []
    for _, group in groupby(by_target, key=lambda one: one[1].target):
        same = list(group)
        found += [
            Entry(override_id, event, number, number == len(same), revocations.get(override_id))
            for number, (override_id, event) in enumerate(same, start=1)
        ]
    return sorted(found, key=lambda one: (one.event.entered_at, one.override_id))


def _rows(settings: Settings) -> list[dict[str, Any]]:
    folder = settings.landing / "override"
    with landing_readers(settings):
        files = sorted(str(path) for path in folder.glob("[!._]*.parquet"))
        if not files:
            return []
        rows = ds.dataset(files, schema=OVERRIDE, format="parquet").to_table().to_pylist()
    return sorted(rows, key=lambda row: (row["entered_at"], row["event_id"]))


def _event(row: dict[str, Any]) -> OverrideEvent:
    own = {name: row[name] for name in OverrideEvent.__dataclass_fields__ if name != "target"}
    target = OverrideTarget(**{name: row[name] for name in OverrideTarget.__dataclass_fields__})
    return OverrideEvent(target=target, **own)
