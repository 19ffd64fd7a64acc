"""A register that tells of a new name, a move, a sale and a merger: groupings as it was then, and as it is today."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.warehouse_fixture import MILL, SHOP, START, Landing, certificate, project, register, report
from zonehouse import warehouse
from zonehouse.periods import HalfYear
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
HALF = HalfYear(2016, 1)
NOW = datetime(2016, 7, 20, tzinfo=UTC)
# OLD was merged into NEW on the first day of March 2016.
OLD, NEW, MERGED = "CU", "MOI", date(2016, 3, 1)
PAGE = (Settings().project_root / "docs" / "questions.md").read_text(encoding="utf-8").split("## As was and as is")[1]
QUERIES = dict(re.findall(r"^### (.*?)\n.*?```sql\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))


def _authority(code: str, name: str, valid_from: date) -> dict[str, Any]:
    return {
        "authority_code": code,
        "name_vi": name,
        "province_code": "00",
        "province_name": "Thử",
        "valid_from": valid_from,
    }


def _enterprise(tax_code: str, name: str, zone: str, ownership: str, valid_from: date) -> dict[str, Any]:
    return {
        "tax_code": tax_code,
        "enterprise_name": name,
        "zone_code": zone,
        "ownership": ownership,
        "sector_code": "10",
        "reporting_from": valid_from,
        "valid_from": valid_from,
    }


def _zone(code: str, valid_from: date = START) -> dict[str, Any]:
    return {"zone_code": code, "name_vi": f"Khu {code}", "area_ha": Decimal(10), "valid_from": valid_from}


def _of_new() -> dict[str, list[dict[str, Any]]]:
    """The mill is renamed in February, moves and is sold in March; what OLD had is here from the merger on."""
    return register(
        authority=[
            _authority(NEW, "Ban Mới", START),
            _authority(NEW, "Ban Hợp Nhất", MERGED),
            _authority(OLD, "Ban Hợp Nhất", MERGED),
        ],
        zone=[_zone("Z1"), _zone("Z2"), _zone("Z9", MERGED)],
        enterprise=[
            _enterprise(MILL, "Xưởng", "Z1", "domestic", START),
            _enterprise(MILL, "Xưởng Mới", "Z1", "domestic", date(2016, 2, 15)),
            _enterprise(MILL, "Xưởng Mới", "Z2", "fdi", date(2016, 3, 10)),
            _enterprise(SHOP, "Tiệm", "Z9", "fdi", MERGED),
        ],
        project=[
            project("P1", MILL, "Z1", "domestic", "building", START),
            project("P1", MILL, "Z2", "fdi", "operating", date(2016, 3, 10)),
        ],
        certificate=[
            certificate("C1", "P1", START, "USD", "1.5", 21000),
            certificate("C1a", "P1", date(2016, 3, 10), "USD", 2, 22000),
        ],
    )


def _of_old() -> dict[str, list[dict[str, Any]]]:
    return register(
        authority=[_authority(OLD, "Ban Cũ", START)],
        zone=[_zone("Z9")],
        enterprise=[_enterprise(SHOP, "Tiệm", "Z9", "domestic", START)],
        project=[],
        certificate=[],
    )


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = Settings(home=tmp_path_factory.mktemp("as_was"))
    landing = Landing(settings)
    landing.submit("project_register", OLD, "2015-01", _of_old(), received=date(2015, 1, 3), authority=OLD)
    landing.submit("project_register", NEW, "2016-03", _of_new(), received=date(2016, 4, 3), authority=NEW)
    for month, mill, shop in (("2015-03", 5, 7), ("2016-01", 10, 1), ("2016-02", 20, 2), ("2016-03", 30, 3)):
        spent = [{"project_code": "P1", "implemented_capital_vnd_million": Decimal(mill)}]
        late = date(2016, 4, 9)
        landing.submit("monthly_report", MILL, month, report(mill, investment=spent), received=late, authority=NEW)
        then = NEW if month == "2016-03" else OLD
        landing.submit("monthly_report", SHOP, month, report(shop, "100.5"), received=late, authority=then)
    landing.land("b1")
    warehouse.build_facts(settings, warehouse.pending(settings))
    candidate = warehouse.build_candidate(settings, HALF, NOW)
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        connection.execute("set schema = 'marts'")
        yield connection


def _answer(marts: duckdb.DuckDBPyConnection, heading: str) -> list[tuple[Any, ...]]:
    return marts.execute(QUERIES[heading], {"half": str(HALF)}).fetchall()


def test_zone_and_ownership_as_they_were_in_each_month(marts: duckdb.DuckDBPyConnection) -> None:
    """The mill's January and February stay in Z1 and domestic; the shop was domestic while it was OLD's."""
    assert _answer(marts, "Output and exports by zone and ownership, as was") == [
        ("base", "Z1", "domestic", Decimal(5), None),
        ("base", "Z9", "domestic", Decimal(7), Decimal("100.5")),
        ("current", "Z1", "domestic", Decimal(30), None),
        ("current", "Z2", "fdi", Decimal(30), None),
        ("current", "Z9", "domestic", Decimal(3), Decimal(201)),
        ("current", "Z9", "fdi", Decimal(3), Decimal("100.5")),
    ]


def test_zone_and_ownership_as_they_are_today(marts: duckdb.DuckDBPyConnection) -> None:
    """The shop is FDI today by NEW's register; OLD's, which still says domestic, speaks for it no more."""
    assert _answer(marts, "The same, as is") == [
        ("base", "Z2", "fdi", Decimal(5), None),
        ("base", "Z9", "fdi", Decimal(7), Decimal("100.5")),
        ("current", "Z2", "fdi", Decimal(60), None),
        ("current", "Z9", "fdi", Decimal(6), Decimal("301.5")),
    ]


def test_a_merged_authority_is_itself_then_and_its_successor_today(marts: duckdb.DuckDBPyConnection) -> None:
    assert _answer(marts, "By the authority that answered for them then, and that does today") == [
        (OLD, NEW, "Ban Cũ", "Ban Hợp Nhất", "base", Decimal(7)),
        (OLD, NEW, "Ban Cũ", "Ban Hợp Nhất", "current", Decimal(3)),
        (NEW, NEW, "Ban Hợp Nhất", "Ban Hợp Nhất", "current", Decimal(33)),
        (NEW, NEW, "Ban Mới", "Ban Hợp Nhất", "base", Decimal(5)),
        (NEW, NEW, "Ban Mới", "Ban Hợp Nhất", "current", Decimal(30)),
    ]


def test_growth_of_a_merged_authority_is_on_all_that_it_was_made_of(marts: duckdb.DuckDBPyConnection) -> None:
    """NEW: the mill's 10 + 20 + 30 and the shop's 1 + 2 + 3, on 5 of NEW and 7 of OLD. OLD's own, to February."""
    rows = marts.execute(
        "select authority_code, value, same_period_value, growth_pct, merged_authorities from half_year_headline"
        " where indicator_code = 'gross_output' and zone_code = 'TOTAL' order by 1"
    ).fetchall()
    assert rows == [
        (OLD, Decimal(3), None, None, None),
        (NEW, Decimal(66), Decimal(12), pytest.approx(450), f"Ban Cũ ({OLD})"),
    ]
    zones = marts.execute(
        "select zone_code, value, same_period_value from half_year_headline where indicator_code = 'exports'"
        f" and authority_code = '{NEW}' and value + same_period_value > 0 order by 1"
    ).fetchall()
    assert zones == [(place, Decimal("301.5"), Decimal("100.5")) for place in ("TOTAL", "Z9")]


