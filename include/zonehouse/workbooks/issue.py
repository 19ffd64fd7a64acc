"""Templates from the landing: who owes which form for a month, what they sent last, and where the files go."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from zonehouse.forms import Form, FormCatalogue, load_catalogue
from zonehouse.intake.register import Receipt
from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.workbooks.landed import (
    REGISTER_FORM,
    Enterprise,
    LandedRow,
    Landing,
    Unit,
    WorkbookError,
    form_in_force,
    in_force,
)
from zonehouse.workbooks.prefill import prefill
from zonehouse.workbooks.template import write_form_template

Progress = Callable[[str], None]

_UNSAFE = re.compile(r"[^\w.-]")  # a unit's code comes from a workbook, and becomes part of a file's name

log = structlog.get_logger(__name__)


def write_template(settings: Settings, tax_code: str, month: Month, out: Path, form_code: str | None = None) -> Path:
    """Write the template of each monthly form that an enterprise owes, to each authority; the path of the (first) file.

    Args:
        out: a folder in which each file gets its own name; or a file ending in ``.xlsx``, which is of one form and one
            authority only.
        form_code: only this form.

    Raises:
        WorkbookError: the register in force does not know the enterprise, or no form is in force for the month.
    """
    issue = _Issue(settings, month)
    found = [enterprise for enterprise in issue.enterprises if enterprise.tax_code == tax_code]
    if not found:
        raise WorkbookError(
            f"no project register in force knows the enterprise {tax_code} at {month.last_day}; "
            "check the tax code, or take in the register that names it"
        )
    owed = _monthly_forms(issue.catalogue, "enterprise", month)
    forms = [form for form in owed if form_code in (None, form.code)]
    if not forms or (len(forms) > 1 and out.suffix == ".xlsx"):
        codes = ", ".join(form.code for form in owed) or "none"
        raise WorkbookError(f"enterprises owe for {month} the forms: {codes}; name one of them, or a folder for all")
    owing = [enterprise for enterprise in found if enterprise.owes(month)] or found
    if len(owing) > 1 and out.suffix == ".xlsx":
        codes = ", ".join(enterprise.authority_code for enterprise in owing)
        raise WorkbookError(f"enterprise {tax_code} reports to several authorities ({codes}); name a folder for all")
    written = [issue.write_for_enterprise(form, enterprise, out) for form in forms for enterprise in owing]
    return written[0]


def write_authority_template(
    settings: Settings, authority_code: str, form_code: str, month: Month, out: Path
) -> Path:  # fmt: skip
    """Write the template of one of the authority's own forms (its monthly return, or the project register).

    Raises:
        WorkbookError: there is no such form of an authority, or the register in force does not know the authority.
    """
    issue = _Issue(settings, month)
    form = form_in_force(issue.catalogue, form_code, month)
    if form.reporting_unit != "authority":
        raise WorkbookError(f"form {form_code} is of an enterprise; an authority's forms are its return and register")
    if authority_code not in issue.landing.registers():
        known = ", ".join(sorted(issue.landing.registers())) or "none"
        raise WorkbookError(f"no project register of authority {authority_code!r} is in force; known: {known}")
    return issue.write_for_authority(form, authority_code, out)


def write_templates(
    settings: Settings, month: Month, out_folder: Path, progress: Progress | None = None
) -> list[Path]:  # fmt: skip
    """Write the template of every monthly form for every enterprise and authority that owes it; the files."""
    issue = _Issue(settings, month)
    written = []
    for form in _monthly_forms(issue.catalogue, "enterprise", month):
        owing = [enterprise for enterprise in issue.enterprises if enterprise.owes(month)]
        written += [issue.write_for_enterprise(form, enterprise, out_folder) for enterprise in owing]
    for form in _monthly_forms(issue.catalogue, "authority", month):
        written += [issue.write_for_authority(form, code, out_folder) for code in sorted(issue.landing.registers())]
    log.info("templates_written", month=str(month), files=len(written))
    if progress is not None:
        progress(f"{len(written)} templates for {month} in {out_folder}")
    return written


def template_folder(settings: Settings, month: Month) -> Path:
    """Where a month's templates are put for sending."""
    return settings.home / "outbox" / "templates" / str(month)


@dataclass(frozen=True)
class Owed:
    """A monthly form that a unit owes for a month, by the registers in force."""

    form: Form
    authority_code: str
    unit_code: str
    unit_name: str
    write_template: Callable[[Path], Path]


