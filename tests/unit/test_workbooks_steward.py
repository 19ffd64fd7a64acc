"""The steward's workbook: all findings of a night, in the order in which they matter."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.unit.intake_workbooks import TAX_CODE, right_report, workbook
from tests.unit.workbooks_support import OTHER_TAX_CODE, active_parts, dump, register, same_as_golden, take_in
from zonehouse import intake
from zonehouse.settings import Settings
from zonehouse.workbooks import WorkbookError, batches_of_night, newest_night, write_steward_workbook

NIGHT = "2016-07-13"


def files() -> dict[str, bytes]:
    """One night: two reports of May (3/4 and 1/4 of the output), and June with an error, warnings and a stranger."""
    small_error = right_report(OTHER_TAX_CODE, "2016-06")
    small_error["SAN_XUAT"][1][4] = "=1+cmd"
    warned = right_report(TAX_CODE, "2016-06", output=3000)
    warned["SAN_XUAT"][1][6] = None
    warned["SAN_XUAT"].append(["10", "Cá tra", "tấn", 1, 2000, 1, 1])
    warned["LAO_DONG"][1][1:3] = [30, 40]
    warned["LAO_DONG"][1][3:5] = [20, 0]
    warned["LAO_DONG"].append(["Quản lý", 80, 60, 1, 0, 0, 0])
    return {
        "2016-02-01/register.xlsx": register(),
        "2016-06-10/a.xlsx": workbook(right_report(TAX_CODE, "2016-05", output=750)),
        "2016-06-10/b.xlsx": workbook(right_report(OTHER_TAX_CODE, "2016-05", output=250)),
        "2016-07-11/=june.xlsx": workbook(small_error),
        "2016-07-11/warned.xlsx": workbook(warned),
        "2016-07-11/stranger.xlsx": b"no workbook",
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return take_in(tmp_path_factory.mktemp("home"), files())


@pytest.fixture(scope="module")
def written(home: Settings) -> bytes:
    return write_steward_workbook(home, batches_of_night(home, NIGHT)).read_bytes()


def lines(written: bytes, sheet: str) -> list[dict[str, Any]]:
    """The rows of a table by the Vietnamese header."""
    table = list(load_workbook(io.BytesIO(written))[sheet].iter_rows(values_only=True))
    heads = [str(head).split("\n")[0] for head in table[0]]
    return [dict(zip(heads, row, strict=True)) for row in table[1:]]


def test_the_workbook_is_the_golden_one(written: bytes) -> None:
    same_as_golden("steward", re.sub(r"'[0-9a-f]{32}'", "<receipt>", dump(written)))


def test_it_lies_under_reports_by_its_night(home: Settings, written: bytes) -> None:
    assert newest_night(home) == NIGHT
    assert (home.reports / "steward" / f"{NIGHT}.xlsx").read_bytes() == written
    assert batches_of_night(home, "2016-07-12") == []


def test_errors_come_first_and_weigh_what_their_sender_weighs(written: bytes) -> None:
    found = lines(written, "PHAT_HIEN")
    weighed = [(line["Mã"], line["Ảnh hưởng"]) for line in found if line["Mức độ"] != "Lưu ý"]
    assert weighed == [
        ("not_a_number", 0.25),  # the sender's share of the output of May, the latest month taken in
        ("not_a_workbook", "?"),  # nobody knows who sent it: after what is known
        ("value_blank", 0.6),  # the blank itself has no value: the output of its row, 3000 of 5000
        ("women_within_headcount", 0.4),  # 40 of the 100 women of June
    ]
    severities = [line["Mức độ"] for line in found]
    assert severities == sorted(severities, key=["Lỗi", "Cảnh báo", "Lưu ý"].index)
    first = found[0]
    assert first["Doanh nghiệp"] == "Công ty Khác"
    assert (first["Trang"], first["Ô"], first["Thấy gì"]) == ("SAN_XUAT", "E2", "=1+cmd")
    assert first["Cột"] == "Giá trị sản xuất theo giá so sánh 2010 (triệu đồng)"
    assert all(line[head] for line in found for head in ("Cần gì", "Cách sửa", "Expected", "How to mend"))


def test_states_and_files_add_up(home: Settings, written: bytes) -> None:
    listed = lines(written, "TEP")
    assert len(listed) == 6 == len(intake.receipts(home))
    summary = {
        row[0]: row[2] for row in load_workbook(io.BytesIO(written))["TONG_HOP"].iter_rows(values_only=True) if row[0]
    }
    assert summary["Tổng số đã nhận"] == 6
    states = ("Đã nhận", "Đã nhận, có cảnh báo", "Bị từ chối, cần gửi lại")
    assert [summary[state] for state in states] == [3, 1, 2]
    assert [summary[severity] for severity in ("Lỗi", "Cảnh báo")] == [2, 2]


def test_tables_filter_and_keep_their_header_in_sight(written: bytes) -> None:
    book = load_workbook(io.BytesIO(written))
    for name in ("PHAT_HIEN", "TEP"):
        assert book[name].auto_filter.ref.startswith("A1:")
        assert book[name].freeze_panes.endswith("2")


def test_nothing_that_a_sender_wrote_is_active(written: bytes) -> None:
    assert active_parts(written) == []
    book = load_workbook(io.BytesIO(written))
    risky = [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=")
    ]
    assert {cell.value for cell in risky} == {"=1+cmd", "=june.xlsx"}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in risky)


def test_batches_that_were_not_landed_are_refused(home: Settings) -> None:
    with pytest.raises(WorkbookError, match="19990101T000000-0001; land them first"):
        write_steward_workbook(home, ["19990101T000000-0001"])
