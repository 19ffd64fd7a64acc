"""A month as a steward asks about it: what came, what was owed and did not, and files whose month nobody could read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from zonehouse.intake.register import Receipt
from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.trace.book import COUNTED, Book, Finding
from zonehouse.warehouse import Obligation

# Reports of a month arrive from its first day until about two months after it.
_AFTER = timedelta(days=62)


@dataclass(frozen=True)
class MonthFile:
    """A receipt with what was told about it; a duplicate has form and unit of the file that it repeats.

    ``unit_name`` is None when nobody in the register has the unit's code.
    """

    receipt: Receipt
    form_code: str | None
    unit_code: str | None
    unit_name: str | None
    version: int | None
    findings: list[Finding]


@dataclass(frozen=True)
class MonthBook:
    """``files`` are of the month; ``unplaced`` came around it and nobody could read a month in them.

    ``is_built``: whether the warehouse knows who owes what for the month, so that no obligation means that nobody does.
    """

    month: Month
    files: list[MonthFile]
    unplaced: list[MonthFile]
    obligations: list[Obligation]
    is_built: bool

    @property
    def states(self) -> dict[str, int]:
        """Files of the month by state."""
        return dict(Counter(file.receipt.state for file in self.files))

    @property
    def missing(self) -> list[Obligation]:
        """Owed and not taken in."""
        return [one for one in self.obligations if not one.is_received]

    @property
    def late(self) -> list[Obligation]:
        """Taken in after the day it was due."""
        return [one for one in self.obligations if one.is_received and not one.is_on_time]


def month_book(settings: Settings, month: Month, wait_seconds: float = 20.0) -> MonthBook:
    """All that is known of a month. A duplicate belongs to the month of the file that it repeats.

    Raises:
        WarehouseError: who owes what cannot be read: a load writes the warehouse for longer than ``wait_seconds``.
    """
    from zonehouse import warehouse

    book, obligations = Book(settings), warehouse.obligations_of(settings, [month], wait_seconds)[month]
    names = {one.reporting_unit_code: one.unit_name for one in obligations} | unit_names(settings, book)
    first, last = month.first_day, month.last_day + _AFTER
    mine, unplaced = [], []
    for receipt in book.receipts:
        period = receipt.period_month or book.original(receipt).period_month
        if period == str(month):
            mine.append(receipt)
        elif period is None and first <= receipt.received_on <= last:
            unplaced.append(receipt)
    told = told_files(book, [*mine, *unplaced], names)
    # A month whose first files were counted after the last build has no obligations yet.
    is_built = settings.warehouse.is_file() and (bool(obligations) or not any(one.state in COUNTED for one in mine))
    return MonthBook(month, told[: len(mine)], told[len(mine) :], obligations, is_built)


def told_files(book: Book, listed: Sequence[Receipt], names: Mapping[str, str]) -> list[MonthFile]:
    """Receipts with what was told about them, in the same order; ``names``: reporting unit's code → name."""
    findings = book.findings(listed)

    def told(receipt: Receipt) -> MonthFile:
        of = book.original(receipt)
        return MonthFile(
            receipt,
            of.form_code,
            of.reporting_unit_code,
            names.get(of.reporting_unit_code or ""),
            book.version(receipt),
            findings[receipt.receipt_id],
        )

    return [*map(told, listed)]


def unit_names(settings: Settings, book: Book) -> dict[str, str]:
    """Tax code → the latest name in the registers in force."""
    from zonehouse.forms import load_catalogue
    from zonehouse.workbooks.landed import Landing

    return Landing(settings, load_catalogue(settings), book.receipts).enterprise_names()
