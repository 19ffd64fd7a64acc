"""Months and half-years: the only code that knows how months make half-years.

The dbt seed ``calendar_month`` is written from here (``zonehouse.periods.calendar_rows``), so SQL
never repeats this arithmetic.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
_HALF_YEAR = re.compile(r"^(\d{4})-H([12])$")


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, written ``2016-05``."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 12 or not 1900 <= self.year <= 2999:
            raise ValueError(f"no such month: year {self.year}, month {self.number}")

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``YYYY-MM``; raises ValueError for anything else."""
        match = _MONTH.match(text)
        if match is None:
            raise ValueError(f"a month is written YYYY-MM, such as 2016-05; found {text!r}")
        return cls(int(match.group(1)), int(match.group(2)))

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that holds ``day``."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    @property
    def half_year(self) -> HalfYear:
        return HalfYear(self.year, 1 if self.number <= 6 else 2)

    @property
    def same_month_last_year(self) -> Month:
        return self + -12

    def __add__(self, months: int) -> Month:
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    def __sub__(self, other: Month) -> int:
        """Whole months from ``other`` to ``self``."""
        return (self.year - other.year) * 12 + self.number - other.number


@dataclass(frozen=True, order=True)
class HalfYear:
    """A half of a calendar year, written ``2016-H1``."""

    year: int
    half: int

    def __post_init__(self) -> None:
        if self.half not in (1, 2) or not 1900 <= self.year <= 2999:
            raise ValueError(f"no such half-year: year {self.year}, half {self.half}")

    @classmethod
    def parse(cls, text: str) -> HalfYear:
        """Read ``YYYY-H1`` or ``YYYY-H2``; raises ValueError for anything else."""
        match = _HALF_YEAR.match(text)
        if match is None:
            raise ValueError(f"a half-year is written YYYY-H1 or YYYY-H2, such as 2016-H1; found {text!r}")
        return cls(int(match.group(1)), int(match.group(2)))

    def __str__(self) -> str:
        return f"{self.year:04d}-H{self.half}"

    @property
    def first_month(self) -> Month:
        return Month(self.year, 1 if self.half == 1 else 7)

    @property
    def last_month(self) -> Month:
        return self.first_month + 5

    @property
    def months(self) -> tuple[Month, ...]:
        return tuple(month_range(self.first_month, self.last_month))

    @property
    def months_read(self) -> tuple[Month, ...]:
        """The months its figures are made from: its own, those of its base, and the years to date of both.

        That is from January of the year before to its own last month; :func:`affected_half_years` is the reverse.
        """
        return tuple(month_range(Month(self.year - 1, 1), self.last_month))

    @property
    def same_period_last_year(self) -> HalfYear:
        return HalfYear(self.year - 1, self.half)

    @property
    def same_period_next_year(self) -> HalfYear:
        return HalfYear(self.year + 1, self.half)


def month_range(first: Month, last: Month) -> Iterator[Month]:
    """Months from ``first`` to ``last``, both included; none when ``last`` is earlier."""
    for step in range(last - first + 1):
        yield first + step


def affected_half_years(month: Month) -> tuple[HalfYear, ...]:
    """The half-years whose figures a month moves, in order.

    Its own; the second half of its year, whose year to date holds it; and both of next year: it is the base of one,
    and the other shows it between (the first half) or in the year to date that it compares with (the second).
    """
    own = month.half_year
    later = [HalfYear(month.year, 2)] if own.half == 1 else []
    return own, *later, HalfYear(month.year + 1, 1), HalfYear(month.year + 1, 2)


def affected_by(months: Iterable[Month]) -> list[HalfYear]:
    """All half-years that any of ``months`` moves, in order, each once."""
    return sorted({half for month in months for half in affected_half_years(month)})


CALENDAR_COLUMNS = (
    "period_month",
    "first_day",
    "last_day",
    "year_number",
    "month_number",
    "quarter",
    "half_year",
    "same_month_last_year",
    "half_year_first_month",
    "half_year_last_month",
    "same_half_year_last_year",
)


def calendar_rows(first: Month, last: Month) -> Iterator[tuple[str, ...]]:
    """Rows of the dbt seed ``calendar_month``, in the order of ``CALENDAR_COLUMNS``."""
    for month in month_range(first, last):
        half = month.half_year
        yield (
            str(month),
            month.first_day.isoformat(),
            month.last_day.isoformat(),
            str(month.year),
            str(month.number),
            f"{month.year:04d}-Q{(month.number + 2) // 3}",
            str(half),
            str(month.same_month_last_year),
            str(half.first_month),
            str(half.last_month),
            str(half.same_period_last_year),
        )
