"""Each kind of fault, seeded in real tables, is found by the rule meant for it; good data pass; the unknown blocks."""

from __future__ import annotations

import dataclasses
import hashlib
import html
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.dataset as ds
import pytest

import zonehouse.sample
from tests.pipeline.comparison_oracle import as_stored, by_hand
from tests.pipeline.rule_faults import DOUBT, rules, spoil_for_every_rule, suites
from zonehouse import intake, publish, quality, warehouse
from zonehouse.forms import load_catalogue
from zonehouse.periods import HalfYear, Month
from zonehouse.quality import CheckReport
from zonehouse.quality.runner import Task, run_checkpoints
from zonehouse.sample import generate, load_province
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
NOW = datetime(2016, 7, 11, 0, 0, tzinfo=UTC)
SMALL = Path(zonehouse.sample.__file__).parent / "provinces" / "small_demo.yml"


@dataclass(frozen=True)
class Frozen:
    """A candidate as the gate sees it, on a database of the test's own."""

    id: str
    half_year: HalfYear
    database: Path
    inputs_digest: str = "d1"


@dataclass(frozen=True)
class Fault:
    """SQL that spoils good tables, and each rule that must see it: suite, rule, failed rows."""

    sql: str
    seen_by: tuple[tuple[str, str, int], ...]


def one_row(table: str, change: str, where: str = "true", position: int = 0) -> str:
    """Change one row of a table, the same one each time: the first by content, as rows lie in no order of their own."""
    ordered = f"select *, rowid as place from {table} where {where} order by all limit 1 offset {position}"
    picked = f"select place from ({ordered})"
    return f"update {table} set {change} where rowid = ({picked})"


def estimate(change: str, position: int) -> str:
    """Insert an estimate of 10 × 3 ÷ 2 for a report that came, with something changed."""
    name, value = change.split(" = ")
    given = {
        "authority_code": "authority_code", "tax_code": "reporting_unit_code", "period": "'base'",
        "period_month": "period_month", "indicator_code": "'imports'", "unit": "'usd'", "is_imputed": "true",
        "method": "'zone_ratio'", "source_value": "10", "responders_value": "3", "responders_source_value": "2",
        "imputed_value": "15", "is_counted": "false",
    } | {name: value}  # fmt: skip
    return (
        f"insert into marts.half_year_imputation by name select {', '.join(f'{v} as {k}' for k, v in given.items())}"
        f" from facts.fct_submission where form_code = 'monthly_report' and is_received order by all limit 1"
        f" offset {position}"
    )


def override(change: str) -> str:
    """Insert a replacement that is as it should be, but for one thing; its id tells that thing."""
    name, value = change.split(" = ")
    given = {
        "override_id": "'" + change.replace("'", "") + "'", "action": "'replace'", "state": "'active'",
        "reported_value": "1", "edited_value": "2", "entered_at": "timestamp '2016-07-01'", "entered_by": "'Lan'",
        "reason": "'why'",
    } | {name: value}  # fmt: skip
    return f"insert into marts.half_year_override by name select {', '.join(f'{v} as {k}' for k, v in given.items())}"


