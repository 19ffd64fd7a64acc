"""A fault for each rule: what kinds of rules have in common is made from the suites, the others are written here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

Rule = tuple[str, str]

# Great Expectations' own kinds and ours that need no thought: (rows to begin with, what is changed).
_NONSENSE = "'zz'"
_HEADLINE, _TOTAL = "marts.half_year_headline", "zone_code = 'TOTAL' and indicator_code = "

_QUEUE = "marts.half_year_suspicion"
# The queue of good data is empty: the one doubt that a fault makes.
DOUBT = (
    "insert into marts.half_year_suspicion by name"
    " select release_id, half_year, authority_code, 1 as suspicion_rank, '0100233488' as tax_code,"
    " indicator_code, through_month as period_month, 1.01 as score, 70 as doubt_share_pct,"
    f" 70 as cumulative_doubt_share_pct from {_HEADLINE} where {_TOTAL} 'exports'"
)

# Rules that are queries: SQL that breaks each. An update changes every row that it may, so that none is missed.
WRITTEN: dict[Rule, str] = {
    ("fct_comparison", "no_power_of_ten"): "update facts.fct_comparison set magnitude_power = 3",
    ("fct_comparison", "modified_z_score_is_within_bound"): (
        "insert into facts.fct_comparison select * replace (null as magnitude_power, 9 as nearest_z_score)"
        " from facts.fct_comparison limit 1"
    ),
    ("fct_comparison", "same_month_last_year_is_near"): (
        "update facts.fct_comparison set same_month_last_year_ratio = 0.1"
    ),
    ("fct_comparison", "year_to_date_grows_by_the_month"): "update facts.fct_comparison set year_to_date_gap = 1e9",
    ("fct_export", "rows_equal_landing"): "update facts.fct_export set row_number = row_number + 500",
    ("fct_infrastructure", "disbursed_within_allocation"): (
        "update facts.fct_infrastructure set disbursed_vnd_million = 1e9"
    ),
    ("fct_infrastructure", "rows_equal_landing"): "update facts.fct_infrastructure set row_number = 900",
    ("fct_investment", "capital_is_at_the_certificate_rate"): (
        "update facts.fct_investment set registered_capital_vnd_million = 1.5 * registered_capital_vnd_million"
    ),
    (
        "fct_investment",
        "dong_has_rate_one",
    ): ("update facts.fct_investment set currency = 'VND', certificate_rate_vnd = 7"),
    ("fct_investment", "implemented_capital_equals_landing"): (
        "update facts.fct_investment"
        " set implemented_capital_vnd_million = coalesce(implemented_capital_vnd_million, 0) + 1"
    ),
    ("fct_investor_contact", "rows_equal_landing"): (
        "update facts.fct_investor_contact set visits_count = visits_count + 1"
    ),
    ("fct_organisation", "rows_equal_landing"): (
        "update facts.fct_organisation set indicator_value = indicator_value + 1"
    ),
    ("fct_plan", "rows_equal_landing"): "update facts.fct_plan set plan_value = plan_value + 1",
    ("fct_investor_contact", "contact_is_in_its_month"): (
        "update facts.fct_investor_contact set contact_on = period_end + 40"
    ),
    ("fct_labour", "rows_equal_landing"): "update facts.fct_labour set sheet_name = 'zz'",
    ("fct_labour", "hires_are_plausible"): (
        "update facts.fct_labour set hires_persons = headcount_persons + coalesce(leavers_persons, 0) + 1"
    ),
    ("fct_labour", "local_and_foreign_within_headcount"): (
        "update facts.fct_labour set local_persons = headcount_persons, foreign_persons = 1"
    ),
    ("fct_organisation", "attendance_is_a_share"): (
        "update facts.fct_organisation set indicator_value = 101 where indicator_code = 'attendance'"
    ),
    ("fct_output", "rows_equal_landing"): (
        "delete from facts.fct_output where row_number = (select min(row_number) from facts.fct_output)"
    ),
    ("fct_output", "one_price_base"): (
        "insert into facts.fct_output select * replace (1994 as price_base_year) from facts.fct_output limit 1"
    ),
    ("fct_output", "prices_are_of_one_magnitude"): (
        "update facts.fct_output set gross_output_current_vnd_million = 1000 * gross_output_constant_vnd_million"
    ),
    ("fct_submission", "every_obligation_is_met"): "update facts.fct_submission set is_received = false",
    ("fct_submission", "nothing_is_late"): (
        "insert into facts.fct_submission select * replace (true as is_received, false as is_on_time)"
        " from facts.fct_submission limit 1"
    ),
    ("fct_submission", "on_time_means_received"): (
        "insert into facts.fct_submission select * replace (false as is_received, true as is_on_time)"
        " from facts.fct_submission limit 1"
    ),
    ("fct_submission", "received_has_a_day"): "update facts.fct_submission set first_received_on = date '2016-01-01'",
    ("half_year_contribution", "points_add_up_to_growth"): (
        "update marts.half_year_contribution set contribution_pp = contribution_pp + 1"
    ),
    ("half_year_contribution", "points_follow_the_change"): (
        "update marts.half_year_contribution set change_value = -abs(change_value) - 1, contribution_pp = 1"
    ),
    ("half_year_coverage", "due_day_is_known"): "update marts.half_year_coverage set last_due_on = null",
    ("half_year_coverage", "received_within_obliged"): (
        "update marts.half_year_coverage set received_count = obliged_count + 1"
    ),
    ("half_year_export", "exports_equals_headline"): "update marts.half_year_export set export_usd = 1",
    ("half_year_export", "imports_equals_headline"): "update marts.half_year_export set import_usd = 1",
    ("half_year_finding", "no_person_is_told"): "update marts.half_year_finding set found = '083099001234'",
    ("half_year_headline", "core_values_are_given"): f"update {_HEADLINE} set value = null where {_TOTAL} 'labour'",
    ("half_year_headline", "coverage_is_at_least_half"): f"update {_HEADLINE} set coverage_pct = 20",
    ("half_year_headline", "coverage_is_complete"): f"update {_HEADLINE} set coverage_pct = 20",
    ("half_year_headline", "enterprise_figures_have_zones"): (
        f"delete from {_HEADLINE} where zone_code <> 'TOTAL' and indicator_code = 'exports'"
    ),
    ("half_year_headline", "every_indicator_has_a_total"): (
        f"delete from {_HEADLINE} where {_TOTAL} 'projects_suspended'"
    ),
    ("half_year_headline", "every_zone_is_shown"): (
        f"delete from {_HEADLINE} where zone_code ="
        f" (select min(zone_code) from {_HEADLINE} where zone_code not in ('TOTAL', 'UNKNOWN'))"
    ),
    ("half_year_headline", "expected_indicators_are_present"): (
        f"delete from {_HEADLINE} where indicator_code = 'members'"
    ),
    ("half_year_headline", "final_means_complete"): f"update {_HEADLINE} set status = 'final', coverage_pct = 20",
    ("half_year_headline", "growth_is_the_quotient"): f"update {_HEADLINE} set growth_pct = 777",
    ("half_year_headline", "growth_is_within_experience"): f"update {_HEADLINE} set growth_pct = 777",
    ("half_year_headline", "growth_of_a_zone_is_within_experience"): f"update {_HEADLINE} set growth_pct = 777",
    ("half_year_headline", "growth_without_base_is_empty"): (
        f"update {_HEADLINE} set same_period_value = null where {_TOTAL} 'net_revenue'"
    ),
    ("half_year_headline", "half_year_is_complete"): f"update {_HEADLINE} set through_month = '2016-05'",
    ("half_year_headline", "imputed_share_is_within_bound"): f"update {_HEADLINE} set imputed_share_pct = 101",
    ("half_year_imputation", "every_missing_report_could_be_estimated"): (
        "update marts.half_year_imputation set is_imputed = false, is_counted = true, period = 'current'"
    ),
    ("half_year_headline", "plan_share_is_the_quotient"): f"update {_HEADLINE} set plan_share_pct = -1",
    ("half_year_headline", "projects_by_ownership_add_up"): (
        f"update {_HEADLINE} set value = value + 1 where indicator_code = 'projects_domestic'"
    ),
    ("half_year_headline", "projects_by_status_add_up"): (
        f"update {_HEADLINE} set value = value + 1 where indicator_code = 'projects_operating'"
    ),
    ("half_year_headline", "through_month_is_in_the_half_year"): (
        f"update {_HEADLINE} set through_month = '2015-05' where {_TOTAL} 'labour'"
    ),
    ("half_year_headline", "values_are_given"): f"update {_HEADLINE} set value = null where {_TOTAL} 'cells'",
    ("half_year_headline", "zones_add_up"): f"update {_HEADLINE} set value = value + 1 where zone_code <> 'TOTAL'",
    ("half_year_infrastructure", "infrastructure_disbursed_equals_headline"): (
        "update marts.half_year_infrastructure set disbursed_vnd_million = 1"
    ),
    ("half_year_investment", "implemented_capital_equals_headline"): (
        "update marts.half_year_investment set implemented_capital_vnd_million = 1"
    ),
    ("half_year_investment", "registered_capital_equals_headline"): (
        "update marts.half_year_investment set registered_capital_vnd_million = 1"
    ),
    ("half_year_investor_contact", "investor_visits_equals_headline"): (
        "update marts.half_year_investor_contact set visits_count = 99"
    ),
    ("half_year_labour", "labour_equals_headline"): "update marts.half_year_labour set headcount_persons = 1",
    ("half_year_land", "leasable_within_area"): "update marts.half_year_land set leasable_area_ha = area_ha + 1",
    ("half_year_lineage", "cell_is_addressed"): "update marts.half_year_lineage set row_number = 0",
    ("half_year_lineage", "cells_add_up_to_the_base"): "delete from marts.half_year_lineage where period = 'base'",
    ("half_year_lineage", "cells_add_up_to_the_value"): (
        "update marts.half_year_lineage set contribution = contribution + 1"
    ),
    ("half_year_output", "gross_output_equals_headline"): (
        "update marts.half_year_output set gross_output_constant_vnd_million = 1"
    ),
    (
        "half_year_output",
        "net_revenue_equals_headline",
    ): "update marts.half_year_output set net_revenue_vnd_million = 1",
    ("half_year_reporting", "every_report_is_in"): "update marts.half_year_reporting set received_count = 0",
    ("half_year_reporting", "no_report_was_late"): "update marts.half_year_reporting set late_count = 1",
    ("half_year_reporting", "punctuality_adds_up"): "update marts.half_year_reporting set on_time_count = 9",
    ("half_year_submission", "absent_has_no_file"): (
        "update marts.half_year_submission set arrival_state = 'missing' where arrival_no = 1 and period_month ="
        " (select min(period_month) from marts.half_year_submission)"
    ),
    ("half_year_submission", "one_version_in_force"): (
        "insert into marts.half_year_submission select * replace (arrival_no + 1 as arrival_no)"
        " from marts.half_year_submission where arrival_state = 'accepted'"
    ),
    ("half_year_suspicion", "shares_of_doubt_add_up"): DOUBT,
    ("half_year_suspicion", "no_doubt_moves_a_total"): DOUBT,
    ("half_year_trend", "months_sum_to_headline"): "update marts.half_year_trend set value = value + 1",
    ("landing_receipt", "accepted_file_says_what_it_is"): (
        "update staging.stg_receipt set reporting_unit_code = null where intake_state = 'accepted'"
    ),
    ("landing_receipt", "duplicate_names_the_original"): (
        "insert into staging.stg_receipt select * replace ('duplicate' as intake_state, null as duplicate_of)"
        " from staging.stg_receipt limit 1"
    ),
    ("landing_receipt", "nothing_was_rejected"): (
        "insert into staging.stg_receipt select * replace ('rejected' as intake_state) from staging.stg_receipt limit 1"
    ),
    ("landing_receipt", "rejection_has_a_reason"): (
        "insert into staging.stg_receipt select * replace ('rejected' as intake_state, null as reason_code)"
        " from staging.stg_receipt limit 1"
    ),
    ("landing_submission", "nothing_is_held"): "update staging.stg_submission set is_held = true where is_current",
    ("landing_submission", "one_version_is_current"): (
        "insert into staging.stg_submission select * replace (false as is_current, false as is_held, 'zz' as form_code)"
        " from staging.stg_submission limit 1"
    ),
}


def suites(expectations: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((expectations / "suites").glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def rules(expectations: Path) -> set[Rule]:
    """Every rule of every suite."""
    return {(suite["name"], one["meta"]["rule"]) for suite in suites(expectations) for one in suite["expectations"]}


def spoil_for_every_rule(connection: duckdb.DuckDBPyConnection, expectations: Path) -> set[Rule]:
    """Seed the faults of all rules; the rules that have one. Queries come first: they look for what is there."""
    spoiled: set[Rule] = set()
    _fill_empty_tables(connection, expectations)
    # A doubt is taken from the headline before that is spoiled.
    for rule, statement in sorted(WRITTEN.items(), key=lambda one: one[1] != DOUBT):
        connection.execute(statement)
        spoiled.add(rule)
    kinds = [
        (suite, expectation, position)
        for suite in suites(expectations)
        for position, expectation in enumerate(suite["expectations"])
    ]
    # A row is repeated last: another fault in it would make it a row of its own.
    for suite, expectation, position in sorted(kinds, key=lambda one: "unique" in one[1]["type"]):
        statement = made(suite["meta"]["table"], expectation, position)
        if statement:
            connection.execute(statement)
            spoiled.add((suite["name"], expectation["meta"]["rule"]))
    return spoiled


def _fill_empty_tables(connection: duckdb.DuckDBPyConnection, expectations: Path) -> None:
    """Give each table without rows one of made-up values, so that there is something to spoil."""
    made_up = {"VARCHAR": _NONSENSE, "DATE": "date '2016-01-01'", "BOOLEAN": "false"}
    for suite in suites(expectations):
        table = suite["meta"]["table"]
        if connection.execute(f"select count(*) from {table}").fetchone() == (0,) and table != _QUEUE:
            types = connection.execute(f"select column_type from (describe {table})").fetchall()
            values = ", ".join(made_up.get(kind, "now()" if kind.startswith("TIMESTAMP") else "1") for (kind,) in types)
            connection.execute(f"insert into {table} values ({values})")


def made(table: str, expectation: dict[str, Any], position: int) -> str | None:
    """The fault of an expectation whose kind says what breaks it; another row for each, as far as there are rows."""
    kind, kwargs = expectation["type"], expectation["kwargs"]
    rows = f"(select rowid from {table} order by rowid limit 1 offset {position} % (select count(*) from {table}))"
    column = kwargs.get("column")
    if kind == "expect_compound_columns_to_be_unique":
        given = " and ".join(f"{name} is not null" for name in kwargs["column_list"])
        return f"insert into {table} select * from {table} where {given} limit 1"
    if kind == "expect_column_values_to_be_unique":
        return f"insert into {table} select * from {table} where {column} is not null limit 1"
    if kind == "expect_column_unique_value_count_to_be_between":
        return f"insert into {table} select * replace ({_NONSENSE} as {column}) from {table} limit 1"
    if kind == "expect_column_pair_values_a_to_be_greater_than_b":
        first, second = kwargs["column_A"], kwargs["column_B"]
        is_day = first in ("received_on", "period_end")
        change = f"{first} = {second} - 1" if is_day else f"{first} = 1, {second} = 2"
        return f"update {table} set {change} where rowid = {rows}"
    broken = {
        "expect_column_values_to_not_be_null": "null",
        "expect_column_values_to_be_in_set": _NONSENSE,
        "expect_column_values_to_be_in_table": _NONSENSE,
        "expect_column_values_to_match_whole_pattern": _NONSENSE,
        "expect_column_values_to_be_between": (
            f"{kwargs['min_value']} - 1" if kwargs.get("min_value") is not None else _above(kwargs.get("max_value"))
        ),
    }.get(kind)
    return None if broken is None else f"update {table} set {column} = {broken} where rowid = {rows}"


def _above(most: object) -> str:
    """A value over a bound; one that is a parameter of the run is some percentage."""
    return "101" if isinstance(most, dict) else f"{most} + 1"
