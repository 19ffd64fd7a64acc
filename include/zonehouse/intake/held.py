"""Held: an accepted file that the register in force of its authority does not know. Kept and landed, not counted.

The state is derived from the landing whenever it is asked for, as ``superseded`` is: a register that knows the unit and
its projects frees what was held, with nothing to remember. The model ``stg_held_receipt`` says the same in SQL.

The register in force of an authority is its accepted ``project_register`` for the latest month, the latest to arrive of
that month. A register itself is never held.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from string import ascii_uppercase
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as ds

from zonehouse.intake.findings import CATALOGUE
from zonehouse.intake.sent import COVER_PLACES
from zonehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

_NO_REGISTER, _UNIT_UNKNOWN, _PROJECT_UNKNOWN = "held_no_register", "held_unit_unknown", "held_project_unknown"
_COLUMN = {_NO_REGISTER: "authority_code", _UNIT_UNKNOWN: "tax_code", _PROJECT_UNKNOWN: "project_code"}
_KEYS = [("batch_id", pa.string()), ("submission_id", pa.string())]
_ROWS = {
    "known_enterprise": ("project_register/enterprise", [("tax_code", pa.string())]),
    "known_project": ("project_register/project", [("project_code", pa.string())]),
    "reported_project": (
        "monthly_report/investment",
        [("project_code", pa.string()), ("sheet_name", pa.string()), ("row_number", pa.int32())],
    ),
}

_HELD = f"""
create temp table held as
with
accepted as (
    select receipt_id, batch_id, receipt_no, submission_id, received_at,
        form_code, authority_code, reporting_unit_code, period_month
    from register
    where intake_state in ('accepted', 'accepted_with_warnings')
),
in_force as (
    select authority_code, batch_id, submission_id
    from accepted
    where form_code = 'project_register'
    qualify row_number() over (
        partition by authority_code
        order by period_month desc, received_at desc, batch_id desc, receipt_no desc, receipt_id desc
    ) = 1
),
units as (
    select in_force.authority_code, rows.tax_code
    from known_enterprise as rows
    inner join in_force using (batch_id, submission_id)
    group by all
),
projects as (
    select in_force.authority_code, rows.project_code
    from known_project as rows
    inner join in_force using (batch_id, submission_id)
    group by all
),
of_known_units as (
    -- The others are held whatever their projects: all their rows need not be looked at.
    select accepted.receipt_id, accepted.batch_id, accepted.submission_id, accepted.authority_code
    from accepted
    semi join in_force on accepted.authority_code = in_force.authority_code
    left join units
        on accepted.authority_code = units.authority_code and accepted.reporting_unit_code = units.tax_code
    where accepted.reporting_unit_code = accepted.authority_code or units.tax_code is not null
),
unknown_projects as (
    select receipts.receipt_id,
        string_agg(distinct rows.project_code, ', ' order by rows.project_code) as found,
        min(rows.sheet_name) as sheet_name,
        min(rows.row_number) as row_number
    from reported_project as rows
    inner join of_known_units as receipts using (batch_id, submission_id)
    anti join projects
        on receipts.authority_code = projects.authority_code and rows.project_code = projects.project_code
    where rows.project_code is not null
    group by all
)
select accepted.receipt_id,
    case
        when in_force.authority_code is null then '{_NO_REGISTER}'
        when accepted.reporting_unit_code <> accepted.authority_code and units.tax_code is null
            then '{_UNIT_UNKNOWN}'
        else '{_PROJECT_UNKNOWN}'
    end as held_code,
    case
        when in_force.authority_code is null then accepted.authority_code
        when accepted.reporting_unit_code <> accepted.authority_code and units.tax_code is null
            then accepted.reporting_unit_code
        else unknown_projects.found
    end as found,
    accepted.authority_code as authority,
    unknown_projects.sheet_name,
    unknown_projects.row_number
from accepted
left join in_force on accepted.authority_code = in_force.authority_code
left join units
    on accepted.authority_code = units.authority_code and accepted.reporting_unit_code = units.tax_code
left join unknown_projects on accepted.receipt_id = unknown_projects.receipt_id
where
    accepted.form_code <> 'project_register'
    and (
        in_force.authority_code is null
        or (accepted.reporting_unit_code <> accepted.authority_code and units.tax_code is null)
        or unknown_projects.receipt_id is not null
    )
"""  # noqa: S608 - our own codes


def make_held(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Make the table ``held`` (receipt_id, held_code, found, authority, sheet_name, row_number) on a connection that
    knows the table ``register``."""
    for table, (dataset, columns) in _ROWS.items():
        folder = settings.landing / dataset
        schema = pa.schema([*_KEYS, *columns])
        source = ds.dataset(folder, schema=schema, format="parquet") if folder.is_dir() else schema.empty_table()
        connection.register(table, source)
    connection.execute(_HELD)


def held_finding(held_code: str, found: str | None, authority: str | None) -> dict[str, str | None]:
    """The texts of the finding that tells why a receipt is held; it is derived and never landed."""
    kind = CATALOGUE[held_code]
    words = {"authority": authority or "?"}
    return {
        "finding_code": kind.code,
        "severity": kind.severity,
        "found": found,
        "column_code": _COLUMN[kind.code],
        "expected_vi": kind.expected_vi.format_map(words),
        "expected_en": kind.expected_en.format_map(words),
        "mend_vi": kind.mend_vi.format_map(words),
        "mend_en": kind.mend_en.format_map(words),
    }


def held_place(column: str, sheet: str | None, row: int | None, places: str | None) -> dict[str, object]:
    """Where the unknown code stands: a row of its section, else the field of the cover.

    Args:
        places: ``column_places`` of the register; files written before the cover was kept tell no cell.
    """
    known = json.loads(places or "{}")
    if row is not None:
        letters = next((columns[column] for code, columns in known.items() if column in columns), None)
        return {"sheet_name": sheet, "row_number": row, "cell": f"{letters}{row}" if letters else None}
    cover = known.get(COVER_PLACES, {})
    cell = cover.get(column)
    at = None if cell is None else int(cell.lstrip(ascii_uppercase))
    return {"sheet_name": cover.get("sheet"), "row_number": at, "cell": cell}


def reason(finding: Mapping[str, str | None], language: str) -> str:
    """The finding in one line, as the register tells reasons."""
    expected, mend = finding[f"expected_{language}"], finding[f"mend_{language}"]
    needed, seen = ("cần", "thấy") if language == "vi" else ("expected", "found")
    return f"{needed}: {expected}; {seen}: {finding['found']}. {mend}"
