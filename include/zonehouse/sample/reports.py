"""What each workbook says: the model's figures, rounded as senders do, as rows of the forms' columns."""

from __future__ import annotations

import dataclasses
from datetime import date
from functools import cached_property
from typing import Any

from zonehouse.forms import Form, FormCatalogue
from zonehouse.periods import Month, month_range
from zonehouse.sample.draws import draw, spread
from zonehouse.sample.economy import Economy
from zonehouse.sample.population import Enterprise
from zonehouse.sample.province import Province, ProvinceError, Work
from zonehouse.sample.tet import idle_share
from zonehouse.sample.workbook import Row, Style, Submission, draw_style

_USD_DIGITS = 2


class Reports:
    """All submissions of a province, made on demand; a month's content never depends on what was asked before."""

    def __init__(self, province: Province, seed: int, economy: Economy, catalogue: FormCatalogue) -> None:
        self.province, self.seed, self.catalogue, self._economy = province, seed, catalogue, economy
        self._enterprises = economy.enterprises

    def style(self, enterprise: Enterprise) -> Style:
        return self._styles[enterprise.index]

    @cached_property
    def _styles(self) -> list[Style]:
        able = [e.index for e in self._enterprises if e.group.status == "operating"]
        count = min(len(able), self.province.text_number_enterprises)
        texters = set(draw(self.seed, "text numbers").sample(able, count))
        return [draw_style(self.seed, e.index, e.index in texters) for e in self._enterprises]

    def form(self, code: str, month: Month) -> Form:
        """The version of a form in force for a month."""
        for form in self.catalogue.versions(code):
            if form.covers(month):
                return form
        raise ProvinceError(f"no version of the form {code} covers {month}: generate other months, or add a version")

    # The enterprise's monthly report

    def monthly_report(self, enterprise: Enterprise, month: Month, prepared_on: date) -> Submission:
        cover = {
            **self._cover("monthly_report", month, prepared_on),
            "tax_code": enterprise.tax_code,
            "enterprise_name": enterprise.name(month.last_day),
            "period_start": month.first_day,
            "period_end": month.last_day,
        }
        tables = {
            "output": self._output_rows(enterprise, month),
            "export": self._export_rows(enterprise, month),
            "labour": self._labour_rows(enterprise, month),
            "investment": self._investment_rows(enterprise, month),
        }
        return Submission(self.form("monthly_report", month), month, cover, tables, self.style(enterprise))

    def _output_rows(self, enterprise: Enterprise, month: Month) -> list[Row]:
        digits = self.style(enterprise).decimals
        to_date: dict[str, float] = {}
        for earlier in month_range(Month(month.year, 1), month):
            for made in self._economy.output(enterprise, earlier):
                to_date[made.product] = round(to_date.get(made.product, 0) + round(made.constant, digits), digits)
        return [
            {
                "product_code": enterprise.profile.vsic,
                "product_name": made.product,
                "quantity_unit": made.unit,
                "quantity": round(made.quantity),
                "gross_output_constant_vnd_million": round(made.constant, digits),
                "gross_output_current_vnd_million": round(made.current, digits),
                "net_revenue_vnd_million": round(made.revenue, digits),
                "gross_output_constant_ytd_vnd_million": to_date[made.product],
            }
            for made in self._economy.output(enterprise, month)
        ]

    def _export_rows(self, enterprise: Enterprise, month: Month) -> list[Row]:
        digits = min(_USD_DIGITS, self.style(enterprise).decimals)
        return [
            {
                "hs_group": hs,
                "market_code": market,
                "export_usd": round(exported, digits),
                "import_usd": round(imported, digits),
            }
            for (hs, market), (exported, imported) in self._economy.trade(enterprise, month).items()
        ]

    def _labour_rows(self, enterprise: Enterprise, month: Month) -> list[Row]:
        return [
            {
                "category_code": row.category,
                "headcount_persons": row.headcount,
                "women_persons": row.women,
                "local_persons": row.local,
                "foreign_persons": row.foreign,
                "hires_persons": row.hires,
                "leavers_persons": row.leavers,
                "average_income_vnd_million": round(row.income, 2) if row.headcount else None,
            }
            for row in self._economy.labour(enterprise, month)
        ]

    def _investment_rows(self, enterprise: Enterprise, month: Month) -> list[Row]:
        # Some write a zero for a project without spending, others leave the row out: both are right.
        writes_zero = draw(self.seed, "zero investment", enterprise.index).random() < 0.4
        rows: list[Row] = []
        for project in enterprise.projects:
            spent = round(self._economy.invested(project, month), self.style(enterprise).decimals)
            if spent or (writes_zero and project.status(month.last_day) in ("building", "operating")):
                rows.append({"project_code": project.code, "implemented_capital_vnd_million": spent})
        return rows

    def first_thought(self, submission: Submission, who: int) -> Submission:
        """The version that an amendment corrects: output and exports a few percent off."""
        generator = draw(self.seed, "first thought", who, submission.month)
        wrong = 1 + generator.choice((-1, 1)) * generator.uniform(0.03, 0.09)
        month, to_date = "gross_output_constant_vnd_million", "gross_output_constant_ytd_vnd_million"
        digits = submission.style.decimals
        output = []
        for row in submission.tables["output"]:
            moved = round(row[month] * wrong, digits)
            output.append({**row, month: moved, to_date: round(row[to_date] - row[month] + moved, digits)})
        exports = [
            {**row, "export_usd": round(row["export_usd"] * wrong, min(_USD_DIGITS, digits))}
            for row in submission.tables["export"]
        ]
        tables = {**submission.tables, "output": output, "export": exports}
        return dataclasses.replace(submission, tables=tables)

    def left_blank(self, submission: Submission) -> Submission:
        """The report with the net revenue of its first product not filled in."""
        first, *others = submission.tables["output"]
        output = [{**first, "net_revenue_vnd_million": None}, *others]
        return dataclasses.replace(submission, tables={**submission.tables, "output": output})

    # The authority's return

    def authority_return(self, month: Month, prepared_on: date) -> Submission:
        tables = {
            "investor_contact": self._contact_rows(month),
            "infrastructure": self._infrastructure_rows(month),
            "organisation": self._organisation_rows(month),
            "annual_plan": self._plan_rows(month),
        }
        cover = self._cover("authority_return", month, prepared_on)
        return Submission(self.form("authority_return", month), month, cover, tables, Style())

    def _contact_rows(self, month: Month) -> list[Row]:
        of_year = sorted((c for c in self.province.contacts if c.day.year == month.year), key=lambda c: c.day)
        return [
            {
                "contact_no": f"{month.year}-{number:02d}",
                "contact_on": contact.day,
                "country_code": contact.country,
                "sector_code": contact.sector,
                "visits_count": contact.visits,
            }
            for number, contact in enumerate(of_year, 1)
            if Month.of(contact.day) == month
        ]

    def _infrastructure_rows(self, month: Month) -> list[Row]:
        return [
            {
                "work_code": work.code,
                "work_name": work.name,
                "zone_code": work.zone,
                "allocated_year_vnd_million": work.allocated[month.year],
                "disbursed_vnd_million": self._disbursed(work, month),
            }
            for work in self.province.works
            if month.year in work.allocated
        ]

    def _disbursed(self, work: Work, month: Month) -> float:
        """The month's part of the half-year's disbursement; the last month takes what rounding left."""
        half = month.half_year
        total = work.disbursed.get(half, 0.0)
        weights = [
            spread(draw(self.seed, "disbursed", work.code, m), 0.4) * (1 - idle_share(m)) * (0.6 + 0.15 * step)
            for step, m in enumerate(half.months)
        ]
        parts = [round(total * weight / sum(weights), 3) for weight in weights[:-1]]
        parts.append(round(total - sum(parts), 3))
        return parts[month - half.first_month]

    def _organisation_rows(self, month: Month) -> list[Row]:
        values = {code: figure.at(month) for code, figure in self.province.organisation.items()}
        return [{"indicator_code": code, "indicator_value": v} for code, v in values.items() if v is not None]

    def _plan_rows(self, month: Month) -> list[Row]:
        plan = self.province.annual_plan.get(month.year, {}) if month.number == 1 else {}
        return [{"plan_year": month.year, "indicator_code": code, "plan_value": value} for code, value in plan.items()]

    # The register

    def project_register(self, month: Month, prepared_on: date) -> Submission:
        """The whole list with its history as known at the end of the month."""
        until = month.last_day
        authority = self.province.authority.model_dump()
        tables: dict[str, list[Row]] = {
            "authority": [{**authority, "authority_code": authority["code"]}],
            "zone": [{**z.model_dump(), "zone_code": z.code} for z in self.province.zones if z.valid_from <= until],
            "enterprise": [
                {"tax_code": enterprise.tax_code, "valid_from": day, **version}
                for enterprise in self._enterprises
                for day, version in enterprise.versions()
                if day <= until
            ],
            "project": [
                {"project_code": project.code, "tax_code": enterprise.tax_code, "valid_from": day, **version}
                for enterprise in self._enterprises
                for project in enterprise.projects
                for day, version in project.versions()
                if day <= until
            ],
            "certificate": self._certificate_rows(until),
        }
        cover = self._cover("project_register", month, prepared_on)
        return Submission(self.form("project_register", month), month, cover, tables, Style())

    def _certificate_rows(self, until: date) -> list[Row]:
        return [
            {
                "certificate_no": certificate.number,
                "project_code": project.code,
                "certified_on": certificate.on,
                "certificate_kind": certificate.kind,
                "currency": certificate.currency,
                "registered_capital_original_million": certificate.registered,
                "charter_capital_original_million": certificate.charter,
                "certificate_rate_vnd": certificate.rate,
            }
            for enterprise in self._enterprises
            for project in enterprise.projects
            for certificate in project.certificates
            if certificate.on <= until
        ]

    def _cover(self, form_code: str, month: Month, prepared_on: date) -> dict[str, Any]:
        return {
            "form_code": form_code,
            "form_version": self.form(form_code, month).version,
            "authority_code": self.province.authority.code,
            "period_month": month,
            "prepared_on": prepared_on,
        }
