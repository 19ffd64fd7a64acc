"""The arithmetic that a page of the Vĩnh Long zones published for April 2018, from workbooks to the marts.

April output 1,327.37 tỷ đồng is 122.18 % more than March's 597.43; January to April 3,600.62 is 7.28 % less than the
3,883.23 of the year before and 28.58 % of the plan of 12,600. Revenue of April 1,774.51 tỷ is 989.66 tỷ and
34,422,973 USD. How the sums divide over months and enterprises is not published: that part is made up.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.intake_workbooks import OUTPUT_HEADER, workbook
from zonehouse import intake, warehouse
from zonehouse.periods import HalfYear
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
NOW = datetime(2018, 5, 20, 1, 0, tzinfo=UTC)
HALF = HalfYear(2018, 1)
HOME, ABROAD = "0100233488", "0314409058"
# VND billion by month, January to April: what is published and, where it is not, what is left of the published sums.
OUTPUT = {
    2017: ("1000.00", "900.00", "983.23", "1000.00"),
    2018: ("875.82", "800.00", "597.43", "1327.37"),
}
EXPORTS_USD = 34_422_973
PLAN = 12_600
_CERTIFICATE = (
    "certificate_no",
    "project_code",
    "certified_on",
    "certificate_kind",
    "currency",
    "registered_capital_original_million",
    "certificate_rate_vnd",
)


def _cover(form: str, version: str, month: str, *fields: list[str]) -> list[list[Any]]:
    pairs = [("Mã biểu", form), ("Phiên bản biểu", version), ("Mã ban quản lý", "VL"), ("Kỳ báo cáo", month)]
    return [*(list(pair) for pair in pairs), *fields]


def _report(tax_code: str, month: str, output: Decimal, revenue: Decimal, exports: int) -> bytes:
    version = "2015" if month < "2015-07" else "2016"
    row = ["10", "Hàng hóa", None, None, float(output * 1000), float(output * 1500), float(revenue)]
    return workbook(
        {
            "THONG_TIN": _cover("monthly_report", version, month, ["Mã số thuế", tax_code], ["Tên doanh nghiệp", "C"]),
            "SAN_XUAT": [list(OUTPUT_HEADER), row],
            "XUAT_NHAP_KHAU": [
                ["hs_group", "market_code", "export_usd", "import_usd"],
                *([["16", "JP", exports, 0]] if exports else []),
            ],
            "LAO_DONG": [
                ["category_code", "headcount_persons", "women_persons", "hires_persons", "leavers_persons"],
                ["production", 100, 50, 1, 1],
            ],
            "DAU_TU": [["project_code", "implemented_capital_vnd_million"]],
        }
    )


def _register() -> bytes:
    start = datetime(2016, 1, 1)  # noqa: DTZ001 - a workbook's dates have no zone
    enterprises = [
        [code, f"Công ty {code}", "HP", owner, "10", start, start]
        for code, owner in ((HOME, "domestic"), (ABROAD, "fdi"))
    ]
    return workbook(
        {
            "THONG_TIN": _cover("project_register", "2015", "2017-01"),
            "BAN_QUAN_LY": [
                ["authority_code", "name_vi", "province_code", "province_name", "valid_from"],
                ["VL", "Ban Quản lý các khu công nghiệp Vĩnh Long", "86", "Vĩnh Long", start],
            ],
            "KHU": [["zone_code", "name_vi", "area_ha", "valid_from"], ["HP", "Hòa Phú", 100, start]],
            "DOANH_NGHIEP": [
                [
                    "tax_code",
                    "enterprise_name",
                    "zone_code",
                    "ownership",
                    "sector_code",
                    "reporting_from",
                    "valid_from",
                ],
                *enterprises,
            ],
            "DU_AN": [
                [
                    "project_code",
                    "tax_code",
                    "project_name",
                    "zone_code",
                    "sector_code",
                    "ownership",
                    "status",
                    "valid_from",
                ],
                ["P1", HOME, "Nhà máy", "HP", "10", "domestic", "operating", start],
            ],
            "GIAY_CHUNG_NHAN": [
                [
                    "certificate_no",
                    "project_code",
                    "certified_on",
                    "certificate_kind",
                    "currency",
                    "registered_capital_original_million",
                    "certificate_rate_vnd",
                ],
                ["C1", "P1", start, "new", "VND", 1000, 1],
            ],
        }
    )


def _return() -> bytes:
    return workbook(
        {
            "THONG_TIN": _cover("authority_return", "2015", "2018-01"),
            "TIEP_XUC": [["contact_no", "contact_on", "country_code", "sector_code", "visits_count"]],
            "HA_TANG": [["work_code", "work_name", "zone_code", "allocated_year_vnd_million", "disbursed_vnd_million"]],
            "TO_CHUC": [["indicator_code", "indicator_value"]],
            "KE_HOACH": [["plan_year", "indicator_code", "plan_value"], [2018, "gross_output", PLAN * 1000]],
        }
    )


def _fill(inbox: Path) -> int:
    files = {"so.xlsx": _register(), "ban.xlsx": _return()}
    for year, months in OUTPUT.items():
        for number, output in enumerate(map(Decimal, months), start=1):
            month, april = f"{year}-{number:02d}", (year, number) == (2018, 4)
            at_home = output / 4
            revenue = Decimal("989.66") if april else output
            files[f"{month} a.xlsx"] = _report(HOME, month, at_home, revenue, 0)
            files[f"{month} b.xlsx"] = _report(ABROAD, month, output - at_home, Decimal(0), EXPORTS_USD if april else 0)
    inbox.mkdir(parents=True)
    for name, content in files.items():
        (inbox / name).write_bytes(content)
    return len(files)


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    settings = Settings(home=tmp_path_factory.mktemp("vinh_long"))
    sent = _fill(settings.inbox)
    intake.intake(settings, NOW)
    states = intake.reconcile(settings).states
    assert states["accepted"] + states["accepted_with_warnings"] == sent, states
    warehouse.build_facts(settings, warehouse.pending(settings))
    return duckdb.connect(str(warehouse.build_candidate(settings, HALF, NOW).database), read_only=True)


def _row(marts: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    cursor = marts.execute(sql)
    names = [column[0] for column in cursor.description or []]
    (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))


def test_april_is_122_per_cent_more_than_march(marts: duckdb.DuckDBPyConnection) -> None:
    april = _row(
        marts,
        "select * from marts.half_year_trend where period_month = '2018-04' and indicator_code = 'gross_output'",
    )
    assert (april["value"], april["previous_month_value"]) == (Decimal("1327370"), Decimal("597430"))
    assert round(april["previous_month_growth_pct"], 2) == 122.18
    assert (april["ytd_value"], april["ytd_same_period_value"]) == (Decimal("3600620"), Decimal("3883230"))
    assert round(april["ytd_growth_pct"], 2) == -7.28
    assert (april["plan_value"], round(april["ytd_plan_share_pct"], 2)) == (Decimal(PLAN * 1000), 28.58)
    assert april["same_month_last_year_value"] == Decimal("1000000")
    assert round(april["same_month_growth_pct"], 3) == 32.737


def test_the_headline_through_april_says_the_same(marts: duckdb.DuckDBPyConnection) -> None:
    output = _row(
        marts,
        "select * from marts.half_year_headline where zone_code = 'TOTAL' and indicator_code = 'gross_output'",
    )
    assert (output["value"], output["same_period_value"]) == (Decimal("3600620"), Decimal("3883230"))
    assert (round(output["growth_pct"], 2), round(output["plan_share_pct"], 2)) == (-7.28, 28.58)
    assert (output["through_month"], output["status"], output["coverage_pct"]) == ("2018-04", "provisional", 100)


def test_revenue_in_two_currencies_adds_up_at_the_implied_rate(marts: duckdb.DuckDBPyConnection) -> None:
    april = _row(
        marts,
        "select sum(net_revenue_vnd_million) as dong, sum(export_usd) as usd, sum(export_vnd_million) as converted"
        " from marts.half_year_enterprise_month where period_month = '2018-04'",
    )
    assert (april["dong"], april["usd"]) == (Decimal("989660"), Decimal(EXPORTS_USD))
    # The page has hundredths of a billion: 989.66 and 1,774.51 are each right to half of one.
    assert abs(april["dong"] + april["converted"] - Decimal("1774510")) <= 10
    rate = _row(marts, "select * from facts.dim_rate where period_month = '2018-04'")
    assert (rate["vnd_per_unit"], rate["rate_type"], rate["is_preferred"]) == (Decimal(22_800), "implied", True)
    assert round((Decimal("1774510") - april["dong"]) / april["usd"] * 1_000_000, -1) == rate["vnd_per_unit"]
