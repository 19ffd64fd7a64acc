"""The brief's charts: Vega-Lite specifications drawn without a browser or the internet, as SVG and PNG.

Colours differ in lightness too, so that a page printed in black reads; each chart has its figures in words (``told``)
for who cannot see it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from zonehouse.brief.data import BriefData, Pair, TrendPoint
from zonehouse.brief.numbers import WITHHELD, amount, in_spoken_unit, in_text, spoken_unit

VALUE_COLOUR, BASE_COLOUR, TET_COLOUR = "#0b5c73", "#a9c3cd", "#b5541c"
WIDTH = 240  # with its labels a chart then fills half of the page, and its letters are as large as the text
_LOCALES: dict[str, dict[str, Any]] = {
    "vi": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
}
_PNG_SCALE = 2
_NAME_LETTERS = 26
_LINE_HEIGHT = 13


@dataclass(frozen=True)
class Chart:
    """One chart: what stands above it, its figures in words, and how to draw it."""

    key: str
    title: str
    told: str
    spec: Mapping[str, Any]
    language: str
    note: str = ""

    @cached_property
    def svg(self) -> str:
        """The chart as SVG text, the same bytes each time."""
        import vl_convert

        drawn: str = vl_convert.vegalite_to_svg(dict(self.spec), format_locale=_LOCALES[self.language])
        return drawn

    @cached_property
    def png(self) -> bytes:
        """The chart as PNG, two pixels for each point."""
        import vl_convert

        drawn: bytes = vl_convert.svg_to_png(self.svg, scale=_PNG_SCALE)
        return drawn


def build_charts(data: BriefData, language: str, labels: Mapping[str, str]) -> list[Chart]:
    """The charts that the data allow, in the order of the page; one without figures is left out."""
    tongue = _Tongue(language, labels, data)
    found = [
        _pairs(tongue, "zone_output", "vnd_million", data.zone_outputs),
        _pairs(tongue, "zone_exports", "usd", data.zone_exports),
        _pairs(tongue, "sector_output", "vnd_million", data.sector_outputs),
        _trend("gross_output", labels["chart_trend_output"], data, language, labels),
        _trend("exports", labels["chart_trend_exports"], data, language, labels),
        _pipeline(data, language, labels),
        _works(data, language, labels),
    ]
    return [chart for chart in found if chart is not None]


@dataclass(frozen=True)
class _Tongue:
    """The language of a chart, its labels, and what its two periods are called in it."""

    language: str
    labels: Mapping[str, str]
    data: BriefData

    @property
    def periods(self) -> tuple[str, str]:
        year = self.data.half_year.year
        return str(year), f"{self.labels['same_period']} {year - 1}"


def _pairs(tongue: _Tongue, key: str, unit: str, pairs: Sequence[Pair]) -> Chart | None:
    """Bars of the half-year and of the same period beside each other, the largest first."""
    shown = [pair for pair in pairs if pair.value is not None or pair.same_period is not None]
    if not shown:
        return None
    language, labels = tongue.language, tongue.labels
    rows = [
        {"name": _in_lines(pair.name[language]), "period": period, **_bar(value, unit, language)}
        for pair in shown
        for period, value in zip(tongue.periods, (pair.value, pair.same_period), strict=True)
        if value is not None
    ]
    told = "; ".join(
        f"{pair.name[language]}: {_words(pair.value, unit, language)}"
        f" ({labels['same_period'].lower()} {_words(pair.same_period, unit, language)})"
        for pair in shown
    )
    withheld = [pair.name[language] for pair in pairs if pair.is_suppressed]
    if withheld:
        told += f"; {WITHHELD}: {', '.join(withheld)}"
    title = f"{labels[f'chart_{key}']} ({spoken_unit(unit, language)})"
    note = labels["chart_without"].format(names=", ".join(withheld)) if withheld else ""
    return Chart(key, title, told, _bars(rows, tongue.periods), language, note)


def _bars(rows: Sequence[Mapping[str, object]], periods: tuple[str, str]) -> dict[str, Any]:
    names = list(dict.fromkeys(str(row["name"]) for row in rows))
    shared = {
        "y": {"field": "name", "type": "nominal", "sort": names, "title": None, "axis": _name_axis()},
        "yOffset": {"field": "period", "type": "nominal", "sort": list(periods)},
        "x": {"field": "value", "type": "quantitative", "title": None, "axis": _number_axis()},
    }
    colour = {
        "field": "period",
        "type": "nominal",
        "sort": list(periods),
        "scale": {"domain": list(periods), "range": [VALUE_COLOUR, BASE_COLOUR]},
        "legend": {"title": None, "orient": "top"},
    }
    return _whole(
        {
            "data": {"values": list(rows)},
            "layer": [
                {"mark": {"type": "bar"}, "encoding": {**shared, "color": colour}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "color": "#1d2730"},
                    "encoding": {**shared, "text": {"field": "label", "type": "nominal"}},
                },
            ],
            # Two bars stand beside each name; a name of three lines and more needs the room of its lines.
            "height": {"step": max(17, max(name.count("\n") + 1 for name in names) * _LINE_HEIGHT / 2 + 3)},
        }
    )


def _trend(code: str, title: str, data: BriefData, language: str, labels: Mapping[str, str]) -> Chart | None:
    """The year's months against those of the year before; the months of Tết are marked."""
    points = [point for point in data.trend if point.indicator_code == code]
    own = [point for point in points if point.month.year == data.half_year.year]
    if not any(point.value is not None for point in own):
        return None
    unit = own[0].unit
    rows, marks = [], []
    for point in own:
        for year, value, tet in (
            (point.month.year, point.value, point.is_tet),
            (point.month.year - 1, point.same_month_last_year, _was_tet(points, point)),
        ):
            # A month without a figure keeps its place on the axis, and the line has a gap there.
            row = {"month": point.month.number, "year": str(year), "value": _known(value, unit)}
            rows.append(row)
            if tet and value is not None:
                marks.append({**row, "tet": labels["tet"]})
    years = (str(data.half_year.year), str(data.half_year.year - 1))
    told = "; ".join(
        f"{point.month.number}/{point.month.year}: "
        + (WITHHELD if point.is_suppressed else _words(point.value, unit, language))
        + (f" ({labels['tet']})" if point.is_tet else "")
        for point in own
    )
    withheld = [f"{labels['month'].lower()} {point.month.number}" for point in own if point.is_suppressed]
    note = labels["chart_without"].format(names=", ".join(withheld)) if withheld else ""
    title = f"{title} ({spoken_unit(unit, language)})"
    return Chart(f"trend_{code}", title, told, _lines(rows, marks, years, labels), language, note)


