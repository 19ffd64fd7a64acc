"""The page as both templates take it: texts and tables, all numbers already written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from zoneinfo import ZoneInfo

from zonehouse.brief import english, vietnamese
from zonehouse.brief.charts import Chart, build_charts
from zonehouse.brief.data import BriefData, BriefError, Figure
from zonehouse.brief.numbers import NOTHING, WITHHELD, amount, apart, in_spoken_unit, signed, spoken_unit, written

WORDINGS: dict[str, ModuleType] = {"vi": vietnamese, "en": english}
# What a table by zone can hold on a page; the full set is in the mart.
MOST_MISSING = 10
MOST_LATE_PROJECTS = 10
_WORK_COLUMNS = ("allocated", "disbursed")
ZONE_INDICATORS = ("projects_valid", "registered_capital", "gross_output", "exports", "labour")


@dataclass(frozen=True)
class Table:
    """A table: the first column holds row headings, ``numeric`` says which columns are numbers."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    has_total: bool = False


@dataclass(frozen=True)
class Section:
    """A heading, what is said under it, and a table and a list where there is something to list."""

    heading: str
    text: str
    table: Table | None = None
    list_heading: str = ""
    items: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """What the templates show, top to bottom."""

    language: str
    title: str
    status: str
    paragraphs: Sequence[str]
    tables: Sequence[Table]
    charts_heading: str
    charts: Sequence[Chart]
    revisions: Section
    quality_heading: str
    quality: Sequence[tuple[str, str]]
    method_heading: str
    method: Sequence[str]
    provenance_heading: str
    provenance: Sequence[tuple[str, str]]


def build_page(data: BriefData, language: str, zone: ZoneInfo) -> Page:
    """Put the data into words; times are shown in ``zone``.

    Raises:
        BriefError: there are no words in that language.
    """
    if language not in WORDINGS:
        raise BriefError(f"the brief is written in {' or '.join(WORDINGS)}, not in {language!r}")
    words = WORDINGS[language]
    labels = words.LABELS
    tables = [_headline_table(data, language, labels)]
    if data.zones:
        tables.append(_zone_table(data, language, labels))
    if data.works:
        tables.append(_works_table(data, language, labels))
    if data.late_projects:
        tables.append(_late_table(data, language, words))
    approved_at = words.moment(_local(data.release.approved_at, zone)) if data.release.approved_at else ""
    return Page(
        language=language,
        title=words.title(data),
        status=words.status(data),
        paragraphs=words.paragraphs(data),
        tables=tables,
        charts_heading=labels["charts"],
        charts=build_charts(data, language, labels),
        revisions=_revisions(data, language, words, zone),
        quality_heading=labels["quality"],
        quality=_quality(data, language, words, approved_at),
        method_heading=labels["method"],
        method=words.method(data),
        provenance_heading=labels["provenance"],
        provenance=words.provenance(data, words.moment(_local(data.release.created_at, zone))),
    )


def _headline_table(data: BriefData, language: str, labels: dict[str, str]) -> Table:
    figures = sorted(data.figures.values(), key=lambda figure: figure.display_order)
    columns = ["indicator", "unit", "value", "same_period", "growth", "plan", "plan_share", "coverage"]
    is_estimated = any(figure.imputed_share_pct for figure in figures)
    columns += ["imputed"] if is_estimated else []
    return Table(
        caption=labels["headline"],
        header=[labels[column] for column in columns],
        rows=[_headline_row(figure, language)[: len(columns)] for figure in figures],
        numeric=[False, False, *([True] * (len(columns) - 2))],
    )


def _headline_row(figure: Figure, language: str) -> list[str]:
    return [
        figure.label[language],
        spoken_unit(figure.unit, language),
        *(
            WITHHELD if figure.is_suppressed else text
            for text in (
                _cell(figure.value, figure.unit, language),
                _cell(figure.same_period, figure.unit, language),
                written(figure.growth_pct, 1, language),
            )
        ),
        _cell(figure.plan, figure.unit, language),
        WITHHELD if figure.is_suppressed and figure.plan else written(figure.plan_share_pct, 1, language),
        written(figure.coverage_pct, 1, language),
        WITHHELD if figure.is_suppressed else written(figure.imputed_share_pct, 1, language),
    ]


def _zone_table(data: BriefData, language: str, labels: dict[str, str]) -> Table:
    shown = [data.figures[code] for code in ZONE_INDICATORS if code in data.figures]
    header = [f"{figure.label[language]} ({spoken_unit(figure.unit, language)})" for figure in shown]
    places = [(zone.name[language], zone.figures) for zone in data.zones] + [(labels["total"], data.figures)]
    rows = []
    for name, figures in places:
        cells = [_figure_cell(figures.get(figure.code), language) for figure in shown]
        rows.append([name, *cells])
    return Table(labels["by_zone"], [labels["zone"], *header], rows, [False, *([True] * len(shown))], has_total=True)