HEADLINE, TOTAL = "marts.half_year_headline", "zone_code = 'TOTAL' and indicator_code = "
FAULTS = {
    "a row is there twice": Fault(
        "insert into facts.fct_output from facts.fct_output order by all limit 1",
        (("fct_output", "key_is_unique", 2), ("fct_output", "rows_equal_landing", 1)),
    ),
    "a row without its file": Fault(
        one_row("facts.fct_output", "submission_id = null", position=2),
        (("fct_output", "row_is_traceable", 1), ("fct_output", "rows_equal_landing", 2)),
    ),
    "a malformed tax code": Fault(
        one_row("facts.fct_output", "tax_code = '12345'", position=3),
        (("fct_output", "tax_code_has_its_shape", 1), ("fct_output", "enterprise_is_in_register", 1)),
    ),
    "an enterprise that the register lacks": Fault(
        one_row("facts.fct_labour", "tax_code = '0100233488'"), (("fct_labour", "enterprise_is_in_register", 1),)
    ),
    "negative output": Fault(
        one_row("facts.fct_output", "gross_output_constant_vnd_million = -5", position=4),
        (
            ("fct_output", "gross_output_constant_vnd_million_is_not_negative", 1),
            ("fct_output", "rows_equal_landing", 1),
        ),
    ),
    "a thirteenth month": Fault(
        one_row("facts.fct_output", "period_month = '2016-13'", position=5),
        (("fct_output", "period_is_in_calendar", 1),),
    ),
    "an unknown sector": Fault(
        one_row("facts.fct_output", "product_code = '9Z'", position=6), (("fct_output", "product_is_known", 1),)
    ),
    "current prices in thousands": Fault(
        one_row(
            "facts.fct_output",
            "gross_output_current_vnd_million = 1000 * gross_output_constant_vnd_million",
            "gross_output_constant_vnd_million > 0",
            position=7,
        ),
        (("fct_output", "prices_are_of_one_magnitude", 1), ("fct_output", "rows_equal_landing", 1)),
    ),
    "another price base": Fault(
        one_row("facts.fct_output", "price_base_year = 2020", position=8), (("fct_output", "one_price_base", 2),)
    ),
    "an unknown market": Fault(
        one_row("facts.fct_export", "market_code = 'ZZ'"), (("fct_export", "market_is_known", 1),)
    ),
    "a long HS code": Fault(
        one_row("facts.fct_export", "hs_group = '0304'", position=1), (("fct_export", "hs_group_has_its_shape", 1),)
    ),
    "more women than workers": Fault(
        one_row("facts.fct_labour", "women_persons = headcount_persons + 1", position=2),
        (("fct_labour", "women_within_headcount", 1), ("fct_labour", "rows_equal_landing", 1)),
    ),
    "more locals than workers": Fault(
        one_row("facts.fct_labour", "local_persons = headcount_persons + 1, foreign_persons = 0", position=3),
        (("fct_labour", "local_and_foreign_within_headcount", 1), ("fct_labour", "rows_equal_landing", 1)),
    ),
    "income in thousands": Fault(
        one_row("facts.fct_labour", "average_income_vnd_million = 7500", position=4),
        (("fct_labour", "average_income_is_plausible", 1), ("fct_labour", "rows_equal_landing", 1)),
    ),
    "a certificate in dong with a rate": Fault(
        one_row(
            "facts.fct_investment",
            "certificate_rate_vnd = 22000,"
            " registered_capital_vnd_million = 22000 * registered_capital_original_million",
            "currency = 'VND'",
        ),
        (("fct_investment", "dong_has_rate_one", 1),),
    ),
    "capital at another rate": Fault(
        one_row(
            "facts.fct_investment",
            "registered_capital_vnd_million = 1.05 * registered_capital_vnd_million",
            "currency <> 'VND'",
        ),
        (("fct_investment", "capital_is_at_the_certificate_rate", 1),),
    ),
    "a status that is none": Fault(
        one_row("facts.fct_investment", "status = 'sleeping'", "currency = 'VND'", position=2),
        (("fct_investment", "project_status_is_known", 1),),
    ),
    "on time and not received": Fault(
        one_row(
            "facts.fct_submission",
            "is_received = false, first_received_on = null",
            "is_on_time and form_code = 'monthly_report' and period_month = '2016-03'",
        ),
        (
            ("fct_submission", "on_time_means_received", 1),
            ("fct_submission", "every_obligation_is_met", 1),
            ("half_year_imputation", "every_missing_report_has_a_row", 1),
        ),
    ),
    "more disbursed than allocated": Fault(
        one_row("facts.fct_infrastructure", "disbursed_vnd_million = 10 * allocated_year_vnd_million"),
        (("fct_infrastructure", "disbursed_within_allocation", 1), ("fct_infrastructure", "rows_equal_landing", 1)),
    ),
    "attendance over 100": Fault(
        one_row("facts.fct_organisation", "indicator_value = 175", "indicator_code = 'attendance'"),
        (("fct_organisation", "attendance_is_a_share", 1), ("fct_organisation", "rows_equal_landing", 1)),
    ),
    "an indicator is gone": Fault(
        f"delete from {HEADLINE} where indicator_code = 'members'",
        (("half_year_headline", "expected_indicators_are_present", 0),),
    ),
    "a total is gone": Fault(
        f"delete from {HEADLINE} where {TOTAL} 'projects_suspended'",
        (("half_year_headline", "every_indicator_has_a_total", 1),),
    ),
    "a value is empty": Fault(
        f"update {HEADLINE} set value = null, growth_pct = null where {TOTAL} 'cells'",
        (("half_year_headline", "values_are_given", 1), ("half_year_lineage", "cells_add_up_to_the_value", 1)),
    ),
    "growth beyond experience": Fault(
        f"update {HEADLINE} set growth_pct = 400 where {TOTAL} 'imports'",
        (
            ("half_year_headline", "growth_is_within_experience", 1),
            ("half_year_headline", "growth_is_the_quotient", 1),
        ),
    ),
    "a zone is changed": Fault(
        one_row(
            HEADLINE,
            "value = value + 1, growth_pct = null, same_period_value = 0",
            "zone_code <> 'TOTAL' and indicator_code = 'projects_behind_schedule'",
        ),
        (
            ("half_year_headline", "zones_add_up", 1),
            ("half_year_lineage", "cells_add_up_to_the_value", 1),
        ),
    ),
    "a figure that its cells do not give": Fault(
        f"update {HEADLINE} set value = value + 1, growth_pct = ((value + 1) / same_period_value - 1) * 100"
        f" where {TOTAL} 'exports'",
        (
            ("half_year_lineage", "cells_add_up_to_the_value", 1),
            ("half_year_headline", "zones_add_up", 1),
            ("half_year_export", "exports_equals_headline", 1),
            ("half_year_trend", "months_sum_to_headline", 1),
        ),
    ),
    "fewer than half of the reports": Fault(
        f"update {HEADLINE} set coverage_pct = 40, status = 'provisional' where zone_code = 'TOTAL'",
        (
            ("half_year_headline", "coverage_is_at_least_half", 1),
            ("half_year_headline", "coverage_is_complete", 1),
        ),
    ),
    "a stock of the first early reports": Fault(
        f"update {HEADLINE} set coverage_pct = 20, status = 'provisional' where {TOTAL} 'labour'",
        (
            ("half_year_headline", "coverage_is_at_least_half", 1),
            ("half_year_headline", "coverage_is_complete", 1),
        ),
    ),
    "a status that readers do not know": Fault(
        f"update {HEADLINE} set status = 'draft' where {TOTAL} 'labour'",
        (("half_year_headline", "status_is_known", 1),),
    ),
    "a missing report": Fault(
        one_row(
            "marts.half_year_reporting",
            "received_count = received_count - 1, on_time_count = on_time_count - 1",
            "on_time_count > 0",
        ),
        (("half_year_reporting", "every_report_is_in", 1),),
    ),
    "a month that is drawn too low": Fault(
        one_row("marts.half_year_trend", "value = -1", "indicator_code = 'labour'"),
        (("half_year_trend", "value_is_not_negative", 1),),
    ),
    "points that do not add up": Fault(
        one_row(
            "marts.half_year_contribution",
            "contribution_pp = contribution_pp + 0.000000001",
            "breakdown = 'zone' and contribution_pp > 0",
        ),
        (("half_year_contribution", "points_add_up_to_growth", 1),),
    ),
    "points against the change": Fault(
        one_row(
            "marts.half_year_contribution",
            "change_value = -change_value",
            "breakdown = 'enterprise' and contribution_pp <> 0",
        ),
        (("half_year_contribution", "points_follow_the_change", 1),),
    ),
    "a missing report called an exit": Fault(
        one_row("marts.half_year_contribution", "presence = 'gone'", "breakdown = 'sector'", position=2),
        (("half_year_contribution", "presence_is_known", 1),),
    ),
    "a breakdown that is none": Fault(
        "insert into marts.half_year_contribution"
        " select * replace ('market' as breakdown, total_growth_pp as contribution_pp)"
        " from marts.half_year_contribution order by all limit 1",
        (("half_year_contribution", "breakdown_is_known", 1),),
    ),
    "more leased than there is": Fault(
        one_row("marts.half_year_land", "occupancy_pct = 104.5"), (("half_year_land", "occupancy_is_a_share", 1),)
    ),
    "more for lease than the zone is large": Fault(
        one_row("marts.half_year_land", "leasable_area_ha = area_ha + 1", "zone_code <> 'TOTAL'"),
        (("half_year_land", "leasable_within_area", 1),),
    ),
    "more received than owed": Fault(
        one_row("marts.half_year_coverage", "received_count = obliged_count + 1"),
        (("half_year_coverage", "received_within_obliged", 1),),
    ),
    "a due day that is not known": Fault(
        one_row("marts.half_year_coverage", "last_due_on = null", position=1),
        (("half_year_coverage", "due_day_is_known", 1),),
    ),
    "a state that is none": Fault(
        one_row("marts.half_year_submission", "arrival_state = 'lost'", "arrival_state = 'accepted'"),
        (("half_year_submission", "state_is_known", 1),),
    ),
    "called missing and there": Fault(
        one_row("marts.half_year_submission", "arrival_state = 'missing'", "arrival_state = 'accepted'", position=1),
        (("half_year_submission", "absent_has_no_file", 1),),
    ),
    "a register that leaves out two enterprises": Fault(
        "update marts.half_year_submission set arrival_state = 'held', reason_code = 'held_unit_unknown',"
        " submission_version = null where form_code = 'monthly_report' and arrival_state like 'accepted%'"
        " and reporting_unit_code in (select distinct reporting_unit_code from marts.half_year_submission"
        " where form_code = 'monthly_report' order by reporting_unit_code desc limit 2)",
        (("half_year_submission", "no_unit_is_held", 2), ("half_year_submission", "few_units_are_held", 1)),
    ),
    "two versions in force": Fault(
        "insert into marts.half_year_submission select * replace (arrival_no + 1 as arrival_no)"
        " from marts.half_year_submission where arrival_state = 'accepted' order by all limit 1",
        (("half_year_submission", "one_version_in_force", 1),),
    ),
    "an identity number among the findings": Fault(
        one_row("marts.half_year_finding", "found = '083099001234'"),
        (("half_year_finding", "no_person_is_told", 1),),
    ),
    "a severity that is none": Fault(
        one_row("marts.half_year_finding", "severity = 'grave'", position=1),
        (("half_year_finding", "severity_is_known", 1),),
    ),
    "a row that no file has": Fault(
        one_row("facts.fct_export", "row_number = 9999", position=3),
        (("fct_export", "rows_equal_landing", 2),),
    ),
    "a number that no file has": Fault(
        one_row("facts.fct_export", "import_usd = import_usd + 0.01", "import_usd > 0", position=4),
        (("fct_export", "rows_equal_landing", 1),),
    ),
    "capital that no report has": Fault(
        one_row(
            "facts.fct_investment",
            "implemented_capital_vnd_million = implemented_capital_vnd_million + 1",
            "implemented_capital_vnd_million > 0",
        ),
        (("fct_investment", "implemented_capital_equals_landing", 1),),
    ),
    "a unit mistake against the own history": Fault(
        one_row("facts.fct_comparison", "magnitude_power = 3", "suspicion = 0"),
        (("fct_comparison", "no_power_of_ten", 1),),
    ),
    "far from the own history": Fault(
        one_row("facts.fct_comparison", "nearest_z_score = -3.6", "suspicion = 0", position=1),
        (("fct_comparison", "modified_z_score_is_within_bound", 1),),
    ),
    "five times last year's": Fault(
        one_row("facts.fct_comparison", "same_month_last_year_ratio = 5", "suspicion = 0", position=2),
        (("fct_comparison", "same_month_last_year_is_near", 1),),
    ),
    "a year to date that does not follow": Fault(
        one_row("facts.fct_comparison", "year_to_date_gap = reported_value", "year_to_date_gap = 0 and suspicion = 0"),
        (("fct_comparison", "year_to_date_grows_by_the_month", 1),),
    ),
    "a suspicion over one": Fault(
        one_row("facts.fct_comparison", "suspicion = 1.5", "suspicion = 0", position=4),
        (("fct_comparison", "suspicion_is_a_share", 1),),
    ),
    "few on time": Fault(
        one_row("marts.half_year_coverage", "on_time_pct = 79"),
        (("half_year_coverage", "most_reports_are_on_time", 1),),
    ),
    "a doubt that moves a total": Fault(
        DOUBT,
        (
            ("half_year_suspicion", "no_doubt_moves_a_total", 1),
            ("half_year_suspicion", "shares_of_doubt_add_up", 1),
        ),
    ),
    "a contribution without its cell": Fault(
        one_row("marts.half_year_lineage", "row_number = null"), (("half_year_lineage", "cell_is_addressed", 1),)
    ),
    "a replaced number that does not count": Fault(
        one_row("marts.half_year_lineage", "override_action = 'replace', edited_value = contribution + 1", position=3),
        (("half_year_lineage", "edited_value_is_what_counts", 1),),
    ),
    "too much of a total is an estimate": Fault(
        f"update {HEADLINE} set imputed_share_pct = 25.1 where {TOTAL} 'imports'",
        (("half_year_headline", "imputed_share_is_within_bound", 1),),
    ),
    "an estimate mixed into the value": Fault(
        f"update {HEADLINE} set imputed_value = 5 where {TOTAL} 'net_revenue'",
        (
            ("half_year_headline", "imputation_stands_beside", 1),
            ("half_year_imputation", "estimates_add_up_to_the_headline", 1),
        ),
    ),
    "an estimate beside the report": Fault(
        estimate("imputed_value = 15", 0), (("half_year_imputation", "only_missing_reports_are_estimated", 1),)
    ),
    "an estimate of another ratio": Fault(
        estimate("imputed_value = 16", 1),
        (
            ("half_year_imputation", "estimate_is_source_times_ratio", 1),
            ("half_year_imputation", "only_missing_reports_are_estimated", 1),
        ),
    ),
    "an override without a name": Fault(
        override("entered_by = ''"), (("half_year_override", "override_is_signed", 1),)
    ),
    "an override in no known state": Fault(override("state = 'maybe'"), (("half_year_override", "state_is_known", 1),)),
    "a replacement by nothing": Fault(
        override("edited_value = null"), (("half_year_override", "replacement_has_a_value", 1),)
    ),
    "an override whose report was amended": Fault(
        override("state = 'lapsed'"), (("half_year_override", "nothing_has_lapsed", 1),)
    ),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("small"))
    catalogue = load_catalogue(settings)
    generate(load_province(SMALL), settings.inbox, Month(2015, 1), Month(2016, 6), seed=2016, catalogue=catalogue)
    intake.intake(settings, NOW)
    warehouse.build_facts(settings, warehouse.pending(settings))
    return settings


