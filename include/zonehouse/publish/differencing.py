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

Unknown = tuple[object, ...]
Sum = dict[Unknown, Fraction]


@dataclass(frozen=True)
class Told:
    """What one release tells of a measure in one year: its table, its months, and which of them it withholds.

    ``months`` of a flow sum to the table's total; of a stock there are none here, each stands by itself.
    """

    table: Table
    hidden: frozenset[Cell]
    months: Mapping[int, Decimal] = field(default_factory=dict)
    hidden_months: frozenset[int] = frozenset()


def leaks(releases: Sequence[Told]) -> set[tuple[int, Cell | int]]:
    """(Place of the release, withheld cell or month) that follow from all that the releases, oldest first, tell.

    What a release before told as it is can't be unsaid, and is no leak.
    """
    told: list[Sum] = []
    secrets: list[tuple[int, Cell | int, Sum]] = []
    for place, one in enumerate(releases):
        for what, is_hidden, total in _sums(one):
            if not is_hidden:
                told.append(total)
            elif total and total not in told:
                secrets.append((place, what, total))
        told += _links(one)
    known = {unknown for total in told if len(total) == 1 for unknown in total}
    basis = _echelon(_without(total, known) for total in told)
    return {(place, what) for place, what, total in secrets if not _rest(_without(total, known), basis)}


def _sums(told: Told) -> Iterable[tuple[Cell | int, bool, Sum]]:
    """Cells with their margins, then months: whether it is withheld, and of which unknowns it is the sum."""
    inner = _inner(told.table)
    for zone, sector in told.table.contributions:
        total = {
            unknown: Fraction(1)
            for cell, unknown in inner.items()
            if zone in {cell[0], ALL} and sector in {cell[1], ALL}
        }
        yield (zone, sector), (zone, sector) in told.hidden, total
    for month, amount in told.months.items():
        yield month, month in told.hidden_months, _month(month, amount)


def _links(told: Told) -> list[Sum]:
    """That the months are the total, where they are."""
    inner = _inner(told.table)
    total = sum((sum(given.values(), Decimal(0)) for cell, given in told.table.contributions.items() if ALL not in cell),
                Decimal(0))  # fmt: skip
    if not told.months or sum(told.months.values(), Decimal(0)) != total:
        return []
    link: Sum = {unknown: Fraction(1) for unknown in inner.values()}
    for month, amount in told.months.items():
        link |= {unknown: Fraction(-1) for unknown in _month(month, amount)}
    return [link]


def _inner(table: Table) -> dict[Cell, Unknown]:
    """The unknown of each inner cell that holds anything."""
    found: dict[Cell, Unknown] = {}
    for cell, given in table.contributions.items():
        content = tuple(sorted((who, amount) for who, amount in given.items() if amount))
        if ALL not in cell and content:
            found[cell] = (*cell, content)
    return found


def _month(month: int, amount: Decimal) -> Sum:
    return {(month, amount): Fraction(1)} if amount else {}


def _without(total: Sum, known: set[Unknown]) -> Sum:
    return {unknown: factor for unknown, factor in total.items() if unknown not in known}


def _echelon(totals: Iterable[Sum]) -> dict[Unknown, Sum]:
    """Rows by their leading unknown, which no row below has as its own."""
    basis: dict[Unknown, Sum] = {}
    for total in totals:
        rest = _rest(total, basis)
        if rest:
            lead = _lead(rest)
            basis[lead] = {unknown: factor / rest[lead] for unknown, factor in rest.items()}
    return basis


def _rest(total: Sum, basis: Mapping[Unknown, Sum]) -> Sum:
    """What of the sum the rows do not give; empty when it is a combination of them."""
    rest = dict(total)
    while rest:
        lead = _lead(rest)
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


def _lead(total: Sum) -> Unknown:
    return max(total, key=repr)