def _was_tet(points: Sequence[TrendPoint], point: TrendPoint) -> bool:
    earlier = point.month + -12
    return any(one.is_tet for one in points if one.month == earlier)


def _lines(
    rows: Sequence[Mapping[str, object]],
    marks: Sequence[Mapping[str, object]],
    years: tuple[str, str],
    labels: Mapping[str, str],
) -> dict[str, Any]:
    shared = {
        "x": {
            "field": "month",
            "type": "ordinal",
            "title": labels["month"],
            "scale": {"domain": list(dict.fromkeys(row["month"] for row in rows))},
            "axis": _quiet_axis(labelAngle=0),
        },
        "y": {"field": "value", "type": "quantitative", "title": None, "axis": _number_axis()},
    }
    colour = {
        "field": "year",
        "type": "nominal",
        "sort": list(years),
        "scale": {"domain": list(years), "range": [VALUE_COLOUR, BASE_COLOUR]},
        "legend": {"title": None, "orient": "top"},
    }
    return _whole(
        {
            "layer": [
                {
                    "data": {"values": list(rows)},
                    "mark": {
                        "type": "line",
                        "strokeWidth": 2.5,
                        "point": {"size": 40},
                        "invalid": "break-paths-filter-domains",
                    },
                    "encoding": {**shared, "color": colour},
                },
                {
                    "data": {"values": list(marks)},
                    "mark": {"type": "point", "size": 150, "strokeWidth": 2, "color": TET_COLOUR, "filled": False},
                    "encoding": shared,
                },
                {
                    "data": {"values": _lowest(marks)},
                    "mark": {"type": "text", "dy": 17, "fontSize": 11, "color": TET_COLOUR},
                    "encoding": {**shared, "text": {"field": "tet", "type": "nominal"}},
                },
            ],
            "height": 190,
        }
    )