@pytest.fixture(scope="module")
def candidate(home: Settings) -> warehouse.Candidate:
    return warehouse.build_candidate(home, HalfYear(2016, 1), NOW)


@pytest.fixture(scope="module")
def watched(home: Settings, candidate: warehouse.Candidate) -> dict[Path, str]:
    """What a run must leave as it is, with the digests before the first run."""
    return digests(home, candidate)


def digests(home: Settings, candidate: warehouse.Candidate) -> dict[Path, str]:
    files = [candidate.database, *(path for path in home.expectations.rglob("*") if path.is_file())]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def good(home: Settings, candidate: warehouse.Candidate, watched: dict[Path, str]) -> CheckReport:
    return quality.check_candidate(home, candidate, NOW)


def spoiled(candidate: warehouse.Candidate, folder: Path, statements: Sequence[str]) -> Frozen:
    """A copy of the candidate's database with faults."""
    database = folder / "candidate.duckdb"
    shutil.copyfile(candidate.database, database)
    with duckdb.connect(str(database)) as connection:
        for statement in statements:
            (changed,) = connection.execute(statement).fetchone() or (0,)
            assert changed >= 1, f"nothing to spoil: {statement}"
    return Frozen(candidate.id, candidate.half_year, database)


@pytest.fixture(scope="module")
def bad(candidate: warehouse.Candidate, tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    folder = tmp_path_factory.mktemp("spoiled")
    settings = Settings(home=folder / "home")
    frozen = spoiled(candidate, folder, [fault.sql for fault in FAULTS.values()])
    return quality.check_candidate(settings, frozen, NOW)


def found(report: CheckReport) -> dict[tuple[str, str], int]:
    """Failed rows of each failed rule."""
    return {(one.suite, one.rule): one.unexpected_count or 0 for one in report.results if not one.success}


def foreseen(good: CheckReport) -> dict[tuple[str, str], int]:
    """What all faults together must give, beside the rows that fail for information in good data."""
    counts = found(good)
    for fault in FAULTS.values():
        for suite, rule, rows in fault.seen_by:
            counts[suite, rule] = counts.get((suite, rule), 0) + rows
    return counts


def test_good_data_pass(home: Settings, candidate: warehouse.Candidate, good: CheckReport) -> None:
    assert quality.describe_report(
        replace(good, results=good.failed("critical") + good.failed("warning")), "en"
    ).startswith("There was nothing")
    assert not any(result.raised for result in good.results)
    assert len(good.results) > 100
    assert quality.decide(home, candidate, good, NOW).outcome == "pass"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_the_rule_meant_for_it(good: CheckReport, bad: CheckReport, name: str) -> None:
    counts, expected, before = found(bad), foreseen(good), found(good)
    for suite, rule, _ in FAULTS[name].seen_by:
        assert (suite, rule) in counts
        assert counts[suite, rule] == expected[suite, rule]
        assert (suite, rule) not in before or counts[suite, rule] > before[suite, rule]


def test_there_are_as_many_rules_and_faults_as_were_promised() -> None:
    """At least 80 expectations and 40 faults; a fault of its own, counted row by row, for each kind of rule."""
    kinds = {
        (suite["name"], one["meta"]["rule"]): one["type"]
        for suite in suites(Settings().expectations)
        for one in suite["expectations"]
    }
    assert len(kinds) >= 80
    assert len(FAULTS) >= 40
    seeded = {kinds[suite, rule] for fault in FAULTS.values() for suite, rule, _ in fault.seen_by}
    # A table without rows has nothing to spoil: see the test of a table without rows.
    assert set(kinds.values()) - seeded <= {
        "expect_table_row_count_to_be_between",
        "expect_column_unique_value_count_to_be_between",
    }


def test_every_rule_fails_when_its_fault_is_there(candidate: warehouse.Candidate, tmp_path: Path) -> None:
    """All faults in one file, one for each rule: none of the rules is blind, and none breaks down."""
    settings = Settings(home=tmp_path / "home")
    frozen = spoiled(candidate, tmp_path, [])
    with duckdb.connect(str(frozen.database)) as connection:
        spoilt = spoil_for_every_rule(connection, settings.expectations)
    seeded = {(suite, rule) for fault in FAULTS.values() for suite, rule, _ in fault.seen_by}
    unspoilt = rules(settings.expectations) - spoilt - seeded
    assert unspoilt == {("half_year_headline", "is_not_empty"), ("half_year_lineage", "is_not_empty")}
    task = Task(
        "candidate",
        frozen.id,
        ("landing", "facts", "candidate"),
        frozen.database,
        {"headline_indicators": ["members"], "imputed_share_max_pct": 10},
    )
    results = run_checkpoints(settings, task, NOW)
    assert [one.observed for one in results if one.raised] == []
    assert spoilt - {(one.suite, one.rule) for one in results if not one.success} == set()


def test_nothing_else_is_found(good: CheckReport, bad: CheckReport) -> None:
    assert found(bad) == foreseen(good)
    assert not any(result.raised for result in bad.results)


def test_failed_rows_lead_the_steward_to_the_cell(bad: CheckReport) -> None:
    (result,) = [one for one in bad.results if one.rule == "tax_code_has_its_shape" and not one.success]
    (row,) = result.examples
    assert row["tax_code"] == "12345"
    assert {"period_month", "sheet_name", "row_number"} <= set(row)


def compiled(home: Settings, model: str) -> str:
    """The SQL that dbt made of a model when it built the home."""
    (path,) = (home.home / "dbt" / "target" / "compiled").rglob(f"{model}.sql")
    return path.read_text(encoding="utf-8")


def test_values_are_compared_as_by_hand_and_the_worst_comes_first_in_the_queue(
    home: Settings, candidate: warehouse.Candidate, tmp_path: Path
) -> None:
    shutil.copyfile(home.warehouse, tmp_path / "warehouse.duckdb")  # the models' SQL names the database
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        for change, position in (("1000", 0), ("4", 1), ("0", 2)):
            connection.execute(
                f"update facts.fct_export set export_usd = {change} * export_usd where period_month = '2016-04'"
                " and tax_code = (select distinct tax_code from facts.fct_export where export_usd > 0"
                f" order by 1 limit 1 offset {position})"
            )
        (silent,) = connection.execute("select max(tax_code) from facts.fct_labour").fetchone() or ("",)
        connection.execute("delete from facts.fct_labour where period_month = '2016-06' and tax_code = ?", [silent])
        connection.execute(f"create or replace table facts.fct_comparison as {compiled(home, 'fct_comparison')}")
        expected, stored = by_hand(connection), as_stored(connection)
        assert stored.keys() == expected.keys()
        assert len(stored) > 60
        for key, values in expected.items():
            assert dataclasses.astuple(stored[key]) == pytest.approx(dataclasses.astuple(values), rel=1e-6, abs=1e-6)
        queue = connection.execute(
            "select suspicion_rank, tax_code, indicator_code, reason_code, magnitude_power, effect_pct, score,"
            f" cumulative_doubt_share_pct, row_number from ({compiled(home, 'half_year_suspicion')}) order by 1"
        ).fetchall()
        (first,) = connection.execute("select min(tax_code) from facts.fct_export where export_usd > 0").fetchone() or (
            "",
        )
    assert queue[0][:5] == (1, first, "exports", "power_of_ten", 3)
    assert queue[0][7] > 90
    assert queue[-1][7] == pytest.approx(100)
    assert [row[6] for row in queue] == sorted((row[6] for row in queue), reverse=True)
    assert {row[3] for row in queue} == {"power_of_ten", "outlier", "not_given"}
    assert [row[1:3] for row in queue if row[3] == "not_given"] == [(silent, "labour")]
    assert all(row[8] for row in queue if row[3] != "not_given")


def test_a_warning_and_one_held_enterprise_ask_a_steward(candidate: warehouse.Candidate, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    # As an enterprise would send it: the received row says so too.
    sent = (
        "update staging.stg_labour as s set women_persons = f.women_persons from facts.fct_labour as f"
        " where s.submission_id = f.submission_id and s.row_number = f.row_number and s.is_current"
    )
    held = FAULTS["a register that leaves out two enterprises"].sql.replace("limit 2", "limit 1")
    frozen = spoiled(candidate, tmp_path, [FAULTS["more women than workers"].sql, sent, held])
    verdict = quality.decide(settings, frozen, quality.check_candidate(settings, frozen, NOW), NOW)
    assert verdict.outcome == "needs_approval"
    assert {one.rule for one in verdict.failures} == {"women_within_headcount", "no_unit_is_held"}


def test_several_held_enterprises_block(bad: CheckReport) -> None:
    assert "few_units_are_held" in {one.rule for one in bad.failed("critical")}


def test_a_blocked_candidate_is_not_published_and_the_last_release_stands(
    home: Settings, candidate: warehouse.Candidate, good: CheckReport, bad: CheckReport, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home")
    shutil.copytree(candidate.folder, settings.candidates / candidate.id)
    first = warehouse.load_candidate(settings, candidate.id)
    assert quality.decide(settings, first, good, NOW).outcome == "pass"
    publish.publish(settings, first.id, NOW)

    second = replace(first, id="2016-H1-r002", folder=settings.candidates / "2016-H1-r002")
    shutil.copytree(first.folder, second.folder)
    manifest = second.folder / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(first.id, second.id), encoding="utf-8")
    assert quality.decide(settings, second, replace(bad, scope_key=second.id), NOW).outcome == "blocked"
    with pytest.raises(quality.QualityError, match="cannot be approved"):
        quality.record_approval(settings, second.id, True, by="chị Lan", reason="vội", now=NOW)
    with pytest.raises(publish.PublishError, match="critical"):
        publish.publish(settings, second.id, NOW)
    assert publish.current_releases(settings) == {"2016-H1": "2016-H1-r001"}


def of_own_suites(folder: Path) -> Settings:
    """Settings whose suites may be changed."""
    shutil.copytree(Settings().expectations, folder / "expectations")
    shutil.copytree(Settings().seeds, folder / "dbt_project" / "seeds")
    return Settings(home=folder / "home", project_root=folder)


def test_a_table_that_is_not_there_and_a_checkpoint_that_cannot_be_run_block(
    candidate: warehouse.Candidate, tmp_path: Path
) -> None:
    settings = of_own_suites(tmp_path)
    (settings.expectations / "suites" / "half_year_reporting.json").write_text("no JSON", encoding="utf-8")
    frozen = spoiled(candidate, tmp_path, [])
    with duckdb.connect(str(frozen.database)) as connection:
        connection.execute("drop table facts.fct_organisation")
    report = quality.check_candidate(settings, frozen, NOW)
    lost = [one for one in report.results if one.suite == "fct_organisation"]
    assert lost
    assert all(one.raised and not one.success and one.grade == "critical" for one in lost)
    others = [one for one in report.failed("critical") if one not in lost]
    assert [(one.checkpoint, one.raised) for one in others] == [("candidate", True)]
    assert quality.decide(settings, frozen, report, NOW).outcome == "blocked"


def test_a_table_without_rows_and_a_rule_that_cannot_be_built_block(
    candidate: warehouse.Candidate, tmp_path: Path
) -> None:
    settings = of_own_suites(tmp_path)
    suite = settings.expectations / "suites" / "half_year_headline.json"
    broken = json.loads(suite.read_text(encoding="utf-8"))
    lost = broken["expectations"][0]["meta"]["rule"]
    broken["expectations"][0]["type"] = "expect_what_nobody_defined"
    suite.write_text(json.dumps(broken), encoding="utf-8")
    frozen = spoiled(
        candidate, tmp_path, ["delete from marts.half_year_headline", "delete from marts.half_year_lineage"]
    )
    report = quality.check_candidate(settings, frozen, NOW)
    assert {(one.suite, one.rule, one.raised) for one in report.failed("critical")} == {
        ("half_year_headline", lost, True),
        ("half_year_headline", "is_not_empty", False),
        ("half_year_headline", "expected_indicators_are_present", False),
        ("half_year_lineage", "is_not_empty", False),
    }
    assert quality.describe_report(report, "vi").count("Không kiểm tra được") == 1
    assert quality.decide(settings, frozen, report, NOW).outcome == "blocked"


def test_results_are_kept_for_the_warehouse(home: Settings, candidate: warehouse.Candidate, good: CheckReport) -> None:
    files = [str(path) for path in (home.landing / "validation_result").glob("*-candidate-*.parquet")]
    rows = ds.dataset(files, format="parquet").to_table().to_pylist()
    assert len(rows) == len(good.results)
    assert {(row["scope"], row["scope_key"]) for row in rows} == {("candidate", candidate.id)}
    assert {row["checkpoint"] for row in rows} == {"facts", "candidate"}
    assert all(row["reason_vi"] and row["reason_en"] and row["owner"] for row in rows)


def test_the_reports_need_nothing_from_the_internet(home: Settings, good: CheckReport) -> None:
    site = home.reports / "data_docs"
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    assert (site / "index.html").is_file()
    assert len(pages) > 20
    for page in pages:
        assert not re.search(r"<(?:script|img|iframe)[^>]+src=|<link[^>]+href=|url\(|@import", page)
    assert any("Các khu cộng lại bằng toàn tỉnh" in page for page in pages)


def test_the_night_has_one_page_that_reaches_every_result(home: Settings, good: CheckReport) -> None:
    page = home.reports / "validation" / "2016-07-11" / "index.html"
    text = page.read_text(encoding="utf-8")
    links = set(re.findall(r'href="([^"#]+)"', text))
    assert all((page.parent / link).resolve().is_file() for link in links)
    reached = {Path(link).parts[4] for link in links if "validations" in link}
    assert reached == {one.suite for one in good.results}
    shown = html.unescape(text)
    assert all(f"{one.title_vi} / {one.title_en}" in shown for one in good.results)


def test_a_run_changes_neither_the_rules_nor_what_it_checks(
    home: Settings, candidate: warehouse.Candidate, watched: dict[Path, str], good: CheckReport
) -> None:
    assert good.results
    assert digests(home, candidate) == watched


def test_a_night_checks_its_months_and_stops_at_a_critical_fault(home: Settings, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    shutil.copyfile(home.warehouse, settings.warehouse)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("update facts.fct_export set export_usd = -1 where period_month = '2016-04'")
    may = quality.check_months(settings, [Month(2016, 5)], NOW)
    april = quality.check_months(settings, [Month(2016, 4), Month(2016, 5)], NOW)
    assert not may.has_critical
    assert {one.checkpoint for one in may.results} == {"landing", "facts"}
    assert april.has_critical
    assert {(one.suite, one.rule) for one in april.failed("critical")} == {
        ("fct_export", "export_usd_is_not_negative"),
        ("fct_export", "rows_equal_landing"),
    }
    assert sorted(path.name for path in settings.reports.iterdir()) == [
        ".checks.lock",
        "data_docs",
        "validation",
        "validation_results",
    ]
