"""Workbooks for the benchmark: a monthly report of a cover and four tables with 67 rows, each another enterprise's.

Made with the product's own form definition and code lists; every workbook is without a finding. A few are written by
XlsxWriter, the others are copies with another tax code and month on the cover: as many as wanted, quickly.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter
from stdnum.vn import mst

from zonehouse.forms import FormCatalogue, load_catalogue
from zonehouse.forms.model import Column, Form, Section
from zonehouse.settings import Settings

ROWS = {"output": 12, "export": 45, "labour": 3, "investment": 7}
VARIANTS = 12
_TAX_CODE, _MONTH = "0100000000", "1999-01"  # stand-ins on the cover, replaced in each copy
_MONTHS = tuple(f"2016-{month:02d}" for month in range(2, 7))  # in January the year to date is the month


def write_workbooks(folder: Path, count: int) -> list[Path]:
    """Write ``count`` workbooks into ``folder``; the same count gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = load_catalogue(Settings())
    form = catalogue.versions("monthly_report")[-1]
    parts = [_parts(_workbook(form, catalogue, random.Random(variant))) for variant in range(VARIANTS)]
    paths = []
    for number, tax_code in zip(range(count), _tax_codes(), strict=False):
        path = folder / f"{number:06d}.xlsx"
        month = _MONTHS[number % len(_MONTHS)]
        path.write_bytes(_copy(parts[number % VARIANTS], {_TAX_CODE: tax_code, _MONTH: month}))
        paths.append(path)
    return paths


def _tax_codes() -> Iterator[str]:
    for number in range(1, 99_999):
        for province in ("03", "36", "37"):
            first_nine = f"{province}{number:07d}"
            if len(digit := mst.calc_check_digit(first_nine)) == 1 and mst.is_valid(first_nine + digit):
                yield first_nine + digit


def _parts(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return [(entry.filename, book.read(entry)) for entry in book.infolist()]


def _copy(parts: list[tuple[str, bytes]], texts: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        for name, body in parts:
            if name == "xl/sharedStrings.xml":
                for old, new in texts.items():
                    assert old.encode() in body
                    body = body.replace(old.encode(), new.encode())  # noqa: PLW2901
            book.writestr(zipfile.ZipInfo(name, (2016, 7, 1, 0, 0, 0)), body, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _workbook(form: Form, catalogue: FormCatalogue, chance: random.Random) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    cover = book.add_worksheet(form.cover.sheet.vi)
    values = {
        "form_code": form.code,
        "form_version": form.version,
        "authority_code": "BQL",
        "tax_code": _TAX_CODE,
        "enterprise_name": "Công ty TNHH Thử nghiệm",
        "period_month": _MONTH,
    }
    for row, field in enumerate(form.cover.fields):
        cover.write_string(row + 2, 0, field.vi)
        if field.code in values:
            cover.write_string(row + 2, 1, values[field.code])
    bold = book.add_format({"bold": True, "border": 1})
    for section in form.sections:
        sheet = book.add_worksheet(section.sheet.vi)
        sheet.write_string(0, 0, section.title.vi.upper(), bold)
        for place, column in enumerate(section.columns):
            sheet.write_string(2, place, column.vi, bold)
        for row in range(ROWS[section.code]):
            for place, value in enumerate(_row(section, catalogue, row, chance)):
                sheet.write(row + 3, place, value)
    book.close()
    return stream.getvalue()


def _row(section: Section, catalogue: FormCatalogue, row: int, chance: random.Random) -> list[Any]:
    return [_value(section, column, catalogue, row, chance) for column in section.columns]


def _value(section: Section, column: Column, catalogue: FormCatalogue, row: int, chance: random.Random) -> Any:
    if column.type == "code":
        codes = list(catalogue.codes_of(column))
        return codes[(row if column.code == section.row_key[0] else row * 7) % len(codes)]
    if column.type == "integer":
        return 10_000 if column.code == "headcount_persons" else chance.randrange(5_000)
    if column.kind == "average":
        return round(chance.uniform(5, 60), 3)
    if column.type == "number":
        whole = 5e6 if column.kind == "year_to_date" else chance.uniform(1, 90_000)
        return round(whole / float(column.factor or 1), 3)
    return f"{column.vi} {row + 1} {_TAX_CODE}" if column.required else None
