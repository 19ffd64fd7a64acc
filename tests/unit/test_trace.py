"""From a figure to the cells and back, and a month file by file: on a small authority with published marts."""

from __future__ import annotations

import csv
import io
import json
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from rich.text import Text

from tests.unit.intake_workbooks import TAX_CODE, right_report, workbook
from tests.unit.workbooks_support import OTHER_TAX_CODE, register, take_in
from zonehouse import intake
from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.telling.status import month_json, tell_month
from zonehouse.telling.tables import show_table
from zonehouse.telling.traces import tell_trace, write_csv
from zonehouse.trace import FigureTrace, FileTrace, TraceError, UnitTrace, trace, trace_file
from zonehouse.trace.month import month_book

pytestmark = pytest.mark.slow

HEADLINE = (
    "release_id varchar, half_year varchar, authority_code varchar, indicator_code varchar, zone_code varchar,"
    " zone_name varchar, label_vi varchar, label_en varchar, unit varchar, display_order integer,"
    " value decimal(24, 6), same_period_value decimal(24, 6), growth_pct double, status varchar, through_month varchar"
)
LINEAGE = (
    "release_id varchar, half_year varchar, authority_code varchar, indicator_code varchar, zone_code varchar,"
    " period varchar, submission_id varchar, original_name varchar, sheet_name varchar, row_number integer,"
    " column_code varchar, period_month varchar, cell_text varchar, cell_value decimal(38, 12),"
    " cell_unit varchar, contribution decimal(24, 6)"
)


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """May 2016: two versions of one report, a copy, one with an error, one that is no workbook, one unit not heard."""
    wrong = right_report(OTHER_TAX_CODE)
    wrong["SAN_XUAT"][1][4] = "nhiều"
    wrong["LAO_DONG"][1][1] = "một trăm"
    settings = take_in(
        tmp_path_factory.mktemp("traced"),
        {
            "2016-02-01/register.xlsx": register(),
            "2016-06-10/first.xlsx": workbook(right_report(output=1)),
            "2016-06-11/=second.xlsx": workbook(right_report(output=2)),
            "2016-06-12/copy.xlsx": workbook(right_report(output=2)),
            "2016-06-13/wrong.xlsx": workbook(wrong),
            "2016-06-14/broken.xlsx": b"no workbook",
            "2015-06-14/long ago.xlsx": b"no workbook either",
        },
    )
    return settings.home


@pytest.fixture
def settings(taken_in: Path, tmp_path: Path) -> Settings:
    return Settings(home=shutil.copytree(taken_in, tmp_path / "home"), settle_seconds=0)


def _content(settings: Settings, name: str) -> str:
    return next(r.submission_id for r in intake.receipts(settings) if r.original_name == name)


def publish(settings: Settings, value: str = "12.5") -> None:
    """Figures of two authorities, of which only BT has two cells behind its exports."""
    content = _content(settings, "=second.xlsx")
    settings.published.mkdir(parents=True)
    with duckdb.connect(str(settings.published / "marts.duckdb")) as marts:
        marts.execute(f"create table half_year_headline ({HEADLINE})")
        marts.execute(f"create table half_year_lineage ({LINEAGE})")
        for half_year, authority, code in (
            ("2016-H1", "BQL", "exports"),
            ("2015-H2", "BQL", "exports"),
            ("2016-H1", "BQL", "labour"),
            ("2016-H1", "KHAC", "labour"),
        ):
            marts.execute(
                "insert into half_year_headline values (?, ?, ?, ?, 'TOTAL', null, 'Xuất khẩu', 'Exports', 'usd', 1,"
                " ?, 4, null, 'final', '2016-06')",
                [f"{half_year}-r001", half_year, authority, code, value],
            )
        cells = ((2, "current", "10"), (3, "current", "2.5"), (2, "base", "4"), (2, "year_to_date", "90"))
        for row, period, amount in cells:
            marts.execute(
                "insert into half_year_lineage values ('2016-H1-r001', '2016-H1', 'BQL', 'exports', 'TOTAL', ?, ?,"
                " '=second.xlsx', 'XUAT_NHAP_KHAU', ?, 'export_usd', '2016-05', null, ?, 'usd', ?)",
                [period, content, row, amount, amount],
            )


def _told(traced: FigureTrace | FileTrace | UnitTrace, language: str = "en", top: int | None = 20) -> str:
    out = Console(file=io.StringIO(), highlight=False)
    tell_trace(out, traced, language, top)
    return out.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("text", ["exports", "2016-H1/exports", "exports/TOTAL", "2016-H1/exports/TOTAL"])
