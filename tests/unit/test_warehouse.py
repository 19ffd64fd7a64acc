"""What of the warehouse needs no dbt run: what is pending, what identifies inputs, what its files must hold."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.marts_fixture import add_decision
from tests.warehouse_fixture import AUTHORITY, MILL, SHOP, Landing, register, report
from zonehouse import warehouse
from zonehouse.forms import load_catalogue
from zonehouse.periods import CALENDAR_COLUMNS, HalfYear, Month, calendar_rows
from zonehouse.settings import Settings
from zonehouse.warehouse import dbt
from zonehouse.warehouse.connection import writing_alone
from zonehouse.warehouse.questions import compared_months, digest_of, inputs_of

PROJECT = Settings().dbt_project
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
TEXTS = dict(re.findall(r"{% docs (\w+) %}(.*?){% enddocs %}", (PROJECT / "models" / "columns.md").read_text("utf-8")))


def described(path: Path) -> dict[str, Any]:
    """The YAML beside a model."""
    return yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"][0]


def months(*texts: str) -> list[Month]:
    return [Month.parse(text) for text in texts]


def note_built(settings: Settings, *batch_ids: str) -> None:
    """Leave a warehouse that says it has built these batches with the present models."""
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("create schema ops")
        connection.execute("create table ops.built_batch (batch_id varchar, models_digest varchar)")
        for batch_id in batch_ids:
            connection.execute("insert into ops.built_batch values (?, ?)", [batch_id, dbt.models_digest(settings)])


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    """A register and one report for March 2016, landed as b1."""
    landing = Landing(Settings(home=tmp_path))
    landing.submit("project_register", AUTHORITY, "2016-01", register(), received=date(2016, 1, 5))
    landing.submit("monthly_report", MILL, "2016-03", report(1), received=date(2016, 4, 5))
    landing.land("b1")
    return landing


def test_nothing_landed_is_nothing_pending(tmp_path: Path) -> None:
    assert warehouse.pending(Settings(home=tmp_path)) == warehouse.Pending([], [], is_full=False)


def test_without_a_warehouse_everything_is_pending(landing: Landing) -> None:
    found = warehouse.pending(landing.settings)
    assert (found.batch_ids, found.months, found.is_full) == (["b1"], months("2016-01", "2016-03"), True)


def test_a_report_touches_its_month_and_those_that_come_into_the_span(landing: Landing) -> None:
    note_built(landing.settings, "b1")
    landing.submit("monthly_report", MILL, "2016-06", report(1), received=date(2016, 7, 5))
    landing.land("b2")
    found = warehouse.pending(landing.settings)
    assert (found.batch_ids, found.is_full) == (["b2"], False)
    assert found.months == months("2016-04", "2016-05", "2016-06")


def test_a_register_touches_every_reported_month_and_a_refused_one_none(landing: Landing) -> None:
    landing.submit("monthly_report", SHOP, "2016-05", report(1), received=date(2016, 6, 5))
    landing.land("b2")
    note_built(landing.settings, "b1", "b2")
    landing.submit("project_register", AUTHORITY, "2016-04", {}, received=date(2016, 6, 6), state="rejected")
    landing.land("b3")
    assert warehouse.pending(landing.settings).months == months("2016-04")
    landing.submit("project_register", AUTHORITY, "2016-05", register(), received=date(2016, 6, 7))
    landing.land("b4")
    assert warehouse.pending(landing.settings).months == months("2016-03", "2016-04", "2016-05")


def test_a_refused_file_of_an_unknown_month_is_pending_and_touches_nothing(landing: Landing) -> None:
    note_built(landing.settings, "b1")
    landing.submit("monthly_report", SHOP, "2019-05", {}, received=date(2016, 6, 5), state="rejected")
    landing.land("b2")
    found = warehouse.pending(landing.settings)
    assert (found.batch_ids, found.months) == (["b2"], [])


def test_changed_models_make_everything_pending(landing: Landing) -> None:
    note_built(landing.settings, "b1")
    assert warehouse.pending(landing.settings).batch_ids == []
    with duckdb.connect(str(landing.settings.warehouse)) as connection:
        connection.execute("update ops.built_batch set models_digest = 'older'")
    assert warehouse.pending(landing.settings).is_full


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(warehouse.WarehouseError, match="zonehouse build"), warehouse.connect(settings):
        pass
    with pytest.raises(warehouse.WarehouseError, match="build one first"):
        warehouse.newest_candidate(settings, HalfYear(2016, 1))
    with pytest.raises(warehouse.WarehouseError, match="2016-H1-r001"):
        warehouse.load_candidate(settings, "../2016-H1-r001")


def test_a_writer_waits_for_who_reads_and_readers_for_the_writer(tmp_path: Path) -> None:
    """A page that has the warehouse open for a moment must not fail a night's build."""
    settings = Settings(home=tmp_path)
    duckdb.connect(str(settings.warehouse)).close()
    with (
        warehouse.connect(settings),
        warehouse.connect(settings),
        pytest.raises(warehouse.WarehouseError, match="try again when it has finished"),
        writing_alone(settings, wait_seconds=0.1),
    ):
        pass
    with (
        writing_alone(settings, wait_seconds=0.1),
        pytest.raises(warehouse.WarehouseError, match="try again when it has finished"),
        warehouse.connect(settings, wait_seconds=0.1),
    ):
        pass
    with warehouse.connect(settings, wait_seconds=0.1):
        pass


