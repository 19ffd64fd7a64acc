"""What the brief tells, read in one connection: one authority, one half-year, one variant.

The internal variant is read from ``published/marts.duckdb``, the public one from ``published/public/marts.duckdb``
alone: what is withheld there is not known here, so no wording and no chart can let it slip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb

from zonehouse.periods import HalfYear, Month
from zonehouse.publish.marts_file import marts_path
from zonehouse.publish.public import public_path
from zonehouse.settings import Settings

TOTAL = "TOTAL"
MOST_CAUSES = 10

Variant = Literal["internal", "public"]
# What the brief reads, by variant; the public one has no enterprise and no submission in it.
_TABLES: dict[str, dict[str, str]] = {
    "internal": {
        "headline": "half_year_headline",
        "contact": "half_year_investor_contact",
        "work": "half_year_infrastructure",
        "reporting": "half_year_reporting",
        "trend": "half_year_trend",
    },
    "public": {
        "headline": "public_headline",
        "contact": "public_investor_contact",
        "work": "public_infrastructure",
        "reporting": "public_reporting",
        "trend": "public_trend",
    },
}


class BriefError(ValueError):
    """A brief that cannot be written: says what is missing and what to do."""


@dataclass(frozen=True)
class Name:
    """A name or label in both languages; where no English one was given, the Vietnamese one stands for it."""

    vi: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True)
class Figure:
    """One row of ``half_year_headline``; numbers are unrounded, in the mart's unit, and None when unknown."""

    code: str
    label: Name
    unit: str
    display_order: int
    value: Decimal | None
    same_period: Decimal | None
    growth_pct: Decimal | None
    plan: Decimal | None
    plan_share_pct: Decimal | None
    coverage_pct: Decimal | None
    imputed_share_pct: Decimal | None
    is_suppressed: bool = False
    # None on the public page, which tells the share alone.
    value_with_imputation: Decimal | None = None
    # The public figure of an earlier release: what has changed since would give away what is withheld.
    is_held: bool = False


@dataclass(frozen=True)
class Zone:
    """A zone with its figures by indicator code."""

    code: str
    name: Name
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Contact:
    """Investor visits from a country for a sector in the half-year; ``sector`` is None when none was told."""

    country_code: str
    region_code: str
    region: Name
    sector: Name | None
    visits: Decimal


@dataclass(frozen=True)
class Pair:
    """A value of the half-year and of the same months a year before, in the mart's unit; None when unknown."""

    name: Name
    value: Decimal | None
    same_period: Decimal | None
    is_suppressed: bool = False


@dataclass(frozen=True)
class TrendPoint:
    """One month of an indicator's total; ``is_tet`` when the lunar year begins in it."""

    indicator_code: str
    unit: str
    month: Month
    value: Decimal | None
    same_month_last_year: Decimal | None
    is_tet: bool
    is_suppressed: bool = False


@dataclass(frozen=True)
class Work:
    """A work of infrastructure: what the year allots to it and what of it is disbursed, VND million."""

    name: str
    allocated: Decimal | None
    disbursed: Decimal | None


@dataclass(frozen=True)
class LateProject:
    """A project that has not kept the day it committed itself to."""

    name: str
    enterprise: str
    zone: Name
    committed_on: date
    days_late: int


# The same period a year before; the year from January on, for a second half-year; and the same of the year before.
REVISED_PERIODS = ("current", "base", "year_to_date", "base_year_to_date")


@dataclass(frozen=True)
class Revised:
    """A figure that the release before told otherwise; ``period`` is one of ``REVISED_PERIODS``."""

    label: Name
    unit: str
    period: str
    before: Decimal | None
    after: Decimal | None
    difference: Decimal | None
    difference_pct: Decimal | None
    reasons: Sequence[str]
    report_count: int | None


@dataclass(frozen=True)
class Cause:
    """A report (or the register) that moved a figure, and by how much."""

    reporter: str
    month: str | None
    form_code: str | None
    reason: str
    label: Name
    unit: str
    difference: Decimal


