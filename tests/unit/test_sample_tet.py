"""The table of Tết dates, against computed new moons."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest

from zonehouse.periods import Month
from zonehouse.sample.tet import FIRST_DAYS, idle_share


def _new_moon(k: int) -> datetime:
    """The k-th new moon after January 2000 on a Vietnamese clock (Meeus, Astronomical Algorithms, ch. 49)."""
    t = k / 1236.85
    day = 2451550.09766 + 29.530588861 * k + 0.00015437 * t**2
    sun, moon, latitude = (
        math.radians(angle % 360)
        for angle in (
            2.5534 + 29.10535670 * k,
            201.5643 + 385.81693528 * k + 0.0107582 * t**2,
            160.7108 + 390.67050284 * k - 0.0016118 * t**2,
        )
    )
    day += -0.40720 * math.sin(moon) + 0.17241 * math.sin(sun) + 0.01608 * math.sin(2 * moon)
    day += 0.01039 * math.sin(2 * latitude) + 0.00739 * math.sin(moon - sun) - 0.00514 * math.sin(moon + sun)
    return datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(
        days=day - 2451545.0, hours=7, seconds=-70
    )  # TT to UTC, then UTC+7


def _first_month_begins(year: int) -> date:
    """The new moon between 21 January and 20 February: the first lunar month holds the sun's entry into Pisces."""
    about = round((year - 2000) * 12.3685)
    moons = [_new_moon(about + step).date() for step in range(-2, 4)]
    return next(day for day in moons if date(year, 1, 21) <= day <= date(year, 2, 20))


@pytest.mark.parametrize("year", range(2010, 2031))
def test_each_date_is_the_day_of_the_new_moon_in_vietnam(year: int) -> None:
    assert FIRST_DAYS[year] == _first_month_begins(year)


def test_the_idle_days_fall_in_the_months_around_tet() -> None:
    assert idle_share(Month(2015, 2)) == pytest.approx(11 / 28)
    assert idle_share(Month(2015, 1)) == 0
    # 28 January 2017: four idle days of February after seven of January
    assert idle_share(Month(2017, 1)) == pytest.approx(7 / 31)
    assert idle_share(Month(2017, 2)) == pytest.approx(4 / 28)


def test_an_unknown_year_is_refused_not_guessed() -> None:
    with pytest.raises(ValueError, match="2031"):
        idle_share(Month(2031, 1))
