"""The schema of a form definition; a YAML file that breaks it is refused with the place named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from zonehouse.forms.units import factor_between, other_unit_in
from zonehouse.intake.text import fold
from zonehouse.periods import Month

ValueType = Literal["text", "code", "tax_code", "number", "integer", "date", "month", "boolean"]
Kind = Literal["key", "attribute", "flow", "year_to_date", "since_licence", "stock", "average"]
Severity = Literal["error", "warning", "info"]


def _month(text: str) -> str:
    Month.parse(text)
    return text


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


MonthText = Annotated[str, AfterValidator(_month)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Strict):
    """A text in both languages."""

    vi: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.vi if language == "vi" else self.en


class Code(_Strict):
    """One member of a code list written in the form itself."""

    code: str
    vi: str
    en: str


class _Labelled(_Strict):
    code: Name
    vi: str
    en: str

    @property
    def label(self) -> Text:
        return Text(vi=self.vi, en=self.en)


class CoverField(_Labelled):
    """A label and a value on the cover sheet."""

    type: ValueType
    required: bool


class Pattern(_Strict):
    """The shape that a text must have, and how people are told of it."""

    regex: Annotated[str, AfterValidator(_regex)]
    severity: Severity = "error"
    vi: str
    en: str


class Column(_Labelled):
    """One column of a section; its code is the landing column's name and ends with the unit it is kept in.

    ``unit`` is the same in every version of a form. ``sent_unit`` is what this version asks for when that is another:
    labels, bounds, template and findings speak in it, the reader converts to ``unit``.
    """

    type: ValueType
    kind: Kind
    required: bool
    unit: str | None = None
    sent_unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    minimum_severity: Severity | None = None
    maximum_severity: Severity | None = None
    pattern: Pattern | None = None
    code_list: str | None = None
    codes: tuple[Code, ...] = ()
    weight: str | None = None

    @property
    def is_number(self) -> bool:
        return self.type in ("number", "integer")

    @property
    def factor(self) -> Decimal | None:
        """What a sent number is multiplied by to be one in ``unit``; None when it is sent in it."""
        if self.sent_unit is None or self.unit is None or self.sent_unit == self.unit:
            return None
        return factor_between(self.sent_unit, self.unit)

    @property
    def sent_code(self) -> str:
        """The code that a workbook may name the column by: it ends with the unit that is sent, so it never lies."""
        if self.factor is None or self.unit is None:
            return self.code
        return f"{self.code.removesuffix(self.unit)}{self.sent_unit}"

    @model_validator(mode="after")
    def _codes_belong_to_code_columns(self) -> Self:
        has_list = self.code_list is not None or bool(self.codes)
        if (self.type == "code") != has_list:
            raise ValueError("a column of type code needs code_list or codes, no other has one")
        if self.kind == "average" and self.weight is None:
            raise ValueError("an average needs the column that weights it (weight)")
        return self

    @model_validator(mode="after")
    def _unit_is_what_label_and_code_say(self) -> Self:
        if self.sent_unit is not None:
            if self.type != "number" or self.unit is None:
                raise ValueError("sent_unit: only a column of type number with a unit can be sent in another")
            factor_between(self.sent_unit, self.unit)
            if not self.code.endswith(self.unit):
                raise ValueError(f"code: found {self.code!r}, expected one that ends with the unit, _{self.unit}")
        sent = self.sent_unit or self.unit
        for language, label in (("vi", self.vi), ("en", self.en)):
            if sent is not None and (other := other_unit_in(label, sent)) is not None:
                raise ValueError(f"{language}: found {label!r}, which says {other.code}; expected the unit {sent}")
        return self

    @model_validator(mode="after")
    def _checks_fit_the_type(self) -> Self:
        bounds = (self.minimum, self.maximum)
        if not self.is_number and bounds != (None, None):
            raise ValueError(f"minimum and maximum are for numbers; found type {self.type!r}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"maximum: found {self.maximum:g}, expected at least the minimum, {self.minimum:g}")
        for bound, severity, name in zip(bounds, (self.minimum_severity, self.maximum_severity), _BOUNDS, strict=True):
            if bound is None and severity is not None:
                raise ValueError(f"{name}_severity: there is no {name} that it could be of")
        if self.pattern is not None and self.type != "text":
            raise ValueError(f"pattern is for texts; found type {self.type!r}")
        return self


_BOUNDS = ("minimum", "maximum")


class RowCheck(_Strict):
    """A rule between the columns of one row."""

    code: str
    rule: Literal["less_or_equal", "sum_less_or_equal"]
    left: str | None = None
    parts: tuple[str, ...] = ()
    right: str
    severity: Severity
    vi: str
    en: str

    @property
    def left_columns(self) -> tuple[str, ...]:
        return (self.left,) if self.left is not None else self.parts


class SectionTotal(_Strict):
    """The sum of a section's column (in the unit it is kept in), or, without a column, how many rows it has."""

    section: str
    column: str | None = None


