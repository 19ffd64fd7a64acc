"""Months and half-years."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonehouse.intake.cells import parse_date, parse_month
from zonehouse.periods import HalfYear, Month, affected_by, affected_half_years, month_range

months = st.builds(Month, st.integers(1901, 2998), st.integers(1, 12))


@given(months, st.integers(-120, 120))
def test_adding_months_is_undone_by_subtracting(month: Month, step: int) -> None:
    later = Month(2000, 1) + step
    assert later - Month(2000, 1) == step
    assert Month.parse(str(month)) == month


@given(months)
def test_a_month_moves_its_half_year_and_those_that_read_it(month: Month) -> None:
    own, *others = affected_half_years(month)
    assert month in own.months
    assert own.same_period_next_year in others
    assert HalfYear.parse(str(own)) == own
    around = {HalfYear(year, half) for year in range(max(month.year - 1, 1901), month.year + 2) for half in (1, 2)}
    reading = {one for one in around if month in one.months_read}
    assert reading == {own, *others}


@given(st.dates(date(1901, 1, 1), date(2998, 12, 31)))
def test_every_day_lies_between_the_first_and_last_of_its_month(day: date) -> None:
    month = Month.of(day)
    assert month.first_day <= day <= month.last_day
    assert (month + 1).first_day.toordinal() - month.last_day.toordinal() == 1


def test_edges_of_half_years() -> None:
    assert HalfYear(2016, 1).months == tuple(month_range(Month(2016, 1), Month(2016, 6)))
    assert Month(2016, 6).half_year == HalfYear(2016, 1)
    assert Month(2016, 7).half_year == HalfYear(2016, 2)
    assert affected_by([Month(2016, 6), Month(2016, 5), Month(2015, 6)]) == [
        HalfYear(2015, 1),
        HalfYear(2015, 2),
        HalfYear(2016, 1),
        HalfYear(2016, 2),
        HalfYear(2017, 1),
        HalfYear(2017, 2),
    ]
    assert HalfYear(2016, 2).months_read == tuple(month_range(Month(2015, 1), Month(2016, 12)))
    assert HalfYear(2016, 1).months_read == tuple(month_range(Month(2015, 1), Month(2016, 6)))
    assert list(month_range(Month(2016, 2), Month(2016, 1))) == []


@pytest.mark.parametrize("text", ["2016-13", "2016-0", "16-05", "2016-05-01", "", "2016-5"])
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


@given(
    months,
    st.sampled_from(
        [
            "{y}-{m:02d}",
            "{m:02d}/{y}",
            "{m}/{y}",
            "tháng {m}/{y}",
            "Tháng {m:02d} năm {y}",
            "THÁNG {m}-{y}",
            "T{m}/{y}",
            "{y}/{m}",
            "{m:02d}.{y}",
        ]
    ),
)
def test_months_as_people_write_them(month: Month, shape: str) -> None:
    assert parse_month(shape.format(y=month.year, m=month.number)) == str(month)


@given(st.text(max_size=12))
def test_any_text_is_a_month_or_none(text: str) -> None:
    found = parse_month(text)
    assert found is None or str(Month.parse(found)) == found


@pytest.mark.parametrize("text", ["13/2016", "0/2016", "05/16", "5", "quý 2/2016", "2016", "31/02/2016"])
def test_texts_that_name_no_month(text: str) -> None:
    assert parse_month(text) is None


@given(
    st.dates(date(1901, 1, 1), date(2998, 12, 31)),
    st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "ngày %d tháng %m năm %Y"]),
)
def test_dates_are_read_day_first(day: date, shape: str) -> None:
    assert parse_date(day.strftime(shape)) == day


@pytest.mark.parametrize("text", ["05/31/2016", "31/05/16", "31.5", "2016-02-30", "hôm qua"])
def test_texts_that_are_no_date(text: str) -> None:
    assert parse_date(text) is None