def owed(settings: Settings, month: Month) -> list[Owed]:
    """All that is owed for a month, by enterprises and authorities; ``write_template`` takes the folder to write to."""
    issue = _Issue(settings, month)
    found = []
    for form in _monthly_forms(issue.catalogue, "enterprise", month):
        for one in issue.enterprises:
            if one.owes(month):
                write = partial(issue.write_for_enterprise, form, one)
                found.append(Owed(form, one.authority_code, one.tax_code, one.name, write))
    for form in _monthly_forms(issue.catalogue, "authority", month):
        for code in sorted(issue.landing.registers()):
            found.append(Owed(form, code, code, code, partial(issue.write_for_authority, form, code)))
    return found


class _Issue:
    """All templates of one month: the landing is read once for all units."""

    def __init__(self, settings: Settings, month: Month) -> None:
        self.catalogue = load_catalogue(settings)
        self.landing = Landing(settings, self.catalogue)
        self.enterprises = self.landing.enterprises(month.last_day)
        self._authorities = Counter(enterprise.tax_code for enterprise in self.enterprises)
        self._month = month
        self._latest: dict[str, dict[Unit, Receipt]] = {}
        self._rows: dict[str, dict[str, dict[str, list[LandedRow]]]] = {}
        self._projects: dict[tuple[str, str], list[LandedRow]] | None = None

    def write_for_enterprise(self, form: Form, enterprise: Enterprise, out: Path) -> Path:
        identity = {
            "authority_code": enterprise.authority_code,
            form.reporting_unit_field: enterprise.tax_code,
            "enterprise_name": enterprise.name,
        }
        projects = self._open_projects().get((enterprise.authority_code, enterprise.tax_code), [])
        return self._write(form, enterprise.tax_code, identity, projects, out)

    def write_for_authority(self, form: Form, authority_code: str, out: Path) -> Path:
        return self._write(form, authority_code, {"authority_code": authority_code}, [], out)

    def _write(self, form: Form, unit: str, identity: dict[str, str], projects: list[LandedRow], out: Path) -> Path:
        before = self._before(form, (identity["authority_code"], unit))
        rows = self._previous_rows(form).get(before.submission_id, {}) if before else {}
        month = Month.parse(before.period_month) if before and before.period_month else None
        known = prefill(form, self.catalogue, rows, projects, month)
        # One enterprise may report to several authorities: each file says to which.
        to = [identity["authority_code"], unit] if self._authorities[unit] > 1 else [unit]
        name = "_".join(_UNSAFE.sub("_", code) for code in [form.code, *to, str(self._month)])
        target = out if out.suffix == ".xlsx" else out / f"{name}.xlsx"
        return write_form_template(form, identity, self._month, known, self.catalogue, target)

    def _before(self, form: Form, unit: Unit) -> Receipt | None:
        if form.frequency == "irregular":
            return self.landing.registers().get(unit[0]) if form.code == REGISTER_FORM else None
        if form.code not in self._latest:
            self._latest[form.code] = self.landing.latest_before(form.code, self._month)
        return self._latest[form.code].get(unit)

    def _previous_rows(self, form: Form) -> dict[str, dict[str, list[LandedRow]]]:
        """Submission → section → rows, for the latest submissions of all units at once."""
        if form.code not in self._rows:
            irregular = form.frequency == "irregular"
            of = self.landing.registers().values() if irregular else self._latest[form.code].values()
            found: dict[str, dict[str, list[LandedRow]]] = defaultdict(lambda: defaultdict(list))
            for section in form.sections:
                for row in self.landing.rows(form.code, section.code, of):
                    found[row["submission_id"]][section.code].append(row)
            self._rows[form.code] = found
        return self._rows[form.code]

    def _open_projects(self) -> dict[tuple[str, str], list[LandedRow]]:
        """(Authority, tax code) → its projects in the register that are not terminated at the end of the month."""
        if self._projects is None:
            rows = self.landing.rows(REGISTER_FORM, "project", self.landing.registers().values())
            self._projects = defaultdict(list)
            for row in in_force(rows, ("authority_code", "project_code"), self._month.last_day):
                if row["status"] != "terminated":
                    self._projects[row["authority_code"], row["tax_code"]].append(row)
        return self._projects


def _monthly_forms(catalogue: FormCatalogue, unit: str, month: Month) -> list[Form]:
    """The monthly forms that such units owe for the month, each in its version in force."""
    return list(_in_force(catalogue, unit, month))


def _in_force(catalogue: FormCatalogue, unit: str, month: Month) -> Iterator[Form]:
    for code in dict.fromkeys(form.code for form in catalogue.forms):
        monthly = [f for f in catalogue.versions(code) if f.frequency == "month" and f.reporting_unit == unit]
        if any(form.covers(month) for form in monthly):
            yield form_in_force(catalogue, code, month)