class CrossCheck(_Strict):
    """A rule between totals of two sections (or of one).

    ``needs``: where ``left`` is above zero, ``right`` must be. ``less_or_equal`` and ``equal`` allow ``tolerance_pct``
    of the right side. ``at_most_times``: ``left`` is not above ``times`` times ``right``, where that is above zero.
    A total with a blank is not known and not compared; ``-`` counts as zero, and so does no row.
    """

    code: Name
    rule: Literal["needs", "less_or_equal", "equal", "at_most_times"]
    left: SectionTotal
    right: SectionTotal
    tolerance_pct: float = Field(default=0, ge=0)
    times: float | None = Field(default=None, gt=0)
    severity: Severity
    vi: str
    en: str

    @model_validator(mode="after")
    def _times_belong_to_their_rule(self) -> Self:
        if (self.rule == "at_most_times") != (self.times is not None):
            raise ValueError(f"times: {self.rule} {'does not look at it' if self.times else 'needs it'}")
        return self


HistoryRule = Literal["month_is_year_to_date", "factor_of_thousand", "copy_of_last_month", "year_to_date_difference"]


class HistoryCheck(_Strict):
    """A rule between a submission and the same reporting unit's earlier months (``zonehouse.intake.history``).

    ``month_is_year_to_date``: ``column`` holds what ``year_to_date`` should (without that column: the months' sum).
    ``factor_of_thousand``: ``column`` is some 10³ times or more, or such a part of, its median of ``minimum_months`` or
    more earlier months.
    ``copy_of_last_month``: every number of the section is last month's, ``minimum_cells`` of them flows above zero.
    ``year_to_date_difference``: ``year_to_date`` is not last month's plus ``column``; ``tolerance`` (in the unit the
    column is kept in) and ``tolerance_pct`` of the month, whichever is more, are allowed.
    ``compare``: row by row (and by the section's total where rows came or went), or only the total.
    """

    code: Name
    rule: HistoryRule
    section: str
    column: str | None = None
    year_to_date: str | None = None
    compare: Literal["rows", "total"] = "rows"
    minimum_months: int = Field(default=3, ge=3, le=12)
    minimum_cells: int = Field(default=4, ge=1)
    tolerance: float = Field(default=0, ge=0)
    tolerance_pct: float = Field(default=0, ge=0)
    severity: Literal["warning", "info"]
    vi: str
    en: str

    @model_validator(mode="after")
    def _columns_fit_the_rule(self) -> Self:
        if (self.rule == "copy_of_last_month") != (self.column is None):
            raise ValueError(f"column: {self.rule} compares {'a whole section' if self.column else 'one column'}")
        if self.rule == "year_to_date_difference" and self.year_to_date is None:
            raise ValueError(f"year_to_date: {self.rule} needs the column that is summed from January on")
        if self.year_to_date is not None and "year_to_date" not in self.rule:
            raise ValueError(f"year_to_date: {self.rule} does not look at it")
        return self


class Sheet(_Strict):
    """How a sheet is named: by its code (31 characters, none of ``[]:*?/\\``), or by its label in either language."""

    code: str = Field(pattern=r"^[^\[\]:*?/\\']{1,31}$")
    vi: str
    en: str


class Cover(_Strict):
    """The sheet that says who reports what for which month."""

    sheet: Sheet
    fields: tuple[CoverField, ...]


