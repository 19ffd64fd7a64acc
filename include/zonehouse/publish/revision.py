"""What a release changed against the one before it, and which submissions changed it.

Written once, into the folder of the newer release, from the frozen Parquet of both: ``release_revision`` (a figure
before and after) and ``release_revision_cause`` (a submission's share of the difference). Contributions of lineage sum
to the figure, so the causes of a figure sum to its difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.publish.files import READ_ONLY, sync

REVISION, CAUSE = "release_revision", "release_revision_cause"
REVISION_TABLES = (REVISION, CAUSE)
_NEEDED = ("half_year_headline", "half_year_lineage")
_TREND = "half_year_trend"
_TO_DATE = "('year_to_date', 'base_year_to_date')"

# The cells of both releases, by figure and submission. Who is in one release only came, was replaced or was taken
# back; who is in both and gives another contribution was moved by a steward's override, by the register, by a longer
# period, or by the method.
_CAUSES = """
create table release_revision_cause as
with
before_cells as (
    select
        authority_code, indicator_code, zone_code, period, submission_id,
        sum(contribution) as contribution, sum(edited_value) as edited_value
    from before_lineage group by all
),
after_cells as (
    select
        authority_code, indicator_code, zone_code, period, submission_id,
        sum(contribution) as contribution, sum(edited_value) as edited_value
    from after_lineage group by all
),
moved as (
    select
        authority_code, indicator_code, zone_code, period, submission_id,
        cast(coalesce(before_cells.contribution, 0) as decimal(24, 6)) as contribution_before,
        cast(coalesce(after_cells.contribution, 0) as decimal(24, 6)) as contribution_after,
        before_cells.edited_value is distinct from after_cells.edited_value as is_overridden
    from before_cells
    full join after_cells using (authority_code, indicator_code, zone_code, period, submission_id)
    where coalesce(before_cells.contribution, 0) <> coalesce(after_cells.contribution, 0)
),
inputs as (
    select *, true as is_before, false as is_after from before_input
    union all
    select *, false as is_before, true as is_after from after_input
),
submissions as (
    select
        submission_id, form_code, reporting_unit_code, period_month,
        max(original_name) as original_name, max(version) as submission_version,
        bool_or(is_before) as is_before, bool_or(is_after) as is_after
    from inputs group by all
),
reports as (
    select form_code, reporting_unit_code, period_month, bool_or(is_before) as is_before, bool_or(is_after) as is_after
    from submissions group by all
),
registers as (
    select coalesce(bool_or(is_before <> is_after), false) as is_changed
    from submissions where form_code = 'project_register'
),
periods as (
    select authority_code, max(through_month) filter (where is_after) is distinct from
        max(through_month) filter (where not is_after) as is_longer
    from (
        select authority_code, through_month, false as is_after from before_headline
        union all
        select authority_code, through_month, true as is_after from after_headline
    )
    group by authority_code
),
kinds as (
    select distinct indicator_code, indicator_kind from after_headline
)
select
    moved.* exclude (is_overridden),
    submissions.original_name,
    submissions.form_code,
    submissions.reporting_unit_code,
    submissions.period_month,
    submissions.submission_version,
    moved.contribution_after - moved.contribution_before as difference,
    case
        when submissions.form_code = 'project_register' and submissions.is_before <> submissions.is_after
            then 'register_change'
        when submissions.is_before and not submissions.is_after
            then case when reports.is_after then 'amendment' else 'withdrawn_report' end
        when submissions.is_after and not submissions.is_before
            then case when reports.is_before then 'amendment' else 'new_report' end
        when moved.is_overridden then 'override'
        when periods.is_longer and (kinds.indicator_kind <> 'flow' or moved.period like 'base%') then 'longer_period'
        when registers.is_changed then 'register_change'
        else 'method'
    end as reason_code
