"""The schema of a form definition; a YAML file that breaks it is refused with the place named."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zonehouse.periods import Month

ValueType = Literal["text", "code", "tax_code", "number", "integer", "date", "month", "boolean"]
Kind = Literal["key", "attribute", "flow", "year_to_date", "since_licence", "stock", "average"]
Severity = Literal["error", "warning", "info"]


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
    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    vi: str
    en: str

    @property
    def label(self) -> Text:
        return Text(vi=self.vi, en=self.en)


class CoverField(_Labelled):
    """A label and a value on the cover sheet."""

    type: ValueType
    required: bool


class Column(_Labelled):
    """One column of a section; its code is the landing column's name and ends with the unit."""

    type: ValueType
    kind: Kind
    required: bool
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    code_list: str | None = None
    codes: tuple[Code, ...] = ()
    weight: str | None = None

    @property
    def is_number(self) -> bool:
        return self.type in ("number", "integer")

    @model_validator(mode="after")
    def _codes_belong_to_code_columns(self) -> Self:
        has_list = self.code_list is not None or bool(self.codes)
        if (self.type == "code") != has_list:
            raise ValueError(f"column {self.code}: a column of type code needs code_list or codes, no other has one")
        if self.kind == "average" and self.weight is None:
            raise ValueError(f"column {self.code}: an average needs the column that weights it (weight)")
        return self


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


class Sheet(_Strict):
    """How a sheet is named: by its code, or by its label in either language."""

    code: str
    vi: str
    en: str


class Cover(_Strict):
    """The sheet that says who reports what for which month."""

    sheet: Sheet
    fields: tuple[CoverField, ...]


class Section(_Strict):
    """One sheet with one table; lands as the dataset ``<form>/<section>``."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
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
            raise ValueError(f"section {self.code}: no such column: {', '.join(unknown)}")
        if len(known) != len(self.columns):
            raise ValueError(f"section {self.code}: a column code stands twice")
        return self


class DueRule(_Strict):
    """The report is due on ``day`` of the month ``months_after`` the reference month."""

    months_after: int = Field(ge=0, le=12)
    day: int = Field(ge=1, le=28)

    def due_on(self, month: Month) -> date:
        later = month + self.months_after
        return date(later.year, later.number, self.day)


class Form(_Strict):
    """One version of one form."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    title: Text
    reporting_unit: Literal["enterprise", "authority"]
    reporting_unit_field: str
    frequency: Literal["month", "irregular"]
    valid_from: str
    valid_to: str | None = None
    price_base_year: int | None = None
    due: DueRule | None = None
    legal_basis: Text
    cover: Cover
    sections: tuple[Section, ...]

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
            raise ValueError(f"cover of {self.code}: field missing: {', '.join(missing)}")
        Month.parse(self.valid_from)
        if (self.frequency == "month") != (self.due is not None):
            raise ValueError(f"form {self.code}: a monthly form needs a due rule, no other has one")
        return self
