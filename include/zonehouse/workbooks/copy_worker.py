"""The copying process: ``python -m zonehouse.workbooks.copy_worker``. One sender's workbook in, its cells out as JSON.

It opens a stranger's file under the limits of the intake's reader process, and after the same guard. Values are the
cached ones; of the looks only bold, italic, fill, borders, alignment, number format, widths and merged cells are told.
Formulas, links, names, macros, pictures and connections are not told at all, so none can come back.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from zonehouse.intake.csvbook import CsvBook, CsvNames
from zonehouse.intake.guard import Refused, inspect
from zonehouse.intake.plan import Limits
from zonehouse.intake.worker import receive_frame, send_frame

MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 20_000, 256, 200_000
MOST_CHARACTERS = 20_000_000
MOST_SHEETS, MOST_MERGED = 60, 500
STYLED_BYTES, STYLED_CELLS = 3_000_000, 50_000  # a larger workbook is returned without its looks
_LONGEST = 32_000


def main() -> None:
    """Answer one request: ``path, name, max_bytes, memory_bytes, cpu_seconds``."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the answer
    body = receive_frame(sys.stdin.buffer)
    if body is None:
        return
    request = json.loads(body)
    _limit(request["memory_bytes"], request["cpu_seconds"])
    try:
        answer = copy(
            Path(request["path"]).read_bytes(), request["name"], request["max_bytes"], request.get("csv_names")
        )
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the parser is no Exception
        answer = {"refused": type(error).__name__}
    send_frame(answers, json.dumps(answer, ensure_ascii=False, allow_nan=False).encode())


def copy(
    data: bytes, name: str, max_bytes: int, csv_names: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """``{"sheets": [...], "cut": bool}``, or ``{"refused": code}`` when the guard refuses the file.

    Args:
        csv_names: the fields of ``CsvNames``; what tells the sheets of a CSV file apart.
    """
    limits = Limits(max_bytes=max_bytes)
    try:
        content = inspect(data, name, limits).content
        if content == ".csv":
            return _csv_copy(data, csv_names or {}, limits)
    except Refused as refused:
        return {"refused": refused.code}
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    metas = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
    budget = _Budget()
    sheets = []
    for meta in metas[:MOST_SHEETS]:
        rows = _rows(book.get_sheet_by_name(meta.name), budget)
        sheets.append({"name": meta.name, "hidden": meta.visible != SheetVisibleEnum.Visible, "rows": rows})
    if content == ".xlsx" and len(data) <= STYLED_BYTES and budget.cells <= STYLED_CELLS:
        with suppress(Exception):  # looks are nice to have; the values are there
            _add_looks(data, sheets)
    return {"sheets": sheets, "cut": budget.cut or len(metas) > MOST_SHEETS}


def _csv_copy(data: bytes, given: Mapping[str, Sequence[str]], limits: Limits) -> dict[str, Any]:
    """Each sheet of a CSV file as a sheet of its own, at the lines that it has in the file."""
    names = CsvNames(**{part: frozenset(given.get(part, ())) for part in ("covers", "sheets", "labels")})
    book = CsvBook(data, names, limits)
    budget = _Budget()
    sheets = []
    for sheet in book.sheets[:MOST_SHEETS]:
        rows = []
        for cells in book.grid(sheet.name)[:MOST_ROWS]:
            row = [_value(value) for value in cells[:MOST_COLUMNS]]
            if not budget.spend(row):
                break
            rows.append(row)
        sheets.append({"name": sheet.name, "hidden": False, "rows": rows})
    return {"sheets": sheets, "cut": budget.cut or len(book.sheets) > MOST_SHEETS}


class _Budget:
    """What may still be copied of a workbook."""

    def __init__(self) -> None:
        self.cells = 0
        self.characters = 0
        self.cut = False

    def spend(self, row: list[Any]) -> bool:
        """Whether the row still fits."""
        self.cells += len(row)
        self.characters += sum(len(value) for value in row if isinstance(value, str))
        fits = self.cells <= MOST_CELLS and self.characters <= MOST_CHARACTERS
        self.cut = self.cut or not fits
        return fits


def _rows(sheet: CalamineSheet, budget: _Budget) -> list[list[Any]]:
    """Rows from A1 on; a date as ``["d", iso]``, everything else as JSON has it."""
    if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
        budget.cut = True
    if sheet.total_height * sheet.total_width > Limits(max_bytes=0).cells:
        return []
    rows: list[list[Any]] = []
    for cells in sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS):
        row = [_value(value) for value in cells[:MOST_COLUMNS]]
        while row and row[-1] is None:
            row.pop()
        if not budget.spend(row):
            break
        rows.append(row)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _value(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if value is None or value == "":
        return None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, datetime | date):
        return ["d", value.isoformat()]
    return str(value)[:_LONGEST]


# Looks


def _add_looks(data: bytes, sheets: list[dict[str, Any]]) -> None:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    book = load_workbook(io.BytesIO(data), data_only=True, keep_vba=False, keep_links=False, rich_text=False)
    for sheet in sheets:
        if sheet["name"] in book.sheetnames:
            source = book[sheet["name"]]
            looks: list[dict[str, Any]] = []
            styles: dict[str, int] = {}
            for look, at in _cell_looks(source, sheet["rows"]):
                key = json.dumps(look, sort_keys=True)
                if key not in styles:
                    styles[key] = len(looks)
                    looks.append(look)
                sheet.setdefault("look_of", []).append([*at, styles[key]])
            sheet["looks"] = looks
            sheet["widths"] = [
                [index - 1, dimension.width]
                for letters, dimension in list(source.column_dimensions.items())[:MOST_COLUMNS]
                for index in range(dimension.min or 0, min(dimension.max or 0, MOST_COLUMNS) + 1)
                if index and dimension.width and letters
            ]
            sheet["merged"] = [
                [area.min_row - 1, area.min_col - 1, area.max_row - 1, area.max_col - 1]
                for area in list(source.merged_cells.ranges)[:MOST_MERGED]
            ]


def _cell_looks(source: Any, rows: list[list[Any]]) -> Iterator[tuple[dict[str, Any], tuple[int, int]]]:  # noqa: ANN401
    width = max((len(row) for row in rows), default=0)
    for cells in source.iter_rows(max_row=len(rows), max_col=width) if rows and width else ():
        for cell in cells:
            if cell.has_style:
                yield _look(cell), (cell.row - 1, cell.column - 1)


def _look(cell: Any) -> dict[str, Any]:  # noqa: ANN401 - openpyxl tells no types
    fill = cell.fill.fgColor.rgb if cell.fill.fill_type == "solid" else None
    look = {
        "bold": bool(cell.font.b),
        "italic": bool(cell.font.i),
        "bg_color": f"#{fill[-6:]}" if isinstance(fill, str) else None,
        "num_format": cell.number_format,
        "align": cell.alignment.horizontal,
        "text_wrap": bool(cell.alignment.wrap_text),
        "border": any(side is not None and side.style for side in (cell.border.left, cell.border.bottom)),
    }
    return {name: value for name, value in look.items() if value and value != "General"}


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    """The limits of the intake's reader process."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))


if __name__ == "__main__":
    main()
