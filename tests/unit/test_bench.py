"""The benchmark measures what it says: all contestants read the same right workbooks and find nothing in them."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.bench import __main__ as bench
from tests.bench import history
from tests.bench.rivals import calamine_alone, openpyxl_reader, pandas_reader
from tests.bench.workbooks import ROWS, write_workbooks
from zonehouse import warehouse
from zonehouse.forms import load_catalogue
from zonehouse.intake.schema import dataset_schemas
from zonehouse.settings import Settings
from zonehouse.warehouse.landing import read_register


@pytest.mark.slow
def test_rivals_read_the_same_workbooks(tmp_path: Path) -> None:
    paths = write_workbooks(tmp_path / "workbooks", 3)
    assert len({path.read_bytes() for path in paths}) == 3
    assert calamine_alone(paths) > 3 * sum(ROWS.values())
    assert openpyxl_reader(paths) == pandas_reader(paths) == 0
    bench._fill_inbox(tmp_path / "home", paths)
    assert bench._take_in(tmp_path / "home", paths) == 3


@pytest.mark.slow
def test_a_history_is_landed_as_intake_would(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    history.write_register(settings, 5)
    for month in (history.FIRST, history.FIRST + 1):
        history.write_month(settings, month, 5, history.ROWS, f"{month}")
    for dataset, schema in dataset_schemas(load_catalogue(settings)).items():
        for path in (settings.landing / dataset).glob("*.parquet"):
            assert pq.read_schema(path).names == schema.names, path
    found = warehouse.pending(settings)
    assert (found.is_full, found.months) == (True, [history.FIRST, history.FIRST + 1])
    counted = {receipt.form_code: receipt.is_held for receipt in read_register(settings)}
    assert counted == {"project_register": False, "monthly_report": False}
