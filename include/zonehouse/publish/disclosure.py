"""Disclosure control: which cells of a zone × sector table with its sums may be told to the public.

Primary rule (INE, Eurostat): a cell to which fewer than three enterprises contribute, or two of them over 85 %, is
suppressed. Secondary rule: what is left must not give it away. The table with its margins is a bipartite graph: zones
(and "all zones") on one side, sectors (and "all sectors") on the other, each cell an edge between its zone and its
sector, a sum an edge to "all". Each sum says that the edges at a node add up, so a suppressed cell can be computed
exactly when it lies on no cycle of suppressed cells (Gusfield, 1988). Cells are therefore added, the cheapest path
first, until each suppressed one lies on a cycle whose cells are all above zero: then it may move both ways along it.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

ALL = "TOTAL"
MINIMUM_CONTRIBUTORS = 3
DOMINANT_SHARE = Decimal("0.85")
# A suppressed cell should be uncertain by a tenth of itself at least, where the table allows it.
PROTECTION = Decimal("0.1")

Cell = tuple[str, str]  # (zone or ALL, sector or ALL)
Node = tuple[str, str]


@dataclass
class Table:
    """One measure of one period: who contributes how much to each cell; amounts below zero count by their size."""

    contributions: dict[Cell, dict[str, Decimal]] = field(default_factory=dict)

    def add(self, zone: str, sector: str, enterprise: str, amount: Decimal) -> None:
        """Add an enterprise's amount to its cell and to the three sums that hold it."""
        for cell in ((zone, sector), (zone, ALL), (ALL, sector), (ALL, ALL)):
            of_cell = self.contributions.setdefault(cell, {})
            of_cell[enterprise] = of_cell.get(enterprise, Decimal(0)) + amount

    def weights(self) -> dict[Cell, Decimal]:
        """Size of each cell: what its enterprises contribute, regardless of sign."""
        return {cell: sum(map(abs, given.values()), Decimal(0)) for cell, given in self.contributions.items()}

    def unsafe(self) -> set[Cell]:
        """Cells that the primary rule suppresses; a cell to which nobody contributes tells nothing."""
        return {cell for cell, given in self.contributions.items() if _is_unsafe(map(abs, given.values()))}


def pattern(tables: Collection[Table], carried: Iterable[Cell] = ()) -> set[Cell]:
    """Cells to suppress, the same in all ``tables`` (periods that are shown side by side).

    ``carried``: cells that were suppressed where the same figures, or others they are compared with, were told before.
    """
    known = {cell for table in tables for cell in table.contributions}
    suppressed = {cell for cell in carried if cell in known}
    for table in tables:
        suppressed |= table.unsafe()
    before: set[Cell] = set()
    while before != suppressed:
        before = set(suppressed)
        for table in tables:
            _protect(table.weights(), table.unsafe(), suppressed)
    return suppressed


@dataclass(frozen=True)
class MonthAmount:
    """An indicator's total of one month: its size, and whether the primary rule suppresses it."""

    size: Decimal
    is_unsafe: bool


def is_unsafe_total(contributors: int, largest_two_share_pct: float | None) -> bool:
    """The primary rule on what is known of a sum: how many add to it, and the share of the largest two in per cent."""
    return contributors > 0 and (
        contributors < MINIMUM_CONTRIBUTORS or Decimal(str(largest_two_share_pct or 0)) > DOMINANT_SHARE * 100
    )


def month_pattern(
    years: Collection[Mapping[int, MonthAmount]],
    *,
    is_summed: bool,
    is_total_suppressed: bool,
    carried: Iterable[int] = (),
) -> set[int]:
    """Months (1 to 12) to suppress, the same in all ``years`` that are shown side by side.

    The months of a flow sum to the half-year's total: when that is told, one suppressed month alone would be the rest.
    So others are added, the smallest first, until each suppressed one could be smaller or larger by ``PROTECTION``.
    When the total is suppressed no month is told, for a sum as for a stock (its last month is the total).
    """
    known = {month for year in years for month in year}
    if is_total_suppressed:
        return known
    suppressed = {month for month in carried if month in known}
    suppressed |= {month for year in years for month, amount in year.items() if amount.is_unsafe}
    if not is_summed or not suppressed:
        return suppressed
    before: set[int] = set()
    while before != suppressed:
        before = set(suppressed)
        for year in years:
            suppressed |= _others(year, suppressed)
    return suppressed


