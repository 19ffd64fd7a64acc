"""For the tests of the workbooks that we send: a small authority, a workbook as text, its active parts.

After an intended change of a workbook: ``REGENERATE_GOLDEN=1 pytest tests/unit -k workbooks``, and read the diff.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell

from tests.unit.intake_workbooks import TAX_CODE, Rows, catalogue, plan, right_report, workbook
from zonehouse import intake
from zonehouse.forms import Form
from zonehouse.intake.workbook import Reading, read_workbook
from zonehouse.settings import Settings

AUTHORITY, OTHER_TAX_CODE = "BQL", "0314409058-002"
NOW = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
GOLDEN = Path(__file__).parents[1] / "golden"


def form(code: str) -> Form:
    """The newest version."""
    return catalogue().versions(code)[-1]


def form_sheets(
    wanted: Form, cover: Mapping[str, Any], tables: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Rows]:  # fmt: skip
    """A workbook of a form as rows of cells, under the form's own labels."""
    sheets: dict[str, Rows] = {
        wanted.cover.sheet.code: [[field.vi, cover.get(field.code)] for field in wanted.cover.fields]
    }
    for section in wanted.sections:
        rows = [[row.get(column.code) for column in section.columns] for row in tables.get(section.code, ())]
        sheets[section.sheet.code] = [[column.vi for column in section.columns], *rows]
    return sheets


def register(
    month: str = "2016-01",
    other_until: str | None = None,
    authority: str = AUTHORITY,
    knows: Sequence[str] = (TAX_CODE, OTHER_TAX_CODE),
) -> bytes:
    """The register of an authority: two enterprises (one may have stopped reporting), projects, one terminated."""
    made = form("project_register")
    since = "2015-01-01"

    def enterprise(tax_code: str, name: str, until: str | None = None) -> dict[str, Any]:
        return {
            "tax_code": tax_code, "enterprise_name": name, "zone_code": "K1", "ownership": "domestic",
            "sector_code": "10", "reporting_from": since, "reporting_to": until, "valid_from": since,
        }  # fmt: skip

    def project(code: str, tax_code: str, name: str, status: str) -> dict[str, Any]:
        return {
            "project_code": code, "tax_code": tax_code, "project_name": name, "zone_code": "K1", "sector_code": "10",
            "ownership": "domestic", "status": status, "valid_from": since,
        }  # fmt: skip

    tables = {
        "authority": [{"authority_code": authority, "name_vi": "Ban thử", "province_code": "01",
                       "province_name": "Tỉnh Thử", "valid_from": since}],
        "zone": [{"zone_code": "K1", "name_vi": "Khu Thử", "area_ha": 10, "valid_from": since}],
        "enterprise": [enterprise(TAX_CODE, "Công ty Thử")]
        + [enterprise(code, "Công ty Khác", other_until) for code in knows if code != TAX_CODE],
        "project": [project("DA-1", TAX_CODE, "Nhà máy tôm", "operating"),
                    project("DA-2", TAX_CODE, "Kho lạnh", "building"),
                    project("DA-9", TAX_CODE, "Đã chấm dứt", "terminated")],
    }  # fmt: skip
    cover = {"form_code": made.code, "form_version": made.version, "authority_code": authority, "period_month": month}
    return workbook(form_sheets(made, cover, tables))


def take_in(home: Path, files: Mapping[str, bytes]) -> Settings:
    """Settings of a home whose intake has taken in these files."""
    settings = Settings(home=home, settle_seconds=0)
    for name, data in files.items():
        path = settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    intake.intake(settings, NOW)
    return settings


def small_authority(home: Path) -> Settings:
    """The register, and the report of one enterprise for May 2016 that uses each mark once."""
    report = right_report()
    report["DAU_TU"].append(["DA-1", "-", "chậm vì mưa"])
    report["XUAT_NHAP_KHAU"].append(["16", "JP", 1234.5, "x"])
    files = {"2016-02-01/register.xlsx": register(), "2016-06-10/report.xlsx": workbook(report)}
    return take_in(home, files)


def read_back(home: Path, data: bytes, received_on: str = "2016-08-05") -> Reading:
    return read_workbook(data, "back.xlsx", received_on, plan(home))


# Looking into what was written


def dump(data: bytes) -> str:
    """Every sheet and cell of a workbook as text, with what a person meets there: one line a cell, for golden files."""
    book = load_workbook(io.BytesIO(data))
    return "\n".join(line for sheet in book.worksheets for line in _sheet_lines(sheet)) + "\n"


def _sheet_lines(sheet: Any) -> Iterator[str]:
    locked = "protected" if sheet.protection.sheet else "open"
    yield f"== {sheet.title} ({sheet.sheet_state}, {locked}, frozen at {sheet.freeze_panes})"
    for area in sorted(str(area) for area in sheet.merged_cells.ranges):
        yield f"merged {area}"
    for rule in sorted(sheet.data_validations.dataValidation, key=lambda rule: str(rule.sqref)):
        yield f"rule {rule.sqref} {rule.type} {rule.formula1} | {rule.error!r}"
    for area, rules in sheet.conditional_formatting._cf_rules.items():
        yield from (f"colour {area.sqref} {rule.formula}" for rule in rules)
    open_cells = [cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked]
    if open_cells and sheet.protection.sheet:
        yield f"input {len(open_cells)} cells, {open_cells[0]} to {open_cells[-1]}"
    if sheet.auto_filter.ref:
        yield f"filter {sheet.auto_filter.ref}"
    for row in sheet.iter_rows():
        for cell in row:
            if not isinstance(cell, MergedCell) and (cell.value is not None or cell.comment is not None):
                yield _cell_line(cell, bool(sheet.protection.sheet))


def _cell_line(cell: Any, protected: bool) -> str:
    parts = [f"{cell.coordinate} {cell.value!r}"]
    if protected and not cell.protection.locked:
        parts.append("input")
    if cell.quotePrefix:
        parts.append("quoted")
    if cell.fill.fill_type == "solid":
        parts.append(f"fill {cell.fill.fgColor.rgb[-6:]}")
    if cell.number_format not in ("General", "@"):
        parts.append(cell.number_format)
    if cell.hyperlink is not None:
        parts.append(f"-> {cell.hyperlink.location}")
    if cell.comment is not None:
        parts.append(f"comment {cell.comment.text!r}")
    return " · ".join(parts)


def same_as_golden(name: str, text: str) -> None:
    """Compare with ``tests/golden/workbook_<name>.txt``."""
    path = GOLDEN / f"workbook_{name}.txt"
    if os.environ.get("REGENERATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def active_parts(data: bytes) -> list[str]:
    """What could run or reach out in a workbook: formulas, links to outside, names, macros, connections, objects."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            body = archive.read(name).decode("utf-8", "replace")
            if re.search(
                r"externalLink|vba|connections|embeddings|activeX|ctrlProps|customXml|macro|media", name, re.I
            ):
                found.append(name)
            if name.startswith("xl/worksheets/sheet"):
                found += re.findall(r"<f[ >/].{0,40}", body)
                found += re.findall(r"<hyperlink [^>]*r:id[^>]*>", body)
            if name.endswith(".rels"):
                found += re.findall(r'TargetMode="External"', body)
            if name == "xl/workbook.xml":
                found += re.findall(r'<definedName name="(?!_xlnm\.)[^"]*"', body)
    return found
