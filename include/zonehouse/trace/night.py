"""A night as a steward asks about it in the morning: what came, its state now, and whether the books balance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from zonehouse.intake import IntakeError, Reconciliation, reconcile
from zonehouse.settings import Settings
from zonehouse.trace.book import Book
from zonehouse.trace.month import MonthFile, told_files, unit_names
from zonehouse.workbooks.steward import night_of

# What is not counted needs somebody; what is counted with warnings needs a look.
ATTENTION = ("rejected", "held", "accepted_with_warnings")


@dataclass(frozen=True)
class NightBook:
    """``nights``: every night (``YYYY-MM-DD``) with its number of files, the newest first; ``files`` are of ``night``.

    ``reconciliation`` is of all that was ever received; ``imbalance`` says why there is none.
    """

    night: str | None
    nights: dict[str, int]
    files: list[MonthFile]
    reconciliation: Reconciliation | None
    imbalance: str | None

    @property
    def states(self) -> dict[str, int]:
        """Files of the night by the state they are in now."""
        return dict(Counter(file.receipt.state for file in self.files))

    @property
    def attention(self) -> list[MonthFile]:
        """The files that someone must do something about, rejected ones first."""
        concerned = [file for file in self.files if file.receipt.state in ATTENTION]
        return sorted(concerned, key=lambda file: ATTENTION.index(file.receipt.state))


def night_book(settings: Settings, night: str | None = None) -> NightBook:
    """All that is known of a night; of the newest one when none is named."""
    book = Book(settings)
    nights = Counter(night_of(receipt.batch_id) for receipt in book.receipts)
    chosen = night or max(nights, default=None)
    mine = [receipt for receipt in book.receipts if night_of(receipt.batch_id) == chosen]
    files = told_files(book, mine, unit_names(settings, book) if mine else {})
    try:
        balance, imbalance = reconcile(settings), None
    except IntakeError as error:
        balance, imbalance = None, str(error)
    return NightBook(chosen, dict(sorted(nights.items(), reverse=True)), files, balance, imbalance)
