"""dbt for real on a tiny landing: figures by hand, increments against a full build, candidates and their staleness."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.warehouse_fixture import (
    AUTHORITY,
    MILL,
    SHOP,
    Landing,
    certificate,
    land_history,
    project,
    register,
    report,
)
from zonehouse import intake, publish, warehouse
from zonehouse.cli import app
from zonehouse.intake.register import held_receipts
from zonehouse.intake.schema import GATE_DECISION
from zonehouse.periods import HalfYear, Month
from zonehouse.publish.ledger import Decision
from zonehouse.settings import Settings
from zonehouse.warehouse import dbt, parsed

pytestmark = pytest.mark.slow
NOW = datetime(2016, 7, 20, tzinfo=UTC)
HALF = HalfYear(2016, 1)
Content = dict[str, list[tuple[object, ...]]]


def build(settings: Settings) -> list[Month]:
    pending = warehouse.pending(settings)
    warehouse.build_facts(settings, pending)
    assert warehouse.pending(settings).batch_ids == []
    return pending.months


def content(database: Path) -> Content:
    """Every table of a database file, rows in order; views are read too."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema in ('staging', 'facts', 'marts') order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(f"select * from {schema}.{table} order by all").fetchall()
            for schema, table in tables
        }


def decide(settings: Settings, candidate: warehouse.Candidate, outcome: str) -> None:
    """What the gate would write about a candidate."""
    decision = Decision(
        NOW.replace(tzinfo=None), candidate.id, str(candidate.half_year), candidate.inputs_digest, outcome, "gate", ""
    )
    table = pa.Table.from_pylist([asdict(decision)], schema=GATE_DECISION)
    pq.write_table(table, settings.landing / "gate_decision" / f"{candidate.id}-{outcome}.parquet")


