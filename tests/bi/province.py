"""A small published half-year with something to see for stewards: two releases, a late report, a doubtful figure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from openpyxl import load_workbook

from zonehouse import intake, publish, quality, warehouse
from zonehouse.forms import load_catalogue
from zonehouse.orchestration.local import SAMPLE_PROVINCE
from zonehouse.periods import HalfYear, Month
from zonehouse.sample import generate, load_province
from zonehouse.settings import Settings

HALF = HalfYear(2016, 1)
FIRST, SECOND = datetime(2016, 7, 12, tzinfo=UTC), datetime(2016, 7, 20, tzinfo=UTC)
LATE = "bao_cao_thang_6_2016_9896069774.xlsx"
AMOUNT = "Giá trị sản xuất theo giá so sánh 2010"


def publish_small_province(home: Path) -> Settings:
    """2016-H1 without one report of June; then with it, three days late and three times what was to be expected."""
    settings = Settings(home=home)
    province = load_province(SAMPLE_PROVINCE.with_name("small_demo.yml"))
    generate(province, settings.inbox, Month(2015, 1), Month(2016, 6), catalogue=load_catalogue(settings))
    (report,) = settings.inbox.rglob(LATE)
    aside = home / LATE
    report.rename(aside)
    _publish(settings, FIRST)
    _treble(aside)
    late = settings.inbox / "2016-07-15" / LATE
    late.parent.mkdir(parents=True)
    aside.rename(late)
    _publish(settings, SECOND)
    return settings


def _treble(path: Path) -> None:
    book = load_workbook(path)
    changed = 0
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows())
        for column in {cell.column for row in rows for cell in row if str(cell.value).startswith(AMOUNT)}:
            for cell in (row[column - 1] for row in rows):
                if isinstance(cell.value, int | float):
                    cell.value *= 3
                    changed += 1
    assert changed, "the sample has no amounts of output"
    book.save(path)


def _publish(settings: Settings, now: datetime) -> None:
    intake.intake(settings, now)
    warehouse.build_facts(settings, warehouse.pending(settings))
    candidate = warehouse.build_candidate(settings, HALF, now)
    verdict = quality.decide(settings, candidate, quality.check_candidate(settings, candidate, now), now)
    if verdict.outcome == "needs_approval":
        quality.record_approval(settings, candidate.id, True, by="Nguyễn Thị Mẫu", reason="đã kiểm tra", now=now)
    publish.publish(settings, candidate.id, now)