def _others(year: Mapping[int, MonthAmount], suppressed: set[int]) -> set[int]:
    """The months to add so that what is suppressed in this year cannot be worked out from the sum."""
    added: set[int] = set()
    for month in sorted(suppressed & set(year)):
        own = year[month]
        if not own.size:
            continue
        room = sum((year[one].size for one in (suppressed | added) & set(year) if one != month), Decimal(0))
        needed = PROTECTION * own.size if own.is_unsafe else Decimal(0)
        left = sorted((one for one in year if one not in suppressed | added and year[one].size),
                      key=lambda one: (year[one].size, one))  # fmt: skip
        while left and (room == 0 or room < needed):
            enough = [one for one in left if room + year[one].size >= needed]
            chosen = enough[0] if enough else left[-1]
            left.remove(chosen)
            added.add(chosen)
            room += year[chosen].size
    return added


def _is_unsafe(amounts: Iterable[Decimal]) -> bool:
    given = sorted((amount for amount in amounts if amount), reverse=True)
    return bool(given) and (len(given) < MINIMUM_CONTRIBUTORS or sum(given[:2]) > DOMINANT_SHARE * sum(given))


def _protect(weights: Mapping[Cell, Decimal], unsafe: set[Cell], suppressed: set[Cell]) -> None:
    """Add cells until each suppressed one that is not zero lies on a cycle; the largest are served first.

    Only what the primary rule hides needs room of its own size; what hides it need only not be computable.
    """
    for cell in sorted((one for one in suppressed if weights.get(one)), key=lambda one: (-weights[one], one)):
        roomy = _path(cell, weights, suppressed, PROTECTION * weights[cell]) if cell in unsafe else set()
        suppressed |= roomy or _path(cell, weights, suppressed, Decimal(0))


def _path(target: Cell, weights: Mapping[Cell, Decimal], suppressed: set[Cell], capacity: Decimal) -> set[Cell]:
    """The cheapest way from the target's zone to its sector over other cells of ``capacity``; empty if there is none.

    What is suppressed costs nothing; what is not costs what would be lost, so sums go last and the grand total last of
    all: each is larger than its cells.
    """
    edges: dict[Node, list[tuple[Node, Cell]]] = {}
    for cell, weight in weights.items():
        if cell != target and weight > 0 and weight >= capacity:
            row, column = ("zone", cell[0]), ("sector", cell[1])
            edges.setdefault(row, []).append((column, cell))
            edges.setdefault(column, []).append((row, cell))
    start, goal = ("zone", target[0]), ("sector", target[1])
    best: dict[Node, tuple[Decimal, int]] = {start: (Decimal(0), 0)}
    came: dict[Node, tuple[Node, Cell]] = {}
    queue: list[tuple[Decimal, int, Node]] = [(Decimal(0), 0, start)]
    while queue:
        cost, length, node = heapq.heappop(queue)
        if node == goal:
            return _walk(came, start, goal)
        if (cost, length) > best[node]:
            continue
        for following, cell in sorted(edges.get(node, ())):
            reached = (cost + (Decimal(0) if cell in suppressed else weights[cell]), length + 1)
            if following not in best or reached < best[following]:
                best[following] = reached
                came[following] = (node, cell)
                heapq.heappush(queue, (*reached, following))
    return set()


def _walk(came: Mapping[Node, tuple[Node, Cell]], start: Node, goal: Node) -> set[Cell]:
    cells, node = set(), goal
    while node != start:
        node, cell = came[node]
        cells.add(cell)
    return cells
