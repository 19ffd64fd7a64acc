"""What these workbooks need of the landing: accepted submissions, their rows, and the project register in force.

Read with DuckDB straight from the Parquet files: the landing, and not the warehouse, is the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds

from zonehouse.forms import Form, FormCatalogue
from zonehouse.intake.register import Receipt, held_findings, receipts
from zonehouse.intake.schema import dataset_schemas
from zonehouse.intake.state import landing_readers
from zonehouse.periods import Month
from zonehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

ACCEPTED = frozenset(("accepted", "accepted_with_warnings"))
REGISTER_FORM = "project_register"

LandedRow = dict[str, Any]
Unit = tuple[str, str]
"""A reporting unit under its authority: the two codes."""


class WorkbookError(ValueError):
    """A workbook cannot be written as asked; says what is missing and what to do."""


@dataclass(frozen=True)
class Enterprise:
    """An enterprise as the register in force tells it at one day."""

    authority_code: str
    tax_code: str
    name: str
    reporting_from: date | None
    reporting_to: date | None

    def owes(self, month: Month) -> bool:
        """Whether it reports for the month: the rule of ``fct_submission``."""
        if self.reporting_from is None or self.reporting_from > month.last_day:
            return False
        return self.reporting_to is None or self.reporting_to >= month.first_day


class Landing:
    """The landing as one moment shows it: the receipts are read once, rows when asked for."""

    def __init__(
        self, settings: Settings, catalogue: FormCatalogue, known: Sequence[Receipt] | None = None
    ) -> None:  # fmt: skip
        """``known``: the receipts, when they have been read just now."""
        self._settings = settings
        self._catalogue = catalogue
        self._schemas = dataset_schemas(catalogue)
        self.receipts = receipts(settings) if known is None else list(known)
        self.accepted = [receipt for receipt in self.receipts if receipt.state in ACCEPTED]

    def held_findings(self) -> dict[str, LandedRow]:
        """Receipt → why the register in force does not know it, as a finding; superseded ones too."""
        return held_findings(self._settings)

    def latest_before(self, form_code: str, month: Month) -> dict[Unit, Receipt]:
        """(Authority, reporting unit) → its accepted submission for the latest month before ``month``."""
        return _latest(r for r in self._of_form(form_code) if (r.period_month or "") < str(month))

    def registers(self) -> dict[str, Receipt]:
        """Authority → the project register in force: the accepted one for the latest month."""
        return {authority: receipt for (authority, _), receipt in _latest(self._of_form(REGISTER_FORM)).items()}

    def enterprises(self, day: date) -> list[Enterprise]:
        """The enterprises of the registers in force as they are on ``day``, by authority and tax code."""
        rows = self.rows(REGISTER_FORM, "enterprise", self.registers().values())
        return [
            Enterprise(
                row["authority_code"],
                row["tax_code"],
                row["enterprise_name"] or row["tax_code"],
                row["reporting_from"],
                row["reporting_to"],
            )
            for row in in_force(rows, ("authority_code", "tax_code"), day)
        ]

    def enterprise_names(self) -> dict[str, str]:
        """Tax code → the latest name in the registers in force."""
        return {enterprise.tax_code: enterprise.name for enterprise in self.enterprises(date.max)}

    def rows(self, form_code: str, section_code: str, of: Iterable[Receipt]) -> list[LandedRow]:
        """The rows of a section in these submissions, in the order of the sheet."""
        wanted = wanted_table(of)
        sql = "select landed.* from landed semi join wanted using (batch_id, submission_id) order by row_number"
        return self.query(sql, f"{form_code}/{section_code}", wanted)

    def query(self, sql: str, dataset: str, wanted: pa.Table | None = None) -> list[LandedRow]:
        """Rows of ``sql`` over the tables ``landed`` (one dataset) and ``wanted``."""
        import duckdb  # a tenth of a second that importing this package does not need

        folder = self._settings.landing / dataset
        schema = self._schemas[dataset]
        connection: duckdb.DuckDBPyConnection = duckdb.connect(config={"threads": self._settings.threads})
        try:
            if wanted is not None:
                connection.register("wanted", wanted)
            with landing_readers(self._settings):
                is_there = folder.is_dir()
                landed = ds.dataset(folder, schema=schema, format="parquet") if is_there else schema.empty_table()
                connection.register("landed", landed)
                result = connection.execute(sql)
                names = [column[0] for column in result.description or ()]
                return [dict(zip(names, line, strict=True)) for line in result.fetchall()]
        finally:
            connection.close()

    def _of_form(self, form_code: str) -> list[Receipt]:
        return [receipt for receipt in self.accepted if receipt.form_code == form_code]


def wanted_table(of: Iterable[Receipt]) -> pa.Table:
    """The submissions as a table to join with: batch_id, submission_id, period_month."""
    listed = list(of)
    columns = ("batch_id", "submission_id", "period_month")
    return pa.table({name: pa.array([getattr(r, name) for r in listed], pa.string()) for name in columns})


def in_force(rows: Sequence[Mapping[str, Any]], key: Sequence[str], day: date) -> list[LandedRow]:
    """Of each key the version valid on ``day``: the latest ``valid_from``, the lower row when it stands twice."""
    chosen: dict[tuple[Any, ...], LandedRow] = {}
    for row in sorted(rows, key=lambda row: (row["valid_from"] or date.min, row["row_number"])):
        if (row["valid_from"] or date.min) <= day:
            chosen[tuple(row[name] for name in key)] = dict(row)
    return [chosen[found] for found in sorted(chosen, key=str)]


def form_in_force(catalogue: FormCatalogue, code: str, month: Month) -> Form:
    """The version of the form for the month; the newest when several cover it."""
    covering = [form for form in catalogue.versions(code) if form.covers(month)]
    if not covering:
        known = ", ".join(f"{form.valid_from} – {form.valid_to or '…'}" for form in catalogue.versions(code))
        raise WorkbookError(f"no version of form {code!r} is in force for {month}; versions cover: {known or 'none'}")
    return max(covering, key=lambda form: (form.valid_from, form.version))


def _latest(found: Iterable[Receipt]) -> dict[Unit, Receipt]:
    ordered = sorted(found, key=lambda receipt: receipt.period_month or "")
    return {(receipt.authority_code or "", receipt.reporting_unit_code or ""): receipt for receipt in ordered}
