"""The tables that say which releases a published file holds, the same in the internal and the public one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from zonehouse.publish.candidate import half_year_and_number
from zonehouse.publish.vintage import least_mature

_RELEASE_TABLE = """
create table release_history (
    release_id varchar not null,
    half_year varchar not null,
    release_no integer not null,
    vintage varchar,
    created_at timestamp not null,
    git_revision varchar not null,
    inputs_digest varchar not null,
    input_count integer not null,
    gate_outcome varchar not null,
    expectation_count integer,
    failed_warning_count integer,
    approved_by varchar,
    approved_at timestamp,
    approval_reason varchar,
    superseded_at timestamp
)
"""
_VINTAGE_TABLE = "create table release_vintage (release_id varchar, authority_code varchar, vintage varchar)"
RELEASE_COMMENTS = {
    "release_id": "Release, <half_year>-r<NNN>",
    "half_year": "Half-year, YYYY-H1 or YYYY-H2",
    "release_no": "1-based number of the release within its half-year",
    "vintage": "estimate, revised or final (of several authorities the least mature); NULL when it was not kept",
    "created_at": "When the release was made (UTC)",
    "git_revision": "Commit of the code that made it; -dirty when files differed from it",
    "inputs_digest": "Digest of the submissions it was made from",
    "input_count": "Number of source workbooks; they are listed in the release's manifest.json",
    "gate_outcome": "What allowed it: pass or approved",
    "expectation_count": "Expectations checked on it",
    "failed_warning_count": "Of these, failed with severity warning",
    "approved_by": "The steward who approved it; NULL when it passed without warnings",
    "approved_at": "When it was approved (UTC)",
    "approval_reason": "Why it was approved",
    "superseded_at": "When the next release of the half-year took its place (UTC); NULL: it is the current one",
}
_NOT_PUBLIC = ("approved_by", "approved_at", "approval_reason")


def create_release_tables(
    connection: duckdb.DuckDBPyConnection, manifests: Sequence[Mapping[str, Any]], *, is_public: bool = False
) -> None:
    """``release_history`` of all releases (oldest first of each half-year), and ``release`` of the current ones.

    ``is_public``: without who approved it and why, and without the vintage of each authority (``release_vintage``).
    """
    connection.execute(_RELEASE_TABLE)
    connection.execute(_VINTAGE_TABLE)
    for manifest, following in zip(manifests, [*manifests[1:], None], strict=True):
        gate = manifest["gate"]
        approval = gate["approval"] or {}
        vintages = manifest.get("vintages", {})
        is_superseded = following is not None and following["half_year"] == manifest["half_year"]
        row = [
            manifest["release_id"],
            manifest["half_year"],
            half_year_and_number(manifest["release_id"])[1],
            least_mature(vintages.values()),
            _utc(manifest["created_at"]),
            manifest["git_revision"],
            manifest["inputs_digest"],
            len(manifest["inputs"]),
            gate["outcome"],
            gate["checks"].get("expectations"),
            gate["checks"].get("failed_warning"),
            approval.get("by"),
            _utc(approval["at"]) if approval else None,
            approval.get("reason"),
            _utc(following["created_at"]) if following is not None and is_superseded else None,
        ]
        places = ", ".join("?" * len(row))
        connection.execute(f"insert into release_history values ({places})", row)  # noqa: S608
        for authority, vintage in vintages.items():
            connection.execute(
                "insert into release_vintage values (?, ?, ?)", [manifest["release_id"], authority, vintage]
            )
    connection.execute(
        "create table release as select * exclude (superseded_at) from release_history where superseded_at is null"
    )
    if is_public:
        connection.execute("drop table release_vintage")
    for table in ("release", "release_history"):
        for column in _NOT_PUBLIC if is_public else ():
            connection.execute(f"alter table {table} drop column {column}")
        for column, text in RELEASE_COMMENTS.items():
            if column in connection.table(table).columns:
                connection.execute(f"comment on column {table}.{column} is {literal(text)}")


def _utc(text: str) -> datetime:
    """An ISO time with an offset as UTC without zone, as all times in tables are."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def literal(text: str) -> str:
    """``text`` as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
