"""The brief's sentences and labels in English, alike in content to the Vietnamese ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from zonehouse.brief import facts
from zonehouse.brief.data import BriefData, Cause, Figure, Revised
from zonehouse.brief.numbers import (
    WITHHELD,
    direction,
    in_spoken_unit,
    in_text,
    percent_in_text,
    round_thousands,
    signed,
    spoken_unit,
)
from zonehouse.periods import Month

LABELS = {
    "headline": "Headline indicators",
    "by_zone": "By zone",
    "quality": "Coverage and quality",
    "provenance": "Provenance",
    "indicator": "Indicator",
    "unit": "Unit",
    "value": "Value",
    "same_period": "Same period",
    "growth": "Growth %",
    "plan": "Year's plan",
    "plan_share": "% of plan",
    "coverage": "Coverage %",
    "zone": "Zone",
    "total": "Total",
    "none": "none",
    "missing": "Still missing",
    "charts": "Charts",
    "chart_zone_output": "Industrial gross output (constant prices) by zone",
    "chart_zone_exports": "Exports by zone",
    "chart_sector_output": "Industrial gross output (constant prices) by sector",
    "chart_trend_output": "Industrial gross output (constant prices) by month",
    "chart_trend_exports": "Exports by month",
    "chart_pipeline": "Projects by state (projects)",
    "chart_works": "Infrastructure works",
    "projects_in_procedure": "In procedure",
    "projects_building": "Being built",
    "projects_operating": "In operation",
    "projects_suspended": "Suspended",
    "allocated": "Allocated",
    "disbursed": "Disbursed",
    "work": "Work",
    "share": "Share %",
    "month": "Month",
    "tet": "Tết",
    "method": "Notes on method",
    "imputed": "Estimated %",
    "with_estimate": "with the estimate:",
    "late_projects": "Projects behind schedule",
    "project": "Project",
    "enterprise": "Enterprise",
    "committed_on": "Committed",
    "days_late": "Days late",
    "chart_without": "Not drawn, since withheld: {names}.",
    "revisions": "Revisions since the last release",
    "first_release": "This is the first release of this half-year.",
    "no_revision": "No total has changed since release {release} ({time}).",
    "revised_since": "Totals that have changed since release {release} ({time})",
    "before": "Before",
    "after": "Now",
    "difference": "Difference",
    "difference_pct": "Difference %",
    "reasons": "Cause",
    "base": "same period",
    "year_to_date": "year to date",
    "base_year_to_date": "year to date, same period",
    "causes": "Reports that moved them most",
}
REASONS = {
    "new_report": "new report",
    "amendment": "amended report",
    "withdrawn_report": "report withdrawn",
    "register_change": "change of the register",
    "longer_period": "more months counted",
    "override": "steward's correction",
    "method": "change of method",
}
VINTAGES = {
    "estimate": "estimate (reports may still come in time, or months are missing)",
    "revised": "revised (past all due days, reports are missing)",
    "final": "final (all reports are in)",
}
VARIANTS = {"internal": "For internal use", "public": "Public version"}
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def period(data: BriefData) -> str:
    """``the first half of 2016``; ``January to May 2016`` for an unfinished half-year."""
    year, first = data.half_year.year, data.half_year.first_month
    if not facts.ends_early(data):
        return f"the {'first' if data.half_year.half == 1 else 'second'} half of {year}"
    if data.through_month == first:
        return _month(first)
    return f"{_MONTHS[first.number - 1]} to {_month(data.through_month)}"


def day(of: date) -> str:
    """``31 December 2015``: in figures alone an English reader could take it for another day."""
    return f"{of.day} {_MONTHS[of.month - 1]} {of.year}"


def moment(of: datetime) -> str:
    """``06:07, 25 November 2026``."""
    return f"{of:%H:%M}, {day(of)}"


def title(data: BriefData) -> str:
    """The heading of the page."""
    return f"{data.authority.en}: {period(data).removeprefix('the ')}"


def status(data: BriefData) -> str:
    """Whether the figures may still change."""
    return f"{_maturity(data)}, up to the end of {_month(data.through_month)} · {VARIANTS[data.variant]}"


def _maturity(data: BriefData) -> str:
    return "Final figures" if data.is_final else "Provisional figures, subject to change"


def paragraphs(data: BriefData) -> list[str]:
    """The running text: the zones, then the organisation; a paragraph without a sentence is left out."""
    zones = [
        _contacts(data),
        _behind_schedule(data),
        _projects(data),
        _capital(data),
        _flow(data, "gross_output", "Industrial gross output"),
        _flow(data, "exports", "Exports"),
        _labour(data),
        _works(data),
        _disbursed(data),
    ]
    organisation = [_attendance(data), _tasks(data), _commended(data), _members(data)]
    return [text for text in (_joined(zones), _joined(organisation)) if text]


def growth(figure: Figure) -> str:
    """``up 6% on the same period of last year``, or why there is no such number."""
    if figure.growth_pct is not None:
        way = direction(figure.growth_pct)
        if way == 0:
            return "unchanged on the same period of last year"
        word = "up" if way > 0 else "down"
        return f"{word} {percent_in_text(abs(figure.growth_pct), 'en')} on the same period of last year"
    return "after none in the same period of last year" if figure.same_period == 0 else "no figure for the same period"


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(value: Decimal, one: str, many: str) -> str:
    """``1 project``, ``2 projects``."""
    return f"{_number(value)} {one if value == 1 else many}"


def _month(month: Month) -> str:
    return f"{_MONTHS[month.number - 1]} {month.year}"


def _joined(sentences: Sequence[str | None]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _number(value: Decimal) -> str:
    return in_text(value, "en")


def _amount(figure: Figure) -> str:
    number = _number(in_spoken_unit(figure.value or Decimal(0), figure.unit))
    return {"vnd_million": f"VND {number} billion", "usd": f"USD {number} million"}.get(figure.unit, number)


def _contacts(data: BriefData) -> str:
    visits = facts.value_of(data, "investor_visits")
    when = f"In {period(data)}"
    if visits is None:
        return f"{when}, no figure for investor visits is available."
    if visits == 0:
        return f"{when}, no investor came to learn about opportunities."
    origin = {(True, True): "domestic and foreign ", (True, False): "domestic ", (False, True): "foreign "}.get(
        facts.origins(data.contacts), ""
    )
    text = f"{when}, {data.authority.en} received {_number(visits)} {origin}investor visit{'' if visits == 1 else 's'}"
    region = facts.main_region(data.contacts)
    if region is not None:
        text += f", mostly from {region.en}"
    named, more = facts.sectors(data.contacts)
    if named:
        text += f", interested in {', '.join(sector.en for sector in named)}"
        text += " and other sectors" if more else ""
    return f"{text}."


def _behind_schedule(data: BriefData) -> str | None:
    late = facts.value_of(data, "projects_behind_schedule")
    if late is None:
        return None
    if late == 0:
        return "A review found no project behind its commitment."
    verb = "is" if late == 1 else "are"
    return f"A review found that {counted(late, 'project', 'projects')} {verb} behind schedule and must be urged on."


def _projects(data: BriefData) -> str:
    valid = facts.value_of(data, "projects_valid")
    if valid is None:
        return "No figure for secondary projects is available."
    wordings = {
        "projects_operating": "{} in operation",
        "projects_building": "{} being built",
        "projects_in_procedure": "{} in construction procedure",
        "projects_suspended": "{} suspended",
    }
    parts = [text.format(_number(count)) for code, text in wordings.items() if (count := facts.value_of(data, code))]
    detail = f" ({', '.join(parts)})" if parts else ""
    verb = "is" if valid == 1 else "are"
    return f"{counted(valid, 'secondary project', 'secondary projects')} {verb} valid{detail}."


def _withheld(subject: str) -> str:
    return f"{subject}: withheld, to keep each enterprise's information confidential."


def _capital(data: BriefData) -> str:
    if facts.is_withheld(data, "registered_capital"):
        return _withheld("Registered capital")
    capital = facts.figure_of(data, "registered_capital")
    if capital is None:
        return "No figure for registered capital is available."
    words = {
        "projects_domestic": ("domestic project", "domestic projects"),
        "projects_fdi": ("FDI project", "FDI projects"),
    }
    parts = [counted(count, *text) for code, text in words.items() if (count := facts.value_of(data, code))]
    owners = f" in {listed(parts)}" if parts else ""
    return f"Registered capital is {_amount(capital)}{owners}."


def _flow(data: BriefData, code: str, subject: str) -> str:
    if facts.is_withheld(data, code):
        return _withheld(subject)
    figure = facts.figure_of(data, code)
    if figure is None:
        return f"{subject}: no figure is available."
    return f"{subject} reached {_amount(figure)}, {growth(figure)}."


def _labour(data: BriefData) -> str:
    people = facts.value_of(data, "labour")
    when = f"at the end of {_month(data.through_month)}"
    if facts.is_withheld(data, "labour"):
        return _withheld(f"Labour {when}")
    if people is None:
        return f"No figure for labour {when} is available."
    about = round_thousands(people)
    if about is None:
        return f"Labour {when} was {counted(people, 'person', 'people')}."
    side = {-1: "nearly ", 0: "", 1: "more than "}[about.side]
    return f"Labour {when} was {side}{_number(Decimal(1000 * about.thousands))} people."


def _works(data: BriefData) -> str | None:
    return f"Work went on for infrastructure: {listed([work.name for work in data.works])}." if data.works else None


def _disbursed(data: BriefData) -> str:
    figure = facts.figure_of(data, "infrastructure_disbursed")
    if figure is None:
        return "No figure for the disbursement of infrastructure capital is available."
    share, year = figure.plan_share_pct, data.half_year.year
    if share is None:
        return f"{_amount(figure)} was disbursed; there is no allocation for {year}."
    return f"{_amount(figure)} was disbursed, {percent_in_text(share, 'en')} of the allocation for {year}."


def _attendance(data: BriefData) -> str | None:
    share = facts.value_of(data, "attendance")
    return f"{percent_in_text(share, 'en')} of the party members attended study conferences." if share else None


def _tasks(data: BriefData) -> str | None:
    tasks = facts.value_of(data, "registered_tasks")
    return f"{counted(tasks, 'task was', 'tasks were')} registered under the resolution." if tasks else None


def _commended(data: BriefData) -> str | None:
    levels = []
    for prefix, level in (("committee", "by the committee"), ("cell", "by cells")):
        collectives = facts.value_of(data, f"{prefix}_commended_collectives")
        persons = facts.value_of(data, f"{prefix}_commended_persons")
        parts = [counted(collectives, "collective", "collectives")] if collectives else []
        parts += [counted(persons, "person", "persons")] if persons else []
        if parts:
            levels.append(f"{listed(parts)} {level}")
    return f"Commended: {listed(levels)}." if levels else None


def _members(data: BriefData) -> str | None:
    members, cells = facts.value_of(data, "members"), facts.value_of(data, "cells")
    parts = [counted(members, "party member", "party members")] if members is not None else []
    parts += [counted(cells, "cell", "cells")] if cells is not None else []
    return f"There are now {listed(parts)}." if parts else None


def quality(data: BriefData, share_received: str | None, imputed: str, approved_at: str) -> list[tuple[str, str]]:
    """The lines of the box on coverage and quality: label and text."""
    reporting, release = data.reporting, data.release
    received = f"{_number(Decimal(reporting.received))} of {_number(Decimal(reporting.obliged))} owed"
    gate = {"pass": "passed", "approved": "passed with warnings, approved"}.get(
        release.gate_outcome, release.gate_outcome
    )
    lines = [
        ("Reports received, all forms", f"{received} ({share_received})" if share_received else received),
        (
            "On time, late",
            f"{counted(Decimal(reporting.on_time), 'report', 'reports')} on time, "
            f"{_number(Decimal(reporting.late))} late",
        ),
        ("Maturity", VINTAGES.get(release.vintage or "", _maturity(data))),
        ("Estimates, not in the figures", imputed),
        ("Checks", gate + _checks(data)),
    ]
    if release.approved_by:
        when = f" at {approved_at}" if approved_at else ""
        lines.append(("Approved by", f"{release.approved_by}{when}: {release.approval_reason or 'no reason given'}"))
    return lines


def method(data: BriefData) -> list[str]:
    """Notes on how the figures are made, that a reader may judge them."""
    notes = [
        "Gross output is at constant prices, exports are in US dollars at current prices; converted exports may "
        "therefore exceed output.",
        "Growth is on the same months of the year before, from unrounded figures. Tết falls into January or February, "
        "so single months compare badly; half-years do compare.",
        "Labour is the number at the end of the period; output, exports and disbursement are sums over the months.",
        "Registered capital in foreign currency is converted at the rate written on its certificate.",
        "Coverage is the share of the reports owed that have come; “–” means unknown, which is not zero.",
    ]
    if data.merged:
        notes.append(
            "The same period, and the months before the merger, include what was reported to the authorities merged "
            f"into this one: {data.merged}. What they had published stays as it was."
        )
    if data.has_suppressed:
        notes.append(
            f"“{WITHHELD}” is withheld to keep each enterprise's information confidential: fewer than 3 enterprises, "
            "or the two largest over 85%, or so that such a figure cannot be worked out from the others."
        )
    held = [figure.label.en or figure.label.vi for figure in data.figures.values() if figure.is_held]
    if held:
        notes.append(
            "As the release before told them, since what has changed would give away what is withheld: "
            f"{', '.join(held)}."
        )
    if any(figure.imputed_share_pct for figure in data.figures.values()):
        notes.append(
            "Estimated % is the share, by value, of estimates for missing reports in the figure that includes them; "
            "the column of values holds what was reported."
        )
    if not data.is_final:
        notes.append(
            "Provisional figures are published anew when all reports are in; what was published stays as it was."
        )
    return notes


def missing_units(data: BriefData, most: int) -> str:
    """``Name (2 reports), …``; the first ``most`` of those who owe reports."""
    units = data.reporting.missing_units
    shown = "; ".join(f"{unit.name} ({unit.missing} report{'' if unit.missing == 1 else 's'})" for unit in units[:most])
    return f"{shown} and {len(units) - most} other units" if len(units) > most else shown


def reasons(revised: Revised) -> str:
    """``amended report, new report (3 reports)``."""
    named = ", ".join(REASONS.get(code, code) for code in revised.reasons)
    count = revised.report_count
    return f"{named} ({counted(Decimal(count), 'report', 'reports')})" if count else named


def cause(one: Cause) -> str:
    """``Company One, June 2016 (amended report): Exports +1.2 USD million``."""
    when = f", {_month(Month.parse(one.month))}" if one.month else ""
    moved = f"{signed(one.difference, one.unit, 'en')} {spoken_unit(one.unit, 'en')}"
    return f"{one.reporter}{when} ({REASONS.get(one.reason, one.reason)}): {one.label.en} {moved}"


def _checks(data: BriefData) -> str:
    if not data.release.expectation_count:
        return ""
    checks = counted(Decimal(data.release.expectation_count), "check", "checks")
    return f" ({checks}, {counted(Decimal(data.release.failed_warning_count or 0), 'warning', 'warnings')})"


def provenance(data: BriefData, created_at: str) -> list[tuple[str, str]]:
    """The footer's lines: label and text."""
    release = data.release
    workbooks = counted(Decimal(release.input_count), "workbook", "workbooks")
    lines = [
        ("Release", release.release_id),
        ("Made at", created_at),
        ("Sources", f"{workbooks}, input digest {release.inputs_digest[:16]}"),
        ("Code revision", release.git_revision),
    ]
    if data.is_public:
        return lines
    return [
        *lines,
        (
            "To trace a figure",
            "table half_year_lineage in marts.duckdb names for each indicator the cells that add up to it: SHA-256 of "
            "the file in the archive, file name, sheet, row and column.",
        ),
    ]