def _lowest(marks: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """One mark a month, the lowest: two years whose Tết is in the same month would write over each other."""
    by_month: dict[object, Mapping[str, object]] = {}
    for mark in sorted(marks, key=lambda one: float(str(one["value"])), reverse=True):
        by_month[mark["month"]] = mark
    return list(by_month.values())


def _pipeline(data: BriefData, language: str, labels: Mapping[str, str]) -> Chart | None:
    """How many projects stand at each step, from procedure to operation."""
    counts = [
        (labels[code], data.figures[code].value)
        for code in ("projects_in_procedure", "projects_building", "projects_operating", "projects_suspended")
        if code in data.figures and data.figures[code].value is not None
    ]
    if not counts:
        return None
    rows = [{"name": name, **_bar(count or Decimal(0), "projects", language)} for name, count in counts]
    told = "; ".join(f"{name}: {amount(count, 0, language)}" for name, count in counts)
    return Chart("pipeline", labels["chart_pipeline"], told, _single_bars(rows), language)


def _single_bars(rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    shared = {
        "y": {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": _name_axis()},
        "x": {"field": "value", "type": "quantitative", "title": None, "axis": _number_axis(tickMinStep=1)},
    }
    return _whole(
        {
            "data": {"values": list(rows)},
            "layer": [
                {"mark": {"type": "bar", "color": VALUE_COLOUR}, "encoding": shared},
                {
                    "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "color": "#1d2730"},
                    "encoding": {**shared, "text": {"field": "label", "type": "nominal"}},
                },
            ],
            "height": {"step": 26},
        }
    )


def _works(data: BriefData, language: str, labels: Mapping[str, str]) -> Chart | None:
    """Each work's allocation of the year, and what of it is disbursed."""
    works = [work for work in data.works if work.allocated is not None or work.disbursed is not None]
    if not works:
        return None
    disbursed, allocated = labels["disbursed"], labels["allocated"]
    rows = [
        {"name": _in_lines(work.name), "period": label, **_bar(value, "vnd_million", language)}
        for work in works
        for label, value in ((disbursed, work.disbursed), (allocated, work.allocated))
        if value is not None
    ]
    told = "; ".join(
        f"{work.name}: {disbursed.lower()} {_words(work.disbursed, 'vnd_million', language)}, "
        f"{allocated.lower()} {_words(work.allocated, 'vnd_million', language)}"
        for work in works
    )
    title = f"{labels['chart_works']} ({spoken_unit('vnd_million', language)})"
    return Chart("works", title, told, _bars(rows, (disbursed, allocated)), language)


def _known(value: Decimal | None, unit: str) -> float | None:
    return None if value is None else _spoken(value, unit)


def _spoken(value: Decimal, unit: str) -> float:
    return float(in_spoken_unit(value, unit))


def _bar(value: Decimal, unit: str, language: str) -> dict[str, object]:
    """The length of a bar, and the figure that stands at its end."""
    return {"value": _spoken(value, unit), "label": in_text(in_spoken_unit(value, unit), language)}


def _words(value: Decimal | None, unit: str, language: str) -> str:
    return amount(None if value is None else in_spoken_unit(value, unit), 1, language)


def _number_axis(**more: object) -> dict[str, object]:
    return {"format": ",~f", "grid": True, "gridColor": "#e6ebef", "domain": False, "ticks": False, **more}


def _quiet_axis(**more: object) -> dict[str, object]:
    return {"grid": False, "ticks": False, "domainColor": "#8a97a3", **more}


def _in_lines(name: str) -> str:
    """A long name in lines: zones and works often differ in their last words only, so none may be cut off."""
    return "\n".join(textwrap.wrap(name, _NAME_LETTERS, break_long_words=False))


def _name_axis() -> dict[str, object]:
    return _quiet_axis(labelExpr="split(datum.label, '\\n')", labelLimit=230, labelLineHeight=_LINE_HEIGHT)


def _whole(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "width": WIDTH,
        "background": "white",
        "config": {
            # The first that is there must have all Vietnamese letters: the drawing library's own Liberation Sans lacks
            # some, and would borrow them from a font with serifs.
            "font": "Noto Sans, DejaVu Sans, Segoe UI, Arial, sans-serif",
            "axis": {"labelFontSize": 12, "titleFontSize": 12, "labelColor": "#1d2730"},
            "legend": {"labelFontSize": 12},
            "view": {"stroke": None},
        },
        **spec,
    }
