"""The queue of findings, and a cell of a sender's workbook among its neighbours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from zonehouse.forms import FormCatalogue, load_catalogue
from zonehouse.forms.model import Text
from zonehouse.intake.finding_titles import finding_titles
from zonehouse.intake.register import Receipt
from zonehouse.intake.text import fold
from zonehouse.settings import Settings
from zonehouse.trace.night import ATTENTION
from zonehouse.workbooks.landed import Landing
from zonehouse.workbooks.sender import Cell, SheetCopy, copy_of
from zonehouse.workbooks.steward import NightFinding, night_of, weighed_findings

ADDRESS = re.compile(r"^[A-Z]{1,3}[1-9][0-9]{0,6}$")
_ROWS_AROUND, _COLUMNS_AROUND = 4, 4
_LONGEST = 160


@dataclass(frozen=True)
class Wanted:
    """What of the queue is asked for; None: all of it."""

    night: str | None = None
    month: str | None = None
    severity: str | None = None
    finding_code: str | None = None


@dataclass(frozen=True)
class Queue:
    """Findings of files that need someone, the gravest and weightiest first, and what there is to choose from.

    ``names``: tax code → enterprise; ``titles``: finding code → what it is called; ``labels``: form, version and
    column code → the label that the sender saw.
    """

    findings: list[NightFinding]
    nights: list[str]
    months: list[str]
    codes: list[str]
    names: dict[str, str]
    titles: dict[str, Text]
    labels: dict[tuple[str | None, str | None, str | None], tuple[str, str]]


def findings_queue(settings: Settings, wanted: Wanted) -> Queue:
    """The findings of all files in force that were rejected, are held or have warnings; notes are not among them."""
    catalogue = load_catalogue(settings)
    landing = Landing(settings, catalogue)
    concerned = [receipt for receipt in landing.receipts if receipt.state in ATTENTION]
    chosen = [receipt for receipt in concerned if _is_wanted(receipt, wanted)]
    found = [one for one in weighed_findings(landing, catalogue, chosen) if one.finding["severity"] != "info"]
    shown = [
        one
        for one in found
        if wanted.severity in {None, one.finding["severity"]}
        and wanted.finding_code in {None, one.finding["finding_code"]}
    ]
    return Queue(
        findings=shown,
        nights=sorted({night_of(one.batch_id) for one in concerned}, reverse=True),
        months=sorted({one.period_month for one in concerned if one.period_month}, reverse=True),
        codes=sorted({one.finding["finding_code"] for one in found}),
        names=landing.enterprise_names(),
        titles=finding_titles(catalogue),
        labels=column_labels(catalogue),
    )


def column_labels(catalogue: FormCatalogue) -> dict[tuple[str | None, str | None, str | None], tuple[str, str]]:
    """Form, version and code of a column or cover field → its Vietnamese and English label."""
    return {
        (form.code, form.version, named.code): (named.vi, named.en)
        for form in catalogue.forms
        for named in (*form.cover.fields, *(column for section in form.sections for column in section.columns))
    }


def _is_wanted(receipt: Receipt, wanted: Wanted) -> bool:
    return wanted.night in {None, night_of(receipt.batch_id)} and wanted.month in {None, receipt.period_month}


# A cell among its neighbours


@dataclass(frozen=True)
class Around:
    """A piece of a sheet: column letters, and rows as (number as a spreadsheet shows it, texts)."""

    sheet_name: str
    columns: list[str]
    rows: list[tuple[int, list[str]]]
    column: str
    row: int


def cell_around(settings: Settings, receipt: Receipt, sheet_name: str, address: str) -> Around | None:
    """The cells around one, from the archived file by a guarded child process; None when it cannot be shown."""
    if not ADDRESS.match(address):
        return None
    copy = copy_of(settings, receipt.submission_id, receipt.original_name)
    sheet = next((one for one in copy.sheets if fold(one.name) == fold(sheet_name)), None)
    return _around(sheet, *xl_cell_to_rowcol(address)) if sheet is not None else None


def _around(sheet: SheetCopy, row: int, column: int) -> Around:
    columns = range(max(0, column - _COLUMNS_AROUND), column + _COLUMNS_AROUND + 1)
    numbers = range(max(0, row - _ROWS_AROUND), row + _ROWS_AROUND + 1)
    return Around(
        sheet_name=sheet.name,
        columns=[xl_col_to_name(at) for at in columns],
        rows=[(at + 1, [_text(_at(sheet, at, place)) for place in columns]) for at in numbers],
        column=xl_col_to_name(column),
        row=row + 1,
    )


def _at(sheet: SheetCopy, row: int, column: int) -> Cell:
    cells = sheet.rows[row] if row < len(sheet.rows) else []
    return cells[column] if column < len(cells) else None


def _text(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y}" if (value.hour, value.minute) == (0, 0) else f"{value:%d/%m/%Y %H:%M}"
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
