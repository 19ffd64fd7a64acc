"""Arrow schemas of the landing datasets; those of form sections derive from the form definitions."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from zonehouse.forms.catalogue import FormCatalogue
from zonehouse.forms.model import Section

NUMBER = pa.decimal128(24, 6)
MARK_SUFFIX = "__mark"

REGISTER = pa.schema(
    [
        ("receipt_id", pa.string()),
        ("batch_id", pa.string()),
        ("receipt_no", pa.int32()),
        ("submission_id", pa.string()),
        ("size_bytes", pa.int64()),
        ("original_name", pa.string()),
        ("inbox_path", pa.string()),
        ("source", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("received_on", pa.date32()),
        ("registered_at", pa.timestamp("us")),
        ("form_code", pa.string()),
        ("form_version", pa.string()),
        ("authority_code", pa.string()),
        ("reporting_unit_code", pa.string()),
        ("period_month", pa.string()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("intake_state", pa.string()),
        ("duplicate_of", pa.string()),
        ("reason_code", pa.string()),
        ("reason_vi", pa.string()),
        ("reason_en", pa.string()),
        ("error_count", pa.int32()),
        ("warning_count", pa.int32()),
        ("info_count", pa.int32()),
        ("column_places", pa.string()),
    ]
)

FINDING = pa.schema(
    [
        ("batch_id", pa.string()),
        ("receipt_id", pa.string()),
        ("submission_id", pa.string()),
        ("finding_no", pa.int32()),
        ("finding_code", pa.string()),
        ("severity", pa.string()),
        ("sheet_name", pa.string()),
        ("cell", pa.string()),
        ("row_number", pa.int32()),
        ("column_code", pa.string()),
        ("found", pa.string()),
        ("taken", pa.string()),
        ("expected_vi", pa.string()),
        ("expected_en", pa.string()),
        ("mend_vi", pa.string()),
        ("mend_en", pa.string()),
    ]
)

SECTION_PREFIX = [
    ("batch_id", pa.string()),
    ("submission_id", pa.string()),
    ("form_code", pa.string()),
    ("form_version", pa.string()),
    ("authority_code", pa.string()),
    ("reporting_unit_code", pa.string()),
    ("period_month", pa.string()),
    ("period_start", pa.date32()),
    ("period_end", pa.date32()),
    ("sheet_name", pa.string()),
    ("row_number", pa.int32()),
]

_ARROW = {
    "text": pa.string(),
    "code": pa.string(),
    "tax_code": pa.string(),
    "month": pa.string(),
    "number": NUMBER,
    "integer": pa.int64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}


def section_schema(sections: Sequence[Section]) -> pa.Schema:
    """The landing schema of one section over all its form versions.

    Each number column is followed by ``<code>__mark``: NULL when a number was given (zero is a number),
    else ``blank``, ``dash`` or ``not_applicable``: the four are different things.
    """
    fields = dict(SECTION_PREFIX)
    for section in sections:
        for column in section.columns:
            fields.setdefault(column.code, _ARROW[column.type])
            if column.is_number:
                fields.setdefault(column.code + MARK_SUFFIX, pa.string())
    return pa.schema(list(fields.items()))


VALIDATION_RESULT = pa.schema(
    [
        ("run_id", pa.string()),
        ("checked_at", pa.timestamp("us")),
        ("scope", pa.string()),
        ("scope_key", pa.string()),
        ("checkpoint", pa.string()),
        ("suite", pa.string()),
        ("table_name", pa.string()),
        ("expectation_type", pa.string()),
        ("column_name", pa.string()),
        ("severity", pa.string()),
        ("success", pa.bool_()),
        ("raised", pa.bool_()),
        ("observed", pa.string()),
        ("unexpected_count", pa.int64()),
        ("element_count", pa.int64()),
        ("reason_vi", pa.string()),
        ("reason_en", pa.string()),
        ("owner", pa.string()),
        # NULL in files written before 2026-11-25.
        ("rule", pa.string()),
        ("title_vi", pa.string()),
        ("title_en", pa.string()),
        ("accepted_by", pa.string()),
    ]
)

GATE_DECISION = pa.schema(
    [
        ("decided_at", pa.timestamp("us")),
        ("candidate_id", pa.string()),
        ("half_year", pa.string()),
        ("inputs_digest", pa.string()),
        ("outcome", pa.string()),
        ("decided_by", pa.string()),
        ("reason", pa.string()),
        ("run_id", pa.string()),
    ]
)

# A line of the log of stewards' overrides; zonehouse.quality and the model fct_override fold it to what is in force.
OVERRIDE = pa.schema(
    [
        ("event_id", pa.string()),
        ("override_id", pa.string()),
        ("entered_at", pa.timestamp("us")),
        ("entered_by", pa.string()),
        ("action", pa.string()),
        ("reason", pa.string()),
        ("form_code", pa.string()),
        ("authority_code", pa.string()),
        ("reporting_unit_code", pa.string()),
        ("period_month", pa.string()),
        ("section_code", pa.string()),
        ("row_key", pa.string()),
        ("row_occurrence", pa.int32()),
        ("column_code", pa.string()),
        ("submission_id", pa.string()),
        ("reported_value", NUMBER),
        ("reported_mark", pa.string()),
        ("edited_value", NUMBER),
    ]
)


def dataset_schemas(catalogue: FormCatalogue) -> dict[str, pa.Schema]:
    """Every dataset of the landing by its folder below it (``register``, ``monthly_report/output`` …)."""
    fixed = {
        "register": REGISTER,
        "finding": FINDING,
        "validation_result": VALIDATION_RESULT,
        "gate_decision": GATE_DECISION,
        "override": OVERRIDE,
    }
    sections = {f"{form}/{section}": section_schema(versions) for form, section, versions in catalogue.datasets()}
    return fixed | sections
