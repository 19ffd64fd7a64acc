"""Tết Nguyên Đán: the dates, and how much of a month's work it takes."""

from __future__ import annotations

from datetime import date, timedelta

from zonehouse.periods import Month

# First day of the Vietnamese lunar year: the day of the new moon at UTC+7 (Decision 121/CP of 8 August 1967), so 2030
# falls a day before the Chinese new year. tests/unit/test_sample_tet.py computes each new moon (Meeus, Astronomical
# Algorithms, chapter 49) and compares.
FIRST_DAYS: dict[int, date] = {
    day.year: day
    for day in (
        date(2010, 2, 14),
        date(2011, 2, 3),
        date(2012, 1, 23),
        date(2013, 2, 10),
        date(2014, 1, 31),
        date(2015, 2, 19),
        date(2016, 2, 8),
        date(2017, 1, 28),
        date(2018, 2, 16),
        date(2019, 2, 5),
        date(2020, 1, 25),
        date(2021, 2, 12),
        date(2022, 2, 1),
        date(2023, 1, 22),
        date(2024, 2, 10),
        date(2025, 1, 29),
        date(2026, 2, 17),
        date(2027, 2, 6),
        date(2028, 1, 26),
        date(2029, 2, 13),
        date(2030, 2, 2),
    )
}

_IDLE_BEFORE = timedelta(days=3)  # workers travel home before the eve
_IDLE_DAYS = 11  # from then until factories run again, the statutory days off included


def idle_share(month: Month) -> float:
    """The share of the month's days, 0 to 0.4, that factories stand still for Tết.

    Raises:
        ValueError: no date is known for the year.
    """
    if month.year not in FIRST_DAYS:
        known = f"{min(FIRST_DAYS)}–{max(FIRST_DAYS)}"
        raise ValueError(f"the date of Tết {month.year} is not known (known: {known}); add it to zonehouse.sample.tet")
    first_idle = FIRST_DAYS[month.year] - _IDLE_BEFORE
    idle = sum(Month.of(first_idle + timedelta(days=step)) == month for step in range(_IDLE_DAYS))
    return idle / month.last_day.day
