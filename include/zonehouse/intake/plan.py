"""Form definitions boiled down to what the reader process needs: plain data, ready to match.

The reader process imports nothing of pydantic, YAML or Arrow, so that it starts in a fraction of a second and leaves
its address space to the workbook. The parent compiles (``zonehouse.intake.compile``) and sends these once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class PatternPlan:
    """The shape that a text must have."""

    regex: str
    severity: str
    vi: str
    en: str


@dataclass(frozen=True)
class UnitPlan:
    """A unit that a workbook may name. ``kind``: what it measures whatever the currency (``money``, ``persons`` …)."""

    code: str
    dimension: str
    kind: str
    factor: Decimal


class UnitWords(dict[str, UnitPlan]):
    """Folded word → unit. One table serves all columns; hashed as itself, so that answers can be remembered."""

    __hash__ = object.__hash__  # type: ignore[assignment]


@dataclass(frozen=True)
class ColumnPlan:
    """One column, or one field of the cover.

    ``code`` is that of the landing. ``unit_words`` may stand behind a number. ``factor`` makes a number as it is sent
    (in ``sent_unit``) one as it is kept (in ``unit``); None: they are the same. Bounds are of the number as sent.
    ``known`` is the reader's memory: what a cell may hold → the code that was read from it without a finding.
    """

    code: str
    label_vi: str
    label_en: str
    type: str
    kind: str
    required: bool
    is_key: bool
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    minimum_severity: str | None = None
    maximum_severity: str | None = None
    members: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    unit_words: tuple[str, ...] = ()
    sent_unit: str | None = None
    factor: Decimal | None = None
    pattern: PatternPlan | None = None
    known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    units: UnitWords = field(default_factory=UnitWords)  # every unit there is

    @cached_property
    def is_number(self) -> bool:
        return self.type in ("number", "integer")


@dataclass(frozen=True)
class CheckPlan:
    """A rule between the columns of one row, by position: sum of ``left`` ≤ ``right``."""

    code: str
    severity: str
    left: tuple[int, ...]
    right: int
    vi: str
    en: str


@dataclass(frozen=True)
class TotalPlan:
    """A column of a section by its place in a landed row (its mark stands behind it); None: the count of rows."""

    section: str
    place: int | None
    column: str | None


@dataclass(frozen=True)
class CrossCheckPlan:
    """A rule between totals, see ``zonehouse.forms.model.CrossCheck``."""

    code: str
    rule: str
    severity: str
    left: TotalPlan
    right: TotalPlan
    tolerance_pct: Decimal
    vi: str
    en: str
    times: Decimal = Decimal(0)


Head = tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class SectionPlan:
    """One sheet; ``names`` maps match keys of headers to column positions.

    ``known_rows`` is the reader's memory: rows of texts met before → column position → place in the row; so is
    ``known_heads``: all rows above the data, by their count → where the columns stand, when nothing was to be said.
    """

    code: str
    sheet_code: str
    sheet_label_vi: str
    sheet_label_en: str
    sheet_names: tuple[str, ...]
    required: bool
    columns: tuple[ColumnPlan, ...]
    keys: tuple[int, ...]
    names: Mapping[str, int]
    checks: tuple[CheckPlan, ...]
    known_rows: dict[tuple[object, ...], dict[int, int]] = field(default_factory=dict, compare=False, repr=False)
    known_heads: dict[int, dict[Head, tuple[int, ...]]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def units(self) -> UnitWords:
        """The words for units, when a column of the section has a unit."""
        return next((column.units for column in self.columns if column.units), UnitWords())

    @cached_property
    def required_positions(self) -> frozenset[int]:
        """Of the columns that must be there."""
        return frozenset(position for position, column in enumerate(self.columns) if column.required)


@dataclass(frozen=True)
class FormPlan:
    """One form version; ``cover_names`` maps match keys of labels to cover fields."""

    code: str
    version: str
    valid_from: str
    valid_to: str | None
    accepted_from: str
    accepted_until: str | None
    unit_field: str
    cover_sheets: tuple[str, ...]
    cover_fields: tuple[ColumnPlan, ...]
    cover_names: Mapping[str, int]
    sections: tuple[SectionPlan, ...]
    section_checks: tuple[CrossCheckPlan, ...] = ()

    @cached_property
    def cover_keys(self) -> tuple[tuple[str, ...], ...]:
        """The match keys of each cover field."""
        owned: list[list[str]] = [[] for _ in self.cover_fields]
        for key, position in self.cover_names.items():
            owned[position].append(key)
        return tuple(map(tuple, owned))

    @cached_property
    def cover_positions(self) -> dict[str, int]:
        """Of the cover fields, by code."""
        return {field.code: position for position, field in enumerate(self.cover_fields)}

    @cached_property
    def unit_columns(self) -> tuple[ColumnPlan, ...]:
        """The columns of all sections that have a unit."""
        return tuple(column for section in self.sections for column in section.columns if column.units)


@dataclass(frozen=True)
class Limits:
    """What one workbook may cost; beyond it the file is refused, not read."""

    max_bytes: int
    cells: int = 5_000_000
    filled_cells: int = 1_500_000
    sheets: int = 500
    zip_entries: int = 2_000
    unpacked_bytes: int = 300 * 1024 * 1024
    pack_ratio: int = 250
    findings: int = 500
    text_length: int = 2_000


@dataclass(frozen=True)
class ReaderPlan:
    """Everything a reader process is told at its start."""

    forms: tuple[FormPlan, ...]
    limits: Limits
    memory_bytes: int
    cpu_seconds: float
    # The reader's memory: the templates of workbooks met before, by the names of their sheets.
    templates: dict[tuple[str, ...], list[Any]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def cover_names(self) -> frozenset[str]:
        """Match keys of the labels of every form's cover."""
        return frozenset(key for form in self.forms for key in form.cover_names)

    @cached_property
    def form_code_names(self) -> frozenset[str]:
        """Those of them that name the form's code."""
        return frozenset(key for form in self.forms for key in form.cover_keys[form.cover_positions["form_code"]])

    @cached_property
    def cover_sheets(self) -> frozenset[str]:
        """Match keys of the names of every form's cover sheet."""
        return frozenset(name for form in self.forms for name in form.cover_sheets)