def headline(candidate: warehouse.Candidate) -> dict[tuple[str, str], tuple[Decimal | None, Decimal | None]]:
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        rows = connection.execute(
            "select indicator_code, zone_code, value, same_period_value from marts.half_year_headline"
        ).fetchall()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the hand-made history built; copy it before changing it."""
    settings = Settings(home=tmp_path_factory.mktemp("history"))
    land_history(settings)
    build(settings)
    return settings.home


@pytest.fixture(scope="module")
def candidate(history: Path) -> warehouse.Candidate:
    return warehouse.build_candidate(Settings(home=history), HALF, NOW)


@pytest.fixture
def settings(history: Path, candidate: warehouse.Candidate, tmp_path: Path) -> Settings:
    """A copy of the built history and its candidate; staging is rebuilt with each build, so it looks into the copy."""
    assert candidate.folder.is_relative_to(history)
    shutil.copytree(history, tmp_path / "home")
    return Settings(home=tmp_path / "home")


@pytest.mark.parametrize(
    ("indicator", "zone", "value", "base"),
    [
        ("gross_output", "TOTAL", "72", "66"),
        ("gross_output", "Z1", "63", "60"),
        ("gross_output", "Z2", "9", "6"),
        ("gross_output_current", "TOTAL", "144", "132"),
        ("net_revenue", "TOTAL", "216", "198"),
        ("exports", "TOTAL", "4001", "3000.75"),
        ("exports", "Z1", "0", "0"),
        ("labour", "TOTAL", "120", "150"),
        ("labour", "Z2", None, "50"),
        ("projects_valid", "TOTAL", "2", "3"),
        ("projects_operating", "TOTAL", "2", "2"),
        ("projects_building", "TOTAL", "0", "1"),
        ("projects_fdi", "Z2", "1", "2"),
        ("registered_capital", "TOTAL", "44500", "32070"),
        ("implemented_capital", "TOTAL", "0", "0"),
        ("investor_visits", "TOTAL", None, None),
    ],
)
def test_figures_are_those_worked_out_by_hand(
    candidate: warehouse.Candidate, indicator: str, zone: str, value: str | None, base: str | None
) -> None:
    assert headline(candidate)[indicator, zone] == tuple(None if x is None else Decimal(x) for x in (value, base))


def test_coverage_and_status(candidate: warehouse.Candidate) -> None:
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        found = connection.execute(
            "select zone_code, coverage_pct, status, through_month from marts.half_year_headline"
            " where indicator_code = 'gross_output' order by 1"
        ).fetchall()
        reporting = connection.execute(
            "select form_code, reporting_unit_code, obliged_count, received_count, on_time_count, late_count"
            " from marts.half_year_reporting order by all"
        ).fetchall()
    assert [(zone, round(pct, 3), *rest) for zone, pct, *rest in found] == [
        ("TOTAL", 83.333, "provisional", "2016-03"),
        ("Z1", 100.0, "provisional", "2016-03"),
        ("Z2", 66.667, "provisional", "2016-03"),
    ]
    assert reporting == [
        ("authority_return", AUTHORITY, 3, 0, 0, 0),
        ("monthly_report", MILL, 3, 3, 3, 0),
        ("monthly_report", SHOP, 3, 2, 2, 0),
    ]


def test_a_candidate_is_what_publishing_expects(candidate: warehouse.Candidate) -> None:
    settings = Settings(home=candidate.folder.parents[1])
    frozen = publish.candidate.load_candidate(settings, candidate.id)
    assert (candidate.id, frozen.inputs_digest) == ("2016-H1-r001", candidate.inputs_digest)
    assert {one["form_code"] for one in frozen.inputs.values()} == {"monthly_report", "project_register"}
    assert len(frozen.inputs) == 12
    with duckdb.connect(str(candidate.database), read_only=True) as connection:
        uncommented = connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where schema_name in ('marts', 'facts') and comment is null"
            " and not internal and (table_name like 'half_year%' or table_name like 'fct_%')"
        ).fetchall()
        others = connection.execute(
            "select count(*) from facts.fct_output where period_month not in"
            " ('2015-01', '2015-02', '2015-03', '2016-01', '2016-02', '2016-03')"
        ).fetchone()
    assert uncommented == []
    assert others == (0,)
    assert candidate.manifest["tables"]["marts.half_year_investment"] == 3


def test_an_unsettled_candidate_is_given_back_and_a_settled_one_is_followed_by_the_next(settings: Settings) -> None:
    first = warehouse.build_candidate(settings, HALF, NOW)
    before = first.database.stat().st_mtime_ns
    assert warehouse.build_candidate(settings, HALF, NOW).id == first.id
    assert first.database.stat().st_mtime_ns == before
    assert warehouse.stale_half_years(settings) == [HalfYear(2015, 1), HALF]
    decide(settings, first, "needs_approval")
    assert warehouse.stale_half_years(settings) == [HalfYear(2015, 1), HALF]
    assert warehouse.half_years_to_refresh(settings, NOW) == [HalfYear(2015, 1)]
    lapsed = NOW + timedelta(days=settings.approval_days + 1)
    assert warehouse.half_years_to_refresh(settings, lapsed) == [HalfYear(2015, 1), HALF]
    decide(settings, first, "approved")
    assert warehouse.half_years_to_refresh(settings, NOW) == [HalfYear(2015, 1), HALF]
    assert warehouse.build_candidate(settings, HALF, NOW).id == first.id
    decide(settings, first, "published")
    assert warehouse.stale_half_years(settings) == [HalfYear(2015, 1)]
    second = warehouse.build_candidate(settings, HALF, NOW)
    assert second.id == "2016-H1-r002"
    assert warehouse.newest_candidate(settings, HALF).id == second.id
    assert headline(second) == headline(first)
    with pytest.raises(warehouse.WarehouseError, match="no enterprise's report"):
        warehouse.build_candidate(settings, HalfYear(2017, 1), NOW)


def test_increments_give_what_a_full_build_gives(settings: Settings) -> None:
    """An amendment with fewer rows, a late first report, a new month, a new register, a refused file."""
    first = warehouse.build_candidate(settings, HALF, NOW)
    decide(settings, first, "pass")
    landing = Landing(settings, _count=1000)
    landing.submit("monthly_report", MILL, "2016-01", report(None, headcount=7), received=date(2016, 5, 1))
    landing.submit("monthly_report", SHOP, "2016-03", report(6, 10, 50), received=date(2016, 5, 2), warnings=1)
    landing.submit("monthly_report", SHOP, "2016-04", {}, received=date(2016, 5, 2), state="rejected")
    landing.land("b3")
    assert build(settings) == [Month(2016, 1), Month(2016, 3)]
    assert HALF in warehouse.stale_half_years(settings)
    landing.submit("monthly_report", MILL, "2016-05", report(100, headcount=9), received=date(2016, 6, 13))
    landing.submit(
        "project_register",
        AUTHORITY,
        "2016-05",
        register(certificate=[certificate("C1", "P1", date(2014, 1, 1), "VND", 800, 1)]),
        received=date(2016, 6, 1),
    )
    landing.land("b4")
    assert len(build(settings)) == 17
    second = warehouse.build_candidate(settings, HALF, NOW)
    values = headline(second)
    assert values["gross_output", "TOTAL"] == (Decimal(21 + 31 + 100 + 4 + 5 + 6), Decimal(66))
    assert values["registered_capital", "TOTAL"] == (Decimal(800), Decimal(800))
    assert values["labour", "TOTAL"] == (Decimal(9), None)
    grown = content(settings.warehouse)
    settings.warehouse.unlink()
    build(settings)
    shutil.rmtree(second.folder)
    again = warehouse.build_candidate(settings, HALF, NOW)
    rebuilt = content(settings.warehouse)
    assert rebuilt.keys() == grown.keys()
    for table, rows in grown.items():
        assert rebuilt[table] == rows, table
    assert content(again.database) == content(second.database)


def test_a_build_that_was_killed_before_it_was_noted_is_done_again(settings: Settings) -> None:
    before = content(settings.warehouse)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("delete from ops.built_batch where batch_id = 'b2'")
        connection.execute("delete from facts.fct_output where period_month = '2016-02'")
    assert build(settings) == [Month(2015, month) for month in range(4, 13)] + [Month(2016, n) for n in (1, 2, 3)]
    assert content(settings.warehouse) == before


def test_rows_without_their_register_do_not_exist(settings: Settings) -> None:
    landing = Landing(settings, _count=2000)
    landing.submit("monthly_report", SHOP, "2016-03", report(1_000_000), received=date(2016, 5, 2))
    landing.land("b9")
    unfinished = settings.landing / "register" / "b9.parquet"
    unfinished.unlink()
    assert warehouse.pending(settings).batch_ids == []
    landing.submit("monthly_report", MILL, "2016-03", report(31, headcount=120), received=date(2016, 5, 3))
    landing.land("b10")
    build(settings)
    with warehouse.connect(settings) as connection:
        total = connection.execute("select sum(gross_output_constant_vnd_million) from facts.fct_output").fetchone()
    assert total == (Decimal(66 + 72),)


def test_what_the_register_does_not_know_is_held_and_counted_by_itself_once_it_does(settings: Settings) -> None:
    """A unknown unit (in a month nobody else reported), an unknown project, a mistyped authority; then a register."""
    before = content(settings.warehouse)
    stranger, landing = "9999999999", Landing(settings, _count=3000)
    spent = [{"project_code": "P99", "implemented_capital_vnd_million": Decimal("12.5")}]
    landing.submit("monthly_report", stranger, "2016-04", report(1000, headcount=7), received=date(2016, 5, 9))
    landing.submit("monthly_report", SHOP, "2016-03", report(6, investment=spent), received=date(2016, 4, 11))
    landing.submit("monthly_report", MILL, "2016-03", report(777), received=date(2016, 4, 20), authority="XY")
    landing.submit("authority_return", "XY", "2016-03", {}, received=date(2016, 4, 20), authority="XY")
    landing.land("b3")
    assert build(settings) == [Month(2016, 3), Month(2016, 4)]
    assert intake_states(settings) == {"accepted": 12, "held": 4}
    after = content(settings.warehouse)
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"facts.fct_submission", *(table for table in changed if table.startswith("staging."))}
    owed = {line.reporting_unit_code: line for line in warehouse.obligations(settings, Month(2016, 3))}
    assert (owed[SHOP].state, owed[SHOP].is_received, owed[MILL].state) == ("held", False, "accepted")
    assert warehouse.stale_half_years(settings) == [HalfYear(2015, 1), HALF]

    zoned = register()
    known = {**zoned["enterprise"][0], "tax_code": stranger, "enterprise_name": "Khách"}
    start = date(2014, 1, 1)
    more = register(
        enterprise=[*zoned["enterprise"], known],
        project=[*zoned["project"], project("P99", SHOP, "Z2", "fdi", "operating", start)],
    )
    landing.submit("project_register", AUTHORITY, "2016-04", more, received=date(2016, 5, 20))
    landing.land("b4")
    assert Month(2016, 4) in build(settings)
    assert intake_states(settings) == {"accepted": 15, "held": 2}
    values = headline(warehouse.build_candidate(settings, HALF, NOW))
    assert values["gross_output", "TOTAL"] == (Decimal(72 + 6 + 1000), Decimal(66))
    assert values["implemented_capital", "TOTAL"] == (Decimal("12.5"), Decimal(0))
    assert values["projects_valid", "TOTAL"] == (Decimal(3), Decimal(4))
    owed = {line.reporting_unit_code: line for line in warehouse.obligations(settings, Month(2016, 3))}
    assert (owed[SHOP].state, owed[SHOP].is_on_time) == ("accepted", True)


def intake_states(settings: Settings) -> dict[str, int]:
    """The receipts by state, as intake derives it, once it agrees with what dbt derived."""
    found = intake.receipts(settings)
    with warehouse.connect(settings) as connection:
        held = connection.execute("select receipt_id from staging.stg_submission where is_held").fetchall()
    assert {receipt_id for (receipt_id,) in held} == held_receipts(settings)
    return dict(Counter(receipt.state for receipt in found))


def test_a_failed_data_test_names_itself_and_leaves_the_batch_pending(settings: Settings) -> None:
    landing = Landing(settings, _count=4000)
    twice = landing.submit("monthly_report", MILL, "2016-03", report(5), received=date(2016, 5, 3))
    landing.land("b3")
    shutil.copy(settings.landing / "register" / "b3.parquet", settings.landing / "register" / "b3_again.parquet")
    pending = warehouse.pending(settings)
    with pytest.raises(warehouse.WarehouseError, match="stg_submission") as raised:
        warehouse.build_facts(settings, pending)
    assert "dbt.log" in str(raised.value)
    assert warehouse.pending(settings).batch_ids == pending.batch_ids
    assert twice


def test_a_scope_holds_the_months_asked_for_under_the_same_names(settings: Settings) -> None:
    path = settings.home / "checks" / "scope.duckdb"
    warehouse.export_scope(settings, [Month(2016, 2)], path)
    assert [one.name for one in path.parent.iterdir()] == ["scope.duckdb"]
    found = content(path)
    with duckdb.connect(str(path), read_only=True) as connection:
        found_months = connection.execute("select distinct period_month from facts.fct_labour").fetchall()
    assert found_months == [("2016-02",)]
    assert len(found["staging.stg_output"]) == 2
    assert len(found["staging.stg_register_project"]) == 5
    assert len(found["facts.dim_enterprise"]) == 2
    assert len(found["facts.fct_submission"]) == 3


def test_obligations_and_half_years(settings: Settings) -> None:
    owed = {(line.form_code, line.unit_name): line for line in warehouse.obligations(settings, Month(2016, 3))}
    missing = owed["monthly_report", "Tiệm"]
    assert (missing.state, missing.due_on, missing.is_received) == ("missing", date(2016, 4, 12), False)
    assert owed["monthly_report", "Xưởng"].is_on_time
    assert owed["authority_return", "Ban Thử"].due_on == date(2016, 4, 15)
    assert warehouse.reported_half_years(settings) == {HalfYear(2015, 1), HALF}


def test_nothing_is_written_into_the_checkout(history: Path) -> None:
    project = Settings().dbt_project
    assert not [name for name in ("target", "logs", "dbt_packages", ".user.yml") if (project / name).exists()]
    assert (history / "dbt" / "target").is_dir()


def test_the_kept_parse_is_made_anew_when_it_is_damaged_or_a_model_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A project of one model: the whole takes many seconds to parse.
    whole, small = Settings().dbt_project, tmp_path / "dbt_project"
    shutil.copytree(whole, small, ignore=shutil.ignore_patterns("models", "semantics", "tests", "seeds.yml"))
    model = small / "models" / "staging" / "stg_form_version.sql"
    model.parent.mkdir(parents=True)
    shutil.copy(whole / model.relative_to(small), model)
    settings = Settings(home=tmp_path / "home", project_root=tmp_path)

    def build() -> Path:
        monkeypatch.setattr(parsed, "_MADE_HERE", {})  # as in another process
        dbt.build(settings, ["--select", "stg_form_version"], {})
        (kept,) = (settings.home / "dbt" / "parsed").iterdir()
        return kept

    kept = build()
    kept.write_bytes(kept.read_bytes()[:1000])
    assert build() == kept
    assert kept.stat().st_size > 1000

    model.write_text(model.read_text(encoding="utf-8").replace("select * from", "select 'new' as mark, * from"))
    assert build() != kept
    with warehouse.connect(settings) as connection:
        assert connection.execute("select distinct mark from staging.stg_form_version").fetchall() == [("new",)]


def test_the_docs_of_dbt_hold_lineage_exposures_and_metrics(
    settings: Settings, candidate: warehouse.Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(settings.home))
    told = CliRunner().invoke(app, ["docs"])
    page = settings.reports / "dbt_docs.html"
    assert str(page) in told.output
    # Nothing is fetched when the page is opened: it is read where there is no internet.
    html = page.read_text(encoding="utf-8")
    assert re.findall(r"<(?:script|link|img|iframe)[^>]* (?:src|href)=.(?:https?:)?//", html) == []
    manifest = json.loads((settings.home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
    read_by = {node for exposure in manifest["exposures"].values() for node in exposure["depends_on"]["nodes"]}
    marts = {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }
    assert marts == read_by
    assert all(manifest["parent_map"][mart] for mart in marts)
    assert {"exports", "exports_growth", "labour"} <= {metric["name"] for metric in manifest["metrics"].values()}
    assert {"half_year_brief", "bi_marts"} <= {exposure["name"] for exposure in manifest["exposures"].values()}
    assert "half_year_contribution" in html
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in {"model", "seed"}]
    blank = [(node["name"], column) for node in nodes for column, text in node["columns"].items()
             if not text["description"]]  # fmt: skip
    assert blank == []
    assert [node["name"] for node in nodes if not node["description"]] == []