def _works_table(data: BriefData, language: str, labels: dict[str, str]) -> Table:
    header = [
        labels["work"],
        *(f"{labels[column]} ({spoken_unit('vnd_million', language)})" for column in _WORK_COLUMNS),
    ]
    rows = [
        [
            work.name,
            _cell(work.allocated, "vnd_million", language),
            _cell(work.disbursed, "vnd_million", language),
            written(_share(work.disbursed, work.allocated), 1, language),
        ]
        for work in data.works
    ]
    return Table(labels["chart_works"], [*header, labels["share"]], rows, [False, True, True, True])


def _figure_cell(figure: Figure | None, language: str) -> str:
    if figure is None:
        return NOTHING
    return WITHHELD if figure.is_suppressed else _cell(figure.value, figure.unit, language)


def _late_table(data: BriefData, language: str, words: ModuleType) -> Table:
    """The projects that are latest against their commitment; how many there are in all says the text."""
    labels: dict[str, str] = words.LABELS
    rows = [
        [one.name, one.enterprise, one.zone[language], words.day(one.committed_on), str(one.days_late)]
        for one in data.late_projects[:MOST_LATE_PROJECTS]
    ]
    header = [labels[column] for column in ("project", "enterprise", "zone", "committed_on", "days_late")]
    more = len(data.late_projects) - len(rows)
    caption = labels["late_projects"] + (f" ({len(rows)}/{len(data.late_projects)})" if more else "")
    return Table(caption, header, rows, [False, False, False, True, True])


def _revisions(data: BriefData, language: str, words: ModuleType, zone: ZoneInfo) -> Section:
    labels: dict[str, str] = words.LABELS
    told = data.revisions
    if told.previous_release_id is None or told.previous_at is None:
        return Section(labels["revisions"], labels["first_release"])
    before = {"release": told.previous_release_id, "time": words.moment(_local(told.previous_at, zone))}
    if not told.figures:
        return Section(labels["revisions"], labels["no_revision"].format(**before))
    columns = ("indicator", "unit", "before", "after", "difference", "difference_pct", "reasons")
    rows = [
        [
            one.label[language] + (f" ({labels[one.period]})" if one.period != "current" else ""),
            spoken_unit(one.unit, language),
            *apart(one.before, one.after, one.unit, language),
            signed(one.difference, one.unit, language),
            signed(one.difference_pct, "pct", language),
            words.reasons(one),
        ]
        for one in told.figures
    ]
    caption = labels["revised_since"].format(**before)
    table = Table(caption, [labels[name] for name in columns], rows, [False, False, True, True, True, True, False])
    causes = [words.cause(one) for one in told.causes]
    return Section(labels["revisions"], "", table, labels["causes"] if causes else "", causes)


def _share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else 100 * part / whole


def _quality(data: BriefData, language: str, words: ModuleType, approved_at: str) -> list[tuple[str, str]]:
    labels = words.LABELS
    lines: list[tuple[str, str]] = words.quality(
        data, _share_received(data, language), _imputed(data, language, labels), approved_at
    )
    if data.reporting.missing_units:
        lines.insert(1, (labels["missing"], words.missing_units(data, MOST_MISSING)))
    return lines


def _cell(value: Decimal | None, unit: str, language: str) -> str:
    return amount(None if value is None else in_spoken_unit(value, unit), 1, language)


def _share_received(data: BriefData, language: str) -> str | None:
    if not data.reporting.obliged:
        return None
    return written(Decimal(100 * data.reporting.received) / data.reporting.obliged, 1, language) + "%"


def _imputed(data: BriefData, language: str, labels: dict[str, str]) -> str:
    """Each indicator that an estimate stands beside: its share by value, and what the figure would be with it."""
    estimated = sorted(
        (figure for figure in data.figures.values() if figure.imputed_share_pct), key=lambda one: one.display_order
    )
    told = [f"{one.label[language]} {written(one.imputed_share_pct, 1, language)}%{_with(one, language, labels)}"
            for one in estimated]  # fmt: skip
    return "; ".join(told) or labels["none"]


def _with(figure: Figure, language: str, labels: dict[str, str]) -> str:
    if figure.value_with_imputation is None or figure.is_suppressed:
        return ""
    whole = f"{_cell(figure.value_with_imputation, figure.unit, language)} {spoken_unit(figure.unit, language)}"
    return f" ({labels['with_estimate']} {whole})"


def _local(time: datetime, zone: ZoneInfo) -> datetime:
    return time.replace(tzinfo=UTC).astimezone(zone)