class Section(_Strict):
    """One sheet with one table; lands as the dataset ``<form>/<section>``."""

    code: Name
    required: bool = True
    sheet: Sheet
    title: Text
    row_key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[RowCheck, ...] = ()

    def column(self, code: str) -> Column:
        """The column with this code; KeyError when there is none."""
        for column in self.columns:
            if column.code == code:
                return column
        raise KeyError(code)

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        known = {column.code for column in self.columns}
        used = set(self.row_key)
        for check in self.checks:
            used.update(check.left_columns)
            used.add(check.right)
        used.update(column.weight for column in self.columns if column.weight)
        if unknown := sorted(used - known):
            raise ValueError(f"no such column: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        if len(known) != len(self.columns):
            raise ValueError("a column code stands twice")
        if reserved := sorted(known & RESERVED_CODES):
            raise ValueError(f"code: found {', '.join(reserved)}, which every landed row has already; choose another")
        _one_owner_each([(column.sent_code, (column.vi, column.en, column.sent_code)) for column in self.columns])
        return self


class DueRule(_Strict):
    """The report is due on ``day`` of the month ``months_after`` the reference month."""

    months_after: int = Field(ge=0, le=12)
    day: int = Field(ge=1, le=28)

    def due_on(self, month: Month) -> date:
        later = month + self.months_after
        return date(later.year, later.number, self.day)


class Form(_Strict):
    """One version of one form.

    ``valid_from`` to ``valid_to`` are the months it is the version in force for: due rule and template follow it. Its
    workbooks are taken in for the months ``accepted_from`` to ``accepted_until`` too, with a warning; units, labels and
    checks are always those of the version that the workbook names.
    """

    code: Name
    version: str = Field(min_length=1)
    title: Text
    reporting_unit: Literal["enterprise", "authority"]
    reporting_unit_field: str
    frequency: Literal["month", "irregular"]
    valid_from: MonthText
    valid_to: MonthText | None = None
    accepted_from: MonthText | None = None
    accepted_until: MonthText | None = None
    price_base_year: int | None = None
    vsic_version: str = Field(default="2007", min_length=1)
    due: DueRule | None = None
    legal_basis: Text
    cover: Cover
    sections: tuple[Section, ...] = Field(min_length=1)
    section_checks: tuple[CrossCheck, ...] = ()
    history_checks: tuple[HistoryCheck, ...] = ()

    def section(self, code: str) -> Section:
        """The section with this code; KeyError when there is none."""
        for section in self.sections:
            if section.code == code:
                return section
        raise KeyError(code)

    def covers(self, month: Month) -> bool:
        """Whether this version is the one in force for ``month``."""
        ends = Month.parse(self.valid_to) if self.valid_to else None
        return Month.parse(self.valid_from) <= month and (ends is None or month <= ends)

    @model_validator(mode="after")
    def _identity_is_on_the_cover(self) -> Self:
        fields = {field.code for field in self.cover.fields}
        needed = {"form_code", "form_version", "authority_code", "period_month", self.reporting_unit_field}
        if missing := sorted(needed - fields):
            raise ValueError(f"cover: field missing: {', '.join(missing)}")
        if (self.frequency == "month") != (self.due is not None):
            raise ValueError("a monthly form needs a due rule, no other has one")
        _one_owner_each([(field.code, (field.vi, field.en, field.code)) for field in self.cover.fields])
        return self

    @model_validator(mode="after")
    def _months_are_in_order(self) -> Self:
        first, last = self.valid_from, self.valid_to
        if last is not None and last < first:
            raise ValueError(f"valid_to: found {last}, expected {first} or later")
        if self.accepted_from is not None and self.accepted_from > first:
            raise ValueError(f"accepted_from: found {self.accepted_from}, expected valid_from, {first}, or earlier")
        if self.accepted_until is not None and (last is None or self.accepted_until < last):
            expected = f"{last} or later" if last else "none, as there is no valid_to"
            raise ValueError(f"accepted_until: found {self.accepted_until}, expected {expected}")
        return self

    @model_validator(mode="after")
    def _sections_resolve(self) -> Self:
        sections = {section.code: section for section in self.sections}
        if len(sections) != len(self.sections):
            raise ValueError("a section code stands twice")
        sheets = [self.cover.sheet, *(section.sheet for section in self.sections)]
        _one_owner_each([(sheet.code, (sheet.code, sheet.vi, sheet.en)) for sheet in sheets])
        for check in self.section_checks:
            for total in (check.left, check.right):
                _check_total(check.code, total, sections)
        for history in self.history_checks:
            _check_history(history, sections)
        if self.history_checks and self.frequency != "month":
            raise ValueError("history_checks: only a monthly form has a month before")
        return self


# What a landed row says of where it comes from; a column of a form cannot have such a name.
RESERVED_CODES = frozenset(
    (
        "batch_id", "submission_id", "form_code", "form_version", "reporting_unit_code", "period_month", "period_start",
        "period_end", "sheet_name", "row_number",
    )
)  # fmt: skip


def _one_owner_each(named: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Refuse two things that one label would find."""
    owners: dict[str, str] = {}
    for owner, texts in named:
        for text in texts:
            if (other := owners.setdefault(fold(text), owner)) != owner:
                raise ValueError(
                    f"{text!r} names both {other} and {owner}; expected labels that differ in more than case"
                )


def _check_total(check: str, total: SectionTotal, sections: Mapping[str, Section]) -> None:
    section = sections.get(total.section)
    if section is None:
        raise ValueError(f"section_checks {check}: no section {total.section!r}; there are {', '.join(sections)}")
    numbers = [column.code for column in section.columns if column.is_number]
    if total.column is not None and total.column not in numbers:
        raise ValueError(
            f"section_checks {check}: no number column {total.column!r} in {section.code}; "
            f"there are {', '.join(numbers) or 'none'}"
        )


def _check_history(check: HistoryCheck, sections: Mapping[str, Section]) -> None:
    section = sections.get(check.section)
    if section is None:
        raise ValueError(f"history_checks {check.code}: no section {check.section!r}; there are {', '.join(sections)}")
    for code, kinds in ((check.column, ("flow", "stock", "average")), (check.year_to_date, ("year_to_date",))):
        known = [column.code for column in section.columns if column.is_number and column.kind in kinds]
        if code is not None and code not in known:
            raise ValueError(
                f"history_checks {check.code}: no column {code!r} of kind {' or '.join(kinds)} in {section.code}; "
                f"there are {', '.join(known) or 'none'}"
            )
