"""A sender's workbook as plain cells, fetched from a guarded child process. Nothing of it is trusted here either."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

import zonehouse
from zonehouse.forms.catalogue import load_catalogue
from zonehouse.intake.archive import archive_path
from zonehouse.intake.compile import reader_plan
from zonehouse.intake.csvbook import CsvNames
from zonehouse.settings import Settings

log = structlog.get_logger(__name__)

Cell = str | int | float | bool | datetime | None
Area = tuple[int, int, int, int]

_NUMBER_FORMAT = re.compile(r"^[#0?,.%\-/ dmyhs:@_()]{1,40}$", re.IGNORECASE)
_COLOUR = re.compile(r"^#[0-9A-Fa-f]{6}$")
_ALIGNS = frozenset(("left", "center", "right"))
_PADDING = 0.71  # files hold a column's width with the room that a program adds around the text
_LAST_ROW, _LAST_COLUMN = 1_048_575, 16_383


@dataclass(frozen=True)
class SheetCopy:
    """One sheet: rows of cells from A1 on, and the looks worth keeping; rows and columns are 0-based."""

    name: str
    hidden: bool
    rows: list[list[Cell]]
    looks: Mapping[tuple[int, int], Mapping[str, object]] = field(default_factory=dict)
    widths: Mapping[int, float] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)


@dataclass(frozen=True)
class SenderCopy:
    """What could be copied: no sheets when the file was refused or does not open; ``cut`` when it was too large."""

    sheets: list[SheetCopy] = field(default_factory=list)
    cut: bool = False


def _csv_names(settings: Settings) -> dict[str, list[str]]:
    """What tells the sheets of a CSV file apart."""
    forms = reader_plan(settings, load_catalogue(settings)).forms
    return {name: sorted(keys) for name, keys in asdict(CsvNames.of(forms)).items()}


def copy_of(settings: Settings, submission_id: str, original_name: str) -> SenderCopy:
    """The cells of an archived file; an empty copy when the child refuses it, dies of it or takes too long."""
    seconds = settings.read_timeout_seconds
    request = {
        "path": str(archive_path(settings, submission_id)),
        "name": original_name,
        "max_bytes": settings.max_file_mb * 1024 * 1024,
        "memory_bytes": settings.read_memory_mb * 1024 * 1024,
        "cpu_seconds": math.ceil(settings.read_cpu_seconds) + 1,
        "csv_names": _csv_names(settings) if original_name.lower().endswith(".csv") else None,
    }
    body = json.dumps(request).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "zonehouse.workbooks.copy_worker"],
            input=len(body).to_bytes(4, "big") + body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            # No secret of the parent reaches the process that opens strangers' files.
            env={
                "PYTHONPATH": str(Path(zonehouse.__path__[0]).parent),
                "LANG": "C.UTF-8",
                "MALLOC_ARENA_MAX": "1",
            },
            cwd="/",
        )
        answer = json.loads(done.stdout[4:] or b"{}")
    except (subprocess.TimeoutExpired, ValueError) as error:
        log.warning("workbook_not_copied", submission_id=submission_id, reason=type(error).__name__)
        return SenderCopy()
    if "sheets" not in answer:
        log.info("workbook_not_copied", submission_id=submission_id, reason=answer.get("refused", "died"))
        return SenderCopy()
    return SenderCopy([_sheet(sheet) for sheet in answer["sheets"]], bool(answer["cut"]))


def _sheet(told: Mapping[str, Any]) -> SheetCopy:
    looks = [_look(look) for look in told.get("looks", ())]
    return SheetCopy(
        name=str(told["name"]),
        hidden=bool(told["hidden"]),
        rows=[[_cell(value) for value in row] for row in told["rows"]],
        looks={(int(row), int(column)): looks[int(at)] for row, column, at in told.get("look_of", ())},
        widths={int(column): min(max(float(width) - _PADDING, 1.0), 80.0) for column, width in told.get("widths", ())},
        merged=[area for area in map(_area, told.get("merged", ())) if area is not None],
    )


def _cell(value: Any) -> Cell:  # noqa: ANN401 - whatever JSON brings
    if isinstance(value, list):
        try:
            return datetime.fromisoformat(value[1]).replace(tzinfo=None)
        except (ValueError, IndexError, TypeError):
            return str(value)
    return value if isinstance(value, str | int | float | bool) else None


def _look(told: Mapping[str, Any]) -> dict[str, object]:
    """Only looks that cannot hide a value or do anything: a font's colour is not among them."""
    look: dict[str, object] = {name: 1 for name in ("bold", "italic", "text_wrap") if told.get(name)}
    if told.get("border"):
        look |= {"border": 1, "border_color": "#BFBFBF"}
    if _COLOUR.match(colour := str(told.get("bg_color") or "")) and colour != "#000000":
        look["bg_color"] = colour
    if _NUMBER_FORMAT.match(number := str(told.get("num_format") or "")):
        look["num_format"] = number
    if told.get("align") in _ALIGNS:
        look["align"] = told["align"]
    return look


def _area(told: Any) -> Area | None:  # noqa: ANN401
    first_row, first_column, last_row, last_column = (int(at) for at in told)
    inside = 0 <= first_row <= last_row <= _LAST_ROW and 0 <= first_column <= last_column <= _LAST_COLUMN
    single = (first_row, first_column) == (last_row, last_column)
    return (first_row, first_column, last_row, last_column) if inside and not single else None
