"""Our workbooks in LibreOffice: a template filled in, opened, recalculated and saved there is read without a finding.

These tests need Debian's LibreOffice and fail without it: a machine that cannot show this has not shown it.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.unit.intake_workbooks import TAX_CODE, plan, right_report, workbook
from tests.unit.test_workbooks_returned import spoiled
from tests.unit.test_workbooks_template import MONTH, fill_in
from tests.unit.workbooks_support import active_parts, form, register, small_authority, take_in
from zonehouse import intake
from zonehouse.intake.workbook import Reading, read_workbook
from zonehouse.workbooks import (
    batches_of_night,
    newest_night,
    write_authority_template,
    write_returned_workbook,
    write_steward_workbook,
    write_template,
)

pytestmark = [pytest.mark.office, pytest.mark.slow]


def convert(source: Path, kind: str, tmp_path: Path) -> Path:
    """What LibreOffice makes of a file: loads it, recalculates, saves it as ``kind``."""
    program = shutil.which("soffice")
    assert program, "LibreOffice is needed: `make test-office` installs it"
    out = tmp_path / f"as_{kind}"
    subprocess.run(
        [program, "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to", kind,
         "--outdir", str(out), str(source)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return out / f"{source.stem}.{kind}"


def reading_of(path: Path, home: Path) -> Reading:
    return read_workbook(path.read_bytes(), path.name, "2016-08-05", plan(home))


@pytest.mark.parametrize("code", ["monthly_report", "authority_return", "project_register"])
def test_a_filled_in_template_survives_libreoffice(tmp_path: Path, code: str) -> None:
    settings = small_authority(tmp_path / "home")
    blank = tmp_path / "blank.xlsx"
    if code == "monthly_report":
        write_template(settings, TAX_CODE, MONTH, blank)
    else:
        write_authority_template(settings, "BQL", code, MONTH, blank)
    filled = tmp_path / "filled.xlsx"
    filled.write_bytes(fill_in(blank, form(code), events=code != "monthly_report"))
    before = reading_of(filled, tmp_path)["sections"]

    ods = convert(filled, "ods", tmp_path)
    again = convert(ods, "xlsx", tmp_path)
    for path in (ods, again):
        reading = reading_of(path, tmp_path)
        assert reading["findings"] == [], path.name
        assert reading["sections"] == before, path.name


def test_libreoffice_keeps_the_locks_the_lists_and_the_checks(tmp_path: Path) -> None:
    settings = small_authority(tmp_path / "home")
    again = convert(write_template(settings, TAX_CODE, MONTH, tmp_path / "t.xlsx"), "ods", tmp_path)
    with zipfile.ZipFile(again) as archive:
        content = archive.read("content.xml").decode()
    assert content.count('table:protected="true"') >= 5
    assert "cell-content-is-in-list" in content and "DANH_MUC" in content
    assert "is-true-formula" in content or "ISNUMBER" in content


def test_returned_and_steward_workbooks_open_and_hold_nothing_active(tmp_path: Path) -> None:
    report = spoiled()
    report["SAN_XUAT"][1][1] = "=1+1"
    files = {"2016-02-01/register.xlsx": register(), "2016-06-10/a.xlsx": workbook(report)}
    settings = take_in(tmp_path / "home", files | {"2016-06-10/b.xlsx": workbook(right_report(month="2016-04"))})
    bad = next(receipt for receipt in intake.receipts(settings) if receipt.state == "rejected")
    returned = write_returned_workbook(settings, bad.receipt_id, tmp_path / "returned.xlsx")
    steward = write_steward_workbook(
        settings, batches_of_night(settings, newest_night(settings) or ""), tmp_path / "steward.xlsx"
    )  # fmt: skip
    for path in (returned, steward):
        assert convert(path, "pdf", tmp_path).stat().st_size > 10_000
        # LibreOffice names filtered ranges and print areas for itself; formulas and links it would have kept.
        kept = [
            part for part in active_parts(convert(path, "xlsx", tmp_path).read_bytes()) if "definedName" not in part
        ]
        assert kept == []
