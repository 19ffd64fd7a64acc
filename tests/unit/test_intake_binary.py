"""``.xls`` and ``.xlsb`` by real writers: the same values as ``.xlsx``, and an error in a cell is no blank.

The files were made with xlwt 1.3 and pyxlsbwriter 0.1 from the right report (see ``intake_workbooks``), D2 of its
output sheet turned into ``#N/A`` in those called ``lost``. The writers are no dependencies.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.unit.intake_workbooks import RECEIVED_ON, codes, finding, plan, read, right_report
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


@pytest.mark.slow
@pytest.mark.parametrize("name", ["right.xls", "right.xlsb"])
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
