"""Form definitions boiled down to what the reader process needs: plain data, ready to match.

The reader process imports nothing of pydantic, YAML or Arrow, so that it starts in a fraction of a second and leaves
its address space to the workbook. The parent compiles (``zonehouse.intake.compile``) and sends these once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


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
    units: Mapping[str, UnitPlan] = field(default_factory=dict)  # by folded word; every unit there is

    @property
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
    """A rule between totals: ``needs``, ``less_or_equal`` or ``equal`` (see ``zonehouse.forms.model.CrossCheck``)."""

    code: str
    rule: str
    severity: str
    left: TotalPlan
    right: TotalPlan
    tolerance_pct: Decimal
    vi: str
    en: str


@dataclass(frozen=True)
class SectionPlan:
    """One sheet; ``names`` maps match keys of headers to column positions.

    ``known_rows`` is the reader's memory: rows of texts met before → column position → place in the row.
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
