"""The stewards' queue: read from a frozen candidate, said in two languages, printed and given as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from zonehouse import quality
from zonehouse.periods import HalfYear
from zonehouse.quality import CheckReport, words
from zonehouse.quality.doubts import place, read_doubts, sentence, summary
from zonehouse.settings import Settings
from zonehouse.telling.queue import queue_json, tell_queue
from zonehouse.warehouse import WarehouseError

NOW = datetime(2018, 7, 20, 9, 30, tzinfo=UTC)
ID, HALF = "2018-H1-r001", HalfYear(2018, 1)
COLUMNS = (
    "authority_code varchar, suspicion_rank integer, zone_code varchar, tax_code varchar, enterprise_name varchar,"
    " indicator_code varchar, label_vi varchar, label_en varchar, unit varchar, period_month varchar,"
    " reported_value decimal(24,6), expected_value decimal(24,6), reason_code varchar, magnitude_power integer,"
    " suspicion double, effect_value decimal(24,6), total_value decimal(24,6), effect_pct double, score double,"
    " cumulative_doubt_share_pct double, submission_id varchar, original_name varchar, sheet_name varchar,"
    " row_number integer, column_code varchar, cell_count integer"
)


@dataclass(frozen=True)
class Frozen:
    id: str
    half_year: HalfYear
    database: Path
    inputs_digest: str = "d1"


def candidate(settings: Settings, *rows: str) -> Frozen:
    """A frozen candidate with these rows of the queue."""
    folder = settings.candidates / ID
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"inputs_digest": "d1"}', encoding="utf-8")
    with duckdb.connect(str(folder / "candidate.duckdb")) as connection:
        connection.execute(f"create schema marts; create table marts.half_year_suspicion ({COLUMNS})")
        for row in rows:
            connection.execute(f"insert into marts.half_year_suspicion values ({row})")
    return Frozen(ID, HALF, folder / "candidate.duckdb")


FIRST = (
    "'XX', 1, 'Z1', '0100233488', 'Công ty A', 'exports', 'Xuất khẩu', 'Exports', 'usd', '2018-05', 34422973000,"
    " 34000000.5, 'power_of_ten', 3, 1, 34388972999.5, 265000000000, 12.976971, 12.976971, 80.25,"
    " 's1', 'A 5.xlsx', 'XUAT_NHAP_KHAU', 7, 'export_usd', 3"
)
SECOND = (
    "'XX', 2, null, '0314409058', null, 'labour', 'Lao động', 'Labour', 'persons', '2018-06', null,"
    " 120, 'not_given', null, 0.5, -120, 27900, 0.430108, 0.215054, 100, 's2', null, null, null, 'headcount_persons', 0"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_the_weightiest_doubt_comes_first(settings: Settings) -> None:
    candidate(settings, SECOND, FIRST)
    first, second = quality.queue(settings, HALF)
    assert (first.tax_code, first.reported_value, first.magnitude_power) == ("0100233488", Decimal(34422973000), 3)
    assert (second.reported_value, second.enterprise_name, second.cell_count) == (None, None, 0)


def test_without_a_candidate_the_step_is_named_and_an_old_one_has_no_queue(settings: Settings) -> None:
    with pytest.raises(WarehouseError, match="zonehouse build --half 2018-H1"):
        quality.queue(settings, HALF)
    database = settings.home / "old.duckdb"
    duckdb.connect(str(database)).close()
    assert read_doubts(database) == []


def test_a_doubt_is_said_as_people_write(settings: Settings) -> None:
    candidate(settings, FIRST, SECOND)
    first, second = quality.queue(settings, HALF)
    assert sentence(first, "vi") == (
        "Công ty A (0100233488), Xuất khẩu, tháng 2018-05: báo cáo 34.422.973.000 USD, thường là 34.000.001 USD; "
        "gấp khoảng 1.000 lần (nhầm đơn vị?). Ảnh hưởng 13 % tổng số; xem đến đây hết 80,3 % nghi vấn. "
        "Tệp A 5.xlsx, trang XUAT_NHAP_KHAU, dòng 7 (+ 2 dòng khác)."
    )
    assert sentence(second, "en") == (
        "0314409058, Labour, 2018-06: reported –, usual 120 persons; not given, as it was in earlier months. "
        "Effect 0.43% of the total; 100% of the doubt is settled down to here. File s2."
    )
    assert place(first, "en") == "A 5.xlsx, sheet XUAT_NHAP_KHAU, row 7 (+ 2 other rows)"
    assert summary([first], "en") == "1 value is doubtful; the first 1 holds 100% of the doubt."
    assert summary([first, second], "vi", 1) == "2 giá trị đáng ngờ; 1 giá trị đầu chiếm 98,4 % nghi vấn."


def test_the_verdict_ends_with_the_first_ten(settings: Settings) -> None:
    frozen = candidate(settings, FIRST, *[SECOND] * 11)
    verdict = quality.decide(settings, frozen, CheckReport("r", NOW, "candidate", ID), NOW)
    told = quality.describe(verdict, "vi")
    assert "### Giá trị nên xem trước / Values to look at first" in told
    assert "\n1. Công ty A (0100233488)" in told
    assert "\n10. 0314409058" in told
    assert "\n11. " not in told
    assert "zonehouse queue --half 2018-H1 --all" in told


def test_the_command_prints_a_table_and_gives_json(settings: Settings) -> None:
    candidate(settings, FIRST, SECOND)
    doubts = quality.queue(settings, HALF)
    piped = io.StringIO()
    tell_queue(Console(file=piped), doubts, "en", 1)
    assert piped.getvalue().splitlines()[2].split("\t")[:4] == ["1", "Công ty A 0100233488", "Exports", "2018-05"]
    assert "first 1 holds 98.4% of the doubt" in piped.getvalue()
    given = json.loads(queue_json(doubts, "2018-H1"))
    assert (given["half_year"], given["doubts"][0]["reported_value"]) == ("2018-H1", "34422973000.000000")
    tell_queue(Console(file=piped), [], "vi", 10)
    assert piped.getvalue().endswith("Không có giá trị nào đáng ngờ.\n")


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        ("99.53051643192488", "99,5", "99.5"),
        ("1327.37", "1.327", "1,327"),
        ("0.0052361", "0,00524", "0.00524"),
        ("-122.18", "-122", "-122"),
        ("34422973", "34.422.973", "34,422,973"),
        ("0100233488", "0100233488", "0100233488"),
        ("2016-05", "2016-05", "2016-05"),
        ("0", "0", "0"),
        ("", "", ""),
    ],
)
def test_what_is_a_number_is_written_as_one(value: str, vi: str, en: str) -> None:
    assert (words.cell(value, "vi"), words.cell(value, "en")) == (vi, en)
    assert words.named_cell("tax_code", "9925626648", "vi") == "9925626648"


def test_one_is_no_plural() -> None:
    assert [words.rows(1, "en"), words.rows(0, "en"), words.rows(1204, "vi")] == ["1 row", "0 rows", "1.204 dòng"]
    assert [words.checks(1, "en"), words.checks(201, "en")] == ["1 check", "201 checks"]
