"""What moved between releases, which submissions moved it, and what was known when: small releases worked by hand."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.marts_fixture import add_decision, make_candidate
from zonehouse.publish import publish
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = (f"2016-H1-r00{number}" for number in (1, 2, 3))
# One day before the June reports were due, the week after, and in autumn.
DAYS = {
    FIRST: datetime(2016, 7, 11, 1, tzinfo=UTC),
    SECOND: datetime(2016, 7, 20, 1, tzinfo=UTC),
    THIRD: datetime(2016, 10, 3, 1, tzinfo=UTC),
}


@dataclass(frozen=True)
class Sent:
    """A submission and what it adds to exports (of zone Z1) in its month."""

    form: str
    unit: str
    month: str
    version: int
    adds: str | None = None
    zone: str = "Z1"


def identity(sent: Sent) -> str:
    return hashlib.sha256(f"{sent.form} {sent.unit} {sent.month} {sent.version}".encode()).hexdigest()


def release(settings: Settings, release_id: str, sent: list[Sent], missing: int, through: str = "2016-06") -> Path:
    """Publish a half-year that is made of ``sent``; exports are the sum of what each adds."""

    def fill(connection: duckdb.DuckDBPyConnection, candidate_id: str) -> None:
        connection.execute(
            "create table marts.half_year_lineage (release_id varchar, half_year varchar, authority_code varchar,"
            " indicator_code varchar, zone_code varchar, period varchar, submission_id varchar, original_name varchar,"
            " contribution decimal(24, 6))"
        )
        for one in sent:
            for zone in (one.zone, "TOTAL") if one.adds is not None else ():
                connection.execute(
                    "insert into marts.half_year_lineage values (?, '2016-H1', 'XX', 'exports', ?, 'current', ?, ?, ?)",
                    [candidate_id, zone, identity(one), f"{one.unit}.xlsx", Decimal(str(one.adds))],
                )
        connection.execute(
            "create table marts.half_year_headline as select release_id, half_year, authority_code,"
            " 'Ban Thử' as authority_name, zone_code, null::varchar as zone_name, indicator_code, 'x' as label_vi,"
            " 'x' as label_en, 'usd' as unit, 'flow' as indicator_kind, 60 as display_order,"
            " sum(contribution)::decimal(24, 6) as value, null::decimal(24, 6) as same_period_value,"
            " null::double as growth_pct, null::decimal(24, 6) as plan_value,"
            f" null::double as plan_share_pct, 90::double as coverage_pct, 0::double as imputed_share_pct,"
            f" 'provisional' as status, '{through}' as through_month from marts.half_year_lineage group by all"
        )
        connection.execute(
            f"create table marts.half_year_coverage as select '{candidate_id}' as release_id, 'XX' as authority_code,"
            " 'monthly_report' as form_code, true as is_whole_half_year, date '2016-07-12' as last_due_on,"
            f" {missing}::bigint as missing_count"
        )

    digest = hashlib.sha256(repr(sent).encode()).hexdigest()
    folder = make_candidate(settings, release_id, digest, fill)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["inputs"] = {
        identity(one): {
            "original_name": f"{one.unit}.xlsx",
            "form_code": one.form,
            "reporting_unit_code": one.unit,
            "period_month": one.month,
            "version": one.version,
        }
        for one in sent
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    add_decision(settings, release_id, "pass", digest=digest)
    return publish(settings, release_id, DAYS[release_id]).folder


REGISTER = Sent("project_register", "XX", "2016-01", 1)
MILL, SHOP = Sent("monthly_report", "MILL", "2016-06", 1, "70"), Sent("monthly_report", "SHOP", "2016-06", 1, "30")
AMENDED = Sent("monthly_report", "MILL", "2016-06", 2, "75.5")
LATE = Sent("monthly_report", "LATE", "2016-06", 1, "12")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Estimate 100; MILL amends 70 to 75.5 and LATE reports 12: 117.5; the register moves SHOP from Z1 to Z2."""
    settings = Settings(home=tmp_path_factory.mktemp("revised"))
    release(settings, FIRST, [REGISTER, MILL, SHOP], missing=2)
    release(settings, SECOND, [REGISTER, AMENDED, SHOP, LATE], missing=1)
    moved = Sent("monthly_report", "SHOP", "2016-06", 1, "30", zone="Z2")
    register = Sent("project_register", "XX", "2016-09", 1)
    release(settings, THIRD, [register, AMENDED, moved, LATE], missing=0)
    return settings


