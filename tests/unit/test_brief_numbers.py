"""Numbers as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from zonehouse.brief.numbers import (
    RoundThousands,
    amount,
    apart,
    direction,
    in_spoken_unit,
    in_text,
    percent_in_text,
    round_thousands,
    spoken_unit,
    written,
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (265_010_000, 265_060_000, ("265", "265,1")),
        (265_010_000, 265_011_000, ("265,01", "265,011")),
        (None, 265_010_000, ("–", "265")),
        (5, 5, ("0,00001", "0,00001")),
    ],
)
def test_figures_that_differ_are_written_so(before: int | None, after: int, told: tuple[str, str]) -> None:
    assert apart(None if before is None else Decimal(before), Decimal(after), "usd", "vi") == told


@pytest.mark.parametrize(
    ("value", "decimals", "vietnamese", "english"),
    [
        ("1234.5", 1, "1.234,5", "1,234.5"),
        ("1234.0", 1, "1.234", "1,234"),
        ("11740", 0, "11.740", "11,740"),
        ("1234567.849", 2, "1.234.567,85", "1,234,567.85"),
        ("0.04", 1, "0", "0"),
        ("-0.04", 1, "0", "0"),
        ("-1234.56", 1, "-1.234,6", "-1,234.6"),
        ("2.5", 0, "3", "3"),
        ("-2.5", 0, "-3", "-3"),
        ("100", 1, "100", "100"),
        ("999.95", 1, "1.000", "1,000"),
    ],
)
def test_separators_rounding_and_no_trailing_zero(value: str, decimals: int, vietnamese: str, english: str) -> None:
    assert written(Decimal(value), decimals, "vi") == vietnamese
    assert written(Decimal(value), decimals, "en") == english


def test_a_small_amount_is_not_written_as_zero() -> None:
    assert amount(Decimal("0.0304"), 1, "vi") == "0,03"
    assert amount(Decimal("-0.004"), 1, "en") == "-0.004"
    assert amount(Decimal(0), 1, "vi") == "0"
    assert amount(None, 1, "vi") == "–"


def test_an_unknown_number_is_a_dash_and_never_a_zero() -> None:
    assert written(None, 1, "vi") == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("5553.6", "5.554"),
        ("28.96", "29"),
        ("10", "10"),
        ("9.94", "9,9"),
        ("1.051", "1,1"),
        ("6", "6"),
        ("0.0304", "0,03"),
    ],
)
def test_numbers_in_sentences_are_whole_unless_small(value: str, text: str) -> None:
    assert in_text(Decimal(value), "vi") == text


@pytest.mark.parametrize(
    ("value", "text"), [("5.99", "6%"), ("31.5", "32%"), ("0.5", "1%"), ("0.49", "0,5%"), ("0.3", "0,3%"), ("0", "0%")]
)
def test_percentages_in_sentences_are_whole_unless_that_would_say_nothing(value: str, text: str) -> None:
    assert percent_in_text(Decimal(value), "vi") == text


@pytest.mark.parametrize(
    ("value", "way"), [("6", 1), ("0.05", 1), ("0.049", 0), ("0", 0), ("-0.049", 0), ("-0.05", -1), ("-30", -1)]
)
def test_direction(value: str, way: int) -> None:
    assert direction(Decimal(value)) == way


def test_units_of_speech() -> None:
    assert in_spoken_unit(Decimal("5554000"), "vnd_million") == 5554
    assert spoken_unit("vnd_million", "vi") == "tỷ đồng"
    assert in_spoken_unit(Decimal("265000000"), "usd") == 265
    assert spoken_unit("usd", "en") == "USD million"
    assert (spoken_unit("m3", "vi"), in_spoken_unit(Decimal(7), "m3")) == ("m3", 7)


@pytest.mark.parametrize(
    ("people", "told"),
    [
        (28_000, RoundThousands(28, 0)),
        (27_999, RoundThousands(28, -1)),
        (27_500, RoundThousands(28, -1)),
        (27_499, RoundThousands(27, 1)),
        (28_001, RoundThousands(28, 1)),
        (950, RoundThousands(1, -1)),
        (949, None),
        (1_050, RoundThousands(1, 1)),
        (1_051, None),
        (1_480, None),
        (485, None),
        (0, None),
    ],
)
def test_people_in_round_thousands_only_when_close(people: int, told: RoundThousands | None) -> None:
    assert round_thousands(Decimal(people)) == told
