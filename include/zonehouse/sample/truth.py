"""What the pipeline must compute from the files, added up here from the submissions that stand in the end.

Written apart from the pipeline: from the generator's own rows and history, never from its output.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from zonehouse.periods import HalfYear, Month
from zonehouse.sample.population import Enterprise, Project
from zonehouse.sample.province import Province
from zonehouse.sample.workbook import Submission

Figures = dict[str, Decimal]
Truth = Mapping[str, Mapping[str, Decimal]]

# indicator: section and column of the monthly report; flows are summed, stocks are those of the last month
_REPORTED = {
    "gross_output": ("output", "gross_output_constant_vnd_million"),
    "gross_output_current": ("output", "gross_output_current_vnd_million"),
    "net_revenue": ("output", "net_revenue_vnd_million"),
    "exports": ("export", "export_usd"),
    "imports": ("export", "import_usd"),
    "implemented_capital": ("investment", "implemented_capital_vnd_million"),
}


def expected_totals(province: Province, enterprises: list[Enterprise], standing: Iterable[Submission]) -> Truth:
    """Half-year (``2016-H1``) → headline or organisation indicator → value over the months that were generated.

    ``standing`` are the submissions accepted in the end, one for each unit and month.
    """
    by_half: dict[HalfYear, list[Submission]] = defaultdict(list)
    for submission in standing:
        by_half[submission.month.half_year].append(submission)
    return {
        str(half): _half_year(province, enterprises, submissions, max(s.month for s in submissions))
        for half, submissions in sorted(by_half.items())
    }


def _half_year(
    province: Province, enterprises: list[Enterprise], submissions: list[Submission], through: Month
) -> Figures:
    figures = _reported(submissions, through)
    figures.update(_projects(enterprises, through.last_day))
    figures.update(_authority(submissions, through))
    for code, figure in province.organisation.items():
        values = [figure.at(month) for month in sorted({s.month for s in submissions})]
        known = [_exact(value) for value in values if value is not None]
        if known:
            figures[code] = sum(known, Decimal(0)) if figure.kind == "flow" else known[-1]
    return figures


def _reported(submissions: list[Submission], through: Month) -> Figures:
    reports = [s for s in submissions if s.form.code == "monthly_report"]
    figures = {
        indicator: _sum(row.get(column) for s in reports for row in s.tables[section])
        for indicator, (section, column) in _REPORTED.items()
    }
    last = [s for s in reports if s.month == through]
    figures["labour"] = _sum(row["headcount_persons"] for s in last for row in s.tables["labour"])
    return figures


def _authority(submissions: list[Submission], through: Month) -> Figures:
    returns = [s for s in submissions if s.form.code == "authority_return"]
    last = [s for s in returns if s.month == through]
    return {
        "investor_visits": _sum(row["visits_count"] for s in returns for row in s.tables["investor_contact"]),
        "infrastructure_disbursed": _sum(
            row["disbursed_vnd_million"] for s in returns for row in s.tables["infrastructure"]
        ),
        "infrastructure_allocated": _sum(
            row["allocated_year_vnd_million"] for s in last for row in s.tables["infrastructure"]
        ),
    }


def _projects(enterprises: list[Enterprise], on: date) -> Figures:
    projects = [project for enterprise in enterprises for project in enterprise.projects]
    valid = [project for project in projects if project.status(on) not in (None, "terminated")]
    figures = {"projects_valid": Decimal(len(valid))}
    for status in ("operating", "building", "in_procedure", "suspended"):
        figures[f"projects_{status}"] = Decimal(sum(project.status(on) == status for project in valid))
    for ownership in ("domestic", "fdi"):
        figures[f"projects_{ownership}"] = Decimal(sum(_owner(project, on) == ownership for project in valid))
    figures["projects_behind_schedule"] = Decimal(sum(_behind(project, on) for project in valid))
    lasting = [certificate for project in valid if (certificate := project.certificate(on)) is not None]
    figures["registered_capital"] = sum((_exact(c.registered) * _exact(c.rate) for c in lasting), Decimal(0))
    return figures


def _owner(project: Project, on: date) -> str:
    return next(owner for since, owner in reversed(project.ownership) if since <= on)


def _behind(project: Project, on: date) -> bool:
    in_force = [version for since, version in project.versions() if since <= on]
    return bool(in_force and in_force[-1]["behind_schedule"])


def _sum(values: Iterable[Any]) -> Decimal:
    return sum((_exact(value) for value in values if value is not None), Decimal(0))


def _exact(value: float | int) -> Decimal:
    """The decimal that a cell shows: the shortest text of the float."""
    return Decimal(str(value))
