"""Writing a province's workbooks into an inbox, in folders named by the day they arrive."""

from __future__ import annotations

import dataclasses
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import structlog
from stdnum.vn import mst

from zonehouse.forms import FormCatalogue
from zonehouse.periods import Month, month_range
from zonehouse.sample.draws import draw
from zonehouse.sample.economy import Economy
from zonehouse.sample.population import Enterprise, populate
from zonehouse.sample.province import Late, Province, ProvinceError, Quirk, Rejected
from zonehouse.sample.quirks import QuirkPlan, missed, plan_quirks
from zonehouse.sample.reports import Reports
from zonehouse.sample.truth import Truth, expected_totals
from zonehouse.sample.workbook import SYNTHETIC, Submission, write_workbook

DEFAULT_SEED = 2016
_NO_WORKBOOK = f"<html><body><p>{SYNTHETIC}</p><table><tr><td>{{name}}</td></tr></table></body></html>\n"
_TEXT_IN_NUMBER = "chưa có số liệu"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Delivery:
    """A file written: where (below the inbox), what it is, and the state it must end in.

    ``kind`` is ``report``, ``late``, ``amendment``, ``authority_return``, ``project_register`` or that of a quirk:
    ``amended`` (the first version), ``duplicate``, ``wrong_check_digit``, …
    ``state`` is the one of docs/contracts.md that it has when all files are taken in.
    """

    path: str
    kind: str
    state: str
    form_code: str
    unit: str
    month: Month
    arrived: date


@dataclass(frozen=True)
class SampleReport:
    """What was written, and what it must add up to (half-year → indicator → value)."""

    deliveries: tuple[Delivery, ...]
    missed: tuple[tuple[str, Month], ...]
    truth: Truth

    @property
    def file_count(self) -> int:
        return len(self.deliveries)

    @property
    def counts(self) -> dict[str, int]:
        """Files by kind, and ``missed`` reports."""
        return {**Counter(delivery.kind for delivery in self.deliveries), "missed": len(self.missed)}

    @property
    def states(self) -> dict[str, int]:
        """Files by the state they must end in."""
        return dict(Counter(delivery.state for delivery in self.deliveries))


def generate(  # noqa: PLR0913 - the face that docs/contracts.md and the command line use
    province: Province,
    out: Path,
    first: Month,
    last: Month,
    seed: int = DEFAULT_SEED,
    *,
    catalogue: FormCatalogue,
    progress: Callable[[str], None] | None = None,
) -> SampleReport:
    """Write the workbooks of the months ``first`` to ``last`` into ``out/<day of arrival>/``.

    The same specification and seed give the same bytes; later months continue the same history.

    Raises:
        ProvinceError: the specification does not fit the forms or code lists, or the months are in the wrong order.
    """
    if last < first:
        raise ProvinceError(f"the last month {last} lies before the first {first}")
    check_codes(province, catalogue)
    enterprises = populate(province, seed)
    plan = plan_quirks(province, seed, enterprises)
    economy = Economy(province, seed, enterprises, missed(plan))
    mail = _Mail(Reports(province, seed, economy, catalogue), plan, out)
    for month in month_range(first, last):
        before = len(mail.deliveries)
        mail.send_month(month, enterprises)
        if progress is not None:
            progress(f"{month}: {len(mail.deliveries) - before} files")
    not_sent = tuple((enterprises[who].tax_code, m) for who, m in sorted(missed(plan)) if first <= m <= last)
    truth = expected_totals(province, enterprises, mail.standing)
    log.info("sample_written", files=len(mail.deliveries), first=str(first), last=str(last), seed=seed)
    return SampleReport(tuple(mail.deliveries), not_sent, truth)


def check_codes(province: Province, catalogue: FormCatalogue) -> None:
    """Refuse a specification with a code that the forms' code lists lack.

    Raises:
        ProvinceError: names each list and code.
    """
    used: dict[str, set[str]] = {
        "vsic": {p.vsic for p in province.profiles.values()} | {c.sector for c in province.contacts if c.sector},
        "hs_chapter": {hs for p in province.profiles.values() for t in (p.exports, p.imports) for hs in t.hs},
        "market": {m for p in province.profiles.values() for t in (p.exports, p.imports) for m in t.markets}
        | {contact.country for contact in province.contacts},
        "currency": set(province.currency_of.values()) | {g.currency for g in province.projects if g.currency},
        "organisation_indicator": set(province.organisation),
        "headline_indicator": {code for plan in province.annual_plan.values() for code in plan},
    }
    wrong = [
        f"{name}: {code}"
        for name, codes in used.items()
        for code in sorted(codes - set(catalogue.code_lists.get(name, {})))
    ]
    if wrong:
        raise ProvinceError(f"codes that no reference list has: {', '.join(wrong)}; mend the specification or the list")


