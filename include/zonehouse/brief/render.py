"""From the page to text and HTML, and the files of a release."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from zonehouse.brief.data import BriefData, Variant, has_public_variant, published_authorities, read_data
from zonehouse.brief.document import word_document
from zonehouse.brief.page import Page, Table, build_page
from zonehouse.periods import HalfYear
from zonehouse.publish.files import write_bytes
from zonehouse.publish.release import releases_folder
from zonehouse.settings import Settings

log = structlog.get_logger(__name__)

TEXT_WIDTH = 96
_GAP = "  "
_TEXT_COLUMNS_OF_FIGURES = 2  # the row heading and a unit


@dataclass(frozen=True)
class BriefFiles:
    """Where the brief lies for readers; the same bytes are kept in the release folder."""

    text: Path
    html: Path
    docx: Path
    charts: Sequence[Path]


def write_brief(
    settings: Settings,
    half_year: HalfYear,
    language: str = "vi",
    authority_code: str | None = None,
    variant: Variant = "internal",
) -> BriefFiles:
    """Write the brief of a published half-year into its release, once, and copy it to ``published/brief/``.

    The public variant is copied to ``published/public/brief/``: that folder may be given away as a whole.
    What a release's brief said stays as it was said: a file that exists in the release is copied, not written again.
    With several authorities in the release, their code is part of the file names.

    Raises:
        BriefError: the half-year is not published, not in this variant, or several authorities are and none was chosen.
    """
    data = read_data(settings, half_year, authority_code, variant)
    page = build_page(data, language, settings.zone)
    suffix = language if data.is_only_authority else f"{data.authority_code}.{language}"
    prefix, shelf = ("brief.public", "public/brief") if data.is_public else ("brief", "brief")
    release = releases_folder(settings) / data.release.release_id
    makers: dict[str, Callable[[], bytes]] = {
        "txt": lambda: _render(page, "brief.txt.j2").encode(),
        "html": lambda: _render(page, "brief.html.j2").encode(),
        "docx": lambda: word_document(page, data.release.created_at),
    }
    for chart in page.charts:
        makers[f"{chart.key}.svg"] = lambda chart=chart: chart.svg.encode()  # type: ignore[misc]
        makers[f"{chart.key}.png"] = lambda chart=chart: chart.png  # type: ignore[misc]
    found: dict[str, Path] = {}
    for kind, make in makers.items():
        kept = release / f"{prefix}.{suffix}.{kind}"
        if not kept.exists():
            write_bytes(kept, make())
        found[kind] = settings.published / shelf / f"{half_year}.{suffix}.{kind}"
        write_bytes(found[kind], kept.read_bytes())
    log.info("brief written", release_id=data.release.release_id, language=language, variant=variant)
    charts = [path for kind, path in found.items() if kind.endswith((".svg", ".png"))]
    return BriefFiles(text=found["txt"], html=found["html"], docx=found["docx"], charts=charts)


def write_briefs(
    settings: Settings, half_year: HalfYear, language: str = "vi", variant: Variant = "internal"
) -> list[BriefFiles]:
    """Write the brief of each authority of a published half-year, in the order of their codes.

    Raises:
        BriefError: the half-year is not published, or not in this variant.
    """
    return [
        write_brief(settings, half_year, language, authority_code, variant)
        for authority_code in published_authorities(settings, half_year, variant)
    ]


def write_all_briefs(settings: Settings, half_year: HalfYear) -> list[BriefFiles]:
    """Every language and variant that the current release allows; internal Vietnamese first.

    Raises:
        BriefError: the half-year is not published.
    """
    variants: list[Variant] = ["internal", "public"] if has_public_variant(settings, half_year) else ["internal"]
    return [
        files
        for variant in variants
        for language in ("vi", "en")
        for files in write_briefs(settings, half_year, language, variant)
    ]


def render_text(
    settings: Settings,
    half_year: HalfYear,
    language: str = "vi",
    authority_code: str | None = None,
    variant: Variant = "internal",
) -> str:
    """The brief as plain text, lines of at most ``TEXT_WIDTH`` characters. Raises as :func:`write_brief`."""
    return _render(_page(settings, half_year, language, authority_code, variant), "brief.txt.j2")


def render_html(
    settings: Settings,
    half_year: HalfYear,
    language: str = "vi",
    authority_code: str | None = None,
    variant: Variant = "internal",
) -> str:
    """The brief as one HTML document that needs nothing else. Raises as :func:`write_brief`."""
    return _render(_page(settings, half_year, language, authority_code, variant), "brief.html.j2")


def _page(settings: Settings, half_year: HalfYear, language: str, authority_code: str | None, variant: Variant) -> Page:
    data: BriefData = read_data(settings, half_year, authority_code, variant)
    return build_page(data, language, settings.zone)


def _render(page: Page, template: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrapped"] = wrapped
    environment.filters["as_text_table"] = as_text_table
    return environment.get_template(template).render(page=page)


def wrapped(text: str, indent: int = 0) -> str:
    """``text`` in lines of at most ``TEXT_WIDTH``; lines after the first begin with ``indent`` spaces."""
    return textwrap.fill(text, TEXT_WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)


def as_text_table(table: Table) -> str:
    """The table in characters: columns as narrow as their content lets them, headings and labels wrapped."""
    widths = _widths(table)
    rule = "─" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    rows = [_lines(row, widths, table.numeric) for row in table.rows]
    if table.has_total:
        rows.insert(-1, [rule])
    lines = [*_lines(table.header, widths, table.numeric), rule, *(line for row in rows for line in row)]
    return "\n".join(lines)


def _widths(table: Table) -> list[int]:
    """Width of each column: a number is never wrapped, a text is, where the page is too narrow for all of it.

    What the page leaves goes first to the row headings, then to the columns that are wrapped most.
    """
    columns = range(len(table.header))
    whole = [max(len(text) for text in (table.header[i], *_column(table, i))) for i in columns]
    is_of_figures = sum(not is_number for is_number in table.numeric) <= _TEXT_COLUMNS_OF_FIGURES
    widths = [
        max(len(text) for text in _unbroken(table, i, cells_too=table.numeric[i] or (is_of_figures and i > 0)))
        for i in columns
    ]
    room = TEXT_WIDTH - len(_GAP) * (len(widths) - 1)
    longest = max(len(text) for text in (table.header[0], *_column(table, 0)))
    if is_of_figures:
        widths[0] = min(longest, room - sum(widths[1:]))
    while sum(widths) < room:
        most = max(columns, key=lambda i: whole[i] / widths[i])
        if whole[most] <= widths[most]:
            break
        widths[most] += 1
    return widths


def _unbroken(table: Table, index: int, *, cells_too: bool) -> list[str]:
    """What of a column must stand on one line: the words of its heading, and its cells or their words."""
    cells = _column(table, index)
    return [*table.header[index].split(), *(cells if cells_too else " ".join(cells).split())]


def _column(table: Table, index: int) -> list[str]:
    return [row[index] for row in table.rows]


def _lines(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> list[str]:
    parts = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for texts in zip_longest(*parts, fillvalue=""):
        shown = [
            text.rjust(width) if is_number else text.ljust(width)
            for text, width, is_number in zip(texts, widths, numeric, strict=True)
        ]
        lines.append(_GAP.join(shown).rstrip())
    return lines