def read(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.published / "marts.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_each_release_has_its_vintage_and_its_place(published: Settings) -> None:
    assert read(
        published, "select release_id, vintage, superseded_at is null from release_history order by release_no"
    ) == [(FIRST, "estimate", False), (SECOND, "revised", False), (THIRD, "final", True)]
    assert read(published, "select release_id, release_no, vintage from release") == [(THIRD, 3, "final")]


def test_a_figure_is_told_as_it_was_known_on_a_day(published: Settings) -> None:
    def known(day: str) -> list[tuple[object, ...]]:
        return read(
            published,
            "select value, vintage from headline_vintage where zone_code = 'TOTAL'"
            f" and published_at <= timestamp '{day}' and coalesce(superseded_at > timestamp '{day}', true)",
        )

    assert known("2016-07-11 23:59") == [(Decimal(100), "estimate")]
    assert known("2016-07-20 00:59") == [(Decimal(100), "estimate")]
    assert known("2016-07-20 01:00") == [(Decimal("117.5"), "revised")]
    assert known("2030-01-01 00:00") == [(Decimal("117.5"), "final")]
    assert known("2016-07-01 00:00") == []
    assert read(
        published,
        "select value from headline_vintage where is_current and zone_code in ('Z1', 'Z2') order by zone_code",
    ) == [(Decimal("87.5"),), (Decimal(30),)]


def test_a_revision_tells_before_after_and_why(published: Settings) -> None:
    assert read(
        published,
        "select to_release_id, zone_code, value_before, value_after, difference, difference_pct, reason_code,"
        " reason_codes, submission_count from release_revision order by to_release_id, zone_code",
    ) == [
        (SECOND, "TOTAL", 100, Decimal("117.5"), Decimal("17.5"), 17.5, "amendment", "amendment new_report", 3),
        (SECOND, "Z1", 100, Decimal("117.5"), Decimal("17.5"), 17.5, "amendment", "amendment new_report", 3),
        (
            THIRD,
            "Z1",
            Decimal("117.5"),
            Decimal("87.5"),
            Decimal(-30),
            pytest.approx(-100 * 30 / 117.5),
            "register_change",
            "register_change",
            1,
        ),
        (THIRD, "Z2", None, Decimal(30), Decimal(30), None, "register_change", "register_change", 1),
    ]


def test_the_submissions_that_moved_a_figure_add_up_to_the_difference(published: Settings) -> None:
    causes = read(
        published,
        "select reporting_unit_code, submission_version, reason_code, difference from release_revision_cause"
        f" where to_release_id = '{SECOND}' and zone_code = 'TOTAL' order by all",
    )
    assert causes == [
        ("LATE", 1, "new_report", Decimal(12)),
        ("MILL", 1, "amendment", Decimal(-70)),
        ("MILL", 2, "amendment", Decimal("75.5")),
    ]
    assert read(published, "select count(*) from release_revision where difference <> explained_difference") == [(0,)]


def test_the_triangle_and_its_summary(published: Settings) -> None:
    assert read(
        published,
        "select release_no, value, revision, revision_from_first, revision_from_first_pct from revision_triangle"
        " where zone_code = 'TOTAL' order by release_no",
    ) == [
        (1, Decimal(100), None, Decimal(0), 0.0),
        (2, Decimal("117.5"), Decimal("17.5"), Decimal("17.5"), 17.5),
        (3, Decimal("117.5"), Decimal(0), Decimal("17.5"), 17.5),
    ]
    assert read(
        published,
        "select half_year_count, mean_revision_pct, mean_absolute_revision_pct from revision_summary"
        " where zone_code = 'TOTAL'",
    ) == [(1, 17.5, 17.5)]


def test_the_triangle_says_why_a_figure_moved(published: Settings) -> None:
    assert read(
        published,
        "select release_no, reason_code, reason_codes, submission_count from revision_triangle"
        " where zone_code = 'Z1' order by release_no",
    ) == [
        (1, None, None, None),
        (2, "amendment", "amendment new_report", 3),
        (3, "register_change", "register_change", 1),
    ]


@pytest.mark.parametrize("table", ["release_history", "headline_vintage", "revision_triangle", "revision_summary"])
def test_the_history_lies_there_as_parquet_too(published: Settings, table: str) -> None:
    path = published.published / "history" / f"{table}.parquet"
    with duckdb.connect(str(published.published / "marts.duckdb"), read_only=True) as connection:
        apart = connection.execute(f"(from {table} except from '{path}') union all (from '{path}' except from {table})")
        assert apart.fetchall() == []
        if not table.startswith("revision"):
            return  # described by the marts themselves, or where the release is
        described = "select count(*) from duckdb_columns() where table_name = ? and comment is null"
        assert connection.execute(described, [table]).fetchone() == (0,)


def test_the_queries_of_the_page_on_publishing_give_what_it_says(published: Settings) -> None:
    page = (Settings().project_root / "docs" / "publishing.md").read_text(encoding="utf-8")
    statements = [one for one in re.findall(r"```sql\n(.*?)```", page, re.DOTALL)[0].split(";") if one.strip()]
    as_published, as_known, triangle = (read(published, one) for one in statements)
    assert as_published == [("exports", Decimal(100), "estimate")]
    assert as_known == [("exports", Decimal("117.5"), "final")]
    assert triangle == [("2016-H1", Decimal(100), Decimal("117.5"), Decimal("117.5"))]


def test_older_releases_stay_byte_for_byte(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    folder = release(settings, FIRST, [REGISTER, MILL, SHOP], missing=2)
    before: Mapping[Path, bytes] = {path: path.read_bytes() for path in folder.iterdir()}
    assert not (folder / "release_revision.parquet").exists()
    release(settings, SECOND, [REGISTER, AMENDED, SHOP, LATE], missing=1)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ([REGISTER, MILL], "withdrawn_report"),
        ([REGISTER, MILL, Sent("monthly_report", "SHOP", "2016-06", 1, "31")], "method"),
    ],
)
def test_what_is_taken_back_and_what_no_submission_explains(tmp_path: Path, second: list[Sent], reason: str) -> None:
    settings = Settings(home=tmp_path)
    release(settings, FIRST, [REGISTER, MILL, SHOP], missing=0)
    release(settings, SECOND, second, missing=0)
    assert read(settings, "select distinct reason_code from release_revision") == [(reason,)]


