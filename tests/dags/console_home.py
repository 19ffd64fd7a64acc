"""A small home for the console's tests: a register, a good report, one that a hostile sender wrote, two releases."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tests.brief_marts import brief_marts
from tests.marts_fixture import NOW, add_decision, make_candidate
from tests.unit.intake_workbooks import TAX_CODE, right_report, workbook
from tests.unit.test_quality_night import MET, WARNED, Frozen
from tests.unit.test_quality_queue import COLUMNS
from tests.unit.workbooks_support import AUTHORITY, OTHER_TAX_CODE, register, take_in
from zonehouse import quality
from zonehouse.intake.register import receipts
from zonehouse.periods import HalfYear
from zonehouse.publish import publish
from zonehouse.publish.steward_file import write_steward_file
from zonehouse.quality import CheckReport
from zonehouse.quality.ledger import append_results
from zonehouse.settings import Settings

SCRIPT = "<script>alert('vào')</script>"
HOSTILE_NAME = '<img src=x onerror=alert(1)>"báo cáo.xlsx'
_LINEAGE = (
    "create table marts.half_year_lineage (release_id varchar, half_year varchar, authority_code varchar,"
    " indicator_code varchar, zone_code varchar, period varchar, submission_id varchar, contribution decimal(24, 6))"
)
FIRST, SECOND = "2019-H1-r001", "2019-H1-r002"
CANDIDATE, CHECKED = "2019-H2-r001", f"{NOW:%Y-%m-%d}"


def make_home(home: Path) -> Settings:
    """Settings of the home."""
    bad = right_report(tax_code=OTHER_TAX_CODE)
    for row in bad["SAN_XUAT"][1:]:
        row[4] = SCRIPT
    settings = take_in(
        home,
        {
            "2016-02-01/register.xlsx": register(),
            "2016-06-10/report.xlsx": workbook(right_report()),
            f"2016-06-10/{HOSTILE_NAME}": workbook(bad),
        },
    )
    _warehouse(settings)
    for release_id, output in ((FIRST, 3_000_000), (SECOND, 3_300_000)):
        change = {"gross_output": {"value": output}}

        def fill(connection: duckdb.DuckDBPyConnection, name: str, change: Any = change) -> None:
            brief_marts(connection, name, change)
            connection.execute(_LINEAGE)

        make_candidate(settings, release_id, fill=fill)
        add_decision(settings, release_id, "needs_approval")
        add_decision(settings, release_id, "approved", 30, decided_by="Thử", reason=f"đã gọi {SCRIPT}")
        publish(settings, release_id, NOW)
        folder = settings.published / "releases" / release_id
        (folder / "brief.vi.html").write_text(f"<p>trang {release_id}</p>{SCRIPT}", encoding="utf-8")
        (folder / "brief.vi.docx").write_bytes(b"docx")
    write_steward_file(settings)
    _doubted(settings)
    docs = settings.reports / "data_docs"
    (docs / "validations").mkdir(parents=True)
    (docs / "index.html").write_text(f"<h1>Data Docs</h1>{SCRIPT}", encoding="utf-8")
    (docs / "validations" / "one.html").write_text("một lần", encoding="utf-8")
    (docs / ".hidden.html").write_text("ẩn", encoding="utf-8")
    (settings.reports / "secret.html").write_text("BÍ MẬT", encoding="utf-8")
    (docs / "link.html").symlink_to(settings.reports / "secret.html")
    return settings


def _doubted(settings: Settings) -> None:
    """A candidate that the gate asks about: a warning, and a value of the good report that is out of line."""
    good = next(one for one in receipts(settings) if one.original_name == "report.xlsx")

    def fill(connection: duckdb.DuckDBPyConnection, name: str) -> None:
        brief_marts(connection, name)
        connection.execute(f"create table marts.half_year_suspicion ({COLUMNS})")
        connection.execute(
            f"insert into marts.half_year_suspicion values ('{AUTHORITY}', 1, null, '{TAX_CODE}', 'Công ty <b>Thử</b>',"
            " 'gross_output', 'Giá trị sản xuất', 'Gross output', 'vnd_million', '2016-05', 1000.5, 1.25,"
            " 'power_of_ten', 3, 1, 999.25, 2000, 50, 50, 100,"
            f" '{good.submission_id}', 'report.xlsx', 'SAN_XUAT', 2, 'gross_output_constant_vnd_million', 1)"
        )

    folder = make_candidate(settings, CANDIDATE, fill=fill)
    run_id = f"{NOW:%Y%m%dT%H%M%S%fZ}-candidate-{CANDIDATE}"
    report = CheckReport(run_id, NOW, "candidate", CANDIDATE, (MET, WARNED))
    append_results(settings, report)
    quality.decide(settings, Frozen(CANDIDATE, HalfYear.parse(CANDIDATE[:7]), folder / "candidate.duckdb"), report, NOW)


def _warehouse(settings: Settings) -> None:
    """What ``warehouse.obligations`` asks of, written by hand: two months of two enterprises."""
    owed = [
        (TAX_CODE, "2016-04", date(2016, 5, 12), date(2016, 5, 20), True, False, "accepted"),
        (TAX_CODE, "2016-05", date(2016, 6, 12), date(2016, 6, 10), True, True, "accepted"),
        (OTHER_TAX_CODE, "2016-04", date(2016, 5, 12), None, False, False, "missing"),
        (OTHER_TAX_CODE, "2016-05", date(2016, 6, 12), None, False, False, "rejected"),
    ]
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        warehouse.execute(
            "create schema facts;"
            "create table facts.fct_submission (authority_code varchar, form_code varchar, reporting_unit_code varchar,"
            " period_month varchar, period_end date, due_on date, first_received_on date, is_received boolean,"
            " is_on_time boolean, state varchar);"
            "create table facts.dim_enterprise (authority_code varchar, tax_code varchar, enterprise_name varchar,"
            " valid_from date, valid_to date);"
            "create table facts.dim_authority (authority_code varchar, name_vi varchar, valid_from date, valid_to date)"
        )
        for code, name in ((TAX_CODE, "Công ty Thử"), (OTHER_TAX_CODE, f"Công ty {SCRIPT}")):
            warehouse.execute(
                "insert into facts.dim_enterprise values (?, ?, ?, '2015-01-01', null)", [AUTHORITY, code, name]
            )
        for code, month, *rest in owed:
            warehouse.execute(
                "insert into facts.fct_submission values"
                " (?, 'monthly_report', ?, ?, last_day(cast(? as date)), ?, ?, ?, ?, ?)",
                [AUTHORITY, code, month, f"{month}-01", *rest],
            )
