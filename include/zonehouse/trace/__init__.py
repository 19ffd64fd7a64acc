"""Tracing: from a published figure to the workbook cells behind it, and from a file or a reporting unit to its figures.

All of it is read: the register and findings from the landing, figures and their cells from ``published/marts.duckdb``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from zonehouse.intake.register import Receipt
from zonehouse.settings import Settings
from zonehouse.trace import published as marts
from zonehouse.trace.addresses import with_addresses
from zonehouse.trace.book import Book, Finding
from zonehouse.trace.published import Contribution, Figure, Share, TraceError

__all__ = [
    "Contribution",
    "Figure",
    "FigureTrace",
    "FileTrace",
    "Registered",
    "Share",
    "TraceError",
    "TracedReceipt",
    "UnitTrace",
    "trace",
    "trace_figure",
    "trace_file",
    "trace_unit",
]

_HALF_YEAR = re.compile(r"^\d{4}-H[12]$")
_HASH = re.compile(r"^[0-9a-f]{4,64}$")
_SHOWN = 5


@dataclass(frozen=True)
class FigureTrace:
    """A figure, its ``value`` (that of the base when ``period`` is ``base``) and every cell that it is made of."""

    figure: Figure
    period: str
    value: Decimal | None
    cells: list[Contribution]

    @property
    def total(self) -> Decimal:
        """The sum of all contributions."""
        return sum((cell.contribution for cell in self.cells), Decimal(0))

    @property
    def adds_up(self) -> bool:
        """Whether the contributions sum to the published value; nothing behind a figure that is not known does."""
        return self.total == self.value if self.value is not None else not self.cells

    @property
    def submissions(self) -> list[tuple[Contribution, int, Decimal]]:
        """One cell of each submission, its number of cells and their sum; the largest first."""
        ordered = sorted(self.cells, key=lambda cell: cell.submission_id)
        groups = [list(group) for _, group in groupby(ordered, key=lambda cell: cell.submission_id)]
        summed = [(group[0], len(group), sum((cell.contribution for cell in group), Decimal(0))) for group in groups]
        return sorted(summed, key=lambda one: (-abs(one[2]), one[0].period_month, one[0].submission_id))


@dataclass(frozen=True)
class TracedReceipt:
    """A receipt with its version, its findings and the receipt that is counted in its place."""

    receipt: Receipt
    version: int | None
    successor: Receipt | None
    findings: list[Finding]


@dataclass(frozen=True)
class FileTrace:
    """Every receipt of one content, and the published figures it went into (empty when nothing is published)."""

    submission_id: str
    receipts: list[TracedReceipt]
    shares: list[Share] = field(default_factory=list)


@dataclass(frozen=True)
class Registered:
    """A reporting unit as the register in force tells it from ``valid_from`` on."""

    valid_from: date | None
    name: str
    zone_code: str | None
    reporting_from: date | None
    reporting_to: date | None


@dataclass(frozen=True)
class UnitTrace:
    """A reporting unit's entries in the register, its receipts by month, and what it adds to the published figures."""

    code: str
    registered: list[Registered]
    receipts: list[TracedReceipt]
    shares: list[Share] = field(default_factory=list)


def trace(settings: Settings, text: str, authority: str | None = None, period: str = "current") -> (
    FigureTrace | FileTrace | UnitTrace
):  # fmt: skip
    """Trace what ``text`` names: a figure, a reporting unit's code (tax code), or the beginning of a hash.

    Raises:
        TraceError: nothing or more than one thing matches.
    """
    wanted = text.strip()
    is_published = (settings.published / "marts.duckdb").is_file()
    if "/" in wanted or (is_published and wanted in marts.indicators(settings)):
        return trace_figure(settings, wanted, authority, period)
    book = Book(settings)
    unit = _unit(settings, book, wanted)
    if unit is not None:
        return unit
    if _HASH.match(wanted.lower()) and _matching(book, wanted.lower()):
        return trace_file(settings, wanted.lower(), book)
    raise TraceError(_nothing(settings, wanted, book, is_published))


