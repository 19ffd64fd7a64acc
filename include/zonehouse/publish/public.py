"""The public variant of a release: what the brief tells, disclosure-controlled, with no enterprise in it.

Written into the release's folder when it is made (``public_*.parquet``), so that it is frozen with it; the current ones
are collected in ``published/public/marts.duckdb``. The folder ``published/public`` is all that may leave the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.periods import HalfYear
from zonehouse.publish.differencing import Told, leaks
from zonehouse.publish.disclosure import ALL, Cell, MonthAmount, Table, is_unsafe_total, month_pattern, pattern
from zonehouse.publish.files import READ_ONLY, replace_file, sync
from zonehouse.publish.release_table import create_release_tables, literal
from zonehouse.settings import Settings

HEADLINE, ZONE_SECTOR, TREND = "public_headline", "public_zone_sector", "public_trend"
REVISION, CONTACT, WORK, REPORTING = (
    "public_revision",
    "public_investor_contact",
    "public_infrastructure",
    "public_reporting",
)
PUBLIC_TABLES = (HEADLINE, ZONE_SECTOR, TREND, REVISION, CONTACT, WORK, REPORTING)
TRIANGLE, SUMMARY = "public_revision_triangle", "public_revision_summary"
_SOURCES = ("headline", "output", "export", "labour", "investment")
# Told when the release has them; an older layout, or a test's, may not.
_MORE_SOURCES = ("trend", "investor_contact", "infrastructure", "reporting")
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
    headline.coverage_pct,
    -- In whole per cent: an exact share would give the estimate for a single enterprise away.
    case
        when suppressed.zone_code is null and headline.imputed_share_pct <> 0
            then greatest(1, round(headline.imputed_share_pct))
        when suppressed.zone_code is null then headline.imputed_share_pct
    end as imputed_share_pct,
    headline.status, headline.through_month, {merged} as merged_authorities,
    suppressed.zone_code is not null as is_suppressed,
    headline.release_id as as_of_release_id
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
),
zones as (
    select distinct authority_code, zone_code, zone_name, zone_name_en from half_year_headline
),
sectors as (
    select sector_code, max(sector_short_vi) as sector_short_vi, max(sector_short_en) as sector_short_en
    from sector_name group by sector_code
)
select
    totals.release_id, totals.half_year, cells.authority_code, cells.indicator_code, totals.label_vi, totals.label_en,
    totals.unit, cells.zone_code, zones.zone_name, zones.zone_name_en, cells.sector_code, sectors.sector_short_vi,
    sectors.sector_short_en,
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
left join zones using (authority_code, zone_code)
left join sectors using (sector_code)
order by all
"""
# The months of the half-year and of its base: those between belong to the other half-year, with a pattern of its own.
_TREND_MONTHS = """
create table month_total as
select
    trend.authority_code, trend.indicator_code, trend.period_month, totals.indicator_kind,
    cast(left(trend.period_month, 4) as integer) as year, cast(right(trend.period_month, 2) as integer) as month,
    trend.value, trend.contributor_count, trend.largest_two_share_pct
from half_year_trend as trend
inner join (
    select authority_code, indicator_code, indicator_kind, through_month
    from half_year_headline where zone_code = 'TOTAL'
) as totals using (authority_code, indicator_code)
where
    right(trend.period_month, 2) between case right(trend.half_year, 1) when '1' then '01' else '07' end
        and right(totals.through_month, 2)
    and cast(left(trend.period_month, 4) as integer)
        in (cast(left(trend.half_year, 4) as integer), cast(left(trend.half_year, 4) as integer) - 1)
"""
_TREND_SQL = """
select
    trend.release_id, trend.half_year, trend.authority_code, trend.indicator_code, trend.label_vi, trend.label_en,
    trend.unit, trend.period_month,
    case when hidden.month is null then trend.value end as value,
    case when hidden.month is null and left(trend.period_month, 4) = left(trend.half_year, 4)
        then trend.same_month_last_year_value end as same_month_last_year_value,
    trend.tet_on,
    hidden.month is not null as is_suppressed
from half_year_trend as trend
inner join month_total using (authority_code, indicator_code, period_month)
left join suppressed_month as hidden
    on
        month_total.authority_code = hidden.authority_code
        and month_total.indicator_code = hidden.indicator_code
        and month_total.month = hidden.month
order by all
"""
_REVISION_SQL = """
select
    now.release_id, now.half_year, before.release_id as from_release_id, now.authority_code, now.zone_code,
    now.indicator_code, now.label_vi, now.label_en, now.unit, now.display_order,
    before.value as value_before, now.value as value_after,
    cast(now.value - before.value as decimal(24, 6)) as difference,
    100 * cast(now.value - before.value as double) / nullif(cast(before.value as double), 0) as difference_pct,
    reasons.reason_codes
from read_parquet(?) as now
inner join read_parquet(?) as before using (authority_code, zone_code, indicator_code)
left join reasons using (authority_code, zone_code, indicator_code)
where
    not now.is_suppressed and not before.is_suppressed and now.value is distinct from before.value
order by all
"""
_PLAIN = {
    CONTACT: (
        "investor_contact",
        "select release_id, half_year, authority_code, country_code, region_code, region_vi, region_en, sector_code,"
        " sector_short_vi, sector_short_en, visits_count from half_year_investor_contact order by all",
    ),
    WORK: (
        "infrastructure",
        "select release_id, half_year, authority_code, work_code, work_name, allocated_year_vnd_million,"
        " disbursed_vnd_million from half_year_infrastructure order by all",
    ),
    REPORTING: (
        "reporting",
        "select release_id, half_year, authority_code, form_code, cast(sum(obliged_count) as bigint) as obliged_count,"
        " cast(sum(received_count) as bigint) as received_count, cast(sum(on_time_count) as bigint) as on_time_count,"
        " cast(sum(late_count) as bigint) as late_count from half_year_reporting group by all order by all",
    ),
}
# A cell that any release of the half-year withholds has no history here: an older figure of it would be the key.
_TRIANGLE_SQL = """
create table public_revision_triangle as
with told as (
    select
        *,
        bool_or(is_suppressed) over (
            partition by half_year, authority_code, zone_code, indicator_code
        ) as is_hidden
    from all_public_headlines
),
kept as (
    select
        told.half_year, told.authority_code, told.zone_code, told.indicator_code, told.unit,
        release_history.release_no, told.release_id, release_history.vintage,
        release_history.created_at as published_at, release_history.superseded_at is null as is_current, told.value
    from told inner join release_history using (release_id)
    where not told.is_hidden
)
select
    * exclude (is_current), is_current,
    lag(value) over releases as previous_value,
    value - lag(value) over releases as revision,
    100 * cast(value - lag(value) over releases as double)
        / nullif(cast(lag(value) over releases as double), 0) as revision_pct,
    first_value(value) over releases as first_published_value,
    100 * cast(value - first_value(value) over releases as double)
        / nullif(cast(first_value(value) over releases as double), 0) as revision_from_first_pct
from kept
window releases as (partition by half_year, authority_code, zone_code, indicator_code order by release_no)
order by all
"""
_SUMMARY_SQL = """
create table public_revision_summary as
select
    authority_code, zone_code, indicator_code, unit,
    count(*) as half_year_count,
    avg(revision_from_first_pct) as mean_revision_pct,
    avg(abs(revision_from_first_pct)) as mean_absolute_revision_pct,
    max(abs(revision_from_first_pct)) as largest_revision_pct
from public_revision_triangle
where is_current and release_no > 1
group by all
order by all
"""
COMMENTS = {
    "as_of_release_id": "The release whose figures these are: an earlier one while what has changed since would give "
    "away what is withheld",
    "is_suppressed": "Withheld so that no enterprise can be told from it; the figures are empty then",
    "sector_code": "Main sector of the enterprise (VSIC), TOTAL for all",
}

