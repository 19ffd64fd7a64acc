"""The serving schema in PostgreSQL: what ``marts.duckdb`` holds, for tools that speak SQL to a server.

The tables are loaded into a schema beside the one that readers use, analysed and granted there, and take its place by
two renames in one transaction that holds every table of the served schema. PostgreSQL looks up the tables of a
statement one after another, so without the locks a statement could name a table of the old release and one of the new:
with them it has either all its tables before the swap, which then waits, or looks them all up after it. What is served
follows from the published file alone, so a load that was killed, refused or out of reach is made good by running it
again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import structlog

from zonehouse.publish.candidate import PublishError
from zonehouse.publish.files import sha256_of
from zonehouse.publish.marts_file import marts_path
from zonehouse.settings import Settings

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composable

log = structlog.get_logger(__name__)

_ROWS_A_FETCH = 10_000
# A minute and a half in all, most of it not waiting for a lock: readers queue behind a lock that is waited for.
_SWAP_TRIES = 180
_SWAP_PAUSE_SECONDS = 0.25
# Our own number, so that two loads wait for each other and no other program's lock is met.
_ADVISORY_LOCK = 7_214_633_907
_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(38, 0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "VARCHAR": "text",
}


@dataclass(frozen=True)
class Served:
    """What the serving schema holds now; ``is_new`` is False when it held exactly that before."""

    releases: dict[str, str]
    row_count: int
    is_new: bool


@dataclass(frozen=True)
class _Column:
    name: str
    kind: str
    comment: str | None


def serve(settings: Settings, progress: Callable[[str], None] | None = None) -> Served | None:
    """Bring the serving schema to what is published; None when no serving database is configured.

    Safe to repeat and to kill at any moment. Two loads at once wait for each other.

    Raises:
        PublishError: nothing is published, or the database refused (it says what to do); readers keep what they had.
    """
    if settings.serving_url is None or not settings.serving_url.get_secret_value():
        return None
    import psycopg

    path = marts_path(settings)
    if not path.is_file():
        raise PublishError(f"nothing is published yet ({path} is not there); publish a half-year first")
    try:
        with psycopg.connect(settings.serving_url.get_secret_value(), autocommit=True) as server:
            server.execute("select pg_advisory_lock(%s)", [_ADVISORY_LOCK])
            return _bring(settings, server, progress or (lambda _: None))
    except psycopg.Error as error:
        # The driver's own text may repeat the address with its password; only the first line of the cause is told.
        reason = (error.diag.message_primary or str(error).splitlines()[0]) if str(error) else type(error).__name__
        raise PublishError(
            f"the serving database refused: {_without_secret(settings, reason)}; readers keep the release they had. "
            "Check ZONEHOUSE_SERVING_URL and the rights of its user (docs/bi.md), then run `zonehouse serve`"
        ) from error


def _bring(settings: Settings, server: psycopg.Connection[Any], progress: Callable[[str], None]) -> Served:
    digest = sha256_of(marts_path(settings))
    config: dict[str, str | bool | int | float | list[str]] = {"threads": settings.threads}
    with duckdb.connect(str(marts_path(settings)), read_only=True, config=config) as marts:
        releases = dict(marts.execute("select half_year, release_id from release order by 1").fetchall())
        if _served_digest(settings, server) == digest:
            return Served(releases, 0, is_new=False)
        row_count = _load(settings, server, marts, digest, progress)
    _swap(settings, server)
    log.info("served", releases=sorted(releases.values()), rows=row_count)
    return Served(releases, row_count, is_new=True)


def _served_digest(settings: Settings, server: psycopg.Connection[Any]) -> str | None:
    """The published file that the schema was loaded from: the schema's comment moves with it in the swap."""
    row = server.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s", [settings.serving_schema]
    ).fetchone()
    return None if row is None or row[0] is None else str(row[0]).rpartition(" ")[2]


def _load(
    settings: Settings,
    server: psycopg.Connection[Any],
    marts: duckdb.DuckDBPyConnection,
    digest: str,
    progress: Callable[[str], None],
) -> int:
    """Fill the next schema; the number of rows."""
    from psycopg import sql

    schema = sql.Identifier(_next(settings))
    server.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    server.execute(sql.SQL("create schema {}").format(schema))
    server.execute(
        sql.SQL("comment on schema {} is {}").format(schema, sql.Literal(f"zonehouse marts, SHA-256 {digest}"))
    )
    total = 0
    tables = marts.execute(
        "select table_name, comment from duckdb_tables() where schema_name = 'main' order by 1"
    ).fetchall()
    for table, comment in tables:
        total += _load_table(server, marts, schema, table, comment)
        progress(f"serving schema: {table}")
    _grant(settings, server, schema)
    return total


