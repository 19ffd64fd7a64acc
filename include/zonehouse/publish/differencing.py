"""Whether what is withheld follows from several releases put together: who keeps the earlier ones can subtract.

Each inner cell (zone × sector) and each month is an unknown, the same one in two releases when the same enterprises
give the same amounts there: an outsider may know who has amended. What a release tells are sums of these unknowns.
What is withheld must not be a combination of all that the releases tell, by exact elimination.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from zonehouse.publish.disclosure import ALL, Cell, Table

Sum = dict[int, Fraction]  # factors by the number of the unknown


@dataclass(frozen=True)
class Told:
    """What one release tells of a measure in one year: its table, its months, and which of them it withholds.

    ``months``: of a flow alone, they sum to the table's total.
    """

    table: Table
    hidden: frozenset[Cell]
    months: Mapping[int, Decimal] = field(default_factory=dict)
    hidden_months: frozenset[int] = frozenset()


def leaks(releases: Sequence[Told]) -> set[tuple[int, Cell | int]]:
    """(Place of the release, withheld cell or month) that follow from all that the releases, oldest first, tell.

    What a release before told as it is can't be unsaid, and is no leak.
    """
    numbers: dict[object, int] = {}
    told: set[frozenset[tuple[int, Fraction]]] = set()
    secrets: list[tuple[int, Cell | int, Sum]] = []
    for place, one in enumerate(releases):
        cells, months = _unknowns(one, numbers)
        for what, is_hidden, total in _sums(one, cells, months):
            if not is_hidden:
                told.add(frozenset(total.items()))
            elif total and frozenset(total.items()) not in told:
                secrets.append((place, what, total))
        if link := _link(one, cells, months):
            told.add(frozenset(link.items()))
    known = {unknown for total in told if len(total) == 1 for unknown, _ in total}
    basis = _echelon(_without(dict(total), known) for total in told)
    return {(place, what) for place, what, total in secrets if not _rest(_without(total, known), basis)}


def _unknowns(told: Told, numbers: dict[object, int]) -> tuple[dict[Cell, int], dict[int, int]]:
    """The number of the unknown of each inner cell and month that holds anything; the same content has the same."""
    cells: dict[Cell, int] = {}
    for cell, given in told.table.contributions.items():
        content = tuple(sorted((who, amount) for who, amount in given.items() if amount))
        if ALL not in cell and content:
            cells[cell] = numbers.setdefault((*cell, content), len(numbers))
    months = {
        month: numbers.setdefault((month, amount), len(numbers)) for month, amount in told.months.items() if amount
    }
    return cells, months


def _sums(told: Told, cells: Mapping[Cell, int], months: Mapping[int, int]) -> Iterable[tuple[Cell | int, bool, Sum]]:
    """Cells with their margins, then months: whether it is withheld, and of which unknowns it is the sum."""
    for zone, sector in told.table.contributions:
        total = {
            unknown: Fraction(1)
            for cell, unknown in cells.items()
            if zone in {cell[0], ALL} and sector in {cell[1], ALL}
        }
        yield (zone, sector), (zone, sector) in told.hidden, total
    for month, unknown in months.items():
        yield month, month in told.hidden_months, {unknown: Fraction(1)}


def _link(told: Told, cells: Mapping[Cell, int], months: Mapping[int, int]) -> Sum:
    """That the months are the total; nothing where they are not."""
    inside = (given for cell, given in told.table.contributions.items() if ALL not in cell)
    total = sum((amount for given in inside for amount in given.values()), Decimal(0))
    if not months or sum(told.months.values(), Decimal(0)) != total:
        return {}
    return dict.fromkeys(cells.values(), Fraction(1)) | dict.fromkeys(months.values(), Fraction(-1))


def _without(total: Sum, known: set[int]) -> Sum:
    return {unknown: factor for unknown, factor in total.items() if unknown not in known}


def _echelon(totals: Iterable[Sum]) -> dict[int, Sum]:
    """Rows by their leading unknown."""
    basis: dict[int, Sum] = {}
    for total in totals:
        if rest := _rest(total, basis):
            lead = max(rest)
            basis[lead] = {unknown: factor / rest[lead] for unknown, factor in rest.items()}
    return basis


def _rest(total: Sum, basis: Mapping[int, Sum]) -> Sum:
    """What of the sum the rows do not give, once its leading unknown leads none; empty for a combination of them."""
    rest = dict(total)
    while rest:
        lead = max(rest)
        row = basis.get(lead)
        if row is None:
            return rest
        factor = rest[lead]
        for unknown, own in row.items():
            value = rest.get(unknown, Fraction(0)) - factor * own
            if value:
                rest[unknown] = value
            else:
                rest.pop(unknown, None)
    return rest
