"""The benchmark measures what it says: all contestants read the same right workbooks and find nothing in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench.rivals import calamine_alone, openpyxl_reader, pandas_reader
from tests.bench.workbooks import ROWS, write_workbooks


@pytest.mark.slow
def test_rivals_read_the_same_workbooks(tmp_path: Path) -> None:
    paths = write_workbooks(tmp_path / "workbooks", 3)
    assert len({path.read_bytes() for path in paths}) == 3
    assert calamine_alone(paths) > 3 * sum(ROWS.values())
    assert openpyxl_reader(paths) == pandas_reader(paths) == 0
    bench._fill_inbox(tmp_path / "home", paths)
    assert bench._take_in(tmp_path / "home", paths) == 3