def _load_table(
    server: psycopg.Connection[Any],
    marts: duckdb.DuckDBPyConnection,
    schema: Composable,
    table: str,
    comment: str | None,
) -> int:
    from psycopg import sql

    columns = [
        _Column(*row)
        for row in marts.execute(
            "select column_name, data_type, comment from duckdb_columns()"
            " where schema_name = 'main' and table_name = ? order by column_index",
            [table],
        ).fetchall()
    ]
    target = sql.SQL("{}.{}").format(schema, sql.Identifier(table))
    definitions = [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(_type(table, c))) for c in columns]
    server.execute(sql.SQL("create table {} ({})").format(target, sql.SQL(", ").join(definitions)))
    if comment:
        server.execute(sql.SQL("comment on table {} is {}").format(target, sql.Literal(comment)))
    for column in columns:
        if column.comment:
            place = sql.SQL("{}.{}").format(target, sql.Identifier(column.name))
            server.execute(sql.SQL("comment on column {} is {}").format(place, sql.Literal(column.comment)))
    rows = _copy(server, marts, target, table)
    server.execute(sql.SQL("analyze {}").format(target))
    return rows


def _copy(server: psycopg.Connection[Any], marts: duckdb.DuckDBPyConnection, target: Composable, table: str) -> int:
    from psycopg import sql

    count = 0
    source = marts.table(table)
    with server.cursor() as cursor, cursor.copy(sql.SQL("copy {} from stdin").format(target)) as copy:
        while rows := source.fetchmany(_ROWS_A_FETCH):
            for row in rows:
                copy.write_row(row)
            count += len(rows)
    return count


def _type(table: str, column: _Column) -> str:
    if column.kind.startswith("DECIMAL"):
        return column.kind.replace("DECIMAL", "numeric")
    try:
        return _TYPES[column.kind]
    except KeyError:
        raise PublishError(
            f"column {table}.{column.name} has type {column.kind}, which the serving schema has no counterpart for; "
            "cast it in its mart"
        ) from None


def _grant(settings: Settings, server: psycopg.Connection[Any], schema: Composable) -> None:
    """Let the readers' role, and nobody else, read the schema. The role is made when it is not there."""
    from psycopg import sql

    name = settings.serving_reader_role
    if server.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone() is None:
        server.execute(sql.SQL("create role {} nologin").format(sql.Identifier(name)))
    for grant in (
        "revoke all on schema {} from public",
        "grant usage on schema {} to {role}",
        "grant select on all tables in schema {} to {role}",
    ):
        server.execute(sql.SQL(grant).format(schema, role=sql.Identifier(name)))


def _swap(settings: Settings, server: psycopg.Connection[Any]) -> None:
    """Put the next schema in the place of the served one; tries again while somebody holds a lock in the way."""
    import psycopg

    for attempt in range(1, _SWAP_TRIES + 1):
        try:
            _swap_once(settings, server)
        except psycopg.errors.LockNotAvailable:
            if attempt == _SWAP_TRIES:
                raise
            log.info("serving_swap_waits", attempt=attempt)
            time.sleep(_SWAP_PAUSE_SECONDS)
        else:
            return


def _swap_once(settings: Settings, server: psycopg.Connection[Any]) -> None:
    """The schema that was served stays until the next swap: who holds a cursor in it is not cut off.

    The time-out lies below PostgreSQL's ``deadlock_timeout`` (1 s): where a statement that holds one table waits for
    another that we hold, it is the swap that gives way, and readers never wait longer than this.
    """
    from psycopg import sql

    served, following = settings.serving_schema, _next(settings)
    previous = f"{served}_previous"
    rename = sql.SQL("alter schema {} rename to {}")
    with server.transaction():
        server.execute("set local lock_timeout = '250ms'")
        if tables := _relations(server, served):
            server.execute(sql.SQL("lock table {} in access exclusive mode").format(sql.SQL(", ").join(tables)))
        server.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(previous)))
        if server.execute("select 1 from pg_namespace where nspname = %s", [served]).fetchone() is not None:
            server.execute(rename.format(sql.Identifier(served), sql.Identifier(previous)))
        server.execute(rename.format(sql.Identifier(following), sql.Identifier(served)))


def _relations(server: psycopg.Connection[Any], schema: str) -> list[Composable]:
    from psycopg import sql

    found = server.execute(
        "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and relkind = 'r' order by 1",
        [schema],
    ).fetchall()
    return [sql.Identifier(schema, name) for (name,) in found]


def _next(settings: Settings) -> str:
    return f"{settings.serving_schema}_next"


def _without_secret(settings: Settings, text: str) -> str:
    from psycopg.conninfo import conninfo_to_dict

    url = settings.serving_url.get_secret_value() if settings.serving_url else ""
    try:
        password = conninfo_to_dict(url).get("password")
    except Exception:  # the address itself may be what is wrong
        return "the address cannot be read" if url and url in text else text
    return text.replace(str(password), "***") if password else text
