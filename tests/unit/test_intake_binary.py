"""``.xls`` and ``.xlsb`` by real writers: the same values as ``.xlsx``, and an error in a cell is no blank.

The files were made with xlwt 1.3 and pyxlsbwriter 0.1 from the right report (see ``intake_workbooks``), D2 of its
output sheet turned into ``#N/A`` in those called ``lost``. In ``looks.xls`` that sheet has D2 in the format ``0%``, E2
and F2 in ``#,##0,``, G4 in ``0"000"``, row 3 and column F hidden, and the sheet LAO_DONG is. The writers are no
dependencies.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.unit.intake_workbooks import RECEIVED_ON, codes, finding, plan, read, repack, right_report
from zonehouse.intake.workbook import read_workbook

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize("name", ["right.xls", "right.xlsb"])
def test_the_same_rows_as_of_an_xlsx(tmp_path: Path, name: str) -> None:
    reading = read_workbook((FIXTURES / name).read_bytes(), name, RECEIVED_ON, plan(tmp_path))
    expected = read(tmp_path, right_report())
    assert codes(reading) == []
    assert reading["sections"] == expected["sections"]


@pytest.mark.parametrize("name", ["lost.xls", "lost.xlsb"])
def test_an_error_in_a_cell_is_no_blank(tmp_path: Path, name: str) -> None:
    reading = read_workbook((FIXTURES / name).read_bytes(), name, RECEIVED_ON, plan(tmp_path))
    assert finding(reading, "cell_error")["cell"] == "D2" and reading["sections"] == {}


def test_how_an_xls_looks_is_seen(tmp_path: Path) -> None:
    reading = read_workbook((FIXTURES / "looks.xls").read_bytes(), "looks.xls", RECEIVED_ON, plan(tmp_path))
    told = [(f["finding_code"], f["sheet_name"], f["cell"], f["found"]) for f in reading["findings"]]
    assert told == [
        ("number_as_percent", "SAN_XUAT", "D2", "0.5 → 50 % (0%)"),
        ("number_shown_differs", "SAN_XUAT", "E2", "1000 → 1 (#,##0,)"),
        ("number_shown_differs", "SAN_XUAT", "F2", "1200 → 1.2 (#,##0,)"),
        ("number_shown_differs", "SAN_XUAT", "G4", '10 (0"000")'),
        ("hidden_rows", "SAN_XUAT", None, "3"),
        ("hidden_columns", "SAN_XUAT", None, "F"),
        ("hidden_sheet", "LAO_DONG", None, "LAO_DONG"),
    ]


_D2 = bytes.fromhex("03000000 00000000 32000000".replace(" ", ""))  # column 3, style 0, the number 12


def _xlsb(changes: dict[str, list[tuple[bytes, bytes]]]) -> bytes:
    def change(name: str, body: bytes) -> bytes:
        for old, new in changes.get(name, ()):
            assert body.count(old) >= 1, (name, old)
            body = body.replace(old, new, 1)
        return body

    return repack((FIXTURES / "right.xlsb").read_bytes(), change)


def _percent() -> dict[str, list[tuple[bytes, bytes]]]:
    """Style 3 shows per cent, and D2 has it; columns D to E are hidden."""
    style = bytes.fromhex("0000000101000000000000001010 0000".replace(" ", ""))
    return {
        "xl/styles.bin": [(style, style[:2] + b"\x0a\x00" + style[4:])],
        "xl/worksheets/sheet2.bin": [
            (b"\x02\x0c" + _D2, b"\x02\x0c" + _D2[:4] + b"\3\0\0\0" + _D2[8:]),
            (
                bytes.fromhex("0300000003000000001e0000000000000200"),
                bytes.fromhex("0300000004000000001e0000000000000300"),
            ),
        ],
    }


def test_how_an_xlsb_looks_is_seen(tmp_path: Path) -> None:
    data = _xlsb(_percent())
    reading = read_workbook(data, "a.xlsb", RECEIVED_ON, plan(tmp_path))
    told = [(f["finding_code"], f["cell"], f["found"]) for f in reading["findings"]]
    assert told == [("number_as_percent", "D2", "12 → 1200 % (0.00%)"), ("hidden_columns", None, "D, E")]
    row = bytes.fromhex("01000000000000002c010000")
    hidden = {"xl/worksheets/sheet2.bin": [(row, row[:11] + b"\x10")]}
    reading = read_workbook(_xlsb(hidden), "a.xlsb", RECEIVED_ON, plan(tmp_path))
    assert [(f["finding_code"], f["found"]) for f in reading["findings"]] == [("hidden_rows", "2")]


@pytest.mark.parametrize("is_waiting", [True, False])
def test_a_formula_that_an_xlsb_says_was_never_computed(tmp_path: Path, is_waiting: bool) -> None:
    formula = b"\x09\x1e" + _D2[:8] + bytes(8) + bytes(14)
    changes = {"xl/worksheets/sheet2.bin": [(b"\x02\x0c" + _D2, formula)]}
    if is_waiting:
        changes["xl/workbook.bin"] = [(bytes.fromhex("010000006a00"), bytes.fromhex("010000006b00"))]
    reading = read_workbook(_xlsb(changes), "a.xlsb", RECEIVED_ON, plan(tmp_path))
    expected = [("formula_without_value", "D2")] if is_waiting else []
    assert [(f["finding_code"], f["cell"]) for f in reading["findings"]] == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["right.xls", "looks.xls", "right.xlsb"])
def test_spoiled_copies_are_read_or_refused(tmp_path: Path, name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    spoil = random.Random(name)
    for _ in range(40):
        bad = bytearray(data)
        for _ in range(spoil.choice((1, 5, 50))):
            bad[spoil.randrange(len(bad))] = spoil.randrange(256)
        bad = bad[: spoil.choice((len(bad), len(bad), spoil.randrange(len(bad))))]
        reading = read_workbook(bytes(bad), name, RECEIVED_ON, plan(tmp_path))
        assert reading["counts"]["error"] or reading["sections"]


def test_a_chain_of_sectors_that_runs_in_circles_ends(tmp_path: Path) -> None:
    data = bytearray((FIXTURES / "right.xls").read_bytes())
    fat = (int.from_bytes(data[76:80], "little") + 1) * 512
    data[fat : fat + 512] = b"\0" * 512
    reading = read_workbook(bytes(data), "a.xls", RECEIVED_ON, plan(tmp_path))
    assert codes(reading, "error") == ["unreadable_workbook"]
