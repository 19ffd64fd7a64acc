"""The rules of a form between totals of its sections. Runs in the reader process; imports nothing heavy."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from zonehouse.intake.cells import Value, kept_number, plain_number
from zonehouse.intake.findings import CATALOGUE, Address, Findings
from zonehouse.intake.plan import CrossCheckPlan, FormPlan, TotalPlan

_SURE = 2.0**50  # below it the product with a million is off by less than a tenth
_ROUNDED = 1e-6  # more than landing moves a number
_EPSILON = 4e-16  # more than reading a number as a float, and adding it to others, moves it, relatively
_JUST_BELOW_ONE = 1 - 1e-12
_NUMERIC = frozenset((float, int, str))  # a number that was read from text is text

# Section code → its columns (sheets, row numbers, then each column's values, a number's followed by its marks).
Sections = Mapping[str, Sequence[Sequence[Value]]]
Places = Mapping[str, Mapping[str, str]]


def check_sections(form: FormPlan, sections: Sections, places: Places, findings: Findings) -> None:
    """Compare the totals that the form's rules name.

    Args:
        places: section code → column code → the letters of the column that it was found in.
        sections: section code → landed columns; a sheet that is not there is not known, one without rows is zero.
    """
    for check in form.section_checks:
        if _surely_holds(check, sections):
            continue
        left, right = _total(check.left, sections), _total(check.right, sections)
        if left is not None and right is not None and _is_broken(check, left, right):
            kind = replace(CATALOGUE["section_check"], code=check.code, severity=check.severity)
            told = ((check.left, left), (check.right, right))
            found = "; ".join(_told(total, form, value, _cells(total, sections, places)) for total, value in told)
            at = _first_cell(check.left, sections, places) or _first_cell(check.right, sections, places) or Address()
            findings.add(kind, at, found=found, words={"rule": (check.vi, check.en)})


def _is_broken(check: CrossCheckPlan, left: Decimal, right: Decimal) -> bool:
    if check.rule == "needs":
        return left > 0 >= right
    if check.rule == "at_most_times":
        return right > 0 and left > right * check.times
    allowed = abs(right) * check.tolerance_pct / 100
    return left - right > allowed if check.rule == "less_or_equal" else abs(left - right) > allowed


def _surely_holds(check: CrossCheckPlan, sections: Sections) -> bool:
    """Whether a rule is kept by more than rounding could move the totals; quick, and says yes to nearly every file."""
    right = _bounds(check.right, sections)
    if right is None:
        return False
    if check.rule == "needs":
        return right[0] > 0
    left = _bounds(check.left, sections)
    if left is None:
        return False
    if check.rule == "at_most_times":
        return left[1] <= max(right[0], 0.0) * float(check.times) * _JUST_BELOW_ONE
    allowed = max(right[0], -right[1], 0.0) * float(check.tolerance_pct) / 100 * _JUST_BELOW_ONE
    above, below = left[1] - right[0], right[1] - left[0]
    return above < allowed and (check.rule == "less_or_equal" or below < allowed)


def _bounds(total: TotalPlan, sections: Sections) -> tuple[float, float] | None:
    """Between what a total lies for sure; None when a cell of it holds no number."""
    columns = sections.get(total.section)
    if columns is None:
        return None
    if not columns or total.place is None:
        count = float(len(columns[0]) if columns else 0)
        return count, count
    numbers = columns[total.place]
    if not isinstance(numbers, array):
        if not set(map(type, numbers)) <= _NUMERIC:
            return None
        numbers = list(map(float, numbers))  # type: ignore[arg-type]
    whole = sum(numbers)
    slack = (len(numbers) + 1) * (_ROUNDED + _EPSILON * sum(map(abs, numbers)))
    return whole - slack, whole + slack


def _total(total: TotalPlan, sections: Sections) -> Decimal | None:
    columns = sections.get(total.section)
    if columns is None:
        return None
    if not columns or total.place is None:
        return Decimal(len(columns[0]) if columns else 0)
    given, marks = columns[total.place], columns[total.place + 1]
    if any(value is None and mark != "dash" for value, mark in zip(given, marks, strict=True)):
        return None
    return Decimal(sum(_millionths(value) for value in given if value is not None)).scaleb(-6)


def _millionths(value: Value) -> int:
    """What lands of a number; exact, and quick where a typed number is not nearly between two of them."""
    if isinstance(value, float) and abs(product := value * 1e6) < _SURE:
        nearest = round(product)
        if abs(product - nearest) < 0.4:
            return nearest
    return int(kept_number(value or 0).scaleb(6))


def _letters(total: TotalPlan, places: Places) -> str | None:
    """Of the total's column; a count is shown by the first column that was found."""
    columns = places.get(total.section, {})
    return columns.get(total.column) if total.column is not None else next(iter(columns.values()), None)


def _first_cell(total: TotalPlan, sections: Sections, places: Places) -> Address | None:
    """The first of the cells that make up a total."""
    columns = sections.get(total.section)
    if not columns:
        return None
    letters, number = _letters(total, places), int(str(columns[1][0]))
    return Address(str(columns[0][0]), f"{letters}{number}" if letters else None, number, total.column)


def _cells(total: TotalPlan, sections: Sections, places: Places) -> str | None:
    """``Sản xuất!G2:G9``, the cells that a total is the sum of."""
    columns, letters = sections.get(total.section, ()), _letters(total, places)
    if not columns or letters is None:
        return None
    sheets, rows = columns[:2]
    first, last = f"{letters}{rows[0]}", f"{letters}{rows[-1]}"
    return f"{sheets[0]}!{first}" if first == last else f"{sheets[0]}!{first}:{last}"


def _told(total: TotalPlan, form: FormPlan, value: Decimal, cells: str | None) -> str:
    """The total as the sheet has it, in the unit that is sent, and where it stands."""
    section = next(section for section in form.sections if section.code == total.section)
    column = next((column for column in section.columns if column.code == total.column), None)
    where = cells or section.sheet_label_vi
    if column is None:
        return f"{where}: {plain_number(value)} dòng / rows"
    sent = value if column.factor is None else value / column.factor
    return f"{where}, {column.label_vi}: {plain_number(sent)}"
