"""Which failed warnings stewards answered beforehand: every row that failed holds a number that they accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.quality.report import Acceptance, CheckResult
from zonehouse.quality.reported import OVERRIDABLE
from zonehouse.quality.rules import query_of
from zonehouse.quality.runner import read_suite
from zonehouse.settings import Settings

_COLUMNS = frozenset(column for columns in OVERRIDABLE.values() for column in columns)
_FACTS = "facts.fct_"
_ACCEPTED = """
with failed as ({query}),
accepted as (
    select submission_id, sheet_name, row_number, override_id, entered_by, reason, column_code
    from facts.fct_override
    where state = 'active' and action = 'accept' and list_contains($columns::varchar[], column_code)
)
select accepted.override_id, accepted.entered_by, accepted.reason, accepted.column_code
from failed
left join accepted on failed.submission_id = accepted.submission_id and {same}
order by all
"""
_SAME_ROW = "failed.sheet_name = accepted.sheet_name and failed.row_number = accepted.row_number"
# A comparison is of the sum of a column's rows: who accepted one of them has looked at the month.
_COMPARISON, _SAME_COLUMN = "facts.fct_comparison", "failed.column_code = accepted.column_code"


def with_acceptances(settings: Settings, database: Path, results: Sequence[CheckResult]) -> list[CheckResult]:
    """Mark the failed warnings on facts whose failed rows are all accepted; a critical failure cannot be."""
    wanted = [one for one in results if _may_be_accepted(one)]
    if not wanted:
        return list(results)
    with duckdb.connect(str(database), read_only=True) as connection:
        if not _has_acceptances(connection):
            return list(results)
        answers = {(one.suite, one.rule): _acceptances(settings, connection, one) for one in wanted}
    return [replace(one, acceptances=answers.get((one.suite, one.rule), ())) for one in results]


def _may_be_accepted(one: CheckResult) -> bool:
    return not one.success and one.grade == "warning" and one.table_name.startswith(_FACTS)


def _has_acceptances(connection: duckdb.DuckDBPyConnection) -> bool:
    known = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'facts' and table_name = 'fct_override'"
    ).fetchone()
    if known == (0,):
        return False
    found = connection.execute("select count(*) from facts.fct_override where action = 'accept'").fetchone()
    return found != (0,)


def _acceptances(
    settings: Settings, connection: duckdb.DuckDBPyConnection, result: CheckResult
) -> tuple[Acceptance, ...]:
    """The acceptances that answer the rule, or none when a failed row lacks one."""
    expectations = read_suite(settings, result.suite)["expectations"]
    rule = next(one for one in expectations if one["meta"]["rule"] == result.rule)
    query = failed_rows(rule, result.table_name)
    is_comparison = result.table_name == _COMPARISON
    columns = sorted(_COLUMNS if is_comparison else _COLUMNS & set(re.findall(r"\w+", query or "")))
    if query is None or not columns:
        return ()
    asked = _ACCEPTED.format(query=query, same=_SAME_COLUMN if is_comparison else _SAME_ROW)
    try:
        rows = connection.execute(asked, {"columns": columns}).fetchall()
    except duckdb.BinderException:
        return ()  # what failed is no row of a sheet (a sum, a count): no single number answers it
    if any(override_id is None for override_id, *_ in rows):
        return ()
    return tuple(Acceptance(*row) for row in dict.fromkeys(rows))


def failed_rows(expectation: Mapping[str, Any], table: str) -> str | None:
    """SQL for the rows of a table that fail an expectation; None for kinds whose rows are not known."""
    kwargs, kind = expectation["kwargs"], expectation["type"]
    query = query_of(kind, kwargs)
    if query is not None:
        return query.replace("{batch}", table)
    condition = None
    if kind == "expect_column_values_to_not_be_null":
        condition = f"{kwargs['column']} is null"
    elif kind == "expect_column_values_to_be_between":
        bounds = (("<", kwargs.get("min_value")), (">", kwargs.get("max_value")))
        condition = " or ".join(f"{kwargs['column']} {sign} {bound}" for sign, bound in bounds if bound is not None)
    elif kind == "expect_column_pair_values_a_to_be_greater_than_b":
        sign = "<" if kwargs.get("or_equal") else "<="
        condition = f"{kwargs['column_A']} {sign} {kwargs['column_B']}"
    # Names and bounds are those of our own suites.
    return f"select * from {table} where {condition}" if condition else None  # noqa: S608
