"""A month against the enterprise's own earlier months: what is found, where, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest

from tests.unit.intake_workbooks import OUTPUT_HEADER, TAX_CODE, catalogue, right_report, workbook
from zonehouse import intake
from zonehouse.forms.model import HistoryRule
from zonehouse.intake.findings import CATALOGUE
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

NIGHT = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
YTD = "Giá trị sản xuất giá so sánh, luỹ kế từ đầu năm (triệu đồng)"
USUAL = (1000.0, 1200.5, 700.0, 1100.0, 1305.0, 950.0, 1000.5, 990.0)
HISTORY_CODES = {check.code for form in catalogue().forms for check in form.history_checks}

Sheets = dict[str, list[list[Any]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, settle_seconds=0, batch_size=100)


def usual(number: int) -> float:
    return USUAL[(number - 1) % len(USUAL)]


def report(
    number: int, *, year: int = 2016, factor: float = 1.0, unit: str = TAX_CODE, ytd: float | None = None
) -> Sheets:
    """The month's report: every figure another than last month's; the year to date as it should be."""
    value = usual(number)
    sheets = right_report(unit, f"{year}-{number:02d}")
    to_date = sum(usual(n) for n in range(1, number + 1)) if ytd is None else ytd
    sheets["SAN_XUAT"] = [
        [*OUTPUT_HEADER, YTD],
        ["10", "Tôm đông lạnh", "tấn", value / 10, value * factor, value * 1.1, value * 0.0012, to_date],
    ]
    sheets["XUAT_NHAP_KHAU"][1][2:] = [value * 50, value * 20]
    sheets["LAO_DONG"][1] = ["Lao động trực tiếp", 100 + number, 60, 90, 1, 5, 2]
    return sheets


def send(settings: Settings, day: int, *books: Sheets, name: str = "r") -> None:
    for number, sheets in enumerate(books):
        path = settings.inbox / f"2016-07-{day:02d}" / f"{name}{number:02d}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(workbook(sheets))


def take(settings: Settings, days: int = 0) -> None:
    intake.intake(settings, NIGHT + timedelta(days=days))


def found(settings: Settings, columns: str = "period_month, finding_code, cell, found") -> list[tuple[Any, ...]]:
    landing = settings.landing
    codes = ", ".join(f"'{code}'" for code in sorted(HISTORY_CODES))
    return duckdb.sql(
        f"select {columns} from read_parquet('{landing}/finding/*.parquet') "
        f"inner join read_parquet('{landing}/register/*.parquet') using (batch_id, receipt_id) "
        f"where finding_code in ({codes}) order by period_month, finding_no"
    ).fetchall()


def test_months_as_they_should_be_are_silent_through_tet_a_jump_and_a_new_year(settings: Settings) -> None:
    last_year = [report(n, year=2015) for n in (10, 11, 12)]
    jump = report(5)
    jump["SAN_XUAT"][1][4:8] = [1305 * 2.22, 1400, 1.5, sum(USUAL[:4]) + 1305 * 2.22]
    tet = report(2)
    tet["SAN_XUAT"][1][4:8] = [320, 330, 0.34, 1320]
    march, april = report(3, ytd=1320 + 700), report(4, ytd=1320 + 700 + 1100)
    jump["SAN_XUAT"][1][7] = 1320 + 700 + 1100 + 1305 * 2.22
    send(settings, 1, *last_year, report(1), tet, march, april, jump)
    take(settings)
    assert found(settings) == []


def test_a_month_that_is_the_year_to_date_is_found_in_its_cell_with_both_values(settings: Settings) -> None:
    bad = report(5)
    bad["SAN_XUAT"][1][4] = sum(USUAL[:5])
    send(settings, 1, *(report(n) for n in range(1, 5)), bad)
    take(settings)
    assert found(settings) == [("2016-05", "output_constant_is_ytd", "E2", "5305.5 ≈ 4000.5 + 1305")]
    ((vi, en, state, count),) = found(settings, "expected_vi, mend_en, intake_state, warning_count")
    assert "4.000,5" in vi and "year to date" in en and (state, count) == ("accepted_with_warnings", 1)


def test_a_month_that_is_the_year_to_date_is_found_without_that_column_and_never_in_january(settings: Settings) -> None:
    bad, january = report(6), report(1)
    bad["SAN_XUAT"][1][6] = sum(USUAL[:6]) * 0.0012
    bad["XUAT_NHAP_KHAU"][1][2] = sum(USUAL[:6]) * 50
    send(settings, 1, *(report(n, year=2015) for n in (10, 11, 12)), january, *(report(n) for n in range(2, 6)), bad)
    take(settings)
    assert [line[:3] for line in found(settings)] == [
        ("2016-06", "revenue_is_ytd", "G2"),
        ("2016-06", "exports_are_ytd", "C2"),
    ]


@pytest.mark.parametrize(("factor", "is_found"), [(1000, True), (1e6, True), (0.001, True), (22300, True), (30, False)])
def test_a_factor_of_a_thousand_against_the_own_median(settings: Settings, factor: float, is_found: bool) -> None:
    bad = report(4)
    bad["SAN_XUAT"][1][5] *= factor
    send(settings, 1, *(report(n) for n in range(1, 4)), bad)
    take(settings)
    assert [line[:3] for line in found(settings)] == ([("2016-04", "output_current_scale", "F2")] if is_found else [])


def test_two_months_are_no_history_to_judge_a_size_by(settings: Settings) -> None:
    bad = report(3)
    bad["SAN_XUAT"][1][5] *= 1000
    send(settings, 1, report(1), report(2), bad)
    take(settings)
    assert found(settings) == []


def test_a_renamed_product_is_judged_by_the_whole_column(settings: Settings) -> None:
    bad = report(4)
    bad["SAN_XUAT"][1][1] = "Tôm đông lạnh loại 1"
    bad["SAN_XUAT"][1][5] *= 1000
    send(settings, 1, *(report(n) for n in range(1, 4)), bad)
    take(settings)
    assert [line[:3] for line in found(settings)] == [("2016-04", "output_current_scale", "F2")]
    assert found(settings, "expected_vi")[0][0].startswith("Tính tổng cả cột: cùng mức với các tháng trước: khoảng ")


def test_a_copy_of_last_month_is_found_though_its_year_to_date_moved_on(settings: Settings) -> None:
    copy = report(3)
    copy["SAN_XUAT"][1][3:7] = report(2)["SAN_XUAT"][1][3:7]
    copy["SAN_XUAT"][1][7] = sum(USUAL[:2]) + USUAL[1]
    send(settings, 1, report(1), report(2), copy)
    take(settings)
    assert [line[:2] for line in found(settings)] == [("2016-03", "output_copied")]
    assert found(settings, "found") == [("2016-03 = 2016-02",)]


def test_a_month_of_nothing_after_a_month_of_nothing_is_no_copy(settings: Settings) -> None:
    books = [report(n, ytd=0) for n in (1, 2)]
    for sheets in books:
        sheets["SAN_XUAT"][1][3:] = [0, 0, 0, "-", 0]
        sheets["XUAT_NHAP_KHAU"][1][2:] = [0, 0]
    send(settings, 1, *books)
    take(settings)
    assert found(settings) == []


def test_a_month_that_breaks_the_year_to_date(settings: Settings) -> None:
    send(settings, 1, report(1), report(2), report(3, ytd=sum(USUAL[:3]) + 500))
    take(settings)
    assert found(settings) == [("2016-03", "output_ytd_difference", "E2", "700 ≠ 3400.5 − 2200.5")]


def test_january_is_its_own_year_to_date_and_rounding_is_no_difference(settings: Settings) -> None:
    nothing_before = report(1, ytd=2000.0, unit="3700000018")
    send(settings, 1, report(12, year=2015), report(1, ytd=2000.0), report(2, ytd=3202.0), nothing_before)
    take(settings)
    assert [line[:2] for line in found(settings)] == [("2016-01", "output_ytd_difference")] * 2


@pytest.mark.parametrize("mark", ["x", None])
def test_what_is_not_known_is_not_zero(settings: Settings, mark: str | None) -> None:
    """A blank year to date, or month, is compared with nothing; zero would have been a difference."""
    blank = report(2)
    blank["SAN_XUAT"][1][7] = mark
    unknown = report(4)
    unknown["SAN_XUAT"][1][4] = mark
    send(settings, 1, report(1), blank, report(3), unknown, report(5))
    take(settings)
    assert found(settings) == []


def test_the_version_in_force_when_a_month_arrives_is_compared_with(settings: Settings) -> None:
    send(settings, 1, report(1), report(2, ytd=1.0), name="a")
    send(settings, 2, report(2), name="b")
    send(settings, 3, report(3), name="c")
    take(settings)
    assert [line[0] for line in found(settings)] == ["2016-02"]


def test_a_month_after_its_successor_is_compared_with_what_is_before_it_and_nothing_is_judged_again(
    settings: Settings,
) -> None:
    send(settings, 1, report(1), report(3), name="a")
    take(settings)
    assert found(settings) == []
    send(settings, 2, report(2, ytd=5000.0), name="b")
    take(settings, 1)
    assert [line[:2] for line in found(settings)] == [("2016-02", "output_ytd_difference")]


def test_the_same_months_in_one_batch_and_night_by_night_give_the_same_findings(tmp_path: Path) -> None:
    bad = report(5)
    bad["SAN_XUAT"][1][4:7] = [sum(USUAL[:5]), 1305 * 1100, 0.0000013]
    books = [*(report(n) for n in range(1, 5)), bad, report(6)]
    at_once, nightly, by_ones = (
        Settings(home=tmp_path / name, settle_seconds=0, batch_size=size)
        for name, size in (("once", 100), ("nights", 100), ("ones", 1))
    )
    for home in (at_once, by_ones):
        send(home, 1, *books)
        take(home)
    for day, sheets in enumerate(books):
        send(nightly, day + 1, sheets)
        take(nightly, day)
    assert len(found(at_once)) == 3
    assert found(at_once) == found(nightly) == found(by_ones)


def test_compacted_months_are_compared_with_as_before(settings: Settings) -> None:
    for day in (1, 2, 3, 4):
        send(settings, day, report(day))
        take(settings, day - 14)
    intake.compact(settings, NIGHT)
    assert len(list((settings.landing / "monthly_report" / "output").glob("2*.parquet"))) <= 2
    bad = report(5)
    bad["SAN_XUAT"][1][4] = sum(USUAL[:5])
    send(settings, 5, bad)
    take(settings)
    assert [line[:3] for line in found(settings)] == [("2016-05", "output_constant_is_ytd", "E2")]


def test_the_same_tax_code_under_another_authority_is_another_history(settings: Settings) -> None:
    books = [report(n) for n in range(1, 4)]
    for sheets in books:
        sheets["THONG_TIN"][2][1] = "KHAC"
    bad = report(4)
    bad["SAN_XUAT"][1][5] *= 1000
    send(settings, 1, *books, bad)
    take(settings)
    assert found(settings) == []


@pytest.mark.parametrize("step", ["dataset_landed", "registered"])
def test_landing_again_after_a_kill_gives_the_same_findings(tmp_path: Path, step: str) -> None:
    bad = report(3, ytd=9000.0)
    homes = [Settings(home=tmp_path / name, settle_seconds=0, batch_size=2) for name in ("killed", "whole")]
    for settings in homes:
        send(settings, 1, report(1), report(2), bad)
    killed, whole = homes
    for _ in range(4):

        def checkpoint(at: str) -> None:
            if at == step:
                raise KeyboardInterrupt

        try:
            intake.intake(killed, NIGHT, checkpoint=checkpoint)
        except KeyboardInterrupt:
            continue
    take(killed)
    take(whole)
    columns = "period_month, finding_no, finding_code, cell, found, warning_count, intake_state"
    assert found(killed, columns) == found(whole, columns) != []


def test_every_rule_is_in_the_catalogue_and_every_check_in_both_languages() -> None:
    checks = [check for form in catalogue().forms for check in form.history_checks]
    assert {check.rule for check in checks} <= set(CATALOGUE)
    assert {check.rule for check in checks} == set(get_args(HistoryRule))
    assert all(check.vi and check.en for check in checks)
    assert not HISTORY_CODES & set(CATALOGUE)


# Numbers that the sheet alone settles


def doubtful(number: int, text: str, beside: str = "12,5") -> Sheets:
    """Output at current prices is a lone mark before three digits; another column tells which mark is the decimal's."""
    sheets = report(number)
    sheets["SAN_XUAT"][1][5] = text
    sheets["SAN_XUAT"][1][3] = beside
    return sheets


