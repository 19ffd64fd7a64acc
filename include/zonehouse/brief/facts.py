"""What the sentences say, before it is put into a language."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from zonehouse.brief.data import BriefData, Contact, Figure, Name

HOME_COUNTRY = "VN"  # the law that the forms follow is Vietnam's; "domestic" means from here
MOST_SECTORS = 5


def value_of(data: BriefData, code: str) -> Decimal | None:
    """The total of an indicator; None when the mart has no such row or no value in it."""
    figure = data.figures.get(code)
    return figure.value if figure else None


def figure_of(data: BriefData, code: str) -> Figure | None:
    """The total row of an indicator, if it has a value."""
    figure = data.figures.get(code)
    return figure if figure is not None and figure.value is not None else None


def is_withheld(data: BriefData, code: str) -> bool:
    """Whether the total of an indicator is kept from the public."""
    figure = data.figures.get(code)
    return figure is not None and figure.is_suppressed


def main_region(contacts: Sequence[Contact]) -> Name | None:
    """The region that more than half of the visits came from, if there is one."""
    total = sum((one.visits for one in contacts), Decimal(0))
    by_region: dict[str, Decimal] = {}
    names: dict[str, Name] = {}
    for one in contacts:
        by_region[one.region_code] = by_region.get(one.region_code, Decimal(0)) + one.visits
        names[one.region_code] = one.region
    return next((names[code] for code, visits in by_region.items() if visits * 2 > total), None)


def sectors(contacts: Sequence[Contact]) -> tuple[list[Name], bool]:
    """The sectors asked about, most visits first, at most ``MOST_SECTORS``; and whether there were more."""
    visits: dict[Name, Decimal] = {}
    for one in contacts:
        if one.sector is not None:
            visits[one.sector] = visits.get(one.sector, Decimal(0)) + one.visits
    ranked = sorted(visits, key=lambda sector: (-visits[sector], sector.vi))
    return ranked[:MOST_SECTORS], len(ranked) > MOST_SECTORS


def origins(contacts: Sequence[Contact]) -> tuple[bool, bool]:
    """Whether there were visitors from the country itself, and from abroad."""
    countries = {one.country_code for one in contacts if one.visits > 0}
    return HOME_COUNTRY in countries, bool(countries - {HOME_COUNTRY})


def ends_early(data: BriefData) -> bool:
    """Whether the last months of the half-year are not reported yet."""
    return data.through_month < data.half_year.last_month


def month_count(data: BriefData) -> int:
    """How many months of the half-year are counted."""
    return data.through_month - data.half_year.first_month + 1
