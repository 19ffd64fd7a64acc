"""Whole columns at once give exactly what reading cell by cell gives: the same rows, the same findings in order."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.unit.intake_workbooks import RECEIVED_ON, Rows, catalogue, plan, right_report, workbook
from zonehouse.intake import workbook as workbook_module
from zonehouse.intake.cells import CellReader, is_plain, kept_number
from zonehouse.intake.compile import reader_plan
from zonehouse.intake.decimals import decimals
from zonehouse.intake.findings import Findings
from zonehouse.intake.mending import MendedText, Mender
from zonehouse.intake.plan import ColumnPlan
from zonehouse.intake.schema import NUMBER
from zonehouse.intake.table import LandedColumns, TableReader
from zonehouse.intake.workbook import Reading, read_workbook
from zonehouse.settings import Settings

YEAR_TO_DATE = "Giá trị sản xuất giá so sánh, luỹ kế từ đầu năm (triệu đồng)"
ODD: list[Any] = [
    *(None, "", " ", "-", "x", "Tổng cộng", "Cộng", "1.327", "1.327,37", "12,5", 5, -3, 0, 1e19, 0.1234567, 2.5),
    *(
        True,
        "Công ty",
        "Ddu+o+`ng",
        "Hép gç",
        "  a  b ",
        "Co\u0302ng",
        "a\u00a0b",
        "C«ng ty",
        "10",
        "01",
        "3",
        3,
        "US",
        "us",
        "99999",
        "D\u0410\u20131",
        "SẢN PHẨM 1",
        "không có",
    ),
    *(datetime(2016, 5, 1), "=x", "#REF!", "production", "Quản lý"),  # noqa: DTZ001 - a cell has no zone
]


def _report(chance: random.Random) -> dict[str, Rows]:
    report = right_report()
    report["SAN_XUAT"][0].append(YEAR_TO_DATE)
    for n in range(chance.randrange(1, 12)):
        row = [chance.choice(["10", "11", "13"]), f"Sản phẩm {n}", chance.choice(["tấn", "cái", None])]
        report["SAN_XUAT"].append([*row, chance.choice([None, n, 2.5]), n * 10.5, n * 11, n, chance.choice([None, 99])])
    report["XUAT_NHAP_KHAU"] += [[f"{n + 10}", chance.choice(["US", "JP"]), n * 100, n * 7.25] for n in range(6)]
    report["LAO_DONG"] += [["Kỹ thuật và nghiệp vụ", 50, 20, 30, 1, 0, 0], ["Quản lý", 5, 2, 3, 1, 0, 0]]
    report["DAU_TU"] += [[f"DA-{n}", n * 3.5, chance.choice([None, "ghi chú"])] for n in range(4)]
    for rows in list(report.values())[1:]:
        for _ in range(chance.choice([0, 0, 0, 1, 3])):
            row = chance.choice(rows[1:])
            row[chance.randrange(len(row))] = chance.choice(ODD)
        if chance.random() < 0.2:
            rows.insert(chance.randrange(1, len(rows) + 1), [])
        if chance.random() < 0.2:
            rows.append([chance.choice(["Tổng cộng", None])] + [chance.choice([None, 5, 100.5]) for _ in rows[0][1:]])
    return report


def test_columns_and_cells_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, its_plan = random.Random(20160712), plan(tmp_path)
    monkeypatch.setattr(workbook_module, "_remember", lambda *_: None)  # known templates: test_intake_frames.py
    files = [workbook(_report(chance)) for _ in range(80)]
    at_once: list[int] = []

    def read_all() -> list[Reading]:
        return [read_workbook(data, "report.xlsx", RECEIVED_ON, its_plan) for data in files]

    ordinary = TableReader._ordinary_rows

    def counted(table: TableReader, start: int) -> LandedColumns:
        rows = ordinary(table, start)
        at_once.append(len(rows))
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(TableReader, "_ordinary_rows", lambda *_: [])
        by_cells = read_all()
        patch.setattr(TableReader, "_ordinary_rows", counted)
        assert read_all() == by_cells
    assert read_all() == by_cells, "what the reader remembers of codes and headers changes nothing"
    assert 0.3 < sum(map(bool, at_once)) / len(at_once) < 0.95, "both ways are taken"


COLUMNS = [
    column
    for form in reader_plan(Settings(), catalogue()).forms
    for fields in (form.cover_fields, *(section.columns for section in form.sections))
    for column in fields
]
CELLS = st.one_of(
    st.lists(st.floats(0, 1e6)),
    st.lists(st.integers(0, 10**6).map(float)),
    st.lists(st.sampled_from(["10", "US", "Công ty", "Tôm đông lạnh", "sản phẩm 3", ""])),
    st.lists(st.one_of(st.sampled_from(ODD), st.floats(), st.text(max_size=6))),
)


@given(column=st.sampled_from(COLUMNS), cells=CELLS)
@hypothesis_settings(max_examples=150, deadline=None, derandomize=True)
def test_a_column_at_once_is_its_cells_one_by_one(column: ColumnPlan, cells: list[Any]) -> None:
    """Values, marks and findings in their order, of whatever a column may hold."""
    at_once, by_cell = Findings(100), Findings(100)
    whole, single = CellReader(at_once, "Sheet"), CellReader(by_cell, "Sheet")
    if column.is_number:
        found = [list(column) for column in whole.numbers(cells, column, 3, 2)]
        pairs = [single.number(cell, column, row, 2) for row, cell in enumerate(cells, 3)]
        expected = [[value for value, _ in pairs], [mark for _, mark in pairs]]
    else:
        found = [whole.values(cells, column, 3, 2)]
        expected = [[single.value(cell, column, row, 2) for row, cell in enumerate(cells, 3)]]
    assert repr(found) == repr(expected)
    assert (at_once.items, at_once.counts) == (by_cell.items, by_cell.counts)


def test_many_numbers_become_the_decimals_that_each_of_them_is() -> None:
    chance = random.Random(20160713)
    numbers: list[float | str | None] = [None, 0.0, -0.0, 1e-9, -1e-9, 0.5e-6, 1.5e-6, 2.5e-6, 12, 8_999_999_999_999.0]
    for _ in range(3_000):
        size = 10 ** chance.uniform(-8, chance.choice([3, 6, 9, 12.9])) * chance.choice([1, -1])
        numbers += [size, round(size, 3), round(size, 6) + 5e-7, (int(size) * 1_000_000 + 0.5) / 1e6, float(int(size))]
        numbers += [f"{size / 1e5:.{chance.randrange(7)}f}"]
    column = decimals(numbers)
    column.validate(full=True)
    assert column.type == NUMBER
    assert column.to_pylist() == [None if value is None else kept_number(value) for value in numbers]
    assert decimals([1e17, "2.5", None]).to_pylist() == [Decimal(10**17), Decimal("2.5"), None]
    assert decimals([1.5, "460031800178.8"]).to_pylist() == [Decimal("1.5"), Decimal("460031800178.8")]
    assert decimals([]).to_pylist() == []


def test_what_is_passed_as_plain_is_what_the_mender_leaves_alone(tmp_path: Path) -> None:
    entries = [entry for codes in catalogue().code_lists.values() for entry in codes.values()]
    texts = {text for entry in entries for text in (entry.label_vi, entry.label_en, entry.code)}
    plain = {text for text in texts if is_plain(text)}
    assert len(plain) > len(texts) / 2
    assert [text for text in plain if Mender().text(text) != MendedText(text)] == []
    spoiled = ["C«ng ty", "Hép gç", "Co^ng ty", "d-u+o+.c", "ddo^ng", "#REF!", "=A1", "Co\u0302ng", "Coâng ty", "đddo"]
    assert [text for text in spoiled if is_plain(text)] == []


def test_the_memory_of_a_column_is_bounded(tmp_path: Path) -> None:
    its_plan = plan(tmp_path)
    sheets = right_report()
    sheets["XUAT_NHAP_KHAU"] += [["03" + " " * n, "VN", 1, 1] for n in range(1, 5_000)]
    read_workbook(workbook(sheets), "report.xlsx", RECEIVED_ON, its_plan)
    columns = [column for form in its_plan.forms for section in form.sections for column in section.columns]
    assert catalogue().forms and max(len(column.known) for column in columns) <= 4_096
    assert all(len(text) <= 100 for column in columns for text in column.known)