def test_the_year_to_date_of_a_second_half_year_is_revised_by_an_earlier_month(tmp_path: Path) -> None:
    """MILL amends May: of 2016-H2 only the year to date moves, and its submissions say why."""
    settings = Settings(home=tmp_path)
    may, later = Sent("monthly_report", "MILL", "2016-05", 1, "40"), Sent("monthly_report", "MILL", "2016-08", 1, "7")

    def half(number: int, of_may: Sent) -> None:
        release_id = f"2016-H2-r00{number}"
        sent = [of_may, later]

        def fill(connection: duckdb.DuckDBPyConnection, candidate_id: str) -> None:
            connection.execute(
                "create table marts.half_year_lineage (indicator_code varchar, zone_code varchar, period varchar,"
                " submission_id varchar, contribution decimal(24, 6), authority_code varchar default 'XX')"
            )
            for period, one in [("current", later), *(("year_to_date", one) for one in sent)]:
                connection.execute(
                    "insert into marts.half_year_lineage by name select 'exports' as indicator_code,"
                    " 'TOTAL' as zone_code, ? as period, ? as submission_id, ? as contribution, 'XX' as authority_code",
                    [period, identity(one), Decimal(str(one.adds))],
                )
            connection.execute(
                "create table marts.half_year_headline as select 'XX' as authority_code, 'TOTAL' as zone_code,"
                " 'exports' as indicator_code, 'usd' as unit, 'flow' as indicator_kind, 7::decimal(24, 6) as value,"
                f" null::decimal(24, 6) as same_period_value, '2016-08' as through_month,"
                f" '{candidate_id}' as release_id,"
                " '2016-H2' as half_year, 'Ban' as authority_name, null::varchar as zone_name, 'x' as label_vi,"
                " 'x' as label_en, 60 as display_order, null::double as growth_pct, null::decimal(24, 6) as plan_value,"
                " null::double as plan_share_pct, 100::double as coverage_pct, 0::double as imputed_share_pct,"
                " 'provisional' as status"
            )
            connection.execute(
                "create table marts.half_year_trend as select 'XX' as authority_code, '2016-08' as period_month,"
                " 'exports' as indicator_code, 'usd' as unit,"
                f" {Decimal(str(of_may.adds)) + 7}::decimal(24, 6) as ytd_value,"
                " null::decimal(24, 6) as ytd_same_period_value"
            )

        folder = make_candidate(settings, release_id, f"d{number}", fill)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        manifest["inputs"] = {
            identity(one): {
                "original_name": "x", "form_code": one.form, "reporting_unit_code": one.unit,
                "period_month": one.month, "version": one.version,
            }
            for one in sent
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        add_decision(settings, release_id, "pass", digest=f"d{number}")
        publish(settings, release_id, DAYS[THIRD])

    half(1, may)
    half(2, Sent("monthly_report", "MILL", "2016-05", 2, "45"))
    assert read(
        settings,
        "select period, zone_code, value_before, value_after, explained_difference, reason_codes, submission_count"
        " from release_revision",
    ) == [("year_to_date", "TOTAL", 47, 52, 5, "amendment", 2)]
    assert read(
        settings, "select period_month, submission_version, difference from release_revision_cause order by 2"
    ) == [("2016-05", 1, -40), ("2016-05", 2, 45)]
    assert read(settings, "select revision from revision_triangle where release_no = 2") == [(0,)]
