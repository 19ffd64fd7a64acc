"""Spreadsheets of LibreOffice, written by hand: right values pass, and nothing is taken that nobody saw."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.unit.intake_workbooks import RECEIVED_ON, plan, right_report
from tests.unit.test_intake_odd_workbooks import CURRENT, REVENUE, RIGHT, Sheets, plain, report
from zonehouse.intake.workbook import Reading, read_workbook

_URNS = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "table", "text", "style")}
_URNS["calcext"] = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_NAMES = " ".join(f'xmlns:{name}="{urn}"' for name, urn in _URNS.items())
_MANIFEST = '<?xml version="1.0"?><manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


class Raw(str):
    """A cell as it stands in the file."""

    __slots__ = ()


def cell(shown: str, kind: str | None, **more: str) -> Raw:
    """``more``: attributes, ``office_value`` for ``office:value``."""
    attributes = "".join(f' {name.replace("_", ":", 1).replace("_", "-")}="{value}"' for name, value in more.items())
    attributes += "" if kind is None else f' office:value-type="{kind}"'
    text = f"<text:p>{shown}</text:p>" if shown else ""
    return Raw(f"<table:table-cell{attributes}>{text}</table:table-cell>")


def _cell(value: Any) -> str:
    if isinstance(value, Raw):
        return value
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str):
        return cell(escape(value), "string")
    return cell(str(value).replace(".", ","), "float", office_value=str(value))


def _row(row: list[Any]) -> str:
    return f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>"


def ods(sheets: Sheets, *, rows: dict[str, list[str]] | None = None, hidden: str = "") -> bytes:
    """The workbook; ``rows``: the rows of a sheet as they stand in the file; ``hidden``: a sheet that is."""
    tables = "".join(
        f'<table:table table:name="{name}" table:style-name="{"off" if name == hidden else "on"}">'
        + "".join((rows or {}).get(name) or map(_row, cells))
        + "</table:table>"
        for name, cells in sheets.items()
    )
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table">'
        f'<style:table-properties table:display="{shown}"/></style:style>'
        for name, shown in (("on", "true"), ("off", "false"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        book.writestr("META-INF/manifest.xml", _MANIFEST)
        book.writestr("content.xml", content)
    return stream.getvalue()


def taken(home: Path, data: bytes) -> Reading:
    return read_workbook(data, "report.ods", RECEIVED_ON, plan(home))


def told(reading: Reading) -> list[tuple[str, str | None]]:
    return [(f["finding_code"], f["cell"]) for f in reading["findings"]]


def with_cell(place: int, value: Any) -> Sheets:
    sheets = report()
    sheets["SAN_XUAT"][1][place] = value
    return sheets


def test_a_right_report_is_taken(tmp_path: Path) -> None:
    reading = taken(tmp_path, ods(report()))
    assert told(reading) == []
    row = reading["sections"]["output"][0]
    assert {place: plain(row[place]) for place in RIGHT} == RIGHT


ERROR = {"table_formula": "of:=1/0", "calcext_value-type": "error"}
FORMULA = {"table_formula": "of:=6*2"}
# What is found where a cell's value is not what it shows, or is not there.
LOOKS = {
    "cell_error",
    "formula_without_value",
    "number_as_percent",
    "number_shown_differs",
    "unit_differs",
    "value_not_stored",
}


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (6, cell("#DIV/0!", "string", office_string_value="", **ERROR), "cell_error"),
        (6, cell("Err:502", "string", office_string_value="", **ERROR), "cell_error"),
        (6, cell("Err:502", "float", office_value="0", table_formula="of:=1/0"), "cell_error"),
        (6, cell("#N/A", "float", office_value="0", table_formula="of:=1/0"), "cell_error"),
        (6, cell("#N/A", "float", office_value="0"), "cell_error"),
        (6, cell("#N/A", None, table_formula="of:=NA()"), "cell_error"),
        (1, cell("Err:502", "string", table_formula="of:=A9"), "cell_error"),
        (1, cell("#REF!", "string"), "cell_error"),
        (6, cell("", None, **FORMULA), "formula_without_value"),
        (6, cell("", "float", **FORMULA), "formula_without_value"),
        (6, cell("12", "float", **FORMULA), "formula_without_value"),
        (6, cell("1300", None), "value_not_stored"),
        (6, cell("1300", "float"), "value_not_stored"),
        (1, cell("Tôm", None), "value_not_stored"),
        (6, cell("75 %", "percentage", office_value="0.75"), "number_as_percent"),
        (6, cell("1.300,00 €", "currency", office_value="1300", office_currency="EUR"), "unit_differs"),
        (6, cell("$1,300.00", "currency", office_value="1300", office_currency="USD"), "unit_differs"),
        (6, cell("1.234", "float", office_value="1234000"), "number_shown_differs"),
        (6, cell("1,3", "float", office_value="1300000000"), "number_shown_differs"),
        (
            6,
            Raw('<table:table-cell office:value-type="float" office:value="5"><text:p/></table:table-cell>'),
            "number_shown_differs",
        ),
        (6, cell("1.300 tỷ đồng", "float", office_value="1300"), "unit_differs"),
        (6, cell("£1300", "float", office_value="1300"), "unit_differs"),
        (6, cell("13", "percentage", office_value="1300"), "number_shown_differs"),
        (6, cell("1300", "float", office_value="1300", **FORMULA), None),
        (6, cell("1.300", "float", office_value="1300.4"), None),
        (6, cell("1 300,40", "float", office_value="1300.4"), None),
        (6, cell("(1,300.0)", "float", office_value="-1300"), None),
        (6, cell("1300 triệu đồng", "float", office_value="1300"), None),
        (3, Raw('<table:table-cell table:formula="of:=&quot;&quot;"><text:p/></table:table-cell>'), None),
        (6, cell("1.3E+003", "float", office_value="1300"), None),
        (6, cell("", "float", office_value="1300"), None),
        (6, cell("0", "float", office_value="0.3"), None),
        (3, cell("", "string", office_string_value="", table_formula="of:=&quot;&quot;"), None),
    ],
)
def test_what_a_cell_lost_is_no_blank(tmp_path: Path, place: int, value: Raw, code: str | None) -> None:
    reading = taken(tmp_path, ods(with_cell(place, value)))
    if code is None:
        assert LOOKS.isdisjoint(kind for kind, _ in told(reading))
        return
    assert told(reading) == [(code, f"{'ABCDEFG'[place]}2")] and reading["sections"] == {}


def test_lost_cells_stand_where_the_table_has_them(tmp_path: Path) -> None:
    """Below header rows, groups, repeated rows, covered and repeated cells."""
    sheets = report()
    header, row = sheets["SAN_XUAT"]
    lost = cell("Err:502", "float", office_value="0")
    rows = [
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>',
        f"<table:table-header-rows>{_row([None, *header])}</table:table-header-rows>",
        '<table:table-row-group><table:table-row table:number-rows-repeated="2">'
        '<table:table-cell table:number-columns-repeated="1"/>' + "".join(map(_cell, row[:4]))
        + lost.replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="2"')
        + f"{_cell(1300)}</table:table-row></table:table-row-group>",
    ]  # fmt: skip
    found = told(taken(tmp_path, ods(sheets, rows={"SAN_XUAT": rows})))
    assert [place for code, place in found if code == "cell_error"] == ["F5", "G5", "F6", "G6"]


def test_errors_without_end_are_refused(tmp_path: Path) -> None:
    many = '<table:table-row table:number-rows-repeated="600000">' + cell("#N/A", "float", office_value="0")
    sheets = right_report() | {"X": []}
    reading = taken(tmp_path, ods(sheets, rows={"X": [many + "</table:table-row>"]}))
    assert [code for code, _ in told(reading)] == ["unreadable_workbook"]


def test_a_hidden_sheet_is_said(tmp_path: Path) -> None:
    reading = taken(tmp_path, ods(report(), hidden="SAN_XUAT"))
    assert told(reading) == [("hidden_sheet", None)]
    assert [plain(reading["sections"]["output"][0][at]) for at in (CURRENT, REVENUE)] == ["1200", "1300"]


@pytest.mark.parametrize(
    "value",
    [
        cell("1.300 ₫", "currency", office_value="1300", office_currency="VND"),
        cell("1.300 ₫", "float", office_value="1300"),
    ],
)
def test_the_own_currency_is_a_warning_in_its_millions(tmp_path: Path, value: Raw) -> None:
    reading = taken(tmp_path, ods(with_cell(6, value)))
    assert [(f["finding_code"], f["severity"]) for f in reading["findings"]] == [("unit_differs", "warning")]
    assert plain(reading["sections"]["output"][0][REVENUE]) == "1300"


@pytest.mark.parametrize("how", ["collapse", "filter"])
def test_hidden_rows_and_columns_are_said(tmp_path: Path, how: str) -> None:
    header, row = report()["SAN_XUAT"]
    hidden = f'table:visibility="{how}"'
    rows = [
        '<table:table-column table:number-columns-repeated="3"/>',
        f'<table:table-column table:number-columns-repeated="2" {hidden}/><table:table-column/>',
        _row(header),
        _row(row).replace("<table:table-row", f"<table:table-row {hidden}"),
        f'<table:table-row table:number-rows-repeated="1000000" {hidden}><table:table-cell/></table:table-row>',
    ]
    reading = taken(tmp_path, ods(report(), rows={"SAN_XUAT": rows}))
    assert [(f["finding_code"], f["found"]) for f in reading["findings"]] == [
        ("hidden_rows", "2"),
        ("hidden_columns", "D, E"),
    ]
    assert len(reading["sections"]["output"]) == 1