def test_a_warehouse_that_another_process_writes_is_said_to_be_in_use(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(settings.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with (
            pytest.raises(warehouse.WarehouseError, match="in use by another process"),
            warehouse.connect(settings, wait_seconds=0.1),
        ):
            pass
        holder.communicate()


def test_a_digest_knows_a_set_of_submissions_not_an_order() -> None:
    assert digest_of(["b", "a"]) == digest_of(["a", "b"]) != digest_of(["a", "c"])


def test_a_half_year_compares_with_the_same_months_a_year_before() -> None:
    compared = compared_months(HalfYear(2016, 2))
    assert (compared[0], compared[5], compared[6], compared[-1]) == tuple(
        months("2015-07", "2015-12", "2016-07", "2016-12")
    )


def test_an_amendment_reopens_each_half_year_that_reads_its_month(tmp_path: Path) -> None:
    """Also a second half-year by its year to date; what was settled when fewer months were inputs stays settled."""
    settings = Settings(home=tmp_path)
    note_built(settings)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(
            "create schema staging; create schema intermediate; create schema facts;"
            " create table intermediate.int_current_register (submission_id varchar);"
            " create table facts.fct_plan (submission_id varchar, plan_year int, period_month varchar);"
            " create table staging.stg_submission as select month || 'v1' as submission_id, '' as original_name,"
            " 'monthly_report' as form_code, 'M' as reporting_unit_code, month as period_month,"
            " 1 as submission_version, '' as received_on, true as is_current, false as is_held"
            " from unnest(['2014-05', '2015-03', '2015-09', '2016-02', '2016-08']) as months (month)"
        )

    halves = [HalfYear(2014, 1), HalfYear(2015, 1), HalfYear(2015, 2), HalfYear(2016, 1), HalfYear(2016, 2)]

    def settle(minute: int, compared_only: bool = False) -> None:
        with duckdb.connect(str(settings.warehouse)) as connection:
            for one in halves:
                inputs = inputs_of(connection, one, compared_months(one) if compared_only else None)
                add_decision(settings, f"{one}-r001", "published", minute, digest_of(inputs))

    def amend(month: str) -> None:
        with duckdb.connect(str(settings.warehouse)) as connection:
            connection.execute(
                "update staging.stg_submission set submission_id = submission_id || '+' where period_month = ?", [month]
            )

    assert warehouse.stale_half_years(settings) == halves
    settle(0, compared_only=True)
    assert warehouse.stale_half_years(settings) == []
    moving = {
        "2016-02": halves[3:],  # its own, and the year to date of the next
        "2016-08": halves[4:],
        "2015-09": halves[2:],
        "2015-03": halves[1:],
        "2014-05": halves[:3],  # 2016 reads nothing of 2014
    }
    for minute, (month, moved) in enumerate(moving.items(), start=1):
        settle(minute)
        amend(month)
        assert warehouse.stale_half_years(settings) == moved, month


def test_due_rules_reach_the_models_from_the_form_definitions() -> None:
    settings = Settings()
    rules = {(rule["form_code"], rule["form_version"]): rule for rule in dbt.form_versions(settings)}
    for form in load_catalogue(settings).forms:
        rule = rules[form.code, form.version]
        assert (rule["months_after"], rule["day"]) == (
            (form.due.months_after, form.due.day) if form.due else (None, None)
        )


def test_the_calendar_seed_is_what_periods_says() -> None:
    with (Settings().seeds / "calendar_month.csv").open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    assert tuple(header) == CALENDAR_COLUMNS
    assert [tuple(row) for row in rows] == list(calendar_rows(Month.parse(rows[0][0]), Month.parse(rows[-1][0])))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_and_column_is_described(path: Path) -> None:
    model = described(path)
    assert model["name"] == path.stem
    assert len(model["description"]) > 20
    for column in model["columns"]:
        reference = re.fullmatch(r"\{\{ doc\('(\w+)'\) \}\}", column["description"])
        assert reference, f"{path.stem}.{column['name']} refers to no text of columns.md"
        assert TEXTS[reference.group(1)].strip()


@pytest.mark.parametrize("path", sorted((PROJECT / "models" / "marts").glob("*.sql")), ids=lambda path: path.stem)
def test_every_mart_column_has_a_type_and_every_mart_its_keys(path: Path) -> None:
    columns = {column["name"]: column for column in described(path)["columns"]}
    assert all("data_type" in column for column in columns.values())
    for key in ("release_id", "half_year", "authority_code"):
        assert columns[key]["constraints"] == [{"type": "not_null"}]


def test_the_headline_has_the_columns_of_the_contract() -> None:
    columns = [
        column["name"] for column in described(PROJECT / "models" / "marts" / "half_year_headline.sql")["columns"]
    ]
    promised = (
        "release_id half_year authority_code authority_name authority_name_en zone_code zone_name zone_name_en"
        " indicator_code label_vi label_en unit indicator_kind display_order value same_period_value growth_pct"
        " plan_value plan_share_pct coverage_pct imputed_share_pct status through_month"
        " imputed_value same_period_imputed_value value_with_imputation growth_with_imputation_pct"
    )
    assert set(promised.split()) <= set(columns)


def test_importing_the_library_imports_no_dbt() -> None:
    code = "import sys, zonehouse.warehouse; sys.exit('dbt.cli' in sys.modules or 'dbt.adapters' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_authority_adds_its_own_correspondence_of_codes(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, forms=tmp_path / "forms")
    assert dbt.own_correspondence(settings) == []
    before = dbt.models_digest(Settings(home=tmp_path))
    lists = tmp_path / "forms" / "lists"
    lists.mkdir(parents=True)
    place = lists / "vsic_correspondence.csv"
    place.write_text("vsic_version,product_code,comparable_product_code,source\n2025,45,47,own\n", encoding="utf-8")
    (row,) = dbt.own_correspondence(settings)
    assert row == {"vsic_version": "2025", "product_code": "45", "comparable_product_code": "47", "source": "own"}
    assert dbt.models_digest(settings) != before, "what is compared changes what the tables hold"
    place.write_text("vsic_version,product_code\n2025,45\n", encoding="utf-8")
    with pytest.raises(warehouse.WarehouseError, match=r"vsic_correspondence\.csv: column missing: comparable"):
        dbt.own_correspondence(settings)