def trace_figure(
    settings: Settings, text: str, authority: str | None = None, period: str = "current"
) -> FigureTrace:  # fmt: skip
    """Trace ``[half-year/]indicator[/zone]``: the newest published half-year and ``TOTAL`` when they are not named."""
    parts = [part for part in text.split("/") if part]
    half_year = parts.pop(0) if parts and _HALF_YEAR.match(parts[0]) else None
    if not 1 <= len(parts) <= 2:
        raise TraceError(f"{text!r} names no figure; one is written 2016-H1/gross_output/TOTAL, or gross_output")
    indicator, zone = parts[0], parts[1] if len(parts) == 2 else "TOTAL"
    known = marts.indicators(settings)
    if indicator not in known:
        raise TraceError(f"no indicator {indicator!r} is published; there are: {', '.join(known)}")
    found = [
        figure
        for figure in marts.figures(settings, indicator, zone)
        if half_year in (None, figure.half_year) and authority in (None, figure.authority_code)
    ]
    if not found:
        half_years, zones = marts.places(settings, indicator)
        where = f" of {half_year}" if half_year else ""
        raise TraceError(
            f"{indicator} is not published for zone {zone!r}{where}; half-years: {', '.join(half_years)}; "
            f"zones: {', '.join(zones)}"
        )
    newest = [figure for figure in found if figure.half_year == found[0].half_year]
    if len(newest) > 1:
        codes = ", ".join(figure.authority_code for figure in newest)
        raise TraceError(f"{indicator} is published by more than one authority ({codes}); name one with --authority")
    figure = newest[0]
    value = figure.same_period_value if period == "base" else figure.value
    return FigureTrace(figure, period, value, with_addresses(settings, marts.cells(settings, figure, period)))


def trace_file(settings: Settings, prefix: str, book: Book | None = None) -> FileTrace:
    """Trace the one content whose hash, or one of whose receipt ids, begins with ``prefix``."""
    book = book or Book(settings)
    found = sorted(_matching(book, prefix))
    if len(found) != 1:
        shown = ", ".join(content[:16] for content in found[:_SHOWN]) or "none"
        raise TraceError(f"{len(found)} files begin with {prefix!r} ({shown}); give more of the hash or receipt id")
    listed = [receipt for receipt in book.receipts if receipt.submission_id == found[0]]
    return FileTrace(found[0], _traced(book, listed), _shares(settings, found))


def trace_unit(settings: Settings, code: str) -> UnitTrace:
    """Trace a reporting unit: an enterprise by its tax code, or an authority by its code."""
    unit = _unit(settings, Book(settings), code)
    if unit is None:
        raise TraceError(f"no reporting unit {code!r} is in the register or has sent a file")
    return unit


def _matching(book: Book, prefix: str) -> set[str]:
    return {
        receipt.submission_id
        for receipt in book.receipts
        if receipt.submission_id.startswith(prefix) or receipt.receipt_id.startswith(prefix)
    }


def _traced(book: Book, listed: list[Receipt]) -> list[TracedReceipt]:
    findings = book.findings(listed)
    return [TracedReceipt(r, book.version(r), book.successor(r), findings[r.receipt_id]) for r in listed]


def _unit(settings: Settings, book: Book, code: str) -> UnitTrace | None:
    listed = [receipt for receipt in book.receipts if receipt.reporting_unit_code == code]
    if not listed and not re.match(r"^\d{10}(-\d{3})?$", code):
        return None
    registered = _registered(settings, code)
    if not listed and not registered:
        return None
    by_month = sorted(listed, key=lambda receipt: (receipt.period_month or "", receipt.form_code or ""))
    contents = sorted({receipt.submission_id for receipt in listed})
    return UnitTrace(code, registered, _traced(book, by_month), _shares(settings, contents))


def _registered(settings: Settings, code: str) -> list[Registered]:
    from zonehouse.forms import load_catalogue
    from zonehouse.workbooks.landed import REGISTER_FORM, Landing

    landing = Landing(settings, load_catalogue(settings))
    rows = landing.rows(REGISTER_FORM, "enterprise", landing.registers().values())
    mine = sorted((row for row in rows if row["tax_code"] == code), key=lambda row: row["valid_from"] or date.min)
    columns = ("valid_from", "enterprise_name", "zone_code", "reporting_from", "reporting_to")
    return [Registered(*(row[name] for name in columns)) for row in mine]


def _shares(settings: Settings, submission_ids: list[str]) -> list[Share]:
    if not submission_ids or not (settings.published / "marts.duckdb").is_file():
        return []
    return marts.shares(settings, submission_ids)


def _nothing(settings: Settings, text: str, book: Book, is_published: bool) -> str:
    if not book.receipts and not is_published:
        return f"nothing to trace {text!r} in: no file has been received"
    known = f"indicators: {', '.join(marts.indicators(settings))}" if is_published else "nothing is published yet"
    return (
        f"{text!r} is no published indicator, no code of a reporting unit and no beginning (4 or more characters) "
        f"of a file's hash or a receipt id; {known}"
    )
