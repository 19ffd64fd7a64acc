"""What a template already knows: the rows to fill in, and last month's values beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zonehouse.forms import Column, Form, FormCatalogue, Section
from zonehouse.intake.schema import MARK_SUFFIX
from zonehouse.periods import Month
from zonehouse.workbooks.landed import LandedRow

# So many codes are listed whole; of a longer list only those that were used last month.
LISTED_WHOLE = 15
# A remark is about its month, so it is no starting point for the next.
_REMARKS = frozenset(("note", "remark"))


@dataclass(frozen=True)
class PrefilledRow:
    """One row of a section: ``values`` stand in the input cells, ``previous`` beside them, ``hint`` says what it is."""

    values: Mapping[str, Any]
    previous: Mapping[str, Any] = field(default_factory=dict)
    hint: str | None = None


@dataclass(frozen=True)
class Prefill:
    """Rows by section code, and the month that ``previous`` is of (None: there is none)."""

    rows: Mapping[str, Sequence[PrefilledRow]] = field(default_factory=dict)
    month: Month | None = None


def prefill(
    form: Form,
    catalogue: FormCatalogue,
    previous: Mapping[str, Sequence[LandedRow]],
    projects: Sequence[LandedRow],
    month: Month | None,
) -> Prefill:
    """The rows of a form for one reporting unit.

    Args:
        previous: section code → rows of the unit's latest earlier submission, which is of ``month``, as landed.
        projects: the unit's projects in the register (project_code, project_name).

    Every rule reads the form definition only: an irregular form (a register) starts from the whole last list; a list of
    events (a section with a required date) starts empty; a closed or short code list is listed whole; projects come
    from the register; every other section has the keys of last month.
    """
    rows = {
        section.code: _section_rows(form, section, catalogue, previous.get(section.code, ()), projects)
        for section in form.sections
    }
    return Prefill(rows, month)


def _section_rows(
    form: Form, section: Section, catalogue: FormCatalogue, previous: Sequence[LandedRow], projects: Sequence[LandedRow]
) -> list[PrefilledRow]:
    if form.frequency == "irregular":
        return [PrefilledRow({column.code: _as_sent(column, row) for column in section.columns}) for row in previous]
    if _lists_events(section):
        return []
    by_key = {tuple(row.get(code) for code in section.row_key): row for row in previous}
    hints: dict[tuple[Any, ...], str | None] = {}
    if section.row_key == ("project_code",):
        hints = {(project["project_code"],): project.get("project_name") for project in projects}
    elif whole := _whole_list(section, catalogue):
        hints = dict.fromkeys((code,) for code in whole)
    keys = list(dict.fromkeys([*hints, *by_key]))
    return [_row(section, key, by_key.get(key), hints.get(key)) for key in keys]


def _row(section: Section, key: tuple[Any, ...], previous: LandedRow | None, hint: str | None) -> PrefilledRow:
    values = dict(zip(section.row_key, key, strict=True))
    if previous is None:
        return PrefilledRow(values, hint=hint)
    values |= {column.code: previous.get(column.code) for column in section.columns if _carries_over(column)}
    shown = {column.code: _as_sent(column, previous) for column in section.columns if column.is_number}
    marks = {
        code: _MARKS.get(previous.get(f"{code}{MARK_SUFFIX}") or "") for code, value in shown.items() if value is None
    }
    return PrefilledRow(values, shown | marks, hint)


def _as_sent(column: Column, row: LandedRow) -> Any:  # noqa: ANN401 - whatever the landing holds
    """A landed value in the unit that this version of the form asks for, whatever the version it was sent in."""
    value = row.get(column.code)
    return value if value is None or column.factor is None else value / column.factor


_MARKS = {"dash": "-", "not_applicable": "x"}


def _lists_events(section: Section) -> bool:
    return any(column.type == "date" and column.required for column in section.columns)


def _whole_list(section: Section, catalogue: FormCatalogue) -> list[str]:
    if len(section.row_key) != 1:
        return []
    column = section.column(section.row_key[0])
    codes = list(catalogue.codes_of(column))
    return codes if column.codes or len(codes) <= LISTED_WHOLE else []


def _carries_over(column: Column) -> bool:
    """Words that describe a row (its unit of quantity, its name) are the same next month; numbers and dates are not."""
    return column.kind == "attribute" and column.type in ("text", "code") and column.code not in _REMARKS