@pytest.mark.parametrize(
    ("text", "beside", "taken", "is_told"),
    [
        ("1.327", "12,5", 1327, False),  # May was 1435.5
        ("1.327", "12.5", 1.327, True),
        ("1,327", "12.5", 1327, False),
        ("1,327", "12,5", 1.327, True),
    ],
)
def test_a_lone_mark_is_confirmed_by_the_size_of_earlier_months(
    settings: Settings, text: str, beside: str, taken: float, is_told: bool
) -> None:
    send(settings, 1, report(4), report(5), doubtful(6, text, beside))
    take(settings)
    landing = settings.landing
    rows = f"read_parquet('{landing}/monthly_report/output/*.parquet')"
    sql = f"select gross_output_current_vnd_million::double from {rows}"
    assert (taken,) in duckdb.sql(sql).fetchall()
    told = "select finding_code, cell, found, taken, expected_vi from read_parquet"
    told += f"('{landing}/finding/*.parquet') where finding_code like 'number_%' and cell = 'F2' order by finding_no"
    usual = "các tháng trước: khoảng "
    lines = duckdb.sql(told).fetchall()
    assert [line[:2] for line in lines] == [("number_by_sheet", "F2"), *[("number_not_confirmed", "F2")] * is_told]
    assert not is_told or usual in lines[1][4]


def test_a_lone_mark_that_nothing_confirms_is_told(settings: Settings) -> None:
    send(settings, 1, doubtful(6, "1.327"))
    take(settings)
    sql = f"select cell, found, taken, severity, expected_vi from read_parquet('{settings.landing}/finding/*.parquet')"
    lines = duckdb.sql(f"{sql} where finding_code = 'number_not_confirmed'").fetchall()
    assert [line[:4] for line in lines] == [("F2", "1.327", "1327", "warning")] and "chưa có" in lines[0][4]
    (receipt,) = intake.receipts(settings)
    assert receipt.warning_count == 1
