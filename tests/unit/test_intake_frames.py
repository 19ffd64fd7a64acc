"""What a reader remembers of templates changes nothing of what it reads, only how fast."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.intake_workbooks import RECEIVED_ON, Rows, plan, repack, right_report, workbook
from tests.unit.test_intake_columns import ODD
from zonehouse.intake import workbook as workbook_module
from zonehouse.intake.cells import kept_number
from zonehouse.intake.frames import SectionFrame
from zonehouse.intake.plan import ReaderPlan
from zonehouse.intake.table import Grid, LandedColumns
from zonehouse.intake.workbook import Reading, read_workbook

NAMES = [
    "Công ty Thử",
    "Công ty TNHH Một",
    "Kỳ báo cáo",
    "Đơn vị tính: tỷ đồng",
    " ",
    None,
    "C«ng ty",
    5,
    "=x",
    "#REF!",
]
COVER_ODD = [None, "", "2016", "tháng 5/2016", datetime(2016, 5, 1), "BQL2", "0100233489", "Mã số thuế", 12.5]  # noqa: DTZ001
TITLES = ["SẢN XUẤT", "Đơn vị tính: triệu đồng", "Đơn vị tính: tỷ đồng", "Tháng 4/2016", None]


def _report(chance: random.Random) -> dict[str, Rows]:
    """Most are plain; the others have one or two odd things anywhere."""
    report = right_report(month=chance.choice(["2016-05", "2016-04", "05/2016"]), output=chance.uniform(0, 1e5))
    cover = report["THONG_TIN"]
    cover[4][1] = chance.choice([*["Công ty Thử"] * 12, *NAMES])
    for n in range(chance.randrange(6)):
        figures = [chance.choice([n * 2.5, None, "-", "x"]), n * 10.5, round(chance.uniform(0, 1e4), 7)]
        report["SAN_XUAT"].append(["11", f"Sản phẩm {n}", chance.choice(["tấn", None]), *figures, round(n / 7, 5)])
    report["XUAT_NHAP_KHAU"] += [[code, "JP", chance.uniform(0, 1e9), 0] for code in ("10", "11", "30")]
    report["LAO_DONG"] += [["Quản lý", 5, chance.choice([2, 2, 6]), 3, 1, 0, 0]]
    report["DAU_TU"] += [[f"DA-{n}", n * 3.5, chance.choice([None, "ghi chú"])] for n in range(chance.randrange(3))]
    if chance.random() < 0.1:
        cover.append(["Từ ngày", datetime(2016, 5, 1)])  # noqa: DTZ001 - a cell has no zone
    for _ in range(chance.choice([0, 0, 0, 0, 0, 1, 2])):
        row = chance.choice(cover)
        row[chance.randrange(2)] = chance.choice(COVER_ODD)
    for rows in list(report.values())[1:]:
        if chance.random() < 0.05:
            rows.insert(0, [chance.choice(TITLES)])
        for _ in range(chance.choice([0, 0, 0, 0, 1, 2])):
            row = chance.choice(rows[chance.random() > 0.1 :] or rows)
            row[chance.randrange(len(row))] = chance.choice(ODD)
        if chance.random() < 0.1:
            rows.append(
                chance.choice([["Tổng cộng", None, 5, 100.5], [None, None, None, None, None, None, None, None, 1], []])
            )
    return report


def _as_landed(reading: Reading) -> Reading:
    """Numbers as they are kept, whether they were whole columns of floats or texts."""

    def kept(value: object) -> object:
        return kept_number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else _number(value)

    rows = {code: [[kept(value) for value in row] for row in rows] for code, rows in reading["sections"].items()}
    return reading | {"sections": rows}


def _number(value: object) -> object:
    try:
        return Decimal(value) if isinstance(value, str) else value
    except ArithmeticError:
        return value


def _first_time(data: bytes, its_plan: ReaderPlan) -> Reading:
    """By a reader that has met no workbook before."""
    its_plan.templates.clear()
    return _as_landed(read_workbook(data, "report.xlsx", RECEIVED_ON, its_plan))


@pytest.mark.slow
def test_a_known_template_is_read_as_one_met_for_the_first_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, its_plan = random.Random(20161125), plan(tmp_path)
    files = [workbook(_report(chance)) for _ in range(200)]
    expected = [_first_time(data, its_plan) for data in files]
    its_plan.templates.clear()
    known: list[bool] = []
    whole: list[bool] = []
    columns, read_known = SectionFrame.columns, workbook_module._read_known

    def counted(frame: SectionFrame, grid: Grid, text_length: int) -> LandedColumns | None:
        found = columns(frame, grid, text_length)
        whole.append(found is not None)
        return found

    def told(*arguments: Any) -> None:
        known.append(True)
        read_known(*arguments)

    monkeypatch.setattr(SectionFrame, "columns", counted)
    monkeypatch.setattr(workbook_module, "_read_known", told)
    for data, reading in zip(files, expected, strict=True):
        assert _as_landed(read_workbook(data, "report.xlsx", RECEIVED_ON, its_plan)) == reading
    assert len(files) / 5 < len(known) < len(files) * 0.9, "both ways are taken"
    assert 0.5 < sum(whole) / len(whole) < 0.98, "and both for the sheets of a known template"


def test_a_workbook_that_is_like_a_known_one_but_not_whole(tmp_path: Path) -> None:
    its_plan = plan(tmp_path)
    narrow, empty = right_report(), right_report()
    narrow["THONG_TIN"] = [row[:1] for row in narrow["THONG_TIN"]]
    empty["SAN_XUAT"] = []

    def spoiled(name: str, part: bytes) -> bytes:
        return part.replace(b"<v>50000</v>", b"<v>fifty</v>") if name.startswith("xl/worksheets/") else part

    unreadable = repack(workbook(right_report()), spoiled)
    for data in (workbook(narrow), workbook(empty), unreadable):
        expected = _first_time(data, its_plan)
        its_plan.templates.clear()
        assert read_workbook(workbook(right_report()), "report.xlsx", RECEIVED_ON, its_plan)["findings"] == []
        assert its_plan.templates
        assert (
            expected["findings"] and _as_landed(read_workbook(data, "report.xlsx", RECEIVED_ON, its_plan)) == expected
        )
    assert expected["period_month"] == "2016-05", "what the cover says is told of a workbook that cannot be read whole"


def test_the_memory_of_templates_is_bounded(tmp_path: Path) -> None:
    its_plan = plan(tmp_path)

    def count() -> int:
        return sum(map(len, its_plan.templates.values()))

    for n in range(70):
        report = right_report()
        report["SAN_XUAT"].insert(0, [f"Bảng {n}"])
        read_workbook(workbook(report), "report.xlsx", RECEIVED_ON, its_plan)
        assert 0 < count() <= 64
    its_plan.templates.clear()
    report["SAN_XUAT"].insert(0, ["Bảng " * 6_000])
    read_workbook(workbook(report), "report.xlsx", RECEIVED_ON, its_plan)
    assert count() == 0
