"""Small questions to the built warehouse."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from zonehouse.periods import HalfYear, Month
from zonehouse.settings import Settings
from zonehouse.warehouse.connection import READER_WAIT_SECONDS, connect

_OBLIGATIONS = """
select
    facts.form_code,
    facts.reporting_unit_code,
    coalesce(enterprises.enterprise_name, authorities.name_vi, facts.reporting_unit_code) as unit_name,
    facts.due_on,
    facts.first_received_on,
    facts.is_received,
    facts.is_on_time,
    facts.state,
    facts.period_month
from facts.fct_submission as facts
left join facts.dim_enterprise as enterprises
    on
        facts.authority_code = enterprises.authority_code
        and facts.reporting_unit_code = enterprises.tax_code
        and facts.period_end >= enterprises.valid_from
        and (enterprises.valid_to is null or facts.period_end < enterprises.valid_to)
left join facts.dim_authority as authorities
    on
        facts.reporting_unit_code = authorities.authority_code
        and facts.period_end >= authorities.valid_from
        and (authorities.valid_to is null or facts.period_end < authorities.valid_to)
where list_contains(?::varchar[], facts.period_month)
order by facts.period_month, facts.form_code, facts.reporting_unit_code
"""

# Current submissions that a half-year's marts are made from: reports and returns of the months that it reads, the
# registers in force, and returns that state a plan of its year or of the year before.
_INPUTS = """
select
    submission_id, original_name, form_code, reporting_unit_code, period_month,
    submission_version as version, cast(received_on as varchar) as received_on
from staging.stg_submission
where
    is_current
    and (
        (form_code <> 'project_register' and list_contains(?::varchar[], period_month))
        or submission_id in (select submission_id from intermediate.int_current_register)
        or submission_id in (select submission_id from facts.fct_plan where plan_year in (?, ?) and period_month <= ?)
    )
order by submission_id
"""

_OVERRIDES = """
select
    override_id, action, form_code, reporting_unit_code, period_month, section_code, row_key, column_code,
    cast(reported_value as varchar) as reported_value, cast(edited_value as varchar) as edited_value,
    entered_by, cast(entered_at as varchar) as entered_at, reason
from facts.fct_override
where
    state = 'active'
    and (
        list_contains(?::varchar[], period_month)
        or (section_code = 'annual_plan' and left(row_key, 7) in (? || ' | ', ? || ' | ') and period_month <= ?)
    )
order by override_id
"""


@dataclass(frozen=True)
class Obligation:
    """A report that is owed for a month, and whether it came; ``state`` is that of the report, or ``missing``."""

    form_code: str
    reporting_unit_code: str
    unit_name: str
    due_on: date
    first_received_on: date | None
    is_received: bool
    is_on_time: bool
    state: str


def obligations(settings: Settings, month: Month) -> list[Obligation]:
    """What is owed for a month, by form and reporting unit; empty for a month that facts do not span."""
    return obligations_of(settings, [month])[month]


def obligations_of(
    settings: Settings, months: Iterable[Month], wait_seconds: float = READER_WAIT_SECONDS
) -> dict[Month, list[Obligation]]:
    """As :func:`obligations` for several months, in one look at the warehouse.

    Raises:
        WarehouseError: a load writes it for longer than ``wait_seconds``.
    """
    owed: dict[Month, list[Obligation]] = {month: [] for month in months}
    if not settings.warehouse.is_file():
        return owed
    with connect(settings, wait_seconds=wait_seconds) as warehouse:
        for *row, month in warehouse.execute(_OBLIGATIONS, [[str(month) for month in owed]]).fetchall():
            owed[Month.parse(month)].append(Obligation(*row))
    return owed


def reported_half_years(settings: Settings) -> set[HalfYear]:
    """The half-years with a counted report of an enterprise for one of their months, as far as facts are built."""
    if not settings.warehouse.is_file():
        return set()
    with connect(settings) as warehouse:
        return reported(warehouse)


def reported(warehouse: duckdb.DuckDBPyConnection) -> set[HalfYear]:
    """As :func:`reported_half_years`, on an open connection; none when nothing has been built yet."""
    if not _is_built(warehouse):
        return set()
    rows = warehouse.execute(
        "select distinct period_month from staging.stg_submission where form_code = 'monthly_report' and not is_held"
    ).fetchall()
    return {Month.parse(month).half_year for (month,) in rows}


def compared_months(half_year: HalfYear) -> list[Month]:
    """The months of a half-year and those of its base."""
    return [*half_year.same_period_last_year.months, *half_year.months]


def inputs_of(
    warehouse: duckdb.DuckDBPyConnection, half_year: HalfYear, of_months: Iterable[Month] | None = None
) -> dict[str, dict[str, Any]]:
    """The submissions that a half-year's marts are made from, by submission id; or those of other months."""
    months = [str(month) for month in of_months or half_year.months_read]
    years = [half_year.year, half_year.year - 1]
    cursor = warehouse.execute(_INPUTS, [months, *years, str(half_year.last_month)])
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row.pop("submission_id"): row for row in rows}


def overrides_of(
    warehouse: duckdb.DuckDBPyConnection, half_year: HalfYear, of_months: Iterable[Month] | None = None
) -> dict[str, dict[str, Any]]:
    """The overrides in force in the reports that a half-year's marts are made from (as :func:`inputs_of`), by id."""
    if not _has_table(warehouse, "facts", "fct_override"):
        return {}  # a warehouse of older models: it is built anew before anything is made from it
    months = [str(month) for month in of_months or half_year.months_read]
    years = [str(half_year.year), str(half_year.year - 1)]
    cursor = warehouse.execute(_OVERRIDES, [months, *years, str(half_year.last_month)])
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row.pop("override_id"): row for row in rows}


def digest_of(submission_ids: Iterable[str], override_ids: Iterable[str] = ()) -> str:
    """SHA-256 over the sorted ids: equal exactly when the same submissions and overrides are in force."""
    return hashlib.sha256("\n".join([*sorted(submission_ids), *sorted(override_ids)]).encode()).hexdigest()


def _is_built(warehouse: duckdb.DuckDBPyConnection) -> bool:
    return _has_table(warehouse, "ops", "built_batch")


def _has_table(warehouse: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    found = warehouse.execute(
        "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?", [schema, table]
    ).fetchone()
    return found == (1,)
