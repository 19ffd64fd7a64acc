"""Who sends what late, twice, wrongly or not at all: drawn once for the whole specification."""

from __future__ import annotations

from zonehouse.periods import Month
from zonehouse.sample.draws import draw
from zonehouse.sample.population import Enterprise
from zonehouse.sample.province import Province, ProvinceError, Quirk

QuirkPlan = dict[tuple[int, Month], Quirk]


def plan_quirks(province: Province, seed: int, enterprises: list[Enterprise]) -> QuirkPlan:
    """(enterprise index, month) → what happens there: at most one thing in a month, and few twice to an enterprise.

    Raises:
        ProvinceError: there is no enterprise left that it could happen to.
    """
    plan: QuirkPlan = {}
    for position, quirk in enumerate(province.quirks):
        able = [e.index for e in enterprises if _can(e, quirk) and (e.index, quirk.month) not in plan]
        if not able:
            raise ProvinceError(f"quirks: no enterprise in operation is left for {quirk.kind} in {quirk.month}")
        burdens = {index: sum(index == who for who, _ in plan) for index in able}
        least = [index for index in able if burdens[index] == min(burdens.values())]
        plan[draw(seed, "quirk", position).choice(least), quirk.month] = quirk
    return plan


def missed(plan: QuirkPlan) -> frozenset[tuple[int, Month]]:
    """The reports that never come."""
    return frozenset(key for key, quirk in plan.items() if quirk.kind == "missed")


def _can(enterprise: Enterprise, quirk: Quirk) -> bool:
    # Not in its first month: an enterprise that starts by missing or misreporting would look like one not yet open.
    return enterprise.reports(quirk.month) and enterprise.reports(quirk.month + -1) and enterprise.operates(quirk.month)
