"""What the brief tells, read from ``published/marts.duckdb`` in one connection: one authority, one half-year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from zonehouse.periods import HalfYear, Month
from zonehouse.publish.marts_file import marts_path
from zonehouse.settings import Settings

TOTAL = "TOTAL"


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


@dataclass(frozen=True)
class TrendPoint:
    """One month of an indicator's total; ``is_tet`` when the lunar year begins in it."""

    indicator_code: str
    unit: str
    month: Month
    value: Decimal | None
    same_month_last_year: Decimal | None
    is_tet: bool


@dataclass(frozen=True)
class Work:
    """A work of infrastructure: what the year allots to it and what of it is disbursed, VND million."""

    name: str
    allocated: Decimal | None
    disbursed: Decimal | None


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
    approved_by: str | None
    approved_at: datetime | None
    approval_reason: str | None


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

    @property
    def zone_outputs(self) -> Sequence[Pair]:
        """Gross output by zone, the largest first."""
        return _by_zone(self.zones, "gross_output")

    @property
    def zone_exports(self) -> Sequence[Pair]:
        """Exports by zone, the largest first."""
        return _by_zone(self.zones, "exports")


Row = Mapping[str, Any]


def read_data(settings: Settings, half_year: HalfYear, authority_code: str | None = None) -> BriefData:
    """Read all that the brief needs.

    Raises:
        BriefError: nothing is published, not this half-year, or several authorities are and none was chosen.
    """
    with _published(settings) as connection:
        release = _release(connection, half_year)
        codes = _authorities(connection, half_year)
        chosen = _choose(codes, authority_code, half_year)
        return _read_authority(connection, half_year, chosen, len(codes) == 1, release)


def published_authorities(settings: Settings, half_year: HalfYear) -> list[str]:
    """The codes of the authorities that a published half-year holds, in order.

    Raises:
        BriefError: nothing is published, or not this half-year.
    """
    with _published(settings) as connection:
        _release(connection, half_year)
        return _authorities(connection, half_year)


def _published(settings: Settings) -> duckdb.DuckDBPyConnection:
    path = marts_path(settings)
    if not path.is_file():
        raise BriefError(f"nothing is published yet ({path} is not there); publish a half-year first")
    return duckdb.connect(str(path), read_only=True)


def _authorities(connection: duckdb.DuckDBPyConnection, half_year: HalfYear) -> list[str]:
    sql = "select distinct authority_code from half_year_headline where half_year = ? order by 1"
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


def _read_authority(
    connection: duckdb.DuckDBPyConnection,
    half_year: HalfYear,
    authority_code: str,
    is_only_authority: bool,
    release: ReleaseFacts,
) -> BriefData:
    key = [str(half_year), authority_code]
    headline = _rows(
        connection,
        "select * from half_year_headline where half_year = ? and authority_code = ? order by zone_code, display_order",
        key,
    )
    totals = [row for row in headline if row["zone_code"] == TOTAL]
    if not totals:
        raise BriefError(f"the release {release.release_id} has no row of zone {TOTAL} for {authority_code}")
    return BriefData(
        authority_code=authority_code,
        is_only_authority=is_only_authority,
        authority=_name(totals[0], "authority_name", "authority_name_en", authority_code),
        half_year=half_year,
        through_month=Month.parse(totals[0]["through_month"]),
        is_final=all(row["status"] == "final" for row in totals),
        figures=_figures(totals),
        zones=_zones([row for row in headline if row["zone_code"] != TOTAL]),
        contacts=_contacts(connection, key),
        works=_works(connection, key),
        reporting=_reporting(connection, key),
        release=release,
        sector_outputs=_sector_outputs(connection, key),
        trend=_trend(connection, key),
    )


def _by_zone(zones: Sequence[Zone], code: str) -> Sequence[Pair]:
    pairs = [
        Pair(zone.name, zone.figures[code].value, zone.figures[code].same_period)
        for zone in zones
        if code in zone.figures
    ]
    return sorted(pairs, key=lambda pair: (-(pair.value or Decimal(0)), pair.name.vi))


def _release(connection: duckdb.DuckDBPyConnection, half_year: HalfYear) -> ReleaseFacts:
    rows = {row["half_year"]: row for row in _rows(connection, "select * from release order by half_year", [])}
    if str(half_year) not in rows:
        raise BriefError(f"{half_year} is not published; published: {', '.join(rows) or 'none'}")
    row = rows[str(half_year)]
    return ReleaseFacts(**{field: row[field] for field in ReleaseFacts.__dataclass_fields__})


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
        imputed_share_pct=_decimal(row["imputed_share_pct"]),
    )


def _zones(rows: Sequence[Row]) -> list[Zone]:
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        by_code.setdefault(row["zone_code"], []).append(row)
    return [
        Zone(code, _name(found[0], "zone_name", "zone_name_en", code), _figures(found))
        for code, found in by_code.items()
    ]


def _contacts(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> list[Contact]:
    rows = _rows(
        connection,
        "select * from half_year_investor_contact where half_year = ? and authority_code = ?"
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


def _works(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> list[Work]:
    """The works that have money this year, the largest allocation first."""
    rows = _rows(
        connection,
        "select work_name, allocated_year_vnd_million, disbursed_vnd_million from half_year_infrastructure"
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


def _trend(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> list[TrendPoint]:
    """The months of the trend mart; none from a release that was made before it had one."""
    if not _has_table(connection, "half_year_trend"):
        return []
    rows = _rows(
        connection,
        "select * from half_year_trend where half_year = ? and authority_code = ?"
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
        )
        for row in rows
    ]


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute("select 1 from duckdb_tables() where table_name = ?", [name]).fetchone()
    return found is not None


def _reporting(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> Reporting:
    where = "from half_year_reporting where half_year = ? and authority_code = ?"
    row = _rows(
        connection,
        "select coalesce(sum(obliged_count), 0) as obliged, coalesce(sum(received_count), 0) as received,"
        f" coalesce(sum(late_count), 0) as late {where}",
        key,
    )[0]
    missing = _rows(
        connection,
        f"select coalesce(reporting_unit_name, reporting_unit_code) as name,"
        f" sum(obliged_count - received_count) as missing {where} and obliged_count > received_count"
        " group by 1 order by missing desc, name",
        key,
    )
    units = [MissingUnit(one["name"], int(one["missing"])) for one in missing]
    return Reporting(int(row["obliged"]), int(row["received"]), int(row["late"]), units)


def _name(row: Row, vietnamese: str, english: str, otherwise: str) -> Name:
    name = row[vietnamese] or otherwise
    return Name(name, row[english] or name)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[str]) -> list[Row]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
