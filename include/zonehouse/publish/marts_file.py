"""``published/marts.duckdb``: the current release of every half-year in one file that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.periods import HalfYear
from zonehouse.publish.candidate import PublishError
from zonehouse.publish.files import replace_file
from zonehouse.publish.history import create_history, write_history_files
from zonehouse.publish.public import write_public_file
from zonehouse.publish.release import all_releases, manifest_of, releases_folder
from zonehouse.publish.release_table import create_release_tables, literal
from zonehouse.settings import Settings


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
            if connection.execute("select 1 from duckdb_views() where view_name = 'revision_triangle'").fetchone():
                return set()  # a table since: views did not reach PostgreSQL
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
    every = [manifest_of(settings, release_id) for release_id in all_releases(settings)]
    with duckdb.connect(str(temporary), config=config) as connection:
        create_release_tables(connection, every)
        for mart in sorted({name for manifest in manifests for name in manifest["tables"]}):
            _fill_mart(connection, settings, mart, [m for m in manifests if mart in m["tables"]])
        create_history(connection, releases_folder(settings), every)
        connection.execute("drop table release_vintage")
        write_history_files(connection, settings.published / "history")
        connection.execute("checkpoint")
    write_public_file(settings, releases_folder(settings), every)
    replace_file(temporary, target)


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
        connection.execute(f'comment on table "{mart}" is {literal(newest["comment"])}')
    for column in newest["columns"]:
        if column["comment"]:
            connection.execute(f'comment on column "{mart}"."{column["name"]}" is {literal(column["comment"])}')
