"""No suppressed cell can be worked out from what is published: exact linear algebra, and intervals by programming."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from zonehouse.publish.disclosure import ALL, Cell, Table, pattern

# (zone, sector, enterprise, amount now, amount a year before)
Leaf = tuple[int, int, int, int, int]
LEAVES = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 3), st.integers(0, 11), st.sampled_from([0, 1, 2, 3, 10, 50, 1000]),
        st.sampled_from([0, 1, 4, 20, 900]),
    ),
    min_size=1,
    max_size=30,
)  # fmt: skip


def tables_of(leaves: Collection[Leaf]) -> tuple[Table, Table]:
    now, then = Table(), Table()
    for zone, sector, enterprise, amount, before in leaves:
        now.add(f"Z{zone}", f"S{sector}", f"E{enterprise}", Decimal(amount))
        then.add(f"Z{zone}", f"S{sector}", f"E{enterprise}", Decimal(before))
    return now, then


def equations(table: Table) -> tuple[list[Cell], list[dict[Cell, int]]]:
    """Each published sum as an equation over all cells: inner cells less their margin are zero."""
    cells = sorted(table.contributions)
    zones, sectors = sorted({zone for zone, _ in cells}), sorted({sector for _, sector in cells})
    rows = [{cell: -1 if cell[1] == ALL else 1 for cell in cells if cell[0] == zone} for zone in zones]
    columns = [{cell: -1 if cell[0] == ALL else 1 for cell in cells if cell[1] == sector} for sector in sectors]
    return cells, rows + columns


def computable(table: Table, hidden: set[Cell]) -> set[Cell]:
    """Hidden cells that the published ones determine: unit vectors in the row space, by exact elimination."""
    cells, sums = equations(table)
    unknown = [cell for cell in cells if cell in hidden]
    matrix = [[Fraction(one.get(cell, 0)) for cell in unknown] for one in sums]
    done = 0
    for column in range(len(unknown)):
        pivot = next((row for row in range(done, len(matrix)) if matrix[row][column]), None)
        if pivot is None:
            continue
        matrix[done], matrix[pivot] = matrix[pivot], matrix[done]
        head = matrix[done][column]
        matrix[done] = [value / head for value in matrix[done]]
        for row in range(len(matrix)):
            if row != done and matrix[row][column]:
                factor = matrix[row][column]
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[done], strict=True)]
        done += 1
    return {
        unknown[next(place for place, value in enumerate(row) if value)]
        for row in matrix
        if sum(1 for value in row if value) == 1
    }


def interval(table: Table, hidden: set[Cell], target: Cell) -> tuple[float, float]:
    """What an outsider who knows that amounts are not negative can say of a hidden cell."""
    cells, sums = equations(table)
    weights = table.weights()
    unknown = [cell for cell in cells if cell in hidden]
    left = [[one.get(cell, 0) for cell in unknown] for one in sums]
    right = [-float(sum(sign * weights[cell] for cell, sign in one.items() if cell not in hidden)) for one in sums]
    goal = [1 if cell == target else 0 for cell in unknown]
    bounds = [(0, None)] * len(unknown)
    lowest = linprog(goal, A_eq=left, b_eq=right, bounds=bounds)
    highest = linprog([-one for one in goal], A_eq=left, b_eq=right, bounds=bounds)
    assert lowest.status == 0
    # Status 3: without an upper end (the grand total is hidden too).
    return lowest.fun, float("inf") if highest.status == 3 else -highest.fun


@settings(max_examples=150, deadline=None)
@given(LEAVES, st.sets(st.tuples(st.sampled_from(["Z0", "Z1", ALL]), st.sampled_from(["S0", "S1", ALL]))))
def test_no_suppressed_cell_can_be_computed_from_published_sums(leaves: list[Leaf], carried: set[Cell]) -> None:
    tables = tables_of(leaves)
    hidden = pattern(tables, carried)
    for table in tables:
        assert table.unsafe() <= hidden
        told = {cell for cell, weight in table.weights().items() if weight}
        # A zero is nobody's figure; what is above zero must stay unknown.
        assert not computable(table, hidden) & told
    assert {cell for cell in carried if cell in tables[0].contributions} <= hidden


@settings(max_examples=25, deadline=None)
@given(LEAVES)
def test_a_suppressed_cell_is_not_pinned_down_by_signs_either(leaves: list[Leaf]) -> None:
    tables = tables_of(leaves)
    hidden = pattern(tables)
    for table in tables:
        weights = table.weights()
        for cell in sorted(table.unsafe()):
            lowest, highest = interval(table, hidden, cell)
            assert lowest < float(weights[cell]) < highest


def test_the_primary_rule_is_three_enterprises_and_eighty_five_per_cent() -> None:
    table = Table()
    for sector, amounts in {"two": (5, 5), "three": (30, 30, 30), "at": (50, 35, 15), "over": (50, 36, 14)}.items():
        for number, amount in enumerate(amounts):
            table.add("Z", sector, f"E{number}", Decimal(amount))
    table.add("Z", "none", "E0", Decimal(0))
    assert {sector for zone, sector in table.unsafe() if zone == "Z"} == {"two", "over"}


def safe(table: Table, zone: str, sector: str, total: int) -> None:
    for number in range(4):
        table.add(zone, sector, f"{zone}{sector}{number}", Decimal(total) / 4)


@pytest.fixture
def square() -> Table:
    """Two zones, two sectors; one enterprise alone in Z1 × S1."""
    table = Table()
    table.add("Z1", "S1", "ALONE", Decimal(8))
    for zone, sector, total in (("Z1", "S2", 40), ("Z2", "S1", 60), ("Z2", "S2", 100), ("Z2", "S3", 20)):
        safe(table, zone, sector, total)
    return table


def test_the_cheapest_cells_hide_a_cell_and_the_sums_stay(square: Table) -> None:
    assert pattern([square]) == {("Z1", "S1"), ("Z1", "S2"), ("Z2", "S1"), ("Z2", "S2")}


def test_one_suppressed_cell_alone_would_be_computed(square: Table) -> None:
    """The check itself sees a leak: the rest of the row or of the column gives the cell."""
    assert computable(square, {("Z1", "S1")}) == {("Z1", "S1")}
    assert computable(square, {("Z1", "S1"), ("Z1", "S2")}) == {("Z1", "S1"), ("Z1", "S2")}


def test_an_enterprise_alone_in_a_one_cell_table_takes_every_sum_with_it() -> None:
    table = Table()
    table.add("Z", "S", "ALONE", Decimal(5))
    assert pattern([table]) == {("Z", "S"), ("Z", ALL), (ALL, "S"), (ALL, ALL)}


def test_both_periods_have_the_pattern_of_the_one_that_needs_it(square: Table) -> None:
    quiet = Table()
    for zone, sector in (("Z1", "S1"), ("Z1", "S2"), ("Z2", "S1"), ("Z2", "S2"), ("Z2", "S3")):
        safe(quiet, zone, sector, 40)
    assert pattern([quiet]) == set()
    assert pattern([quiet, square]) >= pattern([square])


def test_what_was_suppressed_before_stays_so_and_is_protected_again(square: Table) -> None:
    hidden = pattern([square], carried=[("Z2", "S3"), ("Z9", "S9")])
    assert ("Z2", "S3") in hidden
    assert ("Z9", "S9") not in hidden
    assert not computable(square, hidden)
