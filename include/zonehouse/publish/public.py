"""The public variant of a release: the headline and a zone × sector table, disclosure-controlled, no enterprise in it.

Written into the release's folder when it is made (``public_*.parquet``), so that it is frozen with it; the current ones
are collected in ``published/public/marts.duckdb``, the only file that leaves the house.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.publish.disclosure import Cell, Table, pattern
from zonehouse.publish.files import READ_ONLY, replace_file, sync
from zonehouse.publish.vintage import least_mature
from zonehouse.settings import Settings

HEADLINE, ZONE_SECTOR = "public_headline", "public_zone_sector"
PUBLIC_TABLES = (HEADLINE, ZONE_SECTOR)
_SOURCES = ("headline", "output", "export", "labour", "investment")
PERIODS = ("current", "base")

# What enterprises report or are licensed for. All else of the headline (counts of projects, visits, works, the
# authority's own figures) says nothing of a single enterprise's business and is told as it is.
_MEASURES = (
    ("gross_output", "output", "gross_output_constant_vnd_million", "gross_output_constant_same_period_vnd_million"),
    (
        "gross_output_current",
        "output",
        "gross_output_current_vnd_million",
        "gross_output_current_same_period_vnd_million",
    ),
    ("net_revenue", "output", "net_revenue_vnd_million", "net_revenue_same_period_vnd_million"),
    ("exports", "export", "export_usd", "export_same_period_usd"),
    ("imports", "export", "import_usd", "import_same_period_usd"),
    ("labour", "labour", "headcount_persons", "headcount_same_period_persons"),
    (
        "implemented_capital",
        "investment",
        "implemented_capital_vnd_million",
        "implemented_capital_same_period_vnd_million",
    ),
)
_LEAVES = "\nunion all\n".join(
    [  # names are those above
        f"select authority_code, '{indicator}', coalesce(zone_code, 'UNKNOWN'), coalesce(sector_code, 'UNKNOWN'),"  # noqa: S608
        f" coalesce(tax_code, 'UNKNOWN'), '{period}', cast({column} as decimal(24, 6)) from half_year_{mart}"
        for indicator, mart, *columns in _MEASURES
        for period, column in zip(PERIODS, columns, strict=True)
    ]
    + [
        "select authority_code, 'registered_capital', zone_code, coalesce(sector_code, 'UNKNOWN'),"
        " coalesce(tax_code, 'UNKNOWN'), 'current', registered_capital_vnd_million from half_year_investment"
        " where is_valid",
        "select authority_code, 'registered_capital', same_period_zone_code, coalesce(sector_code, 'UNKNOWN'),"
        " coalesce(tax_code, 'UNKNOWN'), 'base', registered_capital_same_period_vnd_million from half_year_investment"
        " where same_period_is_valid",
    ]
)
_LEAF_SUMS = f"""
create table leaf as
select authority_code, indicator_code, zone_code, sector_code, tax_code, period,
    cast(sum(amount) as decimal(24, 6)) as amount
from ({_LEAVES}) as leaves (authority_code, indicator_code, zone_code, sector_code, tax_code, period, amount)
where amount is not null
group by all
"""  # noqa: S608 names are those above

_HEADLINE_SQL = """
select
    headline.release_id, headline.half_year, headline.authority_code, headline.authority_name,
    headline.authority_name_en, headline.zone_code, headline.zone_name, headline.zone_name_en,
    headline.indicator_code, headline.label_vi, headline.label_en, headline.unit, headline.indicator_kind,
    headline.display_order,
    case when suppressed.zone_code is null then headline.value end as value,
    case when suppressed.zone_code is null then headline.same_period_value end as same_period_value,
    case when suppressed.zone_code is null then headline.growth_pct end as growth_pct,
    headline.plan_value,
    case when suppressed.zone_code is null then headline.plan_share_pct end as plan_share_pct,
    headline.coverage_pct, headline.status, headline.through_month,
    suppressed.zone_code is not null as is_suppressed
from half_year_headline as headline
left join suppressed
    on
        headline.authority_code = suppressed.authority_code
        and headline.indicator_code = suppressed.indicator_code
        and headline.zone_code = suppressed.zone_code
        and suppressed.sector_code = 'TOTAL'
order by all
"""
_ZONE_SECTOR_SQL = """
with cells as (
    select
        authority_code, indicator_code,
        coalesce(zone_code, 'TOTAL') as zone_code, coalesce(sector_code, 'TOTAL') as sector_code,
        cast(sum(amount) filter (where period = 'current') as decimal(24, 6)) as value,
        cast(sum(amount) filter (where period = 'base') as decimal(24, 6)) as same_period_value
    from leaf
    group by grouping sets (
        (authority_code, indicator_code, zone_code, sector_code), (authority_code, indicator_code, zone_code),
        (authority_code, indicator_code, sector_code), (authority_code, indicator_code)
    )
),
totals as (
    select release_id, half_year, authority_code, indicator_code, label_vi, label_en, unit, growth_pct
    from half_year_headline where zone_code = 'TOTAL'
)
select
    totals.release_id, totals.half_year, cells.authority_code, cells.indicator_code, totals.label_vi, totals.label_en,
    totals.unit, cells.zone_code, cells.sector_code,
    case when suppressed.zone_code is null then cells.value end as value,
    case when suppressed.zone_code is null then cells.same_period_value end as same_period_value,
    -- Where the whole has no growth (no base, prices of other years) its parts have none either.
    case
        when suppressed.zone_code is null and totals.growth_pct is not null
            then 100 * cast(cells.value - cells.same_period_value as double)
                / nullif(cast(cells.same_period_value as double), 0)
    end as growth_pct,
    suppressed.zone_code is not null as is_suppressed
