"""The three that our intake is measured against; each only reads (and checks), none archives, guards or lands.

- calamine alone: every sheet of every workbook as Python values, nothing done with them. It is the parser we use, so
  what we take longer is what hashing, archiving, guarding, checking and landing cost.
- openpyxl: its fastest way (read-only, values only), then the product's own checks on the cells it gives.
- pandas: ``read_excel`` with its fastest engine (calamine), then the checks of the same form definition as a pandas
  user writes them, on whole columns: header, required cells, types, bounds, code lists, keys, rules between columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from zonehouse.forms import FormCatalogue, load_catalogue
from zonehouse.forms.model import Column, Form, Section
from zonehouse.intake import workbook
from zonehouse.intake.compile import reader_plan
from zonehouse.intake.findings import Findings
from zonehouse.intake.looks import PLAIN, Looks
from zonehouse.intake.mending import Mender
from zonehouse.settings import Settings

Rival = Callable[[Sequence[Path]], int]


def in_processes(rival: Rival, paths: Sequence[Path], processes: int) -> int:
    """Let ``processes`` share the files; the number of cells or findings that they report."""
    shares = [paths[start::processes] for start in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        return sum(pool.map(rival, shares))


def calamine_alone(paths: Sequence[Path]) -> int:
    """Every cell of every sheet; the count of rows keeps it honest."""
    import io

    from python_calamine import CalamineWorkbook

    rows = 0
    for path in paths:
        book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
        for name in book.sheet_names:
            rows += len(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    return rows


def openpyxl_reader(paths: Sequence[Path]) -> int:
    """The product's checks on the cells that openpyxl reads; the count of findings."""
    settings = Settings()
    plan = reader_plan(settings, load_catalogue(settings))
    found = 0
    for path in paths:
        findings = Findings(plan.limits.findings)
        book: Any = _OpenpyxlBook(path)
        workbook._read(book, "2016-07-13", plan, {"sections": {}}, findings)
        found += len(findings.items)
    return found


class _OpenpyxlBook:
    """What the product's reader asks of a workbook, answered by openpyxl."""

    def __init__(self, path: Path) -> None:
        import openpyxl

        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        self._grids = {
            sheet.title: [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
            for sheet in book.worksheets
        }
        book.close()
        self.is_text, self.epoch_1904, self.mender = False, False, Mender()
        self.sheets = [SimpleNamespace(name=name) for name in self._grids]
        self.hidden: set[str] = set()

    def title(self, name: str) -> str:
        return name

    def grid(self, name: str) -> list[list[Any]]:
        return self._grids[name]

    def looks(self, _name: str) -> Looks:
        return PLAIN

    def lost(self, _name: str) -> dict[str, str]:
        return {}


def pandas_reader(paths: Sequence[Path]) -> int:
    """The form's checks on data frames; the count of findings."""
    catalogue = load_catalogue(Settings())
    return sum(len(_check_workbook(path, catalogue)) for path in paths)


def _check_workbook(path: Path, catalogue: FormCatalogue) -> list[tuple[Any, ...]]:
    import pandas as pd

    frames = pd.read_excel(path, sheet_name=None, header=None, dtype=object, engine="calamine")
    cover = {str(line[0]).strip(): line[1] for line in next(iter(frames.values())).dropna(how="all").values.tolist()}
    form = catalogue.find(str(cover.get("Mã biểu")), str(cover.get("Phiên bản biểu")))
    if form is None:
        return [("form_unknown", path.name)]
    findings = _check_cover(cover, form)
    for section in form.sections:
        sheet = frames.get(section.sheet.vi, frames.get(section.sheet.code))
        findings += [("sheet_missing", section.code)] if sheet is None else _check_section(sheet, section, catalogue)
    return findings


def _check_cover(cover: dict[str, Any], form: Form) -> list[tuple[Any, ...]]:
    import pandas as pd
    from stdnum.vn import mst

    found: list[tuple[Any, ...]] = [
        ("cover_value_missing", field.code) for field in form.cover.fields if field.required and field.vi not in cover
    ]
    if not mst.is_valid(str(cover.get("Mã số thuế"))):
        found.append(("not_a_tax_code", cover.get("Mã số thuế")))
    month = pd.to_datetime(f"{cover.get('Kỳ báo cáo')}-01", errors="coerce")
    if pd.isna(month) or not f"{month:%Y-%m}" >= form.valid_from:
        found.append(("not_a_month", cover.get("Kỳ báo cáo")))
    return found


def _check_section(sheet: Any, section: Section, catalogue: FormCatalogue) -> list[tuple[Any, ...]]:
    labels = {text: column.code for column in section.columns for text in (column.vi, column.en, column.code)}
    header = sheet.iloc[:30].isin(list(labels)).sum(axis=1).idxmax()
    frame = sheet.iloc[header + 1 :].rename(columns=sheet.loc[header].map(labels).to_dict())
    frame = frame.loc[:, frame.columns.isin([column.code for column in section.columns])].dropna(how="all")
    found: list[tuple[Any, ...]] = []
    for column in section.columns:
        if column.code not in frame:
            found += [("column_missing", section.code, column.code)] if column.required else []
            continue
        found += _check_column(frame, column, section, catalogue)
    keys = [key for key in section.row_key if key in frame]
    found += [("row_repeated", section.code, row) for row in frame.index[frame.duplicated(keys)]]
    for check in section.checks:
        left = frame[list(check.left_columns)].sum(axis=1, min_count=1)
        found += [(check.code, section.code, row) for row in frame.index[left > frame[check.right]]]
    return found


def _check_column(frame: Any, column: Column, section: Section, catalogue: FormCatalogue) -> list[tuple[Any, ...]]:
    import pandas as pd

    values, at = frame[column.code], (section.code, column.code)
    found: list[tuple[Any, ...]] = []
    if column.required:
        found += [("value_blank", *at, row) for row in frame.index[values.isna()]]
    if column.is_number:
        numbers = pd.to_numeric(values, errors="coerce")
        found += [("not_a_number", *at, row) for row in frame.index[numbers.isna() & values.notna()]]
        if column.type == "integer":
            found += [("not_an_integer", *at, row) for row in frame.index[numbers.notna() & (numbers % 1 != 0)]]
        if column.minimum is not None:
            found += [("below_minimum", *at, row) for row in frame.index[numbers < column.minimum]]
        frame[column.code] = numbers.round(6)
    elif column.type == "code":
        codes = catalogue.codes_of(column)
        known = {text for entry in codes.values() for text in (entry.code, entry.label_vi, entry.label_en)}
        texts = values.astype("string").str.strip()
        found += [("code_unknown", *at, row) for row in frame.index[texts.notna() & ~texts.isin(known)]]
    else:
        frame[column.code] = values.astype("string").str.normalize("NFC").str.strip()
    return found


RIVALS: dict[str, Rival] = {
    "calamine alone": calamine_alone,
    "openpyxl": openpyxl_reader,
    "pandas": pandas_reader,
}
