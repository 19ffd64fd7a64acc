"""``published/marts.duckdb``: the current release of every half-year in one file that stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.periods import HalfYear
from zonehouse.publish.candidate import PublishError
from zonehouse.publish.files import replace_file
from zonehouse.publish.history import create_history, release_number, write_history_files
from zonehouse.publish.public import write_public_file
from zonehouse.publish.release import all_releases, manifest_of, releases_folder
from zonehouse.publish.vintage import least_mature
from zonehouse.settings import Settings

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
_RELEASE_COMMENTS = {
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


def marts_path(settings: Settings) -> Path:
    """The file that readers open."""
    return settings.published / "marts.duckdb"


def held_releases(path: Path) -> set[str]:
    """The releases that a marts file holds; none when it does not exist or cannot be read."""
    if not path.is_file():
        return set()
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("select count(*) from release_history")  # raises on a file of an older layout
            return {release_id for (release_id,) in connection.execute("select release_id from release").fetchall()}
    except duckdb.Error:
        return set()  # not a file of ours, or of an older layout: it is replaced


def write_marts_file(settings: Settings, current: Mapping[HalfYear, str]) -> None:
    """Build the file aside from the Parquet of the ``current`` releases, then swap it in by one rename.

    Raises:
        PublishError: a release folder no longer holds the rows its manifest states.
    """
    target = marts_path(settings)
    # One name is enough: the publishing lock is held, so a file of that name is what a killed publisher left.
    temporary = target.with_name(".marts.unfinished.duckdb")
    for leftover in target.parent.glob(f"{temporary.name}*"):
        leftover.unlink()
    manifests = [manifest_of(settings, release_id) for release_id in current.values()]
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
    }
    with duckdb.connect(str(temporary), config=config) as connection:
        every = [manifest_of(settings, release_id) for release_id in all_releases(settings)]
        _fill_release_table(connection, every)
        for mart in sorted({name for manifest in manifests for name in manifest["tables"]}):
            _fill_mart(connection, settings, mart, [m for m in manifests if mart in m["tables"]])
        create_history(connection, releases_folder(settings), every)
        connection.execute("drop table release_vintage")
        write_history_files(connection, settings.published / "history")
        connection.execute("checkpoint")
    write_public_file(settings, releases_folder(settings), manifests)
    replace_file(temporary, target)


def _fill_release_table(connection: duckdb.DuckDBPyConnection, manifests: Sequence[dict[str, Any]]) -> None:
    """``release_history`` of all releases (oldest first of each half-year), and ``release`` of the current ones."""
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
            release_number(manifest["release_id"]),
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
    for table in ("release", "release_history"):
        for column, text in _RELEASE_COMMENTS.items():
            if column in connection.table(table).columns:
                connection.execute(f"comment on column {table}.{column} is {_literal(text)}")


def _fill_mart(
    connection: duckdb.DuckDBPyConnection, settings: Settings, mart: str, manifests: list[dict[str, Any]]
) -> None:
    files = [str(releases_folder(settings) / m["release_id"] / f"{mart}.parquet") for m in manifests]
    # By name: an older release may lack a column that the mart has gained since.
    connection.read_parquet(files, union_by_name=True).create(mart)
    found = connection.table(mart).shape[0]
    expected = sum(manifest["tables"][mart]["rows"] for manifest in manifests)
    if found != expected:
        raise PublishError(
            f"the release folders hold {found} rows of {mart} and their manifests say {expected}: "
            f"a release was altered; restore {releases_folder(settings)} from the backup and publish again"
        )
    newest = manifests[-1]["tables"][mart]
    if newest["comment"]:
        connection.execute(f'comment on table "{mart}" is {_literal(newest["comment"])}')
    for column in newest["columns"]:
        if column["comment"]:
            connection.execute(f'comment on column "{mart}"."{column["name"]}" is {_literal(column["comment"])}')


def _utc(text: str) -> datetime:
    """An ISO time with an offset as UTC without zone, as all times in tables are."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
