"""What all releases ever said, as tables of the marts file: built from the frozen folders, never altering them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.publish.candidate import half_year_and_number
from zonehouse.publish.revision import COMMENTS, REVISION_TABLES, empty_table

_HEADLINE = (
    "authority_code", "authority_name", "zone_code", "zone_name", "indicator_code", "label_vi", "label_en", "unit",
    "indicator_kind", "display_order", "value", "same_period_value", "growth_pct", "plan_value", "plan_share_pct",
    "coverage_pct", "imputed_share_pct", "status", "through_month",
)  # fmt: skip
_VINTAGE_COMMENTS = {
    "release_no": "1-based number of the release within its half-year",
    "published_at": "When the figure was published (UTC)",
    "superseded_at": "When the next release of the half-year took its place (UTC); NULL: it is the current one",
    "is_current": "Whether it is the figure as known today",
    "vintage": "estimate: before all due days, or of a part of the months; revised: after them, with reports missing; "
    "final: after them, with all reports. NULL for releases made before vintages were kept",
}

_TRIANGLE = """
create view revision_triangle as
select
    half_year, authority_code, zone_code, indicator_code, unit, release_no, release_id, vintage, published_at, value,
    lag(value) over releases as previous_value,
    value - lag(value) over releases as revision,
    100 * cast(value - lag(value) over releases as double)
        / nullif(cast(lag(value) over releases as double), 0) as revision_pct,
    first_value(value) over releases as first_published_value,
    value - first_value(value) over releases as revision_from_first,
    100 * cast(value - first_value(value) over releases as double)
        / nullif(cast(first_value(value) over releases as double), 0) as revision_from_first_pct
from headline_vintage
window releases as (
    partition by half_year, authority_code, zone_code, indicator_code order by release_no
)
"""
# Mean revision tells a bias, mean absolute revision the size (OECD/Eurostat guidelines on revision analysis).
_SUMMARY = """
create view revision_summary as
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
"""


def create_history(connection: duckdb.DuckDBPyConnection, folder: Path, manifests: Sequence[dict[str, Any]]) -> None:
    """Create ``headline_vintage``, the revision tables and the views on them; ``release_history`` must exist.

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
    _comment(connection, "headline_vintage", {**comments, **_VINTAGE_COMMENTS})
    for table in REVISION_TABLES:
        paths = [folder / one["release_id"] / f"{table}.parquet" for one in told]
        present = [str(path) for path in paths if path.is_file()]
        connection.execute(empty_table(table))
        if present:
            connection.execute(f"insert into {table} by name from read_parquet(?, union_by_name = true)", [present])
        _comment(connection, table, COMMENTS[table])
    connection.execute(_TRIANGLE)
    connection.execute(_SUMMARY)


def release_number(release_id: str) -> int:
    """The number of a release within its half-year."""
    return half_year_and_number(release_id)[1]


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
