"""Who is missing: reporting units down, months across, one form at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from zonehouse.intake.register import receipts
from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.warehouse import Obligation, obligations_of

# A page answers soon or says that a load is writing.
_WAIT_SECONDS = 3.0


@dataclass(frozen=True)
class Cell:
    """A report owed; ``kind``: on_time, late, missing (past its due day), due (still to come), rejected or held."""

    owed: Obligation
    kind: str


@dataclass(frozen=True)
class Row:
    """A reporting unit; a month that it owes nothing for has no cell."""

    unit_code: str
    unit_name: str
    cells: dict[Month, Cell]

    @property
    def is_complete(self) -> bool:
        """Whether all that was due came."""
        return all(cell.kind in {"on_time", "late", "due"} for cell in self.cells.values())


@dataclass(frozen=True)
class Totals:
    """A month's column: reports owed, received and received on time."""

    owed: int
    received: int
    on_time: int


@dataclass(frozen=True)
class Grid:
    """The grid of one form; ``forms`` are those that owe anything in these months; not built: nobody knows yet."""

    form_code: str | None
    forms: list[str]
    months: list[Month]
    rows: list[Row]
    is_built: bool

    def totals(self, month: Month) -> Totals:
        """The sums of a month's column."""
        cells = [row.cells[month] for row in self.rows if month in row.cells]
        received = [cell for cell in cells if cell.owed.is_received]
        return Totals(len(cells), len(received), sum(cell.kind == "on_time" for cell in received))


def missing_grid(settings: Settings, until: Month | None, months: int, form_code: str | None, today: date) -> Grid:
    """The grid of the ``months`` months up to ``until`` (default: the latest month that anybody reported).

    Raises:
        WarehouseError: a load is writing the warehouse.
    """
    last = until or latest_reported(settings) or Month.of(today)
    span = [last + -back for back in reversed(range(months))]
    owed = obligations_of(settings, span, _WAIT_SECONDS)
    forms = sorted({one.form_code for listed in owed.values() for one in listed})
    chosen = form_code if form_code in forms else _first_form(forms)
    rows: dict[str, Row] = {}
    for month, listed in owed.items():
        for one in listed:
            if one.form_code == chosen:
                row = rows.setdefault(one.reporting_unit_code, Row(one.reporting_unit_code, one.unit_name, {}))
                row.cells[month] = Cell(one, _kind(one, today))
    ordered = sorted(rows.values(), key=lambda row: (row.is_complete, row.unit_name, row.unit_code))
    return Grid(chosen, forms, span, ordered, settings.warehouse.is_file())


def latest_reported(settings: Settings) -> Month | None:
    """The latest month that a file which was taken in is about."""
    months = (one.period_month for one in receipts(settings) if one.state != "rejected" and one.period_month)
    latest = max(months, default=None)
    return Month.parse(latest) if latest else None


def _first_form(forms: Sequence[str]) -> str | None:
    """The form that most people owe comes first; its code is the enterprises' own."""
    return "monthly_report" if "monthly_report" in forms else next(iter(forms), None)


def _kind(one: Obligation, today: date) -> str:
    if one.is_received:
        return "on_time" if one.is_on_time else "late"
    if one.state in {"rejected", "held"}:
        return one.state
    return "missing" if one.due_on < today else "due"
