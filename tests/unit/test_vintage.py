"""When a release is an estimate, revised, or final."""

from __future__ import annotations

from datetime import date

import pytest

from zonehouse.publish.vintage import FormCoverage, least_mature, vintage_of

DUE = date(2016, 7, 12)
RETURN_DUE = date(2016, 7, 15)


def forms(*, whole: bool = True, missing: int = 0, missing_returns: int = 0) -> list[FormCoverage]:
    return [FormCoverage(whole, DUE, missing), FormCoverage(whole, RETURN_DUE, missing_returns)]


@pytest.mark.parametrize(
    ("published_on", "whole", "missing", "missing_returns", "vintage"),
    [
        # The page of 2016-H1 appeared one day before the June reports were due.
        (date(2016, 7, 11), True, 30, 1, "estimate"),
        # Complete before the day: whoever reported may still amend in time.
        (date(2016, 7, 11), True, 0, 0, "estimate"),
        # The due day itself still belongs to those who report; so does that of the last form.
        (DUE, True, 0, 0, "estimate"),
        (RETURN_DUE, True, 0, 0, "estimate"),
        (date(2016, 7, 16), True, 0, 0, "final"),
        (date(2016, 7, 16), True, 1, 0, "revised"),
        (date(2016, 7, 16), True, 0, 1, "revised"),
        # Years later, but only to May: part of a half-year is never final.
        (date(2018, 1, 1), False, 0, 0, "estimate"),
    ],
)
def test_the_vintage_follows_day_and_coverage(
    published_on: date, whole: bool, missing: int, missing_returns: int, vintage: str
) -> None:
    assert vintage_of(published_on, forms(whole=whole, missing=missing, missing_returns=missing_returns)) == vintage


def test_of_several_authorities_the_least_mature_counts() -> None:
    assert least_mature(["final", "revised"]) == "revised"
    assert least_mature(["final", "estimate", "revised"]) == "estimate"
    assert least_mature([]) is None


def test_without_a_form_nothing_can_be_said() -> None:
    with pytest.raises(ValueError, match="at least one form"):
        vintage_of(DUE, [])
