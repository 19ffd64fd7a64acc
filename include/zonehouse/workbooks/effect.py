"""How much a finding may move the figures: the order in which a steward looks at a night's findings.

The rule, written for stewards in ``docs/workbooks.md``: a share between 0 and 1 of one month's total over all current
submissions of the form under the same authority.

- A finding at a row that was taken in: |value| of that row over the month's Σ|value| of the same column. The column is
  the finding's own when it is added up (flow, stock, year to date) and has a value, else the section's main measure:
  its first required column with a unit that is added up. So a blank weighs what its row weighs.
- A finding of a file that was not taken in: the share of its sender's latest accepted submission before that month (of
  that month, when there is one) in its month's total of the form's main measure, that of its first section that has
  one. So a file that was rejected weighs what its sender usually weighs.
- Unknown (None) where neither can be said: no sender was read, or he has never reported. Unknown is listed after known.

Of a form of the authority no share is told: its sender is always the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from zonehouse.forms import Column, Form, FormCatalogue, Section
from zonehouse.intake.register import Receipt
from zonehouse.workbooks.landed import LandedRow, Landing, wanted_table

_ADDED_UP = frozenset(("flow", "stock", "year_to_date", "since_licence"))
_TAKEN_IN = frozenset(("accepted", "accepted_with_warnings", "superseded", "held"))

_Place = tuple[str, str | None, int | None]


class Effects:
    """Shares of findings; what is asked of the landing is asked once for each section."""

    def __init__(self, landing: Landing, catalogue: FormCatalogue, of: Sequence[Receipt]) -> None:
        self._landing, self._catalogue = landing, catalogue
        self._receipts = {receipt.receipt_id: receipt for receipt in of}
        self._rows: dict[tuple[str, str], dict[_Place, LandedRow]] = {}
        self._totals: dict[tuple[str, str], dict[tuple[str, str], LandedRow]] = {}
        self._weights: dict[str, dict[tuple[str, str, str], float]] = {}

    def of(self, finding: LandedRow) -> float | None:
        """The share of one finding; None when it is not known."""
        receipt = self._receipts[finding["receipt_id"]]
        form = self._form(receipt)
        if form is None or form.reporting_unit != "enterprise":
            return None
        if receipt.state in _TAKEN_IN:
            return self._of_row(receipt, form, finding)
        return self._of_sender(receipt, form)

    def _form(self, receipt: Receipt) -> Form | None:
        exact = self._catalogue.find(receipt.form_code or "", receipt.form_version or "")
        return exact or next(iter(self._catalogue.versions(receipt.form_code or "")), None)

    # A row that was taken in

    def _of_row(self, receipt: Receipt, form: Form, finding: LandedRow) -> float | None:
        place = (receipt.submission_id, finding["sheet_name"], finding["row_number"])
        for section in form.sections:
            row = self._section_rows(form, section).get(place)
            if row is not None:
                month = (receipt.authority_code or "", receipt.period_month or "")
                totals = self._section_totals(form, section).get(month, {})
                measures = measures_of(section, finding["column_code"])
                shares = (_share(row[measure.code], totals.get(measure.code)) for measure in measures)
                return next((share for share in shares if share is not None), None)
        return None

    def _section_rows(self, form: Form, section: Section) -> dict[_Place, LandedRow]:
        key = (form.code, section.code)
        if key not in self._rows:
            of = [r for r in self._receipts.values() if r.form_code == form.code and r.state in _TAKEN_IN]
            rows = self._landing.rows(*key, of)
            self._rows[key] = {(row["submission_id"], row["sheet_name"], row["row_number"]): row for row in rows}
        return self._rows[key]

    def _section_totals(self, form: Form, section: Section) -> dict[tuple[str, str], LandedRow]:
        """(Authority, month) → column → Σ|value| over the current submissions."""
        key = (form.code, section.code)
        if key not in self._totals:
            columns = [column.code for column in section.columns if _is_added_up(column)]
            sums = ", ".join(f'sum(abs("{code}")) as "{code}"' for code in columns) or "0 as none"
            sql = (
                f"select authority_code, period_month, {sums} "  # noqa: S608 - codes of our own form definitions
                "from landed semi join wanted using (batch_id, submission_id) group by authority_code, period_month"
            )
            found = self._landing.query(sql, "/".join(key), wanted_table(self._current(form)))
            self._totals[key] = {(row["authority_code"], row["period_month"]): row for row in found}
        return self._totals[key]

    # A file that was not

    def _of_sender(self, receipt: Receipt, form: Form) -> float | None:
        if not receipt.reporting_unit_code or not receipt.period_month:
            return None
        shares = self._sender_shares(form)
        sender = (receipt.authority_code or "", receipt.reporting_unit_code)
        months = [month for *unit, month in shares if tuple(unit) == sender and month <= receipt.period_month]
        return shares[*sender, max(months)] if months else None

    def _sender_shares(self, form: Form) -> dict[tuple[str, str, str], float]:
        """(Authority, sender, month) → his share in the month's total of the form's main measure."""
        if form.code not in self._weights:
            self._weights[form.code] = self._weigh(form)
        return self._weights[form.code]

    def _weigh(self, form: Form) -> dict[tuple[str, str, str], float]:
        main = next(((section, found[0]) for section in form.sections if (found := measures_of(section, None))), None)
        if main is None:
            return {}
        section, measure = main
        sql = (
            f'select authority_code, reporting_unit_code, period_month, sum(abs("{measure.code}")) as weight '  # noqa: S608
            "from landed semi join wanted using (batch_id, submission_id) group by all"
        )
        rows = self._landing.query(sql, f"{form.code}/{section.code}", wanted_table(self._current(form)))
        totals: dict[tuple[str, str], float] = defaultdict(float)
        for row in rows:
            totals[row["authority_code"], row["period_month"]] += float(row["weight"] or 0)
        shares = {
            (row["authority_code"], row["reporting_unit_code"], row["period_month"]): _share(
                row["weight"], totals[row["authority_code"], row["period_month"]]
            )
            for row in rows
        }
        return {key: share for key, share in shares.items() if share is not None}

    def _current(self, form: Form) -> Iterable[Receipt]:
        return [receipt for receipt in self._landing.accepted if receipt.form_code == form.code]


def measures_of(section: Section, column_code: str | None) -> list[Column]:
    """The columns that an effect is measured by: the named one when it is added up, then the section's main measure."""
    named = [column for column in section.columns if column.code == column_code and _is_added_up(column)]
    main = [column for column in section.columns if column.required and column.unit and _is_added_up(column)]
    return [*named, *main[:1]]


def _is_added_up(column: Column) -> bool:
    return column.is_number and column.kind in _ADDED_UP


def _share(value: object, total: object) -> float | None:
    if value is None or not total:
        return None
    return min(abs(float(str(value))) / float(str(total)), 1.0)