@dataclass(frozen=True)
class Revisions:
    """What moved since the release before; ``previous_release_id`` is None for the first release of a half-year."""

    previous_release_id: str | None = None
    previous_at: datetime | None = None
    figures: Sequence[Revised] = ()
    causes: Sequence[Cause] = ()


@dataclass(frozen=True)
class MissingUnit:
    """A reporting unit that owes reports of the counted months."""

    name: str
    missing: int


@dataclass(frozen=True)
class Reporting:
    """How many reports were owed for the months counted, and came."""

    obliged: int
    received: int
    late: int
    on_time: int = 0
    missing_units: Sequence[MissingUnit] = ()


@dataclass(frozen=True)
class ReleaseFacts:
    """The release the figures are from; times are UTC."""

    release_id: str
    created_at: datetime
    git_revision: str
    inputs_digest: str
    input_count: int
    gate_outcome: str
    expectation_count: int | None
    failed_warning_count: int | None
    vintage: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    approval_reason: str | None = None


@dataclass(frozen=True)
class BriefData:
    """Everything the brief of one authority and half-year tells."""

    authority_code: str
    is_only_authority: bool
    authority: Name
    half_year: HalfYear
    through_month: Month
    is_final: bool
    figures: Mapping[str, Figure]
    zones: Sequence[Zone]
    contacts: Sequence[Contact]
    works: Sequence[Work]
    reporting: Reporting
    release: ReleaseFacts
    sector_outputs: Sequence[Pair]
    trend: Sequence[TrendPoint]
    variant: Variant = "internal"
    late_projects: Sequence[LateProject] = ()
    revisions: Revisions = Revisions()
    # Names and codes of those that were merged into it and are in its figures or their base; None: of nobody.
    merged: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether this is the variant that may leave the house."""
        return self.variant == "public"

    @property
    def has_suppressed(self) -> bool:
        """Whether anything that the page shows is withheld."""
        shown: list[Figure | Pair | TrendPoint] = [*self.figures.values(), *self.sector_outputs, *self.trend]
        shown += [figure for zone in self.zones for figure in zone.figures.values()]
        return any(one.is_suppressed for one in shown)

    @property
    def zone_outputs(self) -> Sequence[Pair]:
        """Gross output by zone, the largest first."""
        return _by_zone(self.zones, "gross_output")

    @property
    def zone_exports(self) -> Sequence[Pair]:
        """Exports by zone, the largest first."""
        return _by_zone(self.zones, "exports")


Row = Mapping[str, Any]


def read_data(
    settings: Settings, half_year: HalfYear, authority_code: str | None = None, variant: Variant = "internal"
) -> BriefData:
    """Read all that the brief needs.

    Raises:
        BriefError: nothing is published, not this half-year, not in this variant, or several authorities are and none
            was chosen.
    """
    with _published(settings, variant) as connection:
        release = _release(connection, half_year)
        codes = _authorities(connection, half_year, variant)
        chosen = _choose(codes, authority_code, half_year)
        return _read_authority(connection, half_year, chosen, len(codes) == 1, release, variant)


def published_authorities(settings: Settings, half_year: HalfYear, variant: Variant = "internal") -> list[str]:
    """The codes of the authorities that a published half-year holds, in order.

    Raises:
        BriefError: nothing is published, not this half-year, or not in this variant.
    """
    with _published(settings, variant) as connection:
        _release(connection, half_year)
        return _authorities(connection, half_year, variant)


def has_public_variant(settings: Settings, half_year: HalfYear) -> bool:
    """Whether the current release of the half-year has public figures (one of an older layout has none)."""
    path = public_path(settings)
    if not path.is_file():
        return False
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select 1 from release where half_year = ?", [str(half_year)]).fetchone() is not None


def _published(settings: Settings, variant: str) -> duckdb.DuckDBPyConnection:
    places: dict[str, Path] = {"internal": marts_path(settings), "public": public_path(settings)}
    if variant not in places:
        raise BriefError(f"the brief has the variants {' and '.join(places)}, not {variant!r}")
    path = places[variant]
    if not path.is_file():
        raise BriefError(f"nothing is published yet ({path} is not there); publish a half-year first")
    return duckdb.connect(str(path), read_only=True)


def _authorities(connection: duckdb.DuckDBPyConnection, half_year: HalfYear, variant: str) -> list[str]:
    table = _TABLES[variant]["headline"]
    sql = f"select distinct authority_code from {table} where half_year = ? order by 1"  # noqa: S608
    return [row["authority_code"] for row in _rows(connection, sql, [str(half_year)])]


def _choose(codes: Sequence[str], wanted: str | None, half_year: HalfYear) -> str:
    if wanted in codes or (wanted is None and len(codes) == 1):
        return wanted or codes[0]
    told = ", ".join(codes) or "none"
    if wanted is None:
        raise BriefError(
            f"{half_year} holds several authorities or none ({told}); choose one by its code (--authority)"
        )
    raise BriefError(f"{half_year} holds no authority {wanted!r}; it holds: {told}")


def _read_authority(  # noqa: PLR0913, PLR0917 - one reading, of what was chosen
    connection: duckdb.DuckDBPyConnection,
    half_year: HalfYear,
    authority_code: str,
    is_only_authority: bool,
    release: ReleaseFacts,
    variant: Variant,
) -> BriefData:
    key = [str(half_year), authority_code]
    tables = _TABLES[variant]
    headline = _rows(
        connection,
        f"select * from {tables['headline']} where half_year = ? and authority_code = ?"  # noqa: S608 names above
        " order by zone_code, display_order",
        key,
    )
    totals = [row for row in headline if row["zone_code"] == TOTAL]
    if not totals:
        raise BriefError(f"the release {release.release_id} has no row of zone {TOTAL} for {authority_code}")
    figures = _figures(totals)
    zones = _zones([row for row in headline if row["zone_code"] != TOTAL])
    is_public = variant == "public"
    return BriefData(
        authority_code=authority_code,
        is_only_authority=is_only_authority,
        authority=_name(totals[0], "authority_name", "authority_name_en", authority_code),
        half_year=half_year,
        through_month=Month.parse(totals[0]["through_month"]),
        is_final=all(row["status"] == "final" for row in totals),
        figures=figures,
        zones=zones,
        contacts=_contacts(connection, tables["contact"], key),
        works=_works(connection, tables["work"], key),
        reporting=_reporting(connection, tables["reporting"], key),
        release=release,
        sector_outputs=(_public_sector_outputs if is_public else _sector_outputs)(connection, key),
        trend=_trend(connection, tables["trend"], key),
        variant=variant,
        late_projects=[] if is_public else _late_projects(connection, key, zones),
        revisions=(_public_revisions if is_public else _revisions)(connection, key, release, figures),
        merged=totals[0].get("merged_authorities"),
    )


def _by_zone(zones: Sequence[Zone], code: str) -> Sequence[Pair]:
    pairs = [
        Pair(zone.name, zone.figures[code].value, zone.figures[code].same_period, zone.figures[code].is_suppressed)
        for zone in zones
        if code in zone.figures
    ]
    return sorted(pairs, key=lambda pair: (-(pair.value or Decimal(0)), pair.name.vi))


def _release(connection: duckdb.DuckDBPyConnection, half_year: HalfYear) -> ReleaseFacts:
    rows = {row["half_year"]: row for row in _rows(connection, "select * from release order by half_year", [])}
    if str(half_year) not in rows:
        raise BriefError(f"{half_year} is not published; published: {', '.join(rows) or 'none'}")
    row = rows[str(half_year)]
    if "git_revision" not in row:
        raise BriefError(
            f"the published files are of an older layout; publish {row['release_id']} again"
            f" (zonehouse publish --half {half_year}): it stays as it is, and what is told of it is written anew"
        )
    return ReleaseFacts(**{field: row[field] for field in ReleaseFacts.__dataclass_fields__ if field in row})


def _figures(rows: Sequence[Row]) -> dict[str, Figure]:
    return {row["indicator_code"]: _figure(row) for row in rows}


def _figure(row: Row) -> Figure:
    return Figure(
        code=row["indicator_code"],
        label=Name(row["label_vi"], row["label_en"]),
        unit=row["unit"],
        display_order=row["display_order"],
        value=_decimal(row["value"]),
        same_period=_decimal(row["same_period_value"]),
        growth_pct=_decimal(row["growth_pct"]),
        plan=_decimal(row["plan_value"]),
        plan_share_pct=_decimal(row["plan_share_pct"]),
        coverage_pct=_decimal(row["coverage_pct"]),
        imputed_share_pct=_decimal(row.get("imputed_share_pct")),
        is_suppressed=bool(row.get("is_suppressed")),
        value_with_imputation=_decimal(row.get("value_with_imputation")),
        is_held=(row.get("as_of_release_id") or row["release_id"]) != row["release_id"],
    )


def _zones(rows: Sequence[Row]) -> list[Zone]:
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        by_code.setdefault(row["zone_code"], []).append(row)
    return [
        Zone(code, _name(found[0], "zone_name", "zone_name_en", code), _figures(found))
        for code, found in by_code.items()
    ]


def _contacts(connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> list[Contact]:
    if not _has_table(connection, table):
        return []
    rows = _rows(
        connection,
        f"select * from {table} where half_year = ? and authority_code = ?"  # noqa: S608 names above
        " and visits_count > 0 order by visits_count desc, sector_code, country_code",
        key,
    )
    return [
        Contact(
            country_code=row["country_code"],
            region_code=row["region_code"],
            region=_name(row, "region_vi", "region_en", row["country_code"]),
            sector=Name(row["sector_short_vi"], row["sector_short_en"]) if row["sector_short_vi"] else None,
            visits=Decimal(row["visits_count"]),
        )
        for row in rows
    ]


def _works(connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> list[Work]:
    """The works that have money this year, the largest allocation first."""
    if not _has_table(connection, table):
        return []
    rows = _rows(
        connection,
        f"select work_name, allocated_year_vnd_million, disbursed_vnd_million from {table}"  # noqa: S608
        " where half_year = ? and authority_code = ?"
        " and (allocated_year_vnd_million > 0 or disbursed_vnd_million > 0)"
        " order by allocated_year_vnd_million desc nulls last, work_code",
        key,
    )
    return [
        Work(row["work_name"], _decimal(row["allocated_year_vnd_million"]), _decimal(row["disbursed_vnd_million"]))
        for row in rows
    ]


def _sector_outputs(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> list[Pair]:
    """Gross output at constant prices by the main sector of the enterprises, the largest first."""
    rows = _rows(
        connection,
        "select sector_short_vi, sector_short_en, sum(gross_output_constant_vnd_million) as value,"
        " sum(gross_output_constant_same_period_vnd_million) as same_period"
        " from half_year_output where half_year = ? and authority_code = ?"
        " group by sector_short_vi, sector_short_en order by value desc nulls last, sector_short_vi",
        key,
    )
    return [
        Pair(
            Name(row["sector_short_vi"] or "chưa rõ ngành", row["sector_short_en"] or "sector not known"),
            _decimal(row["value"]),
            _decimal(row["same_period"]),
        )
        for row in rows
    ]


def _public_sector_outputs(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> list[Pair]:
    """The same from the public table; sectors whose figures are withheld come last, by name."""
    rows = _rows(
        connection,
        "select * from public_zone_sector where half_year = ? and authority_code = ?"
        " and indicator_code = 'gross_output' and zone_code = 'TOTAL' and sector_code <> 'TOTAL'"
        " order by value desc nulls last, sector_short_vi",
        key,
    )
    return [
        Pair(
            Name(row["sector_short_vi"] or "chưa rõ ngành", row["sector_short_en"] or "sector not known"),
            _decimal(row["value"]),
            _decimal(row["same_period_value"]),
            row["is_suppressed"],
        )
        for row in rows
    ]


def _late_projects(
    connection: duckdb.DuckDBPyConnection, key: Sequence[str], zones: Sequence[Zone]
) -> list[LateProject]:
    """Valid projects past the day they committed themselves to, the latest first."""
    if not _has_table(connection, "half_year_investment", "days_late"):
        return []
    names = {zone.code: zone.name for zone in zones}
    rows = _rows(
        connection,
        "select project_name, project_code, enterprise_name, zone_name, zone_code, commitment_on, days_late"
        " from half_year_investment where half_year = ? and authority_code = ? and is_valid and days_late is not null"
        " order by days_late desc, project_code",
        key,
    )
    return [
        LateProject(
            name=row["project_name"] or row["project_code"],
            enterprise=row["enterprise_name"] or "",
            zone=names.get(row["zone_code"]) or _name(row, "zone_name", "zone_name", row["zone_code"]),
            committed_on=row["commitment_on"],
            days_late=row["days_late"],
        )
        for row in rows
    ]


def _previous(connection: duckdb.DuckDBPyConnection, release: ReleaseFacts) -> Row | None:
    if not _has_table(connection, "release_history"):
        return None
    rows = _rows(
        connection,
        "select before.release_id, before.created_at from release_history as before"
        " inner join release_history as own using (half_year)"
        " where own.release_id = ? and before.release_no < own.release_no order by before.release_no desc limit 1",
        [release.release_id],
    )
    return rows[0] if rows else None


def _revisions(
    connection: duckdb.DuckDBPyConnection, key: Sequence[str], release: ReleaseFacts, figures: Mapping[str, Figure]
) -> Revisions:
    previous = _previous(connection, release)
    if previous is None:
        return Revisions()
    moved = _rows(
        connection,
        "select * from release_revision where half_year = ? and authority_code = ? and to_release_id = ?"
        " and zone_code = 'TOTAL'",
        [*key, release.release_id],
    )
    counts = _moving_reports(connection, key, release)
    told = [
        Revised(
            label=figures[row["indicator_code"]].label,
            unit=row["unit"],
            period=row["period"],
            before=_decimal(row["value_before"]),
            after=_decimal(row["value_after"]),
            difference=_decimal(row["difference"]),
            difference_pct=_decimal(row["difference_pct"]),
            reasons=row["reason_codes"].split(),
            report_count=counts.get((row["indicator_code"], row["period"]), 0),
        )
        for row in sorted(moved, key=lambda one: (_order(figures, one), REVISED_PERIODS.index(one["period"])))
        if row["indicator_code"] in figures
    ]
    causes = _causes(connection, key, release, figures)
    return Revisions(previous["release_id"], previous["created_at"], told, causes)


def _moving_reports(
    connection: duckdb.DuckDBPyConnection, key: Sequence[str], release: ReleaseFacts
) -> dict[tuple[str, str], int]:
    """How many reports moved a total; an amendment that says the same of it moved nothing."""
    rows = _rows(
        connection,
        "select indicator_code, period, count(*) as reports from ("
        " select indicator_code, period, form_code, reporting_unit_code, period_month from release_revision_cause"
        " where half_year = ? and authority_code = ? and to_release_id = ? and zone_code = 'TOTAL'"
        " group by all having sum(difference) <> 0) group by all",
        [*key, release.release_id],
    )
    return {(row["indicator_code"], row["period"]): row["reports"] for row in rows}


def _causes(
    connection: duckdb.DuckDBPyConnection, key: Sequence[str], release: ReleaseFacts, figures: Mapping[str, Figure]
) -> list[Cause]:
    """The reports that moved the half-year's own totals most, each by its share of the figure."""
    rows = _rows(
        connection,
        "with units as (select reporting_unit_code, max(reporting_unit_name) as unit_name from half_year_reporting"
        " where half_year = ? and authority_code = ? group by all)"
        " select cause.indicator_code, cause.form_code, cause.reporting_unit_code, cause.period_month,"
        " cause.reason_code, revised.unit, any_value(units.unit_name) as unit_name, sum(cause.difference) as moved"
        " from release_revision_cause as cause inner join release_revision as revised"
        " using (half_year, from_release_id, to_release_id, authority_code, zone_code, indicator_code, period)"
        " left join units on cause.reporting_unit_code = units.reporting_unit_code"
        " where cause.half_year = ? and cause.authority_code = ? and cause.to_release_id = ?"
        " and cause.zone_code = 'TOTAL' and (cause.period = 'current'"
        # Of a year to date what the half-year itself does not tell: its earlier months.
        " or (cause.period = 'year_to_date' and cause.period_month < concat(left(cause.half_year, 4), '-07')))"
        " group by all having moved <> 0"
        " order by abs(moved) / any_value(greatest(abs(revised.value_before), abs(revised.value_after))) desc,"
        " cause.indicator_code, cause.reporting_unit_code, cause.period_month limit ?",
        [*key, *key, release.release_id, MOST_CAUSES],
    )
    return [
        Cause(
            reporter=row["unit_name"] or row["reporting_unit_code"] or "",
            month=row["period_month"],
            form_code=row["form_code"],
            reason=row["reason_code"],
            label=figures[row["indicator_code"]].label,
            unit=row["unit"],
            difference=Decimal(row["moved"]),
        )
        for row in rows
        if row["indicator_code"] in figures
    ]