def test_each_cell_says_whose_it_was_before_the_merger(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select source_authority_code, period, period_month, original_name is not null, contribution"
        f" from half_year_lineage where authority_code = '{NEW}' and indicator_code = 'exports' and zone_code = 'TOTAL'"
        " order by period_month"
    ).fetchall()
    assert rows == [
        (OLD, "base", "2015-03", True, Decimal("100.5")),
        (OLD, "current", "2016-01", True, Decimal("100.5")),
        (OLD, "current", "2016-02", True, Decimal("100.5")),
        (NEW, "current", "2016-03", True, Decimal("100.5")),
    ]


def test_the_reports_of_what_was_merged_are_of_its_coverage(marts: duckdb.DuckDBPyConnection) -> None:
    """Three months of each enterprise, whoever they were sent to; returns of OLD's two months and NEW's three."""
    rows = marts.execute(
        "select authority_code, form_code, obliged_count, received_count from half_year_coverage order by 1, 2"
    ).fetchall()
    assert rows == [
        (OLD, "authority_return", 2, 0),
        (OLD, "monthly_report", 2, 2),
        (NEW, "authority_return", 5, 0),
        (NEW, "monthly_report", 6, 6),
    ]


def test_a_project_in_the_state_it_was_in_and_is_in(marts: duckdb.DuckDBPyConnection) -> None:
    heading = "Capital implemented, by the state and ownership of the project then and today"
    assert _answer(marts, heading) == [
        ("base", "building", "operating", "domestic", "fdi", 1, Decimal(5)),
        ("current", "building", "operating", "domestic", "fdi", 1, Decimal(30)),
        ("current", "operating", "operating", "fdi", "fdi", 1, Decimal(30)),
    ]


def test_capital_stands_at_the_rate_of_the_certificate_of_its_time(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select period_month, registered_capital_original_million, certificate_rate_vnd, registered_capital_vnd_million"
        " from half_year_project_month where project_code = 'P1' order by 1"
    ).fetchall()
    first = (Decimal("1.5"), Decimal(21000), Decimal(31500))
    assert rows == [
        ("2015-03", *first),
        ("2016-01", *first),
        ("2016-02", *first),
        ("2016-03", Decimal(2), Decimal(22000), Decimal(44000)),
    ]


def test_names_are_those_of_their_time(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select period_month, enterprise_name_as_was, enterprise_name_as_is, zone_name_as_was, zone_name_as_is"
        f" from half_year_enterprise_month where tax_code = '{MILL}' order by 1"
    ).fetchall()
    assert rows == [
        ("2015-03", "Xưởng", "Xưởng Mới", "Khu Z1", "Khu Z2"),
        ("2016-01", "Xưởng", "Xưởng Mới", "Khu Z1", "Khu Z2"),
        ("2016-02", "Xưởng Mới", "Xưởng Mới", "Khu Z1", "Khu Z2"),
        ("2016-03", "Xưởng Mới", "Xưởng Mới", "Khu Z2", "Khu Z2"),
    ]