def test_a_figure_is_the_sum_of_its_cells(settings: Settings, text: str) -> None:
    publish(settings)
    traced = trace(settings, text)
    assert isinstance(traced, FigureTrace)
    assert (traced.figure.release_id, traced.total, traced.adds_up) == ("2016-H1-r001", Decimal("12.5"), True)
    assert [(cell.row_number, cell.cell) for cell in traced.cells] == [(2, "C2"), (3, "C3")]
    assert [(count, total) for _, count, total in traced.submissions] == [(2, Decimal("12.5"))]
    told = _told(traced, top=1)
    assert "10 (1 cells above) + 2.5 (1 more; --all) = 12.5: equals the published value" in told
    assert _told(traced, "vi", None).endswith("12,5 (2 ô ở trên) = 12,5: bằng giá trị đã công bố\n")


def test_the_base_of_a_figure_has_cells_of_its_own(settings: Settings) -> None:
    publish(settings)
    traced = trace(settings, "exports", period="base")
    assert isinstance(traced, FigureTrace)
    assert (traced.value, traced.total, traced.adds_up) == (4, 4, True)


def test_a_figure_that_its_cells_do_not_explain_is_said_to_differ(settings: Settings) -> None:
    publish(settings, "13")
    traced = trace(settings, "exports")
    assert isinstance(traced, FigureTrace) and not traced.adds_up
    assert "DIFFERS from the published value 13" in _told(traced)


def test_cells_as_csv_hold_no_formula(settings: Settings, tmp_path: Path) -> None:
    publish(settings)
    traced = trace(settings, "exports")
    assert isinstance(traced, FigureTrace)
    assert write_csv(traced, tmp_path / "cells.csv") == 2
    text = (tmp_path / "cells.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["contribution"] for line in lines] == ["10.000000", "2.500000"]
    assert {line["original_name"] for line in lines} == {"'=second.xlsx"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("labour", r"more than one authority \(BQL, KHAC\); name one with --authority"),
        ("2014-H1/exports", "half-years: 2015-H2, 2016-H1"),
        ("exports/NOWHERE", "zones: TOTAL"),
        ("2016-H1/nothing", "there are: exports, labour"),
        ("2016-H1/exports/TOTAL/more", "names no figure"),
        ("nothing", "no published indicator, no code of a reporting unit"),
        ("0000", "no published indicator"),
    ],
)
def test_what_matches_nothing_or_too_much_says_what_there_is(settings: Settings, text: str, said: str) -> None:
    publish(settings)
    with pytest.raises(TraceError, match=said):
        trace(settings, text)


def test_a_file_is_traced_to_its_receipts_and_figures(settings: Settings) -> None:
    publish(settings)
    content = _content(settings, "=second.xlsx")
    traced = trace(settings, content[:10].upper())
    assert isinstance(traced, FileTrace)
    assert [(one.receipt.original_name, one.receipt.state, one.version) for one in traced.receipts] == [
        ("=second.xlsx", "accepted", 2),
        ("copy.xlsx", "duplicate", None),
    ]
    assert [(one.indicator_code, one.period, one.contribution, one.value) for one in traced.shares] == [
        ("exports", "current", Decimal("12.5"), Decimal("12.5")),
        ("exports", "base", 4, 4),
    ]


def test_a_receipt_leads_to_what_took_its_place_and_to_its_findings(settings: Settings) -> None:
    receipts = {receipt.original_name: receipt for receipt in intake.receipts(settings)}
    traced = trace(settings, receipts["first.xlsx"].receipt_id[:12])
    assert isinstance(traced, FileTrace)
    assert traced.receipts[0].successor == receipts["=second.xlsx"]
    assert "went into no figure" in _told(traced)
    rejected = trace(settings, receipts["wrong.xlsx"].submission_id)
    assert isinstance(rejected, FileTrace)
    told = _told(rejected)
    assert "SAN_XUAT!E2 [not_a_number]: “nhiều”" in told and "LAO_DONG!B2 [not_a_number]: “một trăm”" in told


def test_a_prefix_of_several_files_is_refused(settings: Settings) -> None:
    with pytest.raises(TraceError, match=r"6 files begin with '' \(.*give more of the hash or receipt id"):
        trace_file(settings, "")


