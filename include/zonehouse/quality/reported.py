"""The numbers of the reports in force, as their senders gave them, and the targets that they are overridden by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pyarrow.dataset as ds

from zonehouse.forms import load_catalogue
from zonehouse.forms.catalogue import FormCatalogue
from zonehouse.forms.model import Column, Form, Section
from zonehouse.intake.register import Receipt, receipts
from zonehouse.intake.schema import MARK_SUFFIX, section_schema
from zonehouse.intake.state import landing_readers
from zonehouse.quality.override_log import OverrideTarget
from zonehouse.quality.report import QualityError
from zonehouse.settings import Settings

KEY_SEPARATOR: Final = " | "
# The columns that facts hold (macro overridable_sections): what no fact holds cannot be overridden. A register that is
# wrong is not overridden: the authority sends a corrected one.
OVERRIDABLE: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("monthly_report", "output"): (
        "quantity",
        "gross_output_constant_vnd_million",
        "gross_output_current_vnd_million",
        "net_revenue_vnd_million",
    ),
    ("monthly_report", "export"): ("export_usd", "import_usd"),
    ("monthly_report", "labour"): (
        "headcount_persons",
        "women_persons",
        "local_persons",
        "foreign_persons",
        "hires_persons",
        "leavers_persons",
        "average_income_vnd_million",
    ),
    ("monthly_report", "investment"): ("implemented_capital_vnd_million",),
    ("authority_return", "infrastructure"): ("allocated_year_vnd_million", "disbursed_vnd_million"),
    ("authority_return", "investor_contact"): ("visits_count",),
    ("authority_return", "organisation"): ("indicator_value",),
    ("authority_return", "annual_plan"): ("plan_value",),
}
_IN_FORCE = frozenset({"accepted", "accepted_with_warnings"})


@dataclass(frozen=True)
class ReportedValue:
    """A number that may be overridden, as the report in force has it, in the unit that the warehouse keeps.

    Attributes:
        value: None when no number was given; ``mark`` then says what stood there instead.
        unit: as in the form definition (``vnd_million`` …); None where it has none.
        row_labels: what the row is about, by column code (the natural key).
    """

    target: OverrideTarget
    value: Decimal | None
    mark: str | None
    label_vi: str
    label_en: str
    unit: str | None
    row_labels: Mapping[str, str]
    submission_id: str
    original_name: str
    sheet_name: str
    row_number: int


def reported_values(
    settings: Settings, form_code: str, authority_code: str, reporting_unit_code: str, period_month: str
) -> list[ReportedValue]:
    """Every number of the report in force that may be overridden, in the order of sheets, rows and columns.

    Raises:
        QualityError: no report of that unit for that month is counted, or nothing of the form can be overridden.
    """
    sent = (form_code, authority_code, reporting_unit_code, period_month)
    if not any(form == form_code for form, _ in OVERRIDABLE):
        raise QualityError(
            f"numbers of {form_code} cannot be overridden (of {', '.join(sorted({form for form, _ in OVERRIDABLE}))} "
            "they can); send a corrected workbook"
        )
    found = _in_force(settings, {sent})
    if sent not in found:
        raise QualityError(
            f"no {form_code} of {reporting_unit_code} (authority {authority_code}) for {period_month} is counted; "
            "what was not reported cannot be overridden (zonehouse status --period tells what came)"
        )
    return _values(settings, load_catalogue(settings), found[sent])


def reported_value_at(
    settings: Settings, submission_id: str, sheet_name: str, row_number: int, column_code: str
) -> ReportedValue:
    """The number in a row of a workbook, as facts, findings and the lineage name it.

    Raises:
        QualityError: that workbook is not in force, or there is no such number in it.
    """
    for receipt in receipts(settings):
        if receipt.submission_id == submission_id and receipt.state in _IN_FORCE:
            for one in _values(settings, load_catalogue(settings), receipt):
                place = (one.sheet_name, one.row_number, one.target.column_code)
                if place == (sheet_name, row_number, column_code):
                    return one
            raise QualityError(
                f"{receipt.original_name}, sheet {sheet_name}, row {row_number} has no number {column_code!r} that can "
                "be overridden (zonehouse override show lists those of a report; a year to date counts in no figure: "
                "accept or replace the month's number)"
            )
    raise QualityError(f"no counted report has the id {submission_id}; a newer version may have taken its place")


def values_of_targets(settings: Settings, targets: Iterable[OverrideTarget]) -> dict[OverrideTarget, ReportedValue]:
    """What the reports in force say now about each target; a target whose report or row is gone is left out."""
    wanted = set(targets)
    if not wanted:
        return {}
    catalogue = load_catalogue(settings)
    found = _in_force(settings, {_sent_of(target) for target in wanted})
    every = (one for receipt in found.values() for one in _values(settings, catalogue, receipt))
    return {one.target: one for one in every if one.target in wanted}


def _sent_of(target: OverrideTarget) -> tuple[str, str, str, str]:
    return target.form_code, target.authority_code, target.reporting_unit_code, target.period_month


def _in_force(settings: Settings, wanted: set[tuple[str, str, str, str]]) -> dict[tuple[str, str, str, str], Receipt]:
    found = {}
    for receipt in receipts(settings):
        sent = (receipt.form_code, receipt.authority_code, receipt.reporting_unit_code, receipt.period_month)
        if receipt.state in _IN_FORCE and sent in wanted:
            found[sent] = receipt
    return found  # type: ignore[return-value]  # None is in no wanted key


def _values(settings: Settings, catalogue: FormCatalogue, receipt: Receipt) -> list[ReportedValue]:
    form = catalogue.find(receipt.form_code or "", receipt.form_version or "")
    if form is None:
        raise QualityError(
            f"the form definition {receipt.form_code} {receipt.form_version} of {receipt.original_name} is not there; "
            "restore it (zonehouse forms lists those there are)"
        )
    values: list[ReportedValue] = []
    for section in form.sections:
        columns = OVERRIDABLE.get((form.code, section.code), ())
        kept = [column for column in section.columns if column.code in columns]
        if kept:
            values += _section_values(settings, form, section, kept, receipt)
    return values


def _section_values(
    settings: Settings, form: Form, section: Section, columns: list[Column], receipt: Receipt
) -> list[ReportedValue]:
    seen: Counter[str] = Counter()
    values = []
    for row in _rows(settings, form, section, receipt):
        labels = {code: "" if row[code] is None else str(row[code]) for code in section.row_key}
        key = KEY_SEPARATOR.join(labels.values())
        seen[key] += 1
        for column in columns:
            target = OverrideTarget(
                form.code,
                receipt.authority_code or "",
                receipt.reporting_unit_code or "",
                receipt.period_month or "",
                section.code,
                key,
                seen[key],
                column.code,
            )
            number = row[column.code]
            values.append(
                ReportedValue(
                    target=target,
                    value=None if number is None else Decimal(number),
                    mark=row[column.code + MARK_SUFFIX],
                    label_vi=column.vi,
                    label_en=column.en,
                    unit=column.unit,
                    row_labels=labels,
                    submission_id=receipt.submission_id,
                    original_name=receipt.original_name,
                    sheet_name=row["sheet_name"],
                    row_number=row["row_number"],
                )
            )
    return values


def _rows(settings: Settings, form: Form, section: Section, receipt: Receipt) -> list[dict[str, Any]]:
    schema = section_schema([section])
    folder = settings.landing / form.code / section.code
    with landing_readers(settings):
        files = sorted(str(path) for path in folder.glob("*.parquet") if not path.name.startswith("."))
        if not files:
            return []
        where = (ds.field("submission_id") == receipt.submission_id) & (ds.field("batch_id") == receipt.batch_id)
        rows = ds.dataset(files, schema=schema, format="parquet").to_table(filter=where).to_pylist()
    return sorted(rows, key=lambda row: (row["sheet_name"], row["row_number"]))
