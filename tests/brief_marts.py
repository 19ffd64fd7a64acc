"""Marts of an invented authority for the brief; no figure here is of a real place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.marts_fixture import NOW, add_decision, make_candidate
from zonehouse.periods import Month
from zonehouse.publish import publish
from zonehouse.settings import Settings

# code: (label_vi, label_en, unit, value, same_period, plan, zone shares of the value)
Row = tuple[str, str, str, float | None, float | None, float | None]
INDICATORS: dict[str, Row] = {
    "investor_visits": ("Lượt khách tìm hiểu đầu tư", "Investor visits", "visits", 17, 11, None),
    "projects_valid": ("Dự án thứ cấp còn hiệu lực", "Valid secondary projects", "projects", 26, 24, None),
    "projects_operating": ("Dự án đang hoạt động", "Projects in operation", "projects", 19, 18, None),
    "projects_building": ("Dự án đang xây dựng", "Projects being built", "projects", 4, 3, None),
    "projects_in_procedure": ("Dự án đang làm thủ tục xây dựng", "Projects in procedure", "projects", 2, 3, None),
    "projects_suspended": ("Dự án tạm ngừng", "Projects suspended", "projects", 1, 0, None),
    "projects_behind_schedule": ("Dự án chậm tiến độ", "Projects behind schedule", "projects", 3, None, None),
    "projects_domestic": ("Dự án trong nước", "Domestic projects", "projects", 15, 14, None),
    "projects_fdi": ("Dự án FDI", "FDI projects", "projects", 11, 10, None),
    "registered_capital": ("Tổng vốn đăng ký", "Registered capital", "vnd_million", 8123456.789, 8000000, None),
    "gross_output": (
        "Giá trị sản xuất công nghiệp (giá so sánh)",
        "Industrial gross output (constant prices)",
        "vnd_million",
        3210499.5,
        2987654.25,
        6900000,
    ),
    "exports": ("Kim ngạch xuất khẩu", "Exports", "usd", 141499999.5, 150250000, None),
    "imports": ("Kim ngạch nhập khẩu", "Imports", "usd", 98765432.1, None, None),
    "labour": ("Lao động", "Labour", "persons", 16540, 16100, None),
    "infrastructure_disbursed": (
        "Vốn hạ tầng đã giải ngân",
        "Infrastructure capital disbursed",
        "vnd_million",
        18750,
        9400,
        52000,
    ),
    "members": ("Số đảng viên", "Party members", "persons", 88, 85, None),
    "cells": ("Số chi bộ", "Party cells", "cells", 6, 6, None),
    "attendance": ("Tỷ lệ đảng viên tham dự", "Members' attendance", "pct", 81.5, 79, None),
    "registered_tasks": ("Đầu việc đăng ký thực hiện nghị quyết", "Tasks registered", "tasks", 4, 4, None),
    "committee_commended_collectives": ("Tập thể, cấp đảng uỷ", "Collectives, committee", "collectives", 2, 1, None),
    "committee_commended_persons": ("Cá nhân, cấp đảng uỷ", "Persons, committee", "persons", 7, 5, None),
    "cell_commended_collectives": ("Tập thể, cấp chi bộ", "Collectives, cells", "collectives", 1, 1, None),
    "cell_commended_persons": ("Cá nhân, cấp chi bộ", "Persons, cells", "persons", 12, 9, None),
}
ZONES = {"K1": ("Khu công nghiệp Suối Thử", "Suoi Thu Industrial Park"), "K2": ("Khu <Đồi> & Mây", None)}
CONTACTS = [
    ("KR", "asia", "Châu Á", "Asia", "26", "điện tử", "electronics", 6),
    ("JP", "asia", "Châu Á", "Asia", "22", "cao su và nhựa", "rubber and plastics", 4),
    ("VN", "asia", "Châu Á", "Asia", None, None, None, 1),
    ("DE", "europe", "Châu Âu", "Europe", "21", "dược phẩm", "pharmaceuticals", 6),
    ("FR", "europe", "Châu Âu", "Europe", "11", "đồ uống", "beverages", None),  # came a year before only
]
WORKS = [
    ("W2", "Đường gom phía bắc", 20000, 4750),
    ("W1", "Trạm xử lý nước thải Suối Thử", 32000, 14000),
    ("W3", "Kè", 0, 0),
]
RELEASE_ID = "2019-H1-r001"


def brief_marts(
    connection: duckdb.DuckDBPyConnection,
    candidate_id: str,
    change: Mapping[str, Mapping[str, object]] | None = None,
    contacts: Sequence[tuple[object, ...]] = tuple(CONTACTS),
    through_month: str = "2019-06",
    authority_code: str = "TD",
    public: bool = False,
) -> None:
    """Make the marts the brief reads; ``change`` overrides columns of TOTAL headline rows (None drops the row).

    ``public``: with the marts that tell which enterprise contributes what, so that there is a public variant.
    """
    connection.execute(
        "create table if not exists marts.half_year_headline (release_id varchar, half_year varchar, authority_code"
        " varchar, authority_name varchar, authority_name_en varchar, zone_code varchar, zone_name varchar,"
        " zone_name_en varchar, indicator_code varchar, label_vi varchar, label_en varchar, unit varchar,"
        " indicator_kind varchar, display_order integer, value decimal(24, 6), same_period_value decimal(24, 6),"
        " growth_pct double, plan_value decimal(24, 6), plan_share_pct double, coverage_pct double,"
        " imputed_share_pct double, status varchar, through_month varchar, value_with_imputation decimal(24, 6),"
        " is_imputed boolean, merged_authorities varchar)"
    )
    common = {"release_id": candidate_id, "half_year": candidate_id[:7], "authority_code": authority_code}
    for order, (code, row) in enumerate(INDICATORS.items(), start=1):
        total = common | _headline_row(code, row, order, through_month, "TOTAL", 1)
        total |= (change or {}).get(code, {})
        _insert(connection, "half_year_headline", total)
        if row[2] in {"projects", "vnd_million", "usd", "persons"} and order < 15:
            for zone_code, share in (("K1", 0.75), ("K2", 0.25)):
                zone = common | _headline_row(code, row, order, through_month, zone_code, share)
                _insert(connection, "half_year_headline", zone)
    _other_marts(connection, common, contacts)
    _drawn_marts(connection, common)
    if public:
        _enterprise_marts(connection, common)


def _headline_row(code: str, row: Row, order: int, through: str, zone_code: str, share: float) -> dict[str, object]:
    label_vi, label_en, unit, value, base, plan = row
    decimals = 0 if unit in {"projects", "persons"} else 6
    value, base = (None if number is None else round(number * share, decimals) for number in (value, base))
    return {
        "authority_name": "Ban Quản lý các khu công nghiệp Thử Đức",
        "authority_name_en": "Thu Duc Test Zones Authority",
        "zone_code": zone_code,
        "zone_name": ZONES.get(zone_code, (None, None))[0],
        "zone_name_en": ZONES.get(zone_code, (None, None))[1],
        "indicator_code": code,
        "label_vi": label_vi,
        "label_en": label_en,
        "unit": unit,
        "indicator_kind": "flow",
        "display_order": order * 10,
        "value": value,
        "same_period_value": base,
        "growth_pct": (value / base - 1) * 100 if value is not None and base else None,
        "plan_value": plan,
        "plan_share_pct": value / plan * 100 if value is not None and plan else None,
        "coverage_pct": 97.25 if unit in {"vnd_million", "usd"} else 100,
        "imputed_share_pct": 1.75 if code == "exports" else 0,
        "status": "final",
        "through_month": through,
        "is_imputed": code == "exports",
        "value_with_imputation": round(value / 0.9825, 6) if code == "exports" and value is not None else value,
    }


def _other_marts(
    connection: duckdb.DuckDBPyConnection, common: Mapping[str, object], contacts: Sequence[tuple[object, ...]]
) -> None:
    keys = "release_id varchar, half_year varchar, authority_code varchar"
    for name, columns in {
        "half_year_investor_contact": "country_code varchar, region_code varchar, region_vi varchar, region_en varchar,"
        " sector_code varchar, sector_short_vi varchar, sector_short_en varchar, visits_count decimal(24, 6)",
        "half_year_infrastructure": "work_code varchar, work_name varchar, allocated_year_vnd_million decimal(24, 6),"
        " disbursed_vnd_million decimal(24, 6)",
        "half_year_reporting": "form_code varchar, reporting_unit_code varchar, reporting_unit_name varchar,"
        " obliged_count integer, received_count integer, on_time_count integer, late_count integer",
        "half_year_output": "tax_code varchar, zone_code varchar, sector_code varchar,"
        " sector_short_vi varchar, sector_short_en varchar,"
        " gross_output_constant_vnd_million decimal(24, 6),"
        " gross_output_constant_same_period_vnd_million decimal(24, 6),"
        " gross_output_current_vnd_million decimal(24, 6),"
        " gross_output_current_same_period_vnd_million decimal(24, 6), net_revenue_vnd_million decimal(24, 6),"
        " net_revenue_same_period_vnd_million decimal(24, 6)",
        "half_year_trend": "period_month varchar, indicator_code varchar, unit varchar, value decimal(24, 6),"
        " same_month_last_year_value decimal(24, 6), tet_on date, label_vi varchar, label_en varchar,"
        " contributor_count bigint, largest_two_share_pct double",
    }.items():
        connection.execute(f"create table if not exists marts.{name} ({keys}, {columns})")
    fields = ("country_code", "region_code", "region_vi", "region_en", "sector_code", "sector_short_vi")
    for contact in contacts:
        row = dict(zip((*fields, "sector_short_en", "visits_count"), contact, strict=True))
        _insert(connection, "half_year_investor_contact", {**common, **row})
    for work in WORKS:
        row = dict(
            zip(("work_code", "work_name", "allocated_year_vnd_million", "disbursed_vnd_million"), work, strict=True)
        )
        _insert(connection, "half_year_infrastructure", {**common, **row})
    for unit, name, obliged, received, on_time in (
        ("0100000001", "Công ty Một", 6, 6, 5),
        ("0100000002", "Công ty <Hai> & Con", 6, 5, 4),
        ("TD", None, 1200, 1193, 1193),
    ):
        row = {"form_code": "f", "reporting_unit_code": unit, "reporting_unit_name": name, "obliged_count": obliged}
        row["received_count"] = received
        _insert(
            connection,
            "half_year_reporting",
            {**common, **row, "on_time_count": on_time, "late_count": received - on_time},
        )


def _drawn_marts(connection: duckdb.DuckDBPyConnection, common: Mapping[str, object]) -> None:
    """What only the charts show: output by sector, and eighteen months with a Tết in each year."""
    for sector_vi, sector_en, value, base in (
        ("dược phẩm", "pharmaceuticals", 1800.5, 1500.0),
        ("thủy sản <chế biến>", "seafood", 1410.0, 1487.7),
        (None, None, 0.4, None),
    ):
        row = {"sector_short_vi": sector_vi, "sector_short_en": sector_en}
        row["gross_output_constant_vnd_million"] = value * 1000
        row["gross_output_constant_same_period_vnd_million"] = None if base is None else base * 1000
        _insert(connection, "half_year_output", {**common, **row})
    for code, unit, size in (("gross_output", "vnd_million", 500_000.0), ("exports", "usd", 23_000_000.0)):
        for step in range(18):
            month = Month(2018, 1) + step
            row = {"period_month": str(month), "indicator_code": code, "unit": unit}
            row["value"] = None if month == Month(2019, 4) else size * (1 + step / 40) * (0.7 if step in (1, 13) else 1)
            row["same_month_last_year_value"] = None if step < 12 else size * (1 + (step - 12) / 40)
            # In May the exports are those of two enterprises.
            row["contributor_count"] = 2 if code == "exports" and month.number == 5 else 9
            row["largest_two_share_pct"] = 60
            row["tet_on"] = {1: "2018-02-16", 13: "2019-02-05"}.get(step)
            _insert(connection, "half_year_trend", {**common, **row})


# Zone, sector, what each enterprise there exports (USD million, the base a tenth less). K2 has two exporters, so it is
# withheld, and K1 with it; sector 13 is one enterprise alone, and takes the smallest other sector with it.
EXPORTERS = [
    ("K1", "21", (9.11, 9.12, 9.13, 9.14)),
    ("K1", "10", (14.21, 14.22, 14.23, 14.24)),
    ("K1", "22", (2.31, 2.32, 2.33)),
    ("K1", "13", (5.77,)),
    ("K2", "10", (17.687, 17.688)),
]
SECTORS = {
    "21": ("dược phẩm", "pharmaceuticals"),
    "10": ("thủy sản <chế biến>", "seafood"),
    "22": ("cao su", "rubber"),
    "13": ("dệt", "textiles"),
}


def _enterprise_marts(connection: duckdb.DuckDBPyConnection, common: Mapping[str, object]) -> None:
    """Who contributes to the headline: the same enterprises export and produce, in the same proportions."""
    keys = "release_id varchar, half_year varchar, authority_code varchar, zone_code varchar, zone_name varchar,"
    keys += " tax_code varchar, enterprise_name varchar, sector_code varchar"
    for name, columns in {
        "half_year_export": "export_usd decimal(24, 6), export_same_period_usd decimal(24, 6),"
        " import_usd decimal(24, 6), import_same_period_usd decimal(24, 6)",
        "half_year_labour": "headcount_persons bigint, headcount_same_period_persons bigint",
        "half_year_investment": "project_code varchar, project_name varchar, is_valid boolean,"
        " same_period_is_valid boolean, same_period_zone_code varchar, commitment_on date, days_late integer,"
        " registered_capital_vnd_million decimal(24, 6), registered_capital_same_period_vnd_million decimal(24, 6),"
        " implemented_capital_vnd_million decimal(24, 6), implemented_capital_same_period_vnd_million decimal(24, 6)",
    }.items():
        connection.execute(f"create table if not exists marts.{name} ({keys}, {columns})")
    connection.execute("delete from marts.half_year_output")
    for zone, sector, amounts in EXPORTERS:
        for number, amount in enumerate(amounts):
            who = {"zone_code": zone, "tax_code": f"{zone}{sector}{number}", "sector_code": sector}
            names = {"sector_short_vi": SECTORS[sector][0], "sector_short_en": SECTORS[sector][1]}
            _insert(
                connection,
                "half_year_export",
                {**common, **who, "export_usd": amount * 1e6, "export_same_period_usd": amount * 9e5},
            )
            _insert(
                connection,
                "half_year_output",
                {
                    **common,
                    **who,
                    **names,
                    "gross_output_constant_vnd_million": amount * 2e4,
                    "gross_output_constant_same_period_vnd_million": amount * 1.8e4,
                },
            )
    late = {"project_code": "P1", "project_name": "Nhà máy <Muộn>", "enterprise_name": "Công ty Chậm", "is_valid": True}
    late |= {"zone_code": "K1", "zone_name": ZONES["K1"][0], "tax_code": "P1", "sector_code": "21"}
    late |= {"same_period_is_valid": False, "commitment_on": "2019-03-31", "days_late": 91}
    _insert(connection, "half_year_investment", {**common, **late})


def _insert(connection: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, object]) -> None:
    columns, marks = ", ".join(row), ", ".join("?" for _ in row)
    values = [Decimal(str(value)) if isinstance(value, float) else value for value in row.values()]
    connection.execute(f"insert into marts.{table} ({columns}) values ({marks})", values)


def published_brief(home: Path, **options: object) -> Settings:
    """Settings of a home where the invented half-year is published; ``options`` as of :func:`brief_marts`."""
    # No git checkout below: the page must not change with every commit of ours.
    settings = Settings(home=home, project_root=home)
    make_candidate(settings, RELEASE_ID, fill=lambda connection, name: brief_marts(connection, name, **options))  # type: ignore[arg-type]
    add_decision(settings, RELEASE_ID, "needs_approval")
    add_decision(settings, RELEASE_ID, "approved", 30, decided_by="Nguyễn Thị Thử", reason="đã đối chiếu <bản giấy>")
    publish(settings, RELEASE_ID, NOW)
    return settings
