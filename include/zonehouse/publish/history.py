"""What all releases ever said, as tables and as Parquet: built from the frozen folders, never altering them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.publish.files import replace_file
from zonehouse.publish.revision import COMMENTS, REVISION_TABLES, empty_table

_HEADLINE = (
    "authority_code", "authority_name", "zone_code", "zone_name", "indicator_code", "label_vi", "label_en", "unit",
    "indicator_kind", "display_order", "value", "same_period_value", "growth_pct", "plan_value", "plan_share_pct",
    "coverage_pct", "imputed_share_pct", "status", "through_month",
)  # fmt: skip
VINTAGE_HEADLINE = (
    "release_id",
    "half_year",
    "release_no",
    "published_at",
    "superseded_at",
    "is_current",
    "vintage",
    *_HEADLINE,
)
VINTAGE_COMMENTS = {
    "release_no": "1-based number of the release within its half-year",
    "published_at": "When the figure was published (UTC)",
    "superseded_at": "When the next release of the half-year took its place (UTC); NULL: it is the current one",
    "is_current": "Whether it is the figure as known today",
    "vintage": "estimate: before all due days, or of a part of the months; revised: after them, with reports missing; "
    "final: after them, with all reports. NULL for releases made before vintages were kept",
}

_TRIANGLE = """
create table revision_triangle as
with revisions as (
    select
        half_year, to_release_id as release_id, authority_code, zone_code, indicator_code, reason_code, reason_codes,
        submission_count
    from release_revision where period = 'current'
)
select
    half_year, authority_code, zone_code, indicator_code, unit, release_no, release_id, vintage, published_at, value,
    lag(value) over releases as previous_value,
    value - lag(value) over releases as revision,
    100 * cast(value - lag(value) over releases as double)
        / nullif(cast(lag(value) over releases as double), 0) as revision_pct,
    first_value(value) over releases as first_published_value,
    value - first_value(value) over releases as revision_from_first,
    100 * cast(value - first_value(value) over releases as double)
        / nullif(cast(first_value(value) over releases as double), 0) as revision_from_first_pct,
    revisions.reason_code, revisions.reason_codes, revisions.submission_count
from headline_vintage
left join revisions using (half_year, release_id, authority_code, zone_code, indicator_code)
window releases as (
    partition by half_year, authority_code, zone_code, indicator_code order by release_no
)
order by all
"""
# Mean revision tells a bias, mean absolute revision the size (OECD/Eurostat guidelines on revision analysis).
_SUMMARY = """
create table revision_summary as
select
    authority_code, zone_code, indicator_code, revision_triangle.unit,
    count(*) as half_year_count,
    avg(revision_from_first_pct) as mean_revision_pct,
    avg(abs(revision_from_first_pct)) as mean_absolute_revision_pct,
    max(abs(revision_from_first_pct)) as largest_revision_pct
from revision_triangle
inner join headline_vintage using (half_year, authority_code, zone_code, indicator_code, release_no)
where headline_vintage.is_current and revision_triangle.release_no > 1
group by all
order by all
"""
HISTORY_TABLES = ("headline_vintage", *REVISION_TABLES, "revision_triangle", "revision_summary")
TRIANGLE_COMMENTS = {
    "half_year": "Half-year, YYYY-H1 or YYYY-H2",
    "authority_code": "Code of the authority",
    "zone_code": "Zone, or TOTAL",
    "indicator_code": "Indicator of the headline",
    "unit": "Unit of the figures",
    "release_no": "1-based number of the release within its half-year",
    "release_id": "Release, <half_year>-r<NNN>",
    "vintage": "estimate, revised or final; NULL for releases made before vintages were kept",
    "published_at": "When the figure was published (UTC)",
    "value": "The figure as that release told it",
    "previous_value": "The figure of the release before; NULL for the first",
    "revision": "Value less the figure before",
    "revision_pct": "The revision in per cent of the figure before",
    "first_published_value": "The figure as it was first told",
    "revision_from_first": "Value less the figure first told",
    "revision_from_first_pct": "That in per cent of the figure first told",
    "reason_code": "What moved the figure most against the release before; NULL when it did not move",
    "reason_codes": "All reasons, separated by blanks; the submissions behind them: release_revision_cause",
    "submission_count": "Submissions that moved it",
}
SUMMARY_COMMENTS = {
    "authority_code": "Code of the authority",
    "zone_code": "Zone, or TOTAL",
    "indicator_code": "Indicator of the headline",
    "unit": "Unit of the figures",
    "half_year_count": "Half-years that had more than one release",
    "mean_revision_pct": "Mean revision from the first to the current release, per cent: tells a bias",
    "mean_absolute_revision_pct": "Mean of the same regardless of sign, per cent: tells the size",
    "largest_revision_pct": "Largest of them regardless of sign, per cent",
}


def create_history(connection: duckdb.DuckDBPyConnection, folder: Path, manifests: Sequence[dict[str, Any]]) -> None:
    """Create ``headline_vintage``, the revision tables, triangle and summary; ``release_history`` must exist.

    A release whose headline has not the columns of the contract (an older layout) is not in the history.
    """
    told = [one for one in manifests if _has_headline(one)]
    if not told:
        return
    files = [str(folder / one["release_id"] / "half_year_headline.parquet") for one in told]
    connection.read_parquet(files, union_by_name=True).create_view("all_headlines")
    columns = ", ".join(f"all_headlines.{column}" for column in _HEADLINE)
    connection.execute(
        "create table headline_vintage as select release_id, release_history.half_year, release_no,"  # noqa: S608
        " created_at as published_at, superseded_at, superseded_at is null as is_current,"
        f" coalesce(release_vintage.vintage, release_history.vintage) as vintage, {columns}"
        " from all_headlines inner join release_history using (release_id)"
        " left join release_vintage using (release_id, authority_code) order by all"
    )
    connection.execute("drop view all_headlines")
    comments = {column["name"]: column["comment"] for column in told[-1]["tables"]["half_year_headline"]["columns"]}
    _comment(connection, "headline_vintage", {**comments, **VINTAGE_COMMENTS})
    for table in REVISION_TABLES:
        paths = [folder / one["release_id"] / f"{table}.parquet" for one in told]
        present = [str(path) for path in paths if path.is_file()]
        connection.execute(empty_table(table))
        if present:
            connection.execute(f"insert into {table} by name from read_parquet(?, union_by_name = true)", [present])
        _comment(connection, table, COMMENTS[table])
    connection.execute(_TRIANGLE)
    connection.execute(_SUMMARY)
    _comment(connection, "revision_triangle", TRIANGLE_COMMENTS)
    _comment(connection, "revision_summary", SUMMARY_COMMENTS)


def write_history_files(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the tables of the history that are there as Parquet, each file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    for table in ("release_history", *HISTORY_TABLES):
        if table in known:
            temporary = folder / f".{table}.unfinished.parquet"
            temporary.unlink(missing_ok=True)
            connection.table(table).to_parquet(str(temporary), compression="zstd")
            replace_file(temporary, folder / f"{table}.parquet")


def _has_headline(manifest: dict[str, Any]) -> bool:
    columns = manifest["tables"].get("half_year_headline", {}).get("columns", [])
    return set(_HEADLINE) <= {column["name"] for column in columns}


def _comment(connection: duckdb.DuckDBPyConnection, table: str, comments: Mapping[str, str | None]) -> None:
    names: Iterable[str] = connection.table(table).columns
    for column in names:
        text = comments.get(column)
        if text:
            quoted = text.replace("'", "''")
            connection.execute(f"comment on column {table}.{column} is '{quoted}'")
