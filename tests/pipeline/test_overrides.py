"""A number that a steward replaced goes into facts, headline and lineage beside the reported one, and back.

The province is the hand-written one of ``warehouse_fixture``: in 2016 the shop's March is missing.
"""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.warehouse_fixture import AUTHORITY, MILL, SHOP, Landing, land_history, report
from zonehouse import quality, warehouse
from zonehouse.forms import load_catalogue
from zonehouse.periods import HalfYear, Month
from zonehouse.quality import OverrideTarget
from zonehouse.quality.acceptance import with_acceptances
from zonehouse.quality.report import CheckReport, CheckResult
from zonehouse.quality.reported import OVERRIDABLE
from zonehouse.settings import Settings

NOW = datetime(2016, 4, 20, tzinfo=UTC)
HALF = HalfYear(2016, 1)
OUTPUT = "gross_output_constant_vnd_million"


def target(settings: Settings, unit: str, month: str, column: str) -> OverrideTarget:
    found = quality.reported_values(settings, "monthly_report", AUTHORITY, unit, month)
    return next(one.target for one in found if one.target.column_code == column)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    """The mill's February output of 21 was replaced by 20.5, its headcount of March accepted; facts are built."""
    landing = land_history(Settings(home=tmp_path_factory.mktemp("overridden")))
    settings = landing.settings
    quality.enter_override(
        settings, target(settings, MILL, "2016-02", OUTPUT), "replace", by="Lan", reason="đã gọi điện", now=NOW,
        edited_value=Decimal("20.5"),
    )  # fmt: skip
    quality.enter_override(
        settings, target(settings, MILL, "2016-03", "headcount_persons"), "accept", by="Minh", reason="đúng", now=NOW
    )
    warehouse.build_facts(settings, warehouse.pending(settings))
    return landing


@pytest.fixture(scope="module")
def candidate(landing: Landing) -> warehouse.Candidate:
    return warehouse.build_candidate(landing.settings, HALF, NOW)