# What is told of the public tables in the data dictionary: a test compares their columns with what is written.
_OF_RELEASE = ("release_id", "half_year", "authority_code")
_OF_INDICATOR = ("indicator_code", "label_vi", "label_en", "unit")
PUBLIC_COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    HEADLINE: (
        "The headline after disclosure control.",
        (*_OF_RELEASE, "authority_name", "authority_name_en", "zone_code", "zone_name", "zone_name_en",
         *_OF_INDICATOR, "indicator_kind", "display_order", "value", "same_period_value", "growth_pct", "plan_value",
         "plan_share_pct", "coverage_pct", "imputed_share_pct", "status", "through_month", "merged_authorities",
         "is_suppressed", "as_of_release_id"),
    ),
    ZONE_SECTOR: (
        "Zone × main sector of the enterprise, with all sums, after disclosure control.",
        (*_OF_RELEASE, *_OF_INDICATOR, "zone_code", "zone_name", "zone_name_en", "sector_code", "sector_short_vi",
         "sector_short_en", "value", "same_period_value", "growth_pct", "is_suppressed"),
    ),
    TREND: (
        "Months of the half-year and of its base, after disclosure control.",
        (*_OF_RELEASE, *_OF_INDICATOR, "period_month", "value", "same_month_last_year_value", "tet_on",
         "is_suppressed"),
    ),
    REVISION: (
        "What moved since the release before, of what both tell.",
        ("release_id", "half_year", "from_release_id", "authority_code", "zone_code", *_OF_INDICATOR, "display_order",
         "value_before", "value_after", "difference", "difference_pct", "reason_codes"),
    ),
    CONTACT: (
        "Visits of investors by country and sector.",
        (*_OF_RELEASE, "country_code", "region_code", "region_vi", "region_en", "sector_code", "sector_short_vi",
         "sector_short_en", "visits_count"),
    ),
    WORK: (
        "Infrastructure works.",
        (*_OF_RELEASE, "work_code", "work_name", "allocated_year_vnd_million", "disbursed_vnd_million"),
    ),
    REPORTING: (
        "Reports owed and received, by form.",
        (*_OF_RELEASE, "form_code", "obliged_count", "received_count", "on_time_count", "late_count"),
    ),
    TRIANGLE: (
        "A public figure through the releases of its half-year; a cell that any of them withholds is left out.",
        ("half_year", "authority_code", "zone_code", "indicator_code", "unit", "release_no", "release_id", "vintage",
         "published_at", "value", "is_current", "previous_value", "revision", "revision_pct", "first_published_value",
         "revision_from_first_pct"),
    ),
    SUMMARY: (
        "Mean and largest revision of a public indicator.",
        ("authority_code", "zone_code", "indicator_code", "unit", "half_year_count", "mean_revision_pct",
         "mean_absolute_revision_pct", "largest_revision_pct"),
    ),
}  # fmt: skip

