"""Rules between totals: the quick answer never says yes where the exact one says no."""

from __future__ import annotations

import random
from decimal import Decimal

from zonehouse.intake.cells import Value
from zonehouse.intake.cross import _is_broken, _surely_holds, _total
from zonehouse.intake.plan import CrossCheckPlan, TotalPlan

LEFT, RIGHT = TotalPlan("left", 2, "a"), TotalPlan("right", 2, "b")


def _column(chance: random.Random, total: float) -> list[list[Value]]:
    """Sheets, rows, numbers that add up to about ``total``, some of them read from text, and marks."""
    count = chance.randrange(1, 6)
    parts: list[Value] = [round(total / count, chance.choice([0, 3, 6, 12])) for _ in range(count)]
    values: list[Value] = [f"{part:.6f}" if chance.random() < 0.2 else part for part in parts]
    if chance.random() < 0.1:
        values[0] = None
    marks: list[Value] = [chance.choice(["dash", "blank"]) if value is None else None for value in values]
    return [["S"] * count, list(range(2, count + 2)), values, marks]


def test_what_surely_holds_is_not_broken() -> None:
    chance = random.Random(20161108)
    sure, broken = 0, 0
    for _ in range(4_000):
        size = 10 ** chance.uniform(-6, 15)
        tolerance = chance.choice(["0", "0.000001", "0.5", "1", "100"])
        near = 1 + float(tolerance) / 100 * chance.choice([0, 1, 1, -1]) + chance.choice([0, 1e-15, -1e-15, 1e-9, 0.1])
        sections = {"left": _column(chance, size * near), "right": _column(chance, chance.choice([size, 0.0, -size]))}
        for rule in ("needs", "less_or_equal", "equal", "at_most_times"):
            times = Decimal(1 + float(tolerance) / 100)
            check = CrossCheckPlan("c", rule, "error", LEFT, RIGHT, Decimal(tolerance), "", "", times)
            left, right = _total(LEFT, sections), _total(RIGHT, sections)
            is_broken = left is not None and right is not None and _is_broken(check, left, right)
            is_sure = _surely_holds(check, sections)
            assert not (is_sure and is_broken), (rule, tolerance, sections)
            sure, broken = sure + is_sure, broken + is_broken
    assert sure > 1_000 and broken > 1_000, "both answers are given"


def test_a_section_without_rows_is_zero_and_one_that_is_not_there_is_not_known() -> None:
    needs = CrossCheckPlan("c", "needs", "error", LEFT, TotalPlan("right", None, None), Decimal(0), "", "")
    filled = _column(random.Random(1), 5.0)
    assert not _surely_holds(needs, {"left": filled, "right": []})
    assert not _surely_holds(needs, {"left": filled})
    assert _surely_holds(needs, {"left": filled, "right": filled})