from moved
cross join registers
left join submissions using (submission_id)
left join reports using (form_code, reporting_unit_code, period_month)
left join periods using (authority_code)
left join kinds using (indicator_code)
"""

_REVISIONS = """
create table release_revision as
with
before_figures as (
    select authority_code, zone_code, indicator_code, unit, 'current' as period, value from before_headline
    union all
    select authority_code, zone_code, indicator_code, unit, 'base' as period, same_period_value from before_headline
    union all
    from before_to_date
),
after_figures as (
    select authority_code, zone_code, indicator_code, unit, 'current' as period, value from after_headline
    union all
    select authority_code, zone_code, indicator_code, unit, 'base' as period, same_period_value from after_headline
    union all
    from after_to_date
),
revised as (
    select
        authority_code, zone_code, indicator_code, period,
        coalesce(after_figures.unit, before_figures.unit) as unit,
        before_figures.value as value_before,
        after_figures.value as value_after
    from before_figures
    full join after_figures using (authority_code, zone_code, indicator_code, period)
    where before_figures.value is distinct from after_figures.value
),
reasons as (
    select
        authority_code, zone_code, indicator_code, period, reason_code,
        sum(difference) as difference, sum(abs(difference)) as movement,
        count(distinct submission_id) as submission_count
    from release_revision_cause group by all
),
explained as (
    select
        authority_code, zone_code, indicator_code, period,
        cast(sum(difference) as decimal(24, 6)) as explained_difference,
        arg_max(reason_code, (movement, reason_code)) as reason_code,
        string_agg(reason_code, ' ' order by reason_code) as reason_codes,
        cast(sum(submission_count) as bigint) as submission_count
    from reasons group by all
)
select
    revised.*,
    cast(coalesce(value_after, 0) - coalesce(value_before, 0) as decimal(24, 6)) as difference,
    100 * cast(value_after - value_before as double) / nullif(cast(value_before as double), 0) as difference_pct,
    coalesce(explained_difference, 0) as explained_difference,
    -- A figure without cells: nothing became a zero, or the other way round, by what has come or gone since.
    coalesce(reason_code, case when $same_inputs then 'method' else 'new_report' end) as reason_code,
    coalesce(reason_codes, case when $same_inputs then 'method' else 'new_report' end) as reason_codes,
    coalesce(submission_count, 0) as submission_count