Key = tuple[str, str]  # authority, indicator
Suppressed = dict[Key, set[Cell]]


@dataclass(frozen=True)
class Months:
    """An indicator's months by year; whether they sum to the half-year's total."""

    is_summed: bool
    years: dict[int, dict[int, MonthAmount]]


def public_path(settings: Settings) -> Path:
    """The public file; its folder is all that may leave the house."""
    return settings.published / "public" / "marts.duckdb"


def write_public(folder: Path, earlier: Sequence[Path], previous: Path | None = None) -> dict[str, int]:
    """Write the public tables of the release in ``folder``; rows of each, nothing for a release of an older layout.

    ``earlier``: folders of releases whose suppressed cells stay suppressed here: those of the same half-year, and those
    of the half-years a year before and after, since each is the other's base of comparison. ``previous``: the release
    that this one revises. An indicator of which these releases and this one together would give away what is withheld
    is told as the previous release tells it, or withheld where there is none.
    """
    files = {mart: folder / f"half_year_{mart}.parquet" for mart in (*_SOURCES, *_MORE_SOURCES)}
    if not all(files[mart].is_file() for mart in _SOURCES):
        return {}
    with duckdb.connect() as connection:
        for mart, file in files.items():
            if file.is_file():
                connection.read_parquet(str(file)).create_view(f"half_year_{mart}")
        connection.execute(_LEAF_SUMS)
        tables = _tables(connection)
        carried = _carried(connection, earlier)
        suppressed = {key: pattern(list(of.values()), carried.get(key, ())) for key, of in tables.items()}
        months = _months(connection)
        carried_months = _carried_months(connection, earlier)
        given_away = _given_away(
            _half_year_of(connection),
            told_of(tables, suppressed, months, _hidden_months(months, suppressed, carried_months)),
            [told_by(one) for one in earlier],
        )
        held = given_away if previous and (previous / f"{HEADLINE}.parquet").is_file() else set()
        for key in given_away - held:
            suppressed[key] = {cell for table in tables[key].values() for cell in table.contributions}
        _create_suppressed(connection, suppressed)
        _create_sector_names(connection)
        queries = {HEADLINE: _headline_query(connection), ZONE_SECTOR: _ZONE_SECTOR_SQL}
        if months is not None:
            _create_suppressed_months(connection, _hidden_months(months, suppressed, carried_months))
            queries[TREND] = _TREND_SQL
        written = {
            name: _write(connection, _holding(connection, name, query, held, previous), folder / f"{name}.parquet")
            for name, query in queries.items()
        }
        for name, (mart, query) in _PLAIN.items():
            if files[mart].is_file():
                written[name] = _write(connection, query, folder / f"{name}.parquet")
        before = previous / f"{HEADLINE}.parquet" if previous else None
        if before is not None and before.is_file():
            written[REVISION] = _write_revision(connection, folder, before)
        return written


