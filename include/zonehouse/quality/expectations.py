"""Our own Expectation classes, for what the native ones do not say: rules over history, over tables, over columns.

Great Expectations finds them by the type that a suite names, once this module is imported (by the runner, which has
imported Great Expectations by then: nothing else may import it). Each class fills in its query and, where the suite
gives no description, the sentence that Data Docs and verdicts show; both come from ``rules.py``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.components import (
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.renderer import renderer

from zonehouse.quality import words
from zonehouse.quality.rules import RULES


class RowsOfRule(UnexpectedRowsExpectation):
    """What our expectations have in common: the rows that a rule's query gives are those that fail."""

    unexpected_rows_query: str = ""

    @pydantic.root_validator(pre=True)
    def _fill_in(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805 - as pydantic wants it
        rule = RULES.get(cls.expectation_type)
        if rule is None:
            return values
        filled = {**{name: field.default for name, field in cls.__fields__.items()}, **values}
        return values | {
            "unexpected_rows_query": rule.query(filled),
            "description": values.get("description") or rule.description(filled),
        }

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
        **_kwargs: Any,  # noqa: ANN401 - Great Expectations' signature
    ) -> list[RenderedStringTemplateContent]:
        """The rule as a sentence, not as its SQL."""
        written = configuration or (result.expectation_config if result else None)
        if written is None:
            return []
        sentence = written.description or RULES[cls.expectation_type].description(written.kwargs)
        styling = (runtime_configuration or {}).get("styling", {})
        return [RenderedStringTemplateContent(string_template={"template": sentence, "styling": styling})]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> str:
        """``0 dòng / 0 rows``."""
        count = (result.result or {}).get("observed_value") if result else None
        return "--" if count is None else f"{words.rows(count, 'vi')} / {words.rows(count, 'en')}"


class ExpectColumnValuesToBeInTable(RowsOfRule):
    """Each value of ``column`` is one of ``table``'s ``key`` (the same name when not given); NULL fails if required."""

    column: str
    table: str
    key: str | None = None
    required: bool = False
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "column", "table", "key", "required")


class ExpectColumnValuesToMatchWholePattern(RowsOfRule):
    """Each value of ``column`` matches ``pattern`` from end to end (native regular expressions know no DuckDB)."""

    column: str
    pattern: str
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "column", "pattern")


class ExpectPartsToBeWithinWhole(RowsOfRule):
    """In each row the sum of the columns ``parts`` (NULL is zero) is not more than the column ``whole``."""

    parts: list[str]
    whole: str
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "parts", "whole")


class ExpectModifiedZScoreToBeWithinBound(RowsOfRule):
    """No value of ``fct_comparison`` is further out than ``bound`` (Iglewicz and Hoaglin, 1993: 3.5)."""

    bound: float
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "bound")


class ExpectNoPowerOfTenAgainstOwnHistory(RowsOfRule):
    """No value of ``fct_comparison`` is about 10ⁿ times what the enterprise's own history leads to expect."""


class ExpectRatioToSameMonthLastYearToBeBetween(RowsOfRule):
    """Each value of ``fct_comparison`` is between ``min_ratio`` and ``max_ratio`` times that of a year before."""

    min_ratio: float
    max_ratio: float
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "min_ratio", "max_ratio")


class ExpectYearToDateToGrowByTheMonth(RowsOfRule):
    """In ``fct_comparison`` YTD(t) − YTD(t−1) is the month, within ``tolerance`` (units) or ``tolerance_pct``."""

    tolerance: float
    tolerance_pct: float
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "tolerance", "tolerance_pct")


class ExpectSumsToEqualOtherTable(RowsOfRule):
    """By ``keys``, row counts and sums of ``measures`` are exactly those of ``other_table``.

    An active replacement in ``edits_table`` (as ``fct_override``) counts in the place of the other table's number.
    """

    other_table: str
    keys: list[str]
    measures: list[str]
    other_condition: str | None = None
    edits_table: str | None = None
    success_keys: ClassVar[tuple[str, ...]] = (
        "unexpected_rows_query",
        "other_table",
        "keys",
        "measures",
        "other_condition",
        "edits_table",
    )
