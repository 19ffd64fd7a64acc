"""Another province's workbooks go through unchanged code and give their own, hand-computed figures."""

from __future__ import annotations

import hashlib
import re
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipeline.held_back_province import FOOD, GARMENTS, NOT_STARTED, PLASTICS, _report, write_inbox
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


# indicator: growth on the same months in per cent, from the figures above
GROWTH = {
    ("gross_output", "Z1"): 100 * (951 / 861.5 - 1),
    ("gross_output", "Z2"): -100 / 3,
    ("exports", "TOTAL"): 100 * (4_400_000.75 / 4_500_001.5 - 1),
    ("labour", "TOTAL"): 100 * 20 / 465,
    ("registered_capital", "TOTAL"): 100 * 82_500 / 1_077_000,
    ("infrastructure_disbursed", "TOTAL"): 735,
    ("implemented_capital", "TOTAL"): None,  # the base is zero
}
_PAGE = (Settings().project_root / "docs" / "questions.md").read_text(encoding="utf-8")
QUESTIONS = {
    int(number): sql for number, sql in re.findall(r"^### (\d+)\. .*?```sql\n(.*?)```", _PAGE, re.MULTILINE | re.DOTALL)
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


@pytest.mark.parametrize(("indicator", "zone"), GROWTH)
def test_growth_is_that_of_unrounded_figures(published: Settings, indicator: str, zone: str) -> None:
    growth = _headline(published)[indicator, zone][2]
    expected = GROWTH[indicator, zone]
    assert growth is None if expected is None else growth == pytest.approx(expected, rel=1e-9)


def test_growth_plan_and_coverage(published: Settings) -> None:
    _, _, growth, plan_share, coverage, status, through = _headline(published)["gross_output", "TOTAL"]
    assert float(growth) == pytest.approx((1051 / 1011.5 - 1) * 100, rel=1e-9)
    assert float(plan_share) == pytest.approx(25, rel=1e-9)
    assert float(coverage) == pytest.approx(100 * 8 / 9, rel=1e-9)
    assert (status, through) == ("provisional", "2017-03")
    share = _headline(published)["infrastructure_disbursed", "TOTAL"][3]
    assert float(share) == pytest.approx(25.05, rel=1e-9)


def _answer(settings: Settings, number: int, **given: str) -> list[dict[str, Any]]:
    """The rows that question ``number`` of docs/questions.md has for this province; decimals as float."""
    with duckdb.connect(str(settings.published / "marts.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{settings.published / 'steward.duckdb'}' as steward (read_only)")
        cursor = connection.execute(QUESTIONS[number], {"half": str(HALF), **given})
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{k: float(v) if isinstance(v, Decimal) else v for k, v in row.items()} for row in rows]


def test_leaders_questions_are_answered_as_by_hand(published: Settings) -> None:
    output = {row["zone_code"]: row for row in _answer(published, 1) if row["indicator_code"] == "gross_output"}
    assert {zone: row["value"] for zone, row in output.items()} == {"TOTAL": 1051, "Z1": 951, "Z2": 100}
    assert output["TOTAL"]["plan_share_pct"] == pytest.approx(25)
    explained = {row["member_code"]: row for row in _answer(published, 2)}
    points = {FOOD: 950 / 1011.5, GARMENTS: 8000 / 1011.5, PLASTICS: -5000 / 1011.5}
    for code, expected in points.items():
        assert explained[code]["contribution_pp"] == pytest.approx(expected, abs=2e-9)
    assert next(iter(explained)) == GARMENTS
    projects = {(row["project_code"], row["status"], row["days_late"]) for row in _answer(published, 3)}
    operating = {(code, "operating", None) for code in ("P1", "P2", "P3")}
    assert projects == {*operating, ("P4", "building", None), ("P5", "in_procedure", None)}
    capital = {(row["ownership"], row["currency"]): row for row in _answer(published, 4)}
    assert {key: (row["projects"], row["registered_vnd_million"]) for key, row in capital.items()} == {
        ("domestic", "VND"): (2, 560_000),
        ("fdi", "USD"): (2, 15 * 22_500 + 8 * 21_500),
        ("fdi", "VND"): (1, 90_000),
    }
    assert capital["fdi", "USD"]["registered_original_million"] == 23
    assert capital["fdi", "VND"]["implemented_share_pct"] == pytest.approx(3000.5 / 900)
    (work,) = _answer(published, 5)
    assert (work["disbursed_of_allocated_pct"], work["share_of_all_pct"]) == (pytest.approx(25.05), 100)
    land = {row["zone_code"]: row for row in _answer(published, 6)}
    assert land["TOTAL"]["output_per_worker_vnd_million"] == pytest.approx(1051 / 485)
    assert land["Z2"]["export_per_worker_usd"] == pytest.approx(800_000 / 60)
    assert land["Z1"]["occupancy_pct"] is None, "no leased area was told"


def test_stewards_and_enterprises_questions_are_answered_as_by_hand(published: Settings) -> None:
    situations = {(row["reporting_unit_code"], row["period_month"]): row["situation"] for row in _answer(published, 7)}
    idle = {(NOT_STARTED, f"2017-{number:02d}"): "not obliged" for number in (1, 2, 3)}
    assert situations == {(PLASTICS, "2017-02"): "not submitted", **idle}
    doubts = _answer(published, 8)
    effects = [row["effect_pct"] for row in doubts if row["effect_pct"] is not None]
    assert effects == sorted(effects, reverse=True)
    assert all(0 <= effect <= 100 for effect in effects)
    repaired = [row for row in _answer(published, 9) if row["what"] == "repaired"]
    assert "1200000.25" in {row["became"] for row in repaired}, "exports written as 1.200.000,25"
    (approved,) = [row for row in _answer(published, 9) if row["what"] == "warnings approved"]
    assert (approved["by_whom"], approved["why"]) == ("người duyệt", "đã gọi doanh nghiệp")
    assert _answer(published, 10) == []
    assert {(row["outcome"], row["is_published"]) for row in _answer(published, 11)} == {("approved", True)}
    sent = {(row["period_month"], row["submission_version"], row["arrival_state"]) for row in _sent(published)}
    months = {("2017-01", 1, "accepted"), ("2017-02", 1, "accepted")}
    assert sent == {*months, ("2017-03", 1, "superseded"), ("2017-03", 2, "accepted")}


def _sent(settings: Settings) -> list[dict[str, Any]]:
    return _answer(settings, 15, unit=GARMENTS)


def test_analysts_questions_are_answered_as_by_hand(published: Settings) -> None:
    exports = {
        (row["sector_code"], row["ownership"], row["market_code"]): (row["export_usd"], row["same_period_usd"])
        for row in _answer(published, 12)
    }
    assert exports == {("14", "fdi", "JP"): (3_600_000.75, 3_000_001.5), ("22", "fdi", "JP"): (800_000, 1_500_000)}
    told = {(row["indicator_code"], row["zone_code"]): row for row in _answer(published, 13, moment="2017-04-21")}
    assert told["exports", "TOTAL"]["as_published"] == told["exports", "TOTAL"]["as_known_today"] == 4_400_000.75
    before = {row["as_published"] for row in _answer(published, 13, moment="2017-04-19")}
    assert before == {None}
    labour = {row["category_code"]: row for row in _answer(published, 14)}
    total = labour[None]
    assert (total["headcount"], total["net_hires"]) == (485, 14)
    assert total["women_pct"] == pytest.approx(100 * 242 / 485)
    assert (total["local_pct"], total["average_income_vnd_million"]) == (None, None)
    assert labour["technical"]["headcount"] == 20


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