def rows(candidate: warehouse.Candidate, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.slow
def test_reported_edited_and_published_values_stand_side_by_side(candidate: warehouse.Candidate) -> None:
    # By hand: 11 + 20.5 + 31 of the mill, 4 + 5 of the shop.
    assert rows(candidate, "select value from marts.half_year_headline where indicator_code = 'gross_output'"
                " and zone_code = 'TOTAL'") == [(Decimal("71.5"),)]  # fmt: skip
    assert rows(
        candidate,
        "select cell_value, reported_value, edited_value, contribution, override_action, overridden_by, override_reason"
        " from marts.half_year_lineage where override_id is not null and zone_code = 'TOTAL' order by indicator_code",
    ) == [
        (21, 21, Decimal("20.5"), Decimal("20.5"), "replace", "Lan", "đã gọi điện"),
        (120, 120, None, 120, "accept", "Minh", "đúng"),
    ]
    assert rows(
        candidate, "select action, state, entered_by, reporting_unit_name from marts.half_year_override order by action"
    ) == [
        ("accept", "active", "Minh", "Xưởng"),
        ("replace", "active", "Lan", "Xưởng"),
    ]
    told = candidate.manifest["overrides"]
    assert sorted((one["action"], one["edited_value"]) for one in told.values()) == [
        ("accept", None),
        ("replace", "20.500000"),
    ]


@pytest.mark.slow
def test_a_missing_report_is_estimated_beside_the_figure(candidate: warehouse.Candidate) -> None:
    # The shop's March: its 3 of last March × the mill's 31 ÷ 30 of then; two responders are too few for a sector.
    assert rows(
        candidate,
        "select method, source_month, source_value, responder_count, imputed_value, is_counted"
        " from marts.half_year_imputation where indicator_code = 'gross_output'",
    ) == [("same_month_last_year", "2015-03", 3, 1, Decimal("3.1"), True)]
    assert rows(
        candidate,
        "select value, imputed_value, value_with_imputation, round(imputed_share_pct, 6)"
        " from marts.half_year_headline where indicator_code = 'gross_output' and zone_code = 'TOTAL'",
    ) == [(Decimal("71.5"), Decimal("3.1"), Decimal("74.6"), round(310 / 74.6, 6))]


@pytest.mark.slow
def test_a_warning_whose_rows_are_all_accepted_asks_nobody(candidate: warehouse.Candidate, tmp_path: Path) -> None:
    failed = CheckResult(
        checkpoint="facts", suite="fct_labour", table_name="facts.fct_labour", column_name=None, severity="warning",
        expectation_type="expect_column_pair_values_a_to_be_greater_than_b", success=False, raised=False,
        observed=None, unexpected_count=1, element_count=1, reason_vi="", reason_en="", owner="steward",
        rule="women_within_headcount", title_vi="", title_en="",
    )  # fmt: skip
    database = tmp_path / "candidate.duckdb"
    shutil.copyfile(candidate.database, database)

    def judged(where: str) -> CheckResult:
        with duckdb.connect(str(database)) as connection:
            connection.execute(f"update facts.fct_labour set women_persons = 999 where {where}")
        return with_acceptances(Settings(), database, [failed])[0]

    answered = judged(f"tax_code = '{MILL}' and period_month = '2016-03'")
    (one,) = answered.acceptances
    assert (one.entered_by, one.reason, one.column_code) == ("Minh", "đúng", "headcount_persons")
    report = CheckReport("run", NOW, "candidate", candidate.id, (answered,))
    assert (report.outcome, report.failures, report.accepted) == ("pass", (), (answered,))
    critical = replace(failed, severity="critical")
    assert with_acceptances(Settings(), database, [critical])[0].acceptances == ()
    # Another row fails that nobody accepted: the steward is asked.
    assert judged("period_month = '2016-02'").acceptances == ()


@pytest.mark.slow
def test_a_revoked_override_gives_the_reported_number_back(landing: Landing, candidate: warehouse.Candidate) -> None:
    settings = landing.settings
    (one,) = [each for each in quality.overrides(settings) if each.action == "replace"]
    assert warehouse.pending(settings).is_empty
    quality.revoke_override(
        settings, one.override_id, by="Minh", reason="đúng như báo cáo", now=NOW + timedelta(days=1)
    )
    # The shop's March comes in the same night: nothing is estimated for it any more.
    landing.submit("monthly_report", SHOP, "2016-03", report(6, "2000.50", 50), received=date(2016, 4, 21))
    landing.land("b3")
    pending = warehouse.pending(settings)
    assert (pending.batch_ids, pending.months) == (["b3"], [Month(2016, 2), Month(2016, 3)])
    warehouse.build_facts(settings, pending)
    assert HALF in warehouse.stale_half_years(settings)
    after = warehouse.build_candidate(settings, HALF, NOW + timedelta(days=1))
    assert after.inputs_digest != candidate.inputs_digest
    assert rows(after, "select value, imputed_value, imputed_share_pct from marts.half_year_headline"
                " where indicator_code = 'gross_output' and zone_code = 'TOTAL'") == [(78, 0, 0)]  # fmt: skip
    assert rows(after, "select count(*) from marts.half_year_imputation where period = 'current'") == [(0,)]
    assert rows(after, "select state, revoked_by from marts.half_year_override where action = 'replace'") == [
        ("revoked", "Minh")
    ]


def test_python_and_models_agree_on_what_may_be_overridden() -> None:
    settings = Settings()
    text = (settings.dbt_project / "macros" / "overrides.sql").read_text(encoding="utf-8")
    listed = re.search(r"return\((\[.*?\])\) }}", text, re.DOTALL)
    assert listed is not None
    sections = ast.literal_eval(listed.group(1).replace("amount_type", "'decimal(24, 6)'"))
    assert {(one["form"], one["section"]): tuple(one["columns"]) for one in sections} == OVERRIDABLE
    keys = {(one["form"], one["section"]): tuple(one["key"]) for one in sections}
    for form in load_catalogue(settings).forms:
        for section in form.sections:
            if (form.code, section.code) in keys:
                assert keys[form.code, section.code] == section.row_key