from revised
left join explained using (authority_code, zone_code, indicator_code, period)
"""

COMMENTS = {
    REVISION: {
        "half_year": "Half-year, YYYY-H1 or YYYY-H2",
        "from_release_id": "The release before",
        "to_release_id": "The release that changed the figure",
        "revised_at": "When that was made (UTC)",
        "authority_code": "Code of the authority",
        "zone_code": "Zone, or TOTAL",
        "indicator_code": "Indicator of the headline",
        "period": "current: the half-year itself; base: the same months a year before; year_to_date, "
        "base_year_to_date: from January of the year, of the year before (of a second half-year)",
        "unit": "Unit of the figures",
        "value_before": "The figure as it was published before; NULL when nothing was reported",
        "value_after": "The figure as it is published now",
        "difference": "After less before, nothing counted as zero",
        "difference_pct": "The difference in per cent of the figure before; NULL when that was nothing or zero",
        "explained_difference": "Sum of the differences in release_revision_cause",
        "reason_code": "What moved it most: new_report, amendment, withdrawn_report, register_change, longer_period, "
        "override, method",
        "reason_codes": "All reasons, separated by blanks",
        "submission_count": "Submissions that moved it",
    },
    CAUSE: {
        "half_year": "Half-year, YYYY-H1 or YYYY-H2",
        "from_release_id": "The release before",
        "to_release_id": "The release that changed the figure",
        "authority_code": "Code of the authority",
        "zone_code": "Zone, or TOTAL",
        "indicator_code": "Indicator of the headline",
        "period": "current: the half-year itself; base: the same months a year before; year_to_date, "
        "base_year_to_date: from January of the year, of the year before (of a second half-year)",
        "submission_id": "SHA-256 of the workbook: its name in the archive",
        "original_name": "Name of the file",
        "form_code": "Form",
        "reporting_unit_code": "Who sent it",
        "period_month": "Month it reports on",
        "submission_version": "Which version of that report",
        "reason_code": "new_report: came since; amendment: replaced, or was replaced; "
        "withdrawn_report: counts no more; register_change: the register places it elsewhere; "
        "longer_period: more months are counted; "
        "override: a steward's decision; method: the models changed",
        "contribution_before": "What it added to the figure before",
        "contribution_after": "What it adds now",
        "difference": "After less before",
    },
}

_TYPES = {
    "revised_at": "timestamp",
    "submission_count": "bigint",
    "submission_version": "integer",
    "difference_pct": "double",
    **dict.fromkeys(
        ("value_before", "value_after", "difference", "explained_difference", "contribution_before",
         "contribution_after"), "decimal(24, 6)"
    ),
}  # fmt: skip


def empty_table(name: str) -> str:
    """The statement that creates one of the tables without rows: readers find it before the first revision too."""
    columns = ", ".join(f"{column} {_TYPES.get(column, 'varchar')}" for column in COMMENTS[name])
    return f"create table {name} ({columns})"


def write_revision(
    folder: Path, manifest: dict[str, Any], previous_folder: Path | None, previous: dict[str, Any] | None
) -> dict[str, int]:
    """Write both tables into ``folder`` (that of ``manifest``); rows of each. Nothing for a first release.

    A release of an older layout, without headline or lineage, cannot be compared: nothing is written then.
    """
    if previous_folder is None or previous is None:
        return {}
    if not all((place / f"{mart}.parquet").is_file() for place in (folder, previous_folder) for mart in _NEEDED):
        return {}
    with duckdb.connect() as connection:
        for name, place, about in (("before", previous_folder, previous), ("after", folder, manifest)):
            for mart in ("headline", "lineage"):
                connection.read_parquet(str(place / f"half_year_{mart}.parquet")).create(f"{name}_{mart}")
            # A release of before overrides were kept has none.
            connection.execute(f"alter table {name}_lineage add column if not exists edited_value decimal(24, 6)")
            _create_inputs(connection, f"{name}_input", about["inputs"])
        _create_to_date(connection, {"before": previous_folder, "after": folder})
        connection.execute(_CAUSES)
        connection.execute(_REVISIONS, {"same_inputs": previous["inputs_digest"] == manifest["inputs_digest"]})
        return {name: _write(connection, name, folder, manifest, previous) for name in REVISION_TABLES}


def _create_to_date(connection: duckdb.DuckDBPyConnection, folders: Mapping[str, Path]) -> None:
    """Years to date of both releases as figures of total; none where one of them has no cells of its years to date."""
    told = all(
        connection.execute(f"select count(*) > 0 from {name}_lineage where period in {_TO_DATE}").fetchone() == (True,)  # noqa: S608 our own names
        and (folder / f"{_TREND}.parquet").is_file()
        for name, folder in folders.items()
    )
    for name, folder in folders.items():
        connection.execute(
            f"create table {name}_to_date (authority_code varchar, zone_code varchar, indicator_code varchar,"
            " unit varchar, period varchar, value decimal(24, 6))"
        )
        if not told:
            connection.execute(f"delete from {name}_lineage where period in {_TO_DATE}")  # noqa: S608 our own names
            continue
        connection.read_parquet(str(folder / f"{_TREND}.parquet")).create_view(f"{name}_trend")
        for period, column in (("year_to_date", "ytd_value"), ("base_year_to_date", "ytd_same_period_value")):
            connection.execute(
                f"insert into {name}_to_date select authority_code, 'TOTAL', indicator_code, unit, '{period}', {column}"  # noqa: S608
                f" from {name}_trend inner join (select distinct authority_code, through_month from {name}_headline)"
                " using (authority_code) where period_month = through_month"
            )


def _create_inputs(connection: duckdb.DuckDBPyConnection, table: str, inputs: dict[str, dict[str, Any]]) -> None:
    connection.execute(
        f"create table {table} (submission_id varchar, original_name varchar, form_code varchar,"
        " reporting_unit_code varchar, period_month varchar, version integer)"
    )
    columns = ("original_name", "form_code", "reporting_unit_code", "period_month", "version")
    lists = [list(inputs), *([one.get(column) for one in inputs.values()] for column in columns)]
    # Lists in one statement: row by row would take longer than the comparison.
    connection.execute(
        f"insert into {table} select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::varchar[]),"
        " unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::integer[])",
        lists,
    )


def _write(
    connection: duckdb.DuckDBPyConnection, table: str, folder: Path, after: dict[str, Any], before: dict[str, Any]
) -> int:
    names = connection.table(table).columns
    wanted = [column for column in COMMENTS[table] if column in names]
    head = {"half_year": after["half_year"], "from_release_id": before["release_id"]}
    given = {**head, "to_release_id": after["release_id"]}
    fixed = ", ".join(f"'{value}' as {name}" for name, value in given.items())
    revised_at = f", timestamptz '{after['created_at']}' at time zone 'UTC' as revised_at" if table == REVISION else ""
    query = f"select {fixed}{revised_at}, {', '.join(wanted)} from {table} order by all"  # noqa: S608 our own names
    target = folder / f"{table}.parquet"
    relation = connection.sql(query)
    relation.to_parquet(str(target), compression="zstd")
    target.chmod(READ_ONLY)
    sync(target)
    return int(connection.table(table).shape[0])
