"""Tết Nguyên Đán: the dates, and how much of a month's work it takes."""

from __future__ import annotations

import csv
from datetime import date, timedelta

from zonehouse.periods import Month
from zonehouse.settings import PROJECT_ROOT

_SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "lunar_new_year.csv"


def _first_days() -> dict[int, date]:
    with _SEED.open(encoding="utf-8", newline="") as lines:
        return {int(row["year_number"]): date.fromisoformat(row["first_day"]) for row in csv.DictReader(lines)}


# First day of the Vietnamese lunar year: the day of the new moon at UTC+7 (Decision 121/CP of 8 August 1967), so 2030
# falls a day before the Chinese new year. tests/unit/test_sample_tet.py computes each new moon (Meeus, Astronomical
# Algorithms, chapter 49) and compares.
FIRST_DAYS: dict[int, date] = _first_days()

_IDLE_BEFORE = timedelta(days=3)  # workers travel home before the eve
_IDLE_DAYS = 11  # from then until factories run again, the statutory days off included


def idle_share(month: Month) -> float:
    """The share of the month's days, 0 to 0.4, that factories stand still for Tết.

    Raises:
        ValueError: no date is known for the year.
    """
    if month.year not in FIRST_DAYS:
        known = f"{min(FIRST_DAYS)}–{max(FIRST_DAYS)}"
        raise ValueError(f"the date of Tết {month.year} is not known (known: {known}); add it to the seed {_SEED.name}")
    first_idle = FIRST_DAYS[month.year] - _IDLE_BEFORE
    idle = sum(Month.of(first_idle + timedelta(days=step)) == month for step in range(_IDLE_DAYS))
    return idle / month.last_day.day
