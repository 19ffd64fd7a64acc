"""``published/marts.duckdb``: the current release of every half-year in one file that stands alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.periods import HalfYear
from zonehouse.publish.candidate import PublishError
from zonehouse.publish.files import replace_file
from zonehouse.publish.release import manifest_of, releases_folder
from zonehouse.settings import Settings

_RELEASE_TABLE = """
create table release (
    release_id varchar not null,
    half_year varchar not null,
    created_at timestamp not null,
    git_revision varchar not null,
    inputs_digest varchar not null,
    input_count integer not null,
    gate_outcome varchar not null,
    expectation_count integer,
    failed_warning_count integer,
    approved_by varchar,
    approved_at timestamp,
    approval_reason varchar
)
"""
_RELEASE_COMMENTS = {
    "release_id": "Release, <half_year>-r<NNN>",
    "half_year": "Half-year, YYYY-H1 or YYYY-H2",
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
        _fill_release_table(connection, manifests)
        for mart in sorted({name for manifest in manifests for name in manifest["tables"]}):
            _fill_mart(connection, settings, mart, [m for m in manifests if mart in m["tables"]])
        connection.execute("checkpoint")
    replace_file(temporary, target)


def _fill_release_table(connection: duckdb.DuckDBPyConnection, manifests: Iterable[dict[str, Any]]) -> None:
    connection.execute(_RELEASE_TABLE)
    for column, text in _RELEASE_COMMENTS.items():
        connection.execute(f"comment on column release.{column} is {_literal(text)}")
    for manifest in manifests:
        gate = manifest["gate"]
        approval = gate["approval"] or {}
        connection.execute(
            "insert into release values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                manifest["release_id"],
                manifest["half_year"],
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
            ],
        )


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