def test_an_enterprise_is_traced_by_its_tax_code(settings: Settings) -> None:
    publish(settings)
    traced = trace(settings, TAX_CODE)
    assert isinstance(traced, UnitTrace)
    assert [(entry.name, entry.zone_code) for entry in traced.registered] == [("Công ty Thử", "K1")]
    assert [(one.receipt.period_month, one.receipt.state) for one in traced.receipts] == [
        ("2016-05", "superseded"),
        ("2016-05", "accepted"),
    ]
    assert [one.contribution for one in traced.shares] == [Decimal("12.5"), 4]
    assert "Công ty Thử" in _told(traced, "vi")


def test_nothing_received_says_where_to_begin(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no file has been received"):
        trace(Settings(home=tmp_path), TAX_CODE)
    with pytest.raises(TraceError, match="nothing is published yet"):
        trace(Settings(home=tmp_path), "2016-H1/exports")


def test_a_month_shows_every_file_and_all_errors(settings: Settings) -> None:
    book = month_book(settings, Month(2016, 5))
    names = {file.receipt.original_name: (file.receipt.state, file.version, file.unit_name) for file in book.files}
    assert names == {
        "first.xlsx": ("superseded", 1, "Công ty Thử"),
        "=second.xlsx": ("accepted", 2, "Công ty Thử"),
        "copy.xlsx": ("duplicate", None, "Công ty Thử"),
        "wrong.xlsx": ("rejected", None, "Công ty Khác"),
    }
    # Nobody can read a month in it, so it is shown where it came; not what came a year before.
    assert [file.receipt.original_name for file in book.unplaced] == ["broken.xlsx"]
    out = Console(file=io.StringIO(), highlight=False)
    tell_month(out, book, "en")
    told = out.file.getvalue()  # type: ignore[attr-defined]
    assert "SAN_XUAT!E2 [not_a_number]" in told and "LAO_DONG!B2 [not_a_number]" in told and "[not_a_workbook]" in told
    assert "4 files of the month = 1 accepted + 1 duplicate + 1 rejected + 1 superseded" in told
    assert "run `zonehouse build` first" in told


def test_nobody_owes_is_said_of_a_built_month_only(settings: Settings) -> None:
    """A warehouse that was built before the month's first file came knows no obligation of it."""
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
    assert not month_book(settings, Month(2016, 5)).is_built, "counted files of a month that was not built yet"
    assert month_book(settings, Month(2014, 5)).is_built, "nothing came, nobody owes"


def test_a_month_fits_a_terminal_and_is_whole_when_piped(settings: Settings) -> None:
    book = month_book(settings, Month(2016, 5))
    terminal = Console(file=io.StringIO(), highlight=False, soft_wrap=True, force_terminal=True, width=120)
    tell_month(terminal, book, "vi")
    table = terminal.file.getvalue().split("wrong.xlsx:")[0]  # type: ignore[attr-defined]
    lines = [Text.from_ansi(line).plain for line in table.splitlines()[:9]]
    assert max(map(len, lines)) <= 120
    assert [line.split()[:4] for line in lines if "Công ty Khác" in line] == [
        [book.files[3].receipt.receipt_id[:8], "2016-06-13", "monthly_report", OTHER_TAX_CODE]
    ]
    piped = Console(file=io.StringIO(), highlight=False, soft_wrap=True, width=40)
    tell_month(piped, book, "vi")
    lines = piped.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [len(line.split("\t")) for line in lines[1:6]] == [8] * 5


def test_a_wide_table_cuts_only_what_may_be_cut() -> None:
    out = Console(file=io.StringIO(), soft_wrap=True, force_terminal=True, width=60)
    rows = [["92a8407e", "2016-06-03", "Công ty " + "rất dài " * 9, 1234567, "tệp " + "có tên dài " * 9]]
    show_table(
        out, "T", ["id", "day", "name", "sum", "file"], rows, right=["sum"], narrow=["id", "day"], cut=["name", "file"]
    )
    lines = [Text.from_ansi(line).plain for line in out.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= 60
    line = next(line for line in lines if "92a8407e" in line)
    assert "2016-06-03" in line and "1234567" in line and line.count("…") == 2


def test_a_month_as_json_is_the_same(settings: Settings) -> None:
    told = json.loads(month_json(month_book(settings, Month(2016, 5)), "vi"))
    assert [file["state"] for file in told["files"]] == ["superseded", "accepted", "duplicate", "rejected"]
    assert len(told["files"][3]["findings"]) >= 2
    assert [file["original_name"] for file in told["month_not_readable"]] == ["broken.xlsx"]
