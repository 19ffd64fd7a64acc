"""Another province's workbooks go through unchanged code and give their own, hand-computed figures."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.pipeline.held_back_province import GARMENTS, PLASTICS, _report, write_inbox
from zonehouse import brief, intake, publish, quality, warehouse
from zonehouse.periods import HalfYear
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
NOW = datetime(2017, 4, 20, 1, 0, tzinfo=UTC)
HALF = HalfYear(2017, 1)

# indicator: (zone, value, same period last year), by hand from held_back_province.py
BY_HAND = {
    ("gross_output", "TOTAL"): ("1051", "1011.5"),
    ("gross_output", "Z1"): ("951", "861.5"),
    ("gross_output", "Z2"): ("100", "150"),
    ("gross_output_current", "TOTAL"): ("1576.5", "1517.25"),
    ("net_revenue", "TOTAL"): ("2102", "2023"),
    ("exports", "TOTAL"): ("4400000.75", "4500001.5"),
    ("exports", "Z2"): ("800000", "1500000"),
    ("labour", "TOTAL"): ("485", "465"),
    ("labour", "Z2"): ("60", "70"),
    ("projects_valid", "TOTAL"): ("5", "5"),
    ("projects_operating", "TOTAL"): ("3", "4"),
    ("projects_building", "TOTAL"): ("1", "0"),
    ("projects_in_procedure", "TOTAL"): ("1", "1"),
    ("projects_domestic", "TOTAL"): ("2", "1"),
    ("projects_fdi", "TOTAL"): ("3", "4"),
    ("registered_capital", "TOTAL"): ("1159500", "1077000"),
    ("implemented_capital", "TOTAL"): ("3000.5", "0"),
    ("infrastructure_disbursed", "TOTAL"): ("250.5", "30"),
    ("infrastructure_allocated", "TOTAL"): ("1000", "1000"),
    ("investor_visits", "TOTAL"): ("5", "0"),
    ("members", "TOTAL"): ("41", "41"),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("held_back"))
    files = write_inbox(settings.inbox)
    report = intake.intake(settings, NOW)
    assert report.receipt_count == files
    states = intake.reconcile(settings).states
    assert states == {
        "accepted": 25,
        "accepted_with_warnings": 0,
        "superseded": 1,
        "held": 0,
        "duplicate": 0,
        "rejected": 0,
    }
    warehouse.build_facts(settings, warehouse.pending(settings))
    candidate = warehouse.build_candidate(settings, HALF, NOW)
    checked = quality.check_candidate(settings, candidate, NOW)
    verdict = quality.decide(settings, candidate, checked, NOW)
    assert verdict.outcome == "needs_approval", quality.describe(verdict, "en")
    with pytest.raises(publish.PublishError):
        publish.publish(settings, candidate.id, NOW)
    quality.record_approval(settings, candidate.id, True, by="người duyệt", reason="đã gọi doanh nghiệp", now=NOW)
    publish.publish(settings, candidate.id, NOW)
    return settings


def _headline(settings: Settings) -> dict[tuple[str, str], tuple[object, ...]]:
    with duckdb.connect(str(settings.published / "marts.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select indicator_code, zone_code, value, same_period_value, growth_pct, plan_share_pct, coverage_pct,"
            " status, through_month from half_year_headline where half_year = '2017-H1'"
        ).fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


@pytest.mark.parametrize(("indicator", "zone"), BY_HAND)
def test_figures_are_those_worked_out_by_hand(published: Settings, indicator: str, zone: str) -> None:
    value, base, *_ = _headline(published)[indicator, zone]
    expected_value, expected_base = BY_HAND[indicator, zone]
    assert Decimal(str(value)) == Decimal(expected_value)
    assert Decimal(str(base or 0)) == Decimal(expected_base)


def test_growth_plan_and_coverage(published: Settings) -> None:
    _, _, growth, plan_share, coverage, status, through = _headline(published)["gross_output", "TOTAL"]
    assert float(growth) == pytest.approx((1051 / 1011.5 - 1) * 100, rel=1e-9)
    assert float(plan_share) == pytest.approx(25, rel=1e-9)
    assert float(coverage) == pytest.approx(100 * 8 / 9, rel=1e-9)
    assert (status, through) == ("provisional", "2017-03")
    share = _headline(published)["infrastructure_disbursed", "TOTAL"][3]
    assert float(share) == pytest.approx(25.05, rel=1e-9)


def test_every_figure_is_the_sum_of_its_cells(published: Settings) -> None:
    with duckdb.connect(str(published.published / "marts.duckdb"), read_only=True) as connection:
        cells = connection.execute(
            "select submission_id, sheet_name, row_number, column_code, cell_value from half_year_lineage"
            " where indicator_code = 'exports' and zone_code = 'Z1' and period = 'current' order by period_month"
        ).fetchall()
    assert [Decimal(str(cell[4])) for cell in cells] == [Decimal("1200000.25")] * 3
    assert {(cell[1], cell[2], cell[3]) for cell in cells} == {("Xuất nhập khẩu", 2, "export_usd")}
    for cell in cells:
        archived = Path(published.archive, cell[0][:2], cell[0])
        assert archived.is_file()


def test_the_page_speaks_of_this_province_only(published: Settings) -> None:
    page = brief.render_text(published, HALF, "vi")
    assert "Thử Nghiệm" in page
    assert "tăng 4%" in page
    assert "giảm 2%" in page
    assert "5 dự án" in page
    for foreign in ("Bến Tre", "Giao Long", "An Hiệp", "Đồng khởi"):
        assert foreign not in page


def test_a_late_amendment_opens_a_new_release_and_alters_none(published: Settings, tmp_path: Path) -> None:
    shutil.copytree(published.home, tmp_path / "home", symlinks=True)
    settings, later = Settings(home=tmp_path / "home"), datetime(2017, 9, 4, 1, 0, tzinfo=UTC)
    (old,) = publish.current_releases(settings).values()
    before = _bytes(settings.published / "releases" / old)
    # Garments sends March once more, 10 more than before; plastics its February, which nobody had.
    _report(settings.inbox / "2017-09-01" / "dinh chinh lan 2.xlsx", GARMENTS, "2017", 3, 260)
    _report(settings.inbox / "2017-09-01" / "thang 2 gui muon.xlsx", PLASTICS, "2017", 2, 44)
    intake.intake(settings, later)
    warehouse.build_facts(settings, warehouse.pending(settings))
    assert HALF in warehouse.half_years_to_refresh(settings, later)
    candidate = warehouse.build_candidate(settings, HALF, later)
    quality.decide(settings, candidate, quality.check_candidate(settings, candidate, later), later)
    assert publish.current_releases(settings) == {str(HALF): old}, "nothing moves before a person agrees"
    quality.record_approval(settings, candidate.id, True, by="người duyệt", reason="đính chính", now=later)
    publish.publish(settings, candidate.id, later)
    (new,) = publish.current_releases(settings).values()
    assert new != old
    assert Decimal(str(_headline(settings)["gross_output", "TOTAL"][0])) == Decimal("1105")
    assert _bytes(settings.published / "releases" / old) == before
    headline = settings.published / "releases" / old / "half_year_headline.parquet"
    ((value,),) = duckdb.sql(
        f"select value from '{headline}' where indicator_code = 'gross_output' and zone_code = 'TOTAL'"
    ).fetchall()
    assert Decimal(str(value)) == Decimal("1051")


def _bytes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