from cells
inner join totals using (authority_code, indicator_code)
left join suppressed using (authority_code, indicator_code, zone_code, sector_code)
order by all
"""
COMMENTS = {
    "is_suppressed": "Withheld so that no enterprise can be told from it; the figures are empty then",
    "sector_code": "Main sector of the enterprise (VSIC), TOTAL for all",
}

Suppressed = dict[tuple[str, str], set[Cell]]  # (authority, indicator) -> cells


def write_public(folder: Path, earlier: Sequence[Path]) -> dict[str, int]:
    """Write the public tables of the release in ``folder``; rows of each, nothing for a release of an older layout.

    ``earlier``: folders of releases whose suppressed cells stay suppressed here: those of the same half-year, and those
    of the half-years a year before and after, since each is the other's base of comparison.
    """
    files = {mart: folder / f"half_year_{mart}.parquet" for mart in _SOURCES}
    if not all(file.is_file() for file in files.values()):
        return {}
    with duckdb.connect() as connection:
        for mart, file in files.items():
            connection.read_parquet(str(file)).create_view(f"half_year_{mart}")
        connection.execute(_LEAF_SUMS)
        tables = _tables(connection)
        carried = _carried(connection, earlier)
        suppressed = {key: pattern(list(of.values()), carried.get(key, ())) for key, of in tables.items()}
        _create_suppressed(connection, suppressed)
        queries = {HEADLINE: _HEADLINE_SQL, ZONE_SECTOR: _ZONE_SECTOR_SQL}
        return {name: _write(connection, query, folder / f"{name}.parquet") for name, query in queries.items()}


def write_public_file(settings: Settings, folder: Path, manifests: Iterable[Mapping[str, Any]]) -> None:
    """Collect the public tables of the current releases in ``published/public/marts.duckdb``, swapped in whole."""
    told = [one for one in manifests if one.get("public")]
    if not told:
        return
    target = settings.published / "public" / "marts.duckdb"
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(".marts.unfinished.duckdb")
    for leftover in target.parent.glob(f"{temporary.name}*"):
        leftover.unlink()
    with duckdb.connect(str(temporary)) as connection:
        for table in PUBLIC_TABLES:
            files = [str(folder / one["release_id"] / f"{table}.parquet") for one in told]
            connection.read_parquet(files, union_by_name=True).create(table)
            for column, text in COMMENTS.items():
                if column in connection.table(table).columns:
                    connection.execute(f"comment on column {table}.{column} is '{text}'")
        connection.execute(
            "create table release (release_id varchar, half_year varchar, created_at timestamptz, vintage varchar)"
        )
        for one in told:
            row = [one["release_id"], one["half_year"], one["created_at"], least_mature(one["vintages"].values())]
            connection.execute("insert into release values (?, ?, ?, ?)", row)
        connection.execute("checkpoint")
    replace_file(temporary, target)


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, Table]]:
    """The two periods of each (authority, indicator)."""
    tables: dict[tuple[str, str], dict[str, Table]] = {}
    for authority, indicator, zone, sector, enterprise, period, amount in connection.execute(
        "select authority_code, indicator_code, zone_code, sector_code, tax_code, period, amount from leaf order by all"
    ).fetchall():
        of = tables.setdefault((authority, indicator), {period_: Table() for period_ in PERIODS})
        of[period].add(zone, sector, enterprise, Decimal(amount))
    return tables


def _carried(connection: duckdb.DuckDBPyConnection, earlier: Sequence[Path]) -> Suppressed:
    files = [str(file) for folder in earlier if (file := folder / f"{ZONE_SECTOR}.parquet").is_file()]
    carried: Suppressed = {}
    if files:
        rows = connection.execute(
            "select distinct authority_code, indicator_code, zone_code, sector_code"
            " from read_parquet(?, union_by_name = true) where is_suppressed",
            [files],
        ).fetchall()
        for authority, indicator, zone, sector in rows:
            carried.setdefault((authority, indicator), set()).add((zone, sector))
    return carried


def _create_suppressed(connection: duckdb.DuckDBPyConnection, suppressed: Suppressed) -> None:
    rows = [(*key, zone, sector) for key, cells in suppressed.items() for zone, sector in sorted(cells)]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], []]
    connection.execute(
        "create table suppressed as select unnest(?::varchar[]) as authority_code,"
        " unnest(?::varchar[]) as indicator_code, unnest(?::varchar[]) as zone_code,"
        " unnest(?::varchar[]) as sector_code",
        columns,
    )


def _write(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    relation = connection.sql(query)
    relation.to_parquet(str(target), compression="zstd")
    target.chmod(READ_ONLY)
    sync(target)
    return int(relation.shape[0])
