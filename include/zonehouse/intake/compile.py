"""From form definitions to the reader's plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from zonehouse.forms.catalogue import CodeEntry, FormCatalogue
from zonehouse.forms.model import Column, CoverField, CrossCheck, Form, Pattern, RowCheck, Section, SectionTotal, Sheet
from zonehouse.forms.units import UNITS
from zonehouse.intake.plan import (
    CheckPlan,
    ColumnPlan,
    CrossCheckPlan,
    FormPlan,
    Limits,
    PatternPlan,
    ReaderPlan,
    SectionPlan,
    TotalPlan,
    UnitPlan,
    UnitWords,
)
from zonehouse.intake.text import fold
from zonehouse.settings import Settings

SHEET_NAME_LENGTH = 31  # the longest name a spreadsheet program allows


def reader_plan(settings: Settings, catalogue: FormCatalogue) -> ReaderPlan:
    """The plan for all form versions under the limits of ``settings``."""
    return ReaderPlan(
        forms=tuple(_form(form, catalogue) for form in catalogue.forms),
        limits=Limits(max_bytes=settings.max_file_mb * 1024 * 1024),
        memory_bytes=settings.read_memory_mb * 1024 * 1024,
        cpu_seconds=settings.read_cpu_seconds,
    )


def _form(form: Form, catalogue: FormCatalogue) -> FormPlan:
    return FormPlan(
        code=form.code,
        version=form.version,
        valid_from=form.valid_from,
        valid_to=form.valid_to,
        accepted_from=form.accepted_from or form.valid_from,
        accepted_until=form.accepted_until or form.valid_to,
        unit_field=form.reporting_unit_field,
        cover_sheets=_sheet_names(form.cover.sheet),
        cover_fields=tuple(_cover_field(field, form) for field in form.cover.fields),
        cover_names=_names(form.cover.fields, [field.code for field in form.cover.fields]),
        sections=tuple(_section(section, catalogue) for section in form.sections),
        section_checks=tuple(_cross_check(check, form) for check in form.section_checks),
    )


def _cover_field(field: CoverField, form: Form) -> ColumnPlan:
    identity = {"form_code", "form_version", "authority_code", "period_month", form.reporting_unit_field}
    return ColumnPlan(
        code=field.code,
        label_vi=field.vi,
        label_en=field.en,
        type=field.type,
        kind="key" if field.code in identity else "attribute",
        required=field.required,
        is_key=field.code in identity,
    )


def _section(section: Section, catalogue: FormCatalogue) -> SectionPlan:
    position = {column.code: index for index, column in enumerate(section.columns)}
    return SectionPlan(
        code=section.code,
        sheet_code=section.sheet.code,
        sheet_label_vi=section.sheet.vi,
        sheet_label_en=section.sheet.en,
        sheet_names=_sheet_names(section.sheet),
        required=section.required,
        columns=tuple(_column(column, section, catalogue) for column in section.columns),
        keys=tuple(position[code] for code in section.row_key),
        names=_names(section.columns, [column.sent_code for column in section.columns]),
        checks=tuple(_check(check, position) for check in section.checks),
    )


def _column(column: Column, section: Section, catalogue: FormCatalogue) -> ColumnPlan:
    sent_unit = column.sent_unit or column.unit
    words = UNITS[sent_unit].words if sent_unit in UNITS else ()
    return ColumnPlan(
        code=column.code,
        label_vi=column.vi,
        label_en=column.en,
        type=column.type,
        kind=column.kind,
        required=column.required,
        is_key=column.code in section.row_key,
        unit=column.unit,
        minimum=column.minimum,
        maximum=column.maximum,
        minimum_severity=column.minimum_severity,
        maximum_severity=column.maximum_severity,
        members=_members(catalogue.codes_of(column)),
        closed=bool(column.codes),
        unit_words=tuple(sorted(words, key=len, reverse=True)),
        sent_unit=sent_unit,
        factor=column.factor,
        pattern=_pattern(column.pattern),
        units=unit_words() if column.is_number and sent_unit in UNITS else UnitWords(),
    )


# How people write units beside the words of the forms' own.
_MORE_WORDS = {
    "vnd": ("d", "vn dong"),
    "vnd_thousand": ("1000 dong", "1.000 dong", "1000d", "1.000d", "nghin vnd", "ngan vnd", "1000 vnd", "1.000 vnd"),
    "vnd_million": ("tr", "trd", "tr.d", "tr dong", "tr. dong", "trieu vnd", "trieu vn dong", "mil vnd", "vnd mil"),
    "vnd_billion": ("ty vnd", "ti vnd", "ty vn dong", "bil vnd"),
    "usd": ("do la my", "do la", "dola", "dollar", "dollars", "us dollar", "us dollars"),
    "usd_thousand": ("1000 usd", "1.000 usd", "1,000 usd", "nghin do la my", "thousand us$", "k usd"),
    "usd_million": ("trieu us$", "trieu do la", "mil usd"),
}
_OTHER_CURRENCIES = {"eur": ("eur", "euro", "€"), "jpy": ("jpy", "yen", "¥"), "cny": ("cny", "rmb", "nhan dan te")}


@lru_cache(maxsize=1)
def unit_words() -> UnitWords:
    """Every way to write a unit, folded, and the unit."""
    kinds = {"vnd": "money", "usd": "money"}
    words = {
        fold(word): UnitPlan(unit.code, unit.dimension, kinds.get(unit.dimension, unit.dimension), unit.factor)
        for unit in UNITS.values()
        for word in (*unit.words, *_MORE_WORDS.get(unit.code, ()))
    }
    others = {
        word: UnitPlan(code, code, "money", Decimal(1)) for code, said in _OTHER_CURRENCIES.items() for word in said
    }
    return UnitWords(others | words)


def _pattern(pattern: Pattern | None) -> PatternPlan | None:
    return None if pattern is None else PatternPlan(pattern.regex, pattern.severity, pattern.vi, pattern.en)


def _check(check: RowCheck, position: Mapping[str, int]) -> CheckPlan:
    left = tuple(position[code] for code in check.left_columns)
    return CheckPlan(check.code, check.severity, left, position[check.right], check.vi, check.en)


def _cross_check(check: CrossCheck, form: Form) -> CrossCheckPlan:
    left, right = _total(check.left, form), _total(check.right, form)
    tolerance = Decimal(str(check.tolerance_pct))
    times = Decimal(str(check.times or 0))
    return CrossCheckPlan(check.code, check.rule, check.severity, left, right, tolerance, check.vi, check.en, times)


def _total(total: SectionTotal, form: Form) -> TotalPlan:
    place = 2  # a landed row begins with its sheet and row
    for column in form.section(total.section).columns:
        if column.code == total.column:
            return TotalPlan(total.section, place, column.code)
        place += 2 if column.is_number else 1
    return TotalPlan(total.section, None, None)


def _members(entries: Mapping[str, CodeEntry]) -> dict[str, str]:
    """Match key → code; a label that two codes share names neither; a code, and a choice with its code, name one."""
    labels: dict[str, set[str]] = {}
    for entry in entries.values():
        for label in (entry.label_vi, entry.label_en):
            labels.setdefault(fold(label), set()).add(entry.code)
    by_label = {key: next(iter(codes)) for key, codes in labels.items() if len(codes) == 1 and key}
    by_choice = {fold(entry.choice): entry.code for entry in entries.values() if entry.choice != entry.label_vi}
    return by_label | by_choice | {fold(code): code for code in entries}


def _names(columns: Sequence[Column | CoverField], codes: Sequence[str]) -> dict[str, int]:
    """Match key of a label or code → position; codes are matched last, so that they never hide a label."""
    names: dict[str, int] = {}
    for texts in ([c.vi for c in columns], [c.en for c in columns], codes):
        for index, text in enumerate(texts):
            names.setdefault(fold(text), index)
    return names


def _sheet_names(sheet: Sheet) -> tuple[str, ...]:
    names = [sheet.code, sheet.vi, sheet.en]
    return tuple(dict.fromkeys(fold(name) for text in names for name in (text, text[:SHEET_NAME_LENGTH])))
