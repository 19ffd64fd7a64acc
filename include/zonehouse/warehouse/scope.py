"""Copying a part of the warehouse into a small database file that checks may read as long as they like."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import duckdb

from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.warehouse.connection import attached, literal

# They say when and in which batch a file was read, not what was reported: a repeated load may differ in them.
_LEFT_OUT = ("batch_id", "receipt_id", "receipt_no", "registered_at")
_MARTS = "half_year_"


def export_scope(settings: Settings, months: Iterable[Month], path: Path) -> None:
    """Write staging and facts of ``months`` to a DuckDB file, under the names they have in the warehouse.

    Facts and rows of reports are limited to the months and to current versions; ``stg_submission`` keeps every
    version of them. Dimensions and the registers in force are copied whole. The file appears whole or not at all.

    Raises:
        WarehouseError: there is no warehouse yet, or it is being written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    with attached(settings, temporary) as connection:
        copy_schemas(connection, settings.warehouse.stem, ("staging", "facts"), months)
    temporary.replace(path)


def copy_schemas(
    connection: duckdb.DuckDBPyConnection, source: str, schemas: Iterable[str], months: Iterable[Month]
) -> dict[str, int]:
    """Copy tables of database ``source`` into database ``frozen``, with their comments; rows by ``schema.table``."""
    listed = ", ".join(literal(month) for month in sorted({str(month) for month in months})) or "''"
    counts = {}
    for schema in schemas:
        connection.execute(f'create schema frozen."{schema}"')
        for table, columns in _tables(connection, source, schema).items():
            condition = _condition(source, schema, table, set(columns), listed)
            if condition is None:
                continue
            kept = ", ".join(f'"{column}"' for column in columns if column not in _LEFT_OUT)
            origin = f'"{source}"."{schema}"."{table}"'
            # Names come from the database's own catalogue, months from Month.
            select = f"select {kept} from {origin} where {condition}"  # noqa: S608
            connection.execute(f'create table frozen."{schema}"."{table}" as {select}')
            counts[f"{schema}.{table}"] = _count(connection, schema, table)
            _copy_comments(connection, source, schema, table)
    return counts


def _tables(connection: duckdb.DuckDBPyConnection, source: str, schema: str) -> dict[str, list[str]]:
    rows = connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = ? and schema_name = ?"
        " order by table_name, column_index",
        [source, schema],
    ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column in rows:
        tables.setdefault(table, []).append(column)
    return tables


def _condition(source: str, schema: str, table: str, columns: set[str], months: str) -> str | None:
    """Which rows to copy; None leaves the table out."""
    in_force = f"submission_id in (select submission_id from {source}.intermediate.int_current_register)"  # noqa: S608
    if schema == "marts":
        return "true" if table.startswith(_MARTS) else None
    if table.startswith("dim_") or table == "stg_form_version":
        return "true"
    if table.startswith("stg_register_"):
        return in_force
    if "period_month" not in columns:
        return None  # results of earlier checks: not what is checked
    if table == "stg_submission":
        return f"period_month in ({months}) or {in_force}"
    return f"period_month in ({months})" + (
        " and is_current" if schema == "staging" and "is_current" in columns else ""
    )


def _count(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    return int(connection.table(f'frozen."{schema}"."{table}"').shape[0])


def _copy_comments(connection: duckdb.DuckDBPyConnection, source: str, schema: str, table: str) -> None:
    where = [source, schema, table]
    texts = connection.execute(
        "select column_name, comment from duckdb_columns()"
        " where database_name = ? and schema_name = ? and table_name = ? and comment is not null",
        where,
    ).fetchall()
    about = connection.execute(
        "select comment from duckdb_tables()"
        " where database_name = ? and schema_name = ? and table_name = ? and comment is not null",
        where,
    ).fetchone()
    if about:
        connection.execute(f'comment on table frozen."{schema}"."{table}" is {literal(about[0])}')
    for column, text in texts:
        if column not in _LEFT_OUT:
            connection.execute(f'comment on column frozen."{schema}"."{table}"."{column}" is {literal(text)}')