def _public_revisions(
    connection: duckdb.DuckDBPyConnection, key: Sequence[str], release: ReleaseFacts, figures: Mapping[str, Figure]
) -> Revisions:
    previous = _previous(connection, release)
    if previous is None:
        return Revisions()
    moved = []
    if _has_table(connection, "public_revision"):
        moved = _rows(
            connection,
            "select * from public_revision where half_year = ? and authority_code = ? and zone_code = 'TOTAL'"
            " and from_release_id = ? order by display_order",
            [*key, previous["release_id"]],
        )
    told = [
        Revised(
            label=Name(row["label_vi"], row["label_en"]),
            unit=row["unit"],
            period="current",
            before=_decimal(row["value_before"]),
            after=_decimal(row["value_after"]),
            difference=_decimal(row["difference"]),
            difference_pct=_decimal(row["difference_pct"]),
            reasons=(row["reason_codes"] or "").split(),
            report_count=None,
        )
        for row in moved
    ]
    return Revisions(previous["release_id"], previous["created_at"], told)


def _order(figures: Mapping[str, Figure], row: Row) -> int:
    figure = figures.get(row["indicator_code"])
    return figure.display_order if figure else 0


def _trend(connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> list[TrendPoint]:
    """The months of the trend mart; none from a release that was made before it had one."""
    if not _has_table(connection, table):
        return []
    rows = _rows(
        connection,
        f"select * from {table} where half_year = ? and authority_code = ?"  # noqa: S608 names above
        " order by indicator_code, period_month",
        key,
    )
    return [
        TrendPoint(
            indicator_code=row["indicator_code"],
            unit=row["unit"],
            month=Month.parse(row["period_month"]),
            value=_decimal(row["value"]),
            same_month_last_year=_decimal(row["same_month_last_year_value"]),
            is_tet=row["tet_on"] is not None,
            is_suppressed=bool(row.get("is_suppressed")),
        )
        for row in rows
    ]


def _has_table(connection: duckdb.DuckDBPyConnection, name: str, column: str | None = None) -> bool:
    found = connection.execute(
        "select 1 from duckdb_columns() where table_name = ? and column_name = coalesce(?, column_name)", [name, column]
    ).fetchone()
    return found is not None


def _reporting(connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> Reporting:
    if not _has_table(connection, table):
        return Reporting(0, 0, 0)
    where = f"from {table} where half_year = ? and authority_code = ?"
    row = _rows(
        connection,
        "select coalesce(sum(obliged_count), 0) as obliged, coalesce(sum(received_count), 0) as received,"
        f" coalesce(sum(late_count), 0) as late, coalesce(sum(on_time_count), 0) as on_time {where}",
        key,
    )[0]
    counts = Reporting(int(row["obliged"]), int(row["received"]), int(row["late"]), int(row["on_time"]))
    if not _has_table(connection, table, "reporting_unit_code"):
        return counts
    missing = _rows(
        connection,
        f"select coalesce(reporting_unit_name, reporting_unit_code) as name,"
        f" sum(obliged_count - received_count) as missing {where} and obliged_count > received_count"
        " group by 1 order by missing desc, name",
        key,
    )
    units = [MissingUnit(one["name"], int(one["missing"])) for one in missing]
    return replace(counts, missing_units=units)


def _name(row: Row, vietnamese: str, english: str, otherwise: str) -> Name:
    name = row[vietnamese] or otherwise
    return Name(name, row[english] or name)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]) -> list[Row]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
