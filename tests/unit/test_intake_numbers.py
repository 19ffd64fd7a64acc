"""Numbers typed as text: what reads in one way is read, what reads in two is not guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonehouse.intake.numbers import NumberError, decimal_mark_of, parse_number

amounts = st.decimals(min_value=-(10**15), max_value=10**15, places=2, allow_nan=False, allow_infinity=False)


def _written(value: Decimal, group: str, mark: str) -> str:
    return f"{value:,.2f}".replace(",", "\0").replace(".", mark).replace("\0", group)


@given(
    amounts,
    st.sampled_from([(".", ","), (",", "."), (" ", ","), ("\u00a0", ","), ("\u202f", "."), ("'", "."), ("", ",")]),
)
def test_both_ways_of_writing_give_the_number_back(value: Decimal, marks: tuple[str, str]) -> None:
    assert parse_number(_written(value, *marks)) == value


@given(st.integers(min_value=1000, max_value=10**15), st.sampled_from(".,"))
def test_a_lone_mark_before_three_digits_is_ambiguous_until_the_sheet_settles_it(value: int, mark: str) -> None:
    text = f"{value:,}".replace(",", mark)
    if text.count(mark) > 1:
        assert parse_number(text) == value
        return
    with pytest.raises(NumberError, match="ambiguous_number"):
        parse_number(text)
    other = "." if mark == "," else ","
    assert parse_number(text, decimal_mark=other) == value
    assert parse_number(text, decimal_mark=mark) == Decimal(value) / 1000


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        parse_number(text)
    except NumberError as error:
        assert error.code in ("not_a_number", "ambiguous_number")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.327,37", "1327.37"),
        ("1,327.37", "1327.37"),
        ("34.422.973", "34422973"),
        ("34 422 973", "34422973"),
        ("(1.200,5)", "-1200.5"),
        ("-7", "-7"),
        ("−7,25", "-7.25"),
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("1327.370", "1327.370"),
        ("12,5", "12.5"),
        ("007", "7"),
    ],
)
def test_read(text: str, value: str) -> None:
    assert parse_number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12a",
        "1.23.456",
        "1,23,456",
        "1.327,37.1",
        "1..2",
        ",5",
        "5,",
        "1 23",
        "12%",
        "01.234",
        "--5",
        "(5",
        "1e5",
        "١٢",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(NumberError, match="not_a_number"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1.327,37", ","),
        ("1,327.37", "."),
        ("34.422.973", ","),
        ("12,5", ","),
        ("0.125", "."),
        ("1.327", None),
        ("12", None),
        ("a,5", None),
    ],
)
def test_evidence_of_the_decimal_mark(text: str, mark: str | None) -> None:
    assert decimal_mark_of(text) == mark