def _headline_query(connection: duckdb.DuckDBPyConnection) -> str:
    """The headline after disclosure control; one of an older layout does not tell of mergers."""
    is_told = "merged_authorities" in connection.table("half_year_headline").columns
    return _HEADLINE_SQL.format(merged="headline.merged_authorities" if is_told else "cast(null as varchar)")


def write_public_file(settings: Settings, folder: Path, manifests: Sequence[Mapping[str, Any]]) -> None:
    """Collect the public tables in ``published/public/marts.duckdb`` and as Parquet beside it, each swapped in whole.

    ``manifests``: those of all releases, by half-year and number. The tables hold the current ones, the history all.
    """
    told = [one for one in manifests if one.get("public")]
    if not told:
        return
    current = {one["half_year"]: one for one in told}.values()
    target = public_path(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(".marts.unfinished.duckdb")
    for leftover in target.parent.glob(f"{temporary.name}*"):
        leftover.unlink()
    with duckdb.connect(str(temporary)) as connection:
        create_release_tables(connection, told, is_public=True)
        for table in PUBLIC_TABLES:
            files = [str(folder / one["release_id"] / f"{table}.parquet") for one in current if table in one["public"]]
            if files:
                connection.read_parquet(files, union_by_name=True).create(table)
        headlines = [str(folder / one["release_id"] / f"{HEADLINE}.parquet") for one in told]
        connection.read_parquet(headlines, union_by_name=True).create_view("all_public_headlines")
        connection.execute(_TRIANGLE_SQL)
        connection.execute(_SUMMARY_SQL)
        connection.execute("drop view all_public_headlines")
        names = sorted(name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall())
        for table in names:
            for column in set(COMMENTS) & set(connection.table(table).columns):
                connection.execute(f"comment on column {table}.{column} is '{COMMENTS[column]}'")
        connection.execute("checkpoint")
        for table in names:
            aside = target.with_name(f".{table}.unfinished.parquet")
            aside.unlink(missing_ok=True)
            connection.table(table).to_parquet(str(aside), compression="zstd")
            replace_file(aside, target.with_name(f"{table}.parquet"))
    replace_file(temporary, target)


def _create_sector_names(connection: duckdb.DuckDBPyConnection) -> None:
    """The short names that the marts give to sectors; a mart without them (an older layout) gives none."""
    named = [
        f"half_year_{mart}"
        for mart in ("output", "export", "labour", "investment")
        if {"sector_code", "sector_short_vi", "sector_short_en"} <= set(connection.table(f"half_year_{mart}").columns)
    ]
    selects = [f"select sector_code, sector_short_vi, sector_short_en from {mart}" for mart in named]  # noqa: S608
    none = "select null::varchar, null::varchar, null::varchar where false"
    connection.execute(
        "create view sector_name (sector_code, sector_short_vi, sector_short_en) as " + " union ".join([none, *selects])
    )


def _can_tell_months(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the release knows who makes its months: without that none of them may be told."""
    columns = {
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where table_name = 'half_year_trend'"
        ).fetchall()
    }
    return {"contributor_count", "largest_two_share_pct"} <= columns


def _months(connection: duckdb.DuckDBPyConnection) -> dict[Key, Months] | None:
    """The months of the half-year and of its base, by indicator; None when none of them may be told."""
    if not _can_tell_months(connection):
        return None
    connection.execute(_TREND_MONTHS)
    found: dict[Key, Months] = {}
    for authority, indicator, kind, year, month, value, count, share in connection.execute(
        "select authority_code, indicator_code, indicator_kind, year, month, value, contributor_count,"
        " largest_two_share_pct from month_total order by all"
    ).fetchall():
        amount = MonthAmount(abs(Decimal(value or 0)), is_unsafe_total(count or 0, share))
        of = found.setdefault((authority, indicator), Months(kind == "flow", {}))
        of.years.setdefault(year, {})[month] = amount
    return found


def _hidden_months(
    months: Mapping[Key, Months] | None, suppressed: Suppressed, carried: Mapping[Key, set[int]]
) -> dict[Key, set[int]]:
    return {
        key: month_pattern(
            list(of.years.values()),
            is_summed=of.is_summed,
            is_total_suppressed=(ALL, ALL) in suppressed.get(key, ()),
            carried=carried.get(key, ()),
        )
        for key, of in (months or {}).items()
    }


def _create_suppressed_months(connection: duckdb.DuckDBPyConnection, hidden: Mapping[Key, set[int]]) -> None:
    rows = [(*key, month) for key, of in hidden.items() for month in sorted(of)]
    connection.execute("create table suppressed_month (authority_code varchar, indicator_code varchar, month integer)")
    if rows:
        connection.executemany("insert into suppressed_month values (?, ?, ?)", rows)


def told_of(
    tables: Mapping[Key, Mapping[str, Table]],
    suppressed: Suppressed,
    months: Mapping[Key, Months] | None,
    hidden_months: Mapping[Key, set[int]],
) -> dict[tuple[Key, str], Told]:
    """What a release tells of each indicator in each period, as :func:`leaks` wants it."""
    found = {}
    for key, of in tables.items():
        summed = months.get(key) if months else None
        years = sorted(summed.years, reverse=True) if summed and summed.is_summed else []
        for place, (period, table) in enumerate(of.items()):
            of_year = summed.years[years[place]] if summed and place < len(years) else {}
            sizes = {month: one.size for month, one in of_year.items()}
            hidden = frozenset(suppressed.get(key, ()))
            found[key, period] = Told(table, hidden, sizes, frozenset(hidden_months.get(key, ())))
    return found


def told_by(folder: Path) -> tuple[HalfYear, dict[tuple[Key, str], Told]] | None:
    """What the release in ``folder`` tells, of the indicators whose figures are its own; None for an older layout."""
    files = {mart: folder / f"half_year_{mart}.parquet" for mart in (*_SOURCES, "trend")}
    needed = [*(files[mart] for mart in _SOURCES), folder / f"{ZONE_SECTOR}.parquet"]
    if not all(file.is_file() for file in needed):
        return None
    with duckdb.connect() as connection:
        for mart, file in files.items():
            if file.is_file():
                connection.read_parquet(str(file)).create_view(f"half_year_{mart}")
        connection.execute(_LEAF_SUMS)
        headline = connection.read_parquet(str(folder / f"{HEADLINE}.parquet"))
        older: set[Key] = set()
        if "as_of_release_id" in headline.columns:
            as_of = headline.filter("as_of_release_id <> release_id").select("authority_code, indicator_code")
            older = set(as_of.fetchall())
        tables = {key: of for key, of in _tables(connection).items() if key not in older}
        months = _months(connection) if (folder / f"{TREND}.parquet").is_file() else None
        told = told_of(tables, _carried(connection, [folder]), months, _carried_months(connection, [folder]))
        return _half_year_of(connection), told


def _given_away(
    half_year: HalfYear,
    own: Mapping[tuple[Key, str], Told],
    earlier: Sequence[tuple[HalfYear, dict[tuple[Key, str], Told]] | None],
) -> set[Key]:
    """The indicators of which something withheld follows from this release and the earlier ones, and not from those."""
    found = set()
    for (key, period), told in own.items():
        year = half_year.year - PERIODS.index(period)
        others = [
            one
            for release in earlier
            if release is not None
            for place, period_ in enumerate(PERIODS)
            if release[0].year - place == year and (one := release[1].get((key, period_))) is not None
        ]
        if others and len(leaks([*others, told])) > len(leaks(others)):
            found.add(key)
    return found


def _half_year_of(connection: duckdb.DuckDBPyConnection) -> HalfYear:
    row = connection.execute("select max(half_year) from half_year_headline").fetchone()
    return HalfYear.parse(row[0] if row else "")


def _holding(
    connection: duckdb.DuckDBPyConnection, table: str, query: str, held: set[Key], previous: Path | None
) -> str:
    """The query, with the rows of held indicators as the previous release tells them."""
    if not held or previous is None:
        return query
    keys = ", ".join(f"({literal(authority)}, {literal(indicator)})" for authority, indicator in sorted(held))
    own = f"select * from ({query}) where (authority_code, indicator_code) not in ({keys})"  # noqa: S608
    file = previous / f"{table}.parquet"
    if not file.is_file():
        return own
    connection.read_parquet(str(file)).create_view(f"before_{table}")
    # A release of before says of itself whose figures it tells; one of an older layout tells its own.
    is_older = table == HEADLINE and "as_of_release_id" not in connection.table(f"before_{table}").columns
    as_of = ", release_id as as_of_release_id" if is_older else ""
    return (
        f"{own} union all by name select * replace ("  # noqa: S608
        f"(select max(release_id) from half_year_headline) as release_id){as_of}"
        f" from before_{table} where (authority_code, indicator_code) in ({keys}) order by all"
    )


def _carried_months(connection: duckdb.DuckDBPyConnection, earlier: Sequence[Path]) -> dict[Key, set[int]]:
    files = [str(file) for folder in earlier if (file := folder / f"{TREND}.parquet").is_file()]
    carried: dict[Key, set[int]] = {}
    if files:
        for authority, indicator, month in connection.execute(
            "select distinct authority_code, indicator_code, cast(right(period_month, 2) as integer)"
            " from read_parquet(?, union_by_name = true) where is_suppressed",
            [files],
        ).fetchall():
            carried.setdefault((authority, indicator), set()).add(month)
    return carried


def _write_revision(connection: duckdb.DuckDBPyConnection, folder: Path, before: Path) -> int:
    """What moved of what both releases tell; the reasons without the submissions behind them."""
    known = folder / "release_revision.parquet"
    reasons = (
        f"select authority_code, zone_code, indicator_code, reason_codes from read_parquet('{known}')"  # noqa: S608
        " where period = 'current'"
        if known.is_file()
        else "select null::varchar as authority_code, null::varchar as zone_code, null::varchar as indicator_code,"
        " null::varchar as reason_codes where false"
    )
    connection.execute(f"create table reasons as {reasons}")
    connection.execute(
        f"create table {REVISION} as {_REVISION_SQL}", [str(folder / f"{HEADLINE}.parquet"), str(before)]
    )
    return _write(connection, f"from {REVISION}", folder / f"{REVISION}.parquet")


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