class _Mail:
    """Sends submissions as files and notes them."""

    def __init__(self, reports: Reports, plan: QuirkPlan, out: Path) -> None:
        self._reports, self._plan, self._out = reports, plan, out
        self._province, self._seed = reports.province, reports.seed
        self.deliveries: list[Delivery] = []
        self.standing: list[Submission] = []

    def send_month(self, month: Month, enterprises: list[Enterprise]) -> None:
        next_month = (month + 1).first_day
        if month in self._province.register_months:
            register = self._reports.project_register(month, next_month)
            self._send(register, next_month, f"So dang ky du an {month}.xlsx", "project_register")
        arrived = self._arrival("authority", month)
        authority = self._reports.authority_return(month, arrived)
        self._stand(authority, arrived, f"Bao cao BQL thang {month}.xlsx", "authority_return")
        for enterprise in enterprises:
            if enterprise.reports(month):
                self._send_report(enterprise, month)

    def _send_report(self, enterprise: Enterprise, month: Month) -> None:
        quirk = self._plan.get((enterprise.index, month))
        arrived = self._arrival(enterprise.index, month)
        name = _file_name(enterprise, month, self._reports.style(enterprise).file_name)
        if quirk is None:
            self._stand(self._reports.monthly_report(enterprise, month, arrived), arrived, name, "report")
        elif quirk.kind != "missed":
            self._send_quirk(enterprise, month, quirk, arrived, name)

    def _send_quirk(self, enterprise: Enterprise, month: Month, quirk: Quirk, arrived: date, name: str) -> None:
        if isinstance(quirk, Late):
            form = self._reports.form("monthly_report", month)
            if form.due is None:
                raise ProvinceError(
                    f"quirks: nothing can be late in {month}: {form.code} {form.version} has no due day"
                )
            arrived = form.due.due_on(month) + timedelta(days=quirk.days_after_due)
            self._stand(self._reports.monthly_report(enterprise, month, arrived), arrived, name, "late")
            return
        if isinstance(quirk, Rejected):
            latest = arrived.replace(day=self._province.arrival.last_day)
            arrived = min(arrived, latest - timedelta(days=quirk.days_later))
            self._send_bad(enterprise, month, quirk, arrived, name)
            later = arrived + timedelta(days=quirk.days_later)
            self._stand(self._reports.monthly_report(enterprise, month, later), later, name, "report")
            return
        report = self._reports.monthly_report(enterprise, month, arrived)
        if quirk.kind == "duplicate":
            self._stand(report, arrived, name, "report")
            again = arrived + timedelta(days=quirk.days_later)
            self._send(report, again, name.replace(".xlsx", "_ban_sao.xlsx"), "duplicate", "duplicate")
        elif quirk.kind == "doubtful":
            self._stand(self._reports.left_blank(report), arrived, name, "doubtful", "accepted_with_warnings")
        elif quirk.kind == "amended":
            wrong = self._reports.first_thought(report, enterprise.index)
            self._send(wrong, arrived, name, "amended", "superseded")
            later = arrived + timedelta(days=quirk.days_later)
            amendment = self._reports.monthly_report(enterprise, month, later)
            self._stand(amendment, later, name.replace(".xlsx", " (dieu chinh).xlsx"), "amendment")

    def _send_bad(self, enterprise: Enterprise, month: Month, quirk: Rejected, arrived: date, name: str) -> None:
        good = self._reports.monthly_report(enterprise, month, arrived)
        if quirk.kind == "not_a_workbook":
            content = _NO_WORKBOOK.format(name=name).encode()
            self._write(content, _delivery(good, arrived, name, quirk.kind, "rejected"))
            return
        if quirk.kind == "wrong_check_digit":
            bad = dataclasses.replace(good, cover={**good.cover, "tax_code": _wrong_check_digit(enterprise.tax_code)})
        elif quirk.kind == "missing_sheet":
            bad = dataclasses.replace(good, without="labour")
        else:
            bad = dataclasses.replace(good, replaced=("output", "gross_output_constant_vnd_million", _TEXT_IN_NUMBER))
        self._send(bad, arrived, name, quirk.kind, "rejected")

    def _stand(self, submission: Submission, arrived: date, name: str, kind: str, state: str = "accepted") -> None:
        """Send a submission that stands in the end."""
        self.standing.append(submission)
        self._send(submission, arrived, name, kind, state)

    def _send(self, submission: Submission, arrived: date, name: str, kind: str, state: str = "accepted") -> None:
        content = write_workbook(submission, self._reports.catalogue)
        self._write(content, _delivery(submission, arrived, name, kind, state))

    def _write(self, content: bytes, delivery: Delivery) -> None:
        target = self._out / delivery.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(content)
        # The same arrival time whenever it is written, so that the receipts of a repeated sample are the same.
        sent = datetime.combine(delivery.arrived, time(9), UTC).timestamp()
        os.utime(part, (sent, sent))
        part.replace(target)
        self.deliveries.append(delivery)

    def _arrival(self, who: int | str, month: Month) -> date:
        """The sender's usual day of the following month, give or take two."""
        first, last = self._province.arrival.first_day, self._province.arrival.last_day
        usual = draw(self._seed, "habit", who).randint(first, last)
        day = usual + draw(self._seed, "arrival", who, month).randint(-2, 2)
        return (month + 1).first_day.replace(day=max(first, min(last, day)))


def _delivery(submission: Submission, arrived: date, name: str, kind: str, state: str) -> Delivery:
    unit = str(submission.cover[submission.form.reporting_unit_field])
    path = f"{arrived.isoformat()}/{name}"
    return Delivery(path, kind, state, submission.form.code, unit, submission.month, arrived)


def _wrong_check_digit(tax_code: str) -> str:
    return next(code for digit in "0123456789" if not mst.is_valid(code := tax_code[:-1] + digit))


def _file_name(enterprise: Enterprise, month: Month, habit: int) -> str:
    """As the sender calls its files; differs between enterprises in any month."""
    name, code = enterprise.name(month.last_day), enterprise.tax_code
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    slug = re.sub(r"[^A-Za-z0-9]+", "_", plain.encode("ascii", "ignore").decode()).strip("_")
    patterns = (
        f"BC tháng {month.number:02d}-{month.year} - {name}.xlsx",
        f"bao_cao_thang_{month.number}_{month.year}_{code}.xlsx",
        f"{slug}_{month.year}{month.number:02d}.xlsx",
        f"Bieu bao cao {slug} T{month.number}.{month.year}.xlsx",
    )
    return unicodedata.normalize("NFC", patterns[habit])
