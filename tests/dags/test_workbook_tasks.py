"""The tasks that write workbooks, run on a small authority."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from tests.unit.workbooks_support import small_authority
from zonehouse import intake
from zonehouse.orchestration import workbooks


def test_templates_of_the_month_lie_in_the_outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = small_authority(tmp_path)
    monkeypatch.setenv("ZONEHOUSE_HOME", str(tmp_path))
    folder = Path(workbooks.issue_templates())
    assert folder.parent == settings.home / "outbox" / "templates"
    assert {path.name.split("_20")[0] for path in folder.iterdir()} == {
        "authority_return_BQL",
        "monthly_report_0100233488",
        "monthly_report_0314409058-002",
    }


def test_a_night_ends_with_its_workbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = small_authority(tmp_path)
    monkeypatch.setenv("ZONEHOUSE_HOME", str(tmp_path))
    batches = sorted({receipt.batch_id for receipt in intake.receipts(settings)})
    written = Path(workbooks.write_night_workbooks(batches))
    assert written == settings.reports / "steward" / "2016-07-13.xlsx" and written.exists()


def test_nothing_to_write_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(tmp_path))
    with pytest.raises(AirflowSkipException):
        workbooks.issue_templates()
    with pytest.raises(AirflowSkipException):
        workbooks.write_night_workbooks([])
